"""Pictures: one annealing run, the spread over replicas, an answer on its graph, energy against size, schedules.

Every function draws on the Axes that it is given, or on a new figure where it is given none, and returns them.  With
``ax=None`` the figure is one of pyplot's, so that a notebook or ``plt.show()`` shows it; with Axes of the caller's,
pyplot is not touched.  No function shows anything or changes matplotlib's settings.

Colours are Okabe and Ito's, which remain distinct to colour-blind readers ("Color Universal Design", 2008).
"""

from __future__ import annotations

from .graphs import answer, coloring, cut
from .histograms import energy_histogram
from .penalties import penalty_study
from .runs import annealing_run, schedule
from .sizes import energy_against_size

__all__ = [
    "annealing_run",
    "answer",
    "coloring",
    "cut",
    "energy_against_size",
    "energy_histogram",
    "penalty_study",
    "schedule",
]
