r"""Tabu search over the exchanges of one family of one-hot groups, as for colourings.

With :math:`x_i = (1 + s_i) / 2` and one +1 in each group, the energy is, but for a constant,

.. math:: E = 4 \Big( \sum_i v_i x_i - \sum_{i < j} J_{ij} x_i x_j \Big), \quad
          v_i = \tfrac{1}{2} \Big( \sum_j J_{ij} - h_i \Big),

where the second sum goes over pairs from different groups: those within a group are never both +1.  What spin i costs
is :math:`c_i = v_i - \sum_j J_{ij} x_j`, j outside its group, and an exchange from a to b changes the energy by
:math:`4 (c_b - c_a)`.  A spin in no group becomes one of a group of two, whose other member stands for "down" and costs
nothing.

No spin of a group ever costs less than the group's *floor*, the lowest :math:`v_i - \sum_h \max(0, \max_{j \in h}
J_{ij})` of its spins.  Groups whose +1 costs more are the candidates: of a colouring, the nodes in conflict.  A step
makes the cheapest exchange of a candidate, ties by chance; the way back is barred for 0.6 times the number of
candidates and up to ten more steps, unless it leads below everything that the attempt has seen.  Costs change along
the couplings of two spins only, and so does the list of candidates.

Sources: Hertz, de Werra, Computing 39, 345 (1987); the tenure: Galinier, Hao, J. Comb. Optim. 3, 379 (1999).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ising_problems import IsingModel
from landscapes.jit import kernel
from landscapes.random import random_below

from ..couplings import treat_as_dense
from .exchange_state import Bonds, State
from .one_hot import OneHotGroups

__all__ = [
    "Exchanges",
    "Standing",
    "exchanges_of",
    "nanoseconds_per_step",
    "one_family",
    "search_exchanges",
    "stand",
    "standing",
]

_LARGEST_FREE_SHARE = 1 / 4  # of the spins
_ROUNDING = 1e-13  # of a row's absolute sum; costs are formed anew before more than that gathers
_RENEWED = 1 << 14  # steps
_TENURE = 0.6
_SPREAD = 10
ENERGY, ATTEMPT_BEST, BEST = range(3)  # of the energies of a State
AGE, CANDIDATES = range(2)
NOW, CONSTANT = range(2)


class Exchanges(NamedTuple):
    """All exchanges of a model; groups of two for the spins in no group, whose other members follow the n spins."""

    group: np.ndarray  # int32, (n + free spins,)
    starts: np.ndarray  # int32
    members: np.ndarray  # int32
    own_costs: np.ndarray  # float64: v
    floors: np.ndarray  # float64, of each group
    tolerance: float  # of costs
    spread: int  # of tenures


class Standing(NamedTuple):
    """Where the search stands."""

    holders: np.ndarray  # int32: the +1 of each group
    best_holders: np.ndarray  # int32
    costs: np.ndarray  # float64, of each spin
    barred: np.ndarray  # int64: until which step, of each spin
    candidates: np.ndarray  # int32: groups
    places: np.ndarray  # int32: of each group among the candidates, -1 where it is none
    counters: np.ndarray  # int64: AGE in steps, number of CANDIDATES
    energies: np.ndarray  # float64: NOW, and the CONSTANT that the costs leave out


def one_family(groups: OneHotGroups) -> bool:
    """Whether the groups are one family that covers nearly all spins."""
    n = len(groups.primary)
    return groups.num_primary > 1 and groups.num_secondary == 0 and groups.free.size <= _LARGEST_FREE_SHARE * n


def nanoseconds_per_step(model: IsingModel, groups: OneHotGroups) -> float:
    """What a step takes, about, if a fifth of the groups are candidates; from sizes alone."""
    n = max(model.num_spins, 1)
    row = 1.0 * n if treat_as_dense(model) else 4.0 * model.num_couplings / n
    return 200.0 + 0.2 * n + 2.0 * row


def exchanges_of(matrix: Any, external: np.ndarray, groups: OneHotGroups) -> Exchanges:
    """The exchanges of a model with couplings ``matrix`` and fields ``external``."""
    n, free = len(groups.primary), groups.free
    group = np.concatenate([groups.primary, np.zeros(free.size, dtype=np.int32)])
    group[free] = group[n:] = groups.num_primary + np.arange(free.size)
    pairs = np.stack([free, n + np.arange(free.size)], axis=1).astype(np.int32)
    sums = np.asarray(matrix.sum(axis=1), dtype=np.float64).reshape(-1)
    own_costs = np.concatenate([0.5 * (sums - external), np.zeros(free.size)])
    sizes = np.asarray(abs(matrix).sum(axis=1), dtype=np.float64).reshape(-1) + np.abs(external)
    lowest = own_costs.copy()
    lowest[:n] -= _most_gained(matrix, group, groups.num_primary + free.size)
    floors = np.full(groups.num_primary + free.size, np.inf)
    np.minimum.at(floors, group, lowest)
    exchanges = len(group) - len(floors)
    return Exchanges(
        group=group,
        starts=np.concatenate([groups.starts, groups.starts[-1] + 2 + 2 * np.arange(free.size)]).astype(np.int32),
        members=np.concatenate([groups.members, pairs.ravel()]),
        own_costs=own_costs,
        floors=floors,
        tolerance=_ROUNDING * float(sizes.max()),
        spread=int(np.clip(exchanges // 4, 1, _SPREAD)),
    )


def _most_gained(matrix: Any, group: np.ndarray, num_groups: int) -> np.ndarray:
    """Of each spin, the sum over the other groups of its strongest positive coupling to one of their spins."""
    import scipy.sparse as sp

    entries = sp.coo_array(matrix)
    gaining = np.flatnonzero((entries.data > 0) & (group[entries.row] != group[entries.col]))
    result = np.zeros(matrix.shape[0])
    if gaining.size == 0:
        return result
    rows, values = entries.row[gaining].astype(np.int64), entries.data[gaining].astype(np.float64)
    keys = rows * num_groups + group[entries.col[gaining]]
    order = np.argsort(keys, kind="stable")
    firsts = np.flatnonzero(np.diff(keys[order], prepend=-1))
    np.add.at(result, rows[order][firsts], np.maximum.reduceat(values[order], firsts))
    return result


def standing(exchanges: Exchanges) -> Standing:
    """A place for a search to stand in."""
    spins, groups = len(exchanges.group), len(exchanges.floors)
    return Standing(
        holders=np.zeros(groups, dtype=np.int32),
        best_holders=np.zeros(groups, dtype=np.int32),
        costs=np.zeros(spins),
        barred=np.zeros(spins, dtype=np.int64),
        candidates=np.zeros(groups, dtype=np.int32),
        places=np.full(groups, -1, dtype=np.int32),
        counters=np.zeros(2, dtype=np.int64),
        energies=np.zeros(2),
    )


def stand(bonds: Bonds, exchanges: Exchanges, state: State, here: Standing) -> None:
    """Begin an attempt at the spins of ``state``."""
    energy, grouped = float(state.energies[ENERGY]), len(state.holders)
    here.holders[:grouped] = state.holders
    pairs = exchanges.members[exchanges.starts[grouped] :].reshape(-1, 2)
    here.holders[grouped:] = np.where(state.spins[pairs[:, 0]] > 0, pairs[:, 0], pairs[:, 1])
    here.barred[:] = 0
    here.counters[:] = 0
    here.energies[:] = 0.0
    _renew(bonds, exchanges, here)
    here.energies[CONSTANT] = energy - here.energies[NOW]
    here.energies[NOW] = energy


@kernel
def _mark(exchanges: Exchanges, here: Standing, g: int) -> None:
    """Put a group among the candidates, or take it out, as what its +1 costs now says."""
    candidates, places, counters = here.candidates, here.places, here.counters
    place = places[g]
    if here.costs[here.holders[g]] > exchanges.floors[g] + exchanges.tolerance:
        if place < 0:
            places[g] = counters[CANDIDATES]
            candidates[counters[CANDIDATES]] = g
            counters[CANDIDATES] += 1
    elif place >= 0:
        counters[CANDIDATES] -= 1
        last = candidates[counters[CANDIDATES]]
        candidates[place] = last
        places[last] = place
        places[g] = -1


@kernel
def _add_row(bonds: Bonds, exchanges: Exchanges, here: Standing, i: int, sign: float) -> None:
    """Change what spins cost by spin i coming up (sign -1) or going down (+1)."""
    matrix, starts, columns, values, _, _ = bonds
    group, costs = exchanges.group, here.costs
    own = group[i]
    if i >= bonds.tolerances.shape[0]:
        return
    if starts.shape[0] > 0:
        for m in range(starts[i], starts[i + 1]):
            j = columns[m]
            if group[j] != own:
                costs[j] += sign * np.float64(values[m])
    else:
        row = matrix[i]
        for j in range(row.shape[0]):
            costs[j] += sign * np.float64(row[j])
        for k in range(exchanges.starts[own], exchanges.starts[own + 1]):
            j = exchanges.members[k]
            if j < row.shape[0]:
                costs[j] -= sign * np.float64(row[j])


@kernel
def _mark_along(bonds: Bonds, exchanges: Exchanges, here: Standing, i: int) -> None:
    """Look again at the groups whose +1 is coupled to a spin."""
    _, starts, columns, _, _, _ = bonds
    group, holders = exchanges.group, here.holders
    if i < bonds.tolerances.shape[0]:
        for m in range(starts[i], starts[i + 1]):
            j = columns[m]
            g = group[j]
            if holders[g] == j:
                _mark(exchanges, here, g)


@kernel
def _renew(bonds: Bonds, exchanges: Exchanges, here: Standing) -> None:
    """Form costs, candidates and energy anew: no rounding gathers."""
    holders, costs, own_costs = here.holders, here.costs, exchanges.own_costs
    for i in range(costs.shape[0]):
        costs[i] = own_costs[i]
    for g in range(holders.shape[0]):
        _add_row(bonds, exchanges, here, holders[g], -1.0)
    energy = 0.0
    here.counters[CANDIDATES] = 0
    for g in range(holders.shape[0]):
        energy += 2.0 * (costs[holders[g]] + own_costs[holders[g]])
        here.places[g] = -1
        _mark(exchanges, here, g)
    here.energies[NOW] = here.energies[CONSTANT] + energy


@kernel
def _write_down(here: Standing, state: State, improved: bool) -> None:
    """The best configuration, as spins."""
    if improved:
        best = state.best
        for i in range(best.shape[0]):
            best[i] = -1
        for i in here.best_holders:
            if i < best.shape[0]:
                best[i] = 1


@kernel
def search_exchanges(bonds: Bonds, exchanges: Exchanges, state: State, here: Standing, steps: int) -> int:
    """So many steps, fewer where no candidates are left; how many it were."""
    _, group_starts, members, _, floors, tolerance, spread = exchanges
    holders, best_holders, costs, barred, candidates, _, counters, energies = here
    random = state.random
    compressed = bonds.starts.shape[0] > 0
    attempt_best, lowest = state.energies[ATTEMPT_BEST], state.energies[BEST]
    energy = energies[NOW]
    pending = False
    improved = False
    taken = 0
    while taken < steps and counters[CANDIDATES] > 0:
        taken += 1
        counters[AGE] += 1
        age = counters[AGE]
        if age % _RENEWED == 0:
            _renew(bonds, exchanges, here)
            energy = energies[NOW]
        count = counters[CANDIDATES]
        # below it, an exchange leads lower than the attempt has been
        aspired = 0.25 * (attempt_best - energy) - tolerance
        least = np.inf
        equal = 0
        chosen = np.int64(-1)
        for q in range(count):
            g = candidates[q]
            a = holders[g]
            base = costs[a]
            for k in range(group_starts[g], group_starts[g + 1]):
                i = np.int64(members[k])
                change = costs[i] - base
                if change <= least + tolerance and i != a and (barred[i] < age or change < aspired):
                    if change < least - tolerance:
                        least = change
                        equal = 1
                        chosen = i
                    else:
                        equal += 1
                        if random_below(random, equal) == 0:
                            chosen = i
        if chosen < 0:
            continue
        g = exchanges.group[chosen]
        a = holders[g]
        change = 4.0 * (costs[chosen] - costs[a])
        if pending and change > 0.0:  # the best is left: now is the time to write it down
            pending = False
            for q in range(holders.shape[0]):
                best_holders[q] = holders[q]
        barred[a] = age + np.int64(_TENURE * count) + random_below(random, spread)
        holders[g] = chosen
        energy += change
        _add_row(bonds, exchanges, here, a, 1.0)
        _add_row(bonds, exchanges, here, chosen, -1.0)
        if compressed:
            _mark_along(bonds, exchanges, here, a)
            _mark_along(bonds, exchanges, here, chosen)
            _mark(exchanges, here, g)
        else:
            for q in range(floors.shape[0]):
                _mark(exchanges, here, q)
        if energy < attempt_best:
            attempt_best = energy
            if energy < lowest:
                lowest = energy
                pending = True
                improved = True
    if pending:
        for q in range(holders.shape[0]):
            best_holders[q] = holders[q]
    _write_down(here, state, improved)
    energies[NOW] = energy
    state.energies[ATTEMPT_BEST], state.energies[BEST] = attempt_best, lowest
    return taken
