r"""Lower bounds on an Ising energy, where they are cheap.

The *trivial* bound satisfies every bond, :math:`E \ge -\sum_{i<j} |J_{ij}| - \sum_i |h_i|`, with equality where no
bond is frustrated.  The *spectral* bound relaxes :math:`s_i = \pm 1` to :math:`|s|^2 = n`:
:math:`E \ge -\tfrac12 n \lambda_{\max}(J) - \sum_i |h_i|`; on the Sherrington-Kirkpatrick model it is -1 per spin,
where the trivial one is of order :math:`\sqrt n`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ising_problems import IsingModel

from ..couplings import extreme_eigenvalues

__all__ = ["proves", "rounding", "seconds_for_spectral_bound", "spectral_bound", "stated", "trivial_bound"]

_LARGEST_EXACT = 2.0**51  # beyond it float64 does not tell one whole number from the next
_LARGEST_OFFSET = 1e3  # times the scale of the couplings


def trivial_bound(model: IsingModel) -> float:
    """Lower bound on the energy without the offset, if every bond and every field were satisfied."""
    if model.is_sparse:
        couplings = float(np.abs(model.J.data, dtype=np.float64).sum())
    else:
        blocks = (model.J[first : first + 64] for first in range(0, model.num_spins, 64))
        couplings = float(sum(np.abs(block).sum(dtype=np.float64) for block in blocks))
    return -0.5 * couplings - _field_sum(model)


def spectral_bound(model: IsingModel) -> float:
    """Lower bound on the energy without the offset, from the largest eigenvalue of J.

    The eigenvalue comes from a Lanczos run, and is taken at its residual's outside: it is a bound unless the run missed
    the largest eigenvalue altogether, which from a random start it does with vanishing probability.
    """
    ends = extreme_eigenvalues(model)
    return -0.5 * model.num_spins * (ends.largest + ends.uncertainty) * (1.0 + 1e-5) - _field_sum(model)


def seconds_for_spectral_bound(model: IsingModel) -> float:
    """Roughly how long :func:`spectral_bound` takes: some sixty products."""
    entries = 2 * model.num_couplings + 50 * model.num_spins
    return 60 * 4e-10 * entries + 5e-4


def proves(bound: float, energy: Any, model: IsingModel, scale: float) -> bool:
    """Whether a bound, without the offset, proves an energy, with it, to be the lowest, but for rounding.

    ``scale`` is the sum of all magnitudes, minus the trivial bound.  Where float64 cannot tell one energy from the
    next, because whole numbers are too large or an offset drowns the rest, nothing is proved.
    """
    offset = float(model.offset)
    if model.is_integer:
        whole = max(scale, abs(offset)) < _LARGEST_EXACT
        return whole and bool(energy - model.offset < bound + 0.5)
    if abs(offset) > _LARGEST_OFFSET * scale:
        return False
    return bool(energy - offset <= bound + rounding(model, scale))


def rounding(model: IsingModel, scale: float) -> float:
    """What rounding may have done to an energy or to a bound on it."""
    return 8.0 * float(np.finfo(np.float64).eps) * (scale + abs(float(model.offset)))


def stated(bound: float, model: IsingModel, scale: float) -> Any:
    """A bound that is told to the user, with the offset: a whole number for an integer model; None where unreliable."""
    if not np.isfinite(bound):
        return None
    if not model.is_integer:
        return bound + float(model.offset) - rounding(model, scale)
    if max(scale, abs(float(model.offset))) >= _LARGEST_EXACT:
        return None
    return int(np.ceil(bound - 1e-9 * abs(bound))) + model.offset  # no energy lies between it and the next


def _field_sum(model: IsingModel) -> float:
    return float(np.abs(model.h, dtype=np.float64).sum())
