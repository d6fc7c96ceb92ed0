"""The relaxations of an Ising model: derivatives against finite differences, exact identities, shapes, and the door."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

import ising_problems as ip
import landscapes as ls
from landscapes.energies import Energy


def _model(n: int, seed: int, fields: bool = True, sparse: bool = False) -> ip.IsingModel:
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.standard_normal((n, n)), 1)
    couplings = upper + upper.T
    h = rng.standard_normal(n) if fields else None
    return ip.IsingModel(sp.csr_array(couplings) if sparse else couplings, h)


def _energies(model: ip.IsingModel, pump: float = 0.3) -> list[Energy]:
    return [
        ls.SoftSpinEnergy(model, pump),
        ls.IsingEnergy(model),
        ls.RayleighQuotient(ip.IsingModel(model.J)),
    ]


@pytest.mark.parametrize("sparse", [False, True])
@given(seed=st.integers(0, 10**6), pump=st.floats(-3, 3))
def test_derivatives_match_finite_differences(sparse: bool, seed: int, pump: float) -> None:
    x = np.random.default_rng(seed + 1).standard_normal((3, 5))
    x += 0.5 * np.sign(x)  # the curvature of the quotient grows as 1/x²
    step = 1e-5
    for energy in _energies(_model(5, seed, sparse=sparse), pump):
        gradient, hessian = energy.gradient(x), energy.hessian(x)
        for i in range(5):
            move = np.zeros(5)
            move[i] = step
            slope = (energy.value(x + move) - energy.value(x - move)) / (2 * step)
            np.testing.assert_allclose(gradient[:, i], slope, atol=1e-7, rtol=1e-6)
            bend = (energy.gradient(x + move) - energy.gradient(x - move)) / (2 * step)
            np.testing.assert_allclose(hessian[:, i], bend, atol=1e-7, rtol=1e-6)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_hessian_vector_product_is_the_hessian_times_the_vector(which: int, sparse: bool) -> None:
    energy = _energies(_model(6, 0, sparse=sparse))[which]
    rng = np.random.default_rng(1)
    x, v = rng.standard_normal((4, 6)), rng.standard_normal((4, 6))
    np.testing.assert_allclose(energy.hessian_vector_product(x, v), np.einsum("mij,mj->mi", energy.hessian(x), v))
    np.testing.assert_allclose(energy.hessian_vector_product(x[0], v[0]), energy.hessian(x[0]) @ v[0])
    np.testing.assert_allclose(energy.hessian_vector_product(x[0], v), v @ energy.hessian(x[0]))


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_batch_is_its_points(which: int) -> None:
    energy = _energies(_model(6, 0))[which]
    x = np.random.default_rng(1).standard_normal((2, 3, 6))
    for quantity in (energy.value, energy.gradient, energy.hessian):
        batch = quantity(x)
        assert batch.shape[:2] == (2, 3)
        for i, j in np.ndindex(2, 3):
            np.testing.assert_allclose(batch[i, j], quantity(x[i, j]), rtol=1e-13, atol=1e-14)


def test_value_is_the_formula_written_out() -> None:
    model, pump = _model(4, 3), -0.7
    x = np.array([0.3, -1.2, 0.5, 2.0])
    written = sum(0.25 * t**4 - 0.5 * pump * t**2 for t in x)
    written -= sum(model.J[i, j] * x[i] * x[j] for i in range(4) for j in range(i))
    written -= sum(model.h[i] * x[i] for i in range(4))
    assert ls.SoftSpinEnergy(model, pump).value(x) == pytest.approx(written, rel=1e-14)


@pytest.mark.parametrize("c", [0.01, 3.7, 1e4])
def test_scaling_identity(c: float) -> None:
    """(I2): E_{cJ, c^1.5 h}(√c x; c a) = c² E_{J,h}(x; a), and its derivatives: c^1.5 and c."""
    model = _model(6, 5)
    energy = ls.SoftSpinEnergy(model, 0.4)
    scaled = ls.SoftSpinEnergy(ip.IsingModel(c * model.J, c**1.5 * model.h), c * 0.4)
    x = np.random.default_rng(2).standard_normal((10, 6))
    moved = np.sqrt(c) * x
    np.testing.assert_allclose(scaled.value(moved), c**2 * energy.value(x), rtol=1e-12)
    np.testing.assert_allclose(scaled.gradient(moved), c**1.5 * energy.gradient(x), rtol=1e-11)
    np.testing.assert_allclose(scaled.hessian(moved), c * energy.hessian(x), rtol=1e-11)


def test_energy_at_a_critical_point_is_minus_a_quarter_of_the_fourth_moment() -> None:
    """Without fields E = -Σx⁴/4 wherever the gradient vanishes: multiply it by x."""
    energy = ls.SoftSpinEnergy(_model(8, 4, fields=False), 0.5)
    x = np.random.default_rng(0).standard_normal(8)
    for _ in range(4000):
        x = x - 0.02 * energy.gradient(x)
    assert np.abs(energy.gradient(x)).max() < 1e-12
    assert np.abs(x).max() > 0.5
    assert energy.value(x) == pytest.approx(-0.25 * np.sum(x**4), rel=1e-12)


def _minimum(energy: ls.SoftSpinEnergy, x: np.ndarray) -> np.ndarray:
    """Descent, then Newton's method, to a gradient of rounding errors."""
    for _ in range(2000):
        x = x - 0.05 * energy.gradient(x)
    for _ in range(5):
        x = x - np.linalg.solve(energy.hessian(x), energy.gradient(x))
    assert np.abs(energy.gradient(x)).max() < 1e-12 and np.linalg.eigvalsh(energy.hessian(x))[0] > 0
    return x


@pytest.mark.parametrize("pump", [-0.93, 0.5])
def test_a_minimum_moves_with_the_pump(pump: float) -> None:
    """(I4): along a minimum dE/da = -Σx²/2 and dx/da = H⁻¹x."""
    energy = ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(60, seed=3), pump)
    x = _minimum(energy, 0.5 * np.random.default_rng(1).standard_normal(60))
    step = 1e-4
    above, below = (energy.with_pump(pump + sign * step) for sign in (1, -1))
    x_above, x_below = (_minimum(moved, x) for moved in (above, below))
    slope = (above.value(x_above) - below.value(x_below)) / (2 * step)
    assert slope == pytest.approx(-0.5 * np.sum(x * x), rel=1e-6)
    velocity = (x_above - x_below) / (2 * step)
    np.testing.assert_allclose(velocity, np.linalg.solve(energy.hessian(x), x), atol=1e-5)
    # and the signs of both statements are in them
    assert slope < 0 and velocity @ x > 0


def test_below_threshold_descent_ends_at_the_origin() -> None:
    """(I5): for a < -λ_max the energy is strictly convex, with the lowest curvature -a - λ_max at the origin."""
    model = ip.sherrington_kirkpatrick(80, seed=4)
    largest = np.linalg.eigvalsh(model.J)[-1]
    energy = ls.SoftSpinEnergy(model, -largest - 0.1)
    assert np.linalg.eigvalsh(energy.hessian(np.zeros(80)))[0] == pytest.approx(0.1, abs=1e-9)
    x = np.random.default_rng(0).uniform(-2, 2, (6, 80))
    assert np.linalg.eigvalsh(energy.hessian(x)).min() > 0.1
    for _ in range(4000):
        x = x - 0.05 * energy.gradient(x)
    assert np.abs(x).max() < 1e-6


def test_origin_loses_stability_at_minus_the_largest_eigenvalue() -> None:
    model = _model(20, 9, fields=False)
    largest = np.linalg.eigvalsh(model.J)[-1]
    origin = np.zeros(20)
    assert np.linalg.eigvalsh(ls.SoftSpinEnergy(model, -largest - 1e-6).hessian(origin))[0] > 0
    assert np.linalg.eigvalsh(ls.SoftSpinEnergy(model, -largest + 1e-6).hessian(origin))[0] < 0


def test_another_pump_is_the_same_energy_built_anew() -> None:
    model = _model(4, 3)
    energy = ls.SoftSpinEnergy(model, 0.2)
    moved = energy.with_pump(-1.5)
    x = np.random.default_rng(0).standard_normal((3, 4))
    np.testing.assert_array_equal(moved.gradient(x), ls.SoftSpinEnergy(model, -1.5).gradient(x))
    assert (energy.pump, moved.pump, moved.model) == (0.2, -1.5, model)
    with pytest.raises(ValueError, match="pump: must be a finite number"):
        energy.with_pump(np.inf)


@pytest.mark.parametrize("sparse", [False, True])
def test_the_ising_energy_is_the_models_at_its_corners_and_multilinear(sparse: bool) -> None:
    model = _model(5, 2, sparse=sparse)
    model = ip.IsingModel(model.J, model.h, offset=1.25)
    energy = ls.IsingEnergy(model)
    spins = np.array(list(np.ndindex(*[2] * 5))) * 2 - 1
    np.testing.assert_allclose(energy.value(spins), model.energy(spins), rtol=1e-13)
    np.testing.assert_allclose(energy.gradient(spins), -model.local_fields(spins), rtol=1e-12)
    # multilinear: at any point it is the mean over independent spins of these means
    x = np.random.default_rng(0).uniform(-1, 1, 5)
    weights = np.prod((1 + spins * x) / 2, axis=1)
    assert energy.value(x) == pytest.approx(weights @ model.energy(spins), rel=1e-12)


def test_the_rayleigh_quotient_has_the_critical_points_of_its_couplings() -> None:
    """Eigenvectors, energy -nλ/2, gradient zero; a Hessian (n/L²)(λ - λ_j) in the directions of the others."""
    model = _model(7, 11, fields=False)
    values, vectors = np.linalg.eigh(model.J)
    energy = ls.RayleighQuotient(model)
    for length in (1.0, np.sqrt(7.0), 1e-160, 1e160):
        np.testing.assert_allclose(energy.value(length * vectors.T), -3.5 * values, rtol=1e-12)
        np.testing.assert_allclose(length * energy.gradient(length * vectors.T), 0.0, atol=1e-12)
    curvatures = np.linalg.eigvalsh(energy.hessian(np.sqrt(7.0) * vectors.T))
    for k in range(7):
        np.testing.assert_allclose(curvatures[k], np.sort(values[k] - values), atol=1e-12)


def test_the_rayleigh_quotient_is_homogeneous() -> None:
    energy = ls.RayleighQuotient(_model(6, 1, fields=False))
    x = np.random.default_rng(5).standard_normal((4, 6))
    np.testing.assert_allclose(energy.value(-3.0 * x), energy.value(x), rtol=1e-13)
    np.testing.assert_allclose(np.sum(x * energy.gradient(x), axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(energy.hessian_vector_product(x, x), -energy.gradient(x), atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_on_the_sphere_the_quotient_is_the_ising_energy(seed: int) -> None:
    model = ip.sherrington_kirkpatrick(9, seed=seed)
    spins = np.where(np.random.default_rng(seed).random((5, 9)) < 0.5, -1, 1)
    np.testing.assert_allclose(ls.RayleighQuotient(model).value(spins), model.energy(spins), rtol=1e-13)


@pytest.mark.parametrize("n", [0, 1])
@pytest.mark.parametrize("sparse", [False, True])
def test_shapes_of_small_models_and_batches(n: int, sparse: bool) -> None:
    couplings = np.zeros((n, n))
    for energy in _energies(ip.IsingModel(sp.csr_array(couplings) if sparse else couplings), 1.0):
        assert isinstance(energy.value(np.ones(n)), float)
        assert energy.num_variables == n
        for m in (0, 3):
            assert energy.value(np.ones((m, n))).shape == (m,)
            assert energy.gradient(np.ones((m, n))).shape == (m, n)
            assert energy.hessian(np.ones((m, n))).shape == (m, n, n)
            assert energy.hessian_vector_product(np.ones((m, n)), np.ones((m, n))).shape == (m, n)


def test_integer_models_are_taken() -> None:
    energy = ls.SoftSpinEnergy(ip.IsingModel([[0, 1], [1, 0]]), 0)
    assert energy.value([1, 1]) == -0.5


@pytest.mark.parametrize("pump", [np.nan, np.inf, "high", None, [1.0], True, np.False_])
def test_a_pump_that_is_not_a_finite_number_is_refused(pump: object) -> None:
    with pytest.raises(ValueError, match="pump"):
        ls.SoftSpinEnergy(_model(3, 0), pump)  # type: ignore[arg-type]


def test_wrong_arguments_are_named() -> None:
    energy = ls.SoftSpinEnergy(_model(3, 0), 0.0)
    with pytest.raises(ValueError, match=r"x: .*3 variables.*\(2,\)"):
        energy.value(np.ones(2))
    with pytest.raises(ValueError, match="x: not a rectangular array"):
        energy.value([[1.0, 2.0, 3.0], [4.0]])
    with pytest.raises(ValueError, match="vector: "):
        energy.hessian_vector_product(np.ones(3), np.ones(4))
    with pytest.raises(ValueError, match="x: real numbers"):
        energy.value(np.ones(3) * 1j)
    with pytest.raises(TypeError, match="model: an IsingModel"):
        ls.SoftSpinEnergy(np.eye(3), 0.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="model: an IsingModel"):
        ls.IsingEnergy(np.eye(3))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"model: a Rayleigh quotient has no fields, but h\[0\]"):
        ls.RayleighQuotient(_model(3, 0))
    with pytest.raises(ValueError, match="x: the Rayleigh quotient is not defined at the origin"):
        ls.RayleighQuotient(_model(3, 0, fields=False)).gradient([[1, 2, 3], [0, 0, 0]])


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 1e30])
def test_units_go_with_the_couplings(scale: float) -> None:
    model = ip.sherrington_kirkpatrick(40, seed=0)
    scaled = ip.IsingModel(scale * model.J)
    for kind, power in ((lambda m: ls.SoftSpinEnergy(m, 0.0), 1.5), (ls.RayleighQuotient, 1.0), (ls.IsingEnergy, 1.0)):
        assert kind(scaled).gradient_unit == pytest.approx(scale**power * kind(model).gradient_unit, rel=1e-12, abs=0)
    frobenius = np.linalg.norm(model.J) / np.sqrt(40)
    assert ls.RayleighQuotient(model).gradient_unit == pytest.approx(frobenius)
    assert ls.SoftSpinEnergy(model, 0.0).gradient_unit == pytest.approx(frobenius**1.5)
    nothing = ip.IsingModel(np.zeros((2, 2)))
    assert ls.SoftSpinEnergy(nothing, -8.0).gradient_unit == 8.0 and ls.RayleighQuotient(nothing).gradient_unit == 1.0
    assert ls.SoftSpinEnergy(nothing, 0.0).gradient_unit == 1.0


@pytest.mark.parametrize("scale", [1e-300, 1e-101, 1e101, 1e200])
def test_scales_at_which_energies_are_no_numbers_are_refused(scale: float) -> None:
    model = ip.IsingModel(scale * np.array([[0.0, 1.0], [1.0, 0.0]]))
    energy = ls.SoftSpinEnergy(model, scale)
    for search in (ls.find_critical_points, ls.enumerate_critical_points):
        with pytest.raises(ValueError, match="energy: its couplings, fields or pump are of the order of"):
            search(energy)
    with pytest.raises(ValueError, match="model: its couplings, fields or pump are of the order of"):
        ls.adiabatic_minima(model, [scale], steps_per_unit=1000 / scale)
    with pytest.raises(ValueError, match="model: its couplings, fields or pump are of the order of"):
        ls.estimate_minima(energy)


def test_a_quotient_at_infinity_is_refused() -> None:
    energy = ls.RayleighQuotient(_model(3, 0, fields=False))
    for method in (energy.value, energy.gradient, energy.hessian, energy.canonical):
        with pytest.raises(
            ValueError, match=r"x: the Rayleigh quotient needs finite points, but entry \(1, 2\) is inf"
        ):
            method([[1.0, 1.0, 1.0], [1.0, 0.0, np.inf]])
