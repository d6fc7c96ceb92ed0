r"""Sparse couplings in fixed point, for local fields packed as lanes of a machine word.

With the local field :math:`f_i = \sum_j J_{ij} s_j + h_i` a flip of spin i costs :math:`\Delta E = 2 g_i`,
:math:`g_i = s_i f_i`.  In a unit u every coupling and field is a whole number.  A lane of b bits holds
:math:`C - g_i/u` with the centre :math:`C = 2^{b-1} - 1`, so that adding a threshold :math:`1 + \lfloor T e/2u \rfloor`
sets the lane's highest bit exactly where Metropolis accepts.  Eight lanes of 8 bits are thus decided by one addition
of 64 bits.  Nothing overflows as long as :math:`\sum_j |J_{ij}| + |h_i| < 2^{b-2} u` for every spin.

Three widths:

* 8 bits where the model has a common unit and no sum exceeds 63 of it;
* 16 bits where no sum exceeds 16383 of it;
* 32 bits otherwise.  Where there is no common unit, or the sums exceed :math:`2^{30}` of it, couplings are rounded to a
  :math:`2^{30}`-th of the largest sum, which changes a row by less than :math:`d \sqrt n\, 2^{-30} J_0` for n spins of
  degree d or less: finer than what a sum of float32 loses, and the sums do not drift.  Rows that are weaker than others
  by a factor of 1e5 lose digits that matter: ``error`` says how much, and the portfolio sends such models to parallel
  tempering instead.  A proposal costs a tenth more than with 8 bits.

A field that outweighs all couplings of its spin is cut off just above their sum: the spin follows it either way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ising_problems import IsingModel

from .units import common_unit

__all__ = ["LaneCouplings", "lane_couplings", "two_spins", "whole_couplings"]

_WIDTHS: dict[int, tuple[Any, Any]] = {8: (np.uint8, np.int8), 16: (np.uint16, np.int16), 32: (np.uint32, np.int32)}
_LARGEST_SUM = 2**30 - 1  # of a row, in units
_BEYOND = 1.0 + 2.0**-10  # where a field that outweighs its row's couplings is cut off


@dataclass(frozen=True)
class LaneCouplings:
    """Couplings and fields as whole numbers in compressed rows, ready for the kernels.

    Attributes
    ----------
    bits : int
        Width of a lane: 8, 16 or 32.
    starts, columns, weights : numpy.ndarray
        int64, shape (n + 1,); int32, shape (nnz,); **twice** the couplings, signed and as wide as a lane.
    fields : numpy.ndarray
        int32, shape (n,), cut off where they outweigh the couplings.
    unit : float
        Energy that one stands for.
    rms_norm : float
        J0 in units: root mean square norm of a row of J.
    error : float
        Norm of a row's rounding errors over the row's, of the row that loses most; 0 where couplings are exact.
    surplus : float
        What the fields have lost by being cut off, summed: the energy of a minimum is lower by that much.
    """

    bits: int
    starts: np.ndarray
    columns: np.ndarray
    weights: np.ndarray
    fields: np.ndarray
    unit: float
    rms_norm: float
    error: float = 0.0
    surplus: float = 0.0

    @property
    def num_spins(self) -> int:
        """Number of spins."""
        return len(self.starts) - 1

    @property
    def mean_degree(self) -> float:
        """Couplings of a spin, on average."""
        return len(self.columns) / self.num_spins

    @property
    def has_fields(self) -> bool:
        """Whether any field is non-zero."""
        return bool(self.fields.any())

    @property
    def lane_type(self) -> Any:
        """Unsigned NumPy type of a lane."""
        return _WIDTHS[self.bits][0]

    @property
    def words(self) -> int:
        """Words of 64 bits that hold a lane for every spin."""
        return -(-self.num_spins * self.bits // 64)

    @property
    def padded(self) -> int:
        """Number of lanes in these words."""
        return self.words * (64 // self.bits)

    @property
    def details(self) -> Mapping[str, Any]:
        """What a report says about the arithmetic."""
        return {"lane_bits": self.bits, "unit": self.unit, "quantisation_error": self.error}

    def energy(self, units: int) -> float:
        """Energy, without the model's offset, that a whole number of units stands for."""
        return units * self.unit - self.surplus


def whole_couplings(
    starts: np.ndarray, columns: np.ndarray, couplings: np.ndarray, fields: np.ndarray
) -> LaneCouplings:
    """Lanes for couplings and fields that are whole numbers, in the narrowest width that holds them.

    Parameters
    ----------
    starts, columns, couplings : numpy.ndarray
        Symmetric compressed rows; whole numbers of any type.
    fields : numpy.ndarray
        Whole numbers, shape (n,).

    Raises
    ------
    ValueError
        If a row's sum exceeds 2³⁰ - 1.
    """
    starts = starts.astype(np.int64)
    sums = _row_sums(starts, np.abs(couplings))
    limited = np.clip(fields, -sums - 1, sums + 1)
    largest = int((sums + np.abs(limited)).max(initial=0))
    fitting = [bits for bits in _WIDTHS if largest < 1 << (bits - 2)]
    if not fitting:
        raise ValueError(f"couplings: a row sum of at most 2**30 - 1 is needed, but one is {largest}; round them")
    squares = np.square(couplings.astype(np.float64))
    return LaneCouplings(
        bits=fitting[0],
        starts=starts,
        columns=columns.astype(np.int32),
        weights=(2 * couplings).astype(_WIDTHS[fitting[0]][1]),
        fields=limited.astype(np.int32),
        unit=1.0,
        rms_norm=float(np.sqrt(squares.sum() / len(fields))),
        surplus=float((np.abs(fields) - np.abs(limited)).sum()),
    )


def lane_couplings(model: IsingModel) -> LaneCouplings:
    """Lanes for a model.

    Parameters
    ----------
    model : IsingModel
        At least one coupling.
    """
    import scipy.sparse as sp

    matrix = model.J if model.is_sparse else sp.csr_array(model.J)
    starts = matrix.indptr.astype(np.int64)
    couplings = matrix.data.astype(np.float64)
    h = model.h.astype(np.float64)
    sums = _row_sums(starts, np.abs(couplings))
    unit = common_unit(model)
    error = 0.0
    if unit is not None:
        limit = np.round(sums / unit) + 1.0
        limited = np.clip(np.round(h / unit), -limit, limit) * unit
        largest = float((sums + np.abs(limited)).max())
    if unit is None or largest > _LARGEST_SUM * unit:
        limited = np.clip(h, -_BEYOND * sums, _BEYOND * sums)
        largest = float((sums + np.abs(limited)).max())
        unit = largest / (_LARGEST_SUM - int(np.diff(starts).max()) - 2)  # each rounded term adds a half at most
        residue = couplings - np.round(couplings / unit) * unit
        lost, there = (_row_sums(starts, np.square(values / largest)) for values in (residue, couplings))
        error = float(np.sqrt((lost[sums > 0] / np.maximum(there[sums > 0], 1e-300)).max()))
    whole = whole_couplings(
        starts, matrix.indices, np.round(couplings / unit).astype(np.int64), np.round(limited / unit).astype(np.int64)
    )
    surplus = float(np.abs(h).sum() - np.abs(whole.fields.astype(np.float64)).sum() * unit)
    return LaneCouplings(
        whole.bits, whole.starts, whole.columns, whole.weights, whole.fields, unit, whole.rms_norm, error, surplus
    )


def two_spins(bits: int) -> LaneCouplings:
    """Two coupled spins in lanes of a given width: enough to compile kernels for it."""
    coupling = 1 << {8: 0, 16: 6, 32: 15}[bits]
    return whole_couplings(np.arange(3), np.array([1, 0]), np.full(2, coupling), np.zeros(2, dtype=np.int64))


def _row_sums(starts: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sum of each compressed row."""
    running = np.concatenate([np.zeros(1, dtype=values.dtype), np.cumsum(values)])
    return running[starts[1:]] - running[starts[:-1]]
