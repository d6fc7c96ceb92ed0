"""Small steps towards good schedules: jobs moved and swapped between machines, on-time sets filled and exchanged."""

from __future__ import annotations

import numpy as np

__all__ = ["balanced_machines", "better_on_time"]

_MOST_ROUNDS = 1000
# Pairs of jobs that all rounds of exchanges together may look at.
_WORK = 20_000_000


def balanced_machines(lengths: np.ndarray, num_machines: int, machine: np.ndarray) -> np.ndarray:
    """Machine of each job after jobs without one (-1) are placed and moves and swaps have evened out the loads.

    Jobs are placed longest first on the least busy machine (R. L. Graham, 1969).  Then, between the busiest machine and
    another, the move or swap that lowers the greater of the two loads most is made, until none does.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        With a makespan no greater than before, if every job had a machine.
    """
    machine = machine.copy()
    loads = np.zeros(num_machines, dtype=np.int64)
    np.add.at(loads, machine[machine >= 0], lengths[machine >= 0])
    for job in np.argsort(-lengths, kind="stable").tolist():
        if machine[job] < 0:
            machine[job] = np.argmin(loads)
            loads[machine[job]] += lengths[job]
    for _ in range(_MOST_ROUNDS):
        if not any(_even_out(lengths, machine, loads, int(other)) for other in np.argsort(loads, kind="stable")):
            break
    return machine


def _even_out(lengths: np.ndarray, machine: np.ndarray, loads: np.ndarray, other: int) -> bool:
    """Make the move or swap between the busiest machine and another that evens them out most; whether there is one."""
    busiest = int(np.argmax(loads))
    gap = int(loads[busiest] - loads[other])
    if gap <= 1:
        return False
    here = np.flatnonzero(machine == busiest)
    there = np.append(np.flatnonzero(machine == other), -1)  # -1: nothing comes back
    shifts = lengths[here][:, None] - np.append(lengths[there[:-1]], 0)
    remaining = np.where((shifts > 0) & (shifts < gap), np.abs(gap - 2 * shifts), gap)
    i, j = np.unravel_index(int(np.argmin(remaining)), remaining.shape)
    if remaining[i, j] >= gap:
        return False
    machine[here[i]] = other
    if there[j] >= 0:
        machine[there[j]] = busiest
    loads[busiest] -= shifts[i, j]
    loads[other] += shifts[i, j]
    return True


def better_on_time(times: np.ndarray, deadlines: np.ndarray, penalties: np.ndarray, on_time: np.ndarray) -> np.ndarray:
    """Jobs that can all be on time, worth no less than those given, which can.

    Jobs are added where they fit, dearest first; then one on-time job is exchanged for a dearer one, the best such
    exchange each time, until none is left.  The same is done from a start of its own (jobs in the order of their
    deadlines, and whenever one is late, the one that is cheapest for its time is given up, as J. M. Moore's rule does
    for equal penalties), and the better is kept.

    Parameters
    ----------
    times, deadlines : numpy.ndarray of int64, shape (n,)
    penalties : numpy.ndarray, shape (n,)
    on_time : numpy.ndarray of bool, shape (n,)

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
    """
    order = np.argsort(deadlines, kind="stable")
    jobs = _Jobs(times[order], deadlines[order], penalties[order])
    one = jobs.improved(on_time[order])
    other = jobs.improved(jobs.moore())
    best = np.empty_like(one)
    best[order] = other if penalties[order][other].sum() > penalties[order][one].sum() else one
    return best


class _Jobs:
    """Jobs in the order of their deadlines."""

    def __init__(self, times: np.ndarray, deadlines: np.ndarray, penalties: np.ndarray) -> None:
        self.times, self.deadlines, self.penalties = times, deadlines, penalties

    def moore(self) -> np.ndarray:
        kept = np.zeros(len(self.times), dtype=bool)
        price = self.penalties / np.maximum(self.times, 1)
        clock = 0
        for j in range(len(self.times)):
            kept[j] = True
            clock += int(self.times[j])
            while clock > self.deadlines[j]:
                taken = np.flatnonzero(kept & (self.times > 0))
                given_up = int(taken[np.argmin(price[taken])])
                kept[given_up] = False
                clock -= int(self.times[given_up])
        return kept

    def room(self, kept: np.ndarray) -> np.ndarray:
        """Time that a job, if added, may take: the least slack of the kept jobs from its place in the order on."""
        slack = self.deadlines - np.cumsum(self.times * kept)
        return np.minimum.accumulate(slack[::-1])[::-1]

    def fill(self, kept: np.ndarray) -> None:
        """Add what fits, dearest first, in place."""
        room = self.room(kept)
        for j in np.argsort(-self.penalties, kind="stable").tolist():
            if not kept[j] and self.times[j] <= room[j]:
                kept[j] = True
                room = self.room(kept)

    def improved(self, kept: np.ndarray) -> np.ndarray:
        kept = kept.copy()
        self.fill(kept)
        for _ in range(min(_MOST_ROUNDS, 10 + _WORK // (1 + len(kept)) ** 2)):
            least, exchange = 0.0, None
            for out in np.flatnonzero(kept).tolist():
                kept[out] = False
                gains = np.where(~kept & (self.times <= self.room(kept)), self.penalties, -np.inf)
                kept[out] = True
                gains[out] = -np.inf
                into = int(np.argmax(gains))
                if gains[into] - self.penalties[out] > least:
                    least, exchange = float(gains[into] - self.penalties[out]), (out, into)
            if exchange is None:
                break
            kept[exchange[0]], kept[exchange[1]] = False, True
            self.fill(kept)
        return kept
