"""Two searches of one model that take turns, each with half of the time; the better of their answers counts.

For models of which it is likely, but not known, that one of the two is far better.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ising_problems import IsingModel

from .base import Budget, ContinuousSearch, ContinuousSolver, Effort

__all__ = ["SideBySide"]


class SideBySide(ContinuousSolver):
    """Two continuous solvers as one; a step is one of the first's, or as much work of the second's.

    Parameters
    ----------
    first, second : ContinuousSolver
    """

    def __init__(self, first: ContinuousSolver, second: ContinuousSolver) -> None:
        self.solvers = first, second
        # of this pair, where other solvers have them of their class
        self.name = f"{first.name} and {second.name}"  # type: ignore[misc]
        self.reference = f"{first.reference}; {second.reference}"  # type: ignore[misc]
        self.unit = first.unit  # type: ignore[misc]

    def effort(self, model: IsingModel) -> Effort:
        """That of the first."""
        return self.solvers[0].effort(model)

    def prepare(self, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> _Prepared:
        """Both prepared, each with its own options."""
        if schedule is not None:
            raise ValueError("schedule: two searches side by side have none; name an algorithm to give it one")
        return _Prepared(self.solvers, model)

    def begin(
        self, prepared: Any, budget: Budget, rng: np.random.Generator, initial: np.ndarray | None
    ) -> ContinuousSearch:
        """Both begun, each with half of the budget."""
        return _Pair(prepared, budget, rng, initial)


class _Prepared:
    def __init__(self, solvers: tuple[ContinuousSolver, ContinuousSolver], model: IsingModel) -> None:
        self.solvers = solvers
        self.prepared = [solver.prepare(model, None, solver.options) for solver in solvers]
        first, second = (solver.effort(model).steps for solver in solvers)
        self.rate = second / first  # steps of the second for each of the first
        bounds = [getattr(prepared, "lower_bound", None) for prepared in self.prepared]
        self.lower_bound = max((bound for bound in bounds if bound is not None), default=None)
        self.details = {
            solver.name: dict(getattr(prepared, "details", None) or {})
            for solver, prepared in zip(solvers, self.prepared, strict=True)
        }


class _Pair(ContinuousSearch):
    def __init__(
        self, prepared: _Prepared, budget: Budget, rng: np.random.Generator, initial: np.ndarray | None
    ) -> None:
        self.budget = budget
        self._rates = 1.0, prepared.rate
        self._seconds = [0.0, 0.0]
        self._searches = []
        pairs = zip(prepared.solvers, prepared.prepared, self._rates, rng.spawn(2), strict=True)
        for solver, own, rate, stream in pairs:
            steps = None if budget.steps is None else max(1, round(0.5 * budget.steps * rate))
            part = replace(budget, steps=steps, share=0.5 * budget.share)
            self._searches.append(solver.begin(own, part, stream, initial))

    def advance(self) -> None:
        waiting = [k for k in range(2) if not self._searches[k].finished]
        if not waiting:
            return
        if np.isinf(self.budget.deadline):  # by steps, so that the state after so many slices is always the same
            k = min(waiting, key=self._work)
        else:
            k = min(waiting, key=self._seconds.__getitem__)
        began = time.perf_counter()
        self._searches[k].advance()
        self._seconds[k] += time.perf_counter() - began

    def _work(self, k: int) -> float:
        """What a search has done, in steps of the first."""
        return self._searches[k].steps_taken / self._rates[k]

    @property
    def _better(self) -> ContinuousSearch:
        return min(self._searches, key=lambda search: search.lowest()[0])

    @property
    def steps_taken(self) -> int:
        if self.budget.steps is not None and self.finished:
            return self.budget.steps
        return int(self._work(0) + self._work(1))

    @property
    def finished(self) -> bool:
        return all(search.finished for search in self._searches)

    def spins(self) -> np.ndarray:
        return self._better.spins()

    def lowest(self) -> tuple[float, int]:
        return self._better.lowest()

    @property
    def attempts(self) -> int:
        """Of the better of the two."""
        return self._better.attempts

    @property
    def hits(self) -> int:
        """Of the better of the two."""
        return self._better.hits
