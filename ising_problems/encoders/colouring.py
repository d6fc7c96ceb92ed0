r"""Graph colouring: a colour for each node, of a given number of colours, so that no edge joins equal ones.

With a 0/1 variable :math:`x_{v,c}` for each node and colour,

.. math:: E = A \sum_v \Big(1 - \sum_c x_{v,c}\Big)^2 + A \sum_{uv} \sum_c x_{u,c}\, x_{v,c} ,

which is 0 exactly for a proper colouring: A. Lucas, arXiv:1302.5843, section 6.1.  Both terms are sums
of non-negative integers, so any A > 0 serves.  With ``encoding="domain_wall"`` each node takes a spin less; that energy
and its proof stand in :mod:`ising_problems.encoders.node_classes`, with the colours given beforehand.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, ClassVar, Literal

from ..checks import checked_integer
from .graph_input import indexed_graph
from .node_classes import NodeClasses

__all__ = ["GraphColoring"]


class GraphColoring(NodeClasses):
    r"""Colours for the nodes of a graph, different at the two ends of every edge.

    An answer is a dict from node to colour 0 … num_colors - 1, or to ``None`` where a node has no colour.  The energy
    of an encoded answer is the penalty weight times :meth:`objective`.

    Parameters
    ----------
    graph : networkx.Graph, square numpy array, scipy.sparse array, or iterable of edges
        Undirected, without self-loops and parallel edges.  Weights are ignored.
    num_colors : int
        At least 1.
    penalty : float or "auto"
        The weight A, any positive number; ``"auto"`` is 1, and the energy then counts conflicts.
    symmetry_breaking : bool, default True
        Whether the nodes of a clique, found greedily, are given the colours 0, 1, 2, … beforehand and their spins
        left out.  Energies of encoded answers are the same either way.  Where no proper colouring exists, the ground
        states then have the fewest conflicts that are possible while the clique's colours differ.
    encoding : {"one_hot", "domain_wall"}, default "one_hot"
        A spin for each node and colour, or one less for each node, with couplings between neighbouring colours.

    Attributes
    ----------
    graph : networkx.Graph
        A frozen copy of the input.
    num_colors : int
    penalty : float or "auto"
    symmetry_breaking : bool
    encoding : str
    fixed_colors : dict
        The colours that are given beforehand, by node; empty without ``symmetry_breaking``.

    Raises
    ------
    ValueError
        If the graph is directed, has parallel edges or self-loops, if ``num_colors`` is less than 1, the penalty is
        not positive, or the encoding unknown.
    TypeError
        If ``graph`` is none of the accepted forms, or ``num_colors`` is not an integer.

    Examples
    --------
    >>> problem = GraphColoring([("a", "b"), ("b", "c")], num_colors=2)
    >>> problem.num_spins, problem.fixed_colors
    (2, {'b': 0, 'a': 1})
    >>> problem.decode([-1, 1])
    {'a': 1, 'b': 0, 'c': 1}
    >>> problem.repair({"a": 1, "b": 0, "c": None})
    {'a': 1, 'b': 0, 'c': 1}
    """

    statement: ClassVar[str] = "k colours for the nodes of a graph, different at the ends of every edge"
    spin_count: ClassVar[str] = "k (N - q) with a clique of q nodes; k - 1 for k with domain walls"
    source: ClassVar[str] = "Lucas 6.1; Karp 12"
    class_noun: ClassVar[str] = "colour"
    _count_name: ClassVar[str] = "num_colors"

    num_colors: int

    def __init__(
        self,
        graph: Any,
        num_colors: int,
        *,
        penalty: float | Literal["auto"] = "auto",
        symmetry_breaking: bool = True,
        encoding: Literal["one_hot", "domain_wall"] = "one_hot",
    ) -> None:
        k = checked_integer(num_colors, "num_colors", at_least=1)
        own = indexed_graph(graph)
        self._keep_classes(own, own, k, penalty, symmetry_breaking, encoding)
        self._keep(num_colors=k)

    @property
    def num_classes(self) -> int:
        """num_colors."""
        return self.num_colors

    @property
    def fixed_colors(self) -> dict[Hashable, int]:
        """Colours given beforehand, by node, in the order of the colours."""
        return self._fixed_classes()

    def _conflict_text(self, u: Hashable, v: Hashable, number: int) -> str:
        return f"nodes {u!r} and {v!r} are joined and both have colour {number}"
