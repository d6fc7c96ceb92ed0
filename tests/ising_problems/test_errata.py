"""Errata against Lucas's paper that belong to no energy of ours alone: what a sentence there says, and what is so.

``docs/problems.md`` lists all errata, and the test that holds each of them.
"""

import itertools

import networkx as nx
import numpy as np
import pytest

from ising_problems.encoders.builder import QuboBuilder
from ising_problems.encoders.clique_cover import CliqueCover
from ising_problems.encoders.job_sequencing import JobSequencing
from ising_problems.encoders.satisfiability import Satisfiability
from ising_problems.encoders.scheduling import MakespanScheduling
from ising_problems.exact import ground_states


def lucas_clique_cover(graph, k, a, b):
    """Section 6.2 as printed: A for nodes of one clique each, B for all pairs of a clique less its edges."""
    n = len(graph)
    cells = np.arange(n * k).reshape(n, k)
    builder = QuboBuilder(n * k)
    builder.add_square(cells, -1, constant=1, weight=a)
    builder.add_square(cells.T, 1, weight=b / 2)
    builder.add_linear(cells, -b / 2)
    for u, v in graph.edges:
        builder.add_pairs(cells[u], cells[v], -b)
    return builder.build()


def is_clique_cover(graph, classes):
    pairs = itertools.combinations(graph, 2)
    return all(graph.has_edge(u, v) for u, v in pairs if classes[u] == classes[v])


@pytest.mark.parametrize(("a", "b"), [(0.37, 0.21), (0.05, 3.0)])
@pytest.mark.parametrize("seed", range(5))
def test_section_62_clique_covers_need_no_ratio_of_the_weights(seed, a, b):
    # for cliques the ratio must exceed K, which both of these are far from
    graph, k = nx.gnp_random_graph(5, (0.45, 0.55, 0.65, 0.3, 0.6)[seed], seed=seed), 2 + seed % 2
    covers = {c for c in itertools.product(range(k), repeat=5) if is_clique_cover(graph, c)}
    energy, states = ground_states(lucas_clique_cover(graph, k, a, b))
    if covers:
        assert energy == pytest.approx(0)
        chosen = states.reshape(-1, 5, k) > 0
        assert np.all(chosen.sum(axis=2) == 1)
        assert {tuple(c) for c in chosen.argmax(axis=2).tolist()} == covers
    else:
        assert energy >= min(a, b) - 1e-12
    ours = CliqueCover(graph, k, penalty=a, symmetry_breaking=False).to_ising()
    spins = np.random.default_rng(seed).choice([-1, 1], (200, 5 * k))
    np.testing.assert_allclose(ours.energy(spins), lucas_clique_cover(graph, k, a, a).energy(spins), atol=1e-9)


def test_section_62_is_tried_with_and_without_a_cover():
    graph = nx.path_graph(5)
    assert ground_states(lucas_clique_cover(graph, 2, 0.37, 0.21))[0] == pytest.approx(0.21)
    assert ground_states(lucas_clique_cover(graph, 3, 0.37, 0.21))[0] == pytest.approx(0)


def test_section_63_knows_no_deadlines():
    times, penalties = [2, 2], [5, 5]
    # one machine ends at 4 whatever comes first: the printed problem cannot tell these orders from one another
    machine = MakespanScheduling(times, 1)
    energy, states = ground_states(machine.to_ising())
    assert (energy, len(states)) == (4, 1)
    for deadlines, best in (([2, 4], [0, 1]), ([4, 2], [1, 0])):
        karp = JobSequencing(times, deadlines, penalties)
        energy, states = ground_states(karp.to_ising())
        assert energy == 0
        assert [karp.decode(s) for s in states] == [best]
        assert karp.objective(best[::-1]) == 5
    # and with more machines its answer is another one: two machines end at 2, one machine loses a job
    assert ground_states(MakespanScheduling(times, 2).to_ising())[0] == 2
    assert ground_states(JobSequencing(times, [2, 2], penalties).to_ising())[0] == 5


def test_section_44_joins_a_literal_to_two_others_of_its_clause():
    clause = Satisfiability([[1, 2, 3]], method="mis")
    graph = clause.to_ising().to_graph()
    assert sorted(degree for _, degree in graph.degree) == [2, 2, 2]
