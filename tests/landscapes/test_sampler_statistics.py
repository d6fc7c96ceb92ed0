"""Every sampler against enumeration, and against what theory says of the Sherrington-Kirkpatrick model.

States are compared with the Boltzmann distribution by a chi-square test at 8 to 12 spins; each has a twin, a sampler
with one thing spoiled or a reference at another temperature, that must fail.  Energies of Gaussian instances are
averaged with control variates of known mean: Σ_(i<j) J², whose mean is (n - 1)/2, and tr J³, whose mean is 0.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats

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
        lambda model, t: _one_of_each(ls.population_annealing(model, [t, 1.5 * t, 3 * t], 100, 2, 3000)),
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
    model = MODELS["dense with fields, n = 8"]()
    spins = _one_of_each(ls.population_annealing(model, [0.8, 1.2, 2.4], 20, 2, 2500))
    assert _probability(spins, model, 0.8) < NOTICED


# ---------------------------------------------------------------- the Sherrington-Kirkpatrick model


def _instances(n: int, count: int, temperatures: np.ndarray, sweeps: int) -> tuple[np.ndarray, np.ndarray, list[Any]]:
    """Energies per spin (instances, T) at given temperatures; control variates (instances, 2); and the runs."""
    energies, controls, runs = [], [], []
    for seed in range(count):
        model = ip.sherrington_kirkpatrick(n, seed=10_000 * n + seed)
        run = ls.parallel_tempering(model, temperatures, sweeps, sweeps // 2, interval=5, record="overlap", seed=seed)
        energies.append(run["mean_energy"].values / n)
        squares, triangles = (model.J**2).sum() / 2, np.einsum("ij,jk,ki->", model.J, model.J, model.J, optimize=True)
        controls.append([(squares - (n - 1) / 2) / n, triangles / 6 / n])
        runs.append(run)
    return np.array(energies), np.array(controls), runs


def test_energies_above_the_transition_and_their_first_correction() -> None:
    """[E]/n = -1/(2T) + T/(2n(T² - 1)): Aizenman, Lebowitz, Ruelle, Comm. Math. Phys. 112, 3 (1987).

    Derived in ``landscapes.theory._finite_temperature``.  The energy of an instance is -β ΣJ² - β² tr(J³)/2 + … by the
    expansion in β, so these are its control variates, without a fit.
    """
    temperatures, n, count = np.array([1.5, 2.0, 3.0]), 48, 100
    energies, controls, _ = _instances(n, count, temperatures, 1500)
    steadied = energies + controls[:, :1] / temperatures + 3 * controls[:, 1:] / temperatures**2
    correction = n * (steadied + 0.5 / temperatures)
    mean, error = correction.mean(axis=0), correction.std(axis=0, ddof=1) / np.sqrt(count)
    exact = temperatures / (2 * (temperatures**2 - 1))
    assert (abs(mean - exact) < 4 * error).all()
    assert (error < 0.125 * exact).all()  # the twin: without the correction it would be eight errors off


@pytest.mark.slow
def test_energies_below_the_transition_extrapolate_to_broken_replica_symmetry() -> None:
    """[E]/n = u(T) + c n^(-2/3), T ≤ 1: u by six steps of replica-symmetry breaking.

    The power: Aspelmeier, Billoire, Marinari, Moore, J. Phys. A 41, 324008 (2008).  In the same runs: P(q) is even, and
    energy and overlap obey the identity of Gaussian couplings, by which q_ℓ = (n q² - 1)/(n - 1) where all are coupled.
    """
    temperatures = np.array([0.5, 0.6, 0.7, 0.85, 1.0, 1.2, 1.5])
    sizes = np.array([32, 64, 128, 256])
    means, errors = [], []
    for n, count, sweeps in zip(sizes, (700, 500, 250, 120), (1500, 2000, 2500, 3000), strict=True):
        energies, controls, runs = _instances(int(n), count, temperatures, sweeps)
        design = np.column_stack([np.ones(count), controls])
        fit, *_ = np.linalg.lstsq(design, energies, rcond=None)  # the controls' means are 0: the constant is the mean
        residuals = energies - design @ fit
        means.append(fit[0])
        errors.append(np.sqrt((residuals**2).sum(axis=0) / (count - 3) / count))
        if n == 64:
            linked = [run.assign(link_overlap=(n * run["overlap"] ** 2 - 1) / (n - 1)) for run in runs]
            assert (abs(ls.gaussian_coupling_identity(linked)["deviation"]) < 4).all()
            wrong = ls.gaussian_coupling_identity(linked, variance=1 / (n - 3))  # the twin
            assert float(abs(wrong["deviation"]).max()) > 8
            # thirteen bins of five possible overlaps each: symmetric about 0
            found = ls.overlap_distribution(runs, np.linspace(-65 / 64, 65 / 64, 14))
            density, error = found["density"].values, found["density_error"].values
            assert (abs(density - density[:, ::-1]) < 5 * np.hypot(error, error[:, ::-1]) + 1e-12).all()
            assert (density[0] > 0.1).all()  # and broad at T = 0.5, from -1 to 1
            assert (abs(density - np.roll(density, 1, axis=1))[:, 1:] > 5 * error[:, 1:]).any()  # the twin
    power = np.column_stack([np.ones(4), sizes ** (-2 / 3)])

    def extrapolated(t: int, law: np.ndarray) -> tuple[float, float, float]:
        """Value, error and chi-square of the fit at one temperature."""
        weights = 1 / np.array(errors)[:, t] ** 2
        covariance = np.linalg.inv((law.T * weights) @ law)
        values = np.array(means)[:, t]
        fit = covariance @ (law.T * weights) @ values
        return float(fit[0]), float(np.sqrt(covariance[0, 0])), float((weights * (values - law @ fit) ** 2).sum())

    for t, temperature in enumerate(temperatures[:5]):
        value, error, misfit = extrapolated(t, power)
        theory = ls.theory.sk_equilibrium(float(temperature)).energy
        assert error < 0.0015
        assert abs(value - theory) < 3.5 * error, (temperature, value, error, theory)
        assert misfit < stats.chi2.isf(1e-3, 2), (temperature, misfit)
    # the twins: without breaking of replica symmetry, in powers of 1/n, and above the transition
    value, error, _ = extrapolated(0, power)
    assert value - _replica_symmetric_energy(0.5) > 3.5 * error
    analytic = np.column_stack([np.ones(4), 1 / sizes])
    assert extrapolated(0, analytic)[2] > stats.chi2.isf(1e-3, 2)
    value, error, _ = extrapolated(6, power)
    assert abs(value + 0.5 / 1.5) > 3.5 * error


def _replica_symmetric_energy(temperature: float) -> float:
    """-(1 - q²)/(2T), q = <tanh²(√q z/T)>: Sherrington, Kirkpatrick, Phys. Rev. Lett. 35, 1792 (1975)."""
    z, weights = np.polynomial.hermite_e.hermegauss(100)
    weights = weights / weights.sum()
    q = optimize.brentq(lambda q: q - weights @ np.tanh(np.sqrt(q) * z / temperature) ** 2, 1e-3, 1.0)
    return -(1 - q**2) / (2 * temperature)
