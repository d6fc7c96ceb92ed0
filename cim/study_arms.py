"""Arms of a schedule study from their tables in a file: ``[schedules.NAME]``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from .gap_speed import ConstantGapSpeed
from .landscape_profiles import amplitude_clip, curvature_step
from .landscape_schedules import landscape_informed, typical_gap_speed
from .schedule_rules import per_budget
from .schedules import constant, linear, piecewise, power, smooth
from .studies.arms import RANGES, Arm
from .toml_tables import Table

__all__ = ["KINDS", "read_arms"]

_PACE = ("measure", "exponent", "mixture", "limit")
_RAMP = ("start", "stop")

KINDS: dict[str, tuple[str, ...]] = {
    "linear": _RAMP,
    "smooth": _RAMP,
    "power": (*_RAMP, "exponent"),
    "constant": ("pump",),
    "piecewise": ("points",),
    "landscape-informed": (*_RAMP, "shares"),
    "typical-gap-speed": (*_RAMP, *_PACE),
    "constant-gap-speed": (*_RAMP, *_PACE, "pilot"),
}
"""Kinds of schedules, and the keys that describe each."""

_PROFILES = {"amplitude-clip": ("factor", "least"), "curvature-step": ("factor", "smallest_eigenvalue")}
_OF_THE_RUN = ("linear", "smooth", "power", "piecewise")  # what a step, a clip or a temperature may be
_FUNCTIONS = {"dt": "curvature-step", "clip": "amplitude-clip", "noise": None, "measurement_noise": None}
_MACHINE = (
    "dynamics",
    "dt",
    "momentum",
    "clip",
    "noise",
    "measurement_noise",
    "photons",
    "initial",
    "options",
    "tune",
    "control",
)
_PILOT = {
    **{name: name for name in ("dt", "momentum", "clip", "initial", "replicas", "settling", "pumps")},
    "steps": "pilot_steps",
}


def read_arms(schedules: Table, dynamics: str) -> dict[str, Arm]:
    """The contenders by name.

    Parameters
    ----------
    schedules : Table
    dynamics : str
        That of schedules which name none.

    Raises
    ------
    InputError
        If there is none, or a table is malformed: with the file, the table and the key.
    """
    tables = {name: schedules.table(name) for name in schedules.entries}
    if not tables:
        raise schedules.error("schedules", "there is none; write a table [schedules.NAME]")
    arms = {name: _arm(table, dynamics) for name, table in tables.items()}
    for name, table in tables.items():
        if "control" in table:
            control = table.one_of("control", list(arms))
            arms[name] = replace(arms[name], control=arms[control])
    return arms


def _arm(table: Table, dynamics: str) -> Arm:
    kind = table.one_of("kind", list(KINDS))
    table.only(("kind", *KINDS[kind], *_MACHINE), f"{kind} takes")
    machine: dict[str, Any] = {"dynamics": dynamics}
    if "dynamics" in table:
        machine["dynamics"] = table.text("dynamics")
    for name in ("momentum", "initial", "photons"):
        if name in table:
            machine[name] = table.number(name)
    if "dt" in table and not isinstance(table.entries["dt"], dict):
        machine["dt"] = table.number("dt")
    schedule = _schedule(table, kind, machine.get("dt"))
    # the clip first: a step that follows the curvature takes it into account where it is a number
    for name in ("clip", "dt", "noise", "measurement_noise"):
        if name in table:
            machine[name] = _of_the_run(table, name, schedule, machine)
    if "options" in table:
        machine["options"] = dict(table.table("options").entries)
    if "tune" in table:
        machine["tune"] = _tune(table)
    with table.checked():
        return Arm(schedule, **machine)


def _schedule(table: Table, kind: str, dt: float | None) -> Any:
    """A schedule, or a rule, of one of :data:`KINDS`."""
    if kind in _OF_THE_RUN:
        return _function(table, kind)
    if kind == "constant":
        with table.checked():
            return constant(table.number("pump"))
    given: dict[str, Any] = {name: table.number(name) for name in (*_RAMP, *_PACE[1:]) if name in table}
    if kind == "landscape-informed":
        if "shares" in table:
            given["shares"] = tuple(table.numbers("shares"))
        if dt is not None:
            given["dt"] = dt
        rule: Callable[[int], Any] = partial(landscape_informed, **given)
        with table.checked():
            rule(1000)  # what it would refuse at any budget it refuses here
        return per_budget(rule)
    if "measure" in table:
        given["measure"] = table.text("measure")
    if kind == "typical-gap-speed":
        with table.checked():
            return typical_gap_speed(**given)
    pilot = table.table("pilot")
    pilot.only(tuple(_PILOT), "a pilot takes")
    with (pilot if pilot.entries else table).checked():
        return ConstantGapSpeed(**given, **{_PILOT[key]: pilot.number(key) for key in pilot.entries})


def _function(table: Table, kind: str) -> Any:
    with table.checked():
        if kind == "piecewise":
            points = table.needed("points")
            return piecewise(points if isinstance(points, list) else [points])
        makers: dict[str, Callable[..., Any]] = {"linear": linear, "smooth": smooth, "power": power}
        return makers[kind](*(table.number(name) for name in KINDS[kind]))


def _of_the_run(table: Table, name: str, schedule: Any, machine: dict[str, Any]) -> Any:
    """A number, or a function of the run from a table of its own."""
    if not isinstance(table.entries[name], dict):
        return table.number(name)
    inner = table.table(name)
    profile = _FUNCTIONS[name]
    kinds = (*_OF_THE_RUN, *([profile] if profile else []))
    kind = inner.one_of("kind", kinds)
    if kind != profile:
        inner.only(("kind", *KINDS[kind]), f"{kind} takes")
        return _function(inner, kind)
    inner.only(("kind", *_PROFILES[kind]), f"{kind} takes")
    given: dict[str, Any] = {key: inner.number(key) for key in _PROFILES[kind] if key in inner}
    with inner.checked():
        if kind == "amplitude-clip":
            return amplitude_clip(schedule, **given)
        clip = machine.get("clip")
        given["clip"] = clip if isinstance(clip, (int, float)) else None
        return curvature_step(schedule, momentum=machine.get("momentum", 0.0), **given)


def _tune(table: Table) -> Any:
    """Names, or a table of ranges; an empty list for nothing."""
    value = table.entries["tune"]
    if isinstance(value, dict):
        ranges = table.table("tune")
        ranges.only(tuple(RANGES), "what can be tuned")
        return {name: tuple(ranges.numbers(name)) for name in value}
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise table.error("tune", f'a list such as ["dt", "clip"] or a table of ranges is needed, but it is {value!r}')
    return tuple(value)
