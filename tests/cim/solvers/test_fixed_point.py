"""Fixed-point couplings: which storage is chosen, what it loses, and that nothing overflows."""

import itertools
from unittest import mock

import numpy as np
import pytest
import scipy.sparse as sp

import ising_problems as ip
from cim.solvers import fixed_point
from cim.solvers.fixed_point import Configuration, FixedPoint


def _random(n: int, seed: int, fields: float = 0.0) -> ip.IsingModel:
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.standard_normal((n, n)), 1)
    return ip.IsingModel(upper + upper.T, fields * rng.standard_normal(n))


def _placed(model: ip.IsingModel, spins: np.ndarray) -> tuple[FixedPoint, Configuration]:
    couplings = FixedPoint(model)
    configuration = Configuration(couplings)
    configuration.place(spins)
    return couplings, configuration


@pytest.mark.parametrize("scale", [1.0, 1e-9, 1e9, 1e-150, 1e150, 1 / np.sqrt(70)])
def test_small_multiples_of_a_unit_are_exact_in_eight_bits(scale: float) -> None:
    rng = np.random.default_rng(0)
    upper = np.triu(rng.integers(-3, 4, (70, 70)), 1)
    h = rng.integers(-5, 6, 70)
    spins = rng.choice([-1, 1], 70)
    couplings, configuration = _placed(ip.IsingModel(scale * (upper + upper.T), scale * h), spins)
    assert couplings.exact and couplings.error == 0.0
    assert (couplings.matrix.dtype, couplings.fields.dtype) == (np.int8, np.int16)
    np.testing.assert_array_equal(configuration.fields[:70], h + (upper + upper.T) @ spins)
    expected = ip.IsingModel(upper + upper.T, h).energy(spins)
    assert couplings.energy(configuration.energy) == pytest.approx(scale * expected, rel=1e-12)


def test_gaussian_couplings_are_rounded_and_the_error_is_stated() -> None:
    model = _random(150, 1, fields=1.0)
    couplings = FixedPoint(model)
    assert (couplings.matrix.dtype, couplings.fields.dtype) == (np.int16, np.int32)
    assert not couplings.exact
    lost = (model.J - couplings.unit * couplings.matrix[:, :150]) ** 2
    lost_fields = (model.h - couplings.unit * couplings.fields[:150]) ** 2
    worst = np.sqrt((lost.sum(axis=1) + lost_fields) / (model.J**2).sum(axis=1)).max()
    assert couplings.error == pytest.approx(worst, rel=1e-9)
    assert 1e-6 < couplings.error < 1e-4
    assert couplings.details["quantisation_error"] == couplings.error
    assert np.abs(couplings.matrix).max() == 32767


@pytest.mark.parametrize("factor", [1e6, 1e12])
def test_one_coupling_above_all_others_falls_back_to_floats_and_says_so(factor: float) -> None:
    couplings = _random(40, 2).J.copy()
    couplings[3, 7] = couplings[7, 3] = factor
    model = ip.IsingModel(couplings)
    others = np.abs(model.J) < 10
    for many, kind, rtol in ((1000, "float64", 1e-15), (0, "float32", 1e-6)):
        with mock.patch.object(fixed_point, "_MANY", many):
            fixed = FixedPoint(model)
        assert (fixed.details["couplings"], fixed.details["fields"]) == (kind, "float64")
        assert not fixed.exact
        np.testing.assert_allclose(fixed.unit * fixed.matrix[:, :40][others], model.J[others], rtol=rtol)


def test_blocks_of_very_different_scale_fall_back_to_floats() -> None:
    couplings = np.zeros((20, 20))
    couplings[:10, :10], couplings[10:, 10:] = 1e9 * _random(10, 3).J, 1e-9 * _random(10, 4).J
    assert FixedPoint(ip.IsingModel(couplings)).matrix.dtype == np.float64


@pytest.mark.parametrize(
    ("value", "n", "kinds", "exact"),
    [
        (100, 300, ("int8", "int16"), True),  # rows sum to 29,900
        (100, 400, ("int16", "int32"), True),  # and to 39,900
        (126, 3, ("int8", "int16"), True),
        (130, 3, ("int16", "int32"), True),
        (32766, 200, ("int16", "int32"), True),
        (1_000_003, 5, ("float64", "float64"), True),
        (2**30 + 7, 900, ("float64", "float64"), True),
        (1_000_003, 1001, ("int32", "int32"), False),
        (2**55 + 7, 5, ("float64", "float64"), False),  # whole, but not in float64 either
    ],
)
def test_no_sum_overflows(value: int, n: int, kinds: tuple[str, str], exact: bool) -> None:
    """Two nearly equal values, so that the greatest common divisor is 1; rows add up to their largest sum."""
    couplings = np.full((n, n), value)
    couplings[0, 1] = couplings[1, 0] = value + 1
    np.fill_diagonal(couplings, 0)
    model = ip.IsingModel(couplings)
    spins = np.ones(n, dtype=np.int8)
    fixed, configuration = _placed(model, spins)
    assert (fixed.matrix.dtype.name, fixed.fields.dtype.name) == kinds
    assert fixed.exact is exact
    np.testing.assert_allclose(
        fixed.unit * configuration.fields[:n], model.local_fields(spins), rtol=0 if exact else 1e-4
    )


@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize("field", [3.0, 1e3, 1e9, 1e150])
def test_a_huge_field_is_cut_and_the_order_of_states_stays(field: float, integer: bool) -> None:
    rng = np.random.default_rng(5)
    upper = np.triu(rng.integers(-3, 4, (9, 9)) if integer else rng.standard_normal((9, 9)), 1)
    h = rng.standard_normal(9) if not integer else rng.integers(-2, 3, 9).astype(float)
    h[4] = -field
    model = ip.IsingModel((upper + upper.T).astype(float), h)
    states = np.array(list(itertools.product([-1, 1], repeat=9)), dtype=np.int8)
    couplings = FixedPoint(model)
    configuration = Configuration(couplings)
    energies = np.empty(len(states))
    for k, spins in enumerate(states):
        configuration.place(spins)
        energies[k] = couplings.energy(configuration.energy)
    lowest = np.asarray(model.energy(states))
    assert energies.argmin() == lowest.argmin()
    assert energies.min() == pytest.approx(lowest.min(), rel=1e-4)
    assert couplings.matrix.dtype == (np.int8 if integer else np.int16)  # no field makes it give up integers


def test_sparse_and_dense_storage_give_the_same() -> None:
    model = _random(50, 6, fields=0.3)
    sparse = FixedPoint(ip.IsingModel(sp.csr_array(model.J), model.h))
    dense = FixedPoint(model)
    np.testing.assert_array_equal(sparse.matrix, dense.matrix)
    np.testing.assert_array_equal(sparse.fields, dense.fields)


def test_units_of_the_rows() -> None:
    model = _random(200, 7)
    norms = np.linalg.norm(model.J, axis=1)
    couplings = FixedPoint(model)
    scale = np.sqrt((norms**2).mean())
    assert couplings.coupling_scale == pytest.approx(scale)
    assert couplings.temperature_unit == pytest.approx(scale / couplings.unit)
    assert couplings.row_norms == pytest.approx((norms.max() / scale, np.percentile(norms, 5) / scale), rel=1e-3)
    shifted = model.J - 100.0 * (1.0 - np.eye(200))  # a uniform part that keeps the sum of the spins at zero
    assert FixedPoint(ip.IsingModel(shifted)).row_norms[0] == pytest.approx(0.1, rel=0.01)
    shifted = model.J - 2.0 * (1.0 - np.eye(200))
    there = FixedPoint(ip.IsingModel(shifted))
    assert there.row_norms[1] * there.coupling_scale == pytest.approx(np.percentile(norms, 5), rel=0.2)
    assert not couplings.has_fields and FixedPoint(_random(20, 7, fields=1.0)).has_fields
