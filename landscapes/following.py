r"""Minima of the soft-spin energy followed through a range of pumps, and reached from random points.

*Adiabatically*: the gradient flow :math:`\dot x = -\nabla E(x; a)` from small noise below the threshold
:math:`a = -\lambda_{\max}(J)`, while the pump rises by equal steps, as the coherent Ising machine is run (Yamamura,
Mabuchi, Ganguli, arXiv:2309.08119).  At every pump that is asked for, the amplitudes are looked at while the flow goes
on undisturbed, so that its path does not depend on where.

*From random points*: standard normal amplitudes and the same flow at a fixed pump.

Neither ends at a minimum: :func:`landscapes.minima.settle` takes them there.
The flow lags behind where the landscape is soft, and a copy that settles there may find a lower minimum than the
one in which the flow ends later: by 0.001 in the Ising energy per spin at n = 500 and 1000 steps per unit.

The flow is Euler's method with a time step that the steepest curvature bounds.  The Hessian's eigenvalues are below
:math:`\Lambda = 3 \max_i x_i^2 - a - \lambda_{\min}(J)`; a step of 1/Λ lowers the energy, one beyond 2/Λ may diverge.
(At a constant step of 0.1 amplitudes beyond 4.5 end in NaN.)  Steps are at most 0.1.

It begins so near below the threshold that the noise, along the direction that grows first, falls by :math:`e^{-2}`
at most until that is crossed, however slow the rise: at v pumps per unit of time a distance δ below costs a factor
:math:`e^{-\delta^2/2v}`.  So amplitudes never become denormal, and they leave zero a distance :math:`O(\sqrt v)` above
the threshold.

Amplitudes, pumps and times are in the units in which :math:`\lambda_{\max}(J) = 2`, as for Sherrington and
Kirkpatrick's couplings, or :math:`\max_i |h_i|^{2/3} = 2` where the fields are so large: with
:math:`E_{cJ, c^{3/2} h}(\sqrt c\, x; c a) = c^2 E_{J,h}(x; a)` this loses nothing, and single precision, in which the
flow is computed, then holds whatever the model's scale.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ising_problems.checks import number_array

from .energies import soft_spin_force
from .jit import compilation_time, inlined, kernel
from .minima import Landscape

__all__ = ["Flow", "check_steps", "checked_pumps", "is_short"]

_RATE = 10.0  # the inverse of the longest step
_NOISE = 1e-3  # where the flow begins
_BELOW = 0.2  # the largest distance from the threshold at which the pump begins
_USUAL_STEPS = 1000.0  # while the pump rises by λ_max/2
_MOST_STEPS = 1e8  # of a ramp; with a hundred spins it would take hours
_PUMPS = 100_000  # of a ramp that are held in memory together
_STRETCH = 50  # steps between looks at the gradient
_SMALL = 1e-4  # the gradient from which Newton's method takes over, in units of the typical one

_force = inlined(soft_spin_force)


class Flow:
    """The gradient flow of one instance.

    Parameters
    ----------
    landscape : Landscape
    """

    def __init__(self, landscape: Landscape) -> None:
        self._unit = landscape.unit(0.0)
        self._couplings = (landscape.couplings / self._unit).astype(np.float32)
        self._fields = (landscape.fields / self._unit**1.5).astype(np.float32)
        self._lowest, self._highest = landscape.lowest / self._unit, landscape.highest / self._unit

    def ramp(
        self, pumps: Sequence[float], replicas: int, steps_per_unit: float, rng: np.random.Generator
    ) -> Iterator[np.ndarray]:
        """Amplitudes of the rising flow at each of some pumps.

        Parameters
        ----------
        pumps : sequence of float
            Increasing.
        replicas : int
            Flows that begin at different noise.
        steps_per_unit : float
            Steps while the pump rises by 1.
        rng : numpy.random.Generator

        Returns
        -------
        iterator of numpy.ndarray, float64, shape (replicas, n)
            Not yet minima; the flow goes on from here.

        Raises
        ------
        ValueError
            If that takes more than 10⁸ steps.
        """
        per_unit = steps_per_unit * self._unit
        begin = -self._highest - min(_BELOW, 2.0 * math.sqrt(_RATE / per_unit))
        if replicas and len(self._fields):
            check_steps(pumps[-1] / self._unit - begin, per_unit, f"{_USUAL_STEPS / self._unit:.3g}")
        return self._ramp([pump / self._unit for pump in pumps], replicas, begin, per_unit, rng)

    def _ramp(
        self, targets: Sequence[float], replicas: int, begin: float, per_unit: float, rng: np.random.Generator
    ) -> Iterator[np.ndarray]:
        reached = begin
        x = (_NOISE * rng.standard_normal((replicas, len(self._fields)))).astype(np.float32)
        for target in targets:
            if target > reached and x.size:
                steps = max(1, round((target - reached) * per_unit))
                rise = (target - reached) / steps
                for first in range(1, steps + 1, _PUMPS):  # all of them together might not fit into memory
                    x = self._steps(reached + rise * np.arange(first, min(first + _PUMPS, steps + 1)), x)
                reached = target
            yield self._in_given_units(x)

    def relax(self, pump: float, replicas: int, steps: int, rng: np.random.Generator) -> np.ndarray:
        """Amplitudes of the flow at a fixed pump from standard normal points; shape (replicas, n).

        The flow ends before so many ``steps`` where all its gradients have become small.
        """
        x = rng.standard_normal((replicas, len(self._fields))).astype(np.float32)
        target = pump / self._unit
        small = _SMALL * max(1.0, 0.5 * abs(target)) ** 1.5
        for start in range(0, steps, _STRETCH):
            x = self._steps(np.full(min(_STRETCH, steps - start), target), x)
            force = soft_spin_force(x, x @ self._couplings + self._fields, np.float32(target))
            if np.max(np.abs(force), initial=0.0) < small:
                break
        return self._in_given_units(x)

    def _in_given_units(self, x: np.ndarray) -> np.ndarray:
        return math.sqrt(self._unit) * x.astype(np.float64)

    def _steps(self, pumps: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Euler's steps, one at each pump; every replica at its own longest step."""
        if not x.size:
            return x
        x, product = x.copy(), np.zeros_like(x)
        with compilation_time():
            _advance(x, product, self._fields, np.float32(0), np.float32(0), np.float32(np.inf))
        for pump in pumps.astype(np.float32):
            np.matmul(x, self._couplings, out=product)
            slowest = np.float32(max(_RATE, float(pump) + self._highest))
            _advance(x, product, self._fields, pump, np.float32(self._lowest), slowest)
        return x


def is_short(rise: float, steps_per_unit: float) -> bool:
    """Whether a ramp ends within a sensible number of steps."""
    return rise * steps_per_unit <= _MOST_STEPS


def check_steps(rise: float, steps_per_unit: float, remedy: str) -> None:
    """Refuse a ramp of more steps than would ever end."""
    if not is_short(rise, steps_per_unit):
        raise ValueError(
            f"steps_per_unit: until the pump has risen to the last of the pumps {rise * steps_per_unit:.2g} steps are "
            f"made, more than {_MOST_STEPS:.0e}; they are counted per 1 of the pump as it stands, and where λ_max(J) "
            "is not 2, as for Sherrington and Kirkpatrick, are to be divided by λ_max(J)/2; "
            f"pass steps_per_unit={remedy}"
        )


def checked_pumps(pumps: Any) -> np.ndarray:
    """Pumps as finite float64 numbers, increasing; shape (p,)."""
    values = np.atleast_1d(number_array(pumps, "pumps").astype(np.float64))
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"pumps: a sequence of one number or more is needed, but the shape is {values.shape}")
    if not np.isfinite(values).all():
        k = int(np.flatnonzero(~np.isfinite(values))[0])
        raise ValueError(f"pumps: must be finite, but pumps[{k}] is {values[k]}")
    if not (np.diff(values) > 0).all():
        k = int(np.argmin(np.diff(values) > 0))
        raise ValueError(f"pumps: must increase, but {values[k + 1]:g} comes after {values[k]:g}; sort them")
    return values


@kernel
def _advance(
    x: np.ndarray,
    product: np.ndarray,
    fields: np.ndarray,
    pump: np.float32,
    lowest: np.float32,
    slowest: np.float32,
) -> None:
    """One step of every replica (a row of x), given the products J x."""
    for replica in range(x.shape[0]):
        largest = np.float32(0.0)
        for i in range(x.shape[1]):
            largest = max(largest, abs(x[replica, i]))
        rate = max(np.float32(3.0) * largest * largest - pump - lowest, slowest)
        step = np.float32(1.0) / rate
        for i in range(x.shape[1]):
            x[replica, i] += step * _force(x[replica, i], product[replica, i] + fields[i], pump)
