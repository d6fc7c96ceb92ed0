r"""Mean-field dynamics with noise: noisy mean-field annealing and the simulated coherent Ising machine.

In machine units (see :mod:`cim.dynamics.base`), with pump a and force :math:`f = Jx + h\langle|x|\rangle`.

*Noisy mean-field annealing* (``"nmfa"``): every spin relaxes towards the magnetisation that its noisy field would give
it at a temperature, which is what the pump is here, :math:`\Theta = -a`:

.. math:: x_i \leftarrow x_i + \Delta\left(\tanh\frac{(Jx)_i + h_i + \sqrt{2T}\,\xi_i}{\Theta} - x_i\right).

Its fixed points without noise are those of the mean-field free energy
:math:`-\tfrac12 x'Jx - h'x - \Theta S(x)`; near the origin that is the coherent Ising machine's energy at
:math:`a = -\Theta`, and the threshold is the same, at -2.  The fields act as they stand.

*Simulated coherent Ising machine* (``"simcim"``): the gradient flow with momentum m and noise, and walls in place of
the cubic loss,

.. math::
    v_i \leftarrow m\, v_i + (1 - m)\left[\Delta\,(a\, x_i + f_i) + \sqrt{2 T \Delta}\; \xi_i\right], \qquad
    x_i \leftarrow \max(-1, \min(1, x_i + v_i)) .

T is :attr:`Machine.temperature`, ξ a sum of four random bytes scaled to variance 1, which ends at 3.45: enough to stir
a search.  (Where a noise has to be exact, ``"cim"`` draws normal variates, at ten times the cost.)

**Stability.**  ``"nmfa"``: the relaxation is stable for :math:`\Delta\,(1 - \lambda_{\min}(J)/\Theta) < 2` at any
magnetisation.  ``"simcim"``: :math:`\Delta\,(-a - \lambda_{\min}(J)) < 2 (1+m)/(1-m)` (Polyak 1964).  Δ is shortened to
0.98 of the bound.

**The floor.**  Amplitudes that decay below threshold stop at 1e-10, with their sign, before they are denormal numbers.

Source: King, Bernoudy, King, Berkley, Lanting, arXiv:1806.08422 (2018); Tiunov, Ulanov, Lvovsky, Opt. Express 27, 10288
(2019).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from landscapes.functions import tanh
from landscapes.jit import float32_bits, inlined, kernel

from ..schedules import linear
from .base import Batch, Machine
from .bounded import BoundedBatch, BoundedDynamics

__all__ = ["NoisyMeanFieldAnnealing", "SimulatedCoherentIsingMachine"]

_FLOOR = np.float32(1e-10)
_COLDEST = 1e-4  # Θ at which a magnetisation is a sign
_BYTES_SCALE = np.float32((4 * (256**2 - 1) / 12) ** -0.5)  # of a sum of four bytes to variance 1


class NoisyMeanFieldAnnealing(BoundedDynamics):
    """Relaxation to noisy mean-field magnetisations at a falling temperature, minus the pump."""

    name: ClassVar[str] = "nmfa"
    summary: ClassVar[str] = "noisy mean-field annealing: the pump is minus the temperature"
    reference: ClassVar[str] = "King et al., arXiv:1806.08422 (2018)"
    drive: ClassVar[Mapping[str, Any]] = {"schedule": linear(-1.2, -0.2), "dt": 0.5, "noise": 0.05, "initial": 0.1}

    def check(self, machine: Machine) -> None:
        """Refuse a positive pump, and a step longer than the relaxation."""
        if machine.pump.max() > 0.0:
            raise ValueError("schedule: 'nmfa' takes minus the temperature for its pump, which is never positive")
        if machine.dt > 1.0:
            raise ValueError(f"dt: 'nmfa' relaxes by a fraction of at most 1 in a step, not {machine.dt:g}")

    def start(self, machine: Machine, amplitudes: np.ndarray, rng: np.random.Generator) -> Batch:
        """Batch at the given magnetisations, (n, replicas), cut off at ±1."""
        return _MeanField(machine, amplitudes, rng)


class SimulatedCoherentIsingMachine(BoundedDynamics):
    """Gradient flow with walls, momentum and noise."""

    name: ClassVar[str] = "simcim"
    summary: ClassVar[str] = "simulated coherent Ising machine: clipped amplitudes, momentum and noise"
    reference: ClassVar[str] = "Tiunov, Ulanov, Lvovsky, Opt. Express 27, 10288 (2019)"
    drive: ClassVar[Mapping[str, Any]] = {
        "schedule": linear(-2.0, -0.4),
        "dt": 1.5,
        "momentum": 0.8,
        "noise": linear(0.08, 0.0),
        "initial": 0.1,
    }

    def start(self, machine: Machine, amplitudes: np.ndarray, rng: np.random.Generator) -> Batch:
        """Batch at rest at the given amplitudes, (n, replicas) in machine units, cut off at ±1."""
        return _ClippedFlow(machine, amplitudes, rng)


class _MeanField(BoundedBatch):
    def __init__(self, machine: Machine, amplitudes: np.ndarray, rng: np.random.Generator) -> None:
        super().__init__(machine, amplitudes)
        self._lanes = random_lanes(rng, amplitudes.shape)

    def step(self, k: int, field: np.ndarray) -> None:
        machine = self._machine
        theta = max(-float(machine.pump[k]), _COLDEST)
        dt = self._bounded(2.0 / max(1.0 - machine.smallest_eigenvalue / theta, 1e-6))
        _relax(
            self.amplitudes,
            self._lanes,
            field,
            self._fields,
            np.float32(1.0 / theta),
            np.float32((2.0 * machine.temperature[k]) ** 0.5),
            dt,
            self._flips,
            self._total,
        )
        self._count()


class _ClippedFlow(BoundedBatch):
    def __init__(self, machine: Machine, amplitudes: np.ndarray, rng: np.random.Generator) -> None:
        super().__init__(machine, amplitudes)
        self._lanes = random_lanes(rng, amplitudes.shape)
        self._velocities = np.zeros_like(amplitudes)

    def step(self, k: int, field: np.ndarray) -> None:
        machine = self._machine
        pump, m = float(machine.pump[k]), machine.momentum
        stiffness = -pump - machine.smallest_eigenvalue
        dt = self._bounded(2.0 * (1.0 + m) / ((1.0 - m) * stiffness) if stiffness > 0.0 else np.inf)
        _advance(
            self.amplitudes,
            self._velocities,
            self._lanes,
            field,
            self._fields,
            self._size,
            np.float32(pump),
            np.float32((1.0 - m) * dt),
            np.float32(m),
            np.float32((1.0 - m) * (2.0 * machine.temperature[k] * float(dt)) ** 0.5),
            self._flips,
            self._total,
        )
        self._count()


def random_lanes(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """States of independent generators, uint32, never 0: one for each amplitude."""
    return rng.integers(1, 2**32, shape, dtype=np.uint32)


@inlined
def _next(state: np.uint32) -> np.uint32:
    """Next state of a 32-bit xorshift generator (Marsaglia, J. Stat. Softw. 8(14), 2003).

    Numba widens whatever is done to a uint32, so every result is cut back.
    """
    state = np.uint32(state ^ np.uint32(state << np.uint32(13)))
    state = np.uint32(state ^ np.uint32(state >> np.uint32(17)))
    return np.uint32(state ^ np.uint32(state << np.uint32(5)))


@inlined
def _deviate(state: np.uint32) -> np.float32:
    """Sum of the four bytes of a state, scaled to mean 0 and variance 1."""
    low = np.uint32(state & np.uint32(255)) + np.uint32(np.uint32(state >> np.uint32(8)) & np.uint32(255))
    high = np.uint32(np.uint32(state >> np.uint32(16)) & np.uint32(255)) + np.uint32(state >> np.uint32(24))
    return np.float32(np.int32(np.uint32(low + high)) - np.int32(510)) * _BYTES_SCALE


@kernel
def _relax(
    x: np.ndarray,
    lanes: np.ndarray,
    field: np.ndarray,
    h: np.ndarray,
    inverse_temperature: np.float32,
    spread: np.float32,
    dt: np.float32,
    sign_changes: np.ndarray,
    total: np.ndarray,
) -> None:
    """One step of noisy mean-field annealing, in place; x, lanes and field are (n, replicas).

    sign_changes and total, of shape (replicas,), return the changes of this step and Σ |x|.
    """
    n, replicas = x.shape
    zero = np.float32(0.0)
    for r in range(replicas):
        sign_changes[r] = np.int32(0)
        total[r] = zero
    for i in range(n):
        amplitude, lane, force = x[i], lanes[i], field[i]
        h_i = h[i]
        for r in range(replicas):
            state = _next(lane[r])
            lane[r] = state
            before = amplitude[r]
            noisy = force[r] + h_i + spread * _deviate(state)
            after = before + dt * (tanh(inverse_temperature * noisy) - before)
            size = abs(after)
            size = _FLOOR if size < _FLOOR else size
            after = -size if after < zero else size
            amplitude[r] = after
            total[r] += size
            sign_changes[r] += np.int32(np.int32(float32_bits(before) ^ float32_bits(after)) < np.int32(0))


@kernel
def _advance(
    x: np.ndarray,
    velocity: np.ndarray,
    lanes: np.ndarray,
    field: np.ndarray,
    h: np.ndarray,
    strength: np.ndarray,
    pump: np.float32,
    step: np.float32,
    momentum: np.float32,
    spread: np.float32,
    sign_changes: np.ndarray,
    total: np.ndarray,
) -> None:
    """One step of the clipped flow, in place, of length ``step`` and with kicks of ``spread``; else as :func:`_relax`.

    strength, of shape (replicas,), multiplies the fields.
    """
    n, replicas = x.shape
    one, zero = np.float32(1.0), np.float32(0.0)
    for r in range(replicas):
        sign_changes[r] = np.int32(0)
        total[r] = zero
    for i in range(n):
        amplitude, speed, lane, force = x[i], velocity[i], lanes[i], field[i]
        h_i = h[i]
        for r in range(replicas):
            state = _next(lane[r])
            lane[r] = state
            before = amplitude[r]
            v = momentum * speed[r] + step * (pump * before + force[r] + h_i * strength[r]) + spread * _deviate(state)
            after = before + v
            # comparisons, not min and max: a NaN must come through
            size = abs(after)
            size = one if size > one else size
            size = _FLOOR if size < _FLOOR else size
            after = -size if after < zero else size
            speed[r] = v
            amplitude[r] = after
            total[r] += size
            sign_changes[r] += np.int32(np.int32(float32_bits(before) ^ float32_bits(after)) < np.int32(0))
