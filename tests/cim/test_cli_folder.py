"""``cim solve FOLDER``: what is solved, what is named, what is passed over, and the exit code of it all."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import cim
import ising_problems as ip

QUICK = ("--steps", "30", "--replicas", "1", "--seed", "0")
SQUARE = "4 4\n1 2 1\n2 3 1\n3 4 1\n4 1 1\n"
TRIANGLE = "p edge 3 3\ne 1 2\ne 2 3\ne 1 3\n"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "instances"
    path.mkdir()
    (path / "square.rud").write_text(SQUARE)
    (path / "square").write_text(SQUARE)  # recognised by its content
    (path / "triangle.col").write_text(TRIANGLE)
    ip.write(ip.sherrington_kirkpatrick(20, seed=0), path / "glass.mtx")
    return path


def test_every_problem_is_solved_and_shown(run: Run, folder: Path) -> None:
    code, out, error = run("solve", folder, *QUICK)
    assert (code, error) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert out.splitlines()[0] == f"{folder}: 4 of 4 problems solved, 0 infeasible, completed"
    assert lines[1] == ["file", "problem", "spins", "value", "feasible", "status", "time"]
    table = {line[0]: line[1:] for line in lines[2:6]}
    assert list(table) == ["glass.mtx", "square", "square.rud", "triangle.col"]
    assert table["square.rud"][:5] == ["MaxCut", "4", "4", "yes", "optimal"]
    assert table["square"][:3] == ["MaxCut", "4", "4"] and table["triangle.col"][0] == "ChromaticNumber"
    ground, _ = ip.ground_states(ip.sherrington_kirkpatrick(20, seed=0))
    assert float(table["glass.mtx"][2]) == pytest.approx(ground, rel=1e-9)  # ten digits are printed
    assert out.splitlines()[-1] == "  seed 0"
    assert run("solve", folder, *QUICK, "--quiet")[1].splitlines()[2:] == ["square.rud 4", "triangle.col 3"]


@pytest.mark.parametrize("suffix", [".csv", ".nc"])
def test_the_table_is_saved(run: Run, folder: Path, suffix: str) -> None:
    output = folder / f"table{suffix}"
    code, out, _ = run("solve", folder, *QUICK, "-o", output)
    assert code == 0 and out.splitlines()[-1] == f"  saved {output}"
    names = ("glass.mtx", "square", "square.rud", "triangle.col")
    many = cim.solve_many({name: ip.read(folder / name) for name in names}, steps=30, replicas=1, seed=0)
    if suffix == ".nc":
        kept = xr.load_dataset(output, engine="h5netcdf")
        assert kept["energy"].values.tolist() == many.dataset["energy"].values.tolist()
        assert kept["problem"].values.tolist() == list(many.names)
    else:
        with output.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["problem"] for row in rows] == list(many.names)
        assert [float(row["energy"]) for row in rows] == many.dataset["energy"].values.tolist()
        assert rows[2]["kind"] == "MaxCut" and float(rows[2]["objective"]) == 4 and rows[2]["feasible"] == "True"
    assert run("solve", folder, *QUICK, "-o", output)[0] == 0  # the table is no problem of the folder


def test_what_cannot_be_read_is_named_and_the_others_are_solved(run: Run, folder: Path) -> None:
    (folder / "broken.rud").write_text("4 1\n1 9 1\n")
    (folder / "notes.txt").write_text("chapter one\n")
    (folder / "thesis.tex").write_text("chapter one\n")
    (folder / "names.json").write_text('{"1": "Maine"}')
    (folder / ".hidden.rud").write_text("nonsense")
    (folder / "inner").mkdir()
    (folder / "inner" / "square.rud").write_text("nonsense")
    code, out, error = run("solve", folder, *QUICK)
    assert code == 2 and out.startswith(f"{folder}: 4 of 4 problems solved")
    assert f"  not read: {folder / 'broken.rud'}:2: " in out
    assert "  passed over, of no known format: names.json, notes.txt, thesis.tex\n" in out
    assert error == f"cim: error: {folder}: 1 of its files cannot be read: broken.rud\n"
    (folder / "broken.rud").unlink()
    assert run("solve", folder, *QUICK)[0] == 0


def test_what_files_are_made_into(run: Run, tmp_path: Path) -> None:
    (tmp_path / "one.col").write_text(TRIANGLE)
    (tmp_path / "two.col").write_text(TRIANGLE)
    assert "VertexCover" in run("solve", tmp_path, *QUICK, "--problem", "VertexCover")[1]
    code, out, _ = run("solve", tmp_path, *QUICK, "--num-colors", "2")  # a triangle has no such colouring
    assert code == 1 and "no, 1 violated" in out and "2 infeasible" in out.splitlines()[0]


def test_what_was_solved_is_kept(run: Run, folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    first = run("solve", folder, "--steps", "30", "--folder", kept, "--quiet")
    times = {file: file.stat().st_mtime_ns for file in kept.glob("cells/*.nc")}
    assert len(times) == 4
    again = run("solve", folder, "--steps", "30", "--folder", kept, "--quiet")  # with the seed that was drawn
    assert again == first and {file: file.stat().st_mtime_ns for file in times} == times
    code, _, error = run("solve", folder, "--steps", "31", "--folder", kept)
    assert code == 2 and error.startswith("cim: error: --folder: ") and "steps was 30 and is now 31" in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--target", "3"), "--target: has no use with a folder"),
        (("--index", "0"), "--index: has no use with a folder"),
        (("--plot", "x.png"), "--plot: has no use with a folder"),
        (("--nodes", "x.json"), "--nodes: has no use with a folder"),
        (("--output", "x.json"), "x.json: the suffix '.json' is none of .csv, .nc"),
        (("--problem", "Sudoku"), "no problem or model in it can be read: --problem: 'Sudoku' is not a class"),
        (("--algorithm", "magic"), "magic"),
        (("--steps", "0"), "--steps: must be at least 1"),
    ],
)
def test_bad_arguments(run: Run, folder: Path, arguments: tuple[str, ...], message: str) -> None:
    code, out, error = run("solve", folder, *arguments)
    assert (code, out) == (2, "") and message in error and error.startswith("cim: error: ")


def test_folders_without_problems(run: Run, tmp_path: Path, folder: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run("solve", empty)[::2] == (2, f"cim: error: {empty}: no problem or model in it can be read: it is empty\n")
    (empty / "notes.txt").write_text("chapter one\n")
    assert run("solve", empty)[2].endswith("its files are of no known format (notes.txt)\n")
    (empty / "broken.rud").write_text("4 1\n1 9 1\n")
    code, out, error = run("solve", empty)
    assert (code, out) == (2, "") and f"{empty / 'broken.rud'}:2: " in error
    code, out, error = run("solve", folder / "square.rud", "--folder", tmp_path / "kept")
    assert (code, out) == (2, "") and "--folder: has no use with one file" in error


def test_an_interruption_counts_first(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = cim.solve_many({"a": ip.MaxCut(np.ones((3, 3)) - np.eye(3))}, steps=30)
    (folder / "broken.rud").write_text("4 1\n1 9 1\n")
    table = whole.dataset.reindex(problem=["a", "b"], fill_value="").assign_attrs(status="interrupted", seed="0")
    part = cim.Solutions({"a": whole["a"], "b": None}, table)
    monkeypatch.setattr(cim, "solve_many", lambda *given, **options: part)
    code, out, _ = run("solve", folder)
    assert code == 130 and "1 of 2 problems solved" in out and "not reached" in out
