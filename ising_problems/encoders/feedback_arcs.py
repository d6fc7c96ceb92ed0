r"""Feedback arc set: the lightest arcs whose removal leaves a directed graph without directed cycles.

An order of the nodes leaves the arcs that go backward, and removing those leaves no cycle; the topological order of
what a feedback arc set leaves makes all the arcs that go backward members of that set.  So the lightest set is that of
the order with the lightest backward arcs.  With the variables and the circles of three :math:`T` of
:mod:`ising_problems.encoders.orders`,

.. math:: E = \sum_{(u, v)} w_{uv}\, o_{vu} + A \sum_{abc} T_{abc} , \qquad w \ge 0 .

Only arcs inside strongly connected components lie on cycles; the others are kept, and cost no variables.

**Bound.**  :math:`A > \max_{abc} \min_{v \in \{a, b, c\}} \min(w^-_v, w^+_v)` with the weights of the arcs into and out
of a node within its component.  *Proof.*  Let some circle abc stand, and v be the best of its three nodes.  Put v
before all others: the circles through v, at least one, dissolve and no other changes, at the price of
:math:`w^-_v` at most, the arcs into v; put it after all others and the price is :math:`w^+_v` at most.  The cheaper of
the two lowers the energy.  So no ground state has a circle, and its energy is the weight of its backward arcs.

A. Lucas, arXiv:1302.5843, section 8.5; number 8 of R. M. Karp (1972).  **Erratum.**  His eq. 68 has the term
:math:`x_{uv,i} (2 - x_{u,i} - \sum_{j>i} x_{v,j})`, which is negative where v has two heights, and that can pay for the
second height: the arcs 0→2 and 1→2, which close no cycle, get the ground-state energy -1.  He takes N² + E (N + 1)
variables; with heights alone, without variables for arcs, N² would do; an order of pairs takes N (N - 1)/2 at most.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from ..model import IsingModel
from ..problem import checked_penalty
from .builder import QuboBuilder
from .directed_graphs import ArcAnswers, components, is_acyclic, topological_ranks
from .graph_input import indexed_graph
from .order_search import improved_order, order_without, tightened_order
from .orders import NodeOrder

__all__ = ["FeedbackArcSet"]


class FeedbackArcSet(ArcAnswers):
    r"""The lightest set of arcs whose removal leaves a directed graph acyclic.

    An answer is a set of arcs (u, v).  ``decode`` gives the arcs that go backward, whether or not that is enough.

    Parameters
    ----------
    graph : networkx.DiGraph, square numpy array, scipy.sparse array, or iterable of arcs
        Without self-loops and parallel arcs.  An undirected graph is taken as arcs both ways.
    weight : hashable or None, default None
        Arc attribute that holds the weights, which must not be negative; ``None`` counts every arc as 1.
    penalty : float or "auto"
        The weight A of a contradiction in the order.

    Attributes
    ----------
    graph : networkx.DiGraph
        A frozen copy of the input.
    weight : hashable or None
    penalty : float or "auto"

    Raises
    ------
    ValueError
        If the graph has parallel arcs or self-loops, a weight is negative or not finite, or the penalty is not
        positive.
    TypeError
        If ``graph`` is none of the accepted forms.

    Examples
    --------
    >>> problem = FeedbackArcSet([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")])
    >>> problem.num_spins, problem.decode([1, 1, 1])
    (3, frozenset({('c', 'a')}))
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "weight of removed arcs"
    statement: ClassVar[str] = "the lightest arcs without which a directed graph has no cycle"
    spin_count: ClassVar[str] = "edges of a chordal graph around the cycles, at most N (N - 1)/2"
    source: ClassVar[str] = "Lucas 8.5; Karp 8"

    weight: Hashable
    weights: np.ndarray
    penalty: float | Literal["auto"]

    def __init__(self, graph: Any, weight: Hashable = None, *, penalty: float | Literal["auto"] = "auto") -> None:
        own = indexed_graph(graph, weight=weight, directed=True)
        weights = own.weights if weight is not None else np.ones(len(own.edges), dtype=np.int64)
        negative = np.flatnonzero(weights < 0)
        if len(negative):
            u, v = (own.nodes[i] for i in own.edges[negative[0]])
            raise ValueError(
                f"weight: the arc {(u, v)!r} weighs {weights[negative[0]].item()}; weights must not be negative "
                "(an arc that pays for its removal is always removed: take it out first)"
            )
        if not np.isfinite(weights.sum(dtype=np.float64)):
            raise ValueError("weight: the weights add up to more than a float can hold; scale them down")
        self._keep(indexed=own, weight=weight, weights=weights, penalty=checked_penalty(penalty))

    def __repr__(self) -> str:
        return f"FeedbackArcSet({self._graph_text()}, weight={self.weight!r}, penalty={self.penalty!r})"

    @cached_property
    def _component(self) -> np.ndarray:
        """Number of each node's strongly connected component."""
        return components(len(self.nodes), self.edges)

    @cached_property
    def _cyclic(self) -> np.ndarray:
        """Which arcs lie on a cycle; bool, shape (num_edges,)."""
        u, v = self.edges.T
        return self._component[u] == self._component[v]

    @cached_property
    def _order(self) -> NodeOrder:
        return NodeOrder(len(self.nodes), self.edges[self._cyclic])

    @cached_property
    def variables(self) -> Sequence[Hashable]:
        """``("before", u, v)``: spin +1 says that node u comes before node v."""
        nodes = self.nodes
        return tuple(("before", nodes[u], nodes[v]) for u, v in self._order.pairs.tolist())

    @property
    def num_spins(self) -> int:
        """One for each pair of nodes whose order matters."""
        return len(self._order)

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring; an order's energy is the weight of its backward arcs."""
        builder = QuboBuilder(self.num_spins)
        u, v = self.edges[self._cyclic].T
        self._order.add_backward(builder, u, v, self.weights[self._cyclic])
        self._order.add_triangles(builder, self._penalty_weight())
        return builder.build(labels=self.variables)

    def _decode(self, spins: np.ndarray) -> frozenset[tuple[Hashable, Hashable]]:
        """The arcs that go backward."""
        where = np.flatnonzero(self._cyclic)
        k, forward = self._order.variable(*self.edges[where].T)
        return self._arcs(where[(spins[k] > 0) != forward] if len(where) else where)

    def encode(self, answer: Any) -> np.ndarray:
        """Spins of an order whose backward arcs are those of the answer.

        Raises
        ------
        ValueError
            If the answer leaves a cycle, or if it removes arcs that no order would: they are on no cycle, or others
            of the set make them superfluous; :meth:`repair` leaves such arcs out.
        """
        broken = self.violations(answer)
        if broken:
            raise ValueError(f"answer: not a feedback arc set: {broken[0]}")
        removed = self._indices(answer)
        outside = removed[~self._cyclic[removed]]
        inside = self._cyclic.copy()
        inside[removed] = False
        turned = self.edges[removed][:, ::-1]
        ranks = topological_ranks(len(self.nodes), np.concatenate([self.edges[inside], turned]))
        if len(outside) or ranks is None:
            which = f"the arc {self._arc(outside[0])!r} lies on no cycle" if len(outside) else "some arcs need not go"
            raise ValueError(
                f"answer: {which}, and an order of nodes cannot remove it; answer = problem.repair(answer) removes "
                "only arcs that must go"
            )
        return self._order.spins(ranks)

    def violations(self, answer: Any) -> list[str]:
        """Unknown arcs, and a directed cycle that is left."""
        found = self._parsed(answer)
        if isinstance(found, str):
            return [f"the answer is {found}"]
        kept, unknown = found
        broken = [f"{arc!r} is not an arc of the graph" for arc in unknown]
        left = np.ones(len(self.edges), dtype=bool)
        left[kept] = False
        if not is_acyclic(len(self.nodes), self.edges[left]):
            broken.append(f"the directed cycle {self._cycle_text(self.edges[left])} is left")
        return broken

    def objective(self, answer: Any) -> float:
        """Weight of the removed arcs; an int where weights are.

        Raises
        ------
        ValueError
            If the answer is not a set of arcs of the graph.
        """
        return self.weights[self._indices(answer)].sum().item()

    def penalty_bound(self) -> float:
        """Over all circles of three, the greatest least price of putting one of their nodes first or last.

        The proof is in the module's docstring.
        """
        n, (u, v) = len(self.nodes), self.edges[self._cyclic].T
        weights = self.weights[self._cyclic]
        price = np.minimum(np.bincount(u, weights, n), np.bincount(v, weights, n))
        prices = price[self._order.nodes_of_triangles].min(axis=1)
        return float(prices.max()) if len(prices) else 0.0

    def objective_bound(self) -> float:
        """Of every strongly connected component, the lightest arc or the lighter arcs of all pairs of opposite ones."""
        lightest: dict[int, float] = {}
        opposite: dict[int, float] = {}
        arcs = self.edges[self._cyclic].tolist()
        weights = dict(zip(map(tuple, arcs), self.weights[self._cyclic].tolist(), strict=True))
        for u, v in arcs:
            c, w = int(self._component[u]), weights[u, v]
            lightest[c] = min(lightest.get(c, w), w)
            if u < v and (v, u) in weights:
                opposite[c] = opposite.get(c, 0) + min(w, weights[v, u])
        return sum(max(w, opposite.get(c, 0)) for c, w in lightest.items())

    def repair(self, answer: Any) -> frozenset[tuple[Hashable, Hashable]]:
        """A feedback arc set, always: backward arcs of an order, improved by moving single nodes.

        The order is a topological one of what the answer leaves, or, if that has cycles, one with few backward arcs
        found greedily; then nodes move to better places while that helps, and arcs that need not go come back.
        """
        found = self._parsed(answer)
        removed = np.empty(0, dtype=np.int64) if isinstance(found, str) else found[0]
        left = self._cyclic.copy()
        left[removed] = False
        inside = np.flatnonzero(self._cyclic)
        n = len(self.nodes)
        weights = self.weights.tolist()
        arcs = [(*self.edges[k].tolist(), weights[k]) for k in inside.tolist()]
        start = order_without(n, [(*self.edges[k].tolist(), weights[k]) for k in np.flatnonzero(left).tolist()])
        rank = np.empty(n, dtype=np.int64)
        rank[tightened_order(n, arcs, improved_order(n, arcs, start))] = np.arange(n)
        u, v = self.edges[inside].T
        return self._arcs(inside[rank[u] > rank[v]])
