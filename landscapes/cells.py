"""The cells of a sweep at work: what names and seeds them, where they run, and what becomes of each.

See :mod:`landscapes.sweep`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.checks import checked_integer, on_one_line
from ising_problems.threads import single_threaded_algebra

from .cell_files import CellFolder, check_storable
from .fingerprint import canonical, digest

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Cell", "Work", "cell_generator", "cell_key"]

Cell = dict[str, Any]

_POLL_SECONDS = 0.2


def cell_key(cell: Mapping[str, Any]) -> str:
    """A cell's coordinates as text: the same for the same values, whatever their order and types."""
    return json.dumps({name: canonical(value) for name, value in cell.items()}, sort_keys=True)


def cell_generator(seed: int, coordinates: Mapping[str, Any]) -> np.random.Generator:
    """The random generator of a cell: a function of the seed and of the cell's coordinates, and of nothing else.

    Parameters
    ----------
    seed : int
        That of the sweep, ``int(sweep.attrs["seed"])``.
    coordinates : mapping from dimension to value
        In any order; numbers that are equal are the same, whatever their type.

    Returns
    -------
    numpy.random.Generator

    Raises
    ------
    TypeError, ValueError
        If the seed is not an integer, or negative.
    """
    seed = checked_integer(seed, "seed", at_least=0)
    words = np.frombuffer(digest(cell_key(coordinates)), dtype="<u4")
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=tuple(int(word) for word in words)))


class Work:
    """The cells of a sweep: which are open, what the others returned, and the first failure."""

    def __init__(
        self,
        function: Callable[..., Any],
        arguments: Cell,
        entropy: int,
        folder: CellFolder | None,
        cells: dict[str, Cell],
    ) -> None:
        self._call = (function, arguments, entropy)
        self._folder = folder
        self.finished: dict[str, xr.Dataset] = {}
        self.open = dict(cells)
        self.seconds = 0.0
        self._failures: dict[str, BaseException] = {}
        self.interrupted = False

    @property
    def failure(self) -> tuple[Cell, BaseException] | None:
        """The failure that comes first in the grid: its cell and what that raised."""
        return next(((cell, self._failures[key]) for key, cell in self.open.items() if key in self._failures), None)

    def run(self, pool: Executor | None, stop: Callable[[], bool]) -> None:
        """Work until all is done, or ``stop`` says so, or Ctrl-C, or a cell fails."""
        try:
            for key in list(self.open) if self._folder is not None else []:
                kept = self._folder.load(key)  # type: ignore[union-attr]
                if kept is not None:
                    self._keep(key, *kept)
            if pool is None:
                self._run_here(stop)
            else:
                self._run_in(pool, stop)
        except KeyboardInterrupt:
            self.interrupted = True  # what is open is missing in the result, whose status says so

    def _run_here(self, stop: Callable[[], bool]) -> None:
        while self.open and not stop():
            key, cell = next(iter(self.open.items()))
            try:
                self._store(key, *_run_cell(cell, *self._call))
            except Exception as error:
                self._failures[key] = error
                return
        if not self.open:
            stop()

    def _run_in(self, pool: Executor, stop: Callable[[], bool]) -> None:
        futures: dict[Future[Any], str] = {}
        try:
            for key, cell in self.open.items():
                futures[pool.submit(_run_cell, cell, *self._call)] = key
            pending = set(futures)
            while pending:
                done, pending = wait(pending, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
                self._collect(futures, done)
                if self._failures or (stop() and pending):
                    break
        except BrokenExecutor as error:  # already at the door
            self._failures[next(iter(self.open))] = error
        except KeyboardInterrupt:
            self.interrupted = True
        finally:  # a failure, the callback or Ctrl-C: nothing more is begun, what is running is awaited and kept
            running = [future for future in futures if not future.cancel() and futures[future] in self.open]
            done, _ = wait(running)
            self._collect(futures, done)

    def _collect(self, futures: dict[Future[Any], str], done: set[Future[Any]]) -> None:
        for future in done:
            key = futures[future]
            error = None if future.cancelled() else future.exception()
            if error is None and not future.cancelled():
                self._store(key, *future.result())
            elif self.interrupted and (isinstance(error, BrokenExecutor) or not isinstance(error, Exception)):
                pass  # Ctrl-C reached the worker as well: its cell stays open
            elif error is not None:
                self._failures[key] = error

    def _store(self, key: str, dataset: xr.Dataset, seconds: float) -> None:
        if self._folder is not None:
            self._folder.save(key, dataset, seconds)
        self._keep(key, dataset, seconds)

    def _keep(self, key: str, dataset: xr.Dataset, seconds: float) -> None:
        self.finished[key] = dataset
        self.seconds += seconds
        del self.open[key]


def _run_cell(cell: Cell, function: Callable[..., Any], arguments: Cell, entropy: int) -> tuple[xr.Dataset, float]:
    """One cell, in whatever worker: its results and the seconds that they took."""
    import xarray as xr

    began = time.perf_counter()
    with single_threaded_algebra():
        result = function(**cell, seed=cell_generator(entropy, cell), **arguments)
    if not isinstance(result, (Mapping, xr.Dataset)):
        raise TypeError(f"function: must return a mapping or an xarray.Dataset, but it returned {on_one_line(result)}")
    if not isinstance(result, xr.Dataset):
        for name, value in result.items():
            if not isinstance(value, (tuple, xr.DataArray, xr.Variable)) and np.ndim(value) > 0:
                raise ValueError(f"function: its result {name!r} is an array; return ({name!r}: (dimensions, array))")
    dataset = result if isinstance(result, xr.Dataset) else xr.Dataset(result)
    check_storable(dataset)
    taken = sorted({*map(str, dataset.variables), *map(str, dataset.dims)} & set(cell))
    if taken:
        raise ValueError(f"function: its result {taken[0]!r} bears the name of a coordinate of the grid")
    return dataset, time.perf_counter() - began
