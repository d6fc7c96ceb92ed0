"""Paths to the complex solutions of one model, followed in jobs, and the certificates of their ends.

The equations are those of :mod:`landscapes.homotopy` in amplitudes divided by the root of a scale, a power of 2, so
that pump, couplings and fields are of order 1 and nothing is rounded.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .certificates import certify, overlapping, refined
from .energies import SoftSpinEnergy
from .homotopy import ENDED, follow_paths, start_amplitudes
from .parallel import run_jobs
from .progress import ProgressBar

__all__ = [
    "Ends",
    "Run",
    "System",
    "coinciding",
    "ends_of_paths",
    "joined",
    "path_codes",
    "scaled_system",
    "start_matrix",
    "with_mirrors",
]

# Paths that a job follows.
_PATHS = 243


class System(NamedTuple):
    """The equations in amplitudes y = x/√scale: pump, couplings and fields are of order 1."""

    couplings: np.ndarray
    fields: np.ndarray
    pump: float
    root: float  # of the scale: a power of 2

    @property
    def size(self) -> int:
        """Number of unknowns."""
        return len(self.fields)

    @property
    def is_odd(self) -> bool:
        """Whether solutions come in pairs ±."""
        return not self.fields.any()


def scaled_system(energy: SoftSpinEnergy) -> System:
    """The equations of an energy, scaled."""
    model = energy.model
    couplings = np.asarray(model.J.toarray() if model.is_sparse else model.J, dtype=np.float64)
    fields = model.h.astype(np.float64)
    largest = np.abs(couplings).sum(axis=-1).max(initial=0.0) + abs(energy.pump)
    largest = max(largest, np.abs(fields).max(initial=0.0) ** (2 / 3))
    root = 2.0 ** math.ceil(0.5 * math.log2(largest)) if largest > 0.0 else 1.0
    # one division after another: powers of a very small or large root are not representable
    pump = energy.pump / root / root
    return System(np.ascontiguousarray(couplings / root / root), fields / root / root / root, pump, root)


def start_matrix(n: int, rng: np.random.Generator) -> np.ndarray:
    """The diagonal of Γ: random, far from the real axis, where roots would meet on the way.

    One common angle, with some spread, makes Γ a pump more than a set of couplings, and paths a third shorter than
    independent angles do.
    """
    angle = np.pi * rng.uniform(0.4, 0.6) + rng.uniform(-0.1, 0.1, n)
    return np.asarray(rng.uniform(0.8, 1.2, n) * np.exp(1j * angle))


def path_codes(n: int, halved: bool) -> np.ndarray:
    """All starts, or one of each pair ±: the origin and those whose last digit that is not 0 is a 1."""
    if not halved:
        return np.arange(3**n, dtype=np.int64)
    return np.concatenate([[0], *(np.arange(3**k, 2 * 3**k, dtype=np.int64) for k in range(n))]).astype(np.int64)


class Ends(NamedTuple):
    """Ends of paths in scaled amplitudes, and what was proven of them."""

    codes: np.ndarray
    points: np.ndarray
    error: np.ndarray  # infinite where nothing was proven
    isolation: np.ndarray
    is_real: np.ndarray
    in_doubt: np.ndarray  # whether it is real

    @property
    def proven(self) -> np.ndarray:
        """Whether there is exactly one exact solution near, and whether it is real is decided."""
        return np.isfinite(self.error) & ~self.in_doubt

    def where(self, mask: np.ndarray) -> Ends:
        """Some of the ends."""
        return Ends(*(array[mask] for array in self))


def joined(parts: list[Ends]) -> Ends:
    """Several sets of ends as one."""
    return Ends(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def ends_of_paths(system: System, roots: np.ndarray, codes: np.ndarray, tolerance: float, reach: float) -> Ends:
    """Follow paths and certify their ends."""
    points = start_amplitudes(codes, roots)
    status, steps = np.zeros(len(codes), dtype=np.int64), np.zeros(len(codes), dtype=np.int64)
    equations = system.couplings, system.fields, system.pump
    follow_paths(*equations, roots * roots, points, status, steps, tolerance, reach)
    points, inverses = refined(points, *equations)
    error, isolation = certify(points, inverses, *equations)
    error[status != ENDED] = np.inf
    imaginary = np.abs(points.imag).max(axis=-1, initial=0.0)
    is_real = error + 2.0 * imaginary <= isolation
    in_doubt = np.isfinite(error) & ~is_real & (imaginary <= error)
    # proven real: what is given to the user is the real part, so that is certified again
    real, inverses = refined(points.real[is_real], *equations)
    error[is_real], isolation[is_real] = certify(real, inverses, *equations)
    points[is_real] = real
    return Ends(codes, points, error, isolation, is_real, in_doubt)


class Run:
    """Follows paths in jobs of fixed size, and can be watched and stopped."""

    def __init__(
        self,
        system: System,
        roots: np.ndarray,
        threads: int,
        progress: bool,
        callback: Callable[[float], Any] | None,
    ) -> None:
        self.system, self.roots, self.threads = system, roots, threads
        self.progress, self.callback = progress, callback
        self.stopped = False

    def follow(self, codes: np.ndarray, tolerance: float, reach: float) -> Ends:
        """Ends of these paths, of those followed before a stop."""
        blocks = [codes[start : start + _PATHS] for start in range(0, len(codes), _PATHS)]
        done: list[int] = []
        bar = ProgressBar(self.progress, "following paths")

        def job(block: np.ndarray) -> Callable[[threading.Event], Ends]:
            def run(stop: threading.Event) -> Ends:
                ends = ends_of_paths(self.system, self.roots, block[:0] if stop.is_set() else block, tolerance, reach)
                done.append(len(ends.codes))
                return ends

            return run

        def poll(stop: threading.Event) -> None:
            fraction = sum(done) / len(codes)
            bar.show(fraction)
            if self.callback is not None and not stop.is_set() and self.callback(fraction):
                stop.set()

        with bar:
            parts, _ = run_jobs([job(block) for block in blocks], self.threads, poll)
        self.stopped = sum(done) < len(codes)
        return joined(parts)


def with_mirrors(ends: Ends) -> Ends:
    """Both of each pair ±; the origin, which has the code 0, once."""
    paired = ends.where(ends.codes > 0)
    return joined([ends, paired._replace(codes=-paired.codes, points=-paired.points)])


def coinciding(ends: Ends, system: System) -> np.ndarray:
    """Which ends, if certified, are not proven different from all others and all mirror images."""
    every = with_mirrors(ends) if system.is_odd else ends
    marked = np.zeros(len(every.codes), dtype=bool)
    finite = np.isfinite(every.error)
    marked[finite] = overlapping(every.points[finite], every.error[finite])
    suspects = np.unique(np.abs(every.codes[marked]))
    return np.isin(ends.codes, suspects)
