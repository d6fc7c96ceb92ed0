"""A study of schedules: energy against budget, time to solution, the schedules themselves, and all of it together.

Every schedule has the same colour and marker in each picture.  Solid lines are the schedules, dashed ones the straight
lines that are their controls (:mod:`cim.studies.arms`); a schedule that is straight itself has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ising_problems.checks import checked_integer
from landscapes.plotting.style import GREY, INK, PALE, SMALL, dress, edge_label, legend, new_axes, ticks, title
from landscapes.plotting.transitions import TRANSITIONS

from .differences import has_differences, paired_differences
from .study_looks import (
    CONTROL,
    checked_finish,
    checked_study,
    choice,
    excess_energy,
    label_budgets,
    legend_below,
    looks,
    run_cost,
    statistic_text,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["energy_against_budget", "schedule_study", "study_schedules", "time_to_solution_against_budget"]

_COSTS = {"products": "matrix-vector products", "seconds": "CPU seconds"}
_APART = 0.012  # decades by which points of one budget are moved apart
_FRONT = 9.0  # width of the Pareto front's line, in points
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
    cost, statistic = choice(cost, "cost", tuple(_COSTS)), choice(statistic, "statistic", ("mean", "best"))
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
    dodge = _APART * (np.arange(count) - 0.5 * (count - 1)) if cost == "products" else np.zeros(count)
    places = costs * 10.0 ** dodge[:, None, None]
    above = mean[shown & (mean > 0.0)]
    floor = _BELOW * float(above.min()) if above.size else 1e-6
    heights = np.maximum(mean, floor)

    ax.set_xscale("log")
    ax.set_yscale("log")
    if shown.any():
        ax.set_xlim(places[shown].min() / 1.25, places[shown].max() * 1.25)
    front = _pareto_front(costs[shown], mean[shown])
    x, y = places[shown][front], heights[shown][front]
    ax.plot(x, y, color=PALE, linewidth=_FRONT, solid_capstyle="round", solid_joinstyle="round", zorder=1)
    for k, (name, look) in enumerate(looks(study).items()):
        for line in (1, 0):
            here = shown[k, line]
            if not here.any():
                continue
            x, y = places[k, line, here], heights[k, line, here]
            bar = np.where(mean[k, line, here] > floor, error[k, line, here], 0.0)
            ax.errorbar(
                x,
                y,
                yerr=[np.minimum(bar, y - 0.999 * floor), bar],
                color=look.colour,
                marker=look.marker,
                markersize=5.5 if line == 0 else 4.0,
                markerfacecolor=look.colour if line == 0 else "white",
                markeredgecolor="white" if line == 0 else look.colour,
                markeredgewidth=0.6 if line == 0 else 0.9,
                linestyle="-" if line == 0 else CONTROL,
                linewidth=1.5 if line == 0 else 1.0,
                elinewidth=1.1 if line == 0 else 0.8,
                capsize=2.5 if line == 0 else 1.5,
                label=name if line == 0 else None,
                zorder=4 if line == 0 else 3,
            )
            gone = mean[k, line, here] <= floor
            if gone.any():  # without points, what is not clipped would be laid out as if it lay at the figure's corner
                ax.plot(x[gone], y[gone], "v", color=look.colour, markersize=9, clip_on=False, zorder=5)
    if (shown & (mean <= floor)).any():
        ax.set_ylim(bottom=floor)
    if cost == "products":
        label_budgets(ax, runs * study["budget"].values)
    known = "the target" if study.attrs.get("targets") == "given" else "the lowest seen"
    ax.set_xlabel(_COSTS[cost] if runs == 1 else f"{_COSTS[cost]} of {runs} runs")
    ax.set_ylabel(f"energy per spin above {known}")
    title(ax, f"{chosen} energy, {statistic_text(study, statistic)} on {_instances(study)}")
    _legend_of_lines(ax, bool(shown[:, 1].any()), front=True)
    return dress(ax, grid="both")


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
    cost, chosen = choice(cost, "cost", tuple(_COSTS)), checked_finish(study, finish)
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
    border = 2.0 * float(drawn.max()) if drawn.size else 1.0
    count = len(middle)
    ax.set_xscale("log")
    ax.set_yscale("log")
    for k, (name, look) in enumerate(looks(study).items()):
        x = budgets * 10.0 ** (_APART * (k - 0.5 * (count - 1)))
        for line in (1, 0):
            here = shown[k, line]
            if not here.any():
                continue
            solved = here & np.isfinite(middle[k, line])
            y = middle[k, line, solved]
            bars = [y - low[k, line, solved], np.minimum(high[k, line, solved], border) - y]
            ax.errorbar(
                x[solved],
                y,
                yerr=bars if line == 0 else None,
                color=look.colour,
                marker=look.marker,
                markersize=5.5 if line == 0 else 4.0,
                markerfacecolor=look.colour if line == 0 else "white",
                markeredgecolor="white" if line == 0 else look.colour,
                markeredgewidth=0.6 if line == 0 else 0.9,
                linestyle="-" if line == 0 else CONTROL,
                linewidth=1.5 if line == 0 else 1.0,
                elinewidth=1.1,
                capsize=2.5,
                label=name if line == 0 else None,
                zorder=4 if line == 0 else 3,
            )
            never = here & np.isinf(middle[k, line])
            if never.any():
                face, height = look.colour if line == 0 else "white", np.full(never.sum(), border)
                ax.plot(x[never], height, "^", color=look.colour, markerfacecolor=face, clip_on=False)
    if cost == "products":
        ax.plot(budgets, budgets, color=GREY, linewidth=1.0, linestyle=(0, (1, 1.5)), label="one run", zorder=1)
    ax.set_xlim(budgets.min() / 1.25, budgets.max() * 1.25)
    ax.set_ylim(top=border)
    label_budgets(ax, budgets)
    ax.set_xlabel("budget of a run, in matrix-vector products")
    goal = "the target" if study.attrs.get("targets") == "given" else "the lowest seen"
    ax.set_ylabel(f"{_COSTS[cost]} to {goal}, 99 %")
    title(ax, f"{chosen}, median of {_instances(study)}")
    _legend_of_lines(ax, bool(shown[:, 1].any()))
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


def schedule_study(
    study: xr.Dataset,
    *,
    finish: Literal["raw", "finished"] | None = None,
    axes: Sequence[Axes] | None = None,
) -> np.ndarray:
    """Draw a study of schedules in four panels.

    Energy against budget, differences to the reference (to the own straight lines, if there is one schedule only),
    the schedules, and time to solution.

    Parameters
    ----------
    study : xarray.Dataset
        Of :func:`cim.schedule_study`.
    finish : {"raw", "finished"}, optional
        Which energies; by default those that were tuned for.
    axes : sequence of four Axes, optional
        A new figure by default.

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes, shape (4,)

    Raises
    ------
    ValueError, TypeError
        If the dataset is no study, or there are not four Axes.
    """
    study = checked_study(study, "difference", "is_straight")
    if axes is None:
        rows = study.sizes["schedule"] * study.sizes["budget"]
        panels = np.ravel(new_axes(2, 2, size=(12.8, 4.4 + max(4.2, 0.9 + 0.19 * rows))))
    else:
        panels = np.asarray(axes, dtype=object).ravel()
        if len(panels) != 4:
            raise ValueError(f"axes: 4 Axes are needed, but there are {len(panels)}")
    energy_against_budget(study, finish=finish, ax=panels[0])
    comparisons: tuple[Any, ...] = ("reference", "straight")
    known = [comparison for comparison in comparisons if has_differences(study, comparison)]
    if known:
        paired_differences(study, known[0], ax=panels[1])
    else:
        panels[1].annotate(
            "nothing to compare: one schedule, straight itself", (0.5, 0.5), xycoords="axes fraction", ha="center"
        )
        panels[1].set_axis_off()
    study_schedules(study, ax=panels[2])
    time_to_solution_against_budget(study, finish=finish, ax=panels[3])
    return panels


def _pareto_front(costs: np.ndarray, energies: np.ndarray) -> np.ndarray:
    """Indices of the points that no other beats at the same cost or less, from the cheapest on."""
    order = np.lexsort((energies, costs))
    ahead = np.concatenate([[np.inf], np.minimum.accumulate(energies[order])[:-1]])
    return order[energies[order] < ahead]


def _instances(study: xr.Dataset) -> str:
    count = study.sizes["instance"]
    sizes = np.unique(study["num_spins"].values)
    spins = f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,}–{sizes[-1]:,}"
    return f"{count} instance{'s' if count != 1 else ''} of {spins} spins"


def _legend_of_lines(ax: Axes, controls: bool, *, front: bool = False) -> None:
    """The schedules' names, what dashes mean, and the Pareto front."""
    from matplotlib.lines import Line2D

    handles, _ = ax.get_legend_handles_labels()
    labels = [str(handle.get_label()) for handle in handles]
    if controls:
        handles.append(Line2D([], [], color=INK, linestyle=CONTROL, marker="o", markerfacecolor="white", markersize=4))
        labels.append("its straight line")
    if front:
        handles.append(Line2D([], [], color=PALE, linewidth=0.7 * _FRONT))
        labels.append("Pareto front")
    look: dict[str, Any] = {"fontsize": SMALL, "handlelength": 2.4, "loc": "upper left", "borderaxespad": 0.0}
    legend(ax, handles=handles, labels=labels, bbox_to_anchor=(1.02, 1.0), **look)
