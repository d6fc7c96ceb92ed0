r"""Exact reduction: spins that can be eliminated without giving up the ground state.

Three rules, applied until none fits; an eliminated spin follows from its neighbours' when the answer is expanded.

1. *Few neighbours.*  The minimum over :math:`s_v` of :math:`-s_v (J_1 a + J_2 b + J_3 c)` is
   :math:`-|J_1 a + J_2 b + J_3 c|`, an even function of three signs.  Such a function has four values, and is exactly
   :math:`-(K + J_{ab}\, ab + J_{ac}\, ac + J_{bc}\, bc)` with, for :math:`e_0 = |J_1 + J_2 + J_3|`,
   :math:`e_a = |-J_1 + J_2 + J_3|` and so on,

   .. math:: K = \tfrac14(e_0 + e_a + e_b + e_c), \qquad J_{ab} = \tfrac14(e_0 + e_c - e_a - e_b), \ \ldots

   So a vertex of degree three turns into a triangle, one of degree two into an edge, and a leaf into a constant.  A
   field counts as one more neighbour, a spin fixed at +1.
2. *A dominant field.*  Where :math:`|h_v| \ge \sum_j |J_{vj}|`, :math:`s_v = \operatorname{sign} h_v`.
3. *A dominant coupling.*  Where :math:`|J_{vb}| \ge \sum_{j \ne b} |J_{vj}| + |h_v|`,
   :math:`s_v = \operatorname{sign}(J_{vb})\, s_b`: the two spins become one.

What is left falls into connected components, and each is tested for frustration: if a gauge
:math:`g_i \in \{\pm1\}` makes every :math:`J_{ij} g_i g_j` and every :math:`h_i g_i` non-negative, it is a ground
state (Toulouse, Commun. Phys. 2, 115, 1977).

Rule 1 is the star-triangle transformation of the Ising model (Onsager; Fisher, Phys. Rev. 113, 969, 1959) at zero
temperature.  Whole couplings turn into multiples of a half, a quarter and so on, which float64 holds exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ising_problems import IsingModel
from landscapes.jit import inlined, kernel

__all__ = ["Component", "Reduction", "reduce_model"]

_MOST_NEIGHBOURS = 64  # beyond it a vertex is not looked at for a dominant coupling: moving its edges would cost more
_LARGEST_MATRIX = 4_000_000  # entries; a larger full matrix is hardly ever reduced, and its lists would take memory


@dataclass(frozen=True)
class Component:
    """A connected part of what the reduction left.

    Attributes
    ----------
    spins : numpy.ndarray of int
        Which spins of the model it consists of.
    model : IsingModel
        On those spins, in that order; without an offset.
    solution : numpy.ndarray of int8, or None
        Its ground state, where it is not frustrated.
    """

    spins: np.ndarray
    model: IsingModel
    solution: np.ndarray | None


@dataclass(frozen=True)
class Reduction:
    """A model without the spins that could be eliminated.

    Attributes
    ----------
    num_spins : int
        Of the model itself.
    components : tuple of Component
        The largest first; none where the reduction has solved the model.
    constant : float
        Energy of the model, without its offset, less that of the components, at the best of the eliminated spins.
    """

    num_spins: int
    components: tuple[Component, ...]
    constant: float
    _order: np.ndarray  # of elimination
    _neighbours: np.ndarray  # (eliminated, 3), -1 where there is none
    _weights: np.ndarray  # (eliminated, 3)
    _fields: np.ndarray

    @property
    def num_eliminated(self) -> int:
        """Spins that the components do not hold."""
        return len(self._order)

    def expand(self, spins: np.ndarray) -> None:
        """Set the eliminated spins of a configuration to their best, given the others; int8, shape (n,), in place."""
        _expand(self._order, self._neighbours, self._weights, self._fields, spins)


def reduce_model(model: IsingModel, largest_group: int | None = None) -> Reduction:
    """Eliminate what can be, and split the rest into components.

    Parameters
    ----------
    model : IsingModel
    largest_group : int, optional
        Separate at most so many components that are frustrated; all smaller ones together form one more.

    Returns
    -------
    Reduction
    """
    import scipy.sparse as sp

    n = model.num_spins
    none = np.empty(0, dtype=np.int64)
    without_offset = model if model.offset == 0 else IsingModel(model.J, model.h)
    whole = Reduction(
        n,
        (Component(np.arange(n), without_offset, None),),
        0.0,
        none,
        np.empty((0, 3), dtype=np.int64),
        np.empty((0, 3)),
        np.empty(0),
    )
    entries = 2 * model.num_couplings
    if entries > _LARGEST_MATRIX and not model.is_sparse:
        return whole
    matrix = model.J if model.is_sparse else sp.csr_array(model.J)
    starts = matrix.indptr.astype(np.int64)
    columns = matrix.indices.astype(np.int64)
    values = matrix.data.astype(np.float64)
    h = model.h.astype(np.float64)
    if _has_candidates(starts, values, h):
        alive, rows, others, weights, order, neighbours, star_weights, star_fields, constant = _eliminate(
            starts, columns, values, h
        )
        kept = np.flatnonzero(alive)
        place = np.full(n, -1, dtype=np.int64)
        place[kept] = np.arange(len(kept))
        upper = sp.coo_array((weights, (place[rows], place[others])), shape=(len(kept), len(kept)))
        matrix = (upper + upper.T).tocsr()
        matrix.sort_indices()
        starts, columns, values = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data
        h = h[kept]
    else:
        order, neighbours, star_weights, star_fields = whole._order, whole._neighbours, whole._weights, whole._fields
        kept, constant = np.arange(n), 0.0
    label, gauge, frustrated = _components(starts, columns, values, h)
    if len(order) == 0 and len(frustrated) == 1 and frustrated[0]:
        return whole
    components = _separate(kept, matrix, h, label, gauge, frustrated, largest_group)
    return Reduction(n, components, float(constant), order, neighbours, star_weights, star_fields)


def _separate(
    kept: np.ndarray,
    matrix: object,
    h: np.ndarray,
    label: np.ndarray,
    gauge: np.ndarray,
    frustrated: np.ndarray,
    largest_group: int | None,
) -> tuple[Component, ...]:
    """Components as models of their own; those without frustration together as one, and it is solved."""
    sizes = np.bincount(label, minlength=len(frustrated))
    order = np.argsort(-sizes, kind="stable")
    hard = order[frustrated[order]]
    group_of = np.full(len(frustrated), -1)  # -1: not frustrated
    group_of[hard] = np.arange(len(hard)) if largest_group is None else np.minimum(np.arange(len(hard)), largest_group)
    group = group_of[label]
    by_group = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[by_group], np.arange(-1, group_of.max(initial=-1) + 2))
    components = []
    for k, (low, high) in enumerate(pairwise(bounds)):
        if low == high:
            continue
        members = np.sort(by_group[low:high])
        model = IsingModel(matrix[members][:, members], h[members])  # type: ignore[index]
        components.append(Component(kept[members], model, gauge[members] if k == 0 else None))
    return tuple(sorted(components, key=lambda component: -len(component.spins)))


def _has_candidates(starts: np.ndarray, values: np.ndarray, h: np.ndarray) -> bool:
    """Whether any rule fits any spin."""
    if len(h) == 0:
        return False
    return bool(_any_rule(starts, np.abs(values), h))


@kernel
def _any_rule(starts: np.ndarray, sizes: np.ndarray, h: np.ndarray) -> bool:
    for v in range(h.shape[0]):
        degree = starts[v + 1] - starts[v]
        if degree + (h[v] != 0.0) <= 3:
            return True
        total, largest = 0.0, 0.0
        for k in range(starts[v], starts[v + 1]):
            total += sizes[k]
            largest = max(largest, sizes[k])
        field = abs(h[v])
        if field >= total or (degree <= _MOST_NEIGHBOURS and largest >= total - largest + field):
            return True
    return False


# ------------------------------------------------------------------ elimination
#
# Edges are pairs of half-edges 2k and 2k+1 in doubly linked lists, one list for each vertex: an edge is taken out in
# constant time, and a vertex is eliminated with as many new edges as it had, at most, so that theirs are used again.


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
def _eliminate(starts: np.ndarray, columns: np.ndarray, values: np.ndarray, h: np.ndarray) -> tuple:
    """Apply the rules until none fits; h becomes the fields of what is left."""
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
    constant = 0.0
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
        merged = not fixed and not few and degree[v] <= _MOST_NEIGHBOURS and largest >= total - largest + field
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
def _expand(
    order: np.ndarray, neighbours: np.ndarray, weights: np.ndarray, fields: np.ndarray, spins: np.ndarray
) -> None:
    for k in range(order.shape[0] - 1, -1, -1):
        total = fields[k]
        for place in range(3):
            other = neighbours[k, place]
            if other >= 0:
                total += weights[k, place] * spins[other]
        spins[order[k]] = np.int8(-1) if total < 0.0 else np.int8(1)


@kernel
def _components(starts: np.ndarray, columns: np.ndarray, values: np.ndarray, h: np.ndarray) -> tuple:
    """Component of each spin, a gauge that satisfies a spanning tree of each, and which components it does not satisfy.

    The gauge of a component with fields is turned so that the first of them is satisfied.
    """
    n = h.shape[0]
    label = np.full(n, -1, np.int64)
    gauge = np.ones(n, np.int8)
    queue = np.empty(n, np.int64)
    frustrated = np.zeros(n, np.bool_)
    count = 0
    for root in range(n):
        if label[root] >= 0:
            continue
        label[root] = count
        queue[0] = root
        done, found = 0, 1
        turn = np.int8(0)
        while done < found:
            i = queue[done]
            done += 1
            if h[i] != 0.0:
                wanted = gauge[i] if h[i] > 0.0 else np.int8(-gauge[i])
                if turn == 0:
                    turn = wanted
                elif turn != wanted:
                    frustrated[count] = True
            for k in range(starts[i], starts[i + 1]):
                j = columns[k]
                if values[k] == 0.0:
                    continue
                aligned = gauge[i] if values[k] > 0.0 else np.int8(-gauge[i])
                if label[j] < 0:
                    label[j] = count
                    gauge[j] = aligned
                    queue[found] = j
                    found += 1
                elif gauge[j] != aligned:
                    frustrated[count] = True
        if turn < 0:
            for k in range(found):
                gauge[queue[k]] = -gauge[queue[k]]
        count += 1
    return label, gauge, frustrated[:count].copy()
