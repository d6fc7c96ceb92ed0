r"""The motion of discrete simulated bifurcation on dense couplings, by two kernels behind one face.

The equations are those of :mod:`cim.solvers.discrete_bifurcation`, in units in which :math:`J_* =
\max(\lambda_{\max}/2, J_0)` is 1: what a kernel calls its gain is :math:`1/J_*` in its own unit of the couplings.  A
negative mean of the couplings is treated apart, as :mod:`cim.dynamics.discrete_packed` explains; :math:`J_0` is then
that of the rest.  :math:`\lambda_{\max}` is estimated by the largest :math:`s^{\mathsf T} J s/n` that iterating
:math:`s \leftarrow \operatorname{sign} J s` meets: the kernels do that by a force so strong that nothing else counts.

A motion can be restricted to some of the spins, the others being held: memetic search moves parts of its members so.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from typing import ClassVar, Protocol

import numpy as np

from ..dynamics.discrete_events import EventState, restrict
from ..dynamics.discrete_packed import PackedState
from ..dynamics.packed_couplings import PackedCouplings
from .fixed_point import FixedPoint

__all__ = ["DiscreteMotion", "EventMotion", "PackedMotion"]

_TRIALS, _ITERATIONS = 4, 8  # of the sign iteration that estimates the largest eigenvalue


class _State(Protocol):
    """Positions and momenta of some replicas under a kernel."""

    def advance(self, losses: np.ndarray, dt: float, gain: float) -> None: ...

    def spins(self) -> np.ndarray: ...

    def local_fields(self) -> np.ndarray: ...

    def energies(self) -> np.ndarray: ...


class DiscreteMotion(ABC):
    """The motion on one dense model: its units, and how a state begins.

    Attributes
    ----------
    kernel : str
    num_spins : int
    unit : float
        Unit of the kernel's couplings in the model's numbers.
    spread : float
        Root-mean-square norm of a row of the couplings without their uniform part, in that unit.
    gain : float
        Inverse of J* in that unit.
    default_dt : float
    nanoseconds : float
        What a step of one spin costs, roughly.
    """

    kernel: ClassVar[str]
    num_spins: int
    unit: float
    spread: float
    gain: float
    default_dt: ClassVar[float]
    nanoseconds: float

    @abstractmethod
    def state(self, x: np.ndarray, y: np.ndarray, with_fields: bool = True) -> _State:
        """State at positions and momenta of shape (replicas, n)."""

    def local_fields(self, spins: np.ndarray) -> np.ndarray:
        """Local fields of spins, in the unit of the kernel, float64; (n,) -> (n,)."""
        state = self.state(spins[None, :], np.zeros((1, len(spins)), dtype=np.float32))
        state.advance(np.zeros(1, dtype=np.float32), 0.0, 0.0)  # moves nothing, but counts
        return state.local_fields()[0]

    @abstractmethod
    def restricted(self, spins: np.ndarray, free: np.ndarray) -> DiscreteMotion:
        """The motion of some spins, int64 in increasing order, while all others stay as in ``spins``, (n,)."""

    def advance(self, state: _State, pump: np.ndarray, dt: float) -> None:
        """One step for each value of the pump, float32."""
        state.advance(-pump, dt, self.gain)

    def _find_gain(self) -> None:
        """The gain, from the spread and an estimate of λ_max."""
        rng = np.random.default_rng(0)
        start = rng.choice(np.array([-1.0, 1.0], dtype=np.float32), (_TRIALS, self.num_spins))
        state = self.state(start, np.zeros_like(start), with_fields=False)
        once = np.ones(1, dtype=np.float32)
        largest = 0.0
        for _ in range(_ITERATIONS):
            state.advance(once, 1.0, 1e6)  # so strong a force makes every position the sign of its field
            largest = max(largest, -2.0 * float(state.energies().min()) / self.num_spins)
        self.gain = 1.0 / max(0.5 * largest, self.spread)


class PackedMotion(DiscreteMotion):
    """By population counts.

    Parameters
    ----------
    couplings : PackedCouplings
    """

    kernel: ClassVar[str] = "packed"
    default_dt: ClassVar[float] = 0.78

    def __init__(self, couplings: PackedCouplings) -> None:
        self.couplings = couplings
        self.num_spins, self.unit = couplings.num_spins, couplings.unit
        self.nanoseconds = 0.5 + 0.0035 * couplings.num_planes * self.num_spins
        self.spread = couplings.spread
        self._find_gain()

    def state(self, x: np.ndarray, y: np.ndarray, with_fields: bool = True) -> PackedState:
        """State at positions and momenta of shape (replicas, n)."""
        return PackedState(self.couplings, x, y, with_fields)

    def restricted(self, spins: np.ndarray, free: np.ndarray) -> PackedMotion:
        """The motion of some spins, int64 in increasing order, while all others stay as in ``spins``, (n,)."""
        couplings = self.couplings.restricted(free)
        motion = copy(self)
        motion.couplings, motion.num_spins = couplings, len(free)
        couplings.fields[: len(free)] = self.local_fields(spins)[free] - motion.local_fields(spins[free])
        return motion


class EventMotion(DiscreteMotion):
    """By a row of the couplings for each sign that changes.

    Parameters
    ----------
    couplings : FixedPoint
    """

    kernel: ClassVar[str] = "events"
    default_dt: ClassVar[float] = 0.42

    def __init__(self, couplings: FixedPoint) -> None:
        n = couplings.num_spins
        self.matrix, self.fields = couplings.matrix, couplings.fields
        self.num_spins, self.unit = n, couplings.unit
        self.nanoseconds = 0.5 + 0.006 * n
        total = sum(float(row.sum(dtype=np.float64)) for row in couplings.matrix)
        self._uniform = min(0.0, total / (n * (n - 1)))
        self._no_fields = np.where(np.arange(couplings.width) < n, 0, couplings.fields).astype(couplings.fields.dtype)
        self.spread = max(0.0, couplings.temperature_unit**2 - (n - 1) * self._uniform**2) ** 0.5
        self._find_gain()

    def state(self, x: np.ndarray, y: np.ndarray, with_fields: bool = True) -> EventState:
        """State at positions and momenta of shape (replicas, n)."""
        return EventState(self.matrix, self.fields if with_fields else self._no_fields, x, y, self._uniform)

    def restricted(self, spins: np.ndarray, free: np.ndarray) -> EventMotion:
        """The motion of some spins, int64 in increasing order, while all others stay as in ``spins``, (n,)."""
        motion = copy(self)
        motion.matrix, motion.fields = restrict(self.matrix, self.fields, spins, free)
        motion.num_spins = len(free)
        return motion
