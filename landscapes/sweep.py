r"""The one sweep engine: a function evaluated over a grid of independent cells, in any executor, kept as it goes.

The grid is the product of the ``coordinates``, for instance size × instance.  Each cell is one call of a function with
its coordinates and a random generator, and returns a few labelled arrays; the result is one data set whose leading
dimensions are the grid's.

Seeds: a cell's generator is ``default_rng(SeedSequence(seed, spawn_key))``, where the spawn key is the SHA-256 of the
cell's coordinates, names and values.  What a cell returns therefore depends on the seed and its coordinates alone: not
on its place in the grid, on the other cells, on the order of work, or on the executor.  A grid can be extended later,
and the cells that it already had keep every bit.

Objects: a coordinate can stand for something larger, such as a model or a schedule.  The function is then given the
object in the coordinate's place, the result is labelled with the coordinate's values, and to the worker that computes a
cell goes that cell's object and no other.  The seeds do not see the objects: a model that takes the place of another
meets the same random numbers.

Inside a cell linear algebra runs on one thread, in every kind of worker.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import __version__
from ising_problems.checks import checked_generator, repeatable_seed

from .cell_files import CellFolder
from .cells import Cell, Objects, Work, cell_generator, cell_key
from .fingerprint import described
from .grids import assembled
from .parallel import checked_threads
from .progress import ProgressBar
from .sweep_arguments import check_function, checked_grid, checked_objects

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["SweepError", "cell_generator", "run_cells", "run_sweep"]

Results = Sequence[tuple[Mapping[str, Any], "xr.Dataset | None"]]


class SweepError(RuntimeError):
    """A cell of a sweep failed; the exception that it raised is the cause (``__cause__``).

    Attributes
    ----------
    coordinates : dict
        The cell's.
    finished : xarray.Dataset
        What the other cells returned, missing where they had not ended.
    """

    def __init__(self, message: str, coordinates: Cell, finished: xr.Dataset) -> None:
        super().__init__(message)
        self.coordinates = coordinates
        self.finished = finished


def run_sweep(
    function: Callable[..., Any],
    coordinates: Mapping[str, Sequence[Any]],
    *,
    objects: Mapping[str, Sequence[Any] | Mapping[Any, Any]] | None = None,
    arguments: Mapping[str, Any] | None = None,
    seed: int | np.random.Generator | None = 0,
    executor: Executor | None = None,
    threads: int | None = 1,
    path: Any = None,
    leading: Sequence[str] = (),
    attributes: Mapping[str, Any] | None = None,
    description: str = "sweep",
    progress: bool = False,
    callback: Callable[[float], Any] | None = None,
) -> xr.Dataset:
    """Evaluate a function in every cell of a grid.

    Parameters
    ----------
    function : callable
        Called as ``function(**cell, seed=generator, **arguments)``; returns an :class:`xarray.Dataset`, or a mapping
        from names to numbers or to ``(dimensions, array)``.  For other processes than this one it must be importable:
        defined at the top of a module.
    coordinates : mapping from dimension to sequence
        Integers, finite numbers or strings, none twice.
    objects : mapping from dimension to sequence or mapping, optional
        What the coordinates of a dimension stand for: one object for each of its values, in their order, or a mapping
        from its values, which may hold more of them.  ``function`` gets the object, not the value, under the
        dimension's name.
    arguments : mapping, optional
        Further arguments, the same in each cell.
    seed : int, numpy.random.Generator or None, default 0
        Fixes the result.  None: fresh, or that of the folder where a sweep is resumed.
    executor : concurrent.futures.Executor, optional
        Where the cells run: a pool of threads or processes of the standard library, ``client.get_executor()`` of
        Dask, ``mpi4py.futures.MPIPoolExecutor``.  It is not shut down.
    threads : int or None, default 1
        Threads of this process, where no executor is given; None for every available core.
    path : path, optional
        Folder for the results: each cell is written as it ends, and one netCDF-4 file, ``sweep.nc``, at the end.  A
        sweep that was killed continues from there; a grid with further values keeps the cells that it shares.  A
        cell whose object is not the one that it was computed with is refused.  Only one sweep at a time may use a
        folder.
    leading : sequence of str, optional
        Dimensions, of the cells' results or the grid's, that come first in the result.
    attributes : mapping, optional
        Added to the result's.
    description : str
        What the progress bar says.
    progress : bool, default False
        Whether to show a progress bar.
    callback : callable, optional
        Called from time to time with the fraction of the cells that are done; if it returns something true, the sweep
        ends there.

    Returns
    -------
    xarray.Dataset
        The cells' variables with the grid's dimensions before their own; NaN (an empty string) where a cell is
        missing.  ``attrs``: ``status`` ("completed", or "interrupted" by Ctrl-C or the callback), ``seed``,
        ``seconds`` (the sum over the cells), ``versions``.

    Raises
    ------
    SweepError
        If a cell raised an exception: with its coordinates, after the cells in progress have ended and were kept.
    ValueError
        If an argument is malformed, or the folder holds a sweep with other arguments or objects; the message says
        which differ.  If nothing can be written to the folder: before any cell is computed.

    Notes
    -----
    Ctrl-C lets the cells that are running in an executor or in threads end, and keeps them; but what of this toolkit a
    cell calls hears it as well, and its cell is lost, as is the one in progress where there are neither.  What was cut
    short is never kept for a whole.  Before any cell has ended there is nothing to return, and it is a
    ``KeyboardInterrupt``.
    Dask does not say which of its tasks are running: there the cells in progress are given up.

    A few cells for each worker are in flight at a time and the others wait here, so that a scheduler that copies what
    it is sent never holds the objects of the whole grid.

    Examples
    --------
    >>> def throw(dice, seed):
    ...     return {"total": seed.integers(1, 7, dice).sum()}
    >>> run_sweep(throw, {"dice": [1, 2, 3]})["total"].sizes["dice"]
    3
    """

    def together(grid: Mapping[str, Sequence[Any]], cells: Results) -> xr.Dataset:
        dataset = assembled(grid, cells)
        return dataset.transpose(*[name for name in leading if name in dataset.dims], ...)

    return run_cells(
        function,
        coordinates,
        together,
        objects=objects,
        arguments=arguments,
        seed=seed,
        executor=executor,
        threads=threads,
        path=path,
        attributes=attributes,
        description=description,
        progress=progress,
        callback=callback,
    )


def run_cells(
    function: Callable[..., Any],
    coordinates: Mapping[str, Sequence[Any]],
    together: Callable[[Mapping[str, Sequence[Any]], Results], xr.Dataset],
    *,
    objects: Mapping[str, Sequence[Any] | Mapping[Any, Any]] | None = None,
    arguments: Mapping[str, Any] | None = None,
    seed: int | np.random.Generator | None = 0,
    executor: Executor | None = None,
    threads: int | None = 1,
    path: Any = None,
    attributes: Mapping[str, Any] | None = None,
    description: str = "sweep",
    progress: bool = False,
    callback: Callable[[float], Any] | None = None,
) -> xr.Dataset:
    """:func:`run_sweep` where results of the cells need not be alike: ``together`` makes one data set of them.

    It is given the grid and, in the order of the product of the grid's values, each cell's coordinates and result, None
    where that is missing.
    """
    grid = checked_grid(coordinates)
    things = checked_objects(objects, grid)
    shared = dict(arguments or {})
    check_function(function, grid, shared, things, executor)
    if callback is not None and not callable(callback):
        raise TypeError(f"callback: a function of one argument is needed, but it is {callback!r}")
    threads = checked_threads(threads)
    folder = None if path is None else CellFolder(path)
    entropy, shown_seed = _entropy(seed, folder)
    descriptions: Objects = {}
    if folder is not None:
        descriptions = {
            name: {value: described(thing, f"objects[{name!r}][{value!r}]") for value, thing in known.items()}
            for name, known in things.items()
        }
        folder.open_for(_asked(function, grid, things, shared, entropy))
    cells = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    work = Work(function, shared, entropy, folder, {cell_key(cell): cell for cell in cells}, things, descriptions)

    def result(status: str) -> xr.Dataset:
        dataset = together(grid, [(cell, work.finished.get(cell_key(cell))) for cell in cells])
        versions = repr({"coherent-ising": __version__, "numpy": np.__version__})
        dataset.attrs |= {"status": status, "seed": shown_seed, "seconds": work.seconds, "versions": versions}
        dataset.attrs |= attributes or {}
        return dataset

    with ExitStack() as stack:
        bar = stack.enter_context(ProgressBar(progress, description))
        pool = executor
        if executor is None and threads > 1:
            pool = stack.enter_context(ThreadPoolExecutor(threads))

        def stop() -> bool:
            fraction = 1.0 - len(work.open) / max(len(cells), 1)
            bar.show(fraction)
            return callback is not None and bool(callback(fraction))

        work.run(pool, stop)
    if work.failure is not None:
        cell, error = work.failure
        what = "the executor broke down in" if isinstance(error, BrokenExecutor) else "the sweep failed in"
        kept = "" if folder is None else f"; the cells that were finished are kept in {folder.path}"
        message = f"{what} the cell {cell_key(cell)}: {type(error).__name__}: {error}{kept}"
        raise SweepError(message, cell, result("failed")) from error
    if work.interrupted and not work.finished:
        raise KeyboardInterrupt  # before any cell had ended: there is no result
    dataset = result("interrupted" if work.open else "completed")
    if folder is not None and not work.open:
        folder.finish(dataset)
    return dataset


def _entropy(seed: Any, folder: CellFolder | None) -> tuple[int, str]:
    """The integer that all cells' generators are made with, and what the result says of it."""
    if seed is None and folder is not None and folder.asked is not None:
        seed = folder.asked.get("seed")
    rng = checked_generator(seed)
    given = repeatable_seed(seed, rng)
    entropy = int(rng.integers(2**63)) if given is None else given
    return entropy, str(entropy)


def _asked(
    function: Callable[..., Any], grid: Mapping[str, Any], things: Objects, arguments: Cell, entropy: int
) -> dict[str, Any]:
    """What makes two sweeps the same; the grid's values are not part of it, so that a grid can grow."""
    asked = {
        "function": described(function, "function"),
        "dimensions": sorted(grid),
        "arguments": {name: described(value, f"arguments[{name!r}]") for name, value in arguments.items()},
        "seed": entropy,
        "version": __version__,
    }
    # which objects they are stands in each cell's own file
    return asked | ({"objects": sorted(things)} if things else {})
