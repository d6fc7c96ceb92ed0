r"""Couplings as a Matrix Market file (``.mtx``): the entries are J, in the house convention.

:math:`E(s) = -\tfrac12 s^{\mathsf T} J s`, so a positive entry is ferromagnetic.  The matrix must be square and
symmetric (``symmetric``, one triangle given, or ``general``, both given and equal) with zero diagonal; ``coordinate``
and ``array``, ``real``, ``integer`` and ``pattern`` (every coupling 1) are read.  Rows and columns count from 1 in the
file, spins from 0.

SciPy's own reader takes ``0.5x`` for 0.5, cuts 0.5 to 0 in an integer file and adds up entries given twice; here each
of them is an error that shows the line.

Source: R. F. Boisvert, R. Pozo, K. A. Remington, "The Matrix Market exchange formats", NISTIR 5935 (1996).
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ..matrices import check_size, coupling_matrix, upper_pairs
from ..model import IsingModel
from .edges import check_numbering, check_pairs, model_of
from .source import Format, Source
from .tables import Table, duplicates, lines_of, shown

__all__ = ["FORMAT"]

_LAYOUTS = ("coordinate", "array")
_FIELDS = ("real", "double", "integer", "pattern")
_SYMMETRIES = ("symmetric", "general")


def _load(source: Source) -> IsingModel:
    table = Table(source, comment=b"%")
    layout, field, symmetry = _banner(table)
    if not len(table):
        raise source.error("no line with the size of the matrix", table.last_line)
    widths = 3 if layout == "coordinate" else 2
    table.check_width(slice(0, 1), widths, f"the size {'rows columns entries' if widths == 3 else 'rows columns'!r}")
    n, columns = table.integer(0, 0, "the number of rows"), table.integer(0, 1, "the number of columns")
    if n != columns or n < 0:
        raise table.error(0, f"the couplings must be a square matrix, but the size is {n} by {columns}")
    if layout == "array":
        return _load_array(table, n, field, symmetry)
    return _load_coordinates(table, n, field, symmetry)


def _banner(table: Table) -> tuple[str, str, str]:
    source = table.source
    if re.match(rb"%%MatrixMarket[ \t]", source.text()) is None:
        raise source.error("a Matrix Market file begins with '%%MatrixMarket matrix ...'", 1)
    words = [word.decode("ascii", "replace").lower() for word in table.comments[0][1]]
    if len(words) != 5 or words[1] != "matrix":
        raise source.error("the first line must be '%%MatrixMarket matrix layout field symmetry'", 1)
    for word, known in zip(words[2:], (_LAYOUTS, _FIELDS, _SYMMETRIES), strict=True):
        if word not in known:
            raise source.error(f"{shown(word.encode())} is none of {', '.join(known)}, which couplings can be", 1)
    if words[2:4] == ["array", "pattern"]:
        raise source.error("an array has no pattern", 1)
    return words[2], words[3], words[4]


def _values(table: Table, k: int, field: str) -> np.ndarray:
    body = slice(1, None)
    if field == "pattern":
        return np.ones(len(table) - 1, dtype=np.int64)
    if field == "integer":
        return table.integers(body, k, "the entry")
    return table.numbers(body, k, "the entry").astype(np.float64)


def _load_coordinates(table: Table, n: int, field: str, symmetry: str) -> IsingModel:
    source = table.source
    m = table.integer(0, 2, "the number of entries")
    if m < 0:
        raise table.error(0, f"the header declares {m} entries")
    found = len(table) - 1
    source.check_count(n, found, "rows", int(table.line[0]))
    body = slice(1, None)
    table.check_number_of_lines(found, m, "entries", 1)
    pattern = field == "pattern"
    table.check_width(body, 2 if pattern else 3, "an entry 'row column'" if pattern else "an entry 'row column value'")
    i, j = table.integers(body, 0, "the row"), table.integers(body, 1, "the column")
    check_pairs(table, body, i, j, 1, n, loops=True)
    values = _values(table, 2, field)
    both_ways = symmetry == "symmetric"
    twice = duplicates(np.minimum(i, j), np.maximum(i, j)) if both_ways else duplicates(i, j)
    if twice:
        earlier, later = twice
        raise table.error(
            1 + later, f"the entry ({i[later]}, {j[later]}) was given before, in line {table.line[1 + earlier]}"
        )
    on_diagonal = np.flatnonzero((i == j) & (values != 0))
    if len(on_diagonal):
        k = int(on_diagonal[0])
        raise table.error(1 + k, _diagonal(i[k], values[k]))
    off = i != j
    i, j, values = i[off] - 1, j[off] - 1, values[off]
    if both_ways:
        return _model(source, lambda: coupling_matrix(i, j, values, n), values)
    _check_symmetric(source, i, j, values)
    upper = i < j
    return _model(source, lambda: coupling_matrix(i[upper], j[upper], values[upper], n), values)


def _check_symmetric(source: Source, i: np.ndarray, j: np.ndarray, values: np.ndarray) -> None:
    """Refuse a ``general`` matrix of which an entry differs from the one across the diagonal."""
    filled = values != 0
    i, j, values = i[filled], j[filled], values[filled]
    here, across = np.lexsort((j, i)), np.lexsort((i, j))
    if not all(np.array_equal(a[here], b[across]) for a, b in ((i, j), (j, i), (values, values))):
        entries = {(a, b): v for a, b, v in zip(i.tolist(), j.tolist(), values.tolist(), strict=True)}
        a, b = next(pair for pair, v in entries.items() if entries.get(pair[::-1], 0) != v)
        raise source.error(
            f"the couplings must be symmetric, but entry ({a + 1}, {b + 1}) is {entries[a, b]} and "
            f"({b + 1}, {a + 1}) is {entries.get((b, a), 0)}"
        )


def _load_array(table: Table, n: int, field: str, symmetry: str) -> IsingModel:
    source = table.source
    both_ways = symmetry == "symmetric"
    body = slice(1, None)
    table.check_number_of_lines(len(table) - 1, n * (n + 1) // 2 if both_ways else n * n, "entries", 1)
    table.check_width(body, 1, "one entry")
    values = _values(table, 0, field)
    matrix = np.zeros((n, n), dtype=values.dtype)
    if both_ways:
        # column by column, each from the diagonal down: the upper triangle of the transpose, row by row
        matrix[np.triu_indices(n)] = values
        matrix += np.triu(matrix, k=1).T
    else:
        matrix[...] = values.reshape(n, n, order="F")
    diagonal = np.flatnonzero(matrix.diagonal())
    if len(diagonal):
        k = int(diagonal[0])
        row = 1 + (k * n - k * (k - 1) // 2 if both_ways else k * n + k)
        raise table.error(row, _diagonal(k + 1, matrix[k, k]))
    different = np.argwhere(matrix != matrix.T)
    if len(different):
        a, b = (int(x) for x in different[0])
        raise source.error(
            f"the couplings must be symmetric, but entry ({a + 1}, {b + 1}) is {matrix[a, b]} and "
            f"({b + 1}, {a + 1}) is {matrix[b, a]}"
        )
    return _model(source, lambda: matrix, values)


def _diagonal(k: int, value: float) -> str:
    return f"the entry ({k}, {k}) on the diagonal is {value}, but a spin is not coupled to itself: it must be 0"


def _model(source: Source, matrix: Any, values: np.ndarray) -> IsingModel:
    try:
        check_size(values, "the entries")
        return IsingModel(matrix(), copy=False)
    except ValueError as error:  # of the numbers' size alone: all else is checked
        raise source.error(str(error)) from None


def _dump(content: Any) -> bytes:
    model = model_of(content)
    for present, what in ((model.has_fields, "fields"), (model.offset != 0, f"the offset {model.offset}")):
        if present:
            raise ValueError(f"model: a Matrix Market file has no place for {what}; write '.qubo', '.bqm' or '.json'")
    check_numbering(model.labels, "a Matrix Market file")
    i, j, values = upper_pairs(model.J)
    field = "integer" if model.J.dtype.kind == "i" else "real"
    header = f"%%MatrixMarket matrix coordinate {field} symmetric\n{model.num_spins} {model.num_spins} {len(i)}\n"
    return header.encode() + lines_of(j + 1, i + 1, values)


FORMAT = Format(
    name="matrix-market",
    suffixes=(".mtx",),
    description="couplings J as a Matrix Market file",
    load=_load,
    opening=lambda lines: lines[0][0] == b"%%MatrixMarket",
    dump=_dump,
)
