"""NP problems as Ising models, and Ising answers back in the problem's own terms.

The convention throughout is E(s) = -½ s'Js - h's + offset, each pair counted once, to be minimised; every other one is
converted in :mod:`ising_problems.convert`.
"""

from .encoders.colouring import GraphColoring
from .encoders.cuts import MaxCut
from .encoders.partitioning import NumberPartitioning
from .ensembles import (
    PlantedInstance,
    edwards_anderson,
    hopfield,
    random_regular,
    sherrington_kirkpatrick,
    wishart_planted,
)
from .exact import enumerate_energies, ground_states, spins_from_index
from .io import read, write
from .model import IsingModel
from .problem import Problem

__version__ = "0.1.0"

__all__ = [
    "GraphColoring",
    "IsingModel",
    "MaxCut",
    "NumberPartitioning",
    "PlantedInstance",
    "Problem",
    "edwards_anderson",
    "enumerate_energies",
    "ground_states",
    "hopfield",
    "random_regular",
    "read",
    "sherrington_kirkpatrick",
    "spins_from_index",
    "wishart_planted",
    "write",
]
