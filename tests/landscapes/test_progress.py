"""The progress bar: what it writes, and that it costs nothing where it is not shown."""

import subprocess
import sys
from pathlib import Path

import pytest

from landscapes.progress import ProgressBar

PROJECT = Path(__file__).resolve().parents[2]


def test_a_bar_shows_the_fraction_and_the_note(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressBar(True, "search") as bar:
        bar.show(0.25)
        bar.show(1.0, "energy -4")
    out, error = capsys.readouterr()
    assert out == ""
    last = error.replace("\n", "\r").strip("\r").split("\r")[-1]
    assert last.startswith("search: 100%|") and last.rstrip().endswith("energy -4")


def test_no_bar_writes_nothing_and_loads_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressBar(False, "search") as bar:
        bar.show(0.5, "energy -4")
    assert capsys.readouterr() == ("", "")
    code = (
        "import sys; from landscapes.progress import ProgressBar; ProgressBar(False, ''); print('tqdm' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60).stdout == "False\n"
