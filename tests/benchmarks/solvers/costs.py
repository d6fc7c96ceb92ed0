"""What a call of ``cim.solve`` costs beside its search: ``python -m tests.benchmarks.solvers.costs``.

call overhead
    Calls of 1, 2, 3 and 4 units of work, bounded by steps; a straight line through their times meets zero work at the
    overhead: validation, preparation, threads, finish, decoding.  No clock inside the product is trusted.  Processor
    time stands beside it, which other work on the machine disturbs less, and which does not see waiting.
two threads
    Work done in a second with ``threads=2`` over that with ``threads=1``, the same time limit for both, back to back.
cold start
    A new process that imports, builds a spin glass of 100 spins and solves it, from start to exit; and the same with
    an empty cache of compiled kernels (``--first``).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

import cim
import ising_problems as ip

from ..harness import Table, machine, warm_up

_PROJECT = Path(__file__).resolve().parents[3]
_UNITS = (1, 2, 3, 4)


def models(quick: bool) -> dict[str, Callable[[], ip.IsingModel]]:
    """The sizes that the targets name."""
    found: dict[str, Callable[[], ip.IsingModel]] = {"SK 100": partial(ip.sherrington_kirkpatrick, 100, seed=0)}
    if not quick:
        found["3-regular 10000"] = partial(ip.random_regular, 10_000, 3, seed=0)
        found["3-D 21^3"] = partial(ip.edwards_anderson, (21, 21, 21), seed=0)
    return found


def overhead(model: ip.IsingModel, algorithm: str, seconds: float, repeats: int) -> dict[str, float]:
    """Seconds of a call at zero work, by the wall clock and in processor time; of one step; of the longest call."""
    probe = cim.solve(model, algorithm, time_limit=seconds, threads=1, seed=0)
    replicas = max(1, int(probe.info["replicas"]))
    unit = max(1, int(probe.info["steps_total"] / replicas / _UNITS[-1]))
    steps = [1, *(unit * units for units in _UNITS)]
    wall, cpu = np.empty((2, repeats, len(steps)))
    for repeat in range(repeats):
        for k, number in enumerate(steps):
            cpu_began, began = time.process_time(), time.perf_counter()
            cim.solve(model, algorithm, steps=number, replicas=replicas, threads=1, seed=repeat)
            wall[repeat, k] = time.perf_counter() - began
            cpu[repeat, k] = time.process_time() - cpu_began
    medians = np.median(wall, axis=0)
    return {
        "wall": float(np.polyfit(_UNITS, medians[1:], 1)[1]),
        "cpu": float(np.polyfit(_UNITS, np.median(cpu, axis=0)[1:], 1)[1]),
        "step": float(medians[0]),
        "call": float(medians[-1]),
    }


def report_overhead(algorithms: Sequence[str], quick: bool, repeats: int) -> None:
    """Targets: 5 ms at n = 100, a tenth of the call at n = 10,000."""
    table = Table(
        "Call overhead of cim.solve: time of a call at zero work, from calls of one to four units of steps, one\n"
        "thread, by the wall clock and in processor time; one step: a call of a single step.  Targets: 5 ms at\n"
        "n = 100, 10 % of a call of one second at n = 10,000.",
        ["model, algorithm", "overhead ms", "cpu ms", "one step ms", "call ms", "share %"],
        name_width=34,
    )
    for name, load in models(quick).items():
        model = load()
        for algorithm in algorithms:
            found = overhead(model, algorithm, 0.1 if quick or model.num_spins < 1000 else 1.0, repeats)
            times = [1e3 * found[key] for key in ("wall", "cpu", "step", "call")]
            table.row(f"{name}, {algorithm}", *times, 100 * found["wall"] / found["call"])


def report_threads(algorithms: Sequence[str], quick: bool, repeats: int) -> None:
    """Target: 1.8 at n >= 1000."""
    table = Table(
        "Two threads: steps a second over those of one thread, medians; target 1.8 at n >= 1000 on an idle machine\n"
        f"(this one has {len(os.sched_getaffinity(0))} cores for it).",
        ["model, algorithm", "1 thread /s", "2 threads /s", "speed-up"],
        name_width=34,
    )
    sizes: dict[str, Callable[[], ip.IsingModel]] = {"SK 1000": partial(ip.sherrington_kirkpatrick, 1000, seed=0)}
    if not quick:
        sizes["SK 2000"] = partial(ip.sherrington_kirkpatrick, 2000, seed=0)
        sizes["3-regular 10000"] = partial(ip.random_regular, 10_000, 3, seed=0)
        sizes["3-D 20^3"] = partial(ip.edwards_anderson, (20, 20, 20), seed=0)
    limit = 0.2 if quick else 2.0
    for name, load in sizes.items():
        model = load()
        for algorithm in algorithms:
            cim.solve(model, algorithm, time_limit=0.01, threads=2, seed=0)
            rates: dict[int, list[float]] = {1: [], 2: []}
            for repeat in range(repeats):
                for threads, done in rates.items():
                    info = cim.solve(model, algorithm, time_limit=limit, threads=threads, seed=repeat).info
                    done.append(info["steps_total"] / info["timings"]["search"])
            one, two = (float(np.median(done)) for done in rates.values())
            table.row(f"{name}, {algorithm}", one, two, two / one)


def process_seconds(algorithm: str, cache: str | None) -> float:
    """Wall seconds of a new Python that solves SK 100."""
    code = (
        "import cim, ising_problems as ip\n"
        f"cim.solve(ip.sherrington_kirkpatrick(100, seed=0), {algorithm!r}, time_limit=0.05, seed=0)"
    )
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_PROJECT), os.environ.get("PYTHONPATH", "")]))
    if cache is not None:
        environment["NUMBA_CACHE_DIR"] = cache
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True)
    return time.perf_counter() - began


def report_cold_start(algorithms: Sequence[str], first: bool, repeats: int) -> None:
    """Targets: 1 s once compiled, 8 s the very first time."""
    table = Table(
        "Cold start: a new process from start to exit, SK 100, a search of 0.05 s included; target 1 s once compiled"
        + (",\n8 s with an empty cache of kernels." if first else "."),
        ["algorithm", "seconds", "least", "first ever"],
    )
    for algorithm in algorithms:
        process_seconds(algorithm, None)
        times = [process_seconds(algorithm, None) for _ in range(repeats)]
        ever = float("nan")
        if first:
            with tempfile.TemporaryDirectory() as empty:
                ever = process_seconds(algorithm, empty)
        table.row(algorithm, float(np.median(times)), min(times), ever if first else "-")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks.solvers.costs")
    options.add_argument("--quick", action="store_true", help="small sizes and few repeats: does it run at all?")
    options.add_argument("--algorithms", nargs="+", default=["auto"])
    options.add_argument("--repeats", type=int, help="5 by default")
    options.add_argument("--first", action="store_true", help="also the very first solve, with nothing compiled")
    chosen = options.parse_args(arguments)
    repeats = chosen.repeats or (2 if chosen.quick else 5)
    print(machine())
    warm_up()
    report_overhead(chosen.algorithms, chosen.quick, repeats)
    report_threads(chosen.algorithms, chosen.quick, repeats)
    report_cold_start(chosen.algorithms, chosen.first, repeats)


if __name__ == "__main__":
    main()
