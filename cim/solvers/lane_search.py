r"""What the searches on packed lanes have in common: one island's configuration, its clock and its best.

A course of search is written as a generator that stops after every piece of work of a few milliseconds, so that it
reads from top to bottom and can be cut anywhere.  Its steps are sweeps of n proposals.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np

from ising_problems import IsingModel

from .base import Budget, ContinuousSearch
from .crossover import PartitionCrossover
from .lane_annealing import LaneAnnealer, Ramp
from .lanes import LaneCouplings, lane_couplings, two_spins

__all__ = ["COLD", "HOT", "Individual", "LaneSearch"]

HOT, COLD = 0.8, 0.15
"""Temperatures in units of J0 between which a first anneal falls."""

_PIECES = 8  # of work in a slice, at most

# Ground state energy per spin in units of J0 of most spin glasses: 0.70 to 0.76, the mean-field one's being 0.763.
# A model that is frustrated more (Max-Cut of planar graphs: 0.52) freezes at lower temperatures in proportion.
_ENERGY_OF_A_GLASS = 0.72


@dataclass
class Individual:
    """A configuration, int8, shape (n,), and its energy in units."""

    spins: np.ndarray
    energy: int


class LaneSearch(ContinuousSearch):
    """An island.

    Parameters
    ----------
    couplings : LaneCouplings
    budget : Budget
    rng : numpy.random.Generator
    initial : numpy.ndarray or None
        Where to start, int8, shape (1, n).
    """

    def __init__(
        self, couplings: LaneCouplings, budget: Budget, rng: np.random.Generator, initial: np.ndarray | None
    ) -> None:
        self.couplings = couplings
        self.budget = budget
        self.rng = rng
        self.initial = initial
        self.annealer = LaneAnnealer(couplings, rng)
        self.crossover = PartitionCrossover(couplings)
        self._explored = min(max(10, self.annealer.slice_sweeps // 4), 1000)
        self._seconds = 0.0
        self._results: list[int] = []
        start = self.random_spins() if initial is None else np.array(initial[0], dtype=np.int8)
        self.annealer.load(start)
        self.best = Individual(self.annealer.spins.copy(), self.annealer.energy)
        self._course: Iterator[None] = self.course()

    @staticmethod
    def prepare(model: IsingModel) -> LaneCouplings:
        """Couplings in fixed point; the kernels for them are compiled."""
        couplings = lane_couplings(model)
        pair = two_spins(couplings.bits)
        annealer = LaneAnnealer(pair, np.random.default_rng(0))
        annealer.load(annealer.spins)
        annealer.quench()
        PartitionCrossover(pair)(annealer.spins, annealer.spins.copy())
        return couplings

    @staticmethod
    def default_steps(model: IsingModel) -> int:
        """Sweeps that take a second or so, less on small models, more on very large ones."""
        work = 1.0 + model.num_spins + model.num_couplings / 6.0
        return int(np.clip(6e8 / work, 500, max(50_000, 100 * model.num_spins)))

    @abstractmethod
    def course(self) -> Iterator[None]:
        """The search, without an end, which stops after each piece of work."""

    # ------------------------------------------------------------ what the harness sees

    def advance(self) -> None:
        """One slice: some sweeps, or some pieces of work where those are short, as they are when time runs out."""
        goal = self.steps_taken + self.annealer.slice_sweeps
        for _ in range(_PIECES):
            next(self._course)
            if self.steps_taken >= goal or self.finished:
                break

    @property
    def steps_taken(self) -> int:
        """Sweeps made so far."""
        return self.annealer.sweeps

    def spins(self) -> np.ndarray:
        """The best so far, shape (1, n)."""
        return self.best.spins[None, :].copy()

    def lowest(self) -> tuple[float, int]:
        """Its energy, without the offset, and its place."""
        return self.couplings.energy(self.best.energy), 0

    @property
    def finished(self) -> bool:
        """Whether the budget's steps or hits are reached."""
        enough = self.budget.hits is not None and self.hits >= self.budget.hits
        return enough or (self.budget.steps is not None and self.steps_taken >= self.budget.steps)

    @property
    def attempts(self) -> int:
        """Independent attempts that have ended."""
        return len(self._results)

    @property
    def hits(self) -> int:
        """How many of them ended in the best energy."""
        return self._results.count(self.best.energy)

    # ------------------------------------------------------------ what a course is made of

    def random_spins(self) -> np.ndarray:
        """Random configuration."""
        return 2 * self.rng.integers(0, 2, self.couplings.num_spins, dtype=np.int8) - 1

    def steps_left(self) -> float:
        """Sweeps that may still be made."""
        return self.budget.steps_left(self.steps_taken, self._seconds / max(self.steps_taken, 1))

    def explore(self) -> Iterator[None]:
        """A first, quick answer, which also shows what a sweep costs."""
        if self.initial is None:
            yield from self.anneal(self.random_spins(), HOT, COLD, self._explored)
        else:
            yield from self.anneal(self.best.spins, COLD, COLD, 1)

    def anneal(self, start: np.ndarray, hot: float, cold: float, sweeps: int) -> Generator[None, None, Individual]:
        """Anneal from given spins; temperatures in units of J0.  Fewer sweeps where the budget ends before."""
        sweeps = int(max(1, min(sweeps, self.steps_left())))
        scale = self.couplings.rms_norm
        ramp = Ramp(hot * scale, cold * scale, sweeps, self.couplings.num_spins)
        self.annealer.load(start)
        while True:
            began = time.perf_counter()
            self.annealer.anneal(ramp, self.annealer.slice_sweeps)
            self._seconds += time.perf_counter() - began
            if ramp.ended:
                break
            yield
        result = Individual(self.annealer.spins.copy(), self.annealer.energy)
        self.note(result)
        yield  # only now: what has just been found counts, even where the budget ends here
        return result

    def mixed(self, first: Individual, second: Individual) -> np.ndarray:
        """What both have, and the rest from either; without fields, after the turn that brings them closer."""
        n = self.couplings.num_spins
        other = second.spins
        if not self.couplings.has_fields and 2 * np.count_nonzero(first.spins != other) > n:
            other = -other
        heads = np.unpackbits(np.frombuffer(self.rng.bytes(-(-n // 8)), dtype=np.uint8), count=n).astype(bool)
        return np.where(heads, first.spins, other)

    def reheat(self, start: np.ndarray, hot: float, sweeps: int) -> Generator[None, None, Individual]:
        """Anneal from a temperature that keeps part of what there is, lower where the model is frustrated more."""
        depth = -self.best.energy / (self.couplings.num_spins * self.couplings.rms_norm)
        hot = max(COLD, hot * min(1.0, depth / _ENERGY_OF_A_GLASS))
        return (yield from self.anneal(start, hot, COLD, sweeps))

    def merge(self, into: Individual, other: Individual) -> int:
        """Partition crossover of another into one, in place; returns what it gained, in units."""
        change = self.crossover(into.spins, other.spins)
        into.energy += change
        self.note(into)
        return -change

    def note(self, found: Individual) -> None:
        """Keep it if it is the best so far."""
        if found.energy < self.best.energy:
            self.best = Individual(found.spins.copy(), found.energy)

    def note_attempt(self, result: Individual) -> None:
        """Take note of the result of an independent attempt."""
        self._results.append(result.energy)
