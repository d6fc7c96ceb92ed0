"""One door for the pictures of answers: each problem is drawn in the way that suits it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import ising_problems as ip

from .bars import partition, selection
from .colourings import clique_cover, coloring
from .cuts import cut
from .edge_sets import edge_set
from .formulas import formula
from .gantt import gantt
from .maps import node_map
from .node_sets import node_set
from .sets import set_choice
from .tours import tour
from .trees import tree

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["answer"]

_ON_GRAPHS: dict[Any, tuple[type[ip.Problem], ...]] = {
    cut: (ip.MaxCut, ip.GraphPartitioning),
    coloring: (ip.GraphColoring, ip.ChromaticNumber),
    clique_cover: (ip.CliqueCover,),
    tour: (ip.TravellingSalesman, ip.HamiltonianCycle, ip.HamiltonianPath),
    tree: (ip.SteinerTree, ip.DegreeConstrainedSpanningTree),
    node_set: (
        ip.VertexCover,
        ip.IndependentSet,
        ip.MaximumClique,
        ip.CliqueOfSize,
        ip.DirectedFeedbackVertexSet,
        ip.UndirectedFeedbackVertexSet,
    ),
    edge_set: (ip.MinimalMaximalMatching, ip.FeedbackArcSet),
    node_map: (ip.GraphIsomorphism, ip.SubgraphIsomorphism),
}
_ON_AXES: dict[Any, tuple[type[ip.Problem], ...]] = {
    formula: (ip.Satisfiability, ip.MaxSatisfiability),
    gantt: (ip.MakespanScheduling, ip.JobSequencing),
    partition: (ip.NumberPartitioning,),
    selection: (ip.Knapsack, ip.SubsetSum),
    set_choice: (ip.SetCover, ip.SetPacking, ip.ExactCover, ip.HittingSet, ip.ThreeDimensionalMatching),
}


def answer(
    problem: ip.Problem, answer: Any, positions: Mapping[Hashable, Any] | None = None, ax: Axes | None = None
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
