r"""A short search for light covers: rows each of which must be met by a chosen column, from any choice of columns.

Everything is deterministic.

1. *Cover*: while a row is uncovered, the column is added that covers most uncovered rows for its weight.
2. *Drop*: columns all of whose rows are covered twice are left out, the heaviest first.
3. *Search*: columns are exchanged.  From a cover, the column is taken out whose rows miss it least for its weight, then
   another; then uncovered rows, drawn one by one, get their best column as long as the whole stays lighter than the
   best cover.  Rows that are often uncovered grow heavier, which leads out of local minima (row weighting: C. Gao,
   X. Yao, T. Weise and J. Li, Eur. J. Oper. Res. 246, 750 (2015)).
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["cover_weight_bound", "light_cover"]

# Steps of the search, and matrix entries times steps for large families: about 20 ms for 50 columns.
_STEPS = 200
_STEPS_PER_COLUMN = 4
_MOST_WORK = 20_000_000


def light_cover(rows: Any, weights: np.ndarray, start: np.ndarray, target: float | None = None) -> np.ndarray:
    """Columns that meet every row, no heavier than those of ``start`` if these do.

    Parameters
    ----------
    rows : scipy.sparse.csr_array of int64, shape (m, n)
        1 where a column meets a row; no row is empty.
    weights : numpy.ndarray, shape (n,)
        Columns of negative weight are always chosen.
    start : numpy.ndarray of bool, shape (n,)
    target : float, optional
        Weight at which the search stops: nothing lighter is possible.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
    """
    search = _Exchanges(rows, weights, start | (weights < 0))
    search.complete()
    search.drop()
    best, held = search.weight(), search.chosen.copy()
    # rounding must not pass for progress
    margin = 0 if weights.dtype.kind == "i" else 1e-12 * float(np.abs(weights).sum())
    n = len(weights)
    for step in range(1, min(_STEPS + _STEPS_PER_COLUMN * n, _MOST_WORK // (rows.nnz + n + 1)) + 1):
        while search.counts.all():
            if search.weight() < best - margin:
                best, held = search.weight(), search.chosen.copy()
            if not search.take_out(step):
                return held  # nothing that weighs anything is left
        if target is not None and best <= target:
            break
        search.take_out(step)
        search.cover_again(step, best - margin)
    return held


class _Exchanges:
    """A choice of columns in motion."""

    def __init__(self, rows: Any, weights: np.ndarray, chosen: np.ndarray) -> None:
        self.rows, self.columns = rows, rows.T.tocsr()
        self.weights, self.chosen = weights, chosen
        # a column without weight is worth any row
        lightest = min(weights[weights > 0].tolist(), default=1)
        self.prices = np.maximum(weights, lightest * 1e-6).astype(np.float64)
        self.counts = rows @ chosen.astype(np.int64)  # chosen columns that meet each row
        self.demand = np.ones(rows.shape[0])
        self.moved = np.zeros(len(weights), dtype=np.int64)  # step of each column's last move
        self.rng = np.random.default_rng(0)  # the same in every call

    def weight(self) -> Any:
        """Weight of the choice, a NumPy number."""
        return self.weights[self.chosen].sum()

    def complete(self) -> None:
        """Add columns until every row is met, the one that meets most for its weight first."""
        while not self.counts.all():
            self._toggle(int(np.argmax((self.columns @ (self.counts == 0)) / self.prices)))

    def drop(self) -> None:
        """Leave out columns that no row needs, the heaviest first and of equals the smallest."""
        inside = np.flatnonzero(self.chosen & (self.weights >= 0))
        sizes = np.diff(self.columns.indptr)[inside]
        for column in inside[np.lexsort((sizes, -self.weights[inside]))].tolist():
            if np.all(self.counts[self._rows_of(column)] > 1):
                self._toggle(column)

    def take_out(self, step: int) -> bool:
        """Take out the column whose rows miss it least for its weight, if any may go; of equals, the longest there."""
        able = self.chosen & (self.weights > 0)
        if not able.any():
            return False
        rested = able & (self.moved < max(step - 1, 1))
        loss = (self.columns @ (self.demand * (self.counts == 1))) / self.prices
        loss[~(rested if rested.any() else able)] = np.inf
        self._move_oldest(np.flatnonzero(loss == loss.min()), step)
        return True

    def cover_again(self, step: int, limit: float) -> None:
        """Add columns for uncovered rows, drawn one by one, as long as the choice stays below a weight."""
        while not self.counts.all():
            uncovered = np.flatnonzero(self.counts == 0)
            self.demand[uncovered] += 1
            row = uncovered[self.rng.integers(len(uncovered))]
            able = self.rows.indices[self.rows.indptr[row] : self.rows.indptr[row + 1]]
            able = able[(self.moved[able] < step) & (self.weight() + self.weights[able] < limit)]
            if not len(able):
                return
            worth = (self.columns @ (self.demand * (self.counts == 0)))[able] / self.prices[able]
            self._move_oldest(able[worth == worth.max()], step)

    def _rows_of(self, column: int) -> np.ndarray:
        return self.columns.indices[self.columns.indptr[column] : self.columns.indptr[column + 1]]

    def _toggle(self, column: int) -> None:
        self.chosen[column] = not self.chosen[column]
        self.counts[self._rows_of(column)] += 1 if self.chosen[column] else -1

    def _move_oldest(self, equals: np.ndarray, step: int) -> None:
        column = int(equals[np.argmin(self.moved[equals])])
        self._toggle(column)
        self.moved[column] = step


def cover_weight_bound(rows: Any, weights: np.ndarray) -> float:
    r"""What no cover is lighter than: a feasible point of the dual of the linear program of covers.

    Prices of rows that add up, over the rows of any column, to no more than its weight cannot exceed a cover's weight
    in all: every row is met.  Two choices of prices are compared.  One goes through the rows, those of fewest columns
    first, and gives each as much as its columns have left; the other divides each column's weight among its rows and
    gives each row the least share.  Columns of negative weight meet their rows for nothing, and are all chosen.
    """
    whole = weights.dtype.kind == "i"
    left = np.maximum(weights, 0)
    m = rows.shape[0]
    total = left.dtype.type(0)
    for row in np.argsort(np.diff(rows.indptr), kind="stable").tolist():
        columns = rows.indices[rows.indptr[row] : rows.indptr[row + 1]]
        price = left[columns].min()
        if price > 0:
            left[columns] -= price
            total += price
    best = total.item()
    if m:
        sizes = np.asarray(rows.sum(axis=0))
        shares = (np.maximum(weights, 0) / np.maximum(sizes, 1))[rows.indices]
        shared = float(np.minimum.reduceat(shares, rows.indptr[:-1]).sum())
        # rounding must not lift the bound to the next integer, or above the truth
        shared *= 1 - 1e-9
        best = max(best, int(np.ceil(shared)) if whole else shared)
    best += weights[weights < 0].sum().item()
    return best if whole else best - 1e-12 * float(np.abs(weights).sum())
