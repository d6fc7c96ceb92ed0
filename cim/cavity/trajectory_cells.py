"""Some replicas of a run of the quantum glass: what one worker does, whichever process it is in.

A replica's random numbers depend on the seed and its number alone, and what is done with it on nothing beside it, so
that every split into cells gives the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from landscapes.cells import seed_of_sweep

from .diffusion import (
    NOISE_AT_A_TIME,
    Grid,
    Increments,
    evolved_products,
    evolved_states,
    product_amplitudes,
    replica_generator,
    starting_products,
)
from .glass import Glass, open_system
from .memory import refuse_beyond_memory
from .open_system import OpenSystem
from .qutip_runs import density_matrices, pure_states, watched_steps
from .system_records import SystemStates, checked_system_record
from .trajectory_records import MixedStates, ProductStates, PureStates

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["check_memory", "replicas_together", "run_replicas", "working_memory"]

_REPLICAS_TOGETHER = 8
_AMPLITUDES_TOGETHER = 1 << 16
_NOISE = 3.0 * 8.0 * NOISE_AT_A_TIME  # bytes of what is drawn together, by replicas, stacked and scaled


def replicas_together(dimension: int, method: str, replicas: int) -> int:
    """Replicas that a worker takes up together, all for "mesolve": a function of the size and method alone."""
    if method == "mesolve":
        return replicas
    if method == "semiclassical":  # whose states are small
        return _REPLICAS_TOGETHER
    return max(1, min(_REPLICAS_TOGETHER, _AMPLITUDES_TOGETHER // dimension))


def working_memory(num_spins: int, dimension: int, method: str, records: int) -> float:
    """Bytes that one worker needs, about."""
    together = replicas_together(dimension, method, 1)
    if method == "semiclassical":
        return 0.0
    if method == "diffusion":
        # complex at the start, two real arrays, their copies and complex again while one is looked at, probabilities;
        # once for all of a worker's replicas the energies, and room for what a norm is folded in
        return dimension * (80.0 * together + 32.0) + _NOISE
    if method == "mesolve":
        # the matrices that are kept, the integrator's history, and the Liouvillian, sparse
        return dimension**2 * (16.0 * (records + 20) + 20.0 * (2 * num_spins + 2))
    return dimension * (16.0 * (records * together + 30) + 20.0 * 4 * num_spins)


def check_memory(num_spins: int, dimension: int, method: str, records: int, workers: int) -> None:
    """Refuse what will not fit, with the bytes."""
    needed = working_memory(num_spins, dimension, method, records)
    remedy = {
        "diffusion": "take fewer spins, or method='semiclassical'",
        "mesolve": "take fewer spins, or trajectories: method='diffusion' needs the square root of that",
    }.get(method, "take fewer spins, or method='diffusion', which keeps fewer copies of a state")
    workers = 1 if method == "mesolve" else workers
    refuse_beyond_memory(workers * needed, f"model: {method!r} with a Hilbert space of {dimension:.4g} states", remedy)


def run_replicas(
    replicas: str,
    seed: np.random.Generator,
    *,
    method: str,
    unravelling: str,
    system: Glass | OpenSystem,
    couplings: np.ndarray,
    duration: float,
    tilt: float,
    moments: np.ndarray,
    names: tuple[str, ...],
    keep_state: bool,
    options: Mapping[str, Any],
) -> xr.Dataset:
    """Records of replicas "first:stop"."""
    import xarray as xr

    first, stop = (int(number) for number in replicas.split(":"))
    chosen = range(first, stop)
    # of the sweep's own generator for this cell only the seed is used
    entropy = seed_of_sweep(seed)
    grid = Grid(duration, len(couplings), moments)
    n = system.num_spins if isinstance(system, OpenSystem) else system.model.num_spins
    tilts = tilt * np.stack([replica_generator(entropy, replica, 2).standard_normal(n) for replica in chosen])
    chances = np.stack([replica_generator(entropy, replica, 1).random(n) for replica in chosen])
    products = starting_products(tilts)
    mixed = method == "mesolve"
    doubts: dict[str, Any] = {}  # what the run itself is to be judged by, known when its states have been gone through
    measure: Any
    states: Iterator[np.ndarray]
    if isinstance(system, OpenSystem):
        measure = SystemStates(system, names, mixed)
        states = _by_qutip(system, method, unravelling, None, grid, chosen, entropy, options, doubts)
        dimensions = measure.dimensions
    else:
        measure = (ProductStates if method == "semiclassical" else MixedStates if mixed else PureStates).of(
            system.model, names
        )
        states = _of_glass(system, method, unravelling, products, grid, couplings, chosen, entropy, options, doubts)
        dimensions = {name: ("spin",) if name == "sigma_x" else () for name in names}
    records: dict[str, list[np.ndarray]] = {name: [] for name in names}
    last = np.zeros(0)
    for last in states:
        for name, values in measure.measure(last).items():
            records[name].append(values)
    along = ("time",) if mixed else ("time", "replica")
    variables: dict[str, Any] = {
        name: ((*along, *dimensions[name]), np.array(values)) for name, values in records.items()
    }
    spins = measure.readout(last, chances)
    variables |= doubts | {"spins": (("replica", "spin"), spins)}
    if not isinstance(system, OpenSystem):
        variables["readout_energy"] = ("replica", np.asarray(system.model.energy(spins), dtype=np.float64))
    if keep_state:
        places = ("basis", "basis_dual") if mixed else ("replica", "basis")
        final = product_amplitudes(last) if method == "semiclassical" else last
        variables["state_real"] = (places, np.ascontiguousarray(final.real))
        variables["state_imaginary"] = (places, np.ascontiguousarray(final.imag))
    times = duration * moments / len(couplings)
    return xr.Dataset(variables, coords={"time": times, "step": ("time", moments), "replica": list(chosen)})


def _of_glass(
    glass: Glass,
    method: str,
    unravelling: str,
    products: np.ndarray,
    grid: Grid,
    couplings: np.ndarray,
    replicas: range,
    entropy: int,
    options: Mapping[str, Any],
    doubts: dict[str, Any],
) -> Iterator[np.ndarray]:
    if method in ("diffusion", "semiclassical"):
        increments = Increments(entropy, replicas, len(glass.modes.rates), grid.dt, unravelling)
        if method == "semiclassical":
            return evolved_products(glass, grid, couplings, products, increments, unravelling)
        return evolved_states(glass, grid, couplings, product_amplitudes(products), increments, unravelling)
    system = open_system(glass, 2 * grid.steps)
    return _by_qutip(
        system, method, unravelling, product_amplitudes(products), grid, replicas, entropy, options, doubts
    )


def _by_qutip(
    system: OpenSystem,
    method: str,
    unravelling: str,
    starts: np.ndarray | None,
    grid: Grid,
    replicas: range,
    entropy: int,
    options: Mapping[str, Any],
    doubts: dict[str, Any],
) -> Iterator[np.ndarray]:
    if method == "ssesolve" and options["dt"] is None:
        options = {**options, "dt": grid.dt}
    watching = "cutoff_population" in checked_system_record(None, system)
    steps = watched_steps(grid.moments, grid.steps, grid.dt, watching, options)
    times, recorded = grid.duration * steps / grid.steps, np.isin(steps, grid.moments)
    if method == "mesolve":
        peak = _Peak(system) if watching else None
        yield from density_matrices(system, starts, times, recorded, options, peak)
        if peak is not None:
            doubts["largest_cutoff_population"] = ((), peak.largest)
        return
    seeds = [np.random.SeedSequence(entropy, spawn_key=(replica, 0)) for replica in replicas]
    each = [None] * len(replicas) if starts is None else list(starts)
    peaks = [_Peak(system) if watching else None for _ in replicas]
    norms: list[float] = []
    yield from pure_states(system, method, unravelling, each, times, recorded, seeds, options, peaks, norms)
    if watching:
        doubts["largest_cutoff_population"] = ("replica", [peak.largest for peak in peaks if peak is not None])
    if method == "ssesolve":
        doubts["largest_norm_change"] = ("replica", norms)


class _Peak:
    """The largest probability of any mode's highest Fock state that a run has come to."""

    def __init__(self, system: OpenSystem) -> None:
        names = [name for name in system.observables if name.startswith("cutoff_population")]
        self._places = [np.flatnonzero(system.observables[name].diag().real) for name in names]  # they are projectors
        self.largest = 0.0

    def __call__(self, state: np.ndarray) -> None:
        for places in self._places:
            chosen = state[places] if state.ndim == 1 else state[places, places]
            found = chosen.real.sum() if state.ndim == 2 else np.vdot(chosen, chosen).real
            self.largest = max(self.largest, float(found))
