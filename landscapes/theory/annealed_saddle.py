r"""The saddle point of the annealed Kac–Rice functional: its one-site measure, its equations, and Newton's method.

The functional and its derivation stand in :mod:`~landscapes.theory.kac_rice`.  Its saddle point is a one-site
probability density

.. math::
    p(x) \propto |D|\, \exp\Big\{ -\frac{(V' - \rho x)^2}{2 q} + \frac{\omega x^2}{2 q} + \frac u4 x^4
    - \frac{\zeta}{\pi} \arg D + \frac{\alpha}{D} \Big\}, \qquad D = 3 x^2 - a - G, \quad V' = x^3 - a x,

with five real unknowns (q, ρ, ω, Re G, Im G or α) that obey

.. math::
    \langle x^2 \rangle = q, \quad \langle x (V' - \rho x) \rangle = \rho\, q, \quad
    \langle (V' - \rho x)^2 \rangle = q (1 + \omega), \quad \langle 1/D \rangle = G, \quad
    \langle |D|^{-2} \rangle = 1 .

The last equation is the imaginary part of the fourth where Im G > 0.  Where Im G = 0 (points with D > 0 only: minima)
it is the condition that the Hessian's spectrum just touches zero, and α ≤ 0 is the multiplier that holds it; where the
spectrum keeps away from zero, Im G or α vanishes and the last equation lapses.

Every derivative of an average is a covariance, ∂⟨f⟩/∂θ = ⟨∂f/∂θ⟩ + cov(f, ∂ ln p/∂θ), so Newton's method has its exact
Jacobian.  Two more unknowns, the weights u and ζ, take the equations "u is given" or "the energy is given", "ζ is
given" or "the index is given".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .saddle_continuation import Controls, NotContinued, continued

__all__ = ["AnnealedSaddle", "continued_saddle", "distance_from_zero", "newton", "quadrature"]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)
# Below this Im G (or -alpha) is nothing but the logarithm of the support's last few quadrature panels.
NEGLIGIBLE = 1e-9
_TOLERANCE = 1e-11


@dataclass(frozen=True)
class AnnealedSaddle:
    """A solution, or an approximation to it.

    Attributes
    ----------
    unknowns : numpy.ndarray, shape (7,)
        ln q, ρ, ω, Re G, ln Im G or ln(-α), u, ζ.
    controls : Controls
    minima : bool
        Whether only D > 0 is allowed.
    touching : bool
        Whether the fifth unknown is at work; otherwise Im G = 0 and α = 0.
    """

    unknowns: np.ndarray
    controls: Controls
    minima: bool = False
    touching: bool = True

    @property
    def q(self) -> float:
        """Mean square amplitude."""
        return float(np.exp(self.unknowns[0]))

    @property
    def resolvent(self) -> complex:
        """G at the origin, on the upper side of the real axis."""
        imaginary = np.exp(self.unknowns[4]) if self.touching and not self.minima else 0.0
        return complex(self.unknowns[3], imaginary)

    @property
    def multiplier(self) -> float:
        """The multiplier α of the condition of marginality."""
        return -float(np.exp(self.unknowns[4])) if self.touching and self.minima else 0.0

    @property
    def stability(self) -> float:
        """Largest modulus of ρ ± √ω; above 1 an overlap between points grows (:mod:`~landscapes.theory.quenched`)."""
        rho, root = self.unknowns[1], np.sqrt(complex(self.unknowns[2]))
        return float(max(abs(rho + root), abs(rho - root)))

    def log_weight(self, x: np.ndarray) -> np.ndarray:
        """Logarithm of the density's numerator at x; minus infinity where the density vanishes."""
        _, rho, omega, _, _, u, zeta = self.unknowns
        q, pump = self.q, self.controls.pump
        field = x * (x * x - pump) - rho * x
        distance, angle, allowed = distance_from_zero(x, pump, self.resolvent, self.minima)
        with np.errstate(divide="ignore", invalid="ignore"):
            result = -(field**2) / (2.0 * q) + 0.5 * omega / q * x * x + 0.25 * u * x**4 - zeta / np.pi * angle
            result += np.log(np.abs(distance))
            if self.multiplier:
                result += self.multiplier / distance.real
        return np.where(allowed, result, -np.inf)

    def nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """Points x > 0 and weights of the quadrature."""
        return quadrature(self.controls.pump, self.q, self.unknowns[1], self.unknowns[3])

    def measure(self) -> tuple[np.ndarray, np.ndarray, float]:
        """Points x > 0, their probabilities (those of x and -x together), and ln of the integral over all x."""
        x, weight = self.nodes()
        logarithm = self.log_weight(x)
        top = float(logarithm.max())
        probability = weight * np.exp(logarithm - top)
        total = float(probability.sum())
        return x, probability / total, top + float(np.log(2.0 * total))

    def sigma(self) -> tuple[float, float, float]:
        """Complexity, energy per spin and index fraction."""
        _, rho, omega, _, _, u, zeta = self.unknowns
        x, probability, logarithm = self.measure()
        g = self.resolvent
        _, angle, _ = distance_from_zero(x, self.controls.pump, g, self.minima)
        index = -(float(probability @ angle) + 0.5 * (g * g).imag) / np.pi
        quartic = 0.25 * float(probability @ x**4)
        legendre = logarithm - 0.5 * np.log(2.0 * np.pi * self.q) - 0.5 * omega - 0.5 * rho**2
        legendre += 0.5 * (g * g).real - zeta / np.pi * 0.5 * (g * g).imag
        if self.multiplier:  # the integral held exp(alpha/D), whose mean is alpha G
            legendre -= self.multiplier * g.real
        return float(legendre) - u * quartic - zeta * index, -quartic, index


def quadrature(
    pump: float, q: float, rho: float, resolvent: float, panels: int = 40, levels: int = 34
) -> tuple[np.ndarray, np.ndarray]:
    """Composite Gauss–Legendre nodes on (0, X), graded geometrically towards the zero of 3x² - a - Re G.

    Beyond X the factor exp(-(V' - ρx)²/(2q)) is below exp(-98).
    """
    linear, height = pump + rho, 14.0 * np.sqrt(q)
    end = np.sqrt(max(linear, 0.0)) + np.cbrt(height)  # right of the root, where the cubic is convex
    for _ in range(50):
        step = (end**3 - linear * end - height) / (3.0 * end * end - linear)
        end -= step
        if abs(step) < 1e-9 * end:
            break
    if pump > 0.0:  # about one for half a standard deviation √q/(2a) of the narrow peak at √a
        panels += int(min(4.0 * pump * end / np.sqrt(q), 4.0 * pump**1.5))
    edges = [np.linspace(0.0, end, panels + 1)]
    square = (pump + resolvent) / 3.0
    if 0.0 < square < end * end:
        singular = np.sqrt(square)
        grading = min(singular, end - singular) * 0.5 ** np.arange(1, levels)
        edges += [np.array([singular]), singular - grading, singular + grading]
    else:
        edges.append(end * 0.5 ** np.arange(1, 12))
    edge = np.unique(np.concatenate(edges))
    width = np.diff(edge)
    x = edge[:-1, None] + 0.5 * width[:, None] * (1.0 + _NODES)
    return x.ravel(), (0.5 * width[:, None] * _WEIGHTS).ravel()


def distance_from_zero(
    x: np.ndarray, pump: float, resolvent: complex, minima: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """D, its argument in [-π, 0], and where the density is allowed."""
    distance = 3.0 * x * x - pump - resolvent
    if resolvent.imag > 0.0:
        return distance, np.angle(distance), np.ones(x.shape, dtype=bool)
    negative = distance.real < 0.0
    return distance, np.where(negative, -np.pi, 0.0), ~negative if minima else np.ones(x.shape, dtype=bool)


def _equations(state: AnnealedSaddle) -> tuple[np.ndarray, np.ndarray]:
    """Residuals of the seven equations and their Jacobian."""
    controls, minima, touching = state.controls, state.minima, state.touching
    _, rho, omega, _, _, u, zeta = state.unknowns
    q, g = state.q, state.resolvent
    x, probability, logarithm = state.measure()
    distance, angle, _ = distance_from_zero(x, controls.pump, g, minima)
    square = x * x
    field = x * (square - controls.pump) - rho * x
    inverse = 1.0 / distance
    # derivatives of ln p: the holomorphic one with respect to G, split into real and imaginary part
    in_g = -(1.0 + 1j * zeta / np.pi) * inverse
    fifth = np.zeros_like(x)
    if touching and minima:
        in_g = in_g + state.multiplier * inverse**2
        fifth = state.multiplier * inverse.real
    elif touching:
        fifth = -in_g.imag * g.imag
    slopes = np.stack(
        [
            (field**2 - omega * square) / (2.0 * q),
            field * x / q,
            square / (2.0 * q),
            in_g.real,
            fifth,
            0.25 * square * square,
            -angle / np.pi,
        ]
    )
    marginality = np.abs(inverse) ** 2
    observables = np.stack(
        [square / q, x * field / q, field**2 / q, inverse.real, marginality, 0.25 * square * square, -angle / np.pi]
    )
    means = observables @ probability
    jacobian = (observables * probability) @ slopes.T - np.outer(means, slopes @ probability)
    # explicit derivatives
    jacobian[:3, 0] -= means[:3]
    jacobian[1, 1] -= means[0]
    jacobian[2, 1] -= 2.0 * means[1]
    squared = inverse**2
    jacobian[3, 3] += float(probability @ squared.real)
    jacobian[6, 3] += float(probability @ inverse.imag) / np.pi
    cubed = 2.0 * distance.real * marginality**2
    jacobian[4, 3] += float(probability @ cubed)
    if touching and not minima:
        jacobian[3, 4] -= float(probability @ squared.imag) * g.imag
        jacobian[4, 4] -= 2.0 * g.imag**2 * float(probability @ marginality**2)
        jacobian[6, 4] += float(probability @ inverse.real) * g.imag / np.pi
    residual = means - np.array([1.0, rho, 1.0 + omega, g.real, 1.0, 0.0, 0.0])
    jacobian[1, 1] -= 1.0
    jacobian[2, 2] -= 1.0
    jacobian[3, 3] -= 1.0
    if not touching:
        residual[4], jacobian[4] = 0.0, np.eye(7)[4]
        jacobian[3, 3] -= (1.0 if minima else 2.0) * _flow_through_zero(state, logarithm)
    if controls.energy is None:
        residual[5], jacobian[5] = u - controls.energy_weight, np.eye(7)[5]
    else:
        residual[5] += controls.energy
    if controls.log_index is None:
        residual[6], jacobian[6] = zeta - controls.index_weight, np.eye(7)[6]
    else:
        index = residual[6] - 0.5 * (g * g).imag / np.pi
        jacobian[6, 3] -= g.imag / np.pi
        if touching and not minima:
            jacobian[6, 4] -= g.real * g.imag / np.pi
        if index <= 0.0:
            raise NotContinued("the index left its range")
        residual[6], jacobian[6] = np.log(index) - controls.log_index, jacobian[6] / index
    return residual, jacobian


def _flow_through_zero(state: AnnealedSaddle, logarithm: float) -> float:
    """What moving the zero of D adds to d<1/D>/dG: p/D jumps there, so the average has a term from the boundary."""
    square = (state.controls.pump + state.unknowns[3]) / 3.0
    if square <= 0.0:
        return 0.0
    x = np.array([np.sqrt(square)])
    _, rho, omega, _, _, u, _ = state.unknowns
    field = x * (square - state.controls.pump) - rho * x
    exponent = -(field**2 - omega * square) / (2.0 * state.q) + 0.25 * u * square**2
    return float(2.0 * np.exp(exponent - logarithm)[0] / (6.0 * x[0]))


def newton(state: AnnealedSaddle, iterations: int = 14) -> AnnealedSaddle:
    """The solution near a state, by Newton's method with steps cut to unit length.

    Raises
    ------
    NotContinued
        If it does not converge.
    """
    best = np.inf
    for iteration in range(iterations):
        try:
            with np.errstate(all="ignore"):
                residual, jacobian = _equations(state)
                step = np.linalg.solve(jacobian, residual)
        except (np.linalg.LinAlgError, ValueError) as error:
            raise NotContinued(str(error)) from None
        size = float(np.abs(residual).max())
        if not np.isfinite(size) or not np.all(np.isfinite(step)):
            raise NotContinued("the equations could not be evaluated")
        length = float(np.abs(step).max())
        if size < _TOLERANCE and (length < 1e-7 or size >= best):
            return replace(state, unknowns=state.unknowns - step if size < best else state.unknowns)
        if iteration > 8 and size > 0.5 * best:
            break
        best = min(best, size)
        state = replace(state, unknowns=state.unknowns - step * min(1.0, 1.0 / max(length, 1e-300)))
        if state.touching and state.unknowns[4] < np.log(NEGLIGIBLE):
            state = replace(state, touching=False)
            best = np.inf
    raise NotContinued(f"Newton's method stopped at a residual of {best:.1e}")


def continued_saddle(start: AnnealedSaddle, target: Controls, first_step: float = 0.1) -> AnnealedSaddle:
    """Follow an annealed solution to other controls; see :func:`~landscapes.theory.saddle_continuation.continued`."""
    return continued(start, target, newton, first_step)
