r"""Simulated annealing, ``algorithm="sa"``: Metropolis sweeps over the spins at a falling temperature.

A sweep proposes every spin once, in order, and accepts a flip by the Metropolis rule at that sweep's temperature; the
local fields are kept up to date, so that only an accepted flip touches the couplings (a row of J dense, the neighbours
sparse).  See :mod:`.annealing_kernels` for the two kernels, which take any numbers.  Which of them runs, and in which
numbers, is decided by the model:

=========================================================  ======  ==========================================
couplings                                                  kernel  J and fields
=========================================================  ======  ==========================================
dense, small multiples of a unit (±1, say)                 dense   ``int8``, ``int16``; exact
the same, stored sparse, 4 % or more, n up to 4000         dense   ``int8``, ``int16``; exact
dense, others of which no row loses 10⁻⁴ by rounding       dense   ``int16``, ``int32``
dense, rows of very different magnitudes                   dense   ``float64`` (J ``float32`` beyond n = 1000)
sparse                                                     sparse  ``float32``
=========================================================  ======  ==========================================

The dense storages are those of :class:`~cim.solvers.fixed_point.FixedPoint`.  Nanoseconds of processor time for each
proposal, one thread of a Xeon with vectors of 512 bits, in anneals of the default length (16 replicas: up to six times
shorter); in brackets, what a branch for each proposal in float32 took before:

==================  ===========  ============  ============
model               kernel       1 replica     16 replicas
==================  ===========  ============  ============
Gaussian, n = 100   int16        3.3 (5.4)     3.3 (5.2)
Gaussian, n = 500   int16        4.6 (6.4)     4.5 (6.0)
Gaussian, n = 1000  int16        6.9 (9.9)     8.2 (11.5)
Gaussian, n = 2000  int16        15.0 (23.8)   15.2 (19.5)
±1, n = 1000        int8         3.8 (9.0)     4.1 (9.7)
±1, n = 2000        int8         7.5 (19.3)    8.7 (17.3)
G1                  int8         4.4 (7.6)     4.3 (7.7)
G14                 sparse       6.0 (7.9)     6.1 (8.0)
G22                 sparse       4.7 (6.1)     4.8 (6.3)
G70                 sparse       2.2 (4.6)     2.4 (5.5)
±1 lattice, 20³     sparse       2.6 (3.6)     2.8 (3.8)
==================  ===========  ============  ============

Rows of very different magnitudes pay for double precision: 1.3 to 2.6 times what float32 took.  The packed lanes of
:mod:`.lane_annealing` gain nothing here: with thresholds made anew for each sweep's temperature, as a schedule asks
for, they took 10.3 ns on G1, 7.1 on G22, 4.1 on G70 and 3.5 on the lattice; integers in the sparse kernel took as long
as float32.

The variates come from a pool that is drawn anew for each slice and read from a random place for each sweep and
replica.  Replicas share the pool, and with it a little correlation: right for optimisation; a sampler that reports
thermal averages draws its own.  Sweeps at one temperature against enumeration are a test.

Temperatures are in units of :math:`J_0 = \sqrt{\sum_{ij} J_{ij}^2/n}`, the root-mean-square norm of a row of J.  By
default they fall from 0.7 times the largest row norm to a tenth of a small one (the fifth percentile), linearly where
the two are within a factor of twenty and geometrically beyond: on the Sherrington–Kirkpatrick model, 0.7 to 0.1.  They
fall to half of that where the model has penalties (:mod:`.penalties`), which make up the norms while the costs
beside them are smaller.

Source: Kirkpatrick, Gelatt, Vecchi, Science 220, 671 (1983).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ising_problems import IsingModel

from ..couplings import treat_as_dense
from ..schedules import Schedule, sample
from .annealing_sweeps import DenseSweeps, SparseSweeps
from .base import Effort, Search, Solver
from .penalties import has_penalties
from .units import common_unit

__all__ = ["SimulatedAnnealing", "annealing_sweeps"]

_POOL = 1 << 15
_HOTTEST = 1e6  # in units of J0: beyond it every proposal is accepted, and single precision runs out
_HOTTEST_ROW, _COLDEST, _COLDEST_OF_PENALTIES = 0.7, 0.1, 0.05  # of row norms
_SLICE = 800_000  # proposals in a slice of all replicas, where flips cost next to nothing
_REHEAT = 0.4  # a warm start is not melted: its temperatures are lowered by this factor
_DENSE_SHARE = 1 / 25  # of couplings: beyond it, bytes side by side are sooner added than neighbours are looked up
_LARGEST_DENSE = 4000  # spins, where that was measured


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
        """Couplings in the numbers that suit them, temperatures and compiled kernels."""
        prepared = _Prepared(model, schedule)
        _Annealing(prepared, 1, 1, np.random.default_rng(0), None).compile()
        return prepared

    def start(
        self, prepared: _Prepared, replicas: int, steps: int, rng: np.random.Generator, initial: np.ndarray | None
    ) -> Search:
        """Anneal of ``steps`` sweeps."""
        return _Annealing(prepared, replicas, steps, rng, initial)


def annealing_sweeps(model: IsingModel) -> DenseSweeps | SparseSweeps:
    """The kernel for a model, with its couplings; see the table above."""
    return DenseSweeps(model) if treat_as_dense(model) or _packs_densely(model) else SparseSweeps(model)


def _packs_densely(model: IsingModel) -> bool:
    """Whether a sparse model has couplings enough, and so small ones, that a dense matrix of bytes is faster."""
    n = model.num_spins
    if n > _LARGEST_DENSE or 2 * model.num_couplings < _DENSE_SHARE * n * n:
        return False
    unit = common_unit(model)
    couplings = model.J.data if model.is_sparse else model.J
    return unit is not None and float(max(couplings.max(), -couplings.min())) <= 127.0 * unit


class _Prepared:
    """The kernel with its couplings, and the temperatures' schedule."""

    def __init__(self, model: IsingModel, schedule: Any) -> None:
        self.sweeps = annealing_sweeps(model)
        norms = self.sweeps.row_norms()
        self.unit = float(np.sqrt(np.mean(norms**2)))
        coldest = _COLDEST_OF_PENALTIES if has_penalties(model) else _COLDEST
        self.hot, self.cold = _HOTTEST_ROW * float(norms.max()), coldest * float(np.percentile(norms[norms > 0], 5))
        self.schedule = schedule

    def temperatures(self, steps: int) -> np.ndarray:
        """Temperature of each sweep, in the unit of the kernel's couplings."""
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
        self._sweeps = sweeps = prepared.sweeps
        self._rng = rng
        self._steps = steps
        self._done = 0
        n = sweeps.num_spins
        self._slice = max(1, int(_SLICE / (sweeps.relative_cost * n * replicas)))
        thresholds = 0.5 * prepared.temperatures(steps)
        if initial is not None and prepared.schedule is None:
            thresholds *= _REHEAT
        self._thresholds = thresholds.astype(np.float32)
        if initial is None:
            initial = 2 * rng.integers(0, 2, (replicas, n), dtype=np.int8) - 1
        self._spins, self._fields = sweeps.place(initial)

    def compile(self) -> None:
        """Call the kernel on the real arrays for no sweep at all: it compiles, or loads from the cache."""
        self._sweep(0, 0)

    def advance(self) -> None:
        last = min(self._done + self._slice, self._steps)
        self._sweep(self._done, last)
        self._done = last

    def _sweep(self, first: int, last: int) -> None:
        pool = self._rng.standard_exponential(_POOL + self._sweeps.width, dtype=np.float32)
        places = self._rng.integers(0, _POOL, (last - first, len(self._spins)))
        self._sweeps.sweep(self._thresholds[first:last], pool, places, self._spins, self._fields)

    @property
    def steps_taken(self) -> int:
        return self._done

    def spins(self) -> np.ndarray:
        return self._spins[:, : self._sweeps.num_spins].astype(np.int8)

    def lowest(self) -> tuple[float, int]:
        energies = self._sweeps.energies(self._spins, self._fields)
        replica = int(np.argmin(energies))
        return float(energies[replica]), replica
