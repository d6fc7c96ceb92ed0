r"""Annealing of one dense configuration, by blocks, on fixed-point integers.

A Metropolis sweep proposes every spin once.  A flip of spin i costs :math:`2 s_i f_i`, and it is accepted where
:math:`s_i f_i \le T e/2` with e a standard exponential variate, which is the Metropolis rule.  Right sides are
prepared once for each temperature, in the integers of the fields (rounding down changes no decision between integers),
so that a block of 64 proposals is one comparison of vectors; only a block that holds an acceptance is gone through,
and only an accepted flip touches a row of the couplings.

The variates come from a pool that is drawn anew for each slice and read from a random place for each block.

Source: Kirkpatrick, Gelatt, Vecchi, Science 220, 671 (1983).
"""

from __future__ import annotations

import numpy as np

from landscapes.jit import inlined, kernel
from landscapes.random import random_below, random_state

from .fixed_point import Configuration, FixedPoint

__all__ = ["DenseAnnealing", "cooling", "sweeps_per_slice"]

_BLOCK = 64
_LEVELS = 100  # temperatures of an anneal that differ
_LONGEST_DESCENT = 1000  # sweeps


def cooling(hot: float, cold: float, sweeps: int) -> np.ndarray:
    """Temperatures of the sweeps of an anneal, in steps: linear, or geometric beyond a factor of twenty; (sweeps,)."""
    levels = min(sweeps, _LEVELS)
    u = (np.arange(sweeps) * levels // max(sweeps, 1)) / max(levels - 1, 1)
    return hot + (cold - hot) * u if hot <= 20.0 * cold else hot * (cold / hot) ** u


def sweeps_per_slice(num_spins: int) -> int:
    """Sweeps in some 20 ms, from the size alone."""
    return max(1, int(2e7 / (num_spins * (2.0 + 0.02 * num_spins))))


class DenseAnnealing:
    """Anneals configurations of one model.

    Parameters
    ----------
    couplings : FixedPoint
    """

    def __init__(self, couplings: FixedPoint) -> None:
        self._couplings = couplings
        size = int(np.clip(4 * couplings.width, 1024, 8192))
        self._thresholds = np.zeros(size + _BLOCK, dtype=couplings.fields.dtype)

    def anneal(
        self, configuration: Configuration, temperatures: np.ndarray, rng: np.random.Generator, *, descend: bool
    ) -> None:
        """Sweeps at given temperatures, and a descent to where no single flip lowers the energy.

        Parameters
        ----------
        configuration : Configuration
            Changed in place.
        temperatures : numpy.ndarray, shape (sweeps,)
            In units of J0; changes of temperature cost, so let neighbours be equal.
        rng : numpy.random.Generator
        descend : bool
            Whether to end by a descent.
        """
        couplings = self._couplings
        pool = rng.standard_exponential(len(self._thresholds), dtype=np.float32)
        kind = couplings.fields.dtype
        whole = kind.kind == "i"
        anneal(
            couplings.matrix,
            configuration.spins,
            configuration.fields,
            configuration.energies,
            temperatures * (0.5 * couplings.temperature_unit),
            pool,
            self._thresholds,
            np.float32(np.iinfo(kind).max // 2 if whole else 1e29),
            kind.type(-1) if whole else kind.type(-0.5 * couplings.tolerance),
            random_state(rng),
            descend,
        )


@inlined
def _sweep(
    matrix: np.ndarray,
    spins: np.ndarray,
    fields: np.ndarray,
    energies: np.ndarray,
    thresholds: np.ndarray,
    random: np.ndarray,
) -> int:
    """One sweep; how many flips it accepted."""
    n, width = matrix.shape
    number = fields.dtype.type
    places = thresholds.shape[0] - 64
    flips = 0
    gained = 0.0
    for start in range(0, width, 64):
        first = random_below(random, places)
        s = spins[start : start + 64]
        f = fields[start : start + 64]
        limits = thresholds[first : first + 64]
        accepted = number(0)
        for i in range(64):
            accepted = number(accepted + number(number(f[i] * s[i]) <= limits[i]))
        if accepted == number(0):
            continue
        for i in range(min(64, n - start)):
            gain = number(f[i] * s[i])
            if gain <= limits[i]:
                gained += np.float64(gain)
                flips += 1
                change = number(-2 * s[i])
                s[i] = number(-s[i])
                row = matrix[start + i]
                for j in range(width):
                    fields[j] = number(fields[j] + number(change * number(row[j])))
    energies[0] += 2.0 * gained
    return flips


@kernel
def anneal(
    matrix: np.ndarray,
    spins: np.ndarray,
    fields: np.ndarray,
    energies: np.ndarray,
    temperatures: np.ndarray,
    pool: np.ndarray,
    thresholds: np.ndarray,
    highest: np.float32,
    downhill: float,
    random: np.ndarray,
    descend: bool,
) -> int:
    """Sweeps at half temperatures in the matrix's unit; how many flips were accepted.

    pool and thresholds have one length: exponential variates, and room for their products with a temperature, none
    above ``highest``; ``downhill`` is the largest gain that a descent takes.
    """
    number = fields.dtype.type
    flips = 0
    last = -1.0
    for k in range(temperatures.shape[0] + (_LONGEST_DESCENT if descend else 0)):
        if k < temperatures.shape[0]:
            temperature = temperatures[k]
            if temperature != last:
                last = temperature
                for i in range(pool.shape[0]):
                    thresholds[i] = number(min(np.float32(temperature) * pool[i], highest))
        elif k == temperatures.shape[0]:
            for i in range(pool.shape[0]):
                thresholds[i] = downhill
        accepted = _sweep(matrix, spins, fields, energies, thresholds, random)
        flips += accepted
        if k >= temperatures.shape[0] and accepted == 0:
            break
    return flips
