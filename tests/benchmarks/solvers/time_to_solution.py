"""Time to solution on Sherrington-Kirkpatrick glasses: ``python -m tests.benchmarks.solvers.time_to_solution``.

Ten instances of each size.  An instance is solved at the lowest energy that anyone finds here, the search for it
included.  Two definitions, both at 99 %, by :func:`cim.time_to_solution`:

amortised
    Many independent attempts in one call, one after the other: a peer's reads of one length, our restarts.  p is the
    share of attempts that end in the ground state, and the time of one is the call's, net of the peer's fixed cost
    (ours is included), divided by their number.  A peer's read length, and its other settings, are the best of a
    ladder, tried on three of the instances with a seed kept out; ours is not tuned.
from call
    For ours only: repeated calls with the ground state as target.  F(t) is the share of calls that had returned with it
    after t seconds, and the time is the least of t ln(0.01)/ln(1 - F(t)) over t: everything that a call costs included.

The figure is the median over the instances.  Its interval is a bootstrap: instances are drawn again with replacement,
and each one's successes again from a binomial distribution with its own p.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

import cim
import ising_problems as ip

from ..harness import Table, machine, significant
from .__main__ import chosen_entrants
from .cases import Case
from .channel import Channel, Entrant, Failure, open_channels
from .contest import handed_over

__all__ = ["Attempts", "bootstrap", "from_call"]

LENGTHS = (10, 30, 100, 300, 1000, 3000, 10_000)
DEFAULT_PEERS = ("dwave-sa", "dwave-sa-linear", "openjij-sa", "sb-ballistic", "sb-discrete", "qaia-cac", "qaia-bsb")
_TRIED = 3  # instances on which a read length is chosen
_SEED = 30_000
_SAME = 1e-7  # relative: single precision inside a contestant does not matter, its spins are what counts


@dataclass(frozen=True)
class Attempts:
    """Independent attempts on one instance: how many, how many in the ground state, seconds for each."""

    number: int
    hits: int
    seconds: float

    @property
    def time_to_solution(self) -> float:
        """At 99 %."""
        return float(cim.time_to_solution(self.hits, self.number, self.seconds).value)


def bootstrap(attempts: Sequence[Attempts], resamples: int = 2000, seed: int = 0) -> tuple[float, float]:
    """95 % interval of the median time to solution over instances."""
    rng = np.random.default_rng(seed)
    number = np.array([one.number for one in attempts])
    share = np.array([one.hits for one in attempts]) / number
    seconds = np.array([one.seconds for one in attempts])
    drawn = rng.integers(0, len(attempts), (resamples, len(attempts)))
    hits = rng.binomial(number[drawn], share[drawn])
    medians = np.median(cim.time_to_solution(hits, number[drawn], seconds[drawn]).value, axis=1)
    low, high = np.percentile(medians, [2.5, 97.5], method="nearest")  # a mean with infinity is none
    return float(low), float(high)


def from_call(moments: Sequence[float], calls: int) -> float:
    """Least of t ln(0.01)/ln(1 - F(t)), F the share of calls that had returned with the ground state by t.

    The last call to succeed does not count as certainty: with k of R successes F is k/(R + 1).
    """
    times = np.sort(np.asarray(moments, dtype=np.float64))
    if len(times) == 0:
        return float("inf")
    hits = np.arange(1, len(times) + 1)
    return float(np.min(cim.time_to_solution(hits, calls + 1, times).value))


class Size:
    """The instances of one size, and what it takes to solve them.

    Parameters
    ----------
    n, count : int
    limit : float
        Seconds of attempts for each instance and contestant.
    """

    def __init__(self, n: int, count: int, limit: float, channels: Sequence[Channel]) -> None:
        self.cases = [
            Case(f"SK {n}, {k}", "sk", partial(ip.sherrington_kirkpatrick, n, seed=_SEED + k)) for k in range(count)
        ]
        self.models = [case.load() for case in self.cases]
        self.limit = limit
        self.channels = channels
        self.ground = [np.inf] * count

    def search(self, entrants: Sequence[Entrant], seconds: float) -> None:
        """Ground states, by our own algorithms; the contestants' energies come on top."""
        for k in range(len(self.models)):
            self._hand_over(k)
            for entrant in entrants:
                entrant.convert()
                run = entrant.run({"seconds": seconds, "setting": {}}, _SEED)
                self._note(k, run.energies)

    def plans(self, entrant: Entrant) -> list[dict[str, Any]]:
        """Every setting with every length."""
        found: dict[str, dict[str, Any]] = {}
        for setting in entrant.settings:
            plan = entrant.plan(0.0, setting)
            for length in LENGTHS:
                # settings that differ in the length of a read alone are one
                rest = {name: value for name, value in setting.items() if not name.startswith("longest")}
                reads = plan["reads"] if entrant.name.startswith("sb-") else 1
                found[f"{rest} {length}"] = plan | {"reads": reads, "sweeps": length}
        return list(found.values())

    def best_plan(self, entrant: Entrant) -> dict[str, Any] | None:
        """The plan with the least geometric mean of time to solution on a few instances; None if none ever solves."""
        results: dict[int, list[float]] = {}
        plans: list[dict[str, Any]] = []
        for k in range(min(_TRIED, len(self.models))):
            self._hand_over(k)
            entrant.convert()
            plans = plans or self.plans(entrant)
            for number, plan in enumerate(plans):
                attempts = self._attempts(entrant, k, plan, 0.3 * self.limit, seed=_SEED + 1)
                # none solved: the longest time that this says; it must not count as nothing
                time = attempts.time_to_solution
                fallback = cim.time_to_solution(0, attempts.number, attempts.seconds).interval[0]
                results.setdefault(number, []).append(time if np.isfinite(time) else 10 * fallback)
        if not results:
            return None
        return plans[min(results, key=lambda number: float(np.mean(np.log(results[number]))))]

    def measured(self, entrant: Entrant, plan: dict[str, Any]) -> list[Attempts]:
        """Attempts on every instance with one plan."""
        found = []
        for k in range(len(self.models)):
            self._hand_over(k)
            entrant.convert()
            found.append(self._attempts(entrant, k, plan, self.limit, seed=_SEED + 2))
        return found

    def restarts(self, entrant: Entrant) -> list[Attempts] | None:
        """Our own attempts, as one call counts them; None if the algorithm does not count any."""
        found = []
        for k in range(len(self.models)):
            self._hand_over(k)
            entrant.convert()
            run = entrant.run({"seconds": self.limit, "setting": {}}, _SEED + 2)
            if not run.attempts:
                return None
            self._note(k, run.energies)
            solved = self._is_ground(k, run.energies)[0]
            found.append(Attempts(run.attempts, int(run.hits or 0) if solved else 0, run.seconds / run.attempts))
        return found

    def calls(self, entrant: Entrant, number: int) -> list[float]:
        """Time to solution from call, for each instance."""
        found = []
        for k, ground in enumerate(self.ground):
            self._hand_over(k)
            entrant.convert()
            target = ground + _SAME * abs(ground)
            plan = {"seconds": self.limit, "setting": {}, "target": target}
            runs = [entrant.run(plan, _SEED + 3 + seed) for seed in range(number)]
            found.append(from_call([run.wall for run in runs if self._is_ground(k, run.energies)[0]], number))
        return found

    def _hand_over(self, k: int) -> None:
        handed_over(self.models[k], self.channels)

    def _attempts(self, entrant: Entrant, k: int, plan: dict[str, Any], limit: float, seed: int) -> Attempts:
        """Runs of a plan, its reads chosen to fill the time."""
        first = entrant.run(plan, seed)
        repeats = max(1, round(limit / max(first.seconds, 1e-6)))
        if entrant.name.startswith(("sb-", "cim-optimizer")):  # one batch a run
            runs = [entrant.run(plan, seed + repeat) for repeat in range(min(repeats, 1000))]
        else:
            runs = [entrant.run(plan | {"reads": min(repeats, 100_000)}, seed)]
        energies = np.concatenate([run.energies for run in runs])
        self._note(k, energies)
        seconds = sum(run.seconds for run in runs)
        return Attempts(len(energies), int(self._is_ground(k, energies).sum()), seconds / len(energies))

    def _note(self, k: int, energies: np.ndarray) -> None:
        self.ground[k] = min(self.ground[k], float(np.min(energies)))

    def _is_ground(self, k: int, energies: np.ndarray) -> np.ndarray:
        return energies <= self.ground[k] + _SAME * abs(self.ground[k])


def row(table: Table, name: str, attempts: Sequence[Attempts], effort: str) -> None:
    """Median over instances, its interval, the extremes, and how many instances were solved at all."""
    times = [1e3 * one.time_to_solution for one in attempts]
    low, high = (1e3 * limit for limit in bootstrap(attempts))
    solved = f"{sum(np.isfinite(times))}/{len(times)}"
    interval = f"{significant(low)} .. {significant(high)}"
    table.row(name, float(np.median(times)), interval, float(min(times)), float(max(times)), solved, effort)


def report(size: Size, entrants: Sequence[Entrant], calls: int, table: Table) -> None:
    """All contestants on one size."""
    own = [entrant for entrant in entrants if entrant.is_ours]
    size.search(own, 2 * size.limit)
    n = size.models[0].num_spins
    for entrant in entrants:
        name = f"n = {n}, {entrant.name}"
        try:
            if not entrant.is_ours:
                plan = size.best_plan(entrant)
                if plan is not None:
                    row(table, name, size.measured(entrant, plan), f"reads of {plan['sweeps']}")
                continue
            attempts = size.restarts(entrant)
            if attempts is not None:
                row(table, f"{name}, amortised", attempts, "restarts")
            times = 1e3 * np.array(size.calls(entrant, calls))
            solved = f"{int(np.isfinite(times).sum())}/{len(times)}"
            limits = float(times.min()), float(times.max())
            table.row(f"{name}, from call", float(np.median(times)), "-", *limits, solved, f"{calls} calls")
        except Failure as reason:
            table.skip(name, reason)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks.solvers.time_to_solution")
    options.add_argument("--sizes", type=int, nargs="+", default=[100, 200, 500])
    options.add_argument("--instances", type=int, default=10)
    options.add_argument("--limit", type=float, default=1.0, help="seconds of attempts for each instance")
    options.add_argument("--calls", type=int, default=20, help="calls with a target for each instance")
    options.add_argument("--algorithms", nargs="+", default=["auto"])
    options.add_argument("--peers", nargs="*", default=list(DEFAULT_PEERS))
    options.add_argument("--peer-python", action="append", default=[], metavar="PATH")
    options.add_argument("--core", type=int)
    options.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="cpu: in processor time")
    chosen = options.parse_args(arguments)
    if chosen.core is not None:
        os.sched_setaffinity(0, {chosen.core})
    print(machine())
    groups = ("ours", "dwave", "jij", "bifurcation", "qaia", "cim_optimizer_peer") if chosen.peers else ("ours",)
    channels, absent = open_channels(chosen.peer_python, groups, chosen.clock)
    for absence in absent:
        print(f"{absence.group}: absent ({absence.reason})")
    try:
        entrants = [
            entrant
            for entrant in chosen_entrants(channels, chosen.algorithms, chosen.peers)
            if entrant.is_ours or entrant.settings[0]  # without settings it has no reads to choose
        ]
        table = Table(
            f"Time to solution at 99 %, milliseconds, one core: median over {chosen.instances} instances, 95 %\n"
            "bootstrap interval, least and greatest, instances solved.  amortised: attempts in one call; from call:\n"
            "everything included.",
            ["contestant", "median", "  95 % interval", "least", "greatest", "solved", "         effort"],
            name_width=38,
        )
        with threadpool_limits(limits=1):
            for n in chosen.sizes:
                report(Size(n, chosen.instances, chosen.limit, channels), entrants, chosen.calls, table)
    finally:
        for channel in channels:
            channel.close()


if __name__ == "__main__":
    main()
