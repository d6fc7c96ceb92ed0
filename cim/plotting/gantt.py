"""Jobs against time: on several machines, or one after another with their deadlines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import JobSequencing, MakespanScheduling
from landscapes.plotting.style import BLUE, INK, MEDIUM, RED, dress, legend, new_axes, number, ticks, title

from .bars import chart, shortened
from .words import plain_answer, plural, refuse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["gantt"]

_NAMED = 40  # jobs that have their names written


def gantt(problem: Any, answer: Any, ax: Axes | None = None) -> Axes:
    """Draw jobs against time.

    Of a makespan, a row for each machine, with its jobs from the longest to the shortest and their numbers; the dashed
    line is the makespan, and the dotted one, where it is another, a time before which no schedule ends.  Jobs without a
    machine are in a red row of their own.  Of jobs with deadlines, a row for each job in the order in which they are
    done, with a mark at its deadline; late jobs are red.

    Parameters
    ----------
    problem : MakespanScheduling or JobSequencing
    answer : the problem's answer, or a Solution that holds it
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the problem is neither, or the answer is not one of its answers.
    """
    refuse(problem, (MakespanScheduling, JobSequencing))
    answer = plain_answer(answer)
    value = problem.objective(answer)
    return (_machines if isinstance(problem, MakespanScheduling) else _sequence)(problem, answer, value, ax)


def _machines(problem: MakespanScheduling, answer: Any, makespan: float, ax: Axes | None) -> Axes:
    m, lengths = problem.num_machines, problem.lengths.tolist()
    known = range(m)
    jobs: dict[int | None, list[int]] = {machine: [] for machine in known}
    for job in sorted(range(len(lengths)), key=lambda job: -lengths[job]):
        machine = answer.get(job)
        jobs.setdefault(machine if machine in known else None, []).append(job)
    rows = [
        shortened(
            "none" if machine is None else f"machine {machine}",
            [lengths[job] for job in own],
            own,
            RED if machine is None else BLUE,
        )
        for machine, own in jobs.items()
    ]
    ax = chart(ax, rows, [row.name for row in rows])
    ax.axvline(makespan, color=INK, linewidth=1.4, linestyle="--", zorder=3)
    least = problem.objective_bound()
    if least < makespan:
        ax.axvline(least, color=INK, linewidth=1.4, linestyle=":", label=f"none ends before {number(least)}", zorder=3)
        legend(ax, loc="lower right", bbox_to_anchor=(1.0, 1.0))
    ax.set_xlabel("time")
    idle = len(jobs.get(None, []))
    counted = f"{plural(len(lengths), 'job')} on {plural(m, 'machine')}, makespan {number(makespan)}"
    title(ax, counted + (f", {plural(idle, 'job')} without a machine" if idle else ""))
    return ax


def _sequence(problem: JobSequencing, answer: Any, lost: float, ax: Axes | None) -> Axes:
    order = np.array(answer, dtype=np.int64)
    missing = np.setdiff1d(np.arange(len(problem.times)), order)
    times, deadlines = problem.times[order], problem.deadlines[order]
    ends = np.cumsum(times)
    late = ends > deadlines
    rows = np.arange(len(order))
    if ax is None:
        ax = new_axes(size=(7.0, float(np.clip(1.5 + 0.24 * (len(order) + len(missing)), 2.4, 8.0))))
    dress(ax, grid="x")
    for mask, colour, name in ((~late, BLUE, "on time"), (late, RED, "late")):
        if mask.any():
            look: dict[str, Any] = {"left": (ends - times)[mask], "color": colour, "height": 0.66}
            ax.barh(rows[mask], times[mask], label=f"{name}: {plural(int(mask.sum()), 'job')}", **look)
    if len(order):
        mark: dict[str, Any] = {"linestyle": "", "marker": "|", "markersize": 11, "markeredgewidth": 1.8}
        ax.plot(deadlines, rows, color=INK, label="deadline", **mark)
    for row, (end, deadline) in enumerate(zip(ends.tolist(), deadlines.tolist(), strict=True)):
        if end > deadline:  # how far behind
            ax.plot([deadline, end], [row, row], color=RED, linewidth=1.0, linestyle=":", zorder=1)
    names = [f"job {job}" for job in order.tolist()] + [f"job {job}" for job in missing.tolist()]
    if len(names) <= _NAMED:
        ax.set_yticks(range(len(names)), names)
        for label, wrong in zip(ax.get_yticklabels(), [*late.tolist(), *[True] * len(missing)], strict=True):
            label.set_color(RED if wrong else INK)
        for row in np.flatnonzero(late).tolist():
            text = f"−{number(problem.penalties[order[row]].item())}"
            beside: dict[str, Any] = {"xytext": (4, 0), "textcoords": "offset points", "va": "center_baseline"}
            ax.annotate(text, (ends[row], row), size=MEDIUM - 1, color=RED, **beside)
    else:
        ax.set_yticks([])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(0, 1.06 * max(float(ends.max(initial=0)), float(deadlines.max(initial=0)), 1.0))
    ticks(ax.xaxis, integer=True)
    ax.set_xlabel("time")
    legend(ax, loc="upper right")
    heading = f"{plural(len(problem.times), 'job')}, {int(late.sum()):,} late, {problem.objective_name} {number(lost)}"
    title(ax, heading + (f", {plural(len(missing), 'job')} missing" if len(missing) else ""))
    return ax
