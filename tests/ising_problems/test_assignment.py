"""Quadratic assignment: the energy is the objective, and the bound is proven for any signs of the input."""

import itertools

import numpy as np
import pytest
import scipy.sparse as sp

from ising_problems.encoders.assignment import QuadraticAssignment
from ising_problems.encoders.permutations import complete_permutation, permutation_cost, swap_search
from ising_problems.exact import ground_states


def value(flow, distance, cost, places):
    """The objective, term by term."""
    n = len(flow)
    pairs = sum(flow[i][j] * distance[places[i]][places[j]] for i in range(n) for j in range(n))
    return pairs + (0 if cost is None else sum(cost[i][places[i]] for i in range(n)))


def random_input(seed, n):
    rng = np.random.default_rng(seed)
    lowest = -5 if seed % 2 else 0
    flow, distance = rng.integers(lowest, 8, (2, n, n))
    cost = rng.integers(3 * lowest, 20, (n, n)) if seed % 3 == 0 else None
    if seed % 5 == 0:
        flow = flow * (rng.random((n, n)) < 0.4)
    return (flow * 0.37 if seed % 4 == 0 else flow), distance, cost


@pytest.mark.parametrize("encoding", ["one_hot", "domain_wall"])
@pytest.mark.parametrize("seed", range(40))
def test_ground_states_are_exactly_the_best_assignments(seed, encoding):
    n = 1 + seed % 4
    flow, distance, cost = random_input(seed, n)
    values = {p: value(flow, distance, cost, p) for p in itertools.permutations(range(n))}
    best = min(values.values())
    winners = {p for p, v in values.items() if v == pytest.approx(best, abs=1e-9)}
    bound = QuadraticAssignment(flow, distance, cost, encoding=encoding).penalty_bound()
    for penalty in ("auto", bound * (1 + 1e-6) + 1e-6):
        problem = QuadraticAssignment(flow, distance, cost, penalty=penalty, encoding=encoding)
        energy, states = ground_states(problem.to_ising())
        assert energy == pytest.approx(problem.energy_of(best), abs=1e-8)
        answers = [tuple(problem.decode(s)) for s in states]
        assert set(answers) == winners
        assert len(answers) == len(winners)
        assert all(problem.is_feasible(a) for a in answers)
    assert problem.objective_bound() <= best
    assert problem.objective(problem.repair([None] * n)) == pytest.approx(best)


@pytest.mark.parametrize("encoding", ["one_hot", "domain_wall"])
@pytest.mark.parametrize("seed", range(20))
def test_energy_of_an_encoded_assignment_is_its_objective(seed, encoding):
    n = 1 + seed % 7
    flow, distance, cost = random_input(seed, n)
    problem = QuadraticAssignment(flow, distance, cost, encoding=encoding)
    model = problem.to_ising()
    rng = np.random.default_rng(seed)
    for _ in range(5):
        places = rng.permutation(n).tolist()
        spins = problem.encode(places)
        assert problem.decode(spins) == places
        assert problem.objective(places) == pytest.approx(value(flow, distance, cost, places), abs=1e-9)
        assert model.energy(spins) == pytest.approx(problem.objective(places), abs=1e-8)
        assert all(np.count_nonzero(spins[group] > 0) == 1 for group in problem.one_hot)
    assert problem.num_spins == model.num_spins == (n * n if encoding == "one_hot" else n * (n - 1))
    assert len(problem.one_hot) == (2 * n if encoding == "one_hot" else 0)


def test_walls_that_turn_back_are_penalised_twice_each_time():
    # without flow only the constraints remain
    problem = QuadraticAssignment(np.zeros((5, 5)), np.zeros((5, 5)), penalty=1.0, encoding="domain_wall")
    spins = problem.encode([0, 1, 2, 3, 4])
    assert spins.reshape(5, 4)[2].tolist() == [1, 1, -1, -1]
    model = problem.to_ising()
    assert model.energy(spins) == 0
    for row, places, energy in (
        ([1, 1, 1, -1], [0, 1, 3, 3, 4], 2),  # two facilities at location 3, none at 2
        ([-1, 1, -1, -1], [0, 1, None, 3, 4], 2 + 2),  # x = +1 -1 +1 0 0: the columns are 2, 0, 1, 1, 1
        ([-1, 1, -1, 1], [0, 1, None, 3, 4], 4 + 4),  # x = +1 -1 +1 -1 +1: the columns are 2, 0, 1, 0, 2
    ):
        changed = spins.copy().reshape(5, 4)
        changed[2] = row
        assert problem.decode(changed.ravel()) == places
        assert model.energy(changed.ravel()) == energy
    with pytest.raises(ValueError, match="answer: facility 1 has no location; encoding='one_hot' can express that"):
        problem.encode([0, None, 1, 2, 3])
    with pytest.raises(ValueError, match="encoding: must be 'one_hot' or 'domain_wall', but it is 'binary'"):
        QuadraticAssignment([[0]], [[0]], encoding="binary")


@pytest.mark.parametrize("seed", range(4))
def test_domain_walls_of_five_facilities(seed):
    flow, distance, cost = random_input(seed, 5)
    best = min(value(flow, distance, cost, p) for p in itertools.permutations(range(5)))
    bound = QuadraticAssignment(flow, distance, cost, encoding="domain_wall").penalty_bound()
    problem = QuadraticAssignment(flow, distance, cost, penalty=bound * (1 + 1e-6), encoding="domain_wall")
    energy, states = ground_states(problem.to_ising())
    assert problem.num_spins == 20
    assert energy == pytest.approx(best, abs=1e-8)
    assert all(problem.objective(problem.decode(s)) == pytest.approx(best, abs=1e-8) for s in states)
    assert all(problem.is_feasible(problem.decode(s)) for s in states)


def test_integers_stay_integers():
    problem = QuadraticAssignment([[1, 2], [3, 4]], [[5, 6], [7, 8]])
    assert problem.objective([1, 0]) == 1 * 8 + 2 * 7 + 3 * 6 + 4 * 5
    assert isinstance(problem.objective([1, 0]), int)
    assert isinstance(problem.objective_bound(), int)


def test_half_of_the_bound_is_not_enough():
    # every facility with every other: to leave one out saves its flow, at the price of two squares
    n = 4
    flow = np.ones((n, n)) - np.eye(n)
    flow[0, 1] = flow[1, 0] = 0
    distance = np.array([[0, 9, 9, 9], [9, 0, 9, 9], [9, 9, 0, 0], [9, 9, 0, 0]])
    bound = QuadraticAssignment(flow, distance).penalty_bound()
    problem = QuadraticAssignment(flow, distance, penalty=bound / 2)
    _, states = ground_states(problem.to_ising())
    assert not any(problem.is_feasible(problem.decode(s)) for s in states)


def test_matrices_may_be_sparse_lists_or_arrays():
    flow, distance, cost = random_input(3, 4)
    same = QuadraticAssignment(sp.csr_array(flow), distance.tolist(), sp.coo_array(cost))
    other = QuadraticAssignment(flow, distance, cost)
    np.testing.assert_array_equal(same.to_ising().J, other.to_ising().J)
    np.testing.assert_array_equal(same.flow, flow)
    flow[0, 1] += 7
    assert other.flow[0, 1] == flow[0, 1] - 7
    with pytest.raises(ValueError, match="read-only"):
        other.flow[0, 1] = 1


def grid_instance(seed):
    """Twelve facilities on a grid of 3 by 4, as C. E. Nugent and others (1968) have them, with random flows."""
    places = np.array([(i, j) for i in range(3) for j in range(4)])
    distance = np.abs(places[:, None] - places[None]).sum(axis=2)
    rng = np.random.default_rng(seed)
    flow = np.triu(rng.integers(0, 6, (12, 12)) * (rng.random((12, 12)) < 0.7), 1)
    return QuadraticAssignment(flow + flow.T, distance)


@pytest.mark.parametrize("seed", range(3))
def test_repair_of_random_spins_reaches_one_value_at_twelve_facilities(seed):
    problem = grid_instance(seed)
    found = []
    for start in range(12):
        spins = np.random.default_rng(start).choice([-1, 1], problem.num_spins)
        answer = problem.decode(spins, repair=True)
        assert problem.is_feasible(answer)
        found.append(problem.objective(answer))
    assert found.count(min(found)) >= 9
    assert min(found) >= problem.objective_bound()


def test_repair_keeps_what_is_right_and_never_makes_worse():
    problem = grid_instance(5)
    rng = np.random.default_rng(0)
    for _ in range(10):
        answer = rng.permutation(12).tolist()
        mended = problem.repair(answer)
        assert problem.objective(mended) <= problem.objective(answer)
        assert problem.repair(mended) == problem.repair(mended)
    zero = np.zeros((6, 6))
    begun = np.array([4, -1, 4, 0, -1, 2])
    completed = complete_permutation(zero, zero, zero, begun)
    assert completed[[0, 3, 5]].tolist() == [4, 0, 2]
    assert sorted(completed.tolist()) == list(range(6))


def test_exchanges_add_up_to_the_cost():
    rng = np.random.default_rng(2)
    flow, distance = rng.integers(-5, 9, (2, 6, 6)).astype(float)
    np.fill_diagonal(flow, 0)
    np.fill_diagonal(distance, 0)
    cost = rng.integers(0, 30, (6, 6)).astype(float)
    exact = min(permutation_cost(flow, distance, cost, np.array(p)) for p in itertools.permutations(range(6)))
    for seed in range(5):
        start = np.random.default_rng(seed).permutation(6)
        found = swap_search(flow, distance, cost, start, steps=200)
        assert permutation_cost(flow, distance, cost, found) == exact
        assert sorted(found.tolist()) == list(range(6))


def test_errors_are_of_one_line():
    problem = QuadraticAssignment(np.ones((4, 4), dtype=int), np.ones((4, 4), dtype=int))
    for judge in (problem.objective, problem.encode):
        for wrong in (np.zeros((2, 2)), [0] * 1000):
            with pytest.raises(ValueError, match="answer: a list of 4 locations is needed") as caught:
                judge(wrong)
            assert "\n" not in str(caught.value)
            assert len(str(caught.value)) < 120


def test_violations_in_words():
    problem = QuadraticAssignment(np.ones((3, 3)), np.ones((3, 3)))
    assert problem.violations([2, 0, 1]) == []
    assert problem.violations((1, None, 1)) == ["facility 1 has no location", "location 1 has the facilities 0, 2"]
    assert problem.violations([0, 3, True]) == [
        "facility 1 has the location 3, which is not 0 to 2",
        "facility 2 has the location True, which is not 0 to 2",
    ]
    for wrong in (None, 3, "012", [0, 1], {0: 1}):
        assert problem.violations(wrong) == ["the answer is not a list of 3 locations"]
        with pytest.raises(ValueError, match="answer: a list of 3 locations is needed"):
            problem.encode(wrong)
    with pytest.raises(ValueError, match="answer: facility 2 has the location -1; 0 to 2 is needed"):
        problem.objective([0, 1, -1])
    assert problem.decode(problem.encode([None, 2, None])) == [None, 2, None]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((), ()), "flow: at least one facility"),
        ((np.ones((2, 3)), np.ones((2, 2))), "flow: must be a square matrix"),
        ((np.ones((2, 2)), np.ones((3, 3))), r"distance: the shape must be \(2, 2\)"),
        ((np.ones((2, 2)), np.ones((2, 2)), np.ones((1, 1))), r"cost: the shape must be \(2, 2\)"),
        (([[0, np.nan], [1, 0]], np.ones((2, 2))), "flow: every entry must be finite"),
        ((np.ones((2, 2)), [[0, np.inf], [1, 0]]), "distance: every entry must be finite"),
        ((np.full((2, 2), 2**40), np.full((2, 2), 2**20)), "flow: sums of flow times distance"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        QuadraticAssignment(*arguments)
