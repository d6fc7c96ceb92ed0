"""Knapsack and subset sum: ground states against all subsets, Lucas's one-hot erratum, Pisinger's instance."""

import itertools
import math

import numpy as np
import pytest

from ising_problems.encoders.builder import QuboBuilder
from ising_problems.encoders.knapsack import Knapsack, SubsetSum
from ising_problems.exact import any_ground_state, ground_states


def subsets(n):
    return [frozenset(c) for k in range(n + 1) for c in itertools.combinations(range(n), k)]


def best_value(values, weights, capacity):
    """Best total value over all subsets that fit, item by item."""
    return max(
        sum(values[i] for i in chosen) for chosen in subsets(len(values)) if sum(weights[i] for i in chosen) <= capacity
    )


def random_knapsacks(count=60):
    rng = np.random.default_rng(0)
    for k in range(count):
        n = int(rng.integers(0, 8))
        weights = (int(rng.integers(1, 4)) * rng.integers(0 if k % 3 else 1, 9, n)).tolist()
        values = rng.normal(2, 3, n).round(3).tolist() if k % 4 == 0 else rng.integers(-3, 12, n).tolist()
        yield values, weights, int(rng.integers(0, 1 + max(1, sum(weights))))


@pytest.mark.parametrize("penalty", ["auto", "bound"])
def test_ground_states_are_the_best_selections_that_fit(penalty):
    for values, weights, capacity in random_knapsacks():
        problem = Knapsack(values, weights, capacity)
        if penalty == "bound":
            problem = problem.with_penalty(problem.penalty_bound() * (1 + 1e-6) + 1e-6)
        best = best_value(values, weights, capacity)
        energy, states = ground_states(problem.to_ising())
        assert energy == pytest.approx(-best, abs=1e-9)
        for spins in states:
            answer = problem.decode(spins)
            assert problem.is_feasible(answer)
            assert problem.objective(answer) == pytest.approx(best, abs=1e-9)


def test_below_the_bound_an_overweight_selection_wins():
    problem = Knapsack([10, 10], [1, 1], 1)
    assert problem.penalty_bound() == 10
    _, states = ground_states(problem.with_penalty(9).to_ising())
    assert [problem.is_feasible(problem.decode(s)) for s in states] == [False]


def test_energy_of_what_fits_is_minus_its_value():
    for values, weights, capacity in random_knapsacks(20):
        problem = Knapsack(values, weights, capacity)
        model = problem.to_ising()
        for chosen in subsets(len(values)):
            assert problem.decode(problem.encode(chosen)) == chosen
            fits = sum(weights[i] for i in chosen) <= capacity
            assert problem.is_feasible(chosen) == fits
            if fits:
                assert model.energy(problem.encode(chosen)) == pytest.approx(-problem.objective(chosen), abs=1e-9)
                assert problem.energy_of(problem.objective(chosen)) == -problem.objective(chosen)


def test_spins_count_the_items_and_the_bits_of_the_capacity():
    assert Knapsack([1] * 5, [3, 5, 7, 9, 11], 20).num_spins == 5 + 5
    assert Knapsack([1] * 5, [30, 50, 70, 90, 110], 209).num_spins == 5 + 5  # in tens: 20
    assert Knapsack([1] * 3, [1, 2, 3], 1000).num_spins == 3 + 3  # all weigh 6
    assert Knapsack([1, 1], [1, 2], 0).num_spins == 2
    assert Knapsack([], [], 5).num_spins == 0
    assert Knapsack([1, 1], [1, 2], 2).variables == (0, 1, ("slack", 0), ("slack", 1))


def one_hot_as_printed(values, weights, capacity, penalty):
    """Lucas's eq. 49 and 50: the used capacity n = 1 … W one-hot."""
    n = len(values)
    builder = QuboBuilder(n + capacity)
    used = n + np.arange(capacity)
    builder.add_square([used], -1, 1, penalty)
    builder.add_square(
        [np.arange(n + capacity)], np.concatenate([-np.array(weights), np.arange(1, capacity + 1)]), 0, penalty
    )
    builder.add_linear(np.arange(n), -np.array(values))
    return builder.build()


def test_erratum_one_hot_capacity():
    values, weights, capacity = [1] * 8, [1] * 8, 4
    problem = Knapsack(values, weights, capacity, penalty=1.01)
    energy, states = ground_states(one_hot_as_printed(values, weights, capacity, 1.01))
    assert energy == pytest.approx(-5.99)
    assert {int((s[:8] > 0).sum()) for s in states} == {7}
    assert {tuple(np.flatnonzero(s[8:] > 0) + 1) for s in states} == {(3, 4)}
    assert not any(problem.is_feasible(problem.decode(np.append(s[:8], [-1, -1, -1]))) for s in states)
    energy, states = ground_states(problem.to_ising())
    assert energy == pytest.approx(-4)
    assert all(problem.is_feasible(problem.decode(s)) for s in states)


def test_repair_fits_and_never_makes_worse():
    rng = np.random.default_rng(1)
    optimal = 0
    for values, weights, capacity in random_knapsacks():
        problem = Knapsack(values, weights, capacity)
        spins = rng.choice([-1, 1], problem.num_spins)
        before, after = problem.decode(spins), problem.decode(spins, repair=True)
        assert problem.is_feasible(after)
        assert not problem.is_feasible(before) or problem.objective(after) >= problem.objective(before)
        best = best_value(values, weights, capacity)
        assert problem.objective_bound() >= best - 1e-9
        optimal += problem.objective(after) == pytest.approx(best)
    assert optimal >= 58


def test_the_bound_is_dantzigs():
    problem = Knapsack([60, 100, 120], [10, 20, 30], 50)
    assert problem.objective_bound() == 240  # 60 + 100 + two thirds of 120
    assert Knapsack([60.0, 100.0, 120.0], [10, 20, 30], 50).objective_bound() == pytest.approx(240)
    assert Knapsack([5, -2], [1, 1], 9).objective_bound() == 5
    assert Knapsack([5, 9], [1, 3], 2).objective_bound() == 5  # what is too heavy alone counts for nothing


def test_pisingers_instance(instance):
    numbers = list(map(int, instance("knapPI_1_100_1000_1").read_text().split()))
    table = np.array(numbers[1:]).reshape(-1, 2)
    problem = Knapsack(table[:, 0], table[:, 1], numbers[0])
    assert problem.num_spins == 100 + 10
    model = problem.to_ising()
    rng = np.random.default_rng(0)
    found = [problem.decode(rng.choice([-1, 1], 110), repair=True) for _ in range(24)]
    assert all(problem.is_feasible(answer) for answer in found)
    assert sum(problem.objective(answer) == 9147 for answer in found) >= 20
    best = max(found, key=problem.objective)
    assert model.energy(problem.encode(best)) == -9147
    assert 9147 <= problem.objective_bound() < 9500


def test_violations_and_repr():
    problem = Knapsack([1, 2], [3, 4], 5)
    assert problem.violations({0, 1}) == ["the items weigh 7, more than the capacity 5"]
    assert problem.violations({5}) == ["5 is not a given item of the knapsack"]
    assert problem.violations(7) == ["the answer is not a set of given items"]
    assert repr(problem) == "Knapsack(<2 items>, capacity=5, penalty='auto')"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([1, 2], [1], 3), ValueError, "weights: 2 are needed, one for each value, but there are 1"),
        (([1, 2], [1, 2.5], 3), ValueError, "weights: entry 1 is 2.5, but whole numbers.*multiply"),
        (([1, 2], [1, -2], 3), ValueError, "weights: entry 1 is -2; no entry may be less than 0"),
        (([1, math.nan], [1, 2], 3), ValueError, "values: entry 1 is nan"),
        (([1, 2], [1, math.inf], 3), ValueError, "weights: entry 1 is inf"),
        (([1, "2"], [1, 2], 3), TypeError, "values: entry 1 is '2'"),
        (([1, 2], [1, True], 3), TypeError, "weights: entry 1 is True"),
        ((5, [1], 3), TypeError, "values: a list of numbers is needed, but it is a int"),
        (([1], [1], -1), ValueError, "capacity: must be at least 0, but it is -1"),
        (([1], [1], True), TypeError, "capacity: must be a number, but it is True"),
        (([1], [1], math.inf), ValueError, "capacity: must be finite"),
        (([1], [2**52], 3), ValueError, r"weights: the absolute values add up to .*2\*\*52"),
    ],
)
def test_bad_input(arguments, error, message):
    with pytest.raises(error, match=message):
        Knapsack(*arguments)


def test_values_that_would_drown_in_rounding_are_refused():
    problem = Knapsack([3, 5], [10**8 + 1, 10**8 + 3], 10**8 + 5)
    with pytest.raises(ValueError, match="weights: with the capacity 100000005 and the penalty 10"):
        problem.to_ising()


# ---------------------------------------------------------------------- subset sum


def test_subset_sum_energy_is_the_squared_distance():
    rng = np.random.default_rng(2)
    reached = 0
    for k in range(60):
        n = int(rng.integers(0, 9))
        numbers = rng.integers(-9, 30, n).tolist() if k % 3 else rng.normal(0, 5, n).tolist()
        target = int(rng.integers(-10, 60)) if k % 3 else float(rng.normal(0, 9))
        problem = SubsetSum(numbers, target)
        model = problem.to_ising()
        best = math.inf
        for chosen in subsets(n):
            distance = abs(target - sum(numbers[i] for i in chosen))
            best = min(best, distance)
            assert problem.objective(chosen) == pytest.approx(distance, abs=1e-12)
            assert problem.energy_of(problem.objective(chosen)) == pytest.approx(distance**2)
            assert model.energy(problem.encode(chosen)) == pytest.approx(distance**2, abs=1e-9)
            assert problem.is_feasible(chosen)
        energy, spins = any_ground_state(model)
        assert energy == pytest.approx(best**2, abs=1e-9)
        assert problem.objective(problem.decode(spins)) == pytest.approx(best, abs=1e-6)
        bound = problem.objective_bound()
        assert bound is None or bound <= best
        start = rng.choice([-1, 1], n)
        after = problem.objective(problem.decode(start, repair=True))
        assert best - 1e-9 <= after <= problem.objective(problem.decode(start))
        reached += after == pytest.approx(best, abs=1e-9)
    assert reached >= 45


def test_subset_sum_of_large_sets_is_hit_by_repair():
    rng = np.random.default_rng(3)
    problem = SubsetSum(rng.integers(1, 10000, 300), 500_000)
    assert all(problem.objective(problem.decode(rng.choice([-1, 1], 300), repair=True)) == 0 for _ in range(5))


def test_subset_sum_parity_bounds_the_distance():
    assert SubsetSum([4, 6, 10], 7).objective_bound() == 1
    assert SubsetSum([0, 0], -3).objective_bound() == 3
    assert SubsetSum([0.5], 3).objective_bound() is None


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([1, math.nan], 3), ValueError, "numbers: entry 1 is nan"),
        (([1], math.nan), ValueError, "target: must be finite"),
        (([1], "3"), TypeError, "target: must be a number"),
        (([2**26], 3), ValueError, r"numbers: with the target.*2\*\*25.5"),
        (([1e149], 1e151), ValueError, "target: the square of the sum"),
        (("12", 3), TypeError, "numbers: a list of numbers"),
    ],
)
def test_bad_subset_sums(arguments, error, message):
    with pytest.raises(error, match=message):
        SubsetSum(*arguments)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_whether_values_drown_does_not_depend_on_their_scale(scale):
    values = [3 * scale, 5 * scale]
    close = Knapsack(values, [601, 500], 1000, penalty=10 * scale)
    assert close.to_ising().energy(close.encode({1})) == pytest.approx(-5 * scale, rel=1e-6)
    with pytest.raises(ValueError, match=r"values would drown in rounding; use coarser weights$"):
        Knapsack(values, [2**22 + 1, 2**22 - 1], 2**22, penalty=10 * scale).to_ising()
