"""How amplitudes are distributed over the sites of a state, beside what theory predicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.checks import checked_integer, checked_number, number_array

from .style import BLUE, GREEN, ORANGE, PINK, SKY, VERMILLION, dress, legend, new_axes, number, ticks, title
from .transitions import INCHES_FOR_NAMES, width_in_inches

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["amplitude_histogram"]

_CURVE_POINTS = 1201
_LOOKS = ((VERMILLION, "-"), (BLUE, "--"), (GREEN, "-."), (ORANGE, ":"), (PINK, "--"))


def amplitude_histogram(
    x: Any,
    *,
    pump: float | None = None,
    theory: bool | Mapping[str, Callable[[np.ndarray], np.ndarray]] = True,
    symmetric: bool = True,
    bins: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the distribution of amplitudes over the sites of one state or of several, with theory's P(x).

    Parameters
    ----------
    x : array_like, shape (n,) or (m, n)
        States, such as minima at one pump.
    pump : float, optional
        The pump at which they are; needed for ``theory=True``.
    theory : bool or mapping from name to density, default True
        True draws the ground state's density with full replica-symmetry breaking
        (:func:`landscapes.theory.full_rsb`), which holds for the Sherrington–Kirkpatrick model; a mapping, other
        densities P(x), functions of an array.
    symmetric : bool, default True
        Whether to count x and -x alike: without fields both are states.
    bins : int, optional
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there are no amplitudes, one is not finite, or the pump is missing.
    """
    values = number_array(x, "x").astype(np.float64)
    if not values.size or not np.isfinite(values).all():
        raise ValueError(f"x: finite amplitudes are needed, but the shape is {values.shape} with {values!r}")
    pump = None if pump is None else checked_number(pump, "pump")
    bins = None if bins is None else checked_integer(bins, "bins", 1)
    curves: dict[str, Callable[[np.ndarray], np.ndarray]] = {}
    if isinstance(theory, Mapping):
        curves = dict(theory)
    elif theory:
        if pump is None:
            raise ValueError("pump: needed for the theory's density; pass it, or theory=False")
        from .. import theory as predictions

        curves = {"ground state, full RSB": predictions.full_rsb(pump).amplitude_density}
    states = values.reshape(-1, values.shape[-1])
    sample = np.concatenate([states.ravel(), -states.ravel()]) if symmetric else states.ravel()
    if ax is None:
        ax = new_axes(size=(5.8, 3.4))
    reach = 1.05 * float(np.abs(sample).max()) or 1.0
    count = bins or int(np.clip(2.0 * sample.size ** (1 / 3), 15, 100))
    whose = "one state" if len(states) == 1 else f"{len(states):,} states"
    ax.hist(
        sample, bins=count, range=(-reach, reach), density=True, color=SKY, alpha=0.7, label=f"amplitudes of {whose}"
    )
    grid = np.linspace(-reach, reach, _CURVE_POINTS)
    for k, (name, density) in enumerate(curves.items()):
        colour, dashes = _LOOKS[k % len(_LOOKS)]
        ax.plot(grid, density(grid), color=colour, linestyle=dashes, linewidth=1.8, label=name)
    ax.set_xlim(-reach, reach)
    roomy = width_in_inches(ax) >= INCHES_FOR_NAMES
    ax.set_ylim(bottom=0.0, top=(1.22 if roomy else 1.15 + 0.15 * len(curves)) * ax.get_ylim()[1])  # for the legend
    ax.set_xlabel("amplitude x")
    ax.set_ylabel("density P(x)")
    ticks(ax.xaxis)
    ticks(ax.yaxis, 5)
    where = "" if pump is None else f" at pump a = {number(pump, 4)}"
    title(ax, f"Amplitudes{where}" + (f", {states.shape[1]:,} spins" if roomy else ""), pad=8.0)
    legend(ax, loc="upper center", ncols=1 + len(curves) if roomy else 1)
    return dress(ax)
