"""Search for classes without conflicts: fill what is open, then exchange classes with a tabu list.

TabuCol (A. Hertz, D. de Werra, "Using tabu search techniques for graph coloring", Computing 39, 345 (1987)): of all
nodes in conflict and all classes, take the change that leaves the fewest conflicts, and forbid going back for a while.
The random numbers are always the same ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .graphs import IndexedGraph

__all__ = ["mended_classes", "renamed"]

_WORK = 60_000_000  # nodes times classes times steps at most
_STEPS, _STEPS_PER_NODE, _MOST_STEPS = 400, 20, 6000
_TENURE, _TENURE_SHARE = 10, 0.6


def mended_classes(graph: IndexedGraph, classes: np.ndarray, num_classes: int, fixed: np.ndarray) -> np.ndarray:
    """Classes with few conflicts, in which the nodes that have theirs beforehand have them.

    Parameters
    ----------
    graph : IndexedGraph
        The forbidden pairs.
    classes : numpy.ndarray of int, shape (n,)
        -1 where open.
    num_classes : int
    fixed : numpy.ndarray of int, shape (n,)
        Class that a node has beforehand, -1 for the others; the nodes that have one are pairwise forbidden.
    """
    if num_classes < 1 or not len(classes):
        return classes.copy()
    held = fixed >= 0
    found = _fewest_conflicts(graph.adjacency, classes, num_classes, np.zeros(len(classes), dtype=bool))
    if len(np.unique(found[held])) < np.count_nonzero(held):  # two of them in conflict: no renaming can part them
        return _fewest_conflicts(graph.adjacency, np.where(held, fixed, classes), num_classes, held)
    return renamed(found, num_classes, fixed)


def renamed(classes: np.ndarray, num_classes: int, fixed: np.ndarray) -> np.ndarray:
    """The same classes under names that the nodes with a class beforehand agree with; those have different ones."""
    held = np.flatnonzero(fixed >= 0)
    names = np.full(num_classes + 1, -1, dtype=np.int64)  # the last stays -1, for what is open
    names[classes[held]] = fixed[held]
    taken = np.isin(np.arange(num_classes), fixed[held])
    names[:-1][names[:-1] < 0] = np.flatnonzero(~taken)
    return names[classes]


def _fewest_conflicts(
    adjacency: Any, classes: np.ndarray, num_classes: int, held: np.ndarray, steps: int | None = None
) -> np.ndarray:
    """Classes with few conflicts, none worse than those given once what is open has been filled greedily.

    Parameters
    ----------
    adjacency : scipy.sparse.csr_array of 0 and 1, shape (n, n)
        The forbidden pairs, symmetric.
    classes : numpy.ndarray of int, shape (n,)
        -1 where open.
    num_classes : int
        At least 1.
    held : numpy.ndarray of bool, shape (n,)
        Nodes that keep their class.
    steps : int, optional
        By default as many as are affordable, 6000 at most.
    """
    n = len(classes)
    classes = classes.copy()
    starts, ends = adjacency.indptr, adjacency.indices
    counts = np.zeros((n, num_classes), dtype=np.int64)  # neighbours of a node in a class
    filled = np.flatnonzero(classes >= 0)
    for v in filled.tolist():
        counts[ends[starts[v] : starts[v + 1]], classes[v]] += 1
    open_nodes = np.flatnonzero(classes < 0)
    for v in sorted(open_nodes.tolist(), key=lambda v: starts[v] - starts[v + 1]):  # the most constrained first
        classes[v] = int(np.argmin(counts[v]))
        counts[ends[starts[v] : starts[v + 1]], classes[v]] += 1
    if steps is None:
        steps = int(min(_STEPS + _STEPS_PER_NODE * n, _MOST_STEPS, _WORK // max(n * num_classes, 1)))
    return _tabu(starts, ends, counts, classes, held, steps)


def _tabu(
    starts: np.ndarray, ends: np.ndarray, counts: np.ndarray, classes: np.ndarray, held: np.ndarray, steps: int
) -> np.ndarray:
    n, k = counts.shape
    rng = np.random.default_rng(0)
    everyone = np.arange(n)
    forbidden_until = np.zeros((n, k), dtype=np.int64)
    conflicts = int(counts[everyone, classes].sum()) // 2
    best, fewest = classes.copy(), conflicts
    if k < 2:
        return best
    for step in range(1, steps + 1):
        if fewest == 0:
            break
        own = counts[everyone, classes]
        movable = np.flatnonzero((own > 0) & ~held)
        if not len(movable):
            break
        change = counts[movable] - own[movable, None]
        allowed = forbidden_until[movable] < step
        allowed |= conflicts + change < fewest  # what would be the best so far is never forbidden
        allowed[np.arange(len(movable)), classes[movable]] = False
        change = np.where(allowed, change, np.iinfo(np.int64).max)
        least = change.min()
        if least == np.iinfo(np.int64).max:
            continue
        choices = np.flatnonzero(change.ravel() == least)
        row, new = divmod(int(choices[rng.integers(len(choices))]), k)
        v = int(movable[row])
        old = int(classes[v])
        around = ends[starts[v] : starts[v + 1]]
        counts[around, old] -= 1
        counts[around, new] += 1
        classes[v] = new
        conflicts += int(least)
        forbidden_until[v, old] = step + _TENURE_SHARE * len(movable) + rng.integers(_TENURE)
        if conflicts < fewest:
            best, fewest = classes.copy(), conflicts
    return best
