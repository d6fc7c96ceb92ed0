"""Annealed complexity: against its own functional, identities, limits, random matrices, enumeration, known values."""

import numpy as np
import pytest

import ising_problems as ip
import landscapes as ls
from landscapes import theory
from landscapes.theory.annealed_saddle import AnnealedSaddle, _equations
from landscapes.theory.saddle_continuation import Controls

# (pump, Σ, e, r, q) and (pump, Σ, e, q, G): solved independently, by another root finder and another quadrature
ALL = [
    (-1.5, 0.00559, -0.01064, 0.01643, 0.1457),
    (-1.2, 0.01947, -0.03028, 0.03210, 0.2609),
    (-0.93, 0.04215, -0.05922, 0.04742, 0.3800),
    (-0.7, 0.07066, -0.09396, 0.06054, 0.4924),
    (-0.45, 0.11255, -0.14383, 0.07419, 0.6253),
    (0.0, 0.21873, -0.26825, 0.09651, 0.8848),
    (0.5, 0.37734, -0.44126, 0.12892, 1.1533),
    (1.0, 0.55056, -0.59677, 0.19158, 1.3200),
]
MINIMA = [
    (-1.5, 0.00010, -0.02890, 0.2596, 0.9104),
    (-1.2, 0.00113, -0.07972, 0.4659, 0.8147),
    (-0.93, 0.00533, -0.14472, 0.6580, 0.7143),
    (-0.7, 0.01621, -0.20620, 0.8061, 0.6301),
    (-0.45, 0.04751, -0.27308, 0.9428, 0.5894),
    (0.0, 0.13019, -0.43270, 1.2124, 0.5056),
    (0.5, 0.22979, -0.66441, 1.5259, 0.4237),
    (1.0, 0.32361, -0.95931, 1.8534, 0.3578),
    (2.0, 0.47578, -1.77417, 2.5569, 0.2617),
]


GRID = np.linspace(1e-9, 6.0, 300001)


def functional(points: theory.Complexity, tilt: float = 0.0) -> float:
    """Σ[p] as it is defined, by the trapezoidal rule, for the density of some points times 1 + tilt cos 3x."""
    a, g, x = points.pump, points.resolvent, GRID
    density = points.density(x) * (1.0 + tilt * np.cos(3.0 * x))
    density /= 2.0 * np.trapezoid(density, x)

    def average(values: np.ndarray) -> float:
        return 2.0 * float(np.trapezoid(density * values, x))

    q, force = average(x * x), x**3 - a * x
    entropy = -average(np.log(np.maximum(density, 1e-300)))
    gaussian = -0.5 * np.log(2.0 * np.pi * q) - average(force**2) / (2.0 * q) + average(x * force) ** 2 / (4.0 * q * q)
    return entropy + gaussian + average(np.log(np.abs(3.0 * x * x - a - g))) + 0.5 * (g * g).real


@pytest.mark.parametrize(("pump", "sigma", "energy", "index", "q"), ALL)
def test_all_critical_points(pump: float, sigma: float, energy: float, index: float, q: float) -> None:
    found = theory.complexity(pump)
    assert (found.sigma, found.energy, found.index) == pytest.approx((sigma, energy, index), abs=6e-6)
    assert found.q == pytest.approx(q, abs=6e-5)
    assert found.marginality == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(("pump", "sigma", "energy", "q", "resolvent"), MINIMA)
def test_marginal_minima(pump: float, sigma: float, energy: float, q: float, resolvent: float) -> None:
    found = theory.complexity(pump, "minima")
    assert (found.sigma, found.energy) == pytest.approx((sigma, energy), abs=6e-6)
    assert (found.q, found.resolvent) == pytest.approx((q, resolvent), abs=6e-5)
    assert found.index == 0.0 and found.marginality == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("kind", ["all", "minima"])
@pytest.mark.parametrize("pump", [-0.93, 0.5])
def test_sigma_is_the_functional_of_its_density(pump: float, kind: str) -> None:
    points = theory.complexity(pump, kind)
    assert functional(points) == pytest.approx(points.sigma, abs=1e-6)
    q, quartic = (2.0 * np.trapezoid(points.density(GRID) * GRID**power, GRID) for power in (2, 4))
    assert (q, -quartic / 4.0) == pytest.approx((points.q, points.energy), abs=1e-7)
    assert 2.0 * np.trapezoid(points.density(GRID), GRID) == pytest.approx(1.0, abs=1e-7)


def test_the_density_is_stationary() -> None:
    """A change of p by ε changes Σ by ε²; where Σ alone is not what is stationary, by ε."""
    points = theory.complexity(0.0)
    up, same, down = (functional(points, tilt) for tilt in (0.02, 0.0, -0.02))
    assert up + down < 2.0 * same  # a maximum with respect to p
    assert abs(up - down) < 2e-5
    weighted = theory.complexity(0.0, energy_weight=0.5)
    assert abs(functional(weighted, 0.02) - functional(weighted, -0.02)) > 2e-4


@pytest.mark.parametrize("pump", [-1.9, -0.93, 0.0, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("kind", ["all", "minima"])
def test_derivative_with_respect_to_the_pump(pump: float, kind: str) -> None:
    """dΣ/da = ⟨xV'⟩/(2q) - Re G, everything else being stationary; where minima are held marginal, + α ⟨D⁻²⟩."""
    step = 1e-3
    slope = (theory.complexity(pump + step, kind).sigma - theory.complexity(pump - step, kind).sigma) / (2.0 * step)
    found = theory.complexity(pump, kind)
    assert slope == pytest.approx(found.field_response - found.resolvent.real + found.multiplier, abs=2e-6)


def test_derivatives_with_respect_to_the_weights() -> None:
    """Σ + u⟨x⁴⟩/4 + ζr has the derivatives ⟨x⁴⟩/4 and r."""

    def legendre(u: float, zeta: float) -> float:
        found = theory.complexity(-0.3, energy_weight=u, index_weight=zeta)
        return found.sigma - u * found.energy + zeta * found.index

    step = 1e-4
    found = theory.complexity(-0.3, energy_weight=0.2, index_weight=-1.0)
    assert (legendre(0.2 + step, -1.0) - legendre(0.2 - step, -1.0)) / (2 * step) == pytest.approx(
        -found.energy, abs=1e-6
    )
    assert (legendre(0.2, -1.0 + step) - legendre(0.2, -1.0 - step)) / (2 * step) == pytest.approx(
        found.index, abs=1e-6
    )


@pytest.mark.parametrize(
    ("unknowns", "controls", "minima"),
    [
        ((-0.02, 0.65, -0.45, 0.37, -0.7, 0.1, 0.3), Controls(0.0), False),
        ((-0.02, 0.65, -0.45, 0.37, -0.7, 0.1, 0.3), Controls(0.0, energy=-0.27, log_index=-2.3), False),
        ((0.1, 0.6, -0.4, 0.3, -3.0, 0.1, 0.0), Controls(0.0), True),
    ],
)
def test_the_jacobian_is_the_derivative(unknowns: tuple[float, ...], controls: Controls, minima: bool) -> None:
    def residual(values: np.ndarray) -> np.ndarray:
        return _equations(AnnealedSaddle(values, controls, minima))[0]

    at, step = np.array(unknowns), 1e-6
    differences = [(residual(at + step * e) - residual(at - step * e)) / (2.0 * step) for e in np.eye(7)]
    np.testing.assert_allclose(_equations(AnnealedSaddle(at, controls, minima))[1], np.array(differences).T, atol=2e-8)


def test_limits() -> None:
    """ln 3 and a third at large pump, ln 2 for minima; the threshold's powers; the origin alone below it."""
    far = theory.complexity(12.0)
    assert (far.sigma, far.index) == pytest.approx((np.log(3.0), 1.0 / 3.0), abs=1e-6)
    assert far.energy == pytest.approx(-(12.0**2) / 6.0, rel=1e-3)  # two thirds of the spins at a² / 4
    assert theory.complexity(40.0, "minima").sigma == pytest.approx(np.log(2.0), abs=1e-5)
    for distance in (1e-2, 1e-3, 1e-4, 1e-6):
        near = theory.complexity(-2.0 + distance)
        assert near.q == pytest.approx(2.0 * distance / 9.0, rel=distance + 2e-4)
        assert near.energy == pytest.approx(-(distance**2) / 27.0, rel=distance + 2e-4)
        assert abs(near.sigma - 0.0983 * distance**3) < 0.01 * distance**3 + 1e-15
    for distance in (1e-3, 1e-6, 1e-9):
        for near in (theory.complexity(-2.0 + distance, "minima"), theory.susy_branch(-2.0 + distance)):
            step = near.pump + 2.0  # as it was rounded
            assert near.q == pytest.approx(step / 3.0, rel=2.0 * distance + 3e-4)
            assert near.energy == pytest.approx(-(step**2) / 12.0, rel=2.0 * distance + 3e-4)
            fall = step**2 if near.kind == "minima" else step**2 / 3.0  # the latter as in the replica-symmetric theory
            assert 1.0 - near.resolvent.real == pytest.approx(fall, rel=10.0 * distance + 2e-3, abs=2e-15)
        alpha = theory.complexity(-2.0 + distance, "minima").multiplier
        assert alpha == pytest.approx(-2.0 * distance**2 / 3.0, rel=10.0 * distance + 2e-3)
    assert theory.complexity(-1e6).resolvent == pytest.approx(1e-6, rel=1e-9)
    assert theory.complexity(1e2).sigma == pytest.approx(np.log(3.0), rel=1e-14)
    for pump in (-2.0, -3.0):
        alone = theory.complexity(pump)
        assert (alone.kind, alone.sigma, alone.energy, alone.index, alone.q) == ("origin", 0.0, 0.0, 0.0, 0.0)
        g = alone.resolvent.real
        assert g == pytest.approx(1.0 / (-pump - g))
        assert alone.density([0.0, 0.1]).tolist() == [np.inf, 0.0]


def test_the_supersymmetric_branch_is_the_replica_symmetric_solution() -> None:
    for pump, q, susceptibility, energy in (
        (-1.9, 0.038632, 0.997918, -0.000926),
        (-1.5, 0.262722, 0.974492, -0.029489),
        (-1.0, 0.653668, 0.933907, -0.141816),
    ):
        found = theory.susy_branch(pump)
        assert abs(found.sigma) < 1e-8
        assert (found.q, found.resolvent, found.energy) == pytest.approx((q, susceptibility, energy), abs=2e-6)
        assert found.field_response == pytest.approx(found.resolvent.real, abs=1e-9)
        assert abs(found.curvature) < 1e-9
        assert found.marginality > 1.0


def test_supersymmetry_breaks() -> None:
    """a + G vanishes at a = -0.9275517, where q = 0.718738 and e = -1/6; from there on Σ > 0."""
    last = theory.susy_branch(-0.92756)
    assert last.pump + last.resolvent.real == pytest.approx(0.0, abs=1e-4)
    assert (last.q, last.energy) == pytest.approx((0.718738, -1.0 / 6.0), abs=2e-4)
    assert theory.susy_branch(theory.susy_breaking().pump).energy == pytest.approx(-1.0 / 6.0, abs=1e-12)
    with pytest.raises(ValueError, match="pump: the supersymmetric branch ends"):
        theory.susy_branch(-0.9)
    for pump, sigma in ((-0.8, 0.00455), (-0.6, 0.02505), (-0.45, 0.04721), (0.0, 0.13018), (1.0, 0.32361)):
        found = theory.non_susy_branch(pump)
        assert found.sigma == pytest.approx(sigma, abs=6e-6)
        assert found.marginality == np.inf
    assert theory.non_susy_branch(-0.92).sigma < 3e-5


def test_minima_are_the_limit_of_small_index() -> None:
    minima, limit = theory.complexity(0.0, "minima"), theory.complexity(0.0, index_weight=-14.0)
    assert (limit.sigma, limit.energy) == pytest.approx((minima.sigma, minima.energy), abs=2e-5)
    wider = theory.complexity(0.0, index_weight=-3.0)
    assert abs(wider.energy - minima.energy) > 2e-3


def test_index_and_energy_at_pump_zero() -> None:
    rows = [(0.178, -0.155, 0.196), (0.0965, -0.268, 0.219), (0.0309, -0.379, 0.192), (0.001, -0.431, 0.136)]
    for found, (index, energy, sigma) in zip(theory.complexity_line(0.0, [row[0] for row in rows]), rows, strict=True):
        assert found.index == pytest.approx(index, rel=1e-9)
        assert (found.energy, found.sigma) == pytest.approx((energy, sigma), abs=6e-4)


def test_given_energy_and_index() -> None:
    """u and ζ are the derivatives of Σ(e, r)."""
    found = theory.complexity_at(-0.2, energy=-0.3, index=0.04)
    assert (found.energy, found.index) == pytest.approx((-0.3, 0.04), rel=1e-9)
    step = 1e-4
    up, down = (theory.complexity_at(-0.2, energy=-0.3 + s, index=0.04).sigma for s in (step, -step))
    assert (up - down) / (2 * step) == pytest.approx(found.energy_weight, abs=1e-5)
    up, down = (theory.complexity_at(-0.2, energy=-0.3, index=0.04 + s).sigma for s in (step, -step))
    assert (up - down) / (2 * step) == pytest.approx(-found.index_weight, abs=1e-4)
    assert theory.complexity_at(-0.2, energy=-0.3).sigma > found.sigma
    low = theory.complexity_at(-0.2, energy=-0.35, index=0.0)
    assert low.kind == "minima" and low.sigma < theory.complexity(-0.2, "minima").sigma


def test_the_determinant_and_the_index_of_random_matrices() -> None:
    """ln|det| and the negative eigenvalues of diag(3x² - a) - J with amplitudes drawn from the density."""
    pump, n = -0.7, 400
    points = theory.complexity(pump)
    rng = np.random.default_rng(5)
    grid = np.linspace(-4.0, 4.0, 20001)
    cumulative = np.cumsum(points.density(grid))
    x = np.interp((np.arange(n) + 0.5) / n, cumulative / cumulative[-1], grid)  # quantiles: no sampling noise
    upper = np.triu(rng.normal(size=(8, n, n)) / np.sqrt(n), 1)
    eigenvalues = np.linalg.eigvalsh(np.diag(3.0 * x * x - pump) - upper - np.swapaxes(upper, 1, 2))
    assert np.mean(eigenvalues < 0.0) == pytest.approx(points.index, abs=2e-3)
    g = points.resolvent
    logarithm = np.mean(np.log(np.abs(3.0 * x * x - pump - g)))
    assert np.mean(np.log(np.abs(eigenvalues))) == pytest.approx(logarithm + 0.5 * (g * g).real, abs=6e-3)
    # the diagonal alone would not do
    assert abs(np.mean(3.0 * x * x < pump) - points.index) > 5e-3
    assert abs(np.mean(np.log(np.abs(3.0 * x * x - pump))) - logarithm - 0.5 * (g * g).real) > 0.02


def growth(pump: float, small: int, large: int, instances: tuple[int, int]) -> float:
    """Growth per spin of ln of the mean number of critical points, from one size to another, all certified."""
    means = []
    for n, count in zip((small, large), instances, strict=True):
        models = [ip.sherrington_kirkpatrick(n, seed=1000 * n + s) for s in range(count)]
        censuses = [ls.enumerate_critical_points(ls.SoftSpinEnergy(model, pump)) for model in models]
        assert all(census.certified for census in censuses)
        means.append(np.log(np.mean([len(census.x) for census in censuses])))
    return float((means[1] - means[0]) / (large - small))


@pytest.mark.parametrize("pump", [0.0, 1.0, 2.0])
def test_the_growth_of_certified_counts(pump: float) -> None:
    """From 2 to 6 spins it is Σ to what such sizes allow, and not that of minima."""
    slope = growth(pump, 2, 6, (30, 20))
    assert slope == pytest.approx(theory.complexity(pump).sigma, abs=0.09)
    assert abs(slope - theory.complexity(pump, "minima").sigma) > 0.12


@pytest.mark.slow
@pytest.mark.parametrize("pump", [0.0, 1.0, 2.0])
def test_the_growth_of_certified_counts_up_to_eight_spins(pump: float) -> None:
    """From 4 to 8 spins, with a statistical error of 0.03; minima alone are four of those away."""
    slope = growth(pump, 4, 8, (100, 16))
    assert slope == pytest.approx(theory.complexity(pump).sigma, abs=0.06)
    assert abs(slope - theory.complexity(pump, "minima").sigma) > 0.09


def test_stability_against_an_overlap() -> None:
    """The most numerous points are counted rightly at every pump; those of low energy are not."""
    for pump in (-1.9, -1.2, -0.5, 0.0, 1.0, 3.0):
        assert theory.complexity(pump).stability < 1.0
        assert theory.complexity(pump, "minima").stability < 1.0
    assert (
        theory.complexity(0.0, energy_weight=0.55).stability
        < 1.0
        < theory.complexity(0.0, energy_weight=0.57).stability
    )


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="pump: must be finite"):
        theory.complexity(float("nan"))
    with pytest.raises(TypeError, match="pump"):
        theory.complexity("0")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"kind: .*'saddles'"):
        theory.complexity(0.0, "saddles")
    with pytest.raises(ValueError, match="index_weight: minima have index 0"):
        theory.complexity(0.0, "minima", index_weight=1.0)
    with pytest.raises(ValueError, match="no solution beyond"):
        theory.complexity(0.0, index_weight=5.0)
    with pytest.raises(ValueError, match=r"index: must be less than the origin's, 0\.5"):
        theory.complexity_at(0.0, index=0.6)
    with pytest.raises(ValueError, match=r"no solution beyond energy -0\.3.*, on the way from energy -0\.09"):
        theory.complexity_at(-0.7, energy=-0.5)
    for call in (theory.complexity, theory.quenched_complexity, theory.lowest_energy, theory.overlap_onset):
        with pytest.raises(ValueError, match=r"pump: must be at most 1000.*ln 3"):
            call(1e6)
    with pytest.raises(ValueError, match="energy: must be less than 0"):
        theory.complexity_at(0.0, energy=0.5)
    with pytest.raises(ValueError, match=r"pump: must be at least -0\.92"):
        theory.non_susy_branch(-1.0)


def test_amplitudes_where_there_is_no_density() -> None:
    points = theory.complexity(0.0)
    for x in (np.nan, np.inf, 1e60, "1"):
        with pytest.raises(ValueError, match="x: "):
            points.density(x)
    assert points.density([1e40, 1e6]).tolist() == [0.0, 0.0]
