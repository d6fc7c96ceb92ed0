"""An answer drawn on its graph: the two sides of a cut and the edges between them, or a colouring and its conflicts."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import Problem
from ising_problems.encoders.colouring import GraphColoring
from ising_problems.encoders.cuts import MaxCut

from ..results import Solution
from .layout import node_positions
from .style import BLUE, FAINT, GREY, INK, LARGE, ORANGE, RED, legend, new_axes, number, palette, title

if TYPE_CHECKING:
    import networkx as nx
    from matplotlib.axes import Axes

__all__ = ["answer", "coloring", "cut"]

_LABELLED_NODES = 60
_MOST_LEGEND_COLOURS = 12
_POINTS_PER_LETTER, _POINTS_PER_ENTRY = 4.4, 35.0  # room that an entry of the legend takes
_NO_COLOUR = "#E4E4E4"


def answer(
    problem: Problem, answer: Any, positions: Mapping[Hashable, Any] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw an answer in the way that suits its problem: :func:`cut` or :func:`coloring`.

    Parameters
    ----------
    problem : MaxCut or GraphColoring
    answer : the problem's answer, or a Solution that holds it
    positions, ax
        As in :func:`cut`.

    Raises
    ------
    ValueError
        If there is no picture for this kind of problem, or the answer is not one of its answers.
    """
    if isinstance(problem, MaxCut):
        return cut(problem, answer, positions, ax)
    if isinstance(problem, GraphColoring):
        return coloring(problem, answer, positions, ax)
    raise ValueError(f"problem: only MaxCut and GraphColoring can be drawn, not {type(problem).__name__}")


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
    problem : MaxCut or anything that MaxCut takes as a graph
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
    problem = problem if isinstance(problem, MaxCut) else MaxCut(problem)
    answer = _plain_answer(answer)
    first = problem.encode(answer) > 0
    edges, weights = problem.edges, problem.weights
    crossing = first[edges[:, 0]] != first[edges[:, 1]]
    picture = _Picture(problem.graph, positions, ax, labels)
    widths = _widths(weights, picture.edge_width)
    named = [
        picture.edges(edges[~crossing], FAINT, 0.8 * widths[~crossing], f"not cut: {_count(~crossing, 'edge')}"),
        picture.edges(edges[crossing], "#4A4A4A", 1.2 * widths[crossing], f"cut: {_count(crossing, 'edge')}"),
    ]
    names = [f"one side: {_count(first, 'node')}", f"other side: {_count(~first, 'node')}"]
    sides = picture.nodes(np.where(first, 0, 1), [BLUE, ORANGE], names)
    total = weights.sum().item()
    of_total = f" of {number(total)}" if len(weights) and weights.min() >= 0 else ""
    picture.finish([*sides, *reversed(named)], f"cut weight {number(problem.objective(answer))}{of_total}")
    return picture.ax


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
    answer = _plain_answer(answer)
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
    picture = _Picture(problem.graph, positions, ax, labels)
    plain = np.full(len(edges), picture.edge_width)
    picture.edges(edges[~conflict], "#9C9C9C", plain[~conflict])
    clashes = picture.edges(edges[conflict], RED, 3.0 * plain[conflict] + 0.8, f"conflicts: {conflict.sum():,}")
    bare = colours < 0
    names = [f"colour {c}: {_count(colours == c, 'node')}" for c in range(k)]
    names.append(f"no colour: {_count(bare, 'node')}")
    named = picture.nodes(np.where(bare, k, colours), [*palette(k), _NO_COLOUR], names)
    verdict = [_plural(int(conflict.sum()), "conflict")] if conflict.any() else []
    verdict += [f"{_plural(int(bare.sum()), 'node')} without colour"] if bare.any() else []
    heading = f"{_plural(k, 'colour')}, {' and '.join(verdict) or 'no conflicts'}"
    listed = named[:k] if k <= _MOST_LEGEND_COLOURS else []
    faults = [clashes] * bool(conflict.any()) + named[k:] * bool(bare.any())
    picture.finish([*listed, *faults], heading)
    return picture.ax


class _Picture:
    """A graph on its Axes: edges below, nodes above, sizes that suit the room there is."""

    def __init__(self, graph: nx.Graph, positions: Any, ax: Axes | None, labels: Any) -> None:
        if not isinstance(labels, (bool, Mapping, type(None))):
            raise TypeError(f"labels: True, False or a mapping from node to str is needed, not {type(labels).__name__}")
        self.names = list(graph)
        self.texts = [str(node) if label is None else str(label) for node, label in graph.nodes(data="label")]
        self.xy = node_positions(graph, positions)
        self.labels = labels
        extent = np.ptp(self.xy, axis=0) if len(self.xy) else np.zeros(2)
        if ax is None:
            shape = np.clip(extent / max(extent.max(), 1e-300), 0.45, 1.0)
            width, height = shape * (4.4 if len(self.names) <= 12 else 6.4)
            width = max(width, 4.4)
            self.ax = ax = new_axes(size=(width, height + 0.9))
            self.box = 72.0 * 0.95 * np.array([width, height])  # once the layout has taken its place
        else:
            self.ax = ax
            self.box = np.array(ax.get_window_extent().size) * 72.0 / ax.figure.dpi
        ax.set_aspect("equal", adjustable="datalim")
        ax.axis("off")
        across = self.box[extent > 0] / extent[extent > 0]
        self.points = float(across.min()) if len(across) else 0.0  # for a unit of the coordinates
        self.diameter = self._diameter()
        self.edge_width = float(np.clip(60.0 / np.sqrt(1.0 + graph.number_of_edges()) / 8.0, 0.25, 1.1))

    def _diameter(self) -> float:
        """Of a node, in points: so that near neighbours stay apart."""
        from scipy.spatial import cKDTree

        if not self.points:
            return 22.0
        nearest = cKDTree(self.xy).query(self.xy, k=2)[0][:, 1]
        return float(np.clip(0.62 * self.points * np.percentile(nearest, 10), 2.4, 22.0))

    def edges(self, pairs: np.ndarray, colour: str, widths: np.ndarray, label: str = "") -> Any:
        from matplotlib.collections import LineCollection

        ends = self.xy[pairs]
        ink = self.points * np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1) @ widths / self.box.prod()
        opacity = 1.0 if colour == RED else float(np.clip(0.35 / max(ink, 1e-9), 0.08, 1.0))
        look: dict[str, Any] = {
            "colors": colour,
            "linewidths": widths,
            "alpha": opacity,
            "zorder": 2 if colour == RED else 1,
        }
        self.ax.add_collection(LineCollection(list(ends), label=label, **look))
        return _line(colour, label)

    def nodes(self, classes: np.ndarray, colours: list[Any], names: list[str]) -> list[Any]:
        rim = float(np.clip(self.diameter / 16.0, 0.2, 1.0))
        for k, colour in enumerate(colours):
            here = self.xy[classes == k]
            edge = GREY if colour == _NO_COLOUR else "white"
            look: dict[str, Any] = {"color": [colour], "edgecolors": edge, "linewidths": rim, "clip_on": False}
            self.ax.scatter(here[:, 0], here[:, 1], s=self.diameter**2, zorder=3, **look)
        self._write_labels([colours[k] for k in classes])
        return [_dot(colour, name) for colour, name in zip(colours, names, strict=True)]

    def _write_labels(self, colours: list[Any]) -> None:
        if isinstance(self.labels, Mapping):
            texts = [str(self.labels.get(node, "")) for node in self.names]
        elif self.labels is False:
            return
        else:
            texts = self.texts
        # Capitals are about 0.7 of their size wide.
        longest = max((len(text) for text in texts), default=0)
        size = min(LARGE - 1.0, 0.82 * self.diameter / max(0.7 * longest, 1.1))
        if self.labels is None and (len(texts) > _LABELLED_NODES or size < 4.5):
            return
        for (x, y), text, colour in zip(self.xy, texts, colours, strict=True):
            ink = INK if _luminance(colour) > 0.2 else "white"
            self.ax.text(x, y, text, size=max(size, 4.0), color=ink, ha="center", va="center_baseline", zorder=4)

    def finish(self, named: list[Any], heading: str) -> None:
        """Title above, legend below, room around the outermost nodes."""
        title(self.ax, heading)
        longest = max((len(line.get_label()) for line in named), default=1)
        columns = int(np.clip(self.box[0] / (_POINTS_PER_LETTER * longest + _POINTS_PER_ENTRY), 1, max(len(named), 1)))
        rows = -(-len(named) // columns)
        look = {"handletextpad": 0.5, "columnspacing": 1.6, "borderaxespad": 0.2}
        columns = -(-len(named) // max(rows, 1))  # rows of nearly equal length
        legend(self.ax, handles=named, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=max(columns, 1), **look)
        self.ax.margins(0.06)
        self.ax.autoscale_view()


def _plain_answer(answer: Any) -> Any:
    if not isinstance(answer, Solution):
        return answer
    if answer.answer is None:
        raise ValueError("answer: the solution is that of a bare model and holds no answer; solve the problem itself")
    return answer.answer


def _widths(weights: np.ndarray, width: float) -> np.ndarray:
    """Line widths that grow with the weight, mildly: the square root of its share of the largest."""
    sizes = np.abs(weights.astype(np.float64))
    largest = sizes.max(initial=0.0)
    return width * (np.ones(len(sizes)) if largest == 0 else 0.3 + 0.7 * np.sqrt(sizes / largest))


def _line(colour: str, label: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=colour, linewidth=2.0, label=label)


def _dot(colour: Any, label: str) -> Any:
    from matplotlib.lines import Line2D

    rim = GREY if colour == _NO_COLOUR else "white"
    return Line2D([], [], linestyle="", marker="o", markersize=8.0, color=colour, markeredgecolor=rim, label=label)


def _luminance(colour: Any) -> float:
    """Relative luminance, 0 for black and 1 for white."""
    from matplotlib.colors import to_rgb

    linear = np.asarray(to_rgb(colour)) ** 2.2
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _count(mask: np.ndarray, noun: str) -> str:
    return _plural(int(np.count_nonzero(mask)), noun)
