"""Sparse couplings in the numbers of the tabu kernel, and a configuration with its local fields in the same numbers.

Values and fields are int32 where all couplings and fields are multiples of a unit and no sum overflows, else float64.
Fields above their row's absolute sum are cut as in :mod:`cim.solvers.fixed_point`.
"""

from __future__ import annotations

import numpy as np

from ising_problems import IsingModel

from ..couplings import natural_scale
from .units import common_unit

__all__ = ["SparseConfiguration", "SparseNumbers"]

_BLOCK = 64
_LARGEST_INT32 = 2**31 - 8
_PADDING_FLOAT = 1e30


class SparseNumbers:
    """Couplings in compressed rows, with fields padded to whole blocks.

    Parameters
    ----------
    model : IsingModel

    Attributes
    ----------
    num_spins, width : int
        Spins, and spins with padding, a multiple of 64.
    matrix : scipy.sparse.csr_array
        Its ``indptr``, ``indices`` and ``data`` are ``starts``, ``columns``, ``values``.
    fields : numpy.ndarray, int32 or float64, shape (width,)
        So large in the padding that its spins are never worth a flip.
    unit : float
        What one stands for.
    exact : bool
        Whether no number was rounded.
    field_energy : float
        Energy of the parts of the fields that were cut off, in the model's numbers.
    tolerance : float
        Differences of energies (in the kernels' unit) below it are rounding; 0 for integers.
    """

    def __init__(self, model: IsingModel) -> None:
        import scipy.sparse as sp

        self.num_spins = n = model.num_spins
        self.width = -(-n // _BLOCK) * _BLOCK
        scale = natural_scale(model)
        matrix = sp.csr_array(model.J, dtype=np.float64) / scale
        magnitudes = abs(matrix)
        limits = np.asarray(magnitudes.sum(axis=1)).ravel() + magnitudes.max(axis=1).toarray().ravel()
        with np.errstate(over="ignore"):
            external = np.clip(model.h / scale, -1e300, 1e300)
        kept = np.clip(external, -limits, limits)
        self.field_energy = -scale * float((np.abs(external) - np.abs(kept)).sum())
        unit = common_unit(model)
        self.exact = unit is not None and float((limits + np.abs(kept)).max()) * scale <= _LARGEST_INT32 * unit
        kind: type = np.int32 if self.exact else np.float64
        self.unit = float(unit) if self.exact and unit is not None else scale
        factor = scale / self.unit
        values, scaled = matrix.data * factor, kept * factor
        self.tolerance = 0.0 if self.exact else 1e-9 * float(np.sqrt((values**2).sum()))
        self.fields: np.ndarray = np.full(self.width, _LARGEST_INT32 if self.exact else _PADDING_FLOAT, dtype=kind)
        self.fields[:n] = np.rint(scaled) if self.exact else scaled
        self.values = (np.rint(values) if self.exact else values).astype(kind)
        self.starts, self.columns = matrix.indptr.copy(), matrix.indices.copy()
        self.matrix = sp.csr_array((self.values, self.columns, self.starts), shape=(n, n))

    @property
    def details(self) -> dict[str, object]:
        """How the couplings are stored, for ``Solution.info``."""
        return {"couplings": self.values.dtype.name, "fields": self.fields.dtype.name, "exact": self.exact}

    def energy(self, total: float) -> float:
        """Energy in the model's numbers, without the offset, of a configuration's energy in the kernels' unit."""
        return total * self.unit + self.field_energy


class SparseConfiguration:
    """Spins with their local fields.

    Parameters
    ----------
    couplings : SparseNumbers

    Attributes
    ----------
    spins, fields : numpy.ndarray, the dtype of the model's fields, shape (width,)
    energies : numpy.ndarray, float64, shape (1,)
        Energy, kept up to date by the kernel.
    """

    def __init__(self, couplings: SparseNumbers) -> None:
        self._couplings = couplings
        self.fields = couplings.fields.copy()
        self.spins = np.ones_like(self.fields)
        self.energies = np.zeros(1)

    def place(self, spins: np.ndarray) -> None:
        """Take spins, ±1, shape (n,), and compute their fields and energy."""
        couplings = self._couplings
        n = couplings.num_spins
        self.spins[:n] = spins
        external = couplings.fields[:n]
        self.fields[:n] = couplings.matrix @ self.spins[:n] + external
        # float64 before the sum: an energy may need more than 32 bits
        total = self.fields[:n].astype(np.float64) + external
        self.energies[0] = -0.5 * float(self.spins[:n].astype(np.float64) @ total)
