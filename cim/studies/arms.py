r"""The arms of a schedule study: a pump schedule, the machine that it drives, and what may be tuned.

Step, momentum and clip of the coherent Ising machine move its answers ten to a hundred times more than the shape of the
pump ramp does.  A comparison of schedules means something only if each is given its own best step, so an
:class:`Arm` says which of its numbers may be tuned, and in which range.

To every arm belongs its *straight line*, the control that tells shape from everything else: the same machine whose
pump goes straight from the schedule's first value to its last.  Where temperature, step or clip are functions of the
run, they go straight as well.

Tuned numbers:

=============  ======================================================================================================
``dt``         the time step; a factor where the step is a function of the run
``momentum``   the heavy ball's
``clip``       the largest amplitude; a factor where it is a function of the run
``noise``      a factor of the temperature
``start``      the first value of the pump: the schedule is stretched between ``start`` and its last value
``stop``       its last value
=============  ======================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ising_problems import IsingModel
from ising_problems.checks import checked_number

from ..dynamics import find
from ..photons import PhotonBudget, checked_budget
from ..schedule_rules import Plan, ScheduleRule, plan_for
from ..schedules import Schedule, linear, sample

__all__ = ["RANGES", "Arm", "named_arms", "tuned"]

RANGES: Mapping[str, tuple[float, float]] = {
    "dt": (0.05, 1.5),
    "momentum": (0.0, 0.95),
    "clip": (0.15, 2.0),
    "noise": (0.1, 10.0),
    "start": (-2.4, -1.0),
    "stop": (-0.6, 1.0),
}
"""Where a number is looked for, unless the arm says otherwise."""

_CHECKED_STEPS = 101  # at how many points a function of the run is looked at before the study begins


@dataclass(frozen=True)
class Arm:
    """One contender of a schedule study.

    Parameters
    ----------
    schedule : Schedule, ScheduleRule, callable or float
        Pump, in units of λ_max(J)/2; a rule makes one for each model and budget.  ``linear(-2.2, 0.0)`` by default.
    dynamics : str, default "cim"
        Law of motion, as in :func:`cim.simulate`.
    dt, momentum, clip, noise, measurement_noise, initial : optional
        As in :func:`cim.simulate`, with the dynamics' own defaults; ``initial`` is a number here.
    options : mapping, optional
        The dynamics' own parameters.
    tune : None, sequence of str, or mapping from str to (low, high)
        Which numbers are tuned, and where.  By default the step, and with it momentum, clip and temperature where the
        arm has them; ``()`` for none.
    control : Arm, optional
        What the arm is compared with in place of its straight line.
    photons : float or PhotonBudget, optional
        Photons for each scalar multiplication, as in :func:`cim.simulate`; pilots of rules have no such limit.

    Raises
    ------
    ValueError, TypeError
        If something is malformed; the message names it.

    Examples
    --------
    >>> Arm(linear(-2.0, 0.0), clip=0.4, momentum=0.5).tuned_names
    ('dt', 'momentum', 'clip')
    """

    schedule: Schedule | ScheduleRule | Callable[[Any], Any] | float = field(default_factory=lambda: linear(-2.2, 0.0))
    dynamics: str = "cim"
    dt: Callable[[Any], Any] | float | None = None
    momentum: float | None = None
    clip: Callable[[Any], Any] | float | None = None
    noise: Callable[[Any], Any] | float | None = None
    measurement_noise: Callable[[Any], Any] | float | None = None
    initial: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    tune: Any = None
    control: Arm | None = None
    photons: float | PhotonBudget | None = None

    def __post_init__(self) -> None:
        law = find(self.dynamics)
        drive = law.driven(**self._given())
        if not isinstance(self.schedule, ScheduleRule):
            sample(drive["schedule"], _CHECKED_STEPS)
        for name in ("dt", "clip", "noise", "measurement_noise"):
            if drive[name] is not None:
                lowest = sample(drive[name], _CHECKED_STEPS, name).min()
                if lowest < 0.0 or (lowest == 0.0 and name in ("dt", "clip")):
                    kind = "positive" if name in ("dt", "clip") else "zero or more"
                    raise ValueError(f"{name}: must be {kind}, but it falls to {lowest:g}")
        checked_number(drive["momentum"], "momentum", at_least=0.0, below=1.0)
        checked_number(drive["initial"], "initial", above=0.0)
        for name in self.options:
            if name not in law.options:
                takes = ", ".join(sorted(law.options)) or "none"
                raise TypeError(f"options: {name!r} is unknown to {self.dynamics!r}; it takes {takes}")
        if self.control is not None and not isinstance(self.control, Arm):
            raise TypeError(f"control: an Arm is needed, but it is {self.control!r}")
        if self.photons is not None:
            checked_budget(self.photons)
        object.__setattr__(self, "tune", self._checked_ranges(drive))

    def _given(self) -> dict[str, Any]:
        schedule = None if isinstance(self.schedule, ScheduleRule) else self.schedule
        names = ("dt", "momentum", "clip", "noise", "measurement_noise", "initial")
        return {"schedule": schedule, **{name: getattr(self, name) for name in names}}

    def _checked_ranges(self, drive: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
        has = {name: name in find(self.dynamics).drive for name in ("dt", "momentum", "clip", "noise")}
        if self.tune is None:
            chosen = [name for name in has if has[name] and (name == "dt" or _is_on(drive[name]))]
            return {name: RANGES[name] for name in chosen}
        if isinstance(self.tune, str):
            raise TypeError(f"tune: a sequence of names is needed; write ({self.tune!r},)")
        asked: dict[str, Any] = (
            dict(self.tune) if isinstance(self.tune, Mapping) else {name: RANGES.get(name) for name in self.tune}
        )
        ranges = {}
        for name, between in asked.items():
            if name not in RANGES or not has.get(name, True):
                able = [known for known in RANGES if has.get(known, True)]
                raise ValueError(f"tune: {name!r} cannot be tuned in {self.dynamics!r}; choose from {', '.join(able)}")
            if name == "noise" and not _is_on(drive["noise"]):
                raise ValueError("tune: 'noise' is a factor of the temperature, but the arm has none; give noise=")
            try:
                low, high = (float(limit) for limit in between)
            except (TypeError, ValueError):
                raise ValueError(f"tune: {name!r} needs a range (low, high), but it is {between!r}") from None
            positive = name in ("dt", "clip", "noise")
            if not (np.isfinite([low, high]).all() and low < high) or (positive and low <= 0.0):
                wanted = "positive, finite and increasing" if positive else "finite and increasing"
                raise ValueError(f"tune: the range of {name!r} must be {wanted}, but it is {between!r}")
            if name == "momentum" and not (low >= 0.0 and high < 1.0):
                raise ValueError(f"tune: momentum lies from 0 to below 1, but its range is {between!r}")
            ranges[name] = (low, high)
        return ranges

    @property
    def tuned_names(self) -> tuple[str, ...]:
        """Names of the numbers that are tuned."""
        return tuple(self.tune)

    @property
    def drive(self) -> dict[str, Any]:
        """What drives the machine, the dynamics' defaults included; ``schedule`` is None for a rule."""
        drive = find(self.dynamics).driven(**self._given())
        return {**drive, "schedule": None} if isinstance(self.schedule, ScheduleRule) else drive

    def plan(self, model: IsingModel, steps: int, rng: np.random.Generator) -> Plan:
        """The pump schedule for a model and a budget of so many products."""
        rule = isinstance(self.schedule, ScheduleRule)
        return plan_for(self.schedule if rule else self.drive["schedule"], model, steps, rng)

    @property
    def straight(self) -> Arm:
        """The arm's control: everything that is a function of the run goes straight."""
        if self.control is not None:
            return self.control
        drive = self.drive
        changed: dict[str, Any] = {
            name: _straight_line(drive[name])
            for name in ("dt", "clip", "noise", "measurement_noise")
            if callable(drive[name])
        }
        schedule: Any = StraightRule(self.schedule) if isinstance(self.schedule, ScheduleRule) else None
        return replace(self, schedule=schedule or _straight_line(drive["schedule"]), **changed)

    @property
    def is_straight(self) -> bool:
        """Whether the arm is its own straight line."""
        if self.control is not None:
            return self.control == self
        parts = ("schedule", "dt", "clip", "noise", "measurement_noise")
        drive, straight = self.drive, self.straight
        if isinstance(self.schedule, ScheduleRule):
            return isinstance(self.schedule, StraightRule)
        fractions = np.linspace(0.0, 1.0, _CHECKED_STEPS)
        for name in parts:
            if callable(drive[name]):
                here = sample(drive[name], _CHECKED_STEPS, name)
                there = np.asarray(straight.drive[name](fractions))
                if not np.allclose(here, there, rtol=0.0, atol=1e-12 * max(1.0, np.abs(here).max())):
                    return False
        return True


@dataclass(frozen=True)
class StraightRule(ScheduleRule):
    """Straight line between the end points of the schedules that a rule makes, which cost it nothing."""

    rule: ScheduleRule

    def plan(self, model: IsingModel, steps: int, rng: np.random.Generator) -> Plan:
        """See :class:`ScheduleRule`."""
        return Plan(_straight_line(self.rule.plan(model, steps, rng).schedule))


@dataclass(frozen=True)
class _Scaled(Schedule):
    """A function of the run, times a factor."""

    whole: Callable[[Any], Any]
    factor: float

    def _at(self, u: np.ndarray) -> np.ndarray:
        return self.factor * _values(self.whole, u)


@dataclass(frozen=True)
class _Stretched(Schedule):
    """A schedule whose first and last values are moved, and the others in proportion."""

    whole: Callable[[Any], Any]
    start: float
    stop: float

    def _at(self, u: np.ndarray) -> np.ndarray:
        first, last = (float(self.whole(end)) for end in (0.0, 1.0))
        if first == last:
            return self.start + (self.stop - self.start) * u + _values(self.whole, u) - first
        return self.start + (self.stop - self.start) * (_values(self.whole, u) - first) / (last - first)


@dataclass(frozen=True)
class _StretchedRule(ScheduleRule):
    """A rule whose schedules are stretched; an end that is None stays."""

    rule: ScheduleRule
    start: float | None
    stop: float | None

    def plan(self, model: IsingModel, steps: int, rng: np.random.Generator) -> Plan:
        """See :class:`ScheduleRule`."""
        plan = self.rule.plan(model, steps, rng)
        return replace(plan, schedule=_stretched(plan.schedule, self.start, self.stop))


def tuned(arm: Arm, numbers: Mapping[str, float]) -> Arm:
    """The arm with its tuned numbers put in, and nothing left to tune."""
    changes: dict[str, Any] = {"tune": ()}
    drive = arm.drive
    for name in ("dt", "clip", "noise"):
        if name in numbers:
            value = drive[name]
            if callable(value) or name == "noise":
                changes[name] = _Scaled(value if callable(value) else linear(value, value), numbers[name])
            else:
                changes[name] = numbers[name]
    if "momentum" in numbers:
        changes["momentum"] = numbers["momentum"]
    ends = (numbers.get("start"), numbers.get("stop"))
    if ends != (None, None):
        if isinstance(arm.schedule, ScheduleRule):
            changes["schedule"] = _StretchedRule(arm.schedule, *ends)
        else:
            changes["schedule"] = _stretched(drive["schedule"], *ends)
    return replace(arm, **changes)


def named_arms(schedules: Any, dynamics: str = "cim") -> dict[str, Arm]:
    """The contenders by name, from whatever a study was given.

    Parameters
    ----------
    schedules : mapping from str, or sequence, of Arm, Schedule, ScheduleRule, callable or float
        Those of a sequence are named by their ``repr``.
    dynamics : str
        That of whatever is not an Arm.

    Raises
    ------
    ValueError, TypeError
        If there is none, two have one name, or one is malformed; the message names it.
    """
    if isinstance(schedules, (Arm, Schedule, ScheduleRule)) or callable(schedules):
        schedules = [schedules]
    if not isinstance(schedules, Mapping):
        try:
            entries = list(schedules)
        except TypeError:
            raise TypeError(
                f"schedules: a mapping from names to schedules is needed, but it is {schedules!r}"
            ) from None
        names = [repr(entry) for entry in entries]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"schedules: {twice[0]} is there twice; name them, {{'first': ..., 'second': ...}}")
        schedules = dict(zip(names, entries, strict=True))
    if not schedules:
        raise ValueError("schedules: there is none; give one at least")
    arms = {}
    for name, entry in schedules.items():
        if not isinstance(name, str) or not name:
            raise TypeError(f"schedules: names are strings, but one is {name!r}")
        try:
            arms[name] = entry if isinstance(entry, Arm) else Arm(entry, dynamics)
        except (TypeError, ValueError) as error:
            raise type(error)(f"schedules[{name!r}]: {error}") from None
    return arms


def _is_on(value: Any) -> bool:
    """Whether the machine has this at all: a clip, a momentum or a temperature that is not zero."""
    if value is None:
        return False
    return bool(np.any(sample(value, _CHECKED_STEPS))) if callable(value) else float(value) != 0.0


def _straight_line(whole: Callable[[Any], Any] | float) -> Schedule:
    if callable(whole):
        return linear(whole(0.0), whole(1.0))
    return linear(whole, whole)


def _stretched(whole: Callable[[Any], Any] | float, start: float | None, stop: float | None) -> Schedule:
    function = whole if callable(whole) else linear(whole, whole)
    first, last = (float(function(end)) for end in (0.0, 1.0))
    return _Stretched(function, first if start is None else start, last if stop is None else stop)


def _values(function: Callable[[Any], Any], u: np.ndarray) -> np.ndarray:
    if isinstance(function, Schedule):
        return np.asarray(function(u), dtype=np.float64)
    return np.array([float(function(float(v))) for v in np.ravel(u)]).reshape(np.shape(u))
