"""Newton's polishing: the floor of rounding errors, quadratic convergence, flat directions, and the door."""

from typing import Any

import numpy as np
import pytest

import ising_problems as ip
import landscapes as ls
from landscapes.critical_points import polish


def _descended(energy: Any, x: np.ndarray, steps: int = 2000) -> np.ndarray:
    for _ in range(steps):
        x = x - 0.05 * energy.gradient(x)
    return x


def test_polishing_reaches_the_floor_of_rounding_errors() -> None:
    energy = ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(60, seed=1), 0.5)
    rough = _descended(energy, np.random.default_rng(0).standard_normal((20, 60)), 1500)
    assert np.abs(energy.gradient(rough)).max() > 1e-9
    result = polish(energy, rough)
    assert result.converged.all()
    assert result.gradient_norm.max() < 1e-14
    np.testing.assert_array_equal(result.gradient_norm, np.abs(energy.gradient(result.x)).max(axis=1))
    # (I1): at any critical point without fields E = -Σx⁴/4
    np.testing.assert_allclose(energy.value(result.x), -0.25 * np.sum(result.x**4, axis=1), rtol=1e-13)


def test_a_point_that_is_not_critical_is_not_called_so() -> None:
    energy = ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(30, seed=1), 0.5)
    result = polish(energy, np.random.default_rng(0).standard_normal((50, 30)), max_iterations=3)
    np.testing.assert_array_equal(result.converged, result.gradient_norm < 1e-9)
    assert not result.converged.all()


def test_a_degenerate_critical_point_is_approached_and_a_singular_hessian_is_no_error() -> None:
    """One spin at a = 0: E = x⁴/4, whose Newton step is -x/3; at x = 0 itself nothing moves."""
    energy = ls.SoftSpinEnergy(ip.IsingModel(np.zeros((1, 1))), 0.0)
    one = polish(energy, [[0.3], [0.0]], max_iterations=3)
    assert one.x[:, 0] == pytest.approx([0.3 * (2 / 3) ** 3, 0.0], abs=1e-15)


def test_flat_directions_are_left_alone() -> None:
    """The Rayleigh quotient of a diagonal matrix, -n/2 Σλx²/|x|², with its radial direction named."""

    class Quotient:
        num_variables = 4
        matrix = np.diag([3.0, 1.0, -0.5, -2.0])

        def value(self, x: Any) -> Any:
            return -2.0 * np.sum(x * (x @ self.matrix), axis=-1) / np.sum(x * x, axis=-1)

        def gradient(self, x: Any) -> np.ndarray:
            square = np.sum(x * x, axis=-1, keepdims=True)
            return -4.0 * x @ self.matrix / square - 2.0 * self.value(x)[:, None] * x / square

        def hessian(self, x: Any) -> np.ndarray:
            square = np.sum(x * x, axis=-1)[:, None, None]
            mixed = x[:, :, None] * self.gradient(x)[:, None, :]
            core = -4.0 * self.matrix - 2.0 * self.value(x)[:, None, None] * np.eye(4)
            return (core - 2.0 * (mixed + np.swapaxes(mixed, 1, 2))) / square

        def hessian_vector_product(self, x: Any, vector: Any) -> np.ndarray:
            return np.einsum("mij,mj->mi", self.hessian(x), vector)

        def flat_directions(self, x: Any) -> np.ndarray:
            return (x / np.linalg.norm(x, axis=-1, keepdims=True))[:, None, :]

    energy = Quotient()
    start = 2.0 * np.eye(4) + 0.1 * np.random.default_rng(0).standard_normal((4, 4))
    result = polish(energy, start)
    assert result.converged.all()
    np.testing.assert_allclose(np.abs(result.x / np.linalg.norm(result.x, axis=1)[:, None]), np.eye(4), atol=1e-9)
    np.testing.assert_allclose(energy.value(result.x), -2.0 * np.diag(energy.matrix), rtol=1e-12)
    # without knowing them, Newton's step on a homogeneous function of degree 0 is x itself: it runs away
    blind = type("Blind", (Quotient,), {"flat_directions": None})()
    away = start + np.linalg.solve(blind.hessian(start), -blind.gradient(start)[..., None])[..., 0]
    np.testing.assert_allclose(away, 2.0 * start, rtol=1e-6)


def test_empty_systems_and_empty_batches() -> None:
    none = ls.SoftSpinEnergy(ip.IsingModel(np.zeros((0, 0))), 0.5)
    assert polish(none, np.zeros((3, 0))).converged.all()
    two = ls.SoftSpinEnergy(ip.IsingModel([[0, 1], [1, 0]]), 0.5)
    assert polish(two, np.zeros((0, 2))).x.shape == (0, 2)


def test_bad_points_are_refused_by_name() -> None:
    energy = ls.SoftSpinEnergy(ip.IsingModel([[0, 1], [1, 0]]), 0.5)
    with pytest.raises(ValueError, match=r"x: shape \(2,\) or \(m, 2\) is needed.*\(3,\)"):
        polish(energy, [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"x: must be finite, but entry \(0, 1\) is nan"):
        polish(energy, [1.0, np.nan])
    with pytest.raises(ValueError, match="tolerance: must be greater than 0"):
        polish(energy, [1.0, 2.0], tolerance=0.0)


def test_the_rayleigh_quotient_names_its_flat_direction_and_its_representatives() -> None:
    energy = ls.RayleighQuotient(ip.sherrington_kirkpatrick(7, seed=0))
    x = np.random.default_rng(0).standard_normal((3, 7))
    flat = energy.flat_directions(x)
    assert flat.shape == (3, 1, 7)
    np.testing.assert_allclose(np.linalg.norm(flat, axis=2), 1.0)
    np.testing.assert_allclose(energy.value(x + 0.3 * flat[:, 0]), energy.value(x), rtol=1e-13)
    representative = energy.canonical(x)
    np.testing.assert_allclose(np.sum(representative**2, axis=1), 7.0)
    np.testing.assert_allclose(energy.value(representative), energy.value(x), rtol=1e-13)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_what_has_converged_does_not_depend_on_the_scale(scale: float) -> None:
    """E_{cJ}(√c x; c a) = c² E_J(x; a): after one step nothing is critical, at the end everything, in any units."""
    plain = ip.sherrington_kirkpatrick(30, seed=1)
    energy = ls.SoftSpinEnergy(ip.IsingModel(scale * plain.J), 0.5 * scale)
    start = np.sqrt(scale) * _descended(ls.SoftSpinEnergy(plain, 0.5), np.ones((5, 30)) + 0.1 * np.arange(5)[:, None])
    far = np.sqrt(scale) * np.random.default_rng(0).standard_normal((5, 30))
    assert not polish(energy, far, max_iterations=1).converged.any()
    assert polish(energy, start).converged.all()
    quotient = ls.RayleighQuotient(ip.IsingModel(scale * plain.J))
    assert not polish(quotient, far, max_iterations=0).converged.any()
    assert polish(quotient, np.linalg.eigh(plain.J)[1].T + 1e-4).converged.all()


def test_at_a_large_pump_a_residual_of_rounding_errors_is_good() -> None:
    """At a = 1e8, x = 1e4 the force's terms are 1e12, and their rounding 1e-4: no residual is below 1e-9."""
    energy = ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(12, seed=0), 1e8)
    starts = 1e4 * np.random.default_rng(0).choice([-1.0, 0.0, 1.0], (20, 12))
    result = polish(energy, starts)
    assert result.gradient_norm.max() > 1e-9
    assert result.converged.all()
    # ten thousand roundings away: each coordinate's is 1e-12
    assert not polish(energy, result.x + 1e-8, max_iterations=0).converged.any()


def test_points_where_the_gradient_overflows_have_not_converged() -> None:
    energy = ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(5, seed=0), 0.5)
    result = polish(energy, [np.full(5, 1e200), np.full(5, 1e100), np.zeros(5)])
    assert result.converged.tolist() == [False, False, True]
    assert np.isinf(result.gradient_norm[0]) and (result.x[0] == 1e200).all()
