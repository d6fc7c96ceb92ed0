r"""Feedback vertex sets: the fewest nodes whose removal leaves a graph without cycles, directed or undirected.

**Directed.**  With :math:`y_v = 1` where node v is removed, and the variables of an order,
:math:`o_{uv} = 1 - o_{vu} = 1` where u comes before v, and its circles of three :math:`T`
(:mod:`ising_problems.encoders.orders`), kept nodes come before all their successors:

.. math:: E = \sum_v y_v + A \sum_{(u, v)} (1 - y_u)\, o_{vu} + A \sum_{abc} T_{abc} .

Without penalties the kept nodes are ordered along their arcs, so no cycle is left; and for every feedback vertex set
there is such an order: a topological one of the rest, then the removed nodes.  Only arcs inside strongly connected
components take part; the others are on no cycle.

**Bound.**  A > 1.  *Proof.*  Where a penalty stands, let v be the kept tail of its arc, or any node of its circle.
Remove v and put it last: its arc terms vanish, as do the circles through it, and an arc (w, v) leads forward now;
nothing else changes.  So the energy falls by A at least and rises by 1 at most.  All ground states are free of
penalties, and their energy is the number of removed nodes.

A. Lucas, arXiv:1302.5843, section 8.3, with N (N + 1) variables for heights; here it is N and the edges of a chordal
graph around the cycles, N (N + 1)/2 at most.  Number 7 of R. M. Karp (1972).

**Undirected.**  With the same variables, and :math:`p_{uv} = 1` where u is the parent of v, every kept node has at most
one neighbour before it, its parent:

.. math:: E = \sum_v y_v + A \sum_v Q_v + A \sum_{abc} T_{abc} , \qquad
          Q_v = \sum_u o_{uv} (1 - p_{uv} - y_v) + \sum_u p_{uv} y_v + \sum_{u < w} p_{uv} p_{wv} .

:math:`Q_v \ge 0`: for :math:`y_v = 0` each of its terms is; for :math:`y_v = 1` and m parents it is
:math:`\sum_u p_{uv} (1 - o_{uv}) + m (m - 1)/2`.  Where all penalties vanish the rest is a forest: on a cycle of kept
nodes the last one in the order would have two neighbours before it, and both would be its only parent.  Conversely,
order the kept forest from its roots outward, then the removed nodes: no penalty.  Edges that lie on no cycle take no
part.

**Bound.**  A > 1.  *Proof.*  Where a penalty stands, let v be the node whose :math:`Q_v` it is, or any node of its
circle.  Remove v, put it last, and clear all :math:`p_{uv}` and :math:`p_{vu}`: :math:`Q_v` and the circles through v
vanish.  :math:`Q_w` of another node does not rise: v contributes :math:`y_w p + p\,m' + o\,(1 - p - y_w)` to it, with
:math:`p = p_{vw}`, :math:`o = o_{vw}` and m' other parents of w, which is never negative, since
:math:`o\,(1 - p - y_w) \ge -p\,y_w`, and is 0 afterwards.  So the energy falls by A at least and rises by 1 at most.
All ground states are free of penalties, and their energy is the number of removed nodes.

A. Lucas, arXiv:1302.5843, section 8.4.  **Erratum.**  Eq. 66 forces :math:`y_{uv} = y_v` and :math:`y_{vu} = y_u` and
lets only one of the two stand for an edge; an edge between two removed nodes has both and costs A.  For the complete
graph on four nodes with A = 1.01 its ground states remove one node, E = 2.01, and leave a triangle.  He takes about
N²/2 + E N + N + 2E variables; here it is N + 2E and the edges of a chordal graph around the cycles.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from ..model import IsingModel
from ..problem import checked_penalty
from .builder import QuboBuilder
from .directed_graphs import components, is_acyclic, topological_ranks
from .feedback_search import feedback_nodes, forest_complement
from .forests import bridges, spanning_forest
from .graph_input import indexed_graph
from .node_removal import FeedbackVertexSet

__all__ = ["DirectedFeedbackVertexSet", "UndirectedFeedbackVertexSet"]


class DirectedFeedbackVertexSet(FeedbackVertexSet):
    r"""The fewest nodes whose removal leaves a directed graph without directed cycles.

    An answer is a set of nodes, those that are removed.

    Parameters
    ----------
    graph : networkx.DiGraph, square numpy array, scipy.sparse array, or iterable of arcs
        Without self-loops and parallel arcs; weights are ignored.  An undirected graph is taken as arcs both ways, and
        its feedback vertex sets are then its vertex covers.
    penalty : float or "auto"
        The weight A.

    Attributes
    ----------
    graph : networkx.DiGraph
        A frozen copy of the input.
    penalty : float or "auto"

    Raises
    ------
    ValueError
        If the graph has parallel arcs or self-loops, or the penalty is not positive.
    TypeError
        If ``graph`` is none of the accepted forms.

    Examples
    --------
    >>> problem = DirectedFeedbackVertexSet([("a", "b"), ("b", "a"), ("b", "c")])
    >>> problem.num_spins, problem.decode([-1, 1, -1, 1])
    (4, frozenset({'b'}))
    """

    statement: ClassVar[str] = "the fewest nodes without which a directed graph has no directed cycle"
    spin_count: ClassVar[str] = "N + edges of a chordal graph around the cycles, at most N (N + 1)/2"
    source: ClassVar[str] = "Lucas 8.3; Karp 7"

    def __init__(self, graph: Any, *, penalty: float | Literal["auto"] = "auto") -> None:
        own = indexed_graph(graph, directed=True)
        self._keep(indexed=own, penalty=checked_penalty(penalty))

    @cached_property
    def _cyclic(self) -> np.ndarray:
        component = components(len(self.nodes), self.edges)
        u, v = self.edges.T
        return component[u] == component[v]

    @cached_property
    def variables(self) -> Sequence[Hashable]:
        """``("removed", v)`` for each node, then ``("before", u, v)`` for pairs of nodes."""
        return (*(("removed", node) for node in self.nodes), *self._order_labels())

    @property
    def num_spins(self) -> int:
        """N and the pairs of nodes whose order matters."""
        return len(self.nodes) + len(self._order)

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring."""
        n, weight = len(self.nodes), self._penalty_weight()
        builder = QuboBuilder(self.num_spins)
        builder.add_linear(np.arange(n))
        u, v = self.edges[self._cyclic].T
        self._order.add_backward(builder, u, v, weight, n)
        self._order.add_backward_times(builder, u, u, v, -weight, n)
        self._order.add_triangles(builder, weight, n)
        return builder.build(labels=self.variables)

    def encode(self, answer: Any) -> np.ndarray:
        """Spins of a feedback vertex set, and of an order along the arcs of the rest, then of the removed nodes.

        Raises
        ------
        ValueError
            If the answer leaves a directed cycle.
        """
        removed = self._checked(answer)
        n = len(self.nodes)
        ranks = topological_ranks(n, self._left(removed))
        assert ranks is not None
        ranks[removed] += n
        spins = np.full(n, -1, dtype=np.int8)
        spins[removed] = 1
        return np.concatenate([spins, self._order.spins(ranks)])

    def violations(self, answer: Any) -> list[str]:
        """Unknown nodes, and a directed cycle that is left."""
        found = self._parsed(answer)
        if isinstance(found, str):
            return [f"the answer is {found}"]
        broken = [f"{node!r} is not a node of the graph" for node in found[1]]
        left = self._left(found[0])
        if not is_acyclic(len(self.nodes), left):
            broken.append(f"the directed cycle {self._cycle_text(left)} is left")
        return broken

    def objective_bound(self) -> int:
        """Of every strongly connected component, 1 or the size of a matching of nodes with arcs both ways."""
        component = components(len(self.nodes), self.edges)
        arcs = set(map(tuple, self.edges[self._cyclic].tolist()))
        matched: set[int] = set()
        pairs: dict[int, int] = {}
        for u, v in sorted(arcs):
            pairs.setdefault(int(component[u]), 0)
            if (v, u) in arcs and u not in matched and v not in matched:
                matched |= {u, v}
                pairs[int(component[u])] += 1
        return sum(max(1, count) for count in pairs.values())

    def repair(self, answer: Any) -> frozenset[Hashable]:
        """A feedback vertex set, always: of the kept nodes a line along the arcs, improved by exchanges."""
        return self._named(feedback_nodes(len(self.nodes), self.edges[self._cyclic], self._start(answer)))


class UndirectedFeedbackVertexSet(FeedbackVertexSet):
    r"""The fewest nodes whose removal leaves a forest.

    An answer is a set of nodes, those that are removed.

    Parameters
    ----------
    graph : networkx.Graph, square numpy array, scipy.sparse array, or iterable of edges
        Undirected, without self-loops and parallel edges; weights are ignored.
    penalty : float or "auto"
        The weight A.

    Attributes
    ----------
    graph : networkx.Graph
        A frozen copy of the input.
    penalty : float or "auto"

    Raises
    ------
    ValueError
        If the graph is directed, has parallel edges or self-loops, or the penalty is not positive.
    TypeError
        If ``graph`` is none of the accepted forms.

    Examples
    --------
    >>> problem = UndirectedFeedbackVertexSet([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")])
    >>> problem.num_spins, problem.violations(set())
    (13, ["the cycle 'b' – 'a' – 'c' – 'b' is left"])
    >>> problem.objective({"c"}), problem.is_feasible({"c"})
    (1, True)
    """

    statement: ClassVar[str] = "the fewest nodes without which a graph is a forest"
    spin_count: ClassVar[str] = "N + 2E + edges of a chordal graph, both of the edges on cycles"
    source: ClassVar[str] = "Lucas 8.4"

    def __init__(self, graph: Any, *, penalty: float | Literal["auto"] = "auto") -> None:
        self._keep(indexed=indexed_graph(graph), penalty=checked_penalty(penalty))

    @cached_property
    def _cyclic(self) -> np.ndarray:
        return ~bridges(len(self.nodes), self.edges)

    @cached_property
    def _parents(self) -> tuple[np.ndarray, np.ndarray]:
        """Both ends of every edge on a cycle, in both roles: parent and child, shape (2E,) each."""
        u, v = self.edges[self._cyclic].T
        return np.concatenate([u, v]), np.concatenate([v, u])

    @cached_property
    def variables(self) -> Sequence[Hashable]:
        """``("removed", v)``, then ``("parent", u, v)`` (u is the parent of v), then ``("before", u, v)``."""
        nodes = self.nodes
        parents = zip(*(side.tolist() for side in self._parents), strict=True)
        return (
            *(("removed", node) for node in nodes),
            *(("parent", nodes[u], nodes[v]) for u, v in parents),
            *self._order_labels(),
        )

    @property
    def num_spins(self) -> int:
        """N, two for each edge on a cycle, and the pairs of nodes whose order matters."""
        return len(self.nodes) + len(self._parents[0]) + len(self._order)

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring."""
        import scipy.sparse as sp

        n, weight, order = len(self.nodes), self._penalty_weight(), self._order
        u, v = self._parents
        p = n + np.arange(len(u))
        start = n + len(u)
        builder = QuboBuilder(self.num_spins)
        builder.add_linear(np.arange(n))
        # o_uv is backward for the pair (v, u)
        order.add_backward(builder, v, u, weight, start)
        order.add_backward_times(builder, p, v, u, -weight, start)
        order.add_backward_times(builder, v, v, u, -weight, start)
        builder.add_pairs(p, v, weight)
        into = sp.csr_array((np.ones(len(u)), (v, np.arange(len(u)))), shape=(n, len(u)))
        i, j = sp.triu(into.T @ into, 1).tocoo().coords
        builder.add_pairs(n + i, n + j, weight)
        order.add_triangles(builder, weight, start)
        return builder.build(labels=self.variables)

    def encode(self, answer: Any) -> np.ndarray:
        """Spins of a feedback vertex set, of the rest's trees from their first nodes outward, then the removed nodes.

        Raises
        ------
        ValueError
            If the answer leaves a cycle.
        """
        removed = self._checked(answer)
        n = len(self.nodes)
        left = np.zeros(n, dtype=bool)
        left[removed] = True
        usable = self._cyclic & ~left[self.edges].any(axis=1)
        parent, ranks = spanning_forest(n, self.edges[usable])
        ranks[removed] += n
        spins = np.full(n, -1, dtype=np.int8)
        spins[removed] = 1
        u, v = self._parents
        return np.concatenate([spins, np.where(parent[v] == u, 1, -1).astype(np.int8), self._order.spins(ranks)])

    def violations(self, answer: Any) -> list[str]:
        """Unknown nodes, and a cycle that is left."""
        found = self._parsed(answer)
        if isinstance(found, str):
            return [f"the answer is {found}"]
        broken = [f"{node!r} is not a node of the graph" for node in found[1]]
        left = self._left(found[0])
        cyclic = left[~bridges(len(self.nodes), left)]
        if len(cyclic):
            broken.append(f"the cycle {self._undirected_cycle_text(cyclic)} is left")
        return broken

    def objective_bound(self) -> int:
        r"""Least k of the greatest degrees d that reach :math:`\sum (d - 1) \ge E - N + c`, counting edges on cycles.

        A forest on the N - k kept nodes, some in each of the c components, has at most N - k - c edges, and the
        removed nodes touch at most :math:`\sum d` of them.
        """
        edges = self.edges[self._cyclic]
        degrees = np.bincount(edges.ravel(), minlength=len(self.nodes))
        degrees = np.sort(degrees[degrees > 0])[::-1]
        if not len(degrees):
            return 0
        labels = components(len(self.nodes), np.concatenate([edges, edges[:, ::-1]]))
        needed = len(edges) - len(degrees) + len(np.unique(labels[edges[:, 0]]))
        return int(np.searchsorted(np.cumsum(degrees - 1), needed)) + 1

    def repair(self, answer: Any) -> frozenset[Hashable]:
        """A feedback vertex set, always: of the kept nodes a forest, improved by exchanges."""
        return self._named(forest_complement(len(self.nodes), self.edges[self._cyclic], self._start(answer)))
