"""Spanning trees within a degree limit by exchanges of single edges; positions only, deterministic."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .forests import merged, spanning_forest

__all__ = ["degree_constrained_tree"]

_WORK = 3_000_000  # steps along paths of the tree: about a second


def degree_constrained_tree(
    num_nodes: int, edges: np.ndarray, weights: np.ndarray, max_degree: int, start: Sequence[int]
) -> set[int]:
    """Numbers of the edges of a spanning tree: few edges above the limit at any node first, then a low cost.

    The edges of ``start`` are taken first, so a tree within the limit stays one and does not become dearer.
    """
    ends, cost = edges.tolist(), weights.tolist()
    chosen = set(start)
    by_cost = sorted(range(len(ends)), key=lambda k: (cost[k], k))
    leader = list(range(num_nodes))
    degree = [0] * num_nodes
    tree: set[int] = set()
    for limit in (max_degree, num_nodes):
        for k in [k for k in by_cost if k in chosen] + [k for k in by_cost if k not in chosen]:
            u, v = ends[k]
            if k not in tree and degree[u] < limit and degree[v] < limit and merged(leader, u, v):
                tree.add(k)
                degree[u] += 1
                degree[v] += 1

    work = 0
    improved = True
    while improved and work < _WORK:
        improved = False
        parent, depth, above = _rooted(num_nodes, edges, tree)
        for k in by_cost:
            if k in tree:
                continue
            u, v = ends[k]
            best = (0, 0.0, -1)
            a, b = u, v
            while a != b:  # along the path between the ends
                if depth[a] < depth[b]:
                    a, b = b, a
                f = above[a]
                change = (_excess(degree, max_degree, (u, v), ends[f]), cost[k] - cost[f], f)
                if change[:2] < best[:2]:
                    best = change
                a = parent[a]
                work += 1
            if best[2] >= 0:
                improved = True
                for node, step in ((u, 1), (v, 1), (ends[best[2]][0], -1), (ends[best[2]][1], -1)):
                    degree[node] += step
                tree.remove(best[2])
                tree.add(k)
                parent, depth, above = _rooted(num_nodes, edges, tree)
                work += num_nodes
            if work >= _WORK:
                break
    return tree


def _excess(degree: list[int], limit: int, added: tuple[int, int], removed: Sequence[int]) -> int:
    """Change of the number of edges above the limit."""
    change = 0
    for node in {*added, *removed}:
        now = degree[node]
        then = now + (node in added) - (node in removed)
        change += max(0, then - limit) - max(0, now - limit)
    return change


def _rooted(num_nodes: int, edges: np.ndarray, tree: set[int]) -> tuple[list[int], list[int], list[int]]:
    """Parent, depth and edge to the parent of every node of a spanning tree."""
    numbers = sorted(tree)
    parent_array, rank = spanning_forest(num_nodes, edges[numbers])
    parent = parent_array.tolist()
    depth, above = [0] * num_nodes, [-1] * num_nodes
    for node in np.argsort(rank).tolist():
        if parent[node] >= 0:
            depth[node] = depth[parent[node]] + 1
    for k, (u, v) in zip(numbers, edges[numbers].tolist(), strict=True):
        above[u if parent[u] == v else v] = k
    return parent, depth, above
