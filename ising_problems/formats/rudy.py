r"""Weighted graphs of the rudy generator: the G-set (``.rud``) and the Biq Mac library (``.mc``), as Max-Cut problems.

The first line is ``n m``, the numbers of nodes and edges; each of the m lines that follow is ``i j w``, an edge between
two of the nodes 1 … n and its weight.  Where *no* line has a weight, all are 1.  Nodes keep their numbers; weights are
integers where every one of them is written so.

A model without fields is written as the Max-Cut problem that has the same couplings, w = -2J, and comes back with the
same energies if its offset is that of a cut, :math:`\sum_{i<j} J_{ij}`.  A model without offset comes back with that
one added to every energy; any other offset is refused, since the file could not hold it.

Source: G. Rinaldi's generator *rudy* (1998), by whose files the G-set is known; A. Wiegele, *Biq Mac Library* (2007).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..matrices import check_size, exact_numbers, upper_pairs
from ..model import IsingModel
from .edges import check_numbering, check_pairs, graph_of_edges, refuse_duplicates
from .source import Format, Opening, Source, are_digits
from .tables import Table, lines_of

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["FORMAT"]


def _load(source: Source) -> nx.Graph:
    table = Table(source)
    table.check_width(slice(0, 1), 2, "a header 'nodes edges'")
    n, m = (table.integer(0, k, what) for k, what in enumerate(("the number of nodes", "the number of edges")))
    for value, what in ((n, "nodes"), (m, "edges")):
        if value < 0:
            raise table.error(0, f"the header declares {value} {what}")
    body = slice(1, None)
    found = len(table) - 1
    source.check_count(n, found, "nodes", int(table.line[0]))
    table.check_number_of_lines(found, m, "edges", 1)
    weighted = found > 0 and bool(table.count[1] == 3)
    table.check_width(body, 3 if weighted else 2, "an edge 'i j weight' (or 'i j' in every line)")
    i = table.integers(body, 0, "the first node")
    j = table.integers(body, 1, "the second node")
    check_pairs(table, body, i, j, 1, n)
    weights = table.numbers(body, 2, "the weight") if weighted else np.ones(found, dtype=np.int64)
    refuse_duplicates(table, body, i, j)
    return graph_of_edges(n, i, j, weights)


def _opening(lines: Opening) -> bool:
    return len(lines[0]) == 2 and are_digits(lines[0]) and (len(lines) < 2 or len(lines[1]) in (2, 3))


def _dump(content: Any) -> bytes:
    from ..encoders.cuts import MaxCut

    if isinstance(content, IsingModel):
        return _dump_model(content)
    if not isinstance(content, MaxCut):
        raise ValueError(
            f"model: a rudy file holds a MaxCut problem or a model without fields, not a {type(content).__name__}"
        )
    nodes = list(content.graph)
    check_numbering(nodes, "a rudy file")
    number = {node: k for k, node in enumerate(nodes, start=1)}
    edges = list(content.graph.edges())
    values = [1 if content.weight is None else content.graph.edges[edge].get(content.weight, 1) for edge in edges]
    weights = exact_numbers(values, "model", lambda k: f"the weight of edge {edges[k]!r}")
    header = f"{len(nodes)} {len(edges)}\n".encode()
    return header + lines_of([number[u] for u, _ in edges], [number[v] for _, v in edges], weights)


def _dump_model(model: IsingModel) -> bytes:
    if model.has_fields:
        raise ValueError(
            "model: a rudy file has no place for fields; write '.qubo', '.bqm' or '.json', or homogenized()"
        )
    check_numbering(model.labels, "a rudy file")
    i, j, couplings = upper_pairs(model.J)
    check_size(couplings, "model")
    rounding = 1e-12 * float(np.abs(couplings, dtype=np.float64).sum())
    if model.offset != 0 and abs(model.offset - couplings.sum()) > rounding:
        raise ValueError(
            f"model: a rudy file has no place for the offset {model.offset}; write '.qubo', '.bqm' or '.json', or "
            "leave the offset out with IsingModel(model.J)"
        )
    return f"{model.num_spins} {len(i)}\n".encode() + lines_of(i + 1, j + 1, -2 * couplings)


FORMAT = Format(
    name="rudy",
    suffixes=(".rud", ".mc"),
    description="rudy, G-set and Biq Mac weighted graphs",
    load=_load,
    problems=("MaxCut",),
    opening=_opening,
    dump=_dump,
)
