r"""Tuning an arm: its step, momentum, clip, ... chosen on training instances, with the same effort for every arm.

The objective is the mean over training instances and replicas of the Ising energy per spin, raw or finished.  Every
candidate sees the same starts and the same noise on an instance (common random numbers), so that differences between
candidates are far less noisy than their energies.

1. A race.  Candidates spread evenly over the ranges (a grid for one number, a Sobol' sequence for more; step, clip and
   temperature on a logarithmic scale), with the arm's own numbers among them, run on a few instances; the better half
   goes on to twice as many, and so on until the survivors have seen all (successive halving).
2. A refinement.  About the winner three clouds of points, each half as wide as the one before and about the best so
   far, run on all training instances.

What was tuned was tuned *on the training instances*: its energy there is no estimate of what the arm will do elsewhere.

Candidates run side by side in one batch, which a search that asks for one point at a time would not allow.

Sources: Jamieson, Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016
(successive halving); Sobol', USSR Comput. Math. Math. Phys. 7, 86 (1967).
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
_ROUNDS = 3  # of the refinement
_POINTS = 4  # in each cloud, for each number
_FIRST_WIDTH = 0.1  # of the first cloud, to either side, as a fraction of the range
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
    sharers: int | None = None,
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
    sharers : int, optional
        How many runs will share the cost of a pilot, where that is not the number of replicas.
    """
    names = arm.tuned_names
    if not names:
        return Tuning({}, np.nan, 0)
    race = Race(arm, budget, benches, seeds, replicas, objective, sharers)
    race.refine(race.halve(_candidates(arm)))
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
    own = [position(arm, name, number) for name, number in own_numbers(arm).items()]
    return np.vstack([np.clip(own, 0.0, 1.0), spread(count, total)])


def spread(dimension: int, count: int) -> np.ndarray:
    """Points spread evenly over the unit cube: a grid on a line, a Sobol' sequence beyond; shape (count, dimension)."""
    if dimension == 1:
        return np.linspace(0.0, 1.0, count)[:, None]
    from scipy.stats import qmc

    power = int(np.ceil(np.log2(count)))
    return qmc.Sobol(dimension, rng=np.random.default_rng(0)).random_base2(power)[:count]


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
    sharers : int, optional
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
        sharers: int | None = None,
    ) -> None:
        self._sharers = sharers
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

    def run_all(self, points: Any, count: int) -> None:
        """Run candidates on the first ``count`` instances, as far as they have not, side by side."""
        keys = [tuple(float(coordinate) for coordinate in point) for point in points]
        arms = {key: self.arm_at(key) for key in keys if len(self._energies.setdefault(key, [])) < count}
        for position in range(count):
            missing = [key for key in arms if len(self._energies[key]) == position]
            if not missing:
                continue
            bench, seed = self._benches[position], self._seeds[position]
            outcomes = bench.run_all(
                [arms[key] for key in missing],
                self._budget,
                self._replicas,
                seed,
                finish=self._finish,
                sharers=self._sharers,
            )
            for key, outcome in zip(missing, outcomes, strict=True):
                energy = float(outcome.finished.mean()) / max(bench.model.num_spins, 1)
                self._energies[key].append(np.inf if outcome.diverged.any() else energy)
                self.products += round(outcome.products * self._replicas)

    def score(self, point: Any, count: int) -> float:
        """Mean energy per spin on the first ``count`` instances; infinite where a run diverged."""
        self.run_all([point], count)
        return float(np.mean(self._energies[tuple(float(coordinate) for coordinate in point)][:count]))

    def halve(self, survivors: np.ndarray) -> np.ndarray:
        """Successive halving of points, shape (points, d); returns the best of those that see every instance."""
        count = min(_FIRST_INSTANCES, len(self._benches))
        while True:
            self.run_all(survivors, count)
            scores = np.array([self.score(point, count) for point in survivors])
            order = np.argsort(scores, kind="stable")
            if count == len(self._benches):
                return survivors[order[0]]
            survivors = survivors[np.sort(order[: max(2, -(-len(survivors) // 2))])]
            count = min(2 * count, len(self._benches))

    def refine(self, start: np.ndarray) -> None:
        """Clouds of points about the best one, on all instances, each half as wide as the one before."""
        d = len(start)
        centre, width = np.asarray(start, dtype=np.float64), _FIRST_WIDTH
        for _ in range(_ROUNDS):
            cloud = np.clip(centre + width * (2.0 * spread(d, _POINTS * d) - 1.0), 0.0, 1.0)
            self.run_all(cloud, self.instances)
            scores = [self.score(point, self.instances) for point in (centre, *cloud)]
            centre = (centre, *cloud)[int(np.argmin(scores))]
            width *= 0.5

    @property
    def best(self) -> tuple[float, ...]:
        """The best of the points that have seen every instance, or, while there is none, of those that saw most."""
        most = max(map(len, self._energies.values()))
        complete = [key for key, known in self._energies.items() if len(known) == most]
        return min(complete, key=lambda key: float(np.mean(self._energies[key])))
