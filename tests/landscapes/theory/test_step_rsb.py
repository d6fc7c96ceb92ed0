"""Optimal steps of replica-symmetry breaking: exact small cases, published values, order of the energies."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar, root
from scipy.special import log_ndtr

from landscapes.theory import full_rsb, replica_symmetric, sk_step_energy, step_rsb
from landscapes.theory._step_rsb import soft_spin_steps


def test_one_step_of_ising_spins_in_closed_form() -> None:
    # <exp(μ|z|)> = 2 exp(μ²/2) Φ(μ): e = max of -μ/4 - ln(2Φ(μ))/μ
    def lowered(mu: float) -> float:
        return mu / 4 + (np.log(2) + log_ndtr(mu)) / mu

    best = minimize_scalar(lowered, bounds=(0.3, 2.0), method="bounded", options={"xatol": 1e-10})
    assert sk_step_energy(1) == pytest.approx(-best.fun, abs=1e-11)


def test_two_steps_of_ising_spins_by_one_integral() -> None:
    z, weights = np.polynomial.legendre.leggauss(300)
    z, weights = 9.0 * z, 9.0 * weights * np.exp(-40.5 * z * z) / np.sqrt(2.0 * np.pi)

    def energy(v: np.ndarray) -> float:
        first, second, q = v
        s, h = np.sqrt(1.0 - q), np.sqrt(q) * z
        inner = (
            np.logaddexp(second * h + log_ndtr(h / s + second * s), -second * h + log_ndtr(-h / s + second * s))
            + 0.5 * (second * s) ** 2
        )
        outer = -np.log(np.sum(weights * np.exp(first / second * inner))) / first
        return 0.25 * (first * q * q + second * (1.0 - q * q)) + outer

    def slope(v: np.ndarray) -> list[float]:
        shifts = 1e-5 * np.eye(3)
        return [(energy(v + shift) - energy(v - shift)) / 2e-5 for shift in shifts]

    solution = root(slope, [0.5, 2.0, 0.74])
    assert solution.success
    assert sk_step_energy(2) == pytest.approx(energy(solution.x), abs=1e-9)


@pytest.mark.parametrize(("steps", "energy"), [(1, -0.7688272), (2, -0.7640273), (3, -0.7634089), (4, -0.7632596)])
def test_ising_table(steps: int, energy: float) -> None:
    assert sk_step_energy(steps) == pytest.approx(energy, abs=1e-6)


@pytest.mark.parametrize(("steps", "pump"), [(1, -0.7789), (2, -0.6457)])
def test_where_truncated_solutions_freeze(steps: int, pump: float) -> None:
    assert soft_spin_steps(steps, curvature=0.0).pump == pytest.approx(pump, abs=2e-4)
    assert step_rsb(pump, steps).curvature == pytest.approx(0.0, abs=3e-4)


@pytest.mark.parametrize("pump", [-1.2, pytest.param(0.3, marks=pytest.mark.slow)])
def test_steps_raise_the_energy_towards_full_breaking(pump: float) -> None:
    energies = [step_rsb(pump, steps).energy for steps in range(3)]
    assert energies[0] == replica_symmetric(pump).energy
    rises = np.diff([*energies, full_rsb(pump, levels=20).energy])
    assert np.all(rises[:2] > 0.0)
    assert rises[1] < rises[0] / 2


def test_stationary_in_everything() -> None:
    saddle = soft_spin_steps(2, pump=0.3)
    squares = np.sum(saddle.parisi.probability * saddle.parisi.mean**2, axis=1)[1:]
    np.testing.assert_allclose(squares, saddle.self_overlap * saddle.overlaps[1:-1], rtol=1e-6)  # q_k = E[m²]
    assert saddle.moments[0] == pytest.approx(saddle.self_overlap, rel=1e-6)  # q_M = <x²>
    # What no equation of the solver says, and holds only where all of them do: Δ = <dx/dh>.
    assert saddle.moments[2] == pytest.approx(saddle.susceptibility, rel=1e-6)
    unsolved = full_rsb(0.3, levels=3)  # steps at given overlaps
    assert unsolved._saddle is not None
    assert abs(unsolved._saddle.moments[2] - unsolved.susceptibility) > 1e-4


def test_without_breaking() -> None:
    for steps in (0, 2):
        state = step_rsb(-2.5, steps)
        assert state.q == state.energy == 0.0
    assert step_rsb(-1.0, 0).breaking.shape == (0,)


@pytest.mark.parametrize(("steps", "error"), [(-1, ValueError), (13, ValueError), (1.5, TypeError), (True, TypeError)])
def test_bad_steps(steps: object, error: type[Exception]) -> None:
    with pytest.raises(error, match="steps"):
        step_rsb(0.0, steps)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="steps"):
        sk_step_energy(0)
