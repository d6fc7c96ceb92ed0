"""Observables of trajectories: against hand-made runs whose every number is known, and of runs of each kind."""

import numpy as np
import pytest
import xarray as xr

import cim
import ising_problems as ip
import landscapes as ls
from cim.cavity import glass_observables, parisi_function, trajectories


def _run(model: ip.IsingModel, spins: np.ndarray, means: np.ndarray) -> xr.Dataset:
    """A run of product states with averages ``means`` (R, n) and readouts ``spins``, looked at twice."""
    means = np.asarray(means, dtype=np.float64)
    energy = -0.5 * np.einsum("ri,ij,rj->r", means, model.J, means)
    ground, _ = ip.ground_states(model)
    rounded = model.energy(np.where(means >= 0, 1, -1))
    along = {
        "energy": energy,
        "excess_energy": (energy - ground) / model.num_spins,
        "rounded_energy": rounded,
        "magnetisation": means.mean(axis=1),
        "entropy": np.zeros(len(means)),
    }
    return xr.Dataset(
        {
            **{name: (("time", "replica"), np.stack([np.zeros(len(means)), v])) for name, v in along.items()},
            "sigma_x": (("time", "replica", "spin"), np.stack([np.zeros_like(means), means])),
            "spins": (("replica", "spin"), np.asarray(spins, dtype=np.int8)),
            "readout_energy": ("replica", model.energy(np.asarray(spins))),
        },
        coords={"time": [0.0, 1.0], "replica": np.arange(len(means)), "spin": np.arange(model.num_spins)},
        attrs={"method": "semiclassical", "duration": 1.0, "loss_ratio": 0.0},
    )


def _ferromagnet() -> ip.IsingModel:
    return ip.IsingModel(np.ones((4, 4)) - np.eye(4))  # ground energy -6, with one spin turned 0


def test_every_number_of_a_run_that_is_known() -> None:
    spins = [[1, 1, 1, 1], [1, 1, 1, -1], [-1, -1, -1, -1], [1, 1, 1, 1]]
    means = [[1, 1, 1, 1], [0.5, 0.5, 0.5, 0.5], [-1, -1, -1, -1], [0.5, 0.5, 0.5, -0.5]]
    found = glass_observables(_run(_ferromagnet(), np.array(spins), np.array(means)))
    assert found["excess_energy"].values.tolist() == [0.0, 4.5 / 4, 0.0, 1.5]
    assert found["rounded_excess_energy"].values.tolist() == [0.0, 0.0, 0.0, 1.5]
    assert found["readout_excess_energy"].values.tolist() == [0.0, 1.5, 0.0, 0.0]
    assert found["success"].values.tolist() == [True, False, True, True]
    assert found["self_overlap"].values.tolist() == [1.0, 0.25, 1.0, 0.25]
    assert found["readout_magnetisation"].values.tolist() == [1.0, 0.5, -1.0, 1.0]
    assert found["square_magnetisation"].values.tolist() == [1.0, 0.25, 1.0, 1.0]
    values = np.array([0.0, 4.5 / 4, 0.0, 1.5])
    assert float(found["mean_excess_energy"]) == values.mean()
    assert float(found["mean_excess_energy_error"]) == pytest.approx(values.std(ddof=1) / 2, rel=1e-14)
    assert float(found["mean_success"]) == 0.75
    interval = cim.time_to_solution(3, 4, 1.0).probability_interval
    np.testing.assert_allclose(found["success_interval"], interval, rtol=1e-14)
    # overlaps of the six pairs: 1/2, -1, 1, -1/2, 1/2, -1
    probability = found["overlap_probability"].sel(overlap=[-1.0, -0.5, 0.0, 0.5, 1.0])
    np.testing.assert_allclose(probability, np.array([2, 1, 0, 2, 1]) / 6, atol=1e-15)
    np.testing.assert_allclose(found["x_of_q"], np.array([2, 3, 3, 5, 6]) / 6, atol=1e-15)
    np.testing.assert_allclose(found["x_of_absolute_q"], np.array([0, 3, 6]) / 6, atol=1e-15)
    assert found["absolute_q_of_x"].sel(x=[0.5, 0.51]).values.tolist() == [0.5, 1.0]
    assert float(found["mean_square_overlap"]) == pytest.approx((3 + 0.75) / 6)
    # sizes of the overlaps in the four triples: of 0 and 2 with 3 all are 1, of 1 with two others two are 1/2
    assert float(found["ultrametric_gap"]) == pytest.approx(0.0, abs=1e-12)
    assert found.attrs["num_spins"] == 4 and found.attrs["instances"] == 1


def test_several_instances_have_errors_over_instances() -> None:
    rng = np.random.default_rng(0)
    models = [ip.sherrington_kirkpatrick(6, seed=k) for k in range(5)]
    runs = [_run(m, rng.choice([-1, 1], (8, 6)), rng.uniform(-1, 1, (8, 6))) for m in models]
    found = glass_observables(runs)
    assert found["excess_energy"].dims == ("instance", "replica")
    means = found["excess_energy"].mean("replica").values
    assert float(found["mean_excess_energy"]) == pytest.approx(means.mean())
    assert float(found["mean_excess_energy_error"]) == pytest.approx(means.std(ddof=1) / np.sqrt(5))
    spins = np.stack([run["spins"].values for run in runs])
    expected = ls.overlap_distribution(spins, groups="all")
    np.testing.assert_allclose(found["overlap_probability_error"], expected["probability_error"])
    together = xr.concat(runs, "instance")
    xr.testing.assert_allclose(glass_observables(together), found)
    with pytest.raises(ValueError, match="ground_energy: one number for each of 5 instances"):
        glass_observables(runs, ground_energy=[1.0, 2.0])
    lower = glass_observables(runs, ground_energy=[ip.ground_states(m)[0] - 6.0 for m in models])
    np.testing.assert_allclose(lower["excess_energy"], found["excess_energy"] + 1.0)
    assert not lower["success"].any()


def test_the_interval_of_success_is_over_instances_unless_they_all_agree() -> None:
    model = _ferromagnet()
    aligned, turned = np.ones((8, 4)), np.array([[1, 1, 1, -1]] * 8)
    runs = [_run(model, np.vstack([aligned[:k], turned[k:]]), aligned) for k in (2, 4, 6)]
    half = 4.302653 * 0.25 / np.sqrt(3)  # Student's t of two degrees, 0.975
    np.testing.assert_allclose(
        glass_observables(runs)["success_interval"], np.clip([0.5 - half, 0.5 + half], 0, 1), rtol=1e-6
    )
    half = 1.885618 * 0.25 / np.sqrt(3)  # 0.9
    narrow = glass_observables(runs, level=0.8)["success_interval"]
    np.testing.assert_allclose(narrow, [0.5 - half, 0.5 + half], rtol=1e-6)
    never = glass_observables([_run(model, turned, aligned)] * 3)["success_interval"]
    np.testing.assert_allclose(never, cim.time_to_solution(0, 24, 1.0).probability_interval)


def test_a_list_of_one_run_is_that_run() -> None:
    rng = np.random.default_rng(3)
    run = _run(ip.sherrington_kirkpatrick(6, seed=1), rng.choice([-1, 1], (9, 6)), rng.uniform(-1, 1, (9, 6)))
    alone, listed = glass_observables(run), glass_observables([run])
    for name in ("mean_square_overlap_error", "x_of_q_error", "gap_ratio", "gap_ratio_error", "mean_energy_error"):
        np.testing.assert_array_equal(listed[name], alone[name])
        assert np.isfinite(listed[name]).all()


def test_replicas_in_one_tree_are_ultrametric_and_on_a_line_are_not() -> None:
    model = ip.sherrington_kirkpatrick(16, seed=0)
    leaves = np.ones((12, 16), dtype=int)
    for leaf in range(12):  # four clusters of three, one cluster off by eight spins, another by four
        leaves[leaf, :8] *= -1 if leaf % 4 == 1 else 1
        leaves[leaf, 8:12] *= -1 if leaf % 4 == 2 else 1
    leaves[:, 12:] *= -1
    clusters = leaves[[leaf for leaf in range(12) if leaf % 4 in (0, 1)]]
    tree = glass_observables(_run(model, clusters, clusters))
    assert float(tree["gap_ratio"]) == pytest.approx(0.0, abs=1e-12)
    line = 1 - 2 * (np.arange(0, 16, 2)[:, None] > np.arange(16)[None, :])
    assert float(glass_observables(_run(model, line, line))["gap_ratio"]) > 0.4


@pytest.mark.parametrize("method", ["diffusion", "semiclassical", "mesolve"])
def test_runs_of_every_kind_are_read(method: str) -> None:
    model = ip.sherrington_kirkpatrick(4, seed=3)
    run = trajectories(model, method=method, replicas=8, steps=200, seed=2)
    found = glass_observables(run)
    ground, states = ip.ground_states(model)
    by_hand = glass_observables(run, ground_energy=ground)
    for name in ("mean_excess_energy", "mean_readout_excess_energy", "mean_success"):
        assert float(found[name]) == pytest.approx(float(by_hand[name]), abs=1e-12)
    np.testing.assert_allclose(found["readout_excess_energy"], (model.energy(run["spins"].values) - ground) / 4)
    hit = (run["spins"].values[:, None] == states).all(axis=2).any(axis=1)
    np.testing.assert_array_equal(found["success"], hit)
    assert float(found["mean_energy"]) == pytest.approx(float(run["energy"].isel(time=-1).mean()))
    if method == "mesolve":
        assert "energy" not in found and np.isnan(found["mean_energy_error"])  # an average already
    else:
        assert found["energy"].dims == ("replica",)
        assert found["self_overlap"].dims == ("replica",)
    assert float(found["x_of_q"][-1]) == pytest.approx(1.0)


def test_few_trajectories_have_few_observables() -> None:
    model = _ferromagnet()
    one = glass_observables(_run(model, [[1, 1, 1, 1]], [[1, 1, 1, 1]]))
    assert "x_of_q" not in one and np.isnan(one["mean_energy_error"])
    two = glass_observables(_run(model, np.ones((2, 4)), np.ones((2, 4))))
    assert float(two["order_parameter"]) == 1.0 and "ultrametric_gap" not in two
    bare = _run(model, np.ones((3, 4)), np.ones((3, 4))).drop_vars(["excess_energy", "sigma_x"])
    found = glass_observables(bare)
    assert "success" not in found and "self_overlap" not in found and "mean_energy" in found
    assert parisi_function is ls.parisi_function


def test_the_door_names_the_argument() -> None:
    model = _ferromagnet()
    run = _run(model, np.ones((3, 4)), np.ones((3, 4)))
    with pytest.raises(TypeError, match=r"run: a Dataset of cim\.cavity\.trajectories or a sequence"):
        glass_observables(np.ones((3, 4)))
    with pytest.raises(ValueError, match="run: run 0 has no spins and no readout_energy"):
        glass_observables(run.drop_vars(["spins", "readout_energy"]))
    with pytest.raises(ValueError, match=r"run: run 1 has \{'replica': 2, 'spin': 4\}, but run 0 has"):
        glass_observables([run, run.isel(replica=slice(2))])
    with pytest.raises(ValueError, match="ground_energy: must be finite, but it is nan"):
        glass_observables(run, ground_energy=np.nan)
    run["energy"][:] = np.nan  # nothing to compare with is no failure
    assert "success" not in glass_observables(run)
    with pytest.raises(ValueError, match="level: must be less than 1"):
        glass_observables(run, level=1.0)
