r"""Simulated bifurcation: a classical particle for each spin, between walls, in a potential that turns over.

In machine units (see :mod:`cim.dynamics.base`), with the pump a as the coherent Ising machine has it, each step is

.. math::
    y_i \leftarrow y_i + \Delta\,(a\, x_i + f_i), \quad x_i \leftarrow x_i + \Delta\, y_i, \quad
    |x_i| > 1: \; x_i \leftarrow \mathrm{sign}\, x_i, \; y_i \leftarrow 0 ,

where the force f of the couplings and fields acts through the amplitudes, f(x) (*ballistic*, ``"bsb"``), or through
their signs, f(sign x) (*discrete*, ``"dsb"``); the sign of 0 is +.  This is the second-order motion in the quadratic
part of the machine's energy, with walls where that has its quartic term.  The papers write it with
:math:`a_0 - a(t)` from 1 to 0 and a coupling :math:`c_0 = 1/\lambda_{\max}`: the same with :math:`a = -2(a_0 - a(t))`
and :math:`\Delta = \Delta_t/\sqrt 2`, so that the default ramp from -2 to 0 is theirs, and :math:`c_0` is
:math:`1/\max(\lambda_{\max}, 2 J_0)` for every model.

**Heated** (``"hbsb"``, ``"hdsb"``): after the walls, :math:`y_i \leftarrow y_i + \gamma \Delta\, y_i^{\mathrm{before}}`
with the momentum from before the step, a constant rate γ of heating in place of a Nosé–Hoover variable.  A particle so
leaves its wall with a little of the momentum that it came with.

**Generalised** (``"gsb"``): the ballistic step with an individual pump for each spin, which the global one only leads,

.. math:: a_i \leftarrow a_i \left(1 - (1 - A x_i^2)\,(1 - a^{k+1}/a^k)\right), \quad a_i^0 = a^0 :

large amplitudes wait.  For the ramp from -2 to 0 in S steps the last factor is 1/(S-1-k).  *Reconstructed*: this is the
law :math:`p_i \leftarrow p_i - (1 - A x_i^2) p_i/(S-k)`, :math:`p_i = -a_i/2`, of public re-implementations; the text
of the paper was not at hand, and A = 0 is ``"bsb"``.

**Stability.**  The step is symplectic; in a quadratic well of stiffness K it is stable for :math:`\Delta^2 K < 4`, with
:math:`K = -a - \lambda_{\min}(J)` here, -a the largest of the individual ones.  Heating makes every motion grow, and
signs act at full force however small the motion; so those variants reach the walls where the ballistic one is stable.
There, in a state :math:`x = \pm 1` along the lowest eigenvector, a step from rest leads to :math:`x\,(1 - \Delta^2 K)`:
from wall to wall for ever if :math:`\Delta^2 K \ge 2`, which bounds the heated step; and to the other signs, which push
back at full force, if :math:`\Delta^2 K \ge 1`, which bounds the discrete one.  (Between 1 and 4 it locks into cycles
of all spins on graphs to be cut, at some steps and not at others: gaps of 1 to 3 % at mean degree 48, without the
bound.)  Δ is shortened to 0.98 of the bound.  The walls hold the amplitudes in any case.

*Where discrete bifurcation fails.*  No step is short enough where :math:`-\lambda_{\min} \gg \lambda_{\max}` and the
lowest eigenvector has amplitudes of one size (dense graphs to be cut, numbers to be partitioned): along it the spins
turn all together, at full force, and nothing damps that.  The ballistic variants are at home there.

Source: Goto, Endo, Suzuki, Sakai, Kanao, Hamakawa, Hidaka, Yamasaki, Tatsumura, Sci. Adv. 7, eabe7953 (2021); heated:
Kanao, Goto, Commun. Phys. 5, 153 (2022); generalised: Goto, arXiv:2508.17655.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ising_problems.checks import checked_number
from landscapes.jit import float32_bits, kernel

from ..schedules import linear
from .base import Batch, Machine
from .bounded import BoundedBatch, BoundedDynamics

__all__ = [
    "BallisticBifurcation",
    "DiscreteBifurcation",
    "GeneralisedBifurcation",
    "HeatedBallisticBifurcation",
    "HeatedDiscreteBifurcation",
]


class BallisticBifurcation(BoundedDynamics):
    """Ballistic simulated bifurcation; the variants derive from it."""

    name: ClassVar[str] = "bsb"
    summary: ClassVar[str] = "ballistic simulated bifurcation"
    reference: ClassVar[str] = "Goto et al., Sci. Adv. 7, eabe7953 (2021)"
    drive: ClassVar[Mapping[str, Any]] = {"schedule": linear(-2.0, 0.0), "dt": 0.85, "initial": 0.3}
    discrete: ClassVar[bool] = False

    def check(self, machine: Machine) -> None:
        """Refuse a rate of heating that is negative."""
        checked_number(machine.options.get("heating", 0.0), "heating", at_least=0.0)

    def start(self, machine: Machine, amplitudes: np.ndarray, rng: np.random.Generator) -> Batch:
        """Batch at rest at the given amplitudes, (n, replicas) in machine units, cut off at ±1."""
        return _Bifurcation(machine, amplitudes, self.discrete)


class DiscreteBifurcation(BallisticBifurcation):
    """Discrete simulated bifurcation, one product of the couplings with the signs for each step."""

    name: ClassVar[str] = "dsb"
    summary: ClassVar[str] = "discrete simulated bifurcation"
    drive: ClassVar[Mapping[str, Any]] = {"schedule": linear(-2.0, -0.4), "dt": 0.55, "initial": 0.3}
    discrete: ClassVar[bool] = True


class HeatedBallisticBifurcation(BallisticBifurcation):
    """Ballistic simulated bifurcation with a constant rate of heating."""

    name: ClassVar[str] = "hbsb"
    summary: ClassVar[str] = "heated ballistic simulated bifurcation"
    reference: ClassVar[str] = "Kanao, Goto, Commun. Phys. 5, 153 (2022)"
    drive: ClassVar[Mapping[str, Any]] = {"schedule": linear(-2.0, 0.0), "dt": 0.9, "initial": 0.6}
    options: ClassVar[Mapping[str, Any]] = {"heating": 0.15}


class HeatedDiscreteBifurcation(HeatedBallisticBifurcation):
    """Discrete simulated bifurcation with a constant rate of heating."""

    name: ClassVar[str] = "hdsb"
    summary: ClassVar[str] = "heated discrete simulated bifurcation"
    drive: ClassVar[Mapping[str, Any]] = {"schedule": linear(-2.0, -0.4), "dt": 0.5, "initial": 0.3}
    options: ClassVar[Mapping[str, Any]] = {"heating": 0.04}
    discrete: ClassVar[bool] = True


class GeneralisedBifurcation(BoundedDynamics):
    """Ballistic simulated bifurcation with individual pumps, as public re-implementations have it."""

    name: ClassVar[str] = "gsb"
    summary: ClassVar[str] = "generalised simulated bifurcation: individual pumps (reconstructed)"
    reference: ClassVar[str] = "Goto, arXiv:2508.17655 (reconstructed)"
    drive: ClassVar[Mapping[str, Any]] = {"schedule": linear(-2.0, 0.0), "dt": 0.9, "initial": 0.3}
    options: ClassVar[Mapping[str, Any]] = {"control": 0.45}

    def check(self, machine: Machine) -> None:
        """Refuse a pump that is positive, or zero before its end: individual pumps could not follow it."""
        checked_number(machine.options["control"], "control", at_least=0.0)
        if machine.pump.max() > 0.0 or (machine.pump[:-1] == 0.0).any():
            raise ValueError("schedule: the pump of 'gsb' stays below 0 until the end, where it may be 0")

    def start(self, machine: Machine, amplitudes: np.ndarray, rng: np.random.Generator) -> Batch:
        """Batch at rest at the given amplitudes, (n, replicas) in machine units, cut off at ±1."""
        return _GeneralisedBifurcation(machine, amplitudes)


class _Bifurcation(BoundedBatch):
    def __init__(self, machine: Machine, amplitudes: np.ndarray, discrete: bool) -> None:
        super().__init__(machine, amplitudes)
        self._momenta = np.zeros_like(amplitudes)
        self._heating = machine.options.get("heating", 0.0)
        self._bound = 1.0 if discrete else 2.0 if self._heating > 0.0 else 4.0
        self._one = np.ones(amplitudes.shape[1], dtype=np.float32)
        self._signs = np.empty((0, 0), dtype=np.float32)
        if discrete:
            self._signs = np.where(amplitudes < 0, np.float32(-1), np.float32(1))

    @property
    def source(self) -> np.ndarray:
        return self._signs if self._signs.size else self.amplitudes

    def step(self, k: int, field: np.ndarray) -> None:
        machine = self._machine
        pump = machine.pump[k]
        discrete = self._signs.size > 0
        dt = self._bounded(_longest_step(-pump - machine.smallest_eigenvalue, self._bound))
        _advance(
            self.amplitudes,
            self._momenta,
            self._signs,
            field,
            self._fields,
            self._one if discrete else self._size,
            np.float32(pump),
            dt,
            np.float32(self._heating) * dt,
            self._flips,
            self._total,
        )
        self._count()


class _GeneralisedBifurcation(BoundedBatch):
    def __init__(self, machine: Machine, amplitudes: np.ndarray) -> None:
        super().__init__(machine, amplitudes)
        self._momenta = np.zeros_like(amplitudes)
        self._pumps = np.full_like(amplitudes, machine.pump[0])
        self._lowest = float(machine.pump[0])

    def step(self, k: int, field: np.ndarray) -> None:
        machine = self._machine
        decline = 0.0 if k + 1 == machine.steps else 1.0 - machine.pump[k + 1] / machine.pump[k]
        dt = self._bounded(_longest_step(-self._lowest - machine.smallest_eigenvalue, 4.0))
        self._lowest = _advance_generalised(
            self.amplitudes,
            self._momenta,
            self._pumps,
            field,
            self._fields,
            self._size,
            dt,
            np.float32(decline),
            np.float32(machine.options["control"]),
            self._flips,
            self._total,
        )
        self._count()


def _longest_step(stiffness: float, bound: float) -> float:
    """Δ at which Δ² K is the bound; infinite where there is no well."""
    return float(np.sqrt(bound / stiffness)) if stiffness > 0.0 else float("inf")


@kernel
def _advance(
    x: np.ndarray,
    y: np.ndarray,
    signs: np.ndarray,
    field: np.ndarray,
    h: np.ndarray,
    strength: np.ndarray,
    pump: np.float32,
    dt: np.float32,
    heat: np.float32,
    sign_changes: np.ndarray,
    total: np.ndarray,
) -> None:
    """One step of every particle, in place; x, y, field and signs (empty if ballistic) are (n, replicas).

    Of shape (replicas,): strength multiplies the fields; sign_changes and total return the changes of this step and
    the sum of |x|.
    """
    n, replicas = x.shape
    one, zero = np.float32(1.0), np.float32(0.0)
    discrete = signs.size > 0
    for r in range(replicas):
        sign_changes[r] = np.int32(0)
        total[r] = zero
    for i in range(n):
        position, momentum, force = x[i], y[i], field[i]
        h_i = h[i]
        for r in range(replicas):
            before = position[r]
            speed = momentum[r]
            faster = speed + dt * (pump * before + force[r] + h_i * strength[r])
            after = before + dt * faster
            size = abs(after)
            # comparisons, not min and max: a NaN must come through
            beyond = size > one
            faster = zero if beyond else faster
            size = one if beyond else size
            after = -size if after < zero else size
            momentum[r] = faster + heat * speed
            position[r] = after
            if discrete:
                signs[i, r] = -one if after < zero else one
            total[r] += size
            sign_changes[r] += np.int32(np.int32(float32_bits(before) ^ float32_bits(after)) < np.int32(0))


@kernel
def _advance_generalised(
    x: np.ndarray,
    y: np.ndarray,
    pumps: np.ndarray,
    field: np.ndarray,
    h: np.ndarray,
    strength: np.ndarray,
    dt: np.float32,
    decline: np.float32,
    control: np.float32,
    sign_changes: np.ndarray,
    total: np.ndarray,
) -> float:
    """One step of every particle and its pump, in place; returns the lowest pump.  Otherwise as :func:`_advance`."""
    n, replicas = x.shape
    one, zero = np.float32(1.0), np.float32(0.0)
    lowest = np.zeros(replicas, dtype=np.float32)
    for r in range(replicas):
        sign_changes[r] = np.int32(0)
        total[r] = zero
    for i in range(n):
        position, momentum, force, pump = x[i], y[i], field[i], pumps[i]
        h_i = h[i]
        for r in range(replicas):
            before = position[r]
            faster = momentum[r] + dt * (pump[r] * before + force[r] + h_i * strength[r])
            after = before + dt * faster
            size = abs(after)
            beyond = size > one
            faster = zero if beyond else faster
            size = one if beyond else size
            after = -size if after < zero else size
            momentum[r] = faster
            position[r] = after
            new_pump = pump[r] * (one - (one - control * size * size) * decline)
            pump[r] = new_pump
            lowest[r] = new_pump if new_pump < lowest[r] else lowest[r]
            total[r] += size
            sign_changes[r] += np.int32(np.int32(float32_bits(before) ^ float32_bits(after)) < np.int32(0))
    result = 0.0
    for r in range(replicas):
        result = min(result, np.float64(lowest[r]))
    return result
