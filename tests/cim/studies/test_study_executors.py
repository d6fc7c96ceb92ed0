"""A study on many machines: the same numbers wherever it runs, and nothing lost where something dies.

Schedules are classes of this module, so that other processes import them.
"""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import cim
import ising_problems as ip
from cim.schedule_rules import Plan, ScheduleRule
from landscapes import SweepError


class Told(ScheduleRule):
    """A straight ramp whose rule writes down each use, takes its time, and may take its process down, the first time.

    Not the process that made it, and none while the file ``dies`` is there.
    """

    def __init__(self, log: str = "", seconds: float = 0.0, dies: str = "") -> None:
        self.log, self.seconds, self.dies, self.maker = log, seconds, dies, os.getpid()

    def plan(self, model: ip.IsingModel, steps: int, rng: np.random.Generator) -> Plan:
        if self.log:
            with open(self.log, "a") as file:
                file.write(f"{steps}\n")
        time.sleep(self.seconds)
        if self.dies and os.getpid() != self.maker and not Path(self.dies).exists():
            Path(self.dies).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return Plan(cim.linear(-2.0 - 0.1 * float(rng.random()), 0.0), 4)

    def __repr__(self) -> str:
        return "Told()"


def study(rule: ScheduleRule | None = None, **arguments: Any) -> xr.Dataset:
    """A small study with something of everything: a tuned arm, a rule with a pilot, noise, a clip."""
    models = [ip.sherrington_kirkpatrick(30, seed=k) for k in range(6)]
    arms = {
        "tuned": cim.Arm(cim.linear(-2.2, 0.0), tune=("dt",)),
        "rule": cim.Arm(rule or Told(), tune=()),
        "noisy": cim.Arm(cim.piecewise([(0.0, -2.0), (0.7, -0.5), (1.0, 0.0)]), noise=0.1, clip=0.7, tune=()),
    }
    asked: dict[str, Any] = {"budgets": [20, 30], "replicas": 2, "training": 2, "tuning_replicas": 2, "seed": 11}
    return cim.schedule_study(models, arms, **{**asked, **arguments})


def same(one: xr.Dataset, other: xr.Dataset) -> None:
    """Every number but the seconds is the same, bit for bit."""
    assert set(one.variables) == set(other.variables)
    for name in map(str, one.variables):
        if name in ("seconds", "finishing_seconds"):
            continue
        a, b = one[name], other[name]
        if "cost" in a.dims:
            a, b = a.sel(cost="products"), b.sel(cost="products")
        np.testing.assert_array_equal(a.values, b.values, err_msg=name)


@pytest.fixture(scope="module")
def alone() -> xr.Dataset:
    return study()


def test_threads_and_processes_give_the_same_numbers(alone: xr.Dataset) -> None:
    same(alone, study(threads=2))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        same(alone, study(executor=pool))
    with pytest.raises(AssertionError):
        same(alone, study(seed=12))


def test_dask_gives_the_same_numbers(alone: xr.Dataset, dask_client: Any, tmp_path: Path) -> None:
    there = study(executor=dask_client.get_executor(), path=tmp_path / "study")
    same(alone, there)
    assert there.attrs["status"] == "completed"
    same(alone, xr.load_dataset(tmp_path / "study" / "study.nc", engine="h5netcdf"))


def test_a_worker_that_is_killed_in_mid_study_loses_nothing(dask_client: Any, tmp_path: Path) -> None:
    log, dies = tmp_path / "log", tmp_path / "dies"
    rule = Told(str(log), 0.05, str(dies))
    there = study(rule, executor=dask_client.get_executor(), path=tmp_path / "study")
    assert dies.exists() and there.attrs["status"] == "completed"
    begun = len(log.read_text().splitlines())
    same(study(Told()), there)
    # every use of the rule but that of the cell that was begun twice
    log.write_text("")
    study(rule)
    assert begun > len(log.read_text().splitlines()) > 0
    dask_client.wait_for_workers(2, timeout=30)


OVER_MPI = """
    import sys
    sys.path.insert(0, {folder!r})
    import test_study_executors
    if __name__ == "__main__":
        from mpi4py.futures import MPIPoolExecutor
        with MPIPoolExecutor() as pool:
            result = test_study_executors.study(executor=pool, path={path!r})
            print(result.attrs["status"], pool.num_workers)
"""


def test_mpi_gives_the_same_numbers(alone: xr.Dataset, mpiexec: Path, tmp_path: Path) -> None:
    program, path = tmp_path / "program.py", tmp_path / "study"
    program.write_text(textwrap.dedent(OVER_MPI.format(folder=str(Path(__file__).parent), path=str(path))))
    command = [str(mpiexec), "-n", "3", sys.executable, "-m", "mpi4py.futures", str(program)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["completed", "2"]
    same(alone, xr.load_dataset(path / "study.nc", engine="h5netcdf"))


# ---------------------------------------------------------------- killed, and resumed

KILLED = """
    import sys
    sys.path.insert(0, {folder!r})
    import test_study_executors
    rule = test_study_executors.Told({log!r}, 0.1)
    rule.maker = {maker!r}
    test_study_executors.study(rule, path={path!r})
"""


@pytest.mark.parametrize("where", ["runs", pytest.param("tuning", marks=pytest.mark.slow)])
def test_a_study_that_is_killed_repeats_no_cell_that_was_written(alone: xr.Dataset, tmp_path: Path, where: str) -> None:
    log, path = tmp_path / "log", tmp_path / "study"
    log.touch()
    asked = {"folder": str(Path(__file__).parent), "log": str(log), "path": str(path), "maker": os.getpid()}
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(KILLED.format(**asked))])
    until = time.monotonic() + 120
    while len(list((path / where / "cells").glob("*.nc"))) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    written = {file: file.stat().st_mtime_ns for file in path.glob("*/cells/*.nc")}
    assert 2 <= sum(file.parts[-3] == where for file in written) < {"tuning": 6, "runs": 8}[where]
    assert not (path / "study.nc").exists()
    same(alone, study(Told(str(log), 0.1), path=path))
    after = {file: file.stat().st_mtime_ns for file in path.glob("*/cells/*.nc")}
    assert written.items() <= after.items() and len(after) == 6 + 8
    # the rule is used once for each cell of the runs that had to be made
    log.write_text("")
    study(Told(str(log), 0.1), path=path)
    assert log.read_text() == ""


# ---------------------------------------------------------------- folders that are refused


def test_what_differs_from_the_study_of_a_folder_is_named(tmp_path: Path) -> None:
    path = tmp_path / "study"
    whole = study(path=path)
    refused: list[tuple[dict[str, Any], str]] = [
        ({"replicas": 3}, "replicas was 2 and is now 3"),
        ({"seed": 12}, "seed was 11 and is now 12"),
        ({"tune_for": "finished"}, "was 'raw' and is now 'finished'"),
        ({"tuning_replicas": 3}, "replicas was 2 and is now 3"),
    ]
    before = {file: file.stat().st_mtime_ns for file in path.glob("*/cells/*.nc")}
    for change, message in refused:
        with pytest.raises(ValueError, match="path: ") as info:
            study(path=path, **change)
        assert message in str(info.value), change
    with pytest.raises(ValueError, match=r"path: .*cannot be mixed: .*was .* and is now"):
        study(Told(seconds=0.001), path=path)
    assert {file: file.stat().st_mtime_ns for file in path.glob("*/cells/*.nc")} == before
    grown = study(path=path, budgets=[20, 30, 40])["energy"]  # but it can grow
    assert grown.sel(budget=[20, 30]).equals(whole["energy"]) and grown.sizes["budget"] == 3


def test_a_folder_that_takes_no_files_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, log = tmp_path / "study", tmp_path / "log"
    write: Callable[..., int] = Path.write_text

    def read_only(file: Path, *arguments: Any, **keywords: Any) -> int:
        if path in file.parents:
            raise OSError(30, "Read-only file system", str(file))
        return write(file, *arguments, **keywords)

    monkeypatch.setattr(Path, "write_text", read_only)
    with pytest.raises(ValueError, match=r"path: nothing can be written to .*Read-only file system"):
        study(Told(str(log)), path=path)
    assert not log.exists()
    (tmp_path / "notes").write_text("a file in the way")
    with pytest.raises(ValueError, match="path: "):
        study(Told(str(log)), path=tmp_path / "notes" / "study")
    assert not log.exists()


def test_a_cell_that_fails_is_named(dask_client: Any) -> None:
    # two workers are at two cells, and either may be the first to fail
    with pytest.raises(SweepError, match=r'cell \{"budget": 20, "instance": [23]\}.*pilot') as info:
        study(Costly(), executor=dask_client.get_executor())
    assert info.value.coordinates["budget"] == 20


class Costly(ScheduleRule):
    """A rule whose pilot costs more than the runs may."""

    def plan(self, model: ip.IsingModel, steps: int, rng: np.random.Generator) -> Plan:
        return Plan(cim.linear(-2.2, 0.0), 10**6)

    def __repr__(self) -> str:
        return "Costly()"
