"""Binary linear programs: ground states against all 0/1 values, the erratum of eq. 24, rows of every form."""

import itertools
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp

from ising_problems.encoders.linear_programs import BinaryLinearProgram
from ising_problems.exact import ground_states


def random_programs(count=120, most=14):
    """Programs with at least one solution, and all their solutions."""
    rng = np.random.default_rng(0)
    made = 0
    while made < count:
        n = int(rng.integers(1, 8))
        equations, inequalities = rng.integers(0, 3, 2)
        planted = rng.integers(0, 2, n)
        a_eq, a_ub = rng.integers(-3, 4, (equations, n)), rng.integers(-3, 4, (inequalities, n))
        b_eq, b_ub = a_eq @ planted, a_ub @ planted + rng.integers(0, 3, inequalities)
        c = rng.normal(0, 3, n).round(2) if made % 3 == 0 else rng.integers(-5, 6, n)
        sense = ["maximize", "minimize"][made % 2]
        problem = BinaryLinearProgram(c, a_eq, b_eq, a_ub, b_ub, sense=sense)
        if problem.num_spins > most:
            continue
        made += 1
        solutions = [
            x
            for x in itertools.product((0, 1), repeat=n)
            if np.array_equal(a_eq @ x, b_eq) and np.all(a_ub @ x <= b_ub)
        ]
        yield problem, c, solutions


def best_of(problem, c, solutions):
    return (max if problem.sense == "maximize" else min)(float(c @ np.array(x)) for x in solutions)


@pytest.mark.parametrize("penalty", ["auto", "bound"])
def test_ground_states_are_the_best_solutions(penalty):
    for problem, c, solutions in random_programs():
        if penalty == "bound":
            problem = problem.with_penalty(problem.penalty_bound() * (1 + 1e-6) + 1e-6)
        best = best_of(problem, c, solutions)
        energy, states = ground_states(problem.to_ising())
        assert energy == pytest.approx(problem.energy_of(best), abs=1e-8)
        for spins in states:
            answer = problem.decode(spins)
            assert problem.is_feasible(answer)
            assert problem.objective(answer) == pytest.approx(best, abs=1e-8)


def test_energy_of_solutions_is_the_objective_and_judgement_is_independent():
    for problem, c, solutions in random_programs(40):
        model = problem.to_ising()
        for x in itertools.product((0, 1), repeat=len(c)):
            assert problem.is_feasible(x) == (x in solutions)
            assert problem.decode(problem.encode(x)) == x
        for x in solutions:
            value = problem.objective(x)
            assert value == pytest.approx(float(c @ np.array(x)))
            assert model.energy(problem.encode(x)) == pytest.approx(problem.energy_of(value), abs=1e-9)


def test_repair_and_the_relaxation():
    rng = np.random.default_rng(1)
    feasible = optimal = tight = 0
    for problem, c, solutions in random_programs():
        best = best_of(problem, c, solutions)
        bound = problem.objective_bound()
        assert not problem.is_better(best, bound)
        tight += bound == pytest.approx(best, abs=1e-3)
        before = problem.decode(rng.choice([-1, 1], problem.num_spins))
        after = problem.repair(before)
        if problem.is_feasible(before):
            assert problem.is_feasible(after)
            assert not problem.is_better(problem.objective(before), problem.objective(after))
        feasible += problem.is_feasible(after)
        optimal += problem.is_feasible(after) and problem.objective(after) == pytest.approx(best)
    assert feasible >= 117
    assert optimal >= 100
    assert tight >= 60


def test_repair_solves_assignments():
    k = 8
    rng = np.random.default_rng(2)
    rows = np.vstack([np.kron(np.eye(k, dtype=int), np.ones(k, int)), np.kron(np.ones(k, int), np.eye(k, dtype=int))])
    problem = BinaryLinearProgram(rng.integers(1, 50, k * k), rows, np.ones(2 * k, int), sense="minimize")
    answers = [problem.decode(rng.choice([-1, 1], k * k), repair=True) for _ in range(12)]
    assert all(problem.is_feasible(answer) for answer in answers)
    # the assignment polytope is integral, so the relaxation is the optimum
    assert min(map(problem.objective, answers)) <= 1.25 * problem.objective_bound()


def as_printed(problem):
    """Eq. 24: the penalty needs to exceed the positive coefficients only."""
    return max(1e-3, float(np.maximum(problem.c, 0).sum())) * (1 + 1e-6)


@pytest.mark.parametrize(("c", "rows", "right"), [([-3], [[1]], [1]), ([-2, -2, -1], [[1, 1, 0], [0, 1, 1]], [1, 1])])
def test_erratum_negative_coefficients_need_a_penalty_too(c, rows, right):
    problem = BinaryLinearProgram(c, rows, right)
    _, states = ground_states(problem.with_penalty(as_printed(problem)).to_ising())
    assert not any(problem.is_feasible(problem.decode(s)) for s in states)
    _, states = ground_states(problem.with_penalty(problem.penalty_bound() + 1e-6).to_ising())
    assert all(problem.is_feasible(problem.decode(s)) for s in states)


def test_the_bound_leaves_out_what_no_row_holds():
    problem = BinaryLinearProgram([3, -2, 100, 7], A_eq=[[1, 1, 0, 0]], b_eq=[1], A_ub=[[0, 0, 0, 1]], b_ub=[4])
    assert problem.penalty_bound() == 5  # the inequality cannot be broken
    assert BinaryLinearProgram([3, -2]).penalty_bound() == 0
    energy, _ = ground_states(BinaryLinearProgram([3, -2]).to_ising())
    assert energy == -3


def test_spins_count_variables_and_room():
    program = BinaryLinearProgram([1, 1, 1], A_ub=[[2, 3, 4], [1, 1, 1], [1, -1, -2]], b_ub=[5, 3, 0])
    # room 5: three bits; three ones never exceed 3: none; x - y - 2 z <= 0 leaves up to 3: two bits
    assert program.num_spins == 3 + 3 + 2
    assert program.variables[3:] == (
        ("slack", 0, 0),
        ("slack", 0, 1),
        ("slack", 0, 2),
        ("slack", 2, 0),
        ("slack", 2, 1),
    )
    assert BinaryLinearProgram([1, 1], A_ub=[[20, 20]], b_ub=[39]).num_spins == 2 + 1  # divided by 20
    assert BinaryLinearProgram([1, 1], A_ub=[[1, 1]], b_ub=[0]).num_spins == 2
    assert BinaryLinearProgram([]).num_spins == 0


def test_rows_of_ones_are_one_hot_groups():
    problem = BinaryLinearProgram(
        [1] * 4,
        A_eq=[[1, 1, 1, 0], [1, 1, 0, 2], [5, 0, 0, 5]],
        b_eq=[1, 1, 5],
        A_ub=[[2, 3, 0, 0], [0, 1, 1, 1], [1, 0, 0, 0]],
        b_ub=[4, 1, 1],
    )
    groups = [group.tolist() for group in problem.one_hot]
    assert groups == [[0, 1, 2], [0, 3], [1, 2, 3, 4 + 3]]
    assert problem.variables[4 + 3] == ("slack", 1, 0)
    _, states = ground_states(problem.to_ising())
    assert all((spins[group] > 0).sum() == 1 for spins in states for group in problem.one_hot)


def test_rational_rows_become_whole():
    reference = BinaryLinearProgram([1, 2, 3], [[1, 2, 4]], [5], [[2, 2, 1]], [3])
    for rows, right, upper, most in (
        ([[0.25, 0.5, 1.0]], [1.25], [[1, 1, 0.5]], [1.5]),
        ([[Fraction(1, 3), Fraction(2, 3), Fraction(4, 3)]], [Fraction(5, 3)], [[2, 2, 1]], [3.9]),
        ([[Decimal("0.1"), Decimal("0.2"), Decimal("0.4")]], [Decimal("0.5")], [[4, 4, 2]], [7]),
        (sp.csr_array([[3, 6, 12]]), [15], sp.coo_matrix([[2, 2, 1]]), np.array([3])),
        ([1, 2, 4], 5, [2, 2, 1], 3),
    ):
        problem = BinaryLinearProgram([1, 2, 3], rows, right, upper, most)
        np.testing.assert_array_equal(problem.to_ising().J, reference.to_ising().J)
        np.testing.assert_array_equal(problem.to_ising().h, reference.to_ising().h)
        assert problem.to_ising().offset == reference.to_ising().offset


def test_violations_speak_of_the_users_rows():
    problem = BinaryLinearProgram([1, 1], [[0.5, 0.25]], [0.5], [[20, 10]], [20])
    assert problem.violations((1, 1)) == [
        "row 0 of A_eq adds up to 0.75, not 0.5",
        "row 0 of A_ub adds up to 30, more than 20",
    ]
    assert problem.violations((1, 0)) == []
    for malformed in (None, 3, (1,), (1, 2), "10", [[1, 0]], (1, None), [1, [0]]):
        assert problem.violations(malformed) == ["the answer is not a sequence of 2 values 0 or 1"]
        with pytest.raises(ValueError, match="answer: a sequence of 2 values"):
            problem.objective(malformed)


def test_a_slack_that_no_value_needs_is_bounded_by_the_row():
    problem = BinaryLinearProgram([1], A_ub=[[1]], b_ub=[10**12])
    assert problem.num_spins == 1
    assert problem.violations((1,)) == []


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([1], [[1, 2]], [1]), ValueError, r"A_eq: 1 columns are needed, .*shape is \(1, 2\)"),
        (([1], [[1]], [1, 2]), ValueError, r"b_eq: one entry for each of the 1 rows"),
        (([1], [[1]]), ValueError, "b_eq: A_eq is given, so b_eq is needed too"),
        (([1], None, [1]), ValueError, "A_eq: b_eq is given, so A_eq is needed too"),
        (
            ([1, 1], [[2, 2]], [1]),
            ValueError,
            "b_eq: no 0/1 values satisfy row 0: it must be 1, but values from 0 to 4",
        ),
        (([1, 1], [[2, 2]], [6]), ValueError, "b_eq: no 0/1 values satisfy row 0: it must be 6"),
        (([1, 1], [[0, 0]], [1]), ValueError, "b_eq: no 0/1 values satisfy row 0: .*the row is empty"),
        (([1, 1], None, None, [[1, 2]], [-1]), ValueError, "b_ub: no 0/1 values satisfy row 0: it is 0 at least"),
        (([1, 1], [[0.1, 0.2]], [0.3]), ValueError, "A_eq: row 0 is not of whole numbers.*multiply it"),
        (([1, 1], [[2**26, 1]], [1]), ValueError, r"A_eq: the absolute values in row 0.*2\*\*26"),
        (([1, 1], [[1, np.nan]], [1]), ValueError, r"A_eq: every entry must be finite, but A_eq\[0, 1\] is nan"),
        (
            ([1, 1], None, None, [[1, 1]], [np.inf]),
            ValueError,
            r"b_ub: every entry must be finite, but b_ub\[0\] is inf",
        ),
        (([1, 1], [["1", "2"]], [1]), TypeError, "A_eq: numbers are needed"),
        (([1, 1], [[1, None]], [1]), TypeError, "A_eq: numbers are needed, but one entry is None"),
        (([1, np.nan],), ValueError, "c: entry 1 is nan"),
        ((5,), TypeError, "c: a list of numbers"),
        (([1, 1], [[1], [1, 2]], [1, 1]), ValueError, "A_eq: not a rectangular array"),
    ],
)
def test_bad_input(arguments, error, message):
    with pytest.raises(error, match=message):
        BinaryLinearProgram(*arguments)


def test_the_sense_is_checked():
    with pytest.raises(ValueError, match="sense: must be 'maximize' or 'minimize', but it is 'max'"):
        BinaryLinearProgram([1], sense="max")
    assert BinaryLinearProgram([1]).sense == "maximize"
    assert BinaryLinearProgram([1], sense="minimize").energy_of(1) == 1


def test_rows_without_a_solution_together_are_broken_least():
    problem = BinaryLinearProgram([1, 1], [[1, 1], [1, -1]], [1, 0])
    assert problem.objective_bound() == 1  # halves satisfy both rows
    _, states = ground_states(problem.to_ising())
    assert {len(problem.violations(problem.decode(s))) for s in states} == {1}


def test_whole_sums_are_shown_with_all_digits():
    problem = BinaryLinearProgram([1, 1], A_eq=[[1234567, 0]], b_eq=[1234567], A_ub=[[12345678, 1]], b_ub=[12345678])
    assert problem.violations((0, 1)) == ["row 0 of A_eq adds up to 0, not 1234567"]
    assert problem.violations((1, 1)) == ["row 0 of A_ub adds up to 12345679, more than 12345678"]


def test_ragged_answers_are_none():
    for problem in (BinaryLinearProgram([]), BinaryLinearProgram([1])):
        assert not problem.is_feasible([[1, 2], [3]])
        with pytest.raises(ValueError, match="answer: ") as refused:
            problem.objective(np.zeros((9, 9)))
        assert "\n" not in str(refused.value)
