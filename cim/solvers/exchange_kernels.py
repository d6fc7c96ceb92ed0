r"""Kernels of annealing with exchange moves: the moves, their energies, sweeps over them.

Flipping a set F of spins changes the energy by

.. math:: \Delta E = \sum_{i \in F} 2 s_i f_i - \sum_{i < j \in F} 4 J_{ij} s_i s_j

with the local fields :math:`f_i = h_i + \sum_j J_{ij} s_j`.  A spin that is looked at proposes one move:

* in a primary group that it does not hold: the group's +1 comes to it from the holder (two flips).  Where that +1
  would break its secondary group, because that is held by another spin, the two primary groups exchange their places
  instead (four flips), if the spin that this takes exists;
* in no primary group: it flips alone or, every second time, together with another such spin that it is at peace with
  (:math:`J_{ij} s_i s_j > 0`, or a +1 and a -1 without a coupling), which leaves that bond as it is.

Couplings come as a full matrix, as compressed rows, or as both: single couplings are then read from the matrix, rows
from the compressed ones.  What is not there is empty.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from landscapes.jit import inlined, kernel
from landscapes.random import exponential, next_bits, random_below

__all__ = ["ATTEMPT_BEST", "BEST", "ENERGY", "Bonds", "Families", "State", "anneal", "settle"]

ENERGY, ATTEMPT_BEST, BEST = range(3)
"""Energies: of the current configuration, the lowest of the attempt, the lowest of all."""

_REJECTED = 17.0  # in units of the temperature: no variate is larger


class Bonds(NamedTuple):
    """Couplings; the rounding errors of fields, per spin."""

    matrix: np.ndarray  # (n, n) or (0, 0)
    starts: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    tolerances: np.ndarray  # float64, (n,)


class Families(NamedTuple):
    """Groups; see :class:`~cim.solvers.one_hot.OneHotGroups`."""

    primary: np.ndarray
    secondary: np.ndarray
    starts: np.ndarray
    members: np.ndarray
    meeting: np.ndarray
    free: np.ndarray


class State(NamedTuple):
    """Where a search stands, and its best."""

    spins: np.ndarray  # int8, (n,)
    fields: np.ndarray  # float64, (n,)
    energies: np.ndarray  # float64, (3,)
    holders: np.ndarray  # int32: the +1 of each primary group
    counts: np.ndarray  # int64: how many +1 each secondary group has
    sums: np.ndarray  # int64: and the sum of their indices: of one, the index itself
    best: np.ndarray  # int8, (n,)
    random: np.ndarray


@inlined
def _coupling(bonds: Bonds, i: int, j: int) -> float:
    """J_ij, from the matrix or by bisection in a compressed row."""
    found = np.float64(0.0)
    if bonds.matrix.shape[0] > 0:
        found = np.float64(bonds.matrix[i, j])
    else:
        low = np.int64(bonds.starts[i])
        end = np.int64(bonds.starts[i + 1])
        high = end
        while low < high:
            middle = (low + high) >> 1
            if bonds.columns[middle] < j:
                low = middle + 1
            else:
                high = middle
        if low < end and bonds.columns[low] == j:
            found = np.float64(bonds.values[low])
    return found


@inlined
def _flip(bonds: Bonds, families: Families, state: State, i: int) -> None:
    """Flip a spin: fields, and who holds its secondary group."""
    change = np.float64(-2 * state.spins[i])
    state.spins[i] = -state.spins[i]
    fields = state.fields
    if bonds.starts.shape[0] > 0:
        for k in range(bonds.starts[i], bonds.starts[i + 1]):
            fields[bonds.columns[k]] += change * np.float64(bonds.values[k])
    else:
        row = bonds.matrix[i]
        for j in range(fields.shape[0]):
            fields[j] += change * np.float64(row[j])
    c = families.secondary[i]
    if c >= 0:
        up = np.int64(state.spins[i])
        state.counts[c] += up
        state.sums[c] += up * i


@inlined
def _exchange_for(bonds: Bonds, families: Families, state: State, b: int) -> tuple:
    """The move that brings the +1 of a primary group to a spin b: flips (0, 2 or 4), spins, ΔE."""
    f = state.fields
    a = np.int64(state.holders[families.primary[b]])
    d = np.int64(-1)
    e = np.int64(-1)
    flips = 2
    change = 0.0
    if a == b:
        flips = 0
    else:
        change = 2.0 * (f[a] - f[b]) + 4.0 * _coupling(bonds, a, b)
        c = families.secondary[b]
        given_up = families.secondary[a]
        if c >= 0 and given_up >= 0 and c != given_up and families.meeting.shape[0] > 0 and state.counts[c] == 1:
            d = state.sums[c]
            if families.primary[d] >= 0:
                e = np.int64(families.meeting[families.primary[d], given_up])
            if e >= 0 and state.spins[e] < 0:
                flips = 4
                inside = _coupling(bonds, d, e) + _coupling(bonds, a, e) + _coupling(bonds, b, d)
                across = _coupling(bonds, a, d) + _coupling(bonds, b, e)
                change += 2.0 * (f[d] - f[e]) + 4.0 * (inside - across)
    return flips, a, d, e, change


@inlined
def _flip_for(bonds: Bonds, families: Families, state: State, i: int) -> tuple:
    """The move of a spin in no primary group: flips (1 or 2), the other spin, ΔE."""
    s = state.spins
    flips = 1
    j = np.int64(i)
    bond = 0.0
    change = 2.0 * np.float64(s[i]) * state.fields[i]
    if next_bits(state.random) >> np.uint64(63) == np.uint64(0):
        if bonds.starts.shape[0] > 0:
            low, high = np.int64(bonds.starts[i]), np.int64(bonds.starts[i + 1])
            k = low + random_below(state.random, high - low)
            if high > low:
                j = np.int64(bonds.columns[k])
                bond = np.float64(bonds.values[k])
        else:
            j = np.int64(families.free[random_below(state.random, families.free.shape[0])])
            bond = np.float64(bonds.matrix[i, j])
        satisfied = bond * np.float64(s[i] * s[j])
        if j != i and families.primary[j] < 0 and (satisfied > 0.0 or (bond == 0.0 and s[i] != s[j])):
            flips = 2
            change += 2.0 * np.float64(s[j]) * state.fields[j] - 4.0 * satisfied
    return flips, j, change


@kernel
def anneal(bonds: Bonds, families: Families, state: State, temperatures: np.ndarray, changes: np.ndarray) -> int:
    """A sweep at each temperature: every spin, in order, proposes its move; how many were accepted.

    At temperature 0 a move has to gain more than the rounding error of its fields.  Where ``changes`` has a place for
    each spin, the energies of the moves are written there (NaN where there is none), and none is made.
    """
    n = state.spins.shape[0]
    measuring = changes.shape[0] > 0
    accepted = 0
    pending = False
    tolerances = bonds.tolerances
    spins, energies, best = state.spins, state.energies, state.best
    for step in range(temperatures.shape[0]):
        temperature = temperatures[step]
        for i in range(n):
            a = np.int64(-1)
            d = np.int64(-1)
            e = np.int64(-1)
            g = families.primary[i]
            if g < 0:
                flips, a, change = _flip_for(bonds, families, state, i)
            else:
                flips, a, d, e, change = _exchange_for(bonds, families, state, i)
            if measuring:
                changes[i] = change if flips > 0 else np.nan
                continue
            if flips == 0:
                continue
            if temperature > 0.0:
                if change > 0.0:
                    if change > _REJECTED * temperature:
                        continue
                    if change > temperature * np.float64(exponential(state.random)):
                        continue
            else:
                error = tolerances[i] + tolerances[a]
                if flips == 4:
                    error += tolerances[d] + tolerances[e]
                if not change < -error:
                    continue
            if pending and change > 0.0:  # the best is left: now is the time to write it down
                pending = False
                for j in range(n):
                    best[j] = spins[j]
            accepted += 1
            _flip(bonds, families, state, i)
            if flips > 1:
                _flip(bonds, families, state, a)
            if g >= 0:
                state.holders[g] = i
                if flips == 4:
                    _flip(bonds, families, state, d)
                    _flip(bonds, families, state, e)
                    state.holders[families.primary[d]] = e
            energies[ENERGY] += change
            if energies[ENERGY] < energies[ATTEMPT_BEST]:
                energies[ATTEMPT_BEST] = energies[ENERGY]
                if energies[ENERGY] < energies[BEST]:
                    energies[BEST] = energies[ENERGY]
                    pending = True
    if pending:
        for j in range(n):
            best[j] = spins[j]
    return accepted


@kernel
def settle(families: Families, state: State, order: np.ndarray) -> None:
    """Make the primary groups one-hot, in a given order, and the secondary ones as far as that goes.

    Each group keeps one of its +1 spins, or takes another where it has none, by chance; one whose secondary group has
    no +1 yet is preferred among equals.
    """
    spins = state.spins
    for c in range(state.counts.shape[0]):
        state.counts[c] = 0
        state.sums[c] = 0
    for k in range(families.free.shape[0]):
        i = families.free[k]
        if spins[i] > 0 and families.secondary[i] >= 0:
            state.counts[families.secondary[i]] += 1
            state.sums[families.secondary[i]] += i
    for g in order:
        best_score = -1
        equal = 0
        chosen = np.int64(families.members[families.starts[g]])
        for k in range(families.starts[g], families.starts[g + 1]):
            i = np.int64(families.members[k])
            c = families.secondary[i]
            score = (2 if spins[i] > 0 else 0) + (1 if c >= 0 and state.counts[c] == 0 else 0)
            if score > best_score:
                best_score = score
                equal = 0
            if score == best_score:
                equal += 1
                if random_below(state.random, equal) == 0:
                    chosen = i
        for k in range(families.starts[g], families.starts[g + 1]):
            spins[families.members[k]] = -1
        spins[chosen] = 1
        state.holders[g] = chosen
        c = families.secondary[chosen]
        if c >= 0:
            state.counts[c] += 1
            state.sums[c] += chosen
