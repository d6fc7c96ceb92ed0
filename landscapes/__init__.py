"""The geometry of the energy surface that a machine descends, and the Boltzmann distribution on it.

The soft-spin energy of the coherent Ising machine, its gradient and its Hessian (:mod:`~landscapes.energies`);
samplers of the Ising spins (:mod:`~landscapes.sampling`); and the ground that all compiled kernels stand on: how they
are compiled (:mod:`~landscapes.jit`), what they share (:mod:`~landscapes.random`, :mod:`~landscapes.functions`,
:mod:`~landscapes.keys`, :mod:`~landscapes.clusters`), how they run in threads (:mod:`~landscapes.parallel`).
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
