"""The cells of a grid put together: one labelled data set, with NaN where a cell is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["assembled"]


def assembled(
    grid: Mapping[str, Sequence[Any]], cells: Sequence[tuple[Mapping[str, Any], xr.Dataset | None]]
) -> xr.Dataset:
    """Data set over a grid.

    Parameters
    ----------
    grid : mapping from dimension to values
    cells : sequence of (coordinates, dataset or None)
        In the order of the product of the grid's values; None for a cell that is missing.

    Returns
    -------
    xarray.Dataset
        Variables have the grid's dimensions before their own.  Integers and booleans become floats where a cell is
        missing; text becomes empty.

    Raises
    ------
    ValueError
        If the cells' results differ in names, dimensions, lengths or coordinates.
    """
    import xarray as xr

    shape = tuple(len(values) for values in grid.values())
    present = [(coordinates, dataset) for coordinates, dataset in cells if dataset is not None]
    result = xr.Dataset(coords={name: list(values) for name, values in grid.items()})
    if not present:
        return result
    first = present[0][1]
    for coordinates, dataset in present[1:]:
        _check_alike(first, dataset, coordinates)
    complete = len(present) == len(cells)
    variables = {}
    for name, variable in first.data_vars.items():
        columns = [None if dataset is None else dataset[name].values for _, dataset in cells]
        dtype = np.result_type(*[column.dtype for column in columns if column is not None])
        empty: Any = "" if dtype.kind == "U" else np.nan
        if not complete and dtype.kind in "biu":
            dtype = np.dtype(np.float64)
        values = np.full((len(cells), *variable.shape), empty if dtype.kind in "fU" else 0, dtype=dtype)
        for k, column in enumerate(columns):
            if column is not None:
                values[k] = column
        dimensions = (*grid, *variable.dims)
        variables[name] = (dimensions, values.reshape(*shape, *variable.shape), variable.attrs)
    inner = {name: coordinate.variable for name, coordinate in first.coords.items()}
    return result.assign_coords(inner).assign(variables)


def _check_alike(first: xr.Dataset, other: xr.Dataset, coordinates: Mapping[str, Any]) -> None:
    where = f"the cell {dict(coordinates)} differs from the first one in"
    if set(first.variables) != set(other.variables):
        odd = sorted(map(str, set(first.variables) ^ set(other.variables)))
        raise ValueError(f"function: {where} the names of its results: {', '.join(odd)}")
    for name, variable in first.variables.items():
        there = other.variables[name]
        if variable.dims != there.dims or variable.shape != there.shape:
            raise ValueError(
                f"function: {where} the shape of {name!r}, {there.shape} instead of {variable.shape}; "
                "results of one sweep must have the same shape in all its cells"
            )
        if name in first.coords and not np.array_equal(variable.values, there.values):
            raise ValueError(f"function: {where} the coordinate {name!r}")
