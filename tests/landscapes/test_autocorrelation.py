"""Autocorrelation times against the autoregressive process, whose time is known."""

import numpy as np
import pytest

import landscapes as ls


def _autoregressive(length: int, runs: int, memory: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((length, runs))
    series = np.zeros((length, runs))
    series[0] = noise[0] / np.sqrt(1 - memory**2)
    for t in range(1, length):
        series[t] = memory * series[t - 1] + noise[t]
    return series


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9])
def test_autoregressive_process(memory: float) -> None:
    """ρ(t) = m^t, so the time is (1 + m)/(2 (1 - m))."""
    exact = (1 + memory) / (2 * (1 - memory))
    series = _autoregressive(40_000, 4, memory)
    assert ls.autocorrelation_time(series) == pytest.approx(exact, rel=0.05)
    assert ls.autocorrelation_time(series[::2]) < 0.8 * exact or memory == 0.0  # half as many, twice as far apart
    mean = series[:, 0].mean()
    error = np.sqrt(2 * exact * series.var() / len(series))
    assert abs(mean) < 4 * error


def test_shapes_and_degenerate_series() -> None:
    series = _autoregressive(1000, 6, 0.5).reshape(1000, 2, 3)
    times = ls.autocorrelation_time(series)
    assert times.shape == (3,)
    assert times[1] == ls.autocorrelation_time(series[:, :, 1])
    assert np.isnan(ls.autocorrelation_time(np.ones(50)))
    with pytest.raises(ValueError, match="series: at least 2 measurements"):
        ls.autocorrelation_time([1.0])
