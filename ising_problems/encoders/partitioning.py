r"""Number partitioning: share out numbers between two lists so that their sums are as equal as can be.

With a spin for each number,

.. math:: E(s) = \Big( \sum_i n_i s_i \Big)^2 = \sum_i n_i^2 + 2 \sum_{i<j} n_i n_j s_i s_j ,

the squared difference of the two sums: :math:`J_{ij} = -2 n_i n_j`, offset :math:`\sum n_i^2`.  A. Lucas, "Ising
formulations of many NP problems", Front. Phys. 2:5 (2014), arXiv:1302.5843, section 2.1; number 20 of Karp (1972).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from ..checks import LARGEST_EXACT_FLOAT
from ..model import IsingModel
from ..problem import Problem

__all__ = ["NumberPartitioning"]

# The largest energy is (sum |n|)^2, and integer energies must stay below 2**62.
_LARGEST_INTEGER_SUM = 2**31


class NumberPartitioning(Problem):
    r"""Two lists of given numbers with the least difference of their sums; :math:`E = (\sum_i n_i s_i)^2`.

    An answer is a pair of lists of the numbers themselves.  Every spin configuration is one, so there is no penalty.

    Parameters
    ----------
    numbers : iterable of int or float
        May repeat, and may be negative or zero.  Integers give an integer model, with exact energies, provided that
        their absolute values add up to less than 2**31; with a float among them the energies are floating-point.

    Attributes
    ----------
    numbers : tuple of int or float

    Raises
    ------
    ValueError
        If a number is not finite, or the squared sum does not fit.
    TypeError
        If ``numbers`` is not an iterable of real numbers.

    Examples
    --------
    >>> problem = NumberPartitioning([4, 5, 6, 7, 8])
    >>> problem.decode([1, 1, 1, -1, -1])
    ([4, 5, 6], [7, 8])
    >>> problem.objective(([4, 5, 6], [7, 8]))
    0
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "difference of the sums"
    statement: ClassVar[str] = "numbers shared out between two lists whose sums differ least"
    spin_count: ClassVar[str] = "N"
    source: ClassVar[str] = "Lucas 2.1; Karp 20"

    numbers: tuple[float, ...]

    def __init__(self, numbers: Iterable[Any]) -> None:
        self._keep(numbers=_checked_numbers(numbers))

    def __repr__(self) -> str:
        if len(self.numbers) <= 8:
            return f"NumberPartitioning({list(self.numbers)})"
        shown = ", ".join(repr(number) for number in self.numbers[:3])
        return f"NumberPartitioning([{shown}, … {len(self.numbers)} numbers])"

    @property
    def variables(self) -> Sequence[Hashable]:
        """The positions of the numbers: spin +1 puts a number into the first list."""
        return range(len(self.numbers))

    def to_ising(self) -> IsingModel:
        """Model with the squared difference of the two sums as its energy; integer where every number is."""
        integer = all(isinstance(number, int) for number in self.numbers)
        values = np.array(self.numbers, dtype=np.int64 if integer else np.float64)
        J = -2 * np.outer(values, values)
        np.fill_diagonal(J, 0)
        squares = int(values @ values) if integer else float(values @ values)
        return IsingModel(J, offset=squares, copy=False)

    def _decode(self, spins: np.ndarray) -> tuple[list[float], list[float]]:
        """The numbers of spin +1 and the numbers of spin -1, in the order of the input."""
        return (
            [number for number, spin in zip(self.numbers, spins, strict=True) if spin > 0],
            [number for number, spin in zip(self.numbers, spins, strict=True) if spin < 0],
        )

    def encode(self, answer: Any) -> np.ndarray:
        """Spins of two lists: +1 for the first; of equal numbers, the first list takes those that come first."""
        broken = self.violations(answer)
        if broken:
            raise ValueError(f"answer: not two lists that share out the numbers: {broken[0]}")
        left = Counter(answer[0])
        spins = np.full(len(self.numbers), -1, dtype=np.int8)
        for i, number in enumerate(self.numbers):
            if left[number] > 0:
                left[number] -= 1
                spins[i] = 1
        return spins

    def violations(self, answer: Any) -> list[str]:
        """The numbers that the two lists hold too often or not often enough."""
        counts = _two_counts(answer)
        if counts is None:
            return ["the answer is not a pair of lists of numbers"]
        held, given = counts[0] + counts[1], Counter(self.numbers)
        return [
            f"the lists hold the number {number!r} {held[number]} times, the input {given[number]} times"
            for number in {**given, **held}
            if held[number] != given[number]
        ]

    def objective(self, answer: Any) -> float:
        """Difference of the two sums, without its sign; an int where the numbers are.

        Raises
        ------
        ValueError
            If the answer is not a pair of lists of numbers.
        """
        if _two_counts(answer) is None:
            raise ValueError("answer: a pair of lists of numbers is needed")
        signed = [*answer[0], *(-number for number in answer[1])]
        # fsum rounds once; integers need no rounding at all
        return abs(sum(signed) if all(isinstance(number, int) for number in signed) else math.fsum(signed))

    def energy_of(self, objective: float) -> float:
        """The square of the difference."""
        return objective * objective

    def objective_bound(self) -> float | None:
        """The parity of the total, where every number is whole: no difference is smaller."""
        return sum(self.numbers) % 2 if all(isinstance(number, int) for number in self.numbers) else None

    def penalty_bound(self) -> float:
        """0: every configuration shares out the numbers."""
        return 0.0


def _checked_numbers(numbers: Any) -> tuple[float, ...]:
    if isinstance(numbers, (str, bytes, dict)) or not isinstance(numbers, Iterable):
        raise TypeError(f"numbers: a list of numbers is needed, but it is a {type(numbers).__name__}")
    values = [number.item() if isinstance(number, np.generic) else number for number in numbers]
    for i, value in enumerate(values):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"numbers: entry {i} is {value!r}, not an int or a float")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"numbers: entry {i} is {value!r}; every number must be finite")
    if all(isinstance(value, int) for value in values):
        total = sum(abs(value) for value in values)
        if total >= _LARGEST_INTEGER_SUM:
            raise ValueError(
                f"numbers: the absolute values add up to {total}, but their squared sum is exact in 64 bits only below "
                "2**31; divide out a common factor, or pass floats if rounding is acceptable"
            )
        return tuple(values)
    for i, value in enumerate(values):
        if isinstance(value, int) and abs(value) > LARGEST_EXACT_FLOAT:
            raise ValueError(f"numbers: entry {i} is {value}, which would be rounded among floats; pass float({value})")
    if math.fsum(abs(value) for value in values) > 1e150:
        raise ValueError("numbers: the square of their sum is more than a float can hold; scale them down")
    return tuple(values)


def _two_counts(answer: Any) -> tuple[Counter[float], Counter[float]] | None:
    try:
        first, second = answer
        counts = Counter(first), Counter(second)
    except (TypeError, ValueError):  # not two things, not iterable, or not of hashable members
        return None
    numeric = all(isinstance(number, (int, float, np.integer, np.floating)) for number in counts[0] + counts[1])
    return counts if numeric else None
