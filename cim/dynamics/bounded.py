r"""What dynamics with bounded amplitudes share: walls, the strength of the fields, counted signs, bounded steps.

The couplings' force on a spin is :math:`f_i = \sum_j J_{ij} u_j + h_i\, \langle |u| \rangle` with u what the couplings
act on, the amplitudes themselves or their signs, and the mean over the spins of the same replica.  So a field weighs
against the couplings as in the Ising energy wherever amplitudes are alike (Inui et al., Commun. Phys. 5, 154, 2022),
and exactly where u are signs, or amplitudes that have all reached walls at ±1.

Fields are bounded by twice the largest force of the couplings on their spin: they decide it all the same, and no
number grows out of proportion (:attr:`Machine.bounded_fields`).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from .base import Batch, Dynamics, Machine

__all__ = ["BoundedBatch", "BoundedDynamics"]

_MARGIN = 0.98  # of the marginal step, where float32 rounding is not yet amplified


class BoundedDynamics(Dynamics):
    """A dynamics whose amplitudes stay between walls."""

    bounded: ClassVar[bool] = True


class BoundedBatch(Batch):
    """A batch between walls.

    Parameters
    ----------
    machine : Machine
    amplitudes : numpy.ndarray, float32, shape (n, replicas)
        Where it starts; becomes the batch's own, and is cut off at the walls.
    wall : float
        Largest amplitude, in machine units.
    """

    def __init__(self, machine: Machine, amplitudes: np.ndarray, wall: float = 1.0) -> None:
        replicas = amplitudes.shape[1]
        np.clip(amplitudes, -wall, wall, out=amplitudes)
        self.amplitudes = amplitudes
        self.sign_changes = np.zeros(replicas, dtype=np.int64)
        self.smallest_dt = machine.dt
        self._machine = machine
        self._fields = machine.bounded_fields
        self._flips = np.zeros(replicas, dtype=np.int32)
        # the mean size, by which the next force multiplies the fields; and the sum from which it is taken
        self._size = np.abs(amplitudes).sum(axis=0) / np.float32(max(len(amplitudes), 1))
        self._total = np.zeros(replicas, dtype=np.float32)

    def _bounded(self, longest: float) -> np.float32:
        """The time step of the moment, given the marginal one."""
        dt = min(self._machine.dt, _MARGIN * longest)
        self.smallest_dt = min(self.smallest_dt, dt)
        return np.float32(dt)

    def _bounded_each(self, stiffness: np.ndarray) -> np.ndarray:
        """The replicas' time steps, float32, for a first-order motion of these stiffnesses: marginal at 2 over them."""
        longest = np.divide(2.0, stiffness, out=np.full(stiffness.shape, np.inf), where=stiffness > 0.0)
        dt = np.minimum(self._machine.dt, _MARGIN * longest)
        self.smallest_dt = min(self.smallest_dt, float(dt.min(initial=np.inf)))
        return dt.astype(np.float32)

    def _count(self) -> None:
        """Take up what the kernel has summed over the spins: sign changes and sizes."""
        self.sign_changes += self._flips
        np.divide(self._total, np.float32(max(len(self.amplitudes), 1)), out=self._size)

    def diverged(self) -> np.ndarray:
        """Replicas with a number that is not finite, for walls hold the others."""
        return ~np.isfinite(self._size)
