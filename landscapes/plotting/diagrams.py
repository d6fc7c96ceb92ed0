"""The phase diagram in the pump: what was measured on instances as points, what theory says as lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .complexities import draw_counts
from .statistics import mean_and_error
from .style import BLUE, GREEN, GREY, INK, ORANGE, PINK, VERMILLION, dress, edge_label, legend, new_axes, ticks
from .transitions import Transition, mark_transitions

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["phase_diagram"]

_COLOURS = (BLUE, ORANGE, GREEN, PINK, VERMILLION)
_MARKERS = ("o", "s", "^", "D", "v")
_PARISI_ENERGY = -0.7632


class _Panel(NamedTuple):
    """A quantity of the data set, its name on the axis, and the theory's lines for it: name in the table, label."""

    variable: str
    label: str
    lines: tuple[tuple[str, str, str], ...] = ()
    both_protocols: bool = True


_PANELS = (
    _Panel(
        "energy",
        "energy per spin",
        (
            ("ground_energy", "ground state, full RSB", "-"),
            ("minima_energy", "most numerous minima", "--"),
            ("all_energy", "most numerous critical points", ":"),
        ),
    ),
    _Panel("lowest_eigenvalue", "lowest Hessian eigenvalue", (("edge", "edge at the ground state", "-"),)),
    _Panel("ising_energy", "Ising energy of the signs, per spin"),
    _Panel("marginality", "marginality M", (("marginality", "ground state", "-"),)),
    _Panel("overlap", "overlap of two minima"),
    _Panel(
        "complexity",
        "complexity Σ",
        (("all_sigma", "all critical points", ":"), ("minima_sigma", "minima", "--")),
    ),
)
_FOUND = _Panel("distinct_minima", "distinct minima found")


def phase_diagram(
    dataset: xr.Dataset | None = None,
    *,
    theory: bool = True,
    transitions: bool | None = None,
    counts: xr.Dataset | None = None,
    axes: Sequence[Axes] | None = None,
) -> np.ndarray:
    """Draw the phase diagram of the soft-spin landscape: theory as lines, instances as points with error bars.

    Six panels over the pump: energy per spin; lowest Hessian eigenvalue, whose gap opens where the landscape becomes
    rigid; Ising energy of the signs, which freezes there; marginality, 1 until then; overlap between minima; and the
    complexities, whose exponentials count critical points and minima, or without theory the number of distinct minima.

    Parameters
    ----------
    dataset : xarray.Dataset, optional
        From :func:`landscapes.phase_diagram`; theory alone by default.  Filled symbols: minima that follow the rising
        pump; hollow ones: from random starts.  Bars are standard errors of the mean over instances.
    theory : bool, default True
        Whether to draw the lines of :func:`landscapes.theory.phase_lines`, which are those of the
        Sherrington–Kirkpatrick model in the limit of many spins.  False for other models.
    transitions : bool, optional
        Whether to mark the pumps of :func:`landscapes.theory.transitions`, that model's as well; as ``theory`` by
        default.
    counts : xarray.Dataset, optional
        Numbers of minima, with a variable ``minima`` (lower bounds) and dimensions ``pump``, ``size`` and
        ``instance``: ln(minima)/n is drawn beside the complexity.
    axes : sequence of six Axes, optional
        A new figure of three rows and two columns by default.

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes, shape (6,)

    Raises
    ------
    ValueError
        If the data set lacks a variable or dimension, there is nothing to draw, or the number of Axes is not six.
    """
    if dataset is None and not theory:
        raise ValueError("dataset: with theory=False there is nothing to draw; pass one from landscapes.phase_diagram")
    if dataset is not None:
        _check(dataset)
    panels = _axes(axes)
    lines = _lines() if theory else {}
    low, high = _limits(dataset, lines)
    chosen = _PANELS if theory or counts is not None else (*_PANELS[:-1], _FOUND)
    for ax, panel in zip(panels, chosen, strict=True):
        for name, label, dashes in panel.lines if theory else ():
            ax.plot(lines["pump"], lines[name], color=INK, linestyle=dashes, linewidth=1.3, label=label, zorder=2)
        if dataset is not None and panel.variable in dataset:
            _draw_points(ax, dataset, panel.variable, labelled=ax is panels[0])
        if panel.variable == "complexity" and counts is not None:
            draw_counts(ax, counts)
        ax.set_xlim(low, high)
        ax.set_ylabel(panel.label)
        _set_heights(ax, panel.variable, low, high, theory)
        ticks(ax.yaxis, 5)
        ticks(ax.xaxis)
        dress(ax)
        if ax.get_legend_handles_labels()[0]:
            legend(ax)
    for ax in panels[-2:]:
        ax.set_xlabel("pump $a$")
    if theory if transitions is None else transitions:
        marks = _marks()
        for column in (panels[0::2], panels[1::2]):
            mark_transitions(column, transitions=marks, named=True)
    return panels


def _check(dataset: Any) -> None:
    if not hasattr(dataset, "data_vars"):
        raise TypeError(f"dataset: the Dataset of landscapes.phase_diagram is needed, not {type(dataset).__name__}")
    measured = [panel.variable for panel in (*_PANELS, _FOUND) if panel.variable != "complexity"]
    absent = [name for name in (*measured, "converged") if name not in dataset.data_vars]
    absent += [name for name in ("pump", "size", "instance", "start", "protocol") if name not in dataset.dims]
    if absent:
        raise ValueError(f"dataset: it has no {', '.join(absent)}; pass one that landscapes.phase_diagram returned")


def _axes(axes: Sequence[Axes] | None) -> np.ndarray:
    if axes is None:
        return np.ravel(new_axes(3, 2, size=(10.4, 9.6), sharex=True))
    panels = np.asarray(axes, dtype=object).ravel()
    if len(panels) != len(_PANELS):
        raise ValueError(f"axes: {len(_PANELS)} Axes are needed, but there are {len(panels)}")
    return panels


def _lines() -> dict[str, np.ndarray]:
    from ..theory import phase_lines

    return phase_lines()


def _marks() -> list[Transition]:
    from ..theory import transitions

    names = {"rsb": "RSB", "susy": "SUSY", "rigidity": "rigid"}  # short: they stand close together
    return [Transition(names[key], round(found.value, 2), False) for key, found in transitions().items()]


def _limits(dataset: xr.Dataset | None, lines: dict[str, np.ndarray]) -> tuple[float, float]:
    pumps = np.asarray(lines["pump"] if dataset is None else dataset["pump"].values)
    low, high = float(pumps.min()), float(pumps.max())
    margin = 0.03 * (high - low) or 0.5
    return low - margin, high + margin


def _set_heights(ax: Axes, variable: str, low: float, high: float, theory: bool) -> None:
    """Limits that show what the pumps in view need, and room for the legend."""
    if variable == "marginality":
        ax.set_ylim(0.0, 1.15)
    elif variable == "overlap":
        ax.set_ylim(0.0, 1.08)
    elif variable == "ising_energy" and theory:
        ax.axhline(_PARISI_ENERGY, color=GREY, linewidth=1.0, linestyle=(0, (1, 1.5)), zorder=1)
        edge_label(ax, _PARISI_ENERGY, "−0.7632\n(Parisi)")
        # below the threshold the signs are those of rounding errors: they are left to run out at the top
        seen = _heights(ax, -1.9, high)
        ax.set_ylim(_PARISI_ENERGY - 0.01, max(-0.6, float(seen.max(initial=-0.6)) + 0.01))
    else:
        seen = _heights(ax, low, high)
        bottom, top = float(seen.min()), float(seen.max())
        margin = 0.06 * (top - bottom) or 0.1
        ax.set_ylim(bottom - margin, top + margin)


def _heights(ax: Axes, low: float, high: float) -> np.ndarray:
    """Heights of all that is drawn between two pumps; zero where there is nothing."""
    parts = [_in_view(line, low, high) for line in ax.lines]
    parts += [_in_view(bar.lines[0], low, high) for bar in ax.containers if hasattr(bar, "lines")]
    return np.concatenate([part for part in parts if part.size] or [np.zeros(1)])


def _in_view(line: Any, low: float, high: float) -> np.ndarray:
    x, y = (np.asarray(values, dtype=np.float64) for values in line.get_data())
    if len(x) != len(y):
        return np.zeros(0)
    return y[(x >= low) & (x <= high) & np.isfinite(y)]


def _draw_points(ax: Axes, dataset: xr.Dataset, variable: str, labelled: bool) -> None:
    """A mean over instances for each size and protocol, with its standard error."""
    protocols = [str(name) for name in dataset["protocol"].values]
    sizes = dataset["size"].values
    for k, size in enumerate(sizes):
        for protocol in protocols:
            mean, error = _of_instances(dataset, variable, int(size), protocol)
            if not np.isfinite(mean).any():
                continue
            adiabatic = protocol == "adiabatic"
            colour = _COLOURS[k % len(_COLOURS)]
            name = f"n = {int(size):,}, {'followed up' if adiabatic else 'random starts'}"
            ax.errorbar(
                dataset["pump"].values,
                mean,
                yerr=error,
                color=colour,
                marker=_MARKERS[k % len(_MARKERS)],
                markersize=4.5,
                markerfacecolor=colour if adiabatic else "white",
                markeredgecolor="white" if adiabatic else colour,
                markeredgewidth=0.5 if adiabatic else 1.0,
                linestyle="none",
                elinewidth=1.0,
                label=name if labelled else None,
                zorder=4 if adiabatic else 3,
            )


def _of_instances(dataset: xr.Dataset, variable: str, size: int, protocol: str) -> tuple[np.ndarray, np.ndarray]:
    values = dataset[variable].sel(size=size)
    if "start" in values.dims:
        values = values.isel(start=dataset["start_protocol"].values == protocol).mean("start")
    else:
        values = values.sel(protocol=protocol)
    return mean_and_error(values.transpose("pump", "instance").values)
