r"""Annealing with exchange moves, ``algorithm="exchange"``: for models with one-hot constraints.

Between two answers of an assignment, a colouring, a tour, single flips have to pass through configurations that break
a constraint, at the cost of a penalty that is far larger than what the answers differ by.  Here the constraints of one
family of groups hold from the start, and a move brings a group's +1 to another of its spins; where two families meet
(rows and columns), two groups exchange their places, so that both families' constraints hold.  Spins in no group flip
alone or in pairs.  The moves and their energies are in :mod:`.exchange_kernels`, the families in :mod:`.one_hot`.

An attempt is an anneal from random spins that fulfil the groups, followed by a descent in the same moves; every second
attempt is twice as long as those before.  Temperatures fall geometrically, between two that are measured: descents from
random spins are followed by a look at all moves, and what uphill moves cost there sets the scale, a quartile of it the
hottest temperature (of every second attempt half of that), a lower percentile the coldest.  Penalties that the moves
keep at zero thus do not enter.

Where the groups are one family that covers nearly all spins, as in colourings, attempts alternate between tabu search
over the exchanges (:mod:`.exchange_tabu`) and annealing.  Both begin with the same length; the one that ends lower
becomes three times as long, the other grows by a half.

Which groups there are is told by the problem (``one_hot``).  Without groups, all spins are free: single flips and
flips of pairs, of which those of a +1 with a -1 keep a total, as in graph partitioning.

Sources: Kirkpatrick, Gelatt, Vecchi, Science 220, 671 (1983); exchanges of places: Burkard, Rendl, Eur. J. Oper. Res.
17, 169 (1984); tabu search: Hertz, de Werra, Computing 39, 345 (1987).
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ising_problems import IsingModel

from .base import Budget, ContinuousSearch, ContinuousSolver, Effort, Solver
from .exchange_kernels import ATTEMPT_BEST, BEST, anneal
from .exchange_model import ExchangeModel, may_follow, nanoseconds_per_sweep
from .exchange_tabu import one_family, standing
from .exchange_tabu_kernels import search_exchanges, stand
from .one_hot import OneHotGroups

__all__ = ["ExchangeAnnealing"]

_EFFORT = 6e8  # nanoseconds of an island, where nothing bounds it
_LONG_EFFORT = 3e9  # where tabu search takes part, or slacks have to follow
_WON, _LOST = 3.0, 1.5  # how tabu search and annealing become longer
_LONGEST = 1e12  # sweeps of an attempt: attempts that end early would make the next ones longer without end
_LEVEL = 1e-11  # of an energy: what differs by less is the same
_SLICE = 2e7  # nanoseconds
_FIRST_SLICE = 5e5
_FIRST_SWEEPS = 100  # of an attempt
_SECOND = 0.5  # of the hottest temperature: where every second attempt begins
_WARM = 0.4  # a warm start is not melted: its temperatures are lowered by this factor
_MARGIN = 0.95  # of the time that is left, for the last attempt
_NO_CHANGES = np.empty(0)


class ExchangeAnnealing(ContinuousSolver):
    """Annealing with exchange moves within one-hot groups."""

    name: ClassVar[str] = "exchange"
    summary: ClassVar[str] = "annealing and tabu search with exchange moves within one-hot groups"
    reference: ClassVar[str] = (
        "Kirkpatrick, Gelatt, Vecchi, Science 220, 671 (1983); Burkard, Rendl, Eur. J. Oper. Res. 17, 169 (1984); "
        "Hertz, de Werra, Computing 39, 345 (1987)"
    )
    unit: ClassVar[str] = "sweep"

    groups: Sequence[np.ndarray] = ()

    def with_groups(self, groups: Sequence[np.ndarray]) -> Solver:
        """The same algorithm, for a model with these one-hot groups."""
        result = copy.copy(self)
        result.groups = tuple(groups)
        return result

    def effort(self, model: IsingModel) -> Effort:
        """Two islands of at least 300 sweeps: half a second or so; some seconds with tabu search or with followers."""
        groups = OneHotGroups(self.groups, model.num_spins)
        longer = one_family(groups) or may_follow(groups)
        nanoseconds = nanoseconds_per_sweep(model, groups)
        steps = int(np.clip((_LONG_EFFORT if longer else _EFFORT) / nanoseconds, 300, 1_000_000))
        return Effort(replicas=2, steps=steps, replicas_per_thread=1)

    def prepare(self, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> ExchangeModel:
        """Couplings, families of groups, temperatures and compiled kernels."""
        if schedule is not None:
            raise ValueError("schedule: annealing with exchange moves has its own; name 'sa' to give one")
        return ExchangeModel(model, OneHotGroups(self.groups, model.num_spins))

    def begin(
        self, prepared: Any, budget: Budget, rng: np.random.Generator, initial: np.ndarray | None
    ) -> ContinuousSearch:
        """Attempts, the first a reheat of ``initial`` where that is given."""
        return _Island(prepared, budget, rng, initial)


class _Island(ContinuousSearch):
    """Attempts one after the other, longer and longer."""

    def __init__(
        self, prepared: ExchangeModel, budget: Budget, rng: np.random.Generator, initial: np.ndarray | None
    ) -> None:
        self.budget = budget
        self._prepared = prepared
        self._rng = rng
        self._state = prepared.state(rng)
        self._exchanges: Any = prepared.exchanges
        self._standing: Any = None if prepared.exchanges is None else standing(prepared.exchanges)
        self._nanoseconds = _FIRST_SLICE  # short at first: a small model's target is reached within them
        self._annealing_length = self._tabu_length = float(_FIRST_SWEEPS)  # of attempts that are not the last
        self._taken = self._attempts = self._hits = self._anneals = 0
        self._best_ended = np.inf
        self._ended_by_tabu = np.inf  # the energy of the last attempt by tabu search
        self._seconds = 0.0
        self._start(initial)

    def _start(self, initial: np.ndarray | None) -> None:
        """A new attempt."""
        prepared, state = self._prepared, self._state
        prepared.place(state, self._rng, None if initial is None else initial[0])
        self._age = 0
        self._tabu = self._standing is not None and self._attempts % 2 == 0
        if self._tabu:
            self._length = self._fitting(int(self._tabu_length))
            stand(prepared.bonds, self._exchanges, state, self._standing)
            return
        self._length = self._fitting(int(self._annealing_length))
        factor = (_WARM if initial is not None else 1.0) * (1.0 if self._anneals % 2 == 0 else _SECOND)
        self._hot = factor * prepared.hot
        self._cold = min(self._hot, prepared.cold)

    def _temperatures(self, sweeps: int) -> np.ndarray:
        """Of the next sweeps of the attempt, that many at most."""
        done = np.arange(self._age, min(self._age + sweeps, self._length)) / max(self._length - 1, 1)
        return self._hot * (self._cold / self._hot) ** done

    def _fitting(self, length: int) -> int:
        """Length of the next attempt: all that is left, where another one after it would be cut short."""
        if self.budget.steps is not None:
            left = self.budget.steps - self._taken
            return length if left >= 2 * length else max(1, left)
        left_in_time = self.budget.steps_left(self._taken, self._seconds / max(_MARGIN * self._taken, 1.0))
        return length if left_in_time >= 2 * length else max(_FIRST_SWEEPS, int(left_in_time))

    def advance(self) -> None:
        began = time.perf_counter()
        self._sweep()
        self._seconds += time.perf_counter() - began

    def _sweep(self) -> None:
        """One slice."""
        left = max(1, int(self._nanoseconds / self._prepared.nanoseconds_per_sweep))
        self._nanoseconds = min(2.0 * self._nanoseconds, _SLICE)
        while left > 0 and not self.finished:
            left -= self._search_tabu(left) if self._tabu else self._anneal(left)
            if self._age == self._length:
                self._end()

    def _anneal(self, most: int) -> int:
        """Go on with an anneal; how many sweeps it were."""
        prepared, state = self._prepared, self._state
        temperatures = self._temperatures(most)
        anneal(prepared.bonds, prepared.families, state, temperatures, _NO_CHANGES)
        self._age += len(temperatures)
        self._taken += len(temperatures)
        if self._age == self._length:
            prepared.descend(state)
        return len(temperatures)

    def _search_tabu(self, most: int) -> int:
        """Go on with tabu search for as long as some sweeps would take; how many it were."""
        prepared = self._prepared
        sweeps = min(most, self._length - self._age)
        steps = sweeps * prepared.steps_per_sweep
        taken = search_exchanges(prepared.bonds, self._exchanges, self._state, self._standing, steps)
        if taken < steps:  # no exchange leads lower from here, nor ever will
            sweeps = max(1, -(-taken // prepared.steps_per_sweep))
            self._length = self._age + sweeps
        self._age += sweeps
        self._taken += sweeps
        return sweeps

    def _end(self) -> None:
        """Count the attempt, and begin the next one."""
        found = float(self._state.energies[ATTEMPT_BEST])
        tolerance = _LEVEL * abs(found)
        if found < self._best_ended - tolerance:
            self._hits = 0
        self._best_ended = min(found, self._best_ended)
        self._attempts += 1
        self._hits += found <= self._best_ended + tolerance
        if self._tabu:
            self._ended_by_tabu = found
        else:
            self._anneals += 1
            self._lengthen(found)
        self._start(None)

    def _lengthen(self, found: float) -> None:
        """Set the lengths of the next attempts, after an anneal that has found this energy."""
        if self._standing is None:
            growth = 2.0 if self._anneals % 2 == 0 else 1.0
            self._annealing_length = min(growth * self._annealing_length, _LONGEST)
            return
        tolerance = _LEVEL * abs(found)
        annealing_won = found <= self._ended_by_tabu + tolerance
        tabu_won = self._ended_by_tabu <= found + tolerance
        self._annealing_length = min((_WON if annealing_won else _LOST) * self._annealing_length, _LONGEST)
        self._tabu_length = min((_WON if tabu_won else _LOST) * self._tabu_length, _LONGEST)

    @property
    def steps_taken(self) -> int:
        return self._taken

    @property
    def finished(self) -> bool:
        enough = self.budget.hits is not None and self._hits >= self.budget.hits
        return enough or super().finished

    @property
    def attempts(self) -> int:
        return self._attempts

    @property
    def hits(self) -> int:
        return self._hits

    def spins(self) -> np.ndarray:
        return self._state.best[None, :].copy()

    def lowest(self) -> tuple[float, int]:
        return float(self._state.energies[BEST]) * self._prepared.scale + self._prepared.field_energy, 0
