"""The density of eigenvalues from products alone, against dense spectra and the semicircle."""

from typing import Any

import numpy as np
import pytest

import ising_problems as ip
import landscapes as ls

METHODS = ["lanczos", "kernel-polynomial"]


def _soft(n: int, pump: float, seed: int = 0) -> ls.SoftSpinEnergy:
    return ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(n, seed=seed), pump)


def _largest_violation(spectrum: np.ndarray, found: ls.SpectralDensity) -> float:
    """How far the share found lies outside those within three resolutions to either side."""

    def share(shift: float) -> np.ndarray:
        return np.searchsorted(spectrum, found.grid + shift * float(found.resolution)) / len(spectrum)

    return float(np.max(np.maximum(share(-3.0) - found.cumulative, found.cumulative - share(3.0))))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("sparse", [False, True])
def test_cumulated_density_is_the_dense_spectrums_within_the_stated_error(method: Any, sparse: bool) -> None:
    """Resolution along the grid, four times 1/√(2np) across; the spectrum at a pump 1.4 higher is outside."""
    n = 500
    model = ip.random_regular(n, 4, seed=0) if sparse else ip.sherrington_kirkpatrick(n, seed=0)
    energy = ls.SoftSpinEnergy(model, -0.5)
    x = 0.6 * np.random.default_rng(3).standard_normal(n)
    found = ls.spectral_density(energy, x, method=method, probes=16, moments=120, seed=1)
    allowed = 4.0 / np.sqrt(2 * n * 16)
    assert _largest_violation(ls.hessian_spectrum(energy, x), found) < allowed
    assert _largest_violation(ls.hessian_spectrum(energy.with_pump(0.9), x), found) > 2 * allowed
    assert found.error.max() < 1.6 / np.sqrt(2 * n * 16)
    assert found.resolution < 0.03 * np.ptp(found.grid)
    # a density: positive, integrating to 1, and the derivative of the share
    assert found.density.min() > -1e-9 and np.diff(found.cumulative).min() > -1e-9
    assert np.trapezoid(found.density, found.grid) == pytest.approx(1.0, abs=5e-3)
    slope = np.gradient(found.cumulative, found.grid)
    assert np.abs(slope - found.density)[2:-2].max() < 0.05 * found.density.max()


@pytest.mark.parametrize("method", METHODS)
def test_the_origin_has_the_semicircle(method: Any) -> None:
    """Hessian -a - J: density √(4 - (t + a)²)/2π away from the edges; J and probes may be of one seed."""
    pump, n = -1.0, 1000
    grid = np.linspace(-0.7, 2.7, 35)
    found = ls.spectral_density(_soft(n, pump), np.zeros(n), grid, method=method, moments=60, probes=128, seed=0)
    semicircle = np.sqrt(4.0 - (grid + pump) ** 2) / (2.0 * np.pi)
    assert np.abs(found.density - semicircle).max() < 0.015
    np.testing.assert_array_equal(found.grid, grid)
    assert np.abs(found.density - np.sqrt(4.0 - (grid - 1.3) ** 2 + 0j).real / (2 * np.pi)).max() > 0.05


@pytest.mark.parametrize("method", METHODS)
def test_error_is_the_scatter_of_independent_estimates(method: Any) -> None:
    energy = _soft(80, -1.0)
    x = np.zeros(80)
    grid = np.array([0.5, 1.0, 1.5])
    runs = [ls.spectral_density(energy, x, grid, method=method, moments=40, seed=seed) for seed in range(60)]
    scatter = np.std([run.cumulative for run in runs], axis=0, ddof=1)
    stated = np.sqrt(np.mean([run.error**2 for run in runs], axis=0))
    np.testing.assert_allclose(scatter, stated, rtol=0.3)
    assert np.all(stated < 1.0 / np.sqrt(2 * 80 * 16)) and np.all(stated > 0.5 / np.sqrt(2 * 80 * 16))


def test_lanczos_quadrature_is_exact_for_few_eigenvalues() -> None:
    """Without couplings the Hessian is diagonal: 0.3 of one eigenvalue, 0.7 of another, and two nodes find them."""
    n = 100
    energy = ls.SoftSpinEnergy(ip.IsingModel(np.zeros((n, n))), 1.0)
    x = np.where(np.arange(n) < 30, 0.0, 1.0)
    found = ls.spectral_density(energy, x, [-2.0, 0.5, 3.0], probes=400, moments=30, resolution=0.05, seed=0)
    np.testing.assert_allclose(found.cumulative, [0.0, 0.3, 1.0], atol=4 * found.error.max() + 1e-12)
    assert found.error[1] == pytest.approx(np.sqrt(2 * 0.3 * 0.7 / 102 / 400), rel=0.15)
    assert found.cumulative[2] == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("moments", [2, 3, 8, 15])
def test_kernel_polynomials_are_jacksons_series_of_the_chebyshev_moments(moments: int) -> None:
    """The mean over very many probes is the series with the exact moments, Σ T_k(λ)/n, written out."""
    energy = _soft(12, -0.5)
    x = 0.4 * np.random.default_rng(4).standard_normal(12)
    spectrum = ls.hessian_spectrum(energy, x)
    found = ls.spectral_density(energy, x, 41, method="kernel-polynomial", moments=moments, probes=4000, seed=3)
    margin = 0.01 * np.ptp(spectrum)
    centre, half_width = 0.5 * (spectrum[0] + spectrum[-1]), 0.5 * np.ptp(spectrum) + margin
    order = np.arange(moments)
    angle = np.pi / (moments + 1)
    jackson = (moments - order + 1) * np.cos(angle * order) + np.sin(angle * order) / np.tan(angle)
    exact = np.cos(np.outer(order, np.arccos((spectrum - centre) / half_width))).mean(axis=1)
    weights = jackson / (moments + 1) * exact * np.where(order > 0, 2.0, 1.0)
    place = np.arccos((found.grid - centre) / half_width)
    written = weights @ np.cos(np.outer(order, place)) / (np.pi * np.sin(place) * half_width)
    inner = np.sin(place) > 0.6 * np.pi / moments
    assert np.count_nonzero(inner) > 5
    np.testing.assert_allclose(found.density[inner], written[inner], atol=0.03 * written[inner].max())
    assert float(found.resolution) == pytest.approx(np.pi / moments * half_width, rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_batches_seeds_and_small_sizes(method: Any) -> None:
    energy = _soft(30, 0.2)
    x = np.random.default_rng(0).standard_normal((2, 3, 30))
    found = ls.spectral_density(energy, x, 50, method=method, probes=3, moments=20, seed=5)
    assert found.grid.shape == (50,) and found.density.shape == found.error.shape == (2, 3, 50)
    assert found.resolution.shape == (2, 3)
    again = ls.spectral_density(energy, x, 50, method=method, probes=3, moments=20, seed=5)
    np.testing.assert_array_equal(again.cumulative, found.cumulative)
    one = ls.SoftSpinEnergy(ip.IsingModel([[0.0]]), 1.0)
    share = ls.spectral_density(one, [1.0], [-10.0, 10.0], method=method, seed=0).cumulative
    np.testing.assert_allclose(share, [0.0, 1.0], atol=1e-6)
    nothing = ls.SoftSpinEnergy(ip.IsingModel(np.zeros((0, 0))), 1.0)
    assert ls.spectral_density(nothing, np.zeros((4, 0)), 11, method=method).density.shape == (4, 11)
    assert ls.spectral_density(energy, np.zeros((0, 30)), 11, method=method).density.shape == (0, 11)


def test_wrong_arguments_are_named() -> None:
    energy, x = _soft(3, 0.0), np.zeros(3)
    with pytest.raises(ValueError, match="method: must be one of 'lanczos', 'kernel-polynomial'"):
        ls.spectral_density(energy, x, method="exact")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="grid: an ascending row"):
        ls.spectral_density(energy, x, [1.0, 0.0])
    with pytest.raises(ValueError, match="grid: must be at least 2"):
        ls.spectral_density(energy, x, 1)
    with pytest.raises(ValueError, match="resolution: must be greater than 0"):
        ls.spectral_density(energy, x, resolution=0.0)
    with pytest.raises(ValueError, match="resolution: that of kernel polynomials"):
        ls.spectral_density(energy, x, method="kernel-polynomial", resolution=0.1)
    with pytest.raises(ValueError, match="probes: must be at least 2"):
        ls.spectral_density(energy, x, probes=1)
    with pytest.raises(ValueError, match=r"x: .*finite"):
        ls.spectral_density(energy, [np.nan, 0.0, 0.0])
