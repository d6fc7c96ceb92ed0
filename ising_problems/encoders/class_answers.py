"""What all colourings and clique covers share: an answer gives every node a class, and some have theirs beforehand.

The classes may be renamed at will, so the nodes of one set that are pairwise forbidden, and must all differ, can be
given the classes 0, 1, 2, … beforehand.  That divides the number of ground states by as many permutations and saves
their spins; no proper answer is lost, up to names.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from ..checks import is_index
from .builder import QuboBuilder
from .class_search import renamed
from .graphs import GraphProblem, IndexedGraph

__all__ = ["ClassAnswers", "classes_beforehand", "greedy_clique"]

# Nodes from which a clique is grown; the best of them is kept.
_CLIQUE_STARTS = 32


class ClassAnswers(GraphProblem):
    """A problem whose answers are dicts from node to class 0 … num_classes - 1, or ``None``.

    Attributes
    ----------
    forbidden : IndexedGraph
        Joins the nodes that may not share a class.
    symmetry_breaking : bool
        Whether some nodes have their classes beforehand.
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    class_noun: ClassVar[str]

    forbidden: IndexedGraph
    symmetry_breaking: bool
    _fixed: np.ndarray  # class of each node by position, -1 where it is free

    @property
    @abstractmethod
    def num_classes(self) -> int:
        """k."""

    @abstractmethod
    def _conflict_text(self, u: Hashable, v: Hashable, number: int) -> str:
        """A forbidden pair in one class, in words."""

    def _fixed_classes(self) -> dict[Hashable, int]:
        """Classes given beforehand, by node, in the order of the classes."""
        held = np.flatnonzero(self._fixed >= 0)
        return {self.nodes[i]: int(self._fixed[i]) for i in held[np.argsort(self._fixed[held])]}

    @property
    def _num_free(self) -> int:
        """Nodes without a class beforehand."""
        return int(np.count_nonzero(self._fixed < 0))

    def _free_nodes(self) -> Iterator[Hashable]:
        return (node for node, number in zip(self.nodes, self._fixed.tolist(), strict=True) if number < 0)

    def _first_spins(self, width: int) -> np.ndarray:
        """The first of the ``width`` spins of each node, meaningless where it has none."""
        free = self._fixed < 0
        return np.where(free, width * (np.cumsum(free) - 1), -1)

    def _add_one_hot(self, builder: QuboBuilder, weight: float) -> np.ndarray:
        """One class for each free node, and no forbidden pair with a free node in one; returns the spins' numbers.

        The array has a row for each free node.
        """
        free, first = self._fixed < 0, self._first_spins(self.num_classes)
        classes = np.arange(self.num_classes)
        cells = first[free][:, None] + classes
        builder.add_square(cells, coefficients=-1, constant=1, weight=weight)
        u, v = self.forbidden.edges.T
        both = free[u] & free[v]
        builder.add_pairs(first[u[both]][:, None] + classes, first[v[both]][:, None] + classes, weight)
        for here, there in ((u, v), (v, u)):
            beside = free[here] & ~free[there]
            builder.add_linear(first[here[beside]] + self._fixed[there[beside]], weight)
        return cells

    def _one_hot_classes(self, spins: np.ndarray) -> np.ndarray:
        """Class of each free node, -1 where its spins name none, or more than one."""
        chosen = spins.reshape(self._num_free, self.num_classes) > 0
        return np.where(chosen.sum(axis=1) == 1, chosen.argmax(axis=1) if self.num_classes else -1, -1)

    def _one_hot_spins(self, free: np.ndarray) -> np.ndarray:
        """Spins of the free nodes' classes, all -1 for a node without one."""
        spins = np.full((len(free), self.num_classes), -1, dtype=np.int8)
        spins[free >= 0, free[free >= 0]] = 1
        return spins.ravel()

    def _one_hot_groups(self) -> list[np.ndarray]:
        return list(np.arange(self._num_free * self.num_classes).reshape(self._num_free, self.num_classes))

    def _with_fixed(self, free: np.ndarray) -> dict[Hashable, int | None]:
        """Answer in which the free nodes have given classes."""
        numbers = self._fixed.copy()
        numbers[self._fixed < 0] = free
        return self._named(numbers)

    def class_array(self, answer: Any) -> np.ndarray:
        """Class of each node by position, -1 where it has none.

        Raises
        ------
        ValueError
            If the answer is not a dict from node to class, a node is unknown or a class out of range.
        """
        numbers = self._numbers(answer)
        for node, number in answer.items():
            if node not in self.indexed.position:
                raise ValueError(f"answer: {node!r} is not a node of the graph")
            if number is not None and not self._is_class(number):
                raise ValueError(
                    f"answer: node {node!r} has the {self.class_noun} {number!r}; 0 to {self.num_classes - 1} is needed"
                )
        return numbers

    def _renamed_free(self, answer: Any) -> np.ndarray:
        """Classes of the free nodes, renamed so that the others have theirs; a ``ValueError`` where that cannot be."""
        numbers = self.class_array(answer)
        held = np.flatnonzero(self._fixed >= 0)
        if -1 in numbers[held] or len(np.unique(numbers[held])) < len(held):
            fixed = self._fixed_classes()
            raise ValueError(
                f"answer: the nodes {list(fixed)} need different {self.class_noun}s, as they were given beforehand, "
                f"but have {[answer.get(node) for node in fixed]}; symmetry_breaking=False can express that"
            )
        return renamed(numbers, self.num_classes, self._fixed)[self._fixed < 0]

    def violations(self, answer: Any) -> list[str]:
        """Forbidden pairs in one class, nodes without a class or with one that does not exist."""
        noun = self.class_noun
        if not isinstance(answer, Mapping):
            return [f"the answer is not a dict from node to {noun}"]
        broken = [f"{node!r} is not a node of the graph" for node in answer if node not in self.indexed.position]
        for node in self.nodes:
            number = answer.get(node)
            if number is None:
                broken.append(f"node {node!r} has no {noun}")
            elif not self._is_class(number):
                broken.append(
                    f"node {node!r} has the {noun} {number!r}, which is not one of 0 to {self.num_classes - 1}"
                )
        numbers = self._numbers(answer)
        broken.extend(
            self._conflict_text(self.nodes[i], self.nodes[j], int(numbers[i]))
            for i, j in self._conflicts(numbers).tolist()
        )
        return broken

    def _is_class(self, number: Any) -> bool:
        return is_index(number, self.num_classes)

    def _numbers(self, answer: Any) -> np.ndarray:
        """Class of each node by position, -1 where it has none of the given ones."""
        if not isinstance(answer, Mapping):
            raise ValueError(
                f"answer: a dict from node to {self.class_noun} is needed, but it is a {type(answer).__name__}"
            )
        given = (answer.get(node) for node in self.nodes)
        return np.array([number if self._is_class(number) else -1 for number in given], dtype=np.int64)

    def _named(self, numbers: np.ndarray) -> dict[Hashable, int | None]:
        pairs = zip(self.nodes, numbers.tolist(), strict=True)
        return {node: (number if number >= 0 else None) for node, number in pairs}

    def _conflicts(self, numbers: np.ndarray) -> np.ndarray:
        """The forbidden pairs in one class, by positions; shape (m, 2)."""
        edges = self.forbidden.edges
        ends = numbers[edges]
        return edges[(ends[:, 0] == ends[:, 1]) & (ends[:, 0] >= 0)]


def classes_beforehand(clique: list[int], num_nodes: int, num_classes: int) -> np.ndarray:
    """0, 1, 2, … for the nodes of a clique, as far as the classes go, and -1 for the others; read-only."""
    fixed = np.full(num_nodes, -1, dtype=np.int64)
    fixed[clique[:num_classes]] = np.arange(min(len(clique), num_classes))
    fixed.flags.writeable = False
    return fixed


def greedy_clique(graph: IndexedGraph) -> list[int]:
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
