r"""One model, made ready once, on which every arm of a study is run: same starts, same noise, cost counted.

A run's *raw* energy is that of the signs of the amplitudes at its end, its *finished* energy that after 1-flip descent.
Both are recomputed from the model itself, in float64, or in integers where its numbers are integers.

Cost is counted twice.  In matrix-vector products a replica's run costs one for each step; what a rule spends on pilot
runs is shared out among the replicas and taken off their steps, so that every arm costs its budget.  In seconds it is
the CPU time of the thread that ran, of the motion alone, shared out evenly among the arms of a batch; the finishing
descent is timed apart, and the time of a rule's plan is added, shared out among the replicas.

As in :func:`cim.solve`, fields act in proportion to the amplitudes (:mod:`cim.solvers.family`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ising_problems import IsingModel
from ising_problems.threads import single_threaded_algebra
from landscapes.jit import compilation_time

from ..checks import checked_options
from ..dynamics import find
from ..dynamics.base import Machine
from ..dynamics.driver import REPLICAS_PER_BATCH, Evolution, compile_kernels
from ..dynamics.light import PhotonReadout
from ..dynamics.machine import build_machine, starting_amplitudes
from ..photons import checked_budget
from ..schedule_rules import Plan, ScheduleRule
from ..solvers.descent import Descent
from .arms import Arm

_COLUMNS = 192  # of a batch, beyond which a matrix product gains no more

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
        self._plans: dict[Any, tuple[Plan, float, ScheduleRule]] = {}

    def run(
        self, arm: Arm, budget: int, replicas: int, seed: np.random.SeedSequence, *, finish: bool = True
    ) -> Outcome:
        """Runs of one arm; see :meth:`run_all`."""
        return self.run_all([arm], budget, replicas, seed, finish=finish)[0]

    def run_all(
        self,
        arms: Sequence[Arm],
        budget: int,
        replicas: int,
        seed: np.random.SeedSequence,
        *,
        finish: bool = True,
        sharers: int | None = None,
    ) -> list[Outcome]:
        """Runs of arms, at the cost of ``budget`` products each.

        Arms whose motion differs in numbers alone run side by side in one batch, which makes better use of a matrix
        product than one after the other, and share its time evenly.

        Parameters
        ----------
        arms : sequence of Arm
        budget : int
            Matrix-vector products for each replica.
        replicas : int
        seed : numpy.random.SeedSequence
            Fixes starts and noise: the same for every arm, and for every arm that is given the same.
        finish : bool, default True
            Whether the descent is run; without it ``finished`` repeats ``raw``.
        sharers : int, optional
            How many runs share the cost of a pilot: the replicas, unless these stand for more of them.

        Returns
        -------
        list of Outcome
            In the order of the arms.

        Raises
        ------
        ValueError
            If a rule's pilot costs more than the budget.
        """
        with single_threaded_algebra(), compilation_time():
            sharers = replicas if sharers is None else sharers
            prepared = [self._prepared(arm, budget, sharers, seed) for arm in arms]
            together: dict[tuple[Any, ...], list[int]] = {}
            for position, one in enumerate(prepared):
                together.setdefault(one.kind, []).append(position)
            outcomes: dict[int, Outcome] = {}
            for positions in together.values():
                width = max(1, _COLUMNS // min(replicas, REPLICAS_PER_BATCH))
                for first in range(0, len(positions), width):
                    part = positions[first : first + width]
                    group = [prepared[position] for position in part]
                    found = self._run_together(group, replicas, seed, finish, sharers)
                    outcomes.update(zip(part, found, strict=True))
        return [outcomes[position] for position in range(len(arms))]

    def _prepared(self, arm: Arm, budget: int, sharers: int, seed: np.random.SeedSequence) -> _Prepared:
        plan, planning = self._plan(arm, budget, seed, _streams(seed, 1)[1])
        steps = budget - -(-plan.products // sharers)
        if steps < 1:
            raise ValueError(
                f"budgets: the pilot of {arm.schedule!r} costs {plan.products} products, which leaves no step of "
                f"{sharers} runs of {budget}; raise the budget or the replicas, or shorten the pilot"
            )
        return _Prepared(arm, plan, planning, self._machine(arm, plan, steps))

    def _run_together(
        self, group: list[_Prepared], replicas: int, seed: np.random.SeedSequence, finish: bool, sharers: int
    ) -> list[Outcome]:
        starts_rng, _, *batch_rngs = _streams(seed, replicas)
        law, first = find(group[0].arm.dynamics), group[0].machine
        unit_starts = starting_amplitudes(self.model, 1.0, replicas, first.amplitude_unit, starts_rng)
        light = group[0].light
        spins, diverged, seconds = [], [], 0.0
        for batch, batch_rng in enumerate(batch_rngs):
            part = unit_starts[batch * REPLICAS_PER_BATCH : (batch + 1) * REPLICAS_PER_BATCH]
            starts = np.concatenate([part * np.float32(one.arm.drive["initial"]) for one in group])
            machine = first if len(group) == 1 else _side_by_side([one.machine for one in group], len(part))
            evolution = Evolution(law, machine, np.ascontiguousarray(starts.T), batch_rng, light)
            began = time.thread_time()
            evolution.advance(machine.steps)
            seconds += time.thread_time() - began
            spins.append(evolution.spins().reshape(len(group), len(part), -1))
            diverged.append(evolution.batch.diverged().reshape(len(group), len(part)))
        seconds /= len(group)
        outcomes = []
        for one, signs, away in zip(
            group, np.concatenate(spins, axis=1), np.concatenate(diverged, axis=1), strict=True
        ):
            raw = np.asarray(self.model.energy(signs), dtype=np.float64)
            began = time.thread_time()
            finished = np.asarray(self.model.energy(self._descent(signs)), dtype=np.float64) if finish else raw
            outcomes.append(
                Outcome(
                    raw=raw,
                    finished=finished,
                    plan=one.plan,
                    steps=first.steps,
                    products=first.steps + one.plan.products / sharers,
                    seconds=seconds / replicas + one.planning / sharers,
                    finishing_seconds=(time.thread_time() - began) / replicas if finish else 0.0,
                    diverged=away,
                )
            )
        return outcomes

    def _plan(
        self, arm: Arm, budget: int, seed: np.random.SeedSequence, rng: np.random.Generator
    ) -> tuple[Plan, float]:
        """An arm's schedule and the seconds that it took to find; a rule's pilot runs once, whatever else changes."""
        if not isinstance(arm.schedule, ScheduleRule):
            return arm.plan(self.model, budget, rng), 0.0
        # the rule itself and not its repr: functions of one name, such as two lambdas, are two rules
        rule = arm.schedule if _is_hashable(arm.schedule) else id(arm.schedule)
        key = (rule, budget, str(seed.entropy), seed.spawn_key)
        if key not in self._plans:
            began = time.thread_time()
            plan = arm.plan(self.model, budget, rng)
            # the rule is kept, so that no other takes its id
            self._plans[key] = plan, (time.thread_time() - began if plan.products else 0.0), arm.schedule
        return self._plans[key][:2]

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
        law.check(machine)
        if arm.dynamics not in self._compiled:
            compile_kernels(law, machine)
            self._compiled.add(arm.dynamics)
        return machine


@dataclass(frozen=True, eq=False)
class _Prepared:
    """An arm on its way to a run: its plan, the seconds that took, and the machine."""

    arm: Arm
    plan: Plan
    planning: float
    machine: Machine

    @cached_property
    def light(self) -> PhotonReadout | None:
        """How the arm's products are read; None for exactly."""
        budget = None if self.arm.photons is None else checked_budget(self.arm.photons)
        return None if budget is None or budget.noiseless else PhotonReadout(self.machine.couplings, budget)

    @property
    def kind(self) -> tuple[Any, ...]:
        """What arms must have in common to run side by side; an arm of its own kind runs alone."""
        law, machine = find(self.arm.dynamics), self.machine
        # counts of photons depend on the whole batch: an arm that counts them has its batches to itself
        apart = () if law.drives_replicas_apart and self.light is None else (id(self),)
        noisy = bool(machine.temperature.any()), bool(machine.measurement_noise.any())
        return law.name, machine.steps, repr(sorted(machine.options.items())), *noisy, *apart


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _streams(seed: np.random.SeedSequence, replicas: int) -> list[np.random.Generator]:
    """Generators of the starts, of the plan and of each batch's noise."""
    # from a fresh copy: children of a sequence that has spawned before would be others
    rng = np.random.default_rng(np.random.SeedSequence(seed.entropy, spawn_key=seed.spawn_key))
    return list(rng.spawn(2 + -(-replicas // REPLICAS_PER_BATCH)))


def _side_by_side(machines: Sequence[Machine], replicas: int) -> Machine:
    """One machine whose batch holds the replicas of several, one machine's after the other's."""
    columns: dict[str, Any] = {
        name: np.repeat(np.stack([getattr(machine, name) for machine in machines], axis=1), replicas, axis=1)
        for name in ("pump", "temperature", "measurement_noise", "time_steps", "clips")
    }
    momentum = np.repeat([machine.momentum for machine in machines], replicas)
    return replace(machines[0], **columns, momentum=momentum, noise_period=replicas)


def run_arm(
    model: IsingModel, arm: Arm, budget: int, replicas: int = 8, *, seed: int | np.random.SeedSequence = 0
) -> Outcome:
    """Runs of one arm on one model; for many arms on one model, keep the :class:`Workbench`."""
    sequence = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    return Workbench(model).run(arm, budget, replicas, sequence)
