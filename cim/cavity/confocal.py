r"""What photons of a confocal cavity do between atoms in its midplane: couplings that follow from where they sit.

Atoms, or small clouds of them, sit at points :math:`r_i` of the plane and scatter light of a transverse pump into the
cavity's degenerate even modes.  Summed over the modes, the light that one of them scatters comes back to it, to its
mirror image, and, as its Fourier transform, to everybody (Vaidya et al., Phys. Rev. X 8, 011002 (2018); Marsh et al.,
Phys. Rev. X 11, 021048 (2021)).  As a sum over ordered pairs, :math:`E = -\sum_{i,j} A_{ij} s_i s_j`, with factors that
:mod:`cim.cavity.modes` and :mod:`cim.cavity.mode_functions` derive,

.. math::

    A_{ij} = -\frac{g_0^2 \Delta}{2(\Delta^2 + \kappa^2)}
        \Big[ \beta\, \big(\delta(r_i - r_j) + \delta(r_i + r_j)\big)
              + 2 \cos\frac{2\, r_i \cdot r_j}{w_0^2} \Big] ,

with the waist :math:`w_0`.  This project counts each pair once, so that :math:`J_{ij} = 2 A_{ij}` and

.. math::

    J_{ij} = \mathrm{scale} \cdot \Big[ \cos\frac{2\, r_i \cdot r_j}{w_0^2}
        + \frac{\beta}{2} G(r_i - r_j) + \frac{\beta'}{2} G(r_i + r_j) \Big] , \qquad
    \mathrm{scale} = -\frac{2 g_0^2 \Delta}{\Delta^2 + \kappa^2} ,

positive for red detuning, Δ < 0 (:func:`confocal_scale`).  Where :math:`A_{ij}` is the bare cosine, scale is 2.

The delta functions have a width.  A cloud is not a point: between two round normal clouds of standard deviation
:math:`\sigma` the delta function's double integral is :math:`e^{-r^2/(4\sigma^2)} / (4 \pi \sigma^2)`, r being the
distance of their centres.  And the cavity does not resolve points: if a mode of order m counts :math:`\rho^m`, Mehler's
formula makes of the even modes' sum normal spots of variance :math:`(1 - \rho) w_0^2 / (1 + \rho)`, with
:math:`\beta = 2/(1 - \rho^2)` (:mod:`cim.cavity.mode_functions` has these modes).  Both are

.. math:: G(r) = e^{-|r|^2 / (2 \xi^2)} ,

of variances that add up, with their height taken into β.  β is thus the strength at no distance and :math:`\xi` the
``local_width``, small beside the waist: further apart than a few of it, atoms do not notice either term, and on the
diagonal the local one is the self-coupling :math:`\beta/2`.  A width of clouds also washes out the cosine where it
turns faster than :math:`w_0^2/(r \sigma)`, which is neglected.

Two atoms at one place would be one ensemble with a coupling between its halves, not two Ising spins, and are refused.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ising_problems import IsingModel
from ising_problems.checks import as_float, checked_generator, checked_integer, checked_number, number_array

__all__ = [
    "checked_positions",
    "confocal_couplings",
    "confocal_scale",
    "confocal_self_couplings",
    "confocal_waist",
    "random_positions",
]

_DEFAULT_WIDTH = 0.02  # of the local term, in waists
_ONE_PLACE = 1e-9  # in waists
# A phase 2 r.r'/w² beyond this is wrong by more than 1e-4 in float64.
_LARGEST_PHASE = 2.0**40


def confocal_couplings(
    positions: Any,
    waist: float = 1.0,
    scale: float = 1.0,
    *,
    local: float = 0.0,
    mirror: float | None = None,
    local_width: float | None = None,
) -> IsingModel:
    """Ising model of atoms in the midplane of a confocal cavity.

    Parameters
    ----------
    positions : array_like of float, shape (n, 2)
        Where the atoms sit, from the cavity's axis, in the units of the waist.
    waist : float, default 1
        Waist w₀ of the cavity's lowest mode.
    scale : float, default 1
        Coupling of an atom on the axis to any other.  2 makes energies those of a sum of the cosine over all ordered
        pairs; :func:`confocal_scale` gives that of a cavity.
    local : float, default 0
        Strength β of the local term, which couples atoms within a few ``local_width`` of one another.
    mirror : float, optional
        Strength β′ of the term between atoms at opposite points; by default that of the local term, as even modes make
        it.
    local_width : float, optional
        Width ξ of both terms, in the units of the waist; 0.02 waists by default.

    Returns
    -------
    IsingModel
        ``J[i, j] = scale * (cos(2 r_i·r_j/waist²) + local/2 · G(r_i - r_j) + mirror/2 · G(r_i + r_j))`` for i ≠ j,
        with ``G(r) = exp(-|r|²/(2 local_width²))``.  For the diagonal see :func:`confocal_self_couplings`.

    Raises
    ------
    ValueError
        If two atoms sit at one place, within 1e-9 waists; if a position is not finite, or so far out that rounding
        leaves nothing of the cosine; if a strength is negative or a length not positive.

    References
    ----------
    B. P. Marsh et al., Phys. Rev. X 11, 021048 (2021); V. D. Vaidya et al., Phys. Rev. X 8, 011002 (2018).

    Examples
    --------
    >>> model = confocal_couplings([[0.0, 0.0], [0.5, 0.0], [0.0, 2.0]])
    >>> model.J.tolist()
    [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
    """
    waist = checked_number(waist, "waist", above=0.0)
    points = checked_positions(positions, waist)
    _refuse_one_place(points, waist)
    couplings = _kernel(points, waist, scale, local, mirror, local_width)
    np.fill_diagonal(couplings, 0.0)
    return IsingModel(couplings, copy=False)


def confocal_self_couplings(
    positions: Any,
    waist: float = 1.0,
    scale: float = 1.0,
    *,
    local: float = 0.0,
    mirror: float | None = None,
    local_width: float | None = None,
) -> np.ndarray:
    """Self-couplings A_ii of the sum over ordered pairs, half of what :func:`confocal_couplings` would have there.

    They do not matter to the energies of signs.  The dynamics of ensembles, whose atoms flip one by one, needs them: a
    step of s_i by δ costs -A_ii δ² beyond what the field on it says.

    Parameters
    ----------
    positions, waist, scale, local, mirror, local_width
        As for :func:`confocal_couplings`.

    Returns
    -------
    numpy.ndarray, shape (n,)

    Examples
    --------
    >>> confocal_self_couplings([[0.0, 0.0], [1.0, 0.0]], scale=2.0, local=10.0, mirror=0.0).round(3).tolist()
    [6.0, 4.584]
    """
    waist = checked_number(waist, "waist", above=0.0)
    points = checked_positions(positions, waist)
    scale, local, mirror, width = _checked_terms(waist, scale, local, mirror, local_width)
    squares = ((points / waist) ** 2).sum(axis=1)
    with np.errstate(over="ignore"):  # of a width that is very small
        images = np.exp(-2.0 * ((points / width) ** 2).sum(axis=1))
    return np.asarray(0.5 * scale * (np.cos(2.0 * squares) + 0.5 * (local + mirror * images)))


def confocal_scale(coupling: float, detuning: float, loss: float, *, spin: float = 1.0) -> float:
    """Scale of :func:`confocal_couplings` for a cavity: -2 g₀² S² Δ/(Δ² + κ²).

    Parameters
    ----------
    coupling : float
        g₀, the atoms' coupling by the pump to the cavity, as an angular frequency; the lowest mode has 2g₀ on the axis.
    detuning : float
        Δ of the pump from the cavity, negative: red.
    loss : float
        κ, half the linewidth.
    spin : float, default 1
        Length S of the spin at a site: 1/2 for a single atom, M/2 for an ensemble of M.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the detuning is not negative: blue light inverts the couplings and pumps energy into the spins.  If the scale
        is beyond floats.

    Examples
    --------
    >>> confocal_scale(1.0, detuning=-2.0, loss=0.0)
    1.0
    """
    coupling = checked_number(coupling, "coupling")
    loss = checked_number(loss, "loss", at_least=0.0)
    spin = checked_number(spin, "spin", above=0.0)
    detuning = checked_number(detuning, "detuning")
    if detuning >= 0.0:
        raise ValueError(
            f"detuning: must be negative (the pump red of the cavity), but it is {detuning:g}; on the other side the "
            "couplings change sign and the cavity heats the spins instead of cooling them"
        )
    # through ratios: neither overflows nor loses the digits of a small detuning
    ratio = loss / detuning
    scale = -2.0 * (coupling * spin / detuning) * (coupling * spin) / (1.0 + ratio * ratio)
    if not math.isfinite(scale):
        raise ValueError(
            f"coupling: with {coupling:g} and spins of length {spin:g} at the detuning {detuning:g} the scale is "
            "beyond floats; give all frequencies in a larger unit"
        )
    return scale


def confocal_waist(wavelength: float, length: float) -> float:
    r"""Waist of a confocal cavity's lowest mode, :math:`w_0 = \sqrt{\lambda L / 2\pi}`.

    Mirrors whose radius of curvature is their distance L make a Rayleigh range :math:`\pi w_0^2/\lambda` of L/2.

    Parameters
    ----------
    wavelength : float
    length : float
        Distance of the mirrors, in the same unit.

    Returns
    -------
    float
        In that unit.

    Examples
    --------
    >>> round(1e6 * confocal_waist(780e-9, 0.01), 1)  # micrometres, of a centimetre at 780 nm
    35.2
    """
    wavelength = checked_number(wavelength, "wavelength", above=0.0)
    length = checked_number(length, "length", above=0.0)
    return float(np.sqrt(wavelength * length / (2.0 * np.pi)))


def random_positions(n: int, width: float, seed: int | np.random.Generator | None = None) -> np.ndarray:
    """Positions drawn from a round normal distribution around the cavity's axis.

    Parameters
    ----------
    n : int
    width : float
        Standard deviation along each axis, in the units that the positions are meant in.
    seed : int, numpy.random.Generator or None

    Returns
    -------
    numpy.ndarray, shape (n, 2)

    Examples
    --------
    >>> random_positions(5, 0.7, seed=1).shape
    (5, 2)
    """
    n = checked_integer(n, "n", at_least=0)
    width = checked_number(width, "width", above=0.0)
    return width * checked_generator(seed).standard_normal((n, 2))


def checked_positions(positions: Any, waist: float) -> np.ndarray:
    """Points of the plane, float64, finite and near enough for the cosine to mean anything."""
    points = as_float(number_array(positions, "positions"), "positions")
    if points.size == 0 and points.ndim < 2:
        points = points.reshape(0, 2)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"positions: one point (x, y) a row is needed, shape (n, 2), but the shape is {points.shape}")
    if not np.isfinite(points).all():
        i = int(np.argwhere(~np.isfinite(points))[0, 0])
        raise ValueError(f"positions: every position must be finite, but positions[{i}] is {points[i].tolist()}")
    with np.errstate(over="ignore"):
        distances = np.hypot(points[:, 0], points[:, 1]) / waist
    furthest = float(distances.max(initial=0.0))
    if 2.0 * furthest * furthest > _LARGEST_PHASE:
        i = int(distances.argmax())
        raise ValueError(
            f"positions: positions[{i}] is {furthest:.3g} waists from the axis, where rounding leaves nothing of "
            "cos(2 r·r'/waist²); give positions and waist in the same unit"
        )
    return points


def _refuse_one_place(points: np.ndarray, waist: float) -> None:
    from scipy.spatial import KDTree

    if len(points) < 2:
        return
    pairs = KDTree(points / waist).query_pairs(_ONE_PLACE, output_type="ndarray")
    if len(pairs):
        i, j = (int(k) for k in min(pairs.tolist()))
        raise ValueError(
            f"positions: atoms {i} and {j} are at one place, {points[i].tolist()}; they are one ensemble: "
            "leave one of them out, or move it"
        )


def _checked_terms(
    waist: float, scale: float, local: float, mirror: float | None, local_width: float | None
) -> tuple[float, float, float, float]:
    scale = checked_number(scale, "scale")
    local = checked_number(local, "local", at_least=0.0)
    mirror = local if mirror is None else checked_number(mirror, "mirror", at_least=0.0)
    width = _DEFAULT_WIDTH * waist if local_width is None else checked_number(local_width, "local_width", above=0.0)
    return scale, local, mirror, width


def _kernel(
    points: np.ndarray, waist: float, scale: float, local: float, mirror: float | None, local_width: float | None
) -> np.ndarray:
    """Couplings with whatever comes out on the diagonal, symmetric to the last bit."""
    scale, local, mirror, width = _checked_terms(waist, scale, local, mirror, local_width)
    x, y = points.T / waist
    couplings = np.cos(2.0 * (np.multiply.outer(x, x) + np.multiply.outer(y, y)))
    for strength, combine in ((local, np.subtract), (mirror, np.add)):
        if strength:
            with np.errstate(over="ignore"):  # of a width that is very small
                across, along = (combine.outer(axis, axis) / (width / waist) for axis in (x, y))
                couplings += 0.5 * strength * np.exp(-0.5 * (across**2 + along**2))
    return np.asarray(scale * couplings)
