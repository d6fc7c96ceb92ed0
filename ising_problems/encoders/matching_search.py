r"""A short search for small maximal matchings, from any set of edges.  Everything is deterministic.

1. *Mend*: of the chosen edges, those are kept that share no node with one kept before, those with fewest clashes first.
2. *Complete*: edges with two unmatched ends are added.
3. *Search*: at each step an edge bc enters and the edges ab and cd of the matching at its ends leave; a and d are then
   matched to each other or to unmatched neighbours where they have some.  The entering edge is one that makes the
   matching smallest: from ab and cd to bc, where a and d are left without unmatched neighbours, it loses an edge.
   Edges that left may not return for a few steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["maximal_matching", "small_maximal_matching"]

# Steps of the search, and edges times steps for large graphs.
_STEPS = 100
_STEPS_PER_EDGE = 2
_MOST_WORK = 1_000_000
# The most steps for which an edge that left may not return.
_REST = 8


def maximal_matching(edges: np.ndarray, num_nodes: int, start: np.ndarray) -> np.ndarray:
    """Maximal matching that keeps as much of some chosen edges as a greedy pass can.

    Parameters
    ----------
    edges : numpy.ndarray of int64, shape (m, 2)
    num_nodes : int
    start : numpy.ndarray of bool, shape (m,)

    Returns
    -------
    numpy.ndarray of bool, shape (m,)
    """
    matching = np.zeros(len(edges), dtype=bool)
    counts = np.bincount(edges[start].ravel(), minlength=num_nodes)
    degrees = np.bincount(edges.ravel(), minlength=num_nodes)
    # among the others, edges that meet many are worth more than those that meet few
    order = np.lexsort((-degrees[edges].sum(axis=1), np.where(start, counts[edges].sum(axis=1), np.inf)))
    taken = [False] * num_nodes
    for k, (u, v) in zip(order.tolist(), edges[order].tolist(), strict=True):
        if not (taken[u] or taken[v]):
            taken[u] = taken[v] = matching[k] = True
    return matching


def small_maximal_matching(edges: np.ndarray, adjacency: Any, start: np.ndarray, target: int = 0) -> np.ndarray:
    """Maximal matching, no larger than ``start`` if that is one.

    Parameters
    ----------
    edges : numpy.ndarray of int64, shape (m, 2)
    adjacency : scipy.sparse.csr_array, shape (n, n)
    start : numpy.ndarray of bool, shape (m,)
    target : int
        Size at which the search stops: nothing smaller is possible.

    Returns
    -------
    numpy.ndarray of bool, shape (m,)
    """
    m, n = len(edges), adjacency.shape[0]
    held = maximal_matching(edges, n, start)
    if not m:
        return held
    search = _Exchanges(edges, adjacency, held)
    fewest = int(held.sum())
    for step in range(1, min(_STEPS + _STEPS_PER_EDGE * m, _MOST_WORK // m) + 1):
        if fewest <= target:
            break
        search.exchange(step)
        if search.size < fewest:
            fewest, held = search.size, search.matching()
    return held


class _Exchanges:
    """A maximal matching in motion."""

    def __init__(self, edges: np.ndarray, adjacency: Any, matching: np.ndarray) -> None:
        self.edges, self.adjacency = edges, adjacency
        n = adjacency.shape[0]
        # one more node, without edges, stands for the mate of an unmatched one
        self.mate = np.full(n + 1, n)
        u, v = edges[matching].T
        self.mate[u], self.mate[v] = v, u
        self.size = int(matching.sum())
        low, high = np.sort(edges, axis=1).T
        self.order = np.argsort(low * (n + 1) + high)
        self.keys = (low * (n + 1) + high)[self.order]
        self.loose = np.zeros(n + 1, dtype=np.int64)  # unmatched neighbours of each node
        self.loose[:n] = adjacency.astype(np.int64) @ (self.mate[:n] == n)
        self.barred = np.zeros(len(edges), dtype=np.int64)
        self.rng = np.random.default_rng(0)  # the same in every call

    def matching(self) -> np.ndarray:
        """The edges that it holds."""
        return self.mate[self.edges[:, 0]] == self.edges[:, 1]

    def exchange(self, step: int) -> None:
        """Let the edge enter that makes the matching smallest; of equals, any."""
        nobody = len(self.mate) - 1
        b, c = self.edges.T
        a, d = self.mate[b], self.mate[c]
        joined = self._joined(a, d)
        # an unmatched end of the entering edge is no longer there to be matched
        loose_a = self.loose[a] - np.where(d == nobody, self._joined(a, c), 0)
        loose_d = self.loose[d] - np.where(a == nobody, self._joined(d, b), 0)
        left = (a != nobody).astype(np.int64) + (d != nobody)
        growth = 1 - left + np.where(joined, 1, (loose_a > 0).astype(np.int64) + (loose_d > 0))
        able = (a != c) & (self.barred < step)
        if not able.any():
            return
        k = int(np.argmin(np.where(able, growth + self.rng.random(len(growth)), np.inf)))
        one, other, before, after = (int(node[k]) for node in (b, c, a, d))
        if before != nobody:
            self._part(one, before, step)
        if after != nobody:
            self._part(other, after, step)
        self._match(one, other)
        if joined[k]:
            self._match(before, after)
        for node in (before, after):
            if node != nobody and self.mate[node] == nobody and self.loose[node]:
                around = self._around(node)
                self._match(node, int(around[np.argmax(self.mate[around] == nobody)]))

    def _joined(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        keys = np.minimum(u, v) * len(self.mate) + np.maximum(u, v)
        return self.keys[np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)] == keys

    def _around(self, node: int) -> np.ndarray:
        return self.adjacency.indices[self.adjacency.indptr[node] : self.adjacency.indptr[node + 1]]

    def _match(self, u: int, v: int) -> None:
        self.mate[u], self.mate[v] = v, u
        self.loose[self._around(u)] -= 1
        self.loose[self._around(v)] -= 1
        self.size += 1

    def _part(self, u: int, v: int, step: int) -> None:
        self.mate[u] = self.mate[v] = len(self.mate) - 1
        self.loose[self._around(u)] += 1
        self.loose[self._around(v)] += 1
        self.size -= 1
        key = min(u, v) * len(self.mate) + max(u, v)
        edge = self.order[np.searchsorted(self.keys, key)]
        self.barred[edge] = step + self.rng.integers(1, _REST + 1)
