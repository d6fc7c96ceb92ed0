r"""How many independent measurements a time series holds.

The integrated autocorrelation time is :math:`\tau = \tfrac12 + \sum_{t \ge 1} \rho(t)`, with :math:`\rho` the
normalised autocorrelation; the mean of N successive measurements of variance :math:`\sigma^2` has the variance
:math:`2\tau\sigma^2/N`.  The sum ends at the first window :math:`W \ge 6\,\tau(W)`, where what is left out is small
beside the noise that it would add.

Source: Madras, Sokal, J. Stat. Phys. 50, 109 (1988), appendix C.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["autocorrelation_time"]

_WINDOW = 6.0


def autocorrelation_time(series: Any) -> Any:
    """Integrated autocorrelation time of stationary series, in units of the time between measurements.

    Parameters
    ----------
    series : array_like, shape (N, ...)
        Time first; N of at least 2.  With a second axis it counts independent runs of the same process, whose
        autocorrelations are averaged, each about the mean of all.

    Returns
    -------
    float or numpy.ndarray, shape ``series.shape[2:]``
        At least ½, which is the time of independent measurements.  NaN for a series that never changes.

    Raises
    ------
    ValueError
        If the series is shorter than 2.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> bool(abs(autocorrelation_time(rng.standard_normal(10_000)) - 0.5) < 0.05)
    True
    """
    values = np.asarray(series, dtype=np.float64)
    if values.ndim == 0 or len(values) < 2:
        raise ValueError(f"series: at least 2 measurements are needed, but the shape is {values.shape}")
    runs = values[:, None] if values.ndim == 1 else values
    length = len(runs)
    deviations = runs - runs.mean(axis=(0, 1))
    spectrum = np.fft.rfft(deviations, 2 * length, axis=0)
    products = np.fft.irfft(np.abs(spectrum) ** 2, axis=0)[:length].mean(axis=1)
    counts = np.arange(length, 0, -1).reshape(-1, *[1] * (products.ndim - 1))
    covariance = products / counts
    with np.errstate(invalid="ignore", divide="ignore"):
        times = np.cumsum(covariance / covariance[0], axis=0) - 0.5
    lags = np.arange(length).reshape(counts.shape)
    window = np.argmax(lags >= _WINDOW * times, axis=0)
    window = np.where((lags >= _WINDOW * times).any(axis=0), window, length - 1)
    result = np.take_along_axis(times, window[None], axis=0)[0]
    result = np.where(np.ptp(runs, axis=(0, 1)) > 0, np.maximum(result, 0.5), np.nan)
    return float(result) if result.ndim == 0 else result
