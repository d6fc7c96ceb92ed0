"""Memetic annealing, ``algorithm="memetic"``: populations of annealed configurations, crossed and annealed again.

Dense couplings go to :mod:`cim.solvers.memetic_dense` (uniform crossover on fixed-point integers), sparse ones to
:mod:`cim.solvers.memetic_sparse` (partition crossover).  A step is one pass over all spins: a sweep, an iteration of
the tabu search that finishes a member, or a step of a dynamics.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ising_problems import IsingModel

from ..couplings import treat_as_dense
from .base import Budget, ContinuousSearch, ContinuousSolver, Effort
from .lane_search import LaneSearch

__all__ = ["Memetic"]

_PROPOSALS = 3.2e9  # of an island by default: a second or two


class Memetic(ContinuousSolver):
    """Memetic annealing, dense and sparse."""

    name: ClassVar[str] = "memetic"
    summary: ClassVar[str] = "memetic annealing: populations, crossover, islands that meet"
    reference: ClassVar[str] = "Moscato, Caltech C3P 826 (1989); Galinier, Hao, J. Comb. Optim. 3, 379 (1999)"
    unit: ClassVar[str] = "pass over all spins"

    def effort(self, model: IsingModel) -> Effort:
        """Two islands of 3.2·10⁹ proposals, at least 2000 passes and at most 200,000, or 1600 for each spin."""
        n = max(model.num_spins, 1)
        if not treat_as_dense(model):
            return Effort(replicas=2, steps=LaneSearch.default_steps(model), replicas_per_thread=1)
        steps = int(np.clip(_PROPOSALS / n, 2_000, max(200_000, 1600 * n)))
        return Effort(replicas=2, steps=steps, replicas_per_thread=1)

    def prepare(self, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> _Prepared:
        """What the search for this kind of couplings needs, its kernels compiled."""
        if schedule is not None:
            raise ValueError("schedule: memetic search has its own; leave it out")
        return _Prepared(model, options)

    def begin(
        self, prepared: Any, budget: Budget, rng: np.random.Generator, initial: np.ndarray | None
    ) -> ContinuousSearch:
        """An island, whose first member starts from ``initial`` where that is given."""
        search: ContinuousSearch = prepared.kind.begin(prepared.couplings, budget, rng, initial)
        return search


class _Prepared:
    """The kind of search, and what it has prepared."""

    def __init__(self, model: IsingModel, options: Mapping[str, Any]) -> None:
        if treat_as_dense(model):
            from .memetic_dense import DenseMemetic

            self.kind: Any = DenseMemetic()
        else:
            from .memetic_sparse import SparseMemetic

            self.kind = SparseMemetic()
        self.couplings = self.kind.prepare(model, None, options)
        self.details: Mapping[str, Any] = getattr(self.couplings, "details", {})
        self.lower_bound: float | None = getattr(self.couplings, "lower_bound", None)
