"""Halves of a graph by small steps: rebalancing, then exchanges of pairs.

B. W. Kernighan and S. Lin, "An efficient heuristic procedure for partitioning graphs", Bell System Technical Journal
49, 291 (1970): pairs are exchanged one after another, each node once, the best pair first even where it costs, and the
best prefix of the sequence is kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["improved_halves"]

# Nodes of each side, those whose move would gain most, among which the best pair is sought.
_CANDIDATES = 12
# Exchanges without a new best after which a sequence is given up.
_PATIENCE = 40
_MOST_PASSES = 20
# Of the total weight: a smaller gain could be one of rounding.
_ROUNDING = 1e-12


def improved_halves(n: int, edges: np.ndarray, weights: np.ndarray, spins: np.ndarray) -> np.ndarray:
    """Spins of two halves reached from a share-out of the nodes; int8, shape (n,).

    Parameters
    ----------
    n : int
    edges : numpy.ndarray of int64, shape (m, 2)
    weights : numpy.ndarray, shape (m,)
    spins : numpy.ndarray of ±1, shape (n,)
        If they are halves already, the cut between them does not get heavier.
    """
    import scipy.sparse as sp

    u, v = edges.T
    ends = np.concatenate([u, v]), np.concatenate([v, u])
    adjacency = sp.csr_array((np.concatenate([weights, weights]), ends), shape=(n, n))
    sides = _Sides(adjacency, spins)
    while abs(int(sides.spins.sum())) > n % 2:
        larger = 1 if sides.spins.sum() > 0 else -1
        sides.flip(int(np.argmax(np.where(sides.spins == larger, sides.gain, -np.inf))))
    if len(edges):
        least = _ROUNDING * float(np.abs(weights).sum())
        for _ in range(_MOST_PASSES):
            if not _exchange_pairs(sides, least):
                break
    return sides.spins


class _Sides:
    """Spins, and by how much the cut falls if a node changes sides."""

    def __init__(self, adjacency: Any, spins: np.ndarray) -> None:
        self.starts, self.neighbours, self.weights = adjacency.indptr, adjacency.indices, adjacency.data
        self.spins = spins.astype(np.int8)
        self.gain = -(self.spins * (adjacency @ self.spins.astype(np.float64)))

    def flip(self, node: int) -> None:
        row = slice(self.starts[node], self.starts[node + 1])
        there = self.neighbours[row]
        self.spins[node] = -self.spins[node]
        self.gain[node] = -self.gain[node]
        self.gain[there] -= 2.0 * self.weights[row] * self.spins[there] * self.spins[node]

    def best_pair(self, free: np.ndarray) -> tuple[float, int, int]:
        """Gain of the best exchange of free nodes, one of each side, and the two nodes."""
        sides = []
        for side in (1, -1):
            nodes = np.flatnonzero(free & (self.spins == side))
            if len(nodes) > _CANDIDATES:
                nodes = nodes[np.argpartition(-self.gain[nodes], _CANDIDATES)[:_CANDIDATES]]
            sides.append(nodes)
        first, second = sides
        between = np.zeros((len(first), len(second)))
        row = np.zeros(len(self.spins))
        for k, node in enumerate(first.tolist()):
            span = slice(self.starts[node], self.starts[node + 1])
            row[self.neighbours[span]] = self.weights[span]
            between[k] = row[second]
            row[self.neighbours[span]] = 0
        gains = self.gain[first][:, None] + self.gain[second] - 2 * between
        i, j = np.unravel_index(int(np.argmax(gains)), gains.shape)
        return float(gains[i, j]), int(first[i]), int(second[j])


def _exchange_pairs(sides: _Sides, least: float) -> bool:
    """One sequence of exchanges, in place, up to its best point; whether that gained more than ``least``."""
    free = np.ones(len(sides.spins), dtype=bool)
    made: list[tuple[int, int]] = []
    total, best, kept = 0.0, least, 0
    for _ in range(int(np.count_nonzero(sides.spins < 0))):
        if not np.any(free & (sides.spins > 0)):
            break
        gain, one, other = sides.best_pair(free)
        for node in (one, other):
            sides.flip(node)
            free[node] = False
        made.append((one, other))
        total += gain
        if total > best:
            best, kept = total, len(made)
        elif len(made) - kept >= _PATIENCE:
            break
    for pair in made[kept:]:
        for node in pair:
            sides.flip(node)
    return kept > 0
