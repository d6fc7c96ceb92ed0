"""Index against energy: where the saddles of a landscape lie, beside what the Kac–Rice formula says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.checks import checked_number

from .style import BLUE, GREEN, INK, ORANGE, PINK, VERMILLION, dress, legend, new_axes, number, ticks, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["index_energy"]

_LOOKS = ((BLUE, "o"), (ORANGE, "s"), (GREEN, "^"), (PINK, "D"), (VERMILLION, "v"))
_FRACTIONS = 41
_OF_ORIGIN = 0.97
_LOWEST = 9  # indices at which the lowest energy is solved for


def index_energy(
    points: Any,
    *,
    pump: float | None = None,
    theory: bool = True,
    lowest: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw the Hessian index of critical points, as a fraction, against their energy per spin.

    Parameters
    ----------
    points : CriticalPoints, sequence of them, or mapping from name to CriticalPoints
        From :func:`landscapes.find_critical_points`.
    pump : float, optional
        The pump at which they are; needed for the theory.
    theory : bool, default True
        Whether to draw where the most numerous critical points of each index lie in the limit of many spins
        (:func:`landscapes.theory.complexity_line`, annealed, for Sherrington–Kirkpatrick couplings), with a star at
        the most numerous of all.  Searches find points of low energy too often, so that they need not lie on it.
    lowest : bool, default False
        Whether to draw the lowest energies at each index as well, annealed and quenched
        (:func:`landscapes.theory.lowest_energy`); takes some ten seconds.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there is no point to draw, or the pump is missing.
    """
    named = _named(points)
    if pump is not None:
        pump = checked_number(pump, "pump")
    if (theory or lowest) and pump is None:
        raise ValueError("pump: needed for the theory's line; pass it, or theory=False")
    if ax is None:
        ax = new_axes(size=(5.8, 3.8))
    largest = 0.0
    for k, (name, found) in enumerate(named.items()):
        n = max(found.x.shape[1], 1)
        fractions = np.asarray(found.index) / n
        largest = max(largest, float(fractions.max()))
        colour, marker = _LOOKS[k % len(_LOOKS)]
        ax.plot(
            np.asarray(found.energy) / n,
            fractions,
            color=colour,
            marker=marker,
            markersize=4.0,
            alpha=0.6,
            markeredgewidth=0.0,
            linestyle="none",
            label=f"{name} ({len(found.x):,})",
        )
    if theory and pump is not None and pump > -2.0:
        _draw_theory(ax, pump, largest)
    if lowest and pump is not None and pump > -2.0:
        _draw_lowest(ax, pump, largest)
    ax.set_xlabel("energy per spin")
    ax.set_ylabel("index / n")
    ax.set_ylim(bottom=-0.02 * max(ax.get_ylim()[1], 0.05))
    ticks(ax.xaxis)
    ticks(ax.yaxis, 5)
    where = "" if pump is None else f" at pump a = {number(pump, 4)}"
    title(ax, f"Critical points{where}", pad=8.0)
    if lowest:  # the lines fill the corners
        ax.set_ylim(top=1.35 * ax.get_ylim()[1])
    legend(ax, loc="upper left", ncols=2 if lowest else 1)
    return dress(ax, grid="both")


def _draw_theory(ax: Axes, pump: float, largest: float) -> None:
    from ..theory import complexity, complexity_line, origin_index

    everything = complexity(pump)
    # the origin has the largest index of all points that theory counts
    highest = min(max(1.05 * largest, 1.3 * everything.index), _OF_ORIGIN * origin_index(pump))
    line = complexity_line(pump, np.linspace(0.0, highest, _FRACTIONS))
    ax.plot(
        [point.energy for point in line],
        [point.index for point in line],
        color=INK,
        linewidth=1.5,
        label="most numerous of each index, n → ∞",
        zorder=4,
    )
    ax.plot(
        [everything.energy],
        [everything.index],
        color=INK,
        marker="*",
        markersize=11,
        linestyle="none",
        label="most numerous of all",
        zorder=5,
    )


def _draw_lowest(ax: Axes, pump: float, largest: float) -> None:
    from ..theory import lowest_energy, origin_index

    indices = np.linspace(0.0, min(max(largest, 0.02), _OF_ORIGIN * origin_index(pump)), _LOWEST)
    for kind, dashes in (("quenched", (0, (5, 2))), ("annealed", (0, (1, 1.5)))):
        energies = [lowest_energy(pump, index, kind=kind).energy for index in indices.tolist()]
        ax.plot(energies, indices, color=INK, linewidth=1.3, linestyle=dashes, label=f"lowest, {kind}", zorder=4)


def _named(points: Any) -> dict[str, Any]:
    if isinstance(points, Mapping):
        named = {str(name): found for name, found in points.items()}
    elif isinstance(points, Sequence):
        named = {f"search {k}": found for k, found in enumerate(points)}
    else:
        named = {"critical points": points}
    for name, found in named.items():
        if not all(hasattr(found, attribute) for attribute in ("x", "energy", "index")):
            raise TypeError(f"points: CriticalPoints are needed, but {name!r} is a {type(found).__name__}")
    kept = {name: found for name, found in named.items() if len(found.x)}
    if not kept:
        raise ValueError("points: there is no critical point to draw")
    return kept
