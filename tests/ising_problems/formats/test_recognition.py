"""Files whose name does not tell: recognised where only one format fits, refused where none does or several do."""

import pytest

import ising_problems as ip
from ising_problems.formats import FORMATS, Source
from ising_problems.formats.recognition import recognized

TEXTS = {
    "rudy": "3 2\n1 2 5\n2 3 7\n",
    "dimacs-graph": "c g\np edge 3 1\ne 1 2\n",
    "dimacs-cnf": "c f\np cnf 3 1\n1 2 0\n",
    "dimacs-wcnf": "p wcnf 3 1 9\n1 1 2 0\n",
    "tsplib": "NAME : t\nTYPE : TSP\nDIMENSION : 2\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n1 0 0\n2 1 1\n",
    "tsplib-hcp": "NAME : t\nTYPE : HCP\nDIMENSION : 2\nEDGE_DATA_FORMAT : EDGE_LIST\nEDGE_DATA_SECTION\n1 2\n-1\n",
    "steinlib": "33D32945 STP File, STP Format Version 1.0\nSECTION Graph\nNodes 1\nEdges 0\nEND\n",
    "knapsack": "10\n5 6\n3 4\n",
    "orlib-scp": "2 3\n1 1 1\n2\n1 2\n1\n3\n",
    "orlib-mknap": "1\n2 1 0\n3 4\n1 1\n1\n",
    "orlib-bqp": "1\n2 1\n1 2 3\n",
    "qubo": "3 2\n0 2 5\n2 1 7\n",
    "matrix-market": "%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n2 1 3\n",
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("suffix", ["", ".txt", ".dat", ".txt.gz"])
def test_every_format_that_can_be_told_is_told(name, suffix):
    assert recognized(Source(f"a{suffix}", TEXTS[name].encode()), FORMATS).name == name


def test_pace_and_other_openings():
    for name, text in (
        ("steinlib", "SECTION Graph\nNodes 1\n"),
        ("qubo", "p qubo 0 1 1 0\n0 0 1\n"),
        ("knapsack", "2 10\n5 6\n3 4\n"),
        ("knapsack", "a\nn 1\nc 5\nz 3\ntime 0.0\n1,3,3,1\n--\n"),
        ("rudy", "3 2\n1 2\n2 3\n"),
        ("rudy", "0 0\n"),
    ):
        assert recognized(Source("a", text.encode()), FORMATS).name == name


def test_a_recognised_file_is_read(file):
    assert isinstance(ip.read(file("G1", TEXTS["rudy"])), ip.MaxCut)
    assert ip.read(file("bqp.txt", TEXTS["orlib-bqp"])).num_spins == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1\n", ": the suffix '.txt' tells no format and the content is of none of rudy, "),
        ("hello world\n", ": the suffix '.txt' tells no format and the content is of none of rudy, "),
        (
            "9 9\n1 2\n",
            ": the content is of none of the formats that it begins like (rudy: 2: the file ends after 1 of",
        ),
        ("1 2\n2 3\n3 4\n", ": the content is of none of the formats"),
        ("3 1\n1 2 5\n", ": the content could be of rudy, qubo alike; name its format with format="),
        ("p edge 3 1\nf 1 2\n", ":2: an edge 'e i j' is needed"),
        ("1 2 3\n", ": the suffix '.txt' tells no format"),
        ("", ": the file is empty"),
        (b"1\0", ":1: not a text file"),
    ],
)
def test_doubt_is_an_error(refused, content, message):
    refused("a.txt", content, message)


def test_a_format_can_be_named_against_doubt(file):
    path = file("a.txt", "3 1\n1 2 5\n")
    assert isinstance(ip.read(path, format="rudy"), ip.MaxCut)
    assert isinstance(ip.read(path, format="qubo"), ip.IsingModel)


def test_a_suffix_that_tells_something_else_is_not_looked_into(refused):
    refused("a.xyz", TEXTS["rudy"], ": the suffix '.xyz' is none of .rud, ")
