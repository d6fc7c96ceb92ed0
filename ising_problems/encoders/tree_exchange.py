"""Spanning trees within a degree limit by exchanges of single edges; positions only, deterministic.

A tree that holds too many edges at a node, or that costs too much, takes in an edge and gives up another of the cycle
that this closes.  Exchanges that gain are made first; then a bounded tabu search makes the best exchange whether or not
it gains, with a price on edges above the limit that rises while there are some and falls while there are none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .forests import merged, spanning_forest

__all__ = ["degree_constrained_tree"]

_DESCENT_WORK = 2_000_000  # steps along paths of the tree: about a second
_TABU_WORK = 100_000  # about 0.05 s
_MENDING_WORK = 400_000  # the same while the limit is broken
_REST = 6  # exchanges for which an edge that came or went stays so
_NEAREST = 6  # cheapest edges of each node that the tabu search takes in


class _Tree:
    """A spanning tree with its degrees and the way from each node to the root."""

    def __init__(self, num_nodes: int, edges: np.ndarray, weights: np.ndarray, limit: int, members: set[int]) -> None:
        self.edges = edges
        self.ends: list[list[int]] = edges.tolist()
        self.cost: list[float] = weights.tolist()
        self.limit = limit
        self.members = set(members)
        self.degree = np.bincount(edges[sorted(members)].ravel(), minlength=num_nodes).tolist()
        self._root(num_nodes)

    def _root(self, num_nodes: int) -> None:
        numbers = sorted(self.members)
        parents, rank = spanning_forest(num_nodes, self.edges[numbers])
        self.parent: list[int] = parents.tolist()
        self.depth = [0] * num_nodes
        self.above = [-1] * num_nodes  # edge to the parent
        for node in np.argsort(rank).tolist():
            if self.parent[node] >= 0:
                self.depth[node] = self.depth[self.parent[node]] + 1
        for k in numbers:
            u, v = self.ends[k]
            self.above[u if self.parent[u] == v else v] = k

    @property
    def excess(self) -> int:
        """Edges above the limit."""
        return sum(max(0, degree - self.limit) for degree in self.degree)

    @property
    def total(self) -> float:
        """Cost of the edges."""
        return sum(self.cost[k] for k in sorted(self.members))

    def path(self, k: int) -> list[int]:
        """Edges of the tree between the ends of another edge."""
        a, b = self.ends[k]
        found = []
        while a != b:
            if self.depth[a] < self.depth[b]:
                a, b = b, a
            found.append(self.above[a])
            a = self.parent[a]
        return found

    def change(self, k: int, f: int) -> tuple[int, float]:
        """Change of the excess and of the cost where edge k comes for edge f."""
        added, removed = self.ends[k], self.ends[f]
        more = 0
        for node in added:
            if node not in removed and self.degree[node] >= self.limit:
                more += 1
        for node in removed:
            if node not in added and self.degree[node] > self.limit:
                more -= 1
        return more, self.cost[k] - self.cost[f]

    def exchange(self, k: int, f: int) -> None:
        """Take edge k in for edge f."""
        self.members.add(k)
        self.members.remove(f)
        for node in self.ends[k]:
            self.degree[node] += 1
        for node in self.ends[f]:
            self.degree[node] -= 1
        self._root(len(self.degree))


def degree_constrained_tree(
    num_nodes: int, edges: np.ndarray, weights: np.ndarray, max_degree: int, start: Sequence[int]
) -> set[int]:
    """Numbers of the edges of a spanning tree: few edges above the limit at any node first, then a low cost.

    The edges of ``start`` are taken first, so a tree within the limit stays one and does not become dearer.
    """
    ends, cost = edges.tolist(), weights.tolist()
    by_cost = sorted(range(len(ends)), key=lambda k: (cost[k], k))
    chosen = set(start)
    wished = [k for k in by_cost if k in chosen] + [k for k in by_cost if k not in chosen]
    tree = _Tree(num_nodes, edges, weights, max_degree, _grown(num_nodes, ends, max_degree, wished))
    _descend(tree, by_cost)
    return _searched(tree, _near(num_nodes, ends, by_cost))


def _grown(num_nodes: int, ends: list[list[int]], limit: int, wished: list[int]) -> set[int]:
    """A spanning tree of edges in the order of the wishes; beyond the limit only where it cannot be kept."""
    leader = list(range(num_nodes))
    degree = [0] * num_nodes
    members: set[int] = set()
    for allowed in (limit, num_nodes):
        for k in wished:
            u, v = ends[k]
            if k not in members and degree[u] < allowed and degree[v] < allowed and merged(leader, u, v):
                members.add(k)
                degree[u] += 1
                degree[v] += 1
    return members


def _near(num_nodes: int, ends: list[list[int]], by_cost: list[int]) -> list[int]:
    """The cheapest edges of each node."""
    count = [0] * num_nodes
    near = []
    for k in by_cost:
        u, v = ends[k]
        if count[u] < _NEAREST or count[v] < _NEAREST:
            near.append(k)
            count[u] += 1
            count[v] += 1
    return near


def _descend(tree: _Tree, by_cost: list[int]) -> None:
    """Exchanges that lower the excess, or the cost at the same excess, until there are none."""
    work, improved = 0, True
    while improved and work < _DESCENT_WORK:
        improved = False
        for k in by_cost:
            if k in tree.members:
                continue
            path = tree.path(k)
            work += len(path)
            change, f = min((tree.change(k, f), f) for f in path)
            if change < (0, 0):
                tree.exchange(k, f)
                improved = True
                work += len(tree.degree)
            if work >= _DESCENT_WORK:
                break


def _searched(tree: _Tree, near: list[int]) -> set[int]:
    """The best tree on a tabu search from one."""
    best, best_value = set(tree.members), (tree.excess, tree.total)
    excess, total = best_value
    price = float(np.mean(tree.cost)) if tree.cost else 0.0
    until = [0] * len(tree.cost)
    work = step = 0
    while work < (_MENDING_WORK if best_value[0] else _TABU_WORK):
        step += 1
        choice: tuple[float, int, int, int, float] | None = None
        for k in near:
            if k in tree.members or until[k] > step:
                continue
            path = tree.path(k)
            work += len(path)
            for f in path:
                if until[f] <= step:
                    more, dearer = tree.change(k, f)
                    found = (price * more + dearer, k, f, more, dearer)
                    if choice is None or found < choice:
                        choice = found
        work += len(tree.degree)
        if choice is None:
            break
        _, k, f, more, dearer = choice
        tree.exchange(k, f)
        until[k] = until[f] = step + _REST
        excess, total = excess + more, total + dearer
        price *= 1.3 if excess else 0.8
        if (excess, total) < (best_value[0], best_value[1] - 1e-9 * abs(best_value[1])):
            best, best_value = set(tree.members), (excess, total)
    return best
