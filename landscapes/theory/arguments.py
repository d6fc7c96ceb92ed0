"""Checks that the theory's functions share: arrays of finite numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ising_problems.checks import number_array

__all__ = ["finite_numbers"]


def finite_numbers(values: Any, name: str, largest: float = np.inf) -> np.ndarray:
    """Array of finite float64 none of which is larger in size than ``largest``, or a ``ValueError`` that names it."""
    numbers = number_array(values, name).astype(np.float64, copy=False)
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name}: finite numbers are needed, but it is {values!r}")
    if numbers.size and np.abs(numbers).max() > largest:
        raise ValueError(f"{name}: powers of numbers beyond {largest:g} overflow; rescale the model")
    return numbers
