"""Two sides of a graph and the edges between them: cuts, and halves with few edges between them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import GraphPartitioning, MaxCut
from landscapes.plotting.style import BLUE, FAINT, ORANGE, number

from .canvas import DARK, GraphCanvas, Kind, widths_of
from .words import count, plain_answer

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["cut"]


def cut(
    problem: Any,
    answer: Any,
    positions: Mapping[Hashable, Any] | None = None,
    ax: Axes | None = None,
    *,
    labels: bool | Mapping[Hashable, str] | None = None,
) -> Axes:
    """Draw a cut: the nodes in the colours of their sides, the edges that are cut in dark, the others faint.

    Parameters
    ----------
    problem : MaxCut, GraphPartitioning, or anything that MaxCut takes as a graph
    answer : pair of sets of nodes, or a Solution that holds one
    positions : mapping from node to (x, y), optional
        Otherwise the node attribute ``pos``, otherwise a layout, the same at every call.
    ax : matplotlib Axes, optional
        A new figure by default.
    labels : bool or mapping from node to str, optional
        What is written on the nodes: True for their names (or the node attribute ``label``), False for nothing, or
        something else; by default their names where they fit.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the answer does not share out the nodes, or a node has no position.
    """
    problem = problem if isinstance(problem, (MaxCut, GraphPartitioning)) else MaxCut(problem)
    answer = plain_answer(answer)
    first = problem.encode(answer) > 0
    edges, weights = problem.edges, problem.weights
    crossing = first[edges[:, 0]] != first[edges[:, 1]]
    picture = GraphCanvas(problem.graph, positions, ax, labels)
    widths = widths_of(weights, picture.edge_width)
    named = [
        picture.edges(edges[~crossing], FAINT, 0.8 * widths[~crossing], f"not cut: {count(~crossing, 'edge')}"),
        picture.edges(edges[crossing], DARK, 1.2 * widths[crossing], f"cut: {count(crossing, 'edge')}"),
    ]
    kinds = [
        Kind(BLUE, f"one side: {count(first, 'node')}"),
        Kind(ORANGE, f"other side: {count(~first, 'node')}"),
    ]
    sides = picture.nodes(np.where(first, 0, 1), kinds)
    total = weights.sum().item()
    of_total = f" of {number(total)}" if len(weights) and weights.min() >= 0 else ""
    heading = f"cut weight {number(problem.objective(answer))}{of_total}"
    if isinstance(problem, GraphPartitioning) and problem.violations(answer):
        heading += f", no halves: {int(first.sum()):,} and {count(~first, 'node')}"
    return picture.finish([*sides, *reversed(named)], heading)
