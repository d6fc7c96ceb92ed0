"""Random numbers inside kernels: their distributions, and that streams differ."""

import numpy as np
import scipy.stats

from landscapes.jit import kernel
from landscapes.random import exponential, next_bits, random_below, random_state, uniform


@kernel
def _draw(
    state: np.ndarray, bits: np.ndarray, uniforms: np.ndarray, integers: np.ndarray, exponentials: np.ndarray
) -> None:
    for k in range(bits.shape[0]):
        bits[k] = next_bits(state)
        uniforms[k] = uniform(state)
        integers[k] = random_below(state, 7)
        exponentials[k] = exponential(state)


def _draws(seed: int, count: int = 200_000) -> tuple[np.ndarray, ...]:
    arrays = (
        np.empty(count, np.uint64),
        np.empty(count, np.float32),
        np.empty(count, np.int64),
        np.empty(count, np.float32),
    )
    _draw(random_state(np.random.default_rng(seed)), *arrays)
    return arrays


def test_distributions() -> None:
    bits, uniforms, integers, exponentials = _draws(0)
    assert scipy.stats.kstest(uniforms.astype(float), "uniform").pvalue > 1e-3
    assert scipy.stats.kstest(exponentials.astype(float), "expon").pvalue > 1e-3
    assert scipy.stats.chisquare(np.bincount(integers, minlength=7)).pvalue > 1e-3
    assert uniforms.min() > 0.0 and uniforms.max() < 1.0 and np.isfinite(exponentials).all()
    top = [int((bits >> np.uint64(place) & np.uint64(1)).sum()) for place in range(8, 64)]
    assert max(abs(count - 100_000) for count in top) < 5 * np.sqrt(200_000 / 4)
    # successive numbers are independent: a chi-square over pairs
    pairs = np.histogram2d(uniforms[:-1], uniforms[1:], bins=16)[0].ravel()
    assert scipy.stats.chisquare(pairs).pvalue > 1e-3


def test_against_the_published_generator() -> None:
    """The first numbers of xoroshiro128+ from the state (1, 2), worked out with Python's own integers."""
    mask = 2**64 - 1
    first, second = 1, 2
    expected = []
    for _ in range(4000):
        expected.append((first + second) & mask)
        mixed = first ^ second
        first = (((first << 24) | (first >> 40)) ^ mixed ^ (mixed << 16)) & mask
        second = ((mixed << 37) | (mixed >> 27)) & mask
    bits = np.empty(1000, np.uint64)
    others = np.empty(1000, np.float32), np.empty(1000, np.int64), np.empty(1000, np.float32)
    _draw(np.array([1, 2], dtype=np.uint64), bits, *others)
    assert bits.tolist() == expected[::4]


def test_streams_differ() -> None:
    states = random_state(np.random.default_rng(5), streams=3)
    assert states.shape == (3, 2) and len(np.unique(states)) == 6
    assert (_draws(1)[0] != _draws(2)[0]).all()
