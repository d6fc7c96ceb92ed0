r"""Kernels of Metropolis sweeps, dense and sparse, in whatever numbers the couplings are stored.

With the local field :math:`f_i` up to date, a flip of spin i costs :math:`\Delta E = 2 s_i f_i`, and it is accepted
where :math:`s_i f_i \le T e/2` with e a standard exponential variate: the Metropolis rule,
:math:`P(e \ge \Delta E/T) = \min(1, e^{-\Delta E/T})`.  The right sides of a block of 64 proposals
are in the numbers of the fields; rounding down changes no decision between integers.

No proposal costs a branch, which would be mispredicted at nearly every acceptance; what does is an accepted flip:

- dense, the first accepted proposal of a block is found as the least of 64 indices, and after its flip, which changes
  the fields of all the others, the next beyond it;
- sparse, the decisions of a block are bits of a word, gone through from the lowest; a flip decides anew only for those
  of its neighbours that come later in the block.

Either way the sweep is the sequential one, spin after spin.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.cpython.unsafe import numbers

from landscapes.jit import inlined, kernel
from landscapes.random import random_below

__all__ = ["BLOCK", "anneal_one", "block_order", "sweep_dense", "sweep_sparse"]

BLOCK = 64
"""Proposals that are looked at together; spins and fields are padded to a multiple of it."""

_LONGEST_DESCENT = 1000  # sweeps

trailing_zeros: Any = numbers.trailing_zeros


def block_order(kind: np.dtype) -> np.ndarray:
    """0 to 63 for the dense kernels, in integers as wide as fields of a kind, up to 32 bits: compared side by side."""
    return np.arange(BLOCK, dtype=np.int16 if kind.itemsize == 2 else np.int32)


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
def _flip(s: np.ndarray, i: int, row: np.ndarray, fields: np.ndarray) -> None:
    """Flip spin i of a block, and add its row of the couplings to all fields."""
    number = fields.dtype.type
    change = number(-2 * s[i])
    s[i] = -s[i]
    for j in range(row.shape[0]):
        fields[j] = number(fields[j] + number(change * number(row[j])))


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
    padding are above ``highest``; order is :func:`block_order`.
    """
    width = matrix.shape[1]
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
                    _flip(s, i, matrix[start + i], whole)
                    i = _next_accepted(s, f, limits, order, i + 1)


@kernel
def sweep_sparse(
    starts: np.ndarray,
    columns: np.ndarray,
    doubled: np.ndarray,
    later: np.ndarray,
    thresholds: np.ndarray,
    pool: np.ndarray,
    places: np.ndarray,
    highest: np.float32,
    spins: np.ndarray,
    fields: np.ndarray,
) -> None:
    """Sweeps, one replica after the other; twice the couplings in compressed rows, the rest as in the dense kernel.

    later is (n, 2): where in each row the entries begin and end whose columns come later in the spin's own block.
    """
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
                    accepted &= accepted - np.uint64(1)
                    spin = s[i]
                    s[i] = -spin
                    for p in range(starts[start + i], starts[start + i + 1]):
                        j = columns[p]
                        whole[j] = number(whole[j] - number(spin * doubled[p]))
                    for p in range(later[start + i, 0], later[start + i, 1]):
                        j = np.int64(columns[p]) - start
                        bit = np.uint64(1) << np.uint64(j)
                        decided = np.uint64(number(s[j] * f[j]) <= limits[j]) << np.uint64(j)
                        accepted = (accepted & ~bit) | decided


@inlined
def _sweep_one(
    matrix: np.ndarray,
    spins: np.ndarray,
    fields: np.ndarray,
    energies: np.ndarray,
    thresholds: np.ndarray,
    order: np.ndarray,
    random: np.ndarray,
) -> int:
    """One sweep; how many flips it accepted."""
    width = matrix.shape[1]
    places = thresholds.shape[0] - 64
    flips = 0
    gained = 0.0
    for start in range(0, width, 64):
        first = random_below(random, places)
        s = spins[start : start + 64]
        f = fields[start : start + 64]
        limits = thresholds[first : first + 64]
        i = _next_accepted(s, f, limits, order, 0)
        while i < 64:
            gained += np.float64(f[i] * s[i])
            flips += 1
            _flip(s, i, matrix[start + i], fields)
            i = _next_accepted(s, f, limits, order, i + 1)
    energies[0] += 2.0 * gained
    return flips


@kernel
def anneal_one(
    matrix: np.ndarray,
    spins: np.ndarray,
    fields: np.ndarray,
    energies: np.ndarray,
    temperatures: np.ndarray,
    pool: np.ndarray,
    thresholds: np.ndarray,
    highest: np.float32,
    downhill: float,
    order: np.ndarray,
    random: np.ndarray,
    descend: bool,
) -> int:
    """Sweeps of one configuration at half temperatures in the matrix's unit, and a descent; how many flips it accepted.

    pool and thresholds have one length: exponential variates, and room for their products with a temperature, none
    above ``highest``; ``downhill`` is the largest gain that a descent takes; order is :func:`block_order`.
    """
    number = fields.dtype.type
    flips = 0
    last = -1.0
    for k in range(temperatures.shape[0] + (_LONGEST_DESCENT if descend else 0)):
        if k < temperatures.shape[0]:
            temperature = temperatures[k]
            if temperature != last:
                last = temperature
                for i in range(pool.shape[0]):
                    thresholds[i] = number(min(np.float32(temperature) * pool[i], highest))
        elif k == temperatures.shape[0]:
            for i in range(pool.shape[0]):
                thresholds[i] = downhill
        accepted = _sweep_one(matrix, spins, fields, energies, thresholds, order, random)
        flips += accepted
        if k >= temperatures.shape[0] and accepted == 0:
            break
    return flips
