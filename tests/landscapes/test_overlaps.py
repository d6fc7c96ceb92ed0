"""Replica overlaps against enumeration and exact limits, and their errors; each statistical test has a twin."""

from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import ising_problems as ip
import landscapes as ls
from ising_problems.exact import enumerate_energies, spins_from_index


def _model(kind: str, n: int) -> ip.IsingModel:
    if kind == "ferromagnet":
        return ip.IsingModel((np.ones((n, n)) - np.eye(n)) / n)
    return ip.sherrington_kirkpatrick(n, seed=n)


def _states_and_weights(model: ip.IsingModel, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    energies = enumerate_energies(model)
    weights = np.exp(-(energies - energies.min()) / temperature)
    return spins_from_index(np.arange(len(energies)), model.num_spins), weights / weights.sum()


def _exact_distribution(model: ip.IsingModel, temperature: float) -> np.ndarray:
    states, weights = _states_and_weights(model, temperature)
    n = model.num_spins
    agreements = (states.astype(int) @ states.T.astype(int) + n) // 2
    return np.bincount(agreements.ravel(), np.outer(weights, weights).ravel(), minlength=n + 1)


def _draws(model: ip.IsingModel, temperature: float, count: int, rng: np.random.Generator) -> np.ndarray:
    states, weights = _states_and_weights(model, temperature)
    return states[rng.choice(len(states), count, p=weights)]


def _agreement(found: xr.Dataset, samples: int, exact: np.ndarray) -> float:
    wanted = samples * exact
    return float(stats.chi2.sf(((samples * found["probability"].values - wanted) ** 2 / wanted).sum(), len(exact) - 1))


@pytest.mark.parametrize(("kind", "n"), [("ferromagnet", 4), ("glass", 5), ("glass", 6)])
def test_the_distribution_is_that_of_two_boltzmann_replicas(kind: str, n: int) -> None:
    model, samples = _model(kind, n), 20_000
    found = ls.overlap_distribution(_draws(model, 0.6, 2 * samples, np.random.default_rng(0)))
    np.testing.assert_allclose(found["overlap"], np.linspace(-1, 1, n + 1))
    assert float(found["probability"].sum()) == pytest.approx(1, abs=1e-12)
    assert float((found["density"] * 2 / n).sum()) == pytest.approx(1, abs=1e-12)
    assert _agreement(found, samples, _exact_distribution(model, 0.6)) > 1e-4
    assert _agreement(found, samples, _exact_distribution(model, 0.7)) < 1e-4  # the twin: hotter


def test_a_run_of_the_sampler_gives_the_same_distribution() -> None:
    model, temperatures = _model("glass", 6), [0.6, 1.0]
    run = ls.parallel_tempering(model, temperatures, 200_000, 100, interval=10, seed=1, record=("overlap", "spins"))
    found = ls.overlap_distribution(run)
    for t, temperature in enumerate(temperatures):
        at = found.isel(temperature=t)
        assert _agreement(at, run.sizes["sweep"], _exact_distribution(model, temperature)) > 1e-4
        assert _agreement(at, run.sizes["sweep"], _exact_distribution(model, 1.15 * temperature)) < 1e-4
        mirrored = at["probability"].values[::-1]
        assert (abs(at["probability"] - mirrored) <= 6 * at["probability_error"]).all()  # no field: P(q) is even
    from_spins = ls.overlap_distribution(run.drop_vars("overlap"))
    xr.testing.assert_allclose(from_spins, found, atol=1e-12)
    assert "temperature" not in ls.overlap_distribution(run.isel(temperature=0)).dims


def test_moments_agree_with_enumeration_within_their_errors() -> None:
    model, temperature, n = _model("glass", 6), 0.7, 6
    exact, q = _exact_distribution(model, temperature), np.linspace(-1, 1, n + 1)
    second, fourth = (exact * q**2).sum(), (exact * q**4).sum()
    rng = np.random.default_rng(2)
    deviations = []
    for _ in range(150):
        spins = _draws(model, temperature, 2000, rng)
        size, ratio = ls.edwards_anderson_parameter(spins), ls.binder_ratio(spins)
        pairs = [
            (size["order_parameter"] - np.sqrt(second), size["order_parameter_error"]),
            (size["mean_absolute_overlap"] - (exact * abs(q)).sum(), size["mean_absolute_overlap_error"]),
            (size["susceptibility"] - n * second, size["susceptibility_error"]),
            (ratio["binder_ratio"] - 0.5 * (3 - fourth / second**2), ratio["binder_ratio_error"]),
        ]
        deviations.append([float(difference / error) for difference, error in pairs])
    spread = np.std(deviations, axis=0)
    assert (spread > 0.85).all() and (spread < 1.3).all()  # 150 values, errors from 20 blocks: 1.05 ± 0.07
    assert (np.abs(np.mean(deviations, axis=0)) < 0.35).all()
    # the twin: blocks that all hold the same samples claim far too small an error
    copied = np.tile(_draws(model, temperature, 100, rng), (20, 1))
    honest = ls.binder_ratio(_draws(model, temperature, 100, rng))["binder_ratio_error"]
    assert float(ls.binder_ratio(copied)["binder_ratio_error"]) < 1e-6 * float(honest)


def test_several_instances_are_averaged_and_give_the_errors() -> None:
    rng = np.random.default_rng(3)
    spins = np.stack([_draws(ip.sherrington_kirkpatrick(6, seed=k), 0.5, 400, rng) for k in range(12)])
    products = (spins[:, ::2].astype(int) * spins[:, 1::2]).sum(axis=-1) / 6
    squares = (products**2).mean(axis=1)
    found = ls.edwards_anderson_parameter(spins)
    assert float(found["susceptibility"]) == pytest.approx(6 * squares.mean(), rel=1e-12)
    # the jackknife of a mean is its usual standard error
    expected = 6 * squares.std(ddof=1) / np.sqrt(12)
    assert float(found["susceptibility_error"]) == pytest.approx(expected, rel=1e-9)
    runs = [_run(q[:, None, None], 6) for q in products]
    for function in (ls.edwards_anderson_parameter, ls.binder_ratio, ls.overlap_distribution):
        xr.testing.assert_allclose(function(runs).isel(temperature=0, drop=True), function(spins))


def _run(overlap: np.ndarray, n: int, temperatures: Any = (1.0,)) -> xr.Dataset:
    return xr.Dataset(
        {"overlap": (("sweep", "pair", "temperature"), overlap)}, {"temperature": list(temperatures), "spin": range(n)}
    )


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_at_infinite_temperature_the_overlap_is_a_sum_of_coins(n: int) -> None:
    """All 2^n overlaps of the states with one of them: the binomial, of mean square 1/n and Binder ratio 1/n."""
    states = spins_from_index(np.arange(2**n), n)
    pairs = np.stack([np.ones_like(states), states], axis=1).reshape(-1, n)
    found = ls.overlap_distribution(pairs)
    np.testing.assert_allclose(found["probability"], stats.binom.pmf(np.arange(n + 1), n, 0.5), atol=1e-14)
    assert float(ls.binder_ratio(pairs)["binder_ratio"]) == pytest.approx(1 / n, abs=1e-12)
    assert float(ls.edwards_anderson_parameter(pairs)["susceptibility"]) == pytest.approx(1, abs=1e-12)


def test_at_zero_temperature_there_are_two_peaks() -> None:
    model = _model("glass", 8)
    spins = _draws(model, 0.01, 400, np.random.default_rng(0))
    found = ls.overlap_distribution(spins)
    assert (found["probability"].values[[0, -1]] > 0.35).all() and (found["probability"].values[1:-1] == 0).all()
    assert float(ls.binder_ratio(spins)["binder_ratio"]) == 1
    assert float(ls.edwards_anderson_parameter(spins)["order_parameter"]) == 1


def test_bins_hold_their_lower_edges() -> None:
    run = _run(np.array([-1.0, -0.2, 0.2, 0.6, 1.0]).reshape(-1, 1, 1), 5)
    found = ls.overlap_distribution(run, [-1.0, 0.2, 0.6, 1.0]).isel(temperature=0)
    np.testing.assert_allclose(found["probability"], [0.4, 0.2, 0.4])
    np.testing.assert_allclose(found["density"], [0.4 / 1.2, 0.2 / 0.4, 0.4 / 0.4])
    # 3/5 as a quotient and as a sum of edges differ in the last digit
    assert ls.overlap_distribution(run, 5).isel(temperature=0)["probability"].values.tolist() == [0.2, 0, 0.2, 0.2, 0.4]


# ---------------------------------------------------------------- ultrametricity


def test_leaves_of_a_tree_are_ultrametric_and_a_path_is_not() -> None:
    import scipy.linalg

    rows = scipy.linalg.hadamard(8)
    leaves = [np.concatenate([rows[branch], rows[leaf]]) for branch, leaf in [(0, 0), (0, 1), (1, 2)]]
    states = np.array(leaves * 2)  # overlaps 1/2, 0, 0
    assert float(ls.ultrametricity(states)["mean_gap"]) == pytest.approx(0, abs=1e-12)
    path = np.ones((6, 16), dtype=int)
    path[1::3, :4] = path[2::3, :8] = -1  # distances 1/4, 1/4, 1/2
    found = ls.ultrametricity(path)
    assert float(found["mean_gap"]) == pytest.approx(0.25 / np.std([0.25, 0.25, 0.5]), abs=1e-12)
    assert found["probability"].values[-1] == 1


@pytest.mark.parametrize("up_to_flip", [True, False])
def test_triples_agree_with_enumeration(up_to_flip: bool) -> None:
    model, n = _model("glass", 5), 5

    def exact(temperature: float) -> float:
        states, weights = _states_and_weights(model, temperature)
        q = states.astype(float) @ states.T / n
        d = (1 - (abs(q) if up_to_flip else q)) / 2
        triples = np.stack(np.broadcast_arrays(d[:, :, None], d[:, None, :], d[None, :, :]), axis=-1)
        ordered = np.sort(triples, axis=-1)
        gap = np.einsum("ijk,i,j,k->", ordered[..., 2] - ordered[..., 1], weights, weights, weights)
        pairs = np.outer(weights, weights)
        return float(gap / np.sqrt((pairs * d**2).sum() - (pairs * d).sum() ** 2))

    spins = _draws(model, 0.7, 60_000, np.random.default_rng(5))
    found = ls.ultrametricity(spins, up_to_flip=up_to_flip)
    assert abs(float(found["mean_gap"]) - exact(0.7)) < 4 * float(found["mean_gap_error"])
    assert abs(float(found["mean_gap"]) - exact(1.0)) > 4 * float(found["mean_gap_error"])  # the twin: hotter
    assert float(found["probability"].sum()) == pytest.approx(1, abs=1e-12)


def test_triples_of_a_run_are_those_of_its_spins() -> None:
    spins = _draws(_model("glass", 6), 0.7, 120, np.random.default_rng(6))
    run = xr.Dataset(
        {"spins": (("sweep", "replica", "temperature", "spin"), spins.reshape(40, 3, 1, 6))},
        {"temperature": [0.7], "spin": range(6)},
    )
    xr.testing.assert_allclose(ls.ultrametricity(run).isel(temperature=0, drop=True), ls.ultrametricity(spins))


# ---------------------------------------------------------------- edges


def test_no_spins_have_no_overlaps() -> None:
    nothing = np.ones((4, 0))
    assert ls.overlap_distribution(nothing).sizes["overlap"] == 0
    assert np.isnan(ls.overlap_distribution(nothing, 4)["probability"]).all()
    assert np.isnan(ls.binder_ratio(nothing)["binder_ratio"])
    assert np.isnan(ls.edwards_anderson_parameter(nothing)["order_parameter"])
    assert np.isnan(ls.ultrametricity(nothing)["mean_gap"])


def test_one_pair_has_no_error() -> None:
    found = ls.overlap_distribution([[1], [-1]])
    assert found["probability"].values.tolist() == [1, 0]
    assert np.isnan(found["probability_error"]).all()
    assert np.isnan(ls.ultrametricity([[1, 1]] * 3)["mean_gap"])  # all distances are the same


@pytest.mark.parametrize(
    ("samples", "arguments", "says"),
    [
        (np.ones((1, 4)), {}, "samples: runs, or spins of shape"),
        (np.ones(4), {}, "samples: runs, or spins of shape"),
        (np.zeros((4, 4)), {}, "samples: entries must be -1 or"),
        (np.ones((4, 4)), {"bins": [0.0, 1.0]}, "bins: must cover overlaps from -1 to 1"),
        (np.ones((4, 4)), {"bins": [1.0, -1.0]}, "bins: a number, or at least two increasing edges"),
        (np.ones((4, 4)), {"bins": 0}, "bins: must be at least 1, but it is 0"),
        (np.ones((4, 4)), {"blocks": 1}, "blocks: must be at least 2, but it is 1"),
        (_run(np.ones((3, 0, 1)), 4), {}, "samples: the run holds no 2 replicas; sample with replicas=2"),
        (_run(np.ones((3, 1, 1)), 4).drop_vars("overlap"), {}, "samples: the run holds no overlap"),
        ([_run(np.ones((3, 1, 1)), 4), _run(np.ones((3, 1, 1)), 5)], {}, "run 1 has 5 spins, but run 0 has 4"),
        ([_run(np.ones((3, 1, 1)), 4), _run(np.ones((3, 1, 1)), 4, [2.0])], {}, "run 1 is at other temperatures"),
        ([_run(np.ones((3, 1, 1)), 4), 3], {}, "samples: runs cannot be mixed with anything else"),
    ],
)
def test_bad_samples_are_named(samples: Any, arguments: dict[str, Any], says: str) -> None:
    with pytest.raises((ValueError, TypeError), match=says):
        ls.overlap_distribution(samples, **arguments)


def test_triples_need_three_replicas_with_their_spins() -> None:
    with pytest.raises(ValueError, match="the run holds no spins; sample with record="):
        ls.ultrametricity(_run(np.ones((3, 1, 1)), 4))
    with pytest.raises(ValueError, match="with 3 replicas or more"):
        ls.ultrametricity(np.ones((2, 4)))
    with pytest.raises(TypeError, match="up_to_flip: must be True or False"):
        ls.ultrametricity(np.ones((3, 4)), up_to_flip="yes")  # type: ignore[arg-type]
