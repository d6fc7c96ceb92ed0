"""Partition-crossover annealing: ground states, reproducible courses, budgets."""

from collections.abc import Callable

import numpy as np
import pytest

import ising_problems as ip
from cim.solvers.base import Budget
from cim.solvers.lane_search import LaneSearch
from cim.solvers.pxa import PartitionCrossoverAnnealing, _Bandit

SOLVER = PartitionCrossoverAnnealing()


def _island(
    model: ip.IsingModel, steps: int | None, seed: int, initial: np.ndarray | None = None, hits: int | None = None
) -> LaneSearch:
    prepared = SOLVER.prepare(model, None, SOLVER.options)
    search = SOLVER.begin(prepared, Budget(steps=steps, hits=hits), np.random.default_rng(seed), initial)
    assert isinstance(search, LaneSearch)
    return search


def _finish(search: LaneSearch) -> LaneSearch:
    while not search.finished:
        search.advance()
    return search


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
@pytest.mark.parametrize("fields", [False, True])
def test_ground_states_of_a_lattice(couplings: str, fields: bool) -> None:
    model = ip.edwards_anderson((4, 5), seed=3, couplings=couplings)  # type: ignore[arg-type]
    if fields:
        model = ip.IsingModel(model.J, np.random.default_rng(1).integers(-1, 2, 20))
    energy, _ = ip.ground_states(model)
    search = _finish(_island(model, 5000, 0))
    assert model.energy(search.spins()[0]) == pytest.approx(energy, rel=1e-12)
    assert search.lowest()[0] == pytest.approx(energy, rel=1e-6)


def test_a_budget_in_steps_is_met_exactly() -> None:
    model = ip.edwards_anderson((6, 6, 6), seed=1)
    for steps in (1, 30, 1234):
        assert _finish(_island(model, steps, 0)).steps_taken == steps


def test_the_course_does_not_depend_on_the_slices() -> None:
    model = ip.edwards_anderson((12, 12), seed=2)
    results = []
    for length in (1, 40, 10**9):
        search = _island(model, 6000, 7)
        search.annealer.slice_sweeps = length
        results.append(_finish(search).spins().tolist())
    assert results[0] == results[1] == results[2]
    assert _finish(_island(model, 6000, 8)).annealer.flips != search.annealer.flips


def test_a_warm_start_is_where_it_begins() -> None:
    model = ip.edwards_anderson((8, 8, 8), seed=1)
    good = _finish(_island(model, 3000, 0)).spins()
    search = _island(model, 2, 1, initial=good)
    np.testing.assert_array_equal(search.spins(), good)
    assert model.energy(_finish(search).spins()[0]) <= model.energy(good[0])


def test_it_ends_when_enough_attempts_agree() -> None:
    model = ip.edwards_anderson((5, 5), seed=1)
    search = _finish(_island(model, None, 0, hits=3))
    assert search.hits == 3 <= search.attempts
    assert search.lowest()[0] == ip.ground_states(model)[0]


def test_the_bandit_prefers_what_gains_most_for_its_work() -> None:
    bandit = _Bandit(3, np.random.default_rng(0))
    chosen = []
    for _ in range(400):
        arm = bandit.choose()
        chosen.append(arm)
        bandit.learn(arm, [1.0, 1.0, 0.0][arm], [300.0, 100.0, 100.0][arm])
    counts = np.bincount(chosen, minlength=3)
    assert counts[1] > 250 and counts.min() > 15


@pytest.mark.parametrize(
    ("schedule", "options", "says"),
    [(0.5, {}, "schedule: "), (None, {"patience": 0}, "patience: "), (None, {"patience": 1.5}, "patience: ")],
)
def test_what_it_cannot_do_is_refused(schedule: object, options: dict, says: str) -> None:
    model = ip.edwards_anderson((4, 4), seed=1)
    with pytest.raises((ValueError, TypeError), match=says):
        SOLVER.prepare(model, schedule, options)


@pytest.mark.slow
def test_a_cubic_lattice_ends_below_a_long_anneal() -> None:
    """Of equal length; the ground state energy per spin is about -1.787."""
    model = ip.edwards_anderson((12, 12, 12), seed=1)
    search = _finish(_island(model, 60_000, 1))
    assert search.lowest()[0] / 1728 < -1.775


@pytest.mark.slow
def test_the_torus_g32(instance: Callable) -> None:
    problem = ip.read(instance("G32.rud"))
    model = problem.to_ising()
    search = _finish(_island(model, 120_000, 1))
    assert problem.objective(problem.decode(search.spins()[0])) >= 1408
