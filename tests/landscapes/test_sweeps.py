"""The parts of a sweep by themselves: logarithms, limits, couplings in whole numbers."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

import ising_problems as ip
from landscapes.couplings import spin_couplings
from landscapes.jit import kernel
from landscapes.random import random_state
from landscapes.sweeps import _minus_log, draw_limits


@kernel
def _logarithms(bits: np.ndarray, out: np.ndarray) -> None:
    for i in range(bits.shape[0]):
        out[i] = _minus_log(bits[i])


def test_logarithm_of_random_bits() -> None:
    extremes = [0, 1, 2, 3, 2**30 - 1, 2**30, 2**31 - 2, 2**31 - 1]
    bits = np.array([*extremes, *np.random.default_rng(0).integers(0, 2**31, 10_000)], dtype=np.int32)
    bits[20:5000] >>= np.arange(4980) % 30  # small ones as well: the tail
    out = np.zeros(len(bits), dtype=np.float32)
    _logarithms(bits, out)
    exact = -np.log((bits.astype(np.float64) + 0.5) / 2**31)
    np.testing.assert_allclose(out, exact, rtol=4e-7, atol=2e-7)


def _limits(scale: float, heat_bath: bool, number: Any, count: int = 400_000) -> np.ndarray:
    lanes = np.ascontiguousarray(random_state(np.random.default_rng(0), 16).T)
    words, limits = np.zeros(count // 2, dtype=np.uint64), np.zeros(count, dtype=number)
    precision = np.float64 if number is np.float64 else np.float32
    ceiling = 2.0**14 if number is np.int16 else 2.0**30
    draw_limits(lanes, words, precision(scale), precision(ceiling), heat_bath, limits)
    return limits


def test_metropolis_limits_are_exponential_but_for_the_rejections() -> None:
    limits = _limits(1.0, False, np.float64)
    rejected = limits == -(2.0**30)
    assert rejected.mean() == pytest.approx(1 / 16, abs=5 * np.sqrt(1 / 16 / len(limits)))
    assert stats.kstest(limits[~rejected], "expon").pvalue > 1e-3
    assert stats.kstest(1.01 * limits[~rejected], "expon").pvalue < 1e-3  # the twin
    assert stats.spearmanr(limits[:-1], limits[1:]).pvalue > 1e-3


def test_heat_bath_limits_are_logistic() -> None:
    limits = _limits(1.0, True, np.float64)
    assert stats.kstest(limits, "logistic").pvalue > 1e-3
    assert stats.kstest(limits + 0.01, "logistic").pvalue < 1e-3  # the twin


@pytest.mark.parametrize("heat_bath", [False, True])
@pytest.mark.parametrize("number", [np.int16, np.int32])
def test_whole_limits_are_rounded_down(number: Any, heat_bath: bool) -> None:
    whole, real = _limits(3.0, heat_bath, number), _limits(3.0, heat_bath, np.float64)
    kept = real > -(2.0**14)
    assert (whole[kept] == np.floor(real[kept] + 1e-6)).mean() > 0.9999  # float32 rounding aside
    assert (whole[~kept] <= -(2**14)).all()


@pytest.mark.parametrize(
    ("model", "field_type", "exact", "unit"),
    [
        (ip.sherrington_kirkpatrick(50, couplings="binary", normalized=False, seed=0), np.int16, True, 1.0),
        (ip.sherrington_kirkpatrick(50, couplings="binary", seed=0), np.int16, True, 50**-0.5),
        (ip.IsingModel(6 * (1 - np.eye(40, dtype=int)), np.full(40, 4)), np.int16, True, 2.0),
        (ip.IsingModel(0.75 * (1 - np.eye(40))), np.int16, True, 0.75),
        (ip.IsingModel(1000 * (1 - np.eye(40, dtype=int)), np.arange(40)), np.int32, True, 1.0),
        (ip.sherrington_kirkpatrick(50, seed=0), np.int32, False, None),
    ],
)
def test_couplings_in_whole_numbers(model: ip.IsingModel, field_type: Any, exact: bool, unit: float | None) -> None:
    couplings = spin_couplings(model, dense=True, lowest_temperature=0.1)
    n = model.num_spins
    assert couplings.fields.dtype == field_type and couplings.is_exact is exact
    if unit is not None:
        assert couplings.unit == pytest.approx(unit, rel=1e-15)
    np.testing.assert_allclose(couplings.doubled[0][:, :n] * couplings.unit, 2 * model.J, atol=1e-7, rtol=1e-9)
    assert np.abs(couplings.doubled[0]).astype(float).sum(axis=1).max() / 2 < couplings.ceiling
    sparse = spin_couplings(model, dense=False, lowest_temperature=0.1)
    assert sparse.unit == couplings.unit and len(sparse.doubled) == 3


def test_couplings_that_no_unit_makes_whole_are_floats() -> None:
    model = ip.sherrington_kirkpatrick(50, seed=0)
    assert spin_couplings(model, dense=True, lowest_temperature=1e-6).fields.dtype == np.float64
    scales = ip.IsingModel(np.array([[0, 1e9, 0, 0], [1e9, 0, 0, 0], [0, 0, 0, 1e-9], [0, 0, 1e-9, 0]]))
    assert spin_couplings(scales, dense=True).fields.dtype == np.float64
    small_fields = ip.IsingModel(model.J, 1e-9 * np.arange(50))
    assert spin_couplings(small_fields, dense=True).fields.dtype == np.float64
