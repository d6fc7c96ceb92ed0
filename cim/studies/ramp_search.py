r"""Monotone ramps as points of the unit cube, and the search among them; see :mod:`cim._optimise_schedule`.

The first coordinates are the numbers that an arm tunes (first and last pump, step, momentum, clip, temperature), the
others the increments between knots at equal distances in time: :math:`w = 4^{2y - 1}`, of which only the ratios count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from landscapes.progress import ProgressBar

from ..schedules import Schedule, piecewise
from .arms import Arm, tuned
from .evaluation import Workbench
from .tuning import Race, own_numbers, position

__all__ = ["Ended", "RampSearch", "Ramps"]

_STEEPEST = 4.0  # w at y = 1, its inverse at y = 0
_STRAIGHT = 0.5
_FIRST_STEP = 0.08  # of a simplex, as a fraction of a range


class Ended(Exception):
    """The callback has asked for the end of the search."""


class Ramps:
    """The ramps among which to search, and the machine that they drive.

    Parameters
    ----------
    arm : Arm
        Tunes ``start`` and ``stop``, and what else is to be tuned.
    knots : int
    """

    def __init__(self, arm: Arm, knots: int) -> None:
        self.arm = arm
        self.knots = knots

    @property
    def numbers(self) -> int:
        """How many coordinates stand for numbers that the arm tunes."""
        return len(self.arm.tune)

    @property
    def dimension(self) -> int:
        """Number of coordinates: two increments have one ratio, so the last one stays as it is."""
        return self.numbers + self.knots - 2

    def schedule(self, point: Any, start: float, stop: float) -> Schedule:
        """The ramp of a point between its end points."""
        increments = np.append(_STEEPEST ** (2.0 * np.asarray(point[self.numbers :], dtype=float) - 1.0), 1.0)
        pumps = start + (stop - start) * np.append(0.0, np.cumsum(increments) / increments.sum())
        pumps[-1] = stop
        return piecewise(zip(np.linspace(0.0, 1.0, self.knots).tolist(), pumps.tolist(), strict=True))

    def candidates(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """The arm's own numbers, then quasi-random points, every other one a straight line; shape (count, d)."""
        from scipy.stats import qmc

        own = [np.clip(position(self.arm, name, number), 0.0, 1.0) for name, number in own_numbers(self.arm).items()]
        first = np.append(own, np.full(self.dimension - self.numbers, _STRAIGHT))
        power = int(np.ceil(np.log2(max(count - 1, 1))))
        spread = qmc.Sobol(self.dimension, rng=rng).random_base2(power)[: count - 1]
        spread[::2, self.numbers :] = _STRAIGHT
        return np.vstack([first, spread])


class RampSearch(Race):
    """A race among ramps that keeps a record, can be watched and ended, and goes on with one of SciPy's optimisers.

    Parameters
    ----------
    ramps : Ramps
    budget : int
    benches : sequence of Workbench
    seeds : sequence of numpy.random.SeedSequence
    replicas : int
    objective : str
        As in :class:`cim.studies.tuning.Race`.

    Attributes
    ----------
    history : list of (int, float)
        Products spent, and the lowest energy so far, whenever it fell.
    """

    def __init__(
        self,
        ramps: Ramps,
        budget: int,
        benches: Sequence[Workbench],
        seeds: Sequence[np.random.SeedSequence],
        replicas: int,
        objective: str,
    ) -> None:
        super().__init__(ramps.arm, budget, benches, seeds, replicas, objective)
        self._ramps = ramps
        self.history: list[tuple[int, float]] = []
        self._bar: ProgressBar | None = None
        self._callback: Callable[[int, float], Any] | None = None
        self._expected = 1

    def watch(self, bar: ProgressBar, callback: Callable[[int, float], Any] | None, expected: int) -> None:
        """Show progress on a bar and to a callback, expecting so many runs on all instances."""
        self._bar, self._callback, self._expected = bar, callback, expected

    def named(self, point: Any) -> dict[str, float]:
        """The numbers of a point by name."""
        return dict(zip(self._arm.tune, self.numbers(point).tolist(), strict=True))

    def numbers(self, point: Any) -> np.ndarray:
        """The numbers that a point stands for, in the order of the arm's."""
        return super().numbers(point[: self._ramps.numbers])

    def arm_at(self, point: Any) -> Arm:
        """The machine with the ramp of a point."""
        numbers = self.named(point)
        ramp = self._ramps.schedule(point, numbers.pop("start"), numbers.pop("stop"))
        return replace(tuned(self._arm, numbers), schedule=ramp)

    def score(self, point: Any, count: int) -> float:
        """Mean energy per spin on the first ``count`` instances; see :class:`cim.studies.tuning.Race`."""
        value = super().score(point, count)
        best = self.history[-1][1] if self.history else np.nan
        if count == self.instances and not value >= best and np.isfinite(value):
            self.history.append((self.products, value))
            best = value
        if self._bar is not None:
            self._bar.show(min(self.runs / (self._expected * self.instances), 1.0), f"energy {best:.5f}")
        if self._callback is not None and self._callback(self.products, best):
            raise Ended
        return value

    def polish(self, start: np.ndarray, method: str, evaluations: int) -> None:
        """Nelder and Mead's or Powell's search from a point, on all instances."""
        from scipy.optimize import minimize

        if evaluations == 0:
            return
        d = len(start)
        options: dict[str, Any] = {"maxfev": evaluations, "xatol": 1e-3, "fatol": 1e-6}
        if method == "nelder-mead":
            options["initial_simplex"] = np.vstack(
                [start, *(start + _FIRST_STEP * np.where(start < 0.5, 1.0, -1.0) * axis for axis in np.eye(d))]
            )
            options["adaptive"] = True
        else:
            options = {"maxfev": evaluations, "xtol": 1e-2, "ftol": 1e-6}
        minimize(self._objective, start, method=method, bounds=[(0.0, 1.0)] * d, options=options)

    def evolve(self, points: np.ndarray, evaluations: int, rng: np.random.Generator) -> None:
        """Storn and Price's differential evolution of a population of points, on all instances."""
        from scipy.optimize import differential_evolution

        generations = max(0, -(-evaluations // len(points)))

        def objectives(population: np.ndarray) -> np.ndarray:  # a whole generation, which runs side by side
            members = np.clip(population.T, 0.0, 1.0)
            self.run_all(members, self.instances)
            return np.array([self._objective(member) for member in members])

        bounds = [(0.0, 1.0)] * points.shape[1]
        differential_evolution(
            objectives, bounds, init=points, maxiter=generations, rng=rng, polish=False, tol=0.0,
            vectorized=True, updating="deferred",
        )  # fmt: skip

    def _objective(self, point: np.ndarray) -> float:
        value = self.score(np.clip(point, 0.0, 1.0), self.instances)
        return value if np.isfinite(value) else _DIVERGED


_DIVERGED = 1e30  # stands for an infinite energy, with which SciPy's optimisers could not reckon
