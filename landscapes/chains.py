"""Replicas at work: ladders of chains that are sampled in slices, in threads, until the plan is done or stopped."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from .couplings import SpinCouplings
from .ladders import build_ladders, temper_dense, temper_sparse
from .measurements import Records

__all__ = ["Plan", "Replicas", "empty_records", "run_all"]

_SLICE = 4_000_000  # proposals of a group between looks at the clock and at Ctrl-C: some tens of milliseconds
_POLL_SECONDS = 0.05


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
        self.swept = 0
        self.measured = 0

    def run(self, stop: threading.Event) -> None:
        """Sample to the end of the plan, or until told to stop."""
        plan = self.plan
        at_once = max(1, _SLICE // (plan.couplings.num_spins * len(self.ladders.energies)))
        in_step = max(1, at_once // plan.interval) * plan.interval
        while self.swept < plan.burn_in + plan.sweeps and not stop.is_set():
            if self.swept < plan.burn_in:
                sweeps = min(at_once, plan.burn_in - self.swept)
                self.sample(sweeps, 0, 0)
            else:
                sweeps = min(in_step, plan.burn_in + plan.sweeps - self.swept)
                self.sample(sweeps, self.measured, plan.interval)
                self.measured += sweeps // plan.interval
            self.swept += sweeps

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


def run_all(
    groups: Sequence[Replicas], threads: int | None, progress: bool, callback: Callable[[float], Any] | None
) -> bool:
    """Run groups of replicas in threads; whether Ctrl-C or the callback ended it before its time.

    The groups run in other threads even when there is only one, so that Ctrl-C, which Python delivers to the main
    thread, never tears a measurement apart.
    """
    stop = threading.Event()
    total = sum(group.plan.burn_in + group.plan.sweeps for group in groups)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with _bar(progress) as bar, ThreadPoolExecutor(cores if threads is None else threads) as pool:
        futures = [pool.submit(group.run, stop) for group in groups]
        pending = set(futures)
        shown = time.monotonic()
        try:
            while pending:
                try:
                    pending = wait(pending, timeout=_POLL_SECONDS).not_done
                    if any(future.done() and future.exception() for future in futures):
                        stop.set()
                    elif time.monotonic() >= shown + _POLL_SECONDS and not stop.is_set():
                        shown = time.monotonic()
                        fraction = sum(group.swept for group in groups) / total
                        if bar is not None:
                            bar.update(fraction - bar.n)
                        if callback is not None and callback(fraction):
                            stop.set()
                except KeyboardInterrupt:
                    stop.set()
        except BaseException:
            stop.set()  # the callback failed: let the groups end before the pool is left
            raise
    for future in futures:
        future.result()
    if all(group.measured for group in groups):
        return stop.is_set()
    raise KeyboardInterrupt  # before anything was measured: there is no result


def _bar(shown: bool) -> Any:
    """A progress bar over a fraction from 0 to 1, or a context that gives None."""
    if not shown:
        return nullcontext()
    with warnings.catch_warnings():
        # in a notebook without widgets tqdm warns that its bar will be text: that is what we want there
        warnings.filterwarnings("ignore", message=".*IProgress not found")
        from tqdm.auto import tqdm

        return tqdm(total=1.0, desc="sampling", bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}")
