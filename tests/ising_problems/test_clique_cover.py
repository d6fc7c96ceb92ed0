"""Clique cover: ground states of energy 0 are exactly the covers, whatever the weights of the two terms."""

import itertools

import networkx as nx
import numpy as np
import pytest

from ising_problems.encoders.builder import QuboBuilder
from ising_problems.encoders.clique_cover import CliqueCover
from ising_problems.exact import ground_states


def covers(graph, k):
    """Every way to give the nodes, in order, the numbers of k cliques."""
    nodes = list(graph)
    return {
        numbers
        for numbers in itertools.product(range(k), repeat=len(nodes))
        if all(
            numbers[i] != numbers[j] or graph.has_edge(nodes[i], nodes[j])
            for i, j in itertools.combinations(range(len(nodes)), 2)
        )
    }


@pytest.mark.parametrize("encoding", ["one_hot", "domain_wall"])
@pytest.mark.parametrize("symmetry_breaking", [False, True])
@pytest.mark.parametrize("penalty", [0.37, "auto"])
@pytest.mark.parametrize("seed", range(6))
def test_ground_states_are_exactly_the_covers(seed, penalty, symmetry_breaking, encoding):
    k = 2 + seed % 2
    graph = nx.gnp_random_graph(5 + seed % 2, 0.65, seed=seed)
    problem = CliqueCover(graph, k, penalty=penalty, symmetry_breaking=symmetry_breaking, encoding=encoding)
    fixed = problem.fixed_cliques
    expected = {c for c in covers(graph, k) if all(c[node] == number for node, number in fixed.items())}
    energy, states = ground_states(problem.to_ising())
    answers = [problem.decode(s) for s in states]
    if expected:
        assert energy == pytest.approx(0, abs=1e-9)
        assert len(states) == len(expected)
        assert {tuple(answer[node] for node in graph) for answer in answers} == expected
        assert all(problem.is_feasible(answer) for answer in answers)
    else:
        assert energy >= (0.37 if penalty == 0.37 else 1) - 1e-9
        assert not any(problem.is_feasible(answer) for answer in answers)


@pytest.mark.parametrize("seed", range(10))
def test_erratum_lucas_6_2_no_ratio_of_the_weights_is_needed(seed):
    """As printed, with A = 0.37 and B = 0.21, beyond any ratio that the remark asks for: it works all the same."""
    n, k, a, b = 5, 3, 0.37, 0.21
    graph = nx.gnp_random_graph(n, 0.5, seed=seed)
    builder = QuboBuilder(n * k)
    grid = np.arange(n * k).reshape(n, k)
    builder.add_square(grid, coefficients=-1, constant=1, weight=a)
    for i, j in itertools.combinations(range(n), 2):
        builder.add_pairs(grid[i], grid[j], b)  # ½ (-1 + Σx) Σx
    for i, j in graph.edges:
        builder.add_pairs(grid[i], grid[j], -b)
    energy, states = ground_states(builder.build())
    expected = covers(graph, k)
    assert (abs(energy) < 1e-9) == bool(expected)
    if expected:
        found = [spins.reshape(n, k) > 0 for spins in states]
        assert all((rows.sum(axis=1) == 1).all() for rows in found)
        assert {tuple(rows.argmax(axis=1).tolist()) for rows in found} == expected


@pytest.mark.parametrize("encoding", ["one_hot", "domain_wall"])
def test_energy_of_an_encoded_answer_is_the_penalty_times_its_objective(encoding):
    rng = np.random.default_rng(0)
    for seed in range(20):
        graph = nx.gnp_random_graph(7, 0.5, seed=seed)
        problem = CliqueCover(graph, 3, penalty=0.5, symmetry_breaking=False, encoding=encoding)
        answer = {node: int(c) for node, c in zip(graph, rng.integers(0, 3, 7), strict=True)}
        apart = sum(
            answer[u] == answer[v] and not graph.has_edge(u, v) for u, v in itertools.combinations(list(graph), 2)
        )
        assert problem.objective(answer) == len(problem.violations(answer)) == apart
        spins = problem.encode(answer)
        assert problem.to_ising().energy(spins) == problem.energy_of(apart) == 0.5 * apart
        assert problem.decode(spins) == answer


def test_number_of_spins_and_the_independent_set():
    graph = nx.cycle_graph(6)
    problem = CliqueCover(graph, 3)
    assert len(problem.fixed_cliques) == 3
    assert not any(graph.has_edge(u, v) for u, v in itertools.combinations(problem.fixed_cliques, 2))
    assert problem.num_spins == len(problem.variables) == 9
    assert CliqueCover(graph, 3, symmetry_breaking=False).num_spins == 18
    assert CliqueCover(graph, 3, symmetry_breaking=False, encoding="domain_wall").num_spins == 12


def test_one_hot_groups_hold_one_spin_up_in_every_answer():
    problem = CliqueCover(nx.cycle_graph(6), 3)
    spins = problem.encode({0: 0, 1: 0, 2: 1, 3: 1, 4: 2, 5: 2})
    assert sorted(i for group in problem.one_hot for i in group.tolist()) == list(range(problem.num_spins))
    assert all((spins[group] > 0).sum() == 1 for group in problem.one_hot)
    assert len(CliqueCover(nx.cycle_graph(6), 3, encoding="domain_wall").one_hot) == 0


@pytest.mark.parametrize("encoding", ["one_hot", "domain_wall"])
def test_repair_covers_a_graph_made_of_cliques_from_random_spins(encoding):
    graph = nx.disjoint_union_all([nx.complete_graph(size) for size in (6, 5, 4, 3)])
    graph.add_edges_from([(0, 7), (2, 12), (9, 16), (5, 14)])
    problem = CliqueCover(graph, 4, encoding=encoding)
    for seed in range(10):
        spins = np.random.default_rng(seed).choice(np.array([-1, 1], dtype=np.int8), problem.num_spins)
        answer = problem.decode(spins, repair=True)
        assert problem.violations(answer) == []
        assert problem.to_ising().energy(problem.encode(answer)) == 0
        assert problem.repair(answer) == answer


def test_degenerate_graphs():
    assert CliqueCover(nx.Graph(), 1).decode([]) == {}
    assert CliqueCover(nx.complete_graph(4), 1).decode([1, 1, 1], repair=True) == {0: 0, 1: 0, 2: 0, 3: 0}
    alone = CliqueCover(nx.empty_graph(3), 2)
    assert not alone.is_feasible(alone.decode(-np.ones(alone.num_spins), repair=True))


def test_violations_and_bad_input_by_name():
    problem = CliqueCover([("a", "b"), ("b", "c")], 2)
    assert problem.violations({"a": 0, "b": 0, "c": 0}) == ["nodes 'a' and 'c' are both in clique 0 and not joined"]
    assert problem.violations({"a": 0, "b": 0}) == ["node 'c' has no clique"]
    assert problem.violations(3) == ["the answer is not a dict from node to clique"]
    for bad in (None, [0], {"a": 0, "b": 7, "c": 1}, {"a": 0, "b": 0, "z": 1}, {"a": 0, "b": 0, "c": 0}):
        with pytest.raises(ValueError, match="answer: "):
            problem.encode(bad)
    for arguments, error, message in (
        ({"num_cliques": 0}, ValueError, "num_cliques: "),
        ({"num_cliques": 1.0}, TypeError, "num_cliques: "),
        ({"num_cliques": True}, TypeError, "num_cliques: "),
        ({"num_cliques": 2, "encoding": "unary"}, ValueError, r"encoding: .*'unary'"),
        ({"num_cliques": 2, "penalty": 0}, ValueError, "penalty: "),
        ({"num_cliques": 2, "graph": nx.DiGraph([(0, 1)])}, ValueError, "graph: "),
    ):
        with pytest.raises(error, match=message):
            CliqueCover(**{"graph": nx.path_graph(3), **arguments})
