"""What the tests of the command line share: the command in this process, and small files to give it."""

import re

import numpy as np
import pytest

import ising_problems as ip
from cim.cli import main

SQUARE = "4 4\n1 2 1\n2 3 1\n3 4 1\n4 1 1\n"
TRIANGLE = "p edge 3 3\ne 1 2\ne 2 3\ne 1 3\n"


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
    """Run the command in this process: exit code, standard output, standard error.

    Whether kernels are compiled depends on the tests before, so that the notice of it is left out.
    """

    def call(*arguments):
        code = main([str(argument) for argument in arguments])
        out, error = capsys.readouterr()
        assert "\x1b" not in out + error
        lines = error.splitlines(keepends=True)
        return code, out, "".join(line for line in lines if not line.startswith("coherent-ising: compiling"))

    return call


@pytest.fixture
def fails(run):
    """Run a command that must fail in one line and print nothing else; the line."""

    def call(*arguments, code=2):
        actual, out, error = run(*arguments)
        lines = error.splitlines()
        assert (actual, out, len(lines)) == (code, "", 1), (actual, out, error)
        assert lines[0].startswith("cim: error: ")
        return lines[0].removeprefix("cim: error: ")

    return call


@pytest.fixture
def rows():
    """A function from a report to its rows: label to value."""

    def read(out):
        pairs = [re.split(r"  +", line.strip(), maxsplit=1) for line in out.splitlines()[1:]]
        return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}

    return read
