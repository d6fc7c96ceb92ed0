"""Makespan scheduling: ground states against all schedules, the bound, the erratum of eq. 54."""

import itertools

import numpy as np
import pytest

from ising_problems.encoders.builder import QuboBuilder
from ising_problems.encoders.scheduling import MakespanScheduling
from ising_problems.encoders.slack import slack_coefficients
from ising_problems.exact import ground_states


def least_makespan(lengths, m):
    return min(
        max(sum(length for length, a in zip(lengths, machines, strict=True) if a == b) for b in range(m))
        for machines in itertools.product(range(m), repeat=len(lengths))
    )


def random_jobs(count=60, most=16):
    rng = np.random.default_rng(0)
    made = 0
    while made < count:
        m, n = int(rng.integers(1, 4)), int(rng.integers(0, 6))
        lengths = rng.integers(0, 8, n).tolist()
        if MakespanScheduling(lengths, m).num_spins <= most:
            made += 1
            yield lengths, m


@pytest.mark.parametrize("penalty", ["auto", "bound"])
def test_ground_states_are_the_shortest_schedules(penalty):
    for lengths, m in random_jobs():
        problem = MakespanScheduling(lengths, m)
        if penalty == "bound":
            problem = problem.with_penalty(problem.penalty_bound() * (1 + 1e-6) + 1e-6)
        best = least_makespan(lengths, m)
        energy, states = ground_states(problem.to_ising())
        assert energy == pytest.approx(best, abs=1e-9)
        for spins in states:
            assert problem.is_feasible(problem.decode(spins))
            assert problem.objective(problem.decode(spins)) == best


def test_half_of_the_bound_leaves_jobs_out():
    failed = 0
    for lengths, m in random_jobs():
        problem = MakespanScheduling(lengths, m)
        if problem.penalty_bound():
            _, states = ground_states(problem.with_penalty(0.5 * problem.penalty_bound()).to_ising())
            failed += not all(problem.is_feasible(problem.decode(s)) for s in states)
    assert failed >= 30


def test_repair_is_a_schedule_that_spins_stand_for():
    rng = np.random.default_rng(1)
    for lengths, m in random_jobs():
        problem = MakespanScheduling(lengths, m)
        model = problem.to_ising()
        before = problem.decode(rng.choice([-1, 1], problem.num_spins))
        after = problem.repair(before)
        assert problem.is_feasible(after)
        assert not problem.is_feasible(before) or problem.objective(after) <= problem.objective(before)
        assert problem.objective_bound() <= problem.objective(after) <= 4 / 3 * least_makespan(lengths, m)
        assert model.energy(problem.encode(after)) == problem.objective(after)
        again = problem.decode(problem.encode(after))
        assert problem.objective(again) == problem.objective(after)
        np.testing.assert_array_equal(problem.encode(again), problem.encode(after))


def test_every_schedule_with_a_small_gap_encodes_to_its_makespan():
    lengths, m = [3, 1, 2, 2], 3
    problem = MakespanScheduling(lengths, m)
    model = problem.to_ising()
    expressed = 0
    for machines in itertools.product(range(m), repeat=4):
        answer = dict(enumerate(machines))
        loads = [sum(length for length, a in zip(lengths, machines, strict=True) if a == b) for b in range(m)]
        assert problem.objective(answer) == max(loads)
        if max(loads) - min(loads) > 3:
            with pytest.raises(ValueError, match=r"answer: the loads of the machines differ by \d, more than"):
                problem.encode(answer)
        else:
            expressed += 1
            assert model.energy(problem.encode(answer)) == max(loads) == problem.energy_of(max(loads))
    assert expressed > 20


def test_spins_and_groups():
    problem = MakespanScheduling([5, 3, 2], 3)
    assert problem.num_spins == 3 * 3 + 2 * 3
    assert MakespanScheduling([4] * 5, 1).num_spins == 5
    assert MakespanScheduling([0, 0], 2).num_spins == 4
    assert problem.variables[8:11] == ((2, 2), ("slack", 1, 0), ("slack", 1, 1))
    spins = problem.encode({0: 2, 1: 0, 2: 1})
    assert len(problem.one_hot) == 3
    assert all((spins[group] > 0).sum() == 1 for group in problem.one_hot)


def as_printed(lengths, m, penalty):
    """Eq. 54 with its sum over all machines, the first among them, whose load cancels against itself."""
    n, bits = len(lengths), slack_coefficients(max(lengths))
    builder = QuboBuilder(n * m + m * len(bits))
    places = np.arange(n * m).reshape(n, m)
    builder.add_square(places, -1, 1, penalty)
    builder.add_linear(places[:, 0], lengths)
    for a in range(m):
        gap = n * m + a * len(bits) + np.arange(len(bits))
        terms = np.concatenate([places[:, a], gap, places[:, 0]])
        builder.add_square([terms], np.concatenate([lengths, bits, [-length for length in lengths]]), 0, penalty)
    return builder.build()


def test_erratum_the_first_machines_slack_is_superfluous():
    lengths, m, penalty = [3, 2, 1], 2, 3.01
    problem = MakespanScheduling(lengths, m, penalty=penalty)
    printed = as_printed(lengths, m, penalty)
    assert printed.num_spins == problem.num_spins + 2  # two bits of a slack that is never anything but 0
    energy, states = ground_states(printed)
    assert energy == pytest.approx(3)
    assert np.all(states[:, 6:8] == -1)
    energy, states = ground_states(problem.to_ising())
    assert energy == pytest.approx(3)
    assert len(states) == len(ground_states(printed)[1])


def test_bounds_on_the_makespan():
    assert MakespanScheduling([3, 3, 2, 2, 2], 2).objective_bound() == 6
    assert MakespanScheduling([9, 1, 1], 2).objective_bound() == 9
    assert MakespanScheduling([5, 5, 5], 2).objective_bound() == 10
    assert MakespanScheduling([], 2).objective_bound() == 0


def test_violations():
    problem = MakespanScheduling([3, 2], 2)
    assert problem.violations({0: 0, 1: None}) == ["job 1 has no machine"]
    assert problem.violations({0: 0, 1: 2}) == ["job 1 is on the machine 2, which is not one of 0 to 1"]
    assert problem.violations({0: 0, 1: 1, 7: 0}) == ["7 is not a job"]
    assert problem.violations([0, 1]) == ["the answer is not a dict from job to machine"]
    with pytest.raises(ValueError, match="answer: 7 is not a job"):
        problem.encode({0: 0, 1: 1, 7: 0})
    with pytest.raises(ValueError, match="answer: job 1 is on the machine 2"):
        problem.encode({0: 0, 1: 2})


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([1, 2], 0), ValueError, "num_machines: must be at least 1, but it is 0"),
        (([1, 2], 1.5), TypeError, "num_machines: must be an integer"),
        (([1, -2], 2), ValueError, "lengths: entry 1 is -2"),
        (([1, 0.5], 2), ValueError, "lengths: entry 1 is 0.5, but whole numbers.*multiply the lengths"),
        (([1, None], 2), TypeError, "lengths: entry 1 is None"),
        ((7, 2), TypeError, "lengths: a list of numbers"),
    ],
)
def test_bad_input(arguments, error, message):
    with pytest.raises(error, match=message):
        MakespanScheduling(*arguments)


def test_lengths_that_would_drown_in_rounding_are_refused():
    with pytest.raises(ValueError, match="lengths: with a total of"):
        MakespanScheduling([10**7, 10**7], 2).to_ising()
