"""Degree-constrained spanning trees: ground states against every tree, errata of eq. 60 and 61, repair, bad input."""

import itertools
import math
import random

import networkx as nx
import numpy as np
import pytest
from exact_milp import milp_minimum
from hypothesis import given, settings
from hypothesis import strategies as st

from ising_problems.encoders.builder import QuboBuilder
from ising_problems.encoders.spanning_trees import DegreeConstrainedSpanningTree
from ising_problems.exact import ground_states


def cheapest(graph, max_degree):
    """Cost of the cheapest spanning tree within the limit, by trying all sets of edges; infinite if there is none."""
    best = math.inf
    for edges in itertools.combinations(graph.edges(data="weight", default=1), len(graph) - 1):
        tree = nx.Graph()
        tree.add_nodes_from(graph)
        tree.add_edges_from((u, v) for u, v, _ in edges)
        if nx.is_connected(tree) and max(dict(tree.degree).values()) <= max_degree:
            best = min(best, sum(w for _, _, w in edges))
    return best


def weighted(graph, seed, choices=(0, 0.5, 1, 2, 3, 5)):
    rng = random.Random(seed)
    for u, v in graph.edges:
        graph[u][v]["weight"] = rng.choice(choices)
    return graph


def connected_graph(seed, n, extra):
    """A random tree and some more edges."""
    rng = random.Random(seed)
    graph = nx.Graph()
    graph.add_node(0)
    graph.add_edges_from((rng.randrange(v), v) for v in range(1, n))
    others = list(nx.non_edges(graph))
    graph.add_edges_from(rng.sample(others, min(extra, len(others))))
    return weighted(graph, seed)


@pytest.mark.parametrize("max_degree", [2, 3])
@pytest.mark.parametrize("seed", range(24))
def test_ground_states_are_the_cheapest_trees(seed, max_degree):
    graph = connected_graph(seed, 2 + seed % 5, seed % 4)
    best = cheapest(graph, max_degree)
    bound = DegreeConstrainedSpanningTree(graph, max_degree).penalty_bound()
    for penalty in ("auto", bound * (1 + 1e-6) + 1e-9):
        problem = DegreeConstrainedSpanningTree(graph, max_degree, penalty=penalty)
        assert problem.num_spins <= 22
        energy, states = ground_states(problem.to_ising(), rtol=1e-12)
        answers = [problem.decode(s) for s in states]
        if best == math.inf:
            assert not any(map(problem.is_feasible, answers))
            continue
        assert energy == pytest.approx(best, abs=1e-4)
        assert all(problem.violations(answer) == [] for answer in answers)
        assert all(problem.objective(answer) == pytest.approx(best) for answer in answers)
        assert problem.objective_bound() <= best


@pytest.mark.parametrize(("n", "max_degree"), [(5, 2), (5, 3), (6, 2), (6, 3)])
def test_complete_graphs_by_an_exact_linear_program(n, max_degree):
    graph = weighted(nx.complete_graph(n), n, (1, 2, 3, 7, 11))
    graph.add_weighted_edges_from((0, v, 1) for v in range(1, n))  # a star is cheapest without the limit
    problem = DegreeConstrainedSpanningTree(graph, max_degree)
    problem = DegreeConstrainedSpanningTree(graph, max_degree, penalty=problem.penalty_bound() + 1e-3, root=n - 1)
    energy, spins = milp_minimum(problem.to_ising())
    answer = problem.decode(spins)
    assert problem.violations(answer) == []
    assert energy == pytest.approx(problem.objective(answer)) == cheapest(graph, max_degree)


@pytest.mark.parametrize("seed", range(6))
def test_slacks_of_more_than_one_bit_by_an_exact_linear_program(seed):
    graph = weighted(nx.star_graph(5), seed)
    graph.add_weighted_edges_from([(1, 2, 2), (3, 4, 5), (4, 5, 1)])
    for root in (0, 4):
        problem = DegreeConstrainedSpanningTree(graph, 3, root=root)
        assert {label[0] for label in problem.variables} == {"parent", "before", "room"}
        energy, spins = milp_minimum(problem.to_ising())
        assert energy == pytest.approx(cheapest(graph, 3), abs=1e-5)
        assert problem.is_feasible(problem.decode(spins))


SPIDER = [(0, 1), (1, 2), (0, 3), (3, 4), (0, 5), (5, 6)]


def spider():
    """Three cheap legs of two edges, and two dear edges without which no path passes through all nodes."""
    graph = nx.Graph()
    graph.add_weighted_edges_from((u, v, 0.05) for u, v in SPIDER)
    graph.add_weighted_edges_from([(0, 2, 1.0), (1, 3, 1.0)])
    return graph


def lucas_60(graph, max_degree, penalty, proper):
    """Eq. 60 and 61 at a tree: their energy with the best depths and the best z.

    ``proper`` lets the degree be 0 … D; as printed it is the sum of j z_j with independent z_1 … z_D.
    """
    depths = len(graph) // 2
    arcs = [*graph.edges, *((v, u) for u, v in graph.edges)]
    steps = [1] * max_degree if proper else list(range(1, max_degree + 1))
    names = [("x", v, i) for v in graph for i in range(depths + 1)] + [("y", *edge) for edge in graph.edges]
    names += [("x", *arc, i) for arc in arcs for i in range(1, depths + 1)]
    names += [("z", v, j) for v in graph for j in range(max_degree)]
    at = {name: k for k, name in enumerate(names)}
    builder = QuboBuilder(len(names))
    builder.add_square([at["x", v, 0] for v in graph], -1, 1, penalty)
    for v in graph:
        builder.add_square([at["x", v, i] for i in range(depths + 1)], -1, 1, penalty)
        for i in range(1, depths + 1):
            into = [at["x", u, v, i] for u in graph[v]]
            builder.add_square([at["x", v, i], *into], [1, *[-1] * len(into)], 0, penalty)
        ends = [at["y", *edge] for edge in graph.edges if v in edge]
        z = [at["z", v, j] for j in range(max_degree)]
        builder.add_square([*z, *ends], [*steps, *[-1] * len(ends)], 0, penalty)
    for u, v in graph.edges:
        layers = [at["x", *arc, i] for arc in ((u, v), (v, u)) for i in range(1, depths + 1)]
        builder.add_square([at["y", u, v], *layers], [1, *[-1] * len(layers)], 0, penalty)
        builder.add_linear(layers, graph[u][v]["weight"])
    for u, v in arcs:
        for i in range(1, depths + 1):
            builder.add_linear(at["x", u, v, i], 2 * penalty)
            builder.add_pairs(at["x", u, v, i], at["x", u, i - 1], -penalty)
            builder.add_pairs(at["x", u, v, i], at["x", v, i], -penalty)
    model = builder.build()

    def energy_of(tree):
        chosen = nx.Graph(tree)
        root = nx.center(chosen)[0]
        depth = nx.single_source_shortest_path_length(chosen, root)
        ones = {("x", v, depth[v]) for v in graph}
        for edge in graph.edges:
            if chosen.has_edge(*edge):
                u, v = sorted(edge, key=depth.get)
                ones |= {("y", *edge), ("x", u, v, depth[v])}
        for v in graph:
            best = min(
                itertools.product([0, 1], repeat=max_degree),
                key=lambda bits, v=v: abs(np.dot(bits, steps) - chosen.degree[v]),
            )
            ones |= {("z", v, j) for j, bit in enumerate(best) if bit}
        return model.energy([1 if name in ones else -1 for name in names])

    return energy_of


def test_errata_equations_60_and_61_let_a_tree_break_the_degree():
    graph, path = spider(), [(6, 5), (5, 0), (0, 2), (2, 1), (1, 3), (3, 4)]
    problem = DegreeConstrainedSpanningTree(graph, 2)
    assert problem.violations(SPIDER) == ["node 0 has 3 edges; at most 2 are allowed"]
    assert problem.is_feasible(path)
    assert problem.objective(path) == pytest.approx(2.2) == cheapest(graph, 2)

    penalty = 1.01  # above the dearest edge, as eq. 61 has it
    printed = lucas_60(graph, 2, penalty, proper=False)
    assert printed(SPIDER) == pytest.approx(0.3)  # z_1 = z_2 = 1 makes 3
    assert printed(path) == pytest.approx(2.2)
    mended = lucas_60(graph, 2, penalty, proper=True)
    assert mended(SPIDER) == pytest.approx(1.31)
    assert mended(path) == pytest.approx(2.2)

    # the same penalty is too small here too, and the bound is not
    small = DegreeConstrainedSpanningTree(graph, 2, penalty=penalty)
    energy, spins = milp_minimum(small.to_ising())
    assert energy < 2.2 - 0.5
    assert not small.is_feasible(small.decode(spins))
    assert problem.penalty_bound() == pytest.approx(0.05 + 2.2 - 0.3)
    enough = DegreeConstrainedSpanningTree(graph, 2, penalty=problem.penalty_bound() * (1 + 1e-6))
    energy, states = ground_states(enough.to_ising(), rtol=1e-12)
    assert energy == pytest.approx(2.2)
    assert {enough.is_feasible(enough.decode(s)) for s in states} == {True}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(0, 20), st.integers(2, 4))
def test_feasible_trees_encode_to_their_cost_and_repair_never_harms(seed, n, extra, max_degree):
    graph = connected_graph(seed, n, extra)
    problem = DegreeConstrainedSpanningTree(graph, max_degree)
    answer = problem.decode(np.random.default_rng(seed).choice([-1, 1], problem.num_spins))
    repaired = problem.repair(answer)
    assert len(repaired) == n - 1
    assert nx.is_connected(nx.Graph(list(repaired))) if n > 1 else not repaired
    assert problem.repair(answer) == repaired
    if problem.is_feasible(answer):
        assert problem.objective(repaired) <= problem.objective(answer)
    if problem.is_feasible(repaired):
        spins = problem.encode({(v, u) for u, v in repaired})
        assert problem.to_ising().energy(spins) == pytest.approx(problem.objective(repaired), abs=1e-9)
        assert problem.decode(spins) == repaired
        again = problem.repair(repaired)
        assert problem.is_feasible(again)
        assert problem.objective(again) <= problem.objective(repaired) + 1e-9
        for group in problem.one_hot:
            assert np.count_nonzero(spins[group] > 0) == 1


@pytest.mark.parametrize("max_degree", [2, 3])
def test_repair_is_good_on_small_complete_graphs(max_degree):
    graph = weighted(nx.complete_graph(7), 1, range(1, 30))
    graph.add_weighted_edges_from((0, v, 1) for v in range(1, 7))
    problem = DegreeConstrainedSpanningTree(graph, max_degree)
    best = cheapest(graph, max_degree)
    rng = np.random.default_rng(0)
    found = [problem.repair(problem.decode(rng.choice([-1, 1], problem.num_spins))) for _ in range(12)]
    assert all(map(problem.is_feasible, found))
    assert sum(problem.objective(answer) == best for answer in found) > 6


def test_numbers_of_spins():
    path = nx.path_graph(5)
    assert DegreeConstrainedSpanningTree(path, 2).num_spins == 2 * 4 - 2 + 2  # the root splits the order in two
    complete = DegreeConstrainedSpanningTree(nx.complete_graph(6), 3)
    assert complete.num_spins == 2 * 15 - 5 + 10 + 6 * 2  # arcs, pairs, two bits of room for every node
    assert complete.num_spins == len(set(complete.variables)) == complete.to_ising().num_spins
    assert len(complete.one_hot) == 5
    assert DegreeConstrainedSpanningTree(nx.complete_graph(6), 2).num_spins == 25 + 10 + 1  # room for the root alone
    assert DegreeConstrainedSpanningTree(nx.complete_graph(6), 5).num_spins == 25 + 10


def test_violations_say_what_is_wrong():
    problem = DegreeConstrainedSpanningTree([("a", "b"), ("b", "c"), ("c", "a"), ("a", "d")], 2, root="a")
    assert problem.violations([("a", "b"), ("b", "c"), ("d", "a")]) == []
    assert problem.violations(nx.Graph([("c", "b"), ("b", "a"), ("a", "d")])) == []
    assert problem.violations([("a", "b"), ("b", "c"), ("c", "a")]) == [
        "the edge ('b', 'c') closes a cycle",
        "the edges leave 2 parts: 'd' is not connected with 'a'",
    ]
    assert problem.violations([("a", "b"), ("a", "c"), ("a", "d"), ("d", "c")]) == [
        "('d', 'c') is not an edge of the graph",
        "node 'a' has 3 edges; at most 2 are allowed",
    ]
    for wrong in (None, 3, "ab", [[[]]], object()):
        assert problem.violations(wrong)
        with pytest.raises(ValueError, match="answer: "):
            problem.encode(wrong)
        with pytest.raises(ValueError, match="answer: "):
            problem.objective(wrong)


def test_degenerate_graphs():
    single = nx.Graph()
    single.add_node("a")
    for graph, limit, edges in ((single, 1, set()), (nx.Graph([("a", "b")]), 1, {("a", "b")})):
        problem = DegreeConstrainedSpanningTree(graph, limit)
        energy, states = ground_states(problem.to_ising())
        assert energy == len(edges)
        assert [problem.decode(s) for s in states] == [edges]
        assert problem.repair(()) == edges
    star = DegreeConstrainedSpanningTree(nx.star_graph(3), 2)  # has no tree within the limit
    assert not star.is_feasible(star.repair(()))
    assert not any(star.is_feasible(star.decode(s)) for s in ground_states(star.to_ising())[1])


def test_bad_input_is_refused():
    triangle = [(0, 1, 2), (1, 2, 3), (2, 0, 4)]
    for graph, limit, options, message in (
        (nx.Graph(), 2, {}, "graph: a tree needs a node"),
        (nx.Graph([(0, 1), (2, 3)]), 2, {}, "graph: it has 2 components"),
        (nx.DiGraph([(0, 1)]), 2, {}, "graph: an undirected graph"),
        (triangle, 1, {}, "max_degree: a tree on 3 nodes"),
        (triangle, 0, {}, "max_degree: "),
        ([(0, 1, -2)], 2, {}, r"weight: the edge \(0, 1\) weighs -2; .*add the same amount"),
        ([(0, 1, float("inf"))], 2, {}, "weight: .*finite"),
        ([(0, 1, 2**52)], 2, {}, "weight: .*scale them down"),
        (triangle, 2, {"root": 7}, "root: 7 is not a node"),
        (triangle, 2, {"penalty": 0}, "penalty: "),
    ):
        with pytest.raises(ValueError, match=message):
            DegreeConstrainedSpanningTree(graph, limit, **options)
    for limit in (2.5, True, None):
        with pytest.raises((TypeError, ValueError), match="max_degree: "):
            DegreeConstrainedSpanningTree(triangle, limit)
    with pytest.raises(TypeError, match="graph: "):
        DegreeConstrainedSpanningTree(3, 2)
