"""Solve many problems, in threads, processes or on a cluster, and keep each solution as it comes.

Each problem is a cell of the one sweep engine (:func:`landscapes.run_sweep`), which sends it alone to its worker.  Its
seed is drawn from its name, or its position where it has none, and from the seed of the call: not from the others or
from who solves it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.checks import checked_number
from landscapes.sweep import Results, run_cells

from ._solve import checked_request, solve
from .results import Solution, Status
from .solutions import Solutions, solutions_table

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["solve_many"]

_ARRAYS = {"spins": ("spin",), "samples": ("replica", "spin"), "energies": ("replica",)}
_LARGEST_SEED = 2**63
_DECIDED = ("threads", "progress", "callback")  # of solve, and not of a single problem here


def solve_many(
    problems: Sequence[Problem | IsingModel] | Mapping[str, Problem | IsingModel],
    algorithm: str = "auto",
    *,
    target: float | Sequence[float | None] | Mapping[str, float | None] | None = None,
    seed: int | np.random.Generator | None = 0,
    executor: Executor | None = None,
    threads: int | None = 1,
    path: Any = None,
    progress: bool = False,
    callback: Callable[[float], Any] | None = None,
    **arguments: Any,
) -> Solutions:
    """Solve many problems or models, each as :func:`cim.solve` would with one thread.

    Parameters
    ----------
    problems : sequence or mapping of Problem or IsingModel
        A mapping gives them names.
    algorithm : str, default "auto"
    target : float, or a sequence or mapping of float or None, optional
        Where to stop: one for all problems, or one for each.
    seed : int, numpy.random.Generator or None, default 0
        Fixes the result, whatever the executor and the number of workers, unless time bounds the runs.  The random
        numbers of a problem depend on this and on its name (or position) alone.
    executor : concurrent.futures.Executor, optional
        Where the problems are solved: a pool of the standard library, ``client.get_executor()`` of Dask,
        ``mpi4py.futures.MPIPoolExecutor``; see :func:`landscapes.run_sweep`.
    threads : int or None, default 1
        Problems that are solved at a time in this process, where no executor is given; None for as many as there are
        cores.
    path : path, optional
        Folder in which each solution is kept as it comes.  A call that was killed continues from there, and further
        problems can be added; with other arguments, or where a problem is another now, it is refused.  ``sweep.nc`` is
        the table, at the end.
    progress : bool, default False
        Whether to show a progress bar.
    callback : callable, optional
        Called from time to time with the fraction of the problems that are solved; if it returns something true, no
        further one is begun.
    **arguments
        For :func:`cim.solve`, the same for each: ``time_limit`` (of one problem), ``steps``, ``replicas``, ...

    Returns
    -------
    Solutions
        A sequence of :class:`cim.Solution` in the order of the problems, with a table, ``solutions.dataset``.
        ``cim.solve(problem, algorithm, seed=solution.info["seed"], ...)`` repeats one of them alone.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed; the message says of which problem.
    landscapes.SweepError
        If a problem cannot be solved: with its name, after those in progress have ended.  The others are kept under
        ``path``.

    Notes
    -----
    Ctrl-C returns the solutions that there are.  Names of nodes and the like must be numbers, texts or tuples of these,
    as for :meth:`cim.Solution.save`.

    Examples
    --------
    >>> import ising_problems as ip
    >>> models = {f"spin glass {k}": ip.sherrington_kirkpatrick(30, seed=k) for k in range(3)}
    >>> solutions = solve_many(models)
    >>> solutions["spin glass 1"].energy == float(solutions.dataset["energy"].sel(problem="spin glass 1"))
    True
    """
    named = _named(problems)
    targets = _targets(target, named)
    for name in _DECIDED:
        if name in arguments:
            raise TypeError(f"{name}: cannot be passed on to each problem; see cim.solve_many's own arguments")
    for name, problem in named.items():
        _refuse_by_name(name, problem, algorithm, targets[name], arguments)
    solutions: dict[Any, Solution | None] = dict.fromkeys(named)

    def together(grid: Mapping[str, Sequence[Any]], cells: Results) -> xr.Dataset:
        solutions.update({cell["problem"]: None if part is None else _unpacked(part) for cell, part in cells})
        return solutions_table(solutions, [type(problem).__name__ for problem in named.values()])

    if not named:
        dataset = together({}, ())
        return Solutions({}, dataset.assign_attrs(status="completed"))
    dataset = run_cells(
        _solve_one,
        {"problem": list(named)},
        together,
        objects={"problem": {name: {"problem": named[name], "target": targets[name]} for name in named}},
        arguments={"algorithm": algorithm, "arguments": arguments},
        seed=seed,
        executor=executor,
        threads=threads,
        path=path,
        description="solving",
        progress=progress,
        callback=callback,
    )
    return Solutions(solutions, dataset)


def _solve_one(
    problem: Mapping[str, Any], seed: np.random.Generator, algorithm: str, arguments: Mapping[str, Any]
) -> xr.Dataset:
    """One cell: a solution, taken apart."""
    import xarray as xr

    number = int(seed.integers(_LARGEST_SEED))  # an integer, so that each solution can be repeated alone
    solution = solve(problem["problem"], algorithm, target=problem["target"], threads=1, seed=number, **arguments)
    if solution.status is Status.INTERRUPTED:
        raise KeyboardInterrupt  # Ctrl-C, which the search has caught; a solution cut short is not kept for this one
    record, arrays = solution.parts()
    text = np.frombuffer(json.dumps(record).encode(), dtype=np.uint8)
    variables: dict[str, Any] = {name: (_ARRAYS[name], array) for name, array in arrays.items()}
    return xr.Dataset({**variables, "record": ("byte", text)})


def _unpacked(part: xr.Dataset) -> Solution:
    record = json.loads(part["record"].values.tobytes().decode())
    return Solution.from_parts(record, {name: part[name].values for name in _ARRAYS})


# ---------------------------------------------------------------- the door


def _named(problems: Any) -> dict[Any, Problem | IsingModel]:
    """The problems by name, or by position."""
    if isinstance(problems, (Problem, IsingModel)):
        raise TypeError("problems: a sequence or mapping of them is needed, but it is a single one; call cim.solve")
    if isinstance(problems, Mapping):
        for name in problems:
            if not isinstance(name, str):
                raise TypeError(f"problems: a name must be a text, but one is {name!r}; pass a list to number them")
        return dict(problems)
    try:
        return dict(enumerate(problems))
    except TypeError:
        raise TypeError(f"problems: a sequence or mapping of them is needed, but it is {problems!r}") from None


def _targets(target: Any, named: Mapping[Any, Any]) -> dict[Any, float | None]:
    """The target of each problem."""
    if target is None or (np.ndim(target) == 0 and not isinstance(target, Mapping)):
        value = None if target is None else checked_number(target, "target")
        return dict.fromkeys(named, value)
    if isinstance(target, Mapping):
        unknown = [name for name in target if name not in named]
        if unknown:
            raise ValueError(
                f"target: {unknown[0]!r} is the name of no problem; those are {', '.join(map(str, named))}"
            )
        each = {name: target.get(name) for name in named}
    else:
        if len(target) != len(named):
            raise ValueError(
                f"target: one for all or one for each of the {len(named)} problems is needed, but there are "
                f"{len(target)}"
            )
        each = dict(zip(named, target, strict=True))
    return {name: None if value is None else checked_number(value, f"target[{name!r}]") for name, value in each.items()}


def _refuse_by_name(name: Any, problem: Any, algorithm: str, target: Any, arguments: Mapping[str, Any]) -> None:
    """What :func:`cim.solve` would refuse at the door, before any problem is solved."""
    if not isinstance(problem, (Problem, IsingModel)):
        raise TypeError(f"problems[{name!r}]: a Problem or an IsingModel is needed, not {type(problem).__name__}")
    checked_request(problem, algorithm, target=target, threads=1, **arguments)
