r"""How many configurations of the Sherrington–Kirkpatrick model no single flip improves, in the mean, at any size.

Gaussian couplings of variance :math:`\sigma^2` have the same law in every gauge, so that all :math:`2^n` configurations
are stable with the probability of :math:`s = (1, \dots, 1)`: that every field :math:`f_i = \sum_{j \ne i} J_{ij}` is
positive.  These are normal with :math:`E f_i^2 = (n - 1) \sigma^2` and, for i ≠ j, of which only :math:`J_{ij}` is
common to both, :math:`E f_i f_j = \sigma^2`.  So :math:`f_i/\sigma = \sqrt{n - 2}\, \xi_i + z` with independent
standard normal :math:`\xi_i` and z, and

.. math::

    E[\#] = 2^n \int dz\, \frac{e^{-z^2/2}}{\sqrt{2\pi}}\; \Phi\Big( \frac{z}{\sqrt{n - 2}} \Big)^n ,

exactly.  With :math:`z = \sqrt{n - 2}\, y` the exponent is :math:`n (\log 2 - y^2/2 + \log\Phi(y)) + y^2`, largest at
:math:`y = \varphi(y)/\Phi(y) = 0.5061`, and Laplace's method gives
:math:`E[\#] \to e^{y^2} e^{0.19923\, n} / \sqrt{1 + 2y^2} = 1.0505\, e^{0.19923\, n}`.

The exponent is also that of the typical number, whose logarithm averages the same (Bray, Moore, J. Phys. C 13, L469
(1980)).

Sources: Tanaka, Edwards, J. Phys. F 10, 2769 (1980); Bray, Moore, ibid.
"""

from __future__ import annotations

import math

import numpy as np

from ising_problems.checks import checked_integer

__all__ = ["sk_minima_count"]

# The integrand is a bell, and analytic: sums over an even grid converge faster than any power of its step.
_DEVIATIONS, _NODES = 20.0, 4001
_LARGEST_LOGARITHM = 709.0


def sk_minima_count(n: int, *, log: bool = False) -> float:
    """Mean number of configurations of a Sherrington–Kirkpatrick model that are stable against single flips.

    Both of each pair ±s are counted; couplings are Gaussian, of any variance.

    Parameters
    ----------
    n : int
        Number of spins, at least 2.
    log : bool, default False
        Whether to return the natural logarithm: beyond 3500 spins the number itself overflows.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If there are fewer than 2 spins, or the number overflows.

    References
    ----------
    F. Tanaka, S. F. Edwards, J. Phys. F 10, 2769 (1980); A. J. Bray, M. A. Moore, J. Phys. C 13, L469 (1980).

    Examples
    --------
    >>> [round(sk_minima_count(n), 3) for n in (2, 10, 20)]
    [2.0, 7.766, 56.691]
    >>> round(sk_minima_count(10_000, log=True) / 10_000, 4)
    0.1992
    """
    n = checked_integer(n, "n", at_least=2)
    if not isinstance(log, (bool, np.bool_)):
        raise TypeError(f"log: must be True or False, but it is {log!r}")
    logarithm = math.log(2.0) if n == 2 else _logarithm(n)
    if log:
        return logarithm
    if logarithm > _LARGEST_LOGARITHM:
        raise ValueError(f"n: of {n} spins the number is e**{logarithm:.0f}, beyond floats; pass log=True")
    return math.exp(logarithm)


def _logarithm(n: int) -> float:
    from scipy.special import log_ndtr

    def ratio(y: float) -> float:
        """φ/Φ, the derivative of log Φ."""
        return math.exp(-0.5 * y * y - float(log_ndtr(y))) / math.sqrt(2.0 * math.pi)

    # the peak, where (n - 2) y = n φ/Φ: the left side rises and the right one falls
    low, high = 0.0, 2.0
    while high - low > 1e-6:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if (n - 2) * middle < n * ratio(middle) else (low, middle)
    width = 1.0 / math.sqrt(n - 2 + n * ratio(low) * (low + ratio(low)))
    y = low + np.linspace(-_DEVIATIONS, _DEVIATIONS, _NODES) * width
    exponent = -0.5 * (n - 2) * y**2 + n * log_ndtr(y)
    top = float(exponent.max())
    integral = float(np.exp(exponent - top).sum()) * (y[1] - y[0]) * math.sqrt((n - 2) / (2.0 * math.pi))
    return n * math.log(2.0) + top + math.log(integral)
