r"""The basis that the quantum machine works in: configurations of the spins along x, in QuTiP's order.

Everything that couples the spins is diagonal in :math:`\sigma^x_i`, so the amplitudes of a state of n spins are
labelled by the configurations :math:`s \in \{-1, +1\}^n` of these.  Number k of the :math:`2^n` has spin 0 in its most
significant bit and :math:`s_i = +1` where the bit is clear: the order of ``qutip.tensor`` with ``basis(2, 0)`` for
:math:`\sigma^x = +1`.  (:func:`ising_problems.exact.enumerate_energies` counts the other way; this is the one place
where the two meet.)

In this basis :math:`\sigma^x` is QuTiP's ``sigmaz()`` and :math:`\sigma^z` its ``sigmax()``; the eigenstate of
:math:`\sigma^z = \pm 1` is :math:`(1, \pm 1)/\sqrt 2`.
"""

from __future__ import annotations

import numpy as np

from ising_problems import IsingModel
from ising_problems.exact import enumerate_energies

__all__ = ["basis_energies", "basis_indices", "basis_spins"]


def basis_spins(num_spins: int, places: np.ndarray | None = None) -> np.ndarray:
    """Configurations at places in the basis, int8, shape (..., n); all 2**n in order by default."""
    codes = np.arange(1 << num_spins, dtype=np.int64) if places is None else np.asarray(places, dtype=np.int64)
    bits = (codes[..., None] >> np.arange(num_spins - 1, -1, -1, dtype=np.int64)) & 1
    return (1 - 2 * bits).astype(np.int8)


def basis_indices(spins: np.ndarray) -> np.ndarray:
    """Places of configurations, (..., n) of ±1, in the basis; int64, shape (...)."""
    spins = np.asarray(spins)
    weights = np.int64(1) << np.arange(spins.shape[-1] - 1, -1, -1, dtype=np.int64)
    return (spins < 0).astype(np.int64) @ weights


def basis_energies(model: IsingModel) -> np.ndarray:
    """Ising energy of every configuration, offset included, float64, shape (2**n,)."""
    n = model.num_spins
    # in the other order an axis of the tensor is a spin, the last one first, and index 1 is +1
    tensor = np.asarray(enumerate_energies(model), dtype=np.float64).reshape((2,) * n)
    return np.ascontiguousarray(np.flip(tensor.transpose())).reshape(-1)
