"""Runs that are killed, interrupted, damaged or made longer end as those that were not."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import ising_problems as ip
import landscapes as ls
from landscapes import annealed_populations, chains, run_files

TEMPERATURES = [0.4, 0.8, 1.6]


def _wide() -> ip.IsingModel:
    """Couplings of which no unit makes whole numbers, so that local fields are floats and drift."""
    matrix = ip.sherrington_kirkpatrick(12, seed=0).J.copy()
    matrix[0, 1:] = matrix[1:, 0] = 1e-15
    return ip.IsingModel(matrix)


MODELS: dict[str, Callable[[], ip.IsingModel]] = {
    "dense": lambda: ip.sherrington_kirkpatrick(40, seed=0),
    "sparse, with cluster moves": lambda: ip.edwards_anderson((6, 6), seed=0),
    "float64 fields": _wide,
}


def _tempering(model: ip.IsingModel, **changes: Any) -> xr.Dataset:
    arguments = {"sweeps": 400, "burn_in": 100, "replicas": 3, "record": ("overlap", "spins"), "interval": 2}
    arguments |= {"seed": 4, **changes}
    return ls.parallel_tempering(model, TEMPERATURES, **arguments)


def _same(first: xr.Dataset, second: xr.Dataset) -> bool:
    return first.drop_attrs().identical(second.drop_attrs())


def _stop_after(calls: int) -> Callable[[float], bool]:
    left = iter(range(calls))
    return lambda fraction: next(left, None) is None


@pytest.mark.parametrize("kind", MODELS)
def test_an_interrupted_run_goes_on_as_if_it_had_not_been(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = MODELS[kind]()
    whole = _tempering(model, burn_in=99)  # odd, so that exchanges are at the other gaps in between
    monkeypatch.setattr(chains, "_SLICE", 600 * model.num_spins)  # of 499 sweeps 100 at a time
    monkeypatch.setattr(chains, "_SECONDS_BETWEEN", 0.0)
    sampled: list[int] = []
    sample = chains.Replicas.sample

    def watched(group: chains.Replicas, sweeps: int, first: int, interval: int) -> None:
        sampled.append(sweeps)
        if len(sampled) in (3, 6):
            raise RuntimeError("the power fails")
        sample(group, sweeps, first, interval)

    monkeypatch.setattr(chains.Replicas, "sample", watched)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="the power fails"):
            _tempering(model, path=tmp_path, burn_in=99, threads=1)
    resumed = _tempering(model, path=tmp_path, burn_in=99, threads=1)
    assert _same(resumed, whole)
    # what was kept was not made again: only a slice of each failure, and those that compile for no sweep
    assert sum(sampled) == 2 * 499 + 2 * 99
    with xr.open_dataset(tmp_path / "sweep.nc", engine="h5netcdf") as stored:
        np.testing.assert_array_equal(stored["energy"], whole["energy"])


_KILLED = """
import sys
import ising_problems as ip, landscapes as ls
from landscapes import annealed_populations, chains
chains._SLICE, chains._SECONDS_BETWEEN = 20_000, 0.0
annealed_populations._SECONDS_BETWEEN = 0.0
model = ip.sherrington_kirkpatrick(40, seed=0)
if sys.argv[1] == "tempering":
    ls.parallel_tempering(model, [0.4, 0.8, 1.6], 4000, 1000, 4, record="all", seed=4, path=sys.argv[2])
else:
    ls.population_annealing(model, [0.1 * k for k in range(1, 20)], 200, 60, 3, seed=4, path=sys.argv[2])
"""


def test_an_interrupted_population_cools_on_as_if_it_had_not_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = MODELS["dense"]()
    whole = ls.population_annealing(model, TEMPERATURES, 100, 5, 3, seed=4)
    monkeypatch.setattr(annealed_populations, "_SECONDS_BETWEEN", 0.0)
    calls, cooled = iter(range(1, 1000)), []
    cool = annealed_populations._Population._cool

    def watched(population: Any, k: int, stop: Any) -> bool:
        if next(calls) in (2, 6):
            raise RuntimeError("the power fails")
        done = cool(population, k, stop)
        cooled.append(done)
        return done

    monkeypatch.setattr(annealed_populations._Population, "_cool", watched)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="the power fails"):
            ls.population_annealing(model, TEMPERATURES, 100, 5, 3, seed=4, path=tmp_path, threads=1)
    resumed = ls.population_annealing(model, TEMPERATURES, 100, 5, 3, seed=4, path=tmp_path, threads=1)
    assert _same(resumed, whole)
    assert sum(cooled) == 3 * 3  # no step of the three populations was made twice
    assert (tmp_path / "sweep.nc").exists()


@pytest.mark.parametrize("what", ["tempering", pytest.param("annealing", marks=pytest.mark.slow)])
def test_a_killed_run_goes_on_as_if_it_had_not_been(what: str, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _KILLED, what, str(tmp_path)]) as process:
        deadline = time.monotonic() + 300
        while len(list(tmp_path.glob("cells/*.nc"))) < 3 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        process.kill()
    assert process.returncode == -signal.SIGKILL, "it ended before it could be killed"
    assert not (tmp_path / "sweep.nc").exists()
    model = MODELS["dense"]()

    def run(**arguments: Any) -> xr.Dataset:
        if what == "tempering":
            return ls.parallel_tempering(model, TEMPERATURES, 4000, 1000, 4, record="all", seed=4, **arguments)
        return ls.population_annealing(model, [0.1 * k for k in range(1, 20)], 200, 60, 3, seed=4, **arguments)

    assert _same(run(path=tmp_path), run())
    assert (tmp_path / "sweep.nc").exists()


def test_more_replicas_than_threads_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    model = MODELS["dense"]()
    monkeypatch.setattr(chains, "_SLICE", 600 * model.num_spins)
    turns: list[int] = []
    sample = chains.Replicas.sample

    def watched(group: chains.Replicas, *arguments: int) -> None:
        turns.append(group.swept)
        sample(group, *arguments)

    monkeypatch.setattr(chains.Replicas, "sample", watched)
    taken = _tempering(model, replicas=6, threads=1)
    assert turns[1:] == [swept for swept in range(0, 500, 100) for _ in range(3)]  # the first one compiles
    assert _same(taken, _tempering(model, replicas=6, threads=3))
    # so that a run that is cut short has something of each
    cut = _tempering(model, replicas=6, threads=1, burn_in=0, sweeps=10**6, record=(), callback=_stop_after(8))
    assert cut.attrs["status"] == "interrupted" and 0 < cut.sizes["sweep"] < 500_000


def test_a_run_is_made_longer_but_not_shorter(tmp_path: Path) -> None:
    model = MODELS["dense"]()
    _tempering(model, path=tmp_path)
    assert _same(_tempering(model, path=tmp_path, sweeps=700), _tempering(model, sweeps=700))
    with pytest.raises(ValueError, match=r"path: .* holds 350 measurements, and 200 are asked for; ask for as many"):
        _tempering(model, path=tmp_path)


def test_a_run_without_a_seed_keeps_the_one_it_began_with(tmp_path: Path) -> None:
    model = MODELS["dense"]()
    stopped = _tempering(model, path=tmp_path, sweeps=10**6, record=(), seed=None, callback=_stop_after(2))
    assert stopped.attrs["status"] == "interrupted"
    folder = run_files.RunFolder(tmp_path, None)
    assert str(folder.seed) == stopped.attrs["seed"]
    generators = [np.random.default_rng(9) for _ in range(3)]
    first = _tempering(model, path=tmp_path / "generator", seed=generators[0])
    assert _same(first, _tempering(model, seed=generators[1]))
    assert _same(first, _tempering(model, path=tmp_path / "generator", seed=generators[2]))
    with pytest.raises(ValueError, match=r"path: .* seed\.spawned was 0 and is now 2"):
        _tempering(model, path=tmp_path / "generator", seed=generators[2])


def test_another_run_is_refused_and_the_difference_named(tmp_path: Path) -> None:
    model = MODELS["dense"]()
    _tempering(model, path=tmp_path, sweeps=10)
    other = ip.sherrington_kirkpatrick(40, seed=1)
    for changes, says in (
        ({"seed": 5}, "seed was 4 and is now 5"),
        ({"burn_in": 50}, r"arguments\.burn_in was 100 and is now 50"),
        ({"update": "heat-bath"}, r"arguments\.update was '?metropolis'? and is now '?heat-bath"),
        ({"replicas": 2}, r"arguments\.replicas was 3 and is now 2"),
        ({"model": other}, r"model\.J was \['array"),
        ({"model": ip.IsingModel(MODELS["dense"]().J, offset=1.0)}, r"model\.offset was 0 and is now 1"),
        ({"record": ("overlap",)}, r"arguments\.record was \['overlap', 'spins'\] and is now \['overlap'\]"),
        ({"initial": np.ones(40)}, r"arguments\.initial was None and is now '?array"),
    ):
        with pytest.raises(ValueError, match=f"path: .*{says}"):
            _tempering(**{"model": model, "path": tmp_path, "sweeps": 10, **changes})
    with pytest.raises(ValueError, match=r"path: .*function was"):
        ls.population_annealing(model, TEMPERATURES, path=tmp_path)


def test_a_run_is_not_called_a_sweep_and_a_sweep_is_refused_by_its_function(tmp_path: Path) -> None:
    _tempering(MODELS["dense"](), path=tmp_path / "run", sweeps=10)
    ls.run_sweep(half, {"x": [3]}, path=tmp_path / "sweep")
    says = r"holds a run with other arguments, .*: function was '\S+half' and is now '\S+tempering'\. Pass"
    with pytest.raises(ValueError, match=says):
        _tempering(MODELS["dense"](), path=tmp_path / "sweep")
    with pytest.raises(ValueError, match=r"holds a sweep .*: function was '\S+tempering' and is now '\S+\.half'"):
        ls.run_sweep(half, {"x": [3]}, path=tmp_path / "run")
    (tmp_path / "run" / "sweep.json").write_text('{"format": "coherent-ising sweep", "format_version": 1, "asked": 3}')
    with pytest.raises(ValueError, match=r"path: .*sweep\.json is not of this program's format"):
        _tempering(MODELS["dense"](), path=tmp_path / "run")
    with pytest.raises(TypeError, match="path: the path of a folder is needed, but it is 3"):
        _tempering(MODELS["dense"](), path=3)


def half(x: int, seed: Any) -> dict[str, int]:
    return {"quotient": x // 2}


def test_a_stretch_that_another_process_wrote_further_is_cut_to_the_state(tmp_path: Path) -> None:
    run = run_files.RunFolder(tmp_path, 0)
    run.begin("a test", MODELS["dense"](), {}, np.random.default_rng(0))
    series = np.arange(10)
    run_files.Stage(run, "part").save({"x": np.array([7])}, {"series": series}, 7)
    run_files.Stage(run, "other").save({"x": np.array([9])}, {"series": series}, 10)
    run.save("part, measurements from 0", run.load("other, measurements from 0") or {})
    x, filled = np.zeros(1, dtype=int), np.full(10, -1)
    assert run_files.Stage(run, "part").load({"x": x}, {"series": filled}) == 7
    assert x[0] == 7 and filled.tolist() == [0, 1, 2, 3, 4, 5, 6, -1, -1, -1]


def test_a_folder_that_cannot_be_written_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chains.Replicas, "slices", lambda *_: pytest.fail("work began"))
    with pytest.raises(ValueError, match="path: "):
        _tempering(MODELS["dense"](), path="/proc/self/fdinfo")  # where nobody can write, not even root
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(ValueError, match="path: a folder is needed"):
        _tempering(MODELS["dense"](), path=file)
    with pytest.raises(ValueError, match=r"path: .* holds other files"):
        _tempering(MODELS["dense"](), path=tmp_path)


def test_damaged_files_are_told_of_and_their_part_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = MODELS["dense"]()
    whole = _tempering(model, path=tmp_path)
    sampled: list[int] = []
    monkeypatch.setattr(chains.Replicas, "slices", lambda group: iter(sampled.append(group.total - group.swept) or ()))
    assert _same(_tempering(model, path=tmp_path), whole)
    assert sampled == [0, 0]  # a finished run is read
    monkeypatch.undo()
    files = sorted(tmp_path.glob("cells/*.nc"))
    assert len(files) == 4  # of each group a state and what was measured
    files[0].write_bytes(files[0].read_bytes()[:1000])
    with pytest.warns(UserWarning, match="is damaged"):
        assert _same(_tempering(model, path=tmp_path), whole)


def test_single_temperatures_and_single_spins_are_kept_as_well(tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"model": ip.IsingModel([[0.0]], [0.5]), "temperature": 1.0, "sweeps": 20}
    first = ls.metropolis(**arguments, replicas=1, path=tmp_path)
    assert _same(ls.metropolis(**arguments, replicas=1, path=tmp_path), first)
