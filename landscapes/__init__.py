"""The geometry of the energy surface that a machine descends, and the Boltzmann distribution on it.

The soft-spin energy of the coherent Ising machine, its gradient and its Hessian; samplers of the Ising spins; compiled
kernels' common ground.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .energies import SoftSpinEnergy

if TYPE_CHECKING:
    from .autocorrelation import autocorrelation_time
    from .sampling import geometric_temperatures, heat_bath, metropolis, parallel_tempering

__all__ = [
    "SoftSpinEnergy",
    "autocorrelation_time",
    "geometric_temperatures",
    "heat_bath",
    "metropolis",
    "parallel_tempering",
]

# Loaded on first use: the samplers bring the compiler with them.
_HOME = {
    "autocorrelation_time": "autocorrelation",
    "geometric_temperatures": "sampling",
    "heat_bath": "sampling",
    "metropolis": "sampling",
    "parallel_tempering": "sampling",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
