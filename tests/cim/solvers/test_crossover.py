"""Partition crossover against all the ways to combine two configurations component by component."""

import itertools

import networkx as nx
import numpy as np
import pytest

import ising_problems as ip
from cim.solvers.crossover import PartitionCrossover
from cim.solvers.lanes import lane_couplings


def _components(model: ip.IsingModel, different: np.ndarray) -> list[list[int]]:
    graph = nx.from_scipy_sparse_array(model.J).subgraph(np.flatnonzero(different).tolist())
    return [sorted(component) for component in nx.connected_components(graph)]


def _with_fields(seed: int) -> ip.IsingModel:
    model = ip.edwards_anderson((9, 9), seed=seed)
    return ip.IsingModel(model.J, np.random.default_rng(seed).integers(-2, 3, 81))


@pytest.mark.parametrize("fields", [False, True])
@pytest.mark.parametrize("share", [0.15, 0.85])
def test_it_finds_the_best_of_all_combinations(fields: bool, share: float) -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        model = _with_fields(seed) if fields else ip.edwards_anderson((9, 9), seed=seed)
        x = 2 * rng.integers(0, 2, 81, dtype=np.int8) - 1
        y = np.where(rng.random(81) < share, -x, x).astype(np.int8)
        nearer = y if fields or np.count_nonzero(x != y) <= 40 else -y
        components = _components(model, x != nearer)
        assert (fields and share > 0.5) or len(components) > 3
        before, other = x.copy(), y.copy()
        couplings = lane_couplings(model)
        change = PartitionCrossover(couplings)(x, y)
        np.testing.assert_array_equal(y, other)
        assert couplings.unit * change == model.energy(x) - model.energy(before)
        lowest = min(
            int(model.energy(_turned(before, [c for c, take in zip(components, taken, strict=True) if take])))
            for taken in itertools.product([False, True], repeat=len(components))
        )
        assert model.energy(x) == lowest


def _turned(spins: np.ndarray, components: list[list[int]]) -> np.ndarray:
    turned = spins.copy()
    for component in components:
        turned[component] *= -1
    return turned


def test_what_changes_nothing_is_taken_over() -> None:
    model = ip.IsingModel([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]])
    x, y = np.ones(4, dtype=np.int8), np.array([1, 1, -1, -1], dtype=np.int8)
    assert PartitionCrossover(lane_couplings(model))(x, y) == 0
    np.testing.assert_array_equal(x, y)
