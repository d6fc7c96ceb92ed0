"""A problem solved in another form of itself: found there, answered in the user's spins."""

import networkx as nx
import numpy as np
import pytest

import cim
import ising_problems as ip


def planted(nodes, colours, edges, seed):
    """A random graph whose nodes have hidden colours that no edge joins."""
    rng = np.random.default_rng(seed)
    hidden = rng.integers(colours, size=nodes)
    graph = nx.empty_graph(nodes)
    while graph.number_of_edges() < edges:
        u, v = rng.integers(nodes, size=2).tolist()
        if hidden[u] != hidden[v]:
            graph.add_edge(u, v)
    return graph


@pytest.fixture(scope="module")
def graph():
    return planted(60, 5, 500, 1)


@pytest.mark.parametrize(
    "build",
    [
        lambda graph: ip.GraphColoring(graph, 5),
        lambda graph: ip.GraphColoring(graph, 5, encoding="domain_wall"),
        lambda graph: ip.ChromaticNumber(graph, 6),
        lambda graph: ip.CliqueCover(nx.complement(graph), 5),
    ],
    ids=["colouring", "domain wall", "chromatic", "clique cover"],
)
def test_the_answer_comes_back_in_the_users_own_spins(graph, build):
    problem = build(graph)
    solution = cim.solve(problem, steps=20_000, replicas=2, seed=0)
    assert solution.feasible
    assert solution.spins.shape == (problem.num_spins,)
    assert solution.samples.shape == (2, problem.num_spins)
    model = problem.to_ising()
    assert solution.energy == model.energy(solution.spins)
    np.testing.assert_array_equal(solution.energies, model.energy(solution.samples))
    assert problem.decode(solution.spins) == solution.answer
    assert problem.objective(solution.answer) == solution.objective
    assert solution.info["num_spins"] == model.num_spins
    assert solution.info["num_couplings"] == model.num_couplings
    assert "symmetry_breaking=False" in solution.info["search_form"]
    assert solution.lower_bound <= solution.energy


def test_a_colouring_whose_clique_would_mislead_the_search_is_found():
    problem = ip.GraphColoring(planted(450, 5, 5700, 5), 5)
    solution = cim.solve(problem, seed=0)
    assert solution.status == "optimal"
    assert solution.objective == solution.energy == solution.lower_bound == 0


def test_a_seed_gives_the_same_whatever_the_threads(graph):
    problem = ip.GraphColoring(graph, 4)
    one, two = (cim.solve(problem, steps=300, replicas=2, seed=4, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.samples, two.samples)
    np.testing.assert_array_equal(one.spins, two.spins)


def test_the_problem_is_taken_as_it_is_where_the_user_says_so(graph):
    problem = ip.GraphColoring(graph, 5)
    start = np.full(problem.num_spins, -1, dtype=np.int8)
    for arguments in ({"repair": False}, {"initial": start}, {"algorithm": "sa"}):
        solution = cim.solve(problem, seed=0, steps=50, replicas=1, **arguments)
        assert "search_form" not in solution.info
        assert solution.spins.shape == (problem.num_spins,)
    small = ip.GraphColoring(nx.petersen_graph(), 3)
    assert "search_form" not in cim.solve(small, seed=0).info


def test_an_answer_that_the_users_form_cannot_express_is_repaired_first():
    # sixteen nodes, all joined, and thirteen colours: those whose colours are given cannot all be told apart
    graph = nx.complete_graph(16)
    problem = ip.GraphColoring(graph, 13)
    assert problem.num_spins <= 100
    larger = ip.GraphColoring(nx.disjoint_union(graph, planted(30, 4, 100, 2)), 13)
    assert larger.num_spins > 100
    solution = cim.solve(larger, steps=500, replicas=1, seed=0)
    assert not solution.feasible
    assert solution.energy == larger.to_ising().energy(solution.spins)
    assert solution.objective == larger.objective(solution.answer) >= 3


def test_what_is_worse_than_what_was_searched_is_not_called_optimal():
    # twelve times five nodes, all joined, and two colours: at best nodes are left uncoloured, also those of the clique
    problem = ip.GraphColoring(nx.disjoint_union_all([nx.complete_graph(5)] * 12), 2)
    solution = cim.solve(problem, seed=0)
    assert solution.lower_bound <= solution.energy
    assert (solution.status == "optimal") == (solution.energy == solution.lower_bound)
    assert solution.energy == problem.to_ising().energy(solution.spins)
