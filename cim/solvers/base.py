"""What a solver is: it prepares a model once, then starts searches that run in slices.

There are two kinds.  A :class:`Solver` takes a batch of replicas through runs of a given length, each run from new
random spins (annealing, every dynamics); the harness repeats the runs while there is time.  A
:class:`ContinuousSolver` goes on for as long as it may, one island to each search, and keeps the best that it has met
(tabu search, memetic search, the portfolio).
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ising_problems import IsingModel

__all__ = ["Budget", "ContinuousSearch", "ContinuousSolver", "Effort", "Search", "Solver"]


@dataclass(frozen=True)
class Effort:
    """How much work a solver does when nothing else is asked for.

    Attributes
    ----------
    replicas, steps : int
        Without a time limit.
    replicas_per_thread : int
        With one: as many as a thread needs to be used well, and no more, since longer runs beat more of them.
    """

    replicas: int
    steps: int
    replicas_per_thread: int


class Search(ABC):
    """One batch of replicas on its way through one run of an algorithm."""

    @abstractmethod
    def advance(self) -> None:
        """Go on for one slice, whose length in steps depends on the model alone and lasts some tens of milliseconds."""

    @property
    @abstractmethod
    def steps_taken(self) -> int:
        """Steps done so far; the run has ended when it equals the number asked for."""

    @abstractmethod
    def spins(self) -> np.ndarray:
        """Current configurations, int8, shape (replicas, n)."""

    def lowest(self) -> tuple[float, int] | None:
        """Lowest current energy, from float32 fields and without the offset, and its replica; None if not at hand."""
        return None

    def diverged(self) -> bool:
        """Whether a replica has overflowed."""
        return False


class Solver(ABC):
    """An algorithm.

    Attributes
    ----------
    name : str
        What ``solve(algorithm=...)`` calls it.
    summary : str
        One line for listings.
    reference : str
        Where it is described.
    unit : str
        What a step is.
    steps_are_products : bool
        Whether a step costs one matrix-vector product.
    replicas_per_batch : int
        Fixed, so that results do not depend on the number of threads.
    options : mapping from str
        Its own parameters, with their defaults.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    reference: ClassVar[str]
    unit: ClassVar[str]
    steps_are_products: ClassVar[bool] = False
    replicas_per_batch: ClassVar[int]
    options: ClassVar[Mapping[str, Any]] = {}

    def with_groups(self, groups: Sequence[np.ndarray]) -> Solver:
        """The same algorithm for a model of whose spins exactly one is +1 in each of these groups.

        By default an algorithm has no use for them, and returns itself.
        """
        return self

    @abstractmethod
    def effort(self, model: IsingModel) -> Effort:
        """Default number of replicas and steps for a model."""

    @abstractmethod
    def prepare(self, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> Any:
        """Everything that all searches share, computed once; compiles the kernels.

        ``model`` has at least two spins, each with a coupling.
        """

    @abstractmethod
    def start(
        self, prepared: Any, replicas: int, steps: int, rng: np.random.Generator, initial: np.ndarray | None
    ) -> Search:
        """Search of ``steps`` steps, from random spins or from ``initial`` (replicas, n)."""


@dataclass(frozen=True)
class Budget:
    """How long a continuous search may go on.

    Attributes
    ----------
    steps : int or None
        Steps at most; None where time alone bounds the search.
    deadline : float
        Moment of ``time.perf_counter()`` at which it has to be over.
    share : float
        Of the time until then, the part that this search gets; others on the same thread get the rest.
    hits : int or None
        Enough: the search may end once so many independent attempts have ended in the same best energy.
    """

    steps: int | None = None
    deadline: float = float("inf")
    share: float = 1.0
    hits: int | None = None

    def steps_left(self, taken: int, seconds_per_step: float) -> float:
        """Steps that may still be taken, where time bounds them estimated from what a step has cost so far."""
        by_time = (self.deadline - time.perf_counter()) * self.share / max(seconds_per_step, 1e-12)
        by_steps = float("inf") if self.steps is None else self.steps - taken
        return max(0.0, min(by_time, by_steps))


class ContinuousSearch(Search):
    """One island: a search that goes on, restarts when it has run dry, and keeps the best that it has met.

    ``spins()`` is that best, int8, shape (1, n), and ``lowest()`` its energy.  Everything random comes from the
    generator given at the start, so that a search bounded by steps does not depend on how it is cut into slices.
    """

    @abstractmethod
    def lowest(self) -> tuple[float, int]:
        """Energy of the best, without the offset, as the kernels see the couplings; and 0, its place in ``spins()``."""

    @property
    def finished(self) -> bool:
        """Whether the search has reached its budget in steps or hits, or has proved its best to be optimal."""
        return self.steps_taken >= self.budget.steps if self.budget.steps is not None else False

    budget: Budget

    @property
    def attempts(self) -> int:
        """Independent attempts (restarts, members of a first population) that have ended so far."""
        return 0

    @property
    def hits(self) -> int:
        """How many of them ended in the best energy."""
        return 0


class ContinuousSolver(Solver):
    """An algorithm whose searches go on for as long as they may; each search is one replica, an island.

    ``prepare`` returns an object; if that has an attribute ``lower_bound`` (a number or None), it bounds the energy
    from below, without the offset, and if it has ``details`` (a mapping), that is reported in ``Solution.info``.
    """

    replicas_per_batch: ClassVar[int] = 1

    def start(
        self, prepared: Any, replicas: int, steps: int, rng: np.random.Generator, initial: np.ndarray | None
    ) -> Search:
        """An island of so many steps."""
        return self.begin(prepared, Budget(steps=steps), rng, initial)

    @abstractmethod
    def begin(
        self, prepared: Any, budget: Budget, rng: np.random.Generator, initial: np.ndarray | None
    ) -> ContinuousSearch:
        """Island that starts from random spins, or from ``initial``, shape (1, n)."""
