"""Greedy steps to cheap Steiner trees: branching points come in and go while the tree on them gets cheaper.

A tree is kept as its terminals and branching points, the *key nodes*; it costs as much as a minimum spanning tree of
them with shortest-path distances for costs.  L. Kou, G. Markowsky and L. Berman, "A fast algorithm for Steiner trees"
(1981), for that tree; A. B. Kahng and G. Robins, "A new class of iterative Steiner tree heuristics with good
performance" (1992), for the insertion of the point that saves most, again and again.

All functions work on positions and are deterministic.
"""

from __future__ import annotations

import numpy as np

from .forests import find, merged

__all__ = ["Distances", "improved_steiner_tree"]

_ROUNDS = 4  # times that a tree's own branching points become key nodes again
_WORK = 40_000_000  # key nodes squared, times candidates, over all insertions: about a second


class Distances:
    """Shortest paths from the nodes that ask for them, kept once found.

    Parameters
    ----------
    num_nodes : int
    edges : numpy.ndarray of int, shape (num_edges, 2)
    weights : numpy.ndarray, shape (num_edges,)
        Not negative.
    """

    def __init__(self, num_nodes: int, edges: np.ndarray, weights: np.ndarray) -> None:
        self.num_nodes = num_nodes
        self.edges = edges
        self.weights = weights.astype(np.float64)
        self._found: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._numbers = {(u, v): k for k, (u, v) in enumerate(edges.tolist())}

    def rows(self, sources: np.ndarray) -> np.ndarray:
        """Distances of all nodes from each source; shape (num_sources, num_nodes), infinite where no path leads."""
        import scipy.sparse as sp
        from scipy.sparse.csgraph import dijkstra

        missing = [v for v in sources.tolist() if v not in self._found]
        if missing:
            u, v = self.edges.T
            both = np.concatenate([self.weights, self.weights])
            graph = sp.csr_array(
                (both, (np.concatenate([u, v]), np.concatenate([v, u]))), shape=(self.num_nodes, self.num_nodes)
            )
            lengths, before = dijkstra(graph, indices=missing, return_predecessors=True)
            for k, source in enumerate(missing):
                self._found[source] = lengths[k], before[k]
        return np.stack([self._found[v][0] for v in sources.tolist()])

    def path(self, source: int, target: int) -> list[int]:
        """Numbers of the edges of a shortest path; ``source`` must have been asked for by :meth:`rows`."""
        before = self._found[source][1]
        edges = []
        while target != source:
            last = int(before[target])
            k = self._numbers.get((last, target))
            edges.append(self._numbers[target, last] if k is None else k)
            target = last
        return edges

    def spanning_tree(self, nodes: np.ndarray) -> list[tuple[int, int, float]]:
        """Edges and lengths of a minimum spanning tree of some nodes by distance (Prim)."""
        lengths = self.rows(nodes)[:, nodes]
        best = lengths[0].copy()
        nearest = np.zeros(len(nodes), dtype=np.int64)
        outside = np.ones(len(nodes), dtype=bool)
        outside[0] = False
        tree = []
        for _ in range(len(nodes) - 1):
            j = int(np.argmin(np.where(outside, best, np.inf)))
            tree.append((int(nodes[nearest[j]]), int(nodes[j]), float(best[j])))
            outside[j] = False
            closer = outside & (lengths[j] < best)
            best[closer], nearest[closer] = lengths[j][closer], j
        return tree

    def spanning_lengths(self, nodes: np.ndarray) -> list[float]:
        """Lengths of the edges of that tree."""
        return [length for _, _, length in self.spanning_tree(nodes)]


def improved_steiner_tree(distances: Distances, terminals: np.ndarray, start: np.ndarray) -> list[int]:
    """Numbers of the edges of a tree with all terminals: no dearer than ``start``, where that is such a tree."""
    best = _pruned(distances, terminals, start.tolist())
    complete = _connects(distances, terminals, best)
    for _ in range(_ROUNDS):
        keys = _improved_keys(distances, terminals, _branching(distances, terminals, best))
        edges = {k for u, v, _ in distances.spanning_tree(keys) for k in distances.path(u, v)}
        found = _pruned(distances, terminals, sorted(edges))
        if complete and _cost(distances, found) >= _cost(distances, best) * (1 - 1e-12):
            break
        best, complete = found, True
    return best


def _cost(distances: Distances, numbers: list[int]) -> float:
    return float(distances.weights[numbers].sum())


def _connects(distances: Distances, terminals: np.ndarray, numbers: list[int]) -> bool:
    """Whether edges without cycles put all terminals in one tree and hold nothing besides."""
    leader = list(range(distances.num_nodes))
    for u, v in distances.edges[numbers].tolist():
        merged(leader, u, v)
    root = find(leader, int(terminals[0]))
    ends = [*terminals.tolist(), *distances.edges[numbers].ravel().tolist()]
    return all(find(leader, node) == root for node in ends)


def _pruned(distances: Distances, terminals: np.ndarray, numbers: list[int]) -> list[int]:
    """A minimum spanning forest of the edges, less what leads to no terminal."""
    ends = distances.edges.tolist()
    leader = list(range(distances.num_nodes))
    weights = distances.weights
    tree = [k for k in sorted(numbers, key=lambda k: (weights[k], k)) if merged(leader, *ends[k])]
    beside: dict[int, dict[int, int]] = {}
    for k in tree:
        u, v = ends[k]
        beside.setdefault(u, {})[v] = k
        beside.setdefault(v, {})[u] = k
    held = set(terminals.tolist())
    leaves = [v for v in beside if len(beside[v]) == 1 and v not in held]
    gone = set()
    while leaves:
        leaf = leaves.pop()
        for other, k in beside[leaf].items():
            gone.add(k)
            del beside[other][leaf]
            if len(beside[other]) == 1 and other not in held:
                leaves.append(other)
        beside[leaf] = {}
    return [k for k in tree if k not in gone]


def _branching(distances: Distances, terminals: np.ndarray, numbers: list[int]) -> np.ndarray:
    """Terminals, then the other nodes of three or more of the edges that a path joins with the terminals."""
    degrees = np.bincount(distances.edges[numbers].ravel(), minlength=distances.num_nodes)
    degrees[terminals] = 0
    reachable = np.isfinite(distances.rows(terminals[:1])[0])
    return np.concatenate([terminals, np.flatnonzero((degrees > 2) & reachable)])


def _improved_keys(distances: Distances, terminals: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Key nodes with a cheaper tree: single ones go and come in while that saves costs."""
    fixed = len(terminals)
    cost = sum(distances.spanning_lengths(keys))
    work = 0
    while True:
        # those that save nothing go, the latest first
        for i in range(len(keys) - 1, fixed - 1, -1):
            fewer = np.delete(keys, i)
            cheaper = sum(distances.spanning_lengths(fewer))
            if cheaper <= cost * (1 + 1e-12):
                keys, cost = fewer, cheaper
        reachable = np.isfinite(distances.rows(keys[:1])[0])
        reachable[keys] = False
        candidates = np.flatnonzero(reachable)
        work += len(candidates) * len(keys) ** 2
        if not len(candidates) or work > _WORK:
            return keys
        costs = _costs_with(distances, keys, candidates)
        best = int(np.argmin(costs))
        if costs[best] >= cost * (1 - 1e-12):
            return keys
        keys, cost = np.append(keys, candidates[best]), float(costs[best])


def _costs_with(distances: Distances, keys: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Cost of the spanning tree of the key nodes and each candidate: Prim for all candidates at once."""
    rows = distances.rows(keys)
    count, k = len(candidates), len(keys)
    among = rows[:, keys]
    across = rows[:, candidates].T
    best = np.concatenate([np.broadcast_to(among[0], (count, k)), across[:, :1]], axis=1)
    outside = np.ones((count, k + 1), dtype=bool)
    outside[:, 0] = False
    every = np.arange(count)
    costs = np.zeros(count)
    for _ in range(k):
        j = np.argmin(np.where(outside, best, np.inf), axis=1)
        costs += best[every, j]
        outside[every, j] = False
        own = j == k
        old = np.minimum(j, k - 1)
        new = np.concatenate([among[old], across[every, old][:, None]], axis=1)
        new[own, :k] = across[own]
        np.minimum(best, new, out=best)
    return costs
