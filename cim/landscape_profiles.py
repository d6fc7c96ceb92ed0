r"""Step and clip as functions of the run, from what the landscape's theory says of the state at each pump.

The pump of a run fixes, through the ground state of Sherrington and Kirkpatrick's model with full replica-symmetry
breaking (:func:`landscapes.theory.phase_lines`), the mean square amplitude q(a) that is to be expected: 0 at the
threshold, 1.13 at -0.45, 1.56 at 0.  Two profiles follow.

*Clip.*  :math:`\mathrm{clip}(u) = f \sqrt{q(a(u))}`: all amplitudes are kept below a fixed part of the expected one, so
that they become alike long before the end, as spins are, while at each pump the wall stands where the state would be.

*Step.*  The Hessian at amplitudes of size x is at most :math:`L = 3x^2 - a - \lambda_{\min}(J)`, and the explicit step
is stable up to :math:`2(1+m)/L` with the momentum m (Polyak, USSR Comput. Math. Math. Phys. 4, 1 (1964)).  With the
expected :math:`x^2 = q(a)`, or the square of the clip where that is less,

.. math:: \Delta(u) = f\, \frac{2 (1+m)}{3 x^2 - a - \lambda_{\min}} ,

long at the threshold, where the state is small, and shorter by a third at the end.  (Where a clip makes
:math:`3x^2 < a`, the couplings' :math:`-\lambda_{\min}` alone is what bounds the step.)

All in machine units (:mod:`cim.dynamics.base`): pumps and eigenvalues in units of λ_max(J)/2, amplitudes of its root,
times of its inverse.  Both profiles belong to one pump schedule, which they carry with them.

Source of the states: Yamamura, Mabuchi, Ganguli, arXiv:2309.08119.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ising_problems.checks import checked_number

from .schedule_rules import ScheduleRule
from .schedules import Schedule, sample

__all__ = ["amplitude_clip", "curvature_step", "expected_square"]

_CHECKED_STEPS = 101


def expected_square(pump: Any) -> np.ndarray:
    """Mean square amplitude q of the ground state at pumps in units of λ_max(J)/2, from the theory's table.

    Beyond the table, at 2.4, amplitudes grow as the pump does: dq/da = 1.
    """
    pumps, squares = _table()
    a = np.asarray(pump, dtype=np.float64)
    return np.interp(a, pumps, squares) + np.maximum(a - pumps[-1], 0.0)


@dataclass(frozen=True, repr=False)
class _AmplitudeClip(Schedule):
    schedule: Callable[[Any], Any]
    factor: float
    least: float

    def _at(self, u: np.ndarray) -> np.ndarray:
        return np.maximum(self.factor * np.sqrt(expected_square(_pumps(self.schedule, u))), self.least)

    def __repr__(self) -> str:
        return f"amplitude_clip({self.schedule!r}, {self.factor!r}, least={self.least!r})"


@dataclass(frozen=True, repr=False)
class _CurvatureStep(Schedule):
    schedule: Callable[[Any], Any]
    factor: float
    momentum: float
    clip: float
    smallest_eigenvalue: float

    def _at(self, u: np.ndarray) -> np.ndarray:
        a = _pumps(self.schedule, u)
        square = np.minimum(expected_square(a), self.clip**2)
        # amplitudes held below what the pump would make of them bend the other way: then the couplings alone count
        curvature = np.maximum(3.0 * square - a, 0.0) - self.smallest_eigenvalue
        return self.factor * 2.0 * (1.0 + self.momentum) / curvature

    def __repr__(self) -> str:
        clip = "" if np.isinf(self.clip) else f", clip={self.clip!r}"
        return (
            f"curvature_step({self.schedule!r}, {self.factor!r}, momentum={self.momentum!r}{clip}, "
            f"smallest_eigenvalue={self.smallest_eigenvalue!r})"
        )


def amplitude_clip(schedule: Callable[[Any], Any], factor: float = 0.5, *, least: float = 0.05) -> Schedule:
    """Clip that rises with the pump: a part of the root-mean-square amplitude that is to be expected there.

    Parameters
    ----------
    schedule : Schedule or callable of u
        The run's pump, in units of λ_max(J)/2.
    factor : float, default 0.5
        The part.
    least : float, default 0.05
        The clip where that is smaller: at the threshold and below nothing is expected, and nothing would be let in.

    Returns
    -------
    Schedule
        For ``clip=`` of a machine, in units of √(λ_max(J)/2).

    Raises
    ------
    ValueError, TypeError
        If a number is out of range, or the schedule is none.

    Examples
    --------
    >>> from cim import linear
    >>> clip = amplitude_clip(linear(-2.2, 0.0))
    >>> clip(0.0), round(clip(1.0), 3)
    (0.05, 0.625)
    """
    return _AmplitudeClip(
        _checked_schedule(schedule),
        checked_number(factor, "factor", above=0.0),
        checked_number(least, "least", above=0.0),
    )


def curvature_step(
    schedule: Callable[[Any], Any],
    factor: float = 0.8,
    *,
    momentum: float = 0.0,
    clip: float | None = None,
    smallest_eigenvalue: float = -2.0,
) -> Schedule:
    """Time step that follows the curvature: a part of the longest stable one at the amplitudes to be expected.

    Parameters
    ----------
    schedule : Schedule or callable of u
        The run's pump, in units of λ_max(J)/2.
    factor : float, default 0.8
        The part.
    momentum : float, default 0
        The machine's.
    clip : float, optional
        The machine's, if it has one.
    smallest_eigenvalue : float, default -2
        Of J, in units of λ_max(J)/2; -2 for a spectrum that is symmetric, such as Sherrington and Kirkpatrick's.

    Returns
    -------
    Schedule
        For ``dt=`` of a machine, in units of 2/λ_max(J).

    Raises
    ------
    ValueError, TypeError
        If a number is out of range, or the schedule is none.

    Examples
    --------
    >>> from cim import linear
    >>> step = curvature_step(linear(-2.0, 0.0), 1.0)
    >>> step(0.0), round(step(1.0), 3)
    (0.5, 0.299)
    """
    return _CurvatureStep(
        _checked_schedule(schedule),
        checked_number(factor, "factor", above=0.0),
        checked_number(momentum, "momentum", at_least=0.0, below=1.0),
        np.inf if clip is None else checked_number(clip, "clip", above=0.0),
        checked_number(smallest_eigenvalue, "smallest_eigenvalue", below=0.0),
    )


def _checked_schedule(schedule: Any) -> Callable[[Any], Any]:
    if isinstance(schedule, ScheduleRule) or not callable(schedule):
        raise TypeError(f"schedule: a pump schedule, a function of u, is needed, but it is {schedule!r}")
    sample(schedule, _CHECKED_STEPS)
    return schedule


def _pumps(schedule: Callable[[Any], Any], u: np.ndarray) -> np.ndarray:
    if isinstance(schedule, Schedule):
        return np.asarray(schedule(u), dtype=np.float64)
    return np.array([float(schedule(float(v))) for v in np.ravel(u)]).reshape(np.shape(u))


@cache
def _table() -> tuple[np.ndarray, np.ndarray]:
    from landscapes.theory import phase_lines

    lines = phase_lines()
    return lines["pump"], lines["q"]
