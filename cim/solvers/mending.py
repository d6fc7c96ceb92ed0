r"""The finish in the problem's own terms: near-misses mended, then good answers shaken and mended again.

A search ends in spins that break a constraint or two, or in an answer that a swap would improve: single flips cannot
tell, a problem can.  Every sample is therefore decoded, handed to the problem's greedy
:meth:`~ising_problems.Problem.repair`, and encoded again.  From the best, an iterated local search goes on in the same
way: a few spins are flipped, half of them from +1 since most encodings have few of those, and what they decode to is
repaired; the result is kept unless it is worse (H. R. Lourenço, O. C. Martin, T. Stützle, "Iterated local search",
Handbook of Metaheuristics, 2003).

What repair makes of a random configuration is one more candidate: where a problem's small steps do better than the
search of its model, that is not given away.

Answers are compared as the user would: a feasible one beats any other, then the objective decides, then the energy.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from ising_problems import IsingModel, Problem

__all__ = ["Finish", "can_mend", "finish", "mended_start"]

_ROUNDS = 64  # of shaking, where no time limit is given
_SPINS = 1 << 17  # rounds times spins at most, likewise


@dataclass(frozen=True)
class _Candidate:
    """Spins, what they stand for, and what that is worth."""

    spins: np.ndarray
    energy: Any
    answer: Any
    feasible: bool
    objective: float


@dataclass(frozen=True)
class Finish:
    """What came of it.

    Attributes
    ----------
    samples : numpy.ndarray, int8, shape (replicas, n)
    energies : numpy.ndarray, shape (replicas,)
    best : int
        The sample that is best in the problem's own terms.
    repaired : bool
        Whether that sample owes its answer to repair.
    mended : int
        Samples that were changed for the better.
    rounds : int
        How often the best answer was shaken.
    """

    samples: np.ndarray
    energies: np.ndarray
    best: int
    repaired: bool
    mended: int
    rounds: int


def can_mend(problem: Problem | None) -> bool:
    """Whether a problem has a repair of its own."""
    return problem is not None and type(problem).repair is not Problem.repair


def finish(
    problem: Problem,
    model: IsingModel,
    samples: np.ndarray,
    energies: np.ndarray,
    rng: np.random.Generator,
    deadline: float = np.inf,
    shake: bool = True,
    spare: np.ndarray | None = None,
) -> Finish:
    """Mend every sample, the lowest first, and shake the best, until time or rounds are over.

    Parameters
    ----------
    problem : Problem
    model : IsingModel
        Its own.
    samples : numpy.ndarray, int8, shape (replicas, n)
    energies : numpy.ndarray, shape (replicas,)
    rng : numpy.random.Generator
    deadline : float
        Moment of ``time.perf_counter()``; infinite where steps bound the run.  The lowest sample is mended in any case.
    shake : bool
        Whether to go on from the best.
    spare : numpy.ndarray, int8, shape (n,), optional
        Spins that repair alone has led to.  If they are better than all samples, they take the place of the best.
    """
    mender = _Mender(problem, model)
    order = np.argsort(energies, kind="stable").tolist()
    best = order[0]
    found: dict[int, _Candidate] = {}
    kept: dict[int, _Candidate] = {}
    known: dict[bytes, _Candidate] = {}
    slowest = 0.0
    for k in order:
        began = time.perf_counter()
        if kept and began + slowest > deadline:
            break
        found[k] = mender.judged(samples[k], energies[k].item())
        key = samples[k].tobytes()
        if key not in known:
            known[key] = mender.mended(found[k])
        kept[k] = known[key]
        if k != best and mender.beats(kept[k], kept[best]):
            best = k
        slowest = max(slowest, time.perf_counter() - began)
    if spare is not None:
        alone = mender.judged(spare, model.energy(spare))
        if mender.beats(alone, kept[best]):
            kept[best] = alone
    rounds = 0
    if shake:
        limit = min(_ROUNDS, _SPINS // max(model.num_spins, 1)) if np.isinf(deadline) else np.inf
        while rounds < limit and not mender.is_proved(kept[best]) and time.perf_counter() + slowest <= deadline:
            rounds += 1
            spins = _shaken(kept[best].spins, rng)
            other = mender.mended(mender.judged(spins, model.energy(spins)))
            if not mender.beats(kept[best], other):
                kept[best] = other
    samples, energies = samples.copy(), energies.copy()
    changed = [k for k in kept if mender.beats(kept[k], found[k])]
    for k in changed:
        samples[k], energies[k] = kept[k].spins, kept[k].energy
    return Finish(samples, energies, best, best in changed, len(changed), rounds)


def mended_start(problem: Problem, model: IsingModel, spins: np.ndarray) -> tuple[np.ndarray, float]:
    """Some configuration mended, and the seconds that it took: what repair is worth, and what it costs."""
    began = time.perf_counter()
    mender = _Mender(problem, model)
    mended = mender.mended(mender.judged(spins, model.energy(spins)))
    return mended.spins, time.perf_counter() - began


class _Mender:
    """Judges and mends spins of one problem."""

    def __init__(self, problem: Problem, model: IsingModel) -> None:
        self.problem = problem
        self.model = model
        self.bound = problem.objective_bound()

    def judged(self, spins: np.ndarray, energy: Any) -> _Candidate:
        """Spins with their answer."""
        return self._candidate(spins, energy, self.problem.decode(spins))

    def mended(self, candidate: _Candidate) -> _Candidate:
        """What repair makes of it, if that is better."""
        answer = self.problem.repair(candidate.answer)
        try:
            spins = self.problem.encode(answer)
        except ValueError:  # an answer that could not be mended, and that no spins stand for
            return candidate
        mended = self._candidate(spins, self.model.energy(spins), answer)
        return mended if self.beats(mended, candidate) else candidate

    def beats(self, one: _Candidate, other: _Candidate) -> bool:
        """Whether one is better: feasible where the other is not, then by objective (infeasible ones: by energy)."""
        if one.feasible != other.feasible:
            return one.feasible
        if one.feasible and one.objective != other.objective:
            return self.problem.is_better(one.objective, other.objective)
        return bool(one.energy < other.energy)

    def is_proved(self, candidate: _Candidate) -> bool:
        """Whether no answer can be better."""
        bound = self.bound
        return bound is not None and candidate.feasible and not self.problem.is_better(bound, candidate.objective)

    def _candidate(self, spins: np.ndarray, energy: Any, answer: Any) -> _Candidate:
        return _Candidate(spins, energy, answer, self.problem.is_feasible(answer), self.problem.objective(answer))


def _shaken(spins: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Spins of which a few are flipped, as likely from +1 as from -1."""
    shaken = spins.copy()
    up, down = np.flatnonzero(spins > 0), np.flatnonzero(spins < 0)
    flips = int(rng.integers(1, 3 + int(np.sqrt(len(up)))))
    for _ in range(flips):
        pool = up if len(up) and (not len(down) or rng.random() < 0.5) else down
        if len(pool):
            shaken[pool[rng.integers(len(pool))]] *= -1
    return shaken
