"""An answer drawn on its graph: the two sides of a cut and the edges between them, or a colouring and its conflicts."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.encoders.colouring import GraphColoring
from ising_problems.encoders.cuts import MaxCut
from ising_problems.encoders.graph_partitioning import GraphPartitioning

from .canvas import DARK, GraphCanvas, Kind, count, plain_answer, plural, widths_of
from .style import BLUE, FAINT, ORANGE, PALE, RED, number, palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["coloring", "cut"]

_MOST_LEGEND_COLOURS = 12


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


def coloring(
    problem: Any,
    answer: Any,
    positions: Mapping[Hashable, Any] | None = None,
    ax: Axes | None = None,
    *,
    labels: bool | Mapping[Hashable, str] | None = None,
) -> Axes:
    """Draw a colouring: the nodes in their colours, uncoloured ones pale, edges between equal colours thick and red.

    Parameters
    ----------
    problem : GraphColoring or anything that GraphColoring takes as a graph
        Of a bare graph, the number of colours is that of the answer.
    answer : mapping from node to colour 0, 1, 2, … (``None`` or absent: none), or a Solution that holds one
    positions, ax, labels
        As in :func:`cut`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the answer is not a mapping from nodes of the graph to colours, or a node has no position.
    """
    answer = plain_answer(answer)
    if not isinstance(answer, Mapping):
        raise ValueError(f"answer: a dict from node to colour is needed, but it is a {type(answer).__name__}")
    if not isinstance(problem, GraphColoring):
        used = [colour for colour in answer.values() if isinstance(colour, (int, np.integer))]
        problem = GraphColoring(problem, num_colors=max(1, 1 + int(max(used, default=0))))
    k = problem.num_colors
    for node, colour in answer.items():
        if node not in problem.graph:
            raise ValueError(f"answer: {node!r} is not a node of the graph")
        if colour is not None and not problem.is_colour(colour):
            raise ValueError(f"answer: node {node!r} has the colour {colour!r}; 0 to {k - 1} is needed")
    colours = problem.colour_array(answer)
    edges = problem.edges
    ends = colours[edges]
    conflict = (ends[:, 0] == ends[:, 1]) & (ends[:, 0] >= 0)
    picture = GraphCanvas(problem.graph, positions, ax, labels)
    plain = np.full(len(edges), picture.edge_width)
    picture.edges(edges[~conflict], "#9C9C9C", plain[~conflict])
    clashes = picture.edges(edges[conflict], RED, 3.0 * plain[conflict] + 0.8, f"conflicts: {conflict.sum():,}")
    bare = colours < 0
    kinds = [Kind(colour, f"colour {c}: {count(colours == c, 'node')}") for c, colour in enumerate(palette(k))]
    kinds.append(Kind(PALE, f"no colour: {count(bare, 'node')}"))
    named = picture.nodes(np.where(bare, k, colours), kinds)
    verdict = [plural(int(conflict.sum()), "conflict")] if conflict.any() else []
    verdict += [f"{plural(int(bare.sum()), 'node')} without colour"] if bare.any() else []
    heading = f"{plural(k, 'colour')}, {' and '.join(verdict) or 'no conflicts'}"
    listed = named[:k] if k <= _MOST_LEGEND_COLOURS else []
    faults = [clashes] * bool(conflict.any()) + named[k:] * bool(bare.any())
    return picture.finish([*listed, *faults], heading)
