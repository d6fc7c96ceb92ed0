r"""Samples of the Boltzmann distribution :math:`P(s) \propto e^{-E(s)/T}`, at one temperature or at many together.

In parallel tempering each replica of the system is a ladder of chains, one at each temperature.  A step is a sweep, one
proposal for each spin of each chain in order, after which neighbouring temperatures may exchange their chains,
with probability :math:`\min(1, e^{(1/T - 1/T')(E - E')})`: chains wander up to where they forget, and return to the
cold by another way.

Isoenergetic cluster moves turn, in two replicas at the same temperature, a connected set of sites at which the two
differ.  This keeps the sum of the two energies, whatever the fields, so it is always accepted.  It decorrelates where
such sets do not percolate: in two dimensions at all temperatures, in three at low ones.  Where every pair is coupled
the set is all sites that differ, and nothing is gained.

Every move leaves the product of the Boltzmann distributions invariant; the kernels' limits of acceptance are defined in
:mod:`landscapes.sweeps`.  Temperatures and energies are in the units of the model, k_B = 1.

Sources: Hukushima, Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996) (exchanges); Houdayer, Eur. Phys. J. B 22, 479 (2001) and
Zhu, Ochoa, Katzgraber, Phys. Rev. Lett. 115, 077201 (2015) (cluster moves); Katzgraber, Trebst, Huse, Troyer, J. Stat.
Mech. P03018 (2006) (round trips and the flow of chains).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import IsingModel, Problem, __version__
from ising_problems.checks import (
    checked_generator,
    checked_integer,
    checked_number,
    repeatable_seed,
)
from ising_problems.matrices import prefers_dense

from .chains import Plan, Replicas, run_all
from .couplings import spin_couplings
from .jit import compilation_time
from .parallel import checked_threads
from .run_files import RunFolder, Stage
from .sampler_arguments import (
    checked_cluster_moves,
    checked_initial,
    checked_model,
    checked_observables,
    checked_temperatures,
)
from .samples import samples_dataset

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["geometric_temperatures", "heat_bath", "metropolis", "parallel_tempering"]

_UPDATES = ("metropolis", "heat-bath")


def geometric_temperatures(low: float, high: float, count: int) -> np.ndarray:
    """Temperatures at a constant ratio: a good ladder where the specific heat changes little.

    Parameters
    ----------
    low, high : float
        First and last, 0 < low < high.
    count : int
        How many, at least 2.

    Returns
    -------
    numpy.ndarray, shape (count,)

    Examples
    --------
    >>> geometric_temperatures(0.5, 2.0, 3).tolist()
    [0.5, 1.0, 2.0]
    """
    low = checked_number(low, "low", above=0.0)
    high = checked_number(high, "high", above=low)
    return np.geomspace(low, high, checked_integer(count, "count", 2))


def parallel_tempering(
    model: IsingModel | Problem,
    temperatures: Any,
    sweeps: int = 10_000,
    burn_in: int | None = None,
    replicas: int = 2,
    *,
    cluster_moves: bool | str = "auto",
    update: str = "metropolis",
    initial: Any = None,
    interval: int = 1,
    record: Sequence[str] | str = ("magnetization", "overlap"),
    seed: int | np.random.Generator | None = 0,
    threads: int | None = None,
    path: Any = None,
    progress: bool = False,
    callback: Callable[[float], Any] | None = None,
) -> xr.Dataset:
    """Sample a model at several temperatures by exchange Monte Carlo.

    Parameters
    ----------
    model : IsingModel or Problem
    temperatures : array_like of float, shape (T,)
        In the model's units, positive and increasing; :func:`geometric_temperatures` makes some.  The hottest should
        be one at which chains forget where they were within a few sweeps.
    sweeps : int, default 10,000
        Sweeps of every chain that are measured.
    burn_in : int, optional
        Sweeps before them; as many by default, so that the second half of the run is kept.
    replicas : int, default 2
        Independent ladders, each with a chain at every temperature.  Overlaps are taken within pairs of replicas
        (0, 1), (2, 3), …; with cluster moves the two of a pair meet in them.
    cluster_moves : bool or "auto"
        Whether a sweep ends with one isoenergetic cluster move per pair of replicas and temperature.  By default they
        are made where they help most: no fields, and a mean degree of at most 6.
    update : {"metropolis", "heat-bath"}
        Rule of acceptance for a single spin.
    initial : array_like of ±1, shape (n,), (replicas, n) or (replicas, T, n), optional
        Where the chains start; random spins by default.
    interval : int, default 1
        Sweeps from one measurement to the next.
    record : sequence of str or "all"
        What to record besides the energy: ``magnetization``, ``overlap``, ``link_overlap``, ``spins``.
    seed : int, numpy.random.Generator or None, default 0
        Fixes the result, whatever the number of threads.  None: fresh, or that of the run that ``path`` holds.
    threads : int, optional
        At most so many pairs of replicas run at a time; every available core by default.
    path : path, optional
        Folder in which the state of the run and its measurements are kept as it goes; at the end also the result, in
        ``sweep.nc``.  The same call goes on from there after the process was killed, bit for bit as if it had not been.
        With more ``sweeps``, and the same ``burn_in``, it makes a finished run longer.
    progress : bool, default False
        Whether to show a progress bar.
    callback : callable, optional
        Called some times a second with the fraction of the work that is done; if it returns something true, the run
        ends there.

    Returns
    -------
    xarray.Dataset
        Dimensions ``sweep`` (sweeps since the burn-in at each measurement), ``replica``, ``pair``, ``temperature``,
        ``gap`` (between a temperature and the next) and ``spin``.

        Time series: ``energy`` (with the offset; integer where the model is), ``magnetization`` (mean spin),
        ``overlap`` (q = Σ s_i t_i/n of a pair of replicas), ``link_overlap`` (the mean of s_i s_j t_i t_j over coupled
        pairs i, j), ``spins``.

        Averages over time and replicas: ``mean_energy``, its standard error ``mean_energy_error``, from
        ``autocorrelation_time``, the integrated one of the replicas' mean energy, in sweeps; and ``specific_heat``, per
        spin, (⟨E²⟩ - ⟨E⟩²)/(n T²).

        How the run went: ``exchange_acceptance`` of each gap; ``round_trips`` of each replica, the times that one of
        its chains came from the hottest temperature to the coldest and back; ``descending_fraction``, of the chains at
        each temperature that were at an end of the ladder before, the part whose last was the hot one (falling evenly
        from 1 to 0 is ideal); ``cluster_moves`` made and ``cluster_size``, their mean size as a fraction of the spins
        (near ½ they percolate).  These count the burn-in as well.

        ``final_spins`` and ``final_energy``, recomputed from the model.

        ``attrs``: the arguments, ``status`` ("completed", or "interrupted" by Ctrl-C or the callback, with the series
        cut off there), ``exact`` (whether the couplings were represented exactly; otherwise the series of energies is
        good to some seven digits), ``seed`` (which repeats the run; "None" where a Generator was given),
        ``sampling_seconds``, ``versions``.

    Raises
    ------
    ValueError
        If an argument is out of range or of the wrong shape, or the folder holds another run or cannot be written to;
        the message names it.

    Notes
    -----
    Errors assume that the run is long beside the autocorrelation time and that the burn-in has reached equilibrium.
    Glasses fail this silently: look at round trips, compare replicas, and double the run.

    Examples
    --------
    >>> import ising_problems as ip
    >>> run = parallel_tempering(ip.IsingModel([[0, 1], [1, 0]]), [1.0, 2.0], sweeps=20_000)
    >>> exact = -np.tanh(1 / run["temperature"])
    >>> bool((abs(run["mean_energy"] - exact) < 5 * run["mean_energy_error"]).all())
    True
    """
    model = checked_model(model)
    ladder = checked_temperatures(temperatures)
    sweeps = checked_integer(sweeps, "sweeps", 1)
    burn_in = sweeps if burn_in is None else checked_integer(burn_in, "burn_in", 0)
    replicas = checked_integer(replicas, "replicas", 1)
    interval = checked_integer(interval, "interval", 1)
    if interval > sweeps:
        raise ValueError(f"interval: must be at most sweeps = {sweeps} for one measurement, but it is {interval}")
    if callback is not None and not callable(callback):
        raise TypeError(f"callback: a function of one argument is needed, but it is {callback!r}")
    names = checked_observables(record)
    if update not in _UPDATES:
        raise ValueError(f"update: must be one of {', '.join(_UPDATES)}, but it is {update!r}")
    clusters = checked_cluster_moves(cluster_moves, model, replicas)
    threads = checked_threads(threads)
    start = checked_initial(initial, replicas, len(ladder), model.num_spins)
    folder = None if path is None else RunFolder(path, seed)
    seed = seed if folder is None else folder.seed
    rng = checked_generator(seed)
    if folder is not None:
        kept = {"temperatures": ladder, "burn_in": burn_in, "replicas": replicas, "interval": interval}
        kept |= {"cluster_moves": clusters, "update": update, "record": sorted(names), "initial": start}
        folder.begin("landscapes.parallel_tempering", model, kept, rng)
    dense = not clusters and prefers_dense(model.num_spins, 2 * model.num_couplings)
    couplings = spin_couplings(model, dense=dense, lowest_temperature=float(ladder[0]))
    plan = Plan(
        couplings=couplings,
        temperatures=ladder,
        sweeps=sweeps // interval * interval,
        burn_in=burn_in,
        interval=interval,
        heat_bath=update == "heat-bath",
        cluster_moves=clusters,
        observables=names,
    )
    with compilation_time():
        plan.compile()
    firsts = range(0, replicas, 2)
    groups = [
        Replicas(plan, min(2, replicas - first), None if start is None else start[first : first + 2], stream)
        for first, stream in zip(firsts, rng.spawn(len(firsts)), strict=True)
    ]
    if folder is not None:
        for first, group in zip(firsts, groups, strict=True):
            group.resume(Stage(folder, f"replicas from {first}"))
    began = time.perf_counter()
    stopped = run_all(groups, threads, progress, callback)
    result = samples_dataset(model, plan, groups)
    result.attrs = {
        "sweeps": sweeps,
        "burn_in": burn_in,
        "interval": interval,
        "update": update,
        "cluster_moves": int(clusters),
        "exact": int(couplings.is_exact),
        "seed": str(repeatable_seed(seed, rng)),
        "status": "interrupted" if stopped else "completed",
        "sampling_seconds": time.perf_counter() - began,
        "versions": repr({"coherent-ising": __version__, "numpy": np.__version__}),
    }
    if folder is not None and not stopped:
        folder.finish(result)
    return result


def metropolis(model: IsingModel | Problem, temperature: float, sweeps: int = 10_000, **arguments: Any) -> xr.Dataset:
    """Sample a model at one temperature by sequential Metropolis sweeps.

    Parameters
    ----------
    model : IsingModel or Problem
    temperature : float
        In the model's units.
    sweeps : int
    **arguments
        As :func:`parallel_tempering`'s: ``burn_in``, ``replicas``, ``initial``, ``record``, ``seed``, ``path``, …

    Returns
    -------
    xarray.Dataset
        As :func:`parallel_tempering`'s, without a temperature dimension and without what concerns exchanges.
    """
    run = parallel_tempering(model, [temperature], sweeps, update="metropolis", **arguments)
    return run.isel(temperature=0).drop_vars(["exchange_acceptance", "round_trips", "descending_fraction"])


def heat_bath(model: IsingModel | Problem, temperature: float, sweeps: int = 10_000, **arguments: Any) -> xr.Dataset:
    """Sample a model at one temperature by sequential heat-bath sweeps (Glauber's rates).

    Parameters and result are those of :func:`metropolis`.
    """
    run = parallel_tempering(model, [temperature], sweeps, update="heat-bath", **arguments)
    return run.isel(temperature=0).drop_vars(["exchange_acceptance", "round_trips", "descending_fraction"])
