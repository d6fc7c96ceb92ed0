"""What the tests of problems that choose a subset share: choices one by one, and what each class must satisfy."""

import itertools

import numpy as np

from ising_problems.exact import ground_states

# How far above the bound the penalty is in the test that the bound is enough.
JUST_ABOVE = 1e-6


def subsets(items):
    """Every subset as a tuple, small ones first."""
    items = list(items)
    return itertools.chain.from_iterable(itertools.combinations(items, k) for k in range(len(items) + 1))


def random_spins(problem, count, seed=0):
    return np.random.default_rng(seed).choice(np.array([-1, 1], dtype=np.int8), (count, problem.num_spins))


def check_ground_states(build, best):
    """``build(penalty)``: all ground states are feasible and of value ``best``, at the bound and at "auto"."""
    bound = build("auto").penalty_bound()
    assert bound >= 0
    for penalty in ("auto", bound + JUST_ABOVE):
        problem = build(penalty)
        energy, states = ground_states(problem.to_ising())
        assert abs(energy - problem.energy_of(best)) < 1e-9
        for spins in states:
            answer = problem.decode(spins)
            assert problem.violations(answer) == []
            assert abs(problem.objective(answer) - best) < 1e-9


def check_bound(problem, best):
    """Nothing beats the bound on the objective."""
    assert not problem.is_better(best, problem.objective_bound())


def check_encoding(problem, answers):
    """Energies of encoded answers, and the way back."""
    model = problem.to_ising()
    for answer in answers:
        spins = problem.encode(answer)
        assert spins.dtype == np.int8 and spins.shape == (problem.num_spins,)
        again = problem.decode(spins)
        assert again == frozenset(answer)
        if problem.is_feasible(answer):
            expected = problem.energy_of(problem.objective(answer))
            np.testing.assert_allclose(model.energy(spins), expected, rtol=1e-12, atol=1e-9)


def check_repair(problem, always_feasible=True, count=20):
    """Repair of decoded random spins; returns the objectives of what is feasible afterwards."""
    objectives = []
    for spins in random_spins(problem, count):
        answer = problem.decode(spins)
        repaired = problem.repair(answer)
        assert isinstance(repaired, frozenset)
        assert problem.repair(answer) == repaired == problem.decode(spins, repair=True)
        assert problem.is_feasible(repaired) or not (always_feasible or problem.is_feasible(answer))
        if problem.is_feasible(answer):
            assert not problem.is_better(problem.objective(answer), problem.objective(repaired))
        if problem.is_feasible(repaired):
            objectives.append(problem.objective(repaired))
            twice = problem.repair(repaired)
            assert problem.is_feasible(twice)
            assert not problem.is_better(objectives[-1], problem.objective(twice))
    return objectives
