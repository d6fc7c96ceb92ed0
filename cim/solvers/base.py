"""What a solver is: it prepares a model once, then starts searches, each a batch of replicas that runs in slices."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ising_problems import IsingModel

__all__ = ["Effort", "Search", "Solver"]


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
