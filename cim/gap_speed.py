r"""Pump ramps paced by a model's own softness, measured along a pilot run.

A pilot run takes one replica, or a few, up the straight line from ``start`` to ``stop``, and stops at pumps
:math:`a_0 < a_1 < \dots` on the way, where it rests for some steps (``settling``) and is measured; the schedule then
raises the pump at a speed inversely proportional to the softness found (:func:`cim.landscape_schedules.paced`).  What
softness is (the inverse of the lowest curvature, the susceptibility, or the state's own response to the pump) says
:mod:`cim.softness`.

The pilot is quasi-static, from the threshold in ``pilot_steps`` steps, with rests, and from amplitudes that need not
grow out of the noise first (``initial``), which asks for the softness of the branch of minima; or, with
``pilot_steps=None, settling=0, initial=1e-3``, a run like the one that is planned, which asks for that of the states it
will be in, those on the way out of the noise among them.

The pilot is the coherent Ising machine of :func:`cim.solve` and of schedule studies: fields, if there are any, act in
proportion to the amplitudes.

Every matrix-vector product is counted: the pilot's steps, the rests, and those of the measurement.  (λ_max(J) itself,
which fixes the unit of the pump, is needed by every machine, and counted by none.)

What it is worth: on Sherrington and Kirkpatrick's model (n = 500, 50 and 60 instances, 300 and 1000 steps, the clipped
machine) no pace lowers the mean energy per spin by more than 0.0009 below that of the straight line, even with the
pilot for free, and after correction for the number of comparisons none of it is beyond errors; at 300 steps the gap's
paid pilot costs more than it brings.  The response of a run-like pilot improves the best of eight runs at 1000 steps by
0.0013(4), twice; but so does a straight line from -1.6, 0.0015(6): both leave the noise in many directions at once, and
replicas end in more different states (``tests/benchmarks/landscape_rules.py``).

Sources: the speed of a ramp in proportion to the gap: Roland, Cerf, Phys. Rev. A 65, 042308 (2002), for quantum
annealing, where the speed goes with its square (``exponent=2``); landscape and machine: Yamamura, Mabuchi, Ganguli,
arXiv:2309.08119.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from ising_problems import IsingModel
from ising_problems.checks import checked_generator, checked_integer, checked_number
from ising_problems.threads import single_threaded_algebra
from landscapes.jit import compilation_time

from .checks import checked_model
from .dynamics import find
from .dynamics.driver import Evolution
from .dynamics.machine import build_machine, starting_amplitudes
from .landscape_schedules import THRESHOLD, paced
from .schedule_rules import Plan, ScheduleRule
from .schedules import Schedule, linear
from .softness import MEASURES, Hessian

__all__ = ["ConstantGapSpeed", "PilotRun", "constant_gap_speed", "pilot_run"]

Measure = Literal["gap", "susceptibility", "response"]
_BELOW = 4  # pumps below the threshold


@dataclass(frozen=True)
class ConstantGapSpeed(ScheduleRule):
    """Rule: a pump that rises as fast as the model's own state is stiff, which a pilot run measures.

    Parameters
    ----------
    measure : {"gap", "susceptibility", "response"}
        What softness is; see :mod:`cim.gap_speed`.
    start, stop : float
        First and last pump, in units of λ_max(J)/2.
    pilot_steps : int or None, default 200
        Steps of the pilot's ramp; None for as many as the run that is planned.
    settling : int, default 10
        Further steps at each pump before the state is measured.
    pumps : int, default 16
        In how many equal intervals from the threshold (or ``start``, above it) to ``stop`` the state is measured.
    replicas : int, default 1
        Of the pilot; their softness is averaged.
    dt, momentum, clip, initial : optional
        The pilot's, as in :func:`cim.simulate`; by default 0.2, 0, none and 0.1.
    exponent, mixture, limit : float
        As in :func:`cim.landscape_schedules.paced`.

    Raises
    ------
    ValueError, TypeError
        If a number is out of range; the message names it.
    """

    measure: Measure = "gap"
    start: float = -2.2
    stop: float = 0.0
    pilot_steps: int | None = 200
    settling: int = 10
    pumps: int = 16
    replicas: int = 1
    dt: float = 0.2
    momentum: float = 0.0
    clip: float | None = None
    initial: float = 0.1
    exponent: float = 1.0
    mixture: float = 0.0
    limit: float = 10.0

    def __post_init__(self) -> None:
        """Refuse at once what would be refused in the run."""
        if self.measure not in MEASURES:
            raise ValueError(f"measure: must be one of {', '.join(map(repr, MEASURES))}, but it is {self.measure!r}")
        start, stop = checked_number(self.start, "start"), checked_number(self.stop, "stop")
        if not stop > max(start, THRESHOLD):
            raise ValueError(f"stop: must lie above start and the threshold -2, but start = {start:g}, stop = {stop:g}")
        if self.pilot_steps is not None:
            checked_integer(self.pilot_steps, "pilot_steps", at_least=1)
        checked_integer(self.settling, "settling", at_least=0)
        checked_integer(self.pumps, "pumps", at_least=2)
        checked_integer(self.replicas, "replicas", at_least=1)
        checked_number(self.dt, "dt", above=0.0)
        checked_number(self.momentum, "momentum", at_least=0.0, below=1.0)
        checked_number(1.0 if self.clip is None else self.clip, "clip", above=0.0)
        checked_number(self.initial, "initial", above=0.0)
        paced([0.0, 1.0], [1.0, 1.0], exponent=self.exponent, mixture=self.mixture, limit=self.limit)

    def plan(self, model: IsingModel, steps: int, rng: np.random.Generator) -> Plan:
        """Schedule for one model; see :class:`cim.schedule_rules.ScheduleRule`."""
        pilot = pilot_run(self, model, steps, rng)
        if not np.isfinite(pilot.softness).any():
            return Plan(linear(self.start, self.stop), pilot.products)
        schedule = paced(pilot.pumps, pilot.softness, exponent=self.exponent, mixture=self.mixture, limit=self.limit)
        return Plan(schedule, pilot.products)


@dataclass(frozen=True, eq=False)
class PilotRun:
    """What a pilot run measured.

    Attributes
    ----------
    pumps : numpy.ndarray, shape (p,)
        In units of λ_max(J)/2.
    softness : numpy.ndarray, shape (p,)
        There, in units of 2/λ_max(J) (gap, susceptibility) or √(2/λ_max(J)) (response), mean over the replicas.
    products : int
        Matrix-vector products that were spent, those of all replicas together.
    """

    pumps: np.ndarray
    softness: np.ndarray
    products: int


def constant_gap_speed(
    model: IsingModel,
    steps: int = 1000,
    measure: Measure = "gap",
    *,
    seed: int | np.random.Generator | None = 0,
    **options: Any,
) -> Schedule:
    """Pump schedule for one model, paced by its own softness along a pilot run.

    Parameters
    ----------
    model : IsingModel
    steps : int, default 1000
        Length of the run that is planned; it matters only to a pilot that is to be like it (``pilot_steps=None``).
    measure : {"gap", "susceptibility", "response"}
        See :mod:`cim.gap_speed`.
    seed : int, numpy.random.Generator or None, default 0
        Of the pilot's start.
    **options
        As in :class:`ConstantGapSpeed`, which is the same as a rule, counts the pilot's products, and can be given to
        :func:`cim.simulate`, :func:`cim.solve` and schedule studies in place of a schedule.

    Returns
    -------
    Schedule

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range or unknown; the message names it.

    Examples
    --------
    >>> import ising_problems as ip
    >>> schedule = constant_gap_speed(ip.sherrington_kirkpatrick(100, seed=0))
    >>> schedule(0.0), schedule(1.0)
    (-2.2, 0.0)
    """
    model = checked_model(model)
    rule = ConstantGapSpeed(measure=measure, **options)
    return rule.plan(model, checked_integer(steps, "steps", at_least=1), checked_generator(seed)).schedule


def pilot_run(rule: ConstantGapSpeed, model: IsingModel, steps: int, rng: np.random.Generator) -> PilotRun:
    """Run the pilot of a rule and measure; of a model without spins or couplings there is nothing to measure."""
    length = steps if rule.pilot_steps is None else rule.pilot_steps
    nodes = _nodes(rule.start, rule.stop, rule.pumps)
    if model.num_couplings == 0:
        return PilotRun(nodes, np.full(len(nodes), np.inf), 0)
    law = find("cim")
    starts_rng, motion_rng, probes_rng = rng.spawn(3)
    first = 0 if rule.pilot_steps is None else int(np.count_nonzero(nodes < THRESHOLD))
    with single_threaded_algebra(), compilation_time():
        drive = law.driven(dt=rule.dt, momentum=rule.momentum, clip=rule.clip)
        del drive["initial"]
        ramp, moments = _staircase(nodes[first:], length, rule.settling)
        drive["schedule"] = 0.0
        machine = build_machine(model, steps=len(ramp), options={}, fields_follow=True, **drive)
        machine = replace(machine, pump=ramp)
        start = starting_amplitudes(model, rule.initial, rule.replicas, machine.amplitude_unit, starts_rng)
        evolution = Evolution(law, machine, np.ascontiguousarray(start.T), motion_rng)
        hessian = Hessian(machine.couplings)
        measure = MEASURES[rule.measure](hessian, rule.replicas, probes_rng)
        softness = [measure(np.zeros_like(start.T), pump) for pump in nodes[:first].tolist()]  # where the state is zero
        for pump, moment in zip(nodes[first:].tolist(), moments.tolist(), strict=True):
            evolution.advance(moment)
            softness.append(measure(evolution.batch.amplitudes, pump))
    values = np.mean(softness, axis=1)
    if rule.measure == "response":  # each says how far the state went since the pump before
        values = 0.5 * (values + np.append(values[1:], values[-1]))
    return PilotRun(nodes, values, len(ramp) * rule.replicas + hessian.products)


def _nodes(start: float, stop: float, count: int) -> np.ndarray:
    """Pumps at which the softness is wanted: the threshold, so many above it, and four below."""
    above = np.linspace(max(start, THRESHOLD), stop, count + 1)
    return np.concatenate([np.linspace(start, THRESHOLD, _BELOW + 1)[:-1], above]) if start < THRESHOLD else above


def _staircase(nodes: np.ndarray, length: int, settling: int) -> tuple[np.ndarray, np.ndarray]:
    """Pumps of a pilot that rises by so many steps in all, and rests above the threshold; when it is at each node."""
    rises = np.diff(nodes) / (nodes[-1] - nodes[0]) * length
    ends = np.rint(np.cumsum(rises)).astype(int)
    ramp, moments, before = [nodes[:1]], [1], 0
    for node, previous, end in zip(nodes[1:], nodes[:-1], ends, strict=True):
        ramp.append(previous + (node - previous) * np.arange(1, end - before + 1) / max(end - before, 1))
        if node > THRESHOLD:
            ramp.append(np.full(settling, node))
        moments.append(sum(map(len, ramp)))
        before = end
    return np.concatenate(ramp), np.array(moments)
