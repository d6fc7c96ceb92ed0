"""Overlaps of replicas in blocks that are independent of each other, and jackknife errors over these blocks.

An error bar needs units that do not know of each other.  Here they are instances where there are several of them, each
of the same weight, and otherwise stretches of one sample: of time in a run, of consecutive rows in an array of spins.
The jackknife estimates a function f of means from f of the means without one block each; with B blocks its variance is
(B - 1)/B times the sum of squared deviations (Efron, Stein, Ann. Stat. 9, 586 (1981)).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from ising_problems.checks import check_spins, checked_integer, refuse_masked

__all__ = ["Blocks", "jackknife", "overlap_blocks"]


class Blocks(NamedTuple):
    """Overlaps of groups of replicas, block by block."""

    overlaps: list[np.ndarray]  # of each block (samples, groups, T, pairs in a group), whole multiples of 1/n
    weights: np.ndarray  # (B,)
    num_spins: int
    temperatures: np.ndarray | None  # (T,); None where there is no such axis, and then T = 1

    def means(self, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Mean of a function of the overlaps over the samples and groups of each block, shape (B, T, …)."""
        return np.stack([function(block).mean(axis=(0, 1)) for block in self.overlaps])


def jackknife(
    means: np.ndarray, weights: np.ndarray, function: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """A function of weighted means and its standard error, which is NaN for a single block.

    Parameters
    ----------
    means : numpy.ndarray, shape (B, …)
        Of each block.
    weights : numpy.ndarray, shape (B,)
    function : callable
        Of the mean, shape (…).

    Returns
    -------
    value, error : numpy.ndarray
    """
    count = len(means)
    value = function(np.tensordot(weights, means, 1) / weights.sum())
    if count == 1:
        return value, np.full_like(value, np.nan)
    every = np.arange(count)
    without = np.stack(
        [function(np.tensordot(weights[every != b], means[every != b], 1) / weights[every != b].sum()) for b in every]
    )
    deviations = without - without.mean(axis=0)
    return value, np.sqrt((count - 1) / count * (deviations**2).sum(axis=0))


def overlap_blocks(samples: Any, blocks: Any, group: int = 2) -> Blocks:
    """Overlaps within disjoint groups of consecutive replicas, in independent blocks.

    Parameters
    ----------
    samples : xarray.Dataset, sequence of them, or array_like of ±1
        As for :func:`landscapes.overlap_distribution`.
    blocks : int
        Blocks that one run is cut into.
    group : int
        Replicas in a group: 2 for pairs, 3 for triples.
    """
    blocks = checked_integer(blocks, "blocks", 2)
    if hasattr(samples, "data_vars"):
        overlaps, n, temperatures = _of_run(samples, group)
        return Blocks(*_cut(overlaps, blocks), n, temperatures)
    if isinstance(samples, Sequence) and len(samples) and all(hasattr(run, "data_vars") for run in samples):
        return _of_instances(samples, group)
    if isinstance(samples, Sequence) and any(hasattr(run, "data_vars") for run in samples):
        raise TypeError("samples: runs cannot be mixed with anything else; pass runs of parallel_tempering alone")
    refuse_masked(samples, "samples")
    array = np.asarray(samples)
    if array.ndim not in (2, 3) or array.shape[-2] < group or array.shape[0] == 0:
        raise ValueError(
            f"samples: runs, or spins of shape (replicas, n) or (instances, replicas, n) with {group} replicas or more "
            f"are needed, but the shape is {array.shape}"
        )
    spins = check_spins(array, array.shape[-1], "samples")
    if spins.ndim == 2:
        return Blocks(*_cut(_of_spins(spins, group), blocks), spins.shape[-1], None)
    return Blocks([_of_spins(instance, group) for instance in spins], np.ones(len(spins)), spins.shape[-1], None)


def _of_instances(runs: Sequence[Any], group: int) -> Blocks:
    parts = [_of_run(run, group) for run in runs]
    _, n, temperatures = parts[0]
    for k, (_, others, at) in enumerate(parts):
        if others != n:
            raise ValueError(f"samples: run {k} has {others} spins, but run 0 has {n}; pass runs of one size")
        if not np.array_equal(np.asarray(at), np.asarray(temperatures)):
            raise ValueError(f"samples: run {k} is at other temperatures than run 0; pass runs of one ladder")
    return Blocks([overlaps for overlaps, _, _ in parts], np.ones(len(parts)), n, temperatures)


def _of_run(run: Any, group: int) -> tuple[np.ndarray, int, np.ndarray | None]:
    """Overlaps (M, P, T, pairs in a group) of a run of the sampler."""
    needed = "spins" if group > 2 else "overlap"
    name = needed if needed in run or "spins" not in run else "spins"
    if name not in run:
        raise ValueError(f'samples: the run holds no {needed}; sample with record=("{needed}",)')
    ladder = "temperature" in run[name].dims
    values = run[name] if ladder else run[name].expand_dims("temperature")
    if name == "overlap":
        overlaps = values.transpose("sweep", "pair", "temperature").values[..., None]
    else:
        overlaps = _products(values.transpose("sweep", "replica", "temperature", "spin").values, group)
    if overlaps.shape[0] == 0 or overlaps.shape[1] == 0:
        raise ValueError(f"samples: the run holds no {group} replicas; sample with replicas={group} or more")
    temperatures = values["temperature"].values if ladder else None
    return overlaps, run.sizes["spin"], temperatures


def _of_spins(spins: np.ndarray, group: int) -> np.ndarray:
    """Overlaps (samples, 1, 1, pairs in a group) of the rows of an array."""
    groups = len(spins) // group
    return _products(spins[: groups * group].reshape(groups, group, 1, spins.shape[-1]), group)


def _products(spins: np.ndarray, group: int) -> np.ndarray:
    """Overlaps (M, R // group, T, pairs in a group) of spins (M, R, T, n)."""
    n = spins.shape[-1]
    first = spins.shape[1] // group * group
    members = [spins[:, k:first:group] for k in range(group)]
    totals = [np.einsum("...i,...i->...", a, b, dtype=np.int32) for a, b in combinations(members, 2)]
    return np.stack(totals, axis=-1) / n if n else np.full((*totals[0].shape, len(totals)), np.nan)


def _cut(overlaps: np.ndarray, blocks: int) -> tuple[list[np.ndarray], np.ndarray]:
    """At most so many stretches of the first axis, and how long each is."""
    parts = np.array_split(overlaps, min(blocks, len(overlaps)))
    return parts, np.array([len(part) for part in parts], dtype=np.float64)
