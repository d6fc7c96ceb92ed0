r"""A random Gaussian landscape: the null model of rough surfaces, whose critical points are known from theory.

V is a stationary, isotropic Gaussian field on :math:`\mathbb R^n` of mean zero, confined or not,

.. math::
    E(x) = V(x) + \tfrac\mu2\, |x|^2 , \qquad
    \langle V(x)\, V(y) \rangle = n\, f\!\left( |x - y|^2 / n \right) .

At any one point, differentiating the covariance,

.. math::
    \langle \partial_i V\, \partial_j V \rangle &= -2 f'(0)\, \delta_{ij} , \qquad
    \langle V\, \partial_i \partial_j V \rangle = 2 f'(0)\, \delta_{ij} , \\
    \langle \partial_i \partial_j V\; \partial_k \partial_l V \rangle &= \tfrac4n f''(0)
        \left( \delta_{ij} \delta_{kl} + \delta_{ik} \delta_{jl} + \delta_{il} \delta_{jk} \right) ,

and the gradient is independent of both.  The Hessian is thus a semicircle of radius :math:`4 \sqrt{f''(0)}` about a
centre that falls with the energy, on average :math:`\mu + 2 f'(0)\, V / (n f(0))`.  At :math:`\mu` above
:math:`2 \sqrt{f''(0)}` the mean number of critical points no longer grows exponentially with n.  (Fyodorov's f is a
function of :math:`|x - y|^2 / 2n`: his :math:`f''(0)` is four times this one.)

Realisation.  A field is a sum of M plane waves of random phase,

.. math:: V(x) = \sqrt{2 n f(0) / M}\; \sum_{k=1}^M \cos( \omega_k \cdot x + \varphi_k ) ,

with :math:`\omega_k` drawn from the spectrum of f: for :math:`f(u) = \sum_j w_j e^{-s_j u}` a Gaussian of variance
:math:`2 s_j / n` in each direction, with j drawn with probability :math:`w_j / f(0)`.  Averaged over the waves, the
covariances above hold exactly for every M.  What M limits is how Gaussian the field is: V has an excess kurtosis of
-3/(2M), and the Hessian, a sum of M matrices of rank one, has a fourth free cumulant of 3n/(2M) in units of the second
squared (for the squared exponential and large n), where a semicircle has none.  How that changes the number of critical
points is known (Lacroix-A-Chez-Toine, Fedeli, Fyodorov).

Sources: Bray, Dean, Phys. Rev. Lett. 98, 150201 (2007); Fyodorov, Phys. Rev. Lett. 92, 240601 (2004) and the review of
that method, Fyodorov, Acta Phys. Pol. B 36, 2699 (2005); random waves: Shinozuka, J. Sound Vib. 25, 111 (1972);
Rahimi, Recht, NIPS 20 (2007); Lacroix-A-Chez-Toine, Fedeli, Fyodorov, J. Math. Phys. 63, 093301 (2022).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ising_problems.checks import checked_generator, checked_integer, checked_number

from .energies import as_number, checked_points
from .isotropic_covariance import exponential_mixture

__all__ = ["GaussianLandscape"]

_WAVES_PER_VARIABLE = 32
_FEWEST_WAVES = 1024
# Numbers (points × waves) held in memory together, 64 MiB.
_LARGEST_BLOCK = 2**23
# Beyond, squares of distances overflow (and phases have long lost their digits).
_FARTHEST = 1e100


class GaussianLandscape:
    """A realisation of a stationary isotropic Gaussian field with ⟨V(x)V(y)⟩ = n f(|x - y|²/n), plus μ|x|²/2.

    f(u) is ``variance`` times the covariance's shape at u/``length``².

    Parameters
    ----------
    num_variables : int
        n.
    covariance : callable, optional
        Shape of the covariance as a function of an array of squared distances; by default the squared exponential,
        exp(-u/2).  It must be a possible covariance in every dimension, that is a completely monotone function, and
        smooth at 0, such as ``lambda u: (1 + u) ** -0.5``.
    variance : float, default 1
        f(0) in units of the shape at 0; positive.
    length : float, default 1
        Unit of distance; positive.
    confinement : float, default 0
        μ, not negative.
    num_waves : int, optional
        M; by default 32 for each variable and at least 1024.  The waves take 8 M n bytes, a value or a gradient of the
        order of M n operations, a Hessian M n².
    seed : int, numpy.random.Generator or None

    Attributes
    ----------
    num_variables : int
    confinement : float
    derivatives : tuple of three floats
        f(0), f'(0), f''(0).
    critical_confinement : float
        2 √f''(0): above it one minimum is, typically, all there is.

    Raises
    ------
    TypeError, ValueError
        If an argument is outside its range, or the covariance is not one.

    Examples
    --------
    >>> energy = GaussianLandscape(3, seed=0)
    >>> energy.derivatives, energy.critical_confinement
    ((1.0, -0.5, 0.25), 1.0)
    >>> energy.hessian([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]]).shape
    (2, 3, 3)
    """

    def __init__(
        self,
        num_variables: int,
        covariance: Callable[[np.ndarray], np.ndarray] | None = None,
        *,
        variance: float = 1.0,
        length: float = 1.0,
        confinement: float = 0.0,
        num_waves: int | None = None,
        seed: int | np.random.Generator | None = None,
    ) -> None:
        n = self.num_variables = checked_integer(num_variables, "num_variables", at_least=0)
        variance = checked_number(variance, "variance", above=0.0)
        length = checked_number(length, "length", above=0.0)
        self.confinement = checked_number(confinement, "confinement", at_least=0.0)
        if num_waves is None:
            num_waves = max(_FEWEST_WAVES, _WAVES_PER_VARIABLE * n)
        self._num_waves = checked_integer(num_waves, "num_waves", at_least=1)
        if covariance is None:
            rates, weights = np.array([0.5]), np.ones(1)
        elif callable(covariance):
            rates, weights = exponential_mixture(covariance)
        else:
            raise TypeError(f"covariance: a function of the squared distance is needed, but it is {covariance!r}")
        self._rates, self._weights = rates / length**2, variance * weights
        self.derivatives = (
            float(self._weights.sum()),
            -float(self._weights @ self._rates),
            float(self._weights @ self._rates**2),
        )
        self.critical_confinement = 2.0 * math.sqrt(self.derivatives[2])
        self._draw(checked_generator(seed).spawn(1)[0])  # not the stream from which points may come

    def redrawn(self, *, seed: int | np.random.Generator | None = None) -> GaussianLandscape:
        """Another landscape of the same ensemble; a covariance that was given is not taken apart again.

        Parameters
        ----------
        seed : int, numpy.random.Generator or None

        Returns
        -------
        GaussianLandscape
        """
        other = copy.copy(self)
        other._draw(checked_generator(seed).spawn(1)[0])
        return other

    def _draw(self, rng: np.random.Generator) -> None:
        n, waves = self.num_variables, self._num_waves
        drawn = rng.choice(self._rates, size=(waves, 1), p=self._weights / self._weights.sum())
        self._waves = np.sqrt(2.0 * drawn / max(n, 1)) * rng.standard_normal((waves, n))
        self._phases = rng.uniform(0.0, 2.0 * np.pi, waves)
        self._amplitude = math.sqrt(2.0 * n * self.derivatives[0] / waves)

    def __repr__(self) -> str:
        return (
            f"GaussianLandscape({self.num_variables}, derivatives={self.derivatives}, confinement={self.confinement}, "
            f"num_waves={self._num_waves})"
        )

    def covariance(self, squared_distance: Any) -> np.ndarray:
        """f(u) as realised, u = |x - y|²/n; any shape."""
        u = np.asarray(squared_distance, dtype=np.float64)
        return np.exp(-u[..., None] * self._rates) @ self._weights

    def value(self, x: Any) -> Any:
        """Energy; (n,) -> float, (m, n) -> (m,)."""
        points = self._points(x)
        field = self._summed(lambda block: np.cos(self._angles(block)).sum(axis=-1), points, ())
        return as_number(self._amplitude * field + 0.5 * self.confinement * np.sum(points * points, axis=-1))

    def gradient(self, x: Any) -> np.ndarray:
        """Gradient; (n,) -> (n,), (m, n) -> (m, n)."""
        points = self._points(x)
        slope = self._summed(lambda block: np.sin(self._angles(block)) @ self._waves, points, (self.num_variables,))
        return self.confinement * points - self._amplitude * slope

    def hessian(self, x: Any) -> np.ndarray:
        """Hessian; (n,) -> (n, n), (m, n) -> (m, n, n)."""
        n = self.num_variables
        points = self._points(x)

        def bends(block: np.ndarray) -> np.ndarray:
            # one product a point, symmetric to the last bit only when it is made so
            products = [(self._waves.T * row) @ self._waves for row in np.cos(self._angles(block))]
            return np.reshape([0.5 * (product + product.T) for product in products], (len(block), n, n))

        result = -self._amplitude * self._summed(bends, points, (n, n))
        result[..., np.arange(n), np.arange(n)] += self.confinement
        return result

    def hessian_vector_product(self, x: Any, vector: Any) -> np.ndarray:
        """Hessian at x applied to v, for one point and vector or for batches that broadcast."""
        points = self._points(x)
        v = checked_points(vector, self.num_variables, "vector")
        bent = (np.cos(self._angles(points)) * (v @ self._waves.T)) @ self._waves
        return self.confinement * v - self._amplitude * bent

    @property
    def gradient_unit(self) -> float:
        """Size of a typical component of the field's gradient, √(-2f'(0))."""
        return math.sqrt(-2.0 * self.derivatives[1]) or 1.0

    def _points(self, x: Any) -> np.ndarray:
        points = checked_points(x, self.num_variables)
        if not (np.abs(points) <= _FARTHEST).all():
            where = tuple(int(i) for i in np.argwhere(~(np.abs(points) <= _FARTHEST))[0])
            raise ValueError(f"x: coordinates up to {_FARTHEST:g} are needed, but entry {where} is {points[where]}")
        return points

    def _angles(self, points: np.ndarray) -> np.ndarray:
        return points @ self._waves.T + self._phases

    def _summed(
        self, over_waves: Callable[[np.ndarray], np.ndarray], points: np.ndarray, shape: tuple[int, ...]
    ) -> np.ndarray:
        """A sum over the waves at each point, so many points at a time as memory allows."""
        rows = points.reshape(math.prod(points.shape[:-1]), self.num_variables)
        step = max(1, _LARGEST_BLOCK // self._num_waves)
        result = np.empty((len(rows), *shape))
        for start in range(0, len(rows), step):
            result[start : start + step] = over_waves(rows[start : start + step])
        return result.reshape((*points.shape[:-1], *shape))
