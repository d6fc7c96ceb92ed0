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

from collections.abc import Hashable, Mapping, Sequence
from copy import copy
from typing import Any, ClassVar, Literal

import numpy as np

from ..model import IsingModel
from ..problem import checked_penalty
from .builder import QuboBuilder
from .class_search import mended_classes, renamed
from .graphs import GraphProblem, IndexedGraph, indexed_graph
from .node_classes import checked_count, greedy_clique

__all__ = ["ChromaticNumber"]


class ChromaticNumber(GraphProblem):
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

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "colours"
    statement: ClassVar[str] = "as few colours as possible for a graph, different at the ends of every edge"
    spin_count: ClassVar[str] = "(N - q) K + K - q: at most K colours, a clique of q nodes"
    source: ClassVar[str] = "Karp 12; Lucas 6.1, extended"

    max_colors: int
    penalty: float | Literal["auto"]
    symmetry_breaking: bool
    _fixed: np.ndarray
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
            k = checked_count(max_colors, "max_colors", "colour")
        clique = greedy_clique(own)
        fixed = np.full(len(own), -1, dtype=np.int64)
        if symmetry_breaking:
            fixed[clique[:k]] = np.arange(min(len(clique), k))
        fixed.flags.writeable = False
        self._keep(
            indexed=own,
            max_colors=k,
            penalty=checked_penalty(penalty),
            symmetry_breaking=bool(symmetry_breaking),
            _fixed=fixed,
            _clique=len(clique),
        )

    def __repr__(self) -> str:
        return (
            f"ChromaticNumber({self._graph_text()}, max_colors={self.max_colors}, penalty={self.penalty!r}, "
            f"symmetry_breaking={self.symmetry_breaking})"
        )

    @property
    def fixed_colors(self) -> dict[Hashable, int]:
        """Colours given beforehand, by node, in the order of the colours."""
        held = np.flatnonzero(self._fixed >= 0)
        return {self.nodes[i]: int(self._fixed[i]) for i in held[np.argsort(self._fixed[held])]}

    @property
    def _num_held(self) -> int:
        """Nodes, and colours, that are decided beforehand."""
        return int(np.count_nonzero(self._fixed >= 0))

    @property
    def variables(self) -> Sequence[Hashable]:
        """Pairs (node, colour) of the nodes without a colour beforehand, then ("colour", c, "used"): no node's name."""
        free = (node for node, colour in zip(self.nodes, self._fixed.tolist(), strict=True) if colour < 0)
        choices = ((node, colour) for node in free for colour in range(self.max_colors))
        return (*choices, *(("colour", colour, "used") for colour in range(self._num_held, self.max_colors)))

    @property
    def num_spins(self) -> int:
        """max_colors for each node without a colour beforehand, and one for each colour that may remain unused."""
        held = self._num_held
        return (len(self.nodes) - held) * self.max_colors + self.max_colors - held

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring: the number of colours, for a proper colouring."""
        weight, k, held = self._penalty_weight(), self.max_colors, self._num_held
        builder = QuboBuilder(self.num_spins)
        free = self._fixed < 0
        first = np.where(free, k * (np.cumsum(free) - 1), -1)
        cells = first[free][:, None] + np.arange(k)
        builder.add_square(cells, coefficients=-1, constant=1, weight=weight)
        u, v = self.edges.T
        both = free[u] & free[v]
        builder.add_pairs(first[u[both]][:, None] + np.arange(k), first[v[both]][:, None] + np.arange(k), weight)
        for here, there in ((u, v), (v, u)):
            beside = free[here] & ~free[there]
            builder.add_linear(first[here[beside]] + self._fixed[there[beside]], weight)
        used = len(cells) * k + np.arange(k - held)
        open_cells = cells[:, held:]
        builder.add_linear(open_cells, weight)
        builder.add_pairs(open_cells, used[None, :], -weight)
        builder.add_linear(used, 1.0)
        builder.add_constant(float(held))
        return builder.build(labels=self.variables)

    def _decode(self, spins: np.ndarray) -> dict[Hashable, int | None]:
        """Colour of every node; ``None`` where not exactly one of its spins is +1."""
        k, free = self.max_colors, self._fixed < 0
        chosen = spins[: int(free.sum()) * k].reshape(int(free.sum()), k) > 0
        colours = self._fixed.copy()
        if k:
            colours[free] = np.where(chosen.sum(axis=1) == 1, chosen.argmax(axis=1), -1)
        return self._named(colours)

    def encode(self, answer: Any) -> np.ndarray:
        """Spins of a colouring, renamed where some nodes have their colours beforehand; unused colours are -1.

        Raises
        ------
        ValueError
            If a node is unknown or a colour out of range, or if nodes that have different colours beforehand have
            equal ones, or none, in the answer; ``symmetry_breaking=False`` expresses those.
        """
        colours, k = self._numbers(answer), self.max_colors
        for node, colour in answer.items():
            if node not in self.indexed.position:
                raise ValueError(f"answer: {node!r} is not a node of the graph")
            if colour is not None and not self._is_colour(colour):
                raise ValueError(f"answer: node {node!r} has the colour {colour!r}; 0 to {k - 1} is needed")
        held = np.flatnonzero(self._fixed >= 0)
        if -1 in colours[held] or len(np.unique(colours[held])) < len(held):
            raise ValueError(
                f"answer: the nodes {list(self.fixed_colors)} need different colours, as they were given beforehand, "
                f"but have {[answer.get(node) for node in self.fixed_colors]}; symmetry_breaking=False can express that"
            )
        free = renamed(colours, k, self._fixed)[self._fixed < 0]
        grid = np.full((len(free), k), -1, dtype=np.int8)
        grid[free >= 0, free[free >= 0]] = 1
        used = np.full(k, -1, dtype=np.int8)
        used[free[free >= 0]] = 1
        return np.concatenate([grid.ravel(), used[len(held) :]])

    def violations(self, answer: Any) -> list[str]:
        """Edges with equal colours, nodes without a colour or with one that does not exist."""
        if not isinstance(answer, Mapping):
            return ["the answer is not a dict from node to colour"]
        broken = [f"{node!r} is not a node of the graph" for node in answer if node not in self.indexed.position]
        for node in self.nodes:
            colour = answer.get(node)
            if colour is None:
                broken.append(f"node {node!r} has no colour")
            elif not self._is_colour(colour):
                broken.append(
                    f"node {node!r} has the colour {colour!r}, which is not one of 0 to {self.max_colors - 1}"
                )
        colours = self._numbers(answer)
        u, v = self.edges[self._in_conflict(colours)].T
        broken.extend(
            f"nodes {self.nodes[i]!r} and {self.nodes[j]!r} are joined and both have colour {colours[i]}"
            for i, j in zip(u.tolist(), v.tolist(), strict=True)
        )
        return broken

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
        if self._in_conflict(colours).any():
            greedy = _greedy_colouring(self.indexed)
            if greedy.max() < k:
                colours = renamed(greedy, k, self._fixed)
        while not self._in_conflict(colours).any():
            used = np.unique(colours)
            removable = used[used >= self._num_held]
            if len(used) <= self._clique or not len(removable):
                break
            sizes = np.bincount(colours, minlength=k)
            gone = int(removable[np.argmin(sizes[removable])])
            kept = used[used != gone]  # the colours given beforehand come first and keep their names
            fewer = np.searchsorted(kept, colours)
            fewer[colours == gone] = -1
            fewer = mended_classes(self.indexed, fewer, len(kept), self._fixed)
            if self._in_conflict(fewer).any():
                break
            colours = fewer
        return self._named(colours)

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
        free, k = len(self.nodes) - self._num_held, self.max_colors
        return list(np.arange(free * k).reshape(free, k))

    def _is_colour(self, colour: Any) -> bool:
        whole = isinstance(colour, (int, np.integer)) and not isinstance(colour, bool)
        return whole and 0 <= colour < self.max_colors

    def _numbers(self, answer: Any) -> np.ndarray:
        """Colour of each node by position, -1 where it has none of the given ones."""
        if not isinstance(answer, Mapping):
            raise ValueError(f"answer: a dict from node to colour is needed, but it is a {type(answer).__name__}")
        given = (answer.get(node) for node in self.nodes)
        return np.array([colour if self._is_colour(colour) else -1 for colour in given], dtype=np.int64)

    def _named(self, colours: np.ndarray) -> dict[Hashable, int | None]:
        pairs = zip(self.nodes, colours.tolist(), strict=True)
        return {node: (colour if colour >= 0 else None) for node, colour in pairs}

    def _in_conflict(self, colours: np.ndarray) -> np.ndarray:
        """Whether the ends of each edge have the same colour."""
        u, v = self.edges.T
        return (colours[u] == colours[v]) & (colours[u] >= 0)


def _greedy_colouring(graph: IndexedGraph) -> np.ndarray:
    """Colours of the DSATUR greedy colouring (D. Brélaz, 1979), by position."""
    import networkx as nx

    plain = nx.Graph()
    plain.add_nodes_from(range(len(graph)))
    plain.add_edges_from(graph.edges.tolist())
    colours = nx.greedy_color(plain, strategy="DSATUR")
    return np.array([colours[i] for i in range(len(graph))], dtype=np.int64)
