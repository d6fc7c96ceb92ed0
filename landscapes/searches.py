"""Searches for critical points from a batch of starts, in units in which energy and amplitudes are of order one.

Each search takes a :class:`Task` and returns where its starts ended and why those failed that the search itself gave up
on; whether a point is critical is judged afterwards, by the same test for all of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .continuation import STOPPED
from .eigenvector_following import Unchanged, follow_eigenvectors, saddles_of_index
from .energies import Energy, SoftSpinEnergy
from .newton import capped_newton
from .pump_branches import Branches, follow_in_pump, largest_index
from .saddle_free import descend

__all__ = ["NO_SUCH_INDEX", "SEARCHES", "Ends", "Task", "near_origin"]

NO_SUCH_INDEX = "no such index"
_DIRECT_ITERATIONS = 30  # of eigenvector following from points of one's own, which may be near what is sought
_SMALLEST_START = 0.1


@dataclass
class Task:
    """A batch of starts.

    Attributes
    ----------
    energy : Energy
    x : numpy.ndarray, shape (m, n)
    index : numpy.ndarray of int, shape (m,), or None
        Which is asked for.
    pump : numpy.ndarray, shape (m,), or None
        At which pump each start is critical.
    given : bool
        Whether the starts are the caller's own.
    max_iterations : int
    attempts : int
    rng : numpy.random.Generator
    stop : threading.Event
    """

    energy: Energy
    x: np.ndarray
    index: Any
    pump: Any
    given: bool
    max_iterations: int
    attempts: int
    rng: np.random.Generator
    stop: threading.Event


@dataclass
class Ends:
    """Where the starts ended: ``x`` (m, n), ``reason`` (m,) of str, "" for none, and ``pump`` (m,), NaN for none."""

    x: np.ndarray
    reason: np.ndarray
    pump: np.ndarray

    @classmethod
    def at(cls, x: np.ndarray) -> Ends:
        """Ends without a reason to doubt them."""
        return cls(x, np.full(len(x), "", dtype="U16"), np.full(len(x), np.nan))

    @classmethod
    def stopped(cls, x: np.ndarray) -> Ends:
        """Starts from which nothing was begun."""
        return cls(x, np.full(len(x), STOPPED, dtype="U16"), np.full(len(x), np.nan))


def near_origin(n: int) -> float:
    """Size of the amplitudes from which eigenvector following starts.

    Farther out more paths are lost, at n = 100 a third from three times as far; closer, more lead to the same points.
    """
    return max(_SMALLEST_START, 1.0 / np.sqrt(max(n, 1)))


def _newton(task: Task) -> Ends:
    return Ends.at(capped_newton(task.energy, task.x, task.max_iterations, stop=task.stop))


def _saddle_free(task: Task) -> Ends:
    return Ends.at(descend(task.energy, task.x, task.max_iterations, stop=task.stop))


def _grid(task: Task) -> Ends:
    return Ends.at(task.x)  # polishing is all that there is to do


def _continuation(task: Task) -> Ends:
    assert isinstance(task.energy, SoftSpinEnergy)
    x, reason, pump = follow_in_pump(task.energy, Branches(task.x, task.pump, task.index), task.stop)
    return Ends(x, reason.astype("U16"), np.where(reason == "", np.nan, pump))


def _eigenvector_following(task: Task) -> Ends:
    energy, x, index = task.energy, task.x.copy(), np.asarray(task.index)
    ends = Ends.at(x)
    soft = isinstance(energy, SoftSpinEnergy)
    rows = np.arange(len(x))
    if soft:
        impossible = index > largest_index(energy)  # type: ignore[arg-type]
        ends.reason[impossible] = NO_SUCH_INDEX
        rows = rows[~impossible]
    if task.given or not soft:
        everywhere = np.zeros(len(rows))
        limit = min(task.max_iterations, _DIRECT_ITERATIONS)
        ends.x[rows], arrived = follow_eigenvectors(
            Unchanged(energy), x[rows], everywhere, index[rows], max_iterations=limit, stop=task.stop
        )
        rows = rows[~arrived]
    flat = hasattr(energy, "flat_directions")  # a family of energies would not be flat there, and its end singular
    for attempt in range(task.attempts):
        if not len(rows) or task.stop.is_set():
            break
        start = _start(task, rows, attempt, soft)
        if flat:
            found, arrived = follow_eigenvectors(
                Unchanged(energy), start, np.zeros(len(rows)), index[rows], max_iterations=task.max_iterations,
                stop=task.stop,
            )  # fmt: skip
        else:
            found, arrived = saddles_of_index(energy, start, index[rows], stop=task.stop)
        if attempt == task.attempts - 1 and not task.stop.is_set():
            arrived[:] = True  # there is no other to come
        ends.x[rows[arrived]] = found[arrived]
        rows = rows[~arrived]
    ends.reason[rows] = STOPPED  # in the midst of the attempts
    return ends


def _start(task: Task, rows: np.ndarray, attempt: int, soft: bool) -> np.ndarray:
    """Where an attempt begins: the start itself, drawn towards the origin for soft spins; later ones at random."""
    small = near_origin(task.x.shape[1])
    if attempt == 0:
        start = task.x[rows]
        size = np.sqrt(np.mean(start * start, axis=1, keepdims=True))
        if not (soft and task.given):
            return start
        if size.all():
            return start * (small / size)
    fresh = task.rng.standard_normal(task.x[rows].shape)
    return small * fresh if soft else task.x[rows] + fresh


SEARCHES: dict[str, Callable[[Task], Ends]] = {
    "newton": _newton,
    "saddle-free": _saddle_free,
    "eigenvector-following": _eigenvector_following,
    "continuation": _continuation,
    "grid": _grid,
}
