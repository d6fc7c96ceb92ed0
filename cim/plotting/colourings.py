"""Nodes shared out among classes: colourings and their conflicts, cliques and the edges that they lack."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import ChromaticNumber, CliqueCover, GraphColoring
from landscapes.plotting.style import FAINT, PALE, RED, palette

from .canvas import DARK, GraphCanvas, Kind
from .words import count, plain_answer, plural, refuse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["clique_cover", "coloring"]

_MOST_LEGEND_COLOURS = 12


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
    problem : GraphColoring, ChromaticNumber, or anything that GraphColoring takes as a graph
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
    fewest = isinstance(problem, ChromaticNumber)
    if not fewest and not isinstance(problem, GraphColoring):
        given = answer.values() if isinstance(answer, Mapping) else ()
        used = [int(colour) for colour in given if isinstance(colour, (int, np.integer))]
        problem = GraphColoring(problem, num_colors=max([1, *(1 + colour for colour in used)]))
    k, colours = problem.num_classes, problem.class_array(answer)
    edges = problem.edges
    conflict = _same(colours, edges)
    picture = GraphCanvas(problem.graph, positions, ax, labels)
    plain = np.full(len(edges), picture.edge_width)
    picture.edges(edges[~conflict], "#9C9C9C", plain[~conflict])
    clashes = picture.edges(edges[conflict], RED, 3.0 * plain[conflict] + 0.8, f"conflicts: {conflict.sum():,}")
    classes = _draw_classes(picture, colours, k, "colour")
    bare = int((colours < 0).sum())
    verdict = [plural(int(conflict.sum()), "conflict")] if conflict.any() else []
    verdict += [f"{plural(bare, 'node')} without colour"] if bare else []
    listed = [classes[c] for c in (np.unique(colours[colours >= 0]).tolist() if fewest else range(k))]
    heading = f"{plural(len(listed), 'colour')}, {' and '.join(verdict) or 'no conflicts'}"
    listed = listed if len(listed) <= _MOST_LEGEND_COLOURS else []
    faults = [clashes] * bool(conflict.any()) + classes[k:] * bool(bare)
    return picture.finish([*listed, *faults], heading)


def clique_cover(
    problem: Any,
    answer: Any,
    positions: Mapping[Hashable, Any] | None = None,
    ax: Axes | None = None,
    *,
    labels: bool | Mapping[Hashable, str] | None = None,
) -> Axes:
    """Draw cliques: their nodes in one colour each and their edges dark, pairs that are not joined red and dashed.

    Parameters
    ----------
    problem : CliqueCover
    answer : mapping from node to clique 0, 1, 2, … (``None`` or absent: none), or a Solution that holds one
    positions, ax, labels
        As in :func:`cim.plotting.cut`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the answer is not a mapping from nodes of the graph to cliques, or a node has no position.
    """
    refuse(problem, (CliqueCover,))
    k, cliques = problem.num_cliques, problem.class_array(plain_answer(answer))
    edges, apart = problem.edges, problem.forbidden.edges
    inside = _same(cliques, edges)
    missing = apart[_same(cliques, apart)]
    picture = GraphCanvas(problem.graph, positions, ax, labels)
    picture.edges(edges[~inside], FAINT, 0.8 * picture.edge_width)
    within = picture.edges(
        edges[inside], DARK, picture.edge_width + 0.8, f"inside: {count(inside, 'edge')}", solid=True
    )
    lacking = plural(len(missing), "pair")
    lost = picture.edges(missing, RED, picture.edge_width + 0.4, f"not joined: {lacking}", dashed=True)
    classes = _draw_classes(picture, cliques, k, "clique")
    bare = int((cliques < 0).sum())
    faults = [f"{lacking} not joined"] if len(missing) else []
    faults += [f"{plural(bare, 'node')} in none"] if bare else []
    listed = classes[:k] if k <= _MOST_LEGEND_COLOURS else []
    entries = [*listed, within, *([lost] if len(missing) else []), *(classes[k:] if bare else [])]
    return picture.finish(entries, ", ".join([plural(k, "clique"), *faults]))


def _same(numbers: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Which pairs are in one class."""
    ends = numbers[pairs]
    return (ends[:, 0] == ends[:, 1]) & (ends[:, 0] >= 0)


def _draw_classes(picture: GraphCanvas, numbers: np.ndarray, k: int, noun: str) -> list[Any]:
    """Nodes in the colours of their classes; entries for the legend, the last for those in none."""
    kinds = [Kind(colour, f"{noun} {c}: {count(numbers == c, 'node')}") for c, colour in enumerate(palette(k))]
    kinds.append(Kind(PALE, f"no {noun}: {count(numbers < 0, 'node')}"))
    return picture.nodes(np.where(numbers < 0, k, numbers), kinds)
