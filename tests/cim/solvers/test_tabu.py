"""Iterated tabu search: the rule of an iteration, its bookkeeping, restarts, and the answers."""

from unittest import mock

import numpy as np
import pytest
import scipy.sparse as sp

import ising_problems as ip
from cim.solvers import fixed_point, tabu_kernels, tabu_sparse_kernels
from cim.solvers.base import Budget
from cim.solvers.fixed_point import FixedPoint
from cim.solvers.iterated_tabu import DenseTabu, IteratedTabu, SparseTabu, default_tenure
from cim.solvers.tabu import TabuSearch
from cim.solvers.tabu_sparse import SparseNumbers


def _random(n: int, seed: int, *, integer: bool = False, fields: bool = False, density: float = 1.0) -> ip.IsingModel:
    rng = np.random.default_rng(seed)
    values = rng.integers(-3, 4, (n, n)) if integer else rng.standard_normal((n, n))
    upper = np.triu(values * (rng.random((n, n)) < density), 1)
    h = (rng.integers(-3, 4, n) if integer else rng.standard_normal(n)) if fields else None
    return ip.IsingModel(upper + upper.T, h)


def _outlier(n: int, seed: int) -> ip.IsingModel:
    """One coupling far above the others: floats."""
    couplings = _random(n, seed).J.copy()
    couplings[0, 1] = couplings[1, 0] = 1e6
    return ip.IsingModel(couplings)


def _search(kind: str, seed: int = 0, n: int = 90, **arguments: int) -> tuple[ip.IsingModel, IteratedTabu]:
    rng = np.random.default_rng(seed)
    if kind.startswith("sparse"):
        model = _random(n, 1, integer=kind == "sparse int32", fields=True, density=max(0.1, 6 / n))
        numbers = SparseNumbers(ip.IsingModel(sp.csr_array(model.J), model.h))
        assert numbers.values.dtype.name == kind.split()[1]
        return model, SparseTabu(numbers, rng, **arguments)
    model = _outlier(n, 1) if kind.startswith("float") else _random(n, 1, integer=kind == "int8", fields=True)
    with mock.patch.object(fixed_point, "_MANY", 0 if kind == "float32" else 1000):  # what is large for float64
        couplings = FixedPoint(model)
    assert couplings.matrix.dtype.name == kind
    return model, DenseTabu(couplings, rng, **arguments)


KINDS = ["int8", "int16", "float32", "float64", "sparse int32", "sparse float64"]


@pytest.mark.parametrize("kind", KINDS)
def test_fields_energies_and_the_best_are_what_they_should_be(kind: str) -> None:
    model, search = _search(kind, restart=700)
    for _ in range(3):
        search.run(1234)
        n = model.num_spins
        here = search.configuration
        spins, fields, energy = here.spins.copy(), here.fields.copy(), here.energies[0]
        here.place(spins[:n])
        tolerance = 0.0 if fields.dtype.kind == "i" else 1e-4
        np.testing.assert_allclose(fields[:n], here.fields[:n], rtol=tolerance, atol=100 * tolerance)
        assert energy == pytest.approx(here.energies[0], rel=tolerance)
        assert (spins[n:] == 1).all()  # padding is never flipped
        here.place(search.best_spins())
        assert search.best_energy == pytest.approx(here.energies[0], rel=tolerance)
        assert search.best_energy <= energy
        here.place(spins[:n])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tenure", [1, 8])
def test_each_iteration_flips_the_least_gain_that_is_not_tabu(kind: str, tenure: int) -> None:
    """Against the rule written out: one iteration at a time, the tenure of the phase from the flips themselves."""
    model, search = _search(kind, tenure=tenure, patience=10**9, restart=10**9)
    spins = search.configuration.spins[: model.num_spins].astype(int)
    flips: list[int] = []
    best = model.energy(spins)
    aspirations = 0
    for _ in range(400):
        gains = spins * model.local_fields(spins)
        energy = model.energy(spins)
        search.run(1)
        after = search.configuration.spins[: model.num_spins].astype(int)
        (k,) = np.flatnonzero(after != spins)
        slack = 1e-3 * np.sqrt((model.J**2).sum() / model.num_spins)  # rounding of the couplings
        surely_free = np.ones(len(spins), dtype=bool)
        surely_free[flips[-tenure - tenure // 2 :]] = False
        assert gains[k] <= gains[surely_free].min() + slack
        if k in flips[-tenure:]:
            aspirations += 1
            assert energy + 2 * gains[k] < best + slack
        best = min(best, energy + 2 * gains[k])
        flips.append(int(k))
        spins = after
    assert aspirations < 100


@pytest.mark.parametrize("kind", ["int8", "int16", "sparse int32"])
def test_a_run_does_not_depend_on_how_it_is_cut(kind: str) -> None:
    _, whole = _search(kind, restart=900, patience=150)
    _, pieces = _search(kind, restart=900, patience=150)
    whole.run(4000)
    for length in (1, 7, 892, 100, 1000, 2000):
        pieces.run(length)
    np.testing.assert_array_equal(whole.configuration.spins, pieces.configuration.spins)
    np.testing.assert_array_equal(whole.best_spins(), pieces.best_spins())
    assert (whole.best_energy, whole.attempts, whole.hits) == (pieces.best_energy, pieces.attempts, pieces.hits)


@pytest.mark.parametrize("kind", KINDS)
def test_attempts_and_hits_are_counted(kind: str) -> None:
    model, search = _search(kind, n=16, restart=200, patience=60)
    search.run(200 * 20 + 1)
    assert search.attempts == 20
    assert 10 <= search.hits <= 20  # sixteen spins are easy
    energy, _ = ip.ground_states(model)
    assert model.energy(search.best_spins()) == pytest.approx(energy)
    hard = DenseTabu(FixedPoint(ip.sherrington_kirkpatrick(150, seed=0)), np.random.default_rng(0), restart=100)
    hard.run(100 * 50 + 1)
    assert hard.attempts == 50
    assert 0 <= hard.hits < 50  # a hundred iterations seldom find the same


@pytest.mark.parametrize("n", [2, 3, 4, 5, 8, 14])
@pytest.mark.parametrize("fields", [False, True])
def test_small_models_are_solved(n: int, fields: bool) -> None:
    solver = TabuSearch()
    for seed in range(5):
        model = _random(n, seed, fields=fields)
        island = solver.begin(solver.prepare(model, None, {}), Budget(steps=2000), np.random.default_rng(seed), None)
        while not island.finished:
            island.advance()
        energy, _ = ip.ground_states(model)
        assert model.energy(island.spins()[0]) == pytest.approx(energy)
        assert island.lowest()[0] == pytest.approx(energy, rel=1e-4)


def test_a_budget_of_steps_or_hits_ends_the_search() -> None:
    solver = TabuSearch()
    model = ip.sherrington_kirkpatrick(30, seed=0)
    prepared = solver.prepare(model, None, {})
    island = solver.begin(prepared, Budget(steps=777), np.random.default_rng(0), None)
    while not island.finished:
        island.advance()
    assert island.steps_taken == 777
    island = solver.begin(prepared, Budget(hits=3), np.random.default_rng(0), None)
    while not island.finished:
        assert island.hits < 3
        island.advance()
    assert 3 <= island.hits <= island.attempts


def test_a_warm_start_is_where_the_first_attempt_begins() -> None:
    solver = TabuSearch()
    model = ip.sherrington_kirkpatrick(60, seed=0)
    prepared = solver.prepare(model, None, {})
    start = np.random.default_rng(3).choice(np.array([-1, 1], dtype=np.int8), (1, 60))
    island = solver.begin(prepared, Budget(), np.random.default_rng(0), start)
    np.testing.assert_array_equal(island.spins(), start)
    assert island.lowest()[0] == pytest.approx(model.energy(start[0]), rel=1e-3)


def test_large_sparse_models_are_not_made_dense() -> None:
    solver = TabuSearch()
    model = ip.edwards_anderson((50, 60), seed=0)
    prepared = solver.prepare(model, None, {})
    assert isinstance(prepared, SparseNumbers) and prepared.exact
    assert isinstance(solver.prepare(ip.edwards_anderson((30, 30), seed=0), None, {}), FixedPoint)
    island = solver.begin(prepared, Budget(steps=100_000), np.random.default_rng(0), None)
    while not island.finished:
        island.advance()
    assert model.energy(island.spins()[0]) == island.lowest()[0] < -1.3 * 3000  # the ground state is near -1.4


def test_both_kernels_count_in_the_same_places() -> None:
    for name in ("STALLED", "TENURE", "SLOT", "AGE", "ATTEMPTS", "HITS", "ATTEMPT_BEST", "BEST"):
        assert getattr(tabu_kernels, name) == getattr(tabu_sparse_kernels, name)


def test_a_schedule_is_refused() -> None:
    with pytest.raises(ValueError, match="schedule: tabu search has none"):
        TabuSearch().prepare(ip.sherrington_kirkpatrick(5, seed=0), lambda u: u, {})


def test_the_tenure_leaves_spins_free() -> None:
    assert [default_tenure(n) for n in (2, 3, 4, 8, 40, 100, 400, 10_000)] == [1, 1, 1, 2, 6, 10, 20, 20]


@pytest.mark.parametrize("seed", range(3))
def test_a_hundred_spins_take_milliseconds_of_work(seed: int) -> None:
    """Every one of ten attempts of 20,000 iterations finds what a long search finds."""
    couplings = FixedPoint(ip.sherrington_kirkpatrick(100, seed=seed))
    long = DenseTabu(couplings, np.random.default_rng(99))
    long.run(200_000)
    for start in range(10):
        short = DenseTabu(couplings, np.random.default_rng(start))
        short.run(20_000)
        assert short.best_energy == long.best_energy
