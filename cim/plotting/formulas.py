"""A formula and an assignment: which literals of which clauses are true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import MaxSatisfiability, Satisfiability
from landscapes.plotting.style import BLUE, FAINT, GREY, INK, RED, SMALL, legend, new_axes, number, ticks, title

from .words import plain_answer, plural, refuse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["formula"]

_NAMED = 40  # variables or clauses that still have their names or numbers written
_RULED = 5.0  # points that a cell needs to have lines around it
_LEGIBLE = 6.0  # points that a row needs to have its variable named
_WRITTEN = 7.0  # points that a cell needs to have its sign written


def formula(problem: Any, answer: Any, ax: Axes | None = None) -> Axes:
    """Draw clauses as columns and variables as rows: blue where a literal is true, grey where it is false.

    The literals of a clause that is violated, all of them false, are red, and its column is shaded.  Where there is
    room, the literals show their signs: + for the variable itself, − for its negation.

    Parameters
    ----------
    problem : Satisfiability or MaxSatisfiability
    answer : the problem's answer, or a Solution that holds it
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the problem is neither, or the answer does not assign a truth value to each variable.
    """
    refuse(problem, (Satisfiability, MaxSatisfiability))
    answer = plain_answer(answer)
    value = problem.objective(answer)
    hard = problem.hard if isinstance(problem, MaxSatisfiability) else ()
    clauses = (*problem.clauses, *hard)
    true = _truth_values(answer, problem.num_variables)
    column = np.repeat(np.arange(len(clauses)), [len(clause) for clause in clauses])
    literals = np.array([literal for clause in clauses for literal in clause], dtype=np.int64)
    row = np.abs(literals) - 1
    holds = true[row] == np.sign(literals)
    satisfied = np.bincount(column, weights=holds, minlength=len(clauses)) > 0
    violated = ~satisfied

    high, wide = problem.num_variables, len(clauses)
    if ax is None:
        width = float(np.clip(0.16 * wide, 4.4, 9.0))
        height = float(np.clip(0.16 * high, 1.2, 6.0))
        ax = new_axes(size=(width + 1.2, height + 1.3))
    from matplotlib.colors import to_rgb

    paper = np.ones((high, wide, 3))
    paper[:, violated] = 0.85 + 0.15 * np.array(to_rgb(RED))
    for mask, colour in ((holds, BLUE), (~holds & satisfied[column], FAINT), (violated[column], RED)):
        paper[row[mask], column[mask]] = to_rgb(colour)
    extent = (0.5, wide + 0.5, high - 0.5, -0.5)  # clauses are counted from 1, as in what the problem says of them
    ax.imshow(paper, aspect="auto", interpolation="nearest", origin="upper", extent=extent)
    box = np.array(ax.get_window_extent().size) * 72.0 / ax.figure.dpi
    cell = float(min(0.9 * box / np.maximum([wide, high], 1)))
    if cell >= _RULED:
        ax.set_xticks(np.arange(wide + 1) + 0.5, minor=True)
        ax.set_yticks(np.arange(high + 1) - 0.5, minor=True)
        ax.grid(which="minor", color="white", linewidth=0.6)
    if cell >= _WRITTEN:
        for i, j, literal, here in zip(row.tolist(), column.tolist(), literals.tolist(), holds.tolist(), strict=True):
            ink = "white" if here or violated[j] else INK
            look: dict[str, Any] = {"size": min(0.9 * cell, 10.0), "ha": "center", "va": "center_baseline"}
            ax.text(j + 1, i, "+" if literal > 0 else "−", color=ink, **look)
    if hard and problem.clauses:
        ax.axvline(len(problem.clauses) + 0.5, color=INK, linewidth=1.2)
    _write_axes(ax, true, 0.9 * float(box[1]) / max(high, 1))
    heading = f"{int(satisfied.sum()):,} of {plural(wide, 'clause')} satisfied"
    if isinstance(problem, MaxSatisfiability) and any(weight != 1 for weight in problem.weights):
        heading += f", weight {number(value)} violated"
    if violated[len(problem.clauses) :].any():
        heading += f", {int(violated[len(problem.clauses) :].sum()):,} hard violated"
    title(ax, heading, pad=20.0)
    _legend(ax, bool((~holds & satisfied[column]).any()), int(violated.sum()))
    return ax


def _truth_values(answer: Any, num_variables: int) -> np.ndarray:
    """1 for true, -1 for false, 0 for a variable without a value; shape (num_variables,)."""
    if isinstance(answer, Mapping):
        signed = [(variable, 1 if value else -1) for variable, value in answer.items() if value is not None]
    else:
        signed = [(abs(literal), 1 if literal > 0 else -1) for literal in answer]
    values = np.zeros(num_variables, dtype=np.int64)
    for variable, sign in signed:
        if 1 <= variable <= num_variables:
            values[variable - 1] = sign
    return values


def _write_axes(ax: Axes, true: np.ndarray, room: float) -> None:
    ax.tick_params(which="both", length=0, labelsize=SMALL, labelcolor=INK)
    for side in ax.spines.values():
        side.set_color(GREY)
        side.set_linewidth(0.6)
    if len(true) <= _NAMED and room >= _LEGIBLE:
        words = {1: "true", -1: "false", 0: "no value"}
        ax.set_yticks(range(len(true)), [f"x{i} {words[value]}" for i, value in enumerate(true.tolist(), start=1)])
        for label, value in zip(ax.get_yticklabels(), true.tolist(), strict=True):
            label.set_fontsize(min(SMALL, 0.95 * room))
            label.set_color({1: INK, -1: GREY, 0: RED}[value])
    else:
        ax.set_yticks([])
        ax.set_ylabel(plural(len(true), "variable"), size=SMALL + 0.5, color=INK)
    ticks(ax.xaxis, 10, integer=True)
    ax.set_xlabel("clause", size=SMALL + 0.5, color=INK)


def _legend(ax: Axes, has_false: bool, violated: int) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(color=BLUE, label="true literal")]
    handles += [Patch(color=FAINT, label="false literal")] if has_false else []
    handles += [Patch(color=RED, label=f"violated: {plural(violated, 'clause')}")] if violated else []
    look: dict[str, Any] = {
        "loc": "lower left",
        "bbox_to_anchor": (0.0, 1.0),
        "ncols": 3,
        "borderaxespad": 0.2,
        "columnspacing": 1.2,
    }
    legend(ax, handles=handles, handlelength=1.0, handletextpad=0.5, **look)
