"""What :func:`cim.cavity.trajectories` refuses and warns of: methods, options, and steps that are too long."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.checks import on_one_line

from ..checks import checked_options
from .diffusion import NOISE_COMPONENTS
from .glass import Glass
from .open_system import OpenSystem, largest_of_replicas
from .qutip_runs import NORM_DOUBTFUL, QUTIP_METHODS, check_solver_options

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "LARGEST_ANGLE",
    "METHODS",
    "check_rotation",
    "checked_method",
    "checked_solver",
    "checked_unravelling",
    "refuse_for_system",
    "warn_of_long_steps",
    "warn_of_norms",
]

METHODS = ("diffusion", "semiclassical", "mesolve", "mcsolve", "ssesolve")
LARGEST_ANGLE = 1.0  # radians by which a spin may turn in a step


def checked_method(method: Any, system: OpenSystem | None) -> str:
    """Name of a method, which must be one that runs the user's own OpenSystem if there is one."""
    own = system is not None
    if method is None:
        return "mesolve" if own else "diffusion"
    if method not in METHODS:
        raise ValueError(f"method: {on_one_line(method)} is not one of {', '.join(METHODS)}")
    if own and method not in QUTIP_METHODS:
        raise ValueError(f"method: {method!r} is for Ising models; an OpenSystem runs by {', '.join(QUTIP_METHODS)}")
    if system is not None and method != "mesolve" and not system.initial_state.isket:
        raise ValueError(
            f"method: {method!r} follows pure states, but the system's initial state is a density matrix; "
            "take 'mesolve', or a ket for initial_state"
        )
    return str(method)


def checked_unravelling(method: str, unravelling: Any) -> str:
    """How the light is detected, by the name that diffusion has for it."""
    if unravelling is None:
        return "heterodyne"
    if unravelling not in tuple(NOISE_COMPONENTS):
        raise ValueError(f"unravelling: {on_one_line(unravelling)} is not one of {', '.join(NOISE_COMPONENTS)}")
    if method in ("mesolve", "mcsolve"):
        what = "looks at no light" if method == "mesolve" else "counts photons"
        raise ValueError(f"unravelling: has no use with {method!r}, which {what}; leave it out")
    return str(unravelling)


def checked_solver(method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """QuTiP's options: by its own names, but that of the integrator, which would be taken for ours."""
    known = {
        ("integrator" if name == "method" else name): value for name, value in QUTIP_METHODS.get(method, {}).items()
    }
    merged = checked_options(known, given, method)
    options = {("method" if name == "integrator" else name): value for name, value in merged.items()}
    check_solver_options(method, options)
    return options


def check_rotation(transverse_field: float, duration: float, steps: int) -> None:
    """Refuse steps in which the transverse field turns a spin too far."""
    angle = abs(transverse_field) * duration / steps
    if angle > LARGEST_ANGLE:
        raise ValueError(
            f"steps: in one of {steps} steps the transverse field turns a spin by {angle:.3g} rad, which is too much; "
            f"take at least {math.ceil(abs(transverse_field) * duration / LARGEST_ANGLE)}, for accuracy a tenth of a "
            "radian or less each"
        )


def warn_of_long_steps(glass: Glass, largest_coupling: float, steps: int) -> None:
    """Warn where a flip's phase goes round so far in a step that splitting it from the rotation is no approximation.

    The error grows as the square of the phase until that is about π, and beyond 2π the steps see other energies than
    the model's.  How large a field a spin meets: not more than the sum of its |J|, and in states of low energy, where
    fields are aligned but not all of their terms, hardly more than half as much again as the norm of J.
    """
    row_sum = np.abs(glass.J).sum(axis=1).max(initial=0.0)
    field = min(row_sum, 1.5 * np.linalg.norm(glass.J, 2)) + np.abs(glass.h).max(initial=0.0)
    phase = 2.0 * largest_coupling * float(field) * glass.duration / steps
    if phase > math.pi:
        warnings.warn(
            f"steps: in one of {steps} steps the phase of a flip goes round by up to {phase:.3g} rad, too much to be "
            f"followed; take {math.ceil(steps * phase)} steps or more",
            RuntimeWarning,
            stacklevel=3,
        )


def warn_of_norms(run: xr.Dataset, options: Mapping[str, Any]) -> None:
    """Warn if explicit steps have changed a state's norm; ``attrs["largest_norm_change"]``."""
    largest = largest_of_replicas(run, "largest_norm_change")
    if largest > NORM_DOUBTFUL:
        warnings.warn(
            f"'ssesolve' with {dict(options)!r}: a state's norm changed by up to {largest:.2g}, and the results are in "
            "doubt: explicit steps must be short against the energies; pass a smaller dt or another integrator",
            stacklevel=3,
        )


def refuse_for_system(
    ramp: Any, transverse_field: float, loss_ratio: float, supermodes: Any, shift: Any, tilt: float
) -> None:
    """Refuse arguments of the spin glass for a system that has all that itself."""
    given = {
        "ramp": ramp is not None,
        "transverse_field": transverse_field != 1.0,
        "loss_ratio": loss_ratio != 0.005,
        "supermodes": supermodes is not None,
        "shift": shift is not None,
        "tilt": tilt != 0.0,
    }
    for name, is_given in given.items():
        if is_given:
            raise ValueError(f"{name}: an OpenSystem has its own; give it to what makes the system")
