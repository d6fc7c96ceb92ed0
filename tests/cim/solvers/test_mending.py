"""The finish in the problem's own terms, on a knapsack of the test's own whose repair can be switched off."""

import itertools
import time

import networkx as nx
import numpy as np
import pytest

import cim
from cim.solvers.judge import Judge
from cim.solvers.mending import can_mend, finish, mended_start
from ising_problems import GraphColoring, MaxCut, Problem, VertexCover
from ising_problems.encoders.builder import QuboBuilder
from ising_problems.exact import ground_states
from ising_problems.problem import checked_penalty

SIZES = np.array([5, 4, 3, 7, 6, 2, 8, 3])
LIMIT = 17


class Packing(Problem):
    """As much as fits into a box that must be filled to the brim or less, in the one way that leaves slack free."""

    sense = "maximize"
    objective_name = "packed"

    def __init__(self, bound=None, penalty="auto"):
        self._keep(bound=bound, penalty=checked_penalty(penalty))

    @property
    def variables(self):
        return (*range(len(SIZES)), *(("slack", k) for k in range(5)))

    def to_ising(self):
        builder = QuboBuilder(self.num_spins)
        builder.add_square(np.arange(13), [*SIZES, 1, 2, 4, 8, 2], -LIMIT, self._penalty_weight())
        builder.add_linear(np.arange(len(SIZES)), -SIZES)
        return builder.build(self.variables)

    def _decode(self, spins):
        return frozenset(np.flatnonzero(spins[: len(SIZES)] > 0).tolist())

    def encode(self, answer):
        spins = np.full(self.num_spins, -1, dtype=np.int8)
        spins[sorted(answer)] = 1
        slack = LIMIT - self.objective(answer)
        if slack < 0:
            raise ValueError("answer: it does not fit")
        spins[len(SIZES) + np.array([k for k in range(4) if slack >> k & 1 and slack < 16], dtype=int)] = 1
        return spins

    def violations(self, answer):
        return [] if self.objective(answer) <= LIMIT else ["the items do not fit"]

    def objective(self, answer):
        return int(SIZES[sorted(answer)].sum())

    def penalty_bound(self):
        return float(SIZES.max())

    def objective_bound(self):
        return self.bound


class Mending(Packing):
    def repair(self, answer):
        kept = set(answer)
        while SIZES[sorted(kept)].sum() > LIMIT:
            kept.remove(max(kept, key=lambda k: (SIZES[k], k)))
        for k in range(len(SIZES)):
            if k not in kept and SIZES[sorted(kept)].sum() + SIZES[k] <= LIMIT:
                kept.add(k)
        return frozenset(kept)


class Failing(Packing):
    def repair(self, answer):
        return frozenset(range(len(SIZES)))


def spins_of(problem, items, slack=()):
    spins = np.full(problem.num_spins, -1, dtype=np.int8)
    spins[list(items)] = 1
    spins[[len(SIZES) + k for k in slack]] = 1
    return spins


def samples_of(problem, *configurations):
    samples = np.stack(configurations)
    return samples, np.asarray(problem.to_ising().energy(samples))


def test_only_a_repair_of_its_own_counts():
    assert can_mend(Mending())
    assert not can_mend(Packing())
    assert not can_mend(MaxCut([(0, 1)]))
    assert not can_mend(None)


def test_an_overfull_box_is_mended_and_said_to_be():
    problem = Mending()
    model = problem.to_ising()
    samples, energies = samples_of(problem, spins_of(problem, range(8)), spins_of(problem, [5]))
    before = samples.copy()
    found = finish(problem, model, samples, energies, np.random.default_rng(0), shake=False)
    np.testing.assert_array_equal(samples, before)
    assert found.repaired
    assert found.mended == 2
    assert found.rounds == 0
    for spins, energy in zip(found.samples, found.energies, strict=True):
        answer = problem.decode(spins)
        assert problem.is_feasible(answer)
        assert energy == model.energy(spins) == -problem.objective(answer)
    values = [problem.objective(problem.decode(spins)) for spins in found.samples]
    assert values[found.best] == max(values) == LIMIT


def test_what_is_good_already_is_left_and_not_called_repaired():
    problem = Mending()
    full = next(
        subset
        for size in range(1, 9)
        for subset in itertools.combinations(range(8), size)
        if SIZES[list(subset)].sum() == LIMIT
    )
    samples, energies = samples_of(problem, problem.encode(full))
    found = finish(problem, problem.to_ising(), samples, energies, np.random.default_rng(0))
    assert not found.repaired
    assert found.mended == 0
    np.testing.assert_array_equal(found.samples, samples)


def test_feasible_beats_infeasible_whatever_the_energies():
    problem = Mending(penalty=0.01)  # far below the bound: the overfull box is the lowest
    model = problem.to_ising()
    samples, energies = samples_of(problem, spins_of(problem, range(8)), problem.encode([5]))
    assert energies[0] < energies[1]
    found = finish(problem, model, samples, energies, np.random.default_rng(0), shake=False)
    assert problem.is_feasible(problem.decode(found.samples[found.best]))
    assert found.energies[found.best] > energies[0]


def test_a_repair_that_fails_changes_nothing():
    problem = Failing()
    samples, energies = samples_of(problem, problem.encode([5]), spins_of(problem, range(8)))
    found = finish(problem, problem.to_ising(), samples, energies, np.random.default_rng(0), shake=False)
    np.testing.assert_array_equal(found.samples, samples)
    assert not found.repaired


def test_shaking_finds_the_optimum_and_stops_at_the_problems_bound():
    problem = Mending(bound=LIMIT)
    model = problem.to_ising()
    samples, energies = samples_of(problem, problem.encode([5]))
    found = finish(problem, model, samples, energies, np.random.default_rng(0))
    assert problem.objective(problem.decode(found.samples[0])) == LIMIT
    assert found.rounds < 64
    unbounded = finish(Mending(), model, samples, energies, np.random.default_rng(0))
    assert unbounded.rounds == 64
    assert problem.objective(problem.decode(unbounded.samples[0])) == LIMIT


def test_the_deadline_leaves_the_rest_but_mends_the_lowest():
    problem = Mending()
    samples, energies = samples_of(problem, *[spins_of(problem, items) for items in ([0, 3, 6], [6, 3, 4], range(8))])
    found = finish(problem, problem.to_ising(), samples, energies, np.random.default_rng(0), time.perf_counter() - 1.0)
    assert found.rounds == 0
    assert found.mended == 1
    assert found.best == int(np.argmin(energies))


def test_what_repair_alone_leads_to_takes_the_place_of_worse_samples():
    problem = Mending()
    model = problem.to_ising()
    alone, seconds = mended_start(problem, model, spins_of(problem, range(8)))
    assert seconds > 0
    assert problem.is_feasible(problem.decode(alone))
    nothing = Failing()  # of which no sample can be mended
    samples, energies = samples_of(nothing, spins_of(nothing, range(8)), nothing.encode([5]))
    found = finish(nothing, model, samples, energies, np.random.default_rng(0), shake=False, spare=alone)
    np.testing.assert_array_equal(found.samples[found.best], alone)
    assert found.repaired
    best = nothing.encode([0, 1, 6])  # 17: nothing beats it
    samples, energies = samples_of(nothing, best)
    found = finish(nothing, model, samples, energies, np.random.default_rng(0), shake=False, spare=alone)
    np.testing.assert_array_equal(found.samples[0], best)
    assert not found.repaired


def test_solve_mends_by_default_and_tells():
    rough = {"algorithm": "sa", "steps": 1, "replicas": 3, "polish": False, "seed": 3}
    with_repair = cim.solve(Mending(), **rough)
    without = cim.solve(Mending(), repair=False, **rough)
    assert with_repair.feasible
    assert with_repair.objective == LIMIT
    assert with_repair.info["repaired"]
    assert with_repair.info["hint"] is None
    assert not without.feasible or without.objective < LIMIT
    assert not without.info["repaired"]
    assert without.info["repair"] is None
    assert with_repair.energy == Mending().to_ising().energy(with_repair.spins)
    assert Mending().objective(with_repair.answer) == with_repair.objective


def test_one_seed_one_answer_whatever_the_threads():
    rough = {"algorithm": "sa", "steps": 1, "replicas": 40, "polish": False, "seed": 5}
    one, two = (cim.solve(Mending(), threads=threads, **rough) for threads in (1, 2))
    np.testing.assert_array_equal(one.samples, two.samples)
    np.testing.assert_array_equal(one.spins, two.spins)


def test_an_infeasible_answer_comes_with_a_hint_on_its_penalty():
    soft = cim.solve(Packing(penalty=0.01), seed=0)
    assert not soft.feasible
    assert soft.violations == ["the items do not fit"]
    assert "penalty=0.01 is not above the proven bound 8" in soft.info["hint"]
    hard = Judge(Packing(), Packing().to_ising(), None).hint(["the items do not fit"])
    assert "time_limit" in hard
    assert Judge(Packing(), Packing().to_ising(), None).hint([]) is None


def test_the_problems_own_bound_proves_optimality():
    solution = cim.solve(Mending(bound=LIMIT), "sa", steps=1, replicas=2, seed=0)
    assert solution.status == "optimal"
    assert solution.lower_bound == solution.energy == -LIMIT
    unproved = cim.solve(Mending(bound=LIMIT + 1), "sa", steps=1, replicas=2, seed=0)
    assert unproved.objective == LIMIT
    assert unproved.status != "optimal"


def test_a_bound_proves_nothing_below_the_proven_penalty():
    judge = Judge(Mending(bound=LIMIT, penalty=1.0), Mending(penalty=1.0).to_ising(), None)
    assert not judge.may_be_unbeatable(-100.0)


@pytest.mark.parametrize("time_limit", [None, 0.2])
def test_a_mended_answer_above_the_solved_minimum_is_not_called_optimal(time_limit):
    problem = VertexCover(nx.petersen_graph(), penalty=0.05)
    lowest, _ = ground_states(problem.to_ising())
    solution = cim.solve(problem, time_limit=time_limit, threads=1, seed=0)
    assert solution.feasible
    assert solution.energy > lowest + 1.0
    assert solution.lower_bound == pytest.approx(lowest, abs=1e-9)
    assert solution.status != "optimal"


def test_a_proven_minimum_that_breaks_a_constraint_proves_that_nothing_is_feasible():
    solution = cim.solve(GraphColoring(nx.complete_graph(4), 3), threads=1, seed=0)
    assert not solution.feasible
    assert solution.status == "optimal"
    assert "no feasible answer exists, since" in solution.info["hint"]
    soft = cim.solve(VertexCover(nx.petersen_graph(), penalty=0.05), repair=False, threads=1, seed=0)
    assert not soft.feasible
    assert "penalty=0.05 is not above" in soft.info["hint"]


def test_time_limits_hold_with_the_finish():
    began = time.perf_counter()
    solution = cim.solve(Mending(), "sa", time_limit=0.3, seed=0, threads=1)
    spent = time.perf_counter() - began - solution.info["timings"]["compilation"]
    assert solution.objective == LIMIT
    assert solution.info["repair"]["rounds"] > 64  # they go on while there is time
    assert 0.2 < spent < 2.0


def test_repair_must_be_a_truth_value():
    with pytest.raises(TypeError, match="repair: True or False"):
        cim.solve(Mending(), repair="no")
