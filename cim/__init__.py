"""The machines: coherent Ising machines and the solvers beside them.

``cim.solve`` answers a problem, ``cim.simulate`` shows a machine at work.  Names are loaded on first use, so that
``import cim`` stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ising_problems import __version__

if TYPE_CHECKING:
    from . import cavity, plotting
    from ._optimise_schedule import optimise_schedule
    from ._penalty_study import penalty_study
    from ._photon_study import photon_study
    from ._schedule_study import schedule_study
    from ._simulate import simulate
    from ._solve import Progress, solve, warmup
    from ._solve_many import solve_many
    from ._time_to_solution import TimeToSolution, time_to_solution
    from .gap_speed import ConstantGapSpeed, constant_gap_speed
    from .landscape_profiles import amplitude_clip, curvature_step
    from .landscape_schedules import landscape_informed, paced, typical_gap_speed
    from .photons import PhotonBudget, photon_product
    from .results import Solution, Status
    from .schedules import constant, linear, piecewise, power, smooth
    from .solutions import Solutions
    from .studies.arms import Arm
    from .studies.statistics import study_statistics

__all__ = [
    "Arm",
    "ConstantGapSpeed",
    "PhotonBudget",
    "Progress",
    "Solution",
    "Solutions",
    "Status",
    "TimeToSolution",
    "__version__",
    "amplitude_clip",
    "cavity",
    "constant",
    "constant_gap_speed",
    "curvature_step",
    "landscape_informed",
    "linear",
    "optimise_schedule",
    "paced",
    "penalty_study",
    "photon_product",
    "photon_study",
    "piecewise",
    "plotting",
    "power",
    "schedule_study",
    "simulate",
    "smooth",
    "solve",
    "solve_many",
    "study_statistics",
    "time_to_solution",
    "typical_gap_speed",
    "warmup",
]

# Where each name lives.  A module must not bear the name of a function that this package exports: importing it would
# put the module in the function's place; hence the underscores of _solve and others.
_HOME = {
    "Arm": "studies.arms",
    "ConstantGapSpeed": "gap_speed",
    "PhotonBudget": "photons",
    "Progress": "_solve",
    "Solution": "results",
    "Solutions": "solutions",
    "Status": "results",
    "TimeToSolution": "_time_to_solution",
    "amplitude_clip": "landscape_profiles",
    "constant": "schedules",
    "constant_gap_speed": "gap_speed",
    "curvature_step": "landscape_profiles",
    "landscape_informed": "landscape_schedules",
    "linear": "schedules",
    "optimise_schedule": "_optimise_schedule",
    "paced": "landscape_schedules",
    "penalty_study": "_penalty_study",
    "photon_product": "photons",
    "photon_study": "_photon_study",
    "piecewise": "schedules",
    "power": "schedules",
    "smooth": "schedules",
    "schedule_study": "_schedule_study",
    "simulate": "_simulate",
    "solve": "_solve",
    "solve_many": "_solve_many",
    "study_statistics": "studies.statistics",
    "time_to_solution": "_time_to_solution",
    "typical_gap_speed": "landscape_schedules",
    "warmup": "_solve",
}
_LAZY_MODULES = ("cavity", "dynamics", "plotting", "schedule_rules", "schedules", "solvers", "studies")


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    elif name in _LAZY_MODULES:
        value = import_module(f".{name}", __name__)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_LAZY_MODULES})
