r"""The transverse modes of a confocal cavity, whose sum is the kernel that couples the atoms.

With :math:`\psi_l` the normalised Hermite functions, a mode of order :math:`l + m` is
:math:`\psi_l(\sqrt2 x/w_0)\, \psi_m(\sqrt2 y/w_0)`.  In a confocal cavity all orders of even parity resonate together,
and in its midplane the Gouy phase gives order m the standing wave :math:`\cos(k z - m\pi/4)`: atoms at an antinode
couple to the orders 0, 4, 8, … and not to 2, 6, 10, …, as :math:`\cos^2(m \pi/4) = \tfrac12(1 + \cos(m\pi/2))` says.
The sum of the first part over even modes is completeness, a delta function at the atom and at its mirror image; that of
the second, in which the orders alternate in sign, is a Fourier transform, :math:`\cos(2\, r \cdot r'/w_0^2)/(2\pi)`
(Vaidya et al., Phys. Rev. X 8, 011002 (2018)).  With the weight :math:`\rho^m` to the order m (mirrors are not
infinitely wide), Mehler's formula sums both exactly: in units of :math:`w_0/\sqrt2`,

.. math::

    4\pi \sum_{4 | m} \rho^m \sum_{l} \psi\psi'
    = \frac{1}{1 - \rho^2} \sum_\pm \exp\Big[ -\frac{1-\rho}{1+\rho} \frac{(r \pm r')^2}{4}
                                             -\frac{1+\rho}{1-\rho} \frac{(r \mp r')^2}{4} \Big]
    + \frac{2}{1 + \rho^2} \exp\Big[ -\frac{1 - \rho^2}{1 + \rho^2} \frac{r^2 + r'^2}{2} \Big]
      \cos \frac{2 \rho\, r \cdot r'}{1 + \rho^2} ,

which for :math:`\rho \to 1` are the terms of :mod:`cim.cavity.confocal` with :math:`\beta = 2/(1 - \rho^2)` and the
width :math:`\xi^2 = w_0^2 (1 - \rho)/(1 + \rho)`, under an envelope as wide as the modes reach.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ising_problems.checks import checked_integer, checked_number

from .confocal import checked_positions

__all__ = ["confocal_modes"]


def confocal_modes(positions: Any, waist: float = 1.0, *, largest_order: int = 100, damping: float = 0.9) -> np.ndarray:
    """Couplings of atoms in the midplane of a confocal cavity to its modes, in units of g₀.

    ``multimode_couplings(g0 * confocal_modes(r), detuning, loss)`` are the couplings of a cavity with so many modes;
    without end of them, and without damping, they are those of :func:`confocal_couplings` with the scale of
    :func:`confocal_scale`.

    Parameters
    ----------
    positions : array_like of float, shape (n, 2)
        In the units of the waist.
    waist : float, default 1
    largest_order : int, default 100
        Modes of the orders 0, 4, 8, … up to it.
    damping : float, default 0.9
        ρ, at most 1: modes of order m count ρ^m in the kernel.  Without damping the sum over orders does not converge;
        take ``largest_order`` several times 1/(1 - damping).

    Returns
    -------
    numpy.ndarray, shape (n, modes)
        By order, and within an order by l.

    Raises
    ------
    ValueError
        As for :func:`confocal_couplings`, and if the damping is not in (0, 1].

    Examples
    --------
    >>> confocal_modes([[0.0, 0.0]], largest_order=4).shape  # one mode of order 0, five of order 4
    (1, 6)
    """
    waist = checked_number(waist, "waist", above=0.0)
    points = checked_positions(positions, waist) * (np.sqrt(2.0) / waist)
    largest_order = checked_integer(largest_order, "largest_order", at_least=0)
    damping = checked_number(damping, "damping", above=0.0)
    if damping > 1.0:
        raise ValueError(f"damping: must be at most 1, but it is {damping:g}")
    along_x, along_y = (_hermite_functions(axis, largest_order) for axis in points.T)
    orders = [
        np.sqrt(4.0 * np.pi * damping**order) * along_x[: order + 1] * along_y[order::-1]
        for order in range(0, largest_order + 1, 4)
    ]
    return np.ascontiguousarray(np.concatenate(orders).T)


def _hermite_functions(x: np.ndarray, largest: int) -> np.ndarray:
    """Normalised Hermite functions of the orders 0 … largest, shape (largest + 1, len(x))."""
    values = np.zeros((largest + 1, len(x)))
    values[0] = np.pi**-0.25 * np.exp(-0.5 * x**2)
    for order in range(1, largest + 1):
        values[order] = np.sqrt(2.0 / order) * x * values[order - 1]
        if order > 1:
            values[order] -= np.sqrt((order - 1) / order) * values[order - 2]
    return values
