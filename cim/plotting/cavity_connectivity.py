"""How atoms in a confocal cavity are coupled, and what a wider cloud makes of them: ferromagnet, memory, glass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.checks import checked_integer, checked_number
from landscapes.plotting.style import (
    BLUE,
    FAINT,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PINK,
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

from ..cavity import confocal_couplings, connectivity_cumulative, connectivity_density
from ..checks import checked_model
from .datasets import checked_dataset, checked_panels

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["connectivity", "connectivity_crossover"]

_LOOKS = ((BLUE, "o"), (VERMILLION, "s"), (GREEN, "^"), (ORANGE, "D"), (PINK, "v"), (SKY, "P"))
_MOST_IN_THE_PLANE = 40  # atoms whose couplings can be told apart as lines
_DIVERGING = ("#0072B2", "#F4F4F4", "#D55E00")  # blue: antiferromagnetic


def connectivity(
    positions_or_model: Any,
    *,
    waist: float = 1.0,
    width: float | None = None,
    view: Literal["auto", "plane", "matrix"] = "auto",
    bins: int | None = None,
    axes: Sequence[Axes] | None = None,
) -> np.ndarray:
    """Draw who is coupled to whom, and how the couplings are distributed beside the exact law.

    Parameters
    ----------
    positions_or_model : array_like of float, shape (n, 2), or IsingModel
        Positions of atoms, whose confocal couplings of scale 1 are drawn; or a model, for its matrix.
    waist : float, default 1
        In the units of the positions.
    width : float, optional
        Standard deviation of the positions along each axis, in waists, for the exact density.  By default that of the
        positions that are given; a model without it has no density drawn.
    view : {"auto", "plane", "matrix"}
        Atoms in the plane with couplings as lines, or the matrix of couplings.  By default the plane, where there are
        positions and no more than 40.
    bins : int, optional
        Of the histogram.
    axes : sequence of two Axes, optional
        A new figure by default.

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes, shape (2,)

    Raises
    ------
    TypeError, ValueError
        If there are fewer than two atoms, an argument is out of range, or a problem is given instead of its model.
    """
    from matplotlib.colors import LinearSegmentedColormap, Normalize

    positions, model, width = _atoms(positions_or_model, waist, width)
    if view not in ("auto", "plane", "matrix"):
        raise ValueError(f"view: {view!r} is not one of 'auto', 'plane', 'matrix'")
    if view == "plane" and positions is None:
        raise ValueError("view: a model has no positions; pass these, or view='matrix'")
    n = model.num_spins
    couplings = np.asarray(model.J.toarray() if model.is_sparse else model.J, dtype=np.float64)
    values = couplings[np.triu_indices(n, 1)]
    largest = 1.0 if positions is not None else float(np.abs(values).max()) or 1.0
    panels = _two(axes, columns=2, size=(9.0, 3.7))
    colours = LinearSegmentedColormap.from_list("couplings", _DIVERGING)
    scale = Normalize(-largest, largest)
    if positions is not None and (view == "plane" or (view == "auto" and n <= _MOST_IN_THE_PLANE)):
        mappable = _draw_plane(panels[0], positions / waist, couplings, colours, scale)
    else:
        mappable = panels[0].imshow(np.where(np.eye(n, dtype=bool), np.nan, couplings), cmap=colours, norm=scale)
        panels[0].set_xlabel("atom")
        panels[0].set_ylabel("atom")
        for axis in (panels[0].xaxis, panels[0].yaxis):
            ticks(axis, 6, integer=True)
        dress(panels[0], grid="")
    bar = panels[0].figure.colorbar(mappable, ax=panels[0], shrink=0.85, pad=0.03, aspect=24)
    bar.set_label("coupling $J_{ij}$", size=SMALL + 1.0, color=INK)
    bar.ax.tick_params(labelsize=SMALL, labelcolor=INK, color=GREY)
    ticks(bar.ax.yaxis, 4)
    bar.outline.set_visible(False)
    title(panels[0], f"{n:,} atoms")
    _draw_distribution(panels[1], values, width, bins)
    return panels


def connectivity_crossover(
    study: xr.Dataset,
    *,
    marks: bool = True,
    axes: Sequence[Axes] | None = None,
) -> np.ndarray:
    """Draw a study of the crossover: how often the ground state is a ferromagnet, and how many minima there are.

    Parameters
    ----------
    study : xarray.Dataset
        Of :func:`cim.cavity.connectivity_study`.
    marks : bool, default True
        Whether to draw what theory says: the width of the crossover to the glass for independent couplings
        (:func:`cim.cavity.glass_crossover_width`), and the number of minima of Sherrington–Kirkpatrick models; and, for
        the largest size, the names of what lies between: a ferromagnet up to where half of the ground states are one,
        a glass from that crossover.
    axes : sequence of two Axes, optional
        A new figure by default.

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes, shape (2,)

    Raises
    ------
    TypeError, ValueError
        If ``study`` is no such dataset, or the number of Axes is wrong.
    """
    measured = ("ferromagnet_probability", "mean_minima")
    study = checked_dataset(
        study,
        "study",
        "cim.cavity.connectivity_study",
        *(f"{name}{end}" for name in measured for end in ("", "_error")),
        "sk_minima",
        "glass_width",
        dimensions=("size", "width", "instance"),
    )
    panels = _two(axes, rows=2, size=(6.2, 5.6), sharex=True, height_ratios=[1.0, 1.25])
    study = study.sortby("width").sortby("size")
    widths = study["width"].values
    for k, size in enumerate(study["size"].values):
        colour, marker = _LOOKS[k % len(_LOOKS)]
        at = study.sel(size=size)
        look: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 4.2, "linewidth": 1.5, "capsize": 2.0}
        share, share_error = at["ferromagnet_probability"].values, at["ferromagnet_probability_error"].values
        # an error bar of a share does not leave [0, 1]
        bars = np.clip([share_error, share_error], 0.0, [np.maximum(share, 0.0), np.maximum(1.0 - share, 0.0)])
        panels[0].errorbar(widths, share, bars, label=f"n = {size}", zorder=3, **look)
        count, count_error = at["mean_minima"].values, at["mean_minima_error"].values
        panels[1].errorbar(widths, count, count_error, label=f"n = {size}", zorder=3, **look)
        if marks:
            panels[1].axhline(float(at["sk_minima"]), color=colour, linewidth=1.0, linestyle=(0, (1, 1.6)), zorder=1)
            for ax in panels:
                ax.axvline(float(at["glass_width"]), color=colour, linewidth=1.0, linestyle=(0, (4, 2.5)), zorder=1)
    for ax in panels:
        ax.set_xscale("log")
        _plain_ticks(ax.xaxis, widths)
        dress(ax)
    panels[1].set_yscale("log")
    _plain_ticks(panels[1].yaxis, np.append(study["mean_minima"].values.ravel(), study["sk_minima"].values))
    panels[0].set_ylim(-0.04, 1.04)
    panels[0].set_ylabel("ferromagnetic ground states")
    panels[1].set_ylabel("mean number of minima")
    panels[1].set_xlabel("width of the cloud of atoms, in waists")
    legend(panels[0], loc="upper right")
    if marks:
        panels[1].plot([], [], color=GREY, linewidth=1.0, linestyle=(0, (1, 1.6)), label="Sherrington–Kirkpatrick")
        panels[1].plot(
            [], [], color=GREY, linewidth=1.0, linestyle=(0, (4, 2.5)), label="$\\sqrt{n}\\,\\langle J \\rangle = σ_J$"
        )
        handles, names = panels[1].get_legend_handles_labels()
        theory = [(h, name) for h, name in zip(handles, names, strict=True) if not name.startswith("n = ")]
        legend(panels[1], handles=[h for h, _ in theory], labels=[name for _, name in theory], loc="lower right")
        _name_phases(panels[0], study)
    instances = study.sizes["instance"]
    title(
        panels[0],
        f"Confocal couplings, {instances:,} {'instance' if instances == 1 else 'instances'} each",
        pad=22.0 if marks else 8.0,
    )
    return panels


def _atoms(given: Any, waist: float, width: float | None) -> tuple[np.ndarray | None, IsingModel, float | None]:
    waist = checked_number(waist, "waist", above=0.0)
    if width is not None:
        width = checked_number(width, "width", above=0.0)
    if isinstance(given, (IsingModel, Problem)):
        positions, model = None, checked_model(given)
    else:
        model = confocal_couplings(given, waist)
        positions = np.asarray(given, dtype=np.float64).reshape(-1, 2)
    if model.num_spins < 2:
        raise ValueError(
            f"positions_or_model: two atoms are needed to draw a coupling, but there are {model.num_spins}"
        )
    if width is None and positions is not None:
        width = float(np.sqrt((positions**2).mean())) / waist
    return positions, model, width


def _draw_plane(ax: Axes, places: np.ndarray, couplings: np.ndarray, colours: Any, scale: Any) -> Any:
    """Atoms as points, couplings as lines: the strongest on top and thickest."""
    from matplotlib.collections import LineCollection

    first, second = np.triu_indices(len(places), 1)
    values = couplings[first, second]
    order = np.argsort(np.abs(values))
    first, second, values = first[order], second[order], values[order]
    strength = np.abs(values) / max(scale.vmax, 1e-300)
    thinner = min(1.0, 12.0 / len(places))
    lines = LineCollection(
        list(np.stack([places[first], places[second]], axis=1)),
        cmap=colours,
        norm=scale,
        linewidths=thinner * (0.3 + 1.7 * strength),
        zorder=1,
    )
    lines.set_array(values)
    ax.add_collection(lines)
    ax.plot(*places.T, "o", color=INK, markersize=5.0, markeredgecolor="white", markeredgewidth=0.8, zorder=3)
    ax.plot(0.0, 0.0, "+", color=GREY, markersize=9.0, zorder=2)
    reach = 1.12 * float(np.abs(places).max()) or 1.0
    ax.set_xlim(-reach, reach)
    ax.set_ylim(-reach, reach)
    ax.set_aspect("equal")
    ax.set_xlabel("$x / w_0$")
    ax.set_ylabel("$y / w_0$")
    for axis in (ax.xaxis, ax.yaxis):
        ticks(axis, 5)
    dress(ax, grid="")
    return lines


def _draw_distribution(ax: Axes, values: np.ndarray, width: float | None, bins: int | None) -> None:
    count = int(np.clip(np.sqrt(len(values)), 8, 40)) if bins is None else checked_integer(bins, "bins", 1)
    largest = max(1.0 if width is not None else 0.0, float(np.abs(values).max())) or 1.0
    density, edges, _ = ax.hist(
        values,
        np.linspace(-largest, largest, count + 1).tolist(),
        density=True,
        color=SKY,
        rwidth=0.92,
        label="these atoms",
    )
    top = float(np.max(density))
    if width is not None:
        # even in the angle: dense where the density rises without end
        fine = np.cos(np.linspace(np.pi - 1e-3, 1e-3, 600))
        ax.plot(
            fine,
            connectivity_density(fine, width),
            color=INK,
            linewidth=1.5,
            label=f"exact, width {number(width, 3)} $w_0$",
        )
        shares = np.diff(connectivity_cumulative(np.asarray(edges), width)) / np.diff(edges)
        ax.plot((edges[1:] + edges[:-1]) / 2, shares, "o", color=VERMILLION, markersize=3.5, label="exact, in each bin")
        top = max(top, float(shares.max()))
    ax.set_ylim(0.0, 1.12 * top)
    ax.set_xlim(-1.04 * largest, 1.04 * largest)
    ax.set_xlabel("coupling $J_{ij}$")
    ax.set_ylabel("probability density")
    ticks(ax.xaxis, 5)
    ticks(ax.yaxis, 5)
    if width is not None:
        legend(ax, loc="upper center")
    title(ax, f"{len(values):,} couplings" if len(values) > 1 else "1 coupling")
    dress(ax)


def _two(axes: Sequence[Axes] | None, **layout: Any) -> np.ndarray:
    if axes is None:
        panels = np.ravel(new_axes(**layout))
        panels[0].figure.get_layout_engine().set(wspace=0.08)
        return panels
    return checked_panels(axes, 2)


def _plain_ticks(axis: Any, values: np.ndarray) -> None:
    """Ticks of a logarithmic axis at 1, 2 and 5 of each decade, written out; all of 1 to 9 where there are few."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    finite = values[np.isfinite(values)]
    decades = np.log10(finite.max() / finite.min()) if len(finite) else 1.0
    places = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0) if decades < 0.6 else (1.0, 2.0, 5.0)
    axis.set_major_locator(LogLocator(subs=places))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 3)))
    axis.set_minor_formatter(NullFormatter())


def _name_phases(ax: Axes, study: xr.Dataset) -> None:
    """Above the picture, for the largest size: what lies on either side of one half, and of the crossover's width."""
    at = study.isel(size=-1)
    widths, share = at["width"].values, at["ferromagnet_probability"].values
    below = np.flatnonzero(share < 0.5)
    glass = float(at["glass_width"])
    if not len(below) or below[0] == 0:
        return
    k = int(below[0])
    fraction = (share[k - 1] - 0.5) / (share[k - 1] - share[k])
    half = float(np.exp(np.log(widths[k - 1]) + fraction * np.log(widths[k] / widths[k - 1])))
    left, right = ax.get_xlim()
    edges = [left, half, max(half, min(glass, right)), right]
    for start, end, name in zip(edges[:-1], edges[1:], ("ferromagnet", "memory", "glass"), strict=True):
        if np.log(end / start) < 0.08 * np.log(right / left):
            continue  # too narrow for its name
        ax.annotate(
            name,
            (np.sqrt(start * end), 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 5),
            textcoords="offset points",
            ha="center",
            va="bottom",
            size=SMALL + 0.5,
            color=GREY,
            annotation_clip=False,
        )
        if start > left:
            ax.annotate(
                "",
                (start, 1.09),
                (start, 1.0),
                xycoords=("data", "axes fraction"),
                textcoords=("data", "axes fraction"),
                arrowprops={"arrowstyle": "-", "color": FAINT, "linewidth": 1.0},
                annotation_clip=False,
            )
