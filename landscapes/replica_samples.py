r"""Overlaps of replicas in blocks that are independent of each other, and jackknife errors over these blocks.

An error bar needs units that do not know of each other.  Here they are instances where there are several of them, each
of the same weight, and otherwise stretches of one sample: of time in a run, of consecutive rows in an array of spins.
The jackknife estimates a function f of means from f of the means without one block each; with B blocks its variance is
(B - 1)/B times the sum of squared deviations (Efron, Stein, Ann. Stat. 9, 586 (1981)).

Few replicas make many pairs: R of them R(R - 1)/2, though only R/2 that are disjoint.  The mean over every group of g
of R independent replicas is a U-statistic, unbiased, and its groups know of each other: the unit of the jackknife is
then the replica.  Block r holds the groups with replica r, of mean :math:`m_r`; the mean over all is
:math:`\bar m = \sum_r m_r / R`, since each group is in g blocks, and counting groups gives the mean over those without
replica r, :math:`(R \bar m - g\, m_r)/(R - g)` (Arvesen, Ann. Math. Stat. 40, 2076 (1969)).  g is the *order* of the
blocks; 1 where they are disjoint.  (The jackknife errs upwards: of a degenerate U-statistic, such as the mean overlap
of a paramagnet, it finds g times the variance.)
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
    order: int = 1  # how many of the blocks each group is in
    of_instances: bool = False  # whether a block is an instance, with couplings of its own

    def means(self, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Mean of a function of the overlaps over the samples and groups of each block, shape (B, T, …)."""
        return np.stack([function(block).mean(axis=(0, 1)) for block in self.overlaps])

    def jackknife(
        self, means: np.ndarray, function: Callable[[np.ndarray], np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """A function of the mean over the blocks and its standard error; see :func:`jackknife`."""
        return jackknife(means, self.weights, function, self.order)


def jackknife(
    means: np.ndarray, weights: np.ndarray, function: Callable[[np.ndarray], np.ndarray], order: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """A function of weighted means and its standard error, which is NaN where no block can be left out.

    Parameters
    ----------
    means : numpy.ndarray, shape (B, …)
        Of each block.
    weights : numpy.ndarray, shape (B,)
    function : callable
        Of the mean, shape (…).
    order : int, default 1
        How many of the blocks each group of replicas is in; weights are equal where that is more than one.

    Returns
    -------
    value, error : numpy.ndarray
    """
    count = len(means)
    mean = np.tensordot(weights, means, 1) / weights.sum()
    value = function(mean)
    if count <= order:
        return value, np.full_like(value, np.nan)
    if order > 1:
        without = np.stack([function(_without(count * mean, order * block) / (count - order)) for block in means])
        return value, np.sqrt((count - 1) / count * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    every = np.arange(count)
    without = np.stack(
        [function(np.tensordot(weights[every != b], means[every != b], 1) / weights[every != b].sum()) for b in every]
    )
    deviations = without - without.mean(axis=0)
    return value, np.sqrt((count - 1) / count * (deviations**2).sum(axis=0))


def _without(total: np.ndarray, part: np.ndarray) -> np.ndarray:
    """The rest of a sum; 0 where that is no more than rounding, which could have either sign."""
    rest = total - part
    return np.where(np.abs(rest) <= 1e-13 * np.abs(total), 0.0, rest)


def overlap_blocks(samples: Any, blocks: Any, group: int = 2, groups: Any = "disjoint") -> Blocks:
    """Overlaps within groups of replicas, in blocks: disjoint groups of consecutive replicas, or all there are.

    Parameters
    ----------
    samples : xarray.Dataset, sequence of them, or array_like of ±1
        As for :func:`landscapes.overlap_distribution`.
    blocks : int
        Blocks that one run is cut into.
    group : int
        Replicas in a group: 2 for pairs, 3 for triples.
    groups : {"disjoint", "all"}
        All of them only of arrays.
    """
    blocks = checked_integer(blocks, "blocks", 2)
    if groups not in ("disjoint", "all"):
        raise ValueError(f'groups: must be "disjoint" or "all", but it is {groups!r}')
    every = groups == "all"
    runs = samples if isinstance(samples, Sequence) else (samples,)
    if every and any(hasattr(run, "data_vars") for run in runs):
        raise ValueError(
            'groups: "all" is for arrays of independent configurations, not for runs of a sampler, which are cut into '
            'stretches of time; leave it at "disjoint" or pass configurations that are far apart'
        )
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
    if every and spins.ndim == 2:
        parts = _of_each_replica(spins, group)
        return Blocks(parts, np.ones(len(parts)), spins.shape[-1], None, group)
    if every:
        parts = [_of_all(instance, group) for instance in spins]
        return Blocks(parts, np.ones(len(spins)), spins.shape[-1], None, of_instances=True)
    if spins.ndim == 2:
        return Blocks(*_cut(_of_spins(spins, group), blocks), spins.shape[-1], None)
    parts = [_of_spins(instance, group) for instance in spins]
    return Blocks(parts, np.ones(len(spins)), spins.shape[-1], None, of_instances=True)


def _of_instances(runs: Sequence[Any], group: int) -> Blocks:
    parts = [_of_run(run, group) for run in runs]
    _, n, temperatures = parts[0]
    for k, (_, others, at) in enumerate(parts):
        if others != n:
            raise ValueError(f"samples: run {k} has {others} spins, but run 0 has {n}; pass runs of one size")
        if not np.array_equal(np.asarray(at), np.asarray(temperatures)):
            raise ValueError(f"samples: run {k} is at other temperatures than run 0; pass runs of one ladder")
    return Blocks([overlaps for overlaps, _, _ in parts], np.ones(len(parts)), n, temperatures, of_instances=True)


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


def _of_all(spins: np.ndarray, group: int) -> np.ndarray:
    """Overlaps (samples, 1, 1, pairs in a group) of all groups of rows of an array."""
    members = np.array(list(combinations(range(len(spins)), group)), dtype=np.int64).reshape(-1, group)
    return _of_members(_all_overlaps(spins), members)


def _of_each_replica(spins: np.ndarray, group: int) -> list[np.ndarray]:
    """For each row of an array the overlaps (samples, 1, 1, pairs in a group) of all groups with that row."""
    overlaps = _all_overlaps(spins)
    count = len(spins)
    others = np.array(list(combinations(range(count - 1), group - 1)), dtype=np.int64).reshape(-1, group - 1)
    first = np.zeros((len(others), 1), dtype=np.int64)
    return [_of_members(overlaps, np.hstack([first + r, others + (others >= r)])) for r in range(count)]


def _all_overlaps(spins: np.ndarray) -> np.ndarray:
    """Overlaps (R, R) of the rows of an array."""
    n = spins.shape[-1]
    wide = spins.astype(np.float64)  # sums of ±1 are exact
    return wide @ wide.T / n if n else np.full((len(spins), len(spins)), np.nan)


def _of_members(overlaps: np.ndarray, members: np.ndarray) -> np.ndarray:
    pairs = [overlaps[members[:, a], members[:, b]] for a, b in combinations(range(members.shape[1]), 2)]
    return np.stack(pairs, axis=-1)[:, None, None]


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
