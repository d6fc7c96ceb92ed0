r"""What a dynamics is, and the units that it runs in.

Machine units: with :math:`\lambda = \lambda_{\max}(J)`,

.. math::
    x = \sqrt{\lambda/2}\; \tilde x, \quad J = (\lambda/2)\, \tilde J, \quad h = (\lambda/2)^{3/2}\, \tilde h, \quad
    a = (\lambda/2)\, \tilde a, \quad t = (2/\lambda)\, \tilde t, \quad T = (\lambda/2)^2\, \tilde T,

so that :math:`\lambda_{\max}(\tilde J) = 2`, the threshold lies at :math:`\tilde a = -2` for every model, and the
equation of motion keeps its form.  Amplitudes, energies and fields are converted back where they leave the driver.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..couplings import Couplings

__all__ = ["Batch", "Dynamics", "Machine"]


@dataclass(frozen=True)
class Machine:
    """One model in machine units, and what drives it; shared, unchanging, by every batch of replicas.

    Attributes
    ----------
    couplings : Couplings
        J̃ and h̃ in float32.
    smallest_eigenvalue : float
        λ_min(J̃), a little below the true one; the largest is 2.
    largest_eigenvalue : float
        λ itself, in the model's units; 0 without couplings.
    amplitude_unit : float
        √(λ/2), what one machine unit of amplitude is in the model's.
    pump : numpy.ndarray, shape (steps,)
        ã at each step.
    temperature : numpy.ndarray, shape (steps,)
        T̃ at each step: the flow is a Langevin equation where it is positive.
    measurement_noise : numpy.ndarray, shape (steps,)
        Standard deviation, in machine units of amplitude, of what is added to an amplitude as the couplings see it.
    dt, momentum : float
    clip : float
        Largest amplitude, in machine units; infinite for none.
    fields_follow : bool
        Whether a field acts in proportion to the mean amplitude of its replica, as the couplings do (Inui et al.,
        Commun. Phys. 5, 154, 2022), instead of as it stands in the soft-spin energy.
    options : mapping
        The dynamics' own parameters.
    """

    couplings: Couplings
    smallest_eigenvalue: float
    largest_eigenvalue: float
    amplitude_unit: float
    pump: np.ndarray
    temperature: np.ndarray
    measurement_noise: np.ndarray
    dt: float
    momentum: float
    clip: float
    fields_follow: bool
    options: Mapping[str, Any]

    @property
    def pump_unit(self) -> float:
        """λ/2, which is also the unit of the couplings."""
        return self.amplitude_unit**2

    @property
    def energy_unit(self) -> float:
        """(λ/2)²."""
        return self.amplitude_unit**4

    @property
    def steps(self) -> int:
        """Number of steps of the run."""
        return len(self.pump)


class Batch(ABC):
    """A batch of replicas under way: what the loop needs.

    Attributes
    ----------
    amplitudes : numpy.ndarray, float32, shape (n, replicas)
        x̃; also what the couplings act on, unless :attr:`source` says otherwise.
    sign_changes : numpy.ndarray, int64, shape (replicas,)
        Sign changes since the start.
    smallest_dt : float
        The smallest step that stability has demanded so far.
    """

    amplitudes: np.ndarray
    sign_changes: np.ndarray
    smallest_dt: float

    @property
    def source(self) -> np.ndarray:
        """What the couplings act on in the next step, (n, replicas)."""
        return self.amplitudes

    def prepare(self, k: int) -> None:  # noqa: B027 - most dynamics have nothing to prepare
        """Make :attr:`source` ready for step k."""

    @abstractmethod
    def step(self, k: int, field: np.ndarray) -> None:
        """Take step k, given J̃ times :attr:`source`; ``field`` may be overwritten."""

    @abstractmethod
    def diverged(self) -> np.ndarray:
        """Which replicas hold a number that is not finite; bool, shape (replicas,)."""


class Dynamics(ABC):
    """A law of motion: makes batches of replicas that obey it.

    Attributes
    ----------
    name : str
        What ``simulate(dynamics=...)`` calls it.
    summary : str
        One line for listings.
    options : mapping from str
        Its own parameters, with their defaults.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    options: ClassVar[Mapping[str, Any]] = {}

    @abstractmethod
    def start(self, machine: Machine, amplitudes: np.ndarray, rng: np.random.Generator) -> Batch:
        """Batch that starts at the given amplitudes, (n, replicas) in machine units, which become its own."""
