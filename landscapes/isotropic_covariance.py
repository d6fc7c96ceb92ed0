r"""Which isotropic covariances are possible in every dimension, and as what mixture of Gaussians.

A function c of the squared distance is the covariance of an isotropic random field in spaces of any dimension if and
only if it is a mixture of decaying exponentials with weights that are not negative,

.. math:: c(u) = \int_0^\infty e^{-s u}\, d\nu(s) , \qquad \nu \ge 0

(Schoenberg, Ann. Math. 39, 811 (1938), theorem 2; equivalently c is completely monotone, by Bernstein's theorem).  So
finding the mixture answers two questions at once: whether the function is a covariance, and how to draw from its
spectrum.  It is found on a logarithmic grid of s by a linear programme that makes the largest deviation smallest,

.. math:: \min_{w \ge 0} \max_u \Big| \sum_k w_k e^{-s_k u} - c(u) \Big| ,

with the grid then refined about the exponentials in use.  Gradients and Hessians of the field follow from c' and c''
at 0; so first and second differences near 0 are fitted along with the values, to 0.1 % and 1 % where those are to
:math:`10^{-4} c(0)`.  What is completely monotone usually comes out to better than :math:`10^{-6} c(0)`; a triangle, a
damped oscillation or a Gaussian in u stay far above the tolerance.  The check is numerical: a violation smaller than
the tolerance is replaced by the nearest mixture and goes unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

__all__ = ["exponential_mixture"]

_TOLERANCE = 1e-4  # largest deviation from the given function, in units of c(0)
_DECADES = 4  # of s and of u, above and below the place where the function has fallen to a half
_PER_DECADE = 20
_ROUNDS = 3
_NEGLIGIBLE = 1e-8  # what the programme's own tolerance leaves undecided
_STEPS = np.array([1e-3, 1e-4])  # of the differences near 0, in units of the half-way distance
_SLOPE_UNIT, _BEND_UNIT = 0.1, 0.01  # the tolerance of the differences is the values' divided by these
_ROUGH = 2.0  # by how much the second derivative may grow from the first of the steps to the second


def exponential_mixture(covariance: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Rates s and weights w with c(u) = Σ w exp(-s u), normalised to Σ w = c(0).

    Parameters
    ----------
    covariance : callable
        c, as a function of an array of squared distances u ≥ 0.

    Returns
    -------
    rates : numpy.ndarray, shape (k,)
        In units of 1/u; a rate of 0 is a constant.
    weights : numpy.ndarray, shape (k,)
        Positive.

    Raises
    ------
    ValueError
        If no such mixture comes within 1e-4 c(0) of the function, so that no isotropic field has it as covariance in
        every dimension; if its second derivative at 0 is not finite, so that the field would have no Hessian; or if
        the function is not finite or not positive at 0.
    """
    height = float(_evaluated(covariance, np.zeros(1))[0])
    if height <= 0.0:
        raise ValueError(f"covariance: its value at distance 0 is a variance and must be positive, but it is {height}")
    half = _half(covariance, height)
    steps = half * _STEPS
    bends = _differences(lambda u: _evaluated(covariance, u) / height, steps)[1] / steps**2
    if abs(bends[1]) > _ROUGH * abs(bends[0]):
        raise ValueError(
            "covariance: its second derivative at distance 0 is not finite, so that the field has no Hessian; "
            "give a function of the squared distance that is smooth at 0"
        )
    distances = np.concatenate([[0.0], half * np.logspace(-_DECADES, _DECADES, 2 * _DECADES * 25 + 1)])

    def conditions(function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        slopes, bends = _differences(function, steps)
        return np.concatenate([function(distances), slopes, bends])

    target = conditions(lambda u: _evaluated(covariance, u) / height)
    weighted = np.abs(target[-4:])
    # in units of the function's own differences; a constant has none
    units = np.ones(len(target))
    units[-4:] = np.repeat([_SLOPE_UNIT, _BEND_UNIT], 2) / np.where(weighted > 0.0, weighted, 1.0)

    def closest(rates: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        kernel = np.stack([conditions(partial(_exponential, s)) for s in rates], axis=1)
        return _closest(rates, units[:, None] * kernel, units * target)

    coarse = np.concatenate([[0.0], np.logspace(-_DECADES, _DECADES, 2 * _DECADES * _PER_DECADE + 1) / half])
    ratio = 10.0 ** (1.0 / _PER_DECADE)
    rates, weights, error = closest(coarse)
    for _ in range(_ROUNDS):
        if error < 0.01 * _TOLERANCE:
            break
        finer = np.outer(rates, ratio ** np.linspace(-1.0, 1.0, 9)).ravel()
        rates, weights, error = closest(np.unique(np.concatenate([coarse, finer])))
        ratio **= 0.25
    if error > _TOLERANCE:
        raise ValueError(
            f"covariance: no mixture of exp(-s u) with positive weights is closer to it than {error:.2g} of its value "
            "at 0, so that it isn't the covariance of an isotropic field in every dimension; give a completely "
            "monotone function of the squared distance, such as exp(-u/2) or 1/(1 + u)"
        )
    return rates, height * weights / weights.sum()


def _exponential(rate: float, u: np.ndarray) -> np.ndarray:
    return np.exp(-rate * u)


def _evaluated(covariance: Callable[[np.ndarray], np.ndarray], distances: np.ndarray) -> np.ndarray:
    values = np.broadcast_to(np.asarray(covariance(distances), dtype=np.float64), distances.shape)
    if not np.isfinite(values).all():
        u = distances[np.argmin(np.isfinite(values))]
        raise ValueError(f"covariance: must be finite at every squared distance, but it is not at {u:g}")
    return values


def _half(covariance: Callable[[np.ndarray], np.ndarray], height: float) -> float:
    """Squared distance at which the function has made half of its way down, to a hundredth of a decade."""
    distances = np.logspace(-12, 12, 2401)
    values = _evaluated(covariance, distances)
    below = values < 0.5 * (height + values[-1])
    return float(distances[np.argmax(below)]) if below.any() else 1.0


def _differences(function: Callable[[np.ndarray], np.ndarray], steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and second forward differences at 0."""
    origin, once, twice = function(np.zeros_like(steps)), function(steps), function(2.0 * steps)
    return once - origin, twice - 2.0 * once + origin


def _closest(rates: np.ndarray, kernel: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Weights for the smallest largest deviation; those in use, with their rates, and that deviation."""
    from scipy.optimize import linprog  # loads scipy.sparse

    # each exponential in units of its largest entry: the programme's tolerance is absolute
    heights = np.abs(kernel).max(axis=0)
    scaled = kernel / heights
    slack = np.ones((len(target), 1))
    answer = linprog(
        np.append(np.zeros(len(rates)), 1.0),
        A_ub=np.block([[scaled, -slack], [-scaled, -slack]]),
        b_ub=np.concatenate([target, -target]),
        method="highs",
    )
    used = answer.x[:-1] > _NEGLIGIBLE
    weights = answer.x[:-1][used] / heights[used]
    return rates[used], weights, float(np.max(np.abs(kernel[:, used] @ weights - target)))
