r"""The density of a Hessian's eigenvalues for large n, from products with vectors only.

For a random unit vector z the mean of :math:`z^{\mathsf T} g(H)\, z` is :math:`\operatorname{tr} g(H) / n`; with g a
narrow kernel about λ this is the density of eigenvalues, with g a step their cumulated share.  Two ways to find it:

**Lanczos quadrature.**  M steps of the Lanczos process from z give a tridiagonal matrix.  With its eigenvalues
:math:`\theta_k` and the first components :math:`\tau_k` of its eigenvectors, :math:`\sum_k \tau_k^2\, g(\theta_k)` is
the Gauss quadrature of M nodes, exact for polynomials up to the degree 2M - 1.  Here g is a Gaussian of standard
deviation σ.

**Kernel polynomials.**  On the interval scaled to [-1, 1] the moments
:math:`\mu_k = z^{\mathsf T} T_k(\tilde H)\, z` of the Chebyshev polynomials give

.. math::
    \rho(t) = \frac{1}{\pi \sqrt{1 - t^2}} \Big[ g_0 \mu_0 + 2 \sum_{k=1}^{M-1} g_k \mu_k T_k(t) \Big] , \qquad
    g_k = \frac{(M - k + 1) \cos\frac{\pi k}{M + 1} + \sin\frac{\pi k}{M + 1} \cot\frac{\pi}{M + 1}}{M + 1} ,

Jackson's factors, which keep the density positive and smear an eigenvalue into a near-Gaussian of width
:math:`\pi / M` in the middle of the interval.  With :math:`t = \cos\varphi` the cumulated share is
:math:`1 - \tfrac1\pi [ g_0 \mu_0 \varphi + 2 \sum_k g_k \mu_k \sin(k\varphi) / k ]`.

Errors.  In λ: σ, :math:`\pi / M` times half the width of the spectrum unless chosen.  In the share: over the p probes
the standard error is at most :math:`1 / \sqrt{2 n p}`, since :math:`z^{\mathsf T} P z` for a projector P of rank rn has
the variance :math:`2 r (1 - r) / (n + 2)`; what they actually scatter is returned.

Sources: Lin, Saad, Yang, SIAM Review 58, 34 (2016); Ubaru, Chen, Saad, SIAM J. Matrix Anal. Appl. 38, 1075 (2017);
Weiße, Wellein, Alvermann, Fehske, Rev. Mod. Phys. 78, 275 (2006), section II.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from ising_problems.checks import checked_integer, checked_number, is_integer, number_array

from .energies import Energy
from .hessian import algebra_of, as_rows, finite_points, own_generator, refuse_infinite_product

__all__ = ["SpectralDensity", "spectral_density"]

_METHODS = ("lanczos", "kernel-polynomial")
_MARGIN = 0.01  # of the width, by which the interval of the polynomials exceeds the spectrum
_OUTSIDE = 1e-6  # by how much a moment exceeds 1 only if an eigenvalue lies outside that interval
_MOST_WIDENINGS = 50  # by a tenth each
_BOUND_STEPS = 40  # of the Lanczos process that finds the ends
_FAR = 4.0  # standard deviations beyond the ends that the grid shows


class SpectralDensity(NamedTuple):
    """Density of eigenvalues on a grid.

    Attributes
    ----------
    grid : numpy.ndarray, shape (g,)
        Curvatures, in units of energy over squared amplitude.
    density : numpy.ndarray, shape (..., g)
        Share of the eigenvalues per unit of curvature; its integral is 1.
    cumulative : numpy.ndarray, shape (..., g)
        Share of the eigenvalues below.
    error : numpy.ndarray, shape (..., g)
        Standard error of ``cumulative`` from the scatter of the probes.
    resolution : numpy.ndarray, shape (...)
        Standard deviation of the kernel, the error along the grid; for the polynomials in the middle of the interval,
        where it is widest.
    """

    grid: np.ndarray
    density: np.ndarray
    cumulative: np.ndarray
    error: np.ndarray
    resolution: np.ndarray


def spectral_density(
    energy: Energy,
    x: Any,
    grid: Any = 201,
    *,
    method: Literal["lanczos", "kernel-polynomial"] = "lanczos",
    probes: int = 16,
    moments: int = 100,
    resolution: float | None = None,
    seed: int | np.random.Generator | None = None,
) -> SpectralDensity:
    """Density of the Hessian's eigenvalues, without forming the Hessian.

    Parameters
    ----------
    energy : Energy
    x : array_like, shape (n,) or (..., n)
    grid : int or array_like, shape (g,)
        Where to evaluate it, ascending; or how many points to spread over the spectra of all x.
    method : {"lanczos", "kernel-polynomial"}
        Lanczos quadrature follows isolated eigenvalues and sharp edges; kernel polynomials are never negative and need
        less memory, where the other keeps 8 × moments × probes × n bytes.
    probes : int, default 16
        Random vectors, at least 2.  Their products are formed together.
    moments : int, default 100
        Products with each vector, at least 2.
    resolution : float, optional
        Standard deviation σ of the Gaussian in Lanczos quadrature, positive; by default π/moments times half the width
        of the spectrum.  Kernel polynomials have just this one and no choice.
    seed : int, numpy.random.Generator or None

    Returns
    -------
    SpectralDensity

    Raises
    ------
    ValueError
        If a coordinate is not finite, the grid is not ascending, or an argument is out of range.
    """
    if method not in _METHODS:
        raise ValueError(f"method: must be one of {', '.join(map(repr, _METHODS))}, but it is {method!r}")
    if resolution is not None:
        resolution = checked_number(resolution, "resolution", above=0.0)
        if method != "lanczos":
            raise ValueError(f"resolution: that of kernel polynomials is π/moments, not {resolution}; choose moments")
    probes = checked_integer(probes, "probes", at_least=2)
    moments = checked_integer(moments, "moments", at_least=2)
    given = None if is_integer(grid) else _checked_grid(grid)
    size = checked_integer(grid, "grid", at_least=2) if given is None else len(given)
    rng = own_generator(seed)
    points = finite_points(energy, x)
    rows = as_rows(points)
    shape = points.shape[:-1]
    if energy.num_variables == 0 or len(rows) == 0:
        given = np.linspace(0.0, 1.0, size) if given is None else given
        density, cumulative, error = np.zeros((3, *shape, size))
        return SpectralDensity(given, density, cumulative, error, np.zeros(shape))
    for point in rows:
        refuse_infinite_product(energy, point)
    with algebra_of(energy):
        make = _LanczosQuadrature if method == "lanczos" else _KernelPolynomials
        spectra = [make(energy, point, probes, moments, resolution, rng) for point in rows]
    if given is None:
        given = np.linspace(min(s.lowest for s in spectra), max(s.highest for s in spectra), size)
    samples = [spectrum.evaluate(given) for spectrum in spectra]
    density = np.array([densities.mean(axis=0) for densities, _ in samples])
    cumulative = np.array([shares.mean(axis=0) for _, shares in samples])
    error = np.array([shares.std(axis=0, ddof=1) for _, shares in samples]) / np.sqrt(probes)
    return SpectralDensity(
        given,
        density.reshape(*shape, size),
        cumulative.reshape(*shape, size),
        error.reshape(*shape, size),
        np.reshape([s.resolution for s in spectra], shape),
    )


def _checked_grid(grid: Any) -> np.ndarray:
    array = number_array(grid, "grid").astype(np.float64)
    if array.ndim != 1 or len(array) == 0 or not np.isfinite(array).all() or np.any(np.diff(array) <= 0):
        raise ValueError("grid: an ascending row of finite numbers is needed, or the number of points")
    return array


def _unit_vectors(count: int, n: int, rng: np.random.Generator) -> np.ndarray:
    vectors = rng.standard_normal((count, n))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _lanczos_process(energy: Energy, point: np.ndarray, start: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Tridiagonal matrices (p, M, M) of the process from p unit vectors, and the last remainders (p,).

    Every new vector is made orthogonal to all before it, twice, without which copies of eigenvalues appear.  Where the
    process ends early, because the vectors span an invariant space, zeros follow; they carry no weight.
    """
    probes, n = start.shape
    steps = min(steps, n)
    basis = np.zeros((probes, steps, n))
    tridiagonal = np.zeros((probes, steps, steps))
    vector = start
    remainder = np.zeros(probes)
    size = np.zeros(probes)
    for step in range(steps):
        basis[:, step] = vector
        following = energy.hessian_vector_product(point, vector)
        size = np.maximum(size, np.linalg.norm(following, axis=1))
        tridiagonal[:, step, step] = np.sum(vector * following, axis=1)
        for _ in range(2):
            known = basis[:, : step + 1]
            following = following - ((known @ following[:, :, None]).swapaxes(1, 2) @ known)[:, 0]
        remainder = np.linalg.norm(following, axis=1)
        remainder[remainder < n * np.finfo(float).eps * size] = 0.0
        vector = following / np.where(remainder > 0.0, remainder, np.inf)[:, None]
        if step + 1 < steps:
            tridiagonal[:, step, step + 1] = tridiagonal[:, step + 1, step] = remainder
    return tridiagonal, remainder


class _LanczosQuadrature:
    """Nodes and weights of each probe, smeared by a Gaussian."""

    def __init__(
        self,
        energy: Energy,
        point: np.ndarray,
        probes: int,
        moments: int,
        resolution: float | None,
        rng: np.random.Generator,
    ) -> None:
        start = _unit_vectors(probes, energy.num_variables, rng)
        tridiagonal, _ = _lanczos_process(energy, point, start, moments)
        self._nodes, vectors = np.linalg.eigh(tridiagonal)
        self._weights = vectors[:, 0, :] ** 2
        used = self._nodes[self._weights > np.finfo(float).eps]
        low, high = float(used.min()), float(used.max())
        half_width = 0.5 * (high - low) or max(abs(high), 1.0)
        self.resolution = np.pi / moments * half_width if resolution is None else resolution
        self.lowest, self.highest = low - _FAR * self.resolution, high + _FAR * self.resolution

    def evaluate(self, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Density and cumulated share on the grid, one row a probe."""
        from scipy.special import ndtr

        distance = (grid[:, None] - self._nodes[:, None, :]) / self.resolution
        bell = np.exp(-0.5 * distance**2) / (np.sqrt(2.0 * np.pi) * self.resolution)
        return np.einsum("pgk,pk->pg", bell, self._weights), np.einsum("pgk,pk->pg", ndtr(distance), self._weights)


class _KernelPolynomials:
    """Chebyshev moments of each probe, with Jackson's factors."""

    def __init__(
        self,
        energy: Energy,
        point: np.ndarray,
        probes: int,
        moments: int,
        resolution: float | None,
        rng: np.random.Generator,
    ) -> None:
        start = _unit_vectors(probes, energy.num_variables, rng)
        low, high = _bounds(energy, point, start[:2])
        for _ in range(_MOST_WIDENINGS):
            self._centre, self._half_width = 0.5 * (low + high), 0.5 * (high - low)
            with np.errstate(over="ignore", invalid="ignore"):
                found = self._chebyshev(energy, point, start, moments)
            if np.abs(found).max() < 1.0 + _OUTSIDE:
                break
            low, high = low - 0.1 * self._half_width, high + 0.1 * self._half_width  # an eigenvalue was missed
        else:
            raise RuntimeError("the energy's Hessian-vector product is not that of a symmetric matrix")
        self.resolution = np.pi / moments * self._half_width
        inner = (1.0 - _MARGIN) * self._half_width
        self.lowest, self.highest = self._centre - inner, self._centre + inner
        self._moments = found * _jackson(moments)

    def evaluate(self, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Density and cumulated share on the grid, one row a probe."""
        scaled = np.clip((grid - self._centre) / self._half_width, -1.0, 1.0)
        inside = np.abs(scaled) < 1.0
        angle = np.arccos(scaled)
        order = np.arange(1, self._moments.shape[1])
        cosines = np.cos(np.outer(order, angle))
        sines = np.sin(np.outer(order, angle)) / order[:, None]
        share = 1.0 - (self._moments[:, :1] * angle + 2.0 * self._moments[:, 1:] @ sines) / np.pi
        # nothing lies within a margin of the ends, where the singular factor would only magnify the kernel's tails
        steepness = np.maximum(np.sin(angle[inside]), 0.5 * np.pi / self._moments.shape[1])
        density = np.zeros_like(share)
        density[:, inside] = (self._moments[:, :1] + 2.0 * self._moments[:, 1:] @ cosines[:, inside]) / (
            np.pi * steepness * self._half_width
        )
        return density, share

    def _chebyshev(self, energy: Energy, point: np.ndarray, start: np.ndarray, moments: int) -> np.ndarray:
        """z'T_k(H)z for k < moments, two for each product: 2T_iT_j = T_{i+j} + T_{i-j}."""

        def product(vectors: np.ndarray) -> np.ndarray:
            return (energy.hessian_vector_product(point, vectors) - self._centre * vectors) / self._half_width

        result = np.empty((len(start), moments + 2))
        before, now = start, product(start)
        result[:, 0] = 1.0
        result[:, 1] = first = np.sum(start * now, axis=1)
        for order in range(1, (moments + 1) // 2 + 1):
            result[:, 2 * order] = 2.0 * np.sum(now * now, axis=1) - 1.0
            before, now = now, 2.0 * product(now) - before
            if 2 * order + 1 < moments + 2:
                result[:, 2 * order + 1] = 2.0 * np.sum(before * now, axis=1) - first
        return result[:, :moments]


def _bounds(energy: Energy, point: np.ndarray, start: np.ndarray) -> tuple[float, float]:
    """An interval that, very likely, holds all eigenvalues: Ritz values, moved out by their residuals and a margin."""
    tridiagonal, remainder = _lanczos_process(energy, point, start, _BOUND_STEPS)
    nodes, vectors = np.linalg.eigh(tridiagonal)
    residuals = remainder[:, None] * np.abs(vectors[:, -1])
    low, high = float(np.min(nodes - residuals)), float(np.max(nodes + residuals))
    margin = _MARGIN * (high - low) or max(abs(high), 1.0)
    return low - margin, high + margin


def _jackson(moments: int) -> np.ndarray:
    order = np.arange(moments)
    angle = np.pi / (moments + 1)
    return ((moments - order + 1) * np.cos(angle * order) + np.sin(angle * order) / np.tan(angle)) / (moments + 1)
