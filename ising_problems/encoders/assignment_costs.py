"""The costs of quadratic assignment with nothing negative left in them, and the bounds that follow.

Symbols and proofs are those of :mod:`.assignment`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["ReducedCosts", "least_cost", "reduced_costs"]


@dataclass(frozen=True)
class ReducedCosts:
    """F', D', L' and the constant; floats, none negative, F' and D' with zero diagonals."""

    flow: np.ndarray
    distance: np.ndarray
    cost: np.ndarray
    constant: float

    def dearest_insertion(self) -> float:
        """The most that a facility can cost at a free location, the others being at different ones."""
        out = np.sort(self.flow, axis=1) @ np.sort(self.distance, axis=1).T
        into = np.sort(self.flow.T, axis=1) @ np.sort(self.distance.T, axis=1).T
        return float((self.cost + out + into).max())

    def dearest_crowded_insertion(self) -> float:
        """The same, where the others may share their locations."""
        out = np.outer(self.flow.sum(axis=1), self.distance.max(axis=1))
        into = np.outer(self.flow.sum(axis=0), self.distance.max(axis=0))
        return float((self.cost + out + into).max())

    def dearest_turn(self) -> float:
        """The mean of all permutations, and the most that a wall which turns back can save each time."""
        n = len(self.flow)
        if n < 2:
            return float(self.cost.sum())
        mean = self.flow.sum() * self.distance.sum() / (n * (n - 1)) + self.cost.sum() / n
        through = self.flow.sum(axis=1) + self.flow.sum(axis=0)
        saved = (1 + (n - 1) // 2) * through * self.distance.max() + self.cost.max(axis=1)
        return float(mean + saved.max())


def reduced_costs(flow: np.ndarray, distance: np.ndarray, linear: np.ndarray) -> ReducedCosts:
    """Costs less what every permutation has of them."""
    n = len(flow)
    flow, f = _less_least(flow)
    distance, d = _less_least(distance)
    rows = linear.min(axis=1)
    columns = (linear - rows[:, None]).min(axis=0)
    cost = np.maximum(linear - rows[:, None] - columns, 0).astype(np.float64)  # no -1e-17 for what is 0
    # sum F D = sum F' D' + f sum D' + d sum F' + f d n (n - 1), over pairs that differ
    constant = f * distance.sum() + d * flow.sum() + f * d * n * (n - 1) + rows.sum() + columns.sum()
    return ReducedCosts(flow, distance, cost, float(constant))


def least_cost(flow: np.ndarray, distance: np.ndarray, linear: np.ndarray) -> Any:
    """Gilmore and Lawler's bound: the least scalar product of each pair of rows, assigned at the least cost."""
    from scipy.optimize import linear_sum_assignment

    n = len(flow)
    off = ~np.eye(n, dtype=bool)
    flow, distance = (matrix[off].reshape(n, n - 1) for matrix in (flow, distance))
    least = linear + np.sort(flow, axis=1) @ np.sort(distance, axis=1)[:, ::-1].T
    return least[linear_sum_assignment(least)].sum().item()


def _less_least(matrix: np.ndarray) -> tuple[np.ndarray, float]:
    """The entries beside the diagonal less the least of them, as floats with a zero diagonal; and that entry."""
    off = ~np.eye(len(matrix), dtype=bool)
    least = matrix[off].min() if len(matrix) > 1 else 0
    return np.where(off, matrix - least, 0).astype(np.float64), float(least)
