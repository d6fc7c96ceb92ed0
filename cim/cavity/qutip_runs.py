"""Open systems by QuTiP's own solvers: the master equation, quantum jumps, stochastic Schrödinger equations.

Each yields a batch of states at every moment that is looked at, as :mod:`cim.cavity.diffusion` does, so that all
methods are measured by the same code.  Every trajectory has a ``SeedSequence`` of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .open_system import OpenSystem

__all__ = ["QUTIP_METHODS", "density_matrices", "pure_states", "solver_options"]

# What each method takes of QuTiP's options, by the names that QuTiP has for them, and what they are by default:
# for trajectories the fastest in tests/benchmarks/cavity/diffusion.py.
QUTIP_METHODS: dict[str, dict[str, Any]] = {
    "mesolve": {"method": "adams", "atol": 1e-11, "rtol": 1e-9, "nsteps": 100_000},
    "mcsolve": {"method": "vern7", "atol": 1e-8, "rtol": 1e-6, "nsteps": 100_000},
    "ssesolve": {"method": "euler", "dt": None},
}


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
        if not (np.isfinite(norms) & (norms > 0.0)).all():
            moment = times[int(np.argmin(np.isfinite(norms[:, 0]) & (norms[:, 0] > 0.0)))]
            raise FloatingPointError(
                f"{method!r} with {dict(options)!r} lost the state before the time {moment:g}: explicit steps must be "
                "short against the energies; pass a smaller dt or another integrator"
            )
        runs.append(found / norms)
    yield from np.array(runs).swapaxes(0, 1)


def _from_zero(times: np.ndarray) -> np.ndarray:
    return times if times[0] == 0.0 else np.concatenate([[0.0], times])
