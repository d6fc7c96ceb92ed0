r"""Quantum against semiclassical trajectories of the spin glass, over losses and durations of the ramp.

Each cell of the study is one instance at one loss ratio :math:`\eta = \kappa/|\Delta|` and one duration T.  In it every
method runs the same replicas on the same noise, so that differences between methods are paired twice: by instance and
by noise.  The physics is in :mod:`cim.cavity.glass`; the observables are those of :mod:`cim.cavity.observables`.

Which is lower in energy depends on how the semiclassical state is read.  A product state whose spins are still tilted
has a soft energy E(m) that is higher than that of its signs.  The *advantage* of the quantum trajectories, positive
where they end lower, is therefore given in four readings, per spin and averaged over replicas:

===================  =====================================================================================
reading              semiclassical minus quantum
===================  =====================================================================================
``soft``             :math:`E(m)` minus :math:`\langle E \rangle`: the expected energy of either
``rounded``          :math:`E(\operatorname{sign} m)` of either
``readout``          the energy of one projective readout of either
``unfavourable``     :math:`E(\operatorname{sign} m)` minus :math:`\langle E \rangle`: the best reading of the
                     semiclassical state against the plain one of the quantum state
===================  =====================================================================================

Errors are over instances.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.checks import checked_integer, checked_number, number_array
from landscapes.jit import compilation_time
from landscapes.sweep import run_sweep

from ..studies.optimised import checked_instances
from ._trajectories import trajectories
from .glass import make_glass
from .observables import glass_observables
from .trajectory_arguments import LARGEST_ANGLE

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["glass_study"]

_METHODS = ("diffusion", "semiclassical", "mcsolve", "ssesolve")
_READINGS = {
    "soft": ("excess_energy", "excess_energy"),
    "rounded": ("rounded_excess_energy", "rounded_excess_energy"),
    "readout": ("readout_excess_energy", "readout_excess_energy"),
    "unfavourable": ("rounded_excess_energy", "excess_energy"),
}
_AT_THE_END = (
    "excess_energy",
    "rounded_excess_energy",
    "readout_excess_energy",
    "ground_probability",
    "success",
    "readout_magnetisation",
    "square_magnetisation",
    "self_overlap",
)
_OF_OVERLAPS = {
    "square_overlap": "mean_square_overlap",
    "ultrametric_gap": "ultrametric_gap",
    "independent_gap": "independent_gap",
}
_MOST_SPINS = 24  # as trajectories enumerate
_RECORD = ("energy", "excess_energy", "rounded_energy", "ground_probability", "entropy", "sigma_x")
_ALONG = ("excess_energy", "rounded_excess_energy", "ground_probability", "entropy", "self_overlap")


def glass_study(
    instances: Sequence[IsingModel | Problem],
    methods: Sequence[str] = ("diffusion", "semiclassical"),
    *,
    loss_ratios: Any = (0.005,),
    durations: Any = (20.0,),
    ramp: Callable[[Any], Any] | float | None = None,
    replicas: int = 24,
    time_step: float = 0.02,
    transverse_field: float = 1.0,
    tilt: float = 0.0,
    moments: int = 20,
    seed: int | np.random.Generator | None = 0,
    executor: Executor | None = None,
    threads: int | None = 1,
    path: Any = None,
    progress: bool = False,
) -> xr.Dataset:
    r"""Run trajectories of several methods side by side and compare how they end.

    Parameters
    ----------
    instances : sequence of IsingModel or Problem
        Of one size.
    methods : sequence of str, default ("diffusion", "semiclassical")
        Of :func:`cim.cavity.trajectories`; "diffusion" and "semiclassical" have the same noise.
    loss_ratios : array_like of float, default (0.005,)
        η = κ/\|Δ\|.
    durations : array_like of float, default (20.0,)
        T, in units of 1/ω_z where that is 1.
    ramp, transverse_field, tilt
        As for :func:`cim.cavity.trajectories`.
    replicas : int, default 24
        Trajectories of each method and instance.
    time_step : float, default 0.02
        Largest time step; the number of steps grows with the duration.
    moments : int, default 20
        Moments along the run at which the profiles are recorded, beside the start.
    seed : int, numpy.random.Generator or None, default 0
        Fixes the result, whatever the executor.
    executor, threads, path, progress
        As for :func:`landscapes.run_sweep`, whose cells are instance × loss ratio × duration.

    Returns
    -------
    xarray.Dataset
        Over ``instance``, ``loss_ratio``, ``duration`` and ``dynamics`` (the methods: xarray's ``sel`` has an argument
        ``method`` of its own), averages over replicas at the end of the run:
        ``excess_energy``, ``rounded_excess_energy``, ``readout_excess_energy`` (per spin), ``ground_probability``,
        ``success``, ``readout_magnetisation``, ``square_magnetisation``, ``self_overlap``; of the readouts' overlaps
        ``square_overlap``, ``ultrametric_gap``, ``independent_gap`` and, over ``overlap``,
        ``overlap_probability``; and over ``fraction`` of the run the profiles ``excess_energy_profile`` and likewise
        ``rounded_excess_energy``, ``ground_probability``, ``entropy`` and ``self_overlap``.  Of each the average over
        instances ``mean_…`` with ``mean_…_error``.  With both "diffusion" and "semiclassical", ``advantage`` over
        ``reading`` (see the module) with ``advantage_error``, and ``wins``, the share of instances in which the
        quantum trajectories are lower.  ``attrs`` hold the arguments, ``status`` and ``seed``.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range or the instances differ in size.
    SweepError
        If a cell failed.

    Examples
    --------
    >>> import ising_problems as ip
    >>> models = [ip.sherrington_kirkpatrick(4, seed=k) for k in range(3)]
    >>> study = glass_study(models, durations=[10.0], replicas=6, time_step=0.05)
    >>> study["advantage"].dims
    ('loss_ratio', 'duration', 'reading')
    """
    models = checked_instances(instances, "instances")
    n = models[0].num_spins
    for k, model in enumerate(models):
        if model.num_spins != n:
            raise ValueError(f"instances[{k}]: has {model.num_spins} spins, but instances[0] has {n}; study one size")
    names = _checked_methods(methods)
    losses = _checked_values(loss_ratios, "loss_ratios", least=0.0)
    lengths = _checked_values(durations, "durations", above=0.0)
    replicas = checked_integer(replicas, "replicas", 1)
    time_step = checked_number(time_step, "time_step", above=0.0)
    moments = checked_integer(moments, "moments", 1)
    if n > _MOST_SPINS:
        raise ValueError(f"instances: ground states are enumerated up to {_MOST_SPINS} spins, but these have {n}")
    for model in models:  # what one cell would refuse all do, before any work
        make_glass(model, ramp, duration=lengths[0], transverse_field=transverse_field, loss_ratio=losses[0])
    tilt = checked_number(tilt, "tilt", at_least=0.0)
    angle = abs(transverse_field) * max(length / _steps(length, time_step, moments) for length in lengths)
    if angle > LARGEST_ANGLE:
        raise ValueError(
            f"time_step: in one of {time_step:g} the transverse field turns a spin by {angle:.3g} rad, which is too "
            f"much; take at most {LARGEST_ANGLE / abs(transverse_field):.3g}, for accuracy a tenth of that"
        )
    arguments = {
        "methods": names,
        "ramp": ramp,
        "replicas": replicas,
        "time_step": time_step,
        "transverse_field": transverse_field,
        "tilt": tilt,
        "moments": moments,
    }
    with compilation_time():
        study = run_sweep(
            run_cell,
            {"instance": list(range(len(models))), "loss_ratio": losses, "duration": lengths},
            objects={"instance": models},
            arguments=arguments,
            seed=seed,
            executor=executor,
            threads=threads,
            path=path,
            description="glass study",
            progress=progress,
            attributes={
                "num_spins": n,
                "replicas": replicas,
                "time_step": time_step,
                "transverse_field": float(transverse_field),
                "tilt": float(tilt),
                "ramp": "linear(0.0, 6.0)" if ramp is None else repr(ramp),
            },
        )
    return _compared(study)


def run_cell(
    instance: IsingModel,
    loss_ratio: float,
    duration: float,
    seed: np.random.Generator,
    *,
    methods: tuple[str, ...],
    ramp: Any,
    replicas: int,
    time_step: float,
    transverse_field: float,
    tilt: float,
    moments: int,
) -> xr.Dataset:
    """One instance at one loss ratio and duration, by every method with the same noise: a cell of the sweep."""
    import xarray as xr

    steps = _steps(duration, time_step, moments)
    entropy = int(seed.integers(2**62))
    parts = []
    for method in methods:
        run = trajectories(
            instance,
            ramp,
            method=method,
            duration=duration,
            steps=steps,
            replicas=replicas,
            transverse_field=transverse_field,
            loss_ratio=loss_ratio,
            tilt=tilt,
            record=_RECORD,
            record_steps=np.rint(np.linspace(0, steps, moments + 1)).astype(np.int64).tolist(),
            seed=entropy,
            threads=1,
        )
        parts.append(_reduced(run, moments))
    return xr.concat(parts, xr.DataArray(list(methods), dims="dynamics", name="dynamics"))


def _steps(duration: float, time_step: float, moments: int) -> int:
    return max(moments, int(np.ceil(duration / time_step)))


def _reduced(run: xr.Dataset, moments: int) -> xr.Dataset:
    """Averages over the replicas of one run."""
    import xarray as xr

    n = run.sizes["spin"]
    found = glass_observables(run)
    values: dict[str, Any] = {name: found[f"mean_{name}"] for name in _AT_THE_END}
    for name, source in _OF_OVERLAPS.items():
        values[name] = found.get(source, xr.DataArray(np.nan))
    if "overlap_probability" in found:
        values["overlap_probability"] = found["overlap_probability"]
    ground = float((run["energy"] - n * run["excess_energy"]).values.flat[0])
    profiles = {
        "excess_energy": run["excess_energy"],
        "rounded_excess_energy": (run["rounded_energy"] - ground) / n,
        "ground_probability": run["ground_probability"],
        "entropy": run["entropy"],
        "self_overlap": (run["sigma_x"] ** 2).mean("spin"),
    }
    # fractions of the run, the same for every duration
    fractions = np.linspace(0.0, 1.0, moments + 1)
    for name in _ALONG:
        values[f"{name}_profile"] = ("fraction", profiles[name].mean("replica").values)
    plain = {name: (v if isinstance(v, tuple) else (v.dims, v.values)) for name, v in values.items()}
    places = {"overlap": found["overlap"].values} if "overlap_probability" in found else {}
    return xr.Dataset(plain, coords={"fraction": fractions, **places})


def _compared(study: xr.Dataset) -> xr.Dataset:
    """With averages over instances, and the methods against each other."""
    import xarray as xr

    added: dict[str, xr.DataArray] = {}
    for name, values in study.data_vars.items():
        added[f"mean_{name}"], added[f"mean_{name}_error"] = _over_instances(values)
    methods = study["dynamics"].values.tolist()
    if {"diffusion", "semiclassical"} <= set(methods):
        quantum, classical = study.sel(dynamics="diffusion", drop=True), study.sel(dynamics="semiclassical", drop=True)
        differences = xr.concat(
            [classical[theirs] - quantum[ours] for theirs, ours in _READINGS.values()],
            xr.DataArray(list(_READINGS), dims="reading", name="reading"),
        ).transpose(..., "reading")
        added["advantage"], added["advantage_error"] = _over_instances(differences)
        added["wins"] = (differences > 0).where(differences.notnull()).mean("instance")
    return study.assign(added)


def _over_instances(values: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Mean and standard error; cells that are missing do not count."""
    count = values.notnull().sum("instance")
    error = values.std("instance", ddof=1) / np.sqrt(count.where(count > 1))
    return values.mean("instance"), error


# ---------------------------------------------------------------- arguments


def _checked_methods(methods: Any) -> tuple[str, ...]:
    if isinstance(methods, str) or not isinstance(methods, Sequence) or not len(methods):
        raise TypeError(f"methods: a sequence of names is needed, such as ('diffusion',), but it is {methods!r}")
    for name in methods:
        if name not in _METHODS:
            raise ValueError(f"methods: {name!r} is not one of {', '.join(_METHODS)}")
    if len(set(methods)) < len(methods):
        raise ValueError(f"methods: each is run once, but they are {tuple(methods)!r}")
    return tuple(methods)


def _checked_values(values: Any, name: str, **limits: float) -> list[float]:
    array = np.atleast_1d(number_array(values, name)).astype(np.float64)
    if array.ndim != 1 or not len(array):
        raise ValueError(f"{name}: a list of numbers is needed, but the shape is {array.shape}")
    bounds: Mapping[str, float] = {"at_least": limits.get("least", -np.inf), "above": limits.get("above", -np.inf)}
    checked = [checked_number(float(value), name, **bounds) for value in array]
    if len(set(checked)) < len(checked):
        raise ValueError(f"{name}: each counts once, but they are {checked}")
    return checked
