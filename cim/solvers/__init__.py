"""The solvers: one file an algorithm, its kernel beside it; one harness for all of them.

:func:`register` adds an algorithm under its name; :func:`cim.solve` finds it there.
"""

from ..registry import Registry
from .annealing import SimulatedAnnealing
from .base import ContinuousSolver, Search, Solver
from .discrete_bifurcation import DiscreteBifurcationSolver
from .family import FAMILY
from .machine import MachineSolver
from .memetic import Memetic
from .portfolio import Portfolio
from .pxa import PartitionCrossoverAnnealing
from .tabu import TabuSearch
from .tempering import ParallelTempering

__all__ = ["DEFAULT", "ContinuousSolver", "Search", "Solver", "available", "find", "register", "unregister"]

DEFAULT = "auto"
"""What :func:`cim.solve` runs where no algorithm is named."""

_registry: Registry[Solver] = Registry("algorithm")
register, unregister, available, find = (
    _registry.register,
    _registry.unregister,
    _registry.available,
    _registry.find,
)

for _solver in (
    Portfolio(),
    TabuSearch(),
    Memetic(),
    PartitionCrossoverAnnealing(),
    SimulatedAnnealing(),
    ParallelTempering(),
    MachineSolver(),
    DiscreteBifurcationSolver(),
    *(machine for machine in FAMILY if machine.name != "dsb"),  # whose kernels are its own
):
    register(_solver)
