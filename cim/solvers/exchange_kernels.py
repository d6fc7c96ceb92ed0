r"""Kernels of annealing with exchange moves: the moves, their energies, sweeps over them.

Flipping a set F of spins changes the energy by

.. math:: \Delta E = \sum_{i \in F} 2 s_i f_i - \sum_{i < j \in F} 4 J_{ij} s_i s_j

with the local fields :math:`f_i = h_i + \sum_j J_{ij} s_j`.  A spin that is looked at proposes one move:

* in a primary group that it does not hold: the group's +1 comes to it from the holder (two flips).  Where that +1
  would break its secondary group, because that is held by another spin, the two primary groups exchange their places
  instead (four flips), if the spin that this takes exists;
* in no primary group: it flips alone or, every second time, together with another such spin that it is at peace with
  (:math:`J_{ij} s_i s_j > 0`, or a +1 and a -1 without a coupling), which leaves that bond as it is.

Slacks are spins in no group that have to follow what the groups do.  An exchange that is not accepted by itself is
therefore, every second time, tried together with a steepest descent of the *followers*, the free spins that are coupled
to groups, and accepted or taken back as a whole.

Couplings come as a full matrix, as compressed rows, or as both: single couplings are then read from the matrix, rows
from the compressed ones.  What is not there is empty.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from landscapes.jit import kernel
from landscapes.random import exponential, next_bits, random_below

from .exchange_state import Bonds, Families, State

__all__ = ["ATTEMPT_BEST", "BEST", "ENERGY", "anneal"]

ENERGY, ATTEMPT_BEST, BEST = range(3)
"""Energies: of the current configuration, the lowest of the attempt, the lowest of all."""

_MOST_FLIPS = 16  # of a move with all that follow it
_REJECTED = 17.0  # in units of the temperature: no variate is larger


@kernel
def _coupling(starts: np.ndarray, columns: np.ndarray, values: np.ndarray, i: Any, j: Any) -> float:
    """J_ij, by bisection in a compressed row."""
    low = np.int64(starts[i])
    end = np.int64(starts[i + 1])
    high = end
    while low < high:
        middle = (low + high) >> 1
        if columns[middle] < j:
            low = middle + 1
        else:
            high = middle
    return np.float64(values[low]) if low < end and columns[low] == j else 0.0


@kernel
def _flip_all(bonds: Bonds, families: Families, state: State, flipped: np.ndarray, first: int, last: int) -> None:
    """Flip the spins in ``flipped[first:last]``: fields, and who is up in each secondary group."""
    matrix, starts, columns, values, _, _ = bonds
    secondary = families.secondary
    spins, fields, counts, sums = state.spins, state.fields, state.counts, state.sums
    for k in range(first, last):
        i = flipped[k]
        spins[i] = -spins[i]
        c = secondary[i]
        if c >= 0:
            up = np.int64(spins[i])
            counts[c] += up
            sums[c] += up * i
    if starts.shape[0] > 0:
        for k in range(first, last):
            i = flipped[k]
            change = np.float64(2 * spins[i])
            for m in range(starts[i], starts[i + 1]):
                fields[columns[m]] += change * np.float64(values[m])
    else:
        k = first
        if last - first >= 4:  # one pass over the fields for four rows
            a, b, c, d = matrix[flipped[k]], matrix[flipped[k + 1]], matrix[flipped[k + 2]], matrix[flipped[k + 3]]
            up_a, up_b = np.float64(2 * spins[flipped[k]]), np.float64(2 * spins[flipped[k + 1]])
            up_c, up_d = np.float64(2 * spins[flipped[k + 2]]), np.float64(2 * spins[flipped[k + 3]])
            for j in range(fields.shape[0]):
                here = up_a * np.float64(a[j]) + up_b * np.float64(b[j])
                fields[j] += here + (up_c * np.float64(c[j]) + up_d * np.float64(d[j]))
            k += 4
        elif last - first >= 2:
            a, b = matrix[flipped[k]], matrix[flipped[k + 1]]
            up_a, up_b = np.float64(2 * spins[flipped[k]]), np.float64(2 * spins[flipped[k + 1]])
            for j in range(fields.shape[0]):
                fields[j] += up_a * np.float64(a[j]) + up_b * np.float64(b[j])
            k += 2
        while k < last:
            a = matrix[flipped[k]]
            up_a = np.float64(2 * spins[flipped[k]])
            for j in range(fields.shape[0]):
                fields[j] += up_a * np.float64(a[j])
            k += 1


@kernel
def _follow(bonds: Bonds, families: Families, state: State, flipped: np.ndarray, last: int) -> tuple:
    """Steepest descent of the followers; how many spins are flipped now, in ``flipped``, and what it changed."""
    spins, fields, tolerances, followers = state.spins, state.fields, bonds.tolerances, families.followers
    change = 0.0
    while last < flipped.shape[0]:
        best = 0.0
        at = np.int64(-1)
        for k in range(followers.shape[0]):
            j = np.int64(followers[k])
            gain = np.float64(spins[j]) * fields[j] + tolerances[j]
            if gain < best:
                best = gain
                at = j
        if at < 0:
            break
        change += 2.0 * np.float64(spins[at]) * fields[at]
        flipped[last] = at
        _flip_all(bonds, families, state, flipped, last, last + 1)
        last += 1
    return last, change


@kernel
def _error(tolerances: np.ndarray, flipped: np.ndarray, last: int) -> float:
    """Rounding error of a move."""
    total = 0.0
    for k in range(last):
        total += tolerances[flipped[k]]
    return total


@kernel
def anneal(bonds: Bonds, families: Families, state: State, temperatures: np.ndarray, changes: np.ndarray) -> int:
    """A sweep at each temperature: every spin, in order, proposes its move; how many were accepted.

    At temperature 0 a move has to gain more than the rounding error of its fields.  Where ``changes`` has a place for
    each spin, the energies of the moves are written there (NaN where there is none), and none is made.
    """
    matrix, starts, columns, values, tolerances, within = bonds
    primary, secondary, _, _, meeting, free, followers = families
    spins, fields, energies, holders, counts, sums, best, random = state
    n = spins.shape[0]
    measuring = changes.shape[0] > 0
    full = matrix.shape[0] > 0
    compressed = starts.shape[0] > 0
    swapping = meeting.shape[0] > 0
    accepted = 0
    pending = False
    flipped = np.zeros(_MOST_FLIPS, dtype=np.int64)
    energy, attempt_best, lowest = energies[ENERGY], energies[ATTEMPT_BEST], energies[BEST]
    for step in range(temperatures.shape[0]):
        temperature = temperatures[step]
        for i in range(n):
            a = np.int64(i)
            d = np.int64(i)
            e = np.int64(i)
            g = primary[i]
            flips = 1
            change = 0.0
            if g < 0:
                change = 2.0 * np.float64(spins[i]) * fields[i]
                if next_bits(random) >> np.uint64(63) == np.uint64(0):
                    bond = 0.0
                    if compressed:
                        low = np.int64(starts[i])
                        degree = np.int64(starts[i + 1]) - low
                        if degree > 0:
                            k = low + random_below(random, int(degree))
                            a = np.int64(columns[k])
                            bond = np.float64(values[k])
                    else:
                        a = np.int64(free[random_below(random, free.shape[0])])
                        bond = np.float64(matrix[i, a])
                    satisfied = bond * np.float64(spins[i] * spins[a])
                    if a != i and primary[a] < 0 and (satisfied > 0.0 or (bond == 0.0 and spins[i] != spins[a])):
                        flips = 2
                        change += 2.0 * np.float64(spins[a]) * fields[a] - 4.0 * satisfied
            else:
                a = np.int64(holders[g])
                if a == i:
                    flips = 0
                else:
                    flips = 2
                    pairs = within[g]
                    if np.isnan(pairs):
                        pairs = np.float64(matrix[a, i]) if full else _coupling(starts, columns, values, a, i)
                    change = 2.0 * (fields[a] - fields[i]) + 4.0 * pairs
                    c = secondary[i]
                    given_up = secondary[a]
                    if swapping and c >= 0 and given_up >= 0 and c != given_up and counts[c] == 1:
                        d = sums[c]
                        e = np.int64(meeting[primary[d], given_up]) if primary[d] >= 0 else np.int64(-1)
                        if e >= 0 and spins[e] < 0:
                            flips = 4
                            change += 2.0 * (fields[d] - fields[e])
                            if full:
                                pairs = np.float64(matrix[d, e]) + np.float64(matrix[a, e]) + np.float64(matrix[i, d])
                                pairs -= np.float64(matrix[a, d]) + np.float64(matrix[i, e])
                            else:
                                pairs = _coupling(starts, columns, values, d, e)
                                pairs += _coupling(starts, columns, values, a, e)
                                pairs += _coupling(starts, columns, values, i, d)
                                pairs -= _coupling(starts, columns, values, a, d)
                                pairs -= _coupling(starts, columns, values, i, e)
                            change += 4.0 * pairs
            accept = False
            tried = False
            if not measuring and flips > 0:
                if temperature > 0.0:
                    accept = change <= 0.0
                    if change > 0.0 and change <= _REJECTED * temperature:
                        accept = change <= temperature * np.float64(exponential(random))
                elif change < 0.0:
                    flipped[0], flipped[1], flipped[2], flipped[3] = i, a, d, e
                    accept = change < -_error(tolerances, flipped, flips)
            if g >= 0 and flips > 0 and not accept and followers.shape[0] > 0:
                # slacks have to follow an exchange before it can be judged
                tried = measuring or temperature == 0.0 or next_bits(random) >> np.uint64(63) == np.uint64(0)
            if measuring:
                changes[i] = change if flips > 0 else np.nan
            if not (accept or tried):
                continue
            if pending and (tried or change > 0.0):  # the best is left: now is the time to write it down
                pending = False
                for j in range(n):
                    best[j] = spins[j]
            flipped[0], flipped[1], flipped[2], flipped[3] = i, a, d, e
            last = np.int64(flips)
            _flip_all(bonds, families, state, flipped, 0, last)
            if tried:
                last, gained = _follow(bonds, families, state, flipped, last)
                change += gained
                if measuring:
                    changes[i] = change
                elif temperature > 0.0:
                    accept = change <= temperature * np.float64(exponential(random))
                else:
                    accept = change < -_error(tolerances, flipped, last)
                if not accept:
                    for m in range(flips, last):  # one by one: some may have been flipped twice
                        _flip_all(bonds, families, state, flipped, m, m + 1)
                    _flip_all(bonds, families, state, flipped, 0, flips)
            if accept:
                accepted += 1
                if g >= 0:
                    holders[g] = i
                    if flips == 4:
                        holders[primary[d]] = e
                energy += change
                if energy < attempt_best:
                    attempt_best = energy
                    if energy < lowest:
                        lowest = energy
                        pending = True
    if pending:
        for j in range(n):
            best[j] = spins[j]
    energies[ENERGY], energies[ATTEMPT_BEST], energies[BEST] = energy, attempt_best, lowest
    return accepted
