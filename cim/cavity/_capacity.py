r"""Capacity: how many random patterns a memory of n spins holds before recall breaks down.

At the load :math:`\alpha = p/n`, p random patterns are stored, cues are made of some of them by flipping a share of
their spins, and the dynamics run from there.  Each instance (its patterns) gives one mean overlap and one share of
successes; what is drawn is their mean over instances with its standard error.

Hebb's rule breaks down near :math:`\alpha = 0.138` for large n (Amit, Gutfreund, Sompolinsky, Phys. Rev. Lett. 55, 1530
(1985)); the pseudoinverse rule holds its patterns fixed up to 1, but their basins shrink to nothing on the
way there (Kanter, Sompolinsky, Phys. Rev. A 35, 380 (1987)).  How fast, depends on the dynamics.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.checks import checked_integer, checked_number, number_array
from landscapes.sweep import run_sweep

from ._recall import recall
from ._recall_curve import checked_list_of_dynamics, corrupted
from .associative_memory import AssociativeMemory

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["capacity"]

_RULES = ("hebbian", "pseudoinverse")
_ATTEMPTS = 100


def capacity(
    loads: Any = (0.05, 0.1, 0.12, 0.14, 0.16, 0.2, 0.3),
    n: int = 250,
    rule: str = "hebbian",
    dynamics: str | Iterable[str] = ("steepest", "0tmh"),
    corruption: float = 0.1,
    *,
    instances: int = 3,
    recalls: int = 15,
    threshold: float = 0.95,
    seed: int | np.random.Generator | None = 0,
    executor: Executor | None = None,
    threads: int | None = 1,
    path: Any = None,
    progress: bool = False,
) -> xr.Dataset:
    """Overlap and success of recall against the load of a memory of random patterns.

    Parameters
    ----------
    loads : array_like of float
        α; the number of patterns is the integer nearest to αn, and at least 1.
    n : int, default 250
        Spins, at least 10.
    rule : {"hebbian", "pseudoinverse"}
        The latter up to α < 1.
    dynamics : str or iterable of str, default ("steepest", "0tmh")
    corruption : float in [0, 1], default 0.1
        Share of each cue that is flipped.
    instances : int, default 3
        Sets of patterns for each load.
    recalls : int, default 15
        Cues for each instance, of as many patterns as there are, in turn.
    threshold : float, default 0.95
        Overlap beyond which a pattern counts as recalled.
    seed, executor, threads, path, progress
        As for :func:`landscapes.run_sweep`.

    Returns
    -------
    xarray.Dataset
        Over ``load``, ``instance`` and ``dynamics``: ``overlap``, ``success``, ``flips``; over ``load`` and
        ``dynamics``: ``mean_overlap`` and ``mean_success`` with ``…_error``, over instances.

    Examples
    --------
    >>> found = capacity([0.05, 0.4], n=60, instances=2, recalls=3)
    >>> bool((found["mean_overlap"].sel(load=0.05) > found["mean_overlap"].sel(load=0.4)).all())
    True
    """
    if rule not in _RULES:
        raise ValueError(f"rule: must be one of {', '.join(_RULES)}, but it is {rule!r}")
    values = number_array(loads, "loads").astype(np.float64).reshape(-1)
    n = checked_integer(n, "n", 10)
    if not len(values) or not (values > 0).all():
        raise ValueError(f"loads: positive numbers are needed, but it is {loads!r}")
    if rule == "pseudoinverse" and round(float(values.max()) * n) >= n:
        raise ValueError(f"loads: the pseudoinverse rule takes loads below 1, but one is {values.max():g}")
    arguments = {
        "n": n,
        "rule": rule,
        "dynamics": checked_list_of_dynamics(dynamics),
        "corruption": checked_number(corruption, "corruption", at_least=0.0, below=1.0 + 1e-12),
        "recalls": checked_integer(recalls, "recalls", 1),
        "threshold": checked_number(threshold, "threshold"),
    }
    grid = {"load": values.tolist(), "instance": range(checked_integer(instances, "instances", 1))}
    result = run_sweep(
        _of_one_instance,
        grid,
        arguments=arguments,
        seed=seed,
        executor=executor,
        threads=threads,
        path=path,
        attributes={key: value for key, value in arguments.items() if key != "dynamics"},
        description="capacity",
        progress=progress,
    )
    for name in ("overlap", "success"):
        there = result[name].notnull().sum("instance")
        result[f"mean_{name}"] = result[name].mean("instance")
        spread = result[name].std("instance", ddof=1) if instances > 1 else np.nan * result[f"mean_{name}"]
        result[f"mean_{name}_error"] = spread / np.sqrt(there)
    return result


def _of_one_instance(
    load: float,
    instance: int,
    seed: np.random.Generator,
    *,
    n: int,
    rule: str,
    dynamics: tuple[str, ...],
    corruption: float,
    recalls: int,
    threshold: float,
) -> xr.Dataset:
    """One set of random patterns, some of which are recalled by each of the dynamics from the same cues."""
    import xarray as xr

    patterns, disturbance, *motions = seed.spawn(2 + len(dynamics))
    p = max(1, round(load * n))
    memory = _of_random_patterns(rule, p, n, patterns)
    xi = memory.patterns
    asked = np.arange(recalls) % p
    cues = corrupted(xi[asked], corruption, 1, disturbance)
    found = [recall(memory, cues, name, seed=motion, threads=1) for name, motion in zip(dynamics, motions, strict=True)]
    own = np.stack([run["overlap"].values[np.arange(recalls), 0, asked] for run in found])
    return xr.Dataset(
        {
            "overlap": ("dynamics", own.mean(axis=1)),
            "success": ("dynamics", (own > threshold).mean(axis=1)),
            "flips": ("dynamics", [float(run["flips"].mean()) for run in found]),
        },
        coords={"dynamics": list(dynamics)},
    )


def _of_random_patterns(rule: str, p: int, n: int, rng: np.random.Generator) -> AssociativeMemory:
    """Random patterns stored; drawn again where two of a few spins are the same, or some depend on others."""
    store = AssociativeMemory.hebbian if rule == "hebbian" else AssociativeMemory.pseudoinverse
    for attempt in range(_ATTEMPTS):
        xi = (2 * rng.integers(0, 2, (p, n)) - 1).astype(np.int8)
        try:
            return store(xi)
        except ValueError:
            if attempt + 1 == _ATTEMPTS:
                raise
    raise AssertionError  # not reached
