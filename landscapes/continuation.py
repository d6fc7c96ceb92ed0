r"""Following critical points of a family of energies from s = 0 to s = 1 without a change of index.

Along a family :math:`E_s` a non-degenerate critical point moves on a smooth path x(s),

.. math:: H_s(x)\, \frac{dx}{ds} = -\partial_s \nabla E_s(x) ,

on which its index cannot change: an eigenvalue would have to pass through zero, and there the path turns back in s
(a fold, where two critical points whose indices differ by one meet and vanish) or, in special families, branches.
Two families are offered.

*In the pump* (:class:`PumpFamily`): the soft-spin energy at :math:`a(s) = a_0 + s (a_1 - a_0)`, along which
:math:`dx/da = H^{-1} x`.

*From a start of one's own* (:class:`TiltedFamily`), for any energy:

.. math:: E_s(x) = E(x) + (1 - s) \left[ \tfrac c2 |x|^2 - b \cdot x \right] .

Given any point x₀ and any index k, let c be minus the middle between the k-th and the (k+1)-th eigenvalue of H(x₀), and
:math:`b = \nabla E(x_0) + c\, x_0`: then x₀ **is** a critical point of :math:`E_0`, and its index is k.  For the
soft-spin energy c lowers the pump to where a saddle of index k lies close to the origin, and b unfolds the pitchforks
that the origin meets as the pump rises.  Since far more critical points are born than vanish as the pump rises, most
paths arrive.

The steps are predictor and corrector: a cubic through the last two points and their tangents, then Newton's method
with one factorisation :math:`L D L^{\mathsf T}` of the Hessian at the predicted point, whose inertia is the index.  A
step is taken again at half its length where the correction is large, does not contract, or the index is another one.

Sources: Allgower, Georg, *Introduction to Numerical Continuation Methods* (SIAM, 2003), chapters 2 and 6; for the
inertia Bunch, Kaufman, Math. Comp. 31, 163 (1977).
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple, Protocol

import numpy as np

from .energies import Energy, SoftSpinEnergy
from .symmetric_factors import Factors

__all__ = ["ARRIVED", "FOLD", "STEPS_USED_UP", "STOPPED", "Paths", "PumpFamily", "TiltedFamily", "follow"]

ARRIVED, FOLD, STEPS_USED_UP, STOPPED = "arrived", "fold", "steps used up", "stopped"

_FIRST_STEP = 0.02
_LARGEST_STEP = 0.2
_AIMED_ERROR = 0.05  # Euclidean length of a correction that keeps the step as it is
_LARGEST_ERROR = 0.4
_LARGEST_MOVE = 3.0
_CORRECTIONS = 3
_CONTRACTION = 0.5  # of each correction against the one before
_CONVERGED = 1e-3  # length of the last correction
_NEGLIGIBLE = 1e-7  # corrections below this are not compared


class Family(Protocol):
    """A family of energies, one for each row of a batch of points, at 0 ≤ s ≤ 1."""

    def take(self, rows: np.ndarray) -> Family:
        """Only some of the rows."""

    def gradient(self, x: np.ndarray, s: np.ndarray) -> np.ndarray:
        """∇E_s, (m, n)."""

    def hessian(self, x: np.ndarray, s: np.ndarray) -> np.ndarray:
        """Hessian of E_s, (m, n, n)."""

    def drift(self, x: np.ndarray, s: np.ndarray) -> np.ndarray:
        """-∂∇E_s/∂s, (m, n)."""


class TiltedFamily:
    """E(x) + (1 - s)[c|x|²/2 - b·x], with a c and a b for each path.

    Parameters
    ----------
    energy : Energy
    curvature : numpy.ndarray, shape (m,)
        c.
    tilt : numpy.ndarray, shape (m, n)
        b.
    """

    def __init__(self, energy: Energy, curvature: np.ndarray, tilt: np.ndarray) -> None:
        self._energy, self._curvature, self._tilt = energy, curvature[:, None], tilt

    @classmethod
    def through(cls, energy: Energy, x: np.ndarray, index: np.ndarray) -> TiltedFamily:
        """The family of which each x is, at s = 0, a critical point of the given index."""
        spectrum = np.linalg.eigvalsh(energy.hessian(x))
        width = np.ptp(spectrum, axis=1) + 1.0
        ladder = np.column_stack([spectrum[:, 0] - width, spectrum, spectrum[:, -1] + width])
        rows = np.arange(len(x))
        curvature = -0.5 * (ladder[rows, index] + ladder[rows, index + 1])
        return cls(energy, curvature, energy.gradient(x) + curvature[:, None] * x)

    def take(self, rows: np.ndarray) -> TiltedFamily:
        """Only some of the paths."""
        return TiltedFamily(self._energy, self._curvature[rows, 0], self._tilt[rows])

    def gradient(self, x: np.ndarray, s: np.ndarray) -> np.ndarray:
        """∇E + (1 - s)(c x - b)."""
        return self._energy.gradient(x) + (1.0 - s)[:, None] * self.drift(x, s)

    def hessian(self, x: np.ndarray, s: np.ndarray) -> np.ndarray:
        """H + (1 - s) c."""
        hessian = self._energy.hessian(x)
        diagonal = np.arange(x.shape[1])
        hessian[:, diagonal, diagonal] += (1.0 - s)[:, None] * self._curvature
        return hessian

    def drift(self, x: np.ndarray, s: np.ndarray) -> np.ndarray:
        """C x - b, at every s."""
        return self._curvature * x - self._tilt


class PumpFamily:
    """Soft-spin energies at pumps a₀ + s (a₁ - a₀), with an a₀ for each path.

    Parameters
    ----------
    energy : SoftSpinEnergy
        At the pump a₁.
    start : numpy.ndarray, shape (m,)
        a₀.
    """

    def __init__(self, energy: SoftSpinEnergy, start: np.ndarray) -> None:
        self._energy, self._start = energy, start

    def take(self, rows: np.ndarray) -> PumpFamily:
        """Only some of the paths."""
        return PumpFamily(self._energy, self._start[rows])

    def gradient(self, x: np.ndarray, s: np.ndarray) -> np.ndarray:
        """The gradient at the pump a(s)."""
        return self._energy.gradient(x) + (1.0 - s)[:, None] * self.drift(x, s)

    def hessian(self, x: np.ndarray, s: np.ndarray) -> np.ndarray:
        """The Hessian at the pump a(s)."""
        hessian = self._energy.hessian(x)
        diagonal = np.arange(x.shape[1])
        hessian[:, diagonal, diagonal] -= ((1.0 - s) * (self._start - self._energy.pump))[:, None]
        return hessian

    def drift(self, x: np.ndarray, s: np.ndarray) -> np.ndarray:
        """(a₁ - a₀) x."""
        return (self._energy.pump - self._start)[:, None] * x


class Paths(NamedTuple):
    """Where paths ended: ``x`` (m, n), ``s`` (m,), ``status`` (m,) of str and how many ``steps`` (m,) each took."""

    x: np.ndarray
    s: np.ndarray
    status: np.ndarray
    steps: np.ndarray


def follow(
    family: Any,
    x: np.ndarray,
    index: np.ndarray,
    *,
    start: np.ndarray | None = None,
    shortest: float = 3e-4,
    most_steps: int = 400,
    stop: threading.Event | None = None,
) -> Paths:
    """Follow critical points from s = 0, or where ``start`` says, to s = 1.

    Parameters
    ----------
    family : Family
    x : numpy.ndarray, shape (m, n)
        Critical points at the beginning.
    index : numpy.ndarray of int, shape (m,)
        Their indices, which are kept.
    start : numpy.ndarray, shape (m,), optional
        s at the beginning.
    shortest : float
        Steps shorter than this mean that the path has met a fold.
    most_steps : int
    stop : threading.Event, optional
        Ends the run when it is set.

    Returns
    -------
    Paths
        ``x`` and ``s`` of the last point that was reached on each path.
    """
    count = len(x)
    ends = Paths(x.copy(), np.zeros(count) if start is None else start.copy(), np.full(count, STOPPED, dtype="U16"),
                 np.zeros(count, dtype=np.int64))  # fmt: skip
    rows = np.arange(count)
    here, s = ends.x.copy(), ends.s.copy()
    tangent = Factors(family.hessian(here, s)).solve(family.drift(here, s))
    step = np.full(count, _FIRST_STEP)
    before, before_s, before_tangent = here, s, tangent
    for _ in range(most_steps):
        finished = s >= 1.0
        tiny = ~finished & (step < shortest)
        for gone, reason in ((finished, ARRIVED), (tiny, FOLD)):
            ends.status[rows[gone]] = reason
        ends.x[rows], ends.s[rows] = here, s
        going = ~(finished | tiny)
        if not going.all():
            rows, here, s, step, tangent = rows[going], here[going], s[going], step[going], tangent[going]
            before, before_s, before_tangent = before[going], before_s[going], before_tangent[going]
            family, index = family.take(going), index[going]
        if not len(rows) or (stop is not None and stop.is_set()):
            break
        ends.steps[rows] += 1
        ahead = np.where(step < 1.0 - s, s + step, 1.0)
        trial = _predicted(ahead, s, here, tangent, before_s, before, before_tangent)
        wild = ~(np.linalg.norm(trial - here, axis=1) < _LARGEST_MOVE)  # NaN is wild
        trial[wild] = here[wild]
        factors = Factors(family.hessian(trial, ahead))
        good = ~wild & (factors.index == index)
        error = before_length = np.full(len(rows), _LARGEST_ERROR)
        for number in range(_CORRECTIONS):
            correction = factors.solve(-family.gradient(trial, ahead))
            length = np.linalg.norm(correction, axis=1)
            if number == 0:
                error = length
                good &= length < _LARGEST_ERROR
            else:  # beyond a fold corrections do not contract: there is nothing to converge to
                good &= (length < _CONTRACTION * before_length) | (length < _NEGLIGIBLE)
            before_length = length
            trial += np.where(good[:, None], correction, 0.0)
            if not good.any():
                break
        good &= before_length < _CONVERGED
        slope = factors.solve(family.drift(trial, ahead))
        mask = good[:, None]
        before = np.where(mask, here, before)
        before_s, before_tangent = np.where(good, s, before_s), np.where(mask, tangent, before_tangent)
        here, tangent = np.where(mask, trial, here), np.where(mask, slope, tangent)
        s = np.where(good, ahead, s)
        growth = np.clip((_AIMED_ERROR / np.maximum(error, 1e-12)) ** 0.25, 0.5, 2.0)
        step = np.where(good, np.minimum(step * growth, _LARGEST_STEP), 0.4 * step)
    else:
        arrived = s >= 1.0
        ends.x[rows], ends.s[rows] = here, s
        ends.status[rows] = np.where(arrived, ARRIVED, STEPS_USED_UP)
    return ends


def _predicted(
    ahead: np.ndarray,
    s: np.ndarray,
    x: np.ndarray,
    tangent: np.ndarray,
    before_s: np.ndarray,
    before: np.ndarray,
    before_tangent: np.ndarray,
) -> np.ndarray:
    """The cubic through the last two points and tangents, or the last tangent alone, at s = ``ahead``."""
    span = s - before_s
    known = span > 0.0
    width = np.where(known, span, 1.0)
    t = np.where(known, (ahead - before_s) / width, 1.0)
    cubic = (
        (2 * t**3 - 3 * t**2 + 1)[:, None] * before
        + (width * (t**3 - 2 * t**2 + t))[:, None] * before_tangent
        + (3 * t**2 - 2 * t**3)[:, None] * x
        + (width * (t**3 - t**2))[:, None] * tangent
    )
    return np.where(known[:, None], cubic, x + (ahead - s)[:, None] * tangent)
