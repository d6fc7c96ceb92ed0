r"""The compiled part of quantum state diffusion: one spin-1/2 state and its product-state twin, step by step.

A state of n spins is two real arrays of :math:`2^n` numbers, real and imaginary parts in the order of
:mod:`cim.cavity.basis`.  :mod:`cim.cavity.diffusion` derives the scheme; a step of it is two operations.

**Transverse field**, a rotation of each spin,
:math:`e^{-i\theta\sigma^z} = \cos\theta\,(1 - i\tan\theta\,\sigma^z)`, where :math:`\sigma^z` exchanges the two
amplitudes that differ in the spin's bit.  The factor :math:`\cos\theta` is left to the normalisation, which leaves two
multiplications for each amplitude.  Several bits are turned in one pass over the memory.

**Couplings, damping and noise**, a factor :math:`\exp(c\,Q(s) + \sum_i w_i s_i)` on each amplitude with a complex
quadratic form :math:`Q(s) = \tfrac12 s^{\mathsf T}Cs + d^{\mathsf T}s`.  The spins are split into an upper and a lower
group.  Within each the exponent is tabulated; for given upper spins what is between the groups is linear in the lower
ones, and its exponential is built by doubling: half of the table times one number is the other half.  So
:math:`2^{n/2}` exponentials do the work of :math:`2^n`.
"""

from __future__ import annotations

import math

import numpy as np

from landscapes.jit import kernel

__all__ = ["evolve_product", "evolve_states", "rotate_states"]


@kernel
def _rotate(real: np.ndarray, imaginary: np.ndarray, tangent: float) -> None:
    """Apply 1 - i tangent σ^z to every spin of one state."""
    size = len(real)
    stride = 1
    while stride < size:
        for block in range(0, size, 2 * stride):
            for k in range(block, block + stride):
                a_real, a_imaginary = real[k], imaginary[k]
                b_real, b_imaginary = real[k + stride], imaginary[k + stride]
                real[k] = a_real + tangent * b_imaginary
                imaginary[k] = a_imaginary - tangent * b_real
                real[k + stride] = b_real + tangent * a_imaginary
                imaginary[k + stride] = b_imaginary - tangent * a_real
        stride *= 2


@kernel
def rotate_states(real: np.ndarray, imaginary: np.ndarray, angle: float) -> None:
    """Turn every spin of each state, (R, 2**n), by exp(-i angle σ^z), and normalise the states."""
    for replica in range(real.shape[0]):
        _rotate(real[replica], imaginary[replica], math.tan(angle))
        total = 0.0
        for k in range(real.shape[1]):
            total += real[replica, k] ** 2 + imaginary[replica, k] ** 2
        scale = 1.0 / math.sqrt(total)
        for k in range(real.shape[1]):
            real[replica, k] *= scale
            imaginary[replica, k] *= scale


@kernel
def _moments(real: np.ndarray, imaginary: np.ndarray, folded: np.ndarray, means: np.ndarray) -> float:
    """Squared norm of a state, and the mean of each spin's σ^x into ``means``."""
    n = len(means)
    half = len(real) // 2
    difference = 0.0
    for k in range(half):
        upper = real[k] ** 2 + imaginary[k] ** 2
        lower = real[k + half] ** 2 + imaginary[k + half] ** 2
        folded[k] = upper + lower
        difference += upper - lower
    means[0] = difference
    for i in range(1, n):
        half //= 2
        difference = 0.0
        for k in range(half):
            upper, lower = folded[k], folded[k + half]
            folded[k] = upper + lower
            difference += upper - lower
        means[i] = difference
    norm = folded[0]
    for i in range(n):
        means[i] /= norm
    return norm


@kernel
def _drives(
    noise: np.ndarray, means: np.ndarray, vectors: np.ndarray, amplitudes: np.ndarray, drift: float, drives: np.ndarray
) -> None:
    """w_i = Σ_k V_ik a_k (dξ_k + drift a_k Σ_j V_jk <σ_j>), with drift = 2 f dt, as (real, imaginary)."""
    n, modes = vectors.shape
    for i in range(n):
        drives[i, 0] = 0.0
        drives[i, 1] = 0.0
    for k in range(modes):
        mean = 0.0
        for i in range(n):
            mean += vectors[i, k] * means[i]
        real = amplitudes[k] * (noise[k, 0] + drift * amplitudes[k] * mean)
        imaginary = amplitudes[k] * noise[k, 1] if noise.shape[1] == 2 else 0.0
        for i in range(n):
            drives[i, 0] += vectors[i, k] * real
            drives[i, 1] += vectors[i, k] * imaginary


@kernel
def _tabulate(
    exponents: np.ndarray, scale: float, drives: np.ndarray, first: int, count: int, log_norm: float, table: np.ndarray
) -> None:
    """exp(scale exponents[s] + Σ w_i s_i - log_norm) for all configurations of spins first … first + count - 1."""
    size = 1 << count
    total_real, total_imaginary = -log_norm, 0.0
    for i in range(first, first + count):
        total_real += drives[i, 0]
        total_imaginary += drives[i, 1]
    table[0, 0] = total_real
    table[1, 0] = total_imaginary
    for bit in range(count):
        filled = 1 << bit
        i = first + count - 1 - bit
        for k in range(filled):
            table[0, k + filled] = table[0, k] - 2.0 * drives[i, 0]
            table[1, k + filled] = table[1, k] - 2.0 * drives[i, 1]
    for k in range(size):
        modulus = math.exp(table[0, k] + scale * exponents[0, k])
        phase = table[1, k] + scale * exponents[1, k]
        table[0, k] = modulus * math.cos(phase)
        table[1, k] = modulus * math.sin(phase)


@kernel
def _ratios(cross: np.ndarray, scale: float, ratios: np.ndarray) -> None:
    """exp(-2 scale Σ_i C_ij s_i) over the upper spins i, for each lower bit and upper configuration (2, m, 2**u)."""
    upper, lower = cross.shape[1], cross.shape[2]
    for bit in range(lower):
        j = lower - 1 - bit
        total_real, total_imaginary = 0.0, 0.0
        for i in range(upper):
            total_real += cross[0, i, j]
            total_imaginary += cross[1, i, j]
        modulus = math.exp(-2.0 * scale * total_real)
        ratios[0, bit, 0] = modulus * math.cos(2.0 * scale * total_imaginary)
        ratios[1, bit, 0] = -modulus * math.sin(2.0 * scale * total_imaginary)
        for upper_bit in range(upper):
            i = upper - 1 - upper_bit
            modulus = math.exp(4.0 * scale * cross[0, i, j])
            x = modulus * math.cos(4.0 * scale * cross[1, i, j])
            y = modulus * math.sin(4.0 * scale * cross[1, i, j])
            filled = 1 << upper_bit
            for k in range(filled):
                a, b = ratios[0, bit, k], ratios[1, bit, k]
                ratios[0, bit, k + filled] = a * x - b * y
                ratios[1, bit, k + filled] = a * y + b * x


@kernel
def _multiply(
    real: np.ndarray,
    imaginary: np.ndarray,
    upper_table: np.ndarray,
    lower_table: np.ndarray,
    ratios: np.ndarray,
    row: np.ndarray,
) -> None:
    """Multiply a state by the product of the tables and of what is between the two groups of spins."""
    lower_bits = ratios.shape[1]
    size = 1 << lower_bits
    for u in range(upper_table.shape[1]):
        row[0, 0] = upper_table[0, u]
        row[1, 0] = upper_table[1, u]
        for bit in range(lower_bits):
            x, y = ratios[0, bit, u], ratios[1, bit, u]
            filled = 1 << bit
            for k in range(filled):
                a, b = row[0, k], row[1, k]
                row[0, k + filled] = a * x - b * y
                row[1, k + filled] = a * y + b * x
        start = u * size
        for k in range(size):
            x = row[0, k] * lower_table[0, k] - row[1, k] * lower_table[1, k]
            y = row[0, k] * lower_table[1, k] + row[1, k] * lower_table[0, k]
            a, b = real[start + k], imaginary[start + k]
            real[start + k] = a * x - b * y
            imaginary[start + k] = a * y + b * x


@kernel
def evolve_states(
    real: np.ndarray,
    imaginary: np.ndarray,
    noise: np.ndarray,
    couplings: np.ndarray,
    dt: float,
    angle: float,
    drift: float,
    heating: float,
    vectors: np.ndarray,
    rates: np.ndarray,
    upper_exponents: np.ndarray,
    lower_exponents: np.ndarray,
    cross: np.ndarray,
) -> None:
    """Take steps with each of R states, in place; between calls the states are half a rotation past a step's start.

    Parameters
    ----------
    real, imaginary : numpy.ndarray of float64, shape (R, 2**n)
    noise : numpy.ndarray of float64, shape (R, steps, K, 1 or 2)
        Increments: real ones of variance dt, or real and imaginary parts of variance dt/2 each.
    couplings : numpy.ndarray of float64, shape (steps,)
        λ in the midst of each step.
    dt : float
    angle : float
        Of a whole step's rotation, ω_z dt/2.
    drift : float
        2 f: 1 for heterodyne, 2 for homodyne.
    heating : float
        η.
    vectors, rates : numpy.ndarray of float64, shapes (n, K) and (K,)
    upper_exponents, lower_exponents : numpy.ndarray of float64, shapes (2, 2**u) and (2, 2**m)
        Q within each group of spins, and for the upper one the sum of what is between it and lower spins that are
        all +1; real and imaginary parts.
    cross : numpy.ndarray of float64, shape (2, u, m)
        C between the groups.
    """
    n = vectors.shape[0]
    upper, lower = cross.shape[1], cross.shape[2]
    tangent = math.tan(angle)
    folded = np.empty(max(real.shape[1] // 2, 1))
    means = np.empty(n)
    drives = np.empty((n, 2))
    amplitudes = np.empty(len(rates))
    upper_table = np.empty((2, 1 << upper))
    lower_table = np.empty((2, 1 << lower))
    ratios = np.empty((2, lower, 1 << upper))
    row = np.empty((2, 1 << lower))
    for replica in range(real.shape[0]):
        for step in range(len(couplings)):
            norm = _moments(real[replica], imaginary[replica], folded, means)
            for k in range(len(rates)):
                amplitudes[k] = math.sqrt(heating * couplings[step] * rates[k])
            _drives(noise[replica, step], means, vectors, amplitudes, drift * dt, drives)
            scale = couplings[step] * dt
            _tabulate(upper_exponents, scale, drives, 0, upper, 0.5 * math.log(norm), upper_table)
            _tabulate(lower_exponents, scale, drives, upper, lower, 0.0, lower_table)
            _ratios(cross, scale, ratios)
            _multiply(real[replica], imaginary[replica], upper_table, lower_table, ratios, row)
            _rotate(real[replica], imaginary[replica], tangent)


@kernel
def evolve_product(
    real: np.ndarray,
    imaginary: np.ndarray,
    noise: np.ndarray,
    couplings: np.ndarray,
    dt: float,
    angle: float,
    drift: float,
    heating: float,
    vectors: np.ndarray,
    rates: np.ndarray,
    J: np.ndarray,
    h: np.ndarray,
) -> None:
    """Take steps with each of R product states, (R, n, 2): amplitudes of σ^x = +1 and -1 of every spin.

    The other arguments are those of :func:`evolve_states`; between calls the states are half a rotation past a step's
    start as well.
    """
    n = vectors.shape[0]
    cosine, sine = math.cos(angle), math.sin(angle)
    means = np.empty(n)
    drives = np.empty((n, 2))
    amplitudes = np.empty(len(rates))
    zeros = np.zeros(n)
    own = np.zeros(n)  # Σ_k μ_k V_ik²: the damping that a spin has by itself
    for i in range(n):
        for k in range(len(rates)):
            own[i] += rates[k] * vectors[i, k] ** 2
    for replica in range(real.shape[0]):
        for step in range(len(couplings)):
            for i in range(n):
                plus = real[replica, i, 0] ** 2 + imaginary[replica, i, 0] ** 2
                minus = real[replica, i, 1] ** 2 + imaginary[replica, i, 1] ** 2
                means[i] = (plus - minus) / (plus + minus)
            for k in range(len(rates)):
                amplitudes[k] = math.sqrt(heating * couplings[step] * rates[k])
            _drives(noise[replica, step], zeros, vectors, amplitudes, 0.0, drives)
            for i in range(n):
                field = h[i]
                for j in range(n):
                    field += J[i, j] * means[j]
                growth = drives[i, 0] + drift * dt * heating * couplings[step] * own[i] * means[i]
                phase = drives[i, 1] + couplings[step] * dt * field
                x, y = math.cos(phase), math.sin(phase)
                up, down = math.exp(growth), math.exp(-growth)
                a_real = up * (real[replica, i, 0] * x - imaginary[replica, i, 0] * y)
                a_imaginary = up * (real[replica, i, 0] * y + imaginary[replica, i, 0] * x)
                b_real = down * (real[replica, i, 1] * x + imaginary[replica, i, 1] * y)
                b_imaginary = down * (imaginary[replica, i, 1] * x - real[replica, i, 1] * y)
                scale = 1.0 / math.sqrt(a_real**2 + a_imaginary**2 + b_real**2 + b_imaginary**2)
                real[replica, i, 0] = scale * (cosine * a_real + sine * b_imaginary)
                imaginary[replica, i, 0] = scale * (cosine * a_imaginary - sine * b_real)
                real[replica, i, 1] = scale * (cosine * b_real + sine * a_imaginary)
                imaginary[replica, i, 1] = scale * (cosine * b_imaginary - sine * a_real)
