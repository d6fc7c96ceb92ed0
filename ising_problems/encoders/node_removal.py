"""What both kinds of feedback vertex set have in common: answers, their value, and the spins that remove nodes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from .directed_graphs import NodeAnswers
from .orders import NodeOrder

__all__ = ["FeedbackVertexSet"]


class FeedbackVertexSet(NodeAnswers):
    """What the two have in common: answers, their value, and variables of which the first N remove nodes."""

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "removed nodes"

    penalty: float | Literal["auto"]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._graph_text()}, penalty={self.penalty!r})"

    @property
    @abstractmethod
    def _cyclic(self) -> np.ndarray:
        """Which edges lie on a cycle; bool, shape (num_edges,)."""

    @cached_property
    def _order(self) -> NodeOrder:
        return NodeOrder(len(self.nodes), self.edges[self._cyclic])

    def _order_labels(self) -> list[Hashable]:
        nodes = self.nodes
        return [("before", nodes[u], nodes[v]) for u, v in self._order.pairs.tolist()]

    def _decode(self, spins: np.ndarray) -> frozenset[Hashable]:
        """The nodes whose first spins are +1."""
        nodes = self.nodes
        return frozenset(nodes[i] for i in np.flatnonzero(spins[: len(nodes)] > 0).tolist())

    def objective(self, answer: Any) -> int:
        """How many nodes are removed.

        Raises
        ------
        ValueError
            If the answer is not a set of nodes of the graph.
        """
        return len(self._indices(answer))

    def penalty_bound(self) -> float:
        """1, or 0 where the graph has no cycle; the proof is in the module's docstring."""
        return 1.0 if np.any(self._cyclic) else 0.0

    def _start(self, answer: Any) -> list[int]:
        found = self._parsed(answer)
        return [] if isinstance(found, str) else found[0].tolist()

    def _named(self, positions: Sequence[int]) -> frozenset[Hashable]:
        return frozenset(self.nodes[i] for i in positions)

    def _left(self, removed: np.ndarray) -> np.ndarray:
        """Edges that have no removed end."""
        gone = np.zeros(len(self.nodes), dtype=bool)
        gone[removed] = True
        return self.edges[~gone[self.edges].any(axis=1)]

    def _checked(self, answer: Any) -> np.ndarray:
        broken = self.violations(answer)
        if broken:
            raise ValueError(f"answer: not a feedback vertex set: {broken[0]}")
        return self._indices(answer)
