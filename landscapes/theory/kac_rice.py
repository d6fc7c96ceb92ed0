r"""Annealed Kac–Rice complexity: how many critical points there are, at which energy and of which index.

The number of critical points of the soft-spin energy is :math:`\int dx\, \delta(\nabla E)\, |\det \nabla^2 E|`
(Kac 1943, Rice 1945; Bray and Moore, J. Phys. C 13, L469 (1980), for the Sherrington–Kirkpatrick model).  With
V' = x³ - a x, d = 3x² - a and couplings J_ij ~ N(0, 1/n):

- Given x, the field J x is Gaussian with covariance q (1 + x xᵀ/|x|²), q = ⟨x²⟩ = Σ x_i²/n.  Its density at J x = V'
  is, per spin and in the exponent, -½ ln(2πq) - ⟨V'²⟩/(2q) + ⟨xV'⟩²/(4q²).
- Given that, J is again a Gaussian symmetric matrix up to finite rank, and the Hessian diag(d) - J has
  (1/n) ln|det| = Re{⟨ln(d - G)⟩ + G²/2} with the resolvent G = ⟨1/(d - G)⟩, Im G ≥ 0 (Pastur 1972), and the fraction of
  negative eigenvalues r = -(1/π) Im{⟨ln(d - G)⟩ + G²/2}.  Both are stationary in G.
- Summing over x leaves the distribution p(x) of the amplitudes, with entropy -⟨ln p⟩.

So (1/n) ln of the mean number of critical points with amplitude distribution p is

.. math::
    \Sigma[p] = -\langle \ln p \rangle - \tfrac12 \ln 2 \pi q - \frac{\langle V'^2 \rangle}{2 q}
    + \frac{\langle x V' \rangle^2}{4 q^2} + \mathrm{Re}\Big\{ \langle \ln (d - G) \rangle + \frac{G^2}{2} \Big\} ,

and their energy per spin is e = -⟨x⁴⟩/4 (multiply ∇E = 0 by x).  The stationary point of Σ + u⟨x⁴⟩/4 + ζ r gives
Σ(e, r) by its parameters: dΣ = u de - ζ dr.  ``energy_weight`` is u, ``index_weight`` is ζ; both 0 counts all.  The
one-site problem and its five equations stand in :mod:`~landscapes.theory.annealed_saddle`.

Minima (r = 0, G real, D = d - G > 0) need ⟨D⁻²⟩ ≤ 1, for the spectrum to lie above zero.  Without that condition the
equations have two solutions.  One has ρ = G and ω = 0, keeps the supersymmetry of Becchi, Rouet, Stora and Tyutin
(Cavagna, Giardina, Parisi, Mézard, J. Phys. A 36, 1175 (2003)), is the replica-symmetric solution, has Σ = 0, and
exists up to a = -0.92755, where x³ - (a + G) x = h stops being one to one (:func:`susy_branch`).  The other takes over
there (:func:`non_susy_branch`).  Both violate the condition (beyond a = -0.6 by a logarithm only), so the most numerous
minima have ⟨D⁻²⟩ = 1: they are marginal, as Yamamura, Mabuchi and Ganguli (arXiv:2309.08119) find in simulations.
``kind="minima"`` is that solution; it is also the limit ζ → -∞ of ``kind="all"``.

Annealed means the logarithm of a mean number, which rare couplings can dominate.  :attr:`Complexity.stability` says
where they do: the replicated problem of :mod:`~landscapes.theory.quenched` linearised about its annealed solution has
the eigenvalues K² with K = ρ ± √ω, and stays at vanishing overlap while |K| < 1.

Since all else is stationary, dΣ/da = ρ - Re G + α at u = ζ = 0, with ρ = ⟨xV'⟩/(2q), and α the multiplier of
marginality.

For a ≤ -2 the origin is the only critical point: Σ = 0.  Limits: a → ∞ gives Σ → ln 3 and r → 1/3 (ln 2 for minima);
for a → -2 from above e → -(a+2)²/27 and q → 2(a+2)/9.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from ising_problems.checks import checked_number

from ._transitions import susy_breaking
from .annealed_saddle import AnnealedSaddle, continued_saddle, newton
from .critical_point_classes import Complexity, of_saddle, origin
from .saddle_continuation import Controls, NotContinued
from .semicircle import origin_index

__all__ = [
    "Complexity",
    "checked_pump",
    "complexity",
    "complexity_at",
    "complexity_line",
    "non_susy_branch",
    "susy_branch",
]

KINDS = ("all", "minima")
# Solutions to start from, rounded; they are polished before use.  Unknowns as in AnnealedSaddle.
_ALL_AT_ZERO = (-0.122359, 0.606335, -0.419713, 0.326951, -0.919527, 0.0, 0.0)
_MINIMA_AT_ZERO = (0.192558, 0.713816, -0.243396, 0.505602, -4.567200, 0.0, 0.0)
_UNCONSTRAINED_AT_ZERO = (0.192624, 0.713841, -0.243358, 0.515956, 0.0, 0.0, 0.0)
_SUSY_PUMP, _SUSY_START = -1.5, (-1.336660, 0.974492, 0.0, 0.974492, 0.0, 0.0, 0.0)
_SCALING = 1e-4  # distance from the threshold below which its powers are taken
# Of q, 1 - ρ, ω, 1 - Re G and the fifth unknown.
_POWERS = {"all": (1.0, 1.0, 1.0, 1.0, 0.5), "minima": (1.0, 2.0, 4.0, 2.0, 2.0), "susy": (1.0, 2.0, 1.0, 2.0, 0.0)}
_LARGEST_PUMP = 1000.0  # beyond, peaks of the amplitudes are too narrow for the quadrature


def complexity(pump: float, kind: str = "all", *, energy_weight: float = 0.0, index_weight: float = 0.0) -> Complexity:
    """Annealed complexity of the critical points of the soft-spin energy with Sherrington–Kirkpatrick couplings.

    Parameters
    ----------
    pump : float
        The pump a.
    kind : str
        ``"all"``, or ``"minima"`` for the most numerous minima, which are marginal.
    energy_weight : float
        u: points are counted with exp(-u E); positive looks at low energies.
    index_weight : float
        ζ: points are counted with exp(ζ n r); negative looks at low index.  For ``kind="all"`` only.

    Returns
    -------
    Complexity
        The complexity of the class that dominates, its energy, index, q, resolvent and amplitude density.

    Raises
    ------
    ValueError
        If the pump or a weight is not finite, the kind is unknown, or the weights lie beyond where points of this
        kind dominate (a large ζ leaves the origin alone; :func:`complexity_at` goes on there).

    Examples
    --------
    >>> everything = complexity(0.0)
    >>> round(everything.sigma, 5), round(everything.energy, 5), round(everything.index, 5)
    (0.21873, -0.26825, 0.09651)
    >>> round(complexity(0.0, "minima").sigma, 5)
    0.13019
    """
    pump = checked_pump(pump)
    energy_weight = checked_number(energy_weight, "energy_weight")
    index_weight = checked_number(index_weight, "index_weight")
    if kind not in KINDS:
        raise ValueError(f'kind: must be "all" or "minima", but it is {kind!r}')
    if kind == "minima" and index_weight != 0.0:
        raise ValueError(f"index_weight: minima have index 0; leave it out (it is {index_weight:g}) or take kind='all'")
    if pump <= -2.0:
        return origin(pump)
    return of_saddle(_solved(pump, kind, energy_weight, index_weight), kind)


def complexity_at(pump: float, *, energy: float | None = None, index: float | None = None) -> Complexity:
    """Annealed complexity at a given energy, at a given index, or at both.

    Parameters
    ----------
    pump : float
    energy : float, optional
        Energy per spin; by default that of the most numerous points.
    index : float, optional
        Fraction of negative eigenvalues; by default that of the most numerous points; 0 for minima.

    Returns
    -------
    Complexity
        Its weights are the derivatives of Σ: u = ∂Σ/∂e, ζ = -∂Σ/∂r.

    Raises
    ------
    ValueError
        If there are no critical points there that the saddle point knows.
    """
    pump = checked_pump(pump, above=-2.0)
    if energy is not None:
        energy = checked_number(energy, "energy", below=0.0)
    if index is None:
        return _at_energy(of_saddle(_solved(pump, "all", 0.0, 0.0), "all"), energy)
    index = checked_number(index, "index", at_least=0.0, below=1.0)
    if index == 0.0:
        return _at_energy(of_saddle(_solved(pump, "minima", 0.0, 0.0), "minima"), energy)
    return _at_energy(of_saddle(_at_index(pump, index), "all"), energy)


def complexity_line(pump: float, indices: Iterable[float]) -> list[Complexity]:
    """The most numerous points of each index, from one solution to the next: energy and complexity against index.

    Parameters
    ----------
    pump : float
    indices : iterable of float
        Fractions of negative eigenvalues, each below that of the origin.

    Returns
    -------
    list of Complexity
        One for each index, in the order given.
    """
    return [complexity_at(pump, index=index) for index in indices]


def susy_branch(pump: float) -> Complexity:
    """The supersymmetric solution for real G: (q, G) of the replica-symmetric theory, and Σ = 0.

    Parameters
    ----------
    pump : float
        At most -0.92755, where supersymmetry breaks.

    Raises
    ------
    ValueError
        For a pump beyond that.
    """
    pump = checked_number(pump, "pump")
    end = susy_breaking().pump
    if pump > end:
        raise ValueError(
            f"pump: the supersymmetric branch ends at {end:.10f}, but it is {pump:g}; take non_susy_branch"
        )
    if pump <= -2.0:
        return origin(pump)
    start = newton(AnnealedSaddle(np.array(_SUSY_START), Controls(_SUSY_PUMP), minima=True, touching=False))
    if pump + 2.0 < _SCALING:
        return of_saddle(_scaled(_reached(start, Controls(_SCALING - 2.0)), pump, _POWERS["susy"]), "susy")
    return of_saddle(_reached(start, Controls(pump)), "susy")


def non_susy_branch(pump: float) -> Complexity:
    """The solution for real G that breaks supersymmetry, without the condition of marginality.

    Parameters
    ----------
    pump : float
        At least -0.92: a little below, Σ vanishes and the branch merges with the supersymmetric one.

    Raises
    ------
    ValueError
        For a pump below that.
    """
    pump = checked_pump(pump, at_least=-0.92)
    start = newton(AnnealedSaddle(np.array(_UNCONSTRAINED_AT_ZERO), Controls(0.0), minima=True, touching=False))
    return of_saddle(_reached(start, Controls(pump)), "non-susy")


def checked_pump(pump: float, *, above: float = -np.inf, at_least: float = -np.inf) -> float:
    """A finite pump within its range, and not beyond what the quadrature resolves."""
    pump = checked_number(pump, "pump", above=above, at_least=at_least)
    if pump > _LARGEST_PUMP:
        raise ValueError(
            f"pump: must be at most {_LARGEST_PUMP:g}, but it is {pump:g}; "
            "so far up the complexity is ln 3, or ln 2 for minima, to all digits"
        )
    return pump


def _reached(start: AnnealedSaddle, controls: Controls) -> AnnealedSaddle:
    try:
        return continued_saddle(start, controls)
    except NotContinued as error:
        raise ValueError(f"pump or weights: {error}") from None


@lru_cache(maxsize=4096)
def _solved(pump: float, kind: str, energy_weight: float, index_weight: float) -> AnnealedSaddle:
    """The solution at given weights, from the one at pump 0 by way of the one without weights."""
    if energy_weight != 0.0 or index_weight != 0.0:
        return _reached(_solved(pump, kind, 0.0, 0.0), Controls(pump, energy_weight, index_weight))
    values = _ALL_AT_ZERO if kind == "all" else _MINIMA_AT_ZERO
    start = newton(AnnealedSaddle(np.array(values), Controls(0.0), minima=kind == "minima"))
    if pump + 2.0 < _SCALING:
        return _scaled(_reached(start, Controls(_SCALING - 2.0)), pump, _POWERS[kind])
    return start if pump == 0.0 else _reached(start, Controls(pump))


def _scaled(known: AnnealedSaddle, pump: float, powers: tuple[float, ...]) -> AnnealedSaddle:
    """So near the threshold that the equations can't be told apart: the powers of the distance that hold there."""
    logarithm = np.log((pump + 2.0) / (known.controls.pump + 2.0)) * np.array(powers)
    ratio = np.exp(logarithm)
    log_q, rho, omega, real, fifth, *_ = known.unknowns
    values = [log_q + logarithm[0], 1.0 - ratio[1] * (1.0 - rho), ratio[2] * omega, 1.0 - ratio[3] * (1.0 - real)]
    return replace(known, unknowns=np.array([*values, fifth + logarithm[4], 0.0, 0.0]), controls=Controls(pump))


@lru_cache(maxsize=4096)
def _at_index(pump: float, index: float) -> AnnealedSaddle:
    """The most numerous points of an index between 0 and that of the origin."""
    if index >= origin_index(pump):
        raise ValueError(f"index: must be less than the origin's, {origin_index(pump):g}, but it is {index:g}")
    start = _solved(pump, "all", 0.0, 0.0)
    now = start.sigma()[2]
    start = replace(start, controls=replace(start.controls, log_index=float(np.log(now))))
    return _reached(start, replace(start.controls, log_index=float(np.log(index))))


def _at_energy(points: Complexity, energy: float | None) -> Complexity:
    """The same class, but for its energy."""
    if energy is None or points.saddle is None:
        return points
    start = points.saddle
    start = replace(start, controls=replace(start.controls, energy=points.energy))
    try:
        found = continued_saddle(start, replace(start.controls, energy=energy))
    except NotContinued as error:
        raise ValueError(f"energy: there is no solution at {energy:g} with pump {points.pump:g} ({error})") from None
    return of_saddle(found, points.kind)
