r"""Graphs of the DIMACS colouring challenge (``.col``).

Lines that begin with ``c`` are comments; one line ``p edge n m`` (or ``p col n m``) comes before m lines ``e i j``,
the edges between nodes 1 … n.  Many of these files list every edge in both directions.  The same pair again therefore
counts once, and m must be the number of ``e`` lines or the number of different edges; both uses are widespread.

Source: "Clique and coloring problems graph format", DIMACS (1993).
"""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING

import numpy as np

from ..problem import Problem
from .edges import check_pairs, graph_of_edges
from .source import Format, Source
from .tables import Table

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["FORMAT"]


def _load(source: Source) -> nx.Graph:
    table = Table(source, comment=b"c")
    if not len(table):
        raise source.error("no line 'p edge nodes edges': there are only comments", table.last_line)
    header = table.words(0)
    if len(header) != 4 or header[0] != b"p" or header[1] not in (b"edge", b"col", b"edges"):
        raise table.error(0, f"the header 'p edge nodes edges' is needed, but the line is {table.shown(0)}")
    n, m = (table.integer(0, 2 + k, what) for k, what in enumerate(("the number of nodes", "the number of edges")))
    if n < 0 or m < 0:
        raise table.error(0, f"the header declares {n} nodes and {m} edges")
    body = slice(1, None)
    found = len(table) - 1
    source.check_count(n, found, "nodes", int(table.line[0]))
    wrong = np.flatnonzero(~table.is_word(body, 0, b"e"))
    if len(wrong):
        row = 1 + int(wrong[0])
        raise table.error(row, f"an edge 'e i j' is needed, but the line is {table.shown(row)}")
    table.check_width(body, 3, "an edge 'e i j'")
    i = table.integers(body, 1, "the first node")
    j = table.integers(body, 2, "the second node")
    check_pairs(table, body, i, j, 1, n)
    pairs = np.unique(np.minimum(i, j) * (n + 1) + np.maximum(i, j))
    if m not in (found, len(pairs)):
        raise source.error(
            f"the header declares {m} edges, but there are {found} lines 'e i j' with {len(pairs)} different edges",
            int(table.line[0]),
        )
    return graph_of_edges(n, pairs // (n + 1), pairs % (n + 1), None)


def _problem(arguments: Set[str]) -> type[Problem]:
    from ..encoders.colouring import GraphColoring

    if "num_colors" not in arguments:
        raise ValueError("num_colors: the file holds a graph to colour, but not in how many colours; pass num_colors=")
    return GraphColoring


FORMAT = Format(
    name="dimacs-col",
    suffixes=(".col",),
    description="DIMACS graphs to colour",
    load=_load,
    problem=_problem,
)
