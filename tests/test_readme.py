"""The README's Python runs as it stands, one block after another, and its commands name what exists."""

import re
import shlex
from pathlib import Path

import matplotlib
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt

import ising_problems as ip
import landscapes as ls
from cim.solvers import available

PROJECT = Path(__file__).resolve().parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.filterwarnings("ignore:Port 8787 is already in use")  # of another cluster on this machine
def test_the_python_runs(tmp_path, monkeypatch, run_blocks):
    pytest.importorskip("distributed", reason="the extra [distributed] is not installed")
    monkeypatch.chdir(tmp_path)
    # a block's comment imports landscapes
    names, values = run_blocks(blocks("python"), ls=ls, __name__="__main__")
    plt.close("all")
    assert names["there"]["energy"].equals(names["study"]["energy"])
    assert len(names["many"]) == len(names["glasses"])
    assert (tmp_path / "study" / "study.nc").is_file() and (tmp_path / "solutions" / "sweep.nc").is_file()
    assert values["solution.objective"] == 179
    assert values["(tour.violations, tour.info['hint'])"] == ([], None)
    assert values["knapsack.decode(model.num_spins * [1])"] == frozenset(range(4))
    assert values["run['final_ising_energy'].mean() / 500"] == pytest.approx(-0.741, abs=0.005)
    assert values["(points.index, points.energy, points.failures.counts)"][2] == {}
    assert values["(census.index, census.certified)"][1]
    assert values["cim.cavity.recall(memory, spoilt)['best_overlap']"].item() == 1.0
    ends = values["(entangled['excess_energy'][-1].mean(), unentangled['excess_energy'][-1].mean())"]
    assert ends[0] < ends[1] - 0.1
    cold, hot = (run["excess_energy"][-1].mean() for run in reversed(names["hot"]))
    assert cold < hot - 0.1
    assert names["quench"]["final_ising_energy"].mean() / 500 == pytest.approx(-0.741 + 0.05, abs=0.015)


def test_the_commands_name_what_exists():
    commands = [line for block in blocks("sh") for line in re.split(r"\n|&&", block) if "cim " in line]
    assert len(commands) >= 9
    for line in commands:
        words = shlex.split(line, comments=True)
        words = words[1 + next(i for i, word in enumerate(words) if Path(word).name == "cim") :]
        assert words[0] in ("solve", "anneal", "problems", "generate", "info", "landscape", "recall", "study", "warmup")
        if "--problem" in words:
            assert issubclass(getattr(ip, words[words.index("--problem") + 1]), ip.Problem)
        for word in words:
            if word.startswith("examples/"):
                assert (PROJECT / word).is_file()


def test_files_and_folders_that_are_named_exist():
    for name in re.findall(r"`([\w./]+(?:\.md|\.cff|/))`", README) + re.findall(r"\]\(([\w/]+\.\w+)\)", README):
        assert (PROJECT / name).exists(), name


def test_every_algorithm_of_the_table_is_registered():
    table = README[README.index("| `algorithm=` |") :].split("\n\n")[0]
    named = {name for line in table.splitlines()[2:] for name in re.findall(r'"(\w+)"', line.split("|")[1])}
    assert named == set(available()) - {"auto"}
