"""How many photons a machine needs: its energy against the light that multiplies its couplings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from landscapes.plotting.style import GREY, INK, dress, legend, new_axes, number, palette, ticks, title

from .datasets import checked_dataset
from .study_looks import choice

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["photon_budget"]

_NAMED = ("energy", "loss")


def photon_budget(study: xr.Dataset, *, show: str = "energy", needed: bool = True, ax: Axes | None = None) -> Axes:
    """Draw the energies of machines against the photons for each multiplication.

    Parameters
    ----------
    study : xarray.Dataset
        From :func:`cim.photon_study`.
    show : {"energy", "loss"}, default "energy"
        The mean energy per spin, with a dotted line for the exact machine; or the loss against it, on a logarithmic
        axis, where it is positive.
    needed : bool, default True
        Whether to mark the photons that are enough for the study's tolerance, with a dot.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Lines are averages over instances, bands one standard error to either side.

    Raises
    ------
    TypeError, ValueError
        If this is not such a study, or ``show`` is something else.
    """
    study = checked_dataset(
        study,
        "study",
        "cim.photon_study",
        *("mean_energy", "mean_energy_error", "loss", "loss_error", "needed", "exact_energy"),
        dimensions=("photons", "dynamics", "instance"),
        attributes=("readout", "dark_counts", "efficiency", "steps", "tolerance"),
    )
    show = choice(show, "show", _NAMED)
    if ax is None:
        ax = new_axes(size=(6.2, 3.8))
    photons = study["photons"].values
    names = study["dynamics"].values.tolist()
    for name, colour in zip(names, palette(len(names)), strict=True):
        at = study.sel(dynamics=name)
        variable = "mean_energy" if show == "energy" else "loss"
        values, errors = at[variable].values, np.nan_to_num(at[f"{variable}_error"].values)
        if show == "loss":
            values = np.where(values > 0.0, values, np.nan)
        ax.plot(photons, values, color=colour, linewidth=1.7, marker="o", markersize=3.0, label=f'"{name}"', zorder=3)
        low = values - errors if show == "energy" else np.maximum(values - errors, 0.3 * values)
        ax.fill_between(photons, low, values + errors, color=colour, alpha=0.22, linewidth=0)
        exact = float(at["exact_energy"].mean("instance"))
        if show == "energy":
            ax.axhline(exact, color=colour, linewidth=0.9, linestyle=":", zorder=1)
        enough = float(at["needed"])
        if needed and np.isfinite(enough):
            allowed = study.attrs["tolerance"] * abs(exact)
            height = exact + allowed if show == "energy" else allowed
            ax.plot(
                [enough], [height], marker="o", markersize=8.0, color="none", markeredgecolor=colour, zorder=4,
                markeredgewidth=1.5,
            )  # fmt: skip
    ax.set_xscale("log")
    if len(photons) > 1:
        ax.set_xlim(photons[0], photons[-1])
    ax.set_xlabel("photons for each multiplication")
    if show == "loss":
        ax.set_yscale("log")
        ax.set_ylabel("energy lost, per spin")
    else:
        ax.set_ylabel("Ising energy per spin")
        ticks(ax.yaxis)
    entries, labels = ax.get_legend_handles_labels()
    if needed and np.isfinite(study["needed"].values).any():
        entries.append(_ring())
        labels.append(f"within {number(100 * study.attrs['tolerance'], 3)} % of exact")
    if show == "energy":
        entries.append(_dots())
        labels.append("exact")
    legend(ax, handles=entries, labels=labels, loc="best")
    title(ax, _heading(study), pad=8.0)
    return dress(ax)


def _heading(study: xr.Dataset) -> str:
    count = study.sizes["instance"]
    readout = {"intensity": "photons counted", "homodyne": "homodyne"}[study.attrs["readout"]]
    extras = []
    if study.attrs["dark_counts"]:
        extras.append(f"{number(study.attrs['dark_counts'], 3)} dark counts")
    if study.attrs["efficiency"] != 1.0:
        extras.append(f"efficiency {number(study.attrs['efficiency'], 3)}")
    return ", ".join(
        [f"{count} instance{'s' if count > 1 else ''}", f"{study.attrs['steps']:,} steps", readout, *extras]
    )


def _ring() -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="", marker="o", markersize=8.0, color="none", markeredgecolor=INK)


def _dots() -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=GREY, linewidth=0.9, linestyle=":")
