"""0/1 values that satisfy linear rows, by flips: first until no row is broken, then while the cost falls."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["improved_values"]

_STEPS_PER_VARIABLE = 20
_MOST_STEPS = 3000
_LONGEST_CHAIN = 8
# Entries of the matrix that all chains together may look at.
_MOST_WORK = 5_000_000
# Of the costs' total: a smaller gain could be one of rounding.
_ROUNDING = 1e-12


def improved_values(
    matrix: Any, lowest: np.ndarray, highest: np.ndarray, cost: np.ndarray, x: np.ndarray
) -> np.ndarray:
    """Values with ``lowest <= matrix @ x <= highest`` where flips find them, of locally least cost.

    The broken amount falls by single flips; where none lowers it, the rows that are broken gain weight (P. Morris, "The
    breakout method for escaping from local minima", AAAI 1993) and the best flip that was not made lately is made.
    From satisfied rows on, a flip that lowers the cost is followed by those that mend what it broke, a chain, and kept
    where all of them together lower the cost.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array of int64, shape (m, n)
    lowest, highest : numpy.ndarray of float64, shape (m,)
    cost : numpy.ndarray, shape (n,)
    x : numpy.ndarray of 0 and 1, shape (n,)

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        Of the least broken amount that was seen; no worse than ``x`` if that breaks nothing.
    """
    state = _State(matrix, lowest, highest, cost, x)
    if state.broken.any():
        _satisfy(state)
    if not state.broken.any():
        _improve(state)
    return state.x


class _State:
    """Values, what the rows add up to, and by how much each is broken."""

    def __init__(self, matrix: Any, lowest: np.ndarray, highest: np.ndarray, cost: np.ndarray, x: np.ndarray) -> None:
        entries = matrix.tocoo()
        self.rows, self.columns = entries.coords
        self.entries = entries.data.astype(np.float64)
        self.by_column = matrix.tocsc()
        self.lowest, self.highest, self.cost = lowest, highest, cost.astype(np.float64)
        self.x = np.array(x, dtype=np.int64)
        self.sums = (matrix @ self.x).astype(np.float64)
        self.weights = np.ones(len(lowest))

    @property
    def broken(self) -> np.ndarray:
        """By how much each row is broken now."""
        return self.excess(self.sums)

    def excess(self, sums: np.ndarray, rows: Any = slice(None)) -> np.ndarray:
        """By how much sums leave the bounds of rows."""
        return np.maximum(sums - self.highest[rows], 0) + np.maximum(self.lowest[rows] - sums, 0)

    def scores(self) -> np.ndarray:
        """Change of the weighted broken amount with each flip; float64, shape (n,)."""
        now = self.broken[self.rows]
        flipped = self.excess(self.sums[self.rows] + self.entries * (1 - 2 * self.x[self.columns]), self.rows)
        changes = self.weights[self.rows] * (flipped - now)
        return np.bincount(self.columns, weights=changes, minlength=len(self.x))

    def cost_changes(self) -> np.ndarray:
        """Change of the cost with each flip."""
        return self.cost * (1 - 2 * self.x)

    def cost_change(self, j: int) -> float:
        """Change of the cost with one flip."""
        return float(self.cost[j] * (1 - 2 * self.x[j]))

    def flip(self, j: int) -> None:
        """Flip a value and bring the sums up to date."""
        entries = slice(self.by_column.indptr[j], self.by_column.indptr[j + 1])
        self.sums[self.by_column.indices[entries]] += self.by_column.data[entries] * (1 - 2 * self.x[j])
        self.x[j] = 1 - self.x[j]


def _satisfy(state: _State) -> None:
    """Flip until no row is broken, or the steps are spent; ends at the least broken values that were seen."""
    best, least = state.x.copy(), float(state.broken.sum())
    n = len(state.x)
    last = np.full(n, -n - 1)
    for step in range(min(_MOST_STEPS, 100 + _STEPS_PER_VARIABLE * n)):
        scores = state.scores()
        if scores.min(initial=0) >= 0:
            state.weights[state.broken > 0] += 1
            # what was flipped a moment ago must wait, for a time that changes so that no cycle keeps its length
            scores[last >= step - min(n - 1, 1 + step % (2 + n // 4))] = np.inf
        lowest = scores.min()
        equal = np.flatnonzero(scores <= lowest)
        j = int(equal[np.lexsort((last[equal], state.cost_changes()[equal]))[0]])
        state.flip(j)
        last[j] = step
        amount = float(state.broken.sum())
        if amount < least:
            best, least = state.x.copy(), amount
        if not amount:
            break
    for j in np.flatnonzero(state.x != best).tolist():
        state.flip(j)
    state.weights[:] = 1


def _improve(state: _State) -> None:
    """Chains of flips that break nothing in the end, while the cost falls."""
    least = -_ROUNDING * float(np.abs(state.cost).sum())
    work = 0
    progress = True
    while progress:
        progress = False
        changes = state.cost_changes()
        for j in np.argsort(changes, kind="stable").tolist():
            if not state.cost_change(j) < least:
                continue
            length = _chain(state, j, least)
            progress |= length > 0
            work += (length or _LONGEST_CHAIN) * len(state.entries)
            if work > _MOST_WORK:
                return


def _chain(state: _State, start: int, least: float) -> int:
    """Flip one variable and then those that mend best what this broke, or nothing; the number of flips made."""
    flipped = [start]
    change = state.cost_change(start)
    state.flip(start)
    while state.broken.any() and len(flipped) < _LONGEST_CHAIN:
        scores = state.scores()
        scores[flipped] = np.inf
        equal = np.flatnonzero(scores <= scores.min())
        j = int(equal[np.argmin(state.cost_changes()[equal])])
        if not np.isfinite(scores[j]):
            break
        change += state.cost_change(j)
        flipped.append(j)
        state.flip(j)
    if not state.broken.any() and change < least:
        return len(flipped)
    for j in flipped:
        state.flip(j)
    return 0
