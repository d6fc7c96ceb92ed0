"""The solvers: one file an algorithm, its kernel beside it; one harness for all of them.

:func:`register` adds an algorithm under its name; :func:`cim.solve` finds it there.
"""

from ..registry import Registry
from .annealing import SimulatedAnnealing
from .base import Search, Solver
from .machine import MachineSolver

__all__ = ["DEFAULT", "Search", "Solver", "available", "find", "register", "unregister"]

DEFAULT = "sa"
"""What ``algorithm="auto"`` runs."""

_registry: Registry[Solver] = Registry("algorithm", aliases={"auto": DEFAULT})
register, unregister, available, find = (
    _registry.register,
    _registry.unregister,
    _registry.available,
    _registry.find,
)

register(SimulatedAnnealing())
register(MachineSolver())
