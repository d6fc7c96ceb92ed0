"""``cim solve``: what it prints, saves and draws, and how it ends."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

import cim
import ising_problems as ip
from cim.report import number

SQUARE = "4 4\n1 2 1\n2 3 1\n3 4 1\n4 1 1\n"
QUICK = ["--steps", "20", "--replicas", "4", "--seed", "1"]
PICTURES = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}


def test_solve_reports_in_the_terms_of_the_problem(run, square, rows):
    code, out, _ = run("solve", square, *QUICK)
    assert code == 0
    assert out.splitlines()[0] == "square.rud: MaxCut, 4 spins, 4 couplings"
    report = rows(out)
    assert report["cut weight"] == "4"
    assert report["feasible"] == "yes"
    assert report["Ising energy"] == "-4"
    assert report["seed"] == "1"
    assert report["status"].startswith("optimal: ")
    assert report["lower bound"] == "-4"
    assert report["spins"] in ("+-+-", "-+-+")
    assert report["answer"] in ("({1, 3}, {2, 4})", "({2, 4}, {1, 3})")
    assert report["algorithm"] == "auto, solved by exact reduction and enumeration"
    assert re.match(r"\d+\.\d\d s", report["time"])


@pytest.mark.parametrize("suffix", [".json", ".npz"])
def test_solve_saves_what_it_prints(run, square, tmp_path, suffix):
    output = tmp_path / f"answer{suffix}"
    code, out, _ = run("solve", square, *QUICK, "--output", output)
    assert code == 0
    assert f"saved {output}" in out
    solution = cim.Solution.load(output)
    problem = ip.read(square)
    assert problem.to_ising().energy(solution.spins) == solution.energy == -4
    assert problem.objective(solution.answer) == solution.objective == 4
    assert solution.samples.shape == (4, 4)
    assert solution.info["seed"] == 1


def test_json_is_plain(run, square, tmp_path):
    run("solve", square, *QUICK, "-o", tmp_path / "answer.json")
    record = json.loads((tmp_path / "answer.json").read_text())
    assert sorted(record["spins"]) == [-1, -1, 1, 1]
    assert record["feasible"] is True


def test_the_same_seed_gives_the_same_output(run, square):
    def answer():
        out = run("solve", square, *QUICK)[1]
        return [line for line in out.splitlines() if not line.startswith("  time")]

    assert answer() == answer()


def test_solve_by_the_machine(run, square, rows):
    code, out, _ = run("solve", square, *QUICK, "--algorithm", "cim", "--no-polish", "--threads", "1")
    assert code == 0
    assert rows(out)["algorithm"].startswith("cim, 4 replicas of 20 matrix-vector products each")


def test_polish_is_passed_on(run, square, tmp_path):
    for option, expected in (("--polish", True), ("--no-polish", False)):
        run("solve", square, *QUICK, option, "-o", tmp_path / "answer.json")
        assert cim.Solution.load(tmp_path / "answer.json").info["polish"] is expected


def test_solve_a_bare_model(run, pair, rows):
    code, out, _ = run("solve", pair, *QUICK)
    assert code == 0
    assert out.splitlines()[0] == "pair.mtx: IsingModel, 2 spins, 1 couplings"
    assert rows(out)["Ising energy"] == "-1"
    assert "feasible" not in rows(out)
    assert "answer" not in rows(out)


@pytest.mark.parametrize(("name", "value"), [("square", "4\n"), ("pair", "-1\n")])
def test_quiet_prints_the_value_alone(run, name, value, request, tmp_path):
    path = request.getfixturevalue(name)
    assert run("solve", path, *QUICK, "--quiet", "-o", tmp_path / "answer.json")[:2] == (0, value)
    assert (tmp_path / "answer.json").exists()


def test_an_infeasible_answer_is_exit_code_1(run, triangle, tmp_path, rows):
    code, out, _ = run("solve", triangle, *QUICK, "--num-colors", "2", "-o", tmp_path / "answer.json")
    assert code == 1
    report = rows(out)
    assert report["conflicts"] == "1"
    assert report["feasible"] == "no, 1 violated:"
    violations = cim.Solution.load(tmp_path / "answer.json").violations
    assert len(violations) == 1
    assert violations[0] in out


@pytest.mark.parametrize(
    ("status", "feasible", "expected"),
    [
        (cim.Status.OPTIMAL, True, 0),
        (cim.Status.TIME_LIMIT, False, 1),
        (cim.Status.DIVERGED, False, 3),
        (cim.Status.DIVERGED, True, 3),
        (cim.Status.INTERRUPTED, False, 130),
    ],
)
def test_how_a_run_ended_counts_before_what_it_found(run, square, monkeypatch, status, feasible, expected):
    found = cim.solve(ip.read(square), steps=1, replicas=1, seed=0)
    monkeypatch.setattr(cim, "solve", lambda *given, **options: replace(found, status=status, feasible=feasible))
    assert run("solve", square)[0] == expected


def test_num_colors(run, triangle, rows):
    code, out, _ = run("solve", triangle, *QUICK, "--num-colors", "3")
    assert code == 0
    assert rows(out)["feasible"] == "yes"


def test_many_violations_are_cut_short(run, tmp_path):
    path = tmp_path / "clique.col"
    pairs = [(i, j) for i in range(1, 10) for j in range(1, i)]
    path.write_text(f"p edge 9 {len(pairs)}\n" + "".join(f"e {i} {j}\n" for i, j in pairs))
    code, out, _ = run("solve", path, *QUICK, "--num-colors", "1", "-o", tmp_path / "answer.json")
    violations = cim.Solution.load(tmp_path / "answer.json").violations
    assert code == 1
    assert len(violations) > 6
    assert [violation in out for violation in violations] == [True] * 5 + [False] * (len(violations) - 5)
    assert f"no, {len(violations)} violated:" in out
    assert f"… and {len(violations) - 5} more" in out


def test_format_and_problem_can_be_named(run, square, triangle, tmp_path, rows):
    bare = tmp_path / "square"
    bare.write_text(SQUARE)
    assert rows(run("solve", bare, *QUICK, "--format", "rudy")[1])["cut weight"] == "4"
    assert rows(run("solve", triangle, *QUICK, "--problem", "MaxCut")[1])["cut weight"] == "2"


@pytest.mark.parametrize(
    ("value", "text"), [(12345678, "12345678"), (7970.0, "7970"), (-0.123456789012, "-0.123456789"), (1e300, "1e+300")]
)
def test_numbers_keep_their_digits(value, text):
    assert number(value) == text


def test_target_and_time_limit(run, square, glass, rows):
    status = rows(run("solve", square, "--target", "4", "--time-limit", "20", "--seed", "0")[1])["status"]
    assert status.startswith("target_reached")
    status = rows(run("solve", glass, "--time-limit", "0.2", "--seed", "0")[1])["status"]
    assert status.startswith("time_limit")


@pytest.mark.parametrize("suffix", sorted(PICTURES))
def test_plot_of_an_answer(run, square, tmp_path, suffix):
    path = tmp_path / f"cut{suffix}"
    code, out, _ = run("solve", square, *QUICK, "--plot", path)
    assert code == 0
    assert f"saved {path}" in out
    assert path.read_bytes().startswith(PICTURES[suffix])


def test_plot_of_a_bare_model_is_the_histogram(run, pair, tmp_path):
    path = tmp_path / "energies.svg"
    assert run("solve", pair, *QUICK, "--plot", path)[0] == 0
    assert "Energies of 4 replicas" in path.read_text()


def test_progress_goes_to_standard_error_and_only_if_wanted(run, square):
    assert run("solve", square, *QUICK)[2] == ""  # not a terminal
    assert "100%" in run("solve", square, *QUICK, "--progress")[2]
    assert run("solve", square, *QUICK, "--no-progress")[2] == ""


def test_shared_instance(run, instance):
    code, out, _ = run("solve", instance("g05_60.0.mc"), "--seed", "0", "--target", "536", "--quiet")
    assert (code, out) == (0, "536\n")


# ---------------------------------------------------------------- names for the nodes


def test_nodes_are_named_labelled_and_placed_by_a_json_file(run, tmp_path: Path) -> None:
    nodes = {"1": "ash", "2": {"name": "birch", "label": "B", "position": [0, 1]}, "3": {"label": "third"}}
    (tmp_path / "names.json").write_text(json.dumps(nodes))
    (tmp_path / "path.rud").write_text("3 2\n1 2 1\n2 3 1\n")
    arguments = ["solve", tmp_path / "path.rud", "--nodes", tmp_path / "names.json", "--seed", 0]
    code, _, _ = run(*arguments, "--output", tmp_path / "a.json", "--plot", tmp_path / "a.png")
    assert code == 0
    sides = cim.Solution.load(tmp_path / "a.json").answer
    assert {frozenset(side) for side in sides} == {frozenset({"ash", "3"}), frozenset({"birch"})}
    assert (tmp_path / "a.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[1, 2]", "must hold an object"),
        ("{", "not a JSON file"),
        ('{"1": "a", "2": "b"}', "node 3 has no name there"),
        ('{"1": "a", "2": "b", "3": "a"}', "two nodes have the same name"),
        ('{"1": "a", "2": "b", "3": 7}', "node 3 has no name there"),
    ],
)
def test_a_file_of_names_that_does_not_fit_is_refused(run, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "names.json").write_text(text)
    (tmp_path / "path.rud").write_text("3 2\n1 2 1\n2 3 1\n")
    code, out, error = run("solve", tmp_path / "path.rud", "--nodes", tmp_path / "names.json")
    assert (code, out) == (2, "")
    assert says in error
    assert error.count("\n") == 1
