"""Parallel tempering as a solver, driven by hand: known ground states, temperatures, attempts, options."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cim
import ising_problems as ip
from cim.solvers.base import Budget
from cim.solvers.tempering import ParallelTempering

OPTIONS = ParallelTempering.options


def _search(
    model: ip.IsingModel, steps: int, seed: int = 0, initial: Any = None, schedule: Any = None, **options: Any
) -> Any:
    solver = ParallelTempering()
    prepared = solver.prepare(model, schedule, {**OPTIONS, **options})
    search = solver.begin(prepared, Budget(steps=steps), np.random.default_rng(seed), initial)
    while not search.finished:
        search.advance()
    return search


def _wishart() -> ip.IsingModel:
    return ip.wishart_planted(24, 0.6, seed=1).model


@pytest.mark.parametrize(
    "model",
    [
        ip.sherrington_kirkpatrick(18, seed=0),
        ip.sherrington_kirkpatrick(18, couplings="binary", normalized=False, seed=1),
        ip.edwards_anderson((4, 5), seed=2),
        ip.edwards_anderson((20,), seed=3, couplings="gaussian"),
        ip.IsingModel(ip.edwards_anderson((4, 5), seed=2).J, np.arange(-10, 10)),
        ip.IsingModel(ip.sherrington_kirkpatrick(18, seed=4).J, 1e20 * np.eye(18)[3] - 0.1),
        _wishart(),
    ],
    ids=["gaussian", "binary", "lattice", "chain", "fields", "huge field", "planted"],
)
@pytest.mark.parametrize("cluster_moves", [None, True])
def test_ground_states_by_enumeration(model: ip.IsingModel, cluster_moves: bool | None) -> None:
    energy, _ = ip.ground_states(model)
    search = _search(model, 2000, cluster_moves=cluster_moves)
    assert model.energy(search.spins()[0]) == pytest.approx(energy, rel=1e-12)
    assert search.lowest() == (model.energy(search.spins()[0]) - model.offset, 0)
    assert search.attempts >= 5 and search.hits >= 3


def test_two_dimensional_lattice_needs_its_cluster_moves() -> None:
    """At equal sweeps every search with them finds the same energy, and those without end above it."""
    model = ip.edwards_anderson((24, 24), seed=0)
    found = [_search(model, 700, seed=seed).lowest()[0] for seed in range(4)]
    without = [_search(model, 700, seed=seed, cluster_moves=False).lowest()[0] for seed in range(4)]
    assert len(set(found)) == 1
    assert min(without) >= found[0] and sum(without) > sum(found)


def test_toroidal_benchmark_graph(instance: Callable[[str], Path]) -> None:
    """G11, 800 spins on a torus: the optimal cut is 564."""
    problem = ip.read(instance("G11.rud"))
    search = _search(problem.to_ising(), 300)
    assert problem.objective(problem.decode(search.spins()[0])) == 564


@pytest.mark.slow
def test_larger_toroidal_benchmark_graph(instance: Callable[[str], Path]) -> None:
    """G32, 2000 spins on a torus: the best cut known is 1410."""
    problem = ip.read(instance("G32.rud"))
    search = _search(problem.to_ising(), 2000)
    assert problem.objective(problem.decode(search.spins()[0])) == 1410


def test_sherrington_kirkpatrick_attempts_agree() -> None:
    """Independent attempts end in the same energy, the published finite-size value being -0.742 ± 0.01 at n = 200."""
    model = ip.sherrington_kirkpatrick(200, seed=0)
    first, second = _search(model, 3000, seed=0), _search(model, 3000, seed=1)
    assert first.lowest()[0] == pytest.approx(second.lowest()[0], rel=1e-12)
    assert first.hits >= 2
    assert first.lowest()[0] / 200 == pytest.approx(-0.742, abs=0.02)


@pytest.mark.parametrize("sparse", [False, True])
def test_steps_fix_the_result_however_they_are_sliced(sparse: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from cim.solvers import tempering

    model = ip.edwards_anderson((12, 12), seed=1) if sparse else ip.sherrington_kirkpatrick(60, seed=1)
    whole = _search(model, 403, seed=3)
    assert whole.steps_taken == 403
    monkeypatch.setattr(tempering, "_SLICE", 1)
    pieces = _search(model, 403, seed=3)
    np.testing.assert_array_equal(whole.spins(), pieces.spins())
    assert (whole.attempts, whole.hits) == (pieces.attempts, pieces.hits)


def test_enough_hits_end_the_search() -> None:
    solver = ParallelTempering()
    prepared = solver.prepare(ip.sherrington_kirkpatrick(20, seed=0), None, OPTIONS)
    search = solver.begin(prepared, Budget(hits=4), np.random.default_rng(0), None)
    while not search.finished:
        search.advance()
    assert search.hits == 4 and search.attempts >= 4


def test_a_warm_start_is_kept_until_something_better_is_found() -> None:
    model = ip.sherrington_kirkpatrick(150, seed=3)
    good = _search(model, 2000)
    warm = _search(model, 1, seed=9, initial=good.spins())
    assert warm.lowest()[0] <= good.lowest()[0]
    assert _search(model, 1, seed=9).lowest()[0] > good.lowest()[0]


def test_answers_are_local_minima() -> None:
    model = ip.sherrington_kirkpatrick(300, couplings="binary", normalized=False, seed=0)
    spins = _search(model, 10).spins()[0]
    assert (spins * model.local_fields(spins)).min() >= 0


@pytest.mark.parametrize("scale", [2.0**-30, 2.0**30])
def test_the_scale_of_the_couplings_does_not_matter(scale: float) -> None:
    model = ip.sherrington_kirkpatrick(40, seed=0)
    scaled = ip.IsingModel(scale * model.J)
    np.testing.assert_array_equal(_search(model, 100).spins(), _search(scaled, 100).spins())


def test_temperatures() -> None:
    solver = ParallelTempering()
    model = ip.sherrington_kirkpatrick(500, seed=0)
    default = solver.prepare(model, None, OPTIONS)
    assert default.details["temperatures"] == default.temperatures.tolist()
    assert 0.08 < default.temperatures[0] < 0.11 and 0.65 < default.temperatures[-1] < 0.8
    assert 12 <= len(default.temperatures) <= 20
    scheduled = solver.prepare(model, cim.linear(1.0, 0.2), {**OPTIONS, "temperatures": 5})
    row_norm = np.sqrt((model.J**2).sum() / 500)
    np.testing.assert_allclose(scheduled.temperatures, row_norm * np.linspace(0.2, 1.0, 5))


@pytest.mark.parametrize(
    ("model", "made"),
    [
        (ip.edwards_anderson((30, 30), seed=0), True),
        (ip.edwards_anderson((30, 30), couplings="gaussian", seed=0), True),
        (ip.edwards_anderson((10, 10, 10), seed=0), False),
        (ip.random_regular(1000, 3, seed=0), False),
        (ip.IsingModel(ip.edwards_anderson((30, 30), seed=0).J, np.ones(900, dtype=int)), False),
        (ip.sherrington_kirkpatrick(100, seed=0), False),
    ],
    ids=["square", "Gaussian square", "cubic", "random graph", "fields", "dense"],
)
def test_cluster_moves_are_made_where_clusters_do_not_percolate(model: ip.IsingModel, made: bool) -> None:
    assert ParallelTempering().prepare(model, None, OPTIONS).cluster_moves is made


@pytest.mark.parametrize(
    ("schedule", "options", "says"),
    [
        (None, {"temperatures": 1}, "temperatures: must be at least 2"),
        (None, {"cluster_moves": "yes"}, "cluster_moves: must be True, False or None"),
        (cim.linear(1.0, 0.0), {}, "schedule: a temperature must be greater than 0"),
        (cim.constant(0.5), {}, "schedule: the temperatures must differ"),
    ],
)
def test_the_door_names_the_argument(schedule: Any, options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ParallelTempering().prepare(ip.sherrington_kirkpatrick(10, seed=0), schedule, {**OPTIONS, **options})


@pytest.mark.parametrize("scale", [1e-200, 1e-120, 1e120, 1e200])
def test_couplings_of_any_magnitude(scale: float) -> None:
    model = ip.sherrington_kirkpatrick(14, seed=3)
    energy, _ = ip.ground_states(model)
    solution = cim.solve(ip.IsingModel(scale * model.J), "pt", steps=400, seed=0)
    assert solution.energy == pytest.approx(scale * energy, rel=1e-9)
    assert max(solution.info["temperatures"]) < 10.0 * scale
