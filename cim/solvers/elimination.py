"""Kernels of the exact reduction: spins are taken out of a graph one by one, and put back in the reverse order.

Edges are pairs of half-edges 2k and 2k+1 in doubly linked lists, one list for each vertex: an edge is taken out in
constant time, and a vertex is eliminated with as many new edges as it had, at most, so that theirs are used again.
The rules are those of :mod:`cim.solvers.reduction`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from landscapes.jit import inlined, kernel

__all__ = ["eliminate", "expand"]


@inlined
def _unlink(e: int, heads: np.ndarray, following: np.ndarray, previous: np.ndarray, owner: int) -> None:
    """Take half-edge e out of its owner's list."""
    after = following[e]
    before = previous[e]
    if before >= 0:
        following[before] = after
    else:
        heads[owner] = after
    if after >= 0:
        previous[after] = before


@inlined
def _link(e: int, heads: np.ndarray, following: np.ndarray, previous: np.ndarray, owner: int) -> None:
    """Put half-edge e at the head of its owner's list."""
    first = heads[owner]
    following[e] = first
    previous[e] = -1
    if first >= 0:
        previous[first] = e
    heads[owner] = e


@kernel
def _remove(
    e: int,
    a: int,
    heads: np.ndarray,
    following: np.ndarray,
    previous: np.ndarray,
    target: np.ndarray,
    degree: np.ndarray,
    free: np.ndarray,
) -> None:
    """Take the edge of half-edge e, which a owns, out of both lists; free[0] counts the free edges that follow it."""
    b = target[e]
    _unlink(e, heads, following, previous, a)
    _unlink(e ^ 1, heads, following, previous, b)
    degree[a] -= 1
    degree[b] -= 1
    free[0] += 1
    free[free[0]] = e >> 1
    target[e] = -1
    target[e ^ 1] = -1


@kernel
def _add(
    a: int,
    b: int,
    weight: float,
    heads: np.ndarray,
    following: np.ndarray,
    previous: np.ndarray,
    target: np.ndarray,
    weights: np.ndarray,
    degree: np.ndarray,
    free: np.ndarray,
    h: np.ndarray,
) -> None:
    """Add a coupling between a and b; -1 stands for the fixed spin, whose couplings are fields."""
    if weight == 0.0:
        return
    if a < 0:
        h[b] += weight
        return
    if b < 0:
        h[a] += weight
        return
    if degree[b] < degree[a]:
        a, b = b, a
    e = heads[a]
    while e >= 0 and target[e] != b:
        e = following[e]
    if e >= 0:
        total = weights[e] + weight
        if total == 0.0:
            _remove(e, a, heads, following, previous, target, degree, free)
        else:
            weights[e] = total
            weights[e ^ 1] = total
        return
    edge = free[free[0]]
    free[0] -= 1
    e = 2 * edge
    target[e], target[e ^ 1] = b, a
    weights[e] = weight
    weights[e ^ 1] = weight
    _link(e, heads, following, previous, a)
    _link(e ^ 1, heads, following, previous, b)
    degree[a] += 1
    degree[b] += 1


@kernel
def eliminate(
    starts: np.ndarray, columns: np.ndarray, values: np.ndarray, h: np.ndarray, most_neighbours: int
) -> tuple:
    """Apply the rules until none fits; h becomes the fields of what is left.

    Returns
    -------
    alive : which spins are left
    rows, others, weights : their couplings, each pair once
    order, neighbours, star, star_fields : of each spin eliminated, in order, what :func:`expand` needs
    constant : energy that the rules have taken out
    """
    n = h.shape[0]
    edges = columns.shape[0] // 2
    heads = np.full(n, -1, np.int64)
    following = np.full(2 * edges, -1, np.int64)
    previous = np.full(2 * edges, -1, np.int64)
    target = np.full(2 * edges, -1, np.int64)
    weights = np.zeros(2 * edges)
    degree = np.zeros(n, np.int64)
    free = np.zeros(edges + 2, np.int64)
    edge = 0
    e: Any = 0
    weight: Any = 0.0
    for i in range(n):
        for k in range(starts[i], starts[i + 1]):
            j = columns[k]
            if j <= i or values[k] == 0.0:
                continue
            e = 2 * edge
            target[e], target[e ^ 1] = j, i
            weights[e] = values[k]
            weights[e ^ 1] = values[k]
            _link(e, heads, following, previous, i)
            _link(e ^ 1, heads, following, previous, j)
            degree[i] += 1
            degree[j] += 1
            edge += 1
    alive = np.ones(n, np.bool_)
    waiting = np.ones(n, np.bool_)
    stack = np.arange(n - 1, -1, -1)
    height = n
    order = np.empty(n, np.int64)
    neighbours = np.full((n, 3), -1, np.int64)
    star = np.zeros((n, 3))
    star_fields = np.zeros(n)
    gone = 0
    constant: Any = 0.0
    around = np.empty(3, np.int64)
    couplings = np.empty(3)
    while height > 0:
        height -= 1
        v = stack[height]
        waiting[v] = False
        few = degree[v] + (h[v] != 0.0) <= 3
        total, largest, strongest = 0.0, 0.0, -1
        e = heads[v]
        while e >= 0:
            size = abs(weights[e])
            total += size
            if size > largest:
                largest, strongest = size, e
            e = following[e]
        field = abs(h[v])
        fixed = field >= total
        merged = not fixed and not few and degree[v] <= most_neighbours and largest >= total - largest + field
        if not (few or fixed or merged):
            continue
        e = heads[v]  # whoever loses a neighbour is looked at again
        while e >= 0:
            b = target[e]
            if not waiting[b]:
                waiting[b] = True
                stack[height] = b
                height += 1
            e = following[e]
        alive[v] = False
        order[gone] = v
        if fixed:
            star_fields[gone] = h[v]
            sign = -1.0 if h[v] < 0.0 else 1.0
            constant -= field
            while heads[v] >= 0:
                e = heads[v]
                h[target[e]] += sign * weights[e]
                _remove(e, v, heads, following, previous, target, degree, free)
        elif merged:
            b = target[strongest]
            neighbours[gone, 0] = b
            star[gone, 0] = weights[strongest]
            sign = -1.0 if weights[strongest] < 0.0 else 1.0
            constant -= largest
            h[b] += sign * h[v]
            _remove(strongest, v, heads, following, previous, target, degree, free)
            while heads[v] >= 0:
                e = heads[v]
                other = target[e]
                weight = sign * weights[e]
                _remove(e, v, heads, following, previous, target, degree, free)
                _add(b, other, weight, heads, following, previous, target, weights, degree, free, h)
        else:
            count = 0
            while heads[v] >= 0:
                e = heads[v]
                around[count] = target[e]
                couplings[count] = weights[e]
                neighbours[gone, count] = target[e]
                star[gone, count] = weights[e]
                count += 1
                _remove(e, v, heads, following, previous, target, degree, free)
            star_fields[gone] = h[v]
            if h[v] != 0.0:
                around[count] = -1
                couplings[count] = h[v]
                count += 1
            for k in range(count, 3):
                couplings[k] = 0.0
            x, y, z = couplings[0], couplings[1], couplings[2]
            none, first = abs(x + y + z), abs(-x + y + z)
            second, third = abs(x - y + z), abs(x + y - z)
            constant -= 0.25 * (none + first + second + third)
            for pair in range(3):
                one, two = (0, 1) if pair == 0 else ((0, 2) if pair == 1 else (1, 2))
                if two < count:
                    aligned = third if pair == 0 else (second if pair == 1 else first)
                    weight = 0.25 * (2.0 * (none + aligned) - (none + first + second + third))
                    _add(
                        around[one], around[two], weight,
                        heads, following, previous, target, weights, degree, free, h,
                    )  # fmt: skip
        gone += 1
    left = edges - free[0]
    rows = np.empty(left, np.int64)
    others = np.empty(left, np.int64)
    kept = np.empty(left)
    count = 0
    for edge in range(edges):
        if target[2 * edge] >= 0:
            rows[count] = target[2 * edge + 1]
            others[count] = target[2 * edge]
            kept[count] = weights[2 * edge]
            count += 1
    return (
        alive, rows[:count], others[:count], kept[:count],
        order[:gone].copy(), neighbours[:gone].copy(), star[:gone].copy(), star_fields[:gone].copy(), constant,
    )  # fmt: skip


@kernel
def expand(
    order: np.ndarray, neighbours: np.ndarray, weights: np.ndarray, fields: np.ndarray, spins: np.ndarray
) -> None:
    """Set eliminated spins, the last one first, along their local fields; spins (n,), in place."""
    for k in range(order.shape[0] - 1, -1, -1):
        total: Any = fields[k]
        for place in range(3):
            other = neighbours[k, place]
            if other >= 0:
                total += weights[k, place] * spins[other]
        spins[order[k]] = np.int8(-1) if total < 0.0 else np.int8(1)
