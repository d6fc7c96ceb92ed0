"""Lists of numbers as the number problems take them: whole where a penalty's proof needs it, and exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["checked_real", "drowns", "exact_array", "real_numbers", "whole_numbers"]

# Sums of integers below this, and their halves, are exact in float64.
_LARGEST_EXACT_SUM = 2**52
# Squares and products with penalties must fit in a float.
_LARGEST_FLOAT_SUM = 1e150
# Energies of whole numbers below this are exact in float64, their halves and quarters included.
_LARGEST_EXACT_ENERGY = 2**51
# Of the greatest value: how far float values may be rounded.
_FLOAT_ROUNDING = 2**-10


def real_numbers(values: Any, name: str, *, at_least: float | None = None) -> np.ndarray:
    """Finite numbers as a read-only array, int64 where all are integers, else float64.

    Raises
    ------
    ValueError
        If a number is not finite or below ``at_least``, or their sum is beyond what is exact.
    TypeError
        If ``values`` is not a list of real numbers.
    """
    items = _listed(values, name)
    for i, value in enumerate(items):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"{name}: entry {i} is {value!r}, not an int or a float")
        if not np.isfinite(value):
            raise ValueError(f"{name}: entry {i} is {value!r}; every entry must be finite")
        if at_least is not None and value < at_least:
            raise ValueError(f"{name}: entry {i} is {value!r}; no entry may be less than {at_least:g}")
    return exact_array(items, name)


def whole_numbers(values: Any, name: str, scaled: str, *, at_least: int = 0) -> np.ndarray:
    """Whole numbers as a read-only int64 array; floats that are whole are taken as the integers they are.

    Parameters
    ----------
    values : iterable of int
    name : str
        What the argument is called.
    scaled : str
        What must be multiplied by one factor to make the entries whole, for the error message.
    at_least : int

    Raises
    ------
    ValueError
        If an entry is not whole or too small, or their sum is beyond what is exact.
    TypeError
        If ``values`` is not a list of real numbers.
    """
    items = _listed(values, name)
    for i, value in enumerate(items):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"{name}: entry {i} is {value!r}, not an integer")
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError(f"{name}: entry {i} is {value!r}; every entry must be finite")
        if value != int(value):
            raise ValueError(
                f"{name}: entry {i} is {value!r}, but whole numbers are needed; multiply {scaled} by a common factor "
                "that makes them whole"
            )
        if value < at_least:
            raise ValueError(f"{name}: entry {i} is {value!r}; no entry may be less than {at_least}")
    return exact_array([int(value) for value in items], name)


def exact_array(items: Sequence[int | float], name: str) -> np.ndarray:
    """Finite numbers as a read-only array, int64 where all are integers, else float64.

    Raises
    ------
    ValueError
        If their sum is beyond what is exact.
    """
    whole = all(isinstance(value, (int, np.integer)) for value in items)
    total = sum(abs(int(value)) if whole else abs(float(value)) for value in items)
    if whole and total >= _LARGEST_EXACT_SUM:
        raise ValueError(
            f"{name}: the absolute values add up to {float(total):.3g}, beyond 2**52, where sums are rounded; divide "
            "out a common factor"
        )
    if total > _LARGEST_FLOAT_SUM:
        raise ValueError(f"{name}: the absolute values add up to more than 1e150; scale them down")
    array = np.array(items, dtype=np.int64 if whole else np.float64)
    array.flags.writeable = False
    return array


def drowns(values: np.ndarray, energy: float) -> bool:
    """Whether values lose too much beside an energy in float64: anything if whole, else 1/1000 of the greatest."""
    unit = 1.0 if values.dtype.kind == "i" else _FLOAT_ROUNDING * float(np.abs(values).max(initial=0)) or 1.0
    return energy >= _LARGEST_EXACT_ENERGY * unit


def checked_real(value: Any, name: str, *, at_least: float | None = None) -> int | float:
    """One finite number, an int where it is one; a ``TypeError`` or ``ValueError`` otherwise."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name}: must be a number, but it is {value!r}")
    if not np.isfinite(float(value)):
        raise ValueError(f"{name}: must be finite, but it is {value!r}")
    if at_least is not None and value < at_least:
        raise ValueError(f"{name}: must be at least {at_least:g}, but it is {value!r}")
    if isinstance(value, int) and abs(value) >= _LARGEST_EXACT_SUM:
        raise ValueError(f"{name}: {value} is beyond 2**52, where sums are rounded; scale it down")
    return value


def _listed(values: Any, name: str) -> list[Any]:
    if isinstance(values, (str, bytes, Mapping, set, frozenset)) or not isinstance(values, Iterable):
        raise TypeError(f"{name}: a list of numbers is needed, but it is a {type(values).__name__}")
    try:
        return [value.item() if isinstance(value, np.generic) else value for value in values]
    except TypeError:  # an array of no dimension
        raise TypeError(f"{name}: a list of numbers is needed, but it is {values!r}") from None
