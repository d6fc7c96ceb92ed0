"""The machinery of the scoreboard, at tiny limits: workers, calibration, MQLib's program, tables, files, pictures."""

import csv
import json
import math
import stat
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from benchmarks.solvers import __main__ as program
from benchmarks.solvers import board, generators, picture, time_to_solution
from benchmarks.solvers.cases import cases
from benchmarks.solvers.channel import Channel, Failure, entrants_of, open_channels
from benchmarks.solvers.contest import Entry, contest
from benchmarks.solvers.contestants import mqlib
from benchmarks.solvers.contestants.base import Calibrated, Instance, Outcome, Plan, Setting

import ising_problems as ip

# What MQLib's program is asked and answers, from its documentation; this one puts every second vertex on one side.
FAKE_MQLIB = """\
#!{python} -IS
import sys
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
lines = open(arguments["-fM"]).read().splitlines()
n, m = map(int, lines[0].split())
assert len(lines) == m + 1
side = [1 if k % 2 else -1 for k in range(n)]
cut = 0.0
for line in lines[1:]:
    a, b, w = line.split()
    cut += float(w) * (side[int(a) - 1] != side[int(b) - 1])
print(f'{{arguments["-r"]}},{{arguments["-h"]}},"{{arguments["-fM"]}}",{{cut!r}},0.0201,[0:0.0004;{{cut!r}}:0.0008]')
print()
print("Solution:")
print(*side)
"""


@pytest.fixture
def fake_mqlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "MQLib"
    path.write_text(FAKE_MQLIB.format(python=sys.executable))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv(mqlib.VARIABLE, str(path))


def arrays(model: ip.IsingModel) -> Instance:
    return Instance(sp.csr_array(model.J), np.asarray(model.h), float(model.offset))


def field_model() -> ip.IsingModel:
    return ip.IsingModel([[0.0, 1.5, 0.0], [1.5, 0.0, -2.0], [0.0, -2.0, 0.0]], h=[0.5, 0.0, -1.0], offset=3.0)


def test_the_whole_board_with_a_peer_and_a_program(
    tmp_path: Path, fake_mqlib: None, capsys: pytest.CaptureFixture[str]
) -> None:
    results, drawing = tmp_path / "results.json", tmp_path / "board.png"
    peers = ["dwave-sa-linear", "mqlib"]
    options = ["--quick", "--save", str(results), "--picture", str(drawing), "--algorithms", "sa", "--peers", *peers]
    program.main([*options, "--limits", "0.01", "0.02", "--instances", "bqp-like 30"])
    printed = capsys.readouterr().out
    entries = board.load(results)
    assert {entry.contestant for entry in entries} == {"cim-sa", "dwave-sa-linear", "mqlib"}
    assert len(entries) == 2 * 3 and all(len(entry.energies) == 2 for entry in entries)
    models = {case.name: case.load() for case in cases(quick=True)}
    for entry in entries:
        model = models[entry.instance]
        if entry.contestant == "mqlib":  # its answer is known, fields and all
            assert model.h.any()
            alternating = np.where(np.arange(model.num_spins) % 2, 1, -1)
            alternating *= 1 if model.num_spins % 2 else -1  # the further spin, which the cut is told relative to
            assert entry.energies == pytest.approx([float(model.energy(alternating))] * 2)
            assert entry.seconds == [0.0201, 0.0201]
            assert entry.histories[0][-1] == (0.0008, pytest.approx(entry.energies[0]))
        else:
            assert max(entry.energies) <= 0.97 * min(entry.energies) < 0
    assert "cim-sa against the best peer" in printed and "openjij" not in printed.split("against")[1]
    assert drawing.read_bytes().startswith(b"\x89PNG")


def test_who_is_absent_is_reported_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    channels, absent = open_channels([], ["mqlib"])
    assert channels == [] and [absence.group for absence in absent] == ["mqlib"]
    program.print_contestants([], absent)
    printed = capsys.readouterr().out
    assert "mqlib: absent" in printed and mqlib.VARIABLE in printed


def test_another_python_that_cannot_run_the_worker_is_an_absence() -> None:
    with pytest.raises((ImportError, OSError)):
        Channel("dwave", "/no/such/python")


def test_a_contestant_that_fails_is_reported_and_the_contest_goes_on() -> None:
    channel = Channel("ours", sys.executable, "cpu")  # in processor time: a busy machine does not matter
    try:
        with pytest.raises(Failure, match="no instance has been loaded"):
            channel.ask("convert", name="cim-sa")
        case = cases(quick=True)[0]
        entrant = next(entrant for entrant in entrants_of([channel]) if entrant.name == "cim-sa")
        said: list[str] = []
        entrant.settings.append({"unused": 1})
        found = contest(case, case.load(), [entrant], [0.01], 1, None, said.append)
        assert len(found) == 1 and found[0].limit == 0.01 and said == []
        assert found[0].seconds == pytest.approx(found[0].cpu, abs=1e-3)
        entrant.name = "gone"
        assert contest(case, case.load(), [entrant], [0.01], 1, None, said.append) == []
        assert said == ["gone: KeyError: 'gone'"]
    finally:
        channel.close()


def test_mqlib_reads_cuts_with_fields() -> None:
    model = field_model()
    instance = arrays(model)
    lines, weight = mqlib.max_cut_lines(instance)
    assert lines == ["4 4", "1 2 -1.5", "2 3 2", "1 4 -0.5", "3 4 1"]
    cut = 2 + 1  # sides + + - +: edges 2-3 and 3-4
    text = f'1,BURER2002,"f.mc",{cut},1.00002,[0:0.0004;{cut}:0.5]\n\nSolution:\n1 1 -1 1\n'
    outcome = mqlib.parse(text, instance, weight)
    assert outcome.spins.tolist() == [[1, 1, -1]]
    assert outcome.seconds == 1.00002
    energy = float(model.energy(outcome.spins[0]))
    assert outcome.history == [(0.0004, pytest.approx(model.offset + weight)), (0.5, pytest.approx(energy))]
    turned = mqlib.parse(text.replace("1 1 -1 1", "-1 -1 1 -1"), instance, weight)
    assert turned.spins.tolist() == [[1, 1, -1]]


@pytest.mark.parametrize("text", ["", "Error: heuristic history was invalid!\n", '1,A,"f",3,1.0,[0:0]\n'])
def test_mqlib_without_a_result_is_an_error(text: str) -> None:
    with pytest.raises(RuntimeError, match="no result"):
        mqlib.parse(text, arrays(field_model()), 1.0)


def test_instances_travel_whole(tmp_path: Path) -> None:
    model = ip.edwards_anderson((4, 5), seed=0)
    sent = Instance(sp.csr_array(model.J), np.arange(20), 2.5)
    sent.save(tmp_path / "instance.npz")
    came = Instance.load(str(tmp_path / "instance.npz"))
    assert (came.J != sent.J).nnz == 0 and came.J.dtype == np.int64
    assert came.h.tolist() == list(range(20)) and came.offset == 2.5
    spins = np.where(np.random.default_rng(0).random((3, 20)) < 0.5, -1, 1)
    whole = ip.IsingModel(model.J, np.arange(20), 2.5)
    assert came.energies(spins) == pytest.approx(whole.energy(spins.astype(np.int8)))


class _Clock(Calibrated):
    """A contestant whose time is known: 1 ms a call and 10 µs a sweep."""

    name = "clock"
    package = install = "none"

    def convert(self, instance: Instance) -> None:
        self.now = 0.0

    def shape(self, total: int, setting: Setting) -> Plan:
        return {"total": total, "setting": dict(setting), "reads": 1, "sweeps": total}

    def run(self, plan: Plan, seed: int) -> Outcome:
        self.now += 1e-3 + 1e-5 * plan["sweeps"]
        return Outcome(np.ones((1, 3), dtype=np.int8))


def test_calibration_fills_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Clock()
    monkeypatch.setattr("benchmarks.solvers.contestants.base.time.process_time", lambda: clock.now)
    clock.load(arrays(field_model()))
    assert clock.fixed_cost == pytest.approx(1e-3 + 1e-5)
    for seconds in (0.01, 1.0, 20.0):
        plan = clock.plan(seconds, {})
        assert 1e-5 * plan["sweeps"] == pytest.approx(seconds, rel=0.01)
    assert clock.corrected({"total": 1000, "setting": {}}, spent=2.0, seconds=1.0)["total"] == 500


def test_verdicts_gaps_and_files(tmp_path: Path) -> None:
    def entry(contestant: str, energies: list[float]) -> Entry:
        count = len(energies)
        return Entry(
            *("G", "sk", False, 4, False, contestant, "1", 1.0, {}, {"reads": 1, "sweeps": 2}, 0.0),
            *(list(range(count)), energies, [1.0] * count, [1.0] * count, [[(0.1, energies[0])]] * count),
        )

    own, near, far = entry("cim-auto", [-10.0, -8.0, -9.0]), entry("a", [-9.0] * 3), entry("b", [-5.0] * 3)
    best = board.best_energies([own, near, far], {"G": -20.0, "other": -1.0})
    assert best == {"G": -20.0, "other": -1.0}
    assert board.gap(-9.0, -20.0) == pytest.approx(55.0)
    assert board.gap(-20.0 * (1 - 1e-12), -20.0) == 0.0
    ahead, equal, behind = (
        board.verdicts([own, *peers], "cim-auto")[0] for peers in ([far], [near, far], [far, entry("c", [-9.9] * 3)])
    )
    assert (ahead["verdict"], ahead["by"], ahead["peer"]) == ("ahead", pytest.approx(100 * 4 / 9), far)
    assert (equal["verdict"], equal["by"], equal["peer"]) == ("equal", 0.0, near)
    assert (behind["verdict"], behind["by"]) == ("behind", pytest.approx(-100 * 0.9 / 9.9))
    board.save(tmp_path / "r.json", [own, near], {"machine": "m"})
    assert json.loads((tmp_path / "r.json").read_text())["about"] == {"machine": "m"}
    assert board.load(tmp_path / "r.json")[1].energies == near.energies
    board.save(tmp_path / "r.csv", [own, near], {})
    rows = list(csv.DictReader((tmp_path / "r.csv").read_text().splitlines()))
    assert [float(row["energy"]) for row in rows] == own.energies + near.energies
    with pytest.raises(ValueError, match=r"\.json or \.csv"):
        board.save(tmp_path / "r.txt", [own], {})
    picture.draw([own, near, far], best, tmp_path / "p.png")
    assert (tmp_path / "p.png").stat().st_size > 5000


def test_mqlib_figures_of_record() -> None:
    rows = board.reference_rows(["G22", "G70", "SK 100"])
    assert [(row["instance"], row["heuristic"], row["median_1s"]) for row in rows] == [
        ("G70", "BURER2002", "9484"),
        ("G22", "BURER2002", "13320"),
    ]


def test_generated_families() -> None:
    rng = np.random.default_rng(0)
    i, j = generators.edges_of_random_graph(50, 200, rng)
    assert len({(a, b) for a, b in zip(i, j, strict=True)}) == 200 and (i < j).all() and j.max() < 50
    i, j = generators.edges_of_two_planar_graphs(800, rng)
    assert len(i) == pytest.approx(4694, rel=0.01)  # as many as in G14
    i, j = generators.edges_of_torus(5, 6)
    assert (np.bincount(np.concatenate([i, j]), minlength=30) == 4).all()
    model = generators.max_cut(30, (i, j), np.ones(60))
    board_pattern = np.where((np.arange(30) // 6 + np.arange(30)) % 2, 1, -1)
    # six columns can alternate, five rows cannot all: the checkerboard misses a row of 6
    assert float(model.energy(board_pattern)) == -54.0
    names = [case.name for case in cases()]
    assert len(names) == len(set(names))
    for case in cases():
        if case.held_out and "800" in case.name:
            assert case.load().num_spins == 800


def test_time_to_solution_from_calls_and_its_interval() -> None:
    assert time_to_solution.from_call([], 10) == math.inf
    # 9 of 10 calls after one second: F = 9/11
    assert time_to_solution.from_call([1.0] * 9, 10) == pytest.approx(math.log(0.01) / math.log(2 / 11))
    # one early success is worth less than many a little later
    assert time_to_solution.from_call([0.9, *[1.0] * 8], 10) == pytest.approx(math.log(0.01) / math.log(2 / 11))
    attempts = [time_to_solution.Attempts(400, hits, 0.01) for hits in (40, 80, 120)]
    low, high = time_to_solution.bootstrap(attempts)
    assert attempts[2].time_to_solution < low * 1.2 and low < attempts[1].time_to_solution < high
    assert high < attempts[0].time_to_solution * 1.5
    assert time_to_solution.bootstrap([time_to_solution.Attempts(400, 0, 0.01)] * 3) == (math.inf, math.inf)
