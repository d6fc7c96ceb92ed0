"""Graphs as the graph problems keep them: the nodes in order, the edges as pairs of positions, their weights.

Encoders work on those arrays; the networkx graph that goes with them is made when it is asked for.  Either way it is a
copy, because a problem must not change when its user goes on editing the graph.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..problem import Problem

if TYPE_CHECKING:
    import networkx as nx
    import scipy.sparse as sp

__all__ = ["GraphProblem", "IndexedGraph"]


@dataclass(frozen=True, eq=False)
class IndexedGraph:
    """A simple graph by positions.

    Attributes
    ----------
    nodes : tuple
        The nodes, in the user's order.
    edges : numpy.ndarray of int64, shape (num_edges, 2)
        Read-only positions of the ends; from tail to head where directed.
    weights : numpy.ndarray, shape (num_edges,)
        Read-only; int64 where every weight is an integer, float64 otherwise; 1 where an edge carries none.
    directed : bool
    """

    nodes: Sequence[Hashable]
    edges: np.ndarray
    weights: np.ndarray
    directed: bool
    _weight: Hashable
    _attributes: Any = None  # copies of what a networkx graph's nodes, edges and itself carried

    def __post_init__(self) -> None:
        self.edges.flags.writeable = False
        self.weights.flags.writeable = False

    def __len__(self) -> int:
        return len(self.nodes)

    @cached_property
    def position(self) -> dict[Hashable, int]:
        """Position of each node."""
        return {node: i for i, node in enumerate(self.nodes)}

    @cached_property
    def graph(self) -> nx.Graph:
        """The same as a frozen networkx graph, with the attributes that the user's had."""
        import networkx as nx

        graph = nx.DiGraph() if self.directed else nx.Graph()
        if self._attributes is not None:
            of_nodes, of_edges, own = self._attributes
            graph.graph.update(own)
            graph.add_nodes_from(zip(self.nodes, of_nodes, strict=True))
            places = zip(self.edges.tolist(), of_edges, self.weights.tolist(), strict=True)
            graph.add_edges_from(
                (self.nodes[u], self.nodes[v], {self._weight: weight} if values is None else values)
                for (u, v), values, weight in places
            )
            return nx.freeze(graph)
        graph.add_nodes_from(self.nodes)
        edges = zip(self.edges.tolist(), self.weights.tolist(), strict=True)
        graph.add_edges_from((self.nodes[u], self.nodes[v], {self._weight: weight}) for (u, v), weight in edges)
        return nx.freeze(graph)

    @cached_property
    def adjacency(self) -> sp.csr_array:
        """Which nodes are joined, 0 or 1; int8, shape (n, n); symmetric unless directed."""
        import scipy.sparse as sp

        n, (u, v) = len(self), self.edges.T
        if not self.directed:
            u, v = np.concatenate([u, v]), np.concatenate([v, u])
        return sp.csr_array((np.ones(len(u), dtype=np.int8), (u, v)), shape=(n, n))

    @cached_property
    def neighbours(self) -> tuple[frozenset[int], ...]:
        """Positions next to each position (its successors where directed)."""
        adjacency = self.adjacency
        starts, indices = adjacency.indptr.tolist(), adjacency.indices.tolist()
        return tuple(frozenset(indices[i:j]) for i, j in pairwise(starts))

    def positions(self, nodes: Iterable[Hashable], argument: str = "answer") -> np.ndarray:
        """Positions of nodes; a ``ValueError`` that names the argument and the node where one is unknown."""
        try:
            return np.array([self.position[node] for node in nodes], dtype=np.int64)
        except KeyError as error:
            raise ValueError(f"{argument}: {error.args[0]!r} is not a node of the graph") from None
        except TypeError:
            raise ValueError(f"{argument}: nodes of the graph are needed, but it is {nodes!r}") from None


class GraphProblem(Problem):
    """A problem on a graph; its ``__init__`` keeps an :class:`IndexedGraph` as ``indexed``."""

    indexed: IndexedGraph

    @property
    def graph(self) -> nx.Graph:
        """A frozen copy of the input."""
        return self.indexed.graph

    @property
    def nodes(self) -> Sequence[Hashable]:
        """The nodes, in the order of the input."""
        return self.indexed.nodes

    @property
    def edges(self) -> np.ndarray:
        """Positions of the ends of each edge; read-only int64, shape (num_edges, 2)."""
        return self.indexed.edges

    def _graph_text(self) -> str:
        return f"<{len(self.indexed)} nodes, {len(self.edges)} edges>"
