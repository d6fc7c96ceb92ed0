r"""Where the nodes of a graph go: deterministic layouts in which a typical edge has length 1.

Each connected component is laid out by itself and the components are packed side by side, since forces between
components only drive them apart.  Small ones minimise Kamada and Kawai's stress (T. Kamada, S. Kawai, Information
Processing Letters 31, 7, 1989); large ones start from the lowest eigenvectors of the normalised Laplacian, and are
evened out by the spring forces of Fruchterman and Reingold with their cut-off for far nodes (Software: Practice and
Experience 21, 1129, 1991): attraction :math:`d^2/k` along edges, repulsion :math:`k^2/d` up to a few :math:`k`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["node_positions"]

_STRESS_NODES = 120  # Kamada and Kawai's stress takes n² memory and about n³ time
_MANY_STARTS_NODES = 60  # up to here several starts are tried, and the clearest drawing is kept
_STARTS = 5
_SPRING_STEPS = 100
_REACH = 2.2  # distance, in units of k, beyond which nodes no longer repel each other
_TURN_NODES = 12  # smaller graphs keep their upright symmetric shapes
_BLOCK, _ORTHOGONAL_ITERATIONS, _STEPS_BETWEEN = 6, 40, 20
_GAP = 1.2  # between components


def node_positions(graph: nx.Graph, positions: Mapping[Hashable, Any] | None = None) -> np.ndarray:
    """Coordinates of the nodes, in the graph's order.

    Parameters
    ----------
    graph : networkx.Graph
    positions : mapping from node to (x, y), optional
        Otherwise the node attribute ``pos`` where every node has one, otherwise a layout, the same at every call.

    Returns
    -------
    numpy.ndarray of float64, shape (n, 2)

    Raises
    ------
    ValueError
        If a node has no position, or one that is not a pair of finite numbers.
    """
    if positions is None:
        attributes = {node: pos for node, pos in graph.nodes(data="pos") if pos is not None}
        if not attributes or len(attributes) < len(graph):
            return _packed_layout(graph)
        positions = attributes
    coordinates = np.empty((len(graph), 2))
    for i, node in enumerate(graph):
        if node not in positions:
            raise ValueError(f"positions: the node {node!r} has none; give (x, y) for every node")
        pair = np.asarray(positions[node])
        if pair.shape != (2,) or pair.dtype.kind not in "iuf" or not np.isfinite(pair).all():
            raise ValueError(f"positions: the node {node!r} needs two finite numbers, but has {positions[node]!r}")
        coordinates[i] = pair
    return coordinates


def _packed_layout(graph: nx.Graph) -> np.ndarray:
    import networkx as nx

    graph = nx.Graph(graph) if graph.is_directed() else graph
    index = {node: i for i, node in enumerate(graph)}
    members = [[index[node] for node in graph if node in component] for component in _components(graph)]
    adjacency = nx.to_scipy_sparse_array(graph, weight=None, dtype=np.float64, format="csr") if len(graph) else None
    boxes = [_component_layout(adjacency[nodes][:, nodes]) for nodes in members] if adjacency is not None else []
    extents = [np.ptp(box, axis=0) + _GAP for box in boxes]
    total = sum(float(width * height) for width, height in extents)
    row_width = max([float(np.sqrt(1.6 * total)), *(float(width) for width, _ in extents)], default=0.0)
    coordinates = np.empty((len(graph), 2))
    x = y = row_height = 0.0
    for k in sorted(range(len(boxes)), key=lambda k: -extents[k][1]):  # rows of components, the tallest first
        width, height = extents[k]
        if x > 0.0 and x + width > row_width * (1 + 1e-9):
            x, y, row_height = 0.0, y - row_height, 0.0
        coordinates[members[k]] = boxes[k] - [boxes[k][:, 0].min(), boxes[k][:, 1].max()] + [x, y]
        x, row_height = x + width, max(row_height, height)
    return coordinates


def _components(graph: nx.Graph) -> list[set[Hashable]]:
    import networkx as nx

    return list(nx.connected_components(graph))


def _component_layout(adjacency: Any) -> np.ndarray:
    """Coordinates of one connected component, with edges of length 1 on average."""
    n = adjacency.shape[0]
    if n == 1:
        return np.zeros((1, 2))
    xy = _stress_layout(adjacency) if n <= _STRESS_NODES else _spring_layout(adjacency)
    if n > _TURN_NODES:  # the long axis lies flat
        xy = xy - xy.mean(axis=0)
        _, axes = np.linalg.eigh(xy.T @ xy)
        xy = xy @ axes[:, ::-1]
    edges = adjacency.tocoo()
    lengths = np.linalg.norm(xy[edges.row] - xy[edges.col], axis=1)
    return xy / lengths.mean()


def _stress_layout(adjacency: Any) -> np.ndarray:
    """The clearest of the local minima of the stress that are reached from a circle and some other starts."""
    import networkx as nx

    graph = nx.from_scipy_sparse_array(adjacency)
    n = len(graph)
    angle = 2 * np.pi * np.arange(n) / n
    starts = [np.stack([np.sin(angle), np.cos(angle)], axis=1)]
    if n <= _MANY_STARTS_NODES:
        rng = np.random.default_rng(0)
        starts += [rng.permutation(starts[0]) for _ in range(_STARTS)]
        planar, embedding = nx.check_planarity(graph)
        if planar and n > 3:
            drawn = nx.combinatorial_embedding_to_pos(embedding)
            starts.append(np.array([drawn[i] for i in range(n)]) / n)
    best, fewest = starts[0], np.inf
    for start in starts:
        found = nx.kamada_kawai_layout(graph, pos=dict(enumerate(start)), weight=None)
        xy = np.array([found[i] for i in range(n)])
        faults = _faults(xy, adjacency)
        if faults < fewest:
            best, fewest = xy, faults
        if faults == 0:
            break
    return best


def _faults(xy: np.ndarray, adjacency: Any) -> float:
    """How hard a drawing is to read: edges that cross, and ten for each pair of nodes that nearly coincide."""
    edges = adjacency.tocoo()
    once = edges.row < edges.col
    u, v = edges.row[once], edges.col[once]
    if not len(u):
        return 0.0
    a, b = xy[u], xy[v]

    def side(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> np.ndarray:
        return np.sign((q - p)[..., 0] * (r - p)[..., 1] - (q - p)[..., 1] * (r - p)[..., 0])

    one, other = (a[:, None], b[:, None]), (a[None], b[None])
    apart = side(*one, other[0]) * side(*one, other[1]) < 0
    shared = (u[:, None] == u) | (u[:, None] == v) | (v[:, None] == u) | (v[:, None] == v)
    crossings = np.count_nonzero(apart & apart.T & ~shared) / 2
    distance = np.linalg.norm(xy[:, None] - xy[None], axis=2)[np.triu_indices(len(xy), 1)]
    return crossings + 10.0 * np.count_nonzero(distance < 0.3 * np.linalg.norm(a - b, axis=1).mean())


def _spring_layout(adjacency: Any) -> np.ndarray:
    from scipy.spatial import cKDTree

    n = adjacency.shape[0]
    xy = _spectral_layout(adjacency)
    side = np.sqrt(n)  # an area of 1 for each node, and k = 1
    xy *= side / np.ptp(xy, axis=0).max()
    xy += 0.1 * np.random.default_rng(0).standard_normal((n, 2))  # eigenvectors may put nodes on top of each other
    edges = adjacency.tocoo()
    once = edges.row < edges.col
    u, v = edges.row[once], edges.col[once]
    # Attraction in dense graphs would crush them: a node's pull is shared out among its edges beyond the third.
    degree = np.bincount(np.concatenate([u, v]), minlength=n)
    strength = 3.0 / np.maximum(3.0, np.minimum(degree[u], degree[v]))
    for temperature in np.linspace(0.12 * side, 0.0, _SPRING_STEPS, endpoint=False):
        near = cKDTree(xy).query_pairs(_REACH, output_type="ndarray")
        i, j = np.concatenate([near[:, 0], u]), np.concatenate([near[:, 1], v])
        offset = xy[i] - xy[j]
        distance = np.maximum(np.linalg.norm(offset, axis=1), 1e-3)
        push = 1.0 / distance**2
        push[len(near) :] = -distance[len(near) :] * strength
        force = np.empty((n, 2))
        for axis in (0, 1):
            pull = push * offset[:, axis]
            force[:, axis] = np.bincount(i, pull, n) - np.bincount(j, pull, n)
        norm = np.maximum(np.linalg.norm(force, axis=1, keepdims=True), 1e-12)
        xy += force / norm * np.minimum(norm, min(temperature, 1.0 + 0.1 * temperature))
    return xy


def _spectral_layout(adjacency: Any) -> np.ndarray:
    """The second and third eigenvectors of the random walk on the component, or what is as smooth.

    Orthogonal iteration on a block of vectors: it finds every member of a degenerate pair, as lattices have it, where
    a Krylov method started from one vector may miss one.
    """
    import scipy.sparse as sp

    n = adjacency.shape[0]
    scale = 1.0 / np.sqrt(adjacency.sum(axis=1))
    walk = sp.diags_array(scale) @ adjacency @ sp.diags_array(scale)
    lazy = sp.csr_array(0.5 * (walk + sp.eye_array(n)))  # no eigenvalue near -1 can be mistaken for a slow one
    block = np.random.default_rng(0).standard_normal((n, _BLOCK))
    block[:, 0] = 1.0 / scale  # the stationary one
    for _ in range(_ORTHOGONAL_ITERATIONS):
        block, _ = np.linalg.qr(block)
        for _ in range(_STEPS_BETWEEN):
            block = lazy @ block
    block, _ = np.linalg.qr(block)
    _, turn = np.linalg.eigh(block.T @ (lazy @ block))
    return (block @ turn)[:, [-2, -3]] * scale[:, None]
