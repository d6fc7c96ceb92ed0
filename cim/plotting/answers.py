"""One door for the pictures of answers: each problem is drawn in the way that suits it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

from ising_problems import Problem
from ising_problems.encoders.cliques import CliqueOfSize, MaximumClique
from ising_problems.encoders.colouring import GraphColoring
from ising_problems.encoders.covering import SetCover, VertexCover
from ising_problems.encoders.cuts import MaxCut
from ising_problems.encoders.exact_cover import ExactCover
from ising_problems.encoders.feedback_arcs import FeedbackArcSet
from ising_problems.encoders.feedback_vertices import DirectedFeedbackVertexSet, UndirectedFeedbackVertexSet
from ising_problems.encoders.graph_partitioning import GraphPartitioning
from ising_problems.encoders.hitting import HittingSet
from ising_problems.encoders.isomorphism import GraphIsomorphism, SubgraphIsomorphism
from ising_problems.encoders.job_sequencing import JobSequencing
from ising_problems.encoders.knapsack import Knapsack, SubsetSum
from ising_problems.encoders.matching import MinimalMaximalMatching
from ising_problems.encoders.packing import IndependentSet, SetPacking
from ising_problems.encoders.partitioning import NumberPartitioning
from ising_problems.encoders.scheduling import MakespanScheduling
from ising_problems.encoders.spanning_trees import DegreeConstrainedSpanningTree
from ising_problems.encoders.steiner import SteinerTree
from ising_problems.encoders.three_dimensional_matching import ThreeDimensionalMatching
from ising_problems.encoders.tours import HamiltonianCycle, HamiltonianPath
from ising_problems.encoders.travelling_salesman import TravellingSalesman

from .bars import partition, selection
from .edge_sets import edge_set
from .gantt import gantt
from .graphs import coloring, cut
from .maps import node_map
from .node_sets import node_set
from .sets import set_choice
from .tours import tour
from .trees import tree

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["answer"]

_ON_GRAPHS: dict[Any, tuple[type[Problem], ...]] = {
    cut: (MaxCut, GraphPartitioning),
    coloring: (GraphColoring,),
    tour: (TravellingSalesman, HamiltonianCycle, HamiltonianPath),
    tree: (SteinerTree, DegreeConstrainedSpanningTree),
    node_set: (
        VertexCover,
        IndependentSet,
        MaximumClique,
        CliqueOfSize,
        DirectedFeedbackVertexSet,
        UndirectedFeedbackVertexSet,
    ),
    edge_set: (MinimalMaximalMatching, FeedbackArcSet),
    node_map: (GraphIsomorphism, SubgraphIsomorphism),
}
_ON_AXES: dict[Any, tuple[type[Problem], ...]] = {
    gantt: (MakespanScheduling, JobSequencing),
    partition: (NumberPartitioning,),
    selection: (Knapsack, SubsetSum),
    set_choice: (SetCover, SetPacking, ExactCover, HittingSet, ThreeDimensionalMatching),
}


def answer(
    problem: Problem, answer: Any, positions: Mapping[Hashable, Any] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw an answer in the way that suits its problem, feasible or not; what is broken is red.

    Parameters
    ----------
    problem : Problem
    answer : the problem's answer, or a Solution that holds it
    positions : mapping from node to (x, y), optional
        For problems on a graph.  Otherwise the node attribute ``pos``, otherwise a layout, the same at every call.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there is no picture for this kind of problem, the answer is not one of its answers, or positions are given
        for a problem without nodes.
    """
    for draw, kinds in _ON_GRAPHS.items():
        if isinstance(problem, kinds):
            return draw(problem, answer, positions, ax)
    for draw, kinds in _ON_AXES.items():
        if isinstance(problem, kinds):
            if positions is not None:
                raise ValueError(f"positions: a {type(problem).__name__} has no nodes to place; leave them out")
            return draw(problem, answer, ax)
    raise ValueError(f"problem: there is no picture of the answers of {type(problem).__name__}")
