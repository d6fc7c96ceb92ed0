"""Graph and subgraph isomorphism: zero energy exactly for maps under which all pairs match."""

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ising_problems.encoders.isomorphism import GraphIsomorphism, SubgraphIsomorphism
from ising_problems.exact import ground_states


def maps(first, second, non_edges):
    """Every one-to-one map under which edges (and perhaps non-edges) match, by looking at all."""
    for targets in itertools.permutations(second, len(first)):
        image = dict(zip(first, targets, strict=True))
        pairs = itertools.permutations(first, 2)
        if all(
            second.has_edge(image[u], image[v]) or not first.has_edge(u, v)
            if not non_edges
            else second.has_edge(image[u], image[v]) == first.has_edge(u, v)
            for u, v in pairs
        ):
            yield image


def shuffled(graph, seed):
    """The same graph with other names, in another order."""
    rng = np.random.default_rng(seed)
    names = dict(zip(graph, rng.permutation([f"n{i}" for i in range(len(graph))]).tolist(), strict=True))
    other = graph.__class__()
    other.add_nodes_from(sorted(names.values()))
    other.add_edges_from((names[u], names[v]) for u, v in graph.edges)
    return other


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("seed", range(15))
def test_ground_states_are_exactly_the_isomorphisms(seed, directed):
    first = nx.gnp_random_graph(seed % 5, 0.5, seed=seed, directed=directed)
    second = shuffled(first, seed) if seed % 3 else nx.gnp_random_graph(4, 0.5, seed=seed + 50, directed=directed)
    expected = list(maps(first, second, non_edges=True)) if len(first) == len(second) else []
    problem = GraphIsomorphism(first, second)
    energy, states = ground_states(problem.to_ising())
    answers = [problem.decode(s) for s in states]
    if expected:
        assert energy == 0
        assert len(answers) == len(expected)
        assert all(answer in expected for answer in answers)
        assert all(problem.is_feasible(a) and problem.objective(a) == 0 for a in answers)
        assert problem.is_feasible(problem.repair(dict.fromkeys(first)))
    else:
        assert energy >= 1
        assert all(problem.objective(a) > 0 and not problem.is_feasible(a) for a in answers)


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("induced", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_ground_states_are_exactly_the_places_of_the_pattern(seed, induced, directed):
    pattern = nx.gnp_random_graph(seed % 4, 0.6, seed=seed, directed=directed)
    target = nx.gnp_random_graph(2 + seed % 4, 0.6, seed=seed + 7, directed=directed)
    expected = list(maps(pattern, target, non_edges=induced))
    problem = SubgraphIsomorphism(pattern, target, induced=induced, penalty=0.5)
    energy, states = ground_states(problem.to_ising())
    answers = [problem.decode(s) for s in states]
    if expected:
        assert energy == pytest.approx(0, abs=1e-12)
        assert len(answers) == len(expected)
        assert all(answer in expected for answer in answers)
        assert all(problem.is_feasible(a) and problem.objective(a) == 0 for a in answers)
        assert problem.is_feasible(problem.repair(dict.fromkeys(pattern)))
    else:
        assert energy >= 0.5 - 1e-12
        assert all(problem.objective(a) > 0 and not problem.is_feasible(a) for a in answers)


@pytest.mark.parametrize(
    ("graph", "count"),
    [(nx.cycle_graph(4), 8), (nx.path_graph(4), 2), (nx.complete_graph(4), 24), (nx.star_graph(4), 24)],
)
def test_known_numbers_of_automorphisms(graph, count):
    energy, states = ground_states(GraphIsomorphism(graph, shuffled(graph, 1)).to_ising())
    assert (energy, len(states)) == (0, count)


@settings(max_examples=60)
@given(st.data())
def test_energy_of_an_encoded_map_is_the_penalty_times_its_mismatches(data):
    n = data.draw(st.integers(0, 6))
    directed = data.draw(st.booleans())
    # regular graphs, so that every pair of nodes has a variable: circulant ones, by their steps
    steps = [data.draw(st.sets(st.sampled_from(range(1, n)), max_size=2)) if n > 1 else () for _ in range(2)]
    kind = nx.DiGraph if directed else nx.Graph
    graphs = []
    for chosen in steps:
        graph = kind()
        graph.add_nodes_from(range(n))
        graph.add_edges_from((v, (v + s) % n) for v in range(n) for s in chosen)
        graphs.append(graph)
    first, second = graphs
    image = dict(zip(range(n), data.draw(st.permutations(range(n))), strict=True))
    pairs = list((itertools.permutations if directed else itertools.combinations)(range(n), 2))
    lost = sum(first.has_edge(u, v) and not second.has_edge(image[u], image[v]) for u, v in pairs)
    gained = sum(not first.has_edge(u, v) and second.has_edge(image[u], image[v]) for u, v in pairs)
    for problem, mismatches in (
        (GraphIsomorphism(first, second, penalty=0.25), lost + gained),
        (SubgraphIsomorphism(first, second, penalty=3.0), lost),
        (SubgraphIsomorphism(first, second, induced=True), lost + gained),
    ):
        assert problem.objective(image) == mismatches == len(problem.violations(image))
        try:
            spins = problem.encode(image)
        except ValueError:  # the two graphs have other degrees
            assert dict(first.degree) != dict(second.degree), "regular graphs of one degree allow every pair"
            continue
        assert problem.decode(spins) == image
        assert problem.to_ising().energy(spins) == pytest.approx(problem.energy_of(mismatches), abs=1e-9)
        for group in problem.one_hot:
            assert np.count_nonzero(spins[group] > 0) == 1


def test_only_pairs_that_degrees_allow_have_spins():
    star, path = nx.star_graph(3), nx.path_graph(4)
    assert GraphIsomorphism(star, shuffled(star, 0)).num_spins == 1 + 9
    assert GraphIsomorphism(path, path).num_spins == 4 + 4
    assert GraphIsomorphism(star, path).num_spins == 3 * 2  # the hub has nowhere to go
    arrow = nx.DiGraph([(0, 1)])
    assert GraphIsomorphism(arrow, arrow).variables == ((0, 0), (1, 1))
    assert SubgraphIsomorphism(path, star).num_spins == 2 * 4 + 2 * 1
    assert SubgraphIsomorphism(nx.empty_graph(2), nx.complete_graph(3), induced=True).num_spins == 0
    assert len(GraphIsomorphism(path, path).one_hot) == 8
    assert len(SubgraphIsomorphism(path, star).one_hot) == 4


def test_where_nothing_fits_the_ground_energy_is_positive():
    problem = GraphIsomorphism(nx.star_graph(3), nx.path_graph(4))
    energy, _ = ground_states(problem.to_ising())
    assert energy > 0
    answer = problem.repair(problem.decode(np.ones(problem.num_spins)))
    assert answer[0] is None
    assert "node 0 goes nowhere" in problem.violations(answer)
    none = GraphIsomorphism(nx.complete_graph(3), nx.empty_graph(3))
    assert none.num_spins == 0
    assert none.to_ising().energy([]) == 6
    assert none.decode([]) == {0: None, 1: None, 2: None}
    assert none.repair(none.decode([])) == {0: None, 1: None, 2: None}
    large = SubgraphIsomorphism(nx.complete_graph(4), nx.complete_graph(3))
    assert large.to_ising().energy([]) == 4


def test_empty_graphs():
    assert GraphIsomorphism(nx.Graph(), nx.Graph()).is_feasible({})
    assert GraphIsomorphism(nx.Graph(), nx.Graph()).to_ising().energy([]) == 0
    assert SubgraphIsomorphism(nx.Graph(), nx.path_graph(3)).is_feasible({})
    assert GraphIsomorphism(nx.Graph(), nx.path_graph(1)).violations({}) == ["no node goes to 0"]
    assert GraphIsomorphism(nx.empty_graph(2), nx.empty_graph(2)).to_ising().num_spins == 4


def test_violations_in_words():
    problem = GraphIsomorphism([("a", "b"), ("b", "c")], [(1, 2), (2, 3)])
    assert problem.violations({"a": 1, "b": 2, "c": 3}) == []
    assert problem.violations({"a": 1, "b": 3, "c": 2}) == [
        "'a' and 'b' are joined, but 1 and 3 are not",
        "'a' and 'c' are not joined, but 1 and 2 are",
    ]
    assert problem.violations({"a": 1, "b": None, "c": 1}) == [
        "node 'b' goes nowhere",
        "2 nodes go to 1",
        "no node goes to 2",
        "no node goes to 3",
    ]
    assert problem.objective({"a": 1, "b": None, "c": 1}) == 4
    assert problem.violations({"a": 1, "b": 2, "c": 9, "z": 3})[:2] == [
        "'z' is not a node of the first graph",
        "node 'c' goes to 9, which is not a node of the second graph",
    ]
    assert (
        problem.violations({"a": [1], "b": 2, "c": 3})[0]
        == "node 'a' goes to [1], which is not a node of the second graph"
    )
    assert problem.violations([1, 2, 3]) == [
        "the answer is not a dict from nodes of the first graph to nodes of the second"
    ]
    assert problem.objective({"a": 2, "b": 2, "c": 3}) == 3  # 2 taken twice, 1 not taken; a and c are not joined
    for wrong, message in (
        ([1, 2, 3], "answer: a dict from node to node is needed, but it is a list"),
        ({"a": 9}, "answer: 9 is not a node of the second graph"),
        ({"z": 1}, "answer: 'z' is not a node of the first graph"),
    ):
        for method in (problem.objective, problem.encode):
            with pytest.raises(ValueError, match=message):
                method(wrong)
    with pytest.raises(ValueError, match="answer: 'a' goes to 2, but the degrees of these nodes rule that out"):
        problem.encode({"a": 2})
    assert problem.decode(problem.encode({"b": 2})) == {"a": None, "b": 2, "c": None}


@pytest.mark.parametrize("seed", range(4))
def test_repair_finds_isomorphisms_of_graphs_of_many_degrees(seed):
    first = nx.gnp_random_graph(20, 0.5, seed=seed)
    second = shuffled(first, seed)
    problem = GraphIsomorphism(first, second)
    answer = problem.decode(np.random.default_rng(seed).choice([-1, 1], problem.num_spins), repair=True)
    assert problem.violations(answer) == []
    assert problem.repair(answer) is answer


def test_repair_finds_a_pattern_that_is_there():
    target = nx.grid_2d_graph(4, 4)
    pattern = nx.cycle_graph(8)
    for induced in (False, True):
        problem = SubgraphIsomorphism(pattern, target, induced=induced)
        answer = problem.repair(dict.fromkeys(pattern))
        assert problem.violations(answer) == []


@pytest.mark.parametrize("induced", [False, True])
def test_repair_finds_half_of_a_random_graph_from_one_of_a_few_starts(induced):
    target = shuffled(nx.gnp_random_graph(16, 0.5, seed=3), 3)
    pattern = nx.relabel_nodes(target.subgraph(list(target)[3:11]), str.upper)
    problem = SubgraphIsomorphism(pattern, target, induced=induced)
    mismatches = []
    for seed in range(10):
        spins = np.random.default_rng(seed).choice([-1, 1], problem.num_spins, p=[0.8, 0.2])
        answer = problem.decode(spins)
        mended = problem.repair(answer)
        mismatches.append(problem.objective(mended))
        assert mismatches[-1] <= problem.objective(answer)
        assert len(set(mended.values())) == 8
    assert min(mismatches) == 0


@pytest.mark.parametrize("cls", [GraphIsomorphism, SubgraphIsomorphism])
def test_bad_input_is_refused(cls):
    graph = nx.path_graph(3)
    for bad, error, message in (
        (nx.DiGraph([(0, 1)]), ValueError, ": it is directed, but the .* graph is undirected"),
        (nx.Graph([(0, 0)]), ValueError, "the node 0 has an edge to itself"),
        (3, TypeError, "a networkx.Graph"),
    ):
        with pytest.raises(error, match=message):
            cls(graph, bad)
    with pytest.raises(ValueError, match="penalty: "):
        cls(graph, graph, penalty=0)
    with pytest.raises(TypeError, match="induced: "):
        SubgraphIsomorphism(graph, graph, induced=1)


@pytest.mark.parametrize("arcs", [[(1, 2), (2, 3), (3, 1), (3, 4)], [(1, 2), (2, 3), (1, 3)], [(2, 1)]])
@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph])
def test_a_graph_without_edges_is_taken_as_directed_beside_one_with_arcs(arcs, kind):
    """Ground states once put two nodes that are not joined at the ends of an arc that runs against their order."""
    target = nx.DiGraph(arcs)
    pattern = nx.empty_graph(["u", "v"], create_using=kind)
    problem = SubgraphIsomorphism(pattern, target, induced=True)
    places = list(maps(pattern, target, True))
    energy, spins = ground_states(problem.to_ising())
    assert (energy == 0) == bool(places)
    found = [problem.decode(state) for state in spins]
    assert all(problem.is_feasible(answer) == (answer in places) for answer in found)
    if places:
        assert sorted(map(str, found)) == sorted(map(str, places))
    assert not problem.is_feasible({"u": 2, "v": 1})
    assert not problem.is_feasible({"u": 1, "v": 2})


def test_no_isomorphism_between_no_edges_and_an_arc():
    for first, second in itertools.permutations([nx.empty_graph(2), nx.DiGraph([(0, 1)])]):
        problem = GraphIsomorphism(first, second)
        assert problem.violations({0: 0, 1: 1}) != []
        assert problem.violations({0: 1, 1: 0}) != []


def test_repair_makes_a_map_of_anything():
    graph = nx.path_graph(3)
    for problem in (GraphIsomorphism(graph, graph), SubgraphIsomorphism(graph, nx.cycle_graph(4))):
        for wrong in (None, 3, "abc", [0, 1, 2], {"x": 0}, {0: [1]}):
            assert problem.violations(wrong)
            assert problem.is_feasible(problem.repair(wrong))


def test_every_graph_problem_has_a_graph():
    graph, cycle = nx.path_graph(3), nx.cycle_graph(4)
    assert nx.utils.graphs_equal(GraphIsomorphism(graph, graph).graph, graph)
    assert nx.utils.graphs_equal(SubgraphIsomorphism(graph, cycle).graph, cycle)


def test_the_graphs_are_frozen_copies():
    graph = nx.path_graph(3)
    problem = SubgraphIsomorphism(graph, nx.cycle_graph(4))
    graph.add_edge(0, 2)
    assert problem.pattern.number_of_edges() == 2
    assert problem.target.number_of_edges() == 4
    assert nx.is_frozen(problem.pattern)
    isomorphism = GraphIsomorphism(graph, graph)
    assert isomorphism.first.number_of_edges() == isomorphism.second.number_of_edges() == 3
