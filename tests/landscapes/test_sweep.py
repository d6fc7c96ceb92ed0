"""The sweep engine: seeds by coordinates, every executor alike, kept as it goes, nothing lost, nothing just trusted."""

import functools
import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp
import xarray as xr

import ising_problems as ip
from landscapes import sweep
from landscapes.fingerprint import described

GRID = {"size": [3, 5, 8], "instance": [0, 1]}


def random_matrix(size: int, instance: int, seed: np.random.Generator, power: int = 2, log: str = "") -> dict[str, Any]:
    """A chaotic function of its random numbers, whose last digit shows the order of sums."""
    if log:
        with open(log, "a") as file:
            file.write(f"{size} {instance}\n")
    matrix = seed.standard_normal((size, size))
    spectrum = np.linalg.eigvalsh(matrix + matrix.T)
    return {
        "moment": (("order",), np.array([np.sum(spectrum**k) for k in range(1, power + 1)])),
        "largest": spectrum[-1],
        "positive": np.count_nonzero(spectrum > 0),
        "stable": bool(spectrum[-1] < 3),
        "word": f"n = {size}",
        "order": ("order", np.arange(1, power + 1)),
    }


def fails_at_five(size: int, instance: int, seed: np.random.Generator) -> dict[str, Any]:
    if size == 5:
        raise ZeroDivisionError("no five")
    return {"value": seed.standard_normal()}


def kills_its_process(size: int, seed: np.random.Generator) -> dict[str, Any]:
    os._exit(1)


def interrupted_at_five(size: int, instance: int, seed: np.random.Generator) -> dict[str, Any]:
    if size == 5:
        raise KeyboardInterrupt
    return {"value": seed.standard_normal()}


def _plain(dataset: xr.Dataset) -> xr.Dataset:
    return dataset.drop_attrs()


# ---------------------------------------------------------------- what a cell is given


def test_values_and_labels() -> None:
    result = sweep.run_sweep(random_matrix, GRID, arguments={"power": 3}, seed=4)
    assert dict(result.sizes) == {"size": 3, "instance": 2, "order": 3}
    assert result["moment"].dims == ("size", "instance", "order")
    cell = random_matrix(5, 1, sweep.cell_generator(4, {"size": 5, "instance": 1}), 3)
    assert result["largest"].sel(size=5, instance=1).item() == cell["largest"]
    assert result["moment"].sel(size=5, instance=1).values.tolist() == cell["moment"][1].tolist()
    assert result["stable"].dtype == bool and result["positive"].dtype.kind == "i"
    assert result["word"].sel(size=8, instance=0).item() == "n = 8"
    assert result["order"].values.tolist() == [1, 2, 3]
    assert result.attrs["status"] == "completed" and result.attrs["seed"] == "4"


def test_a_cell_does_not_depend_on_the_grid_around_it() -> None:
    small = sweep.run_sweep(random_matrix, {"size": [5], "instance": [1]}, seed=1)
    large = sweep.run_sweep(random_matrix, {"instance": [3, 1], "size": np.array([8.0, 5.0]).astype(int)}, seed=1)
    assert small["largest"].item() == large["largest"].sel(size=5, instance=1).item()
    other = sweep.run_sweep(random_matrix, {"size": [5], "instance": [1]}, seed=2)
    assert small["largest"].item() != other["largest"].item()
    assert large["largest"].sel(size=5, instance=3).item() != small["largest"].item()


def test_equal_coordinates_are_the_same_cell() -> None:
    draws = [
        sweep.cell_generator(0, cell).integers(2**62)
        for cell in ({"a": 2, "b": "x"}, {"b": "x", "a": np.float32(2.0)}, {"a": np.int16(2), "b": "x"})
    ]
    assert len(set(draws)) == 1
    assert sweep.cell_generator(0, {"a": 2.5, "b": "x"}).integers(2**62) != draws[0]
    assert sweep.cell_generator(0, {"a": 2, "b": "y"}).integers(2**62) != draws[0]


def test_a_cell_is_repeated_by_hand_from_the_sweeps_attributes_and_by_nothing_random() -> None:
    result = sweep.run_sweep(random_matrix, {"size": [5], "instance": [1]}, seed=np.random.default_rng(3))
    again = sweep.cell_generator(int(result.attrs["seed"]), {"instance": 1, "size": 5})
    assert random_matrix(5, 1, again)["largest"] == result["largest"].item()
    for seed in (None, True, "7", np.random.default_rng(0)):
        with pytest.raises(TypeError, match="seed: must be an integer"):
            sweep.cell_generator(seed, {"size": 5})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="seed: must be at least 0"):
        sweep.cell_generator(-1, {"size": 5})


def test_streams_of_neighbouring_cells_are_uncorrelated() -> None:
    draws = np.array([sweep.cell_generator(0, {"instance": k}).standard_normal(1000) for k in range(40)])
    correlations = np.corrcoef(draws)[np.triu_indices(40, 1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(1000)
    shifted = np.array([np.random.default_rng(0).standard_normal(1040)[k : k + 1000] for k in range(0, 40, 40)] * 2)
    assert np.corrcoef(shifted)[0, 1] > 0.99  # the measure sees two streams that are one


def test_datasets_and_attributes() -> None:
    def cell(size: int, seed: Any) -> xr.Dataset:
        return xr.Dataset({"x": ("pump", [1.0, 2.0], {"units": "energy"})}, coords={"pump": [-1.0, 1.0]})

    result = sweep.run_sweep(cell, {"size": [1, 2]}, leading=("pump",), attributes={"title": "t"}, seed=None)
    assert result["x"].dims == ("pump", "size") and result["x"].attrs == {"units": "energy"}
    assert result.attrs["title"] == "t" and int(result.attrs["seed"]) > 0


# ---------------------------------------------------------------- where it runs


def test_every_executor_gives_the_same_bits() -> None:
    arguments: dict[str, Any] = {"arguments": {"power": 2}, "seed": 7}
    serial = sweep.run_sweep(random_matrix, GRID, **arguments)
    threaded = sweep.run_sweep(random_matrix, GRID, threads=2, **arguments)
    assert _plain(serial).identical(_plain(threaded))
    with ThreadPoolExecutor(3) as pool:
        assert _plain(serial).identical(_plain(sweep.run_sweep(random_matrix, GRID, executor=pool, **arguments)))
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as processes:
        there = sweep.run_sweep(random_matrix, GRID, executor=processes, **arguments)
    assert _plain(serial).identical(_plain(there))


def test_linear_algebra_runs_on_one_thread_inside_a_cell() -> None:
    def cell(size: int, seed: Any) -> dict[str, Any]:
        import threadpoolctl

        return {"threads": max(p["num_threads"] for p in threadpoolctl.threadpool_info() if p["user_api"] == "blas")}

    assert sweep.run_sweep(cell, {"size": [1]})["threads"].item() == 1


def test_a_function_that_cannot_travel_is_refused_at_the_door() -> None:
    with ProcessPoolExecutor(1) as pool, pytest.raises(ValueError, match="cannot be sent to another process"):
        sweep.run_sweep(lambda size, seed: {"x": 1.0}, {"size": [1]}, executor=pool)


def test_a_dying_worker_is_an_error_with_coordinates() -> None:
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(1, mp_context=context) as pool,
        pytest.raises(sweep.SweepError, match="broke down") as info,
    ):
        sweep.run_sweep(kills_its_process, {"size": [4]}, executor=pool)
    assert info.value.coordinates == {"size": 4} and isinstance(info.value.__cause__, BrokenExecutor)


# ---------------------------------------------------------------- failures and interruption


@pytest.mark.parametrize("threads", [1, 2])
def test_a_failing_cell_is_named_and_the_others_are_kept(tmp_path: Path, threads: int) -> None:
    with pytest.raises(sweep.SweepError, match=r'"instance": 0, "size": 5.*no five') as info:
        sweep.run_sweep(fails_at_five, GRID, path=tmp_path, threads=threads)
    assert isinstance(info.value.__cause__, ZeroDivisionError)
    assert info.value.coordinates == {"size": 5, "instance": 0}
    kept = info.value.finished["value"]
    assert np.isfinite(kept.sel(size=3)).all() and np.isnan(kept.sel(size=5)).all()
    assert info.value.finished.attrs["status"] == "failed"
    assert len(list((tmp_path / "cells").glob("*.nc"))) == int(np.isfinite(kept).sum())


def test_interruption_returns_what_is_finished() -> None:
    result = sweep.run_sweep(interrupted_at_five, GRID)
    assert result.attrs["status"] == "interrupted"
    assert np.isfinite(result["value"].sel(size=3)).all() and np.isnan(result["value"].sel(size=[5, 8])).all()
    with pytest.raises(KeyboardInterrupt):  # nothing was finished
        sweep.run_sweep(interrupted_at_five, {"size": [5], "instance": [0]})


def test_a_callback_ends_it_and_the_folder_resumes(tmp_path: Path) -> None:
    log = str(tmp_path / "log")
    fractions: list[float] = []

    def stop_at_half(fraction: float) -> bool:
        fractions.append(fraction)
        return fraction >= 0.5

    arguments = {"arguments": {"log": log}, "path": tmp_path / "sweep", "seed": 3}
    half = sweep.run_sweep(random_matrix, GRID, callback=stop_at_half, **arguments)
    assert half.attrs["status"] == "interrupted" and np.isnan(half["largest"]).sum() == 3
    assert half["word"].values.ravel().tolist().count("") == 3
    assert not (tmp_path / "sweep" / "sweep.nc").exists()
    whole = sweep.run_sweep(random_matrix, GRID, **arguments)
    assert len(Path(log).read_text().splitlines()) == 6  # nothing twice
    fresh = sweep.run_sweep(random_matrix, GRID, arguments={"log": ""}, seed=3)
    assert _plain(whole).identical(_plain(fresh))
    on_disk = xr.load_dataset(tmp_path / "sweep" / "sweep.nc", engine="h5netcdf")
    assert on_disk.attrs == whole.attrs
    assert _plain(on_disk).equals(_plain(whole))
    assert fractions == sorted(fractions) and fractions[0] == 0.0


KILLED = """
    import sys, time
    sys.path.insert(0, {folder!r})
    import test_sweep, landscapes.sweep as sweep
    def slow(**cell):
        time.sleep(0.15)
        return test_sweep.random_matrix(**cell)
    slow.__module__, slow.__qualname__ = "test_sweep", "random_matrix"
    sweep.run_sweep(slow, {grid!r}, arguments={{"log": {log!r}}}, path={path!r}, seed=9)
"""


def test_killed_without_warning_nothing_written_is_repeated_or_lost(tmp_path: Path) -> None:
    grid = {"size": [3, 4, 5, 6], "instance": [0, 1, 2, 3]}
    log, path = str(tmp_path / "log"), tmp_path / "sweep"
    code = textwrap.dedent(KILLED.format(folder=str(Path(__file__).parent), grid=grid, log=log, path=str(path)))
    process = subprocess.Popen([sys.executable, "-c", code])
    until = time.monotonic() + 60
    while len(list(path.glob("cells/*.nc"))) < 3 and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    written = len(list(path.glob("cells/*.nc")))
    begun = len(Path(log).read_text().splitlines())
    assert 3 <= written < 16 and begun - written in (0, 1)
    (path / "cells" / "x.nc.1.part").write_bytes(b"half a file")  # what a kill during a write leaves
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        whole = sweep.run_sweep(random_matrix, grid, arguments={"log": log}, path=path, seed=9)
    assert len(Path(log).read_text().splitlines()) == begun + 16 - written
    assert _plain(whole).identical(_plain(sweep.run_sweep(random_matrix, grid, arguments={"log": ""}, seed=9)))
    assert not list(path.glob("cells/*.part"))


# A test run in the background hands down an ignored SIGINT
INTERRUPTED = """
    import signal, sys, time, multiprocessing
    signal.signal(signal.SIGINT, signal.default_int_handler)
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
    sys.path.insert(0, {folder!r})
    import test_sweep, landscapes.sweep as sweep
    if __name__ == "__main__":
        with {pool} as pool:
            result = sweep.run_sweep(test_sweep.waits, {{"cell": list(range(200))}}, executor=pool, path={path!r})
        kept = result["value"].notnull().sum().item()
        print(result.attrs["status"], kept)
"""


def waits(cell: int, seed: np.random.Generator) -> dict[str, Any]:
    time.sleep(0.1)
    return {"value": seed.standard_normal()}


@pytest.mark.parametrize("pool", ["ThreadPoolExecutor(2)", "ProcessPoolExecutor(2)"])
def test_control_c_returns_what_is_finished(tmp_path: Path, pool: str) -> None:
    path = tmp_path / "sweep"
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(INTERRUPTED.format(folder=str(Path(__file__).parent), path=str(path), pool=pool))
    )
    process = subprocess.Popen(
        [sys.executable, str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until = time.monotonic() + 60
    while len(list(path.glob("cells/*.nc"))) < 3 and time.monotonic() < until:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers are told as well
    said, complaint = process.communicate(timeout=30)
    assert said, complaint
    output = said.split()
    assert output[0] == "interrupted"
    assert 3 <= int(output[1]) < 200 and int(output[1]) == len(list(path.glob("cells/*.nc")))


# ---------------------------------------------------------------- what is on the disk


def test_a_larger_grid_keeps_the_cells_it_shares(tmp_path: Path) -> None:
    log = str(tmp_path / "log")
    arguments = {"arguments": {"log": log}, "path": tmp_path / "sweep"}
    first = sweep.run_sweep(random_matrix, GRID, **arguments)
    larger = sweep.run_sweep(random_matrix, {"size": [8, 3, 4], "instance": [2, 1, 0]}, **arguments)
    assert len(Path(log).read_text().splitlines()) == 6 + 5
    shared = {"size": [3, 8], "instance": [0, 1]}
    assert first["moment"].sel(shared).equals(larger["moment"].sel(shared))


def test_other_arguments_are_refused_by_name(tmp_path: Path) -> None:
    sweep.run_sweep(random_matrix, GRID, arguments={"power": 2}, path=tmp_path, seed=1)
    with pytest.raises(ValueError, match=r"arguments.power was 2 and is now 3"):
        sweep.run_sweep(random_matrix, GRID, arguments={"power": 3}, path=tmp_path, seed=1)
    with pytest.raises(ValueError, match=r"seed was 1 and is now 5"):
        sweep.run_sweep(random_matrix, GRID, arguments={"power": 2}, path=tmp_path, seed=5)
    with pytest.raises(ValueError, match=r"function was .*random_matrix.* and is now .*fails_at_five"):
        sweep.run_sweep(fails_at_five, GRID, path=tmp_path, seed=1)
    with pytest.raises(ValueError, match=r"arguments.log is only here"):
        sweep.run_sweep(random_matrix, GRID, arguments={"power": 2, "log": ""}, path=tmp_path, seed=1)
    with pytest.raises(ValueError, match=r"dimensions was"):
        sweep.run_sweep(random_matrix, {"size": [1]}, arguments={"power": 2}, path=tmp_path, seed=1)
    # no seed: that of the folder
    again = sweep.run_sweep(random_matrix, GRID, arguments={"power": 2}, path=tmp_path, seed=None)
    assert again.attrs["seed"] == "1"


@pytest.mark.parametrize("damage", ["truncated", "emptied", "changed", "exchanged"])
def test_a_damaged_cell_is_told_of_and_computed_again(tmp_path: Path, damage: str) -> None:
    whole = sweep.run_sweep(random_matrix, GRID, path=tmp_path)
    files = sorted((tmp_path / "cells").glob("*.nc"))
    content = files[0].read_bytes()
    if damage == "truncated":
        files[0].write_bytes(content[: len(content) // 2])
    elif damage == "emptied":
        files[0].write_bytes(b"")
    elif damage == "exchanged":
        files[0].write_bytes(files[1].read_bytes())
    else:
        largest = xr.load_dataset(files[0], engine="h5netcdf")["largest"].values.tobytes()
        assert content.count(largest) == 1
        place = content.index(largest)
        files[0].write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    with pytest.warns(UserWarning, match=r"is damaged .* computed again") as caught:
        again = sweep.run_sweep(random_matrix, GRID, path=tmp_path)
    assert len(caught) == 1
    assert _plain(again).identical(_plain(whole))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sweep.run_sweep(random_matrix, GRID, path=tmp_path)  # and has been written again


def test_nothing_is_executed_from_a_folder(tmp_path: Path) -> None:
    sweep.run_sweep(random_matrix, GRID, path=tmp_path)
    for file in tmp_path.rglob("*"):
        if file.is_file():
            head = file.read_bytes()[:8]
            assert head == b"\x89HDF\r\n\x1a\n" or json.loads(file.read_text())


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("chapter one")
    with pytest.raises(ValueError, match="holds other files and no sweep"):
        sweep.run_sweep(random_matrix, GRID, path=tmp_path)
    with pytest.raises(ValueError, match="a folder is needed"):
        sweep.run_sweep(random_matrix, GRID, path=tmp_path / "thesis.txt")
    (tmp_path / "sweep.json").write_text("{]")
    with pytest.raises(ValueError, match="not readable"):
        sweep.run_sweep(random_matrix, GRID, path=tmp_path)
    (tmp_path / "sweep.json").write_text('{"format": "another", "format_version": 1, "asked": {}}')
    with pytest.raises(ValueError, match="not of this program's format"):
        sweep.run_sweep(random_matrix, GRID, path=tmp_path)


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("coordinates", "message"),
    [
        ({}, "a mapping from dimensions"),
        ([1, 2], "a mapping from dimensions"),
        ({"seed": [1]}, "cannot name an argument"),
        ({"two words": [1]}, "cannot name an argument"),
        ({"size": []}, "one value or more"),
        ({"size": "abc"}, "one value or more"),
        ({"size": 3}, "one value or more"),
        ({"size": [[1], [2]]}, "one value or more"),
        ({"size": [1, 1.0]}, "there twice"),
        ({"size": [np.nan]}, "must be finite"),
        ({"size": [None]}, "numbers or strings are needed"),
        ({"size": [1, "one"]}, "cannot be mixed"),
    ],
)
def test_bad_coordinates(coordinates: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        sweep.run_sweep(random_matrix, coordinates)


def test_bad_results_and_arguments(tmp_path: Path) -> None:
    def sweep_of(result: Any, **arguments: Any) -> Any:
        return sweep.run_sweep(lambda size, seed: result, {"size": [1]}, **arguments)

    with pytest.raises(sweep.SweepError, match="must return a mapping"):
        sweep_of(3.0)
    with pytest.raises(sweep.SweepError, match="is an array; return"):
        sweep_of({"x": np.zeros(3)})
    with pytest.raises(sweep.SweepError, match="real numbers, booleans or strings"):
        sweep_of({"x": 1j})
    with pytest.raises(sweep.SweepError, match="bears the name of a coordinate"):
        sweep_of({"size": 3})
    with pytest.raises(ValueError, match="differs from the first one in the shape of 'x'"):
        sweep.run_sweep(lambda size, seed: {"x": ("spin", np.zeros(size))}, {"size": [1, 2]})
    with pytest.raises(ValueError, match="differs from the first one in the names of its results: b"):
        sweep.run_sweep(lambda size, seed: {"a": 1} if size == 1 else {"a": 1, "b": 2}, {"size": [1, 2]})
    with pytest.raises(ValueError, match="has no name to recognise it by"):
        sweep_of({"x": 1.0}, path=tmp_path / "a")
    with pytest.raises(ValueError, match="'size' is given by the sweep itself"):
        sweep_of({"x": 1.0}, arguments={"size": 3})
    with pytest.raises(TypeError, match="callback"):
        sweep_of({"x": 1.0}, callback=3)
    with pytest.raises(TypeError, match="executor"):
        sweep_of({"x": 1.0}, executor=3)
    with pytest.raises(TypeError, match="something to call"):
        sweep.run_sweep(3, {"size": [1]})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="threads"):
        sweep_of({"x": 1.0}, threads=0)
    assert issubclass(ThreadPoolExecutor, Executor)


def test_descriptions_of_arguments_tell_contents_apart() -> None:
    pairs: list[tuple[Any, Any]] = [
        (1, 2),
        ([1, 2], [2, 1]),
        (np.arange(100), np.arange(1, 101)),
        (np.arange(4), np.arange(4).reshape(2, 2)),
        (ip.sherrington_kirkpatrick(5, seed=0), ip.sherrington_kirkpatrick(5, seed=1)),
        (ip.IsingModel([[0, 1], [1, 0]]), ip.IsingModel([[0, 1], [1, 0]], [1, 0])),
        (sp.csr_array(np.eye(3)), sp.csr_array(2 * np.eye(3))),
        (functools.partial(random_matrix, power=1), functools.partial(random_matrix, power=2)),
        (list(range(100)), list(range(1, 101))),
        (float("inf"), float("-inf")),
        (random_matrix, fails_at_five),
        ({1, 2}, {1, 3}),
        (frozenset("ab"), frozenset("ac")),
        ({1: "a"}, {"1": "a"}),
        (b"one", b"two"),
        (1j, 2j),
        (Fraction(1, 3), Fraction(2, 3)),
        (ip.MaxCut(nx.path_graph(4)), ip.MaxCut(nx.cycle_graph(4))),
        (nx.Graph([(0, 1), (1, 2)]), nx.Graph([(1, 2), (0, 1)])),  # the order of the nodes is that of the spins
    ]
    for one, other in pairs:
        assert described(one, "x") == described(one, "x") != described(other, "x")
    assert described(ip.sherrington_kirkpatrick(5, seed=0), "x") == described(
        ip.sherrington_kirkpatrick(5, seed=0), "x"
    )
    assert described(np.float64(3), "x") == described(3, "x")
    # a bound method does what its object tells it to
    first, again, second = (ip.IsingModel([[0, k], [k, 0]]).energy for k in (1, 1, 2))
    assert described(first, "x") == described(again, "x") != described(second, "x")
    assert described(np.add, "x") == "numpy.add" and described(json.dumps, "x") == "json.dumps"
    with pytest.raises(ValueError, match="used up by one pass"):
        described(iter([1]), "x")
    with pytest.raises(ValueError, match="cannot be recognised when the sweep is resumed"):
        described(threading.Lock(), "x")


def test_what_an_object_has_worked_out_of_itself_does_not_change_its_description() -> None:
    rows = [[1, 1, 0], [0, 1, 1]]
    problem = ip.BinaryLinearProgram([3, 2, 1], A_ub=rows, b_ub=[1, 1])
    graph = nx.petersen_graph()
    matrix = sp.csr_array(([1.0, 2.0], [2, 0], [0, 2, 2, 2]), shape=(3, 3))  # its row is not sorted
    things = (problem, graph, matrix)
    before = [described(thing, "x") for thing in things]
    problem.to_ising(), problem.variables, problem.objective_bound()
    list(graph.adj), graph.nodes, graph.degree
    matrix.sort_indices()
    assert [described(thing, "x") for thing in things] == before
    assert [described(pickle.loads(pickle.dumps(thing)), "x") for thing in things] == before
