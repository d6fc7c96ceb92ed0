"""Tests of equilibrium: they pass on exact averages and long runs, and fail on runs that were quenched."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import xarray as xr

import ising_problems as ip
import landscapes as ls
from ising_problems.exact import enumerate_energies, spins_from_index

TEMPERATURES = np.array([0.3, 0.7, 1.5])


def _exact_runs(models: list[ip.IsingModel]) -> list[xr.Dataset]:
    """Exact averages of energy and link overlap by enumeration, each in the form of a run with one measurement."""
    n = models[0].num_spins
    spins = spins_from_index(np.arange(2**n), n).astype(float)
    pairs = np.stack([spins[:, i] * spins[:, j] for i, j in combinations(range(n), 2)])
    energies = np.stack([enumerate_energies(model) for model in models])
    weights = np.exp(-(energies - energies.min(axis=1, keepdims=True)) / TEMPERATURES[:, None, None])
    weights /= weights.sum(axis=-1, keepdims=True)
    energy = (weights * energies).sum(axis=-1)
    links = ((weights @ pairs.T) ** 2).mean(axis=-1)
    return [_run(energy[:, k], links[:, k], n) for k in range(len(models))]


def _run(energy: np.ndarray, links: np.ndarray, n: int) -> xr.Dataset:
    return xr.Dataset(
        {
            "energy": (("sweep", "replica", "temperature"), energy[None, None]),
            "link_overlap": (("sweep", "pair", "temperature"), links[None, None]),
        },
        {"temperature": TEMPERATURES, "spin": range(n)},
    )


@pytest.mark.parametrize("n", [3, 5])
def test_the_identity_holds_for_exact_averages_over_gaussian_couplings(n: int) -> None:
    rng = np.random.default_rng(n)
    runs = _exact_runs([ip.sherrington_kirkpatrick(n, seed=rng) for _ in range(1500)])
    found = ls.gaussian_coupling_identity(runs)
    assert (abs(found["deviation"]) < 4).all()
    assert (found["difference_error"] < 0.04 * abs(found["energy"])).all()  # so that this says something
    # twins: the variance 1/(n - 1), and couplings of two values with the right variance
    assert (abs(ls.gaussian_coupling_identity(runs, variance=1 / (n - 1))["deviation"]) > 6).all()
    binary = _exact_runs([ip.sherrington_kirkpatrick(n, couplings="binary", seed=rng) for _ in range(1500)])
    assert float(abs(ls.gaussian_coupling_identity(binary)["deviation"]).max()) > 6


def test_the_identity_of_a_lattice_counts_its_bonds() -> None:
    rng = np.random.default_rng(0)
    chain = []
    for _ in range(400):
        couplings = np.diag(0.8 * rng.standard_normal(3), 1)
        run = _exact_runs([ip.IsingModel(couplings + couplings.T)])[0]
        # an open chain: <s_i s_(i+1)> = tanh(J/T) exactly
        links = (np.tanh(couplings.diagonal(1)[:, None] / TEMPERATURES) ** 2).mean(axis=0)
        chain.append(run.assign(link_overlap=(("sweep", "pair", "temperature"), links[None, None])))
    found = ls.gaussian_coupling_identity(chain, variance=0.64, num_couplings=3)
    assert (abs(found["deviation"]) < 4).all()
    assert (abs(ls.gaussian_coupling_identity(chain, variance=0.64, num_couplings=4)["deviation"]) > 4).all()


def test_the_sampler_fulfils_the_identity_and_a_quench_does_not() -> None:
    instances = [ip.sherrington_kirkpatrick(32, seed=k) for k in range(100)]
    record = ("link_overlap",)
    runs = [ls.parallel_tempering(model, [0.4, 0.7, 1.0, 1.4], 1000, record=record, seed=1) for model in instances]
    found = ls.gaussian_coupling_identity(runs)
    assert (abs(found["deviation"]) < 4).all()
    assert (found["difference_error"] < 0.03).all()
    assert found.attrs == {"instances": 100, "num_spins": 32}
    quenched = [ls.heat_bath(model, 0.4, 2, burn_in=0, record=record, seed=1) for model in instances]
    at = ls.gaussian_coupling_identity(quenched).isel(temperature=0)
    assert float(at["deviation"]) > 6
    # from above and from below, as the derivation says
    cold = found.isel(temperature=0)
    assert float(at["energy"]) > float(cold["energy"]) > float(at["energy_from_links"])


# ---------------------------------------------------------------- logarithmic binning


def _autoregressive(length: int, runs: int, memory: float, rng: np.random.Generator) -> np.ndarray:
    from scipy.signal import lfilter

    noise = rng.standard_normal((length, runs))
    noise[0] /= np.sqrt(1 - memory**2)
    return lfilter([1.0], [1.0, -memory], noise, axis=0)


def test_bins_are_halves_of_what_is_left() -> None:
    series = np.arange(64.0)
    found = ls.logarithmic_binning(series)
    assert found["start"].values.tolist() == [32, 16, 8]
    assert found["stop"].values.tolist() == [64, 32, 16]
    assert found["mean"].values.tolist() == [47.5, 23.5, 11.5]
    several = ls.logarithmic_binning(np.stack([series, series + 2], axis=1)[:, :, None] * [1.0, -1.0])
    assert several["mean"].values.tolist() == [[48.5, -48.5], [24.5, -24.5], [12.5, -12.5]]


@pytest.mark.parametrize("runs", [4, 16])
def test_a_stationary_series_agrees_as_often_as_its_errors_say(runs: int) -> None:
    rng = np.random.default_rng(0)
    series = [_autoregressive(2048, runs, 0.8, rng) for _ in range(200)]
    found = [ls.logarithmic_binning(x) for x in series]
    differences = np.array([bins["difference"].values[1:3] for bins in found])
    assert (differences.std(axis=0) > 0.85).all() and (differences.std(axis=0) < 1.2).all()
    # of 16 runs two Student's t of 15 degrees of freedom stay within 3 in 98.2 % of cases: 0.982 ± 0.009 for 200
    assert np.mean([bool(bins["agrees"]) for bins in found]) > 0.95
    # the twin: a drift of the size of half a standard deviation for each doubling
    drifting = [x - 0.5 * x.std() * np.log2(np.arange(1, 2049))[:, None] for x in series]
    assert not any(bool(ls.logarithmic_binning(x)["agrees"]) for x in drifting)


def test_a_quench_of_a_spin_glass_is_seen_to_drift_and_tempering_not() -> None:
    model = ip.sherrington_kirkpatrick(100, seed=0)
    ladder = ls.geometric_temperatures(0.3, 1.6, 12)
    tempered = ls.parallel_tempering(model, ladder, 8192, burn_in=2000, replicas=4, record=(), seed=0)
    assert ls.logarithmic_binning(tempered["energy"].values)["agrees"].all()
    quenched = ls.heat_bath(model, 0.3, 256, burn_in=0, replicas=64, record=(), seed=0)
    found = ls.logarithmic_binning(quenched["energy"].values)
    assert not bool(found["agrees"])
    assert (np.diff(found["mean"]) > 0).all() and (found["difference"][1:] > 3).all()  # earlier is higher


@pytest.mark.parametrize("value", [0.1, -3.0, 0.0])
def test_what_never_changes_agrees(value: float) -> None:
    found = ls.logarithmic_binning(np.full(1000, value))
    assert bool(found["agrees"]) and (found["error"] == 0).all()
    step = np.where(np.arange(1000) < 500, value, value + 1.0)
    assert np.isinf(ls.logarithmic_binning(step)["difference"][1])


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"series": np.ones(63)}, ValueError, "series: at least 64 measurements are needed to compare 3 bins"),
        ({"series": 1.0}, ValueError, "series: at least 64 measurements"),
        ({"series": np.full(64, np.nan)}, ValueError, "series: must be finite, but it holds nan"),
        ({"series": np.ones((64, 0))}, ValueError, "series: at least one run is needed"),
        ({"series": ["a"] * 64}, ValueError, "series: entries must be real numbers"),
        ({"bins_compared": 1}, ValueError, "bins_compared: must be at least 2, but it is 1"),
        ({"standard_errors": 0.0}, ValueError, "standard_errors: must be greater than 0"),
    ],
)
def test_bad_series_are_named(arguments: dict[str, Any], error: type, says: str) -> None:
    with pytest.raises(error, match=says):
        ls.logarithmic_binning(**{"series": np.ones(64), **arguments})


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda run: [run], "runs: the identity is one of averages over instances; pass several runs, not 1"),
        (lambda run: run, "pass several runs, not 1"),
        (lambda run: [run, 2], "runs: run 1 is no xarray.Dataset of parallel_tempering, but 2"),
        (lambda run: [run, run.drop_vars("link_overlap")], "runs: run 1 holds no link overlaps"),
        (lambda run: [run, run.isel(spin=slice(2))], "runs: run 1 has 2 spins, but run 0 has 3"),
        (lambda run: [run, run.isel(temperature=[0, 1])], "runs: run 1 is at other temperatures"),
    ],
)
def test_runs_that_do_not_go_together_are_named(spoil: Callable[[xr.Dataset], Any], says: str) -> None:
    with pytest.raises((ValueError, TypeError), match=says):
        ls.gaussian_coupling_identity(spoil(_exact_runs([ip.sherrington_kirkpatrick(3, seed=0)])[0]))


def test_one_spin_has_no_energy_and_no_link() -> None:
    run = ls.metropolis(ip.IsingModel([[0.0]]), 1.0, 10, record=("link_overlap",))
    found = ls.gaussian_coupling_identity([run, run])
    assert found["energy"].values.tolist() == found["energy_from_links"].values.tolist() == [0.0]
    assert found["deviation"].values.tolist() == [0.0]
