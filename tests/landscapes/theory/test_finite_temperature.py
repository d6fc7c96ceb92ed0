"""The Sherrington-Kirkpatrick model at finite temperature: thermodynamics, limits, published coefficients."""

import numpy as np
import pytest
from scipy.optimize import root

from landscapes.theory import sk_equilibrium, sk_ground_state_energy
from landscapes.theory._finite_temperature import _functional


def test_above_the_transition_nothing_is_broken() -> None:
    for temperature in (1.0, 1.5, 4.0):
        found = sk_equilibrium(temperature)
        assert found.energy == -0.5 / temperature and found.overlaps.size == found.breaking.size == 0
        assert found.free_energy == pytest.approx(-temperature * np.log(2) - 0.25 / temperature, abs=1e-14)
    assert sk_equilibrium(0.999).energy == pytest.approx(-0.5 / 0.999, abs=1e-6)


def test_derivatives_of_the_functional() -> None:
    q, x, step = np.array([0.2, 0.4, 0.6]), np.array([0.15, 0.35, 0.5]), 1e-5
    _, by_overlap, by_breaking = _functional(0.5, q, x)
    for i, shift in enumerate(step * np.eye(3)):
        for derivative, up, down in (
            (by_overlap[i], (q + shift, x), (q - shift, x)),
            (by_breaking[i], (q, x + shift), (q, x - shift)),
        ):
            difference = (_functional(0.5, *up)[0] - _functional(0.5, *down)[0]) / (2 * step)
            assert derivative == pytest.approx(difference, rel=1e-6)


def test_one_step_by_integrals() -> None:
    """βf = -β²/4 (1 - (1 - x) q² ... ) of one step from q = 0: Parisi, Phys. Lett. 73A, 203 (1979)."""
    temperature = 0.5
    beta = 1 / temperature
    nodes, weights = np.polynomial.hermite_e.hermegauss(150)
    weights = weights / weights.sum()

    def free_energy(v: np.ndarray) -> float:
        q, x = v
        inner = weights @ (2 * np.cosh(beta * np.sqrt(q) * nodes)) ** x
        return float(-(beta**2) / 4 * (1 + (1 - x) * q**2 - 2 * q) - np.log(inner) / x) / beta

    def slope(v: np.ndarray) -> list[float]:
        return [(free_energy(v + shift) - free_energy(v - shift)) / 2e-5 for shift in 1e-5 * np.eye(2)]

    solution = root(slope, [0.6, 0.2])
    found = sk_equilibrium(temperature, 1)
    assert solution.success
    assert [found.overlaps[0], found.breaking[0]] == pytest.approx(solution.x, abs=1e-6)
    assert found.free_energy == pytest.approx(free_energy(solution.x), abs=1e-10)


@pytest.mark.parametrize("temperature", [0.3, 0.7])
def test_energy_is_the_derivative_of_the_free_energy(temperature: float) -> None:
    step = 1e-3
    up, here, down = (sk_equilibrium(temperature + shift, 3) for shift in (step, 0.0, -step))
    betas = np.array([1 / up.temperature, 1 / down.temperature])
    products = betas * [up.free_energy, down.free_energy]
    assert np.diff(products)[0] / np.diff(betas)[0] == pytest.approx(here.energy, abs=3e-6)
    assert -(up.free_energy - down.free_energy) / (2 * step) == pytest.approx(here.entropy, abs=3e-6)


def test_low_temperatures_approach_the_ground_state_as_published() -> None:
    """S = 0.72 T², hence e = e₀ + 0.48 T³, to leading order: Crisanti, Rizzo, Phys. Rev. E 65, 046137 (2002)."""
    found = sk_equilibrium(0.1)
    assert found.entropy / 0.1**2 == pytest.approx(0.72, abs=0.02)
    assert found.energy == pytest.approx(sk_ground_state_energy() + 0.48 * 0.1**3, abs=5e-5)
    assert sk_equilibrium(0.1, 1).entropy < 0  # of one step the entropy is wrong


def test_largest_overlap_near_the_transition() -> None:
    """q = τ + τ² - τ³ + …, τ = 1 - T: Kondor, J. Phys. A 16, L127 (1983)."""
    for tau in (0.05, 0.1):
        assert sk_equilibrium(1 - tau).overlaps[-1] == pytest.approx(tau + tau**2 - tau**3, rel=0.004)


def test_more_steps_raise_the_free_energy_and_converge() -> None:
    states = [sk_equilibrium(0.4, levels) for levels in (1, 2, 4, 6)]
    values = np.array([state.free_energy for state in states])
    assert (np.diff(values) > 0).all() and (np.diff(values)[1:] < 0.2 * np.diff(values)[:-1]).all()
    assert states[-1].energy == pytest.approx(states[-2].energy, abs=2e-5)
    for state in states:
        assert (np.diff(state.overlaps) > 0).all() and (np.diff(state.breaking) > 0).all()
        assert state.overlaps[0] > 0 and state.overlaps[-1] < 1 and state.breaking[-1] < 1


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match=r"temperature: must be at least 0\.1"):
        sk_equilibrium(0.05)
    with pytest.raises(ValueError, match="levels: must be at least 1"):
        sk_equilibrium(0.5, 0)
    with pytest.raises(ValueError, match="levels: at most 12"):
        sk_equilibrium(0.5, 13)
