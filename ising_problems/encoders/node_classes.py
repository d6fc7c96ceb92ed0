r"""Nodes shared out among k numbered classes, so that no forbidden pair is in one: colourings and clique covers.

**One-hot** (the default), with a 0/1 variable :math:`x_{v,c}` for each node and class,

.. math:: E = A \sum_v \Big(1 - \sum_c x_{v,c}\Big)^2 + A \sum_{uv} \sum_c x_{u,c}\, x_{v,c} ,

the second sum over forbidden pairs.  Both terms are sums of non-negative integers, so any A > 0 serves: E is A times a
count that is 0 exactly for a proper answer.

**Domain wall**, k - 1 spins for a node (:mod:`ising_problems.encoders.domain_wall`):
:math:`x_{v,c} = y_{v,c-1} - y_{v,c}` puts every node whose row of spins turns once into exactly one class, and the
first sum above becomes :math:`A (2D + 1) \sum_v w_v`, with :math:`w_v` the number of times that a row turns back and D
the greatest number of forbidden pairs at a node.  A row that turns back has w entries -1 and w + 1 entries +1, so a
pair contributes :math:`-(w_u + w_v)` at the least, and all pairs together :math:`-D \sum_v w_v`: the energy is at least
:math:`A (D + 1) \sum_v w_v` plus A times the conflicts among the other nodes.  Putting the broken nodes into any class
adds at most D conflicts for each.  So ground states have no broken row, for any A > 0, and E is A times the number of
conflicts.

The classes may be renamed at will, so the nodes of one set that are pairwise forbidden, and must all differ, can be
given the classes 0, 1, 2, … beforehand.  That divides the number of ground states by as many permutations and saves
their spins; no proper answer is lost, up to names.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from copy import copy
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from ..model import IsingModel
from ..problem import checked_penalty
from .builder import QuboBuilder
from .class_search import mended_classes, renamed
from .domain_wall import add_turns, steps, wall_places, wall_spins
from .graphs import GraphProblem, IndexedGraph

__all__ = ["NodeClasses", "checked_count", "greedy_clique"]

# Nodes from which a clique is grown; the best of them is kept.
_CLIQUE_STARTS = 32


class NodeClasses(GraphProblem):
    """What colourings and clique covers share; the answers are dicts from node to class 0 … k - 1, or ``None``.

    Attributes
    ----------
    forbidden : IndexedGraph
        Joins the nodes that may not share a class.
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "conflicts"
    class_noun: ClassVar[str]

    forbidden: IndexedGraph
    penalty: float | Literal["auto"]
    symmetry_breaking: bool
    encoding: Literal["one_hot", "domain_wall"]
    _fixed: np.ndarray  # class of each node by position, -1 where it is free

    def _keep_classes(
        self, own: IndexedGraph, forbidden: IndexedGraph, k: int, penalty: Any, symmetry_breaking: bool, encoding: Any
    ) -> None:
        if encoding not in ("one_hot", "domain_wall"):
            raise ValueError(f"encoding: 'one_hot' or 'domain_wall' is needed, but it is {encoding!r}")
        fixed = np.full(len(own), -1, dtype=np.int64)
        if symmetry_breaking:
            clique = greedy_clique(forbidden)[:k]
            fixed[clique] = np.arange(len(clique))
        fixed.flags.writeable = False
        self._keep(
            indexed=own,
            forbidden=forbidden,
            penalty=checked_penalty(penalty),
            symmetry_breaking=bool(symmetry_breaking),
            encoding=encoding,
            _fixed=fixed,
        )

    @property
    @abstractmethod
    def num_classes(self) -> int:
        """k."""

    @abstractmethod
    def _conflict_text(self, u: Hashable, v: Hashable, number: int) -> str:
        """A forbidden pair in one class, in words."""

    def __repr__(self) -> str:
        name = "num_colors" if self.class_noun == "colour" else "num_cliques"
        return (
            f"{type(self).__name__}({self._graph_text()}, {name}={self.num_classes}, penalty={self.penalty!r}, "
            f"symmetry_breaking={self.symmetry_breaking}, encoding={self.encoding!r})"
        )

    def _fixed_classes(self) -> dict[Hashable, int]:
        """Classes given beforehand, by node, in the order of the classes."""
        held = np.flatnonzero(self._fixed >= 0)
        return {self.nodes[i]: int(self._fixed[i]) for i in held[np.argsort(self._fixed[held])]}

    @property
    def _width(self) -> int:
        """Spins for a node."""
        return self.num_classes if self.encoding == "one_hot" else self.num_classes - 1

    @property
    def variables(self) -> Sequence[Hashable]:
        """Pairs (node, class) of the nodes without a class beforehand.

        Spin +1 puts the node into the class; in the domain-wall encoding, into a later one.
        """
        free = (node for node, number in zip(self.nodes, self._fixed.tolist(), strict=True) if number < 0)
        return tuple((node, number) for node in free for number in range(self._width))

    @property
    def num_spins(self) -> int:
        """k spins (or k - 1) for each node without a class beforehand."""
        return self._num_free * self._width

    @cached_property
    def _num_free(self) -> int:
        return int(np.count_nonzero(self._fixed < 0))

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring, 0 exactly for a proper answer."""
        builder = QuboBuilder(self.num_spins)
        weight, width = self._penalty_weight(), self._width
        free = self._fixed < 0
        first = np.where(free, width * (np.cumsum(free) - 1), -1)
        u, v = self.forbidden.edges.T
        if self.encoding == "one_hot":
            classes = np.arange(self.num_classes)
            builder.add_square(first[free][:, None] + classes, coefficients=-1, constant=1, weight=weight)
            both = free[u] & free[v]
            builder.add_pairs(first[u[both]][:, None] + classes, first[v[both]][:, None] + classes, weight)
            for here, there in ((u, v), (v, u)):
                beside = free[here] & ~free[there]
                builder.add_linear(first[here[beside]] + self._fixed[there[beside]], weight)
        else:
            self._add_walls(builder, first, weight)
        held = ~free[u] & ~free[v] & (self._fixed[u] == self._fixed[v])
        builder.add_constant(weight * float(np.count_nonzero(held)))
        return builder.build(labels=self.variables)

    def _add_walls(self, builder: QuboBuilder, first: np.ndarray, weight: float) -> None:
        """The same pairs with x = S y + (1, 0, …, 0), and the penalty for rows that turn back."""
        k, width = self.num_classes, self._width
        free = self._fixed < 0
        degree = np.bincount(self.forbidden.edges.ravel(), minlength=len(free)).max(initial=0)
        grid = first[free][:, None] + np.arange(width)
        add_turns(builder, grid, weight * (2 * float(degree) + 1) / 2)  # add_turns counts each turn twice
        matrix = steps(k)
        start = np.zeros(k)
        start[0] = 1.0
        u, v = self.forbidden.edges.T
        for here, there in ((u, v), (v, u)):
            beside = free[here] & ~free[there]
            number = self._fixed[there[beside]]
            builder.add_constant(weight * float(start[number].sum()))
            builder.add_linear(first[here[beside]][:, None] + np.arange(width), weight * matrix[number])
        both = free[u] & free[v]
        rows, columns = first[u[both]], first[v[both]]
        builder.add_constant(weight * float(np.count_nonzero(both)))  # the square of the start
        for cells in (rows, columns):
            builder.add_linear(cells[:, None] + np.arange(width), weight * (start @ matrix))
        products = matrix.T @ matrix
        i, j = np.nonzero(products)
        builder.add_pairs(rows[:, None] + i, columns[:, None] + j, weight * products[i, j])

    def _decode(self, spins: np.ndarray) -> dict[Hashable, int | None]:
        """Class of every node; ``None`` where its spins name none, or more than one."""
        rows = spins.reshape(self._num_free, self._width)
        if self.encoding == "one_hot":
            chosen = rows > 0
            found = np.where(chosen.sum(axis=1) == 1, chosen.argmax(axis=1) if self.num_classes else -1, -1)
        else:
            found = wall_places(rows)
        numbers = self._fixed.copy()
        numbers[self._fixed < 0] = found
        return self._named(numbers)

    def encode(self, answer: Any) -> np.ndarray:
        """Spins of an answer, whose classes are renamed where some nodes have theirs beforehand.

        One-hot spins of a node without a class (``None`` or absent) are all -1.

        Raises
        ------
        ValueError
            If a node is unknown or a class out of range, if nodes that have different classes beforehand have equal
            ones, or none, in the answer, which ``symmetry_breaking=False`` can express, or if a node has no class and
            the encoding is "domain_wall".
        """
        noun, numbers = self.class_noun, self._numbers(answer)
        for node, number in answer.items():
            if node not in self.indexed.position:
                raise ValueError(f"answer: {node!r} is not a node of the graph")
            if number is not None and not self._is_class(number):
                raise ValueError(
                    f"answer: node {node!r} has the {noun} {number!r}; 0 to {self.num_classes - 1} is needed"
                )
        held = np.flatnonzero(self._fixed >= 0)
        if -1 in numbers[held] or len(np.unique(numbers[held])) < len(held):
            fixed = self._fixed_classes()
            raise ValueError(
                f"answer: the nodes {list(fixed)} need different {noun}s, as they were given beforehand, "
                f"but have {[answer.get(node) for node in fixed]}; symmetry_breaking=False can express that"
            )
        free = renamed(numbers, self.num_classes, self._fixed)[self._fixed < 0]
        if self.encoding == "one_hot":
            spins = np.full((len(free), self.num_classes), -1, dtype=np.int8)
            spins[free >= 0, free[free >= 0]] = 1
            return spins.ravel()
        if np.any(free < 0):
            raise ValueError(f"answer: every node needs a {noun}; encoding='one_hot' can express one without")
        return wall_spins(free, self.num_classes).ravel()

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

    def objective(self, answer: Any) -> int:
        """Forbidden pairs in one class, plus nodes without a class of the given ones.

        Raises
        ------
        ValueError
            If the answer is not a dict from node to class.
        """
        numbers = self._numbers(answer)
        return len(self._conflicts(numbers)) + int(np.count_nonzero(numbers < 0))

    def penalty_bound(self) -> float:
        """0: the energy is A times a count that is 0 exactly for a proper answer, so every A > 0 will do."""
        return 0.0

    def energy_of(self, objective: float) -> float:
        """A times the number of conflicts."""
        return self._penalty_weight() * objective

    def objective_bound(self) -> int:
        """0: no answer has fewer conflicts."""
        return 0

    def repair(self, answer: Any) -> dict[Hashable, int | None]:
        """Answer in which every node has a class and a bounded tabu search has cut the conflicts down; never worse.

        The search lets the nodes with a class beforehand move as well, and renames the classes in the end: held, they
        would make it start over whenever the others agree on other names.
        """
        numbers = self._numbers(answer)
        return self._named(mended_classes(self.forbidden, numbers, self.num_classes, self._fixed))

    def search_form(self) -> NodeClasses:
        """One-hot and with no class given beforehand: the nodes that have theirs are at odds with what the rest names.

        A local search agrees on names before it meets those nodes, and could only give in by renaming everything.
        """
        if self.encoding == "one_hot" and not np.any(self._fixed >= 0):
            return self
        form = copy(self)
        form._keep_classes(self.indexed, self.forbidden, self.num_classes, self.penalty, False, "one_hot")
        form.__dict__.pop("_num_free", None)
        return form

    @property
    def one_hot(self) -> Sequence[np.ndarray]:
        """The classes of each node that has none beforehand, where the encoding is one-hot."""
        if self.encoding != "one_hot":
            return ()
        return list(np.arange(self.num_spins).reshape(self._num_free, self.num_classes))

    def _is_class(self, number: Any) -> bool:
        whole = isinstance(number, (int, np.integer)) and not isinstance(number, bool)
        return whole and 0 <= number < self.num_classes

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
        edges = self.forbidden.edges
        ends = numbers[edges]
        return edges[(ends[:, 0] == ends[:, 1]) & (ends[:, 0] >= 0)]


def checked_count(count: Any, argument: str, noun: str) -> int:
    """A number of classes, at least 1."""
    if isinstance(count, (bool, np.bool_)) or not isinstance(count, (int, np.integer)):
        raise TypeError(f"{argument}: an integer is needed, but it is {count!r}")
    if count < 1:
        raise ValueError(f"{argument}: at least one {noun} is needed, but it is {count}")
    return int(count)


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
