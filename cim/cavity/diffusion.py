r"""Quantum state diffusion of the dispersive model, and its twin without entanglement under the same noise.

**The equation.**  With Hermitian jump operators :math:`L_k = a_k \sum_i V_{ik} \sigma^x_i`,
:math:`a_k = \sqrt{\eta\lambda\mu_k}`, a state under continuous detection obeys, in the sense of Itô and up to its norm
(Gisin, Percival, J. Phys. A 25, 5677 (1992); Wiseman, Milburn, Quantum Measurement and Control, ch. 4),

.. math:: d\psi = \Big[ -iH\,dt - \tfrac12 \sum_k L_k^2\,dt + \sum_k L_k\,dy_k \Big] \psi , \qquad
          dy_k = d\xi_k + 2f \langle L_k \rangle dt .

Heterodyne detection has complex noise, :math:`E|d\xi|^2 = dt`, :math:`E\,d\xi^2 = 0` and :math:`f = \tfrac12`; homodyne
detection real noise, :math:`E\,d\xi^2 = dt` and :math:`f = 1`.  The average of :math:`\psi\psi^\dagger` over the noise
is the master equation's :math:`\rho` for both.

**A step.**  All :math:`L_k` and :math:`E(\sigma^x)` are diagonal, hence commute, and for a given dy their part of the
equation integrates to :math:`\exp(-i\lambda E\,dt - f\sum_k L_k^2 dt + \sum_k L_k dy_k)`: where
:math:`dy_k^2 = 0` the exponential needs no correction, where it is dt the correction doubles the second term.  With
:math:`M = V\operatorname{diag}(\mu)V^{\mathsf T}` the sum :math:`\sum_k L_k^2 = \eta\lambda\, s^{\mathsf T}Ms` costs
nothing beside the energy.  A step is half of the transverse field's rotation, this factor with λ from the step's midst
and :math:`\langle L_k\rangle` from its start, and the other half.  Between two steps the halves are one.

**Its order in dt.**  Without loss it is Strang's splitting: second order, for a smooth ramp.  With loss,
:math:`\langle L_k\rangle` is held during a step: first order in averages, with a coefficient of order
:math:`(\eta\lambda\mu)^2`, and first order along a path of the noise.

**The twin.**  Spins in a product state, :math:`\psi = \bigotimes_i \phi_i`: the equation projected on the products
closest to its solution.  In each product of operators of two spins one is replaced by its mean, so that with
:math:`m_i = \langle\sigma^x_i\rangle` the factor on spin i becomes

.. math:: \exp\Big(\sigma^x_i \Big[ i\lambda\,dt \big(\textstyle\sum_j J_{ij} m_j + h_i\big)
          + \sum_k V_{ik} a_k\,d\xi_k + 2f\,\eta\lambda\, M_{ii} m_i\,dt \Big]\Big) :

mean field, the noise, and the part of :math:`-f\sum_k (L_k - \langle L_k\rangle)^2` in which a spin meets itself; the
parts with two different spins have no component along products.  For one spin it is the quantum equation itself.

**Noise.**  Replica r draws its increments from a generator of its own, ``SeedSequence(seed, spawn_key=(r, 0))``: the
same for quantum and semiclassical runs, and whatever else is run beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .diffusion_kernels import evolve_states, rotate_states
from .glass import Glass
from .product_kernels import evolve_product

__all__ = [
    "NOISE_AT_A_TIME",
    "NOISE_COMPONENTS",
    "Grid",
    "Increments",
    "evolved_products",
    "evolved_states",
    "product_amplitudes",
    "replica_generator",
    "starting_products",
]

# Real numbers in an increment.
NOISE_COMPONENTS = {"heterodyne": 2, "homodyne": 1}
NOISE_AT_A_TIME = 1 << 18  # numbers that are drawn together, 2 MiB


def replica_generator(entropy: int, replica: int, purpose: int) -> np.random.Generator:
    """Generator of a replica: for its noise (0), its readout (1) or its start (2)."""
    return np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(replica, purpose)))


class Increments:
    """Increments of the noise of some replicas, drawn as they are needed.

    Parameters
    ----------
    entropy : int
    replicas : range
    modes : int
    dt : float
    unravelling : {"heterodyne", "homodyne"}
    """

    def __init__(self, entropy: int, replicas: range, modes: int, dt: float, unravelling: str) -> None:
        self._generators = [replica_generator(entropy, replica, 0) for replica in replicas]
        self._components = NOISE_COMPONENTS[unravelling]
        self._modes = modes
        self._deviation = np.sqrt(dt / self._components)

    def most_steps(self) -> int:
        """How many steps to take at a time so that memory stays bounded."""
        return max(1, NOISE_AT_A_TIME // max(1, len(self._generators) * self._modes * self._components))

    def draw(self, steps: int) -> np.ndarray:
        """The next increments, (R, steps, K, components); how many at a time changes none of them."""
        shape = (steps, self._modes, self._components)
        return self._deviation * np.stack([rng.standard_normal(shape) for rng in self._generators])


@dataclass(frozen=True)
class Grid:
    """Times of a run: ``steps`` of equal length, looked at after ``moments`` of them."""

    duration: float
    steps: int
    moments: np.ndarray

    @property
    def dt(self) -> float:
        """Length of a step."""
        return self.duration / self.steps

    def midst(self) -> np.ndarray:
        """Fractions of the run in the midst of each step."""
        return (np.arange(self.steps) + 0.5) / self.steps

    def stretches(self, most: int) -> Iterator[tuple[int, int, bool]]:
        """Steps to take together, first and last, and whether a moment follows."""
        position = 0
        for moment in self.moments:
            while position < moment:
                stop = min(position + most, int(moment))
                yield position, stop, stop == moment
                position = stop
            if position == 0 and moment == 0:
                yield 0, 0, True


def evolved_states(
    glass: Glass, grid: Grid, couplings: np.ndarray, states: np.ndarray, increments: Increments, unravelling: str
) -> Iterator[np.ndarray]:
    """States (R, 2**n), normalised, at each moment of the grid; those that are given at the start.

    What is yielded is the caller's to keep.  When and how often it is looked at changes no bit of what follows.
    """
    real, imaginary = np.ascontiguousarray(states.real), np.ascontiguousarray(states.imag)
    angle = 0.5 * glass.transverse_field * grid.dt
    drift = 2.0 / NOISE_COMPONENTS[unravelling]
    upper_exponents, lower_exponents, cross = _quadratic_form(glass, drift)
    rotate_states(real, imaginary, 0.5 * angle)
    for first, stop, look in grid.stretches(increments.most_steps()):
        if stop > first:
            evolve_states(
                real,
                imaginary,
                increments.draw(stop - first),
                couplings[first:stop],
                grid.dt,
                angle,
                drift,
                glass.loss_ratio,
                glass.modes.vectors,
                glass.modes.rates,
                upper_exponents,
                lower_exponents,
                cross,
            )
        if look:
            real_now, imaginary_now = real.copy(), imaginary.copy()
            rotate_states(real_now, imaginary_now, -0.5 * angle)
            yield _checked(real_now + 1j * imaginary_now, stop)


def evolved_products(
    glass: Glass, grid: Grid, couplings: np.ndarray, states: np.ndarray, increments: Increments, unravelling: str
) -> Iterator[np.ndarray]:
    """Product states (R, n, 2), normalised, at each moment of the grid: amplitudes of σ^x = +1 and -1."""
    angle = 0.5 * glass.transverse_field * grid.dt
    drift = 2.0 / NOISE_COMPONENTS[unravelling]
    turned = _turned(states, 0.5 * angle)
    real, imaginary = np.ascontiguousarray(turned.real), np.ascontiguousarray(turned.imag)
    for first, stop, look in grid.stretches(increments.most_steps()):
        if stop > first:
            evolve_product(
                real,
                imaginary,
                increments.draw(stop - first),
                couplings[first:stop],
                grid.dt,
                angle,
                drift,
                glass.loss_ratio,
                glass.modes.vectors,
                glass.modes.rates,
                glass.J,
                glass.h,
            )
        if look:
            found = _turned(real + 1j * imaginary, -0.5 * angle)
            yield _checked(found / np.linalg.norm(found, axis=-1, keepdims=True), stop)


def _checked(states: np.ndarray, step: int) -> np.ndarray:
    """The states, if they are some: a step's factor has not overflowed."""
    if not np.isfinite(states).all():
        raise FloatingPointError(
            f"state diffusion overflowed before step {step}: loss and noise are too strong for steps of this length; "
            "take more steps"
        )
    return states


def product_amplitudes(products: np.ndarray) -> np.ndarray:
    """Amplitudes (..., 2**n) of product states (..., n, 2)."""
    states = np.ones((*products.shape[:-2], 1), dtype=products.dtype)
    for i in range(products.shape[-2]):
        states = (states[..., :, None] * products[..., i, None, :]).reshape(*states.shape[:-1], -1)
    return states


def starting_products(tilts: np.ndarray) -> np.ndarray:
    """Spins at σ^z = -1 turned towards σ^x = +1 by ``tilts`` (..., n), in radians; shape (..., n, 2)."""
    # along x the angle from +1 is π/2 - tilt, and the relative sign is that of σ^z = -1
    half = 0.5 * (0.5 * np.pi - tilts)
    return np.stack([np.cos(half), -np.sin(half)], axis=-1).astype(np.complex128)


def _turned(products: np.ndarray, angle: float) -> np.ndarray:
    return np.cos(angle) * products - 1j * np.sin(angle) * products[..., ::-1]


def _quadratic_form(glass: Glass, drift: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tables of iλE and of the damping, over λ dt, for :func:`evolve_states`: within the groups, and between them."""
    n = len(glass.h)
    upper = n // 2
    damping = (glass.modes.vectors * glass.modes.rates) @ glass.modes.vectors.T
    np.fill_diagonal(damping, 0.0)
    quadratic = 1j * glass.J - drift * glass.loss_ratio * damping
    linear = 1j * glass.h
    cross = quadratic[:upper, upper:]
    upper_exponents = _exponents(quadratic[:upper, :upper], linear[:upper] + cross.sum(axis=1))
    lower_exponents = _exponents(quadratic[upper:, upper:], linear[upper:])
    return _parts(upper_exponents), _parts(lower_exponents), _parts(cross)


def _exponents(quadratic: np.ndarray, linear: np.ndarray) -> np.ndarray:
    from .basis import basis_spins

    spins = basis_spins(len(linear)).astype(np.float64)
    return 0.5 * np.einsum("si,ij,sj->s", spins, quadratic, spins) + spins @ linear


def _parts(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.stack([values.real, values.imag]))
