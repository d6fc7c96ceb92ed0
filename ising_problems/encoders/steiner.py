r"""Steiner tree: the cheapest tree that connects given terminals, through other nodes where that is cheaper.

With a terminal as the root r, arcs :math:`a_{uv}` away from it, an order of the other nodes
(:mod:`ising_problems.encoders.rooted_trees`), and :math:`y_v = 1` where a node v that is no terminal is in the tree
(:math:`y_v = 1` is understood for terminals),

.. math:: E = \sum_{uv} c_{uv} a_{uv} + A \Big[ \sum_{v \ne r} \Big(y_v - \sum_u a_{uv}\Big)^2
              + \sum_{v} (1 - y_v) \sum_w a_{vw} + \sum_{uv} a_{uv}\, o_{vu} + \sum_{abc} T_{abc} \Big] ,
              \qquad c \ge 0 .

**Bound.**  :math:`A > M`, the longest edge of a minimum spanning tree of the terminals with their distances for costs.
*Proof.*  Let the penalties add up to P ≥ 1, and let the chosen edges, which cost C, leave the terminals in q + 1 parts.
Every part without the root carries a penalty of its own, so P ≥ q.  (Should a node of such a part be without a parent,
it is a terminal, whose square stands, or has y = 0, and then its arcs to children are penalised, or y = 1, and its
square stands.)  Whatever two groups the terminals form, an edge of that spanning tree joins them, so a path of length M
at most connects two of the parts, and the optimum costs C + q M at most.  If q ≥ 1,
:math:`E \ge C + A q > C + q M`; if q = 0, :math:`E \ge C + A > C`: more than the optimum either way.  So ground states
have P = 0: a tree with all terminals.

A. Lucas, arXiv:1302.5843, section 8.2 (eq. 62); number 16 of R. M. Karp (1972).  **Erratum.**  He keeps the penalty of
section 8.1, above the dearest edge.  It must exceed what leaving out a terminal saves, a whole path: on the path of
four nodes with its ends for terminals and costs 1, every A < 3 drops a terminal, as E = A.  M is 3 there, and tight.
He takes about N²/2 + E N + E + N variables; here it is 2E, N and the pairs of a chordal graph.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from ..model import IsingModel
from ..problem import checked_penalty
from .builder import QuboBuilder
from .graph_input import indexed_graph
from .rooted_trees import TreeProblem, checked_costs, degrees_of, quoted
from .steiner_search import Distances, improved_steiner_tree

__all__ = ["SteinerTree"]


class SteinerTree(TreeProblem):
    r"""The cheapest tree in a graph that contains given nodes, the terminals.

    An answer is a set of edges (u, v); either order of the ends is taken, and a networkx graph for its edges.  With one
    terminal the tree of that node alone, the empty set, is best.

    Parameters
    ----------
    graph : networkx.Graph, square numpy array, scipy.sparse array, or iterable of edges
        Undirected, without self-loops and parallel edges.
    terminals : iterable of nodes
        One or more, which paths connect.  Nodes that no path joins with them get no spins.
    weight : hashable or None, default "weight"
        Edge attribute that holds the cost, which must not be negative; ``None`` lets every edge cost 1.
    root : node, optional
        The terminal where the encoding's trees grow from; one of the most edges by default, which saves the most spins.
    penalty : float or "auto"
        The weight A of a broken constraint.

    Attributes
    ----------
    graph : networkx.Graph
        A frozen copy of the input.
    terminals : tuple
        Without repetitions, in the order of the input.
    weight : hashable or None
    root : node
    penalty : float or "auto"

    Raises
    ------
    ValueError
        If the graph is directed, has parallel edges or self-loops, a weight is negative or not finite, there is no
        terminal, one is not a node or not connected with another, ``root`` is not a terminal, or the penalty is not
        positive.
    TypeError
        If ``graph`` is none of the accepted forms, or ``terminals`` not an iterable.

    Examples
    --------
    >>> problem = SteinerTree([("x", "a", 1), ("x", "b", 1), ("x", "c", 1), ("a", "b", 2)], terminals=["a", "b", "c"])
    >>> sorted(problem.repair(()))
    [('x', 'a'), ('x', 'b'), ('x', 'c')]
    """

    statement: ClassVar[str] = "the cheapest tree in a graph that contains given nodes"
    spin_count: ClassVar[str] = "2E - degree of the root + edges of a chordal graph + N - terminals"
    source: ClassVar[str] = "Lucas 8.2; Karp 16"

    terminals: tuple[Hashable, ...]
    _terminals: np.ndarray  # their positions

    def __init__(
        self,
        graph: Any,
        terminals: Iterable[Hashable],
        weight: Hashable = "weight",
        *,
        root: Hashable = None,
        penalty: float | Literal["auto"] = "auto",
    ) -> None:
        own = indexed_graph(graph, weight=weight)
        if not isinstance(terminals, Iterable):
            raise TypeError(f"terminals: an iterable of nodes is needed, but it is a {type(terminals).__name__}")
        try:
            named = tuple(dict.fromkeys(terminals))
        except TypeError:
            raise ValueError("terminals: nodes are hashable, but one of the terminals is not") from None
        if not named:
            raise ValueError("terminals: at least one is needed")
        positions = own.positions(named, "terminals")
        costs = checked_costs(own, weight, "an edge that pays for itself belongs in any answer: contract it first")
        if root is None:
            position = int(positions[np.argmax(degrees_of(len(own), own.edges)[positions])])
        elif root in named:
            position = own.position[root]
        else:
            raise ValueError(f"root: {root!r} is not one of the terminals, {quoted(named)}")
        self._keep(
            indexed=own,
            terminals=named,
            weight=weight,
            weights=costs,
            penalty=checked_penalty(penalty),
            _root=position,
            _terminals=positions,
        )
        apart = [node for node, p in zip(named, positions.tolist(), strict=True) if not self._reachable[p]]
        if apart:
            raise ValueError(
                f"terminals: no path connects {quoted(apart)} with {self.root!r}; "
                "pass the terminals of one component at a time"
            )

    def __repr__(self) -> str:
        return (
            f"SteinerTree({self._graph_text()}, terminals=<{len(self.terminals)} nodes>, weight={self.weight!r}, "
            f"root={self.root!r}, penalty={self.penalty!r})"
        )

    @cached_property
    def _reachable(self) -> np.ndarray:
        """Which nodes a path joins with the root; bool, shape (num_nodes,)."""
        from scipy.sparse.csgraph import connected_components

        labels = connected_components(self.indexed.adjacency, directed=False)[1]
        return labels == labels[self._root]

    @cached_property
    def _usable(self) -> np.ndarray:
        return self._reachable[self.edges[:, 0]]

    @cached_property
    def _optional(self) -> np.ndarray:
        """Nodes that may be in the tree and need not."""
        optional = self._reachable.copy()
        optional[self._terminals] = False
        return np.flatnonzero(optional)

    @cached_property
    def variables(self) -> Sequence[Hashable]:
        """``("parent", u, v)`` (u is the parent of v), ``("before", u, v)``, then ``("in tree", v)``."""
        return (*self._shared_labels(), *(("in tree", self.nodes[v]) for v in self._optional.tolist()))

    @property
    def num_spins(self) -> int:
        """Arcs, pairs of nodes whose order matters, and nodes that are no terminals."""
        return len(self._arcs[0]) + len(self._order) + len(self._optional)

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring; a feasible tree's energy is its cost."""
        import scipy.sparse as sp

        n, weight, (parent, child, _) = self.num_spins, self._penalty_weight(), self._arcs
        builder = QuboBuilder(n)
        self._add_shared(builder, weight)
        into = self._incidence(child, n)
        others = self._terminals[self._terminals != self._root]
        builder.add_square_rows(into[others], -1.0, weight)

        count = len(self._optional)
        y = len(parent) + len(self._order) + np.arange(count)
        inside = sp.csr_array((np.ones(count), (np.arange(count), y)), shape=(count, n))
        builder.add_square_rows(into[self._optional] - inside, 0.0, weight)

        of = np.full(len(self.nodes), -1)
        of[self._optional] = y
        arcs = np.flatnonzero(of[parent] >= 0)
        builder.add_linear(arcs, weight)
        builder.add_pairs(arcs, of[parent[arcs]], -weight)
        return builder.build(labels=self.variables)

    def encode(self, answer: Any) -> np.ndarray:
        """Spins of a tree with all terminals: arcs away from the root, an order outward, and the nodes in the tree.

        Raises
        ------
        ValueError
            If the answer is not such a tree.
        """
        spins, parent = self._rooted_spins(self._checked(answer, "a tree that contains the terminals"))
        return np.concatenate([spins, np.where(parent[self._optional] >= 0, 1, -1)]).astype(np.int8)

    def _broken(self, numbers: np.ndarray, part: np.ndarray) -> list[str]:
        """Terminals that are not connected, and edges apart from the terminals."""
        broken = [
            f"terminal {self.nodes[v]!r} is not connected with {self.root!r}"
            for v in self._terminals.tolist()
            if part[v] != part[self._root]
        ]
        held = np.unique(part[self._terminals])
        apart = numbers[~np.isin(part[self.edges[numbers, 0]], held)]
        broken += [
            f"the edge {(self.nodes[u], self.nodes[v])!r} is apart from the terminals"
            for u, v in self.edges[apart].tolist()
        ]
        return broken

    @cached_property
    def _distances(self) -> Distances:
        return Distances(len(self.nodes), self.edges, self.weights)

    def penalty_bound(self) -> float:
        """The longest edge of a minimum spanning tree of the terminals by distance.

        The proof is in the module's docstring.
        """
        return float(max(self._distances.spanning_lengths(self._terminals), default=0.0))

    def objective_bound(self) -> float:
        r"""The minimum spanning tree of the t terminals by distance, divided by 2 - 2/t.

        Twice an optimal tree is a closed walk through all terminals; without its longest of t or more stretches it is a
        path that costs no less than the spanning tree: L. Kou, G. Markowsky and L. Berman, "A fast algorithm for
        Steiner trees" (1981).
        """
        t = len(self._terminals)
        if t < 2:
            return 0
        bound = float(sum(self._distances.spanning_lengths(self._terminals))) * t / (2 * (t - 1))
        # a little less, so that rounding does not lift it above an optimum
        return int(np.ceil(bound * (1 - 1e-12))) if self.weights.dtype.kind == "i" else bound * (1 - 1e-12)

    @property
    def one_hot(self) -> Sequence[np.ndarray]:
        """The arcs into each terminal but the root."""
        return self._into(self._terminals[self._terminals != self._root])

    def repair(self, answer: Any) -> frozenset[tuple[Hashable, Hashable]]:
        """A tree that contains the terminals, always.

        Branching points of the answer are connected with the terminals along shortest paths; then such points come in
        and go while that saves costs, and what leads to no terminal is cut off.
        """
        chosen = improved_steiner_tree(self._distances, self._terminals, self._start(answer))
        return self._named(np.array(sorted(chosen), dtype=np.int64))
