"""Checks that the edge lists of all graph formats share, and the graph that comes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import IsingModel
from ..problem import Problem
from .tables import Rows, Table, duplicates

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["check_numbering", "check_pairs", "graph_of_edges", "model_of", "refuse_duplicates"]


def check_pairs(
    table: Table, rows: Rows, i: np.ndarray, j: np.ndarray, first: int, last: int, *, loops: bool = False
) -> None:
    """Refuse a node outside ``first … last`` and, unless ``loops``, an edge from a node to itself."""
    for nodes in (i, j):
        wrong = np.flatnonzero((nodes < first) | (nodes > last))
        if len(wrong):
            k = int(wrong[0])
            allowed = f"out of the range {first} to {last}" if first <= last else "named, but the header declares none"
            raise table.error(int(np.arange(len(table))[rows][k]), f"node {nodes[k]} is {allowed}")
    if not loops:
        wrong = np.flatnonzero(i == j)
        if len(wrong):
            k = int(wrong[0])
            raise table.error(int(np.arange(len(table))[rows][k]), f"an edge from node {i[k]} to itself")


def refuse_duplicates(table: Table, rows: Rows, i: np.ndarray, j: np.ndarray) -> None:
    """Refuse an edge that was given before, in either direction."""
    twice = duplicates(np.minimum(i, j), np.maximum(i, j))
    if twice:
        earlier, later = (int(np.arange(len(table))[rows][k]) for k in twice)
        raise table.error(
            later,
            f"the edge between {i[twice[1]]} and {j[twice[1]]} was given before, in line {table.line[earlier]}",
        )


def graph_of_edges(
    nodes: int | Iterable[int],
    i: np.ndarray,
    j: np.ndarray,
    weights: np.ndarray | None,
    *,
    directed: bool = False,
    positions: Mapping[int, tuple[float, ...]] | None = None,
) -> nx.Graph:
    """Graph on the nodes given, or 1 … nodes, with the edge attribute ``weight`` and the node attribute ``pos``."""
    import networkx as nx

    graph = nx.DiGraph() if directed else nx.Graph()
    graph.add_nodes_from(range(1, nodes + 1) if isinstance(nodes, int) else nodes)
    if weights is None:
        graph.add_edges_from(zip(i.tolist(), j.tolist(), strict=True))
    else:
        graph.add_weighted_edges_from(zip(i.tolist(), j.tolist(), weights.tolist(), strict=True))
    for node, position in (positions or {}).items():
        graph.nodes[node]["pos"] = position
    return nx.freeze(graph)  # it is shared by the problems made of it


def check_numbering(labels: Sequence[Any], what: str, remedy: str = "write '.bqm' or '.json', or relabel") -> None:
    """Refuse names that a format which numbers its nodes or spins cannot hold: all but 0 … n-1 and 1 … n, in order."""
    n = len(labels)
    if list(labels) in (list(range(n)), list(range(1, n + 1))) and not any(isinstance(name, bool) for name in labels):
        return
    raise ValueError(
        f"{what} has no place for labels other than 0 to {n - 1} or 1 to {n} in order, but they begin with "
        f"{', '.join(repr(name) for name in labels[:3])}; {remedy}"
    )


def model_of(content: IsingModel | Problem) -> IsingModel:
    """The model to be written: a model itself, or that of a problem."""
    return content if isinstance(content, IsingModel) else content.to_ising()
