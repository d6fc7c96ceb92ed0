"""Pictures of answers: what is drawn in which colour, what the title and the legend say, and what is broken in red."""

import matplotlib

matplotlib.use("Agg")

import networkx as nx
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, Rectangle

import cim
import ising_problems as ip
from cim import plotting
from cim.plotting.cycles import on_cycles
from cim.plotting.labels import places_beside
from landscapes.plotting.style import BLUE, FAINT, ORANGE, PALE, RED


@pytest.fixture(autouse=True)
def untouched():
    """Every test leaves matplotlib's settings as they were; every figure can be drawn; none stays open."""
    settings = matplotlib.rcParams.copy()
    yield
    for number in pyplot.get_fignums():
        pyplot.figure(number).canvas.draw()
    pyplot.close("all")
    assert matplotlib.rcParams == settings


@pytest.fixture
def blank():
    """Axes of a figure that pyplot does not know."""
    return matplotlib.figure.Figure(figsize=(6, 5)).subplots()


def heading(ax):
    return ax.get_title(loc="left").replace("\n", " ")


def legend_texts(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def edges_drawn(ax, colour):
    """Number of edges drawn in a colour as plain lines."""
    groups = [group for group in ax.collections if isinstance(group, LineCollection)]
    drawn = [group for group in groups if len(group.get_color()) and to_hex(group.get_color()[0]) == colour.lower()]
    return sum(len(group.get_segments()) for group in drawn)


def arrows_drawn(ax, colour):
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    return sum(to_hex(arrow.get_edgecolor()) == colour.lower() for arrow in arrows)


def dots(ax, colour, rim=None):
    """Positions of the nodes of one colour, and of one colour of the rim."""
    found = []
    for group in ax.collections:
        if not isinstance(group, PathCollection) or to_hex(group.get_facecolor()[0]) != to_hex(colour):
            continue
        if rim is None or to_hex(group.get_edgecolor()[0]) == rim.lower():
            found += group.get_offsets().tolist()
    return sorted(tuple(place) for place in found)


def bars(ax, colour):
    """Left ends and widths of the bars of one colour."""
    found = [bar for bar in ax.patches if isinstance(bar, Rectangle) and to_hex(bar.get_facecolor()) == colour.lower()]
    return [(min(bar.get_x(), bar.get_x() + bar.get_width()), abs(bar.get_width())) for bar in found]


def written(ax):
    return [text.get_text() for text in ax.texts]


SQUARE = {"a": (0.0, 0.0), "b": (1.0, 0.0), "c": (1.0, 1.0), "d": (0.0, 1.0)}


# --- tours -----------------------------------------------------------------------------------------------------------


def distances(points):
    return np.linalg.norm(points[:, None] - points[None], axis=2)


@pytest.fixture
def sparse_cities():
    edges = [("a", "b", 3), ("b", "c", 4), ("c", "d", 3), ("d", "a", 4), ("a", "c", 5)]
    return ip.TravellingSalesman(edges)


def test_tour(sparse_cities):
    ax = plotting.tour(sparse_cities, ["a", "b", "c", "d"], SQUARE)
    assert heading(ax) == "tour length 14 through 4 cities"
    assert edges_drawn(ax, BLUE) == 4
    assert edges_drawn(ax, FAINT) == 1  # the way from a to c is not taken
    assert edges_drawn(ax, RED) == 0
    assert dots(ax, BLUE) == sorted(SQUARE.values())
    assert legend_texts(ax) == []
    assert sorted(written(ax)) == ["a", "b", "c", "d"]


def test_tour_that_is_none(sparse_cities):
    ax = plotting.tour(sparse_cities, ["a", "b", "d", "b"], SQUARE)
    assert (
        heading(ax)
        == "tour length 6 through 4 cities, 1 city not visited, 1 city visited again, 2 legs without an edge"
    )
    assert edges_drawn(ax, BLUE) == 2
    assert edges_drawn(ax, RED) == 2
    assert dots(ax, "white", rim=RED) == [SQUARE["c"]]
    assert dots(ax, RED) == [SQUARE["b"]]
    assert legend_texts(ax) == ["legs: 2", "not visited: 1", "visited again: 1", "no such edge: 2"]
    ax = plotting.tour(sparse_cities, ["a", None, "b", "c"], SQUARE)
    assert edges_drawn(ax, BLUE) == 2  # a place without a city breaks the route; so does the missing city
    assert dots(ax, "white", rim=RED) == [SQUARE["d"]]


def test_tour_without_positions_shows_the_map_that_the_distances_tell():
    points = np.random.default_rng(0).random((12, 2)) * [3.0, 1.0]
    given = distances(points)
    ax = plotting.tour(ip.TravellingSalesman(given), list(range(12)))
    drawn = np.array(next(group.get_offsets() for group in ax.collections if isinstance(group, PathCollection)))
    np.testing.assert_allclose(distances(drawn), given, atol=1e-9)
    assert edges_drawn(ax, FAINT) == 0  # between all cities edges would say nothing


@pytest.mark.parametrize("points", [[0.0], [0.0, 0.0, 0.0], [0.0, 1.0, 5.0], [0.0, 2.0]])
def test_cities_on_a_line_or_on_one_spot_can_be_drawn(points):
    points = np.array(points)
    problem = ip.TravellingSalesman(abs(points[:, None] - points))
    ax = plotting.tour(problem, list(range(len(points))))
    ax.figure.canvas.draw()
    assert len(dots(ax, BLUE)) == len(points)


def test_directed_tours_have_arrows():
    ring = nx.DiGraph([(0, 1), (1, 2), (2, 0), (1, 0)])
    ax = plotting.tour(ip.HamiltonianCycle(ring), [0, 1, 2])
    assert heading(ax) == "Hamiltonian cycle of 3 nodes"
    assert arrows_drawn(ax, BLUE) == 3
    assert arrows_drawn(ax, FAINT) == 1
    ax = plotting.tour(ip.HamiltonianCycle(ring), [0, 2, 1])
    assert heading(ax) == "Hamiltonian cycle of 3 nodes, 2 legs without an edge"
    assert arrows_drawn(ax, RED) == 2


def test_paths_show_their_ends():
    path = ip.HamiltonianPath([("a", "b"), ("b", "c"), ("c", "d"), ("b", "d")])
    ax = plotting.tour(path, ["a", "b", "c", "d"], SQUARE)
    assert heading(ax) == "Hamiltonian path of 4 nodes"
    assert edges_drawn(ax, BLUE) == 3
    assert dots(ax, ORANGE) == [SQUARE["a"], SQUARE["d"]]
    assert legend_texts(ax) == ["legs: 3", "ends: 2"]


# --- nodes and edges -------------------------------------------------------------------------------------------------

KITE = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]


def test_vertex_cover():
    problem = ip.VertexCover(KITE)
    ax = plotting.node_set(problem, {"a", "c"}, SQUARE)
    assert heading(ax) == "cover of 2 nodes"
    assert legend_texts(ax) == ["chosen: 2 nodes", "not chosen: 2 nodes", "covered: 4 edges"]
    assert edges_drawn(ax, RED) == 0
    assert dots(ax, BLUE) == sorted([SQUARE["a"], SQUARE["c"]])
    assert dots(ax, PALE) == sorted([SQUARE["b"], SQUARE["d"]])
    ax = plotting.node_set(problem, {"d"}, SQUARE)
    assert heading(ax) == "cover of 1 node, 3 edges not covered"
    assert edges_drawn(ax, RED) == 3
    assert "not covered: 3 edges" in legend_texts(ax)


def test_weights_of_nodes_are_told_where_they_matter():
    ax = plotting.node_set(ip.VertexCover(KITE, weight={"a": 3, "b": 1, "c": 2, "d": 1}), {"b", "c"})
    assert heading(ax) == "cover of 2 nodes, weight 3"


def test_independent_set():
    problem = ip.IndependentSet(KITE)
    ax = plotting.node_set(problem, {"a", "d"}, SQUARE)
    assert heading(ax) == "independent set of 2 nodes"
    assert edges_drawn(ax, RED) == 0
    ax = plotting.node_set(problem, {"a", "b", "d"}, SQUARE)
    assert heading(ax) == "independent set of 3 nodes, 1 edge inside"
    assert edges_drawn(ax, RED) == 1


def test_cliques():
    ax = plotting.node_set(ip.MaximumClique(KITE), {"a", "b", "c"}, SQUARE)
    assert heading(ax) == "clique of 3 nodes"
    assert edges_drawn(ax, BLUE) == 3
    assert legend_texts(ax) == ["chosen: 3 nodes", "not chosen: 1 node", "inside: 3 edges"]
    ax = plotting.node_set(ip.CliqueOfSize(KITE, 3), {"a", "b", "c", "d"}, SQUARE)
    assert heading(ax) == "choice of 4 nodes, 2 pairs not joined, 3 nodes wanted"
    assert edges_drawn(ax, BLUE) == 4
    assert edges_drawn(ax, RED) == 2


def test_feedback_vertices():
    problem = ip.UndirectedFeedbackVertexSet(KITE)
    ax = plotting.node_set(problem, {"c"}, SQUARE)
    assert heading(ax) == "feedback set of 1 node, no cycle left"
    assert dots(ax, ORANGE) == [SQUARE["c"]]
    assert edges_drawn(ax, FAINT) == 3
    assert legend_texts(ax) == ["taken away: 1 node", "left: 3 nodes", "left: 1 edge"]
    ax = plotting.node_set(problem, {"d"}, SQUARE)
    assert heading(ax) == "feedback set of 1 node, cycles remain"
    assert edges_drawn(ax, RED) == 3
    ax = plotting.node_set(ip.DirectedFeedbackVertexSet([("a", "b"), ("b", "a"), ("b", "c")]), set())
    assert arrows_drawn(ax, RED) == 2
    assert legend_texts(ax)[-1] == "on cycles: 2 arcs"


def test_matching():
    problem = ip.MinimalMaximalMatching(KITE)
    ax = plotting.edge_set(problem, {("c", "a")}, SQUARE)
    assert heading(ax) == "maximal matching of 1 edge"
    assert edges_drawn(ax, BLUE) == 1
    assert edges_drawn(ax, FAINT) == 3
    assert dots(ax, BLUE) == sorted([SQUARE["a"], SQUARE["c"]])
    ax = plotting.edge_set(problem, {("a", "b")}, SQUARE)
    assert heading(ax) == "1 edge, 1 edge still open"
    assert edges_drawn(ax, RED) == 1
    ax = plotting.edge_set(problem, {("a", "b"), ("a", "c")}, SQUARE)
    assert heading(ax) == "2 edges, 2 edges sharing a node"
    assert edges_drawn(ax, RED) == 2


def test_feedback_arcs():
    problem = ip.FeedbackArcSet([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")])
    ax = plotting.edge_set(problem, {("c", "a")}, SQUARE)
    assert heading(ax) == "feedback set of 1 arc, no cycle left"
    assert arrows_drawn(ax, ORANGE) == 1
    assert legend_texts(ax) == ["taken away: 1 arc", "left: 3 arcs"]
    ax = plotting.edge_set(problem, {("c", "d")}, SQUARE)
    assert heading(ax) == "feedback set of 1 arc, cycles remain"
    assert arrows_drawn(ax, RED) == 3
    weighted = nx.DiGraph()
    weighted.add_weighted_edges_from([("a", "b", 2), ("b", "a", 5)])
    ax = plotting.edge_set(ip.FeedbackArcSet(weighted, weight="weight"), {("a", "b")})
    assert heading(ax) == "feedback set of 1 arc, weight 2, no cycle left"


def test_node_maps():
    target = nx.Graph(KITE)
    problem = ip.SubgraphIsomorphism([(1, 2), (2, 3)], target)
    ax = plotting.node_map(problem, {1: "a", 2: "c", 3: "d"}, SQUARE)
    assert heading(ax) == "a pattern of 3 nodes in one of 4"
    assert edges_drawn(ax, BLUE) == 2
    assert sorted(written(ax)) == ["", "1", "2", "3"]
    ax = plotting.node_map(problem, {1: "b", 2: "d", 3: "d"}, SQUARE)
    assert heading(ax) == "a pattern of 3 nodes in one of 4, 1 edge missing, 1 node taken again"
    assert dots(ax, RED) == [SQUARE["d"]]
    ax = plotting.node_map(ip.SubgraphIsomorphism([(1, 2), (2, 3)], target, induced=True), {1: "a", 2: "b", 3: "c"})
    assert heading(ax).endswith("1 edge too many")
    assert edges_drawn(ax, RED) == 1
    ax = plotting.node_map(ip.GraphIsomorphism(KITE, KITE), {"a": "b", "b": "a", "c": "c", "d": None})
    assert heading(ax) == "a graph of 4 nodes in one of 4, 1 node without a place"
    assert edges_drawn(ax, BLUE) == 3


# --- trees -----------------------------------------------------------------------------------------------------------

STAR = [("a", "x", 1), ("b", "x", 1), ("c", "x", 1), ("a", "b", 2), ("c", "y", 3)]
STAR_PLACES = {"a": (0, 0), "b": (2, 0), "c": (1, 2), "x": (1, 1), "y": (2, 2)}


def squares(ax, rim):
    """Number of square nodes with a rim of a colour."""
    groups = [group for group in ax.collections if isinstance(group, PathCollection)]
    square = [group for group in groups if len(group.get_paths()[0].vertices) == 5]
    return sum(len(g.get_offsets()) for g in square if to_hex(g.get_edgecolor()[0]) == to_hex(rim))


def test_steiner_tree():
    problem = ip.SteinerTree(STAR, terminals="abc")
    ax = plotting.tree(problem, {("a", "x"), ("x", "b"), ("c", "x")}, STAR_PLACES)
    assert heading(ax) == "Steiner tree of cost 3"
    assert edges_drawn(ax, BLUE) == 3
    assert edges_drawn(ax, FAINT) == 2
    assert squares(ax, "white") == 3
    assert dots(ax, BLUE) == [(1, 1)]
    assert dots(ax, PALE) == [(2, 2)]
    assert legend_texts(ax) == ["terminals: 3", "tree: 3 edges", "Steiner nodes: 1"]


def test_steiner_tree_that_is_none():
    problem = ip.SteinerTree(STAR, terminals="abc")
    ax = plotting.tree(problem, {("a", "b"), ("c", "y")}, STAR_PLACES)
    assert heading(ax) == "Steiner tree of cost 5, 1 terminal not reached, 1 edge not connected"
    assert edges_drawn(ax, RED) == 1
    assert squares(ax, RED) == 1
    ax = plotting.tree(problem, nx.Graph([("a", "b"), ("a", "x"), ("b", "x"), ("c", "x")]), STAR_PLACES)
    assert heading(ax) == "Steiner tree of cost 5, 3 edges on cycles"
    assert edges_drawn(ax, RED) == 3
    assert edges_drawn(ax, BLUE) == 1


def test_spanning_tree():
    edges = [("a", "b", 1), ("a", "c", 1), ("a", "d", 1), ("c", "d", 3)]
    problem = ip.DegreeConstrainedSpanningTree(edges, max_degree=2)
    ax = plotting.tree(problem, {("b", "a"), ("a", "c"), ("c", "d")}, SQUARE)
    assert heading(ax) == "spanning tree of cost 5"
    assert len(dots(ax, BLUE)) == 4
    assert legend_texts(ax) == []
    ax = plotting.tree(problem, {("a", "b"), ("a", "c"), ("a", "d")}, SQUARE)
    assert heading(ax) == "spanning tree of cost 3, 1 node of too high degree"
    assert dots(ax, RED) == [SQUARE["a"]]
    assert legend_texts(ax)[-1] == "more than 2 edges: 1 node"
    ax = plotting.tree(problem, {("a", "b")}, SQUARE)
    assert heading(ax) == "spanning tree of cost 1, 2 nodes not reached"
    assert len(dots(ax, "white", rim=RED)) == 2


# --- sets and numbers ------------------------------------------------------------------------------------------------

SETS = {"one": {1, 2}, "two": {2, 3}, "three": {3, 4}}


def test_set_cover():
    problem = ip.SetCover(SETS, weights={"one": 2, "two": 1, "three": 1})
    ax = plotting.set_choice(problem, {"one", "three"})
    assert heading(ax) == "2 sets of 3, weight 3"
    assert dots(ax, BLUE) == [(0, 0), (0, 1), (2, 2), (2, 3)]
    assert dots(ax, FAINT) == [(1, 1), (1, 2)]
    assert legend_texts(ax) == ["not chosen: 1 set", "chosen: 2 sets"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["one", "two", "three"]
    ax = plotting.set_choice(problem, {"one"})
    assert heading(ax) == "1 set of 3, weight 2, 2 elements not covered"
    assert [to_hex(label.get_color()).upper() == RED for label in ax.get_yticklabels()] == [False, False, True, True]


def test_exact_cover_and_packing_show_what_is_held_twice():
    ax = plotting.set_choice(ip.ExactCover(SETS), {"one", "two"})
    assert heading(ax) == "2 sets of 3, 1 element not covered, 1 element held more than once"
    assert dots(ax, RED) == [(0, 1), (1, 1)]
    ax = plotting.set_choice(ip.SetPacking(SETS), {"one", "two"})
    assert heading(ax) == "2 sets of 3, 1 element held more than once"
    assert legend_texts(ax)[-1] == "held more than once: 1"


def test_hitting_set_has_elements_for_columns():
    ax = plotting.set_choice(ip.HittingSet(SETS), {2, 3})
    assert heading(ax) == "2 elements of 4"
    assert ax.get_xlabel() == "elements"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two", "three"]
    ax = plotting.set_choice(ip.HittingSet(SETS, exact=True), {2, 3})
    assert heading(ax) == "2 elements of 4, 1 set hit more than once"


def test_triples():
    problem = ip.ThreeDimensionalMatching([(1, "a", "x"), (2, "b", "y"), (2, "a", "y")])
    ax = plotting.set_choice(problem, {(1, "a", "x"), (2, "a", "y")})
    assert heading(ax) == "2 triples of 3, 1 member not covered, 1 member held more than once"
    rows = [label.get_text() for label in ax.get_yticklabels()]
    assert sorted(rows) == ["first: 1", "first: 2", "second: a", "second: b", "third: x", "third: y"]
    assert dots(ax, RED) == [(0, rows.index("second: a")), (2, rows.index("second: a"))]


def test_of_many_sets_the_chosen_ones_are_drawn():
    rng = np.random.default_rng(0)
    sets = [set(rng.choice(100, 30, replace=False).tolist()) for _ in range(80)]
    problem = ip.SetCover(sets)
    ax = plotting.set_choice(problem, problem.repair(set()))
    assert dots(ax, FAINT) == []
    assert heading(ax).endswith("sets of 80")


def test_partition():
    ax = plotting.partition([4, 5, 6, 7, 8], ([4, 5, 6], [7, 8]))
    assert heading(ax) == "5 numbers in two lists, difference 0"
    assert bars(ax, BLUE) == [(0, 6), (6, 5), (11, 4)]
    assert bars(ax, ORANGE) == [(0, 8), (8, 7)]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["list 1\n15", "list 2\n15"]
    assert written(ax) == ["6", "5", "4", "8", "7"]


def test_partition_with_negative_and_with_missing_numbers():
    ax = plotting.partition([4, -7, 8], ([4], [8, 8]))
    assert heading(ax) == "3 numbers in two lists, difference 12, 1 number missing, 1 number too many"
    assert bars(ax, RED) == [(-7, 7), (0, 8)]
    many = list(range(1, 401))
    ax = plotting.partition(many, (many[::2], many[1::2]))
    assert len(bars(ax, BLUE)) < 200
    assert sum(width for _, width in bars(ax, BLUE)) == sum(many[::2])


def test_knapsack():
    problem = ip.Knapsack(values=[10, 40, 30, 50], weights=[5, 4, 6, 3], capacity=10)
    ax = plotting.selection(problem, {1, 3})
    assert heading(ax) == "2 of 4 items, value 90, weight 7 of 10"
    assert bars(ax, BLUE) == [(0, 4), (4, 3)]
    assert bars(ax, PALE) == [(0, 6), (6, 5)]
    assert bars(ax, RED) == []
    ax = plotting.selection(problem, {1, 2, 3})
    assert heading(ax) == "3 of 4 items, value 120, 3 too heavy"
    assert bars(ax, RED) == [(10, 3)]


def test_what_is_left_out_is_not_drawn_where_it_would_dwarf_the_rest():
    problem = ip.Knapsack(values=[1] * 50, weights=[2] * 50, capacity=10)
    ax = plotting.selection(problem, {0, 1, 2, 3, 4})
    assert heading(ax) == "5 of 50 items, value 5, weight 10 of 10"
    assert bars(ax, PALE) == []
    assert ax.get_xlim()[1] < 11


def test_subset_sum():
    ax = plotting.selection(ip.SubsetSum([3, 5, 8, -4], target=17), {0, 1, 2})
    assert heading(ax) == "3 of 4 numbers, sum 16, 1 from the target 17"
    assert bars(ax, PALE) == [(-4, 4)]


# --- schedules -------------------------------------------------------------------------------------------------------


def horizontal_ticks(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def test_makespan():
    problem = ip.MakespanScheduling([3, 2, 2, 1], num_machines=2)
    ax = plotting.gantt(problem, {0: 0, 1: 1, 2: 1, 3: 0})
    assert heading(ax) == "4 jobs on 2 machines, makespan 4"
    assert horizontal_ticks(ax) == ["machine 0", "machine 1"]
    assert bars(ax, BLUE) == [(0, 3), (3, 1), (0, 2), (2, 2)]
    assert written(ax) == ["0", "3", "1", "2"]
    assert ax.get_legend() is None  # no schedule ends before 4
    ax = plotting.gantt(problem, {0: 0, 1: 0, 2: 0, 3: None})
    assert heading(ax) == "4 jobs on 2 machines, makespan 7, 1 job without a machine"
    assert bars(ax, RED) == [(0, 1)]
    assert horizontal_ticks(ax) == ["machine 0", "machine 1", "none"]
    assert legend_texts(ax) == ["none ends before 4"]


def test_job_sequence():
    problem = ip.JobSequencing(times=[2, 1, 2], deadlines=[2, 2, 4], penalties=[3, 5, 4])
    ax = plotting.gantt(problem, [1, 2, 0])
    assert heading(ax) == "3 jobs, 1 late, penalty lost 3"
    assert bars(ax, BLUE) == [(0, 1), (1, 2)]
    assert bars(ax, RED) == [(3, 2)]
    assert horizontal_ticks(ax) == ["job 1", "job 2", "job 0"]
    assert [to_hex(label.get_color()).upper() == RED for label in ax.get_yticklabels()] == [False, False, True]
    assert written(ax) == ["−3"]
    assert legend_texts(ax) == ["deadline", "on time: 2 jobs", "late: 1 job"]
    deadlines = next(line for line in ax.lines if line.get_label() == "deadline")
    assert deadlines.get_xdata().tolist() == [2, 4, 2]
    ax = plotting.gantt(problem, [1])
    assert heading(ax) == "3 jobs, 0 late, penalty lost 7, 2 jobs missing"
    assert horizontal_ticks(ax) == ["job 1", "job 0", "job 2"]


# --- formulas --------------------------------------------------------------------------------------------------------


def cells(ax, colour):
    """(clause, variable) of the cells of one colour, counted from 0."""
    paper = ax.images[0].get_array()
    rows, columns = np.nonzero(np.abs(paper - np.array(matplotlib.colors.to_rgb(colour))).max(axis=2) < 1e-9)
    return sorted(zip(columns.tolist(), rows.tolist(), strict=True))


def test_formula():
    problem = ip.Satisfiability([[1, -2], [2, 3], [-1, -3]])
    for answer in ({1: True, 2: True, 3: False}, [1, 2, -3]):
        ax = plotting.formula(problem, answer)
        assert heading(ax) == "3 of 3 clauses satisfied"
        assert cells(ax, BLUE) == [(0, 0), (1, 1), (2, 2)]
        assert cells(ax, FAINT) == [(0, 1), (1, 2), (2, 0)]
        assert horizontal_ticks(ax) == ["x1 true", "x2 true", "x3 false"]
        assert legend_texts(ax) == ["true literal", "false literal"]
        assert sorted(written(ax)) == ["+", "+", "+", "−", "−", "−"]


def test_violated_clauses_and_variables_without_a_value():
    problem = ip.Satisfiability([[1, -2], [2, 3], [-1, -3]])
    ax = plotting.formula(problem, {1: True, 3: True})
    assert heading(ax) == "2 of 3 clauses satisfied"
    assert cells(ax, RED) == [(2, 0), (2, 2)]
    assert horizontal_ticks(ax)[1] == "x2 no value"
    assert legend_texts(ax)[-1] == "violated: 1 clause"


def test_formula_with_weights_and_hard_clauses():
    problem = ip.MaxSatisfiability([[1], [-1], [2]], weights=[3, 1, 2], hard=[[-1, -2]])
    ax = plotting.formula(problem, [1, 2])
    assert heading(ax) == "2 of 4 clauses satisfied, weight 1 violated, 1 hard violated"
    assert cells(ax, RED) == [(1, 0), (3, 0), (3, 1)]
    assert vertical_lines(ax) == [3.5]
    ax = plotting.formula(problem, [1, -2])
    assert heading(ax) == "2 of 4 clauses satisfied, weight 3 violated"


def vertical_lines(ax):
    return [line.get_xdata()[0] for line in ax.lines]


def test_long_formula_is_drawn_without_signs():
    rng = np.random.default_rng(0)
    clauses = [[int(v) for v in rng.choice(60, 3, replace=False) + 1] for _ in range(250)]
    ax = plotting.formula(ip.Satisfiability(clauses, 60), dict.fromkeys(range(1, 61), True))
    assert written(ax) == []
    assert len(cells(ax, BLUE)) == 750


# --- the one door ----------------------------------------------------------------------------------------------------

DOORS = [
    (lambda: ip.MaxCut(KITE), ({"a"}, {"b", "c", "d"}), "cut weight 2 of 4"),
    (lambda: ip.GraphPartitioning(KITE), ({"a", "b"}, {"c", "d"}), "cut weight 2 of 4"),
    (lambda: ip.GraphColoring(KITE, 3), {"a": 0, "b": 1, "c": 2, "d": 0}, "3 colours, no conflicts"),
    (lambda: ip.ChromaticNumber(KITE), {"a": 0, "b": 1, "c": 2, "d": 0}, "3 colours, no conflicts"),
    (lambda: ip.CliqueCover(KITE, 2), {"a": 0, "b": 0, "c": 0, "d": 1}, "2 cliques"),
    (lambda: ip.TravellingSalesman([*KITE, ("d", "a")]), list("abcd"), "tour length 4 through 4 cities"),
    (lambda: ip.HamiltonianCycle([*KITE, ("d", "a")]), list("abcd"), "Hamiltonian cycle of 4 nodes"),
    (lambda: ip.HamiltonianPath(KITE), list("abcd"), "Hamiltonian path of 4 nodes"),
    (lambda: ip.SteinerTree(KITE, "ad"), [("a", "c"), ("c", "d")], "Steiner tree of cost 2"),
    (lambda: ip.DegreeConstrainedSpanningTree(KITE, 2), KITE[0:2] + KITE[3:], "spanning tree of cost 3"),
    (lambda: ip.VertexCover(KITE), {"a", "c"}, "cover of 2 nodes"),
    (lambda: ip.IndependentSet(KITE), {"a", "d"}, "independent set of 2 nodes"),
    (lambda: ip.MaximumClique(KITE), {"a", "b", "c"}, "clique of 3 nodes"),
    (lambda: ip.CliqueOfSize(KITE, 2), {"a", "b"}, "clique of 2 nodes"),
    (lambda: ip.UndirectedFeedbackVertexSet(KITE), {"a"}, "feedback set of 1 node, no cycle left"),
    (lambda: ip.DirectedFeedbackVertexSet(KITE), {"a"}, "feedback set of 1 node, no cycle left"),
    (lambda: ip.FeedbackArcSet(KITE), {("a", "b")}, "feedback set of 1 arc, no cycle left"),
    (lambda: ip.MinimalMaximalMatching(KITE), {("a", "c")}, "maximal matching of 1 edge"),
    (lambda: ip.GraphIsomorphism(KITE, KITE), dict(zip("abcd", "abcd", strict=True)), "a graph of 4 nodes in one of 4"),
    (lambda: ip.SubgraphIsomorphism([(1, 2)], KITE), {1: "a", 2: "b"}, "a pattern of 2 nodes in one of 4"),
]
WITHOUT_NODES = [
    (lambda: ip.NumberPartitioning([1, 2, 3]), ([1, 2], [3]), "3 numbers in two lists, difference 0"),
    (lambda: ip.Knapsack([2, 3], [1, 2], 2), {1}, "1 of 2 items, value 3, weight 2 of 2"),
    (lambda: ip.SubsetSum([1, 2], 2), {1}, "1 of 2 numbers, sum 2, 0 from the target 2"),
    (lambda: ip.SetCover([{1}, {2}]), {0, 1}, "2 sets of 2"),
    (lambda: ip.SetPacking([{1}, {2}]), {0, 1}, "2 sets of 2"),
    (lambda: ip.ExactCover([{1}, {2}]), {0, 1}, "2 sets of 2"),
    (lambda: ip.HittingSet([{1}, {2}]), {1, 2}, "2 elements of 2"),
    (lambda: ip.ThreeDimensionalMatching([(1, 1, 1), (2, 2, 2)]), {(1, 1, 1), (2, 2, 2)}, "2 triples of 2"),
    (lambda: ip.MakespanScheduling([2, 2], 2), {0: 0, 1: 1}, "2 jobs on 2 machines, makespan 2"),
    (lambda: ip.JobSequencing([1], [1], [1]), [0], "1 job, 0 late, penalty lost 0"),
    (lambda: ip.Satisfiability([[1]]), [1], "1 of 1 clause satisfied"),
    (lambda: ip.MaxSatisfiability([[1]]), [1], "1 of 1 clause satisfied"),
]


@pytest.mark.parametrize(("build", "answer", "text"), DOORS)
def test_answer_on_a_graph(build, answer, text, blank):
    problem = build()
    ax = plotting.answer(problem, answer, blank_places(problem), blank)
    assert ax is blank
    assert heading(ax) == text
    ax.figure.canvas.draw()
    assert pyplot.get_fignums() == []  # of pyplot's figures none is made
    with pytest.raises(ValueError, match=r"positions: the node .* has none"):
        plotting.answer(problem, answer, {"z": (0, 0)}, blank)


def blank_places(problem):
    nodes = problem.nodes if hasattr(problem, "nodes") else list(SQUARE)
    return {node: SQUARE[node] for node in nodes}


@pytest.mark.parametrize(("build", "answer", "text"), WITHOUT_NODES)
def test_answer_without_a_graph(build, answer, text, blank):
    problem = build()
    ax = plotting.answer(problem, answer, ax=blank)
    assert ax is blank
    assert heading(ax) == text
    ax.figure.canvas.draw()
    assert pyplot.get_fignums() == []
    with pytest.raises(ValueError, match=r"positions: .* no nodes"):
        plotting.answer(problem, answer, {1: (0, 0)})


@pytest.mark.parametrize(("build", "answer", "text"), DOORS + WITHOUT_NODES)
def test_every_decoded_and_every_repaired_answer_can_be_drawn(build, answer, text):
    """Whatever spins decode to, broken as it may be; and nonsense is refused before a figure is made."""
    problem = build()
    rng = np.random.default_rng(0)
    for _ in range(3):
        decoded = problem.decode(rng.choice([-1, 1], problem.num_spins))
        for some in (decoded, problem.repair(decoded)):
            plotting.answer(problem, some).figure.canvas.draw()
    pyplot.close("all")
    with pytest.raises(ValueError, match="answer"):
        plotting.answer(problem, 7)
    assert pyplot.get_fignums() == []


def test_solutions_are_drawn_as_their_answers():
    problem = ip.VertexCover(KITE)
    solution = cim.solve(problem, seed=0)
    assert heading(plotting.answer(problem, solution)) == "cover of 2 nodes"
    bare = cim.solve(problem.to_ising(), seed=0)
    for draw, other in (
        (plotting.node_set, problem),
        (plotting.gantt, ip.JobSequencing([1], [1], [1])),
        (plotting.formula, ip.Satisfiability([[1]])),
    ):
        with pytest.raises(ValueError, match="bare model"):
            draw(other, bare)


def test_what_has_no_picture_is_refused():
    problem = ip.QuadraticAssignment([[0, 1], [1, 0]], [[0, 1], [1, 0]])
    with pytest.raises(ValueError, match="no picture of the answers of QuadraticAssignment"):
        plotting.answer(problem, [0, 1])
    other = ip.NumberPartitioning([1, 2])
    for draw in (
        plotting.tour,
        plotting.tree,
        plotting.node_set,
        plotting.edge_set,
        plotting.node_map,
        plotting.clique_cover,
        plotting.selection,
        plotting.set_choice,
        plotting.gantt,
        plotting.formula,
    ):
        with pytest.raises(ValueError, match=r"problem: .* is needed, not NumberPartitioning"):
            draw(other, ([1], [2]))


# --- graphs coloured and cut -----------------------------------------------------------------------------------------


def test_graph_partitioning():
    problem = ip.GraphPartitioning([("a", "b"), ("b", "c"), ("c", "d")])
    assert heading(plotting.cut(problem, ({"a", "b"}, {"c", "d"}))) == "cut weight 1 of 3"
    assert heading(plotting.cut(problem, ({"a"}, {"b", "c", "d"}))) == "cut weight 1 of 3, no halves: 1 and 3 nodes"


def test_chromatic_number_counts_the_colours_in_use():
    problem = ip.ChromaticNumber(KITE, max_colors=4)
    ax = plotting.coloring(problem, {"a": 0, "b": 1, "c": 3, "d": 0}, SQUARE)
    assert heading(ax) == "3 colours, no conflicts"
    assert legend_texts(ax) == ["colour 0: 2 nodes", "colour 1: 1 node", "colour 3: 1 node"]
    ax = plotting.coloring(problem, {"a": 0, "b": 0, "c": 1, "d": None}, SQUARE)
    assert heading(ax) == "2 colours, 1 conflict and 1 node without colour"
    assert edges_drawn(ax, RED) == 1


def test_clique_cover():
    problem = ip.CliqueCover(KITE, num_cliques=2)
    ax = plotting.clique_cover(problem, {"a": 0, "b": 0, "c": 0, "d": 1}, SQUARE)
    assert heading(ax) == "2 cliques"
    assert legend_texts(ax) == ["clique 0: 3 nodes", "clique 1: 1 node", "inside: 3 edges"]
    assert dots(ax, ORANGE) == [SQUARE["d"]]
    ax = plotting.clique_cover(problem, {"a": 0, "b": 0, "c": None, "d": 0}, SQUARE)
    assert heading(ax) == "2 cliques, 2 pairs not joined, 1 node in none"
    assert edges_drawn(ax, RED) == 2
    assert dots(ax, PALE) == [SQUARE["c"]]
    assert legend_texts(ax)[-2:] == ["not joined: 2 pairs", "no clique: 1 node"]


# --- the parts -------------------------------------------------------------------------------------------------------


def test_on_cycles():
    edges = np.array([(0, 1), (1, 2), (2, 0), (2, 3)])
    assert on_cycles(5, edges, directed=False).tolist() == [True, True, True, False]
    assert on_cycles(5, edges, directed=True).tolist() == [True, True, True, False]
    edges = np.array([(0, 1), (1, 2), (0, 2)])
    assert on_cycles(3, edges, directed=True).tolist() == [False, False, False]
    assert on_cycles(3, edges[:0], directed=False).tolist() == []


def test_names_keep_off_nodes_and_off_each_other():
    centres = np.array([(0.0, 0.0), (20.0, 0.0), (40.0, 0.0)])
    texts = ["first", "second", "third"]
    none = np.zeros((0, 2), dtype=int)
    places = places_beside(centres, 5.0, none, np.zeros(0, dtype=bool), texts, 8.0)
    # to the right of each stands the next, and the room on the left is the third's neighbour's
    assert places[0][2:] == ("right", "center_baseline")
    assert places[1][2] == "center"
    assert places[2][2:] == ("left", "center_baseline")


def test_long_names_stand_beside_the_nodes():
    graph = nx.relabel_nodes(nx.cycle_graph(5), dict(enumerate(["Lisbon", "Madrid", "Paris", "London", "Brussels"])))
    ax = plotting.cut(graph, (set(graph), set()))
    assert sorted(written(ax)) == sorted(graph)
    centre = {node: tuple(xy) for node, xy in zip(graph, dots(ax, BLUE), strict=False)}
    assert all(text.get_position() != centre for text in ax.texts)
    crowd = nx.relabel_nodes(nx.cycle_graph(50), {i: f"a long name {i}" for i in range(50)})
    assert written(plotting.cut(crowd, (set(crowd), set()))) == []
    assert len(written(plotting.cut(crowd, (set(crowd), set()), labels=True))) == 50
