r"""How many photons a machine needs: the energy it reaches against the light that multiplies its couplings.

Every dynamics runs the same instances from the same starts, once exactly and once for each number of photons
(:mod:`cim.photons`).  The *loss* is the mean final Ising energy per spin of a run on photons minus that of the exact
run of the same instance: positive where light is short.  It is averaged over instances, whose scatter is its error.

Photons *needed* for a tolerance ε are those from which on the loss stays below ε times the size of the exact energy,
by linear interpolation in the logarithm of their number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.checks import checked_integer, checked_number, number_array
from landscapes.jit import compilation_time
from landscapes.sweep import run_sweep

from ._simulate import simulate
from .dynamics import find
from .photons import PhotonBudget
from .studies.optimised import checked_instances

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["photon_study"]


def photon_study(
    instances: Sequence[IsingModel | Problem],
    photons: Any = (0.001, 0.01, 0.1, 1.0, 10.0),
    dynamics: Sequence[str] = ("cim", "bsb", "dsb", "simcim"),
    *,
    readout: str = "intensity",
    dark_counts: float = 0.0,
    efficiency: float = 1.0,
    steps: int = 1000,
    replicas: int = 32,
    tolerance: float = 0.01,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    seed: int | np.random.Generator | None = 0,
    executor: Executor | None = None,
    threads: int | None = 1,
    path: Any = None,
    progress: bool = False,
) -> xr.Dataset:
    """Run machines on ever more photons and compare their energies with the exact machine's.

    Parameters
    ----------
    instances : sequence of IsingModel or Problem
    photons : array_like of float
        Photons for each scalar multiplication, increasing.
    dynamics : sequence of str
        Of :func:`cim.dynamics.available`; each driven by its defaults, or as ``settings`` say.
    readout, dark_counts, efficiency
        As for :class:`cim.PhotonBudget`.
    steps : int, default 1000
    replicas : int, default 32
        Runs of each instance, whose mean energy counts.
    tolerance : float, default 0.01
        Loss, relative to the exact energy, up to which photons are enough.
    settings : mapping from dynamics to mapping, optional
        Further arguments of :func:`cim.simulate`, such as ``{"cim": {"dt": 0.5}}``.
    seed, executor, threads, path, progress
        As for :func:`landscapes.run_sweep`, whose cells are instance × dynamics.

    Returns
    -------
    xarray.Dataset
        ``energy`` (instance, dynamics, photons), mean final Ising energy per spin over replicas, and ``best_energy``,
        the lowest of them; ``exact_energy`` and ``exact_best_energy`` (instance, dynamics).  Averages over instances:
        ``mean_energy`` with ``mean_energy_error``, ``loss`` with ``loss_error``, paired, and ``needed`` (dynamics),
        the photons that are enough; NaN where those given do not suffice, and the fewest of them where all do.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range; the message names it.

    Examples
    --------
    >>> import ising_problems as ip
    >>> models = [ip.sherrington_kirkpatrick(20, seed=k) for k in range(2)]
    >>> study = photon_study(models, [0.001, 10.0], ["bsb"], steps=100, replicas=8)
    >>> bool(study["loss"].sel(photons=0.001).item() > study["loss"].sel(photons=10.0).item())
    True
    """
    models = checked_instances(instances, "instances")
    budgets = _checked_photons(photons)
    for photon in budgets:
        PhotonBudget(photon, dark_counts, efficiency, readout)
    if isinstance(dynamics, str) or not isinstance(dynamics, Sequence) or not len(dynamics):
        raise TypeError(f"dynamics: a sequence of names is needed, such as ('cim',), but it is {dynamics!r}")
    for name in dynamics:
        find(name)
    extra = {name: dict(given) for name, given in (settings or {}).items()}
    for name in extra:
        if name not in dynamics:
            raise ValueError(f"settings: {name!r} is not one of the dynamics, {', '.join(dynamics)}")
    tolerance = checked_number(tolerance, "tolerance", above=0.0)
    arguments = {
        "photons": budgets,
        "readout": readout,
        "dark_counts": dark_counts,
        "efficiency": efficiency,
        "steps": checked_integer(steps, "steps", 1),
        "replicas": checked_integer(replicas, "replicas", 1),
        "settings": extra,
    }
    with compilation_time():
        study = run_sweep(
            run_cell,
            {"instance": list(range(len(models))), "dynamics": list(dynamics)},
            objects={"instance": models},
            arguments=arguments,
            seed=seed,
            executor=executor,
            threads=threads,
            path=path,
            description="photon study",
            progress=progress,
            attributes={
                "readout": readout,
                "dark_counts": float(dark_counts),
                "efficiency": float(efficiency),
                "steps": steps,
                "replicas": replicas,
                "tolerance": tolerance,
            },
        )
    return _compared(study, tolerance)


def run_cell(
    instance: IsingModel,
    dynamics: str,
    seed: np.random.Generator,
    *,
    photons: tuple[float, ...],
    readout: str,
    dark_counts: float,
    efficiency: float,
    steps: int,
    replicas: int,
    settings: Mapping[str, Mapping[str, Any]],
) -> xr.Dataset:
    """One instance by one dynamics, exactly and on each number of photons: a cell of the sweep."""
    import xarray as xr

    entropy = int(seed.integers(2**62))
    found = []
    for photon in (None, *photons):
        budget = None if photon is None else PhotonBudget(photon, dark_counts, efficiency, readout)
        run = simulate(
            instance,
            dynamics=dynamics,
            steps=steps,
            replicas=replicas,
            photons=budget,
            record=(),
            seed=entropy,
            threads=1,
            **settings.get(dynamics, {}),
        )
        energies = run["final_ising_energy"].values / instance.num_spins
        found.append((energies.mean(), energies.min()))
    means, lowest = np.array(found).T
    return xr.Dataset(
        {
            "energy": ("photons", means[1:]),
            "best_energy": ("photons", lowest[1:]),
            "exact_energy": means[0],
            "exact_best_energy": lowest[0],
        },
        coords={"photons": list(photons)},
    )


def _compared(study: xr.Dataset, tolerance: float) -> xr.Dataset:
    """With averages over instances, losses and the photons that are needed."""
    losses = study["energy"] - study["exact_energy"]
    added: dict[str, Any] = {}
    for name, values in (("mean_energy", study["energy"]), ("loss", losses)):
        count = values.notnull().sum("instance")
        added[name] = values.mean("instance")
        added[f"{name}_error"] = values.std("instance", ddof=1) / np.sqrt(count.where(count > 1))
    allowed = tolerance * abs(study["exact_energy"].mean("instance"))
    needed = [
        _needed(study["photons"].values, added["loss"].sel(dynamics=name).values, float(allowed.sel(dynamics=name)))
        for name in study["dynamics"].values
    ]
    return study.assign(added | {"needed": ("dynamics", needed)})


def _needed(photons: np.ndarray, losses: np.ndarray, allowed: float) -> float:
    """Photons from which on the loss is at most what is allowed."""
    too_dear = np.flatnonzero(~(losses <= allowed))
    if not len(too_dear):
        return float(photons[0])
    k = int(too_dear[-1])
    if k + 1 == len(photons) or not np.isfinite(losses[k]):
        return float("nan")
    share = (losses[k] - allowed) / (losses[k] - losses[k + 1])
    return float(np.exp(np.log(photons[k]) + share * np.log(photons[k + 1] / photons[k])))


def _checked_photons(photons: Any) -> tuple[float, ...]:
    values = np.atleast_1d(number_array(photons, "photons")).astype(np.float64)
    if values.ndim != 1 or not len(values) or not (np.isfinite(values).all() and (values > 0.0).all()):
        raise ValueError(f"photons: positive numbers are needed, but they are {photons!r}")
    if not (np.diff(values) > 0.0).all():
        raise ValueError(f"photons: they must increase, but they are {photons!r}")
    return tuple(values.tolist())
