r"""Permutations as 0/1 variables, and small steps between them: what assignments, routes and isomorphisms share.

Items are put at places, one at each: :math:`x_{i,k} = 1` where item i is at place k, with the penalty

.. math:: A \sum_i \Big(1 - \sum_k x_{i,k}\Big)^2 + A \sum_k \Big(1 - \sum_i x_{i,k}\Big)^2 .

The repair of decoded answers minimises :math:`\sum_{i \neq j} F_{ij} D_{\pi(i) \pi(j)} + \sum_i C_{i \pi(i)}` over the
permutations :math:`\pi`: items without a place are placed by linear assignment beside those that have one, then pairs
of items exchange their places.  What all exchanges change is two matrix products; the best that is not tabu is made,
as in robust tabu search (É. Taillard, Parallel Computing 17, 443 (1991)).
"""

from __future__ import annotations

import numpy as np

from .builder import QuboBuilder

__all__ = ["add_permutation", "complete_permutation", "permutation_cost", "single_choices", "swap_search"]

# Products and sums that a search may spend, and what a step costs besides.
_WORK = 1_000_000_000
_STEP = 50_000
_ROUNDING = 1e-12


def add_permutation(builder: QuboBuilder, grid: np.ndarray, weight: float) -> None:
    """Add the penalty of the module's docstring; ``grid[i, k]`` is the index of the variable of item i at place k."""
    if grid.size:
        builder.add_square(grid, coefficients=-1, constant=1, weight=weight)
        builder.add_square(grid.T, coefficients=-1, constant=1, weight=weight)


def single_choices(chosen: np.ndarray) -> np.ndarray:
    """Column of the only True in each row, -1 where there is none or more than one; shape (rows,)."""
    if not chosen.shape[1]:
        return np.full(len(chosen), -1, dtype=np.int64)
    return np.where(chosen.sum(axis=1) == 1, chosen.argmax(axis=1), -1)


def permutation_cost(flow: np.ndarray, distance: np.ndarray, cost: np.ndarray, places: np.ndarray) -> float:
    """Cost of a permutation; flow and distance with zero diagonals."""
    items = np.arange(len(places))
    return float((flow * distance[places[:, None], places]).sum() + cost[items, places].sum())


def complete_permutation(flow: np.ndarray, distance: np.ndarray, cost: np.ndarray, begun: np.ndarray) -> np.ndarray:
    """A permutation that keeps the places of ``begun``; the others by linear assignment beside those.

    Parameters
    ----------
    flow, distance, cost : numpy.ndarray of float, shape (n, n)
    begun : numpy.ndarray of int, shape (n,)
        Place of each item, -1 for none; of items at the same place the first keeps it.
    """
    from scipy.optimize import linear_sum_assignment

    n = len(begun)
    kept = np.zeros(n, dtype=bool)
    held = np.flatnonzero(begun >= 0)
    kept[held[np.unique(begun[held], return_index=True)[1]]] = True
    places = np.where(kept, begun, -1)
    free = np.setdiff1d(np.arange(n), places[kept])
    there = places[kept]
    beside = cost + flow[:, kept] @ distance[:, there].T + flow[kept].T @ distance[there]
    rows, columns = linear_sum_assignment(beside[np.ix_(~kept, free)])
    places[np.flatnonzero(~kept)[rows]] = free[columns]
    return places


def swap_search(
    flow: np.ndarray,
    distance: np.ndarray,
    cost: np.ndarray,
    places: np.ndarray,
    *,
    steps: int,
    target: float = -np.inf,
) -> np.ndarray:
    """A permutation that costs no more, by exchanges of two items; deterministic.

    Parameters
    ----------
    flow, distance, cost : numpy.ndarray of float, shape (n, n)
        Flow and distance with zero diagonals; none need be symmetric.
    places : numpy.ndarray of int, shape (n,)
    steps : int
        At most this many, and fewer where n is large, but always down to a local minimum of the first descent.
    target : float
        Cost at which the search ends.
    """
    n = len(places)
    if n < 2:
        return places
    rng = np.random.default_rng(0)
    both = flow + flow.T
    tolerance = _ROUNDING * (float(np.abs(flow).sum() * np.abs(distance).max()) + float(np.abs(cost).sum()))
    idle = ~both.any(axis=1) & (cost == cost[:, :1]).all(axis=1)  # two such items exchange their places to no effect
    useless = np.outer(idle, idle) | np.eye(n, dtype=bool)
    until = np.zeros((n, n))  # step before which an item shall not return to a place
    current = best_cost = permutation_cost(flow, distance, cost, places)
    best = places
    most = min(steps, _WORK // (4 * n**3 + _STEP))
    step, descending = 0, True
    while (descending or step < most) and best_cost > target + tolerance:
        step += 1
        change = _changes(flow, distance, cost, both, places)
        change[useless] = np.inf
        if descending:
            allowed = change
        else:
            back = until[:, places] > step  # of item i, to the place of item j
            allowed = np.where(back & back.T & (current + change >= best_cost - tolerance), np.inf, change)
        first, second = divmod(int(allowed.argmin()), n)
        gain = allowed[first, second]
        if descending and gain >= -tolerance:
            descending = False
            continue
        if gain == np.inf:  # everything is tabu: that passes
            continue
        until[[first, second], places[[first, second]]] = step + n * rng.uniform(0.8, 1.2, 2)
        places = places.copy()
        places[[first, second]] = places[[second, first]]
        current += gain
        if current < best_cost - tolerance:
            best, best_cost = places, current
    return best


def _changes(
    flow: np.ndarray, distance: np.ndarray, cost: np.ndarray, both: np.ndarray, places: np.ndarray
) -> np.ndarray:
    """What the exchange of each pair of items would change; shape (n, n)."""
    moved = distance[places[:, None], places]
    # the cost of item i with the flow to and from all others, if it were where item j is
    there = flow.T @ moved + flow @ moved.T + cost[:, places]
    here = there.diagonal()
    # between the two themselves, the sums above see the other one where it no longer is
    return there + there.T - here[:, None] - here + both * (moved + moved.T)
