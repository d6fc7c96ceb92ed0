r"""Covers of edges by nodes and of elements by sets: the lightest choice that leaves nothing uncovered.

**Vertex cover.**  With a 0/1 variable for each node,

.. math:: E = \sum_v w_v x_v + A \sum_{uv} (1 - x_u)(1 - x_v) , \qquad A > \max_{uv} \min(w_u, w_v) ,

N spins: A. Lucas, arXiv:1302.5843, section 4.3.  *Proof of the bound.*  If neither end of an edge is chosen, choose the
lighter one: the penalty falls by A at least, the weight rises by :math:`\min(w_u, w_v)`.

**Set cover.**  With a 0/1 variable for each set and, for an element a that is in :math:`M_a` sets, a surplus
:math:`y_a` that takes the values 0 … :math:`M_a - 1` in bits (:mod:`.slack`),

.. math:: E = \sum_i w_i x_i + A \sum_a \Big( 1 + y_a - \sum_{i \ni a} x_i \Big)^2 ,
          \qquad A > \max_a \min_{i \ni a} w_i .

Two families of elements need no surplus: the term is :math:`A (1 - x_i)` for :math:`M_a = 1`, which forces the set, and
:math:`A (1 - x_i)(1 - x_j)` for :math:`M_a = 2`.  So there are
:math:`N + \sum_{a: M_a \ge 3} (\lfloor \log_2 (M_a - 1) \rfloor + 1)` spins.  *Proof of the bound.*  With the best
surplus an element costs nothing if it is covered, for :math:`\sum x` is then one of 1 … :math:`M_a`, and A if it is
not; with another surplus it costs more.  If an element is uncovered, choose the lightest of its sets: the penalty falls
by A at least, the weight rises by :math:`\min_{i \ni a} w_i`.  (Lucas, section 5.1, asks for A > max w, which is more.)

Weights may be negative: such an item is in every optimal answer.

**Erratum.**  Lucas's eq. 45 lets :math:`\sum_m m\, y_{a,m}` run from 1.  If it is written in bits as in his eq. 20, it
runs from 0, so that an element may be covered by no set at all at no cost.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from ..model import IsingModel
from ..problem import checked_penalty
from .builder import QuboBuilder
from .cover_search import cover_weight_bound, light_cover
from .families import set_family
from .packing import conflict_penalty_bound
from .packing_search import clique_cover_weight, heavy_packing
from .slack import num_slack_bits, slack_bits, slack_coefficients
from .subsets import SetSubset, WeightedNodeSubset
from .weights import item_weights

__all__ = ["SetCover", "VertexCover"]


class VertexCover(WeightedNodeSubset):
    r"""The lightest set of nodes that holds an end of every edge; :math:`E =` weight.

    An answer is a set of nodes.  :meth:`repair` makes any of them a cover.

    Parameters
    ----------
    graph : networkx.Graph, square numpy array, scipy.sparse array, or iterable of edges
        Undirected, without self-loops and parallel edges.  Weights of edges are ignored.
    weight : hashable or mapping, optional
        Node attribute that holds the weights, or a dict from node to weight; by default every node weighs 1.  A node
        of negative weight is in every optimal answer.
    penalty : float or "auto"
        The weight A of an uncovered edge.

    Attributes
    ----------
    graph : networkx.Graph
        A frozen copy of the input.
    weights : numpy.ndarray, shape (N,)
        Weights of the nodes in their order.
    weight : hashable or mapping
    penalty : float or "auto"

    Raises
    ------
    ValueError
        If the graph is directed, has parallel edges or self-loops, or a node has no weight or one that is not a finite
        number, or if the penalty is not positive.
    TypeError
        If ``graph`` is none of the accepted forms.

    Examples
    --------
    >>> problem = VertexCover([("a", "b"), ("b", "c"), ("c", "d")])
    >>> sorted(problem.decode([-1, 1, 1, -1])), problem.violations({"a", "b"})
    (['b', 'c'], ["the edge between 'c' and 'd' is not covered"])
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "weight of the nodes"
    statement: ClassVar[str] = "the lightest set of nodes that holds an end of every edge"
    spin_count: ClassVar[str] = "N"
    source: ClassVar[str] = "Lucas 4.3; Karp 5"

    def to_ising(self) -> IsingModel:
        r"""Model with :math:`E =` weight + A for each uncovered edge."""
        penalty = self._penalty_weight()
        builder = QuboBuilder(self.num_spins)
        builder.add_linear(np.arange(self.num_spins), self.weights)
        u, v = self.edges.T
        builder.add_constant(penalty * len(u))
        builder.add_linear(self.edges.ravel(), -penalty)
        builder.add_pairs(u, v, penalty)
        return builder.build(labels=self.variables)

    def penalty_bound(self) -> float:
        """Greatest over the edges of the lesser weight of the ends: choosing that end pays, as the module proves."""
        return conflict_penalty_bound(self.weights, self.edges)

    def objective_bound(self) -> float:
        """All nodes less the heaviest of each clique, of cliques that share out the nodes: no cover leaves out two."""
        return self.weights.sum().item() - self._heaviest_cliques

    @cached_property
    def _heaviest_cliques(self) -> float:
        return clique_cover_weight(self.indexed.adjacency, self.weights)

    def _broken(self, chosen: np.ndarray) -> list[str]:
        u, v = self.edges.T
        return self._pairs_text(self.edges[~(chosen[u] | chosen[v])], "the edge between {!r} and {!r} is not covered")

    def _repaired(self, chosen: np.ndarray) -> np.ndarray:
        """The nodes left out are independent, and as heavy as can be."""
        return ~heavy_packing(self.indexed.adjacency, self.weights, ~chosen, target=self._heaviest_cliques)


class SetCover(SetSubset):
    r"""The lightest choice of sets that together hold every element; :math:`E =` weight.

    An answer is a set of the chosen sets' names: the keys of a mapping, else positions 0 … N-1.  :meth:`repair` makes
    any of them a cover.

    Parameters
    ----------
    sets : iterable of iterables of hashable, or mapping from name to such an iterable
        Repeats within a set count once; an empty set covers nothing.
    universe : iterable of hashable, optional
        The elements to be covered; by default all that are in some set.  Where it is empty, nothing needs to be chosen.
    weights : sequence of numbers, mapping from name to number, or number, optional
        1 for each set by default: the cover of fewest sets.  A set of negative weight is in every optimal answer.
    penalty : float or "auto"
        The weight A of an uncovered element.

    Attributes
    ----------
    family : SetFamily
        The sets and the elements by positions.
    weights : numpy.ndarray, shape (N,)
    penalty : float or "auto"

    Raises
    ------
    TypeError
        If the sets are not collections of hashable elements.
    ValueError
        If an element is in no set, so that there is no cover, a set has an element that is not in the universe, a
        weight is missing or not a finite number, or the penalty is not positive.

    Examples
    --------
    >>> problem = SetCover({"red": [1, 2, 3], "green": [2, 4], "blue": [3, 4]})
    >>> problem.objective({"red", "blue"}), problem.violations({"green"})
    (2, ['the element 1 is not covered', 'the element 3 is not covered'])
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "weight of the sets"
    statement: ClassVar[str] = "the lightest choice of sets that together hold every element"
    spin_count: ClassVar[str] = "N + Σ (⌊log₂(M - 1)⌋ + 1) over the elements in M ≥ 3 sets"
    source: ClassVar[str] = "Lucas 5.1; Karp 6"

    def __init__(
        self, sets: Any, universe: Any = None, weights: Any = None, *, penalty: float | Literal["auto"] = "auto"
    ) -> None:
        family = set_family(sets, universe)
        family.refuse_uncovered()
        self._keep(family=family, weights=item_weights(weights, family.names, "set"), penalty=checked_penalty(penalty))

    def __repr__(self) -> str:
        return f"SetCover({self.family.text}, penalty={self.penalty!r})"

    @cached_property
    def _surplus(self) -> tuple[np.ndarray, np.ndarray]:
        """Greatest surplus of each element, 0 where no variable is needed, and the first of its variables."""
        counts = np.diff(self.family.incidence.indptr)
        most = np.where(counts >= 3, counts - 1, 0)
        bits = np.array([num_slack_bits(bound) for bound in most.tolist()], dtype=np.int64)
        return most, len(self._items) + np.cumsum(bits) - bits

    @property
    def variables(self) -> Sequence[Hashable]:
        """The sets, +1 for a chosen one; then ``("surplus", element, k)`` for the bits of each element's surplus."""
        universe = self.family.universe
        ancillas = (
            ("surplus", universe[a], k)
            for a, most in enumerate(self._surplus[0].tolist())
            for k in range(num_slack_bits(most))
        )
        return (*self._items, *ancillas)

    @property
    def num_spins(self) -> int:
        """One spin for each set and the bits of the surpluses."""
        return len(self._items) + sum(map(num_slack_bits, self._surplus[0].tolist()))

    def to_ising(self) -> IsingModel:
        r"""Model with :math:`E =` weight + A for each uncovered element, with the best surpluses."""
        import scipy.sparse as sp

        penalty, n = self._penalty_weight(), self.num_spins
        builder = QuboBuilder(n)
        builder.add_linear(np.arange(len(self._items)), self.weights)
        incidence = self.family.incidence
        counts, starts = np.diff(incidence.indptr), incidence.indptr[:-1]
        builder.add_constant(penalty * np.count_nonzero((counts == 1) | (counts == 2)))
        builder.add_linear(incidence.indices[starts[counts == 1]], -penalty)
        first, second = (incidence.indices[starts[counts == 2] + k] for k in (0, 1))
        builder.add_linear(np.concatenate([first, second]), -penalty)
        builder.add_pairs(first, second, penalty)

        many = np.flatnonzero(counts >= 3)
        most, offsets = self._surplus
        bits = [slack_coefficients(bound) for bound in most[many].tolist()]
        lengths = np.array([len(b) for b in bits], dtype=np.int64)
        rows = np.repeat(np.arange(len(many)), lengths)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        columns = np.repeat(offsets[many], lengths) + within
        values = np.concatenate([np.empty(0, dtype=np.int64), *bits])
        chosen: Any = sp.coo_array(incidence[many])
        matrix = sp.csr_array(
            (
                np.concatenate([-chosen.data, values]),
                (np.concatenate([chosen.coords[0], rows]), np.concatenate([chosen.coords[1], columns])),
            ),
            shape=(len(many), n),
        )
        builder.add_square_rows(matrix, constant=1, weight=penalty)
        return builder.build(labels=self.variables)

    def _spins_of(self, chosen: np.ndarray) -> np.ndarray:
        """The sets, and the surpluses that go with them."""
        most = self._surplus[0].tolist()
        surplus = np.maximum(self.family.incidence @ chosen.astype(np.int64) - 1, 0).tolist()
        bits = [slack_bits(value, bound) for value, bound in zip(surplus, most, strict=True) if bound]
        return super()._spins_of(np.concatenate([chosen, *bits]) > 0)

    def penalty_bound(self) -> float:
        """Greatest over the elements of the least weight of their sets: choosing that set pays; proven above."""
        incidence = self.family.incidence
        if not incidence.nnz:
            return 0.0
        lightest = np.minimum.reduceat(self.weights[incidence.indices], incidence.indptr[:-1])
        return float(max(lightest.max(), 0))

    def objective_bound(self) -> float:
        """Prices of the elements of which no set holds more than it weighs: a dual solution of the linear program."""
        return self._least_weight

    @cached_property
    def _least_weight(self) -> float:
        return cover_weight_bound(self.family.incidence, self.weights)

    def _broken(self, chosen: np.ndarray) -> list[str]:
        counts = self.family.incidence @ chosen.astype(np.int64)
        return [f"the element {self.family.universe[a]!r} is not covered" for a in np.flatnonzero(counts == 0).tolist()]

    def _repaired(self, chosen: np.ndarray) -> np.ndarray:
        return light_cover(self.family.incidence, self.weights, chosen, target=self._least_weight)
