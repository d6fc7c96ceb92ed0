r"""Rules: how a pump schedule is made for one model and one number of steps.

A schedule, :math:`u \mapsto a`, is the same for every model and every length of the run.  A rule makes one when the
model and the number of steps are known: a formula in the number of steps (:func:`per_budget`), or a measurement on the
model itself (:class:`cim.landscape_schedules.ConstantGapSpeed`).  What the measurement costs, in matrix-vector
products, belongs to the plan that the rule returns, so that runs can be compared at equal cost.

Whatever takes a schedule for a machine (:func:`cim.simulate`, :func:`cim.solve` with a machine, a schedule study) takes
a rule as well.  Rules are frozen and picklable; two that are equal compare equal, and their ``repr`` rebuilds them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ising_problems import IsingModel
from ising_problems.checks import checked_integer

from .schedules import Schedule

__all__ = ["Plan", "ScheduleRule", "free", "per_budget", "pilot_generator", "plan_for"]


@dataclass(frozen=True)
class Plan:
    """A schedule made for one model and one number of steps.

    Attributes
    ----------
    schedule : Schedule, callable of u, or float
        Pump in units of λ_max(J)/2 against the fraction u ∈ [0, 1] of the run.
    products : int
        Matrix-vector products that it took to find it, those of all replicas of a pilot run together.
    """

    schedule: Any
    products: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be counted."""
        checked_integer(self.products, "products", at_least=0)


class ScheduleRule(ABC):
    """Makes a schedule for a model and a number of steps; subclasses are frozen dataclasses."""

    @abstractmethod
    def plan(self, model: IsingModel, steps: int, rng: np.random.Generator) -> Plan:
        """Schedule for one run.

        Parameters
        ----------
        model : IsingModel
        steps : int
            Length of the run.  What finding the schedule costs comes on top of it.
        rng : numpy.random.Generator
            Of the pilot's random numbers, if there is one.

        Returns
        -------
        Plan
        """


@dataclass(frozen=True, repr=False)
class _PerBudget(ScheduleRule):
    function: Callable[[int], Any]

    def plan(self, model: IsingModel, steps: int, rng: np.random.Generator) -> Plan:
        made = self.function(steps)
        if isinstance(made, ScheduleRule):
            return made.plan(model, steps, rng)
        return Plan(made)

    def __repr__(self) -> str:
        return f"per_budget({getattr(self.function, '__qualname__', repr(self.function))})"


def per_budget(function: Callable[[int], Any]) -> ScheduleRule:
    """Rule that calls a function of the number of steps, such as :func:`cim.landscape_informed`.

    Parameters
    ----------
    function : callable
        Takes the number of steps and returns a schedule.  Of a module's top level, if the rule is to be pickled.

    Raises
    ------
    TypeError
        If it cannot be called.

    Examples
    --------
    >>> import numpy as np, ising_problems as ip
    >>> from cim import linear
    >>> rule = per_budget(lambda steps: linear(-2.0 if steps > 500 else -1.2, 0.0))
    >>> rule.plan(ip.sherrington_kirkpatrick(4, seed=0), 300, np.random.default_rng(0)).schedule
    linear(-1.2, 0.0)
    """
    if isinstance(function, Schedule) or not callable(function):
        raise TypeError(f"function: a function of the number of steps is needed, but it is {function!r}")
    return _PerBudget(function)


@dataclass(frozen=True, repr=False)
class _Free(ScheduleRule):
    rule: ScheduleRule

    def plan(self, model: IsingModel, steps: int, rng: np.random.Generator) -> Plan:
        return replace(plan_for(self.rule, model, steps, rng), products=0)

    def __repr__(self) -> str:
        return f"free({self.rule!r})"


def free(rule: ScheduleRule) -> ScheduleRule:
    """The schedules that a rule would make, at no cost: what its knowledge would be worth if it were given.

    Parameters
    ----------
    rule : ScheduleRule

    Raises
    ------
    TypeError
        If it is no rule: a schedule costs nothing as it is.

    Examples
    --------
    >>> import numpy as np, ising_problems as ip
    >>> from cim import ConstantGapSpeed
    >>> model, rule = ip.sherrington_kirkpatrick(30, seed=0), ConstantGapSpeed(pilot_steps=20)
    >>> paid, unpaid = (r.plan(model, 300, np.random.default_rng(0)) for r in (rule, free(rule)))
    >>> paid.schedule == unpaid.schedule, paid.products > 0, unpaid.products
    (True, True, 0)
    """
    if not isinstance(rule, ScheduleRule):
        raise TypeError(f"rule: a ScheduleRule is needed, but it is {rule!r}; a schedule costs nothing as it is")
    return _Free(rule)


def plan_for(schedule: Any, model: IsingModel, steps: int, rng: np.random.Generator) -> Plan:
    """Plan of a schedule or of a rule: a schedule, which is its own plan, costs nothing.

    Parameters
    ----------
    schedule : Schedule, callable of u, float or ScheduleRule
    model : IsingModel
    steps : int
    rng : numpy.random.Generator

    Returns
    -------
    Plan
    """
    if isinstance(schedule, ScheduleRule):
        plan = schedule.plan(model, steps, rng)
        if not isinstance(plan, Plan):
            raise TypeError(f"schedule: {schedule!r} must return a Plan, but it returned {plan!r}")
        return plan
    return Plan(schedule)


def pilot_generator() -> np.random.Generator:
    """The generator of pilot runs where a run has one seed only: the same every time.

    So a schedule depends on the model and the number of steps alone, and a run's own random numbers do not depend on
    whether its schedule came from a rule.
    """
    return np.random.default_rng(0)
