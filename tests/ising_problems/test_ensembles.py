"""Random ensembles: moments within five standard errors, spectra, neighbours, planted states, seeds, errors."""

import itertools
import math

import numpy as np
import pytest

from ising_problems import IsingModel
from ising_problems.ensembles import (
    edwards_anderson,
    hopfield,
    random_regular,
    sherrington_kirkpatrick,
    wishart_planted,
)
from ising_problems.exact import ground_states


def dense(model):
    return model.J.toarray() if model.is_sparse else model.J


def pairs(model):
    return dense(model)[np.triu_indices(model.num_spins, 1)]


def deviations(values, variance, fourth=3.0):
    """How many standard errors mean and variance lie from 0 and ``variance``; ``fourth`` is the standardised moment."""
    m = len(values)
    mean = abs(values.mean()) / math.sqrt(variance / m)
    spread = abs((values**2).mean() / variance - 1) / math.sqrt((fourth - 1) / m) if fourth > 1 else 0.0
    return max(mean, spread)


def test_gaussian_couplings_have_variance_one_over_n():
    n = 600  # more than two blocks of rows
    values = pairs(sherrington_kirkpatrick(n, seed=1))
    assert deviations(values, 1 / n) < 5
    assert abs((values**4).mean() * n**2 / 3 - 1) < 5 * math.sqrt(96 / 9 / len(values))  # Var(x^4) = 96
    assert len(np.unique(values)) == len(values)
    # the same test tells a variance that is 3 % off, and a mean of 1 % of the width
    assert deviations(values * math.sqrt(1.03), 1 / n) > 5
    assert deviations(values + 0.02 / math.sqrt(n), 1 / n) > 5


def test_binary_couplings():
    n = 300
    values = pairs(sherrington_kirkpatrick(n, couplings="binary", seed=3))
    assert set(np.abs(values)) == {1 / math.sqrt(n)}
    assert deviations(values, 1 / n, fourth=1.0) < 5
    integers = sherrington_kirkpatrick(n, couplings="binary", normalized=False, seed=3)
    assert integers.is_integer
    np.testing.assert_array_equal(pairs(integers), np.sign(values))


@pytest.mark.parametrize("couplings", ["gaussian", "binary"])
def test_the_largest_eigenvalue_is_two(couplings):
    # Tracy and Widom: 2 - (1.21 ± 1.27) n^(-2/3)
    n = 700
    width = 1.27 * n ** (-2 / 3)
    top = np.linalg.eigvalsh(sherrington_kirkpatrick(n, couplings=couplings, seed=4).J)[-1]
    assert abs(top - (2 - 1.21 * n ** (-2 / 3))) < 5 * width
    unnormalised = np.linalg.eigvalsh(sherrington_kirkpatrick(n, couplings=couplings, normalized=False, seed=4).J)[-1]
    assert unnormalised == pytest.approx(top * math.sqrt(n), rel=1e-9)


def test_small_sherrington_kirkpatrick():
    assert sherrington_kirkpatrick(0).num_spins == 0
    assert sherrington_kirkpatrick(1).J.tolist() == [[0.0]]
    assert not sherrington_kirkpatrick(100).is_sparse


def lattice_neighbours(shape, periodic):
    """Pairs of sites at distance one, by comparing every two sites."""
    found = set()
    for (i, a), (j, b) in itertools.combinations(enumerate(itertools.product(*map(range, shape))), 2):
        steps = [abs(x - y) for x, y in zip(a, b, strict=True)]
        if periodic:
            steps = [min(step, side - step) for step, side in zip(steps, shape, strict=True)]
        if sum(steps) == 1:
            found.add((i, j))
    return found


@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("shape", [(7,), (4, 5), (3, 4, 5), (2, 2), (2, 3, 2), (1, 4), (1,), (1, 1, 1), (3, 2, 3, 2)])
def test_lattice_neighbours(shape, periodic):
    model = edwards_anderson(shape, periodic=periodic, seed=5)
    assert model.num_spins == math.prod(shape)
    assert model.is_integer
    assert set(zip(*(i.tolist() for i in np.nonzero(np.triu(dense(model)))), strict=True)) == lattice_neighbours(
        shape, periodic
    )
    assert set(np.unique(dense(model))) <= {-1, 0, 1}  # no bond is counted twice


def test_lattice_couplings():
    model = edwards_anderson((12, 12, 12), seed=6)
    assert model.is_sparse
    values = model.J.data
    assert len(values) == 2 * 3 * 12**3
    assert abs(values.sum() / 2) < 5 * math.sqrt(3 * 12**3)
    gaussian = edwards_anderson((30, 30), couplings="gaussian", seed=6)
    values = pairs(gaussian)
    assert deviations(values[values != 0], 1.0) < 5


def test_chains_and_rings_are_solved_by_hand():
    for seed in range(5):
        chain = edwards_anderson((9,), couplings="gaussian", periodic=False, seed=seed)
        assert ground_states(chain)[0] == pytest.approx(-np.abs(pairs(chain)).sum(), rel=1e-12)
        ring = edwards_anderson((9,), seed=seed)
        bonds = pairs(ring)[pairs(ring) != 0]
        assert ground_states(ring)[0] == (-9 if np.prod(bonds) > 0 else -7)


@pytest.mark.parametrize(("n", "degree"), [(0, 0), (5, 0), (4, 3), (10, 3), (200, 4)])
def test_every_spin_of_a_regular_graph_has_its_degree(n, degree):
    model = random_regular(n, degree, seed=7)
    assert np.count_nonzero(dense(model), axis=1).tolist() == [degree] * n
    assert model.is_integer
    assert set(np.unique(pairs(model))) <= {-1, 0, 1}


def test_couplings_of_regular_graphs():
    assert set(pairs(random_regular(40, 3, couplings="antiferromagnetic", seed=8))) == {-1, 0}
    values = pairs(random_regular(1000, 8, couplings="gaussian", seed=8))
    assert deviations(values[values != 0], 1.0) < 5
    binary = pairs(random_regular(1000, 8, seed=8))
    assert abs(binary.sum()) < 5 * math.sqrt(4000)
    assert np.count_nonzero(binary) == 4000


@pytest.mark.parametrize("aspect_ratio", [0.2, 0.5, 0.75, 1.0, 2.5])
@pytest.mark.parametrize("n", [16, 19])
def test_the_planted_state_and_its_negative_are_the_only_ground_states(n, aspect_ratio):
    for seed in range(3):
        instance = wishart_planted(n, aspect_ratio, seed=seed)
        energy, spins = ground_states(instance.model)
        assert instance.energy == pytest.approx(energy, rel=1e-12)
        assert instance.energy == instance.model.energy(instance.spins)
        assert sorted([instance.spins.tolist(), (-instance.spins).tolist()]) == spins.tolist()


def test_the_planted_energy_is_that_of_the_ensemble():
    # -|W|^2/2n over n by M Gaussian columns orthogonal to the planted state: mean -M/2, variance M/2(n-1)
    n, columns = 400, 200
    instance = wishart_planted(n, columns / n, seed=9)
    error = math.sqrt(columns / 2 / (n - 1))
    assert abs(instance.energy + columns / 2) < 5 * error
    assert abs(wishart_planted(n, 210 / n, seed=9).energy + columns / 2) > 5 * error
    assert abs(instance.spins.sum(dtype=int)) < 5 * math.sqrt(n)
    # W't = 0 makes each local field t_i (W W')_ii / n: no spin wants to flip
    assert np.all(instance.model.local_fields(instance.spins) * instance.spins > 0)
    with pytest.raises(ValueError, match="read-only"):
        instance.spins[0] = 1


def test_hopfield_patterns_are_stable_at_low_load_and_not_at_high_load():
    rng = np.random.default_rng(10)
    n = 400
    few, many = rng.choice([-1, 1], (5, n)), rng.choice([-1, 1], (200, n))
    assert np.all(hopfield(few).local_fields(few) * few > 0)
    assert not np.all(hopfield(many).local_fields(many) * many > 0)


def test_hopfield_couplings():
    patterns = np.array([[1, 1, -1, 1], [1, -1, -1, 1]])
    expected = sum(np.outer(p, p) for p in patterns) / 4
    np.fill_diagonal(expected, 0)
    np.testing.assert_array_equal(hopfield(patterns).J, expected)
    one = np.random.default_rng(11).choice([-1, 1], 14)
    energy, spins = ground_states(hopfield([one]))
    assert energy == pytest.approx(-13 / 2)
    assert sorted([one.tolist(), (-one).tolist()]) == spins.tolist()
    np.testing.assert_array_equal(hopfield(np.empty((0, 3))).J, np.zeros((3, 3)))


ENSEMBLES = {
    "sk": lambda seed: sherrington_kirkpatrick(40, seed=seed),
    "sk binary": lambda seed: sherrington_kirkpatrick(40, couplings="binary", seed=seed),
    "ea": lambda seed: edwards_anderson((4, 4, 5), seed=seed),
    "ea gaussian": lambda seed: edwards_anderson((4, 4, 5), couplings="gaussian", seed=seed),
    "regular": lambda seed: random_regular(80, 3, seed=seed),
    "antiferromagnet": lambda seed: random_regular(80, 3, couplings="antiferromagnetic", seed=seed),
    "wishart": lambda seed: wishart_planted(30, 0.5, seed=seed).model,
}


@pytest.mark.parametrize("draw", ENSEMBLES.values(), ids=ENSEMBLES.keys())
def test_seeds(draw):
    def same(one: IsingModel, other: IsingModel) -> bool:
        return np.array_equal(dense(one), dense(other))

    assert same(draw(0), draw(0))
    assert same(draw(0), draw(np.random.default_rng(0)))
    assert not same(draw(0), draw(1))
    assert not same(draw(None), draw(None))
    generator = np.random.default_rng(0)
    assert not same(draw(generator), draw(generator))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: sherrington_kirkpatrick(-1), ValueError, "n: must be at least 0, but it is -1"),
        (lambda: sherrington_kirkpatrick(2.0), TypeError, "n: must be an integer, but it is 2.0"),
        (
            lambda: sherrington_kirkpatrick(5, couplings="ternary"),
            ValueError,
            "couplings: must be one of 'binary', 'gau",
        ),
        (lambda: sherrington_kirkpatrick(5, seed=-3), ValueError, "seed: must not be negative, but it is -3"),
        (lambda: sherrington_kirkpatrick(5, seed=0.5), TypeError, "seed: an integer.*0.5"),
        (lambda: sherrington_kirkpatrick(5, seed="0"), TypeError, "seed: an integer.*'0'"),
        (lambda: edwards_anderson((3, 0)), ValueError, r"shape\[1\]: must be at least 1, but it is 0"),
        (lambda: edwards_anderson((3, 2.5)), TypeError, r"shape\[1\]: must be an integer"),
        (lambda: edwards_anderson(5), TypeError, r"shape: .*pass \(5,\) for a chain of 5"),
        (lambda: edwards_anderson((3,), couplings="antiferromagnetic"), ValueError, "couplings: must be one of"),
        (lambda: random_regular(5, 3), ValueError, r"degree: .*must be even, but it is 5 \* 3"),
        (lambda: random_regular(4, 4), ValueError, "degree: must be less than n = 4, but it is 4"),
        (lambda: random_regular(4, -1), ValueError, "degree: must be at least 0"),
        (lambda: wishart_planted(1, 0.5), ValueError, "n: must be at least 2, but it is 1"),
        (lambda: wishart_planted(10, 0.0), ValueError, "aspect_ratio: a positive number is needed, but it is 0.0"),
        (lambda: wishart_planted(10, float("nan")), ValueError, "aspect_ratio: .*nan"),
        (lambda: hopfield([1, -1, 1]), ValueError, r"patterns: one pattern a row.*\(3,\)"),
        (lambda: hopfield([[1, 0]]), ValueError, r"patterns: entries must be -1 or \+1, but entry \(0, 1\) is 0"),
    ],
)
def test_bad_arguments_are_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()
