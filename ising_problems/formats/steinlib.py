r"""Steiner trees in graphs: SteinLib (``.stp``) and the PACE challenge of 2018 (``.gr``).

Sections between lines ``SECTION name`` and ``END``; SteinLib begins with a line ``33D32945 …``, PACE without; the line
``EOF`` ends the file.  Keywords may be in capitals or not.

* ``Graph``: ``Nodes n``, ``Edges m``, m lines ``E i j cost`` with nodes 1 … n.  Arcs (``A``), and so directed problems,
  are refused.
* ``Terminals``: ``Terminals k``, k lines ``T i``.  Roots, prizes and groups are refused.
* ``Coordinates``: lines ``DD i x y``, kept as the node attribute ``pos``.
* ``Comment`` and PACE's ``Tree Decomposition`` are passed over.

Costs are the edge attribute ``weight``.  An edge given twice is an error.

Source: T. Koch, A. Martin, S. Voß, "SteinLib: an updated library on Steiner tree problems in graphs" (2001), and its
page on the format; PACE 2018, tracks 1 to 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .edges import check_pairs, graph_of_edges, refuse_duplicates
from .source import Format, Opening, Source
from .tables import Table

__all__ = ["FORMAT"]

_MAGIC = b"33d32945"
_PASSED_OVER = ("comment", "tree decomposition")
_READ = ("graph", "terminals", "coordinates")


def _load(source: Source) -> dict[str, Any]:
    table = Table(source, comment=b"#")
    sections = _sections(table)
    for name in ("graph", "terminals"):
        if name not in sections:
            raise source.error(f"there is no section {name.capitalize()}", table.last_line)
    nodes, body = _counted(table, sections["graph"], b"nodes", "Nodes n")
    edges, body = _counted(table, body, b"edges", "Edges m")
    n = table.integer(nodes, 1, "the number of nodes")
    m = table.integer(edges, 1, "the number of edges")
    found = body.stop - body.start
    if n < 0 or m < 0 or m != found:
        raise table.error(edges, f"{n} nodes and {m} edges are declared, and there are {found} lines of edges")
    source.check_count(n, found, "nodes", int(table.line[nodes]))
    _check_letter(table, body, b"e", 4, "an edge 'E i j cost'")
    i = table.integers(body, 1, "the first node")
    j = table.integers(body, 2, "the second node")
    check_pairs(table, body, i, j, 1, n)
    refuse_duplicates(table, body, i, j)
    costs = table.numbers(body, 3, "the cost")
    positions = _positions(table, sections["coordinates"], n) if "coordinates" in sections else None
    return {
        "graph": graph_of_edges(n, i, j, costs, positions=positions),
        "terminals": _terminals(table, sections["terminals"], n),
    }


def _sections(table: Table) -> dict[str, slice]:
    """The lines of each section, without its first and its last."""
    if not len(table):
        raise table.source.error("there are only comments", table.last_line)
    sections: dict[str, slice] = {}
    row = 1 if table.word(0, 0).lower() == _MAGIC else 0
    ends = np.flatnonzero((table.count == 1) & _is_keyword(table, b"end"))
    while row < len(table):
        words = [word.lower() for word in table.words(row)]
        if words == [b"eof"]:
            if row + 1 < len(table):
                raise table.error(row + 1, "nothing may follow the line 'EOF'")
            break
        if words[0] == b"p":
            raise table.error(row, "this is a graph with a line 'p': read it with format='edge-list'")
        if words[0] != b"section" or len(words) < 2:
            raise table.error(row, f"a line 'SECTION name' is needed, but it is {table.shown(row)}")
        name = b" ".join(words[1:]).decode("latin-1")
        if name in sections:
            raise table.error(row, "this section was given before")
        if name not in _READ + _PASSED_OVER:
            raise table.error(row, f"no problem that is read has such a section: {table.shown(row)}")
        end = int(np.searchsorted(ends, row))
        if end == len(ends):
            raise table.error(row, "the section has no line 'END': the file is damaged or incomplete")
        sections[name] = slice(row + 1, int(ends[end]))
        row = int(ends[end]) + 1
    return sections


def _is_keyword(table: Table, keyword: bytes) -> np.ndarray:
    """For each line, whether its first word is the keyword in any of its usual cases."""
    same = np.zeros(len(table), dtype=bool)
    for word in (keyword, keyword.upper(), keyword.capitalize()):
        same |= table.is_word(slice(None), 0, word)
    return same


def _counted(table: Table, rows: slice, keyword: bytes, what: str) -> tuple[int, slice]:
    """The line that declares a number, and the lines below it."""
    row = rows.start
    if row >= rows.stop or table.count[row] != 2 or table.word(row, 0).lower() != keyword:
        # where the section is empty, its last line is what stands there
        raise table.error(row, f"a line '{what}' is needed, but it is {table.shown(row)}")
    return row, slice(row + 1, rows.stop)


def _check_letter(table: Table, rows: slice, letter: bytes, width: int, what: str) -> None:
    wrong = np.flatnonzero(~_is_keyword(table, letter)[rows])
    if len(wrong):
        row = rows.start + int(wrong[0])
        raise table.error(row, f"{what} is needed, but the line is {table.shown(row)}")
    table.check_width(rows, width, what)


def _terminals(table: Table, rows: slice, n: int) -> list[int]:
    declared, body = _counted(table, rows, b"terminals", "Terminals k")
    k = table.integer(declared, 1, "the number of terminals")
    found = body.stop - body.start
    if k != found:
        raise table.error(declared, f"{k} terminals are declared, but there are {found} lines")
    _check_letter(table, body, b"t", 2, "a terminal 'T i'")
    return _distinct(table, body, n, "the terminal").tolist()


def _positions(table: Table, rows: slice, n: int) -> dict[int, tuple[float, ...]]:
    _check_letter(table, rows, b"dd", 4, "a position 'DD i x y'")
    nodes = _distinct(table, rows, n, "the node").tolist()
    x, y = (table.numbers(rows, 2 + k, "the coordinate").astype(np.float64).tolist() for k in range(2))
    return {node: (x[k], y[k]) for k, node in enumerate(nodes)}


def _distinct(table: Table, rows: slice, n: int, what: str) -> np.ndarray:
    nodes = table.integers(rows, 1, what)
    check_pairs(table, rows, nodes, nodes, 1, n, loops=True)
    order = np.argsort(nodes, kind="stable")
    twice = order[1:][np.diff(nodes[order]) == 0]
    if len(twice):
        k = int(twice.min())
        raise table.error(rows.start + k, f"{what} {nodes[k]} was given before")
    return nodes


def _opening(lines: Opening) -> bool:
    first = next((words for words in lines if not words[0].startswith(b"#")), [b""])
    return first[0].lower() == _MAGIC or [word.lower() for word in first] == [b"section", b"graph"]


FORMAT = Format(
    name="steinlib",
    suffixes=(".stp", ".gr"),
    description="Steiner trees of SteinLib and of PACE",
    load=_load,
    problems=("SteinerTree",),
    opening=_opening,
)
