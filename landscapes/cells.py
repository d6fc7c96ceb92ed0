"""The cells of a sweep at work: what names and seeds them, where they run, and what becomes of each.

See :mod:`landscapes.sweep`.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.checks import checked_integer, on_one_line, seed_sequence
from ising_problems.threads import single_threaded_algebra

from .cell_files import CellFolder, check_storable
from .fingerprint import canonical, digest
from .interruptions import interruption_point, interruptions_held, note_interruption, whole_or_nothing

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Cell", "Objects", "Work", "cell_generator", "cell_key", "seed_of_sweep"]

Cell = dict[str, Any]
Objects = Mapping[str, Mapping[Any, Any]]  # by dimension and value: what stands behind a coordinate

_POLL_SECONDS = 0.2
# Cells that are in flight for each worker, so that none waits for its next one, and for all workers at least.
_CELLS_PER_WORKER = 4
_FEWEST_IN_FLIGHT = 16


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


def seed_of_sweep(cell: np.random.Generator) -> int:
    """Seed of the sweep that made a cell's generator: for what cells are to have in common, by :func:`cell_generator`.

    Raises
    ------
    TypeError
        If the generator is not one that :func:`cell_generator` made.
    """
    entropy = seed_sequence(cell).entropy
    if not isinstance(entropy, int):
        raise TypeError(f"cell: a generator that a sweep made is needed, whose entropy is a number, not {entropy!r}")
    return entropy


class Work:
    """The cells of a sweep: which are open, what the others returned, and the first failure."""

    def __init__(
        self,
        function: Callable[..., Any],
        arguments: Cell,
        entropy: int,
        folder: CellFolder | None,
        cells: dict[str, Cell],
        objects: Objects,
        descriptions: Objects,
    ) -> None:
        self._call = (function, arguments, entropy)
        self._folder = folder
        self._objects = objects
        self._descriptions = descriptions
        self.finished: dict[str, xr.Dataset] = {}
        self.open = dict(cells)
        self.seconds = 0.0
        self._failures: dict[str, BaseException] = {}
        self._broken: BrokenExecutor | None = None  # what stopped the executor from taking any cell that is still open
        self.interrupted = False

    @property
    def failure(self) -> tuple[Cell, BaseException] | None:
        """The failure that comes first in the grid: its cell and what that raised."""
        for key, cell in self.open.items():
            error = self._failures.get(key, self._broken)
            # Ctrl-C reaches workers as well: what it did to them is no failure
            if error is not None and not (self.interrupted and _is_interruption(error)):
                return cell, error
        return None

    def run(self, pool: Executor | None, stop: Callable[[], bool]) -> None:
        """Work until all is done, or ``stop`` says so, or Ctrl-C, or a cell fails."""
        try:
            if self._folder is not None:
                self._take_kept(self._folder)
            if pool is None:
                self._run_here(stop)
            else:
                self._run_in(pool, stop)
        except KeyboardInterrupt:
            self.interrupted = True  # what is open is missing in the result, whose status says so
        if self.interrupted:
            note_interruption()

    def _take_kept(self, folder: CellFolder) -> None:
        for key, cell in list(self.open.items()):
            with interruptions_held():
                kept = folder.load(key, _of_cell(self._descriptions, cell))
                if kept is not None:
                    self._keep(key, *kept)

    def _run_here(self, stop: Callable[[], bool]) -> None:
        while self.open and not stop():
            interruption_point()
            key, cell = next(iter(self.open.items()))
            try:
                self._store(key, *_run_cell(None, cell, _of_cell(self._objects, cell), *self._call))
            except Exception as error:
                self._failures[key] = error
                return
        if not self.open:
            stop()

    def _run_in(self, pool: Executor, stop: Callable[[], bool]) -> None:
        told = threading.Event()
        waiting = iter(list(self.open.items()))
        in_flight: dict[Future[Any], str] = {}
        try:
            while True:
                for key, cell in itertools.islice(waiting, max(_most_in_flight(pool) - len(in_flight), 0)):
                    in_flight[_submit(pool, told, cell, _of_cell(self._objects, cell), *self._call)] = key
                if not in_flight:
                    break
                done, _ = wait(in_flight, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
                self._collect(in_flight, done)
                interruption_point()
                if self._failures or self.interrupted or (stop() and self.open):
                    break
        except BrokenExecutor as error:  # it takes no more cells
            self._broken = error
        except KeyboardInterrupt:
            self.interrupted = True
            told.set()
        finally:  # a failure, the callback or Ctrl-C: nothing more is begun, what is running is awaited and kept
            running = {future: key for future, key in in_flight.items() if not future.cancel()}
            try:
                wait(running)
            except KeyboardInterrupt:
                self.interrupted = True
                told.set()
                wait(running)
            with interruptions_held():
                self._collect(running, set(running))

    def _collect(self, in_flight: dict[Future[Any], str], done: set[Future[Any]]) -> None:
        for future in done:
            key = in_flight[future]
            error: BaseException | None
            if future.cancelled():  # not by us, who wait for none that we cancelled
                error = BrokenExecutor("it cancelled the cell; was it closed, or its cluster?")
            else:
                error = future.exception()
            if error is None and key in self.open:
                try:
                    self._store(key, *future.result())
                except Exception as failed:  # the disk is full
                    error = failed
            del in_flight[future]
            if error is not None:
                self._failures[key] = error
                self.interrupted |= isinstance(error, KeyboardInterrupt)

    def _store(self, key: str, dataset: xr.Dataset, seconds: float) -> None:
        with interruptions_held():  # what is on the disk is in the result, too
            if self._folder is not None:
                self._folder.save(key, dataset, seconds, _of_cell(self._descriptions, self.open[key]))
            self._keep(key, dataset, seconds)

    def _keep(self, key: str, dataset: xr.Dataset, seconds: float) -> None:
        self.finished[key] = dataset
        self.seconds += seconds
        del self.open[key]


def _of_cell(by_value: Objects, cell: Cell) -> Cell:
    """What stands behind the coordinates of one cell."""
    return {name: known[cell[name]] for name, known in by_value.items()}


def _is_interruption(error: BaseException) -> bool:
    """Whether Ctrl-C in a worker can be what ended a cell."""
    return isinstance(error, BrokenExecutor) or not isinstance(error, Exception)


def _most_in_flight(pool: Executor) -> int:
    """How many cells to hand over at a time; the number of workers may change meanwhile."""
    workers = getattr(pool, "_max_workers", None) or getattr(pool, "num_workers", None)  # the standard pools; MPI's
    client = getattr(pool, "_client", None)  # Dask's
    if client is not None:
        if client.status != "running":
            raise BrokenExecutor(f"the Dask client is {client.status}")
        workers = sum(client.nthreads().values())
    return max(_CELLS_PER_WORKER * int(workers or 0), _FEWEST_IN_FLIGHT)


def _submit(pool: Executor, told: threading.Event, *call: Any) -> Future[Any]:
    heeds = told if isinstance(pool, ThreadPoolExecutor) else None  # other processes hear Ctrl-C themselves
    with warnings.catch_warnings():
        # Dask's advice is to send large arguments ahead; ours are one cell's own object and are needed once
        warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
        try:
            return pool.submit(_run_cell, heeds, *call)
        except RuntimeError as error:  # it was shut down
            raise BrokenExecutor(str(error)) from error


def _run_cell(
    told: threading.Event | None,
    cell: Cell,
    objects: Cell,
    function: Callable[..., Any],
    arguments: Cell,
    entropy: int,
) -> tuple[xr.Dataset, float]:
    """One cell, in whatever worker: its results and the seconds that they took."""
    import xarray as xr

    began = time.perf_counter()
    with single_threaded_algebra(), whole_or_nothing(told):
        result = function(**cell | objects, seed=cell_generator(entropy, cell), **arguments)
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
