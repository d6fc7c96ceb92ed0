r"""Choices of one of n as domain walls: n - 1 spins for each item, of which the first so many are +1.

Place k of item i is where its row of spins turns from +1 to -1: with :math:`y_{i,k} = 1` where the place lies beyond k,
and :math:`y_{i,-1} = 1`, :math:`y_{i,n-1} = 0` understood,

.. math:: x_{i,k} = y_{i,k-1} - y_{i,k} , \qquad k = 0 \dots n-1 .

So :math:`\sum_k x_{i,k} = 1` always, and whatever is quadratic in x is quadratic in y.  A row that turns back w times
has w entries -1 and w + 1 entries +1; :math:`\sum_k x_{i,k}^2 - 1 = 2 w` penalises it.  N. Chancellor, Quantum Sci.
Technol. 4, 045004 (2019).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .builder import QuboBuilder

__all__ = ["add_turns", "steps", "wall_places", "wall_spins"]


def steps(n: int) -> np.ndarray:
    """Matrix S, shape (n, n - 1), with x = S y + (1, 0, …, 0) for one item."""
    return np.eye(n, n - 1, k=-1) - np.eye(n, n - 1)


def add_turns(builder: QuboBuilder, grid: np.ndarray, weight: float) -> None:
    r"""Add :math:`\text{weight} \cdot 2 \sum_i w_i`; ``grid[i, k]`` is the index of the variable :math:`y_{i,k}`."""
    if grid.shape[1] < 2:
        return
    # one step down is allowed: the squares of the steps between, and at both ends, less 1
    builder.add_linear(grid[:, :-1], weight)
    builder.add_linear(grid[:, 1:], weight)
    builder.add_pairs(grid[:, :-1], grid[:, 1:], -2 * weight)
    builder.add_linear(grid[:, 0], -weight)
    builder.add_linear(grid[:, -1], weight)


def wall_places(spins: np.ndarray) -> np.ndarray:
    """Place of the wall in each row of spins, -1 where it turns back; shape (rows,)."""
    up = spins > 0
    return np.where((up[:, :-1] >= up[:, 1:]).all(axis=1), up.sum(axis=1), -1)


def wall_spins(places: Any, n: int) -> np.ndarray:
    """Spins with the walls at given places 0 … n - 1; int8, shape (items, n - 1)."""
    return np.where(np.arange(n - 1) < np.asarray(places)[:, None], 1, -1).astype(np.int8)
