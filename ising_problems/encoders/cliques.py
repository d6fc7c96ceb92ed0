r"""Cliques: sets of nodes that are all joined to one another, as many as possible or as many as asked.

**The largest clique** is the largest independent set of the complementary graph: with a 0/1 variable for each node,

.. math:: E = -\sum_v x_v + A \sum_{uv \notin \text{edges}} x_u x_v , \qquad A > 1 ,

N spins, and :math:`E = -` size for a clique.  *Proof of the bound.*  Of two chosen nodes that are not joined, leave out
one: the energy falls by A - 1 at least.

**A clique of K nodes.**

.. math:: E = A \Big( K - \sum_v x_v \Big)^2 + \frac{K (K - 1)}{2} - \sum_{uv \in \text{edges}} x_u x_v ,
          \qquad A > \min(K, D) ,

N spins, D the greatest degree: A. Lucas, arXiv:1302.5843, section 2.3, with B = 1.  E is the number of missing edges
for a choice of K nodes, and 0 exactly for a clique of K nodes.  *Proof of the bound.*  Let K + d nodes be chosen.  For
d > 0, leave out one that has fewest edges to the others, at most :math:`\min(D, K + d - 1)`: the first term falls by
:math:`A (2d - 1)`, which is more than that, because :math:`K (2d - 1) \ge K + d - 1`.  For d < 0, any node that is
added lowers the first term and does not raise the second.  So every ground state has K nodes, whether there is a clique
or not: without one, it is a choice of K nodes with most edges inside.  A graph of K nodes needs no more than A > 0.

**Errata.**  For the largest clique Lucas counts the chosen nodes by a second family of variables :math:`y_i`,
i = 2 … D, N + D - 1 spins (or N + ⌊log₂ D⌋ + 1).  A clique has up to D + 1 nodes, so i must run to D + 1: in
:math:`K_{D+1}` the printed range cannot express the answer.  His example sets B = C, for which a choice that lacks an
edge ties with cliques.  The form above needs neither.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from ..checks import checked_integer
from ..model import IsingModel
from ..problem import checked_penalty
from .builder import QuboBuilder
from .graph_input import indexed_graph
from .packing import ConflictFreeSubset
from .subsets import NodeSubset
from .weights import unit_weights

if TYPE_CHECKING:
    import scipy.sparse as sp

__all__ = ["CliqueOfSize", "MaximumClique"]

# Exchanges tried by the repair of a clique of given size, and nodes times exchanges for large graphs.
_EXCHANGES = 200
_EXCHANGES_PER_NODE = 4
_MOST_WORK = 4_000_000
# The most exchanges for which a node that was moved stays where it is.
_REST = 4


class MaximumClique(NodeSubset, ConflictFreeSubset):
    r"""As many nodes as possible that are all joined to one another; :math:`E = -` size.

    An answer is a set of nodes.  :meth:`repair` makes any of them a clique.  The model couples the nodes that are *not*
    joined, so it is dense for a sparse graph: 5000 nodes take some 200 MB.

    Parameters
    ----------
    graph : networkx.Graph, square numpy array, scipy.sparse array, or iterable of edges
        Undirected, without self-loops and parallel edges.  Weights are ignored.
    penalty : float or "auto"
        The weight A of two chosen nodes that are not joined; more than 1 is enough.

    Attributes
    ----------
    graph : networkx.Graph
        A frozen copy of the input.
    penalty : float or "auto"

    Raises
    ------
    ValueError
        If the graph is directed, has parallel edges or self-loops, or the penalty is not positive.
    TypeError
        If ``graph`` is none of the accepted forms.

    Examples
    --------
    >>> problem = MaximumClique([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")])
    >>> sorted(problem.decode([1, 1, 1, -1])), problem.violations({"a", "d"})
    (['a', 'b', 'c'], ["the nodes 'a' and 'd' are not joined"])
    """

    objective_name: ClassVar[str] = "size of the clique"
    statement: ClassVar[str] = "as many nodes as possible that are all joined to one another"
    source: ClassVar[str] = "Lucas 2.3; Karp 3"

    def __init__(self, graph: Any, *, penalty: float | Literal["auto"] = "auto") -> None:
        own = indexed_graph(graph)
        self._keep(indexed=own, weights=unit_weights(len(own)), penalty=checked_penalty(penalty))

    def __repr__(self) -> str:
        return f"MaximumClique({self._graph_text()}, penalty={self.penalty!r})"

    @cached_property
    def _pairs(self) -> np.ndarray:
        apart = np.triu(np.ones((len(self.indexed),) * 2, dtype=bool), 1)
        u, v = self.edges.T
        apart[np.minimum(u, v), np.maximum(u, v)] = False
        return np.argwhere(apart)

    @cached_property
    def _conflicts(self) -> sp.csr_array:
        import scipy.sparse as sp

        n, (u, v) = len(self.indexed), self._pairs.T
        return sp.csr_array(
            (np.ones(2 * len(u), dtype=np.int8), (np.concatenate([u, v]), np.concatenate([v, u]))), shape=(n, n)
        )

    @cached_property
    def _heaviest_cliques(self) -> float:
        """Number of colours of a greedy colouring: the nodes of a clique all differ."""
        neighbours = self.indexed.neighbours
        colour: dict[int, int] = {}
        for node in sorted(range(len(neighbours)), key=lambda node: -len(neighbours[node])):
            taken = {colour[other] for other in neighbours[node] if other in colour}
            colour[node] = next(c for c in range(len(taken) + 1) if c not in taken)
        return len(set(colour.values()))

    def objective_bound(self) -> float:
        """Number of colours of a greedy colouring of the graph."""
        return self._heaviest_cliques

    def _broken(self, chosen: np.ndarray) -> list[str]:
        return self._pairs_text(self._clashes(chosen), "the nodes {!r} and {!r} are not joined")


class CliqueOfSize(NodeSubset):
    r"""Nodes of a given number that are all joined to one another, or with as few edges missing as possible.

    An answer is a set of nodes, feasible if it is a clique of ``size`` nodes.  Its objective counts the pairs of chosen
    nodes that are not joined, and the nodes that are too many or too few: 0 exactly for a feasible answer.  Where there
    is no such clique, the ground states are the choices of ``size`` nodes with the fewest edges missing, and their
    energy is that number.  :meth:`repair` returns ``size`` nodes, reached by exchanges that lower the number.

    Parameters
    ----------
    graph : networkx.Graph, square numpy array, scipy.sparse array, or iterable of edges
        Undirected, without self-loops and parallel edges.  Weights are ignored.
    size : int
        K, from 1 to the number of nodes.
    penalty : float or "auto"
        The weight A of the squared difference between K and the number of chosen nodes.

    Attributes
    ----------
    graph : networkx.Graph
        A frozen copy of the input.
    size : int
    penalty : float or "auto"

    Raises
    ------
    ValueError
        If the graph is directed, has parallel edges or self-loops, if ``size`` is less than 1 or greater than the
        number of nodes, or the penalty is not positive.
    TypeError
        If ``graph`` is none of the accepted forms, or ``size`` is not an integer.

    Examples
    --------
    >>> problem = CliqueOfSize([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")], size=3)
    >>> problem.violations({"b", "c", "d"})
    ["the nodes 'b' and 'd' are not joined"]
    >>> float(problem.to_ising().energy(problem.encode({"b", "c", "d"})))
    1.0
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "missing edges"
    statement: ClassVar[str] = "k nodes that are all joined to one another"
    spin_count: ClassVar[str] = "N"
    source: ClassVar[str] = "Lucas 2.3; Karp 3"

    size: int

    def __init__(self, graph: Any, size: int, *, penalty: float | Literal["auto"] = "auto") -> None:
        own = indexed_graph(graph)
        size = checked_integer(size, "size", at_least=1)
        if size > len(own):
            raise ValueError(f"size: a clique of {size} nodes needs as many, but the graph has {len(own)}")
        self._keep(indexed=own, size=size, weights=unit_weights(len(own)), penalty=checked_penalty(penalty))

    def __repr__(self) -> str:
        return f"CliqueOfSize({self._graph_text()}, size={self.size}, penalty={self.penalty!r})"

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's text: the number of missing edges for a choice of ``size`` nodes."""
        n, k = self.num_spins, self.size
        builder = QuboBuilder(n)
        builder.add_square(np.arange(n), -1, constant=k, weight=self._penalty_weight())
        builder.add_constant(k * (k - 1) // 2)
        u, v = self.edges.T
        builder.add_pairs(u, v, -1)
        return builder.build(labels=self.variables)

    def objective(self, answer: Any) -> int:
        """Pairs of chosen nodes that are not joined, plus nodes too many or too few.

        Raises
        ------
        ValueError
            If the answer is not an iterable of nodes.
        """
        chosen = self._chosen(answer)
        count = int(chosen.sum())
        u, v = self.edges.T
        inside = int(np.count_nonzero(chosen[u] & chosen[v]))
        return count * (count - 1) // 2 - inside + abs(count - self.size)

    def penalty_bound(self) -> float:
        """The lesser of ``size`` and the greatest degree, as the module proves; 0 if every node is asked for."""
        if self.size == len(self.indexed):
            return 0.0
        return float(min(self.size, int(self._degrees.max(initial=0))))

    def objective_bound(self) -> int:
        """The least that the degrees allow: none of the chosen nodes has more edges inside than its degree."""
        k = self.size
        inside = np.minimum(np.sort(self._degrees)[::-1][:k], k - 1).sum()
        return k * (k - 1) // 2 - int(inside) // 2

    @property
    def _degrees(self) -> np.ndarray:
        return np.bincount(self.edges.ravel(), minlength=len(self.indexed))

    def _broken(self, chosen: np.ndarray) -> list[str]:
        count = int(chosen.sum())
        broken = [] if count == self.size else [f"{count} nodes are chosen instead of {self.size}"]
        positions = np.flatnonzero(chosen).tolist()
        neighbours = self.indexed.neighbours
        apart = [(i, j) for k, i in enumerate(positions) for j in positions[k + 1 :] if j not in neighbours[i]]
        return broken + self._pairs_text(np.array(apart, dtype=np.int64), "the nodes {!r} and {!r} are not joined")

    def _repaired(self, chosen: np.ndarray) -> np.ndarray:
        """The right number of nodes, then exchanges of the loosest chosen node for the closest other one."""
        adjacency, n = self.indexed.adjacency, self.num_spins
        starts, ends = adjacency.indptr.tolist(), adjacency.indices
        inside = chosen.copy()
        closeness = np.bincount(np.repeat(np.arange(n), np.diff(adjacency.indptr)), inside[ends], minlength=n)

        def move(node: int) -> None:
            closeness[ends[starts[node] : starts[node + 1]]] += -1 if inside[node] else 1
            inside[node] = not inside[node]

        for _ in range(abs(int(chosen.sum()) - self.size)):
            if int(inside.sum()) > self.size:
                move(int(np.argmin(np.where(inside, closeness, np.inf))))
            else:
                move(int(np.argmax(np.where(inside, -np.inf, closeness))))
        wanted = self.size * (self.size - 1)
        most, held = closeness[inside].sum(), inside.copy()  # twice the edges inside
        rng = np.random.default_rng(0)  # breaks ties and cycles, in the same way each time
        barred = np.zeros(n, dtype=np.int64)

        def closest(candidates: np.ndarray, sign: int, step: int) -> int:
            free = candidates & (barred < step)
            return int(
                np.argmax(np.where(free if free.any() else candidates, sign * closeness + rng.random(n), -np.inf))
            )

        for step in range(1, min(_EXCHANGES + _EXCHANGES_PER_NODE * n, _MOST_WORK // n) + 1):
            if most == wanted or self.size == n:
                break
            leaving = closest(inside, -1, step)
            move(leaving)
            barred[leaving] = step + rng.integers(_REST + 1)
            entering = closest(~inside, 1, step)
            move(entering)
            barred[entering] = step + rng.integers(_REST + 1)
            edges = closeness[inside].sum()
            if edges > most:
                most, held = edges, inside.copy()
        return held
