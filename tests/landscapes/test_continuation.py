"""Following critical points: one spin in closed form, identities along branches, folds, and what is behind them."""

import numpy as np
import pytest

import ising_problems as ip
import landscapes as ls
from landscapes.continuation import ARRIVED, FOLD, PumpFamily, TiltedFamily, follow
from landscapes.critical_points import find_critical_points, polish
from landscapes.symmetric_factors import Factors


def test_one_spin_in_closed_form() -> None:
    """x = √a from a = 1 to a = 4, and the origin beside it."""
    energy = ls.SoftSpinEnergy(ip.IsingModel([[0.0]]), 4.0)
    paths = follow(PumpFamily(energy, np.ones(2)), np.array([[1.0], [0.0]]), np.array([0, 1]))
    assert paths.status.tolist() == [ARRIVED, ARRIVED]
    np.testing.assert_allclose(paths.x[:, 0], [2.0, 0.0], atol=1e-6)


def test_a_fold_is_reported_where_it_is() -> None:
    """One spin in a field h < 0: its upper minimum vanishes where h = -2 (a/3)^1.5, here at a = 3 (h/2)^(2/3) = 3."""
    energy = ls.SoftSpinEnergy(ip.IsingModel([[0.0]], [-2.0]), 2.0)
    start = polish(energy.with_pump(5.0), [[2.0]]).x
    points = find_critical_points(energy, "continuation", starts=start, start_pump=5.0)
    assert len(points) == 0 and points.failures.counts == {"fold": 1}
    assert points.failures.pump[0] == pytest.approx(3.0, abs=1e-3)
    # a little before it the branch is still there
    assert len(find_critical_points(energy.with_pump(3.01), "continuation", starts=start, start_pump=5.0)) == 1


def test_branches_obey_their_differential_equations() -> None:
    """(I4): dE/da = -Σx²/2 and dx/da = H⁻¹ x along a branch, by central differences."""
    step = 1e-4
    energy = ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(30, seed=1), -0.9)
    middle = find_critical_points(energy, "continuation")
    point = middle.x[0]
    sides = [
        find_critical_points(energy.with_pump(-0.9 + change), "continuation", starts=point, start_pump=-0.9)
        for change in (-step, step)
    ]
    slope = (sides[1].energy[0] - sides[0].energy[0]) / (2 * step)
    assert slope == pytest.approx(-0.5 * np.sum(point**2), rel=1e-6)
    velocity = (sides[1].x[0] - sides[0].x[0]) / (2 * step)
    np.testing.assert_allclose(velocity, np.linalg.solve(energy.hessian(point), point), atol=1e-5)


def test_branches_are_born_from_the_origin_one_with_each_index() -> None:
    """Up to pumps where they have not yet met: the k-th pair has index k - 1, the origin #{λ > -a}."""
    model = ip.sherrington_kirkpatrick(30, seed=3)
    values = np.linalg.eigvalsh(model.J)[::-1]
    pump = float(-values[3] + 0.01)
    points = find_critical_points(ls.SoftSpinEnergy(model, pump), "continuation")
    assert sorted(points.index.tolist()) == [0, 1, 2, 3, 4]
    assert points.morse_sum == 1
    assert points.index[np.abs(points.x).max(axis=1) < 1e-9].tolist() == [4]
    third = points.x[points.index == 3][0]  # just above its pitchfork: E ≈ -(a + λ)²/(4 Σv⁴)
    vector = np.linalg.eigh(model.J)[1][:, -4]
    expected = -((pump + values[3]) ** 2) / (4 * np.sum(vector**4))
    assert ls.SoftSpinEnergy(model, pump).value(third) == pytest.approx(expected, rel=0.05)


def test_branches_from_a_large_pump_downwards_are_all_that_is_left() -> None:
    """n = 4 from its 81 points: at a = 2 all certified ones are met, and the others are counted as folds."""
    energy = ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(4, seed=0), 2.0)
    grid = find_critical_points(energy.with_pump(20.0), "grid")
    points = find_critical_points(energy, "continuation", starts=grid.x, start_pump=20.0)
    census = ls.enumerate_critical_points(energy)
    assert points.multiplicity.sum() == len(census.x) < 81
    assert points.index_counts().tolist() == census.index.tolist()
    assert points.failures.counts == {"fold": len(grid) - len(points)}
    assert ((points.failures.pump > 2.0) & (points.failures.pump < 20.0)).all()


def test_a_degenerate_birth_is_said_to_be_one() -> None:
    """A ferromagnet of four spins: λ = 3 is simple, λ = -1 threefold."""
    energy = ls.SoftSpinEnergy(ip.IsingModel(np.ones((4, 4)) - np.eye(4)), -2.0)
    assert find_critical_points(energy, "continuation").index_counts().tolist() == [2, 1, 0, 0, 0]
    above = find_critical_points(energy.with_pump(1.5), "continuation")
    assert above.success_rate < 1.0 and len(above.failures)


def test_any_point_is_made_critical_with_any_index() -> None:
    energy = ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(15, seed=0), 0.3)
    x = np.random.default_rng(0).standard_normal((16, 15))
    index = np.arange(16)
    family = TiltedFamily.through(energy, x, index)
    beginning, end = np.zeros(16), np.ones(16)
    np.testing.assert_allclose(family.gradient(x, beginning), 0.0, atol=1e-12)
    np.testing.assert_array_equal(np.sum(np.linalg.eigvalsh(family.hessian(x, beginning)) < 0, axis=1), index)
    np.testing.assert_allclose(family.gradient(x, end), energy.gradient(x))
    np.testing.assert_allclose(family.hessian(x, end), energy.hessian(x))


@pytest.mark.parametrize("family", ["tilted", "pump"])
def test_the_drift_is_minus_the_derivative_of_the_gradient(family: str) -> None:
    energy = ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(10, seed=0), 0.3)
    x = np.random.default_rng(0).standard_normal((4, 10))
    chosen = (
        TiltedFamily.through(energy, x + 0.1, np.arange(4))
        if family == "tilted"
        else PumpFamily(energy, np.arange(4.0))
    )
    early, late = np.full(4, 0.3), np.full(4, 0.5)
    difference = (chosen.gradient(x, late) - chosen.gradient(x, early)) / 0.2
    np.testing.assert_allclose(chosen.drift(x, early), -difference, atol=1e-12)
    np.testing.assert_allclose(chosen.take(np.array([2])).gradient(x[[2]], early[[2]]), chosen.gradient(x, early)[[2]])


@pytest.mark.parametrize("n", [1, 3, 30, 150])
def test_factors_solve_and_count(n: int) -> None:
    matrices = np.random.default_rng(0).standard_normal((6, n, n))
    matrices = matrices + matrices.transpose(0, 2, 1)
    right = np.random.default_rng(1).standard_normal((6, n))
    factors = Factors(matrices.copy())
    np.testing.assert_array_equal(factors.index, np.sum(np.linalg.eigvalsh(matrices) < 0, axis=1))
    np.testing.assert_allclose(np.einsum("mij,mj->mi", matrices, factors.solve(right)), right, atol=1e-8)
    np.testing.assert_array_equal(factors.solve(right[[4, 1]], np.array([4, 1])), factors.solve(right)[[4, 1]])


def test_the_softest_mode_is_the_eigenvector_nearest_zero() -> None:
    plain = ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(40, seed=0), 0.3).hessian(np.full(40, 0.3))
    levels = np.linalg.eigvalsh(plain)
    matrices = np.array([plain - (levels[5] - 1e-3) * np.eye(40), plain - (levels[8] + 1e-3) * np.eye(40)])
    values, vectors = np.linalg.eigh(matrices)
    nearest = np.argmin(np.abs(values), axis=1)
    factors = Factors(matrices.copy())
    rows = np.arange(2)
    value, vector, sure = factors.softest_modes(rows, factors.solve(np.random.default_rng(0).standard_normal((2, 40))))
    assert sure.all()
    np.testing.assert_allclose(value, [1e-3, -1e-3], rtol=0.01)
    np.testing.assert_allclose(np.abs(np.einsum("mi,mi->m", vector, vectors[rows, :, nearest])), 1.0, atol=1e-3)


def test_a_singular_matrix_gives_no_finite_solution_and_no_error() -> None:
    assert not np.isfinite(Factors(np.zeros((1, 3, 3))).solve(np.ones((1, 3)))).any()
    assert Factors(np.zeros((0, 3, 3))).solve(np.zeros((0, 3))).shape == (0, 3)
    assert Factors(np.zeros((2, 0, 0))).solve(np.zeros((2, 0))).shape == (2, 0)


def test_a_path_that_cannot_go_on_is_not_said_to_arrive() -> None:
    energy = ls.SoftSpinEnergy(ip.IsingModel([[0.0]], [-2.0]), 2.0)
    start = polish(energy.with_pump(5.0), [[2.0]]).x
    paths = follow(PumpFamily(energy, np.array([5.0])), start, np.zeros(1, dtype=np.int64))
    assert paths.status.tolist() == [FOLD] and paths.s[0] == pytest.approx(2.0 / 3.0, abs=1e-3)
    few = follow(PumpFamily(energy, np.array([5.0])), start, np.zeros(1, dtype=np.int64), most_steps=2)
    assert few.status.tolist() == ["steps used up"]
