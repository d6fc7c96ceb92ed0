r"""Memetic annealing of dense couplings: populations of annealed configurations, crossed, and islands that meet.

A population begins with fresh anneals.  Two of its members, turned towards each other where no field forbids it, have
a child: it keeps the spins on which they agree, takes each of the others from either at random, is annealed again from
a lower temperature, and finished by a short tabu search.  It replaces a member that it nearly equals, where it is
better, else the worst.  Of two members that have come close to each other the worse is dropped, so that a population
converges, to its champion.

One population stagnates.  So there are levels: the champions of as many populations as one has members are the first
members of a population of the next level, whose champions go a level higher in turn.  There is no last level: the
longer the search, the more islands have met, each of which began independently.  What the search has met of lowest
energy is kept whatever becomes of its population.

How members are made is a :class:`~cim.solvers.breeding.Breeder`'s business: by annealing
(:class:`~cim.solvers.breeding.AnnealingBreeder`), or, where couplings are ±1 and n ≥ 2000, by discrete simulated
bifurcation on bits.

Sources: Moscato, Caltech C3P Report 826 (1989), for the name and the idea; Galinier, Hao, J. Comb. Optim. 3, 379
(1999), for crossing and a tabu search in turn.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np

from ising_problems import IsingModel

from .base import Budget, ContinuousSearch
from .breeding import AnnealingBreeder, Breeder, Member, Passes
from .fixed_point import FixedPoint, has_negative_mode
from .iterated_tabu import DenseTabu

__all__ = ["AnnealingBreeder", "Breeder", "DenseMemetic", "Member", "Passes"]

_SIZE = 6  # members of a population, twice as many where annealing makes them for a large model
_LARGE = 1500  # spins
_CLOSE = 0.01  # of the spins: members nearer than this are one
_BIFURCATION_SPINS = 2000  # from here on it makes better members in the same time, where couplings are one bit
_STALE = 4  # children for each member without a place for any of them: the population has converged
_HITS_TOLERANCE = 1e-9


class DenseMemetic:
    """Memetic search on dense couplings, with the methods of a continuous solver."""

    def prepare(self, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> _Prepared:
        """Fixed-point couplings, how members are made, and compiled kernels."""
        prepared = _Prepared(model)
        rng = np.random.default_rng(0)
        work = prepared.breeder(Passes(1), rng).fresh(rng)
        next(work)  # one pass, and one iteration: compiles
        DenseTabu(prepared.couplings, rng).run(1)
        return prepared

    def begin(
        self, prepared: _Prepared, budget: Budget, rng: np.random.Generator, initial: np.ndarray | None
    ) -> ContinuousSearch:
        """An island of populations."""
        passes = Passes(budget.steps)
        return DenseMemeticSearch(prepared.couplings, prepared.breeder(passes, rng), passes, budget, rng, initial)


class _Prepared:
    """Couplings, and for large models of one-bit couplings the motion that makes their members."""

    def __init__(self, model: IsingModel) -> None:
        self.couplings = FixedPoint(model)
        self._motion: Any = None
        if model.num_spins >= _BIFURCATION_SPINS and self.couplings.matrix.dtype == np.int8:
            self._motion = _packed_motion(model, self.couplings)
        self.size = 2 * _SIZE if self._motion is None and model.num_spins >= _LARGE else _SIZE
        dynamics = "annealing" if self._motion is None else "discrete simulated bifurcation"
        self.details = {**self.couplings.details, "members": dynamics}

    def breeder(self, passes: Passes, rng: np.random.Generator) -> Breeder:
        """What makes the members of one island."""
        if self._motion is None:
            return AnnealingBreeder(self.couplings, passes, rng)
        from .packed_generator import BifurcationBreeder

        return BifurcationBreeder(self.couplings, self._motion, passes, rng)


def _packed_motion(model: IsingModel, couplings: FixedPoint) -> Any:
    """Discrete simulated bifurcation on bits; None where couplings take several, or the processor counts slowly.

    None as well where a mode lies far below the spectrum (couplings drawn towards -1, seen through a gauge): all spins
    then turn over along it in every step, and the motion finds nothing.
    """
    from ..dynamics.discrete_packed import counts_bits_in_vectors
    from ..dynamics.packed_couplings import PackedCouplings
    from .discrete_motion import PackedMotion

    packed = PackedCouplings.of(model, 1) if counts_bits_in_vectors() else None
    return None if packed is None or has_negative_mode(couplings) else PackedMotion(packed)


class DenseMemeticSearch(ContinuousSearch):
    """Populations of one island, and those that its champions form.

    Parameters
    ----------
    couplings : FixedPoint
    breeder : Breeder
        Makes members.
    passes : Passes
        What the breeder asks for leave.
    budget : Budget
    rng : numpy.random.Generator
    initial : numpy.ndarray or None, shape (1, n)
        Spins that the first member starts from.
    size : int, optional
        Members of a population.
    """

    def __init__(
        self,
        couplings: FixedPoint,
        breeder: Breeder,
        passes: Passes,
        budget: Budget,
        rng: np.random.Generator,
        initial: np.ndarray | None,
        size: int = _SIZE,
    ) -> None:
        self.budget = budget
        self._couplings = couplings
        self._breeder = breeder
        self._passes = passes
        self._rng = rng
        self._initial = initial
        self._size = size
        self._symmetric = not couplings.has_fields
        self._best: Member | None = None
        self._champions: list[float] = []
        self._work = self._endless()

    # -------------------------------------------------------------- the search, in slices

    def advance(self) -> None:
        """One slice of a member's making."""
        next(self._work)

    def _endless(self) -> Generator[None, None, Member]:
        """Champions of ever higher levels."""
        champion = None
        level = 0
        while True:
            champion = yield from self._champion(level, champion)
            level += 1

    def _champion(self, level: int, first: Member | None) -> Generator[None, None, Member]:
        """Best of a population of a level, whose first member is given; a generator that returns it."""
        members = [] if first is None else [first]
        while len(members) < self._size:
            if level > 0:
                members.append((yield from self._champion(level - 1, None)))
            elif self._initial is not None:
                spins, self._initial = self._initial[0], None
                members.append(self._noted((yield from self._breeder.revived(spins, self._rng))))
            else:
                members.append(self._noted((yield from self._breeder.fresh(self._rng))))
        self._merge(members)
        stale = 0
        while len(members) > 1 and stale < _STALE * len(members):
            a, b = (members[k] for k in self._rng.choice(len(members), 2, replace=False))
            partner = Member(self._turned(b.spins, a.spins), b.energy)
            child = self._noted((yield from self._breeder.child(a, partner, self._rng)))
            stale = 0 if self._settle(child, members) else stale + 1
        best = min(members, key=lambda member: member.energy)
        if level == 0:
            self._champions.append(best.energy)
        return best

    def _noted(self, member: Member) -> Member:
        if self._best is None or member.energy < self._best.energy:
            self._best = member
        return member

    def _settle(self, child: Member, members: list[Member]) -> bool:
        """Find a place for a child; whether the population has changed."""
        distances = [self._distance(child.spins, member.spins) for member in members]
        nearest = int(np.argmin(distances))
        if distances[nearest] <= _CLOSE * len(child.spins):
            if child.energy >= members[nearest].energy - self._couplings.tolerance:
                return False
            members[nearest] = child
        else:
            worst = max(range(len(members)), key=lambda k: members[k].energy)
            if child.energy >= members[worst].energy - self._couplings.tolerance:
                return False
            members[worst] = child
        self._merge(members)
        return True

    def _merge(self, members: list[Member]) -> None:
        """Of members that have come close, keep the better."""
        members.sort(key=lambda member: member.energy)
        kept: list[Member] = []
        for member in members:
            if all(self._distance(member.spins, other.spins) > _CLOSE * len(member.spins) for other in kept):
                kept.append(member)
        members[:] = kept

    def _distance(self, a: np.ndarray, b: np.ndarray) -> int:
        different = int(np.count_nonzero(a != b))
        return min(different, len(a) - different) if self._symmetric else different

    def _turned(self, spins: np.ndarray, towards: np.ndarray) -> np.ndarray:
        """Spins, or where there is no field their opposites, whichever is nearer."""
        if self._symmetric and 2 * np.count_nonzero(spins != towards) > len(spins):
            return -spins
        return spins

    # -------------------------------------------------------------- what it has found

    @property
    def steps_taken(self) -> int:
        """Passes over all spins."""
        return self._passes.taken

    @property
    def finished(self) -> bool:
        """Whether the budget in passes or in hits is used up."""
        enough = self.budget.hits is not None and self.hits >= self.budget.hits
        return enough or super().finished

    @property
    def attempts(self) -> int:
        """First-level populations that have converged."""
        return len(self._champions)

    @property
    def hits(self) -> int:
        """How many of them converged to the best energy of all."""
        if self._best is None:
            return 0
        limit = self._best.energy + max(self._couplings.tolerance, _HITS_TOLERANCE * abs(self._best.energy))
        return sum(energy <= limit for energy in self._champions)

    def _lowest(self) -> Member:
        return self._breeder.current() if self._best is None else self._best

    def spins(self) -> np.ndarray:
        """Best configuration, int8, shape (1, n)."""
        return self._lowest().spins[None, :]

    def lowest(self) -> tuple[float, int]:
        """Its energy, without the offset."""
        return self._couplings.energy(self._lowest().energy), 0
