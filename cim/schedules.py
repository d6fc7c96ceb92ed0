r"""Pump schedules: the pump as a function of the fraction u ∈ [0, 1] of the run.

In this package's unit the pump applied to a machine is :math:`a(u) = \mathrm{schedule}(u)\, \lambda_{\max}(J)/2`, so
that -2 is the oscillation threshold of every model: below it the origin is the only state, above it amplitudes grow
along the top eigenvector of J.  On the Sherrington–Kirkpatrick model, where :math:`\lambda_{\max} = 2`, the unit is 1
and the landscape's transitions lie at -2, -0.93 and -0.45 (Yamamura, Mabuchi, Ganguli, arXiv:2309.08119).

Schedules are frozen: two that are equal compare equal, and their ``repr`` rebuilds them.  Any function of u may stand
in for one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

__all__ = ["Schedule", "constant", "linear", "piecewise", "power", "sample", "smooth"]


class Schedule(ABC):
    """Pump (or temperature) as a function of the fraction u of the run."""

    def __call__(self, u: Any) -> Any:
        """Value at u, or at each u of an array; u outside [0, 1] is refused."""
        fraction = np.asarray(u, dtype=np.float64)
        if not np.all((fraction >= 0.0) & (fraction <= 1.0)):
            raise ValueError(f"u: the fraction of the run lies between 0 and 1, but it is {u!r}")
        values = self._at(fraction)
        return float(values) if fraction.ndim == 0 else values

    @abstractmethod
    def _at(self, u: np.ndarray) -> np.ndarray:
        """Values at fractions that are known to lie in [0, 1]."""


@dataclass(frozen=True, repr=False)
class _Linear(Schedule):
    start: float
    stop: float

    def _at(self, u: np.ndarray) -> np.ndarray:
        return self.start + (self.stop - self.start) * u

    def __repr__(self) -> str:
        return f"linear({self.start!r}, {self.stop!r})"


@dataclass(frozen=True, repr=False)
class _Smooth(Schedule):
    start: float
    stop: float

    def _at(self, u: np.ndarray) -> np.ndarray:
        return self.start + (self.stop - self.start) * u * u * (3.0 - 2.0 * u)

    def __repr__(self) -> str:
        return f"smooth({self.start!r}, {self.stop!r})"


@dataclass(frozen=True, repr=False)
class _Constant(Schedule):
    value: float

    def _at(self, u: np.ndarray) -> np.ndarray:
        return np.full_like(u, self.value)

    def __repr__(self) -> str:
        return f"constant({self.value!r})"


@dataclass(frozen=True, repr=False)
class _Power(Schedule):
    start: float
    stop: float
    exponent: float

    def _at(self, u: np.ndarray) -> np.ndarray:
        return self.stop + (self.start - self.stop) * (1.0 - u) ** self.exponent

    def __repr__(self) -> str:
        return f"power({self.start!r}, {self.stop!r}, {self.exponent!r})"


@dataclass(frozen=True, repr=False)
class _Piecewise(Schedule):
    points: tuple[tuple[float, float], ...]

    def _at(self, u: np.ndarray) -> np.ndarray:
        fractions, values = zip(*self.points, strict=True)
        return np.interp(u, fractions, values)

    def __repr__(self) -> str:
        return f"piecewise({[(float(u), float(value)) for u, value in self.points]!r})"


def linear(start: float, stop: float) -> Schedule:
    """Straight ramp from ``start`` to ``stop``.

    Examples
    --------
    >>> linear(-2.0, 0.0)(0.25)
    -1.5
    """
    return _Linear(_finite(start, "start"), _finite(stop, "stop"))


def smooth(start: float, stop: float) -> Schedule:
    """Ramp from ``start`` to ``stop`` that leaves and arrives at rest: start + (stop - start)(3u² - 2u³)."""
    return _Smooth(_finite(start, "start"), _finite(stop, "stop"))


def constant(pump: float) -> Schedule:
    """The same value throughout: a quench."""
    return _Constant(_finite(pump, "pump"))


def power(start: float, stop: float, exponent: float) -> Schedule:
    """Power of the time that is left: stop + (start - stop)(1 - u)^exponent, for temperatures that fall to their end.

    Above 1 it is steep at first and arrives at rest, below 1 it falls ever more steeply; 1 is a straight line.

    Raises
    ------
    ValueError
        If the exponent is not positive, or a number is not finite.

    Examples
    --------
    >>> power(0.4, 0.0, 2.0)(0.5)
    0.1
    """
    exponent = _finite(exponent, "exponent")
    if exponent <= 0.0:
        raise ValueError(f"exponent: must be greater than 0, but it is {exponent:g}; constant() stays where it is")
    return _Power(_finite(start, "start"), _finite(stop, "stop"), exponent)


def piecewise(points: Iterable[tuple[float, float]]) -> Schedule:
    """Straight lines through points (u, value), the first at u = 0 and the last at u = 1, u increasing.

    Raises
    ------
    ValueError
        If u does not start at 0, end at 1 and increase strictly, or a value is not finite.

    Examples
    --------
    >>> piecewise([(0.0, -2.0), (0.5, -0.93), (1.0, 0.0)])(0.75)
    -0.465
    """
    knots = []
    if not isinstance(points, Iterable):
        raise ValueError(f"points: pairs (u, value) are needed, but it is {points!r}")
    for position, point in enumerate(points):
        try:
            u, value = point
        except (TypeError, ValueError):
            raise ValueError(f"points: point {position} must be a pair (u, value), but it is {point!r}") from None
        knots.append((_finite(u, f"points[{position}]"), _finite(value, f"points[{position}]")))
    if len(knots) < 2 or knots[0][0] != 0.0 or knots[-1][0] != 1.0:
        raise ValueError(f"points: the first must be at u = 0 and the last at u = 1, but they are {knots}")
    for (before, _), (after, _) in pairwise(knots):
        if after <= before:
            raise ValueError(f"points: u must increase from point to point, but {after} follows {before}")
    return _Piecewise(tuple(knots))


def sample(schedule: Callable[[Any], Any] | float, steps: int, name: str = "schedule") -> np.ndarray:
    """Values of a schedule at each of a run's steps: the first at u = 0, the last at u = 1.

    Parameters
    ----------
    schedule : Schedule, callable of u, or a number for a constant one
    steps : int
    name : str
        What the argument is called where an error is read.

    Returns
    -------
    numpy.ndarray of float64, shape (steps,)

    Raises
    ------
    ValueError
        If a value is not a finite number.
    """
    fractions = np.linspace(0.0, 1.0, steps) if steps > 1 else np.ones(steps)
    if hasattr(schedule, "plan"):
        raise ValueError(f"{name}: {schedule!r} makes pump schedules for machines; here a schedule itself is needed")
    if isinstance(schedule, Schedule):
        return np.asarray(schedule(fractions), dtype=np.float64)
    if callable(schedule):
        values = np.array([_number(schedule(float(u)), u, name) for u in fractions])
    else:
        values = np.full(steps, _finite(schedule, name))
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        raise ValueError(f"{name}: the value at u = {fractions[wrong[0]]:g} is {values[wrong[0]]}, not a finite number")
    return values


def _number(value: Any, u: float, name: str) -> float:
    if not np.isscalar(value) or isinstance(value, (str, bytes, complex)):
        raise ValueError(f"{name}: the value at u = {u:g} is {value!r}, not a number")
    return float(value)


def _finite(value: Any, name: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: must be a number, but it is {value!r}") from None
    if not np.isfinite(number):
        raise ValueError(f"{name}: must be finite, but it is {number}")
    return number
