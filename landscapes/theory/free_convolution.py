r"""Spectrum of a diagonal matrix plus a large symmetric Gaussian matrix: free convolution with a semicircle.

Let d be the diagonal's entries, with weights that sum to one, and let the Gaussian entries off the diagonal have
variance t/n.  In the limit of large n the resolvent :math:`G(z) = \tfrac1n \operatorname{tr} (\cdot - z)^{-1}` solves

.. math:: G(z) = \Big\langle \frac{1}{d - z - t\, G(z)} \Big\rangle , \qquad \operatorname{Im} G > 0
          \ \text{ for } \operatorname{Im} z > 0 ,

and with :math:`w = z + t\,G`, :math:`F(w) = \langle 1/(d - w) \rangle` the solution is the inverse of an explicit map,

.. math:: z(w) = w - t\, F(w) , \qquad G = F(w) , \qquad z'(w) = 1 - t\, \langle (d - w)^{-2} \rangle .

Write :math:`w = u + i v`.  Then :math:`\operatorname{Im} z = v\,(1 - t \langle |d - w|^{-2} \rangle)` and this is all
that is needed for a solution that cannot fail, on the real axis as well as above it:

* for given u and Im z = η ≥ 0 there is exactly one height v with :math:`t \langle |d - w|^{-2} \rangle + η/v = 1`, as
  the left-hand side falls with v (at η = 0, where it is below 1 for every v, the height is v = 0: a gap);
* along that curve Re z rises with u, since :math:`\operatorname{Re} z' \ge η/v \ge 0`: with
  :math:`\mathrm d \operatorname{Re} z / \mathrm d u = |z'|^2 / \operatorname{Re} z'`, one root is to be found.

So two monotone scalar equations, one inside the other, replace the iteration of the self-consistent equation.  On the
real axis the density is :math:`\rho(\lambda) = v / (\pi t)`, and the gaps are the images of the intervals of real u
where :math:`t \langle (d - u)^{-2} \rangle < 1`; the edges are where this is 1.  The weight of an interval of the
spectrum is that of the entries d in the interval of u that it comes from, and the cumulated density is

.. math:: N(\lambda) = -\frac1\pi \Big[ \langle \arg (d - w) \rangle + \frac t2 \operatorname{Im} G^2 \Big] .

Sources: Pastur, Theor. Math. Phys. 10, 67 (1972) (the self-consistent equation); Biane, Indiana Univ. Math. J. 46, 705
(1997), Sections 3 and 4 (the curve v(u), density and gaps).
"""

from __future__ import annotations

import math

import numpy as np

from ..jit import compilation_time, kernel

__all__ = ["inverted", "lower_edge", "quantiles", "support", "transform"]

_ITERATIONS = 200  # bisection alone would end after 60 or so
_PRECISION = 2e-15


@kernel
def _height(entries: np.ndarray, weights: np.ndarray, variance: float, u: float, eta: float) -> float:
    """The v ≥ 0 with t⟨|d - u - iv|⁻²⟩ + η/v = 1, or 0 where the left side is below 1 everywhere."""
    highest = 0.5 * (eta + math.sqrt(eta * eta + 4.0 * variance))
    high = highest * highest
    # from one entry alone: y = v² is at least t p - (d - u)²; this keeps off the pole at u = d
    low = eta * eta
    for k in range(entries.size):
        low = max(low, variance * weights[k] - (entries[k] - u) ** 2)
    square = low
    if square == 0.0:
        total = 0.0
        for k in range(entries.size):
            total += weights[k] / (entries[k] - u) ** 2
        if variance * total <= 1.0:
            return 0.0
    for _ in range(_ITERATIONS):
        first = 0.0
        second = 0.0
        for k in range(entries.size):
            inverse = 1.0 / ((entries[k] - u) ** 2 + square)
            first += weights[k] * inverse
            second += weights[k] * inverse * inverse
        first *= variance
        second *= variance
        if eta > 0.0:
            v = math.sqrt(square)
            first += eta / v
            second += 0.5 * eta / (v * square)
        # Newton for 1/first = 1, a harmonic mean: concave in v², and a straight line for one entry
        if first > 1.0:
            low = square
        else:
            high = square
        following = square + (first - 1.0) * first / second
        if not (low <= following <= high):
            following = 0.5 * (low + high)
        done = abs(following - square) <= _PRECISION * following
        square = following
        if done:
            break
    return math.sqrt(square)


@kernel
def _place(
    entries: np.ndarray, weights: np.ndarray, variance: float, u: float, v: float, eta: float
) -> tuple[float, float]:
    """Re z at u + iv, and its derivative with respect to u along the curve of constant Im z = η."""
    mean = 0.0
    second = 0.0
    fourth = 0.0
    skew = 0.0
    for k in range(entries.size):
        distance = entries[k] - u
        inverse = 1.0 / (distance * distance + v * v)
        part = weights[k] * inverse
        mean += part * distance
        second += part
        fourth += part * inverse
        skew += part * inverse * distance
    if v > 0.0:  # Re z' and Im z' in a form without cancellation near an edge
        real = eta / v + 2.0 * variance * v * v * fourth
        imaginary = 2.0 * variance * v * skew
        derivative = real + imaginary * imaginary / real
    else:
        derivative = 1.0 - variance * second
    return u - variance * mean, derivative


@kernel
def _invert(
    entries: np.ndarray,
    weights: np.ndarray,
    variance: float,
    real: np.ndarray,
    imaginary: np.ndarray,
    result: np.ndarray,
) -> None:
    """Write into ``result`` the w of the closed upper half-plane with z(w) = real + i imaginary, for each of them."""
    width = math.sqrt(variance)  # t|G| never exceeds it
    for point in range(real.size):
        target, eta = real[point], imaginary[point]
        low, high = target - width, target + width
        u = target
        if point > 0:  # the shift of the neighbour on a grid is nearly ours
            u = min(max(target + result[point - 1].real - real[point - 1], low), high)
        v = 0.0
        for _ in range(_ITERATIONS):
            v = _height(entries, weights, variance, u, eta)
            place, derivative = _place(entries, weights, variance, u, v, eta)
            if place > target:
                high = u
            else:
                low = u
            following = u - (place - target) / derivative if derivative > 0.0 else high + width
            if not (low <= following <= high):
                following = 0.5 * (low + high)
            done = abs(following - u) <= _PRECISION * (abs(following) + width)
            u = following
            if done:
                v = _height(entries, weights, variance, u, eta)
                break
        result[point] = complex(u, v)


@kernel
def _find_quantiles(
    entries: np.ndarray, weights: np.ndarray, variance: float, fractions: np.ndarray, result: np.ndarray
) -> None:
    """Write into ``result`` the λ below which the given fractions of the spectrum lie, each within (0, 1)."""
    width = math.sqrt(variance)
    lowest, highest = entries.min() - width, entries.max() + width
    for point in range(fractions.size):
        low, high = lowest, highest
        u = 0.5 * (low + high)
        place = 0.0
        for _ in range(_ITERATIONS):
            v = _height(entries, weights, variance, u, 0.0)
            place, derivative = _place(entries, weights, variance, u, v, 0.0)
            angle = 0.0
            mean = 0.0
            second = 0.0
            for k in range(entries.size):
                distance = entries[k] - u
                angle += weights[k] * math.atan2(v, distance)
                inverse = weights[k] / (distance * distance + v * v)
                mean += inverse * distance
                second += inverse
            excess = (angle - variance * mean * v * second) / math.pi - fractions[point]
            if excess > 0.0:
                high = u
            else:
                low = u
            rate = v * derivative / (math.pi * variance)  # the density, carried over to u
            following = u - excess / rate if rate > 0.0 else high + width
            if not (low <= following <= high):
                following = 0.5 * (low + high)
            done = abs(following - u) <= _PRECISION * (abs(following) + width)
            u = following
            if done:
                break
        result[point] = place


def inverted(entries: np.ndarray, weights: np.ndarray, variance: float, z: np.ndarray) -> np.ndarray:
    """The w = z + t G(z) of the closed upper half-plane at every z of it, from the limit Im z → 0+ on the real axis.

    Parameters
    ----------
    entries, weights : numpy.ndarray of float64, shape (n,), n ≥ 1
        The diagonal's entries and their positive weights, of sum 1.
    variance : float
        t > 0.
    z : numpy.ndarray of complex128, shape (k,)
        Imaginary parts must not be negative.

    Returns
    -------
    numpy.ndarray of complex128, shape (k,)
    """
    result = np.empty(z.shape, np.complex128)
    real, imaginary = np.ascontiguousarray(z.real), np.ascontiguousarray(z.imag)
    with compilation_time():
        _invert(entries, weights, variance, real, imaginary, result)
    return result


def quantiles(entries: np.ndarray, weights: np.ndarray, variance: float, fractions: np.ndarray) -> np.ndarray:
    """The λ below which the given fractions of the spectrum lie; shape (k,), each within (0, 1)."""
    result = np.empty(fractions.shape)
    with compilation_time():
        _find_quantiles(entries, weights, variance, np.ascontiguousarray(fractions), result)
    return result


def transform(entries: np.ndarray, weights: np.ndarray, w: np.ndarray) -> np.ndarray:
    """F(w) = ⟨1/(d - w)⟩ at every w, shape (k,)."""
    return np.array([np.sum(weights / (entries - point)) for point in w], dtype=np.complex128)


def support(entries: np.ndarray, weights: np.ndarray, variance: float) -> tuple[np.ndarray, np.ndarray]:
    """The intervals that hold the spectrum, and the weight in each of them.

    Returns
    -------
    intervals : numpy.ndarray, shape (k, 2)
        Lower and upper edges, in rising order.
    weights : numpy.ndarray, shape (k,)
    """
    order = np.argsort(entries)
    entries, weights = entries[order], weights[order]
    reach = np.sqrt(variance * weights)
    width = math.sqrt(variance)
    edges = [_crossing(entries, weights, variance, entries[0] - width, entries[0] - reach[0])]
    cuts = []
    # Between neighbours a distance g apart t⟨(d - u)⁻²⟩ is at least t (p^⅓ + p'^⅓)³ / g², from the two of them alone.
    roots = np.cbrt(weights)
    gaps = np.diff(entries)
    for k in np.flatnonzero(gaps**2 > variance * (roots[:-1] + roots[1:]) ** 3):
        lowest = _lowest_between(entries, weights, entries[k], gaps[k], roots[k], roots[k + 1])
        if _excess(lowest, entries, weights, variance) > 0.0:
            edges.append(_crossing(entries, weights, variance, entries[k] + reach[k], lowest))
            edges.append(_crossing(entries, weights, variance, lowest, entries[k + 1] - reach[k + 1]))
            cuts.append(int(k) + 1)
    edges.append(_crossing(entries, weights, variance, entries[-1] + reach[-1], entries[-1] + width))
    images = [_image(u, entries, weights, variance) for u in edges]
    masses = np.add.reduceat(weights, [0, *cuts])
    return np.array(images).reshape(-1, 2), masses


def lower_edge(entries: np.ndarray, weights: np.ndarray, variance: float) -> float:
    """The lowest point of the spectrum."""
    k = int(np.argmin(entries))
    lowest = float(entries[k])
    u = _crossing(entries, weights, variance, lowest - math.sqrt(variance), lowest - math.sqrt(variance * weights[k]))
    return _image(u, entries, weights, variance)


def _image(u: float, entries: np.ndarray, weights: np.ndarray, variance: float) -> float:
    """z(u) = u - tF(u) for real u in a gap."""
    return u - variance * float(np.sum(weights / (entries - u)))


def _excess(u: float, entries: np.ndarray, weights: np.ndarray, variance: float) -> float:
    """1/√(t⟨(d - u)⁻²⟩) - 1, positive in a gap: a mean of distances, and nearly straight between the entries."""
    return 1.0 / math.sqrt(variance * float(np.sum(weights / (entries - u) ** 2))) - 1.0


def _crossing(entries: np.ndarray, weights: np.ndarray, variance: float, low: float, high: float) -> float:
    """The u between low and high at which t⟨(d - u)⁻²⟩ is 1."""
    from scipy.optimize import brentq

    ends = _excess(low, entries, weights, variance), _excess(high, entries, weights, variance)
    if ends[0] * ends[1] >= 0.0:  # a single entry, or rounding: the end is the root
        return low if abs(ends[0]) < abs(ends[1]) else high
    return brentq(_excess, low, high, args=(entries, weights, variance), xtol=1e-15, rtol=1e-15)


def _lowest_between(
    entries: np.ndarray, weights: np.ndarray, left: float, gap: float, left_root: float, right_root: float
) -> float:
    """Where ⟨(d - u)⁻²⟩ is lowest between two neighbouring entries; it is convex there."""
    from scipy.optimize import brentq

    def slope(u: float) -> float:
        return float(np.sum(weights / (entries - u) ** 3))

    # so near an entry that its own term exceeds all that the others can add, whatever they are
    low = left + 0.5 * gap * left_root / (1.0 + left_root)
    high = left + gap - 0.5 * gap * right_root / (1.0 + right_root)
    return brentq(slope, low, high, xtol=1e-15 * max(abs(left), gap), rtol=1e-12)
