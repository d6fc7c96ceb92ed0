r"""Kernel of iterated tabu search on sparse couplings: the neighbourhood of each flip, and the least gain by blocks.

The gains are kept as integer keys (``landscapes/keys.py``), barred where a spin is tabu, with the least of each block
of 64 spins.  A flip changes the keys of its neighbours, and the least of their blocks is found anew; the least of all
is then the least of n/64.  Otherwise as in ``tabu_kernels.py``; the places of the counters are the same, written down
again because a compiled kernel is kept until its own file changes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from landscapes.jit import inlined, kernel
from landscapes.keys import key_of, number_of
from landscapes.random import next_bits, random_below

__all__ = ["search_sparse"]

STALLED, TENURE, SLOT, AGE, ATTEMPTS, HITS = range(6)
ATTEMPT_BEST, BEST = range(2)


@inlined
def _forget(ring: np.ndarray, k: int) -> None:
    """Take a spin out of the ring: it is flipped again, and its tenure begins anew."""
    for q in range(ring.shape[0]):
        if ring[q] == k:
            ring[q] = -1


@inlined
def _refresh_block(keys: np.ndarray, block_least: np.ndarray, block: int, top: Any) -> None:
    """Least key of a block of 64."""
    here = keys[64 * block : 64 * block + 64]
    least = top
    for j in range(64):
        least = min(least, here[j])
    block_least[block] = least


@kernel
def _flip_sparse(
    starts: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    spins: np.ndarray,
    fields: np.ndarray,
    bars: np.ndarray,
    keys: np.ndarray,
    block_least: np.ndarray,
    top: Any,
    k: int,
) -> float:
    """Flip a spin, and find the keys of its neighbourhood anew; what that changes the energy by."""
    number = fields.dtype.type
    gained = 2.0 * np.float64(spins[k]) * np.float64(fields[k])
    change = number(-2 * spins[k])
    spins[k] = number(-spins[k])
    keys[k] = max(key_of(number(fields[k] * spins[k])), bars[k])
    _refresh_block(keys, block_least, k >> 6, top)
    for entry in range(starts[k], starts[k + 1]):
        j = int(columns[entry])
        fields[j] = number(fields[j] + number(change * values[entry]))
        before = keys[j]
        after = max(key_of(number(fields[j] * spins[j])), bars[j])
        keys[j] = after
        block = j >> 6
        if after <= block_least[block]:
            block_least[block] = after
        elif before == block_least[block]:
            _refresh_block(keys, block_least, block, top)
    return gained


@kernel
def _free_all(
    spins: np.ndarray,
    fields: np.ndarray,
    bars: np.ndarray,
    keys: np.ndarray,
    block_least: np.ndarray,
    ring: np.ndarray,
    top: Any,
) -> None:
    """Let no spin be tabu, and form all keys anew."""
    number = fields.dtype.type
    key = keys.dtype.type
    for q in range(ring.shape[0]):
        ring[q] = -1
    for j in range(keys.shape[0]):
        bars[j] = key(-top - key(1))
        keys[j] = key_of(number(fields[j] * spins[j]))
    for block in range(block_least.shape[0]):
        _refresh_block(keys, block_least, block, top)


@kernel
def search_sparse(
    starts: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    block_least: np.ndarray,
    spins: np.ndarray,
    fields: np.ndarray,
    energies: np.ndarray,
    bars: np.ndarray,
    keys: np.ndarray,
    top: Any,
    ring: np.ndarray,
    best: np.ndarray,
    bests: np.ndarray,
    counters: np.ndarray,
    parameters: np.ndarray,
    random: np.ndarray,
    tolerance: float,
    iterations: int,
) -> None:
    """So many iterations, with couplings in compressed rows; ``block_least`` (width / 64,) is scratch."""
    n = starts.shape[0] - 1
    width = keys.shape[0]
    number = fields.dtype.type
    key = keys.dtype.type
    bottom = key(-top - key(1))
    tenure_least, patience, restart, flips_least, flips_most = parameters
    blocks = width // 64
    if counters[TENURE] == 0:
        counters[TENURE] = tenure_least + random_below(random, tenure_least // 2 + 1)
    for j in range(width):
        keys[j] = max(key_of(number(fields[j] * spins[j])), bars[j])
    for block in range(blocks):
        _refresh_block(keys, block_least, block, top)
    pending = False
    for _ in range(iterations):
        if counters[AGE] >= restart or counters[STALLED] >= patience:
            if pending:
                pending = False
                best[:] = spins
            if counters[AGE] >= restart:
                counters[ATTEMPTS] += 1
                if bests[ATTEMPT_BEST] <= bests[BEST] + tolerance:
                    counters[HITS] += 1
                for k in range(n):
                    if next_bits(random) >> np.uint64(63) == np.uint64(0):
                        energies[0] += _flip_sparse(
                            starts, columns, values, spins, fields, bars, keys, block_least, top, k
                        )
                bests[ATTEMPT_BEST] = energies[0]
                counters[AGE] = 0
            else:
                for _ in range(flips_least + random_below(random, flips_most - flips_least + 1)):
                    # among thousands of spins of small gain, the least of a random block stands for one of the five
                    block = int(random_below(random, blocks))
                    least = block_least[block]
                    if least == top:
                        continue
                    k = 64 * block
                    while keys[k] != least:
                        k += 1
                    if k < n:
                        bars[k] = top
                        energies[0] += _flip_sparse(
                            starts, columns, values, spins, fields, bars, keys, block_least, top, k
                        )
            _free_all(spins, fields, bars, keys, block_least, ring, top)
            counters[STALLED] = 0
            counters[SLOT] = 0
            counters[TENURE] = tenure_least + random_below(random, tenure_least // 2 + 1)
        least = top
        for block in range(blocks):
            least = min(least, block_least[block])
        k = -1
        for q in range(counters[TENURE]):  # a tabu spin is worth it for a new best
            if ring[q] >= 0:
                i = ring[q]
                gain = key_of(number(fields[i] * spins[i]))
                if gain < least:
                    after = energies[0] + 2.0 * np.float64(number_of(gain, fields[i]))
                    if after < bests[ATTEMPT_BEST] - tolerance:
                        least = gain
                        k = i
        if k >= 0:
            _forget(ring, k)
        else:
            block = int(random_below(random, blocks))
            while block_least[block] != least:
                block += 1
                if block == blocks:
                    block = 0
            k = 64 * block
            while keys[k] != least:
                k += 1
        if pending and np.float64(spins[k]) * np.float64(fields[k]) >= 0.0:
            pending = False
            best[:] = spins
        slot = counters[SLOT]
        released = ring[slot]
        if released >= 0:
            bars[released] = bottom
            keys[released] = key_of(number(fields[released] * spins[released]))
            _refresh_block(keys, block_least, released >> 6, top)
        ring[slot] = k
        bars[k] = top
        counters[SLOT] = 0 if slot + 1 >= counters[TENURE] else slot + 1
        energies[0] += _flip_sparse(starts, columns, values, spins, fields, bars, keys, block_least, top, k)
        counters[STALLED] += 1
        counters[AGE] += 1
        if energies[0] < bests[ATTEMPT_BEST] - tolerance:
            bests[ATTEMPT_BEST] = energies[0]
            counters[STALLED] = 0
            if energies[0] < bests[BEST] - tolerance:
                bests[BEST] = energies[0]
                counters[HITS] = 0
                pending = True
    if pending:
        best[:] = spins
