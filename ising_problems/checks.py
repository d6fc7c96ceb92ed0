"""Checks at the door: what is accepted as a number, a seed, an array, couplings, and what an error shows.

Arrays of numbers become int64 or float64 with the same values, or are refused; every message names the argument, shows
the offending entry and says what to do.
"""

from __future__ import annotations

import math
import reprlib
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np

__all__ = [
    "LARGEST_EXACT_FLOAT",
    "as_float",
    "check_dtype",
    "check_finite",
    "check_integer_range",
    "check_spins",
    "checked_couplings",
    "checked_fields",
    "checked_generator",
    "checked_integer",
    "checked_labels",
    "checked_number",
    "checked_offset",
    "is_index",
    "is_integer",
    "number_array",
    "on_one_line",
    "refuse_masked",
    "repeatable_seed",
    "widened",
]

# Integer energies are kept below this, so that no sum in int64 can wrap around (one bit is spare for differences).
_LARGEST_INTEGER_ENERGY = 2**62
# Integers below this are exact in float64.
LARGEST_EXACT_FLOAT = 2**53
# Rows of a dense matrix that are looked at together: bounds the temporary memory of a check.
_ROWS = 512


def on_one_line(value: Any) -> str:
    """What an error message shows of any object: its ``repr``, shortened, without line breaks."""
    return " ".join(reprlib.repr(value).split())


def is_integer(value: Any) -> bool:
    """Whether something is an int, of Python or numpy, and not a bool."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def is_index(value: Any, below: int) -> bool:
    """Whether something is one of the integers 0 … below - 1."""
    return is_integer(value) and 0 <= value < below


def checked_integer(value: Any, name: str, at_least: int) -> int:
    """An integer argument that is not below ``at_least``; a ``TypeError`` or ``ValueError`` otherwise."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name}: must be an integer, but it is {value!r}")
    if value < at_least:
        raise ValueError(f"{name}: must be at least {at_least}, but it is {value}")
    return int(value)


def checked_number(
    value: Any, name: str, *, above: float = -np.inf, at_least: float = -np.inf, below: float = np.inf
) -> float:
    """A finite real argument within its range; a ``TypeError`` or ``ValueError`` otherwise."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name}: must be a number, but it is {value!r}")
    number = float(value)
    if not np.isfinite(number):
        raise ValueError(f"{name}: must be finite, but it is {number}")
    if number <= above:
        raise ValueError(f"{name}: must be greater than {above:g}, but it is {number:g}")
    if number < at_least:
        raise ValueError(f"{name}: must be at least {at_least:g}, but it is {number:g}")
    if number >= below:
        raise ValueError(f"{name}: must be less than {below:g}, but it is {number:g}")
    return number


def checked_generator(seed: Any) -> np.random.Generator:
    """Generator for a ``seed`` argument: an int, a Generator (used as it is) or None for fresh entropy."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer, np.random.Generator, type(None))):
        raise TypeError(f"seed: an integer, a numpy.random.Generator or None is needed, but it is {seed!r}")
    if isinstance(seed, (int, np.integer)) and seed < 0:
        raise ValueError(f"seed: must not be negative, but it is {seed}")
    return np.random.default_rng(seed)


def seed_sequence(rng: np.random.Generator) -> np.random.SeedSequence:
    """What a generator was made from, and spawns its children from."""
    sequence = rng.bit_generator.seed_seq
    if not isinstance(sequence, np.random.SeedSequence):
        raise TypeError(f"seed: a generator that was made from a SeedSequence is needed, not from {sequence!r}")
    return sequence


def repeatable_seed(seed: Any, rng: np.random.Generator) -> int | None:
    """The integer that repeats a run begun with ``rng = checked_generator(seed)``; None if that was a Generator."""
    if isinstance(seed, np.random.Generator):
        return None
    return int(rng.bit_generator.seed_seq.entropy)  # type: ignore[attr-defined]


def check_spins(spins: Any, num_spins: int, name: str = "spins") -> np.ndarray:
    """Spins as an int8 array, or a ``ValueError`` that shows the offending entry.

    Parameters
    ----------
    spins : array_like of ±1, shape (..., num_spins)
    num_spins : int
    name : str
        What the argument is called where the error is read.

    Returns
    -------
    numpy.ndarray of int8, shape (..., num_spins)
    """
    refuse_masked(spins, name)
    array = np.asarray(spins)
    if array.ndim == 0 or array.shape[-1] != num_spins:
        raise ValueError(f"{name}: the last axis must hold the {num_spins} spins, but the shape is {array.shape}")
    if array.size == 0:
        return array.astype(np.int8)
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{name}: entries must be -1 or +1, but the dtype is {array.dtype}")
    if array.dtype != np.int8 or not np.all(np.abs(array) == 1):
        wrong = np.argwhere((array != 1) & (array != -1))
        if len(wrong):
            where = tuple(int(i) for i in wrong[0])
            raise ValueError(f"{name}: entries must be -1 or +1, but entry {where} is {array[where]!s}")
    return np.ascontiguousarray(array, dtype=np.int8)


def refuse_masked(values: Any, name: str) -> None:
    """Refuse a masked array: reading through the mask would make up values."""
    if isinstance(values, np.ma.MaskedArray):
        raise ValueError(f"{name}: masked entries have no value; pass an array without a mask, as from .filled(0)")


def number_array(values: Any, name: str) -> np.ndarray:
    """Array of int64 or float64 with the same values, or an error that names the argument."""
    refuse_masked(values, name)
    try:
        array = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"{name}: not a rectangular array of numbers ({error})") from None
    check_dtype(array.dtype, name)
    if array.dtype.kind == "u" and array.size and array.max() > np.iinfo(np.int64).max:
        raise ValueError(f"{name}: the entry {array.max()} does not fit in 64 signed bits; pass floats instead")
    if array.dtype.kind in "biu":
        return array.astype(np.int64, copy=False)
    converted = array.astype(np.float64, copy=False)
    if array.dtype.itemsize > 8 and not np.array_equal(converted, array, equal_nan=True):
        raise ValueError(f"{name}: {array.dtype} entries would be rounded to float64; round them yourself first")
    return converted


def as_float(array: np.ndarray, name: str) -> np.ndarray:
    """The same numbers as float64; a ``ValueError`` where an integer would be rounded."""
    converted = array.astype(np.float64, copy=False)
    if array.dtype.kind == "i" and array.size:
        large = (array > LARGEST_EXACT_FLOAT) | (array < -LARGEST_EXACT_FLOAT)
        if large.any():
            value = array[large].flat[0]
            raise ValueError(f"{name}: the integer {value} would be rounded beside floats; pass floats throughout")
    return converted


def check_dtype(dtype: np.dtype, name: str) -> None:
    """Refuse what is not a real number."""
    if dtype.kind not in "biuf":
        hint = "; take the real part yourself if it is meant" if dtype.kind == "c" else ""
        raise ValueError(f"{name}: entries must be real numbers, but the dtype is {dtype}{hint}")


def check_finite(array: np.ndarray, name: str) -> None:
    """Refuse an infinity or a NaN; the message shows the first one and where it stands."""
    wrong = ~np.isfinite(array)
    if not wrong.any():
        return
    if array.ndim == 0:
        raise ValueError(f"{name}: must be finite, but it is {array}")
    where = tuple(int(k) for k in np.argwhere(wrong)[0])
    raise ValueError(f"{name}: every entry must be finite, but {name}[{', '.join(map(str, where))}] is {array[where]}")


def checked_couplings(J: Any, copy: bool) -> tuple[Any, bool]:
    """Couplings as an array or CSR array of int64 or float64, and whether sparse; symmetric, finite, zero diagonal."""
    if hasattr(J, "tocsr"):  # any scipy.sparse matrix or array, without importing scipy for dense users
        return _checked_sparse_couplings(J), True
    array = number_array(J, "J")
    if array.size == 0 and array.ndim < 2:
        array = array.reshape(0, 0)
    _check_square(array.shape)
    n = array.shape[0]
    for start in range(0, n, _ROWS):
        rows = array[start : start + _ROWS]
        if rows.dtype.kind == "f" and not np.isfinite(rows).all():
            i, j = (int(k) for k in np.argwhere(~np.isfinite(rows))[0])
            raise ValueError(f"J: every coupling must be finite, but J[{start + i}, {j}] is {rows[i, j]}")
        columns = array[:, start : start + _ROWS].T
        if not np.array_equal(rows, columns):
            i, j = (int(k) for k in np.argwhere(rows != columns)[0])
            raise _asymmetry(start + i, j, rows[i, j], columns[i, j])
    diagonal = np.flatnonzero(array.diagonal())
    if len(diagonal):
        raise _self_coupling(int(diagonal[0]), array[diagonal[0], diagonal[0]])
    if copy or not array.flags.c_contiguous:
        array = np.array(array, order="C")
    return array, False


def _checked_sparse_couplings(J: Any) -> Any:

    check_dtype(np.dtype(J.dtype), "J")
    _check_square(J.shape)
    matrix = widened(J, "J")
    if not np.isfinite(matrix.data).all():
        entries = matrix.tocoo()
        k = int(np.flatnonzero(~np.isfinite(entries.data))[0])
        i, j = int(entries.coords[0][k]), int(entries.coords[1][k])
        raise ValueError(f"J: every coupling must be finite, but J[{i}, {j}] is {entries.data[k]}")
    matrix.eliminate_zeros()
    matrix.sort_indices()
    transposed = matrix.T.tocsr()
    if not all(
        np.array_equal(getattr(matrix, part), getattr(transposed, part)) for part in ("indptr", "indices", "data")
    ):
        difference = (matrix != transposed).tocoo()
        i, j = int(difference.coords[0][0]), int(difference.coords[1][0])
        raise _asymmetry(i, j, matrix[i, j], matrix[j, i])
    diagonal = np.flatnonzero(matrix.diagonal())
    if len(diagonal):
        raise _self_coupling(int(diagonal[0]), matrix.diagonal()[diagonal[0]])
    return _narrowed(matrix)


def own_couplings(J: Any) -> tuple[Any, bool]:
    """Couplings that the house has just made, symmetric and with zero diagonal; only overflow is looked for."""
    sparse = hasattr(J, "tocsr")
    if not np.isfinite(J.data if sparse else J).all():
        return checked_couplings(J, False)  # which says where
    if not sparse:
        return J, False
    J.sort_indices()
    return _narrowed(J), True


def _narrowed(matrix: Any) -> Any:
    """The same matrix with indices of 32 bits where they suffice, which is what kernels are compiled for."""
    if max(matrix.nnz, matrix.shape[0]) < np.iinfo(np.int32).max:
        matrix.indices = matrix.indices.astype(np.int32, copy=False)
        matrix.indptr = matrix.indptr.astype(np.int32, copy=False)
    return matrix


def widened(matrix: Any, name: str) -> Any:
    """CSR copy of a sparse matrix with int64 or float64 entries; duplicates are added up after the widening."""
    import scipy.sparse as sp

    if matrix.format == "csr" and matrix.dtype in (np.int64, np.float64) and matrix.has_canonical_format:
        return sp.csr_array(matrix, copy=True)
    entries = matrix.tocoo()
    data = number_array(entries.data, name)
    return sp.csr_array(sp.coo_array((data, (entries.row, entries.col)), shape=entries.shape))


def _check_square(shape: tuple[int, ...]) -> None:
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ValueError(f"J: the couplings must be a square matrix, but the shape is {shape}")


def _asymmetry(i: int, j: int, upper: Any, lower: Any) -> ValueError:
    return ValueError(
        f"J: the couplings must be symmetric, but J[{i}, {j}] is {upper} and J[{j}, {i}] is {lower}; "
        "pass (J + J.T)/2 if the mean is meant, or J + J.T for a triangular matrix"
    )


def _self_coupling(i: int, value: Any) -> ValueError:
    return ValueError(
        f"J: the diagonal must be zero, but J[{i}, {i}] is {value}; a spin's square is 1, so a diagonal only shifts "
        "every energy by -trace(J)/2: set it to zero and pass that as the offset"
    )


def checked_fields(h: Any, n: int, dtype: np.dtype, copy: bool) -> np.ndarray:
    """Fields, shape (n,), of the couplings' kind where that loses nothing."""
    if h is None:
        return np.zeros(n, dtype=dtype)
    fields = number_array(h, "h")
    if fields.shape != (n,):
        raise ValueError(f"h: one field for each of the {n} spins is needed, but the shape is {fields.shape}")
    if not np.isfinite(fields).all():
        i = int(np.flatnonzero(~np.isfinite(fields))[0])
        raise ValueError(f"h: every field must be finite, but h[{i}] is {fields[i]}")
    if dtype.kind == "f":
        return as_float(fields, "h").copy()
    return np.array(fields, copy=copy or None)


def checked_offset(offset: Any) -> float:
    """A finite int or float."""
    if isinstance(offset, np.generic):
        offset = offset.item()
    if not isinstance(offset, (int, float)):
        raise ValueError(f"offset: must be a real number, but it is {offset!r}")
    if isinstance(offset, int) and abs(offset) >= _LARGEST_INTEGER_ENERGY:
        raise ValueError("offset: an integer beyond 2**62 does not fit beside the energies; pass a float")
    if not math.isfinite(offset):
        raise ValueError(f"offset: must be finite, but it is {offset}")
    return offset


def checked_labels(labels: Iterable[Hashable] | None, n: int) -> Sequence[Hashable]:
    """One name for each spin, no two alike; ``range(n)`` for None."""
    if labels is None:
        return range(n)
    if isinstance(labels, range) and labels == range(n):
        return labels
    if not isinstance(labels, Iterable):
        raise TypeError(f"labels: a sequence of {n} labels is needed, but it is {labels!r}")
    named = tuple(labels)
    if len(named) != n:
        raise ValueError(f"labels: one for each of the {n} spins is needed, but there are {len(named)}")
    for label in named:
        if not isinstance(label, Hashable):
            raise TypeError(f"labels: a label must be hashable, but {label!r} is a {type(label).__name__}")
    if len(set(named)) != n:
        twice = Counter(named).most_common(1)[0][0]
        raise ValueError(f"labels: every spin needs a name of its own, but {twice!r} is given twice")
    return named


def check_integer_range(couplings: Any, fields: np.ndarray, offset: float) -> None:
    """Refuse integers whose energies would not be exact in 64 bits."""
    data = couplings.data if hasattr(couplings, "tocsr") else couplings
    rough = 0.5 * float(np.abs(data, dtype=np.float64).sum()) if data.size else 0.0
    rough += float(np.abs(fields, dtype=np.float64).sum()) + abs(float(offset))
    if rough >= _LARGEST_INTEGER_ENERGY:
        raise ValueError(
            f"J: integer energies could reach {rough:.3g}, beyond 2**62, and would not be exact in 64 bits; "
            "pass float couplings if rounding is acceptable, or divide out a common factor"
        )
