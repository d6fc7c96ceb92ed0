r"""Full replica-symmetry breaking at zero temperature: the ground state of soft spins at a pump, and of Ising spins.

The Parisi function μ(q) of :mod:`~landscapes.theory.parisi` is solved for on steps that gather at the top, where it
rises to a finite value (c > 0), diverges as :math:`(q_M - q)^{-2/3}` (c = 0, where :math:`x = h^{1/3}`), or as
:math:`(q_M - q)^{-1/2}` (c < 0 and Ising spins, where x jumps).  Every state is marginal at every overlap,
:math:`\mathbb{E}[m'(q)^2] = 1`.  At the top this is the stability of the ground state itself:

- c > 0: :math:`\mathbb{E}[(dx/dh)^2] = 1`, the Hessian's spectrum begins at 0;
- c < 0: the jump of x, which no longer meets any field (P(h = 0) → 0), is what makes m' marginal; the smooth part has
  :math:`\mathbb{E}[(3x^2 + c)^{-2}] < 1`, the Hessian has a gap, and all :math:`|x| \ge \sqrt{-c} = \sqrt{a + \Delta}`.

Amplitudes have the density :math:`P(x) = P(h)\, (3 x^2 + c)` at h = x³ + c x.

Accuracy: the energy and q at a pump converge fast in the number of steps.  Δ, and with it c, feels what the last step
hides: at 40 steps it is too large by less than 1e-4 for c > 0.15, by 0.013 at c = 0 and by 0.0015 at c = -0.5.  It is
therefore extrapolated in the last distance δ = 1 - q/q_M, as :math:`\Delta + k\, \delta^\gamma` through the solutions
with 10, 20 and 40 steps, which leaves about 1e-3 at c = 0 and 1e-4 elsewhere (:mod:`~landscapes.theory.rigidity`).
Within 0.05 of the pump at which c = 0 the marginality is that of the last step: up to 1.04 below, and below 1 above
sooner than it should be.

Sources: Parisi, Phys. Rev. Lett. 43, 1754 (1979); Sommers, Dupont, J. Phys. C 17, 5785 (1984); Crisanti, Rizzo, Phys.
Rev. E 65, 046137 (2002); Oppermann, Schmidt, Phys. Rev. E 78, 061124 (2008); soft spins: Yamamura, Mabuchi, Ganguli,
arXiv:2309.08119.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ising_problems.checks import checked_integer, checked_number

from ._replica_symmetric import replica_symmetric
from .arguments import finite_numbers
from .one_site import smallest_amplitude
from .parisi import overlap_steps
from .parisi_saddle import ParisiSaddle, ising_saddle, refined, soft_spin_saddle

__all__ = ["FullRSB", "full_rsb", "sk_ground_state_energy"]

_COARSE = (5, 10, 20)  # steps of the solutions on the way
_MOST = 200
_SHALLOW = 0.4  # c above which no more than the coarse steps are resolved: narrower ones change e by less than rounding
_ROUNDING = 1e-4  # a + 2 below which all is given by leading orders
_NEAR = 0.1  # a + 2 below which the Parisi function is given by its leading orders
_NARROWEST = 4.5e-6  # last step, in units of q: μ cannot be solved for on narrower ones
_RESOLVED = 0.02  # for c > 0 μ(q) varies no more at distances below this times c³ from the top


@dataclass(frozen=True, eq=False)
class FullRSB:
    """Ground state with full replica-symmetry breaking; see :func:`full_rsb`.

    Attributes
    ----------
    pump : float
        The pump a.
    q : float
        Mean square amplitude, the largest overlap.
    susceptibility : float
        Δ, the linear response within one state, extrapolated to steps without end if there are at least 20.
    energy : float
        Energy per spin.
    marginality : float
        Mean square response of an amplitude to its field, E[(dx/dh)²], without the jump of x: 1 where the Hessian's
        spectrum reaches 0, below 1 where it has a gap.
    curvature : float
        c = -a - Δ of the one-site potential; the amplitudes have a gap where it is negative.  That of the solution with
        its last step, on which the densities rest, is lower by what Δ was extrapolated.
    overlap_grid, breaking : numpy.ndarray, shape (steps,)
        The Parisi function: μ at the middle of each of its steps.
    step_edges : numpy.ndarray, shape (steps + 1,)
        Overlaps between which it is constant, from 0 to q.
    field_grid, field_density : numpy.ndarray, shape (fields,)
        Fields h ≥ 0 and their density P(h), which is even in h and has unit integral over all h.
    """

    pump: float
    q: float
    susceptibility: float
    energy: float
    marginality: float
    curvature: float
    overlap_grid: np.ndarray
    breaking: np.ndarray
    step_edges: np.ndarray
    field_grid: np.ndarray
    field_density: np.ndarray
    _saddle: ParisiSaddle | None = field(default=None, repr=False)

    def amplitude_density(self, x: Any) -> np.ndarray:
        """Density of the amplitudes, P(x) = P(h) (3x² + c) at h = x³ + c x; 0 in the gap.

        Parameters
        ----------
        x : array_like
            Amplitudes.

        Returns
        -------
        numpy.ndarray, the shape of ``x``

        Raises
        ------
        ValueError
            If the state is the paramagnet, all of whose amplitudes are 0: it has no density.
        """
        x = finite_numbers(x, "x", 1e50)
        if self._saddle is None:
            raise ValueError(f"pump: at {self.pump} ≤ -2 every amplitude is 0 and has no density; take a pump above -2")
        c = self._saddle.curvature
        outside = np.abs(x) >= smallest_amplitude(c)
        return np.where(outside, _field_density(self._saddle, x) * (3.0 * x * x + c), 0.0)


def full_rsb(pump: float, levels: int = 40) -> FullRSB:
    """Ground state of the soft-spin Sherrington–Kirkpatrick model with full replica-symmetry breaking.

    Parameters
    ----------
    pump : float
        The pump a, finite.  At a ≤ -2 the ground state is x = 0.
    levels : int
        Number of steps of the Parisi function, from 3 to 200.  Below a ≈ -1.2, where μ(q) is small and nearly linear,
        20 give six digits, and more change the energy by less than rounding does: no more are taken there.  40 take
        a second or two, 200 a minute.

    Returns
    -------
    FullRSB
        q, susceptibility, energy per spin, marginality, the Parisi function, and densities of fields and amplitudes.

    Raises
    ------
    TypeError, ValueError
        If the pump is not a finite number or the number of levels is not within its range.

    Notes
    -----
    Equations, accuracy and sources: :mod:`landscapes.theory._full_rsb`.

    Examples
    --------
    >>> state = full_rsb(-1.0, levels=10)
    >>> print(f"{state.energy:.3f} {state.q:.2f}")
    -0.140 0.64
    """
    a = checked_number(pump, "pump")
    levels = _checked_levels(levels)
    if a <= -2.0:
        state = replica_symmetric(a)
        nothing = np.zeros(0)
        return FullRSB(
            a, 0.0, state.susceptibility, 0.0, state.stability, state.curvature,
            nothing, nothing, np.zeros(1), nothing, nothing,
        )  # fmt: skip
    saddles = soft_spin_ground_states(a, levels)
    saddle = saddles[-1]
    susceptibility = _extrapolated_susceptibility(saddles)
    q = saddle.self_overlap
    edges = q * saddle.overlaps
    # The grid in fields, and P on it, at the amplitudes that belong to them.
    from .one_site import amplitude

    fields = np.sqrt(q) * saddle.parisi.fields
    density = _field_density(saddle, amplitude(fields, saddle.curvature))
    # Near the onset, where the terms of the energy cancel, by <x⁴>: at every stationary point the two agree.
    energy = saddle.energy if a + 2.0 >= _NEAR else float(-0.25 * saddle.moments[1])
    return FullRSB(
        a, q, susceptibility, energy, _marginality(saddle, -a - susceptibility), -a - susceptibility,
        0.5 * (edges[1:] + edges[:-1]), saddle.breaking, edges, fields, density, saddle,
    )  # fmt: skip


def sk_ground_state_energy(levels: int = 40) -> float:
    """Ground-state energy per spin of the Sherrington–Kirkpatrick model, with J_ij ~ N(0, 1/n): -0.763166...

    Parameters
    ----------
    levels : int
        Number of steps of the Parisi function, from 3 to 200.

    Notes
    -----
    Parisi, J. Phys. A 13, L115 (1980): -0.7633; Crisanti, Rizzo, Phys. Rev. E 65, 046137 (2002): -0.76321(3);
    Oppermann, Schmidt, Phys. Rev. E 78, 061124 (2008): -0.763166726(6).

    Examples
    --------
    >>> print(f"{sk_ground_state_energy():.5f}")
    -0.76317
    """
    return ising_ground_state(_checked_levels(levels)).energy


def _checked_levels(levels: int) -> int:
    levels = checked_integer(levels, "levels", 3)
    if levels > _MOST:
        raise ValueError(f"levels: at most {_MOST} can be solved for, but {levels} were asked for; 40 are enough")
    return levels


def soft_spin_ground_states(pump: float, levels: int) -> list[ParisiSaddle]:
    """The stationary points behind :func:`full_rsb`, from few steps to many; pump > -2."""
    distance = pump + 2.0
    if distance < _ROUNDING:
        return [_scaled(_near_the_onset(_ROUNDING, levels), pump)]
    if distance < _NEAR:
        return [_near_the_onset(distance, levels)]
    begin = replica_symmetric(pump)
    if begin.curvature > _SHALLOW:
        levels = min(levels, _COARSE[-1])
    saddles: list[ParisiSaddle] = []
    for count in (*(c for c in _COARSE if c < levels), levels):
        curvature = saddles[-1].curvature if saddles else begin.curvature
        overlaps = overlap_steps(count, _power(count), smallest=_RESOLVED * max(curvature, 0.0) ** 3)
        if saddles:
            before = saddles[-1]
            scaled = np.log(before.breaking * before.self_overlap)
            ends = np.log([before.self_overlap, before.susceptibility])
            start = np.append(refined(overlaps, before.overlaps, scaled), ends)
        else:
            middle = 0.5 * (overlaps[1:] + overlaps[:-1])
            shape = middle * (1.0 - middle) ** (0.0 if curvature > 0.4 else -0.5)
            breaking = distance**2 / (1.0 + 4.0 * distance / (1.0 + distance) + distance**2)  # ∫μ dq, to a few tenths
            shape *= breaking / np.sum(shape * np.diff(overlaps))
            start = np.append(np.log(shape), np.log([begin.q, 1.0 - breaking]))
        saddles.append(soft_spin_saddle(overlaps, start, pump=pump))
    return saddles


def _extrapolated_susceptibility(saddles: list[ParisiSaddle]) -> float:
    """Limit of Δ + k δ^γ through the last three solutions; the last Δ, where they show no such power."""
    from scipy.optimize import brentq

    last = saddles[-1].susceptibility
    if len(saddles) < 3:
        return last
    value = np.array([saddle.susceptibility for saddle in saddles[-3:]])
    depth = np.log([1.0 - saddle.overlaps[-2] for saddle in saddles[-3:]])

    def mismatch(exponent: float) -> float:
        power = np.exp(exponent * depth)
        return float((value[0] - value[1]) * (power[1] - power[2]) - (value[1] - value[2]) * (power[0] - power[1]))

    small, large = 0.2, 1.0
    apart = np.all(np.diff(depth) < -0.7) and np.all(np.diff(value) < -1e-5)
    if not apart or mismatch(small) * mismatch(large) >= 0.0:
        return last
    power = np.exp(brentq(mismatch, small, large) * depth)
    return float(value[2] - (value[1] - value[2]) / (power[1] - power[2]) * power[2])


def _power(count: int) -> float:
    """Power by which the steps gather at the top: 5, or less where many steps would end nearer than rounding allows."""
    power = 5.0
    while 1.0 - overlap_steps(count, power)[-2] < _NARROWEST:
        power -= 0.05
    return power


def _near_the_onset(distance: float, levels: int) -> ParisiSaddle:
    """Just above a = -2, where μ changes the energy by less than rounding does, so that it cannot be solved for.

    To leading order in a + 2, μ = 18 q and q_M = (a + 2)/3: the shape of μ is taken between this and the solution where
    it still can be found; q_M and Δ are solved for as everywhere.
    """
    known = soft_spin_ground_states(_NEAR - 2.0, levels)[-1]
    middle = 0.5 * (known.overlaps[1:] + known.overlaps[:-1])
    share = distance / _NEAR
    scaled = share * known.breaking * known.self_overlap / _NEAR**2 + (1.0 - share) * 2.0 * middle
    begin = replica_symmetric(distance - 2.0)
    start = np.append(np.log(scaled * distance**2), np.log([begin.q, begin.susceptibility]))
    return soft_spin_saddle(known.overlaps, start, pump=distance - 2.0, given_breaking=True)


def _scaled(known: ParisiSaddle, pump: float) -> ParisiSaddle:
    """The same at a smaller distance a + 2, where rounding leaves nothing to solve for.

    Of the distance μ is a multiple and 1 - Δ = ∫μ dq the square; q and the energy are the replica-symmetric ones but
    for a part of that order.
    """
    distance, begin = pump + 2.0, replica_symmetric(pump)
    susceptibility = 1.0 - distance**2
    return replace(
        known,
        breaking=distance / (known.pump + 2.0) * known.breaking,
        self_overlap=begin.q,
        susceptibility=susceptibility,
        energy=begin.energy,
        curvature=-pump - susceptibility,
        moments=np.array([begin.q, -4.0 * begin.energy, susceptibility, known.moments[3]]),
    )


def ising_ground_state(levels: int) -> ParisiSaddle:
    """The stationary point behind :func:`sk_ground_state_energy`."""
    saddle = None
    for count in (*(c for c in _COARSE if c < levels), levels):
        overlaps = overlap_steps(count, power=3.0)
        middle = 0.5 * (overlaps[1:] + overlaps[:-1])
        if saddle is None:
            start = np.log(middle / np.sqrt(1.0 - middle))
        else:
            start = refined(overlaps, saddle.overlaps, np.log(saddle.breaking))
        saddle = ising_saddle(overlaps, start)
    assert saddle is not None
    return saddle


def _field_density(saddle: ParisiSaddle, x: np.ndarray) -> np.ndarray:
    """P(h) at the fields of the amplitudes x."""
    unit, c = np.sqrt(saddle.self_overlap), saddle.curvature
    energy = -(0.75 * x * x + 0.5 * c) * x * x
    field = (x * x + c) * x
    return saddle.parisi.top_density(field / unit, energy, saddle.breaking) / unit


def _marginality(saddle: ParisiSaddle, curvature: float) -> float:
    """Mean square response at the top; for c ≥ 0 below the last step, where its smoothing does not enter."""
    if curvature < 0.0:
        return float(saddle.moments[3])
    moments, mean = saddle.parisi.moments, saddle.parisi.mean[-1]
    slope = moments[:, 2] + saddle.breaking[-1] * (moments[:, 0] - mean * mean)
    return float(saddle.parisi.probability[-1] @ (slope * slope))
