r"""Minimal maximal matching: as few edges as possible, disjoint, that leave no edge with two unmatched ends.

With a 0/1 variable :math:`x_e` for each edge and :math:`y_v = \sum_{e \ni v} x_e`, the number of chosen edges at v,

.. math:: E = \sum_e x_e + B \sum_{uv} (1 - y_u)(1 - y_v) + \sum_v A_v \frac{y_v (y_v - 1)}{2} ,
          \qquad B > 1 , \quad A_v = (d_v - 1) B ,

a spin for each edge, :math:`d_v` the degree, and :math:`E =` number of edges for a maximal matching: A. Lucas,
arXiv:1302.5843, section 4.5, with C = 1.  He takes one :math:`A > (D - 2) B` for all nodes, D the greatest degree.
The penalty to choose is B.

**Penalty bound** B > 1; of A only :math:`A_v > (d_v - 2) B` and A > 0 are needed.  *Proof.*  Let F be the chosen edges,
:math:`V_0` the nodes without any.  In the second sum an edge within :math:`V_0` counts 1, one between :math:`V_0` and a
node u of :math:`y_u \ge 2` counts :math:`-(y_u - 1)`, and no other edge is negative.  As u has at most
:math:`d_u - y_u` neighbours in :math:`V_0`,

.. math:: E \ge |F| + B\, e(V_0) + \sum_{u:\, y_u \ge 2} (y_u - 1) \Big[ \tfrac12 A_u y_u - B (d_u - y_u) \Big] ,

where the bracket is positive: with :math:`A_u > (d_u - 2) B` and :math:`d_u \ge y_u` it exceeds
:math:`\tfrac12 B d_u (y_u - 2) \ge 0`.  Now take a maximal matching of F, of :math:`m_0` edges, and extend it to one of
the graph.  Let W be the nodes that F meets and the :math:`m_0` edges do not.  No edge of F joins two of them, and none
of their edges in F was taken, so :math:`|F| \ge m_0 + |W|`; an edge of the extension lies within :math:`V_0` or uses up
a node of W.  So there is a maximal matching of at most :math:`m_0 + |W| + e(V_0) \le |F| + e(V_0)` edges, which is no
more than E, and less than E if :math:`e(V_0) > 0` (because B > 1) or some :math:`y_u \ge 2`.  If neither is so, F is a
maximal matching itself.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from ..model import IsingModel
from ..problem import checked_penalty
from .builder import QuboBuilder
from .graph_input import indexed_graph
from .graphs import GraphProblem
from .matching_search import maximal_matching, small_maximal_matching
from .subsets import SubsetProblem
from .weights import unit_weights

__all__ = ["MinimalMaximalMatching"]


class MinimalMaximalMatching(SubsetProblem, GraphProblem):
    r"""As few disjoint edges as possible such that every edge shares a node with one of them; :math:`E =` their number.

    An answer is a set of edges, pairs of nodes in either order.  (Its edges also dominate all others with fewest edges:
    a smallest edge dominating set.)  :meth:`repair` makes any answer a maximal matching.

    Parameters
    ----------
    graph : networkx.Graph, square numpy array, scipy.sparse array, or iterable of edges
        Undirected, without self-loops and parallel edges.  Weights are ignored.
    penalty : float or "auto"
        The weight B of an edge with two unmatched ends; more than 1 is enough.  Two chosen edges with a common node of
        degree d cost (d - 1) B.

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
    >>> problem = MinimalMaximalMatching([("a", "b"), ("b", "c"), ("c", "d")])
    >>> problem.decode([-1, 1, -1])
    frozenset({('b', 'c')})
    >>> problem.violations({("a", "b")})
    ["the edge between 'c' and 'd' has two unmatched ends"]
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "edges in the matching"
    statement: ClassVar[str] = "as few disjoint edges as possible such that every edge meets one of them"
    spin_count: ClassVar[str] = "number of edges"
    source: ClassVar[str] = "Lucas 4.5"
    _noun: ClassVar[str] = "edge"
    _whole: ClassVar[str] = "the graph"

    def __init__(self, graph: Any, *, penalty: float | Literal["auto"] = "auto") -> None:
        own = indexed_graph(graph)
        self._keep(indexed=own, weights=unit_weights(len(own.edges)), penalty=checked_penalty(penalty))

    def __repr__(self) -> str:
        return f"MinimalMaximalMatching({self._graph_text()}, penalty={self.penalty!r})"

    @cached_property
    def _items(self) -> Sequence[Hashable]:
        return self._ends

    @property
    def _ends(self) -> tuple[tuple[Hashable, Hashable], ...]:
        nodes = self.nodes
        return tuple((nodes[u], nodes[v]) for u, v in self.edges.tolist())

    @cached_property
    def _position(self) -> Mapping[Hashable, int]:
        position: dict[Hashable, int] = {}
        for k, (u, v) in enumerate(self._ends):
            position[u, v] = position[v, u] = k
        return position

    @property
    def num_spins(self) -> int:
        """One spin for each edge."""
        return len(self.edges)

    def to_ising(self) -> IsingModel:
        r"""Model with the energy of the module's text: the number of edges of a maximal matching."""
        import scipy.sparse as sp

        b, n, m = self._penalty_weight(), len(self.indexed), self.num_spins
        ends: Any = sp.csr_array((np.ones(2 * m), (self.edges.ravel(), np.repeat(np.arange(m), 2))), shape=(n, m))
        degrees = np.bincount(self.edges.ravel(), minlength=n)
        a = b * np.maximum(degrees - 1, 0)
        products = (ends.T @ (b * self.indexed.adjacency + sp.diags_array(a)) @ ends).tocoo()  # both orders of a pair
        i, j = products.coords
        upper = i < j
        builder = QuboBuilder(m)
        builder.add_constant(b * m)
        builder.add_linear(np.arange(m), 1 + 0.5 * products.diagonal() - ends.T @ (b * degrees + 0.5 * a))
        builder.add_pairs(i[upper], j[upper], products.data[upper])
        return builder.build(labels=self.variables)

    def penalty_bound(self) -> float:
        """1, what a chosen edge costs: the module's text has the proof.  0 without edges."""
        return 1.0 if len(self.edges) else 0.0

    def objective_bound(self) -> int:
        """Half of any maximal matching, and edges by the most that one edge meets, rounded up.

        An edge of the smallest maximal matching meets at most two edges of another, and each of those is met.
        """
        return self._fewest

    @cached_property
    def _fewest(self) -> int:
        if not len(self.edges):
            return 0
        degrees = np.bincount(self.edges.ravel())
        u, v = self.edges.T
        most_met = int((degrees[u] + degrees[v] - 1).max())
        some = int(maximal_matching(self.edges, len(self.indexed), np.zeros(len(self.edges), dtype=bool)).sum())
        return max(-(-some // 2), -(-len(self.edges) // most_met))

    def _broken(self, chosen: np.ndarray) -> list[str]:
        nodes, n = self.nodes, len(self.indexed)
        counts = np.bincount(self.edges[chosen].ravel(), minlength=n)
        broken = [
            f"the node {nodes[v]!r} is in {counts[v]} edges of the matching"
            for v in np.flatnonzero(counts > 1).tolist()
        ]
        free = self.edges[(counts[self.edges] == 0).all(axis=1)]
        return broken + [
            f"the edge between {nodes[u]!r} and {nodes[v]!r} has two unmatched ends" for u, v in free.tolist()
        ]

    def _repaired(self, chosen: np.ndarray) -> np.ndarray:
        return small_maximal_matching(self.edges, self.indexed.adjacency, chosen, target=self._fewest)
