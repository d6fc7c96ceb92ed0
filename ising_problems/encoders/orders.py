r"""Orders of nodes, written with one variable for each pair that matters: what keeps trees and feedback sets acyclic.

For a pair of nodes u, v let :math:`o_{uv} = 1` where u comes before v, and :math:`o_{vu} = 1 - o_{uv}`: one variable.
Three nodes contradict each other where they go round in a circle, and for any a, b, c

.. math:: T_{abc} = o_{ac} + o_{ab} o_{bc} - o_{ab} o_{ac} - o_{bc} o_{ac}

is 1 for the two circles and 0 for the six orders: it needs no ancilla.

*Which pairs.*  Not all: the edges of a chordal graph that contains the edges of the problem's graph.  A choice of
directions for the edges of a chordal graph without circles of three has no directed cycle at all: a shortest one, of
length more than three, would have a chord, which closes a shorter directed cycle on one side of it.  So the variables
and the terms :math:`T` of a chordal graph's edges and triangles say all that an order of all nodes would say, and
every order of the nodes satisfies them.  The argument also says where to look: **on the nodes of every directed cycle
lies a circle of three**.

The chordal graph is found by eliminating nodes of least degree, D. J. Rose, "A graph-theoretic study of the numerical
solution of sparse positive definite systems of linear equations" (1972).  It has N (N - 1)/2 edges at most, and not
many more than the problem's graph where that is sparse; A. Lucas's depths, arXiv:1302.5843 sections 8.1 to 8.5, take
about N²/2 variables for the nodes and E N for the edges.
"""

from __future__ import annotations

import heapq
from functools import cached_property
from typing import Any

import numpy as np

from .builder import QuboBuilder

__all__ = ["NodeOrder"]


class NodeOrder:
    """The pairs of nodes whose order is decided by variables, and the triples that could contradict each other.

    Parameters
    ----------
    num_nodes : int
    edges : numpy.ndarray of int, shape (num_edges, 2)
        Pairs of positions whose order is needed; directions and repetitions do not matter.

    Attributes
    ----------
    pairs : numpy.ndarray of int64, shape (num_pairs, 2)
        Edges of the chordal graph in ascending order, the smaller position first: variable k says whether
        ``pairs[k, 0]`` comes before ``pairs[k, 1]``.
    """

    def __init__(self, num_nodes: int, edges: np.ndarray) -> None:
        self._num_nodes = num_nodes
        self._cliques = _eliminated(num_nodes, edges)
        pairs = np.concatenate(
            [np.empty((0, 2), dtype=np.int64), *(np.stack([np.full(len(m), v), m], axis=1) for v, m in self._cliques)]
        )
        pairs.sort(axis=1)
        self._keys = np.sort(pairs[:, 0] * num_nodes + pairs[:, 1])
        self.pairs = np.stack([self._keys // max(num_nodes, 1), self._keys % max(num_nodes, 1)], axis=1)

    @cached_property
    def nodes_of_triangles(self) -> np.ndarray:
        """Positions a < b < c that are joined pairwise; int64, shape (num_triangles, 3)."""
        triples = [np.empty((0, 3), dtype=np.int64)]
        for node, members in self._cliques:
            first, second = np.triu_indices(len(members), 1)
            triples.append(np.stack([np.full(len(first), node), members[first], members[second]], axis=1))
        return np.sort(np.concatenate(triples), axis=1)

    @cached_property
    def triangles(self) -> np.ndarray:
        """The pairs (a, b), (b, c) and (a, c) of each, as numbers of variables; int64, shape (num_triangles, 3)."""
        a, b, c = self.nodes_of_triangles.T
        return np.stack([self.variable(a, b)[0], self.variable(b, c)[0], self.variable(a, c)[0]], axis=1)

    def __len__(self) -> int:
        return len(self.pairs)

    def variable(self, u: Any, v: Any) -> tuple[np.ndarray, np.ndarray]:
        """Number of the variable of each pair (u, v), and whether its 1 means that u comes before v."""
        u, v = np.asarray(u, dtype=np.int64), np.asarray(v, dtype=np.int64)
        keys = np.minimum(u, v) * self._num_nodes + np.maximum(u, v)
        return np.searchsorted(self._keys, keys), u < v

    def add_triangles(self, builder: QuboBuilder, weight: float, offset: int = 0) -> None:
        """Add ``weight`` for every circle of three; the variables start at ``offset``."""
        ab, bc, ac = offset + self.triangles.T
        builder.add_linear(ac, weight)
        builder.add_pairs(ab, bc, weight)
        builder.add_pairs(ab, ac, -weight)
        builder.add_pairs(bc, ac, -weight)

    def add_backward(self, builder: QuboBuilder, u: Any, v: Any, weight: Any, offset: int = 0) -> None:
        r"""Add :math:`\sum_k w_k\, o_{v_k u_k}`: a cost for each u that comes after its v."""
        k, forward = self.variable(u, v)
        weight = np.broadcast_to(weight, k.shape)
        builder.add_constant(float(weight[forward].sum()))
        builder.add_linear(offset + k, np.where(forward, -weight, weight))

    def add_backward_times(self, builder: QuboBuilder, x: Any, u: Any, v: Any, weight: float, offset: int = 0) -> None:
        r"""Add :math:`w \sum_k x_{i_k}\, o_{v_k u_k}` for other variables :math:`x_i`."""
        k, forward = self.variable(u, v)
        x = np.asarray(x, dtype=np.int64)
        builder.add_linear(x[forward], weight)
        builder.add_pairs(x, offset + k, np.where(forward, -weight, weight))

    def spins(self, rank: np.ndarray) -> np.ndarray:
        """Spins of the order in which nodes have distinct ranks; int8, shape (num_pairs,)."""
        return np.where(rank[self.pairs[:, 0]] < rank[self.pairs[:, 1]], 1, -1).astype(np.int8)


def _eliminated(num_nodes: int, edges: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """Nodes in the order of their elimination, each with the nodes it is joined to in what is left, a clique then."""
    beside = [0] * num_nodes  # neighbours that are left, as bits
    for u, v in edges.tolist():
        beside[u] |= 1 << v
        beside[v] |= 1 << u
    queue = [(mask.bit_count(), v) for v, mask in enumerate(beside) if mask]
    heapq.heapify(queue)
    found = []
    gone = [False] * num_nodes
    while queue:
        degree, v = heapq.heappop(queue)
        if gone[v] or degree != beside[v].bit_count():
            continue
        gone[v] = True
        clique = _members(beside[v], num_nodes)
        found.append((v, clique))
        for u in clique.tolist():
            beside[u] = (beside[u] | beside[v]) & ~(1 << v | 1 << u)
            heapq.heappush(queue, (beside[u].bit_count(), u))
    return found


def _members(mask: int, num_nodes: int) -> np.ndarray:
    """Positions of the bits that are set."""
    packed = np.frombuffer(mask.to_bytes(num_nodes // 8 + 1, "little"), dtype=np.uint8)
    return np.flatnonzero(np.unpackbits(packed, bitorder="little")).astype(np.int64)
