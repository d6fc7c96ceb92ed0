"""``cim study``: what the file may say, what is printed, saved and drawn, and how it fails."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot
import numpy as np
import pytest
import xarray as xr

import cim
import ising_problems as ip
from cim import study_arms, study_file
from cim.arguments import ENSEMBLES
from cim.gap_speed import ConstantGapSpeed
from cim.studies.arms import RANGES
from cim.study_file import read_study
from cim.study_report import study_report, winners
from cim.terminal import InputError

PROJECT = Path(__file__).resolve().parents[2]
PAGE = (PROJECT / "docs" / "schedules.md").read_text(encoding="utf-8")
EXAMPLE = PROJECT / "examples" / "schedules.toml"
SMALL = """
[study]
budgets = [40, 20]
replicas = 3
tune_for = "nothing"
seed = 4

[instances]
ensemble = "sk"
n = 10
count = 3
seed = 7

[schedules.ramp]
kind = "linear"
start = -2.2
stop = 0.0

[schedules."late one"]
kind = "piecewise"
points = [[0.0, -2.0], [0.7, -1.5], [1.0, 0.0]]
momentum = 0.5
dt = 0.3
photons = 2.5
"""
RAMP = "[schedules.ramp]\nkind = 'linear'\nstart = -2\nstop = 0\n"
INSTANCES = "[instances]\nensemble = 'sk'\nn = 6\ncount = 4\n"
SECONDS = ("seconds", "finishing_seconds", "time_to_solution", "time_to_solution_low", "time_to_solution_high")


@pytest.fixture
def written(tmp_path):
    def write(text, name="study.toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def arm(written):
    """The arm that a table describes."""

    def make(text):
        asked = read_study(
            written(INSTANCES + "[schedules.one]\n" + text + "\n[schedules.two]\nkind='linear'\nstart=-2\nstop=0")
        )
        return asked.arms["one"]

    return make


def without_seconds(study):
    return study.drop_vars(SECONDS).assign(time=study["time_to_solution"].sel(cost="products"))


def table_of(out, heading):
    """Rows of one of the printed tables, cells split where two blanks or more stand."""
    block = out.split(f"  {heading}\n")[1].split("\n\n")[0]
    return [[cell for cell in line.split("  ") if cell.strip()] for line in block.splitlines()[1:]]


# ---------------------------------------------------------------- the page


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_the_page_names_every_key():
    keys = {*study_file._STUDY, *study_file._OF_FILES, *study_file._OF_ENSEMBLES, *study_arms._MACHINE}
    keys |= {key for known in (*study_arms.KINDS.values(), *study_arms._PROFILES.values()) for key in known}
    keys |= {*study_arms._PILOT, *RANGES, "sides"}
    keys |= {word.lower() for text in ENSEMBLES.values() for word in text.split() if word.isalpha() and len(word) > 1}
    assert not [key for key in sorted(keys) if f"`{key}`" not in PAGE]
    kinds = {*study_arms.KINDS, *study_arms._PROFILES, *ENSEMBLES}
    assert not [kind for kind in sorted(kinds) if f'`"{kind}"`' not in PAGE and f"`{kind}`" not in PAGE]


def test_the_study_of_the_page_can_be_read(written):
    (text,) = blocks("toml")
    asked = read_study(written(text))
    assert len(asked.instances) == 48 and asked.arms["softness"].schedule.pilot_steps == 60


@pytest.mark.slow
def test_the_python_of_the_page_runs():
    names = {}
    for block in blocks("python"):
        exec(block, names)
    matplotlib.pyplot.close("all")
    assert names["study"].attrs["status"] == "completed"


# ---------------------------------------------------------------- the run


def test_it_runs_the_study_that_the_file_describes(run, written, tmp_path):
    data, picture = tmp_path / "study.nc", tmp_path / "study.png"
    code, out, _ = run("study", written(SMALL), "-o", data, "--plot", picture)
    assert code == 0 and picture.read_bytes().startswith(b"\x89PNG")
    saved = xr.open_dataset(data, engine="h5netcdf").load()
    models = [ip.sherrington_kirkpatrick(10, seed=k) for k in (7, 8, 9)]
    late = cim.Arm(cim.piecewise([(0.0, -2.0), (0.7, -1.5), (1.0, 0.0)]), momentum=0.5, dt=0.3, photons=2.5)
    arms = {"ramp": cim.linear(-2.2, 0.0), "late one": late}
    expected = cim.schedule_study(models, arms, [40, 20], 3, tune_for=None, seed=4)
    xr.testing.assert_equal(without_seconds(saved), without_seconds(expected))
    assert saved.attrs["reference"] == "ramp" and saved.attrs["seed"] == "4"

    assert out.startswith(
        "study.toml: sk 10, seeds 7 to 9\n  3 instances of 10 spins, 3 replicas, nothing tuned, seed 4"
    )
    rows = table_of(out, "raw energy, mean of the runs")
    assert [row[0].strip() for row in rows] == ["20", "20", "40", "40"]
    point = expected.sel(schedule="late one", budget=40, finish="raw", statistic="mean")
    energy = (
        f"{float(point['energy_per_spin'].sel(line='own')):.5f} ± {float(point['energy_error'].sel(line='own')):.5f}"
    )
    assert rows[3][1].strip() == "late one" and rows[3][2].strip() == energy
    for comparison, cell in (("reference", rows[3][3]), ("straight", rows[3][5])):
        one = point.sel(comparison=comparison)
        low, high = (1e4 * float(one[f"difference_{end}"]) for end in ("low", "high"))
        assert cell.strip() == f"{1e4 * float(one['difference']):+.1f} [{low:+.1f}, {high:+.1f}]"
    assert "finished energy, best of 3 runs" in out and "tuned numbers" not in out


def test_quiet_prints_the_best_schedule_of_each_budget(run, written):
    code, out, _ = run("study", written(SMALL), "-q")
    models = [ip.sherrington_kirkpatrick(10, seed=k) for k in (7, 8, 9)]
    late = cim.Arm(cim.piecewise([(0.0, -2.0), (0.7, -1.5), (1.0, 0.0)]), momentum=0.5, dt=0.3, photons=2.5)
    study = cim.schedule_study(
        models, {"ramp": cim.linear(-2.2, 0.0), "late one": late}, [40, 20], 3, tune_for=None, seed=4
    )
    energies = study["energy_per_spin"].sel(line="own", finish="raw", statistic="mean")
    lines = []
    for budget in (20, 40):
        row = energies.sel(budget=budget)
        best = row.isel(schedule=int(np.argmin(row.values)))
        lines.append(f"{budget} {best['schedule'].item()} {float(best):.6f}")
    assert code == 0 and out.splitlines() == lines


def test_a_study_resumes_from_its_folder(run, written, tmp_path):
    file, folder = written(SMALL), tmp_path / "kept"
    first = run("study", file, "--folder", folder)
    cells = sorted((folder / "runs").rglob("*.nc"))
    stamps = [path.stat().st_mtime_ns for path in cells]
    assert first[0] == 0 and len(cells) > 6 and (folder / "study.nc").is_file()
    assert run("study", file, "--folder", folder)[1] == first[1]
    assert [path.stat().st_mtime_ns for path in cells if path.name != "sweep.nc"] == [
        stamp for path, stamp in zip(cells, stamps, strict=True) if path.name != "sweep.nc"
    ]
    code, out, err = run("study", written(SMALL.replace("replicas = 3", "replicas = 4")), "--folder", folder)
    assert (code, out) == (2, "") and err.startswith("cim: error: --folder:") and "replicas was 3 and is now 4" in err


@pytest.mark.slow
def test_two_workers_find_the_same(run, written, tmp_path):
    saved = []
    for workers in (1, 2):
        path = tmp_path / f"{workers}.nc"
        assert run("study", written(SMALL), "--workers", workers, "-o", path)[0] == 0
        saved.append(without_seconds(xr.open_dataset(path, engine="h5netcdf").load()))
    xr.testing.assert_equal(*saved)


def test_a_study_that_ended_early_is_reported():
    models = [ip.sherrington_kirkpatrick(10, seed=k) for k in range(3)]
    arms = {"ramp": cim.linear(-2.2, 0.0), "quench": 0.5}
    part = cim.schedule_study(models, arms, [20, 30], 3, tune_for=None, callback=lambda fraction: fraction >= 1 / 3)
    text = study_report("study.toml", "three", part)
    assert "seed 0, interrupted" in text and "nan" not in text
    budgets = [row[0].strip() for row in table_of(text, "raw energy, mean of the runs") if row[2].strip() != "–"]
    assert budgets == ["20", "20"] and len(winners(part).splitlines()) == 1


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_there(written, tmp_path):
    folder = tmp_path / "kept"
    long = SMALL.replace("[40, 20]", "[30000, 20000]").replace("n = 10", "n = 200").replace("count = 3", "count = 20")
    file = written(long)  # more than the pool's queue takes
    start = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    start += "if __name__ == '__main__':\n    import sys; from cim.cli import main; sys.exit(main())"
    (tmp_path / "command.py").write_text(start)
    words = ["study", file, "--workers", 2, "--folder", folder]
    process = subprocess.Popen(
        [sys.executable, tmp_path / "command.py", *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    deadline = time.monotonic() + 240
    while not list((folder / "runs").rglob("cells/*.nc")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 130, err
    assert "interrupted" in out and "Traceback" not in err


def test_the_example(run):
    """Sixteen glasses, four of them for tuning: the clipped machine wins at 50 products, the quench loses at 200."""
    code, out, _ = run("study", EXAMPLE)
    assert code == 0
    rows = table_of(out, "raw energy, mean of the runs")
    energies = {(row[0].strip(), row[1].strip()): float(row[2].split()[0]) for row in rows}
    assert set(energies) == {
        (budget, name) for budget in ("50", "200") for name in ("ramp", "clipped", "regions", "quench")
    }
    assert min(energies, key=energies.get)[1] == "clipped"
    assert energies["200", "quench"] > energies["200", "ramp"] + 0.01
    assert all(energies["200", name] < energies["50", name] for name in ("ramp", "clipped", "regions", "quench"))
    assert len(table_of(out, "tuned numbers (of the straight line, where it has its own)")) == 10


# ---------------------------------------------------------------- the file


def test_kinds_of_schedules(arm):
    model, rng = ip.sherrington_kirkpatrick(6, seed=0), np.random.default_rng(0)
    assert arm("kind='smooth'\nstart=-2\nstop=0.5").schedule == cim.smooth(-2, 0.5)
    assert arm("kind='power'\nstart=-2\nstop=0.5\nexponent=2").schedule == cim.power(-2, 0.5, 2)
    assert arm("kind='constant'\npump=0.5").schedule == cim.constant(0.5)
    rule = arm("kind='landscape-informed'\nstart=-2\nstop=0.1\nshares=[1, 2, 1]").schedule
    assert rule.plan(model, 300, rng).schedule == cim.landscape_informed(300, start=-2, stop=0.1, shares=(1, 2, 1))
    rule = arm("kind='landscape-informed'\ndt=0.1").schedule
    assert rule.plan(model, 300, rng).schedule == cim.landscape_informed(300, dt=0.1) != cim.landscape_informed(300)
    typical = arm("kind='typical-gap-speed'\nstart=-2.1\nstop=0\nmeasure='susceptibility'\nmixture=0.5").schedule
    assert typical == cim.typical_gap_speed(-2.1, 0, measure="susceptibility", mixture=0.5)
    measured = arm("kind='constant-gap-speed'\nstop=0.1\nlimit=5\nmomentum=0.5\npilot={steps=50, pumps=4, dt=0.3}")
    assert measured.schedule == ConstantGapSpeed(stop=0.1, limit=5, pilot_steps=50, pumps=4, dt=0.3)
    assert measured.momentum == 0.5


def test_the_machine_of_an_arm(arm):
    ramp = "kind='linear'\nstart=-2\nstop=0\n"
    plain = arm(ramp)
    assert plain == cim.Arm(cim.linear(-2, 0)) and plain.tuned_names == ("dt",)
    made = arm(
        ramp + "dt=0.5\nmomentum=0.4\nclip=0.6\nnoise={kind='power', start=0.1, stop=0, exponent=2}\ninitial=0.01\n"
        "tune={dt=[0.1, 1.0], noise=[0.5, 2]}"
    )
    expected = cim.Arm(
        cim.linear(-2, 0),
        dt=0.5,
        momentum=0.4,
        clip=0.6,
        noise=cim.power(0.1, 0, 2),
        initial=0.01,
        tune={"dt": (0.1, 1.0), "noise": (0.5, 2)},
    )
    assert made == expected
    assert arm(ramp + "tune=[]").tuned_names == ()
    assert arm(ramp + "clip=1\ntune=['clip', 'stop']").tuned_names == ("clip", "stop")
    shaped = arm(
        ramp + "momentum=0.5\nclip={kind='amplitude-clip', factor=0.4}\ndt={kind='curvature-step', factor=0.7}"
    )
    assert shaped.clip == cim.amplitude_clip(cim.linear(-2, 0), 0.4)
    assert shaped.dt == cim.curvature_step(cim.linear(-2, 0), 0.7, momentum=0.5)
    assert arm(ramp + "dynamics='bsb'").dynamics == "bsb"
    assert arm(ramp + "options={shorten=false}").options == {"shorten": False}
    assert arm(ramp + "control='two'\ndt=0.1").straight == cim.Arm(cim.linear(-2, 0))


def test_numbers_of_the_study(written):
    asked = read_study(
        written("[study]\ntraining=2\nconfidence=0.9\nreference='ramp'\ndynamics='bsb'\n" + INSTANCES + RAMP)
    )
    assert asked.settings == {"training": 2, "confidence": 0.9, "reference": "ramp"}
    assert asked.arms["ramp"].dynamics == "bsb"
    asked = read_study(
        written(
            INSTANCES + RAMP + INSTANCES.replace("instances", "training").replace("count = 4", "count = 1\nseed = 9")
        )
    )
    np.testing.assert_array_equal(asked.settings["training"][0].J, ip.sherrington_kirkpatrick(6, seed=9).J)


def test_ensembles(written):
    for text, count, spins in (
        ("ensemble='edwards-anderson'\nsides=[3, 3, 3]\ncount=2", 2, 27),
        ("ensemble='wishart'\nn=8\nalpha=0.75\ncount=1", 1, 8),
        ("ensemble='random-regular'\nn=8\ndegree=3\ncount=3", 3, 8),
    ):
        asked = read_study(written(f"[instances]\n{text}\n{RAMP}"))
        assert [model.num_spins for model in asked.instances] == count * [spins]


def test_files_are_found_beside_the_study(written, tmp_path):
    (tmp_path / "models").mkdir()
    for k in (2, 0, 1):
        ip.write(ip.sherrington_kirkpatrick(5 + k, seed=k), tmp_path / "models" / f"sk{k}.mtx")
    written("p edge 3 2\ne 1 2\ne 2 3\n", "path.col")
    asked = read_study(written("[instances]\nfiles=['models/*.mtx', 'models/sk0.mtx']\n" + RAMP))
    assert [model.num_spins for model in asked.instances] == [5, 6, 7] and asked.what == "3 files"
    asked = read_study(written("[instances]\nfiles='path.col'\nproblem='VertexCover'\n" + RAMP))
    assert asked.instances[0].num_spins == 3
    asked = read_study(written("[instances]\nfiles='path.col'\narguments={num_colors=2}\n" + RAMP))
    assert asked.instances[0].num_spins == ip.read(tmp_path / "path.col", num_colors=2).to_ising().num_spins


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[study\n", "not a TOML file: .*line 1"),
        (RAMP, "instances is missing"),
        (INSTANCES, "schedules is missing"),
        (INSTANCES + "[schedules]\n", "schedules: there is none; write a table"),
        (INSTANCES + RAMP + "[stduy]\n", "stduy: an unknown key; did you mean study"),
        (
            "[study]\nbudget=[1]\n" + INSTANCES + RAMP,
            r"\[study\] budget: an unknown key; did you mean budgets.*replicas",
        ),
        (
            "[study]\nreplicas=0\n" + INSTANCES + RAMP,
            r"\[study\] replicas: an integer of at least 1 is needed, but it is 0",
        ),
        ("[study]\nseed=-1\n" + INSTANCES + RAMP, r"\[study\] seed: an integer of at least 0"),
        ("[study]\ntune_for='gold'\n" + INSTANCES + RAMP, r"tune_for: 'gold' is not one of raw, finished, nothing"),
        ("[study]\nreference='x'\n" + INSTANCES + RAMP, r"\[study\] reference: 'x' is not one of ramp"),
        ("[study]\ndynamics='x'\n" + INSTANCES + RAMP, r"\[study\] dynamics: 'x' is not one of .*bsb"),
        ("study=3\n" + INSTANCES + RAMP, "study: a table is needed, but it is 3"),
        ("[study]\ntraining=1\n" + INSTANCES + RAMP + "[training]\n", r"\[study\] training: there is a table"),
        ("[instances]\n" + RAMP, r"\[instances\] give one of ensemble and files"),
        ("[instances]\nensemble='sk'\nfiles='a'\n" + RAMP, "give one of ensemble and files"),
        ("[instances]\nensemble='ks'\n" + RAMP, r"\[instances\] ensemble: 'ks' is not one of sk, sk-binary"),
        ("[instances]\nensemble='sk'\nn=5\n" + RAMP, r"\[instances\] count is missing"),
        (
            "[instances]\nensemble='sk'\nn=5\ncount=true\n" + RAMP,
            "count: an integer of at least 1 is needed, but it is True",
        ),
        ("[instances]\nensemble='sk'\nn=5\ncount=1\ndegree=3\n" + RAMP, "degree: an unknown key; .*sk takes: .*n"),
        ("[instances]\nensemble='sk'\nn=2.5\ncount=1\n" + RAMP, r"\[instances\] '2.5' is not an integer"),
        ("[instances]\nensemble='random-regular'\nn=5\ndegree=3\ncount=1\n" + RAMP, r"\[instances\] .*5"),
        ("[instances]\nfiles='*.nothing'\n" + RAMP, r"\[instances\] files: nothing in .* matches '\*.nothing'"),
        ("[instances]\nfiles=3\n" + RAMP, r"files: names or patterns such as .*but it is 3"),
        ("[instances]\nfiles='study.toml'\n" + RAMP, r"\[instances\] files: .*study.toml"),
        ("[instances]\nfiles='study.toml'\nproblem='Nap'\n" + RAMP, r"\[instances\] problem: 'Nap' is not a class"),
        (INSTANCES + "[schedules]\nramp=3", r"\[schedules\] ramp: a table is needed, but it is 3"),
        (INSTANCES + "[schedules.a]\n", r"\[schedules.a\] kind is missing"),
        (INSTANCES + "[schedules.a]\nkind='lin'", r"\[schedules.a\] kind: 'lin' is not one of linear, smooth"),
        (INSTANCES + "[schedules.a]\nkind='linear'\nstart=1", r"\[schedules.a\] stop is missing"),
        (INSTANCES + "[schedules.a]\nkind='linear'\nstart='1'\nstop=2", r"\[schedules.a\] start: a number is needed"),
        (
            INSTANCES + "[schedules.a]\nkind='constant'\npump=1\nstart=2",
            "start: an unknown key; .*constant takes: kind, pump",
        ),
        (
            INSTANCES + "[schedules.a]\nkind='piecewise'\npoints=[[0.0, 1.0], [0.5, 0.0]]",
            r"\[schedules.a\] points: .*u = 1",
        ),
        (
            INSTANCES + "[schedules.a]\nkind='piecewise'\npoints=[[0, 1], [0.6, 0], [0.5, 0], [1, 0]]",
            r"points: u must increase",
        ),
        (INSTANCES + RAMP + "clip=-1", r"\[schedules.ramp\] clip: must be positive"),
        (INSTANCES + RAMP + "clip={kind='amplitude-clip', fctor=1}", r"\[schedules.ramp.clip\] fctor: an unknown key"),
        (
            INSTANCES + RAMP + "dt={kind='amplitude-clip'}",
            r"\[schedules.ramp.dt\] kind: 'amplitude-clip' is not one of",
        ),
        (
            INSTANCES + RAMP + "dt={kind='power', start=1, stop=2, exponent=0}",
            r"\[schedules.ramp.dt\] exponent: must be",
        ),
        (INSTANCES + RAMP + "tune='dt'", r"\[schedules.ramp\] tune: a list such as"),
        (INSTANCES + RAMP + "tune=['noise']", r"\[schedules.ramp\] tune: 'noise' is a factor"),
        (
            INSTANCES + RAMP + "tune={speed=[0, 1]}",
            r"\[schedules.ramp.tune\] speed: an unknown key; what can be tuned: dt",
        ),
        (INSTANCES + RAMP + "control='other'", r"\[schedules.ramp\] control: 'other' is not one of ramp"),
        (INSTANCES + RAMP + "dynamics='warp'", r"\[schedules.ramp\] .*'warp'"),
        (INSTANCES + RAMP + "options={speed=1}", r"\[schedules.ramp\] options: 'speed' is unknown to 'cim'"),
        (
            INSTANCES + "[schedules.a]\nkind='landscape-informed'\nshares=[1, 2]",
            r"\[schedules.a\] shares: three numbers",
        ),
        (
            INSTANCES + "[schedules.a]\nkind='constant-gap-speed'\npilot={step=1}",
            r"\[schedules.a.pilot\] step: an unknown key",
        ),
        (
            INSTANCES + "[schedules.a]\nkind='constant-gap-speed'\nmeasure='luck'",
            r"\[schedules.a\] measure: must be one of",
        ),
    ],
)
def test_every_error_names_the_file_the_table_and_the_key(written, text, message):
    path = written(text)
    with pytest.raises(InputError, match=message) as caught:
        read_study(path)
    assert str(caught.value).startswith(f"{path}:")


def test_errors_of_the_study_itself(run, written, tmp_path):
    def fails(text, *words):
        code, out, err = run("study", written(text), *words)
        assert (code, out) == (2, "") and err.count("\n") == 1
        return err

    path = tmp_path / "study.toml"
    assert f"error: {path}: [study] budgets: each is needed once" in fails(
        "[study]\nbudgets=[5, 5]\n" + INSTANCES + RAMP
    )
    assert "[study] instances: with 4 of them and 4 set apart" in fails("[study]\ntraining=4\n" + INSTANCES + RAMP)
    assert "[study] best_of: the best of 9" in fails("[study]\nbest_of=9\n" + INSTANCES + RAMP)
    slow = "[schedules.a]\nkind='constant-gap-speed'\n"
    assert f"{path}: budgets: the pilot of" in fails("[study]\nbudgets=5\ntune_for='nothing'\n" + INSTANCES + slow)
    (tmp_path / "occupied").write_text("")
    assert "--folder: a folder is needed" in fails(INSTANCES + RAMP, "--folder", tmp_path / "occupied")
    assert "suffix" in fails(INSTANCES + RAMP, "-o", tmp_path / "a.csv")
    path.write_bytes(b"[study]\n# caf\xe9\n")
    assert run("study", path)[2] == f"cim: error: {path}:2: not a text in UTF-8\n"
    assert "No such file" in run("study", tmp_path / "absent.toml")[2]
