"""The inverse Hessian: Schur's identity, the trace, and what happens where there is none."""

import numpy as np
import pytest

import ising_problems as ip
import landscapes as ls


def _soft(n: int, pump: float, seed: int = 0) -> ls.SoftSpinEnergy:
    return ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(n, seed=seed), pump)


@pytest.mark.parametrize("n", [2, 5, 40])
def test_local_susceptibilities_are_the_reaction_of_the_other_spins(n: int) -> None:
    """(I6): G_i = J_i (H without i)⁻¹ J_i, written out, to 1e-10; indefinite Hessians included."""
    energy = _soft(n, -0.6)
    x = np.random.default_rng(n).standard_normal((3, n))
    reactions = ls.local_susceptibilities(energy, x)
    assert reactions.shape == (3, n)
    for point, reaction in zip(x, reactions, strict=True):
        hessian = energy.hessian(point)
        for i in range(n):
            others = np.delete(np.arange(n), i)
            couplings = energy.model.J[i, others]
            written = couplings @ np.linalg.solve(hessian[np.ix_(others, others)], couplings)
            assert reaction[i] == pytest.approx(written, rel=1e-10, abs=1e-10)
        np.testing.assert_allclose(ls.local_susceptibilities(energy, point), reaction, rtol=1e-12)


def test_reactions_at_the_origin_approach_those_of_the_semicircle() -> None:
    """Below the threshold every G_i is the semicircle's resolvent, (-a - √(a² - 4))/2, up to n^-1/2."""
    pump = -2.5
    reactions = ls.local_susceptibilities(_soft(1000, pump), np.zeros(1000))
    expected = (2.5 - np.sqrt(2.5**2 - 4.0)) / 2.0
    assert reactions.mean() == pytest.approx(expected, abs=0.01)
    assert reactions.std() < 0.05
    assert abs(reactions.mean() - (2.4 - np.sqrt(2.4**2 - 4.0)) / 2.0) > 0.03  # that of another pump


def test_trace_of_the_inverse_is_exact_or_within_its_error() -> None:
    energy = _soft(300, -2.3)
    x = 0.3 * np.random.default_rng(1).standard_normal((2, 300))
    exact = ls.inverse_trace(energy, x)
    np.testing.assert_allclose(exact.value, np.mean(1.0 / ls.hessian_spectrum(energy, x), axis=1), rtol=1e-12)
    assert exact.error.tolist() == [0.0, 0.0]
    estimate = ls.inverse_trace(energy, x, method="hutchinson", probes=64, seed=0)
    assert np.all(np.abs(estimate.value - exact.value) < 4 * estimate.error)
    # and the error is small enough to mean something: the trace at another pump is told apart
    elsewhere = ls.inverse_trace(energy.with_pump(-2.6), x)
    assert np.all(np.abs(estimate.value - elsewhere.value) > 10 * estimate.error)
    same = ls.inverse_trace(energy, x, method="hutchinson", probes=64, seed=0)
    np.testing.assert_array_equal(same.value, estimate.value)


def test_error_of_the_estimate_is_that_of_hutchinson() -> None:
    """Variance of z'Az for random signs: 2(‖A‖² - ΣA_ii²)."""
    energy = _soft(60, -2.2)
    x = np.zeros(60)
    inverse = np.linalg.inv(energy.hessian(x))
    expected = np.sqrt(2.0 * (np.sum(inverse**2) - np.sum(np.diag(inverse) ** 2)) / 400) / 60
    estimate = ls.inverse_trace(energy, x, method="hutchinson", probes=400, seed=1)
    assert estimate.error == pytest.approx(expected, rel=0.25)


def test_indefinite_and_sparse_hessians_are_estimated_too() -> None:
    energy = ls.SoftSpinEnergy(ip.IsingModel(0.2 * ip.random_regular(200, 3, seed=0).J), 1.0)
    x = np.where(np.random.default_rng(2).random(200) < 0.7, 1.0, 0.0)  # curvatures about 2 and about -1
    assert 40 < ls.hessian_index(energy, x) < 80
    exact = ls.inverse_trace(energy, x).value
    estimate = ls.inverse_trace(energy, x, method="hutchinson", probes=100, seed=0)
    assert abs(estimate.value - exact) < 4 * estimate.error < 0.05


def test_a_singular_hessian_is_refused_with_the_reason() -> None:
    energy = ls.SoftSpinEnergy(ip.IsingModel(np.zeros((3, 3))), 1.0)
    flat = np.array([[1.0, 1.0, 1.0], [np.sqrt(1 / 3), 1.0, 1.0]])
    for call in (ls.local_susceptibilities, ls.inverse_trace):
        with pytest.raises(ValueError, match=r"x: the Hessian at point 1 is singular .*move the pump or the point"):
            call(energy, flat)
    pair = ls.SoftSpinEnergy(ip.IsingModel([[0.0, 1.0], [1.0, 0.0]]), -1.0)
    with pytest.raises(ValueError, match="singular"):
        ls.local_susceptibilities(pair, np.zeros(2))


def test_a_site_whose_absence_leaves_a_flat_direction_reacts_infinitely() -> None:
    pair = ls.SoftSpinEnergy(ip.IsingModel([[0.0, 1.0], [1.0, 0.0]]), 0.0)
    assert ls.local_susceptibilities(pair, [1.0, 0.0]).tolist() == [np.inf, pytest.approx(1 / 3)]


def test_empty_and_single() -> None:
    nothing = ls.SoftSpinEnergy(ip.IsingModel(np.zeros((0, 0))), 1.0)
    assert ls.local_susceptibilities(nothing, np.zeros((2, 0))).shape == (2, 0)
    assert np.isnan(ls.inverse_trace(nothing, np.zeros(0)).value)
    one = ls.SoftSpinEnergy(ip.IsingModel([[0.0]]), 1.0)
    assert ls.local_susceptibilities(one, [1.0]).tolist() == [0.0]
    assert ls.inverse_trace(one, [1.0]) == (0.5, 0.0)
    assert ls.inverse_trace(one, np.zeros((0, 1))).value.shape == (0,)


def test_wrong_arguments_are_named() -> None:
    energy = _soft(3, 0.0)
    with pytest.raises(TypeError, match=r"energy: local susceptibilities .* not IsingEnergy"):
        ls.local_susceptibilities(ls.IsingEnergy(energy.model), np.ones(3))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="probes: must be at least 2"):
        ls.inverse_trace(energy, np.ones(3), probes=1)
    with pytest.raises(ValueError, match="method: must be one of 'auto', 'exact', 'hutchinson'"):
        ls.inverse_trace(energy, np.ones(3), method="dense")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"x: .*finite"):
        ls.local_susceptibilities(energy, [np.nan, 0.0, 0.0])
