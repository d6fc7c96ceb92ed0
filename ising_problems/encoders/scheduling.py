r"""Makespan scheduling: jobs of given lengths shared out between equal machines, so that the last ends early.

With a 0/1 variable for each of the N jobs and m machines, whole lengths :math:`L_i`, the loads
:math:`M_a = \sum_i L_i x_{i,a}`, and the first machine the busiest,

.. math:: E = A \sum_i \Big( 1 - \sum_a x_{i,a} \Big)^2 + A \sum_{a \ge 2} \big( M_a + y_a - M_1 \big)^2 + M_1 , \qquad
          0 \le y_a \le \max L ,

with the slacks y in bits (:mod:`.slack`): m N + (m - 1)(⌊log₂ max L⌋ + 1) spins.

*Bound*: :math:`A > \max L`.  Let a state leave u jobs without a machine, have some jobs on several, and let the busiest
machine's load be :math:`M_1 + t`.  Taking jobs off the machines that they have too many of, and putting each of the u
jobs on the machine that is least busy, gives a schedule of makespan :math:`\le M_1 + t + u \max L`.  The energy is
:math:`M_1 + A u + A t^2` at least, and more by A for each job on several machines and for each gap that is out of
reach of its slack; as lengths are whole and :math:`A > \max L \ge 1`, that exceeds the makespan of the schedule as soon
as anything is broken.  So no energy is below the least makespan, and a state that reaches it has nothing broken.
Finally the least makespan is reached: of the best schedules, named with the busiest machine first, the one whose sorted
loads come first in the dictionary has no gap above max L, since moving a job over such a gap would lower them.

*Source*: A. Lucas, arXiv:1302.5843, section 6.3, with two changes.  *Erratum*: the sum over machines of
eq. 54 has to leave out the first one, whose load cancels against itself: what remains of it are superfluous spins, or,
with one-hot slacks from 1 on, a penalty that every schedule pays.  The slack's range is max L here, not N max L.  The
problem is not Karp's job sequencing, which is in :mod:`.job_sequencing`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from ..checks import checked_integer, is_index
from ..model import IsingModel
from ..problem import Problem, checked_penalty
from .builder import QuboBuilder
from .number_lists import whole_numbers
from .schedule_search import balanced_machines
from .slack import num_slack_bits, slack_bits, slack_coefficients

__all__ = ["MakespanScheduling"]

# Energies of whole numbers below this are exact in float64, their halves and quarters included.
_LARGEST_EXACT_ENERGY = 2**51


class MakespanScheduling(Problem):
    r"""Machines for jobs of given lengths, so that the last machine ends as early as possible.

    An answer is a dict from job 0 … N-1 to machine 0 … m-1, or to ``None`` where a job has no machine.  The energy of
    an encoded schedule is its makespan, the greatest load of a machine.

    Parameters
    ----------
    lengths : iterable of int
        Not negative and whole, because the penalty's proof needs steps of 1.
    num_machines : int
        At least 1.
    penalty : float or "auto"
        The weight A.

    Attributes
    ----------
    lengths : numpy.ndarray of int64, shape (N,)
    num_machines : int
    penalty : float or "auto"

    Raises
    ------
    ValueError
        If a length is negative or not whole, or there is no machine.
    TypeError
        If a length is not a number, or ``num_machines`` not an integer.

    Examples
    --------
    >>> problem = MakespanScheduling([3, 2, 2, 1], num_machines=2)
    >>> problem.objective({0: 0, 1: 1, 2: 1, 3: 0}), problem.num_spins
    (4, 10)
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "makespan"
    statement: ClassVar[str] = "machines for jobs, so that the last machine ends as early as possible"
    spin_count: ClassVar[str] = "m N + (m - 1) (⌊log₂ max L⌋ + 1)"
    source: ClassVar[str] = "Lucas 6.3"

    lengths: np.ndarray
    num_machines: int
    penalty: float | Literal["auto"]

    def __init__(self, lengths: Iterable[int], num_machines: int, *, penalty: float | Literal["auto"] = "auto") -> None:
        self._keep(
            lengths=whole_numbers(lengths, "lengths", "the lengths"),
            num_machines=checked_integer(num_machines, "num_machines", at_least=1),
            penalty=checked_penalty(penalty),
        )

    def __repr__(self) -> str:
        return (
            f"MakespanScheduling(<{len(self.lengths)} jobs>, num_machines={self.num_machines}, "
            f"penalty={self.penalty!r})"
        )

    @property
    def _longest(self) -> int:
        return int(self.lengths.max(initial=0))

    @property
    def variables(self) -> Sequence[Hashable]:
        """Pairs (job, machine), then the bits ``("slack", machine, k)`` of the machines' gaps to machine 0."""
        places = [(job, machine) for job in range(len(self.lengths)) for machine in range(self.num_machines)]
        bits = num_slack_bits(self._longest)
        return (*places, *(("slack", machine, k) for machine in range(1, self.num_machines) for k in range(bits)))

    @property
    def num_spins(self) -> int:
        """A spin for each job and machine, and the bits of the gaps."""
        m = self.num_machines
        return m * len(self.lengths) + (m - 1) * num_slack_bits(self._longest)

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring.

        Raises
        ------
        ValueError
            If the square of the total length times the penalty is beyond what float64 tells from its neighbours.
        """
        n, m, penalty = len(self.lengths), self.num_machines, self._penalty_weight()
        total = float(self.lengths.sum())
        if penalty * total**2 >= _LARGEST_EXACT_ENERGY:
            raise ValueError(
                f"lengths: with a total of {total:g} and the penalty {penalty:g}, energies reach "
                f"{penalty * total**2:.3g}, beyond 2**51, and the makespan would drown in rounding; use coarser lengths"
            )
        builder = QuboBuilder(self.num_spins)
        places = np.arange(n * m).reshape(n, m)
        builder.add_square(places, -1, 1, penalty)
        builder.add_linear(places[:, 0], self.lengths)
        if m > 1:
            bits = slack_coefficients(self._longest)
            gaps = n * m + np.arange((m - 1) * len(bits)).reshape(m - 1, len(bits))
            first = np.broadcast_to(places[:, 0], (m - 1, n))
            coefficients = np.concatenate([self.lengths, bits, -self.lengths])
            builder.add_square(np.hstack([places[:, 1:].T, gaps, first]), coefficients, weight=penalty)
        return builder.build(labels=self.variables)

    def _decode(self, spins: np.ndarray) -> dict[int, int | None]:
        """Machine of every job; ``None`` where not exactly one of its spins is +1."""
        n, m = len(self.lengths), self.num_machines
        chosen = spins[: n * m].reshape(n, m) > 0
        machine = np.where(chosen.sum(axis=1) == 1, chosen.argmax(axis=1), -1)
        return self._answer(machine)

    def _answer(self, machine: np.ndarray) -> dict[int, int | None]:
        return {job: (a if a >= 0 else None) for job, a in enumerate(machine.tolist())}

    def encode(self, answer: Any) -> np.ndarray:
        """Spins of a schedule, whose machines are renamed so that the first is the busiest.

        Jobs without a machine get spins that are all -1.

        Raises
        ------
        ValueError
            If a job is unknown, a machine out of range, or a machine's load more than the longest job below the
            busiest's: no best schedule needs that, and no spins stand for it; :meth:`repair` evens it out.
        """
        machine = self._machines(answer)
        for job, a in answer.items():
            if not self._is_job(job):
                raise ValueError(f"answer: {job!r} is not a job; 0 to {len(self.lengths) - 1} are")
            if a is not None and not self._is_machine(a):
                raise ValueError(f"answer: job {job} is on the machine {a!r}; 0 to {self.num_machines - 1} is needed")
        m, longest = self.num_machines, self._longest
        loads = self._loads(machine)
        order = np.argsort(-loads, kind="stable")[:1].tolist()
        order += [a for a in range(m) if a != order[0]]
        gaps = (loads[order[0]] - loads[order[1:]]).tolist()
        if max(gaps, default=0) > longest:
            raise ValueError(
                f"answer: the loads of the machines differ by {max(gaps)}, more than the longest job, {longest}, and "
                "no spins stand for that; repair the answer first"
            )
        renamed = np.append(np.argsort(order), -1)[machine]
        chosen = renamed[:, None] == np.arange(m)
        bits = [slack_bits(gap, longest) for gap in gaps]
        return np.where(np.concatenate([chosen.ravel(), *bits]) > 0, 1, -1).astype(np.int8)

    def violations(self, answer: Any) -> list[str]:
        """Jobs without a machine or on one that does not exist."""
        if not isinstance(answer, Mapping):
            return ["the answer is not a dict from job to machine"]
        broken = [f"{job!r} is not a job" for job in answer if not self._is_job(job)]
        for job in range(len(self.lengths)):
            a = answer.get(job)
            if a is None:
                broken.append(f"job {job} has no machine")
            elif not self._is_machine(a):
                broken.append(f"job {job} is on the machine {a!r}, which is not one of 0 to {self.num_machines - 1}")
        return broken

    def objective(self, answer: Any) -> int:
        """Greatest load of a machine; jobs without one count for nothing.

        Raises
        ------
        ValueError
            If the answer is not a dict from job to machine.
        """
        return int(self._loads(self._machines(answer)).max())

    def repair(self, answer: Any) -> dict[int, int | None]:
        """Schedule reached by giving jobs without a machine to the least busy one, then by moves and swaps of jobs."""
        return self._answer(balanced_machines(self.lengths, self.num_machines, self._machines(answer)))

    def penalty_bound(self) -> float:
        """Length of the longest job: a job left out can be put on the least busy machine, at no greater cost."""
        return float(self._longest)

    def objective_bound(self) -> int:
        """The greatest of three: the mean load rounded up, the longest job, and the m-th plus the next longest job."""
        m, falling = self.num_machines, np.sort(self.lengths)[::-1]
        two = int(falling[m - 1] + falling[m]) if len(falling) > m else 0  # of m + 1 jobs, two share a machine
        return max(-(-int(self.lengths.sum()) // m), self._longest, two)

    @property
    def one_hot(self) -> Sequence[np.ndarray]:
        """The machines of each job."""
        n, m = len(self.lengths), self.num_machines
        return list(np.arange(n * m).reshape(n, m))

    def _is_job(self, job: Any) -> bool:
        return is_index(job, len(self.lengths))

    def _is_machine(self, machine: Any) -> bool:
        return is_index(machine, self.num_machines)

    def _machines(self, answer: Any) -> np.ndarray:
        """Machine of each job, -1 where it has none of the given ones."""
        if not isinstance(answer, Mapping):
            raise ValueError(f"answer: a dict from job to machine is needed, but it is a {type(answer).__name__}")
        given = (answer.get(job) for job in range(len(self.lengths)))
        return np.array([a if self._is_machine(a) else -1 for a in given], dtype=np.int64)

    def _loads(self, machine: np.ndarray) -> np.ndarray:
        loads = np.zeros(self.num_machines, dtype=np.int64)
        np.add.at(loads, machine[machine >= 0], self.lengths[machine >= 0])
        return loads
