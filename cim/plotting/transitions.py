"""Where the landscape of the Sherrington–Kirkpatrick model changes its nature as the pump is raised.

Cited values, in units of λ_max(J)/2: A. Yamamura, H. Mabuchi, S. Ganguli, "Geometric landscape annealing as an
optimization principle underlying the coherent Ising machine", arXiv:2309.08119.  The first, the threshold, holds for
every J: below it the energy is convex and the origin its only minimum.  The others are those of the
Sherrington–Kirkpatrick model in the limit of many spins: where the supersymmetry of the effective theory of the
critical points breaks, and where the landscape becomes rigid and the signs freeze.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["TRANSITIONS", "Transition"]


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
