"""Where the landscape of the Sherrington–Kirkpatrick model changes its nature as the pump is raised.

Cited values, in units of λ_max(J)/2: A. Yamamura, H. Mabuchi, S. Ganguli, "Geometric landscape annealing as an
optimization principle underlying the coherent Ising machine", arXiv:2309.08119.  The first, the threshold, holds for
every J: below it the energy is convex and the origin its only minimum.  The others are those of the
Sherrington–Kirkpatrick model in the limit of many spins: where the supersymmetry of the effective theory of the
critical points breaks, and where the landscape becomes rigid and the signs freeze.  The last is the published figure;
the converged value of this project is -0.391 (:func:`landscapes.theory.transitions`), which the phase diagram marks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .style import GREY, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["INCHES_FOR_NAMES", "TRANSITIONS", "Transition", "mark_transitions", "width_in_inches"]

INCHES_FOR_NAMES = 4.2
"""Narrower Axes have no room for the transitions' names."""


class Transition(NamedTuple):
    """A change of the landscape: its label on a picture, and the pump at which it happens."""

    label: str
    pump: float
    only_sherrington_kirkpatrick: bool

    @property
    def value(self) -> str:
        """The pump as it is written on a picture, with the model that it belongs to."""
        return f"{self.pump:g}".replace("-", "−") + (" (SK)" if self.only_sherrington_kirkpatrick else "")


TRANSITIONS = (
    Transition("threshold", -2.0, False),
    Transition("SUSY breaking", -0.93, True),
    Transition("rigidity", -0.45, True),
)


def mark_transitions(
    panels: np.ndarray,
    scale: float = 1.0,
    transitions: Sequence[Transition] = TRANSITIONS,
    *,
    named: bool | None = None,
) -> None:
    """Draw vertical lines through all panels, with the transitions' names above the first.

    Parameters
    ----------
    panels : numpy.ndarray of matplotlib.axes.Axes
        One above the other, on a common axis of the pump whose limits are set.
    scale : float, default 1.0
        What the transitions' pumps are multiplied by: λ_max/2 where the axis is the pump itself.
    transitions : sequence of Transition
        Those outside the limits are left out.
    named : bool, optional
        Whether to write names beside the values; by default where there is room for the usual ones.
    """
    low, high = panels[0].get_xlim()
    top = panels[0]
    if named is None:
        named = width_in_inches(top) >= INCHES_FOR_NAMES * max(1.0, (high - low) / (2.2 * scale))
    for transition in transitions:
        pump = transition.pump * scale
        if not low <= pump <= high:
            continue
        for ax in panels:
            ax.axvline(pump, color=GREY, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        top.annotate(
            f"{transition.label}\n{transition.value}" if named else transition.value.split()[0],
            (pump, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            size=SMALL,
            color=GREY,
            annotation_clip=False,
        )


def width_in_inches(ax: Axes) -> float:
    """Width of the Axes."""
    return float(ax.get_window_extent().width / ax.figure.dpi)
