"""Statistics of confocal couplings: closed values, quadrature, Monte Carlo and its twins."""

import numpy as np
import pytest
from scipy import integrate, optimize

import cim

cavity = cim.cavity
WIDTHS = [0.5, 0.67, 1.0]


def test_closed_values_at_one_waist() -> None:
    found = cavity.connectivity_moments(1.0)
    assert found.mean == pytest.approx(1 / 5, abs=1e-15)
    assert found.second == pytest.approx(9 / 17, abs=1e-15)
    assert found.triangle == pytest.approx(13 / (13**2 + 4 * 64), abs=1e-15)
    assert isinstance(found.mean, float)


def test_the_table_of_moments() -> None:
    found = cavity.connectivity_moments([0.5, 0.67, 0.85, 1.0, 1.5])
    np.testing.assert_allclose(found.mean, [0.8, 0.5537, 0.3238, 0.2, 0.0471], atol=5e-5)
    np.testing.assert_allclose(found.second, [0.75, 0.6184, 0.5535, 0.5294, 0.5061], atol=5e-5)
    np.testing.assert_allclose(found.triangle, [0.56, 0.2481, 0.0815, 0.0306, 0.0017], atol=5e-5)


def test_limits_of_narrow_and_wide_clouds() -> None:
    narrow = cavity.connectivity_moments([0.0, 1e-100])
    for name in ("mean", "second", "triangle"):
        np.testing.assert_array_equal(getattr(narrow, name), 1.0)
    wide = cavity.connectivity_moments([30.0, 1e200])
    t = 2 * 30.0**2
    np.testing.assert_allclose(wide.triangle[0] * 4 * t**4 / 3, 1, rtol=1e-5)
    np.testing.assert_allclose(wide.second, 0.5, rtol=1e-6)
    assert wide.mean[1] < 1e-200
    couplings = np.array([-0.9, -0.3, 0.0, 0.6, 0.999])
    arcsine = 1 - np.arccos(couplings) / np.pi
    np.testing.assert_allclose(cavity.connectivity_cumulative(couplings, 1e5), arcsine, atol=1e-9)
    np.testing.assert_allclose(cavity.connectivity_density(couplings, 1e5), 1 / np.pi / np.sqrt(1 - couplings**2))
    for width in (1e-3, 1e-80, 1e80):
        assert np.isfinite(cavity.connectivity_density(couplings, width)).all()
        share = cavity.connectivity_cumulative([-1.0, *couplings, 1.0], width)
        assert share[0] == 0 and share[-1] == 1 and (np.diff(share) >= 0).all()


@pytest.mark.parametrize("width", [0.4, 0.5, 0.67, 1.0, 1.5, 4.0])
def test_the_density_integrates_to_the_moments_and_to_the_cumulative(width: float) -> None:
    def average(function: object, upper: float = np.pi) -> float:
        """Over the angle, where the square roots at both ends are gone: J = cos φ, which is exact enough if φ ~ 1."""
        return float(integrate.quad(function, 0, upper, epsabs=1e-14, epsrel=1e-13, limit=400)[0])

    def weight(angle: float) -> float:
        return float(cavity.connectivity_density(np.cos(angle), width)) * np.sin(angle)

    assert average(weight) == pytest.approx(1, abs=1e-12)
    moments = cavity.connectivity_moments(width)
    assert average(lambda a: np.cos(a) * weight(a)) == pytest.approx(moments.mean, abs=1e-12)
    assert average(lambda a: np.cos(a) ** 2 * weight(a)) == pytest.approx(moments.second, abs=1e-12)
    for coupling in (-0.7, 0.0, 0.4, 0.95):
        above = average(weight, float(np.arccos(coupling)))
        assert cavity.connectivity_cumulative(coupling, width) == pytest.approx(1 - above, abs=1e-12)


def test_the_singular_ends_keep_their_digits() -> None:
    # near J = 1: P(J > 1 - e) = 1 - sinh((π - φ)/t)/sinh(π/t), about coth(π/t) φ/t with φ = √(2e)
    width, small = 1.0, 2.0**-40
    t = 2.0
    angle = np.sqrt(2 * small)
    assert 1 - cavity.connectivity_cumulative(1 - small, width) == pytest.approx(
        angle / t / np.tanh(np.pi / t), rel=1e-5
    )
    assert cavity.connectivity_density(1 - small, width) * angle == pytest.approx(
        1 / (t * np.tanh(np.pi / t)), rel=1e-5
    )
    assert cavity.connectivity_cumulative(-1 + small, width) == pytest.approx(angle / t / np.sinh(np.pi / t), rel=1e-9)
    assert cavity.connectivity_density([-1.0, 1.0], width).tolist() == [np.inf, np.inf]
    assert cavity.connectivity_density([-1.5, 2.0], width).tolist() == [0.0, 0.0]
    assert cavity.connectivity_cumulative([-np.inf, 2.0], width).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("width", WIDTHS)
def test_moments_of_random_positions(width: float) -> None:
    """Within 4 standard errors of a quarter of a million triangles; a width off by 3 % is not."""
    rng = np.random.default_rng(11)
    first, second, third = (cavity.random_positions(250_000, width, seed=rng) for _ in range(3))
    a, b, c = (np.cos(2 * (p * q).sum(axis=1)) for p, q in ((first, second), (second, third), (third, first)))
    draws = {"mean": a, "second": a**2, "triangle": a * b * c}
    right, wrong = cavity.connectivity_moments(width), cavity.connectivity_moments(1.03 * width)
    for name, values in draws.items():
        error = values.std() / np.sqrt(len(values))
        assert abs(values.mean() - getattr(right, name)) < 4 * error
    error = a.std() / np.sqrt(len(a))
    assert abs(a.mean() - wrong.mean) > 4 * error
    independent = right.mean**3  # couplings around a triangle are not
    assert abs(draws["triangle"].mean() - independent) > 4 * draws["triangle"].std() / np.sqrt(len(a))


def test_the_distribution_of_couplings_of_models() -> None:
    counts, width = 2_000, 1.0
    couplings = np.array(
        [
            cavity.confocal_couplings(cavity.random_positions(2, width, seed=np.random.default_rng(k))).J[0, 1]
            for k in range(counts)
        ]
    )

    def distance(at: float) -> float:
        share = cavity.connectivity_cumulative(np.sort(couplings), at)
        return float(np.abs(share - (np.arange(counts) + 0.5) / counts).max() * np.sqrt(counts))

    assert distance(width) < 1.95  # Kolmogorov's law: exceeded once in a thousand
    assert distance(1.2) > 1.95


def test_widths_and_couplings_broadcast() -> None:
    widths = np.array([[0.5], [1.0]])
    assert cavity.connectivity_density([0.1, 0.2, 0.3], widths).shape == (2, 3)
    assert cavity.connectivity_cumulative(0.5, widths).shape == (2, 1)
    assert cavity.connectivity_moments(widths).triangle.shape == (2, 1)
    assert isinstance(cavity.connectivity_density(0.1, 1), float)


@pytest.mark.parametrize("n", [1, 5, 16, 1000])
def test_the_crossover_is_where_the_mean_matters(n: int) -> None:
    def excess(width: float) -> float:
        moments = cavity.connectivity_moments(width)
        return n * moments.mean**2 - (moments.second - moments.mean**2)

    width = cavity.glass_crossover_width(n)
    assert width == pytest.approx(optimize.brentq(excess, 0.05, 50, xtol=1e-14, rtol=1e-14), rel=1e-12)


def test_the_crossover_grows_as_the_eighth_root() -> None:
    sizes = np.array([1e6, 1e12, 1e18])
    widths = cavity.glass_crossover_width(sizes)
    np.testing.assert_allclose(widths[-1], 2**-0.375 * sizes[-1] ** 0.125, rtol=1e-6)
    exponent = np.diff(np.log(widths)) / np.diff(np.log(sizes))
    np.testing.assert_allclose(exponent, 1 / 8, atol=1e-4)


def test_bad_input_is_refused_with_the_arguments_name() -> None:
    with pytest.raises(ValueError, match=r"width: must be at least 0 and finite, but it is -1\.0"):
        cavity.connectivity_moments([0.5, -1.0])
    with pytest.raises(ValueError, match=r"width: must be positive and finite, but it is 0"):
        cavity.connectivity_density(0.1, 0)
    with pytest.raises(ValueError, match="width: must be positive and finite, but it is inf"):
        cavity.connectivity_cumulative(0.1, np.inf)
    with pytest.raises(ValueError, match="coupling: must be a number"):
        cavity.connectivity_density(np.nan, 1.0)
    with pytest.raises(ValueError, match="n: at least one atom"):
        cavity.glass_crossover_width([5, 0])
