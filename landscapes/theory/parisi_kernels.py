"""Compiled loops of :mod:`~landscapes.theory.parisi`, where they are defined: Gaussian averages tilted by exp(-μ g).

All arrays are contiguous float64 (indices int64), so that each compiles once.  Energies are taken relative to the
lowest one in an average: at the top μ g reaches thousands.
"""

from __future__ import annotations

import numpy as np

from ..jit import kernel

__all__ = ["last_step", "step_down", "step_up"]


@kernel
def last_step(
    mu: float,
    x: np.ndarray,
    energy: np.ndarray,
    weight: np.ndarray,
    response: np.ndarray,
    jump: np.ndarray,
    jump_energy: float,
    result: np.ndarray,
) -> None:
    """Columns of the result: g, m, tilted mean of g above g, and the moments that ``Parisi`` describes."""
    fields, nodes = x.shape
    for i in range(fields):
        low = np.inf
        for j in range(nodes):
            if weight[i, j] > 0.0 and energy[i, j] < low:
                low = energy[i, j]
        total = 0.0
        first = 0.0
        second = 0.0
        fourth = 0.0
        above = 0.0
        slope = 0.0
        square = 0.0
        for j in range(nodes):
            if weight[i, j] > 0.0:
                p = weight[i, j] * np.exp(-mu * (energy[i, j] - low))
                x2 = x[i, j] * x[i, j]
                total += p
                above += p * (energy[i, j] - low)
                first += p * x[i, j]
                second += p * x2
                fourth += p * x2 * x2
                slope += p * response[i, j]
                square += p * response[i, j] * response[i, j]
        shift = -np.log(total) / mu
        result[i, 0] = low + shift
        result[i, 1] = first / total
        result[i, 2] = above / total - shift
        result[i, 3] = second / total
        result[i, 4] = fourth / total
        result[i, 5] = (slope + jump[i] * np.exp(-mu * (jump_energy - low))) / total
        result[i, 6] = square / total


@kernel
def step_down(
    mu: float,
    start: np.ndarray,
    sign: np.ndarray,
    polynomial: np.ndarray,
    hermite: np.ndarray,
    g1: np.ndarray,
    m1: np.ndarray,
    g: np.ndarray,
    m: np.ndarray,
    g0: np.ndarray,
    m0: np.ndarray,
    gain: np.ndarray,
    tilt: np.ndarray,
) -> None:
    """g, m and the gain below a step, and the tilted weights, which the way up uses again."""
    nodes = start.shape[1]
    for i in range(g1.shape[0]):
        g[i + 2] = g1[i]
        m[i + 2] = m1[i]
    for i in range(1, 3):  # g is even and m is odd in the field
        g[2 - i] = g1[i]
        m[2 - i] = -m1[i]
    m[2] = 0.0
    for i in range(start.shape[0]):
        low = np.inf
        for j in range(nodes):
            value = 0.0
            for point in range(6):
                value += polynomial[i, j, point] * g[start[i, j] + point]
            tilt[i, j] = value
            low = min(low, value)
        total = 0.0
        above = 0.0
        mean = 0.0
        for j in range(nodes):
            value = 0.0
            for point in range(6):
                value += polynomial[i, j, point] * m[start[i, j] + point]
            p = hermite[j] * np.exp(-mu * (tilt[i, j] - low))
            total += p
            above += p * (tilt[i, j] - low)
            mean += p * value * sign[i, j]
            tilt[i, j] = p
        shift = -np.log(total) / mu
        g0[i] = low + shift
        m0[i] = mean / total
        gain[i] = above / total - shift
        for j in range(nodes):
            tilt[i, j] /= total


@kernel
def step_up(start: np.ndarray, polynomial: np.ndarray, tilt: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
    """Carry weights up a step; ``upper`` is padded by two, and what falls there belongs to the mirrored fields."""
    for i in range(upper.shape[0]):
        upper[i] = 0.0
    for i in range(lower.shape[0]):
        for j in range(start.shape[1]):
            p = lower[i] * tilt[i, j]
            for point in range(6):
                upper[start[i, j] + point] += p * polynomial[i, j, point]
    upper[3] += upper[1]
    upper[4] += upper[0]
