"""Greedy filling and exchanges for knapsacks, and Dantzig's bound: what a knapsack's repair is made of."""

from __future__ import annotations

import numpy as np

__all__ = ["dantzig_bound", "improved_selection"]

# Items on each side that are exchanged, those whose value for the weight is nearest to where the knapsack is full.
_CORE = 120
_MOST_ROUNDS = 500
# What a float bound is widened by, relative: sums of up to 10^6 floats are more exact than this.
_ROUNDING = 1e-9


def dantzig_bound(values: np.ndarray, weights: np.ndarray, capacity: int) -> int | float:
    r"""Value that no selection exceeds: the Lagrangian :math:`\lambda W + \sum_i \max(0, c_i - \lambda w_i)`.

    It holds for every :math:`\lambda \ge 0` and is least at the value per weight of the item at which a filling in
    order of that ratio overflows, where it equals the fractional knapsack's optimum (G. B. Dantzig, "Discrete-variable
    extremum problems", Operations Research 5, 266 (1957)).  Integers are computed exactly and rounded down.
    """
    useful = (values > 0) & (weights <= capacity)
    v, w = values[useful], weights[useful]
    order = np.argsort(-value_per_weight(v, w), kind="stable")
    overflows = np.flatnonzero(np.cumsum(w[order]) > capacity)
    if not len(overflows):
        return v.sum().item() if v.dtype.kind == "i" else float(v.sum()) * (1 + _ROUNDING)
    critical = order[overflows[0]]
    if v.dtype.kind == "i":  # beyond 64 bits in the products, so in Python's integers
        value, weight = int(v[critical]), int(w[critical])
        gains = (max(0, c * weight - value * heavy) for c, heavy in zip(v.tolist(), w.tolist(), strict=True))
        return (value * capacity + sum(gains)) // weight
    ratio = v[critical] / w[critical]
    return float(ratio * capacity + np.maximum(v - ratio * w, 0).sum()) * (1 + _ROUNDING)


def value_per_weight(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Value for the weight, infinite for what weighs nothing; float64."""
    return np.where(weights > 0, values / np.maximum(weights, 1), np.inf)


def improved_selection(values: np.ndarray, weights: np.ndarray, capacity: int, chosen: np.ndarray) -> np.ndarray:
    """Selection that fits, reached from another: the worst items dropped, what fits added, then exchanges.

    Exchanges take up to two items out and up to two others in, the best one each time, until none raises the value.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
    weights : numpy.ndarray of int64, shape (n,)
        Not negative.
    capacity : int
        Not negative.
    chosen : numpy.ndarray of bool, shape (n,)

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
        Worth no less than ``chosen`` if that fits.
    """
    by_ratio = np.argsort(-value_per_weight(values, weights), kind="stable")
    allowed = (weights <= capacity) & (values > 0)
    chosen = chosen & allowed
    if weights[chosen].sum() > capacity:
        kept = by_ratio[chosen[by_ratio]]
        chosen[kept[np.cumsum(weights[kept]) > capacity]] = False
    for _ in range(_MOST_ROUNDS):
        _fill(weights, capacity, chosen, by_ratio[allowed[by_ratio]])
        if not _exchange(values, weights, capacity, chosen, by_ratio[allowed[by_ratio]]):
            break
    return chosen


def _fill(weights: np.ndarray, capacity: int, chosen: np.ndarray, order: np.ndarray) -> None:
    """Add what fits, in the given order."""
    rest = capacity - int(weights[chosen].sum())
    candidates = order[~chosen[order]]
    while True:
        candidates = candidates[weights[candidates] <= rest]
        if not len(candidates):
            return
        fitting = int(np.searchsorted(np.cumsum(weights[candidates]), rest, side="right"))  # at least one fits
        chosen[candidates[:fitting]] = True
        rest -= int(weights[candidates[:fitting]].sum())
        candidates = candidates[fitting:]


def _exchange(values: np.ndarray, weights: np.ndarray, capacity: int, chosen: np.ndarray, order: np.ndarray) -> bool:
    """Make the exchange that gains most, in place; whether there was one."""
    inside, outside = order[chosen[order]], order[~chosen[order]]
    # the ratio falls along the order, so the items that are worth exchanging are the last inside, the first outside
    out, leaving = _small_sets(inside[-_CORE:], values, weights)
    into, coming = _small_sets(outside[:_CORE], values, weights)
    out_value, out_weight = leaving
    in_value, in_weight = coming
    by_weight = np.argsort(in_weight, kind="stable")
    best_value = np.maximum.accumulate(in_value[by_weight])
    room = capacity - int(weights[chosen].sum()) + out_weight
    place = np.searchsorted(in_weight[by_weight], room, side="right") - 1  # the empty set always fits
    gain = best_value[place] - out_value
    k = int(np.argmax(gain))
    if not gain[k] > _ROUNDING * abs(float(out_value[k])) * (values.dtype.kind == "f"):
        return False
    taken = int(np.argmax(in_value[by_weight[: place[k] + 1]]))
    before = chosen.copy()
    chosen[out[k][out[k] >= 0]] = False
    added = into[by_weight[taken]]
    chosen[added[added >= 0]] = True
    if values[chosen].sum() > values[before].sum():
        return True
    chosen[:] = before  # a gain of rounding errors
    return False


def _small_sets(
    items: np.ndarray, values: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """The sets of at most two items, -1 where there is none, shape (k, 2), with their values and weights."""
    padded = np.append(items, -1)  # the last stands for no item
    first, second = np.triu_indices(len(padded), 1)
    sets = np.stack([np.append(padded[first], -1), np.append(padded[second], -1)], axis=1)
    worth, heavy = np.append(values, 0), np.append(weights, 0)  # entry -1: nothing
    return sets, (worth[sets].sum(axis=1), heavy[sets].sum(axis=1))
