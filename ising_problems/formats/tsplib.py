r"""TSPLIB: travelling salesman problems, symmetric (``.tsp``) and not (``.atsp``), and Hamiltonian cycles (``.hcp``).

Lines ``KEYWORD : value`` and sections, in any order.  Read are

* coordinates of type ``EUC_2D``, ``CEIL_2D``, ``MAN_2D``, ``MAX_2D``, ``ATT`` and ``GEO``
  (:mod:`ising_problems.formats.tsplib_distances`);
* ``EXPLICIT`` distances, as ``FULL_MATRIX`` and, where they are symmetric, as a triangle by rows or columns, with the
  diagonal or without; what is on the diagonal is passed over, since no tour goes from a city to itself;
* the edges of a Hamiltonian cycle problem, as ``EDGE_LIST`` or ``ADJ_LIST``.

The cities are the nodes 1 … n; distances are the edge attribute ``weight``, of every pair of cities (every ordered one
in an ``.atsp``); coordinates, or those of ``DISPLAY_DATA_SECTION``, are the node attribute ``pos``, as (x, y), which
for ``GEO`` is (longitude, latitude).  Fixed edges, and problems of other types, are refused.

vrplib, which is kept up, knows neither ``GEO`` and ``ATT`` nor any triangle but ``LOWER_ROW`` nor a matrix whose rows
go over several lines; tsplib95 needs networkx 2.  So these files are read here.

Source: G. Reinelt, "TSPLIB 95" (1995), section 1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from .edges import check_pairs, graph_of_edges
from .source import Format, Opening, Source
from .tables import Table, shown
from .tsplib_distances import DISTANCES, distances

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["CYCLES", "TOURS"]

_ENTRIES = {
    "NAME",
    "TYPE",
    "COMMENT",
    "DIMENSION",
    "EDGE_WEIGHT_TYPE",
    "EDGE_WEIGHT_FORMAT",
    "EDGE_DATA_FORMAT",
    "NODE_COORD_TYPE",
    "DISPLAY_DATA_TYPE",
}
_SECTIONS = ("NODE_COORD_SECTION", "EDGE_WEIGHT_SECTION", "DISPLAY_DATA_SECTION", "EDGE_DATA_SECTION")
_KEYWORD = re.compile(r"([A-Z][A-Z0-9_]*)\s*(?::\s*(.*))?")
# A complete graph is kept with all its edges; a tour of n cities takes (n-1)² spins anyway.
_MOST_CITIES = 2000
_LARGEST_COORDINATE = 1e12


class _Contents:
    """Entries and sections of a file, each with where it stands."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.table = table = Table(source)
        self.entries: dict[str, tuple[str, int]] = {}
        self.sections: dict[str, slice] = {}
        first = table.first_bytes() | 0x20
        keywords = np.flatnonzero((first >= ord("a")) & (first <= ord("z")))
        ends = np.append(keywords[1:], len(table))
        if not len(keywords) or keywords[0] != 0:
            raise table.error(0, f"a line 'KEYWORD : value' is needed, but it is {table.shown(0)}")
        for row, end in zip(keywords.tolist(), ends.tolist(), strict=True):
            if not self._add(row, end):
                break

    def _add(self, row: int, end: int) -> bool:
        """Take note of a keyword and the numbers below it; whether the file goes on."""
        table = self.table
        text = b" ".join(table.words(row)).decode("latin-1")
        match = _KEYWORD.fullmatch(text)
        name, value = (match[1], match[2]) if match else ("", "")
        if name == "EOF":
            if len(table) > row + 1:
                raise table.error(row + 1, "nothing may follow the line 'EOF'")
            return False
        if (name in self.entries and name != "COMMENT") or name in self.sections:
            raise table.error(row, f"{name} was given before")
        if name in _SECTIONS:
            self.sections[name] = slice(row + 1, end)
        elif name in _ENTRIES and value is not None:
            self.entries[name] = (value.strip(), row)
            if end > row + 1:
                raise table.error(row + 1, f"a line 'KEYWORD : value' is needed, but it is {table.shown(row + 1)}")
        else:
            known = name in ("CAPACITY", "DEPOT_SECTION", "DEMAND_SECTION", "FIXED_EDGES_SECTION", "TOUR_SECTION")
            what = f"{name} is not a part of the problems that are read" if known else "no keyword of TSPLIB"
            raise table.error(row, f"{what}: {table.shown(row)}")
        return True

    def value(self, name: str, allowed: tuple[str, ...] = (), default: str | None = None) -> str:
        """The value of an entry, one of those allowed."""
        if name not in self.entries:
            if default is not None:
                return default
            raise self.source.error(f"the file has no {name}", self.table.last_line)
        value, row = self.entries[name]
        if allowed and value not in allowed:
            raise self.table.error(
                row, f"{name} is {shown(value.encode('latin-1'))}, which is none of {', '.join(allowed)}"
            )
        return value

    def dimension(self) -> int:
        """The number of cities or nodes."""
        text = self.value("DIMENSION")
        row = self.entries["DIMENSION"][1]
        if not re.fullmatch("[0-9]{1,18}", text) or int(text) < 1:
            raise self.table.error(
                row, f"DIMENSION must be a positive integer, but it is {shown(text.encode('latin-1'))}"
            )
        return int(text)

    def section(self, name: str) -> slice:
        """The lines of a section."""
        if name not in self.sections:
            raise self.source.error(f"the file has no {name}", self.table.last_line)
        return self.sections[name]


def _load_tours(source: Source) -> nx.Graph:
    contents = _Contents(source)
    directed = contents.value("TYPE", ("TSP", "ATSP")) == "ATSP"
    n = contents.dimension()
    if n > _MOST_CITIES:
        raise contents.table.error(
            contents.entries["DIMENSION"][1],
            f"{n} cities have {n * (n - 1) // 2} distances, too many for a complete graph; at most {_MOST_CITIES} are "
            "read",
        )
    kind = contents.value("EDGE_WEIGHT_TYPE", ("EXPLICIT", *DISTANCES))
    if directed and kind != "EXPLICIT":
        raise contents.table.error(contents.entries["TYPE"][1], f"an ATSP has EXPLICIT distances, not {kind}")
    if kind == "EXPLICIT":
        u, v, weights = _explicit(contents, n, directed)
        has_picture = "DISPLAY_DATA_SECTION" in contents.sections
        points = _points(contents, "DISPLAY_DATA_SECTION", n) if has_picture else None
    else:
        contents.value("NODE_COORD_TYPE", ("TWOD_COORDS",), "TWOD_COORDS")
        points = _points(contents, "NODE_COORD_SECTION", n)
        if kind == "GEO":
            _check_degrees(contents, points)
        u, v = np.triu_indices(n, 1)
        weights = distances(kind, points, u, v)
        points = points[:, ::-1] if kind == "GEO" else points
    positions = {} if points is None else {k: tuple(point) for k, point in enumerate(points.tolist(), start=1)}
    return graph_of_edges(n, u + 1, v + 1, weights, directed=directed, positions=positions)


def _points(contents: _Contents, section: str, n: int) -> np.ndarray:
    """Coordinates of the cities in order; float64, shape (n, 2)."""
    table, rows = contents.table, contents.section(section)
    found = rows.stop - rows.start
    table.check_width(rows, 3, "a city 'number x y'")
    if found != n:
        raise table.error(rows.start - 1, f"{section} has {found} lines for the {n} cities that DIMENSION declares")
    number = table.integers(rows, 0, "the number of the city")
    check_pairs(table, rows, number, number, 1, n, loops=True)
    order = np.argsort(number, kind="stable")
    twice = order[1:][np.diff(number[order]) == 0]
    if len(twice):
        k = int(twice.min())
        raise table.error(rows.start + k, f"city {number[k]} was given before")
    points = np.stack([table.numbers(rows, 1 + k, "the coordinate").astype(np.float64) for k in range(2)], axis=1)
    wrong = np.flatnonzero((np.abs(points) > _LARGEST_COORDINATE).any(axis=1))
    if len(wrong):
        raise table.error(
            rows.start + int(wrong[0]), f"a coordinate beyond {_LARGEST_COORDINATE:g}, whose distances round"
        )
    return points[order]


def _check_degrees(contents: _Contents, points: np.ndarray) -> None:
    wrong = np.flatnonzero((np.abs(points) >= (91, 181)).any(axis=1))
    if len(wrong):
        x, y = points[wrong[0]].tolist()
        raise contents.table.error(
            contents.section("NODE_COORD_SECTION").start - 1,
            f"city {wrong[0] + 1} is at latitude {x:g} and longitude {y:g}, which is not on the globe",
        )


def _explicit(contents: _Contents, n: int, directed: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of cities, counted from 0, and their distances."""
    table = contents.table
    triangles = [
        f"{half}{diagonal}_{by}" for half in ("UPPER", "LOWER") for diagonal in ("", "_DIAG") for by in ("ROW", "COL")
    ]
    form = contents.value("EDGE_WEIGHT_FORMAT", ("FULL_MATRIX",) if directed else ("FULL_MATRIX", *triangles))
    rows = contents.section("EDGE_WEIGHT_SECTION")
    values = table.all_numbers(rows, "a distance")
    if values.dtype.kind == "f" or (len(values) and max(-int(values.min()), int(values.max())) > 2**53):
        values = values.astype(np.float64)
    shift = 0 if "DIAG" in form else 1
    needed = n * n if form == "FULL_MATRIX" else n * (n + 1 - 2 * shift) // 2
    if len(values) != needed:
        raise table.error(rows.start - 1, f"{form} of {n} cities holds {needed} distances, but here are {len(values)}")
    matrix = np.zeros((n, n), dtype=values.dtype)
    if form == "FULL_MATRIX":
        matrix = values.reshape(n, n)
    else:
        # an upper triangle by columns is a lower one by rows of the transpose, and the other way round
        upper = form.startswith("UPPER") == form.endswith("ROW")
        matrix[np.triu_indices(n, shift) if upper else np.tril_indices(n, -shift)] = values
        matrix = matrix + np.where(np.eye(n, dtype=bool), 0, matrix).T
    if directed:
        u, v = np.nonzero(~np.eye(n, dtype=bool))
    else:
        u, v = np.triu_indices(n, 1)
        wrong = np.flatnonzero(matrix[u, v] != matrix[v, u])
        if len(wrong):
            i, j = int(u[wrong[0]]), int(v[wrong[0]])
            raise table.error(
                rows.start - 1,
                f"the distances of a TSP must be symmetric, but from city {i + 1} to {j + 1} it is {matrix[i, j]} and "
                f"back {matrix[j, i]}; an ATSP may differ",
            )
    return u, v, matrix[u, v]


def _load_cycles(source: Source) -> nx.Graph:
    contents = _Contents(source)
    contents.value("TYPE", ("HCP",))
    n = contents.dimension()
    table = contents.table
    form = contents.value("EDGE_DATA_FORMAT", ("EDGE_LIST", "ADJ_LIST"))
    rows = contents.section("EDGE_DATA_SECTION")
    source.check_count(n, rows.stop - rows.start, "nodes", int(table.line[contents.entries["DIMENSION"][1]]))
    last = rows.stop - 1
    if rows.stop <= rows.start or table.words(last) != [b"-1"]:
        raise table.error(
            max(last, rows.start - 1), "the edges do not end in a line '-1': the file is damaged or incomplete"
        )
    body = slice(rows.start, last)
    if form == "EDGE_LIST":
        table.check_width(body, 2, "an edge 'i j'")
        i, j = table.integers(body, 0, "the first node"), table.integers(body, 1, "the second node")
        check_pairs(table, body, i, j, 1, n)
    else:
        i, j = _neighbours(table, body, n)
    pairs = np.unique(np.stack([np.minimum(i, j), np.maximum(i, j)]), axis=1)
    return graph_of_edges(n, pairs[0], pairs[1], None)


def _neighbours(table: Table, rows: slice, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Edges from lines ``i j k … -1``: a node and those next to it."""
    nodes = table.all_integers(rows, "the node")
    numbers = np.arange(len(table))[rows]
    line = np.repeat(numbers, table.count[rows])
    ends = np.flatnonzero(nodes == -1)
    if len(nodes) and (not len(ends) or ends[-1] != len(nodes) - 1):
        raise table.error(int(line[-1]), "the last list of neighbours does not end in -1")
    begins = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    lengths = ends - begins
    if len(ends) and lengths.min() < 1:
        raise table.error(int(line[begins[np.argmin(lengths)]]), "a list of neighbours without a node")
    first = np.repeat(nodes[begins], np.maximum(lengths - 1, 0))
    others = np.ones(len(nodes), dtype=bool)
    others[begins] = others[ends] = False
    second, where = nodes[others], line[others]
    for node in (first, second):
        wrong = np.flatnonzero((node < 1) | (node > n) | (first == second))
        if len(wrong):
            k = int(wrong[0])
            raise table.error(int(where[k]), f"no edge of nodes 1 to {n} goes from {first[k]} to {second[k]}")
    return first, second


def _opening(*types: bytes) -> Any:
    def opening(lines: Opening) -> bool:
        words = [b" ".join(line).replace(b" ", b"") for line in lines]
        return any(word == b"TYPE:" + kind for word in words for kind in types)

    return opening


TOURS = Format(
    name="tsplib",
    suffixes=(".tsp", ".atsp"),
    description="travelling salesman problems of TSPLIB",
    load=_load_tours,
    problems=("TravellingSalesman",),
    opening=_opening(b"TSP", b"ATSP"),
)
CYCLES = Format(
    name="tsplib-hcp",
    suffixes=(".hcp",),
    description="Hamiltonian cycle problems of TSPLIB",
    load=_load_cycles,
    problems=("HamiltonianCycle",),
    opening=_opening(b"HCP"),
)
