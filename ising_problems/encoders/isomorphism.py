r"""Graph isomorphism, and subgraph isomorphism: the nodes of one graph onto nodes of another, so that edges match.

With :math:`x_{v,i} = 1` where node v of the first graph goes to node i of the second, and with edge sets
:math:`\mathcal{E}_1, \mathcal{E}_2`,

.. math::
    E = A \sum_v \Big(1 - \sum_i x_{v,i}\Big)^2 + A \sum_i \Big(1 - \sum_v x_{v,i}\Big)^2
        + A \sum_{uv \in \mathcal{E}_1} \sum_{ij \notin \mathcal{E}_2} x_{u,i}\, x_{v,j}
        + A \sum_{uv \notin \mathcal{E}_1} \sum_{ij \in \mathcal{E}_2} x_{u,i}\, x_{v,j}

with :math:`u \neq v`, :math:`i \neq j`: each pair of nodes of the first graph once, in both orders in the second
(ordered pairs in both, where the graphs are directed).  A. Lucas, arXiv:1302.5843, section 9.  An isomorphism keeps
degrees, so only pairs of nodes with equal degrees (in and out, where directed) have a variable: at most :math:`N^2`.
For a subgraph (pattern N, target M nodes),

.. math::
    E = A \sum_v \Big(1 - \sum_i x_{v,i}\Big)^2 + A \sum_i \sum_{u<v} x_{u,i}\, x_{v,i}
        + A \sum_{uv \in \mathcal{E}_1} \sum_{ij \notin \mathcal{E}_2} x_{u,i}\, x_{v,j}

and, where the subgraph is to be induced, the fourth sum above as well.  A node needs a target of at least its degree,
and, where induced, of at least as many nodes that it is not joined to; so there are at most N M variables.

Every term is a non-negative whole number times A, and all are zero exactly for an isomorphism, so that any A > 0
serves.  Where there is none, perhaps because a node has no candidate at all, the ground energy is positive.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from .node_maps import NodeMap

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["GraphIsomorphism", "SubgraphIsomorphism"]


class GraphIsomorphism(NodeMap):
    """A one-to-one map between the nodes of two graphs that keeps edges and non-edges; the energy counts mismatches.

    An answer is a dict from each node of the first graph to a node of the second; ``decode`` gives ``None`` for a node
    that does not have exactly one target.  The energy of an encoded one-to-one map is the penalty weight times
    :meth:`objective`.

    Parameters
    ----------
    first, second : networkx.Graph or DiGraph, square numpy array, scipy.sparse array, or iterable of edges
        Both directed or both not, where both have edges; without self-loops and parallel edges.  A matrix is undirected
        if it is symmetric; edges of a list are undirected.  Weights are ignored.  Where sizes or degrees differ there
        is no isomorphism, and the ground energy is positive.
    penalty : float or "auto"
        The weight A, any positive number; ``"auto"`` is 1.

    Attributes
    ----------
    first, second : networkx.Graph or DiGraph
        Frozen copies of the input; ``graph`` is the second.
    penalty : float or "auto"

    Raises
    ------
    ValueError
        If one graph is directed and the other is not, or one has parallel edges or self-loops.
    TypeError
        If a graph is none of the accepted forms.

    Examples
    --------
    >>> problem = GraphIsomorphism([("a", "b"), ("b", "c")], [(1, 2), (1, 3)])
    >>> problem.variables
    (('a', 2), ('a', 3), ('b', 1), ('c', 2), ('c', 3))
    >>> problem.objective({"a": 2, "b": 1, "c": 3}), problem.objective({"a": 1, "b": 2, "c": 3})
    (0, 2)
    """

    objective_name: ClassVar[str] = "mismatched pairs"
    statement: ClassVar[str] = "a one-to-one map between the nodes of two graphs that keeps edges and non-edges"
    spin_count: ClassVar[str] = "pairs of nodes of equal degree, at most N²"
    source: ClassVar[str] = "Lucas 9"
    onto: ClassVar[bool] = True
    names: ClassVar[tuple[str, str]] = ("first", "second")

    def __init__(self, first: Any, second: Any, *, penalty: float | Literal["auto"] = "auto") -> None:
        self._take(first, second, penalty)

    def __repr__(self) -> str:
        return f"GraphIsomorphism({self._graph_text()}, penalty={self.penalty!r})"

    @property
    def first(self) -> nx.Graph:
        """The graph that is mapped."""
        return self._first.graph

    @property
    def second(self) -> nx.Graph:
        """The graph that it is mapped to."""
        return self._second.graph

    @property
    def _non_edges_match(self) -> bool:
        return True

    @cached_property
    def _candidates(self) -> np.ndarray:
        here, there = self._joined
        return (here.sum(axis=1)[:, None] == there.sum(axis=1)) & (here.sum(axis=0)[:, None] == there.sum(axis=0))


class SubgraphIsomorphism(NodeMap):
    """Nodes of a target graph that are joined as a pattern asks; the energy counts mismatches.

    An answer is a dict from each node of the pattern to a node of the target, no two to the same; ``decode`` gives
    ``None`` for a node that does not have exactly one.  The energy of an encoded map of that kind is the penalty weight
    times :meth:`objective`.

    Parameters
    ----------
    pattern, target : networkx.Graph or DiGraph, square numpy array, scipy.sparse array, or iterable of edges
        Both directed or both not, where both have edges; without self-loops and parallel edges.  A matrix is undirected
        if it is symmetric; edges of a list are undirected.  Weights are ignored.  A pattern that is larger than the
        target has no place in it, and the ground energy is positive.
    induced : bool, default False
        Whether nodes of the pattern that are not joined need targets that are not joined.
    penalty : float or "auto"
        The weight A, any positive number; ``"auto"`` is 1.

    Attributes
    ----------
    pattern, target : networkx.Graph or DiGraph
        Frozen copies of the input; ``graph`` is the target.
    induced : bool
    penalty : float or "auto"

    Raises
    ------
    ValueError
        If one graph is directed and the other is not, or one has parallel edges or self-loops.
    TypeError
        If a graph is none of the accepted forms.

    Examples
    --------
    A path in a triangle, but not as all that is there:

    >>> path, triangle = [("a", "b"), ("b", "c")], [(1, 2), (2, 3), (3, 1)]
    >>> SubgraphIsomorphism(path, triangle).is_feasible({"a": 1, "b": 2, "c": 3})
    True
    >>> SubgraphIsomorphism(path, triangle, induced=True).violations({"a": 1, "b": 2, "c": 3})
    ["'a' and 'c' are not joined, but 1 and 3 are"]
    """

    objective_name: ClassVar[str] = "mismatched pairs"
    statement: ClassVar[str] = "nodes of a target graph that are joined as a pattern asks"
    spin_count: ClassVar[str] = "pairs of nodes whose degrees allow it, at most N M"
    source: ClassVar[str] = "Lucas 9, with at most one node to each target"
    onto: ClassVar[bool] = False
    names: ClassVar[tuple[str, str]] = ("pattern", "target")

    induced: bool

    def __init__(
        self, pattern: Any, target: Any, induced: bool = False, *, penalty: float | Literal["auto"] = "auto"
    ) -> None:
        if not isinstance(induced, (bool, np.bool_)):
            raise TypeError(f"induced: True or False is needed, but it is {induced!r}")
        self._take(pattern, target, penalty)
        self._keep(induced=bool(induced))

    def __repr__(self) -> str:
        return f"SubgraphIsomorphism({self._graph_text()}, induced={self.induced}, penalty={self.penalty!r})"

    @property
    def pattern(self) -> nx.Graph:
        """The graph that is looked for."""
        return self._first.graph

    @property
    def target(self) -> nx.Graph:
        """The graph that it is looked for in."""
        return self._second.graph

    @property
    def _non_edges_match(self) -> bool:
        return self.induced

    @cached_property
    def _candidates(self) -> np.ndarray:
        allowed = np.ones((len(self._first), len(self._second)), dtype=bool)
        for axis in (0, 1):
            here, there = (joined.sum(axis=axis) for joined in self._joined)
            allowed &= here[:, None] <= there
            if self.induced:
                allowed &= len(self._first) - here[:, None] <= len(self._second) - there
        return allowed
