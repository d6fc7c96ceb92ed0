"""Minimal maximal matchings and three-dimensional matchings against a look at every choice."""

import itertools
import time

import networkx as nx
import numpy as np
import pytest
from exact_milp import milp_minimum
from subset_checks import check_bound, check_encoding, check_ground_states, check_repair, random_spins, subsets

from ising_problems.encoders.builder import QuboBuilder
from ising_problems.encoders.matching import MinimalMaximalMatching
from ising_problems.encoders.three_dimensional_matching import ThreeDimensionalMatching
from ising_problems.exact import ground_states


def is_maximal_matching(graph, edges):
    matched = [node for edge in edges for node in edge]
    return len(matched) == len(set(matched)) and all({u, v} & set(matched) for u, v in graph.edges())


def fewest_edges(graph):
    return next(len(edges) for edges in subsets(graph.edges()) if is_maximal_matching(graph, edges))


@pytest.mark.parametrize("seed", range(40))
def test_maximal_matchings_by_enumeration(seed):
    rng = np.random.default_rng(seed)
    graph = nx.gnp_random_graph(int(rng.integers(0, 8)), rng.random(), seed=seed)
    graph.remove_edges_from(list(graph.edges())[15:])
    best = fewest_edges(graph)
    check_ground_states(lambda penalty: MinimalMaximalMatching(graph, penalty=penalty), best)
    problem = MinimalMaximalMatching(graph)
    assert problem.num_spins == graph.number_of_edges() == len(problem.variables)
    check_bound(problem, best)
    check_encoding(problem, list(subsets(graph.edges()))[::211])
    assert check_repair(problem) == [best] * 20


@pytest.mark.parametrize(
    ("graph", "best"),
    [
        (nx.complete_bipartite_graph(3, 4), 3),
        (nx.petersen_graph(), 3),  # an edge meets 4 others, and 15 = 3 * 5
        (nx.complete_graph(6), 3),  # one node short of a perfect matching would leave two unmatched
        (nx.cycle_graph(12), 4),  # every third edge
        (nx.star_graph(9), 1),
    ],
)
def test_known_smallest_maximal_matchings(graph, best):
    problem = MinimalMaximalMatching(graph, penalty=1.001)
    energy, states = ground_states(problem.to_ising())
    assert energy == pytest.approx(best, abs=1e-9)
    assert all(is_maximal_matching(graph, problem.decode(s)) for s in states)
    assert set(check_repair(problem)) == {best}


def lucas_matching(graph, a, b, c):
    """Section 4.5 as printed: one A for all nodes."""
    edges = list(graph.edges())
    at = {v: [k for k, edge in enumerate(edges) if v in edge] for v in graph}
    builder = QuboBuilder(len(edges))
    builder.add_linear(range(len(edges)), c)
    for around in at.values():
        for i, j in itertools.combinations(around, 2):
            builder.add_pairs([i], [j], a)
    for u, v in edges:
        builder.add_constant(b)
        builder.add_linear([*at[u], *at[v]], -b)
        i, j = np.array(list(itertools.product(at[u], at[v]))).T
        builder.add_pairs(i, j, b)
    return builder.build()


def test_the_model_is_the_printed_one_where_all_degrees_are_equal():
    graph = nx.petersen_graph()
    problem = MinimalMaximalMatching(graph, penalty=1.5)
    spins = random_spins(problem, 200)
    printed = lucas_matching(graph, a=2 * 1.5, b=1.5, c=1.0)
    np.testing.assert_allclose(problem.to_ising().energy(spins), printed.energy(spins), rtol=1e-12, atol=1e-12)


def feasible_ground_states(model, graph):
    edges = list(graph.edges())
    return [
        is_maximal_matching(graph, [edge for edge, spin in zip(edges, s, strict=True) if spin > 0])
        for s in ground_states(model)[1]
    ]


def test_both_bounds_are_needed():
    # D = 8: two edges at the hub cost A + 2 C, and save 6 B as the other leaves are far from matched
    star = nx.star_graph(8)
    assert not any(feasible_ground_states(lucas_matching(star, a=58.5, b=10.0, c=1.0), star))
    assert all(feasible_ground_states(lucas_matching(star, a=60.01, b=10.0, c=1.0), star))
    assert all(feasible_ground_states(MinimalMaximalMatching(star, penalty=10.0).to_ising(), star))
    for penalty, feasible in ((0.95, False), (1.05, True)):
        problem = MinimalMaximalMatching(nx.path_graph(2), penalty=penalty)
        assert problem.penalty_bound() == 1
        assert feasible_ground_states(problem.to_ising(), nx.path_graph(2)) == [feasible]


def test_a_matching_that_is_too_large_to_enumerate():
    graph = nx.gnp_random_graph(12, 0.32, seed=8)
    problem = MinimalMaximalMatching(graph, penalty=1.1)
    assert problem.num_spins == 25
    energy, spins = milp_minimum(problem.to_ising())
    answer = problem.decode(spins)
    assert is_maximal_matching(graph, answer)
    assert energy == pytest.approx(len(answer), abs=1e-6)
    assert not any(
        is_maximal_matching(graph, edges) for edges in itertools.combinations(graph.edges(), len(answer) - 1)
    )
    assert set(check_repair(problem)) == {len(answer)}


def test_what_maximal_matchings_mean():
    problem = MinimalMaximalMatching([("a", "b"), ("b", "c"), ("c", "d")])
    assert problem.violations({("a", "b"), ("b", "c")}) == ["the node 'b' is in 2 edges of the matching"]
    assert problem.violations({("d", "c")}) == ["the edge between 'a' and 'b' has two unmatched ends"]
    assert problem.violations([("c", "b")]) == []
    assert problem.decode(problem.encode({("c", "b")})) == {("b", "c")}
    assert problem.objective([("a", "b"), ("b", "a"), ("d", "c")]) == 2
    assert problem.violations([("a", "c")])[0] == "('a', 'c') is not an edge of the graph"
    assert problem.repair({("a", "b"), ("c", "d")}) == {("b", "c")}
    with pytest.raises(ValueError, match="answer: a set of edges is needed"):
        problem.objective([[["a"], "b"]])
    for graph in (nx.Graph(), nx.empty_graph(4)):
        empty = MinimalMaximalMatching(graph)
        assert empty.num_spins == 0 == empty.penalty_bound() == empty.objective_bound()
        assert empty.is_feasible(empty.repair(()))
    with pytest.raises(ValueError, match="graph: an undirected graph is needed"):
        MinimalMaximalMatching(nx.DiGraph([(0, 1)]))


def test_large_matchings_are_built_and_repaired_quickly():
    graph = nx.gnm_random_graph(20_000, 30_000, seed=1)
    problem = MinimalMaximalMatching(graph)
    start = time.process_time()
    assert problem.to_ising().is_sparse
    assert time.process_time() - start < 1.5  # 0.2 s by itself
    start = time.process_time()
    assert problem.is_feasible(problem.repair(()))
    assert time.process_time() - start < 3.0  # 0.3 s by itself


def matchings(triples, members):
    return [
        chosen
        for chosen in subsets(triples)
        if all(sorted(triple[k] for triple in chosen) == sorted(members) for k in range(3))
    ]


@pytest.mark.parametrize("seed", range(20))
def test_three_dimensional_matchings_by_enumeration(seed):
    rng = np.random.default_rng(seed)
    members = range(int(rng.integers(1, 4)))
    triples = [triple for triple in itertools.product(members, repeat=3) if rng.random() < 0.4][:12]
    if any({triple[k] for triple in triples} != set(members) for k in range(3)):
        with pytest.raises(ValueError, match=r"parts: .* is in the .* place of no triple, so it cannot be matched"):
            ThreeDimensionalMatching(triples, parts=[members] * 3)
        return
    problem = ThreeDimensionalMatching(triples, parts=[members] * 3, penalty=0.5)
    expected = set(map(frozenset, matchings(triples, members)))
    energy, states = ground_states(problem.to_ising())
    assert problem.num_spins == len(triples)
    assert (energy == 0) == bool(expected)
    assert {problem.decode(s) for s in states if problem.is_feasible(problem.decode(s))} == expected
    check_encoding(problem, list(subsets(triples))[::17])
    found = check_repair(problem, always_feasible=bool(expected), count=4)
    assert found == ([0] * 4 if expected else [])


def test_three_dimensional_matchings_are_one_hot_in_every_place():
    triples = [(0, "a", "x"), (1, "b", "y"), (0, "b", "y"), (1, "a", "x")]
    problem = ThreeDimensionalMatching(triples)
    assert problem.num_spins == 4
    assert [group.tolist() for group in problem.one_hot] == [[0, 2], [1, 3], [0, 3], [1, 2], [0, 3], [1, 2]]
    answers = {problem.decode(s) for s in ground_states(problem.to_ising())[1]}
    assert answers == {frozenset(triples[:2]), frozenset(triples[2:])}


def test_what_three_dimensional_matchings_mean():
    # the same member in different places stands for different things
    problem = ThreeDimensionalMatching([(1, 1, 1), [2, 2, 2], (2, 1, 2)])
    assert problem.is_feasible({(1, 1, 1), (2, 2, 2)})
    assert problem.violations([(1, 1, 1), (2, 1, 2)]) == [
        "1 is in the second place of 2 triples: (1, 1, 1), (2, 1, 2)",
        "2 is in the second place of no triple",
    ]
    assert problem.violations([(3, 3, 3)])[0] == "(3, 3, 3) is not a triple of those given"
    assert ThreeDimensionalMatching([]).is_feasible(())
    assert repr(problem) == "ThreeDimensionalMatching(<3 triples, 2 members in each place>, penalty='auto')"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"triples": 3}, TypeError, "triples: a list of triples is needed, but it is a int"),
        ({"triples": [(1, 2)]}, TypeError, r"triples: triple 0 is \(1, 2\), but a tuple of three members is needed"),
        ({"triples": ["abc"]}, TypeError, "triples: triple 0 is 'abc'"),
        ({"triples": [(1, 2, [])]}, TypeError, r"triples: triple 0, \(1, 2, \[\]\), has a member that is not hashable"),
        ({"triples": [(1, 2, 3), (1, 2, 3)]}, ValueError, r"triples: triple 1, \(1, 2, 3\), was given before"),
        ({"triples": [(1, 1, 1), (1, 2, 2)]}, ValueError, "triples: the three places have 1, 2 and 2 members"),
        ({"parts": [[1], [1]]}, ValueError, "parts: three collections are needed, but there are 2"),
        ({"parts": 5}, TypeError, "parts: three collections of hashable members are needed"),
        ({"parts": [[2], [1], [1]]}, ValueError, r"parts: 1, in the first place of \(1, 1, 1\), is not in the first"),
        ({"parts": [[1], [1], [1, 7]]}, ValueError, "parts: 7 is in the third place of no triple"),
        ({"penalty": 0}, ValueError, "penalty: must be"),
    ],
)
def test_bad_triples_are_refused_by_name(arguments, error, message):
    with pytest.raises(error, match=message):
        ThreeDimensionalMatching(**{"triples": [(1, 1, 1)], **arguments})


def test_lists_and_arrays_of_triples_and_edges():
    problem = ThreeDimensionalMatching(np.array([[0, 0, 0], [1, 1, 1]]))
    assert problem.decode([1, 1]) == {(0, 0, 0), (1, 1, 1)}
    for answer in ([[0, 0, 0], [1, 1, 1]], np.array([[0, 0, 0], [1, 1, 1]])):
        assert problem.is_feasible(answer)
    path = MinimalMaximalMatching(nx.path_graph(4))
    assert path.objective([[0, 1], [3, 2]]) == 2
    assert path.violations([(1, 2), (1, 2)]) == ["the edge (1, 2) is given twice; a set holds it once"]
