r"""From ferromagnet to memory to glass: what atoms in a wider cloud make of the same cavity.

Positions are round normal of standard deviation ``width`` waists and couplings :math:`J_{ij} = \cos(2\, r_i \cdot
r_j/w_0^2)` (:mod:`cim.cavity.confocal`).  A narrow cloud has couplings of one sign and one pair of minima; a wide one
has couplings of both signs and exponentially many.  Of each instance all minima are found, exactly
(:func:`landscapes.ising_minima`), so that with the lowest of them, s, also these are exact:

* whether the ground state is a ferromagnet, all spins equal, and its magnetisation :math:`|\sum_i s_i|/n`;
* the number of minima, both of each pair ±s;
* the frustration, the part of the bonds' strength that the ground state leaves unsatisfied,
  :math:`\tfrac12 (1 + E_0 / \sum_{i<j} |J_{ij}|)`: 0 where every bond is satisfied;
* the largest eigenvalue of J, about n times the mean coupling in a ferromagnet and :math:`\sqrt{2n}` in a glass (twice
  the root of n times the variance).

In the limit of wide clouds couplings have the variance 1/2 but remain cosines, no normal variables, and are independent
only in pairs; the number of minima comes within a few per cent of that of the Sherrington–Kirkpatrick model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.checks import checked_integer, number_array
from landscapes import ising_minima, run_sweep
from landscapes.theory import sk_minima_count

from .confocal import confocal_couplings, random_positions
from .connectivity import glass_crossover_width

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["connectivity_study"]

_MEASURED = ("minima", "log_minima", "magnetisation", "frustration", "ground_energy", "largest_eigenvalue")


def connectivity_study(
    widths: Sequence[float] | np.ndarray,
    sizes: int | Sequence[int],
    *,
    instances: int = 100,
    seed: int | np.random.Generator | None = 0,
    executor: Executor | None = None,
    threads: int | None = None,
    path: Any = None,
    progress: bool = False,
    callback: Callable[[float], Any] | None = None,
) -> xr.Dataset:
    """Enumerate the minima of confocal couplings over size × width × instance.

    Parameters
    ----------
    widths : sequence of float
        Standard deviations of the positions along each axis, in waists.
    sizes : int or sequence of int
        Numbers of atoms, from 2 to 32; 16 take a millisecond an instance, 26 some hundredths of a second.
    instances : int, default 100
        Of each size and width.
    seed : int, numpy.random.Generator or None, default 0
        Fixes the result, whatever the executor; see :func:`landscapes.run_sweep`.
    executor : concurrent.futures.Executor, optional
        Where the cells, one for each size and width, are computed.
    threads : int, optional
        Threads of this process where no executor is given; every available core by default.
    path : path, optional
        Folder in which each finished cell is kept, and from which a killed study resumes.
    progress : bool, default False
        Whether to show a progress bar.
    callback : callable, optional
        Called from time to time with the fraction of the cells that are done; something true ends the study.

    Returns
    -------
    xarray.Dataset
        Dimensions ``size``, ``width`` and ``instance``.  For each instance ``ferromagnetic`` (1 or 0), ``minima``,
        ``log_minima``, ``magnetisation``, ``frustration``, ``ground_energy`` (per spin), ``largest_eigenvalue``; NaN
        where the study was interrupted.  Over instances ``mean_…`` of each but the first, with the standard error
        ``mean_…_error``; ``ferromagnet_probability``, with an error that does not vanish when none or all are
        (Agresti, Coull, Am. Stat. 52, 119 (1998)).  For comparison ``sk_minima`` and ``glass_width`` of each size
        (:func:`landscapes.theory.sk_minima_count`, :func:`glass_crossover_width`).

    Raises
    ------
    ValueError
        If an argument is out of range; the message names it.

    Examples
    --------
    >>> study = connectivity_study([0.2, 3.0], 8, instances=20)
    >>> float(study["ferromagnet_probability"][0, 0]), bool(study["mean_minima"][0, 1] > 2)
    (1.0, True)
    """
    wide = number_array(widths, "widths")
    if wide.ndim != 1 or not len(wide) or not np.isfinite(wide).all() or (wide <= 0).any():
        raise ValueError(f"widths: positive numbers are needed, at least one, but they are {widths!r}")
    counts = [checked_integer(size, "sizes", at_least=2) for size in np.atleast_1d(np.asarray(sizes)).tolist()]
    if not counts:
        raise ValueError("sizes: at least one is needed")
    if max(counts) > 32:
        raise ValueError(f"sizes: all minima are enumerated, of at most 32 atoms, but there are {max(counts)}")
    instances = checked_integer(instances, "instances", at_least=1)
    found = run_sweep(
        instances_of,
        {"size": counts, "width": wide.tolist()},
        arguments={"instances": instances},
        seed=seed,
        executor=executor,
        threads=threads,
        path=path,
        description="connectivity",
        progress=progress,
        callback=callback,
    )
    return with_averages(found)


def instances_of(size: int, width: float, instances: int, seed: np.random.Generator) -> dict[str, Any]:
    """A cell of the study: so many instances of one size and width, each with a generator of its own."""
    rows = [_measured(size, width, stream) for stream in seed.spawn(instances)]
    return {name: ("instance", np.array([row[name] for row in rows], dtype=np.float64)) for name in rows[0]}


def _measured(size: int, width: float, rng: np.random.Generator) -> dict[str, float]:
    model = confocal_couplings(random_positions(size, width, seed=rng))
    minima = ising_minima(model, threads=1)
    magnetisation = abs(int(minima.spins[0].sum(dtype=np.int64))) / size
    strength = float(np.abs(model.J).sum()) / 2
    energy = float(minima.energies[0])
    return {
        "ferromagnetic": float(magnetisation == 1.0),
        "minima": minima.count,
        "log_minima": np.log(minima.count),
        "magnetisation": magnetisation,
        "frustration": max(0.5 * (1.0 + energy / strength), 0.0),
        "ground_energy": energy / size,
        "largest_eigenvalue": float(np.linalg.eigvalsh(model.J)[-1]),
    }


def with_averages(study: xr.Dataset) -> xr.Dataset:
    """The same with means over instances, their errors, and what theory says of each size."""
    over = ("size", "width")
    study = study.transpose("size", "width", "instance")
    averages: dict[str, Any] = {}
    for name in _MEASURED:
        values = study[name].values
        count = np.isfinite(values).sum(axis=-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.nansum(values, axis=-1) / count
            square = np.nansum((values - mean[..., None]) ** 2, axis=-1) / (count - 1)
            averages[f"mean_{name}"] = (over, np.where(count > 0, mean, np.nan))
            averages[f"mean_{name}_error"] = (over, np.where(count > 1, np.sqrt(square / count), np.nan))
    ferromagnets = study["ferromagnetic"].values
    count = np.isfinite(ferromagnets).sum(axis=-1)
    hits = np.nansum(ferromagnets, axis=-1)
    with np.errstate(invalid="ignore"):
        share = np.where(count > 0, hits / count, np.nan)
    likely = (hits + 2.0) / (count + 4.0)
    error = np.where(count > 0, np.sqrt(likely * (1.0 - likely) / (count + 4.0)), np.nan)
    sizes = study["size"].values
    return study.assign(
        **averages,
        ferromagnet_probability=(over, share),
        ferromagnet_probability_error=(over, error),
        sk_minima=("size", [sk_minima_count(int(size)) for size in sizes]),
        glass_width=("size", glass_crossover_width(sizes)),
    )
