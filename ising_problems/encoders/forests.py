"""Forests of undirected graphs by position: joined sets, bridges, cycles, and trees from their roots outward."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import numpy as np

__all__ = ["bridges", "find", "find_undirected_cycle", "merged", "spanning_forest"]


def find(leader: list[int], node: int) -> int:
    """Representative of a node's set in a union-find structure, whose paths are halved on the way."""
    while leader[node] != node:
        leader[node] = leader[leader[node]]
        node = leader[node]
    return node


def merged(leader: list[int], u: int, v: int) -> bool:
    """Whether the sets of two nodes were different; they are one afterwards."""
    u, v = find(leader, u), find(leader, v)
    leader[u] = v
    return u != v


def _incidence(num_nodes: int, edges: np.ndarray) -> list[list[tuple[int, int]]]:
    """Neighbours of each node, with the numbers of the edges."""
    beside: list[list[tuple[int, int]]] = [[] for _ in range(num_nodes)]
    for k, (u, v) in enumerate(edges.tolist()):
        beside[u].append((v, k))
        beside[v].append((u, k))
    return beside


def bridges(num_nodes: int, edges: np.ndarray) -> np.ndarray:
    """Which edges lie on no cycle; bool, shape (num_edges,).

    By depth-first search: a tree edge is one unless an edge joins what lies below it with what lies above.
    """
    beside = _incidence(num_nodes, edges)
    found = np.zeros(len(edges), dtype=bool)
    seen = [-1] * num_nodes
    low = [0] * num_nodes  # earliest node that what lies below can reach
    time = 0
    for root in range(num_nodes):
        if seen[root] >= 0:
            continue
        seen[root] = low[root] = time
        time += 1
        stack = [(root, -1, iter(beside[root]))]
        while stack:
            node, came_by, rest = stack[-1]
            for other, k in rest:
                if k == came_by:
                    continue
                if seen[other] >= 0:
                    low[node] = min(low[node], seen[other])
                    continue
                seen[other] = low[other] = time
                time += 1
                stack.append((other, k, iter(beside[other])))
                break
            else:
                stack.pop()
                if stack:
                    above = stack[-1][0]
                    low[above] = min(low[above], low[node])
                    if low[node] > seen[above]:
                        found[came_by] = True
    return found


def spanning_forest(
    num_nodes: int, edges: np.ndarray, roots: Iterable[int] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Parent of each node (-1 for roots) and its rank, from the roots outward breadth first; int64, (num_nodes,) each.

    Trees grow from ``roots`` first, then from the nodes that were not reached, in order.
    """
    beside = _incidence(num_nodes, edges)
    parent = np.full(num_nodes, -1, dtype=np.int64)
    rank = np.full(num_nodes, -1, dtype=np.int64)
    count = 0
    for root in (*(roots or ()), *range(num_nodes)):
        if rank[root] >= 0:
            continue
        rank[root] = count
        count += 1
        queue = deque([root])
        while queue:
            node = queue.popleft()
            for other, _ in beside[node]:
                if rank[other] < 0:
                    parent[other], rank[other] = node, count
                    count += 1
                    queue.append(other)
    return parent, rank


def find_undirected_cycle(num_nodes: int, edges: np.ndarray) -> list[int]:
    """Positions along one cycle, of edges that have one: the first in the order of the edges to close one."""
    beside: list[dict[int, None]] = [{} for _ in range(num_nodes)]
    leader = list(range(num_nodes))
    for u, v in edges.tolist():
        if not merged(leader, u, v):
            before = {u: u}
            queue = deque([u])
            while v not in before:
                node = queue.popleft()
                for other in beside[node]:
                    if other not in before:
                        before[other] = node
                        queue.append(other)
            cycle = [v]
            while cycle[-1] != u:
                cycle.append(before[cycle[-1]])
            return cycle[::-1]
        beside[u][v] = beside[v][u] = None
    raise ValueError("edges: they close no cycle")
