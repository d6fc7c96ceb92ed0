"""Rows of linear programs over 0/1 variables, made whole: A x = b or A x <= b, in any form that SciPy's users bring."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    import scipy.sparse as sp

__all__ = ["Rows", "number_text", "whole_rows"]

# Sums of a row's absolute entries stay below this, so that their squares and halves are exact in float64.
_LARGEST_ROW = 2**26


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of whole numbers without a common divisor.

    Attributes
    ----------
    name : str
        What the user calls the matrix.
    matrix : scipy.sparse.csr_array of int64, shape (m, n)
    right : numpy.ndarray of int64, shape (m,)
    factors : tuple of Fraction
        By what each of the user's rows was multiplied.
    given : tuple of int or float
        The user's right-hand sides.
    """

    name: str
    matrix: sp.csr_array
    right: np.ndarray
    factors: tuple[Fraction, ...]
    given: tuple[float, ...]

    @property
    def extent(self) -> tuple[np.ndarray, np.ndarray]:
        """Least and greatest value of each row over all 0/1 variables."""
        return self.matrix.minimum(0).sum(axis=1), self.matrix.maximum(0).sum(axis=1)

    def shown(self, row: int, value: int) -> str:
        """A value of a row in the user's units."""
        return number_text(Fraction(value) / self.factors[row])


def number_text(value: Any) -> str:
    """A whole number with all its digits, another one with six."""
    return str(int(value)) if value == int(value) else f"{float(value):g}"


def whole_rows(matrix: Any, right: Any, n: int, kind: Literal["eq", "ub"]) -> Rows:
    """Rows of a matrix and their right-hand sides, checked and made whole.

    Parameters
    ----------
    matrix : array_like or scipy.sparse array, shape (m, n), or None for no rows
        Integers, or rational numbers (floats are taken by their exact binary value, ``Fraction`` and ``Decimal`` by
        theirs).
    right : array_like, shape (m,), or None
    n : int
        Number of variables.
    kind : {"eq", "ub"}

    Raises
    ------
    ValueError
        If the shapes do not agree, a number is not finite, a row cannot be made whole within 2**26, or no 0/1 values
        at all satisfy a row.
    TypeError
        If the matrix does not hold numbers.
    """
    import scipy.sparse as sp

    name, side = f"A_{kind}", f"b_{kind}"
    if (matrix is None) != (right is None):
        missing, other = (name, side) if matrix is None else (side, name)
        raise ValueError(f"{missing}: {other} is given, so {missing} is needed too")
    if matrix is None:
        matrix, right = np.zeros((0, n), dtype=np.int64), np.zeros(0, dtype=np.int64)
    entries: Any = sp.csr_array(matrix) if hasattr(matrix, "tocsr") else _table(matrix, name, n)
    sides = np.atleast_1d(_array(right, side))
    if entries.ndim != 2 or entries.shape[1] != n:
        raise ValueError(f"{name}: {n} columns are needed, one for each entry of c, but its shape is {entries.shape}")
    if sides.shape != (entries.shape[0],):
        raise ValueError(
            f"{side}: one entry for each of the {entries.shape[0]} rows of {name} is needed, but its shape is "
            f"{sides.shape}"
        )
    columns, values = _columns_and_values(entries)
    rows = [
        _whole_row(
            row, here, values[row], sides[row].item() if isinstance(sides[row], np.generic) else sides[row], kind
        )
        for row, here in enumerate(columns)
    ]
    lengths = [len(row) for row, _, _ in rows]
    data = np.array([a for row, _, _ in rows for a in row], dtype=np.int64)
    indices = np.concatenate([np.empty(0, dtype=np.int64), *columns])
    whole = sp.csr_array((data, indices, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)), (len(rows), n))
    given = tuple(float(b) if not isinstance(b, int) else b for b in sides.tolist())
    return Rows(name, whole, np.array([b for _, b, _ in rows], dtype=np.int64), tuple(f for _, _, f in rows), given)


def _table(matrix: Any, name: str, n: int) -> np.ndarray:
    table = _array(matrix, name)
    return table.reshape(0, n) if table.size == 0 and table.ndim < 2 else np.atleast_2d(table)


def _array(values: Any, name: str) -> np.ndarray:
    try:
        array = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"{name}: not a rectangular array of numbers ({error})") from None
    if array.dtype.kind == "O":
        wrong = [x for x in array.ravel().tolist() if isinstance(x, bool) or not isinstance(x, _NUMBERS)]
        if wrong:
            raise TypeError(f"{name}: numbers are needed, but one entry is {wrong[0]!r}")
    elif array.dtype.kind not in "iuf":
        raise TypeError(f"{name}: numbers are needed, but the dtype is {array.dtype}")
    return array


_NUMBERS = (int, float, Fraction, Decimal)


def _columns_and_values(entries: Any) -> tuple[list[np.ndarray], list[list[Any]]]:
    """The columns of the non-zero entries of each row, and the entries."""
    if hasattr(entries, "tocsr"):
        if entries.dtype.kind not in "iuf":
            raise TypeError(f"A: a sparse matrix of numbers is needed, but the dtype is {entries.dtype}")
        entries = entries.copy()
        entries.sum_duplicates()
        bounds = list(zip(entries.indptr[:-1].tolist(), entries.indptr[1:].tolist(), strict=True))
        columns = [entries.indices[i:j][entries.data[i:j] != 0].astype(np.int64) for i, j in bounds]
        return columns, [entries.data[i:j][entries.data[i:j] != 0].tolist() for i, j in bounds]
    columns = [np.flatnonzero(row != 0) for row in entries]
    return columns, [row[here].tolist() for row, here in zip(entries, columns, strict=True)]


def _whole_row(
    row: int, columns: np.ndarray, values: list[Any], right: Any, kind: str
) -> tuple[list[int], int, Fraction]:
    """Whole entries and right-hand side of one row, without a common divisor, and the factor that made them."""
    name, side = f"A_{kind}", f"b_{kind}"
    places = [*(f"{name}[{row}, {j}]" for j in columns.tolist()), f"{side}[{row}]"]
    for value, where in zip([*values, right], places, strict=True):
        if not math.isfinite(value):
            raise ValueError(f"{where.split('[')[0]}: every entry must be finite, but {where} is {value}")
    a, b = [Fraction(value) for value in values], Fraction(right)
    factor = Fraction(math.lcm(*(value.denominator for value in a), b.denominator if kind == "eq" else 1))
    # a right-hand side beyond what an inequality's row can reach is cut down below, however large
    size = factor * (sum(map(abs, a)) + (abs(b) if kind == "eq" else 0))
    if size >= _LARGEST_ROW:
        if factor > 1:
            raise ValueError(
                f"{name}: row {row} is not of whole numbers, and {factor} times it, which is, is too large; multiply "
                "it by a factor that makes it whole, or pass fractions.Fraction entries"
            )
        raise ValueError(
            f"{name}: the absolute values in row {row} add up to {size}, beyond 2**26; use smaller numbers"
        )
    divisor = math.gcd(*(int(factor * value) for value in a))
    if divisor:
        factor /= divisor
    whole, target = [int(factor * value) for value in a], factor * b
    lowest, highest = sum(min(0, value) for value in whole), sum(max(0, value) for value in whole)
    if kind == "eq" and (target.denominator != 1 or not lowest <= target <= highest):
        reason = (
            f"values from {float(lowest / factor):g} to {float(highest / factor):g} in steps of "
            f"{float(1 / factor):g} are possible"
            if whole
            else "the row is empty"
        )
        raise ValueError(f"{side}: no 0/1 values satisfy row {row}: it must be {float(b):g}, but {reason}")
    if kind == "ub" and target < lowest:
        raise ValueError(
            f"{side}: no 0/1 values satisfy row {row}: it is {float(lowest / factor):g} at least, but may be "
            f"{float(b):g} at most"
        )
    return whole, math.floor(target) if kind == "eq" else min(math.floor(target), highest), factor
