"""Chosen nodes on their graph: covers, independent sets, cliques, and nodes whose removal leaves no cycle."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import (
    CliqueOfSize,
    DirectedFeedbackVertexSet,
    IndependentSet,
    MaximumClique,
    UndirectedFeedbackVertexSet,
    VertexCover,
)
from landscapes.plotting.style import BLUE, FAINT, ORANGE, PALE, RED, number

from .canvas import DARK, GraphCanvas, Kind
from .cycles import on_cycles
from .words import count, plain_answer, refuse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["node_set"]

_CLIQUES = (MaximumClique, CliqueOfSize)
_FEEDBACK = (DirectedFeedbackVertexSet, UndirectedFeedbackVertexSet)


def node_set(
    problem: Any,
    answer: Any,
    positions: Mapping[Hashable, Any] | None = None,
    ax: Axes | None = None,
    *,
    labels: bool | Mapping[Hashable, str] | None = None,
) -> Axes:
    """Draw chosen nodes in colour and the others pale, and in red what the choice leaves undone.

    Of a cover, the edges that are not covered are red; of an independent set, the edges inside; of a clique, the pairs
    that are not joined (dashed); of a feedback vertex set, whose nodes are orange and taken away, the edges of cycles
    that remain.

    Parameters
    ----------
    problem : VertexCover, IndependentSet, MaximumClique, CliqueOfSize, DirectedFeedbackVertexSet or \
UndirectedFeedbackVertexSet
    answer : set of nodes, or a Solution that holds one
    positions, ax, labels
        As in :func:`cim.plotting.cut`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the problem does not choose nodes, the answer is not a set of its nodes, or a node has no position.
    """
    refuse(problem, (VertexCover, IndependentSet, *_CLIQUES, *_FEEDBACK))
    answer = plain_answer(answer)
    value = problem.objective(answer)
    chosen = np.zeros(len(problem.nodes), dtype=bool)
    chosen[[problem.indexed.position[node] for node in answer]] = True
    canvas = GraphCanvas(problem.graph, positions, ax, labels)
    if isinstance(problem, _FEEDBACK):
        return _feedback(canvas, problem, chosen)
    if isinstance(problem, _CLIQUES):
        return _clique(canvas, problem, chosen)
    return _cover_or_packing(canvas, problem, chosen, value)


def _cover_or_packing(canvas: GraphCanvas, problem: Any, chosen: np.ndarray, value: float) -> Axes:
    cover = isinstance(problem, VertexCover)
    edges, width = problem.edges, canvas.edge_width
    held = chosen[edges].sum(axis=1)
    wrong = held == (0 if cover else 2)
    touched = (held > 0) & ~wrong
    canvas.edges(edges[~touched & ~wrong], FAINT, 0.8 * width)
    plain = canvas.edges(edges[touched], DARK if cover else FAINT, width, f"covered: {count(touched, 'edge')}")
    faults = canvas.edges(
        edges[wrong], RED, 2.0 * width + 0.8, f"{'not covered' if cover else 'inside'}: {count(wrong, 'edge')}"
    )
    inside, outside = canvas.nodes(np.where(chosen, 0, 1), _kinds(chosen, "chosen", BLUE))
    heading = f"{'cover' if cover else 'independent set'} of {count(chosen, 'node')}"
    heading += f", weight {number(value)}" if np.any(problem.weights != 1) else ""
    heading += f", {count(wrong, 'edge')} {'not covered' if cover else 'inside'}" if wrong.any() else ""
    entries = [inside, outside, *([plain] if cover else []), *([faults] if wrong.any() else [])]
    return canvas.finish(entries, heading)


def _clique(canvas: GraphCanvas, problem: Any, chosen: np.ndarray) -> Axes:
    edges, width = problem.edges, canvas.edge_width
    inside = chosen[edges].all(axis=1)
    members = np.flatnonzero(chosen)
    joined = {frozenset(edge) for edge in edges[inside].tolist()}
    u, v = np.triu_indices(len(members), 1)
    pairs = np.stack([members[u], members[v]], axis=1)
    apart = np.array([frozenset(pair) not in joined for pair in pairs.tolist()], dtype=bool)
    canvas.edges(edges[~inside], FAINT, 0.8 * width)
    within = canvas.edges(edges[inside], BLUE, width + 0.6, f"inside: {count(inside, 'edge')}", solid=True)
    missing = canvas.edges(pairs[apart], RED, width + 0.4, f"not joined: {count(apart, 'pair')}", dashed=True)
    named = canvas.nodes(np.where(chosen, 0, 1), _kinds(chosen, "chosen", BLUE))
    faults = [f"{count(apart, 'pair')} not joined"] if apart.any() else []
    if isinstance(problem, CliqueOfSize) and len(members) != problem.size:
        faults.append(f"{problem.size} nodes wanted")
    heading = ", ".join([f"{'choice' if faults else 'clique'} of {count(chosen, 'node')}", *faults])
    return canvas.finish([*named, within, *([missing] if apart.any() else [])], heading)


def _feedback(canvas: GraphCanvas, problem: Any, chosen: np.ndarray) -> Axes:
    edges, width = problem.edges, canvas.edge_width
    left = ~chosen[edges].any(axis=1)
    cyclic = np.zeros(len(edges), dtype=bool)
    cyclic[left] = on_cycles(len(chosen), edges[left], directed=problem.indexed.directed)
    noun = "arc" if problem.indexed.directed else "edge"
    canvas.edges(edges[~left], FAINT, 0.8 * width, dashed=True)
    plain = canvas.edges(edges[left & ~cyclic], DARK, width, f"left: {count(left & ~cyclic, noun)}")
    faults = canvas.edges(edges[cyclic], RED, width + 0.8, f"on cycles: {count(cyclic, noun)}")
    kinds = [
        Kind(ORANGE, f"taken away: {count(chosen, 'node')}"),
        Kind(BLUE, f"left: {count(~chosen, 'node')}"),
    ]
    named = canvas.nodes(np.where(chosen, 0, 1), kinds)
    heading = f"feedback set of {count(chosen, 'node')}, {'cycles remain' if cyclic.any() else 'no cycle left'}"
    return canvas.finish([*named, plain, *([faults] if cyclic.any() else [])], heading)


def _kinds(chosen: np.ndarray, verb: str, colour: str) -> list[Kind]:
    return [Kind(colour, f"{verb}: {count(chosen, 'node')}"), Kind(PALE, f"not {verb}: {count(~chosen, 'node')}")]
