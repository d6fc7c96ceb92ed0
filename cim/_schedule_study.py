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

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.checks import checked_generator, checked_integer, checked_number, number_array, repeatable_seed
from landscapes.sweep import cell_generator, run_sweep

from .studies.arms import Arm, named_arms, tuned
from .studies.evaluation import Workbench
from .studies.kept import StudyFolder
from .studies.optimised import same_model
from .studies.statistics import study_statistics
from .studies.tuning import tune_arm

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["schedule_study"]

_LINES = ("own", "straight")
_FINISHES = ("raw", "finished")
_FRACTIONS = 41  # at which the pump is kept
_MOST_TRAINING = 16  # instances set apart where the user does not say how many
_SHARE_OF_TRAINING = 4  # one in so many
_NUMBERS = ("dt", "momentum", "clip", "noise", "start", "stop")


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
    models = _checked_models(instances, "instances")
    arms = named_arms(schedules, dynamics)
    sizes = _checked_budgets(budgets)
    replicas = checked_integer(replicas, "replicas", 1)
    k = replicas if best_of is None else checked_integer(best_of, "best_of", 1)
    if k > replicas:
        raise ValueError(f"best_of: the best of {k} needs that many replicas, but there are {replicas}; raise replicas")
    confidence = checked_number(confidence, "confidence", above=0.0, below=1.0)
    tuning_replicas = checked_integer(tuning_replicas, "tuning_replicas", 1)
    if tuning_budget is not None:
        tuning_budget = checked_integer(tuning_budget, "tuning_budget", 1)
    if tune_for not in (*_FINISHES, None):
        raise ValueError(f"tune_for: 'raw', 'finished' or None is needed, but it is {tune_for!r}")
    if reference is not None and reference not in arms:
        raise ValueError(f"reference: {reference!r} is not one of the schedules {', '.join(arms)}")
    wanted = tune_for is not None and any(arm.tune or (arm.control and arm.control.tune) for arm in arms.values())
    folder = None if path is None else StudyFolder(path)
    there: Mapping[str, Any] = (folder.asked if folder is not None else None) or {}
    training_models, first = _training(training, models, wanted, there.get("training_instances"))
    _check_targets(targets, len(models) - first)
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
            _tune,
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
    final = {size: {name: _with_numbers(both[name], tuning, name, at[size]) for name in order} for size in sizes}
    found = run_sweep(
        _evaluate,
        {"budget": sizes, "instance": list(range(first, len(models)))},
        objects={"budget": {size: (size, final[size]) for size in sizes}, "instance": dict(enumerate(models))},
        arguments={"replicas": replicas},
        path=None if folder is None else folder.path / "runs",
        leading=("schedule", "line", "finish", "budget", "instance"),
        description="study",
        **engine,
    )
    study = found.sel(schedule=list(arms)).assign_coords(
        fraction=np.linspace(0.0, 1.0, _FRACTIONS), number=list(_NUMBERS)
    )
    study["num_spins"] = ("instance", [model.num_spins for model in models[first:]])
    study["is_straight"] = ("schedule", [arm.is_straight for arm in arms.values()])
    study = study.assign(_tuning_record(tuning, arms, sizes, at))
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


# ---------------------------------------------------------------- the cells


def _tune(
    schedule: tuple[Arm, Arm],
    budget: int,
    *,
    seed: np.random.Generator,
    models: list[IsingModel],
    replicas: int,
    sharers: int,
    objective: str,
    entropy: int,
) -> dict[str, Any]:
    """One cell of the tuning: an arm and its straight line, for one budget."""
    # starts and noise of a training instance are the same for every schedule: not from the cell's own seed
    seeds = [cell_generator(entropy, {"training": k}).bit_generator.seed_seq for k in range(len(models))]
    benches = [Workbench(model) for model in models]
    numbers = np.full((len(_LINES), len(_NUMBERS)), np.nan)
    energies, products = np.full(len(_LINES), np.nan), np.zeros(len(_LINES), dtype=np.int64)
    own, straight = schedule
    for line, arm in enumerate((own,) if own.is_straight else (own, straight)):
        result = tune_arm(arm, budget, benches, seeds, replicas, objective, sharers)  # type: ignore[arg-type]
        for name, value in result.numbers.items():
            numbers[line, _NUMBERS.index(name)] = value
        energies[line], products[line] = result.energy, result.products
    if own.is_straight:
        numbers[1], energies[1] = numbers[0], energies[0]
    return {
        "tuned": (("line", "number"), numbers),
        "training_energy": ("line", energies),
        "tuning_products": ("line", products),
    }


def _evaluate(
    budget: tuple[int, dict[str, tuple[Arm, Arm]]], instance: IsingModel, *, seed: np.random.Generator, replicas: int
) -> xr.Dataset:
    """One cell of the study: every arm and its straight line on one instance, from the same starts."""
    import xarray as xr

    size, arms = budget
    sequence = seed.bit_generator.seed_seq
    bench = Workbench(instance)
    shape = (len(arms), len(_LINES))
    energy = np.empty((*shape, len(_FINISHES), replicas))
    record = {name: np.empty(shape) for name in ("products", "steps", "seconds", "finishing_seconds")}
    pump = np.empty((*shape, _FRACTIONS))
    diverged = np.empty((*shape, replicas), dtype=bool)
    fractions = np.linspace(0.0, 1.0, _FRACTIONS)
    places = [(a, line) for a, pair in enumerate(arms.values()) for line in range(1 if pair[0].is_straight else 2)]
    pairs = list(arms.values())
    outcomes = bench.run_all([pairs[a][line] for a, line in places], size, replicas, sequence)  # type: ignore[arg-type]
    for (a, line), outcome in zip(places, outcomes, strict=True):
        energy[a, line] = outcome.raw, outcome.finished
        for name, column in record.items():
            column[a, line] = getattr(outcome, name)
        whole = outcome.plan.schedule
        pump[a, line] = [whole(float(u)) for u in fractions] if callable(whole) else whole
        diverged[a, line] = outcome.diverged
    for a, (own, _) in enumerate(pairs):
        if own.is_straight:  # it is its own control
            for array in (energy, pump, diverged, *record.values()):
                array[a, 1] = array[a, 0]
    record_of = ("schedule", "line")
    return xr.Dataset(
        {
            "energy": ((*record_of, "finish", "replica"), energy, {"long_name": "Ising energy of a run"}),
            **{name: (record_of, column) for name, column in record.items()},
            "pump": ((*record_of, "fraction"), pump, {"long_name": "pump", "units": "λ_max/2"}),
            "diverged": ((*record_of, "replica"), diverged),
        },
        coords={
            "schedule": list(arms),
            "line": list(_LINES),
            "finish": list(_FINISHES),
            "replica": np.arange(replicas),
        },
    )


def _with_numbers(pair: tuple[Arm, Arm], tuning: xr.Dataset | None, name: str, budget: int) -> tuple[Arm, Arm]:
    """An arm and its straight line with their tuned numbers."""
    if tuning is None:
        return pair
    found = tuning["tuned"].sel(schedule=name, budget=budget).values
    own, straight = (
        tuned(arm, {known: float(value) for known, value in zip(_NUMBERS, row, strict=True) if not math.isnan(value)})
        for arm, row in zip(pair, found, strict=True)
    )
    return own, (straight if not pair[0].is_straight else own)


def _tuning_record(
    tuning: xr.Dataset | None, arms: Mapping[str, Arm], sizes: list[int], at: Mapping[int, int]
) -> dict[str, Any]:
    """What was tuned, for each schedule, line and budget of the study."""
    dimensions = ("schedule", "line", "budget")
    shape = (len(arms), len(_LINES), len(sizes))
    if tuning is None:
        return {
            "tuned": ((*dimensions, "number"), np.full((*shape, len(_NUMBERS)), np.nan)),
            "training_energy": (dimensions, np.full(shape, np.nan)),
            "tuning_products": (dimensions, np.zeros(shape, dtype=np.int64)),
        }
    rows = tuning.sel(budget=[at[size] for size in sizes])
    return {
        "tuned": ((*dimensions, "number"), rows["tuned"].transpose(*dimensions, "number").values),
        "training_energy": (dimensions, rows["training_energy"].transpose(*dimensions).values),
        "tuning_products": (dimensions, rows["tuning_products"].transpose(*dimensions).values),
    }


# ---------------------------------------------------------------- the door


def _checked_models(instances: Any, name: str) -> list[IsingModel]:
    if isinstance(instances, (IsingModel, Problem)):
        instances = [instances]
    try:
        entries = list(instances)
    except TypeError:
        raise TypeError(f"{name}: a sequence of models or problems is needed, but it is {instances!r}") from None
    if not entries:
        raise ValueError(f"{name}: there is none; give one model or problem at least")
    models = []
    for position, entry in enumerate(entries):
        model = entry.to_ising() if isinstance(entry, Problem) else entry
        if not isinstance(model, IsingModel):
            raise TypeError(f"{name}[{position}]: an IsingModel or a Problem is needed, not {type(entry).__name__}")
        if model.num_spins == 0:
            raise ValueError(f"{name}[{position}]: it has no spins, so there is nothing to compare; leave it out")
        models.append(model)
    return models


def _checked_budgets(budgets: Any) -> list[int]:
    entries = [budgets] if np.ndim(budgets) == 0 else list(budgets)
    if not entries:
        raise ValueError("budgets: there is none; give one number of products at least")
    sizes = [checked_integer(size, f"budgets[{position}]", 1) for position, size in enumerate(entries)]
    twice = sorted({size for size in sizes if sizes.count(size) > 1})
    if twice:
        raise ValueError(f"budgets: each is needed once, but {twice[0]} is there twice")
    return sizes


def _training(
    training: Any, models: list[IsingModel], wanted: bool, before: int | None
) -> tuple[list[IsingModel], int]:
    """The training instances, and the first of the others that is evaluated.

    ``before`` is how many a study has that is resumed: by default it keeps them, however many instances it has now.
    """
    others = None if training is None or np.ndim(training) == 0 else _checked_models(training, "training")
    if not wanted:
        if others or (training is not None and checked_integer(training, "training", 0) > 0):
            raise ValueError("training: nothing is tuned, so no instance need be set apart; leave it out")
        return [], 0
    if others:
        for k, other in enumerate(others):
            if any(same_model(model, other) for model in models):
                raise ValueError(
                    f"training[{k}]: is one of the instances that are evaluated, where a tuned arm would look better "
                    "than it is; give others, or a number to set some of the instances apart"
                )
        return others, 0
    if training is None:
        count = before or min(_MOST_TRAINING, -(-len(models) // _SHARE_OF_TRAINING))
    else:
        count = checked_integer(training, "training", 1)
    if count >= len(models):
        raise ValueError(
            f"instances: with {len(models)} of them and {count} set apart for tuning, none is left to evaluate; give "
            "more, or training= others of the same kind, or tune_for=None"
        )
    return models[:count], count


def _check_targets(targets: Any, instances: int) -> None:
    """What :func:`study_statistics` would refuse is refused before the work."""
    if targets is None:
        return
    values = number_array(targets, "targets").astype(np.float64)
    if values.shape not in ((), (instances,)) or not np.isfinite(values).all():
        raise ValueError(
            f"targets: one finite energy, or one for each of the {instances} instances that are evaluated, is needed, "
            f"but it is {targets!r}"
        )
