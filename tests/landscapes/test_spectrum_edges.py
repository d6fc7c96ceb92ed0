"""Extreme eigenvalues, soft modes and participation ratios, against dense algebra and random-matrix theory."""

import numpy as np
import pytest

import ising_problems as ip
import landscapes as ls
from landscapes.lanczos import lanczos


def _soft(n: int, pump: float, seed: int = 0) -> ls.SoftSpinEnergy:
    return ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(n, seed=seed), pump)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("count", [1, 4])
def test_lanczos_finds_what_dense_algebra_finds(count: int, sparse: bool) -> None:
    model = ip.random_regular(120, 4, seed=1) if sparse else ip.sherrington_kirkpatrick(120, seed=1)
    assert model.is_sparse == sparse
    energy = ls.SoftSpinEnergy(model, -0.4)
    x = 0.5 * np.random.default_rng(0).standard_normal((2, 120))
    spectrum, vectors = np.linalg.eigh(energy.hessian(x))
    for method in ("dense", "lanczos"):
        lowest, highest = ls.hessian_extremes(energy, x, count, method=method)  # type: ignore[arg-type]
        np.testing.assert_allclose(lowest, spectrum[:, :count], atol=1e-10)
        np.testing.assert_allclose(highest, spectrum[:, ::-1][:, :count], atol=1e-10)
        curvatures, modes = ls.soft_modes(energy, x, count, method=method)  # type: ignore[arg-type]
        np.testing.assert_allclose(curvatures, spectrum[:, :count], atol=1e-10)
        assert modes.shape == (2, count, 120)
        for k in range(count):
            overlaps = np.abs(np.sum(modes[:, k] * vectors[:, :, k], axis=1))
            np.testing.assert_allclose(overlaps, 1.0, atol=1e-9)
            assert np.all(np.take_along_axis(modes[:, k], np.argmax(np.abs(modes[:, k]), axis=1)[:, None], 1) > 0)
        alone = ls.soft_modes(energy, x[1], count, method=method)  # type: ignore[arg-type]
        np.testing.assert_allclose(alone.modes, modes[1], atol=1e-8)
        assert np.array_equal(alone.modes, ls.soft_modes(energy, x[1], count, method=method).modes)  # type: ignore[arg-type]


def test_large_points_take_the_lanczos_process() -> None:
    """n = 1500: both ends of a sparse Hessian with two known eigenvalues far outside."""
    n = 1500
    model = ip.random_regular(n, 3, seed=2)
    energy = ls.SoftSpinEnergy(ip.IsingModel(0.01 * model.J), 0.0)
    x = np.ones(n)
    x[7], x[11] = 0.1, 2.0
    lowest, highest = ls.hessian_extremes(energy, x)
    # the two sites stand apart by 3 and 9: second-order perturbation theory, its error of the fourth order
    square = 3.0 * 0.01**2
    assert lowest[0] == pytest.approx(3 * 0.01 - square / (3 - 0.03), abs=1e-6)
    assert highest[0] == pytest.approx(12.0 + square / 9, abs=1e-6)
    mode = ls.soft_modes(energy, x).modes[0]
    assert np.argmax(np.abs(mode)) == 7 and ls.participation_ratio(mode) == pytest.approx(1.0, abs=1e-3)


def test_the_lowest_mode_at_the_origin_is_the_couplings_leading_eigenvector() -> None:
    energy = _soft(50, -1.0)
    values, vectors = np.linalg.eigh(energy.model.J)
    curvatures, modes = ls.soft_modes(energy, np.zeros(50), 2)
    np.testing.assert_allclose(curvatures, 1.0 - values[::-1][:2], atol=1e-12)
    np.testing.assert_allclose(np.abs(modes[0] @ vectors[:, -1]), 1.0, atol=1e-10)


def test_participation_of_axes_corners_and_random_vectors() -> None:
    assert ls.participation_ratio([0.0, 0.0, -3.0]) == 1.0
    assert ls.participation_ratio([1e-200, -1e-200, 1e-200]) == pytest.approx(3.0)
    vectors = np.linalg.eigh(ip.sherrington_kirkpatrick(600, seed=0).J)[1].T
    ratios = ls.participation_ratio(vectors)
    assert ratios.shape == (600,)
    assert ratios.mean() == pytest.approx(602 / 3, rel=0.01)  # uniform on the sphere: ⟨Σv⁴⟩ = 3/(n + 2)
    assert ls.participation_ratio(np.zeros((0, 5))).shape == (0,)


def test_empty_and_single() -> None:
    nothing = ls.SoftSpinEnergy(ip.IsingModel(np.zeros((0, 0))), 1.0)
    assert ls.hessian_extremes(nothing, np.zeros((3, 0))).lowest.shape == (3, 0)
    assert ls.soft_modes(nothing, np.zeros(0)).modes.shape == (0, 0)
    one = ls.SoftSpinEnergy(ip.IsingModel([[0.0]]), 1.0)
    for method in ("auto", "lanczos"):
        assert ls.hessian_extremes(one, [1.0], 5, method=method).highest.tolist() == [2.0]  # type: ignore[arg-type]
        curvatures, modes = ls.soft_modes(one, [[1.0], [0.0]], method=method)  # type: ignore[arg-type]
        assert curvatures.tolist() == [[2.0], [-1.0]] and modes.tolist() == [[[1.0]], [[1.0]]]
    assert ls.soft_modes(one, np.zeros((0, 1))).modes.shape == (0, 1, 1)


def test_wrong_arguments_are_named() -> None:
    energy = _soft(3, 0.0)
    with pytest.raises(ValueError, match="count: must be at least 1"):
        ls.soft_modes(energy, np.zeros(3), 0)
    with pytest.raises(ValueError, match=r"method: must be one of 'auto', 'dense', 'lanczos', but it is 'arpack'"):
        ls.hessian_extremes(energy, np.zeros(3), method="arpack")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"x: .*finite"):
        ls.soft_modes(energy, [0.0, np.inf, 0.0])
    with pytest.raises(ValueError, match=r"vectors: each must be finite .* not zero"):
        ls.participation_ratio([[1.0, 0.0], [0.0, 0.0]])


def test_lanczos_repeats_itself_where_it_has_to_restart() -> None:
    """A matrix with few distinct eigenvalues exhausts the Krylov space at once; what then follows must be no chance."""
    projector = np.diag(np.repeat([0.0, 1.0], [40, 10]))
    runs = [lanczos(projector, 6, "LA", np.ones(50))[1] for _ in range(3)]
    np.testing.assert_array_equal(runs[0], runs[1])
    np.testing.assert_array_equal(runs[0], runs[2])
