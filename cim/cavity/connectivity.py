r"""Exact statistics of a confocal cavity's couplings between atoms at random places.

Positions are round normal of standard deviation :math:`w` along each axis (``width``, in waists), and couplings
:math:`J = \cos\theta` with :math:`\theta = 2\, r \cdot r'/w_0^2`, scale 1, without the local terms.  Everything follows
from one parameter, :math:`t = 2 w^2`.

One coupling.  Given :math:`r'`, :math:`r \cdot r'` is normal of variance :math:`w^2 |r'|^2`, and :math:`|r'|^2/(2w^2)`
is exponential.  A normal variable whose variance is 2 times an exponential one is a Laplace variable X of density
:math:`e^{-|x|}/2`; hence :math:`\theta = t X` exactly, and with :math:`E\, e^{i k X} = 1/(1 + k^2)`

.. math:: E[J] = \frac1{1 + t^2} , \qquad E[J^2] = \frac12 \Big( 1 + \frac1{1 + 4 t^2} \Big) .

The angle folded into :math:`0 \le \varphi = \arccos J \le \pi` has the density
:math:`\sum_k (e^{-(\varphi + 2\pi k)/t} + e^{-(2\pi - \varphi + 2\pi k)/t})/t`, two geometric series with the sum
:math:`\cosh((\pi - \varphi)/t) / (t \sinh(\pi/t))`.  So

.. math::

    p(J) = \frac{\cosh((\pi - \arccos J)/t)}{t \sinh(\pi/t)\, \sqrt{1 - J^2}} , \qquad
    P(J \le c) = \frac{\sinh((\pi - \arccos c)/t)}{\sinh(\pi/t)} :

for :math:`t \to 0` all couplings are 1, for :math:`t \to \infty` they follow the arcsine law, of variance 1/2.

A triangle.  :math:`E[J_{12} J_{23} J_{31}]` is the mean over signs of
:math:`E \exp(i(\epsilon_1\theta_{12} + \epsilon_2\theta_{23} + \epsilon_3\theta_{31}))`, a Gaussian integral over three
points: :math:`\det(I - i t M)^{-1/2}` for each axis, with M the symmetric matrix of the three signs.  The determinant
is :math:`1 + 3t^2 + 2 i t^3 \epsilon_1\epsilon_2\epsilon_3`, so

.. math:: E[J_{12} J_{23} J_{31}] = \frac{1 + 3t^2}{(1 + 3t^2)^2 + 4 t^6} .

Independent couplings would have :math:`E[J]^3`, which falls as :math:`t^{-6}`; this falls as :math:`3/(4t^4)`.

From ferromagnet to glass.  Of independent couplings with mean :math:`J_0/n` and variance :math:`\mathcal J^2/n`, the
ground state is a ferromagnet for :math:`J_0 > \mathcal J` and a glass below (Sherrington, Kirkpatrick, Phys. Rev. Lett.
35, 1792 (1975); Toulouse, J. Phys. Lett. 41, L447 (1980)); at the same point the largest eigenvalue leaves the
semicircle.  For the couplings here, taken as if they were independent, this is
:math:`\sqrt n\, E[J] = \sqrt{\mathrm{Var} J}`, or in :math:`u = t^2`

.. math:: 2u^3 + 5u^2 - 4nu - n = 0 ,

which has one positive root; for many atoms :math:`u \to \sqrt{2n}`, a width of :math:`2^{-3/8} n^{1/8}` waists.  It is
an estimate: correlations around triangles are neglected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ising_problems.checks import as_float, number_array

__all__ = [
    "ConnectivityMoments",
    "connectivity_cumulative",
    "connectivity_density",
    "connectivity_moments",
    "glass_crossover_width",
]


@dataclass(frozen=True, eq=False)
class ConnectivityMoments:
    """Moments of the couplings between atoms at random places.

    Attributes
    ----------
    mean : float or numpy.ndarray
        E[J], of the widths' shape.
    second : float or numpy.ndarray
        E[J²].
    triangle : float or numpy.ndarray
        E[J_12 J_23 J_31].
    """

    mean: Any
    second: Any
    triangle: Any


def connectivity_moments(width: Any) -> ConnectivityMoments:
    """Mean and mean square of a coupling, and mean product around a triangle.

    Parameters
    ----------
    width : float or array_like of float
        Standard deviation of the positions along each axis, in waists.

    Returns
    -------
    ConnectivityMoments
        Of floats, or of arrays of the shape of ``width``; for the scale 1.

    Raises
    ------
    ValueError
        If a width is negative or not finite.

    Examples
    --------
    >>> moments = connectivity_moments(1.0)
    >>> moments.mean, moments.second, round(moments.triangle, 4)
    (0.2, 0.5294117647058824, 0.0306)
    """
    square = _squared_parameter(_checked_widths(width, at_least_zero=True))
    with np.errstate(over="ignore"):
        mean = 1.0 / (1.0 + square)
        second = 0.5 * (1.0 + 1.0 / (1.0 + 4.0 * square))
        # 4t⁶/(1 + 3t²) written so that nothing becomes ∞/∞
        triangle = 1.0 / (1.0 + 3.0 * square + 4.0 * square**2 * (square / (1.0 + 3.0 * square)))
    return ConnectivityMoments(_as_given(mean), _as_given(second), _as_given(triangle))


def connectivity_density(coupling: Any, width: Any) -> Any:
    """Probability density of a coupling.

    Parameters
    ----------
    coupling : float or array_like of float
        J, for the scale 1.
    width : float or array_like of float
        Standard deviation of the positions along each axis, in waists; broadcast against ``coupling``.

    Returns
    -------
    float or numpy.ndarray
        Zero outside [-1, 1] and infinite at both ends, where it is integrable.

    Raises
    ------
    ValueError
        If a width is not positive and finite, or a coupling is NaN.

    Examples
    --------
    >>> round(connectivity_density(0.0, 1.0), 6)
    0.287796
    """
    values, widths = _checked_couplings(coupling), _checked_widths(width)
    t = np.sqrt(_squared_parameter(widths))
    inside = np.clip(values, -1.0, 1.0)
    angle, rest = np.arccos(inside), np.arccos(-inside)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        # cosh and sinh of π/t overflow for small t: both times 2 exp(-π/t)
        folded = (np.exp(-angle / t) + np.exp(-(np.pi + rest) / t)) / (-t * np.expm1(-2.0 * np.pi / t))
        density = folded / np.sqrt((1.0 - inside) * (1.0 + inside))
    density = np.where(np.abs(values) == 1.0, np.inf, np.where(np.abs(values) > 1.0, 0.0, density))
    return _as_given(density)


def connectivity_cumulative(coupling: Any, width: Any) -> Any:
    """Probability that a coupling is at most so large.

    Parameters
    ----------
    coupling, width
        As for :func:`connectivity_density`.

    Returns
    -------
    float or numpy.ndarray

    Raises
    ------
    ValueError
        If a width is not positive and finite, or a coupling is NaN.

    Examples
    --------
    >>> round(connectivity_cumulative(0.0, 1.0), 6)  # antiferromagnetic couplings: more than a third of all
    0.37747
    """
    values, widths = _checked_couplings(coupling), _checked_widths(width)
    t = np.sqrt(_squared_parameter(widths))
    inside = np.clip(values, -1.0, 1.0)
    angle, rest = np.arccos(inside), np.arccos(-inside)
    with np.errstate(over="ignore", under="ignore"):
        share = np.exp(-angle / t) * np.expm1(-2.0 * rest / t) / np.expm1(-2.0 * np.pi / t)
    return _as_given(share)


def glass_crossover_width(n: Any) -> Any:
    """Width at which independent couplings of these moments would turn from ferromagnet to glass.

    A derived estimate, not a measured transition: it is where √n times the mean coupling is its standard deviation
    (see this module's docstring), and grows as n^(1/8).

    Parameters
    ----------
    n : int or array_like of int
        Number of atoms, at least 1.

    Returns
    -------
    float or numpy.ndarray
        In waists.

    Raises
    ------
    ValueError
        If there is a number below 1.

    Examples
    --------
    >>> round(glass_crossover_width(16), 3)
    1.041
    """
    counts = as_float(number_array(n, "n"), "n")
    if not np.isfinite(counts).all() or (counts < 1).any():
        raise ValueError(f"n: at least one atom is needed, but it is {counts.min():g}")
    # convex, and positive at √(2n): Newton's method falls to the root from there
    u = np.sqrt(2.0 * counts)
    for _ in range(60):
        step = (((2.0 * u + 5.0) * u - 4.0 * counts) * u - counts) / ((6.0 * u + 10.0) * u - 4.0 * counts)
        u = u - step
        if (np.abs(step) <= 1e-15 * u).all():
            break
    return _as_given(np.sqrt(np.sqrt(u) / 2.0))


def _checked_widths(width: Any, *, at_least_zero: bool = False) -> np.ndarray:
    widths = as_float(number_array(width, "width"), "width")
    wrong = ~np.isfinite(widths) | (widths < 0) | ((widths == 0) & (not at_least_zero))
    if wrong.any():
        what = "be at least 0" if at_least_zero else "be positive"
        raise ValueError(f"width: must {what} and finite, but it is {widths[wrong].flat[0]}")
    return widths


def _checked_couplings(coupling: Any) -> np.ndarray:
    values = as_float(number_array(coupling, "coupling"), "coupling")
    if np.isnan(values).any():
        raise ValueError("coupling: must be a number, but it is nan")
    return values


def _squared_parameter(widths: np.ndarray) -> np.ndarray:
    """t², held within the range of floats: beyond it nothing changes any more."""
    with np.errstate(over="ignore", under="ignore"):
        return np.clip(4.0 * widths**4, 1e-300, 1e300)


def _as_given(values: Any) -> Any:
    """A float for what has no dimensions, an array otherwise."""
    array = np.asarray(values)
    return float(array) if array.ndim == 0 else array
