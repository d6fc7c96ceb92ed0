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
from landscapes.jit import kernel

from .elimination import eliminate, expand
from .units import common_unit

__all__ = ["Component", "Reduction", "reduce_model"]

_MOST_NEIGHBOURS = 64  # a vertex with more is not looked at for a dominant coupling: moving its edges would cost more
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
        expand(self._order, self._neighbours, self._weights, self._fields, spins)


def reduce_model(
    model: IsingModel, most_large: int = 16, small: int = 24, most_small: int = 256, eliminating: bool = True
) -> Reduction:
    """Eliminate what can be, and split the rest into components.

    Parameters
    ----------
    model : IsingModel
    most_large, small, most_small : int
        Of the frustrated components separate so many that have more than ``small`` spins, the largest first, and so
        many that have not; all others together form one more.
    eliminating : bool
        Without it the model is only split: for a search that has to know each spin by its place.

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
    if not model.is_sparse and (2 * model.num_couplings > _LARGEST_MATRIX or not _worth_lists(model.J, model.h)):
        return whole
    matrix = model.J if model.is_sparse else sp.csr_array(model.J)
    starts = matrix.indptr.astype(np.int64)
    columns = matrix.indices.astype(np.int64)
    values = matrix.data.astype(np.float64)
    h = model.h.astype(np.float64)
    if eliminating and _has_candidates(starts, values, h):
        # whole numbers while it lasts: what should cancel does, which tenths in binary do not
        unit = common_unit(model) or 1.0
        if unit != 1.0:
            values, h = np.round(values / unit), np.round(h / unit)
        alive, rows, others, weights, order, neighbours, star_weights, star_fields, constant = eliminate(
            starts, columns, values, h, _MOST_NEIGHBOURS
        )
        kept = np.flatnonzero(alive)
        place = np.full(n, -1, dtype=np.int64)
        place[kept] = np.arange(len(kept))
        upper = sp.coo_array((weights, (place[rows], place[others])), shape=(len(kept), len(kept)))
        matrix = ((upper + upper.T) * unit).tocsr()
        matrix.sort_indices()
        starts, columns, values = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data
        h = h[kept] * unit
        constant *= unit
    else:
        order, neighbours, star_weights, star_fields = whole._order, whole._neighbours, whole._weights, whole._fields
        kept, constant = np.arange(n), 0.0
    label, gauge, frustrated = _components(starts, columns, values, h)
    if len(order) == 0 and len(frustrated) == 1 and frustrated[0]:
        return whole
    components = _separate(kept, matrix, h, label, gauge, frustrated, (most_large, small, most_small))
    return Reduction(n, components, float(constant), order, neighbours, star_weights, star_fields)


def _separate(
    kept: np.ndarray,
    matrix: Any,
    h: np.ndarray,
    label: np.ndarray,
    gauge: np.ndarray,
    frustrated: np.ndarray,
    limits: tuple[int, int, int],
) -> tuple[Component, ...]:
    """Components as models of their own; those without frustration together as one, and it is solved."""
    sizes = np.bincount(label, minlength=len(frustrated))
    order = np.argsort(-sizes, kind="stable")
    most_large, small, most_small = limits
    group_of = np.full(len(frustrated), -1)  # -1: not frustrated
    hard = order[frustrated[order]]
    group_of[hard] = 0  # 0: the rest
    alone = np.concatenate([hard[sizes[hard] > small][:most_large], hard[sizes[hard] <= small][:most_small]])
    group_of[alone] = 1 + np.arange(len(alone))
    group = group_of[label]
    by_group = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[by_group], np.arange(-1, group_of.max(initial=-1) + 2))
    components = []
    for k, (low, high) in enumerate(pairwise(bounds)):
        if low == high:
            continue
        members = np.sort(by_group[low:high])
        model = IsingModel(matrix[members][:, members], h[members])
        components.append(Component(kept[members], model, gauge[members] if k == 0 else None))
    return tuple(sorted(components, key=lambda component: -len(component.spins)))


def _has_candidates(starts: np.ndarray, values: np.ndarray, h: np.ndarray) -> bool:
    """Whether any rule fits any spin."""
    if len(h) == 0:
        return False
    return bool(_any_rule(starts, np.abs(values), h))


@kernel
def _worth_lists(matrix: np.ndarray, h: np.ndarray) -> bool:
    """Whether anything is to be gained on a full matrix: a rule fits, or it is not connected, or not frustrated."""
    n = h.shape[0]
    for v in range(n):
        row = matrix[v]
        degree, total, largest = 0, 0.0, 0.0
        for j in range(n):
            size = abs(np.float64(row[j]))
            degree += size != 0.0
            total += size
            largest = max(largest, size)
        field = abs(np.float64(h[v]))
        if degree + (field != 0.0) <= 3 or field >= total:
            return True
        if degree <= _MOST_NEIGHBOURS and largest >= total - largest + field:
            return True
    gauge = np.zeros(n, np.int8)  # 0: not reached yet
    queue = np.empty(n, np.int64)
    gauge[0], queue[0] = 1, 0
    done, found = 0, 1
    turn = np.int8(0)
    frustrated = False
    while done < found and not (frustrated and found == n):
        i = queue[done]
        done += 1
        row = matrix[i]
        if h[i] != 0:
            wanted = gauge[i] if h[i] > 0 else np.int8(-gauge[i])
            frustrated = frustrated or (turn != 0 and turn != wanted)
            turn = wanted
        for j in range(n):
            if row[j] != 0:
                aligned = gauge[i] if row[j] > 0 else np.int8(-gauge[i])
                if gauge[j] == 0:
                    gauge[j] = aligned
                    queue[found] = j
                    found += 1
                elif gauge[j] != aligned:
                    frustrated = True
    return not frustrated or found < n


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
