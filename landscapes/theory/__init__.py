"""What theory says of the soft-spin landscape of the Sherrington–Kirkpatrick model, in the limit of many spins.

Couplings are J_ij ~ N(0, 1/n), each pair counted once; the pump is a as it stands in the energy; energies are per spin.
Every module's docstring derives what it computes and cites where it is from.  Names are loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__: list[str] = [
    "Complexity",
    "FullRSB",
    "HessianBulk",
    "QuenchedComplexity",
    "RayleighCriticalPoints",
    "ReplicaSymmetric",
    "SKEquilibrium",
    "StepRSB",
    "SusyBreaking",
    "Transition",
    "amplitude_density",
    "bray_dean_index",
    "cavity_multiplicity",
    "cavity_solutions",
    "cavity_threshold",
    "complexity",
    "complexity_at",
    "complexity_line",
    "eigenvector_sign_energy",
    "full_rsb",
    "hessian_bulk",
    "hessian_cumulative",
    "hessian_density",
    "hessian_edge",
    "hessian_quantile",
    "hessian_resolvent",
    "inverse_trace_prediction",
    "is_gapped",
    "lowest_energy",
    "marginality",
    "multistable_fraction",
    "non_susy_branch",
    "origin_index",
    "overlap_onset",
    "phase_lines",
    "quenched_complexity",
    "rayleigh_critical_points",
    "replica_symmetric",
    "semicircle_cumulative",
    "semicircle_density",
    "semicircle_energy",
    "semicircle_index",
    "sk_equilibrium",
    "sk_ground_state_energy",
    "sk_minima_count",
    "sk_step_energy",
    "solutions_per_spin",
    "step_rsb",
    "susy_branch",
    "susy_breaking",
    "susy_breaking_by_root",
    "transitions",
]

# Where each name lives.
_HOME: dict[str, str] = {
    "Complexity": "critical_point_classes",
    "FullRSB": "_full_rsb",
    "HessianBulk": "resolvent",
    "QuenchedComplexity": "quenched",
    "RayleighCriticalPoints": "semicircle",
    "ReplicaSymmetric": "_replica_symmetric",
    "SKEquilibrium": "_finite_temperature",
    "StepRSB": "_step_rsb",
    "SusyBreaking": "_transitions",
    "Transition": "_transitions",
    "amplitude_density": "cavity",
    "bray_dean_index": "bray_dean",
    "cavity_multiplicity": "cavity",
    "cavity_solutions": "cavity",
    "cavity_threshold": "cavity",
    "complexity": "kac_rice",
    "complexity_at": "kac_rice",
    "complexity_line": "kac_rice",
    "eigenvector_sign_energy": "semicircle",
    "full_rsb": "_full_rsb",
    "hessian_bulk": "resolvent",
    "hessian_cumulative": "resolvent",
    "hessian_density": "resolvent",
    "hessian_edge": "resolvent",
    "hessian_quantile": "resolvent",
    "hessian_resolvent": "resolvent",
    "inverse_trace_prediction": "resolvent",
    "is_gapped": "resolvent",
    "lowest_energy": "quenched",
    "marginality": "resolvent",
    "multistable_fraction": "cavity",
    "non_susy_branch": "kac_rice",
    "origin_index": "semicircle",
    "overlap_onset": "annealed_validity",
    "phase_lines": "_phase_lines",
    "quenched_complexity": "quenched",
    "rayleigh_critical_points": "semicircle",
    "replica_symmetric": "_replica_symmetric",
    "semicircle_cumulative": "semicircle",
    "semicircle_density": "semicircle",
    "semicircle_energy": "semicircle",
    "semicircle_index": "semicircle",
    "sk_equilibrium": "_finite_temperature",
    "sk_ground_state_energy": "_full_rsb",
    "sk_minima_count": "sk_minima",
    "sk_step_energy": "_step_rsb",
    "solutions_per_spin": "cavity",
    "step_rsb": "_step_rsb",
    "susy_branch": "kac_rice",
    "susy_breaking": "_transitions",
    "susy_breaking_by_root": "_transitions",
    "transitions": "_transitions",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
