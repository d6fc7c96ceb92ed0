"""Number partitioning: the energy is the squared difference of the sums, exactly where the numbers are integers."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ising_problems.encoders.partitioning import NumberPartitioning
from ising_problems.exact import ground_states

both_ways = pytest.mark.parametrize("symmetry_breaking", [True, False])


def least_difference(numbers):
    """Smallest difference of the sums by the sums that can be reached, one number after another."""
    reached = {0}
    for number in numbers:
        reached = {total + sign * number for total in reached for sign in (-1, 1)}
    return min(abs(total) for total in reached)


@both_ways
@settings(max_examples=60, deadline=None)
@given(numbers=st.lists(st.integers(-50, 50), max_size=9))
def test_energy_is_the_squared_difference_and_ground_states_are_best(symmetry_breaking, numbers):
    problem = NumberPartitioning(numbers, symmetry_breaking=symmetry_breaking)
    model = problem.to_ising()
    assert model.is_integer
    held = [1] if symmetry_breaking and numbers else []
    for spins in itertools.product([-1, 1], repeat=problem.num_spins):
        answer = problem.decode(spins)
        signed = sum(np.multiply(numbers, [*held, *spins]))
        assert model.energy(spins) == problem.objective(answer) ** 2 == signed**2
        assert problem.is_feasible(answer)
        again = problem.decode(problem.encode(answer))
        assert [Counter(side) for side in again] == [Counter(side) for side in answer]
    energy, states = ground_states(model)
    assert energy == least_difference(numbers) ** 2
    assert {problem.objective(problem.decode(s)) for s in states} == {least_difference(numbers)}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_float_numbers(numbers, random):
    problem = NumberPartitioning(numbers, symmetry_breaking=False)
    spins = [random.choice([-1, 1]) for _ in numbers]
    difference = abs(math.fsum(n * s for n, s in zip(numbers, spins, strict=True)))
    answer = problem.decode(spins)
    scale = math.fsum(map(abs, numbers)) ** 2
    assert problem.objective(answer) == difference
    assert problem.is_feasible(answer)
    assert problem.to_ising().energy(spins) == pytest.approx(difference**2, abs=1e-13 * scale)


def test_a_perfect_partition():
    numbers = [4, 5, 6, 7, 8]
    problem = NumberPartitioning(numbers)
    energy, states = ground_states(problem.to_ising())
    assert energy == 0
    assert [problem.decode(s) for s in states] == [([4, 5, 6], [7, 8])]
    problem = NumberPartitioning(numbers, symmetry_breaking=False)
    energy, states = ground_states(problem.to_ising())
    assert energy == 0
    assert [problem.decode(s) for s in states] == [([7, 8], [4, 5, 6]), ([4, 5, 6], [7, 8])]


def test_couplings_and_offset():
    model = NumberPartitioning([1, 2, -3], symmetry_breaking=False).to_ising()
    np.testing.assert_array_equal(model.J, [[0, -4, 6], [-4, 0, 12], [6, 12, 0]])
    assert model.offset == 14
    assert not model.has_fields
    model = NumberPartitioning([1, 2, -3]).to_ising()
    np.testing.assert_array_equal(model.J, [[0, 12], [12, 0]])
    np.testing.assert_array_equal(model.h, [-4, 6])
    assert model.offset == 14
    assert list(model.labels) == [1, 2]


def test_one_spin_fewer_than_numbers():
    assert [NumberPartitioning(range(n)).num_spins for n in range(4)] == [0, 0, 1, 2]
    assert [NumberPartitioning(range(n), symmetry_breaking=False).num_spins for n in range(4)] == [0, 1, 2, 3]


def test_lists_are_exchanged_so_that_the_first_number_is_in_the_first():
    problem = NumberPartitioning([5, 1, 5, 2])
    np.testing.assert_array_equal(problem.encode(([1, 2], [5, 5])), [-1, 1, -1])
    np.testing.assert_array_equal(problem.encode(([5], [5, 1, 2])), [-1, -1, -1])
    np.testing.assert_array_equal(problem.encode(([5, 1], [5, 2])), [1, -1, -1])
    assert problem.decode(problem.encode(([1, 2], [5, 5]))) == ([5, 5], [1, 2])


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(st.lists(st.integers(-50, 50), max_size=9), st.lists(st.floats(-1e6, 1e6), max_size=9)),
    st.randoms(use_true_random=False),
)
def test_repair_brings_the_sums_nearer_or_changes_nothing(numbers, random):
    problem = NumberPartitioning(numbers)
    before = problem.decode([random.choice([-1, 1]) for _ in range(problem.num_spins)])
    after = problem.repair(before)
    assert problem.is_feasible(after)
    assert problem.objective(after) < problem.objective(before) or after == before


def test_repair_ends_where_no_single_move_and_no_swap_gains():
    rng = np.random.default_rng(0)
    for _ in range(20):
        problem = NumberPartitioning(rng.integers(1, 1000, 12))
        first, second = problem.decode(rng.choice([-1, 1], 11), repair=True)
        gap = problem.objective((first, second))
        signed = sum(first) - sum(second)
        for a in [0, *first]:
            for b in [0, *second]:
                assert abs(signed - 2 * a + 2 * b) >= gap
    problem = NumberPartitioning(rng.integers(1, 1000, 200))
    assert all(problem.objective(problem.decode(rng.choice([-1, 1], 199), repair=True)) <= 1 for _ in range(5))


def test_repair_leaves_what_is_no_partition():
    problem = NumberPartitioning([1, 2])
    assert problem.repair(([7], [])) == ([7], [])


def test_the_parity_of_the_total_is_a_bound():
    assert NumberPartitioning([3, 5, 1]).objective_bound() == 1
    assert NumberPartitioning([3, 5]).objective_bound() == 0
    assert NumberPartitioning([0.5]).objective_bound() is None


def test_repeated_numbers_are_matched_as_a_multiset():
    problem = NumberPartitioning([2, 2, 1, 1], symmetry_breaking=False)
    np.testing.assert_array_equal(problem.encode(([1, 2], [2, 1])), [1, -1, 1, -1])
    np.testing.assert_array_equal(problem.encode(([], [2, 2, 1, 1])), [-1, -1, -1, -1])
    problem = NumberPartitioning([2, 2, 1, 1])
    np.testing.assert_array_equal(problem.encode(([1, 2], [2, 1])), [-1, 1, -1])
    np.testing.assert_array_equal(problem.encode(([], [2, 2, 1, 1])), [1, 1, 1])


def test_violations_name_the_numbers():
    problem = NumberPartitioning([2, 2, 1])
    assert problem.violations(([2], [1])) == ["the lists hold the number 2 1 times, the input 2 times"]
    assert problem.violations(([2, 2, 7], [1])) == ["the lists hold the number 7 1 times, the input 0 times"]
    for malformed in (None, 4, ([2, 2, 1],), ([2], [2], [1]), (["two"], [2, 1]), ([[2]], [1])):
        assert problem.violations(malformed) == ["the answer is not a pair of lists of numbers"]
        with pytest.raises(ValueError, match="answer: a pair of lists of numbers is needed"):
            problem.objective(malformed)
    with pytest.raises(ValueError, match=r"answer: not two lists.*number 1 0 times"):
        problem.encode(([2], [2]))
    assert problem.objective(([2], [1])) == 1  # judged as it stands, although a number is missing


def test_integers_are_exact_up_to_the_guard():
    problem = NumberPartitioning([2**30, 2**30 - 1])
    model = problem.to_ising()
    assert model.energy([1]) == (2**31 - 1) ** 2
    assert model.energy([-1]) == 1
    with pytest.raises(ValueError, match=r"numbers: the absolute values add up to 2147483648.*2\*\*31"):
        NumberPartitioning([2**30, -(2**30)])
    assert NumberPartitioning([float(2**30), float(2**30)]).to_ising().energy([1]) == 2.0**62


def test_numpy_numbers_become_python_numbers():
    problem = NumberPartitioning(np.array([3, 1, 2]))
    assert problem.numbers == (3, 1, 2)
    assert all(type(number) is int for number in problem.numbers)
    assert type(problem.objective(problem.decode([1, -1]))) is int
    assert all(type(number) is float for number in NumberPartitioning(np.array([0.5, 2.0])).numbers)


@pytest.mark.parametrize(
    ("numbers", "error", "message"),
    [
        ([1, float("nan")], ValueError, "numbers: entry 1 is nan"),
        ([float("inf")], ValueError, "numbers: entry 0 is inf"),
        ([1, "2"], TypeError, "numbers: entry 1 is '2'"),
        ([1, 1j], TypeError, "numbers: entry 1 is 1j"),
        ([True, 2], TypeError, "numbers: entry 0 is True"),
        ([[1, 2]], TypeError, r"numbers: entry 0 is \[1, 2\]"),
        ("123", TypeError, "numbers: a list of numbers is needed, but it is a str"),
        (7, TypeError, "numbers: a list of numbers is needed, but it is a int"),
        ([0.5, 2**60], ValueError, "numbers: entry 1 is 1152921504606846976, which would be rounded"),
        ([1e200], ValueError, "numbers: the square of their sum"),
    ],
)
def test_bad_numbers_are_refused_by_position(numbers, error, message):
    with pytest.raises(error, match=message):
        NumberPartitioning(numbers)


@pytest.mark.parametrize("answer", [({4: "x"}, [5]), ({4: 1}, [5]), "45", {4: 1, 5: 2}])
def test_strings_and_dicts_are_no_lists(answer):
    problem = NumberPartitioning([4, 5])
    assert problem.violations(answer) == ["the answer is not a pair of lists of numbers"]
    with pytest.raises(ValueError, match="answer: a pair of lists of numbers"):
        problem.objective(answer)


def test_arrays_of_integers_have_an_integer_objective():
    difference = NumberPartitioning([4, 5, 6]).objective((np.array([4, 5]), np.array([6])))
    assert difference == 3 and isinstance(difference, int)


def test_symmetry_breaking_is_true_or_false():
    with pytest.raises(TypeError, match="symmetry_breaking: must be True or False, but it is 'no'"):
        NumberPartitioning([1, 2], symmetry_breaking="no")
