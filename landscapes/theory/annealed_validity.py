"""Where the annealed complexity stops being the typical one: the energy at which critical points begin to overlap.

At given index the annealed solution of the replicated problem (:mod:`~landscapes.theory.quenched`) is stable from the
most numerous points down to the energy at which ρ + √ω = 1.  Above that energy the mean number of critical points and
their typical number agree to exponential order, unless an overlap sets in by a jump, which was not seen; below it the
mean is dominated by rare couplings.
"""

from __future__ import annotations

from dataclasses import replace

from ising_problems.checks import checked_number

from .annealed_saddle import Saddle, continued_saddle
from .continuation import NotContinued
from .critical_point_classes import Complexity, of_saddle
from .kac_rice import complexity_at

__all__ = ["overlap_onset"]

_STEP = 0.05
_FARTHEST = 1e4


def overlap_onset(pump: float, index: float = 0.0) -> Complexity:
    """The critical points of a given index that are just about to overlap.

    Parameters
    ----------
    pump : float
        Above -2.
    index : float
        Fraction of negative eigenvalues, below that of the origin; 0 for marginal minima.

    Returns
    -------
    Complexity
        With ``stability`` 1.  Where its ``sigma`` is negative, the annealed complexity vanishes first, and is the
        typical one as far as it is positive.

    Raises
    ------
    ValueError
        If the arguments are out of range, or the branch ends before.

    Examples
    --------
    >>> onset = overlap_onset(0.0, 0.02)
    >>> round(onset.energy, 3), round(onset.sigma, 3)
    (-0.587, 0.117)
    """
    pump = checked_number(pump, "pump", above=-2.0)
    points = complexity_at(pump, index=index)
    before = points.saddle
    assert before is not None  # the pump is above -2
    try:
        step = _STEP
        after = _stepped(before, step)
        while after.stability < 1.0:
            if after.controls.energy_weight > _FARTHEST:
                raise NotContinued(f"no overlap up to an energy weight of {_FARTHEST:g}")
            step *= 1.08
            before, after = after, _stepped(after, step)
        low, high = 0.0, after.controls.energy_weight - before.controls.energy_weight
        found = after
        while high - low > 1e-10:
            middle = 0.5 * (low + high)
            found = _stepped(before, middle)
            low, high = (middle, high) if found.stability < 1.0 else (low, middle)
    except NotContinued as error:
        raise ValueError(f"pump or index: the branch ends before points overlap ({error})") from None
    return of_saddle(found, points.kind)


def _stepped(state: Saddle, step: float) -> Saddle:
    controls = replace(state.controls, energy_weight=state.controls.energy_weight + step)
    return continued_saddle(state, controls, first_step=1.0)
