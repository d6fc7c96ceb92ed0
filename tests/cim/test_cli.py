"""The ``cim`` command: what it prints, writes and returns, and how it fails."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

import cim
import ising_problems as ip
from cim import solvers
from cim.arguments import ALGORITHMS
from cim.cli import app

PROJECT = Path(__file__).resolve().parents[2]


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
def test_generate(run, tmp_path, words, suffix, expected, rows):
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


def test_generate_tells_the_planted_energy(run, tmp_path, rows):
    path = tmp_path / "planted.rud"
    code, out, _ = run("generate", "wishart", "12", "0.5", "--seed", "7", "-o", path)
    assert code == 0
    energy, _ = ip.ground_states(ip.wishart_planted(12, 0.5, seed=7).model)
    assert float(rows(out)["ground-state energy"]) == pytest.approx(energy, rel=1e-9)
    best = -ip.ground_states(ip.read(path).to_ising())[0]
    assert float(re.search(r"cut weight: ([\d.]+), feasible", out)[1]) == pytest.approx(best, rel=1e-4)


def test_generate_without_a_seed_says_which_it_took(run, tmp_path, rows):
    _, out, _ = run("generate", "sk", "6", "-o", tmp_path / "first.mtx")
    run("generate", "sk", "6", "--seed", rows(out)["seed"], "-o", tmp_path / "again.mtx")
    assert (tmp_path / "first.mtx").read_bytes() == (tmp_path / "again.mtx").read_bytes()


def test_info(run, rows):
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
def test_info_tells_where_kernels_are_kept(run, monkeypatch, folder, words, rows):
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


# ---------------------------------------------------------------- Ctrl-C, pipes, processes


@pytest.mark.parametrize(
    ("arguments", "suffix"),
    [(["solve", "{glass}", "--time-limit", "60"], ".json"), (["anneal", "{glass}", "--steps", "20000000"], ".nc")],
)
def test_ctrl_c_reports_and_saves_the_best_so_far(glass, tmp_path, arguments, suffix, rows):
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
