r"""Job sequencing: an order of jobs on one machine with the least penalty for those that miss their deadlines.

Jobs have whole times :math:`T_j`, deadlines :math:`D_j` and penalties :math:`P_j \ge 0` to pay if late.  A set of jobs
can all be on time if and only if those due by d take at most d, for every deadline d: then they are in the order of
their deadlines (J. R. Jackson, 1955).  With :math:`x_j = 1` for a job on time,

.. math:: E = A \sum_d \Big( d - \sum_{D_j \le d} T_j x_j - y_d \Big)^2 + \sum_j P_j (1 - x_j) , \qquad
          0 \le y_d \le d ,

over the deadlines d by which more is due than d allows (E. L. Lawler and J. M. Moore, Management Science 16, 77
(1969)), with the time left over, y, in bits (:mod:`.slack`).

*Bound*: :math:`A > \max P`, over the jobs with T ≥ 1 that are due by one of those deadlines.  If some of them are
overrun, by :math:`o_d \ge 1`, take a job with T ≥ 1 that is due by the first of these out of the on-time jobs.  With
the best slacks no overrun grows and the first :math:`o_d^2` falls by 1 at least, so the energy falls by
:math:`A - P_j > 0`.  If none is overrun, the best slacks make every square 0 and all others cost A at least.

*Source*: number 19 of R. M. Karp (1972).  It is not in A. Lucas, arXiv:1302.5843, whose section 6.3 bears the name but
is :mod:`.scheduling`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from ..checks import is_index, on_one_line
from ..model import IsingModel
from ..problem import Problem, checked_penalty
from .builder import QuboBuilder
from .number_lists import drowns, real_numbers, whole_numbers
from .schedule_search import better_on_time
from .slack import num_slack_bits, slack_bits, slack_coefficients

__all__ = ["JobSequencing"]


class JobSequencing(Problem):
    r"""Order of jobs on one machine that loses the least penalty for jobs that end after their deadlines.

    An answer is a list of the jobs 0 … N-1 in the order in which they are done, without a pause from time 0 on.  The
    energy of an encoded order is the penalty that it loses.

    Parameters
    ----------
    times : iterable of int
        How long each job takes: whole and not negative, because the proof of the weight A needs steps of 1.
    deadlines : iterable of int
        When each job should have ended: whole and not negative.
    penalties : iterable of int or float
        What is lost if it has not; not negative.
    penalty : float or "auto"
        The weight A.

    Attributes
    ----------
    times, deadlines : numpy.ndarray of int64, shape (N,)
    penalties : numpy.ndarray, shape (N,)
        int64 where every penalty is an integer, else float64.
    penalty : float or "auto"

    Raises
    ------
    ValueError
        If the lists differ in length, a number is negative, or a time or deadline is not whole.
    TypeError
        If an entry is not a number.

    Examples
    --------
    >>> problem = JobSequencing(times=[2, 1, 2], deadlines=[2, 2, 4], penalties=[3, 5, 4])
    >>> problem.objective([0, 1, 2]), problem.objective([1, 2, 0])
    (9, 3)
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "penalty lost"
    statement: ClassVar[str] = "an order of jobs on one machine that loses the least penalty for missed deadlines"
    spin_count: ClassVar[str] = "N + Σ (⌊log₂ d⌋ + 1) over the deadlines d that bind"
    source: ClassVar[str] = "Karp 19; Lawler and Moore (1969)"

    times: np.ndarray
    deadlines: np.ndarray
    penalties: np.ndarray
    penalty: float | Literal["auto"]

    def __init__(
        self,
        times: Iterable[int],
        deadlines: Iterable[int],
        penalties: Iterable[float],
        *,
        penalty: float | Literal["auto"] = "auto",
    ) -> None:
        lists = {
            "times": whole_numbers(times, "times", "the times and the deadlines"),
            "deadlines": whole_numbers(deadlines, "deadlines", "the times and the deadlines"),
            "penalties": real_numbers(penalties, "penalties", at_least=0),
        }
        for name, values in lists.items():
            if len(values) != len(lists["times"]):
                raise ValueError(
                    f"{name}: {len(lists['times'])} are needed, one for each of the times, but there are {len(values)}"
                )
        self._keep(**lists, penalty=checked_penalty(penalty))

    def __repr__(self) -> str:
        return f"JobSequencing(<{len(self.times)} jobs>, penalty={self.penalty!r})"

    @cached_property
    def _binding(self) -> np.ndarray:
        """The deadlines by which more is due than they allow, ascending."""
        distinct = np.unique(self.deadlines)
        due = np.array([self.times[self.deadlines <= d].sum() for d in distinct], dtype=np.int64)
        return distinct[due > distinct]

    @property
    def variables(self) -> Sequence[Hashable]:
        """The jobs, +1 for those on time, then the bits ``("slack", deadline, k)`` of the time that is left over."""
        bits = (("slack", d, k) for d in self._binding.tolist() for k in range(num_slack_bits(d)))
        return (*range(len(self.times)), *bits)

    @property
    def num_spins(self) -> int:
        """A spin for each job, and the bits of the time left over."""
        return len(self.times) + sum(map(num_slack_bits, self._binding.tolist()))

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring.

        Raises
        ------
        ValueError
            If the square of the times times the weight A is beyond what float64 tells from its neighbours.
        """
        import scipy.sparse as sp

        weight, total = self._penalty_weight(), float(self.times.sum())
        binding = self._binding
        if len(binding) and drowns(self.penalties, weight * total**2):
            raise ValueError(
                f"times: with a total of {total:g} and the penalty {weight:g}, energies reach {weight * total**2:.3g}, "
                "and penalties would drown in rounding; use coarser times"
            )
        builder = QuboBuilder(self.num_spins)
        builder.add_constant(float(self.penalties.sum()))
        builder.add_linear(np.arange(len(self.times)), -self.penalties)
        if len(binding):
            due = sp.csr_array(self.times * (self.deadlines <= binding[:, None]))
            slacks = sp.csr_array(sp.block_diag([slack_coefficients(d)[None, :] for d in binding.tolist()]))
            builder.add_square_rows(sp.hstack([due, slacks]), -binding, weight)
        return builder.build(labels=self.variables)

    def _decode(self, spins: np.ndarray) -> list[int]:
        """The jobs of spin +1 in the order of their deadlines, then the others."""
        return self._order(spins[: len(self.times)] > 0)

    def _order(self, first: np.ndarray) -> list[int]:
        """The jobs that are to be on time by their deadlines, then the others by theirs."""
        return np.lexsort((self.deadlines, ~first)).tolist()

    def encode(self, answer: Any) -> np.ndarray:
        """The jobs that are on time, and the time that is left over at each deadline.

        Raises
        ------
        ValueError
            If the answer is not an order of all jobs.
        """
        broken = self.violations(answer)
        if broken:
            raise ValueError(f"answer: not an order of the jobs: {broken[0]}")
        kept = self._on_time(answer)
        left = [d - int(self.times[kept & (self.deadlines <= d)].sum()) for d in self._binding.tolist()]
        bits = [slack_bits(rest, d) for rest, d in zip(left, self._binding.tolist(), strict=True)]
        return np.where(np.concatenate([kept, *bits]) > 0, 1, -1).astype(np.int8)

    def violations(self, answer: Any) -> list[str]:
        """Jobs that are missing, done twice, or unknown; being late is no violation."""
        jobs = _listed(answer)
        if jobs is None:
            return ["the answer is not a list of jobs"]
        n = len(self.times)
        known = [job for job in jobs if self._is_job(job)]
        broken = [f"{on_one_line(job)} is not one of the jobs 0 to {n - 1}" for job in jobs if not self._is_job(job)]
        counts = np.bincount(np.array(known, dtype=np.int64), minlength=n).tolist()
        broken += [f"job {job} is missing" for job, count in enumerate(counts) if count == 0]
        return broken + [f"job {job} is done {count} times" for job, count in enumerate(counts) if count > 1]

    def objective(self, answer: Any) -> float:
        """Penalties of the jobs that end after their deadlines, or never; an int where the penalties are.

        Raises
        ------
        ValueError
            If the answer is not a list of jobs.
        """
        return self.penalties[~self._on_time(answer)].sum().item()

    def _on_time(self, answer: Any) -> np.ndarray:
        """Which jobs end by their deadlines; bool, shape (N,)."""
        jobs = _listed(answer)
        if jobs is None or not all(map(self._is_job, jobs)):
            raise ValueError(
                f"answer: a list of jobs 0 to {len(self.times) - 1} is needed, but it is {on_one_line(answer)}"
            )
        order = np.array(jobs, dtype=np.int64)
        kept = np.zeros(len(self.times), dtype=bool)
        kept[order[np.cumsum(self.times[order]) <= self.deadlines[order]]] = True
        return kept

    def _is_job(self, job: Any) -> bool:
        return is_index(job, len(self.times))

    def repair(self, answer: Any) -> list[int]:
        """Order of which more jobs, or dearer ones, are on time, reached by adding and exchanging on-time jobs."""
        return self._order(better_on_time(self.times, self.deadlines, self.penalties, self._on_time(answer)))

    def penalty_bound(self) -> float:
        r"""Greatest penalty of a job with T ≥ 1 that is due by a deadline that binds; see the module's docstring."""
        if not len(self._binding):
            return 0.0
        concerned = (self.times >= 1) & (self.deadlines <= self._binding[-1])
        return float(self.penalties[concerned].max(initial=0))

    def objective_bound(self) -> float:
        """The penalties of jobs that take longer than their deadlines allow, done first or not."""
        return self.penalties[self.times > self.deadlines].sum().item()


def _listed(answer: Any) -> list[Any] | None:
    if not isinstance(answer, (list, tuple, range)) and not (isinstance(answer, np.ndarray) and answer.ndim == 1):
        return None
    return [job.item() if isinstance(job, np.generic) else job for job in answer]
