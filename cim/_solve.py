"""Solve a problem: the one call that takes a problem or a model to a checked answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.checks import checked_integer, checked_number
from landscapes.jit import compilation_time
from landscapes.parallel import checked_threads

from ._simulate import simulate
from .checks import checked_options
from .results import Solution
from .solvers import ContinuousSolver, available, find, forms
from .solvers.request import Progress, Request

__all__ = ["Progress", "checked_request", "solve", "warmup"]


def solve(
    problem: Problem | IsingModel,
    algorithm: str = "auto",
    replicas: int | None = None,
    steps: int | None = None,
    time_limit: float | None = None,
    target: float | None = None,
    schedule: Any = None,
    initial: Any = None,
    polish: bool = True,
    threads: int | None = None,
    seed: int | np.random.Generator | None = None,
    progress: bool = False,
    callback: Callable[[Progress], Any] | None = None,
    repair: bool = True,
    **options: Any,
) -> Solution:
    """Find a low-energy configuration of an Ising model, or a good answer to a problem.

    Parameters
    ----------
    problem : Problem or IsingModel
    algorithm : str, default "auto"
        "auto" reduces the model exactly, takes it apart into components, and gives each to the algorithm that suits it
        (the rule is in :mod:`cim.solvers.portfolio`).  The others: "tabu", "memetic", "pxa" (partition-crossover
        annealing) and "exchange" (annealing with exchange moves within a problem's one-hot groups), which "auto"
        chooses among; "sa" (simulated annealing) and "pt" (parallel tempering); and the machines, "cim" (the coherent
        Ising machine), "cac", "cfc", "sfc", "bsb", "dsb", "gsb", "hbsb", "hdsb", "nmfa" and "simcim".  ``cim info``
        describes each in a line.
    replicas : int, optional
        Independent runs.  By default two searches for "auto" and what it chooses among, 32 runs of "sa" and 64 of a
        machine.  Under a time limit: one search, one run of "sa", or 32 of a machine, for each thread; runs are
        repeated, searches go on.
    steps : int, optional
        Length of each: sweeps of all spins, tabu iterations, or matrix-vector products (``info["step_unit"]``).  With
        neither ``steps`` nor ``time_limit`` the algorithm's documented default effort is done, and the call ends by
        itself; searches then also end once ten of their independent attempts have found the same best energy.
    time_limit : float, optional
        Wall seconds from call to return, within which runs are repeated, each longer than the last (or of ``steps``
        steps); a first-ever compilation is not counted.  A limit too short for one slice of work runs one slice.
    target : float, optional
        Stop as soon as this is reached: an objective value, in the problem's own units and sense and by a feasible
        answer; for a bare model an energy.
    schedule : Schedule, callable, float or ScheduleRule, optional
        Pump (machines, in units of λ_max/2) or temperature ("sa", in units of the root-mean-square norm of a row of J)
        against the fraction of the run.  A machine other than "dsb" also takes a rule (:mod:`cim.schedule_rules`),
        which makes a pump schedule for the model and each length of run; ``info["pilot_products"]`` is what that cost,
        in products.
    initial : array_like of ±1, shape (n,) or (replicas, n), optional
        Warm start.  With ``polish`` the answer is never worse than it.  Where no ``schedule`` is given, "sa" lowers
        its temperatures to 0.4 of what they would be, and "cim" starts its ramp at -1.
    polish : bool, default True
        Whether a 1-flip descent finishes every configuration.
    threads : int, optional
        Every available core by default.  The result does not depend on it, unless time bounds the run.
    seed : int, numpy.random.Generator or None
        ``info["seed"]`` repeats the run (None where a Generator was given).
    progress : bool, default False
        Whether to show a progress bar.
    callback : callable, optional
        Called with a :class:`Progress` up to twenty times a second; a true value that it returns stops the run.
    repair : bool, default True
        Whether to finish in the problem's own terms: constraints that a sample breaks are mended by the problem's
        greedy :meth:`~ising_problems.Problem.repair`, and the best answer is shaken and repaired some more, in part of
        the time limit (:mod:`cim.solvers.mending`).  ``info["repaired"]`` says whether the answer owes anything to it.
        Without it ``spins`` are the lowest in energy that the search met, whatever they stand for.
    **options
        The algorithm's own parameters, in :func:`cim.simulate`'s units ("cim": ``dt``, ``momentum``, ``clip``,
        ``noise``); an unknown one is refused.

    Returns
    -------
    Solution
        ``status`` is ``OPTIMAL`` where ``lower_bound`` proves it.  ``info["attempts"]`` and ``info["hits"]`` say how
        many independent attempts there were and how many ended in the best energy, ``info["time_to_best"]`` and
        ``info["history"]`` when it was found, ``info["portfolio"]`` what "auto" did.  An answer that is not feasible
        comes with ``violations`` in words and with ``info["hint"]``, what to do about it.

    Raises
    ------
    ValueError, TypeError
        If an argument is unknown, out of range or of the wrong shape; the message names it.

    Examples
    --------
    >>> import ising_problems as ip
    >>> solution = solve(ip.IsingModel([[0, -1, -1], [-1, 0, -1], [-1, -1, 0]]), seed=0)
    >>> solution.energy
    -1
    """
    if callback is not None and not callable(callback):
        raise TypeError(f"callback: a function of one argument is needed, but it is {callback!r}")
    request = checked_request(
        problem,
        algorithm,
        replicas=replicas,
        steps=steps,
        time_limit=time_limit,
        target=target,
        schedule=schedule,
        initial=initial,
        polish=polish,
        threads=threads,
        seed=seed,
        repair=repair,
        **options,
    )
    return forms.run(request, progress, callback)


def checked_request(
    problem: Problem | IsingModel,
    algorithm: str = "auto",
    *,
    replicas: int | None = None,
    steps: int | None = None,
    time_limit: float | None = None,
    target: float | None = None,
    schedule: Any = None,
    initial: Any = None,
    polish: bool = True,
    threads: int | None = None,
    seed: int | np.random.Generator | None = None,
    repair: bool = True,
    **options: Any,
) -> Request:
    """What is asked of :func:`solve`, or the errors that it raises at the door."""
    if not isinstance(problem, (Problem, IsingModel)):
        raise TypeError(f"problem: a Problem or an IsingModel is needed, not {type(problem).__name__}")
    for name, value in (("polish", polish), ("repair", repair)):
        if not isinstance(value, (bool, np.bool_)):
            raise TypeError(f"{name}: True or False is needed, but it is {value!r}")
    solver = find(algorithm)
    return Request(
        problem=problem,
        solver=solver,
        options=checked_options(solver.options, options, solver.name),
        replicas=None if replicas is None else checked_integer(replicas, "replicas", 1),
        steps=None if steps is None else checked_integer(steps, "steps", 1),
        time_limit=None if time_limit is None else checked_number(time_limit, "time_limit", above=0.0),
        target=None if target is None else checked_number(target, "target"),
        schedule=schedule,
        initial=initial,
        polish=bool(polish),
        threads=checked_threads(threads),
        seed=seed,
        repair=bool(repair),
    )


def warmup() -> float:
    """Compile every kernel that :func:`solve` and :func:`cim.simulate` can reach, and keep them on disk.

    Returns
    -------
    float
        Seconds spent on compiling; 0 where all were on disk already.
    """
    with compilation_time() as compilations:
        for model, algorithms in _one_of_each_kind():
            for name in algorithms:
                solve(model, name, replicas=2, steps=40, threads=1, seed=0)
            if "cim" in algorithms:
                simulate(model, steps=2, replicas=2, threads=1)
    return compilations.seconds


def _one_of_each_kind() -> list[tuple[IsingModel, list[str]]]:
    """A small model for every kind of couplings that has kernels of its own, and the algorithms that they are for."""
    from ising_problems import edwards_anderson, sherrington_kirkpatrick

    def signs(n: int) -> IsingModel:
        upper = np.triu(np.random.default_rng(0).choice([-1, 1], (n, n)), 1)
        return IsingModel(upper + upper.T)

    wide = sherrington_kirkpatrick(40, seed=0).J.copy()
    wide[0, 1] = wide[1, 0] = 1e7  # beside it the others cannot be rounded
    lattice = edwards_anderson((5, 5, 5), seed=0)
    every = available()
    exact = [name for name in every if name == "sa" or isinstance(find(name), ContinuousSolver)]
    return [
        (sherrington_kirkpatrick(40, seed=0), every),
        (lattice, every),
        (signs(40), [*exact, "dsb"]),
        (IsingModel(wide), [*exact, "dsb"]),
        (IsingModel(1000 * lattice.J), exact),
        (edwards_anderson((5, 5, 5), seed=0, couplings="gaussian"), exact),
        (signs(2000), ["memetic", "dsb"]),  # large enough for bit-packed couplings
        (edwards_anderson((13, 13, 13), seed=0), ["tabu"]),  # too large for a full matrix
    ]
