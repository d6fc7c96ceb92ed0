"""The solvers: one file an algorithm, its kernel beside it; one harness (:mod:`cim._solve`) for all of them.

:func:`register` adds an algorithm under its name; :func:`cim.solve` finds it there.
"""

from .annealing import SimulatedAnnealing
from .base import Search, Solver
from .machine import MachineSolver

__all__ = ["DEFAULT", "Search", "Solver", "available", "find", "register"]

DEFAULT = "sa"
"""What ``algorithm="auto"`` runs."""

_REGISTRY: dict[str, Solver] = {}


def register(solver: Solver) -> Solver:
    """Make an algorithm available under its name.

    Raises
    ------
    ValueError
        If the name is taken.
    """
    if solver.name in _REGISTRY or solver.name == "auto":
        raise ValueError(f"algorithm: the name {solver.name!r} is taken")
    _REGISTRY[solver.name] = solver
    return solver


def available() -> list[str]:
    """Names that ``solve(algorithm=...)`` takes, besides "auto"."""
    return sorted(_REGISTRY)


def find(name: str) -> Solver:
    """The algorithm of that name (or the one that "auto" stands for), or a ``ValueError`` that lists the names."""
    if name == "auto":
        name = DEFAULT
    if name not in _REGISTRY:
        raise ValueError(f"algorithm: {name!r} is not one of auto, {', '.join(available())}")
    return _REGISTRY[name]


register(SimulatedAnnealing())
register(MachineSolver())
