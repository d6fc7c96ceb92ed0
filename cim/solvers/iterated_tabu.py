r"""Iterated tabu search: phases, perturbations and restarts, which can be stopped and taken up again anywhere.

A tabu iteration flips the spin of least gain :math:`s_i f_i` (a flip changes the energy by twice that) among those
that were not flipped in the last few iterations, the tenure; one that is tabu is taken all the same where that gives a
new best of the attempt.  A phase ends when the attempt's best has not fallen for a while.  It is followed by a
perturbation (some dozens of flips, each drawn from the five of least gain) and the next phase.  After a given number
of iterations the attempt ends, and a new one starts from random spins.  All of that is in the kernels.

Sources: Glover, ORSA J. Comput. 1, 190 (1989); Palubeckis, Informatica 17, 279 (2006), for the perturbation.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

import numpy as np

from landscapes.random import random_state

from .fixed_point import Configuration, FixedPoint
from .tabu_kernels import ATTEMPTS, BEST, HITS, search_dense
from .tabu_sparse import SparseConfiguration, SparseNumbers
from .tabu_sparse_kernels import search_sparse

__all__ = ["DenseTabu", "IteratedTabu", "SparseTabu", "default_tenure", "iterations_per_slice"]

_LONGEST_PERTURBATION = 500
_SLICE = 2e7  # nanoseconds


class _Numbers(Protocol):
    """What the search needs to know of a model's couplings, dense or sparse."""

    num_spins: int
    width: int
    fields: np.ndarray
    tolerance: float


class _Placed(Protocol):
    """A configuration with its local fields, dense or sparse."""

    spins: np.ndarray
    fields: np.ndarray
    energies: np.ndarray

    def place(self, spins: np.ndarray) -> None: ...


def iterations_per_slice(num_spins: int) -> int:
    """Iterations of a dense search in some 20 ms, from the size alone."""
    return max(100, int(_SLICE / (60.0 + 0.2 * num_spins)))


def default_tenure(num_spins: int) -> int:
    """Iterations for which a flipped spin is tabu: the root of the size, at most 20 and at most a quarter of it."""
    return max(1, min(int(np.sqrt(num_spins)), 20, num_spins // 4))


class IteratedTabu(ABC):
    """One iterated tabu search.

    Parameters
    ----------
    couplings : FixedPoint or SparseNumbers
    configuration : Configuration or SparseConfiguration
        Where the search stands; it starts there from random spins.
    rng : numpy.random.Generator
    tenure : int, optional
        Iterations for which a flipped spin is tabu, at least; each phase adds up to half of it at random.
    patience : int, optional
        Iterations without a new best of the attempt that end a phase; by default 10 n.
    restart : int, optional
        Iterations of an attempt; by default 30 n.
    """

    def __init__(
        self,
        couplings: _Numbers,
        configuration: _Placed,
        rng: np.random.Generator,
        tenure: int | None = None,
        patience: int | None = None,
        restart: int | None = None,
    ) -> None:
        n = couplings.num_spins
        tenure = default_tenure(n) if tenure is None else tenure
        shortest = max(1, min(10, n // 10))
        longest = min(max(n // 8, shortest), _LONGEST_PERTURBATION)
        patience = 10 * n if patience is None else patience
        restart = 30 * n if restart is None else restart
        keys = np.dtype(np.int64) if couplings.fields.dtype == np.float64 else couplings.fields.dtype
        self.configuration = configuration
        self._num_spins = n
        self._bars = np.zeros(couplings.width, dtype=keys)
        self._ring = np.zeros(max(2 * tenure, 2), dtype=np.int64)
        self._best = configuration.spins.copy()
        self._bests = np.zeros(2)
        self._counters = np.zeros(6, dtype=np.int64)
        self._state = (  # in the order of the kernels' arguments
            configuration.spins,
            configuration.fields,
            configuration.energies,
            self._bars,
            np.zeros(couplings.width, dtype=keys),
            keys.type(np.iinfo(keys).max),
            self._ring,
            self._best,
            self._bests,
            self._counters,
            np.array([tenure, patience, restart, shortest, longest], dtype=np.int64),
            random_state(rng),
            couplings.tolerance,
        )
        self.start_from(2 * rng.integers(0, 2, n, dtype=np.int8) - 1)

    def start_from(self, spins: np.ndarray) -> None:
        """Begin an attempt at given spins, ±1, shape (n,); what was found before counts no more."""
        self.configuration.place(spins)
        self._bars[:] = np.iinfo(self._bars.dtype).min
        self._ring[:] = -1
        self._counters[:] = 0  # a tenure of 0 lets the kernel draw one
        self._bests[:] = self.configuration.energies[0]
        self._best[:] = self.configuration.spins

    @abstractmethod
    def run(self, iterations: int) -> None:
        """So many iterations more."""

    @property
    def best_energy(self) -> float:
        """Lowest energy met, in the kernels' unit."""
        return float(self._bests[BEST])

    def best_spins(self) -> np.ndarray:
        """Where it was met; int8, shape (n,)."""
        return self._best[: self._num_spins].astype(np.int8)

    @property
    def attempts(self) -> int:
        """Attempts that have ended."""
        return int(self._counters[ATTEMPTS])

    @property
    def hits(self) -> int:
        """Attempts that have ended with the best energy of all."""
        return int(self._counters[HITS])


class DenseTabu(IteratedTabu):
    """Iterated tabu search on fixed-point couplings; arguments as those of :class:`IteratedTabu`."""

    def __init__(self, couplings: FixedPoint, rng: np.random.Generator, **settings: int | None) -> None:
        self._matrix = couplings.matrix
        super().__init__(couplings, Configuration(couplings), rng, **settings)

    def run(self, iterations: int) -> None:
        """So many iterations more."""
        search_dense(self._matrix, *self._state, iterations)


class SparseTabu(IteratedTabu):
    """Iterated tabu search on couplings in compressed rows; arguments as those of :class:`IteratedTabu`."""

    def __init__(self, couplings: SparseNumbers, rng: np.random.Generator, **settings: int | None) -> None:
        kind = np.int64 if couplings.fields.dtype == np.float64 else np.int32
        block_least = np.zeros(couplings.width // 64, dtype=kind)
        self._rows = couplings.starts, couplings.columns, couplings.values, block_least
        super().__init__(couplings, SparseConfiguration(couplings), rng, **settings)

    def run(self, iterations: int) -> None:
        """So many iterations more."""
        search_sparse(*self._rows, *self._state, iterations)
