"""Where the annealed complexity stops being the typical one: the energy at which critical points begin to overlap.

At given index the annealed solution of the replicated problem (:mod:`~landscapes.theory.quenched`) is stable from the
most numerous points down to the energy at which ρ + √ω = 1.  Above that energy the mean number of critical points and
their typical number agree to exponential order; below it the mean is dominated by rare couplings.  (That is a linear
stability.  The overlap was found to grow continuously from there; solutions that appear at once with a large overlap
were not searched for.)
"""

from __future__ import annotations

from dataclasses import replace

from .annealed_saddle import AnnealedSaddle, continued_saddle
from .critical_point_classes import Complexity, of_saddle
from .kac_rice import checked_pump, complexity_at
from .saddle_continuation import NotContinued

__all__ = ["overlap_onset"]

_STEP = 0.05  # of the energy weight


def overlap_onset(pump: float, index: float = 0.0) -> Complexity | None:
    """The critical points of a given index that are just about to overlap.

    Parameters
    ----------
    pump : float
        Above -2.
    index : float
        Fraction of negative eigenvalues, below that of the origin; 0 for marginal minima.

    Returns
    -------
    Complexity or None
        With ``stability`` 1; None where the annealed complexity is the typical one down to where it vanishes.

    Raises
    ------
    ValueError
        If the arguments are out of range, or the branch ends before.

    Examples
    --------
    >>> onset = overlap_onset(0.0, 0.02)
    >>> round(onset.energy, 3), round(onset.sigma, 3)
    (-0.587, 0.117)
    >>> overlap_onset(0.0, 0.2) is None
    True
    """
    pump = checked_pump(pump, above=-2.0)
    points = complexity_at(pump, index=index)
    before = points.saddle
    assert before is not None  # the pump is above -2
    step = _STEP
    while True:
        try:
            after = _stepped(before, step)
        except NotContinued as error:  # the branch may end within this step, and Σ vanish before
            step *= 0.5
            if step < 1e-3 * _STEP:
                raise ValueError(f"pump or index: the branch ends before points overlap ({error})") from None
            continue
        if after.stability >= 1.0:
            break
        if after.sigma()[0] <= 0.0:
            return None
        before, step = after, 1.08 * step
    low, high = 0.0, after.controls.energy_weight - before.controls.energy_weight
    found = after
    while high - low > 1e-10:
        middle = 0.5 * (low + high)
        try:
            found = _stepped(before, middle)
        except NotContinued as error:
            raise ValueError(f"pump or index: the onset could not be located ({error})") from None
        low, high = (middle, high) if found.stability < 1.0 else (low, middle)
    return of_saddle(found, points.kind) if found.sigma()[0] > 0.0 else None


def _stepped(state: AnnealedSaddle, step: float) -> AnnealedSaddle:
    controls = replace(state.controls, energy_weight=state.controls.energy_weight + step)
    return continued_saddle(state, controls, first_step=1.0)
