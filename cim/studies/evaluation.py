r"""One model, made ready once, on which every arm of a study is run: same starts, same noise, cost counted.

A run's *raw* energy is that of the signs of the amplitudes at its end, its *finished* energy that after 1-flip descent.
Both are recomputed from the model itself, in float64, or in integers where its numbers are integers.

Cost is counted twice.  In matrix-vector products a replica's run costs one for each step; what a rule spends on pilot
runs is shared out among the replicas and taken off their steps, so that every arm costs its budget.  In seconds it is
the CPU time of the thread that ran, of the motion alone; the finishing descent is timed apart, and the time of a rule's
plan is added, shared out among the replicas.

As in :func:`cim.solve`, fields act in proportion to the amplitudes (:mod:`cim.solvers.family`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from ising_problems import IsingModel
from ising_problems.threads import single_threaded_algebra
from landscapes.jit import compilation_time

from ..checks import checked_options
from ..dynamics import find
from ..dynamics.base import Machine
from ..dynamics.driver import REPLICAS_PER_BATCH, Evolution, compile_kernels
from ..dynamics.machine import build_machine, starting_amplitudes
from ..schedule_rules import Plan, ScheduleRule
from ..solvers.descent import Descent
from .arms import Arm

__all__ = ["Outcome", "Workbench", "run_arm"]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the replicas of an arm ended with on one model.

    Attributes
    ----------
    raw, finished : numpy.ndarray of float64, shape (replicas,)
        Ising energies of the signs at the end, and after 1-flip descent; the model's offset included.
    plan : Plan
        The schedule and what finding it cost.
    steps : int
        Steps that each replica took.
    products : float
        Matrix-vector products for each replica, its share of the pilot included.
    seconds, finishing_seconds : float
        CPU time for each replica, of the motion (and its share of the plan), and of the descent.
    diverged : numpy.ndarray of bool, shape (replicas,)
    """

    raw: np.ndarray
    finished: np.ndarray
    plan: Plan
    steps: int
    products: float
    seconds: float
    finishing_seconds: float
    diverged: np.ndarray


class Workbench:
    """A model made ready for runs of many arms.

    Parameters
    ----------
    model : IsingModel
    """

    def __init__(self, model: IsingModel) -> None:
        self.model = model
        self._descent = Descent(model)
        self._units: dict[bool, Machine] = {}
        self._compiled: set[str] = set()
        self._plans: dict[Any, tuple[Plan, float]] = {}

    def run(
        self, arm: Arm, budget: int, replicas: int, seed: np.random.SeedSequence, *, finish: bool = True
    ) -> Outcome:
        """Runs of an arm, at the cost of ``budget`` products each.

        Parameters
        ----------
        arm : Arm
        budget : int
            Matrix-vector products for each replica.
        replicas : int
        seed : numpy.random.SeedSequence
            Fixes starts and noise: the same for every arm that is given the same.
        finish : bool, default True
            Whether the descent is run; without it ``finished`` repeats ``raw``.

        Raises
        ------
        ValueError
            If a rule's pilot costs more than the budget.
        """
        # a fresh copy: children of a sequence that has spawned before would be others
        rng = np.random.default_rng(np.random.SeedSequence(seed.entropy, spawn_key=seed.spawn_key))
        starts_rng, plan_rng, *batch_rngs = rng.spawn(2 + -(-replicas // REPLICAS_PER_BATCH))
        with single_threaded_algebra(), compilation_time():
            plan, planning = self._plan(arm, budget, seed, plan_rng)
            steps = budget - -(-plan.products // replicas)
            if steps < 1:
                raise ValueError(
                    f"budgets: the pilot of {arm.schedule!r} costs {plan.products} products, which leaves no step of "
                    f"{replicas} runs of {budget}; raise the budget or the replicas, or shorten the pilot"
                )
            machine = self._machine(arm, plan, steps)
            starts = starting_amplitudes(self.model, arm.drive["initial"], replicas, machine.amplitude_unit, starts_rng)
            spins, diverged, seconds = [], [], 0.0
            for batch, batch_rng in enumerate(batch_rngs):
                part = starts[batch * REPLICAS_PER_BATCH : (batch + 1) * REPLICAS_PER_BATCH]
                evolution = Evolution(find(arm.dynamics), machine, np.ascontiguousarray(part.T), batch_rng)
                began = time.thread_time()
                evolution.advance(steps)
                seconds += time.thread_time() - began
                spins.append(evolution.spins())
                diverged.append(evolution.batch.diverged())
            signs = np.concatenate(spins)
            raw = np.asarray(self.model.energy(signs), dtype=np.float64)
            began = time.thread_time()
            finished = np.asarray(self.model.energy(self._descent(signs)), dtype=np.float64) if finish else raw
            finishing = (time.thread_time() - began) / replicas if finish else 0.0
        return Outcome(
            raw=raw,
            finished=finished,
            plan=plan,
            steps=steps,
            products=steps + plan.products / replicas,
            seconds=(seconds + planning) / replicas,
            finishing_seconds=finishing,
            diverged=np.concatenate(diverged),
        )

    def _plan(
        self, arm: Arm, budget: int, seed: np.random.SeedSequence, rng: np.random.Generator
    ) -> tuple[Plan, float]:
        """An arm's schedule and the seconds that it took to find; a rule's pilot runs once, whatever else changes."""
        if not isinstance(arm.schedule, ScheduleRule):
            return arm.plan(self.model, budget, rng), 0.0
        key = (repr(arm.schedule), budget, str(seed.entropy), seed.spawn_key)
        if key not in self._plans:
            began = time.thread_time()
            plan = arm.plan(self.model, budget, rng)
            self._plans[key] = plan, (time.thread_time() - began if plan.products else 0.0)
        return self._plans[key]

    def _machine(self, arm: Arm, plan: Plan, steps: int) -> Machine:
        law = find(arm.dynamics)
        drive: dict[str, Any] = {**arm.drive, "schedule": plan.schedule}
        del drive["initial"]
        machine = build_machine(
            self.model,
            steps=steps,
            options=checked_options(law.options, dict(arm.options), arm.dynamics),
            fields_follow=True,
            bounded=law.bounded,
            units=self._units.get(law.bounded),
            **drive,
        )
        self._units[law.bounded] = machine
        if arm.dynamics not in self._compiled:
            law.check(machine)
            compile_kernels(law, machine)
            self._compiled.add(arm.dynamics)
        return machine


def run_arm(
    model: IsingModel, arm: Arm, budget: int, replicas: int = 8, *, seed: int | np.random.SeedSequence = 0
) -> Outcome:
    """Runs of one arm on one model; for many arms on one model, keep the :class:`Workbench`."""
    sequence = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    return Workbench(model).run(arm, budget, replicas, sequence)
