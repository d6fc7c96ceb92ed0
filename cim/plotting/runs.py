"""One annealing run as it happens, and the pump schedules that drive such runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..checks import checked_integer, checked_number
from ..schedules import Schedule, sample
from .style import BLUE, FAINT, GREEN, GREY, INK, ORANGE, PINK, SKY, SMALL, VERMILLION, dress, new_axes, number, title
from .transitions import TRANSITIONS, Transition

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["annealing_run", "schedule"]

_LOOKS = ((BLUE, "-"), (VERMILLION, "--"), (GREEN, "-."), (ORANGE, "-"), (PINK, "--"), (SKY, "-."))
_INCHES_FOR_NAMES = 4.2  # narrower Axes have no room for the transitions' names
_AXIS_LABELS = {
    "pump": "pump  $a$  in units of $λ_{\\max}/2$",
    "applied_pump": "pump  $a$",
    "step": "step",
}


def annealing_run(
    dataset: xr.Dataset,
    *,
    replica: int | None = None,
    num_spins: int = 80,
    smallest_amplitude: bool = False,
    reference: float | None = None,
    transitions: bool = True,
    x: Literal["pump", "applied_pump", "step"] | None = None,
    axes: Sequence[Axes] | None = None,
) -> np.ndarray:
    """Draw a run of the machine: the amplitudes of one replica parting at the threshold, and the energies of all.

    Parameters
    ----------
    dataset : xarray.Dataset
        From :func:`cim.simulate`, with "amplitude" and "ising_energy" recorded.
    replica : int, optional
        Whose amplitudes to draw; by default those of the replica that ended lowest in energy.
    num_spins : int, default 80
        How many amplitudes to draw, evenly chosen; coloured by the sign in which they end.
    smallest_amplitude : bool, default False
        Whether to draw, in a third panel, the smallest amplitude of each replica: it shows the rigidity of the signs.
    reference : float, optional
        An energy per spin to compare with, such as -0.7632 for large Sherrington–Kirkpatrick models.
    transitions : bool, default True
        Whether to mark the threshold and the transitions of the landscape (:mod:`cim.plotting.transitions`).  Those
        beyond the threshold are the Sherrington–Kirkpatrick model's.
    x : {"pump", "applied_pump", "step"}, optional
        What to draw against: the pump in units of λ_max/2, the pump itself, or the step.  By default the pump, but
        the step where the pump does not rise.  Amplitudes are in units of √(λ_max/2), but in the model's own with
        "applied_pump".
    axes : sequence of Axes, optional
        Two of them, or three with ``smallest_amplitude``; a new figure by default.

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes, shape (2,) or (3,)

    Raises
    ------
    ValueError
        If the dataset lacks a record; the message says what to ask :func:`cim.simulate` for.  If ``replica``, ``x``
        or the number of Axes is wrong.
    """
    needed = ["amplitude", "ising_energy"] + ["smallest_amplitude"] * smallest_amplitude
    _check_run(dataset, needed)
    num_spins = checked_integer(num_spins, "num_spins", 1)
    replica = _checked_replica(dataset, replica)
    rises = _rises(dataset["pump"].values)
    x = ("pump" if rises else "step") if x is None else x
    if x not in _AXIS_LABELS:
        raise ValueError(f"x: {x!r} is not one of {', '.join(_AXIS_LABELS)}")
    panels = _checked_axes(axes, 2 + smallest_amplitude)

    where = dataset[x].values
    unit = 1.0 if x == "applied_pump" else _amplitude_unit(dataset)
    _draw_amplitudes(panels[0], where, dataset["amplitude"].values[:, replica] / unit, num_spins)
    _draw_energies(panels[1], where, _per_spin(dataset), reference)
    if smallest_amplitude:
        _draw_smallest(panels[2], where, dataset["smallest_amplitude"].values / unit)
    scale = "" if x == "applied_pump" else "  in units of $\\sqrt{λ_{\\max}/2}$"
    panels[0].set_ylabel("amplitudes" + scale.replace("  in units of ", "  / "))
    for ax in panels:
        dress(ax)
        if len(where) > 1:
            ax.set_xlim(where[0], where[-1]) if where[-1] > where[0] else ax.set_xlim(where[-1], where[0])
        ax.label_outer() if axes is None else None
    panels[-1].set_xlabel(_AXIS_LABELS[x] + _constant_pump(dataset) * (x == "step"))
    if transitions and x != "step":
        factor = 1.0 if x == "pump" else 0.5 * float(dataset.attrs["largest_eigenvalue"])
        _mark_transitions(panels, factor)
    count, n = dataset.sizes["replica"], dataset.sizes["spin"]
    pad = 26.0 if transitions and x != "step" else 6.0
    title(panels[0], f"{n:,} spins, replica {replica} of {count}", pad=pad)
    return panels
