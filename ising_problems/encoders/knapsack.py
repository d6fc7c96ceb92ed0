r"""Knapsack and subset sum: some of given items, worth the most within a weight, or as near a sum as can be.

**Knapsack.**  With a 0/1 variable for each item, of value :math:`c_i` and whole weight :math:`w_i \ge 0`, and the
unused capacity y in bits (:mod:`.slack`),

.. math:: E = A \Big( \sum_i w_i x_i + y - W \Big)^2 - \sum_i c_i x_i , \qquad 0 \le y \le W ,

after the weights and the capacity have been divided by the weights' greatest common divisor (the capacity rounded down)
and the capacity cut to :math:`\sum w`.  N + ⌊log₂ W⌋ + 1 spins.

*Bound*: :math:`A > \max_{w_i \ge 1} c_i`, or 0 if no such value is positive.  If the chosen items weigh
:math:`W + o`, with o ≥ 1, some chosen item has w ≥ 1.  Without it, and with the best y, the square is
:math:`\max(0, o - w)^2 \le o^2 - 1`, so the energy falls by at least :math:`A - c_i > 0`: no ground state is
overweight.  If they fit, y = W - weight makes the square 0, and any other y costs A at least.  So the ground states are
the best selections that fit.  (Values may be negative or zero: the argument does not need their sign.)

*Source*: A. Lucas, arXiv:1302.5843, section 5.2, with the logarithmic slack of its eq. 20.  *Erratum*: eq. 49 and 50
write the used capacity one-hot, :math:`\sum_n n\,y_n` with a term :math:`A (1 - \sum_n y_n)^2`, and claim the same
bound.  There two :math:`y_n` may be 1 at a cost of A, and their sum admits many items at once: eight items of weight
and value 1 with W = 4 have a ground state of seven items at every A < 3.

**Subset sum.**  :math:`E = (b - \sum_i a_i x_i)^2`, the squared distance from the target; no penalty.  It is number 18
of R. M. Karp (1972), who calls it KNAPSACK and asks whether the least energy is 0.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from ..model import IsingModel
from ..problem import checked_penalty
from .builder import QuboBuilder
from .knapsack_search import dantzig_bound, improved_selection
from .number_lists import checked_real, drowns, real_numbers, whole_numbers
from .slack import num_slack_bits, slack_bits, slack_coefficients
from .subset_sums import nearer_subset
from .subsets import SubsetProblem

__all__ = ["Knapsack", "SubsetSum"]

# Energies of whole numbers below this are exact in float64, their halves and quarters included.
_LARGEST_EXACT_ENERGY = 2**51


class Knapsack(SubsetProblem):
    r"""Items of the greatest total value whose weights do not exceed a capacity.

    An answer is a set of items 0 … N-1.  The energy of an encoded answer that fits is minus its value.

    Parameters
    ----------
    values : iterable of int or float
        Of either sign.
    weights : iterable of int
        One for each item, not negative and whole, because the penalty's proof needs steps of 1.
    capacity : int or float
        Not negative.  Since the weights are whole, a fraction makes no difference.
    penalty : float or "auto"
        The weight A.

    Attributes
    ----------
    values : numpy.ndarray, shape (N,)
        int64 where every value is an integer, else float64.
    weights : numpy.ndarray of int64, shape (N,)
    capacity : int or float
    penalty : float or "auto"

    Raises
    ------
    ValueError
        If there are not as many weights as values, a weight is negative or not whole, the capacity is negative, or a
        number is not finite.
    TypeError
        If something is not a number, or not a list of them.

    Examples
    --------
    >>> problem = Knapsack(values=[10, 40, 30, 50], weights=[5, 4, 6, 3], capacity=10)
    >>> problem.num_spins
    8
    >>> sorted(problem.repair({0, 1, 2})), problem.objective({1, 3})
    ([1, 3], 90)
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "maximize"
    objective_name: ClassVar[str] = "value"
    statement: ClassVar[str] = "items of the greatest value whose weights do not exceed a capacity"
    spin_count: ClassVar[str] = "N + ⌊log₂ W⌋ + 1"
    source: ClassVar[str] = "Lucas 5.2"
    _noun: ClassVar[str] = "given item"
    _whole: ClassVar[str] = "the knapsack"

    values: np.ndarray
    weights: np.ndarray
    capacity: float
    penalty: float | Literal["auto"]

    def __init__(
        self,
        values: Iterable[float],
        weights: Iterable[int],
        capacity: float,
        *,
        penalty: float | Literal["auto"] = "auto",
    ) -> None:
        worth = real_numbers(values, "values")
        heavy = whole_numbers(weights, "weights", "the weights and the capacity")
        if len(worth) != len(heavy):
            raise ValueError(f"weights: {len(worth)} are needed, one for each value, but there are {len(heavy)}")
        self._keep(
            values=worth,
            weights=heavy,
            capacity=checked_real(capacity, "capacity", at_least=0),
            penalty=checked_penalty(penalty),
        )

    def __repr__(self) -> str:
        return f"Knapsack(<{len(self.values)} items>, capacity={self.capacity!r}, penalty={self.penalty!r})"

    @property
    def _items(self) -> Sequence[Hashable]:
        return range(len(self.values))

    @cached_property
    def _position(self) -> Mapping[Hashable, int]:
        return {i: i for i in range(len(self.values))}

    @cached_property
    def _scaled(self) -> tuple[np.ndarray, int]:
        """Weights and capacity as the energy has them: without a common divisor, and no more than all weigh."""
        divisor = max(1, int(np.gcd.reduce(self.weights))) if len(self.weights) else 1
        scaled = self.weights // divisor
        return scaled, min(math.floor(self.capacity) // divisor, int(scaled.sum()))

    @property
    def variables(self) -> Sequence[Hashable]:
        """The items, then the bits ``("slack", k)`` of the unused capacity."""
        return (*self._items, *(("slack", k) for k in range(num_slack_bits(self._scaled[1]))))

    @property
    def num_spins(self) -> int:
        """One spin for each item and the bits of the capacity."""
        return len(self.values) + num_slack_bits(self._scaled[1])

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring.

        Raises
        ------
        ValueError
            If the square of the weights times the penalty is beyond what float64 tells from its neighbours.
        """
        scaled, capacity = self._scaled
        penalty = self._penalty_weight()
        reach = penalty * float(capacity) ** 2
        if drowns(self.values, reach):
            raise ValueError(
                f"weights: with the capacity {capacity} and the penalty {penalty:g}, energies reach {reach:.3g}, and "
                f"values would drown in rounding; use coarser weights{_or_floats(self.values)}"
            )
        builder = QuboBuilder(self.num_spins)
        builder.add_linear(np.arange(len(scaled)), -self.values)
        coefficients = np.concatenate([scaled, slack_coefficients(capacity)])
        builder.add_square(np.arange(self.num_spins), coefficients, -capacity, penalty)
        return builder.build(labels=self.variables)

    def _spins_of(self, chosen: np.ndarray) -> np.ndarray:
        """The items and the unused capacity; 0 where they are too heavy."""
        scaled, capacity = self._scaled
        unused = max(0, capacity - int(scaled[chosen].sum()))
        return super()._spins_of(np.concatenate([chosen, slack_bits(unused, capacity) > 0]))

    def _broken(self, chosen: np.ndarray) -> list[str]:
        load = self.weights[chosen].sum().item()
        return [] if load <= self.capacity else [f"the items weigh {load}, more than the capacity {self.capacity}"]

    def objective(self, answer: Any) -> float:
        """Total value of the items; an int where the values are.

        Raises
        ------
        ValueError
            If the answer is not a set of items.
        """
        return self.values[self._chosen(answer)].sum().item()

    def _repaired(self, chosen: np.ndarray) -> np.ndarray:
        scaled, capacity = self._scaled
        return improved_selection(self.values, scaled, capacity, chosen)

    def objective_bound(self) -> float:
        """Dantzig's bound: the best value if items could be cut."""
        return dantzig_bound(self.values, *self._scaled)

    def penalty_bound(self) -> float:
        r"""Greatest value of an item that weighs something: :math:`A > \max_{w_i \ge 1} c_i`.

        Taking one chosen item out of an overweight knapsack lowers the square by 1 at least and costs its value; see
        the module's docstring.
        """
        return max(0.0, float(self.values[self.weights >= 1].max(initial=0)))


def _or_floats(values: np.ndarray) -> str:
    return ", or float values if rounding is acceptable" if values.dtype.kind == "i" else ""


class SubsetSum(SubsetProblem):
    r"""Some of given numbers whose sum is as near a target as can be; :math:`E = (b - \sum_i a_i x_i)^2`.

    An answer is a set of positions 0 … N-1 of the numbers.  Every one is feasible; the energy is the square of
    :meth:`objective`.

    Parameters
    ----------
    numbers : iterable of int or float
        May repeat, and may be negative or zero.
    target : int or float
        Integers throughout give exact energies, provided that the absolute values and the target add up to less than
        2**25.5.

    Attributes
    ----------
    numbers : numpy.ndarray, shape (N,)
        int64 where every number is an integer, else float64.
    target : int or float

    Raises
    ------
    ValueError
        If a number is not finite, or the squares do not fit.
    TypeError
        If ``numbers`` is not a list of real numbers, or the target is not one.

    Examples
    --------
    >>> problem = SubsetSum([3, 5, 8, 12], target=17)
    >>> problem.objective({1, 3}), problem.objective({2})
    (0, 9)
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "distance from the target"
    statement: ClassVar[str] = "some of given numbers whose sum is nearest to a target"
    spin_count: ClassVar[str] = "N"
    source: ClassVar[str] = "Karp 18 (KNAPSACK)"
    _noun: ClassVar[str] = "position"
    _whole: ClassVar[str] = "the numbers"

    numbers: np.ndarray
    target: float

    def __init__(self, numbers: Iterable[float], target: float) -> None:
        given = real_numbers(numbers, "numbers")
        goal = checked_real(target, "target")
        whole = given.dtype.kind == "i" and isinstance(goal, int)
        total = abs(goal) + float(np.abs(given, dtype=np.float64).sum())
        if whole and total**2 >= _LARGEST_EXACT_ENERGY:
            raise ValueError(
                f"numbers: with the target, the absolute values add up to {total:.0f}, but their squared sum is exact "
                "only below 2**25.5; divide out a common factor, or pass floats if rounding is acceptable"
            )
        if total > 1e150:
            raise ValueError("target: the square of the sum is more than a float can hold; scale the numbers down")
        self._keep(numbers=given, target=goal)

    def __repr__(self) -> str:
        return f"SubsetSum(<{len(self.numbers)} numbers>, target={self.target!r})"

    @property
    def _items(self) -> Sequence[Hashable]:
        return range(len(self.numbers))

    @cached_property
    def _position(self) -> Mapping[Hashable, int]:
        return {i: i for i in range(len(self.numbers))}

    def to_ising(self) -> IsingModel:
        """Model with the squared distance from the target as its energy."""
        builder = QuboBuilder(self.num_spins)
        builder.add_square(np.arange(self.num_spins), -self.numbers, self.target)
        return builder.build(labels=self.variables)

    def _broken(self, chosen: np.ndarray) -> list[str]:
        return []

    def objective(self, answer: Any) -> float:
        """Distance of the sum from the target; an int where all are integers.

        Raises
        ------
        ValueError
            If the answer is not a set of positions.
        """
        numbers = self.numbers[self._chosen(answer)].tolist()
        terms = [self.target, *(-number for number in numbers)]
        # fsum rounds once; integers need no rounding at all
        return abs(sum(terms) if all(isinstance(term, int) for term in terms) else math.fsum(terms))

    def energy_of(self, objective: float) -> float:
        """The square of the distance."""
        return objective * objective

    def objective_bound(self) -> float | None:
        """The distance from the target to the nearest multiple of the numbers' greatest common divisor."""
        if self.numbers.dtype.kind != "i" or not isinstance(self.target, int) or not len(self.numbers):
            return None
        divisor = int(np.gcd.reduce(self.numbers))
        rest = self.target % divisor if divisor else abs(self.target)
        return min(rest, divisor - rest) if divisor else rest

    def penalty_bound(self) -> float:
        """0: every choice is feasible."""
        return 0.0

    def _repaired(self, chosen: np.ndarray) -> np.ndarray:
        return nearer_subset(self.numbers, self.target, chosen)
