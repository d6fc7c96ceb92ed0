"""Steiner trees in files: SteinLib's and PACE's, and every refusal."""

import pytest

import ising_problems as ip

PACE = (
    "SECTION Graph\nNodes 4\nEdges 4\nE 1 2 5\nE 2 3 7\nE 3 4 1\nE 1 4 2\nEND\n\n"
    "SECTION Terminals\nTerminals 2\nT 1\nT 3\nEND\n\nEOF\n"
)
STEINLIB = f"""33D32945 STP File, STP Format Version 1.0

SECTION Comment
Name    "four"
Remark  "END of nothing"
END

{PACE.replace("EOF", "")}
SECTION Coordinates
DD 1 0 0
DD 2 10 0
DD 3 10.5 10
DD 4 0 10
END

EOF
"""


@pytest.mark.parametrize(
    "content",
    [
        PACE,
        PACE.removesuffix("\nEOF\n"),
        PACE.lower(),
        PACE.upper(),
        STEINLIB,
        PACE.replace("EOF", "SECTION Tree Decomposition\nc of width 2\ns td 1 3 4\nb 1 1 2 3\nEND\n\nEOF"),
    ],
)
@pytest.mark.parametrize("suffix", [".gr", ".stp"])
def test_graph_costs_and_terminals(file, content, suffix):
    problem = ip.read(file(f"s{suffix}", content))
    assert isinstance(problem, ip.SteinerTree)
    edges = {(1, 2): 5, (2, 3): 7, (3, 4): 1, (1, 4): 2}
    assert {edge: problem.graph.edges[edge]["weight"] for edge in edges} == edges
    assert (list(problem.graph), problem.graph.number_of_edges()) == ([1, 2, 3, 4], 4)
    assert sorted(problem.terminals) == [1, 3]
    assert problem.objective({(1, 4), (3, 4)}) == 3


def test_positions_are_kept(file):
    graph = ip.read(file("s.stp", STEINLIB)).graph
    assert graph.nodes[3]["pos"] == (10.5, 10.0)


def test_terminals_and_problem_can_be_chosen(file):
    path = file("s.gr", PACE)
    assert sorted(ip.read(path, terminals=[2, 4]).terminals) == [2, 4]
    problem = ip.read(path, problem=ip.VertexCover)
    assert problem.is_feasible({1, 3})


@pytest.mark.parametrize(
    ("name", "nodes", "edges", "terminals"),
    [("pace2018_t1_001.gr", 53, 80, 4), ("pace2018_t1_009.gr", 57, 84, 8)],
)
def test_shared_instances(instance, name, nodes, edges, terminals):
    problem = ip.read(instance(name))
    lines = [line.split() for line in instance(name).read_text().splitlines()]
    literal = {(*sorted((int(w[1]), int(w[2]))), int(w[3])) for w in lines if w[:1] == ["E"]}
    assert {(*sorted((u, v)), w) for u, v, w in problem.graph.edges(data="weight")} == literal
    assert sorted(problem.terminals) == sorted(int(w[1]) for w in lines if w[:1] == ["T"])
    assert (len(problem.graph), len(literal), len(problem.terminals)) == (nodes, edges, terminals)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("SECTION Graph", "Graph", ":1: a line 'SECTION name' is needed, but it is 'Graph'"),
        ("SECTION Graph", "SECTION Prizes", ":1: no problem that is read has such a section: 'SECTION Prizes'"),
        ("SECTION Graph", "p tw 4 4", ":1: this is a graph with a line 'p': read it with format='edge-list'"),
        ("SECTION Terminals", "SECTION Graph", ":10: this section was given before"),
        ("Nodes 4", "Nodes", ":2: a line 'Nodes n' is needed, but it is 'Nodes'"),
        ("Nodes 4", "Nodes x", ":2: the number of nodes must be an integer, but it is 'x'"),
        ("Nodes 4", "Nodes -4", ":3: -4 nodes and 4 edges are declared, and there are 4 lines of edges"),
        ("Nodes 4", "Nodes 1000000000000", ":2: 1000000000000 nodes for only 4 lines"),
        ("Edges 4", "Edges 5", ":3: 4 nodes and 5 edges are declared, and there are 4 lines of edges"),
        ("Edges 4", "Arcs 4", ":3: a line 'Edges m' is needed, but it is 'Arcs 4'"),
        ("E 2 3 7", "A 2 3 7", ":5: an edge 'E i j cost' is needed, but the line is 'A 2 3 7'"),
        ("E 2 3 7", "E 2 3", ":5: an edge 'E i j cost' is needed, but the line is 'E 2 3'"),
        ("E 2 3 7", "E 2 5 7", ":5: node 5 is out of the range 1 to 4"),
        ("E 2 3 7", "E 2 2 7", ":5: an edge from node 2 to itself"),
        ("E 2 3 7", "E 2 1 7", ":5: the edge between 2 and 1 was given before, in line 4"),
        ("E 2 3 7", "E 2 3 nan", ":5: the cost must be a finite number, but it is 'nan'"),
        ("Terminals 2", "Terminals 3", ":11: 3 terminals are declared, but there are 2 lines"),
        ("Terminals 2", "Root 1", ":11: a line 'Terminals k' is needed, but it is 'Root 1'"),
        ("T 3", "T 1", ":13: the terminal 1 was given before"),
        ("T 3", "T 9", ":13: node 9 is out of the range 1 to 4"),
        ("T 3", "TP 3 8", ":13: a terminal 'T i' is needed, but the line is 'TP 3 8'"),
        ("END\n\nEOF", "EOF", ":10: the section has no line 'END'"),
        ("EOF", "EOF\nmore", ":17: nothing may follow the line 'EOF'"),
        ("Terminals\nTerminals 2\nT 1\nT 3\n", "Comment\n", ":13: there is no section Terminals"),
        (
            "Nodes 4\nEdges 4\nE 1 2 5\nE 2 3 7\nE 3 4 1\nE 1 4 2\n",
            "",
            ":2: a line 'Nodes n' is needed, but it is 'END'",
        ),
    ],
)
def test_refusals_show_the_line(refused, old, new, message):
    assert old in PACE
    refused("s.gr", PACE.replace(old, new, 1), message)


def test_empty_and_broken_coordinates(refused):
    refused("s.stp", "# only\n", ":1: there are only comments")
    refused("s.stp", STEINLIB.replace("DD 4 0 10", "DD 3 0 10"), ":29: the node 3 was given before")
    refused("s.stp", STEINLIB.replace("DD 4 0 10", "DDD 4 0 10 1"), ":29: a position 'DD i x y' is needed")


def test_terminals_that_no_tree_joins(refused):
    refused("s.gr", PACE.replace("E 2 3 7\nE 3 4 1\n", "").replace("Edges 4", "Edges 2"), ": ")
