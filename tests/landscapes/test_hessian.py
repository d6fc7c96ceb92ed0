"""The Hessian's index and spectrum, against dense eigenvalues and what is known exactly."""

import numpy as np
import pytest
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

import ising_problems as ip
import landscapes as ls


def _soft(n: int, pump: float, seed: int = 0) -> ls.SoftSpinEnergy:
    return ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(n, seed=seed), pump)


@pytest.mark.parametrize("n", [1, 2, 5, 11, 12, 40])
@pytest.mark.parametrize("pump", [-2.5, -0.9, 0.4, 3.0])
def test_index_is_the_number_of_negative_eigenvalues(n: int, pump: float) -> None:
    energy = _soft(n, pump)
    x = 0.7 * np.random.default_rng(n).standard_normal((30, n))
    expected = np.count_nonzero(np.linalg.eigvalsh(energy.hessian(x)) < 0, axis=1)
    np.testing.assert_array_equal(ls.hessian_index(energy, x), expected)
    assert [ls.hessian_index(energy, point) for point in x] == expected.tolist()


@pytest.mark.parametrize("pump", [-1.9, -1.0, 0.0])
def test_origin_index_is_the_number_of_eigenvalues_above_minus_the_pump(pump: float) -> None:
    energy = _soft(200, pump)
    assert ls.hessian_index(energy, np.zeros(200)) == np.count_nonzero(np.linalg.eigvalsh(energy.model.J) > -pump)


def test_index_of_points_is_that_of_a_sparse_model() -> None:
    model = ip.edwards_anderson((4, 4), seed=1)
    x = np.random.default_rng(0).standard_normal((2, 3, 16))
    sparse = ls.SoftSpinEnergy(ip.IsingModel(sp.csr_array(model.J)), 0.3)
    dense = ls.SoftSpinEnergy(ip.IsingModel(sp.csr_array(model.J).toarray()), 0.3)
    assert sparse.model.is_sparse and not dense.model.is_sparse
    np.testing.assert_array_equal(ls.hessian_index(sparse, x), ls.hessian_index(dense, x))
    assert ls.hessian_index(sparse, x).shape == (2, 3)
    np.testing.assert_allclose(ls.hessian_spectrum(sparse, x), np.linalg.eigvalsh(dense.hessian(x)), atol=1e-12)


def test_a_flat_direction_is_not_negative_but_a_tolerance_of_zero_may_see_one() -> None:
    """Without couplings at a = 0 the origin is flat in every direction; at a = 1e-3 it falls in all of them."""
    model = ip.IsingModel(np.zeros((6, 6)))
    assert ls.hessian_index(ls.SoftSpinEnergy(model, 0.0), np.zeros(6)) == 0
    falling = ls.SoftSpinEnergy(model, 1e-3)
    assert ls.hessian_index(falling, np.zeros(6)) == 6
    assert ls.hessian_index(falling, np.zeros(6), tolerance=1e-2) == 0


def test_empty_and_single() -> None:
    nothing = ls.SoftSpinEnergy(ip.IsingModel(np.zeros((0, 0))), 1.0)
    assert ls.hessian_index(nothing, np.zeros(0)) == 0
    assert ls.hessian_index(nothing, np.zeros((4, 0))).tolist() == [0] * 4
    assert ls.hessian_spectrum(nothing, np.zeros((4, 0))).shape == (4, 0)
    one = ls.SoftSpinEnergy(ip.IsingModel([[0.0]]), 1.0)
    assert ls.hessian_index(one, [0.0]) == 1
    assert ls.hessian_index(one, np.zeros((0, 1))).shape == (0,)
    assert ls.hessian_spectrum(one, [1.0]).tolist() == [2.0]


def test_wrong_arguments_are_named() -> None:
    energy = _soft(3, 0.0)
    with pytest.raises(ValueError, match=r"x: .*finite points.*\(1, 2\) is nan"):
        ls.hessian_index(energy, [[0, 0, 0], [0, 0, np.nan]])
    with pytest.raises(ValueError, match=r"x: .*3 variables"):
        ls.hessian_spectrum(energy, np.zeros(2))
    with pytest.raises(ValueError, match="x: the Hessian at point 1 is not finite"), np.errstate(over="ignore"):
        ls.hessian_index(energy, [[0, 0, 0], [0, 0, 1e200]])
    with pytest.raises(ValueError, match="tolerance: must be at least 0"):
        ls.hessian_index(energy, np.zeros(3), tolerance=-1.0)
    huge = [1e200, 0.0, 0.0]
    for call in (
        lambda: ls.spectral_density(energy, huge),
        lambda: ls.spectral_density(energy, huge, method="kernel-polynomial"),
        lambda: ls.inverse_trace(energy, huge, method="hutchinson"),
        lambda: ls.hessian_extremes(_soft(20, 0.0), [1e200, *[0.0] * 19], method="lanczos"),
    ):
        with pytest.raises(ValueError, match=r"x: the Hessian at a point is not finite"):
            call()
    with pytest.raises(TypeError, match=r"energy: an energy surface is needed, .* not IsingModel"):
        ls.hessian_index(energy.model, np.zeros(3))  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [9, 30])
def test_index_at_an_eigenvector_of_the_couplings_is_its_rank(n: int) -> None:
    """Courant and Fischer: k - 1 falling directions at the k-th largest eigenvalue, and the flat ray never counts."""
    model = ip.sherrington_kirkpatrick(n, seed=6)
    vectors = np.linalg.eigh(model.J)[1][:, ::-1].T
    energy = ls.RayleighQuotient(model)
    for length in (0.1, 1.0, np.sqrt(n)):
        np.testing.assert_array_equal(ls.hessian_index(energy, length * vectors), np.arange(n))
        assert [ls.hessian_index(energy, -length * vector) for vector in vectors] == list(range(n))
    # the whole sphere: a fraction of negative curvatures equal to the rank, energies -nλ/2 from the semicircle
    np.testing.assert_allclose(energy.value(vectors), -0.5 * n * np.linalg.eigvalsh(model.J)[::-1], rtol=1e-10)


def _semicircle_above(edge: float) -> float:
    """Share of the semicircle of radius 2 above ``edge``."""
    return 0.5 - edge * np.sqrt(4.0 - edge**2) / (4.0 * np.pi) - np.arcsin(edge / 2.0) / np.pi


@pytest.mark.parametrize("pump", [-1.0, 0.0, 1.0])
def test_index_fraction_of_the_origin_is_the_semicircles(pump: float) -> None:
    """∫_{-a}^2 √(4 - t²)/2π dt, to the rigidity of eigenvalues, about 1/n; at a = -1 it is 0.19550."""
    assert _semicircle_above(1.0) == pytest.approx(0.19550, abs=5e-6)
    fraction = np.mean([ls.hessian_index(_soft(400, pump, seed), np.zeros(400)) for seed in range(4)]) / 400
    assert fraction == pytest.approx(_semicircle_above(-pump), abs=0.004)
    assert abs(fraction - _semicircle_above(-pump - 0.05)) > 0.008


def test_many_points_are_done_in_blocks_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    energy = _soft(20, -0.3)
    x = np.random.default_rng(1).standard_normal((17, 20))
    whole, spectra = ls.hessian_index(energy, x), ls.hessian_spectrum(energy, x)
    monkeypatch.setattr("landscapes.hessian._LARGEST_BLOCK", 5 * 400)
    np.testing.assert_array_equal(ls.hessian_index(energy, x), whole)
    np.testing.assert_array_equal(ls.hessian_spectrum(energy, x), spectra)


def test_results_do_not_depend_on_the_threads_of_the_linear_algebra() -> None:
    energy = _soft(300, -0.5)
    x = 0.5 * np.random.default_rng(0).standard_normal((2, 300))
    results = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads, user_api="blas"):
            results.append(
                [
                    ls.hessian_index(energy, x),
                    ls.hessian_spectrum(energy, x),
                    ls.soft_modes(energy, x, 2, method="dense").modes,
                    ls.soft_modes(energy, x, 2, method="lanczos").modes,
                    ls.inverse_trace(energy, x).value,
                    ls.local_susceptibilities(energy, x),
                    ls.spectral_density(energy, x, seed=0).cumulative,
                ]
            )
    for one, two in zip(*results, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("n", [4, 9, 25, 60])
@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_index_of_graphs_whose_spectra_are_known(n: int, scale: float) -> None:
    """-J of a star: ±√(n-1) and n - 2 exact zeros, which count as nothing; complete graph; ring; no edges."""
    points = np.zeros((3, n))
    ring = np.roll(np.eye(n), 1, axis=1)
    cosines = np.cos(2.0 * np.pi * np.arange(n) / n)
    star = np.zeros((n, n))
    star[0, 1:] = star[1:, 0] = 1.0
    for graph, index in (
        (star, 1),
        (np.ones((n, n)) - np.eye(n), 1),
        (np.eye(n) - np.ones((n, n)), n - 1),
        (ring + ring.T, np.count_nonzero(cosines > 1e-12)),
        (np.zeros((n, n)), 0),
    ):
        energy = ls.IsingEnergy(ip.IsingModel(scale * graph))
        assert ls.hessian_index(energy, points).tolist() == [index] * 3
        assert ls.hessian_index(energy, points[0]) == index


@pytest.mark.slow
def test_a_large_minimum_by_products_alone_is_what_dense_algebra_says() -> None:
    """n = 2000, a minimum at a = 0.5: ends, soft modes, tr H⁻¹ and the density, from Hessian-vector products only."""
    n = 2000
    energy = _soft(n, 0.5, seed=5)
    x = 1e-3 * np.random.default_rng(0).standard_normal(n)
    for pump in [*np.linspace(-2.2, 0.5, 1500), *[0.5] * 500]:  # slowly, into a minimum with a gap
        x = x - 0.1 * energy.with_pump(pump).gradient(x)
    assert np.abs(energy.gradient(x)).max() < 1e-6 and ls.hessian_index(energy, x) == 0
    spectrum = ls.hessian_spectrum(energy, x)
    lowest, highest = ls.hessian_extremes(energy, x, 3, method="lanczos")
    np.testing.assert_allclose(lowest, spectrum[:3], rtol=1e-9)
    np.testing.assert_allclose(highest, spectrum[::-1][:3], rtol=1e-9)
    np.testing.assert_allclose(ls.soft_modes(energy, x, 3, method="lanczos").curvatures, spectrum[:3], rtol=1e-9)
    exact = ls.inverse_trace(energy, x, method="exact").value
    assert exact == pytest.approx(np.mean(1.0 / spectrum), rel=1e-10)
    estimate = ls.inverse_trace(energy, x, method="hutchinson", seed=1)
    assert abs(estimate.value - exact) < 4 * estimate.error < 0.1 * exact
    for method in ("lanczos", "kernel-polynomial"):
        found = ls.spectral_density(energy, x, method=method, moments=200, seed=2)  # type: ignore[arg-type]
        below, above = (
            np.searchsorted(spectrum, found.grid + shift * float(found.resolution)) / n for shift in (-3.0, 3.0)
        )
        allowed = 4.0 / np.sqrt(2 * n * 16)
        assert np.all(found.cumulative > below - allowed) and np.all(found.cumulative < above + allowed)


def test_a_hessian_that_overflows_is_refused_by_name() -> None:
    energy = ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(4, seed=0), 0.0)
    points = [np.zeros(4), np.full(4, 1e200)]
    for function in (ls.hessian_index, ls.hessian_spectrum, ls.hessian_extremes, ls.soft_modes, ls.inverse_trace):
        with pytest.raises(ValueError, match="x: the Hessian at point 1 is not finite"):
            function(energy, points)
