"""Satisfiability and its weighted form: both encodings against enumeration of all assignments."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from ising_problems.encoders.satisfiability import MaxSatisfiability, Satisfiability
from ising_problems.exact import enumerate_energies, ground_states

METHODS = ("compact", "mis")


def all_assignments(n):
    return [dict(zip(range(1, n + 1), bits, strict=True)) for bits in itertools.product([False, True], repeat=n)]


def violated(clauses, values):
    """Positions of the false clauses, straight from the definition."""
    return [k for k, clause in enumerate(clauses) if not any(values[abs(x)] == (x > 0) for x in clause)]


def random_clauses(rng, n, lengths):
    return [[int(v) * int(rng.choice([-1, 1])) for v in rng.choice(np.arange(1, n + 1), k, False)] for k in lengths]


def satlib(path):
    """Clauses of a SATLIB file, which ends in a line '%'."""
    words = path.read_text().split("%")[0].split("\n")
    numbers = [int(word) for line in words if line and line[0] not in "cp" for word in line.split()]
    clauses, clause = [], []
    for number in numbers:
        if number:
            clause.append(number)
        else:
            clauses.append(clause)
            clause = []
    return clauses


def lowest_by_assignment(problem):
    """Least energy over the auxiliary spins for each assignment; compact encoding."""
    model = problem.to_ising()
    n = problem.num_variables
    energies = np.asarray(enumerate_energies(model)).reshape(-1)
    states = np.arange(len(energies))
    bits = (states[:, None] >> np.arange(model.num_spins)) & 1
    from ising_problems.exact import spins_from_index

    first = spins_from_index(np.array([1]), model.num_spins)[0]
    order = bits if first[0] > 0 else bits[:, ::-1]
    keys = order[:, :n] @ (1 << np.arange(n))
    best = np.full(1 << n, np.inf)
    np.minimum.at(best, keys, energies)
    return best


@pytest.mark.parametrize("k", range(1, 8))
def test_a_clause_of_any_length_costs_one_where_it_is_false_and_nothing_else(k):
    signs = np.random.default_rng(k).choice([-1, 1], k)
    clause = [int(sign) * (v + 1) for v, sign in enumerate(signs)]
    problem = Satisfiability([clause])
    assert problem.num_spins == k + (k - 1) // 2
    best = lowest_by_assignment(problem)
    false = sum(1 << v for v, sign in enumerate(signs) if sign < 0)
    np.testing.assert_array_equal(best, [1.0 if key == false else 0.0 for key in range(1 << k)])


@pytest.mark.parametrize("seed", range(12))
def test_the_compact_energy_is_the_weight_of_violated_clauses_for_every_assignment(seed):
    rng = np.random.default_rng(seed)
    n = 5
    clauses = random_clauses(rng, n, rng.integers(0, 6, 5))
    weights = rng.integers(0, 6, 5).tolist() if seed % 2 else rng.random(5).round(3).tolist()
    problem = MaxSatisfiability(clauses, weights, num_variables=n)
    best = lowest_by_assignment(problem)
    model = problem.to_ising()
    for values in all_assignments(n):
        wanted = sum(weights[c] for c in violated(clauses, values))
        assert problem.objective(values) == pytest.approx(wanted, abs=1e-12)
        assert best[sum(1 << (v - 1) for v, true in values.items() if true)] == pytest.approx(wanted, abs=1e-9)
        assert model.energy(problem.encode(values)) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(10))
def test_every_ground_state_violates_as_few_clauses_as_can_be(method, seed):
    rng = np.random.default_rng(100 + seed)
    n = 4
    clauses = random_clauses(rng, n, rng.integers(1, 5, 6))
    fewest = min(len(violated(clauses, values)) for values in all_assignments(n))
    penalties = ["auto", 1.0 + 1e-6] if method == "mis" else ["auto"]
    for penalty in penalties:
        problem = Satisfiability(clauses, n, method=method, penalty=penalty)
        energy, states = ground_states(problem.to_ising())
        assert energy == pytest.approx(fewest, abs=1e-9)
        for spins in states:
            answer = problem.decode(spins)
            assert problem.objective(answer) == len(violated(clauses, answer)) == fewest
            assert problem.is_feasible(answer) == (fewest == 0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(10))
def test_hard_clauses_hold_in_every_ground_state(method, seed):
    rng = np.random.default_rng(200 + seed)
    n = 4
    soft = random_clauses(rng, n, rng.integers(1, 4, 4))
    hard = random_clauses(rng, n, [3, 3])
    weights = rng.integers(1, 5, 4).tolist()
    allowed = [values for values in all_assignments(n) if not violated(hard, values)]
    least = min(sum(weights[c] for c in violated(soft, values)) for values in allowed)
    bound = MaxSatisfiability(soft, weights, hard, n).penalty_bound()
    for penalty in ("auto", bound + 1e-6):
        problem = MaxSatisfiability(soft, weights, hard, n, method=method, penalty=penalty)
        energy, states = ground_states(problem.to_ising())
        assert energy == pytest.approx(least, abs=1e-9)
        for spins in states:
            answer = problem.decode(spins)
            assert problem.violations(answer) == []
            assert problem.objective(answer) == least


def test_below_the_bound_a_hard_clause_gives_way():
    problem = MaxSatisfiability([[1], [2]], [2, 3], hard=[[-1, -2], [-1, 2], [1, -2]])
    assert problem.penalty_bound() == 5
    for penalty, holds in ((4.9, False), (5.1, True)):
        answers = [problem.decode(s) for s in ground_states(problem.with_penalty(penalty).to_ising())[1]]
        assert all(problem.is_feasible(answer) == holds for answer in answers)


def test_below_one_an_edge_of_the_independent_set_is_broken():
    problem = Satisfiability([[1], [-1]], method="mis", penalty=0.9)
    assert ground_states(problem.to_ising())[0] == pytest.approx(0.9)  # both chosen: less than the one violated clause
    assert ground_states(problem.with_penalty(1.1).to_ising())[0] == pytest.approx(1.0)


@pytest.mark.parametrize("method", METHODS)
def test_lengths_repeats_tautologies_and_empty_clauses(method):
    clauses = [[], [1, 1, -2], [2, -2, 3], [-1], [3, 1, 2, -4, 5]]
    problem = Satisfiability(clauses, 6, method=method)
    expected = 6 + 0 + 2 if method == "compact" else 2 + 1 + 5
    assert problem.num_spins == len(problem.variables) == expected
    assert problem.objective_bound() == 1
    for values in all_assignments(6)[::5]:
        assert problem.objective(values) == len(violated(clauses, values))
        assert problem.to_ising().energy(problem.encode(values)) == pytest.approx(problem.objective(values))
    assert ground_states(problem.to_ising())[0] == pytest.approx(1.0)


def test_answers_are_dicts_or_literals_and_what_is_wrong_is_said():
    problem = Satisfiability([[1, -2], [2, 3]])
    assert problem.violations({1: False, 2: True, 3: False}) == ["clause 1 (1 or not 2) is false"]
    assert problem.violations([1, 2, -3]) == []
    assert problem.violations([1, 3]) == ["variable 2 has no value"]
    assert problem.violations([-1, 1, 2, 3]) == ["variable 1 is both true and false"]
    assert "9 is not a variable of the formula" in problem.violations([1, 2, 3, 9])
    assert "variable 1 has the value 'yes', not True or False" in problem.violations({1: "yes", 2: True, 3: True})
    assert problem.objective([1]) == 1
    assert problem.violations([False, True, False]) == ["clause 1 (1 or not 2) is false"]
    assert problem.is_feasible(np.array([True, True, False]))
    assert not problem.is_feasible([True, True])
    for wrong in (None, 7, "12", ["a"], [0]):
        assert not problem.is_feasible(wrong)
        with pytest.raises(ValueError, match="answer: "):
            problem.objective(wrong)
        with pytest.raises(ValueError, match="answer: "):
            problem.encode(wrong)
    with pytest.raises(ValueError, match="answer: variable 2 has no value"):
        problem.encode({1: True, 3: False})


@pytest.mark.parametrize("method", METHODS)
def test_random_spins_decode_and_repair_never_makes_worse(method):
    rng = np.random.default_rng(7)
    problem = Satisfiability(random_clauses(rng, 12, [3] * 40), method=method)
    for _ in range(30):
        answer = problem.decode(rng.choice([-1, 1], problem.num_spins))
        repaired = problem.repair(answer)
        assert problem.objective(repaired) <= problem.objective(answer)
        assert repaired == problem.repair(answer)
        assert set(repaired) == set(range(1, 13))


def test_repair_weighs_hard_clauses_above_soft_ones():
    problem = MaxSatisfiability([[1]] * 5 + [[2]], hard=[[-1], [-1, -2]])
    repaired = problem.repair({1: True, 2: True})
    assert problem.is_feasible(repaired)
    assert problem.objective(repaired) == 5


@pytest.mark.parametrize("name", ["uf20-01.cnf", "uf50-01.cnf"])
@pytest.mark.parametrize("method", METHODS)
def test_satlib_formulas_are_satisfied_from_random_spins(instance, name, method):
    problem = Satisfiability(satlib(instance(name)), method=method)
    rng = np.random.default_rng(0)
    repaired = [problem.decode(rng.choice([-1, 1], problem.num_spins), repair=True) for _ in range(10)]
    assert sum(problem.is_feasible(answer) for answer in repaired) >= 9
    best = next(answer for answer in repaired if problem.is_feasible(answer))
    assert problem.to_ising().energy(problem.encode(best)) == 0


def test_the_unsatisfiable_formula_keeps_one_violated_clause(instance):
    problem = Satisfiability(satlib(instance("uuf50-01.cnf")))
    rng = np.random.default_rng(0)
    left = [problem.objective(problem.decode(rng.choice([-1, 1], problem.num_spins), repair=True)) for _ in range(10)]
    assert min(left) == 1


def test_spins_and_input_of_pysat():
    cnf = SimpleNamespace(clauses=[[1, 2, 3], [-1, -4]], nv=6)
    assert Satisfiability(cnf).num_spins == 6 + 1
    assert Satisfiability(cnf, method="mis").num_spins == 5
    wcnf = SimpleNamespace(soft=[[1], [2]], wght=[3, 4], hard=[[-1, -2]], nv=2)
    problem = MaxSatisfiability(wcnf)
    assert (problem.weights, problem.hard, problem.clauses) == ((3, 4), ((-1, -2),), ((1,), (2,)))
    with pytest.raises(ValueError, match="weights: a WCNF brings its own"):
        MaxSatisfiability(wcnf, weights=[1, 2])


def test_a_formula_of_a_hundred_thousand_clauses_is_encoded():
    rng = np.random.default_rng(1)
    n = 25_000
    literals = rng.integers(1, n + 1, (100_000, 3)) * rng.choice([-1, 1], (100_000, 3))
    problem = Satisfiability(literals.tolist(), n)
    model = problem.to_ising()
    values = dict(zip(range(1, n + 1), (rng.random(n) < 0.5).tolist(), strict=True))
    assert model.energy(problem.encode(values)) == problem.objective(values)


def test_bad_input_is_refused_by_name():
    with pytest.raises(ValueError, match="clauses: clause 1 holds the literal 0"):
        Satisfiability([[1], [2, 0]])
    with pytest.raises(ValueError, match=r"clauses: clause 0 holds 1\.5"):
        Satisfiability([[1.5]])
    with pytest.raises(ValueError, match="clauses: clause 0 holds True"):
        Satisfiability([[True]])
    with pytest.raises(TypeError, match="clauses: clause 0 is 3"):
        Satisfiability([3])
    with pytest.raises(TypeError, match="clauses: "):
        Satisfiability("1 2 0")
    with pytest.raises(ValueError, match="num_variables: it is 2, but variable 3 occurs"):
        Satisfiability([[3]], 2)
    with pytest.raises(TypeError, match="num_variables: must be an integer"):
        Satisfiability([[3]], 3.5)
    with pytest.raises(ValueError, match="num_variables: 20000000 are more"):
        Satisfiability([[20_000_000]])
    with pytest.raises(ValueError, match="method: 'compact' or 'mis'"):
        Satisfiability([[1]], method="MIS")
    with pytest.raises(ValueError, match="penalty: the compact encoding has none"):
        Satisfiability([[1]], penalty=2.0)
    with pytest.raises(ValueError, match="weights: clause 1 has the weight -2"):
        MaxSatisfiability([[1], [2]], [1, -2])
    with pytest.raises(ValueError, match="weights: one for each of the 2"):
        MaxSatisfiability([[1], [2]], [1])
    with pytest.raises(ValueError, match="clause 0 has the weight nan"):
        MaxSatisfiability([[1]], [float("nan")])
    with pytest.raises(ValueError, match="hard: clause 0 holds the literal 0"):
        MaxSatisfiability([[1]], hard=[[0]])


@pytest.mark.parametrize("weights", [{0: 5, 1: 7}, {5, 7}, "57"])
def test_weights_in_no_order_are_refused(weights):
    with pytest.raises(TypeError, match="weights: a list with one number for each of the 2 clauses"):
        MaxSatisfiability([[1], [2]], weights=weights)


def test_a_negative_number_of_variables_is_refused():
    with pytest.raises(ValueError, match="num_variables: must be at least 0, but it is -1"):
        Satisfiability([], num_variables=-1)


def test_an_array_without_dimension_is_no_assignment():
    problem = Satisfiability([[1, -2]])
    assert problem.violations(np.array(3)) and problem.violations(np.eye(2))
    with pytest.raises(ValueError, match="answer: "):
        problem.objective(np.array(3))
