"""The machines: how amplitudes move on the surface.  One file a dynamics; one driver for all of them.

:func:`register` adds a dynamics under its name; :func:`cim.simulate` finds it there.
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
