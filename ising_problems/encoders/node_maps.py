"""Maps from the nodes of one graph to those of another: what graph and subgraph isomorphism share.

The energy is that of :mod:`.isomorphism`.  A variable stands for a node and a target that its degree allows.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from ..model import IsingModel
from ..problem import Problem, checked_penalty
from .builder import QuboBuilder
from .graph_input import indexed_graph
from .graphs import IndexedGraph
from .permutations import complete_permutation, single_choices, swap_search

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["NodeMap"]

# Exchanges that a repair may make, fewer on large graphs; it ends as soon as nothing is broken.
_STEPS = 1000


class NodeMap(Problem):
    """Maps from the nodes of one graph to those of another; subclasses say which pairs match, and what must be hit."""

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    onto: ClassVar[bool]  # whether every node of the second graph must be hit
    names: ClassVar[tuple[str, str]]  # what the two graphs are called

    penalty: float | Literal["auto"]
    _first: IndexedGraph
    _second: IndexedGraph

    def _take(self, first: Any, second: Any, penalty: Any) -> None:
        one, other = (
            indexed_graph(graph, directed=None, argument=name)
            for graph, name in zip((first, second), self.names, strict=True)
        )
        if one.directed != other.directed and len(one.edges) and len(other.edges):
            kinds = ["directed" if graph.directed else "undirected" for graph in (one, other)]
            raise ValueError(
                f"{self.names[1]}: it is {kinds[1]}, but the {self.names[0]} graph is {kinds[0]}; make both alike "
                "with graph.to_directed() or graph.to_undirected()"
            )
        self._keep(_first=one, _second=other, penalty=checked_penalty(penalty))

    @property
    @abstractmethod
    def _candidates(self) -> np.ndarray:
        """Whether a pair of positions has a variable; bool, shape (N, M)."""

    @property
    @abstractmethod
    def _non_edges_match(self) -> bool:
        """Whether nodes that are not joined need targets that are not joined."""

    @property
    def graph(self) -> nx.Graph:
        """The graph in which images are looked for, the second of the two; a frozen copy of the input."""
        return self._second.graph

    @property
    def _directed(self) -> bool:
        """Whether pairs of nodes are ordered: a graph without edges goes with either kind."""
        return any(graph.directed and len(graph.edges) for graph in (self._first, self._second))

    @cached_property
    def _joined(self) -> tuple[np.ndarray, np.ndarray]:
        """Adjacency of both graphs; bool, symmetric unless directed."""
        return _joined(self._first), _joined(self._second)

    @cached_property
    def _pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions in both graphs that each variable stands for."""
        v, i = np.nonzero(self._candidates)
        return v, i

    @cached_property
    def _index(self) -> np.ndarray:
        """Variable of each pair of positions, -1 where it has none; shape (N, M)."""
        index = np.full(self._candidates.shape, -1, dtype=np.int64)
        index[self._pairs] = np.arange(len(self._pairs[0]))
        return index

    @property
    def variables(self) -> Sequence[Hashable]:
        """Pairs of a node and its possible target: spin +1 sends the node there."""
        nodes, targets = self._first.nodes, self._second.nodes
        v, i = self._pairs
        return tuple((nodes[a], targets[b]) for a, b in zip(v.tolist(), i.tolist(), strict=True))

    @property
    def num_spins(self) -> int:
        """Number of pairs of a node and a possible target."""
        return len(self._pairs[0])

    @property
    def one_hot(self) -> Sequence[np.ndarray]:
        """The possible targets of each node; where every target must be hit, also the nodes that may go to each."""
        index = self._index
        lines = [*index, *index.T] if self.onto else [*index]
        return [line[line >= 0] for line in lines if (line >= 0).any()]

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring, 0 exactly for what is asked."""
        import scipy.sparse as sp

        weight, n = self._penalty_weight(), self.num_spins
        builder = QuboBuilder(n)
        v, i = self._pairs
        rows = sp.csr_array((np.ones(n), (v, np.arange(n))), shape=(len(self._first), n))
        columns = sp.csr_array((np.ones(n), (i, np.arange(n))), shape=(len(self._second), n))
        builder.add_square_rows(rows, constant=-1, weight=weight)
        if self.onto:
            builder.add_square_rows(columns, constant=-1, weight=weight)
        else:  # (sum x)^2 - sum x counts each pair twice
            builder.add_square_rows(columns, weight=weight / 2)
            builder.add_linear(np.arange(n), -weight / 2)
        here, there = self._joined
        self._add_mismatches(builder, here, ~there, weight)
        if self._non_edges_match:
            self._add_mismatches(builder, ~here, there, weight)
        return builder.build(labels=self.variables)

    def _add_mismatches(self, builder: QuboBuilder, here: np.ndarray, there: np.ndarray, weight: float) -> None:
        """Penalise pairs of nodes for which ``here`` holds at pairs of targets for which ``there`` holds."""
        pairs = here if self._directed else np.triu(here)
        u, v = np.nonzero(pairs & ~np.eye(len(here), dtype=bool))
        i, j = np.nonzero(there & ~np.eye(len(there), dtype=bool))
        one, other = self._index[u[:, None], i], self._index[v[:, None], j]
        both = (one >= 0) & (other >= 0)
        builder.add_pairs(one[both], other[both], weight)

    def _decode(self, spins: np.ndarray) -> dict[Hashable, Hashable]:
        """Target of each node, ``None`` where not exactly one of its spins is +1; targets may recur."""
        chosen = np.zeros(self._candidates.shape, dtype=bool)
        chosen[self._pairs] = spins > 0
        targets = self._second.nodes
        which = single_choices(chosen).tolist()
        return {v: targets[i] if i >= 0 else None for v, i in zip(self._first.nodes, which, strict=True)}

    def encode(self, answer: Any) -> np.ndarray:
        """Spins of a map; a node without a target (``None`` or absent) has only spins -1.

        Raises
        ------
        ValueError
            If the answer is not a dict from nodes to targets, or sends a node where its degree cannot match.
        """
        images = self._known_images(answer)
        spins = np.full(self.num_spins, -1, dtype=np.int8)
        for v in np.flatnonzero(images >= 0).tolist():
            variable = self._index[v, images[v]]
            if variable < 0:
                raise ValueError(
                    f"answer: {self._first.nodes[v]!r} goes to {self._second.nodes[images[v]]!r}, but the degrees of "
                    "these nodes rule that out, and it has no spin"
                )
            spins[variable] = 1
        return spins

    def violations(self, answer: Any) -> list[str]:
        """Nodes without a target, targets of several nodes or of none, edges that do not match."""
        if not isinstance(answer, Mapping):
            return [f"the answer is not a dict from nodes of the {self.names[0]} graph to nodes of the {self.names[1]}"]
        nodes, targets = self._first.nodes, self._second.nodes
        broken = [
            f"{node!r} is not a node of the {self.names[0]} graph"
            for node in answer
            if node not in self._first.position
        ]
        images = self._images(answer)
        for v, node in enumerate(nodes):
            if images[v] == -1:
                broken.append(f"node {node!r} goes nowhere")
            elif images[v] == -2:
                broken.append(
                    f"node {node!r} goes to {answer[node]!r}, which is not a node of the {self.names[1]} graph"
                )
        times = np.bincount(images[images >= 0], minlength=len(targets))
        broken.extend(f"{times[i]} nodes go to {targets[i]!r}" for i in np.flatnonzero(times > 1).tolist())
        if self.onto:
            broken.extend(f"no node goes to {targets[i]!r}" for i in np.flatnonzero(times == 0).tolist())
        lost, gained = self._mismatches(images)
        for pairs, here, there in ((lost, "are", "are not"), (gained, "are not", "are")):
            for u, v in pairs:
                one, other = targets[images[u]], targets[images[v]]
                broken.append(f"{nodes[u]!r} and {nodes[v]!r} {here} joined, but {one!r} and {other!r} {there}")
        return broken

    def objective(self, answer: Any) -> int:
        """Pairs of nodes that do not match, nodes without a target, targets taken again or, where needed, not taken.

        Raises
        ------
        ValueError
            If the answer is not a dict from nodes to targets.
        """
        images = self._known_images(answer)
        times = np.bincount(images[images >= 0], minlength=len(self._second))
        lost, gained = self._mismatches(images)
        again = int(np.maximum(times - 1, 0).sum())
        missed = int(np.count_nonzero(times == 0)) if self.onto else 0
        return len(lost) + len(gained) + int(np.count_nonzero(images < 0)) + again + missed

    def energy_of(self, objective: float) -> float:
        """A times the number of pairs that do not match."""
        return self._penalty_weight() * objective

    def penalty_bound(self) -> float:
        """0: the energy is A times a count that is 0 exactly for what is asked, so every A > 0 will do."""
        return 0.0

    def objective_bound(self) -> int:
        """0: no map has fewer pairs that do not match."""
        return 0

    def repair(self, answer: Any) -> Any:
        """The answer's targets where they differ, the rest by linear assignment, then exchanges of two targets.

        Sends every node to a target of its own if there are enough with fitting degrees; whether all edges match then
        depends on the graphs and on luck.
        """
        if self.is_feasible(answer) or not len(self._first) or not len(self._second):
            return answer
        here, there = (matrix.astype(np.float64) for matrix in self._joined)
        n, size = len(here), max(len(here), len(there))
        off = np.ones((n, n)) - np.eye(n)
        # pairs that do not match: a constant, less joined pairs that meet, plus others that do
        flow = np.zeros((size, size))
        flow[:n, :n] = (off - here) * float(self._non_edges_match) - here
        distance = np.zeros((size, size))
        distance[: len(there), : len(there)] = there
        beyond = 1.0 + float(np.abs(flow).sum())
        cost = np.zeros((size, size))
        cost[:n] = beyond
        cost[:n, : len(there)][self._candidates] = 0.0
        begun = np.full(size, -1, dtype=np.int64)
        if isinstance(answer, Mapping):
            begun[:n] = np.maximum(self._images(answer), -1)
        places = complete_permutation(flow, distance, cost, begun)
        places = swap_search(flow, distance, cost, places, steps=_STEPS, target=-float(here.sum()))
        nodes, targets = self._first.nodes, self._second.nodes
        return {
            nodes[v]: targets[i] if i < len(targets) and self._candidates[v, i] else None
            for v, i in enumerate(places[:n].tolist())
        }

    def _mismatches(self, images: np.ndarray) -> tuple[list[list[int]], list[list[int]]]:
        """Pairs of placed nodes that are joined while their targets are not, and the other way round (if it counts)."""
        here, there = self._joined
        placed = np.flatnonzero(images >= 0)
        joined = here[np.ix_(placed, placed)]
        met = there[np.ix_(images[placed], images[placed])]
        count = images[placed][:, None] != images[placed]  # what two nodes at one target break is counted elsewhere
        if not self._directed:
            count = np.triu(count)
        lost = placed[np.argwhere(joined & ~met & count)]
        gained = placed[np.argwhere(~joined & met & count)] if self._non_edges_match else lost[:0]
        return lost.tolist(), gained.tolist()

    def _images(self, answer: Mapping[Any, Any]) -> np.ndarray:
        """Position of each node's target, -1 for none, -2 for what is no node."""
        return np.array([self._image(answer.get(node)) for node in self._first.nodes], dtype=np.int64)

    def _image(self, target: Any) -> int:
        if target is None:
            return -1
        try:
            return self._second.position.get(target, -2)
        except TypeError:  # what cannot be hashed is no node
            return -2

    def _known_images(self, answer: Any) -> np.ndarray:
        """Position of each node's target, -1 for none, or a ``ValueError``."""
        if not isinstance(answer, Mapping):
            raise ValueError(f"answer: a dict from node to node is needed, but it is a {type(answer).__name__}")
        for node, target in answer.items():
            if node not in self._first.position:
                raise ValueError(f"answer: {node!r} is not a node of the {self.names[0]} graph")
            if self._image(target) == -2:
                raise ValueError(f"answer: {target!r} is not a node of the {self.names[1]} graph")
        return self._images(answer)

    def _graph_text(self) -> str:
        return ", ".join(f"<{len(graph)} nodes, {len(graph.edges)} edges>" for graph in (self._first, self._second))


def _joined(graph: IndexedGraph) -> np.ndarray:
    n, (u, v) = len(graph), graph.edges.T
    joined = np.zeros((n, n), dtype=bool)
    joined[u, v] = True
    return joined if graph.directed else joined | joined.T
