r"""Partition-crossover annealing: reheat, and keep what has become better, component by component.

From an annealed configuration x, a reheat to a moderate temperature and a quick anneal give y, which is better here
and worse there.  Partition crossover (:mod:`.crossover`) takes over the one and leaves the other, so that x never
loses; on a large sparse graph every reheat tries thousands of local rearrangements at once.

How hot and how long is chosen by a bandit among a few reheats: the one that has gained most for its work lately, with
some chance for the others.  Work is counted in proposals and flips, never in seconds, so that a seed fixes the course.

When nothing has been gained for long, the attempt has ended.  Ended attempts are bred: a child of two has the spins
on which they differ at random from either, is annealed, merged with both and reheated in its turn.

Source: Tinós, Whitley, Chicano, FOGA (2015) for the crossover; the combination with annealing is ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ising_problems import IsingModel
from ising_problems.checks import checked_integer

from .base import Budget, ContinuousSearch, ContinuousSolver, Effort
from .lane_search import COLD, HOT, Individual, LaneSearch
from .lanes import LaneCouplings

__all__ = ["PartitionCrossoverAnnealing"]

_CHILD = (0.4, 300)  # temperature and sweeps that make a child of a mixture
_FAMILY = 5  # ended attempts that are bred
_EXPLORED = 0.25  # share of reheats that the bandit draws at random
_MEMORY = 0.99  # of what it has seen, per reheat
_FLIP_WORK = 16.0  # a flip's work, in proposals, besides its neighbours'
_NEIGHBOUR_WORK = 3.0

# Mean degree up to which they are taken; first anneal: share of the budget and sweeps at most; reheats: temperature
# in units of J0 and sweeps.
_PLANS: list[tuple[float, float, int, list[tuple[float, int]]]] = [
    (4.5, 0.1, 3000, [(0.6, 100), (0.5, 100), (0.6, 300), (0.5, 300)]),
    (8.0, 0.25, 6000, [(0.3, 100), (0.35, 300), (0.45, 300), (0.4, 1000)]),
    (np.inf, 0.25, 6000, [(0.2, 300), (0.3, 300), (0.45, 300), (0.35, 1000)]),
]


class PartitionCrossoverAnnealing(ContinuousSolver):
    """Reheats merged by partition crossover, on packed lanes; for sparse models."""

    name: ClassVar[str] = "pxa"
    summary: ClassVar[str] = "annealing with reheats that partition crossover merges component by component"
    reference: ClassVar[str] = "Tinós, Whitley, Chicano, FOGA (2015)"
    unit: ClassVar[str] = "sweep"
    options: ClassVar[Mapping[str, Any]] = {"patience": 30}

    def effort(self, model: IsingModel) -> Effort:
        """A second or so on a thousand spins."""
        return Effort(replicas=1, steps=LaneSearch.default_steps(model), replicas_per_thread=1)

    def prepare(self, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> Any:
        """Couplings in fixed point."""
        if schedule is not None:
            raise ValueError("schedule: partition-crossover annealing has none; name 'sa' or 'cim' to give one")
        patience = checked_integer({**self.options, **options}["patience"], "patience", at_least=1)
        return _Prepared(LaneSearch.prepare(model), patience)

    def begin(
        self, prepared: Any, budget: Budget, rng: np.random.Generator, initial: np.ndarray | None
    ) -> ContinuousSearch:
        """An island."""
        return _Island(prepared, budget, rng, initial)


@dataclass(frozen=True)
class _Prepared:
    couplings: LaneCouplings
    patience: int

    @property
    def details(self) -> Mapping[str, Any]:
        return self.couplings.details


class _Bandit:
    """Which reheat to try next."""

    def __init__(self, arms: int, rng: np.random.Generator) -> None:
        self._rng = rng
        self._gains = np.zeros(arms)
        self._work = np.zeros(arms)

    def choose(self) -> int:
        untried = np.flatnonzero(self._work == 0)
        if untried.size:
            return int(untried[0])
        if self._rng.random() < _EXPLORED:
            return int(self._rng.integers(len(self._gains)))
        hope = 0.2 * self._rng.random(len(self._gains))  # so that where nothing gains, the cheap ones are tried most
        return int(np.argmax((self._gains + hope) / self._work))

    def learn(self, arm: int, gain: float, work: float) -> None:
        self._gains *= _MEMORY
        self._work *= _MEMORY
        self._gains[arm] += gain
        self._work[arm] += work


class _Island(LaneSearch):
    def __init__(
        self, prepared: _Prepared, budget: Budget, rng: np.random.Generator, initial: np.ndarray | None
    ) -> None:
        self._patience = prepared.patience
        degree = prepared.couplings.mean_degree
        _, self._share, self._longest, self._reheats = next(plan for plan in _PLANS if degree <= plan[0])
        super().__init__(prepared.couplings, budget, rng, initial)

    def course(self) -> Iterator[None]:
        yield from self.explore()
        family: list[Individual] = []
        attempt_steps = 0
        while True:
            if family and self.steps_left() < attempt_steps:  # another attempt would not end
                yield from self._improve(min(family, key=lambda member: member.energy))
                continue
            began = self.steps_taken
            if self.initial is not None:
                individual, self.initial = Individual(self.best.spins.copy(), self.best.energy), None
            else:
                sweeps = int(min(max(self._share * self.steps_left(), 20), self._longest))
                individual = yield from self.anneal(self.random_spins(), HOT, COLD, sweeps)
            yield from self._improve(individual)
            self.note_attempt(individual)
            attempt_steps = self.steps_taken - began
            family.append(individual)
            if len(family) == _FAMILY:
                yield from self._breed(family)
                family = [min(family, key=lambda member: member.energy)]

    def _improve(self, individual: Individual) -> Iterator[None]:
        """Reheat, merge, until nothing has been gained for long."""
        bandit = _Bandit(len(self._reheats), self.rng)
        idle = 0
        while idle < self._patience:
            arm = bandit.choose()
            temperature, sweeps = self._reheats[arm]
            before = self._work()
            reheated = yield from self.reheat(individual.spins, temperature, sweeps)
            gain = self.merge(individual, reheated)
            bandit.learn(arm, gain / self.couplings.rms_norm, self._work() - before)
            idle = 0 if gain > 0 else idle + 1

    def _work(self) -> float:
        per_flip = _FLIP_WORK + _NEIGHBOUR_WORK * self.couplings.mean_degree
        return float(self.steps_taken) + per_flip * self.annealer.flips / self.couplings.num_spins

    def _breed(self, family: list[Individual]) -> Iterator[None]:
        """Children of two, each improved in its turn, until one brings nothing new to the family."""
        idle = 0
        while idle < len(family):
            first, second = self.rng.choice(len(family), 2, replace=False)
            child = yield from self.reheat(self.mixed(family[first], family[second]), *_CHILD)
            self.merge(child, family[first])
            self.merge(child, family[second])
            yield from self._improve(child)
            worse = first if family[first].energy > family[second].energy else second
            idle = 0 if child.energy < family[worse].energy else idle + 1
            if child.energy <= family[worse].energy:
                family[worse] = child
