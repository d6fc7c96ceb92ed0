"""From a model and a run's parameters to a machine, and to where its replicas start; every parameter checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ising_problems import IsingModel
from ising_problems.checks import checked_integer, checked_number, refuse_masked

from ..couplings import Couplings, extreme_eigenvalues
from ..schedules import sample
from .base import Machine

__all__ = ["build_machine", "machine_units", "starting_amplitudes"]


def build_machine(
    model: IsingModel,
    *,
    schedule: Callable[[Any], Any] | float,
    steps: int,
    dt: Callable[[Any], Any] | float,
    momentum: float,
    clip: Callable[[Any], Any] | float | None,
    noise: Callable[[Any], Any] | float,
    measurement_noise: Callable[[Any], Any] | float,
    options: Mapping[str, Any],
    fields_follow: bool = False,
    bounded: bool = False,
    units: Machine | None = None,
) -> Machine:
    """Check a run's parameters and bring the model into machine units.

    Parameters are as in :func:`cim.simulate` and :class:`Machine`; ``bounded`` chooses the units of dynamics whose
    amplitudes are bounded; ``units`` is a machine of the same model, whose couplings serve again.
    """
    steps = checked_integer(steps, "steps", 1)
    temperature, misreading = sample(noise, steps, "noise"), sample(measurement_noise, steps, "measurement_noise")
    for name, values in (("noise", temperature), ("measurement_noise", misreading)):
        if values.min() < 0.0:
            raise ValueError(f"{name}: must not be negative, but it falls to {values.min()}")
    pump = sample(schedule, steps)
    momentum = checked_number(momentum, "momentum", at_least=0.0, below=1.0)
    drive: dict[str, Any] = {
        "pump": pump,
        "temperature": temperature,
        "measurement_noise": misreading,
        "time_steps": _positive(dt, steps, "dt"),
        "momentum": momentum,
        "clips": np.full(steps, np.inf) if clip is None else _positive(clip, steps, "clip"),
        "fields_follow": fields_follow,
        "options": options,
    }
    if units is not None:
        return replace(units, **drive)
    return Machine(**machine_units(model, fields_follow, bounded), **drive)


def _positive(value: Callable[[Any], Any] | float, steps: int, name: str) -> np.ndarray:
    """A positive number, or the positive values of a function, at each step."""
    values = sample(value if callable(value) else checked_number(value, name, above=0.0), steps, name)
    if values.min() <= 0.0:
        raise ValueError(f"{name}: must be positive throughout, but it falls to {values.min():g}")
    return values


def starting_amplitudes(
    model: IsingModel, initial: Any, replicas: int, amplitude_unit: float, rng: np.random.Generator
) -> np.ndarray:
    """Starting amplitudes in machine units, float32, shape (replicas, n).

    Each replica draws from its own generator, so its start does not depend on how many others there are.
    """
    n = model.num_spins
    refuse_masked(initial, "initial")
    values = np.asarray(initial)
    if values.dtype.kind not in "iuf" or not np.isfinite(values).all():
        raise ValueError(f"initial: must be a finite number or finite amplitudes, but it is {initial!r}")
    if values.ndim == 0:
        if values <= 0:
            raise ValueError(f"initial: the spread of the start must be positive, but it is {initial!r}")
        draws = [child.standard_normal(n, dtype=np.float32) for child in rng.spawn(replicas)]
        return np.array(draws, dtype=np.float32).reshape(replicas, n) * np.float32(values)
    if values.shape not in ((n,), (replicas, n)):
        raise ValueError(f"initial: amplitudes of shape ({n},) or ({replicas}, {n}) are needed, got {values.shape}")
    scaled = values / amplitude_unit
    if np.abs(scaled).max(initial=0.0) > np.finfo(np.float32).max:
        raise ValueError(f"initial: amplitudes up to {np.abs(values).max():g} are beyond single precision; lower them")
    return np.array(np.broadcast_to(scaled, (replicas, n)), dtype=np.float32)


def machine_units(model: IsingModel, fields_follow: bool, bounded: bool = False) -> dict[str, Any]:
    """What a :class:`Machine` knows of a model: couplings in machine units, the ends of their spectrum, √(λ_max/2).

    Fields that follow the amplitudes, and those of bounded dynamics, have the unit of the couplings, others
    (λ_max/2)^(3/2).  Without couplings there is no λ_max; amplitudes then follow the fields, so their unit is
    (max|h|)^(1/3), at which the cubic loss balances the largest field, or 1 without fields.
    """
    ends = extreme_eigenvalues(model)
    if ends.largest > 0.0:
        pump_unit = 0.5 * ends.largest
    else:
        strongest = float(np.abs(model.h.astype(np.float64)).max(initial=0.0))
        pump_unit = strongest ** (2.0 / 3.0) if strongest > 0.0 else 1.0
    couplings = Couplings(model, pump_unit, _power(pump_unit, 1.0 if fields_follow or bounded else 1.5))
    norm = _row_norm(couplings) if bounded else 0.0
    if norm > 1.0:
        pump_unit *= norm
        couplings = Couplings(model, pump_unit)
    return {
        "couplings": couplings,
        # Lanczos approaches the ends of the spectrum from inside: the bound on the step takes the outside
        "smallest_eigenvalue": (ends.smallest - ends.uncertainty) / pump_unit,
        "largest_eigenvalue": ends.largest,
        "amplitude_unit": pump_unit**0.5,
        "field_weight": 1.0 if fields_follow or bounded else pump_unit**0.5,
        "bounded_fields": _bounded_fields(couplings) if bounded else couplings.fields,
    }


def _row_norm(couplings: Couplings) -> float:
    """Root-mean-square norm of a row of the scaled couplings."""
    matrix = couplings.matrix
    if couplings.is_dense:
        squares = np.einsum("ij,ij->i", matrix, matrix)
    else:
        squares = np.square(matrix.data)
    return float(np.sqrt(squares.sum(dtype=np.float64) / max(couplings.num_spins, 1)))


def _bounded_fields(couplings: Couplings) -> np.ndarray:
    """Scaled fields, at most twice the sum of |J| over their row; ±4, twice the threshold, where that is zero."""
    if not couplings.fields.any():
        return couplings.fields
    reach = 2.0 * couplings.row_sums()
    bounded = np.where(reach > 0.0, np.clip(couplings.fields, -reach, reach), 4.0 * np.sign(couplings.fields))
    return bounded.astype(np.float32)


def _power(base: float, exponent: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.float64(base) ** exponent)
