"""The contestants, one module a package; a module is loaded in a process of its own, under whichever Python has it.

Nothing here imports the project: a peer's Python need not have it.
"""

from __future__ import annotations

from importlib import import_module

from .base import Contestant

GROUPS = ("ours", "dwave", "jij", "bifurcation", "qaia", "cim_optimizer_peer", "mqlib")
"""Modules of this package, in the order in which they are shown."""


def contestants_of(group: str) -> dict[str, Contestant]:
    """Contestants of a module by name; an ``ImportError`` where their package is not installed."""
    module = import_module(f"{__name__}.{group}")
    return {contestant.name: contestant for contestant in module.contestants()}
