r"""Spectrum of the Hessian of the soft-spin energy at a state, from the state's amplitudes alone.

The Hessian at x is :math:`H = \operatorname{diag}(d) - J` with :math:`d_i = 3 x_i^2 - a`.  For couplings of variance
t/n (t = 1 for the Sherrington–Kirkpatrick model) and a diagonal that does not depend on them, its resolvent

.. math:: G(z) = \tfrac1n \operatorname{tr}\, (H - z)^{-1} = \Big\langle \frac{1}{d - z - t\,G(z)} \Big\rangle ,
          \qquad \rho(\lambda) = \frac1\pi \operatorname{Im} G(\lambda + i0) ,

where ⟨·⟩ is the mean over the amplitudes: the free convolution of the diagonal's distribution with a semicircle, solved
by :mod:`landscapes.theory.free_convolution`.  At a critical point x does depend on J.  The bulk is the same for large
n, but single eigenvalues may leave it.  A sample of amplitudes is a distribution of n atoms, and the formula gives a
lone one, such as the smallest amplitude of a rigid state, a semicircle of its own, of radius 2√(t/n): the edge of
the formula then lies by as much below the lowest eigenvalue, and can be negative although H is positive.  The classical
place of the k-th eigenvalue, k = 0, 1, …, below which the fraction (k + ½)/n lies, is free of this: for k = 0 it is the
better prediction of the lowest eigenvalue of one state (:func:`hessian_quantile`).

**Marginality.**  :math:`M = t\,\langle |d - tG(0)|^{-2} \rangle` measures how near the bulk's edge is to zero: with all
of the bulk above zero G(0) is real and M < 1; at M = 1 the edge touches zero.  Once zero lies inside the bulk G(0) is
complex and M = 1 identically, as the imaginary part of the self-consistent equation reads Im G (1 - M) = 0; the same
mean with only the real part of G would mean nothing there.

**Amplitudes** are a sample (a state x), or nodes with ``weights``: a density P on an even grid is ``weights=P(grid)``;
with the nodes and weights of a quadrature rule, ``weights = rule * P(nodes)``.  They are normalised.  A grid should
resolve what the semicircle smooths, or where P is small each node shows as a bulk of its own.

Sources: Pastur, Theor. Math. Phys. 10, 67 (1972); Erdős, Yau, Yin, Adv. Math. 229, 1435 (2012) (eigenvalues stay near
their classical places); Bray, Moore, J. Phys. C 12, L441 (1979), for the spectrum at the
solutions of mean-field equations of spin glasses; Yamamura, Mabuchi, Ganguli, arXiv:2309.08119, for this model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ising_problems.checks import checked_number, number_array

from .arguments import finite_numbers
from .free_convolution import inverted, lower_edge, quantiles, support, transform

__all__ = [
    "HessianBulk",
    "hessian_bulk",
    "hessian_cumulative",
    "hessian_density",
    "hessian_edge",
    "hessian_quantile",
    "hessian_resolvent",
    "inverse_trace_prediction",
    "is_gapped",
    "marginality",
]


_LARGEST = 1e75  # squared twice it is still finite


@dataclass(frozen=True, eq=False)
class HessianBulk:
    """The intervals that the predicted spectrum consists of.

    Attributes
    ----------
    edges : numpy.ndarray, shape (k, 2)
        Lower and upper edge of each interval, in rising order; more than one where the bulk splits.
    weights : numpy.ndarray, shape (k,)
        Fraction of the eigenvalues in each; the sum is 1.
    """

    edges: np.ndarray
    weights: np.ndarray


def hessian_resolvent(x: Any, pump: float, z: Any, *, weights: Any = None, variance: float = 1.0) -> Any:
    """Resolvent G(z) = tr (H - z)⁻¹/n of diag(3x² - a) - J at complex or real z.

    Parameters
    ----------
    x : array_like, shape (n,)
        Amplitudes of a state, or nodes of their density.
    pump : float
        The pump a.
    z : array_like of complex
        Where; energies of the Hessian, i.e. those of J and of a.  On the real axis the limit from above is taken, and
        below it the complex conjugate of the value above.
    weights : array_like, shape (n,), optional
        Not negative; the density at the nodes times their spacing, up to a factor.  All alike by default.
    variance : float, default 1
        t = n times the variance of a coupling.

    Returns
    -------
    complex, or numpy.ndarray of complex128 of the shape of z
        NaN for n = 0.

    Raises
    ------
    ValueError, TypeError
        If x or z holds anything but finite numbers, if the weights are negative or sum to zero, or if the pump is not
        finite or the variance not positive.

    Examples
    --------
    With x = 0 and a = 0 the Hessian is -J: its resolvent is the semicircle's, (√(z² - 4) - z)/2.

    >>> round(abs(hessian_resolvent([0.0], 0.0, 0.0) - 1j), 12)
    0.0
    """
    points = np.asarray(z)
    if points.dtype.kind not in "biufc" or not np.isfinite(points).all():
        raise ValueError(f"z: finite complex numbers are needed, but it is {z!r}")
    entries, weights = _diagonal(x, pump, weights)
    flat = points.astype(np.complex128).reshape(-1)
    values = _boundary_values(entries, weights, _checked_variance(variance), flat)[0].reshape(points.shape)
    return complex(values) if points.ndim == 0 else values


def hessian_density(x: Any, pump: float, grid: Any, *, weights: Any = None, variance: float = 1.0) -> Any:
    """Density of the Hessian's eigenvalues at real λ, without any smoothing; zero in gaps.

    Parameters
    ----------
    x, pump, weights, variance
        As for :func:`hessian_resolvent`.
    grid : array_like of float
        The eigenvalues λ at which the density is wanted.

    Returns
    -------
    float, or numpy.ndarray of the shape of ``grid``
        ρ(λ) ≥ 0 with ∫ρ dλ = 1.  NaN for n = 0.
    """
    values = hessian_resolvent(x, pump, finite_numbers(grid, "grid"), weights=weights, variance=variance)
    return values.imag / np.pi


def hessian_cumulative(x: Any, pump: float, grid: Any, *, weights: Any = None, variance: float = 1.0) -> Any:
    """Fraction of the Hessian's eigenvalues below each λ; at λ = 0 the index of a critical point over n.

    Parameters
    ----------
    x, pump, weights, variance
        As for :func:`hessian_resolvent`.
    grid : array_like of float

    Returns
    -------
    float, or numpy.ndarray of the shape of ``grid``
        Between 0 and 1, never falling.  NaN for n = 0.
    """
    points = finite_numbers(grid, "grid")
    entries, weights = _diagonal(x, pump, weights)
    variance = _checked_variance(variance)
    resolvent, shifted = _boundary_values(entries, weights, variance, points.astype(np.complex128).reshape(-1))
    # -arg(d - w), which lies in [0, π]; exactly 0 or π in a gap
    angle = np.array([np.sum(weights * np.arctan2(w.imag, entries - w.real)) for w in shifted])
    values = np.clip((angle - 0.5 * variance * (resolvent * resolvent).imag) / np.pi, 0.0, 1.0)
    if not entries.size:
        values = np.full(resolvent.shape, np.nan)
    return float(values[0]) if points.ndim == 0 else values.reshape(points.shape)


def hessian_quantile(x: Any, pump: float, fraction: Any, *, weights: Any = None, variance: float = 1.0) -> Any:
    """Eigenvalue below which a given fraction of the Hessian's eigenvalues lies.

    Parameters
    ----------
    x, pump, weights, variance
        As for :func:`hessian_resolvent`.
    fraction : array_like of float
        Between 0 and 1; 0 and 1 give the lowest and the highest edge.  At (k + ½)/n: where the k-th lowest eigenvalue
        of one state is to be expected.

    Returns
    -------
    float, or numpy.ndarray of the shape of ``fraction``
        The inverse of :func:`hessian_cumulative`; some point of the gap where that is constant.  NaN for n = 0.

    Raises
    ------
    ValueError, TypeError
        If a fraction lies outside [0, 1], and as for :func:`hessian_resolvent`.

    Examples
    --------
    >>> round(hessian_quantile([0.0], 1.5, 0.5), 12)  # the middle of a semicircle about -a
    -1.5
    """
    fractions = number_array(fraction, "fraction").astype(np.float64, copy=False)
    if not np.all((fractions >= 0.0) & (fractions <= 1.0)):  # NaN fails too
        raise ValueError(f"fraction: numbers between 0 and 1 are needed, but it is {fraction!r}")
    entries, weights = _diagonal(x, pump, weights)
    variance = _checked_variance(variance)
    flat = fractions.reshape(-1)
    values = np.full(flat.shape, np.nan)
    if entries.size:
        ends = support(entries, weights, variance)[0] if np.any((flat == 0.0) | (flat == 1.0)) else np.zeros((1, 2))
        inside = (flat > 0.0) & (flat < 1.0)
        values[flat == 0.0], values[flat == 1.0] = ends[0, 0], ends[-1, 1]
        values[inside] = quantiles(entries, weights, variance, flat[inside])
    return float(values[0]) if fractions.ndim == 0 else values.reshape(fractions.shape)


def hessian_bulk(x: Any, pump: float, *, weights: Any = None, variance: float = 1.0) -> HessianBulk:
    """All intervals of the predicted spectrum: lower and upper edges, and the gaps between them.

    Parameters
    ----------
    x, pump, weights, variance
        As for :func:`hessian_resolvent`.

    Returns
    -------
    HessianBulk
        ``.edges`` (k, 2) and ``.weights`` (k,); k = 0 for n = 0.
    """
    entries, weights = _diagonal(x, pump, weights)
    variance = _checked_variance(variance)
    if not entries.size:
        return HessianBulk(np.zeros((0, 2)), np.zeros(0))
    return HessianBulk(*support(entries, weights, variance))


def hessian_edge(x: Any, pump: float, *, weights: Any = None, variance: float = 1.0) -> Any:
    """Lower edge of the predicted spectrum: the lowest Hessian eigenvalue of a typical state for large n.

    With F(w) = ⟨1/(d - w)⟩ it is w* - t F(w*), where w* lies below every d and t F'(w*) = 1.  For one finite state
    ``hessian_quantile(x, pump, 0.5 / n)`` is nearer to its lowest eigenvalue.

    Parameters
    ----------
    x : array_like, shape (n,) or (m, n)
        One state or a batch.
    pump, weights, variance
        As for :func:`hessian_resolvent`.

    Returns
    -------
    float, or numpy.ndarray of shape (m,)
        NaN for n = 0.
    """

    def edge(entries: np.ndarray, weights: np.ndarray) -> float:
        return lower_edge(entries, weights, checked)

    checked = _checked_variance(variance)
    return _for_each(edge, x, pump, weights)


def inverse_trace_prediction(x: Any, pump: float, *, weights: Any = None, variance: float = 1.0) -> Any:
    """Predicted tr H⁻¹/n = Re G(0): the local susceptibility of a state, averaged over its sites.

    Parameters
    ----------
    x : array_like, shape (n,) or (m, n)
    pump, weights, variance
        As for :func:`hessian_resolvent`.

    Returns
    -------
    float, or numpy.ndarray of shape (m,)
        Where zero lies inside the bulk this is the principal value, and :func:`is_gapped` is false.  NaN for n = 0.
    """

    def trace(entries: np.ndarray, weights: np.ndarray) -> float:
        return float(_boundary_values(entries, weights, checked, np.zeros(1, np.complex128))[0][0].real)

    checked = _checked_variance(variance)
    return _for_each(trace, x, pump, weights)


def marginality(x: Any, pump: float, *, weights: Any = None, variance: float = 1.0) -> Any:
    """M = t⟨|d - t G(0)|⁻²⟩: below 1 for a gapped spectrum, exactly 1 once the bulk reaches zero.

    Parameters
    ----------
    x : array_like, shape (n,) or (m, n)
    pump, weights, variance
        As for :func:`hessian_resolvent`.

    Returns
    -------
    float, or numpy.ndarray of shape (m,)
        NaN for n = 0.
    """

    def margin(entries: np.ndarray, weights: np.ndarray) -> float:
        w = inverted(entries, weights, checked, np.zeros(1, np.complex128))[0]
        return checked * float(np.sum(weights / np.abs(entries - w) ** 2))

    checked = _checked_variance(variance)
    return _for_each(margin, x, pump, weights)


def is_gapped(x: Any, pump: float, *, weights: Any = None, variance: float = 1.0) -> Any:
    """Whether all of the predicted spectrum lies above zero: a rigid minimum, with G(0) real and M < 1.

    Parameters
    ----------
    x : array_like, shape (n,) or (m, n)
    pump, weights, variance
        As for :func:`hessian_resolvent`.

    Returns
    -------
    bool, or numpy.ndarray of bool, shape (m,)
        False for n = 0.
    """
    gapped = np.asarray(hessian_edge(x, pump, weights=weights, variance=variance)) > 0.0
    return bool(gapped) if gapped.ndim == 0 else gapped


def _boundary_values(
    entries: np.ndarray, weights: np.ndarray, variance: float, z: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """G and w at every z, with the lower half-plane by reflection."""
    if not entries.size:
        return np.full(z.shape, complex(np.nan, np.nan)), np.full(z.shape, complex(np.nan, np.nan))
    w = inverted(entries, weights, variance, np.where(z.imag < 0.0, z.conj(), z))
    resolvent = transform(entries, weights, w)
    below = z.imag < 0.0
    return np.where(below, resolvent.conj(), resolvent), np.where(below, w.conj(), w)


def _for_each(function: Any, x: Any, pump: float, weights: Any) -> Any:
    """A function of the diagonal for one state or for each of a batch."""
    states = number_array(x, "x")
    if states.ndim == 1:
        states = states[None]
    elif states.ndim != 2:
        raise ValueError(f"x: one state (n,) or a batch (m, n) is needed, but the shape is {states.shape}")
    values = np.full(len(states), np.nan)
    if not states.shape[1]:
        _diagonal(states.reshape(-1), pump, weights)  # for its checks
    else:
        for k, state in enumerate(states):
            values[k] = function(*_diagonal(state, pump, weights))
    return values if np.ndim(x) == 2 else float(values[0])


def _diagonal(x: Any, pump: float, weights: Any) -> tuple[np.ndarray, np.ndarray]:
    """The entries 3x² - a and their weights, of sum 1, without those of weight zero."""
    pump = checked_number(pump, "pump")
    amplitudes = number_array(x, "x").astype(np.float64, copy=False)
    if amplitudes.ndim != 1:
        raise ValueError(
            f"x: one state or one grid of amplitudes, shape (n,), is needed, but the shape is {amplitudes.shape}"
        )
    _refuse_infinite(amplitudes, "x")
    if amplitudes.size and np.abs(amplitudes).max() > _LARGEST:
        raise ValueError(f"x: amplitudes beyond {_LARGEST:g} overflow when squared; rescale the model")
    entries = 3.0 * amplitudes * amplitudes - pump
    if weights is None:
        return entries, np.full(entries.size, 1.0 / max(entries.size, 1))
    shares = number_array(weights, "weights").astype(np.float64, copy=False)
    if shares.shape != amplitudes.shape:
        raise ValueError(
            f"weights: one for each of the {amplitudes.size} amplitudes is needed, but the shape is {shares.shape}"
        )
    _refuse_infinite(shares, "weights")
    if np.any(shares < 0.0):
        k = int(np.flatnonzero(shares < 0.0)[0])
        raise ValueError(f"weights: must not be negative, but entry {k} is {shares[k]}")
    total = float(shares.sum())
    if shares.size and not 0.0 < total < np.inf:
        raise ValueError(f"weights: their sum must be positive and finite, but it is {total}")
    kept = shares > 0.0
    return entries[kept], shares[kept] / total if shares.size else shares


def _refuse_infinite(values: np.ndarray, name: str) -> None:
    if not np.isfinite(values).all():
        k = int(np.flatnonzero(~np.isfinite(values))[0])
        raise ValueError(f"{name}: every entry must be finite, but entry {k} is {values[k]}")


def _checked_variance(variance: float) -> float:
    return checked_number(variance, "variance", above=0.0)
