"""The machines: how amplitudes move on the surface.  One file a dynamics; one driver for all of them.

:func:`register` adds a dynamics under its name; :func:`cim.simulate` finds it there.
"""

from ..registry import Registry
from .base import Batch, Dynamics, Machine
from .gradient_flow import CoherentIsingMachine

__all__ = ["Batch", "CoherentIsingMachine", "Dynamics", "Machine", "available", "find", "register", "unregister"]

_registry: Registry[Dynamics] = Registry("dynamics")
register, unregister, available, find = (
    _registry.register,
    _registry.unregister,
    _registry.available,
    _registry.find,
)

register(CoherentIsingMachine())
