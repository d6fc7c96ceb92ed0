r"""Hamiltonian cycles and paths: every node of a graph once, along its edges.

With :math:`x_{v,j} = 1` where node v is at place j (see :mod:`.routes` for the variables and the symmetry breaking),

.. math:: E = A \Big[ \sum_v \Big(1 - \sum_j x_{v,j}\Big)^2 + \sum_j \Big(1 - \sum_v x_{v,j}\Big)^2
              + \sum_{u \neq v,\, (u,v) \notin \mathcal{E}} \sum_j x_{u,j}\, x_{v,j+1} \Big]

is A times a count that is 0 exactly for a Hamiltonian cycle (places modulo N) or path (the last sum stops at N-2), so
any A > 0 serves: A. Lucas, arXiv:1302.5843, section 7.1, where u = v must be excluded from the pairs that are no edge.
An encoded order of all nodes has an energy of A for each of its legs that is no edge.

A cycle may begin anywhere, hence :math:`(N-1)^2` spins with the first node at place 0.  A path may not: whichever node
were placed beforehand, another path through the graph may have it elsewhere, so a path takes :math:`N^2`.

A graph that is in pieces, or has a node without edges, has no cycle and no path, which is an answer like any other: its
ground energy is positive.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from ..model import IsingModel
from ..problem import checked_penalty
from .graph_input import indexed_graph
from .routes import Route
from .tour_search import complete_tour, follow_ways

__all__ = ["HamiltonianCycle", "HamiltonianPath"]


class _HamiltonianRoute(Route):
    """Orders of all nodes, judged by the legs that are no edges."""

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"

    penalty: float | Literal["auto"]

    def _take(self, graph: Any, penalty: Any, symmetry_breaking: bool) -> None:
        own = indexed_graph(graph, directed=None)
        if not len(own):
            raise ValueError("graph: at least one node is needed, but the graph is empty")
        if self.closed and not own.directed and len(own) == 2:
            raise ValueError(
                "graph: two nodes of an undirected graph have no cycle, which would use one edge twice; at least three "
                "nodes are needed, or a directed graph"
            )
        self._keep(indexed=own, penalty=checked_penalty(penalty), symmetry_breaking=bool(symmetry_breaking))

    @cached_property
    def _exists(self) -> np.ndarray:
        """Whether there is an edge from one position to another; bool, shape (N, N)."""
        n, (u, v) = len(self.nodes), self.edges.T
        exists = np.zeros((n, n), dtype=bool)
        exists[u, v] = True
        return exists if self.indexed.directed else exists | exists.T

    @abstractmethod
    def __repr__(self) -> str: ...

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring, 0 exactly for what is asked."""
        weight = self._penalty_weight()
        return self._model(weight * ~self._exists, weight, 0.0)

    def violations(self, answer: Any) -> list[str]:
        """Nodes not visited once, places without a node, legs that are no edge."""
        places = self._places(answer)
        if places is None:
            return ["the answer is not a list of nodes in order"]
        return [*self._visits(answer, places), *self._missing_legs(places, self._exists)]

    def objective(self, answer: Any) -> int:
        """Legs that are no edge, and nodes that are not visited or visited again; 0 exactly where nothing is broken.

        Raises
        ------
        ValueError
            If the answer is not a list of nodes and ``None``.
        """
        places = self._known_places(answer)
        visited = [place for place in places if place >= 0]
        missing = sum(not (u >= 0 and v >= 0 and self._exists[u, v]) for u, v in self._legs(places))
        distinct = len(set(visited))
        return missing + len(self.nodes) - distinct + len(visited) - distinct

    def energy_of(self, objective: float) -> float:
        """A times the number of missing legs."""
        return self._penalty_weight() * objective

    def penalty_bound(self) -> float:
        """0: the energy is A times a count that is 0 exactly for what is asked, so every A > 0 will do."""
        return 0.0

    def objective_bound(self) -> int:
        """0: no order has fewer missing legs."""
        return 0

    def repair(self, answer: Any) -> Any:
        """The answer's nodes in their order, the others inserted, then 2-opt and 3-opt against missing legs.

        Gives an order of all nodes from any answer; whether its legs are all edges depends on the graph and on luck.
        """
        if self.is_feasible(answer):
            return answer
        n = len(self.nodes)
        exists = self._exists
        if not self.closed:  # a node more, free to go to and from: where a closed route passes it, the path is cut
            exists = np.pad(exists, (0, 1), constant_values=True)
        order = complete_tour(self._skeleton(answer) + ([] if self.closed else [n]), 1.0 - exists)
        order = follow_ways(order, exists)
        if not self.closed:
            order = np.roll(order, -int(np.flatnonzero(order == n)[0]))[1:]
        return [self.nodes[i] for i in self._turned(order).tolist()]


class HamiltonianCycle(_HamiltonianRoute):
    """A cycle that visits every node of a graph once; the energy counts the edges that are missing.

    An answer is the list of nodes in order, from any of them; the way from the last back to the first belongs to it,
    and the first node may stand again at the end.
    ``decode`` gives the first node of the graph first, and ``None`` for a place that not exactly one node has taken.
    The energy of an encoded order is the penalty weight times :meth:`objective`.

    Parameters
    ----------
    graph : networkx.Graph or DiGraph, square numpy array, scipy.sparse array, or iterable of edges
        Directed or not; without self-loops and parallel edges.  A matrix is undirected if it is symmetric; edges of a
        list are undirected.  Weights are ignored.  It need not be connected: then there is no cycle, and the ground
        energy is positive.  A single node is a cycle by itself.
    penalty : float or "auto"
        The weight A, any positive number; ``"auto"`` is 1.
    symmetry_breaking : bool, default True
        Whether the first node is at place 0 beforehand and the spins of that node and place are left out.

    Attributes
    ----------
    graph : networkx.Graph or DiGraph
        A frozen copy of the input.
    penalty : float or "auto"
    symmetry_breaking : bool

    Raises
    ------
    ValueError
        If the graph is empty, has self-loops or parallel edges, or has two nodes and is undirected: a cycle would use
        an edge twice.
    TypeError
        If ``graph`` is none of the accepted forms.

    Examples
    --------
    >>> problem = HamiltonianCycle([("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")])
    >>> problem.num_spins, problem.decode(problem.encode(["c", "d", "a", "b"]))
    (9, ['a', 'b', 'c', 'd'])
    >>> problem.violations(["a", "c", "b", "d"])
    ["there is no edge from 'a' to 'c'", "there is no edge from 'b' to 'd'"]
    """

    objective_name: ClassVar[str] = "missing legs"
    statement: ClassVar[str] = "a cycle along the edges of a graph that visits every node once"
    spin_count: ClassVar[str] = "(N - 1)²"
    source: ClassVar[str] = "Lucas 7.1; Karp 9 (directed), 10 (undirected)"
    closed: ClassVar[bool] = True

    def __init__(
        self, graph: Any, *, penalty: float | Literal["auto"] = "auto", symmetry_breaking: bool = True
    ) -> None:
        self._take(graph, penalty, symmetry_breaking)

    def __repr__(self) -> str:
        return (
            f"HamiltonianCycle({self._graph_text()}, penalty={self.penalty!r}, "
            f"symmetry_breaking={self.symmetry_breaking})"
        )


class HamiltonianPath(_HamiltonianRoute):
    """A path that visits every node of a graph once; the energy counts the edges that are missing.

    An answer is the list of nodes in order; ``decode`` gives ``None`` for a place that not exactly one node has taken.
    The energy of an encoded order is the penalty weight times :meth:`objective`.  In an undirected graph a path and its
    reverse are two ground states.

    Parameters
    ----------
    graph : networkx.Graph or DiGraph, square numpy array, scipy.sparse array, or iterable of edges
        Directed or not; without self-loops and parallel edges.  A matrix is undirected if it is symmetric; edges of a
        list are undirected.  Weights are ignored.  It need not be connected: then there is no path, and the ground
        energy is positive.  A single node is a path by itself.
    penalty : float or "auto"
        The weight A, any positive number; ``"auto"`` is 1.

    Attributes
    ----------
    graph : networkx.Graph or DiGraph
        A frozen copy of the input.
    penalty : float or "auto"

    Raises
    ------
    ValueError
        If the graph is empty, or has self-loops or parallel edges.
    TypeError
        If ``graph`` is none of the accepted forms.

    Examples
    --------
    >>> problem = HamiltonianPath([("a", "b"), ("b", "c")])
    >>> problem.num_spins, problem.objective(["a", "b", "c"]), problem.objective(["a", "c", "b"])
    (9, 0, 1)
    """

    objective_name: ClassVar[str] = "missing legs"
    statement: ClassVar[str] = "a path along the edges of a graph that visits every node once"
    spin_count: ClassVar[str] = "N²"
    source: ClassVar[str] = "Lucas 7.1"
    closed: ClassVar[bool] = False

    def __init__(self, graph: Any, *, penalty: float | Literal["auto"] = "auto") -> None:
        self._take(graph, penalty, False)

    def __repr__(self) -> str:
        return f"HamiltonianPath({self._graph_text()}, penalty={self.penalty!r})"
