r"""Which schedule is best for my instances at this budget? The study that answers with error bars.

1. Some instances are set apart for *training*: on them every arm is tuned, for each budget on its own, with the same
   effort (:mod:`cim.studies.tuning`), and so is its straight line.
2. On the others every arm and its straight line run from the same starts, with the same noise, at the same cost
   (:mod:`cim.studies.evaluation`).
3. Differences are taken in pairs, instance by instance, and corrected for how many there are
   (:mod:`cim.studies.statistics`).

Each pair of schedule and budget is tuned, and each pair of budget and instance run, in a cell of its own of the one
sweep engine (:func:`landscapes.run_sweep`): in any executor, kept and resumed under ``path``, bit for bit the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.checks import checked_generator, checked_integer, checked_number, repeatable_seed
from landscapes.sweep import run_sweep

from .studies.arms import named_arms
from .studies.cells import FINISHES, FRACTIONS, NUMBERS, evaluate_cell, tune_cell, tuning_record, with_numbers
from .studies.door import check_targets, checked_budgets, checked_models, training_split
from .studies.kept import StudyFolder
from .studies.statistics import study_statistics

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["schedule_study"]


def schedule_study(
    instances: Sequence[IsingModel | Problem],
    schedules: Mapping[str, Any] | Sequence[Any],
    budgets: Sequence[int] | int = (100, 300, 1000, 3000),
    replicas: int = 8,
    *,
    dynamics: str = "cim",
    training: Sequence[IsingModel | Problem] | int | None = None,
    tune_for: str | None = "raw",
    tuning_replicas: int = 4,
    tuning_budget: int | None = None,
    reference: str | None = None,
    targets: Any = None,
    best_of: int | None = None,
    confidence: float = 0.95,
    seed: int | np.random.Generator | None = 0,
    executor: Executor | None = None,
    threads: int | None = 1,
    path: Any = None,
    progress: bool = False,
    callback: Callable[[float], Any] | None = None,
) -> xr.Dataset:
    """Compare pump schedules at equal cost: tuned, paired, with intervals.

    Parameters
    ----------
    instances : sequence of IsingModel or Problem
    schedules : mapping from name, or sequence, of Arm, Schedule, ScheduleRule, callable or float
        The contenders.  A plain schedule drives the machine ``dynamics`` with its defaults; an :class:`cim.Arm` says
        more: step, momentum, clip, temperature, and what of it is tuned.
    budgets : sequence of int, default (100, 300, 1000, 3000)
        Matrix-vector products of one run.
    replicas : int, default 8
        Runs of each arm on each instance.
    dynamics : str, default "cim"
        Law of motion where a schedule is not an Arm.
    training : int or sequence of IsingModel or Problem, optional
        How many of the instances, from the first on, are set apart for tuning and not evaluated; or others.  By
        default one in four, and 16 at most; as many as before where a study is resumed with more instances.
    tune_for : {"raw", "finished", None}, default "raw"
        Which energy the arms are tuned for: that of the signs at the end of a run, or that after 1-flip descent.  None:
        no tuning, and no training instances.
    tuning_replicas : int, default 4
        Runs of a candidate on each training instance.
    tuning_budget : int, optional
        The longest run made for tuning; longer ones take the numbers found for it.  By default each budget is tuned on
        its own.
    reference : str, optional
        The schedule that others are compared with; the first by default.
    targets : float or array_like, optional
        Ising energy that counts as solved, one for all evaluated instances or one each; by default the lowest that
        the study sees.
    best_of : int, optional
        k of the best of k runs; all the replicas by default.
    confidence : float, default 0.95
        Of the intervals.
    seed : int, numpy.random.Generator or None, default 0
        Fixes the result (but for the seconds), whatever the executor; None: fresh, or that of ``path``.
        Starts and noise of an instance are the same for every schedule.
    executor : concurrent.futures.Executor, optional
        Where the cells run: see :func:`landscapes.run_sweep`.
    threads : int or None, default 1
        Threads of this process, where no executor is given; None for every available core.  Seconds are CPU time of
        each thread, but two threads share caches and memory.
    path : path, optional
        Folder in which each finished cell is kept (``tuning/``, ``runs/``) and ``study.nc`` is written at the end.  A
        study that was killed continues from there; one with further instances (after the others) or budgets keeps the
        cells that it shares.
    progress : bool, default False
        Whether to show progress bars.
    callback : callable, optional
        Called from time to time with the fraction of the cells that are done, of the tuning and then of the runs; if
        it returns something true, the study ends there.

    Returns
    -------
    xarray.Dataset
        Dimensions: ``schedule``; ``line``, "own" or "straight", the control; ``finish``, "raw" or "finished";
        ``budget``; ``instance``, numbered as given; ``replica``; ``statistic``, "mean" of the runs or "best" of
        ``best_of``; ``comparison``, with the "reference" or with the own "straight" line; ``cost``, "products" or
        "seconds"; ``number``, what may be tuned; ``fraction`` of the run.

        Of the runs: ``energy``, ``diverged``; ``products``, ``steps``, ``seconds`` and ``finishing_seconds`` (for one
        run, CPU time, the share of a pilot included; arms run side by side in batches and share the time of one),
        ``pump`` (in units of λ_max/2); ``num_spins``; ``is_straight``.

        Over the instances: ``energy_per_spin`` and ``energy_error``; ``difference``, ``difference_error``,
        ``difference_low`` and ``difference_high`` (all of a comparison hold together with the given confidence),
        ``p_value``, ``adjusted_p_value`` (Holm) and ``significance`` (in standard errors, after the correction);
        ``target``, ``success``, ``success_probability`` and ``success_error``; ``time_to_solution`` with
        ``time_to_solution_low`` and ``_high`` (median over instances, 99 %, bootstrap).

        Of the tuning: ``tuned``, the numbers found (NaN where one was not tuned), ``training_energy`` per spin,
        ``tuning_products``.

        ``attrs``: ``status``, ``reference``, ``tune_for``, ``training_instances``, ``targets``, ``best_of``,
        ``confidence``, ``seed``, ``arms``, ``versions``.

        Where the study was interrupted, energies that are missing are NaN, and the statistics are over the rest.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, or ``path`` holds another study; the message says which and what differs.
    landscapes.SweepError
        If a cell fails.
    KeyboardInterrupt
        If Ctrl-C or the callback ends the study before the tuning is complete: there is nothing to compare yet.

    Notes
    -----
    A rule that measures an instance (:class:`cim.schedule_rules.ScheduleRule`) pays for its pilot: the products are
    shared out among the replicas and taken off their steps.  Its straight line needs no pilot and runs the full budget.

    :func:`cim.study_statistics` compares the same runs anew, with another reference, target or k.

    Examples
    --------
    >>> import cim, ising_problems as ip
    >>> models = [ip.sherrington_kirkpatrick(50, seed=k) for k in range(8)]
    >>> study = cim.schedule_study(models, {"ramp": cim.linear(-2.2, 0.0), "quench": 0.5}, budgets=[100], replicas=4)
    >>> quench = study.sel(schedule="quench", finish="raw", budget=100, statistic="mean", comparison="reference")
    >>> bool(quench["difference"] > 0)
    True
    """
    models = checked_models(instances, "instances")
    arms = named_arms(schedules, dynamics)
    sizes = checked_budgets(budgets)
    replicas = checked_integer(replicas, "replicas", 1)
    k = replicas if best_of is None else checked_integer(best_of, "best_of", 1)
    if k > replicas:
        raise ValueError(f"best_of: the best of {k} needs that many replicas, but there are {replicas}; raise replicas")
    confidence = checked_number(confidence, "confidence", above=0.0, below=1.0)
    tuning_replicas = checked_integer(tuning_replicas, "tuning_replicas", 1)
    if tuning_budget is not None:
        tuning_budget = checked_integer(tuning_budget, "tuning_budget", 1)
    if tune_for not in (*FINISHES, None):
        raise ValueError(f"tune_for: 'raw', 'finished' or None is needed, but it is {tune_for!r}")
    if reference is not None and reference not in arms:
        raise ValueError(f"reference: {reference!r} is not one of the schedules {', '.join(arms)}")
    wanted = tune_for is not None and any(arm.tune or (arm.control and arm.control.tune) for arm in arms.values())
    folder = None if path is None else StudyFolder(path)
    there: Mapping[str, Any] = (folder.asked if folder is not None else None) or {}
    training_models, first = training_split(training, models, wanted, there.get("training_instances"))
    check_targets(targets, len(models) - first)
    seed = there.get("seed") if seed is None else seed
    rng = checked_generator(seed)
    given = repeatable_seed(seed, rng)
    entropy = int(rng.integers(2**63)) if given is None else given
    order = list(arms)
    if folder is not None:
        asked: dict[str, Any] = {"replicas": replicas, "seed": entropy, "training_instances": len(training_models)}
        asked |= {"tune_for": tune_for, "tuning_replicas": tuning_replicas} if wanted else {"tune_for": None}
        order = folder.open_for(asked, arms)
    engine: dict[str, Any] = {
        "seed": entropy,
        "executor": executor,
        "threads": threads,
        "progress": progress,
        "callback": callback,
    }
    both = {name: (arm, arm.straight) for name, arm in arms.items()}

    tuning = None
    if wanted:
        tuning_sizes = sorted({size if tuning_budget is None else min(size, tuning_budget) for size in sizes})
        tuning = run_sweep(
            tune_cell,
            {"schedule": list(arms), "budget": tuning_sizes},
            objects={"schedule": both},
            arguments={
                "models": training_models,
                "replicas": tuning_replicas,
                "sharers": replicas,
                "objective": tune_for,
                "entropy": entropy,
            },
            path=None if folder is None else folder.path / "tuning",
            description="tuning",
            **engine,
        )
        if tuning.attrs["status"] != "completed":
            raise KeyboardInterrupt  # arms that are not tuned are not run: there is no result yet
    at = {size: size if tuning_budget is None else min(size, tuning_budget) for size in sizes}
    final = {size: {name: with_numbers(both[name], tuning, name, at[size]) for name in order} for size in sizes}
    found = run_sweep(
        evaluate_cell,
        {"budget": sizes, "instance": list(range(first, len(models)))},
        objects={"budget": {size: (size, final[size]) for size in sizes}, "instance": dict(enumerate(models))},
        arguments={"replicas": replicas},
        path=None if folder is None else folder.path / "runs",
        leading=("schedule", "line", "finish", "budget", "instance"),
        description="study",
        **engine,
    )
    study = found.sel(schedule=list(arms)).assign_coords(
        fraction=np.linspace(0.0, 1.0, FRACTIONS), number=list(NUMBERS)
    )
    study["num_spins"] = ("instance", [model.num_spins for model in models[first:]])
    study["is_straight"] = ("schedule", [arm.is_straight for arm in arms.values()])
    study = study.assign(tuning_record(tuning, arms, sizes, at))
    study.attrs |= {
        "status": found.attrs["status"],
        "reference": reference or next(iter(arms)),
        "tune_for": str(tune_for),
        "training_instances": len(training_models) if wanted else 0,
        "best_of": k,
        "confidence": confidence,
        "arms": repr(arms),
    }
    study = study_statistics(study, targets=targets)
    if folder is not None and found.attrs["status"] == "completed":
        folder.finish(study)
    return study
