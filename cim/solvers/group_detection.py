r"""One-hot groups of a model whose origin is not known, from its strongest couplings.

A penalty :math:`A(1 - \sum_i x_i)^2` on 0/1 variables couples every two of them by :math:`2A\,x_i x_j`, and adds
:math:`-A\,x_i` to the linear terms.  Where A is larger than the costs beside it, the strongest repulsions of the model
are those pairs: the groups are cliques of equal couplings.  They are taken for one-hot groups where

* the strongest repulsions fall apart into cliques without a rest, each spin in one or two of them, and
* in each clique the linear terms are :math:`-A` for every clique that a spin is in, but for costs: the least of these
  is between :math:`-A/2` and :math:`A/2`.  A clique of which at most one may be 1 (a matching, say, where the linear
  term is a reward that does not grow with the number of constraints) fails this where its spins are in two cliques.

That makes it likely that in the ground state each clique has exactly one +1, and does not prove it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ising_problems import IsingModel

from .penalties import has_penalties

__all__ = ["detect_groups"]

_EQUAL = 1e-9  # relative
_LARGEST = 20_000  # spins
_MOST_COUPLINGS = 4_000_000
_MOST_GROUPS = 4000
_COSTS = 1 / 2  # of the penalty


def detect_groups(model: IsingModel) -> tuple[np.ndarray, ...]:
    """Groups that a model seems to have; none where its strongest couplings are not cliques.

    Returns
    -------
    tuple of numpy.ndarray of int
        Spins of each group, in ascending order.
    """
    import scipy.sparse as sp

    if model.num_spins > _LARGEST or model.num_couplings > _MOST_COUPLINGS or not has_penalties(model):
        return ()
    matrix = model.J if model.is_sparse else sp.csr_array(model.J)
    strongest = -float(matrix.data.min(initial=0))
    if strongest <= 0.0:
        return ()
    chosen = matrix.data <= -strongest * (1.0 - _EQUAL)
    rows = np.repeat(np.arange(model.num_spins), np.diff(matrix.indptr))[chosen]
    strong = sp.csr_array(
        (np.ones(len(rows), dtype=np.int32), (rows, matrix.indices[chosen])), shape=(model.num_spins, model.num_spins)
    )
    groups = _cliques(strong)
    return groups if groups and _are_one_hot(model, groups, 2.0 * strongest) else ()


def _cliques(graph: Any) -> tuple[np.ndarray, ...]:
    """Cliques that a graph's edges fall apart into, each node in two of them at most; none where they do not."""
    degrees = np.diff(graph.indptr)
    covered = np.zeros_like(degrees)  # edges of each node that are in a clique already
    member_of = np.full((graph.shape[0], 2), -1)
    cliques: list[np.ndarray] = []

    def neighbours(i: int) -> np.ndarray:
        return graph.indices[graph.indptr[i] : graph.indptr[i + 1]]

    for i in range(graph.shape[0]):
        while covered[i] < degrees[i]:
            near = neighbours(i)
            known = np.isin(member_of[near], member_of[i][member_of[i] >= 0]).any(axis=1)
            if known.all() or len(cliques) == _MOST_GROUPS:
                return ()
            other = near[np.argmin(known)]
            clique = np.union1d([i, other], np.intersect1d(near, neighbours(other)))
            size = len(clique)
            if graph[clique][:, clique].nnz != size * (size - 1) or (member_of[clique, 1] >= 0).any():
                return ()
            member_of[clique, (member_of[clique, 0] >= 0).astype(int)] = len(cliques)
            covered[clique] += size - 1
            cliques.append(clique)
    return tuple(cliques) if (covered == degrees).all() else ()


def _are_one_hot(model: IsingModel, groups: tuple[np.ndarray, ...], penalty: float) -> bool:
    """Whether the linear terms are those of one-hot penalties, but for costs that are smaller."""
    row_sums = np.asarray(model.J.sum(axis=1), dtype=np.float64).reshape(-1)
    linear = 2.0 * row_sums - 2.0 * model.h
    count = np.bincount(np.concatenate(groups), minlength=model.num_spins)
    costs = linear + penalty * count
    return all(abs(costs[group].min()) <= _COSTS * penalty for group in groups)
