"""One annealing run as it happens, and the pump schedules that drive such runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ising_problems.checks import checked_integer, checked_number
from landscapes.plotting.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PINK,
    SKY,
    VERMILLION,
    dress,
    edge_label,
    legend,
    new_axes,
    number,
    ticks,
    title,
)
from landscapes.plotting.transitions import INCHES_FOR_NAMES, TRANSITIONS, mark_transitions, width_in_inches

from ..schedules import sample
from .datasets import checked_panels

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["annealing_run", "schedule"]

_AXIS_LABELS = {"pump": "pump, in units of $λ_{\\max}/2$", "applied_pump": "pump $a$", "step": "step"}
_LOOKS = ((BLUE, "-"), (VERMILLION, "--"), (GREEN, "-."), (ORANGE, "-"), (PINK, "--"), (SKY, "-."))


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
        Whether to draw, in a third panel, the smallest amplitude of each replica: the signs are frozen once it is
        far from zero.
    reference : float, optional
        An energy per spin to compare with, such as -0.7632 for large Sherrington–Kirkpatrick models.
    transitions : bool, default True
        Whether to mark the threshold and the transitions of the landscape, which beyond the threshold are those of
        the Sherrington–Kirkpatrick model (:mod:`landscapes.plotting.transitions`).
    x : {"pump", "applied_pump", "step"}, optional
        What to draw against: the pump in units of λ_max/2, the pump itself, or the step.  By default the pump, but
        the step where the pump does not rise.  Amplitudes are in units of √(λ_max/2), or in the model's own with
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
    TypeError
        If ``dataset`` is not a Dataset.
    """
    _check_run(dataset, ["amplitude", "ising_energy"] + ["smallest_amplitude"] * smallest_amplitude)
    num_spins = checked_integer(num_spins, "num_spins", 1)
    reference = None if reference is None else checked_number(reference, "reference")
    chosen = _replica_of(dataset, replica)
    if x is None:
        x = "pump" if _rises(dataset["pump"].values) else "step"
    elif x not in _AXIS_LABELS:
        raise ValueError(f"x: {x!r} is not one of {', '.join(_AXIS_LABELS)}")
    panels = _panels(axes, 3 if smallest_amplitude else 2)
    where = dataset[x].values
    half_eigenvalue = 0.5 * float(dataset.attrs["largest_eigenvalue"])
    unit = np.sqrt(half_eigenvalue) if x != "applied_pump" and half_eigenvalue > 0 else 1.0
    unit_text = "" if x == "applied_pump" else " $/\\,\\sqrt{λ_{\\max}/2}$"

    _draw_amplitudes(panels[0], where, dataset["amplitude"].values[:, chosen] / unit, num_spins)
    panels[0].set_ylabel(f"amplitude{unit_text}")
    n = dataset.sizes["spin"]
    _draw_replicas(panels[1], where, dataset["ising_energy"].values / max(n, 1), dataset["diverged"].values)
    panels[1].set_ylabel("Ising energy per spin")
    _leave_out_the_start(panels[1], dataset["ising_energy"].values / max(n, 1), reference)
    best = float(dataset["final_ising_energy"].min()) / max(n, 1)
    if reference is not None:
        panels[1].axhline(
            reference, color=INK, linewidth=1.1, linestyle=(0, (1, 1.5)), label=f"reference {number(reference, 4)}"
        )
    legend(panels[1])
    if smallest_amplitude:
        _draw_replicas(panels[2], where, dataset["smallest_amplitude"].values / unit, dataset["diverged"].values)
        panels[2].set_ylabel(f"smallest{unit_text}")
        panels[2].set_ylim(bottom=0)
    for ax in panels:
        dress(ax)
        ticks(ax.yaxis, 7 if ax is panels[0] else 5)
        ticks(ax.xaxis)
        if where.min() < where.max():
            ax.set_xlim(where.min(), where.max())
    for ax in panels[:-1]:
        ax.tick_params(labelbottom=False)
    panels[-1].set_xlabel(_AXIS_LABELS[x])
    marked = transitions and x != "step"
    if marked:
        mark_transitions(panels, half_eigenvalue if x == "applied_pump" else 1.0)
    count = dataset.sizes["replica"]
    whose = f"replica {chosen} of {count}" if count > 1 else "one replica"
    heading = f"{n:,} spins, {whose}"
    if width_in_inches(panels[0]) >= INCHES_FOR_NAMES:
        title(panels[0], f"{heading}; best energy per spin {number(best, 4)}", pad=30.0 if marked else 8.0)
    else:
        title(panels[0], heading, pad=18.0 if marked else 8.0)
    return panels


def schedule(
    schedules: Any,
    *,
    transitions: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw pump schedules against the fraction of the run.

    Parameters
    ----------
    schedules : Schedule, callable or float; or a sequence of these, or a mapping from name to one
        In units of λ_max/2.  Without names, they are called by their ``repr``.
    transitions : bool, default True
        Whether to mark the threshold and the transitions of the landscape (:mod:`landscapes.plotting.transitions`).
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there are no schedules, or one takes a value that is not a finite number.
    """
    named = _named_schedules(schedules)
    fractions = np.linspace(0.0, 1.0, 501)
    curves = {name: sample(law, len(fractions), f"schedules[{name!r}]") for name, law in named.items()}
    if ax is None:
        ax = new_axes(size=(5.6, 3.4))
    for k, (name, pump) in enumerate(curves.items()):
        colour, dashes = _LOOKS[k % len(_LOOKS)]
        ax.plot(fractions, pump, color=colour, linestyle=dashes, linewidth=1.8, label=name, zorder=3)
    ax.set_xlim(0.0, 1.0)
    ax.set_xlabel("fraction of the run")
    ax.set_ylabel(_AXIS_LABELS["pump"])
    if transitions:
        for transition in TRANSITIONS:
            ax.axhline(transition.pump, color=GREY, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
            edge_label(ax, transition.pump, f"{transition.label}\n{transition.value}")
    ticks(ax.yaxis)
    legend(ax, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2)
    return dress(ax)


def _draw_amplitudes(ax: Axes, where: np.ndarray, amplitudes: np.ndarray, num_spins: int) -> None:
    n = amplitudes.shape[1]
    shown = amplitudes[:, np.unique(np.linspace(0, n - 1, min(n, num_spins)).astype(int))] if n else amplitudes
    look: dict[str, Any] = {
        "linewidth": 0.8 if shown.shape[1] > 12 else 1.3,
        "alpha": 0.55 if shown.shape[1] > 12 else 0.9,
    }
    ax.axhline(0.0, color=GREY, linewidth=0.6)
    for spin in range(shown.shape[1]):
        ax.plot(where, shown[:, spin], color=BLUE if shown[-1, spin] > 0 else VERMILLION, **look)


def _draw_replicas(ax: Axes, where: np.ndarray, values: np.ndarray, diverged: np.ndarray) -> None:
    """Every replica faintly, and the mean over those that did not diverge."""
    count = values.shape[1]
    if count > 1:
        ax.plot(where, values, color=SKY, linewidth=0.7, alpha=float(np.clip(8.0 / count, 0.25, 0.8)))
        ax.plot([], [], color=SKY, linewidth=0.9, label=f"each of {count} replicas")
    if not diverged.all():
        name = "mean" if count > 1 else "one replica"
        ax.plot(where, values[:, ~diverged].mean(axis=1), color=BLUE, linewidth=1.9, label=name)


def _leave_out_the_start(ax: Axes, energies: np.ndarray, reference: float | None) -> None:
    """Limits that show the run at full height: the random start, far above, is left to run out at the top."""
    settled = energies[len(energies) // 20 :]
    settled = settled[np.isfinite(settled)]
    if not settled.size:
        return
    low, high = settled.min(), settled.max()
    low = low if reference is None else min(low, reference)
    if low < high:
        ax.set_ylim(low - 0.06 * (high - low), high + 0.12 * (high - low))


def _check_run(dataset: Any, records: list[str]) -> None:
    if not hasattr(dataset, "data_vars"):
        raise TypeError(f"dataset: the Dataset of cim.simulate is needed, not {type(dataset).__name__}")
    absent = [name for name in records if name not in dataset.data_vars]
    if absent:
        raise ValueError(
            f"dataset: it has no {' and no '.join(repr(name) for name in absent)}; "
            f"run cim.simulate with record={tuple(records)!r}"
        )
    if not dataset.sizes["step"]:
        raise ValueError("dataset: nothing was recorded before the run was interrupted")


def _replica_of(dataset: xr.Dataset, replica: int | None) -> int:
    """The replica asked for, or the one that ended lowest in energy."""
    if replica is None:
        return int(np.argmin(dataset["final_ising_energy"].values))
    replica, count = checked_integer(replica, "replica", 0), dataset.sizes["replica"]
    if replica >= count:
        raise ValueError(f"replica: must be below {count}, the number of replicas, but it is {replica}")
    return replica


def _rises(pump: np.ndarray) -> bool:
    return bool(np.all(np.diff(pump) >= 0.0) and pump[-1] > pump[0])


def _panels(axes: Sequence[Axes] | None, count: int) -> np.ndarray:
    if axes is None:
        heights = [1.5, 1.0, 0.7][:count]
        return new_axes(count, size=(6.4, 0.8 + 1.75 * sum(heights)), sharex=True, height_ratios=heights)
    return checked_panels(axes, count)


def _named_schedules(schedules: Any) -> dict[str, Callable[[Any], Any] | float]:
    if isinstance(schedules, Mapping):
        named = {str(name): law for name, law in schedules.items()}
    elif isinstance(schedules, Sequence) and not isinstance(schedules, str):
        named = {repr(law): law for law in schedules}
    else:
        named = {repr(schedules): schedules}
    if not named:
        raise ValueError("schedules: there are none to draw")
    return named
