"""Kernels of tabu search over exchanges: what spins cost, the list of candidates, the steps.

The mathematics is in :mod:`.exchange_tabu`.
"""

from __future__ import annotations

import numpy as np

from landscapes.jit import kernel
from landscapes.random import random_below

from .exchange_state import Bonds, State
from .exchange_tabu import Exchanges, Standing

__all__ = ["CANDIDATES", "NOW", "search_exchanges", "stand"]

ENERGY, ATTEMPT_BEST, BEST = range(3)  # of the energies of a State
AGE, CANDIDATES = range(2)
NOW, CONSTANT = range(2)
_RENEWED = 1 << 14  # steps after which costs are formed anew
_TENURE = 0.6  # of the number of candidates


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
