r"""Basins: how far from a stable state a start may be for the dynamics to lead back.

At distance k, k spins of the state, chosen at random, are flipped, and :math:`P(k)` is the share of such starts from
which the dynamics end in the state itself.  The size of its basin is the flipped fraction :math:`k/n` up to which
:math:`P \ge` ``probability``: between the last distance at which that holds and the first at which it fails, P is
interpolated linearly, from :math:`P(0) = 1`.  A size below 1/n says that even one wrong spin is too much.

The interval is where the same lines cross that are drawn through the lower and the upper limits of each P, of Clopper
and Pearson (:mod:`cim._time_to_solution`).

Source: Marsh et al., Phys. Rev. X 11, 021048 (2021), for the comparison of dynamics by their basins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import IsingModel
from ising_problems.checks import check_spins, checked_generator, checked_integer, checked_number, repeatable_seed
from landscapes.interruptions import note_interruption
from landscapes.parallel import checked_threads
from landscapes.progress import ProgressBar

from .._time_to_solution import clopper_pearson
from ..results import Status
from ._recall import checked_dynamics, checked_memory
from .associative_memory import AssociativeMemory
from .descents import DESCENTS, Descents

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["basin_sizes", "flipped_at_random"]


def basin_sizes(
    memory: AssociativeMemory | IsingModel,
    states: Any = None,
    dynamics: str = "steepest",
    *,
    probability: float = 0.95,
    trials: int = 100,
    max_states: int = 20,
    level: float = 0.95,
    seed: int | np.random.Generator | None = 0,
    threads: int | None = None,
    progress: bool = False,
) -> xr.Dataset:
    """Sizes of the basins of stable states under some dynamics.

    Parameters
    ----------
    memory : AssociativeMemory or IsingModel
    states : array_like of ±1, shape (k, n), optional
        Each is first followed down to where steepest descent ends, which then is the state.  By default those of the
        memory's patterns; of a bare model, ``max_states`` ends of steepest descent from random starts.
    dynamics : {"steepest", "0tmh", "reluctant"}
    probability : float, default 0.95
        With which the dynamics have to lead back.
    trials : int, default 100
        Starts at each distance.
    max_states : int, default 20
        How many minima of a bare model; fewer where several starts lead to one.
    level : float, default 0.95
        Of the intervals.
    seed : int, numpy.random.Generator or None, default 0
        The same starts for all dynamics.
    threads : int, optional
        Every available core by default.
    progress : bool, default False
        Whether to show a progress bar.

    Returns
    -------
    xarray.Dataset
        Over ``state``: ``basin_size``, ``basin_low``, ``basin_high`` (fractions of n), ``energy``; ``spins`` (state,
        spin); ``recovered`` (state, distance), the share led back, NaN beyond where it no longer matters.
        ``attrs["status"]`` is "completed" or, after Ctrl-C, "interrupted"; what was not reached by then is NaN (before
        the first distance is done, KeyboardInterrupt is raised).

    Examples
    --------
    >>> from cim.cavity import AssociativeMemory
    >>> memory = AssociativeMemory.hebbian([[1, -1, 1, 1, -1, 1, 1, -1]])
    >>> float(basin_sizes(memory)["basin_size"][0]) > 0.3
    True
    """
    import xarray as xr

    memory = checked_memory(memory)
    dynamics = checked_dynamics(dynamics, DESCENTS)
    probability = checked_number(probability, "probability", above=0.0, below=1.0)
    level = checked_number(level, "level", above=0.0, below=1.0)
    trials = checked_integer(trials, "trials", 1)
    max_states = checked_integer(max_states, "max_states", 1)
    threads = checked_threads(threads)
    rng = checked_generator(seed)
    model, n = memory.model, memory.model.num_spins
    if n == 0:
        raise ValueError("memory: without spins there are no basins")
    # streams of their own, so that what one draws does not move the others
    choice, disturbance, motion = rng.spawn(3)
    fall = Descents(model)
    if states is None:
        begun = memory.states
        if not len(begun):
            begun = (2 * choice.integers(0, 2, (max_states, n)) - 1).astype(np.int8)
    else:
        begun = np.atleast_2d(check_spins(states, n, "states"))
        if begun.ndim != 2 or not len(begun):
            raise ValueError(f"states: one state or one a row is needed, but the shape is {np.shape(states)}")
    spins = fall(begun, threads=threads)[0]
    if states is None and not memory.num_patterns:
        spins = np.unique(spins, axis=0)
    count = len(spins)
    recovered, low, high = (np.full((count, n + 1), np.nan) for _ in range(3))
    recovered[:, 0] = low[:, 0] = high[:, 0] = 1.0
    going, status = np.arange(count), Status.COMPLETED
    with ProgressBar(progress, "basins") as bar:
        for k in range(1, n + 1):
            try:
                back = _led_back(fall, spins, going, k, trials, dynamics, disturbance, motion, threads)
            except KeyboardInterrupt:
                if k == 1:
                    raise
                note_interruption()
                status = Status.INTERRUPTED
                break
            recovered[going, k] = back / trials
            low[going, k], high[going, k] = clopper_pearson(back, np.full(len(going), trials), level)
            going = going[high[going, k] >= probability]
            bar.show(1.0 - len(going) / count, f"{k} wrong spins")
            if not len(going):
                break
    complete = status is Status.COMPLETED
    crossings = [
        np.array([_crossing(row, probability, complete) for row in rows]) / n for rows in (recovered, low, high)
    ]
    last = int(np.isfinite(recovered).any(axis=0).nonzero()[0].max())
    return xr.Dataset(
        {
            "basin_size": ("state", crossings[0]),
            "basin_low": ("state", crossings[1]),
            "basin_high": ("state", crossings[2]),
            "energy": ("state", np.asarray(model.energy(spins), dtype=np.float64)),
            "spins": (("state", "spin"), spins),
            "recovered": (("state", "distance"), recovered[:, : last + 1]),
        },
        coords={"state": np.arange(count), "distance": np.arange(last + 1)},
        attrs={
            "dynamics": dynamics,
            "probability": probability,
            "trials": trials,
            "level": level,
            "num_spins": n,
            "status": status.value,
            "seed": str(repeatable_seed(seed, rng)),
        },
    )


def flipped_at_random(spins: np.ndarray, flips: int, trials: int, rng: np.random.Generator) -> np.ndarray:
    """Copies of a configuration (n,), in each of which so many spins, chosen at random, are flipped; (trials, n)."""
    n = len(spins)
    copies = np.tile(spins, (trials, 1))
    if flips == 0:
        return copies
    chosen = np.argpartition(rng.random((trials, n)), flips - 1, axis=1)[:, :flips]
    np.put_along_axis(copies, chosen, -np.take_along_axis(copies, chosen, axis=1), axis=1)
    return copies


def _led_back(
    fall: Descents,
    spins: np.ndarray,
    going: np.ndarray,
    flips: int,
    trials: int,
    dynamics: str,
    disturbance: np.random.Generator,
    motion: np.random.Generator,
    threads: int,
) -> np.ndarray:
    """Of the starts at one distance from each of the states ``going``, how many are led back."""
    count, n = spins.shape
    # for the others too, so that a state's starts do not depend on how far these went
    starts = np.concatenate([flipped_at_random(state, flips, trials, disturbance) for state in spins])
    starts = starts.reshape(count, trials, n)[going].reshape(-1, n)
    ends, _, _, interrupted = fall(starts, dynamics, rng=motion, threads=threads)
    if interrupted:
        raise KeyboardInterrupt
    return (ends.reshape(len(going), trials, n) == spins[going, None]).all(axis=2).sum(axis=1)


def _crossing(row: np.ndarray, probability: float, complete: bool) -> float:
    """Where a broken line first falls below; if it does not, the last distance of a complete run, else NaN."""
    below = np.flatnonzero(row < probability)
    if not len(below):
        if not complete:
            return np.nan
        return float(np.isfinite(row).nonzero()[0].max())
    k = int(below[0])
    return k - 1 + float((row[k - 1] - probability) / (row[k - 1] - row[k]))
