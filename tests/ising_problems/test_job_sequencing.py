"""Karp's job sequencing: ground states against all orders of the jobs."""

import itertools

import numpy as np
import pytest

from ising_problems.encoders.job_sequencing import JobSequencing
from ising_problems.exact import ground_states


def lost(order, times, deadlines, penalties):
    """Penalty that an order loses, by the clock."""
    clock = total = 0
    for job in order:
        clock += times[job]
        if clock > deadlines[job]:
            total += penalties[job]
    return total


def random_jobs(count=70, most=16):
    rng = np.random.default_rng(0)
    made = 0
    while made < count:
        n = int(rng.integers(0, 6))
        times, deadlines = rng.integers(0, 6, n).tolist(), rng.integers(0, 14, n).tolist()
        penalties = rng.random(n).round(2).tolist() if made % 4 == 0 else rng.integers(0, 9, n).tolist()
        if JobSequencing(times, deadlines, penalties).num_spins <= most:
            made += 1
            yield times, deadlines, penalties


@pytest.mark.parametrize("penalty", ["auto", "bound"])
def test_ground_states_are_the_best_orders(penalty):
    for jobs in random_jobs():
        problem = JobSequencing(*jobs)
        if penalty == "bound":
            problem = problem.with_penalty(problem.penalty_bound() * (1 + 1e-6) + 1e-6)
        best = min(lost(order, *jobs) for order in itertools.permutations(range(len(jobs[0]))))
        energy, states = ground_states(problem.to_ising())
        assert energy == pytest.approx(best, abs=1e-9)
        for spins in states:
            assert problem.is_feasible(problem.decode(spins))
            assert problem.objective(problem.decode(spins)) == pytest.approx(best, abs=1e-9)


def test_energy_of_an_order_is_what_it_loses():
    for jobs in random_jobs(25):
        problem = JobSequencing(*jobs)
        model = problem.to_ising()
        for order in itertools.permutations(range(len(jobs[0]))):
            value = lost(order, *jobs)
            assert problem.objective(list(order)) == pytest.approx(value)
            spins = problem.encode(list(order))
            assert model.energy(spins) == pytest.approx(value, abs=1e-9)
            assert problem.objective(problem.decode(spins)) <= value + 1e-12


def test_below_the_bound_late_jobs_pretend_to_be_on_time():
    problem = JobSequencing([1, 1], [1, 1], [8, 8])
    assert problem.penalty_bound() == 8
    energy, _ = ground_states(problem.with_penalty(7).to_ising())
    assert energy == 7
    assert ground_states(problem.with_penalty(8.5).to_ising())[0] == 8


def test_only_binding_deadlines_have_bits():
    assert JobSequencing([2, 2], [2, 4], [1, 1]).num_spins == 2
    assert JobSequencing([2, 2], [2, 3], [1, 1]).num_spins == 2 + 2
    assert JobSequencing([2, 2, 9], [1, 3, 3], [1, 1, 1]).num_spins == 3 + 1 + 2
    assert JobSequencing([2, 2], [2, 3], [1, 1]).variables == (0, 1, ("slack", 3, 0), ("slack", 3, 1))
    assert JobSequencing([1], [0], [1]).num_spins == 1
    assert JobSequencing([], [], []).num_spins == 0
    assert JobSequencing([2, 2], [2, 4], [5, 5]).penalty_bound() == 0


def test_repair_never_loses_more():
    rng = np.random.default_rng(1)
    optimal = 0
    for jobs in random_jobs():
        problem = JobSequencing(*jobs)
        before = problem.decode(rng.choice([-1, 1], problem.num_spins))
        after = problem.repair(before)
        assert problem.is_feasible(after)
        assert problem.objective(after) <= problem.objective(before) + 1e-12
        best = min(lost(order, *jobs) for order in itertools.permutations(range(len(jobs[0]))))
        assert problem.objective_bound() <= best + 1e-12
        optimal += problem.objective(after) == pytest.approx(best)
    assert optimal >= 67


def least_lost(times, deadlines, penalties):
    """Lawler and Moore's table: the least loss for each time at which the on-time jobs so far end."""
    lowest = {0: 0}
    for job in np.argsort(deadlines, kind="stable"):
        after = {}
        for clock, value in lowest.items():
            late = value + penalties[job]
            after[clock] = min(after.get(clock, late), late)
            end = clock + times[job]
            if end <= deadlines[job]:
                after[end] = min(after.get(end, value), value)
        lowest = after
    return min(lowest.values())


def test_repair_of_many_jobs_comes_near_the_optimum():
    rng = np.random.default_rng(2)
    times, deadlines, penalties = rng.integers(1, 30, 60), rng.integers(1, 500, 60), rng.integers(1, 100, 60)
    best = least_lost(times, deadlines, penalties)
    problem = JobSequencing(times, deadlines, penalties)
    found = [problem.objective(problem.repair(rng.permutation(60).tolist())) for _ in range(10)]
    assert best <= min(found) <= max(found) <= 1.1 * best


def test_violations():
    problem = JobSequencing([1, 1, 1], [1, 2, 3], [1, 1, 1])
    assert problem.violations([0, 0, 1]) == ["job 2 is missing", "job 0 is done 2 times"]
    assert problem.violations([0, 1, 2, 3]) == ["3 is not one of the jobs 0 to 2"]
    assert problem.violations({0, 1, 2}) == ["the answer is not a list of jobs"]
    assert problem.objective([1]) == 2  # jobs that are never done are late
    with pytest.raises(ValueError, match="answer: not an order of the jobs: job 2 is missing"):
        problem.encode([0, 1])
    with pytest.raises(ValueError, match="answer: a list of jobs 0 to 2"):
        problem.objective([5])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([1], [1, 2], [1]), ValueError, "deadlines: 1 are needed, one for each of the times, but there are 2"),
        (([1], [1], []), ValueError, "penalties: 1 are needed"),
        (([0.5], [1], [1]), ValueError, "times: entry 0 is 0.5.*multiply the times and the deadlines"),
        (([1], [-1], [1]), ValueError, "deadlines: entry 0 is -1"),
        (([1], [1], [-1]), ValueError, "penalties: entry 0 is -1; no entry may be less than 0"),
        (([1], [1], [float("nan")]), ValueError, "penalties: entry 0 is nan"),
        (([True], [1], [1]), TypeError, "times: entry 0 is True"),
        ((3, [1], [1]), TypeError, "times: a list of numbers"),
    ],
)
def test_bad_input(arguments, error, message):
    with pytest.raises(error, match=message):
        JobSequencing(*arguments)


def test_any_sequence_of_jobs_is_an_order():
    problem = JobSequencing([2, 1, 2], [2, 2, 4], [3, 5, 4])
    assert problem.objective(range(3)) == problem.objective(np.arange(3)) == problem.objective((0, 1, 2)) == 9
    for wrong in (np.array(3), np.eye(3)):
        assert problem.violations(wrong) == ["the answer is not a list of jobs"]
        with pytest.raises(ValueError, match="answer: a list of jobs") as refused:
            problem.objective(wrong)
        assert "\n" not in str(refused.value)
