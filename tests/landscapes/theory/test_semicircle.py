"""The semicircle law: closed values, inverses, and spectra, critical points and signs of random models."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

import ising_problems as ip
import landscapes as ls

theory = ls.theory


def _log_over_n(n: int) -> float:
    """Eigenvalues are rigid: counts differ from the law by a few √(log n); five of them is far out."""
    return 5 * np.sqrt(np.log(n)) / n


def test_published_values() -> None:
    assert theory.origin_index(-1.0) == pytest.approx(0.19550, abs=5e-6)  # the semicircle's weight above 1
    assert theory.semicircle_energy(0.0) == pytest.approx(-1.0, abs=1e-15)  # the lowest energy
    assert theory.eigenvector_sign_energy() == pytest.approx(-2 / np.pi, abs=1e-15)
    assert theory.semicircle_density(0.0) == pytest.approx(1 / np.pi, abs=1e-15)


def test_the_density_is_normalised_and_has_catalan_moments() -> None:
    angle = (np.arange(1000) + 0.5) * np.pi / 1000
    nodes, rule = 2 * np.cos(angle), 2 * np.sin(angle) * np.pi / 1000
    density = theory.semicircle_density(nodes)
    moments = [np.sum(rule * density * nodes**k) for k in (0, 1, 2, 3, 4, 6)]
    np.testing.assert_allclose(moments, [1, 0, 1, 0, 2, 5], atol=1e-12)


@given(st.floats(-3, 3), st.sampled_from([1e-6, 1.0, 1e6]))
def test_the_cumulated_law_is_the_integral(value: float, variance: float) -> None:
    from scipy.integrate import quad

    width = np.sqrt(variance)
    integral = quad(lambda y: theory.semicircle_density(y * width, variance=variance) * width, -2, min(value, 2.0))[0]
    expected = max(integral, 0.0) if value > -2 else 0.0
    assert theory.semicircle_cumulative(value * width, variance=variance) == pytest.approx(expected, abs=1e-6)


def test_the_cumulated_law_keeps_its_digits_at_the_edge() -> None:
    """N(-2 + x) = 2 x^1.5/(3π) to leading order."""
    x = 1e-8
    assert theory.semicircle_cumulative(-2 + x) == pytest.approx(2 * x**1.5 / (3 * np.pi), rel=1e-4)


@given(st.floats(0, 1), st.sampled_from([0.25, 1.0, 7.0]))
def test_energy_and_index_are_inverse(fraction: float, variance: float) -> None:
    energy = theory.semicircle_energy(fraction, variance=variance)
    assert theory.semicircle_index(energy, variance=variance) == pytest.approx(fraction, abs=1e-12)


def test_random_spectra_follow_the_law() -> None:
    n = 1000
    eigenvalues = np.linalg.eigvalsh(ip.sherrington_kirkpatrick(n, seed=3).J)
    grid = np.linspace(-2.2, 2.2, 89)
    counted = np.searchsorted(eigenvalues, grid) / n
    assert np.abs(theory.semicircle_cumulative(grid) - counted).max() < _log_over_n(n)
    twin = np.abs(theory.semicircle_cumulative(grid, variance=1.1) - counted).max()  # ten per cent of variance are seen
    assert twin > _log_over_n(n)
    for pump in (-1.9, -1.0, 0.0):
        index = int(
            np.count_nonzero(np.linalg.eigvalsh(-pump * np.eye(n) - ip.sherrington_kirkpatrick(n, seed=3).J) < 0)
        )
        assert index == np.count_nonzero(eigenvalues > -pump)
        assert abs(index / n - theory.origin_index(pump)) < _log_over_n(n)


def test_eigenvectors_are_the_critical_points_of_the_rayleigh_quotient() -> None:
    n = 40
    model = ip.sherrington_kirkpatrick(n, seed=4)
    energy, points = ls.RayleighQuotient(model), theory.rayleigh_critical_points(model)
    assert np.abs(energy.gradient(points.x)).max() < 1e-12
    np.testing.assert_allclose(energy.value(points.x), points.energy, rtol=1e-12)
    np.testing.assert_allclose(np.sum(points.x**2, axis=1), n)
    # along the sphere: the Hessian without the direction of x, in which it is flat
    for x, index in zip(points.x, points.index, strict=True):
        eigenvalues = np.linalg.eigvalsh(energy.hessian(x))
        assert np.count_nonzero(np.abs(eigenvalues) < 1e-10) == 1
        assert np.count_nonzero(eigenvalues < -1e-10) == index
    np.testing.assert_array_equal(points.index, np.arange(n))


def test_index_against_energy_of_random_models() -> None:
    n = 1000
    points = theory.rayleigh_critical_points(ip.sherrington_kirkpatrick(n, seed=5))
    assert np.abs(theory.semicircle_index(points.energy / n) - points.index / n).max() < _log_over_n(n)
    assert np.abs(theory.semicircle_index(points.energy / n, variance=1.1) - points.index / n).max() > _log_over_n(n)


@pytest.mark.parametrize("n", [60, 240])
def test_signs_of_eigenvectors(n: int) -> None:
    """Energy against eigenvalue, over all eigenvectors: a line of slope -1/π, up to order 1/n."""
    slopes = []
    for seed in range(600 // n):
        model = ip.sherrington_kirkpatrick(n, seed=seed)
        points = theory.rayleigh_critical_points(model)
        eigenvalues = -2 * points.energy / n
        energies = model.energy(np.where(points.x < 0, -1, 1)) / n
        slopes.append(np.sum(eigenvalues * energies) / np.sum(eigenvalues**2))
    assert np.mean(slopes) == pytest.approx(theory.eigenvector_sign_energy(1.0), abs=1 / n)
    assert np.mean(slopes) != pytest.approx(-1 / 3, abs=0.5 / n)  # the twin: not just any slope nearby


@pytest.mark.slow
def test_signs_of_the_top_eigenvector_at_500_spins() -> None:
    energies = []
    for seed in range(48):
        model = ip.sherrington_kirkpatrick(500, seed=seed)
        vector = np.linalg.eigh(model.J)[1][:, -1]
        energies.append(model.energy(np.where(vector < 0, -1, 1)) / 500)
    assert np.mean(energies) == pytest.approx(-2 / np.pi, abs=0.012)


def test_sparse_integer_and_repeated_couplings() -> None:
    ring = sp.csr_array(ip.IsingModel([[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]).J)
    points = theory.rayleigh_critical_points(ip.IsingModel(ring))
    np.testing.assert_allclose(points.energy, [-4, 0, 0, 4], atol=1e-12)
    assert points.index.tolist() == [0, 1, 1, 3]


def test_no_spins_and_one() -> None:
    points = theory.rayleigh_critical_points(ip.IsingModel(np.zeros((0, 0))))
    assert points.x.shape == (0, 0)
    assert points.index.shape == (0,)
    points = theory.rayleigh_critical_points(ip.IsingModel([[0.0]]))
    assert np.abs(points.x).tolist() == [[1.0]]
    assert points.index.tolist() == [0]
    assert theory.semicircle_density(np.zeros((0, 2))).shape == (0, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.semicircle_density(np.nan), "eigenvalue: finite numbers"),
        (lambda: theory.semicircle_density(0.0, variance=-1.0), "variance: must be greater than 0"),
        (lambda: theory.semicircle_index([1j]), "energy: "),
        (lambda: theory.semicircle_energy(1.2), "index: a fraction between 0 and 1"),
        (lambda: theory.semicircle_energy(np.nan), "index: a fraction between 0 and 1"),
        (lambda: theory.origin_index(np.inf), "pump: finite numbers"),
        (lambda: theory.eigenvector_sign_energy([1j]), "eigenvalue: "),
        (lambda: theory.rayleigh_critical_points(ip.IsingModel([[0, 1], [1, 0]], [1, 0])), "model: .*fields"),
    ],
)
def test_bad_input_is_refused_by_name(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_model_is_needed() -> None:
    with pytest.raises(TypeError, match="model: an IsingModel is needed"):
        theory.rayleigh_critical_points(np.zeros((2, 2)))
