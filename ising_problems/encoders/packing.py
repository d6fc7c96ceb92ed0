r"""Independent sets of nodes and packings of sets: the heaviest choice without conflicts.

A choice is independent if no edge joins two of its nodes; it is a packing if its sets are pairwise disjoint, that is,
independent in the graph that joins two sets wherever they share an element.  With a 0/1 variable for each item,

.. math:: E = -\sum_i w_i x_i + A \sum_{i<j \text{ in conflict}} x_i x_j ,

N spins, and :math:`E = -` weight for a choice without conflicts.  A. Lucas, arXiv:1302.5843, section 4.2.

**Penalty bound.** :math:`A > \max_{ij \text{ in conflict}} \min(w_i, w_j)`, and A > 0.  *Proof.* If i and j are chosen
and in conflict, leave out the lighter one: the penalty falls by A at least, the weight by :math:`\min(w_i, w_j)`, so
the energy falls.  Hence no ground state has a conflict, and among choices without conflict E is minus the weight.
Weights may be negative: such an item only makes things worse and is in no ground state.

**Erratum.** Lucas's eq. 30 sums over all i, j with a common element.  Read literally that includes i = j, where
:math:`x_i x_i = x_i` fines every set that is not empty, and every pair twice; the sum is over i < j.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from ..model import IsingModel
from ..problem import checked_penalty
from .builder import QuboBuilder
from .families import set_family
from .packing_search import clique_cover_weight, heavy_packing
from .subsets import SetSubset, SubsetProblem, WeightedNodeSubset
from .weights import item_weights

if TYPE_CHECKING:
    import scipy.sparse as sp

__all__ = ["ConflictFreeSubset", "IndependentSet", "SetPacking", "conflict_penalty_bound"]


def conflict_penalty_bound(weights: np.ndarray, pairs: np.ndarray) -> float:
    """Greatest over the pairs of the lesser weight of the two, 0 at least."""
    lesser = np.minimum(weights[pairs[:, 0]], weights[pairs[:, 1]])
    return float(max(lesser.max(initial=0), 0))


class ConflictFreeSubset(SubsetProblem):
    """The heaviest choice without two items in conflict."""

    sense: ClassVar[Literal["minimize", "maximize"]] = "maximize"
    spin_count: ClassVar[str] = "N"

    @property
    @abstractmethod
    def _pairs(self) -> np.ndarray:
        """Positions of the items in conflict, each pair once; int64, shape (m, 2)."""

    @property
    @abstractmethod
    def _conflicts(self) -> sp.csr_array:
        """The same as a symmetric matrix."""

    def to_ising(self) -> IsingModel:
        r"""Model with :math:`E = -` weight + A for each conflict."""
        builder = QuboBuilder(self.num_spins)
        builder.add_linear(np.arange(self.num_spins), -self.weights)
        i, j = self._pairs.T
        builder.add_pairs(i, j, self._penalty_weight())
        return builder.build(labels=self.variables)

    def penalty_bound(self) -> float:
        """Greatest lesser weight of two items in conflict: leaving out that item pays, as the module's text proves."""
        return conflict_penalty_bound(self.weights, self._pairs)

    def objective_bound(self) -> float:
        """Sum of the heaviest items of cliques, pairwise in conflict, that share out the items."""
        return self._heaviest_cliques

    @cached_property
    def _heaviest_cliques(self) -> float:
        return clique_cover_weight(self._conflicts, self.weights)

    def _repaired(self, chosen: np.ndarray) -> np.ndarray:
        return heavy_packing(self._conflicts, self.weights, chosen, target=self._heaviest_cliques)

    def _clashes(self, chosen: np.ndarray) -> np.ndarray:
        """The pairs in conflict of which both are chosen."""
        pairs = self._pairs
        return pairs[chosen[pairs[:, 0]] & chosen[pairs[:, 1]]]


class IndependentSet(WeightedNodeSubset, ConflictFreeSubset):
    r"""The heaviest set of nodes that no edge joins; :math:`E = -` weight.

    An answer is a set of nodes.  :meth:`repair` makes any of them independent.

    Parameters
    ----------
    graph : networkx.Graph, square numpy array, scipy.sparse array, or iterable of edges
        Undirected, without self-loops and parallel edges.  Weights of edges are ignored.
    weight : hashable or mapping, optional
        Node attribute that holds the weights, or a dict from node to weight; by default every node weighs 1.  A node
        of negative weight is in no optimal answer.
    penalty : float or "auto"
        The weight A of an edge with both ends chosen.

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
    >>> problem = IndependentSet([("a", "b"), ("b", "c"), ("c", "d")])
    >>> sorted(problem.decode([1, -1, 1, -1]))
    ['a', 'c']
    >>> problem.violations({"a", "b"})
    ["the nodes 'a' and 'b' are joined"]
    """

    objective_name: ClassVar[str] = "weight of the nodes"
    statement: ClassVar[str] = "the heaviest set of nodes that no edge joins"
    source: ClassVar[str] = "Lucas 4.2"

    @property
    def _pairs(self) -> np.ndarray:
        return self.edges

    @property
    def _conflicts(self) -> sp.csr_array:
        return self.indexed.adjacency

    def _broken(self, chosen: np.ndarray) -> list[str]:
        return self._pairs_text(self._clashes(chosen), "the nodes {!r} and {!r} are joined")


class SetPacking(SetSubset, ConflictFreeSubset):
    r"""The heaviest choice of pairwise disjoint sets; :math:`E = -` weight.

    An answer is a set of the chosen sets' names: the keys of a mapping, else positions 0 … N-1.  :meth:`repair` makes
    any of them disjoint.

    Parameters
    ----------
    sets : iterable of iterables of hashable, or mapping from name to such an iterable
        Repeats within a set count once.  Equal sets are different choices, in conflict unless they are empty; an empty
        set is in conflict with none.
    weights : sequence of numbers, mapping from name to number, or number, optional
        1 for each set by default: the packing of most sets.
    penalty : float or "auto"
        The weight A of two chosen sets with a common element.

    Attributes
    ----------
    family : SetFamily
        The sets by positions.
    weights : numpy.ndarray, shape (N,)
    penalty : float or "auto"

    Raises
    ------
    TypeError
        If the sets are not collections of hashable elements.
    ValueError
        If a weight is missing or not a finite number, or the penalty is not positive.

    Examples
    --------
    >>> problem = SetPacking({"red": [1, 2], "green": [2, 3], "blue": [3, 4]})
    >>> problem.objective({"red", "blue"}), problem.violations({"red", "green"})
    (2, ["the sets 'red' and 'green' share the element 2"])
    """

    objective_name: ClassVar[str] = "weight of the sets"
    statement: ClassVar[str] = "the heaviest choice of pairwise disjoint sets"
    source: ClassVar[str] = "Lucas 4.2; Karp 4"

    def __init__(self, sets: Any, weights: Any = None, *, penalty: float | Literal["auto"] = "auto") -> None:
        family = set_family(sets)
        self._keep(family=family, weights=item_weights(weights, family.names, "set"), penalty=checked_penalty(penalty))

    def __repr__(self) -> str:
        return f"SetPacking({self.family.text}, penalty={self.penalty!r})"

    @cached_property
    def _conflicts(self) -> sp.csr_array:
        return self.family.conflicts

    @cached_property
    def _pairs(self) -> np.ndarray:
        rows, columns = self._conflicts.tocoo().coords
        upper = rows < columns
        return np.stack([rows[upper], columns[upper]], axis=1).astype(np.int64)

    def _broken(self, chosen: np.ndarray) -> list[str]:
        names, universe = self.family.names, self.family.universe
        by_set = self.family.incidence.T.tocsr()
        broken = []
        for i, j in self._clashes(chosen).tolist():
            common = np.intersect1d(*(by_set.indices[by_set.indptr[k] : by_set.indptr[k + 1]] for k in (i, j)))
            more = f" and {len(common) - 1} more" if len(common) > 1 else ""
            broken.append(f"the sets {names[i]!r} and {names[j]!r} share the element {universe[common[0]]!r}{more}")
        return broken
