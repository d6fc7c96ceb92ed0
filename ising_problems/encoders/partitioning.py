r"""Number partitioning: share out numbers between two lists so that their sums are as equal as can be.

With a spin for each number,

.. math:: E(s) = \Big( \sum_i n_i s_i \Big)^2 = \sum_i n_i^2 + 2 \sum_{i<j} n_i n_j s_i s_j ,

the squared difference of the two sums: :math:`J_{ij} = -2 n_i n_j`, offset :math:`\sum n_i^2`.  Exchanging the lists
changes nothing, so the first number can be held in the first list: N - 1 spins, of fields :math:`h_i = -2 n_0 n_i`, and
half of the ground states.  There is no penalty.  A. Lucas, "Ising formulations of many NP problems", Front. Phys. 2:5
(2014), arXiv:1302.5843, section 2.1; number 20 of Karp (1972).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from ..checks import LARGEST_EXACT_FLOAT
from ..model import IsingModel
from ..problem import Problem
from .subset_sums import nearer_signs

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
    symmetry_breaking : bool, default True
        Whether the first number is held in the first list and its spin left out, which loses no partition, up to the
        order of the two lists.  Energies are the same either way; without it the model has no fields.

    Attributes
    ----------
    numbers : tuple of int or float
    symmetry_breaking : bool

    Raises
    ------
    ValueError
        If a number is not finite, or the squared sum does not fit.
    TypeError
        If ``numbers`` is not an iterable of real numbers, or ``symmetry_breaking`` neither True nor False.

    Examples
    --------
    >>> problem = NumberPartitioning([4, 5, 6, 7, 8])
    >>> problem.decode([1, 1, -1, -1])
    ([4, 5, 6], [7, 8])
    >>> problem.objective(([4, 5, 6], [7, 8]))
    0
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "difference of the sums"
    statement: ClassVar[str] = "numbers shared out between two lists whose sums differ least"
    spin_count: ClassVar[str] = "N - 1"
    source: ClassVar[str] = "Lucas 2.1; Karp 20"

    numbers: tuple[float, ...]
    symmetry_breaking: bool

    def __init__(self, numbers: Iterable[Any], *, symmetry_breaking: bool = True) -> None:
        if not isinstance(symmetry_breaking, bool):
            raise TypeError(f"symmetry_breaking: must be True or False, but it is {symmetry_breaking!r}")
        self._keep(numbers=_checked_numbers(numbers), symmetry_breaking=symmetry_breaking)

    def __repr__(self) -> str:
        shown = ", ".join(repr(number) for number in self.numbers[: 3 if len(self.numbers) > 8 else 8])
        rest = f", … {len(self.numbers)} numbers" if len(self.numbers) > 8 else ""
        kept = "" if self.symmetry_breaking else ", symmetry_breaking=False"
        return f"NumberPartitioning([{shown}{rest}]{kept})"

    @property
    def _held(self) -> int:
        """How many numbers, 0 or 1, are held in the first list."""
        return int(self.symmetry_breaking and len(self.numbers) > 0)

    @property
    def variables(self) -> Sequence[Hashable]:
        """The positions of the numbers, without one that is held: spin +1 puts a number into the first list."""
        return range(self._held, len(self.numbers))

    def to_ising(self) -> IsingModel:
        """Model with the squared difference of the two sums as its energy; integer where every number is."""
        integer = _whole(self.numbers)
        values = np.array(self.numbers, dtype=np.int64 if integer else np.float64)
        free = values[self._held :]
        J = -2 * np.outer(free, free)
        np.fill_diagonal(J, 0)
        squares = int(values @ values) if integer else float(values @ values)
        h = -2 * values[0] * free if self._held else None
        return IsingModel(J, h, offset=squares, labels=self.variables, copy=False)

    def _decode(self, spins: np.ndarray) -> tuple[list[float], list[float]]:
        """The numbers of spin +1 and the numbers of spin -1, in the order of the input."""
        return self._lists(np.concatenate([np.ones(self._held, dtype=np.int8), spins]))

    def _lists(self, signs: np.ndarray) -> tuple[list[float], list[float]]:
        return (
            [number for number, sign in zip(self.numbers, signs, strict=True) if sign > 0],
            [number for number, sign in zip(self.numbers, signs, strict=True) if sign < 0],
        )

    def encode(self, answer: Any) -> np.ndarray:
        """Spins of two lists: +1 for the first; of equal numbers, the first list takes those that come first.

        Where a number is held in the first list, the lists are exchanged if they have it the other way round.

        Raises
        ------
        ValueError
            If the lists do not share out the numbers.
        """
        return self._signs(answer)[self._held :]

    def _signs(self, answer: Any) -> np.ndarray:
        """+1 for the numbers of the first list, -1 for the others; the first number's is +1 where it is held."""
        broken = self.violations(answer)
        if broken:
            raise ValueError(f"answer: not two lists that share out the numbers: {broken[0]}")
        left = Counter(answer[0])
        if self._held and not left[self.numbers[0]]:
            left = Counter(answer[1])
        signs = np.full(len(self.numbers), -1, dtype=np.int8)
        for i, number in enumerate(self.numbers):
            if left[number] > 0:
                left[number] -= 1
                signs[i] = 1
        return signs

    def repair(self, answer: Any) -> tuple[list[float], list[float]]:
        """Lists reached by moving one or two numbers at a time, the best ones, while the sums come nearer."""
        if self.violations(answer):
            return answer
        values = np.array(self.numbers, dtype=np.int64 if _whole(self.numbers) else np.float64)
        better = self._lists(nearer_signs(values, self._signs(answer)))
        return better if self.objective(better) < self.objective(answer) else answer

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
        first, second = ([n.item() if isinstance(n, np.generic) else n for n in side] for side in answer)
        signed = [*first, *(-number for number in second)]
        # fsum rounds once; integers need no rounding at all
        return abs(sum(signed) if _whole(signed) else math.fsum(signed))

    def energy_of(self, objective: float) -> float:
        """The square of the difference."""
        return objective * objective

    def objective_bound(self) -> float | None:
        """The parity of the total, where every number is whole: no difference is smaller."""
        return sum(self.numbers) % 2 if _whole(self.numbers) else None

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
    if _whole(values):
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


def _whole(numbers: Iterable[float]) -> bool:
    return all(isinstance(number, int) for number in numbers)


def _two_counts(answer: Any) -> tuple[Counter[float], Counter[float]] | None:
    if isinstance(answer, (str, bytes, Mapping)):
        return None
    try:
        first, second = answer
        if isinstance(first, Mapping) or isinstance(second, Mapping):  # which a Counter would take for counts
            return None
        counts = Counter(first), Counter(second)
    except (TypeError, ValueError):  # not two things, not iterable, or not of hashable members
        return None
    numeric = all(isinstance(number, (int, float, np.integer, np.floating)) for number in counts[0] + counts[1])
    return counts if numeric else None
