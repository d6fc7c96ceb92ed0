r"""Simulated annealing with incremental local fields.

Metropolis sweeps over the spins at a falling temperature.  With the local field :math:`f_i` up to date, a flip of
spin i costs :math:`\Delta E = 2 s_i f_i`, and it is accepted where :math:`\Delta E \le T e` with e a standard
exponential variate: the Metropolis rule, :math:`P(e \ge \Delta E/T) = \min(1, e^{-\Delta E/T})`.  So a proposal costs
one product and one comparison, of which a vector of 32 is made at once; only a block that holds an acceptance is gone
through, and only an accepted flip touches the couplings (a row of J dense, the neighbours sparse).

The variates come from a pool that is drawn anew for each slice and read from a random place for each sweep and
replica.  Replicas share the pool, and with it a little correlation: right for optimisation; a sampler that reports
thermal averages draws its own.  Sweeps at one temperature against enumeration are a test.

Temperatures are in units of :math:`J_0 = \sqrt{\sum_{ij} J_{ij}^2/n}`, the root-mean-square norm of a row of J.  By
default they fall from 0.7 times the largest row norm to a tenth of a small one (the fifth percentile), linearly where
the two are within a factor of twenty and geometrically beyond: on the Sherrington–Kirkpatrick model, 0.7 to 0.1.

Source: Kirkpatrick, Gelatt, Vecchi, Science 220, 671 (1983).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ising_problems import IsingModel
from landscapes.jit import inlined, kernel

from ..couplings import dense_matrix, natural_scale, scaled_fields, sparse_matrix, treat_as_dense
from ..schedules import Schedule, sample
from .base import Effort, Search, Solver

__all__ = ["SimulatedAnnealing"]

_BLOCK = 32  # proposals that are looked at together
_POOL = 1 << 15
_PADDING_FIELD = np.float32(1e30)  # so high that a padding spin is not counted as accepted
_HOTTEST = 1e6  # in units of J0: beyond it every proposal is accepted, and single precision runs out
_SLICE = 400_000  # proposals in a slice of all replicas
_REHEAT = 0.4  # a warm start is not melted: its temperatures are lowered by this factor


class SimulatedAnnealing(Solver):
    """Simulated annealing, dense and sparse."""

    name: ClassVar[str] = "sa"
    summary: ClassVar[str] = "simulated annealing with incremental local fields"
    reference: ClassVar[str] = "Kirkpatrick, Gelatt, Vecchi, Science 220, 671 (1983)"
    unit: ClassVar[str] = "sweep"
    replicas_per_batch: ClassVar[int] = 16

    def effort(self, model: IsingModel) -> Effort:
        """32 replicas; 10⁸ proposals in all (sparse 3·10⁸), within 200 to 10,000 sweeps: a second or so to n = 2000."""
        proposals = 1e8 if treat_as_dense(model) else 3e8
        steps = int(np.clip(proposals / (32 * max(model.num_spins, 1)), 200, 10_000))
        return Effort(replicas=32, steps=steps, replicas_per_thread=1)

    def prepare(self, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> _Prepared:
        """Scaled float32 couplings, temperatures and compiled kernels."""
        prepared = _Prepared(model, schedule)
        _Annealing(prepared, 1, 1, np.random.default_rng(0), None).compile()
        return prepared

    def start(
        self, prepared: _Prepared, replicas: int, steps: int, rng: np.random.Generator, initial: np.ndarray | None
    ) -> Search:
        """Anneal of ``steps`` sweeps."""
        return _Annealing(prepared, replicas, steps, rng, initial)


class _Prepared:
    """Couplings in float32, scaled, rows padded to whole blocks; norms of the rows; the temperatures' schedule."""

    def __init__(self, model: IsingModel, schedule: Any) -> None:
        n = model.num_spins
        self.num_spins = n
        self.width = -(-n // _BLOCK) * _BLOCK
        self.scale = natural_scale(model)
        self.fields = np.zeros(self.width, dtype=np.float32)
        self.fields[:n] = scaled_fields(model, self.scale)
        self.is_dense = treat_as_dense(model)
        if self.is_dense:
            self.matrix: Any = dense_matrix(model, self.scale, self.width)
            squares = np.einsum("ij,ij->i", self.matrix, self.matrix)
        else:
            self.matrix = sparse_matrix(model, self.scale)
            squares = np.asarray(self.matrix.multiply(self.matrix).sum(axis=1)).ravel()
        norms = np.sqrt(squares.astype(np.float64))
        self.unit = float(np.sqrt(np.mean(norms**2)))
        self.hot, self.cold = 0.7 * float(norms.max()), 0.1 * float(np.percentile(norms[norms > 0], 5))
        self.schedule = schedule

    def temperatures(self, steps: int) -> np.ndarray:
        """Temperature of each sweep, in the scaled couplings' unit."""
        if self.schedule is not None:
            values = sample(self.schedule, steps)
            if values.min() < 0.0:
                raise ValueError(f"schedule: a temperature cannot be negative, but it falls to {values.min():g}")
            if values.max() > _HOTTEST:
                raise ValueError(
                    f"schedule: a temperature is at most {_HOTTEST:g} J0, but it rises to {values.max():g}"
                )
            return values * self.unit
        return sample(_Cooling(self.hot, self.cold), steps)


@dataclass(frozen=True)
class _Cooling(Schedule):
    """From hot to cold: linear where they are close, geometric where they are far apart."""

    hot: float
    cold: float

    def _at(self, u: np.ndarray) -> np.ndarray:
        if self.hot < 20.0 * self.cold:
            return self.hot + (self.cold - self.hot) * u
        return self.hot * (self.cold / self.hot) ** u


class _Annealing(Search):
    def __init__(
        self,
        prepared: _Prepared,
        replicas: int,
        steps: int,
        rng: np.random.Generator,
        initial: np.ndarray | None,
    ) -> None:
        n = prepared.num_spins
        self._prepared = prepared
        self._rng = rng
        self._steps = steps
        self._done = 0
        self._slice = max(1, _SLICE // (n * replicas))
        thresholds = 0.5 * prepared.temperatures(steps)
        if initial is not None and prepared.schedule is None:
            thresholds *= _REHEAT
        self._thresholds = thresholds.astype(np.float32)
        self._spins = np.ones((replicas, prepared.width), dtype=np.float32)
        self._spins[:, :n] = 2 * rng.integers(0, 2, (replicas, n), dtype=np.int8) - 1 if initial is None else initial
        self._fields = np.full((replicas, prepared.width), _PADDING_FIELD, dtype=np.float32)
        if prepared.is_dense:
            self._fields[:, :n] = self._spins[:, :n] @ prepared.matrix[:, :n]
        else:
            self._fields[:, :n] = (prepared.matrix @ self._spins[:, :n].T).T
        self._fields[:, :n] += prepared.fields[:n]

    def compile(self) -> None:
        """Call the kernel on the real arrays for no sweep at all: it compiles, or loads from the cache."""
        self._sweep(0, 0)

    def advance(self) -> None:
        last = min(self._done + self._slice, self._steps)
        self._sweep(self._done, last)
        self._done = last

    def _sweep(self, first: int, last: int) -> None:
        prepared, rng = self._prepared, self._rng
        pool = rng.standard_exponential(_POOL + prepared.width, dtype=np.float32)
        places = rng.integers(0, _POOL, (last - first, len(self._spins)))
        thresholds = self._thresholds[first:last]
        if prepared.is_dense:
            _sweep_dense(prepared.matrix, thresholds, pool, places, self._spins, self._fields)
        else:
            matrix = prepared.matrix
            _sweep_sparse(
                matrix.indptr, matrix.indices, matrix.data, thresholds, pool, places, self._spins, self._fields
            )

    @property
    def steps_taken(self) -> int:
        return self._done

    def spins(self) -> np.ndarray:
        return self._spins[:, : self._prepared.num_spins].astype(np.int8)

    def lowest(self) -> tuple[float, int]:
        n, prepared = self._prepared.num_spins, self._prepared
        totals = np.einsum("ri,ri->r", self._spins[:, :n], self._fields[:, :n] + prepared.fields[:n], dtype=np.float64)
        replica = int(np.argmax(totals))
        return -0.5 * float(totals[replica]) * prepared.scale, replica


@inlined
def _any_accepted(s: np.ndarray, f: np.ndarray, threshold: np.float32, variates: np.ndarray) -> Any:
    """Whether any of a block of 32 proposals is accepted: counted without a branch, so that it is one vector's work."""
    accepted = np.int32(0)
    for i in range(32):
        accepted += np.int32(s[i] * f[i] <= threshold * variates[i])
    return accepted != np.int32(0)


@kernel
def _sweep_dense(
    matrix: np.ndarray,
    thresholds: np.ndarray,
    pool: np.ndarray,
    places: np.ndarray,
    spins: np.ndarray,
    fields: np.ndarray,
) -> None:
    """Metropolis sweeps, all replicas in step, so that the rows of a block stay in the cache for all of them.

    matrix is (n, width) with zero padding, spins and fields (replicas, width), thresholds T/2 for each sweep, places
    (sweeps, replicas) where in the pool of exponential variates each sweep of each replica begins.
    """
    n, width = matrix.shape
    replicas = spins.shape[0]
    for k in range(thresholds.shape[0]):
        threshold = thresholds[k]
        for start in range(0, n, 32):
            for r in range(replicas):
                s = spins[r, start : start + 32]
                f = fields[r, start : start + 32]
                first = places[k, r] + start
                variates = pool[first : first + 32]
                if not _any_accepted(s, f, threshold, variates):
                    continue
                whole = fields[r]
                for i in range(min(32, n - start)):  # padding spins are counted at worst, never flipped
                    if s[i] * f[i] <= threshold * variates[i]:
                        change = np.float32(-2.0) * s[i]
                        s[i] = -s[i]
                        row = matrix[start + i]
                        for j in range(width):
                            whole[j] += change * row[j]


@kernel
def _sweep_sparse(
    starts: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    thresholds: np.ndarray,
    pool: np.ndarray,
    places: np.ndarray,
    spins: np.ndarray,
    fields: np.ndarray,
) -> None:
    """Metropolis sweeps, one replica after the other; couplings in compressed rows, the rest as in the dense kernel."""
    n = starts.shape[0] - 1
    for r in range(spins.shape[0]):
        whole = fields[r]
        for k in range(thresholds.shape[0]):
            threshold = thresholds[k]
            for start in range(0, n, 32):
                s = spins[r, start : start + 32]
                f = fields[r, start : start + 32]
                first = places[k, r] + start
                variates = pool[first : first + 32]
                if not _any_accepted(s, f, threshold, variates):
                    continue
                for i in range(min(32, n - start)):
                    if s[i] * f[i] <= threshold * variates[i]:
                        change = np.float32(-2.0) * s[i]
                        s[i] = -s[i]
                        for k_entry in range(starts[start + i], starts[start + i + 1]):
                            whole[columns[k_entry]] += change * values[k_entry]
