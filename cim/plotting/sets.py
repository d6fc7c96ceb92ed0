"""Chosen sets and the elements that they hold, as a chart of dots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import ExactCover, HittingSet, SetCover, SetPacking, ThreeDimensionalMatching
from landscapes.plotting.style import BLUE, FAINT, INK, RED, SMALL, dress, legend, new_axes, number, title

from .words import count, plain_answer, plural, refuse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["set_choice"]

_NAMED = 40  # rows or columns that still have their names written
_PLACES = ("first", "second", "third")
_DOTS = 1600  # more are drawn for what is chosen only


def set_choice(problem: Any, answer: Any, ax: Axes | None = None) -> Axes:
    """Draw chosen sets (or, of a hitting set, chosen elements): a column for each, and a row for each thing to cover.

    A dot says that the column holds, or hits, the row; dots of chosen columns are blue.  A row that is not covered,
    or is held more often than it may be, is red.  Of large families only the chosen columns are drawn.

    Parameters
    ----------
    problem : SetCover, SetPacking, ExactCover, HittingSet or ThreeDimensionalMatching
    answer : set of names of sets, or of elements for HittingSet, or a Solution that holds one
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the problem does not choose sets, or the answer is not a set of their names.
    """
    refuse(problem, (SetCover, SetPacking, ExactCover, HittingSet, ThreeDimensionalMatching))
    answer = plain_answer(answer)
    value = problem.objective(answer)
    hitting = isinstance(problem, HittingSet)
    family = problem.family
    incidence = (family.incidence.T if hitting else family.incidence).tocsr()
    columns, rows = (family.universe, family.names) if hitting else (family.names, family.universe)
    triples = isinstance(problem, ThreeDimensionalMatching)
    noun, other = ("element", "set") if hitting else ("triple", "member") if triples else ("set", "element")
    names = [f"{_PLACES[row[0]]}: {row[1]}" if triples else str(row) for row in rows]
    members = set(answer)
    chosen = np.array([name in members for name in columns], dtype=bool)
    times = incidence @ chosen.astype(np.int64)
    most_once = isinstance(problem, (SetPacking, ExactCover, ThreeDimensionalMatching)) or (hitting and problem.exact)
    lacking = (times == 0) & (not isinstance(problem, SetPacking))
    crowded = (times > 1) & most_once
    entries = incidence.tocoo()
    row, column = entries.coords
    shown = np.ones(len(columns), dtype=bool) if incidence.nnz <= _DOTS else chosen
    place = np.cumsum(shown) - 1
    row, column = row[shown[column]], column[shown[column]]
    wide, high = int(shown.sum()), len(rows)
    if ax is None:
        ax = new_axes(size=(float(np.clip(3.0 + 0.26 * wide, 4.8, 9.0)), float(np.clip(1.5 + 0.2 * high, 2.6, 8.0))))
    dress(ax, grid="")
    for i in np.flatnonzero(lacking | crowded):
        ax.axhspan(i - 0.5, i + 0.5, color=RED, alpha=0.15, linewidth=0)
    box = np.array(ax.get_window_extent().size) * 72.0 / ax.figure.dpi
    size = float(np.clip(0.45 * min(box / np.maximum([wide, high], 1)), 1.5, 11.0)) ** 2
    held, wrong = chosen[column], (lacking | crowded)[row]
    for mask, colour, label in (
        (~held, FAINT, f"not chosen: {count(~chosen & shown, noun)}"),
        (held & ~wrong, BLUE, f"chosen: {count(chosen, noun)}"),
        (held & wrong, RED, f"{'hit' if hitting else 'held'} more than once: {int(crowded.sum()):,}"),
    ):
        ax.scatter(place[column[mask]], row[mask], s=size, color=colour, linewidths=0, label=label)
    _write_names(ax.xaxis, [str(columns[k]) for k in np.flatnonzero(shown)], np.full(wide, INK), rotate=True)
    _write_names(ax.yaxis, names, np.where(lacking | crowded, RED, INK))
    ax.set(xlabel=f"{noun}s", ylabel=f"{other}s")
    ax.set_xlim(-0.7, wide - 0.3)
    ax.set_ylim(high - 0.3, -0.7)
    faults = [f"{count(lacking, other)} not {'hit' if hitting else 'covered'}"] if lacking.any() else []
    faults += [f"{count(crowded, other)} {'hit' if hitting else 'held'} more than once"] if crowded.any() else []
    heading = f"{plural(int(chosen.sum()), noun)} of {len(columns):,}"
    if not triples and np.any(problem.weights != 1):
        heading += f", weight {number(value)}"
    title(ax, ", ".join([heading, *faults]))
    handles, labels = ax.get_legend_handles_labels()
    kept = [k for k in range(3) if k == 1 or (k == 0 and not chosen[shown].all()) or (k == 2 and crowded.any())]
    look: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "handletextpad": 0.2}
    legend(ax, handles=[handles[k] for k in kept], labels=[labels[k] for k in kept], **look)
    return ax


def _write_names(axis: Any, names: list[str], colours: np.ndarray, *, rotate: bool = False) -> None:
    if len(names) > _NAMED:
        axis.set_ticks([])
        return
    axis.set_ticks(range(len(names)), names)
    long = max((len(name) for name in names), default=0) > 3
    for label, colour in zip(axis.get_ticklabels(), colours, strict=True):
        label.set_fontsize(SMALL)
        label.set_color(colour)
        if rotate and long:
            label.set_rotation(60)
            label.set_ha("right")
            label.set_rotation_mode("anchor")
