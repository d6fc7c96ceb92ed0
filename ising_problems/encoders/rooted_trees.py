r"""Trees in a graph, written as arcs away from a root: what the spanning and the Steiner tree have in common.

Variables :math:`a_{uv}` say that u is the parent of v, for both directions of every edge except those into the root;
an order :math:`o` of the other nodes (:mod:`ising_problems.encoders.orders`) puts parents first.  The shared penalties,

.. math:: \sum_{uv} a_{uv}\, o_{vu} + \sum_{abc} T_{abc}  \qquad (u, v, a, b, c \text{ not the root}),

and one square for each node, by which it has the right number of parents, leave only trees:

*Each part of the chosen edges without the root carries a penalty of its own.*  If no square of its nodes stood, each of
its nodes would have one parent, in the part; so the part would hold a directed cycle, and an arc of it leads backward
in the order, or on its nodes lies a circle of three (see :mod:`ising_problems.encoders.orders`).  The squares, arcs and
circles of different parts are different.

Hence with q parts beside the root's and all penalties adding up to P, :math:`P \ge q`, and P = 0 leaves one part, whose
edges are a tree.  The bounds of both problems rest on this.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from .builder import QuboBuilder
from .forests import find, merged, spanning_forest
from .graphs import GraphProblem, IndexedGraph
from .orders import NodeOrder

__all__ = ["TreeProblem", "checked_costs", "degrees_of", "minimum_forest", "quoted"]


class TreeProblem(GraphProblem):
    """A problem whose answers are sets of edges; its ``__init__`` keeps ``indexed``, ``weights`` and ``_root``."""

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "cost of the tree"

    weight: Hashable
    weights: np.ndarray
    penalty: float | Literal["auto"]
    _root: int

    @property
    def root(self) -> Hashable:
        """The node from which the encoding's trees grow; it does not change which trees are best."""
        return self.nodes[self._root]

    @cached_property
    def _usable(self) -> np.ndarray:
        """Which edges a tree can hold; bool, shape (num_edges,)."""
        return np.ones(len(self.edges), dtype=bool)

    @cached_property
    def _arcs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Parent, child and edge of every arc away from the root."""
        where = np.flatnonzero(self._usable)
        u, v = self.edges[where].T
        parent, child, edge = np.concatenate([u, v]), np.concatenate([v, u]), np.concatenate([where, where])
        outward = child != self._root
        return parent[outward], child[outward], edge[outward]

    @cached_property
    def _order(self) -> NodeOrder:
        edges = self.edges[self._usable]
        return NodeOrder(len(self.nodes), edges[(edges != self._root).all(axis=1)])

    def _shared_labels(self) -> list[Hashable]:
        nodes = self.nodes
        parent, child, _ = self._arcs
        arcs = zip(parent.tolist(), child.tolist(), strict=True)
        return [
            *(("parent", nodes[u], nodes[v]) for u, v in arcs),
            *(("before", nodes[u], nodes[v]) for u, v in self._order.pairs.tolist()),
        ]

    def _add_shared(self, builder: QuboBuilder, weight: float) -> None:
        """Costs of the arcs, and the penalties of the order."""
        parent, child, edge = self._arcs
        arcs = np.arange(len(parent))
        builder.add_linear(arcs, self.weights[edge])
        inner = parent != self._root
        self._order.add_backward_times(builder, arcs[inner], parent[inner], child[inner], weight, len(arcs))
        self._order.add_triangles(builder, weight, len(arcs))

    def _incidence(self, of: np.ndarray, num_columns: int) -> Any:
        """Sparse matrix whose row of a node has 1 at the arcs that have it as parent or child (``of``)."""
        import scipy.sparse as sp

        arcs = np.arange(len(of))
        return sp.csr_array((np.ones(len(of)), (of, arcs)), shape=(len(self.nodes), num_columns))

    def _into(self, children: np.ndarray) -> list[np.ndarray]:
        """The arcs into each of some nodes."""
        child = self._arcs[1]
        by_child = np.argsort(child, kind="stable")
        starts, ends = (np.searchsorted(child[by_child], children, side=side) for side in ("left", "right"))
        return [by_child[i:j] for i, j in zip(starts.tolist(), ends.tolist(), strict=True)]

    def _rooted_spins(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Spins of arcs and order of a tree that holds the root, and the parents (-1 outside)."""
        parent, rank = spanning_forest(len(self.nodes), self.edges[numbers], [self._root])
        u, v, _ = self._arcs
        arcs = np.where(parent[v] == u, 1, -1).astype(np.int8)
        return np.concatenate([arcs, self._order.spins(rank)]), parent

    def _decode(self, spins: np.ndarray) -> frozenset[tuple[Hashable, Hashable]]:
        """The edges of which an arc is chosen, whichever way."""
        edge = self._arcs[2]
        return self._named(np.unique(edge[spins[: len(edge)] > 0]))

    def violations(self, answer: Any) -> list[str]:
        """Unknown edges, cycles, and what :meth:`_broken` finds in the rest."""
        found = self._parsed(answer)
        if isinstance(found, str):
            return [f"the answer is {found}"]
        numbers, unknown = found
        cycles, part = self._parts(numbers)
        return [*(f"{edge!r} is not an edge of the graph" for edge in unknown), *cycles, *self._broken(numbers, part)]

    @abstractmethod
    def _broken(self, numbers: np.ndarray, part: np.ndarray) -> list[str]:
        """What is wrong with edges, by their numbers, that put each node into a part of the graph; in words."""

    def objective(self, answer: Any) -> float:
        """Sum of the weights of the edges; an int where weights are.

        Raises
        ------
        ValueError
            If the answer is not a set of edges of the graph.
        """
        return self.weights[self._indices(answer)].sum().item()

    def _named(self, numbers: np.ndarray) -> frozenset[tuple[Hashable, Hashable]]:
        nodes = self.nodes
        return frozenset((nodes[u], nodes[v]) for u, v in self.edges[numbers].tolist())

    @cached_property
    def _numbers(self) -> dict[Any, int]:
        nodes = self.nodes
        forth = {(nodes[u], nodes[v]): k for k, (u, v) in enumerate(self.edges.tolist())}
        return forth | {(v, u): k for (u, v), k in forth.items()}

    def _parsed(self, answer: Any) -> str | tuple[np.ndarray, list[Any]]:
        """Numbers of the edges, each once, and what is no edge; or what is wrong with the answer."""
        wrong = f"not a set of edges (u, v), but {type(answer).__name__!r}"
        if isinstance(answer, (str, bytes)):
            return wrong
        try:
            given = (tuple(edge) for edge in (answer.edges() if hasattr(answer, "edges") else answer))
            edges = dict.fromkeys(edge[:2] if len(edge) == 3 else edge for edge in given)  # with its weight or data
        except TypeError:
            return wrong
        numbers = self._numbers
        known = {numbers[edge] for edge in edges if edge in numbers}
        return np.array(sorted(known), dtype=np.int64), [edge for edge in edges if edge not in numbers]

    def _indices(self, answer: Any) -> np.ndarray:
        found = self._parsed(answer)
        if isinstance(found, str):
            raise ValueError(f"answer: it is {found}")
        if found[1]:
            raise ValueError(f"answer: {found[1][0]!r} is not an edge of the graph")
        return found[0]

    def _start(self, answer: Any) -> np.ndarray:
        """Numbers of the edges of any answer."""
        found = self._parsed(answer)
        return np.empty(0, dtype=np.int64) if isinstance(found, str) else found[0]

    def _checked(self, answer: Any, what: str) -> np.ndarray:
        broken = self.violations(answer)
        if broken:
            raise ValueError(f"answer: not {what}: {broken[0]}")
        return self._indices(answer)

    def _parts(self, numbers: np.ndarray) -> tuple[list[str], np.ndarray]:
        """Sentences about edges that close cycles, and the part of the graph in which the edges put each node."""
        leader = list(range(len(self.nodes)))
        broken = []
        for k in numbers.tolist():
            u, v = self.edges[k].tolist()
            if not merged(leader, u, v):
                broken.append(f"the edge {(self.nodes[u], self.nodes[v])!r} closes a cycle")
        return broken, np.array([find(leader, v) for v in range(len(leader))], dtype=np.int64)


def checked_costs(own: IndexedGraph, weight: Hashable, why: str) -> np.ndarray:
    """Weights that are not negative, 1 each for ``weight=None``; a ``ValueError`` with advice otherwise."""
    weights = own.weights if weight is not None else np.ones(len(own.edges), dtype=np.int64)
    negative = np.flatnonzero(weights < 0)
    if len(negative):
        u, v = (own.nodes[i] for i in own.edges[negative[0]].tolist())
        raise ValueError(
            f"weight: the edge {(u, v)!r} weighs {weights[negative[0]].item()}; weights must not be negative ({why})"
        )
    total = float(weights.sum(dtype=np.float64))
    if not np.isfinite(total) or (weights.dtype.kind == "i" and total >= 2**51):
        raise ValueError(
            f"weight: the weights add up to {total:.3g}, which is too much for exact sums; scale them down"
        )
    return weights


def minimum_forest(num_nodes: int, edges: np.ndarray, by_weight: Iterable[int]) -> list[int]:
    """Numbers of the edges of a minimum spanning forest, of edges that come in ascending order of weight."""
    leader = list(range(num_nodes))
    ends = edges.tolist()
    return [k for k in by_weight if merged(leader, *ends[k])]


def degrees_of(num_nodes: int, edges: np.ndarray) -> np.ndarray:
    """How many edges each node has."""
    return np.bincount(edges.ravel(), minlength=num_nodes)


def quoted(nodes: Sequence[Hashable], most: int = 5) -> str:
    """Some nodes in words."""
    shown = ", ".join(repr(node) for node in nodes[:most])
    return shown if len(nodes) <= most else f"{shown} and {len(nodes) - most} more"
