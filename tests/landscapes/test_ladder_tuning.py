"""Ladders of equal acceptance: against the formula for normal energies, and in runs of their own."""

from typing import Any

import numpy as np
import pytest
from scipy import special

import ising_problems as ip
import landscapes as ls
from landscapes import ladder_tuning


def _accepted(model: ip.IsingModel, ladder: Any) -> np.ndarray:
    """Acceptances counted in a run that knows nothing of the tuning."""
    return ls.parallel_tempering(model, ladder, 6000, record=(), seed=99)["exchange_acceptance"].values


@pytest.mark.parametrize(
    ("model", "low", "high"),
    [
        (ip.sherrington_kirkpatrick(64, seed=0), 0.2, 1.6),
        (ip.edwards_anderson((4, 4, 4), seed=0), 0.3, 2.5),
        (ip.IsingModel(abs(ip.edwards_anderson((8, 8), seed=0).J)), 1.5, 4.0),  # a ferromagnet, its transition within
    ],
    ids=["Sherrington-Kirkpatrick", "lattice", "ferromagnet"],
)
def test_every_gap_exchanges_equally_often_and_as_wanted(model: ip.IsingModel, low: float, high: float) -> None:
    ladder = ls.tuned_temperatures(model, low, high, acceptance=0.4)
    assert (ladder.temperatures[0], ladder.temperatures[-1], ladder.status) == (low, high, "completed")
    accepted = _accepted(model, ladder.temperatures)
    np.testing.assert_allclose(ladder.acceptance, accepted, atol=0.035)
    assert np.ptp(accepted) < 0.07
    # one temperature less would fall below what was wanted
    length = 2 * special.erfcinv(accepted).sum()
    assert accepted.mean() > 0.38
    assert special.erfc(length / (len(accepted) - 1) / 2) < 0.42
    # the twin: a geometric ladder of as many
    geometric = _accepted(model, ls.geometric_temperatures(low, high, len(ladder.temperatures)))
    assert np.ptp(geometric) > 0.2
    assert accepted.min() > geometric.min() + 0.08


def test_acceptance_of_normal_energies_is_the_error_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """Energies of the width σ at 1/T have the mean e₀ - σ²/T: A = erfc((1/T - 1/T')σ/2)."""
    ladder, sigma = np.array([0.5, 0.55, 0.7, 1.0]), 1.6
    rng = np.random.default_rng(0)
    energies = -(sigma**2) / ladder + sigma * rng.standard_normal((4000, 2, 4))
    lengths = -np.diff(1 / ladder) * sigma
    exact = special.erfc(lengths / 2)
    monkeypatch.setattr(ladder_tuning, "_ENERGIES", 4000)
    found = ladder_tuning._acceptances(energies, ladder)
    np.testing.assert_allclose(found, exact, atol=0.02)
    assert (abs(special.erfc(1.1 * lengths / 2) - found) > 0.01).any()  # the twin
    grid = np.log(ladder)
    along = ladder_tuning._lengths_along(grid, ladder, energies, found)
    np.testing.assert_allclose(along, (1 / ladder[0] - 1 / ladder) * sigma, rtol=0.05)
    # where nothing is accepted, mean energies tell
    frozen = ladder_tuning._lengths_along(grid, ladder, energies, np.zeros(3))
    np.testing.assert_allclose(frozen, (1 / ladder[0] - 1 / ladder) * sigma, rtol=0.05)


def test_ladders_that_exchange_nothing_at_first_are_mended() -> None:
    model = ip.sherrington_kirkpatrick(200, seed=1)
    assert _accepted(model, ls.geometric_temperatures(0.2, 2.0, 6)).min() < 0.05
    ladder = ls.tuned_temperatures(model, 0.2, 2.0, 10, sweeps=500, rounds=5)
    assert ladder.acceptance.min() > 0.15 and np.ptp(ladder.acceptance) < 0.12


def test_models_without_couplings_exchange_always() -> None:
    for model in (ip.IsingModel(np.zeros((5, 5))), ip.IsingModel([[0.0]])):
        assert ls.tuned_temperatures(model, 0.5, 2.0, 4).acceptance.tolist() == [1.0, 1.0, 1.0]
        assert ls.tuned_temperatures(model, 0.5, 2.0).temperatures[[0, -1]].tolist() == [0.5, 2.0]


def test_the_seed_fixes_the_ladder_whatever_the_threads() -> None:
    model = ip.sherrington_kirkpatrick(30, seed=0)
    first, second, third = (
        ls.tuned_temperatures(model, 0.3, 1.5, 5, sweeps=200, rounds=3, seed=seed, threads=threads, replicas=4)
        for seed, threads in [(1, 1), (1, 3), (2, 1)]
    )
    assert first.temperatures.tolist() == second.temperatures.tolist() != third.temperatures.tolist()
    assert first.acceptance.tolist() == second.acceptance.tolist()
    assert first.sweeps == 2 * 200 + 2 * 250


def test_a_callback_stops_and_the_best_so_far_is_returned() -> None:
    model = ip.sherrington_kirkpatrick(50, seed=0)
    seen: list[float] = []

    def callback(fraction: float) -> bool:
        seen.append(fraction)
        return fraction > 0.15

    ladder = ls.tuned_temperatures(model, 0.3, 1.5, 5, sweeps=2000, rounds=10, callback=callback)
    assert ladder.status == "interrupted" and len(ladder.acceptance) == 4
    assert seen == sorted(seen) and seen[-1] > 0.15 and len(seen) < 10 and ladder.sweeps < 10 * 2500


def test_two_temperatures_are_measured_and_left() -> None:
    ladder = ls.tuned_temperatures(ip.sherrington_kirkpatrick(30, seed=0), 0.5, 1.0, 2)
    assert ladder.temperatures.tolist() == [0.5, 1.0] and 0 < ladder.acceptance[0] < 1


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"low": 0.0}, ValueError, "low: must be greater than 0"),
        ({"high": 0.5}, ValueError, r"high: must be greater than 0\.5"),
        ({"count": 1}, ValueError, "count: must be at least 2"),
        ({"acceptance": 1.0}, ValueError, "acceptance: must be less than 1"),
        ({"acceptance": 0.999999}, ValueError, r"acceptance: \d+ temperatures would be needed for 0\.999999"),
        ({"sweeps": 5}, ValueError, "sweeps: must be at least 10"),
        ({"rounds": 0}, ValueError, "rounds: must be at least 1"),
        ({"initial": 1}, TypeError, "initial: the pilot runs set this themselves"),
        ({"update": "glauber"}, ValueError, "update: must be one of"),
        ({"callback": 1}, TypeError, "callback: a function of one argument"),
        ({"model": ip.IsingModel([])}, ValueError, "model: there are no spins"),
    ],
)
def test_the_door_names_the_argument(arguments: dict[str, Any], error: type, says: str) -> None:
    defaults: dict[str, Any] = {"model": ip.sherrington_kirkpatrick(20, seed=0), "low": 0.5, "high": 1.5, "sweeps": 100}
    with pytest.raises(error, match=says):
        ls.tuned_temperatures(**{**defaults, **arguments})
