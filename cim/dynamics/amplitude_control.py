r"""Coherent Ising machines with error feedback: amplitudes are driven to a common target, and states that are not the
ground state are made unstable.

In machine units (see :mod:`cim.dynamics.base`), with pump a, force :math:`f = Jx + h\langle|x|\rangle` and an error
signal e for each spin:

*Chaotic amplitude control* (``"cac"``), with target α and rate β,

.. math:: \dot x_i = a\, x_i - x_i^3 + e_i f_i, \qquad \dot e_i = -\beta\, e_i\,(x_i^2 - \alpha) ;

*chaotic feedback control* (``"cfc"``), which controls the feedback in place of the amplitude,

.. math:: \dot x_i = a\, x_i - x_i^3 + z_i, \qquad \dot e_i = -\beta\, e_i\,(z_i^2 - \alpha), \qquad z_i = e_i f_i ;

*separated feedback control* (``"sfc"``), with slope c and feedback k, where the error follows the force,

.. math:: \dot x_i = a\, x_i - x_i^3 + \tanh(c f_i) + k\,(f_i - e_i), \qquad \dot e_i = \beta\,(f_i - e_i) .

Explicit steps, x first, then e with the new x (``"cac"``) or the same f (the others).  Errors of the first two stay
within [0.01, ``largest_error``], amplitudes within walls, at :math:`1.5\sqrt{\alpha}` at most for ``"cac"`` and at 1.5
for the others.  The hyperbolic tangent is a rational function, right to 1e-4.

The papers couple with :math:`\xi = \sqrt 2/J_0`, not with this package's unit.  Time, amplitudes and forces are
rescaled so that ξ is absorbed: a pump p - 1, a target α and a rate β of theirs are, here, :math:`a = (p-1)/\sqrt2`,
:math:`\alpha/\sqrt 2` and β for ``"cac"``; :math:`a`, :math:`\alpha/2^{3/2}` and 2β for ``"cfc"``; ``"sfc"`` keeps its
time and has :math:`\sqrt2\, c` and :math:`\sqrt2\, k`.

**Stability.**  The explicit step is stable where :math:`\Delta K < 2` with K the stiffness of the motion of x,
:math:`K = 3X^2 - a - \bar e\, \lambda_{\min}(J)`.  Here :math:`X^2 = \alpha` (1 for the two others) and
:math:`\bar e` is the replica's root-mean-square error signal, or c + k for ``"sfc"``: exact where all errors are alike,
an estimate where they are not, whose modes the walls hold.  Δ is shortened to 0.98 of the bound, for each replica.

**The floor.**  Amplitudes that decay below threshold stop at 1e-10, with their sign, before they are denormal numbers.

Source: Leleu, Yamamoto, McMahon, Aihara, Phys. Rev. Lett. 122, 040607 (2019); Leleu et al., Commun. Phys. 4, 266
(2021); ``"cfc"`` and ``"sfc"``: Reifenstein, Kako, Khoyratee, Leleu, Yamamoto, Adv. Quantum Technol. 4, 2100077 (2021).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ising_problems.checks import checked_number
from landscapes.functions import tanh
from landscapes.jit import float32_bits, kernel

from ..schedules import linear, sample
from .base import Batch, Machine
from .bounded import BoundedBatch, BoundedDynamics

__all__ = ["ChaoticAmplitudeControl", "ChaoticFeedbackControl", "SeparatedFeedbackControl"]

_FLOOR = np.float32(1e-10)
_SMALLEST_ERROR = np.float32(0.01)
_WALL = 1.5


class ChaoticAmplitudeControl(BoundedDynamics):
    """Coherent Ising machine whose error signals drive every squared amplitude to a target."""

    name: ClassVar[str] = "cac"
    summary: ClassVar[str] = "chaotic amplitude control: errors drive the amplitudes to a target"
    reference: ClassVar[str] = "Leleu et al., Phys. Rev. Lett. 122, 040607 (2019)"
    drive: ClassVar[Mapping[str, Any]] = {"schedule": linear(-1.06, 0.0), "dt": 0.4, "initial": 0.1}
    options: ClassVar[Mapping[str, Any]] = {"target": linear(0.3, 0.7), "rate": 0.6, "largest_error": 32.0}
    controls_feedback: ClassVar[bool] = False

    def check(self, machine: Machine) -> None:
        """Refuse a target, a rate or a largest error that is out of range."""
        _positive(machine, "target")
        checked_number(machine.options["rate"], "rate", at_least=0.0)
        checked_number(machine.options["largest_error"], "largest_error", at_least=1.0)

    def start(self, machine: Machine, amplitudes: np.ndarray, rng: np.random.Generator) -> Batch:
        """Batch with all errors 1, at the given amplitudes, (n, replicas) in machine units."""
        return _ErrorControl(machine, amplitudes, self.controls_feedback)


class ChaoticFeedbackControl(ChaoticAmplitudeControl):
    """Coherent Ising machine whose error signals drive the square of every feedback to a target."""

    name: ClassVar[str] = "cfc"
    summary: ClassVar[str] = "chaotic feedback control: errors drive the feedback to a target"
    reference: ClassVar[str] = "Reifenstein et al., Adv. Quantum Technol. 4, 2100077 (2021)"
    drive: ClassVar[Mapping[str, Any]] = {"schedule": linear(-2.0, 0.0), "dt": 0.25, "initial": 0.1}
    options: ClassVar[Mapping[str, Any]] = {"target": 0.7, "rate": 0.3, "largest_error": 32.0}
    controls_feedback: ClassVar[bool] = True


class SeparatedFeedbackControl(BoundedDynamics):
    """Coherent Ising machine with a saturated feedback and a separate error signal that follows it."""

    name: ClassVar[str] = "sfc"
    summary: ClassVar[str] = "separated feedback control: a saturated feedback and a lagging one"
    reference: ClassVar[str] = "Reifenstein et al., Adv. Quantum Technol. 4, 2100077 (2021)"
    drive: ClassVar[Mapping[str, Any]] = {"schedule": linear(-2.0, 0.0), "dt": 0.35, "initial": 0.1}
    options: ClassVar[Mapping[str, Any]] = {"slope": linear(1.41, 4.24), "feedback": 0.28, "rate": linear(0.3, 0.0)}

    def check(self, machine: Machine) -> None:
        """Refuse a slope, a feedback or a rate that is out of range."""
        _positive(machine, "slope")
        checked_number(machine.options["feedback"], "feedback", at_least=0.0)
        rates = sample(machine.options["rate"], machine.steps, "rate")
        if rates.min() < 0.0:
            raise ValueError(f"rate: must not be negative, but it falls to {rates.min():g}")

    def start(self, machine: Machine, amplitudes: np.ndarray, rng: np.random.Generator) -> Batch:
        """Batch with all errors 0, at the given amplitudes, (n, replicas) in machine units."""
        return _SeparatedControl(machine, amplitudes)


class _ErrorControl(BoundedBatch):
    def __init__(self, machine: Machine, amplitudes: np.ndarray, controls_feedback: bool) -> None:
        options = machine.options
        self._targets = sample(options["target"], machine.steps, "target")
        super().__init__(machine, amplitudes, _WALL if controls_feedback else _WALL * float(self._targets[0]) ** 0.5)
        self._controls_feedback = controls_feedback
        self._rate = np.float32(options["rate"])
        self._largest_error = np.float32(options["largest_error"])
        self._errors = np.ones_like(amplitudes)
        self._squares = np.full(amplitudes.shape[1], len(amplitudes), dtype=np.float32)  # Σ e²

    def step(self, k: int, field: np.ndarray) -> None:
        machine = self._machine
        pump, target = machine.pump[k], float(self._targets[k])
        square, wall = (1.0, _WALL) if self._controls_feedback else (target, _WALL * target**0.5)
        error = np.sqrt(self._squares / np.float32(max(len(field), 1)))
        dt = self._bounded_each(3.0 * square - pump - error * machine.smallest_eigenvalue)
        _advance(
            self.amplitudes,
            self._errors,
            field,
            self._fields,
            self._size,
            dt,
            np.float32(pump),
            np.float32(target),
            self._rate,
            np.float32(wall),
            self._largest_error,
            self._controls_feedback,
            self._squares,
            self._flips,
            self._total,
        )
        self._count()


class _SeparatedControl(BoundedBatch):
    def __init__(self, machine: Machine, amplitudes: np.ndarray) -> None:
        super().__init__(machine, amplitudes, _WALL)
        self._slopes = sample(machine.options["slope"], machine.steps, "slope")
        self._rates = sample(machine.options["rate"], machine.steps, "rate")
        self._feedback = float(machine.options["feedback"])
        self._errors = np.zeros_like(amplitudes)

    def step(self, k: int, field: np.ndarray) -> None:
        machine = self._machine
        pump, slope = machine.pump[k], self._slopes[k]
        stiffness = 3.0 - pump - (slope + self._feedback) * machine.smallest_eigenvalue
        dt = self._bounded(2.0 / stiffness if stiffness > 0.0 else np.inf)
        _advance_separated(
            self.amplitudes,
            self._errors,
            field,
            self._fields,
            self._size,
            dt,
            np.float32(pump),
            np.float32(slope),
            np.float32(self._feedback),
            np.float32(self._rates[k]),
            np.float32(_WALL),
            self._flips,
            self._total,
        )
        self._count()


def _positive(machine: Machine, name: str) -> None:
    values = sample(machine.options[name], machine.steps, name)
    if values.min() <= 0.0:
        raise ValueError(f"{name}: must be positive, but it falls to {values.min():g}")


@kernel
def _advance(
    x: np.ndarray,
    errors: np.ndarray,
    field: np.ndarray,
    h: np.ndarray,
    strength: np.ndarray,
    dt: np.ndarray,
    pump: np.float32,
    target: np.float32,
    rate: np.float32,
    wall: np.float32,
    largest_error: np.float32,
    controls_feedback: bool,
    squares: np.ndarray,
    sign_changes: np.ndarray,
    total: np.ndarray,
) -> None:
    """One step of every amplitude and error, in place; x, errors and field are (n, replicas).

    Of shape (replicas,): dt; strength, which multiplies the fields; squares, sign_changes and total return Σ e², the
    changes of this step and Σ |x|.
    """
    n, replicas = x.shape
    zero = np.float32(0.0)
    for r in range(replicas):
        sign_changes[r] = np.int32(0)
        total[r] = zero
        squares[r] = zero
    for i in range(n):
        amplitude, error, force = x[i], errors[i], field[i]
        h_i = h[i]
        for r in range(replicas):
            before = amplitude[r]
            e = error[r]
            feedback = e * (force[r] + h_i * strength[r])
            after = before + dt[r] * ((pump - before * before) * before + feedback)
            # comparisons, not min and max: a NaN must come through
            size = abs(after)
            size = wall if size > wall else size
            size = _FLOOR if size < _FLOOR else size
            after = -size if after < zero else size
            controlled = feedback if controls_feedback else after
            e -= dt[r] * rate * e * (controlled * controlled - target)
            e = largest_error if e > largest_error else e
            e = _SMALLEST_ERROR if e < _SMALLEST_ERROR else e
            amplitude[r] = after
            error[r] = e
            squares[r] += e * e
            total[r] += size
            sign_changes[r] += np.int32(np.int32(float32_bits(before) ^ float32_bits(after)) < np.int32(0))


@kernel
def _advance_separated(
    x: np.ndarray,
    errors: np.ndarray,
    field: np.ndarray,
    h: np.ndarray,
    strength: np.ndarray,
    dt: np.float32,
    pump: np.float32,
    slope: np.float32,
    feedback: np.float32,
    rate: np.float32,
    wall: np.float32,
    sign_changes: np.ndarray,
    total: np.ndarray,
) -> None:
    """One step of every amplitude and error, in place; otherwise as :func:`_advance`."""
    n, replicas = x.shape
    zero = np.float32(0.0)
    for r in range(replicas):
        sign_changes[r] = np.int32(0)
        total[r] = zero
    for i in range(n):
        amplitude, error, coupled = x[i], errors[i], field[i]
        h_i = h[i]
        for r in range(replicas):
            before = amplitude[r]
            force = coupled[r] + h_i * strength[r]
            lag = force - error[r]
            after = before + dt * ((pump - before * before) * before + tanh(slope * force) + feedback * lag)
            size = abs(after)
            size = wall if size > wall else size
            size = _FLOOR if size < _FLOOR else size
            after = -size if after < zero else size
            amplitude[r] = after
            error[r] += dt * rate * lag
            total[r] += size
            sign_changes[r] += np.int32(np.int32(float32_bits(before) ^ float32_bits(after)) < np.int32(0))
