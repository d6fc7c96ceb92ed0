r"""Discrete simulated bifurcation as a solver: one motion, three kernels.

The motion is that of :class:`cim.dynamics.bifurcation.DiscreteBifurcation`, in the same units, with

.. math::
    y_i \leftarrow y_i + \Delta\,(a\,x_i + f_i/J_*), \quad x_i \leftarrow x_i + \Delta\,y_i, \quad
    |x_i| > 1:\; x_i \leftarrow \operatorname{sign} x_i,\; y_i \leftarrow 0, \qquad f = J \operatorname{sign} x + h

and a pump a that rises from -2 to 0; :math:`J_* = \max(\lambda_{\max}/2, J_0)`.  Fields act exactly: beside signs they
have the weight that they have in the Ising energy.  What differs is how f comes about:

==============  ================================================================  ==================================
kernel          f by                                                              chosen for
==============  ================================================================  ==================================
``"packed"``    population counts (:mod:`cim.dynamics.discrete_packed`)           dense couplings of few values
``"events"``    a row of J for each sign that changes                             other dense couplings
                (:mod:`cim.dynamics.discrete_events`)
``"product"``   a matrix product for all replicas (:mod:`cim.dynamics.driver`)    sparse couplings
==============  ================================================================  ==================================

"Few values" are at most eight, evenly spaced (three bit planes), and packing takes a processor that counts bits in
vectors (:func:`cim.dynamics.discrete_packed.counts_bits_in_vectors`); neither choice is timed, so that a seed means
the same in every run.  The first two treat a negative mean of the couplings apart, and estimate
:math:`\lambda_{\max}`, as :mod:`cim.solvers.discrete_motion` says.

Steps: the first kernel takes :math:`\Delta = 0.78`, the second 0.42, where a third as many signs change; Δ is shortened
to 0.98 of :math:`2/\sqrt{-a}`, beyond which the step is not stable, where a schedule demands it.

Source: Goto et al., Sci. Adv. 7, eabe7953 (2021).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ising_problems import IsingModel
from ising_problems.checks import checked_number

from ..couplings import treat_as_dense
from ..dynamics import find as find_dynamics
from ..dynamics.base import Machine
from ..dynamics.discrete_packed import counts_bits_in_vectors
from ..dynamics.driver import Evolution
from ..dynamics.machine import build_machine
from ..dynamics.packed_couplings import PackedCouplings
from ..schedules import linear, sample
from .base import Effort, Search, Solver
from .discrete_motion import DiscreteMotion, EventMotion, PackedMotion
from .fixed_point import FixedPoint

__all__ = ["DiscreteBifurcationSolver"]

_KERNELS = ("auto", "packed", "events", "product")
_PLANES = 3
_PUMP = (-2.0, 0.0)
_WARM_PUMP = -1.2  # a ramp from -2 would forget where it started
_POSITIONS, _MOMENTA = 0.3, 0.02  # spreads of the start
_MARGIN = 0.98  # of the marginal step
_SLICE_NANOSECONDS = 2e7
_SLICE_PRODUCTS = 2e8  # multiplications in a slice


class DiscreteBifurcationSolver(Solver):
    """Discrete simulated bifurcation."""

    name: ClassVar[str] = "dsb"
    summary: ClassVar[str] = "discrete simulated bifurcation: bit-packed, event-driven or by products"
    reference: ClassVar[str] = "Goto et al., Sci. Adv. 7, eabe7953 (2021)"
    unit: ClassVar[str] = "step of all spins"
    steps_are_products: ClassVar[bool] = True
    replicas_per_batch: ClassVar[int] = 32
    options: ClassVar[Mapping[str, Any]] = {"dt": None, "kernel": "auto"}

    def effort(self, model: IsingModel) -> Effort:
        """32 replicas of 1000 steps, whatever the size; with a time limit as few as keep a kernel busy."""
        return Effort(replicas=32, steps=1000, replicas_per_thread=2 if treat_as_dense(model) else 32)

    def prepare(self, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> _Prepared:
        """Couplings as the kernel wants them, and the compiled kernel."""
        prepared = _Prepared(model, schedule, options)
        self.start(prepared, 1, 1, np.random.default_rng(0), None).advance()  # compiles
        return prepared

    def start(
        self, prepared: _Prepared, replicas: int, steps: int, rng: np.random.Generator, initial: np.ndarray | None
    ) -> Search:
        """Run of ``steps`` steps."""
        if prepared.motion is None:
            return _ProductRun(prepared, replicas, steps, rng, initial)
        return _Run(prepared, prepared.motion, replicas, steps, rng, initial)


class _Prepared:
    """A model, how it moves, and under what pump."""

    def __init__(self, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> None:
        self.model = model
        self._schedule = schedule
        dt, kernel = options["dt"], options["kernel"]
        if kernel not in _KERNELS:
            raise ValueError(f"kernel: must be one of {', '.join(map(repr, _KERNELS))}, but it is {kernel!r}")
        if dt is not None:
            dt = checked_number(dt, "dt", above=0.0)
        self.motion = _motion(model, kernel)
        self.dt: float = dt or (self.motion.default_dt if self.motion else PackedMotion.default_dt)
        self.machine: Machine | None = None
        if self.motion is None:
            self.machine = self.machine_of(1, warm=False)
        self.details = {"kernel": "product" if self.motion is None else self.motion.kernel}

    def schedule(self, warm: bool) -> Any:
        """The user's pump, or the default; a warm start takes the later part of that only."""
        if self._schedule is None:
            return linear(_WARM_PUMP if warm else _PUMP[0], _PUMP[1])
        return self._schedule

    def machine_of(self, steps: int, warm: bool) -> Machine:
        """What the batched product needs for a run."""
        return build_machine(
            self.model,
            schedule=self.schedule(warm),
            steps=steps,
            dt=self.dt,
            momentum=0.0,
            clip=None,
            noise=0.0,
            measurement_noise=0.0,
            options={},
            bounded=True,
            units=self.machine,
        )


def _motion(model: IsingModel, kernel: str) -> DiscreteMotion | None:
    """The motion by the kernel asked for, or the one that suits the model; None for the product."""
    if kernel == "product" or (kernel == "auto" and not treat_as_dense(model)):
        return None
    if not treat_as_dense(model):
        raise ValueError(f"kernel: {kernel!r} needs dense couplings, and these are sparse; use 'product' or 'auto'")
    if kernel == "packed" or (kernel == "auto" and counts_bits_in_vectors()):
        packed = PackedCouplings.of(model, _PLANES)
        if packed is not None:
            return PackedMotion(packed)
        if kernel == "packed":
            raise ValueError(
                "kernel: 'packed' needs couplings of at most eight values, evenly spaced; use 'events' or 'auto'"
            )
    return EventMotion(FixedPoint(model))


def _starting_positions(
    num_spins: int, replicas: int, rng: np.random.Generator, initial: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Positions and momenta, float32, shape (replicas, n).

    A warm start keeps its signs, with sizes that differ from replica to replica, lest all go the same way.
    """
    shape = (replicas, num_spins)
    y = _MOMENTA * (2.0 * rng.random(shape, dtype=np.float32) - 1.0)
    if initial is not None:
        return initial * (1.0 - 0.9 * rng.random(shape, dtype=np.float32)), y
    return _POSITIONS * (2.0 * rng.random(shape, dtype=np.float32) - 1.0), y


class _Run(Search):
    def __init__(
        self,
        prepared: _Prepared,
        motion: DiscreteMotion,
        replicas: int,
        steps: int,
        rng: np.random.Generator,
        initial: np.ndarray | None,
    ) -> None:
        n = motion.num_spins
        self._motion = motion
        self._pump = sample(prepared.schedule(initial is not None), steps).astype(np.float32)
        strongest = float(-self._pump.min())
        self._dt = min(prepared.dt, _MARGIN * 2.0 / strongest**0.5) if strongest > 0.0 else prepared.dt
        self._state = motion.state(*_starting_positions(n, replicas, rng, initial))
        self._slice = int(np.clip(_SLICE_NANOSECONDS / (motion.nanoseconds * n * replicas), 1, 1000))
        self._done = 0

    def advance(self) -> None:
        last = min(self._done + self._slice, len(self._pump))
        self._motion.advance(self._state, self._pump[self._done : last], self._dt)
        self._done = last

    @property
    def steps_taken(self) -> int:
        return self._done

    def spins(self) -> np.ndarray:
        return self._state.spins()

    def lowest(self) -> tuple[float, int]:
        energies = self._state.energies()
        replica = int(np.argmin(energies))
        return float(energies[replica]) * self._motion.unit, replica


class _ProductRun(Search):
    def __init__(
        self, prepared: _Prepared, replicas: int, steps: int, rng: np.random.Generator, initial: np.ndarray | None
    ) -> None:
        machine = prepared.machine_of(steps, warm=initial is not None)
        positions, _ = _starting_positions(prepared.model.num_spins, replicas, rng, initial)
        amplitudes = np.ascontiguousarray(positions.T, dtype=np.float32)
        self._evolution = Evolution(find_dynamics("dsb"), machine, amplitudes, rng)
        matrix = machine.couplings.matrix
        entries = matrix.size if machine.couplings.is_dense else matrix.nnz
        self._slice = int(np.clip(_SLICE_PRODUCTS / max(entries * replicas, 1), 1, 256))

    def advance(self) -> None:
        self._evolution.advance(self._evolution.steps_taken + self._slice)

    @property
    def steps_taken(self) -> int:
        return self._evolution.steps_taken

    def spins(self) -> np.ndarray:
        return self._evolution.spins()

    def diverged(self) -> bool:
        return bool(self._evolution.batch.diverged().any())
