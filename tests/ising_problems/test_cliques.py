"""Largest cliques and cliques of given size against a look at every choice; Lucas's own form where it fails."""

import itertools

import networkx as nx
import numpy as np
import pytest
from subset_checks import check_bound, check_encoding, check_ground_states, check_repair, random_spins, subsets

from ising_problems.encoders.builder import QuboBuilder
from ising_problems.encoders.cliques import CliqueOfSize, MaximumClique
from ising_problems.exact import ground_states


def is_clique(graph, nodes):
    return all(graph.has_edge(u, v) for u, v in itertools.combinations(nodes, 2))


def largest_clique(graph):
    return max(len(nodes) for nodes in subsets(graph) if is_clique(graph, nodes))


def fewest_missing_edges(graph, size):
    return min(
        sum(not graph.has_edge(u, v) for u, v in itertools.combinations(nodes, 2))
        for nodes in itertools.combinations(graph, size)
    )


@pytest.mark.parametrize("seed", range(30))
def test_largest_cliques_by_enumeration(seed):
    rng = np.random.default_rng(seed)
    graph = nx.gnp_random_graph(int(rng.integers(0, 10)), rng.random(), seed=seed)
    best = largest_clique(graph)
    check_ground_states(lambda penalty: MaximumClique(graph, penalty=penalty), best)
    problem = MaximumClique(graph)
    assert problem.num_spins == len(graph)
    check_bound(problem, best)
    check_encoding(problem, list(subsets(graph))[::7])
    assert check_repair(problem) == [best] * 20


@pytest.mark.parametrize("seed", range(30))
def test_cliques_of_given_size_by_enumeration(seed):
    rng = np.random.default_rng(seed)
    graph = nx.gnp_random_graph(int(rng.integers(1, 10)), rng.random(), seed=seed)
    size = int(rng.integers(1, len(graph) + 1))
    best = fewest_missing_edges(graph, size)
    bound = CliqueOfSize(graph, size).penalty_bound()
    for penalty in ("auto", bound + 1e-6):
        problem = CliqueOfSize(graph, size, penalty=penalty)
        energy, states = ground_states(problem.to_ising())
        assert energy == pytest.approx(best, abs=1e-9)
        answers = [problem.decode(s) for s in states]
        expected = {
            frozenset(nodes)
            for nodes in itertools.combinations(graph, size)
            if graph.subgraph(nodes).number_of_edges() == size * (size - 1) // 2 - best
        }
        assert set(answers) == expected
        assert {problem.objective(answer) for answer in answers} == {best}
        assert {problem.is_feasible(answer) for answer in answers} == {best == 0}
    assert problem.objective_bound() <= best
    check_encoding(problem, list(subsets(graph))[::7])
    repaired = [problem.decode(s, repair=True) for s in random_spins(problem, 20)]
    assert [len(answer) for answer in repaired] == [size] * 20
    assert [problem.objective(answer) for answer in repaired] == [best] * 20


def test_energy_of_any_choice_of_the_right_size_is_the_number_of_missing_edges():
    graph = nx.gnp_random_graph(9, 0.5, seed=3)
    problem = CliqueOfSize(graph, 4)
    model = problem.to_ising()
    for nodes in itertools.combinations(graph, 4):
        missing = sum(not graph.has_edge(u, v) for u, v in itertools.combinations(nodes, 2))
        assert model.energy(problem.encode(nodes)) == missing == problem.objective(nodes)


def test_the_bound_on_the_penalty_of_a_given_size_is_needed():
    # in the complete graph of 5 nodes a fourth node brings 3 edges, and costs A
    complete = nx.complete_graph(5)
    assert CliqueOfSize(complete, 3).penalty_bound() == 3
    for penalty, count in ((2.9, 4), (3.1, 3)):
        problem = CliqueOfSize(complete, 3, penalty=penalty)
        assert {len(problem.decode(s)) for s in ground_states(problem.to_ising())[1]} == {count}
    assert CliqueOfSize(complete, 5).penalty_bound() == 0
    everything = CliqueOfSize(complete, 5, penalty=0.01)
    assert [everything.decode(s) for s in ground_states(everything.to_ising())[1]] == [frozenset(range(5))]


def lucas_largest_clique(graph, largest_y, a, b, c):
    """Section 2.3 as printed: one-hot y_2 … y_largest, which count the nodes chosen."""
    n, counts = len(graph), list(range(2, largest_y + 1))
    y = np.arange(n, n + len(counts))
    builder = QuboBuilder(n + len(counts))
    builder.add_square(y, -1, constant=1, weight=a)
    builder.add_square([*y, *range(n)], [*counts, *[-1] * n], weight=a)
    # B [ (sum i y_i)(sum i y_i - 1)/2 - edges ]: with a = i y, (a^2 - a)/2
    builder.add_square(y, counts, weight=b / 2)
    builder.add_linear(y, -b / 2 * np.array(counts))
    builder.add_pairs(*np.array(list(graph.edges())).T, -b)
    builder.add_linear(range(n), -c)
    return builder.build()


def decoded(model, graph):
    return {frozenset(v for v in graph if s[v] > 0) for s in ground_states(model)[1]}


def test_the_printed_range_of_the_count_misses_the_complete_graph():
    graph = nx.complete_graph(4)
    degree = 3
    a, b, c = (degree + 2) * 1.0 + 1, 1.0, 0.9
    assert decoded(lucas_largest_clique(graph, degree, a, b, c), graph) != {frozenset(range(4))}
    assert decoded(lucas_largest_clique(graph, degree + 1, a, b, c), graph) == {frozenset(range(4))}
    ours = MaximumClique(graph)
    assert [ours.decode(s) for s in ground_states(ours.to_ising())[1]] == [frozenset(range(4))]


def test_the_printed_example_of_equal_weights_ties_with_sets_that_lack_an_edge():
    graph = nx.diamond_graph()  # 0 to 3 with all edges but that of 0 and 3
    degree = 3
    a = (degree + 2) * 1.0 + 1
    tied = decoded(lucas_largest_clique(graph, degree + 1, a, 1.0, 1.0), graph)
    assert frozenset(range(4)) in tied and not is_clique(graph, range(4))
    triangles = {frozenset({0, 1, 2}), frozenset({1, 2, 3})}
    assert decoded(lucas_largest_clique(graph, degree + 1, a, 1.0, 0.9), graph) == triangles
    ours = MaximumClique(graph)
    assert {ours.decode(s) for s in ground_states(ours.to_ising())[1]} == triangles


def test_the_bound_on_the_penalty_of_the_largest_is_needed():
    graph = nx.path_graph(3)
    assert MaximumClique(graph).penalty_bound() == 1
    soft = MaximumClique(graph, penalty=0.9)
    assert [soft.decode(s) for s in ground_states(soft.to_ising())[1]] == [frozenset({0, 1, 2})]
    assert MaximumClique(nx.complete_graph(3)).penalty_bound() == 0


def test_degenerate_graphs():
    assert MaximumClique(nx.Graph()).repair(()) == frozenset()
    assert MaximumClique(nx.Graph()).objective_bound() == 0
    assert len(MaximumClique(nx.empty_graph(3)).repair(())) == 1
    single = CliqueOfSize(nx.empty_graph(2), 1)
    assert single.penalty_bound() == 0
    assert {single.decode(s) for s in ground_states(single.to_ising())[1]} == {frozenset({0}), frozenset({1})}
    two = CliqueOfSize(nx.empty_graph(2), 2)
    assert ground_states(two.to_ising())[0] == 1 == two.objective({0, 1}) == two.objective_bound()


def test_violations_and_objectives():
    problem = CliqueOfSize([("a", "b"), ("b", "c"), ("c", "d")], 3)
    assert problem.violations({"a", "b", "c"}) == ["the nodes 'a' and 'c' are not joined"]
    assert problem.violations(["a", "b"]) == ["2 nodes are chosen instead of 3"]
    assert problem.objective(["a", "b"]) == 1
    assert problem.objective(["a", "b", "c"]) == 1
    assert problem.objective(list("abcd")) == 4
    assert problem.objective([]) == 3
    largest = MaximumClique([("a", "b"), ("b", "c")])
    assert largest.violations({"a", "c"}) == ["the nodes 'a' and 'c' are not joined"]
    assert largest.objective({"a", "b"}) == 2


@pytest.mark.parametrize(
    ("size", "error", "message"),
    [
        (0, ValueError, "size: must be at least 1, but it is 0"),
        (6, ValueError, "size: a clique of 6 nodes needs as many, but the graph has 5"),
        (2.0, TypeError, r"size: must be an integer, but it is 2\.0"),
        (True, TypeError, "size: must be an integer, but it is True"),
    ],
)
def test_bad_sizes_are_refused(size, error, message):
    with pytest.raises(error, match=message):
        CliqueOfSize(nx.complete_graph(5), size)


def test_repair_finds_planted_cliques():
    graph = nx.gnp_random_graph(200, 0.3, seed=5)
    planted = range(0, 200, 17)  # 12 nodes; by chance alone there are 7 or 8
    graph.add_edges_from(itertools.combinations(planted, 2))
    problem = MaximumClique(graph)
    assert [len(problem.decode(s, repair=True)) for s in random_spins(problem, 5)] == [12] * 5
    problem = CliqueOfSize(graph, 12)
    found = [problem.objective(problem.decode(s, repair=True)) for s in random_spins(problem, 5)]
    assert found.count(0) >= 3
