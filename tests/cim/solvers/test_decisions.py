"""The fewest colours by questions of yes or no."""

import time

import networkx as nx
import numpy as np
import pytest

import cim
import ising_problems as ip
from cim.solvers import find
from cim.solvers.decisions import can_decide
from cim.solvers.request import Request


def cliques(nodes, colours, edges, seed):
    """A graph made of cliques with one node of each hidden colour at most: as many colours are needed, and enough."""
    rng = np.random.default_rng(seed)
    members = [np.arange(colour, nodes, colours) for colour in range(colours)]
    graph = nx.empty_graph(nodes)
    size = colours
    while graph.number_of_edges() < edges:
        chosen = rng.permutation(colours)[:size]
        picked = [int(rng.choice(members[colour])) for colour in chosen]
        graph.add_edges_from((u, v) for i, u in enumerate(picked) for v in picked[:i])
        size = int(rng.integers(2, colours + 1))
    return graph


@pytest.fixture(scope="module")
def problem():
    return ip.ChromaticNumber(cliques(150, 8, 2600, 3))


def check(problem, solution):
    model = problem.to_ising()
    assert solution.energy == model.energy(solution.spins)
    assert problem.decode(solution.spins) == solution.answer
    assert problem.objective(solution.answer) == solution.objective
    assert solution.violations == problem.violations(solution.answer)
    assert solution.spins.shape == (problem.num_spins,)
    assert solution.info["num_spins"] == problem.num_spins
    np.testing.assert_array_equal(solution.energies, model.energy(solution.samples))


def test_the_bound_is_met_and_proved_where_repair_alone_fails():
    problem = ip.ChromaticNumber(cliques(450, 15, 16_700, 15))
    assert problem.max_colors > 15  # a greedy colouring needs more
    solution = cim.solve(problem, seed=0)
    check(problem, solution)
    assert solution.status == "optimal"
    assert solution.objective == solution.lower_bound == 15
    assert [(q["objective"], q["found"]) for q in solution.info["decisions"]] == [(15, True)]


def test_repair_alone_may_meet_the_bound(problem):
    solution = cim.solve(problem, seed=0)
    check(problem, solution)
    assert solution.status == "optimal"
    assert solution.objective == 8
    assert solution.info["decisions"] == []
    assert solution.info["repaired"]


def test_where_the_bound_cannot_be_met_it_goes_down_from_the_best():
    problem = ip.ChromaticNumber(nx.mycielski_graph(6))  # no triangle, and yet six colours
    solution = cim.solve(problem, seed=0, steps=20_000)
    check(problem, solution)
    assert solution.objective == 6
    assert solution.lower_bound == 2
    assert solution.status == "completed"
    questions = [(question["objective"], question["found"]) for question in solution.info["decisions"]]
    assert questions == [(2, False), (5, False)]


def test_a_seed_repeats_it_whatever_the_threads(problem):
    one, two = (cim.solve(problem, seed=3, steps=5000, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.spins, two.spins)
    assert [q["found"] for q in one.info["decisions"]] == [q["found"] for q in two.info["decisions"]]


def test_time_is_shared_out_among_the_questions():
    problem = ip.ChromaticNumber(nx.gnp_random_graph(120, 0.5, seed=1))
    cim.solve(problem, seed=0, time_limit=0.2)  # compiles
    began = time.perf_counter()
    solution = cim.solve(problem, seed=0, time_limit=1.5)
    spent = time.perf_counter() - began
    check(problem, solution)
    assert solution.feasible
    assert solution.status == "time_limit"
    assert 0.5 < spent < 4.0


def test_a_callback_ends_it_with_the_best_so_far(problem):
    solution = cim.solve(problem, seed=0, callback=lambda progress: True)
    check(problem, solution)
    assert solution.feasible
    assert solution.status in ("interrupted", "optimal")


def test_only_what_the_questions_can_give_is_left_to_them(problem):
    def request(**changes):
        return Request(**{"problem": problem, "solver": find("auto"), "options": {}} | changes)

    assert can_decide(request())
    assert not can_decide(request(replicas=4))
    assert not can_decide(request(target=9.0))
    assert not can_decide(request(problem=ip.VertexCover([(0, 1)])))
    assert not can_decide(request(problem=problem.to_ising()))
    assert cim.solve(problem, seed=0, replicas=2, steps=200).samples.shape == (2, problem.num_spins)
