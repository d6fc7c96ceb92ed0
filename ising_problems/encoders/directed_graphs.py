"""Cycles of directed graphs by position, and answers that are sets of arcs or of nodes."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Any

import numpy as np

from .forests import find_undirected_cycle
from .graphs import GraphProblem

__all__ = ["ArcAnswers", "NodeAnswers", "components", "find_cycle", "is_acyclic", "topological_ranks"]


def components(num_nodes: int, arcs: np.ndarray) -> np.ndarray:
    """Number of the strongly connected component of each node; int, shape (num_nodes,)."""
    import scipy.sparse as sp
    from scipy.sparse.csgraph import connected_components

    u, v = arcs.T
    graph = sp.csr_array((np.ones(len(arcs), dtype=np.int8), (u, v)), shape=(num_nodes, num_nodes))
    return connected_components(graph, directed=True, connection="strong")[1]


def is_acyclic(num_nodes: int, arcs: np.ndarray) -> bool:
    """Whether arcs, none of them a self-loop, close no directed cycle."""
    return num_nodes == 0 or len(np.unique(components(num_nodes, arcs))) == num_nodes


def topological_ranks(num_nodes: int, arcs: np.ndarray) -> np.ndarray | None:
    """A rank for each node that grows along every arc, or ``None`` where a cycle forbids it."""
    after: list[list[int]] = [[] for _ in range(num_nodes)]
    waits = [0] * num_nodes
    for u, v in arcs.tolist():
        after[u].append(v)
        waits[v] += 1
    ready = deque(v for v in range(num_nodes) if not waits[v])
    ranks = np.zeros(num_nodes, dtype=np.int64)
    for rank in range(num_nodes):
        if not ready:
            return None
        u = ready.popleft()
        ranks[u] = rank
        for v in after[u]:
            waits[v] -= 1
            if not waits[v]:
                ready.append(v)
    return ranks


def find_cycle(num_nodes: int, arcs: np.ndarray) -> list[int]:
    """Positions along one directed cycle, of arcs that have one."""
    component = components(num_nodes, arcs)
    u, v = arcs.T
    after = dict(arcs[component[u] == component[v]].tolist())  # one arc from each node that lies on a cycle
    seen: dict[int, int] = {}
    node = next(iter(after))
    while node not in seen:
        seen[node] = len(seen)
        node = after[node]
    return list(seen)[seen[node] :]


class _Cyclic(GraphProblem):
    """What is said of cycles that are left."""

    def _cycle_text(self, arcs: np.ndarray) -> str:
        """The nodes along a cycle, the first of them again at the end; shortened where it is long."""
        return self._round_text(find_cycle(len(self.nodes), arcs), " → ")

    def _undirected_cycle_text(self, edges: np.ndarray) -> str:
        return self._round_text(find_undirected_cycle(len(self.nodes), edges), " – ")

    def _round_text(self, positions: list[int], join: str) -> str:
        cycle = [repr(self.nodes[i]) for i in positions]
        cycle.append(cycle[0])
        return join.join(cycle if len(cycle) <= 12 else [*cycle[:10], f"… ({len(cycle) - 1} nodes)"])


class NodeAnswers(_Cyclic):
    """A problem whose answers are sets of nodes."""

    def _parsed(self, answer: Any) -> str | tuple[np.ndarray, list[Hashable]]:
        """Positions of the nodes, and what is no node; or what is wrong with the answer."""
        wrong = f"not a set of nodes, but {type(answer).__name__!r}"
        if isinstance(answer, (str, bytes)):
            return wrong
        try:
            nodes = dict.fromkeys(answer)
        except TypeError:
            return wrong
        position = self.indexed.position
        known = sorted(position[node] for node in nodes if node in position)
        return np.array(known, dtype=np.int64), [node for node in nodes if node not in position]

    def _indices(self, answer: Any) -> np.ndarray:
        """Positions of an answer's nodes, or a ``ValueError``."""
        found = self._parsed(answer)
        if isinstance(found, str):
            raise ValueError(f"answer: it is {found}")
        if found[1]:
            raise ValueError(f"answer: {found[1][0]!r} is not a node of the graph")
        return found[0]


class ArcAnswers(_Cyclic):
    """A problem whose answers are sets of arcs."""

    def _parsed(self, answer: Any) -> str | tuple[np.ndarray, list[Any]]:
        """Numbers of the arcs, and what is no arc; or what is wrong with the answer."""
        wrong = f"not a set of arcs (u, v), but {type(answer).__name__!r}"
        if isinstance(answer, (str, bytes)):
            return wrong
        try:
            arcs = dict.fromkeys(tuple(arc) for arc in (answer.edges() if hasattr(answer, "edges") else answer))
        except TypeError:
            return wrong
        numbers = self._numbers
        known = sorted(numbers[arc] for arc in arcs if arc in numbers)
        return np.array(known, dtype=np.int64), [arc for arc in arcs if arc not in numbers]

    def _indices(self, answer: Any) -> np.ndarray:
        """Numbers of an answer's arcs, or a ``ValueError``."""
        found = self._parsed(answer)
        if isinstance(found, str):
            raise ValueError(f"answer: it is {found}")
        if found[1]:
            raise ValueError(f"answer: {found[1][0]!r} is not an arc of the graph")
        return found[0]

    @property
    def _numbers(self) -> dict[Any, int]:
        nodes = self.nodes
        return {(nodes[u], nodes[v]): k for k, (u, v) in enumerate(self.edges.tolist())}

    def _arc(self, number: Any) -> tuple[Hashable, Hashable]:
        u, v = self.edges[number].tolist()
        return self.nodes[u], self.nodes[v]

    def _arcs(self, numbers: np.ndarray) -> frozenset[tuple[Hashable, Hashable]]:
        return frozenset(self._arc(k) for k in numbers.tolist())
