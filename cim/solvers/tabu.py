r"""Iterated tabu search, ``algorithm="tabu"``.

The algorithm is :mod:`cim.solvers.iterated_tabu`; a step is one iteration, a flip.  Dense couplings, and those of all
models of up to 2000 spins, go through the kernel that passes over all spins in each iteration; larger sparse models
through the one that visits the neighbourhood of the flipped spin.  Restarts are independent attempts, and are counted:
how many of them ended in the best energy says how sure one may be of it.

Sources: Glover, ORSA J. Comput. 1, 190 (1989); Palubeckis, Informatica 17, 279 (2006).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ising_problems import IsingModel

from ..couplings import treat_as_dense
from .base import Budget, ContinuousSearch, ContinuousSolver, Effort
from .fixed_point import FixedPoint
from .iterated_tabu import DenseTabu, SparseTabu, iterations_per_slice
from .tabu_sparse import SparseNumbers

__all__ = ["TabuSearch"]

_SMALL = 2000  # spins up to which a sparse model is searched as a dense one
_FIRST_SLICE = 256  # iterations
_SPARSE_SLICE = 50_000  # iterations


class TabuSearch(ContinuousSolver):
    """Iterated tabu search, dense and sparse."""

    name: ClassVar[str] = "tabu"
    summary: ClassVar[str] = "iterated tabu search with random restarts"
    reference: ClassVar[str] = "Glover, ORSA J. Comput. 1, 190 (1989); Palubeckis, Informatica 17, 279 (2006)"
    unit: ClassVar[str] = "tabu iteration"

    def effort(self, model: IsingModel) -> Effort:
        """Two islands, each of half a second or so."""
        return Effort(replicas=2, steps=25 * _slice(model), replicas_per_thread=1)

    def prepare(self, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> FixedPoint | SparseNumbers:
        """Couplings in the numbers of the kernel, which is compiled."""
        if schedule is not None:
            raise ValueError("schedule: tabu search has none; leave it out")
        prepared = FixedPoint(model) if _as_dense(model) else SparseNumbers(model)
        _search_on(prepared, np.random.default_rng(0)).run(1)
        return prepared

    def begin(
        self, prepared: Any, budget: Budget, rng: np.random.Generator, initial: np.ndarray | None
    ) -> ContinuousSearch:
        """Attempts, the first from ``initial`` where that is given."""
        return _Island(prepared, budget, rng, initial)


def _as_dense(model: IsingModel) -> bool:
    return treat_as_dense(model) or model.num_spins <= _SMALL


def _slice(model: IsingModel) -> int:
    return iterations_per_slice(model.num_spins) if _as_dense(model) else _SPARSE_SLICE


def _search_on(prepared: FixedPoint | SparseNumbers, rng: np.random.Generator) -> DenseTabu | SparseTabu:
    return DenseTabu(prepared, rng) if isinstance(prepared, FixedPoint) else SparseTabu(prepared, rng)


class _Island(ContinuousSearch):
    def __init__(
        self,
        prepared: FixedPoint | SparseNumbers,
        budget: Budget,
        rng: np.random.Generator,
        initial: np.ndarray | None,
    ) -> None:
        self.budget = budget
        self._prepared = prepared
        self._search = _search_on(prepared, rng)
        if initial is not None:
            self._search.start_from(initial[0])
        dense = isinstance(prepared, FixedPoint)
        self._slice = iterations_per_slice(prepared.num_spins) if dense else _SPARSE_SLICE
        self._next = _FIRST_SLICE  # the first slices are short: a small model's target is reached within them
        self._done = 0

    def advance(self) -> None:
        iterations = min(self._next, self._slice)
        self._next *= 2
        if self.budget.steps is not None:
            iterations = min(iterations, self.budget.steps - self._done)
        self._search.run(iterations)
        self._done += iterations

    @property
    def steps_taken(self) -> int:
        return self._done

    @property
    def finished(self) -> bool:
        enough = self.budget.hits is not None and self.hits >= self.budget.hits
        return enough or super().finished

    def spins(self) -> np.ndarray:
        return self._search.best_spins()[None, :]

    def lowest(self) -> tuple[float, int]:
        return self._prepared.energy(self._search.best_energy), 0

    @property
    def attempts(self) -> int:
        return self._search.attempts

    @property
    def hits(self) -> int:
        return self._search.hits
