"""How the replicas of a run spread in energy, and how many of them reach the best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.checks import checked_integer, checked_number
from landscapes.plotting.style import BLUE, INK, VERMILLION, dress, legend, new_axes, number, ticks, title

from ..results import Solution

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["energy_histogram"]

_MOST_SINGLE_VALUES = 60  # with more possible values than this between the extremes, values share bins
_MOST_BINS = 50
_RELATIVE_TOLERANCE = 1e-9  # energies of one configuration, summed in different orders


def energy_histogram(
    energies: Any,
    *,
    per_spin: bool = False,
    reference: float | None = None,
    num_spins: int | None = None,
    bins: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how the energies of the replicas are spread; those that reach the best stand out.

    Parameters
    ----------
    energies : Solution, Dataset of :func:`cim.simulate`, or array_like of any shape
    per_spin : bool, default False
        Whether to divide by the number of spins.
    reference : float, optional
        A known or exact energy to compare with, drawn as a line, in the same unit as what is drawn: per spin with
        ``per_spin=True``.
    num_spins : int, optional
        Needed with ``per_spin=True`` where the energies come as an array.
    bins : int, optional
        Number of bins.  By default one for each possible value where these are few and evenly spaced, as with integer
        couplings, and otherwise as many as suit the spread.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there are no energies, one is not a finite number, or the number of spins is not known.
    """
    values, known = _energies_of(energies)
    if per_spin:
        count = known if num_spins is None else checked_integer(num_spins, "num_spins", 1)
        if not count:
            raise ValueError("num_spins: needed for energies per spin of an array; pass it, or a Solution or Dataset")
        values = values / count
    if reference is not None:
        reference = checked_number(reference, "reference")
    best = values.min()
    hit = values <= best + _RELATIVE_TOLERANCE * max(abs(best), np.ptp(values))
    edges = _bin_edges(values, None if bins is None else checked_integer(bins, "bins", 1))

    if ax is None:
        ax = new_axes(size=(5.6, 3.4))
    one = "replica" if len(values) == 1 else "replicas"
    label = f"best {number(best, 5)}: {hit.sum():,} of {len(values):,} {one}"
    ax.hist(
        [values[hit], values[~hit]],
        bins=edges.tolist(),
        stacked=True,
        color=[VERMILLION, BLUE],
        rwidth=0.86,
        label=[label, f"the others: {np.count_nonzero(~hit):,}"],
    )
    if reference is not None:
        name = f"reference {number(reference, 5)}"
        ax.axvline(reference, color=INK, linestyle=(0, (4, 2)), linewidth=1.2, label=name)
        low, high = min(edges[0], reference), max(edges[-1], reference)
        margin = 0.04 * (high - low)
        ax.set_xlim(low - margin, high + margin)
    ticks(ax.xaxis, integer=bool(np.all(values == np.rint(values))))
    ticks(ax.yaxis, 5, integer=True)
    ax.set_xlabel("Ising energy per spin" if per_spin else "Ising energy")
    ax.set_ylabel("replicas")
    handles, names = ax.get_legend_handles_labels()
    kept = [(handle, name) for handle, name in zip(handles, names, strict=True) if name != "the others: 0"]
    ax.set_ylim(0, (1.1 + 0.1 * len(kept)) * np.histogram(values, edges)[0].max())
    legend(ax, handles=[handle for handle, _ in kept], labels=[name for _, name in kept], loc="upper right")
    title(ax, f"Energies of {len(values):,} {one}")
    return dress(ax)


def _energies_of(energies: Any) -> tuple[np.ndarray, int | None]:
    """Energies as a flat float64 array, and the number of spins where it is known."""
    known: int | None = None
    if isinstance(energies, Solution):
        known, energies = energies.samples.shape[1], energies.energies
    elif hasattr(energies, "data_vars"):
        if "final_ising_energy" not in energies.data_vars:
            raise ValueError('energies: the dataset has no "final_ising_energy"; pass one that cim.simulate returned')
        known, energies = energies.sizes.get("spin"), energies["final_ising_energy"].values
    array = np.asarray(energies)
    if array.dtype.kind not in "iuf":
        raise ValueError(f"energies: an array of numbers is needed, but its dtype is {array.dtype}")
    values = array.astype(np.float64).ravel()
    if not len(values):
        raise ValueError("energies: there are none to draw")
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        raise ValueError(f"energies: entry {wrong[0]} is {values[wrong[0]]}; leave out replicas that diverged")
    return values, known


def _bin_edges(values: np.ndarray, bins: int | None) -> np.ndarray:
    different = np.unique(values)
    spread = float(np.ptp(values))
    if spread <= _RELATIVE_TOLERANCE * np.abs(values).max():
        half = 0.5 if np.all(values == np.rint(values)) else 0.05 * max(float(np.abs(values).max()), 1e-12)
        return np.array([different[0] - 5 * half, *(different[0] + np.array([-1, 1]) * half), different[-1] + 5 * half])
    if bins is not None:
        return np.linspace(different[0], different[-1], bins + 1)
    gaps = np.diff(different)
    step = gaps.min()
    multiples = gaps / step
    if spread / step <= _MOST_SINGLE_VALUES and np.allclose(multiples, np.rint(multiples), rtol=0, atol=1e-6):
        count = round(spread / step)
        return different[0] + step * (np.arange(count + 2) - 0.5)
    count = min(_MOST_BINS, len(np.histogram_bin_edges(values, "auto")) - 1)
    return np.linspace(different[0], different[-1], max(count, 8) + 1)
