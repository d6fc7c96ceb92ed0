"""Memetic search on dense couplings: populations, levels, symmetry, budgets, and the answers."""

from collections.abc import Callable, Generator

import numpy as np
import pytest

import ising_problems as ip
from cim.solvers.base import Budget
from cim.solvers.dense_annealing import DenseAnnealing, cooling
from cim.solvers.fixed_point import Configuration, FixedPoint
from cim.solvers.memetic import Memetic
from cim.solvers.memetic_dense import DenseMemetic, DenseMemeticSearch, Member, Passes


def _random(n: int, seed: int, *, integer: bool = False, fields: bool = False) -> ip.IsingModel:
    rng = np.random.default_rng(seed)
    values = rng.integers(-3, 4, (n, n)) if integer else rng.standard_normal((n, n))
    upper = np.triu(values, 1)
    h = (rng.integers(-3, 4, n) if integer else rng.standard_normal(n)) if fields else None
    return ip.IsingModel(upper + upper.T, h)


class _Scripted:
    """A breeder whose members are given; it notes the parents of every child."""

    def __init__(
        self, passes: Passes, fresh: Callable[[int], Member], child: Callable[[Member, Member], Member]
    ) -> None:
        self._passes = passes
        self._fresh, self._child = fresh, child
        self.made = 0
        self.parents: list[tuple[Member, Member]] = []

    def fresh(self, rng: np.random.Generator) -> Generator[None, None, Member]:
        self._passes.grant(1)
        yield
        self.made += 1
        return self._fresh(self.made - 1)

    def child(self, a: Member, b: Member, rng: np.random.Generator) -> Generator[None, None, Member]:
        self._passes.grant(1)
        yield
        self.parents.append((a, b))
        return self._child(a, b)

    def revived(self, spins: np.ndarray, rng: np.random.Generator) -> Generator[None, None, Member]:
        self._passes.grant(1)
        yield
        return Member(spins, 0.0)

    def current(self) -> Member:
        return Member(np.ones(64, dtype=np.int8), 100.0)


def _scripted(
    fresh: Callable[[int], Member], child: Callable[[Member, Member], Member], fields: bool = False
) -> tuple[DenseMemeticSearch, _Scripted]:
    passes = Passes(None)
    breeder = _Scripted(passes, fresh, child)
    couplings = FixedPoint(_random(64, 0, fields=fields))
    return DenseMemeticSearch(couplings, breeder, passes, Budget(), np.random.default_rng(0), None), breeder


def _spins(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).choice(np.array([-1, 1], dtype=np.int8), 64)


@pytest.mark.parametrize("fields", [False, True])
def test_parents_are_turned_towards_each_other_where_no_field_forbids_it(fields: bool) -> None:
    search, breeder = _scripted(lambda k: Member(_spins(k), float(-k)), lambda a, b: Member(_spins(1000), 50.0), fields)
    while len(breeder.parents) < 40:
        search.advance()
    given = {_spins(k).tobytes() for k in range(breeder.made)}
    overlaps = [int(a.spins.astype(int) @ b.spins) for a, b in breeder.parents]
    turned = [b.spins.tobytes() not in given for _, b in breeder.parents]
    if fields:
        assert min(overlaps) < 0 and not any(turned)
    else:
        assert min(overlaps) >= 0 and any(turned)


def test_champions_meet_and_the_search_goes_on() -> None:
    """Children are never any good, so that every population stays as it began, and its champion is its best."""
    search, breeder = _scripted(
        lambda k: Member(_spins(k), float(-(k * 7919 % 1000))), lambda a, b: Member(a.spins, 50.0)
    )
    while search.attempts < 20:
        search.advance()
    energies = [-(k * 7919 % 1000) for k in range(breeder.made)]
    assert search.lowest()[0] == pytest.approx(FixedPoint(_random(64, 0)).energy(min(energies)))
    size = breeder.made // search.attempts
    population = {energy: k // size for k, energy in enumerate(energies)}
    strangers = [(a, b) for a, b in breeder.parents if population[a.energy] != population[b.energy]]
    champions = {min(energies[first : first + size]) for first in range(0, breeder.made, size)}
    assert strangers
    assert {member.energy for pair in strangers for member in pair} <= champions


def test_members_that_are_alike_are_one() -> None:
    """All anneals end in one state or its opposite: the population has converged before any child."""
    search, breeder = _scripted(lambda k: Member(_spins(0) * (-1) ** k, -5.0), lambda a, b: Member(a.spins, -5.0))
    for _ in range(100):
        search.advance()
    assert breeder.parents == []
    assert search.attempts == search.hits == 99 // (breeder.made // search.attempts)


def test_a_warm_start_is_the_first_member() -> None:
    passes = Passes(None)
    breeder = _Scripted(passes, lambda k: Member(_spins(k), 1.0), lambda a, b: Member(a.spins, 1.0))
    start = _spins(77)
    couplings = FixedPoint(_random(64, 0))
    search = DenseMemeticSearch(couplings, breeder, passes, Budget(), np.random.default_rng(0), start[None, :])
    search.advance()
    search.advance()
    np.testing.assert_array_equal(search.spins()[0], start)
    assert breeder.made == 0


def _island(model: ip.IsingModel, seed: int, **budget: int) -> DenseMemeticSearch:
    solver = DenseMemetic()
    island = solver.begin(solver.prepare(model, None, {}), Budget(**budget), np.random.default_rng(seed), None)
    assert isinstance(island, DenseMemeticSearch)
    return island


@pytest.mark.parametrize("n", [2, 3, 6, 13])
@pytest.mark.parametrize("fields", [False, True])
@pytest.mark.parametrize("integer", [False, True])
def test_small_models_are_solved(n: int, fields: bool, integer: bool) -> None:
    for seed in range(3):
        model = _random(n, seed, integer=integer, fields=fields)
        if not (model.J != 0).any(axis=1).all():
            continue
        island = _island(model, seed, hits=2)
        while not island.finished:
            island.advance()
        energy, _ = ip.ground_states(model)
        assert model.energy(island.spins()[0]) == pytest.approx(energy)
        assert island.lowest()[0] == pytest.approx(energy, rel=1e-4)
        assert 2 <= island.hits <= island.attempts


@pytest.mark.parametrize("steps", [1, 5, 299, 2000, 5000])
def test_a_budget_of_steps_is_kept_to_the_step(steps: int) -> None:
    first, second = (_island(ip.sherrington_kirkpatrick(80, seed=0), 3, steps=steps) for _ in range(2))
    for island in (first, second):
        while not island.finished:
            island.advance()
        assert island.steps_taken == steps
    np.testing.assert_array_equal(first.spins(), second.spins())
    assert first.lowest() == second.lowest()
    assert first.lowest()[0] == pytest.approx(ip.sherrington_kirkpatrick(80, seed=0).energy(first.spins()[0]), abs=1e-3)


@pytest.mark.parametrize("seed", range(2))
def test_several_islands_agree_on_three_hundred_spins(seed: int) -> None:
    energies = []
    for start in range(3):
        island = _island(ip.sherrington_kirkpatrick(300, seed=seed), start, hits=3)
        while not island.finished:
            island.advance()
        energies.append(island.lowest()[0])
    assert energies[0] == energies[1] == energies[2]


def test_sparse_models_have_their_own_search() -> None:
    solver = Memetic()
    model = ip.edwards_anderson((12, 12, 12), seed=0)
    island = solver.begin(solver.prepare(model, None, {}), Budget(steps=300), np.random.default_rng(0), None)
    assert not isinstance(island, DenseMemeticSearch)
    with pytest.raises(ValueError, match="schedule: memetic search has its own"):
        solver.prepare(model, lambda u: u, {})


# ---------------------------------------------------------------- the annealing below


@pytest.mark.parametrize("integer", [False, True])
def test_sweeps_at_one_temperature_sample_the_boltzmann_distribution(integer: bool) -> None:
    """Against enumeration; a distribution at another temperature is told apart."""
    model = _random(4, 2, integer=integer, fields=True)
    couplings = FixedPoint(model)
    configuration = Configuration(couplings)
    configuration.place(np.ones(4, dtype=np.int8))
    annealing, rng = DenseAnnealing(couplings), np.random.default_rng(0)
    states = np.array([[2 * (k >> i & 1) - 1 for i in range(4)] for k in range(16)], dtype=np.int8)
    counts = np.zeros(16)
    for _ in range(8000):
        annealing.anneal(configuration, np.full(4, 1.5), rng, descend=False)
        counts[int(((configuration.copied_spins() > 0) * np.array([1, 2, 4, 8])).sum())] += 1
    configuration.place(configuration.copied_spins())
    distances = []
    for temperature in (1.5, 1.2):
        weights = np.exp(
            -(model.energy(states) - model.energy(states).min()) / (temperature * couplings.coupling_scale)
        )
        distances.append(0.5 * np.abs(counts / counts.sum() - weights / weights.sum()).sum())
    assert distances[0] < 0.02 < 0.04 < distances[1]


def test_an_anneal_ends_in_a_minimum_with_the_energy_it_says() -> None:
    for model in (_random(200, 3, fields=True), _random(200, 3, integer=True, fields=True)):
        couplings = FixedPoint(model)
        configuration = Configuration(couplings)
        rng = np.random.default_rng(0)
        configuration.place(rng.choice([-1, 1], 200))
        DenseAnnealing(couplings).anneal(configuration, cooling(0.65, 0.08, 100), rng, descend=True)
        spins, energy, fields = configuration.copied_spins(), configuration.energy, configuration.fields.copy()
        assert (configuration.spins * configuration.fields).min() >= 0
        configuration.place(spins)
        assert configuration.energy == energy
        np.testing.assert_array_equal(configuration.fields, fields)
        assert model.energy(spins) == pytest.approx(couplings.energy(energy), rel=1e-5)
        assert couplings.energy(energy) < -0.7 * 200 * couplings.coupling_scale


def test_cooling_is_linear_or_geometric() -> None:
    np.testing.assert_allclose(cooling(1.0, 0.5, 5), [1.0, 0.875, 0.75, 0.625, 0.5])
    np.testing.assert_allclose(cooling(1.0, 1e-4, 3), [1.0, 1e-2, 1e-4])
    long = cooling(1.0, 0.1, 1000)
    assert len(long) == 1000 and long[0] == 1.0 and long[-1] == pytest.approx(0.1) and len(np.unique(long)) == 100
    assert cooling(1.0, 0.5, 1).tolist() == [1.0] and len(cooling(1.0, 0.5, 0)) == 0
