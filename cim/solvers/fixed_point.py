r"""Dense couplings as fixed-point integers, and a configuration with its local fields in the same numbers.

A kernel that looks at every spin for each flip is bound by memory and by the width of a vector: integers of 8 or 16
bits halve and quarter what has to be moved, sums of them are exact, so that fields never drift, and their minimum is
one instruction.  With a unit u,

.. math::  J_{ij} \approx u\,\hat J_{ij}, \qquad h_i \approx u\,\hat h_i, \qquad
           \hat f_i = \hat h_i + \sum_j \hat J_{ij} s_j,

these storages are tried in turn:

- ``int8`` couplings and ``int16`` fields, where all numbers are small multiples of a unit (:math:`\pm 1`, say): exact;
- ``int16`` and ``int32``, exact where the multiples fit, else with :math:`u = \max|J_{ij}|/32767`;
- ``int32`` for both, beyond a thousand spins, where couplings are not like a sample of one distribution: many are
  equal, or a quarter of them below a hundredth of the largest.  So are penalties with costs beside them, and they
  cancel in every state that matters;
- ``float64`` for both, to a thousand spins (``float32`` couplings beyond): for penalties and costs again, where whole
  numbers would be rounded (the products of number partitioning, whose answer hangs on their last digit; they are exact
  in it), where a row would lose more than :math:`10^{-4}` of its norm, or where no integer could hold it.  Sums of
  single-precision couplings in double precision do not drift either.

No sum overflows: every partial sum of :math:`\hat f_i` is bounded by :math:`\sum_j |\hat J_{ij}| + |\hat h_i|`, which
is computed.  A field above its row's absolute sum decides its spin whatever the others do; it is cut to that sum plus
the row's largest coupling, which leaves that decision and all others as they are.

Energies here are in units of u, and a flip costs twice its gain :math:`s_i \hat f_i`; what is reported to a user is
recomputed from the model.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ising_problems import IsingModel
from landscapes.jit import kernel

from ..couplings import natural_scale
from .units import common_unit

__all__ = ["Configuration", "FixedPoint", "has_negative_mode", "local_fields", "multiply"]

_BLOCK = 64  # spins that the kernels look at together
_ROWS = 128  # rows converted at a time: no float64 copy of a large matrix
_LARGEST_LOSS = 1e-4  # of a row's norm
_LEAST_SPREAD = 0.01  # of a row's square, where all couplings are equal
_LARGEST_INT16 = 32767
_LARGEST_INT32 = 2**31 - 8
_CORNER = 16  # spins enough to tell that Gaussian couplings have no unit
_MANY = 1000  # spins beyond which double precision, or a common divisor of all couplings, costs more than it brings
_LARGEST_WHOLE = 2.0**52  # in float64, a bit to spare
_PADDING_FLOAT = 1e30
_SAMPLED_ROWS, _SAMPLED = 32, 4096  # rows and couplings by which a model's structure is judged
_FEWEST = 10
_DISTINCT = 0.9  # of them are different where they come from a continuous distribution
_WEAK_QUARTER = 0.01  # of the largest; a Gaussian sample has 0.06
_POWER_STEPS = 10
_BEYOND_THE_BULK = 1.3


class FixedPoint:
    """Couplings and fields of a model, dense, padded to whole blocks.

    Parameters
    ----------
    model : IsingModel
        At least one spin; dense or sparse storage.

    Attributes
    ----------
    num_spins, width : int
        Spins, and spins with padding, a multiple of 64.
    matrix : numpy.ndarray, int8, int16, int32, float32 or float64, shape (n, width)
        Ĵ; zero in the padding.
    fields : numpy.ndarray, int16, int32 or float64, shape (width,)
        ĥ; so large in the padding that its spins are never worth a flip.
    unit : float
        What one stands for.
    error : float
        Largest loss of a row: norm of its rounding errors over its norm, its field included; 0 where exact.
    exact : bool
        Whether no number was rounded.
    field_energy : float
        Energy of the parts of the fields that were cut off, at the spins that they decide, in the model's numbers.
    coupling_scale : float
        J0, the root-mean-square norm of a row of J, in the model's numbers.
    row_norms : tuple of float
        The largest norm of a row of J without its uniform negative part, and a small one, the fifth percentile, in
        units of J0: what temperatures go by.
    tolerance : float
        Differences of energies (in the kernels' unit) below it are rounding; 0 for integers.
    """

    def __init__(self, model: IsingModel) -> None:
        self.num_spins = n = model.num_spins
        self.width = -(-n // _BLOCK) * _BLOCK
        self._scale = natural_scale(model)  # everything below is in its unit, so that squares stay finite
        self._rows = rows = _RowStatistics(model, self._scale)
        with np.errstate(over="ignore"):
            external = np.clip(model.h / self._scale, -1e300, 1e300)
        self._external = np.clip(external, -rows.sums - rows.largest, rows.sums + rows.largest)
        self._peak = float((rows.sums + np.abs(self._external)).max())
        self.field_energy = -self._scale * float((np.abs(external) - np.abs(self._external)).sum())
        self.coupling_scale = self._scale * float(np.sqrt(rows.squares.mean()))
        # a uniform negative part makes s sum to zero, and no single flip feels it then: no temperature has to either
        uniform = min(0.0, float(rows.signed.sum()) / max(n * (n - 1), 1))
        left = rows.squares - 2.0 * uniform * rows.signed + (n - 1) * uniform**2
        left = np.maximum(left, _LEAST_SPREAD * rows.squares)
        norms = np.sqrt(left / rows.squares.mean())
        self.row_norms = float(norms.max()), float(np.percentile(norms, 5))
        self.tolerance = 0.0
        self.exact = False
        if not self._integer(model):
            self._float(model)

    @property
    def details(self) -> dict[str, object]:
        """How the couplings are stored, for ``Solution.info``."""
        return {
            "couplings": self.matrix.dtype.name,
            "fields": self.fields.dtype.name,
            "exact": self.exact,
            "quantisation_error": self.error,
        }

    @property
    def temperature_unit(self) -> float:
        """J0 in the unit of the matrix."""
        return self.coupling_scale / self.unit

    @property
    def has_fields(self) -> bool:
        """Whether a field breaks the symmetry s → −s."""
        return bool(self.fields[: self.num_spins].any())

    def energy(self, total: float) -> float:
        """Energy in the model's numbers, without the offset, of a configuration's energy in the kernels' unit."""
        return total * self.unit + self.field_energy

    # -------------------------------------------------------------- the three storages

    def _integer(self, model: IsingModel) -> bool:
        """Integers of 8 and 16 bits, else of 16 and 32; whether one of them will do."""
        rows, n = self._rows, self.num_spins
        top = float(rows.largest.max())
        if rows.largest.min() < 0.999 * top / _LARGEST_INT16:  # the couplings of such a row would all be lost
            return False
        unit = _whole_unit(model, top * self._scale)
        if unit is not None:
            unit /= self._scale
            self.exact = self._peak / unit <= _LARGEST_WHOLE
            if top <= 127.0 * unit and self._peak <= 32000.0 * unit:
                self._fill(model, unit, np.int8, np.int16)
                self.exact, self.error = True, 0.0
                return True
            if top <= _LARGEST_INT16 * unit and self._peak / unit <= _LARGEST_INT32:
                self._fill(model, unit, np.int16, np.int32)
                self.exact, self.error = True, 0.0
                return True
            if self.exact and n <= _MANY:
                return False
        if _needs_digits(model):
            if n <= _MANY:
                return False
            lost = self._fill(model, self._peak / (_LARGEST_INT32 - n), np.int32, np.int32)
            self.exact, self.error = False, float(np.sqrt((lost / rows.squares).max()))
            return self.error <= _LARGEST_LOSS
        # rounding may add half a unit for each coupling to the sum of a row
        unit = max(top / _LARGEST_INT16, self._peak / (_LARGEST_INT32 - n))
        lost = self._fill(model, unit, np.int16, np.int32)
        self.error = float(np.sqrt((lost / rows.squares).max()))
        if self.error > _LARGEST_LOSS:
            return False
        self.exact = False
        return True

    def _float(self, model: IsingModel) -> None:
        """Double precision for the fields, and on small models for the couplings."""
        kind = np.float64 if self.num_spins <= _MANY else np.float32
        self._fill(model, 1.0, kind, np.float64)
        if self.exact and kind is np.float64:
            self.error = 0.0
            return
        self.exact, self.error = False, float(np.finfo(kind).eps) / 2
        self.tolerance = 1e-9 * self.temperature_unit * float(np.sqrt(self.num_spins))

    def _fill(self, model: IsingModel, unit: float, small: type, large: type) -> np.ndarray:
        """Convert; sum of the squared errors of each row, in the scaled unit, float64, shape (n,)."""
        n, whole = self.num_spins, np.issubdtype(small, np.integer)
        self.unit = unit * self._scale
        self.matrix: np.ndarray = np.zeros((n, self.width), dtype=small)
        self.fields: np.ndarray = np.full(self.width, np.iinfo(large).max - 1 if whole else _PADDING_FLOAT, dtype=large)
        scaled = self._external / unit
        self.fields[:n] = np.rint(scaled) if whole else scaled
        lost = ((scaled - self.fields[:n]) * unit) ** 2
        for rows, block in _blocks(model):
            scaled = block / self.unit
            converted = np.rint(scaled) if whole else scaled
            self.matrix[rows, :n] = converted
            scaled -= converted
            lost[rows] += np.einsum("ij,ij->i", scaled, scaled) * unit**2
        return lost


class Configuration:
    """Spins with their local fields, in a fixed-point model's numbers: what the dense kernels work on.

    Parameters
    ----------
    couplings : FixedPoint

    Attributes
    ----------
    spins, fields : numpy.ndarray, the dtype of the model's fields, shape (width,)
        s and f̂; padding spins are +1.
    energies : numpy.ndarray, float64, shape (1,)
        Energy, kept up to date by the kernels.
    """

    def __init__(self, couplings: FixedPoint) -> None:
        self.couplings = couplings
        self.fields = couplings.fields.copy()
        self.spins = np.ones_like(self.fields)
        self.energies = np.zeros(1)

    def place(self, spins: np.ndarray) -> None:
        """Take spins, ±1, shape (n,), and compute their fields and energy."""
        n = self.couplings.num_spins
        self.spins[:n] = spins
        self.energies[0] = local_fields(self.couplings.matrix, self.couplings.fields, self.spins, self.fields)

    @property
    def energy(self) -> float:
        """Energy in the kernels' unit; see :meth:`FixedPoint.energy`."""
        return float(self.energies[0])

    def copied_spins(self) -> np.ndarray:
        """The spins, int8, shape (n,)."""
        return self.spins[: self.couplings.num_spins].astype(np.int8)


@kernel
def local_fields(matrix: np.ndarray, external: np.ndarray, spins: np.ndarray, fields: np.ndarray) -> float:
    """Local fields of a configuration from scratch, all but the first argument (width,); the energy is returned."""
    number = fields.dtype.type
    n, width = matrix.shape
    for j in range(width):
        fields[j] = external[j]
    for i in range(n):
        row = matrix[i]
        spin = spins[i]
        for j in range(width):
            fields[j] = number(fields[j] + number(spin * number(row[j])))
    total = 0.0
    for i in range(n):
        total += np.float64(spins[i]) * (np.float64(fields[i]) + np.float64(external[i]))
    return -0.5 * total


def _blocks(model: IsingModel) -> Iterator[tuple[slice, np.ndarray]]:
    """The matrix in blocks of rows, dense."""
    for start in range(0, model.num_spins, _ROWS):
        rows = slice(start, start + _ROWS)
        block = model.J[rows]
        yield rows, block.toarray() if model.is_sparse else block


class _RowStatistics:
    """Sum, maximum and sum of squares of each row's magnitudes, and its signed sum, over a scale; float64, (n,)."""

    def __init__(self, model: IsingModel, scale: float) -> None:
        n = model.num_spins
        self.sums, self.largest, self.squares = np.zeros(n), np.zeros(n), np.zeros(n)
        self.signed = np.zeros(n)
        for rows, block in _blocks(model):
            magnitudes = block / scale
            self.signed[rows] = magnitudes.sum(axis=1)
            np.abs(magnitudes, out=magnitudes)
            self.sums[rows] = magnitudes.sum(axis=1)
            self.largest[rows] = magnitudes.max(axis=1)
            self.squares[rows] = np.einsum("ij,ij->i", magnitudes, magnitudes)


def _needs_digits(model: IsingModel) -> bool:
    """Whether couplings have a structure that rounding to 16 bits may spoil; told from a sample of them."""
    upper = []  # each pair once
    for i in range(0, model.num_spins, max(1, model.num_spins // _SAMPLED_ROWS)):
        row = model.J[[i]].toarray()[0] if model.is_sparse else model.J[i]
        upper.append(np.abs(row[i + 1 :], dtype=np.float64))
    values = np.concatenate(upper)
    values = values[values > 0]
    values = values[:: max(1, values.size // _SAMPLED)]
    if values.size < _FEWEST:
        return False
    equal = len(np.unique(values)) < _DISTINCT * values.size
    return equal or bool(np.percentile(values, 25) < _WEAK_QUARTER * values.max())


def _whole_unit(model: IsingModel, top: float) -> float | None:
    """Unit of which all couplings and fields are multiples; None where there is none, or where none is worth its cost.

    Looks first at what costs next to nothing: small whole numbers as they stand, and a corner of the model.
    """
    if _all_whole(model) and (top <= 127.0 or model.num_spins > _MANY):
        return 1.0
    corner = slice(0, _CORNER)
    if not model.is_sparse and common_unit(IsingModel(model.J[corner, corner], model.h[corner])) is None:
        return None
    return common_unit(model)


def _all_whole(model: IsingModel) -> bool:
    """Whether all couplings and fields are whole numbers as they stand."""
    if model.J.dtype.kind in "iu" and model.h.dtype.kind in "iu":
        return True
    values = model.J.data if model.is_sparse else model.J.ravel()
    parts = (values[:256], model.h, values)
    return all(bool((part == np.rint(part)).all()) for part in parts)


def has_negative_mode(couplings: FixedPoint) -> bool:
    """Whether, besides a uniform part, an eigenvalue of J lies far below the bulk of a random matrix, -2 J0.

    Ten steps of the power method, which end in the eigenvector of the largest magnitude.
    """
    n = couplings.num_spins
    uniform = min(0.0, float(couplings.matrix[:, :n].sum(dtype=np.float64)) / max(n * (n - 1), 1))
    x = np.zeros(couplings.width, dtype=np.float32)
    x[:n] = np.random.default_rng(0).standard_normal(n, dtype=np.float32)
    quotient = 0.0
    for _ in range(_POWER_STEPS):
        x /= np.float32(np.linalg.norm(x))
        image = multiply(couplings.matrix, x)
        image -= np.float32(uniform) * (x[:n].sum() - x[:n])
        quotient = float(x[:n] @ image)
        x[:n] = image
    return quotient < -_BEYOND_THE_BULK * 2.0 * couplings.temperature_unit


@kernel
def multiply(matrix: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Matrix of small integers times a vector, float32; (n, width) and (width,) -> (n,)."""
    n, width = matrix.shape
    result = np.empty(n, np.float32)
    for i in range(n):
        row = matrix[i]
        total = np.float32(0.0)
        for j in range(width):
            total += np.float32(row[j]) * x[j]
        result[i] = total
    return result
