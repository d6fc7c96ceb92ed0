"""Exact covers and hitting sets, in both readings, against a look at every choice."""

import networkx as nx
import numpy as np
import pytest
from subset_checks import check_bound, check_encoding, check_ground_states, check_repair, random_spins, subsets

from ising_problems.encoders.exact_cover import ExactCover
from ising_problems.encoders.hitting import HittingSet
from ising_problems.exact import ground_states


def exact_covers(sets, universe):
    return [
        chosen
        for chosen in subsets(range(len(sets)))
        if sorted(element for i in chosen for element in sets[i]) == sorted(universe)
    ]


def miscounts(sets, universe, chosen):
    return sum((1 - sum(element in sets[i] for i in chosen)) ** 2 for element in universe)


def random_sets(seed):
    rng = np.random.default_rng(seed)
    m = int(rng.integers(0, 6))
    return [set(np.flatnonzero(rng.random(m) < 0.4).tolist()) for _ in range(rng.integers(0, 10))]


@pytest.mark.parametrize("seed", range(30))
def test_decisions_by_enumeration(seed):
    sets = random_sets(seed)
    universe = set().union(*sets)
    expected = {frozenset(chosen) for chosen in exact_covers(sets, universe)}
    fewest = min(miscounts(sets, universe, chosen) for chosen in subsets(range(len(sets))))
    for penalty in ("auto", 0.01):
        problem = ExactCover(sets, penalty=penalty)
        weight = 1.0 if penalty == "auto" else penalty
        assert problem.penalty_bound() == 0
        energy, states = ground_states(problem.to_ising())
        assert energy == pytest.approx(weight * fewest, abs=1e-12)
        answers = {problem.decode(s) for s in states}
        assert all(problem.objective(answer) == fewest for answer in answers)
        assert {answer for answer in answers if problem.is_feasible(answer)} == expected
        model = problem.to_ising()
        for chosen in list(subsets(range(len(sets))))[::5]:  # the energy of infeasible answers, too
            assert model.energy(problem.encode(chosen)) == pytest.approx(weight * problem.objective(chosen), abs=1e-9)
    problem = ExactCover(sets)
    check_encoding(problem, list(subsets(range(len(sets))))[::7])
    found = check_repair(problem, always_feasible=bool(expected), count=4)
    assert found == ([0] * 4 if expected else [])


@pytest.mark.parametrize("seed", range(45))
def test_lightest_exact_covers_by_enumeration(seed):
    sets = random_sets(seed)
    universe = set().union(*sets)
    sets.append(universe)  # so that there is an exact cover
    rng = np.random.default_rng(seed)
    weights = [1] * len(sets)
    if seed % 3:
        weights = (rng.integers(-2, 7, len(sets)) if seed % 3 == 1 else rng.normal(1, 1, len(sets))).tolist()
    covers = exact_covers(sets, universe)
    best = min(sum(weights[i] for i in chosen) for chosen in covers)
    check_ground_states(lambda penalty: ExactCover(sets, weights=weights, penalty=penalty), best)
    problem = ExactCover(sets, weights=weights)
    check_bound(problem, best)
    check_encoding(problem, list(subsets(range(len(sets))))[::7])
    assert check_repair(problem) == pytest.approx([best] * 20)
    if seed % 3 == 0:
        assert problem.penalty_bound() <= len(universe) + 1e-9  # Lucas's A > n
        assert ExactCover(sets, weights=1).objective(covers[0]) == len(covers[0])


def test_the_bound_of_the_lightest_is_needed():
    # one element, one set: below its weight it is better to choose nothing
    assert ExactCover([[1]], weights=3).penalty_bound() == 3
    for penalty, answer in ((2.9, frozenset()), (3.1, frozenset({0}))):
        problem = ExactCover([[1]], weights=3, penalty=penalty)
        assert [problem.decode(s) for s in ground_states(problem.to_ising())[1]] == [answer]


def test_the_sets_of_an_element_are_one_hot():
    problem = ExactCover([[1, 2], [2, 3], [3], [1]])
    groups = [group.tolist() for group in problem.one_hot]
    assert groups == [[0, 3], [0, 1], [1, 2]]
    for chosen in exact_covers([[1, 2], [2, 3], [3], [1]], [1, 2, 3]):
        spins = problem.encode(chosen)
        assert all((spins[group] > 0).sum() == 1 for group in groups)
    assert HittingSet([[1, 2], [2, 3]], exact=True).one_hot[0].tolist() == [0, 1]
    assert len(HittingSet([[1, 2], [2, 3]]).one_hot) == 0


def test_what_exact_covers_mean():
    problem = ExactCover({"a": [1, 2], "b": [2, 3], "c": [3]})
    assert problem.violations({"a", "b"}) == ["the element 2 is held 2 times, by 'a', 'b'"]
    assert problem.violations(["a"]) == ["the element 3 is not covered"]
    assert problem.violations({"a", "z"})[0] == "'z' is not a set of the family"
    assert problem.objective({"a", "b"}) == 1
    assert problem.describe({"a", "c"}) == "squared miscounts: 0, feasible"
    assert ExactCover([[1]], weights=[4]).describe([0]) == "weight of the sets: 4, feasible"
    assert ExactCover([]).is_feasible(())
    assert ExactCover([[], [1]]).repair({0, 1}) == {0, 1}  # feasible answers are left alone
    assert ExactCover([[], [1]], weights=1).repair({0, 1}) == {1}
    hopeless = ExactCover([[1, 2], [2, 3]])
    assert hopeless.objective(hopeless.repair(())) == 1
    with pytest.raises(ValueError, match="universe: the element 4 is in none of the sets, so nothing covers it"):
        ExactCover([[1]], universe=[1, 4])
    with pytest.raises(ValueError, match="weights: the set 0 has the weight nan"):
        ExactCover([[1]], weights=float("nan"))


def test_repair_finds_planted_exact_covers():
    rng = np.random.default_rng(1)
    planted = np.array_split(rng.permutation(40), 10)
    sets = [*planted, *(rng.choice(40, rng.integers(2, 8), replace=False) for _ in range(45))]
    problem = ExactCover(sets)
    found = [problem.objective(problem.decode(s, repair=True)) for s in random_spins(problem, 8)]
    assert found.count(0) >= 4


def random_families(seed):
    rng = np.random.default_rng(seed)
    m = int(rng.integers(1, 8))
    sets = [set(np.flatnonzero(rng.random(m) < 0.4).tolist()) for _ in range(rng.integers(0, 4))]
    return [one for one in sets if one]


@pytest.mark.parametrize("seed", range(30))
def test_hitting_sets_by_enumeration(seed):
    sets = random_families(seed)
    elements = sorted(set().union(*sets))
    rng = np.random.default_rng(seed)
    weights = dict.fromkeys(elements, 1) if seed % 2 else {a: int(rng.integers(-1, 6)) for a in elements}
    given = None if seed % 2 else weights
    hitting = [chosen for chosen in subsets(elements) if all(one & set(chosen) for one in sets)]
    best = min(sum(weights[a] for a in chosen) for chosen in hitting)
    check_ground_states(lambda penalty: HittingSet(sets, weights=given, penalty=penalty), best)
    problem = HittingSet(sets, weights=given)
    check_bound(problem, best)
    check_encoding(problem, list(subsets(elements))[::7])
    assert check_repair(problem) == [best] * 20

    exactly = [chosen for chosen in subsets(elements) if all(len(one & set(chosen)) == 1 for one in sets)]
    karp = HittingSet(sets, exact=True)
    energy, states = ground_states(karp.to_ising())
    assert (energy == 0) == bool(exactly)
    if exactly:
        assert {karp.decode(s) for s in states} == set(map(frozenset, exactly))
        best = min(sum(weights[a] for a in chosen) for chosen in exactly)
        check_ground_states(lambda penalty: HittingSet(sets, exact=True, weights=weights, penalty=penalty), best)
        assert check_repair(HittingSet(sets, exact=True, weights=weights)) == [best] * 20
    else:
        assert not any(karp.is_feasible(karp.decode(s)) for s in states)
    check_repair(karp, always_feasible=bool(exactly), count=5)


def test_the_two_readings_of_a_hitting_set_differ():
    # hitting the edges of a triangle twice is easy, exactly once impossible
    sets = list(nx.cycle_graph(3).edges())
    assert ground_states(HittingSet(sets).to_ising())[0] == 2
    assert ground_states(HittingSet(sets, exact=True).to_ising())[0] == 1


def test_what_hitting_sets_mean():
    problem = HittingSet({"x": ["a", "b"], "y": ["b", "c", "d"]})
    assert problem.variables == ("a", "b", "c", "d", ("surplus", "y", 0), ("surplus", "y", 1))
    assert problem.num_spins == 6
    assert problem.violations({"c"}) == ["the set 'x' is not hit"]
    assert problem.violations({"z"}) == [
        "'z' is not an element of the sets",
        "the set 'x' is not hit",
        "the set 'y' is not hit",
    ]
    assert problem.repair({"a", "c"}) == {"b"}
    exact = HittingSet({"x": ["a", "b"], "y": ["b", "c"]}, exact=True)
    assert exact.violations({"a", "b"}) == ["the set 'x' is hit 2 times, by 'a', 'b'"]
    assert exact.objective_name == "squared miscounts" != problem.objective_name
    assert HittingSet([]).repair(()) == frozenset()
    assert HittingSet([], exact=True).num_spins == 0
    assert HittingSet([[3, 1]], weights=[5, 2]).objective({3}) == 2  # weights in the order 1, 3
    with pytest.raises(ValueError, match="sets: set 1 is empty, so nothing hits it; leave it out"):
        HittingSet([[1], []])
    with pytest.raises(ValueError, match="sets: set 'e' is empty"):
        HittingSet({"e": []}, exact=True)
    with pytest.raises(ValueError, match="weights: the element 2 has no weight"):
        HittingSet([[1, 2]], weights={1: 1})
    with pytest.raises(ValueError, match="answer: a set of elements is needed"):
        problem.encode(None)
    with pytest.raises(ValueError, match="penalty: must be"):
        HittingSet([[1]], penalty="big")


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("weights", [None, 3])
def test_another_penalty_reaches_the_hitting_sets_model(exact, weights):
    sets = [[1, 2], [2, 3], [1, 2, 3]]
    changed = HittingSet(sets, exact, weights).with_penalty(7.5)
    built = HittingSet(sets, exact, weights, penalty=7.5)
    assert changed.penalty == 7.5
    spins = random_spins(built, 20)
    np.testing.assert_array_equal(changed.to_ising().energy(spins), built.to_ising().energy(spins))
    assert changed.energy_of(2) == built.energy_of(2)


def test_weights_in_the_place_of_exact_are_refused():
    with pytest.raises(
        TypeError, match=r"exact: must be True or False, but it is \[3, 4\]; weights are given as weights="
    ):
        HittingSet([[1], [1, 2]], [3, 4])
