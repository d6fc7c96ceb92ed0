r"""Graph colouring: a colour for each node, of a given number of colours, so that no edge joins equal ones.

With a 0/1 variable :math:`x_{v,c}` for each node and colour,

.. math:: E = A \sum_v \Big(1 - \sum_c x_{v,c}\Big)^2 + A \sum_{uv} \sum_c x_{u,c}\, x_{v,c} ,

which is 0 exactly for a proper colouring: A. Lucas, arXiv:1302.5843, section 6.1.  Both terms are sums
of non-negative integers, so any A > 0 serves.

The colours may be renamed at will, so the nodes of one clique, which must all differ, can be given colours 0, 1, 2, …
beforehand.  That divides the number of ground states by as many permutations and saves the clique's spins; no proper
colouring is lost, up to names.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from ..model import IsingModel
from ..problem import checked_penalty
from .builder import QuboBuilder
from .graphs import GraphProblem, IndexedGraph, indexed_graph

__all__ = ["GraphColoring"]

# Nodes from which a clique is grown; the best of them is kept.
_CLIQUE_STARTS = 32


class GraphColoring(GraphProblem):
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

    Attributes
    ----------
    graph : networkx.Graph
        A frozen copy of the input.
    num_colors : int
    penalty : float or "auto"
    symmetry_breaking : bool
    fixed_colors : dict
        The colours that are given beforehand, by node; empty without ``symmetry_breaking``.

    Raises
    ------
    ValueError
        If the graph is directed, has parallel edges or self-loops, if ``num_colors`` is less than 1, or the penalty
        is not positive.
    TypeError
        If ``graph`` is none of the accepted forms, or ``num_colors`` is not an integer.

    Examples
    --------
    >>> problem = GraphColoring([("a", "b"), ("b", "c")], num_colors=2)
    >>> problem.num_spins, problem.fixed_colors
    (2, {'b': 0, 'a': 1})
    >>> problem.decode([-1, 1])
    {'a': 1, 'b': 0, 'c': 1}
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "conflicts"
    statement: ClassVar[str] = "k colours for the nodes of a graph, different at the ends of every edge"
    spin_count: ClassVar[str] = "k (N - size of a clique)"
    source: ClassVar[str] = "Lucas 6.1; Karp 12"

    num_colors: int
    penalty: float | Literal["auto"]
    symmetry_breaking: bool
    _fixed: np.ndarray  # colour of each node by position, -1 where it is free

    def __init__(
        self,
        graph: Any,
        num_colors: int,
        *,
        penalty: float | Literal["auto"] = "auto",
        symmetry_breaking: bool = True,
    ) -> None:
        if isinstance(num_colors, bool) or not isinstance(num_colors, (int, np.integer)):
            raise TypeError(f"num_colors: an integer is needed, but it is {num_colors!r}")
        if num_colors < 1:
            raise ValueError(f"num_colors: at least one colour is needed, but it is {num_colors}")
        own = indexed_graph(graph)
        fixed = np.full(len(own), -1, dtype=np.int64)
        if symmetry_breaking:
            clique = _greedy_clique(own)[:num_colors]
            fixed[clique] = np.arange(len(clique))
        fixed.flags.writeable = False
        self._keep(
            indexed=own,
            num_colors=int(num_colors),
            penalty=checked_penalty(penalty),
            symmetry_breaking=bool(symmetry_breaking),
            _fixed=fixed,
        )

    def __repr__(self) -> str:
        return (
            f"GraphColoring({self._graph_text()}, num_colors={self.num_colors}, "
            f"penalty={self.penalty!r}, symmetry_breaking={self.symmetry_breaking})"
        )

    @property
    def fixed_colors(self) -> dict[Hashable, int]:
        """Colours given beforehand, by node, in the order of the colours."""
        nodes = self.nodes
        held = np.flatnonzero(self._fixed >= 0)
        return {nodes[i]: int(self._fixed[i]) for i in held[np.argsort(self._fixed[held])]}

    @property
    def variables(self) -> Sequence[Hashable]:
        """Pairs (node, colour) of the nodes that have no colour beforehand: spin +1 gives the node the colour."""
        free = (node for node, colour in zip(self.nodes, self._fixed, strict=True) if colour < 0)
        return tuple((node, colour) for node in free for colour in range(self.num_colors))

    @property
    def num_spins(self) -> int:
        """num_colors spins for each node without a colour beforehand."""
        return int(np.count_nonzero(self._fixed < 0)) * self.num_colors

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring, 0 exactly for a proper colouring."""
        weight, k = self._penalty_weight(), self.num_colors
        builder = QuboBuilder(self.num_spins)
        colours = np.arange(k)
        free = self._fixed < 0
        start = np.where(free, k * (np.cumsum(free) - 1), -1)
        builder.add_square(start[free][:, None] + colours, coefficients=-1, constant=1, weight=weight)
        u, v = self.edges.T
        both = free[u] & free[v]
        builder.add_pairs(start[u[both]][:, None] + colours, start[v[both]][:, None] + colours, weight)
        for here, there in ((u, v), (v, u)):
            beside = free[here] & ~free[there]
            builder.add_linear(start[here[beside]] + self._fixed[there[beside]], weight)
        return builder.build(labels=self.variables)

    def _decode(self, spins: np.ndarray) -> dict[Hashable, int | None]:
        """Colour of every node; ``None`` where not exactly one of its spins is +1."""
        chosen = spins.reshape(-1, self.num_colors) > 0
        colour = self._fixed.copy()
        colour[self._fixed < 0] = np.where(chosen.sum(axis=1) == 1, chosen.argmax(axis=1), -1)
        return {node: (int(c) if c >= 0 else None) for node, c in zip(self.nodes, colour, strict=True)}

    def encode(self, answer: Any) -> np.ndarray:
        """Spins of a colouring, whose colours are renamed where some nodes have theirs beforehand.

        Nodes without a colour (``None`` or absent) get spins that are all -1.

        Raises
        ------
        ValueError
            If a node is unknown or a colour out of range, or if nodes that have different colours beforehand have
            equal ones, or none, in the answer; ``symmetry_breaking=False`` expresses those.
        """
        colours = self.colour_array(answer)
        for node, colour in answer.items():
            if node not in self.indexed.position:
                raise ValueError(f"answer: {node!r} is not a node of the graph")
            if colour is not None and not self.is_colour(colour):
                raise ValueError(
                    f"answer: node {node!r} has the colour {colour!r}; 0 to {self.num_colors - 1} is needed"
                )
        renamed = colours.copy()
        held = np.flatnonzero(self._fixed >= 0)
        named = dict(zip(colours[held].tolist(), self._fixed[held].tolist(), strict=True))
        if -1 in named or len(named) < len(held):
            raise ValueError(
                f"answer: the nodes {list(self.fixed_colors)} need different colours, as they were given beforehand, "
                f"but have {[answer.get(node) for node in self.fixed_colors]}; symmetry_breaking=False can express that"
            )
        others = sorted(set(range(self.num_colors)) - set(named.values()))
        for colour in range(self.num_colors):
            renamed[colours == colour] = named[colour] if colour in named else others.pop(0)
        spins = np.full((int(np.count_nonzero(self._fixed < 0)), self.num_colors), -1, dtype=np.int8)
        free = renamed[self._fixed < 0]
        spins[free >= 0, free[free >= 0]] = 1
        return spins.ravel()

    def violations(self, answer: Any) -> list[str]:
        """Edges with equal colours, nodes without a colour or with one that does not exist."""
        if not isinstance(answer, Mapping):
            return ["the answer is not a dict from node to colour"]
        nodes = self.nodes
        broken = [f"{node!r} is not a node of the graph" for node in answer if node not in self.indexed.position]
        for node in nodes:
            colour = answer.get(node)
            if colour is None:
                broken.append(f"node {node!r} has no colour")
            elif not self.is_colour(colour):
                broken.append(
                    f"node {node!r} has the colour {colour!r}, which is not one of 0 to {self.num_colors - 1}"
                )
        colours = self.colour_array(answer)
        u, v = self._conflicts(colours)
        broken.extend(
            f"nodes {nodes[i]!r} and {nodes[j]!r} are joined and both have colour {colours[i]}"
            for i, j in zip(u.tolist(), v.tolist(), strict=True)
        )
        return broken

    def objective(self, answer: Any) -> int:
        """Edges with equal colours at their ends, plus nodes without a colour of the given ones.

        Raises
        ------
        ValueError
            If the answer is not a dict from node to colour.
        """
        colours = self.colour_array(answer)
        return len(self._conflicts(colours)[0]) + int(np.count_nonzero(colours < 0))

    def penalty_bound(self) -> float:
        """0: the energy is A times a count that is 0 exactly for a proper colouring, so every A > 0 will do."""
        return 0.0

    def energy_of(self, objective: float) -> float:
        """A times the number of conflicts."""
        return self._penalty_weight() * objective

    def objective_bound(self) -> int:
        """0: no colouring has fewer conflicts."""
        return 0

    @property
    def one_hot(self) -> Sequence[np.ndarray]:
        """The colours of each node that has none beforehand."""
        return list(np.arange(self.num_spins).reshape(-1, self.num_colors))

    def is_colour(self, colour: Any) -> bool:
        """Whether something is one of the colours 0 … num_colors - 1."""
        whole = isinstance(colour, (int, np.integer)) and not isinstance(colour, bool)
        return whole and 0 <= colour < self.num_colors

    def colour_array(self, answer: Any) -> np.ndarray:
        """Colour of each node by position, -1 where it has none of the given ones."""
        if not isinstance(answer, Mapping):
            raise ValueError(f"answer: a dict from node to colour is needed, but it is a {type(answer).__name__}")
        given = (answer.get(node) for node in self.nodes)
        return np.array([c if self.is_colour(c) else -1 for c in given], dtype=np.int64)

    def _conflicts(self, colours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        u, v = self.edges.T
        equal = (colours[u] == colours[v]) & (colours[u] >= 0)
        return u[equal], v[equal]


def _greedy_clique(graph: IndexedGraph) -> list[int]:
    """A maximal clique, the largest of those grown from the nodes of highest degree; positions, deterministic."""
    neighbours = graph.neighbours
    order = sorted(range(len(graph)), key=lambda node: -len(neighbours[node]))  # stable: ties keep the graph's order
    rank = {node: i for i, node in enumerate(order)}
    best: list[int] = []
    for start in order[:_CLIQUE_STARTS]:
        clique, candidates = [start], set(neighbours[start])
        while candidates:
            node = min(candidates, key=rank.__getitem__)
            clique.append(node)
            candidates = candidates & neighbours[node]
        if len(clique) > len(best):
            best = clique
    return best
