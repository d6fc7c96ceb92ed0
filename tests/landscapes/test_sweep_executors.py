"""A sweep on many machines: the bits of one process in Dask's workers and MPI's, and what a dying worker costs.

The cells are those of ``test_sweep.py`` or of this file: modules of their own, so that other processes import them.
"""

import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import test_sweep
import xarray as xr

import ising_problems as ip
from landscapes import sweep


def told(cell: int, seed: np.random.Generator, log: str = "", dies: str = "") -> dict[str, Any]:
    """A cell that writes down that it was begun, and takes its time; cell 7 takes its process down, the first time."""
    with open(log, "a") as file:
        file.write(f"{cell}\n")
    time.sleep(0.1)
    if dies and cell == 7 and not Path(dies).exists():
        Path(dies).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"value": seed.standard_normal()}


def least_energy(instance: ip.IsingModel, seed: np.random.Generator) -> dict[str, Any]:
    return {"energy": instance.energy(seed.choice([-1, 1], (20, instance.num_spins))).min()}


def fails_at_three(cell: int, seed: np.random.Generator) -> dict[str, Any]:
    if cell == 3:
        raise ZeroDivisionError("no three")
    return {"value": seed.standard_normal()}


# ---------------------------------------------------------------- Dask


def test_dask_gives_the_same_bits(dask_client: Any) -> None:
    serial = sweep.run_sweep(test_sweep.random_matrix, test_sweep.GRID, seed=7)
    there = sweep.run_sweep(test_sweep.random_matrix, test_sweep.GRID, seed=7, executor=dask_client.get_executor())
    assert serial.drop_attrs().identical(there.drop_attrs())
    assert there.attrs["status"] == "completed"


def test_large_objects_travel_without_advice(dask_client: Any) -> None:
    models = [ip.sherrington_kirkpatrick(1200, seed=k) for k in range(2)]  # 11.5 MB each: Dask warns from 10 MB on
    grid = {"instance": range(2)}
    serial = sweep.run_sweep(least_energy, grid, objects={"instance": models})
    there = sweep.run_sweep(least_energy, grid, objects={"instance": models}, executor=dask_client.get_executor())
    assert serial.drop_attrs().identical(there.drop_attrs())


def test_a_worker_that_is_killed_costs_its_cells_time_and_nothing_else(dask_client: Any, tmp_path: Path) -> None:
    log, dies, path = tmp_path / "log", tmp_path / "dies", tmp_path / "sweep"
    grid = {"cell": range(20)}
    arguments = {"log": str(log), "dies": str(dies)}
    there = sweep.run_sweep(told, grid, arguments=arguments, executor=dask_client.get_executor(), path=path)
    assert dies.exists() and there.attrs["status"] == "completed"
    begun = [int(line) for line in log.read_text().split()]
    assert begun.count(7) == 2 and set(begun) == set(range(20))
    here = sweep.run_sweep(told, grid, arguments={"log": os.devnull}, threads=8)
    assert here.drop_attrs().identical(there.drop_attrs())
    assert len(list((path / "cells").glob("*.nc"))) == 20
    dask_client.wait_for_workers(2, timeout=30)


def test_a_cell_that_kills_its_workers_is_an_error_with_coordinates(dask_client: Any) -> None:
    scheduler = dask_client.cluster.scheduler
    allowed, scheduler.allowed_failures = scheduler.allowed_failures, 0
    try:
        with pytest.raises(sweep.SweepError, match=r"cell \{.*KilledWorker") as info:
            sweep.run_sweep(test_sweep.kills_its_process, {"size": [4]}, executor=dask_client.get_executor())
    finally:
        scheduler.allowed_failures = allowed
    assert info.value.coordinates == {"size": 4}
    dask_client.wait_for_workers(2, timeout=30)


def test_a_failing_cell_is_named_and_the_others_are_kept(dask_client: Any, tmp_path: Path) -> None:
    with pytest.raises(sweep.SweepError, match=r'"cell": 3.*no three') as info:
        sweep.run_sweep(fails_at_three, {"cell": range(6)}, executor=dask_client.get_executor(), path=tmp_path)
    assert isinstance(info.value.__cause__, ZeroDivisionError)
    kept = int(info.value.finished["value"].notnull().sum()) if info.value.finished else 0
    assert len(list((tmp_path / "cells").glob("*.nc"))) == kept


def test_a_callback_ends_it_and_another_executor_resumes(dask_client: Any, tmp_path: Path) -> None:
    log = tmp_path / "log"
    ask: dict[str, Any] = {"arguments": {"log": str(log)}, "path": tmp_path / "sweep"}
    grid = {"cell": range(40)}
    part = sweep.run_sweep(told, grid, executor=dask_client.get_executor(), callback=lambda done: done > 0.1, **ask)
    kept = int(part["value"].notnull().sum())
    assert part.attrs["status"] == "interrupted" and 4 < kept < 30
    time.sleep(0.3)  # Dask lets the cells in progress end, but their results are given up
    before = len(log.read_text().splitlines())
    whole = sweep.run_sweep(told, grid, threads=4, **ask)
    assert len(log.read_text().splitlines()) - before == 40 - kept
    assert whole.drop_attrs().identical(
        sweep.run_sweep(told, grid, arguments={"log": os.devnull}, threads=8).drop_attrs()
    )


def test_a_client_that_is_closed_is_an_error_and_what_was_finished_is_kept(dask_client: Any) -> None:
    import distributed

    client = distributed.Client(dask_client.cluster, set_as_default=False)

    def close(fraction: float) -> None:
        if fraction > 0.2:
            client.close()

    with pytest.raises(sweep.SweepError, match="the executor broke down in the cell") as info:
        sweep.run_sweep(test_sweep.waits, {"cell": range(20)}, executor=client.get_executor(), callback=close)
    assert isinstance(info.value.__cause__, BrokenExecutor)
    assert 4 < int(info.value.finished["value"].notnull().sum()) < 20


# ---------------------------------------------------------------- MPI

OVER_MPI = """
    import sys
    sys.path.insert(0, {folder!r})
    import test_sweep, test_sweep_executors
    import ising_problems as ip
    from landscapes import sweep
    if __name__ == "__main__":
        from mpi4py.futures import MPIPoolExecutor
        with MPIPoolExecutor() as pool:
            result = sweep.run_sweep(test_sweep.random_matrix, test_sweep.GRID, seed=7, executor=pool, path={path!r})
            models = [ip.sherrington_kirkpatrick(200, seed=k) for k in range(3)]
            sweep.run_sweep(
                test_sweep_executors.least_energy, {{"instance": range(3)}}, objects={{"instance": models}},
                executor=pool, path={other!r},
            )
            print(result.attrs["status"], pool.num_workers)
"""


def test_mpi_gives_the_same_bits(mpiexec: Path, tmp_path: Path) -> None:
    program, path, other = tmp_path / "program.py", tmp_path / "sweep", tmp_path / "other"
    code = OVER_MPI.format(folder=str(Path(__file__).parent), path=str(path), other=str(other))
    program.write_text(textwrap.dedent(code))
    command = [str(mpiexec), "-n", "3", sys.executable, "-m", "mpi4py.futures", str(program)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["completed", "2"]
    here = sweep.run_sweep(test_sweep.random_matrix, test_sweep.GRID, seed=7)
    assert here.drop_attrs().equals(xr.load_dataset(path / "sweep.nc", engine="h5netcdf").drop_attrs())
    models = [ip.sherrington_kirkpatrick(200, seed=k) for k in range(3)]
    here = sweep.run_sweep(least_energy, {"instance": range(3)}, objects={"instance": models})
    assert here.drop_attrs().equals(xr.load_dataset(other / "sweep.nc", engine="h5netcdf").drop_attrs())
