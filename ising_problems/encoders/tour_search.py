r"""Small steps between tours, for the repair of decoded answers: insertion, 2-opt, exchange of segments, kicks.

A tour is an order of all cities 0 … n-1 that closes; its cost is :math:`\sum_j c_{t_j t_{j+1}}` with any matrix c.  A
path is a tour through one city more, to and from which every way is free.  The steps do not assume that c is
symmetric:

* 2-opt turns a stretch of the tour round; what the turned legs cost the other way is counted,
* 3-opt exchanges two neighbouring stretches, and may turn one of them, or turns both in place (to move a single city
  is its shortest case); the exchange alone keeps every direction.

Each descent takes the best of all such steps until none improves.  Where lengths count, local optima are left by a
double bridge, which neither step can undo alone (O. Martin, S. W. Otto, E. W. Felten, Complex Systems 5, 299 (1991)).
Where it only counts which ways exist, every way that a local optimum lacks is made dearer (P. Morris, "The breakout
method for escaping from local minima", AAAI 1993).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

__all__ = ["complete_tour", "follow_ways", "improve_tour", "tour_cost"]

# Triples of cuts that a step looks at, at most (beyond, one of the three stretches must be short), as far as possible.
_TRIPLES = 40_000
# Matrix entries that an improvement may look at, and what a step costs besides, in entries.
_WORK = 10_000_000
_STEP = 4_000
_STEPS = 40  # through the whole matrix, where that is more
_REMEMBERED = 64  # cities: the cuts of larger tours are not kept
_ROUNDS = 10  # of making missing ways dearer, for each city
_ROUNDING = 1e-12


def tour_cost(order: np.ndarray, cost: np.ndarray) -> float:
    """Cost of the closed tour."""
    return float(cost[order, np.roll(order, -1)].sum())


def complete_tour(begun: Sequence[int], cost: np.ndarray) -> np.ndarray:
    """All cities: those of ``begun`` in their order, each other one where it makes the tour least longer."""
    order = np.array(begun, dtype=np.int64)
    for city in np.setdiff1d(np.arange(len(cost)), order).tolist():
        following = np.roll(order, -1)
        longer = cost[order, city] + cost[city, following] - cost[order, following]
        order = np.insert(order, int(longer.argmin()) + 1 if len(order) else 0, city)
    return order


def improve_tour(order: np.ndarray, cost: np.ndarray, *, kicks: int) -> np.ndarray:
    """A tour that costs no more, by descents from the tour and from what kicks make of the best; deterministic.

    Parameters
    ----------
    order : numpy.ndarray of int, shape (n,)
    cost : numpy.ndarray of float, shape (n, n)
        Need not be symmetric.  The diagonal is not read.
    kicks : int
        At most this many; fewer where n is so large that their descents would look at more than some 10**7 entries.
    """
    n = len(order)
    if n < 3:
        return order
    tolerance = _ROUNDING * float(np.abs(cost).max()) * n
    rng = np.random.default_rng(0)
    cuts, most = _cuts_and_work(n)
    best, work = _descend(order, cost, cuts, tolerance, most)
    best_cost = tour_cost(best, cost)
    for _ in range(kicks if n >= 8 else min(kicks, 4 * n)):
        if work >= most:
            break
        trial, spent = _descend(_kicked(best, rng), cost, cuts, tolerance, most - work)
        work += spent
        trial_cost = tour_cost(trial, cost)
        if trial_cost <= best_cost:  # equal ones too: where costs are small integers, that is how a plateau is crossed
            best, best_cost = trial, trial_cost
    return best


def follow_ways(order: np.ndarray, exists: np.ndarray) -> np.ndarray:
    """A tour that lacks no more ways, by descents between which the ways that it lacks are made dearer; deterministic.

    Parameters
    ----------
    order : numpy.ndarray of int, shape (n,)
    exists : numpy.ndarray of bool, shape (n, n)
        Whether there is a way from row to column.
    """
    n = len(order)
    missing = (~exists).astype(np.float64)
    symmetric = np.array_equal(exists, exists.T)
    best, fewest = order, tour_cost(order, missing)
    if n < 3:
        return best
    cuts, most = _cuts_and_work(n)
    dearer, work = missing.copy(), 0
    for _ in range(_ROUNDS * n):
        if work >= most or not fewest:
            break
        order, spent = _descend(order, dearer, cuts, _ROUNDING, most - work)
        work += spent
        number = tour_cost(order, missing)
        if number < fewest:
            best, fewest = order, number
        here, there = order, np.roll(order, -1)
        lacks = ~exists[here, there]
        dearer[here[lacks], there[lacks]] += 1.0
        if symmetric:
            dearer[there[lacks], here[lacks]] += 1.0
    return best


def _cuts_and_work(n: int) -> tuple[tuple[np.ndarray, ...], int]:
    return _cuts(n) if n <= _REMEMBERED else _cuts.__wrapped__(n), max(_WORK, _STEPS * n * n)


@lru_cache(maxsize=16)
def _cuts(n: int) -> tuple[np.ndarray, ...]:
    """Pairs i < j and triples i < j < k of legs to cut, leg i being that from place i to the next."""
    i, j = np.triu_indices(n, 1)
    ends = np.arange(n)
    later = j[:, None] < ends
    if n * (n - 1) * (n - 2) > 6 * _TRIPLES:
        short = 2 * _TRIPLES // (3 * n * n)
        if not short:
            nothing = np.empty(0, dtype=np.int64)
            return i, j, nothing, nothing, nothing
        later &= (j - i <= short)[:, None] | (ends - j[:, None] <= short) | (n - ends + i[:, None] <= short)
    which, k = np.nonzero(later)
    return i, j, i[which], j[which], k


def _descend(
    order: np.ndarray, cost: np.ndarray, cuts: tuple[np.ndarray, ...], tolerance: float, work: int
) -> tuple[np.ndarray, int]:
    """Best steps until none improves, or the work is done; the tour and the work spent."""
    n = len(order)
    i, j, x, y, z = cuts
    wide = n + 1  # the first column is repeated at the end, as the place after the last
    pair = i * wide + j
    joins = _joins(x, y, z, wide)
    each = n * n + len(i) + len(joins) * len(x) + _STEP
    legs, places = np.arange(n), np.append(np.arange(n), 0)
    spent = 0
    while spent < work:
        spent += each
        ways = cost[order[:, None], order[places]]
        leg = ways[legs, legs + 1]
        # what the legs before each place cost more the other way
        turned = np.concatenate([[0.0], np.cumsum(ways[legs[1:], legs[:-1]] - leg[:-1])])
        flat = ways.ravel()
        two = flat[pair] + flat[pair + wide + 1] - leg[i] - leg[j] + turned[j] - turned[i + 1]
        a = int(two.argmin())
        best, move = two[a], -1
        if len(x):
            cut, first, second = leg[x] + leg[y] + leg[z], turned[y] - turned[x + 1], turned[z] - turned[y + 1]
            for kind, (one, other, last) in enumerate(joins):
                three = flat[one] + flat[other] + flat[last] - cut
                if kind & 1:
                    three += first
                if kind & 2:
                    three += second
                b = int(three.argmin())
                if three[b] < best:
                    best, move, a = three[b], kind, b
        if best >= -tolerance:
            break
        if move < 0:
            start, end = i[a] + 1, j[a] + 1
            order = np.concatenate([order[:start], order[start:end][::-1], order[end:]])
        else:
            begin, middle, end = x[a] + 1, y[a] + 1, z[a] + 1
            one, other = order[begin:middle], order[middle:end]
            stretches = [one[::-1] if move & 1 else one, other[::-1] if move & 2 else other]
            order = np.concatenate([order[:begin], *(stretches if move == 3 else stretches[::-1]), order[end:]])
    return order, spent


def _joins(x: np.ndarray, y: np.ndarray, z: np.ndarray, wide: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The three legs that replace three cut ones: stretches exchanged, the first or second turned, or both in place."""
    return [
        (x * wide + y + 1, z * wide + x + 1, y * wide + z + 1),
        (x * wide + y + 1, z * wide + y, (x + 1) * wide + z + 1),
        (x * wide + z, (y + 1) * wide + x + 1, y * wide + z + 1),
        (x * wide + y, (x + 1) * wide + z, (y + 1) * wide + z + 1),
    ]


def _kicked(order: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The four stretches A B C D between random cuts, as A D C B."""
    n = len(order)
    if n < 8:
        return rng.permutation(order)
    x, y, z = np.sort(rng.choice(np.arange(1, n), 3, replace=False))
    return np.concatenate([order[:x], order[z:], order[y:z], order[x:y]])
