r"""The finish: 1-flip descent, and the exact energies of what it ends in.

A configuration is 1-flip stable where no single flip lowers the energy, :math:`s_i f_i \ge 0` for every spin.  A
float32 kernel does nearly all the flips (on dense models always the steepest, on sparse ones in sweeps); the local
fields are then computed from the user's own couplings, in int64 or float64, and the few flips that rounding had
hidden follow from there.  Those fields give the exact energies as well.
"""

from __future__ import annotations

import numpy as np

from ising_problems import IsingModel
from landscapes.jit import kernel

from ..couplings import Couplings, natural_scale

__all__ = ["Descent"]

_TOLERANCE = 1e-6  # of a row's absolute sum: gains below it are lost in float32, and left to the exact fields


class Descent:
    """1-flip descent on one model, prepared once.

    Parameters
    ----------
    model : IsingModel
    nearly_stable : bool
        Whether configurations come from an algorithm that ends in minima by itself: the few flips that its rounding
        hid need no float32 kernel, whose copy of the couplings is then spared.
    """

    def __init__(self, model: IsingModel, nearly_stable: bool = False) -> None:
        self._model = model
        self._couplings: Couplings | None = None
        sums: np.ndarray | None = None
        if not nearly_stable:
            self._couplings = Couplings(model, natural_scale(model))
            sums = self._couplings.row_sums()
            self._tolerances = (_TOLERANCE * sums).astype(np.float32)
            sums *= self._couplings.scale
        # A float field is a sum of rounded terms: a gain within its rounding error is no gain, and chasing it could
        # go in circles.  Integers have no such error.
        self._resolution = np.zeros(model.num_spins)
        if model.J.dtype.kind == "f" or model.h.dtype.kind == "f":
            if sums is None:
                sums = np.asarray(abs(model.J).sum(axis=1), dtype=np.float64).reshape(-1)
            self._resolution = 8.0 * np.finfo(np.float64).eps * (sums + np.abs(model.h))
        if not nearly_stable:
            self(np.ones((1, model.num_spins), dtype=np.int8))  # compiles

    def __call__(self, spins: np.ndarray) -> np.ndarray:
        """1-flip stable configurations below the given ones; int8, (replicas, n) -> (replicas, n)."""
        n, couplings = self._model.num_spins, self._couplings
        if couplings is None:
            return self._finish(spins.astype(np.int8))
        s = spins.astype(np.float32)
        if couplings.is_dense:
            fields = s @ couplings.matrix
        else:
            fields = np.ascontiguousarray((couplings.matrix @ s.T).T)
        fields += couplings.fields
        if couplings.is_dense:
            _descend_dense(couplings.matrix, self._tolerances, s, fields)
        else:
            matrix = couplings.matrix
            _descend_sparse(matrix.indptr, matrix.indices, matrix.data, self._tolerances, s, fields)
        return self._finish(s.astype(np.int8)) if n else s.astype(np.int8)

    def _finish(self, spins: np.ndarray) -> np.ndarray:
        """Flip, worst first, what the exact local fields say can still fall."""
        model = self._model
        fields = model.local_fields(spins)
        gains = spins * fields
        for r in np.flatnonzero((gains < -self._resolution).any(axis=1)):
            while True:
                i = int(np.argmin(gains[r] + self._resolution))
                if not gains[r, i] < -self._resolution[i]:
                    break
                spins[r, i] = -spins[r, i]
                change = 2 * int(spins[r, i])
                if model.is_sparse:
                    low, high = model.J.indptr[i], model.J.indptr[i + 1]
                    fields[r, model.J.indices[low:high]] += change * model.J.data[low:high]
                else:
                    fields[r] += change * model.J[i]
                gains[r] = spins[r] * fields[r]
        return spins


@kernel
def _descend_dense(matrix: np.ndarray, tolerances: np.ndarray, spins: np.ndarray, fields: np.ndarray) -> None:
    """Steepest descent of each replica, at most 4n flips; spins and fields (replicas, n)."""
    replicas, n = spins.shape
    for r in range(replicas):
        s, f = spins[r], fields[r]
        for _ in range(4 * n):
            best, at = np.float32(0.0), -1
            for i in range(n):
                gain = s[i] * f[i] + tolerances[i]
                if gain < best:
                    best, at = gain, i
            if at < 0:
                break
            change = np.float32(-2.0) * s[at]
            s[at] = -s[at]
            row = matrix[at]
            for j in range(n):
                f[j] += change * row[j]


@kernel
def _descend_sparse(
    starts: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    tolerances: np.ndarray,
    spins: np.ndarray,
    fields: np.ndarray,
) -> None:
    """Descent of each replica in sweeps, until one finds nothing, at most 1000; spins and fields (replicas, n)."""
    replicas, n = spins.shape
    for r in range(replicas):
        s, f = spins[r], fields[r]
        for _ in range(1000):
            found = False
            for i in range(n):
                if s[i] * f[i] < -tolerances[i]:
                    found = True
                    change = np.float32(-2.0) * s[i]
                    s[i] = -s[i]
                    for k in range(starts[i], starts[i + 1]):
                        f[columns[k]] += change * values[k]
            if not found:
                break
