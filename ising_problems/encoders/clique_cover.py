r"""Clique cover: the nodes of a graph shared out among a given number of cliques.

A set of nodes is a clique exactly if no two of its nodes are joined in the complement, so a cover of G by k cliques is
a colouring of the complement of G with k colours, and the energy is the one of colouring there:

.. math:: E = A \sum_v \Big(1 - \sum_c x_{v,c}\Big)^2 + A \sum_{uv \notin G} \sum_c x_{u,c}\, x_{v,c} ,

0 exactly for a cover, for any A > 0; the two terms may even have different weights.  A. Lucas, arXiv:1302.5843, section
6.2, writes the second term as all pairs of a class less its edges, which is the same, and says that the ratio
of the weights must be bounded as it must for cliques.  It need not: the term counts pairs that are not joined,
and is never negative.

The nodes of an independent set, found greedily, are in different cliques in every cover and are given them beforehand.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, ClassVar, Literal

import numpy as np

from ..checks import checked_integer
from .graph_input import indexed_graph
from .graphs import IndexedGraph
from .node_classes import NodeClasses

__all__ = ["CliqueCover"]


class CliqueCover(NodeClasses):
    """Every node of a graph in one of k cliques.

    An answer is a dict from node to the number of its clique, 0 … num_cliques - 1, or to ``None`` where a node is in
    none; cliques may stay empty.  The objective counts pairs of nodes that are in one clique and not joined, and nodes
    in none; the energy of an encoded answer is the penalty weight times that.

    Parameters
    ----------
    graph : networkx.Graph, square numpy array, scipy.sparse array, or iterable of edges
        Undirected, without self-loops and parallel edges.  Weights are ignored.
    num_cliques : int
        At least 1.
    penalty : float or "auto"
        The weight A, any positive number; ``"auto"`` is 1.
    symmetry_breaking : bool, default True
        Whether the nodes of an independent set are given the cliques 0, 1, 2, … beforehand and their spins left out.
    encoding : {"one_hot", "domain_wall"}, default "one_hot"
        A spin for each node and clique, or one less for each node.

    Attributes
    ----------
    graph : networkx.Graph
        A frozen copy of the input.
    num_cliques : int
    penalty : float or "auto"
    symmetry_breaking : bool
    encoding : str
    fixed_cliques : dict
        The cliques that are given beforehand, by node; empty without ``symmetry_breaking``.

    Raises
    ------
    ValueError
        If the graph is directed, has parallel edges or self-loops, if ``num_cliques`` is less than 1, the penalty is
        not positive, or the encoding unknown.
    TypeError
        If ``graph`` is none of the accepted forms, or ``num_cliques`` is not an integer.

    Examples
    --------
    >>> problem = CliqueCover([("a", "b"), ("b", "c"), ("c", "d")], num_cliques=2)
    >>> problem.fixed_cliques, problem.num_spins
    ({'a': 0, 'd': 1}, 4)
    >>> problem.decode([1, -1, -1, 1])
    {'a': 0, 'b': 0, 'c': 1, 'd': 1}
    """

    statement: ClassVar[str] = "the nodes of a graph shared out among k cliques"
    spin_count: ClassVar[str] = "k (N - q) with an independent set of q nodes; k - 1 for k with domain walls"
    source: ClassVar[str] = "Lucas 6.2; Karp 13"
    class_noun: ClassVar[str] = "clique"
    _count_name: ClassVar[str] = "num_cliques"

    num_cliques: int

    def __init__(
        self,
        graph: Any,
        num_cliques: int,
        *,
        penalty: float | Literal["auto"] = "auto",
        symmetry_breaking: bool = True,
        encoding: Literal["one_hot", "domain_wall"] = "one_hot",
    ) -> None:
        k = checked_integer(num_cliques, "num_cliques", at_least=1)
        own = indexed_graph(graph)
        self._keep_classes(own, _complement(own), k, penalty, symmetry_breaking, encoding)
        self._keep(num_cliques=k)

    @property
    def num_classes(self) -> int:
        """num_cliques."""
        return self.num_cliques

    @property
    def fixed_cliques(self) -> dict[Hashable, int]:
        """Cliques given beforehand, by node, in the order of the cliques."""
        return self._fixed_classes()

    def _conflict_text(self, u: Hashable, v: Hashable, number: int) -> str:
        return f"nodes {u!r} and {v!r} are both in clique {number} and not joined"


def _complement(graph: IndexedGraph) -> IndexedGraph:
    n = len(graph)
    apart = np.triu(np.ones((n, n), dtype=bool), 1)
    u, v = graph.edges.T
    apart[np.minimum(u, v), np.maximum(u, v)] = False
    edges = np.argwhere(apart).astype(np.int64)
    return IndexedGraph(graph.nodes, edges, np.ones(len(edges), dtype=np.int64), False, None)
