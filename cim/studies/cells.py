"""The cells of a study of schedules: one tunes an arm for a budget, one runs every arm on an instance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import IsingModel
from ising_problems.checks import seed_sequence
from landscapes.sweep import cell_generator

from .arms import Arm, tuned
from .evaluation import Workbench
from .tuning import tune_arm

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FINISHES", "FRACTIONS", "LINES", "NUMBERS", "evaluate_cell", "tune_cell", "tuning_record", "with_numbers"]

LINES = ("own", "straight")
FINISHES = ("raw", "finished")
FRACTIONS = 41  # at which the pump is kept
NUMBERS = ("dt", "momentum", "clip", "noise", "start", "stop")


def tune_cell(
    schedule: tuple[Arm, Arm],
    budget: int,
    *,
    seed: np.random.Generator,
    models: list[IsingModel],
    replicas: int,
    sharers: int,
    objective: str,
    entropy: int,
) -> dict[str, Any]:
    """One cell of the tuning: an arm and its straight line, for one budget."""
    # starts and noise of a training instance are the same for every schedule: not from the cell's own seed
    seeds = [seed_sequence(cell_generator(entropy, {"training": k})) for k in range(len(models))]
    benches = [Workbench(model) for model in models]
    numbers = np.full((len(LINES), len(NUMBERS)), np.nan)
    energies, products = np.full(len(LINES), np.nan), np.zeros(len(LINES), dtype=np.int64)
    own, straight = schedule
    for line, arm in enumerate((own,) if own.is_straight else (own, straight)):
        result = tune_arm(arm, budget, benches, seeds, replicas, objective, sharers)
        for name, value in result.numbers.items():
            numbers[line, NUMBERS.index(name)] = value
        energies[line], products[line] = result.energy, result.products
    if own.is_straight:
        numbers[1], energies[1] = numbers[0], energies[0]
    return {
        "tuned": (("line", "number"), numbers),
        "training_energy": ("line", energies),
        "tuning_products": ("line", products),
    }


def evaluate_cell(
    budget: tuple[int, dict[str, tuple[Arm, Arm]]], instance: IsingModel, *, seed: np.random.Generator, replicas: int
) -> xr.Dataset:
    """One cell of the study: every arm and its straight line on one instance, from the same starts."""
    import xarray as xr

    size, arms = budget
    sequence = seed_sequence(seed)
    bench = Workbench(instance)
    shape = (len(arms), len(LINES))
    energy = np.empty((*shape, len(FINISHES), replicas))
    record = {name: np.empty(shape) for name in ("products", "steps", "seconds", "finishing_seconds")}
    pump = np.empty((*shape, FRACTIONS))
    diverged = np.empty((*shape, replicas), dtype=bool)
    fractions = np.linspace(0.0, 1.0, FRACTIONS)
    places = [(a, line) for a, pair in enumerate(arms.values()) for line in range(1 if pair[0].is_straight else 2)]
    pairs = list(arms.values())
    outcomes = bench.run_all([pairs[a][line] for a, line in places], size, replicas, sequence)
    for (a, line), outcome in zip(places, outcomes, strict=True):
        energy[a, line] = outcome.raw, outcome.finished
        for name, column in record.items():
            column[a, line] = getattr(outcome, name)
        whole = outcome.plan.schedule
        pump[a, line] = [whole(float(u)) for u in fractions] if callable(whole) else whole
        diverged[a, line] = outcome.diverged
    for a, (own, _) in enumerate(pairs):
        if own.is_straight:  # it is its own control
            for array in (energy, pump, diverged, *record.values()):
                array[a, 1] = array[a, 0]
    record_of = ("schedule", "line")
    return xr.Dataset(
        {
            "energy": ((*record_of, "finish", "replica"), energy, {"long_name": "Ising energy of a run"}),
            **{name: (record_of, column) for name, column in record.items()},
            "pump": ((*record_of, "fraction"), pump, {"long_name": "pump", "units": "λ_max/2"}),
            "diverged": ((*record_of, "replica"), diverged),
        },
        coords={
            "schedule": list(arms),
            "line": list(LINES),
            "finish": list(FINISHES),
            "replica": np.arange(replicas),
        },
    )


def with_numbers(pair: tuple[Arm, Arm], tuning: xr.Dataset | None, name: str, budget: int) -> tuple[Arm, Arm]:
    """An arm and its straight line with their tuned numbers."""
    if tuning is None:
        return pair
    found = tuning["tuned"].sel(schedule=name, budget=budget).values
    own, straight = (
        tuned(arm, {known: float(value) for known, value in zip(NUMBERS, row, strict=True) if not math.isnan(value)})
        for arm, row in zip(pair, found, strict=True)
    )
    return own, (straight if not pair[0].is_straight else own)


def tuning_record(
    tuning: xr.Dataset | None, arms: Mapping[str, Arm], sizes: list[int], at: Mapping[int, int]
) -> dict[str, Any]:
    """What was tuned, for each schedule, line and budget of the study."""
    dimensions = ("schedule", "line", "budget")
    shape = (len(arms), len(LINES), len(sizes))
    if tuning is None:
        return {
            "tuned": ((*dimensions, "number"), np.full((*shape, len(NUMBERS)), np.nan)),
            "training_energy": (dimensions, np.full(shape, np.nan)),
            "tuning_products": (dimensions, np.zeros(shape, dtype=np.int64)),
        }
    rows = tuning.sel(budget=[at[size] for size in sizes])
    return {
        "tuned": ((*dimensions, "number"), rows["tuned"].transpose(*dimensions, "number").values),
        "training_energy": (dimensions, rows["training_energy"].transpose(*dimensions).values),
        "tuning_products": (dimensions, rows["tuning_products"].transpose(*dimensions).values),
    }
