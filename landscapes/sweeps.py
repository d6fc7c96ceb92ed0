r"""Sweeps of single-spin updates: their random limits of acceptance, and the kernels that make them.

With local fields :math:`f_i` up to date, a flip of spin i costs :math:`\Delta E = 2 s_i f_i`.  Every proposal has a
limit of its own, drawn afresh, and is accepted where :math:`s_i f_i` does not exceed it:

* Metropolis: :math:`\tfrac T2 e` with e a standard exponential variate, so that the probability is
  :math:`\min(1, e^{-\Delta E/T})`;
* heat bath: :math:`\tfrac T2 \ln\frac{1-v}{v}` with v uniform in (0, 1), so that it is
  :math:`1/(1 + e^{\Delta E/T})`.

The limits of a sweep are drawn and compared many at a time; only a block of 32 spins that holds an acceptance is gone
through one by one, in order, with the fields that the flips before have left.  A variate has 31 random bits, so that
acceptances down to 10⁻⁹ have their own probability.

One proposal in sixteen is rejected without a look (:math:`\min(1, e^{-\Delta E/T})` times 15/16 obeys detailed balance
as well).  Without this, a sequential Metropolis sweep turns every spin of vanishing field each time, and at infinite
temperature it is not ergodic.

Numbers are those of :class:`landscapes.couplings.SpinCouplings`: whole multiples of a unit, which do not drift.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .jit import float32_bits, inlined, kernel

__all__ = ["LANES", "draw_limits", "sweep_dense", "sweep_sparse"]

LANES = 16
"""Generators that are advanced together, as one vector."""

_REJECTED = np.int32(15 << 27)  # variates at or above it, of 31 bits, reject whatever is proposed: one in sixteen
_LN2 = np.float32(math.log(2.0))
_FRACTION = np.float32(2.0**-23)


# ---------------------------------------------------------------- random limits


@inlined
def _minus_log(bits: np.int32) -> np.float32:
    """-ln((bits + ½)/2³¹) for 31 random bits, to the accuracy of float32, in operations that vectorise.

    With (bits + ½) = 2^e (1 + m): ln(1 + m) = 2 artanh(m/(2 + m)), whose series ends after six terms.
    """
    binary = float32_bits(np.float32(bits) + np.float32(0.5))
    exponent = np.float32(np.int32(158) - (binary >> np.int32(23)))
    m = np.float32(binary & np.int32(0x7FFFFF)) * _FRACTION
    z = m / (np.float32(2.0) + m)
    w = z * z
    series = np.float32(1 / 9) + w * np.float32(1 / 11)
    series = np.float32(1 / 5) + w * (np.float32(1 / 7) + w * series)
    series = np.float32(1.0) + w * (np.float32(1 / 3) + w * series)
    return exponent * _LN2 - np.float32(2.0) * z * series


@kernel
def draw_limits(
    lanes: np.ndarray, words: np.ndarray, scale: Any, ceiling: Any, heat_bath: bool, limits: np.ndarray
) -> None:
    """One limit for each spin: s f ≤ limit accepts; fields are below the ceiling, so it accepts or rejects them all."""
    sums, others = lanes[0], lanes[1]
    for start in range(0, words.shape[0], 16):
        out = words[start : start + 16]
        for lane in range(16):  # xoroshiro128+, as in landscapes.random, sixteen at a time
            a = sums[lane]
            b = others[lane]
            out[lane] = a + b
            b ^= a
            sums[lane] = ((a << np.uint64(24)) | (a >> np.uint64(40))) ^ b ^ (b << np.uint64(16))
            others[lane] = (b << np.uint64(37)) | (b >> np.uint64(27))
    halves = words.view(np.int32)
    number = limits.dtype.type
    if heat_bath:
        for i in range(limits.shape[0]):
            bits = halves[i] & np.int32(0x7FFFFFFF)
            limit = scale * (_minus_log(bits) - _minus_log(np.int32(0x7FFFFFFF) - bits))
            limit = max(-ceiling, min(limit, ceiling))
            whole = number(limit)  # towards zero for an integer; the limit is to be rounded down
            limits[i] = number(whole - number(np.float64(whole) > np.float64(limit)))
    else:
        shift = np.float32(math.log(15.0 / 16.0))
        for i in range(limits.shape[0]):
            bits = halves[i] & np.int32(0x7FFFFFFF)
            limit = min(scale * (_minus_log(bits) + shift), ceiling)
            limits[i] = number(limit if bits < _REJECTED else -ceiling)


# ---------------------------------------------------------------- sweeps


@inlined
def _any_accepted(s: np.ndarray, f: np.ndarray, limits: np.ndarray) -> bool:
    """Whether any of a block of 32 proposals is accepted, without a branch."""
    number = f.dtype.type
    accepted = np.int32(0)
    for i in range(32):
        accepted += np.int32(number(s[i] * f[i]) <= limits[i])
    return accepted != np.int32(0)


@kernel
def sweep_dense(
    doubled: np.ndarray, limits: np.ndarray, spins: np.ndarray, fields: np.ndarray, energies: np.ndarray
) -> None:
    """One proposal for each spin of each chain, in order; all chains in step, so that they share the rows in the cache.

    doubled is (n, width), limits, spins and fields (chains, width), energies (chains,).
    """
    n, width = doubled.shape
    for start in range(0, n, 32):
        for c in range(spins.shape[0]):
            s = spins[c, start : start + 32]
            f = fields[c, start : start + 32]
            block = limits[c, start : start + 32]
            if not _any_accepted(s, f, block):
                continue
            whole = fields[c]
            for i in range(min(32, n - start)):
                gain = s[i] * f[i]
                if gain <= block[i]:
                    energies[c] += 2 * gain
                    row = doubled[start + i]
                    if s[i] > 0:
                        for j in range(width):
                            whole[j] -= row[j]
                    else:
                        for j in range(width):
                            whole[j] += row[j]
                    s[i] = -s[i]


@kernel
def sweep_sparse(
    starts: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    limits: np.ndarray,
    s: np.ndarray,
    f: np.ndarray,
) -> float:
    """One proposal for each spin of one chain, in order; the change of its energy.  All but the couplings (width,)."""
    n = starts.shape[0] - 1
    change = 2 * (s[0] * f[0]) * 0  # of the energies' type
    for start in range(0, n, 32):
        block_s = s[start : start + 32]
        block_f = f[start : start + 32]
        block = limits[start : start + 32]
        if not _any_accepted(block_s, block_f, block):
            continue
        for i in range(min(32, n - start)):
            gain = block_s[i] * block_f[i]
            if gain <= block[i]:
                change += 2 * gain
                sign = block_s[i]
                for k in range(starts[start + i], starts[start + i + 1]):
                    f[columns[k]] -= sign * values[k]
                block_s[i] = -sign
    return change
