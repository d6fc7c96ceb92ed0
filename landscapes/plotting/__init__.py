"""Pictures of the landscape, and the look that they share with those of :mod:`cim.plotting`.

Every function draws on the Axes that it is given, or on a new figure where it is given none, and returns them.
"""

from __future__ import annotations

from .amplitudes import amplitude_histogram
from .complexities import complexity
from .diagrams import phase_diagram
from .saddles import index_energy
from .samples import binder, equilibration, exchanges, overlap_histogram
from .spectra import hessian_spectrum

__all__ = [
    "amplitude_histogram",
    "binder",
    "complexity",
    "equilibration",
    "exchanges",
    "hessian_spectrum",
    "index_energy",
    "overlap_histogram",
    "phase_diagram",
]
