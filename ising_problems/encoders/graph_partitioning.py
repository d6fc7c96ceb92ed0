r"""Graph partitioning: two halves of a graph with the least weight of edges between them.

With a spin for each of the N nodes, and M their sum,

.. math:: E = A \big( M^2 - (N \bmod 2) \big) + \sum_{uv} w_{uv} \frac{1 - s_u s_v}{2} ,

which is the weight of the cut where the halves are equal (N even) or differ by one node (N odd).

*Bound.*  Let a state have m = \|M\| > 1, so the larger side S has (N + m)/2 nodes and the other side T (N - m)/2.
Moving any node v from S to T lowers the first term by :math:`A (m^2 - (m-2)^2) = 4 A (m - 1)` and raises the cut by
:math:`r_v = \sum_{u \in S} w_{uv} - \sum_{u \in T} w_{uv}`.  With :math:`D = \max_v \sum_u |w_{uv}|`,
:math:`w_+ = \max(0, \max w)` and :math:`w_- = \max(0, -\min w)`,

.. math:: r_v \le D \qquad\text{and}\qquad r_v \le w_+ \Big(\frac{N + m}{2} - 1\Big) + w_- \frac{N - m}{2} .

Write m₀ for the least unbalanced m, 2 for even N and 3 for odd.  If :math:`4 A (m - 1)` exceeds one of the two at
m₀, then at every larger m as well, since it grows by 8A for a step m → m + 2, while D does not grow and the other by
:math:`w_+ - w_-` at most, less than 8A.  So no unbalanced state is a ground state if

.. math:: A > \frac{1}{4 (m_0 - 1)} \min \Big( D ,\; w_+ \Big(\frac{N + m_0}{2} - 1\Big) + w_- \frac{N - m_0}{2} \Big) ,

which for unit weights and even N is :math:`A > \min(2 \Delta, N)/8`, with Δ the highest degree.

*Source*: A. Lucas, arXiv:1302.5843, section 2.2.  *Erratum*: eq. 10 prints :math:`\ge`; at equality unbalanced states
can tie with the best halves, as on two nodes joined by an edge, where A = 1/4 gives every state the energy 1.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, ClassVar, Literal

import numpy as np

from ..model import IsingModel
from ..problem import checked_penalty
from .cuts import TwoSides, check_total_weight
from .graph_input import indexed_graph
from .halving import improved_halves

__all__ = ["GraphPartitioning"]


class GraphPartitioning(TwoSides):
    r"""Two halves of a graph with the least weight of edges between them.

    An answer is a pair of sets of nodes, of equal size or, for an odd number of nodes, of sizes that differ by one.
    The energy of such an answer is the weight of the edges between its sets.

    Parameters
    ----------
    graph : networkx.Graph, square numpy array, scipy.sparse array, or iterable of edges
        Undirected, without self-loops and parallel edges.
    weight : hashable or None, default "weight"
        Edge attribute that holds the weight, of either sign.  An edge without it weighs 1; ``None`` lets every edge
        weigh 1.
    penalty : float or "auto"
        The weight A of the squared difference of the sizes.

    Attributes
    ----------
    graph : networkx.Graph
        A frozen copy of the input.
    weight : hashable or None
    weights : numpy.ndarray, shape (num_edges,)
    penalty : float or "auto"

    Raises
    ------
    ValueError
        If the graph is directed, has parallel edges or self-loops, or a weight is not a finite number.
    TypeError
        If ``graph`` is none of the accepted forms.

    Examples
    --------
    >>> problem = GraphPartitioning([("a", "b"), ("b", "c"), ("c", "d"), ("d", "a", 5)])
    >>> problem.objective(({"a", "d"}, {"b", "c"}))
    2
    >>> problem.violations(({"a"}, {"b", "c", "d"}))
    ['the sets have 1 and 3 nodes; they may not differ']
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "weight between the halves"
    statement: ClassVar[str] = "two halves of a graph with the least weight of edges between them"
    spin_count: ClassVar[str] = "N"
    source: ClassVar[str] = "Lucas 2.2"

    penalty: float | Literal["auto"]

    def __init__(self, graph: Any, weight: Hashable = "weight", *, penalty: float | Literal["auto"] = "auto") -> None:
        own = indexed_graph(graph, weight=weight)
        check_total_weight(own.weights)
        self._keep(indexed=own, weight=weight, weights=own.weights, penalty=checked_penalty(penalty))

    def __repr__(self) -> str:
        return f"GraphPartitioning({self._graph_text()}, weight={self.weight!r}, penalty={self.penalty!r})"

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring; every pair of nodes is coupled."""
        n, penalty = len(self.nodes), self._penalty_weight()
        J = np.full((n, n), -2.0 * penalty)
        np.fill_diagonal(J, 0)
        u, v = self.edges.T
        J[u, v] += self.weights / 2
        J[v, u] = J[u, v]
        offset = penalty * (n - n % 2) + float(self.weights.sum()) / 2
        return IsingModel(J, offset=offset, labels=self.variables, copy=False)

    def violations(self, answer: Any) -> list[str]:
        """What keeps the two sets from sharing out the nodes, and from being halves."""
        broken = self._misplaced(answer)
        if broken:
            return broken
        sizes = [len(frozenset(side)) for side in answer]
        allowed = len(self.nodes) % 2
        if abs(sizes[0] - sizes[1]) <= allowed:
            return []
        may = "they may differ by one" if allowed else "they may not differ"
        return [f"the sets have {sizes[0]} and {sizes[1]} nodes; {may}"]

    def repair(self, answer: Any) -> tuple[frozenset[Hashable], frozenset[Hashable]]:
        """Halves reached by moving the nodes that cost least, then exchanging pairs as Kernighan and Lin do.

        Every pair of sets that shares out the nodes becomes feasible.
        """
        return self._decode(improved_halves(len(self.nodes), self.edges, self.weights, self.encode(answer)))

    def penalty_bound(self) -> float:
        r"""Least A that makes every unbalanced state worse than one with a node moved to the smaller side.

        For unit weights and an even number of nodes, :math:`\min(2 \Delta, N)/8`; see the module's docstring.
        """
        n = len(self.nodes)
        least = 3 if n % 2 else 2
        if n < least or not len(self.edges):
            return 0.0
        strength = np.bincount(self.edges.ravel(), weights=np.repeat(np.abs(self.weights), 2), minlength=n)
        above, below = max(0.0, float(self.weights.max())), max(0.0, -float(self.weights.min()))
        spread = above * ((n + least) / 2 - 1) + below * (n - least) / 2
        return min(float(strength.max()), spread) / (4 * (least - 1))

    def objective_bound(self) -> float | None:
        """0 where no weight is negative."""
        return 0 if not np.any(self.weights < 0) else None
