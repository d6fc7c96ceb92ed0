r"""Metropolis annealing on packed lanes: a word of 64 bits decides eight proposals, or four, or two.

A sweep adds to each word of lanes (see :mod:`.lanes`) a word of thresholds :math:`1 + \lfloor T e/2u \rfloor`, e
standard exponential variates: the highest bit of a lane is then set exactly where Metropolis accepts,
:math:`P(e \ge \Delta E/T) = \min(1, e^{-\Delta E/T})`.  The bits are gone through from the lowest, and the word is
decided anew after every flip, so that the sweep is the sequential one, spin after spin.  A flip costs the spin's
neighbours, a rejection an eighth of an addition.

The variates come from a pool of which a part is drawn anew at each temperature, and which is read from a random place
for every 128 words.  That reuse is the only departure from independent proposals: right for optimisation.

Source of the rule: Metropolis et al., J. Chem. Phys. 21, 1087 (1953); annealing: Kirkpatrick, Gelatt, Vecchi, Science
220, 671 (1983).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.cpython.unsafe import numbers

from landscapes.jit import inlined, kernel
from landscapes.random import exponential, random_below, random_state

from .lanes import LaneCouplings

__all__ = ["LaneAnnealer", "Ramp"]

trailing_zeros: Any = numbers.trailing_zeros

_POOL = 8192  # lanes of thresholds
_TEMPERATURES = 100  # of a ramp, at most; more where a single one would outlast a slice
_STAGE = 1_000_000  # proposals at one temperature, at most, where sweeps are longer than that one
_SLICE = 4_000_000  # proposals of a slice at degree 0


class Ramp:
    """A fall of the temperature on its way: linear, in stages, each a whole number of sweeps.

    Parameters
    ----------
    hot, cold : float
        First and last temperature, in units.
    sweeps : int
    num_spins : int
        Decides how many temperatures there are: drawing variates anew for each must stay a small part of the work.
    """

    def __init__(self, hot: float, cold: float, sweeps: int, num_spins: int) -> None:
        work = sweeps * num_spins
        stages = max(min(_TEMPERATURES, work // 4096), work // _STAGE, 2)
        stages = min(stages, max(sweeps, 1))
        self.temperatures = np.linspace(hot, cold, stages).astype(np.float32)
        self.counts = np.diff(np.arange(stages + 1, dtype=np.int64) * sweeps // stages)
        self.done = 0

    @property
    def ended(self) -> bool:
        """Whether the last stage is over."""
        return self.done == len(self.counts)


class LaneAnnealer:
    """One configuration with its lanes, and what is needed to anneal it.

    Parameters
    ----------
    couplings : LaneCouplings
    rng : numpy.random.Generator

    Attributes
    ----------
    spins : numpy.ndarray
        Current configuration, int8, shape (n,).
    energy : int
        Its energy in units.
    sweeps, flips : int
        Done so far.
    """

    def __init__(self, couplings: LaneCouplings, rng: np.random.Generator) -> None:
        self.couplings = couplings
        self.spins = np.ones(couplings.num_spins, dtype=np.int8)
        self.lanes = np.zeros(couplings.padded, dtype=couplings.lane_type)
        self.energy = 0
        self.sweeps = 0
        self.flips = 0
        self.state = random_state(rng)
        self._width = couplings.bits.bit_length() - 1
        pool = min(_POOL, 2048 * max(1, -(-couplings.num_spins // 1024)))
        self._pool = rng.standard_exponential(pool, dtype=np.float32)
        self._thresholds = np.empty(pool, dtype=couplings.lane_type)
        # beyond a row's sum every proposal is accepted; a float32 must not pass the lane's limit
        self._ceiling = np.float32((1 << (couplings.bits - 2)) - (65 if couplings.bits == 32 else 1))
        # a slice counts a flip's work as well
        self.slice_sweeps = max(1, int(_SLICE / (1.0 + couplings.mean_degree / 12.0) / couplings.num_spins))

    def load(self, spins: np.ndarray) -> None:
        """Make ``spins`` the current configuration, int8, shape (n,)."""
        self.spins[:] = spins
        c = self.couplings
        self.energy = int(_fill_lanes(c.starts, c.columns, c.weights, c.fields, self.spins, self.lanes))

    def anneal(self, ramp: Ramp, sweeps: int | None = None) -> bool:
        """Go on along a ramp for about so many sweeps, at least one stage; quench at its end, which True reports."""
        first, last = ramp.done, len(ramp.counts)
        if sweeps is not None:
            running = np.cumsum(ramp.counts[first:])
            last = first + max(1, int(np.searchsorted(running, sweeps, side="right")))
            last = min(last, len(ramp.counts))
        self._run(ramp.temperatures[first:last], ramp.counts[first:last], last == len(ramp.counts))
        ramp.done = last
        return ramp.ended

    def quench(self) -> None:
        """Flip what lowers the energy until nothing does."""
        self._run(np.empty(0, dtype=np.float32), np.empty(0, dtype=np.int64), True)

    def _run(self, temperatures: np.ndarray, counts: np.ndarray, quench: bool) -> None:
        c = self.couplings
        energy, flips = _anneal(
            c.starts,
            c.columns,
            c.weights,
            self.spins,
            self.lanes,
            self._pool,
            self._thresholds,
            self._ceiling,
            temperatures,
            counts,
            quench,
            self._width,
            self.state,
            self.energy,
        )
        self.energy = int(energy)
        self.sweeps += int(counts.sum())
        self.flips += int(flips)


@kernel
def _fill_lanes(
    starts: np.ndarray,
    columns: np.ndarray,
    weights: np.ndarray,
    fields: np.ndarray,
    spins: np.ndarray,
    lanes: np.ndarray,
) -> np.int64:
    """Lanes of a configuration; returns its energy."""
    n = starts.shape[0] - 1
    centre = (np.int64(1) << (np.int64(lanes.itemsize) * 8 - 1)) - 1
    doubled = np.int64(0)  # twice the energy
    for i in range(n):
        total = np.int64(0)
        for p in range(starts[i], starts[i + 1]):
            total += np.int64(weights[p]) * np.int64(spins[columns[p]])
        s = np.int64(spins[i])
        h = np.int64(fields[i])
        gain = s * ((total >> 1) + h)
        lanes[i] = centre - gain
        doubled -= gain + s * h
    return doubled >> 1


@inlined
def _flip(
    starts: np.ndarray,
    columns: np.ndarray,
    weights: np.ndarray,
    spins: np.ndarray,
    lanes: np.ndarray,
    centre: np.int64,
    i: np.int64 | int,
) -> np.int64:
    """Flip spin i; returns the change of the energy."""
    s = np.int32(spins[i])
    excess = np.int64(lanes[i]) - centre
    lanes[i] = centre - excess
    spins[i] = -s
    for p in range(starts[i], starts[i + 1]):
        j = columns[p]
        lanes[j] = np.int64(lanes[j]) + np.int64(np.int32(weights[p]) * (s * np.int32(spins[j])))
    return -2 * excess


@kernel
def _anneal(
    starts: np.ndarray,
    columns: np.ndarray,
    weights: np.ndarray,
    spins: np.ndarray,
    lanes: np.ndarray,
    pool: np.ndarray,
    thresholds: np.ndarray,
    ceiling: np.float32,
    temperatures: np.ndarray,
    counts: np.ndarray,
    quench: bool,
    width: int,
    state: np.ndarray,
    energy: int,
) -> tuple[np.int64, np.int64]:
    """Sweeps, counts[k] of them at temperatures[k] (in units), then a quench; returns the energy and the flips.

    width is the logarithm of a lane's bits; pool holds exponential variates, of which a quarter is drawn anew at each
    temperature; thresholds is space for as many lanes.
    """
    centre = (np.int64(1) << ((np.int64(1) << width) - 1)) - 1
    lanes_per_word = 6 - width  # its logarithm
    highest = np.uint64(0)  # bit of every lane; a padding lane is 0, and no threshold sets its
    for lane in range(1 << lanes_per_word):
        highest |= np.uint64(1) << np.uint64(((lane + 1) << width) - 1)
    words = lanes.view(np.uint64)
    added = thresholds.view(np.uint64)
    num_words = words.shape[0]
    places = added.shape[0] - min(128, num_words) + 1
    renewed = pool.shape[0] // 4
    total = np.int64(energy)
    flips = np.int64(0)
    for k in range(temperatures.shape[0]):
        start = random_below(state, 4) * renewed
        for z in range(start, start + renewed):
            pool[z] = exponential(state)
        half = np.float32(0.5) * temperatures[k]
        for z in range(pool.shape[0]):
            thresholds[z] = np.int32(min(half * pool[z], ceiling)) + 1
        for _ in range(counts[k]):
            for first in range(0, num_words, 128):
                place = random_below(state, places) - first
                for q in range(first, min(first + 128, num_words)):
                    t = added[place + q]
                    accepted = (words[q] + t) & highest
                    while accepted != np.uint64(0):
                        bit = np.int64(trailing_zeros(accepted))
                        total += _flip(
                            starts,
                            columns,
                            weights,
                            spins,
                            lanes,
                            centre,
                            (np.int64(q) << lanes_per_word) + (bit >> width),
                        )
                        flips += 1
                        # the bits above, after the flip
                        above = ~((np.uint64(2) << np.uint64(bit)) - np.uint64(1))
                        accepted = (words[q] + t) & highest & above
    changed = quench
    while changed:
        changed = False
        for i in range(spins.shape[0]):
            if np.int64(lanes[i]) > centre:
                total += _flip(starts, columns, weights, spins, lanes, centre, i)
                flips += 1
                changed = True
    return total, flips
