r"""Partition crossover: of two configurations, the best combination component by component.

Where x and y differ, the spins fall into connected components of the graph of couplings.  Components do not touch, so
what one adds to the energy when it is turned,

.. math:: \Delta E_K = 2 \sum_{i \in K} x_i \Bigl( \sum_{j \notin K} J_{ij} x_j + h_i \Bigr),

does not depend on the others, and turning in x every one with :math:`\Delta E_K \le 0` gives the best of all the
:math:`2^k` ways to combine the two.  A local gain is kept whatever was lost elsewhere.

Without fields y and -y are the same, and the one nearer to x is taken: its components are smaller and more.

Source: Tinós, Whitley, Chicano, FOGA (2015), for pseudo-Boolean functions of bounded degree.
"""

from __future__ import annotations

import numpy as np

from landscapes.clusters import connected_set
from landscapes.jit import kernel

from .lanes import LaneCouplings

__all__ = ["PartitionCrossover"]


class PartitionCrossover:
    """Space for the crossovers of one island.

    Parameters
    ----------
    couplings : LaneCouplings
    """

    def __init__(self, couplings: LaneCouplings) -> None:
        self._couplings = couplings
        self._symmetric = not couplings.has_fields
        self._marks = np.zeros(couplings.num_spins, dtype=np.uint8)
        self._queue = np.zeros(couplings.num_spins, dtype=np.int32)

    def __call__(self, x: np.ndarray, y: np.ndarray) -> int:
        """Turn in x, in place, what y has no worse; int8, shape (n,).  Returns the change of the energy in units."""
        c = self._couplings
        return int(_merge(c.starts, c.columns, c.weights, c.fields, self._symmetric, x, y, self._marks, self._queue))


@kernel
def _merge(
    starts: np.ndarray,
    columns: np.ndarray,
    weights: np.ndarray,
    fields: np.ndarray,
    symmetric: bool,
    x: np.ndarray,
    y: np.ndarray,
    marks: np.ndarray,
    queue: np.ndarray,
) -> np.int64:
    """Crossover into x; weights are twice the couplings, marks (n,) and queue (n,) are space."""
    n = x.shape[0]
    different = np.int64(0)
    for i in range(n):
        marks[i] = x[i] != y[i]
        different += marks[i]
    if symmetric and 2 * different > n:
        for i in range(n):
            marks[i] = 1 - marks[i]
    total = np.int64(0)
    for seed in range(n):
        if marks[seed] != 1:
            continue
        length = connected_set(starts, columns, marks, 1, 2, seed, queue)
        change = np.int64(0)
        for position in range(length):
            i = queue[position]
            outside = 2 * np.int64(fields[i])
            for p in range(starts[i], starts[i + 1]):
                j = columns[p]
                if marks[j] != 2:
                    outside += np.int64(weights[p]) * np.int64(x[j])
            change += outside * np.int64(x[i])
        for position in range(length):
            i = queue[position]
            marks[i] = 0
            if change <= 0:
                x[i] = -x[i]
        if change <= 0:
            total += change
    return total
