r"""The cavity method: what one more spin finds in a landscape, and why critical points begin to multiply.

Add a spin with couplings J_0i to a critical point x of n spins.  To leading order the others answer an amplitude x_0
linearly, by their inverse Hessian, and the new equation reads

.. math:: x_0^3 - (a + G)\, x_0 = h , \qquad h = \sum_i J_{0i} x_i , \qquad
          G = \sum_{ij} J_{0i}\, (H^{-1})_{ij}\, J_{0j} \to \tfrac1n \operatorname{tr} H^{-1} .

h is the field that the spin would feel were it not there, normal with variance q = ⟨x²⟩ at a critical point that was
there before the spin came; G is the reaction of the others to it.  At a spin i of a given critical point the same holds
exactly with its own G_i, by the Schur identity :math:`(H^{-1})_{ii} = 1/(3 x_i^2 - a - G_i)`: x_i is a root for the
cavity field :math:`h_i := x_i^3 - (a + G_i) x_i`.

**One solution or three.**  With a + G ≤ 0 the left-hand side rises with x_0 and every field has one solution.  With
a + G > 0 there are three where

.. math:: |h| < h_c = 2 \Big( \frac{a + G}{3} \Big)^{3/2} ,

two at which it rises (a new spin in a minimum leaves a minimum) and between them one at which it falls (one more
negative Hessian eigenvalue).  Counted with the sign of the slope there is always one.

**Supersymmetry breaking.**  As long as a + G < 0 a critical point of n spins becomes one of n + 1 spins, perturbed
one-to-one: their number does not grow with n along this branch, its complexity vanishes, and the counting integral
keeps the Becchi–Rouet–Stora–Tyutin supersymmetry that says so.  Beyond a + G = 0 each critical point turns into
:math:`1 + 2 P(|h| < h_c)` in the mean, :math:`1 + P(|h| < h_c)` of them with the index that it had.  This is one step;
how the complexity grows depends also on how q and G of the points that are born differ from those of the points that
they come from.  In the replica-symmetric solution a + G = 0 is at a = -0.92755.

**Amplitudes.**  The field's normal density, carried over by the map, is

.. math:: P(x) = \frac{|3 x^2 - a - G|}{\sqrt{2 \pi q}}\, e^{-(x^3 - (a + G) x)^2 / 2q} ,

on every branch ("all", of weight 1 + 2 P(|h| < h_c)), where the slope is positive ("minima"), or where x is the lowest
of the minima of the spin's own energy x⁴/4 - (a + G) x²/2 - h x ("lowest": x has the sign of h, |x| ≥ √(a + G), weight
1).  With the last, q = ⟨x²⟩ and G = ⟨1/(3x² - a - G)⟩ + 2 √(a + G)₊ P(h = 0) are the replica-symmetric equations.
(Where that solution is unstable, ⟨(dx/dh)²⟩ > 1, its G solves G = ⟨1/(3x² - a - G)⟩ but is not the resolvent at zero,
which is the lower root: one more sign that it is wrong.)

Sources: Mézard, Parisi, Virasoro, Spin Glass Theory and Beyond (1987), chapter V; Cavagna, Giardina, Parisi, Phys. Rev.
B 71, 024422 (2005) (the cavity method where supersymmetry is broken); Rizzo, arXiv:cond-mat/0403261 (complexity by the
cavity method); Yamamura, Mabuchi, Ganguli, arXiv:2309.08119 (soft spins).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ising_problems.checks import checked_number

from ..energies import as_number
from .arguments import finite_numbers
from .one_site import amplitude

__all__ = [
    "amplitude_density",
    "cavity_multiplicity",
    "cavity_solutions",
    "cavity_threshold",
    "multistable_fraction",
    "solutions_per_spin",
]


_LARGEST = 1e75  # its fourth power is finite


def cavity_threshold(pump: Any, susceptibility: Any) -> Any:
    """Field h_c = 2 ((a + G)₊/3)^1.5 below which one more spin finds three solutions.

    Parameters
    ----------
    pump : array_like of float
        The pump a.
    susceptibility : array_like of float
        The reaction G; broadcast against the pump.

    Returns
    -------
    float or numpy.ndarray
        0 where a + G ≤ 0.

    Raises
    ------
    ValueError
        If an argument holds anything but finite numbers.
    """
    return as_number(_threshold(_curvature(pump, susceptibility)))


def cavity_multiplicity(field: Any, pump: Any, susceptibility: Any) -> Any:
    """Number of solutions, 1 or 3, of x³ - (a + G) x = h.

    Parameters
    ----------
    field : array_like of float
        The cavity field h; all three arguments are broadcast.
    pump, susceptibility
        As for :func:`cavity_threshold`.

    Returns
    -------
    int or numpy.ndarray of int
        At |h| = h_c exactly, where two of three coincide, 1.
    """
    threshold = np.asarray(cavity_threshold(pump, susceptibility))
    count = np.where(np.abs(finite_numbers(field, "field", _LARGEST)) < threshold, 3, 1)
    return int(count) if count.ndim == 0 else count


def cavity_solutions(field: Any, pump: Any, susceptibility: Any) -> np.ndarray:
    """All amplitudes x with x³ - (a + G) x = h, the equation of one more spin.

    Parameters
    ----------
    field, pump, susceptibility
        As for :func:`cavity_multiplicity`.

    Returns
    -------
    numpy.ndarray, shape (..., 3)
        In rising order; where there is only one solution the other two entries are NaN.  Of three, the middle one is
        where the slope 3x² - a - G is negative.

    Examples
    --------
    >>> cavity_solutions([0.0, 6.0], 1.0, 0.0).tolist()
    [[-1.0, 0.0, 1.0], [2.0, nan, nan]]
    """
    h, curvature = np.broadcast_arrays(
        finite_numbers(field, "field", _LARGEST),
        _curvature(pump, susceptibility),
    )
    shape, h, curvature = h.shape, h.reshape(-1), curvature.reshape(-1)
    result = np.full((h.size, 3), np.nan)
    # the root with the sign of h, then those of the quadratic that is left, by their sum and their product
    outer = _outer(np.abs(h), curvature)
    result[..., 0] = outer
    three = np.abs(h) < _threshold(curvature)
    first = outer[three]
    root = np.sqrt(np.maximum(-4.0 * curvature[three] - 3.0 * first * first, 0.0))
    second = -0.5 * (first + root)
    result[three, 1] = second
    result[three, 2] = np.abs(h[three]) / (first * second)  # the product of all three is |h|
    result *= np.where(h < 0.0, -1.0, 1.0)[..., None]
    result.sort(axis=-1)
    return (result + 0.0).reshape(*shape, 3)  # no negative zeros


def multistable_fraction(x: Any, pump: float, susceptibilities: Any) -> Any:
    """Fraction of the sites of a state whose cavity field admits three amplitudes.

    Parameters
    ----------
    x : array_like, shape (n,) or (m, n)
        A critical point, or a batch.
    pump : float
        The pump a.
    susceptibilities : array_like, broadcast to the shape of x
        G_i of every site, from ``landscapes.local_susceptibilities``, or one mean value.

    Returns
    -------
    float or numpy.ndarray of shape (m,)
        0 while every a + G_i ≤ 0.  NaN for n = 0.

    Notes
    -----
    In the limit of many spins all G_i are alike; at n = 300 they scatter by about 0.1, which smears the transition.
    """
    points, reaction = finite_numbers(x, "x", _LARGEST), finite_numbers(susceptibilities, "susceptibilities", _LARGEST)
    pump = checked_number(pump, "pump")
    if points.ndim not in (1, 2):
        raise ValueError(f"x: one state (n,) or a batch (m, n) is needed, but the shape is {points.shape}")
    try:
        reaction = np.broadcast_to(reaction, points.shape)
    except ValueError:
        raise ValueError(
            f"susceptibilities: must match the amplitudes' shape {points.shape}, but the shape is {reaction.shape}"
        ) from None
    if not points.shape[-1]:
        return as_number(np.full(points.shape[:-1], np.nan))
    fields = points * (points * points - pump - reaction)
    return as_number(np.mean(np.abs(fields) < _threshold(-pump - reaction), axis=-1))


def solutions_per_spin(
    pump: float, q: float, susceptibility: float, *, kind: Literal["all", "minima"] = "all"
) -> float:
    """Mean number of critical points of n + 1 spins that grow from one of n spins.

    Parameters
    ----------
    pump : float
        The pump a.
    q : float
        Mean squared amplitude, the variance of the cavity field; not negative.
    susceptibility : float
        The reaction G.
    kind : {"all", "minima"}
        All of them, 1 + 2 P(|h| < h_c), or those of the same index only, 1 + P(|h| < h_c).

    Returns
    -------
    float
        1 for a + G ≤ 0; its logarithm is the growth of the complexity only near that transition.
    """
    import scipy.special

    if kind not in ("all", "minima"):
        raise ValueError(f"kind: 'all' or 'minima' is needed, but it is {kind!r}")
    q = checked_number(q, "q", at_least=0.0)
    threshold = cavity_threshold(checked_number(pump, "pump"), checked_number(susceptibility, "susceptibility"))
    if threshold == 0.0:
        return 1.0
    probability = float(scipy.special.erf(threshold / np.sqrt(2.0 * q))) if q > 0.0 else 1.0
    return 1.0 + (2.0 if kind == "all" else 1.0) * probability


def amplitude_density(
    x: Any,
    pump: float,
    q: float | None = None,
    susceptibility: float | None = None,
    *,
    branch: Literal["lowest", "minima", "all"] = "lowest",
) -> Any:
    """Density of the amplitudes for a normal cavity field of variance q and the reaction G.

    Parameters
    ----------
    x : array_like of float
        Where the density is wanted.
    pump : float
        The pump a.
    q : float, optional
        Mean squared amplitude; positive, as at q = 0 all amplitudes are zero and there is no density.
    susceptibility : float, optional
        The reaction G.  Where neither is given both are those of ``landscapes.theory.replica_symmetric(pump)``: up to
        a = -0.92755 the supersymmetric solution.
    branch : {"lowest", "minima", "all"}
        Which solutions count where there are three; see the module's page.  They differ only for a + G > 0.

    Returns
    -------
    float, or numpy.ndarray of the shape of ``x``

    Raises
    ------
    ValueError, TypeError
        If q is not positive (the replica-symmetric one is 0 for a ≤ -2), an argument is not finite, only one of q
        and the susceptibility is given, or the branch is none of the three.

    Examples
    --------
    With the replica-symmetric q and G at a = -1.5:

    >>> round(amplitude_density(0.0, -1.5), 3)
    0.409
    """
    if branch not in ("lowest", "minima", "all"):
        raise ValueError(f"branch: 'lowest', 'minima' or 'all' is needed, but it is {branch!r}")
    points = finite_numbers(x, "x", _LARGEST)
    pump = checked_number(pump, "pump")
    if q is None and susceptibility is None:
        from ._replica_symmetric import replica_symmetric

        solution = replica_symmetric(pump)
        if not solution.q > 0.0:
            raise ValueError(f"pump: there is a density of amplitudes above -2 only, but it is {pump:g}: all are zero")
        q, susceptibility = solution.q, solution.susceptibility
    elif q is None or susceptibility is None:
        raise ValueError("q, susceptibility: both are needed, or neither for the replica-symmetric ones")
    q = checked_number(q, "q", above=0.0)
    curvature = -pump - checked_number(susceptibility, "susceptibility")
    slope = 3.0 * points * points + curvature
    field = points * (points * points + curvature)
    density = np.abs(slope) * np.exp(-0.5 * field * field / q) / np.sqrt(2.0 * np.pi * q)
    if branch == "minima":
        density = np.where(slope > 0.0, density, 0.0)
    elif branch == "lowest":
        density = np.where(points * points + curvature >= 0.0, density, 0.0)
    return as_number(density)


def _outer(size: np.ndarray, curvature: np.ndarray) -> np.ndarray:
    """The largest root of x³ + c x = |h|, from the one-site problem in units in which c is -1, 0 or 1."""
    unit = np.sqrt(np.abs(curvature))
    scale = unit**3
    unit = np.where(scale > 1e-300 * size, unit, 0.0)  # where c is as good as zero
    result = np.cbrt(size)
    for sign in (-1.0, 1.0):
        part = (unit > 0.0) & (np.sign(curvature) == sign)
        result[part] = unit[part] * amplitude(size[part] / scale[part], sign)
    return result


def _threshold(curvature: np.ndarray) -> np.ndarray:
    return 2.0 * (np.maximum(-curvature, 0.0) / 3.0) ** 1.5


def _curvature(pump: Any, susceptibility: Any) -> np.ndarray:
    """c = -a - G."""
    reaction = finite_numbers(susceptibility, "susceptibility", _LARGEST)
    return -finite_numbers(pump, "pump", _LARGEST) - reaction
