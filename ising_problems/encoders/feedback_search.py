"""Greedy steps to small feedback vertex sets: lines along the arcs, or forests, that grow and exchange nodes.

Functions work on positions and are deterministic; the work is bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from .forests import find
from .order_search import order_without

__all__ = ["feedback_nodes", "forest_complement"]

_PLATEAU = 100  # exchanges that gain nothing, after the last gain
_REST = 7  # steps for which a node that moved is not pushed out
_WORK = 500_000  # moves times size of the graph: about a second


def feedback_nodes(num_nodes: int, arcs: np.ndarray, removed: Sequence[int]) -> list[int]:
    """Nodes without which the arcs are acyclic; no more than ``removed`` where that is enough.

    What is kept stands in a line.  A node comes in right after the last of its predecessors in the line or right before
    the first of its successors there, and those on its wrong side go out: the moves of P. Galinier, E. Lemamou and
    M. W. Bouzidi, "Applying local search to the feedback vertex set problem" (2013).  Moves that push out no one are
    made at once, those that push out one as long as a bounded number of them has not led to a gain.
    """
    before: list[list[int]] = [[] for _ in range(num_nodes)]
    after: list[list[int]] = [[] for _ in range(num_nodes)]
    for u, v in arcs.tolist():
        after[u].append(v)
        before[v].append(u)
    out = set(removed)
    start = order_without(num_nodes, [(u, v, 1.0) for u, v in arcs.tolist() if u not in out and v not in out])
    line: list[int] = []
    place: dict[int, int] = {}
    for node in start:
        if node not in out and not any(v in place for v in after[node]):  # no arc back into the line
            place[node] = len(line)
            line.append(node)
    line = _filled(line, before, after)
    place = {v: i for i, v in enumerate(line)}

    best = list(line)
    moved = [0] * num_nodes
    idle = 0
    for step in range(1, _steps(num_nodes, len(arcs)) + 1):
        choice: tuple[int, int, int, int, list[int]] | None = None
        for node in range(num_nodes):
            if node in place:
                continue
            last = 1 + max((place[u] for u in before[node] if u in place), default=-1)
            first = min((place[v] for v in after[node] if v in place), default=len(line))
            for at in {last, first}:
                pushed = [v for v in after[node] if place.get(v, at) < at]
                pushed += [u for u in before[node] if place.get(u, -1) >= at and u not in pushed]
                if len(pushed) < 2 and not any(moved[v] > step - _REST for v in pushed if moved[v]):
                    found = (len(pushed), moved[node], node, at, pushed)
                    choice = found if choice is None or found[:4] < choice[:4] else choice
            if choice is not None and choice[0] == 0:
                break
        if choice is None:  # all that could go out came just now
            idle += 1
            if idle > _PLATEAU:
                break
            continue
        _, _, node, at, pushed = choice
        line.insert(at, node)
        for other in pushed:
            line.remove(other)
            moved[other] = step
        moved[node] = step
        place = {v: i for i, v in enumerate(line)}
        idle = 0 if len(line) > len(best) else idle + 1
        if len(line) > len(best):
            best = list(line)
        elif idle > _PLATEAU:
            break
    keep = set(_filled(best, before, after))
    return [v for v in range(num_nodes) if v not in keep]


def _filled(line: list[int], before: list[list[int]], after: list[list[int]]) -> list[int]:
    """The line with every node more that closes no cycle with it, those of few arcs first."""
    place = {v: i for i, v in enumerate(line)}
    for node in sorted(range(len(before)), key=lambda v: (len(before[v]) * len(after[v]), v)):
        if node in place:
            continue
        last = 1 + max((place[u] for u in before[node] if u in place), default=-1)
        # what the node reaches before its last predecessor moves behind the node, or closes a cycle
        behind: set[int] = set()
        stack = [node]
        while stack:
            for v in after[stack.pop()]:
                if v not in behind and place.get(v, last) < last:
                    behind.add(v)
                    stack.append(v)
        if behind.isdisjoint(before[node]):
            early = line[:last]
            moved = [v for v in early if v in behind]
            line = [*(v for v in early if v not in behind), node, *moved, *line[last:]]
            place = {v: i for i, v in enumerate(line)}
    return line


def forest_complement(num_nodes: int, edges: np.ndarray, removed: Sequence[int]) -> list[int]:
    """Nodes without which the edges are a forest; no more than ``removed`` where that is enough.

    A node comes back where its neighbours lie in different trees, or where they would if one node of a tree went out;
    such exchanges are made as long as a bounded number of them has not led to a gain.
    """
    beside: list[list[int]] = [[] for _ in range(num_nodes)]
    for u, v in edges.tolist():
        beside[u].append(v)
        beside[v].append(u)
    out = set(removed)
    kept: set[int] = set()
    leader = list(range(num_nodes))

    for node in sorted(range(num_nodes), key=lambda v: (v in out, len(beside[v]), v)):
        trees = [find(leader, other) for other in beside[node] if other in kept]
        if len(set(trees)) == len(trees):
            kept.add(node)
            for tree in trees:
                leader[tree] = node

    best = set(kept)
    moved = [0] * num_nodes
    idle = 0
    for step in range(1, _steps(num_nodes, len(edges)) + 1):
        parent, depth, root = _rooted(kept, beside, num_nodes)
        choice: tuple[int, int, int, int] | None = None
        for node in range(num_nodes):
            if node in kept:
                continue
            blocking = _blocking([v for v in beside[node] if v in kept], parent, depth, root)
            if blocking is None:
                choice = (-1, 0, node, -1)
                break
            for other in blocking:
                if not moved[other] or moved[other] <= step - _REST:
                    found = (moved[node], moved[other], node, other)
                    choice = found if choice is None or found < choice else choice
        if choice is None:  # all that could go out came just now
            idle += 1
            if idle > _PLATEAU:
                break
            continue
        _, _, node, other = choice
        kept.add(node)
        moved[node] = step
        if other >= 0:
            kept.remove(other)
            moved[other] = step
        idle = 0 if len(kept) > len(best) else idle + 1
        if len(kept) > len(best):
            best = set(kept)
        elif idle > _PLATEAU:
            break
    return [v for v in range(num_nodes) if v not in best]


def _steps(num_nodes: int, num_edges: int) -> int:
    """How many moves are made at most."""
    return min(40 * num_nodes, _WORK // (1 + num_nodes + num_edges))


def _rooted(kept: set[int], beside: list[list[int]], num_nodes: int) -> tuple[list[int], list[int], list[int]]:
    """Parent (-1 for roots), depth and root of every node of a forest."""
    parent, depth, tree = [-1] * num_nodes, [0] * num_nodes, [-1] * num_nodes
    for root in kept:
        if tree[root] >= 0:
            continue
        tree[root] = root
        stack = [root]
        while stack:
            node = stack.pop()
            for other in beside[node]:
                if tree[other] < 0 and other in kept:
                    parent[other], depth[other], tree[other] = node, depth[node] + 1, root
                    stack.append(other)
    return parent, depth, tree


def _blocking(ends: list[int], parent: list[int], depth: list[int], tree: list[int]) -> list[int] | None:
    """Nodes any of which, gone, would leave all ends in different trees; ``None`` where they are already."""
    of_tree: dict[int, list[int]] = {}
    for end in ends:
        of_tree.setdefault(tree[end], []).append(end)
    crowded = [group for group in of_tree.values() if len(group) > 1]
    if not crowded:
        return None
    if len(crowded) > 1:
        return []
    common: list[int] | None = None
    for one, other in combinations(crowded[0], 2):
        path = _path(one, other, parent, depth)
        common = path if common is None else [node for node in common if node in path]
        if not common:
            break
    return common or []


def _path(one: int, other: int, parent: list[int], depth: list[int]) -> list[int]:
    """Nodes of the path between two nodes of a tree, ends included."""
    path = []
    while one != other:
        if depth[one] < depth[other]:
            one, other = other, one
        path.append(one)
        one = parent[one]
    return [*path, one]
