"""A batch of replicas that runs its algorithm again and again, or one run on and on, and keeps the best of each."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from .base import Budget, ContinuousSolver, Search

if TYPE_CHECKING:
    from .harness import Harness

__all__ = ["ENOUGH_HITS", "Replicas", "go_round"]

ENOUGH_HITS = 10
"""Where neither steps nor time bound a continuous search, it ends once so many attempts found the same best energy."""

_FIRST_STEPS = 16  # the first round under a time limit, which measures how long a step takes


def go_round(group: list[Replicas], stop: threading.Event) -> None:
    """Let each batch of a group have one turn after the other's, until none goes on."""
    waiting = [batch.turns(stop, sharing=len(group)) for batch in group]
    while waiting:
        waiting = [turns for turns in waiting if next(turns, False)]


class Replicas:
    """One batch of replicas: repeats runs of the algorithm, or lets one go on, and keeps each replica's best."""

    rng: np.random.Generator
    best: np.ndarray

    def __init__(self, harness: Harness, first: int, last: int) -> None:
        self.harness = harness
        self.count = last - first
        self.initial = None if harness.initial is None else harness.initial[first:last]
        self.fraction = 0.0
        self.energies: np.ndarray | None = None  # of best, as core.energy gives them
        self.attempts = self.hits = 0  # of a continuous search

    def turns(self, stop: threading.Event, sharing: int) -> Iterator[bool]:
        """One turn at each ``next``, until work or time is over; ``sharing`` batches share a thread."""
        harness = self.harness
        if harness.rounds and time.perf_counter() > harness.deadline:  # others have used the time up
            self.best = self.initial if self.initial is not None else self._random()
            self.energies = np.asarray(harness.core.energy(self.best))
            return
        if self.initial is not None and harness.request.polish:
            self._keep(self.initial)
        if isinstance(harness.request.solver, ContinuousSolver):
            yield from self._slices(harness.request.solver, stop, sharing)
        else:
            yield from self._rounds(stop, sharing)

    def _slices(self, solver: ContinuousSolver, stop: threading.Event, sharing: int) -> Iterator[bool]:
        """One search, a slice at each turn."""
        harness, request = self.harness, self.harness.request
        steps, hits = request.steps, None
        if steps is None and request.time_limit is None:
            steps, hits = harness.default_steps, ENOUGH_HITS
        closing = 0.0  # seconds in which a configuration is finished and judged: the shortest seen, not a stall
        budget = Budget(steps, harness.deadline, 1.0 / sharing, hits)
        search = solver.begin(harness.prepared, budget, self.rng.spawn(1)[0], self.initial)
        # Looking closely, between slices, is worth while as long as it stays a small part of the work.  What is seen
        # is kept, so where steps bound the run it is looked at after 1, 2, 4, ... slices, whatever the clock says.
        by_clock = request.time_limit is not None or request.target is not None
        seen, due = np.inf, -np.inf
        slices, look_at = 0, 1
        proved = False
        while True:
            search.advance()
            slices += 1
            now = time.perf_counter()
            self.fraction = 1.0 if search.finished else search.steps_taken / (steps or np.inf)
            if search.lowest()[0] < seen and (now > due if by_clock else slices >= look_at):
                seen = search.lowest()[0]
                if self._keep(search.spins()):
                    stop.set()
                proved = self.energies is not None and harness.is_unbeatable(self.best, self.energies)
                spent = time.perf_counter() - now
                closing = min(closing or spent, spent)
                due = now + 10.0 * spent
                look_at = 2 * slices
            optimal = proved or (harness.core.is_integer and search.lowest()[0] <= harness.provably_lowest)
            if optimal and request.time_limit is not None:
                stop.set()
            if search.finished or stop.is_set() or optimal:
                break
            if time.perf_counter() + 3.0 * closing >= harness.deadline:  # the best is judged anew at the end
                harness.out_of_time = True
                break
            yield True
        if self._keep(search.spins()):
            stop.set()
        self.attempts, self.hits = search.attempts, search.hits
        with harness.lock:
            harness.rounds += 1
            harness.steps_done += search.steps_taken

    def _rounds(self, stop: threading.Event, sharing: int) -> Iterator[bool]:
        """Run after run, one at each turn."""
        harness, request = self.harness, self.harness.request
        finish_seconds = 0.0
        steps = request.steps or (harness.default_steps if request.time_limit is None else _FIRST_STEPS)
        while True:
            search = request.solver.start(harness.prepared, self.count, steps, self.rng.spawn(1)[0], self.initial)
            started = time.perf_counter()
            complete = self._search(search, steps, stop, finish_seconds)
            step_seconds = (time.perf_counter() - started) / max(search.steps_taken, 1)
            started = time.perf_counter()
            if self._keep(search.spins()):
                stop.set()
            spent = time.perf_counter() - started
            # the shortest seen, and no giving up while time is left: one stall must not end a batch's turns for good
            finish_seconds = min(finish_seconds or spent, spent)
            with harness.lock:
                harness.rounds += 1
                harness.steps_done += search.steps_taken * self.count
                harness.diverged |= search.diverged()
            if request.time_limit is None or stop.is_set() or not complete:
                return
            yield True
            remaining = harness.deadline - time.perf_counter() - finish_seconds
            if remaining <= 0:
                harness.out_of_time = True
                return
            if request.steps is None:
                affordable = int(remaining / sharing / max(step_seconds, 1e-9))
                steps = max(min(2 * steps, 4 * harness.default_steps, affordable), _FIRST_STEPS)

    def _random(self) -> np.ndarray:
        shape = (self.count, self.harness.core.num_spins)
        return 2 * self.rng.integers(0, 2, shape, dtype=np.int8) - 1

    def _search(self, search: Search, steps: int, stop: threading.Event, finish_seconds: float) -> bool:
        """Advance a search to its end; False where it was cut short."""
        harness = self.harness
        verified_at, verification = -np.inf, 0.0
        while search.steps_taken < steps:
            search.advance()
            self.fraction = search.steps_taken / steps
            if stop.is_set():
                return False
            now = time.perf_counter()
            if now + finish_seconds >= harness.deadline:
                harness.out_of_time = True
                return search.steps_taken >= steps
            # a target is worth a look between slices, as long as looking stays a small part of the work
            if harness.request.target is not None and now > verified_at + 10.0 * verification:
                lowest = search.lowest()
                if lowest is not None and (
                    harness.best_energy is None or lowest[0] + harness.core.offset < harness.best_energy
                ):
                    spins = search.spins()[lowest[1]]
                    if harness.descent is not None:
                        spins = harness.descent(spins[None, :])[0]
                    if harness.report(spins, harness.core.energy(spins)):
                        stop.set()
                        return False
                    verified_at = time.perf_counter()
                    verification = verified_at - now
        return True

    def _keep(self, spins: np.ndarray) -> bool:
        """Finish configurations, keep those that improve on their replica's best; whether the search is over."""
        harness = self.harness
        if harness.descent is not None:
            spins = harness.descent(spins)
        energies = np.asarray(harness.core.energy(spins))
        if self.energies is None:
            self.best, self.energies = spins.copy(), energies.copy()
        else:
            better = energies < self.energies
            self.best[better], self.energies[better] = spins[better], energies[better]
        lowest = int(np.argmin(energies))
        return harness.report(spins[lowest], energies[lowest].item())
