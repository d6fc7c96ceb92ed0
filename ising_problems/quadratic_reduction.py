r"""Polynomials in bits made quadratic: products replaced by auxiliary variables, with proven weights.

Let f be a polynomial in 0/1 variables.  Two steps take it to one of lower degree in one variable more, y, such that the
least value over y is f *for every value of the other variables*.  By induction the quadratic polynomial at the end has,
minimised over all auxiliary variables, the value of the first at every point.

**A pair.**  Let :math:`f = g + x_1 x_2\, h`, where h gathers the terms of degree 3 and more that hold both variables
(and is free of either).  The step is :math:`g + y h + \alpha Q + \beta R` with

.. math:: Q = x_1 x_2 - x_1 y - x_2 y + y , \qquad R = y (2 - x_1 - x_2) .

Both are 0 where :math:`y = x_1 x_2`.  Q is 1 at :math:`x_1 = x_2 \ne y`, else 0; R is 1 where one of the two is 1 and
y = 1, and 2 where neither is and y = 1.  So the value differs from f, with the wrong y, by :math:`\alpha - h` where
:math:`x_1 = x_2 = 1`, and by :math:`\beta + h` at least elsewhere, and neither is negative if

.. math:: \alpha \ge \max(0, \max h) , \qquad \beta \ge \max(0, -\min h) .

The sums of the positive and of the negative coefficients of h bound the two: those are the weights taken.
:math:`\alpha = \beta = M` is the penalty of I. G. Rosenberg, "Reduction of bivalent maximization to the quadratic
case", Cahiers du Centre d'Études de Recherche Opérationnelle 17, 71 (1975).

**A negative term** of degree d needs no penalty and a single variable:
:math:`-c \prod_{i \in T} x_i = \min_y c\, y\, (d - 1 - \sum_{i \in T} x_i)` for c > 0.  V. Kolmogorov and R. Zabih,
"What energy functions can be minimized via graph cuts?", IEEE PAMI 26, 147 (2004), for d = 3; D. Freedman and
P. Drineas, "Energy minimization via graph cuts: settling what is possible", CVPR (2005), for any d.

Either way y stands for a product.  Steps are chosen greedily: a pair lowers the degrees of all terms that hold it by 1,
a negative term's own variable lowers its excess over 2 at once; whichever takes away more is next.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

__all__ = ["Reduction", "bits_of_spins", "reduce_to_quadratic"]

Term = frozenset[int]


@dataclass(frozen=True)
class Reduction:
    """A quadratic polynomial in the variables of another one and auxiliary ones.

    Attributes
    ----------
    num_variables : int
        Of the first polynomial: 0 … num_variables - 1.
    products : tuple of tuple of int
        The variables, auxiliary ones among them, whose product each auxiliary variable stands for.
    terms : dict of frozenset to number
        At most quadratic, without the penalties.
    pairs : tuple of (int, int, int)
        x₁, x₂ and y of each pair step.
    weights : tuple of (number, number)
        α and β of each pair step.
    """

    num_variables: int
    products: tuple[tuple[int, ...], ...]
    terms: dict[Term, float]
    pairs: tuple[tuple[int, int, int], ...]
    weights: tuple[tuple[float, float], ...]


def bits_of_spins(terms: Mapping[Term, float]) -> dict[Term, float]:
    r"""The polynomial in bits x of one in spins s = 2x - 1.

    .. math:: \prod_T s = \sum_{S \subseteq T} 2^{|S|} (-1)^{|T| - |S|} \prod_S x
    """
    parts: dict[Term, list[float]] = {}
    for term, coefficient in terms.items():
        members = sorted(term)
        for size in range(len(members) + 1):
            value = coefficient * 2**size * (-1) ** (len(members) - size)
            for subset in combinations(members, size):
                parts.setdefault(frozenset(subset), []).append(value)
    return added_up(parts)


def added_up(parts: Mapping[Term, list[float]]) -> dict[Term, float]:
    """Sums, without those that are 0; integers stay integers, floats are rounded once."""
    sums = {
        term: sum(values) if all(isinstance(value, int) for value in values) else math.fsum(values)
        for term, values in parts.items()
    }
    return {term: value for term, value in sums.items() if value != 0}


def reduce_to_quadratic(terms: Mapping[Term, float], num_variables: int) -> Reduction:
    """Quadratic polynomial whose least value over its auxiliary variables is that of ``terms`` at every point."""
    work = _Work(terms)
    products: list[tuple[int, ...]] = []
    pairs: list[tuple[int, int, int]] = []
    weights: list[tuple[float, float]] = []
    while work.high:
        new = num_variables + len(products)
        pair, count = work.commonest_pair()
        negative = work.largest_negative()
        if negative is not None and len(negative) - 2 >= count:
            work.replace_negative(negative, new)
            products.append(tuple(sorted(negative)))
        else:
            weights.append(work.replace_pair(pair, new))
            pairs.append((*pair, new))
            products.append(pair)
    return Reduction(num_variables, tuple(products), work.low, tuple(pairs), tuple(weights))


class _Work:
    """Terms of degree 3 and more, found by the pairs that they hold, and the quadratic rest."""

    def __init__(self, terms: Mapping[Term, float]) -> None:
        self.low = {term: value for term, value in terms.items() if len(term) <= 2}
        self.high: dict[Term, float] = {}
        self._holders: dict[tuple[int, int], set[Term]] = {}
        self._counts: list[tuple[int, tuple[int, int]]] = []  # heaps, of which entries may be out of date
        self._negatives: list[tuple[int, tuple[int, ...]]] = []
        for term, value in terms.items():
            if len(term) > 2:
                self._add(term, value)

    def _add(self, term: Term, value: float) -> None:
        self.high[term] = value
        members = sorted(term)
        for pair in combinations(members, 2):
            holders = self._holders.setdefault(pair, set())
            holders.add(term)
            heapq.heappush(self._counts, (-len(holders), pair))
        if value < 0:
            heapq.heappush(self._negatives, (-len(term), tuple(members)))

    def _remove(self, term: Term) -> float:
        for pair in combinations(sorted(term), 2):
            holders = self._holders[pair]
            holders.discard(term)
            heapq.heappush(self._counts, (-len(holders), pair))
        return self.high.pop(term)

    def commonest_pair(self) -> tuple[tuple[int, int], int]:
        """The pair that most terms hold, the first of equals, and how many do."""
        while True:
            count, pair = self._counts[0]
            if -count == len(self._holders[pair]):
                return pair, -count
            heapq.heappop(self._counts)

    def largest_negative(self) -> Term | None:
        """The negative term of the highest degree, the first of equals."""
        while self._negatives:
            term = frozenset(self._negatives[0][1])
            if term in self.high:
                return term
            heapq.heappop(self._negatives)
        return None

    def replace_negative(self, term: Term, new: int) -> None:
        """Put c y (d - 1 - Σ x) in the place of a term -c."""
        size = -self._remove(term)
        self._add_low(frozenset([new]), size * (len(term) - 1))
        for i in term:
            self._add_low(frozenset([i, new]), -size)

    def replace_pair(self, pair: tuple[int, int], new: int) -> tuple[float, float]:
        """Put y in the place of a pair; sums of the positive and of the negative coefficients where that was done."""
        positive: list[float] = []
        negative: list[float] = []
        for term in sorted(self._holders[pair], key=sorted):
            value = self._remove(term)
            (positive if value > 0 else negative).append(abs(value))
            shorter = term.difference(pair) | {new}
            if len(shorter) > 2:
                self._add(shorter, value)
            else:
                self._add_low(shorter, value)
        # rounded up, so that a sum of floats bounds what it should
        return _rounded_up(positive), _rounded_up(negative)

    def _add_low(self, term: Term, value: float) -> None:
        self.low[term] = self.low.get(term, 0) + value


def _rounded_up(values: list[float]) -> float:
    if all(isinstance(value, int) for value in values):
        return sum(values)
    return math.nextafter(math.fsum(values), math.inf)
