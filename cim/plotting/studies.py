"""A study of schedules: energy against what it costs, and the schedules themselves.

Every schedule has the same colour and marker in each picture.  Solid lines are the schedules, dashed ones the straight
lines that are their controls (:mod:`cim.studies.arms`); a schedule that is straight itself has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ising_problems.checks import checked_integer
from landscapes.plotting.style import GREY, PALE, SMALL, dress, edge_label, new_axes, ticks, title
from landscapes.plotting.transitions import TRANSITIONS

from .study_axes import (
    CONTROL,
    FRONT,
    draw_points,
    label_budgets,
    label_seconds,
    legend_below,
    legend_of_lines,
    side_by_side,
)
from .study_looks import (
    COSTS,
    checked_finish,
    checked_study,
    choice,
    excess_energy,
    instances_text,
    looks,
    run_cost,
    statistic_text,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["energy_against_budget", "study_schedules"]

_BELOW = 0.5  # where nothing is left above the target, as a fraction of the smallest energy that is drawn


def energy_against_budget(
    study: xr.Dataset,
    *,
    cost: Literal["products", "seconds"] = "products",
    finish: Literal["raw", "finished"] | None = None,
    statistic: Literal["mean", "best"] = "mean",
    controls: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw how far above the lowest energy known each schedule ends, against what its runs cost.

    Parameters
    ----------
    study : xarray.Dataset
        Of :func:`cim.schedule_study`.
    cost : {"products", "seconds"}
        Matrix-vector products, or CPU seconds, a rule's pilot run and the finishing descent included.
    finish : {"raw", "finished"}, optional
        Energies of the signs at the end of the run, or after 1-flip descent.  By default those that were tuned for.
    statistic : {"mean", "best"}, default "mean"
        Of the runs on an instance; the best of k costs k runs.
    controls : bool, default True
        Whether to draw the straight lines, dashed.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Bars are standard errors of the excess over instances.  Points of one number of products stand side by side.
        The broad grey line is the Pareto front: points that no other beats in energy at the same cost or less.  Where
        no energy is left above the target, the point is a triangle on the lower border.

    Raises
    ------
    ValueError, TypeError
        If the dataset is no study, or an argument none of the above.
    """
    study = checked_study(study, "products", "seconds", "is_straight")
    cost, statistic = choice(cost, "cost", tuple(COSTS)), choice(statistic, "statistic", ("mean", "best"))
    chosen = checked_finish(study, finish)
    mean, error = excess_energy(study, chosen, statistic)
    runs = int(study.attrs["best_of"]) if statistic == "best" else 1
    costs = runs * run_cost(study, chosen, cost)
    if ax is None:
        ax = new_axes(size=(7.2, 4.0))
    straight = np.asarray(study["is_straight"].values)
    shown = np.isfinite(mean)
    shown[:, 1] &= ~straight[:, None] & controls
    count = len(straight)
    places = costs * side_by_side(count)[:, None, None] if cost == "products" else costs
    above = mean[shown & (mean > 0.0)]
    floor = _BELOW * float(above.min()) if above.size else 1e-6
    heights = np.maximum(mean, floor)

    ax.set_xscale("log")
    ax.set_yscale("log")
    if shown.any():
        ax.set_xlim(places[shown].min() / 1.25, places[shown].max() * 1.25)
        if np.ptp(heights[shown]) == 0.0:
            ax.set_ylim(0.5 * heights[shown].min(), 2.0 * heights[shown].max())
    # products of one budget count as equal: a pilot's share leaves a fraction of one unspent
    compared = np.broadcast_to(runs * study["budget"].values, costs.shape) if cost == "products" else costs
    front = _pareto_front(compared[shown], mean[shown])
    x, y = places[shown][front], heights[shown][front]
    look_of_front: dict[str, Any] = {
        "color": PALE,
        "linewidth": FRONT,
        "marker": "o",
        "markersize": 1.4 * FRONT,
        "markeredgewidth": 0.0,
    }
    ax.plot(x, y, solid_capstyle="round", solid_joinstyle="round", zorder=1, **look_of_front)
    for k, (name, look) in enumerate(looks(study).items()):
        for line in (1, 0):
            here = shown[k, line]
            if not here.any():
                continue
            x, y = places[k, line, here], heights[k, line, here]
            bar = np.where(mean[k, line, here] > floor, error[k, line, here], 0.0)
            bars = [np.minimum(bar, y - 0.999 * floor), bar]
            draw_points(ax, x, y, bars, look, name if line == 0 else None)
            gone = mean[k, line, here] <= floor
            if gone.any():  # without points, what is not clipped would be laid out as if it lay at the figure's corner
                ax.plot(x[gone], y[gone], "v", color=look.colour, markersize=9, clip_on=False, zorder=5)
    if (shown & (mean <= floor)).any():
        ax.set_ylim(bottom=floor)
    if cost == "products":
        label_budgets(ax, runs * study["budget"].values)
    else:
        label_seconds(ax)
    known = "the target" if study.attrs.get("targets") == "given" else "the lowest seen"
    ax.set_xlabel(COSTS[cost] if runs == 1 else f"{COSTS[cost]} of {runs} runs")
    ax.set_ylabel(f"energy per spin above {known}")
    title(ax, f"{chosen} energy, {statistic_text(study, statistic)} on {instances_text(study)}")
    ax.tick_params(axis="y", which="minor", labelsize=SMALL)
    legend_of_lines(ax, bool(shown[:, 1].any()), front=True)
    return dress(ax, grid="both")


def study_schedules(
    study: xr.Dataset,
    *,
    budget: int | None = None,
    controls: bool = False,
    transitions: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw the pump of every schedule of a study, as it was tuned.

    Parameters
    ----------
    study : xarray.Dataset
        Of :func:`cim.schedule_study`.
    budget : int, optional
        At which budget; the largest by default.
    controls : bool, default False
        Whether to draw the straight lines, dashed.
    transitions : bool, default True
        Whether to mark the threshold and the transitions of the landscape, which beyond the threshold are those of
        the Sherrington–Kirkpatrick model (:mod:`landscapes.plotting.transitions`).
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Mean over instances; where schedules are made for each instance, a band from the lowest to the highest.

    Raises
    ------
    ValueError, TypeError
        If the dataset is no study, or has no such budget.
    """
    study = checked_study(study, "pump", "is_straight")
    budgets = study["budget"].values.tolist()
    size = budgets[-1] if budget is None else checked_integer(budget, "budget", 1)
    if size not in budgets:
        raise ValueError(f"budget: {size} is not one of those of the study, {', '.join(map(str, budgets))}")
    pumps = study["pump"].sel(budget=size).transpose("schedule", "line", "instance", "fraction").values
    fractions = study["fraction"].values
    if ax is None:
        ax = new_axes(size=(6.4, 3.8))
    for k, (name, look) in enumerate(looks(study).items()):
        for line in (1, 0):
            own = pumps[k, line][np.isfinite(pumps[k, line]).all(axis=-1)]
            if not len(own) or (line == 1 and (not controls or bool(study["is_straight"][k]))):
                continue
            style = look.dashes if line == 0 else CONTROL
            ax.plot(
                fractions,
                own.mean(axis=0),
                color=look.colour,
                linestyle=style,
                linewidth=1.9 if line == 0 else 1.0,
                label=name if line == 0 else None,
                zorder=3,
            )
            if line == 0 and np.ptp(own, axis=0).max() > 1e-9:
                ax.fill_between(
                    fractions, own.min(axis=0), own.max(axis=0), color=look.colour, alpha=0.2, linewidth=0, zorder=2
                )
    ax.set_xlim(0.0, 1.0)
    ax.set_xlabel("fraction of the run")
    ax.set_ylabel("pump, in units of $λ_{\\max}/2$")
    if transitions:
        for transition in TRANSITIONS:
            ax.axhline(transition.pump, color=GREY, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
            edge_label(ax, transition.pump, f"{transition.label}\n{transition.value}")
    ticks(ax.yaxis)
    title(ax, f"schedules of {size:,} products")
    legend_below(ax, ax.get_legend_handles_labels()[0], min(study.sizes["schedule"], 4))
    return dress(ax)


def _pareto_front(costs: np.ndarray, energies: np.ndarray) -> np.ndarray:
    """Indices of the points that no other beats at the same cost or less, from the cheapest on."""
    order = np.lexsort((energies, costs))
    ahead = np.concatenate([[np.inf], np.minimum.accumulate(energies[order])[:-1]])
    return order[energies[order] < ahead]
