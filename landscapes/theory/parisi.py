r"""Parisi's equations at zero temperature, for steps of the Parisi function: one sweep down and one sweep up.

At zero temperature the Parisi function is :math:`\mu(q) = \lim \beta x(q)` on overlaps :math:`0 \le q \le q_M`, where
:math:`q_M = \langle x^2 \rangle` is the overlap of a state with itself.  The energy of a spin in the field h, seen at
the overlap q, and its mean amplitude :math:`m = -\partial_h g` obey

.. math:: \partial_q g = -\tfrac12 \left( g'' - \mu\, g'^2 \right), \qquad g(q_M, h) = \min_x [V(x) - h x] ,

downwards from the top, and the density of the fields grows from a point at h = 0 by

.. math:: \partial_q P = \tfrac12 \left( P'' - 2 \mu\, (P m)' \right), \qquad P(0, h) = \delta(h) .

The energy per spin,

.. math::
    e = \tfrac12 \Delta\, q_M + \tfrac12 \int_0^{q_M} \mu(q)\, q \, dq + g(0, 0) ,

is stationary in :math:`\mu(q)`, :math:`q_M` and :math:`\Delta` (which enters V, see
:mod:`~landscapes.theory.one_site`).  Where μ is constant between two overlaps, dq apart, both equations are solved by
Gaussian averages (Cole and Hopf): with h' = h + √dq z, z standard normal,

.. math::
    e^{-\mu\, g_k(h)} = \big\langle e^{-\mu\, g_{k+1}(h')} \big\rangle , \qquad
    m_k(h) = \frac{\langle e^{-\mu\, g_{k+1}(h')}\, m_{k+1}(h') \rangle}{\langle e^{-\mu\, g_{k+1}(h')} \rangle} ,

and P is carried upwards by the adjoint of the operator that carries m downwards.  The derivative of the energy by one
step is then

.. math::
    \frac{\partial e}{\partial \mu_k} = \frac{q_{k+1}^2 - q_k^2}{4}
      + \frac1{\mu_k}\, \mathbb{E}_{P_k} \big[ \langle g_{k+1} \rangle_{\mathrm{tilted}} - g_k \big]
    = \tfrac12 \int_{q_k}^{q_{k+1}} \left( q - \mathbb{E}[m(q)^2] \right) dq .

On the computer: fields in units of √q_M on a grid uniform in u = arcsinh(η/A), finest near zero, where at large μ a
layer of the width of the last step forms.  The first step is taken by the
trapezoidal rule, which is exact here, those above it by Gauss–Hermite sums over an interpolating polynomial of degree
five; the last step, from the singular function at the top, is integrated by Gauss–Legendre rules in
the amplitude x, in which it is smooth.  Overlaps are in units of q_M, so that the grid never changes in a solution.

Sources: Parisi, J. Phys. A 13, 1101 (1980); Sommers, Dupont, J. Phys. C 17, 5785 (1984) (P and the stationarity);
Crisanti, Rizzo, Phys. Rev. E 65, 046137 (2002) (T = 0); Oppermann, Schmidt, Phys. Rev. E 78, 061124 (2008) (steps).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .one_site import amplitude, smallest_amplitude
from .parisi_kernels import last_step, step_down, step_up

__all__ = ["Parisi", "Top", "ising_top", "overlap_steps", "soft_spin_top"]

_STENCIL = np.arange(-2, 4)  # points of the interpolating polynomial, from the last grid point below
_REACH = 11.0  # how far the grid reaches and how far averages extend, in standard deviations


def overlap_steps(count: int, power: float = 5.0, ratio: float = 0.3, smallest: float = 0.0) -> np.ndarray:
    """Overlaps q/q_M at which the Parisi function steps: 1 - s^power at even distances of s, and 1.

    Towards the top, where μ diverges or changes fast, the distances 1 - q/q_M shrink by a constant factor in the end.

    Parameters
    ----------
    count : int
        Number of steps.
    power : float
        How strongly the steps gather at the top.
    ratio : float
        Factor between the last two distances from the top.
    smallest : float
        Lower limit of the last distance, where nothing finer is there to be resolved.

    Returns
    -------
    numpy.ndarray, shape (count + 1,)
        From 0 to 1.
    """
    root = ratio ** (1.0 / power)
    last = (root / (1.0 - root)) / (count - 1 + root / (1.0 - root))
    s = np.linspace(1.0, max(last, smallest ** (1.0 / power)), count)
    return np.append(1.0 - s**power, 1.0)


@dataclass(frozen=True)
class Top:
    """Integration nodes of the last step: one row for each field of the grid.

    Attributes
    ----------
    amplitude, energy, weight, response : numpy.ndarray, shape (fields, nodes)
        x, g, normalised Gaussian weight and the smooth part of dx/dh at the nodes.
    jump : numpy.ndarray, shape (fields,)
        Gaussian density at h = 0 times the jump of x there.
    jump_energy : float
        g at h = 0.
    """

    amplitude: np.ndarray
    energy: np.ndarray
    weight: np.ndarray
    response: np.ndarray
    jump: np.ndarray
    jump_energy: float


_NO_TOP = Top(np.zeros((0, 0)), np.zeros((0, 0)), np.zeros((0, 0)), np.zeros((0, 0)), np.zeros(0), 0.0)


class Parisi:
    """Parisi's equations on given overlaps, with the arrays of one sweep down and one up.

    Parameters
    ----------
    overlaps : numpy.ndarray, shape (steps + 1,)
        In units of q_M, from 0 to 1, increasing.
    spacing : float
        Of the grid of fields, in u.
    hermite, legendre : int
        Orders of the rules; two Legendre rules share each side of a field.

    Attributes
    ----------
    energy, mean : numpy.ndarray, shape (steps, fields)
        g and m at the lower end of each step.
    probability : numpy.ndarray, shape (steps, fields)
        Weights by which functions of the field, even in it, are averaged there.
    moments : numpy.ndarray, shape (fields, 4)
        Means of x², x⁴, dx/dh (jump included) and of the square of its smooth part at the top, for each field at the
        lower end of the last step.
    """

    def __init__(self, overlaps: np.ndarray, spacing: float = 0.035, hermite: int = 20, legendre: int = 32) -> None:
        self.overlaps = np.ascontiguousarray(overlaps, dtype=np.float64)
        self.widths = np.sqrt(np.diff(self.overlaps))
        steps = len(self.widths)
        self.finest, self.spacing = min(0.5, float(self.widths[-1])), spacing
        count = int(np.ceil(np.arcsinh(_REACH / self.finest) / spacing)) + 1
        u = spacing * np.arange(count)
        self.fields = self.finest * np.sinh(u)
        self.weights = 2.0 * spacing * self.finest * np.cosh(u)
        self.weights[0] *= 0.5
        nodes, weights = np.polynomial.hermite_e.hermegauss(hermite)
        self._hermite = weights / weights.sum()
        field = self.fields[:, None] + self.widths[: steps - 1, None, None] * nodes
        self._sign = np.where(field < 0.0, -1.0, 1.0)
        self._start, self._polynomial = self._interpolation(np.abs(field))
        rule, rule_weights = np.polynomial.legendre.leggauss(legendre)
        self.rule, self.rule_weights = 0.5 * (rule + 1.0), 0.5 * rule_weights
        self.energy, self.mean, self._gain, self.probability = (np.zeros((steps, count)) for _ in range(4))
        self._tilt = np.zeros((max(steps - 1, 1), count, hermite))
        self._top = np.zeros((count, 7))
        self._padded = np.zeros((2, count + 2))
        self._swept, self._top_before = np.zeros(steps), _NO_TOP

    @property
    def moments(self) -> np.ndarray:
        """Means over the last step; see the class."""
        return self._top[:, 3:]

    def sweep(self, breaking: np.ndarray, top: Top, self_overlap: float) -> tuple[np.ndarray, np.ndarray]:
        """Solve both equations for the values μ_k of the Parisi function.

        Returns
        -------
        slopes : numpy.ndarray, shape (steps,)
            Derivative of the energy by each μ_k.
        averages : numpy.ndarray, shape (4,)
            Means of the top's moments over all fields.
        """
        last = len(breaking) - 1
        # What lies above the highest change since the last sweep is as it was: half of the work of a derivative.
        changed = np.flatnonzero(breaking != self._swept) if top is self._top_before else np.array([last])
        highest = int(changed[-1]) if len(changed) else -1
        self._swept, self._top_before = breaking.copy(), top
        if highest == last:
            last_step(
                breaking[last], top.amplitude, top.energy, top.weight, top.response,
                top.jump, top.jump_energy, self._top,
            )  # fmt: skip
            self.energy[last], self.mean[last], self._gain[last] = self._top[:, 0], self._top[:, 1], self._top[:, 2]
        g, m = self._padded
        for k in range(min(highest, last - 1), 0, -1):
            step_down(
                breaking[k], self._start[k], self._sign[k], self._polynomial[k], self._hermite, self.energy[k + 1],
                self.mean[k + 1], g, m, self.energy[k], self.mean[k], self._gain[k], self._tilt[k],
            )  # fmt: skip
        self.probability[0] = 0.0
        self.probability[0, 0] = 1.0  # at q = 0 there is no field
        if last:
            # The first step, which may be wide, is taken by the trapezoidal rule on the grid itself.
            variance = self.overlaps[1]
            low = self.energy[1].min()
            density = np.exp(-0.5 * self.fields**2 / variance - breaking[0] * (self.energy[1] - low))
            weighted = self.weights * density / np.sqrt(2.0 * np.pi * variance)
            total = float(np.sum(weighted))
            self.probability[1] = weighted / total
            self.energy[0, 0] = low - np.log(total) / breaking[0]
            self._gain[0, 0] = np.sum(self.probability[1] * (self.energy[1] - low)) + np.log(total) / breaking[0]
        for k in range(1, last):
            step_up(self._start[k], self._polynomial[k], self._tilt[k], self.probability[k], g)
            self.probability[k + 1] = g[2:]
        squares = (self_overlap * self.overlaps) ** 2
        slopes = np.diff(squares) / 4.0 + np.sum(self.probability * self._gain, axis=1) / breaking
        return slopes, self.probability[last] @ self.moments

    def top_density(self, field: np.ndarray, top_energy: np.ndarray, breaking: np.ndarray) -> np.ndarray:
        """Density of fields (in units of √q_M) at the top, after a sweep; ``top_energy`` is g(q_M, h) at the fields.

        The weights of the sweep are exact in averages but, where the grid is finer than the nodes, not smooth.  The
        density is therefore carried up once more by P' = exp(-μ g') <P exp(μ g)>, field by field.
        """
        variance = self.overlaps[1]
        exponent = -0.5 * self.fields**2 / variance - breaking[0] * (self.energy[1 % len(breaking)] - self.energy[0, 0])
        density = np.exp(exponent) / np.sqrt(2.0 * np.pi * variance)
        for k in range(1, len(breaking) - 1):
            density = self._density_up(
                density, k, breaking[k], self._start[k], self._polynomial[k], self._hermite, self.energy[k + 1]
            )
        nodes, weights = np.polynomial.hermite_e.hermegauss(40)
        size = np.abs(np.asarray(field, dtype=np.float64))
        start, polynomial = self._interpolation(np.abs(size[..., None] + self.widths[-1] * nodes))
        last = len(breaking) - 1
        if last:
            density = self._density_up(
                density, last, breaking[last], start, polynomial, weights / weights.sum(), np.asarray(top_energy)
            )
        # Where interpolation leaves the grid, ten standard deviations away, nothing is left of the density.
        return np.where(size < self.fields[-1] - 1.0, np.maximum(density, 0.0), 0.0)

    def _density_up(
        self,
        density: np.ndarray,
        k: int,
        mu: float,
        start: np.ndarray,
        polynomial: np.ndarray,
        weights: np.ndarray,
        energy_above: np.ndarray,
    ) -> np.ndarray:
        mirrored = np.concatenate([np.arange(2, 0, -1), np.arange(len(self.fields))])
        index = mirrored[start[..., None] + np.arange(len(_STENCIL))]
        below = np.sum(density[index] * polynomial, axis=-1)
        energy = np.sum(self.energy[k][index] * polynomial, axis=-1)
        exponent = np.minimum(mu * (energy - energy_above[..., None]), 600.0)
        return np.sum(weights * below * np.exp(exponent), axis=-1)

    def _interpolation(self, field: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """First point (of the array padded by two mirrored ones) and weights of the polynomial at each field ≥ 0."""
        position = np.arcsinh(field / self.finest) / self.spacing
        below = np.minimum(np.floor(position), len(self.fields) - 4)
        offset = np.minimum(position - below, 2.0)  # beyond the grid nothing carries weight
        weights = np.ones((*field.shape, len(_STENCIL)))
        for j, node in enumerate(_STENCIL):
            for other in _STENCIL[node != _STENCIL]:
                weights[..., j] *= (offset - other) / (node - other)
        return below.astype(np.int64), weights


def soft_spin_top(parisi: Parisi, curvature: float, self_overlap: float) -> Top:
    """Nodes of the last step for soft spins of the curvature c: Gauss–Legendre rules in x beside h and the gap."""
    edge = smallest_amplitude(curvature)
    unit = np.sqrt(self_overlap)
    h, width = unit * parisi.fields, unit * parisi.widths[-1]
    low, middle, high = (amplitude(h + side * width, curvature) for side in (-_REACH, 0.0, _REACH))
    crosses = h < _REACH * width
    x, dx = _panels(
        parisi,
        (low, np.where(crosses, edge, low), middle),
        (np.where(crosses, -edge, low), middle, high),
    )
    slope = 3.0 * x * x + curvature
    weight = dx * slope * np.exp(-0.5 * (((x * x + curvature) * x - h[:, None]) / width) ** 2)
    weight /= weight.sum(axis=1, keepdims=True)
    at_zero = np.exp(-0.5 * (h / width) ** 2) / (np.sqrt(2.0 * np.pi) * width)
    energy = -(0.75 * x * x + 0.5 * curvature) * x * x
    # Where c = 0 the empty panels lie at x = 0; they have no weight.
    response = np.divide(1.0, slope, out=np.zeros_like(slope), where=slope > 0.0)
    return Top(x, energy, weight, response, 2.0 * edge * at_zero, -0.25 * edge**4)


def ising_top(parisi: Parisi) -> Top:
    """Nodes of the last step for Ising spins: x = ±1, g = -\\|h\\|, q_M = 1."""
    h, width = parisi.fields, parisi.widths[-1]
    low, high = h - _REACH * width, h + _REACH * width
    split = np.where(low < 0.0, 0.0, low)
    field, df = _panels(parisi, (low, split, h), (split, h, high))
    weight = df * np.exp(-0.5 * ((field - h[:, None]) / width) ** 2)
    weight /= weight.sum(axis=1, keepdims=True)
    at_zero = np.exp(-0.5 * (h / width) ** 2) / (np.sqrt(2.0 * np.pi) * width)
    return Top(np.sign(field), -np.abs(field), weight, np.zeros_like(field), 2.0 * at_zero, 0.0)


def _panels(
    parisi: Parisi, starts: tuple[np.ndarray, ...], ends: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray]:
    nodes = [a[:, None] + (b - a)[:, None] * parisi.rule for a, b in zip(starts, ends, strict=True)]
    weights = [(b - a)[:, None] * parisi.rule_weights for a, b in zip(starts, ends, strict=True)]
    return np.concatenate(nodes, axis=1), np.concatenate(weights, axis=1)
