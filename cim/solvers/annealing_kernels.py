r"""Metropolis sweeps over replicas, dense and sparse, in whatever numbers the couplings are stored.

A flip of spin i costs :math:`2 s_i f_i`, and it is accepted where :math:`s_i f_i \le T e/2` with e a standard
exponential variate: the Metropolis rule, :math:`P(e \ge \Delta E/T) = \min(1, e^{-\Delta E/T})`.  The right sides of a
block of 64 proposals are computed at once, in the numbers of the fields (rounding down changes no decision between
integers); the first accepted proposal of the block is then found without a branch, as the least of 64 indices, and
after its flip, which changes the fields of the others, the next beyond it.  So the sweep is the sequential one, spin
after spin, but it costs one search for each acceptance instead of one branch for each proposal.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.cpython.unsafe import numbers

from landscapes.jit import inlined, kernel

__all__ = ["BLOCK", "sweep_dense", "sweep_sparse"]

trailing_zeros: Any = numbers.trailing_zeros

BLOCK = 64
"""Proposals that are looked at together: the width of spins and fields is a multiple of it."""


@inlined
def _set_limits(limits: np.ndarray, variates: np.ndarray, threshold: np.float32, highest: np.float32) -> None:
    """T e/2 of a block, none above ``highest``, which the numbers can hold."""
    number = limits.dtype.type
    for i in range(64):
        limit = threshold * variates[i]
        limits[i] = number(limit if limit < highest else highest)


@inlined
def _next_accepted(s: np.ndarray, f: np.ndarray, limits: np.ndarray, order: np.ndarray, first: int) -> Any:
    """The first accepted proposal of a block from ``first`` on; 64 where there is none."""
    number = limits.dtype.type
    index = order.dtype.type
    begin = index(first)
    none = index(64)
    least = none
    for i in range(64):
        candidate = order[i] if (number(s[i] * f[i]) <= limits[i]) & (order[i] >= begin) else none
        least = candidate if candidate < least else least
    return np.int64(least)


@inlined
def _accepted(s: np.ndarray, f: np.ndarray, limits: np.ndarray) -> Any:
    """Which proposals of a block are accepted, a bit for each."""
    number = limits.dtype.type
    bits = np.uint64(0)
    for i in range(64):
        bits |= np.uint64(number(s[i] * f[i]) <= limits[i]) << np.uint64(i)
    return bits


@kernel
def sweep_dense(
    matrix: np.ndarray,
    thresholds: np.ndarray,
    pool: np.ndarray,
    places: np.ndarray,
    highest: np.float32,
    order: np.ndarray,
    spins: np.ndarray,
    fields: np.ndarray,
) -> None:
    """Sweeps, all replicas in step, so that the rows of a block stay in the cache for all of them.

    matrix is (n, width) with zero padding, spins and fields (replicas, width), thresholds T/2 for each sweep, places
    (sweeps, replicas) where in the pool of exponential variates each sweep of each replica begins; fields in the
    padding are above ``highest``.
    """
    width = matrix.shape[1]
    number = fields.dtype.type
    limits = np.empty(64, dtype=fields.dtype)
    for k in range(thresholds.shape[0]):
        for start in range(0, width, 64):
            for r in range(spins.shape[0]):
                s = spins[r, start : start + 64]
                f = fields[r, start : start + 64]
                first = places[k, r] + start
                _set_limits(limits, pool[first : first + 64], thresholds[k], highest)
                whole = fields[r]
                i = _next_accepted(s, f, limits, order, 0)
                while i < 64:
                    change = number(-2 * s[i])
                    s[i] = -s[i]
                    row = matrix[start + i]
                    for j in range(width):
                        whole[j] = number(whole[j] + number(change * number(row[j])))
                    i = _next_accepted(s, f, limits, order, i + 1)


@kernel
def sweep_sparse(
    starts: np.ndarray,
    columns: np.ndarray,
    doubled: np.ndarray,
    thresholds: np.ndarray,
    pool: np.ndarray,
    places: np.ndarray,
    highest: np.float32,
    spins: np.ndarray,
    fields: np.ndarray,
) -> None:
    """Sweeps, one replica after the other; twice the couplings in compressed rows, the rest as in the dense kernel."""
    width = spins.shape[1]
    number = fields.dtype.type
    limits = np.empty(64, dtype=fields.dtype)
    for r in range(spins.shape[0]):
        whole = fields[r]
        for k in range(thresholds.shape[0]):
            for start in range(0, width, 64):
                s = spins[r, start : start + 64]
                f = fields[r, start : start + 64]
                first = places[k, r] + start
                _set_limits(limits, pool[first : first + 64], thresholds[k], highest)
                accepted = _accepted(s, f, limits)
                while accepted != np.uint64(0):
                    i = np.int64(trailing_zeros(accepted))
                    waiting = ~((np.uint64(2) << np.uint64(i)) - np.uint64(1))
                    spin = s[i]
                    s[i] = -spin
                    for p in range(starts[start + i], starts[start + i + 1]):
                        j = np.int64(columns[p])
                        field = number(whole[j] - number(spin * doubled[p]))
                        whole[j] = field
                        j -= start
                        if 0 <= j < 64:
                            bit = np.uint64(1) << np.uint64(j)
                            accepted = (accepted | bit) if number(s[j] * field) <= limits[j] else (accepted & ~bit)
                    accepted &= waiting
