"""Maximum cut: energies are minus cut weights, ground states are the best cuts, bad graphs are refused."""

import itertools

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from ising_problems.encoders.cuts import MaxCut
from ising_problems.exact import ground_states


def best_cut(graph, weight="weight"):
    """Largest cut weight over all subsets of nodes, edge by edge."""
    nodes = list(graph)
    return max(
        sum(data.get(weight, 1) for u, v, data in graph.edges(data=True) if (u in side) != (v in side))
        for size in range(len(nodes) + 1)
        for side in map(set, itertools.combinations(nodes, size))
    )


@st.composite
def weighted_graphs(draw, weights):
    n = draw(st.integers(0, 7))
    pairs = [(f"node {u}", f"node {v}") for u, v in itertools.combinations(range(n), 2)]
    graph = nx.Graph()
    graph.add_nodes_from(f"node {i}" for i in range(n))
    for u, v in draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []:
        graph.add_edge(u, v, weight=draw(weights))
    return graph


@settings(max_examples=60, deadline=None)
@given(weighted_graphs(st.integers(-9, 9)))
def test_energy_is_minus_the_cut_and_ground_states_are_best_cuts(graph):
    problem = MaxCut(graph)
    model = problem.to_ising()
    for spins in itertools.product([-1, 1], repeat=len(graph)):
        answer = problem.decode(spins)
        assert model.energy(spins) == -problem.objective(answer)
        assert isinstance(problem.objective(answer), int)
        np.testing.assert_array_equal(problem.encode(answer), spins)
    energy, states = ground_states(model)
    assert -energy == best_cut(graph)
    assert {problem.objective(problem.decode(s)) for s in states} == {best_cut(graph)}


@settings(max_examples=40, deadline=None)
@given(weighted_graphs(st.floats(-1e3, 1e3)), st.randoms(use_true_random=False))
def test_energy_is_minus_the_cut_for_float_weights(graph, random):
    problem = MaxCut(graph)
    spins = [random.choice([-1, 1]) for _ in graph]
    scale = 1 + sum(abs(w) for _, _, w in graph.edges(data="weight"))
    cut = sum(w for u, v, w in graph.edges(data="weight") if len({u, v} & problem.decode(spins)[0]) == 1)
    assert problem.objective(problem.decode(spins)) == pytest.approx(cut, abs=1e-12 * scale)
    assert problem.to_ising().energy(spins) == pytest.approx(-cut, abs=1e-12 * scale)


@pytest.mark.parametrize(
    ("graph", "cut"),
    [
        (nx.complete_graph(7), 12),
        (nx.cycle_graph(5), 4),
        (nx.cycle_graph(6), 6),
        (nx.petersen_graph(), 12),
        (nx.complete_bipartite_graph(4, 5), 20),
        (nx.star_graph(6), 6),
        (nx.hypercube_graph(3), 12),
        (nx.empty_graph(3), 0),
    ],
)
def test_known_maximum_cuts(graph, cut):
    energy, states = ground_states(MaxCut(graph).to_ising())
    assert energy == -cut
    assert MaxCut(graph).objective(MaxCut(graph).decode(states[0])) == cut


def test_karate_club_by_its_two_factions():
    graph = nx.karate_club_graph()
    club = nx.get_node_attributes(graph, "club")
    answer = tuple({node for node in graph if club[node] == name} for name in ("Mr. Hi", "Officer"))
    between = [(u, v) for u, v in graph.edges() if club[u] != club[v]]
    assert len(between) == 11
    unweighted = MaxCut(graph, weight=None)
    assert unweighted.objective(answer) == 11
    assert unweighted.to_ising().energy(unweighted.encode(answer)) == -11
    weighted = MaxCut(graph)
    assert weighted.objective(answer) == sum(graph.edges[e]["weight"] for e in between) != 11
    assert weighted.to_ising().energy(weighted.encode(answer)) == -weighted.objective(answer)


def test_all_forms_of_the_input_give_the_same_model():
    matrix = np.array([[0, 3, 0, 1], [3, 0, -2, 0], [0, -2, 0, 5], [1, 0, 5, 0]])
    edges = [(u, v, int(matrix[u, v])) for u, v in itertools.combinations(range(4), 2) if matrix[u, v]]
    graph = nx.Graph()
    graph.add_weighted_edges_from(edges)
    expected = -matrix / 2
    for form in (
        matrix,
        sp.csr_array(matrix),
        sp.coo_matrix(matrix),
        edges,
        iter(edges),
        graph,
        np.asfortranarray(matrix),
    ):
        problem = MaxCut(form)
        model = problem.to_ising()
        order = [model.labels.index(i) for i in range(4)]
        np.testing.assert_array_equal(model.J[np.ix_(order, order)], expected)
        assert model.offset == -3.5
        assert problem.objective(({0, 2}, {1, 3})) == 7
        assert isinstance(problem.objective(({0, 2}, {1, 3})), int)


def test_edge_lists_carry_attributes_and_boolean_matrices_count_ones():
    assert MaxCut([("a", "b", {"length": 7})], weight="length").objective(({"a"}, {"b"})) == 7
    assert MaxCut(nx.Graph([("a", "b", {"length": 7})])).objective(({"a"}, {"b"})) == 1
    boolean = MaxCut(np.array([[False, True], [True, False]]))
    assert boolean.objective(({0}, {1})) == 1
    assert type(boolean.objective(({0}, {1}))) is int


def test_even_weights_give_an_integer_model():
    assert MaxCut([(0, 1, 2), (1, 2, -4)]).to_ising().is_integer
    assert not MaxCut([(0, 1, 2), (1, 2, 3)]).to_ising().is_integer


def test_large_sparse_graphs_stay_sparse_and_full_ones_become_dense():
    assert MaxCut(nx.cycle_graph(500)).to_ising().is_sparse
    assert not MaxCut(nx.cycle_graph(20)).to_ising().is_sparse
    assert not MaxCut(nx.complete_graph(100)).to_ising().is_sparse


def test_flipping_all_spins_swaps_the_sides():
    problem = MaxCut(nx.petersen_graph())
    spins = np.random.default_rng(1).choice([-1, 1], 10)
    assert problem.decode(-spins) == problem.decode(spins)[::-1]


def test_a_zero_weight_is_an_edge_that_counts_nothing():
    problem = MaxCut([(0, 1, 0), (1, 2, 4)])
    assert problem.graph.number_of_edges() == 2
    assert problem.to_ising().num_couplings == 1


def test_the_problem_keeps_its_own_copy_of_the_graph():
    graph = nx.path_graph(3)
    problem = MaxCut(graph)
    graph.add_edge(0, 2)
    graph.edges[0, 1]["weight"] = 9
    assert problem.objective(({1}, {0, 2})) == 2
    assert problem.graph.number_of_edges() == 2
    with pytest.raises(nx.NetworkXError, match="Frozen"):
        problem.graph.add_edge(0, 2)
    assert MaxCut(problem.graph).objective(({1}, {0, 2})) == 2


def test_violations_name_the_nodes():
    problem = MaxCut([("a", "b"), ("b", "c")])
    assert problem.violations(({"a"}, {"b", "c"})) == []
    assert problem.violations(({"a"}, {"b"})) == ["node 'c' is in neither set"]
    assert problem.violations(({"a", "b"}, {"b", "c"})) == ["node 'b' is in both sets"]
    assert problem.violations(({"a", "x"}, {"b", "c"})) == ["'x' is not a node of the graph"]
    for malformed in (None, 3, "ab", ({"a"},), ({"a"}, {"b"}, {"c"}), ([["a"]], [])):
        assert problem.violations(malformed) == ["the answer is not a pair of sets of nodes"]
        with pytest.raises(ValueError, match="answer: a pair of sets"):
            problem.objective(malformed)
        with pytest.raises(ValueError, match="answer: not two sets"):
            problem.encode(malformed)
    # an edge with an end in neither set is not cut; one with an end in both is cut by its other end
    assert problem.objective(({"a"}, {"c"})) == 0
    assert problem.objective(({"a", "b"}, {"b", "c"})) == 2


def with_weight(value):
    return nx.Graph([("u", "v", {"weight": value})])


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (nx.DiGraph([(0, 1)]), r"graph: an undirected graph is needed.*to_undirected"),
        (nx.MultiGraph([(0, 1), (0, 1)]), "graph: parallel edges.*merge"),
        (nx.Graph([(0, 1), (1, 1)]), "graph: the node 1 has an edge to itself"),
        (with_weight(float("nan")), r"weight: the edge \('u', 'v'\) has the 'weight' nan; weights must be finite"),
        (with_weight(float("-inf")), r"weight: the edge \('u', 'v'\).*-inf"),
        (with_weight("heavy"), r"weight: the edge \('u', 'v'\).*'heavy', which is not a real number"),
        (with_weight(None), r"weight: the edge \('u', 'v'\).*None, which is not a real number"),
        (with_weight(1 + 2j), r"weight: the edge \('u', 'v'\).*not a real number"),
        (with_weight(2**60), r"weight: the edge \('u', 'v'\).*2\*\*53"),
        (nx.Graph([(i, i + 1, {"weight": 2**51}) for i in range(3)]), r"weight: the absolute weights add up.*2\*\*52"),
        (nx.Graph([(i, i + 1, {"weight": 1e308}) for i in range(3)]), "weight: the absolute weights add up.*scale"),
        (np.zeros((2, 3)), r"graph: an adjacency matrix must be square, but its shape is \(2, 3\)"),
        (np.zeros(4), r"graph: an adjacency matrix must be square"),
        (np.array([[0, 1], [2, 0]]), r"graph: .*symmetric, but entry \[0, 1\] is 1 and \[1, 0\] is 2"),
        (sp.csr_array(np.array([[0, 1], [0, 0]])), r"graph: .*symmetric, but entry \[0, 1\] is 1 and \[1, 0\] is 0"),
        (np.array([[0, np.nan], [np.nan, 0]]), r"weight: the edge \(0, 1\).*nan"),
        (np.eye(2), "graph: the node 0 has an edge to itself"),
        (np.array([[0, 1j], [1j, 0]]), "graph: .*dtype is complex"),
        ([(0, 1), (1, 0)], r"graph: edge 1 of the list, \(1, 0\), was given before"),
        ([(0, 1), (2, 2)], "graph: the node 2 has an edge to itself"),
        ([(0, 1), (2,)], r"graph: edge 1 of the list is \(2,\); \(u, v\) or"),
        ([(0, 1), 5], "graph: edge 1 of the list is 5"),
        ([(0, [1])], "graph: edge 0 of the list.*hashable"),
        ([(0, None)], "graph: edge 0 of the list.*None cannot be a node"),
    ],
)
def test_bad_graphs_are_refused_by_name(graph, message):
    with pytest.raises(ValueError, match=message):
        MaxCut(graph)


@pytest.mark.parametrize("graph", [None, 7, "edges", {0: [1]}])
def test_other_types_are_refused(graph):
    with pytest.raises(TypeError, match=r"graph: a networkx\.Graph, an adjacency matrix"):
        MaxCut(graph)


@pytest.mark.parametrize(
    "answer", [("ab", "c"), {"a": 0, "b": 1}, ({"a": 1, "b": 1}, {"c"}), {("a", "b"): 0, ("c",): 1}]
)
def test_strings_and_dicts_are_no_sides(answer):
    problem = MaxCut([("a", "b"), ("b", "c")])
    assert problem.violations(answer) == ["the answer is not a pair of sets of nodes"]
    with pytest.raises(ValueError, match="answer: a pair of sets of nodes"):
        problem.objective(answer)


def test_weights_of_edges_in_a_list_are_refused_by_name():
    with pytest.raises(TypeError, match="weight: the name of an edge attribute is needed, but it is a list"):
        MaxCut(nx.path_graph(3), weight=[1, 2])


def test_a_small_matrix_as_lists_is_not_taken_for_edges():
    with pytest.raises(ValueError, match=r"graph: a list of 3 lists may be edges or a matrix; pass numpy\.array"):
        MaxCut([[0, 1, 2], [1, 0, 1], [2, 1, 0]])
    assert MaxCut([[0, 1], [1, 2]]).graph.number_of_edges() == 2


def test_the_problems_graph_is_what_the_users_was():
    graph = nx.Graph(name="before")
    graph.add_node("a", pos=(0, 1))
    graph.add_edge("a", "b", weight=3, label="road")
    graph.add_edge("b", "c", weight=4)
    graph.add_edge("a", "c")
    problem = MaxCut(graph)
    graph.edges["a", "b"]["weight"] = 99
    graph.edges["a", "b"]["label"] = "river"
    graph.nodes["a"]["pos"] = (5, 5)
    graph.graph["name"] = "after"
    graph.add_edge("c", "d")
    kept = problem.graph
    assert dict(kept.edges["a", "b"]) == {"weight": 3, "label": "road"}
    assert dict(kept.edges["b", "c"]) == {"weight": 4}
    assert dict(kept.edges["a", "c"]) == {}
    assert kept.nodes["a"] == {"pos": (0, 1)}
    assert kept.graph == {"name": "before"}
    assert list(kept) == ["a", "b", "c"]
