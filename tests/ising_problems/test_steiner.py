"""Steiner trees: ground states against every set of edges, the erratum of eq. 62, repair, published instances."""

import itertools
import random

import networkx as nx
import numpy as np
import pytest
from exact_milp import milp_minimum
from hypothesis import given, settings
from hypothesis import strategies as st

from ising_problems.encoders.builder import QuboBuilder
from ising_problems.encoders.steiner import SteinerTree
from ising_problems.exact import ground_states


def cheapest(graph, terminals):
    """Cost of the cheapest tree: over all sets of further nodes, the minimum spanning tree of what they induce."""
    others = [v for v in graph if v not in terminals]
    costs = []
    for size in range(len(others) + 1):
        for some in itertools.combinations(others, size):
            part = graph.subgraph([*terminals, *some])
            if nx.is_connected(part):
                costs.append(nx.minimum_spanning_tree(part).size("weight"))
    return min(costs)


def random_instance(seed, n, p, choices=(0, 0.5, 1, 2, 3, 5)):
    rng = random.Random(seed)
    graph = nx.gnp_random_graph(n, p, seed=seed)
    for u, v in graph.edges:
        graph[u][v]["weight"] = rng.choice(choices)
    part = sorted(max(nx.connected_components(graph), key=len))
    return graph, rng.sample(part, rng.randint(1, len(part)))


@pytest.mark.parametrize("seed", range(40))
def test_ground_states_are_the_cheapest_trees(seed):
    graph, terminals = random_instance(seed, 1 + seed % 5, 0.4 + (seed % 6) / 10)
    best = cheapest(graph, terminals)
    bound = SteinerTree(graph, terminals).penalty_bound()
    for penalty in ("auto", bound * (1 + 1e-6) + 1e-9):
        problem = SteinerTree(graph, terminals, penalty=penalty)
        if problem.num_spins > 22:
            energy, spins = milp_minimum(problem.to_ising())
            states = [spins]
        else:
            energy, states = ground_states(problem.to_ising(), rtol=1e-12)
        assert energy == pytest.approx(best, abs=1e-4)
        for spins in states:
            answer = problem.decode(spins)
            assert problem.violations(answer) == []
            assert problem.objective(answer) == pytest.approx(best)
        assert problem.objective_bound() <= best


@pytest.mark.parametrize("seed", range(6))
def test_larger_graphs_by_an_exact_linear_program(seed):
    graph, terminals = random_instance(seed, 7, 0.45, (1, 2, 4, 7))
    terminals = terminals[:4]
    bound = SteinerTree(graph, terminals).penalty_bound()
    problem = SteinerTree(graph, terminals, penalty=bound + 1e-3)
    energy, spins = milp_minimum(problem.to_ising())
    assert problem.violations(problem.decode(spins)) == []
    assert energy == pytest.approx(problem.objective(problem.decode(spins))) == cheapest(graph, terminals)


def lucas_62(graph, terminals, penalty):
    """Eq. 62 as printed."""
    depths = len(graph) // 2
    arcs = [*graph.edges, *((v, u) for u, v in graph.edges)]
    names = [("x", v, i) for v in graph for i in range(depths + 1)] + [("y", *edge) for edge in graph.edges]
    names += [("y", v) for v in graph if v not in terminals]
    names += [("x", *arc, i) for arc in arcs for i in range(1, depths + 1)]
    at = {name: k for k, name in enumerate(names)}
    builder = QuboBuilder(len(names))
    builder.add_square([at["x", v, 0] for v in graph], -1, 1, penalty)
    for v in graph:
        layers = [at["x", v, i] for i in range(depths + 1)]
        if v in terminals:
            builder.add_square(layers, -1, 1, penalty)
        else:
            builder.add_square([at["y", v], *layers], [1, *[-1] * len(layers)], 0, penalty)
        for i in range(1, depths + 1):
            into = [at["x", u, v, i] for u in graph[v]]
            builder.add_square([at["x", v, i], *into], [1, *[-1] * len(into)], 0, penalty)
    for u, v in graph.edges:
        layers = [at["x", *arc, i] for arc in ((u, v), (v, u)) for i in range(1, depths + 1)]
        builder.add_square([at["y", u, v], *layers], [1, *[-1] * len(layers)], 0, penalty)
        builder.add_linear(layers, graph[u][v].get("weight", 1))
    for u, v in arcs:
        for i in range(1, depths + 1):
            builder.add_linear(at["x", u, v, i], 2 * penalty)
            builder.add_pairs(at["x", u, v, i], at["x", u, i - 1], -penalty)
            builder.add_pairs(at["x", u, v, i], at["x", v, i], -penalty)
    return builder.build()


@pytest.mark.parametrize("penalty", [1.01, 2.01])
def test_erratum_equation_62_drops_a_terminal(penalty):
    path = nx.path_graph(4)
    energy, _ = milp_minimum(lucas_62(path, (0, 3), penalty))
    assert energy == pytest.approx(penalty)  # less than the only tree, 3
    problem = SteinerTree(path, (0, 3), penalty=penalty)
    energy, states = ground_states(problem.to_ising())
    assert energy == pytest.approx(penalty)
    assert not any(problem.is_feasible(problem.decode(s)) for s in states)

    assert problem.penalty_bound() == 3
    problem = SteinerTree(path, (0, 3), penalty=3.01)
    energy, states = ground_states(problem.to_ising())
    assert energy == pytest.approx(3)
    assert {problem.decode(s) for s in states} == {frozenset(path.edges)}
    assert milp_minimum(lucas_62(path, (0, 3), 3.01))[0] == pytest.approx(3)


def test_the_bound_is_a_bottleneck_and_not_a_sum():
    # four terminals in a row, unit distances: one unit is enough where a single terminal cannot save more
    path = nx.path_graph(4)
    problem = SteinerTree(path, range(4))
    assert problem.penalty_bound() == 1
    assert ground_states(SteinerTree(path, range(4), penalty=1.001).to_ising())[0] == pytest.approx(3)
    assert ground_states(SteinerTree(path, range(4), penalty=0.9).to_ising())[0] == pytest.approx(2.7)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.floats(0, 1))
def test_repair_gives_trees_that_encode_to_their_cost(seed, n, p):
    graph, terminals = random_instance(seed, n, p)
    problem = SteinerTree(graph, terminals)
    answer = problem.decode(np.random.default_rng(seed).choice([-1, 1], problem.num_spins))
    repaired = problem.repair(answer)
    assert problem.violations(repaired) == []
    assert problem.repair(answer) == repaired
    assert problem.objective(problem.repair(repaired)) <= problem.objective(repaired)
    if problem.is_feasible(answer):
        assert problem.objective(repaired) <= problem.objective(answer)
    spins = problem.encode({(v, u) for u, v in repaired})
    assert problem.to_ising().energy(spins) == pytest.approx(problem.objective(repaired), abs=1e-9)
    assert problem.decode(spins) == repaired
    for group in problem.one_hot:
        assert np.count_nonzero(spins[group] > 0) == 1


def test_trees_with_idle_branches_are_feasible_and_encoded():
    problem = SteinerTree([("a", "b", 2), ("b", "c", 3), ("b", "d", 4), ("d", "e", 1)], ["a", "c"])
    answer = [("b", "a"), ("c", "b"), ("d", "b"), ("e", "d")]
    assert problem.violations(answer) == []
    assert problem.objective(answer) == 10
    assert problem.to_ising().energy(problem.encode(answer)) == 10
    assert problem.repair(answer) == {("a", "b"), ("b", "c")}


@pytest.mark.parametrize("seed", range(8))
def test_repair_is_near_the_optimum(seed):
    graph, terminals = random_instance(seed, 11, 0.3, range(1, 20))
    problem = SteinerTree(graph, terminals[:4])
    best = cheapest(graph, terminals[:4])
    rng = np.random.default_rng(seed)
    found = [
        problem.objective(problem.repair(problem.decode(rng.choice([-1, 1], problem.num_spins)))) for _ in range(6)
    ]
    assert min(found) == best


@pytest.mark.parametrize(("name", "best"), [("pace2018_t1_001.gr", 503), ("pace2018_t1_009.gr", 926)])
def test_published_instances_are_repaired_to_their_optimum_from_random_spins(instance, name, best):
    graph, terminals = nx.Graph(), []
    for line in instance(name).read_text().split("\n"):
        words = line.split()
        if words and words[0] == "E":
            graph.add_edge(int(words[1]), int(words[2]), weight=int(words[3]))
        elif len(words) == 2 and words[0] == "T":
            terminals.append(int(words[1]))
    problem = SteinerTree(graph, terminals)
    assert problem.num_spins < 500
    assert problem.objective_bound() <= best
    model = problem.to_ising()
    rng = np.random.default_rng(0)
    costs = []
    for _ in range(24):
        answer = problem.repair(problem.decode(rng.choice([-1, 1], problem.num_spins)))
        tree = nx.Graph(list(answer))
        assert nx.is_tree(tree)
        assert set(terminals) <= set(tree)
        assert model.energy(problem.encode(answer)) == problem.objective(answer)
        costs.append(problem.objective(answer))
    assert min(costs) == best
    assert costs.count(best) > 12


def test_numbers_of_spins():
    graph = nx.complete_graph(5)
    problem = SteinerTree(graph, [0, 1])
    assert problem.num_spins == 2 * 10 - 4 + 6 + 3
    assert problem.num_spins == len(set(problem.variables)) == problem.to_ising().num_spins
    assert SteinerTree(graph, range(5)).num_spins == 16 + 6
    graph.add_edge("far", "away")  # costs nothing
    assert SteinerTree(graph, [0, 1]).num_spins == problem.num_spins


def test_violations_say_what_is_wrong():
    graph = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e"), ("e", "f")]
    problem = SteinerTree(graph, ["a", "d"], root="a")
    assert problem.violations([("a", "c"), ("c", "d")]) == []
    assert problem.violations(nx.Graph([("a", "c"), ("c", "d")])) == []
    assert problem.violations([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]) == [
        "the edge ('b', 'c') closes a cycle"
    ]
    assert problem.violations([("a", "c"), ("e", "f"), ("x", "y")]) == [
        "('x', 'y') is not an edge of the graph",
        "terminal 'd' is not connected with 'a'",
        "the edge ('e', 'f') is apart from the terminals",
    ]
    for wrong in (None, 3, "ab", [[[]]], object()):
        assert problem.violations(wrong)
        with pytest.raises(ValueError, match="answer: "):
            problem.encode(wrong)
        with pytest.raises(ValueError, match="answer: "):
            problem.objective(wrong)


def test_one_terminal_needs_no_edge():
    for graph in (nx.path_graph(3), nx.empty_graph(1)):
        problem = SteinerTree(graph, [0, 0])
        assert problem.terminals == (0,)
        energy, states = ground_states(problem.to_ising())
        assert energy == 0
        assert {problem.decode(s) for s in states} == {frozenset()} == {problem.repair(())}
        assert problem.penalty_bound() == problem.objective_bound() == 0
        assert problem.violations(()) == []


def test_bad_input_is_refused():
    path = [(0, 1, 2), (1, 2, 3)]
    for graph, terminals, options, message in (
        (nx.Graph(), [], {}, "terminals: at least one"),
        (path, [0, 9], {}, "terminals: 9 is not a node"),
        (nx.Graph([(0, 1), (2, 3)]), [0, 3], {}, "terminals: no path connects 3 with 0"),
        (nx.DiGraph([(0, 1)]), [0], {}, "graph: an undirected graph"),
        ([(0, 1, -2)], [0], {}, r"weight: the edge \(0, 1\) weighs -2"),
        ([(0, 1, float("nan"))], [0], {}, "weight: .*finite"),
        (path, [0, 2], {"root": 1}, "root: 1 is not one of the terminals"),
        (path, [0, 2], {"penalty": float("nan")}, "penalty: "),
        (path, [[0]], {}, "terminals: "),
    ):
        with pytest.raises(ValueError, match=message):
            SteinerTree(graph, terminals, **options)
    with pytest.raises(TypeError, match="terminals: an iterable"):
        SteinerTree(path, 3)
    with pytest.raises(TypeError, match="graph: "):
        SteinerTree(3, [0])


def test_edges_may_come_with_their_weights_or_data():
    problem = SteinerTree(nx.path_graph(4), [0, 3])
    tree = nx.minimum_spanning_tree(problem.graph)
    for answer in (tree, tree.edges(data=True), [(0, 1, 1.0), (2, 1, 1.0), (2, 3, 1.0)], list(tree.edges)):
        assert problem.violations(answer) == []
        assert problem.objective(answer) == 3
