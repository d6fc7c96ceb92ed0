"""What annealing with exchange moves works on: couplings, groups and a configuration, and how that begins."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from landscapes.jit import kernel
from landscapes.random import random_below

__all__ = ["Bonds", "Families", "State", "settle"]


class Bonds(NamedTuple):
    """Couplings; the rounding errors of fields, per spin."""

    matrix: np.ndarray  # (n, n) or (0, 0)
    starts: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    tolerances: np.ndarray  # float64, (n,)
    within: np.ndarray  # float64: the coupling of any two spins of each primary group, NaN where they differ


class Families(NamedTuple):
    """Groups; see :class:`~cim.solvers.one_hot.OneHotGroups`."""

    primary: np.ndarray
    secondary: np.ndarray
    starts: np.ndarray
    members: np.ndarray
    meeting: np.ndarray
    free: np.ndarray
    followers: np.ndarray  # int32: spins in no primary group that are coupled to some in one


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


@kernel
def settle(families: Families, state: State, order: np.ndarray) -> None:
    """Make the primary groups one-hot, in a given order, and the secondary ones as far as that goes.

    Each group keeps one of its +1 spins, or takes another where it has none, by chance; one whose secondary group has
    no +1 yet is preferred among equals.
    """
    _, secondary, starts, members, _, free, _ = families
    spins, _, _, holders, counts, sums, _, random = state
    counts[:] = 0
    sums[:] = 0
    for k in range(free.shape[0]):
        i = free[k]
        if spins[i] > 0 and secondary[i] >= 0:
            counts[secondary[i]] += 1
            sums[secondary[i]] += i
    for g in order:
        best_score = -1
        equal = 0
        chosen = np.int64(members[starts[g]])
        for k in range(starts[g], starts[g + 1]):
            i = np.int64(members[k])
            c = secondary[i]
            score = (2 if spins[i] > 0 else 0) + (1 if c >= 0 and counts[c] == 0 else 0)
            if score > best_score:
                best_score = score
                equal = 0
            if score == best_score:
                equal += 1
                if random_below(random, equal) == 0:
                    chosen = i
        for k in range(starts[g], starts[g + 1]):
            spins[members[k]] = -1
        spins[chosen] = 1
        holders[g] = chosen
        c = secondary[chosen]
        if c >= 0:
            counts[c] += 1
            sums[c] += chosen
