"""What a contestant is: it takes an instance, fits its effort to a time limit, and runs.

Two kinds.  One takes a time limit itself.  The other takes a number of sweeps or steps, and how many of them fill the
limit is found by trial: that is :class:`Calibrated`.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

__all__ = ["Calibrated", "Contestant", "Instance", "Outcome"]

Setting = Mapping[str, Any]
Plan = dict[str, Any]


class Instance:
    """An Ising model as arrays: E(s) = -½ s'Js - h's + offset.

    Attributes
    ----------
    n : int
    J : scipy.sparse.csr_array, shape (n, n)
        Symmetric, zero diagonal.
    h : numpy.ndarray, shape (n,)
    offset : float
    """

    def __init__(self, J: Any, h: np.ndarray, offset: float) -> None:
        self.n = len(h)
        self.J = J
        self.h = h
        self.offset = offset

    @classmethod
    def load(cls, path: str) -> Instance:
        """Instance in a NumPy archive that :meth:`save` wrote."""
        import scipy.sparse as sp

        with np.load(path, allow_pickle=False) as archive:
            n = len(archive["h"])
            parts = archive["data"], archive["indices"], archive["indptr"]
            return cls(sp.csr_array(parts, shape=(n, n)), archive["h"], float(archive["offset"]))

    def save(self, path: Path) -> None:
        """Write the arrays."""
        J = self.J
        np.savez(path, data=J.data, indices=J.indices, indptr=J.indptr, h=self.h, offset=self.offset)

    @property
    def density(self) -> float:
        """Share of the pairs that are coupled."""
        return self.J.nnz / max(1, self.n * (self.n - 1))

    @property
    def is_dense(self) -> bool:
        """Whether a full matrix is the natural form."""
        return self.density > 0.2

    @property
    def has_fields(self) -> bool:
        """Whether any field differs from zero."""
        return bool(np.any(self.h))

    def pairs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Each coupled pair once: i < j and J_ij."""
        import scipy.sparse as sp

        upper = sp.triu(self.J, 1).tocoo()
        return upper.coords[0], upper.coords[1], upper.data.astype(np.float64)

    def row_norms(self) -> np.ndarray:
        """Root of the sum of squares of each row of J."""
        squares = self.J.multiply(self.J)
        return np.sqrt(np.asarray(squares.sum(axis=1), dtype=np.float64).ravel())

    def energies(self, spins: np.ndarray) -> np.ndarray:
        """Energy of each row of ±1."""
        s = np.asarray(spins, dtype=np.float64)
        return -0.5 * np.einsum("ri,ri->r", s, (self.J @ s.T).T) - s @ self.h + self.offset


@dataclass
class Outcome:
    """What a run brought.

    Attributes
    ----------
    spins : numpy.ndarray of int8, shape (reads, n)
    history : list of (seconds, energy)
        The best energy against time, where the contestant tells it.
    attempts, hits : int or None
        Independent attempts inside the run, and how many of them ended in its best energy, where it tells them and
        they are not the rows of ``spins``.
    seconds : float or None
        Time of the search by the contestant's own clock, where its fixed cost cannot be told from outside.
    updates : float or None
        Spin updates done.
    """

    spins: np.ndarray
    history: list[tuple[float, float]] = field(default_factory=list)
    attempts: int | None = None
    hits: int | None = None
    seconds: float | None = None
    updates: float | None = None


class Contestant(ABC):
    """A solver in the contest.

    Attributes
    ----------
    name : str
        What the command line and the files call it.
    package, install : str
        What to import or call, and how to get it.
    tuning : str
        What was done to find good parameters for it: the effort, in words.
    settings : sequence of mappings
        Parameters that are tried before the contest, by a run at the full limit with a seed kept out of it; the best
        serves.  The first is the package's own default or advice.
    most_spins : int or None
        Beyond which it is left out, and why it is so is in ``tuning``.
    watches_the_wall_clock : bool
        Whether it takes a time limit that only a clock on the wall ends.
    """

    name: str
    package: ClassVar[str]
    install: ClassVar[str]
    tuning: str = "none: defaults"
    settings: Sequence[Setting] = ({},)
    most_spins: int | None = None
    watches_the_wall_clock: ClassVar[bool] = False
    fixed_cost: float = 0.0

    def version(self) -> str:
        """Version of the package."""
        from importlib.metadata import version

        return version(self.package)

    @abstractmethod
    def load(self, instance: Instance) -> None:
        """Take an instance: convert it, compile; not timed."""

    @abstractmethod
    def plan(self, seconds: float, setting: Setting) -> Plan:
        """Effort that fills so many seconds."""

    @abstractmethod
    def run(self, plan: Plan, seed: int) -> Outcome:
        """Search once."""

    def prepare(self, plan: Plan) -> None:  # noqa: B027
        """Do what a plan needs before it runs; not timed."""


class Calibrated(Contestant):
    """A contestant that is told how much to do, not how long it may take.

    What fills a limit is measured in processor time: other work on the machine must not cost it any sweeps.
    """

    def load(self, instance: Instance) -> None:
        """Convert, and measure the fixed cost of a call: the least of three with next to nothing to do."""
        self.instance = instance
        self.convert(instance)
        self.fixed_cost = 0.0
        plan = self.shape(1, self.settings[0])
        self.prepare(plan)
        self.run(plan, 0)
        self.fixed_cost = min(self._timed(plan, seed) for seed in range(2))

    @abstractmethod
    def convert(self, instance: Instance) -> None:
        """Bring the instance into the package's own form."""

    @abstractmethod
    def shape(self, total: int, setting: Setting) -> Plan:
        """Reads and sweeps of each that make up so many sweeps."""

    def plan(self, seconds: float, setting: Setting) -> Plan:
        """Sweeps that fill the time, from longer and longer trials up to a third of it; time is linear in sweeps."""
        enough = min(0.35 * seconds, 1.5)
        total, elapsed = 16, 0.0
        while True:
            plan = self.shape(total, setting)
            self.prepare(plan)
            elapsed = max(1e-9, min(self._timed(plan, seed) for seed in range(2)))
            if elapsed >= enough or total >= 1 << 30:
                break
            total = int(np.ceil(total * np.clip(1.15 * enough / elapsed, 1.2, 8.0)))
        return self.shape(max(1, int(total * seconds / elapsed)), setting)

    def corrected(self, plan: Plan, spent: float, seconds: float) -> Plan:
        """The plan stretched or cut after a run at full length."""
        return self.shape(max(1, round(plan["total"] * seconds / max(spent, 1e-9))), plan["setting"])

    def _timed(self, plan: Plan, seed: int) -> float:
        began = time.process_time()
        self.run(plan, seed)
        return time.process_time() - began - self.fixed_cost


def reads_and_sweeps(total: int, longest: int | None) -> tuple[int, int]:
    """So many sweeps as reads of equal length, none longer than ``longest`` (None: one read)."""
    reads = 1 if longest is None else max(1, round(total / longest))
    return reads, max(1, total // reads)


def full_temperature_range(instance: Instance) -> tuple[float, float]:
    """Hottest and coldest temperature that suit any spin glass: 0.7 of the largest row norm, 0.1 of a small one."""
    norms = instance.row_norms()
    norms = norms[norms > 0]
    return 0.7 * float(norms.max()), 0.1 * float(np.percentile(norms, 5))
