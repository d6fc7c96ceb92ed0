"""Population annealing against exact partition functions; its errors and its door."""

from typing import Any

import numpy as np
import pytest

import ising_problems as ip
import landscapes as ls
from ising_problems.exact import enumerate_energies
from landscapes import annealed_populations
from landscapes.replica_samples import jackknife

TEMPERATURES = np.array([0.3, 0.5, 0.8, 1.5])


def _model(kind: str) -> ip.IsingModel:
    if kind == "lattice":  # sparse, integer
        return ip.edwards_anderson((3, 3), couplings="binary", seed=2)
    glass = ip.sherrington_kirkpatrick(9, seed=1)
    return ip.IsingModel(glass.J, 0.3 * np.random.default_rng(0).standard_normal(9), offset=2.5)


def _exact(model: ip.IsingModel, temperatures: np.ndarray = TEMPERATURES) -> tuple[np.ndarray, np.ndarray]:
    """Free and mean energies at the temperatures."""
    energies = enumerate_energies(model).astype(float)
    weights = np.exp(-(energies - energies.min()) / temperatures[:, None])
    free = energies.min() - temperatures * np.log(weights.sum(axis=1))
    return free, (weights * energies).sum(axis=1) / weights.sum(axis=1)


@pytest.mark.parametrize(("kind", "temperatures"), [("glass", TEMPERATURES), ("lattice", 2 * TEMPERATURES)])
def test_free_and_mean_energies_are_the_exact_ones(kind: str, temperatures: np.ndarray) -> None:
    model = _model(kind)
    free, mean = _exact(model, temperatures)
    run = ls.population_annealing(model, temperatures, 2000, 5, 24, seed=3)
    assert (abs(run["free_energy"] - free) < 4 * run["free_energy_error"]).all()
    assert (abs(run["mean_energy"] - mean) < 4 * run["mean_energy_error"]).all()
    # so that this says something: ln Z, which is above 6, is known to 0.03
    assert (run["free_energy_error"] < 0.03 * temperatures).all()
    assert (run["mean_energy_error"] < 0.1 * temperatures).all()
    np.testing.assert_allclose(run["final_energy"], model.energy(run["final_spins"].values))
    assert run.attrs["status"] == "completed"


@pytest.fixture(scope="module")
def tiny() -> Any:
    """Many populations that are far too small by themselves."""
    return ls.population_annealing(_model("glass"), TEMPERATURES, 60, 2, 1600, seed=0)


def test_the_partition_function_is_estimated_without_bias_even_by_tiny_populations(tiny: Any) -> None:
    model = _model("glass")
    free, _ = _exact(model)
    logs = -(free - model.offset) / TEMPERATURES
    ratios = np.exp(tiny["log_partition_function"].values - logs)
    errors = ratios.std(axis=0, ddof=1) / np.sqrt(len(ratios))
    assert (abs(ratios.mean(axis=0) - 1) < 4 * errors).all()
    assert (errors < 0.1).all()


def test_errors_of_eight_populations_are_right_in_the_mean_square(tiny: Any) -> None:
    """Deviations over their errors scatter by √(7/5) = 1.18, as Student's t of 7 does, since the errors scatter too."""
    model = _model("glass")
    free, _ = _exact(model)

    def statistics(logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        deviations, errors = [], []
        for part in logs.reshape(-1, 8, len(TEMPERATURES)):
            largest = part.max(axis=0)
            value, error = jackknife(
                np.exp(part - largest), np.ones(8), lambda mean, top=largest: -TEMPERATURES * (top + np.log(mean))
            )
            deviations.append(value + model.offset - free)
            errors.append(error)
        squares = np.square(deviations).mean(axis=0)
        return squares / np.square(errors).mean(axis=0), np.std(np.divide(deviations, errors), axis=0)

    logs = tiny["log_partition_function"].values
    ratio, spread = statistics(logs)  # of 200 groups: known to about a tenth
    assert (ratio > 0.7).all() and (ratio < 1.4).all()
    assert (spread > 1.0).all() and (spread < 1.4).all()
    ratio, _ = statistics(np.repeat(logs, 4, axis=0))  # the twin: populations that are not independent
    assert (ratio > 2.0).all()


def test_twin_members_that_are_not_resampled_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = _model("glass")
    free, mean = _exact(model)
    resample = annealed_populations._Population._resample

    def hotter(population: Any, step: float) -> float:
        return resample(population, 0.9 * step)

    monkeypatch.setattr(annealed_populations._Population, "_resample", hotter)
    run = ls.population_annealing(model, TEMPERATURES, 2000, 0, 24, seed=3)
    assert (abs(run["free_energy"] - free) > 4 * run["free_energy_error"]).all()
    assert (abs(run["mean_energy"] - mean) > 4 * run["mean_energy_error"]).any()


def test_families_grow_and_threads_change_nothing() -> None:
    model = _model("glass")
    run = ls.population_annealing(model, TEMPERATURES, 200, 5, 4, threads=1)
    assert (run["family_size"][:, 0] > run["family_size"][:, -1]).all()  # the coldest against the hottest
    assert run["family_size"].max() <= 200 and run["family_size"].min() >= 1
    hot = ls.population_annealing(model, [1e9], 200, 5, 4)  # where every member has its one copy
    assert (hot["family_size"] == 1).all()
    np.testing.assert_array_equal(
        run["final_spins"], ls.population_annealing(model, TEMPERATURES, 200, 5, 4, threads=3)["final_spins"]
    )


def test_a_callback_stops() -> None:
    model = ip.sherrington_kirkpatrick(100, seed=0)
    run = ls.population_annealing(model, TEMPERATURES, 1000, 10**5, 2, callback=lambda at: True)
    assert run.attrs["status"] == "interrupted"
    assert np.isnan(run["free_energy"][0])


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"model": np.eye(2)}, TypeError, "model: an IsingModel or a Problem is needed"),
        ({"model": ip.IsingModel([])}, ValueError, "model: there are no spins"),
        ({"temperatures": [1.0, 0.5]}, ValueError, "temperatures: must increase"),
        ({"population": 0}, ValueError, "population: must be at least 1"),
        ({"populations": 1}, ValueError, "populations: must be at least 2"),
        ({"sweeps": -1}, ValueError, "sweeps: must be at least 0"),
        ({"callback": 1}, TypeError, "callback: a function of one argument"),
    ],
)
def test_what_cannot_be_cooled_is_named(arguments: dict[str, Any], error: type, says: str) -> None:
    defaults: dict[str, Any] = {"model": _model("glass"), "temperatures": TEMPERATURES}
    with pytest.raises(error, match=says):
        ls.population_annealing(**{**defaults, **arguments})


def test_one_spin() -> None:
    run = ls.population_annealing(ip.IsingModel([[0.0]], [0.5]), [1.0], 5000, 3, 20)
    assert abs(float(run["free_energy"][0]) + np.log(2 * np.cosh(0.5))) < 4 * float(run["free_energy_error"][0])
