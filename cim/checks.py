"""Checks that only the machines need; the general ones are in :mod:`ising_problems.checks`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.checks import checked_integer, on_one_line

__all__ = ["checked_model", "checked_moments", "checked_options"]


def checked_model(model: Any) -> IsingModel:
    """An IsingModel, or a ``TypeError`` that says how to make one of what was given."""
    if not isinstance(model, IsingModel):
        remedy = "problem.to_ising() gives one" if isinstance(model, Problem) else "IsingModel(J) makes one of a matrix"
        raise TypeError(f"model: an IsingModel is needed, not {type(model).__name__}; {remedy}")
    return model


def checked_options(known: Mapping[str, Any], given: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """Defaults overlaid with what is given, or a ``TypeError`` that names the unknown option and the known ones."""
    for name in given:
        if name not in known:
            takes = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
            raise TypeError(f"{name}: {owner!r} has no option of that name; {takes}")
    return {**known, **given}


def checked_moments(record_steps: int | Sequence[int], steps: int) -> np.ndarray:
    """Numbers of steps taken at which to record, increasing."""
    if isinstance(record_steps, (int, np.integer)) and not isinstance(record_steps, bool):
        count = checked_integer(record_steps, "record_steps", 1)
        return np.unique(np.rint(np.linspace(0, steps, count + 1)).astype(np.int64))
    moments = np.asarray(record_steps)
    if moments.ndim != 1 or moments.dtype.kind not in "iu" or (len(moments) and not (np.diff(moments) > 0).all()):
        raise ValueError(
            f"record_steps: must be a count or increasing numbers of steps taken, but it is {on_one_line(record_steps)}"
        )
    if len(moments) and not (moments[0] >= 0 and moments[-1] <= steps):
        raise ValueError(f"record_steps: must lie between 0 and {steps}, but they are {moments[0]} … {moments[-1]}")
    return moments.astype(np.int64)
