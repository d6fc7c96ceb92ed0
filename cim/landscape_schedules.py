r"""Pump schedules from the landscape: time shared out among its regions, and pumps that rise as the state is stiff.

Everything here is known before the run and the same for every model of an ensemble; for what is measured on the model
itself see :mod:`cim.gap_speed`.  Pumps are in units of λ_max(J)/2, so that the threshold is at -2.

**Regions** (Yamamura, Mabuchi, Ganguli, arXiv:2309.08119): *flat* from the threshold to where supersymmetry breaks
(-0.93), *rough* from there to where the ground state becomes rigid (-0.39 by :func:`landscapes.theory.transitions`;
published as -0.45), *rigid* above: there the signs do not change any more.  :func:`landscape_informed` goes straight
through each in its share of the run.

The shares depend on the run's length in units of the machine's own time, τ = steps · dt.  A ramp that crosses the
threshold at the speed α pumps per unit of time leaves the noise x₀ where :math:`\delta^2/2\alpha = \ln(1/x_0)`, a
distance δ above; for x₀ = 10⁻³ and two units of pump in a time τ this is :math:`\delta \approx 5.3/\sqrt\tau`: beyond
the whole flat region for τ < 25, a third of it at τ = 230.  Until then the state is zero, and a pump that rises slowly
gains nothing, so a short run spends little time there and a long one its due.  The flat region's share is

.. math:: f(\tau) = 0.3 + 0.3 \log_{10}(\tau/30), \quad \text{between 0 and } 0.6,

the rigid one's 0.1 (the straight line's is 0.2), the rough one's the rest.  The logarithm is an interpolation between
measurements, no theory: on Sherrington and Kirkpatrick's model (n = 500) at the step 0.1, 30/60/10 per cent are better
than the straight line from -2.2 by 0.006 per spin at τ = 30, and by nothing (0.001) at τ = 100 and 300
(``tests/benchmarks/annealing_tables.py``).  **What the shares mend is too short a step**: at the step 0.25, and in a
machine with momentum and clip, whose time is dt/(1 - m), they are level with the straight line from the threshold,
within 0.0003, at 300 and 1000 steps (``tests/benchmarks/landscape_rules.py``).

**Speed.**  An adiabatic ramp raises the pump slowly where the state is soft,

.. math:: \frac{da}{du} \propto \frac{1}{s(a)}, \qquad
    u(a) = \int_{a_0}^{a} s(a')\, da' \Big/ \int_{a_0}^{a_1} s(a')\, da' ,

with the softness s(a) either the inverse of the smallest Hessian eigenvalue, :math:`1/\lambda_1`, or the susceptibility
:math:`\chi = \operatorname{tr} H^{-1}/n`.  An eigenvalue near zero would take up the whole run: the softness is cut off
at ``limit`` times its median, raised to ``exponent``, and mixed with the straight line's,
:math:`(1 - m)\, s/\langle s \rangle + m`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ising_problems.checks import checked_integer, checked_number, number_array

from .schedules import Schedule, piecewise

__all__ = ["landscape_informed", "paced", "typical_gap_speed"]

THRESHOLD = -2.0
_BEST_SHORT, _SHORT = 0.3, 30.0  # the flat region's share of a run of this length, in units of time
_PER_DECADE = 0.3
_MOST_FLAT, _RIGID = 0.6, 0.1
_FINE = 0.02  # between the pumps at which a table of gaps is interpolated
_LEAP = 1e-9  # the time that a leap takes: shorter than any step

# Lowest Hessian eigenvalue of the minima that follow a rising pump, in units of λ_max/2: mean over 16 instances of
# Sherrington and Kirkpatrick's model with n = 500 (1000 steps per unit of pump), standard errors a tenth.  In a large
# system it vanishes from -2 to the rigid region.  tests/benchmarks/annealing_tables.py --softness computes it anew.
_PUMPS = (-1.9, -1.7, -1.5, -1.3, -1.1, -0.9, -0.7, -0.5, -0.4, -0.3, -0.2, 0.0, 0.2, 0.4, 0.5)
_GAPS = (0.035, 0.035, 0.032, 0.025, 0.029, 0.040, 0.047, 0.073, 0.095, 0.143, 0.253, 0.360, 0.567, 0.861, 1.012)


def landscape_informed(
    budget: int,
    *,
    start: float = THRESHOLD,
    stop: float = 0.0,
    shares: Sequence[float] | None = None,
    dt: float = 0.25,
) -> Schedule:
    """Pump that shares the run out among the flat, the rough and the rigid region of the landscape.

    Parameters
    ----------
    budget : int
        Number of steps.
    start, stop : float
        First and last pump, in units of λ_max(J)/2: from the threshold by default.  Both may lie inside a region.
    shares : sequence of three float, optional
        Parts of the run spent in the flat, the rough and the rigid region, in any unit.  By default they follow from
        the length of the run: short ones hurry through the flat region, where they are still zero.  A region that
        lies outside start and stop has none.
    dt : float, default 0.25
        The step that the machine will take, in units of 2/λ_max(J), which makes budget · dt the length of the run;
        with the momentum m, dt/(1 - m).

    Returns
    -------
    Schedule

    Raises
    ------
    ValueError, TypeError
        If the pump would not rise, or a number is out of range.

    Notes
    -----
    The rule and what it rests on: :mod:`cim.landscape_schedules`.

    Examples
    --------
    >>> landscape_informed(1000, dt=0.1)(0.9) < -0.39 < landscape_informed(1000, dt=0.1)(0.95)
    True
    """
    budget = checked_integer(budget, "budget", at_least=1)
    start, stop = checked_number(start, "start"), checked_number(stop, "stop")
    if not stop > start:
        raise ValueError(f"stop: the pump must rise, but it goes from start = {start:g} to stop = {stop:g}")
    length = budget * checked_number(dt, "dt", above=0.0)
    parts = _shares(length) if shares is None else _checked_shares(shares)
    ends = _transitions()
    borders = np.clip([-np.inf, *ends, np.inf], start, stop)
    parts = np.where(np.diff(borders) > 0.0, parts, 0.0)
    if not parts.sum() > 0.0:
        raise ValueError(
            f"shares: the regions between start = {start:g} and stop = {stop:g} have no share of the run; "
            f"the flat region ends at {ends[0]:.3g}, the rough one at {ends[1]:.3g}"
        )
    moments = np.round(np.concatenate([[0.0], np.cumsum(parts / parts.sum())]), 12)
    used = np.flatnonzero(parts > 0.0)
    points = [(0.0, float(borders[used[0]]))]
    for k in used:
        # where a region without a share is leapt over, its two borders would stand at one moment
        if borders[k] != points[-1][1]:
            points.append((float(moments[k]) + _LEAP, float(borders[k])))
        points.append((1.0 if k == used[-1] else float(moments[k + 1]), float(borders[k + 1])))
    return piecewise(points)


def typical_gap_speed(
    start: float = -2.2,
    stop: float = 0.0,
    *,
    measure: str = "gap",
    exponent: float = 1.0,
    mixture: float = 0.0,
    limit: float = 10.0,
) -> Schedule:
    r"""Pump that rises at the speed of the typical softness of Sherrington and Kirkpatrick's model.

    Parameters
    ----------
    start, stop : float
        First and last pump, in units of λ_max(J)/2, between -2.4 and 2.4; up to 0.5 for the gap.
    measure : {"gap", "susceptibility"}
        What the speed goes with: the lowest Hessian eigenvalue of adiabatic minima, measured at n = 500, or 1/Δ, the
        inverse susceptibility of the ground state with full replica-symmetry breaking.
    exponent, mixture, limit : float
        As in :func:`paced`.

    Returns
    -------
    Schedule

    Raises
    ------
    ValueError, TypeError
        If the pump would not rise, the table does not reach so far, or a number is out of range.

    Notes
    -----
    At 300 steps of 0.25 without momentum and clip, n = 500, the gap's pace lowers the energy per spin after 1-flip
    descent by 0.0011(3) below that of its own straight line, twice, and raises that of the signs as they are by
    0.0020(4), for it leaves amplitudes little time to settle; with a clip, or after descent at 1000 steps, no
    difference is beyond errors (``tests/benchmarks/landscape_rules.py``).

    Examples
    --------
    >>> slow = typical_gap_speed(-2.2, 0.0)
    >>> 0.0 < slow(0.95) - slow(0.9) < slow(1.0) - slow(0.95)
    True
    """
    from landscapes.theory import phase_lines

    if measure == "gap":
        below = np.array([-2.4, THRESHOLD])
        pumps = np.array([*below, *_PUMPS])
        gaps = np.array([*np.maximum(THRESHOLD - below, _GAPS[0]), *_GAPS])
    elif measure == "susceptibility":
        lines = phase_lines()
        pumps, gaps = lines["pump"], 1.0 / lines["susceptibility"]
    else:
        raise ValueError(f"measure: must be 'gap' or 'susceptibility', but it is {measure!r}")
    start, stop = checked_number(start, "start"), checked_number(stop, "stop")
    if not stop > start:
        raise ValueError(f"stop: the pump must rise, but it goes from start = {start:g} to stop = {stop:g}")
    for name, end in (("start", start), ("stop", stop)):
        if not pumps[0] <= end <= pumps[-1]:
            raise ValueError(
                f"{name}: the table of {measure!r} reaches from {pumps[0]:g} to {pumps[-1]:g}, not {end:g}"
            )
    knots = np.linspace(start, stop, max(2, round((stop - start) / _FINE) + 1))
    softness = 1.0 / np.interp(knots, pumps, gaps)
    return paced(knots, softness, exponent=exponent, mixture=mixture, limit=limit)


def paced(pumps: Any, softness: Any, *, exponent: float = 1.0, mixture: float = 0.0, limit: float = 10.0) -> Schedule:
    """Pump that rises at a speed inversely proportional to the softness of the state.

    Parameters
    ----------
    pumps : array_like, shape (p,)
        Increasing, at least two; the schedule goes from the first to the last.
    softness : array_like, shape (p,)
        Not negative, infinite allowed; between the pumps it is interpolated.
    exponent : float, default 1
        The power of the softness that the time goes with; 0 is the straight line.
    mixture : float in [0, 1], default 0
        Part of the run that is shared out evenly over the pumps, whatever the softness.
    limit : float, default 10
        What is softer than this many times the median counts for no more.

    Returns
    -------
    Schedule
        Piecewise linear, with the pumps for knots.

    Raises
    ------
    ValueError, TypeError
        If the arrays do not fit, or a number is out of range.

    Examples
    --------
    >>> paced([-2.0, -1.0, 0.0], [1.0, 1.0, 1.0])
    piecewise([(0.0, -2.0), (0.5, -1.0), (1.0, 0.0)])
    """
    a = number_array(pumps, "pumps").astype(np.float64)
    s = number_array(softness, "softness").astype(np.float64)
    exponent = checked_number(exponent, "exponent", at_least=0.0)
    mixture = checked_number(mixture, "mixture", at_least=0.0)
    limit = checked_number(limit, "limit", at_least=1.0)
    if mixture > 1.0:
        raise ValueError(f"mixture: is a part of the run, at most 1, but it is {mixture:g}")
    if a.ndim != 1 or len(a) < 2 or not np.isfinite(a).all() or not (np.diff(a) > 0).all():
        raise ValueError(f"pumps: two or more increasing, finite numbers are needed, but they are {a}")
    if s.shape != a.shape or np.isnan(s).any() or (s < 0.0).any():
        raise ValueError(f"softness: a number that is not negative is needed for each of the pumps, but it is {s}")
    middle = float(np.median(s))
    if not (0.0 < middle < np.inf):  # no scale to measure by: where it is soft, it is as soft as can be
        s = np.where(s > 0.0, 1.0, 0.0) if middle == 0.0 else np.ones_like(s)
    else:
        s = np.minimum(s / middle, limit)
    time = np.diff(a) * 0.5 * (s[1:] ** exponent + s[:-1] ** exponent)
    time = np.maximum(time / time.sum() if time.sum() > 0.0 else time, _LEAP)  # what takes no time is leapt over
    even = np.diff(a) / (a[-1] - a[0])
    time = (1.0 - mixture) * time / time.sum() + mixture * even
    moments = np.concatenate([[0.0], np.cumsum(time)])
    moments = np.append((moments / moments[-1])[:-1], 1.0)
    return piecewise([(float(u), float(pump)) for u, pump in zip(moments, a, strict=True)])


def _transitions() -> tuple[float, float]:
    from landscapes.theory import transitions

    found = transitions()
    return found["susy"].value, found["rigidity"].value


def _shares(length: float) -> np.ndarray:
    flat = min(max(_BEST_SHORT + _PER_DECADE * math.log10(length / _SHORT), 0.0), _MOST_FLAT)
    return np.array([flat, 1.0 - _RIGID - flat, _RIGID])


def _checked_shares(shares: Sequence[float]) -> np.ndarray:
    parts = number_array(shares, "shares").astype(np.float64)
    if parts.shape != (3,) or not np.isfinite(parts).all() or (parts < 0.0).any():
        raise ValueError(f"shares: three numbers that are not negative are needed, but they are {shares!r}")
    return parts
