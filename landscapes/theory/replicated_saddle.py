r"""The saddle point of the replicated Kac–Rice functional with one overlap: its averages and its equations.

The functional and its derivation stand in :mod:`~landscapes.theory.quenched`.  Ten unknowns: ln q, ρ, qw, Re G,
ln Im G, q₀/q, q w₀, ρ₀, u, ζ; for each Gaussian pair (z_h, z_x) with covariance [[q₀, ρ₀], [ρ₀, w₀]] the one-site
weight is

.. math::
    |D|\, \exp\Big\{ -\frac{(V' - z_h - \tilde\rho x)^2}{2 \delta} + \tfrac12 (w - w_0) x^2 + z_x x + \frac u4 x^4
    - \frac\zeta\pi \arg D \Big\} , \qquad \delta = q - q_0, \quad \tilde\rho = \rho - \rho_0 .

The equations are averages of one-site averages.  They are solved by Broyden's method, whose approximate Jacobian is
handed on from one solution to the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import root

from .annealed_saddle import AnnealedSaddle, distance_from_zero, quadrature
from .saddle_continuation import Controls, NotContinued

__all__ = ["Replicated", "solved"]

_PANELS, _LEVELS = 30, 30
_NEGLIGIBLE = np.log(1e-8)  # Im G, below which the grading of the panels ends
_TOLERANCE = 1e-12
_FARTHEST = 6.5  # standard deviations of the pair's first component


def _first_component(order: int) -> tuple[np.ndarray, np.ndarray]:
    """Quadrature of a standard normal on its positive half by Gauss–Legendre nodes.

    With a large overlap the one-site averages turn over within a small fraction of a standard deviation (between the
    two signs, and at large pump between a sign and zero).  Gauss–Hermite nodes, which are sparse, resolve that slowly,
    and then invent a cusp of the branch.
    """
    nodes, weights = np.polynomial.legendre.leggauss(order)
    values = 0.5 * _FARTHEST * (nodes + 1.0)
    density = weights * np.exp(-0.5 * values**2)
    return values, density / density.sum()


def _second_component(order: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss–Hermite quadrature of a standard normal: this component is small."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(order)
    return nodes, weights / weights.sum()


# The positive half of the pair's first component stands for both: (z_h, z_x) -> -(z_h, z_x) is x -> -x.
_FIRST, _FIRST_WEIGHTS = _first_component(48)
_SECOND, _SECOND_WEIGHTS = _second_component(3)
_PAIR_WEIGHTS = (_FIRST_WEIGHTS[:, None] * _SECOND_WEIGHTS).ravel()


@dataclass(frozen=True)
class Replicated:
    """A solution with its overlap, or an approximation to it.

    Attributes
    ----------
    unknowns : numpy.ndarray, shape (10,)
    controls : Controls
    minima : bool
        Whether only D > 0 is allowed.
    touching : bool
        Whether Im G > 0; otherwise G is real, and the fifth unknown idle.
    jacobian : numpy.ndarray, optional
        Of the equations, approximately.
    """

    unknowns: np.ndarray
    controls: Controls
    minima: bool = False
    touching: bool = True
    jacobian: np.ndarray | None = field(default=None, repr=False)

    @classmethod
    def near(cls, saddle: AnnealedSaddle, overlap: float) -> Replicated:
        """An annealed solution, displaced along the eigenvector (√q, √w) of its instability."""
        log_q, rho, omega, real, imaginary, u, zeta = saddle.unknowns
        w = max(omega, 0.0)
        pair = [overlap, overlap * w, overlap * np.sqrt(w)]
        unknowns = np.array([log_q, rho, omega, real, imaginary, *pair, u, zeta])
        return cls(unknowns, saddle.controls, touching=saddle.touching)

    @property
    def q(self) -> float:
        """Mean square amplitude."""
        return float(np.exp(self.unknowns[0]))

    @property
    def overlap(self) -> float:
        """Overlap of two points, q₀."""
        return float(self.unknowns[5]) * self.q

    @property
    def resolvent(self) -> complex:
        """G at the origin, on the upper side of the real axis."""
        return complex(self.unknowns[3], np.exp(self.unknowns[4]) if self.touching else 0.0)

    def averages(self) -> dict[str, float]:
        """Averages over the pair of one-site averages, and of the logarithm of the one-site integral."""
        _, rho, qw, _, _, fraction, qw0, rho0, u, zeta = self.unknowns
        q, g, pump = self.q, self.resolvent, self.controls.pump
        q0 = fraction * q
        delta, linear = q - q0, rho - rho0
        if not 0.0 < fraction < 1.0 or qw0 < 0.0:
            raise NotContinued("the overlap left its range")
        x, weight = quadrature(pump, q, rho, g.real, _PANELS, _LEVELS)
        distance, angle, allowed = distance_from_zero(x, pump, g, self.minima)
        if self.minima:
            x, weight, distance, angle = x[allowed], weight[allowed], distance[allowed], angle[allowed]
        even = 0.5 * (qw - qw0) / q * x * x + 0.25 * u * x**4 + np.log(np.abs(distance)) - zeta / np.pi * angle
        even = even + np.log(weight)
        x, even = np.concatenate([-x, x]), np.concatenate([even, even])
        field = x * (x * x - pump) - linear * x
        at_h, at_x = self._pair(q0, qw0 / q, rho0)
        # one product of matrices, and in place: these arrays are the cost
        exponent = np.stack([at_h / delta, at_x, np.ones_like(at_x)], axis=1) @ np.stack(
            [field, x, even - field**2 / (2.0 * delta)]
        )
        top = exponent.max(axis=1)
        exponent -= top[:, None]
        probability = np.exp(exponent, out=exponent)
        total = probability.sum(axis=1)
        logarithm = np.log(total) + top - at_h**2 / (2.0 * delta) - 0.5 * np.log(2.0 * np.pi * delta)
        scaled = _PAIR_WEIGHTS / total
        mean_x, mean_field = probability @ x / total, probability @ field / total
        mean = scaled @ probability
        half = len(x) // 2
        folded = mean[:half] + mean[half:]
        inverse = 1.0 / distance
        shifted = mean_field - at_h
        return {
            "square": float(mean @ (x * x)),
            "product": float(mean @ (x * field) - _PAIR_WEIGHTS @ (at_h * mean_x)),
            "field": float(mean @ field**2 + _PAIR_WEIGHTS @ (at_h**2 - 2.0 * at_h * mean_field)),
            "mean_square": float(_PAIR_WEIGHTS @ mean_x**2),
            "mean_product": float(_PAIR_WEIGHTS @ (mean_x * shifted)),
            "mean_field": float(_PAIR_WEIGHTS @ shifted**2),
            "inverse": float(folded @ inverse.real),
            "marginality": float(folded @ np.abs(inverse) ** 2),
            "quartic": 0.25 * float(mean @ x**4),
            "angle": float(folded @ angle),
            "logarithm": float(_PAIR_WEIGHTS @ logarithm),
        }

    def equations(self) -> np.ndarray:
        """Residuals of the ten equations."""
        _, rho, qw, real, _, fraction, qw0, rho0, u, zeta = self.unknowns
        q, g, controls = self.q, self.resolvent, self.controls
        delta = q * (1.0 - fraction)
        mean = self.averages()
        index = -(mean["angle"] + 0.5 * (g * g).imag) / np.pi
        if controls.log_index is not None and index <= 0.0:
            raise NotContinued("the index left its range")
        return np.array(
            [
                mean["square"] / q - 1.0,
                mean["product"] / delta - rho,
                q * (mean["field"] / delta**2 - 1.0 / delta) - qw,
                mean["inverse"] - real,
                mean["marginality"] - 1.0 if self.touching else 0.0,
                mean["mean_square"] / q - fraction,
                q * mean["mean_field"] / delta**2 - qw0,
                mean["mean_product"] / delta - rho0,
                u - controls.energy_weight if controls.energy is None else mean["quartic"] + controls.energy,
                zeta - controls.index_weight if controls.log_index is None else np.log(index) - controls.log_index,
            ]
        )

    def sigma(self) -> tuple[float, float, float]:
        """Complexity, energy per spin and index fraction."""
        _, rho, qw, _, _, fraction, qw0, rho0, u, zeta = self.unknowns
        g, mean = self.resolvent, self.averages()
        index = -(mean["angle"] + 0.5 * (g * g).imag) / np.pi
        legendre = mean["logarithm"] - 0.5 * (qw - fraction * qw0) - 0.5 * (rho**2 - rho0**2)
        legendre += 0.5 * (g * g).real - zeta / np.pi * 0.5 * (g * g).imag
        return legendre - u * mean["quartic"] - zeta * index, -mean["quartic"], abs(index)

    @staticmethod
    def _pair(q0: float, w0: float, rho0: float) -> tuple[np.ndarray, np.ndarray]:
        """Nodes of the Gaussian pair."""
        at_h = np.sqrt(q0) * _FIRST[:, None] + 0.0 * _SECOND
        rest = np.sqrt(max(w0 - rho0**2 / q0, 0.0))
        return at_h.ravel(), (rho0 / np.sqrt(q0) * _FIRST[:, None] + rest * _SECOND).ravel()


def solved(state: Replicated) -> Replicated:
    """The solution near a state by Broyden's method, or, where that does not get there, by Powell's.

    Raises
    ------
    NotContinued
        If neither converges.
    """
    with np.errstate(all="ignore"):
        if state.touching and state.unknowns[4] < _NEGLIGIBLE:
            state = replace(state, touching=False, jacobian=None)
        found = None if state.jacobian is None else _broyden(state, state.jacobian)
        return _powell(state) if found is None else found


def _broyden(state: Replicated, jacobian: np.ndarray, iterations: int = 20) -> Replicated | None:
    """Broyden's method from a Jacobian that is handed on; None where it does not converge."""
    residual, size = state.equations(), np.inf
    for _ in range(iterations):
        grown = float(np.abs(residual).max())
        if grown < _TOLERANCE:
            return replace(state, jacobian=jacobian)
        if not grown < 5.0 * size:
            return None
        size = grown
        try:
            step = -np.linalg.solve(jacobian, residual)
            moved = replace(state, unknowns=state.unknowns + step)
            changed = moved.equations()
        except (np.linalg.LinAlgError, NotContinued):
            return None
        jacobian = jacobian + np.outer(changed - residual - jacobian @ step, step) / float(step @ step)
        state, residual = moved, changed
    return None


def _powell(state: Replicated) -> Replicated:
    """MINPACK's hybrid method, with a fresh Jacobian by differences."""

    def equations(unknowns: np.ndarray) -> np.ndarray:
        try:
            return replace(state, unknowns=unknowns).equations()
        except NotContinued:
            return np.full(len(unknowns), 10.0)

    options = {"maxfev": 120}  # a dozen more steps than it takes where it gets there
    if not state.touching:  # the idle unknown would make the Jacobian singular
        idle = state.unknowns[4]
        found = root(
            lambda y: equations(y) + np.where(np.arange(10) == 4, y - idle, 0.0),
            state.unknowns,
            tol=1e-11,
            options=options,
        )
    else:
        found = root(equations, state.unknowns, tol=1e-11, options=options)
    size = float(np.abs(equations(found.x)).max())
    if not size < 10.0 * _TOLERANCE:
        raise NotContinued(f"Powell's method stopped at a residual of {size:.1e}")
    at_end = replace(state, unknowns=found.x)
    return replace(at_end, jacobian=_differences(at_end, at_end.equations()))


def _differences(state: Replicated, residual: np.ndarray) -> np.ndarray:
    """Jacobian by forward differences."""
    columns = []
    for k in range(len(state.unknowns)):
        step = 1e-6 * max(1.0, abs(state.unknowns[k])) if k not in (5, 6, 7) else 1e-5 * max(state.unknowns[5], 1e-3)
        moved = state.unknowns.copy()
        moved[k] += step
        columns.append((replace(state, unknowns=moved).equations() - residual) / step)
    jacobian = np.array(columns).T
    if not state.touching:
        jacobian[4, 4] = 1.0
    return jacobian
