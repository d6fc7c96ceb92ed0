"""Arguments of the samplers, checked at the door."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.checks import check_spins, number_array

__all__ = [
    "checked_cluster_moves",
    "checked_initial",
    "checked_model",
    "checked_observables",
    "checked_temperatures",
]

_OBSERVABLES = ("magnetization", "overlap", "link_overlap", "spins")
_LARGEST_DEGREE = 6.0  # mean, up to which cluster moves are made by default: a simple cubic lattice


def checked_model(model: IsingModel | Problem) -> IsingModel:
    """The model to be sampled, with at least one spin."""
    if isinstance(model, Problem):
        model = model.to_ising()
    if not isinstance(model, IsingModel):
        raise TypeError(f"model: an IsingModel or a Problem is needed, not {type(model).__name__}")
    if model.num_spins == 0:
        raise ValueError("model: there are no spins to sample")
    return model


def checked_temperatures(temperatures: Any) -> np.ndarray:
    """Temperatures as float64, positive and increasing; a ``ValueError`` otherwise."""
    values = number_array(temperatures, "temperatures").astype(np.float64)
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"temperatures: a sequence of numbers is needed, but the shape is {values.shape}")
    if not np.isfinite(values).all() or values.min() <= 0:
        wrong = values[~(np.isfinite(values) & (values > 0))][0]
        raise ValueError(f"temperatures: must be finite and greater than 0, but one is {wrong:g}")
    if not (np.diff(values) > 0).all():
        k = int(np.argmin(np.diff(values) > 0))
        raise ValueError(f"temperatures: must increase, but {values[k + 1]:g} comes after {values[k]:g}")
    return values


def checked_observables(record: Sequence[str] | str) -> tuple[str, ...]:
    """Names of what is to be recorded."""
    if record == "all":
        return _OBSERVABLES
    if not isinstance(record, Iterable):
        raise TypeError(f"record: names of observables are needed, but it is {record!r}")
    names = (record,) if isinstance(record, str) else tuple(record)
    for name in names:
        if name not in _OBSERVABLES:
            raise ValueError(f"record: {name!r} is not one of {', '.join(_OBSERVABLES)}")
    return names


def checked_cluster_moves(cluster_moves: bool | str, model: IsingModel, replicas: int) -> bool:
    """Whether cluster moves are made."""
    if isinstance(cluster_moves, str) and cluster_moves == "auto":
        degree = 2.0 * model.num_couplings / model.num_spins
        return replicas >= 2 and not model.has_fields and 0 < degree <= _LARGEST_DEGREE
    if not isinstance(cluster_moves, (bool, np.bool_)):
        raise ValueError(f'cluster_moves: must be True, False or "auto", but it is {cluster_moves!r}')
    if cluster_moves and replicas < 2:
        raise ValueError("cluster_moves: they join two replicas, but replicas is 1; pass replicas=2 or more")
    return bool(cluster_moves)


def checked_initial(initial: Any, replicas: int, count: int, n: int) -> np.ndarray | None:
    """Spins (replicas, T, n)."""
    if initial is None:
        return None
    spins = check_spins(initial, n, "initial")
    if spins.ndim == 2:
        spins = spins[:, None, :]
    if spins.ndim > 3 or (spins.ndim == 3 and (spins.shape[0] != replicas or spins.shape[1] not in (1, count))):
        raise ValueError(
            f"initial: shape ({n},), ({replicas}, {n}) or ({replicas}, {count}, {n}) is needed, "
            f"but it is {np.shape(initial)}"
        )
    return np.broadcast_to(spins, (replicas, count, n))
