r"""Index against energy in a random Gaussian landscape: the reference that saddles of other landscapes are compared to.

For a stationary isotropic Gaussian field with ⟨V(x)V(y)⟩ = n f(\|x - y\|²/n)
(:class:`~landscapes.GaussianLandscape`) the gradient at a point is independent of the value and of the Hessian, and the
Hessian at energy e = V/n is

.. math::
    H = \mu + t' + M, \qquad t' \sim \mathcal N\Big( \frac{2 f'}{f} e,\; \frac{v}{n} \Big), \quad
    v = 4 \Big( f'' - \frac{f'^2}{f} \Big),

with f, f', f'' taken at 0, μ the curvature of a confinement, and M from the Gaussian orthogonal ensemble: a semicircle
of variance s² = 4f''.  Kac and Rice weigh a Hessian with |det H| = exp n⟨ln|λ + t|⟩, t = μ + t'.  Both exponents are of
order n, so t is where

.. math::
    -\frac{(t - \mu - 2 f' e / f)^2}{2 v} + \int d\lambda\, \rho_s(\lambda) \ln |\lambda + t|

is largest.  Inside the semicircle, |t| < 2s, the derivative of the second term is t/(2s²), and

.. math:: t = \frac{2}{1 + \kappa} \Big( \mu + \frac{2 f'}{f} e \Big), \qquad \kappa = \frac{f'^2}{f f''} \le 1 .

The index fraction is the semicircle's weight below -t: r falls from 1 at high energy to 0 at low, through ½ at e = 0
(without confinement), and saddles of every energy beyond the semicircle's edge are outnumbered by minima.

Source: Bray, Dean, Phys. Rev. Lett. 98, 150201 (2007).  The squared exponential has κ = 1, where e alone fixes t.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ising_problems.checks import checked_number

from .arguments import finite_numbers
from .semicircle import semicircle_cumulative

__all__ = ["bray_dean_index"]


def bray_dean_index(energy: Any, derivatives: Sequence[float] = (1.0, -0.5, 0.25), *, confinement: float = 0.0) -> Any:
    """Index over n of the most numerous critical points of a random Gaussian landscape at a given energy.

    Parameters
    ----------
    energy : array_like of float
        V/n, without the confinement's share.
    derivatives : sequence of three floats
        f(0), f'(0), f''(0), as in ``GaussianLandscape.derivatives``; by default those of exp(-u/2).
    confinement : float, default 0
        μ of the energy V + μ|x|²/2.

    Returns
    -------
    float, or numpy.ndarray of the shape of ``energy``

    Raises
    ------
    ValueError, TypeError
        If an argument is not finite, or no covariance has such derivatives: f > 0, f' < 0 and f f'' ≥ f'² are needed.

    Examples
    --------
    >>> [round(bray_dean_index(e), 4) for e in (-1.0, -0.5, 0.0, 0.5)]
    [0.1955, 0.3425, 0.5, 0.6575]
    """
    confinement = checked_number(confinement, "confinement", at_least=0.0)
    if np.shape(derivatives) != (3,):
        raise ValueError(f"derivatives: f(0), f'(0) and f''(0) are needed, but it is {derivatives!r}")
    value, slope, bend = (checked_number(number, "derivatives") for number in derivatives)
    if not (value > 0.0 and slope < 0.0 and value * bend >= slope**2 * (1.0 - 1e-9)):
        raise ValueError(
            f"derivatives: f > 0, f' < 0 and f f'' >= f'^2 are needed for a covariance, but they are {derivatives!r}"
        )
    energies = finite_numbers(energy, "energy")
    centre = confinement + 2.0 * slope / value * energies
    shift = 2.0 / (1.0 + slope**2 / (value * bend)) * centre
    index = semicircle_cumulative(-shift, variance=4.0 * bend)
    return float(index) if np.ndim(index) == 0 else index
