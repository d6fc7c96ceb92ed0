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

How members are made is a :class:`Breeder`'s business; :class:`AnnealingBreeder` is the one for all couplings.

Sources: Moscato, Caltech C3P Report 826 (1989), for the name and the idea; Galinier, Hao, J. Comb. Optim. 3, 379
(1999), for crossing and a tabu search in turn.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np

from ising_problems import IsingModel

from .base import Budget, ContinuousSearch
from .dense_annealing import DenseAnnealing, cooling, sweeps_per_slice
from .fixed_point import Configuration, FixedPoint
from .iterated_tabu import DenseTabu, iterations_per_slice

__all__ = ["AnnealingBreeder", "Breeder", "DenseMemetic", "Member", "Passes"]

_CLOSE = 0.01  # of the spins: members nearer than this are one
_BIFURCATION_SPINS = 2000  # from here on it makes better members in the same time, where couplings are one bit
_STALE = 4  # children for each member without a place for any of them: the population has converged
_HITS_TOLERANCE = 1e-9


class Member(NamedTuple):
    """A configuration of a population.

    Attributes
    ----------
    spins : numpy.ndarray, int8, shape (n,)
    energy : float
        In the unit of the breeder, the same for all its members; lower is better.
    """

    spins: np.ndarray
    energy: float


class Passes:
    """The work that a search may still do, counted in passes over all spins (a sweep, a tabu iteration, a step)."""

    def __init__(self, limit: int | None) -> None:
        self.taken = 0
        self._limit = limit

    def grant(self, wanted: int) -> int:
        """How many of the passes wanted may be taken now; they count as taken."""
        granted = wanted if self._limit is None else max(0, min(wanted, self._limit - self.taken))
        self.taken += granted
        return granted


class Breeder(Protocol):
    """What makes members of a population: the seam for other dynamics than annealing.

    Both methods are generators that do their work in slices of some 20 ms, bounded in passes by the model's size alone,
    and ``yield`` after each; they return the new member at their end (``member = yield from breeder.fresh(rng)``).
    Before each slice they ask :meth:`Passes.grant` how many passes they may take, and when the grant is smaller than
    what they wanted, they are not resumed.  All that is random comes from ``rng``.
    """

    def fresh(self, rng: np.random.Generator) -> Generator[None, None, Member]:
        """A member from nothing; a generator that returns a :class:`Member`."""

    def child(self, a: Member, b: Member, rng: np.random.Generator) -> Generator[None, None, Member]:
        """A member from two, already turned towards each other; a generator that returns a :class:`Member`."""

    def revived(self, spins: np.ndarray, rng: np.random.Generator) -> Generator[None, None, Member]:
        """A member near given spins (a warm start); a generator that returns a :class:`Member`."""

    def current(self) -> Member:
        """Where the work stands within a slice, for a search that is cut short before its first member."""


class AnnealingBreeder:
    """Members by annealing on fixed-point integers and a short tabu search.

    Parameters
    ----------
    couplings : FixedPoint
    passes : Passes
    rng : numpy.random.Generator
    """

    def __init__(self, couplings: FixedPoint, passes: Passes, rng: np.random.Generator, **tuning: Any) -> None:
        n = couplings.num_spins
        self._couplings = couplings
        self._passes = passes
        self._annealing = DenseAnnealing(couplings)
        self._configuration = Configuration(couplings)
        self._configuration.place(2 * rng.integers(0, 2, n, dtype=np.int8) - 1)
        t = {"fresh": 600 if n >= 1500 else 300, "child": 200 if n >= 1500 else 100, "tabu": 5}
        t |= {"hot": 0.65, "warm": 0.3, "cold": 0.08}
        t.update(tuning)
        hot, cold = couplings.row_norms
        self._fresh = cooling(t["hot"] * hot, t["cold"] * cold, t["fresh"])
        self._child = cooling(t["warm"] * hot, t["cold"] * cold, t["child"])
        self._tabu_iterations = int(t["tabu"] * n)
        self._tabu = DenseTabu(couplings, rng, patience=10 * n, restart=10 * n)

    def fresh(self, rng: np.random.Generator) -> Generator[None, None, Member]:
        """An anneal from random spins."""
        self._configuration.place(2 * rng.integers(0, 2, self._couplings.num_spins, dtype=np.int8) - 1)
        return (yield from self._finished(self._fresh, rng))

    def child(self, a: Member, b: Member, rng: np.random.Generator) -> Generator[None, None, Member]:
        """An anneal from a uniform crossover."""
        self._configuration.place(np.where(rng.integers(0, 2, len(a.spins), dtype=bool), a.spins, b.spins))
        return (yield from self._finished(self._child, rng))

    def revived(self, spins: np.ndarray, rng: np.random.Generator) -> Generator[None, None, Member]:
        """An anneal from given spins, as warm as a child's."""
        self._configuration.place(spins)
        return (yield from self._finished(self._child, rng))

    def current(self) -> Member:
        """Where the anneal stands."""
        return Member(self._configuration.copied_spins(), self._configuration.energy)

    def _finished(self, temperatures: np.ndarray, rng: np.random.Generator) -> Generator[None, None, Member]:
        longest = sweeps_per_slice(self._couplings.num_spins)
        done = 0
        while done < len(temperatures):
            granted = self._passes.grant(min(longest, len(temperatures) - done))
            last = done + granted == len(temperatures)
            self._annealing.anneal(self._configuration, temperatures[done : done + granted], rng, descend=last)
            done += granted
            yield
        if self._tabu_iterations:
            self._tabu.start_from(self._configuration.copied_spins())
            left = self._tabu_iterations
            longest = iterations_per_slice(self._couplings.num_spins)
            while left:
                granted = self._passes.grant(min(longest, left))
                self._tabu.run(granted)
                left -= granted
                yield
            return Member(self._tabu.best_spins(), self._tabu.best_energy)
        return self.current()


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
            self._motion = _packed_motion(model)
        dynamics = "annealing" if self._motion is None else "discrete simulated bifurcation"
        self.details = {**self.couplings.details, "members": dynamics}

    def breeder(self, passes: Passes, rng: np.random.Generator) -> Breeder:
        """What makes the members of one island."""
        if self._motion is None:
            return AnnealingBreeder(self.couplings, passes, rng)
        from .packed_generator import BifurcationBreeder

        return BifurcationBreeder(self.couplings, self._motion, passes, rng)


def _packed_motion(model: IsingModel) -> Any:
    """Discrete simulated bifurcation on bits; None where couplings take several, or the processor counts slowly."""
    from ..dynamics.discrete_packed import counts_bits_in_vectors
    from ..dynamics.packed_couplings import PackedCouplings
    from .discrete_bifurcation import PackedMotion

    packed = PackedCouplings.of(model, 1) if counts_bits_in_vectors() else None
    return None if packed is None else PackedMotion(packed)


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
    """

    def __init__(
        self,
        couplings: FixedPoint,
        breeder: Breeder,
        passes: Passes,
        budget: Budget,
        rng: np.random.Generator,
        initial: np.ndarray | None,
        size: int = 6,
        stale: int = _STALE,
        close: float = _CLOSE,
    ) -> None:
        self.budget = budget
        self._couplings = couplings
        self._breeder = breeder
        self._passes = passes
        self._rng = rng
        self._initial = initial
        self._size = size
        self._stale = stale
        self._close = close
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
        while len(members) > 1 and stale < self._stale * len(members):
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
        if distances[nearest] <= self._close * len(child.spins):
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
            if all(self._distance(member.spins, other.spins) > self._close * len(member.spins) for other in kept):
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
