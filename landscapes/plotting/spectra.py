"""The Hessian's eigenvalues at states of the landscape, under the curve that random-matrix theory puts over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.checks import checked_integer

from ..energies import SoftSpinEnergy
from ..hessian import as_rows, finite_points
from ..hessian import hessian_spectrum as eigenvalues_at
from .style import BLUE, INK, SKY, SMALL, VERMILLION, dress, legend, new_axes, number, ticks, title
from .transitions import INCHES_FOR_NAMES, width_in_inches

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["hessian_spectrum"]

_CURVE_POINTS = 600


def hessian_spectrum(
    energy: SoftSpinEnergy,
    x: Any,
    *,
    theory: bool = True,
    bins: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the Hessian's spectrum at one state or at several together, with the resolvent's density over it.

    Parameters
    ----------
    energy : SoftSpinEnergy
    x : array_like, shape (n,) or (m, n)
        States, such as minima; their eigenvalues are counted together.
    theory : bool, default True
        Whether to draw the density that the amplitudes alone predict (:mod:`landscapes.theory.resolvent`), with the
        couplings' variance.  It holds for dense random couplings of one size, such as the Sherrington–Kirkpatrick
        model's.
    bins : int, optional
        Number of bins; by default as many as suit the number of eigenvalues.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        If the energy is not a SoftSpinEnergy.
    ValueError
        If there is no state or no variable, or a coordinate is not finite.
    """
    if not isinstance(energy, SoftSpinEnergy):
        raise TypeError(f"energy: a SoftSpinEnergy is needed, not {type(energy).__name__}")
    bins = None if bins is None else checked_integer(bins, "bins", 1)
    states = as_rows(finite_points(energy, x))
    if not states.size:
        raise ValueError(f"x: there is no spectrum to draw at points of shape {np.shape(x)}")
    eigenvalues = eigenvalues_at(energy, states)
    if ax is None:
        ax = new_axes(size=(5.8, 3.6))
    count = bins or int(np.clip(3.0 * eigenvalues.size ** (1 / 3), 12, 100))
    whose = "one state" if len(states) == 1 else f"{len(states):,} states"
    ax.hist(eigenvalues.ravel(), bins=count, density=True, color=SKY, alpha=0.7, label=f"eigenvalues at {whose}")
    if theory:
        _draw_theory(ax, energy, states)
    lowest = float(eigenvalues.min())
    ax.plot([lowest], [0.0], marker="^", color=BLUE, markersize=7, clip_on=False, linestyle="none", zorder=5)
    ax.annotate(
        f"lowest {number(lowest, 2)}",
        (lowest, 0.0),
        xytext=(6, 5),
        textcoords="offset points",
        color=INK,
        size=SMALL,
    )
    roomy = width_in_inches(ax) >= INCHES_FOR_NAMES
    ax.axvline(0.0, color=INK, linewidth=0.8)
    ax.set_xlabel("eigenvalue λ of the Hessian diag(3x² − a) − J" if roomy else "Hessian eigenvalue λ")
    ax.set_ylabel("density")
    ax.set_ylim(bottom=0.0, top=(1.2 if roomy else 1.3) * ax.get_ylim()[1])  # room for the legend
    ticks(ax.xaxis)
    ticks(ax.yaxis, 5)
    where = f"Hessian at pump a = {number(energy.pump, 4)}"
    title(ax, where + (f", {energy.num_variables:,} spins" if roomy else ""), pad=8.0)
    legend(ax, loc="upper right")
    return dress(ax)


def _draw_theory(ax: Axes, energy: SoftSpinEnergy, states: np.ndarray) -> None:
    """The predicted density, averaged over the states as their eigenvalues are."""
    from ..theory.resolvent import hessian_bulk, hessian_density

    variance = _variance(energy)
    if not variance > 0.0:
        return
    bulks = [hessian_bulk(state, energy.pump, variance=variance).edges for state in states]
    low, high = min(edges.min() for edges in bulks), max(edges.max() for edges in bulks)
    margin = 0.04 * (high - low)
    grid = np.linspace(low - margin, high + margin, _CURVE_POINTS)
    density = np.mean([hessian_density(state, energy.pump, grid, variance=variance) for state in states], axis=0)
    ax.plot(grid, density, color=VERMILLION, linewidth=1.8, label="from the amplitudes alone")


def _variance(energy: SoftSpinEnergy) -> float:
    """n times the mean square of a coupling."""
    model = energy.model
    n = model.num_spins
    if n < 2:
        return 0.0
    squares = (model.J.data if model.is_sparse else model.J).astype(np.float64) ** 2
    return float(squares.sum()) / (n - 1)
