"""What a study of schedules is given, checked at the door, and which instances are set apart for the tuning."""

from __future__ import annotations

from typing import Any

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.checks import checked_integer, number_array

__all__ = ["check_targets", "checked_budgets", "checked_models", "same_model", "training_split"]

_MOST_TRAINING = 16  # instances set apart where the user does not say how many
_SHARE_OF_TRAINING = 4  # one in so many


def checked_models(instances: Any, name: str) -> list[IsingModel]:
    """Models of one spin or more, problems turned into theirs, or an error that names the argument."""
    if isinstance(instances, (IsingModel, Problem)):
        instances = [instances]
    try:
        entries = list(instances)
    except TypeError:
        raise TypeError(f"{name}: a sequence of models or problems is needed, but it is {instances!r}") from None
    if not entries:
        raise ValueError(f"{name}: there is none; give one model or problem at least")
    models = []
    for position, entry in enumerate(entries):
        model = entry.to_ising() if isinstance(entry, Problem) else entry
        if not isinstance(model, IsingModel):
            raise TypeError(f"{name}[{position}]: an IsingModel or a Problem is needed, not {type(entry).__name__}")
        if model.num_spins == 0:
            raise ValueError(f"{name}[{position}]: it has no spins, so there is nothing to compare; leave it out")
        models.append(model)
    return models


def checked_budgets(budgets: Any) -> list[int]:
    """Numbers of products, one of each at least."""
    entries = [budgets] if np.ndim(budgets) == 0 else list(budgets)
    if not entries:
        raise ValueError("budgets: there is none; give one number of products at least")
    sizes = [checked_integer(size, f"budgets[{position}]", 1) for position, size in enumerate(entries)]
    twice = sorted({size for size in sizes if sizes.count(size) > 1})
    if twice:
        raise ValueError(f"budgets: each is needed once, but {twice[0]} is there twice")
    return sizes


def training_split(
    training: Any, models: list[IsingModel], wanted: bool, before: int | None
) -> tuple[list[IsingModel], int]:
    """The training instances, and the first of the others that is evaluated.

    ``before`` is how many a study has that is resumed: by default it keeps them, however many instances it has now.
    """
    others = None if training is None or np.ndim(training) == 0 else checked_models(training, "training")
    if not wanted:
        if others or (training is not None and checked_integer(training, "training", 0) > 0):
            raise ValueError("training: nothing is tuned, so no instance need be set apart; leave it out")
        return [], 0
    if others:
        for k, other in enumerate(others):
            if any(same_model(model, other) for model in models):
                raise ValueError(
                    f"training[{k}]: is one of the instances that are evaluated, where a tuned arm would look better "
                    "than it is; give others, or a number to set some of the instances apart"
                )
        return others, 0
    if training is None:
        count = before or min(_MOST_TRAINING, -(-len(models) // _SHARE_OF_TRAINING))
    else:
        count = checked_integer(training, "training", 1)
    if count >= len(models):
        raise ValueError(
            f"instances: with {len(models)} of them and {count} set apart for tuning, none is left to evaluate; give "
            "more, or training= others of the same kind, or tune_for=None"
        )
    return models[:count], count


def same_model(model: IsingModel, other: IsingModel) -> bool:
    """Whether two models have the same couplings and fields."""
    if model is other:
        return True
    if model.num_spins != other.num_spins or model.is_sparse != other.is_sparse:
        return False
    if not np.array_equal(model.h, other.h):
        return False
    if not model.is_sparse and not np.array_equal(model.J[:1], other.J[:1]):
        return False  # most pairs end here, before their matrices are compared
    different = (model.J != other.J).nnz if model.is_sparse else not np.array_equal(model.J, other.J)
    return not different


def check_targets(targets: Any, instances: int) -> None:
    """What :func:`study_statistics` would refuse is refused before the work."""
    if targets is None:
        return
    values = number_array(targets, "targets").astype(np.float64)
    if values.shape not in ((), (instances,)) or not np.isfinite(values).all():
        raise ValueError(
            f"targets: one finite energy, or one for each of the {instances} instances that are evaluated, is needed, "
            f"but it is {targets!r}"
        )
