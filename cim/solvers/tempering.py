r"""Parallel tempering as a solver: ladders of chains at temperatures between hot and cold, quenched as they go.

The sampler is :mod:`landscapes.sampling`'s.  Every few sweeps copies of the coldest chains are quenched by a 1-flip
descent, and the lowest minimum is kept.  Every attempt starts from random spins, and every second one lasts twice as
long as those before, so attempts are independent: how many of them end in the same best energy tells how sure it is.

Temperatures run geometrically from a tenth of a small norm of a row of J to 0.7 times the largest: on the
Sherrington–Kirkpatrick model from 0.1 to 0.7 J₀, where the critical temperature is J₀.  On sparse graphs without
fields, of mean degree at most 6, four ladders meet in isoenergetic cluster moves, provided that a short run beforehand
finds clusters that do not percolate.  The moves are decisive on two-dimensional lattices; on cubic ones and on random
graphs the clusters percolate, and cost more than they give.

Source: Hukushima, Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996); Zhu, Ochoa, Katzgraber, Phys. Rev. Lett. 115, 077201
(2015).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ising_problems import IsingModel
from ising_problems.checks import checked_integer
from landscapes.chains import empty_records
from landscapes.couplings import SpinCouplings, spin_couplings
from landscapes.ladders import CLUSTER_SPINS, CLUSTERS, build_ladders, temper_sparse

from ..couplings import natural_scale, treat_as_dense
from ..schedules import sample
from .base import Budget, ContinuousSearch, ContinuousSolver, Effort
from .tempering_kernels import ROUND, Quench, search_dense, search_sparse

__all__ = ["ParallelTempering"]

_QUENCHED = 0.25  # of the temperatures, the coldest
_COLD, _HOT = 0.1, 0.7  # in units of a small and of the largest norm of a row
_HOT_CLUSTERS = 0.5  # with cluster moves, which do at the colder temperatures what the hotter ones are for
_FEWEST, _MOST = 6, 40  # temperatures
_LADDERS = 4  # that meet in cluster moves
_LARGEST_DEGREE = 6.0  # mean, up to which cluster moves are tried
_PERCOLATING = 0.34  # mean size of a cluster, as a part of the spins: 0.3 in two dimensions, 0.4 and more in three
_PROBE = (8, 25, 4e6)  # temperatures, sweeps and proposals at most of the run that tells
_LARGEST_FIELD = 2.0  # in units of the absolute sum of a spin's couplings
_SLICE = 3_000_000  # proposals in a slice
_LEAST_SCALE = 1e-100  # of couplings that are taken as they are; they are brought to order 1 beyond
_MOST_SWEEPS = 100_000  # in a slice, of all chains: on a few spins a sweep costs more than its proposals


class ParallelTempering(ContinuousSolver):
    """Parallel tempering with quenches, dense and sparse, with cluster moves on lattices."""

    name: ClassVar[str] = "pt"
    summary: ClassVar[str] = "parallel tempering, with isoenergetic cluster moves on lattices"
    reference: ClassVar[str] = (
        "Hukushima, Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996); "
        "Zhu, Ochoa, Katzgraber, Phys. Rev. Lett. 115, 077201 (2015)"
    )
    unit: ClassVar[str] = "sweep of all temperatures"
    options: ClassVar[Mapping[str, Any]] = {"temperatures": None, "cluster_moves": None}

    def effort(self, model: IsingModel) -> Effort:
        """Two islands of 10⁸ proposals each, but no less than 200 sweeps and no more than 20,000."""
        clusters = _clusters_may_help(model)
        chains = _temperature_count(model, clusters) * (_LADDERS if clusters else 1)
        steps = int(np.clip(1e8 / (max(model.num_spins, 1) * chains), 200, 20_000))
        return Effort(replicas=2, steps=steps, replicas_per_thread=1)

    def prepare(self, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> _Prepared:
        """Couplings in whole numbers, temperatures and compiled kernels."""
        prepared = _Prepared(model, schedule, options)
        _Tempering(prepared, Budget(), np.random.default_rng(0), None).search(0)
        return prepared

    def begin(
        self, prepared: _Prepared, budget: Budget, rng: np.random.Generator, initial: np.ndarray | None
    ) -> ContinuousSearch:
        """Island that starts from random spins, or with every chain from ``initial``."""
        return _Tempering(prepared, budget, rng, initial)


def _clusters_may_help(model: IsingModel) -> bool:
    """Whether cluster moves are worth a try: no fields, and few neighbours."""
    return not model.has_fields and 2 * model.num_couplings <= _LARGEST_DEGREE * model.num_spins


def _temperature_count(model: IsingModel, cluster_moves: bool) -> int:
    """Neighbouring temperatures exchange often enough if their number grows as √n; half as many do with clusters."""
    share = 0.5 if cluster_moves else 1.0
    return int(np.clip(round(share * 0.75 * np.sqrt(model.num_spins)), _FEWEST, share * _MOST))


class _Prepared:
    """The model in the sampler's form, and the ladder of temperatures, coldest first."""

    def __init__(self, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> None:
        self.model = model
        scale = natural_scale(model)
        if not _LEAST_SCALE < scale < 1.0 / _LEAST_SCALE:  # its squares would leave float64
            with np.errstate(over="ignore"):
                model = IsingModel(model.J / scale, np.clip(model.h / scale, -1e150, 1e150))
        else:
            scale = 1.0
        squares, sums = _row_norms(model)
        norms = np.sqrt(squares)
        cold, hot = _COLD * np.percentile(norms[norms > 0], 5), norms.max()
        chosen = options["cluster_moves"]
        if chosen is not None and not isinstance(chosen, bool):
            raise ValueError(f"cluster_moves: must be True, False or None, but it is {chosen!r}")
        # A field larger than all couplings of its spin decides it: held to a little above, it spoils no precision.
        h = np.clip(model.h, -_LARGEST_FIELD * sums, _LARGEST_FIELD * sums)
        if not np.array_equal(h, model.h):
            model = IsingModel(model.J, h, copy=False)
        self.cluster_moves = bool(chosen)
        if chosen is None and _clusters_may_help(model):
            sparse = spin_couplings(model, dense=False)
            self.cluster_moves = _cluster_size(sparse, cold, _HOT_CLUSTERS * hot) < _PERCOLATING
        self.couplings = spin_couplings(model, dense=treat_as_dense(model) and not self.cluster_moves)
        if options["temperatures"] is None:
            count = _temperature_count(model, self.cluster_moves)
        else:
            count = checked_integer(options["temperatures"], "temperatures", 2)
        if schedule is None:
            self.temperatures = np.geomspace(cold, (_HOT_CLUSTERS if self.cluster_moves else _HOT) * hot, count)
        else:
            values = sample(schedule, count)
            if values.min() <= 0.0:
                raise ValueError(f"schedule: a temperature must be greater than 0, but one is {values.min():g}")
            if len(np.unique(values)) < count:
                raise ValueError("schedule: the temperatures must differ; let it fall from the hottest to the coldest")
            self.temperatures = np.sort(values) * np.sqrt(squares.mean())
        self.details = {
            "temperatures": (self.temperatures * scale).tolist(),
            "cluster_moves": self.cluster_moves,
            "exact_couplings": self.couplings.is_exact,
        }


def _cluster_size(couplings: SpinCouplings, cold: float, hot: float) -> float:
    """Mean size of a cluster, as a part of the spins, in a short run of two ladders."""
    count, sweeps, proposals = _PROBE
    n = couplings.num_spins
    rng = np.random.default_rng(0)
    spins = 2 * rng.integers(0, 2, (2, count, n), dtype=np.int8) - 1
    ladders = build_ladders(couplings, np.geomspace(cold, hot, count), spins, rng)
    records = empty_records(2, count, n, ladders.energies.dtype)
    length = int(np.clip(proposals / (2 * count * n), 5, sweeps))
    temper_sparse(*couplings.doubled, ladders, length, False, count, records, 0, 0)
    return float(ladders.counts[CLUSTER_SPINS].sum() / (n * ladders.counts[CLUSTERS].sum()))


def _row_norms(model: IsingModel) -> tuple[np.ndarray, np.ndarray]:
    """Sum of J² and of |J| over each row, float64, shapes (n,)."""
    if model.is_sparse:
        squares = np.asarray(model.J.astype(np.float64).power(2).sum(axis=1)).ravel()
        return squares, np.asarray(abs(model.J).sum(axis=1), dtype=np.float64).ravel()
    squares, sums = np.empty(model.num_spins), np.empty(model.num_spins)
    for start in range(0, model.num_spins, 1024):
        block = np.abs(model.J[start : start + 1024], dtype=np.float64)
        sums[start : start + 1024] = block.sum(axis=1)
        squares[start : start + 1024] = np.einsum("ij,ij->i", block, block)
    return squares, sums


class _Tempering(ContinuousSearch):
    """One island: attempts one after the other, every second one twice as long as those before."""

    def __init__(
        self, prepared: _Prepared, budget: Budget, rng: np.random.Generator, initial: np.ndarray | None
    ) -> None:
        couplings = prepared.couplings
        self.budget = budget
        self._prepared = prepared
        self._rng = rng
        self._taken = 0
        self._attempts = 0
        self._hits = 0
        self._best: np.ndarray | None = None
        self._best_energy = np.inf
        self._exact_energy: float | None = None
        self._ladders_count = _LADDERS if prepared.cluster_moves else 1
        chains = self._ladders_count * len(prepared.temperatures)
        rounds = max(1, min(_SLICE // (ROUND * couplings.num_spins * chains), _MOST_SWEEPS // (ROUND * chains)))
        self._slice = ROUND * rounds
        self._length = ROUND * int(np.clip(couplings.num_spins // 20, 10, 100))
        number = couplings.fields.dtype
        self._quenched = Quench(
            spins=np.ones((1, couplings.width), dtype=np.int8),
            fields=np.zeros((1, couplings.width), dtype=number),
            energies=np.zeros(1, dtype=np.int64 if number.kind == "i" else np.float64),
            limits=np.full((1, couplings.width), -1, dtype=number),
            best_spins=np.ones(couplings.width, dtype=np.int8),
            best_energy=np.zeros(1, dtype=np.int64 if number.kind == "i" else np.float64),
        )
        self._start(initial)

    def _start(self, initial: np.ndarray | None) -> None:
        """A new attempt."""
        prepared, n = self._prepared, self._prepared.couplings.num_spins
        shape = (self._ladders_count, len(prepared.temperatures), n)
        if initial is None:
            spins = 2 * self._rng.integers(0, 2, shape, dtype=np.int8) - 1
        else:
            spins = np.broadcast_to(initial[0], shape)
        self._ladders = build_ladders(prepared.couplings, prepared.temperatures, spins, self._rng)
        energy_type = self._ladders.energies.dtype
        self._records = empty_records(shape[0], shape[1], n, energy_type)
        coldest = int(np.argmin(self._ladders.energies))
        self._quenched.best_spins[:] = self._ladders.spins[coldest]
        self._quenched.best_energy[0] = self._ladders.energies[coldest]
        self._attempt_taken = 0

    def advance(self) -> None:
        steps = min(self._slice, self._length - self._attempt_taken)
        if self.budget.steps is not None:
            steps = min(steps, self.budget.steps - self._taken)
        self.search(steps)
        self._taken += steps
        self._attempt_taken += steps
        energy = float(self._quenched.best_energy[0])
        tolerance = 1e-9 * abs(energy)
        ended = self._attempt_taken >= self._length
        if energy < self._best_energy - tolerance:
            self._best = self._quenched.best_spins[: self._prepared.couplings.num_spins].copy()
            self._best_energy = energy
            self._exact_energy = None
            self._hits = 0
        if ended:
            self._attempts += 1
            self._hits += energy <= self._best_energy + tolerance
            self._length *= 1 + (self._attempts % 2 == 0)
            self._start(None)

    def search(self, steps: int) -> None:
        """Sweeps of all chains, with quenches, within one attempt."""
        prepared = self._prepared
        cold = max(1, int(_QUENCHED * len(prepared.temperatures)))
        common = self._ladders, self._records, self._quenched, steps, cold
        if prepared.couplings.is_dense:
            search_dense(*prepared.couplings.doubled, *common)
        else:
            clusters = len(prepared.temperatures) if prepared.cluster_moves else 0
            search_sparse(*prepared.couplings.doubled, *common, clusters)

    @property
    def finished(self) -> bool:
        enough = self.budget.hits is not None and self._hits >= self.budget.hits
        return enough or super().finished

    @property
    def steps_taken(self) -> int:
        return self._taken

    @property
    def attempts(self) -> int:
        return self._attempts

    @property
    def hits(self) -> int:
        return self._hits

    def spins(self) -> np.ndarray:
        best = self._quenched.best_spins[: self._prepared.couplings.num_spins] if self._best is None else self._best
        return best[None, :].copy()

    def lowest(self) -> tuple[float, int]:
        if self._exact_energy is None or self._best is None:
            model = self._prepared.model
            self._exact_energy = float(model.energy(self.spins()[0]) - model.offset)
        return self._exact_energy, 0
