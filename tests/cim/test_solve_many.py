"""Many problems in one call: each as if solved alone, the same bits wherever, kept as they come."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
import xarray as xr

import cim
import ising_problems as ip
from landscapes import SweepError

QUICK: dict[str, Any] = {"algorithm": "sa", "steps": 40, "replicas": 3}


def problems() -> dict[str, Any]:
    cities = nx.relabel_nodes(nx.complete_graph(4), dict(enumerate("abcd")))
    return {
        "cut": ip.MaxCut(nx.petersen_graph()),
        "glass": ip.sherrington_kirkpatrick(40, seed=3),
        "tour": ip.TravellingSalesman(cities),
        "no spins": ip.IsingModel(np.zeros((0, 0))),
        "one spin": ip.IsingModel([[0.0]], [0.5]),
    }


def same(one: cim.Solutions, other: cim.Solutions) -> bool:
    """Whether two calls found the same, bit for bit; times differ."""
    pairs = list(zip(one, other, strict=True))
    return one.names == other.names and all(
        a is not None
        and b is not None
        and np.array_equal(a.samples, b.samples)
        and np.array_equal(a.energies, b.energies)
        and (a.answer, a.objective, a.energy, a.status, a.info["seed"])
        == (b.answer, b.objective, b.energy, b.status, b.info["seed"])
        for a, b in pairs
    )


def test_each_solution_is_that_of_the_problem_alone() -> None:
    many = cim.solve_many(problems(), **QUICK)
    assert isinstance(many, Sequence) and len(many) == 5 and many.status == "completed"
    for (name, problem), solution in zip(problems().items(), many, strict=True):
        assert solution is not None and solution is many[name] and solution is many[many.names.index(name)]
        alone = cim.solve(problem, **QUICK, seed=solution.info["seed"], threads=1)
        assert np.array_equal(alone.samples, solution.samples) and alone.answer == solution.answer
        assert (alone.energy, alone.objective, alone.status) == (solution.energy, solution.objective, solution.status)
    assert many["cut"].objective == 12 and many["one spin"].energy == -0.5  # type: ignore[union-attr]
    assert len({solution.info["seed"] for solution in many if solution}) == 5
    assert many[1:3] == [many["glass"], many["tour"]] and "5 of 5 problems solved" in repr(many)


def test_the_table_says_what_the_solutions_say() -> None:
    many = cim.solve_many(problems(), **QUICK)
    table = many.dataset
    assert table["problem"].values.tolist() == list(problems())
    for name, solution in many.items():
        row = table.sel(problem=name)
        assert solution is not None and row["energy"] == solution.energy and row["status"] == str(solution.status)
        assert row["num_spins"] == len(solution.spins) and row["solve_seed"] == str(solution.info["seed"])
    assert table["kind"].values.tolist() == ["MaxCut", "IsingModel", "TravellingSalesman", "IsingModel", "IsingModel"]
    assert table["objective"].sel(problem="cut") == 12 and table["objective"].sel(problem="one spin") == -0.5
    assert table["feasible"].dtype == bool and table["feasible"].all() and (table["violations"] == 0).all()


def test_a_problem_does_not_depend_on_those_beside_it() -> None:
    many = cim.solve_many(problems(), **QUICK)
    few = cim.solve_many({"glass": problems()["glass"]}, **QUICK)
    assert np.array_equal(few["glass"].samples, many["glass"].samples)  # type: ignore[union-attr]
    other = cim.solve_many({"another name": problems()["glass"]}, **QUICK)
    assert not np.array_equal(other[0].samples, few[0].samples)  # type: ignore[union-attr]


def test_threads_and_processes_give_the_same_bits() -> None:
    here = cim.solve_many(problems(), **QUICK, seed=5)
    assert same(here, cim.solve_many(problems(), **QUICK, seed=5, threads=2))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert same(here, cim.solve_many(problems(), **QUICK, seed=5, executor=pool))
    assert not same(here, cim.solve_many(problems(), **QUICK, seed=6))


def test_dask_gives_the_same_bits(dask_client: Any) -> None:
    here = cim.solve_many(problems(), **QUICK, seed=5)
    assert same(here, cim.solve_many(problems(), **QUICK, seed=5, executor=dask_client.get_executor()))


def test_targets_of_all_and_of_each() -> None:
    models = [ip.sherrington_kirkpatrick(30, seed=k) for k in range(2)]
    found = cim.solve_many(models, **QUICK)
    best = [float(energy) for energy in found.dataset["energy"]]
    each = cim.solve_many(models, **QUICK, target=[best[0], -1000.0])
    assert each.dataset["status"].values.tolist() == ["target_reached", "completed"]
    named = cim.solve_many({"a": models[0], "b": models[1]}, **QUICK, target={"b": 1000.0})
    assert named.dataset["status"].values.tolist() == ["completed", "target_reached"]
    assert set(cim.solve_many(models, **QUICK, target=1000.0).dataset["status"].values) == {"target_reached"}


def test_a_time_limit_is_that_of_each() -> None:
    models = [ip.sherrington_kirkpatrick(60, seed=k) for k in range(2)]
    began = time.perf_counter()
    many = cim.solve_many(models, "sa", time_limit=0.3, steps=5)
    assert time.perf_counter() - began >= 0.6
    assert many.dataset["status"].values.tolist() == ["time_limit"] * 2


def test_none_and_one() -> None:
    nothing = cim.solve_many([])
    assert len(nothing) == 0 and list(nothing) == [] and nothing.status == "completed"
    assert nothing.dataset.sizes["problem"] == 0
    assert cim.solve_many([problems()["glass"]], **QUICK).dataset.sizes["problem"] == 1


# ---------------------------------------------------------------- kept on the disk


def test_a_folder_keeps_every_bit_and_grows(tmp_path: Path) -> None:
    first = cim.solve_many(problems(), **QUICK, path=tmp_path)
    files = {file: file.stat().st_mtime_ns for file in tmp_path.glob("cells/*.nc")}
    assert len(files) == 5
    more = {**problems(), "glass 2": ip.sherrington_kirkpatrick(40, seed=4)}
    grown = cim.solve_many(more, **QUICK, path=tmp_path)
    assert same(first, cim.solve_many(problems(), **QUICK, path=tmp_path)) and grown["glass 2"] is not None
    assert {file: file.stat().st_mtime_ns for file in files} == files  # nothing was solved again
    for name, solution in first.items():
        kept = grown[name]
        assert kept is not None and solution is not None and kept.info["history"] == solution.info["history"]
    table = xr.load_dataset(tmp_path / "sweep.nc", engine="h5netcdf")
    assert table["energy"].values.tolist() == first.dataset["energy"].values.tolist()  # of the last call


def test_another_problem_target_or_argument_is_refused_by_name(tmp_path: Path) -> None:
    cim.solve_many(problems(), **QUICK, path=tmp_path)
    changed = {**problems(), "glass": ip.sherrington_kirkpatrick(40, seed=9)}
    with pytest.raises(ValueError, match=r"cell .*glass.* another object.*problem\.problem was .* and is now"):
        cim.solve_many(changed, **QUICK, path=tmp_path)
    with pytest.raises(ValueError, match=r"problem\.target was None and is now -3"):
        cim.solve_many(problems(), **QUICK, path=tmp_path, target={"glass": -3.0})
    with pytest.raises(ValueError, match=r"arguments\.arguments\.steps was 40 and is now 50"):
        cim.solve_many(problems(), **{**QUICK, "steps": 50}, path=tmp_path)
    with pytest.raises(ValueError, match=r"arguments\.algorithm was 'sa' and is now 'pt'"):
        cim.solve_many(problems(), **{**QUICK, "algorithm": "pt"}, path=tmp_path)


def test_a_callback_ends_it_and_what_is_missing_is_none(tmp_path: Path) -> None:
    part = cim.solve_many(problems(), **QUICK, path=tmp_path, callback=lambda fraction: fraction > 0.3)
    assert part.status == "interrupted" and list(part)[2:] == [None] * 3 and part[0] is not None
    assert part.dataset["status"].values.tolist()[2:] == [""] * 3 and np.isnan(part.dataset["energy"][2:]).all()
    assert "2 of 5 problems solved" in repr(part)
    assert same(cim.solve_many(problems(), **QUICK, path=tmp_path), cim.solve_many(problems(), **QUICK))


# A test run in the background hands down an ignored SIGINT
INTERRUPTED = """
    import signal
    signal.signal(signal.SIGINT, signal.default_int_handler)
    import cim, ising_problems as ip
    models = [ip.sherrington_kirkpatrick(60, seed=k) for k in range(50)]
    many = cim.solve_many(models, "sa", time_limit=0.3, steps=5, path={path!r})
    print(many.status, sum(solution is not None for solution in many))
"""


def test_control_c_ends_all_of_them_and_not_one(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    code = textwrap.dedent(INTERRUPTED.format(path=str(path)))
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 120
    while len(list(path.glob("cells/*.nc"))) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    said, complaint = process.communicate(timeout=60)
    assert said, complaint
    assert said.split()[0] == "interrupted" and 2 <= int(said.split()[1]) < 50
    assert int(said.split()[1]) == len(list(path.glob("cells/*.nc")))


# ---------------------------------------------------------------- bad input


class Unsolvable(ip.MaxCut):
    """A problem whose encoding fails, as one that needs too much memory does."""

    def to_ising(self) -> ip.IsingModel:
        raise MemoryError("too many spins")


def test_a_problem_that_fails_is_named(tmp_path: Path) -> None:
    broken = {**problems(), "broken": Unsolvable(nx.path_graph(3))}
    with pytest.raises(SweepError, match=r'cell \{"problem": "broken"\}: MemoryError: too many spins') as info:
        cim.solve_many(broken, **QUICK, path=tmp_path)
    assert info.value.coordinates == {"problem": "broken"}
    assert info.value.finished["objective"].sel(problem="cut") == 12
    assert len(list(tmp_path.glob("cells/*.nc"))) == 5  # the others are kept


@pytest.mark.parametrize(
    ("given", "arguments", "message"),
    [
        (3, {}, "problems: a sequence or mapping of them is needed, but it is 3"),
        (ip.sherrington_kirkpatrick(3), {}, "but it is a single one; call cim.solve"),
        ([3], {}, r"problems\[0\]: a Problem or an IsingModel is needed, not int"),
        ({"a": "b"}, {}, r"problems\['a'\]: a Problem or an IsingModel is needed, not str"),
        ({1: ip.sherrington_kirkpatrick(3)}, {}, "a name must be a text, but one is 1; pass a list"),
        ([ip.sherrington_kirkpatrick(3)], {"steps": 0}, "steps: must be at least 1"),
        ([ip.sherrington_kirkpatrick(3)], {"algorithm": "magic"}, "magic"),
        ([ip.sherrington_kirkpatrick(3)], {"colour": 1}, "colour"),
        ([ip.sherrington_kirkpatrick(3)], {"progress": 1, "callback": 3}, "callback"),
        (
            [ip.sherrington_kirkpatrick(3)],
            {"target": [1.0, 2.0]},
            "one for each of the 1 problems is needed",
        ),
        ([ip.sherrington_kirkpatrick(3)], {"target": ["low"]}, r"target\[0\]: must be a number"),
        ({"a": ip.sherrington_kirkpatrick(3)}, {"target": {"b": 1.0}}, "'b' is the name of no problem; those are a"),
    ],
)
def test_bad_input(given: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        cim.solve_many(given, **arguments)


def test_nodes_that_no_file_can_name_are_an_error_that_says_so() -> None:
    graph = nx.Graph([(frozenset({1}), object())])
    with pytest.raises(SweepError, match="name nodes and labels by strings, numbers or tuples"):
        cim.solve_many([ip.MaxCut(graph)], **QUICK)
