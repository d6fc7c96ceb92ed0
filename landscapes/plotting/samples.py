"""What a sampler found: overlaps of replicas, their Binder ratio, the approach to equilibrium, the flow of chains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.checks import checked_number, number_array

from ..equilibration import logarithmic_binning
from ..overlaps import binder_ratio, overlap_distribution
from ..replica_samples import overlap_blocks
from .style import BLUE, FAINT, GREY, INK, SMALL, VERMILLION, dress, legend, new_axes, number, palette, ticks, title

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["binder", "equilibration", "exchanges", "overlap_histogram"]

_BINS = 51  # of overlaps at most, by default
_CURVES = 5  # temperatures that are drawn by default


def overlap_histogram(
    samples: Any,
    *,
    temperatures: Any = None,
    bins: Any = None,
    theory: bool = False,
    blocks: int = 20,
    ax: Axes | None = None,
) -> Axes:
    """Draw the distribution P(q) of the overlap of two replicas at several temperatures, with its standard errors.

    Parameters
    ----------
    samples : xarray.Dataset, sequence of them, or array_like of ±1
        As for :func:`landscapes.overlap_distribution`: a run, or one for each instance.
    temperatures : float or array_like of float, optional
        Some of the run's; five of them by default.
    bins : int or array_like, optional
        As for :func:`landscapes.overlap_distribution`; at most 51 by default, which hold whole numbers of the values
        that an overlap can have.
    theory : bool, default False
        Whether to mark the overlap within a state that :func:`landscapes.theory.sk_equilibrium` predicts, with dotted
        lines: for the Sherrington–Kirkpatrick model without fields.
    blocks : int, default 20
        As for :func:`landscapes.overlap_distribution`.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        As :func:`landscapes.overlap_distribution`, and for a temperature that is not one of the run's.
    """
    n = overlap_blocks(samples, blocks).num_spins
    found = overlap_distribution(samples, _edges(n) if bins is None and n else bins, blocks=blocks)
    if "temperature" not in found.dims:
        found = found.expand_dims(temperature=[np.nan])
    chosen = _chosen(found["temperature"].values, temperatures)
    if ax is None:
        ax = new_axes(size=(5.8, 3.6))
    for k, colour in zip(chosen, palette(len(chosen)), strict=True):
        at = found.isel(temperature=int(k))
        temperature = float(at["temperature"])
        name = "" if np.isnan(temperature) else f"T = {number(temperature, 3)}"
        overlap, density, error = (at[key].values for key in ("overlap", "density", "density_error"))
        ax.plot(overlap, density, color=colour, linewidth=1.6, label=name or None)
        ax.fill_between(overlap, density - error, density + error, color=colour, alpha=0.25, linewidth=0)
        if theory and temperature < 1.0:
            from ..theory import sk_equilibrium

            largest = float(sk_equilibrium(temperature).overlaps[-1])
            for place in (-largest, largest):
                ax.axvline(place, color=colour, linestyle=":", linewidth=1.2)
    ax.set_xlim(-1.0, 1.0)
    ax.set_ylim(bottom=0.0)
    ax.set_xlabel("overlap q of two replicas")
    ax.set_ylabel("density P(q)")
    ticks(ax.yaxis, 5)
    instances = len(samples) if isinstance(samples, Sequence) and hasattr(samples[0], "data_vars") else 1
    averaged = f", {instances:,} instances" if instances > 1 else ""
    title(ax, f"Overlaps, {n:,} spins{averaged}", pad=8.0)
    if ax.get_legend_handles_labels()[0]:
        legend(ax)
    return dress(ax)


def binder(samples: Any, *, transition: float | None = None, blocks: int = 20, ax: Axes | None = None) -> Axes:
    """Draw the Binder ratio of the overlap against temperature; curves of different sizes cross at a transition.

    Parameters
    ----------
    samples : mapping from size or name to samples, or samples
        Samples as for :func:`landscapes.binder_ratio`: a run, or a list of runs, one for each instance.
    transition : float, optional
        Temperature to mark.
    blocks : int, default 20
        As for :func:`landscapes.binder_ratio`.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        As :func:`landscapes.binder_ratio`, or if samples have no temperatures to be drawn against.
    """
    curves = dict(samples) if isinstance(samples, Mapping) and not hasattr(samples, "data_vars") else {None: samples}
    if not curves:
        raise ValueError("samples: there is nothing to draw; pass runs, or a mapping from sizes to runs")
    if ax is None:
        ax = new_axes(size=(5.2, 3.6))
    for (key, part), colour in zip(curves.items(), palette(len(curves)), strict=True):
        found = binder_ratio(part, blocks=blocks)
        if "temperature" not in found.dims:
            raise ValueError("samples: they have no temperatures; pass runs of landscapes.parallel_tempering")
        size = found.attrs["num_spins"] if key is None else key
        name = f"n = {number(float(size))}" if isinstance(size, (int, np.integer)) else str(size)
        values, errors = found["binder_ratio"].values, found["binder_ratio_error"].values
        ax.errorbar(
            found["temperature"].values,
            values,
            np.nan_to_num(errors),
            color=colour,
            marker="o",
            markersize=3.5,
            linewidth=1.2,
            capsize=2.0,
            label=name,
        )
    if transition is not None:
        place = checked_number(transition, "transition", above=0.0)
        ax.axvline(place, color=GREY, linestyle="--", linewidth=1.0, zorder=1)
    ax.axhline(0.0, color=FAINT, linewidth=0.8, zorder=1)
    ax.set_ylim(top=1.02)
    ax.set_xlabel("temperature T")
    ax.set_ylabel("Binder ratio g")
    ticks(ax.xaxis)
    ticks(ax.yaxis, 5)
    title(ax, "Binder ratio of the overlap", pad=8.0)
    legend(ax, loc="upper right")
    return dress(ax)


def equilibration(run: xr.Dataset, *, temperatures: Any = None, ax: Axes | None = None) -> Axes:
    """Draw how mean energies settle: over the last half of a run, the quarter before it, ….

    Parameters
    ----------
    run : xarray.Dataset
        Of :func:`landscapes.parallel_tempering` with ``burn_in=0``, of 64 measurements or more.
    temperatures : float or array_like of float, optional
        Some of the run's; five of them by default.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Mean energies per spin, less that of the last half, at the sweep in the middle of each bin
        (:func:`landscapes.logarithmic_binning`).  In equilibrium the last points lie at zero within their errors.

    Raises
    ------
    ValueError
        If the run began with a burn-in, is too short, or for a temperature that is not one of its own.
    """
    if not hasattr(run, "data_vars") or "energy" not in run:
        raise ValueError("run: a data set of landscapes.parallel_tempering is needed; pass one")
    if run.attrs.get("burn_in", 0):
        raise ValueError(f"run: its first {run.attrs['burn_in']} sweeps are missing; sample with burn_in=0")
    energy = run["energy"] if "temperature" in run["energy"].dims else run["energy"].expand_dims("temperature")
    chosen = _chosen(np.atleast_1d(run["temperature"].values), temperatures)
    n, sweep = run.sizes["spin"], run["sweep"].values
    found = logarithmic_binning(energy.transpose("sweep", "replica", "temperature").values[:, :, chosen])
    middles = np.sqrt(sweep[found["start"].values] * sweep[found["stop"].values - 1].astype(float))
    if ax is None:
        ax = new_axes(size=(5.8, 3.6))
    means, errors = found["mean"].values / n, found["error"].values / n
    for k, colour in enumerate(palette(len(chosen))):
        ax.errorbar(
            middles,
            means[:, k] - means[0, k],
            errors[:, k],
            color=colour,
            marker="o",
            markersize=3.5,
            linewidth=1.0,
            capsize=2.0,
            label=f"T = {number(float(np.atleast_1d(run['temperature'].values)[chosen[k]]), 3)}",
        )
    ax.axhline(0.0, color=INK, linewidth=0.8, zorder=1)
    ax.set_xscale("log")
    ax.set_xlabel("sweeps since the start")
    ax.set_ylabel("energy per spin − that of the last half")
    ticks(ax.yaxis, 5)
    title(ax, f"Towards equilibrium, {n:,} spins, {run.sizes['replica']} replicas", pad=8.0)
    legend(ax)
    return dress(ax)


def exchanges(run: xr.Dataset, *, axes: Sequence[Axes] | None = None) -> np.ndarray:
    """Draw how chains move along the temperatures: acceptance of exchanges, and the flow from hot to cold.

    Parameters
    ----------
    run : xarray.Dataset
        Of :func:`landscapes.parallel_tempering` at two temperatures or more.
    axes : sequence of two Axes, optional
        A new figure by default.

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes, shape (2,)
        Acceptance of each gap; and of the chains at each temperature the fraction that were at the hot end last, which
        would best fall evenly from one end of the ladder to the other (dashed).  A step shows where chains turn back.

    Raises
    ------
    ValueError
        If the run has no exchanges, or the number of Axes is not two.
    """
    if not hasattr(run, "data_vars") or "exchange_acceptance" not in run or run.sizes.get("gap", 0) == 0:
        raise ValueError("run: there are no exchanges in it; pass one of landscapes.parallel_tempering")
    panels = new_axes(1, 2, size=(8.4, 3.2)) if axes is None else np.asarray(axes, dtype=object)
    if panels.shape != (2,):
        raise ValueError(f"axes: two are needed, but the shape is {panels.shape}")
    temperatures = run["temperature"].values
    left, right = panels
    middles = np.sqrt(temperatures[1:] * temperatures[:-1])
    left.plot(middles, run["exchange_acceptance"].values, color=BLUE, marker="o", markersize=4, linewidth=1.0)
    left.set_ylim(0.0, 1.0)
    left.set_ylabel("exchanges accepted")
    ideal = np.linspace(0.0, 1.0, len(temperatures))
    right.plot(temperatures, ideal, color=GREY, linestyle="--", linewidth=1.0, label="even")
    flow = run["descending_fraction"].values
    right.plot(temperatures, flow, color=VERMILLION, marker="o", markersize=4, linewidth=1.2, label="found")
    right.set_ylim(-0.02, 1.02)
    right.set_ylabel("chains that come from the hot end")
    legend(right, loc="upper left")
    trips = int(run["round_trips"].sum())
    right.annotate(
        f"{trips:,} round trips", (0.98, 0.04), xycoords="axes fraction", ha="right", size=SMALL, color=GREY
    )  # fmt: skip
    for ax in panels:
        ax.set_xscale("log")
        ax.set_xlabel("temperature T")
        _plain_temperatures(ax, temperatures)
        dress(ax)
    title(left, "Exchanges along the ladder", pad=8.0)
    return panels


def _plain_temperatures(ax: Axes, temperatures: np.ndarray) -> None:
    """Numbers rather than powers of ten on a logarithmic axis: of the ladder's, some that stand apart."""
    from matplotlib.ticker import NullLocator

    shown = np.unique(np.linspace(0, len(temperatures) - 1, min(5, len(temperatures))).round().astype(int))
    ax.set_xticks(temperatures[shown], [number(value, 2) for value in temperatures[shown]])
    ax.xaxis.set_minor_locator(NullLocator())


def _edges(n: int) -> np.ndarray:
    """Edges of bins, symmetric about 0, each of which holds as many possible overlaps (not the two outermost)."""
    together = -(-(n + 1) // _BINS)
    if n % 2 == 0:  # 0 is an overlap, and the middle of a bin
        together += 1 - together % 2
        outwards = np.arange(together, n + 1, 2 * together)
        outwards = np.concatenate([-outwards[::-1], outwards])
    else:
        outwards = np.arange(0, n + 1, 2 * together)
        outwards = np.concatenate([-outwards[:0:-1], outwards])
    inner = outwards[np.abs(outwards) < n]
    return np.concatenate([[-n - 1], inner, [n + 1]]) / n


def _chosen(there: np.ndarray, temperatures: Any) -> np.ndarray:
    """Indices of the temperatures that are to be drawn."""
    if temperatures is None:
        return np.unique(np.linspace(0, len(there) - 1, min(_CURVES, len(there))).round().astype(int))
    wanted = np.atleast_1d(number_array(temperatures, "temperatures").astype(np.float64))
    places = np.abs(there[None, :] - wanted[:, None]).argmin(axis=1)
    for value, place in zip(wanted, places, strict=True):
        if not np.isclose(there[place], value):
            raise ValueError(
                f"temperatures: {value:g} is not one of the run's, of which {there[place]:g} is nearest; pass that"
            )
    return places
