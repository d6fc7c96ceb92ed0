r"""Exact covers: a choice of sets that holds every element exactly once.

With a 0/1 variable for each set,

.. math:: E = A \sum_a \Big( 1 - \sum_{i \ni a} x_i \Big)^2 \; \Big[ + \sum_i w_i x_i \Big] ,

N spins: A. Lucas, arXiv:1302.5843, section 4.1.  Without weights the question is whether there is an exact cover: E is
A times a count that is 0 exactly for one, so any A > 0 will do.  With weights, all 1 for the cover of fewest sets, the
lightest exact cover is asked for.

**Penalty bound** with weights, if there is an exact cover at all:

.. math:: A > \sum_a \max_{i \ni a} \frac{w_i}{|S_i|} - \sum_i \min(w_i, 0) .

*Proof.*  Share out a set's weight equally among its elements.  An exact cover weighs what its elements got, so no exact
cover without empty sets weighs more than the first sum, and a lightest one has only those empty sets that weigh nothing
or less.  A choice that is not an exact cover costs A at least, and its sets weigh no less than all negative weights
together.  For weights of 1 the bound is at most the number n of elements, Lucas's A > n.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from ..model import IsingModel
from ..problem import checked_penalty
from .builder import QuboBuilder
from .families import set_family
from .packing_search import heavy_packing
from .subsets import SetSubset
from .weights import item_weights

__all__ = ["MISCOUNTS", "ExactCover", "ExactSubset"]

MISCOUNTS = "squared miscounts"

# Searches of the repair and steps of each, and sets times searches for large families.
_ROUNDS = 24
_STEPS = 100
_MOST_WORK = 100_000


class ExactSubset(SetSubset):
    """A choice of sets in which every element is held exactly once; ``unweighted`` if it has no weights."""

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = MISCOUNTS
    spin_count: ClassVar[str] = "N"

    unweighted: bool

    @abstractmethod
    def _miscount_text(self, element: int, holders: Sequence[Hashable]) -> str:
        """Sentence for an element, by position, that is not held once but by the given items."""

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's text."""
        builder = QuboBuilder(self.num_spins)
        builder.add_square_rows(-self.family.incidence, constant=1, weight=self._penalty_weight())
        if not self.unweighted:
            builder.add_linear(np.arange(self.num_spins), self.weights)
        return builder.build(labels=self.variables)

    def objective(self, answer: Any) -> float:
        """Total weight; without weights, the squared miscounts :math:`(1 - c_a)^2` of elements held :math:`c_a` times.

        Raises
        ------
        ValueError
            If the answer is not an iterable of items.
        """
        return self._miscounts(self._chosen(answer)) if self.unweighted else super().objective(answer)

    def energy_of(self, objective: float) -> float:
        """The weight; without weights, A times the squared miscounts."""
        return self._penalty_weight() * objective if self.unweighted else objective

    def penalty_bound(self) -> float:
        """0 without weights; else as the module proves, provided that there is an exact cover."""
        if self.unweighted:
            return 0.0
        return max(0.0, self._shared(np.maximum) - float(np.minimum(self.weights, 0).sum()))

    def objective_bound(self) -> float:
        """0 miscounts; with weights, the sum of the least shares of the elements in the weights of their sets."""
        return self._least_objective

    @cached_property
    def _least_objective(self) -> float:
        if self.unweighted:
            return 0
        free = np.diff(self.family.incidence.tocsc().indptr) == 0
        gift = self.weights[free & (self.weights < 0)].sum().item()
        shared = self._shared(np.minimum)
        shared -= 1e-9 * float(np.abs(self.weights).sum())  # rounding must not lift the bound above the truth
        return gift + (int(np.ceil(shared)) if self.weights.dtype.kind == "i" else shared)

    def _shared(self, of_each: np.ufunc) -> float:
        """Sum over the elements of the least or greatest share in the weight of their sets."""
        incidence = self.family.incidence
        if not incidence.shape[0]:
            return 0.0
        shares = self.weights / np.maximum(np.bincount(incidence.indices, minlength=len(self.weights)), 1)
        return float(of_each.reduceat(shares[incidence.indices], incidence.indptr[:-1]).sum())

    @property
    def one_hot(self) -> Sequence[np.ndarray]:
        """The sets that hold each element, where there are two or more."""
        incidence = self.family.incidence
        groups = np.split(incidence.indices.astype(np.int64), incidence.indptr[1:-1])
        return [group for group in groups if len(group) > 1]

    def _counts(self, chosen: np.ndarray) -> np.ndarray:
        """How often each element is held."""
        return self.family.incidence @ chosen.astype(np.int64)

    def _miscounts(self, chosen: np.ndarray) -> int:
        return int(((1 - self._counts(chosen)) ** 2).sum())

    def _broken(self, chosen: np.ndarray) -> list[str]:
        incidence, names = self.family.incidence, self.family.names
        broken = []
        for a in np.flatnonzero(self._counts(chosen) != 1).tolist():
            around = incidence.indices[incidence.indptr[a] : incidence.indptr[a + 1]]
            broken.append(self._miscount_text(a, [names[i] for i in around[chosen[around]].tolist()]))
        return broken

    def repair(self, answer: Any) -> frozenset[Hashable]:
        """Exact cover, if a short search finds one, else what is nearer to one: the answer or the search's best.

        The search packs disjoint sets that hold as many elements as possible, and among those the lightest.  A feasible
        answer never becomes heavier.
        """
        return super().repair(answer)

    def _repaired(self, chosen: np.ndarray) -> np.ndarray:
        before = self._miscounts(chosen)
        if not before and self.unweighted:
            return chosen
        packed = self._packed(chosen) if before else chosen
        if not self._miscounts(packed) and not self.unweighted:
            packed = self._lighter(packed)
        return packed if self._miscounts(packed) <= before else chosen

    def _packed(self, chosen: np.ndarray) -> np.ndarray:
        """Disjoint sets that hold as many elements as a few searches find; those left over count more from then on."""
        conflicts, by_set = self.family.conflicts, self.family.incidence.T.tocsr()
        n, elements = by_set.shape
        demand = np.ones(elements, dtype=np.int64)
        best, fewest = chosen, self._miscounts(chosen)
        for _ in range(min(_ROUNDS, 1 + _MOST_WORK // max(n, 1))):
            chosen = heavy_packing(conflicts, by_set @ demand, chosen, demand.sum(), steps=_STEPS + n // 2)
            missing = self._counts(chosen) != 1
            if missing.sum() < fewest:
                best, fewest = chosen, int(missing.sum())
            if not fewest:
                break
            demand[missing] += 1
        return best

    def _lighter(self, exact: np.ndarray) -> np.ndarray:
        """Exact cover no heavier than another: a packing in which an element more is worth any weight."""
        elements, sizes = self.family.incidence.shape[0], self.family.incidence.sum(axis=0)
        unit = 1 + np.abs(self.weights).sum()
        worth = (unit if float(unit) * elements < 2**53 else float(unit)) * sizes - self.weights
        target = float(unit * elements - self._least_objective)
        return heavy_packing(self.family.conflicts, worth, exact, target)


class ExactCover(ExactSubset):
    r"""A choice of sets that holds every element exactly once: any, or the lightest.

    An answer is a set of the chosen sets' names: the keys of a mapping, else positions 0 … N-1.  Without ``weights``
    the objective of an answer adds up :math:`(1 - c_a)^2` over the elements, each held by :math:`c_a` of the chosen
    sets, and the energy is A times that: 0 exactly for an exact cover.  With them the objective and the energy of an
    exact cover are its weight.

    Parameters
    ----------
    sets : iterable of iterables of hashable, or mapping from name to such an iterable
        Repeats within a set count once.  An empty set may be chosen or not.
    universe : iterable of hashable, optional
        The elements to be covered; by default all that are in some set.
    weights : sequence of numbers, mapping from name to number, or number, optional
        Ask for the exact cover of least weight; ``weights=1`` for that of fewest sets.
    penalty : float or "auto"
        The weight A of an element held not once but never or twice.

    Attributes
    ----------
    family : SetFamily
        The sets and the elements by positions.
    weights : numpy.ndarray, shape (N,)
    unweighted : bool
        Whether any exact cover will do.
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
    >>> problem = ExactCover({"red": [1, 2], "green": [2, 3], "blue": [3, 4]})
    >>> problem.is_feasible({"red", "blue"}), problem.violations({"red", "green"})[0]
    (True, "the element 2 is held 2 times, by 'red', 'green'")
    """

    statement: ClassVar[str] = "sets that together hold every element exactly once"
    source: ClassVar[str] = "Lucas 4.1; Karp 14"

    def __init__(
        self, sets: Any, universe: Any = None, weights: Any = None, *, penalty: float | Literal["auto"] = "auto"
    ) -> None:
        family = set_family(sets, universe)
        family.refuse_uncovered()
        self._keep(
            family=family,
            weights=item_weights(weights, family.names, "set"),
            unweighted=weights is None,
            penalty=checked_penalty(penalty),
            objective_name=MISCOUNTS if weights is None else "weight of the sets",
        )

    def __repr__(self) -> str:
        weights = "None" if self.unweighted else "<given>"
        return f"ExactCover({self.family.text}, weights={weights}, penalty={self.penalty!r})"

    def _miscount_text(self, element: int, holders: Sequence[Hashable]) -> str:
        name = self.family.universe[element]
        if not holders:
            return f"the element {name!r} is not covered"
        return f"the element {name!r} is held {len(holders)} times, by {', '.join(map(repr, holders))}"
