r"""Annealing of one dense configuration, by blocks, on fixed-point integers.

A Metropolis sweep proposes every spin once.  A flip of spin i costs :math:`2 s_i f_i`, and it is accepted where
:math:`s_i f_i \le T e/2` with e a standard exponential variate, which is the Metropolis rule.  Right sides are
prepared once for each temperature, in the integers of the fields (rounding down changes no decision between integers),
so that a block of 64 proposals is one comparison of vectors; only an accepted flip costs another, and touches a row of
the couplings.  The kernel is :func:`~cim.solvers.annealing_kernels.anneal_one`.

The variates come from a pool that is drawn anew for each slice and read from a random place for each block.

Source: Kirkpatrick, Gelatt, Vecchi, Science 220, 671 (1983).
"""

from __future__ import annotations

import numpy as np

from landscapes.random import random_state

from .annealing_kernels import BLOCK, anneal_one, block_order
from .fixed_point import Configuration, FixedPoint

__all__ = ["DenseAnnealing", "cooling", "sweeps_per_slice"]

_LEVELS = 100  # temperatures of an anneal that differ


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
        kind = couplings.fields.dtype
        self._thresholds = np.zeros(size + BLOCK, dtype=kind)
        self._order = block_order(kind)

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
        anneal_one(
            couplings.matrix,
            configuration.spins,
            configuration.fields,
            configuration.energies,
            temperatures * (0.5 * couplings.temperature_unit),
            pool,
            self._thresholds,
            np.float32(np.iinfo(kind).max // 2 if whole else 1e29),
            kind.type(-1) if whole else kind.type(-0.5 * couplings.tolerance),
            self._order,
            random_state(rng),
            descend,
        )
