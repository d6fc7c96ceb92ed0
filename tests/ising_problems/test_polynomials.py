"""Polynomials of any degree: the least energy over the auxiliary spins is the polynomial's value, everywhere."""

import itertools
import pickle

import numpy as np
import pytest

from ising_problems.exact import ground_states
from ising_problems.polynomials import Polynomial
from ising_problems.quadratic_reduction import bits_of_spins, reduce_to_quadratic


def value_at(terms, point):
    """Value by the definition, one product after another; repeated variables are multiplied as they stand."""
    total = 0
    for names, coefficient in terms.items():
        product = coefficient
        for name in names:
            product *= point[name]
        total += product
    return total


def points(terms, vartype):
    names = list(dict.fromkeys(name for key in terms for name in key))
    values = (-1, 1) if vartype == "spin" else (0, 1)
    return [dict(zip(names, choice, strict=True)) for choice in itertools.product(values, repeat=len(names))]


def random_polynomials(count=80, most=15, degree=5):
    rng = np.random.default_rng(0)
    made = 0
    while made < count:
        vartype = ["spin", "binary"][made % 2]
        n = int(rng.integers(1, 7))
        terms = {}
        for _ in range(int(rng.integers(0, 9))):
            key = tuple(f"v{i}" for i in rng.choice(n, size=rng.integers(0, min(degree, n) + 1), replace=False))
            terms[key] = float(rng.normal()) if made % 5 == 0 else int(rng.integers(-4, 5))
        if Polynomial(terms, vartype).num_spins <= most:
            made += 1
            yield terms, vartype


@pytest.mark.parametrize("penalty", ["auto", "bound"])
def test_the_least_energy_over_the_auxiliary_spins_is_the_value_everywhere(penalty):
    reduced = 0
    for terms, vartype in random_polynomials():
        problem = Polynomial(terms, vartype)
        if penalty == "bound":
            problem = problem.with_penalty(problem.penalty_bound() * (1 + 1e-6) + 1e-6)
        model, n = problem.to_ising(), problem.num_spins
        own = n - len(problem.reduction.products)
        reduced += own < n
        everything = np.array(list(itertools.product((-1, 1), repeat=n)), dtype=np.int8).reshape(2**n, n)
        least: dict[tuple[int, ...], float] = {}
        for spins, energy in zip(everything[:, :own].tolist(), model.energy(everything).tolist(), strict=True):
            least[tuple(spins)] = min(energy, least.get(tuple(spins), np.inf))
        for spins, energy in least.items():
            point = problem.decode(np.append(np.array(spins, dtype=np.int8), np.ones(n - own, dtype=np.int8)))
            assert energy == pytest.approx(value_at(terms, point), abs=1e-9)
    assert reduced >= 30


@pytest.mark.parametrize("penalty", ["auto", "bound"])
def test_ground_states_are_the_minima(penalty):
    for terms, vartype in random_polynomials(40):
        problem = Polynomial(terms, vartype)
        if penalty == "bound":
            problem = problem.with_penalty(problem.penalty_bound() * (1 + 1e-6) + 1e-6)
        best = min(value_at(terms, point) for point in points(terms, vartype))
        energy, states = ground_states(problem.to_ising())
        assert energy == pytest.approx(best, abs=1e-9)
        for spins in states:
            assert problem.is_feasible(problem.decode(spins))
            assert problem.objective(problem.decode(spins)) == pytest.approx(best, abs=1e-7)


def test_energy_of_an_answer_is_its_value():
    for terms, vartype in random_polynomials(30):
        problem = Polynomial(terms, vartype)
        model = problem.to_ising()
        for point in points(terms, vartype):
            value = value_at(terms, point)
            assert problem.objective(point) == pytest.approx(value, abs=1e-12)
            assert model.energy(problem.encode(point)) == pytest.approx(value, abs=1e-9)
            assert problem.decode(problem.encode(point)) == point


def test_a_penalty_below_the_bound_can_fail():
    terms = {("a", "b", "c"): 3, ("a", "b"): -2, ("c",): -2}
    problem = Polynomial(terms, "binary")
    assert problem.penalty_bound() == 3
    best = min(value_at(terms, point) for point in points(terms, "binary"))
    assert ground_states(problem.with_penalty(3).to_ising())[0] == best == -2
    assert ground_states(problem.with_penalty(1).to_ising())[0] < best


def test_negative_products_need_one_spin_and_no_penalty():
    for degree in (3, 4, 7):
        problem = Polynomial({tuple(range(degree)): -5}, "binary")
        assert problem.num_spins == degree + 1
        assert problem.penalty_bound() == 0
        assert ground_states(problem.to_ising())[0] == -5
    assert Polynomial({(0, 1, 2, 3): 5}, "binary").num_spins == 4 + 2


def test_a_pair_that_many_products_share_is_replaced_once():
    terms = {("a", "b", i): (-1) ** i * (i + 1) for i in range(5)}
    problem = Polynomial(terms, "binary")
    assert problem.num_spins == 7 + 1
    assert problem.variables[-1] == ("product", 0, ("a", "b"))
    assert problem.penalty_bound() == 1 + 3 + 5  # the positive ones; the negative ones add up to 6
    assert problem.reduction.weights == ((9, 6),)


def test_spins_in_bits():
    terms = bits_of_spins({frozenset([0, 1, 2]): 1})
    assert terms[frozenset()] == -1
    assert terms[frozenset([0])] == 2
    assert terms[frozenset([0, 1])] == -4
    assert terms[frozenset([0, 1, 2])] == 8
    assert bits_of_spins({frozenset([0]): 0.1, frozenset(): 0.1}) == {frozenset([0]): 0.2}  # exact zeros are left out


def test_quadratic_polynomials_are_left_alone():
    problem = Polynomial({("a", "b"): 2, ("a",): -1, (): 5}, "spin")
    model = problem.to_ising()
    assert problem.num_spins == 2
    np.testing.assert_array_equal(model.J, [[0, -2], [-2, 0]])
    np.testing.assert_array_equal(model.h, [1, 0])
    assert model.offset == 5
    assert reduce_to_quadratic({frozenset([0, 1]): 1}, 2).products == ()


def test_repeated_variables_and_products_are_gathered():
    spins = Polynomial({("a", "a", "b"): 2, ("b",): 1, ("c", "c"): 7, ("a", "b"): 1, ("b", "a"): -1}, "spin")
    assert spins.terms == {("b",): 3, (): 7}
    assert spins.num_spins == 3  # a and c have no say, but a value
    bits = Polynomial({("a", "a", "b"): 2, ("b", "a"): 1}, "binary")
    assert bits.terms == {("a", "b"): 3}
    assert Polynomial({(2, 1, 0): 1, (5,): 1}, "binary").variables[:4] == (0, 1, 2, 5)


def test_constants_and_nothing():
    assert Polynomial({}, "spin").num_spins == 0
    assert Polynomial({}, "spin").objective({}) == 0
    problem = Polynomial({(): 3}, "binary")
    assert ground_states(problem.to_ising())[0] == 3
    assert problem.objective_bound() == 3


def test_repair_descends():
    rng = np.random.default_rng(3)
    for terms, vartype in random_polynomials():
        problem = Polynomial(terms, vartype)
        before = problem.decode(rng.choice([-1, 1], problem.num_spins))
        after = problem.repair(before)
        value = problem.objective(after)
        assert value <= problem.objective(before)
        assert problem.objective_bound() <= value + 1e-9
        other = {"spin": {-1: 1, 1: -1}, "binary": {0: 1, 1: 0}}[vartype]
        for name in after:
            assert problem.objective({**after, name: other[after[name]]}) >= value - 1e-9


def test_a_large_cubic_is_reduced_quickly_and_travels():
    rng = np.random.default_rng(4)
    terms = {tuple(rng.choice(200, 3, replace=False).tolist()): int(rng.choice([-1, 1])) for _ in range(800)}
    problem = pickle.loads(pickle.dumps(Polynomial(terms, "spin")))
    model = problem.to_ising()
    point = problem.decode(rng.choice([-1, 1], problem.num_spins), repair=True)
    assert problem.num_spins < 200 + 800  # pairs are shared
    assert model.energy(problem.encode(point)) == problem.objective(point) == value_at(terms, point)


def test_violations():
    problem = Polynomial({("a", "b"): 1}, "spin")
    assert problem.violations({"a": 1, "b": 0}) == ["the variable 'b' is 0, not -1 or 1"]
    assert problem.violations({"a": 1}) == ["the variable 'b' has no value"]
    assert problem.violations({"a": 1, "b": 1, "c": 1}) == ["'c' is not a variable of the polynomial"]
    assert problem.violations([1, 1]) == ["the answer is not a dict from variable to value"]
    with pytest.raises(ValueError, match="answer: not a dict from variable to value: the variable 'b'"):
        problem.objective({"a": 1})


@pytest.mark.parametrize(
    ("terms", "vartype", "error", "message"),
    [
        ({"ab": 1}, "spin", TypeError, r"terms: the key 'ab' is not a tuple of variables; write \('ab',\)"),
        ([("a", 1)], "spin", TypeError, "terms: a dict from tuples of variables to numbers.*it is a list"),
        ({("a",): float("nan")}, "spin", ValueError, r"terms: the coefficient of \('a',\) is nan"),
        ({("a",): "1"}, "spin", TypeError, r"terms: the coefficient of \('a',\) is '1'"),
        ({("a",): True}, "spin", TypeError, r"terms: the coefficient of \('a',\) is True"),
        ({("a",): 1}, "spins", ValueError, "vartype: must be 'spin' or 'binary', but it is 'spins'"),
        ({tuple(range(25)): 1}, "spin", ValueError, "terms: a product of d spins becomes"),
        ({("a",): 2**51}, "binary", ValueError, r"terms: the coefficients.*2\*\*50"),
        ({("a",): 1e151}, "binary", ValueError, "terms: the coefficients add up to more than 1e150"),
    ],
)
def test_bad_input(terms, vartype, error, message):
    with pytest.raises(error, match=message):
        Polynomial(terms, vartype)
