r"""Random numbers inside kernels: xoroshiro128+, one state for each stream.

A kernel that needs a random number here and there cannot wait for NumPy to draw it.  A state is two words of 64 bits,
drawn from a :class:`numpy.random.Generator`, so that a seed fixes every stream; the functions advance it and are
inlined where they are called.  The generator's period is :math:`2^{128} - 1`; its lowest bits are weak, so the upper
ones are used.

Source: Blackman, Vigna, ACM Trans. Math. Softw. 47, 36 (2021).
"""

from __future__ import annotations

import math

import numpy as np

from .jit import inlined

__all__ = ["exponential", "next_bits", "random_below", "random_state", "uniform"]

_UNIT = np.float32(2.0**-23)
_HALF_UNIT = np.float32(2.0**-24)


def random_state(rng: np.random.Generator, streams: int | None = None) -> np.ndarray:
    """State of one stream, uint64, shape (2,), or of several, shape (streams, 2)."""
    shape = (2,) if streams is None else (streams, 2)
    # an all-zero state would stay zero; one bit set for good costs nothing that matters
    return rng.integers(0, 2**64, shape, dtype=np.uint64) | np.uint64(1)


@inlined
def next_bits(state: np.ndarray) -> np.uint64:
    """64 random bits."""
    a = state[0]
    b = state[1]
    result = a + b
    b ^= a
    state[0] = ((a << np.uint64(24)) | (a >> np.uint64(40))) ^ b ^ (b << np.uint64(16))
    state[1] = (b << np.uint64(37)) | (b >> np.uint64(27))
    return result


@inlined
def uniform(state: np.ndarray) -> np.float32:
    """Uniform float32 in (0, 1), never 0 or 1: 23 bits and a half."""
    return np.float32(next_bits(state) >> np.uint64(41)) * _UNIT + _HALF_UNIT


@inlined
def random_below(state: np.ndarray, bound: int) -> np.int64:
    """Uniform integer in [0, bound), bound up to 2³¹; biased by less than bound/2³²."""
    return np.int64(((next_bits(state) >> np.uint64(32)) * np.uint64(bound)) >> np.uint64(32))


@inlined
def exponential(state: np.ndarray) -> np.float32:
    """Standard exponential variate, float32, at most 16.7: ΔE ≤ T e is the Metropolis rule."""
    return -np.float32(math.log(uniform(state)))
