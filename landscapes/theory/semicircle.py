r"""The semicircle law, and what it says of the spherical relaxation and of the origin of the soft-spin landscape.

The eigenvalues of J with :math:`J_{ij} \sim N(0, 1/n)` have for large n the density

.. math:: \rho(\lambda) = \frac{1}{2\pi} \sqrt{4 - \lambda^2} , \qquad
          N(\lambda) = \int_{-2}^{\lambda} \rho = \frac12 + \frac{\lambda \sqrt{4 - \lambda^2}}{4\pi}
                     + \frac1\pi \arcsin \frac{\lambda}{2} .

**Spherical spins.**  On the sphere x'x = n the energy :math:`-\tfrac12 x^{\mathsf T} J x` (equally the Rayleigh
quotient :math:`-\tfrac n2\, x^{\mathsf T} J x / x^{\mathsf T} x` of any x ≠ 0) is critical where
:math:`J x = \lambda x`, and nowhere else: at the 2n points :math:`\pm\sqrt n\, v_k`.  With eigenvalues in falling
order, k = 0, 1, …, the k-th pair has energy :math:`-\tfrac12 n \lambda_k` and index k: along the sphere the Hessian's
eigenvalues are :math:`\lambda_k - \lambda_j`, j ≠ k.  So index and energy determine each other: at energy e per spin
the fraction of negative directions is :math:`r = 1 - N(-2e)`, which rises from 0 at the ground state energy -1 to 1 at
+1.  There is one pair of minima: the landscape of this relaxation is never rough.

**Signs of an eigenvector.**  For large n an eigenvector of J is uniformly distributed on the sphere and independent of
the eigenvalues.  The signs s = sign(v_k) share with it the part :math:`(v_k^{\mathsf T} s)^2 / n \to
\langle |g| \rangle^2 = 2/\pi` of their square, g normal; the rest lies evenly on the other eigenvectors, whose mean
eigenvalue vanishes.  So their Ising energy per spin is :math:`-\lambda_k/\pi`, up to O(1/n), and -2/π = -0.6366 for the
top eigenvector.

**The origin** of the soft-spin energy has the Hessian -a - J: its index is the number of eigenvalues of J above -a,
exactly, and in the mean a fraction :math:`r_0(a) = 1 - N(-a)`.

Sources: Wigner, Ann. Math. 67, 325 (1958); Kosterlitz, Thouless, Jones, Phys. Rev. Lett. 36, 1217 (1976) (spherical
spins).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ising_problems import IsingModel
from ising_problems.checks import checked_number, number_array
from ising_problems.threads import single_threaded_algebra

from ..energies import RayleighQuotient, as_number
from .arguments import finite_numbers

__all__ = [
    "RayleighCriticalPoints",
    "eigenvector_sign_energy",
    "origin_index",
    "rayleigh_critical_points",
    "semicircle_cumulative",
    "semicircle_density",
    "semicircle_energy",
    "semicircle_index",
]


def semicircle_density(eigenvalue: Any, *, variance: float = 1.0) -> Any:
    """Density of the eigenvalues of a large symmetric matrix with entries of variance ``variance``/n.

    Parameters
    ----------
    eigenvalue : array_like of float
    variance : float, default 1
        n times the variance of a coupling; the radius is twice its root.

    Returns
    -------
    float, or numpy.ndarray of the shape of ``eigenvalue``
        √(4t - λ²)/(2πt), zero outside.

    Raises
    ------
    ValueError, TypeError
        If an eigenvalue is not a finite number or the variance is not positive.
    """
    scaled, width = _scaled(eigenvalue, variance, "eigenvalue")
    return as_number(np.sqrt(np.maximum(4.0 - scaled * scaled, 0.0)) / (2.0 * np.pi * width))


def semicircle_cumulative(eigenvalue: Any, *, variance: float = 1.0) -> Any:
    """Fraction of the eigenvalues below each value; see :func:`semicircle_density`."""
    scaled, _ = _scaled(eigenvalue, variance, "eigenvalue")
    return as_number(_below(scaled))


def semicircle_index(energy: Any, *, variance: float = 1.0) -> Any:
    """Index over n of the critical points of the Rayleigh quotient at an energy per spin.

    Parameters
    ----------
    energy : array_like of float
        Energy per spin, e = -λ/2; from -1 (minima, r = 0) to 1 (maxima, r = 1) for variance 1.
    variance : float, default 1

    Returns
    -------
    float, or numpy.ndarray of the shape of ``energy``

    Examples
    --------
    >>> [semicircle_index(e) for e in (-1.0, 0.0, 1.0)]
    [0.0, 0.5, 1.0]
    """
    scaled, _ = _scaled(energy, variance, "energy")
    return as_number(_below(2.0 * scaled))  # the eigenvalues above -2e: the law is even


def semicircle_energy(index: Any, *, variance: float = 1.0) -> Any:
    """Energy per spin of the critical points of the Rayleigh quotient with a given index over n.

    Parameters
    ----------
    index : array_like of float
        Between 0 and 1.
    variance : float, default 1

    Returns
    -------
    float, or numpy.ndarray of the shape of ``index``
        The inverse of :func:`semicircle_index`.

    Raises
    ------
    ValueError
        If an index fraction lies outside [0, 1].
    """
    fractions = number_array(index, "index").astype(np.float64, copy=False)
    if not np.all((fractions >= 0.0) & (fractions <= 1.0)):  # NaN fails too
        raise ValueError(f"index: a fraction between 0 and 1 is needed, but it is {index!r}")
    width = np.sqrt(checked_number(variance, "variance", above=0.0))
    # r = (θ - sin θ cos θ)/π with e = -cos θ: rising in θ, flat as θ³ at either end; bisection to rounding
    low, high = np.zeros_like(fractions), np.full_like(fractions, np.pi)
    for _ in range(60):
        angle = 0.5 * (low + high)
        above = angle - np.sin(angle) * np.cos(angle) > np.pi * fractions
        low, high = np.where(above, low, angle), np.where(above, angle, high)
    return as_number(-width * np.cos(0.5 * (low + high)))


def origin_index(pump: Any, *, variance: float = 1.0) -> Any:
    """Index over n of the point x = 0 of the soft-spin energy: the semicircle's weight above -a.

    Parameters
    ----------
    pump : array_like of float
        The pump a.
    variance : float, default 1

    Returns
    -------
    float, or numpy.ndarray of the shape of ``pump``
        0 below a = -2, 1 above a = 2.

    Examples
    --------
    >>> round(origin_index(-1.0), 5)
    0.1955
    """
    scaled, _ = _scaled(pump, variance, "pump")
    return as_number(_below(scaled))


def eigenvector_sign_energy(eigenvalue: Any = 2.0) -> Any:
    """Ising energy per spin of the signs of an eigenvector of J, for many spins: -λ/π.

    Parameters
    ----------
    eigenvalue : array_like of float, default 2
        By default the largest of the Sherrington–Kirkpatrick model: the energy is -2/π.

    Returns
    -------
    float, or numpy.ndarray of the shape of ``eigenvalue``

    Examples
    --------
    >>> round(eigenvector_sign_energy(), 5)
    -0.63662
    """
    return as_number(-_scaled(eigenvalue, 1.0, "eigenvalue")[0] / np.pi)


@dataclass(frozen=True, eq=False)
class RayleighCriticalPoints:
    """Every critical point of a Rayleigh quotient, one of each pair ±x, from the lowest energy up.

    Attributes
    ----------
    x : numpy.ndarray, shape (n, n)
        Row k is √n v_k, on the sphere x'x = n.
    energy : numpy.ndarray, shape (n,)
        -n λ_k/2, rising.
    index : numpy.ndarray of int, shape (n,)
        Number of directions along the sphere in which the energy falls; the first of equal eigenvalues for all of them.
    """

    x: np.ndarray
    energy: np.ndarray
    index: np.ndarray


def rayleigh_critical_points(model: IsingModel) -> RayleighCriticalPoints:
    """All critical points of -(n/2) x'Jx/x'x on the sphere x'x = n, exactly: the eigenvectors of J.

    Parameters
    ----------
    model : ising_problems.IsingModel
        Without fields.  One dense eigenvalue problem: n³ operations.

    Returns
    -------
    RayleighCriticalPoints
        Where an eigenvalue is repeated the critical points form a sphere; a basis of its plane is returned.

    Raises
    ------
    TypeError
        If ``model`` is not an IsingModel.
    ValueError
        If it has fields: then the critical points are not the eigenvectors.
    """
    RayleighQuotient(model)  # for its checks
    n = model.num_spins
    couplings = model.J.toarray() if model.is_sparse else model.J
    with single_threaded_algebra():
        eigenvalues, vectors = np.linalg.eigh(-couplings.astype(np.float64))
    scale = np.abs(eigenvalues).max(initial=0.0)
    # index: eigenvalues of J above this one by more than rounding
    index = np.searchsorted(eigenvalues, eigenvalues - 8.0 * n * np.finfo(float).eps * scale, side="left")
    return RayleighCriticalPoints(np.sqrt(n) * vectors.T, 0.5 * n * eigenvalues, index)


def _below(scaled: np.ndarray) -> np.ndarray:
    """N(λ) for variance 1; without cancellation at the lower edge, where it is small."""
    # λ = -2 cos θ: N = (θ - sin θ cos θ)/π
    angle = np.arccos(np.clip(-0.5 * scaled, -1.0, 1.0))
    return (angle - np.sin(angle) * np.cos(angle)) / np.pi


def _scaled(values: Any, variance: float, name: str) -> tuple[np.ndarray, float]:
    """Numbers in units of the root of the variance, and that root."""
    numbers = finite_numbers(values, name)
    width = float(np.sqrt(checked_number(variance, "variance", above=0.0)))
    return numbers / width, width
