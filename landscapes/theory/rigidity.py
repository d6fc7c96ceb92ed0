r"""The pump at which the ground state freezes: where c = -a - Δ passes through 0.

Below it every amplitude follows its field continuously and the Hessian's spectrum of the ground state begins at 0;
above it the amplitudes have a gap, :math:`|x| \ge \sqrt{a + \Delta}`, and the Hessian one too
(:mod:`~landscapes.theory._full_rsb`).  So :math:`a_{\mathrm{rigid}} = -\Delta` at c = 0.

There :math:`x = h^{1/3}`, and the top of the Parisi function is a scaling solution: at the distance δ = 1 - q/q_M
fields matter on the scale :math:`\delta^{1/2}`, amplitudes on :math:`\delta^{1/6}`, and
:math:`\mu \sim \delta^{-2/3}`, without end.  A computation ends at some δ, and its Δ is too large by about
:math:`0.42\, \delta^{0.278}` (both numbers are measured, not derived): the cutoff must be
extrapolated.  Two ways, which share no cutoff:

- c = 0 and δ → 0 (:func:`cutoff_sequence`);
- c → 0 from above (:func:`curvature_sequence`), where μ(q) ends at a finite value :math:`\sim c^{-2}` and the solution
  is complete with δ = 0.01 c³.

:func:`extrapolated` fits :math:`\Delta_0 + k\, \delta^{\gamma} + k_2\, \delta^{2 \gamma}` with a free exponent.  From
above the cutoff is :math:`\delta \sim c^3`, so that :math:`c^{3 \gamma}` comes with the analytic term c
(:func:`extrapolated_from_above`).  The program ``tests/benchmarks/rigidity.py`` prints the study and writes the result
that :func:`landscapes.theory.transitions` reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .parisi import overlap_steps
from .parisi_saddle import ParisiSaddle, refined, soft_spin_saddle

__all__ = ["Extrapolation", "curvature_sequence", "cutoff_sequence", "extrapolated", "extrapolated_from_above"]


_RESOLVED = 0.01


@dataclass(frozen=True)
class Extrapolation:
    """Limit, exponent and largest deviation of a fit from its points."""

    limit: float
    exponent: float
    deviation: float


def cutoff_sequence(
    counts: Sequence[int],
    power: float = 3.0,
    ratio: float = 0.3,
    *,
    curvature: float = 0.0,
    spacing: float = 0.035,
    hermite: int = 20,
) -> list[ParisiSaddle]:
    """Solutions at one curvature with more and more steps, each of which ends nearer to the top.

    Parameters
    ----------
    counts : sequence of int
        Numbers of steps, increasing by no more than about a half; the first at most 6.
    power, ratio : float
        Where the steps lie, see :func:`~landscapes.theory.parisi.overlap_steps`.
    curvature : float
        c ≤ 0.
    spacing, hermite : float, int
        Grid of fields and order of averages, see :class:`~landscapes.theory.parisi.Parisi`.
    """
    result: list[ParisiSaddle] = []
    for count in counts:
        overlaps = overlap_steps(count, power, ratio)
        result.append(_solution(overlaps, curvature, result[-1] if result else None, spacing, hermite))
    return result


def curvature_sequence(curvatures: Sequence[float], power: float = 8.0) -> list[ParisiSaddle]:
    """Solutions at positive and decreasing curvatures, each complete up to the top of its Parisi function."""
    result: list[ParisiSaddle] = []
    for curvature in curvatures:
        resolved = _RESOLVED * curvature**3
        count = 5
        if not result:  # from few steps
            result.append(_solution(overlap_steps(count, power, smallest=resolved), curvature, None))
        while 1.0 - overlap_steps(count, power)[-2] > resolved:
            count += 1
        result.append(_solution(overlap_steps(count, power, smallest=resolved), curvature, result[-1]))
    return result[1:]


def _solution(
    overlaps: np.ndarray, curvature: float, before: ParisiSaddle | None, spacing: float = 0.035, hermite: int = 20
) -> ParisiSaddle:
    if before is None:
        middle = 0.5 * (overlaps[1:] + overlaps[:-1])
        start = np.append(np.log(0.6 * middle / np.sqrt(1.0 - middle)), np.log([1.08 - curvature, 0.55]))
    else:
        scaled = np.log(before.breaking * before.self_overlap)
        ends = np.log([before.self_overlap, before.susceptibility])
        start = np.append(refined(overlaps, before.overlaps, scaled), ends)
    return soft_spin_saddle(overlaps, start, curvature=curvature, spacing=spacing, hermite=hermite)


def extrapolated(distances: Sequence[float], values: Sequence[float]) -> Extrapolation:
    """Limit at distance 0 of values + k δ^γ + k₂ δ^(2γ); at least five points, or four for an exact fit."""
    from scipy.optimize import minimize_scalar

    distance, value = np.asarray(distances, dtype=float), np.asarray(values, dtype=float)

    def fit(exponent: float) -> tuple[np.ndarray, np.ndarray]:
        power = distance**exponent
        design = np.stack([np.ones_like(power), power, power * power], axis=1)
        coefficients = np.linalg.lstsq(design, value, rcond=None)[0]
        return coefficients, design @ coefficients - value

    best = minimize_scalar(
        lambda exponent: float(np.sum(fit(exponent)[1] ** 2)), bounds=(0.1, 1.5), method="bounded",
        options={"xatol": 1e-6},
    )  # fmt: skip
    coefficients, deviation = fit(float(best.x))
    return Extrapolation(float(coefficients[0]), float(best.x), float(np.abs(deviation).max()))


def extrapolated_from_above(curvatures: Sequence[float], values: Sequence[float], exponent: float) -> Extrapolation:
    """Limit at c = 0 of values + k c^(3γ) + k₁ c + k₂ c^(6γ) for a given γ, from at least four points."""
    c, value = np.asarray(curvatures, dtype=float), np.asarray(values, dtype=float)
    design = np.stack([np.ones_like(c), c ** (3.0 * exponent), c, c ** (6.0 * exponent)], axis=1)
    coefficients = np.linalg.lstsq(design, value, rcond=None)[0]
    return Extrapolation(float(coefficients[0]), exponent, float(np.abs(design @ coefficients - value).max()))
