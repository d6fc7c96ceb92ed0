"""Vertex covers and set covers against a look at every choice; the printed set cover where it fails."""

import time

import networkx as nx
import numpy as np
import pytest
from exact_milp import milp_minimum
from scipy.optimize import Bounds, LinearConstraint, milp
from subset_checks import check_bound, check_encoding, check_ground_states, check_repair, random_spins, subsets

from ising_problems.encoders.builder import QuboBuilder
from ising_problems.encoders.covering import SetCover, VertexCover
from ising_problems.encoders.slack import num_slack_bits, slack_coefficients
from ising_problems.exact import ground_states


def random_weights(rng, n):
    kind = rng.integers(3)
    if kind == 0:
        return None
    return rng.integers(-2, 7, n).tolist() if kind == 1 else rng.normal(1, 1, n).tolist()


def lightest_vertex_cover(graph, weights):
    return min(
        sum(weights[v] for v in nodes)
        for nodes in subsets(graph)
        if all(u in nodes or v in nodes for u, v in graph.edges())
    )


def lightest_set_cover(sets, universe, weights):
    return min(
        sum(weights[i] for i in chosen)
        for chosen in subsets(range(len(sets)))
        if set(universe) <= set().union(*(sets[i] for i in chosen))
    )


def random_sets(rng, most_sets, most_elements):
    m = int(rng.integers(0, most_elements + 1))
    return [set(np.flatnonzero(rng.random(m) < 0.45).tolist()) for _ in range(rng.integers(0, most_sets + 1))]


@pytest.mark.parametrize("seed", range(30))
def test_vertex_covers_by_enumeration(seed):
    rng = np.random.default_rng(seed)
    graph = nx.gnp_random_graph(int(rng.integers(0, 10)), rng.random(), seed=seed)
    values = random_weights(rng, len(graph))
    weight = None if values is None else dict(zip(graph, values, strict=True))
    best = lightest_vertex_cover(graph, weight or dict.fromkeys(graph, 1))
    check_ground_states(lambda penalty: VertexCover(graph, weight, penalty=penalty), best)
    problem = VertexCover(graph, weight)
    assert problem.num_spins == len(graph)
    check_bound(problem, best)
    check_encoding(problem, list(subsets(graph))[::7])
    assert check_repair(problem) == pytest.approx([best] * 20)


@pytest.mark.parametrize("seed", range(30))
def test_set_covers_by_enumeration(seed):
    rng = np.random.default_rng(seed)
    sets = random_sets(rng, 6, 4)
    weights = random_weights(rng, len(sets))
    problem = SetCover(sets, weights=weights)
    universe = set().union(*sets)
    best = lightest_set_cover(sets, universe, weights or [1] * len(sets))
    assert problem.num_spins <= 18
    check_ground_states(lambda penalty: SetCover(sets, weights=weights, penalty=penalty), best)
    check_bound(problem, best)
    check_encoding(problem, list(subsets(range(len(sets))))[::3])
    assert check_repair(problem) == pytest.approx([best] * 20)


@pytest.mark.parametrize("seed", range(2))
def test_set_covers_that_are_too_large_to_enumerate(seed):
    rng = np.random.default_rng(seed)
    sets = [set(np.flatnonzero(rng.random(7) < 0.5).tolist()) for _ in range(9)]
    sets[0] |= set(range(7))
    weights = [12, *rng.integers(1, 7, 8).tolist()]
    problem = SetCover(sets, range(7), weights)
    best = lightest_set_cover(sets, range(7), weights)
    bound = problem.penalty_bound()
    problem = SetCover(sets, range(7), weights, penalty=bound + 0.5)
    assert 18 < problem.num_spins < 32
    energy, spins = milp_minimum(problem.to_ising())
    assert energy == pytest.approx(best, abs=1e-6)
    assert problem.is_feasible(problem.decode(spins))
    assert set(check_repair(problem)) == {best}


def test_the_number_of_spins_of_a_set_cover():
    # elements in 1, 2, 3, 4 and 5 sets
    sets = [[1, 2, 3, 4, 5], [2, 3, 4, 5], [3, 4, 5], [4, 5], [5]]
    problem = SetCover(sets)
    counts = [1, 2, 3, 4, 5]
    assert problem.num_spins == 5 + sum(int(np.log2(m - 1)) + 1 for m in counts if m >= 3) == 5 + 2 + 2 + 3
    assert problem.variables[5:7] == (("surplus", 3, 0), ("surplus", 3, 1))
    assert len(problem.variables) == problem.num_spins


def printed_set_cover(sets, universe, penalty):
    """Section 5.1 with the count of eq. 45 in the bits of eq. 20, from 0 to the number of sets."""
    holders = [[i for i, one in enumerate(sets) if element in one] for element in universe]
    bits = [num_slack_bits(len(around)) for around in holders]
    builder = QuboBuilder(len(sets) + sum(bits))
    builder.add_linear(range(len(sets)), 1)
    first = len(sets)
    for around, size in zip(holders, bits, strict=True):
        count = list(range(first, first + size))
        first += size
        builder.add_square([*count, *around], [*slack_coefficients(len(around)), *[-1] * len(around)], weight=penalty)
    return builder.build()


def test_the_printed_count_from_zero_leaves_everything_uncovered():
    sets, universe = [{1, 2}, {2, 3}, {3, 4}, {1, 4}], [1, 2, 3, 4]
    energy, states = ground_states(printed_set_cover(sets, universe, penalty=100))
    assert energy == 0
    assert {tuple(s[:4]) for s in states.tolist()} == {(-1, -1, -1, -1)}
    ours = SetCover(sets, universe, penalty=100)
    energy, states = ground_states(ours.to_ising())
    assert energy == 2
    assert {ours.decode(s) for s in states} == {frozenset({0, 2}), frozenset({1, 3})}


def test_the_bounds_are_needed():
    # one element in three sets: as soon as A < 2, the lightest of them is not worth it
    sets, weights = [[1], [1], [1]], [2, 5, 3]
    assert SetCover(sets, weights=weights).penalty_bound() == 2
    for penalty, answer in ((1.9, frozenset()), (2.1, frozenset({0}))):
        problem = SetCover(sets, weights=weights, penalty=penalty)
        assert {problem.decode(s) for s in ground_states(problem.to_ising())[1]} == {answer}
    edge = {"a": 2, "b": 3}
    assert VertexCover([("a", "b")], edge).penalty_bound() == 2
    for penalty, answer in ((1.9, frozenset()), (2.1, frozenset("a"))):
        problem = VertexCover([("a", "b")], edge, penalty=penalty)
        assert {problem.decode(s) for s in ground_states(problem.to_ising())[1]} == {answer}


def test_what_covers_mean():
    cover = VertexCover([("a", "b"), ("b", "c")])
    assert cover.violations({"a"}) == ["the edge between 'b' and 'c' is not covered"]
    assert cover.violations(["b"]) == []
    assert VertexCover(nx.empty_graph(3)).repair({1, 2}) == frozenset()
    assert VertexCover(nx.path_graph(3), {0: -1, 1: 2, 2: -1}).repair(()) == {0, 2}
    sets = SetCover({"x": [1, 2], "y": [2], "empty": []})
    assert sets.violations({"y"}) == ["the element 1 is not covered"]
    assert sets.repair({"y", "empty"}) == {"x"}
    assert SetCover([[1], [2]], weights=[-1, 0]).repair({1}) == {0, 1}
    assert SetCover([], []).repair(()) == frozenset()
    assert SetCover([[], []], weights=[2, -2]).repair(()) == {1}
    assert SetCover([[1], [1, 2]], universe=iter((2, 1))).family.universe == (2, 1)
    assert SetCover([["b"], ["a", "c"]]).family.universe == ("a", "b", "c")
    assert SetCover([["b", 1], [(2,)]]).violations(()) == [
        "the element 1 is not covered",
        "the element 'b' is not covered",
        "the element (2,) is not covered",
    ]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"universe": [1, 2, 3]}, ValueError, "universe: the element 3 is in none of the sets, so nothing covers it"),
        ({"universe": [1]}, ValueError, "sets: set 1 has the element 2, which is not in the universe"),
        ({"universe": [1, 2, 1]}, ValueError, "universe: the element 1 is given twice"),
        ({"universe": 3}, TypeError, "universe: a collection of the elements is needed, but it is a int"),
        ({"universe": [[1], [2]]}, TypeError, r"universe: the element \[1\] is not hashable"),
        ({"weights": [1, float("inf")]}, ValueError, "weights: the set 1 has the weight inf"),
        ({"penalty": 0}, ValueError, "penalty: must be 'auto' or a positive number"),
    ],
)
def test_bad_set_covers_are_refused_by_name(arguments, error, message):
    with pytest.raises(error, match=message):
        SetCover(**{"sets": [[1], [1, 2]], **arguments})


def johnson(instance):
    lines = instance("johnson8-2-4.complement.txt").read_text().split("\n")
    return [tuple(map(int, line.split()[1:])) for line in lines[1:] if line]


def test_the_shared_instance(instance):
    edges = johnson(instance)
    assert len(edges) == 168
    problem = VertexCover(edges)
    # the nodes left out of a cover of 24 are 4 disjoint pairs of 8 people: the pairs are the nodes, in order
    pairs = [(a, b) for a in range(1, 9) for b in range(1, a)]
    outside = {1 + pairs.index(pair) for pair in ((2, 1), (4, 3), (6, 5), (8, 7))}
    answer = frozenset(range(1, 29)) - outside
    assert problem.violations(answer) == []
    assert problem.to_ising().energy(problem.encode(answer)) == 24 == problem.objective(answer)
    assert problem.objective_bound() <= 24
    repaired = [problem.decode(s, repair=True) for s in random_spins(problem, 40)]
    assert all(problem.is_feasible(one) for one in repaired)
    assert [len(one) for one in repaired] == [24] * 40
    assert len(set(repaired)) > 1


@pytest.mark.parametrize("weighted", [False, True])
def test_repair_comes_near_the_optimum_of_larger_families(weighted):
    rng = np.random.default_rng(3)
    member = rng.random((60, 60)) < 0.1
    member[np.arange(40), np.arange(40)] = True
    weights = rng.integers(1, 20, 60) if weighted else np.ones(60, dtype=int)
    problem = SetCover([np.flatnonzero(column) for column in member.T], weights=weights)
    exact = milp(weights, constraints=[LinearConstraint(member.astype(float), 1)], bounds=Bounds(0, 1), integrality=1)
    found = [problem.objective(problem.decode(s, repair=True)) for s in random_spins(problem, 6)]
    assert min(found) == round(exact.fun)
    assert max(found) <= 1.1 * exact.fun
    assert problem.objective_bound() <= exact.fun + 1e-9


def test_large_models_are_built_quickly():
    rng = np.random.default_rng(0)
    problem = SetCover(rng.integers(0, 10_000, (10_000, 5)))
    start = time.process_time()
    model = problem.to_ising()
    assert time.process_time() - start < 1.5  # 0.12 s by itself
    assert model.num_spins == problem.num_spins
    graph = nx.gnm_random_graph(20_000, 100_000, seed=1)
    problem = VertexCover(graph)
    start = time.process_time()
    problem.to_ising()
    assert time.process_time() - start < 1.0  # 0.03 s by itself
