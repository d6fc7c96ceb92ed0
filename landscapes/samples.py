"""What a sampler returns: time series, averages with their errors, and how the run went, as a labelled data set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import IsingModel

from .autocorrelation import autocorrelation_time
from .chains import Plan, Replicas
from .ladders import ATTEMPTED, CLUSTER_SPINS, CLUSTERS, DESCENDING, EXCHANGED, VISITED

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["samples_dataset"]


def samples_dataset(model: IsingModel, plan: Plan, groups: list[Replicas]) -> xr.Dataset:
    """Data set of what the groups measured; its variables are described in :func:`landscapes.parallel_tempering`."""
    import xarray as xr

    n, unit = model.num_spins, plan.couplings.unit
    reached = min(group.measured for group in groups)
    series: dict[str, Any] = {}
    energy = np.concatenate([group.records.energy[:reached] for group in groups], axis=1) * unit
    if model.is_integer and plan.couplings.is_exact:
        energy = np.rint(energy).astype(np.int64)
    series["energy"] = (("sweep", "replica", "temperature"), energy + model.offset)
    pairs = [group for group in groups if group.replicas == 2]
    for name in plan.observables:
        of_pairs = name in ("overlap", "link_overlap")
        parts = [getattr(group.records, name)[:reached] for group in (pairs if of_pairs else groups)]
        shape = (reached, 0, len(plan.temperatures))
        values = np.concatenate(parts, axis=1) if parts else np.zeros(shape, dtype=np.int32)
        if name != "spins":
            values = values / (2 * max(model.num_couplings, 1) if name == "link_overlap" else n)
        dimensions = ("sweep", "pair" if of_pairs else "replica", "temperature", "spin")
        series[name] = (dimensions[: values.ndim], values)
    final = np.concatenate([group.spins() for group in groups])
    counts = np.sum([group.ladders.counts for group in groups], axis=0)
    return xr.Dataset(
        {
            **series,
            **_averages(energy + float(model.offset), n, plan),
            "exchange_acceptance": ("gap", _ratio(counts[EXCHANGED], counts[ATTEMPTED])[:-1]),
            "round_trips": ("replica", np.concatenate([group.round_trips() for group in groups])),
            "descending_fraction": ("temperature", _ratio(counts[DESCENDING], counts[VISITED])),
            "cluster_moves": ("temperature", counts[CLUSTERS]),
            "cluster_size": ("temperature", _ratio(counts[CLUSTER_SPINS], counts[CLUSTERS]) / n),
            "final_spins": (("replica", "temperature", "spin"), final),
            "final_energy": (("replica", "temperature"), model.energy(final)),
        },
        coords={
            "sweep": plan.interval * np.arange(1, reached + 1),
            "replica": np.arange(final.shape[0]),
            "pair": np.arange(len(pairs)),
            "temperature": plan.temperatures,
            "gap": np.arange(len(plan.temperatures) - 1),
            "spin": np.arange(n),
        },
    )


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """NaN where there was nothing to count."""
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def _averages(energy: np.ndarray, n: int, plan: Plan) -> dict[str, Any]:
    """Means over time and replicas of energies (M, R, T), with their errors."""
    measured, _, count = energy.shape
    variance = (energy - energy[0, 0]).var(axis=(0, 1))  # exactly 0 where nothing changes
    if measured > 1:
        # Cluster moves hand energy from one replica to another, which is forgetting for each but not for their mean.
        mean = energy.mean(axis=1)
        time_scale = autocorrelation_time(mean[:, None])
        # a series that never changes has no time, and no error
        error = np.sqrt(np.where(variance > 0, 2.0 * time_scale * mean.var(axis=0), 0.0) / measured)
    else:
        time_scale = error = np.full(count, np.nan)
    with np.errstate(over="ignore"):  # of what has not come to rest, or drifts by rounding, near T = 0
        specific_heat = variance / n / plan.temperatures / plan.temperatures
    return {
        "mean_energy": ("temperature", energy.mean(axis=(0, 1))),
        "mean_energy_error": ("temperature", error),
        "specific_heat": ("temperature", specific_heat),
        "autocorrelation_time": ("temperature", plan.interval * time_scale),
    }
