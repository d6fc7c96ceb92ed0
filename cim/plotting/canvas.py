"""A graph on its Axes: edges below, nodes above, in sizes that suit the room there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landscapes.plotting.style import GREY, INK, LARGE, PALE, RED, SMALL, legend, new_axes, title

from .labels import places_beside
from .layout import node_positions
from .words import broken_at_commas

if TYPE_CHECKING:
    import networkx as nx
    from matplotlib.axes import Axes

__all__ = ["DARK", "GraphCanvas", "Kind", "widths_of"]

DARK = "#4A4A4A"  # edges that matter beside others that do not

_LABELLED_NODES = 60
_NAMED_BESIDE = 40  # nodes that have their names beside them where these do not fit inside
_WITH_NAME_BESIDE = 13.0  # the largest diameter of such nodes, in points
_SMALLEST = 4.5  # letters inside a node, in points
_ARROWS = 600  # beyond that many heads hide the lines
_POINTS_PER_LETTER, _POINTS_PER_ENTRY = 4.4, 35.0  # room that an entry of the legend takes
_POINTS_PER_TITLE_LETTER = 5.6


@dataclass(frozen=True)
class Kind:
    """A kind of nodes: colour of the face, what the legend says, marker, colour of the rim, size beside the others."""

    colour: Any
    label: str
    marker: str = "o"
    rim: str | None = None
    size: float = 1.0

    @property
    def rim_colour(self) -> str:
        """The rim's own colour, or grey round what is pale, or white."""
        return self.rim or (GREY if self.colour in (PALE, "white") else "white")


class GraphCanvas:
    """Axes with a place for every node; draw edges, then nodes, then :meth:`finish`.

    Parameters
    ----------
    graph : networkx.Graph
    positions : mapping from node to (x, y), or None
    ax : matplotlib Axes or None
    labels : bool, mapping from node to str, or None
    """

    def __init__(self, graph: nx.Graph, positions: Any, ax: Axes | None, labels: Any) -> None:
        if not isinstance(labels, (bool, Mapping, type(None))):
            raise TypeError(f"labels: True, False or a mapping from node to str is needed, not {type(labels).__name__}")
        self.names = list(graph)
        self.texts = [str(node) if label is None else str(label) for node, label in graph.nodes(data="label")]
        self.xy = node_positions(graph, positions)
        self.labels = labels
        self.directed = graph.is_directed()
        self._both_ways: set[tuple[int, int]] = set()  # arcs that have an opposite, and are bent to be told apart
        if self.directed:
            place = {node: i for i, node in enumerate(self.names)}
            self._both_ways = {(place[u], place[v]) for u, v in graph.edges if graph.has_edge(v, u)}
        self._drawn: list[tuple[np.ndarray, bool]] = []  # edges, and whether names should rather not hide them
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
        if isinstance(labels, Mapping):
            self.texts = [str(labels.get(node, "")) for node in self.names]
        # Capitals are about 0.7 of their size wide.
        longest = max((len(text) for text in self.texts), default=0)
        self.letters = min(LARGE - 1.0, 0.82 * self.diameter / max(0.7 * longest, 1.1))
        wanted = labels is not False and len(self.texts) <= (_NAMED_BESIDE if labels is None else _LABELLED_NODES)
        self.beside = wanted and self.letters < _SMALLEST
        if self.beside:
            self.diameter = min(self.diameter, _WITH_NAME_BESIDE)
        self.edge_width = float(np.clip(60.0 / np.sqrt(1.0 + graph.number_of_edges()) / 8.0, 0.25, 1.1))

    def _diameter(self) -> float:
        """Of a node, in points: so that near neighbours stay apart."""
        from scipy.spatial import cKDTree

        if not self.points:
            return 22.0
        nearest = cKDTree(self.xy).query(self.xy, k=2)[0][:, 1]
        return float(np.clip(0.62 * self.points * np.percentile(nearest, 10), 2.4, 22.0))

    def edges(
        self,
        pairs: np.ndarray,
        colour: str,
        widths: np.ndarray | float,
        label: str = "",
        *,
        dashed: bool = False,
        arrows: bool | None = None,
        solid: bool = False,
    ) -> Any:
        """Draw edges between pairs of positions, and return their entry for the legend.

        With ``arrows`` (by default where the graph is directed) from the first to the second.  Where edges are so many
        that they would hide the rest they are translucent, unless ``solid``.
        """
        widths = np.broadcast_to(np.asarray(widths, dtype=np.float64), len(pairs))
        ends = self.xy[pairs.reshape(-1, 2)]
        ink = self.points * np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1) @ widths / self.box.prod()
        opacity = 1.0 if colour == RED or solid else float(np.clip(0.35 / max(ink, 1e-9), 0.08, 1.0))
        look: dict[str, Any] = {
            "linewidths": widths,
            "linestyles": (0, (3.0, 2.0)) if dashed else "solid",
            "alpha": opacity,
            "zorder": 2 if colour == RED or solid else 1,
        }
        self._drawn.append((pairs.reshape(-1, 2), colour == RED or solid))
        if (self.directed if arrows is None else arrows) and len(pairs) <= _ARROWS:
            self._arrows(pairs, colour, widths, look)
        else:
            from matplotlib.collections import LineCollection

            self.ax.add_collection(LineCollection(list(ends), colors=colour, label=label, **look))
        return line(colour, label, dashed=dashed)

    def _arrows(self, pairs: np.ndarray, colour: str, widths: np.ndarray, look: dict[str, Any]) -> None:
        from matplotlib.patches import FancyArrowPatch

        radius = 0.5 * self.diameter + 1.5
        for (u, v), width in zip(pairs.tolist(), widths.tolist(), strict=True):
            self.ax.add_patch(
                FancyArrowPatch(
                    self.xy[u],
                    self.xy[v],
                    arrowstyle="-|>",
                    connectionstyle=f"arc3,rad={0.14 if (u, v) in self._both_ways else 0.0}",
                    mutation_scale=float(np.clip(0.6 * self.diameter, 5.0, 9.0)) + 1.5 * width,
                    shrinkA=radius,
                    shrinkB=radius,
                    color=colour,
                    linewidth=width,
                    linestyle=look["linestyles"],
                    alpha=look["alpha"],
                    zorder=look["zorder"],
                )
            )

    def nodes(self, classes: np.ndarray, kinds: Sequence[Kind]) -> list[Any]:
        """Draw every node as one of the kinds, and return the kinds' entries for the legend."""
        rim = float(np.clip(self.diameter / 16.0, 0.2, 1.0))
        for k, kind in enumerate(kinds):
            here = self.xy[classes == k]
            look: dict[str, Any] = {
                "color": [kind.colour],
                "edgecolors": kind.rim_colour,
                "linewidths": rim if kind.rim != RED else 2.2 * rim + 0.4,
                "marker": kind.marker,
                "clip_on": False,
            }
            self.ax.scatter(here[:, 0], here[:, 1], s=(kind.size * self.diameter) ** 2, zorder=3, **look)
        self._write_labels([kinds[k].colour for k in classes])
        return [dot(kind) for kind in kinds]

    def _write_labels(self, colours: list[Any]) -> None:
        if self.labels is False:
            return
        if self.beside:
            self._write_beside()
            return
        if self.labels is None and (len(self.texts) > _LABELLED_NODES or self.letters < _SMALLEST):
            return
        for (x, y), text, colour in zip(self.xy, self.texts, colours, strict=True):
            look: dict[str, Any] = {"size": max(self.letters, 4.0), "ha": "center", "va": "center_baseline"}
            self.ax.text(x, y, text, color=INK if _luminance(colour) > 0.2 else "white", zorder=4, **look)

    def _write_beside(self) -> None:
        edges = np.concatenate([np.zeros((0, 2), dtype=np.int64), *(pairs for pairs, _ in self._drawn)])
        dear = np.concatenate([np.zeros(0, dtype=bool), *(np.full(len(pairs), solid) for pairs, solid in self._drawn)])
        # margins, title and legend take some of the room
        places = places_beside(0.85 * self.points * self.xy, self.diameter / 2, edges, dear, self.texts, SMALL)
        for xy, text, (x, y, across, up) in zip(self.xy, self.texts, places, strict=True):
            self.ax.annotate(
                text,
                xy,
                xytext=(x, y),
                textcoords="offset points",
                ha=across,
                va=up,
                size=SMALL,
                color=INK,
                zorder=4,
                annotation_clip=False,
            )

    def finish(self, named: list[Any], heading: str) -> Axes:
        """Title above, legend below, room around the outermost nodes."""
        title(self.ax, broken_at_commas(heading, int(self.box[0] / _POINTS_PER_TITLE_LETTER)))
        named = [entry for entry in named if entry is not None]
        longest = max((len(line.get_label()) for line in named), default=1)
        columns = int(np.clip(self.box[0] / (_POINTS_PER_LETTER * longest + _POINTS_PER_ENTRY), 1, max(len(named), 1)))
        rows = -(-len(named) // columns)
        look = {"handletextpad": 0.5, "columnspacing": 1.6, "borderaxespad": 0.2}
        columns = -(-len(named) // max(rows, 1))  # rows of nearly equal length
        legend(self.ax, handles=named, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=max(columns, 1), **look)
        self.ax.margins(0.11 if self.beside else 0.06)
        self.ax.autoscale_view()
        return self.ax


def widths_of(weights: np.ndarray, width: float) -> np.ndarray:
    """Line widths that grow with the weight, mildly: the square root of its share of the largest."""
    sizes = np.abs(weights.astype(np.float64))
    largest = sizes.max(initial=0.0)
    return width * (np.ones(len(sizes)) if largest == 0 else 0.3 + 0.7 * np.sqrt(sizes / largest))


def line(colour: str, label: str, *, dashed: bool = False) -> Any:
    """Entry of the legend for a kind of edges."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color=colour, linewidth=2.0, linestyle=(0, (2.2, 1.4)) if dashed else "-", label=label)


def dot(kind: Kind) -> Any:
    """Entry of the legend for a kind of nodes."""
    from matplotlib.lines import Line2D

    return Line2D(
        [],
        [],
        linestyle="",
        marker=kind.marker,
        markersize=8.0,
        color=kind.colour,
        markeredgecolor=kind.rim_colour,
        markeredgewidth=1.6 if kind.rim == RED else 1.0,
        label=kind.label,
    )


def _luminance(colour: Any) -> float:
    """Relative luminance, 0 for black and 1 for white."""
    from matplotlib.colors import to_rgb

    linear = np.asarray(to_rgb(colour)) ** 2.2
    return float(linear @ [0.2126, 0.7152, 0.0722])
