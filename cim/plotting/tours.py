"""Routes on their graph: tours, and Hamiltonian cycles and paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import HamiltonianCycle, HamiltonianPath, TravellingSalesman
from landscapes.plotting.style import BLUE, FAINT, ORANGE, RED, number

from .canvas import GraphCanvas, Kind
from .words import count, plain_answer, plural, refuse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["tour"]

_DEGENERATE = 1e-9  # share of the first coordinate's spread below which the second means nothing


def tour(
    problem: Any,
    answer: Any,
    positions: Mapping[Hashable, Any] | None = None,
    ax: Axes | None = None,
    *,
    labels: bool | Mapping[Hashable, str] | None = None,
) -> Axes:
    """Draw a route through the nodes: its legs in blue, the other edges faint, what is wrong in red.

    Parameters
    ----------
    problem : TravellingSalesman, HamiltonianCycle or HamiltonianPath
    answer : list of nodes in order, ``None`` where a place holds none, or a Solution that holds one
    positions : mapping from node to (x, y), optional
        Otherwise the node attribute ``pos``.  Otherwise cities between which all distances are known are placed so that
        distances on paper are as near to them as can be (classical scaling, up to a turn or a mirror image); a graph
        whose edges are not all there gets a layout.
    ax, labels
        As in :func:`cim.plotting.cut`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the problem has no route for its answer, the answer is not a list of its nodes, or a node has no position.
    """
    refuse(problem, (TravellingSalesman, HamiltonianCycle, HamiltonianPath))
    answer = plain_answer(answer)
    value = problem.objective(answer)
    position = problem.indexed.position
    n, edges = len(problem.nodes), problem.edges
    places = [-1 if node is None else position[node] for node in answer]
    pairs = list(pairwise([*places, *places[:1]] if problem.closed else places)) if len(places) > 1 else []
    legs = np.array([(u, v) for u, v in pairs if min(u, v) >= 0 and u != v], dtype=np.int64).reshape(-1, 2)
    joined = {(u, v) for u, v in edges.tolist()}
    if not problem.indexed.directed:
        joined |= {(v, u) for u, v in joined}
    exists = np.array([(u, v) in joined for u, v in legs.tolist()], dtype=bool)
    complete = len(joined) == n * (n - 1)
    if positions is None and complete and isinstance(problem, TravellingSalesman) and not _has_positions(problem.graph):
        positions = _scaled_positions(problem)
    canvas = GraphCanvas(problem.graph, positions, ax, labels)
    if not complete:  # between all pairs they would say nothing
        taken = {(u, v) for u, v in legs.tolist()}
        if not problem.indexed.directed:
            taken |= {(v, u) for u, v in taken}
        other = np.array([(u, v) not in taken for u, v in edges.tolist()], dtype=bool)
        canvas.edges(edges[other], FAINT, 0.8 * canvas.edge_width)
    arrows = problem.indexed.directed
    route = canvas.edges(legs[exists], BLUE, 1.8, f"legs: {int(exists.sum()):,}", arrows=arrows, solid=True)
    lost = canvas.edges(legs[~exists], RED, 1.8, f"no such edge: {int((~exists).sum()):,}", arrows=arrows, dashed=True)
    times = Counter(places)
    visits = np.array([times[i] for i in range(n)])
    ends = np.zeros(n, dtype=bool)
    if not problem.closed:
        ends[[place for place in (places[:1] + places[-1:]) if place >= 0]] = True
    noun = "city" if isinstance(problem, TravellingSalesman) else "node"
    kinds = [
        Kind(BLUE, count(visits == 1, noun)),
        Kind(ORANGE, f"ends: {int(ends.sum())}"),
        Kind("white", f"not visited: {int((visits == 0).sum()):,}", rim=RED),
        Kind(RED, f"visited again: {int((visits > 1).sum()):,}"),
    ]
    classes = np.select([visits == 0, visits > 1, ends], [2, 3, 1], default=0)
    named = canvas.nodes(classes, kinds)
    faults = [
        (f"{plural(int((visits == 0).sum()), noun)} not visited", (visits == 0).any()),
        (f"{plural(int((visits > 1).sum()), noun)} visited again", (visits > 1).any()),
        (f"{plural(int((~exists).sum()), 'leg')} without an edge", (~exists).any()),
    ]
    if isinstance(problem, TravellingSalesman):
        heading = f"tour length {number(value)} through {plural(n, 'city')}"
    else:
        heading = f"Hamiltonian {'cycle' if problem.closed else 'path'} of {plural(n, 'node')}"
    heading = ", ".join([heading, *(text for text, here in faults if here)])
    shown = [named[1]] if ends.any() else []
    shown += [named[2]] if (visits == 0).any() else []
    shown += [named[3]] if (visits > 1).any() else []
    shown += [lost] if (~exists).any() else []
    return canvas.finish([route, *shown] if shown else [], heading)


def _has_positions(graph: Any) -> bool:
    return all(pos is not None for _, pos in graph.nodes(data="pos"))


def _scaled_positions(problem: TravellingSalesman) -> dict[Hashable, np.ndarray]:
    """Places of cities whose mutual distances are near to the given ones (Torgerson, Psychometrika 17, 401, 1952)."""
    distances = np.maximum(0.5 * (problem.distances + problem.distances.T).astype(np.float64), 0.0)
    n = len(distances)
    squares = distances**2
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1)[:, None] + squares.mean()
    values, vectors = np.linalg.eigh(-0.5 * centred)
    xy = np.zeros((n, 2))
    for axis, k in enumerate(range(n - 1, max(n - 3, -1), -1)):
        own = vectors[:, k] * np.sign(vectors[np.argmax(np.abs(vectors[:, k])), k])  # the same on every machine
        xy[:, axis] = own * np.sqrt(max(values[k], 0.0))
    spread = np.ptp(xy, axis=0)
    if spread[1] <= _DEGENERATE * spread[0]:  # all on a line, or on one spot
        angle = 2 * np.pi * np.arange(n) / max(n, 1)
        xy = xy * [1.0, 0.0] if spread[0] else np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return dict(zip(problem.nodes, xy, strict=True))
