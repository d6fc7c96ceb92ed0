r"""The coherent Ising machine: gradient flow of the soft-spin energy under a pump that is raised.

Each oscillator's amplitude follows, in machine units (see :mod:`cim.dynamics.base`),

.. math:: \dot x_i = (a - x_i^2)\, x_i + \sum_j J_{ij} x_j + h_i = -\partial_i E(x; a) ,

integrated by the explicit step

.. math::
    x^{k+1} = x^k - \Delta_k \nabla E(x^k; a_k) + m\,(x^k - x^{k-1}) + \sqrt{2 T_k \Delta_k (1 - m)}\; \xi^k ,
    \qquad |x_i| \le \mathrm{clip},

with momentum m (heavy ball; 0 is the machine's own motion), temperature T, and a gradient whose couplings may see
:math:`x + s\,\xi'` instead of x (measurement noise s).

A solver lets the fields follow the amplitudes instead, :math:`h_i \langle |x| \rangle` for :math:`h_i`
(:attr:`Machine.fields_follow`); the couplings then outweigh them at no amplitude.

**The step.**  With :math:`X = \max_i |x_i|`, the Hessian is bounded by :math:`L(X) = 3X^2 - a - \lambda_{\min}(J)` on
the box :math:`|x_i| \le X`, and a gradient step of :math:`\Delta \le 2/L` that stays in the box does not raise the
energy (Nesterov 2018, lemma 1.2.3).  Each replica takes :math:`\Delta_k = \min(\Delta, 2(1+m)/L(X_k))` with
:math:`X_k = \min(\mathrm{clip}, \max(X, \sqrt{a + \lambda_{\max}} + h_{\max}^{1/3}))`: its own largest amplitude, or
the one to which pump and field together are about to carry it, if that is larger (the sum bounds the root of
:math:`x^3 = (a + \lambda_{\max}) x + h_{\max}`).  That the step stays in this box is tested, not proven.

*It cannot run away* (m = 0, T = 0).  Let ρ be the largest row sum of |J| and
:math:`R = \max(|a|, \rho, h_{\max}^{2/3})`.  If :math:`X \ge 2\sqrt R`, no amplitude leaves the box, for any
:math:`\Delta \le 2/L(X)`.  Proof: the new :math:`x_i'` is affine in Δ, so :math:`|x_i'|` is convex in it, and only
Δ = 2/L needs a look.  There :math:`g(u) = u + \Delta(a u - u^3)` is not negative on [0, X], for
:math:`g(X)/X \ge 1 - 2(X^2 + R)/(3X^2 - R) > 0`; its maximum is :math:`4 u_*^3/L` at
:math:`u_*^2 = (3X^2 + a - \lambda_{\min})/6`, and couplings and fields add at most :math:`\Delta(\rho X + h_{\max})`.
At :math:`X = 2\sqrt R` the sum is at most :math:`1.84\sqrt R < X`, and its ratio to X falls as X grows.

With momentum, 2(1+m)/L is where the heavy ball on a quadratic of curvature L is marginally stable (Polyak 1964), which
does not bound the nonlinear motion; so a replica whose X exceeds :math:`2\sqrt R` sets its momentum aside until it is
back.  What can still overflow (absurd starting amplitudes, unbounded noise) is detected and reported.

*Without it.*  The bound is that of the worst state in the box; real ones often bear a longer step, and a replica whose
step is shortened anneals for less time.  The option ``shorten=False`` takes every step as it is given: up to
0.3 or so the signs of the Sherrington–Kirkpatrick model gain a little, beyond it amplitudes oscillate from step to
step, and what runs away is found and reported as diverged.

**The noise.**  A kick of :math:`\sqrt{2 T \Delta (1 - m)}` in each step makes :math:`e^{-E/T}` the stationary density,
with momentum or without, as Δ → 0 and while the step is not shortened.

**The floor.** Amplitudes that decay below threshold would become denormal numbers, a hundred times slower, and then
exactly zero, where nothing grows again.  They stop at 1e-10 machine units with their sign, standing for the vacuum
noise that keeps an oscillator from being off.

Source: Yamamura, Mabuchi, Ganguli, arXiv:2309.08119; Wang et al., Phys. Rev. A 88, 063853 (2013).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from landscapes.energies import soft_spin_force
from landscapes.jit import float32_bits, inlined, kernel

from ..schedules import linear
from .base import Batch, Dynamics, Machine

__all__ = ["CoherentIsingMachine"]

_FLOOR = np.float32(1e-10)
_MAGNITUDE = np.int32(0x7FFFFFFF)
_RUNAWAY = 1e4  # times the amplitude that couplings, fields and pump can hold

_force = inlined(soft_spin_force)


class CoherentIsingMachine(Dynamics):
    """Pumped network of optical parametric oscillators in the mean-field limit: adiabatic gradient flow."""

    name: ClassVar[str] = "cim"
    summary: ClassVar[str] = "gradient flow of the soft-spin energy under a pump ramp"
    reference: ClassVar[str] = "Yamamura, Mabuchi, Ganguli, arXiv:2309.08119"
    varying: ClassVar[tuple[str, ...]] = ("dt", "clip")
    drives_replicas_apart: ClassVar[bool] = True
    drive: ClassVar[Mapping[str, Any]] = {
        "schedule": linear(-2.2, 0.0),
        "dt": 0.2,
        "momentum": 0.0,
        "clip": None,
        "noise": 0.0,
        "measurement_noise": 0.0,
        "initial": 1e-3,
    }
    options: ClassVar[Mapping[str, Any]] = {"shorten": True}

    def check(self, machine: Machine) -> None:
        """Refuse a ``shorten`` that is neither True nor False."""
        if not isinstance(machine.options.get("shorten", True), (bool, np.bool_)):
            raise TypeError(f"shorten: True or False is needed, but it is {machine.options['shorten']!r}")

    def start(self, machine: Machine, amplitudes: np.ndarray, rng: np.random.Generator) -> Batch:
        """Batch at rest at the given amplitudes, (n, replicas) in machine units."""
        return _GradientFlow(machine, amplitudes, rng)


class _GradientFlow(Batch):
    def __init__(self, machine: Machine, amplitudes: np.ndarray, rng: np.random.Generator) -> None:
        replicas = amplitudes.shape[1]
        self.amplitudes = amplitudes
        self.sign_changes = np.zeros(replicas, dtype=np.int64)
        self.smallest_dt = machine.dt
        self._machine = machine
        self._rng = rng
        self._velocity = np.zeros_like(amplitudes)
        # what drives each replica in the step of the moment: pump, temperature, dt, momentum and clip
        self._drive = np.empty((5, replicas))
        self._drive[3] = machine.momentum
        self._set_drive(0)
        self._largest_row_sum = machine.couplings.largest_row_sum
        self._largest_field = float(np.abs(machine.couplings.fields).max(initial=0.0))
        self._shortens = bool(machine.options.get("shorten", True))
        self._flips = np.zeros(replicas, dtype=np.int32)
        self._largest = np.max(np.abs(amplitudes), axis=0, initial=0.0)
        self._strength = np.ones(replicas, dtype=np.float32)
        if machine.fields_follow:
            self._strength[...] = np.abs(amplitudes).mean(axis=0)
        self._kick = np.empty_like(amplitudes) if machine.temperature.any() else np.empty((0, 0), dtype=np.float32)
        self._misread = np.empty_like(amplitudes) if machine.measurement_noise.any() else None
        # a stream of its own: the kicks are the same whether amplitudes are misread or not
        self._misreading = rng.spawn(1)[0] if self._misread is not None else rng

    @property
    def source(self) -> np.ndarray:
        if self._misread is None:
            return self.amplitudes
        return self._misread

    def _set_drive(self, k: int) -> None:
        machine, drive = self._machine, self._drive
        drive[0], drive[1], drive[2] = machine.pump[k], machine.temperature[k], machine.time_steps[k]
        drive[4] = machine.clips[k]

    def _draw(self, noise: np.ndarray, rng: np.random.Generator) -> None:
        """Unit normals, (n, replicas); the same for replicas that are a period apart."""
        n, replicas = noise.shape
        period = self._machine.noise_period
        if period == 0 or period == replicas:
            rng.standard_normal(out=noise, dtype=np.float32)
        else:
            drawn = rng.standard_normal((n, 1, period), dtype=np.float32)
            noise.reshape(n, replicas // period, period)[...] = drawn

    def prepare(self, k: int) -> None:
        """Draw the noise with which step k reads the amplitudes."""
        if self._misread is not None:
            self._draw(self._misread, self._misreading)
            self._misread *= self._machine.measurement_noise[k].astype(np.float32)
            self._misread += self.amplitudes

    def step(self, k: int, field: np.ndarray) -> None:
        """Take step k, given the product of the couplings with :attr:`source`."""
        machine = self._machine
        if self._kick.size:
            self._draw(self._kick, self._rng)
        self._set_drive(k)
        self.smallest_dt = min(
            self.smallest_dt,
            _advance(
                self.amplitudes,
                self._velocity,
                field,
                machine.couplings.fields,
                self._kick,
                self._drive,
                (machine.smallest_eigenvalue, self._largest_row_sum, self._largest_field),
                self._shortens,
                machine.fields_follow,
                self._strength,
                self._flips,
                self._largest,
            ),
        )
        self.sign_changes += self._flips

    def diverged(self) -> np.ndarray:
        """Replicas that are out of all proportion to what couplings, fields and pump can hold, or not finite."""
        held = max(1.0, self._largest_row_sum, self._largest_field ** (2 / 3))
        reach = np.maximum(np.abs(self._drive[0]), held) ** 0.5
        return ~(self._largest <= _RUNAWAY * reach)


@kernel
def _advance(
    x: np.ndarray,
    velocity: np.ndarray,
    field: np.ndarray,
    h: np.ndarray,
    kick: np.ndarray,
    drive: np.ndarray,
    model: tuple[float, float, float],
    shortens: bool,
    fields_follow: bool,
    strength: np.ndarray,
    sign_changes: np.ndarray,
    largest: np.ndarray,
) -> float:
    """One step of every amplitude, in place; returns the shortest of the replicas' time steps.

    x, velocity, field and kick (unit normal, or empty) are (n, replicas).  ``drive`` holds, (5, replicas), the pump,
    the temperature, dt, the momentum and the clip of each replica; ``model`` is the smallest eigenvalue, the largest
    row sum of |J| and the largest |field|.  Of shape (replicas,):
    strength, by which the fields are multiplied, becomes the mean amplitude if ``fields_follow``; sign_changes returns
    the changes of this step; largest holds the largest amplitudes before and after it.

    Magnitudes and sign changes are taken from the bits of the float32 numbers, as integers, where a NaN or an
    infinity shows as the largest pattern of all.
    """
    n, replicas = x.shape
    smallest_eigenvalue, row_sum, largest_field = model
    noisy = kick.size > 0
    magnitude_bits = largest.view(np.int32)
    a = np.empty(replicas, dtype=np.float32)
    clip = np.empty(replicas, dtype=np.float32)
    dt = np.empty(replicas, dtype=np.float32)
    m = np.empty(replicas, dtype=np.float32)
    spread = np.empty(replicas, dtype=np.float32)
    total = np.zeros(replicas, dtype=np.float32)
    shortest = np.inf
    for r in range(replicas):
        pump, temperature, longest_dt, momentum, longest_amplitude = (
            drive[0, r],
            drive[1, r],
            drive[2, r],
            drive[3, r],
            drive[4, r],
        )
        square = np.float64(largest[r]) ** 2
        pulled = (largest_field * np.float64(strength[r])) ** (1.0 / 3.0)
        m_r = 0.0 if square > 4.0 * max(abs(pump), row_sum, pulled * pulled) else momentum
        reach = pulled + math.sqrt(max(pump + 2.0, 0.0))
        ahead = min(max(square, reach * reach), longest_amplitude * longest_amplitude)
        curvature = 3.0 * ahead - pump - smallest_eigenvalue
        stable = longest_dt
        if shortens and curvature * longest_dt > 2.0 * (1.0 + m_r):
            stable = 2.0 * (1.0 + m_r) / curvature
        shortest = min(shortest, stable)
        a[r] = pump
        clip[r] = longest_amplitude
        dt[r] = stable
        m[r] = m_r
        spread[r] = math.sqrt(2.0 * temperature * stable * (1.0 - m_r))
        magnitude_bits[r] = np.int32(0)
        sign_changes[r] = np.int32(0)
    for i in range(n):
        row, speed, force = x[i], velocity[i], field[i]
        h_i = h[i]
        for r in range(replicas):
            before = row[r]
            after = before + dt[r] * _force(before, force[r] + h_i * strength[r], a[r]) + m[r] * speed[r]
            if noisy:
                after += spread[r] * kick[i, r]
            # comparisons, not min and max: a NaN must come through
            size = abs(after)
            size = clip[r] if size > clip[r] else size
            size = _FLOOR if size < _FLOOR else size
            after = -size if after < np.float32(0.0) else size
            row[r] = after
            total[r] += size
            speed[r] = after - before
            old, new = float32_bits(before), float32_bits(after)
            sign_changes[r] += np.int32(np.int32(old ^ new) < np.int32(0))
            magnitude = np.int32(new & _MAGNITUDE)
            magnitude_bits[r] = magnitude if magnitude > magnitude_bits[r] else magnitude_bits[r]
    if fields_follow:
        for r in range(replicas):
            strength[r] = total[r] / np.float32(n)
    return shortest
