"""Pictures: one annealing run, the spread over replicas, answers of every kind, energy against size, schedules and
studies of them.

:func:`answer` draws an answer in the way that suits its problem; the functions that it chooses among take some more
arguments.

Every function draws on the Axes that it is given, or on a new figure where it is given none, and returns them.  With
``ax=None`` the figure is one of pyplot's, so that a notebook or ``plt.show()`` shows it; with Axes of the caller's,
pyplot is not touched.  No function shows anything or changes matplotlib's settings.

Colours are Okabe and Ito's, which remain distinct to colour-blind readers ("Color Universal Design", 2008).
"""

from __future__ import annotations

from .answers import answer
from .bars import partition, selection
from .cavity_connectivity import connectivity, connectivity_crossover
from .cavity_glass import glass_overlaps, glass_ramp, heating_map
from .cavity_memory import basin_comparison, capacity, recall_curves, steepest_emergence
from .colourings import clique_cover, coloring
from .cuts import cut
from .differences import paired_differences
from .edge_sets import edge_set
from .formulas import formula
from .gantt import gantt
from .histograms import energy_histogram
from .maps import node_map
from .node_sets import node_set
from .penalties import penalty_study
from .photons import photon_budget
from .recalled_pictures import recall
from .runs import annealing_run, schedule
from .sets import set_choice
from .sizes import energy_against_size
from .solution_times import time_to_solution_against_budget
from .studies import energy_against_budget, study_schedules
from .study_panels import schedule_study
from .tours import tour
from .trees import tree

__all__ = [
    "annealing_run",
    "answer",
    "basin_comparison",
    "capacity",
    "clique_cover",
    "coloring",
    "connectivity",
    "connectivity_crossover",
    "cut",
    "edge_set",
    "energy_against_budget",
    "energy_against_size",
    "energy_histogram",
    "formula",
    "gantt",
    "glass_overlaps",
    "glass_ramp",
    "heating_map",
    "node_map",
    "node_set",
    "paired_differences",
    "partition",
    "penalty_study",
    "photon_budget",
    "recall",
    "recall_curves",
    "schedule",
    "schedule_study",
    "selection",
    "set_choice",
    "steepest_emergence",
    "study_schedules",
    "time_to_solution_against_budget",
    "tour",
    "tree",
]
