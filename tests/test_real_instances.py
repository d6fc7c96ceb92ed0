"""Public instances from file to answer with default settings: every published optimum, and its energy."""

import pytest

import cim
import ising_problems as ip

# file, optimum (each re-derived by an exact method, see the instances' own README), what the file does not say
INSTANCES = [
    ("burma14.tsp", 3323, {}),
    ("gr17.tsp", 2085, {}),
    ("br17.atsp", 39, {}),
    ("myciel3.col", 4, {}),
    ("queen5_5.col", 5, {}),
    ("johnson8-2-4.complement.txt", 24, {"problem": ip.VertexCover}),
    ("uf20-01.cnf", 0, {}),
    ("uf50-01.cnf", 0, {}),
    ("pace2018_t1_001.gr", 503, {}),
    ("pace2018_t1_009.gr", 926, {}),
    ("pace_fvs_099.graph", 8, {"problem": ip.UndirectedFeedbackVertexSet}),
    ("pace_fvs_096.graph", 6, {"problem": ip.UndirectedFeedbackVertexSet}),
    ("pace_fvs_003.graph", 10, {"problem": ip.UndirectedFeedbackVertexSet}),
    ("g05_60.0.mc", 536, {}),
    ("bqp100-1.sparse.mc", 7970, {}),
    ("knapPI_1_100_1000_1", 9147, {}),
]


@pytest.mark.parametrize(("name", "optimum", "arguments"), INSTANCES, ids=[name for name, _, _ in INSTANCES])
def test_the_published_optimum_is_found_and_has_the_stated_energy(instance, name, optimum, arguments):
    problem = ip.read(instance(name), **arguments)
    solution = cim.solve(problem, seed=1)
    assert solution.feasible
    assert solution.violations == []
    assert solution.objective == problem.objective(solution.answer) == optimum
    model = problem.to_ising()
    spins = problem.encode(solution.answer)
    assert model.energy(spins) == pytest.approx(problem.energy_of(optimum), abs=1e-9)
    assert solution.energy == model.energy(solution.spins)
    bound = problem.objective_bound()
    assert bound is None or not problem.is_better(optimum, bound)
    assert solution.lower_bound is None or solution.lower_bound <= solution.energy


def test_the_unsatisfiable_formula_ends_with_one_violated_clause(instance):
    solution = cim.solve(ip.read(instance("uuf50-01.cnf")), seed=1)
    assert not solution.feasible
    assert solution.objective == 1
    assert len(solution.violations) == 1
    assert solution.violations[0].startswith("clause ")
    assert solution.info["hint"]


BINARY_PROGRAMS = [2098, 3702, 4626, 3544, 4012, 3693, 4520, 4216, 3780, 3507]


@pytest.mark.parametrize(("index", "optimum"), list(enumerate(BINARY_PROGRAMS)))
def test_beasleys_binary_programs_of_fifty_variables(instance, index, optimum):
    solution = cim.solve(ip.read(instance("bqp50.txt"), index=index), seed=1)
    assert solution.energy == -optimum
