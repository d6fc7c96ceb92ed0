"""The machines: how amplitudes move on the surface.  One file a kind of motion; one driver for all of them.

==============================  ===============================================  ======================================
name                            dynamics                                         described in
==============================  ===============================================  ======================================
"cim"                           the coherent Ising machine: gradient flow        :mod:`~cim.dynamics.gradient_flow`
"cac", "cfc", "sfc"             coherent Ising machines with error feedback      :mod:`~cim.dynamics.amplitude_control`
"bsb", "dsb", "hbsb", "hdsb",   simulated bifurcation: ballistic, discrete, the  :mod:`~cim.dynamics.bifurcation`
"gsb"                           two of them heated, generalised
"nmfa", "simcim"                noisy mean-field annealing; the simulated        :mod:`~cim.dynamics.mean_field`
                                coherent Ising machine
==============================  ===============================================  ======================================

Discrete bifurcation has two more kernels, in :mod:`~cim.dynamics.discrete_packed` and
:mod:`~cim.dynamics.discrete_events`; solvers use them.  :func:`register` adds a dynamics under its name;
:func:`cim.simulate` finds it there.  What a dynamics is, and in what units, says :mod:`~cim.dynamics.base`.
"""

from ..registry import Registry
from .amplitude_control import ChaoticAmplitudeControl, ChaoticFeedbackControl, SeparatedFeedbackControl
from .base import Batch, Dynamics, Machine
from .bifurcation import (
    BallisticBifurcation,
    DiscreteBifurcation,
    GeneralisedBifurcation,
    HeatedBallisticBifurcation,
    HeatedDiscreteBifurcation,
)
from .gradient_flow import CoherentIsingMachine
from .mean_field import NoisyMeanFieldAnnealing, SimulatedCoherentIsingMachine

__all__ = ["Batch", "CoherentIsingMachine", "Dynamics", "Machine", "available", "find", "register", "unregister"]

_registry: Registry[Dynamics] = Registry("dynamics")
register, unregister, available, find = (
    _registry.register,
    _registry.unregister,
    _registry.available,
    _registry.find,
)

for _law in (
    CoherentIsingMachine(),
    ChaoticAmplitudeControl(),
    ChaoticFeedbackControl(),
    SeparatedFeedbackControl(),
    BallisticBifurcation(),
    DiscreteBifurcation(),
    GeneralisedBifurcation(),
    HeatedBallisticBifurcation(),
    HeatedDiscreteBifurcation(),
    NoisyMeanFieldAnnealing(),
    SimulatedCoherentIsingMachine(),
):
    register(_law)
