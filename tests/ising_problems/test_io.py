"""read and write: the shared instances, every rule of every format, and that what is written comes back."""

import gzip
import itertools
import json
import subprocess
import sys
from pathlib import Path

import dimod
import networkx as nx
import numpy as np
import pytest
import scipy.io
import scipy.sparse as sp
from dimod.serialization import coo
from hypothesis import given, settings
from hypothesis import strategies as st

import ising_problems as ip
from ising_problems import IsingModel
from ising_problems.encoders.colouring import GraphColoring
from ising_problems.encoders.cuts import MaxCut
from ising_problems.formats import FORMATS
from ising_problems.io import read, write

TRIANGLE = "3 3\n1 2 5\n2 3 -1\n1 3 2\n"


@pytest.fixture
def file(tmp_path):
    """Writes a file of the given name and content, and gives its path."""

    def make(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


def all_spins(n):
    return np.array(list(itertools.product((-1, 1), repeat=n)), dtype=np.int8).reshape(2**n, n)


def refuse(path, message, **arguments):
    """Check that reading fails with one line that begins with the path and goes on with the message."""
    with pytest.raises(ValueError) as caught:
        read(path, **arguments)
    text = str(caught.value)
    assert text.startswith(str(path))
    assert text[len(str(path)) :].startswith(message), text
    assert "\n" not in text


# ---------------------------------------------------------------------- the shared instances


@pytest.mark.parametrize(
    ("name", "nodes", "edges"),
    [
        ("G1.rud", 800, 19176),
        ("G6.rud", 800, 19176),
        ("G11.rud", 800, 1600),
        ("G14.rud", 800, 4694),
        ("G18.rud", 800, 4694),
        ("G22.rud", 2000, 19990),
        ("G32.rud", 2000, 4000),
        ("G35.rud", 2000, 11778),
        ("G42.rud", 2000, 11779),
        ("G43.rud", 1000, 9990),
        ("G48.rud", 3000, 6000),
        ("G55.rud", 5000, 12498),
        ("G70.rud", 10000, 9999),
        ("g05_60.0.mc", 60, 885),
        ("bqp100-1.sparse.mc", 101, 563),
    ],
)
def test_shared_max_cut_instances(instance, name, nodes, edges):
    problem = read(instance(name))
    assert isinstance(problem, MaxCut)
    assert list(problem.graph) == list(range(1, nodes + 1))
    assert problem.graph.number_of_edges() == edges
    literal = [tuple(map(int, line.split())) for line in instance(name).read_text().splitlines()[1:]]
    assert {(*sorted((u, v)), w) for u, v, w in literal} == {
        (*sorted((u, v)), w) for u, v, w in problem.graph.edges(data="weight")
    }
    assert all(type(w) is int for _, _, w in problem.graph.edges(data="weight"))


@pytest.mark.parametrize(("name", "nodes", "edges"), [("myciel3.col", 11, 20), ("queen5_5.col", 25, 160)])
def test_shared_colouring_instances(instance, name, nodes, edges):
    problem = read(instance(name), num_colors=5)
    assert isinstance(problem, GraphColoring)
    assert problem.num_colors == 5
    assert (list(problem.graph), problem.graph.number_of_edges()) == (list(range(1, nodes + 1)), edges)
    assert isinstance(read(instance(name), problem=MaxCut), MaxCut)
    assert isinstance(read(instance(name)), ip.ChromaticNumber)


# ---------------------------------------------------------------------- choosing the format


def test_another_problem_can_be_made_of_the_graph(file):
    path = file("g.rud", TRIANGLE)
    problem = read(path, problem=GraphColoring, num_colors=3)
    assert (problem.num_colors, sorted(problem.graph.edges())) == (3, [(1, 2), (1, 3), (2, 3)])
    assert read(path, problem=IsingModel.from_graph).energy([1, 1, 1]) == -6
    matrix = file("m.mtx", "%%MatrixMarket matrix coordinate integer symmetric\n2 2 1\n2 1 3\n")
    assert read(matrix, problem=MaxCut).graph.edges[0, 1] == {"weight": 3}
    refuse(file("q.qubo", "p qubo 0 1 1 0\n0 0 1\n"), ": problem: the file holds a model with fields", problem=MaxCut)


def test_format_can_be_named(file):
    path = file("plain.txt", TRIANGLE)
    assert read(path, format="rudy").graph.number_of_edges() == 3
    assert read(path, format=".mc").graph.number_of_edges() == 3
    assert read(file("entries.txt", "0 1 4\n"), format="qubo").num_spins == 2


def test_unknown_formats_are_refused_with_the_known_ones(file):
    refuse(file("x.xyz", "1"), ": the suffix '.xyz' is none of .rud, .mc, .col, .clq, ")
    refuse(file("nosuffix", "1"), ": the suffix '' tells no format and the content is of none of rudy, dimacs-graph, ")
    with pytest.raises(ValueError, match=r"^format: 'odd' is none of rudy, dimacs-col, "):
        read(file("y.rud", TRIANGLE), format="odd")
    with pytest.raises(ValueError, match=r"nosuffix: the suffix '' tells no format; name it with format="):
        write(MaxCut([(1, 2)]), file("nosuffix", ""))


def test_what_is_no_file_is_refused(tmp_path):
    folder = tmp_path / "folder.rud"
    folder.mkdir()
    refuse(folder, ": this is a directory")
    with pytest.raises(FileNotFoundError, match=r"absent\.rud"):
        read(tmp_path / "absent.rud")
    for wrong in (None, 3, b"bytes.rud"):
        with pytest.raises(TypeError, match=r"^path: a str or path-like object is needed, not "):
            read(wrong)


def test_arguments_without_use_are_refused(file):
    with pytest.raises(TypeError, match=r"^read\(\) has no use for the argument 'num_colors': .*holds an Ising model"):
        read(file("q.coo", "0 0 1\n"), num_colors=3)
    with pytest.raises(TypeError, match=r"^MaxCut takes no argument 'colours'; it takes weight"):
        read(file("g.rud", TRIANGLE), colours=3)
    with pytest.raises(
        TypeError, match=r"^GraphColoring needs the argument 'num_colors', which .*g\.rud does not hold"
    ):
        read(file("g.rud", TRIANGLE), problem=GraphColoring)
    with pytest.raises(TypeError, match=r"^problem: a class of problem such as MaxCut is needed, not 'MaxCut'$"):
        read(file("g.rud", TRIANGLE), problem="MaxCut")


def test_gzip_is_unpacked_and_damage_noticed(file, tmp_path):
    packed = gzip.compress(TRIANGLE.encode())
    assert read(file("g.rud.gz", packed)).graph.edges[1, 2]["weight"] == 5
    refuse(file("cut.rud.gz", packed[:-6]), ": not a complete gzip file")
    refuse(file("not.rud.gz", TRIANGLE), ": not a complete gzip file")
    path = tmp_path / "out.mtx.gz"
    write(IsingModel([[0, 1], [1, 0]]), path)
    assert read(path).J.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    "suffix", sorted({suffix for known in FORMATS for suffix in known.suffixes} - {".bqm", ".lp", ".mps"})
)
def test_what_is_no_text_is_refused(file, suffix):
    refuse(file(f"empty{suffix}", ""), ": the file is empty")
    refuse(file(f"blank{suffix}", " \n\t\n\r\n"), ": the file is empty")
    refuse(file(f"binary{suffix}", b"3 3\n1 2\0\n"), ":2: not a text file: it holds a null byte")
    refuse(file(f"mac{suffix}", b"3 3\r1 2 5\r"), ":1: a carriage return within the line")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_wide_encodings_are_refused(file, encoding):
    refuse(file("wide.rud", TRIANGLE.encode(encoding)), ":1: not a text file")


def test_line_ends_blanks_and_marks_of_other_systems_are_fine(file):
    wanted = {(1, 2): 5, (2, 3): -1, (1, 3): 2}
    for content in (
        TRIANGLE.replace("\n", "\r\n"),
        TRIANGLE.replace("\n", "  \t \n") + "\n \n\n",
        TRIANGLE.replace(" ", "\t  "),
        "\ufeff" + TRIANGLE,
        "\n\n" + TRIANGLE[:-1],
    ):
        graph = read(file("g.rud", content)).graph
        assert {edge: graph.edges[edge]["weight"] for edge in wanted} == wanted


# ---------------------------------------------------------------------- rudy


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("3\n1 2 5\n", ":1: a header 'nodes edges' is needed, but the line is '3'"),
        ("3 x\n", ":1: the number of edges must be an integer, but it is 'x'"),
        ("3.0 0\n", ":1: the number of nodes must be an integer, but it is '3.0'"),
        ("-3 0\n", ":1: the header declares -3 nodes"),
        ("3 -1\n", ":1: the header declares -1 edges"),
        (
            "99999999999999999999 0\n",
            ":1: the number of nodes is '99999999999999999999', which does not fit in 64 bits",
        ),
        ("1000000000000 3\n1 2 5\n1 3 5\n2 3 5\n", ":1: 1000000000000 nodes for only 3 lines of data"),
        ("3 1000000000000\n1 2 5\n", ":2: the file ends after 1 of the 1000000000000 edges"),
        ("3 3\n1 2 5\n\n2 3 5\n", ":4: the file ends after 2 of the 3 edges that the header declares"),
        ("3 1\n1 2 5\n2 3 5\n", ":3: more lines than the 1 edges that the header declares"),
        ("3 2\n1 2 5\n2 4 5\n", ":3: node 4 is out of the range 1 to 3"),
        ("3 2\n1 2 5\n0 1 5\n", ":3: node 0 is out of the range 1 to 3"),
        ("0 1\n1 2 5\n", ":2: node 1 is named, but the header declares none"),
        ("3 2\n1 2 5\n3 3 5\n", ":3: an edge from node 3 to itself"),
        ("3 2\n1 2 5\n2 1 5\n", ":3: the edge between 2 and 1 was given before, in line 2"),
        ("3 2\n1 2 5\n2 3\n", ":3: an edge 'i j weight' (or 'i j' in every line) is needed, but the line is '2 3'"),
        ("3 2\n1 2\n2 3 5\n", ":3: an edge 'i j weight' (or 'i j' in every line) is needed, but the line is '2 3 5'"),
        ("3 1\n1 2 5 6\n", ":2: an edge 'i j weight' (or 'i j' in every line) is needed"),
        ("3 1\n1 b 5\n", ":2: the second node must be an integer, but it is 'b'"),
        ("3 1\n1 2_ 5\n", ":2: the second node must be an integer, but it is '2_'"),
        ("3 1\n1 2 nan\n", ":2: the weight must be a finite number, but it is 'nan'"),
        ("3 1\n1 2 -inf\n", ":2: the weight must be a finite number, but it is '-inf'"),
        ("3 1\n1 2 1e400\n", ":2: the weight is '1e400', which is too large for a float"),
        ("3 1\n1 2 1_000\n", ":2: the weight must be a finite number, but it is '1_000'"),
        ("3 1\n1 2 0x10\n", ":2: the weight must be a finite number, but it is '0x10'"),
        ("3 1\n1 2 .\n", ":2: the weight must be a finite number, but it is '.'"),
        ("3 1\n1 2 1e\n", ":2: the weight must be a finite number, but it is '1e'"),
        ("3 1\n1 2 ٣\n", ":2: the weight must be a finite number, but it is '\\u0663'"),
        ("3 1\n1 2 9223372036854775808\n", ":2: the weight is '9223372036854775808', which does not fit in 64 bits"),
        ("3 2\n1 2 9007199254740993\n1 3 0.5\n", ":2: the weight is '9007199254740993', which is not exact beside"),
    ],
)
def test_rudy_refusals_show_the_line(file, content, message):
    refuse(file("g.rud", content), message)


def test_rudy_weights(file):
    graph = read(file("a.rud", "3 2\n1 2\n2 3\n")).graph
    assert [w for _, _, w in graph.edges(data="weight")] == [1, 1]
    graph = read(file("b.rud", "4 3\n1 2 +3\n2 3 -0.25\n3 4 1e3\n")).graph
    assert [w for _, _, w in graph.edges(data="weight")] == [3.0, -0.25, 1000.0]
    graph = read(file("c.rud", f"2 1\n1 2 {2**51 - 1:030d}\n")).graph
    assert graph.edges[1, 2]["weight"] == 2**51 - 1
    assert read(file("d.rud", "0 0\n")).graph.number_of_nodes() == 0
    assert list(read(file("e.rud", "3 0\n")).graph) == [1, 2, 3]
    refuse(file("f.rud", "3 1\n1 2 9223372036854775807\n"), ": weight: ")


# ---------------------------------------------------------------------- DIMACS


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("c only\nc comments\n", ":2: no line 'p edge nodes edges': there are only comments"),
        ("e 1 2\n", ":1: the header 'p edge nodes edges' is needed, but the line is 'e 1 2'"),
        ("p cnf 3 2\n", ":1: the header 'p edge nodes edges' is needed"),
        ("p edge 3\n", ":1: the header 'p edge nodes edges' is needed"),
        ("p edge 3 x\n", ":1: the number of edges must be an integer, but it is 'x'"),
        ("p edge -3 0\n", ":1: the header declares -3 nodes and 0 edges"),
        ("p edge 1000000000000 1\ne 1 2\n", ":1: 1000000000000 nodes for only 1 lines of data"),
        ("p edge 3 1\nc\nf 1 2\n", ":3: an edge 'e i j' is needed, but the line is 'f 1 2'"),
        ("p edge 3 1\np edge 3 1\ne 1 2\n", ":2: an edge 'e i j' is needed, but the line is 'p edge 3 1'"),
        ("p edge 3 1\ne 1 2 5\n", ":2: an edge 'e i j' is needed, but the line is 'e 1 2 5'"),
        ("p edge 3 1\ne 1\n", ":2: an edge 'e i j' is needed, but the line is 'e 1'"),
        ("p edge 3 1\ne 1 4\n", ":2: node 4 is out of the range 1 to 3"),
        ("p edge 3 1\ne 2 2\n", ":2: an edge from node 2 to itself"),
        ("p edge 3 1\ne 1 two\n", ":2: the second node must be an integer, but it is 'two'"),
        (
            "p edge 3 3\ne 1 2\ne 2 1\n",
            ":1: the header declares 3 edges, but there are 2 lines 'e i j' with 1 different",
        ),
        (
            "p edge 3 1\ne 1 2\ne 2 3\n",
            ":1: the header declares 1 edges, but there are 2 lines 'e i j' with 2 different",
        ),
    ],
)
def test_dimacs_refusals_show_the_line(file, content, message):
    refuse(file("g.col", content), message, num_colors=3)


@pytest.mark.parametrize("header", ["p edge 3 4", "p col 3 2", "c p edge 9 9\np edge 3 2"])
def test_dimacs_edges_in_both_directions_count_once(file, header):
    path = file("g.col", f"c caf\xe9\n{header}\ne 1 2\ne 2 1\nc between\ne 2 3\ne 3 2\n".encode("latin-1"))
    assert sorted(read(path, num_colors=2).graph.edges()) == [(1, 2), (2, 3)]


# ---------------------------------------------------------------------- QUBO


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("c nothing\n", ":1: the header 'p qubo topology maxNodes nNodes nCouplers' is needed"),
        ("0 0 1\n", ":1: the header 'p qubo topology maxNodes nNodes nCouplers' is needed"),
        ("p qubo 0 2 1\n0 0 1\n", ":1: the header 'p qubo"),
        ("p qubo 0 2 x 0\n", ":1: nNodes must be an integer, but it is 'x'"),
        ("p qubo 0 2 3 0\n", ":1: maxNodes is 2, nNodes 3 and nCouplers 0, which cannot be"),
        ("p qubo 0 -1 -1 0\n", ":1: maxNodes is -1"),
        ("p qubo 0 1000000000000 1 0\n0 0 1\n", ":1: 1000000000000 nodes for only 1 lines of data"),
        ("p qubo 0 2 1 0\n0 0\n", ":2: an entry 'i j q' is needed, but the line is '0 0'"),
        ("p qubo 0 2 1 0\n2 2 1\n", ":2: node 2 is out of the range 0 to 1"),
        ("p qubo 0 2 1 0\n-1 -1 1\n", ":2: node -1 is out of the range 0 to 1"),
        ("p qubo 0 2 0 1\n1 0 1\n", ":2: a coupler 'i j q' needs i < j, but it is '1 0 1'"),
        ("p qubo 0 2 2 0\n0 0 1\n", ":2: the header declares 2 nodes, but there are 1"),
        ("p qubo 0 2 0 0\n0 1 1\n", ":1: the header declares 0 couplers, but there are 1"),
        ("p qubo 0 2 0 2\n0 1 1\n0 1 1\n", ":3: the entry 0 1 was given before, in line 2"),
        ("p qubo 0 2 1 0\n0 0 nan\n", ":2: the coefficient must be a finite number, but it is 'nan'"),
        ("c offset 1\nc offset 1\np qubo 0 0 0 0\n", ":2: the offset was given before"),
        ("c offset one\np qubo 0 0 0 0\n", ":1: the offset must be a finite number, but it is 'one'"),
        ("c offset 1e999\np qubo 0 0 0 0\n", ":1: the offset must be a finite number"),
        ("p qubo 0 1 1 0\n0 0 1e300\n", ": the coefficients: sums of numbers this large overflow"),
    ],
)
def test_qbsolv_refusals_show_the_line(file, content, message):
    refuse(file("q.qubo", content), message)


def test_qbsolv_energies_are_those_of_its_binary_variables(file):
    content = "c a comment\nc offset -1.5\np qubo unconstrained 4 2 2\n0 0 -1\n0 2 2.5\nc more\n2 2 3\n0 1 -4\n"
    model = read(file("q.qubo", content))
    assert model.num_spins == 4
    for s in all_spins(4):
        x = (1 + s.astype(int)) // 2
        assert model.energy(s) == -x[0] + 3 * x[2] + 2.5 * x[0] * x[2] - 4 * x[0] * x[1] - 1.5


def test_only_blanks_and_tabs_part_the_words_of_a_comment(file):
    assert read(file("a.qubo", "c\toffset  2\np qubo 0 0 0 0\n")).offset == 2
    assert read(file("b.qubo", "c offset\x0b2\np qubo 0 0 0 0\n")).offset == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("# vartype=SPIN\n# vartype=BINARY\n0 0 1\n", ":2: vartype was given before, and differently"),
        ("# vartype=TERNARY\n0 0 1\n", ":1: vartype must be SPIN or BINARY, but it is 'TERNARY'"),
        ("0 1 1\n0 1 1\n", ":2: the entry 0 1 was given before, in line 1"),
        ("-1 1 1\n", ":1: node -1 is out of the range 0 to 1"),
        ("0 1\n", ":1: the file ends after 0 of the 1 entries"),
        ("2 1\n0 2 1\n", ":2: node 2 is out of the range 0 to 1"),
        ("2 2\n0 1 1\n", ":2: the file ends after 1 of the 2 entries"),
        ("0 1000000000000 1\n", ": 1000000000001 variables for only 1 lines of data"),
        ("0 9223372036854775807 1\n", ": 9223372036854775808 variables for only 1 lines of data"),
        ("0 1 2 3\n", ":1: an entry 'i j q' is needed"),
    ],
)
def test_coefficient_list_refusals_show_the_line(file, content, message):
    refuse(file("q.coo", content), message)


def test_coefficient_list_is_a_square_matrix(file):
    Q = np.array([[1, 2, 0], [-3, 0, 0], [0.5, 0, 0]])
    for header in ("", "3 4\n", "# a comment\n# vartype=BINARY\n"):
        model = read(file("q.coo", header + "0 0 1\n0 1 2\n1 0 -3\n2 0 0.5\n"))
        for s in all_spins(3):
            x = (1 + s.astype(int)) // 2
            assert model.energy(s) == x @ Q @ x
    assert read(file("wide.coo", "5 1\n0 0 1\n")).num_spins == 5


@pytest.mark.parametrize("vartype", ["SPIN", "BINARY"])
def test_dimods_own_coefficient_lists_are_read(file, vartype):
    bqm = dimod.BinaryQuadraticModel({0: 1.5, 1: -2.0, 2: 0.25}, {(0, 1): 3.0, (1, 2): -0.5}, 0.0, vartype)
    model = read(file("b.coo", coo.dumps(bqm, vartype_header=True)))
    samples = all_spins(3) if vartype == "SPIN" else (1 + all_spins(3)) // 2
    np.testing.assert_array_equal(model.energy(all_spins(3)), bqm.energies((samples, [0, 1, 2])))


# ---------------------------------------------------------------------- Matrix Market

MTX = "%%MatrixMarket matrix coordinate real symmetric\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("3 3 0\n", ":1: a Matrix Market file begins with '%%MatrixMarket matrix ...'"),
        ("\n" + MTX + "1 1 0\n", ":1: a Matrix Market file begins"),
        ("%%MatrixMarket matrix coordinate real\n1 1 0\n", ":1: the first line must be"),
        (
            "%%MatrixMarket matrix coordinate complex symmetric\n1 1 0\n",
            ":1: 'complex' is none of real, double, integer",
        ),
        ("%%MatrixMarket matrix coordinate real skew-symmetric\n1 1 0\n", ":1: 'skew-symmetric' is none of symmetric"),
        ("%%MatrixMarket matrix array pattern symmetric\n1 1\n", ":1: an array has no pattern"),
        (MTX.replace("real ", "real\x1c"), ":1: the first line must be"),
        (MTX, ":1: no line with the size of the matrix"),
        (MTX + "2 2\n", ":2: the size 'rows columns entries' is needed, but the line is '2 2'"),
        (MTX + "2 3 0\n", ":2: the couplings must be a square matrix, but the size is 2 by 3"),
        (MTX + "2 2 -1\n", ":2: the header declares -1 entries"),
        (MTX + "2 2 2\n2 1 1\n", ":3: the file ends after 1 of the 2 entries"),
        (MTX + "2 2 1\n2 1 1\n2 1 1\n", ":4: more lines than the 1 entries"),
        (MTX + "3 3 2\n2 1 1\n1 2 1\n", ":4: the entry (1, 2) was given before, in line 3"),
        (MTX + "2 2 1\n3 1 1\n", ":3: node 3 is out of the range 1 to 2"),
        (MTX + "2 2 1\n2 1\n", ":3: an entry 'row column value' is needed, but the line is '2 1'"),
        (MTX + "2 2 1\n2 1 0.5x\n", ":3: the entry must be a finite number, but it is '0.5x'"),
        (MTX + "2 2 1\n2 1 nan\n", ":3: the entry must be a finite number, but it is 'nan'"),
        (
            MTX + "%\n\n2 2 1\n2 2 4\n",
            ":5: the entry (2, 2) on the diagonal is 4.0, but a spin is not coupled to itself",
        ),
        (MTX + "1000000000000 1000000000000 1\n2 1 1\n", ":2: 1000000000000 rows for only 1 lines of data"),
        (MTX + "2 2 1000000000000\n2 1 1\n", ":3: the file ends after 1 of the 1000000000000 entries"),
        (MTX.replace("real", "integer") + "2 2 1\n2 1 0.5\n", ":3: the entry must be an integer, but it is '0.5'"),
        (MTX.replace("real", "pattern") + "2 2 1\n2 1 0.5\n", ":3: an entry 'row column' is needed"),
        (
            MTX.replace("symmetric", "general") + "2 2 2\n2 1 1\n1 2 3\n",
            ": the couplings must be symmetric, but entry (2, 1) is 1.0 and (1, 2) is 3.0",
        ),
        (
            MTX.replace("symmetric", "general") + "2 2 1\n1 2 3\n",
            ": the couplings must be symmetric, but entry (1, 2) is 3.0 and (2, 1) is 0",
        ),
        ("%%MatrixMarket matrix array real general\n2 2\n0\n1\n1\n", ":5: the file ends after 3 of the 4 entries"),
        (
            "%%MatrixMarket matrix array real general\n2 2\n0\n1\n2\n0\n",
            ": the couplings must be symmetric, but entry (1, 2)",
        ),
        ("%%MatrixMarket matrix array real general\n2 2\n0\n1\n1\n7\n", ":6: the entry (2, 2) on the diagonal is 7.0"),
        (
            "%%MatrixMarket matrix array real symmetric\n3 3\n0\n1\n2\n7\n0\n0\n",
            ":6: the entry (2, 2) on the diagonal is 7",
        ),
        (
            "%%MatrixMarket matrix array real general\n1000000000000 1000000000000\n0\n",
            ":3: the file ends after 1 of the 1",
        ),
    ],
)
def test_matrix_market_refusals_show_the_line(file, content, message):
    refuse(file("m.mtx", content), message)


@pytest.mark.parametrize("dtype", [np.int64, np.float64])
@pytest.mark.parametrize("form", [np.array, sp.coo_array])
@pytest.mark.parametrize("symmetry", ["symmetric", "general"])
def test_matrix_market_files_of_scipy_are_read(tmp_path, dtype, form, symmetry):
    J = np.array([[0, 2, -1, 0], [2, 0, 0, 5], [-1, 0, 0, 0], [0, 5, 0, 0]], dtype=dtype)
    path = tmp_path / "m.mtx"
    scipy.io.mmwrite(path, form(J), symmetry=symmetry, comment="couplings")
    model = read(path)
    assert model.J.dtype == dtype
    assert model.J.tolist() == J.tolist()


def test_matrix_market_patterns_are_ones(file):
    model = read(file("m.mtx", MTX.replace("real", "pattern") + "3 3 2\n2 1\n3 2\n"))
    assert model.J.tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
    assert model.is_integer


def test_scipy_reads_what_is_written(tmp_path):
    model = IsingModel([[0, 0.1, 0], [0.1, 0, -1 / 3], [0, -1 / 3, 0]])
    write(model, tmp_path / "m.mtx")
    np.testing.assert_array_equal(scipy.io.mmread(tmp_path / "m.mtx").toarray(), model.J)


# ---------------------------------------------------------------------- dimod


def bqm_json(**changes):
    bqm = dimod.BinaryQuadraticModel({"a": 1.0, "b": 2.0}, {("a", "b"): 3.0}, 0.5, "SPIN")
    return json.dumps({**bqm.to_serializable(), **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"type": "SampleSet"}, ": not the JSON of a dimod BinaryQuadraticModel"),
        ({"version": {"bqm_schema": "1.0.0"}}, ": the bqm_schema must be one of 2.0.0, 3.0.0"),
        ({"use_bytes": True}, ": biases as bytes (use_bytes)"),
        ({"variable_type": "DISCRETE"}, ": variable_type must be SPIN or BINARY, but it is 'DISCRETE'"),
        ({"num_variables": -2}, ": num_variables and num_interactions must be numbers, not -2 and 1"),
        ({"num_variables": 3}, ": the labels must be a list of 3"),
        ({"num_interactions": 2}, ": quadratic_biases must be a list of 2 numbers"),
        ({"variable_labels": ["a", "a"]}, ": two variables have the same label"),
        ({"variable_labels": ["a", {}]}, ": a label must be a text, a number or a list of them"),
        ({"linear_biases": [1.0]}, ": linear_biases must be a list of 2 numbers"),
        ({"linear_biases": [1.0, "2"]}, ": number 1 of linear_biases is '2', not a number"),
        ({"linear_biases": [1.0, 2**60]}, ": number 1 of linear_biases is 1152921504606846976, which a float cannot"),
        ({"quadratic_head": [2]}, ": quadratic_head must be 1 indices from 0 to 1"),
        ({"quadratic_tail": [-1]}, ": quadratic_tail must be 1 indices from 0 to 1"),
        ({"quadratic_head": [1]}, ": interaction 0 couples variable 1 to itself"),
        ({"offset": None}, ": number 0 of offset is None, not a number"),
        (
            {"num_interactions": 2, "quadratic_biases": [1, 1], "quadratic_head": [0, 1], "quadratic_tail": [1, 0]},
            ": interaction 1 between 1 and 0 was given before",
        ),
    ],
)
def test_dimod_json_refusals(file, changes, message):
    refuse(file("b.json", bqm_json(**changes)), message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[1, 2", ":1: the file is not valid JSON: Expecting ',' delimiter (column 6)"),
        ('{"a": 1,\n "a": 2}', ": the file is not valid JSON: a key is given twice"),
        ('{"a": NaN}', ": the file is not valid JSON: NaN is not a finite number"),
        (b'"\xff"', ": the file is not UTF-8 text"),
        ("[" * 100_000, ": the file is nested too deeply"),
        ("3", ": not the JSON of a dimod BinaryQuadraticModel"),
    ],
)
def test_broken_json_is_refused(file, content, message):
    refuse(file("b.json", content), message)


def test_dimod_json_with_nested_labels(file):
    bqm = dimod.BinaryQuadraticModel({"a": 1.0, (1, ("x", 2)): 2.0}, {}, 0.0, "BINARY")
    model = read(file("b.json", json.dumps(bqm.to_serializable())))
    assert set(model.labels) == {"a", (1, ("x", 2))}


@pytest.mark.parametrize("vartype", ["SPIN", "BINARY"])
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("ignore_labels", [True, False])
def test_dimods_own_binary_files_are_read(file, vartype, version, dtype, ignore_labels):
    bqm = dimod.BinaryQuadraticModel(
        {"a": 1.5, "b": -2.0, "c": 0}, {("a", "b"): 3.0, ("c", "a"): 7}, 0.5, vartype, dtype=dtype
    )
    with bqm.to_file(version=version, ignore_labels=ignore_labels) as content:
        model = read(file("b.bqm", content.read()))
    assert list(model.labels) == ([0, 1, 2] if ignore_labels else list(bqm.variables))
    samples = all_spins(3) if vartype == "SPIN" else (1 + all_spins(3)) // 2
    np.testing.assert_array_equal(model.energy(all_spins(3)), bqm.energies((samples, list(bqm.variables))))


def test_damaged_binary_files_are_refused(file):
    bqm = dimod.BinaryQuadraticModel({"a": 1.0, "b": 2.0}, {("a", "b"): 3.0}, 0.5, "SPIN")
    with bqm.to_file() as content:
        whole = content.read()
    refuse(file("b.bqm", ""), ": the file is empty")
    refuse(file("b.bqm", b"garbage"), ": not a dimod BQM file")
    refuse(file("b.bqm", whole[:12]), ": a BQM file of version 1 or 2 is needed")
    refuse(file("b.bqm", whole[:8] + b"\x09" + whole[9:]), ": a BQM file of version 1 or 2 is needed")
    refuse(file("b.bqm", whole[:40]), ": the header is not valid JSON")
    refuse(file("b.bqm", whole[:-20]), ": the labels are missing")
    refuse(file("b.bqm", whole + b"more"), ": the labels are missing, cut off or followed by something else")
    refuse(
        file("b.bqm", whole.replace(b'"float64"', b'"object_"')), ": the header's dtype is 'object_', which is none of"
    )
    refuse(file("b.bqm", whole.replace(b"[2, 1]", b"[9, 9]")), ": 332 bytes of data are declared, but only")
    refuse(file("b.bqm", whole.replace(b"[2, 1]", b"[2, 2]")), ": the header declares 2 interactions of 2 variables")
    body = 14 + int.from_bytes(whole[10:14], "little")
    first_neighbour = body + 8 + 2 * 12
    for index, message in ((9, "9 is not a variable"), (-1, "-1 is not a variable"), (0, "0 is coupled to itself")):
        damaged = whole[:first_neighbour] + index.to_bytes(4, "little", signed=True) + whole[first_neighbour + 4 :]
        refuse(file("b.bqm", damaged), f": among the neighbours of variable 0, {message}")
    differing = whole[: first_neighbour + 10] + b"\x11" + whole[first_neighbour + 11 :]
    refuse(file("b.bqm", differing), ": the interactions of two variables differ in the two places")


def test_pickles_are_not_opened(file):
    """A pickle that would leave a file behind if anything loaded it."""
    trap = file("trap", "")
    trap.unlink()
    pickled = b"cpathlib\nPath.touch\n(cpathlib\nPath\n(V" + str(trap).encode() + b"\ntRtR."
    for suffix in (suffix for known in FORMATS for suffix in known.suffixes):
        refuse(file(f"p{suffix}", pickled), ":")
    refuse(file("nosuffix", pickled), ":")
    assert not trap.exists()


@pytest.mark.parametrize("suffix", [".bqm", ".json"])
def test_without_dimod_the_error_names_the_extra(tmp_path, suffix):
    program = (
        "import sys; sys.modules['dimod'] = None\n"
        "from ising_problems.io import read, write\n"
        "from ising_problems import IsingModel\n"
        f"path = {str(tmp_path / 'b') + suffix!r}\n"
        "for call in (lambda: read(path), lambda: write(IsingModel([[0]]), path)):\n"
        "    try:\n        call()\n    except ImportError as error:\n        print(error)\n"
    )
    (tmp_path / f"b{suffix}").write_bytes(b"x")
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root, check=True)
    line = 'dimod is not installed; pip install "coherent-ising[dimod]" brings it'
    assert done.stdout.splitlines() == [line, line]


# ---------------------------------------------------------------------- writing


@st.composite
def models(draw):
    n = draw(st.integers(0, 5))
    whole = draw(st.booleans())
    number = st.integers(-(10**6), 10**6) if whole else st.floats(-1e6, 1e6, allow_subnormal=False)
    J = np.zeros((n, n), dtype=np.int64 if whole else np.float64)
    upper = np.triu_indices(n, 1)
    J[upper] = draw(st.lists(number, min_size=len(upper[0]), max_size=len(upper[0])))
    h = draw(st.one_of(st.none(), st.lists(number, min_size=n, max_size=n)))
    form = draw(st.sampled_from((np.array, sp.csr_array)))
    return IsingModel(form(J + J.T), h, draw(st.one_of(st.just(0), number)))


def assert_same_energies(model, other, spins=None):
    states = all_spins(model.num_spins)
    if model.is_integer:
        assert other.is_integer
        assert other.energy(states).tolist() == model.energy(states).tolist()
    scale = np.abs(model.energy(states)).max() + 1
    np.testing.assert_allclose(other.energy(states), model.energy(states), rtol=0, atol=1e-9 * scale)


@settings(max_examples=60)
@given(model=models(), suffix=st.sampled_from((".qubo", ".bqm", ".json", ".qubo.gz")))
def test_any_model_comes_back_with_the_same_energies(tmp_path_factory, model, suffix):
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    write(model, path)
    assert_same_energies(model, read(path))


@settings(max_examples=60)
@given(model=models())
def test_couplings_come_back_bit_for_bit(tmp_path_factory, model):
    plain = IsingModel(model.J)
    path = tmp_path_factory.getbasetemp() / "plain.mtx"
    write(plain, path)
    back = read(path)
    assert back.J.dtype == plain.J.dtype
    assert abs(back.J - plain.J).sum() == 0
    write(plain, path.with_suffix(".rud"))
    back = read(path.with_suffix(".rud")).to_ising()
    assert abs(back.J - plain.J).sum() == 0
    total = plain.J.sum() / 2
    aligned = np.ones(plain.num_spins)
    assert back.energy(aligned) == pytest.approx(plain.energy(aligned) + total, abs=1e-12 * (1 + abs(plain.J).sum()))


def test_max_cut_comes_back_as_it_was(tmp_path):
    graph = nx.Graph()
    graph.add_nodes_from(range(1, 6))
    graph.add_edge(1, 3, weight=0.1)
    graph.add_edge(5, 2, weight=-7)
    graph.add_edge(2, 3)
    for suffix in (".rud", ".mc", ".rud.gz"):
        write(MaxCut(graph), tmp_path / f"g{suffix}")
        back = read(tmp_path / f"g{suffix}").graph
        assert list(back) == [1, 2, 3, 4, 5]
        assert {frozenset(edge): back.edges[edge]["weight"] for edge in back.edges} == {
            frozenset((1, 3)): 0.1,
            frozenset((2, 5)): -7.0,
            frozenset((2, 3)): 1.0,
        }
    write(MaxCut(graph, weight=None), tmp_path / "unweighted.rud")
    assert (tmp_path / "unweighted.rud").read_text() == "5 3\n1 3 1\n2 5 1\n2 3 1\n"


def test_the_model_of_a_cut_comes_back_with_its_offset(tmp_path, file):
    model = read(file("g.rud", TRIANGLE)).to_ising()
    write(model, tmp_path / "again.rud")
    assert_same_energies(model, read(tmp_path / "again.rud").to_ising())
    write(read(file("g.rud", TRIANGLE)), tmp_path / "again.qubo")
    assert_same_energies(model, read(tmp_path / "again.qubo"))


@pytest.mark.parametrize(
    ("model", "suffix", "message"),
    [
        (IsingModel([[0]], h=[1]), ".mtx", ": model: a Matrix Market file has no place for fields; write '.qubo'"),
        (IsingModel([[0]], offset=2), ".mtx", ": model: a Matrix Market file has no place for the offset 2"),
        (IsingModel([[0]], h=[1]), ".rud", ": model: a rudy file has no place for fields; write '.qubo'"),
        (IsingModel([[0]], offset=2), ".mc", ": model: a rudy file has no place for the offset 2"),
        (IsingModel([[0]], labels=["a"]), ".mtx", ": a Matrix Market file has no place for labels other than 0 to 0"),
        (IsingModel([[0]], labels=[4]), ".qubo", ": a QUBO file has no place for labels other than 0 to 0 or 1 to 1"),
        (IsingModel([[0]], labels=["a"]), ".rud", ": a rudy file has no place for labels"),
        (MaxCut([("a", "b")]), ".rud", ": a rudy file has no place for labels"),
        (
            GraphColoring([(1, 2)], 2),
            ".rud",
            ": model: a rudy file holds a MaxCut problem or a model without fields, not",
        ),
        (MaxCut([(1, 2)]), ".col", ": model: a '.col' file holds a graph to be coloured, not a MaxCut"),
        (
            MaxCut([(1, 2)]),
            ".gr",
            ": the format 'steinlib' can only be read; write one of .rud, .mc, .col, .cnf, .qubo",
        ),
        (IsingModel([[0]], labels=[None]), ".bqm", ": model: dimod's files hold labels that are texts"),
        (IsingModel([[0]], labels=[frozenset()]), ".json", ": model: dimod's files hold labels that are texts"),
        (IsingModel([[0, 2**55 + 1], [2**55 + 1, 0]]), ".json", ": model: dimod keeps float64"),
        (IsingModel([[0]]), ".xyz", ": the suffix '.xyz' is none of"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_and_nothing_is_written(tmp_path, model, suffix, message):
    path = tmp_path / f"x{suffix}"
    with pytest.raises(ValueError) as caught:
        write(model, path)
    assert str(caught.value)[len(str(path)) :].startswith(message), str(caught.value)
    assert not path.exists()


def test_labels_come_back_where_there_is_a_place_for_them(tmp_path):
    model = IsingModel([[0, 1.5, 0], [1.5, 0, 0], [0, 0, 0]], h=[0, 0, 0.1], labels=["a", (1, "b"), 7])
    for suffix in (".bqm", ".json"):
        write(model, tmp_path / f"x{suffix}")
        back = read(tmp_path / f"x{suffix}")
        assert list(back.labels) == ["a", (1, "b"), 7]
        assert (back.J.tolist(), back.h.tolist()) == (model.J.tolist(), model.h.tolist())


def test_only_models_and_problems_are_written(tmp_path):
    with pytest.raises(TypeError, match=r"^model: an IsingModel or a Problem is needed, not ndarray$"):
        write(np.zeros((2, 2)), tmp_path / "x.mtx")
    with pytest.raises(TypeError, match=r"^path: a str or path-like object is needed, not int$"):
        write(IsingModel([[0]]), 3)


def test_a_large_file_is_read_as_a_whole(tmp_path):
    """300,000 entries; the content is compared, not the time."""
    rng = np.random.default_rng(3)
    keys = np.unique(rng.integers(0, 20_000**2, 310_000))
    i, j = keys // 20_000, keys % 20_000
    i, j = i[i < j], j[i < j]
    values = rng.normal(size=len(i))
    lines = [f"{a + 1} {b + 1} {v!r}" for a, b, v in zip(j.tolist(), i.tolist(), values.tolist(), strict=True)]
    path = tmp_path / "large.mtx"
    path.write_text(MTX + f"20000 20000 {len(i)}\n" + "\n".join(lines))
    upper = sp.triu(read(path).J, format="coo")
    expected = sp.csr_array((values, (i, j)), shape=(20_000, 20_000))
    assert abs(upper - expected).sum() == 0
    refuse_line = 1 + len(lines)
    lines[-2] = lines[-2] + "x"
    path.write_text(MTX + f"20000 20000 {len(i)}\n" + "\n".join(lines))
    refuse(path, f":{refuse_line}: the entry must be a finite number")
