"""Paired differences between schedules, with intervals that hold together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from landscapes.plotting.style import GREY, INK, SMALL, dress, new_axes, ticks, title
from landscapes.plotting.transitions import width_in_inches

from .study_axes import legend_below
from .study_looks import Look, checked_study, choice, looks, statistic_text

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["has_differences", "paired_differences"]

_FINISHES = ("raw", "finished")
_UNIT = 1e-4
_APART = 0.19  # between raw and finished, in rows
_SIGNIFICANT = 3.0


def paired_differences(
    study: xr.Dataset,
    comparison: Literal["reference", "straight"] = "reference",
    *,
    finish: Literal["raw", "finished"] | None = None,
    statistic: Literal["mean", "best"] = "mean",
    scale: Literal["linear", "symlog"] = "linear",
    ax: Axes | None = None,
) -> Axes:
    """Draw the paired differences of a study: one row for each schedule and budget.

    Parameters
    ----------
    study : xarray.Dataset
        Of :func:`cim.schedule_study`.
    comparison : {"reference", "straight"}, default "reference"
        Difference to the reference schedule, or to the schedule's own straight line.
    finish : {"raw", "finished"}, optional
        Both by default: raw with full markers, finished with hollow ones.
    statistic : {"mean", "best"}, default "mean"
        Of the runs on an instance.
    scale : {"linear", "symlog"}, default "linear"
        "symlog" where some differences are many times others: linear up to ten units, logarithmic beyond.
    ax : matplotlib Axes, optional
        A new figure by default, of a height that suits the number of rows.

    Returns
    -------
    matplotlib.axes.Axes
        Energy per spin in units of 10⁻⁴, negative where the schedule is better.  Thick bars are standard errors, thin
        ones the study's intervals, which hold all together.  At the right the significance after Holm's correction,
        in standard errors; bold beyond three.

    Raises
    ------
    ValueError, TypeError
        If the dataset is no study, an argument none of the above, or there is nothing to compare.
    """
    study = checked_study(study, "difference", "difference_error", "difference_low", "difference_high", "significance")
    choice(comparison, "comparison", ("reference", "straight"))
    choice(statistic, "statistic", ("mean", "best"))
    choice(scale, "scale", ("linear", "symlog"))
    finishes = _FINISHES if finish is None else (choice(finish, "finish", _FINISHES),)
    if not has_differences(study, comparison):
        raise ValueError(
            "study: there is nothing to compare, as each schedule is straight itself"
            if comparison == "straight"
            else "study: there is nothing to compare, as it has one schedule only"
        )
    chosen = study.sel(comparison=comparison, statistic=statistic)
    names = [name for name in looks(study) if np.isfinite(chosen["difference"].sel(schedule=name)).any()]
    budgets = study["budget"].values
    if ax is None:
        ax = new_axes(size=(6.4, max(2.6, 1.3 + 0.21 * (len(names) * (len(budgets) + 1)))))
    places, labels, row = [], [], 0.0
    for name in names:
        first = row
        for budget in budgets:
            point = chosen.sel(schedule=name, budget=budget)
            _draw_row(ax, row, point, finishes, looks(study)[name])
            places.append(row)
            labels.append(f"{budget:,}")
            row += 1.0
        ax.annotate(
            name,
            (0.0, first - 0.8),
            xycoords=("axes fraction", "data"),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            size=SMALL,
            color=INK,
            bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 0.5},
            zorder=6,
        )
        row += 1.2
    ax.axvline(0.0, color=INK, linewidth=0.9, zorder=1)
    ax.set_yticks(places, labels)
    ax.set_ylim(row - 1.5, -1.2)
    ax.set_ylabel("budget")
    what = f"“{study.attrs['reference']}”" if comparison == "reference" else "the own straight line"
    ax.set_xlabel(f"energy per spin − that of {what}, in 10$^{{-4}}$")
    if scale == "symlog":
        ax.set_xscale("symlog", linthresh=10.0)
    else:
        ticks(ax.xaxis)
    level = f"{100 * study.attrs['confidence']:g}".replace("-", "−")
    for k, one in enumerate(finishes):
        _beside(ax, k, 1.0, f"{one} σ", coordinates="axes fraction", va="bottom")
    heading = f"{statistic_text(study, statistic)}, {level} % together"
    title(ax, heading if width_in_inches(ax) < 3.5 else f"paired differences, {heading}", pad=16.0)
    _legend_of_finishes(ax, finishes)
    return dress(ax, grid="x")


def has_differences(study: xr.Dataset, comparison: str) -> bool:
    """Whether any schedule of the study has something to be compared with."""
    return bool(np.isfinite(study["difference"].sel(comparison=comparison)).any())


def _draw_row(ax: Axes, row: float, point: xr.Dataset, finishes: Sequence[str], look: Look) -> None:
    """One schedule at one budget: what was found, and in numbers how significant it is."""
    for k, finish in enumerate(finishes):
        one = point.sel(finish=finish)
        middle, error, low, high = (
            float(one[name]) / _UNIT for name in ("difference", "difference_error", "difference_low", "difference_high")
        )
        if not np.isfinite(middle):
            continue
        height = row + _APART * (2 * k - len(finishes) + 1)
        if np.isfinite(error):
            ax.plot([low, high], [height, height], color=look.colour, linewidth=1.0, zorder=2)
            ax.plot([middle - error, middle + error], [height, height], color=look.colour, linewidth=2.6, zorder=2)
        ax.plot(
            [middle],
            [height],
            look.marker,
            color=look.colour,
            markerfacecolor=look.colour if finish == "raw" else "white",
            markersize=5.0,
            zorder=3,
        )
        significance = float(one["significance"])
        if np.isfinite(significance):
            found = abs(significance) > _SIGNIFICANT
            text = f"{significance:+.1f}".replace("-", "−") if abs(significance) >= 0.05 else "0"
            look_of_text = {"color": INK, "fontweight": "bold"} if found else {"color": GREY}
            _beside(ax, k, row, text, va="center", **look_of_text)


def _beside(ax: Axes, column: int, height: float, text: str, *, coordinates: str = "data", **look: Any) -> None:
    """A number in one of the columns to the right of the picture."""
    ax.annotate(
        text,
        (1.0, height),
        xycoords=("axes fraction", coordinates),
        xytext=(38 + 48 * column, 2 if coordinates != "data" else 0),
        textcoords="offset points",
        ha="right",
        annotation_clip=False,
        **{"size": SMALL, "color": GREY, **look},
    )


def _legend_of_finishes(ax: Axes, finishes: Sequence[str]) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=INK, marker="o", linewidth=0, markerfacecolor=INK if one == "raw" else "white", label=one)
        for one in finishes
    ]
    handles.append(Line2D([], [], color=INK, linewidth=2.6, label="standard error"))
    handles.append(Line2D([], [], color=INK, linewidth=1.0, label="interval"))
    legend_below(ax, handles, len(handles))
