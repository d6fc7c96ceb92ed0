"""Which edges lie on cycles."""

from __future__ import annotations

import numpy as np

from ising_problems.encoders.directed_graphs import components

__all__ = ["on_cycles"]


def on_cycles(n: int, edges: np.ndarray, *, directed: bool) -> np.ndarray:
    """Whether each edge lies on a cycle: inside a strongly connected component, or no bridge where undirected.

    Parameters
    ----------
    n : int
        Number of nodes.
    edges : numpy.ndarray of int, shape (m, 2)
        Positions of the ends, without parallel edges and self-loops.

    Returns
    -------
    numpy.ndarray of bool, shape (m,)
    """
    if directed:
        component = components(n, edges)
        return component[edges[:, 0]] == component[edges[:, 1]]
    import networkx as nx

    bridges = {frozenset(edge) for edge in nx.bridges(nx.Graph(edges.tolist()))}
    return np.array([frozenset(edge) not in bridges for edge in edges.tolist()], dtype=bool)
