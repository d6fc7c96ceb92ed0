"""What kernels share: the hyperbolic tangent, and connected sets of sites."""

import networkx as nx
import numpy as np

from landscapes.clusters import connected_set
from landscapes.functions import tanh
from landscapes.jit import kernel


@kernel
def _tangents(values: np.ndarray, out: np.ndarray) -> None:
    for i in range(values.shape[0]):
        out[i] = tanh(values[i])


def test_hyperbolic_tangent() -> None:
    values = np.append(np.linspace(-20.0, 20.0, 100_001), [-np.inf, np.inf]).astype(np.float32)
    out = np.empty_like(values)
    _tangents(values, out)
    assert np.abs(out - np.tanh(values.astype(np.float64))).max() < 1e-4
    assert np.abs(out).max() <= 1.0
    np.testing.assert_array_equal(out, -out[np.append(np.arange(100_000, -1, -1), [100_002, 100_001])])
    small = np.array([1e-6, np.nan], dtype=np.float32)
    _tangents(small, out[:2])
    assert out[0] == small[0] and np.isnan(out[1])


@kernel
def _set_of(
    starts: np.ndarray, columns: np.ndarray, marks: np.ndarray, unseen: int, seen: int, seed: int, sites: np.ndarray
) -> int:
    return connected_set(starts, columns, marks, unseen, seen, seed, sites)


def test_connected_sets_are_those_of_the_graph() -> None:
    rng = np.random.default_rng(0)
    graph = nx.gnp_random_graph(60, 0.04, seed=1)
    rows = nx.to_scipy_sparse_array(graph, format="csr")
    marked = rng.random(60) < 0.7
    expected = {frozenset(part) for part in nx.connected_components(graph.subgraph(np.flatnonzero(marked).tolist()))}
    assert len(expected) > 3 and max(map(len, expected)) > 3
    for unseen, seen in ((1, 0), (1, 2)):
        marks = np.where(marked, unseen, 3).astype(np.int8)
        sites = np.empty(60, dtype=np.int64)
        found = set()
        for seed in np.flatnonzero(marked):
            if marks[seed] == unseen:
                size = _set_of(rows.indptr, rows.indices, marks, unseen, seen, seed, sites)
                found.add(frozenset(sites[:size].tolist()))
        assert found == expected
        np.testing.assert_array_equal(marks, np.where(marked, seen, 3))
