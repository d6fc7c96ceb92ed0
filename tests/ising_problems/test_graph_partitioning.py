"""Graph partitioning: ground states are the best halves just above the bound, and tie with others at Lucas's."""

import itertools

import networkx as nx
import numpy as np
import pytest

from ising_problems.encoders.graph_partitioning import GraphPartitioning
from ising_problems.exact import ground_states


def lightest_cut(graph):
    """Least weight between two halves over all ways to halve the nodes, edge by edge."""
    nodes = list(graph)
    return min(
        sum(w for u, v, w in graph.edges(data="weight", default=1) if (u in side) != (v in side))
        for side in map(set, itertools.combinations(nodes, len(nodes) // 2))
    )


def random_graphs(count=90, most=9):
    rng = np.random.default_rng(0)
    for k in range(count):
        graph = nx.gnp_random_graph(int(rng.integers(0, most + 1)), float(rng.random()), seed=k)
        for u, v in graph.edges:
            graph.edges[u, v]["weight"] = [1, int(rng.integers(1, 9)), int(rng.integers(-6, 7)), float(rng.normal())][
                k % 4
            ]
        yield nx.relabel_nodes(graph, lambda i: f"node {i}")


@pytest.mark.parametrize("penalty", ["auto", "bound"])
def test_ground_states_are_the_lightest_halves(penalty):
    for graph in random_graphs():
        problem = GraphPartitioning(graph)
        if penalty == "bound":
            problem = problem.with_penalty(problem.penalty_bound() * (1 + 1e-6) + 1e-6)
        best = lightest_cut(graph)
        energy, states = ground_states(problem.to_ising())
        assert energy == pytest.approx(best, abs=1e-9)
        for spins in states:
            assert problem.is_feasible(problem.decode(spins))
            assert problem.objective(problem.decode(spins)) == pytest.approx(best, abs=1e-9)


def test_energy_of_halves_is_the_weight_between_them():
    rng = np.random.default_rng(1)
    for graph in random_graphs(20):
        problem = GraphPartitioning(graph)
        model = problem.to_ising()
        nodes = list(graph)
        rng.shuffle(nodes)
        answer = (set(nodes[: len(nodes) // 2]), set(nodes[len(nodes) // 2 :]))
        assert problem.violations(answer) == []
        value = problem.objective(answer)
        assert model.energy(problem.encode(answer)) == pytest.approx(value, abs=1e-9)
        assert problem.decode(problem.encode(answer)) == answer
        bound = problem.objective_bound()
        assert bound is None or bound <= value


def test_the_bound_of_unit_weights_is_lucass():
    for n in (4, 6, 8):
        assert GraphPartitioning(nx.complete_graph(n)).penalty_bound() == n / 8
        assert GraphPartitioning(nx.cycle_graph(n)).penalty_bound() == 4 / 8
    assert GraphPartitioning(nx.empty_graph(4)).penalty_bound() == 0
    # an odd number of nodes is unbalanced by three at least, which costs twice as much: min(D / 8, (N + 1) / 16)
    assert GraphPartitioning(nx.complete_graph(7)).penalty_bound() == 8 / 16
    assert GraphPartitioning(nx.cycle_graph(7)).penalty_bound() == 2 / 8
    # D = 3 + 2 is less than what the number of nodes allows, 3 * 2 + 2 * 1
    path = nx.Graph([("a", "b", {"weight": 3}), ("b", "c", {"weight": -2})])
    path.add_node("d")
    assert GraphPartitioning(path).penalty_bound() == 5 / 4


def clique_and_isolated(size, isolated, weight=1):
    graph = nx.complete_graph(size)
    nx.set_edge_attributes(graph, weight, "weight")
    graph.add_nodes_from(range(size, size + isolated))
    return graph


def test_erratum_equality_is_not_enough():
    """Eq. 10 prints A >= min(2 D, N)/8: at equality unbalanced states tie with the best halves."""
    for graph in (nx.path_graph(2), clique_and_isolated(3, 1), clique_and_isolated(4, 2)):
        problem = GraphPartitioning(graph)
        n, degree = len(graph), max(d for _, d in graph.degree)
        assert problem.penalty_bound() == min(2 * degree, n) / 8
        _, states = ground_states(problem.with_penalty(problem.penalty_bound()).to_ising())
        assert not all(problem.is_feasible(problem.decode(s)) for s in states)
        _, states = ground_states(problem.with_penalty(1.01 * problem.penalty_bound()).to_ising())
        assert all(problem.is_feasible(problem.decode(s)) for s in states)


@pytest.mark.parametrize("graph", [clique_and_isolated(5, 2), clique_and_isolated(3, 1, weight=5)])
def test_the_bound_is_tight_on_weighted_graphs_and_odd_ones(graph):
    problem = GraphPartitioning(graph)
    _, states = ground_states(problem.with_penalty(0.99 * problem.penalty_bound()).to_ising())
    assert not any(problem.is_feasible(problem.decode(s)) for s in states)


def test_repair_halves_and_never_makes_worse():
    rng = np.random.default_rng(2)
    optimal = 0
    graphs = list(random_graphs())
    for graph in graphs:
        problem = GraphPartitioning(graph)
        before = problem.decode(rng.choice([-1, 1], len(graph)))
        after = problem.repair(before)
        assert problem.is_feasible(after)
        assert not problem.is_feasible(before) or problem.objective(after) <= problem.objective(before) + 1e-9
        optimal += problem.objective(after) == pytest.approx(lightest_cut(graph))
    assert optimal >= 0.9 * len(graphs)


def test_repair_of_larger_graphs_finds_planted_halves():
    rng = np.random.default_rng(3)
    graph = nx.planted_partition_graph(2, 60, 0.3, 0.03, seed=1)
    problem = GraphPartitioning(graph)
    planted = problem.objective((set(range(60)), set(range(60, 120))))
    found = [problem.objective(problem.decode(rng.choice([-1, 1], 120), repair=True)) for _ in range(5)]
    assert max(found) <= planted


def test_violations_tell_the_sizes():
    problem = GraphPartitioning(nx.path_graph(3))
    assert problem.violations(({0}, {1, 2})) == []
    assert problem.violations((set(), {0, 1, 2})) == ["the sets have 0 and 3 nodes; they may differ by one"]
    assert problem.violations(({0}, {1})) == ["node 2 is in neither set"]
    assert problem.violations(None) == ["the answer is not a pair of sets of nodes"]
    with pytest.raises(ValueError, match="answer: not two sets that share out the nodes: node 2 is in neither"):
        problem.encode(({0}, {1}))
    assert problem.num_spins == 3
    assert repr(problem) == "GraphPartitioning(<3 nodes, 2 edges>, weight='weight', penalty='auto')"


def test_bad_input():
    with pytest.raises(ValueError, match="graph: an undirected graph"):
        GraphPartitioning(nx.DiGraph([(0, 1)]))
    with pytest.raises(ValueError, match="weight: the edge"):
        GraphPartitioning([(0, 1, float("nan"))])
    with pytest.raises(ValueError, match="penalty: must be"):
        GraphPartitioning([(0, 1)], penalty=-1)
    with pytest.raises(TypeError, match="graph: "):
        GraphPartitioning(5)
