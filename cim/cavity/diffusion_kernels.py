r"""The compiled part of quantum state diffusion: one spin-1/2 state and its product-state twin, step by step.

A state of n spins is two real arrays of :math:`2^n` numbers, real and imaginary parts in the order of
:mod:`cim.cavity.basis`.  :mod:`cim.cavity.diffusion` derives the scheme; a step of it is two operations.

**Transverse field**, a rotation of each spin,
:math:`e^{-i\theta\sigma^z} = \cos\theta\,(1 - i\tan\theta\,\sigma^z)`, where :math:`\sigma^z` exchanges the two
amplitudes that differ in the spin's bit.  The factor :math:`\cos\theta` is left to the normalisation, so that a spin
costs each real number one multiplication and addition, and moving the state is what takes time.  Three bits are turned
in one pass, and nine while a block of 512 amplitudes is in the nearest cache; bits beyond the ninth are brought near
one another, six at a time, in a block to which amplitudes are copied and from which they are copied back.  A distance
that the compiler knows lets it keep the eight amplitudes of a pass in vectors.

**Couplings, damping and noise**, a factor :math:`\exp(c\,Q(s) + \sum_i w_i s_i)` on each amplitude with a complex
quadratic form :math:`Q(s) = \tfrac12 s^{\mathsf T}Cs + d^{\mathsf T}s`.  The spins are split into an upper and a lower
group.  Within each the exponent is tabulated; for given upper spins what is between the groups is linear in the lower
ones, and its exponential is built by doubling: half of the table times one number is the other half.  So
:math:`2^{n/2}` exponentials do the work of :math:`2^n`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from landscapes.jit import kernel

__all__ = ["evolve_states", "rotate_states"]

# Amplitudes that are turned together; the passes below go through all nine of its bits.
_BLOCK = 512


def _three_bits(stride: int) -> Any:
    """Pass through a block that turns the bit of a constant ``stride`` and the two above it, by a tangent each."""
    two, three, four, five, six, seven, eight = (count * stride for count in range(2, 9))

    groups = _BLOCK // eight

    def turn(real: np.ndarray, imaginary: np.ndarray, low: float, middle: float, high: float) -> None:
        for group in range(groups):
            for place in range(stride):
                k = group * eight + place
                a0, b0 = real[k], imaginary[k]
                a1, b1 = real[k + stride], imaginary[k + stride]
                a2, b2 = real[k + two], imaginary[k + two]
                a3, b3 = real[k + three], imaginary[k + three]
                a4, b4 = real[k + four], imaginary[k + four]
                a5, b5 = real[k + five], imaginary[k + five]
                a6, b6 = real[k + six], imaginary[k + six]
                a7, b7 = real[k + seven], imaginary[k + seven]
                c0, d0, c1, d1 = a0 + low * b1, b0 - low * a1, a1 + low * b0, b1 - low * a0
                c2, d2, c3, d3 = a2 + low * b3, b2 - low * a3, a3 + low * b2, b3 - low * a2
                c4, d4, c5, d5 = a4 + low * b5, b4 - low * a5, a5 + low * b4, b5 - low * a4
                c6, d6, c7, d7 = a6 + low * b7, b6 - low * a7, a7 + low * b6, b7 - low * a6
                a0, b0, a2, b2 = c0 + middle * d2, d0 - middle * c2, c2 + middle * d0, d2 - middle * c0
                a1, b1, a3, b3 = c1 + middle * d3, d1 - middle * c3, c3 + middle * d1, d3 - middle * c1
                a4, b4, a6, b6 = c4 + middle * d6, d4 - middle * c6, c6 + middle * d4, d6 - middle * c4
                a5, b5, a7, b7 = c5 + middle * d7, d5 - middle * c7, c7 + middle * d5, d7 - middle * c5
                real[k], imaginary[k] = a0 + high * b4, b0 - high * a4
                real[k + four], imaginary[k + four] = a4 + high * b0, b4 - high * a0
                real[k + stride], imaginary[k + stride] = a1 + high * b5, b1 - high * a5
                real[k + five], imaginary[k + five] = a5 + high * b1, b5 - high * a1
                real[k + two], imaginary[k + two] = a2 + high * b6, b2 - high * a6
                real[k + six], imaginary[k + six] = a6 + high * b2, b6 - high * a2
                real[k + three], imaginary[k + three] = a3 + high * b7, b3 - high * a7
                real[k + seven], imaginary[k + seven] = a7 + high * b3, b7 - high * a3

    return kernel(turn)


_from_the_first: Any = _three_bits(1)
_from_the_fourth: Any = _three_bits(8)
_from_the_seventh: Any = _three_bits(64)


@kernel
def _one_bit(real: np.ndarray, imaginary: np.ndarray, stride: int, tangent: float) -> None:
    for start in range(0, len(real), 2 * stride):
        for k in range(start, start + stride):
            a_real, a_imaginary = real[k], imaginary[k]
            b_real, b_imaginary = real[k + stride], imaginary[k + stride]
            real[k] = a_real + tangent * b_imaginary
            imaginary[k] = a_imaginary - tangent * b_real
            real[k + stride] = b_real + tangent * a_imaginary
            imaginary[k + stride] = b_imaginary - tangent * a_real


@kernel
def _gathered(
    real: np.ndarray, imaginary: np.ndarray, stride: int, rows: int, tangent: float, near: np.ndarray
) -> None:
    """Turn the bits from ``stride`` on, log2(rows) ≤ 6 of them, in blocks of ``rows`` pieces from far apart."""
    piece = _BLOCK // rows
    fourth = tangent if rows >= 64 else 0.0
    fifth = tangent if rows >= 32 else 0.0
    sixth = tangent if rows >= 16 else 0.0
    seventh = tangent if rows >= 8 else 0.0
    eighth = tangent if rows >= 4 else 0.0
    for start in range(0, len(real), rows * stride):
        for first in range(start, start + stride, piece):
            for row in range(rows):
                here, there = row * piece, first + row * stride
                for k in range(piece):
                    near[0, here + k] = real[there + k]
                    near[1, here + k] = imaginary[there + k]
            if rows > 8:
                _from_the_fourth(near[0], near[1], fourth, fifth, sixth)
            _from_the_seventh(near[0], near[1], seventh, eighth, tangent)
            for row in range(rows):
                here, there = row * piece, first + row * stride
                for k in range(piece):
                    real[there + k] = near[0, here + k]
                    imaginary[there + k] = near[1, here + k]


@kernel
def _rotate(real: np.ndarray, imaginary: np.ndarray, tangent: float, near: np.ndarray) -> None:
    """Apply 1 - i tangent σ^z to every spin of a state of 2**n amplitudes.

    Parameters
    ----------
    real, imaginary : numpy.ndarray of float64, shape (2**n,)
    tangent : float
    near : numpy.ndarray of float64, shape (2, _BLOCK)
        Room to work in; finite numbers.
    """
    size = len(real)
    if size < _BLOCK:
        if size > 128:  # in a block that is filled up with zeros, whose passes are in vectors
            for k in range(size):
                near[0, k], near[1, k] = real[k], imaginary[k]
            _from_the_first(near[0], near[1], tangent, tangent, tangent)
            _from_the_fourth(near[0], near[1], tangent, tangent, tangent)
            _from_the_seventh(near[0], near[1], tangent, tangent, 0.0)
            for k in range(size):
                real[k], imaginary[k] = near[0, k], near[1, k]
            return
        stride = 1
        while stride < size:
            _one_bit(real, imaginary, stride, tangent)
            stride *= 2
        return
    for start in range(0, size, _BLOCK):
        block_real, block_imaginary = real[start : start + _BLOCK], imaginary[start : start + _BLOCK]
        _from_the_first(block_real, block_imaginary, tangent, tangent, tangent)
        _from_the_fourth(block_real, block_imaginary, tangent, tangent, tangent)
        _from_the_seventh(block_real, block_imaginary, tangent, tangent, tangent)
    stride = _BLOCK
    while stride < size:
        rows = min(64, size // stride)
        _gathered(real, imaginary, stride, rows, tangent, near)
        stride *= rows


@kernel
def rotate_states(real: np.ndarray, imaginary: np.ndarray, angle: float) -> None:
    """Turn every spin of each state, (R, 2**n), by exp(-i angle σ^z), and normalise the states."""
    near = np.zeros((2, _BLOCK))
    for replica in range(real.shape[0]):
        _rotate(real[replica], imaginary[replica], math.tan(angle), near)
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
    near = np.zeros((2, _BLOCK))
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
            _rotate(real[replica], imaginary[replica], tangent, near)
