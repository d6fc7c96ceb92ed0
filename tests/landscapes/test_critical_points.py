"""Finding critical points: complete grids, residuals, indices as asked for, what fails, and the door."""

import threading
import time
from typing import Any

import numpy as np
import pytest

import ising_problems as ip
import landscapes as ls
from ising_problems.threads import single_threaded_algebra
from landscapes.critical_points import find_critical_points
from landscapes.pump_branches import decoupling_pump, largest_index


def _energy(n: int, seed: int, pump: float) -> ls.SoftSpinEnergy:
    return ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(n, seed=seed), pump)


def _check(energy: Any, points: ls.CriticalPoints) -> None:
    """What holds of every result: the residual test, the index, the order, the count of the starts."""
    assert np.abs(energy.gradient(points.x)).max(initial=0.0) < 1e-9
    np.testing.assert_array_equal(points.gradient_norm, np.abs(energy.gradient(points.x)).max(axis=1, initial=0.0))
    np.testing.assert_array_equal(points.index, ls.hessian_index(energy, points.x))
    np.testing.assert_allclose(points.energy, energy.value(points.x))
    assert (np.diff(points.energy) >= 0).all()
    assert points.hits.sum() + len(points.failures) == points.num_starts
    assert sum(points.failures.counts.values()) == len(points.failures)


# ---------------------------------------------------------------- the grid


@pytest.mark.parametrize("pump", [8.0, 20.0])
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("n", "counts"), [(4, [16, 32, 24, 8, 1]), (6, [64, 192, 240, 160, 60, 12, 1])])
def test_the_grid_is_complete_at_large_pump(n: int, counts: list[int], seed: int, pump: float) -> None:
    """All 3ⁿ points, C(n, k) 2^(n-k) of index k, and the Morse sum 1; one of each pair ± is returned."""
    energy = _energy(n, seed, pump)
    points = find_critical_points(energy, "grid")
    _check(energy, points)
    assert points.multiplicity.sum() == 3**n
    assert len(points) == (3**n + 1) // 2
    assert points.index_counts().tolist() == counts
    assert points.morse_sum == 1
    assert not len(points.failures)


def test_random_starts_miss_some_of_them_and_the_morse_sum_says_so() -> None:
    points = find_critical_points(_energy(4, 0, 8.0), "newton", starts=30)
    assert points.multiplicity.sum() < 81
    assert points.morse_sum != 1


def test_the_grid_with_fields_has_no_pairs() -> None:
    model = ip.sherrington_kirkpatrick(4, seed=0)
    points = find_critical_points(ls.SoftSpinEnergy(ip.IsingModel(model.J, [0.3, -0.2, 0.5, 0.1]), 20.0), "grid")
    assert not points.is_even
    assert len(points) == 81
    assert points.index_counts().tolist() == [16, 32, 24, 8, 1]


def test_part_of_a_grid_with_a_given_number_of_zeros() -> None:
    energy = _energy(30, 0, 40.0)
    points = find_critical_points(energy, "grid", index=7, starts=20)
    _check(energy, points)
    assert (points.index == 7).all() and len(points) == 20
    assert (np.sum(np.abs(points.x) < 1.0, axis=1) == 7).all()


def test_all_points_exist_where_the_equations_are_said_to_decouple() -> None:
    for seed in range(5):
        energy = _energy(4, seed, 1.0)
        at = energy.with_pump(decoupling_pump(energy))
        assert find_critical_points(at, "grid").multiplicity.sum() == 81
        assert ls.enumerate_critical_points(at).index.tolist() == [16, 32, 24, 8, 1]


# ---------------------------------------------------------------- every method


@pytest.mark.parametrize("method", ["newton", "saddle-free", "eigenvector-following", "continuation"])
@pytest.mark.parametrize("pump", [-0.93, 0.5])
def test_what_is_found_is_among_all_that_there_is(method: str, pump: float) -> None:
    """Against the certified enumeration at n = 6."""
    energy = _energy(6, 1, pump)
    census = ls.enumerate_critical_points(energy)
    points = find_critical_points(energy, method, starts=None if method == "continuation" else 60)
    _check(energy, points)
    assert len(points)
    for x, index in zip(points.x, points.index, strict=True):
        nearest = np.argmin(np.abs(census.x - x).max(axis=1))
        assert np.abs(census.x[nearest] - x).max() < 1e-9
        assert ls.hessian_index(energy, census.x[nearest]) == index


def test_newton_from_many_starts_finds_all_of_them_at_small_n() -> None:
    energy = _energy(4, 1, 0.5)
    census = ls.enumerate_critical_points(energy)
    points = find_critical_points(energy, "newton", starts=300)
    assert points.multiplicity.sum() == len(census.x)
    assert points.index_counts().tolist() == census.index.tolist()
    assert points.morse_sum == 1


def test_only_the_origin_below_the_first_bifurcation() -> None:
    """(I5): for a < -λ_max(J) the energy is convex, its minimum at 0 with λ_min = -a - λ_max."""
    model = ip.sherrington_kirkpatrick(30, seed=2)
    largest = float(np.linalg.eigvalsh(model.J)[-1])
    energy = ls.SoftSpinEnergy(model, -largest - 0.05)
    for method in ("newton", "saddle-free", "continuation"):
        points = find_critical_points(energy, method, starts=None if method == "continuation" else 20)
        assert len(points) == 1 and np.abs(points.x).max() < 1e-6
        assert points.lowest_eigenvalue[0] == pytest.approx(0.05, abs=1e-9)


@pytest.mark.parametrize("pump", [-0.93, 0.0, 1.0])
def test_virial_identity_at_every_point(pump: float) -> None:
    """(I1): without fields E = -Σx⁴/4 wherever the gradient vanishes."""
    energy = _energy(100, 3, pump)
    points = find_critical_points(energy, "newton", starts=16)
    _check(energy, points)
    assert len(points)
    np.testing.assert_allclose(points.energy / 100, -0.25 * np.mean(points.x**4, axis=1), atol=1e-12)


def test_saddle_free_newton_finds_minima_only_and_goes_downhill() -> None:
    energy = _energy(60, 0, 0.0)
    start = np.random.default_rng(0).standard_normal((20, 60))
    points = find_critical_points(energy, "saddle-free", starts=start)
    _check(energy, points)
    assert points.success_rate == 1.0
    assert (points.index == 0).all() and (points.lowest_eigenvalue > 0).all()
    assert points.energy.max() < energy.value(start).min()
    # from a saddle itself, where the gradient shows no way down
    assert find_critical_points(energy, "saddle-free", starts=np.zeros((1, 60))).index.tolist() == [0]


# ---------------------------------------------------------------- eigenvector following


@pytest.mark.parametrize("pump", [-0.93, 0.0, 1.0])
def test_saddles_of_the_index_asked_for(pump: float) -> None:
    """n = 100: where plain eigenvector following finds 12 to 14 of 50 for a ≥ 0, nine of ten are asked for here."""
    energy = _energy(100, 0, pump)
    asked = np.tile([0, 1, 2, 4, 6, 8, 10, 13], 3)
    points = find_critical_points(energy, "eigenvector-following", index=asked, starts=len(asked))
    _check(energy, points)
    assert points.success_rate >= 0.9
    assert set(points.index.tolist()) <= set(asked.tolist())
    per_index = [points.hits[points.index == k].sum() for k in (0, 1, 2, 4, 6, 8, 10, 13)]
    assert min(per_index) >= 1 and max(per_index) <= 3


def test_plain_eigenvector_following_fails_where_the_deformation_does_not() -> None:
    from landscapes.eigenvector_following import Unchanged, follow_eigenvectors, saddles_of_index

    energy = _energy(100, 0, 0.0)
    asked = np.full(8, 8)
    far = 0.9 * np.random.default_rng(1).standard_normal((8, 100))
    near = 0.1 * np.random.default_rng(1).standard_normal((8, 100))
    with single_threaded_algebra():
        _, arrived = follow_eigenvectors(Unchanged(energy), far, np.zeros(8), asked, max_iterations=80)
        assert arrived.sum() <= 2
        assert saddles_of_index(energy, near, asked)[1].sum() >= 6


@pytest.mark.slow
@pytest.mark.parametrize("pump", [-0.93, 0.0, 1.0])
def test_saddles_of_the_index_asked_for_in_three_instances(pump: float) -> None:
    asked = np.repeat([0, 1, 2, 4, 6, 8, 10, 13], 6)
    for seed in (1, 2, 3):
        energy = _energy(100, seed, pump)
        points = find_critical_points(energy, index=asked, starts=len(asked), seed=seed)
        _check(energy, points)
        assert points.success_rate >= 0.95


@pytest.mark.slow
def test_saddles_of_larger_systems() -> None:
    energy = _energy(200, 1, 0.0)
    points = find_critical_points(energy, index=np.tile([4, 10, 20], 4), starts=12)
    _check(energy, points)
    assert points.success_rate >= 0.9


def test_saddles_of_higher_index_lie_higher() -> None:
    """The index-energy line at a = -0.93: of one J, n = 100, the mean energy rises with the index."""
    energy = _energy(100, 0, -0.93)
    levels = []
    for k in (0, 4, 8, 13):
        points = find_critical_points(energy, index=k, starts=6)
        levels.append(points.energy.mean() / 100)
    assert (np.diff(levels) > 0.005).all()
    assert levels[0] == pytest.approx(-0.1165, abs=0.02) and levels[-1] == pytest.approx(-0.0083, abs=0.01)


def test_starts_of_ones_own_lead_to_the_saddles_beside_them() -> None:
    energy = _energy(40, 5, 0.0)
    saddles = find_critical_points(energy, index=3, starts=6)
    beside = saddles.x + 1e-3 * np.random.default_rng(0).standard_normal(saddles.x.shape)
    again = find_critical_points(energy, "eigenvector-following", 3, beside)
    np.testing.assert_allclose(again.x, saddles.x, atol=1e-9)


def test_no_index_is_larger_than_the_origins() -> None:
    energy = _energy(30, 0, -1.0)
    largest = largest_index(energy)
    assert largest == ls.hessian_index(energy, np.zeros(30))
    points = find_critical_points(energy, index=largest + 1, starts=3)
    assert len(points) == 0 and points.failures.counts == {"no such index": 3}
    assert find_critical_points(energy, index=largest, starts=3).index.tolist() == [largest]


# ---------------------------------------------------------------- what is not a critical point


def test_minimising_the_gradient_is_no_search_for_critical_points() -> None:
    """Least squares on ∇E ends where H ∇E = 0 with ∇E ≠ 0; such an end is never passed off as a critical point."""
    from scipy.optimize import least_squares

    energy = _energy(100, 0, 0.0)
    starts = np.random.default_rng(0).standard_normal((6, 100))
    ends = [least_squares(energy.gradient, x, energy.hessian, method="lm", max_nfev=300).x for x in starts]
    ends = np.array(ends)
    residual = np.abs(energy.gradient(ends)).max(axis=1)
    stuck = residual > 1e-6
    assert stuck.sum() >= 4
    slope = np.einsum("mij,mj->mi", energy.hessian(ends[stuck]), energy.gradient(ends[stuck]))
    # stationary for |∇E|², but not for E
    assert np.abs(slope).max() < 0.3 * residual[stuck].max()
    points = find_critical_points(energy, "newton", starts=ends, max_iterations=1)
    _check(energy, points)
    assert len(points.failures) >= 1
    assert set(points.failures.counts) == {"not critical"}
    assert (points.failures.gradient_norm > 1e-9).all()
    np.testing.assert_allclose(
        np.abs(energy.gradient(points.failures.x)).max(axis=1), points.failures.gradient_norm, rtol=1e-12
    )


# ---------------------------------------------------------------- other energies, scales, sizes


@pytest.mark.parametrize("method", ["newton", "eigenvector-following"])
def test_critical_points_of_the_rayleigh_quotient_are_the_eigenvectors(method: str) -> None:
    """±√n v_k with the energy -n λ_k/2 and the index k - 1, λ in descending order; no more than n of them."""
    model = ip.sherrington_kirkpatrick(12, seed=0)
    energy = ls.RayleighQuotient(model)
    points = find_critical_points(energy, method, starts=60)
    _check(energy, points)
    values = np.linalg.eigvalsh(model.J)[::-1]
    assert len(set(points.index.tolist())) == len(points) >= 6
    np.testing.assert_allclose(points.energy, -6.0 * values[points.index], atol=1e-12)
    np.testing.assert_allclose(np.sum(points.x**2, axis=1), 12.0)


def test_a_gaussian_landscape() -> None:
    energy = ls.GaussianLandscape(8, confinement=0.4, num_waves=256, seed=1)
    minima = find_critical_points(energy, "saddle-free", starts=20)
    _check(energy, minima)
    assert not minima.is_even and minima.success_rate == 1.0 and (minima.index == 0).all()
    saddles = find_critical_points(energy, index=2, starts=10)
    _check(energy, saddles)
    assert len(saddles) >= 1 and (saddles.index == 2).all()


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_the_scale_of_the_couplings_makes_no_difference(scale: float) -> None:
    model = ip.sherrington_kirkpatrick(20, seed=0)
    points = find_critical_points(ls.SoftSpinEnergy(ip.IsingModel(scale * model.J), 0.25 * scale), index=2, starts=8)
    expected = find_critical_points(ls.SoftSpinEnergy(model, 0.25), index=2, starts=8)
    np.testing.assert_allclose(points.energy / scale**2, expected.energy, rtol=1e-9)
    np.testing.assert_allclose(points.x / np.sqrt(scale), expected.x, atol=1e-8)


@pytest.mark.parametrize("pump", [1e5, 1e12])
def test_pumps_that_are_large_beside_the_couplings(pump: float) -> None:
    """All 729 points are there at any large pump, though rounding alone leaves residuals above 1e-9."""
    points = find_critical_points(_energy(6, 0, pump))
    assert points.index_counts().tolist() == [64, 192, 240, 160, 60, 12, 1] and not len(points.failures)


@pytest.mark.parametrize("scale", [1e-60, 1e-18, 1e-9, 1e9, 1e60])
def test_points_are_told_apart_at_any_scale(scale: float) -> None:
    """√c amplitudes and c^1.5 fields; with fields no point has a mirror image, however weak they look beside 1."""
    model = ip.sherrington_kirkpatrick(4, seed=0)
    scaled = ip.IsingModel(scale * model.J, scale**1.5 * np.array([0.02, -0.01, 0.03, 0.01]))
    energy = ls.SoftSpinEnergy(scaled, 8.0 * scale)
    points = find_critical_points(energy, "grid")
    assert len(points) == 81 and not points.is_even
    np.testing.assert_allclose(points.x, ls.enumerate_critical_points(energy).x, rtol=0, atol=1e-9 * scale**0.5)


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_the_scale_of_a_quotient_makes_no_difference(scale: float) -> None:
    """Its n critical points are the eigenvectors."""
    model = ip.sherrington_kirkpatrick(6, seed=0)
    points = find_critical_points(ls.RayleighQuotient(ip.IsingModel(scale * model.J)))
    np.testing.assert_allclose(points.energy, -3.0 * scale * np.linalg.eigvalsh(model.J)[::-1], rtol=1e-9)
    assert points.index.tolist() == list(range(6))


def test_sparse_couplings_are_followed_like_dense_ones() -> None:
    model = ip.edwards_anderson((9, 9), seed=1)
    assert model.is_sparse
    sparse = find_critical_points(ls.SoftSpinEnergy(model, 0.0), index=3, starts=6)
    dense = find_critical_points(ls.SoftSpinEnergy(ip.IsingModel(model.J.toarray()), 0.0), index=3, starts=6)
    assert len(sparse)
    np.testing.assert_allclose(sparse.x, dense.x, atol=1e-8)


@pytest.mark.parametrize("method", ["newton", "saddle-free", "eigenvector-following", "continuation", "auto"])
def test_nothing_and_one_spin(method: str) -> None:
    nothing = find_critical_points(ls.SoftSpinEnergy(ip.IsingModel(np.zeros((0, 0))), 1.0), method)
    assert nothing.x.shape == (0, 0) and nothing.to_dataset().sizes["point"] == 0
    one = find_critical_points(ls.SoftSpinEnergy(ip.IsingModel([[0.0]]), 2.0), method)
    found = dict(zip(one.index.tolist(), one.x[:, 0].tolist(), strict=True))
    assert found[0] == pytest.approx(np.sqrt(2.0))
    assert found.get(1, 0.0) == pytest.approx(0.0, abs=1e-12)


def test_points_of_another_index_than_was_asked_for_are_not_returned() -> None:
    """At a small pump Newton's method leaves the grid's points for others, of any index."""
    points = find_critical_points(_energy(8, 0, 0.7), "grid", index=2, starts=60)
    _check(_energy(8, 0, 0.7), points)
    assert set(points.index.tolist()) == {2} and points.failures.counts["other index"] > 0


def test_rounding_makes_no_index() -> None:
    """At a = -λ_max the origin is the minimum of a convex energy; its lowest eigenvalue, 0, comes out as ±1e-16."""
    found = []
    for seed in range(12):
        model = ip.sherrington_kirkpatrick(7, seed=seed)
        energy = ls.SoftSpinEnergy(model, -float(np.linalg.eigvalsh(model.J)[-1]))
        found.append(find_critical_points(energy, "newton", starts=np.zeros((1, 7))))
    assert [points.index.tolist() for points in found] == 12 * [[0]]
    assert min(points.lowest_eigenvalue[0] for points in found) < 0.0


def test_a_degenerate_point_is_found_once() -> None:
    """One spin at its threshold: E = x⁴/4 vanishes with its curvature, and Newton only creeps to x = 0."""
    points = find_critical_points(ls.SoftSpinEnergy(ip.IsingModel([[0.0]]), 0.0), "newton", starts=20)
    assert len(points) == 1 and points.hits.tolist() == [20]
    assert abs(points.x[0, 0]) < 1e-3 and points.smallest_curvature[0] < 1e-5


# ---------------------------------------------------------------- running


def test_a_seed_fixes_the_result_whatever_the_number_of_threads() -> None:
    energy = _energy(40, 0, 0.0)
    runs = [find_critical_points(energy, index=4, starts=30, seed=5, threads=threads) for threads in (1, 3)]
    np.testing.assert_array_equal(runs[0].x, runs[1].x)
    other = find_critical_points(energy, index=4, starts=30, seed=6)
    assert not np.array_equal(runs[0].energy[:5], other.energy[:5])


def test_a_callback_ends_the_search_and_what_was_found_is_returned() -> None:
    fractions: list[float] = []

    def enough(fraction: float) -> bool:
        fractions.append(fraction)
        return True

    energy = _energy(100, 0, 0.0)
    began = time.perf_counter()
    points = find_critical_points(energy, index=10, starts=2000, threads=1, callback=enough)
    assert time.perf_counter() - began < 20.0
    _check(energy, points)
    assert points.status == "interrupted"
    assert points.failures.counts["stopped"] > 1000
    assert 0.0 <= fractions[0] <= 1.0


def test_ctrl_c_ends_the_search_and_what_was_found_is_returned() -> None:
    import _thread

    timer = threading.Timer(0.5, _thread.interrupt_main)
    timer.start()
    points = find_critical_points(_energy(100, 0, 0.0), index=10, starts=3000, threads=1)
    timer.join()
    assert points.status == "interrupted" and points.failures.counts["stopped"] > 1000


def test_the_data_set_holds_everything() -> None:
    energy = _energy(20, 0, 0.5)
    points = find_critical_points(energy, "newton", starts=20, max_iterations=60)
    assert len(points) and len(points.failures)
    data = points.to_dataset()
    np.testing.assert_array_equal(data["x"], points.x)
    np.testing.assert_array_equal(data["failed_x"], points.failures.x)
    assert data["index"].dims == ("point",) and data["failed_reason"].values[0] == "not critical"
    assert data.attrs["num_starts"] == 20
    assert "20 starts" in repr(points) and "not critical" in repr(points)


# ---------------------------------------------------------------- the door


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"method": "bfgs"}, ValueError, "method: must be one of auto, newton, .* but it is 'bfgs'"),
        ({"method": "newton", "index": 3}, ValueError, "index: 'newton' does not look for a given index"),
        ({"index": 7}, ValueError, "index: must be from 0 to n = 6, but one is 7"),
        ({"index": -1}, ValueError, "index: must be at least 0"),
        ({"index": [1, 2], "starts": 3}, ValueError, r"index: an integer, or one for each of the 3 starts.*\(2,\)"),
        ({"index": 1.5}, ValueError, "index: an integer"),
        ({"starts": -1}, ValueError, "starts: must be at least 0"),
        ({"starts": np.zeros((2, 5))}, ValueError, r"starts: shape \(6,\) or \(m, 6\) is needed"),
        ({"starts": np.full((1, 6), np.inf)}, ValueError, "starts: must be finite"),
        ({"starts": np.full((1, 6), 1e40)}, ValueError, "starts: amplitudes beyond 1e.30 overflow"),
        ({"method": "grid", "starts": np.zeros((1, 6))}, ValueError, "starts: 'grid' makes its own"),
        ({"method": "newton", "start_pump": 3.0}, ValueError, "start_pump: only 'continuation'"),
        ({"method": "continuation", "starts": np.zeros((1, 6))}, ValueError, "start_pump: the pump at which"),
        ({"tolerance": 0.0}, ValueError, "tolerance: must be greater than 0"),
        ({"max_iterations": 0}, ValueError, "max_iterations: must be at least 1"),
        ({"seed": -1}, ValueError, "seed: must not be negative"),
        ({"threads": 0}, ValueError, "threads: must be at least 1"),
        ({"callback": 3}, TypeError, "callback: a function"),
    ],
)
def test_bad_arguments_are_refused_by_name(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        find_critical_points(_energy(6, 0, 0.5), **arguments)


def test_energies_that_do_not_go_with_a_method_are_refused() -> None:
    model = ip.sherrington_kirkpatrick(6, seed=0)
    with pytest.raises(ValueError, match=r"method: 'grid' needs the pump of a SoftSpinEnergy.*RayleighQuotient"):
        find_critical_points(ls.RayleighQuotient(model), "grid")
    with pytest.raises(ValueError, match=r"needs a positive pump, but a is -1"):
        find_critical_points(ls.SoftSpinEnergy(model, -1.0), "grid")
    with pytest.raises(TypeError, match=r"energy: .*IsingModel, which has no num_variables"):
        find_critical_points(model)  # type: ignore[arg-type]
