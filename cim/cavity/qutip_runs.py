"""The same model by QuTiP's own solvers: the master equation, quantum jumps, stochastic Schrödinger equations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .diffusion import Grid
from .glass import Glass, open_system

__all__ = ["density_matrices"]


def density_matrices(glass: Glass, grid: Grid, start: np.ndarray) -> Iterator[np.ndarray]:
    """Density matrices (2**n, 2**n) at the grid's moments, from the mixture of the states (R, 2**n) at the start."""
    import qutip

    system = open_system(glass, 2 * grid.steps)
    times = np.union1d([0.0], grid.duration * grid.moments / grid.steps)
    mixture = np.einsum("ri,rj->ij", start, start.conj()) / len(start)
    rho = qutip.Qobj(mixture, dims=[[2] * system.num_spins] * 2)
    options: dict[str, Any] = {"progress_bar": "", "store_states": True, "atol": 1e-9, "rtol": 1e-7, "nsteps": 100_000}
    found = qutip.mesolve(system.hamiltonian, rho, times, list(system.collapse_operators), options=options)
    for moment in grid.moments:
        place = int(np.searchsorted(times, grid.duration * moment / grid.steps))
        yield found.states[place].full()
