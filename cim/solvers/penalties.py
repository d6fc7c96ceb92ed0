"""Signs of penalties in a model whose origin is not known: what tells an encoded problem from a glass.

Where constraints on 0/1 variables are written as penalties, nearly all variables are 0 in the answers, and the fields
that hold them there are about as large as the couplings: each pair of variables that must not both be 1 adds as much to
their fields as to their coupling.  In glasses, cuts and partitions fields are absent or small.
"""

from __future__ import annotations

import numpy as np

from ising_problems import IsingModel

from .bounds import trivial_bound

__all__ = ["clustering", "has_penalties"]

_FIELDS = 1 / 2
_SAMPLE = 64  # spins


def has_penalties(model: IsingModel) -> bool:
    """Whether the fields outweigh half of the couplings: a sum of penalties on 0/1 variables has ratios of 0.8 to 1."""
    if not model.has_fields:
        return False
    with np.errstate(over="ignore"):
        fields = float(np.abs(model.h, dtype=np.float64).sum())
    couplings = 2.0 * (-trivial_bound(model) - fields)  # which does not copy a large matrix
    return fields > _FIELDS * couplings


def clustering(model: IsingModel) -> float:
    """Part of the pairs of a spin's neighbours that are coupled to each other, over some spins from all of the model.

    A constraint on k variables couples all of them; constraints on pairs alone (independent sets) make no triangles.
    """
    import scipy.sparse as sp

    matrix = model.J if model.is_sparse else sp.csr_array(model.J)
    coupled = pairs = 0
    for i in np.linspace(0, model.num_spins - 1, _SAMPLE).astype(int):
        near = matrix.indices[matrix.indptr[i] : matrix.indptr[i + 1]]
        coupled += matrix[near][:, near].nnz
        pairs += len(near) * (len(near) - 1)
    return coupled / max(pairs, 1)
