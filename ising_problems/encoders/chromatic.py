r"""Chromatic number: the fewest colours with which the ends of every edge differ.

With :math:`x_{v,i} = 1` where node v has colour i and :math:`u_i = 1` where colour i may be used,

.. math:: E = A \sum_v \Big(1 - \sum_i x_{v,i}\Big)^2 + A \sum_{vw} \sum_i x_{v,i}\, x_{w,i}
              + A \sum_{v,i} x_{v,i} (1 - u_i) + \sum_i u_i , \qquad i = 0 \dots K - 1 .

**Bound: A > 1.**  Let a state break constraints V ≥ 1 times, so that its energy is at least A V + Σ u.  Take out one
node for each break: the node whose spins name no colour or several, one end of the edge, the node of an unused colour.
The rest is properly coloured with the Σ u used colours, and each of the at most V nodes taken out can be given a new
colour of its own.  So the chromatic number is at most Σ u + V, less than the energy.  Ground states are therefore
proper colourings with the fewest colours, if K colours are enough, and E is their number.

K is an upper bound: ``max_colors``, or what a greedy colouring needs (DSATUR).  The nodes of a clique, found greedily,
have the colours 0, 1, 2, … beforehand, and those colours count as used; the argument holds as it stands, since no
break is between two of them.  Spins: (N - q) K + K - q with a clique of q nodes.

A. Lucas, arXiv:1302.5843, section 6.1, asks for k colours only; number 12 of Karp (1972) asks for the fewest.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from copy import copy
from typing import Any, ClassVar, Literal

import numpy as np

from ..checks import checked_integer
from ..model import IsingModel
from ..problem import checked_penalty
from .builder import QuboBuilder
from .class_answers import ClassAnswers, classes_beforehand, greedy_clique
from .class_search import mended_classes, renamed
from .colouring import GraphColoring
from .graph_input import indexed_graph
from .graphs import IndexedGraph

__all__ = ["ChromaticNumber"]


class ChromaticNumber(ClassAnswers):
    r"""A proper colouring of a graph with as few colours as possible; :math:`E =` number of colours.

    An answer is a dict from node to colour 0 … max_colors - 1, or to ``None`` where a node has no colour.

    Parameters
    ----------
    graph : networkx.Graph, square numpy array, scipy.sparse array, or iterable of edges
        Undirected, without self-loops and parallel edges.  Weights are ignored.
    max_colors : int, optional
        How many colours there are; by default as many as a greedy colouring needs.  With too few of them no answer is
        feasible.
    penalty : float or "auto"
        The weight A.
    symmetry_breaking : bool, default True
        Whether the nodes of a clique have their colours beforehand.

    Attributes
    ----------
    graph : networkx.Graph
        A frozen copy of the input.
    max_colors : int
    penalty : float or "auto"
    symmetry_breaking : bool
    fixed_colors : dict
        The colours that are given beforehand, by node; empty without ``symmetry_breaking``.

    Raises
    ------
    ValueError
        If the graph is directed, has parallel edges or self-loops, if ``max_colors`` is less than 1, or the penalty
        is not positive.
    TypeError
        If ``graph`` is none of the accepted forms, or ``max_colors`` is not an integer.

    Examples
    --------
    >>> problem = ChromaticNumber([("a", "b"), ("b", "c")])
    >>> problem.objective({"a": 1, "b": 0, "c": 1})
    2
    """

    objective_name: ClassVar[str] = "colours"
    statement: ClassVar[str] = "as few colours as possible for a graph, different at the ends of every edge"
    spin_count: ClassVar[str] = "(N - q) K + K - q: at most K colours, a clique of q nodes"
    source: ClassVar[str] = "Lucas 6.1, extended; Karp 12"
    class_noun: ClassVar[str] = "colour"

    max_colors: int
    penalty: float | Literal["auto"]
    _clique: int

    def __init__(
        self,
        graph: Any,
        max_colors: int | None = None,
        *,
        penalty: float | Literal["auto"] = "auto",
        symmetry_breaking: bool = True,
    ) -> None:
        own = indexed_graph(graph)
        if max_colors is None:
            k = 1 + int(_greedy_colouring(own).max(initial=-1))
        else:
            k = checked_integer(max_colors, "max_colors", at_least=1)
        clique = greedy_clique(own)
        self._keep(
            indexed=own,
            forbidden=own,
            max_colors=k,
            penalty=checked_penalty(penalty),
            symmetry_breaking=bool(symmetry_breaking),
            _fixed=classes_beforehand(clique if symmetry_breaking else [], len(own), k),
            _clique=len(clique),
        )

    def __repr__(self) -> str:
        return (
            f"ChromaticNumber({self._graph_text()}, max_colors={self.max_colors}, penalty={self.penalty!r}, "
            f"symmetry_breaking={self.symmetry_breaking})"
        )

    @property
    def num_classes(self) -> int:
        """max_colors."""
        return self.max_colors

    def _conflict_text(self, u: Hashable, v: Hashable, number: int) -> str:
        return f"nodes {u!r} and {v!r} are joined and both have colour {number}"

    @property
    def fixed_colors(self) -> dict[Hashable, int]:
        """Colours given beforehand, by node, in the order of the colours."""
        return self._fixed_classes()

    @property
    def _num_held(self) -> int:
        """Nodes, and colours, that are decided beforehand."""
        return len(self._fixed) - self._num_free

    @property
    def variables(self) -> Sequence[Hashable]:
        """Pairs (node, colour) of the nodes without a colour beforehand, then ("colour", c, "used"): no node's name."""
        choices = ((node, colour) for node in self._free_nodes() for colour in range(self.max_colors))
        return (*choices, *(("colour", colour, "used") for colour in range(self._num_held, self.max_colors)))

    @property
    def num_spins(self) -> int:
        """max_colors for each node without a colour beforehand, and one for each colour that may remain unused."""
        return self._num_free * self.max_colors + self.max_colors - self._num_held

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring: the number of colours, for a proper colouring."""
        weight, k, held = self._penalty_weight(), self.max_colors, self._num_held
        builder = QuboBuilder(self.num_spins)
        cells = self._add_one_hot(builder, weight)
        used = len(cells) * k + np.arange(k - held)
        open_cells = cells[:, held:]
        builder.add_linear(open_cells, weight)
        builder.add_pairs(open_cells, used[None, :], -weight)
        builder.add_linear(used, 1.0)
        builder.add_constant(float(held))
        return builder.build(labels=self.variables)

    def _decode(self, spins: np.ndarray) -> dict[Hashable, int | None]:
        """Colour of every node; ``None`` where not exactly one of its spins is +1."""
        return self._with_fixed(self._one_hot_classes(spins[: self._num_free * self.max_colors]))

    def encode(self, answer: Any) -> np.ndarray:
        """Spins of a colouring, renamed where some nodes have their colours beforehand; unused colours are -1.

        Raises
        ------
        ValueError
            If a node is unknown or a colour out of range, or if nodes that have different colours beforehand have
            equal ones, or none, in the answer; ``symmetry_breaking=False`` expresses those.
        """
        free = self._renamed_free(answer)
        used = np.full(self.max_colors, -1, dtype=np.int8)
        used[free[free >= 0]] = 1
        return np.concatenate([self._one_hot_spins(free), used[self._num_held :]])

    def objective(self, answer: Any) -> int:
        """Number of different colours in use.

        Raises
        ------
        ValueError
            If the answer is not a dict from node to colour.
        """
        colours = self._numbers(answer)
        return len(np.unique(colours[colours >= 0]))

    def objective_bound(self) -> int:
        """The nodes of a clique need as many colours."""
        return self._clique

    def penalty_bound(self) -> float:
        """1: a break that costs A can always be mended with one more colour; see the module's docstring."""
        return 1.0 if len(self.nodes) else 0.0

    def repair(self, answer: Any) -> dict[Hashable, int | None]:
        """Colouring without conflicts, by a bounded tabu search or greedily, then with one colour less after another.

        A proper colouring never gets more colours.  The result is proper if ``max_colors`` is the default or more.
        """
        colours, k = self._numbers(answer), self.max_colors
        if not len(colours):
            return {}
        colours = mended_classes(self.indexed, colours, k, self._fixed)
        if len(self._conflicts(colours)):
            greedy = _greedy_colouring(self.indexed)
            if greedy.max() < k:
                colours = renamed(greedy, k, self._fixed)
        if len(self._conflicts(colours)):
            return self._named(colours)
        while True:
            used = np.unique(colours)
            removable = used[used >= self._num_held]
            if len(used) <= self._clique or not len(removable):
                break
            sizes = np.bincount(colours, minlength=k)
            gone = int(removable[np.argmin(sizes[removable])])
            kept = used[used != gone]  # the colours given beforehand come first and keep their names
            fewer = np.searchsorted(kept, colours)
            fewer[colours == gone] = -1
            found = self._recoloured(fewer, len(kept))
            if found is None:
                break
            colours = found
        return self._named(colours)

    def _recoloured(self, colours: np.ndarray, num_colors: int) -> np.ndarray | None:
        """A proper colouring with so many colours, from one in which some nodes have none; None if none is found."""
        found = mended_classes(self.indexed, colours, num_colors, self._fixed)
        return None if len(self._conflicts(found)) else found

    def decision_problem(self, objective: float) -> GraphColoring:
        """The graph to be coloured with so many colours."""
        return GraphColoring(self.indexed, int(objective), symmetry_breaking=False)

    def search_form(self) -> ChromaticNumber:
        """Without colours given beforehand: a search agrees on names before it meets the nodes that have theirs."""
        if not np.any(self._fixed >= 0):
            return self
        form = copy(self)
        form._keep(symmetry_breaking=False, _fixed=np.full_like(self._fixed, -1))
        return form

    @property
    def one_hot(self) -> Sequence[np.ndarray]:
        """The colours of each node that has none beforehand."""
        return self._one_hot_groups()


def _greedy_colouring(graph: IndexedGraph) -> np.ndarray:
    """Colours of the DSATUR greedy colouring (D. Brélaz, 1979), by position."""
    import networkx as nx

    plain = nx.Graph()
    plain.add_nodes_from(range(len(graph)))
    plain.add_edges_from(graph.edges.tolist())
    colours = nx.greedy_color(plain, strategy="DSATUR")
    return np.array([colours[i] for i in range(len(graph))], dtype=np.int64)
