"""Couplings in fixed point: the width that is chosen, what rounding loses, and fields that are cut off."""

import numpy as np
import pytest
import scipy.sparse as sp

import ising_problems as ip
from cim.solvers.lane_annealing import LaneAnnealer
from cim.solvers.lanes import lane_couplings, two_spins, whole_couplings


def _random(n: int, seed: int, scale: float = 1.0, largest: int = 0, fields: float = 0.0) -> ip.IsingModel:
    """A sparse random model; whole couplings up to ``largest``, or Gaussian ones."""
    rng = np.random.default_rng(seed)
    values = rng.integers(-largest, largest + 1, (n, n)) if largest else rng.standard_normal((n, n))
    upper = np.triu(values * (rng.random((n, n)) < 5 / n), 1)
    h = fields * (rng.integers(-largest, largest + 1, n) if largest else rng.standard_normal(n))
    return ip.IsingModel(sp.csr_array((upper + upper.T) * scale), h * scale)


@pytest.mark.parametrize(
    ("model", "bits"),
    [
        (ip.edwards_anderson((4, 4, 4, 4), seed=1), 8),
        (_random(100, 1, largest=50), 16),
        (_random(100, 1, largest=50, scale=0.125), 16),
        (_random(100, 1, largest=10**6), 32),
        (_random(100, 1), 32),
    ],
    ids=["signs", "integers", "eighths", "large integers", "gaussian"],
)
def test_the_narrowest_width_that_holds_the_sums_is_taken(model: ip.IsingModel, bits: int) -> None:
    couplings = lane_couplings(model)
    assert couplings.bits == bits
    rows = sp.csr_array((couplings.weights / 2.0, couplings.columns, couplings.starts), shape=model.J.shape)
    sums = abs(rows).sum(axis=1) + abs(couplings.fields)
    assert sums.max() < 2 ** (bits - 2)
    residue = (rows * couplings.unit - model.J).toarray()
    norms = np.maximum(np.linalg.norm(model.J.toarray(), axis=1), 1e-300)
    assert (np.linalg.norm(residue, axis=1) / norms).max() == pytest.approx(couplings.error, rel=1e-6, abs=1e-12)
    assert couplings.error == 0.0 if bits < 32 else couplings.error < 1e-6
    assert couplings.rms_norm * couplings.unit == pytest.approx(
        np.linalg.norm(model.J.toarray()) / np.sqrt(model.num_spins)
    )


def test_eight_bits_reach_up_to_a_sum_of_63() -> None:
    star = np.zeros((65, 65), dtype=int)
    star[0, 1:63] = star[1:63, 0] = 1
    h = np.zeros(65, dtype=int)
    for field, bits in ((1, 8), (2, 16)):
        h[0] = field
        assert lane_couplings(ip.IsingModel(star, h)).bits == bits


@pytest.mark.parametrize("largest", [0, 7])
@pytest.mark.parametrize("scale", [1e9, 1e-9])
def test_the_scale_of_the_data_does_not_matter(scale: float, largest: int) -> None:
    one, other = (lane_couplings(_random(60, 2, scale=s, largest=largest, fields=1.0)) for s in (1.0, scale))
    assert one.bits == other.bits
    assert other.unit == pytest.approx(one.unit * scale)
    np.testing.assert_allclose(one.weights, other.weights, atol=2)
    np.testing.assert_allclose(one.fields, other.fields, atol=2)


@pytest.mark.parametrize("largest", [0, 3])
def test_a_field_beyond_the_couplings_is_cut_off_and_its_energy_kept(largest: int) -> None:
    model = _random(40, 3, largest=largest, fields=1e6)
    couplings = lane_couplings(model)
    assert couplings.bits == (8 if largest else 32)
    annealer = LaneAnnealer(couplings, np.random.default_rng(0))
    annealer.load(2 * np.random.default_rng(1).integers(0, 2, 40, dtype=np.int8) - 1)
    annealer.quench()
    strong = np.abs(model.h) > np.abs(model.J).sum(axis=1)
    assert strong.sum() > 20
    np.testing.assert_array_equal(annealer.spins[strong], np.sign(model.h[strong]))
    assert couplings.energy(annealer.energy) == pytest.approx(float(model.energy(annealer.spins)), rel=1e-9)


def test_sums_beyond_thirty_bits_are_refused_where_nothing_may_be_rounded() -> None:
    starts, columns, h = np.arange(3), np.array([1, 0]), np.zeros(2, dtype=np.int64)
    assert whole_couplings(starts, columns, np.full(2, 2**30 - 1), h).bits == 32
    with pytest.raises(ValueError, match="couplings: a row sum"):
        whole_couplings(starts, columns, np.full(2, 2**30), h)


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_two_spins_have_the_width_asked_for(bits: int) -> None:
    assert two_spins(bits).bits == bits
