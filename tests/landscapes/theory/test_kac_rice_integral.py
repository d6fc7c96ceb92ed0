"""Kac and Rice's integral itself, for two and three spins and sampled for more: against counts and complexity."""

import numpy as np
import pytest
from scipy.special import erf, logsumexp, ndtr
from scipy.stats import qmc

import ising_problems as ip
import landscapes as ls
from landscapes import theory


def counted(n: int, pump: float, instances: int) -> np.ndarray:
    """Certified numbers of critical points."""
    models = [ip.sherrington_kirkpatrick(n, seed=7000 + s) for s in range(instances)]
    censuses = [ls.enumerate_critical_points(ls.SoftSpinEnergy(model, pump)) for model in models]
    assert all(census.certified for census in censuses)
    return np.array([len(census.x) for census in censuses])


@pytest.mark.parametrize("pump", [-0.5, 0.6, 1.5])
def test_two_spins(pump: float) -> None:
    """By hand: x = 0; x₁ = ±x₂ with x₁² = a ± J; and x₁x₂ = -J, x₁² + x₂² = a where a > 2|J|."""
    models = [ip.sherrington_kirkpatrick(2, seed=s) for s in range(60)]
    coupling = np.array([model.J[0, 1] for model in models])
    by_hand = 1 + 2 * (pump + coupling > 0) + 2 * (pump - coupling > 0) + 4 * (pump > 2 * np.abs(coupling))
    found = [len(ls.enumerate_critical_points(ls.SoftSpinEnergy(model, pump)).x) for model in models]
    assert found == by_hand.tolist()
    # and the mean over J ~ N(0, 1/2)
    mean = 1.0 + 4.0 * ndtr(np.sqrt(2.0) * pump) + 4.0 * erf(max(pump, 0.0) / 2.0)
    many = np.random.default_rng(0).normal(size=100_000) / np.sqrt(2.0)
    counts = 1 + 2 * (pump + many > 0) + 2 * (pump - many > 0) + 4 * (pump > 2 * np.abs(many))
    assert counts.mean() == pytest.approx(mean, abs=4.0 * counts.std() / np.sqrt(len(many)))


def three_spins(pump: float, signed: bool = False) -> float:
    """∫ d³x p(J(x)) |det H| / (2 |x₁x₂x₃|): three equations fix the three couplings. The origin is left out."""
    unit = qmc.Sobol(3, seed=1).random_base2(19)
    scale = 0.6
    x = scale * np.tan(np.pi * (unit - 0.5))  # Cauchy
    proposal = np.prod(scale / np.pi / (scale**2 + x * x), axis=1)
    force = x**3 - pump * x
    work = force * x
    total, product = work.sum(axis=1), np.prod(x, axis=1)
    pair = {k: (0.5 * total - work[:, k]) * x[:, k] / product for k in range(3)}  # the coupling without spin k
    logarithm = 1.5 * np.log(3.0 / (2.0 * np.pi)) - 1.5 * sum(value**2 for value in pair.values())
    hessian = np.zeros((len(x), 3, 3))
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        hessian[:, i, j] = hessian[:, j, i] = -pair[k]
        hessian[:, k, k] = 3.0 * x[:, k] ** 2 - pump
    determinant = np.linalg.det(hessian)
    weight = np.exp(np.maximum(logarithm, -700.0)) / (2.0 * np.abs(product)) / proposal
    return float(np.mean(weight * (determinant if signed else np.abs(determinant))))


@pytest.mark.parametrize("pump", [0.0, 1.0])
def test_three_spins(pump: float) -> None:
    counts = counted(3, pump, 400)
    error = counts.std() / np.sqrt(len(counts))
    assert counts.mean() == pytest.approx(1.0 + three_spins(pump), abs=4.0 * error)
    # counted with the sign of the determinant, points and origin make one, to what the integration is worth
    upper = np.random.default_rng(3).normal(size=(100_000, 3)) / np.sqrt(3.0)
    a, (j, k, m) = pump, upper.T
    origin = np.sign(-(a**3) + a * (j * j + k * k + m * m) - 2.0 * j * k * m)
    assert pytest.approx(origin.mean() + three_spins(pump, signed=True), abs=0.06) == 1.0
    assert abs(three_spins(pump, signed=True) - three_spins(pump)) > 1.0


def sampled(points: theory.Complexity, n: int, samples: int) -> tuple[float, float, float]:
    """ln of the mean number of critical points of n spins, and their mean index and energy, by importance sampling.

    Couplings have a diagonal too, of variance 2/n, which makes the field J x exactly Gaussian with covariance
    q (1 + uuᵀ), u = x/|x|, and J given J x = f exactly (1-uuᵀ) K (1-uuᵀ) + (u fᵀ + f uᵀ)/|x| - (u·f) uuᵀ/|x|.  The
    amplitudes are drawn from the density of the points, stretched by one of several common factors.
    """
    rng = np.random.default_rng(n)
    grid = np.linspace(-5.0, 5.0, 40001)
    cumulative = np.cumsum(points.density(grid))
    factors = np.exp(np.linspace(-1.2, 1.2, 9) / np.sqrt(n))
    x = np.interp(rng.random((samples, n)), cumulative / cumulative[-1], grid) * rng.choice(factors, (samples, 1))
    with np.errstate(divide="ignore"):
        proposal = logsumexp([np.log(points.density(x / s) / s).sum(axis=1) for s in factors], axis=0)
    proposal -= np.log(len(factors))
    force, q = x**3 - points.pump * x, np.mean(x * x, axis=1)
    size = np.sqrt(n * q)[:, None]
    u = x / size
    along = np.sum(u * force, axis=1)
    density = -0.5 * n * np.log(2.0 * np.pi * q) - 0.5 * np.log(2.0)
    density -= 0.5 * (np.sum(force**2, axis=1) - 0.5 * along**2) / q
    normal = rng.normal(size=(samples, n, n))
    couplings = (normal + np.swapaxes(normal, 1, 2)) / np.sqrt(2.0 * n)
    difference = force / size - np.einsum("sij,sj->si", couplings, u)
    couplings += u[:, :, None] * difference[:, None] + difference[:, :, None] * u[:, None]
    couplings -= np.sum(u * difference, axis=1)[:, None, None] * u[:, :, None] * u[:, None]
    np.testing.assert_allclose(np.einsum("sij,sj->si", couplings[:9], x[:9]), force[:9], atol=1e-10)
    hessian = -couplings
    hessian[:, range(n), range(n)] += 3.0 * x * x - points.pump
    eigenvalues = np.linalg.eigvalsh(hessian)
    logarithm = density + np.log(np.abs(eigenvalues)).sum(axis=1) - proposal
    weight = np.exp(logarithm - logarithm.max())
    index, energy = np.mean(eigenvalues < 0.0, axis=1), -0.25 * np.mean(x**4, axis=1)
    mean = float(logsumexp(logarithm) - np.log(samples))
    return mean, float(weight @ index / weight.sum()), float(weight @ energy / weight.sum())


def test_the_sampled_number_is_exact_for_one_spin() -> None:
    """x² = a + J with J ~ N(0, 2): two points in a fraction Φ(a/√2) of all cases, beside the origin."""
    for pump in (0.0, 1.0):
        number = np.exp(sampled(theory.complexity(pump), 1, 200_000)[0])
        assert number == pytest.approx(2.0 * ndtr(pump / np.sqrt(2.0)), rel=0.03)


@pytest.mark.parametrize("pump", [0.0, 2.0])
def test_the_sampled_number_grows_with_the_complexity(pump: float) -> None:
    """From 32 to 64 spins, with an error of 0.003 and powers of n that add 0.01 at pump 0; so do index and energy."""
    points = theory.complexity(pump)
    (small, _, _), (large, index, energy) = sampled(points, 32, 6000), sampled(points, 64, 2000)
    slope = (large - small) / 32.0
    assert slope == pytest.approx(points.sigma, abs=0.015)
    assert abs(slope - theory.complexity(pump, "minima").sigma) > 0.08
    assert abs(slope - theory.complexity(pump + 0.15).sigma) > 0.02
    assert index == pytest.approx(points.index, abs=0.02)
    assert energy == pytest.approx(points.energy, abs=0.02)
