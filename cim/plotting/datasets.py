"""What the pictures of results ask for at the door: the Dataset of one function, with all that is drawn of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.checks import on_one_line

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["checked_dataset", "checked_datasets", "checked_panels"]


def checked_dataset(
    given: Any,
    name: str,
    source: str,
    *variables: str,
    dimensions: Sequence[str] = (),
    attributes: Sequence[str] = (),
) -> xr.Dataset:
    """A Dataset that holds what is drawn, or an error that names the function whose result is needed.

    Parameters
    ----------
    given : object
    name : str
        What the argument is called where the error is read.
    source : str
        The function that makes such datasets.
    *variables : str
        Variables that it must have.
    dimensions, attributes : sequence of str
        Dimensions and attributes that it must have.

    Raises
    ------
    TypeError
        If it is no Dataset.
    ValueError
        If it lacks something, or nothing is left of a dimension.
    """
    if not hasattr(given, "data_vars"):
        raise TypeError(f"{name}: the Dataset of {source} is needed, not {type(given).__name__}")
    absent = [repr(variable) for variable in variables if variable not in given.variables]
    absent += [repr(one) for one in dimensions if one not in given.dims and one not in given.variables]
    absent += [f"attribute {attribute!r}" for attribute in attributes if attribute not in given.attrs]
    if absent:
        raise ValueError(f"{name}: it has no {' and no '.join(absent)}; pass what {source} returns")
    for dimension in dimensions:
        if dimension not in given.dims:
            value = given[dimension].values
            raise ValueError(
                f"{name}: {dimension!r} is {value!s} alone and no dimension any more; select from it with a list, "
                f"as in .sel({dimension}=[{value.tolist()!r}])"
            )
        if not given.sizes[dimension]:
            raise ValueError(f"{name}: its dimension {dimension!r} is empty, and nothing is left to draw")
    return given


def checked_datasets(given: Any, name: str, source: str, *variables: str, **needed: Sequence[str]) -> dict[str, Any]:
    """Datasets by what they are called, each as :func:`checked_dataset` wants it; a single one has no name."""
    if hasattr(given, "data_vars"):  # which is a Mapping as well
        return {"": checked_dataset(given, name, source, *variables, **needed)}
    if not isinstance(given, Mapping):
        raise TypeError(
            f"{name}: the Dataset of {source} is needed, or a mapping from names to such, not {type(given).__name__}"
        )
    if not given:
        raise ValueError(f"{name}: there is none to draw; pass what {source} returns")
    return {
        str(label): checked_dataset(one, f"{name}[{label!r}]", source, *variables, **needed)
        for label, one in given.items()
    }


def checked_panels(axes: Any, count: int) -> np.ndarray:
    """As many Axes as there are panels, or a ``ValueError``."""
    panels = np.asarray(axes, dtype=object).ravel()
    if len(panels) != count:
        raise ValueError(f"axes: {count} Axes are needed, but there are {len(panels)}")
    for panel in panels:
        if not hasattr(panel, "get_xaxis"):
            raise TypeError(f"axes: matplotlib Axes are needed, but one is {on_one_line(panel)}")
    return panels
