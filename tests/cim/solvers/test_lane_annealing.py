"""Annealing on packed lanes: exact bookkeeping, the Metropolis distribution, and slices that change nothing."""

import numpy as np
import pytest
import scipy.sparse as sp

import ising_problems as ip
from cim.solvers.lane_annealing import LaneAnnealer, Ramp
from cim.solvers.lanes import lane_couplings


def _model(n: int, seed: int, largest: int) -> ip.IsingModel:
    rng = np.random.default_rng(seed)
    values = rng.integers(-largest, largest + 1, (n, n)) if largest else rng.standard_normal((n, n))
    upper = np.triu(values * (rng.random((n, n)) < min(1.0, 5 / n)), 1)
    J = upper + upper.T
    sums = np.abs(J).sum(axis=1)  # beyond them a field would be cut off
    h = np.clip(rng.integers(-2, 3, n) if largest else rng.standard_normal(n), -sums, sums)
    return ip.IsingModel(sp.csr_array(J), h)


WIDTHS = pytest.mark.parametrize(("largest", "bits"), [(2, 8), (100, 16), (0, 32)])


@WIDTHS
def test_energy_and_lanes_follow_every_flip(largest: int, bits: int) -> None:
    model = _model(203, 1, largest)  # the last word is not full
    couplings = lane_couplings(model)
    assert couplings.bits == bits
    rng = np.random.default_rng(2)
    annealer = LaneAnnealer(couplings, rng)
    annealer.load(2 * rng.integers(0, 2, 203, dtype=np.int8) - 1)
    assert couplings.energy(annealer.energy) == pytest.approx(float(model.energy(annealer.spins)), rel=1e-6)
    annealer.anneal(Ramp(couplings.rms_norm, 0.1 * couplings.rms_norm, 57, 203))
    assert annealer.sweeps == 57 and annealer.flips > 203
    energy, lanes = annealer.energy, annealer.lanes.copy()
    assert couplings.energy(energy) == pytest.approx(float(model.energy(annealer.spins)), rel=1e-6)
    annealer.load(annealer.spins.copy())
    assert annealer.energy == energy
    np.testing.assert_array_equal(annealer.lanes, lanes)
    gains = annealer.spins * model.local_fields(annealer.spins)  # a ramp ends with a quench
    assert gains.min() >= -1e-6


@WIDTHS
def test_sweeps_at_one_temperature_draw_from_the_boltzmann_distribution(largest: int, bits: int) -> None:
    model = _model(9, 3, largest)
    couplings = lane_couplings(model)
    assert couplings.bits == bits
    configurations = np.array(np.meshgrid(*[[-1, 1]] * 9)).reshape(9, -1).T.astype(np.int8)
    energies = model.energy(configurations).astype(float)
    temperature = 0.8 * couplings.rms_norm * couplings.unit
    weights = np.exp(-(energies - energies.min()) / temperature)
    weights /= weights.sum()
    annealer = LaneAnnealer(couplings, np.random.default_rng(4))
    annealer.load(configurations[0])
    sampled = []
    for _ in range(4000):
        annealer._run(np.full(1, temperature / couplings.unit, dtype=np.float32), np.full(1, 5), False)
        sampled.append(couplings.energy(annealer.energy))
    mean, deviation = weights @ energies, np.sqrt(weights @ energies**2 - (weights @ energies) ** 2)
    assert np.mean(sampled) == pytest.approx(mean, abs=0.06 * deviation)
    assert np.std(sampled) == pytest.approx(deviation, rel=0.08)


def test_a_ramp_falls_from_hot_to_cold_in_the_sweeps_asked_for() -> None:
    for sweeps, num_spins in ((1, 2), (7, 10), (1000, 10), (1000, 5000), (50, 10**6)):
        ramp = Ramp(3.0, 0.5, sweeps, num_spins)
        assert ramp.counts.sum() == sweeps and ramp.counts.min() >= 1
        assert ramp.temperatures[0] == 3.0 and (np.diff(ramp.temperatures) < 0).all()
        assert sweeps == 1 or ramp.temperatures[-1] == 0.5


def test_a_ramp_may_be_cut_anywhere() -> None:
    couplings = lane_couplings(ip.edwards_anderson((12, 12), seed=1))
    results = []
    for piece in (None, 1, 13):
        annealer = LaneAnnealer(couplings, np.random.default_rng(5))
        annealer.load(np.ones(144, dtype=np.int8))
        ramp = Ramp(2.0, 0.3, 300, 144)
        pieces = 1
        while not annealer.anneal(ramp, piece):
            pieces += 1
        assert (pieces > 2) == (piece is not None)
        results.append((annealer.energy, annealer.flips, annealer.spins.tolist()))
    assert results[0] == results[1] == results[2]
