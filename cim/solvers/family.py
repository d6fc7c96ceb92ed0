r"""Dynamics as solvers: pump ramps from new random amplitudes, 32 replicas to a batch, signs for answers.

A run takes the dynamics through its own tuned ramp with its own tuned step (its ``drive``, or what a solver puts in
its place).  A warm start begins at amplitudes of the given signs, 0.3 in size and 30 % apart in each replica, lest
replicas that start with the same spins all end with the same; and it takes the last 30 % of the ramp, since the
earlier ones would forget them.

Fields act in proportion to the amplitudes, or exactly (see :mod:`cim.dynamics.bounded`), and the unit of the couplings
is the dynamics' own, so one setting serves every model.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ising_problems import IsingModel

from ..dynamics import find
from ..dynamics.base import Dynamics, Machine
from ..dynamics.driver import REPLICAS_PER_BATCH, Evolution
from ..dynamics.machine import build_machine, starting_amplitudes
from ..schedule_rules import ScheduleRule, pilot_generator, plan_for
from ..schedules import Schedule
from .base import Effort, Search, Solver

__all__ = ["FAMILY", "DynamicsSolver", "solver_of"]

_SLICE_WORK = 2e8  # multiplications in a slice
_WARM_SPREAD = 0.3
_WARM_BEGIN = 0.7
_CHECKED_STEPS = 101  # where a schedule is looked at before the runs, each of which has its own number of steps
_UNSCALED = ("schedule", "initial")  # of a drive, what is not an option of the solver


class DynamicsSolver(Solver):
    """A dynamics, run for answers; subclasses say which, and how it is driven.

    Attributes
    ----------
    law : Dynamics
    schedule, warm_schedule : Schedule
        The ramp, and what a warm start takes in its place.
    initial : float
        Spread of the start, in machine units.
    warm_amplitude : float
        Size of the amplitudes of a warm start.
    """

    unit: ClassVar[str] = "matrix-vector product"
    steps_are_products: ClassVar[bool] = True
    replicas_per_batch: ClassVar[int] = REPLICAS_PER_BATCH
    law: ClassVar[Dynamics]
    schedule: ClassVar[Callable[[Any], Any]]
    warm_schedule: ClassVar[Callable[[Any], Any]]
    initial: ClassVar[float]
    warm_amplitude: ClassVar[float] = 0.3

    def effort(self, model: IsingModel) -> Effort:
        """64 replicas of 1000 steps, whatever the size: 6.4·10⁴ products, minutes at n = 10,000."""
        return Effort(replicas=64, steps=1000, replicas_per_thread=REPLICAS_PER_BATCH)

    def prepare(self, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> _Prepared:
        """Couplings in machine units, and compiled kernels."""
        rule = schedule if isinstance(schedule, ScheduleRule) else None
        prepared = _Prepared(self, model, None if rule is not None else schedule, options)
        _Run(prepared, 1, 1, np.random.default_rng(0), None).advance()  # one step of one replica compiles the kernels
        prepared.rule = rule  # only now: it is not asked for the schedule of a run that is none
        return prepared

    def start(
        self, prepared: _Prepared, replicas: int, steps: int, rng: np.random.Generator, initial: np.ndarray | None
    ) -> Search:
        """Pump ramp of ``steps`` steps."""
        return _Run(prepared, replicas, steps, rng, initial)


@dataclass(frozen=True)
class _Later(Schedule):
    """A schedule from the fraction ``begin`` on."""

    whole: Callable[[Any], Any]
    begin: float

    def _at(self, u: np.ndarray) -> np.ndarray:
        return np.asarray(self.whole(self.begin + (1.0 - self.begin) * u), dtype=np.float64)


def solver_of(law: Dynamics) -> DynamicsSolver:
    """Solver that drives a dynamics as it drives itself, and has its name and options."""
    attributes = {
        "__doc__": f"Solver of the dynamics {law.name!r}.",
        "name": law.name,
        "summary": law.summary,
        "reference": law.reference,
        "law": law,
        "schedule": law.drive["schedule"],
        "warm_schedule": _Later(law.drive["schedule"], _WARM_BEGIN),
        "initial": law.drive["initial"],
        "options": {name: value for name, value in law.drive.items() if name not in _UNSCALED} | dict(law.options),
    }
    solver: DynamicsSolver = type("DynamicsSolver", (DynamicsSolver,), attributes)()
    return solver


FAMILY: tuple[DynamicsSolver, ...] = tuple(
    solver_of(find(name)) for name in ("bsb", "cac", "cfc", "gsb", "hbsb", "hdsb", "nmfa", "sfc", "simcim")
)
"""A solver for every dynamics but those whose solver is tuned by itself, "cim", or has kernels of its own, "dsb"."""


class _Prepared:
    """The machine with a run of one step, and what it takes to give it a run of more."""

    def __init__(self, solver: DynamicsSolver, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> None:
        self.solver = solver
        self.model = model
        self.details: dict[str, Any] = {}
        self.rule: ScheduleRule | None = None
        self._schedule = schedule
        self._planned: dict[int, Any] = {}
        self._planning = threading.Lock()
        self._drive = {name: value for name, value in options.items() if name not in solver.law.options}
        self._options = {name: value for name, value in options.items() if name in solver.law.options}
        self._units: Machine | None = None
        self._units = self.ramp(1, warm=False)
        solver.law.check(self.ramp(_CHECKED_STEPS, warm=False))
        self.details["smallest_dt"] = self._units.dt

    def ramp(self, steps: int, warm: bool) -> Machine:
        """The machine with a ramp of so many steps; a warm start takes the later part of the default ramp only."""
        solver = self.solver
        schedule = self._schedule if self.rule is None else self._plan(self.rule, steps)
        if schedule is None:
            schedule = solver.warm_schedule if warm else solver.schedule
        drive = solver.law.driven(schedule=schedule, **self._drive)
        del drive["initial"]
        return build_machine(
            self.model,
            steps=steps,
            options=self._options,
            fields_follow=True,
            bounded=solver.law.bounded,
            units=self._units,
            **drive,
        )

    def _plan(self, rule: ScheduleRule, steps: int) -> Any:
        """The schedule that a rule makes for runs of so many steps, which all batches share."""
        with self._planning:
            if steps not in self._planned:
                plan = plan_for(rule, self.model, steps, pilot_generator())
                self._planned[steps] = plan.schedule
                self.details["pilot_products"] = self.details.get("pilot_products", 0) + plan.products
            return self._planned[steps]


class _Run(Search):
    def __init__(
        self, prepared: _Prepared, replicas: int, steps: int, rng: np.random.Generator, initial: np.ndarray | None
    ) -> None:
        solver, machine = prepared.solver, prepared.ramp(steps, warm=initial is not None)
        amplitudes = starting_amplitudes(prepared.model, solver.initial, replicas, machine.amplitude_unit, rng)
        if initial is not None:
            spread = _WARM_SPREAD / solver.initial
            amplitudes = solver.warm_amplitude * initial * (1.0 + spread * amplitudes)
        self._prepared = prepared
        self._evolution = Evolution(solver.law, machine, np.ascontiguousarray(amplitudes.T, dtype=np.float32), rng)
        couplings = machine.couplings
        entries = couplings.matrix.size if couplings.is_dense else couplings.matrix.nnz
        self._slice = int(np.clip(_SLICE_WORK / max(entries * replicas, 1), 1, 256))

    def advance(self) -> None:
        self._evolution.advance(self._evolution.steps_taken + self._slice)
        details = self._prepared.details
        details["smallest_dt"] = min(details["smallest_dt"], float(self._evolution.batch.smallest_dt))

    @property
    def steps_taken(self) -> int:
        return self._evolution.steps_taken

    def spins(self) -> np.ndarray:
        return self._evolution.spins()

    def lowest(self) -> tuple[float, int]:
        couplings = self._evolution.machine.couplings
        signs = np.where(self._evolution.batch.amplitudes < 0, np.float32(-1), np.float32(1))
        forces = couplings.product(signs, np.empty_like(signs)) + 2.0 * couplings.fields[:, None]
        energies = -0.5 * np.einsum("ir,ir->r", signs, forces, dtype=np.float64)
        replica = int(np.argmin(energies))
        return float(energies[replica]) * couplings.scale, replica

    def diverged(self) -> bool:
        return bool(self._evolution.batch.diverged().any())
