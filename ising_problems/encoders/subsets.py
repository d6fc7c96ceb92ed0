"""Problems whose answer is a set: some of given nodes, sets, triples or edges, a spin for each.

:class:`SubsetProblem` has what they share: spin +1 chooses an item, an answer is the frozenset of the chosen items, any
iterable that holds each of them once is understood as one (a list of edges may write them as lists).  A list of 0 and 1
or of booleans, one for each item, is refused rather than taken for the items 0 and 1.  :class:`NodeSubset` chooses
nodes of a graph, :class:`WeightedNodeSubset` by their weights, and :class:`SetSubset` sets of a family.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from ..checks import on_one_line
from ..problem import Problem, checked_penalty
from .families import SetFamily
from .graph_input import indexed_graph
from .graphs import GraphProblem
from .weights import node_weights

__all__ = ["NodeSubset", "SetSubset", "SubsetProblem", "WeightedNodeSubset"]


class SubsetProblem(Problem):
    """A problem that chooses some of the items it was given; ``__init__`` keeps ``weights``, one for each item."""

    _noun: ClassVar[str]  # what an item is, in the singular
    _whole: ClassVar[str]  # what the items belong to, with its article

    weights: np.ndarray

    @property
    @abstractmethod
    def _items(self) -> Sequence[Hashable]:
        """What can be chosen, in the order of the spins."""

    @property
    @abstractmethod
    def _position(self) -> Mapping[Hashable, int]:
        """Position of each item."""

    @abstractmethod
    def _broken(self, chosen: np.ndarray) -> list[str]:
        """Constraints that the chosen items break, in words; bool, shape (number of items,)."""

    @abstractmethod
    def _repaired(self, chosen: np.ndarray) -> np.ndarray:
        """Choice reached by greedy steps; bool, shape (number of items,)."""

    @property
    def variables(self) -> Sequence[Hashable]:
        """The items: spin +1 chooses one."""
        return self._items

    @property
    def num_spins(self) -> int:
        """One spin for each item."""
        return len(self._items)

    def _decode(self, spins: np.ndarray) -> frozenset[Hashable]:
        """The items of spin +1."""
        return self._answer(spins[: len(self._items)] > 0)

    def encode(self, answer: Any) -> np.ndarray:
        """Spins of a choice: +1 for what is in it.

        Raises
        ------
        ValueError
            If the answer is not an iterable of items.
        """
        return self._spins_of(self._chosen(answer))

    def violations(self, answer: Any) -> list[str]:
        """What the answer holds that cannot be chosen, and the constraints that the rest breaks."""
        members = _members(answer, self._items)
        if members is None:
            return [f"the answer is not a set of {self._noun}s"]
        chosen, strange = self._split(members)
        return strange + self._broken(chosen)

    def objective(self, answer: Any) -> float:
        """Total weight of the chosen items; an int where the weights are.

        Raises
        ------
        ValueError
            If the answer is not an iterable of items.
        """
        return self.weights[self._chosen(answer)].sum().item()

    def repair(self, answer: Any) -> frozenset[Hashable]:
        """Choice reached from another by greedy steps and a short deterministic search; never worse than it."""
        return self._answer(self._repaired(self._chosen(answer)))

    def _spins_of(self, chosen: np.ndarray) -> np.ndarray:
        return np.where(chosen, 1, -1).astype(np.int8)

    def _answer(self, chosen: np.ndarray) -> frozenset[Hashable]:
        items = self._items
        return frozenset(items[i] for i in np.flatnonzero(chosen).tolist())

    def _chosen(self, answer: Any) -> np.ndarray:
        """Which items an answer chooses; bool, shape (number of items,)."""
        members = _members(answer, self._items)
        if members is None:
            raise ValueError(f"answer: a set of {self._noun}s is needed, but it is {on_one_line(answer)}")
        chosen, strange = self._split(members)
        if strange:
            raise ValueError(f"answer: {strange[0]}")
        return chosen

    def _split(self, members: Iterable[Hashable]) -> tuple[np.ndarray, list[str]]:
        """Which items are among the members, and what is wrong with the other members, in words."""
        items, position = self._items, self._position
        article = "an" if self._noun[0] in "aeiou" else "a"
        chosen = np.zeros(len(items), dtype=bool)
        seen = set()
        strange = []
        for member in members:
            at = position.get(member)
            # True == 1 and hash(True) == hash(1), but a list of booleans is a mask and not a list of items
            if at is None or (isinstance(member, _BOOLEANS) and not isinstance(items[at], _BOOLEANS)):
                strange.append(f"{member!r} is not {article} {self._noun} of {self._whole}")
            elif member in seen:
                strange.append(f"the {self._noun} {member!r} is given twice; a set holds it once")
            else:
                seen.add(member)
                chosen[at] = True
        return chosen, strange


class NodeSubset(SubsetProblem, GraphProblem):
    """A problem that chooses nodes of a graph."""

    _noun: ClassVar[str] = "node"
    _whole: ClassVar[str] = "the graph"

    @property
    def _items(self) -> Sequence[Hashable]:
        return self.nodes

    @property
    def _position(self) -> Mapping[Hashable, int]:
        return self.indexed.position

    def _pairs_text(self, pairs: np.ndarray, text: str) -> list[str]:
        """A sentence for each pair of positions, ``text`` with the two nodes put in."""
        nodes = self.nodes
        return [text.format(nodes[i], nodes[j]) for i, j in pairs.tolist()]


class WeightedNodeSubset(NodeSubset):
    """A problem that chooses nodes by their weights, under constraints that the edges make."""

    weight: Any

    def __init__(self, graph: Any, weight: Any = None, *, penalty: float | Literal["auto"] = "auto") -> None:
        own = indexed_graph(graph)
        self._keep(
            indexed=own,
            weight=dict(weight) if isinstance(weight, Mapping) else weight,
            weights=node_weights(graph, own, weight),
            penalty=checked_penalty(penalty),
        )

    def __repr__(self) -> str:
        weight = "<dict>" if isinstance(self.weight, dict) else repr(self.weight)
        return f"{type(self).__name__}({self._graph_text()}, weight={weight}, penalty={self.penalty!r})"


class SetSubset(SubsetProblem):
    """A problem that chooses sets of a family."""

    _noun: ClassVar[str] = "set"
    _whole: ClassVar[str] = "the family"

    family: SetFamily

    @property
    def _items(self) -> Sequence[Hashable]:
        return self.family.names

    @property
    def _position(self) -> Mapping[Hashable, int]:
        return self.family.position


_BOOLEANS = (bool, np.bool_)


def _members(answer: Any, items: Sequence[Hashable]) -> list[Hashable] | None:
    if isinstance(answer, (str, bytes, Mapping)):
        return None
    try:
        members = list(answer)
        if len(items) and isinstance(items[0], tuple):  # edges and triples may be written as lists
            members = [one.tolist() if isinstance(one, np.ndarray) else one for one in members]
            members = [tuple(one) if isinstance(one, list) else one for one in members]
        frozenset(members)
    except TypeError:  # not iterable, or not of hashable members
        return None
    return members
