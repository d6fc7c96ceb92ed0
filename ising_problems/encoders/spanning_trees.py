r"""Degree-constrained spanning tree: the cheapest tree on all nodes in which none has more than D edges.

With arcs :math:`a_{uv}` away from a root r and an order of the other nodes
(:mod:`ising_problems.encoders.rooted_trees`),

.. math:: E = \sum_{uv} c_{uv} a_{uv} + A \Big[ \sum_{v \ne r} \Big(1 - \sum_u a_{uv}\Big)^2 + \sum_{uv} a_{uv}\, o_{vu}
              + \sum_{abc} T_{abc} + \sum_v K_v \Big] , \qquad c \ge 0 .

:math:`K_v` limits the children :math:`k_v = \sum_w a_{vw}` to D for the root and D - 1 elsewhere, and stands only for
nodes of more than D edges: :math:`k_v (k_v - 1)/2` for a limit of 1, else :math:`(k_v + z_v - \text{limit})^2` with a
slack z written in bits, of 0 … D - 1 (the root has a child, others may have none).

**Bound.**  :math:`A > M + U - S`, with S the cost and M the dearest edge of a minimum spanning tree, and U the cost of
any answer.  *Proof.*  Let the penalties add up to P ≥ 1 and the chosen edges leave q parts beside the root's; P ≥ q.
With q edges of the minimum spanning tree they connect all nodes, so they cost S - q M at least, and
:math:`E \ge S - q M + A P \ge S + (A - M)\, q > U` if q ≥ 1; if q = 0, :math:`E \ge S + A > U`.  So a ground state has
P = 0: one parent for each node, no cycle, degrees kept.  U comes from :meth:`DegreeConstrainedSpanningTree.repair`;
where that finds no answer, the N - 1 dearest edges cost at least as much as any.  If there is no answer, every ground
state shows violations.

A. Lucas, arXiv:1302.5843, section 8.1.  **Errata.**  In eq. 60 the degree is :math:`\sum_j j z_{v,j}` with independent
:math:`z_{v,1} \dots z_{v,D}`, which reaches D (D + 1)/2, so the limit binds nobody; and a penalty above the dearest
edge (eq. 61) is too small even with a proper slack, because one broken degree can save more than one edge's cost.  He
takes about N²/2 + E N + E + N log D variables; here it is 2E and the pairs of a chordal graph.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from ..checks import checked_integer
from ..model import IsingModel
from ..problem import checked_penalty
from .builder import QuboBuilder
from .graph_input import indexed_graph
from .rooted_trees import TreeProblem, checked_costs, degrees_of, minimum_forest
from .slack import slack_bits, slack_coefficients
from .tree_exchange import degree_constrained_tree

__all__ = ["DegreeConstrainedSpanningTree"]


class DegreeConstrainedSpanningTree(TreeProblem):
    r"""The cheapest spanning tree of a graph in which no node has more than ``max_degree`` edges.

    An answer is a set of edges (u, v); either order of the ends is taken, and a networkx graph for its edges.  With
    ``max_degree=2`` it is the cheapest Hamiltonian path.  Whether any answer exists is itself hard to tell; where none
    does, the ground states show violations.

    Parameters
    ----------
    graph : networkx.Graph, square numpy array, scipy.sparse array, or iterable of edges
        Undirected and connected, without self-loops and parallel edges.
    max_degree : int
        At least 1, and at least 2 where there are more than two nodes.
    weight : hashable or None, default "weight"
        Edge attribute that holds the cost, which must not be negative; ``None`` lets every edge cost 1.
    root : node, optional
        Where the encoding's trees grow from; a node of the most edges by default, which saves the most spins.
    penalty : float or "auto"
        The weight A of a broken constraint.

    Attributes
    ----------
    graph : networkx.Graph
        A frozen copy of the input.
    max_degree : int
    weight : hashable or None
    root : node
    penalty : float or "auto"

    Raises
    ------
    ValueError
        If the graph is empty, not connected or directed, has parallel edges or self-loops, a weight is negative or not
        finite, ``max_degree`` allows no tree, ``root`` is not a node, or the penalty is not positive.
    TypeError
        If ``graph`` is none of the accepted forms, or ``max_degree`` is not an integer.

    Examples
    --------
    >>> star = [("a", "b", 1), ("a", "c", 1), ("a", "d", 1), ("c", "d", 3)]
    >>> problem = DegreeConstrainedSpanningTree(star, max_degree=2)
    >>> sorted(problem.repair(()))
    [('a', 'b'), ('a', 'c'), ('c', 'd')]
    """

    statement: ClassVar[str] = "the cheapest spanning tree in which no node has more than D edges"
    spin_count: ClassVar[str] = "2E - degree of the root + edges of a chordal graph + slacks of ⌊log₂(D-1)⌋ + 1"
    source: ClassVar[str] = "Lucas 8.1"

    max_degree: int
    _minimum_tree: tuple[int, ...]  # numbers of the edges of a minimum spanning tree

    def __init__(
        self,
        graph: Any,
        max_degree: int,
        weight: Hashable = "weight",
        *,
        root: Hashable = None,
        penalty: float | Literal["auto"] = "auto",
    ) -> None:
        own = indexed_graph(graph, weight=weight)
        limit = checked_integer(max_degree, "max_degree", 1)
        n = len(own)
        if not n:
            raise ValueError("graph: a tree needs a node, but the graph has none")
        if limit < 2 and n > 2:
            raise ValueError(
                f"max_degree: a tree on {n} nodes has a node of two edges; at least 2 is needed, not {limit}"
            )
        costs = checked_costs(own, weight, "add the same amount to all of them: every spanning tree has as many edges")
        tree = minimum_forest(n, own.edges, np.argsort(costs, kind="stable").tolist())
        if len(tree) < n - 1:
            raise ValueError(
                f"graph: it has {n - len(tree)} components, and only a connected graph has a spanning tree; "
                "pass one component at a time"
            )
        if root is None:
            position = int(np.argmax(degrees_of(n, own.edges)))
        else:
            position = int(own.positions([root], "root")[0])
        self._keep(
            indexed=own,
            max_degree=limit,
            weight=weight,
            weights=costs,
            penalty=checked_penalty(penalty),
            _root=position,
            _minimum_tree=tuple(tree),
        )

    def __repr__(self) -> str:
        return (
            f"DegreeConstrainedSpanningTree({self._graph_text()}, max_degree={self.max_degree}, "
            f"weight={self.weight!r}, root={self.root!r}, penalty={self.penalty!r})"
        )

    @cached_property
    def _limited(self) -> np.ndarray:
        """Nodes whose children must be limited, and how many each may have; shape (k, 2)."""
        nodes = np.flatnonzero(degrees_of(len(self.nodes), self.edges) > self.max_degree)
        return np.stack([nodes, np.where(nodes == self._root, self.max_degree, self.max_degree - 1)], axis=1)

    @cached_property
    def _slacked(self) -> np.ndarray:
        """Those of them that need a slack, of 0 … max_degree - 1."""
        return self._limited[self._limited[:, 1] > 1]

    @cached_property
    def variables(self) -> Sequence[Hashable]:
        """``("parent", u, v)`` (u is the parent of v), ``("before", u, v)``, then ``("room", v, coefficient)``."""
        bits = slack_coefficients(self.max_degree - 1).tolist()
        slacks = [("room", self.nodes[v], k) for v in self._slacked[:, 0].tolist() for k in range(len(bits))]
        return (*self._shared_labels(), *slacks)

    @property
    def num_spins(self) -> int:
        """Arcs, pairs of nodes whose order matters, and slack bits."""
        bits = len(slack_coefficients(self.max_degree - 1))
        return len(self._arcs[0]) + len(self._order) + bits * len(self._slacked)

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring; a feasible tree's energy is its cost."""
        import scipy.sparse as sp

        n, weight, (parent, child, _) = self.num_spins, self._penalty_weight(), self._arcs
        builder = QuboBuilder(n)
        self._add_shared(builder, weight)
        others = np.flatnonzero(np.arange(len(self.nodes)) != self._root)
        builder.add_square_rows(self._incidence(child, n)[others], -1.0, weight)

        children = self._incidence(parent, n)
        single = children[self._limited[self._limited[:, 1] == 1, 0]]
        i, j = sp.triu(single.T @ single, 1).tocoo().coords
        builder.add_pairs(i, j, weight)

        coefficients = slack_coefficients(self.max_degree - 1)
        count = len(self._slacked)
        start = len(parent) + len(self._order)
        room = sp.csr_array(
            (
                np.tile(coefficients, count),
                (np.repeat(np.arange(count), len(coefficients)), start + np.arange(count * len(coefficients))),
            ),
            shape=(count, n),
        )
        builder.add_square_rows(children[self._slacked[:, 0]] + room, -self._slacked[:, 1], weight)
        return builder.build(labels=self.variables)

    def encode(self, answer: Any) -> np.ndarray:
        """Spins of a spanning tree within the limit: arcs away from the root, an order outward, and what room is left.

        Raises
        ------
        ValueError
            If the answer is not such a tree.
        """
        spins, parent = self._rooted_spins(self._checked(answer, "a spanning tree within the limit"))
        children = np.bincount(parent[parent >= 0], minlength=len(self.nodes))
        room = [
            2 * slack_bits(limit - int(children[v]), self.max_degree - 1) - 1 for v, limit in self._slacked.tolist()
        ]
        return np.concatenate([spins, *room]).astype(np.int8)

    def _broken(self, numbers: np.ndarray, part: np.ndarray) -> list[str]:
        """Missing connections, and nodes of too many edges."""
        broken = []
        parts = len(np.unique(part))
        if parts > 1:
            apart = self.nodes[int(np.flatnonzero(part != part[self._root])[0])]
            broken.append(f"the edges leave {parts} parts: {apart!r} is not connected with {self.root!r}")
        degrees = degrees_of(len(self.nodes), self.edges[numbers])
        broken += [
            f"node {self.nodes[v]!r} has {degrees[v]} edges; at most {self.max_degree} are allowed"
            for v in np.flatnonzero(degrees > self.max_degree).tolist()
        ]
        return broken

    @cached_property
    def _upper_bound(self) -> float:
        """Cost that the best answer does not exceed."""
        answer = self.repair(())
        if self.is_feasible(answer):
            return self.objective(answer)
        return float(np.sort(self.weights)[::-1][: len(self.nodes) - 1].sum())

    def penalty_bound(self) -> float:
        """M + U - S: dearest edge and cost of a minimum spanning tree, and the cost of some answer.

        The proof is in the module's docstring.
        """
        tree = self.weights[list(self._minimum_tree)]
        return float(tree.max() + self._upper_bound - tree.sum()) if len(tree) else 0.0

    def objective_bound(self) -> float:
        """Cost of a minimum spanning tree, whatever its degrees."""
        return self.weights[list(self._minimum_tree)].sum().item()

    @property
    def one_hot(self) -> Sequence[np.ndarray]:
        """The arcs into each node but the root."""
        return self._into(np.flatnonzero(np.arange(len(self.nodes)) != self._root))

    def repair(self, answer: Any) -> frozenset[tuple[Hashable, Hashable]]:
        """A spanning tree, always; within the limit where exchanges of edges lead there.

        The answer's edges are taken first, then the cheapest others; then single edges are exchanged, first for the
        sake of the degrees, then of the cost.
        """
        chosen = degree_constrained_tree(
            len(self.nodes), self.edges, self.weights, self.max_degree, self._start(answer).tolist()
        )
        return self._named(np.array(sorted(chosen), dtype=np.int64))
