"""The quantum spin glass: energy and entanglement along the ramp, overlaps at its end, and where heating decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.checks import checked_number
from landscapes.plotting.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    SKY,
    SMALL,
    VERMILLION,
    dress,
    legend,
    new_axes,
    number,
    ticks,
    title,
)

from .datasets import checked_dataset, checked_panels
from .study_looks import choice
from .words import plural

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["glass_overlaps", "glass_ramp", "heating_map"]

_SOURCE = "cim.cavity.glass_study"
_LOOKS = {
    "diffusion": (BLUE, "quantum"),
    "semiclassical": (VERMILLION, "semiclassical"),
    "mcsolve": (GREEN, "quantum jumps"),
    "ssesolve": (ORANGE, "QuTiP's diffusion"),
}
_PALER = {"diffusion": SKY, "semiclassical": ORANGE, "mcsolve": GREEN, "ssesolve": ORANGE}
_READINGS = {
    "soft": "expected energies",
    "rounded": "rounded spins of both",
    "readout": "readouts of both",
    "unfavourable": "semiclassical spins rounded",
}


def glass_ramp(
    study: xr.Dataset,
    *,
    loss_ratio: float | None = None,
    duration: float | None = None,
    axes: Sequence[Axes] | None = None,
) -> np.ndarray:
    """Draw energy and entanglement entropy along the ramp, quantum against semiclassical.

    Parameters
    ----------
    study : xarray.Dataset
        From :func:`cim.cavity.glass_study`.
    loss_ratio, duration : float, optional
        Which of the study's to draw; the first by default.
    axes : sequence of two Axes, optional
        A new figure by default.

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes, shape (2,)
        Lines are averages over instances, bands one standard error to either side: of the expected energy, and dashed
        of the spins rounded to the signs of their averages.

    Raises
    ------
    TypeError, ValueError
        If this is not such a study, or it holds no such loss ratio or duration.
    """
    profiles = ("excess_energy_profile", "rounded_excess_energy_profile", "entropy_profile")
    at = _chosen(study, "fraction", profiles, loss_ratio, duration)
    panels = _two_panels(axes, (6.2, 5.2), [1.35, 1.0])
    fractions = at["fraction"].values
    for name in at["dynamics"].values.tolist():
        one = at.sel(dynamics=name)
        colour, label = _LOOKS[name]
        _band(panels[0], fractions, one, "excess_energy_profile", colour, label)
        rounded = f"{label}, rounded"
        _band(panels[0], fractions, one, "rounded_excess_energy_profile", _PALER[name], rounded, dashes="--")
        if name != "semiclassical":
            _band(panels[1], fractions, one, "entropy_profile", colour, label)
    n = int(study.attrs["num_spins"])
    panels[0].set_ylabel("energy above the ground\nstate, per spin")
    panels[0].set_ylim(bottom=0.0)
    panels[1].set_ylabel(f"entropy of {plural(n // 2, 'spin')}, nats")
    panels[1].set_ylim(bottom=0.0)
    panels[1].set_xlabel("fraction of the ramp")
    panels[0].tick_params(labelbottom=False)
    for ax in panels:
        ax.set_xlim(fractions[0], fractions[-1])
        ticks(ax.yaxis, 5)
        dress(ax)
    legend(panels[0])
    title(panels[0], _heading(study, at), pad=8.0)
    return panels


def glass_overlaps(
    study: xr.Dataset,
    *,
    loss_ratio: float | None = None,
    duration: float | None = None,
    axes: Sequence[Axes] | None = None,
) -> np.ndarray:
    """Draw the distribution P(q) of overlaps between trajectories, and x(q), quantum against semiclassical.

    Parameters
    ----------
    study : xarray.Dataset
        From :func:`cim.cavity.glass_study`, with two replicas or more.
    loss_ratio, duration : float, optional
        Which of the study's to draw; the first by default.
    axes : sequence of two Axes, optional
        A new figure by default.

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes, shape (2,)
        Averages over instances with standard errors; a dashed line shows spins that know nothing of each other.

    Raises
    ------
    TypeError, ValueError
        If this is not such a study, or it holds no such loss ratio or duration.
    """
    from scipy import stats

    at = _chosen(study, "overlap", ("overlap_probability",), loss_ratio, duration)
    panels = _two_panels(axes, (6.2, 5.2), [1.2, 1.0])
    overlaps, n = at["overlap"].values, int(study.attrs["num_spins"])
    names = at["dynamics"].values.tolist()
    width = 2.0 / n * 0.8 / len(names)
    for k, name in enumerate(names):
        colour, label = _LOOKS[name]
        one = at.sel(dynamics=name)
        values = one["mean_overlap_probability"].values
        errors = np.nan_to_num(one["mean_overlap_probability_error"].values)
        places = overlaps + (k - (len(names) - 1) / 2) * width
        panels[0].bar(places, values, width, color=colour, label=label, zorder=2)
        panels[0].errorbar(places, values, errors, fmt="none", ecolor=INK, elinewidth=0.8, zorder=3)
        panels[1].step(overlaps, np.cumsum(values), where="post", color=colour, linewidth=1.8, label=label, zorder=3)
    coins = stats.binom.pmf(np.arange(n + 1), n, 0.5)
    look: dict[str, Any] = {"color": GREY, "linewidth": 1.1, "linestyle": (0, (4, 3)), "zorder": 4}
    panels[0].plot(overlaps, coins, label="independent spins", **look)
    panels[1].step(overlaps, np.cumsum(coins), where="post", **look)
    panels[0].set_ylabel("probability P(q)")
    panels[1].set_ylabel("x(q)")
    panels[1].set_xlabel("overlap q of two trajectories")
    panels[1].set_ylim(0.0, 1.02)
    panels[0].tick_params(labelbottom=False)
    for ax in panels:
        ax.set_xlim(-1.0 - 1.0 / n, 1.0 + 1.0 / n)
        ticks(ax.yaxis, 5)
        dress(ax)
    entries, labels = panels[0].get_legend_handles_labels()
    legend(panels[1], handles=entries, labels=labels, loc="upper left")
    title(panels[0], _heading(study, at), pad=8.0)
    return panels


def heating_map(study: xr.Dataset, *, reading: str = "soft", values: bool = True, ax: Axes | None = None) -> Axes:
    """Draw by how much quantum trajectories end lower than semiclassical ones, over losses and durations.

    Parameters
    ----------
    study : xarray.Dataset
        From :func:`cim.cavity.glass_study`, with two loss ratios and two durations or more.
    reading : {"soft", "rounded", "readout", "unfavourable"}
        See :mod:`cim.cavity._glass_study`.
    values : bool, default True
        Whether to write the advantage into every cell, in grey where it is within two standard errors of zero.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Blue where quantum trajectories are lower; the line is zero.

    Raises
    ------
    TypeError, ValueError
        If this is not such a study, or the map would be a line.
    """
    study = checked_dataset(
        study,
        "study",
        f'{_SOURCE} of both "diffusion" and "semiclassical"',
        "advantage",
        "advantage_error",
        dimensions=("loss_ratio", "duration", "reading"),
        attributes=("num_spins",),
    )
    reading = choice(reading, "reading", tuple(_READINGS))
    at = study.sortby(["loss_ratio", "duration"]).sel(reading=reading)
    losses, durations = at["loss_ratio"].values, at["duration"].values
    if len(losses) < 2 or len(durations) < 2 or losses[0] <= 0.0:
        raise ValueError(
            f"study: a map needs two positive loss ratios and two durations, but they are {losses} and {durations}"
        )
    if ax is None:
        ax = new_axes(size=(6.4, 4.2))
    advantage = at["advantage"].transpose("loss_ratio", "duration").values
    errors = at["advantage_error"].transpose("loss_ratio", "duration").values
    largest = float(np.nanmax(np.abs(advantage)))
    mesh = ax.pcolormesh(
        _edges(durations), _edges(losses), advantage, cmap="RdBu", vmin=-largest, vmax=largest, rasterized=True
    )
    if np.nanmin(advantage) < 0.0 < np.nanmax(advantage):  # carried on to the rim
        across, up = (np.concatenate([_edges(v)[:1], v, _edges(v)[-1:]]) for v in (durations, losses))
        ax.contour(across, up, np.pad(advantage, 1, mode="edge"), [0.0], colors=INK, linewidths=1.8)
    ax.set_xscale("log")
    ax.set_yscale("log")
    if values:
        for i, loss in enumerate(losses):
            for j, duration in enumerate(durations):
                value = advantage[i, j]
                sure = np.isfinite(errors[i, j]) and abs(value) > 2.0 * errors[i, j]
                colour = "white" if abs(value) > 0.62 * largest else INK if sure else GREY
                text = f"{value:+.2f}".replace("-", "−") if abs(value) >= 0.005 else "0"
                ground = {"facecolor": mesh.cmap(mesh.norm(value)), "edgecolor": "none", "pad": 1.2}
                ax.text(duration, loss, text, ha="center", va="center", size=SMALL, color=colour, bbox=ground)
    for axis, at_ticks in ((ax.xaxis, durations), (ax.yaxis, losses)):
        axis.set_ticks(at_ticks, [number(float(value), 3) for value in at_ticks])
        axis.set_ticks([], minor=True)
    ax.set_xlabel("duration of the ramp, T")
    ax.set_ylabel("loss ratio κ/|Δ|")
    bar = ax.figure.colorbar(mesh, ax=ax, pad=0.02)
    bar.set_label("semiclassical minus quantum energy, per spin", size=SMALL + 0.5, color=INK)
    bar.ax.tick_params(labelsize=SMALL, colors=GREY, labelcolor=INK)
    bar.outline.set_visible(False)
    n, count = int(study.attrs["num_spins"]), study.sizes.get("instance", study.attrs.get("instances", 0))
    title(ax, f"{plural(n, 'spin')}, {plural(int(count), 'instance')}, {_READINGS[reading]}", pad=8.0)
    return dress(ax, grid="")


# ---------------------------------------------------------------- parts


def _band(ax: Axes, x: np.ndarray, one: xr.Dataset, name: str, colour: str, label: str, *, dashes: str = "-") -> None:
    values, errors = one[f"mean_{name}"].values, np.nan_to_num(one[f"mean_{name}_error"].values)
    ax.plot(x, values, color=colour, linewidth=1.8, linestyle=dashes, label=label, zorder=3)
    ax.fill_between(x, values - errors, values + errors, color=colour, alpha=0.25, linewidth=0)


def _chosen(study: Any, over: str, names: Sequence[str], loss_ratio: Any, duration: Any) -> xr.Dataset:
    """The study at one loss ratio and duration, with averages over the dimension ``over``."""
    at = study = checked_dataset(
        study,
        "study",
        _SOURCE,
        *(f"mean_{name}{end}" for name in names for end in ("", "_error")),
        dimensions=(over, "dynamics", "instance", "loss_ratio", "duration"),
        attributes=("num_spins",),
    )
    for axis, value in (("loss_ratio", loss_ratio), ("duration", duration)):
        there = study[axis].values
        if value is None:
            at = at.isel({axis: 0})
            continue
        places = np.flatnonzero(np.isclose(there, checked_number(value, axis)))
        if not len(places):
            raise ValueError(f"{axis}: the study has {', '.join(f'{v:g}' for v in there)}, but not {value!r}")
        at = at.isel({axis: int(places[0])})
    return at


def _heading(study: xr.Dataset, at: xr.Dataset) -> str:
    n, count = int(study.attrs["num_spins"]), study.sizes["instance"]
    where = f"κ/|Δ| = {number(float(at['loss_ratio']), 3)}, T = {number(float(at['duration']), 3)}"
    return f"{plural(n, 'spin')}, {plural(count, 'instance')}; {where}"


def _two_panels(axes: Sequence[Axes] | None, size: tuple[float, float], heights: list[float]) -> np.ndarray:
    if axes is None:
        return new_axes(2, size=size, sharex=True, height_ratios=heights)
    return checked_panels(axes, 2)


def _edges(values: np.ndarray) -> np.ndarray:
    """Edges of cells whose middles are these values, on a logarithmic axis."""
    logarithms = np.log(values)
    middle = 0.5 * (logarithms[1:] + logarithms[:-1])
    first, last = logarithms[0] - (middle[0] - logarithms[0]), logarithms[-1] + (logarithms[-1] - middle[-1])
    return np.exp(np.concatenate([[first], middle, [last]]))
