r"""Kinetic Monte Carlo of the atoms in a cavity: every flip of every atom, at the rates of the cavity.

Site i holds an ensemble of M atoms, S = M/2, of magnetisation :math:`m_i \in \{-S, \dots, S\}`.  **Normalisation**:
with :math:`s_i = m_i/S` the energy of the machine is M times that of the model,

.. math:: E_M(m) = u M \Bigl[ -\tfrac12 \sum_{i \ne j} J_{ij} s_i s_j - \sum_i A_{ii} s_i^2
                   - \sum_i h_i s_i \Bigr],

where u, ``energy_scale``, is the model's unit of energy in those of the rate's detuning, and the self-couplings
:math:`A_{ii}`, those of a sum over ordered pairs, are an argument of their own.
A single atom that turns, :math:`m_i \to m_i \pm 1`, then costs

.. math:: \delta E = u \Bigl[ \mp 2 \bigl(\textstyle\sum_j J_{ij} s_j + 2 A_{ii} s_i + h_i\bigr)
                     - \tfrac{4}{M} A_{ii} \Bigr],

as much for M = 1000 as for M = 1, where it is u times the Ising model's own :math:`2 s_i f_i` and the self-couplings
drop out.  Hence the couplings of single atoms fall as 1/M.  Atoms of given couplings g have u = 1/M with the J and A
of :func:`cim.cavity.multimode_couplings` for spins of length M/2.  The rates are
:math:`K(\delta E)[S(S+1) - m_i(m_i \pm 1)]` (:mod:`cim.cavity.flip_rate`), and events are drawn by Gillespie's direct
method (J. Phys. Chem. 81, 2340 (1977)): waiting times are continuous, so that no two events fall together.

An ensemble has *flipped* when its magnetisation has gone through zero: when :math:`m_i` has, for the first time, the
sign opposite to the one that it began with (for even M, :math:`m_i = 0` is not yet a flip).

K is tabulated on an even grid over all energies that a flip can cost, and interpolated by cubics through four points;
the grid is refined until K halfway between its points is right to ``tolerance`` of its own value, or of 1e-6 of its
largest.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np

from ising_problems import IsingModel
from landscapes.jit import compilation_time, kernel
from landscapes.parallel import run_jobs
from landscapes.progress import ProgressBar
from landscapes.random import next_bits, random_state

from .flip_rate import FlipRate

__all__ = ["CollectiveRun", "RateTable", "collective_flips", "rate_table"]

_FEWEST_POINTS, _MOST_POINTS = 129, 2**18 + 1
_STEPS_IN_A_CALL, _LEAST_IN_A_CALL = 2**22, 1000  # events times ensembles, and events
_MOST_IN_A_JOB = 8  # replicas; fewer where there are few, so that threads have something to share
_FLOOR = 1e-6  # of the largest rate: smaller ones need not be exact relative to themselves


@dataclass(frozen=True)
class RateTable:
    """K at even distances: ``values`` (tables, points) at ``low + k * step``; one table, or one for each ensemble."""

    low: float
    step: float
    values: np.ndarray
    error: float  # the largest found between the points, relative to K or the floor


@dataclass(frozen=True)
class CollectiveRun:
    """What kinetic Monte Carlo gives; arrays of (replicas, n) or (replicas,)."""

    magnetisations: np.ndarray
    first_flips: np.ndarray  # times, infinite where there was none
    times: np.ndarray
    events: np.ndarray
    status: np.ndarray  # index into STATUS
    interrupted: bool


STATUS = ("settled", "flips reached", "time reached", "events reached", "interrupted")


def rate_table(rate: FlipRate, largest: float, tolerance: float = 1e-4) -> RateTable:
    """K for energies between -largest and largest.

    Parameters
    ----------
    rate : FlipRate
    largest : float
    tolerance : float, default 1e-4
        Relative error of the interpolation.

    Raises
    ------
    ValueError
        If a quarter of a million points do not suffice.
    """
    tables = 1 if rate.num_ensembles is None else rate.num_ensembles

    def of(energies: np.ndarray) -> np.ndarray:
        if rate.num_ensembles is None:
            return np.atleast_2d(rate(energies))
        return np.ascontiguousarray(rate(np.repeat(energies[:, None], tables, axis=1)).T)

    too_fast = ValueError(
        f"rate: K changes too fast for a table of {_MOST_POINTS:,} points up to |δE| = {largest:g}; "
        "give it some noise, or the energies a smaller energy_scale"
    )
    narrowest = float(np.hypot(rate.dephasing, rate.noise).min())  # of its peaks
    if rate.ohmic is None and narrowest * _MOST_POINTS < 8 * largest:
        raise too_fast
    points = _FEWEST_POINTS
    # one cell more than is asked for on either side, for the cubics
    end = max(largest, 1e-9) * (points - 1) / (points - 3)
    grid = np.linspace(-end, end, points)
    values = of(grid)
    while True:
        between = of(0.5 * (grid[1:] + grid[:-1]))
        cubic = (9 * (values[:, 1:-2] + values[:, 2:-1]) - values[:, :-3] - values[:, 3:]) / 16
        scale = np.maximum(between[:, 1:-1], _FLOOR * values.max(axis=1, keepdims=True))
        error = float(np.max(np.abs(cubic - between[:, 1:-1]) / scale))
        points = 2 * points - 1
        merged = np.empty((tables, points))
        merged[:, ::2], merged[:, 1::2] = values, between
        grid, values = np.linspace(-end, end, points), merged
        if error <= tolerance:  # of the coarser of the two grids
            return RateTable(-end, float(grid[1] - grid[0]), values, error)
        if points >= _MOST_POINTS:
            raise too_fast


def _kept_table(rate: FlipRate, largest: float, tolerance: float) -> RateTable:
    """A table that reaches that far or a little farther, made once for each rate."""
    reach = 2.0 ** (np.ceil(2 * np.log2(max(largest, 1e-9))) / 2)
    known = rate.tables
    if (reach, tolerance) not in known:
        known[reach, tolerance] = rate_table(rate, reach, tolerance)
    return known[reach, tolerance]


def collective_flips(
    model: IsingModel,
    rate: FlipRate,
    starts: np.ndarray,
    atoms: int,
    *,
    energy_scale: float = 1.0,
    self_couplings: np.ndarray | float = 0.0,
    max_flips: int | None = None,
    settle: bool = True,
    max_time: float = np.inf,
    max_events: int = 10**9,
    tolerance: float = 1e-4,
    rng: np.random.Generator,
    threads: int = 1,
    progress: bool = False,
) -> CollectiveRun:
    """Kinetic Monte Carlo of a batch of magnetisations (replicas, n), until they have settled or a bound is reached.

    A run has settled when the mean energy over a window of 2 n M events, and of at least 200 n, is no lower than that
    over the window before; with ``settle`` it then ends.  ``max_flips`` ends it once so many ensembles have flipped,
    each counted once.
    """
    m = np.array(starts, dtype=np.int64, order="C")
    replicas, n = m.shape
    J = model.J.toarray() if model.is_sparse else model.J
    matrix = np.array(J, dtype=np.float64, order="C")
    own = np.broadcast_to(np.asarray(self_couplings, dtype=np.float64), (n,))
    matrix[np.diag_indices(n)] = 2 * own  # as in a sum in which each pair counts once
    fields = model.h.astype(np.float64)
    largest = 2 * np.abs(matrix).sum(axis=1) + 2 * np.abs(fields) + 4 * np.abs(own) / atoms
    table = _kept_table(rate, abs(energy_scale) * float(largest.max(initial=0.0)), tolerance)
    first_flips = np.full((replicas, n), np.inf)
    times, events = np.zeros(replicas), np.zeros(replicas, dtype=np.int64)
    status = np.full(replicas, STATUS.index("interrupted"), dtype=np.int64)
    begun = np.sign(2 * m - atoms)
    states = random_state(rng, replicas)
    window = max(2 * n * atoms, 200 * n)
    limits = (n + 1 if max_flips is None else min(max_flips, n + 1), settle, max_time, window)
    # one call of the kernel: so long that calling costs nothing, so short that Ctrl-C is heard
    portion = max(_LEAST_IN_A_CALL, _STEPS_IN_A_CALL // max(n, 1))

    def run(r: int, stop: threading.Event) -> None:
        carried = np.array([0.0, 0.0, np.inf, 0.0, 0.0])
        while not stop.is_set():
            count = min(portion, max_events - int(events[r]))
            ended, done = _events(
                matrix, fields, energy_scale, atoms, table.low, table.step, table.values,
                *limits, count, states[r], m[r], begun[r], first_flips[r], carried,
            )  # fmt: skip
            times[r] = carried[0]
            events[r] += done
            if ended >= 0 or events[r] == max_events:
                status[r] = ended if ended >= 0 else STATUS.index("events reached")
                return

    together = int(np.clip(replicas // 64, 1, _MOST_IN_A_JOB))

    def job(first: int) -> Any:
        def work(stop: threading.Event) -> None:
            for r in range(first, min(first + together, replicas)):
                run(r, stop)

        return work

    bar = ProgressBar(progress, "kinetic Monte Carlo")

    def poll(stop: threading.Event) -> None:
        ended = float(np.mean(status != STATUS.index("interrupted"))) if replicas else 1.0
        bar.show(ended, f"{int(events.sum()):,} events")

    with compilation_time(), bar:
        _, interrupted = run_jobs([job(r) for r in range(0, replicas, together)], threads, poll) if n else ([], False)
    return CollectiveRun(m, first_flips, times, events, status, interrupted)


@kernel
def _events(
    matrix: np.ndarray,
    external: np.ndarray,
    scale: float,
    atoms: int,
    low: float,
    step: float,
    table: np.ndarray,
    max_flips: int,
    settle: bool,
    max_time: float,
    window: int,
    most: int,
    state: np.ndarray,
    m: np.ndarray,
    begun: np.ndarray,
    first: np.ndarray,
    carried: np.ndarray,
) -> tuple[int, int]:
    """Some events of one replica: why it ended, or -1, and how many.

    ``carried`` goes from call to call: time, ensembles flipped, mean energy of the last window, sum and number of
    energies in this one.
    """
    n = len(m)
    spin = 0.5 * atoms
    total_spin = spin * (spin + 1.0)
    fields, rates, own = np.empty(n), np.empty((n, 2)), np.empty(n)
    doubled = np.empty(n, dtype=np.int64)  # 2 m, a whole number for odd M as well
    shared = len(table) == 1
    energy = 0.0
    for i in range(n):
        doubled[i] = 2 * m[i] - atoms
        own[i] = 2.0 * matrix[i, i] / atoms
    for i in range(n):
        fields[i] = external[i]
        for j in range(n):
            fields[i] += matrix[i, j] * doubled[j] / atoms
    for i in range(n):
        energy -= 0.5 * (fields[i] + external[i]) * doubled[i] * scale
    ended, count = -1, 0
    while count < most:
        total = 0.0
        for i in range(n):
            row = 0 if shared else i
            magnetisation = 0.5 * doubled[i]
            for k in range(2):
                way = 2.0 * k - 1.0
                rate = 0.0
                weight = total_spin - magnetisation * (magnetisation + way)
                if weight > 0.0:
                    place = (scale * (-2.0 * way * fields[i] - own[i]) - low) / step
                    cell = min(max(np.int64(place), 1), table.shape[1] - 3)
                    x = place - cell
                    y0, y1, y2, y3 = table[row, cell - 1], table[row, cell], table[row, cell + 1], table[row, cell + 2]
                    a, b, c = x + 1.0, x - 1.0, x - 2.0
                    rate = (x * b * (a * y3 - c * y0) / 3.0 + c * a * (b * y1 - x * y2)) * 0.5
                    rate = weight * max(rate, 0.0)
                rates[i, k] = rate
                total += rate
        if not total > 0.0:
            ended = 0
            break
        random = (np.float64(next_bits(state) >> np.uint64(11)) + 0.5) * 2.0**-53
        carried[0] -= np.log(random) / total
        if carried[0] > max_time:
            carried[0] = max_time
            ended = 2
            break
        threshold = (np.float64(next_bits(state) >> np.uint64(11)) + 0.5) * 2.0**-53 * total
        at, way = -1, 0
        passed = 0.0
        for i in range(n):
            for k in range(2):
                if rates[i, k] > 0.0 and passed <= threshold:  # the last one, should rounding leave none
                    at, way = i, 2 * k - 1
                passed += rates[i, k]
            if passed > threshold:
                break
        energy += scale * (-2.0 * way * fields[at] - own[at])
        doubled[at] += 2 * way
        for j in range(n):
            fields[j] += matrix[at, j] * 2.0 * way / atoms
        if first[at] == np.inf and doubled[at] * begun[at] < 0:
            first[at] = carried[0]
            carried[1] += 1.0
            if carried[1] >= max_flips:
                ended = 1
        count += 1
        if settle:
            carried[3] += energy
            carried[4] += 1.0
            if carried[4] >= window:
                mean = carried[3] / carried[4]
                if mean >= carried[2]:
                    ended = 0
                carried[2], carried[3], carried[4] = mean, 0.0, 0.0
        if ended >= 0:
            break
    for i in range(n):
        m[i] = (doubled[i] + atoms) // 2
    return ended, count
