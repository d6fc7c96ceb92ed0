r"""A short search for heavy sets of items of which no two conflict, from any set of them.

Independent sets, vertex covers (their complements), cliques (in the complementary graph), set packings and exact covers
(a packing whose sets have as many elements as there are) are repaired by it.  Everything is deterministic.

1. *Mend*: of the chosen items that conflict, those of the greatest weight for each conflict are kept first.
2. *Fill*: items without a conflict are added.
3. *Search*: at each step the item is inserted whose weight exceeds that of the chosen items in conflict with it by
   most, and those leave; of equals, the one that rested longest.  What left may not return for a few steps (F. Glover's
   tabu search, with the moves of D. V. Andrade, M. G. C. Resende and R. F. Werneck, J. Heuristics 18, 525 (2012)).
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["clique_cover_weight", "heavy_packing"]

# Steps of the search, and items times steps where there are many: about 5 ms for 50 items, 50 ms for 1000.
_STEPS = 200
_STEPS_PER_ITEM = 4
_MOST_WORK = 4_000_000
# The most steps for which what left may not return.
_REST = 10


def heavy_packing(
    conflicts: Any, weights: np.ndarray, start: np.ndarray, target: float | None = None, steps: int | None = None
) -> np.ndarray:
    """Items without conflicts, no lighter than those of ``start`` if these have none.

    Parameters
    ----------
    conflicts : scipy.sparse.csr_array, shape (n, n)
        Symmetric, zero diagonal; a stored entry where two items conflict.
    weights : numpy.ndarray, shape (n,)
    start : numpy.ndarray of bool, shape (n,)
    target : float, optional
        Weight at which the search stops: nothing heavier is possible, or needed.
    steps : int, optional
        Length of the search.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
    """
    n = len(weights)
    starts, ends = conflicts.indptr.tolist(), conflicts.indices
    inside = _mended(starts, ends, weights, start & (weights >= 0))
    if not n:
        return inside
    beside = np.bincount(
        np.repeat(np.arange(n), np.diff(conflicts.indptr)), weights=(weights * inside)[ends], minlength=n
    )
    pressure = beside.astype(weights.dtype)  # weight of the chosen items in conflict with each
    _fill(starts, ends, weights, inside, pressure)
    total = best = weights[inside].sum()
    held = inside.copy()
    if steps is None:
        steps = min(_STEPS + _STEPS_PER_ITEM * n, _MOST_WORK // n)
    # rounding must not pass for progress
    margin = 0 if weights.dtype.kind == "i" else 1e-12 * float(np.abs(weights).sum())
    lowest = np.iinfo(np.int64).min if weights.dtype.kind == "i" else -np.inf
    useless = weights <= 0
    moved = np.zeros(n, dtype=np.int64)
    barred = np.zeros(n, dtype=np.int64)
    rng = np.random.default_rng(0)  # the same in every call; varied rests break cycles
    rest = min(_REST, 1 + n // 2)
    for step in range(1, steps + 1):
        if target is not None and best >= target:
            break
        gain = np.where(useless | inside | (barred >= step), lowest, weights - pressure)
        highest = gain.max()
        if highest == lowest:
            if (inside | useless).all():
                break
            continue
        equals = np.flatnonzero(gain == highest)
        item = int(equals[np.argmin(moved[equals])])
        near = ends[starts[item] : starts[item + 1]]
        leaving = near[inside[near]]
        inside[item] = True
        inside[leaving] = False
        pressure[near] += weights[item]
        for other in leaving.tolist():
            pressure[ends[starts[other] : starts[other + 1]]] -= weights[other]
        moved[item] = moved[leaving] = step
        barred[leaving] = step + rng.integers(1, rest + 1)
        total += highest
        if total > best + margin:
            best = total
            held = inside.copy()
    return held


def _mended(starts: list[int], ends: np.ndarray, weights: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Some of the chosen items, without conflicts."""
    near = {i: ends[starts[i] : starts[i + 1]] for i in np.flatnonzero(chosen).tolist()}
    clashes = {i: int(chosen[others].sum()) for i, others in near.items()}
    kept = chosen.copy()
    clashing = [i for i, count in clashes.items() if count]
    kept[clashing] = False
    for i in sorted(clashing, key=lambda i: -weights[i] / clashes[i]):
        kept[i] = not kept[near[i]].any()
    return kept


def _fill(starts: list[int], ends: np.ndarray, weights: np.ndarray, inside: np.ndarray, pressure: np.ndarray) -> None:
    """Add items that conflict with none, those of great weight and few conflicts first; in place."""
    free = inside.copy()  # items that were chosen or in conflict with one: none of those is added
    for i in np.flatnonzero(inside).tolist():
        free[ends[starts[i] : starts[i + 1]]] = True
    np.logical_not(free, out=free)
    free &= weights > 0
    candidates = np.flatnonzero(free)
    degrees = np.diff(starts)[candidates]
    for i in candidates[np.argsort(-weights[candidates] / (1 + degrees), kind="stable")].tolist():
        if free[i]:
            near = ends[starts[i] : starts[i + 1]]
            inside[i] = True
            free[near] = False
            pressure[near] += weights[i]


def clique_cover_weight(conflicts: Any, weights: np.ndarray) -> float:
    """What no set without conflicts outweighs: the heaviest item of each clique, the items shared out among cliques.

    An item joins the first clique all of whose members are in conflict with it; heavy items first.  A set without
    conflicts has one item of a clique at most, and an item of negative weight adds nothing.
    """
    starts, ends = conflicts.indptr.tolist(), conflicts.indices.tolist()
    clique = [-1] * len(weights)
    sizes: list[int] = []
    total = weights.dtype.type(0)
    for i in np.argsort(-weights, kind="stable").tolist():
        if weights[i] <= 0:
            break
        counts: dict[int, int] = {}
        for j in ends[starts[i] : starts[i + 1]]:
            c = clique[j]
            if c >= 0:
                counts[c] = counts.get(c, 0) + 1
        home = min((c for c, count in counts.items() if count == sizes[c]), default=len(sizes))
        if home == len(sizes):
            sizes.append(0)
            total += weights[i]  # the heaviest of its clique, as it came first
        sizes[home] += 1
        clique[i] = home
    # rounding must not press the bound below the truth
    return total.item() if weights.dtype.kind == "i" else total.item() + 1e-12 * float(np.abs(weights).sum())
