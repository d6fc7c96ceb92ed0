r"""Run a machine and watch it: the pump is raised a little, the amplitudes descend, and so on to the end of the ramp.

The pump at the fraction u of the run is :math:`a = \mathrm{schedule}(u)\,\lambda_{\max}(J)/2`; ``dt`` is in units of
:math:`2/\lambda_{\max}(J)`, ``initial`` and ``clip`` in units of :math:`\sqrt{\lambda_{\max}(J)/2}`, so that one set of
numbers means the same for every model (see :mod:`cim.dynamics.base`).  The defaults are the physical machine's:
adiabatic gradient flow from near the origin, without momentum or clip.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import IsingModel, Problem
from landscapes.jit import compilation_time

from .checks import checked_integer, checked_number, checked_options
from .dynamics import find
from .dynamics.base import Machine, machine_units
from .dynamics.driver import REPLICAS_PER_BATCH, Evolution
from .parallel import checked_threads, run_jobs
from .progress import ProgressBar
from .results import Status
from .schedules import linear, sample
from .versions import versions

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["OBSERVABLES", "build_machine", "simulate", "starting_amplitudes"]

OBSERVABLES = (
    "energy",
    "ising_energy",
    "mean_square_amplitude",
    "smallest_amplitude",
    "sign_changes",
    "amplitude",
)
_RECORDS = 200
_STEPS_BETWEEN_LOOKS = 16  # how often a run looks whether it should stop


def simulate(
    model: IsingModel | Problem,
    schedule: Callable[[Any], Any] | float | None = None,
    dynamics: str = "cim",
    steps: int = 3000,
    dt: float = 0.2,
    momentum: float = 0.0,
    clip: float | None = None,
    replicas: int = 8,
    initial: Any = 1e-3,
    noise: Callable[[Any], Any] | float = 0.0,
    photons: None = None,
    record: Sequence[str] | str = OBSERVABLES,
    seed: int | np.random.Generator | None = 0,
    *,
    measurement_noise: Callable[[Any], Any] | float = 0.0,
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
    schedule : Schedule, callable or float, optional
        Pump against the fraction of the run, in units of λ_max(J)/2; -2 is the threshold.  ``linear(-2.2, 0.0)`` by
        default.
    dynamics : str, default "cim"
        Law of motion; :func:`cim.dynamics.available` lists them.
    steps : int, default 3000
        Time steps, each one matrix-vector product for each replica.
    dt : float, default 0.2
        Time step, in units of 2/λ_max(J).  Shortened for a replica, while its state demands it, to the stability
        bound (see :mod:`cim.dynamics.gradient_flow`); ``attrs["smallest_dt"]`` says how far.
    momentum : float in [0, 1), default 0
    clip : float, optional
        Largest amplitude, in units of √(λ_max(J)/2); none by default.
    replicas : int, default 8
        Independent runs.
    initial : float or array_like of shape (n,) or (replicas, n), default 1e-3
        Standard deviation of the Gaussian start, in units of √(λ_max(J)/2); or the starting amplitudes themselves, in
        the model's units.
    noise : Schedule, callable or float, default 0
        Temperature T, in units of (λ_max(J)/2)²: the flow becomes the Langevin equation with noise √(2T), whose
        stationary density at fixed pump is exp(-E/T).
    photons : None
        Reserved for the photon-limited machine, which this version does not have.
    record : sequence of str or "all"
        Which of ``energy``, ``ising_energy``, ``mean_square_amplitude``, ``smallest_amplitude``, ``sign_changes`` and
        ``amplitude`` to record; all by default.  ``amplitude`` takes 4 × records × replicas × n bytes.
    seed : int, numpy.random.Generator or None, default 0
    measurement_noise : Schedule, callable or float, default 0
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
        the model's units.  ``attrs["status"]`` is "completed", "diverged" or, after Ctrl-C, "interrupted"; the
        records then end where the run did.

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
    if photons is not None:
        raise ValueError("photons: the photon-limited machine is not part of this version; leave it at None")
    names = _checked_observables(record)
    replicas = checked_integer(replicas, "replicas", 1)
    machine = build_machine(
        model,
        schedule=linear(-2.2, 0.0) if schedule is None else schedule,
        steps=steps,
        dt=dt,
        momentum=momentum,
        clip=clip,
        noise=noise,
        measurement_noise=measurement_noise,
        options=checked_options(find(dynamics).options, options, dynamics),
    )
    moments = _checked_moments(record_steps, machine.steps)
    rng = np.random.default_rng(seed)
    start = starting_amplitudes(model, initial, replicas, machine.amplitude_unit, rng)
    bounds = range(0, replicas, REPLICAS_PER_BATCH)
    recorders = [
        _Recorder(
            Evolution(find(dynamics), machine, np.ascontiguousarray(start[b : b + REPLICAS_PER_BATCH].T), batch_rng),
            moments,
            names,
        )
        for b, batch_rng in zip(bounds, rng.spawn(len(bounds)), strict=True)
    ]
    bar = ProgressBar(progress, "simulate")

    def poll(stop: threading.Event) -> None:
        bar.show(sum(recorder.evolution.steps_taken for recorder in recorders) / (machine.steps * len(recorders)))

    with compilation_time(), bar:
        _, interrupted = run_jobs([recorder.run for recorder in recorders], checked_threads(threads), poll)
        poll(threading.Event())

    reached = min(recorder.recorded for recorder in recorders)
    spins = np.concatenate([recorder.evolution.spins() for recorder in recorders])
    diverged = np.concatenate([recorder.evolution.batch.diverged() for recorder in recorders])
    final_energies = np.asarray(model.energy(spins), dtype=np.float64)
    variables: dict[str, Any] = {}
    for name in names:
        axis = 1
        values = np.concatenate([recorder.records[name][:reached] for recorder in recorders], axis=axis)
        if name == "ising_energy":
            values = values + model.offset
            if reached and moments[reached - 1] == machine.steps and not interrupted:
                values[-1] = final_energies
        variables[name] = (("step", "replica", "spin")[: values.ndim], values)
    taken = moments[:reached]
    pump = machine.pump[np.minimum(taken, machine.steps - 1)]
    amplitudes = np.concatenate([recorder.evolution.batch.amplitudes.T for recorder in recorders])
    status = Status.INTERRUPTED if interrupted else Status.DIVERGED if diverged.any() else Status.COMPLETED
    return xr.Dataset(
        {
            **variables,
            "final_amplitude": (("replica", "spin"), amplitudes * np.float32(machine.amplitude_unit)),
            "spins": (("replica", "spin"), spins),
            "final_ising_energy": ("replica", final_energies),
            "diverged": ("replica", diverged),
        },
        coords={
            "step": taken,
            "replica": np.arange(replicas),
            "spin": np.arange(model.num_spins),
            "pump": ("step", pump),
            "applied_pump": ("step", pump * machine.pump_unit),
        },
        attrs={
            "dynamics": dynamics,
            "schedule": repr(linear(-2.2, 0.0) if schedule is None else schedule),
            "steps": machine.steps,
            "dt": machine.dt,
            "smallest_dt": min(recorder.evolution.batch.smallest_dt for recorder in recorders),
            "momentum": machine.momentum,
            "clip": machine.clip,
            "noise": repr(noise),
            "measurement_noise": repr(measurement_noise),
            "options": repr(dict(machine.options)),
            "seed": repr(seed),
            "largest_eigenvalue": 2.0 * machine.pump_unit,
            "status": status.value,
            "versions": repr(versions()),
        },
    )


def build_machine(
    model: IsingModel,
    *,
    schedule: Callable[[Any], Any] | float,
    steps: int,
    dt: float,
    momentum: float,
    clip: float | None,
    noise: Callable[[Any], Any] | float,
    measurement_noise: Callable[[Any], Any] | float,
    options: Mapping[str, Any],
    fields_follow: bool = False,
    units: Machine | None = None,
) -> Machine:
    """Check a run's parameters and bring the model into machine units.

    Parameters are as in :func:`simulate` and :class:`Machine`; ``units`` is a machine of the same model, whose
    couplings serve again.
    """
    steps = checked_integer(steps, "steps", 1)
    temperature, misreading = sample(noise, steps, "noise"), sample(measurement_noise, steps, "measurement_noise")
    for name, values in (("noise", temperature), ("measurement_noise", misreading)):
        if values.min() < 0.0:
            raise ValueError(f"{name}: must not be negative, but it falls to {values.min()}")
    pump = sample(schedule, steps)
    dt = checked_number(dt, "dt", above=0.0)
    momentum = checked_number(momentum, "momentum", at_least=0.0, below=1.0)
    clip = np.inf if clip is None else checked_number(clip, "clip", above=0.0)
    if units is None:
        couplings, smallest_eigenvalue, amplitude_unit = machine_units(model, fields_follow)
    else:
        couplings, smallest_eigenvalue, amplitude_unit = (
            units.couplings,
            units.smallest_eigenvalue,
            units.amplitude_unit,
        )
    return Machine(
        couplings=couplings,
        smallest_eigenvalue=smallest_eigenvalue,
        amplitude_unit=amplitude_unit,
        pump=pump,
        temperature=temperature,
        measurement_noise=misreading,
        dt=dt,
        momentum=momentum,
        clip=float(clip),
        fields_follow=fields_follow,
        options=options,
    )


def starting_amplitudes(
    model: IsingModel, initial: Any, replicas: int, amplitude_unit: float, rng: np.random.Generator
) -> np.ndarray:
    """Starting amplitudes in machine units, float32, shape (replicas, n).

    Each replica draws from its own generator, so its start does not depend on how many others there are.
    """
    n = model.num_spins
    values = np.asarray(initial)
    if values.dtype.kind not in "iuf" or not np.isfinite(values).all():
        raise ValueError(f"initial: must be a finite number or finite amplitudes, but it is {initial!r}")
    if values.ndim == 0:
        if values <= 0:
            raise ValueError(f"initial: the spread of the start must be positive, but it is {initial!r}")
        draws = [child.standard_normal(n, dtype=np.float32) for child in rng.spawn(replicas)]
        return np.array(draws, dtype=np.float32).reshape(replicas, n) * np.float32(values)
    if values.shape not in ((n,), (replicas, n)):
        raise ValueError(f"initial: amplitudes of shape ({n},) or ({replicas}, {n}) are needed, got {values.shape}")
    return np.array(np.broadcast_to(values / amplitude_unit, (replicas, n)), dtype=np.float32)


def _checked_observables(record: Sequence[str] | str) -> tuple[str, ...]:
    if record == "all":
        return OBSERVABLES
    names = (record,) if isinstance(record, str) else tuple(record)
    for name in names:
        if name not in OBSERVABLES:
            raise ValueError(f"record: {name!r} is not one of {', '.join(OBSERVABLES)}")
    return names


def _checked_moments(record_steps: int | Sequence[int], steps: int) -> np.ndarray:
    """Numbers of steps taken at which to record, increasing."""
    if isinstance(record_steps, (int, np.integer)) and not isinstance(record_steps, bool):
        count = checked_integer(record_steps, "record_steps", 1)
        return np.unique(np.rint(np.linspace(0, steps, count + 1)).astype(np.int64))
    moments = np.asarray(record_steps)
    if moments.ndim != 1 or moments.dtype.kind not in "iu" or (len(moments) and not (np.diff(moments) > 0).all()):
        raise ValueError("record_steps: must be a number of moments or increasing numbers of steps taken")
    if len(moments) and not (moments[0] >= 0 and moments[-1] <= steps):
        raise ValueError(f"record_steps: must lie between 0 and {steps}, but they are {moments[0]} … {moments[-1]}")
    return moments.astype(np.int64)


class _Recorder:
    """Takes one batch through the run and writes down what is asked for at the moments asked for."""

    def __init__(self, evolution: Evolution, moments: np.ndarray, names: tuple[str, ...]) -> None:
        n, replicas = evolution.batch.amplitudes.shape
        self.evolution = evolution
        self.recorded = 0
        self._moments = moments
        self.records = {
            name: np.empty((len(moments), replicas, n), dtype=np.float32)
            if name == "amplitude"
            else np.empty((len(moments), replicas), dtype=np.int64 if name == "sign_changes" else np.float64)
            for name in names
        }
        self._observes = bool(set(names) - {"sign_changes", "amplitude"})

    def run(self, stop: threading.Event) -> None:
        evolution = self.evolution
        for moment in self._moments:
            if not self._advance(int(moment), stop):
                return
            self._record()
        self._advance(evolution.machine.steps, stop)

    def _advance(self, until: int, stop: threading.Event) -> bool:
        while self.evolution.steps_taken < until:
            if stop.is_set():
                return False
            self.evolution.advance(min(until, self.evolution.steps_taken + _STEPS_BETWEEN_LOOKS))
        return True

    def _record(self) -> None:
        batch = self.evolution.batch
        observation = self.evolution.observe() if self._observes else None
        for name, values in self.records.items():
            if name == "amplitude":
                values[self.recorded] = batch.amplitudes.T
                values[self.recorded] *= np.float32(self.evolution.machine.amplitude_unit)
            elif name == "sign_changes":
                values[self.recorded] = batch.sign_changes
            else:
                values[self.recorded] = getattr(observation, name)
        self.recorded += 1
