"""Counting minima from random starts: against complete enumerations, as a lower bound, and its contract."""

from typing import Any

import numpy as np
import pytest

import ising_problems as ip
import landscapes as ls
from landscapes.minima_counts import _certified


def _estimate(model: ip.IsingModel, pump: float, starts: int = 1000, **arguments: Any) -> ls.MinimaEstimate:
    return ls.estimate_minima(ls.SoftSpinEnergy(model, pump), starts, **arguments)


def _holds_up(minima: ls.MinimaEstimate, model: ip.IsingModel, pump: float) -> None:
    """What must be true of any result, recomputed from the energy."""
    energy = ls.SoftSpinEnergy(model, pump)
    assert np.abs(energy.gradient(minima.x)).max(initial=0.0) < 1e-9
    assert np.linalg.eigvalsh(energy.hessian(minima.x)).min() > 0.0
    np.testing.assert_array_equal(minima.energy, energy.value(minima.x))
    assert (np.diff(minima.energy) >= 0.0).all()
    assert minima.hits.min() >= 1 and minima.hits.sum() + minima.failed == minima.starts
    assert minima.num_certified <= minima.found <= minima.estimate <= minima.interval[1]


@pytest.mark.parametrize("n", [6, 8])
def test_many_starts_find_every_minimum_of_a_small_model(n: int) -> None:
    found = 0
    for seed in range(2):
        model = ip.sherrington_kirkpatrick(n, seed=seed)
        for pump in (-1.8, -0.93, 0.0, 1.0):
            census = ls.enumerate_critical_points(ls.SoftSpinEnergy(model, pump))
            minima = _estimate(model, pump, 1000, seed=seed)
            _holds_up(minima, model, pump)
            assert census.certified
            assert minima.found == minima.num_certified == census.num_minima
            both = np.concatenate([minima.x, -minima.x]) if minima.found > 1 else minima.x
            known = census.x[census.index_of_points == 0]
            distance = np.abs(both[:, None] - known[None, :]).max(axis=-1)
            assert distance.min(axis=0).max() < 1e-9
            found += minima.found
    assert found > 30


def test_with_fields_minima_are_not_paired() -> None:
    rng = np.random.default_rng(0)
    model = ip.IsingModel(ip.sherrington_kirkpatrick(6, seed=1).J, 0.2 * rng.standard_normal(6))
    census = ls.enumerate_critical_points(ls.SoftSpinEnergy(model, 1.0))
    minima = _estimate(model, 1.0, 1500)
    _holds_up(minima, model, 1.0)
    assert minima.found == len(minima) == census.num_minima > 4


def test_few_starts_give_lower_bounds() -> None:
    """204 minima (certified) of ten spins at a = 2, with basins of very unlike size."""
    model = ip.sherrington_kirkpatrick(10, seed=1)
    results = [_estimate(model, 2.0, 300, seed=seed) for seed in range(6)]
    for minima in results:
        _holds_up(minima, model, 2.0)
        assert minima.found < minima.estimate
        assert minima.num_certified == minima.found <= 204
        assert minima.coverage < 0.99
    mean = np.mean([minima.estimate for minima in results])
    assert np.mean([minima.found for minima in results]) < mean < 204
    # the twin: to take few starts for enough would be wrong by far
    assert np.mean([minima.found for minima in results]) < 0.8 * 204


@pytest.mark.slow
def test_ten_spins_have_204_minima() -> None:
    model = ip.sherrington_kirkpatrick(10, seed=1)
    assert ls.enumerate_critical_points(ls.SoftSpinEnergy(model, 2.0)).num_minima == 204
    minima = _estimate(model, 2.0, 100_000)
    assert 190 < minima.found <= 204 and minima.coverage > 0.999


def test_sixteen_spins_as_in_the_first_experiments() -> None:
    """From 400 random starts: 2 minima at a = -1.2, 2 to 22 at a = 0, hundreds at a = 2."""
    counts = {pump: [_estimate(ip.sherrington_kirkpatrick(16, seed=s), pump, 400).found for s in range(4)]
              for pump in (-1.2, 0.0, 2.0)}  # fmt: skip
    assert counts[-1.2] == [2, 2, 2, 2]
    assert min(counts[0.0]) >= 2 and max(counts[0.0]) <= 30
    assert min(counts[2.0]) > 150


def test_below_threshold_there_is_only_the_origin() -> None:
    model = ip.sherrington_kirkpatrick(7, seed=0)
    minima = _estimate(model, -2.5, 50)
    assert minima.x.tolist() == [[0.0] * 7] and minima.hits.tolist() == [50]
    assert minima.found == minima.num_certified == 1 and minima.estimate == 1.0 and minima.coverage == 1.0


@pytest.mark.parametrize("scale", [1e9, 1e-9])
def test_any_scale(scale: float) -> None:
    model = ip.sherrington_kirkpatrick(8, seed=2)
    minima = _estimate(model, 0.7, 300)
    scaled = _estimate(ip.IsingModel(scale * model.J), scale * 0.7, 300)
    assert scaled.found == minima.found and scaled.num_certified == minima.num_certified
    np.testing.assert_allclose(np.abs(scaled.x), np.sqrt(scale) * np.abs(minima.x), rtol=1e-6)


def test_models_whose_minima_have_equal_energies() -> None:
    """Uncoupled amplitudes: 2ⁿ minima (±√a, …), all alike, so that Chao1 is right."""
    minima = _estimate(ip.IsingModel(np.zeros((6, 6))), 1.0, 2000)
    assert minima.found == minima.num_certified == 64 and minima.coverage > 0.99
    few = _estimate(ip.IsingModel(np.zeros((6, 6))), 1.0, 40)
    assert few.found < 64 and few.interval[0] <= 64 <= few.interval[1]


def test_seed_and_threads() -> None:
    model = ip.sherrington_kirkpatrick(9, seed=0)
    first, second = _estimate(model, 1.0, 600, seed=3, threads=1), _estimate(model, 1.0, 600, seed=3, threads=2)
    np.testing.assert_array_equal(first.x, second.x)
    np.testing.assert_array_equal(first.hits, second.hits)
    assert first.seed == 3
    assert _estimate(model, 1.0, 600, seed=4).hits.tolist() != first.hits.tolist()


def test_no_spins_and_one() -> None:
    empty = _estimate(ip.IsingModel(np.zeros((0, 0))), 0.3, 10)
    assert empty.x.shape == (1, 0) and empty.found == 1 and empty.hits.tolist() == [10]
    single = _estimate(ip.IsingModel([[0.0]]), 4.0, 20)
    np.testing.assert_allclose(np.abs(single.x), [[2.0]])
    assert single.found == 2 and single.hits.tolist() == [20]


def test_a_callback_can_end_it() -> None:
    minima = _estimate(ip.sherrington_kirkpatrick(12, seed=0), 0.5, 100_000, threads=1, callback=lambda fraction: True)
    assert minima.status == "interrupted" and minima.starts < 100_000
    assert minima.hits.sum() + minima.failed == minima.starts


def test_bad_input_is_refused() -> None:
    model = ip.sherrington_kirkpatrick(4, seed=0)
    with pytest.raises(TypeError, match="energy: a SoftSpinEnergy"):
        ls.estimate_minima(model)  # type: ignore[arg-type]
    for name, value in (("starts", 0), ("confidence", 2.0), ("threads", 0), ("seed", "x"), ("callback", 3)):
        with pytest.raises((TypeError, ValueError), match=f"{name}:"):
            _estimate(model, 0.0, **{name: value})


def test_repr_and_dataset() -> None:
    minima = _estimate(ip.sherrington_kirkpatrick(5, seed=0), 1.0, 100)
    assert f"at least {minima.found}" in repr(minima) and "100 starts, 0 failed" in repr(minima)
    dataset = minima.to_dataset()
    assert dataset["x"].dims == ("minimum", "spin") and dataset.attrs["found"] == minima.found


@pytest.mark.parametrize("couplings", [np.zeros((1, 1)), np.zeros((4, 4)), np.kron(np.eye(2), [[0, 1], [1, 0]])])
def test_a_degenerate_minimum_at_the_threshold_is_found_and_not_certified(couplings: np.ndarray) -> None:
    """At a = -λ_max the energy is still convex, and the Hessian of its one minimum singular."""
    estimate = _estimate(ip.IsingModel(couplings), -float(np.linalg.eigvalsh(couplings)[-1]), 10)
    assert (estimate.found, estimate.num_certified, estimate.failed) == (1, 0, 0)
    np.testing.assert_array_equal(estimate.x, np.zeros((1, len(couplings))))


def test_one_of_the_spins_may_be_degenerate() -> None:
    """A spin without couplings and field at a = 0, E = x⁴/4, beside two in fields; its minimum cannot be certified."""
    estimate = _estimate(ip.IsingModel(np.zeros((3, 3)), [1.0, 0.0, -1.0]), 0.0, 10)
    assert estimate.num_certified == 0
    np.testing.assert_allclose(estimate.x, np.tile([1.0, 0.0, -1.0], (len(estimate), 1)), atol=1e-2)


@pytest.mark.parametrize("strength", [1e3, 1e9])
def test_fields_that_are_large_beside_the_couplings(strength: float) -> None:
    """One minimum, at the cube roots of the fields, in units of which residuals are judged."""
    h = strength * np.array([1.0, -2.0, 3.0, -1.0, 0.5])
    model = ip.IsingModel(ip.sherrington_kirkpatrick(5, seed=0).J, h)
    estimate = _estimate(model, 0.3, 20)
    assert (estimate.found, estimate.num_certified, estimate.failed) == (1, 1, 0)
    np.testing.assert_allclose(estimate.x[0], np.cbrt(h), rtol=strength ** (-2.0 / 3.0))
    followed = ls.adiabatic_minima(model, [0.3])
    assert followed["converged"].all()
    np.testing.assert_allclose(followed["x"].values[0], estimate.x, rtol=1e-9)


def test_two_points_in_one_place_are_not_certified_as_two_minima() -> None:
    energy = ls.SoftSpinEnergy(ip.IsingModel([[0, 1], [1, 0]], [0.1, 0.0]), 0.0)
    (x,) = ls.estimate_minima(energy, 20).x[:1]
    assert _certified(energy, x[None], paired=False)[0].tolist() == [True]
    assert _certified(energy, np.array([x, x + 1e-13]), paired=False)[0].tolist() == [False, False]
