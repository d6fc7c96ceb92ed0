"""Members of a memetic search's populations on dense couplings, and what makes them.

A fresh member is an anneal from random spins.  A child of two keeps the spins on which they agree, takes each of the
others from either at random, and is annealed again from a lower temperature.  Both are finished by a short tabu search.
:class:`Breeder` says what another dynamics has to offer to take the place of annealing.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple, Protocol

import numpy as np

from .dense_annealing import DenseAnnealing, cooling, sweeps_per_slice
from .fixed_point import Configuration, FixedPoint
from .iterated_tabu import DenseTabu, iterations_per_slice

__all__ = ["AnnealingBreeder", "Breeder", "Member", "Passes"]

_HOT, _WARM, _COLD = 0.65, 0.3, 0.08  # temperatures in norms of a row: of a fresh anneal, of a child's, of every end
_SWEEPS = 100  # of a child's anneal; a fresh one has three times as many, and both twice as many in a large model
_TABU = 5  # iterations of the tabu search that finishes a member, for each spin
_LARGE = 1500  # spins


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

    def __init__(self, couplings: FixedPoint, passes: Passes, rng: np.random.Generator) -> None:
        n = couplings.num_spins
        self._couplings = couplings
        self._passes = passes
        self._annealing = DenseAnnealing(couplings)
        self._configuration = Configuration(couplings)
        self._configuration.place(2 * rng.integers(0, 2, n, dtype=np.int8) - 1)
        largest, small = couplings.row_norms
        sweeps = _SWEEPS if n < _LARGE else 2 * _SWEEPS
        self._fresh = cooling(_HOT * largest, _COLD * small, 3 * sweeps)
        self._child = cooling(_WARM * largest, _COLD * small, sweeps)
        self._tabu_iterations = _TABU * n
        self._tabu = DenseTabu(couplings, rng, patience=2 * _TABU * n, restart=2 * _TABU * n)  # one phase, no restart

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
