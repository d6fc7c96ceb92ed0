"""Where searches for critical points start: random points of a sensible size, grids, branches, or the caller's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ising_problems.checks import checked_integer, checked_number, is_integer

from .energies import Energy, SoftSpinEnergy
from .newton import canonical, checked_points, polish
from .pump_branches import branches_from_below, decoupling_pump, grid_signs, largest_index
from .searches import SEARCHES, near_origin

__all__ = ["Starts", "choose_method", "prepared"]

_DEFAULT_STARTS = 100
_COMPLETE_GRID = 8  # variables up to which a grid is taken as a whole by default
_FARTHEST = 1e30  # beyond, energies would overflow
_WITH_INDEX = ("eigenvector-following", "continuation", "grid")
_SOFT_SPINS_ONLY = ("continuation", "grid")


@dataclass
class Starts:
    """Starts in scaled units: ``x`` (m, n), the ``index`` of each and its ``pump``, where a search needs them.

    ``asked`` (m,) holds the indices that were asked for, None if none were; ``given`` says whether the points are the
    caller's own.
    """

    x: np.ndarray
    index: np.ndarray | None
    pump: np.ndarray | None
    asked: np.ndarray | None
    given: bool


def choose_method(method: Any, energy: Energy, index: Any, starts: Any) -> str:
    """The method's name, checked; for "auto" the one that finds most."""
    soft = isinstance(energy, SoftSpinEnergy)
    if method == "auto":
        small = energy.num_variables <= _COMPLETE_GRID
        if soft and small and index is None and starts is None and energy.pump >= decoupling_pump(energy):  # type: ignore
            return "grid"
        return "eigenvector-following"
    if not isinstance(method, str) or method not in SEARCHES:
        raise ValueError(f"method: must be one of auto, {', '.join(SEARCHES)}, but it is {method!r}")
    if method in _SOFT_SPINS_ONLY and not soft:
        raise ValueError(
            f"method: {method!r} needs the pump of a SoftSpinEnergy, but the energy is a {type(energy).__name__}; "
            "pass method='eigenvector-following'"
        )
    if index is not None and method not in _WITH_INDEX:
        raise ValueError(
            f"index: {method!r} does not look for a given index, but {index!r} was passed; "
            "pass method='eigenvector-following', or select by the result's .index"
        )
    return method


def prepared(
    method: str,
    energy: Energy,
    unit: float,
    index: Any,
    starts: Any,
    start_pump: Any,
    even: bool,
    rng: np.random.Generator,
) -> Starts:
    """Starts for a method, in scaled units; ``unit`` is that of the pump."""
    n = energy.num_variables
    if start_pump is not None:
        if method != "continuation":
            raise ValueError(f"start_pump: only 'continuation' starts at another pump, but the method is {method!r}")
        start_pump = checked_number(start_pump, "start_pump") / unit
    given = starts is not None and not is_integer(starts)
    count = _DEFAULT_STARTS if starts is None or given else checked_integer(starts, "starts", at_least=0)
    points = None
    if given:
        points = checked_points(energy, starts, "starts") / np.sqrt(unit)
        if np.abs(points).max(initial=0.0) > _FARTHEST:
            raise ValueError(f"starts: amplitudes beyond {_FARTHEST:g} overflow, but one is {np.abs(points).max():g}")
        count = len(points)
    if n == 0:
        return Starts(np.zeros((0, 0)), np.zeros(0, dtype=np.int64), np.zeros(0), None, given)
    if method == "grid":
        return _on_grid(energy, points, starts, count, _checked_index(index, count, n), even, rng)  # type: ignore
    if method == "continuation":
        return _on_branches(energy, points, starts, count, index, start_pump, even, rng)  # type: ignore[arg-type]
    asked = _checked_index(index, count, n)
    if method != "eigenvector-following":
        # amplitudes are of order √a at large pumps
        size = np.sqrt(max(1.0, energy.pump)) if isinstance(energy, SoftSpinEnergy) else 1.0
        return Starts(_random(energy, count, size, rng) if points is None else points, None, None, None, given)
    soft = isinstance(energy, SoftSpinEnergy)
    x = _random(energy, count, near_origin(n) if soft else 1.0, rng) if points is None else points
    wanted = asked if asked is not None else _likely_indices(energy, x, rng)
    return Starts(x, wanted, None, asked, given)


def _random(energy: Energy, count: int, size: float, rng: np.random.Generator) -> np.ndarray:
    """Normal amplitudes."""
    x = size * rng.standard_normal((count, energy.num_variables))
    return canonical(energy, x) if count else x


def _likely_indices(energy: Energy, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Indices up to half the origin's, near which few points are; of other energies, up to that of the start."""
    if isinstance(energy, SoftSpinEnergy):
        return rng.integers(0, largest_index(energy) // 2 + 1, len(x))
    if not len(x):
        return np.zeros(0, dtype=np.int64)
    here = np.count_nonzero(np.linalg.eigvalsh(energy.hessian(x)) < 0.0, axis=1)
    return rng.integers(0, here + 1)


def _on_grid(
    energy: SoftSpinEnergy,
    points: np.ndarray | None,
    starts: Any,
    count: int,
    zeros: np.ndarray | None,
    even: bool,
    rng: np.random.Generator,
) -> Starts:
    if energy.pump <= 0.0:
        raise ValueError(
            f"method: the grid {{-1, 0, 1}}√a needs a positive pump, but a is {energy.pump:g} in the couplings' "
            "unit; pass method='continuation' or 'eigenvector-following'"
        )
    if points is not None:
        raise ValueError("starts: 'grid' makes its own; pass a number of them, or method='newton' for points")
    n = energy.num_variables
    everything = starts is None and zeros is None and n <= _COMPLETE_GRID
    signs = grid_signs(n, None if everything else count, even, zeros, rng)
    return Starts(np.sqrt(energy.pump) * signs, None, None, zeros, False)


def _on_branches(
    energy: SoftSpinEnergy,
    points: np.ndarray | None,
    starts: Any,
    count: int,
    index: Any,
    start_pump: float | None,
    even: bool,
    rng: np.random.Generator,
) -> Starts:
    n = energy.num_variables
    if starts is None and start_pump is None:
        branches = branches_from_below(energy)
        chosen = np.ones(len(branches.x), dtype=bool)
        if index is not None:
            chosen = branches.index == checked_integer(index, "index", at_least=0)
        wanted = branches.index[chosen]
        return Starts(branches.x[chosen], wanted, branches.pump[chosen], wanted, False)
    if points is not None:
        if start_pump is None:
            raise ValueError("start_pump: the pump at which the starts are critical points is needed")
        if index is not None:
            raise ValueError("index: the starts have indices of their own; leave it out")
        above = energy.with_pump(start_pump)
    else:
        above = energy.with_pump(decoupling_pump(energy) if start_pump is None else start_pump)
        if above.pump <= 0.0:
            raise ValueError("start_pump: a grid {-1, 0, 1}√a needs a positive pump; pass starts, or a larger pump")
        points = np.sqrt(above.pump) * grid_signs(n, count, even, _checked_index(index, count, n), rng)
    start = polish(above, points) if len(points) else None
    if start is not None and not start.converged.all():
        row = int(np.argmin(start.converged))
        raise ValueError(
            f"starts: number {row} is not near a critical point at start_pump (residual {start.gradient_norm[row]:.2g} "
            "after Newton's method); pass critical points of that pump, or a larger start_pump"
        )
    x = points if start is None else start.x
    spectra = np.linalg.eigvalsh(above.hessian(x)) if len(x) else np.zeros((0, n))
    wanted = np.count_nonzero(spectra < 0.0, axis=1)
    return Starts(x, wanted, np.full(len(x), above.pump), wanted, True)


def _checked_index(index: Any, count: int, n: int) -> np.ndarray | None:
    """One index for each start."""
    if index is None:
        return None
    if is_integer(index) or isinstance(index, bool):
        index = np.full(count, checked_integer(index, "index", at_least=0))
    array = np.asarray(index)
    if array.dtype.kind not in "iu" or array.shape != (count,):
        raise ValueError(
            f"index: an integer, or one for each of the {count} starts, is needed, "
            f"but the shape is {array.shape} and the dtype {array.dtype}"
        )
    if array.size and (array.min() < 0 or array.max() > n):
        wrong = int(array[(array < 0) | (array > n)][0])
        raise ValueError(f"index: must be from 0 to n = {n}, but one is {wrong}")
    return array.astype(np.int64)
