r"""Recall: a cue goes into the machine, spins flip, and what they end in is the memory's answer.

The machine starts at the cue, or at what the encoder makes of it (:mod:`cim.cavity.associative_memory`), and follows
one of

* ``"steepest"``, ``"0tmh"``, ``"reluctant"``: single spins at zero temperature (:mod:`cim.cavity.descents`);
* ``"kmc"``: ensembles of M atoms, all along the cue at first, which flip one by one at the rates of the cavity
  (:mod:`cim.cavity.collective_flips`), until the mean energy falls no more.  The answer is the sign of each
  magnetisation; where that is zero, the cue's.

The overlap with pattern μ is :math:`\tfrac1d \sum_i \xi^\mu_i x_i`, x the answer; for real patterns the cosine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.checks import (
    check_finite,
    checked_generator,
    checked_integer,
    checked_number,
    number_array,
    repeatable_seed,
)
from landscapes.parallel import checked_threads

from .associative_memory import AssociativeMemory
from .collective_flips import STATUS, collective_flips
from .descents import DESCENTS, Descents
from .flip_rate import FlipRate

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["DYNAMICS", "checked_dynamics", "checked_memory", "recall"]

DYNAMICS = (*DESCENTS, "kmc")
_EVENTS = 10**8
_MOST_ATOMS = 10**9


def recall(
    memory: AssociativeMemory | IsingModel,
    cue: Any,
    dynamics: str = "steepest",
    *,
    replicas: int = 1,
    rate: FlipRate | None = None,
    atoms: int | None = None,
    energy_scale: float | None = None,
    self_couplings: Any = None,
    max_time: float | None = None,
    max_events: int | None = None,
    max_flips: int | None = None,
    seed: int | np.random.Generator | None = 0,
    threads: int | None = None,
    progress: bool = False,
) -> xr.Dataset:
    """Let a memory complete a cue.

    Parameters
    ----------
    memory : AssociativeMemory or IsingModel
        A bare model has no patterns; its answers are minima.
    cue : array_like, shape (d,) or (cues, d)
        ±1, or real numbers where the memory has an encoder.
    dynamics : {"steepest", "0tmh", "reluctant", "kmc"}
    replicas : int, default 1
        Independent runs for each cue; those of "steepest" and "reluctant" are all the same.
    rate : FlipRate, optional
        For "kmc", as what follows up to ``max_events``.  By default that of a mode with Δ = -4, κ = 1, g = 3 and noise
        2, with which the steepest ensemble flips first if there are many atoms.
    atoms : int, optional
        M in each ensemble; 1000 by default.
    energy_scale : float, optional
        The model's unit of energy in those of the rate; 1/2 by default, with which energies are
        :math:`-\\sum_{ij} (J_{ij}/M)\\, m_i m_j` over ordered pairs.  See :mod:`cim.cavity.collective_flips`.
    self_couplings : float or array_like of shape (n,), optional
        :math:`A_{ii}`, as of :func:`cim.cavity.confocal_self_couplings`; zero by default.
    max_time : float, optional
        None by default.
    max_events : int, optional
        Flips of single atoms at most, 10⁸ by default.
    max_flips : int, optional
        End when so many spins have flipped, or so many ensembles, each of these counted once, if the run has not
        settled before.
    seed : int, numpy.random.Generator or None, default 0
        A replica's random numbers depend on the seed and on its place among all, not on ``threads``.
    threads : int, optional
        Every available core by default.
    progress : bool, default False
        Whether to show a progress bar with "kmc".

    Returns
    -------
    xarray.Dataset
        Dimensions ``cue`` (only where several were given), ``replica``, ``spin``, ``pixel`` (the d entries of an
        answer), ``pattern``.  ``spins``: the machine's end, int8; ``output``: the answer; ``overlap`` with every
        pattern; ``best_pattern``, the one of largest overlap, and ``best_overlap``; ``energy`` and
        ``start_energy`` of the model; ``flips``: of spins, or of ensembles, each counted once; ``stable``: whether no
        single flip lowers the energy any more.  With "kmc" also ``magnetisation`` (m/S), ``first_flip_time`` (infinite
        where there was none), ``time``, ``events`` and ``end``, why it ended.  ``attrs["status"]`` is "completed", or
        "interrupted" by Ctrl-C.

    Raises
    ------
    ValueError, TypeError
        If an argument is malformed, or of no use with these dynamics.

    Examples
    --------
    >>> memory = AssociativeMemory.hebbian([[1, 1, 1, 1, -1, -1], [1, -1, 1, -1, 1, -1]])
    >>> found = recall(memory, [1, 1, 1, -1, -1, -1])
    >>> found["output"].values.tolist(), int(found["best_pattern"][0])
    ([[1, 1, 1, 1, -1, -1]], 0)
    """
    import xarray as xr

    memory = checked_memory(memory)
    dynamics = checked_dynamics(dynamics)
    _refuse_unused(
        dynamics,
        rate=rate,
        atoms=atoms,
        energy_scale=energy_scale,
        self_couplings=self_couplings,
        max_time=max_time,
        max_events=max_events,
    )
    replicas = checked_integer(replicas, "replicas", 1)
    flips = None if max_flips is None else min(checked_integer(max_flips, "max_flips", 1), 2**62)
    threads = checked_threads(threads)
    rng = checked_generator(seed)
    begun = memory.encode(cue)
    if begun.ndim not in (1, 2):
        raise ValueError(f"cue: one cue or one a row is needed, but the shape is {np.shape(cue)}")
    model, n = memory.model, memory.model.num_spins
    starts = np.repeat(np.atleast_2d(begun), replicas, axis=0)
    attributes: dict[str, Any] = {
        "dynamics": dynamics,
        "rule": memory.rule,
        "num_patterns": memory.num_patterns,
        "seed": str(repeatable_seed(seed, rng)),
    }
    descents = Descents(model)
    shape, axes = (*begun.shape[:-1], replicas), ("cue",) * (begun.ndim - 1) + ("replica",)
    variables: dict[str, Any] = {}
    if dynamics == "kmc":
        chosen = _checked_rate(rate, n)
        count = 1000 if atoms is None else checked_integer(atoms, "atoms", 1)
        if count > _MOST_ATOMS:
            raise ValueError(f"atoms: at most {_MOST_ATOMS:,} in an ensemble, but there are {count:,}")
        scale = 0.5 if energy_scale is None else checked_number(energy_scale, "energy_scale", above=0.0)
        run = collective_flips(
            model,
            chosen,
            (starts > 0) * count,
            count,
            energy_scale=scale,
            self_couplings=_checked_self_couplings(self_couplings, n),
            max_flips=flips,
            max_time=np.inf if max_time is None else checked_number(max_time, "max_time", above=0.0),
            max_events=_EVENTS if max_events is None else min(checked_integer(max_events, "max_events", 1), 2**62),
            rng=rng,
            threads=threads,
            progress=progress,
        )
        magnetisations = 2.0 * run.magnetisations / count - 1.0
        spins = np.where(magnetisations == 0, starts, np.sign(magnetisations)).astype(np.int8)
        flipped, interrupted = np.isfinite(run.first_flips).sum(axis=1), run.interrupted
        attributes |= {"atoms": count, "energy_scale": scale}
        variables = {
            "magnetisation": ((*axes, "spin"), magnetisations.reshape(*shape, n)),
            "first_flip_time": ((*axes, "spin"), run.first_flips.reshape(*shape, n)),
            "time": (axes, run.times.reshape(shape)),
            "events": (axes, run.events.reshape(shape)),
            "end": (axes, np.array(STATUS)[run.status].reshape(shape)),
        }
    else:
        spins, flipped, _, interrupted = descents(starts, dynamics, rng=rng, threads=threads, most_flips=flips)
    outputs = memory.decode(spins)
    overlaps = memory.overlaps(outputs)
    p = memory.num_patterns
    best = overlaps.argmax(axis=1) if p else np.full(len(spins), -1)
    reached = overlaps.max(axis=1) if p else np.full(len(spins), np.nan)
    attributes["status"] = "interrupted" if interrupted else "completed"
    return xr.Dataset(
        {
            "spins": ((*axes, "spin"), spins.reshape(*shape, n)),
            "output": ((*axes, "pixel"), outputs.reshape(*shape, outputs.shape[-1])),
            "overlap": ((*axes, "pattern"), overlaps.reshape(*shape, p)),
            "best_pattern": (axes, best.reshape(shape)),
            "best_overlap": (axes, reached.reshape(shape)),
            "energy": (axes, np.asarray(model.energy(spins), dtype=np.float64).reshape(shape)),
            "start_energy": (axes, np.asarray(model.energy(starts), dtype=np.float64).reshape(shape)),
            "flips": (axes, flipped.reshape(shape)),
            "stable": (axes, descents.is_stable(spins).reshape(shape)),
            **variables,
        },
        coords={"spin": np.arange(n), "replica": np.arange(replicas), "pattern": np.arange(p)},
        attrs=attributes,
    )


def checked_memory(memory: Any) -> AssociativeMemory:
    """A memory; a bare model is one without patterns."""
    if isinstance(memory, IsingModel):
        return AssociativeMemory(memory, np.zeros((0, memory.num_spins), dtype=np.int8))
    if not isinstance(memory, AssociativeMemory):
        remedy = (
            "problem.to_ising() gives a model, whose spins the cues are of"
            if isinstance(memory, Problem)
            else "AssociativeMemory.hebbian(patterns) makes one of patterns"
        )
        raise TypeError(
            f"memory: an AssociativeMemory or an IsingModel is needed, not {type(memory).__name__}; {remedy}"
        )
    return memory


def checked_dynamics(dynamics: Any, known: tuple[str, ...] = DYNAMICS) -> str:
    """One of the dynamics' names."""
    if dynamics not in known:
        raise ValueError(f"dynamics: must be one of {', '.join(known)}, but it is {dynamics!r}")
    return dynamics


def _refuse_unused(dynamics: str, **given: Any) -> None:
    for name, value in given.items():
        if value is not None and dynamics != "kmc":
            raise ValueError(f'{name}: only dynamics="kmc" takes it, but the dynamics are {dynamics!r}')


def _checked_rate(rate: Any, n: int) -> FlipRate:
    if rate is None:
        return FlipRate(3.0, -4.0, 1.0, noise=2.0)
    if not isinstance(rate, FlipRate):
        raise TypeError(f"rate: a FlipRate is needed, not {type(rate).__name__}")
    if rate.num_ensembles not in (None, n):
        raise ValueError(f"rate: is of {rate.num_ensembles} ensembles, but the model has {n} spins")
    return rate


def _checked_self_couplings(values: Any, n: int) -> np.ndarray:
    array = number_array(0.0 if values is None else values, "self_couplings").astype(np.float64)
    if array.shape not in ((), (n,)):
        raise ValueError(f"self_couplings: a number, or one for each of the {n} spins, but the shape is {array.shape}")
    check_finite(array, "self_couplings")
    return np.broadcast_to(array, (n,))
