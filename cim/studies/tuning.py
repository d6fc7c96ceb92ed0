r"""Tuning an arm: its step, momentum, clip, ... chosen on training instances, with the same effort for every arm.

The objective is the mean over training instances and replicas of the Ising energy per spin, raw or finished.  Every
candidate sees the same starts and the same noise on an instance (common random numbers), so that differences between
candidates are far less noisy than their energies.

1. A race.  Candidates spread evenly over the ranges (a grid for one number, a Sobol' sequence for more; step, clip and
   temperature on a logarithmic scale), with the arm's own numbers among them, run on a few instances; the better half
   goes on to twice as many, and so on until the survivors have seen all (successive halving).
2. A descent.  The winner is the centre of a Nelder–Mead search on all training instances, within the ranges.

What was tuned was tuned *on the training instances*: its energy there is no estimate of what the arm will do elsewhere.

Sources: Jamieson, Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016
(successive halving); Nelder, Mead, Comput. J. 7, 308 (1965); Sobol', USSR Comput. Math. Math. Phys. 7, 86 (1967).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arms import Arm, tuned
from .evaluation import Workbench

__all__ = ["Race", "Tuning", "own_numbers", "position", "tune_arm"]

_CANDIDATES = {1: 12, 2: 24, 3: 40}  # in the race; 16 for each number where there are more
_FIRST_INSTANCES = 2
_DESCENT_EVALUATIONS = 7  # of Nelder and Mead, for each number
_FIRST_STEP = 0.06  # of the descent, as a fraction of the range
_LOGARITHMIC = ("dt", "clip", "noise")


@dataclass(frozen=True, eq=False)
class Tuning:
    """What came of tuning an arm.

    Attributes
    ----------
    numbers : dict from str to float
        The tuned numbers.
    energy : float
        Training energy per spin, the objective's value; NaN where nothing was tuned.
    products : int
        Matrix-vector products spent on it, all runs together.
    """

    numbers: dict[str, float]
    energy: float
    products: int


def tune_arm(
    arm: Arm,
    budget: int,
    benches: Sequence[Workbench],
    seeds: Sequence[np.random.SeedSequence],
    replicas: int,
    objective: str,
) -> Tuning:
    """Choose the numbers of an arm for one budget.

    Parameters
    ----------
    arm : Arm
    budget : int
        Matrix-vector products of a run.
    benches : sequence of Workbench
        The training instances.
    seeds : sequence of numpy.random.SeedSequence
        One for each instance: starts and noise.
    replicas : int
        Runs on each instance.
    objective : str
        ``"raw"`` or ``"finished"``: which energy is tuned.
    """
    names = arm.tuned_names
    if not names:
        return Tuning({}, np.nan, 0)
    race = Race(arm, budget, benches, seeds, replicas, objective)
    race.descend(race.halve(_candidates(arm)))
    best = race.best
    numbers = dict(zip(names, race.numbers(best).tolist(), strict=True))
    return Tuning(numbers, race.score(best, len(benches)), race.products)


def own_numbers(arm: Arm) -> dict[str, float]:
    """The arm's numbers as it was given, under the names by which they are tuned: 1 for a factor."""
    drive = arm.drive
    numbers = {}
    for name in arm.tuned_names:
        value = drive.get(name)
        if name in ("start", "stop"):
            end = 0.0 if name == "start" else 1.0
            schedule = drive["schedule"]
            middle = 0.5 * sum(arm.tune[name])
            value = middle if schedule is None else schedule(end) if callable(schedule) else schedule
        elif name == "noise" or callable(value):
            value = 1.0
        elif value is None:
            value = arm.tune[name][1]
        numbers[name] = float(value)
    return numbers


def _candidates(arm: Arm) -> np.ndarray:
    """Points of the unit cube, the arm's own first."""
    count = len(arm.tune)
    total = _CANDIDATES.get(count, 16 * count)
    if count == 1:
        spread = np.linspace(0.0, 1.0, total)[:, None]
    else:
        from scipy.stats import qmc

        power = int(np.ceil(np.log2(total)))
        spread = qmc.Sobol(count, rng=np.random.default_rng(0)).random_base2(power)[:total]
    own = [position(arm, name, number) for name, number in own_numbers(arm).items()]
    return np.vstack([np.clip(own, 0.0, 1.0), spread])


def position(arm: Arm, name: str, number: float) -> float:
    """Where a number lies in its range, from 0 to 1 inside."""
    low, high = arm.tune[name]
    if name in _LOGARITHMIC:
        return float(np.log(number / low) / np.log(high / low))
    return (number - low) / (high - low)


class Race:
    """Energies of an arm as a function of the unit cube; remembers what it has run.

    Parameters
    ----------
    arm : Arm
    budget : int
    benches : sequence of Workbench
    seeds : sequence of numpy.random.SeedSequence
    replicas : int
    objective : str
        All as in :func:`tune_arm`.

    Attributes
    ----------
    products : int
        Matrix-vector products spent so far, all runs together.
    """

    @property
    def instances(self) -> int:
        """Number of training instances."""
        return len(self._benches)

    @property
    def runs(self) -> int:
        """Candidates times instances that were run so far."""
        return sum(map(len, self._energies.values()))

    @property
    def evaluations(self) -> int:
        """Candidates that have run on an instance at least."""
        return sum(map(bool, self._energies.values()))

    def energies(self, point: Any) -> list[float]:
        """Energies per spin of a candidate on the instances that it has run on."""
        return list(self._energies[tuple(float(coordinate) for coordinate in point)])

    def __init__(
        self,
        arm: Arm,
        budget: int,
        benches: Sequence[Workbench],
        seeds: Sequence[np.random.SeedSequence],
        replicas: int,
        objective: str,
    ) -> None:
        self._arm, self._budget, self._replicas = arm, budget, replicas
        self._benches, self._seeds = benches, seeds
        self._finish = objective == "finished"
        self._energies: dict[tuple[float, ...], list[float]] = {}
        self.products = 0

    def numbers(self, point: Any) -> np.ndarray:
        """The numbers that a point of the cube stands for."""
        values = []
        for (name, (low, high)), position in zip(self._arm.tune.items(), point, strict=True):
            if name in _LOGARITHMIC:
                values.append(low * (high / low) ** float(position))
            else:
                values.append(low + (high - low) * float(position))
        return np.array(values)

    def arm_at(self, point: Any) -> Arm:
        """The arm that a point of the cube stands for."""
        return tuned(self._arm, dict(zip(self._arm.tune, self.numbers(point), strict=True)))

    def score(self, point: Any, count: int) -> float:
        """Mean energy per spin on the first ``count`` instances; infinite where a run diverged."""
        key = tuple(float(coordinate) for coordinate in point)
        known = self._energies.setdefault(key, [])
        if len(known) < count:
            arm = self.arm_at(point)
            for bench, seed in zip(self._benches[len(known) : count], self._seeds[len(known) : count], strict=True):
                outcome = bench.run(arm, self._budget, self._replicas, seed, finish=self._finish)
                energy = float(outcome.finished.mean()) / max(bench.model.num_spins, 1)
                known.append(np.inf if outcome.diverged.any() else energy)
                self.products += round(outcome.products * self._replicas)
        return float(np.mean(known[:count]))

    def halve(self, survivors: np.ndarray) -> np.ndarray:
        """Successive halving of points, shape (points, d); returns the best of those that see every instance."""
        count = min(_FIRST_INSTANCES, len(self._benches))
        while True:
            scores = np.array([self.score(point, count) for point in survivors])
            order = np.argsort(scores, kind="stable")
            if count == len(self._benches):
                return survivors[order[0]]
            survivors = survivors[np.sort(order[: max(2, -(-len(survivors) // 2))])]
            count = min(2 * count, len(self._benches))

    def descend(self, start: np.ndarray) -> None:
        """Nelder and Mead's search from a point, on all instances."""
        from scipy.optimize import minimize

        d = len(start)
        simplex = np.vstack([start, *[start + _FIRST_STEP * np.where(start < 0.5, 1, -1) * row for row in np.eye(d)]])
        minimize(
            lambda point: self.score(np.clip(point, 0.0, 1.0), len(self._benches)),
            start,
            method="Nelder-Mead",
            bounds=[(0.0, 1.0)] * d,
            options={"initial_simplex": simplex, "maxfev": _DESCENT_EVALUATIONS * d, "xatol": 1e-3, "fatol": 1e-6},
        )

    @property
    def best(self) -> tuple[float, ...]:
        """The best of the points that have seen every instance, or, while there is none, of those that saw most."""
        most = max(map(len, self._energies.values()))
        complete = [key for key, known in self._energies.items() if len(known) == most]
        return min(complete, key=lambda key: float(np.mean(self._energies[key])))
