"""Time to solution of repeated runs, against the length of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from landscapes.plotting.style import GREY, dress, new_axes, title

from .study_axes import draw_points, label_budgets, legend_of_lines, side_by_side
from .study_looks import COSTS, checked_finish, checked_study, choice, instances_text, looks

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["time_to_solution_against_budget"]


def time_to_solution_against_budget(
    study: xr.Dataset,
    *,
    cost: Literal["products", "seconds"] = "products",
    finish: Literal["raw", "finished"] | None = None,
    controls: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw the time to solution of repeated runs against the length of a run.

    Parameters
    ----------
    study : xarray.Dataset
        Of :func:`cim.schedule_study`.
    cost : {"products", "seconds"}
        What the time is measured in.
    finish : {"raw", "finished"}, optional
        As in :func:`energy_against_budget`.
    controls : bool, default True
        Whether to draw the straight lines, dashed.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Median over instances; bars are the study's bootstrap intervals.  A triangle on the upper border: half of the
        instances or more were never solved.

    Raises
    ------
    ValueError, TypeError
        If the dataset is no study, or an argument none of the above.
    """
    study = checked_study(study, "time_to_solution", "is_straight")
    cost, chosen = choice(cost, "cost", tuple(COSTS)), checked_finish(study, finish)
    order = ("schedule", "line", "budget")
    middle, low, high = (
        study[f"time_to_solution{end}"].sel(cost=cost, finish=chosen).transpose(*order).values
        for end in ("", "_low", "_high")
    )
    if ax is None:
        ax = new_axes(size=(7.2, 4.0))
    budgets = study["budget"].values
    shown = ~np.isnan(middle)
    shown[:, 1] &= ~np.asarray(study["is_straight"].values)[:, None] & controls
    drawn = np.concatenate([values[shown & np.isfinite(values)] for values in (middle, low, high)])
    within = [*drawn, *budgets] if cost == "products" or not drawn.size else drawn
    border = 2.0 * float(max(within))
    apart = side_by_side(len(middle))
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(budgets.min() / 1.25, budgets.max() * 1.25)
    ax.set_ylim(0.5 * float(min(within)), border)
    for k, (name, look) in enumerate(looks(study).items()):
        x = budgets * apart[k]
        for line in (1, 0):
            here = shown[k, line]
            if not here.any():
                continue
            solved = here & np.isfinite(middle[k, line])
            y = middle[k, line, solved]
            bars = [y - low[k, line, solved], np.minimum(high[k, line, solved], border) - y]
            draw_points(ax, x[solved], y, bars, look, name if line == 0 else None)
            never = here & np.isinf(middle[k, line])
            if never.any():
                face, height = look.colour if line == 0 else "white", np.full(never.sum(), border)
                ax.plot(x[never], height, "^", color=look.colour, markerfacecolor=face, clip_on=False)
    if cost == "products":
        ax.plot(budgets, budgets, color=GREY, linewidth=1.0, linestyle=(0, (1, 1.5)), label="one run", zorder=1)
    label_budgets(ax, budgets)
    ax.set_xlabel("budget of a run, in matrix-vector products")
    goal = "the target" if study.attrs.get("targets") == "given" else "the lowest seen"
    ax.set_ylabel(f"{COSTS[cost]} to {goal}, 99 %")
    title(ax, f"{chosen}, median of {instances_text(study)}")
    legend_of_lines(ax, bool(shown[:, 1].any()))
    return dress(ax, grid="both")
