"""Spins judged in the problem's own terms: the target, the goal that no answer beats, how to go on from a failure."""

from __future__ import annotations

from typing import Any

import numpy as np

from ising_problems import IsingModel, Problem

__all__ = ["Judge"]

_TOLERANCE = 1e-9  # relative, of an energy against that of the goal: the answer itself is judged exactly


class Judge:
    """What a configuration is worth to the user.

    Parameters
    ----------
    problem : Problem or None
        None for a bare model.
    model : IsingModel
    target : float or None
        Of :func:`cim.solve`: an objective, or an energy for a bare model.
    """

    def __init__(self, problem: Problem | None, model: IsingModel, target: float | None) -> None:
        self.problem = problem
        self.model = model
        self.target = target
        self._bound: Any = None
        if problem is not None and _suffices(problem):
            self._bound = problem.objective_bound()
        self._goal = None if problem is None or self._bound is None else problem.energy_of(self._bound)

    def meets_target(self, spins: np.ndarray) -> bool:
        """Whether spins are good enough for the user: feasible, and of the objective asked for."""
        if self.target is None:
            return False
        if self.problem is None:
            return bool(self.model.energy(spins) <= self.target)
        answer = self.problem.decode(spins)
        value = self.problem.objective(answer)
        return self.problem.is_feasible(answer) and not self.problem.is_better(self.target, value)

    def may_be_unbeatable(self, energy: float) -> bool:
        """Whether an energy is as low as an answer's that no other beats."""
        return self._goal is not None and energy <= self._goal + _TOLERANCE * (1.0 + abs(self._goal))

    def is_unbeatable(self, spins: np.ndarray, energy: float) -> bool:
        """Whether spins stand for a feasible answer at the problem's own bound, which no other can beat."""
        if self.problem is None or not self.may_be_unbeatable(energy):
            return False
        answer = self.problem.decode(spins)
        value = self.problem.objective(answer)
        return self.problem.is_feasible(answer) and not self.problem.is_better(self._bound, value)

    def raised(self, lower_bound: Any, energy: Any) -> Any:
        """A lower bound on the energy, or the problem's own where that is higher; ``energy`` is a feasible answer's."""
        if self._goal is None or (lower_bound is not None and lower_bound >= self._goal):
            return lower_bound
        own = min(self._goal, energy)  # equal but for rounding where it is higher
        return int(np.ceil(own - _TOLERANCE * (1.0 + abs(own)))) if self.model.is_integer else float(own)

    def hint(self, violations: list[str] | None, optimal: bool = False) -> str | None:
        """What to do about an answer that is not feasible, and perhaps proven to be lowest; None for one that is."""
        if not violations or self.problem is None:
            return None
        if not _suffices(self.problem):
            return (
                f"penalty={self.problem.penalty:g} is not above the proven bound {self.problem.penalty_bound():g}: "
                "infeasible answers may be lower in energy than feasible ones; raise it, or leave it at 'auto' "
                "(cim.penalty_study compares penalties)"
            )
        if optimal:  # feasible answers would lie below all others
            return (
                "nothing: no feasible answer exists, since the lowest energy of all is proven and breaks a constraint"
            )
        return (
            "give it more time (time_limit=) or more runs (replicas=), or try other penalties (cim.penalty_study "
            "compares them), unless no feasible answer exists"
        )


def _suffices(problem: Problem) -> bool:
    """Whether the penalty is proven to make feasible answers the lowest."""
    return problem.penalty == "auto" or float(problem.penalty) > problem.penalty_bound()
