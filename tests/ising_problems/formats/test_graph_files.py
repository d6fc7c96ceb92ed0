"""Graphs whose suffix names the question, and graphs that leave it open."""

import networkx as nx
import pytest

import ising_problems as ip

TRIANGLE = "c three\np edge 3 3\ne 1 2\ne 2 3\ne 3 1\n"


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [(".col", "ChromaticNumber"), (".clq", "MaximumClique"), (".mis", "IndependentSet")],
)
def test_the_suffix_of_a_dimacs_graph_names_the_problem(file, suffix, kind):
    problem = ip.read(file(f"g{suffix}", TRIANGLE))
    assert type(problem) is getattr(ip, kind)
    assert nx.utils.graphs_equal(nx.Graph(problem.graph), nx.Graph([(1, 2), (2, 3), (1, 3)])) or (
        sorted(problem.graph.edges) == [(1, 2), (1, 3), (2, 3)]
    )


def test_a_number_of_colours_makes_it_a_colouring(file):
    problem = ip.read(file("g.col", TRIANGLE), num_colors=3)
    assert type(problem) is ip.GraphColoring
    assert problem.num_colors == 3


def test_edges_may_begin_with_p(file, refused):
    path = file("g.txt", TRIANGLE.replace("e ", "p ").replace("edgp ", "edge "))
    assert sorted(ip.read(path, problem=ip.VertexCover).graph.edges) == [(1, 2), (1, 3), (2, 3)]
    refused("g.clq", "p edge 3 2\np 1 2\ne 2 3\n", ":3: an edge 'p i j' is needed, but the line is 'e 2 3'")
    refused("g.clq", "p edge 3 2\ne 1 2\np 2 3\n", ":3: an edge 'e i j' is needed, but the line is 'p 2 3'")


@pytest.mark.parametrize(("name", "content"), [("g.graph", "1 2\n2 3\n"), ("g.txt", TRIANGLE)])
def test_a_graph_without_a_question_asks_for_it(refused, name, content):
    refused(
        name, content, ": problem: the file holds a graph and does not say what is asked of it; name the problem with"
    )


def test_any_graph_file_serves_any_graph_problem(file):
    files = {
        "a.col": TRIANGLE,
        "a.clq": TRIANGLE,
        "a.mis": TRIANGLE,
        "a.rud": "3 3\n1 2 1\n2 3 1\n1 3 1\n",
        "a.graph": "1 2\n2 3\n3 1\n",
        "a.gr": "SECTION Graph\nNodes 3\nEdges 3\nE 1 2 1\nE 2 3 1\nE 1 3 1\nEND\n"
        "SECTION Terminals\nTerminals 0\nEND\n",
        "a.tsp": "TYPE: TSP\nDIMENSION: 3\nEDGE_WEIGHT_TYPE: EXPLICIT\n"
        "EDGE_WEIGHT_FORMAT: UPPER_ROW\nEDGE_WEIGHT_SECTION\n1 1 1\n",
    }
    for name, content in files.items():
        problem = ip.read(file(name, content), problem=ip.VertexCover)
        assert {frozenset(edge) for edge in problem.graph.edges} == {frozenset(p) for p in ((1, 2), (2, 3), (1, 3))}
        assert [problem.is_feasible(answer) for answer in ({1, 2}, {1})] == [True, False]


@pytest.mark.parametrize(
    ("name", "nodes", "edges", "first"),
    [("pace_fvs_003.graph", 53, 89, 0), ("pace_fvs_096.graph", 48, 64, 0), ("pace_fvs_099.graph", 37, 62, 0)],
)
def test_shared_edge_lists(instance, name, nodes, edges, first):
    problem = ip.read(instance(name), problem=ip.VertexCover)
    literal = {frozenset(map(int, line.split())) for line in instance(name).read_text().splitlines()}
    assert {frozenset(edge) for edge in problem.graph.edges} == literal
    assert (len(problem.graph), len(literal), min(problem.graph)) == (nodes, edges, first)


def test_shared_vertex_cover(instance):
    problem = ip.read(instance("johnson8-2-4.complement.txt"), problem=ip.VertexCover)
    assert (len(problem.graph), problem.graph.number_of_edges()) == (28, 168)
    with pytest.raises(ValueError, match="does not say what is asked of it"):
        ip.read(instance("johnson8-2-4.complement.txt"))


def test_edge_lists(file):
    graph = ip.read(file("g.graph", "# nodes keep their numbers\n0 7\nc and more\n7 3\n"), problem=ip.MaxCut).graph
    assert (list(graph), sorted(graph.edges)) == ([0, 3, 7], [(0, 7), (3, 7)])
    graph = ip.read(file("g.graph", "p tw 4 2\n1 2\n2 4\n"), problem=ip.MaxCut).graph
    assert (list(graph), sorted(graph.edges)) == ([1, 2, 3, 4], [(1, 2), (2, 4)])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("# only\n", ":1: there are only comments"),
        ("1 2\n3\n", ":2: an edge 'u v' is needed, but the line is '3'"),
        ("1 2 5\n", ":1: an edge 'u v' is needed, but the line is '1 2 5'"),
        ("1 b\n", ":1: the second node must be an integer, but it is 'b'"),
        ("1 2\n-1 2\n", ":2: node -1 is out of the range 0 to "),
        ("1 1\n", ":1: an edge from node 1 to itself"),
        ("1 2\n2 3\n2 1\n", ":3: the edge between 2 and 1 was given before, in line 1"),
        ("p tw 3\n", ":1: a header 'p word nodes edges' is needed, but the line is 'p tw 3'"),
        ("p tw 3 2\n1 2\n", ":2: the file ends after 1 of the 2 edges"),
        ("p tw 3 1\n1 2\n2 3\n", ":3: more lines than the 1 edges"),
        ("p tw 3 1\n1 4\n", ":2: node 4 is out of the range 1 to 3"),
        ("p tw -3 1\n1 4\n", ":1: the header declares -3 nodes and 1 edges"),
        ("p tw 1000000000000 1\n1 4\n", ":1: 1000000000000 nodes for only 1 lines"),
    ],
)
def test_edge_list_refusals_show_the_line(refused, content, message):
    refused("g.graph", content, message, problem=ip.MaxCut)


def test_a_graph_to_colour_comes_back(file, tmp_path):
    problem = ip.read(file("g.col", "p edge 4 2\ne 1 2\ne 2 4\n"), num_colors=2)
    ip.write(problem, tmp_path / "again.col")
    assert (tmp_path / "again.col").read_text() == "p edge 4 2\ne 1 2\ne 2 4\n"
    assert list(ip.read(tmp_path / "again.col", num_colors=2).graph) == [1, 2, 3, 4]
    for model, message in (
        (ip.MaxCut([(1, 2)]), "a '.col' file holds a graph to be coloured, not a MaxCut"),
        (ip.GraphColoring([("a", "b")], 2), "a DIMACS file has no place for labels other than"),
    ):
        with pytest.raises(ValueError, match=message):
            ip.write(model, tmp_path / "no.col")
    assert not (tmp_path / "no.col").exists()
