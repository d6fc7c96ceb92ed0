r"""Trajectories of the driven-dissipative spin glass, by whichever method, as one labelled data set.

===================  ==========================================================  ===================================
method               what it is                                                  where it is explained
===================  ==========================================================  ===================================
``diffusion``        quantum state diffusion, split steps, compiled              :mod:`cim.cavity.diffusion`
``semiclassical``    the same noise on spins that stay in a product state        :mod:`cim.cavity.diffusion`
``mesolve``          QuTiP: the master equation, the reference for small n       :mod:`cim.cavity.qutip_runs`
``mcsolve``          QuTiP: quantum jumps                                        :mod:`cim.cavity.qutip_runs`
``ssesolve``         QuTiP: the stochastic Schrödinger equation                  :mod:`cim.cavity.qutip_runs`
===================  ==========================================================  ===================================

Averages of linear quantities over trajectories agree among all but the semiclassical ones.  What is said of single
trajectories, entanglement for one, depends on how the light is detected: heterodyne, homodyne, or counting photons
(``mcsolve``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.checks import checked_integer, checked_number
from landscapes.jit import compilation_time
from landscapes.parallel import checked_threads
from landscapes.sweep import Results, run_cells

from ..checks import checked_moments
from .glass import make_glass
from .modes import Supermodes
from .open_system import OpenSystem, warn_of_small_cutoff
from .qutip_runs import QUTIP_METHODS
from .system_records import checked_system_record
from .trajectory_arguments import (
    check_rotation,
    checked_method,
    checked_solver,
    checked_unravelling,
    refuse_for_system,
    warn_of_long_steps,
    warn_of_norms,
)
from .trajectory_cells import check_memory, replicas_together, run_replicas
from .trajectory_records import checked_record, requested

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["trajectories"]

_RECORDS = 40
_DURATION = 20.0


def trajectories(
    model: IsingModel | Problem | OpenSystem,
    ramp: Callable[[Any], Any] | float | None = None,
    *,
    method: str | None = None,
    unravelling: str | None = None,
    duration: float | None = None,
    steps: int = 1000,
    replicas: int = 24,
    transverse_field: float = 1.0,
    loss_ratio: float = 0.005,
    supermodes: Supermodes | None = None,
    shift: float | None = None,
    tilt: float = 0.0,
    record: Sequence[str] | str | None = None,
    record_steps: int | Sequence[int] = _RECORDS,
    seed: int | np.random.Generator | None = 0,
    threads: int | None = None,
    executor: Executor | None = None,
    path: Any = None,
    progress: bool = False,
    **options: Any,
) -> xr.Dataset:
    r"""Run the quantum spin glass under a ramp of its pump and record trajectories.

    Parameters
    ----------
    model : IsingModel, Problem or OpenSystem
        Couplings J and fields h, one spin-1/2 each; or any open system, for QuTiP's methods.
    ramp : callable of the fraction of the run, or float, optional
        λ, which multiplies the energy, in the unit of the transverse field over that of J; ``cim.linear(0.0, 6.0)``
        by default.  Not negative.
    method : str, optional
        "diffusion" (the default for a model), "semiclassical", "mesolve" (the default for an OpenSystem), "mcsolve" or
        "ssesolve".
    unravelling : {"heterodyne", "homodyne"}, optional
        How the light is detected, for "diffusion", "semiclassical" and "ssesolve"; "heterodyne" by default.
    duration : float, optional
        T, in units of 1/ω_z where ω_z = 1; 20 by default, or the OpenSystem's own.
    steps : int, default 1000
        Time steps of "diffusion", "semiclassical" and "ssesolve"; for all, the grid that ``record_steps`` counts on.
        A step has to resolve the fastest of the rotations: λ times the energy's changes, and ω_z.
    replicas : int, default 24
        Trajectories; for "mesolve" the number of readouts.
    transverse_field : float, default 1
        ω_z.
    loss_ratio : float, default 0.005
        η = κ/\|Δ\|; 0 for a closed system.
    supermodes : Supermodes, optional
        Loss channels; those of ``cim.cavity.supermodes(model, shift)`` by default.
    shift : float, optional
        Local part of the couplings, see :func:`cim.cavity.supermodes`.
    tilt : float, default 0
        Spins start at σ^z = -1, each turned towards σ^x by an angle from a normal distribution of this standard
        deviation, in radians, the replica's own.
    record : sequence of str or "all", optional
        What to record along the run: ``energy``, ``excess_energy``, ``rounded_energy``, ``ground_probability``,
        ``magnetisation``, ``transverse_magnetisation``, ``entropy``, ``negativity``, ``sigma_x``; "state" for the
        state at the end.  By default all but ``negativity``, which is dear, and the state.  For an OpenSystem: names
        of its observables, numbered ones by their common name.
    record_steps : int or sequence of int, default 40
        How many moments to record, evenly spaced, beside the start; or numbers of steps taken, to which the end is
        added.  It changes no bit of what happens, for QuTiP's methods nothing beyond their tolerance.
    seed : int, numpy.random.Generator or None, default 0
        A replica depends on the seed and its number alone: more replicas leave the first ones as they were.
        "semiclassical" has the same noise as "diffusion".
    threads : int, optional
        Threads, where no executor is given; every available core by default.  QuTiP's methods use one.
    executor : concurrent.futures.Executor, optional
        Where groups of replicas run, see :func:`landscapes.run_sweep`; for QuTiP's methods processes.
    path : path, optional
        Folder in which finished replicas are kept; the same call, or one for more replicas, continues from there.
    progress : bool, default False
        Whether to show a progress bar.
    **options
        For QuTiP's methods, its integrator's options by QuTiP's names: ``method`` as ``integrator``, ``atol``,
        ``rtol``, ``nsteps`` ("mesolve", "mcsolve"), ``dt`` ("ssesolve"; duration/steps by default).  A stochastic step
        that is too long changes the norm, which is warned of or refused; but "rouchon" keeps it however wrong it is.

    Returns
    -------
    xarray.Dataset
        Dimensions ``time``, ``replica``, ``spin``; coordinates ``step``, ``fraction`` and ``coupling`` (λ).  Along the
        run what ``record`` names: energies of the model, offset included and λ not; ``excess_energy`` per spin above
        the ground state; ``entropy`` in nats, of the first n // 2 spins with the rest.  At the end ``spins``, int8,
        one projective readout of σ^x for each replica, and ``readout_energy``, theirs recomputed from the model;
        ``state``, complex, (replica, basis), in the order of :mod:`cim.cavity.basis`.  For "mesolve" the records have
        no replicas, ``spins`` are drawn from the density matrix, and the state is (basis, basis_dual).  ``attrs``:
        the parameters, ``status`` ("completed", or "interrupted" by Ctrl-C: then the replicas that were finished),
        ``seed``, ``seconds``, ``versions``.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, an option unknown, or the state does not fit into memory (with the bytes).

    Notes
    -----
    "diffusion" takes :math:`O(n 2^n)` operations a step; ``tests/benchmarks/cavity/diffusion.py`` compares it with
    QuTiP's methods.

    Examples
    --------
    >>> import ising_problems as ip
    >>> pair = ip.IsingModel([[0.0, 1.0], [1.0, 0.0]])
    >>> run = trajectories(pair, duration=10.0, steps=200, replicas=4, loss_ratio=0.0, threads=1)
    >>> bool(run["ground_probability"][-1].mean() > 0.9)
    True
    >>> run["spins"].shape
    (4, 2)
    """
    method = checked_method(method, model if isinstance(model, OpenSystem) else None)
    detected = checked_unravelling(method, unravelling)
    solver = checked_solver(method, options)
    replicas = checked_integer(replicas, "replicas", 1)
    steps = checked_integer(steps, "steps", 1)
    tilt = checked_number(tilt, "tilt", at_least=0.0)
    threads = checked_threads(threads)
    # the end is looked at in any case
    moments = np.union1d(checked_moments(record_steps, steps), [steps]).astype(np.int64)
    keep_state = "state" in requested(record)
    midst = (np.arange(steps) + 0.5) / steps
    system: Any
    if isinstance(model, OpenSystem):
        refuse_for_system(ramp, transverse_field, loss_ratio, supermodes, shift, tilt)
        system, n, dimension = model, model.num_spins, model.dimension
        given = model.duration if duration is None else duration
        length = checked_number(_DURATION if given is None else given, "duration", above=0.0)
        names = checked_system_record(record, model)
        couplings, along = np.zeros(steps), {}
        attributes: dict[str, Any] = {str(key): value for key, value in model.notes.items()}
    else:
        glass = make_glass(
            model,
            ramp,
            duration=_DURATION if duration is None else duration,
            transverse_field=transverse_field,
            loss_ratio=loss_ratio,
            supermodes=supermodes,
            shift=shift,
        )
        system, n, length = glass.tabulated(2 * steps), glass.model.num_spins, glass.duration
        dimension = 1 << n
        if method not in QUTIP_METHODS:
            check_rotation(glass.transverse_field, length, steps)
            warn_of_long_steps(glass, float(glass.couplings(midst).max()), steps)
        names = checked_record(record, method, n)
        couplings = glass.couplings(midst)
        along = {"coupling": ("time", glass.couplings(moments / steps))}
        attributes = {
            "ramp": repr(glass.ramp),
            "transverse_field": glass.transverse_field,
            "loss_ratio": glass.loss_ratio,
            "shift": glass.modes.shift,
            "tilt": tilt,
            "offset": float(glass.model.offset),
        }
    check_memory(n, dimension, method, len(moments), threads if executor is None else 1)
    attributes |= {
        "method": method,
        "unravelling": {"mesolve": "none", "mcsolve": "photon counting"}.get(method, detected),
        "duration": length,
        "steps": steps,
        "options": repr(solver),
    }
    chunk = replicas_together(dimension, method, replicas)

    def together(_: Mapping[str, Sequence[Any]], results: Results) -> xr.Dataset:
        return _joined([dataset for _, dataset in results if dataset is not None]).assign_coords(
            {"fraction": ("time", moments / steps), **along, "spin": np.arange(n)}
        )

    with compilation_time():
        run = run_cells(
            run_replicas,
            {"replicas": [f"{first}:{min(first + chunk, replicas)}" for first in range(0, replicas, chunk)]},
            together,
            arguments={
                "method": method,
                "unravelling": detected,
                "system": system,
                "couplings": couplings,
                "duration": length,
                "tilt": tilt,
                "moments": moments,
                "names": names,
                "keep_state": keep_state,
                "options": solver,
            },
            seed=seed,
            executor=executor,
            threads=1 if method in QUTIP_METHODS else threads,  # QuTiP holds Python's lock: threads only wait
            path=path,
            attributes=attributes,
            description="trajectories",
            progress=progress,
        )
    if keep_state:  # netCDF has no complex numbers
        run["state"] = run["state_real"] + 1j * run["state_imaginary"]
        run = run.drop_vars(["state_real", "state_imaginary"])
    warn_of_small_cutoff(run)
    warn_of_norms(run, solver)
    return run.drop_vars(["largest_cutoff_population", "largest_norm_change"], errors="ignore")


def _joined(finished: list[xr.Dataset]) -> xr.Dataset:
    """One data set of those of groups of replicas."""
    import xarray as xr

    if not finished:  # after a failure, which is about to be told of
        return xr.Dataset()
    if len(finished) == 1:
        return finished[0]
    along = [name for name in finished[0].data_vars if "replica" in finished[0][name].dims]
    return xr.concat(finished, "replica", data_vars=along, coords="minimal", compat="override", join="exact")
