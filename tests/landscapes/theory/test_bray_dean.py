"""Index against energy of Gaussian landscapes: against the Kac–Rice average over small random matrices."""

import numpy as np
import pytest

import landscapes as ls
from landscapes import theory

SQUARED_EXPONENTIAL = (1.0, -0.5, 0.25)  # exp(-u/2): the energy alone fixes the centre of the spectrum
ALGEBRAIC = (1.0, -0.5, 0.75)  # (1 + u)^(-1/2): it does not


def weighted_index(energy: float, derivatives: tuple[float, float, float], n: int, matrices: int) -> float:
    """Mean index over n of the Hessians at an energy, weighted by |det H|, by sampling matrices of size n."""
    value, slope, bend = derivatives
    rng = np.random.default_rng(2)
    normal = rng.normal(size=(matrices, n, n))
    ensemble = np.sqrt(4.0 * bend / (2.0 * n)) * (normal + np.swapaxes(normal, 1, 2))
    eigenvalues = np.linalg.eigvalsh(ensemble)
    centre, variance = 2.0 * slope * energy / value, 4.0 * (bend - slope**2 / value) / n
    shifts = centre + (np.linspace(-12.0, 12.0, 241) * np.sqrt(variance) if variance > 1e-12 else np.zeros(1))
    moved = eigenvalues[:, None, :] + shifts[:, None]
    logarithm = np.log(np.abs(moved)).sum(axis=2)
    if variance > 1e-12:
        logarithm -= (shifts - centre) ** 2 / (2.0 * variance)
    weight = np.exp(logarithm - logarithm.max())
    return float((weight * (moved < 0.0).mean(axis=2)).sum() / weight.sum())


@pytest.mark.parametrize("derivatives", [SQUARED_EXPONENTIAL, ALGEBRAIC])
@pytest.mark.parametrize("energy", [-0.6, -0.3, 0.0, 0.4])
def test_small_matrices(energy: float, derivatives: tuple[float, float, float]) -> None:
    predicted = theory.bray_dean_index(energy, derivatives)
    assert weighted_index(energy, derivatives, n=40, matrices=300) == pytest.approx(predicted, abs=0.012)


def test_the_determinant_moves_the_centre() -> None:
    """Without its weight the centre would be where the energy puts it on average, and the index another."""
    unweighted = theory.semicircle_cumulative(-0.6, variance=4.0 * ALGEBRAIC[2])
    assert abs(unweighted - weighted_index(-0.6, ALGEBRAIC, n=40, matrices=300)) > 0.03


def test_of_a_landscape() -> None:
    """The derivatives are those that a landscape carries; indices fall with the energy, from all to none."""
    landscape = ls.GaussianLandscape(4, seed=0)
    energies = np.linspace(-3.0, 3.0, 25)
    index = theory.bray_dean_index(energies, landscape.derivatives)
    np.testing.assert_allclose(index, theory.bray_dean_index(energies), atol=1e-12)
    np.testing.assert_allclose(index + index[::-1], 1.0, atol=1e-12)
    assert np.all(np.diff(index) >= 0.0) and index[0] == 0.0 and index[-1] == 1.0
    assert theory.bray_dean_index(0.0, confinement=2.0) == 0.0  # above the critical confinement: minima


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="derivatives: f > 0"):
        theory.bray_dean_index(0.0, (1.0, -0.5, 0.1))
    with pytest.raises(ValueError, match="derivatives: f\\(0\\)"):
        theory.bray_dean_index(0.0, (1.0, -0.5))
    with pytest.raises(ValueError, match="energy: finite numbers"):
        theory.bray_dean_index(float("nan"))
    with pytest.raises(ValueError, match="confinement"):
        theory.bray_dean_index(0.0, confinement=-1.0)
