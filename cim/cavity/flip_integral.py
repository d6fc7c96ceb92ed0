r"""The integral behind the flip rate, to nearly machine precision.

With :math:`w_\mu = i\Delta_\mu - \kappa_\mu`, :math:`A_\mu = g_\mu^2/(\Delta_\mu + i\kappa_\mu)^2`,
:math:`A = \sum_\mu A_\mu` and :math:`p = i\,\delta E + \Gamma`, the integrand of :mod:`cim.cavity.flip_rate` is
:math:`e^{-A}\, e^{-p\tau - C(\tau)} \exp(\sum_\mu A_\mu e^{w_\mu\tau})`.  The last factor tends to 1, so that the
integral is

.. math:: e^{-A} \Bigl[ W(p) + \int_0^T e^{-p\tau - C(\tau)}
          \bigl(\exp(\textstyle\sum_\mu A_\mu e^{w_\mu\tau}) - 1\bigr) d\tau \Bigr],
          \qquad W(p) = \int_0^\infty e^{-p\tau - C(\tau)} d\tau .

The first term is the slow tail, done in closed form: :math:`1/p` without noise, and
:math:`\sqrt{\pi/2}\,\sigma^{-1}\, w(ip/\sqrt2\sigma)` with Gaussian noise, w being Faddeeva's function.  With Ohmic
noise the path is turned to :math:`\tau = x e^{-i\theta}`, θ a quarter of arg p, where nothing oscillates faster than it
falls, and no branch point (:math:`\tau = \pm i/\omega_c`) is passed; exp-sinh quadrature does the rest.  The second
integrand falls as :math:`e^{-\kappa\tau}` and is cut off where it is below :math:`10^{-18}`; panels of Gauss and
Legendre's rule with 16 points are so short that no factor turns by more than a few radians in one of them, and the
error is estimated from panels of half the length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Memory", "flip_integral", "integral_with_error"]

_NEGLIGIBLE = 41.0  # e to minus this is 1e-18
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_PHASE = 6.0  # radians in one panel
_MOST_POINTS = 4_000_000
_CHUNK = 4_000_000  # entries of the matrix of phases that are made together


@dataclass(frozen=True)
class Memory:
    """What the cavity and the noise remember of a flip: the parameters of the integrand."""

    amplitudes: np.ndarray  # A of each mode, complex
    exponents: np.ndarray  # w of each mode
    dephasing: float
    noise: float
    ohmic: tuple[float, float] | None

    @classmethod
    def of(
        cls,
        couplings: np.ndarray,
        detuning: np.ndarray,
        loss: np.ndarray,
        noise: float,
        ohmic: tuple[float, float] | None,
    ) -> Memory:
        """From the physical parameters of the modes; those that are not coupled are left out."""
        used = couplings != 0
        g, delta, kappa = couplings[used], detuning[used], loss[used]
        return cls(
            amplitudes=g**2 / (delta + 1j * kappa) ** 2,
            exponents=1j * delta - kappa,
            dephasing=float((g**2 * kappa / (delta**2 + kappa**2)).sum()),
            noise=noise,
            ohmic=ohmic if ohmic is not None and ohmic[0] > 0 else None,
        )

    def dressing(self, times: np.ndarray) -> np.ndarray:
        """exp(Σ A e^{wτ}) - 1."""
        return np.expm1(np.exp(np.multiply.outer(times, self.exponents)) @ self.amplitudes)

    def noise_exponent(self, times: np.ndarray) -> np.ndarray:
        """C(τ), also at complex times."""
        exponent = 0.5 * (self.noise * times) ** 2
        if self.ohmic is not None:
            strength, cutoff = self.ohmic
            exponent = exponent + 0.5 * strength * np.log1p((cutoff * times) ** 2)
        return exponent

    def horizon(self) -> float:
        """Time beyond which the second integrand is negligible."""
        total = float(np.abs(self.amplitudes).sum())
        if total == 0:
            return 0.0
        # |exp(z) - 1| is at most exp(|z|) - 1, and exp(-A) may be larger than 1
        latest = (_NEGLIGIBLE + np.log(max(total, 1.0)) + 2 * total) / -self.exponents.real.max()
        limits = [latest]
        if self.noise > 0:
            limits.append(np.sqrt(2 * (_NEGLIGIBLE + 2 * total)) / self.noise)
        if self.dephasing > 0:
            limits.append((_NEGLIGIBLE + 2 * total) / self.dephasing)
        return float(min(limits))


def flip_integral(memory: Memory, energies: np.ndarray) -> np.ndarray:
    """Real part of the integral at each energy, shape (k,)."""
    p = memory.dephasing + 1j * energies
    return (np.exp(-memory.amplitudes.sum()) * (_tail(memory, p) + _dressed(memory, p, 1.0))).real


def integral_with_error(memory: Memory, energies: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Real part of the integral at each energy from a finer quadrature, and an estimate of the coarser one's error."""
    p = memory.dephasing + 1j * energies
    tail, fine, coarse = _tail(memory, p), _dressed(memory, p, 2.0), _dressed(memory, p, 1.0)
    tail_error = 0.0 if memory.ohmic is None else np.abs(tail - _turned(memory, p, 400))
    factor = np.exp(-memory.amplitudes.sum())
    value = (factor * (tail + fine)).real
    rounding = 4 * np.finfo(np.float64).eps * abs(factor) * (np.abs(tail) + np.abs(fine))
    return value, abs(factor) * (np.abs(fine - coarse) + tail_error) + rounding


def _dressed(memory: Memory, p: np.ndarray, refinement: float) -> np.ndarray:
    """The second integral."""
    end = memory.horizon()
    if end == 0.0 or p.size == 0:
        return np.zeros(p.shape, dtype=np.complex128)
    edges = _panels(memory, float(np.abs(p).max()), end, refinement)
    half = 0.5 * np.diff(edges)
    times = (edges[:-1, None] + half[:, None] * (_NODES + 1)).ravel()
    weights = (half[:, None] * _WEIGHTS).ravel()
    parts = weights * memory.dressing(times) * np.exp(-memory.noise_exponent(times))
    result = np.empty(p.shape, dtype=np.complex128)
    rows = max(1, _CHUNK // len(times))
    for start in range(0, len(p), rows):
        result[start : start + rows] = np.exp(-np.multiply.outer(p[start : start + rows], times)) @ parts
    return result


def _panels(memory: Memory, largest: float, end: float, refinement: float) -> np.ndarray:
    """Edges of panels: short where the memory turns fast, longer once it has faded."""
    sizes, speeds = np.abs(memory.amplitudes), np.abs(memory.exponents)
    fading = -memory.exponents.real
    edges = [0.0]
    while edges[-1] < end:
        t = edges[-1]
        speed = largest + speeds.max() + float((sizes * speeds * np.exp(-fading * t)).sum()) + 3 * memory.noise
        width = _PHASE / speed
        if memory.ohmic is not None:  # its own scale of time, away from which it is a power law
            width = min(width, 0.7 * max(t, 0.5 / memory.ohmic[1]))
        edges.append(min(t + width / refinement, end))
        remaining = (end - edges[-1]) * (largest + 3 * memory.noise) / _PHASE  # at the very least
        if (len(edges) + remaining) * len(_NODES) > _MOST_POINTS:
            raise ValueError(
                f"energy_change: the integral up to the time {end:.3g} turns {largest * end / 6.28:.3g} times, which "
                "is too much; ask for smaller energies, or give the modes more loss"
            )
    return np.array(edges)


def _tail(memory: Memory, p: np.ndarray) -> np.ndarray:
    """W(p)."""
    if memory.ohmic is not None:
        return _turned(memory, p, 480)
    if memory.noise > 0:
        from scipy.special import wofz

        return np.sqrt(np.pi / 2) / memory.noise * wofz(1j * p / (np.sqrt(2) * memory.noise))
    return 1 / p


def _turned(memory: Memory, p: np.ndarray, points: int) -> np.ndarray:
    """W(p) along a line through the origin in the complex plane, by exp-sinh quadrature in units of 1/|p|."""
    u, step = np.linspace(-4.6, 3.2, points, retstep=True)
    x = np.exp(0.5 * np.pi * np.sinh(u))
    weights = step * 0.5 * np.pi * np.cosh(u) * x
    unit = 1.0 / np.maximum(np.abs(p), memory.noise)
    result = np.empty(p.shape, dtype=np.complex128)
    rows = max(1, _CHUNK // points)
    for start in range(0, len(p), rows):
        part = slice(start, start + rows)
        turn = np.exp(-0.25j * np.angle(p[part])) * unit[part]
        times = np.multiply.outer(turn, x)
        result[part] = turn * (np.exp(-p[part, None] * times - memory.noise_exponent(times)) @ weights)
    return result
