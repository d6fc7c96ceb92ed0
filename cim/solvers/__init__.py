"""The solvers: one file an algorithm, its kernels beside it; one harness for all of them.

===========  ==============================================================  =====================================
name         algorithm                                                       described in
===========  ==============================================================  =====================================
"auto"       exact reduction, components, the algorithm that suits each      :mod:`~cim.solvers.portfolio`
"tabu"       iterated tabu search                                            :mod:`~cim.solvers.iterated_tabu`
"memetic"    populations of annealed configurations, crossed; dense, sparse  :mod:`~cim.solvers.memetic_dense`,
                                                                             :mod:`~cim.solvers.memetic_sparse`
"exchange"   annealing with exchange moves within one-hot groups             :mod:`~cim.solvers.exchange`
"pxa"        reheats that partition crossover merges                         :mod:`~cim.solvers.pxa`
"sa"         simulated annealing                                             :mod:`~cim.solvers.annealing`
"pt"         parallel tempering                                              :mod:`~cim.solvers.tempering`
"cim"        the coherent Ising machine, tuned for answers                   :mod:`~cim.solvers.machine`
"dsb"        discrete simulated bifurcation, by kernels of its own           :mod:`~cim.solvers.discrete_bifurcation`
the others   every other dynamics of :mod:`cim.dynamics`                     :mod:`~cim.solvers.family`
===========  ==============================================================  =====================================

:func:`register` adds an algorithm under its name; :func:`cim.solve` finds it there.  What an algorithm is, says
:mod:`~cim.solvers.base`; how it is run, :mod:`~cim.solvers.harness`.
"""

from ..registry import Registry
from .annealing import SimulatedAnnealing
from .base import ContinuousSolver, Search, Solver
from .discrete_bifurcation import DiscreteBifurcationSolver
from .exchange import ExchangeAnnealing
from .family import FAMILY
from .machine import MachineSolver
from .memetic import Memetic
from .portfolio import Portfolio
from .pxa import PartitionCrossoverAnnealing
from .tabu import TabuSearch
from .tempering import ParallelTempering

__all__ = ["ContinuousSolver", "Search", "Solver", "available", "find", "register", "unregister"]

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
    ExchangeAnnealing(),
    SimulatedAnnealing(),
    ParallelTempering(),
    MachineSolver(),
    DiscreteBifurcationSolver(),
    *FAMILY,
):
    register(_solver)
