"""Small steps towards a sum: shared by number partitioning and subset sum."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["nearer_signs", "nearer_subset"]

_MOST_ROUNDS = 1000


def nearer_subset(numbers: np.ndarray, target: float, chosen: np.ndarray) -> np.ndarray:
    r"""Subset whose sum is at least as near the target, by single moves and pairs of moves while they gain.

    A move puts a number in or takes one out; a pair may be two of a kind or one of each, a swap.

    Parameters
    ----------
    numbers : numpy.ndarray, shape (n,)
    target : int or float
    chosen : numpy.ndarray of bool, shape (n,)

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
    """
    chosen = chosen.copy()
    missing = _total([target, *(-numbers[chosen]).tolist()])
    for _ in range(_MOST_ROUNDS):
        changes = np.where(chosen, -numbers, numbers)
        flips = _best_flips(changes, missing)
        after = chosen.copy()
        after[flips] ^= True
        rest = _total([target, *(-numbers[after]).tolist()])
        if not abs(rest) < abs(missing):
            break
        chosen, missing = after, rest
    return chosen


def nearer_signs(numbers: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Signs with which the numbers add up to no more, without sign, than before; int8, shape (n,)."""
    # sum of s n = 2 (sum over the positive) - total, so the positive ones should reach half of the total
    doubled = nearer_subset(2 * numbers, _total(numbers.tolist()), signs > 0)
    return np.where(doubled, 1, -1).astype(np.int8)


def _total(terms: list[float]) -> float:
    """Exact for integers, rounded once for floats."""
    return sum(terms) if all(isinstance(term, int) for term in terms) else math.fsum(terms)


def _best_flips(changes: np.ndarray, missing: float) -> list[int]:
    """The one or two changes whose sum is nearest to what is missing; empty where there are none."""
    if not len(changes):
        return []
    single = int(np.argmin(np.abs(changes - missing)))
    if len(changes) == 1:
        return [single]
    order = np.argsort(changes, kind="stable")
    ascending = changes[order]
    position = np.arange(len(order))
    above = np.searchsorted(ascending, missing - ascending)
    best: tuple[float, list[int]] = (abs(changes[single] - missing), [single])
    for partner in (above - 2, above - 1, above, above + 1):
        partner = np.clip(partner, 0, len(order) - 1)
        distance = np.abs(ascending + ascending[partner] - missing).astype(np.float64)
        distance[partner == position] = np.inf
        k = int(np.argmin(distance))
        if distance[k] < best[0]:
            best = (distance[k], [int(order[k]), int(order[partner[k]])])
    return best[1]
