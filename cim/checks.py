"""Checks of numeric arguments: each error names the argument, shows its value and says what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["checked_integer", "checked_number", "checked_options"]


def checked_integer(value: Any, name: str, at_least: int) -> int:
    """An integer argument that is not below ``at_least``; a ``TypeError`` or ``ValueError`` otherwise."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name}: must be an integer, but it is {value!r}")
    if value < at_least:
        raise ValueError(f"{name}: must be at least {at_least}, but it is {value}")
    return int(value)


def checked_number(
    value: Any, name: str, *, above: float = -np.inf, at_least: float = -np.inf, below: float = np.inf
) -> float:
    """A finite real argument within its range; a ``TypeError`` or ``ValueError`` otherwise."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name}: must be a number, but it is {value!r}")
    number = float(value)
    if not np.isfinite(number):
        raise ValueError(f"{name}: must be finite, but it is {number}")
    if number <= above:
        raise ValueError(f"{name}: must be greater than {above:g}, but it is {number:g}")
    if number < at_least:
        raise ValueError(f"{name}: must be at least {at_least:g}, but it is {number:g}")
    if number >= below:
        raise ValueError(f"{name}: must be less than {below:g}, but it is {number:g}")
    return number


def checked_options(known: Mapping[str, Any], given: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """Defaults overlaid with what is given, or a ``TypeError`` that names the unknown option and the known ones."""
    for name in given:
        if name not in known:
            takes = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
            raise TypeError(f"{name}: {owner!r} has no option of that name; {takes}")
    return {**known, **given}
