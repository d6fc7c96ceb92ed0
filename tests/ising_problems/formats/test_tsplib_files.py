"""TSPLIB: every kind of distance against its definition, every layout of a matrix, and every refusal."""

import math

import networkx as nx
import numpy as np
import pytest

import ising_problems as ip

POINTS = [(38.24, 20.42), (-39.57, 26.15), (40.56, 25.32), (36.26, 23.12), (-33.48, -10.54), (0.0, 0.01)]


def coordinates(kind, points=POINTS, extra=""):
    lines = "".join(f"{k} {x} {y}\n" for k, (x, y) in enumerate(points, start=1))
    header = f"NAME: t\nTYPE: TSP\nDIMENSION: {len(points)}\nEDGE_WEIGHT_TYPE: {kind}\n{extra}"
    return f"{header}NODE_COORD_SECTION\n{lines}EOF\n"


def explicit(form, numbers, n=3, kind="TSP"):
    return (
        f"NAME : t\nTYPE : {kind}\nCOMMENT : one\nCOMMENT : two\nDIMENSION : {n}\nEDGE_WEIGHT_TYPE : EXPLICIT\n"
        f"EDGE_WEIGHT_FORMAT : {form}\nEDGE_WEIGHT_SECTION\n{numbers}\nEOF\n"
    )


def nint(x):
    return int(x + 0.5)


def pseudo_euclidean(a, b):
    r = math.sqrt(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) / 10.0)
    t = nint(r)
    return t + 1 if t < r else t


def geographical(a, b):
    """TSPLIB's own program, line by line."""

    def radians(x):
        degrees = int(x)
        return 3.141592 * (degrees + 5.0 * (x - degrees) / 3.0) / 180.0

    q1 = math.cos(radians(a[1]) - radians(b[1]))
    q2 = math.cos(radians(a[0]) - radians(b[0]))
    q3 = math.cos(radians(a[0]) + radians(b[0]))
    return int(6378.388 * math.acos(0.5 * ((1.0 + q1) * q2 - (1.0 - q1) * q3)) + 1.0)


DEFINITIONS = {
    "EUC_2D": lambda a, b: nint(math.hypot(a[0] - b[0], a[1] - b[1])),
    "CEIL_2D": lambda a, b: math.ceil(math.hypot(a[0] - b[0], a[1] - b[1])),
    "MAN_2D": lambda a, b: nint(abs(a[0] - b[0]) + abs(a[1] - b[1])),
    "MAX_2D": lambda a, b: max(nint(abs(a[0] - b[0])), nint(abs(a[1] - b[1]))),
    "ATT": pseudo_euclidean,
    "GEO": geographical,
}


@pytest.mark.parametrize("kind", DEFINITIONS)
def test_distances_are_as_defined(file, kind):
    points = [*POINTS, *np.random.default_rng(1).uniform(-90, 90, (20, 2)).round(2).tolist()]
    graph = ip.read(file("t.tsp", coordinates(kind, points))).graph
    assert len(graph) == 26
    assert graph.number_of_edges() == 26 * 25 // 2
    for u, v, weight in graph.edges(data="weight"):
        assert weight == DEFINITIONS[kind](points[u - 1], points[v - 1])
        assert type(weight) is int


def test_roundings_that_differ(file):
    """Distances 0.5, 5 and 4.743…: nearest, up, and the nearest that is not below."""
    points = [(0, 0), (0, 0.5), (15, 0)]
    found = {kind: ip.read(file("t.tsp", coordinates(kind, points))).graph for kind in ("EUC_2D", "CEIL_2D", "ATT")}
    weights = {kind: [graph.edges[e]["weight"] for e in ((1, 2), (1, 3))] for kind, graph in found.items()}
    assert weights == {"EUC_2D": [1, 15], "CEIL_2D": [1, 15], "ATT": [1, 5]}
    assert [found[kind].edges[2, 3]["weight"] for kind in found] == [15, 16, 5]


def test_positions_are_kept_for_drawing(file):
    graph = ip.read(file("t.tsp", coordinates("EUC_2D", [(1, 2), (3, 4.5), (0, 0)]))).graph
    assert dict(graph.nodes(data="pos")) == {1: (1.0, 2.0), 2: (3.0, 4.5), 3: (0.0, 0.0)}
    graph = ip.read(file("t.tsp", coordinates("GEO"))).graph
    assert graph.nodes[1]["pos"] == (20.42, 38.24)  # longitude is to the right
    picture = explicit("UPPER_ROW", "1 2 3\nDISPLAY_DATA_SECTION\n1 5 6\n2 7 8\n3 9 10")
    assert ip.read(file("t.tsp", picture)).graph.nodes[3]["pos"] == (9.0, 10.0)


def test_cities_may_come_in_any_order(file):
    content = coordinates("EUC_2D", [(0, 0), (0, 1), (0, 3)]).replace("1 0 0\n2 0 1\n", "2 0 1\n1 0 0\n")
    graph = ip.read(file("t.tsp", content)).graph
    assert list(graph) == [1, 2, 3]
    assert {edge: graph.edges[edge]["weight"] for edge in graph.edges} == {(1, 2): 1, (1, 3): 3, (2, 3): 2}


@pytest.mark.parametrize(
    ("form", "numbers"),
    [
        ("FULL_MATRIX", "9 1 2\n1 9 3\n2 3 9"),
        ("FULL_MATRIX", "9 1\n2 1 9 3 2\n3\n9"),
        ("UPPER_ROW", "1 2\n3"),
        ("LOWER_ROW", "1\n2 3"),
        ("UPPER_DIAG_ROW", "9 1 2\n9 3\n9"),
        ("LOWER_DIAG_ROW", "9\n1 9\n2 3 9"),
        ("UPPER_COL", "1 2 3"),
        ("LOWER_COL", "1 2 3"),
        ("UPPER_DIAG_COL", "9 1 9 2 3 9"),
        ("LOWER_DIAG_COL", "9 1 2 9 3 9"),
    ],
)
def test_layouts_of_a_matrix(file, form, numbers):
    graph = ip.read(file("t.tsp", explicit(form, numbers))).graph
    assert {edge: graph.edges[edge]["weight"] for edge in graph.edges} == {(1, 2): 1, (1, 3): 2, (2, 3): 3}


def test_directions_differ_in_an_atsp(file):
    problem = ip.read(file("t.atsp", explicit("FULL_MATRIX", "9999 1 2\n3 9999 4\n5 6 9999", kind="ATSP")))
    assert isinstance(problem, ip.TravellingSalesman)
    assert problem.graph.is_directed()
    weights = {edge: problem.graph.edges[edge]["weight"] for edge in problem.graph.edges}
    assert weights == {(1, 2): 1, (1, 3): 2, (2, 1): 3, (2, 3): 4, (3, 1): 5, (3, 2): 6}
    assert problem.objective([1, 2, 3]) == 1 + 4 + 5


def test_published_tour_of_burma(instance):
    problem = ip.read(instance("burma14.tsp"))
    assert problem.objective([1, 2, 14, 3, 4, 5, 6, 12, 7, 13, 8, 11, 9, 10]) == 3323


@pytest.mark.parametrize(
    ("name", "directed", "edge", "weight"),
    [
        ("gr17.tsp", False, (1, 2), 633),
        ("gr17.tsp", False, (17, 16), 336),
        ("br17.atsp", True, (3, 4), 72),
        ("br17.atsp", True, (4, 3), 74),
    ],
)
def test_shared_matrices(instance, name, directed, edge, weight):
    graph = ip.read(instance(name)).graph
    assert graph.is_directed() is directed
    assert list(graph) == list(range(1, 18))
    assert graph.number_of_edges() == 17 * 16 // (1 if directed else 2)
    assert graph.edges[edge]["weight"] == weight


HEAD = "NAME: t\nTYPE: TSP\nDIMENSION: 2\nEDGE_WEIGHT_TYPE: EUC_2D\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1 2 3\n", ":1: a line 'KEYWORD : value' is needed, but it is '1 2 3'"),
        ("hello\n", ":1: no keyword of TSPLIB: 'hello'"),
        ("NAME: t\nNAME: t\n", ":2: NAME was given before"),
        ("NAME: t\n1 2\n", ":2: a line 'KEYWORD : value' is needed, but it is '1 2'"),
        ("NAME: t\nDIMENSION: 2\n", ":2: the file has no TYPE"),
        ("TYPE: CVRP\nDIMENSION: 2\n", ":1: TYPE is 'CVRP', which is none of TSP, ATSP"),
        ("TYPE: TSP\nCAPACITY: 2\n", ":2: CAPACITY is not a part of the problems that are read"),
        ("TYPE: TSP\nFIXED_EDGES_SECTION\n1 2\n-1\n", ":2: FIXED_EDGES_SECTION is not a part of the problems"),
        (
            "TYPE: TSP\nDIMENSION: -2\nEDGE_WEIGHT_TYPE: GEO\n",
            ":2: DIMENSION must be a positive integer, but it is '-2'",
        ),
        ("TYPE: TSP\nDIMENSION: 1e3\n", ":2: DIMENSION must be a positive integer, but it is '1e3'"),
        ("TYPE: TSP\nDIMENSION: 99999\n", ":2: 99999 cities have 4999850001 distances"),
        (
            "TYPE: TSP\nDIMENSION: 2\nEDGE_WEIGHT_TYPE: XRAY1\n",
            ":3: EDGE_WEIGHT_TYPE is 'XRAY1', which is none of EXPLICIT",
        ),
        ("TYPE: ATSP\nDIMENSION: 2\nEDGE_WEIGHT_TYPE: GEO\n", ":1: an ATSP has EXPLICIT distances, not GEO"),
        (HEAD, ":4: the file has no NODE_COORD_SECTION"),
        (HEAD + "NODE_COORD_SECTION\n1 0 0\n", ":5: NODE_COORD_SECTION has 1 lines for the 2 cities"),
        (HEAD + "NODE_COORD_SECTION\n1 0 0\n2 0 0\n3 0 0\n", ":5: NODE_COORD_SECTION has 3 lines for the 2 cities"),
        (HEAD + "NODE_COORD_SECTION\n1 0 0\n2 0\n", ":7: a city 'number x y' is needed, but the line is '2 0'"),
        (HEAD + "NODE_COORD_SECTION\n1 0 0\n3 0 1\n", ":7: node 3 is out of the range 1 to 2"),
        (HEAD + "NODE_COORD_SECTION\n1 0 0\n1 0 1\n", ":7: city 1 was given before"),
        (HEAD + "NODE_COORD_SECTION\n1 0 0\n2 0 nan\n", ":7: the coordinate must be a finite number, but it is 'nan'"),
        (HEAD + "NODE_COORD_SECTION\n1 0 0\n2 0 1e13\n", ":7: a coordinate beyond 1e+12"),
        (HEAD + "NODE_COORD_SECTION\n1 0 0\n2 0 1\nEOF\n1\n", ":9: nothing may follow the line 'EOF'"),
        (HEAD + "NODE_COORD_TYPE: THREED_COORDS\nNODE_COORD_SECTION\n1 0 0\n2 0 1\n", ":5: NODE_COORD_TYPE is 'THREED"),
        (
            coordinates("GEO", [(100, 1), (2, 3)]),
            ":5: city 1 is at latitude 100 and longitude 1, which is not on the globe",
        ),
        (explicit("FULL_MATRIX", "0 1 2 3"), ":8: FULL_MATRIX of 3 cities holds 9 distances, but here are 4"),
        (explicit("UPPER_ROW", "1 2 3 4"), ":8: UPPER_ROW of 3 cities holds 3 distances, but here are 4"),
        (
            explicit("FULL_MATRIX", "0 1 2\n1 0 3\n2 4 0"),
            ":8: the distances of a TSP must be symmetric, but from city 2 to 3",
        ),
        (explicit("FUNCTION", "1"), ":7: EDGE_WEIGHT_FORMAT is 'FUNCTION', which is none of FULL_MATRIX"),
        (
            explicit("UPPER_ROW", "1 2 3", kind="ATSP"),
            ":7: EDGE_WEIGHT_FORMAT is 'UPPER_ROW', which is none of FULL_MATRIX",
        ),
        (explicit("UPPER_ROW", "1 2 x"), ":9: a distance must be a finite number, but it is 'x'"),
        (explicit("UPPER_ROW", "1 2 1e999"), ":9: a distance is '1e999', which is too large for a float"),
    ],
)
def test_refusals_show_the_line(refused, content, message):
    refused("t.tsp", content, message)


# ---------------------------------------------------------------------- Hamiltonian cycles

CYCLE = "NAME : c\nTYPE : HCP\nDIMENSION : 4\nEDGE_DATA_FORMAT : {}\nEDGE_DATA_SECTION\n{}-1\nEOF\n"


@pytest.mark.parametrize(
    ("form", "edges"),
    [
        ("EDGE_LIST", "1 2\n 2 3\n3 4\n4 1\n1 3\n"),
        ("EDGE_LIST", "2 1\n1 2\n2 3\n3 4\n4 1\n1 3\n"),
        ("ADJ_LIST", "1 2 3 4 -1\n3 2 4 -1\n"),
    ],
)
def test_hamiltonian_cycles(file, form, edges):
    problem = ip.read(file("c.hcp", CYCLE.format(form, edges)))
    assert isinstance(problem, ip.HamiltonianCycle)
    expected = nx.Graph([(1, 2), (2, 3), (3, 4), (4, 1), (1, 3)])
    assert {frozenset(edge) for edge in problem.graph.edges} == {frozenset(edge) for edge in expected.edges}
    assert problem.is_feasible([1, 2, 3, 4])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (CYCLE.format("EDGE_LIST", "1 5\n"), ":6: node 5 is out of the range 1 to 4"),
        (CYCLE.format("EDGE_LIST", "1 1\n"), ":6: an edge from node 1 to itself"),
        (CYCLE.format("EDGE_LIST", "1\n"), ":6: an edge 'i j' is needed"),
        (CYCLE.format("ADJ_LIST", "1 2 5 -1\n"), ":6: no edge of nodes 1 to 4 goes from 1 to 5"),
        (CYCLE.format("ADJ_LIST", "1 2 1 -1\n"), ":6: no edge of nodes 1 to 4 goes from 1 to 1"),
        (CYCLE.format("ADJ_LIST", "1 2\n"), ":6: the last list of neighbours does not end in -1"),
        (CYCLE.format("ADJ_LIST", "1 2 -1\n-1\n"), ":7: a list of neighbours without a node"),
        (CYCLE.format("MATRIX", ""), ":4: EDGE_DATA_FORMAT is 'MATRIX', which is none of EDGE_LIST, ADJ_LIST"),
        (CYCLE.format("EDGE_LIST", "1 2\n").replace("-1\nEOF\n", ""), ":6: the edges do not end in a line '-1'"),
        (CYCLE.format("EDGE_LIST", "").replace("-1\nEOF\n", ""), ":5: the edges do not end in a line '-1'"),
        (CYCLE.format("EDGE_LIST", "1 2\n").replace("HCP", "TSP"), ":2: TYPE is 'TSP', which is none of HCP"),
    ],
)
def test_cycle_refusals_show_the_line(refused, content, message):
    refused("c.hcp", content, message)
