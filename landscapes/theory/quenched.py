r"""Quenched complexity: the typical, not the mean, number of critical points, by replicas of the Kac–Rice integral.

The annealed complexity (:mod:`~landscapes.theory.kac_rice`) is the logarithm of a mean number.  The typical one is
:math:`\lim_{m\to0} (\langle N^m\rangle - 1)/(m n)`.  With m points x^a, conjugate vectors ŷ^a (the Fourier variables of
δ(J x^a - V'(x^a)), rotated to the imaginary axis) and J_ij ~ N(0, 1/n),

.. math::
    \Big\langle e^{\sum_a \hat y^a \cdot J x^a} \Big\rangle
    = \exp \frac n2 \sum_{ab} \left[ q_{ab} w_{ab} + \rho_{ab} \rho_{ba} \right], \qquad
    q_{ab} = \frac{x^a \cdot x^b}{n}, \; w_{ab} = \frac{\hat y^a \cdot \hat y^b}{n}, \;
    \rho_{ab} = \frac{\hat y^a \cdot x^b}{n} .

Fixing J at m points changes it by finite rank, which leaves the bulk of each Hessian's spectrum as it was: the
determinants factorise, each giving Re{⟨ln(d - G)⟩ + G²/2}.  The integrals over the order parameters and their
multipliers are Gaussian at the saddle, and a one-site problem remains.  With one value on the diagonal (q, w, ρ) and
one off it (q₀, w₀, ρ₀) the replicas decouple by a Gaussian pair (z_h, z_x) with covariance [[q₀, ρ₀], [ρ₀, w₀]]:

.. math::
    \Sigma + u \frac{\langle x^4 \rangle}{4} + \zeta r = \mathrm{extr} \Big\{
    -\tfrac12 (q w - q_0 w_0) - \tfrac12 (\rho^2 - \rho_0^2)
    + \mathrm{Re}\big[ (1 + \tfrac{i \zeta}{\pi}) \tfrac{G^2}{2} \big] + \mathsf E_z \ln \int dx\, W(x; z) \Big\},

.. math::
    W = |D|\, \mathcal N \big(V' - z_h - (\rho - \rho_0) x;\, 0,\, q - q_0 \big)\,
    e^{\frac12 (w - w_0) x^2 + z_x x + \frac u4 x^4 - \frac\zeta\pi \arg D} , \qquad D = 3 x^2 - a - G .

Its stationary points obey q = E⟨x²⟩, q₀ = E⟨x⟩², w = E⟨y²⟩, w₀ = E⟨y⟩², ρ = E⟨xy⟩, ρ₀ = E⟨x⟩⟨y⟩, G = E⟨1/D⟩, where y is
the derivative with respect to z_h.  q₀ = w₀ = ρ₀ = 0 is the annealed solution.

Stability.  To first order in z, (⟨x⟩, ⟨y⟩) = K (z_h, z_x) with K = [[ρ, q], [w, ρ]], so the covariance C of the pair
returns as K C Kᵀ.  K has the eigenvalues ρ ± √(qw): the annealed number is the typical one where both moduli are
below 1 (``Complexity.stability``), as it is for the most numerous points at every pump.  Towards low energies w turns
positive, ρ + √(qw) passes 1, and points of low energy begin to overlap: q₀ grows from 0.

Minima.  For real G there is the solution ρ = G + uq/2, w = u²q/4, ρ₀ = uq₀/2, w₀ = u²q₀/4: z_x follows z_h, the
one-site weight becomes that of one-step replica-symmetry breaking with parameter u (Monasson, Phys. Rev. Lett. 75, 2847
(1995)), and the lowest energy, where Σ = 0, is the one-step ground-state energy.  It solves the equations exactly as
long as a + G ≤ 0.  At vanishing overlap its K is G + uq.

Limits of this theory.  One overlap is one step of replica-symmetry breaking.  The ground state needs them all:
at index 0 the line where Σ vanishes lies below the ground-state energy, as one-step energies do, but by little where
the annealed line lies far below it (pump 0: -0.694, and annealed -0.749, for a ground state of -0.684).  That the
line first falls by a few thousandths as the index rises from 0 is within this error.

Far up every choice of signs is a minimum, x = ±√a.  One overlap then counts them as the replica-symmetric theory of
Ising spins (Sherrington, Kirkpatrick 1975) counts configurations, and Σ vanishes where its entropy does:
E/n → -a²/4 - 0.7756 a, with q₀/q → 0.7607 and u a → 3.6819.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from ising_problems.checks import checked_number

from .annealed_saddle import AnnealedSaddle, continued_saddle
from .critical_point_classes import Complexity
from .kac_rice import checked_pump, complexity, complexity_at
from .replicated_saddle import Replicated, solved
from .saddle_continuation import Controls, NotContinued, continued

__all__ = ["QuenchedComplexity", "lowest_energy", "quenched_complexity"]

State: TypeAlias = AnnealedSaddle | Replicated

_STEP = 0.06  # of the energy weight, along a branch
_LARGEST_WEIGHT = 30.0  # that is gone to in such steps
_VANISHING = 1e-10  # Σ
_FAR = 3.6  # energy weight where Σ of minima vanishes, times the pump, at large pump
_FARTHEST = 1e4  # energy weight at which a branch is given up
# One-step solution at pump -1.2 and energy weight 1; unknowns as in Replicated.
_ONE_STEP_PUMP = -1.2
_LOWEST_ONE_STEP = -1.95  # below, the complexities are too small to be told from rounding errors
_ONE_STEP = (-0.73815, 1.054439, 0.057120, 0.815441, 0.0, 0.648918, 0.037066, 0.155091, 1.0, 0.0)


@dataclass(frozen=True)
class QuenchedComplexity:
    """A class of critical points, and the logarithm of its typical number.

    Attributes
    ----------
    pump : float
    sigma : float
        (1/n) times the mean logarithm of the number, with one overlap.
    energy : float
        Energy per spin.
    index : float
        Fraction of negative eigenvalues.
    q : float
        Mean square amplitude.
    overlap : float
        q₀, the overlap of two such points; 0 where the annealed number is the typical one.
    resolvent : complex
    energy_weight, index_weight : float
        u and ζ: dΣ = u de - ζ dr.
    """

    pump: float
    sigma: float
    energy: float
    index: float
    q: float
    overlap: float
    resolvent: complex
    energy_weight: float
    index_weight: float


def quenched_complexity(pump: float, energy_weight: float = 0.0, index_weight: float = 0.0) -> QuenchedComplexity:
    """Typical number of critical points at given weights, with one overlap between them.

    Parameters
    ----------
    pump : float
        The pump a.
    energy_weight, index_weight : float
        u and ζ, as for :func:`~landscapes.theory.kac_rice.complexity`.

    Returns
    -------
    QuenchedComplexity

    Raises
    ------
    ValueError
        If an argument is not finite, or the solution cannot be followed to these weights.
    """
    pump = checked_pump(pump)
    target = Controls(
        pump, checked_number(energy_weight, "energy_weight"), checked_number(index_weight, "index_weight")
    )
    annealed = complexity(pump)
    if annealed.saddle is None or target == annealed.saddle.controls:  # the most numerous do not overlap
        return _of_annealed(annealed)
    state: State = annealed.saddle
    size = max(abs(target.energy_weight), abs(target.index_weight))
    if size > _LARGEST_WEIGHT:
        name = "energy_weight" if abs(target.energy_weight) == size else "index_weight"
        raise ValueError(f"{name}: must be between -{_LARGEST_WEIGHT:g} and {_LARGEST_WEIGHT:g}, but it is {size:g}")
    count = max(1, int(np.ceil(size / _STEP)))
    try:
        for part in range(1, count + 1):
            state = _next(state, annealed.saddle.controls.between(target, part / count))
    except NotContinued as error:
        raise ValueError(f"energy_weight or index_weight: {error}") from None
    return _result(state)


def lowest_energy(pump: float, index: float = 0.0, kind: str = "quenched") -> QuenchedComplexity:
    """The lowest energy at which there are critical points of a given index: where the complexity vanishes.

    Parameters
    ----------
    pump : float
        Above -2: below, the origin is the only critical point.
    index : float
        Fraction of negative eigenvalues, below that of the origin; 0 for minima.
    kind : str
        ``"quenched"``, of the typical number, or ``"annealed"``, of the mean number: a bound from below, which for low
        index lies far below the ground state where a > -0.93.

    Returns
    -------
    QuenchedComplexity
        At the lowest energy.

    Raises
    ------
    ValueError
        If the arguments are out of range or the branch cannot be followed.

    Notes
    -----
    The quenched value at index 0 is the one-step ground-state energy while a + G ≤ 0 (up to a ≈ -0.6).
    It takes a second up to a pump of 20 and a quarter of a minute at 100, a given index above 0 some seconds.
    """
    pump = checked_pump(pump, above=-2.0)
    index = checked_number(index, "index", at_least=0.0, below=1.0)
    if kind not in ("quenched", "annealed"):
        raise ValueError(f'kind: must be "quenched" or "annealed", but it is {kind!r}')
    try:
        if kind == "quenched" and index == 0.0:
            if pump < _LOWEST_ONE_STEP:
                raise ValueError(
                    f"pump: must be at least {_LOWEST_ONE_STEP} for index 0 and kind='quenched', but it is {pump:g}; "
                    "below, complexity(pump, 'minima').energy differs from it by less than 1e-7"
                )
            return _ending(_one_step(pump))
        start = complexity_at(pump, index=index).saddle
        assert start is not None  # the pump is above -2
        return _ending(start, replicated=kind == "quenched")
    except NotContinued as error:
        raise ValueError(f"pump or index: the branch could not be followed to its lowest energy ({error})") from None


def _one_step(pump: float) -> Replicated:
    """A solution for minima with an overlap, at an energy weight not far from where Σ vanishes."""
    state = solved(Replicated(np.array(_ONE_STEP), Controls(_ONE_STEP_PUMP, 1.0), minima=True, touching=False))
    if pump >= -1.5:
        # far up the weight where Σ vanishes is _FAR / pump
        return continued(state, Controls(pump, min(1.0, _FAR / max(pump, _FAR))), solved)
    # towards the threshold the weight where Σ vanishes goes down as the root of the distance; a second solution is near
    state = continued(state, Controls(-1.5, 0.5), solved)
    return continued(state, Controls(pump, 0.7 * float(np.sqrt(pump + 2.0))), solved)


def _ending(state: State, replicated: bool = True) -> QuenchedComplexity:
    """Follow a branch in its energy weight to where Σ vanishes."""
    before, at_before = state, state.sigma()[0]
    if abs(at_before) < _VANISHING:
        return _result(state)
    direction = 1.0 if at_before > 0.0 else -1.0
    for after in _along(state, direction, replicated):
        if after.sigma()[0] * direction <= 0.0:
            return _vanishing(before, after, replicated)
        before = after
    raise NotContinued(f"the complexity does not vanish down to an energy of {before.sigma()[1]:g}")


def _along(state: State, direction: float, replicated: bool) -> Iterator[State]:
    """Solutions at energy weights further and further away: by longer and longer steps up, by the same factor down."""
    trail = [state]
    step = _STEP
    while state.controls.energy_weight < _FARTHEST:
        change = step if direction > 0.0 else -0.1 * state.controls.energy_weight
        controls = replace(state.controls, energy_weight=state.controls.energy_weight + change)
        try:
            state = _on_curve(trail, controls) or _next(state, controls, replicated)
        except NotContinued:  # the branch may end within this step, and Σ vanish before
            if step < 0.01 * _STEP:
                raise
            step *= 0.5
            continue
        yield state
        trail = [*trail[-2:], state]
        step *= 1.08


def _on_curve(trail: list[State], controls: Controls) -> Replicated | None:
    """The solution on the polynomial through some with an overlap; None where that does not lead there."""
    state = trail[-1]
    known = [member for member in trail if isinstance(member, Replicated) and member.touching == state.touching]
    if len(known) < max(len(trail), 2):
        return None
    weights = np.array([member.controls.energy_weight for member in known])
    guess = np.zeros_like(state.unknowns)
    for k, member in enumerate(known):  # Lagrange's form
        others = np.delete(weights, k)
        guess += member.unknowns * np.prod((controls.energy_weight - others) / (weights[k] - others))
    try:
        found = solved(replace(known[-1], unknowns=guess, controls=controls))
    except NotContinued:
        return None
    return found if np.abs(found.unknowns - guess)[:4].max() < 0.1 else None


def _next(state: State, controls: Controls, replicated: bool = True) -> State:
    """The solution at other controls nearby, with an overlap, if wanted, where the annealed one has become unstable."""
    if isinstance(state, Replicated):
        return continued(state, controls, solved, first_step=1.0)
    moved = continued_saddle(state, controls, first_step=1.0)
    if moved.stability <= 1.0 or not replicated:
        return moved
    for factor in (1.7, 1.0, 3.0, 0.5, 6.0):  # near the instability the overlap is about this times the excess
        try:
            found = solved(Replicated.near(moved, min(factor * (moved.stability - 1.0), 0.7)))
        except NotContinued:
            continue
        if found.unknowns[5] > 1e-4:
            return found
    return moved  # so close to the instability that the overlap cannot be told from none


def _vanishing(before: State, after: State, replicated: bool) -> QuenchedComplexity:
    """Where Σ vanishes between two neighbours of a branch, by the secant's rule."""
    low, high = before.controls.energy_weight, after.controls.energy_weight
    at_low, at_high = before.sigma()[0], after.sigma()[0]
    state = after
    for _ in range(12):
        if at_low == at_high:
            break
        weight = low + (high - low) * at_low / (at_low - at_high)
        controls = replace(after.controls, energy_weight=float(weight))
        # where one neighbour is annealed, from there: an overlap may not exist yet
        state = _on_curve([before, after], controls) or _next(before, controls, replicated)
        value = state.sigma()[0]
        if abs(value) < _VANISHING:
            break
        low, at_low, high, at_high = high, at_high, weight, value
    return _result(state)


def _result(state: State) -> QuenchedComplexity:
    sigma, energy, index = (float(value) for value in state.sigma())
    return QuenchedComplexity(
        pump=state.controls.pump,
        sigma=sigma,
        energy=energy,
        index=abs(index),
        q=state.q,
        overlap=state.overlap if isinstance(state, Replicated) else 0.0,
        resolvent=state.resolvent,
        energy_weight=float(state.unknowns[-2]),
        index_weight=float(state.unknowns[-1]),
    )


def _of_annealed(points: Complexity) -> QuenchedComplexity:
    return QuenchedComplexity(
        points.pump, points.sigma, points.energy, points.index, points.q, 0.0, points.resolvent, 0.0, 0.0
    )
