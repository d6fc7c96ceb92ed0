r"""The replica-symmetric solution of soft spins at zero temperature, and where it is unstable.

All fields are Gaussian, :math:`h \sim N(0, q)`, and each amplitude is the x(h) of :mod:`~landscapes.theory.one_site`
with :math:`c = -a - \Delta`:

.. math::
    q = \mathbb{E}[x^2] , \qquad \Delta = \mathbb{E}\Big[\frac{dx}{dh}\Big] , \qquad
    e = \tfrac12 \Delta\, q + \mathbb{E}[g(h)] ,

where dx/dh = 1/(3x² + c), and for c < 0, where x jumps at h = 0, Δ also contains :math:`2 \sqrt{-c}` times the density
of h there.  The solution is stable (de Almeida, Thouless) as long as :math:`\mathbb{E}[(dx/dh)^2] \le 1`; for c ≤ 0
this mean is infinite, because the density of h at 0 is not zero.

For a ≤ -2 all amplitudes vanish: q = 0 and :math:`\Delta = (-a - \sqrt{a^2 - 4})/2`, the resolvent of the semicircle.
Above a = -2 the solution is unstable at once.

Solved in c: for each c < 1 one q > 0 has q = E[x²], since E[x²]/q falls in q; then a = -c - Δ.

Sources: Sherrington, Kirkpatrick, Phys. Rev. Lett. 35, 1792 (1975); de Almeida, Thouless, J. Phys. A 11, 983 (1978);
Yamamura, Mabuchi, Ganguli, arXiv:2309.08119 (soft spins).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ising_problems.checks import checked_number

from .one_site import amplitude, smallest_amplitude

__all__ = ["ReplicaSymmetric", "replica_symmetric"]

_REACH = 12.0  # standard deviations of the field
_PANELS = 12


@dataclass(frozen=True)
class ReplicaSymmetric:
    """Replica-symmetric state; see :func:`replica_symmetric`.

    Attributes
    ----------
    pump : float
        The pump a.
    q : float
        Mean square amplitude.
    susceptibility : float
        Δ, the response of an amplitude to its field.
    energy : float
        Energy per spin.
    stability : float
        E[(dx/dh)²]; above 1 the solution is unstable.  Infinite for c ≤ 0, where x(h) jumps or is vertical at h = 0.
    curvature : float
        c = -a - Δ of the one-site potential; below 0 it is a double well.
    """

    pump: float
    q: float
    susceptibility: float
    energy: float
    stability: float
    curvature: float


def replica_symmetric(pump: float) -> ReplicaSymmetric:
    """Replica-symmetric solution of the soft-spin Sherrington–Kirkpatrick model at zero temperature.

    Parameters
    ----------
    pump : float
        The pump a, finite.

    Returns
    -------
    ReplicaSymmetric
        q, susceptibility, energy per spin and stability.

    Raises
    ------
    TypeError, ValueError
        If the pump is not a finite number.

    Notes
    -----
    Equations and sources: :mod:`landscapes.theory._replica_symmetric`.

    Examples
    --------
    >>> state = replica_symmetric(-1.5)
    >>> print(f"{state.q:.6f} {state.susceptibility:.6f} {state.energy:.6f} {state.stability:.4f}")
    0.262722 0.974492 -0.029489 1.1740
    """
    from scipy.optimize import brentq

    a = checked_number(pump, "pump")
    if a <= -2.0:
        delta = 2.0 / (-a + np.sqrt(a * a - 4.0))  # (-a - √(a² - 4))/2 without cancellation
        return ReplicaSymmetric(a, 0.0, float(delta), 0.0, float(delta * delta), float(-a - delta))
    # 0 < Δ < 1 above a = -2 brackets c.
    lowest, highest = -a - 1.0, min(-a, 1.0 - 1e-12)
    curvature = float(brentq(lambda c: -c - _gaussian_state(c)[1] - a, lowest, highest, xtol=1e-14, rtol=1e-14))
    q, delta, energy, stability = _gaussian_state(curvature)
    return ReplicaSymmetric(a, q, delta, energy, stability, curvature)


def _gaussian_state(curvature: float) -> tuple[float, float, float, float]:
    """q, Δ, energy and stability of the solution with the curvature c < 1."""
    from scipy.optimize import brentq

    def excess(logarithm: float) -> float:
        q = np.exp(logarithm)
        x, weight = _rule(curvature, q)
        return float(np.sum(weight * x * x) / q - 1.0)

    # E[x²]/q is at most 1/c² at q → 0 and about q^(-2/3), or (-c)/q for a deep double well, at large q.
    high = np.log(4.0 + 4.0 * abs(curvature))
    low = np.log(max(1e-14, -curvature))  # x² ≥ -c
    logarithm = brentq(excess, low, high, xtol=1e-15, rtol=1e-15) if excess(low) > 0.0 else low
    q = float(np.exp(logarithm))
    x, weight = _rule(curvature, q)
    with np.errstate(divide="ignore"):
        response = 1.0 / (3.0 * x * x + curvature)
    jump = 2.0 * smallest_amplitude(curvature) / np.sqrt(2.0 * np.pi * q)
    delta = float(np.sum(weight * response) + jump)
    energy = 0.5 * delta * q - float(np.sum(weight * (0.75 * x * x + 0.5 * curvature) * x * x))
    stability = float(np.sum(weight * response * response)) if curvature > 0.0 else np.inf
    return q, delta, energy, stability


def _rule(curvature: float, q: float) -> tuple[Any, Any]:
    """Amplitudes x > 0 and weights of the average over h ~ N(0, q): Gauss–Legendre in x on even parts."""
    edge = smallest_amplitude(curvature)
    highest = float(amplitude(np.array(_REACH * np.sqrt(q)), curvature))
    nodes, weights = np.polynomial.legendre.leggauss(24)
    width = (highest - edge) / _PANELS
    beyond = (width * (np.arange(_PANELS)[:, None] + 0.5 * (nodes + 1.0))).ravel()
    x = edge + beyond
    dx = np.tile(0.5 * width * weights, _PANELS)
    # x² - edge² in factors: at large pumps all amplitudes are close to the edge
    field = (beyond * (beyond + 2.0 * edge) + max(curvature, 0.0)) * x
    return x, dx * (3.0 * x * x + curvature) * np.sqrt(2.0 / (np.pi * q)) * np.exp(-0.5 * field * field / q)
