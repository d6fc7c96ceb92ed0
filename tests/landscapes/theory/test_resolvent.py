"""The predicted Hessian spectrum: closed forms, free convolutions, moments, and diagonalised random matrices."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import landscapes as ls

theory = ls.theory


def _couplings(n: int, seed: int) -> np.ndarray:
    """Couplings of the reference states: the strict upper triangle of a normal matrix, over √n."""
    upper = np.triu(np.random.default_rng(seed).normal(size=(n, n)), 1) / np.sqrt(n)
    return upper + upper.T


def _moments(entries: np.ndarray, variance: float) -> list[float]:
    """First four moments of diag(d) plus a semicircle, from the non-crossing pairings."""
    m1, m2, m3, m4 = (float(np.mean(entries**k)) for k in (1, 2, 3, 4))
    t = variance
    return [m1, m2 + t, m3 + 3 * t * m1, m4 + 4 * t * m2 + 2 * t * m1**2 + 2 * t**2]


# --- closed forms -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variance", [0.25, 1.0, 9.0])
@pytest.mark.parametrize("pump", [-1.3, 0.0, 2.0])
def test_at_the_origin_the_spectrum_is_wigners_semicircle(pump: float, variance: float) -> None:
    radius = 2 * np.sqrt(variance)
    grid = np.linspace(-1.2 * radius, 1.2 * radius, 101) - pump
    inside = np.maximum(radius**2 - (grid + pump) ** 2, 0.0)
    density = theory.hessian_density(np.zeros(3), pump, grid, variance=variance)
    np.testing.assert_allclose(density, np.sqrt(inside) / (2 * np.pi * variance), atol=1e-13)
    bulk = theory.hessian_bulk(np.zeros(3), pump, variance=variance)
    np.testing.assert_allclose(bulk.edges, [[-radius - pump, radius - pump]], atol=1e-12)
    assert theory.hessian_edge(np.zeros(3), pump, variance=variance) == pytest.approx(-radius - pump, abs=1e-12)
    z = np.array([0.3 + 0.1j, -5.0 + 1e-6j, 2.0 - 0.4j])
    root = np.sqrt(z - radius) * np.sqrt(z + radius)
    resolvent = theory.hessian_resolvent([0.0], 0.0, z, variance=variance)
    np.testing.assert_allclose(resolvent, (root - z) / (2 * variance), atol=1e-12)


@pytest.mark.parametrize("half", [0.4, 0.99, 1.01, 2.0])
def test_two_amplitudes_give_the_roots_of_a_cubic(half: float) -> None:
    """d = ±δ: w - z = tw/(δ² - w²); the bulk splits exactly where δ² exceeds t."""
    x = np.sqrt(np.array([0.0, 2 * half]) / 3)  # 3x² - a = ∓δ at a = δ
    for z in (-1.7, -0.1, 0.0, 0.8, 2.5, 0.4 + 0.3j):
        roots = np.roots([1.0, -z, 1.0 - half**2, z * half**2])
        w = roots[np.argmax(roots.imag)]
        found = theory.hessian_resolvent(x, half, z)
        if w.imag > 1e-9:
            assert found == pytest.approx(w - z, abs=1e-10)
        else:  # a gap: all three are real
            assert found.imag == 0.0
            assert np.min(np.abs(roots - z - found)) < 1e-10
    bulk = theory.hessian_bulk(x, half)
    assert len(bulk.edges) == (2 if half > 1 else 1)
    np.testing.assert_allclose(bulk.edges[::-1, ::-1], -bulk.edges, atol=1e-12)
    np.testing.assert_allclose(bulk.weights, 1 / len(bulk.weights))


@pytest.mark.parametrize("n", [100, 10_000])
def test_a_lone_amplitude_has_a_semicircle_of_its_own(n: int) -> None:
    """About d - F(d), of radius 2/√n and weight 1/n: by so much a finite sample's edge lies too low."""
    x = np.full(n, 2.0)
    x[0] = 0.5
    rest = (n - 1) / n / (3 * 4.0 - 3 * 0.25)
    bulk = theory.hessian_bulk(x, 0.0)
    assert bulk.weights[0] == pytest.approx(1 / n)
    assert bulk.edges[0].mean() == pytest.approx(0.75 - rest, abs=2 / n)
    assert np.ptp(bulk.edges[0]) == pytest.approx(4 / np.sqrt(n), rel=0.02)
    assert theory.hessian_quantile(x, 0.0, 0.5 / n) == pytest.approx(0.75 - rest, abs=2 / n)


def test_a_continuous_density_on_a_grid_is_a_semicircle_again() -> None:
    """A semicircle of variance s plus one of variance t is one of variance s + t."""
    variance, pump = 0.7, 5.0
    angles = np.linspace(0, np.pi, 2001)[1:-1]
    entries = 2 * np.sqrt(variance) * np.cos(angles)
    x, weights = np.sqrt((entries + pump) / 3), np.sin(angles) ** 2
    grid = np.linspace(-2.6, 2.6, 53)
    expected = np.sqrt(4 * 1.7 - grid**2) / (2 * np.pi * 1.7)
    np.testing.assert_allclose(theory.hessian_density(x, pump, grid, weights=weights), expected, atol=1e-6)
    np.testing.assert_allclose(
        theory.hessian_bulk(x, pump, weights=weights).edges, [[-2 * np.sqrt(1.7), 2 * np.sqrt(1.7)]], atol=1e-6
    )


# --- properties of every solution ---------------------------------------------------------------------------------


@given(
    x=st.lists(st.floats(-3, 3), min_size=1, max_size=8),
    pump=st.floats(-3, 3),
    variance=st.sampled_from([1e-3, 1.0, 20.0]),
    real=st.floats(-10, 30),
    imaginary=st.sampled_from([0.0, 1e-12, 1e-3, 0.5, 50.0]),
)
def test_the_self_consistent_equation_holds(
    x: list[float], pump: float, variance: float, real: float, imaginary: float
) -> None:
    z = complex(real, imaginary)
    entries = 3 * np.square(x) - pump
    resolvent = theory.hessian_resolvent(x, pump, z, variance=variance)
    margin = variance * np.mean(np.abs(entries - z - variance * resolvent) ** -2.0)
    # |dz/dw| is small near an edge: there a residual at rounding means a larger error of G, never a larger residual
    assert resolvent == pytest.approx(np.mean(1 / (entries - z - variance * resolvent)), rel=1e-6, abs=1e-10)
    assert resolvent.imag >= 0.0
    assert margin <= 1 + 1e-6
    if resolvent.imag > 1e-4:
        assert margin == pytest.approx(1 - imaginary / (imaginary + variance * resolvent.imag), rel=1e-6)


@given(x=st.lists(st.floats(0, 3), min_size=1, max_size=6), pump=st.floats(-2, 2))
def test_edges_bound_the_density_and_gaps_hold_whole_entries(x: list[float], pump: float) -> None:
    bulk = theory.hessian_bulk(x, pump)
    assert np.all(np.diff(bulk.edges.ravel()) >= 0)
    assert bulk.weights.sum() == pytest.approx(1)
    assert theory.hessian_edge(x, pump) == pytest.approx(bulk.edges[0, 0], abs=1e-12)
    centres = bulk.edges.mean(axis=1)
    assert np.all(theory.hessian_density(x, pump, centres) > 0)
    outside = np.concatenate([bulk.edges[:1, 0] - 1e-3, bulk.edges[-1:, 1] + 1e-3])
    np.testing.assert_array_equal(theory.hessian_density(x, pump, outside), 0.0)
    between = 0.5 * (bulk.edges[1:, 0] + bulk.edges[:-1, 1])
    np.testing.assert_allclose(theory.hessian_cumulative(x, pump, between), np.cumsum(bulk.weights)[:-1], atol=1e-7)


def test_moments_of_the_density() -> None:
    rng = np.random.default_rng(4)
    x, pump, variance = rng.uniform(0, 1.4, 40), -0.3, 1.6
    entries = 3 * x**2 - pump
    bulk = theory.hessian_bulk(x, pump, variance=variance)
    found = np.zeros(5)
    for low, high in bulk.edges:  # Chebyshev nodes take up the square roots at the edges
        angle = (np.arange(4000) + 0.5) * np.pi / 4000
        nodes = 0.5 * (low + high) + 0.5 * (high - low) * np.cos(angle)
        rule = 0.5 * (high - low) * np.sin(angle) * np.pi / 4000
        density = theory.hessian_density(x, pump, nodes, variance=variance)
        found += [np.sum(rule * density * nodes**k) for k in range(5)]
    np.testing.assert_allclose(found, [1.0, *_moments(entries, variance)], rtol=1e-6)
    twin = _moments(entries, 1.01 * variance)  # one per cent more variance is seen
    assert abs(found[4] / twin[3] - 1) > 1e-3


def test_the_cumulated_density_is_its_integral() -> None:
    x, pump = np.random.default_rng(5).uniform(0, 1.5, 30), 0.2
    grid = np.linspace(-4, 9, 4001)
    density = theory.hessian_density(x, pump, grid)
    cumulative = theory.hessian_cumulative(x, pump, grid)
    steps = 0.5 * (density[1:] + density[:-1]) * np.diff(grid)
    np.testing.assert_allclose(cumulative[1:] - cumulative[0], np.cumsum(steps), atol=2e-4)
    assert cumulative[0] == 0.0
    assert cumulative[-1] == 1.0
    assert np.all(np.diff(cumulative) >= -1e-12)


@given(
    x=st.lists(st.floats(0, 3), min_size=1, max_size=6),
    pump=st.floats(-2, 2),
    fractions=st.lists(st.floats(0, 1), max_size=5),
)
def test_quantiles_invert_the_cumulated_density(x: list[float], pump: float, fractions: list[float]) -> None:
    quantiles = theory.hessian_quantile(x, pump, np.sort(fractions))
    assert quantiles.shape == (len(fractions),)
    assert np.all(np.diff(quantiles) >= -1e-9)
    np.testing.assert_allclose(theory.hessian_cumulative(x, pump, quantiles), np.sort(fractions), atol=1e-7)
    bulk = theory.hessian_bulk(x, pump).edges
    assert theory.hessian_quantile(x, pump, 0.0) == bulk[0, 0]
    assert theory.hessian_quantile(x, pump, 1.0) == bulk[-1, 1]


def test_quantiles_of_the_semicircle() -> None:
    fractions = np.linspace(0, 1, 11)
    found = theory.hessian_quantile([0.0], 0.7, fractions)
    np.testing.assert_allclose(theory.semicircle_cumulative(found + 0.7), fractions, atol=1e-12)


def test_scaling_of_the_couplings() -> None:
    """J → cJ, x → √c x, a → ca scales the Hessian by c."""
    x, pump, c = np.random.default_rng(6).uniform(0.4, 1.5, 30), 0.2, 1e9
    scaled = theory.hessian_edge(np.sqrt(c) * x, c * pump, variance=c * c)
    assert scaled == pytest.approx(c * theory.hessian_edge(x, pump), rel=1e-9)
    scaled = theory.inverse_trace_prediction(np.sqrt(c) * x, c * pump, variance=c * c)
    assert scaled == pytest.approx(theory.inverse_trace_prediction(x, pump) / c, rel=1e-9)
    assert theory.marginality(np.sqrt(c) * x, c * pump, variance=c * c) == pytest.approx(theory.marginality(x, pump))


# --- against diagonalised matrices --------------------------------------------------------------------------------


def _random_spectrum() -> tuple[np.ndarray, float, np.ndarray]:
    n, pump = 800, 0.3
    x = np.random.default_rng(7).choice([0.3, 1.2, 1.9], size=n)
    return x, pump, np.linalg.eigvalsh(np.diag(3 * x**2 - pump) - _couplings(n, 8))


def test_random_matrices_have_the_predicted_spectrum() -> None:
    x, pump, eigenvalues = _random_spectrum()
    grid = np.linspace(-3, 14, 341)
    counted = np.searchsorted(eigenvalues, grid) / x.size
    # eigenvalues are rigid: the distance falls as (log n)/n, not as the square root
    assert np.abs(theory.hessian_cumulative(x, pump, grid) - counted).max() < 6 / x.size
    bulk = theory.hessian_bulk(x, pump)
    inside = (eigenvalues[:, None] > bulk.edges[:, 0] - 0.05) & (eigenvalues[:, None] < bulk.edges[:, 1] + 0.05)
    assert np.all(inside.any(axis=1))
    np.testing.assert_allclose(inside.sum(axis=0) / x.size, bulk.weights, atol=1e-12)
    places = theory.hessian_quantile(x, pump, (np.arange(x.size) + 0.5) / x.size)
    assert np.abs(places - eigenvalues).max() < 0.1  # each near its own, a few 1/√n where atoms are rare
    assert np.sqrt(np.mean((places - eigenvalues) ** 2)) < 0.02
    z = 2.0 + 0.5j
    assert theory.hessian_resolvent(x, pump, z) == pytest.approx(np.mean(1 / (eigenvalues - z)), abs=2e-3)


def test_a_wrong_variance_does_not_predict_the_spectrum() -> None:
    """The twin: what the test above allows is less than what ten per cent of the variance change."""
    x, pump, eigenvalues = _random_spectrum()
    grid = np.linspace(-3, 14, 341)
    counted = np.searchsorted(eigenvalues, grid) / x.size
    assert np.abs(theory.hessian_cumulative(x, pump, grid, variance=1.1) - counted).max() > 6 / x.size


def test_marginality_and_gap_say_the_same() -> None:
    x = np.abs(np.random.default_rng(9).standard_normal(50)) + 0.5
    states = np.array([s * x for s in (0.2, 0.5, 1.5, 2.0)])
    gapped, margin = theory.is_gapped(states, 0.1), theory.marginality(states, 0.1)
    edge, trace = theory.hessian_edge(states, 0.1), theory.inverse_trace_prediction(states, 0.1)
    assert gapped.tolist() == [False, False, True, True]
    np.testing.assert_array_equal(gapped, edge > 0)
    np.testing.assert_allclose(margin[~gapped], 1, atol=1e-12)  # zero inside the bulk: exactly 1
    assert np.all(margin[gapped] < 0.9)
    for state, one, two, three in zip(states, edge, trace, margin, strict=True):
        resolvent = theory.hessian_resolvent(state, 0.1, 0.0)
        assert resolvent.real == pytest.approx(two, abs=1e-14)
        assert (resolvent.imag == 0) == (one > 0)
        if one > 0:
            assert three == pytest.approx(np.mean((3 * state**2 - 0.1 - resolvent.real) ** -2))
            # near zero real-G marginality is the derivative: dG/dz = M/(1 - M)
            slope = (theory.hessian_resolvent(state, 0.1, 1e-5) - theory.hessian_resolvent(state, 0.1, -1e-5)) / 2e-5
            assert slope.real == pytest.approx(three / (1 - three), rel=1e-4)


# --- states of the model ------------------------------------------------------------------------------------------


def _adiabatic_states(J: np.ndarray, pumps: list[float], steps_per_unit: int, seed: int) -> dict[float, np.ndarray]:
    """Explicit Euler with dt = 0.1 from 1e-3 times a normal, along a pump that rises from -2.2; Newton at the end."""
    n, step = len(J), 0.1
    x = 1e-3 * np.random.default_rng(seed).standard_normal(n)
    pump, states = -2.2, {}
    for stop in pumps:
        for a in np.linspace(pump, stop, round((stop - pump) * steps_per_unit) + 1)[1:]:
            x += step * (x * (a - x * x) + J @ x)
        pump, y = stop, x.copy()
        for _ in range(20_000):
            force = y * (stop - y * y) + J @ y
            y += step * force
            if np.abs(force).max() < 1e-6:
                break
        for _ in range(20):
            gradient = y**3 - stop * y - J @ y
            y -= np.linalg.solve(np.diag(3 * y * y - stop) - J, gradient)
            if np.abs(gradient).max() < 1e-12:
                break
        assert np.abs(y**3 - stop * y - J @ y).max() < 1e-10
        states[stop] = y
    return states


def test_the_edge_of_rigid_states_lies_two_over_root_n_too_low() -> None:
    """And the lowest eigenvalue's classical place does not; the trace of the inverse is off by order 1/n only."""
    n, pump = 250, 0.2
    edges, places, traces = [], [], []
    for seed in range(10):
        J = _couplings(n, seed)
        x = _adiabatic_states(J, [pump], 300, seed=seed + 1000)[pump]
        eigenvalues = np.linalg.eigvalsh(np.diag(3 * x * x - pump) - J)
        edges.append(eigenvalues[0] - theory.hessian_edge(x, pump))
        places.append(eigenvalues[0] - theory.hessian_quantile(x, pump, 0.5 / n))
        traces.append(np.mean(1 / eigenvalues) - theory.inverse_trace_prediction(x, pump))
    scale = 2 / np.sqrt(n)
    assert np.mean(edges) / scale == pytest.approx(1, abs=0.3)
    assert abs(np.mean(places)) / scale < 0.4
    assert np.std(places) < 0.5 * scale
    assert abs(np.mean(traces)) < 1 / n


@pytest.mark.slow
def test_resolvent_of_rigid_adiabatic_states_of_2000_spins() -> None:
    """Lowest eigenvalue and trace of the inverse at a = -0.2, in the median of three instances.

    The formula's edge alone lies by up to 2/√n = 0.045 too low, the semicircle that it gives to a lone amplitude; the
    eigenvalue's classical place does not.
    """
    n, pump = 2000, -0.2
    lowest, traces, edges = [], [], []
    for seed in range(3):
        J = _couplings(n, seed)
        x = _adiabatic_states(J, [pump], 1000, seed=seed + 1000)[pump]
        eigenvalues = np.linalg.eigvalsh(np.diag(3 * x * x - pump) - J)
        assert eigenvalues[0] > 0
        assert theory.is_gapped(x, pump)
        places = theory.hessian_quantile(x, pump, (np.arange(n) + 0.5) / n)
        assert np.sqrt(np.mean((eigenvalues - places) ** 2)) < 0.005
        lowest.append(eigenvalues[0] - places[0])
        edges.append(eigenvalues[0] - theory.hessian_edge(x, pump))
        traces.append(np.mean(1 / eigenvalues) - theory.inverse_trace_prediction(x, pump))
    assert np.median(np.abs(lowest)) < 0.02
    assert np.median(np.abs(traces)) < 2e-3
    assert np.all(np.array(edges) > -0.02)
    assert np.all(np.array(edges) < 2 / np.sqrt(n) + 0.02)


@pytest.mark.slow
def test_density_of_adiabatic_states_of_2000_spins() -> None:
    """Where the landscape is soft (a = -0.93) and where it is rigid (-0.2)."""
    J = _couplings(2000, 0)
    states = _adiabatic_states(J, [-0.93, -0.2], 1000, seed=1)
    spectra = {a: np.linalg.eigvalsh(np.diag(3 * x * x - a) - J) for a, x in states.items()}
    assert spectra[-0.93][0] > 0
    assert abs(theory.hessian_edge(states[-0.93], -0.93)) < 0.05
    for a, eigenvalues in spectra.items():
        # Lorentzian smoothing of both: in the formula it is the resolvent above the axis
        eta = 0.02
        grid = np.linspace(eigenvalues[0] - 1, eigenvalues[-1] + 1, 1501)
        smooth = np.mean(eta / np.pi / ((grid[:, None] - eigenvalues) ** 2 + eta**2), axis=1)
        predicted = theory.hessian_resolvent(states[a], a, grid + 1j * eta).imag / np.pi
        assert np.trapezoid(np.abs(smooth - predicted), grid) < 0.05
        # the twin: amplitudes of the other pump do not do
        other = states[-0.2 if a == -0.93 else -0.93]
        wrong = theory.hessian_resolvent(other, a, grid + 1j * eta).imag / np.pi
        assert np.trapezoid(np.abs(smooth - wrong), grid) > 0.05


# --- sizes and the door -------------------------------------------------------------------------------------------


def test_no_spins_and_one() -> None:
    empty: list[float] = []
    assert theory.hessian_bulk(empty, 0.0).edges.shape == (0, 2)
    for function in (theory.hessian_edge, theory.inverse_trace_prediction, theory.marginality):
        assert np.isnan(function(empty, 0.0))
        assert function(np.zeros((2, 0)), 0.0).shape == (2,)
        assert function(np.zeros((0, 3)), 0.0).shape == (0,)
    assert not theory.is_gapped(empty, 0.0)
    assert np.isnan(theory.hessian_density(empty, 0.0, [0.0, 1.0])).all()
    assert np.isnan(theory.hessian_cumulative(empty, 0.0, 0.0))
    assert np.isnan(theory.hessian_quantile(empty, 0.0, 0.5))
    assert theory.hessian_edge([1.0], 0.0) == pytest.approx(1.0)
    assert theory.hessian_density([1.0], 0.0, 3.0) == pytest.approx(1 / np.pi)
    assert theory.hessian_density([1.0], 0.0, np.full((2, 3), 3.0)).shape == (2, 3)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([[[1.0]]], 0.0), {}, r"x: .*\(1, 1, 1\)"),
        (([np.nan], 0.0), {}, "x: every entry must be finite, but entry 0 is nan"),
        ((["a"], 0.0), {}, "x: "),
        (([1e80], 0.0), {}, "x: amplitudes beyond 1e.75 overflow"),
        (([1.0], np.inf), {}, "pump: must be finite"),
        (([1.0], 0.0), {"variance": 0.0}, "variance: must be greater than 0"),
        (([1.0], 0.0), {"weights": [1.0, 2.0]}, "weights: one for each of the 1 amplitudes"),
        (([1.0, 2.0], 0.0), {"weights": [1.0, -2.0]}, "weights: must not be negative, but entry 1 is -2.0"),
        (([1.0, 2.0], 0.0), {"weights": [0.0, 0.0]}, "weights: their sum must be positive"),
    ],
)
def test_bad_input_is_refused_by_name(arguments: Any, options: Any, message: str) -> None:
    for function in (theory.hessian_edge, theory.marginality, theory.inverse_trace_prediction, theory.is_gapped):
        with pytest.raises(ValueError, match=message):
            function(*arguments, **options)


def test_bad_places_are_refused() -> None:
    with pytest.raises(ValueError, match="z: finite complex"):
        theory.hessian_resolvent([1.0], 0.0, np.nan)
    with pytest.raises(ValueError, match="grid: "):
        theory.hessian_density([1.0], 0.0, [1j])
    with pytest.raises(ValueError, match="fraction: numbers between 0 and 1"):
        theory.hessian_quantile([1.0], 0.0, 1.1)
    with pytest.raises(ValueError, match=r"x: one state or one grid .*\(2, 1\)"):
        theory.hessian_density([[1.0], [2.0]], 0.0, 0.0)
