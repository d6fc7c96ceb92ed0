"""Graphs as users bring them: one door for networkx graphs, edge lists and adjacency matrices.

:func:`indexed_graph` checks them and turns them into :class:`~ising_problems.encoders.graphs.IndexedGraph`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np

from ..checks import LARGEST_EXACT_FLOAT
from .graphs import IndexedGraph

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["indexed_graph"]

_NOTHING: dict[Any, Any] = {}


def indexed_graph(
    graph: Any, *, weight: Hashable = None, directed: bool | None = False, argument: str = "graph"
) -> IndexedGraph:
    """Simple graph from any of the forms that users bring.

    Parameters
    ----------
    graph : networkx.Graph, square numpy array, scipy.sparse array, or iterable of edges
        A matrix is an adjacency matrix on the nodes ``0 … n-1`` with zero diagonal, symmetric unless directed, whose
        non-zero entries are the weights.  Edges are ``(u, v)``, ``(u, v, weight)`` or ``(u, v, attributes)``; a graph
        with isolated nodes cannot be given by its edges.
    weight : hashable or None
        Edge attribute that holds the weights; ``None`` counts every edge as 1.
    directed : bool or None
        Which kind of graph is needed.  ``True`` takes an undirected one as edges both ways, and edges and matrices as
        directed ones; ``None`` keeps a networkx graph's own kind, and takes a matrix as undirected if it is symmetric
        and a list of edges as undirected.
    argument : str
        What error messages call it.

    Raises
    ------
    ValueError
        For a directed graph where none is wanted, a multigraph, a self-loop, an edge given twice, a matrix that is not
        square, or not symmetric where it must be, a weight that is not a finite real number or would be rounded.  The
        message says where, and what to do.
    TypeError
        If ``graph`` is none of the forms above, or ``weight`` cannot be an attribute's name.
    """
    import networkx as nx

    if isinstance(graph, IndexedGraph):
        return graph
    if not isinstance(weight, Hashable):
        raise TypeError(f"weight: the name of an edge attribute is needed, but it is a {type(weight).__name__}")
    if not (isinstance(graph, nx.Graph) or hasattr(graph, "tocsr") or isinstance(graph, np.ndarray)):
        if not isinstance(graph, Iterable) or isinstance(graph, (str, bytes, dict)):
            raise TypeError(
                f"{argument}: a networkx.Graph, an adjacency matrix (numpy or scipy.sparse) or a list of edges is "
                f"needed, but it is a {type(graph).__name__}"
            )
        graph = list(graph)
        if _looks_like_a_matrix(graph):
            raise ValueError(
                f"{argument}: a list of {len(graph)} lists may be edges or a matrix; pass numpy.array(...), or "
                "edges as tuples"
            )
        graph = _graph_of_edges(graph, "weight" if weight is None else weight, bool(directed), argument)
    if isinstance(graph, nx.Graph):
        return _of_networkx(graph, weight, directed, argument)
    return _of_matrix(graph, weight, directed, argument)


def _looks_like_a_matrix(rows: list[Any]) -> bool:
    """Whether a list of two or three lists, which could be edges, has the zero diagonal of an adjacency matrix."""
    if len(rows) not in (2, 3) or not all(isinstance(row, list) and len(row) == len(rows) for row in rows):
        return False
    return all(type(row[i]) in (int, float) and row[i] == 0 for i, row in enumerate(rows))


def _of_networkx(graph: nx.Graph, weight: Hashable, directed: bool | None, argument: str) -> IndexedGraph:
    import networkx as nx

    if graph.is_directed() and directed is False:
        raise ValueError(
            f"{argument}: an undirected graph is needed; pass graph.to_undirected() if directions do not matter"
        )
    if graph.is_multigraph():
        raise ValueError(
            f"{argument}: parallel edges are not told apart; merge them first, for instance networkx.Graph(graph) "
            "keeps one of each, or add up their weights"
        )
    loop = next(nx.selfloop_edges(graph), None)
    if loop is not None:
        raise _self_loop(loop[0], argument)
    nodes = tuple(graph)
    position = {node: i for i, node in enumerate(nodes)}
    around = dict(graph.adjacency())
    tails = np.repeat(np.arange(len(nodes)), [len(ends) for ends in around.values()])
    heads = np.array([position[end] for ends in around.values() for end in ends], dtype=np.int64)
    attributes: Iterable[Any] = [values for ends in around.values() for values in ends.values()]
    kind = graph.is_directed() if directed is None else directed
    if not kind:  # each edge stands at both its ends
        once = tails < heads
        tails, heads, attributes = tails[once], heads[once], compress(attributes, once.tolist())
    attributes = tuple(attributes)
    values = [1] * len(attributes) if weight is None else [own.get(weight, 1) for own in attributes]
    weights = _checked_weights(values, lambda k: (nodes[tails[k]], nodes[heads[k]]), weight, argument)
    edges = np.stack([tails, heads], axis=1).astype(np.int64, copy=False)
    rest = (
        tuple(_copied(own, None) for _, own in graph.nodes(data=True)),
        tuple(_copied(own, weight) for own in attributes),
        graph.graph.copy(),
    )
    return IndexedGraph(nodes, edges, weights, kind, weight, rest)


def _copied(attributes: dict[Any, Any], weight: Hashable) -> dict[Any, Any] | None:
    """Attributes as they are now; None stands for those of most edges, the weight alone, which is kept anyway."""
    if not attributes:
        return _NOTHING
    return None if len(attributes) == 1 and weight is not None and weight in attributes else attributes.copy()


def _checked_weights(values: list[Any], edge: Any, weight: Hashable, argument: str) -> np.ndarray:
    """Weights as an array; a ``ValueError`` that names the edge of one that is no finite real number."""
    if set(map(type, values)) <= {int} and max(map(abs, values), default=0) <= LARGEST_EXACT_FLOAT:
        return np.array(values, dtype=np.int64)
    wholes, large = True, None
    for k, value in enumerate(values):
        whole = isinstance(value, (int, np.integer))
        wholes &= whole
        if not whole and not isinstance(value, (float, np.floating)):
            raise ValueError(
                f"weight: the edge {edge(k)!r} has the {weight!r} {value!r}, which is not a real number; "
                "convert it first"
            )
        if not whole and not np.isfinite(value):
            raise ValueError(f"weight: the edge {edge(k)!r} has the {weight!r} {value!r}; weights must be finite")
        if whole and large is None and abs(int(value)) > LARGEST_EXACT_FLOAT:
            large = k
    if large is not None:
        raise ValueError(
            f"weight: the edge {edge(large)!r} has the {weight!r} {values[large]!r}, beyond 2**53, which would be "
            "rounded; divide out a common factor, or pass floats if rounding is acceptable"
        )
    return np.array(values, dtype=np.int64 if wholes else np.float64)


def _self_loop(node: Hashable, argument: str) -> ValueError:
    return ValueError(
        f"{argument}: the node {node!r} has an edge to itself, which no answer can satisfy or cut; remove it first, "
        "for instance graph.remove_edges_from(list(networkx.selfloop_edges(graph)))"
    )


def _of_matrix(matrix: Any, weight: Hashable, directed: bool | None, argument: str) -> IndexedGraph:
    import scipy.sparse as sp

    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(
            f"{argument}: an adjacency matrix must be square, but its shape is {matrix.shape}; "
            "pass edges as a list of tuples (u, v) or (u, v, weight)"
        )
    if matrix.dtype.kind not in "biuf":
        raise ValueError(f"{argument}: an adjacency matrix holds real numbers, but the dtype is {matrix.dtype}")
    adjacency: Any = sp.csr_array(matrix)  # keeps NaN as an entry
    if matrix.dtype.kind == "b":
        adjacency = adjacency.astype(np.int64)
    if not adjacency.has_canonical_format:
        adjacency = adjacency.copy()  # what follows works in place, and the matrix may be the user's own
        adjacency.sum_duplicates()
    if not np.all(adjacency.data):
        adjacency = adjacency.copy()
        adjacency.eliminate_zeros()
    n = matrix.shape[0]
    rows = np.repeat(np.arange(n, dtype=np.int64), np.diff(adjacency.indptr))
    columns = adjacency.indices.astype(np.int64)
    values = adjacency.data
    loops = np.flatnonzero(rows == columns)
    if len(loops):
        raise _self_loop(int(rows[loops[0]]), argument)
    if directed is None:
        directed = _first_asymmetry(adjacency) is not None
    if not directed:
        wrong = _first_asymmetry(adjacency)
        if wrong is not None:
            (i, j), forth, back = wrong
            raise ValueError(
                f"{argument}: an adjacency matrix must be symmetric, but entry [{i}, {j}] is {forth} and [{j}, {i}] "
                f"is {back}; pass matrix + matrix.T for a triangular one"
            )
        upper = rows < columns
        rows, columns, values = rows[upper], columns[upper], values[upper]
    weights = (
        np.ones(len(rows), dtype=np.int64) if weight is None else _weights_of_matrix(values, rows, columns, weight)
    )
    edges = np.stack([rows, columns], axis=1)
    return IndexedGraph(range(n), edges, weights, directed, "weight" if weight is None else weight)


def _weights_of_matrix(values: np.ndarray, rows: np.ndarray, columns: np.ndarray, weight: Hashable) -> np.ndarray:
    """The same checks as for single weights, on a whole array."""
    if values.dtype.kind == "f":
        bad = np.flatnonzero(~np.isfinite(values))
        wide = values.astype(np.float64)
    else:
        bad = np.flatnonzero((values > LARGEST_EXACT_FLOAT) | (values < -LARGEST_EXACT_FLOAT))
        wide = values.astype(np.int64)
    if len(bad):
        k = int(bad[0])
        _checked_weights([values[k].item()], lambda _: (int(rows[k]), int(columns[k])), weight, "graph")
    return wide


def _first_asymmetry(adjacency: Any) -> tuple[tuple[int, int], Any, Any] | None:
    """Where a matrix differs from its transpose, and the two entries; a NaN that faces a NaN does not count."""
    transposed = adjacency.T.tocsr()
    transposed.sort_indices()
    adjacency.sort_indices()
    same_pattern = np.array_equal(adjacency.indptr, transposed.indptr) and np.array_equal(
        adjacency.indices, transposed.indices
    )
    if same_pattern:
        differ = (adjacency.data != transposed.data) & ~(
            (adjacency.data != adjacency.data) & (transposed.data != transposed.data)
        )
        wrong = np.flatnonzero(differ)
        if not len(wrong):
            return None
        k = int(wrong[0])
        i = int(np.searchsorted(adjacency.indptr, k, side="right")) - 1
        j = int(adjacency.indices[k])
        return (i, j), adjacency.data[k].item(), transposed.data[k].item()
    dense = adjacency.tocoo(), transposed.tocoo()
    entries = [dict(zip(zip(m.row.tolist(), m.col.tolist(), strict=True), m.data.tolist(), strict=True)) for m in dense]
    for place in {**entries[0], **entries[1]}:
        forth, back = (half.get(place, 0) for half in entries)
        if forth != back and not (forth != forth and back != back):
            return place, forth, back
    return None


def _graph_of_edges(edges: Iterable[Any], weight: Hashable, directed: bool, argument: str) -> nx.Graph:
    import networkx as nx

    graph = nx.DiGraph() if directed else nx.Graph()
    for number, edge in enumerate(edges):
        if not isinstance(edge, (tuple, list)) or len(edge) not in (2, 3):
            raise ValueError(f"{argument}: edge {number} of the list is {edge!r}; (u, v) or (u, v, weight) is needed")
        u, v = edge[:2]
        try:
            hash((u, v))
        except TypeError:
            raise ValueError(f"{argument}: edge {number} of the list is {edge!r}; nodes must be hashable") from None
        if u is None or v is None:
            raise ValueError(f"{argument}: edge {number} of the list is {edge!r}; None cannot be a node")
        if u == v:
            raise _self_loop(u, argument)
        if graph.has_edge(u, v):
            raise ValueError(f"{argument}: edge {number} of the list, {edge!r}, was given before; give each edge once")
        attributes = {} if len(edge) == 2 else edge[2] if isinstance(edge[2], dict) else {weight: edge[2]}
        graph.add_edge(u, v)
        graph.edges[u, v].update(attributes)
    return graph
