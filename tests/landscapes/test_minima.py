"""Descents end in minima, and what is said of a minimum's Hessian is so: against eigenvalues, limits and identities."""

import ctypes
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

import ising_problems as ip
import landscapes as ls
from landscapes import cholesky
from landscapes.cholesky import factorised, inverse_square_norm, solved
from landscapes.following import Flow
from landscapes.minima import Landscape, curvature, extreme_eigenvalues, landscape_of, settle


@pytest.fixture(scope="module")
def model() -> ip.IsingModel:
    return ip.sherrington_kirkpatrick(150, seed=1)


@pytest.mark.parametrize("pump", [-1.9, -0.93, 0.0, 2.0])
def test_a_descent_from_anywhere_ends_in_a_minimum(model: ip.IsingModel, pump: float) -> None:
    landscape, energy = landscape_of(model), ls.SoftSpinEnergy(model, pump)
    for start in np.random.default_rng(0).standard_normal((4, 150)) * 2:
        x, residual = settle(landscape, pump, start)
        assert residual < 1e-9
        assert np.max(np.abs(energy.gradient(x))) == pytest.approx(residual * landscape.unit(pump) ** 1.5, abs=1e-12)
        assert ls.hessian_index(energy, x) == 0
        assert energy.value(x) < energy.value(start)
        # the virial identity of critical points: E = -¼ Σ x⁴
        assert energy.value(x) == pytest.approx(-np.sum(x**4) / 4, abs=1e-9 * 150)


def test_below_the_threshold_every_descent_ends_at_the_origin(model: ip.IsingModel) -> None:
    """For a < -λ_max(J) the energy is convex; there H = -a - J, whose lowest eigenvalue is -a - λ_max."""
    landscape = landscape_of(model)
    pump = -landscape.highest - 0.1
    for start in 3.0 * np.random.default_rng(0).standard_normal((5, 150)):
        assert np.max(np.abs(settle(landscape, pump, start)[0])) < 1e-6
    flowed = Flow(landscape).relax(pump, 3, 4000, np.random.default_rng(1))
    assert np.max(np.abs(flowed)) < 2e-3
    exact = -pump - np.linalg.eigvalsh(model.J)[-1]
    assert curvature(landscape, pump, np.zeros(150)).lowest == pytest.approx(exact, abs=1e-9)


def test_newtons_method_alone_would_have_ended_at_saddles(model: ip.IsingModel) -> None:
    """The twin: from the same starts plain Newton steps find critical points, too, but of other indices."""
    from landscapes.critical_points import polish

    landscape, energy = landscape_of(model), ls.SoftSpinEnergy(model, -0.93)
    near_saddle = 0.1 * np.random.default_rng(0).standard_normal(150)
    saddle = polish(energy, near_saddle)
    assert saddle.converged[0] and ls.hessian_index(energy, saddle.x[0]) > 0
    assert ls.hessian_index(energy, settle(landscape, -0.93, near_saddle)[0]) == 0


def test_a_point_that_is_critical_stays_and_its_index_is_told(model: ip.IsingModel) -> None:
    landscape = landscape_of(model)
    x, residual = settle(landscape, 0.0, np.zeros(150))
    bend = curvature(landscape, 0.0, x)
    spectrum = np.linalg.eigvalsh(-model.J)
    assert residual == 0.0 and not x.any()
    assert bend.negative == np.count_nonzero(spectrum < 0) > 0
    assert bend.lowest == pytest.approx(spectrum[0]) and bend.inverse_trace == pytest.approx(np.mean(1 / spectrum))


@pytest.mark.parametrize("n", [1, 2, 40, 150])
def test_curvature_against_all_eigenvalues(n: int) -> None:
    model = ip.sherrington_kirkpatrick(n, seed=n)
    landscape, energy = landscape_of(model), ls.SoftSpinEnergy(model, 0.4)
    x, _ = settle(landscape, 0.4, np.random.default_rng(0).standard_normal(n))
    spectrum = ls.hessian_spectrum(energy, x)
    bend = curvature(landscape, 0.4, x)
    assert bend.negative == 0
    assert bend.lowest == pytest.approx(spectrum[0], rel=1e-7)
    assert bend.inverse_trace == pytest.approx(np.mean(1 / spectrum), rel=1e-10)
    assert curvature(landscape, 0.4, x).lowest == bend.lowest  # to the last bit


def test_extreme_eigenvalues() -> None:
    couplings = ip.sherrington_kirkpatrick(160, seed=0).J
    spectrum = np.linalg.eigvalsh(couplings)
    assert extreme_eigenvalues(couplings) == pytest.approx((spectrum[0], spectrum[-1]), rel=1e-9)
    assert extreme_eigenvalues(np.zeros((300, 300))) == extreme_eigenvalues(np.zeros((0, 0))) == (0.0, 0.0)


# ---------------------------------------------------------------- the flow


def test_the_flow_is_the_gradient_flow() -> None:
    """One step is x - 0.1 ∇E where the bound allows it; the flow ends where it must, at x² = a + J for two spins."""
    landscape = Landscape(np.array([[0.0, 2.0], [2.0, 0.0]]), np.zeros(2), -2.0, 2.0)
    start = np.random.default_rng(5).standard_normal((1, 2))[0]
    assert 3 * np.max(start**2) + 0.5 + 2.0 < 10.0  # the steepest curvature is below 1/0.1
    step = Flow(landscape).relax(-0.5, 1, 1, np.random.default_rng(5))[0]
    assert step == pytest.approx(start - 0.1 * landscape.gradient(start, -0.5), abs=1e-6)
    end = Flow(landscape).relax(-0.5, 1, 3000, np.random.default_rng(5))[0]
    assert np.abs(end) == pytest.approx(np.sqrt(1.5), abs=1e-3)


def test_the_flow_survives_where_a_constant_step_does_not() -> None:
    """Explicit Euler with dt = 0.1 diverges from amplitudes beyond √(2/dt) = 4.5; the bounded step does not."""
    model = ip.sherrington_kirkpatrick(400, seed=0)
    landscape = landscape_of(model)

    class Wide(np.random.Generator):
        def standard_normal(self, size):  # type: ignore[no-untyped-def, override]
            return 4.0 * super().standard_normal(size)

    rng = Wide(np.random.PCG64(0))
    x = Flow(landscape).relax(0.5, 4, 300, rng)
    assert np.isfinite(x).all() and np.max(np.abs(x)) < 4
    with np.errstate(over="ignore", invalid="ignore"):
        y = Wide(np.random.PCG64(0)).standard_normal((4, 400))
        for _ in range(300):
            y = y - 0.1 * landscape.gradient(y, 0.5)
    assert np.isnan(y).any()


@pytest.mark.parametrize("steps_per_unit", [100, 1000, 30_000])
def test_no_amplitude_becomes_denormal_however_slow_the_rise(steps_per_unit: int) -> None:
    """Down to the threshold the noise along the direction that grows first falls by e⁻² at most."""
    model = ip.sherrington_kirkpatrick(60, seed=3)
    landscape = landscape_of(model)
    first = np.linalg.eigh(model.J)[1][:, -1]
    flow, threshold = Flow(landscape), -landscape.highest
    noise = 1e-3 * np.random.default_rng(0).standard_normal((3, 60)) * np.sqrt(landscape.highest / 2)
    x = next(flow.ramp([threshold], 3, steps_per_unit, np.random.default_rng(0)))
    remains = np.abs(x @ first) / np.abs(noise @ first)
    assert np.all(remains > 0.1) and np.all(remains < 1.01)
    assert np.all((np.abs(x) > 1e-30) | (x == 0))


def test_the_path_does_not_depend_on_where_it_is_looked_at() -> None:
    landscape = landscape_of(ip.sherrington_kirkpatrick(80, seed=2))
    few = list(Flow(landscape).ramp([0.5], 2, 1000, np.random.default_rng(1)))
    many = list(Flow(landscape).ramp([-1.5, -0.9, -0.31, 0.0, 0.5], 2, 1000, np.random.default_rng(1)))
    assert len(many) == 5
    for one, other in zip(few[-1], many[-1], strict=True):
        assert settle(landscape, 0.5, one)[0] == pytest.approx(settle(landscape, 0.5, other)[0], abs=1e-9)


# ---------------------------------------------------------------- Cholesky factors without the global lock


@pytest.mark.parametrize("n", [1, 2, 7, 150])
def test_factors_solve_and_give_the_inverse_trace(n: int) -> None:
    rng = np.random.default_rng(n)
    root = rng.standard_normal((n, n))
    matrix = root @ root.T + np.eye(n)
    factor, right = matrix.copy(), rng.standard_normal(n)
    assert factorised(factor)
    assert pytest.approx(np.linalg.cholesky(matrix), rel=1e-10, abs=1e-12) == np.triu(factor).T
    assert solved(factor, right) == pytest.approx(np.linalg.solve(matrix, right), rel=1e-9, abs=1e-12)
    assert inverse_square_norm(factor) == pytest.approx(np.trace(np.linalg.inv(matrix)), rel=1e-10)
    assert not factorised(matrix - 3.0 * np.linalg.eigvalsh(matrix)[0] * np.eye(n))


def test_other_threads_run_while_a_matrix_is_factorised(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin is the same routine at the same address, called with the lock held."""
    n = 1800
    matrix = 2.0 * np.eye(n) + np.full((n, n), 1e-6)

    def longest_silence(call: Callable[[], object]) -> float:
        """The longest time, as a part of the call's, in which another thread did not get to run."""
        stamps: list[float] = []
        done = threading.Event()

        def tick() -> None:
            while not done.is_set():
                stamps.append(time.perf_counter())
                time.sleep(1e-3)

        thread = threading.Thread(target=tick)
        thread.start()
        began = time.perf_counter()
        call()
        ended = time.perf_counter()
        done.set()
        thread.join()
        inside = [began, *(stamp for stamp in stamps if began < stamp < ended), ended]
        return float(np.max(np.diff(inside))) / (ended - began)

    free = min(longest_silence(lambda: factorised(matrix.copy())) for _ in range(5))
    address = ctypes.cast(cholesky._routine("dpotrf", 5), ctypes.c_void_p).value
    holding = ctypes.PYFUNCTYPE(None, *[ctypes.c_void_p] * 5)(address)  # type: ignore[arg-type]
    monkeypatch.setattr(cholesky, "_routine", lambda name, arguments: holding)
    held = min(longest_silence(lambda: factorised(matrix.copy())) for _ in range(3))
    assert free < 0.6 < held


def test_a_ramp_in_parts_is_the_same_ramp(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pumps of a long ramp are made a part at a time, to the last bit those of the whole."""
    flow = Flow(landscape_of(ip.sherrington_kirkpatrick(8, seed=0)))
    whole = list(flow.ramp([-1.0, 0.5], 2, 300, np.random.default_rng(0)))
    monkeypatch.setattr("landscapes.following._PUMPS", 7)
    parts = list(flow.ramp([-1.0, 0.5], 2, 300, np.random.default_rng(0)))
    np.testing.assert_array_equal(whole, parts)
