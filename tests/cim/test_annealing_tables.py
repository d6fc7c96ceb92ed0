"""Adiabatic annealing of the plain machine on Sherrington and Kirkpatrick's model: plateau, rate and quench.

The pump a is taken as it stands (λ_max(J) is not scaled away) and the step is 0.1, as in the measurement whose values
are quoted: 500 spins, J_ij ~ N(0, 1/n), energies per spin of the signs at the end.  The whole tables:
``tests/benchmarks/annealing_tables.py``.
"""

import math

import numpy as np
import pytest

import cim
import ising_problems as ip
from cim.couplings import extreme_eigenvalues
from cim.studies.evaluation import Workbench

pytestmark = pytest.mark.slow

SPINS = 500
PARISI = -0.7632


class Annealer:
    """An instance, and ramps in its own units."""

    def __init__(self, seed: int) -> None:
        upper = np.triu(np.random.default_rng(seed).normal(size=(SPINS, SPINS)), 1) / math.sqrt(SPINS)
        self.model = ip.IsingModel(upper + upper.T)
        self.unit = extreme_eigenvalues(self.model).largest / 2.0
        self.bench = Workbench(self.model)
        self.seed = np.random.SeedSequence(seed)

    def energy(self, start: float, stop: float, steps: int) -> float:
        ramp = cim.linear(start / self.unit, stop / self.unit)
        arm = cim.Arm(ramp, dt=0.1 * self.unit, initial=1e-3 / math.sqrt(self.unit), tune=())
        return float(self.bench.run(arm, steps, 1, self.seed, finish=False).raw[0]) / SPINS


@pytest.fixture(scope="module")
def annealers() -> list[Annealer]:
    return [Annealer(30_000 + k) for k in range(20)]


@pytest.fixture(scope="module")
def ramps(annealers: list[Annealer]) -> dict[float, np.ndarray]:
    """Energies of ramps from -2.2 in 3000 steps, by the last pump."""
    return {stop: np.array([a.energy(-2.2, stop, 3000) for a in annealers]) for stop in (-1.2, -0.45, 0.0, 1.0)}


def test_a_ramp_reaches_the_energy_that_was_measured(ramps: dict[float, np.ndarray]) -> None:
    # before, with 40 instances: -0.7363(14); the ground state of so many spins lies at about -0.752
    assert ramps[0.0].mean() == pytest.approx(-0.736, abs=0.006)
    assert ramps[0.0].min() > 1.05 * PARISI
    assert ramps[-1.2].mean() == pytest.approx(-0.7107, abs=0.006)  # the twin: it is not there yet


def test_the_signs_are_frozen_beyond_the_rigidity_transition(ramps: dict[float, np.ndarray]) -> None:
    def change(stop: float) -> float:
        return float((ramps[stop] - ramps[0.0]).mean())

    assert abs(change(1.0)) < 0.002  # before: 0.0001(18)
    assert abs(change(-0.45)) < 0.006  # before, not paired: 0.0006(25)
    assert change(-1.2) > 0.015  # the twin: before freezing, signs do change; before: 0.0244(25)


def test_a_quench_is_worse_by_four_or_five_hundredths(
    annealers: list[Annealer], ramps: dict[float, np.ndarray]
) -> None:
    quench = np.array([a.energy(0.5, 0.5, 3000) for a in annealers])
    difference = quench - ramps[0.0]
    assert quench.mean() == pytest.approx(-0.6899, abs=0.008)
    assert 0.03 < difference.mean() < 0.06  # before: 0.0464(27)
    # the twin: not every quench is so bad.  At the edge of rigidity it loses 0.01 (before: 0.0100)
    soft = np.array([a.energy(-0.45, -0.45, 3000) for a in annealers[:10]])
    assert (soft - ramps[0.0][:10]).mean() < 0.02


def test_slower_than_a_hundredth_a_unit_of_time_gains_nothing(annealers: list[Annealer]) -> None:
    energies = {
        steps: np.array([a.energy(-2.2, 0.0, steps) for a in annealers[:10]]) for steps in (300, 1000, 3000, 10_000)
    }
    mean = {steps: float(values.mean()) for steps, values in energies.items()}
    for steps, before in ((300, -0.707), (1000, -0.725), (3000, -0.738), (10_000, -0.736)):
        assert mean[steps] == pytest.approx(before, abs=0.012)
    assert mean[300] > mean[1000] + 0.01 > mean[3000] + 0.01
    assert abs(mean[10_000] - mean[3000]) < 0.005  # before: 0.002(4)
    assert abs(mean[300] - mean[3000]) > 0.015  # the twin: a faster ramp is not saturated
