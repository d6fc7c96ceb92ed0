r"""Routes through all nodes of a graph, as the nodes in order: what Hamiltonian cycles, paths and tours share.

A 0/1 variable :math:`x_{v,j}` says that node v is at place j.  With N places and the cost :math:`c_{uv} \geq 0` of
going from u to v,

.. math:: E = A \sum_v \Big(1 - \sum_j x_{v,j}\Big)^2 + A \sum_j \Big(1 - \sum_v x_{v,j}\Big)^2
              + \sum_j \sum_{u \neq v} c_{uv}\, x_{u,j}\, x_{v,j+1} ,

where places are counted modulo N for a closed route, and j stops at N-2 for a path: A. Lucas, arXiv:1302.5843, section
7.  A closed route may begin anywhere, so the first node is at place 0 beforehand (symmetry breaking): its row, and all
other nodes' variables of that place, are left out, and :math:`(N-1)^2` spins remain.  No node of a path may be placed
beforehand, so that a path keeps its :math:`N^2`.

**A broken constraint costs at least 2A.**  If every node has one place but some place not one node, then the N nodes
leave one place empty and fill another twice or more; the same with nodes and places exchanged; and otherwise both sums
are at least A.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from ..model import IsingModel
from .builder import QuboBuilder
from .graphs import GraphProblem
from .permutations import add_permutation, single_choices

__all__ = ["Route"]

_UNKNOWN = -2  # in place of a node's position, for what is not a node; -1 stands for None


class Route(GraphProblem):
    """A problem whose answer is a list of all nodes in order; subclasses say what the legs cost."""

    closed: ClassVar[bool]
    words: ClassVar[tuple[str, str]] = ("node", "edge")  # what violations call a stop and a leg
    symmetry_breaking: bool

    @property
    def variables(self) -> Sequence[Hashable]:
        """Pairs (node, place): spin +1 puts the node at that place, counted from 0."""
        free = self.nodes[self._held :]
        places = range(self._held, len(self.nodes))
        return tuple((node, place) for node in free for place in places)

    @property
    def num_spins(self) -> int:
        """Squared number of nodes that are not placed beforehand."""
        return (len(self.nodes) - self._held) ** 2

    @property
    def one_hot(self) -> Sequence[np.ndarray]:
        """The places of each node, then the nodes of each place; without what is placed beforehand."""
        grid = self._grid()
        return [*grid, *grid.T]

    @property
    def _held(self) -> int:
        """Number of nodes placed beforehand."""
        return int(self.closed and self.symmetry_breaking)

    def _grid(self) -> np.ndarray:
        free = len(self.nodes) - self._held
        return np.arange(free * free).reshape(free, free)

    def _model(self, costs: np.ndarray, weight: float, constant: float) -> IsingModel:
        """Model with the energy of the module's docstring and a constant; costs of shape (N, N), diagonal unread."""
        grid, held = self._grid(), self._held
        free = len(grid)
        builder = QuboBuilder(free * free)
        builder.add_constant(constant)
        add_permutation(builder, grid, weight)
        if free:
            inner = costs[held:, held:].copy()
            np.fill_diagonal(inner, 0)
            u, v = np.nonzero(inner)
            here = np.arange(free if self.closed and not held else free - 1)
            there = (here + 1) % free
            builder.add_pairs(grid[u][:, here], grid[v][:, there], inner[u, v][:, None])
            if held:
                builder.add_linear(grid[:, 0], costs[0, 1:])
                builder.add_linear(grid[:, -1], costs[1:, 0])
        return builder.build(labels=self.variables)

    def _decode(self, spins: np.ndarray) -> list[Hashable]:
        """The node at each place, ``None`` where not exactly one node has its spin +1 there; nodes may recur."""
        free = len(self.nodes) - self._held
        nodes = self.nodes
        free_nodes = nodes[self._held :]
        which = single_choices(spins.reshape(free, free).T > 0).tolist()
        return [*nodes[: self._held], *(free_nodes[i] if i >= 0 else None for i in which)]

    def encode(self, answer: Any) -> np.ndarray:
        """Spins of a list of all nodes in order, whether or not its legs are there.

        Where the first node is placed beforehand, the list may begin with any node, and is turned until that one leads;
        its direction is kept.

        Raises
        ------
        ValueError
            If the answer is not a list that holds each node once.
        """
        places = self._known_places(answer)
        broken = self._visits(answer, places)
        if broken:
            raise ValueError(f"answer: a list with each {self.words[0]} once is needed, but {broken[0]}")
        order = self._turned(np.array(places, dtype=np.int64))
        free = len(order) - self._held
        spins = np.full((free, free), -1, dtype=np.int8)
        spins[order[self._held :] - self._held, np.arange(free)] = 1
        return spins.ravel()

    def _turned(self, order: np.ndarray) -> np.ndarray:
        """The closed route from the node that is placed beforehand, or as it is."""
        return np.roll(order, -int(np.flatnonzero(order == 0)[0])) if self._held else order

    def _places(self, answer: Any) -> list[int] | None:
        """Positions of the nodes of an answer, -1 for ``None`` and -2 for what is no node; None for no list.

        A closed route may name its first node again at the end.
        """
        if isinstance(answer, (str, bytes)) or not isinstance(answer, (Sequence, np.ndarray)):
            return None
        if isinstance(answer, np.ndarray) and answer.ndim != 1:
            return None
        places = [self._position(node) for node in answer]
        if self.closed and len(places) == len(self.nodes) + 1 and places[0] == places[-1] >= 0:
            places.pop()  # the first node stands again at the end
        return places

    def _position(self, node: Any) -> int:
        if node is None:
            return -1
        try:
            return self.indexed.position.get(node, _UNKNOWN)
        except TypeError:  # what cannot be hashed is no node
            return _UNKNOWN

    def _known_places(self, answer: Any) -> list[int]:
        """Positions of the nodes of an answer, -1 for ``None``, or a ``ValueError``."""
        places = self._places(answer)
        if places is None:
            raise ValueError(
                f"answer: a list in order of every {self.words[0]} is needed, but it is a {type(answer).__name__}"
            )
        if _UNKNOWN in places:
            raise ValueError(f"answer: {answer[places.index(_UNKNOWN)]!r} is not a {self.words[0]} of the graph")
        return places

    def _visits(self, answer: Any, places: list[int]) -> list[str]:
        """What keeps a list from holding each node once, in sentences."""
        broken = []
        for place, position in enumerate(places):
            if position == _UNKNOWN:
                broken.append(f"{answer[place]!r} is not a {self.words[0]} of the graph")
            elif position == -1:
                broken.append(f"place {place} holds no {self.words[0]}")
        times = Counter(places)
        for position, node in enumerate(self.nodes):
            if times[position] == 0:
                broken.append(f"{self.words[0]} {node!r} is not visited")
            elif times[position] > 1:
                broken.append(f"{self.words[0]} {node!r} is visited {times[position]} times")
        return broken

    def _legs(self, places: Sequence[int]) -> Iterable[tuple[int, int]]:
        """Pairs of consecutive positions, with the way back to the beginning where closed; none for a single node."""
        if len(places) < 2:
            return ()
        after = [*places[1:], *places[:1]] if self.closed else places[1:]
        return zip(places, after, strict=False)

    def _missing_legs(self, places: list[int], exists: np.ndarray) -> list[str]:
        """Legs between known nodes that the graph does not have, in sentences."""
        nodes = self.nodes
        return [
            f"there is no {self.words[1]} from {nodes[u]!r} to {nodes[v]!r}"
            for u, v in self._legs(places)
            if u >= 0 and v >= 0 and u != v and not exists[u, v]
        ]

    def _skeleton(self, answer: Any) -> list[int]:
        """The nodes of an answer that are known, each once, in the order in which they first occur."""
        return list(dict.fromkeys(place for place in self._places(answer) or () if place >= 0))
