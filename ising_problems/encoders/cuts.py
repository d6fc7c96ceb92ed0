r"""Maximum cut: colour the nodes of a weighted graph in two colours so that the edges between them weigh most.

With a spin for each node, an edge is cut where the spins differ, so the cut weighs
:math:`\sum_{uv} w_{uv} (1 - s_u s_v)/2`, and

.. math:: E(s) = -\mathrm{cut}(s) = \tfrac12 \sum_{uv} w_{uv} s_u s_v - \tfrac12 \sum_{uv} w_{uv} ,

that is :math:`J_{uv} = -w_{uv}/2` and offset :math:`-\tfrac12 \sum w`.  Halves of integers are exact in floating
point, so the energy of a cut is minus its weight to the last digit.  Number 21 of R. M. Karp, "Reducibility among
combinatorial problems" (1972).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from ..matrices import coupling_matrix
from ..model import IsingModel
from .graph_input import indexed_graph
from .graphs import GraphProblem

__all__ = ["MaxCut", "TwoSides", "check_total_weight"]

# Sums of integer weights below this, and their halves, are exact in float64.
_LARGEST_EXACT_SUM = 2**52


class TwoSides(GraphProblem):
    """A problem that shares out the nodes of a graph between two sets; ``__init__`` keeps ``weight`` and ``weights``.

    An answer is a pair of sets of nodes, and its objective the weight of the edges between them.
    """

    weight: Hashable
    weights: np.ndarray

    @property
    def variables(self) -> Sequence[Hashable]:
        """The nodes, in the graph's order: spin +1 puts a node into the first set."""
        return self.nodes

    def _decode(self, spins: np.ndarray) -> tuple[frozenset[Hashable], frozenset[Hashable]]:
        """The nodes of spin +1 and the nodes of spin -1."""
        return (
            frozenset(node for node, spin in zip(self.nodes, spins, strict=True) if spin > 0),
            frozenset(node for node, spin in zip(self.nodes, spins, strict=True) if spin < 0),
        )

    def encode(self, answer: Any) -> np.ndarray:
        """Spins of two sets: +1 for the nodes of the first.

        Raises
        ------
        ValueError
            If the sets do not share out the nodes.
        """
        broken = self._misplaced(answer)
        if broken:
            raise ValueError(f"answer: not two sets that share out the nodes: {broken[0]}")
        first = frozenset(answer[0])
        return np.array([1 if node in first else -1 for node in self.nodes], dtype=np.int8)

    def _misplaced(self, answer: Any) -> list[str]:
        """What keeps the two sets from sharing out the nodes."""
        sides = _two_sets(answer)
        if sides is None:
            return ["the answer is not a pair of sets of nodes"]
        first, second = sides
        broken = [
            f"{node!r} is not a node of the graph" for node in (*first, *second) if node not in self.indexed.position
        ]
        for node in self.nodes:
            if node in first and node in second:
                broken.append(f"node {node!r} is in both sets")
            elif node not in first and node not in second:
                broken.append(f"node {node!r} is in neither set")
        return broken

    def objective(self, answer: Any) -> float:
        """Weight of the edges with one end in the first set and the other in the second; an int for integer weights.

        Raises
        ------
        ValueError
            If the answer is not a pair of sets.
        """
        sides = _two_sets(answer)
        if sides is None:
            raise ValueError("answer: a pair of sets of nodes is needed")
        first = np.array([node in sides[0] for node in self.nodes], dtype=bool)
        second = np.array([node in sides[1] for node in self.nodes], dtype=bool)
        u, v = self.edges.T
        cut = (first[u] & second[v]) | (second[u] & first[v])
        return self.weights[cut].sum().item()


class MaxCut(TwoSides):
    r"""Two sides of a graph with the greatest weight of edges between them; :math:`E = -` weight of the cut.

    An answer is a pair of sets of nodes.  Every spin configuration is a cut, so there is no penalty.

    Parameters
    ----------
    graph : networkx.Graph, square numpy array, scipy.sparse array, or iterable of edges
        Undirected, without self-loops and parallel edges.  A matrix is a symmetric adjacency matrix of weights; edges
        are ``(u, v)`` or ``(u, v, weight)``.
    weight : hashable or None, default "weight"
        Edge attribute that holds the weight.  An edge without it weighs 1; ``None`` lets every edge weigh 1.

    Attributes
    ----------
    graph : networkx.Graph
        A frozen copy of the input.
    weight : hashable or None

    Raises
    ------
    ValueError
        If the graph is directed, has parallel edges or self-loops, or a weight is not a finite number.
    TypeError
        If ``graph`` is none of the accepted forms.

    Examples
    --------
    >>> problem = MaxCut([("a", "b"), ("b", "c"), ("c", "a", 3)])
    >>> problem.objective(({"a"}, {"b", "c"}))
    4
    >>> sorted(problem.decode([1, -1, -1])[0])
    ['a']
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "maximize"
    objective_name: ClassVar[str] = "cut weight"
    statement: ClassVar[str] = "two sides of a graph with the greatest weight of edges between them"
    spin_count: ClassVar[str] = "N"
    source: ClassVar[str] = "Karp 21"

    def __init__(self, graph: Any, weight: Hashable = "weight") -> None:
        own = indexed_graph(graph, weight=weight)
        check_total_weight(own.weights)
        self._keep(indexed=own, weight=weight, weights=own.weights)

    def __repr__(self) -> str:
        return f"MaxCut({self._graph_text()}, weight={self.weight!r})"

    def to_ising(self) -> IsingModel:
        r"""Model with :math:`E(s) = -` weight of the cut; integer where every weight is even, else half-integer."""
        even = self.weights.dtype.kind == "i" and not np.any(self.weights % 2)
        half = self.weights // 2 if even else self.weights / 2
        # + 0.0 turns the -0.0 of an unweighted total into 0.0
        offset = -int(half.sum()) if even else -float(half.sum()) + 0.0
        J = coupling_matrix(self.edges[:, 0], self.edges[:, 1], -half, len(self.nodes))
        return IsingModel._of_symmetric(J, None, offset, self.variables)

    def violations(self, answer: Any) -> list[str]:
        """What keeps the two sets from sharing out the nodes."""
        return self._misplaced(answer)

    def penalty_bound(self) -> float:
        """0: every configuration is a cut."""
        return 0.0


def check_total_weight(weights: np.ndarray) -> None:
    """Refuse weights whose sum, or its half, would be rounded or too large."""
    with np.errstate(over="ignore"):  # an infinite total is refused below
        total = float(np.abs(weights).sum(dtype=np.float64))
    if weights.dtype.kind == "i" and total >= _LARGEST_EXACT_SUM:
        raise ValueError(
            f"weight: the absolute weights add up to {total:.3g}, beyond 2**52, where halves are rounded; "
            "divide out a common factor, or pass floats if rounding is acceptable"
        )
    if not np.isfinite(total):
        raise ValueError("weight: the absolute weights add up to more than a float can hold; scale them down")


def _two_sets(answer: Any) -> tuple[frozenset[Hashable], frozenset[Hashable]] | None:
    if isinstance(answer, (str, bytes, Mapping)):
        return None
    try:
        first, second = answer
        if any(isinstance(side, (str, bytes, Mapping)) for side in (first, second)):
            return None
        return frozenset(first), frozenset(second)
    except (TypeError, ValueError):  # not two things, not iterable, or not of hashable members
        return None
