r"""How soft the state of a machine is: the softness that :mod:`cim.gap_speed` paces pump ramps by.

With the Hessian :math:`H = \mathrm{diag}(3x_i^2 - a) - J` of the soft-spin energy at the state x,

``"gap"``
    :math:`1/|\lambda_1|`, the inverse of its lowest eigenvalue: the slowest time in which the state relaxes, or, where
    :math:`\lambda_1 < 0` because the state lags behind, leaves.  By Lanczos's process, which starts from the direction
    that was found at the pump before.
``"susceptibility"``
    :math:`\operatorname{tr} |H|^{-1} / n`, which at a minimum is the susceptibility χ.  For random signs z it is the
    mean of :math:`z^{\mathsf T} |H|^{-1} z / n` (Hutchinson), and with the eigenvalues θ of Lanczos's tridiagonal
    matrix and the first components w of its eigenvectors
    :math:`z^{\mathsf T} |H|^{-1} z \approx n \sum_k w_k^2/|\theta_k|`, Gauss's quadrature (Golub, Meurant), whose error
    falls twice as fast as that of a linear system's solution.
``"response"``
    :math:`\|x(a_{k+1}) - x(a_k)\| / (\sqrt n\,(a_{k+1} - a_k))`, how far the state moves while the pump rises by 1.
    On a branch of minima it is :math:`\|H^{-1} x\|/\sqrt n`, for :math:`dx/da = H^{-1} x`; where the state jumps to
    another branch, the jump is in it.  It costs no products.

Everything is in machine units (:mod:`cim.dynamics.base`) and single precision; each step of Lanczos's process costs one
matrix-vector product.

Sources: Paige, J. Inst. Math. Appl. 10, 373 (1972); Hutchinson, Commun. Stat. Simul. Comput. 19, 433 (1990); Golub,
Meurant, *Matrices, Moments and Quadrature* (2010), chapter 7.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .couplings import Couplings, lanczos_process, tridiagonal
from .landscape_schedules import THRESHOLD

__all__ = ["MEASURES", "SMALLEST_GAP", "Hessian"]

SMALLEST_GAP = 1e-3
"""In machine units: smaller eigenvalues cannot be told from zero in so few steps."""

_LANCZOS_STEPS = 40
_CLOSE = 0.1  # of an eigenvalue: its residual at which Lanczos's process ends
_SETTLED = 0.02  # of a quadrature: its change over five steps at which it ends
_FRESH = 0.3  # part of a random direction in the vector from which Lanczos's process starts
_PROBES = 1


class Hessian:
    """Products with the Hessian in machine units, one vector at a time, counted."""

    def __init__(self, couplings: Couplings) -> None:
        self.couplings = couplings
        self.products = 0
        self._image = np.empty((couplings.num_spins, 1), dtype=np.float32)

    def at(self, x: np.ndarray, pump: float) -> Callable[[np.ndarray], np.ndarray]:
        """The product with the Hessian at x, float32, shape (n,)."""
        diagonal = 3.0 * x * x - np.float32(pump)

        def product(vector: np.ndarray) -> np.ndarray:
            self.products += 1
            column = np.ascontiguousarray(vector[:, None], dtype=np.float32)
            return diagonal * column[:, 0] - self.couplings.product(column, self._image)[:, 0]

        return product


class _Gap:
    """1/|λ₁| of each replica."""

    def __init__(self, hessian: Hessian, replicas: int, rng: np.random.Generator) -> None:
        self._hessian = hessian
        n = hessian.couplings.num_spins
        self._fresh = rng.standard_normal(n, dtype=np.float32) / np.float32(np.sqrt(n))
        self._softest = np.tile(self._fresh, (replicas, 1))

    def __call__(self, amplitudes: np.ndarray, pump: float) -> np.ndarray:
        if pump <= THRESHOLD:  # the state is zero, and the largest eigenvalue of J is 2
            return np.full(amplitudes.shape[1], 1.0 / max(THRESHOLD - pump, SMALLEST_GAP))
        found = []
        for replica, x in enumerate(amplitudes.T):
            start = self._softest[replica] + np.float32(_FRESH) * self._fresh
            value, self._softest[replica] = _lowest(self._hessian.at(x, pump), start)
            found.append(1.0 / max(abs(value), SMALLEST_GAP))
        return np.array(found)


class _Susceptibility:
    """tr |H|⁻¹/n of each replica, from the same random signs at every pump."""

    def __init__(self, hessian: Hessian, replicas: int, rng: np.random.Generator) -> None:
        self._hessian = hessian
        signs = 2.0 * rng.integers(0, 2, (_PROBES, hessian.couplings.num_spins)) - 1.0
        self._signs = signs.astype(np.float32)

    def __call__(self, amplitudes: np.ndarray, pump: float) -> np.ndarray:
        return np.array(
            [np.mean([_inverse_form(self._hessian.at(x, pump), z) for z in self._signs]) for x in amplitudes.T]
        )


class _Response:
    """How far each replica moved since the last call, for each unit of pump."""

    def __init__(self, hessian: Hessian, replicas: int, rng: np.random.Generator) -> None:
        self._before: tuple[np.ndarray, float] | None = None

    def __call__(self, amplitudes: np.ndarray, pump: float) -> np.ndarray:
        moved = np.zeros(amplitudes.shape[1])
        if self._before is not None and pump > THRESHOLD:  # below, all that moves is the noise of the start
            x, before = self._before
            moved = np.linalg.norm(amplitudes - x, axis=0) / np.sqrt(len(x)) / (pump - before)
        self._before = amplitudes.copy(), pump
        return moved


MEASURES: dict[str, Any] = {"gap": _Gap, "susceptibility": _Susceptibility, "response": _Response}
"""By name.  Made from a Hessian, the number of replicas and a generator, they are called with amplitudes of shape
(n, replicas) and a pump, and return the softness of each replica."""


def _lowest(product: Callable[[np.ndarray], np.ndarray], start: np.ndarray) -> tuple[float, np.ndarray]:
    """Lowest eigenvalue and its unit vector, to a tenth, or as near as forty products come."""
    steps = min(_LANCZOS_STEPS, len(start))
    for diagonal, off_diagonal, basis in lanczos_process(product, start, steps):
        k = len(diagonal) - 1
        exhausted = off_diagonal[k] <= 1e-6 * max(abs(diagonal[0]), off_diagonal[0])
        if k % 5 == 4 or k == steps - 1 or exhausted:
            values, vectors = np.linalg.eigh(tridiagonal(diagonal, off_diagonal))
            mode = basis.T @ vectors[:, 0].astype(np.float32)
            if exhausted or off_diagonal[k] * abs(vectors[-1, 0]) < _CLOSE * abs(values[0]):
                break
    return float(values[0]), mode


def _inverse_form(product: Callable[[np.ndarray], np.ndarray], signs: np.ndarray) -> float:
    """z'|H|⁻¹z/n for a vector of signs z."""
    steps = min(_LANCZOS_STEPS, len(signs))
    before = 0.0
    for diagonal, off_diagonal, _ in lanczos_process(product, signs, steps):
        k = len(diagonal) - 1
        exhausted = off_diagonal[k] <= 1e-6 * max(abs(diagonal[0]), off_diagonal[0])
        if k % 5 == 4 or k == steps - 1 or exhausted:
            values, vectors = np.linalg.eigh(tridiagonal(diagonal, off_diagonal))
            form = float(np.sum(vectors[0] ** 2 / np.maximum(np.abs(values), SMALLEST_GAP)))
            if exhausted or abs(form - before) < _SETTLED * form:
                break
            before = form
    return form
