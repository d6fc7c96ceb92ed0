"""What a penalty does to the answers of a problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from landscapes.plotting.style import BLUE, GREY, ORANGE, dress, legend, new_axes, title

from .datasets import checked_dataset

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["penalty_study"]


def penalty_study(study: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Share of feasible answers, and their objective, against the penalty, with the proven bound.

    Parameters
    ----------
    study : xarray.Dataset
        Of :func:`cim.penalty_study`.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Of the share; the objective has a twin to the right.

    Raises
    ------
    TypeError, ValueError
        If this is not such a study.
    """
    checked_dataset(
        study,
        "study",
        "cim.penalty_study",
        *("penalty", "feasible", "objective"),
        attributes=("bound", "sense", "objective_name", "problem"),
    )
    if ax is None:
        ax = new_axes(size=(6.4, 3.8))
    penalties = study["penalty"].values
    order = np.argsort(penalties)
    penalties = penalties[order]
    feasible = study["feasible"].values[order]
    objective = np.where(feasible > 0, study["objective"].values[order], np.nan)
    dress(ax, grid="y")
    ax.set_xscale("log")
    share = np.array([row[~np.isnan(row)].mean() if not np.isnan(row).all() else np.nan for row in feasible])
    ax.plot(penalties, 100 * share, "o-", color=BLUE, label="feasible answers")
    ax.set_ylim(-4, 104)
    ax.set_xlabel("penalty A")
    ax.set_ylabel("feasible answers (%)")
    if study.attrs["bound"] > 0:
        ax.axvline(study.attrs["bound"], color=GREY, linestyle="--", linewidth=1.0, label="proven bound")
    twin = ax.twinx()
    for j in range(objective.shape[1]):
        twin.plot(penalties, objective[:, j], ".", color=ORANGE, alpha=0.35, markersize=5)
    best = np.fmin if study.attrs["sense"] == "minimize" else np.fmax
    twin.plot(penalties, best.reduce(objective, axis=1), "s-", color=ORANGE, markersize=4, label="best feasible answer")
    twin.set_ylabel(study.attrs["objective_name"])
    dress(twin, grid="")
    twin.spines["right"].set(visible=True, color=GREY)
    twin.spines["left"].set_visible(False)
    for axes, colour in ((ax, BLUE), (twin, ORANGE)):
        axes.yaxis.label.set_color(colour)
    handles = [line for axes in (ax, twin) for line in axes.get_lines() if not str(line.get_label()).startswith("_")]
    legend(ax, handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=len(handles))
    title(ax, f"{study.attrs['problem']}: {feasible.shape[1]} runs at each penalty")
    return ax
