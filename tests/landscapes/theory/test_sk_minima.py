"""The mean number of configurations stable against flips: published numbers, exact small sizes, and enumeration."""

import numpy as np
import pytest
from scipy import integrate, stats

import ising_problems as ip
import landscapes as ls

count = ls.theory.sk_minima_count


def test_values_of_the_formula() -> None:
    wanted = {8: 5.227, 10: 7.766, 12: 11.549, 14: 17.185, 16: 25.578, 18: 38.077, 20: 56.691}
    for n, value in wanted.items():
        assert count(n) == pytest.approx(value, abs=5e-4)
    assert count(400, log=True) / 400 == pytest.approx(0.1992 + np.log(1.0505) / 400, abs=5e-5)


@pytest.mark.parametrize("n", [3, 4, 7, 20, 150])
def test_the_integral_is_that_of_quadrature(n: int) -> None:
    def integrand(z: float) -> float:
        return float(np.exp(stats.norm.logpdf(z) + n * stats.norm.logcdf(z / np.sqrt(n - 2)) + n * np.log(2)))

    value, _ = integrate.quad(integrand, -12, 40, points=[0, 0.5 * np.sqrt(n)], epsabs=0, epsrel=1e-12, limit=400)
    assert count(n) == pytest.approx(value, rel=1e-11)
    assert count(n, log=True) == pytest.approx(np.log(value), rel=1e-11)


def test_two_and_three_spins_have_two_minima_whatever_their_couplings() -> None:
    assert count(2) == 2
    assert count(3) == pytest.approx(2, rel=1e-13)  # of a frustrated triangle: the weakest bond is left unsatisfied


def test_large_sizes_follow_laplaces_method() -> None:
    y = 0.5
    for _ in range(60):
        y = stats.norm.pdf(y) / stats.norm.cdf(y)
    exponent = np.log(2) - y**2 / 2 + np.log(stats.norm.cdf(y))
    assert exponent == pytest.approx(0.19923, abs=5e-6)
    prefactor = np.exp(y**2) / np.sqrt(1 + 2 * y**2)
    assert prefactor == pytest.approx(1.0505, abs=1e-4)
    for n in (10_000, 1_000_000, 10**9):
        assert count(n, log=True) - n * exponent == pytest.approx(np.log(prefactor), abs=2e-4 + 1e-15 * n)
    with pytest.raises(ValueError, match="pass log=True"):
        count(10_000)


@pytest.mark.parametrize("n", [10, 12])
def test_enumeration_agrees_within_four_standard_errors(n: int) -> None:
    """400 instances; the twin, couplings with a ferromagnetic mean, has fewer minima."""

    def counts(mean: float) -> np.ndarray:
        found = []
        for seed in range(400):
            glass = ip.sherrington_kirkpatrick(n, seed=1000 * n + seed)
            model = ip.IsingModel(np.asarray(glass.J) + mean * (1 - np.eye(n)))
            found.append(ls.ising_minima(model, threads=1).count)
        return np.array(found)

    for mean, agrees in ((0.0, True), (1.0 / n, False)):
        found = counts(mean)
        error = found.std(ddof=1) / np.sqrt(400)
        assert (abs(found.mean() - count(n)) < 4 * error) == agrees


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="n: must be at least 2"):
        count(1)
    with pytest.raises(TypeError, match="n: must be an integer"):
        count(8.0)
    with pytest.raises(TypeError, match="log: must be True or False"):
        count(8, log=1)
