"""Signs of penalties: which models have them, and what algorithms do about it."""

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp

import cim
import ising_problems as ip
from cim.solvers.penalties import clustering, has_penalties
from cim.solvers.portfolio import choose
from ising_problems.encoders.builder import QuboBuilder


def _assignment(n: int, seed: int) -> ip.IsingModel:
    costs = np.random.default_rng(seed).integers(1, 100, (n, n)).astype(float)
    spins = np.arange(n * n).reshape(n, n)
    builder = QuboBuilder(n * n)
    builder.add_square(np.concatenate([spins, spins.T]), coefficients=-1, constant=1, weight=200.0)
    builder.add_linear(spins.ravel(), costs.ravel())
    return builder.build()


def _independent_set(nodes: int, edges: int, seed: int) -> ip.IsingModel:
    pairs = np.array(nx.gnm_random_graph(nodes, edges, seed=seed).edges)
    builder = QuboBuilder(nodes)
    builder.add_pairs(pairs[:, 0], pairs[:, 1], 2.0)
    builder.add_linear(np.arange(nodes), -1.0)
    return builder.build()


@pytest.mark.parametrize(
    ("model", "penalties", "algorithm"),
    [
        (_assignment(16, 0), True, "tabu"),
        (_independent_set(800, 4800, 0), True, "pxa"),
        (_independent_set(900, 300_000, 0), True, "tabu"),
        (ip.sherrington_kirkpatrick(900, seed=0), False, "memetic"),
        (ip.random_regular(1000, 20, seed=0), False, "memetic"),
        (ip.IsingModel(ip.random_regular(1000, 20, seed=0).J, np.random.default_rng(0).normal(size=1000)), False, None),
    ],
    ids=["assignment", "independent set", "dense independent set", "glass", "regular graph", "glass with fields"],
)
def test_models_with_penalties_are_told_from_others(
    model: ip.IsingModel, penalties: bool, algorithm: str | None
) -> None:
    assert has_penalties(model) is penalties
    assert choose(model) == (algorithm or "memetic")


def test_clustering_counts_triangles() -> None:
    cliques = ip.IsingModel(sp.csr_array(sp.block_diag([np.ones((5, 5)) - np.eye(5)] * 40)))
    assert clustering(cliques) == 1.0
    assert clustering(ip.edwards_anderson((6, 6, 6), seed=0)) == 0.0
    assert clustering(_assignment(16, 0)) == pytest.approx(14 / 29)  # two cliques of 15 neighbours


def test_annealing_of_penalties_goes_on_to_lower_temperatures() -> None:
    """Costs of 1 to 100 beside penalties of 200: at the end of an anneal, differences of the costs must still count."""
    model = _assignment(16, 0)
    energies = [cim.solve(model, "sa", steps=1000, replicas=8, seed=seed).energy for seed in range(6)]
    assert np.median(energies) < 400  # 436 down to a tenth of a row norm, as in glasses
