"""Open systems by QuTiP's own solvers: the master equation, quantum jumps, stochastic Schrödinger equations.

Each yields a batch of states at every moment that is recorded, as :mod:`cim.cavity.diffusion` does, so that all
methods are measured by the same code.  Every trajectory has a ``SeedSequence`` of its own.

QuTiP calls us at more moments than those, on a grid of their own (:func:`watched_steps`): there Ctrl-C is heard, which
would be lost inside an integrator, the norm is looked at, and whatever else must not be missed (``watch``).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ising_problems.checks import checked_integer, checked_number, on_one_line
from landscapes.interruptions import interruption_point, interruptions_held

from .open_system import OpenSystem

__all__ = [
    "NORM_DOUBTFUL",
    "QUTIP_METHODS",
    "check_solver_options",
    "density_matrices",
    "pure_states",
    "solver_options",
    "watched_steps",
]

# What each method takes of QuTiP's options, by the names that QuTiP has for them, and what they are by default:
# for trajectories the fastest of the accurate ones in tests/benchmarks/cavity/diffusion.py.
QUTIP_METHODS: dict[str, dict[str, Any]] = {
    "mesolve": {"method": "adams", "atol": 1e-11, "rtol": 1e-9, "nsteps": 100_000},
    "mcsolve": {"method": "vern7", "atol": 1e-8, "rtol": 1e-6, "nsteps": 100_000},
    "ssesolve": {"method": "platen", "dt": None},
}


# An explicit stochastic step keeps a state's norm only as well as it follows the equation, whose noise goes by that
# norm: from the first of these changes of it on a trajectory is told of, from the second on it is of another equation.
NORM_DOUBTFUL, _NORM_LOST = 0.1, 0.5

# Moments at which a run is looked at, at least: between them Ctrl-C waits, and what is watched may pass unseen.
_WATCHED, _CLOSELY_WATCHED = 40, 250
_FINEST_SHARE = 1000  # of a step of the run, by which a solver's own may differ from whole ones

Watch = Callable[[np.ndarray], None]


def check_solver_options(method: str, options: Mapping[str, Any]) -> None:
    """Refuse values that QuTiP's integrators would stumble over; ``options`` by QuTiP's names."""
    if method not in QUTIP_METHODS:
        return
    import qutip

    for name in ("dt", "atol", "rtol"):
        if options.get(name) is not None:
            checked_number(options[name], name, above=0.0)
    if "nsteps" in options:
        checked_integer(options["nsteps"], "nsteps", 1)
    solver = {"mesolve": qutip.MESolver, "mcsolve": qutip.MCSolver, "ssesolve": qutip.SSESolver}[method]
    known = sorted(solver.avail_integrators())
    if options["method"] not in known:
        raise ValueError(
            f"integrator: {on_one_line(options['method'])} is not one of QuTiP's for {method!r}: {', '.join(known)}"
        )


def solver_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """QuTiP's options dictionary."""
    return {"progress_bar": "", "store_states": False, "store_final_state": False, **options}


def watched_steps(moments: np.ndarray, steps: int, dt: float, closely: bool, options: Mapping[str, Any]) -> np.ndarray:
    """Numbers of steps taken at which a run is looked at: those recorded, and some of the others.

    A stochastic solver has its own steps, ``options["dt"]``.  The looks between records come after a whole number of
    them, two or more, so that they are the steps that it would take without.
    """
    every = max(1, steps // (_CLOSELY_WATCHED if closely else _WATCHED))
    own = Fraction(options.get("dt") or dt) / Fraction(dt)
    if own > 1:
        whole = own.limit_denominator(_FINEST_SHARE).numerator
        every = whole * max(math.ceil(every / whole), math.ceil(2 * own / whole))
    asked = np.union1d(moments, [0, steps])
    between = [np.arange(first + every, last - every + 1, every) for first, last in itertools.pairwise(asked.tolist())]
    return np.union1d(asked, np.concatenate(between)).astype(np.int64)


class _Look:
    """What QuTiP calls with the state at each of the ``times``; keeps the recorded ones, kets normalised."""

    def __init__(self, times: np.ndarray, recorded: np.ndarray, watch: Watch | None) -> None:
        self._moments = zip(times, recorded, strict=True)
        self._watch = watch
        self.kept: list[np.ndarray] = []
        self.norms: list[float] = []

    def __call__(self, _: float, state: Any) -> float:
        interruption_point()
        _, recorded = next(self._moments)
        found = state.full()
        if state.isket:
            found = found[:, 0]
            self.norms.append(float(np.linalg.norm(found)))
            if math.isfinite(self.norms[-1]) and self.norms[-1] > 0.0:
                found = found / self.norms[-1]
        if self._watch is not None:
            self._watch(found)
        if recorded:
            self.kept.append(found)
        return 0.0


def density_matrices(
    system: OpenSystem,
    starts: np.ndarray | None,
    times: np.ndarray,
    recorded: np.ndarray,
    options: Mapping[str, Any],
    watch: Watch | None = None,
) -> Iterator[np.ndarray]:
    """Density matrices at the times that are recorded, from the system's state or an even mixture of ``starts``.

    Parameters
    ----------
    system : OpenSystem
    starts : numpy.ndarray, shape (R, dimension), or None
    times : numpy.ndarray
        Increasing, from 0.
    recorded : numpy.ndarray of bool
        Of each time.
    options : mapping
        By QuTiP's names.
    watch : callable of an array, optional
        Called with the density matrix at each of the times.
    """
    import qutip

    rho = qutip.ket2dm(system.initial_state) if system.initial_state.isket else system.initial_state
    if starts is not None:
        mixture = np.einsum("ri,rj->ij", starts, starts.conj()) / len(starts)
        rho = qutip.Qobj(mixture, dims=rho.dims)
    jumps = list(system.collapse_operators)
    look = _Look(times, recorded, watch)
    with interruptions_held():
        qutip.mesolve(system.hamiltonian, rho, times, jumps, e_ops=[look], options=solver_options(options))
    yield from look.kept


def pure_states(
    system: OpenSystem,
    method: str,
    unravelling: str,
    starts: Sequence[np.ndarray | None],
    times: np.ndarray,
    recorded: np.ndarray,
    seeds: Sequence[np.random.SeedSequence],
    options: Mapping[str, Any],
    watches: Sequence[Watch | None],
    norms: list[float],
) -> Iterator[np.ndarray]:
    """States (R, dimension), normalised, at the times that are recorded, from a start of each's own or the system's.

    The parameters are those of :func:`density_matrices`, with one of ``watches`` for each replica; by how much its norm
    changed is appended to ``norms``.
    """
    import qutip

    jumps = list(system.collapse_operators)
    solver: Any
    if not jumps:  # closed: there is nothing to unravel, and QuTiP's trajectory solvers refuse it
        closed = {"atol": 1e-9, "rtol": 1e-7, "nsteps": 100_000}
        solver = qutip.SESolver(system.hamiltonian, options=solver_options(closed))
    elif method == "mcsolve":
        solver = qutip.MCSolver(system.hamiltonian, jumps, options=solver_options(options))
    else:
        heterodyne = unravelling == "heterodyne"
        solver = qutip.SSESolver(system.hamiltonian, jumps, heterodyne=heterodyne, options=solver_options(options))
    runs = []
    for start, seed, watch in zip(starts, seeds, watches, strict=True):
        ket = system.initial_state if start is None else qutip.Qobj(start, dims=system.initial_state.dims)
        look = _Look(times, recorded, watch)
        alone = {"ntraj": 1, "seeds": [seed]} if jumps else {}
        with interruptions_held():
            solver.run(ket, times, e_ops=[look], **alone)
        norms.append(_change_of_norm(np.array(look.norms), times, f"{method!r} with {dict(options)!r}"))
        runs.append(look.kept)
    yield from np.array(runs).swapaxes(0, 1)


def _change_of_norm(norms: np.ndarray, times: np.ndarray, what: str) -> float:
    change = np.where(np.isfinite(norms), np.abs(norms - 1.0), np.inf)
    if change.max() > _NORM_LOST:
        moment = int(np.argmax(change > _NORM_LOST))
        raise FloatingPointError(
            f"{what} lost the state before the time {times[moment]:g}, where its norm is {norms[moment]:.3g} and not "
            "1: explicit steps must be short against the energies; pass a smaller dt or another integrator"
        )
    return float(change.max())
