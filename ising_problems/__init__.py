"""NP problems as Ising models, and Ising answers back in the problem's own terms.

The convention throughout is E(s) = -½ s'Js - h's + offset, each pair counted once, to be minimised; every other one is
converted in :mod:`ising_problems.convert`.
"""

from .encoders.assignment import QuadraticAssignment
from .encoders.chromatic import ChromaticNumber
from .encoders.clique_cover import CliqueCover
from .encoders.cliques import CliqueOfSize, MaximumClique
from .encoders.colouring import GraphColoring
from .encoders.covering import SetCover, VertexCover
from .encoders.cuts import MaxCut
from .encoders.exact_cover import ExactCover
from .encoders.feedback_arcs import FeedbackArcSet
from .encoders.feedback_vertices import DirectedFeedbackVertexSet, UndirectedFeedbackVertexSet
from .encoders.graph_partitioning import GraphPartitioning
from .encoders.hitting import HittingSet
from .encoders.isomorphism import GraphIsomorphism, SubgraphIsomorphism
from .encoders.job_sequencing import JobSequencing
from .encoders.knapsack import Knapsack, SubsetSum
from .encoders.linear_programs import BinaryLinearProgram
from .encoders.matching import MinimalMaximalMatching
from .encoders.packing import IndependentSet, SetPacking
from .encoders.partitioning import NumberPartitioning
from .encoders.satisfiability import MaxSatisfiability, Satisfiability
from .encoders.scheduling import MakespanScheduling
from .encoders.spanning_trees import DegreeConstrainedSpanningTree
from .encoders.steiner import SteinerTree
from .encoders.three_dimensional_matching import ThreeDimensionalMatching
from .encoders.tours import HamiltonianCycle, HamiltonianPath
from .encoders.travelling_salesman import TravellingSalesman
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
from .polynomials import Polynomial
from .problem import Problem

__version__ = "0.1.0"

__all__ = [
    "BinaryLinearProgram",
    "ChromaticNumber",
    "CliqueCover",
    "CliqueOfSize",
    "DegreeConstrainedSpanningTree",
    "DirectedFeedbackVertexSet",
    "ExactCover",
    "FeedbackArcSet",
    "GraphColoring",
    "GraphIsomorphism",
    "GraphPartitioning",
    "HamiltonianCycle",
    "HamiltonianPath",
    "HittingSet",
    "IndependentSet",
    "IsingModel",
    "JobSequencing",
    "Knapsack",
    "MakespanScheduling",
    "MaxCut",
    "MaxSatisfiability",
    "MaximumClique",
    "MinimalMaximalMatching",
    "NumberPartitioning",
    "PlantedInstance",
    "Polynomial",
    "Problem",
    "QuadraticAssignment",
    "Satisfiability",
    "SetCover",
    "SetPacking",
    "SteinerTree",
    "SubgraphIsomorphism",
    "SubsetSum",
    "ThreeDimensionalMatching",
    "TravellingSalesman",
    "UndirectedFeedbackVertexSet",
    "VertexCover",
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
