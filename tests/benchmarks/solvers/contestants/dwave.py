"""dwave-samplers: simulated annealing with two schedules, and tabu search."""

from __future__ import annotations

from typing import Any, ClassVar

import dimod
import numpy as np
from dwave.samplers import SimulatedAnnealingSampler, TabuSampler

from .base import Calibrated, Contestant, Instance, Outcome, Plan, Setting, full_temperature_range, reads_and_sweeps

_LENGTHS = tuple({"longest_read": longest} for longest in (1000, 10_000, None))


def binary_quadratic_model(instance: Instance) -> Any:
    """The instance as dimod's model: E = Σ h s + Σ J s s, so both signs turn."""
    i, j, J = instance.pairs()
    linear = -np.asarray(instance.h, dtype=np.float64)
    return dimod.BinaryQuadraticModel.from_numpy_vectors(linear, (i, j, -J), instance.offset, dimod.SPIN)


def in_order(sample_set: Any) -> np.ndarray:
    """Samples with spin i in column i."""
    order = np.argsort(np.asarray(sample_set.variables))
    return np.asarray(sample_set.record.sample, dtype=np.int8)[:, order]


class _Annealing(Calibrated):
    package: ClassVar[str] = "dwave-samplers"
    install: ClassVar[str] = "pip install dwave-samplers"
    settings = _LENGTHS

    def __init__(self, name: str, linear: bool) -> None:
        self.name = name
        self._linear = linear
        schedule = "temperature falling linearly over our own range" if linear else "default schedule and range"
        self.tuning = f"{schedule}; reads of at most 1000 (default), 10,000 or all sweeps, the best of three trial runs"
        self._sampler = SimulatedAnnealingSampler()

    def convert(self, instance: Instance) -> None:
        self._bqm = binary_quadratic_model(instance)
        self._temperatures = full_temperature_range(instance)
        # the default range depends on the model alone: found once, it need not be found in every call
        probe = self._sampler.sample(self._bqm, num_reads=1, num_sweeps=1, seed=0)
        self._range = tuple(float(beta) for beta in probe.info["beta_range"])

    def shape(self, total: int, setting: Setting) -> Plan:
        reads, sweeps = reads_and_sweeps(total, setting["longest_read"])
        return {"total": total, "setting": dict(setting), "reads": reads, "sweeps": sweeps}

    def run(self, plan: Plan, seed: int) -> Outcome:
        schedule: dict[str, Any] = {"beta_range": self._range, "num_sweeps": plan["sweeps"]}
        if self._linear:
            falling = np.linspace(*self._temperatures, plan["sweeps"])
            schedule = {"beta_schedule_type": "custom", "beta_schedule": 1.0 / falling, "num_sweeps_per_beta": 1}
        found = self._sampler.sample(self._bqm, num_reads=plan["reads"], seed=seed, **schedule)
        return Outcome(in_order(found), updates=float(plan["reads"] * plan["sweeps"] * self.instance.n))


class _Tabu(Contestant):
    name = "dwave-tabu"
    package: ClassVar[str] = "dwave-samplers"
    install: ClassVar[str] = "pip install dwave-samplers"
    watches_the_wall_clock: ClassVar[bool] = True
    tuning = "default tenure, one read that restarts until its own time limit"

    def load(self, instance: Instance) -> None:
        self._bqm = binary_quadratic_model(instance)
        self._sampler = TabuSampler()
        self._sampler.sample(self._bqm, num_reads=1, timeout=1, seed=0)

    def plan(self, seconds: float, setting: Setting) -> Plan:
        return {"milliseconds": max(1, round(1000 * seconds)), "setting": dict(setting)}

    def run(self, plan: Plan, seed: int) -> Outcome:
        found = self._sampler.sample(self._bqm, num_reads=1, timeout=plan["milliseconds"], seed=seed)
        return Outcome(in_order(found), seconds=1e-3 * plan["milliseconds"])


def contestants() -> list[Contestant]:
    return [_Annealing("dwave-sa", False), _Annealing("dwave-sa-linear", True), _Tabu()]
