"""The geometry of the energy surface that a machine descends, and the Boltzmann distribution on it.

Energy surfaces with their derivatives (:mod:`~landscapes.energies`, :mod:`~landscapes.gaussian_landscape`); their
critical points, found (:mod:`~landscapes.critical_points`) or enumerated (:mod:`~landscapes.enumeration`); all
configurations of spins that no flip improves (:mod:`~landscapes._ising_minima`); Hessians
(:mod:`~landscapes.hessian`, :mod:`~landscapes.spectrum_edges`, :mod:`~landscapes.hessian_response`,
:mod:`~landscapes.density_of_states`); what theory says of all of it (:mod:`~landscapes.theory`); the phase diagram in
the pump (:mod:`~landscapes._phase_diagram`) on the one engine of all sweeps (:mod:`~landscapes.sweep`); samplers of
the Ising spins (:mod:`~landscapes.sampling`), whether they have reached equilibrium (:mod:`~landscapes.equilibration`)
and the overlaps of their replicas (:mod:`~landscapes.overlaps`, :mod:`~landscapes.parisi`); and the ground that all
compiled kernels stand on: how they are compiled (:mod:`~landscapes.jit`), what they share (:mod:`~landscapes.random`,
:mod:`~landscapes.functions`, :mod:`~landscapes.keys`, :mod:`~landscapes.clusters`), how they run in threads
(:mod:`~landscapes.parallel`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .energies import Energy, IsingEnergy, RayleighQuotient, SoftSpinEnergy

if TYPE_CHECKING:
    from . import plotting, theory
    from ._ising_minima import IsingMinima, ising_minima
    from ._phase_diagram import phase_diagram
    from .adiabatic import adiabatic_minima
    from .annealed_populations import population_annealing
    from .autocorrelation import autocorrelation_time
    from .census import Census
    from .critical_points import CriticalPoints, find_critical_points
    from .density_of_states import SpectralDensity, spectral_density
    from .enumeration import enumerate_critical_points
    from .equilibration import gaussian_coupling_identity, logarithmic_binning
    from .gaussian_landscape import GaussianLandscape
    from .hessian import hessian_index, hessian_spectrum
    from .hessian_response import InverseTrace, inverse_trace, local_susceptibilities
    from .ladder_tuning import TemperatureLadder, tuned_temperatures
    from .minima_counts import MinimaEstimate, estimate_minima
    from .overlaps import binder_ratio, edwards_anderson_parameter, overlap_distribution, ultrametricity
    from .parisi import parisi_function
    from .sampling import geometric_temperatures, heat_bath, metropolis, parallel_tempering
    from .spectrum_edges import HessianExtremes, SoftModes, hessian_extremes, participation_ratio, soft_modes
    from .sweep import SweepError, cell_generator, run_sweep

__all__ = [
    "Census",
    "CriticalPoints",
    "Energy",
    "GaussianLandscape",
    "HessianExtremes",
    "InverseTrace",
    "IsingEnergy",
    "IsingMinima",
    "MinimaEstimate",
    "RayleighQuotient",
    "SoftModes",
    "SoftSpinEnergy",
    "SpectralDensity",
    "SweepError",
    "TemperatureLadder",
    "adiabatic_minima",
    "autocorrelation_time",
    "binder_ratio",
    "cell_generator",
    "edwards_anderson_parameter",
    "enumerate_critical_points",
    "estimate_minima",
    "find_critical_points",
    "gaussian_coupling_identity",
    "geometric_temperatures",
    "heat_bath",
    "hessian_extremes",
    "hessian_index",
    "hessian_spectrum",
    "inverse_trace",
    "ising_minima",
    "local_susceptibilities",
    "logarithmic_binning",
    "metropolis",
    "overlap_distribution",
    "parallel_tempering",
    "parisi_function",
    "participation_ratio",
    "phase_diagram",
    "plotting",
    "population_annealing",
    "run_sweep",
    "soft_modes",
    "spectral_density",
    "theory",
    "tuned_temperatures",
    "ultrametricity",
]

# Loaded on first use: the samplers bring the compiler with them.  A module must not bear the name of a function that
# this package exports: importing it would put the module in the function's place; hence some underscores.
_HOME = {
    "Census": "census",
    "CriticalPoints": "critical_points",
    "GaussianLandscape": "gaussian_landscape",
    "HessianExtremes": "spectrum_edges",
    "InverseTrace": "hessian_response",
    "IsingMinima": "_ising_minima",
    "MinimaEstimate": "minima_counts",
    "SoftModes": "spectrum_edges",
    "SpectralDensity": "density_of_states",
    "SweepError": "sweep",
    "TemperatureLadder": "ladder_tuning",
    "adiabatic_minima": "adiabatic",
    "autocorrelation_time": "autocorrelation",
    "binder_ratio": "overlaps",
    "cell_generator": "sweep",
    "edwards_anderson_parameter": "overlaps",
    "enumerate_critical_points": "enumeration",
    "estimate_minima": "minima_counts",
    "find_critical_points": "critical_points",
    "gaussian_coupling_identity": "equilibration",
    "geometric_temperatures": "sampling",
    "heat_bath": "sampling",
    "hessian_extremes": "spectrum_edges",
    "hessian_index": "hessian",
    "hessian_spectrum": "hessian",
    "inverse_trace": "hessian_response",
    "ising_minima": "_ising_minima",
    "local_susceptibilities": "hessian_response",
    "logarithmic_binning": "equilibration",
    "metropolis": "sampling",
    "overlap_distribution": "overlaps",
    "parallel_tempering": "sampling",
    "parisi_function": "parisi",
    "participation_ratio": "spectrum_edges",
    "phase_diagram": "_phase_diagram",
    "population_annealing": "annealed_populations",
    "run_sweep": "sweep",
    "soft_modes": "spectrum_edges",
    "spectral_density": "density_of_states",
    "tuned_temperatures": "ladder_tuning",
    "ultrametricity": "overlaps",
}
_LAZY_MODULES = ("plotting", "theory")


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
