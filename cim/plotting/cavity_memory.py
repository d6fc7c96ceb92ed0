"""The cavity's memory: pictures recalled, recall against corruption, basins, capacity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.checks import checked_integer
from landscapes.plotting.style import (
    BLUE,
    FAINT,
    GREEN,
    GREY,
    INK,
    MEDIUM,
    ORANGE,
    PALE,
    RED,
    SMALL,
    VERMILLION,
    dress,
    legend,
    new_axes,
    ticks,
    title,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["basin_comparison", "capacity", "recall", "recall_curves", "steepest_emergence"]

_NAMES = {
    "steepest": "steepest descent",
    "0tmh": "random descent (0TMH)",
    "reluctant": "reluctant descent",
    "kmc": "atoms in the cavity",
}
_LOOKS = {"steepest": (BLUE, "o"), "0tmh": (VERMILLION, "s"), "reluctant": (GREEN, "^"), "kmc": (ORANGE, "D")}
_PAPER, _WRONG_LIGHT = "#F7F5F0", "#EFA9AE"
_GAP, _ROW_GAP = 0.16, 0.34  # between pictures, in their width
_TALLEST = 12.0  # inches of a figure of tall pictures


def recall(
    memory: Any,
    cues: Any,
    runs: Mapping[str, xr.Dataset] | xr.Dataset,
    *,
    shape: tuple[int, int] | None = None,
    names: Sequence[str] | None = None,
    patterns: Sequence[int] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what a memory makes of cues as small pictures: a column for each cue, a row for each dynamics.

    The first row shows the patterns, the second the cues; pixels that differ from the pattern are red.  Below each
    picture stands its overlap with the pattern.

    Parameters
    ----------
    memory : AssociativeMemory
        With ±1 patterns.
    cues : array_like of ±1, shape (k, d)
    runs : xarray.Dataset from :func:`cim.cavity.recall`, or mapping from what a row is called to one
        Of these cues; the first replica is drawn.
    shape : tuple of int, optional
        Height and width of a picture; a square by default.
    names : sequence of str, optional
        Of the columns.
    patterns : sequence of int, optional
        Which pattern each cue was made from; cue k from pattern k by default.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the pixels do not fill the shape, or the runs are of other cues.
    """
    stored = np.asarray(memory.patterns)
    cues = np.atleast_2d(np.asarray(cues))
    if not np.isin(cues, (-1, 1)).all() or not np.isin(stored, (-1, 1)).all():
        raise ValueError("cues: pictures of ±1 are needed, and a memory of such")
    count, d = cues.shape
    if d != stored.shape[1]:
        raise ValueError(f"cues: pictures of {stored.shape[1]} pixels are needed, but they have {d}")
    height, width = _checked_shape(shape, d)
    of = np.arange(count) if patterns is None else np.asarray(patterns)
    if of.shape != (count,) or not ((of >= 0) & (of < len(stored))).all():
        raise ValueError(
            f"patterns: one of the {len(stored)} patterns for each of {count} cues, but it is {patterns!r}"
        )
    labelled = _by_name(runs)
    rows: list[tuple[str, np.ndarray]] = [("stored", stored[of]), ("cue", cues)]
    for label, run in labelled.items():
        output = run["output"].isel(replica=0).values
        if np.atleast_2d(output).shape != cues.shape:
            raise ValueError(f"runs: {label or 'the run'} has answers of shape {output.shape}, not {cues.shape}")
        named = label or str(run.attrs.get("dynamics", "recalled"))
        rows.append((_NAMES.get(named, named), np.atleast_2d(output)))

    tall = height / width
    step_x, step_y = 1.0 + _GAP, tall + _ROW_GAP
    if ax is None:
        inches = float(np.clip(9.0 / count, 0.55, 1.15))
        inches = max(min(inches, _TALLEST / (step_y * len(rows))), 0.1)
        ax = new_axes(size=(inches * step_x * count + 1.6, inches * step_y * len(rows) + 0.5))
    for r, (label, pictures) in enumerate(rows):
        top = -r * step_y
        ax.text(-0.14, top - tall / 2, _broken(label), ha="right", va="center", size=MEDIUM, color=INK)
        for c, picture in enumerate(pictures):
            left = c * step_x
            target = stored[of[c]]
            _picture(ax, picture.reshape(height, width), target.reshape(height, width), left, top, tall)
            if r:
                overlap = float(picture.astype(float) @ target) / d
                whole = overlap == 1.0
                ax.text(
                    left + 0.5,
                    top - tall - 0.05,
                    f"{overlap:.2f}".replace("-", "−"),
                    ha="center",
                    va="top",
                    size=SMALL - 0.5,
                    color=GREEN if whole else GREY,
                    weight="bold" if whole else "normal",
                )
            elif names is not None:
                ax.text(left + 0.5, top + 0.1, str(names[c]), ha="center", va="bottom", size=SMALL + 0.5, color=INK)
    ax.set_xlim(-0.95, count * step_x - _GAP + 0.02)
    ax.set_ylim(-len(rows) * step_y + 0.02, 0.42 if names is not None else 0.05)
    ax.set_aspect("equal")
    ax.axis("off")
    return ax


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
    """
    several = _by_name(curves)
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
            said = _NAMES.get(str(name), str(name)) + (f", {label}" if label else "")
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
    basins: Mapping[str, xr.Dataset] | Sequence[xr.Dataset], *, ax: Axes | None = None, unit: str = "spins"
) -> Axes:
    """Draw the basins of the same states under several dynamics, against the states' energies.

    Parameters
    ----------
    basins : mapping from names to datasets of :func:`cim.cavity.basin_sizes`, or a sequence of such
        Of the same states.
    ax : matplotlib Axes, optional
    unit : {"spins", "share"}
        Whether a size is a number of wrong spins or their share.

    Returns
    -------
    matplotlib.axes.Axes
    """
    if unit not in ("spins", "share"):
        raise ValueError(f"unit: must be 'spins' or 'share', but it is {unit!r}")
    found = list(basins.values()) if isinstance(basins, Mapping) else list(basins)
    names = list(basins) if isinstance(basins, Mapping) else [str(one.attrs["dynamics"]) for one in found]
    if not found or any(not np.array_equal(one["spins"].values, found[0]["spins"].values) for one in found):
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
            label=f"{_NAMES.get(name, name)}: mean {size.mean():.2g}",
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
    """
    ax = new_axes(size=(5.6, 3.7)) if ax is None else ax
    what = "success" if success else "overlap"
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
            label=_NAMES.get(str(name), str(name)),
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
    """
    several = _by_name(found)
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


def _picture(ax: Axes, pixels: np.ndarray, target: np.ndarray, left: float, top: float, tall: float) -> None:
    """One picture with its lower edge at top - tall; wrong pixels in red."""
    from matplotlib.colors import ListedColormap

    kinds = np.where(pixels > 0, 1, 0) + 2 * (pixels != target)
    colours = ListedColormap([_PAPER, INK, _WRONG_LIGHT, RED])
    extent = (left, left + 1.0, top - tall, top)
    ax.imshow(kinds, cmap=colours, vmin=0, vmax=3, extent=extent, interpolation="nearest", zorder=2)
    corners_x, corners_y = [left, left + 1, left + 1, left, left], [top, top, top - tall, top - tall, top]
    ax.plot(corners_x, corners_y, color=FAINT, linewidth=0.6, zorder=3)


def _checked_shape(shape: Any, d: int) -> tuple[int, int]:
    if shape is None:
        side = round(np.sqrt(d))
        if side * side != d:
            raise ValueError(f"shape: {d} pixels are no square; pass shape=(height, width)")
        return side, side
    height, width = (checked_integer(value, "shape", 1) for value in shape)
    if height * width != d:
        raise ValueError(f"shape: {height} × {width} pixels are needed, but there are {d}")
    return height, width


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _by_name(given: Any) -> dict[str, xr.Dataset]:
    """Datasets by what they are called; a single one has no name.  (A Dataset is a Mapping as well.)"""
    return {"": given} if hasattr(given, "attrs") else dict(given)


def _broken(label: str) -> str:
    """A row's name in short lines."""
    from textwrap import wrap

    return "\n".join(wrap(label, 12, break_long_words=False))
