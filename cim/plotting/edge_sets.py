"""Chosen edges on their graph: matchings, and arcs whose removal leaves no cycle."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import FeedbackArcSet, MinimalMaximalMatching
from landscapes.plotting.style import BLUE, FAINT, ORANGE, PALE, RED, number

from .canvas import DARK, GraphCanvas, Kind
from .cycles import on_cycles
from .words import count, plain_answer, refuse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["chosen_edges", "edge_set"]


def edge_set(
    problem: Any,
    answer: Any,
    positions: Mapping[Hashable, Any] | None = None,
    ax: Axes | None = None,
    *,
    labels: bool | Mapping[Hashable, str] | None = None,
) -> Axes:
    """Draw chosen edges, and in red what the choice leaves undone.

    Of a matching, edges that share a node are red, and so are those that could still be added (dashed); of a feedback
    arc set, whose arcs are orange and taken away, the arcs of cycles that remain.

    Parameters
    ----------
    problem : MinimalMaximalMatching or FeedbackArcSet
    answer : set of edges, or a Solution that holds one
    positions, ax, labels
        As in :func:`cim.plotting.cut`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the problem does not choose edges, the answer is not a set of its edges, or a node has no position.
    """
    refuse(problem, (MinimalMaximalMatching, FeedbackArcSet))
    answer = plain_answer(answer)
    value = problem.objective(answer)
    chosen = chosen_edges(problem, answer)
    canvas = GraphCanvas(problem.graph, positions, ax, labels)
    if isinstance(problem, FeedbackArcSet):
        return _feedback(canvas, problem, chosen, value)
    return _matching(canvas, problem, chosen)


def chosen_edges(problem: Any, answer: Any) -> np.ndarray:
    """Which edges an answer holds, a set of them or a networkx graph; bool, shape (num_edges,)."""
    position = problem.indexed.position
    pairs = {(position[u], position[v]) for u, v in (answer.edges() if hasattr(answer, "edges") else answer)}
    if not problem.indexed.directed:
        pairs |= {(v, u) for u, v in pairs}
    return np.array([(u, v) in pairs for u, v in problem.edges.tolist()], dtype=bool)


def _matching(canvas: GraphCanvas, problem: Any, chosen: np.ndarray) -> Axes:
    edges, width = problem.edges, canvas.edge_width
    times = np.bincount(edges[chosen].ravel(), minlength=len(problem.nodes))
    shared = chosen & (times[edges] > 1).any(axis=1)
    open_ended = ~chosen & (times[edges] == 0).all(axis=1)
    canvas.edges(edges[~chosen & ~open_ended], FAINT, 0.8 * width)
    matched = canvas.edges(edges[chosen & ~shared], BLUE, 2.4, f"matched: {count(chosen, 'edge')}", solid=True)
    clash = canvas.edges(edges[shared], RED, 2.4, f"sharing a node: {count(shared, 'edge')}")
    missing = canvas.edges(edges[open_ended], RED, width + 0.4, f"still open: {count(open_ended, 'edge')}", dashed=True)
    kinds = [
        Kind(BLUE, f"matched: {count(times > 0, 'node')}"),
        Kind(PALE, f"not matched: {count(times == 0, 'node')}"),
    ]
    named = canvas.nodes(np.where(times > 0, 0, 1), kinds)
    faults = [f"{count(shared, 'edge')} sharing a node"] if shared.any() else []
    faults += [f"{count(open_ended, 'edge')} still open"] if open_ended.any() else []
    heading = ", ".join(
        [f"maximal matching of {count(chosen, 'edge')}" if not faults else count(chosen, "edge"), *faults]
    )
    entries = [matched, *named, *([clash] if shared.any() else []), *([missing] if open_ended.any() else [])]
    return canvas.finish(entries, heading)


def _feedback(canvas: GraphCanvas, problem: Any, chosen: np.ndarray, value: float) -> Axes:
    edges, width = problem.edges, max(canvas.edge_width, 0.8)
    cyclic = np.zeros(len(edges), dtype=bool)
    cyclic[~chosen] = on_cycles(len(problem.nodes), edges[~chosen], directed=True)
    plain = canvas.edges(edges[~chosen & ~cyclic], DARK, width, f"left: {count(~chosen & ~cyclic, 'arc')}")
    label = f"taken away: {count(chosen, 'arc')}"
    taken = canvas.edges(edges[chosen], ORANGE, width + 0.4, label, dashed=True, solid=True)
    faults = canvas.edges(edges[cyclic], RED, width + 0.4, f"on cycles: {count(cyclic, 'arc')}")
    canvas.nodes(np.zeros(len(problem.nodes), dtype=np.int64), [Kind(BLUE, "")])
    remark = "cycles remain" if cyclic.any() else "no cycle left"
    weighed = f", weight {number(value)}" if np.any(problem.weights != 1) else ""
    heading = f"feedback set of {count(chosen, 'arc')}{weighed}, {remark}"
    return canvas.finish([taken, plain, *([faults] if cyclic.any() else [])], heading)
