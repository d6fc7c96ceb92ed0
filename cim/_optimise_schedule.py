r"""The pump schedule of lowest energy on training instances: a monotone ramp through a few knots, with its machine.

The ramp goes through K knots at equal distances in time, :math:`a_0 < a_1 < \dots < a_{K-1}`, given by its end points
and by positive increments,

.. math::
    a_{k+1} - a_k = (a_{K-1} - a_0)\, \frac{w_k}{\sum_j w_j} , \qquad w_k = 4^{\,2 y_k - 1} , \quad y_k \in [0, 1] ,

so that every point of the unit cube is a ramp that rises; y = 1/2 throughout is the straight line.  Where an end point
lies is part of the search, and so is whatever else is to be tuned: step, momentum, clip, temperature.  A shape that is
compared with a straight line whose step was not tuned wins by its step: on Sherrington and Kirkpatrick's model
step, momentum and clip matter ten to a hundred times more than the knots do.

The objective is the mean Ising energy per spin on the training instances, raw or finished, with common random numbers:
every candidate sees the same starts and noise on an instance.  First a race (:class:`cim.studies.tuning.Race`) of
quasi-random candidates, half of them straight lines, over growing numbers of instances; then one of SciPy's optimisers
from its winner.  ``"differential-evolution"`` needs no winner, and takes the candidates for its first population.

What comes out was chosen for its energy on the training instances, among hundreds: that energy is too low to be
expected elsewhere.  :meth:`~cim.studies.optimised.OptimisedSchedule.validate` measures on other instances, beside the
straight line between the same end points.

Sources: Nelder, Mead, Comput. J. 7, 308 (1965); Powell, Comput. J. 7, 155 (1964); Storn, Price, J. Global Optim. 11,
341 (1997); Jamieson, Talwalkar, AISTATS 2016 (successive halving).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.checks import checked_generator, checked_integer
from landscapes.interruptions import note_interruption
from landscapes.progress import ProgressBar

from .results import Status
from .schedule_rules import ScheduleRule
from .studies.arms import RANGES, Arm
from .studies.evaluation import Workbench
from .studies.optimised import OptimisedSchedule, check_fresh, checked_instances, seed_sequences, standard_error
from .studies.ramp_search import Ended, Ramps, RampSearch

__all__ = ["optimise_schedule"]

METHODS = ("nelder-mead", "powell", "differential-evolution")
Method = Literal["nelder-mead", "powell", "differential-evolution"]

_CANDIDATES = 8  # in the race, for each number that is searched for
_EVALUATIONS = 20  # of the optimiser, for each number
_GENERATION = 3  # members of a population, for each number


def optimise_schedule(
    instances: Sequence[IsingModel | Problem],
    budget: int,
    *,
    arm: Arm | None = None,
    knots: int = 6,
    tune: Sequence[str] | Mapping[str, tuple[float, float]] | None = None,
    start: tuple[float, float] = RANGES["start"],
    stop: tuple[float, float] = RANGES["stop"],
    tune_for: Literal["raw", "finished"] = "raw",
    replicas: int = 4,
    method: Method = "nelder-mead",
    candidates: int | None = None,
    evaluations: int | None = None,
    validation: Sequence[IsingModel | Problem] | None = None,
    seed: int | np.random.Generator | None = 0,
    progress: bool = False,
    callback: Callable[[int, float], Any] | None = None,
) -> OptimisedSchedule:
    """Optimise a monotone pump ramp, and the machine that it drives, on training instances.

    Parameters
    ----------
    instances : sequence of IsingModel or Problem
        To train on; a dozen or more, all of the kind that the schedule is for.
    budget : int
        Steps of each run, one matrix-vector product each.
    arm : Arm, optional
        The machine; by default the coherent Ising machine as in :func:`cim.simulate`.  Its own schedule says where the
        search begins and may not be a rule.
    knots : int, default 6
        At equal distances in time; 2 leave a straight line.
    tune : sequence of str or mapping from str to (low, high), optional
        What is searched for beside the knots, as in :class:`cim.Arm`: ``"dt"``, ``"momentum"``, ``"clip"``,
        ``"noise"``.  By default what the arm says; ``()`` for nothing.
    start, stop : (float, float)
        Between which the first and the last pump lie, in units of λ_max(J)/2; the two ranges may not overlap.
    tune_for : {"raw", "finished"}, default "raw"
        The energy of the signs at the end of a run, or that after 1-flip descent.  The best step differs greatly.
    replicas : int, default 4
        Runs of a candidate on each instance.
    method : {"nelder-mead", "powell", "differential-evolution"}
        SciPy's optimiser after the race, or in its place.
    candidates : int, optional
        Of the race (the population of a differential evolution); by default 8 (3) for each number searched for.
    evaluations : int, optional
        Candidates that the optimiser may try, on all instances; 20 for each number by default, 0 for the race alone.
    validation : sequence of IsingModel or Problem, optional
        Fresh instances on which the result is measured at the end, if wanted.
    seed : int, numpy.random.Generator or None, default 0
        Of starts, noise and candidates.
    progress : bool, default False
        Whether to show a progress bar.
    callback : callable, optional
        Called from time to time with the products spent so far and the best training energy (NaN while none has
        seen every instance); a true value that it returns ends the search.

    Returns
    -------
    OptimisedSchedule

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, or an instance of ``validation`` is one of ``instances``; the message names it.
    KeyboardInterrupt
        If Ctrl-C comes before any candidate has run; later the best so far is returned.

    Examples
    --------
    >>> import ising_problems as ip
    >>> models = [ip.sherrington_kirkpatrick(30, seed=k) for k in range(4)]
    >>> found = optimise_schedule(models, 50, knots=3, candidates=8, evaluations=10)
    >>> bool(found.schedule(0.0) < found.schedule(0.5) < found.schedule(1.0))
    True
    """
    models = checked_instances(instances, "instances")
    budget = checked_integer(budget, "budget", at_least=1)
    ramps = Ramps(_checked_arm(arm, tune, start, stop), checked_integer(knots, "knots", at_least=2))
    if tune_for not in ("raw", "finished"):
        raise ValueError(f"tune_for: must be 'raw' or 'finished', but it is {tune_for!r}")
    if method not in METHODS:
        raise ValueError(f"method: must be one of {', '.join(map(repr, METHODS))}, but it is {method!r}")
    replicas = checked_integer(replicas, "replicas", at_least=1)
    evolves = method == "differential-evolution"
    usual = (_GENERATION if evolves else _CANDIDATES) * ramps.dimension
    candidates = usual if candidates is None else checked_integer(candidates, "candidates", at_least=1)
    usual = _EVALUATIONS * ramps.dimension
    evaluations = usual if evaluations is None else checked_integer(evaluations, "evaluations", at_least=0)
    fresh = None if validation is None else checked_instances(validation, "validation", at_least=2)
    check_fresh(fresh or [], models)
    rng = checked_generator(seed)
    seeds = seed_sequences(rng, len(models))
    spread_rng, evolution_rng, validation_rng = rng.spawn(3)
    bar = ProgressBar(progress, "optimise_schedule")
    search = RampSearch(ramps, budget, [Workbench(model) for model in models], seeds, replicas, tune_for)
    search.watch(bar, callback, evaluations + 3 * candidates)
    status = Status.COMPLETED
    with bar:
        try:
            points = ramps.candidates(candidates, spread_rng)
            if evolves:
                search.evolve(points, evaluations, evolution_rng)
            else:
                search.polish(search.halve(points), method, evaluations)
        except (Ended, KeyboardInterrupt) as end:
            if isinstance(end, KeyboardInterrupt):
                note_interruption()
            if search.runs == 0:
                raise KeyboardInterrupt from None
            status = Status.INTERRUPTED
        bar.show(1.0)
    best = search.best
    found, numbers = search.arm_at(best), search.named(best)
    energies = search.energies(best)
    result = OptimisedSchedule(
        schedule=ramps.schedule(best, numbers["start"], numbers["stop"]),
        arm=found,
        numbers=numbers,
        training_energy=float(np.mean(energies)),
        training_error=standard_error(np.array(energies)),
        evaluations=search.evaluations,
        products=search.products,
        history=search.history,
        status=status,
        validation=None,
        _budget=budget,
        _finish=tune_for == "finished",
        _training=tuple(models),
    )
    if fresh is not None and status is Status.COMPLETED:
        result = replace(result, validation=result.validate(fresh, seed=validation_rng))
    return result


def _checked_arm(arm: Arm | None, tune: Any, start: Any, stop: Any) -> Arm:
    """The machine, with its numbers and the ramp's ends to tune."""
    arm = Arm() if arm is None else arm
    if not isinstance(arm, Arm):
        raise TypeError(f"arm: a cim.Arm is needed, but it is {arm!r}")
    if isinstance(arm.schedule, ScheduleRule):
        raise ValueError(f"arm: its schedule is a rule, {arm.schedule!r}, which has no knots; give it a schedule")
    asked = arm if tune is None else replace(arm, tune=tune)
    numbers = {name: between for name, between in asked.tune.items() if name not in ("start", "stop")}
    for name, between in (("start", start), ("stop", stop)):
        try:
            low, high = (float(end) for end in between)
        except (TypeError, ValueError):
            raise ValueError(f"{name}: a range (low, high) of pumps is needed, but it is {between!r}") from None
        if not (np.isfinite([low, high]).all() and low < high):
            raise ValueError(f"{name}: the range must be finite and increasing, but it is {between!r}")
    if not start[1] < stop[0]:
        raise ValueError(f"stop: the pump must rise, but stop = {stop!r} begins below the end of start = {start!r}")
    return replace(asked, tune={"start": tuple(start), "stop": tuple(stop), **numbers})
