"""Greedy steps to small feedback sets: orders of nodes improved by moving single ones, forests grown and swapped.

All functions work on positions and are deterministic; the work is bounded by rounds.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from .forests import find

__all__ = ["feedback_nodes", "forest_complement", "improved_order", "order_without"]

_ROUNDS = 20  # passes over all nodes; orders of some hundred nodes settle within ten
_PLATEAU = 60  # exchanges that gain nothing, after the last gain
_REST = 7  # steps for which a node that moved is not pushed out
_WORK = 500_000  # moves times size of the graph: about a second


def order_without(num_nodes: int, arcs: Sequence[tuple[int, int, float]]) -> list[int]:
    """Order of the nodes with few backward arcs; none where the arcs are acyclic.

    Sinks go last, sources first, and if there are none the node of greatest outward surplus goes first: P. Eades,
    X. Lin and W. F. Smyth, "A fast and effective heuristic for the feedback arc set problem" (1993).
    """
    before: list[list[tuple[int, float]]] = [[] for _ in range(num_nodes)]
    after: list[list[tuple[int, float]]] = [[] for _ in range(num_nodes)]
    surplus = [0.0] * num_nodes
    for u, v, w in arcs:
        after[u].append((v, w))
        before[v].append((u, w))
        surplus[u] += w
        surplus[v] -= w
    into, out = [len(b) for b in before], [len(a) for a in after]
    gone = [False] * num_nodes
    sources = [v for v in range(num_nodes) if not into[v]]
    sinks = [v for v in range(num_nodes) if not out[v]]
    queue = [(-surplus[v], v) for v in range(num_nodes)]
    heapq.heapify(queue)
    first: list[int] = []
    last: list[int] = []
    for _ in range(num_nodes):
        while sources and gone[sources[-1]]:
            sources.pop()
        while sinks and gone[sinks[-1]]:
            sinks.pop()
        if sinks:
            node = sinks.pop()
            last.append(node)
        elif sources:
            node = sources.pop()
            first.append(node)
        else:
            while gone[queue[0][1]] or -queue[0][0] != surplus[queue[0][1]]:
                heapq.heappop(queue)
            node = heapq.heappop(queue)[1]
            first.append(node)
        gone[node] = True
        for others, count, empty, sign in ((after, into, sources, 1.0), (before, out, sinks, -1.0)):
            for other, w in others[node]:
                if not gone[other]:
                    count[other] -= 1
                    surplus[other] += sign * w
                    heapq.heappush(queue, (-surplus[other], other))
                    if not count[other]:
                        empty.append(other)
    return first + last[::-1]


def improved_order(num_nodes: int, arcs: Sequence[tuple[int, int, float]], order: list[int]) -> list[int]:
    """Order of no greater backward weight: every node moves to its best place in turn, while that gains.

    The price of a place changes only beside the node's neighbours, so a move is found in O(d log d) and made in O(N).
    """
    outward: list[dict[int, float]] = [{} for _ in range(num_nodes)]  # price of coming after each neighbour
    for u, v, w in arcs:
        outward[u][v] = outward[u].get(v, 0.0) + w
        outward[v][u] = outward[v].get(u, 0.0) - w
    order = list(order)
    rank = [0] * num_nodes
    for place, node in enumerate(order):
        rank[node] = place
    for _ in range(_ROUNDS):
        gained = False
        for node in range(num_nodes):
            if not outward[node]:
                continue
            here = rank[node]
            # price of coming right after the first i neighbours, less the price of coming before all
            price = best = now = 0.0
            target = -1  # the place after which to insert
            for place, w in sorted((rank[other], w) for other, w in outward[node].items()):
                price += w
                if place < here:
                    now = price
                if price < best:
                    best, target = price, place
            if best < now - 1e-12 * max(1.0, abs(now)):
                gained = True
                del order[here]
                there = target + 1 if target < here else target
                order.insert(there, node)
                for place in range(min(here, there), max(here, there) + 1):
                    rank[order[place]] = place
        if not gained:
            break
    return order


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
        if choice is None:
            break
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
    keep = set(best)
    return [v for v in range(num_nodes) if v not in keep]


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
        if choice is None:
            break
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
