r"""Binary linear programs: 0/1 variables that satisfy linear equations and inequalities, of the best linear objective.

For :math:`A^{=} x = b^{=}` and :math:`A^{\le} x \le b^{\le}`, every row multiplied and divided until it consists of
whole numbers without a common divisor, and with the room :math:`y_r` that an inequality leaves in bits (:mod:`.slack`),

.. math:: E = A \sum_r \big( a_r x - b_r \big)^2 + A \sum_r \big( a_r x + y_r - b_r \big)^2 \mp c\,x , \qquad
          0 \le y_r \le b_r - \min_x a_r x ,

with - where c x is maximised and + where it is minimised.  An inequality that no values can break has no square and no
slack.  The energy of values that satisfy every row is :math:`\mp c\,x`.

*Bound*: :math:`A > \sum_{i \in R} |c_i|`, R the variables that occur in a row of the energy.  A row of whole numbers
that is broken, whatever its slack, or that is satisfied with a wrong slack, has a square of 1 at least.  Let a state
have one.  Compare it with x* that satisfies every row, has the best slacks, and agrees with the state outside R, where
the rows do not look: the squares fall by A at least, and the objective changes by
:math:`\sum_{i \in R} |c_i|` at most.  So every ground state satisfies every row, if any values do, and its objective is
then the best.  If none do, the ground states break the rows least, by the sum of squares, when A is large.

*Source*: A. Lucas, arXiv:1302.5843, section 3, with inequalities added; number 2 of R. M. Karp (1972).  *Erratum*:
eq. 24 asks for :math:`A/B > \sum_i \max(c_i, 0)` only; but an objective that falls (c < 0) also pays for leaving a row
broken: maximise -3x subject to x = 1, where that bound is 0 and at any A < 3 the ground state is x = 0.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from ..checks import on_one_line
from ..model import IsingModel
from ..problem import Problem, checked_penalty
from .builder import QuboBuilder
from .linear_rows import Rows, number_text, whole_rows
from .linear_search import improved_values
from .number_lists import drowns, real_numbers
from .slack import num_slack_bits, slack_bits, slack_coefficients

__all__ = ["BinaryLinearProgram"]

# The relaxation's value is right to about 1e-7, relative; what it bounds is widened by more.
_TOLERANCE = 1e-6
# Entries of the rows up to which the relaxation is solved.
_LARGEST_RELAXATION = 100_000


class BinaryLinearProgram(Problem):
    r"""Values 0 or 1 with the best objective c x among those with ``A_eq x = b_eq`` and ``A_ub x <= b_ub``.

    The arguments are those of :func:`scipy.optimize.linprog`, except that c x is *maximised* unless ``sense`` says
    otherwise.  An answer is a tuple of 0 and 1, one for each variable.

    Parameters
    ----------
    c : array_like, shape (n,)
        The objective's coefficients, of either sign.
    A_eq : array_like or scipy.sparse array, shape (m, n), optional
        Whole numbers, or rational ones, which are multiplied by what makes a row whole.  Floats count by their exact
        binary value: 0.5 is rational, 0.1 is not one tenth; write ``fractions.Fraction(1, 10)``.
    b_eq : array_like, shape (m,), optional
    A_ub : array_like or scipy.sparse array, shape (k, n), optional
    b_ub : array_like, shape (k,), optional
    sense : {"maximize", "minimize"}
    penalty : float or "auto"
        The weight A.

    Attributes
    ----------
    c : numpy.ndarray, shape (n,)
        int64 where every coefficient is an integer, else float64.
    equalities, inequalities : Rows
        The rows as the energy has them: ``.matrix``, ``.right``.
    sense : str
    penalty : float or "auto"

    Raises
    ------
    ValueError
        If shapes do not agree, a number is not finite, a row cannot be made whole, or a row can never hold.
    TypeError
        If something does not consist of numbers.

    Examples
    --------
    >>> problem = BinaryLinearProgram([3, 2, 2], A_eq=[[1, 1, 1]], b_eq=[2], A_ub=[[2, 1, 0]], b_ub=[2])
    >>> problem.num_spins, problem.repair((1, 1, 0)), problem.objective((1, 0, 1))
    (5, (1, 0, 1), 5)
    >>> problem.violations((1, 1, 0))
    ['row 0 of A_ub adds up to 3, more than 2']
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "maximize"
    objective_name: ClassVar[str] = "objective c x"
    statement: ClassVar[str] = "0/1 values that satisfy linear equations and inequalities and have the best objective"
    spin_count: ClassVar[str] = "n + Σ (⌊log₂ room⌋ + 1) over the inequalities"
    source: ClassVar[str] = "Lucas 3; Karp 2 (0-1 INTEGER PROGRAMMING)"

    c: np.ndarray
    equalities: Rows
    inequalities: Rows
    penalty: float | Literal["auto"]

    def __init__(
        self,
        c: Any,
        A_eq: Any = None,
        b_eq: Any = None,
        A_ub: Any = None,
        b_ub: Any = None,
        *,
        sense: Literal["minimize", "maximize"] = "maximize",
        penalty: float | Literal["auto"] = "auto",
    ) -> None:
        if sense not in ("maximize", "minimize"):
            raise ValueError(f"sense: must be 'maximize' or 'minimize', but it is {sense!r}")
        costs = real_numbers(c, "c")
        self._keep(
            c=costs,
            equalities=whole_rows(A_eq, b_eq, len(costs), "eq"),
            inequalities=whole_rows(A_ub, b_ub, len(costs), "ub"),
            sense=sense,
            penalty=checked_penalty(penalty),
        )

    def __repr__(self) -> str:
        return (
            f"BinaryLinearProgram(<{len(self.c)} variables, {len(self.equalities.right)} equations, "
            f"{len(self.inequalities.right)} inequalities>, sense={self.sense!r}, penalty={self.penalty!r})"
        )

    @cached_property
    def _slacks(self) -> tuple[np.ndarray, list[int]]:
        """The inequalities that values can break, and the greatest slack of each."""
        lowest, highest = self.inequalities.extent
        breakable = np.flatnonzero(highest > self.inequalities.right)
        return breakable, (self.inequalities.right - lowest)[breakable].tolist()

    @property
    def variables(self) -> Sequence[Hashable]:
        """The positions of the variables, then the bits ``("slack", row, k)`` of the room in rows of A_ub."""
        rows, rooms = self._slacks
        bits = [
            ("slack", r, k) for r, room in zip(rows.tolist(), rooms, strict=True) for k in range(num_slack_bits(room))
        ]
        return (*range(len(self.c)), *bits)

    @property
    def num_spins(self) -> int:
        """One spin for each variable, and the bits of the slacks."""
        return len(self.c) + sum(map(num_slack_bits, self._slacks[1]))

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring.

        Raises
        ------
        ValueError
            If a row's square times the penalty is beyond what float64 tells from its neighbours.
        """
        import scipy.sparse as sp

        rows, rooms = self._slacks
        penalty = self._penalty_weight()
        bits = [slack_coefficients(room)[None, :] for room in rooms]
        slacks: Any = sp.csr_array(sp.block_diag(bits)) if bits else sp.csr_array((0, 0), dtype=np.int64)
        upper: Any = sp.hstack([self.inequalities.matrix[rows], slacks])
        none = sp.csr_array((len(self.equalities.right), slacks.shape[1]), dtype=np.int64)
        matrix: Any = sp.vstack([sp.hstack([self.equalities.matrix, none]), upper], format="csr")
        right = np.concatenate([self.equalities.right, self.inequalities.right[rows]])
        reach = float((np.abs(matrix).sum(axis=1) + np.abs(right)).max(initial=0))
        if drowns(self.c, penalty * reach**2):
            raise ValueError(
                f"A_eq, A_ub: with rows that reach {reach:g} and the penalty {penalty:g}, energies reach "
                f"{penalty * reach**2:.3g}, and the objective would drown in rounding; use smaller "
                "numbers"
            )
        builder = QuboBuilder(self.num_spins)
        builder.add_linear(np.arange(len(self.c)), -self.c if self.sense == "maximize" else self.c)
        if len(right):
            builder.add_square_rows(matrix, -right, penalty)
        return builder.build(labels=self.variables)

    def _decode(self, spins: np.ndarray) -> tuple[int, ...]:
        """The values of the variables."""
        return tuple((spins[: len(self.c)] > 0).astype(int).tolist())

    def encode(self, answer: Any) -> np.ndarray:
        """The values and the slacks that go with them; 0 where an inequality is broken.

        Raises
        ------
        ValueError
            If the answer is not a sequence of 0 and 1, one for each variable.
        """
        x = self._values(answer)
        rows, rooms = self._slacks
        left = (self.inequalities.right - self.inequalities.matrix @ x)[rows].tolist()
        bits = [slack_bits(max(0, value), room) for value, room in zip(left, rooms, strict=True)]
        return np.where(np.concatenate([x, *bits]) > 0, 1, -1).astype(np.int8)

    def _values(self, answer: Any) -> np.ndarray:
        """The answer as an array of 0 and 1; int64, shape (n,)."""
        try:
            array = np.asarray(answer)
        except ValueError:  # rows of different lengths
            array = np.empty((0, 0), dtype=object)
        n = len(self.c)
        fits = array.shape == (n,) and (array.dtype.kind in "biuf" or n == 0)
        if not fits or not np.all((array == 0) | (array == 1)):
            raise ValueError(f"answer: a sequence of {n} values 0 or 1 is needed, but it is {on_one_line(answer)}")
        return array.astype(np.int64)

    def violations(self, answer: Any) -> list[str]:
        """The rows that do not hold, with what they add up to."""
        try:
            x = self._values(answer)
        except ValueError:
            return [f"the answer is not a sequence of {len(self.c)} values 0 or 1"]
        broken = []
        for rows, word, sign in ((self.equalities, "not", 0), (self.inequalities, "more than", 1)):
            sums = rows.matrix @ x
            for r in np.flatnonzero(sums > rows.right if sign else sums != rows.right).tolist():
                total, given = rows.shown(r, sums[r].item()), number_text(rows.given[r])
                broken.append(f"row {r} of {rows.name} adds up to {total}, {word} {given}")
        return broken

    def objective(self, answer: Any) -> float:
        """The objective c x; an int where c is.

        Raises
        ------
        ValueError
            If the answer is not a sequence of 0 and 1, one for each variable.
        """
        return (self.c @ self._values(answer)).item()

    def repair(self, answer: Any) -> tuple[int, ...]:
        """Values reached by flips: those that break the rows less, then one or two at a time that better the objective.

        Whether flips can satisfy every row is not certain: that is as hard as the problem itself.
        """
        import scipy.sparse as sp

        x = self._values(answer)
        rows: Any = sp.vstack([self.equalities.matrix, self.inequalities.matrix], format="csr")
        highest = np.concatenate([self.equalities.right, self.inequalities.right]).astype(np.float64)
        lowest = highest.copy()
        lowest[len(self.equalities.right) :] = -np.inf
        better = improved_values(rows, lowest, highest, -self.c if self.sense == "maximize" else self.c, x)
        return tuple(better.tolist())

    def penalty_bound(self) -> float:
        r""":math:`\sum |c_i|` over the variables that occur in a row of the energy; see the module's docstring."""
        occurring = np.zeros(len(self.c), dtype=bool)
        occurring[self.equalities.matrix.indices] = True
        occurring[self.inequalities.matrix[self._slacks[0]].indices] = True
        return float(np.abs(self.c)[occurring].sum())

    def objective_bound(self) -> float | None:
        """The objective's best value if the variables were fractions, rounded where c is whole; None for large rows."""
        return self._relaxed

    @property
    def one_hot(self) -> Sequence[np.ndarray]:
        """The variables of rows that say "exactly one", and those of rows that say "at most one" with their slack."""
        equal, upper = self.equalities, self.inequalities
        groups = [equal.matrix[[row]].indices for row in _ones(equal)]
        slack = len(self.c)
        choices = set(_ones(upper))
        for row, room in zip(self._slacks[0].tolist(), self._slacks[1], strict=True):
            if row in choices:  # the room is 1: a single bit
                groups.append(np.append(upper.matrix[[row]].indices, slack))
            slack += num_slack_bits(room)
        return groups

    @cached_property
    def _relaxed(self) -> float | None:
        from scipy.optimize import linprog

        if self.equalities.matrix.nnz + self.inequalities.matrix.nnz > _LARGEST_RELAXATION or not len(self.c):
            return None if len(self.c) else 0
        sign = -1.0 if self.sense == "maximize" else 1.0
        result = linprog(
            sign * self.c,
            A_ub=self.inequalities.matrix if len(self.inequalities.right) else None,
            b_ub=self.inequalities.right if len(self.inequalities.right) else None,
            A_eq=self.equalities.matrix if len(self.equalities.right) else None,
            b_eq=self.equalities.right if len(self.equalities.right) else None,
            bounds=(0, 1),
        )
        if result.status != 0:  # nothing satisfies the rows, or HiGHS gave up
            return None
        lowest = float(result.fun) - _TOLERANCE * (1 + float(np.abs(self.c).sum()))
        return sign * (math.ceil(lowest) if self.c.dtype.kind == "i" else lowest) + 0


def _ones(rows: Rows) -> list[int]:
    """The rows whose entries are all 1, and their right-hand sides too."""
    ones = np.flatnonzero(rows.right == 1).tolist()
    return [row for row in ones if np.all(rows.matrix[[row]].data == 1) and rows.matrix[[row]].nnz]
