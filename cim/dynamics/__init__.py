"""The machines: how amplitudes move on the surface.  One file a dynamics; one driver for all of them.

:func:`register` adds a dynamics under its name; :func:`cim.simulate` finds it there.
"""

from .base import Batch, Dynamics, Machine
from .gradient_flow import CoherentIsingMachine

__all__ = ["Batch", "CoherentIsingMachine", "Dynamics", "Machine", "available", "find", "register"]

_REGISTRY: dict[str, Dynamics] = {}


def register(dynamics: Dynamics) -> Dynamics:
    """Make a dynamics available under its name.

    Raises
    ------
    ValueError
        If the name is taken.
    """
    if dynamics.name in _REGISTRY:
        raise ValueError(f"dynamics: the name {dynamics.name!r} is taken")
    _REGISTRY[dynamics.name] = dynamics
    return dynamics


def available() -> list[str]:
    """Names that ``simulate(dynamics=...)`` takes."""
    return sorted(_REGISTRY)


def find(name: str) -> Dynamics:
    """The dynamics of that name, or a ``ValueError`` that lists the names there are."""
    if name not in _REGISTRY:
        raise ValueError(f"dynamics: {name!r} is not one of {', '.join(available())}")
    return _REGISTRY[name]


register(CoherentIsingMachine())
