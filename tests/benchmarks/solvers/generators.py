"""Graphs and models like those of the G-set, made on the spot: held-out members of its families.

The G-set was drawn by the generator ``rudy`` of Rinaldi; these follow its descriptions (C. Helmberg, F. Rendl, "A
spectral bundle method for semidefinite programming", SIAM J. Optim. 10, 673 (2000)), not its random numbers.
"""

from __future__ import annotations

import numpy as np

import ising_problems as ip

__all__ = ["edges_of_random_graph", "edges_of_torus", "edges_of_two_planar_graphs", "max_cut", "random_qubo"]

Edges = tuple[np.ndarray, np.ndarray]


def max_cut(n: int, edges: Edges, weights: np.ndarray) -> ip.IsingModel:
    """Model whose energy is minus the weight of the cut: E = ½ Σ w s s - ½ Σ w."""
    import scipy.sparse as sp

    upper = sp.coo_array((-0.5 * weights.astype(np.float64), edges), shape=(n, n))
    return ip.IsingModel((upper + upper.T).tocsr(), offset=-0.5 * float(weights.sum()))


def edges_of_random_graph(n: int, num_edges: int, rng: np.random.Generator) -> Edges:
    """So many different pairs, uniformly (G1, G22, G43, G55, G70)."""
    codes = np.empty(0, dtype=np.int64)
    while len(codes) < num_edges:
        pairs = np.sort(rng.integers(0, n, (2 * num_edges, 2)), axis=1)
        pairs = pairs[pairs[:, 0] < pairs[:, 1]]
        codes = np.unique(np.concatenate([codes, pairs[:, 0] * n + pairs[:, 1]]))
    codes = rng.permutation(codes)[:num_edges]
    return codes // n, codes % n


def edges_of_two_planar_graphs(n: int, rng: np.random.Generator, kept: float = 0.99) -> Edges:
    """Union of two nearly maximal planar graphs on the same vertices (G14, G35; G18, G42 with weights ±1).

    Each is the Delaunay triangulation of random points, of which a share ``kept`` of the edges stays.
    """
    from scipy.spatial import Delaunay

    codes = []
    for _ in range(2):
        corners = Delaunay(rng.random((n, 2))).simplices
        pairs = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1)
        unique = np.unique(pairs[:, 0].astype(np.int64) * n + pairs[:, 1])
        codes.append(rng.permutation(unique)[: round(kept * len(unique))])
    union = np.unique(np.concatenate(codes))
    return union // n, union % n


def edges_of_torus(rows: int, columns: int) -> Edges:
    """Square lattice with periodic boundaries (G11, G32 with weights ±1; G48 with weights 1)."""
    sites = np.arange(rows * columns).reshape(rows, columns)
    right, below = np.roll(sites, -1, axis=1), np.roll(sites, -1, axis=0)
    return np.concatenate([sites.ravel(), sites.ravel()]), np.concatenate([right.ravel(), below.ravel()])


def random_qubo(n: int, density: float, rng: np.random.Generator) -> ip.IsingModel:
    """QUBO with integer entries in -100 ... 100, as Beasley's bqp instances of OR-Library: to be maximised, so -Q."""
    import scipy.sparse as sp

    i, j = edges_of_random_graph(n, round(density * n * (n - 1) / 2), rng)
    off_diagonal = 2 * rng.integers(-100, 101, len(i))  # x'Qx of a symmetric Q counts each pair twice
    diagonal = rng.integers(-100, 101, n)
    everything = np.concatenate([off_diagonal, diagonal]).astype(np.float64)
    rows, columns = np.concatenate([i, np.arange(n)]), np.concatenate([j, np.arange(n)])
    return ip.IsingModel.from_qubo(sp.coo_array((-everything, (rows, columns)), shape=(n, n)).tocsr())
