"""How many critical points there are: what was counted, beside the complexities of theory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .statistics import mean_and_error
from .style import BLUE, GREEN, INK, ORANGE, PINK, SKY, VERMILLION, dress, legend, new_axes, ticks, title

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["complexity", "draw_counts"]

_LOOKS = ((BLUE, "o"), (ORANGE, "s"), (GREEN, "^"), (PINK, "D"), (VERMILLION, "v"), (SKY, "P"))


def complexity(counts: xr.Dataset | None = None, *, theory: bool = True, ax: Axes | None = None) -> Axes:
    """Draw ln(number)/n against the pump: minima that were counted, and the theory for n → ∞.

    Parameters
    ----------
    counts : xarray.Dataset, optional
        With a variable ``minima`` and dimensions ``pump``, ``size`` and ``instance``; a coordinate ``certified`` of the
        sizes, where there is one, says which counts are complete: the others are lower bounds, and drawn hollow.
    theory : bool, default True
        Whether to draw the complexities of all critical points and of minima
        (:func:`landscapes.theory.complexity`), for Sherrington–Kirkpatrick couplings.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there is nothing to draw, or the data set lacks what is needed.
    """
    if counts is None and not theory:
        raise ValueError("counts: with theory=False there is nothing to draw; pass a data set of counts")
    if ax is None:
        ax = new_axes(size=(6.2, 4.0))
    if theory:
        from ..theory import phase_lines

        lines = phase_lines()
        for name, label, dashes in (("all_sigma", "all critical points", ":"), ("minima_sigma", "minima", "--")):
            ax.plot(lines["pump"], lines[name], color=INK, linestyle=dashes, linewidth=1.4, label=f"Σ, {label}")
    if counts is not None:
        draw_counts(ax, counts)
        low, high = float(counts["pump"].min()), float(counts["pump"].max())
        margin = 0.04 * (high - low) or 0.5
        ax.set_xlim(low - margin, high + margin)
    ax.set_xlabel("pump $a$")
    ax.set_ylabel("ln(number) / n")
    ticks(ax.xaxis)
    ticks(ax.yaxis, 5)
    title(ax, "Complexity: theory, and minima that were counted" if counts is not None else "Complexity", pad=8.0)
    legend(ax, loc="upper left")
    return dress(ax)


def draw_counts(ax: Axes, counts: Any) -> None:
    """Draw ⟨ln(minima)⟩/n of each size, with its standard error over instances."""
    absent = [name for name in ("pump", "size", "instance") if name not in counts.dims]
    if "minima" not in counts.data_vars or absent:
        raise ValueError("counts: a variable 'minima' with the dimensions 'pump', 'size' and 'instance' is needed")
    certified = counts["certified"].values if "certified" in counts.coords else np.ones(counts.sizes["size"], bool)
    for k, size in enumerate(counts["size"].values):
        numbers = counts["minima"].sel(size=size).transpose("pump", "instance").values.astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean, error = mean_and_error(np.log(numbers) / max(int(size), 1))
        colour, marker = _LOOKS[k % len(_LOOKS)]
        ax.errorbar(
            counts["pump"].values,
            mean,
            yerr=error,
            color=colour,
            marker=marker,
            markersize=4.5,
            markerfacecolor=colour if certified[k] else "white",
            linestyle="none",
            elinewidth=1.0,
            label=f"minima, n = {int(size):,}" + ("" if certified[k] else " (found)"),
        )
