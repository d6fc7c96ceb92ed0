r"""Edge lists of the PACE challenges (``.graph``): a line ``u v`` for each edge, and no word on what is asked.

Lines that begin with ``#`` or ``c`` are comments.  Nodes are integers from 0 and keep their numbers; only those that
have an edge exist.  Where the first line is ``p word n m`` there are n nodes 1 … n and m edges.  An edge given twice,
in either direction, and an edge from a node to itself are errors.

The graph is undirected.  PACE 2016 asked for a feedback vertex set of it; the file does not say so.

Source: PACE 2016, track B; the header: PACE 2017 and later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .edges import check_pairs, graph_of_edges, refuse_duplicates
from .source import Format, Source
from .tables import Table

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["FORMAT"]


def _load(source: Source) -> nx.Graph:
    table = Table(source, comment=b"c")
    table.set_comments_aside(b"#")
    if not len(table):
        raise source.error("there are only comments", table.last_line)
    has_header = table.word(0, 0) == b"p"
    body = slice(1 if has_header else 0, None)
    found = len(table) - has_header
    if has_header:
        table.check_width(slice(0, 1), 4, "a header 'p word nodes edges'")
        n, m = (table.integer(0, 2 + k, what) for k, what in enumerate(("the number of nodes", "the number of edges")))
        if n < 0 or m < 0:
            raise table.error(0, f"the header declares {n} nodes and {m} edges")
        source.check_count(n, found, "nodes", int(table.line[0]))
        table.check_number_of_lines(found, m, "edges", 1)
    table.check_width(body, 2, "an edge 'u v'")
    i = table.integers(body, 0, "the first node")
    j = table.integers(body, 1, "the second node")
    check_pairs(table, body, i, j, 1 if has_header else 0, n if has_header else np.iinfo(np.int64).max)
    refuse_duplicates(table, body, i, j)
    return graph_of_edges(range(1, n + 1) if has_header else np.union1d(i, j).tolist(), i, j, None)


FORMAT = Format(
    name="edge-list",
    suffixes=(".graph",),
    description="edge lists of the PACE challenges",
    load=_load,
)
