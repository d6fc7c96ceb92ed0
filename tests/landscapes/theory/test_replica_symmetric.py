"""The replica-symmetric state: published values, limits, and its equations integrated in another way."""

import numpy as np
import pytest
from scipy.integrate import quad

from landscapes.theory import replica_symmetric
from landscapes.theory.one_site import amplitude

# a: q, Δ, c, e, E[(dx/dh)²], to six digits
TABLE = {
    -1.9: (0.038632, 0.997918, 0.902082, -0.000926, 1.00887),
    -1.8: (0.085477, 0.993556, 0.806444, -0.003998, 1.03022),
    -1.5: (0.262722, 0.974492, 0.525508, -0.029489, 1.17397),
    -1.2: (0.484600, 0.950947, 0.249053, -0.085034, 1.61240),
    -1.0: (0.653668, 0.933907, 0.066093, -0.141816, 3.11869),
}


@pytest.mark.parametrize("pump", TABLE)
def test_table(pump: float) -> None:
    state = replica_symmetric(pump)
    q, susceptibility, curvature, energy, stability = TABLE[pump]
    np.testing.assert_allclose(
        [state.q, state.susceptibility, state.curvature, state.energy],
        [q, susceptibility, curvature, energy],
        atol=2e-6,
    )
    assert state.stability == pytest.approx(stability, abs=2e-5)


@pytest.mark.parametrize("pump", [1e3, 1e5, 1e7, 1e9])
def test_large_pumps(pump: float) -> None:
    """Spins of modulus √a in local fields z + Δ sign(z), Δ = √(2/π): e = -a²/4 - Δ a - (1 + 6/π)/4 + O(1/a).

    The last term is the amplitudes' answer, -⟨(Js)²⟩/4.
    """
    state = replica_symmetric(pump)
    assert state.susceptibility == pytest.approx(np.sqrt(2.0 / np.pi), abs=0.2 / pump + 1e-7)
    assert state.q == pytest.approx(pump + 2.0 * np.sqrt(2.0 / np.pi), abs=1.0 / pump + 1e-7 * pump)
    energy = -0.25 * pump**2 - np.sqrt(2.0 / np.pi) * pump - 0.25 * (1.0 + 6.0 / np.pi)
    assert state.energy == pytest.approx(energy, rel=4e-15, abs=0.1 / pump)  # a dozen roundings


@pytest.mark.parametrize("pump", [-2.0, -2.5, -10.0, -1e6])
def test_below_the_onset_nothing_moves(pump: float) -> None:
    state = replica_symmetric(pump)
    assert state.q == state.energy == 0.0
    assert state.susceptibility == pytest.approx(1.0 / (-pump - state.susceptibility), rel=1e-12)  # the resolvent
    assert state.stability <= 1.0
    assert state.susceptibility <= 1.0


@pytest.mark.parametrize("pump", [-1.99, -1.0, 0.0, 5.0])
def test_above_the_onset_it_is_unstable(pump: float) -> None:
    assert replica_symmetric(pump).stability > 1.0


@pytest.mark.parametrize("pump", [-1.3, 0.5, 3.0])
def test_equations_integrated_over_the_field(pump: float) -> None:
    state = replica_symmetric(pump)
    c, q = state.curvature, state.q

    def mean(function) -> float:
        density = lambda h: np.exp(-0.5 * h * h / q) / np.sqrt(2.0 * np.pi * q)  # noqa: E731
        x = lambda h: float(amplitude(np.array(h), c))  # noqa: E731
        return 2.0 * quad(lambda h: density(h) * function(x(h), h), 0.0, 12.0 * np.sqrt(q), epsabs=1e-11, limit=200)[0]

    assert mean(lambda x, h: x * x) == pytest.approx(q, abs=1e-8)
    assert mean(lambda x, h: x * h) / q == pytest.approx(state.susceptibility, abs=1e-8)  # Stein's lemma, with the jump
    energy = 0.5 * state.susceptibility * q + mean(lambda x, h: x**4 / 4 + c * x * x / 2 - h * x)
    assert energy == pytest.approx(state.energy, abs=1e-8)


@pytest.mark.parametrize("pump", [-1.5, -0.93, 0.0, 2.0])
def test_energy_falls_by_half_the_mean_square(pump: float) -> None:
    step = 1e-4
    slope = (replica_symmetric(pump + step).energy - replica_symmetric(pump - step).energy) / (2.0 * step)
    assert slope == pytest.approx(-0.5 * replica_symmetric(pump).q, rel=1e-6)


def test_onset_in_powers_of_the_distance() -> None:
    ratios = [replica_symmetric(-2.0 + t).energy / (-(t**2) / 12.0) for t in (1e-2, 1e-3, 1e-5)]
    assert abs(ratios[2] - 1.0) < 1e-4
    assert (ratios[0] - 1.0) / (ratios[1] - 1.0) == pytest.approx(10.0, rel=0.1)  # the next order is linear


def test_large_pump_gives_the_replica_symmetric_ising_energy() -> None:
    # e = -a²/4 + e_SK a + O(1), e_SK = -√(2/π) (Sherrington, Kirkpatrick 1975)
    first, second = 100.0, 1000.0
    excess = [replica_symmetric(a).energy + a * a / 4.0 for a in (first, second)]
    assert (excess[1] - excess[0]) / (second - first) == pytest.approx(-np.sqrt(2.0 / np.pi), abs=1e-4)


@pytest.mark.parametrize("pump", [np.nan, np.inf, "1", None, 1j])
def test_bad_pump(pump: object) -> None:
    with pytest.raises((TypeError, ValueError), match="pump"):
        replica_symmetric(pump)  # type: ignore[arg-type]
