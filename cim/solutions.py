"""What :func:`cim.solve_many` returns: the solutions in order, and a table of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from .results import Solution, Status

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Solutions", "solutions_table"]


class Solutions(Sequence[Solution | None]):
    """Solutions of many problems, in the order in which these were given; None where one was not reached.

    Entries are taken by position or by the problem's name.

    Parameters
    ----------
    solutions : mapping from name to Solution or None
        Names are the keys of the mapping that was solved, or positions from 0 on.
    dataset : xarray.Dataset
        The table of them.

    Attributes
    ----------
    names : tuple
    dataset : xarray.Dataset
        Over the dimension ``problem``: ``kind``, ``num_spins``; ``energy``, ``objective`` (of a bare model its energy),
        ``feasible`` (True of a bare model), ``violations`` (how many), ``lower_bound`` (NaN where there is none),
        ``status``, ``algorithm``, ``hits`` of ``attempts``, ``solve_seed``, which repeats the one run, and ``seconds``
        of wall time without compiling.  NaN, an empty text or False where a solution is missing.
    status : str
        "completed", or "interrupted" by Ctrl-C or the callback.
    """

    def __init__(self, solutions: Mapping[Any, Solution | None], dataset: xr.Dataset) -> None:
        self._solutions = dict(solutions)
        self.names = tuple(solutions)
        self.dataset = dataset
        self.status = str(dataset.attrs["status"])

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, key: int | str) -> Solution | None: ...
    @overload
    def __getitem__(self, key: slice) -> list[Solution | None]: ...
    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return [self._solutions[name] for name in self.names[key]]
        if isinstance(key, str):
            if key not in self._solutions:
                raise KeyError(f"{key!r} is none of the problems; those are {', '.join(map(str, self.names))}")
            return self._solutions[key]
        return self._solutions[self.names[key]]

    def __iter__(self) -> Iterator[Solution | None]:
        return iter(self._solutions.values())

    def items(self) -> Iterator[tuple[Any, Solution | None]]:
        """Names and solutions."""
        return iter(self._solutions.items())

    def __repr__(self) -> str:
        reached = [solution for solution in self if solution is not None]
        infeasible = sum(solution.feasible is False for solution in reached)
        optimal = sum(solution.status is Status.OPTIMAL for solution in reached)
        said = f"{len(reached)} of {len(self)} problems solved, {optimal} proven optimal, {infeasible} infeasible"
        return f"Solutions({said}, status={self.status})"


_COLUMNS: dict[str, Any] = {
    "kind": "",
    "num_spins": np.nan,
    "energy": np.nan,
    "objective": np.nan,
    "feasible": False,
    "violations": np.nan,
    "lower_bound": np.nan,
    "status": "",
    "algorithm": "",
    "hits": np.nan,
    "attempts": np.nan,
    "solve_seed": "",
    "seconds": np.nan,
}


def solutions_table(solutions: Mapping[Any, Solution | None], kinds: Sequence[str]) -> xr.Dataset:
    """The table of :class:`Solutions`."""
    import xarray as xr

    rows = [
        _row(kind, solution) if solution is not None else {**_COLUMNS, "kind": kind}
        for kind, solution in zip(kinds, solutions.values(), strict=True)
    ]
    columns = {name: ("problem", np.array([row[name] for row in rows])) for name in _COLUMNS}
    return xr.Dataset(columns, coords={"problem": list(solutions)})


def _row(kind: str, solution: Solution) -> dict[str, Any]:
    info = solution.info
    return {
        "kind": kind,
        "num_spins": len(solution.spins),
        "energy": solution.energy,
        "objective": solution.energy if solution.objective is None else solution.objective,
        "feasible": solution.feasible is not False,
        "violations": len(solution.violations or ()),
        "lower_bound": np.nan if solution.lower_bound is None else solution.lower_bound,
        "status": str(solution.status),
        "algorithm": str(info["algorithm"]),
        "hits": info["hits"],
        "attempts": info["attempts"],
        "solve_seed": str(info["seed"]),  # an integer of 63 bits, which a float would round
        "seconds": info["timings"]["total"] - info["timings"]["compilation"],
    }
