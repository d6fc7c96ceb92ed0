r"""How steepest descent emerges: which ensemble of atoms turns first.

All atoms of an ensemble begin in step, :math:`m_i = \pm S`.  At first each of the M atoms turns on its own, at
:math:`K(\delta E)`; once some have, the ensemble radiates together, and on the mean

.. math:: \frac{dm}{dt} = \bigl[K(-|\delta E|) - K(|\delta E|)\bigr] (S^2 - m^2) ,

which takes it over after a time :math:`\ln(4S)/(2S\,\Delta K)`.  For many atoms the chance of the first steps counts
less and less, and the ensemble of the largest :math:`\Delta K = K(-|\delta E|) - K(|\delta E|)` is first: that with the
largest drop in energy, if ΔK rises with the drop.  It does where noise makes K wide; the bare cavity's K is a narrow
peak at δE = 0, and favours the smallest drops.

The model is the Sherrington-Kirkpatrick one, the start random.  Ranks count all n ensembles from the steepest, 1; the
mean of a choice at random is (n+1)/2.
"""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np

import ising_problems as ip
from ising_problems.checks import checked_integer, checked_number
from landscapes.cells import cell_generator, seed_of_sweep
from landscapes.sweep import run_sweep

from .._time_to_solution import clopper_pearson
from .collective_flips import collective_flips
from .flip_rate import FlipRate

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["steepest_emergence"]


def steepest_emergence(
    atoms: Any = (1, 10, 100, 1000),
    *,
    coupling: float = 3.0,
    detuning: float = -4.0,
    loss: float = 1.0,
    noise: float = 2.0,
    n: int = 20,
    energy_scale: float = 0.5,
    instances: int = 100,
    level: float = 0.95,
    seed: int | np.random.Generator | None = 0,
    executor: Executor | None = None,
    threads: int | None = 1,
    path: Any = None,
    progress: bool = False,
) -> xr.Dataset:
    """Share of random starts from which the ensemble with the largest drop in energy flips first.

    Parameters
    ----------
    atoms : int or sequence of int
        M in each ensemble.
    coupling, detuning, loss, noise : float
        g, Δ, κ and σ of the rate, see :class:`cim.cavity.FlipRate`.
    n : int, default 20
        Ensembles.
    energy_scale : float, default 0.5
        As for :func:`cim.cavity.recall`.
    instances : int, default 100
        Models with a random start each, the same for every M.
    level : float, default 0.95
        Of the interval.
    seed, executor, threads, path, progress
        As for :func:`landscapes.run_sweep`.

    Returns
    -------
    xarray.Dataset
        Over ``atoms``: ``steepest_first`` with ``steepest_first_low`` and ``…_high``, ``mean_rank`` with
        ``mean_rank_error``; and each ``rank`` (atoms, instance).

    Examples
    --------
    >>> found = steepest_emergence([1, 300], n=10, instances=20)
    >>> bool(found["mean_rank"][1] < found["mean_rank"][0])
    True
    """
    numbers = [checked_integer(count, "atoms", 1) for count in np.atleast_1d(np.asarray(atoms)).tolist()]
    FlipRate(coupling, detuning, loss, noise=noise)  # refuses what is wrong before any cell does
    arguments = {
        "coupling": float(coupling),
        "detuning": float(detuning),
        "loss": float(loss),
        "noise": float(noise),
        "n": checked_integer(n, "n", 2),
        "energy_scale": checked_number(energy_scale, "energy_scale", above=0.0),
        "instances": checked_integer(instances, "instances", 1),
    }
    level = checked_number(level, "level", above=0.0, below=1.0)
    result = run_sweep(
        _first_ranks,
        {"atoms": numbers},
        arguments=arguments,
        seed=seed,
        executor=executor,
        threads=threads,
        path=path,
        attributes=arguments,
        description="first flips",
        progress=progress,
    )
    ranks = result["rank"]
    known = ranks.notnull().all("instance")
    hits = (ranks == 1).sum("instance").values
    low, high = clopper_pearson(hits, np.full(hits.shape, instances), level)
    result["steepest_first"] = (ranks == 1).mean("instance").where(known)
    result["steepest_first_low"], result["steepest_first_high"] = (("atoms", np.asarray(end)) for end in (low, high))
    result["mean_rank"] = ranks.mean("instance")
    result["mean_rank_error"] = ranks.std("instance", ddof=1 if instances > 1 else 0) / np.sqrt(instances)
    return result


def _first_ranks(
    atoms: int,
    seed: np.random.Generator,
    *,
    coupling: float,
    detuning: float,
    loss: float,
    noise: float,
    n: int,
    energy_scale: float,
    instances: int,
) -> xr.Dataset:
    """Rank, from the steepest, of the ensemble that flips first in each instance."""
    import xarray as xr

    rate = FlipRate(coupling, detuning, loss, noise=noise)
    entropy = seed_of_sweep(seed)
    ranks = np.zeros(instances)
    for k, motion in enumerate(seed.spawn(instances)):
        drawn = cell_generator(entropy, {"instance": k})  # the same models and starts for every number of atoms
        model = ip.sherrington_kirkpatrick(n, seed=drawn)
        spins = (2 * drawn.integers(0, 2, n) - 1).astype(np.int8)
        starts = ((spins > 0) * atoms)[None]
        run = collective_flips(
            model, rate, starts, atoms, energy_scale=energy_scale, max_flips=1, settle=False, rng=motion
        )
        order = np.argsort(spins * model.local_fields(spins))  # the largest drop first
        ranks[k] = 1 + int(np.flatnonzero(order == run.first_flips[0].argmin())[0])
    return xr.Dataset({"rank": ("instance", ranks)})
