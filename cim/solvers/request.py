"""What a call of :func:`cim.solve` asks for, and what its callback is told meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ising_problems import IsingModel, Problem

from .base import Solver

__all__ = ["Progress", "Request"]


@dataclass(frozen=True)
class Progress:
    """What a callback is told.

    Attributes
    ----------
    elapsed : float
        Seconds since the call.
    fraction : float
        How much of the work, or of the time, is over; 0 to 1.
    energy : float or None
        The lowest energy verified so far, from the user's model; None before the first.
    """

    elapsed: float
    fraction: float
    energy: float | None


@dataclass(frozen=True)
class Request:
    """What was asked of :func:`cim.solve`, checked; attributes as its arguments."""

    problem: Problem | IsingModel
    solver: Solver
    options: Mapping[str, Any]
    replicas: int | None = None
    steps: int | None = None
    time_limit: float | None = None
    target: float | None = None
    schedule: Any = None
    initial: Any = None
    polish: bool = True
    threads: int = 1
    seed: int | np.random.Generator | None = None
    repair: bool = True
