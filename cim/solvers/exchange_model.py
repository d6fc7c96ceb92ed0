"""A model with its groups as annealing with exchange moves needs it: couplings, starts, and measured temperatures."""

from __future__ import annotations

from typing import Any

import numpy as np

from ising_problems import IsingModel
from landscapes.random import random_state

from ..couplings import natural_scale, treat_as_dense
from .exchange_kernels import ATTEMPT_BEST, BEST, ENERGY, anneal
from .exchange_state import Bonds, Families, State, settle
from .exchange_tabu import Exchanges, exchanges_of, nanoseconds_per_step, one_family
from .one_hot import OneHotGroups

__all__ = ["ExchangeModel", "may_follow", "nanoseconds_per_sweep"]

_HOTTEST, _COLDEST = 0.5, 0.15  # of a high and of a low percentile of what uphill moves cost in minima
_HIGH_PERCENTILE, _LOW_PERCENTILE = 25.0, 5.0
_WIDEST = 0.2  # coldest over hottest, at most
_MEASURED = 4  # minima
_LONGEST_DESCENT = 1000  # sweeps
_MOST_FOLLOWERS = 512
_ROUNDING = 1e-12  # of a row's absolute sum
_MATRIX_SPINS = 2500  # of a sparse model, up to which single couplings are read from a full matrix
_NO_CHANGES = np.empty(0)


class ExchangeModel:
    """A model with its groups, ready for annealing with exchange moves.

    Parameters
    ----------
    model : IsingModel
    groups : OneHotGroups

    Attributes
    ----------
    num_spins : int
    groups : OneHotGroups
    bonds : Bonds
        Couplings in units of ``scale``, a power of two.
    families : Families
    exchanges : Exchanges or None
        For tabu search, where the groups are one family that covers nearly all spins.
    steps_per_sweep : int
        Steps of tabu search that take as long as a sweep of annealing, about.
    hot, cold : float
        The range of temperatures, in the same units.
    field_energy : float
        Energy of the parts of the fields that were cut off, in the model's numbers.
    details : dict
        For ``Solution.info``.
    """

    def __init__(self, model: IsingModel, groups: OneHotGroups) -> None:
        import scipy.sparse as sp

        self.num_spins = n = model.num_spins
        self.groups = groups
        self.scale = natural_scale(model)
        matrix: Any = (model.J if model.is_sparse else np.asarray(model.J)) / self.scale
        sums = np.asarray(abs(matrix).sum(axis=1), dtype=np.float64).reshape(-1)
        # a field larger than all couplings of its spin decides it: held to a little above, it spoils no precision
        with np.errstate(over="ignore"):
            external = np.clip(model.h / self.scale, -1e300, 1e300)
        self._external = np.clip(external, -2.0 * sums, 2.0 * sums)
        self.field_energy = -self.scale * float((np.abs(external) - np.abs(self._external)).sum())
        dense = treat_as_dense(model)
        rows = sp.csr_array((0, 0)) if dense else sp.csr_array(matrix)
        full = np.empty((0, 0))
        if dense or n <= _MATRIX_SPINS:
            full = matrix.toarray() if model.is_sparse else matrix
        self._matrix = matrix
        self.nanoseconds_per_sweep = nanoseconds_per_sweep(model, groups)
        kind = _number(full if dense else rows.data)
        self.bonds = Bonds(
            matrix=np.ascontiguousarray(full, dtype=kind),
            starts=np.empty(0, dtype=np.int32) if dense else rows.indptr.astype(np.int32),
            columns=rows.indices.astype(np.int32),
            values=rows.data.astype(kind),
            tolerances=_ROUNDING * (sums + np.abs(self._external)),
            within=_common_couplings(matrix, groups),
        )
        self.families = Families(
            groups.primary,
            groups.secondary,
            groups.starts,
            groups.members,
            groups.meeting,
            groups.free,
            _followers(matrix, groups),
        )
        self.exchanges: Exchanges | None = None
        self.steps_per_sweep = 0
        if one_family(groups):
            self.exchanges = exchanges_of(matrix, self._external, groups)
            step = nanoseconds_per_step(model, self.exchanges)
            self.steps_per_sweep = max(1, round(self.nanoseconds_per_sweep / step))
        self.hot, self.cold = self._temperatures()
        self.details = {
            "groups": groups.num_primary + groups.num_secondary,
            "temperatures": [self.hot * self.scale, self.cold * self.scale],
        }

    def state(self, rng: np.random.Generator) -> State:
        """A state without spins yet."""
        n = self.num_spins
        return State(
            spins=np.ones(n, dtype=np.int8),
            fields=np.zeros(n),
            energies=np.full(3, np.inf),
            holders=np.zeros(self.groups.num_primary, dtype=np.int32),
            counts=np.zeros(self.groups.num_secondary, dtype=np.int64),
            sums=np.zeros(self.groups.num_secondary, dtype=np.int64),
            best=np.ones(n, dtype=np.int8),
            random=random_state(rng),
        )

    def place(self, state: State, rng: np.random.Generator, spins: np.ndarray | None) -> None:
        """Random spins, or given ones, made to fulfil the primary groups; with their fields and energy."""
        if spins is None:
            state.spins[:] = 2 * rng.integers(0, 2, self.num_spins, dtype=np.int8) - 1
            state.spins[self.families.primary >= 0] = -1
        else:
            state.spins[:] = spins
        settle(self.families, state, rng.permutation(self.groups.num_primary))
        s = state.spins.astype(np.float64)
        state.fields[:] = self._matrix @ s + self._external
        state.energies[ENERGY] = state.energies[ATTEMPT_BEST] = -0.5 * float(s @ (state.fields + self._external))
        if state.energies[ENERGY] < state.energies[BEST]:
            state.energies[BEST] = state.energies[ENERGY]
            state.best[:] = state.spins

    def descend(self, state: State) -> None:
        """Sweeps at temperature 0, until one finds nothing."""
        still = np.zeros(1)
        for _ in range(_LONGEST_DESCENT):
            if anneal(self.bonds, self.families, state, still, _NO_CHANGES) == 0:
                break

    def _temperatures(self) -> tuple[float, float]:
        """The hottest and the coldest, from what moves cost in minima."""
        rng = np.random.default_rng(0)
        state = self.state(rng)
        uphill = []
        changes = np.empty(self.num_spins)
        for _ in range(_MEASURED):
            self.place(state, rng, None)
            self.descend(state)
            anneal(self.bonds, self.families, state, np.zeros(1), changes)
            uphill.append(changes[changes > 4.0 * self.bonds.tolerances])
        costs = np.concatenate(uphill)
        if costs.size == 0:
            return 1.0, 0.1
        low, high = np.percentile(costs, [_LOW_PERCENTILE, _HIGH_PERCENTILE]).tolist()
        return _HOTTEST * high, min(_COLDEST * low, _WIDEST * _HOTTEST * high)


def nanoseconds_per_sweep(model: IsingModel, groups: OneHotGroups) -> float:
    """What a sweep takes on average over an anneal, about; from sizes and the number of couplings alone."""
    n = max(model.num_spins, 1)
    row = 0.07 * n if treat_as_dense(model) else 0.8 * model.num_couplings / n
    following = 100.0 + 8.0 * row + 2.0 * groups.free.size if may_follow(groups) else 0.0
    return n * (25.0 + row + following)


def may_follow(groups: OneHotGroups) -> bool:
    """Whether there are spins in no group, and few enough, to follow exchanges."""
    return groups.num_primary > 0 and 0 < groups.free.size <= _MOST_FOLLOWERS


def _number(values: np.ndarray) -> np.dtype:
    """float32 where that rounds none of the values, else float64."""
    with np.errstate(over="ignore", under="ignore"):
        return np.dtype(np.float32 if (values.astype(np.float32) == values).all() else np.float64)


def _followers(matrix: Any, groups: OneHotGroups) -> np.ndarray:
    """Spins in no primary group that are coupled to some in one; none where they are too many to be gone through."""
    grouped = groups.primary >= 0
    if not grouped.any() or groups.free.size == 0:
        return np.empty(0, dtype=np.int32)
    coupled = np.asarray(abs(matrix) @ grouped.astype(np.float64)).reshape(-1) > 0.0
    followers = np.flatnonzero(coupled & ~grouped).astype(np.int32)
    return followers if followers.size <= _MOST_FOLLOWERS else followers[:0]


def _common_couplings(matrix: Any, groups: OneHotGroups) -> np.ndarray:
    """Coupling of all pairs of spins of each primary group; NaN where they are not all equal."""
    import scipy.sparse as sp

    upper = sp.triu(matrix, k=1).tocoo()
    group = groups.primary[upper.row]
    inside = np.flatnonzero((group >= 0) & (group == groups.primary[upper.col]))
    group, values = group[inside], upper.data[inside].astype(np.float64)
    sizes = np.diff(groups.starts).astype(np.int64)
    lowest, highest = np.full(len(sizes), np.inf), np.full(len(sizes), -np.inf)
    np.minimum.at(lowest, group, values)
    np.maximum.at(highest, group, values)
    pairs = np.bincount(group, minlength=len(sizes))
    result = np.where((pairs == sizes * (sizes - 1) // 2) & (lowest == highest), lowest, np.nan)
    return np.where(pairs == 0, 0.0, result)
