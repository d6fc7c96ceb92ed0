"""Numbers and weights as bars end to end: partitions, sums, knapsacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import Knapsack, NumberPartitioning, SubsetSum
from landscapes.plotting.style import BLUE, INK, MEDIUM, ORANGE, PALE, RED, dress, new_axes, number, ticks, title

from .words import plain_answer, plural, refuse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Row", "chart", "partition", "selection", "shortened"]

_LETTER = 0.62  # width of a digit beside its size
_MOST_BARS = 150  # in a row; the rest is drawn as one
_LEFT_OUT = 3.0  # how many times as long as the chosen ones the others may be to be drawn beside them
_SMALLEST = 5.5  # letters in a bar, in points


@dataclass(frozen=True)
class Row:
    """Bars end to end: a name, lengths, what is written on each, and a colour."""

    name: str
    sizes: Sequence[float]
    texts: Sequence[str]
    colour: str


def partition(problem: Any, answer: Any, ax: Axes | None = None) -> Axes:
    """Draw two lists of numbers as bars end to end, the largest number first, with their sums.

    Numbers that the lists lack, or hold too often, are in a row of their own in red.

    Parameters
    ----------
    problem : NumberPartitioning or an iterable of numbers
    answer : pair of lists of numbers, or a Solution that holds one
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the answer is not a pair of lists of numbers.
    """
    problem = problem if isinstance(problem, NumberPartitioning) else NumberPartitioning(problem)
    answer = plain_answer(answer)
    difference = problem.objective(answer)
    held, given = Counter(answer[0]) + Counter(answer[1]), Counter(problem.numbers)
    rows = [_row(name, part, colour) for name, part, colour in zip("12", answer, (BLUE, ORANGE), strict=True)]
    faults = [("missing", given - held), ("too many", held - given)]
    rows += [_row(name, numbers.elements(), RED) for name, numbers in faults if numbers]
    sums = [sum(row.sizes) for row in rows]
    names = [f"list {row.name}\n{number(total)}" for row, total in zip(rows[:2], sums, strict=False)]
    ax = chart(ax, rows, [*names, *(row.name for row in rows[2:])])
    for height, total in enumerate(sums[:2]):
        ax.plot([total, total], [height - 0.4, height + 0.4], color=INK, linewidth=1.6)
    ax.set_xlabel("sum")
    remarks = [f"{plural(sum(numbers.values()), 'number')} {name}" for name, numbers in faults if numbers]
    counted = plural(len(problem.numbers), "number")
    title(ax, ", ".join([f"{counted} in two lists, difference {number(difference)}", *remarks]))
    return ax


def selection(problem: Any, answer: Any, ax: Axes | None = None) -> Axes:
    """Draw chosen items as bars end to end against the capacity or the target, and below them those left out, if few.

    Items of a knapsack are as long as they weigh and are labelled with their values; what is beyond the capacity is
    red.

    Parameters
    ----------
    problem : Knapsack or SubsetSum
    answer : set of positions, or a Solution that holds one
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the problem is neither, or the answer is not a set of positions.
    """
    refuse(problem, (Knapsack, SubsetSum))
    answer = plain_answer(answer)
    value = problem.objective(answer)
    packing = isinstance(problem, Knapsack)
    sizes = problem.weights if packing else problem.numbers
    texts = problem.values if packing else problem.numbers
    chosen = np.zeros(len(sizes), dtype=bool)
    chosen[list(answer)] = True
    order = np.argsort(-np.abs(sizes), kind="stable")
    rows = []
    for name, mask, colour in (("chosen", chosen, BLUE), ("left out", ~chosen, PALE)):
        own = order[mask[order]]
        rows.append(shortened(name, sizes[own].tolist(), texts[own].tolist(), colour))
    goal = problem.capacity if packing else problem.target
    total = sizes[chosen].sum().item()
    if np.abs(sizes[~chosen]).sum() > _LEFT_OUT * max(abs(goal), np.abs(sizes[chosen]).sum()):
        del rows[1]
    ax = chart(ax, rows, [f"{row.name}\n{number(sum(row.sizes))}" for row in rows], goal)
    ax.axvline(goal, color=INK, linewidth=1.4, linestyle="--", zorder=3)
    over = packing and total > goal
    if over:
        ax.barh(0, total - goal, left=goal, height=0.6, color=RED, alpha=0.85, zorder=2.5)
    items = f"{int(chosen.sum()):,} of {plural(len(sizes), 'item' if packing else 'number')}"
    if packing:
        ax.set_xlabel("weight (in the bars: value)")
        remark = f"{number(total - goal)} too heavy" if over else f"weight {number(total)} of {number(goal)}"
        title(ax, f"{items}, value {number(value)}, {remark}")
    else:
        ax.set_xlabel("sum")
        title(ax, f"{items}, sum {number(total)}, {number(value)} from the target {number(goal)}")
    return ax


def _row(name: str, numbers: Iterable[float], colour: str) -> Row:
    sizes = sorted(numbers, key=lambda value: -abs(value))
    return shortened(name, sizes, sizes, colour)


def shortened(name: str, sizes: Sequence[float], values: Sequence[float], colour: str) -> Row:
    """A row with what is beyond the longest bars drawn as one, or as two where there are negative ones."""
    texts = [number(value, 4) for value in values[:_MOST_BARS]]
    rest = [size for size in sizes[_MOST_BARS:] if size > 0], [size for size in sizes[_MOST_BARS:] if size < 0]
    merged = [part for part in rest if part]
    texts += [f"{len(part):,} more" for part in merged]
    return Row(name, [*sizes[:_MOST_BARS], *map(sum, merged)], texts, colour)


def chart(ax: Axes | None, rows: Sequence[Row], names: Sequence[str], goal: float = 0.0) -> Axes:
    """Bars of all rows, the first on top; negative numbers go to the left of 0."""
    if ax is None:
        ax = new_axes(size=(7.0, 1.5 + 0.6 * len(rows)))
    dress(ax, grid="x")
    right = max((sum(size for size in row.sizes if size > 0) for row in rows), default=0.0)
    left = min((sum(size for size in row.sizes if size < 0) for row in rows), default=0.0)
    right, left = max(right, goal), min(left, goal)
    room = ax.get_window_extent().size[0] * 72.0 / ax.figure.dpi
    scale = 0.85 * room / max(right - left, 1e-300)
    for height, row in enumerate(rows):
        ends = {True: 0.0, False: 0.0}
        for size, text in zip(row.sizes, row.texts, strict=True):
            start = ends[size > 0]
            ends[size > 0] += size
            ax.barh(height, size, left=start, height=0.6, color=row.colour, edgecolor="white", linewidth=0.6)
            letters = min(MEDIUM, 0.85 * abs(size) * scale / max(_LETTER * len(text), _LETTER))
            if letters >= _SMALLEST:
                ink = INK if row.colour in (ORANGE, PALE) else "white"
                look: dict[str, Any] = {"size": letters, "color": ink, "ha": "center", "va": "center_baseline"}
                ax.text(start + size / 2, height, text, **look)
    ax.set_yticks(range(len(rows)), names)
    for label, row in zip(ax.get_yticklabels(), rows, strict=True):
        label.set_color(RED if row.colour == RED else INK)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(left * 1.03, right * 1.03 if right > left else 1.0)
    ticks(ax.xaxis)
    return ax
