"""What is measured on minima of the soft-spin energy: each by itself, and among one another.

The quantities are defined in :mod:`landscapes._phase_diagram`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ising_problems import IsingModel

from .minima import Landscape, curvature
from .theory.free_convolution import inverted, lower_edge

__all__ = ["MEASURED", "mean_overlap", "measured", "number_distinct"]

# What is measured at every minimum.
MEASURED: dict[str, Any] = {
    "energy": np.float64,
    "ising_energy": np.float64,
    "q": np.float64,
    "smallest_amplitude": np.float64,
    "lowest_eigenvalue": np.float64,
    "susceptibility": np.float64,
    "site_curvature": np.float64,
    "marginality": np.float64,
    "predicted_edge": np.float64,
    "predicted_susceptibility": np.float64,
    "gapped": np.bool_,
    "index": np.int64,
}

# Amplitudes at which two minima are the same: what a residual of 1e-9 leaves uncertain at a curvature of 1e-4.
_SAME = 1e-5


def measured(
    model: IsingModel, landscape: Landscape, pump: float, minima: np.ndarray, converged: np.ndarray
) -> dict[str, np.ndarray]:
    """Every quantity of ``MEASURED`` at each of some points (m, n), where they have converged; arrays (m,)."""
    count, n = minima.shape
    result = {name: np.full(count, _missing(dtype), dtype=dtype) for name, dtype in MEASURED.items()}
    if n == 0:
        result["index"][:] = 0
        return result
    variance = float(np.sum(landscape.couplings**2)) / n
    for k in np.flatnonzero(converged):
        x = minima[k]
        if k and converged[k - 1] and np.array_equal(x, minima[k - 1]):
            for values in result.values():  # below the threshold all starts share their minimum
                values[k] = values[k - 1]
            continue
        square = x * x
        field = 0.5 * (x @ landscape.couplings) + landscape.fields
        bend = curvature(landscape, pump, x)
        spins = np.where(x < 0, -1, 1).astype(np.int8)
        row = {
            "energy": float(np.sum(square * (0.25 * square - 0.5 * pump)) - x @ field) / n,
            "ising_energy": float(model.energy(spins)) / n,
            "q": float(np.mean(square)),
            "smallest_amplitude": float(np.min(np.abs(x))),
            "lowest_eigenvalue": bend.lowest,
            "index": bend.negative,
            "susceptibility": bend.inverse_trace,
            "site_curvature": -(pump + bend.inverse_trace),
            **_predicted(3.0 * square - pump, variance),
        }
        for name, value in row.items():
            result[name][k] = value
    return result


def number_distinct(minima: np.ndarray, symmetric: bool) -> int:
    """How many of some points (m, n) are distinct; x and -x are one where the energy is symmetric."""
    kept: list[np.ndarray] = []
    for x in minima:
        size = max(1.0, float(np.max(np.abs(x), initial=0.0)))
        if not any(_distance(x, y, symmetric) <= _SAME * size for y in kept):
            kept.append(x)
    return len(kept)


def mean_overlap(minima: np.ndarray, symmetric: bool) -> float:
    """Mean over pairs of x·y/|x||y|, absolute where the energy is symmetric; NaN without a pair, or for x = 0."""
    length = np.linalg.norm(minima, axis=1, keepdims=True)
    if len(minima) < 2 or not np.all(length > 0):
        return np.nan
    directions = minima / length
    overlaps = (directions @ directions.T)[np.triu_indices(len(minima), 1)]
    return float(np.mean(np.abs(overlaps) if symmetric else overlaps))


def _predicted(diagonal: np.ndarray, variance: float) -> dict[str, float]:
    """The bulk of the spectrum of diag(d) - J from d alone: see :mod:`landscapes.theory.resolvent`."""
    n = diagonal.size
    if variance == 0.0:  # no couplings: the spectrum is the diagonal
        edge = float(np.min(diagonal))
        trace = float(np.mean(1.0 / diagonal)) if np.all(diagonal != 0.0) else np.inf
        margin = 0.0 if edge > 0.0 else 1.0
    else:
        weights = np.full(n, 1.0 / n)
        w = inverted(diagonal, weights, variance, np.zeros(1, dtype=np.complex128))[0]
        edge = lower_edge(diagonal, weights, variance)
        trace = float(w.real) / variance  # at z = 0: w = t G
        margin = variance * float(np.mean(np.abs(diagonal - w) ** -2))
    return {
        "marginality": margin,
        "predicted_edge": edge,
        "predicted_susceptibility": trace,
        "gapped": edge > 0.0,
    }


def _distance(x: np.ndarray, y: np.ndarray, symmetric: bool) -> float:
    apart = float(np.max(np.abs(x - y), initial=0.0))
    return min(apart, float(np.max(np.abs(x + y), initial=0.0))) if symmetric else apart


def _missing(dtype: Any) -> Any:
    return {np.bool_: False, np.int64: -1}.get(dtype, np.nan)
