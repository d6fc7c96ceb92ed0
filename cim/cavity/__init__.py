"""Atoms in a multimode cavity: an associative memory, and a driven-dissipative quantum spin glass.

Photons wire the atoms into an Ising model whose couplings follow from where the atoms sit.  Names are loaded on first
use; QuTiP only where a quantum model is built.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._basin_sizes import basin_sizes
    from ._capacity import capacity
    from ._crossover import connectivity_study
    from ._glass_study import glass_study
    from ._recall import recall
    from ._recall_curve import recall_curve
    from ._steepest_emergence import steepest_emergence
    from ._trajectories import trajectories
    from .associative_memory import AssociativeMemory
    from .atom_cavity import atom_cavity_model
    from .atom_only import atom_only_model
    from .confocal import confocal_couplings, confocal_scale, confocal_self_couplings, confocal_waist, random_positions
    from .connectivity import (
        ConnectivityMoments,
        connectivity_cumulative,
        connectivity_density,
        connectivity_moments,
        glass_crossover_width,
    )
    from .entanglement import entanglement_entropy, negativity, sigma_x, sigma_z
    from .flip_rate import FlipRate, effective_temperature
    from .glass import dispersive_model
    from .mode_functions import confocal_modes
    from .modes import Supermodes, multimode_couplings, multimode_self_couplings, supermodes
    from .observables import glass_observables, parisi_function
    from .open_system import OpenSystem
    from .pictograms import glyphs

__all__: list[str] = [
    "AssociativeMemory",
    "ConnectivityMoments",
    "FlipRate",
    "OpenSystem",
    "Supermodes",
    "atom_cavity_model",
    "atom_only_model",
    "basin_sizes",
    "capacity",
    "confocal_couplings",
    "confocal_modes",
    "confocal_scale",
    "confocal_self_couplings",
    "confocal_waist",
    "connectivity_cumulative",
    "connectivity_density",
    "connectivity_moments",
    "connectivity_study",
    "dispersive_model",
    "effective_temperature",
    "entanglement_entropy",
    "glass_crossover_width",
    "glass_observables",
    "glass_study",
    "glyphs",
    "multimode_couplings",
    "multimode_self_couplings",
    "negativity",
    "parisi_function",
    "random_positions",
    "recall",
    "recall_curve",
    "sigma_x",
    "sigma_z",
    "steepest_emergence",
    "supermodes",
    "trajectories",
]

# Where each name lives.  A module must not bear the name of a function that this package exports (see cim/__init__.py).
_HOME: dict[str, str] = {
    "AssociativeMemory": "associative_memory",
    "ConnectivityMoments": "connectivity",
    "FlipRate": "flip_rate",
    "OpenSystem": "open_system",
    "Supermodes": "modes",
    "atom_cavity_model": "atom_cavity",
    "atom_only_model": "atom_only",
    "basin_sizes": "_basin_sizes",
    "capacity": "_capacity",
    "confocal_couplings": "confocal",
    "confocal_modes": "mode_functions",
    "confocal_scale": "confocal",
    "confocal_self_couplings": "confocal",
    "confocal_waist": "confocal",
    "connectivity_cumulative": "connectivity",
    "connectivity_density": "connectivity",
    "connectivity_moments": "connectivity",
    "connectivity_study": "_crossover",
    "dispersive_model": "glass",
    "effective_temperature": "flip_rate",
    "entanglement_entropy": "entanglement",
    "glass_crossover_width": "connectivity",
    "glass_observables": "observables",
    "glass_study": "_glass_study",
    "glyphs": "pictograms",
    "multimode_couplings": "modes",
    "multimode_self_couplings": "modes",
    "negativity": "entanglement",
    "parisi_function": "observables",
    "random_positions": "confocal",
    "recall": "_recall",
    "recall_curve": "_recall_curve",
    "sigma_x": "entanglement",
    "sigma_z": "entanglement",
    "steepest_emergence": "_steepest_emergence",
    "supermodes": "modes",
    "trajectories": "_trajectories",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
