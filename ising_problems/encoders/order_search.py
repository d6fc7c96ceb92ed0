"""Orders of nodes with little backward weight: one found greedily, and one improved by moving single nodes.

Functions work on positions and are deterministic; the work is bounded.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Sequence

__all__ = ["improved_order", "order_without", "tightened_order"]

_ROUNDS = 20  # passes over all nodes; orders of some hundred nodes settle within ten
_KICKS = 60  # times that an order is disturbed and improved again
_KICKED = 3  # nodes that are moved each time
_KICK_WORK = 40_000  # kicks times size of the graph: about 0.1 s


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
    """Order of no greater backward weight: single nodes move to better places, also after a few were moved at random.

    The same arguments give the same order.
    """
    outward: list[dict[int, float]] = [{} for _ in range(num_nodes)]  # price of coming after each neighbour
    for u, v, w in arcs:
        outward[u][v] = outward[u].get(v, 0.0) + w
        outward[v][u] = outward[v].get(u, 0.0) - w
    movable = [node for node in range(num_nodes) if outward[node]]
    best, _ = _descended(list(order), outward, movable)
    rng = random.Random(0)
    for _ in range(min(_KICKS, _KICK_WORK // (1 + num_nodes + len(arcs))) if movable else 0):
        trial, change = list(best), 0.0
        for node in rng.sample(movable, min(_KICKED, len(movable))):
            change += _moved(trial, outward[node], node, rng.randrange(num_nodes))
        trial, gain = _descended(trial, outward, movable)
        if change < gain - 1e-9 * abs(gain):
            best = trial
    return best


def _moved(order: list[int], outward: dict[int, float], node: int, there: int) -> float:
    """Move a node to a place and return by how much the backward weight rises."""
    here = order.index(node)
    del order[here]
    order.insert(there, node)
    passed = order[here:there] if there > here else order[there + 1 : here + 1]
    change = sum(outward.get(other, 0.0) for other in passed)
    return change if there > here else -change


def _descended(order: list[int], outward: list[dict[int, float]], movable: list[int]) -> tuple[list[int], float]:
    """Every node moves to its best place in turn, while that gains; the order, changed in place, and the gain.

    The price of a place changes only beside the node's neighbours, so a move is found in O(d log d) and made in O(N).
    """
    rank = [0] * len(order)
    for place, node in enumerate(order):
        rank[node] = place
    scale = {node: sum(map(abs, outward[node].values())) for node in movable}
    total = 0.0
    for _ in range(_ROUNDS):
        gained = False
        for node in movable:
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
            if best < now - 1e-12 * scale[node]:
                gained = True
                total += now - best
                del order[here]
                there = target + 1 if target < here else target
                order.insert(there, node)
                for place in range(min(here, there), max(here, there) + 1):
                    rank[order[place]] = place
        if not gained:
            break
    return order, total


def tightened_order(num_nodes: int, arcs: Sequence[tuple[int, int, float]], order: list[int]) -> list[int]:
    """Order whose backward arcs are among the order's, and each of which closes a cycle with the forward ones.

    Backward arcs are turned forward, the heaviest first, where that closes no cycle: what can be reached from the head
    moves behind the tail.
    """
    order = list(order)
    rank = [0] * num_nodes
    for place, node in enumerate(order):
        rank[node] = place
    after: list[list[int]] = [[] for _ in range(num_nodes)]
    for u, v, _ in arcs:
        if rank[u] < rank[v]:
            after[u].append(v)
    backward = [(u, v, w) for u, v, w in arcs if rank[u] > rank[v]]
    for u, v, _ in sorted(backward, key=lambda arc: -arc[2]):
        start, end = rank[v], rank[u] + 1
        if start < end:
            reached = {v}
            stack = [v]
            while stack and u not in reached:
                for other in after[stack.pop()]:
                    if other not in reached and rank[other] < end:
                        reached.add(other)
                        stack.append(other)
            if u in reached:
                continue
            stretch = order[start:end]
            order[start:end] = [x for x in stretch if x not in reached] + [x for x in stretch if x in reached]
            for place in range(start, end):
                rank[order[place]] = place
        after[u].append(v)
    return order
