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

from ..couplings import treat_as_dense
from .one_hot import OneHotGroups

__all__ = ["Exchanges", "Standing", "exchanges_of", "nanoseconds_per_step", "one_family", "standing"]

_LARGEST_FREE_SHARE = 1 / 4  # of the spins
_ROUNDING = 1e-13  # of a row's absolute sum; costs are formed anew before more than that gathers
_SPREAD = 10  # steps by which tenures differ
_FEW, _MOST = 0.2, 0.8  # of the groups: candidates where most spins can cost as little as the floor, or where not


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


def nanoseconds_per_step(model: IsingModel, exchanges: Exchanges) -> float:
    """What a step takes, about; from sizes, and whether few of the groups or most of them are candidates."""
    n = max(model.num_spins, 1)
    row = n if treat_as_dense(model) else 2.0 * model.num_couplings / n
    low = exchanges.own_costs <= exchanges.floors[exchanges.group] + exchanges.tolerance
    share = _FEW if np.count_nonzero(low) > 0.5 * len(low) else _MOST
    return 400.0 + 8.0 * row + 2.0 * share * n


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
