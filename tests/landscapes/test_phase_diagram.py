"""The phase diagram: analytic limits, identities, complete counts of small models, and the measured tables."""

import multiprocessing
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import ising_problems as ip
import landscapes as ls
from landscapes.states import mean_overlap, number_distinct
from landscapes.theory import free_convolution

PUMPS = [-2.6, -1.5, -0.93, -0.45, 0.0, 0.5, 2.0]


def gaussian_instance(n: int, seed: int) -> ip.IsingModel:
    """Strict upper triangle of a standard normal matrix over √n: the instances of the measured tables."""
    upper = np.triu(np.random.default_rng(seed).normal(size=(n, n)), 1) / np.sqrt(n)
    return ip.IsingModel(upper + upper.T)


@pytest.fixture(scope="module")
def diagram() -> xr.Dataset:
    return ls.phase_diagram(PUMPS, [60, 200], 3, random_starts=5, threads=1, seed=2)


def _models(diagram: xr.Dataset) -> Any:
    for size in diagram["size"].values:
        for instance in diagram["instance"].values:
            seed = int(diagram["model_seed"].sel(size=size, instance=instance))
            yield ip.sherrington_kirkpatrick(int(size), seed=seed), diagram.sel(size=size, instance=instance)


# ---------------------------------------------------------------- limits and identities


def test_everything_converges_and_is_a_minimum(diagram: xr.Dataset) -> None:
    assert diagram["energy"].dims == ("pump", "size", "instance", "start")
    assert diagram.attrs["status"] == "completed"
    assert diagram["converged"].all() and (diagram["fraction_converged"] == 1).all()
    assert (diagram["gradient_norm"] < 2e-9).all()
    assert (diagram["index"] == 0).all() and (diagram["lowest_eigenvalue"] > 0).all()


def test_below_the_threshold_there_is_the_origin_alone(diagram: xr.Dataset) -> None:
    for model, cell in _models(diagram):
        spectrum = -PUMPS[0] - np.linalg.eigvalsh(model.J)
        there = cell.sel(pump=PUMPS[0])
        assert (there["q"] == 0).all() and (there["energy"] == 0).all()
        assert there["lowest_eigenvalue"].values == pytest.approx(spectrum.min(), abs=1e-9)
        assert there["susceptibility"].values == pytest.approx(np.mean(1 / spectrum), abs=1e-9)
        assert (there["distinct_minima"] == 1).all() and there["overlap"].isnull().all()


def test_a_branch_obeys_the_derivative_of_its_energy() -> None:
    """dE/da = -n⟨x²⟩/2 along a minimum, by central differences; the twin without the ½ fails."""
    h = 1e-3
    diagram = ls.phase_diagram([0.4 - h, 0.4, 0.4 + h], 100, 2, random_starts=0, threads=1)
    slope = (diagram["energy"].isel(pump=2) - diagram["energy"].isel(pump=0)) / (2 * h)
    q = diagram["q"].isel(pump=1)
    assert np.max(np.abs(slope + q / 2)) < 1e-6
    assert np.min(np.abs(slope + q)) > 0.1


def test_derived_quantities(diagram: xr.Dataset) -> None:
    curve = -(diagram["pump"] + diagram["susceptibility"])
    assert np.max(np.abs(curve - diagram["site_curvature"])) == 0
    gapped, marginality = diagram["gapped"], diagram["marginality"]
    assert (marginality.where(gapped, 0) < 1).all()
    assert np.max(np.abs(marginality.where(~gapped, 1) - 1)) < 1e-9
    assert ((diagram["predicted_edge"] > 0) == gapped).all()
    rigid = diagram.sel(pump=2.0, protocol="adiabatic").where(diagram["start_protocol"] == "adiabatic", drop=True)
    assert rigid["gapped"].all() and (rigid["smallest_amplitude"] > 0.8).all()
    difference = rigid["susceptibility"] - rigid["predicted_susceptibility"]
    assert np.max(np.abs(difference / rigid["susceptibility"])) < 0.02
    assert (diagram["site_curvature"].sel(pump=[-2.6, -1.5], size=200) > 0).all()
    assert (diagram["site_curvature"].sel(pump=[0.5, 2.0], size=200) < 0).all()


def test_ising_energies_are_those_of_the_signs() -> None:
    """At a large pump x ≈ √a s, the energy -n a²/4 plus a times the Ising energy of s; small models reach its least."""
    model = gaussian_instance(40, 3)
    diagram = ls.phase_diagram([300.0], instances=[model], random_starts=6, steps_per_unit=20, threads=1)
    excess = diagram["energy"] + 300.0**2 / 4  # per spin: a e_s + O(1)
    assert np.max(np.abs(excess / 300.0 - diagram["ising_energy"])) < 0.01
    lowest = ip.ground_states(gaussian_instance(16, 0))[0] / 16
    small = ls.phase_diagram([0.0, 50.0], instances=[gaussian_instance(16, 0)], random_starts=60, threads=1)
    assert small["ising_energy"].min() == pytest.approx(lowest, abs=1e-12)
    assert (small["ising_energy"] >= lowest - 1e-12).all()


def test_the_signs_freeze() -> None:
    """Well above the rigidity transition the followed signs do not change any more; below it they still do."""
    models = [gaussian_instance(250, seed) for seed in (0, 1)]
    diagram = ls.phase_diagram([-1.7, 0.5, 2.0], instances=models, random_starts=0)
    energy = diagram["ising_energy"].mean("start")
    assert np.max(np.abs(energy.sel(pump=2.0) - energy.sel(pump=0.5))) < 1e-12
    assert np.min(energy.sel(pump=-1.7) - energy.sel(pump=0.5)) > 0.02


# ---------------------------------------------------------------- counts


@pytest.mark.parametrize("n", [3, 4])
def test_every_minimum_of_a_small_model_at_a_large_pump(n: int) -> None:
    """At a pump far above all couplings each of the 2ⁿ sign patterns has its minimum; x and -x are one."""
    model = gaussian_instance(n, 1)
    found = ls.phase_diagram([40.0], instances=[model], adiabatic_starts=0, random_starts=150)
    assert found["distinct_minima"].sel(protocol="random").item() == 2 ** (n - 1)
    fields = ip.IsingModel(model.J, 0.1 * np.ones(n))
    found = ls.phase_diagram([40.0], instances=[fields], adiabatic_starts=0, random_starts=150)
    assert found["distinct_minima"].sel(protocol="random").item() == 2**n


@pytest.mark.parametrize(("seed", "pump", "starts"), [(0, 2.0, 1000), (1, 2.0, 1000), (1, -0.5, 20)])
def test_counts_against_complete_enumeration(seed: int, pump: float, starts: int) -> None:
    """Enough random starts find every minimum there is, as certified by homotopy; two starts do not."""
    model = gaussian_instance(5, seed)
    there = ls.enumerate_critical_points(ls.SoftSpinEnergy(model, pump)).num_minima // 2
    found = [
        ls.phase_diagram([pump], instances=[model], random_starts=count)["distinct_minima"]
        .sel(protocol="random")
        .item()
        for count in (starts, 2)
    ]
    assert found[0] == there
    assert found[1] == 1 if pump < 0 else found[1] <= 2 < there


def test_two_minima_of_eight_spins_in_the_soft_phase() -> None:
    """One pair of minima for eight spins from -1.2 to -0.7, for each of five instances."""
    models = [gaussian_instance(8, seed) for seed in range(5)]
    diagram = ls.phase_diagram([-1.2, -0.93, -0.7], instances=models, random_starts=12)
    assert (diagram["distinct_minima"] == 1).all()


def test_distinct_up_to_sign() -> None:
    x = np.array([[1.0, 2.0], [-1.0, -2.0], [1.0, -2.0], [1.0, 2.0 + 1e-7]])
    assert number_distinct(x, symmetric=True) == 2
    assert number_distinct(x, symmetric=False) == 3
    assert number_distinct(x[:0], symmetric=True) == 0
    assert mean_overlap(np.array([[1.0, 1.0], [-2.0, -2.0], [1.0, -1.0]]), symmetric=True) == pytest.approx(1 / 3)
    assert mean_overlap(np.array([[1.0, 1.0], [-2.0, -2.0]]), symmetric=False) == pytest.approx(-1)


def test_roughness_grows_with_the_pump() -> None:
    diagram = ls.phase_diagram([-1.8, 0.0, 2.0], 200, 2, random_starts=8, seed=0)
    overlap = diagram["overlap"].sel(protocol="random").mean(("size", "instance"))
    assert (np.diff(overlap) < 0).all() and overlap[0] > 0.9 and overlap[1] < 0.5
    assert (diagram["distinct_minima"].sel(protocol="random", pump=2.0) == 8).all()
    energy = diagram["energy"].sel(pump=2.0)
    adiabatic = diagram["start_protocol"] == "adiabatic"
    assert energy.where(adiabatic).max() < energy.where(~adiabatic).min()  # quenches end higher than the ramp


# ---------------------------------------------------------------- small and odd models


def test_one_spin_and_none() -> None:
    diagram = ls.phase_diagram([-1.0, 0.5, 4.0], [0, 1], 2, random_starts=3)
    empty, one = diagram.sel(size=0), diagram.sel(size=1)
    assert empty["energy"].isnull().all() and (empty["distinct_minima"] == 1).all() and empty["converged"].all()
    pump = np.array([-1.0, 0.5, 4.0])
    above = np.maximum(pump, 0.0)
    for start in one["start"].values:
        cell = one.sel(instance=0, start=start)
        assert cell["energy"].values == pytest.approx(-(above**2) / 4, abs=1e-12)
        assert cell["smallest_amplitude"].values == pytest.approx(np.sqrt(above), abs=1e-8)
        assert cell["lowest_eigenvalue"].values == pytest.approx([1.0, 1.0, 8.0], abs=1e-8)
        assert cell["susceptibility"].values == pytest.approx([1.0, 1.0, 0.125], abs=1e-8)
        assert cell["marginality"].values.tolist() == [0, 0, 0] and cell["gapped"].all()


def test_two_coupled_spins() -> None:
    """x = ±√(a + J) (1, 1): energy -(a + J)²/4 a spin, curvatures 2(a + J) and 2(a + 2J)."""
    model = ip.IsingModel([[0.0, 1.5], [1.5, 0.0]])
    diagram = ls.phase_diagram([-1.0, 0.5], instances=[model])
    strength = np.array([0.5, 2.0])[:, None]
    assert np.max(np.abs(diagram["energy"].squeeze() + strength**2 / 4)) < 1e-12
    assert np.max(np.abs(diagram["lowest_eigenvalue"].squeeze() - 2 * strength)) < 1e-8
    assert (
        np.max(np.abs(diagram["susceptibility"].squeeze() - (1 / (2 * strength) + 1 / (2 * strength + 3)) / 2)) < 1e-8
    )
    assert (diagram["ising_energy"] == -0.75).all() and (diagram["distinct_minima"] == 1).all()


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_scales(scale: float) -> None:
    """E_{cJ}(√c x; c a) = c² E_J(x; a)."""
    model = gaussian_instance(30, 0)
    pumps = np.array([-2.5, -1.0, 0.0, 1.0])
    plain = ls.phase_diagram(pumps, instances=[model], random_starts=2)
    scaled = ls.phase_diagram(
        scale * pumps, instances=[ip.IsingModel(scale * model.J)], random_starts=2, steps_per_unit=1000 / scale
    )
    assert scaled["converged"].all()
    for name, power in (("energy", 2), ("q", 1), ("lowest_eigenvalue", 1), ("susceptibility", -1), ("marginality", 0)):
        assert scaled[name].values == pytest.approx(plain[name].values * scale**power, rel=1e-5, abs=0), name


def test_fields_and_sparse_models() -> None:
    lattice = ip.edwards_anderson((4, 4, 6), seed=0)
    model = ip.IsingModel(lattice.J, 0.3 * np.ones(96))
    diagram = ls.phase_diagram([-12.0, -3.0, 1.0], instances=[model], random_starts=3)
    assert diagram["converged"].all() and (diagram["distinct_minima"].sel(pump=-12.0) == 1).all()
    assert (diagram["q"] > 0).all()  # the field bends the origin away
    dense = ls.phase_diagram([-12.0, -3.0, 1.0], instances=[ip.IsingModel(model.J.toarray(), model.h)], random_starts=3)
    assert dense["energy"].values == pytest.approx(diagram["energy"].values, rel=1e-9)


def test_unconverged_starts_are_not_minima(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails the residual test is counted, and has no energy, no index and no overlap."""
    from landscapes import minima

    monkeypatch.setattr(minima, "_MOST_STEPS", 1)
    diagram = ls.phase_diagram([0.0], 50, 1, relaxation_steps=5, threads=1)
    assert not diagram["converged"].any() and (diagram["fraction_converged"] == 0).all()
    assert diagram["energy"].isnull().all() and (diagram["index"] == -1).all() and not diagram["gapped"].any()
    assert (diagram["distinct_minima"] == 0).all() and diagram["overlap"].isnull().all()
    assert (diagram["gradient_norm"] > 1e-9).all()


def test_a_saddle_that_passes_the_residual_test_is_not_counted() -> None:
    """A hair above the threshold the origin's neighbourhood is flatter than the residual test can tell from a point."""
    diagram = ls.phase_diagram([-1.5, -1.4999999], instances=[ip.IsingModel([[0.0, 1.5], [1.5, 0.0]])], random_starts=0)
    assert diagram["converged"].all()
    assert diagram["index"].isel(start=0).values.ravel().tolist() == [0, 1]
    assert diagram["distinct_minima"].sel(protocol="adiabatic").values.ravel().tolist() == [1, 0]


# ---------------------------------------------------------------- instances, seeds, executors, folders


def test_instances_by_number_by_seed_and_as_models_agree() -> None:
    by_number = ls.phase_diagram([0.0], 40, 2, random_starts=0, seed=5)
    seeds = [int(seed) for seed in by_number["model_seed"].values.ravel()]
    by_seed = ls.phase_diagram([0.0], 40, seeds, random_starts=0, seed=5)
    models = [ip.sherrington_kirkpatrick(40, seed=seed) for seed in seeds]
    as_models = ls.phase_diagram([0.0], 40, models, random_starts=0, seed=5)
    assert by_seed["instance"].values.tolist() == seeds
    for other in (by_seed, as_models):
        assert other["energy"].values == pytest.approx(by_number["energy"].values, rel=1e-8)
    another = ls.phase_diagram([0.0], 40, 2, random_starts=0, seed=6)
    assert np.min(np.abs(another["energy"].values - by_number["energy"].values)) > 1e-6


def test_ensembles_of_every_kind() -> None:
    diagram = ls.phase_diagram([0.0], 20, 1, ensemble=binary_couplings, threads=1)
    assert diagram["converged"].all() and diagram.attrs["ensemble"] == "binary_couplings"
    with pytest.raises(ls.SweepError, match="must return an IsingModel of 20 spins"):
        ls.phase_diagram([0.0], 20, 1, ensemble=too_small, threads=1)


def binary_couplings(n: int, seed: int) -> ip.IsingModel:
    return ip.sherrington_kirkpatrick(n, couplings="binary", seed=seed)


def too_small(n: int, seed: int) -> ip.IsingModel:
    return ip.sherrington_kirkpatrick(n - 1, seed=seed)


def test_threads_and_folders_change_nothing(tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"random_starts": 3, "seed": 4, "relaxation_steps": 200}
    serial = ls.phase_diagram([-1.0, 0.0], [20, 30], 2, threads=1, **arguments)
    kept = ls.phase_diagram([-1.0, 0.0], [20, 30], 2, threads=2, path=tmp_path, **arguments)
    with ThreadPoolExecutor(2) as pool:
        again = ls.phase_diagram([-1.0, 0.0], [30, 20, 40], 3, executor=pool, path=tmp_path, **arguments)
    assert serial.drop_attrs().identical(kept.drop_attrs())
    shared = again.sel(size=[20, 30], instance=[0, 1])
    assert shared["energy"].equals(serial["energy"])
    on_disk = xr.load_dataset(tmp_path / "sweep.nc", engine="h5netcdf")
    assert on_disk["energy"].dims == ("pump", "size", "instance", "start") and on_disk.equals(again)
    with pytest.raises(ValueError, match=r"arguments.pumps was \[-1, 0\] and is now \[-1, 1\]"):
        ls.phase_diagram([-1.0, 1.0], [20], 1, path=tmp_path, **arguments)


def test_processes_give_the_same_bits_as_threads() -> None:
    arguments: dict[str, Any] = {"adiabatic_starts": 1, "random_starts": 2, "seed": 4, "relaxation_steps": 200}
    here = ls.phase_diagram([-1.0, 0.0], [10, 20], 1, threads=1, **arguments)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        there = ls.phase_diagram([-1.0, 0.0], [10, 20], 1, executor=pool, **arguments)
    assert here.drop_attrs().identical(there.drop_attrs())
    assert not here["energy"].equals(ls.phase_diagram([-1.0, 0.0], [10, 20], 1, **(arguments | {"seed": 5}))["energy"])


# A test run in the background hands down an ignored SIGINT
INTERRUPTED = """
    import signal, sys
    signal.signal(signal.SIGINT, signal.default_int_handler)
    import landscapes as ls
    result = ls.phase_diagram([-1.0, 0.0], 30, 5000, path=sys.argv[1], threads=int(sys.argv[2]), relaxation_steps=100)
    print(result.attrs["status"], int(result["energy"].isel(pump=0, start=0).notnull().sum()))
"""


@pytest.mark.parametrize("threads", [1, 2])
def test_control_c_returns_the_cells_that_have_ended(tmp_path: Path, threads: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(INTERRUPTED), str(tmp_path / "kept"), str(threads)],
        stdout=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 60
    while len(list((tmp_path / "kept").glob("cells/*.nc"))) < 3 and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    try:
        status, finished = process.communicate(timeout=60)[0].split()
    finally:
        process.kill()
    assert status == "interrupted"
    assert 3 <= int(finished) < 5000 and int(finished) == len(list((tmp_path / "kept").glob("cells/*.nc")))


def test_ramps_that_would_never_end_are_refused_at_the_door(tmp_path: Path) -> None:
    model = ip.sherrington_kirkpatrick(10, seed=0)
    huge = ip.IsingModel(1e9 * model.J)
    with pytest.raises(ValueError, match=r"^steps_per_unit: .* pass steps_per_unit=1.*e-06$") as refused:
        ls.phase_diagram([-1.0], instances=[model, huge])  # -1: far above the threshold of such couplings
    steps = float(str(refused.value).rsplit("=", 1)[1])
    assert ls.phase_diagram([0.0], instances=[huge], random_starts=0, steps_per_unit=steps)["converged"].all()
    with pytest.raises(ValueError, match=r"^steps_per_unit: .* 1e\+12 steps .* pass steps_per_unit=1000 divided by"):
        ls.phase_diagram([1e9], 10, 1, path=tmp_path)
    assert not list(tmp_path.iterdir())
    nothing_to_follow = ls.phase_diagram([1e9], 10, 1, adiabatic_starts=0, random_starts=1)
    assert nothing_to_follow["converged"].all()
    with pytest.raises(ls.SweepError, match="ValueError: steps_per_unit: "):
        ls.phase_diagram([0.0], 10, 1, ensemble=hugely_coupled)


def hugely_coupled(n: int, seed: int) -> ip.IsingModel:
    return ip.IsingModel(1e9 * ip.sherrington_kirkpatrick(n, seed=seed).J)


def test_interruption() -> None:
    diagram = ls.phase_diagram([0.0], 20, 4, threads=1, callback=lambda fraction: fraction >= 0.5)
    assert diagram.attrs["status"] == "interrupted"
    assert diagram["energy"].isnull().all("start").values.tolist() == [[[False, False, True, True]]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.0, np.nan], 10), r"pumps: must be finite, but pumps\[1\] is nan"),
        (([0.0, np.inf], 10), r"pumps: must be finite"),
        (([0.0, -1.0], 10), r"pumps: must increase, but -1 comes after 0"),
        (([0.0, 0.0], 10), r"pumps: must increase"),
        (([], 10), r"pumps: a sequence of one number or more"),
        (([[0.0]], 10), r"pumps: a sequence"),
        ((["a"], 10), r"pumps: entries must be real numbers"),
        (([0.0], -1), r"sizes\[0\]: must be at least 0"),
        (([0.0], 2.5), r"iterable|sizes"),
        (([0.0], []), r"sizes: at least one"),
        (([0.0], [10, 10]), r"there twice"),
        (([0.0],), r"sizes: at least one number of spins is needed where"),
        (([0.0], 10, 0), r"instances: must be at least 1"),
        (([0.0], 10, []), r"instances: there is none"),
        (([0.0], 10, 1.5), r"instances: a number, seeds or models"),
        (([0.0], 10, [-1]), r"instances\[0\]: must be at least 0"),
        (([0.0], None, [ip.IsingModel(np.zeros((n, n))) for n in (2, 3)]), r"models of one size"),
        (([0.0], 4, [ip.IsingModel(np.zeros((2, 2)))]), r"the models have 2 spins, but sizes is 4"),
    ],
)
def test_bad_input(arguments: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        ls.phase_diagram(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        {"adiabatic_starts": -1},
        {"random_starts": 1.5},
        {"adiabatic_starts": 0, "random_starts": 0},
        {"steps_per_unit": 0},
        {"relaxation_steps": 0},
        {"ensemble": 3},
        {"seed": -1},
        {"threads": 0},
        {"executor": 3},
    ],
)
def test_bad_keywords(arguments: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError), match=list(arguments)[-1]):
        ls.phase_diagram([0.0], 4, **arguments)


# ---------------------------------------------------------------- measured tables


# Adiabatic states of three instances of 1000 spins, 1000 steps per unit of pump: pump, E/n, q, Ising energy per spin,
# each with the standard error over the instances (measured for this project; the model is that of arXiv:2309.08119).
ADIABATIC = [
    (-1.5, -0.0270, 0.0005, 0.2496, -0.6990, 0.0052),
    (-1.2, -0.0801, 0.0005, 0.4639, -0.7181, 0.0028),
    (-0.93, -0.1572, 0.0005, 0.6807, -0.7287, 0.0015),
    (-0.7, -0.2467, 0.0007, 0.8788, -0.7347, 0.0015),
    (-0.45, -0.3706, 0.0008, 1.1054, -0.7375, 0.0015),
    (0.0, -0.6667, 0.0012, 1.5292, -0.7377, 0.0014),
    (0.5, -1.1093, 0.0017, 2.0128, -0.7377, 0.0014),
    (1.0, -1.6737, 0.0023, 2.5030, -0.7377, 0.0014),
    (2.0, -3.1722, 0.0035, 3.4924, -0.7377, 0.0014),
]


@pytest.fixture(scope="module")
def adiabatic() -> xr.Dataset:
    models = [gaussian_instance(1000, seed) for seed in range(3)]
    pumps = [row[0] for row in ADIABATIC]
    return ls.phase_diagram(pumps, instances=models, adiabatic_starts=1, random_starts=0, steps_per_unit=1000)


@pytest.mark.slow
def test_adiabatic_states_of_a_thousand_spins(adiabatic: xr.Dataset) -> None:
    mean = adiabatic.squeeze(("size", "start")).mean("instance")
    for pump, energy, error, q, ising, ising_error in ADIABATIC:
        there = mean.sel(pump=pump)
        # both sides have the error, of three instances: four standard deviations of the difference
        assert there["energy"].item() == pytest.approx(energy, abs=6 * error)
        assert there["q"].item() == pytest.approx(q, abs=0.012)
        assert there["ising_energy"].item() == pytest.approx(ising, abs=6 * ising_error)
    assert mean["lowest_eigenvalue"].sel(pump=0.0) > 0.1
    assert mean["lowest_eigenvalue"].sel(pump=-0.93) < 0.08
    assert mean["energy"].sel(pump=0.0).item() == pytest.approx(-0.667, abs=0.006)
    assert mean["q"].sel(pump=0.0).item() == pytest.approx(1.529, abs=0.012)
    assert mean["energy"].sel(pump=-0.93).item() == pytest.approx(-0.157, abs=0.004)
    assert mean["marginality"].sel(pump=[0.0, 0.5, 1.0, 2.0]).values == pytest.approx(
        [0.127, 0.0585, 0.0355, 0.0177], rel=0.25
    )


@pytest.mark.slow
def test_the_signs_of_a_thousand_spins_are_frozen(adiabatic: xr.Dataset) -> None:
    """From a = 0 to 2 the Ising energy of the signs moves by less than 5e-4; the twin from -1.2 moves by more."""
    energy = adiabatic["ising_energy"].squeeze().mean("instance")
    assert abs(energy.sel(pump=2.0) - energy.sel(pump=0.0)) < 5e-4
    assert abs(energy.sel(pump=0.0) - energy.sel(pump=-1.2)) > 5e-3


# Random starts of one instance of 500 spins: pump, how far the mean of E/n over the starts lies above the adiabatic
# state of the same instance, the standard deviation over the starts, and the mean overlap of their minima.
RANDOM = [
    (-0.45, 0.0098, 0.0069, 0.26),
    (0.0, 0.0350, 0.0201, 0.19),
    (0.5, 0.0952, 0.0262, 0.15),
    (1.0, 0.2005, 0.0536, 0.11),
    (2.0, 0.585, 0.090, 0.08),
]


@pytest.mark.slow
def test_random_starts_end_above_the_adiabatic_states() -> None:
    """How far above, over three instances, agrees within the spread of the starts; the overlap within a half."""
    models = [gaussian_instance(500, seed) for seed in range(3)]
    diagram = ls.phase_diagram([row[0] for row in RANDOM], instances=models, adiabatic_starts=1, random_starts=16)
    random = (diagram["start_protocol"] == "random").values
    for pump, above, deviation, overlap in RANDOM:
        there = diagram.sel(pump=pump)
        quenched = there["energy"].isel(start=random)
        excess = quenched - there["energy"].isel(start=~random).squeeze("start")
        assert excess.mean().item() == pytest.approx(above, abs=deviation)
        assert excess.std("start").mean().item() == pytest.approx(deviation, rel=0.5)
        assert there["overlap"].sel(protocol="random").mean().item() == pytest.approx(overlap, rel=0.5)
        assert (there["distinct_minima"].sel(protocol="random") > 10).all()


def test_the_predicted_edge_is_that_of_the_resolvent(diagram: xr.Dataset) -> None:
    """Where it is gapped the formula's edge lies near the lowest eigenvalue; for equal amplitudes it is known."""
    there = diagram.sel(pump=2.0, size=200)
    assert np.max(np.abs(there["predicted_edge"] - there["lowest_eigenvalue"])) < 0.45
    assert free_convolution.lower_edge(np.full(10, 3.0), np.full(10, 0.1), 1.0) == pytest.approx(1.0)  # 3 - 2
