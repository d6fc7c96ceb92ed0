"""Replicas at work: ladders of chains that are sampled in slices, in threads, until the plan is done or stopped."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from .couplings import SpinCouplings
from .ladders import LASTING, build_ladders, temper_dense, temper_sparse
from .measurements import Records
from .parallel import run_jobs
from .progress import ProgressBar
from .run_files import Stage

__all__ = ["Plan", "Replicas", "empty_records", "run_all"]

_SLICE = 4_000_000  # proposals of a group between looks at the clock and at Ctrl-C: some tens of milliseconds
_SECONDS_BETWEEN = 20.0  # writings of a group's state to its folder


@dataclass(frozen=True)
class Plan:
    """What is to be sampled and measured; attributes as the arguments of :func:`landscapes.parallel_tempering`."""

    couplings: SpinCouplings
    temperatures: np.ndarray
    sweeps: int
    burn_in: int
    interval: int
    heat_bath: bool
    cluster_moves: bool
    observables: Sequence[str]

    def compile(self) -> None:
        """Call the kernels on real arrays for no sweep at all."""
        nothing = Replicas(self, 2, None, np.random.default_rng(0), measured=0)
        nothing.sample(0, 0, 0)


def empty_records(
    ladders: int, temperatures: int, n: int, energy_type: Any, moments: int = 0, names: Sequence[str] = ()
) -> Records:
    """Arrays for so many measurements of what is named, of no length for everything else."""
    pairs = ladders // 2

    def empty(name: str, shape: tuple[int, ...], number: Any) -> np.ndarray:
        return np.zeros((moments if name in names else 0, *shape), dtype=number)

    return Records(
        energy=empty("energy", (ladders, temperatures), energy_type),
        magnetization=empty("magnetization", (ladders, temperatures), np.int32),
        overlap=empty("overlap", (pairs, temperatures), np.int32),
        link_overlap=empty("link_overlap", (pairs, temperatures), np.int64),
        spins=empty("spins", (ladders, temperatures, n), np.int8),
    )


class Replicas:
    """One replica, or a pair of them: ladders that are sampled together, and what is measured on them.

    Parameters
    ----------
    plan : Plan
    replicas : int
        1 or 2.
    initial : numpy.ndarray, int8, shape (replicas, T, n), optional
    rng : numpy.random.Generator
    measured : int, optional
        Measurements to make room for; the plan's by default.
    """

    def __init__(
        self,
        plan: Plan,
        replicas: int,
        initial: np.ndarray | None,
        rng: np.random.Generator,
        measured: int | None = None,
    ) -> None:
        n, count = plan.couplings.num_spins, len(plan.temperatures)
        start = 2 * rng.integers(0, 2, (replicas, count, n), dtype=np.int8) - 1 if initial is None else initial
        self.plan = plan
        self.replicas = replicas
        self.ladders = build_ladders(plan.couplings, plan.temperatures, start, rng)
        moments = plan.sweeps // plan.interval if measured is None else measured
        energy_type = self.ladders.energies.dtype
        self.records = empty_records(replicas, count, n, energy_type, moments, ("energy", *plan.observables))
        self.total = plan.burn_in + plan.sweeps
        self.swept = 0
        self.measured = 0
        self._stage: Stage | None = None

    def resume(self, stage: Stage) -> None:
        """Go on from where a stage of the same plan stands, and keep it up to date from now on."""
        self._stage = stage
        swept = np.zeros(1, dtype=np.int64)
        self.measured = stage.load({**self._state(), "swept": swept}, self.records._asdict())
        self.swept = int(swept[0])

    def _state(self) -> dict[str, np.ndarray]:
        return {name: getattr(self.ladders, name) for name in LASTING}

    def _keep(self) -> None:
        if self._stage is not None:
            self._stage.save({**self._state(), "swept": np.array([self.swept])}, self.records._asdict(), self.measured)

    def slices(self) -> Generator[None, None, None]:
        """Sample to the end of the plan, with a pause after each slice; what was sampled is kept when it is closed."""
        plan = self.plan
        kept, written = self.swept, time.monotonic()
        at_once = max(1, _SLICE // (plan.couplings.num_spins * len(self.ladders.energies)))
        in_step = max(1, at_once // plan.interval) * plan.interval
        try:
            while self.swept < self.total:
                if self.swept < plan.burn_in:
                    sweeps = min(at_once, plan.burn_in - self.swept)
                    self.sample(sweeps, 0, 0)
                else:
                    sweeps = min(in_step, self.total - self.swept)
                    self.sample(sweeps, self.measured, plan.interval)
                    self.measured += sweeps // plan.interval
                self.swept += sweeps
                if self._stage is not None and time.monotonic() - written > _SECONDS_BETWEEN:
                    self._keep()
                    kept, written = self.swept, time.monotonic()
                yield
        except GeneratorExit:  # told to stop
            pass
        if self.swept != kept:
            self._keep()

    def sample(self, sweeps: int, first: int, interval: int) -> None:
        """Sweeps with a measurement after each ``interval``, written from index ``first`` on; none for 0."""
        plan = self.plan
        arguments = self.ladders, sweeps, plan.heat_bath
        where = self.records, first, interval
        if plan.couplings.is_dense:
            temper_dense(*plan.couplings.doubled, *arguments, *where)
        else:
            clusters = len(plan.temperatures) if plan.cluster_moves else 0
            temper_sparse(*plan.couplings.doubled, *arguments, clusters, *where)

    def spins(self) -> np.ndarray:
        """Present configurations, int8, shape (replicas, T, n)."""
        return self.ladders.spins[self.ladders.chain_at, : self.plan.couplings.num_spins]

    def round_trips(self) -> np.ndarray:
        """Round trips of all chains of each replica."""
        return self.ladders.round_trips.reshape(self.replicas, -1).sum(axis=1)


def _in_turns(groups: Sequence[Replicas], stop: threading.Event) -> None:
    """Sample groups a slice each in turn: where they outnumber the threads, a run that is cut short has some of all."""
    waiting = deque(group.slices() for group in groups)
    try:
        while waiting and not stop.is_set():
            slices = waiting.popleft()
            if next(slices, stop) is not stop:  # what a generator that has ended is given to return
                waiting.append(slices)
    finally:
        for slices in waiting:
            slices.close()


def run_all(groups: Sequence[Replicas], threads: int, progress: bool, callback: Callable[[float], Any] | None) -> bool:
    """Run groups of replicas in threads; whether Ctrl-C or the callback ended it before its time."""
    total = sum(group.total for group in groups)
    bar = ProgressBar(progress, "sampling")
    stopped = False

    def poll(stop: threading.Event) -> None:
        nonlocal stopped
        fraction = sum(group.swept for group in groups) / total
        bar.show(fraction)
        if callback is not None and not stop.is_set() and callback(fraction):
            stopped = True
            stop.set()

    with bar:
        jobs = [partial(_in_turns, groups[k::threads]) for k in range(min(threads, len(groups)))]
        _, interrupted = run_jobs(jobs, threads, poll)
    if not all(group.measured for group in groups):
        raise KeyboardInterrupt  # before each had measured anything: there is no result
    return (interrupted or stopped) and any(group.swept < group.total for group in groups)
