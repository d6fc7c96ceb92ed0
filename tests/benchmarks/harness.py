"""What the benchmarks share: instances, warm-up, clocks, medians, ratios and the table.

A figure is the median of several repeats, with its spread; a claim is a ratio to a peer that was run in the same
process, back to back with what it is compared to (A B A B ...), so that whatever else the machine does falls on both.
Compilation is excluded, and reported.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Absent", "Table", "Timing", "arguments", "compare", "instance", "machine", "significant", "warm_up"]

_PROJECT = Path(__file__).resolve().parents[2]
_SHORTEST = 0.02  # seconds: a sample shorter than this is made of several calls


class Absent(Exception):
    """Why a row cannot be measured here: an instance or a peer that is not installed."""


# ------------------------------------------------------------------ what is measured


def instance(name: str) -> Path:
    """Path of a public benchmark file; the folder is ``COHERENT_ISING_INSTANCES``, or beside the checkout."""
    folder = Path(os.environ.get("COHERENT_ISING_INSTANCES", _PROJECT.parent / "shared" / "instances"))
    path = folder / name
    if not path.is_file():
        raise Absent(f"{name} is not in the instance folder; set COHERENT_ISING_INSTANCES to the folder that holds it")
    return path


# ------------------------------------------------------------------ how it is measured


@dataclass(frozen=True)
class Timing:
    """Seconds for one call, one entry for each repeat.

    Attributes
    ----------
    cpu : numpy.ndarray
        Processor time of the whole process, all its threads together.
    wall : numpy.ndarray
    """

    cpu: np.ndarray
    wall: np.ndarray

    def median(self, clock: str = "cpu") -> float:
        """Median over the repeats, in seconds."""
        return float(np.median(getattr(self, clock)))

    def spread(self, clock: str = "cpu") -> float:
        """Half the range that holds the middle half of the repeats, relative to the median."""
        low, high = np.percentile(getattr(self, clock), [25, 75])
        return float((high - low) / 2 / max(self.median(clock), 1e-12))


def compare(candidates: Mapping[str, Callable[[], Any]], repeats: int, single: bool = False) -> dict[str, Timing]:
    """Time candidates back to back, A B A B ..., each sample at least a fiftieth of a second long.

    Parameters
    ----------
    candidates : mapping from name to callable
        Called without arguments; the first call, which is not timed, has compiled whatever needs compiling.
    repeats : int
    single : bool
        Whether a sample is one call however short: for calls that change their state.
    """
    calls = {}
    for name, call in candidates.items():
        began = time.perf_counter()
        call()
        once = time.perf_counter() - began
        calls[name] = 1 if single else max(1, int(np.ceil(_SHORTEST / max(once, 1e-9))))
    cpu: dict[str, list[float]] = {name: [] for name in candidates}
    wall: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(repeats):
        for name, call in candidates.items():
            wall_began, cpu_began = time.perf_counter(), time.process_time()
            for _ in range(calls[name]):
                call()
            cpu[name].append((time.process_time() - cpu_began) / calls[name])
            wall[name].append((time.perf_counter() - wall_began) / calls[name])
    return {name: Timing(np.array(cpu[name]), np.array(wall[name])) for name in candidates}


def warm_up() -> None:
    """Compile every kernel, or load it from the cache, and say how long that took; nothing below includes it."""
    import cim

    began = time.perf_counter()
    compiled = cim.warmup()
    print(f"warm-up, excluded below: {time.perf_counter() - began:.2f} s, of which compiling {compiled:.2f} s")


def machine() -> str:
    """The machine and the libraries that its figures depend on."""
    import numba
    import scipy
    import threadpoolctl

    import cim

    model = platform.processor() or platform.machine()
    description = Path("/proc/cpuinfo")
    if description.is_file():
        names = [line.split(":", 1)[1].strip() for line in description.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    libraries = {
        f"{pool['internal_api']} {pool['version']} ({pool.get('architecture', '?')})"
        for pool in threadpoolctl.threadpool_info()
        if pool["user_api"] == "blas"
    }
    load = f"; load before the start {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{model}, {cores} cores{load}\n"
        f"BLAS {', '.join(sorted(libraries))}; coherent-ising {cim.__version__}, Python {platform.python_version()}, "
        f"NumPy {np.__version__}, SciPy {scipy.__version__}, Numba {numba.__version__}"
    )


def arguments(description: str, repeats: int) -> argparse.ArgumentParser:
    """Parser with what every benchmark takes: ``--quick`` and ``--repeats``."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="small sizes and few repeats: does it run at all?")
    parser.add_argument("--repeats", type=int, help=f"how often to measure; {repeats} by default")
    return parser


# ------------------------------------------------------------------ how it is shown


class Table:
    """Rows under a heading, printed one by one as they are measured.

    Parameters
    ----------
    heading : str
    columns : sequence of str
        The first holds the row's name, flush left; the others are numbers, flush right.
    """

    def __init__(self, heading: str, columns: Sequence[str], name_width: int = 22) -> None:
        self._widths = [name_width, *(max(len(column), 7) for column in columns[1:])]
        print(f"\n{heading}")
        self.row(*columns)
        print("-" * (sum(self._widths) + 2 * (len(columns) - 1)))

    def row(self, *cells: Any) -> None:
        """Print a row; numbers to three significant digits."""
        texts = [cell if isinstance(cell, str) else significant(cell) for cell in cells]
        first = texts[0].ljust(self._widths[0])
        print("  ".join([first, *(t.rjust(w) for t, w in zip(texts[1:], self._widths[1:], strict=True))]))
        sys.stdout.flush()

    def skip(self, name: str, reason: object) -> None:
        """Print that a row was not measured, and why."""
        print(f"{name.ljust(self._widths[0])}  skipped: {reason}")


def significant(value: float) -> str:
    """A number to three significant digits, without an exponent from a thousandth to a hundred million."""
    if value == 0 or not np.isfinite(value):
        return f"{value:g}"
    if 1e-3 <= abs(value) < 1e8:
        return f"{value:.{max(0, 2 - int(np.floor(np.log10(abs(value)))))}f}"
    return f"{value:.2e}"
