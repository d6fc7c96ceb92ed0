"""What an optimisation of a ramp returns, and how it is measured on instances that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.checks import checked_generator, checked_integer

from ..results import Status
from ..schedules import Schedule, linear
from .arms import Arm
from .door import checked_models, same_model
from .evaluation import Workbench

__all__ = [
    "OptimisedSchedule",
    "Validation",
    "check_fresh",
    "checked_instances",
    "seed_sequences",
    "standard_error",
]


@dataclass(frozen=True)
class Validation:
    """Energies per spin on instances that the search has not seen; standard errors are over instances.

    Attributes
    ----------
    energy, error : float
        Of the optimised schedule, raw or finished as it was tuned for.
    straight_energy : float
        Of the straight line between the same end points, with the same step, momentum and clip.
    difference, difference_error : float
        Schedule less straight line, paired by instances, starts and noise.
    instances : int
    """

    energy: float
    error: float
    straight_energy: float
    difference: float
    difference_error: float
    instances: int


@dataclass(frozen=True, eq=False)
class OptimisedSchedule:
    """What came of an optimisation; see :func:`optimise_schedule`.

    Attributes
    ----------
    schedule : Schedule
        The ramp, piecewise linear.
    arm : Arm
        The machine with it: a contender for :func:`cim.schedule_study`, with nothing left to tune.
    numbers : dict from str to float
        ``start``, ``stop`` and what else was tuned.
    training_energy, training_error : float
        Mean energy per spin on the training instances and its standard error over them.  Not a performance: the
        schedule was chosen for it.
    evaluations, products : int
        Candidates that were run, and the matrix-vector products of all their runs.
    history : list of (int, float)
        Products spent, and the lowest training energy so far, whenever it fell; of candidates that have seen every
        training instance.
    status : Status
        ``COMPLETED``, or ``INTERRUPTED`` by Ctrl-C or the callback: the best so far.
    validation : Validation or None
    """

    schedule: Schedule
    arm: Arm
    numbers: dict[str, float]
    training_energy: float
    training_error: float
    evaluations: int
    products: int
    history: list[tuple[int, float]]
    status: Status
    validation: Validation | None
    _budget: int
    _finish: bool
    _training: tuple[IsingModel, ...]

    def validate(
        self,
        instances: Sequence[IsingModel | Problem],
        replicas: int = 8,
        *,
        seed: int | np.random.Generator | None = 1,
    ) -> Validation:
        """Energies on other instances, beside the straight line's.

        Parameters
        ----------
        instances : sequence of IsingModel or Problem
            At least two, none of which was trained on.
        replicas : int, default 8
        seed : int, numpy.random.Generator or None, default 1

        Raises
        ------
        ValueError, TypeError
            If an instance was trained on, or an argument is malformed.
        """
        models = checked_instances(instances, "validation", at_least=2)
        check_fresh(models, self._training)
        replicas = checked_integer(replicas, "replicas", at_least=1)
        seeds = seed_sequences(checked_generator(seed), len(models))
        arms = (self.arm, replace(self.arm, schedule=linear(self.numbers["start"], self.numbers["stop"])))
        energies = np.empty((2, len(models)))
        for k, (model, sequence) in enumerate(zip(models, seeds, strict=True)):
            bench = Workbench(model)
            for line, arm in enumerate(arms):
                outcome = bench.run(arm, self._budget, replicas, sequence, finish=self._finish)
                energies[line, k] = outcome.finished.mean() / max(model.num_spins, 1)
        difference = energies[0] - energies[1]
        return Validation(
            float(energies[0].mean()), standard_error(energies[0]), float(energies[1].mean()),
            float(difference.mean()), standard_error(difference), len(models),
        )  # fmt: skip


def checked_instances(instances: Any, name: str, at_least: int = 1) -> list[IsingModel]:
    """Models of a sequence of models and problems, or an error that names the entry."""
    if isinstance(instances, (IsingModel, Problem)) or not hasattr(instances, "__iter__"):
        raise TypeError(f"{name}: a sequence of models or problems is needed, but it is {type(instances).__name__}")
    entries = list(instances)
    if len(entries) < at_least:
        raise ValueError(f"{name}: at least {at_least} instances are needed, but there are {len(entries)}")
    return checked_models(entries, name)


def check_fresh(models: Sequence[IsingModel], training: Sequence[IsingModel]) -> None:
    """Refuse instances that were trained on: their energy is no measurement."""
    for k, model in enumerate(models):
        if any(same_model(model, other) for other in training):
            raise ValueError(f"validation[{k}]: is one of the training instances; give others")


def seed_sequences(rng: np.random.Generator, count: int) -> list[np.random.SeedSequence]:
    """Seeds of starts and noise, one for each instance."""
    return np.random.SeedSequence(int(rng.integers(2**63))).spawn(count)


def standard_error(values: np.ndarray) -> float:
    """Standard error of the mean; NaN for a single value."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
