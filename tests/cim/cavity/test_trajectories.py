"""The one function behind which all methods are: its records, its seeds, its workers, and what it refuses."""

from __future__ import annotations

import _thread
import math
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import qutip

import cim
import cim.cavity as cc
import ising_problems as ip
import landscapes as ls
from cim.cavity.basis import basis_energies, basis_indices
from cim.cavity.memory import available_memory, in_bytes
from cim.cavity.trajectory_records import OBSERVABLES
from landscapes.sweep import SweepError

MODEL = ip.IsingModel(
    [[0.0, 0.7, -0.4, 0.2], [0.7, 0.0, 0.5, -0.3], [-0.4, 0.5, 0.0, 0.6], [0.2, -0.3, 0.6, 0.0]],
    h=[0.1, -0.2, 0.0, 0.3],
    offset=1.5,
)
SHORT: dict[str, Any] = {"duration": 3.0, "steps": 60, "replicas": 19, "record_steps": 6, "seed": 4}
METHODS = ("diffusion", "semiclassical", "mesolve", "mcsolve", "ssesolve")
ENERGY, GROUND = ip.ground_states(MODEL)


def short(method: str, **arguments: Any) -> Any:
    given: dict[str, Any] = {"threads": 1, "record": "all", "ramp": cim.linear(0.0, 4.0), "loss_ratio": 0.05}
    if method == "ssesolve":
        given["dt"] = 0.025
    return cc.trajectories(MODEL, method=method, **(SHORT | given | arguments))


def the_same(first: Any, second: Any) -> None:
    """Bit for bit, names and coordinates included."""
    assert first.equals(second)
    assert list(first.variables) == list(second.variables)


# ---------------------------------------------------------------- what comes out


@pytest.mark.parametrize("method", METHODS)
def test_records_agree_with_the_state_and_the_model(method: str) -> None:
    run = short(method, record=[*OBSERVABLES, "state"] if method != "mesolve" else ["energy", "sigma_x", "state"])
    assert run.attrs["method"] == method
    assert run.attrs["status"] == "completed"
    assert dict(run.sizes)["time"] == 7
    np.testing.assert_allclose(run["coupling"], 4.0 * run["fraction"])
    np.testing.assert_array_equal(run["step"], np.arange(0, 61, 10))
    assert run["spins"].dtype == np.int8 and run["spins"].dims == ("replica", "spin")
    assert run["spins"].shape == (19, 4)
    np.testing.assert_array_equal(run["readout_energy"], MODEL.energy(run["spins"].values))
    energies = basis_energies(MODEL)
    if method == "mesolve":
        assert run["energy"].dims == ("time",)
        weights = run["state"].values.diagonal().real
        assert float(run["energy"][-1]) == pytest.approx(weights @ energies)
        return
    state = run["state"].values
    weights = np.abs(state) ** 2
    last = run.isel(time=-1)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-12)
    np.testing.assert_allclose(last["energy"], weights @ energies, atol=1e-12)
    np.testing.assert_allclose(last["excess_energy"], (weights @ energies - ENERGY) / 4, atol=1e-12)
    np.testing.assert_allclose(last["ground_probability"], weights[:, basis_indices(GROUND)].sum(axis=1), atol=1e-12)
    np.testing.assert_allclose(last["sigma_x"], cc.sigma_x(state), atol=1e-12)
    np.testing.assert_allclose(last["magnetisation"], cc.sigma_x(state).mean(axis=1), atol=1e-12)
    np.testing.assert_allclose(last["transverse_magnetisation"], cc.sigma_z(state).mean(axis=1), atol=1e-12)
    np.testing.assert_allclose(last["entropy"], cc.entanglement_entropy(state), atol=1e-9)
    np.testing.assert_allclose(last["negativity"], cc.negativity(state).mean(axis=1), atol=1e-9)
    signs = np.where(last["sigma_x"].values >= 0, 1, -1)
    np.testing.assert_allclose(last["rounded_energy"], MODEL.energy(signs))
    np.testing.assert_allclose(run["transverse_magnetisation"][0], -1.0, atol=1e-12)


def test_the_soft_energy_of_the_twin_is_that_of_its_means() -> None:
    run = short("semiclassical")
    m = run["sigma_x"].values
    soft = MODEL.offset - 0.5 * np.einsum("tri,ij,trj->tr", m, MODEL.J, m) - m @ MODEL.h
    np.testing.assert_allclose(run["energy"], soft, atol=1e-12)
    assert not run["entropy"].any() and not run["negativity"].any()


def test_readouts_are_drawn_from_the_state() -> None:
    model = ip.IsingModel([[0.0, 1.0], [1.0, 0.0]], h=[0.4, 0.0])
    for method in ("mesolve", "semiclassical"):
        run = cc.trajectories(
            model, duration=2.0, steps=50, replicas=2000, loss_ratio=0.0, method=method, record=("sigma_x",), threads=1
        )
        means = run["sigma_x"][-1].values.reshape(-1, 2)[0]
        found = run["spins"].values.mean(axis=0)
        assert (np.abs(found - means) < 4 / math.sqrt(2000)).all()
        assert np.abs(found + means).max() > 8 / math.sqrt(2000)  # the other order or sign would show


def test_readouts_go_into_the_statistics_of_overlaps() -> None:
    samples = short("diffusion")["spins"].values
    assert float(ls.overlap_distribution(samples)["probability"].sum()) == pytest.approx(1.0)
    assert "mean_gap" in ls.ultrametricity(samples)


@pytest.mark.parametrize("method", ["mcsolve", pytest.param("ssesolve", marks=pytest.mark.slow)])
def test_qutips_trajectories_average_to_its_master_equation(method: str) -> None:
    exact = short("mesolve", record=("energy",))
    options = {"dt": 0.02} if method == "ssesolve" else {}
    found = short(method, record=("energy",), replicas=48, record_steps=1, **options)["energy"][-1].values
    assert abs(found.mean() - float(exact["energy"][-1])) < 4 * found.std(ddof=1) / math.sqrt(48)
    assert abs(found.mean() - MODEL.offset) > 4 * found.std(ddof=1) / math.sqrt(48)


def test_steps_that_are_too_long_for_qutip_are_told_of() -> None:
    lost = r"'ssesolve' .* lost the state before the time .* its norm is .* smaller dt"
    for integrator, dt in (("euler", 0.05), ("platen", 0.2)):
        with pytest.raises(SweepError, match=lost) as failure:
            short("ssesolve", dt=dt, integrator=integrator, replicas=2)
        assert isinstance(failure.value.__cause__, FloatingPointError)


def test_steps_that_are_doubtful_are_told_of_each_time(tmp_path: Path) -> None:
    settings = {"dt": 0.005, "integrator": "euler", "replicas": 1, "seed": 2, "path": tmp_path}
    for _ in range(2):  # computed, and read again
        with pytest.warns(UserWarning, match=r"a state's norm changed by up to 0\.\d+, .* in doubt: .* smaller dt"):
            run = short("ssesolve", **settings)
        assert run.attrs["largest_norm_change"] > 0.1
        assert "largest_norm_change" not in run


@pytest.mark.parametrize("method", ["mcsolve", "ssesolve", "mesolve", "diffusion"])
def test_closed_systems_have_no_noise(method: str) -> None:
    run = short(method, loss_ratio=0.0, steps=300, replicas=2, record=("energy",))
    exact = short("mesolve", loss_ratio=0.0, steps=300, replicas=1, record=("energy",))
    values = run["energy"].values.reshape(len(run["time"]), -1)
    assert np.ptp(values, axis=1).max() == 0.0
    np.testing.assert_allclose(values[:, 0], exact["energy"], atol=5e-3)


def test_a_tilt_is_the_replicas_own() -> None:
    run = short("diffusion", tilt=0.3)
    twin = short("semiclassical", tilt=0.3)
    start = run["sigma_x"][0].values
    np.testing.assert_allclose(start, twin["sigma_x"][0], atol=1e-12)
    assert 0.15 < np.std(np.arcsin(start)) < 0.45
    mixed = short("mesolve", tilt=0.3)
    np.testing.assert_allclose(mixed["sigma_x"][0], start.mean(axis=0), atol=1e-10)


# ---------------------------------------------------------------- seeds and workers


@pytest.mark.parametrize("method", METHODS)
def test_threads_change_no_bit(method: str) -> None:
    """Of any pool of them: QuTiP's methods take no threads of their own."""
    assert short(method, threads=2).equals(short(method))
    with ThreadPoolExecutor(2) as pool:
        the_same(short(method), short(method, executor=pool))


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_processes_change_no_bit(method: str) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        the_same(short(method), short(method, executor=pool))


def test_other_replicas_and_records_change_no_bit() -> None:
    for method in ("diffusion", "semiclassical", "mcsolve"):
        few = short(method, replicas=3)
        the_same(few, short(method, replicas=19).isel(replica=slice(0, 3)))
        seldom = short(method, replicas=3, record_steps=[20, 50])
        np.testing.assert_array_equal(seldom["step"], [20, 50, 60])
        if method != "mcsolve":  # an adaptive integrator goes from one moment to the next
            np.testing.assert_array_equal(few["sigma_x"].isel(time=[2, 5, 6]), seldom["sigma_x"])
            np.testing.assert_array_equal(few["spins"], seldom["spins"])


def test_seeds() -> None:
    generator = np.random.default_rng(11)
    first = short("diffusion", seed=generator)
    assert not first.equals(short("diffusion", seed=generator))
    the_same(first, short("diffusion", seed=np.random.default_rng(11)))
    the_same(first, short("diffusion", seed=int(first.attrs["seed"])))
    assert not short("diffusion").equals(short("diffusion", seed=5))


def test_quantum_and_twin_have_the_same_noise() -> None:
    # spins that couple to nothing answer to it alone
    free = ip.IsingModel(np.zeros((3, 3)))
    arguments = {"shift": 1.0, "loss_ratio": 0.1, "replicas": 9, "steps": 100, "threads": 1, "record": ("sigma_x",)}
    runs = [cc.trajectories(free, method=method, seed=1, **arguments) for method in ("diffusion", "semiclassical")]
    np.testing.assert_allclose(runs[0]["sigma_x"], runs[1]["sigma_x"], atol=1e-10)
    other = cc.trajectories(free, method="semiclassical", seed=2, **arguments)
    assert np.abs(runs[0]["sigma_x"] - other["sigma_x"]).max() > 0.05


def test_qutip_serial_equals_parallel() -> None:
    system = cc.dispersive_model(MODEL, cim.linear(0.0, 4.0), duration=3.0, loss_ratio=0.1)
    times = np.linspace(0.0, 3.0, 4)
    expected = [system.observables["sigma_x_1"], system.observables["energy"]]
    for solve in (qutip.mcsolve, qutip.ssesolve):
        values = []
        for how in ("serial", "parallel"):
            options: dict[str, Any] = {"progress_bar": "", "map": how, "num_cpus": 2, "keep_runs_results": True}
            if solve is qutip.ssesolve:
                options |= {"method": "euler", "dt": 0.02}
            found = solve(
                system.hamiltonian,
                system.initial_state,
                times,
                list(system.collapse_operators),
                e_ops=expected,
                ntraj=5,
                seeds=3,
                options=options,
            )
            order = np.argsort([seed.spawn_key[-1] for seed in found.seeds])  # they are listed as they ended
            values.append(np.array(found.runs_expect)[:, order])
        np.testing.assert_array_equal(values[0], values[1])
        assert np.ptp(values[0][1, :, -1]) > 0.0


@pytest.mark.parametrize("method", ["mesolve", "mcsolve", "ssesolve"])
def test_control_c_inside_a_solver_of_qutip_is_heard_soon(method: str) -> None:
    """It comes where QuTiP's integrator asks for the Hamiltonian, which would make something else of it, or nothing."""
    asked: list[float] = []

    def drive(t: float) -> float:
        asked.append(t)
        if len(asked) == 200:
            _thread.interrupt_main()
        return math.cos(t)

    spin = qutip.sigmax() + 0.5 * qutip.sigmaz()
    system = cc.OpenSystem(
        qutip.QobjEvo([spin, [qutip.sigmaz(), drive]]), (0.3 * qutip.sigmaz(),), qutip.basis(2, 0), 1
    )
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background ignores it
    try:
        with pytest.raises(KeyboardInterrupt):
            cc.trajectories(system, method=method, duration=100.0, steps=5000, replicas=1)
    finally:
        signal.signal(signal.SIGINT, before)
    assert max(asked) < 20.0  # a fifth of the run


@pytest.mark.parametrize("method", ["mcsolve", "ssesolve"])
def test_mixed_starts_are_the_master_equations(method: str) -> None:
    mixed = cc.OpenSystem(qutip.sigmax(), (qutip.sigmaz(),), qutip.maximally_mixed_dm(2), 1)
    with pytest.raises(ValueError, match=f"method: '{method}' follows pure states, .* take 'mesolve'"):
        cc.trajectories(mixed, method=method, duration=1.0)


class Interrupting(Executor):
    """Runs what it is given at once, until Ctrl-C comes."""

    def __init__(self, after: int) -> None:
        self._left = after

    def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future:
        if self._left == 0:
            raise KeyboardInterrupt
        self._left -= 1
        future: Future = Future()
        future.set_result(function(*arguments, **named))
        return future


def test_what_was_finished_is_returned_and_resumed(tmp_path: Path) -> None:
    whole = short("diffusion")
    part = short("diffusion", executor=Interrupting(2), path=tmp_path / "run")
    assert part.attrs["status"] == "interrupted"
    assert part.sizes["replica"] == 16
    the_same(part, whole.isel(replica=slice(0, 16)))
    kept = sorted((tmp_path / "run" / "cells").iterdir())
    stamps = [file.stat().st_mtime_ns for file in kept]
    the_same(short("diffusion", path=tmp_path / "run"), whole)
    assert [file.stat().st_mtime_ns for file in kept] == stamps
    the_same(short("diffusion", path=tmp_path / "run", replicas=30).isel(replica=slice(0, 16)), part)
    with pytest.raises(ValueError, match="other arguments"):
        short("diffusion", path=tmp_path / "run", loss_ratio=0.06)


def test_a_function_without_a_name_can_be_resumed(tmp_path: Path) -> None:
    first = short("diffusion", ramp=lambda u: 4 * u, path=tmp_path / "run")
    the_same(first, short("diffusion", ramp=lambda u: 4.0 * u, path=tmp_path / "run"))
    with pytest.raises(ValueError, match="other arguments"):
        short("diffusion", ramp=lambda u: 3 * u, path=tmp_path / "run")


# ---------------------------------------------------------------- open systems


def test_an_open_system_runs_by_qutips_methods() -> None:
    system = cc.dispersive_model(MODEL, cim.linear(0.0, 4.0), duration=3.0, loss_ratio=0.05, samples=120)
    exact = short("mesolve")
    settings = {key: SHORT[key] for key in ("steps", "replicas", "record_steps", "seed")}
    run = cc.trajectories(system, threads=1, **settings)
    assert run.attrs["method"] == "mesolve" and run.attrs["duration"] == 3.0
    np.testing.assert_allclose(run["energy"], exact["energy"], atol=1e-5)
    np.testing.assert_allclose(run["sigma_x"], exact["sigma_x"], atol=1e-5)
    jumps = cc.trajectories(system, method="mcsolve", threads=1, **settings)
    np.testing.assert_allclose(jumps["sigma_x"], short("mcsolve")["sigma_x"], atol=1e-10)
    np.testing.assert_array_equal(jumps["spins"], short("mcsolve")["spins"])
    assert "OpenSystem(4 spins, dimension 16" in repr(system)
    with pytest.raises(ValueError, match="method: 'diffusion' is for Ising models"):
        cc.trajectories(system, method="diffusion")
    with pytest.raises(ValueError, match="loss_ratio: an OpenSystem has its own"):
        cc.trajectories(system, loss_ratio=0.1)
    with pytest.raises(ValueError, match="record: this system's observables are sigma_x, sigma_z, energy"):
        cc.trajectories(system, record=("entropy",))
    with pytest.raises(ValueError, match="duration: must be greater than 0"):
        cc.trajectories(system, duration=0.0)


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"method": "qsd"}, ValueError, "method: 'qsd' is not one of diffusion"),
        ({"unravelling": "photons"}, ValueError, "unravelling: 'photons'"),
        ({"unravelling": "homodyne", "method": "mcsolve"}, ValueError, "unravelling: .* counts photons; leave it out"),
        ({"unravelling": "heterodyne", "method": "mesolve"}, ValueError, "unravelling: .* looks at no light; leave"),
        ({"loss_ratio": -0.1}, ValueError, "loss_ratio: must be at least 0"),
        ({"duration": 0.0}, ValueError, "duration: must be greater than 0"),
        ({"steps": 0}, ValueError, "steps: must be at least 1"),
        ({"replicas": 0}, ValueError, "replicas: must be at least 1"),
        ({"tilt": -1.0}, ValueError, "tilt: must be at least 0"),
        ({"ramp": -1.0}, ValueError, "ramp: must be at least 0"),
        ({"ramp": cim.linear(1.0, -1.0)}, ValueError, "ramp: λ is the pump's power"),
        ({"ramp": lambda u: "high"}, ValueError, "ramp: the value at u = "),
        ({"ramp": lambda u: math.nan}, ValueError, "ramp: .* not a finite number"),
        ({"shift": 0.1}, ValueError, "shift: with 0.1 on the diagonal"),
        ({"transverse_field": math.inf}, ValueError, "transverse_field: must be finite"),
        ({"record": "spins"}, ValueError, "record: 'spins' is not one of energy"),
        ({"record": 3}, TypeError, "record: names of observables"),
        ({"record_steps": [3, 3]}, ValueError, "record_steps: must be a count or increasing"),
        ({"record_steps": [0, 61]}, ValueError, "record_steps: must lie between 0 and 60"),
        ({"threads": 0}, ValueError, "threads: must be at least 1"),
        ({"seed": -1}, ValueError, "seed: must not be negative"),
        ({"dt": 0.1}, TypeError, "dt: 'diffusion' has no option of that name; it takes none"),
        ({"supermodes": "mine"}, TypeError, "supermodes: those of cim.cavity.supermodes"),
    ],
)
def test_bad_input(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        cc.trajectories(MODEL, **(SHORT | arguments))


def test_steps_that_are_too_long_are_told_of() -> None:
    with pytest.raises(ValueError, match=r"steps: in one of 2 steps .* by 1\.5 rad.* at least 3"):
        cc.trajectories(MODEL, duration=3.0, steps=2)
    with (
        pytest.warns(RuntimeWarning, match="steps: in one of 6 steps the phase"),
        pytest.raises(SweepError, match=r"overflowed before step .* take more steps") as failure,
    ):
        short("diffusion", loss_ratio=1e6, steps=6, record_steps=2)
    assert isinstance(failure.value.__cause__, FloatingPointError)


def test_more_bad_input() -> None:
    with pytest.raises(TypeError, match="model: an IsingModel"):
        cc.trajectories(np.eye(2))
    with pytest.raises(ValueError, match="model: there are no spins"):
        cc.trajectories(ip.IsingModel(np.zeros((0, 0))))
    with pytest.raises(TypeError, match="rtoll: 'mcsolve' has no option of that name; it takes atol, integrator"):
        short("mcsolve", rtoll=1e-3)
    for given, error, message in (
        ({"dt": 0.0}, ValueError, "dt: must be greater than 0"),
        ({"dt": "short"}, TypeError, "dt: must be a number"),
        ({"integrator": "heun"}, ValueError, "integrator: 'heun' is not one of QuTiP's for 'ssesolve': .*platen"),
        ({"unravelling": ["homodyne"]}, ValueError, "unravelling: "),
    ):
        with pytest.raises(error, match=message):
            short("ssesolve", **given)
    with pytest.raises(TypeError, match="nsteps: must be an integer"):
        short("mesolve", record=("energy",), nsteps=0.5)
    with pytest.raises(ValueError, match="record: 'entropy' is that of a single trajectory"):
        short("mesolve", record=("entropy",))
    other = cc.supermodes(ip.IsingModel(-np.array(MODEL.J)))
    with pytest.raises(ValueError, match="supermodes: they make other couplings"):
        short("diffusion", supermodes=other)
    with pytest.raises(ValueError, match="shift: the supermodes that were given have one"):
        short("diffusion", supermodes=cc.supermodes(MODEL), shift=3.0)


@pytest.mark.parametrize(("method", "n"), [("diffusion", 40), ("mesolve", 18), ("mcsolve", 38), ("ssesolve", 38)])
def test_sizes_beyond_memory_are_refused_with_the_bytes(method: str, n: int) -> None:
    with pytest.raises(ValueError, match=r"e\+\d+ bytes \(.*iB\), and this machine has .*iB available"):
        cc.trajectories(ip.IsingModel(np.zeros((n, n))), method=method)


def test_the_twin_takes_any_size() -> None:
    model = ip.sherrington_kirkpatrick(60, seed=0)
    run = cc.trajectories(model, method="semiclassical", replicas=2, threads=1)
    assert "ground_probability" not in run
    assert float(run["energy"][-1].mean()) < -0.25 * 60
    with pytest.raises(ValueError, match="'excess_energy' needs at most 24 spins"):
        cc.trajectories(model, method="semiclassical", record=("excess_energy",))


def test_sparse_models_are_models() -> None:
    import scipy.sparse as sp

    sparse = ip.IsingModel(sp.csr_array(np.asarray(MODEL.J)), h=MODEL.h, offset=MODEL.offset)
    for method in ("diffusion", "semiclassical"):
        dense = short(method)
        found = cc.trajectories(
            sparse, cim.linear(0.0, 4.0), method=method, threads=1, record="all", loss_ratio=0.05, **SHORT
        )
        np.testing.assert_allclose(found["sigma_x"], dense["sigma_x"], atol=1e-10)


def test_memory_is_told_in_words() -> None:
    assert in_bytes(1536) == "1.5 KiB"
    assert available_memory() > 1 << 20


KILLED = """
import sys
import cim, cim.cavity as cc, ising_problems as ip
model = ip.sherrington_kirkpatrick(10, seed=0)
run = cc.trajectories(model, cim.linear(0.0, 4.0), replicas=40, steps=600, seed=4, threads=1, path=sys.argv[1])
"""


@pytest.mark.slow
def test_a_killed_run_continues(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with subprocess.Popen([sys.executable, "-c", KILLED, str(folder)]) as process:
        while process.poll() is None and len(list((folder / "cells").glob("*.nc"))) < 2:
            time.sleep(0.01)
        process.kill()
    kept = {file.name: file.stat().st_mtime_ns for file in (folder / "cells").glob("*.nc")}
    assert 2 <= len(kept) < 5
    settings: dict[str, Any] = {"replicas": 40, "steps": 600, "seed": 4, "threads": 1}
    model = ip.sherrington_kirkpatrick(10, seed=0)
    resumed = cc.trajectories(model, cim.linear(0.0, 4.0), path=folder, **settings)
    the_same(resumed, cc.trajectories(model, cim.linear(0.0, 4.0), **settings))
    assert all((folder / "cells" / name).stat().st_mtime_ns == stamp for name, stamp in kept.items())


def test_steps_too_long_for_the_couplings_are_warned_of() -> None:
    model = ip.sherrington_kirkpatrick(10, seed=1)

    def energy(steps: int) -> float:
        run = cc.trajectories(
            model, replicas=1, steps=steps, record="energy", record_steps=1, loss_ratio=0.0, threads=1
        )
        return float(run["energy"][-1, 0]) / 10

    exact = energy(2000)
    assert energy(200) == pytest.approx(exact, abs=1e-3)
    with pytest.warns(RuntimeWarning, match="take 499 steps or more"):
        wrong = energy(60)
    assert wrong > exact + 0.2  # of other energies than the model's, and no norm to tell of it


def test_fields_that_add_up_in_no_state_are_not_warned_of() -> None:
    # the sum of |J| over a row is 16, but no state has it: the phase that a flip turns by is what counts
    run = cc.trajectories(ip.sherrington_kirkpatrick(400, seed=0), method="semiclassical", replicas=1, record="energy")
    assert run.attrs["status"] == "completed"
