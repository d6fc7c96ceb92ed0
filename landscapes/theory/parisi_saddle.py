r"""Where the energy of a Parisi function with steps is stationary: Newton's method from few steps to many.

Unknowns are :math:`\log \mu_k q_M` for each step, and, where they are not given, :math:`\log q_M`,
:math:`\log \Delta` and the overlaps :math:`q_k` of the steps.  They make stationary the energy of
:mod:`~landscapes.theory.parisi`:

- by μ_k: :math:`\int_{q_k}^{q_{k+1}} (q - \mathbb{E}[m(q)^2])\, dq = 0`;
- by Δ: :math:`q_M = \langle x^2 \rangle`;
- by the scale of all overlaps: :math:`\Delta = \langle h x \rangle / q_M - \int \mu\, d(q^2) / q_M`, with
  :math:`\langle h x \rangle = \langle x^4 \rangle + c \langle x^2 \rangle`;
- by q_k, where that is free: :math:`q_k = \mathbb{E}[m(q_k)^2]`.

Then the energy is exact to second order in whatever the steps cannot represent, :math:`de/da = -q_M/2`, and
:math:`e = -\langle x^4 \rangle/4`, as at every critical point of the soft-spin energy.  With all overlaps optimal,
:math:`\Delta = \langle dx/dh \rangle` follows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ising_problems.threads import single_threaded_algebra

from ..jit import compilation_time
from .parisi import Parisi, Top, ising_top, soft_spin_top

__all__ = ["ParisiSaddle", "ising_saddle", "newton", "refined", "soft_spin_saddle"]

_DIFFERENCE = 1e-3  # of a logarithm, in central differences
_NOISE = 1e-11  # relative to the largest singular value of the derivatives, below which directions are left as they are
_CHORDS = 6  # steps that reuse a matrix of derivatives, while each is at most half the one before


@dataclass(frozen=True)
class ParisiSaddle:
    """A stationary point.

    Attributes
    ----------
    overlaps : numpy.ndarray, shape (steps + 1,)
        q/q_M from 0 to 1.
    breaking : numpy.ndarray, shape (steps,)
        μ_k.
    self_overlap, susceptibility, energy : float
        q_M, Δ and the energy per spin.
    curvature : float
        c = -a - Δ; for Ising spins minus infinity.
    moments : numpy.ndarray, shape (4,)
        ⟨x²⟩, ⟨x⁴⟩, ⟨dx/dh⟩ with the jump at h = 0, and the mean square of its smooth part.
    parisi : Parisi
        The last sweep.
    top : Top
    error : float
        Largest last change of a logarithm.
    """

    overlaps: np.ndarray
    breaking: np.ndarray
    self_overlap: float
    susceptibility: float
    energy: float
    curvature: float
    moments: np.ndarray
    parisi: Parisi
    top: Top
    error: float

    @property
    def pump(self) -> float:
        """The pump a = -c - Δ."""
        return -self.curvature - self.susceptibility


def newton(
    residual: Callable[[np.ndarray], np.ndarray], start: np.ndarray, tolerance: float = 1e-6, iterations: int = 25
) -> tuple[np.ndarray, float]:
    """Root of a function of logarithms by Newton's method with matrices that are used more than once.

    The unknowns change by at most a factor e in an iteration.  What cannot be improved because derivatives are noise is
    left when steps cease to shrink; the last step says how well it is known.

    Returns
    -------
    root : numpy.ndarray
    error : float
        Largest component of the last step.
    """
    z = start.copy()
    value = residual(z)
    error, before = np.inf, np.inf
    for iteration in range(iterations):
        matrix = np.empty((len(z), len(z)))
        for j in range(len(z)):
            shift = np.zeros(len(z))
            shift[j] = _DIFFERENCE
            matrix[:, j] = (residual(z + shift) - residual(z - shift)) / (2.0 * _DIFFERENCE)
        rows = np.abs(matrix).max(axis=1)
        inverse = np.linalg.pinv(matrix / rows[:, None], rcond=_NOISE)
        step = inverse @ (-value / rows)
        error = float(np.abs(step).max())
        z = z + step * min(1.0, 1.0 / error)
        value = residual(z)
        if error <= 1.0:
            for _ in range(_CHORDS):
                step = inverse @ (-value / rows)
                size = float(np.abs(step).max())
                if size > 0.5 * error:
                    break
                z, error = z + step, size
                value = residual(z)
                if error < tolerance:
                    break
        if error < tolerance or (iteration > 1 and error < 1e-3 and error > 0.3 * before):
            break
        before = error
    return z, error


def refined(overlaps: np.ndarray, coarse: np.ndarray, logarithms: np.ndarray) -> np.ndarray:
    """Logarithms of the Parisi function on finer steps; a power of the distance from the top beyond the coarse ones.

    What is interpolated is log μ/q, which is finite at q = 0.  The last coarse step stands for all that it hides, and
    is left out.
    """
    from scipy.interpolate import PchipInterpolator

    middle, below = 0.5 * (overlaps[1:] + overlaps[:-1]), 0.5 * (coarse[1:] + coarse[:-1])
    known = logarithms - np.log(below)
    known, there = known[:-1], _depth(coarse)[:-1]
    slope = max((known[-1] - known[-3]) / (there[-1] - there[-3]), 0.0)
    here = _depth(overlaps)
    inside = PchipInterpolator(there, known)(np.clip(here, there[0], there[-1]))
    return inside + slope * np.maximum(here - there[-1], 0.0) + np.log(middle)


def _depth(overlaps: np.ndarray) -> np.ndarray:
    """Minus the logarithm of each step's distance from the top."""
    distance = 1.0 - overlaps[:-1]
    return -0.5 * np.log(distance * np.append(distance[1:], 0.1 * distance[-1]))


def soft_spin_saddle(
    overlaps: np.ndarray,
    start: np.ndarray,
    *,
    pump: float | None = None,
    curvature: float | None = None,
    free_overlaps: bool = False,
    given_breaking: bool = False,
    spacing: float = 0.035,
    hermite: int = 20,
) -> ParisiSaddle:
    """Stationary point of soft spins, at a pump or at a curvature.

    Parameters
    ----------
    overlaps : numpy.ndarray, shape (steps + 1,)
        q/q_M of the steps; where they are free, the first guess.
    start : numpy.ndarray, shape (steps + 2,)
        First guess of log μ_k q_M, log q_M and log Δ.
    pump, curvature : float
        One of the two; the other follows.
    free_overlaps : bool
        Whether the overlaps of the steps are stationary too.
    given_breaking : bool
        Whether μ_k q_M is as given, and only q_M and Δ are solved for.
    spacing, hermite : float, int
        See :class:`~landscapes.theory.parisi.Parisi`.
    """
    steps = len(overlaps) - 1
    moving = steps - 1 if free_overlaps else 0
    state: dict[str, Parisi] = {"parisi": Parisi(overlaps, spacing, hermite)}
    tops: dict[tuple[float, float], Top] = {}

    def evaluate(z: np.ndarray) -> tuple[np.ndarray, ParisiSaddle]:
        if moving:
            logits = np.append(z[steps + 2 :], 0.0)
            widths = np.exp(logits - logits.max())
            state["parisi"] = Parisi(np.append(0.0, np.cumsum(widths) / widths.sum()), spacing, hermite)
            tops.clear()
        parisi = state["parisi"]
        q, delta = np.exp(z[steps]), np.exp(z[steps + 1])
        c = float(-pump - delta) if pump is not None else float(curvature)  # type: ignore[arg-type]
        if (c, q) not in tops:
            tops.clear()
            tops[c, q] = soft_spin_top(parisi, c, q)
        breaking = np.exp(z[:steps]) / q
        slopes, moments = parisi.sweep(breaking, tops[c, q], q)
        t = parisi.overlaps
        scale = moments[1] / q + c * moments[0] / q - q * np.sum(breaking * np.diff(t * t))
        if pump is None:  # Δ is then a result
            delta = scale
        residual = [slopes / np.diff(t) / q**2, [moments[0] / q - 1.0, scale / np.exp(z[steps + 1]) - 1.0]]
        if moving:
            squares = np.sum(parisi.probability * parisi.mean**2, axis=1)[1:]
            residual.append(squares / (q * t[1:-1]) - 1.0)
        energy = 0.5 * delta * q + 0.25 * q * q * np.sum(breaking * np.diff(t * t)) + parisi.energy[0, 0]
        saddle = ParisiSaddle(
            t, breaking, float(q), float(delta), float(energy), c, moments, parisi, tops[c, q], np.nan
        )
        return np.concatenate(residual), saddle

    z = start
    if moving:
        widths = np.diff(overlaps)
        z = np.concatenate([start, np.log(widths[:-1] / widths[-1])])
    return _solved(evaluate, z, steps if given_breaking else 0)


def ising_saddle(overlaps: np.ndarray, start: np.ndarray, *, free_overlaps: bool = False) -> ParisiSaddle:
    """Stationary point of Ising spins, q_M = 1 and Δ = 0; ``start`` holds log μ_k."""
    steps = len(overlaps) - 1
    moving = steps - 1 if free_overlaps else 0
    state = {"parisi": Parisi(overlaps)}
    tops = [ising_top(state["parisi"])]

    def evaluate(z: np.ndarray) -> tuple[np.ndarray, ParisiSaddle]:
        if moving:
            logits = np.append(z[steps:], 0.0)
            widths = np.exp(logits - logits.max())
            state["parisi"] = Parisi(np.append(0.0, np.cumsum(widths) / widths.sum()), hermite=48)
            tops[0] = ising_top(state["parisi"])
        parisi = state["parisi"]
        breaking = np.exp(z[:steps])
        slopes, moments = parisi.sweep(breaking, tops[0], 1.0)
        t = parisi.overlaps
        residual = [slopes / np.diff(t)]
        if moving:
            residual.append(np.sum(parisi.probability * parisi.mean**2, axis=1)[1:] / t[1:-1] - 1.0)
        energy = 0.25 * np.sum(breaking * np.diff(t * t)) + parisi.energy[0, 0]
        saddle = ParisiSaddle(t, breaking, 1.0, 0.0, float(energy), -np.inf, moments, parisi, tops[0], np.nan)
        return np.concatenate(residual), saddle

    z = start
    if moving:
        widths = np.diff(overlaps)
        z = np.concatenate([start, np.log(widths[:-1] / widths[-1])])
    return _solved(evaluate, z)


def _solved(
    evaluate: Callable[[np.ndarray], tuple[np.ndarray, ParisiSaddle]], start: np.ndarray, given: int = 0
) -> ParisiSaddle:
    """Newton's root of the residuals; the first ``given`` unknowns, and their equations, are left out."""
    with compilation_time(), single_threaded_algebra(), np.errstate(under="ignore"):
        head = start[:given]
        tail, error = newton(lambda point: evaluate(np.concatenate([head, point]))[0][given:], start[given:])
        return replace(evaluate(np.concatenate([head, tail]))[1], error=error)
