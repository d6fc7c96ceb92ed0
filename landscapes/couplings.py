r"""Couplings for Monte Carlo kernels: whole multiples of a unit, so that incremental local fields never drift.

With :math:`J_{ij} = u\,k_{ij}` and :math:`h_i = u\,l_i`, k and l whole, a local field :math:`f_i = (J s + h)_i` is a
whole multiple of u, flips change it by whole multiples, and the energy of a chain is exact after any number of them.
Integer models, and floats that are multiples of a common power of two, are represented exactly.  Other floats are
rounded to a unit of :math:`2^{-29}` to :math:`2^{-28}` of the largest :math:`|h_i| + \sum_j |J_{ij}|`, nine digits.
Where that is too coarse, beside the smallest scale of the couplings or the lowest temperature, the same arrays hold
float64 multiples of the unit instead.

The kernels are handed :math:`2k`, what a flip adds to or takes from a neighbour's field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ising_problems import IsingModel

__all__ = ["BLOCK", "SpinCouplings", "spin_couplings"]

BLOCK = 32
"""Spins that a kernel looks at together; rows are padded to a multiple of it."""

_NARROW, _WIDE = 14, 30  # fields stay below 2 to that power in int16 and in int32 or float64
# Tolerated rounding error of a local field, relative to the smallest scale and to the lowest temperature.
_OF_SCALE, _OF_TEMPERATURE = 1e-4, 3e-5
_ROWS = 1024  # of a dense matrix that are converted together: bounds the temporary memory


@dataclass(frozen=True)
class SpinCouplings:
    """Couplings and fields of a model in whole multiples of a unit.

    Attributes
    ----------
    num_spins : int
    width : int
        Number of spins, padded to whole blocks.
    unit : float
        What a local field of 1 is in the model's units; an energy of 1 is the same.
    is_exact : bool
        Whether they are the model's own numbers, without any rounding but the unit's.
    ceiling : int
        Power of two above every local field.
    doubled : tuple of numpy.ndarray
        2 J / unit: one array (n, width) where dense; row starts, columns and values where sparse.
    fields : numpy.ndarray, shape (n,)
        h / unit; its dtype is that of the local fields: int16, int32 or float64.
    """

    num_spins: int
    width: int
    unit: float
    is_exact: bool
    ceiling: int
    doubled: tuple[np.ndarray, ...]
    fields: np.ndarray

    @property
    def is_dense(self) -> bool:
        """Whether the couplings are a full matrix."""
        return len(self.doubled) == 1


def spin_couplings(model: IsingModel, *, dense: bool, lowest_temperature: float = np.inf) -> SpinCouplings:
    """Couplings of a model for Monte Carlo kernels.

    Parameters
    ----------
    model : IsingModel
    dense : bool
        Whether as a full matrix or in compressed rows, whichever way the model stores them.
    lowest_temperature : float, optional
        In the model's units: rounding has to be small beside it.
    """
    import scipy.sparse as sp

    n = model.num_spins
    width = -(-n // BLOCK) * BLOCK
    entries = model.J if model.is_sparse or dense else sp.csr_array(model.J)
    largest, smallest_scale = _scales(entries, model.h)
    unit = float(np.ldexp(1.0, max(int(np.frexp(largest)[1]) + 1 - _WIDE, -1000))) if largest > 0 else 1.0
    divisor = _common_divisor(entries, model.h, unit, tolerance=0.0)
    if divisor is not None:
        unit *= divisor  # the largest unit there is, so that small couplings are small numbers
    else:
        smallest = _smallest_number(entries, model.h)
        if largest < smallest * 2**_NARROW:  # ±1/√n, say: whole multiples but for the rounding of a float
            divisor = _common_divisor(entries, model.h, smallest, tolerance=1e-11)
            unit = unit if divisor is None else smallest * divisor
    rounded = divisor is None
    error = unit * np.sqrt(n / 12)  # of a sum of n numbers, each rounded to the nearest multiple
    integral = not rounded or error <= min(_OF_SCALE * smallest_scale, _OF_TEMPERATURE * lowest_temperature)
    bound = largest / unit
    narrow = integral and not rounded and dense and bound < 2**_NARROW and _largest_coupling(entries) / unit < 64
    coupling_type, field_type = (np.int8, np.int16) if narrow else (np.int32, np.int32) if integral else (float, float)

    def converted(values: np.ndarray, number: Any) -> np.ndarray:
        return (np.rint(values / unit) if integral else values / unit).astype(number)

    if dense:
        matrix = np.zeros((n, width), dtype=coupling_type)
        for start in range(0, n, _ROWS):
            block = entries[start : start + _ROWS]
            block = block.toarray() if model.is_sparse else block
            matrix[start : start + _ROWS, :n] = 2 * converted(block, np.int32 if integral else float)
        doubled: tuple[np.ndarray, ...] = (matrix,)
    else:
        values = 2 * converted(entries.data, coupling_type)
        doubled = (entries.indptr.copy(), entries.indices.copy(), values)  # copies: Numba compiles anew for read-only
    return SpinCouplings(
        num_spins=n,
        width=width,
        unit=unit,
        is_exact=not rounded,
        ceiling=2 ** (_NARROW if narrow else _WIDE),
        doubled=doubled,
        fields=converted(model.h, field_type),
    )


def _blocks(entries: Any) -> Any:
    """Dense rows some at a time, or the values of a sparse matrix at once."""
    if hasattr(entries, "tocsr"):
        yield entries.data
        return
    for start in range(0, len(entries), _ROWS):
        yield entries[start : start + _ROWS]


def _largest_coupling(entries: Any) -> float:
    return float(max((np.abs(block).max(initial=0) for block in _blocks(entries)), default=0.0))


def _scales(entries: Any, h: np.ndarray) -> tuple[float, float]:
    """Largest possible local field; and the smallest scale, of the norms of the rows of J and the mean size of h."""
    if len(h) == 0:
        return 0.0, np.inf
    if hasattr(entries, "tocsr"):
        sums = np.asarray(abs(entries).sum(axis=1), dtype=np.float64).ravel()
        scale = float(sums.max(initial=0.0)) or 1.0
        scaled = entries.astype(np.float64) / scale
        norms = scale * np.sqrt(np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel())
    else:
        sums = np.concatenate([np.abs(block).sum(axis=1, dtype=np.float64) for block in _blocks(entries)])
        scale = float(sums.max(initial=0.0)) or 1.0  # squares of numbers far from 1 leave the range of floats
        norms = scale * np.concatenate([np.linalg.norm(block / scale, axis=1) for block in _blocks(entries)])
    largest = float((sums + np.abs(h)).max())
    mean_field = float(np.abs(h[h != 0]).mean()) if np.any(h) else np.inf
    return largest, min(float(norms[norms > 0].min(initial=np.inf)), mean_field)


def _smallest_number(entries: Any, h: np.ndarray) -> float:
    parts = (np.abs(values[values != 0], dtype=np.float64) for values in (h, *_blocks(entries)))
    return min(float(part.min(initial=np.inf)) for part in parts)


def _common_divisor(entries: Any, h: np.ndarray, unit: float, tolerance: float) -> int | None:
    """Greatest common divisor of the multiples of a unit; None where a number is no multiple of it."""
    divisor = 0
    for values in (h, *_blocks(entries)):
        scaled = values / unit
        multiples = np.rint(scaled)
        if not np.allclose(multiples, scaled, rtol=0.0, atol=tolerance):
            return None
        divisor = int(np.gcd(divisor, np.gcd.reduce(multiples.astype(np.int64), axis=None)))
    return max(divisor, 1)
