"""The ``cim`` command: what it prints, writes and returns, and how it fails."""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

import cim
import ising_problems as ip
from cim import solvers
from cim.arguments import ALGORITHMS
from cim.cli import app, main
from cim.report import number

PROJECT = Path(__file__).resolve().parents[2]
SQUARE = "4 4\n1 2 1\n2 3 1\n3 4 1\n4 1 1\n"
TRIANGLE = "p edge 3 3\ne 1 2\ne 2 3\ne 1 3\n"
QUICK = ["--steps", "20", "--replicas", "4", "--seed", "1"]
PICTURES = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}


@pytest.fixture
def square(tmp_path):
    path = tmp_path / "square.rud"
    path.write_text(SQUARE)
    return path


@pytest.fixture
def triangle(tmp_path):
    path = tmp_path / "triangle.col"
    path.write_text(TRIANGLE)
    return path


@pytest.fixture
def glass(tmp_path):
    """A cut that no bound proves to be the largest."""
    path = tmp_path / "glass.rud"
    upper = np.triu(np.random.default_rng(0).choice([-1, 1], (200, 200)), 1)
    ip.write(ip.IsingModel(upper + upper.T), path)
    return path


@pytest.fixture
def pair(tmp_path):
    path = tmp_path / "pair.mtx"
    path.write_text("%%MatrixMarket matrix coordinate integer symmetric\n2 2 1\n2 1 1\n")
    return path


@pytest.fixture
def run(capsys):
    """Run the command in this process: exit code, standard output, standard error."""

    def call(*arguments):
        code = main([str(argument) for argument in arguments])
        out, error = capsys.readouterr()
        assert "\x1b" not in out + error
        return code, out, error

    return call


@pytest.fixture
def fails(run):
    """Run a command that must fail in one line and print nothing else; the line."""

    def call(*arguments, code=2):
        actual, out, error = run(*arguments)
        lines = [line for line in error.splitlines() if not line.startswith("coherent-ising: compiling")]
        assert (actual, out, len(lines)) == (code, "", 1), (actual, out, error)
        assert lines[0].startswith("cim: error: ")
        return lines[0].removeprefix("cim: error: ")

    return call


def rows(out):
    """Rows of a report: label to value."""
    pairs = [re.split(r"  +", line.strip(), maxsplit=1) for line in out.splitlines()[1:]]
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def launched(*arguments, **options):
    """The command as a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    # A test run in the background hands down an ignored SIGINT, under which Python never raises KeyboardInterrupt
    start = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from cim.cli import main; sys.exit(main())"
    )
    return subprocess.Popen(
        [sys.executable, "-c", start, *map(str, arguments)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


# ---------------------------------------------------------------- solve


def test_solve_reports_in_the_terms_of_the_problem(run, square):
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


def test_solve_by_the_machine(run, square):
    code, out, _ = run("solve", square, *QUICK, "--algorithm", "cim", "--no-polish", "--threads", "1")
    assert code == 0
    assert rows(out)["algorithm"].startswith("cim, 4 replicas of 20 matrix-vector products each")


def test_polish_is_passed_on(run, square, tmp_path):
    for option, expected in (("--polish", True), ("--no-polish", False)):
        run("solve", square, *QUICK, option, "-o", tmp_path / "answer.json")
        assert cim.Solution.load(tmp_path / "answer.json").info["polish"] is expected


def test_solve_a_bare_model(run, pair):
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


def test_an_infeasible_answer_is_exit_code_1(run, triangle, tmp_path):
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


def test_num_colors(run, triangle):
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


def test_format_and_problem_can_be_named(run, square, triangle, tmp_path):
    bare = tmp_path / "square"
    bare.write_text(SQUARE)
    assert rows(run("solve", bare, *QUICK, "--format", "rudy")[1])["cut weight"] == "4"
    assert rows(run("solve", triangle, *QUICK, "--problem", "MaxCut")[1])["cut weight"] == "2"


@pytest.mark.parametrize(
    ("value", "text"), [(12345678, "12345678"), (7970.0, "7970"), (-0.123456789012, "-0.123456789"), (1e300, "1e+300")]
)
def test_numbers_keep_their_digits(value, text):
    assert number(value) == text


def test_target_and_time_limit(run, square, glass):
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


# ---------------------------------------------------------------- anneal


def test_anneal_a_random_model(run, tmp_path):
    data = tmp_path / "run.nc"
    code, out, _ = run("anneal", "--sk", "30", "--steps", "300", "--replicas", "5", "--seed", "2", "-o", data)
    assert code == 0
    dataset = xr.load_dataset(data, engine="h5netcdf")
    model = ip.sherrington_kirkpatrick(30, seed=2)
    energies = model.energy(dataset["spins"].values)
    np.testing.assert_allclose(energies, dataset["final_ising_energy"].values, rtol=1e-12)
    report = rows(out)
    assert report["E/n"].startswith(f"{energies.mean() / 30:.4f} ± {energies.std(ddof=1) / 30:.4f}")
    assert report["best E/n"].startswith(f"{energies.min() / 30:.4f}")
    assert f"λ_max = {np.linalg.eigvalsh(model.J)[-1]:.4f}"[:-1] in report["threshold"]
    assert report["schedule"] == "linear(-2.2, 0.0), 300 steps"
    assert report["status"].startswith("completed")
    assert report["smallest dt"] == f"{dataset.attrs['smallest_dt']:.4g} of 0.2 asked for"


def test_anneal_a_problem(run, square):
    code, out, _ = run("anneal", square, "--steps", "200", "--replicas", "2")
    assert code == 0
    assert rows(out)["best answer"] == "cut weight: 4, feasible"


def test_anneal_options_reach_the_machine(run, pair, tmp_path):
    data = tmp_path / "run.nc"
    options = {"--steps": 40, "--dt": 0.1, "--momentum": 0.25, "--clip": 0.75, "--noise": 0.01, "--replicas": 3}
    options["--photons"] = 0.7
    words = [str(word) for item in options.items() for word in item]
    assert run("anneal", pair, *words, "--threads", "1", "-o", data)[0] == 0
    dataset = xr.load_dataset(data, engine="h5netcdf")
    assert dataset.sizes["replica"] == 3
    for name, value in {"steps": 40, "dt": 0.1, "momentum": 0.25, "clip": 0.75, "noise": "0.01"}.items():
        assert dataset.attrs[name] == value
    assert dataset.attrs["photons"] == repr(cim.PhotonBudget(0.7))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("linear:-2.2:0", cim.linear(-2.2, 0)),
        ("smooth:-2:0.5", cim.smooth(-2, 0.5)),
        ("constant:0.5", cim.constant(0.5)),
        ("piecewise:0:-2.2,0.5:-1,1:0", cim.piecewise([(0, -2.2), (0.5, -1), (1, 0)])),
    ],
)
def test_schedules(run, pair, text, expected):
    code, out, _ = run("anneal", pair, "--steps", "20", "--replicas", "1", "--schedule", text)
    assert code == 0
    assert rows(out)["schedule"] == f"{expected!r}, 20 steps"


def test_anneal_plot(run, tmp_path):
    path = tmp_path / "run.png"
    assert run("anneal", "--sk", "20", "--steps", "50", "--plot", path)[0] == 0
    assert path.read_bytes().startswith(PICTURES[".png"])


def test_divergence_is_exit_code_3(run):
    code, out, _ = run("anneal", "--sk", "10", "--steps", "20", "--noise", "1e30")
    assert code == 3
    assert rows(out)["status"].startswith("diverged: ")


def test_the_figure_of_sizes(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ["--sizes", "20,40", "--instances", "2", "--steps", "50", "--replicas", "2", "--seed", "3"]
    code, out, _ = run("anneal", "--figure", "sizes", *arguments, "--output", "sizes.nc")
    assert code == 0
    assert Path("sizes.png").read_bytes().startswith(PICTURES[".png"])
    study = xr.load_dataset("sizes.nc", engine="h5netcdf")
    assert study["cim"].shape == study["spectral"].shape == (2, 2)
    lines = out.splitlines()
    assert lines[2].split()[:3] == ["20", "2", f"{study['cim'].values[0].mean():.4f}"]
    assert lines[4].split() == ["theory", "-0.7632", "-0.6366"]
    assert "saved sizes.png" in out


# ---------------------------------------------------------------- generate, info, warmup, version, help


@pytest.mark.parametrize(
    ("words", "suffix", "expected"),
    [
        (["sk", "12"], ".mtx", lambda: ip.sherrington_kirkpatrick(12, seed=4)),
        (
            ["sk-binary", "12"],
            ".rud",
            lambda: ip.sherrington_kirkpatrick(12, couplings="binary", normalized=False, seed=4),
        ),
        (["edwards-anderson", "3", "3", "2"], ".qubo", lambda: ip.edwards_anderson((3, 3, 2), seed=4)),
        (["random-regular", "10", "3"], ".mtx.gz", lambda: ip.random_regular(10, 3, seed=4)),
        (["wishart", "10", "0.7"], ".mtx", lambda: ip.wishart_planted(10, 0.7, seed=4).model),
    ],
)
def test_generate(run, tmp_path, words, suffix, expected):
    path = tmp_path / f"instance{suffix}"
    code, out, _ = run("generate", *words, "--seed", "4", "-o", path)
    model = expected()
    assert code == 0
    assert out.splitlines()[0] == f"{path}: {model.num_spins} spins, {model.num_couplings} couplings"
    assert rows(out)["ensemble"] == " ".join(words)
    content = ip.read(path)
    J = (content.to_ising() if isinstance(content, ip.Problem) else content).J
    dense = [matrix.toarray() if hasattr(matrix, "toarray") else matrix for matrix in (J, model.J)]
    np.testing.assert_allclose(dense[0], dense[1], atol=1e-12)


def test_generate_hopfield(run, tmp_path):
    path = tmp_path / "memory.mtx"
    assert run("generate", "hopfield", "15", "1", "--seed", "4", "-o", path)[0] == 0
    assert ip.ground_states(ip.read(path))[0] == pytest.approx(-7.0)  # one pattern: J = ξξ'/n, E = -(n - 1)/2


def test_generate_tells_the_planted_energy(run, tmp_path):
    path = tmp_path / "planted.rud"
    code, out, _ = run("generate", "wishart", "12", "0.5", "--seed", "7", "-o", path)
    assert code == 0
    energy, _ = ip.ground_states(ip.wishart_planted(12, 0.5, seed=7).model)
    assert float(rows(out)["ground-state energy"]) == pytest.approx(energy, rel=1e-9)
    best = -ip.ground_states(ip.read(path).to_ising())[0]
    assert float(re.search(r"cut weight: ([\d.]+), feasible", out)[1]) == pytest.approx(best, rel=1e-4)


def test_generate_without_a_seed_says_which_it_took(run, tmp_path):
    _, out, _ = run("generate", "sk", "6", "-o", tmp_path / "first.mtx")
    run("generate", "sk", "6", "--seed", rows(out)["seed"], "-o", tmp_path / "again.mtx")
    assert (tmp_path / "first.mtx").read_bytes() == (tmp_path / "again.mtx").read_bytes()


def test_info(run):
    from importlib.metadata import version

    code, out, _ = run("info")
    report = rows(out)
    assert code == 0
    assert out.startswith(f"coherent-ising {cim.__version__}\n")
    assert report["numpy"] == np.__version__
    assert report["qutip"] == version("qutip")
    assert int(report["cores"]) >= 1
    assert "threads: " in report["BLAS"]
    listed = [line.split(maxsplit=1) for line in out.split("\nalgorithms\n")[1].splitlines()]
    assert [name for name, _ in listed] == solvers.available()
    assert [words.strip() for _, words in listed] == [solvers.find(name).summary for name in solvers.available()]
    assert "simcim" in report["dynamics"].split(", ")
    assert "rudy (.rud .mc)" in report["formats"]


@pytest.mark.parametrize(
    ("folder", "words"), [("/somewhere", "kept in /somewhere"), (None, "not kept: no cache folder")]
)
def test_info_tells_where_kernels_are_kept(run, monkeypatch, folder, words):
    monkeypatch.setattr("landscapes.jit.cache_folder", lambda: folder)
    assert rows(run("info")[1])["kernels"].startswith(words)


def test_warmup(run, monkeypatch):
    monkeypatch.setattr(cim, "warmup", lambda: 4.21)
    assert run("warmup")[1].startswith("compiled in 4.2 s, ")
    monkeypatch.setattr(cim, "warmup", lambda: 0.0)
    assert run("warmup")[1].startswith("all kernels were compiled before, ")


def test_version(run):
    assert run("--version")[:2] == (0, f"cim {cim.__version__}\n")


def test_help_lists_commands_and_exit_codes(run):
    code, out, _ = run("--help")
    assert code == 0
    for command in ("solve", "anneal", "generate", "problems", "warmup", "info"):
        assert re.search(rf"^  {command} ", out, re.MULTILINE)
    for code in (0, 1, 2, 3, 70, 130):
        assert re.search(rf"^ +{code} +\w", out, re.MULTILINE)
    assert "130" in run("solve", "--help")[1]


def test_help_names_every_algorithm(run):
    assert sorted(ALGORITHMS) == solvers.available()
    text = " ".join(run("solve", "--help")[1].split())
    assert f"One of {', '.join(ALGORITHMS)}; see cim info." in text


def test_runner():
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"cim {cim.__version__}\n")
    assert CliRunner().invoke(app, ["solve"]).exit_code == 2


# ---------------------------------------------------------------- errors


def test_usage_errors(fails, square):
    assert fails() == "Missing command (see cim --help)"
    assert fails("solve") == "Missing argument 'FILE' (see cim solve --help)"
    assert fails("--nonsense").startswith("No such option: --nonsense")
    assert fails("solve", square, "--nonsense").startswith("No such option: --nonsense")
    assert fails("nonsense") == "No such command 'nonsense' (see cim --help)"
    assert "'--steps'" in fails("solve", square, "--steps", "many")
    assert "'--seed'" in fails("solve", square, "--seed", "-1")
    assert "--output" in fails("generate", "sk", "5")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--algorithm", "magic"], "--algorithm: 'magic' is not one of auto, bsb, "),
        (["--time-limit", "-1"], "--time-limit: must be greater than 0, but it is -1"),
        (["--time-limit", "nan"], "--time-limit: must be finite, but it is nan"),
        (["--replicas", "0"], "--replicas: must be at least 1, but it is 0"),
        (["--threads", "0"], "--threads: must be at least 1, but it is 0"),
        (["--num-colors", "3"], "--num-colors: has no use with what is to be made of {}"),
        (["--format", "odd"], "--format: 'odd' is none of "),
        (["--problem", "Odd"], "--problem: 'Odd' is not a class of problem; cim problems lists them"),
        (["--problem", "read"], "--problem: 'read' is not a class of problem"),
        (["--problem", "MaxxCut"], "--problem: 'MaxxCut' is not a class of problem; did you mean MaxCut? "),
        (["--index", "1"], "{}: --index: 1 is not an instance of the file; there is 0"),
        (["--set", "odd=1"], "--set: MaxCut takes no argument 'odd'; it takes weight"),
        (["--set", "odd"], "--set: 'odd' is not of the form NAME=VALUE, such as num_colors=3"),
        (["--set", "path=a"], "--set: 'path=a' is not of the form NAME=VALUE"),
        (["--set", "weight=a", "--set", "weight=b"], "--set: weight is given twice"),
        (
            ["--problem", "steinertree"],
            "SteinerTree needs the argument 'terminals', which {} does not hold; pass --set ",
        ),
    ],
)
def test_bad_values(fails, square, arguments, message):
    assert fails("solve", square, *arguments).startswith(message.format(square))


def test_missing_colours_are_asked_for_by_the_option(fails, triangle):
    message = fails("solve", triangle, "--problem", "GraphColoring")
    assert (
        message == f"GraphColoring needs the argument 'num_colors', which {triangle} does not hold; pass --num-colors"
    )


def test_files_that_cannot_be_read(fails, tmp_path, square):
    assert fails("solve", tmp_path / "absent.rud") == f"{tmp_path / 'absent.rud'}: No such file or directory"
    assert fails("anneal", tmp_path).startswith(f"{tmp_path}: ")
    assert "the suffix '.odd' is none of" in fails("solve", tmp_path / "file.odd")
    square.write_text(SQUARE.replace("4 1 1", "4 9 1"))
    assert fails("solve", square).startswith(f"{square}:5: ")
    (tmp_path / "bad.rud.gz").write_bytes(b"\x1f\x8b no gzip")
    assert fails("solve", tmp_path / "bad.rud.gz").startswith(f"{tmp_path / 'bad.rud.gz'}: ")
    (tmp_path / "two\nlines.rud").write_text("nonsense")
    assert "two" in fails("anneal", tmp_path / "two\nlines.rud")


@pytest.mark.parametrize("option", ["--output", "--plot"])
def test_what_cannot_be_written_is_refused_before_the_work(fails, square, tmp_path, option, monkeypatch):
    def work(*arguments, **options):
        raise AssertionError("the work has begun")

    monkeypatch.setattr(cim, "solve", work)
    suffix = ".json" if option == "--output" else ".png"
    inside_file, in_absent = square / f"answer{suffix}", tmp_path / "absent" / f"answer{suffix}"
    assert fails("solve", square, option, inside_file).endswith(f"{square} is not a directory")
    assert fails("solve", square, option, in_absent).endswith(f"{in_absent.parent} is not a directory")
    assert "the suffix '.odd' is none of" in fails("solve", square, option, tmp_path / "answer.odd")
    assert "the suffix '' is none of" in fails("solve", square, option, tmp_path / "answer")
    (tmp_path / f"folder{suffix}").mkdir()
    assert fails("solve", square, option, tmp_path / f"folder{suffix}").endswith("it is a directory")
    monkeypatch.setattr("os.access", lambda path, mode, **options: mode != os.W_OK)
    assert fails("solve", square, option, tmp_path / f"answer{suffix}").endswith("permission denied")


def test_the_input_is_never_overwritten(fails, tmp_path):
    path = tmp_path / "model.json"
    path.write_text("{}")
    assert fails("solve", path, "-o", tmp_path / "." / "model.json").endswith("it is the input")
    assert path.read_text() == "{}"


def test_a_report_survives_a_failed_save(run, square, tmp_path, monkeypatch):
    def full(self, path):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(cim.Solution, "save", full)
    code, out, error = run("solve", square, *QUICK, "-o", tmp_path / "answer.json")
    assert code == 2
    assert rows(out)["cut weight"] == "4"
    assert "saved" not in out
    assert error == f"cim: error: {tmp_path / 'answer.json'}: No space left on device\n"


def test_anneal_errors(fails, square):
    one_of = "give one of FILE, --sk N and --figure sizes"
    assert fails("anneal") == fails("anneal", square, "--sk", "5") == one_of
    assert fails("anneal", "--sk", "5", "--figure", "sizes") == one_of
    assert fails("anneal", "--figure", "odd") == "--figure: 'odd' is not a figure; there is 'sizes'"
    assert fails("anneal", "--figure", "sizes", "--dt", "0.1") == "--dt: has no use with --figure sizes"
    assert fails("anneal", "--figure", "sizes", "--num-colors", "2") == "--num-colors: has no use with --figure sizes"
    assert fails("anneal", "--sk", "5", "--format", "rudy") == "--format: has no use with --sk"
    assert fails("anneal", "--sk", "5", "--sizes", "9").startswith("--sizes: has no use with one model")
    assert fails("anneal", "--figure", "sizes", "--sizes", "9,x") == "--sizes: 'x' is not an integer"
    assert fails("anneal", "--figure", "sizes", "--sizes", "9,5") == "--sizes: must increase, but 5 follows 9"
    assert fails("anneal", "--figure", "sizes", "--sizes", "9,1") == "--sizes[1]: must be at least 3, but it is 1"
    assert fails("anneal", "--sk", "5", "--photons", "0") == "--photons: must be greater than 0, but it is 0"
    assert fails("anneal", "--sk", "5", "--momentum", "1") == "--momentum: must be less than 1, but it is 1"
    assert "is none of .nc" in fails("anneal", "--sk", "5", "-o", "run.json")


@pytest.mark.parametrize(
    "text", ["linear:1", "linear:a:b", "odd:1", "piecewise:0:1:2,1:0", "piecewise:0,1", "", "constant", "linear:nan:0"]
)
def test_bad_schedules(fails, text):
    assert fails("anneal", "--sk", "5", "--schedule", text).startswith("--schedule: ")


def test_bad_breakpoints_show_what_is_wrong(fails):
    assert "the last at u = 1" in fails("anneal", "--sk", "5", "--schedule", "piecewise:0:1,0.5:2")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["odd", "5"], "ENSEMBLE: 'odd' is not one of sk, sk-binary, "),
        (["sk", "5", "6"], "N...: sk takes N, but was given 5 6"),
        (["wishart", "5"], "N...: wishart takes N ALPHA, but was given 5"),
        (["sk", "five"], "N...: 'five' is not an integer"),
        (["edwards-anderson", "2", "2.5"], "N...: '2.5' is not an integer"),
        (["wishart", "5", "x"], "N...: 'x' is not a number"),
        (["wishart", "5", "nan"], "aspect_ratio: a positive number is needed"),
        (["random-regular", "5", "3"], "degree: n * degree is twice the number of couplings"),
    ],
)
def test_generate_errors(fails, tmp_path, words, message):
    path = tmp_path / "instance.mtx"
    assert fails("generate", *words, "-o", path).startswith(message)
    assert not path.exists()


def test_generate_negative_numbers(fails, tmp_path):
    message = fails("generate", "-o", tmp_path / "instance.mtx", "sk", "--", "-5")
    assert message == "N...: must not be negative, but they are -5"


def test_generate_where_nothing_can_be_written(fails, tmp_path):
    assert "is none of .rud" in fails("generate", "sk", "5", "-o", tmp_path / "instance.gr")
    assert "holds a graph to be coloured" in fails("generate", "sk", "5", "-o", tmp_path / "instance.col")
    assert fails("generate", "sk", "5", "-o", tmp_path / "absent" / "a.mtx").endswith("absent is not a directory")


def test_a_bug_is_one_line_unless_debugged(fails, run, square, monkeypatch):
    def broken(*arguments, **options):
        raise RuntimeError("something\nbroke")

    monkeypatch.setattr(cim, "solve", broken)
    message = fails("solve", square, code=70)
    assert message == "unexpected RuntimeError: something broke (cim --debug shows where)"
    code, _, error = run("--debug", "solve", square)
    assert code == 70
    assert "Traceback (most recent call last)" in error


def test_debug_shows_where_an_input_error_came_from(run, tmp_path):
    code, _, error = run("--debug", "solve", tmp_path / "absent.rud")
    assert code == 2
    assert "Traceback (most recent call last)" in error
    assert error.splitlines()[-1].startswith("cim: error: ")


# ---------------------------------------------------------------- Ctrl-C, pipes, processes


@pytest.mark.parametrize(
    ("arguments", "suffix"),
    [(["solve", "{glass}", "--time-limit", "60"], ".json"), (["anneal", "{glass}", "--steps", "20000000"], ".nc")],
)
def test_ctrl_c_reports_and_saves_the_best_so_far(glass, tmp_path, arguments, suffix):
    output = tmp_path / f"result{suffix}"
    words = [word.format(glass=glass) for word in arguments]
    process = launched(*words, "--progress", "-o", output)
    seen = b""
    while seen.count(b"%") < 3:  # the bar moves: the search is under way
        byte = process.stderr.read(1)
        assert byte, seen
        seen += byte
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    assert b"cim: error" not in error
    assert b"Traceback" not in error
    assert rows(out.decode())["status"].startswith("interrupted")
    if suffix == ".json":
        solution = cim.Solution.load(output)
        assert solution.status is cim.Status.INTERRUPTED
        assert ip.read(glass).objective(solution.answer) == solution.objective
    else:
        assert xr.load_dataset(output, engine="h5netcdf").attrs["status"] == "interrupted"


def test_ctrl_c_before_the_search(fails, square, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(ip, "read", interrupted)
    assert fails("solve", square, code=130) == "interrupted before there was anything to report"


def test_a_closed_pipe_is_no_error():
    with launched("--version") as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


def test_a_terminal_of_few_letters(square):
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "cim", "anneal", str(square), "--steps", "20"]
    result = subprocess.run(command, env=environment, capture_output=True, timeout=60)
    assert result.returncode == 0
    assert rb"\u03bb_max = " in result.stdout


def test_python_m_cim():
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}

    def call(*arguments):
        command = [sys.executable, "-m", "cim", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    version = call("--version")
    assert (version.returncode, version.stdout, version.stderr) == (0, f"cim {cim.__version__}\n", "")
    absent = call("solve", "absent.rud")
    assert (absent.returncode, absent.stdout) == (2, "")
    assert absent.stderr == "cim: error: absent.rud: No such file or directory\n"


def test_help_loads_nothing_heavy():
    heavy = ["numba", "scipy.sparse", "matplotlib", "xarray", "qutip", "dimod", "networkx", "pandas", "rich"]
    code = (
        "import sys; from cim.cli import main; main(['--help']); "
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert result.stderr == "[]\n"


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
