"""Open systems by QuTiP's own solvers: the master equation, quantum jumps, stochastic Schrödinger equations.

Each yields a batch of states at every moment that is looked at, as :mod:`cim.cavity.diffusion` does, so that all
methods are measured by the same code.  Every trajectory has a ``SeedSequence`` of its own.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ising_problems.checks import checked_integer, checked_number, on_one_line

from .open_system import OpenSystem

__all__ = ["QUTIP_METHODS", "check_solver_options", "density_matrices", "pure_states", "solver_options"]

# What each method takes of QuTiP's options, by the names that QuTiP has for them, and what they are by default:
# for trajectories the fastest of the accurate ones in tests/benchmarks/cavity/diffusion.py.
QUTIP_METHODS: dict[str, dict[str, Any]] = {
    "mesolve": {"method": "adams", "atol": 1e-11, "rtol": 1e-9, "nsteps": 100_000},
    "mcsolve": {"method": "vern7", "atol": 1e-8, "rtol": 1e-6, "nsteps": 100_000},
    "ssesolve": {"method": "platen", "dt": None},
}


# An explicit stochastic step keeps a state's norm only as well as it follows the equation, whose noise goes by that
# norm: from the first of these changes of it on a trajectory is told of, from the second on it is of another equation.
_NORM_DOUBTFUL, _NORM_LOST = 0.1, 0.5


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
    return {"progress_bar": "", "store_states": True, **options}


def density_matrices(
    system: OpenSystem, starts: np.ndarray | None, times: np.ndarray, options: Mapping[str, Any]
) -> Iterator[np.ndarray]:
    """Density matrices at increasing times, from the system's state or an even mixture of ``starts`` (R, dimension)."""
    import qutip

    rho = qutip.ket2dm(system.initial_state) if system.initial_state.isket else system.initial_state
    if starts is not None:
        mixture = np.einsum("ri,rj->ij", starts, starts.conj()) / len(starts)
        rho = qutip.Qobj(mixture, dims=rho.dims)
    found = qutip.mesolve(
        system.hamiltonian,
        rho,
        _from_zero(times),
        list(system.collapse_operators),
        options=solver_options(options),
    )
    for state in found.states[len(found.states) - len(times) :]:
        yield (state if state.isoper else qutip.ket2dm(state)).full()


def pure_states(
    system: OpenSystem,
    method: str,
    unravelling: str,
    starts: Sequence[np.ndarray | None],
    times: np.ndarray,
    seeds: Sequence[np.random.SeedSequence],
    options: Mapping[str, Any],
) -> Iterator[np.ndarray]:
    """States (R, dimension), normalised, at increasing times, each from a start of its own or the system's."""
    import qutip

    kept = {**solver_options(options), "keep_runs_results": True}
    jumps = list(system.collapse_operators)
    solver: Any
    if not jumps:  # closed: there is nothing to unravel, and QuTiP's trajectory solvers refuse it
        closed = {key: value for key, value in kept.items() if key in ("progress_bar", "store_states")}
        solver = qutip.SESolver(system.hamiltonian, options={**closed, "atol": 1e-9, "rtol": 1e-7, "nsteps": 100_000})
    elif method == "mcsolve":
        solver = qutip.MCSolver(system.hamiltonian, jumps, options=kept)
    else:
        solver = qutip.SSESolver(system.hamiltonian, jumps, heterodyne=unravelling == "heterodyne", options=kept)
    runs = []
    for start, seed in zip(starts, seeds, strict=True):
        ket = system.initial_state if start is None else qutip.Qobj(start, dims=system.initial_state.dims)
        if jumps:
            states = solver.run(ket, _from_zero(times), ntraj=1, seeds=[seed]).runs_states[0]
        else:
            states = solver.run(ket, _from_zero(times)).states
        found = np.array([state.full()[:, 0] for state in states[len(states) - len(times) :]])
        norms = np.linalg.norm(found, axis=1, keepdims=True)
        _check_norms(norms[:, 0], times, f"{method!r} with {dict(options)!r}")
        runs.append(found / norms)
    yield from np.array(runs).swapaxes(0, 1)


def _check_norms(norms: np.ndarray, times: np.ndarray, what: str) -> None:
    change = np.where(np.isfinite(norms), np.abs(norms - 1.0), np.inf)
    remedy = "explicit steps must be short against the energies; pass a smaller dt or another integrator"
    if change.max() > _NORM_LOST:
        moment = int(np.argmax(change > _NORM_LOST))
        raise FloatingPointError(
            f"{what} lost the state before the time {times[moment]:g}, where its norm is {norms[moment]:.3g} and not "
            f"1: {remedy}"
        )
    if change.max() > _NORM_DOUBTFUL:
        moment = int(np.argmax(change > _NORM_DOUBTFUL))
        warnings.warn(
            f"{what}: at the time {times[moment]:g} a state's norm is {norms[moment]:.3g} and not 1, and the results "
            f"are in doubt: {remedy}",
            stacklevel=2,
        )


def _from_zero(times: np.ndarray) -> np.ndarray:
    return times if times[0] == 0.0 else np.concatenate([[0.0], times])
