"""Quantum against semiclassical: the study's arithmetic, its seeds, and the physics in the two regimes of heating."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import xarray as xr

import ising_problems as ip
from cim.cavity import glass_observables, glass_study, trajectories
from landscapes import cell_generator


def _models(n: int, count: int) -> list[ip.IsingModel]:
    return [ip.sherrington_kirkpatrick(n, seed=100 * n + k) for k in range(count)]


def _small(**arguments: object) -> xr.Dataset:
    given = {"replicas": 5, "time_step": 0.1, "durations": [4.0, 8.0], "loss_ratios": [0.005, 0.05], "moments": 4}
    return glass_study(_models(4, 3), **{**given, **arguments})


def test_averages_errors_and_advantages_are_those_of_the_cells() -> None:
    study = _small()
    assert dict(study["excess_energy"].sizes) == {"instance": 3, "loss_ratio": 2, "duration": 2, "dynamics": 2}
    values = study["excess_energy"]
    np.testing.assert_allclose(study["mean_excess_energy"], values.mean("instance"))
    error = values.std("instance", ddof=1) / np.sqrt(3)
    np.testing.assert_allclose(study["mean_excess_energy_error"], error)
    quantum, classical = (study.sel(dynamics=name) for name in ("diffusion", "semiclassical"))
    for reading, theirs, ours in (
        ("soft", "excess_energy", "excess_energy"),
        ("rounded", "rounded_excess_energy", "rounded_excess_energy"),
        ("readout", "readout_excess_energy", "readout_excess_energy"),
        ("unfavourable", "rounded_excess_energy", "excess_energy"),
    ):
        difference = classical[theirs] - quantum[ours]
        np.testing.assert_allclose(study["advantage"].sel(reading=reading), difference.mean("instance"), atol=1e-15)
        paired = difference.std("instance", ddof=1) / np.sqrt(3)
        np.testing.assert_allclose(study["advantage_error"].sel(reading=reading), paired)
        np.testing.assert_allclose(study["wins"].sel(reading=reading), (difference > 0).mean("instance"))
    assert study["entropy_profile"].sizes["fraction"] == 5
    np.testing.assert_array_equal(study["entropy_profile"].sel(dynamics="semiclassical"), 0.0)
    np.testing.assert_allclose(study["overlap_probability"].sum("overlap"), 1.0)
    np.testing.assert_allclose(study["excess_energy_profile"].isel(fraction=-1), study["excess_energy"], atol=1e-12)


def test_a_cell_is_a_run_with_the_seed_of_the_cell_for_every_method() -> None:
    study = _small(seed=4)
    cell = {"instance": 1, "loss_ratio": 0.05, "duration": 4.0}
    seed = int(cell_generator(4, cell).integers(2**62))
    for method in ("diffusion", "semiclassical"):
        run = trajectories(
            _models(4, 3)[1], method=method, duration=4.0, steps=40, replicas=5, loss_ratio=0.05, seed=seed, threads=1
        )
        found = glass_observables(run)
        at = study.sel(cell).sel(dynamics=method)
        for name in ("excess_energy", "readout_excess_energy", "success", "self_overlap"):
            assert float(at[name]) == pytest.approx(float(found[f"mean_{name}"]), abs=1e-12)
        assert float(at["square_overlap"]) == pytest.approx(float(found["mean_square_overlap"]))


def test_executors_threads_and_folders_change_no_bit(tmp_path) -> None:
    given = {"seed": 2, "durations": [4.0], "loss_ratios": [0.05], "replicas": 3}
    plain = _small(**given)
    with ThreadPoolExecutor(2) as pool:
        for other in (_small(**given, executor=pool), _small(**given, threads=2), _small(**given, path=tmp_path)):
            xr.testing.assert_equal(other, plain)
    again = _small(**{**given, "durations": [4.0, 2.0]}, path=tmp_path)  # grown: its old cells are read
    xr.testing.assert_equal(again.sel(duration=[4.0]), plain)
    assert not _small(**{**given, "seed": 3})["excess_energy"].equals(plain["excess_energy"])


def test_one_method_alone_has_no_advantage() -> None:
    study = glass_study(_models(3, 2), ["semiclassical"], replicas=2, time_step=0.2, durations=[2.0])
    assert "advantage" not in study and study["dynamics"].values.tolist() == ["semiclassical"]


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"instances": []}, ValueError, "instances: at least 1"),
        ({"instances": [*_models(4, 1), *_models(5, 1)]}, ValueError, r"instances\[1\]: has 5 spins"),
        ({"instances": _models(25, 1)}, ValueError, "instances: ground states are enumerated up to 24"),
        ({"methods": "diffusion"}, TypeError, "methods: a sequence of names"),
        ({"methods": ["mesolve"]}, ValueError, "methods: 'mesolve' is not one of diffusion"),
        ({"methods": ["diffusion", "diffusion"]}, ValueError, "methods: each is run once"),
        ({"loss_ratios": [-0.1]}, ValueError, "loss_ratios: must be at least 0"),
        ({"loss_ratios": []}, ValueError, "loss_ratios: a list of numbers"),
        ({"durations": [0.0]}, ValueError, "durations: must be greater than 0"),
        ({"durations": [1.0, 1.0]}, ValueError, "durations: each counts once"),
        ({"time_step": 0.0}, ValueError, "time_step: must be greater than 0"),
        ({"replicas": 0}, ValueError, "replicas: must be at least 1"),
        ({"ramp": -1.0}, ValueError, "ramp: must be at least 0"),
    ],
)
def test_the_door_names_the_argument(changes: dict, error: type, says: str) -> None:
    with pytest.raises(error, match=says):
        glass_study(**{"instances": _models(4, 2), **changes})


# ---------------------------------------------------------------- the physics


def test_weak_heating_favours_entangled_trajectories_and_strong_heating_does_not() -> None:
    """A small version of the next test: 8 instances of 6 spins."""
    weak = glass_study(_models(6, 8), replicas=12, time_step=0.05, seed=1)
    strong = glass_study(_models(6, 8), replicas=12, time_step=0.05, loss_ratios=[0.1], durations=[30.0], seed=1)
    weak, strong = (study.isel(loss_ratio=0, duration=0) for study in (weak, strong))
    for reading in ("soft", "unfavourable"):
        at = weak.sel(reading=reading)
        assert float(at["advantage"]) > 3 * float(at["advantage_error"])
        at = strong.sel(reading=reading)
        assert float(at["advantage"]) < -3 * float(at["advantage_error"])


@pytest.mark.slow
def test_the_quantum_glass_of_six_spins() -> None:
    study = glass_study(_models(6, 20), seed=77).isel(loss_ratio=0, duration=0)
    quantum, classical = (study.sel(dynamics=name) for name in ("diffusion", "semiclassical"))
    assert abs(float(quantum["mean_excess_energy"]) - 0.058) < 0.03
    assert float(classical["mean_rounded_excess_energy"]) > float(quantum["mean_excess_energy"]) + 0.02
    assert float(quantum["mean_ground_probability"] - classical["mean_ground_probability"]) > 0.08
    entropy = quantum["mean_entropy_profile"]
    assert float(entropy.sel(fraction=0.3, method="nearest")) > float(entropy.isel(fraction=-1)) + 0.2
    # no magnetisation on average, overlaps beyond those of a paramagnet
    zero, error = (float(quantum[f"mean_readout_magnetisation{end}"]) for end in ("", "_error"))
    assert abs(zero) < 4 * error
    assert float(quantum["mean_square_overlap"]) > 1 / 6 + 5 * float(quantum["mean_square_overlap_error"])
    # the twin: at strong heating every sign turns
    hot = glass_study(_models(6, 20), loss_ratios=[0.05], durations=[30.0], seed=77).isel(loss_ratio=0, duration=0)
    soft = hot.sel(reading="soft")
    assert float(soft["advantage"]) < -3 * float(soft["advantage_error"])


@pytest.mark.slow
@pytest.mark.parametrize("n", [8, 10])
def test_larger_glasses_keep_the_advantage(n: int) -> None:
    study = glass_study(_models(n, 10), seed=77).isel(loss_ratio=0, duration=0)
    for reading in ("soft", "rounded", "readout"):
        at = study.sel(reading=reading)
        assert float(at["advantage"]) > 3 * float(at["advantage_error"])


def test_what_a_cell_would_refuse_is_refused_at_the_door() -> None:
    models = [ip.sherrington_kirkpatrick(4, seed=0)]
    with pytest.raises(ValueError, match="tilt: must be at least 0"):
        glass_study(models, tilt=-1.0)
    with pytest.raises(ValueError, match=r"time_step: in one of 0\.02 .* by 2 rad.* at most 0\.01"):
        glass_study(models, transverse_field=100.0)


def test_profiles_end_where_the_runs_do() -> None:
    models = [ip.sherrington_kirkpatrick(4, seed=k) for k in range(2)]
    study = glass_study(models, durations=[4.0], replicas=4, time_step=0.1, moments=4)
    for name in ("excess_energy", "rounded_excess_energy", "ground_probability", "self_overlap"):
        np.testing.assert_allclose(study[f"{name}_profile"].isel(fraction=-1), study[name], atol=1e-12)
