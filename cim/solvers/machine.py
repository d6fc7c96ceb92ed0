r"""The coherent Ising machine as a solver: the same dynamics, with the step, momentum and clip tuned for answers.

``linear(-2.0, 0.0)``, dt = 0.75, momentum 0.5 and amplitudes clipped at 0.4, all in machine units (see
:mod:`cim.dynamics.base`).  On the Sherrington–Kirkpatrick model (n = 500, 300 to 3000 steps) the heavy ball and the
clip gain ten to a hundred times more than the shape of the ramp, and so tuned the machine does as well as ballistic
simulated bifurcation.  A temperature that falls from 0.01 to 0 leaves the mean of the runs as it is and sends them to
different states; without it (``noise=0.0``) nearly all replicas end in the same one.

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

from ..dynamics import find
from ..dynamics.base import Machine
from ..dynamics.driver import REPLICAS_PER_BATCH, Evolution
from ..dynamics.machine import build_machine, starting_amplitudes
from ..schedules import linear
from .base import Effort, Search, Solver

__all__ = ["MachineSolver"]

_SLICE_WORK = 2e8  # multiplications in a slice
_INITIAL = 1e-3
_RAMP = (-2.0, 0.0)
_WARM_AMPLITUDE = 0.2
_WARM_PUMP = -1.0  # a ramp from the threshold on would forget where it started


class MachineSolver(Solver):
    """Coherent Ising machine tuned for answers."""

    name: ClassVar[str] = "cim"
    summary: ClassVar[str] = "coherent Ising machine: pump ramp with momentum and clipped amplitudes"
    reference: ClassVar[str] = "Yamamura, Mabuchi, Ganguli, arXiv:2309.08119"
    unit: ClassVar[str] = "matrix-vector product"
    steps_are_products: ClassVar[bool] = True
    replicas_per_batch: ClassVar[int] = REPLICAS_PER_BATCH
    options: ClassVar[Mapping[str, Any]] = {
        "dt": 0.75,
        "momentum": 0.5,
        "clip": 0.4,
        "noise": linear(0.01, 0.0),
    }

    def effort(self, model: IsingModel) -> Effort:
        """64 replicas of 1000 steps, whatever the size: 6.4·10⁴ products, minutes at n = 10,000."""
        return Effort(replicas=64, steps=1000, replicas_per_thread=REPLICAS_PER_BATCH)

    def prepare(self, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> _Prepared:
        """Couplings in machine units, and compiled kernels."""
        prepared = _Prepared(model, schedule, options)
        _Run(prepared, 1, 1, np.random.default_rng(0), None).advance()  # one step of one replica compiles the kernels
        return prepared

    def start(
        self, prepared: _Prepared, replicas: int, steps: int, rng: np.random.Generator, initial: np.ndarray | None
    ) -> Search:
        """Pump ramp of ``steps`` steps."""
        return _Run(prepared, replicas, steps, rng, initial)


class _Prepared:
    """The machine with a run of one step, and what it takes to give it a run of more."""

    def __init__(self, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> None:
        self.model = model
        self._schedule = schedule
        self._options = dict(options)
        self._units: Machine | None = None
        self._units = self.ramp(1, warm=False)

    def ramp(self, steps: int, warm: bool) -> Machine:
        """The machine with a ramp of so many steps; a warm start takes the later part of the default ramp only."""
        schedule = self._schedule
        if schedule is None:
            schedule = linear(_WARM_PUMP if warm else _RAMP[0], _RAMP[1])
        return build_machine(
            self.model,
            schedule=schedule,
            steps=steps,
            measurement_noise=0.0,
            options={},
            fields_follow=True,
            units=self._units,
            **self._options,
        )


class _Run(Search):
    def __init__(
        self, prepared: _Prepared, replicas: int, steps: int, rng: np.random.Generator, initial: np.ndarray | None
    ) -> None:
        machine = prepared.ramp(steps, warm=initial is not None)
        unit = machine.amplitude_unit
        amplitudes = starting_amplitudes(prepared.model, _INITIAL, replicas, unit, rng)
        if initial is not None:
            # amplitudes of different size, lest replicas that start with the same spins all end with the same
            amplitudes = _WARM_AMPLITUDE * initial * (1.0 + 0.3 / _INITIAL * amplitudes)
        self._evolution = Evolution(find("cim"), machine, np.ascontiguousarray(amplitudes.T, dtype=np.float32), rng)
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
