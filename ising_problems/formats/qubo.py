r"""Quadratic binary energies :math:`\sum q_{ij} x_i x_j`, to be minimised, as coordinate text: qbsolv and plain lists.

Two forms, both with indices from 0:

* qbsolv's ``.qubo``: comments ``c …``; one line ``p qubo topology maxNodes nNodes nCouplers``; nNodes lines ``i i q``
  and nCouplers lines ``i j q`` with i < j, in any order, none twice.  There are maxNodes variables, of which those
  that no line names are free.  A comment of exactly three words ``c offset q`` adds the constant q to every energy:
  qbsolv has no place for one, skips the comment, and finds the same minima.
* a plain list, ``.coo``: lines ``i j q`` that are the entries of a square matrix Q, none twice; (i, j) and (j, i) add
  up, as in x'Qx.  A first line ``n m`` of two integers declares the variables and entries; without it the largest index
  tells.  Comments begin with ``#``.  dimod's ``# vartype=SPIN`` makes the entries dimod's fields and couplings,
  :math:`E = \sum_i q_{ii} s_i + \sum_{i<j} q_{ij} s_i s_j`; ``# vartype=BINARY`` is the default.

``format="qubo"`` reads either, a plain list where there is no line that begins with ``p``.

Source: "qbsolv Input File Format", D-Wave Systems; ``dimod.serialization.coo``.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ..convert import from_qubo, to_qubo
from ..matrices import check_size, coupling_matrix, prefers_dense, sum_at, upper_pairs
from ..model import IsingModel
from .edges import check_numbering, check_pairs, model_of
from .source import Format, Opening, Source, are_digits
from .tables import DECIMAL, Table, duplicates, lines_of, shown

__all__ = ["FORMAT", "qubo_model"]

_VARTYPE = re.compile(rb"\bvartype\s*[:=]\s*(\S+)")


def _load(source: Source) -> IsingModel:
    table = Table(source)
    if source.suffix == ".qubo" or table.is_word(slice(None), 0, b"p").any():
        table.set_comments_aside(b"c")
        return _load_qbsolv(table)
    table.set_comments_aside(b"#")
    return _load_list(table)


def _load_qbsolv(table: Table) -> IsingModel:
    source = table.source
    header = table.words(0) if len(table) else []
    if len(header) != 6 or header[:2] != [b"p", b"qubo"]:
        line = int(table.line[0]) if len(table) else table.last_line
        raise source.error("the header 'p qubo topology maxNodes nNodes nCouplers' is needed", line)
    n, num_nodes, num_couplers = (
        table.integer(0, 3 + k, what) for k, what in enumerate(("maxNodes", "nNodes", "nCouplers"))
    )
    if min(n, num_nodes, num_couplers) < 0 or num_nodes > n:
        raise table.error(0, f"maxNodes is {n}, nNodes {num_nodes} and nCouplers {num_couplers}, which cannot be")
    body = slice(1, None)
    source.check_count(n, len(table) - 1, "nodes", int(table.line[0]))
    i, j, values = _entries(table, body)
    check_pairs(table, body, i, j, 0, n - 1, loops=True)
    wrong = np.flatnonzero(i > j)
    if len(wrong):
        raise table.error(
            1 + int(wrong[0]), f"a coupler 'i j q' needs i < j, but it is {table.shown(1 + int(wrong[0]))}"
        )
    nodes = int(np.count_nonzero(i == j))
    for found, declared, what in ((nodes, num_nodes, "nodes"), (len(i) - nodes, num_couplers, "couplers")):
        if found != declared:
            raise source.error(
                f"the header declares {declared} {what}, but there are {found}",
                table.last_line if found < declared else int(table.line[0]),
            )
    _refuse_duplicates(table, 1, i, j)
    return qubo_model(source, n, i, j, values, _offset(table))


def _load_list(table: Table) -> IsingModel:
    source = table.source
    vartype = _vartype(table)
    has_header = len(table) > 0 and table.count[0] == 2
    start = 1 if has_header else 0
    body = slice(start, None)
    if has_header:
        n, m = (
            table.integer(0, k, what) for k, what in enumerate(("the number of variables", "the number of entries"))
        )
        if n < 0 or m < 0:
            raise table.error(0, f"the header declares {n} variables and {m} entries")
        table.check_number_of_lines(len(table) - 1, m, "entries", 1)
    i, j, values = _entries(table, body)
    if not has_header:
        n = int(max(i.max(initial=-1), j.max(initial=-1))) + 1
    source.check_count(n, len(i), "variables", int(table.line[0]) if has_header else None)
    check_pairs(table, body, i, j, 0, n - 1, loops=True)
    _refuse_duplicates(table, start, i, j)
    if vartype == b"SPIN":
        return _spin_model(source, n, i, j, values)
    return qubo_model(source, n, i, j, values, 0)


def _entries(table: Table, rows: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table.check_width(rows, 3, "an entry 'i j q'")
    return (
        table.integers(rows, 0, "the first index"),
        table.integers(rows, 1, "the second index"),
        table.numbers(rows, 2, "the coefficient"),
    )


def _refuse_duplicates(table: Table, start: int, i: np.ndarray, j: np.ndarray) -> None:
    twice = duplicates(i, j)
    if twice:
        earlier, later = twice
        raise table.error(
            start + later, f"the entry {i[later]} {j[later]} was given before, in line {table.line[start + earlier]}"
        )


def _offset(table: Table) -> float:
    offset: float | None = None
    for line, words in table.comments:
        if len(words) == 3 and words[:2] == [b"c", b"offset"]:
            if offset is not None:
                raise table.source.error("the offset was given before", line)
            if not DECIMAL.fullmatch(words[2]) or not np.isfinite(float(words[2])):
                raise table.source.error(f"the offset must be a finite number, but it is {shown(words[2])}", line)
            whole = words[2].lstrip(b"+-").isdigit() and len(words[2]) <= 18
            offset = int(words[2]) if whole else float(words[2])
    return 0 if offset is None else offset


def _vartype(table: Table) -> bytes:
    vartype = None
    for line, words in table.comments:
        match = _VARTYPE.search(b" ".join(words))
        if not match:
            continue
        if match[1] not in (b"SPIN", b"BINARY"):
            raise table.source.error(f"vartype must be SPIN or BINARY, but it is {shown(match[1])}", line)
        if vartype not in (None, match[1]):
            raise table.source.error("vartype was given before, and differently", line)
        vartype = match[1]
    return vartype or b"BINARY"


def qubo_model(source: Source, n: int, i: np.ndarray, j: np.ndarray, values: np.ndarray, offset: float) -> IsingModel:
    """Model of the entries of Q, none of them twice; an error of the file where their numbers are too large."""
    import scipy.sparse as sp

    try:
        check_size(values, "the coefficients")
        Q: Any = sp.coo_array((values, (i, j)), shape=(n, n))
        return from_qubo(Q.toarray() if prefers_dense(n, 2 * len(values)) else Q.tocsr(), offset)
    except ValueError as error:  # of the numbers' size alone: all else is checked
        raise source.error(str(error)) from None


def _spin_model(source: Source, n: int, i: np.ndarray, j: np.ndarray, values: np.ndarray) -> IsingModel:
    diagonal = i == j
    try:
        check_size(values, "the coefficients")
        couplings = coupling_matrix(i[~diagonal], j[~diagonal], 0 - values[~diagonal], n)
        return IsingModel(couplings, 0 - sum_at(n, i[diagonal], values[diagonal]), copy=False)
    except ValueError as error:
        raise source.error(str(error)) from None


def _opening(lines: Opening) -> bool:
    """Of either form; a plain list must have its header, or else any three numbers would do."""
    lines = [words for words in lines if words[0] != b"c" and not words[0].startswith(b"#")] or [[b""]]
    if lines[0][:2] == [b"p", b"qubo"]:
        return True
    return len(lines[0]) == 2 and len(lines) > 1 and len(lines[1]) == 3 and are_digits(lines[0])


def _dump(content: Any) -> bytes:
    model = model_of(content)
    check_numbering(model.labels, "a QUBO file")
    Q, offset = to_qubo(model)
    diagonal = Q.diagonal()
    nodes = np.flatnonzero(diagonal)
    i, j, values = upper_pairs(Q)
    constant = f"c offset {offset!r}\n" if offset else ""
    header = f"{constant}p qubo 0 {model.num_spins} {len(nodes)} {len(i)}\n".encode()
    return header + lines_of(nodes, nodes, diagonal[nodes]) + lines_of(i, j, values)


FORMAT = Format(
    name="qubo",
    suffixes=(".qubo", ".coo"),
    description="QUBO coefficients as text, of qbsolv or as a plain list",
    load=_load,
    opening=_opening,
    dump=_dump,
)
