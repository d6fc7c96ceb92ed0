r"""Distances between cities as TSPLIB defines them, rounding included.

With :math:`\mathrm{nint}(x) = \lfloor x + \tfrac12 \rfloor` and :math:`\Delta` the differences of the coordinates,

========== =====================================================================================================
EUC_2D     :math:`\mathrm{nint}\sqrt{\Delta_x^2 + \Delta_y^2}`
CEIL_2D    :math:`\lceil \sqrt{\Delta_x^2 + \Delta_y^2} \rceil`
MAN_2D     :math:`\mathrm{nint}(|\Delta_x| + |\Delta_y|)`
MAX_2D     :math:`\max(\mathrm{nint}|\Delta_x|, \mathrm{nint}|\Delta_y|)`
ATT        :math:`\lceil r \rceil` of the pseudo-Euclidean :math:`r = \sqrt{(\Delta_x^2 + \Delta_y^2)/10}`
GEO        whole kilometres on a sphere of radius 6378.388 km, of coordinates DDD.MM: degrees, a dot, minutes
========== =====================================================================================================

In GEO, π is 3.141592, degrees are cut towards zero, and with :math:`q_1 = \cos(\lambda_i - \lambda_j)`,
:math:`q_2 = \cos(\phi_i - \phi_j)`, :math:`q_3 = \cos(\phi_i + \phi_j)` of longitudes λ and latitudes φ,
:math:`d = \lfloor 6378.388 \arccos\{\tfrac12 [(1 + q_1) q_2 - (1 - q_1) q_3]\} + 1 \rfloor`.

Source: G. Reinelt, "TSPLIB 95", section 2; the optimal tours published there tell these roundings from their
neighbours.
"""

from __future__ import annotations

import numpy as np

__all__ = ["DISTANCES", "distances"]

_PI = 3.141592
_RADIUS = 6378.388

DISTANCES = ("EUC_2D", "CEIL_2D", "MAN_2D", "MAX_2D", "ATT", "GEO")
"""The kinds of coordinates that :func:`distances` knows."""


def distances(kind: str, points: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Distances of pairs of cities, rounded as the kind demands.

    Parameters
    ----------
    kind : str
        One of :data:`DISTANCES`.
    points : numpy.ndarray of float, shape (n, 2)
        Coordinates of the cities, of moderate size.
    u, v : numpy.ndarray of int, shape (m,)
        Positions of the pairs.

    Returns
    -------
    numpy.ndarray of int64, shape (m,)
    """
    if kind == "GEO":
        return _geographical(points, u, v)
    across, along = np.abs(points[u] - points[v]).T
    if kind == "MAN_2D":
        return _nearest(across + along)
    if kind == "MAX_2D":
        return np.maximum(_nearest(across), _nearest(along))
    squares = across * across + along * along
    if kind == "EUC_2D":
        return _nearest(np.sqrt(squares))
    if kind == "CEIL_2D":
        return np.ceil(np.sqrt(squares)).astype(np.int64)
    r = np.sqrt(squares / 10.0)
    nearest = _nearest(r)
    return nearest + (nearest < r)


def _nearest(values: np.ndarray) -> np.ndarray:
    return (values + 0.5).astype(np.int64)


def _geographical(points: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    degrees = np.trunc(points)
    latitude, longitude = (_PI * (degrees + 5.0 * (points - degrees) / 3.0) / 180.0).T
    q1 = np.cos(longitude[u] - longitude[v])
    q2 = np.cos(latitude[u] - latitude[v])
    q3 = np.cos(latitude[u] + latitude[v])
    # at equal points rounding may leave the argument a little above 1
    cosine = np.clip(0.5 * ((1.0 + q1) * q2 - (1.0 - q1) * q3), -1.0, 1.0)
    return (_RADIUS * np.arccos(cosine) + 1.0).astype(np.int64)
