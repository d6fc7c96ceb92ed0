"""The cavity's memory: recall against corruption, basins, capacity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from landscapes.plotting.style import (
    BLUE,
    FAINT,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE,
    SMALL,
    VERMILLION,
    dress,
    legend,
    new_axes,
    ticks,
    title,
)

from .datasets import checked_dataset, checked_datasets

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["DYNAMICS_NAMES", "basin_comparison", "capacity", "recall_curves", "steepest_emergence"]

DYNAMICS_NAMES = {
    "steepest": "steepest descent",
    "0tmh": "random descent (0TMH)",
    "reluctant": "reluctant descent",
    "kmc": "atoms in the cavity",
}
"""What each of the dynamics of recall is called in pictures."""

_LOOKS = {"steepest": (BLUE, "o"), "0tmh": (VERMILLION, "s"), "reluctant": (GREEN, "^"), "kmc": (ORANGE, "D")}


def recall_curves(
    curves: xr.Dataset | Mapping[str, xr.Dataset], *, success: bool = False, ax: Axes | None = None
) -> Axes:
    """Draw recall against the corruption of the cue, a line for each dynamics.

    Parameters
    ----------
    curves : xarray.Dataset from :func:`cim.cavity.recall_curve`, or mapping from names to such
        Of several, the first has full lines, the next broken ones.
    success : bool, default False
        Whether to draw the share of cues that led back, with its interval, instead of the overlap with standard error.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError, ValueError
        If this is no such dataset, or there is none.
    """
    variables = ("success", "success_low", "success_high") if success else ("overlap", "overlap_error")
    several = checked_datasets(
        curves,
        "curves",
        "cim.cavity.recall_curve",
        *variables,
        dimensions=("dynamics", "corruption"),
        attributes=("num_patterns", "num_spins"),
    )
    ax = new_axes(size=(5.6, 3.7)) if ax is None else ax
    for (label, curve), style in zip(several.items(), ("-", "--", ":", "-.") * len(several), strict=False):
        x = curve["corruption"].values
        for name in curve["dynamics"].values:
            one = curve.sel(dynamics=name)
            colour, marker = _LOOKS.get(str(name), (INK, "o"))
            y = one["success" if success else "overlap"].values
            low, high = (
                (one["success_low"].values, one["success_high"].values)
                if success
                else (y - one["overlap_error"].values, y + one["overlap_error"].values)
            )
            ax.fill_between(x, low, high, color=colour, alpha=0.16, linewidth=0)
            said = DYNAMICS_NAMES.get(str(name), str(name)) + (f", {label}" if label else "")
            ax.plot(x, y, color=colour, linestyle=style, marker=marker, markersize=4.2, linewidth=1.6, label=said)
    dress(ax)
    ax.set_xlabel("share of the cue that is wrong")
    ax.set_ylabel("share recalled" if success else "overlap with the pattern")
    ax.set_ylim(-0.03 if success else None, 1.03)
    ax.margins(x=0.02)
    ticks(ax.xaxis)
    ticks(ax.yaxis)
    legend(ax, loc="lower left", handlelength=2.0 if len(several) == 1 else 3.6)  # so long that broken lines look it
    first = next(iter(several.values()))
    said = f"{_counted(first.attrs['num_patterns'], 'pattern')}, {_counted(first.attrs['num_spins'], 'spin')}"
    title(ax, f"Recall from a corrupted cue: {said}")
    return ax


def basin_comparison(
    basins: Mapping[str, xr.Dataset] | Sequence[xr.Dataset] | xr.Dataset, *, ax: Axes | None = None, unit: str = "spins"
) -> Axes:
    """Draw the basins of the same states under several dynamics, against the states' energies.

    Parameters
    ----------
    basins : mapping from names to datasets of :func:`cim.cavity.basin_sizes`, a sequence of such, or one
        Of the same states.
    ax : matplotlib Axes, optional
    unit : {"spins", "share"}
        Whether a size is a number of wrong spins or their share.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError, ValueError
        If these are no such datasets, or of different states.
    """
    if unit not in ("spins", "share"):
        raise ValueError(f"unit: must be 'spins' or 'share', but it is {unit!r}")
    if not isinstance(basins, Iterable) or isinstance(basins, str):
        raise TypeError(f"basins: a mapping from names to datasets is needed, not {type(basins).__name__}")
    keyed = not hasattr(basins, "data_vars") and isinstance(basins, Mapping)
    given = basins if keyed else dict(enumerate([basins] if hasattr(basins, "data_vars") else basins))
    found = list(
        checked_datasets(
            given,
            "basins",
            "cim.cavity.basin_sizes",
            *("basin_size", "basin_low", "basin_high", "energy", "spins"),
            dimensions=("state",),
            attributes=("dynamics", "num_spins", "probability"),
        ).values()
    )
    names = [str(name) for name in basins] if keyed else [str(one.attrs["dynamics"]) for one in found]
    if any(not np.array_equal(one["spins"].values, found[0]["spins"].values) for one in found):
        raise ValueError("basins: datasets of the same states are needed; pass the states, or the same seed")
    ax = new_axes(size=(5.6, 3.8)) if ax is None else ax
    n = int(found[0].attrs["num_spins"])
    scale = n if unit == "spins" else 1.0
    energy = found[0]["energy"].values / n
    sizes = np.stack([one["basin_size"].values for one in found]) * scale
    ax.vlines(energy, sizes.min(axis=0), sizes.max(axis=0), color=PALE, linewidth=1.4, zorder=1)
    for one, name, size in zip(found, names, sizes, strict=True):
        colour, marker = _LOOKS.get(name, (INK, "o"))
        low, high = one["basin_low"].values * scale, one["basin_high"].values * scale
        ax.vlines(energy, low, high, color=colour, alpha=0.35, linewidth=1.0, zorder=2)
        ax.plot(
            energy,
            size,
            linestyle="",
            marker=marker,
            markersize=5.0,
            color=colour,
            markeredgecolor="white",
            markeredgewidth=0.5,
            zorder=3,
            label=f"{DYNAMICS_NAMES.get(name, name)}: mean {size.mean():.2g}",
        )
    dress(ax)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("energy per spin of the state")
    ax.set_ylabel(f"basin, {'wrong spins' if unit == 'spins' else 'share of wrong spins'}")
    ticks(ax.xaxis)
    ticks(ax.yaxis)
    legend(ax, loc="upper right")
    probability = float(found[0].attrs["probability"])
    title(ax, f"Errors that {100 * probability:g} % of starts recover from, {_counted(n, 'spin')}")
    return ax


def capacity(found: xr.Dataset, *, success: bool = False, ax: Axes | None = None) -> Axes:
    """Draw recall against the load of the memory, a line for each dynamics, with standard errors over instances.

    Parameters
    ----------
    found : xarray.Dataset
        From :func:`cim.cavity.capacity`.
    success : bool, default False
        Whether to draw the share of cues that were recalled instead of the mean overlap.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError, ValueError
        If this is no such dataset.
    """
    what = "success" if success else "overlap"
    found = checked_dataset(
        found,
        "found",
        "cim.cavity.capacity",
        *(f"mean_{what}", f"mean_{what}_error"),
        dimensions=("load", "dynamics"),
        attributes=("rule", "n", "corruption"),
    )
    ax = new_axes(size=(5.6, 3.7)) if ax is None else ax
    load = found["load"].values
    if found.attrs["rule"] == "hebbian" and load.min() <= 0.138 <= load.max():
        ax.axvline(0.138, color=FAINT, linewidth=1.2, linestyle=(0, (3, 2)), zorder=0)
        ax.annotate("0.138", (0.138, 1.0), xycoords=("data", "axes fraction"), xytext=(4, -2), va="top",
                    textcoords="offset points", size=SMALL, color=GREY)  # fmt: skip
    for name in found["dynamics"].values:
        one = found.sel(dynamics=name)
        colour, marker = _LOOKS.get(str(name), (INK, "o"))
        ax.errorbar(
            load,
            one[f"mean_{what}"].values,
            np.nan_to_num(one[f"mean_{what}_error"].values),
            color=colour,
            marker=marker,
            markersize=4.5,
            linewidth=1.6,
            elinewidth=1.0,
            capsize=2.0,
            label=DYNAMICS_NAMES.get(str(name), str(name)),
        )
    dress(ax)
    ax.set_ylim(-0.03 if success else None, 1.03)
    ax.set_xlabel("load, patterns per spin")
    ax.set_ylabel("share recalled" if success else "overlap with the pattern")
    ticks(ax.xaxis)
    ticks(ax.yaxis)
    legend(ax, loc="best")
    rule = {"hebbian": "Hebb's rule", "pseudoinverse": "Pseudoinverse rule"}[found.attrs["rule"]]
    title(ax, f"{rule}, {found.attrs['n']} spins, {100 * found.attrs['corruption']:g} % of each cue wrong")
    return ax


def steepest_emergence(found: xr.Dataset | Mapping[str, xr.Dataset], *, ax: Axes | None = None) -> Axes:
    """Draw how often the steepest ensemble flips first against the number of atoms in each, with intervals.

    Parameters
    ----------
    found : xarray.Dataset from :func:`cim.cavity.steepest_emergence`, or mapping from names to such
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError, ValueError
        If this is no such dataset, or there is none.
    """
    several = checked_datasets(
        found,
        "found",
        "cim.cavity.steepest_emergence",
        *("steepest_first", "steepest_first_low", "steepest_first_high"),
        dimensions=("atoms",),
        attributes=("n",),
    )
    ax = new_axes(size=(5.6, 3.7)) if ax is None else ax
    looks = [(BLUE, "o"), (VERMILLION, "s"), (GREEN, "^"), (ORANGE, "D")]
    for (label, one), (colour, marker) in zip(several.items(), looks * len(several), strict=False):
        y = one["steepest_first"].values
        errors = np.abs(np.stack([one["steepest_first_low"].values, one["steepest_first_high"].values]) - y)
        ax.errorbar(
            one["atoms"].values,
            y,
            errors,
            color=colour,
            marker=marker,
            markersize=4.5,
            linewidth=1.6,
            elinewidth=1.0,
            capsize=2.0,
            label=label or "atoms in the cavity",
        )
    first = next(iter(several.values()))
    n = int(first.attrs["n"])
    ax.axhline(1 / n, color=FAINT, linewidth=1.2, linestyle=(0, (3, 2)), zorder=0, label=f"any of {n}")
    ax.set_xscale("log")
    dress(ax)
    ax.set_ylim(-0.03, 1.03)
    ax.set_xlabel("atoms in each ensemble")
    ax.set_ylabel("steepest ensemble flips first")
    ticks(ax.yaxis)
    legend(ax, loc="upper left")
    title(ax, "Steepest descent emerges from many atoms")
    return ax


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
