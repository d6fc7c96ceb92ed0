r"""What a dynamics is, and the units that it runs in.

Machine units: with :math:`\lambda = \lambda_{\max}(J)`,

.. math::
    x = \sqrt{\lambda/2}\; \tilde x, \quad J = (\lambda/2)\, \tilde J, \quad h = (\lambda/2)^{3/2}\, \tilde h, \quad
    a = (\lambda/2)\, \tilde a, \quad t = (2/\lambda)\, \tilde t, \quad T = (\lambda/2)^2\, \tilde T,

so that :math:`\lambda_{\max}(\tilde J) = 2`, the threshold lies at :math:`\tilde a = -2` for every model, and the
equation of motion keeps its form.  Amplitudes, energies and fields are converted back where they leave the driver.

Dynamics whose amplitudes are bounded (every one but the gradient flow) take the larger of :math:`\lambda/2` and the
root-mean-square row norm :math:`J_0 = \sqrt{\sum_{ij} J_{ij}^2/n}` for their unit instead, so that neither
:math:`\lambda_{\max}(\tilde J) \le 2` nor the rows, of norm 1 at most, grow out of proportion where the spectrum is
lopsided (an antiferromagnet; penalty encodings).  On the Sherrington–Kirkpatrick model the two are the same.  Their
fields have the unit of the couplings.
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
        √(λ/2), or √max(λ/2, J0): what one machine unit of amplitude is in the model's.
    pump : numpy.ndarray, shape (steps,)
        ã at each step.  Like the next four, and the momentum, it may have a last dimension for the replicas of a
        batch, where the dynamics says so (:attr:`Dynamics.drives_replicas_apart`).
    temperature : numpy.ndarray, shape (steps,)
        T̃ at each step: the flow is a Langevin equation where it is positive.
    measurement_noise : numpy.ndarray, shape (steps,)
        Standard deviation, in machine units of amplitude, of what is added to an amplitude as the couplings see it.
    time_steps : numpy.ndarray, shape (steps,)
        dt at each step.
    momentum : float or numpy.ndarray, shape (replicas,)
    clips : numpy.ndarray, shape (steps,)
        Largest amplitude at each step, in machine units; infinite for none.
    noise_period : int
        Replicas that many columns apart see the same noise; 0 for none.
    fields_follow : bool
        Whether a field acts in proportion to the mean amplitude of its replica, as the couplings do (Inui et al.,
        Commun. Phys. 5, 154, 2022), instead of as it stands in the soft-spin energy.
    field_weight : float
        Unit of the fields over that of the couplings: √(λ/2), or 1 where fields have the unit of the couplings.
    bounded_fields : numpy.ndarray, float32, shape (n,)
        h̃, but no larger than twice what the couplings of its spin can add up to: beyond that a field decides its spin
        however large it is.  ±4 for a spin without couplings.
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
    time_steps: np.ndarray
    momentum: Any
    clips: np.ndarray
    fields_follow: bool
    options: Mapping[str, Any]
    field_weight: float
    bounded_fields: np.ndarray
    noise_period: int = 0

    @property
    def pump_unit(self) -> float:
        """λ/2, or max(λ/2, J0), which is also the unit of the couplings."""
        return self.amplitude_unit**2

    @property
    def energy_unit(self) -> float:
        """Square of the unit of the couplings."""
        return self.amplitude_unit**4

    @property
    def steps(self) -> int:
        """Number of steps of the run."""
        return len(self.pump)

    @property
    def dt(self) -> float:
        """The longest time step."""
        return float(self.time_steps.max())


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
    reference : str
        Where it is described.
    drive : mapping from str
        Which of ``schedule``, ``dt``, ``momentum``, ``clip``, ``noise``, ``measurement_noise`` and ``initial`` it
        takes, with its defaults.
    options : mapping from str
        Its own parameters, with their defaults.
    bounded : bool
        Whether its amplitudes have walls: its units are then those of bounded dynamics.
    varying : tuple of str
        Which of ``dt`` and ``clip`` may be functions of the fraction of the run.
    drives_replicas_apart : bool
        Whether the replicas of a batch may have different pumps, temperatures, steps, clips and momenta.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    reference: ClassVar[str] = ""
    drive: ClassVar[Mapping[str, Any]]
    options: ClassVar[Mapping[str, Any]] = {}
    bounded: ClassVar[bool] = False
    varying: ClassVar[tuple[str, ...]] = ()
    drives_replicas_apart: ClassVar[bool] = False

    @abstractmethod
    def start(self, machine: Machine, amplitudes: np.ndarray, rng: np.random.Generator) -> Batch:
        """Batch that starts at the given amplitudes, (n, replicas) in machine units, which become its own."""

    def check(self, machine: Machine) -> None:  # noqa: B027 - most dynamics take any machine
        """Raise a ``ValueError`` or ``TypeError`` that names what is wrong, if this machine cannot obey the law."""

    def driven(self, **given: Any) -> dict[str, Any]:
        """How a run is driven: the defaults, overlaid with what is given and not None.

        Raises
        ------
        ValueError
            If something is given that this dynamics does not have, unless it is none of it, or a function is given
            for what has to be constant in it.
        """
        for name, value in given.items():
            if name in ("dt", "clip") and callable(value) and name not in self.varying:
                raise ValueError(f"{name}: in {self.name!r} it is the same throughout; give a number")
            if name not in self.drive and not _is_none(value):
                has = ", ".join(sorted(set(self.drive) - {"schedule", "dt", "initial"}))
                raise ValueError(f"{name}: {self.name!r} has none{f'; it has {has}' if has else ''}; leave it out")
        return {**_UNDRIVEN, **self.drive, **{name: value for name, value in given.items() if value is not None}}


_UNDRIVEN: Mapping[str, Any] = {"momentum": 0.0, "clip": None, "noise": 0.0, "measurement_noise": 0.0}


def _is_none(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and value == 0)
