"""Graph colouring: the energy counts conflicts and is 0 exactly for proper colourings, fixed colours or not."""

import itertools
import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ising_problems.encoders.colouring import GraphColoring
from ising_problems.exact import ground_states


def proper_colourings(graph, num_colors):
    """Every proper colouring as a tuple of colours in the order of the nodes, one node and colour after another."""
    nodes = list(graph)
    position = {node: i for i, node in enumerate(nodes)}
    found = [()]
    for node in nodes:
        earlier = [position[other] for other in graph[node] if position[other] < position[node]]
        found = [(*c, k) for c in found for k in range(num_colors) if all(c[i] != k for i in earlier)]
    return set(found)


def random_graph(seed, n=6):
    return nx.gnp_random_graph(n, 0.5, seed=seed)


@pytest.mark.parametrize("symmetry_breaking", [False, True])
@pytest.mark.parametrize("num_colors", [2, 3])
@pytest.mark.parametrize("seed", range(6))
def test_ground_states_are_exactly_the_proper_colourings(seed, num_colors, symmetry_breaking):
    graph = random_graph(seed)
    problem = GraphColoring(graph, num_colors, symmetry_breaking=symmetry_breaking)
    expected = {
        colours
        for colours in proper_colourings(graph, num_colors)
        if all(colours[list(graph).index(node)] == c for node, c in problem.fixed_colors.items())
    }
    energy, states = ground_states(problem.to_ising())
    if expected:
        assert energy == 0
        answers = [problem.decode(s) for s in states]
        assert {tuple(answer[node] for node in graph) for answer in answers} == expected
        assert len(states) == len(expected)
        assert all(problem.is_feasible(answer) and problem.objective(answer) == 0 for answer in answers)
    else:
        assert energy >= 1
        assert not any(problem.is_feasible(problem.decode(s)) for s in states)


@pytest.mark.parametrize(
    ("graph", "num_colors", "count"),
    [
        (nx.cycle_graph(5), 3, 30),  # (k-1)^n + (-1)^n (k-1)
        (nx.cycle_graph(6), 2, 2),
        (nx.petersen_graph(), 3, 120),
        (nx.complete_graph(4), 4, 24),
        (nx.path_graph(5), 3, 48),  # k (k-1)^(n-1)
        (nx.wheel_graph(6), 4, 4 * 30),  # the hub, then C5 in the other three colours
    ],
)
def test_published_numbers_of_colourings(graph, num_colors, count):
    problem = GraphColoring(graph, num_colors)
    energy, states = ground_states(problem.to_ising())
    assert energy == 0
    names = math.perm(num_colors, len(problem.fixed_colors))
    assert names > 1
    assert len(states) * names == count


@pytest.mark.parametrize(
    ("graph", "num_colors"),
    [
        (nx.cycle_graph(5), 2),
        (nx.complete_graph(4), 3),
        (nx.wheel_graph(6), 3),
        (nx.mycielski_graph(4), 3),  # the Grötzsch graph: no triangle, and yet four colours are needed
        (nx.path_graph(2), 1),
    ],
)
def test_graphs_that_cannot_be_coloured_have_positive_ground_energy(graph, num_colors):
    problem = GraphColoring(graph, num_colors)
    energy, states = ground_states(problem.to_ising())
    assert energy == 1
    assert {problem.objective(problem.decode(s)) for s in states} == {1}
    assert all(problem.violations(problem.decode(s)) for s in states)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_energy_of_an_encoded_answer_is_the_penalty_times_its_objective(data):
    n, k = data.draw(st.integers(0, 6)), data.draw(st.integers(1, 4))
    graph = nx.gnp_random_graph(n, data.draw(st.floats(0, 1)), seed=data.draw(st.integers(0, 99)))
    penalty = data.draw(st.sampled_from(["auto", 0.25, 3.0]))
    weight = 1.0 if penalty == "auto" else penalty
    answer = {node: data.draw(st.one_of(st.none(), st.integers(0, k - 1))) for node in graph}
    conflicts = sum(answer[u] == answer[v] is not None for u, v in graph.edges())
    uncoloured = sum(colour is None for colour in answer.values())

    whole = GraphColoring(graph, k, penalty=penalty, symmetry_breaking=False)
    assert whole.objective(answer) == conflicts + uncoloured
    assert len(whole.violations(answer)) == conflicts + uncoloured
    assert whole.to_ising().energy(whole.encode(answer)) == weight * (conflicts + uncoloured)
    assert whole.decode(whole.encode(answer)) == answer

    broken = GraphColoring(graph, k, penalty=penalty)
    held = [answer[node] for node in broken.fixed_colors]
    if None in held or len(set(held)) < len(held):
        with pytest.raises(ValueError, match=r"answer: the nodes .* need different colours"):
            broken.encode(answer)
        return
    spins = broken.encode(answer)
    assert broken.to_ising().energy(spins) == weight * (conflicts + uncoloured)
    renamed = broken.decode(spins)
    assert {node: renamed[node] for node in broken.fixed_colors} == broken.fixed_colors
    # the same classes of nodes under other names
    pairs = {(answer[node], renamed[node]) for node in graph}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


@pytest.mark.parametrize("symmetry_breaking", [False, True])
def test_no_spins_cost_less_than_what_they_decode_to(symmetry_breaking):
    problem = GraphColoring(random_graph(3, 5), 3, symmetry_breaking=symmetry_breaking)
    model = problem.to_ising()
    spins = np.random.default_rng(0).choice([-1, 1], (500, problem.num_spins))
    energies = model.energy(spins)
    objectives = [problem.objective(problem.decode(s)) for s in spins]
    assert np.all(energies >= objectives)
    assert np.any(energies > objectives)  # a node with two colours costs more than one without


def test_fixing_spins_of_the_whole_model_gives_the_model_with_symmetry_broken():
    graph = nx.petersen_graph()
    whole, broken = GraphColoring(graph, 3, symmetry_breaking=False), GraphColoring(graph, 3)
    held = {(v, c): 1 if c == colour else -1 for v, colour in broken.fixed_colors.items() for c in range(3)}
    expected, model = whole.to_ising().fix(held), broken.to_ising()
    assert list(model.labels) == list(expected.labels) == list(broken.variables)
    spins = np.random.default_rng(2).choice([-1, 1], (200, model.num_spins))
    np.testing.assert_array_equal(model.energy(spins), expected.energy(spins))


@pytest.mark.parametrize("symmetry_breaking", [False, True])
@pytest.mark.parametrize("num_colors", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(6))
def test_domain_walls_have_the_same_ground_states(seed, num_colors, symmetry_breaking):
    graph = random_graph(seed, 5)
    problem = GraphColoring(graph, num_colors, symmetry_breaking=symmetry_breaking, encoding="domain_wall")
    held = problem.fixed_colors
    assert problem.num_spins == len(problem.variables) == (5 - len(held)) * (num_colors - 1)
    costs = {}
    for colours in itertools.product(range(num_colors), repeat=5):
        if all(colours[node] == c for node, c in held.items()):
            costs[colours] = sum(colours[u] == colours[v] for u, v in graph.edges)
    fewest = min(costs.values())
    energy, states = ground_states(problem.to_ising())
    assert energy == fewest
    found = [problem.decode(s) for s in states]
    assert {tuple(answer[node] for node in graph) for answer in found} == {c for c, n in costs.items() if n == fewest}
    assert len(found) == sum(n == fewest for n in costs.values())
    assert all(problem.objective(answer) == fewest for answer in found)


@pytest.mark.parametrize("symmetry_breaking", [False, True])
def test_energy_of_domain_walls_counts_conflicts(symmetry_breaking):
    rng = np.random.default_rng(1)
    for seed in range(10):
        graph = random_graph(seed, 7)
        problem = GraphColoring(graph, 4, penalty=2.5, symmetry_breaking=symmetry_breaking, encoding="domain_wall")
        answer = {node: int(c) for node, c in zip(graph, rng.integers(0, 4, 7), strict=True)} | problem.fixed_colors
        spins = problem.encode(answer)
        assert problem.to_ising().energy(spins) == problem.energy_of(problem.objective(answer))
        assert problem.decode(spins) == answer
        with pytest.raises(ValueError, match="answer: "):
            problem.encode({**answer, **dict.fromkeys(set(graph) - set(problem.fixed_colors))})


def test_one_hot_groups_and_encodings():
    problem = GraphColoring(nx.petersen_graph(), 3)
    groups = problem.one_hot
    assert len(groups) == 8
    assert sorted(i for group in groups for i in group.tolist()) == list(range(problem.num_spins))
    spins = problem.encode(problem.decode(-np.ones(problem.num_spins), repair=True))
    assert all((spins[group] > 0).sum() == 1 for group in groups)
    assert len(GraphColoring(nx.petersen_graph(), 3, encoding="domain_wall").one_hot) == 0
    with pytest.raises(ValueError, match=r"encoding: .*'binary'"):
        GraphColoring(nx.path_graph(3), 2, encoding="binary")


@pytest.mark.parametrize("encoding", ["one_hot", "domain_wall"])
def test_repair_colours_planted_graphs_from_random_spins_and_near_misses(encoding):
    rng = np.random.default_rng(5)
    n, k = 60, 4
    planted = rng.integers(0, k, n)
    u, v = np.triu_indices(n, 1)
    kept = (planted[u] != planted[v]) & (rng.random(len(u)) < 0.35)
    graph = nx.empty_graph(n)
    graph.add_edges_from(zip(u[kept].tolist(), v[kept].tolist(), strict=True))
    problem = GraphColoring(graph, k, encoding=encoding)
    near = problem.encode({node: int(c) for node, c in enumerate(planted)})
    for seed in range(5):
        generator = np.random.default_rng(seed)
        flipped = near.copy()
        flipped[generator.choice(len(near), 12, replace=False)] *= -1
        for spins in (flipped, generator.choice(np.array([-1, 1], dtype=np.int8), problem.num_spins)):
            answer = problem.decode(spins, repair=True)
            assert problem.violations(answer) == []
            assert problem.to_ising().energy(problem.encode(answer)) == 0
            assert problem.repair(answer) == answer


def test_repair_leaves_one_conflict_where_one_must_be():
    problem = GraphColoring(nx.cycle_graph(7), 2)
    for seed in range(5):
        spins = np.random.default_rng(seed).choice(np.array([-1, 1], dtype=np.int8), problem.num_spins)
        assert problem.objective(problem.decode(spins, repair=True)) == 1


def test_the_clique_is_one_and_cannot_be_extended():
    for seed in range(10):
        graph = nx.gnp_random_graph(30, 0.5, seed=seed)
        clique = list(GraphColoring(graph, 30).fixed_colors)
        assert all(graph.has_edge(u, v) for u, v in itertools.combinations(clique, 2))
        assert not any(all(graph.has_edge(node, member) for member in clique) for node in graph)
    complete = GraphColoring(nx.complete_graph(6), 4)
    assert list(complete.fixed_colors.values()) == [0, 1, 2, 3]
    assert complete.num_spins == 8


def test_the_number_of_spins_and_their_labels():
    problem = GraphColoring(nx.path_graph(["a", "b", "c"]), 2, symmetry_breaking=False)
    assert problem.variables == (("a", 0), ("a", 1), ("b", 0), ("b", 1), ("c", 0), ("c", 1))
    assert problem.num_spins == 6
    assert problem.fixed_colors == {}


def test_nodes_with_no_colour_or_two_decode_to_none():
    problem = GraphColoring([("a", "b")], 2, symmetry_breaking=False)
    assert problem.decode([1, -1, -1, 1]) == {"a": 0, "b": 1}
    assert problem.decode([1, 1, -1, -1]) == {"a": None, "b": None}
    assert problem.violations({"a": None, "b": None}) == ["node 'a' has no colour", "node 'b' has no colour"]


def test_violations_name_nodes_and_colours():
    problem = GraphColoring([("a", "b"), ("b", "c")], 2)
    assert problem.violations({"a": 0, "b": 1, "c": 0}) == []
    assert problem.violations({"a": 1, "b": 1, "c": 0}) == ["nodes 'a' and 'b' are joined and both have colour 1"]
    assert problem.violations({"a": 0, "b": 1}) == ["node 'c' has no colour"]
    assert problem.violations({"a": 0, "b": 2, "c": 0}) == ["node 'b' has the colour 2, which is not one of 0 to 1"]
    assert problem.violations({"a": 0, "b": 1, "c": 0, "x": 0}) == ["'x' is not a node of the graph"]
    assert problem.violations([0, 1, 0]) == ["the answer is not a dict from node to colour"]
    assert problem.objective({"a": 0, "b": 2}) == 2
    for bad, message in (
        ({"a": 0, "b": 5, "c": 0}, "answer: node 'b' has the colour 5; 0 to 1 is needed"),
        ({"a": 0, "b": 1, "x": 0}, "answer: 'x' is not a node"),
        ([0, 1, 0], "answer: a dict from node to colour is needed, but it is a list"),
    ):
        with pytest.raises(ValueError, match=message):
            problem.encode(bad)
    with pytest.raises(ValueError, match="answer: a dict from node to colour"):
        problem.objective([0, 1, 0])


def test_the_penalty_scales_the_model():
    one, three = (GraphColoring(nx.cycle_graph(5), 3, penalty=p).to_ising() for p in (1.0, 3.0))
    np.testing.assert_array_equal(3 * one.J, three.J)
    np.testing.assert_array_equal(3 * one.h, three.h)
    assert three.offset == 3 * one.offset


def test_large_models_are_sparse():
    assert GraphColoring(nx.gnm_random_graph(60, 300, seed=1), 5).to_ising().is_sparse


def test_one_colour_and_no_edges():
    problem = GraphColoring(nx.empty_graph(3), 1)
    energy, states = ground_states(problem.to_ising())
    assert energy == 0
    assert [problem.decode(s) for s in states] == [{0: 0, 1: 0, 2: 0}]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"num_colors": 0}, ValueError, "num_colors: must be at least 1, but it is 0"),
        ({"num_colors": 2.5}, TypeError, "num_colors: must be an integer, but it is 2.5"),
        ({"num_colors": True}, TypeError, "num_colors: must be an integer"),
        ({"num_colors": 2, "penalty": 0}, ValueError, "penalty: must be 'auto' or a positive number, but it is 0"),
        ({"num_colors": 2, "penalty": "big"}, ValueError, "penalty: .*'big'"),
        ({"num_colors": 2, "graph": nx.DiGraph([(0, 1)])}, ValueError, "graph: an undirected graph"),
        ({"num_colors": 2, "graph": nx.Graph([(0, 0)])}, ValueError, "graph: the node 0 has an edge to itself"),
    ],
)
def test_bad_arguments_are_refused_by_name(arguments, error, message):
    with pytest.raises(error, match=message):
        GraphColoring(**{"graph": nx.path_graph(3), **arguments})
