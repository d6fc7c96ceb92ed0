"""Enumeration against a plain loop, against closed forms, and at the edges of its range."""

import itertools
import math

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from ising_problems import IsingModel
from ising_problems.ensembles import sherrington_kirkpatrick, wishart_planted
from ising_problems.exact import any_ground_state, enumerate_energies, ground_states, spins_from_index


def by_hand(J, h, offset):
    """All energies in lexicographic order, pair by pair in Python numbers."""
    n = len(h)
    states = list(itertools.product([-1, 1], repeat=n))
    energies = [
        -sum(J[i][j] * s[i] * s[j] for i in range(n) for j in range(i + 1, n))
        - sum(h[i] * s[i] for i in range(n))
        + offset
        for s in states
    ]
    return states, energies


@st.composite
def integer_models(draw):
    n = draw(st.integers(0, 7))
    value = draw(st.sampled_from([st.integers(-1, 1), st.integers(-20, 20)]))
    J = np.zeros((n, n), dtype=np.int64)
    for i, j in itertools.combinations(range(n), 2):
        J[i, j] = J[j, i] = draw(value)
    h = np.array([draw(value) for _ in range(n)] if draw(st.booleans()) else [0] * n, dtype=np.int64)
    return J, h, draw(st.integers(-5, 5))


@settings(max_examples=80, deadline=None)
@given(integer_models(), st.booleans())
def test_all_ground_states_of_integer_models(parts, sparse):
    J, h, offset = parts
    model = IsingModel(sp.csr_array(J) if sparse else J, h, offset)
    states, energies = by_hand(J.tolist(), h.tolist(), offset)
    energy, spins = ground_states(model)
    assert energy == min(energies)
    assert isinstance(energy, int)
    assert spins.dtype == np.int8
    assert spins.shape == (energies.count(min(energies)), len(h))
    assert [tuple(s) for s in spins.tolist()] == [
        s for s, e in zip(states, energies, strict=True) if e == min(energies)
    ]


@settings(max_examples=60, deadline=None)
@given(integer_models(), st.sampled_from([1e-9, 0.1, 1 / 3, 1e9]))
def test_float_models_have_the_same_ground_states_at_every_scale(parts, scale):
    J, h, offset = parts
    expected = ground_states(IsingModel(J, h, offset))
    energy, spins = ground_states(IsingModel(J * scale, h * scale, offset * scale))
    np.testing.assert_array_equal(spins, expected[1])
    assert energy == pytest.approx(expected[0] * scale, rel=1e-12, abs=1e-12 * scale)


@settings(max_examples=60, deadline=None)
@given(integer_models(), st.booleans())
def test_every_energy_stands_at_its_index(parts, as_float):
    J, h, offset = parts
    model = IsingModel(J * 1.0, h, offset) if as_float else IsingModel(J, h, offset)
    energies = enumerate_energies(model)
    n = len(h)
    assert energies.dtype == (np.float64 if as_float else np.int64)
    states, expected = by_hand(J.tolist(), h.tolist(), offset)
    for state, value in zip(states, expected, strict=True):
        index = sum(2**i for i in range(n) if state[i] == 1)
        assert energies[index] == value
        assert tuple(spins_from_index(index, n).tolist()) == state
    if n:
        np.testing.assert_array_equal(model.energy(spins_from_index(np.arange(2**n), n)), energies)


@pytest.mark.parametrize("fields", [0.0, 0.3])
def test_more_spins_than_one_block_holds(fields):
    n = 19
    rng = np.random.default_rng(3)
    model = IsingModel(sherrington_kirkpatrick(n, seed=rng).J, fields * rng.standard_normal(n), offset=-2.5)
    everything = spins_from_index(np.arange(2**n), n)
    expected = model.energy(everything)
    np.testing.assert_allclose(enumerate_energies(model), expected, rtol=0, atol=1e-12)
    energy, spins = ground_states(model)
    assert energy == pytest.approx(expected.min(), rel=1e-14)
    assert everything[expected.argmin()].tolist() in spins.tolist()
    assert len(spins) == (1 if fields else 2)


def test_a_gauge_transformation_moves_the_ground_states_along():
    rng = np.random.default_rng(4)
    n = 14
    model = sherrington_kirkpatrick(n, couplings="binary", normalized=False, seed=rng)
    gauge = rng.choice([-1, 1], n)
    energy, spins = ground_states(model)
    moved_energy, moved = ground_states(IsingModel(model.J * np.outer(gauge, gauge)))
    assert moved_energy == energy
    assert {tuple(s) for s in (moved * gauge).tolist()} == {tuple(s) for s in spins.tolist()}


def test_28_spins_with_a_known_ground_state():
    instance = wishart_planted(28, 0.6, seed=5)
    energy, spins = ground_states(instance.model)
    assert energy == pytest.approx(instance.energy, rel=1e-12)
    np.testing.assert_array_equal(spins, sorted([instance.spins.tolist(), (-instance.spins).tolist()]))


def test_closed_forms():
    def complete(n, value):
        return IsingModel(value * (np.ones((n, n), dtype=np.int64) - np.eye(n, dtype=np.int64)))

    for n in (2, 5, 12, 15):
        energy, spins = ground_states(complete(n, 1))
        assert energy == -n * (n - 1) // 2
        assert spins.tolist() == [[-1] * n, [1] * n]
        # antiferromagnet: E = (m^2 - n)/2 with the total spin m, smallest for m = 0 or ±1
        energy, spins = ground_states(complete(n, -1))
        assert energy == -(n // 2)
        assert len(spins) == math.comb(n, n // 2) * (1 + n % 2)
        assert set(np.abs(spins.sum(axis=1, dtype=int))) == {n % 2}


def test_isolated_spins_are_free():
    J = np.zeros((16, 16))
    J[0, 15] = J[15, 0] = 2.5
    energy, spins = ground_states(IsingModel(J))
    assert energy == -2.5
    assert len(spins) == 2**15
    assert len(np.unique(spins, axis=0)) == 2**15
    assert np.all(spins[:, 0] == spins[:, 15])


def test_states_are_sorted():
    spins = ground_states(IsingModel(np.zeros((13, 13), dtype=int)))[1]
    assert spins.tolist() == [list(s) for s in itertools.product([-1, 1], repeat=13)]


def test_no_spins_and_one_spin():
    energy, spins = ground_states(IsingModel(np.zeros((0, 0)), offset=2.5))
    assert energy == 2.5
    assert spins.shape == (1, 0)
    assert enumerate_energies(IsingModel(np.zeros((0, 0)), offset=2.5)).tolist() == [2.5]
    assert ground_states(IsingModel([[0]]))[1].tolist() == [[-1], [1]]
    energy, spins = ground_states(IsingModel([[0]], [-3], 1))
    assert (energy, spins.tolist()) == (-2, [[-1]])


def test_integers_beyond_the_reach_of_floats_are_exact():
    big = 2**58
    J = np.array([[0, big, 0], [big, 0, 0], [0, 0, 0]])
    energy, spins = ground_states(IsingModel(J, [0, 0, 1]))
    assert energy == -big - 1
    assert spins.tolist() == [[-1, -1, 1], [1, 1, 1]]
    assert enumerate_energies(IsingModel(J, [0, 0, 1]))[0b111] == -big - 1
    # as floats the field is lost beside the coupling, so the exact path is what told the states apart
    assert len(ground_states(IsingModel(J.astype(float), [0, 0, 1.0]))[1]) == 4


def test_a_half_offset_on_integer_couplings():
    model = IsingModel([[0, 1], [1, 0]], offset=0.5)
    assert ground_states(model)[0] == -0.5
    assert enumerate_energies(model).tolist() == [-0.5, 1.5, 1.5, -0.5]


def test_the_tolerance_is_relative_to_the_depth():
    # depth 1 + 1e-6; the second state lies 2e-6 above the first
    model = IsingModel(np.zeros((2, 2)), [1.0, 1e-6], offset=100.0)
    assert len(ground_states(model)[1]) == 1
    assert len(ground_states(model, rtol=1.9e-6)[1]) == 1
    assert len(ground_states(model, rtol=2.1e-6)[1]) == 2
    assert ground_states(model, rtol=2.1e-6)[0] == pytest.approx(99 - 1e-6, rel=1e-15)
    scaled = IsingModel(np.zeros((2, 2)), [1e9, 1e3])
    assert len(ground_states(scaled, rtol=1.9e-6)[1]) == 1
    assert len(ground_states(scaled, rtol=2.1e-6)[1]) == 2


def test_too_many_spins_or_states_are_refused():
    with pytest.raises(ValueError, match=r"model: enumerating 29 spins would take about \d+ seconds; 28 is the most"):
        ground_states(IsingModel(np.zeros((29, 29))))
    with pytest.raises(ValueError, match=r"model: enumerating 40 spins would take about \d hours"):
        ground_states(IsingModel(np.zeros((40, 40))))
    with pytest.raises(ValueError, match=r"10\*\*\d+ years"):
        ground_states(IsingModel(sp.csr_array((5000, 5000))))
    with pytest.raises(ValueError, match="max_states: the model has more than 15 ground states"):
        ground_states(IsingModel(np.zeros((4, 4))), max_states=15)
    assert len(ground_states(IsingModel(np.zeros((4, 4))), max_states=16)[1]) == 16
    with pytest.raises(TypeError, match=r"model: an IsingModel is needed, but it is a ndarray; IsingModel\(J\)"):
        ground_states(np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"model: 25 spins have 2\*\*25 energies"):
        enumerate_energies(IsingModel(np.zeros((25, 25))))
    for rtol in (-1e-9, float("nan"), float("inf"), "small"):
        with pytest.raises(ValueError, match="rtol: must be a finite number"):
            ground_states(IsingModel([[0]]), rtol=rtol)


def test_indices_out_of_range_are_refused():
    for index, message in ((8, "index: must lie between 0 and 7, but 8"), (-1, "but -1"), (0.5, "dtype is float64")):
        with pytest.raises(ValueError, match=message):
            spins_from_index([index], 3)
    with pytest.raises(ValueError, match="num_spins: must be between 0 and 62"):
        spins_from_index(0, 63)
    assert spins_from_index([[1, 2]], 2).tolist() == [[[1, -1], [-1, 1]]]


@pytest.mark.parametrize("seed", range(12))
def test_one_ground_state_is_one_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 15))
    upper = np.triu(rng.integers(-1, 2, (n, n)), 1)
    model = IsingModel(upper + upper.T, rng.integers(-1, 2, n) if seed % 2 else None, seed)
    energy, states = ground_states(model)
    lowest, spins = any_ground_state(model)
    assert lowest == energy == model.energy(spins)
    assert (states == spins).all(axis=1).any()


def test_one_ground_state_of_very_many() -> None:
    energy, spins = any_ground_state(IsingModel(np.eye(20, dtype=int) - 1))
    assert energy == -10 and spins.sum() == 0
