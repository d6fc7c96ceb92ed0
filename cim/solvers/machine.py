r"""The coherent Ising machine as a solver: the same dynamics, with the step, momentum and clip tuned for answers.

``linear(-2.0, 0.0)``, dt = 0.75, momentum 0.5 and amplitudes clipped at 0.4, all in machine units (see
:mod:`cim.dynamics.base`): the heavy ball and the clip are worth ten to a hundred times more than the shape of the
ramp.  So tuned, the machine is statistically the same optimiser as ballistic simulated bifurcation.

Fields act in proportion to the mean amplitude of their replica, :math:`f_i = (J x)_i + h_i \langle |x| \rangle`
(Inui et al., Commun. Phys. 5, 154, 2022): where all amplitudes are alike, a field then weighs against the couplings as
it does in the Ising energy.  A field added as it stands would outweigh them below threshold, and an auxiliary spin that
carried the fields would set λ_max, and with it the unit of the pump, all by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ising_problems import IsingModel

from .._simulate import build_machine, starting_amplitudes
from ..dynamics import find
from ..dynamics.base import Machine
from ..dynamics.driver import REPLICAS_PER_BATCH, Evolution
from ..schedules import linear
from .base import Effort, Search, Solver

__all__ = ["MachineSolver"]

_SLICE_WORK = 2e8  # multiplications in a slice
_INITIAL = 1e-3
_WARM_AMPLITUDE = 0.2
_WARM_FRACTION = 0.5  # a warm start takes the second half of the ramp only: the first would forget it


class MachineSolver(Solver):
    """Coherent Ising machine tuned for answers."""

    name: ClassVar[str] = "cim"
    summary: ClassVar[str] = "coherent Ising machine: pump ramp with momentum and clipped amplitudes"
    unit: ClassVar[str] = "matrix-vector product"
    replicas_per_batch: ClassVar[int] = REPLICAS_PER_BATCH
    options: ClassVar[Mapping[str, Any]] = {"dt": 0.75, "momentum": 0.5, "clip": 0.4, "noise": 0.0}

    def effort(self, model: IsingModel) -> Effort:
        """64 replicas of 1000 steps."""
        return Effort(replicas=64, steps=1000, replicas_per_thread=REPLICAS_PER_BATCH)

    def prepare(self, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> _Prepared:
        """Couplings in machine units, and compiled kernels."""
        prepared = _Prepared(model, linear(-2.0, 0.0) if schedule is None else schedule, options)
        _Run(prepared, 1, 1, np.random.default_rng(0), None).advance()  # one step of one replica compiles the kernels
        return prepared

    def start(
        self, prepared: _Prepared, replicas: int, steps: int, rng: np.random.Generator, initial: np.ndarray | None
    ) -> Search:
        """Pump ramp of ``steps`` steps."""
        return _Run(prepared, replicas, steps, rng, initial)


class _Prepared:
    def __init__(self, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> None:
        self.model = model
        self.schedule = schedule
        self.options = dict(options)
        self.machine = self._machine(schedule, 1)

    def _machine(self, schedule: Any, steps: int, units: Machine | None = None) -> Machine:
        return build_machine(
            self.model,
            schedule=schedule,
            steps=steps,
            measurement_noise=0.0,
            options={},
            fields_follow=True,
            units=units,
            **self.options,
        )

    def ramp(self, steps: int, warm: bool) -> Machine:
        """The machine with a ramp of so many steps."""
        schedule = self.schedule
        if warm and callable(schedule):

            def second_half(u: float) -> float:
                return self.schedule(_WARM_FRACTION + (1.0 - _WARM_FRACTION) * u)

            schedule = second_half
        return self._machine(schedule, steps, self.machine)


class _Run(Search):
    def __init__(
        self, prepared: _Prepared, replicas: int, steps: int, rng: np.random.Generator, initial: np.ndarray | None
    ) -> None:
        self._prepared = prepared
        machine = prepared.ramp(steps, warm=initial is not None)
        start: Any = _INITIAL
        if initial is not None:
            start = _WARM_AMPLITUDE * machine.amplitude_unit * initial
        amplitudes = starting_amplitudes(prepared.model, start, replicas, machine.amplitude_unit, rng)
        self._evolution = Evolution(find("cim"), machine, np.ascontiguousarray(amplitudes.T), rng)
        couplings = machine.couplings
        entries = couplings.matrix.size if couplings.is_dense else couplings.matrix.nnz
        self._slice = int(np.clip(_SLICE_WORK / max(entries * replicas, 1), 1, 256))

    def advance(self) -> None:
        self._evolution.advance(self._evolution.steps_taken + self._slice)

    @property
    def steps_taken(self) -> int:
        return self._evolution.steps_taken

    def spins(self) -> np.ndarray:
        return self._evolution.spins()

    def diverged(self) -> bool:
        return bool(self._evolution.batch.diverged().any())
