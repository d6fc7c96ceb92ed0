r"""Members for memetic search by discrete simulated bifurcation, where that makes better ones in the same time.

A fresh member is a run from random positions, the pump from -2 to 0.  For a child of two members, 60 % of all spins
move: those on which the two differ, from small random positions, and of the others those that the least
:math:`s_i f_i` keeps in place, from the wall at their spin; the rest is held, and its fields act on them.  The pump
then starts at -1.2, so that agreement is kept unless the others demand otherwise.  A run on part of the spins costs the
square of that part.  Freeing only the spins that differ is three times as fast again and its children are better on
average, but a population then converges to what its members share, errors included: at n = 10,000 it ended higher.
All members end in a cold anneal, 30 sweeps from 0.12 to 0.06 J0, and a descent, on the exact integer fields.

**Where it pays**: the same memetic search with members made so, and by annealing and a short tabu search
(:class:`cim.solvers.memetic_dense.AnnealingBreeder`); medians of the energy at equal processor time of one core, over
:math:`n J_0` (without the mean of the couplings).  One line is one random instance, 2 to 6 seeds; the lines marked *
were measured while half of the spins were free.  Seeds scatter by some 0.0005, so smaller differences mean nothing:

=========================  =====  =============  =========  ================
couplings                  s      bifurcation    annealing  members made by
=========================  =====  =============  =========  ================
±1, n = 1000               0.5    -0.7514        -0.7515    annealing
±1, n = 2000               0.8    -0.7604        -0.7601    bits
±1, n = 4000               3      -0.7598        -0.7584    bits
±1, n = 10,000             6      -0.7591        -0.7559    bits
0 and -1, n = 2000         0.8    -0.7690        -0.7677    bits
-3 to 3, n = 2000          1      -0.7564*       -0.7571    annealing
-3 to 3, n = 2000          0.8    -0.7617        -0.7614    annealing
Gaussian, n = 2000         1      -0.7583        -0.7581    annealing
Gaussian, n = 2000         1      -0.7583*       -0.7578    annealing
Gaussian, n = 2000         1      -0.7575        -0.7570    annealing
Gaussian, n = 4000         3      -0.7606*       -0.7609    annealing
=========================  =====  =============  =========  ================

So couplings of two values, one bit each, are for bits from n = 2000 on, where the processor counts bits in vectors;
annealing is the generator for the rest.  Couplings of more values are run by events, for three bit planes cost as much
as they save; on Gaussian ones that ends level or a little ahead, but its first good answer comes later.  One run by
itself: n = 2000, 3000 steps, -0.7591 in 13 ms (3000 sweeps: -0.7589 in 36 ms); n = 4000, 3000 steps, -0.7576 in 70 ms
(3000 sweeps: -0.7576 in 157 ms); n = 10,000, 2000 steps, -0.7589 in 549 ms, or four together in 273 ms each (1200
sweeps: -0.7566 in 430 ms).

Source: the motion is that of Goto et al., Sci. Adv. 7, eabe7953 (2021); the child is this project's own.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from .dense_annealing import DenseAnnealing, cooling, sweeps_per_slice
from .discrete_motion import DiscreteMotion
from .fixed_point import Configuration, FixedPoint
from .memetic_dense import Member, Passes

__all__ = ["BifurcationBreeder"]

_FRESH_PUMP, _FRESH_STEPS = (-2.0, 0.0), 2000
_AGAIN_PUMP, _AGAIN_STEPS = (-1.2, 0.0), 1000  # of what begins near members
_FREE = 0.6  # of all spins move when a child is made
_SWEEPS = 30
_HOT, _COLD = 0.12, 0.06
_POSITIONS, _MOMENTA = 0.3, 0.02
_SLICE_NANOSECONDS = 2e7
_SPINS_TOGETHER, _MOST_TOGETHER = 2000, 8  # runs that share what is read of the couplings: one for so many spins


class BifurcationBreeder:
    """Members by discrete simulated bifurcation; a :class:`cim.solvers.memetic_dense.Breeder`.

    Parameters
    ----------
    couplings : FixedPoint
        For the finish.
    motion : DiscreteMotion
        Of the same model.
    passes : Passes
    rng : numpy.random.Generator
    """

    def __init__(self, couplings: FixedPoint, motion: DiscreteMotion, passes: Passes, rng: np.random.Generator) -> None:
        self._couplings, self._motion, self._passes = couplings, motion, passes
        self._annealing = DenseAnnealing(couplings)
        self._configuration = Configuration(couplings)
        self._configuration.place(2 * rng.integers(0, 2, couplings.num_spins, dtype=np.int8) - 1)
        self._waiting: list[np.ndarray] = []
        self._begun = False
        # in units of J0, but as the couplings without their uniform part demand, which no single flip feels
        norm = motion.spread * motion.unit / couplings.coupling_scale
        self._cold = cooling(_HOT * norm, _COLD * norm, _SWEEPS)
        self._compile()

    def _compile(self) -> None:
        """Call what a child needs and a fresh run does not, on next to nothing: it compiles or loads from the cache."""
        spins = self._configuration.copied_spins()
        motion = self._motion.restricted(spins, np.arange(2))
        motion.advance(motion.state(np.ones((1, 2)), np.zeros((1, 2))), np.zeros(0, dtype=np.float32), 0.1)
        self._annealing.anneal(self._configuration, self._cold[:0], np.random.default_rng(0), descend=False)

    def fresh(self, rng: np.random.Generator) -> Generator[None, None, Member]:
        """A run from random positions; the first by itself, later ones several at a time where couplings are many."""
        n = self._couplings.num_spins
        if not self._waiting:
            together = int(np.clip(n // _SPINS_TOGETHER, 1, _MOST_TOGETHER)) if self._begun else 1
            self._begun = True
            x = _symmetric(rng, (together, n), _POSITIONS)
            self._waiting = yield from self._run(self._motion, x, _ramp(_FRESH_PUMP, _FRESH_STEPS), rng)
        return (yield from self._finished(self._waiting.pop(), rng))

    def child(self, a: Member, b: Member, rng: np.random.Generator) -> Generator[None, None, Member]:
        """A run of the spins on which two members differ and of those that are held most weakly."""
        spins = a.spins.copy()
        different = a.spins != b.spins
        free = self._free_spins(spins, different)
        motion = self._motion if len(free) == len(spins) else self._motion.restricted(spins, free)
        x = np.where(different, _symmetric(rng, spins.shape, _POSITIONS), spins)[free]
        (spins[free],) = yield from self._run(motion, x[None, :], _ramp(_AGAIN_PUMP, _AGAIN_STEPS), rng, spins, free)
        return (yield from self._finished(spins, rng))

    def _free_spins(self, spins: np.ndarray, different: np.ndarray) -> np.ndarray:
        """The spins that differ and, up to 60 % of all, those that the least field keeps in place; int64."""
        hold = spins * self._motion.local_fields(spins)
        hold[different] = -np.inf
        count = max(int(np.count_nonzero(different)), int(np.ceil(_FREE * len(spins))))
        return np.sort(np.argpartition(hold, count - 1)[:count])

    def revived(self, spins: np.ndarray, rng: np.random.Generator) -> Generator[None, None, Member]:
        """A run from positions of given signs, with the later part of the ramp."""
        x = spins * (1.0 - 0.9 * rng.random((1, len(spins)), dtype=np.float32))
        (ended,) = yield from self._run(self._motion, x, _ramp(_AGAIN_PUMP, _AGAIN_STEPS), rng)
        return (yield from self._finished(ended, rng))

    def current(self) -> Member:
        """Where the work stands."""
        return Member(self._configuration.copied_spins(), self._configuration.energy)

    def _run(
        self,
        motion: DiscreteMotion,
        x: np.ndarray,
        pump: np.ndarray,
        rng: np.random.Generator,
        spins: np.ndarray | None = None,
        free: np.ndarray | slice = slice(None),
    ) -> Generator[None, None, list[np.ndarray]]:
        """Signs in which runs from positions (replicas, k) end: of all spins, or of those ``free`` among ``spins``."""
        replicas = len(x)
        state = motion.state(x, _symmetric(rng, x.shape, _MOMENTA))
        longest = int(np.clip(_SLICE_NANOSECONDS / (motion.nanoseconds * x.size), 1, len(pump)))
        done = 0
        while done < len(pump):
            wanted = min(longest, len(pump) - done)
            granted = self._passes.grant(wanted * replicas)
            motion.advance(state, pump[done : done + granted // replicas], motion.default_dt)
            if granted < wanted * replicas:  # the search ends here: this is where the work stands
                whole = np.ones(self._couplings.num_spins, dtype=np.int8) if spins is None else spins.copy()
                whole[free] = state.spins()[0]
                self._configuration.place(whole)
            done += wanted
            yield
        return list(state.spins())

    def _finished(self, spins: np.ndarray, rng: np.random.Generator) -> Generator[None, None, Member]:
        """A cold anneal of some spins, and a descent."""
        self._configuration.place(spins)
        done, longest = 0, sweeps_per_slice(len(spins))
        while done < len(self._cold):
            granted = self._passes.grant(min(longest, len(self._cold) - done))
            last = done + granted == len(self._cold)
            self._annealing.anneal(self._configuration, self._cold[done : done + granted], rng, descend=last)
            done += granted
            yield
        return self.current()


def _ramp(pump: tuple[float, float], steps: int) -> np.ndarray:
    """The pump at each step, float32."""
    return np.linspace(*pump, steps).astype(np.float32)


def _symmetric(rng: np.random.Generator, shape: tuple[int, ...], width: float) -> np.ndarray:
    """Uniform numbers within ±width, float32."""
    return np.float32(width) * (2.0 * rng.random(shape, dtype=np.float32) - 1.0)
