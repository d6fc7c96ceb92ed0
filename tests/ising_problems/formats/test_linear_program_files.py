"""Binary linear programs that HiGHS reads, and everything that is no binary linear program, refused by name."""

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ising_problems as ip

highspy = pytest.importorskip("highspy")

LP = r"""\ three variables
Maximize
 value: 3 x + 2 y - z
Subject To
 one: x + y >= 1
 two: x + y + z <= 2
 three: x - z = 0
Binary
 x y z
End
"""
MPS = """NAME          small
ROWS
 N  cost
 L  range
 G  least
 E  same
COLUMNS
    M1        'MARKER'      'INTORG'
    x         cost      1   range     2
    x         least     1   same      1
    y         cost      2   range     3
    y         least     1
    z         cost      4   range     1
    z         same      -1
    M2        'MARKER'      'INTEND'
RHS
    RHS       range     4   least     1
RANGES
    RANGES    range     3
BOUNDS
 BV BND       x
 BV BND       y
 UP BND       z         1
ENDATA
"""


# What HiGHS says, before version 1.16 and from then on.
_HIGHS = ": HiGHS cannot read this as an LP file: "
_MATRIX = (_HIGHS + "LP matrix packed vector", _HIGHS + "HighsSparseMatrix User matrix")


def feasible(x, *rows):
    return all(lower <= np.dot(row, x) <= upper for lower, row, upper in rows)


def test_the_lp_format(file):
    problem = ip.read(file("a.lp", LP))
    assert isinstance(problem, ip.BinaryLinearProgram)
    assert problem.sense == "maximize"
    for x in itertools.product((0, 1), repeat=3):
        rows = (1, (1, 1, 0), 9), (-9, (1, 1, 1), 2), (0, (1, 0, -1), 0)
        assert problem.is_feasible(np.array(x)) == feasible(x, *rows)
        assert problem.objective(np.array(x)) == np.dot((3, 2, -1), x)


def test_the_mps_format_with_a_range(file):
    problem = ip.read(file("a.mps", MPS))
    assert problem.sense == "minimize"
    for x in itertools.product((0, 1), repeat=3):
        rows = (1, (2, 3, 1), 4), (1, (1, 1, 0), 9), (0, (1, 0, -1), 0)
        assert problem.is_feasible(np.array(x)) == feasible(x, *rows)
        assert problem.objective(np.array(x)) == np.dot((1, 2, 4), x)


@pytest.mark.parametrize(
    "content",
    [
        "max 3 x + 2 y - z\nst x + y >= 1\nx + y + z <= 2\nx - z = 0\nbin x y z\nend\n",
        "\\ 2 x 3 y\nMAXIMUM\n v: 3 x +\n 2 y\n - z\nSUCH THAT\n one: x\n + y >= 1\n two: x + y + z <= 2\n x - z = 0\n"
        "BINARIES\n x\n y\n z\nEND\n",
    ],
)
def test_other_ways_to_write_the_same(file, content):
    problem, same = ip.read(file("a.lp", content)), ip.read(file("b.lp", LP))
    for x in itertools.product((0, 1), repeat=3):
        assert problem.is_feasible(np.array(x)) == same.is_feasible(np.array(x))
        assert problem.objective(np.array(x)) == same.objective(np.array(x))


def test_bounds_make_an_integer_variable_binary(file):
    content = LP.replace("Binary\n x y z", "Bounds\n 0 <= x <= 1\n y <= 1\n z <= 1\nGeneral\n x y z")
    assert ip.read(file("a.lp", content)).objective(np.array([1, 1, 0])) == 5


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Binary\n x y z\n", "Binary\n x y\n", ": the variable 'z' is continuous; every variable must be binary"),
        ("Binary\n x y z\n", "General\n x y z\n", ": the variable 'x' has the bounds 0 and inf"),
        (
            "Binary\n x y z\n",
            "Bounds\n z <= 5\nBinary\n x y\nGeneral\n z\n",
            ": the variable 'z' has the bounds 0 and 5",
        ),
        (
            "Binary\n x y z\n",
            "Bounds\n z <= 5\nBinary\n x y\nSemi-continuous\n z\n",
            ": the variable 'z' is semi-continuous",
        ),
        ("- z\nSubject", "- z + [ 2 x * y ] / 2\nSubject", ": the objective is quadratic"),
        ("- z\nSubject", "- z + 7\nSubject", ": the objective has the constant 7; leave it out"),
        ("3 x + 2 y", "1e25 x + 2 y", ": the objective's coefficient of 'x' is not a finite number"),
        ("3 x + 2 y", "nan x + 2 y", ":3: NaN is not a finite number: 'nan'"),
        ("one: x + y", "one: NaN x + y", ":5: NaN is not a finite number: 'NaN'"),
        (">= 1\n", ">= nan\n", ":5: NaN is not a finite number"),
        ("one: x + y", "one: 1.5.5 x + y", ":5: a number has two points: '1.5.5'"),
        ("x + y >= 1", "x + y + 2 >= 1", ":5: a constant stands beside the variables of a row: 'y + 2 >'"),
        ("one: x + y", "one: 2 + x + y", ":5: a constant stands first, beside the variables: ': 2 +'"),
        ("3 x + 2 y", "3 x 2 y", ":3: a sign is missing between two terms: 'x 2 y'"),
        ("x + y >= 1", "1e20 x + y >= 1", _MATRIX),
        ("x + y >= 1", "1e-12 x + y >= 1", _MATRIX),
        ("Maximize", "hello\nMaximize", ": the objective, which begins with 'minimize' or 'maximize', must come first"),
        (
            "Maximize",
            "Maximise",
            ": the objective, which begins with 'minimize' or 'maximize', must come first, so spelt",
        ),
        ("End\n", "End\nmore\n", ": HiGHS cannot read this as an LP file"),
        ("x + y >= 1", "x + x + y >= 1", ": HiGHS cannot read this as an LP file: "),
        (
            "one: x + y >= 1",
            "one: 0 <= x + y <= 1",
            (_HIGHS + "it is damaged or incomplete", _HIGHS + "expected a number, found `x`"),
        ),
        ("three: x - z = 0\nBinary\n x y z\nEnd\n", "three: x -", ": HiGHS cannot read this as an LP file"),
    ],
)
def test_what_is_no_binary_linear_program_is_refused(refused, old, new, message):
    assert old in LP
    refused("a.lp", LP.replace(old, new), message)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (" UP BND       z         1\n", " UP BND       z         2\n", ": the variable 'z' has the bounds 0 and 2"),
        ("x         least     1", "x         odd     1", ': HiGHS cannot read this as an MPS file: Row name "odd"'),
        (
            "y         least     1",
            "y         least     1\n    y         least     2",
            ": HiGHS cannot read this as an MPS file: ",
        ),
        ("RANGES\n", "RUNGES\n", ":18: the section 'RUNGES' is not one of NAME, OBJSENSE, ROWS"),
        ("RANGES\n", "QUADOBJ\n", ":18: the section 'QUADOBJ' is not one of"),
        ("ENDATA\n", "", ":24: there is no line 'ENDATA'"),
        ("ENDATA\n", "ENDATA\n x\n", ":25: nothing may follow the line 'ENDATA'"),
        (" L  range\n", " X  range\n", ":4: the section ROWS has no place for the line 'X range'"),
        (
            "    z         same      -1\n",
            "    z         same\n",
            ":14: the section COLUMNS has no place for the line 'z same'",
        ),
        ("    z         same      -1\n", "    z         same  nan\n", ":14: the section COLUMNS has no place for"),
        (
            "    RHS       range     4",
            "    2\n    RHS       range     4",
            ":17: the section RHS has no place for the line '2'",
        ),
        (" UP BND       z         1\n", " UP BND       z   odd\n", ":23: the section BOUNDS has no place for"),
        (
            "    RHS       range     4",
            "    RHS       cost     5\n    RHS       range     4",
            ": the objective has the constant -5",
        ),
    ],
)
def test_mps_refusals(refused, old, new, message):
    assert old in MPS
    refused("a.mps", MPS.replace(old, new), message)


def test_what_is_no_text_or_empty(refused):
    for name in ("a.lp", "a.mps"):
        refused(name, b"", ": the file is empty")
        refused(name, b"max\0", ":1: not a text file")
    refused("a.lp", "max\nend\n", ": there are no variables in it")


def test_without_highspy_the_error_names_the_extra(file):
    path = file("a.lp", LP)
    program = (
        "import sys; sys.modules['highspy'] = None\n"
        "import ising_problems\n"
        f"try:\n    ising_problems.read({str(path)!r})\nexcept ImportError as error:\n    print(error)\n"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout == 'highspy is not installed; pip install "coherent-ising[io]" brings it\n'
