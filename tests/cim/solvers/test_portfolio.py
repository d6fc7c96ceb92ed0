"""The portfolio: its rule, what it solves exactly, bounds, confidence, time and targets."""

import time

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp

import cim
import ising_problems as ip
from cim.solvers.portfolio import choose


def _signs(n: int, seed: int) -> ip.IsingModel:
    upper = np.triu(np.random.default_rng(seed).choice([-1, 1], (n, n)), 1)
    return ip.IsingModel(upper + upper.T)


@pytest.mark.parametrize(
    ("model", "algorithm"),
    [
        (ip.sherrington_kirkpatrick(100, seed=0), "tabu"),
        (_signs(1000, 0), "memetic"),
        (ip.edwards_anderson((8, 8, 8), seed=0), "pxa"),
        (ip.random_regular(400, 20, seed=0), "memetic"),
        (ip.random_regular(2600, 10, seed=0), "pxa"),
    ],
)
def test_rule(model: ip.IsingModel, algorithm: str) -> None:
    assert choose(model) == algorithm
    solution = cim.solve(model, steps=20, seed=0)
    (component,) = solution.info["portfolio"]["components"]
    assert component["algorithm"] == algorithm and component["num_spins"] == model.num_spins


@pytest.mark.parametrize("strength", [1e4, 1e9])
def test_weak_couplings_beside_strong_ones_are_not_lost(strength: float) -> None:
    """A lattice with a clump of spins that are coupled far more strongly: the lattice must be solved all the same."""
    lattice = ip.edwards_anderson((6, 6, 6), seed=0, couplings="gaussian")
    clump = ip.sherrington_kirkpatrick(30, seed=1)
    couplings = sp.block_diag([lattice.J, strength * clump.J]).tolil()
    couplings[0, 216] = couplings[216, 0] = 0.5
    model = ip.IsingModel(sp.csr_array(couplings))
    solution = cim.solve(model, steps=20_000, seed=0)
    alone = cim.solve(lattice, steps=20_000, seed=0)
    assert lattice.energy(solution.spins[:216]) <= 0.995 * alone.energy


@pytest.mark.parametrize("penalty", [1e2, 1e5])
@pytest.mark.parametrize("algorithm", ["auto", "tabu", "memetic"])
def test_costs_beside_large_penalties_are_not_rounded_away(algorithm: str, penalty: float) -> None:
    """The assignment problem as a QUBO, whose answer is known: costs of order 1 decide among what penalties allow."""
    from scipy.optimize import linear_sum_assignment

    costs = np.random.default_rng(0).random((6, 6))
    rows, columns = np.divmod(np.arange(36), 6)
    clash = (rows[:, None] == rows) | (columns[:, None] == columns)
    quadratic = penalty * np.triu(clash, 1) * 2.0 + np.diag(costs.ravel() - 2.0 * penalty)
    model = ip.IsingModel.from_qubo(quadratic, offset=12.0 * penalty)
    best = costs[linear_sum_assignment(costs)].sum()
    solution = cim.solve(model, algorithm, steps=20_000, seed=0)
    assert solution.energy == pytest.approx(best, abs=1e-7)


def test_bits_are_not_used_where_a_mode_lies_far_below_the_rest() -> None:
    """Couplings drawn towards -1, as they are and seen through a gauge: the same problem, and as good an answer."""
    rng = np.random.default_rng(3)
    upper = np.triu(np.where(rng.random((2000, 2000)) < 0.7, -1, 1), 1)
    plain = ip.IsingModel(upper + upper.T)
    gauge = rng.choice([-1, 1], 2000)
    turned = ip.IsingModel(plain.J * np.outer(gauge, gauge))
    energies = [cim.solve(model, steps=20_000, seed=0).energy for model in (plain, turned)]
    assert abs(energies[0] - energies[1]) < 0.005 * abs(energies[0])


def test_what_reduction_solves_is_optimal_and_known_to_be() -> None:
    tree = ip.IsingModel.from_graph(nx.random_labeled_tree(3000, seed=0))
    solution = cim.solve(tree)
    assert solution.status is cim.Status.OPTIMAL and solution.energy == solution.lower_bound == -2999
    assert solution.info["portfolio"]["eliminated_spins"] == 3000
    lattice = ip.IsingModel.from_graph(nx.grid_graph((30, 30)))
    solution = cim.solve(lattice, time_limit=10.0)
    assert solution.status is cim.Status.OPTIMAL and solution.info["timings"]["search"] < 1.0
    assert solution.energy == -lattice.num_couplings


def test_small_components_are_enumerated() -> None:
    parts = [_signs(9, seed).J for seed in range(20)]
    model = ip.IsingModel(sp.csr_array(sp.block_diag(parts)))
    solution = cim.solve(model, seed=0)
    assert solution.status is cim.Status.OPTIMAL
    assert solution.energy == sum(ip.ground_states(ip.IsingModel(part))[0] for part in parts)


def test_components_are_searched_separately_and_many_together() -> None:
    parts = [_signs(30, seed).J for seed in range(25)]
    model = ip.IsingModel(sp.csr_array(sp.block_diag(parts)))
    solution = cim.solve(model, seed=0, steps=5000)
    sizes = [component["num_spins"] for component in solution.info["portfolio"]["components"]]
    assert sorted(sizes) == [30] * 16 + [9 * 30]
    alone = sum(cim.solve(ip.IsingModel(part), seed=1, steps=5000).energy for part in parts)
    assert solution.energy == alone


@pytest.mark.parametrize("scale", [1, 0.37])
def test_fields_and_couplings_of_any_kind_against_enumeration(scale: float) -> None:
    rng = np.random.default_rng(0)
    for seed in range(6):
        upper = np.triu(rng.integers(-2, 3, (26, 26)), 1) * (rng.random((26, 26)) < 0.5)
        model = ip.IsingModel(scale * (upper + upper.T), scale * rng.integers(-3, 4, 26))
        energy, _ = ip.ground_states(model)
        assert cim.solve(model, seed=seed, steps=3000).energy == pytest.approx(energy, rel=1e-12)


def test_the_bound_is_reported_and_holds() -> None:
    model = ip.sherrington_kirkpatrick(60, seed=3)
    solution = cim.solve(model, seed=0, steps=2000)
    assert -1.1 * 60 < solution.lower_bound < solution.energy
    whole = _signs(60, 3)
    solution = cim.solve(whole, seed=0, steps=2000)
    assert isinstance(solution.lower_bound, int) and solution.lower_bound < solution.energy


def test_default_effort_ends_by_itself_with_confidence() -> None:
    began = time.perf_counter()
    solution = cim.solve(ip.sherrington_kirkpatrick(60, seed=5), seed=0)
    assert time.perf_counter() - began < 20.0
    assert solution.status is cim.Status.COMPLETED
    assert 10 <= solution.info["hits"] <= solution.info["attempts"]


@pytest.mark.parametrize("limit", [0.1, 0.5])
@pytest.mark.parametrize(
    "model", [ip.sherrington_kirkpatrick(300, seed=0), ip.edwards_anderson((40, 40), seed=0)], ids=["dense", "sparse"]
)
def test_time_limits_are_kept(model: ip.IsingModel, limit: float) -> None:
    cim.solve(model, steps=5)  # compiles
    taken = []
    for seed in range(5):
        began = time.perf_counter()
        solution = cim.solve(model, time_limit=limit, seed=seed)
        taken.append(time.perf_counter() - began)
        assert solution.status is cim.Status.TIME_LIMIT
    assert min(taken) < limit + 0.05  # the least of five: the machine has other work as well


def test_a_limit_shorter_than_a_slice_runs_one() -> None:
    solution = cim.solve(ip.sherrington_kirkpatrick(200, seed=0), time_limit=1e-6, seed=0)
    assert solution.info["steps_total"] > 0
    assert solution.energy < -100.0


def test_targets() -> None:
    model = ip.sherrington_kirkpatrick(200, seed=1)
    easy = cim.solve(model, target=-0.6 * 200, time_limit=20.0, seed=0)
    assert easy.status is cim.Status.TARGET_REACHED and easy.info["timings"]["total"] < 10.0
    never = cim.solve(model, target=-200.0, time_limit=0.2, seed=0)
    assert never.status is cim.Status.TIME_LIMIT
    assert cim.solve(model, target=-200.0, steps=100, seed=0).status is cim.Status.COMPLETED


def test_a_schedule_is_refused() -> None:
    with pytest.raises(ValueError, match=r"schedule: the portfolio has none; name an algorithm"):
        cim.solve(ip.sherrington_kirkpatrick(20, seed=0), schedule=cim.linear(1.0, 0.0))


def test_an_interrupt_returns_the_best_so_far() -> None:
    model = ip.sherrington_kirkpatrick(400, seed=2)
    solution = cim.solve(model, time_limit=30.0, seed=0, callback=lambda progress: progress.elapsed > 0.3)
    assert solution.status is cim.Status.INTERRUPTED
    assert solution.energy < -0.7 * 400


def test_warm_start_is_never_lost() -> None:
    model = _signs(900, 4)
    good = cim.solve(model, time_limit=0.5, seed=0)
    again = cim.solve(model, initial=good.spins, steps=1, seed=1)
    assert again.energy <= good.energy
