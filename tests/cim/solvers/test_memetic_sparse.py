"""Memetic annealing of sparse models: ground states, what a child inherits, populations, budgets."""

from collections.abc import Callable

import numpy as np
import pytest

import ising_problems as ip
from cim.solvers.base import Budget
from cim.solvers.lane_search import Individual
from cim.solvers.memetic_sparse import SparseMemetic, _Island

SOLVER = SparseMemetic()


def _island(
    model: ip.IsingModel,
    steps: int | None,
    seed: int,
    initial: np.ndarray | None = None,
    hits: int | None = None,
    **options: int,
) -> _Island:
    prepared = SOLVER.prepare(model, None, options)
    search = SOLVER.begin(prepared, Budget(steps=steps, hits=hits), np.random.default_rng(seed), initial)
    assert isinstance(search, _Island)
    return search


def _finish(search: _Island) -> _Island:
    while not search.finished:
        search.advance()
    return search


@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
@pytest.mark.parametrize("fields", [False, True])
def test_ground_states_of_a_lattice(couplings: str, fields: bool) -> None:
    model = ip.edwards_anderson((4, 5), seed=4, couplings=couplings)  # type: ignore[arg-type]
    if fields:
        model = ip.IsingModel(model.J, np.random.default_rng(1).integers(-1, 2, 20))
    energy, _ = ip.ground_states(model)
    search = _finish(_island(model, 20_000, 0))
    assert model.energy(search.spins()[0]) == pytest.approx(energy, rel=1e-12)
    assert search.lowest()[0] == pytest.approx(energy, rel=1e-6)


@pytest.mark.parametrize("fields", [False, True])
def test_a_child_has_what_its_parents_agree_on(fields: bool) -> None:
    model = ip.edwards_anderson((20, 20), seed=1)
    if fields:
        model = ip.IsingModel(model.J, np.ones(400, dtype=int))
    search = _island(model, 1, 0)
    rng = np.random.default_rng(1)
    first = 2 * rng.integers(0, 2, 400, dtype=np.int8) - 1
    second = np.where(rng.random(400) < 0.8, -first, first).astype(np.int8)
    child = search.mixed(Individual(first, 0), Individual(second, 0))
    nearer = second if fields else -second
    agreed = first == nearer
    np.testing.assert_array_equal(child[agreed], first[agreed])
    inherited = np.count_nonzero(child[~agreed] == first[~agreed])
    assert 0.3 < inherited / np.count_nonzero(~agreed) < 0.7


def test_a_child_replaces_the_member_it_is_like_or_else_the_worst() -> None:
    model = ip.edwards_anderson((10, 10), seed=1)
    search = _island(model, 1, 0)
    rng = np.random.default_rng(2)
    spins = 2 * rng.integers(0, 2, (4, 100), dtype=np.int8) - 1
    members = [Individual(spins[k], -10 * k) for k in range(3)]
    alike = -spins[2]
    alike[0] *= -1
    assert not search._admit(Individual(alike, -19), members)  # like the best, and worse
    assert [member.energy for member in members] == [0, -10, -20]
    assert search._admit(Individual(alike, -25), members)
    assert [member.energy for member in members] == [0, -10, -25]
    assert search._admit(Individual(spins[3], -5), members)
    assert [member.energy for member in members] == [-5, -10, -25]
    copy = Individual(-members[2].spins, -3)
    assert [member.energy for member in search._distinct([*members, copy])] == [-25, -10, -5]


def test_the_course_does_not_depend_on_the_slices() -> None:
    model = ip.edwards_anderson((12, 12), seed=2)
    results = []
    for length in (1, 40, 10**9):
        search = _island(model, 6000, 7, first_sweeps=100, child_sweeps=50)
        search.annealer.slice_sweeps = length
        results.append(_finish(search).spins().tolist())
        assert search.steps_taken == 6000
    assert results[0] == results[1] == results[2]


def test_a_warm_start_is_where_it_begins() -> None:
    model = ip.edwards_anderson((8, 8, 8), seed=1)
    good = _finish(_island(model, 3000, 0)).spins()
    search = _island(model, 2, 1, initial=good)
    np.testing.assert_array_equal(search.spins(), good)
    assert model.energy(_finish(search).spins()[0]) <= model.energy(good[0])


def test_it_ends_when_enough_epochs_agree() -> None:
    model = ip.edwards_anderson((5, 5), seed=1)
    search = _finish(_island(model, None, 0, hits=3, first_sweeps=50, child_sweeps=20))
    assert search.hits == 3 <= search.attempts
    assert search.lowest()[0] == ip.ground_states(model)[0]


@pytest.mark.parametrize(
    ("schedule", "options", "says"),
    [
        (0.5, {}, "schedule: "),
        (None, {"population": 1}, "population: "),
        (None, {"first_sweeps": 0}, "first_sweeps: "),
        (None, {"child_sweeps": "many"}, "child_sweeps: "),
    ],
)
def test_what_it_cannot_do_is_refused(schedule: object, options: dict, says: str) -> None:
    model = ip.edwards_anderson((4, 4), seed=1)
    with pytest.raises((ValueError, TypeError), match=says):
        SOLVER.prepare(model, schedule, options)


@pytest.mark.slow
def test_best_known_cuts(instance: Callable) -> None:
    """Literature: 11624 and 6660 are optimal or best known."""
    for name, cut in (("G1.rud", 11624), ("G43.rud", 6660)):
        problem = ip.read(instance(name))
        search = _finish(_island(problem.to_ising(), 150_000, 1))
        assert problem.objective(problem.decode(search.spins()[0])) == cut
