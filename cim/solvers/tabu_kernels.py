r"""Kernel of iterated tabu search on dense couplings: one fused pass over all spins for each flip.

An iteration is one pass: it brings the fields up to date with the last flip, forms the gains
:math:`s_i f_i`, and finds the least of them, both of all spins and of those that are free; a short search then finds
where it lies.

Gains are compared as integer keys (``landscapes/keys.py``).  ``bars`` holds the lowest key for a spin that is free and
the highest for one that is tabu: the larger of bar and gain is what is compared.  See ``iterated_tabu.py`` for the
algorithm and for the arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from landscapes.jit import inlined, kernel
from landscapes.keys import key_of, number_of
from landscapes.random import next_bits, random_below

__all__ = ["ATTEMPTS", "BEST", "HITS", "search_dense"]

_CANDIDATES = 5  # of a perturbation's flip

STALLED, TENURE, SLOT, AGE, ATTEMPTS, HITS = range(6)
"""Counters: iterations since the attempt's best fell, tenure of the phase, place in its ring, iterations of the
attempt, attempts ended, those of them that ended in the best energy."""
ATTEMPT_BEST, BEST = range(2)
"""Energies: best of the attempt, best of all."""


@inlined
def _flip(matrix: np.ndarray, spins: np.ndarray, fields: np.ndarray, k: int) -> float:
    """Flip a spin; what that changes the energy by."""
    number = fields.dtype.type
    gained = 2.0 * np.float64(spins[k]) * np.float64(fields[k])
    change = number(-2 * spins[k])
    spins[k] = number(-spins[k])
    row = matrix[k]
    for j in range(fields.shape[0]):
        fields[j] = number(fields[j] + number(change * number(row[j])))
    return gained


@inlined
def _position(keys: np.ndarray, least: Any, first: int) -> int:
    """A spin of the least key, looked for by blocks of 64 from a given block on."""
    key = keys.dtype.type
    blocks = keys.shape[0] // 64
    block = first
    for _ in range(blocks):
        here = keys[64 * block : 64 * block + 64]
        found = key(0)
        for j in range(64):
            found = key(found + key(here[j] == least))
        if found != key(0):
            break
        block += 1
        if block == blocks:
            block = 0
    here = keys[64 * block : 64 * block + 64]
    at = key(64)
    for j in range(64):
        at = min(at, key(j) if here[j] == least else key(64))
    return 64 * block + int(at)


@inlined
def _forget(ring: np.ndarray, k: int) -> None:
    """Take a spin out of the ring: it is flipped again, and its tenure begins anew."""
    for q in range(ring.shape[0]):
        if ring[q] == k:
            ring[q] = -1


@inlined
def _perturb(
    matrix: np.ndarray,
    spins: np.ndarray,
    fields: np.ndarray,
    bars: np.ndarray,
    top: Any,
    flips: int,
    random: np.ndarray,
) -> float:
    """Flips, each of a spin drawn from the five of least gain, none twice; what they change the energy by."""
    n = matrix.shape[0]
    number = fields.dtype.type
    candidates = np.zeros(_CANDIDATES, dtype=np.int64)
    gains = np.zeros(_CANDIDATES, dtype=fields.dtype)
    changed = 0.0
    for _ in range(flips):
        count = 0
        for j in range(n):
            gain = number(fields[j] * spins[j])
            if (count == _CANDIDATES and gain >= gains[_CANDIDATES - 1]) or bars[j] == top:
                continue
            place = min(count, _CANDIDATES - 1)
            count = min(count + 1, _CANDIDATES)
            while place > 0 and gains[place - 1] > gain:
                gains[place] = gains[place - 1]
                candidates[place] = candidates[place - 1]
                place -= 1
            gains[place] = gain
            candidates[place] = j
        if count == 0:
            break
        k = int(candidates[random_below(random, count)])
        bars[k] = top
        changed += _flip(matrix, spins, fields, k)
    return changed


@kernel
def search_dense(
    matrix: np.ndarray,
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
    """So many iterations, from wherever the arrays stand; see ``iterated_tabu.py`` for what they hold."""
    n, width = matrix.shape
    number = fields.dtype.type
    key = keys.dtype.type
    bottom = key(-top - key(1))
    tenure_least, patience, restart, flips_least, flips_most = parameters
    blocks = width // 64
    if counters[TENURE] == 0:
        counters[TENURE] = tenure_least + random_below(random, tenure_least // 2 + 1)
    done = 0
    while done < iterations:
        if counters[AGE] >= restart or counters[STALLED] >= patience:
            for j in range(width):
                bars[j] = bottom
            if counters[AGE] >= restart:
                counters[ATTEMPTS] += 1
                if bests[ATTEMPT_BEST] <= bests[BEST] + tolerance:
                    counters[HITS] += 1
                for k in range(n):
                    if next_bits(random) >> np.uint64(63) == np.uint64(0):
                        energies[0] += _flip(matrix, spins, fields, k)
                bests[ATTEMPT_BEST] = energies[0]
                counters[AGE] = 0
            else:
                flips = int(flips_least + random_below(random, flips_most - flips_least + 1))
                energies[0] += _perturb(matrix, spins, fields, bars, top, flips, random)
                for j in range(width):
                    bars[j] = bottom
            for q in range(ring.shape[0]):
                ring[q] = -1
            counters[STALLED] = 0
            counters[SLOT] = 0
            counters[TENURE] = tenure_least + random_below(random, tenure_least // 2 + 1)
        energy = energies[0]
        attempt_best = bests[ATTEMPT_BEST]
        stalled = counters[STALLED]
        slot = counters[SLOT]
        tenure = counters[TENURE]
        left = min(iterations - done, restart - counters[AGE])
        taken = 0
        pending = False
        change = number(0)
        k = 0
        while True:
            # the one pass over all spins: the last flip is felt, the next one found
            row = matrix[k]
            least = top
            least_free = top
            for j in range(width):
                field = number(fields[j] + number(change * number(row[j])))
                fields[j] = field
                gain = key_of(number(field * spins[j]))
                barred = max(gain, bars[j])
                keys[j] = barred
                least = min(least, gain)
                least_free = min(least_free, barred)
            if taken == left or stalled >= patience:
                break
            k = -1
            if least < least_free and energy + 2.0 * np.float64(number_of(least, change)) < attempt_best - tolerance:
                for i in range(n):  # a tabu spin, worth it for a new best
                    if key_of(number(fields[i] * spins[i])) == least:
                        k = i
                        break
                _forget(ring, k)
            if k < 0:
                k = _position(keys, least_free, int(random_below(random, blocks)))
            gain = np.float64(spins[k]) * np.float64(fields[k])
            if pending and gain >= 0.0:
                pending = False
                for j in range(width):
                    best[j] = spins[j]
            energy += 2.0 * gain
            change = number(-2 * spins[k])
            spins[k] = number(-spins[k])
            if energy < attempt_best - tolerance:
                attempt_best = energy
                stalled = 0
                if energy < bests[BEST] - tolerance:
                    bests[BEST] = energy
                    counters[HITS] = 0
                    pending = True
            else:
                stalled += 1
            released = ring[slot]
            if released >= 0:
                bars[released] = bottom
            ring[slot] = k
            bars[k] = top
            slot += 1
            if slot >= tenure:
                slot = 0
            taken += 1
        if pending:
            for j in range(width):
                best[j] = spins[j]
        energies[0] = energy
        bests[ATTEMPT_BEST] = attempt_best
        counters[STALLED] = stalled
        counters[SLOT] = slot
        counters[AGE] += taken
        done += taken
