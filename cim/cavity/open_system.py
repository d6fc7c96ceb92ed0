r"""What QuTiP needs to run an open quantum system, in one object.

.. math:: \dot\rho = -i [H(t), \rho] + \sum_k \Big( L_k \rho L_k^\dagger - \tfrac12 \{L_k^\dagger L_k, \rho\} \Big)

with :math:`\hbar = 1`.  The spins come first in the tensor product, in the order and basis of :mod:`cim.cavity.basis`,
where :math:`\sigma^x` is QuTiP's ``sigmaz()``; modes of a cavity follow.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import qutip
    import xarray as xr

__all__ = [
    "CUTOFF_TOLERANCE",
    "OpenSystem",
    "all_down",
    "largest_of_replicas",
    "single_spin_operators",
    "warn_of_small_cutoff",
]

# Largest probability of a mode's highest Fock state that a run may have without a warning.
CUTOFF_TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class OpenSystem:
    """Hamiltonian, loss and initial state as QuTiP objects, with names for what is worth looking at.

    Attributes
    ----------
    hamiltonian : qutip.Qobj or qutip.QobjEvo
        H, of time where the pump is ramped.
    collapse_operators : tuple of qutip.Qobj or qutip.QobjEvo
        L_k, rates included.
    initial_state : qutip.Qobj
        A ket, or a density matrix.
    num_spins : int
    observables : mapping from str to qutip.Qobj
        ``sigma_x_0`` … and ``sigma_z_0`` … for the spins, ``photons_0`` … for modes, ``energy`` where there is an Ising
        model.
    duration : float or None
        Time that the ramp takes; None where nothing depends on time.
    mode_dimensions : tuple of int
        Number of Fock states kept of each mode.
    notes : mapping
        What the system was made from and how good that can be, in words and numbers.
    """

    hamiltonian: Any
    collapse_operators: tuple[Any, ...]
    initial_state: qutip.Qobj
    num_spins: int
    observables: Mapping[str, qutip.Qobj] = field(default_factory=dict)
    duration: float | None = None
    mode_dimensions: tuple[int, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def dimension(self) -> int:
        """Number of states of the Hilbert space."""
        return int(np.prod([1 << self.num_spins, *self.mode_dimensions]))

    def __repr__(self) -> str:
        modes = f" and modes of {self.mode_dimensions} states" if self.mode_dimensions else ""
        return (
            f"OpenSystem({self.num_spins} spins{modes}, dimension {self.dimension}, "
            f"{len(self.collapse_operators)} collapse operators; observables {', '.join(self.observables)})"
        )


def single_spin_operators(num_spins: int, mode_dimensions: tuple[int, ...] = ()) -> tuple[list[Any], list[Any]]:
    """Pauli operators σ^x and σ^z of each spin on the whole space, sparse."""
    import qutip

    identities = [qutip.qeye(2)] * num_spins + [qutip.qeye(dimension) for dimension in mode_dimensions]
    along_x: list[Any] = []
    along_z: list[Any] = []
    for i in range(num_spins):
        for operator, operators in ((qutip.sigmaz(), along_x), (qutip.sigmax(), along_z)):
            factors = list(identities)
            factors[i] = operator
            operators.append(qutip.tensor(factors).to("CSR"))
    return along_x, along_z


def all_down(num_spins: int) -> qutip.Qobj:
    """The state in which every spin has σ^z = -1."""
    import qutip

    down = (qutip.basis(2, 0) - qutip.basis(2, 1)).unit()
    return qutip.tensor([down] * num_spins)


def largest_of_replicas(run: xr.Dataset, name: str) -> float:
    """The largest of what each replica was judged by, which becomes an attribute; 0 where there is no such thing."""
    if name not in run:
        return 0.0
    run.attrs[name] = float(run[name].max())
    return float(run.attrs[name])


def warn_of_small_cutoff(run: xr.Dataset) -> None:
    """Warn if a run has reached the highest Fock states that were kept; ``attrs["largest_cutoff_population"]``."""
    largest = largest_of_replicas(run, "largest_cutoff_population")
    if largest > CUTOFF_TOLERANCE:
        warnings.warn(
            f"cutoff: a mode's highest Fock state was reached with probability {largest:.3g}; photons were lost to the "
            "cut-off, and the results are not to be trusted: raise it",
            stacklevel=3,
        )
