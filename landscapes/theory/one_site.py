r"""The one-site problem of the replica theory: a soft spin in its field.

In the limit of many spins each amplitude of a minimum sees the others through a field h and through its own reaction,
which only shifts the pump: with the single-state susceptibility :math:`\Delta` and :math:`c = -a - \Delta` it minimises

.. math:: \tfrac14 x^4 + \tfrac c2 x^2 - h x , \qquad x(h) = \operatorname{argmin}, \qquad h = x^3 + c x .

For c ≥ 0 the map is one-to-one.  For c < 0 the potential is a double well: x(h) jumps from -√(-c) to √(-c) at h = 0 and
no amplitude lies between.  On either branch

.. math::
    g(h) = \min_x \left[\tfrac14 x^4 + \tfrac c2 x^2 - h x\right] = -\tfrac34 x^4 - \tfrac c2 x^2 , \qquad
    \frac{dx}{dh} = \frac{1}{3 x^2 + c} .

Integrals over h are taken in x, in which everything is smooth, also at c = 0 where :math:`x = h^{1/3}` is not:
:math:`\int f(x(h))\, dh = \int f(x)\, (3 x^2 + c)\, dx` over :math:`|x| \ge \sqrt{-c}`.

Source: Mézard, Parisi, Virasoro, *Spin Glass Theory and Beyond* (1987), chapter V (the cavity reaction); Yamamura,
Mabuchi, Ganguli, arXiv:2309.08119 (soft spins).
"""

from __future__ import annotations

import numpy as np

__all__ = ["amplitude", "smallest_amplitude"]


def smallest_amplitude(curvature: float) -> float:
    """Edge √(-c) of the gap in the amplitudes; 0 for c ≥ 0."""
    return float(np.sqrt(max(-curvature, 0.0)))


def amplitude(field: np.ndarray, curvature: float) -> np.ndarray:
    """Minimising amplitude x(h), the root of x³ + c x = h of the sign of h; +√(-c) at h = 0.

    Parameters
    ----------
    field : array_like
        The field h.
    curvature : float
        The curvature c.

    Returns
    -------
    numpy.ndarray, the shape of ``field``
    """
    h = np.asarray(field, dtype=np.float64)
    size = np.abs(h)
    # For x ≥ √(-c/3) the cubic is increasing and convex, so Newton's steps descend to the root from any start above it.
    x = np.cbrt(size) + smallest_amplitude(curvature)
    if curvature > 0.0:
        x = np.minimum(x, size / curvature)
    for _ in range(60):
        slope = 3.0 * x * x + curvature
        step = ((x * x + curvature) * x - size) / np.where(slope > 0.0, slope, 1.0)
        x = x - step
        if np.all(np.abs(step) <= 1e-16 * x):
            break
    return np.where(h < 0.0, -x, x)
