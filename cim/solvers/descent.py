r"""The finish: 1-flip descent, and the exact energies of what it ends in.

A configuration is 1-flip stable where no single flip lowers the energy, :math:`s_i f_i \ge 0` for every spin.  A
float32 kernel does nearly all the flips (on dense models always the steepest, on sparse ones in sweeps); the local
fields are then computed from the user's own couplings, in int64 or float64, and the few flips that rounding had
hidden follow from there.  Those fields give the exact energies as well.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ising_problems import IsingModel
from landscapes.jit import kernel

from ..couplings import Couplings, natural_scale, treat_as_dense

__all__ = ["Descent"]

_FEW = 32  # flips that are sooner done one by one than by a kernel that needs the couplings in float32
_TOLERANCE = 1e-6  # of a row's absolute sum: gains below it are lost in float32, and left to the exact fields


class Descent:
    """1-flip descent on one model, prepared once.

    Parameters
    ----------
    model : IsingModel
    nearly_stable : bool
        Whether configurations come from an algorithm that ends in minima by itself: the few flips that its rounding
        hid need no float32 kernel, whose copy of the couplings is then made only if it turns out otherwise.
    """

    def __init__(self, model: IsingModel, nearly_stable: bool = False) -> None:
        self._model = model
        self._nearly_stable = nearly_stable
        # A float field is a sum of rounded terms: a gain within its rounding error is no gain, and chasing it could
        # go in circles.  Integers have no such error.
        self._resolution = np.zeros(model.num_spins)
        if model.J.dtype.kind == "f" or model.h.dtype.kind == "f":
            sums = np.asarray(abs(model.J).sum(axis=1), dtype=np.float64).reshape(-1)
            self._resolution = 8.0 * np.finfo(np.float64).eps * (sums + np.abs(model.h))
        if nearly_stable:
            self._compile()
        else:
            self._nearly(np.ones((1, model.num_spins), dtype=np.int8))

    @cached_property
    def _couplings(self) -> Couplings:
        return Couplings(self._model, natural_scale(self._model))

    @cached_property
    def _tolerances(self) -> np.ndarray:
        return (_TOLERANCE * self._couplings.row_sums()).astype(np.float32)

    def _compile(self) -> None:
        """Compile the kernel that may be needed, without this model's couplings in float32."""
        one, ones = np.zeros(1, dtype=np.float32), np.zeros((1, 1), dtype=np.float32)
        if treat_as_dense(self._model):
            _descend_dense(ones, one, ones.copy(), ones.copy())
        else:
            kind = self._model.J.indices.dtype if self._model.is_sparse else np.dtype(np.int32)
            _descend_sparse(np.zeros(2, kind), np.zeros(0, kind), one, one, ones.copy(), ones.copy())

    def __call__(self, spins: np.ndarray) -> np.ndarray:
        """1-flip stable configurations below the given ones; int8, (replicas, n) -> (replicas, n)."""
        spins = np.array(spins, dtype=np.int8, order="C")  # a copy; the kernels know one layout
        if spins.size == 0:
            return spins
        fields = self._model.local_fields(spins) if self._nearly_stable else None
        if fields is None or np.count_nonzero(spins * fields < -self._resolution) > _FEW:
            spins = self._nearly(spins)
            fields = self._model.local_fields(spins)
        return self._finish(spins, fields)

    def _nearly(self, spins: np.ndarray) -> np.ndarray:
        """Configurations that are stable but for what single precision cannot see."""
        couplings = self._couplings
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
        return s.astype(np.int8)

    def _finish(self, spins: np.ndarray, fields: np.ndarray) -> np.ndarray:
        """Flip, worst first, what the exact local fields say can still fall."""
        model = self._model
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
