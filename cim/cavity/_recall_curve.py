r"""Recall curves: how much of a pattern comes back, against how much of the cue was wrong.

A share c of the spins of a pattern, chosen at random, is flipped, and the dynamics run from there.  The overlap m of
the answer with that pattern is averaged over patterns and trials, and the recall counts as a success where m exceeds a
threshold.  All dynamics start from the same cues.  A share c that gives no whole number of spins is rounded to one.

Errors: the standard error of the mean overlap, over patterns where there are several (trials of one pattern are not
independent evidence for another); Clopper and Pearson's interval for the share of successes, which takes all trials as
independent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.checks import checked_generator, checked_integer, checked_number, number_array, repeatable_seed
from landscapes.interruptions import note_interruption
from landscapes.parallel import checked_threads
from landscapes.progress import ProgressBar

from .._time_to_solution import clopper_pearson
from ..results import Status
from ._basin_sizes import flipped_at_random
from ._recall import checked_dynamics, checked_memory, recall
from .associative_memory import AssociativeMemory

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["checked_list_of_dynamics", "corrupted", "recall_curve"]


def recall_curve(
    memory: AssociativeMemory,
    corruptions: Any = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45),
    dynamics: str | Iterable[str] = ("steepest", "0tmh"),
    *,
    trials: int = 20,
    threshold: float = 0.95,
    level: float = 0.95,
    seed: int | np.random.Generator | None = 0,
    threads: int | None = None,
    progress: bool = False,
    **options: Any,
) -> xr.Dataset:
    """Overlap and success of recall against the corruption of the cue.

    Parameters
    ----------
    memory : AssociativeMemory
        With ±1 patterns.
    corruptions : array_like of float in [0, 1]
        Shares of the cue that are flipped.
    dynamics : str or iterable of str, default ("steepest", "0tmh")
    trials : int, default 20
        Cues for each pattern and corruption.
    threshold : float, default 0.95
        Overlap beyond which a pattern counts as recalled.
    level : float, default 0.95
        Of the intervals.
    seed : int, numpy.random.Generator or None, default 0
    threads : int, optional
    progress : bool, default False
        Whether to show a progress bar.
    **options
        Of :func:`cim.cavity.recall` for "kmc", such as ``atoms``.

    Returns
    -------
    xarray.Dataset
        Over ``dynamics`` and ``corruption``: ``overlap`` and ``overlap_error``, ``success`` with ``success_low`` and
        ``success_high``, ``flips`` (mean).  ``attrs["status"]`` is "completed" or, after Ctrl-C, "interrupted"; points
        that were not done by then are NaN (before the first one is done, KeyboardInterrupt is raised).

    Examples
    --------
    >>> import numpy as np
    >>> patterns = np.random.default_rng(0).choice([-1, 1], (3, 60))
    >>> curve = recall_curve(AssociativeMemory.hebbian(patterns), [0.0, 0.1], "steepest", trials=4)
    >>> curve["success"].values.tolist()
    [[1.0, 1.0]]
    """
    import xarray as xr

    memory = checked_memory(memory)
    if not memory.num_patterns or memory.patterns.dtype != np.int8:
        raise ValueError("memory: patterns of ±1 are needed, which can be corrupted by flipping")
    names = checked_list_of_dynamics(dynamics)
    if "replicas" in options:
        raise ValueError("replicas: each cue is recalled once; ask for more trials instead")
    shares = number_array(corruptions, "corruptions").astype(np.float64).reshape(-1)
    if not len(shares) or not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError(f"corruptions: shares between 0 and 1 are needed, but it is {corruptions!r}")
    trials, threads = checked_integer(trials, "trials", 1), checked_threads(threads)
    threshold = checked_number(threshold, "threshold")
    level = checked_number(level, "level", above=0.0, below=1.0)
    rng = checked_generator(seed)
    disturbance, *motions = rng.spawn(1 + len(names))
    cues = [corrupted(memory.patterns, share, trials, disturbance) for share in shares]
    p, shape = memory.num_patterns, (len(names), len(shares))
    overlap, error, success, low, high, flips = (np.full(shape, np.nan) for _ in range(6))
    cells = [(a, b) for a in range(len(names)) for b in range(len(shares))]
    status = Status.COMPLETED
    with ProgressBar(progress, "recall") as bar:
        for done, (a, b) in enumerate(cells):
            name = names[a]
            own_options = options if name == "kmc" or "kmc" not in names else {}
            try:
                found = recall(memory, cues[b], name, seed=motions[a], threads=threads, **own_options)
                status = Status(found.attrs["status"])
            except KeyboardInterrupt:
                note_interruption()
                status = Status.INTERRUPTED
            if status is Status.INTERRUPTED:
                if done == 0:
                    raise KeyboardInterrupt  # before any point was done: there is no result
                break
            own = found["overlap"].values.reshape(p, trials, p)[np.arange(p), :, np.arange(p)]
            overlap[a, b] = own.mean()
            groups = own.mean(axis=1) if p > 1 else own[0]
            error[a, b] = groups.std(ddof=1) / np.sqrt(len(groups)) if len(groups) > 1 else np.nan
            won = np.array((own > threshold).sum())
            success[a, b] = won / own.size
            low[a, b], high[a, b] = clopper_pearson(won, np.array(own.size), level)
            flips[a, b] = found["flips"].values.mean()
            bar.show((done + 1) / len(cells), f"{name}, {shares[b]:.3g} wrong")
    axes = ("dynamics", "corruption")
    values = {"overlap": overlap, "overlap_error": error, "success": success, "success_low": low, "success_high": high}
    return xr.Dataset(
        {name: (axes, value) for name, value in (values | {"flips": flips}).items()},
        coords={"dynamics": list(names), "corruption": shares},
        attrs={
            "rule": memory.rule,
            "num_spins": memory.model.num_spins,
            "num_patterns": p,
            "trials": trials,
            "threshold": threshold,
            "level": level,
            "status": status.value,
            "seed": str(repeatable_seed(seed, rng)),
        },
    )


def corrupted(patterns: np.ndarray, share: float, trials: int, rng: np.random.Generator) -> np.ndarray:
    """Cues, (p * trials, d): those of one pattern after another, in each of which a share of the entries is flipped."""
    flips = round(share * patterns.shape[1])
    return np.concatenate([flipped_at_random(pattern, flips, trials, rng) for pattern in patterns])


def checked_list_of_dynamics(dynamics: Any) -> tuple[str, ...]:
    """Names of dynamics, none twice."""
    names = tuple(dynamics) if isinstance(dynamics, Iterable) and not isinstance(dynamics, str) else (dynamics,)
    if not names or len(set(names)) < len(names):
        raise ValueError(f"dynamics: one name or more, none twice, but it is {dynamics!r}")
    return tuple(checked_dynamics(name) for name in names)
