"""Trees on their graph: Steiner trees, and spanning trees of bounded degree."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import DegreeConstrainedSpanningTree, SteinerTree
from landscapes.plotting.style import BLUE, FAINT, ORANGE, PALE, RED, number

from .canvas import GraphCanvas, Kind
from .cycles import on_cycles
from .edge_sets import chosen_edges
from .words import count, plain_answer, refuse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["tree"]


def tree(
    problem: Any,
    answer: Any,
    positions: Mapping[Hashable, Any] | None = None,
    ax: Axes | None = None,
    *,
    labels: bool | Mapping[Hashable, str] | None = None,
) -> Axes:
    """Draw a tree: its edges in blue, the others faint, terminals as orange squares, what is wrong in red.

    Red are the edges of cycles, the nodes that must be reached and are not (rim), the edges away from the tree's main
    part (dashed), and nodes of too high a degree (face).

    Parameters
    ----------
    problem : SteinerTree or DegreeConstrainedSpanningTree
    answer : set of edges, or a Solution that holds one
    positions, ax, labels
        As in :func:`cim.plotting.cut`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the problem has no tree for its answer, the answer is not a set of its edges, or a node has no position.
    """
    refuse(problem, (SteinerTree, DegreeConstrainedSpanningTree))
    answer = plain_answer(answer)
    cost = problem.objective(answer)
    n, edges = len(problem.nodes), problem.edges
    chosen = chosen_edges(problem, answer)
    steiner = isinstance(problem, SteinerTree)
    wanted = np.ones(n, dtype=bool)
    if steiner:
        wanted[:] = False
        wanted[problem.indexed.positions(problem.terminals)] = True
    degree = np.bincount(edges[chosen].ravel(), minlength=n)
    crowded = np.zeros(n, dtype=bool) if steiner else degree > problem.max_degree
    main = _main_part(n, edges[chosen], wanted)
    lost = wanted & ~main
    cyclic = np.zeros(len(edges), dtype=bool)
    cyclic[chosen] = on_cycles(n, edges[chosen], directed=False)
    apart = chosen & ~cyclic & ~main[edges[:, 0]]
    sound = chosen & ~cyclic & ~apart

    canvas = GraphCanvas(problem.graph, positions, ax, labels)
    canvas.edges(edges[~chosen], FAINT, 0.8 * canvas.edge_width)
    named = {
        "tree": canvas.edges(edges[sound], BLUE, 2.2, f"tree: {count(sound, 'edge')}", solid=True),
        "cycle": canvas.edges(edges[cyclic], RED, 2.2, f"on cycles: {count(cyclic, 'edge')}"),
        "apart": canvas.edges(edges[apart], RED, 2.2, f"not connected: {count(apart, 'edge')}", dashed=True),
    }
    passed = (degree > 0) & ~wanted
    idle = ~wanted & ~passed
    noun = "terminal" if steiner else "node"
    kinds = [
        Kind(ORANGE, f"terminals: {int(wanted.sum()):,}", marker="s") if steiner else Kind(BLUE, count(wanted, "node")),
        Kind(BLUE, f"Steiner nodes: {int(passed.sum()):,}"),
        Kind(PALE, f"not used: {count(idle, 'node')}", size=0.6),
        Kind(ORANGE if steiner else "white", f"not reached: {count(lost, noun)}", "s" if steiner else "o", RED),
        Kind(RED, f"more than {'' if steiner else problem.max_degree} edges: {count(crowded, 'node')}"),
    ]
    entries = canvas.nodes(np.select([crowded, lost, idle, passed], [4, 3, 2, 1], default=0), kinds)
    faults = [f"{count(lost, noun)} not reached"] if lost.any() else []
    faults += [f"{count(cyclic, 'edge')} on cycles"] if cyclic.any() else []
    faults += [f"{count(apart, 'edge')} not connected"] if apart.any() else []
    faults += [f"{count(crowded, 'node')} of too high degree"] if crowded.any() else []
    name = "Steiner tree" if steiner else "spanning tree"
    heading = f"{name} of cost {number(cost)}"
    shown = [entries[0], named["tree"]]
    shown += [entries[1]] if steiner and passed.any() else []
    shown += [entries[3]] if lost.any() else []
    shown += [named["cycle"]] if cyclic.any() else []
    shown += [named["apart"]] if apart.any() else []
    shown += [entries[4]] if crowded.any() else []
    return canvas.finish(shown if steiner or faults else [], ", ".join([heading, *faults]))


def _main_part(n: int, edges: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The connected part of the chosen edges that reaches the most of the nodes wanted; bool, shape (n,)."""
    import scipy.sparse as sp
    from scipy.sparse.csgraph import connected_components

    matrix = sp.csr_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(n, n))
    if n == 0:
        return np.zeros(0, dtype=bool)
    _, part = connected_components(matrix, directed=False)
    return part == np.argmax(np.bincount(part, weights=wanted + 1e-9))
