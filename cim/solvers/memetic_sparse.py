r"""Memetic annealing of sparse models: populations of annealed configurations, bred in epochs.

An epoch draws a population of independent anneals.  A child takes over what two parents agree on (one of them turned
around first where more than half differs and there are no fields) and has the rest at random from either; a short
anneal at a low temperature repairs it, and partition crossover (:mod:`.crossover`) with both parents keeps of it, and
of them, what is best component by component.  It replaces the nearest member if it is much like it, else the worst.
When nothing has been gained for a while, the epoch has ended, and its best is a champion.

Once there are as many champions as a population has members, they become a population themselves: the landscape of a
spin glass has many valleys far apart, an epoch ends in one of them, and breeding champions is what makes more time
worth having.

Source: Galinier, Boujbel, Fernandes, Ann. Oper. Res. 191, 1 (2011) for memetic search in graph partitioning; the
order of populations is ours.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ising_problems import IsingModel
from ising_problems.checks import checked_integer

from .base import Budget, ContinuousSearch, ContinuousSolver, Effort
from .lane_search import COLD, HOT, Individual, LaneSearch
from .lanes import LaneCouplings

__all__ = ["SparseMemetic"]

_WARM = 0.4  # temperature in units of J0 from which a child is annealed
_SHARE = 0.04  # of what is left of the budget, for a first anneal at most
_SHORTEST = 50  # sweeps of one, all the same
_PATIENCE = 4  # children without a gain, times the population, that end an epoch
_ALIKE = 50  # two members are alike where less than one spin in so many differs


class SparseMemetic(ContinuousSolver):
    """Memetic annealing of sparse models on packed lanes."""

    name: ClassVar[str] = "memetic"
    summary: ClassVar[str] = "populations of annealed configurations, bred with partition crossover"
    reference: ClassVar[str] = "Galinier, Boujbel, Fernandes, Ann. Oper. Res. 191, 1 (2011); Tinós et al., FOGA (2015)"
    unit: ClassVar[str] = "sweep"
    options: ClassVar[Mapping[str, Any]] = {"population": 8, "first_sweeps": 1000, "child_sweeps": 600}

    def effort(self, model: IsingModel) -> Effort:
        """Some epochs on small models, one on large ones."""
        return Effort(replicas=1, steps=LaneSearch.default_steps(model), replicas_per_thread=1)

    def prepare(self, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> Any:
        """Couplings in fixed point."""
        if schedule is not None:
            raise ValueError("schedule: memetic search has none; name 'sa' or 'cim' to give one")
        given = {**self.options, **options}
        least = {"population": 2}
        return _Prepared(
            LaneSearch.prepare(model),
            {name: checked_integer(given[name], name, at_least=least.get(name, 1)) for name in self.options},
        )

    def begin(
        self, prepared: Any, budget: Budget, rng: np.random.Generator, initial: np.ndarray | None
    ) -> ContinuousSearch:
        """An island."""
        return _Island(prepared, budget, rng, initial)


@dataclass(frozen=True)
class _Prepared:
    couplings: LaneCouplings
    options: Mapping[str, int]

    @property
    def details(self) -> Mapping[str, Any]:
        return self.couplings.details


class _Island(LaneSearch):
    def __init__(
        self, prepared: _Prepared, budget: Budget, rng: np.random.Generator, initial: np.ndarray | None
    ) -> None:
        options = prepared.options
        self._size = options["population"]
        self._longest = options["first_sweeps"]
        self._child_share = options["child_sweeps"] / options["first_sweeps"]
        super().__init__(prepared.couplings, budget, rng, initial)

    def course(self) -> Iterator[None]:
        yield from self.explore()
        ranks: list[list[Individual]] = [[]]  # the k-th has gone through k epochs
        while True:
            ranks[0].append((yield from self._newcomer()))
            k = 0
            while len(ranks[k]) == self._size:
                champion = yield from self._epoch(ranks[k])
                if k == 0:
                    self.note_attempt(champion)
                ranks[k] = []
                k += 1
                if k == len(ranks):
                    ranks.append([])
                ranks[k].append(champion)

    def _newcomer(self) -> Generator[None, None, Individual]:
        if self.initial is not None:
            self.initial = None
            return Individual(self.best.spins.copy(), self.best.energy)
        return (yield from self.anneal(self.random_spins(), HOT, COLD, self._sweeps()))

    def _sweeps(self) -> int:
        """Length of a first anneal, shorter where not many are left to do."""
        return int(np.clip(_SHARE * self.steps_left(), min(_SHORTEST, self._longest), self._longest))

    def _epoch(self, population: list[Individual]) -> Generator[None, None, Individual]:
        members = list(population)
        idle = 0
        while len(members) > 1 and idle < _PATIENCE * len(members):
            first, second = (members[k] for k in self.rng.choice(len(members), 2, replace=False))
            sweeps = max(1, round(self._child_share * self._sweeps()))
            child = yield from self.reheat(self.mixed(first, second), _WARM, sweeps)
            self.merge(child, first)
            self.merge(child, second)
            idle = 0 if self._admit(child, members) else idle + 1
            if idle % len(members) == 0:
                members = self._distinct(members)
        return min(members, key=lambda member: member.energy)

    def _distance(self, first: Individual, second: Individual) -> int:
        n = self.couplings.num_spins
        different = int(np.count_nonzero(first.spins != second.spins))
        return different if self.couplings.has_fields else min(different, n - different)

    def _admit(self, child: Individual, members: list[Individual]) -> bool:
        """Let a child replace a member; whether that lowers the population's energy."""
        distances = [self._distance(child, member) for member in members]
        k = int(np.argmin(distances))
        if distances[k] > self.couplings.num_spins // _ALIKE:
            k = max(range(len(members)), key=lambda m: members[m].energy)
            if child.energy == members[k].energy:
                return False
        gain = members[k].energy - child.energy
        if gain >= 0:
            members[k] = child
        return gain > 0

    def _distinct(self, members: list[Individual]) -> list[Individual]:
        """The members without copies of better ones."""
        kept: list[Individual] = []
        for member in sorted(members, key=lambda member: member.energy):
            if all(self._distance(member, other) > self.couplings.num_spins // (4 * _ALIKE) for other in kept):
                kept.append(member)
        return kept
