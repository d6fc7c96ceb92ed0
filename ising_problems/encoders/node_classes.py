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

Some nodes may have their classes beforehand (:mod:`ising_problems.encoders.class_answers`); the sums then hold these as
constants.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from copy import copy
from typing import Any, ClassVar, Literal

import numpy as np

from ..model import IsingModel
from ..problem import checked_penalty
from .builder import QuboBuilder
from .class_answers import ClassAnswers, classes_beforehand, greedy_clique
from .class_search import mended_classes
from .domain_wall import add_turns, steps, wall_places, wall_spins
from .graphs import IndexedGraph

__all__ = ["NodeClasses"]


class NodeClasses(ClassAnswers):
    """Colourings and clique covers with a given number of classes; the objective counts conflicts."""

    objective_name: ClassVar[str] = "conflicts"
    _count_name: ClassVar[str]  # what the argument for the number of classes is called

    penalty: float | Literal["auto"]
    encoding: Literal["one_hot", "domain_wall"]

    def _keep_classes(
        self, own: IndexedGraph, forbidden: IndexedGraph, k: int, penalty: Any, symmetry_breaking: bool, encoding: Any
    ) -> None:
        if encoding not in ("one_hot", "domain_wall"):
            raise ValueError(f"encoding: 'one_hot' or 'domain_wall' is needed, but it is {encoding!r}")
        clique = greedy_clique(forbidden) if symmetry_breaking else []
        self._keep(
            indexed=own,
            forbidden=forbidden,
            penalty=checked_penalty(penalty),
            symmetry_breaking=bool(symmetry_breaking),
            encoding=encoding,
            _fixed=classes_beforehand(clique, len(own), k),
        )

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self._graph_text()}, {self._count_name}={self.num_classes}, "
            f"penalty={self.penalty!r}, symmetry_breaking={self.symmetry_breaking}, encoding={self.encoding!r})"
        )

    @property
    def _width(self) -> int:
        """Spins for a node."""
        return self.num_classes if self.encoding == "one_hot" else self.num_classes - 1

    @property
    def variables(self) -> Sequence[Hashable]:
        """Pairs (node, class) of the nodes without a class beforehand.

        Spin +1 puts the node into the class; in the domain-wall encoding, into a later one.
        """
        return tuple((node, number) for node in self._free_nodes() for number in range(self._width))

    @property
    def num_spins(self) -> int:
        """k spins (or k - 1) for each node without a class beforehand."""
        return self._num_free * self._width

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring, 0 exactly for a proper answer."""
        builder, weight = QuboBuilder(self.num_spins), self._penalty_weight()
        if self.encoding == "one_hot":
            self._add_one_hot(builder, weight)
        else:
            self._add_walls(builder, weight)
        free = self._fixed < 0
        u, v = self.forbidden.edges.T
        held = ~free[u] & ~free[v] & (self._fixed[u] == self._fixed[v])
        builder.add_constant(weight * float(np.count_nonzero(held)))
        return builder.build(labels=self.variables)

    def _add_walls(self, builder: QuboBuilder, weight: float) -> None:
        """The same pairs with x = S y + (1, 0, …, 0), and the penalty for rows that turn back."""
        k, width = self.num_classes, self._width
        free, first = self._fixed < 0, self._first_spins(width)
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
        if self.encoding == "one_hot":
            return self._with_fixed(self._one_hot_classes(spins))
        return self._with_fixed(wall_places(spins.reshape(self._num_free, self._width)))

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
        free = self._renamed_free(answer)
        if self.encoding == "one_hot":
            return self._one_hot_spins(free)
        if np.any(free < 0):
            raise ValueError(
                f"answer: every node needs a {self.class_noun}; encoding='one_hot' can express one without"
            )
        return wall_spins(free, self.num_classes).ravel()

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
        return form

    @property
    def one_hot(self) -> Sequence[np.ndarray]:
        """The classes of each node that has none beforehand, where the encoding is one-hot."""
        return self._one_hot_groups() if self.encoding == "one_hot" else ()
