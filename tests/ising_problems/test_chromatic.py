"""Chromatic number: ground states are proper colourings with the fewest colours, and their energy is that number."""

import itertools

import networkx as nx
import numpy as np
import pytest
from exact_milp import milp_minimum

from ising_problems.encoders.chromatic import ChromaticNumber
from ising_problems.exact import ground_states


def chromatic_number(graph):
    """Fewest colours of a proper colouring, by trying every assignment of ever more colours."""
    nodes = list(graph)
    for k in range(len(nodes) + 1):
        for colours in itertools.product(range(k), repeat=len(nodes)):
            named = dict(zip(nodes, colours, strict=True))
            if all(named[u] != named[v] for u, v in graph.edges):
                return k
    raise AssertionError("as many colours as nodes are always enough")


def read_colouring(path):
    graph = nx.Graph()
    for line in path.read_text().splitlines():
        if line.startswith("p"):
            graph.add_nodes_from(range(1, int(line.split()[2]) + 1))
        elif line.startswith("e"):
            graph.add_edge(*map(int, line.split()[1:]))
    return graph


@pytest.mark.parametrize("penalty", [1 + 1e-6, "auto"])
@pytest.mark.parametrize("symmetry_breaking", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_ground_states_have_the_fewest_colours(seed, symmetry_breaking, penalty):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 7 if symmetry_breaking else 4))
    graph = nx.gnp_random_graph(n, rng.uniform(0.2, 0.9), seed=seed)
    best = chromatic_number(graph)
    problem = ChromaticNumber(graph, max(3, best), penalty=penalty, symmetry_breaking=symmetry_breaking)
    assert problem.num_spins <= 18
    energy, states = ground_states(problem.to_ising())
    assert energy == pytest.approx(best, abs=1e-9)
    for spins in states:
        answer = problem.decode(spins)
        assert problem.violations(answer) == []
        assert problem.objective(answer) == best == problem.objective(problem.repair(answer))


def test_an_odd_cycle_by_an_exact_linear_program():
    problem = ChromaticNumber(nx.cycle_graph(7), 4, penalty=1 + 1e-3)
    energy, spins = milp_minimum(problem.to_ising())
    assert energy == pytest.approx(3, abs=1e-6)
    assert problem.is_feasible(problem.decode(spins))
    assert problem.objective(problem.decode(spins)) == 3


def test_below_the_bound_a_violation_is_cheaper_than_a_colour():
    problem = ChromaticNumber(nx.cycle_graph(5), penalty=0.5)
    energy, states = ground_states(problem.to_ising())
    assert energy == 2.5
    assert not all(problem.is_feasible(problem.decode(s)) for s in states)


@pytest.mark.parametrize("symmetry_breaking", [False, True])
def test_energy_of_an_encoded_colouring_is_its_number_of_colours(symmetry_breaking):
    rng = np.random.default_rng(4)
    for seed in range(20):
        graph = nx.gnp_random_graph(8, 0.4, seed=seed)
        problem = ChromaticNumber(graph, 8, symmetry_breaking=symmetry_breaking)
        order = rng.permutation(8)
        names, answer = rng.permutation(8), {}
        for node in order.tolist():  # greedy in a random order, under random names
            taken = {answer.get(other) for other in graph[node]}
            answer[node] = next(int(c) for c in names if int(c) not in taken)
        assert problem.is_feasible(answer)
        spins = problem.encode(answer)
        assert problem.to_ising().energy(spins) == problem.energy_of(problem.objective(answer))
        assert problem.objective(problem.decode(spins)) == problem.objective(answer) == len(set(answer.values()))
        np.testing.assert_array_equal(problem.encode(problem.decode(spins)), spins)


@pytest.mark.parametrize("graph", [nx.cycle_graph(5), nx.petersen_graph(), nx.complete_graph(4), nx.empty_graph(3)])
def test_number_of_spins(graph):
    n = len(graph)
    for k in (4, 5):
        problem = ChromaticNumber(graph, k)
        held = len(problem.fixed_colors)
        assert held == max(map(len, nx.find_cliques(graph)))
        assert problem.num_spins == len(problem.variables) == (n - held) * k + k - held
        assert ChromaticNumber(graph, k, symmetry_breaking=False).num_spins == (n + 1) * k


@pytest.mark.parametrize(("name", "best"), [("queen5_5.col", 5), ("myciel3.col", 4)])
def test_repair_reaches_the_optimum_of_published_instances(instance, name, best):
    graph = read_colouring(instance(name))
    for k in (None, best + 3):
        problem = ChromaticNumber(graph, k)
        for seed in range(4):
            spins = np.random.default_rng(seed).choice(np.array([-1, 1], dtype=np.int8), problem.num_spins)
            answer = problem.decode(spins, repair=True)
            assert problem.violations(answer) == []
            assert problem.objective(answer) == best
            assert problem.to_ising().energy(problem.encode(answer)) == best
            assert problem.repair(answer) == answer


def test_repair_never_makes_a_feasible_answer_worse():
    for seed in range(10):
        graph = nx.gnp_random_graph(12, 0.4, seed=seed)
        problem = ChromaticNumber(graph, 12)
        every = {node: node for node in graph}
        repaired = problem.repair(every)
        assert problem.is_feasible(repaired)
        assert problem.objective(repaired) >= problem.objective_bound()
        assert problem.objective(repaired) < 12


def test_random_spins_are_decoded_judged_and_mended():
    problem = ChromaticNumber(nx.gnp_random_graph(15, 0.5, seed=1))
    for seed in range(10):
        spins = np.random.default_rng(seed).choice(np.array([-1, 1], dtype=np.int8), problem.num_spins)
        answer = problem.decode(spins)
        assert problem.is_feasible(answer) == (not problem.violations(answer))
        assert problem.is_feasible(problem.repair(answer))


def test_graphs_without_nodes_or_edges():
    empty = ChromaticNumber(nx.Graph())
    assert (empty.max_colors, empty.num_spins, empty.to_ising().offset) == (0, 0, 0)
    assert empty.objective(empty.decode([], repair=True)) == 0
    single = ChromaticNumber(nx.empty_graph(3))
    energy, states = ground_states(single.to_ising())
    assert energy == 1
    assert [single.decode(s) for s in states] == [{0: 0, 1: 0, 2: 0}]


def test_too_few_colours_leave_no_feasible_answer():
    problem = ChromaticNumber(nx.complete_graph(4), 3)
    _, states = ground_states(problem.to_ising())
    assert not any(problem.is_feasible(problem.decode(s)) for s in states)
    assert not problem.is_feasible(problem.repair(problem.decode(states[0])))


def test_any_name_of_a_node_will_do():
    graph = nx.complete_graph(3)
    graph.add_nodes_from(["used", "colour", "clique"])
    problem = ChromaticNumber(graph, 5)
    assert len(set(problem.variables)) == problem.num_spins == problem.to_ising().num_spins


def test_violations_name_nodes_and_colours():
    problem = ChromaticNumber([("a", "b"), ("b", "c")], 3)
    assert problem.violations({"a": 1, "b": 1, "c": 0}) == ["nodes 'a' and 'b' are joined and both have colour 1"]
    assert problem.violations({"a": 0, "b": 1}) == ["node 'c' has no colour"]
    assert problem.violations({"a": 0, "b": 3, "c": 0}) == ["node 'b' has the colour 3, which is not one of 0 to 2"]
    assert problem.violations([0]) == ["the answer is not a dict from node to colour"]
    for bad in (None, [0], {"a": 0, "b": 9, "c": 0}, {"a": 0, "b": 1, "z": 0}, {"a": 0, "b": 0, "c": 1}):
        with pytest.raises(ValueError, match="answer: "):
            problem.encode(bad)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"max_colors": 0}, ValueError, "max_colors: "),
        ({"max_colors": 2.5}, TypeError, "max_colors: "),
        ({"max_colors": True}, TypeError, "max_colors: "),
        ({"penalty": -1}, ValueError, "penalty: "),
        ({"graph": nx.Graph([(0, 0)])}, ValueError, "graph: "),
        ({"graph": 3}, TypeError, "graph: "),
    ],
)
def test_bad_arguments_are_refused_by_name(arguments, error, message):
    with pytest.raises(error, match=message):
        ChromaticNumber(**{"graph": nx.path_graph(3), **arguments})
