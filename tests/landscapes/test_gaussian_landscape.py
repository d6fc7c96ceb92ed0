"""The Gaussian landscape: derivatives, covariances against theory, spectra, counts, and what is not a covariance."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import erf

import landscapes as ls
from landscapes.isotropic_covariance import exponential_mixture


def _power_law(u: np.ndarray) -> np.ndarray:
    return (1.0 + u) ** -1.5


@pytest.mark.parametrize("covariance", [None, _power_law])
def test_derivatives_match_finite_differences(covariance: Callable[[np.ndarray], np.ndarray] | None) -> None:
    energy = ls.GaussianLandscape(4, covariance, variance=2.0, length=0.7, confinement=0.3, seed=1)
    x = np.random.default_rng(2).standard_normal((3, 4))
    step = 1e-5
    hessian = energy.hessian(x)
    for i in range(4):
        move = np.zeros(4)
        move[i] = step
        slope = (energy.value(x + move) - energy.value(x - move)) / (2 * step)
        np.testing.assert_allclose(energy.gradient(x)[:, i], slope, atol=1e-6)
        bend = (energy.gradient(x + move) - energy.gradient(x - move)) / (2 * step)
        np.testing.assert_allclose(hessian[:, i], bend, atol=1e-6)
    v = np.random.default_rng(3).standard_normal((3, 4))
    np.testing.assert_allclose(energy.hessian_vector_product(x, v), np.einsum("mij,mj->mi", hessian, v))
    np.testing.assert_allclose(energy.hessian_vector_product(x[0], v), v @ hessian[0])
    for k in range(3):
        assert energy.value(x[k]) == pytest.approx(energy.value(x)[k], rel=1e-12)
        np.testing.assert_allclose(energy.hessian(x[k]), hessian[k], rtol=1e-12)


def _scores(samples: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Deviations of means over the first axis from what is expected, in standard errors."""
    error = samples.std(axis=0, ddof=1) / math.sqrt(len(samples))
    return np.abs(samples.mean(axis=0) - expected) / error


def _measured(covariance: Callable[[np.ndarray], np.ndarray] | None) -> tuple[list[ls.GaussianLandscape], np.ndarray]:
    """Landscapes of one ensemble, and V(0), V(y), ∇V(0) and the Hessian at 0 of each, one after the other."""
    rng = np.random.default_rng(7)
    first = ls.GaussianLandscape(3, covariance, variance=1.7, length=1.3, num_waves=64, seed=rng)
    ensemble = [first.redrawn(seed=rng) for _ in range(6000)]
    pair = np.array([[0.0, 0.0, 0.0], [1.0, -1.5, 0.5]])
    rows = [
        np.concatenate([e.value(pair), e.gradient(pair[0]), e.hessian(pair[0])[np.triu_indices(3)]]) for e in ensemble
    ]
    return ensemble, np.array(rows)


def _theory(f: Callable[[float], float], first: float, second: float) -> np.ndarray:
    """Covariances of the columns of ``_measured`` for n = 3, from f and its derivatives at 0."""
    n, squared_distance = 3, 3.5
    shift = np.array([1.0, -1.5, 0.5])
    result = np.zeros((11, 11))
    result[:2, :2] = n * f(0.0)
    result[0, 1] = result[1, 0] = n * f(squared_distance / n)
    # the gradient at 0 with V(y): the derivative of n f(|x - y|²/n) with respect to x, at x = 0
    step = 1e-6
    slope = (f(squared_distance / n + step) - f(squared_distance / n - step)) / (2 * step)
    curve = (f(squared_distance / n + 1e-3) - 2 * f(squared_distance / n) + f(squared_distance / n - 1e-3)) / 1e-6
    result[1, 2:5] = result[2:5, 1] = -2.0 * shift * slope
    result[2:5, 2:5] = -2.0 * first * np.eye(3)
    pairs = [(i, j) for i in range(3) for j in range(i, 3)]
    for a, (i, j) in enumerate(pairs):
        result[0, 5 + a] = result[5 + a, 0] = 2.0 * first * (i == j)
        result[1, 5 + a] = result[5 + a, 1] = 2.0 * slope * (i == j) + 4.0 / n * curve * shift[i] * shift[j]
        for b, (k, m) in enumerate(pairs):
            deltas = (i == j) * (k == m) + (i == k) * (j == m) + (i == m) * (j == k)
            result[5 + a, 5 + b] = 4.0 / n * second * deltas
    return result


def test_covariances_of_value_gradient_and_hessian_are_those_of_the_theory() -> None:
    """Bray, Dean (2007): n f, -2f'δ, 2f'δ, (4f''/n)(δδ + δδ + δδ); a length 5 % longer is told apart."""
    for shape, first, second in (
        (lambda u: np.exp(-0.5 * u), -0.5, 0.25),
        (_power_law, -1.5, 3.75),
    ):
        ensemble, columns = _measured(None if first == -0.5 else shape)
        products = columns[:, :, None] * columns[:, None, :]
        for length, agrees in ((1.3, True), (1.3 * 1.05, False)):
            expected = _theory(
                lambda u, shape=shape, length=length: 1.7 * float(shape(np.asarray(u / length**2))),
                1.7 * first / length**2,
                1.7 * second / length**4,
            )
            worst = _scores(products, expected).max()
            assert (worst < 4.5) if agrees else (worst > 6.0), (length, worst)
        assert ensemble[0].derivatives == pytest.approx((1.7, 1.7 * first / 1.69, 1.7 * second / 1.69**2), rel=1e-4)
        assert np.abs(columns.mean(axis=0)).max() < 0.15
        np.testing.assert_allclose(
            ensemble[0].covariance([0.0, 2.0]), 1.7 * shape(np.array([0.0, 2.0 / 1.69])), rtol=1e-5
        )


def test_the_hessian_is_a_semicircle_to_the_order_that_is_stated() -> None:
    """Second moment 4f''(0); fourth over second squared 2 + 3n/2M: 2 only for many waves."""
    n, realisations = 100, 12
    for waves, accuracy in ((n, 0.25), (32 * n, 0.03)):
        rng = np.random.default_rng(waves)
        moments = []
        for _ in range(realisations):
            spectrum = ls.hessian_spectrum(ls.GaussianLandscape(n, num_waves=waves, seed=rng), np.zeros(n))
            centred = spectrum - spectrum.mean()
            moments.append([np.mean(centred**2), np.mean(centred**4)])
        second, fourth = np.mean(moments, axis=0)
        assert second == pytest.approx(1.0, abs=0.06)  # f'' = 1/4 for exp(-u/2)
        assert fourth / second**2 == pytest.approx(2.0 + 1.5 * n / waves, abs=accuracy)


def _mean_count(curvature_variance: float, confinement: float) -> float:
    """Kac–Rice in one dimension: ⟨|V'' + μ|⟩/μ with V'' normal, independent of V'."""
    sd = math.sqrt(curvature_variance)
    t = confinement / sd
    return (
        sd * math.sqrt(2.0 / math.pi) * math.exp(-0.5 * t * t) + confinement * erf(t / math.sqrt(2.0))
    ) / confinement


def test_number_of_critical_points_in_one_dimension_is_that_of_kac_and_rice() -> None:
    grid = np.linspace(-12.0, 12.0, 601)[:, None]
    rng = np.random.default_rng(0)
    counts = []
    for _ in range(400):
        energy = ls.GaussianLandscape(1, confinement=0.5, num_waves=128, seed=rng)
        signs = energy.gradient(grid)[:, 0] > 0
        assert not signs[0] and signs[-1]
        counts.append(np.count_nonzero(signs[1:] != signs[:-1]))
    error = np.std(counts) / math.sqrt(len(counts))
    assert np.mean(counts) == pytest.approx(_mean_count(12.0 * 0.25, 0.5), abs=4 * error)
    assert abs(np.mean(counts) - _mean_count(12.0 * 0.25 / 1.15**4, 0.5)) > 4 * error  # a length 15 % longer


def test_seed_confinement_and_small_sizes() -> None:
    x = np.ones((2, 5))
    one, same, other = (ls.GaussianLandscape(5, seed=seed).value(x) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.all(one != other)
    first = ls.GaussianLandscape(5, seed=1)
    np.testing.assert_array_equal(first.redrawn(seed=2).value(x), other)
    np.testing.assert_array_equal(first.value(x), one)
    confined = ls.GaussianLandscape(5, confinement=2.0, seed=1)
    np.testing.assert_allclose(confined.value(x) - one, 5.0, rtol=1e-12)
    assert ls.GaussianLandscape(5, variance=4.0, length=2.0, seed=1).critical_confinement == pytest.approx(0.5)
    for n in (0, 1):
        energy = ls.GaussianLandscape(n, seed=0)
        assert isinstance(energy.value(np.zeros(n)), float)
        assert energy.gradient(np.zeros((3, n))).shape == (3, n)
        assert energy.hessian(np.zeros((0, n))).shape == (0, n, n)
        assert energy.hessian_vector_product(np.zeros((3, n)), np.zeros(n)).shape == (3, n)
        assert ls.hessian_spectrum(energy, np.zeros(n)).shape == (n,)


@pytest.mark.parametrize(
    ("covariance", "first", "second"),
    [
        (lambda u: 3.0 * np.exp(-u / 1.7), -3.0 / 1.7, 3.0 / 1.7**2),
        (lambda u: 1.0 / (1.0 + u), -1.0, 2.0),
        (lambda u: np.exp(1.0 - np.sqrt(1.0 + u)), -0.5, 0.5),
        (lambda u: 0.5 + 0.5 * np.exp(-1e6 * u), -0.5e6, 0.5e12),
        (lambda u: 0.7 * np.ones_like(u), 0.0, 0.0),
    ],
)
def test_completely_monotone_functions_are_mixtures_of_exponentials(
    covariance: Callable[[np.ndarray], np.ndarray], first: float, second: float
) -> None:
    rates, weights = exponential_mixture(covariance)
    u = np.linspace(0.0, 30.0, 301)
    np.testing.assert_allclose(np.exp(-np.outer(u, rates)) @ weights, covariance(u), atol=1e-5)
    assert -(weights @ rates) == pytest.approx(first, rel=1e-3)
    assert weights @ rates**2 == pytest.approx(second, rel=1e-2)
    assert weights.min() > 0


@pytest.mark.parametrize(
    ("covariance", "message"),
    [
        (lambda u: np.maximum(0.0, 1.0 - u), "isn't the covariance of an isotropic field"),
        (lambda u: np.cos(u) * np.exp(-u), "isn't the covariance of an isotropic field"),
        (lambda u: np.exp(-u * u), "isn't the covariance of an isotropic field"),
        (lambda u: np.exp(-0.5 * u) * (1.0 + 0.01 * np.cos(3.0 * u)), "isn't the covariance of an isotropic field"),
        (lambda u: np.exp(-np.sqrt(u)), "second derivative at distance 0 is not finite"),
        (lambda u: -np.exp(-u), "must be positive, but it is -1"),
        (lambda u: np.full(np.shape(u), np.nan), "must be finite at every squared distance"),
    ],
)
def test_what_is_no_covariance_is_refused(covariance: Callable[[np.ndarray], np.ndarray], message: str) -> None:
    with pytest.raises(ValueError, match=f"covariance: .*{message}"):
        ls.GaussianLandscape(3, covariance, seed=0)


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(TypeError, match="covariance: a function"):
        ls.GaussianLandscape(3, "matern", seed=0)  # type: ignore[arg-type]
    for arguments in ({"variance": 0.0}, {"length": -1.0}, {"confinement": -1.0}, {"num_waves": 0}):
        with pytest.raises(ValueError, match=f"{next(iter(arguments))}: must be"):
            ls.GaussianLandscape(3, **arguments, seed=0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="num_variables"):
        ls.GaussianLandscape(-1)
    with pytest.raises(ValueError, match=r"x: .*3 variables"):
        ls.GaussianLandscape(3, seed=0).hessian(np.zeros(2))


def test_points_whose_squares_overflow_are_refused() -> None:
    energy = ls.GaussianLandscape(3, seed=0)
    for method in (
        energy.value,
        energy.gradient,
        energy.hessian,
        lambda x: energy.hessian_vector_product(x, np.ones(3)),
    ):
        for far in (1e200, np.inf, np.nan):
            with pytest.raises(ValueError, match=r"x: coordinates up to 1e\+100 are needed, but entry \(1,\) is"):
                method([0.0, far, 0.0])
    assert energy.gradient_unit == 1.0 and ls.GaussianLandscape(3, variance=4.0, seed=0).gradient_unit == 2.0
