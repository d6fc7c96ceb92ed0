"""Every sampler against enumeration, and against what theory says of the Sherrington-Kirkpatrick model.

States are compared with the Boltzmann distribution by a chi-square test at 8 to 12 spins; each has a twin, a sampler
with one thing spoiled or a reference at another temperature, that must fail.  Energies of Gaussian instances are
averaged with control variates of known mean: n Σ_(i<j) J², whose mean is n(n - 1)/2, and tr J³, whose mean is 0.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

import ising_problems as ip
import landscapes as ls
from ising_problems.exact import enumerate_energies
from landscapes import annealed_populations, chains

ACCEPTED, NOTICED = 1e-4, 1e-6  # p-values: above the first is agreement, below the second a failure


def _probability(spins: np.ndarray, model: ip.IsingModel, temperature: float) -> float:
    """p-value of the chi-square test that independent configurations (m, n) are drawn at a temperature."""
    n = model.num_spins
    energies = enumerate_energies(model).astype(float)
    places = (spins.reshape(-1, n) > 0) @ (1 << np.arange(n))
    counts = np.bincount(places, minlength=2**n)
    weights = np.exp(-(energies - energies.min()) / temperature)
    expected = counts.sum() * weights / weights.sum()
    order = np.argsort(expected)
    # neighbours in probability share a bin until it is to hold 20
    bins = np.floor(np.cumsum(expected[order]) / 20.0).astype(int)
    starts = np.flatnonzero(np.diff(bins, prepend=-1))
    observed, wanted = np.add.reduceat(counts[order], starts), np.add.reduceat(expected[order], starts)
    observed[-2], wanted[-2] = observed[-2:].sum(), wanted[-2:].sum()  # the last may have few
    observed, wanted = observed[:-1], wanted[:-1]
    return float(stats.chi2.sf(((observed - wanted) ** 2 / wanted).sum(), len(wanted) - 1))


def _with_fields(n: int) -> ip.IsingModel:
    return ip.IsingModel(ip.sherrington_kirkpatrick(n, seed=n).J, 0.4 * np.random.default_rng(n).standard_normal(n))


MODELS: dict[str, Callable[[], ip.IsingModel]] = {
    "dense with fields, n = 8": lambda: _with_fields(8),
    "dense with integers, n = 10": lambda: ip.IsingModel(
        np.rint(2 * np.sqrt(10) * ip.sherrington_kirkpatrick(10, seed=3).J).astype(int)
    ),
    "lattice, n = 12": lambda: ip.edwards_anderson((4, 3), seed=4, couplings="gaussian"),
}


def _one_of_each(run: Any) -> np.ndarray:
    """One random member of each population: those of one population have ancestors in common."""
    spins = run["final_spins"].values
    return spins[np.arange(len(spins)), np.random.default_rng(0).integers(0, spins.shape[1], len(spins))]


# Samplers at a temperature near which each model has many states, and without memory from one sample to the next.
SAMPLERS: dict[str, tuple[str, float, Callable[[ip.IsingModel, float], np.ndarray]]] = {
    "metropolis": (
        "dense with fields, n = 8",
        1.2,
        lambda model, t: ls.metropolis(model, t, 400_000, burn_in=100, interval=20, record="spins")["spins"].values,
    ),
    "heat bath": (
        "dense with integers, n = 10",
        7.0,
        lambda model, t: ls.heat_bath(model, t, 400_000, burn_in=100, interval=20, record="spins")["spins"].values,
    ),
    "parallel tempering": (
        "dense with fields, n = 8",
        0.5,
        lambda model, t: ls.parallel_tempering(
            model, [t, 1.4 * t, 2 * t], 400_000, 100, interval=20, record="spins"
        )["spins"].values[:, :, 0],
    ),
    "parallel tempering with cluster moves": (
        "lattice, n = 12",
        1.2,
        lambda model, t: ls.parallel_tempering(
            model, [t, 1.4 * t], 400_000, 100, interval=20, record="spins", cluster_moves=True
        )["spins"].values[:, :, 0],
    ),
    "population annealing": (
        "dense with fields, n = 8",
        0.8,
        lambda model, t: _one_of_each(ls.population_annealing(model, [t, 1.5 * t, 3 * t], 100, 2, 5000)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLERS)
def test_states_are_those_of_the_boltzmann_distribution(name: str) -> None:
    kind, temperature, sample = SAMPLERS[name]
    model = MODELS[kind]()
    spins = sample(model, temperature)
    assert _probability(spins, model, temperature) > ACCEPTED
    assert _probability(spins, model, 1.1 * temperature) < NOTICED  # the twin: a reference that is hotter


@pytest.mark.parametrize("name", ["metropolis", "heat bath", "parallel tempering"])
def test_twin_a_wrong_rule_of_acceptance_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    build = chains.build_ladders

    def hotter(*arguments: Any) -> Any:
        ladders = build(*arguments)
        return ladders._replace(scales=ladders.scales * ladders.scales.dtype.type(1.1))

    monkeypatch.setattr(chains, "build_ladders", hotter)
    kind, temperature, sample = SAMPLERS[name]
    model = MODELS[kind]()
    assert _probability(sample(model, temperature), model, temperature) < NOTICED


def test_twin_cluster_moves_that_forget_local_fields_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clusters of a lattice, turned in spite of fields of which they do not know."""
    lattice = MODELS["lattice, n = 12"]()
    model = ip.IsingModel(lattice.J, 0.4 * np.random.default_rng(0).standard_normal(12))
    build = chains.build_ladders
    monkeypatch.setattr(
        chains,
        "build_ladders",
        lambda *arguments: (made := build(*arguments))._replace(own_fields=np.zeros_like(made.own_fields)),
    )
    sample = SAMPLERS["parallel tempering with cluster moves"][2]
    assert _probability(sample(model, 1.2), model, 1.2) < NOTICED


def test_twin_a_population_that_is_not_resampled_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(annealed_populations._Population, "_resample", lambda population, step: 0.0)
    kind, temperature, sample = SAMPLERS["population annealing"]
    model = MODELS[kind]()
    assert _probability(sample(model, temperature), model, temperature) < NOTICED
