"""What a sweep is given, checked at the door: its grid, the objects behind the coordinates, its function.

See :func:`landscapes.run_sweep`.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import numpy as np

from ising_problems.checks import on_one_line

from .cells import Objects

__all__ = ["check_function", "checked_grid", "checked_objects"]


def checked_grid(coordinates: Any) -> dict[str, list[Any]]:
    """The values of each dimension, as Python has them."""
    if not isinstance(coordinates, Mapping) or not coordinates:
        raise TypeError(f"coordinates: a mapping from dimensions to values is needed, but it is {coordinates!r}")
    grid = {}
    for name, values in coordinates.items():
        if not isinstance(name, str) or not name.isidentifier() or name == "seed":
            raise ValueError(
                f"coordinates: {name!r} cannot name an argument of the function; use a word but not 'seed'"
            )
        if isinstance(values, (str, bytes)) or np.ndim(values) != 1 or len(values) == 0:
            raise ValueError(f"coordinates[{name!r}]: a sequence of one value or more is needed, but it is {values!r}")
        grid[name] = list(_checked_values(name, values))
    return grid


def _checked_values(name: str, values: Sequence[Any]) -> Iterator[Any]:
    seen: set[Any] = set()
    for value in values:
        plain = value.item() if isinstance(value, np.generic) else value
        if isinstance(plain, bool) or not isinstance(plain, (int, float, str)):
            raise TypeError(f"coordinates[{name!r}]: numbers or strings are needed, but one is {value!r}")
        if isinstance(plain, float) and not np.isfinite(plain):
            raise ValueError(f"coordinates[{name!r}]: must be finite, but one is {plain}")
        if plain in seen:
            raise ValueError(f"coordinates[{name!r}]: each value must be there once, but {plain!r} is there twice")
        seen.add(plain)
        yield plain
    if len({isinstance(value, str) for value in seen}) > 1:
        raise TypeError(f"coordinates[{name!r}]: numbers and strings cannot be mixed")


def checked_objects(objects: Any, grid: Mapping[str, Sequence[Any]]) -> Objects:
    """What each value of a dimension stands for, by the value."""
    if objects is None:
        return {}
    if not isinstance(objects, Mapping):
        raise TypeError(f"objects: a mapping from dimensions is needed, but it is {on_one_line(objects)}")
    things: dict[str, dict[Any, Any]] = {}
    for name, given in objects.items():
        if name not in grid:
            raise ValueError(f"objects: {name!r} is not a dimension of the grid; those are {', '.join(grid)}")
        values = grid[name]
        if isinstance(given, Mapping):
            missing = [value for value in values if value not in given]
            if missing:
                raise ValueError(f"objects[{name!r}]: there is none for {missing[0]!r}; give one for each value")
            things[name] = {value: given[value] for value in values}
        elif isinstance(given, Sequence) and not isinstance(given, (str, bytes)):
            if len(given) != len(values):
                raise ValueError(
                    f"objects[{name!r}]: one for each of the {len(values)} values of the coordinate is needed, but "
                    f"there are {len(given)}"
                )
            things[name] = dict(zip(values, given, strict=True))
        else:
            raise TypeError(f"objects[{name!r}]: a list or a mapping is needed, but it is {on_one_line(given)}")
    return things


def check_function(
    function: Any, grid: Mapping[str, Any], arguments: Mapping[str, Any], things: Objects, executor: Executor | None
) -> None:
    """Refuse what cannot be called, or not where it is to run."""
    if not callable(function):
        raise TypeError(f"function: something to call is needed, but it is {function!r}")
    for name in arguments:
        if name in grid or name == "seed":
            raise ValueError(f"arguments: {name!r} is given by the sweep itself; leave it out")
    if executor is None or isinstance(executor, ThreadPoolExecutor):
        return
    if not isinstance(executor, Executor) and not hasattr(executor, "submit"):
        raise TypeError(f"executor: a concurrent.futures.Executor is needed, but it is {executor!r}")
    try:
        pickle.dumps((function, arguments))
    except Exception as error:
        raise ValueError(
            f"function: it or its arguments cannot be sent to another process ({error}); define it at the top of a "
            "module, or run the sweep in threads"
        ) from None
    for name, known in things.items():
        for value, thing in known.items():
            try:
                pickle.dumps(thing)
            except Exception as error:
                raise ValueError(
                    f"objects[{name!r}]: that of {value!r} cannot be sent to another process ({error}); run the sweep "
                    "in threads"
                ) from None
