"""Points, ticks and legends on the Axes of a schedule study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from landscapes.plotting.style import INK, PALE, SMALL, legend

from .study_looks import Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "CONTROL",
    "FRONT",
    "draw_points",
    "label_budgets",
    "label_seconds",
    "legend_below",
    "legend_of_lines",
    "side_by_side",
]

CONTROL = (0, (3, 1.8))
"""Dashes of straight lines, the controls."""

FRONT = 9.0
"""Width of the Pareto front's line, in points."""

_APART = 0.012  # decades by which points of one budget are moved apart
_TICK_INCHES = 0.42
_BELOW = 34.0  # points from the axis to a legend below it: room for the ticks and the axis's name


def side_by_side(count: int) -> np.ndarray:
    """Factors by which the places of so many schedules differ, where they would hide each other."""
    return np.asarray(10.0 ** (_APART * (np.arange(count) - 0.5 * (count - 1))))


def draw_points(ax: Axes, x: np.ndarray, y: np.ndarray, bars: Any, look: Look, name: str | None) -> None:
    """A schedule's points, named and full, or those of its straight line, without a name, hollow and dashed."""
    own = name is not None
    ax.errorbar(
        x,
        y,
        yerr=bars,
        color=look.colour,
        marker=look.marker,
        markersize=5.5 if own else 4.0,
        markerfacecolor=look.colour if own else "white",
        markeredgecolor="white" if own else look.colour,
        markeredgewidth=0.6 if own else 0.9,
        linestyle="-" if own else CONTROL,
        linewidth=1.5 if own else 1.0,
        elinewidth=1.1 if own else 0.8,
        capsize=2.5 if own else 1.5,
        label=name,
        zorder=4 if own else 3,
    )


def label_budgets(ax: Axes, budgets: np.ndarray) -> None:
    """Ticks at the budgets, as plain numbers, where they do not crowd; at powers of ten otherwise."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter

    values = np.unique(budgets)
    low, high = ax.get_xlim()
    inches = ax.get_window_extent().width / ax.figure.dpi
    apart = inches * np.diff(np.log(values)) / np.log(high / low)
    ax.xaxis.set_major_locator(FixedLocator(values.tolist()) if np.all(apart > _TICK_INCHES) else LogLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.xaxis.set_minor_formatter(NullFormatter())


def label_seconds(ax: Axes) -> None:
    """Ticks at 1, 2 and 5 times the powers of ten, as plain numbers; at the powers alone over many decades."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = ax.get_xlim()
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 200.0 * low else (1.0,)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())


def legend_below(ax: Axes, handles: Sequence[Any], columns: int) -> None:
    """Legend below the axis's name, however high the picture is."""
    from matplotlib.transforms import ScaledTranslation

    figure: Any = ax.figure
    beneath = ax.transAxes + ScaledTranslation(0.0, -_BELOW / 72.0, figure.dpi_scale_trans)
    look: dict[str, Any] = {"fontsize": SMALL, "loc": "upper center", "ncols": columns, "borderaxespad": 0.0}
    legend(ax, handles=handles, bbox_to_anchor=(0.5, 0.0), bbox_transform=beneath, **look)


def legend_of_lines(ax: Axes, controls: bool, *, front: bool = False) -> None:
    """The schedules' names, what dashes mean, and the Pareto front."""
    from matplotlib.lines import Line2D

    handles, _ = ax.get_legend_handles_labels()
    labels = [str(handle.get_label()) for handle in handles]
    if controls:
        handles.append(Line2D([], [], color=INK, linestyle=CONTROL, marker="o", markerfacecolor="white", markersize=4))
        labels.append("its straight line")
    if front:
        handles.append(Line2D([], [], color=PALE, linewidth=0.7 * FRONT))
        labels.append("Pareto front")
    look: dict[str, Any] = {"fontsize": SMALL, "handlelength": 2.4, "loc": "upper left", "borderaxespad": 0.0}
    legend(ax, handles=handles, labels=labels, bbox_to_anchor=(1.02, 1.0), **look)
