"""Graphs as the graph problems take them: one door for networkx graphs, edge lists and adjacency matrices.

Whatever the user brings becomes a frozen, undirected, simple :class:`networkx.Graph` of the problem's own, and two
read-only arrays, the edges as pairs of node positions and their weights.  A frozen copy, because a problem must not
change when its user goes on editing the graph.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..checks import LARGEST_EXACT_FLOAT

if TYPE_CHECKING:
    import networkx as nx


def as_graph(graph: Any, weight: Hashable = "weight") -> nx.Graph:
    """Frozen simple graph from any of the forms that users bring.

    Parameters
    ----------
    graph : networkx.Graph, square numpy array, scipy.sparse array, or iterable of edges
        A matrix is an adjacency matrix on the nodes ``0 … n-1``, symmetric with zero diagonal, whose non-zero entries
        are the weights.  Edges are ``(u, v)``, ``(u, v, weight)`` or ``(u, v, attributes)``; a graph with isolated
        nodes cannot be given by its edges.
    weight : hashable
        Edge attribute under which the weights of a matrix or an edge list are kept.

    Returns
    -------
    networkx.Graph
        A copy that refuses to be changed.

    Raises
    ------
    ValueError
        For a directed graph, a multigraph, a self-loop, an edge given twice, a matrix that is not square or not
        symmetric.  The message says where, and what to do.
    TypeError
        If ``graph`` is none of the forms above.
    """
    import networkx as nx

    if isinstance(graph, nx.Graph):
        _check_simple(graph)
        own = graph if nx.is_frozen(graph) else graph.copy()
    elif hasattr(graph, "tocsr") or isinstance(graph, np.ndarray):
        own = _graph_of_matrix(graph, weight)
    elif isinstance(graph, Iterable) and not isinstance(graph, (str, bytes, dict)):
        own = _graph_of_edges(graph, weight)
    else:
        raise TypeError(
            "graph: a networkx.Graph, an adjacency matrix (numpy or scipy.sparse) or a list of edges is needed, "
            f"but it is a {type(graph).__name__}"
        )
    return nx.freeze(own)


def edge_positions(graph: nx.Graph) -> np.ndarray:
    """Edges as pairs of positions in the graph's order of nodes; read-only int64, shape (num_edges, 2)."""
    position = {node: i for i, node in enumerate(graph)}
    flat = [position[node] for edge in graph.edges() for node in edge]
    edges = np.array(flat, dtype=np.int64).reshape(-1, 2)
    edges.flags.writeable = False
    return edges


def edge_weights(graph: nx.Graph, weight: Hashable) -> np.ndarray:
    """Weights of the edges in the graph's order, 1 where an edge carries none.

    Parameters
    ----------
    graph : networkx.Graph
    weight : hashable or None
        The edge attribute; ``None`` counts every edge as 1.

    Returns
    -------
    numpy.ndarray, shape (num_edges,)
        Read-only; int64 where every weight is an integer, float64 otherwise.

    Raises
    ------
    ValueError
        If a weight is not a finite real number, or would be rounded.  The message names the edge.
    """
    if weight is None:
        values: list[Any] = [1] * graph.number_of_edges()
    else:
        values = [value for _, _, value in graph.edges(data=weight, default=1)]
    wholes = [isinstance(value, (int, np.integer)) for value in values]
    for whole, value, edge in zip(wholes, values, graph.edges(), strict=True):
        if not whole and not isinstance(value, (float, np.floating)):
            raise ValueError(
                f"weight: the edge {edge!r} has the {weight!r} {value!r}, which is not a real number; convert it first"
            )
        if not whole and not np.isfinite(value):
            raise ValueError(f"weight: the edge {edge!r} has the {weight!r} {value!r}; weights must be finite")
        if whole and abs(int(value)) > LARGEST_EXACT_FLOAT:
            raise ValueError(
                f"weight: the edge {edge!r} has the {weight!r} {value!r}, beyond 2**53, which would be rounded; "
                "divide out a common factor, or pass floats if rounding is acceptable"
            )
    weights = np.array(values, dtype=np.int64 if all(wholes) else np.float64)
    weights.flags.writeable = False
    return weights


def _check_simple(graph: nx.Graph) -> None:
    import networkx as nx

    if graph.is_directed():
        raise ValueError("graph: an undirected graph is needed; pass graph.to_undirected() if directions do not matter")
    if graph.is_multigraph():
        raise ValueError(
            "graph: parallel edges are not told apart; merge them first, for instance networkx.Graph(graph) keeps one "
            "of each, or add up their weights"
        )
    loop = next(nx.selfloop_edges(graph), None)
    if loop is not None:
        raise _self_loop(loop[0])


def _self_loop(node: Hashable) -> ValueError:
    return ValueError(
        f"graph: the node {node!r} has an edge to itself, which no answer can satisfy or cut; remove it first, "
        "for instance graph.remove_edges_from(list(networkx.selfloop_edges(graph)))"
    )


def _graph_of_matrix(matrix: Any, weight: Hashable) -> nx.Graph:
    import networkx as nx
    import scipy.sparse as sp

    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(
            f"graph: an adjacency matrix must be square, but its shape is {matrix.shape}; "
            "pass edges as a list of tuples (u, v) or (u, v, weight)"
        )
    if matrix.dtype.kind not in "biuf":
        raise ValueError(f"graph: an adjacency matrix holds real numbers, but the dtype is {matrix.dtype}")
    adjacency = sp.csr_array(matrix)  # keeps NaN as an entry: the weights are checked where they are used
    if matrix.dtype.kind == "b":
        adjacency = adjacency.astype(np.int64)
    adjacency.sum_duplicates()
    adjacency.eliminate_zeros()
    loops = np.flatnonzero(adjacency.diagonal())
    if len(loops):
        raise _self_loop(int(loops[0]))
    upper = sp.triu(adjacency, format="coo")
    lower = sp.triu(adjacency.T.tocsr(), format="coo")
    pairs = [
        dict(zip(zip(m.row.tolist(), m.col.tolist(), strict=True), m.data.tolist(), strict=True))
        for m in (upper, lower)
    ]
    for i, j in {**pairs[0], **pairs[1]}:
        forth, back = (half.get((i, j), 0) for half in pairs)
        if forth != back and not (forth != forth and back != back):  # a NaN equals nothing; it is refused as a weight
            raise ValueError(
                f"graph: an adjacency matrix must be symmetric, but entry [{i}, {j}] is {forth} and [{j}, {i}] is "
                f"{back}; pass matrix + matrix.T for a triangular one"
            )
    graph = nx.Graph()
    graph.add_nodes_from(range(matrix.shape[0]))
    graph.add_edges_from((i, j, {weight: value}) for (i, j), value in pairs[0].items())
    return graph


def _graph_of_edges(edges: Iterable[Any], weight: Hashable) -> nx.Graph:
    import networkx as nx

    graph = nx.Graph()
    for number, edge in enumerate(edges):
        if not isinstance(edge, (tuple, list)) or len(edge) not in (2, 3):
            raise ValueError(f"graph: edge {number} of the list is {edge!r}; (u, v) or (u, v, weight) is needed")
        u, v = edge[:2]
        try:
            hash((u, v))
        except TypeError:
            raise ValueError(f"graph: edge {number} of the list is {edge!r}; nodes must be hashable") from None
        if u is None or v is None:
            raise ValueError(f"graph: edge {number} of the list is {edge!r}; None cannot be a node")
        if u == v:
            raise _self_loop(u)
        if graph.has_edge(u, v):
            raise ValueError(f"graph: edge {number} of the list, {edge!r}, was given before; give each edge once")
        attributes = {} if len(edge) == 2 else edge[2] if isinstance(edge[2], dict) else {weight: edge[2]}
        graph.add_edge(u, v)
        graph.edges[u, v].update(attributes)
    return graph
