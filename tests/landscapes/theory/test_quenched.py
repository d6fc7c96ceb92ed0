"""Quenched complexity: its instability, its stationarity, one-step replica-symmetry breaking, the lowest energies."""

from functools import cache

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import logsumexp

from landscapes import theory
from landscapes.theory import replicated_saddle
from landscapes.theory.annealed_saddle import continued_saddle
from landscapes.theory.kac_rice import complexity
from landscapes.theory.quenched import _one_step
from landscapes.theory.replicated_saddle import Replicated, solved
from landscapes.theory.saddle_continuation import Controls, continued

lowest = cache(theory.lowest_energy)


def test_the_most_numerous_points_have_no_overlap() -> None:
    for pump in (-3.0, -1.0, 0.5):
        quenched, annealed = theory.quenched_complexity(pump), theory.complexity(pump)
        assert quenched.overlap == 0.0
        assert (quenched.sigma, quenched.energy, quenched.index) == pytest.approx(
            (annealed.sigma, annealed.energy, annealed.index), abs=1e-12
        )


@pytest.mark.parametrize("energy_weight", [0.54, 0.58, 0.7])
def test_the_eigenvalue_of_the_instability(energy_weight: float) -> None:
    """A small overlap along (√q, √w) returns as K² times itself: growing where K > 1, and decaying otherwise."""
    start = complexity(0.0).saddle
    assert start is not None
    saddle = continued_saddle(start, Controls(0.0, energy_weight))
    small = 1e-6
    state = Replicated.near(saddle, small)
    returned = state.equations()[5] + small
    assert returned / small == pytest.approx(saddle.stability**2, rel=1e-3)
    assert (saddle.stability > 1.0) is (energy_weight > 0.559)


def test_the_overlap_sets_in_at_the_instability() -> None:
    below, above = theory.quenched_complexity(0.0, 0.55), theory.quenched_complexity(0.0, 0.60)
    assert theory.complexity(0.0, energy_weight=0.55).stability < 1.0 and below.overlap == 0.0
    assert above.overlap == pytest.approx(0.3245, abs=2e-3)
    annealed = theory.complexity_at(0.0, energy=above.energy, index=above.index)
    assert above.sigma < annealed.sigma  # the mean of a logarithm is below the logarithm of the mean


def test_derivatives_on_the_branch_with_an_overlap() -> None:
    """Σ + u⟨x⁴⟩/4 + ζr is stationary in all order parameters, so its derivatives are ⟨x⁴⟩/4 and r."""

    def legendre(u: float, zeta: float) -> float:
        found = theory.quenched_complexity(0.0, u, zeta)
        return found.sigma - u * found.energy + zeta * found.index

    u, zeta, step = 0.64, -0.1, 0.01
    found = theory.quenched_complexity(0.0, u, zeta)
    assert found.overlap > 0.4
    slopes = (
        (legendre(u + step, zeta) - legendre(u - step, zeta)) / (2.0 * step),
        (legendre(u, zeta + step) - legendre(u, zeta - step)) / (2.0 * step),
    )
    assert slopes == pytest.approx((-found.energy, found.index), abs=5e-5)


@pytest.mark.parametrize(("pump", "index"), [(-0.7, 0.02), (0.0, 0.0), (0.0, 0.05)])
def test_the_annealed_number_is_typical_down_to_the_onset(pump: float, index: float) -> None:
    onset = theory.overlap_onset(pump, index)
    assert onset is not None
    assert onset.stability == pytest.approx(1.0, abs=1e-8) and onset.index == pytest.approx(index, abs=1e-9)
    assert onset.sigma > 0.0
    above = theory.complexity_at(pump, energy=onset.energy + 0.005, index=index)
    below = theory.complexity_at(pump, energy=onset.energy - 0.005, index=index)
    assert above.stability < 1.0 < below.stability
    annealed = lowest(pump, index, "annealed")
    assert annealed.energy < onset.energy < theory.complexity_at(pump, index=index).energy


def one_step_energy(pump: float, q: float, q0: float, susceptibility: float, parameter: float) -> float:
    """Ground-state energy per spin of one-step replica-symmetry breaking at T = 0, for given order parameters.

    e = Δq/2 + m(q² - q₀²)/4 - (1/m) E ln E exp(-m g(h)), g(h) = min x⁴/4 + c x²/2 - h x, c = -a - Δ.
    """
    c = -pump - susceptibility
    x = np.linspace(-4.0, 4.0, 160001)
    minimum = x**4 / 4.0 + c * x * x / 2.0 - (x**3 + c * x) * x  # at the field h = x³ + c x, which is one to one
    normal = np.linspace(-8.0, 8.0, 801)
    weights = np.exp(-0.5 * normal**2) / np.exp(-0.5 * normal**2).sum()
    h = np.sqrt(q0) * normal[::8, None] + np.sqrt(q - q0) * normal
    g = np.interp(h, x**3 + c * x, minimum)
    inner = -logsumexp(-parameter * g, b=weights, axis=1) / parameter
    outer = weights[::8] / weights[::8].sum()
    return susceptibility * q / 2.0 + parameter * (q**2 - q0**2) / 4.0 + float(outer @ inner)


@pytest.mark.parametrize("pump", [-1.5, -1.0, -0.7])
def test_minima_are_one_step_replica_symmetry_breaking(pump: float) -> None:
    """At index 0 the order parameters extremise the one-step free energy, whose value is the lowest energy."""
    found = lowest(pump)
    at = np.array([found.q, found.overlap, found.resolvent.real, found.energy_weight])
    assert one_step_energy(pump, *at) == pytest.approx(found.energy, abs=1e-7)
    assert 0.2 < found.overlap / found.q < 0.8
    step = 1e-4
    for k in range(4):
        change = step * at * np.eye(4)[k]
        slope = (one_step_energy(pump, *(at + change)) - one_step_energy(pump, *(at - change))) / (2.0 * step)
        assert abs(slope) < 2e-6
    elsewhere = at * [1.0, 0.5, 1.0, 1.0]
    assert abs(one_step_energy(pump, *elsewhere) - found.energy) > 1e-8  # it does depend on the overlap


@pytest.mark.parametrize(("pump", "ground"), [(-1.5, -0.02941), (-1.2, -0.08438), (-0.93, -0.16346), (-0.7, -0.2552)])
def test_the_lowest_minima_are_the_ground_state(pump: float, ground: float) -> None:
    """The ground-state energy of full replica-symmetry breaking, to what one step leaves: 0.2 % from below."""
    assert lowest(pump).energy == pytest.approx(ground, rel=2e-3)
    assert lowest(pump, kind="annealed").energy < lowest(pump).energy


def test_the_annealed_line_fails_below_the_ground_state() -> None:
    """At pump 0, with e₀ = -0.6844, the annealed line ends 9 % too low and the quenched one 1.5 %."""
    annealed, quenched = lowest(0.0, 0.0, "annealed"), lowest(0.0)
    assert annealed.energy < 1.08 * -0.6844
    assert 1.02 * -0.6844 < quenched.energy < -0.6844
    for points in (annealed, quenched):
        assert abs(points.sigma) < 1e-8


def test_far_up_minima_are_counted_like_ising_configurations() -> None:
    """Every choice of signs is a minimum there, and one overlap counts them by the entropy of the replica-symmetric
    Sherrington–Kirkpatrick model: E → -a²/4 + e a with its energy, overlap and temperature where that entropy vanishes.
    """
    nodes = np.linspace(-9.0, 9.0, 4001)
    weights = np.exp(-0.5 * nodes**2) / np.exp(-0.5 * nodes**2).sum()

    def overlap(beta: float) -> float:
        return brentq(lambda q: weights @ np.tanh(beta * np.sqrt(q) * nodes) ** 2 - q, 0.01, 1.0)

    def entropy(beta: float) -> float:
        q = overlap(beta)
        logarithm = weights @ np.log(2.0 * np.cosh(beta * np.sqrt(q) * nodes))
        return float(logarithm + 0.25 * beta**2 * ((1.0 - q) ** 2 - 2.0 * (1.0 - q * q)))

    beta = brentq(entropy, 3.0, 5.0)
    near, far = lowest(10.0), lowest(20.0)
    slope = (far.energy + 100.0 - near.energy - 25.0) / 10.0
    assert slope == pytest.approx(-0.5 * beta * (1.0 - overlap(beta) ** 2), abs=6e-4)
    assert abs(slope - theory.sk_step_energy(1)) > 5e-3
    # to first order in 1/a
    assert 2.0 * far.overlap / far.q - near.overlap / near.q == pytest.approx(overlap(beta), abs=5e-3)
    assert 40.0 * far.energy_weight - 10.0 * near.energy_weight == pytest.approx(beta, abs=5e-3)


@pytest.mark.parametrize(("pump", "index"), [(-0.45, 0.02), (0.0, 0.1)])
def test_saddles_of_given_index(pump: float, index: float) -> None:
    annealed, quenched = lowest(pump, index, "annealed"), lowest(pump, index)
    assert quenched.index == pytest.approx(index, rel=1e-6)
    assert abs(quenched.sigma) < 1e-8
    assert annealed.energy < quenched.energy < theory.complexity_at(pump, index=index).energy
    assert quenched.overlap > 0.5


def test_where_no_overlap_grows_the_two_agree() -> None:
    """At large index the annealed line ends before its instability, and is the typical one."""
    annealed, quenched = lowest(-0.45, 0.1, "annealed"), lowest(-0.45, 0.1)
    assert theory.overlap_onset(-0.45, 0.1) is None and theory.overlap_onset(-0.45, 0.12) is None
    assert quenched.overlap == 0.0
    assert quenched.energy == pytest.approx(annealed.energy, abs=1e-8)


def test_the_average_over_the_pair_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    """More nodes change nothing; half as many Gauss–Hermite nodes do, where the overlap is large."""
    state = continued(_one_step(0.0), Controls(0.0, 2.0), solved)
    for make, expected in ((_gauss_legendre, True), (_gauss_hermite, False)):
        first, weights = make()
        monkeypatch.setattr(replicated_saddle, "_FIRST", first)
        monkeypatch.setattr(
            replicated_saddle, "_PAIR_WEIGHTS", (weights[:, None] * replicated_saddle._SECOND_WEIGHTS).ravel()
        )
        assert bool(abs(state.equations()).max() < 1e-6) is expected


def _gauss_legendre() -> tuple[np.ndarray, np.ndarray]:
    return replicated_saddle._first_component(96)


def _gauss_hermite() -> tuple[np.ndarray, np.ndarray]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(24)
    return nodes[12:], weights[12:] / weights[12:].sum()


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="pump: must be greater than -2"):
        theory.lowest_energy(-2.0)
    with pytest.raises(ValueError, match=r"kind: .*'typical'"):
        theory.lowest_energy(0.0, 0.1, "typical")
    with pytest.raises(ValueError, match="index: must be less than the origin's"):
        theory.lowest_energy(0.0, 0.7)
    with pytest.raises(ValueError, match="index: must be at least 0"):
        theory.lowest_energy(0.0, -0.1)
    with pytest.raises(ValueError, match=r"pump: must be at least -1\.95"):
        theory.lowest_energy(-1.97)
    with pytest.raises(ValueError, match="energy_weight: must be finite"):
        theory.quenched_complexity(0.0, float("inf"))
