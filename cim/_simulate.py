r"""Run a machine and watch it: the pump is raised a little, the amplitudes descend, and so on to the end of the ramp.

The pump at the fraction u of the run is :math:`a = \mathrm{schedule}(u)\,\lambda_{\max}(J)/2`; ``dt`` is in units of
:math:`2/\lambda_{\max}(J)`, ``initial`` and ``clip`` in units of :math:`\sqrt{\lambda_{\max}(J)/2}`, so that one set of
numbers means the same for every model (see :mod:`cim.dynamics.base`).  The defaults are the physical machine's:
adiabatic gradient flow from near the origin, without momentum or clip.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.checks import checked_generator, checked_integer, repeatable_seed
from ising_problems.threads import single_threaded_algebra
from landscapes.jit import compilation_time
from landscapes.parallel import checked_threads, run_jobs
from landscapes.progress import ProgressBar

from .checks import checked_moments, checked_options
from .dynamics import find
from .dynamics.driver import REPLICAS_PER_BATCH, Evolution, compile_kernels
from .dynamics.light import PhotonReadout
from .dynamics.machine import build_machine, starting_amplitudes
from .dynamics.recorder import OBSERVABLES, Recorder, empty_records
from .photons import PhotonBudget, checked_budget
from .results import Status
from .schedule_rules import ScheduleRule, pilot_generator, plan_for
from .versions import versions

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["simulate"]

_RECORDS = 200


def simulate(
    model: IsingModel | Problem,
    schedule: Callable[[Any], Any] | float | ScheduleRule | None = None,
    dynamics: str = "cim",
    steps: int = 3000,
    dt: Callable[[Any], Any] | float | None = None,
    momentum: float | None = None,
    clip: Callable[[Any], Any] | float | None = None,
    replicas: int = 8,
    initial: Any = None,
    noise: Callable[[Any], Any] | float | None = None,
    photons: float | PhotonBudget | None = None,
    record: Sequence[str] | str = OBSERVABLES,
    seed: int | np.random.Generator | None = 0,
    *,
    measurement_noise: Callable[[Any], Any] | float | None = None,
    record_steps: int | Sequence[int] = _RECORDS,
    threads: int | None = None,
    progress: bool = False,
    **options: Any,
) -> xr.Dataset:
    """Run a machine under a pump schedule and record what it does.

    Parameters
    ----------
    model : IsingModel or Problem
        Fields are integrated as they stand in the soft-spin energy, -h'x.
    schedule : Schedule, callable, float or ScheduleRule, optional
        Pump against the fraction of the run, in units of λ_max(J)/2; -2 is the threshold.  ``linear(-2.2, 0.0)`` by
        default for "cim"; like all that follows, each dynamics has its own default (its ``drive``).  A rule
        (:mod:`cim.schedule_rules`) makes one for this model and number of steps, from random numbers that do not
        depend on the seed; ``attrs["schedule"]`` is what it made, ``attrs["pilot_products"]`` what that cost.
    dynamics : str, default "cim"
        Law of motion; :func:`cim.dynamics.available` lists them.  All but "cim" have amplitudes that are bounded, and
        max(λ_max(J)/2, J0) for λ_max(J)/2 in every unit here (see :mod:`cim.dynamics.base`); their fields act in
        proportion to the mean amplitude, or exactly where couplings act through signs.
    steps : int, default 3000
        Time steps, each one matrix-vector product for each replica.
    dt : float, Schedule or callable, optional
        Time step, in units of 2/λ_max(J); 0.2 for "cim", which also takes a function of the fraction of the run.
        Shortened for a replica, while its state demands it, to the stability bound (see
        :mod:`cim.dynamics.gradient_flow`); ``attrs["smallest_dt"]`` says how far.
    momentum : float in [0, 1), optional
        0 for "cim".  A dynamics that has no momentum, clip or noise refuses one.
    clip : float, Schedule or callable, optional
        Largest amplitude, in units of √(λ_max(J)/2); none by default.  For "cim" it may be a function, too.
    replicas : int, default 8
        Independent runs.
    initial : float or array_like of shape (n,) or (replicas, n), optional
        Standard deviation of the Gaussian start, in units of √(λ_max(J)/2); or the starting amplitudes themselves, in
        the model's units.  1e-3 for "cim".
    noise : Schedule, callable or float, optional
        Temperature T, in units of (λ_max(J)/2)²: the flow becomes the Langevin equation with noise √(2T), whose
        stationary density at fixed pump is exp(-E/T), with momentum or without; as dt → 0, without a clip, and where
        the step is not shortened.
    photons : float or PhotonBudget, optional
        Photons that reach the detectors for each scalar multiplication, where light multiplies the couplings: every
        product of the motion is then read from counts of photons (:mod:`cim.photons`), by intensity from a number, or
        as the budget says.  What is recorded of a state is exact.  None or infinite: no noise.  All other random
        numbers are the same with photons as without.  Counting takes the memory of a second J.
    record : sequence of str or "all"
        Which of ``energy``, ``ising_energy``, ``mean_square_amplitude``, ``smallest_amplitude``, ``sign_changes`` and
        ``amplitude`` to record; all by default.  ``amplitude`` takes 4 × records × replicas × n bytes.
    seed : int, numpy.random.Generator or None, default 0
        A replica's start depends on the seed and its number alone; noise also on the batch that it is in.
        ``attrs["seed"]`` repeats the run ("None" where a Generator was given).
    measurement_noise : Schedule, callable or float, optional
        Standard deviation, in units of √(λ_max(J)/2), of the error with which the couplings read each amplitude.
    record_steps : int or sequence of int, default 200
        How many moments to record, evenly spaced from the start to the end, or the numbers of steps taken at which
        to record.
    threads : int, optional
        Threads; every available core by default.  The result does not depend on it.
    progress : bool, default False
        Whether to show a progress bar.
    **options
        The dynamics' own parameters; an unknown one is refused.

    Returns
    -------
    xarray.Dataset
        Dimensions ``step`` (steps taken), ``replica``, ``spin``.  Along the run: ``pump`` (in units of λ_max/2),
        ``applied_pump`` (a itself), ``energy`` (soft-spin energy), ``ising_energy`` (of the signs, offset included;
        from float32 products, except for the end of the run, where it is exact), ``mean_square_amplitude``,
        ``smallest_amplitude``, ``sign_changes`` (since the start), ``amplitude``.  At the end: ``final_amplitude``,
        ``spins``, ``final_ising_energy`` (recomputed from the model), ``diverged``.  Amplitudes and energies are in
        the model's units; ``attrs["pump_unit"]`` is λ_max/2, and its square root the unit of amplitude.
        ``attrs["status"]`` is "completed", "diverged" or, after Ctrl-C, "interrupted"; the records then end where the
        run did (before it has begun, KeyboardInterrupt is raised).  The model's labels are not repeated: ``spin`` is
        the index.

    Raises
    ------
    ValueError
        If an argument is out of range or of the wrong shape; the message names it.

    Examples
    --------
    >>> import ising_problems as ip
    >>> run = simulate(ip.IsingModel([[0.0, 1.0], [1.0, 0.0]]), steps=200, replicas=2)
    >>> run["final_ising_energy"].values.tolist()
    [-1.0, -1.0]
    """
    import xarray as xr

    if isinstance(model, Problem):
        model = model.to_ising()
    if not isinstance(model, IsingModel):
        raise TypeError(f"model: an IsingModel or a Problem is needed, not {type(model).__name__}")
    budget = None if photons is None else checked_budget(photons)
    names = _checked_observables(record)
    replicas = checked_integer(replicas, "replicas", 1)
    threads = checked_threads(threads)
    law = find(dynamics)
    drive = law.driven(
        schedule=schedule,
        dt=dt,
        momentum=momentum,
        clip=clip,
        noise=noise,
        measurement_noise=measurement_noise,
        initial=initial,
    )
    initial = drive.pop("initial")
    rng = checked_generator(seed)
    steps = checked_integer(steps, "steps", 1)
    with single_threaded_algebra(), compilation_time():
        plan = plan_for(drive["schedule"], model, steps, pilot_generator())
        rule, drive["schedule"] = drive["schedule"], plan.schedule
        machine = build_machine(
            model, steps=steps, options=checked_options(law.options, options, dynamics), bounded=law.bounded, **drive
        )
        law.check(machine)
        if not 1e-30 < machine.amplitude_unit < 1e30:
            raise ValueError(
                f"model: the unit of amplitude, √(λ_max/2) = {machine.amplitude_unit:g}, is beyond single precision; "
                "divide J by its scale, and h by that to the power 3/2"
            )
        moments = checked_moments(record_steps, machine.steps)
        start = starting_amplitudes(model, initial, replicas, machine.amplitude_unit, rng)
        compile_kernels(law, machine)
        light = None if budget is None or budget.noiseless else PhotonReadout(machine.couplings, budget)
        records = empty_records(names, len(moments), replicas, model.num_spins)
        recorders = []
        firsts = range(0, replicas, REPLICAS_PER_BATCH)
        for first, batch_rng in zip(firsts, rng.spawn(len(firsts)), strict=True):
            batch = slice(first, first + REPLICAS_PER_BATCH)
            evolution = Evolution(law, machine, np.ascontiguousarray(start[batch].T), batch_rng, light)
            recorders.append(Recorder(evolution, moments, {name: values[:, batch] for name, values in records.items()}))
        bar = ProgressBar(progress, "simulate")

        def poll(stop: threading.Event) -> None:
            bar.show(sum(recorder.evolution.steps_taken for recorder in recorders) / (machine.steps * len(recorders)))

        with bar:
            _, interrupted = run_jobs([recorder.run for recorder in recorders], threads, poll)
            bar.show(1.0)

        spins = np.concatenate([recorder.evolution.spins() for recorder in recorders])
        final_energies = np.asarray(model.energy(spins), dtype=np.float64)
    reached = min(recorder.recorded for recorder in recorders)
    moments, records = moments[:reached], {name: values[:reached] for name, values in records.items()}
    if "ising_energy" in records:
        records["ising_energy"] += model.offset
        if reached and moments[-1] == machine.steps and not interrupted:
            records["ising_energy"][-1] = final_energies
    amplitudes = np.concatenate([recorder.evolution.batch.amplitudes.T for recorder in recorders])
    diverged = np.concatenate([recorder.evolution.batch.diverged() for recorder in recorders])
    status = Status.INTERRUPTED if interrupted else Status.DIVERGED if diverged.any() else Status.COMPLETED
    pump = machine.pump[np.minimum(moments, machine.steps - 1)]
    dimensions = ("step", "replica", "spin")
    return xr.Dataset(
        {
            **{name: (dimensions[: values.ndim], values) for name, values in records.items()},
            "final_amplitude": (("replica", "spin"), amplitudes * np.float32(machine.amplitude_unit)),
            "spins": (("replica", "spin"), spins),
            "final_ising_energy": ("replica", final_energies),
            "diverged": ("replica", diverged),
        },
        coords={
            "step": moments,
            "replica": np.arange(replicas),
            "spin": np.arange(model.num_spins),
            "pump": ("step", pump),
            "applied_pump": ("step", pump * machine.pump_unit),
        },
        attrs={
            "dynamics": dynamics,
            "schedule": repr(drive["schedule"]),
            "schedule_rule": repr(rule) if isinstance(rule, ScheduleRule) else "",
            "pilot_products": plan.products,
            "steps": machine.steps,
            "dt": repr(drive["dt"]) if callable(drive["dt"]) else machine.dt,
            "smallest_dt": min(recorder.evolution.batch.smallest_dt for recorder in recorders),
            "momentum": machine.momentum,
            "clip": repr(drive["clip"]) if callable(drive["clip"]) else float(machine.clips[0]),
            "noise": repr(drive["noise"]),
            "measurement_noise": repr(drive["measurement_noise"]),
            "photons": repr(budget),
            "options": repr(dict(machine.options)),
            "seed": str(repeatable_seed(seed, rng)),
            "largest_eigenvalue": machine.largest_eigenvalue,
            "pump_unit": machine.pump_unit,
            "status": status.value,
            "versions": repr(versions()),
        },
    )


def _checked_observables(record: Sequence[str] | str) -> tuple[str, ...]:
    if record == "all":
        return OBSERVABLES
    if not isinstance(record, Iterable):
        raise TypeError(f"record: names of observables are needed, but it is {record!r}")
    names = (record,) if isinstance(record, str) else tuple(record)
    for name in names:
        if name not in OBSERVABLES:
            raise ValueError(f"record: {name!r} is not one of {', '.join(OBSERVABLES)}")
    return names
