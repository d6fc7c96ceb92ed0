"""The soft-spin energy: derivatives against finite differences, exact identities, shapes, and the door."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

import ising_problems as ip
import landscapes as ls


def _model(n: int, seed: int, fields: bool = True, sparse: bool = False) -> ip.IsingModel:
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.standard_normal((n, n)), 1)
    couplings = upper + upper.T
    h = rng.standard_normal(n) if fields else None
    return ip.IsingModel(sp.csr_array(couplings) if sparse else couplings, h)


@pytest.mark.parametrize("sparse", [False, True])
@given(seed=st.integers(0, 10**6), pump=st.floats(-3, 3))
def test_derivatives_match_finite_differences(sparse: bool, seed: int, pump: float) -> None:
    energy = ls.SoftSpinEnergy(_model(5, seed, sparse=sparse), pump)
    x = np.random.default_rng(seed + 1).standard_normal((3, 5))
    gradient, hessian = energy.gradient(x), energy.hessian(x)
    step = 1e-5
    for i in range(5):
        move = np.zeros(5)
        move[i] = step
        slope = (energy.value(x + move) - energy.value(x - move)) / (2 * step)
        np.testing.assert_allclose(gradient[:, i], slope, atol=1e-7, rtol=1e-6)
        bend = (energy.gradient(x + move) - energy.gradient(x - move)) / (2 * step)
        np.testing.assert_allclose(hessian[:, i], bend, atol=1e-7, rtol=1e-6)


@pytest.mark.parametrize("sparse", [False, True])
def test_hessian_vector_product_is_the_hessian_times_the_vector(sparse: bool) -> None:
    energy = ls.SoftSpinEnergy(_model(6, 0, sparse=sparse), 0.3)
    rng = np.random.default_rng(1)
    x, v = rng.standard_normal((4, 6)), rng.standard_normal((4, 6))
    np.testing.assert_allclose(energy.hessian_vector_product(x, v), np.einsum("mij,mj->mi", energy.hessian(x), v))
    np.testing.assert_allclose(energy.hessian_vector_product(x[0], v[0]), energy.hessian(x[0]) @ v[0])


def test_value_is_the_formula_written_out() -> None:
    model, pump = _model(4, 3), -0.7
    x = np.array([0.3, -1.2, 0.5, 2.0])
    written = sum(0.25 * t**4 - 0.5 * pump * t**2 for t in x)
    written -= sum(model.J[i, j] * x[i] * x[j] for i in range(4) for j in range(i))
    written -= sum(model.h[i] * x[i] for i in range(4))
    assert ls.SoftSpinEnergy(model, pump).value(x) == pytest.approx(written, rel=1e-14)


def test_scaling_identity() -> None:
    """E_{cJ, c^1.5 h}(√c x; c a) = c² E_{J,h}(x; a)."""
    model, c = _model(6, 5), 3.7
    scaled = ip.IsingModel(c * model.J, c**1.5 * model.h)
    x = np.random.default_rng(2).standard_normal((10, 6))
    np.testing.assert_allclose(
        ls.SoftSpinEnergy(scaled, c * 0.4).value(np.sqrt(c) * x), c**2 * ls.SoftSpinEnergy(model, 0.4).value(x)
    )


def test_energy_at_a_critical_point_is_minus_a_quarter_of_the_fourth_moment() -> None:
    """(I1) of the landscape specification: without fields, E = -Σx⁴/4 wherever the gradient vanishes."""
    energy = ls.SoftSpinEnergy(_model(8, 4, fields=False), 0.5)
    x = np.random.default_rng(0).standard_normal(8)
    for _ in range(4000):
        x = x - 0.02 * energy.gradient(x)
    assert np.abs(energy.gradient(x)).max() < 1e-12
    assert np.abs(x).max() > 0.5
    assert energy.value(x) == pytest.approx(-0.25 * np.sum(x**4), rel=1e-12)


def test_origin_loses_stability_at_minus_the_largest_eigenvalue() -> None:
    model = _model(20, 9, fields=False)
    largest = np.linalg.eigvalsh(model.J)[-1]
    origin = np.zeros(20)
    assert np.linalg.eigvalsh(ls.SoftSpinEnergy(model, -largest - 1e-6).hessian(origin))[0] > 0
    assert np.linalg.eigvalsh(ls.SoftSpinEnergy(model, -largest + 1e-6).hessian(origin))[0] < 0


@pytest.mark.parametrize("n", [0, 1])
@pytest.mark.parametrize("sparse", [False, True])
def test_shapes_of_small_models_and_batches(n: int, sparse: bool) -> None:
    couplings = np.zeros((n, n))
    energy = ls.SoftSpinEnergy(ip.IsingModel(sp.csr_array(couplings) if sparse else couplings), 1.0)
    assert isinstance(energy.value(np.ones(n)), float)
    assert energy.value(np.ones((3, n))).shape == (3,)
    assert energy.gradient(np.ones((3, n))).shape == (3, n)
    assert energy.hessian(np.ones((3, n))).shape == (3, n, n)
    assert energy.hessian_vector_product(np.ones((3, n)), np.ones((3, n))).shape == (3, n)


def test_integer_models_are_taken() -> None:
    energy = ls.SoftSpinEnergy(ip.IsingModel([[0, 1], [1, 0]]), 0)
    assert energy.value([1, 1]) == -0.5


@pytest.mark.parametrize("pump", [np.nan, np.inf, "high", None, [1.0]])
def test_a_pump_that_is_not_a_finite_number_is_refused(pump: object) -> None:
    with pytest.raises(ValueError, match="pump"):
        ls.SoftSpinEnergy(_model(3, 0), pump)  # type: ignore[arg-type]


def test_wrong_arguments_are_named() -> None:
    energy = ls.SoftSpinEnergy(_model(3, 0), 0.0)
    with pytest.raises(ValueError, match=r"x: .*3 variables.*\(2,\)"):
        energy.value(np.ones(2))
    with pytest.raises(ValueError, match="vector: "):
        energy.hessian_vector_product(np.ones(3), np.ones(4))
    with pytest.raises(ValueError, match="x: real numbers"):
        energy.value(np.ones(3) * 1j)
    with pytest.raises(TypeError, match="model: an IsingModel"):
        ls.SoftSpinEnergy(np.eye(3), 0.0)  # type: ignore[arg-type]
