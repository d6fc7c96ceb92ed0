r"""Graphs of the DIMACS challenges: to be coloured (``.col``), for cliques (``.clq``), for independent sets (``.mis``).

Lines that begin with ``c`` are comments; one line ``p edge n m`` (or ``p col n m``) comes before m lines ``e i j``,
the edges between nodes 1 … n.  Many of these files list every edge in both directions.  The same pair again therefore
counts once, and m must be the number of edge lines or the number of different edges; both uses are widespread.  Some
collections write every edge as ``p i j``, which is read too.

The graph is the same in all of them; the suffix tells what is asked of it.  ``format="dimacs-graph"`` is the same
without a question.  A graph to be coloured is written without its number of colours, for which there is no place.

Source: "Clique and coloring problems graph format", DIMACS (1993).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .edges import check_numbering, check_pairs, graph_of_edges
from .source import Format, Opening, Source
from .tables import Table

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["CLIQUE", "COLORING", "GRAPH", "INDEPENDENT_SET"]

_KINDS = (b"edge", b"col", b"edges")


def _load(source: Source) -> nx.Graph:
    table = Table(source, comment=b"c")
    if not len(table):
        raise source.error("no line 'p edge nodes edges': there are only comments", table.last_line)
    header = table.words(0)
    if len(header) != 4 or header[0] != b"p" or header[1] not in _KINDS:
        raise table.error(0, f"the header 'p edge nodes edges' is needed, but the line is {table.shown(0)}")
    n, m = (table.integer(0, 2 + k, what) for k, what in enumerate(("the number of nodes", "the number of edges")))
    if n < 0 or m < 0:
        raise table.error(0, f"the header declares {n} nodes and {m} edges")
    body = slice(1, None)
    found = len(table) - 1
    source.check_count(n, found, "nodes", int(table.line[0]))
    letter = b"p" if found and table.words(1)[0] == b"p" and table.count[1] == 3 else b"e"
    edge = f"an edge '{letter.decode()} i j'"
    wrong = np.flatnonzero(~table.is_word(body, 0, letter))
    if len(wrong):
        row = 1 + int(wrong[0])
        raise table.error(row, f"{edge} is needed, but the line is {table.shown(row)}")
    table.check_width(body, 3, edge)
    i = table.integers(body, 1, "the first node")
    j = table.integers(body, 2, "the second node")
    check_pairs(table, body, i, j, 1, n)
    pairs = np.unique(np.minimum(i, j) * (n + 1) + np.maximum(i, j))
    if m not in (found, len(pairs)):
        raise source.error(
            f"the header declares {m} edges, but there are {found} lines '{letter.decode()} i j' with {len(pairs)} "
            "different edges",
            int(table.line[0]),
        )
    return graph_of_edges(n, pairs // (n + 1), pairs % (n + 1), None)


def _opening(lines: Opening) -> bool:
    first = next((words for words in lines if not words[0].startswith(b"c")), [])
    return len(first) == 4 and first[0] == b"p" and first[1] in _KINDS


def _dump(content: Any) -> bytes:
    import ising_problems

    kinds = tuple(getattr(ising_problems, name) for name in COLORING.problems)
    if not isinstance(content, kinds):
        raise ValueError(f"model: a '.col' file holds a graph to be coloured, not a {type(content).__name__}")
    nodes = list(content.graph)
    check_numbering(nodes, "a DIMACS file", "relabel")
    number = {node: k for k, node in enumerate(nodes, start=1)}
    edges = [(number[u], number[v]) for u, v in content.graph.edges()]
    lines = [f"p edge {len(nodes)} {len(edges)}\n", *(f"e {u} {v}\n" for u, v in edges)]
    return "".join(lines).encode()


COLORING = Format(
    name="dimacs-col",
    suffixes=(".col",),
    description="DIMACS graphs to colour",
    load=_load,
    problems=("GraphColoring", "ChromaticNumber"),
    dump=_dump,
)
CLIQUE = Format(
    name="dimacs-clq",
    suffixes=(".clq",),
    description="DIMACS graphs to find the largest clique in",
    load=_load,
    problems=("MaximumClique",),
)
INDEPENDENT_SET = Format(
    name="dimacs-mis",
    suffixes=(".mis",),
    description="DIMACS graphs to find the largest independent set in",
    load=_load,
    problems=("IndependentSet",),
)
GRAPH = Format(
    name="dimacs-graph",
    suffixes=(),
    description="DIMACS graphs that do not say what is asked of them",
    load=_load,
    opening=_opening,
)
