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

__all__ = ["proves", "seconds_for_spectral_bound", "spectral_bound", "trivial_bound"]

_LARGEST_EXACT = 2.0**51  # beyond it float64 does not tell one whole number from the next


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


def proves(bound: float, energy: Any, model: IsingModel) -> bool:
    """Whether a bound on the energy, offset included, proves an energy to be the lowest, but for rounding."""
    if model.is_integer:
        return abs(bound) < _LARGEST_EXACT and bool(energy < bound + 0.5)
    scale = abs(trivial_bound(model)) + abs(float(model.offset))
    return bool(energy <= bound + 1e-12 * scale)


def _field_sum(model: IsingModel) -> float:
    return float(np.abs(model.h, dtype=np.float64).sum())
