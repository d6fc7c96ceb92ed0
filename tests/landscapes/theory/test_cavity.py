"""The cavity map: its roots, what it says of one more spin, and the amplitudes that it predicts."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

import ising_problems as ip
import landscapes as ls
from landscapes.theory._replica_symmetric import replica_symmetric

theory = ls.theory

# Replica-symmetric q and susceptibility at four pumps, and E[(dx/dh)²].
REPLICA_SYMMETRIC = [
    (-1.8, 0.085477, 0.993556, 1.03022),
    (-1.5, 0.262722, 0.974492, 1.17397),
    (-1.2, 0.484600, 0.950947, 1.61240),
    (-1.0, 0.653668, 0.933907, 3.11869),
]
SUSY_PUMP, SUSY_Q = -0.9275517128, 0.7187380040


# --- the cubic ----------------------------------------------------------------------------------------------------


@given(
    st.floats(-1e3, 1e3),
    st.floats(-5, 5),
    st.floats(-5, 5),
)
def test_every_real_root_is_found(field: float, pump: float, susceptibility: float) -> None:
    roots = theory.cavity_solutions(field, pump, susceptibility)
    found = roots[np.isfinite(roots)]
    shift = pump + susceptibility
    size = np.abs(found) ** 3 + np.abs(shift * found) + abs(field)
    assert np.all(np.abs(found**3 - shift * found - field) <= 1e-14 * size)
    assert np.all(np.diff(found) > 0)
    assert len(found) == theory.cavity_multiplicity(field, pump, susceptibility)
    threshold = theory.cavity_threshold(pump, susceptibility)
    if abs(abs(field) - threshold) > 1e-6:
        complex_roots = np.roots([1.0, 0.0, -shift, -field])
        scale = 1 + np.abs(complex_roots)
        # away from the threshold a double root cannot look like two complex ones
        assert len(found) == np.count_nonzero(np.abs(complex_roots.imag) < 1e-9 * scale)


def test_scales_far_apart() -> None:
    rng = np.random.default_rng(0)
    field, shift = rng.standard_normal((2, 5000)) * 10 ** rng.uniform(-12, 9, (2, 5000))
    roots = theory.cavity_solutions(field, shift, 0.0)
    size = np.abs(roots) ** 3 + np.abs(shift[:, None] * roots) + np.abs(field)[:, None]
    residual = np.abs(roots**3 - shift[:, None] * roots - field[:, None])
    assert np.nanmax(residual / size) < 1e-14
    three = np.isfinite(roots).all(axis=1)
    assert three.any()
    assert not three.all()
    slopes = 3 * roots[three] ** 2 - shift[three, None]
    assert np.all(slopes[:, [0, 2]] > 0)  # minima of the spin's own energy
    assert np.all(slopes[:, 1] < 0)


@pytest.mark.parametrize("shift", [0.4, 1.0, 3.0])
def test_threshold_is_where_two_roots_meet(shift: float) -> None:
    threshold = theory.cavity_threshold(shift, 0.0)
    # at the local maximum x = -√(s/3) of x³ - s x
    extreme = -np.sqrt(shift / 3)
    assert threshold == pytest.approx(extreme**3 - shift * extreme)
    counts = theory.cavity_multiplicity(threshold * np.array([-1.01, -0.99, 0.0, 0.99, 1.01]), shift, 0.0)
    assert counts.tolist() == [1, 3, 3, 3, 1]
    assert theory.cavity_threshold(-shift, 0.1) == 0.0


# --- one more spin, against every critical point of both models ---------------------------------------------------


@pytest.mark.parametrize(("pump", "seed"), [(0.5, 0), (1.0, 1), (-0.5, 2)])
def test_one_more_spin_multiplies_critical_points_as_predicted(pump: float, seed: int) -> None:
    """Each critical point of 4 spins becomes as many of 5 as its cavity equation has solutions, at those amplitudes."""
    size, weak = 4, 0.03
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.standard_normal((size, size)), 1) / np.sqrt(size)
    J, new = upper + upper.T, weak * rng.standard_normal(size)
    fields = 0.1 * rng.standard_normal(size)
    before = ls.enumerate_critical_points(ls.SoftSpinEnergy(ip.IsingModel(J, fields), pump))
    larger = np.block([[np.zeros((1, 1)), new[None]], [new[:, None], J]])
    after = ls.enumerate_critical_points(ls.SoftSpinEnergy(ip.IsingModel(larger, [0.0, *fields]), pump))
    assert before.certified
    assert after.certified

    reactions = np.array([new @ np.linalg.solve(np.diag(3 * x**2 - pump) - J, new) for x in before.x])
    roots = theory.cavity_solutions(before.x @ new, pump, reactions)
    predicted = np.array([[root, *x] for x, own in zip(before.x, roots, strict=True) for root in own[np.isfinite(own)]])
    assert len(predicted) == len(after.x) == theory.cavity_multiplicity(before.x @ new, pump, reactions).sum()

    def farthest(points: np.ndarray) -> float:
        distance = np.abs(points[:, None] - after.x).max(axis=2)
        nearest = distance.argmin(axis=1)
        assert len(set(nearest)) == len(after.x)  # one each
        return float(np.abs(points[:, 0] - after.x[nearest, 0]).max())

    error = farthest(predicted)
    assert error < 100 * weak**3  # the response is linear up to here
    # the twin: without the reaction the amplitudes are wrong at second order
    bare = theory.cavity_solutions(before.x @ new, pump, 0.0)
    forgetful = np.array([[root, *x] for x, own in zip(before.x, bare, strict=True) for root in own[np.isfinite(own)]])
    assert farthest(forgetful) > 5 * error


def test_sites_of_a_critical_point_solve_their_own_cavity_equation() -> None:
    """With G_i from the inverse Hessian: multistable sites are those at which a root is one of three."""
    model = ip.sherrington_kirkpatrick(5, seed=3)
    pump = 0.8
    points = ls.enumerate_critical_points(ls.SoftSpinEnergy(model, pump)).x
    for x in points:
        inverse = np.linalg.inv(np.diag(3 * x**2 - pump) - model.J).diagonal()
        reactions = 3 * x**2 - pump - 1 / inverse
        fields = x**3 - (pump + reactions) * x
        roots = theory.cavity_solutions(fields, pump, reactions)
        np.testing.assert_allclose(np.nanmin(np.abs(roots - x[:, None]), axis=1), 0, atol=1e-9)
        fraction = theory.multistable_fraction(x, pump, reactions)
        assert fraction == np.mean(np.isfinite(roots).all(axis=1))


def test_multistable_sites_appear_with_the_pump() -> None:
    """None while a + G < 0; in the rigid landscape more and more, though minima avoid small fields."""
    n = 300
    model = ip.sherrington_kirkpatrick(n, seed=1)
    x = 1e-3 * np.random.default_rng(2).standard_normal(n)
    fractions, shifts = [], []
    for pump in np.arange(-220, 101) / 100:
        for _ in range(10):
            x += 0.1 * (x * (pump - x * x) + model.J @ x)
        if pump in (-1.5, 0.0, 1.0):
            for _ in range(2000):
                x += 0.1 * (x * (pump - x * x) + model.J @ x)
            inverse = np.linalg.inv(np.diag(3 * x**2 - pump) - model.J).diagonal()
            reactions = 3 * x**2 - pump - 1 / inverse
            shifts.append(pump + reactions.mean())
            fractions.append(theory.multistable_fraction(x, pump, reactions))
    assert shifts[0] < -0.5
    assert fractions[0] == 0.0
    assert 0.2 < shifts[1] < 0.4
    assert 0.0 < fractions[1] < 0.02
    assert fractions[2] > 0.05
    free = theory.solutions_per_spin(1.0, float(np.mean(x**2)), shifts[2] - 1.0, kind="minima") - 1.0
    assert fractions[2] < 0.5 * free  # were fields normal, there would be many more


# --- densities ----------------------------------------------------------------------------------------------------


def _integral(function: Any, pump: float, susceptibility: float) -> float:
    """Over all amplitudes; the density has edges at √(a+G) and at √((a+G)/3)."""
    shift = max(pump + susceptibility, 0.0)
    points = sorted({0.0, np.sqrt(shift / 3), np.sqrt(shift), 8.0})
    parts = [quad(function, low, high, epsabs=1e-12, limit=200)[0] for low, high in itertools.pairwise(points)]
    return 2 * sum(parts)


@pytest.mark.parametrize(("pump", "q", "susceptibility", "stability"), REPLICA_SYMMETRIC)
def test_replica_symmetric_amplitudes(pump: float, q: float, susceptibility: float, stability: float) -> None:
    def mean(weight: Any) -> float:
        return _integral(
            lambda x: weight(x) * theory.amplitude_density(x, pump, q, susceptibility), pump, susceptibility
        )

    assert mean(lambda x: 1.0) == pytest.approx(1, abs=1e-10)
    assert mean(lambda x: x * x) == pytest.approx(q, abs=2e-6)
    assert mean(lambda x: 1 / (3 * x * x - pump - susceptibility)) == pytest.approx(susceptibility, abs=2e-6)
    assert mean(lambda x: (3 * x * x - pump - susceptibility) ** -2) == pytest.approx(stability, abs=2e-5)


@pytest.mark.parametrize("pump", [-1.99, -1.5, -0.93, -0.45, 1.0])
def test_replica_symmetric_equations_hold_for_the_density(pump: float) -> None:
    """By quadrature over x, independently of how the solution was found; with the jump where the wells are two."""
    solution = replica_symmetric(pump)
    shift = pump + solution.susceptibility

    def mean(weight: Any) -> float:
        return _integral(
            lambda x: weight(x) * theory.amplitude_density(x, pump, solution.q, solution.susceptibility),
            pump,
            solution.susceptibility,
        )

    grid = np.linspace(-2, 2, 9)
    given = theory.amplitude_density(grid, pump, solution.q, solution.susceptibility)
    np.testing.assert_array_equal(theory.amplitude_density(grid, pump), given)
    jump = 2 * np.sqrt(max(shift, 0.0)) / np.sqrt(2 * np.pi * solution.q)
    assert mean(lambda x: 1.0) == pytest.approx(1, abs=1e-9)
    assert mean(lambda x: x * x) == pytest.approx(solution.q, rel=1e-7)
    assert mean(lambda x: 1 / (3 * x * x - shift)) + jump == pytest.approx(solution.susceptibility, rel=1e-7)
    assert -mean(lambda x: x**4) / 4 == pytest.approx(solution.energy, rel=1e-6)


def test_replica_symmetry_takes_the_wrong_root_of_the_resolvent() -> None:
    """E[(dx/dh)²] > 1 is M at the replica-symmetric G: a root of G = ⟨1/(d - G)⟩, but not the resolvent.

    z(w) = w - F(w) vanishes at w = G with slope 1 - M < 0: so it is positive before, the true root lies lower, and the
    amplitudes of an unstable solution would have a gapped spectrum.
    """
    nodes, rule = np.polynomial.legendre.leggauss(400)
    grid = 3 * nodes
    for pump, q, susceptibility, stability in REPLICA_SYMMETRIC:
        weights = rule * theory.amplitude_density(grid, pump, q, susceptibility)
        weights /= weights.sum()
        margin = np.sum(weights * (3 * grid**2 - pump - susceptibility) ** -2)
        assert margin == pytest.approx(stability, abs=2e-5)
        assert theory.is_gapped(grid, pump, weights=weights)
        assert theory.marginality(grid, pump, weights=weights) < 1
        assert theory.inverse_trace_prediction(grid, pump, weights=weights) < susceptibility - 1e-3


def test_supersymmetry_breaking_point() -> None:
    """a + G = 0: x = h^⅓, q = E|z|^⅔^1.5, a q = -2/3, e = -⟨x⁴⟩/4 = -1/6."""
    assert abs(SUSY_PUMP * SUSY_Q + 2 / 3) < 1e-9
    moments = [
        2 * quad(lambda x, k=k: x**k * theory.amplitude_density(x, SUSY_PUMP, SUSY_Q, -SUSY_PUMP), 0, 6)[0]
        for k in (0, 2, 4)
    ]
    np.testing.assert_allclose(moments, [1, SUSY_Q, 2 / 3], atol=1e-8)
    response = 2 * quad(lambda x: theory.amplitude_density(x, SUSY_PUMP, SUSY_Q, -SUSY_PUMP) / (3 * x * x), 0, 6)[0]
    assert response == pytest.approx(-SUSY_PUMP, abs=1e-8)
    for kind in ("all", "minima"):
        assert theory.solutions_per_spin(SUSY_PUMP - 1e-6, SUSY_Q, -SUSY_PUMP, kind=kind) == 1.0
        assert theory.solutions_per_spin(SUSY_PUMP + 1e-2, SUSY_Q, -SUSY_PUMP, kind=kind) > 1.0


@pytest.mark.parametrize(("pump", "q", "susceptibility"), [(0.3, 1.1, 0.4), (1.5, 2.0, 0.3), (-1.2, 0.5, 0.9)])
def test_branches_have_the_weights_of_their_solutions(pump: float, q: float, susceptibility: float) -> None:
    weight = {
        branch: _integral(
            lambda x, b=branch: theory.amplitude_density(x, pump, q, susceptibility, branch=b), pump, susceptibility
        )
        for branch in ("lowest", "minima", "all")
    }
    assert weight["lowest"] == pytest.approx(1, abs=1e-9)
    assert weight["minima"] == pytest.approx(theory.solutions_per_spin(pump, q, susceptibility, kind="minima"))
    assert weight["all"] == pytest.approx(theory.solutions_per_spin(pump, q, susceptibility))
    signed = 2 * weight["minima"] - weight["all"]  # with the sign of the slope there is always one
    assert signed == pytest.approx(1, abs=1e-9)


def test_sampled_fields_give_the_density() -> None:
    pump, q, susceptibility, draws = 0.3, 1.1, 0.4, 400_000
    fields = np.sqrt(q) * np.random.default_rng(5).standard_normal(draws)
    roots = theory.cavity_solutions(fields, pump, susceptibility)
    edges = np.linspace(-2.5, 2.5, 26)
    counts = np.histogram(roots[np.isfinite(roots)], edges)[0]

    def expected(variance: float) -> np.ndarray:
        fine = np.linspace(-2.5, 2.5, 25 * 200 + 1)
        density = theory.amplitude_density(fine, pump, variance, susceptibility, branch="all")
        steps = 0.5 * (density[1:] + density[:-1]) * np.diff(fine)
        return draws * steps.reshape(25, 200).sum(axis=1)

    def chi_square(variance: float) -> float:
        mean = expected(variance)
        return float(np.sum((counts - mean) ** 2 / mean))

    assert chi_square(q) < 25 + 5 * np.sqrt(50)
    assert chi_square(1.02 * q) > 25 + 5 * np.sqrt(50)  # the twin: two per cent of the variance are seen
    multiplicity = theory.cavity_multiplicity(fields, pump, susceptibility)
    spread = multiplicity.std() / np.sqrt(draws)
    assert abs(multiplicity.mean() - theory.solutions_per_spin(pump, q, susceptibility)) < 4 * spread


# --- sizes and the door -------------------------------------------------------------------------------------------


def test_shapes_and_sizes() -> None:
    assert theory.cavity_solutions(0.0, 0.0, 0.0).shape == (3,)
    assert theory.cavity_solutions(np.zeros((2, 4)), 0.0, np.zeros(4)).shape == (2, 4, 3)
    assert theory.cavity_solutions([], 0.0, 0.0).shape == (0, 3)
    assert np.isnan(theory.multistable_fraction([], 0.0, []))
    assert theory.multistable_fraction(np.zeros((2, 3)), 1.0, 0.1).tolist() == [1.0, 1.0]
    assert theory.amplitude_density([], 0.0, 1.0, 0.0).shape == (0,)
    assert theory.solutions_per_spin(1.0, 0.0, 0.0) == 3.0  # without a field: 0 and two wells
    assert type(theory.cavity_multiplicity(0.0, 1.0, 0.0)) is int


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.cavity_solutions(np.nan, 0.0, 0.0), "field: finite numbers"),
        (lambda: theory.cavity_solutions(0.0, np.inf, 0.0), "pump: finite numbers"),
        (lambda: theory.cavity_threshold(0.0, "a"), "susceptibility: "),
        (lambda: theory.multistable_fraction([1.0, 2.0], 0.0, [1.0, 2.0, 3.0]), r"susceptibilities: .*\(2,\)"),
        (lambda: theory.multistable_fraction(1.0, 0.0, 1.0), r"x: one state .*\(\)"),
        (lambda: theory.solutions_per_spin(0.0, -1.0, 0.0), "q: must be at least 0"),
        (lambda: theory.solutions_per_spin(0.0, 1.0, 0.0, kind="saddles"), "kind: 'all' or 'minima'"),
        (lambda: theory.amplitude_density(0.0, 0.0, 0.0, 0.0), "q: must be greater than 0"),
        (lambda: theory.amplitude_density(0.0, -2.5), "pump: there is a density of amplitudes above -2 only"),
        (lambda: theory.amplitude_density(0.0, 0.0, 1.0), "q, susceptibility: both are needed"),
        (lambda: theory.amplitude_density(0.0, 0.0, 1.0, 0.0, branch="stable"), "branch: 'lowest', 'minima' or 'all'"),
    ],
)
def test_bad_input_is_refused_by_name(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
