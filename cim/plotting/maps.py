"""A graph found in another: the nodes of the one on those of the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import GraphIsomorphism, SubgraphIsomorphism
from landscapes.plotting.style import BLUE, FAINT, PALE, RED

from .canvas import GraphCanvas, Kind
from .words import count, plain_answer, plural, refuse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["node_map"]


def node_map(
    problem: Any,
    answer: Any,
    positions: Mapping[Hashable, Any] | None = None,
    ax: Axes | None = None,
    *,
    labels: bool | Mapping[Hashable, str] | None = None,
) -> Axes:
    """Draw the second graph (the target), with the edges of the first (the pattern) that meet its edges in blue.

    Edges of the first graph that meet none are red and dashed, those of the second that should not be there red; so are
    nodes to which several go.

    Parameters
    ----------
    problem : GraphIsomorphism or SubgraphIsomorphism
    answer : dict from nodes of the first graph to nodes of the second, or a Solution that holds one
    positions : mapping from nodes of the second graph to (x, y), optional
    ax : matplotlib Axes, optional
        A new figure by default.
    labels : bool or mapping from node of the second graph to str, optional
        By default the names of the nodes that go there.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the problem is neither, the answer is not such a dict, or a node has no position.
    """
    refuse(problem, (GraphIsomorphism, SubgraphIsomorphism))
    answer = plain_answer(answer)
    problem.objective(answer)  # which checks it
    whole = isinstance(problem, GraphIsomorphism)
    first, second = (problem.first, problem.second) if whole else (problem.pattern, problem.target)
    placed = {node: target for node in first if (target := answer.get(node)) is not None}
    if labels is None:
        labels = {target: str(node) for node, target in placed.items()}
    place = {node: i for i, node in enumerate(second)}
    canvas = GraphCanvas(second, positions, ax, labels)

    def key(u: Hashable, v: Hashable) -> Any:
        return (u, v) if second.is_directed() else frozenset((u, v))

    there = {key(u, v) for u, v in second.edges}
    wanted = {key(placed[u], placed[v]): (placed[u], placed[v]) for u, v in first.edges if u in placed and v in placed}
    inside = set(placed.values())
    strict = whole or problem.induced
    groups: dict[str, list[tuple[Hashable, Hashable]]] = {"matched": [], "other": [], "extra": [], "lost": []}
    for u, v in second.edges:
        extra = strict and u in inside and v in inside
        groups["matched" if key(u, v) in wanted else "extra" if extra else "other"].append((u, v))
    groups["lost"] = [pair for name, pair in wanted.items() if name not in there and pair[0] != pair[1]]
    pairs = {
        name: np.array([(place[u], place[v]) for u, v in group], dtype=np.int64).reshape(-1, 2)
        for name, group in groups.items()
    }
    width = canvas.edge_width
    canvas.edges(pairs["other"], FAINT, 0.8 * width)
    sizes = {name: len(group) for name, group in groups.items()}
    matched = canvas.edges(
        pairs["matched"], BLUE, width + 0.8, f"matched: {plural(sizes['matched'], 'edge')}", solid=True
    )
    extra_line = canvas.edges(
        pairs["extra"], RED, width + 0.8, f"should not be there: {plural(sizes['extra'], 'edge')}"
    )
    lost = canvas.edges(pairs["lost"], RED, width + 0.4, f"missing: {plural(sizes['lost'], 'edge')}", dashed=True)
    times = Counter(placed.values())
    arrivals = np.array([times[node] for node in second])
    names = [f"taken: {count(arrivals > 0, 'node')}", f"free: {count(arrivals == 0, 'node')}"]
    names.append(f"taken again: {count(arrivals > 1, 'node')}")
    named = canvas.nodes(
        np.minimum(1 - np.sign(arrivals) + 2 * (arrivals > 1), 2),
        [
            Kind(BLUE, names[0]),
            Kind(PALE, names[1]),
            Kind(RED, names[2]),
        ],
    )
    nowhere = len(first) - len(placed)
    faults = [f"{plural(sizes['lost'], 'edge')} missing"] if sizes["lost"] else []
    faults += [f"{plural(sizes['extra'], 'edge')} too many"] if sizes["extra"] else []
    faults += [f"{count(arrivals > 1, 'node')} taken again"] if (arrivals > 1).any() else []
    faults += [f"{plural(nowhere, 'node')} without a place"] if nowhere else []
    heading = f"{'a graph' if whole else 'a pattern'} of {plural(len(first), 'node')} in one of {len(second):,}"
    entries = [named[0], *([named[1]] if (arrivals == 0).any() else []), matched]
    entries += [extra_line] if sizes["extra"] else []
    entries += [lost] if sizes["lost"] else []
    entries += [named[2]] if (arrivals > 1).any() else []
    return canvas.finish(entries, ", ".join([heading, *faults]))
