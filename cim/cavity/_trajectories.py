"""Trajectories of the driven-dissipative spin glass, by whichever method, as one labelled data set.

The physics is in :mod:`cim.cavity.glass`, the method of our own in :mod:`cim.cavity.diffusion`, what is recorded in
:mod:`cim.cavity.trajectory_records`.  Here replicas are dealt out to workers and their records brought together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.checks import checked_generator, checked_integer, checked_number, seed_sequence
from landscapes.jit import compilation_time
from landscapes.sweep import Results, run_cells

from .diffusion import (
    NOISE_COMPONENTS,
    Grid,
    Increments,
    evolved_products,
    evolved_states,
    product_amplitudes,
    replica_generator,
    starting_products,
)
from .glass import Glass, make_glass
from .modes import Supermodes
from .trajectory_records import MixedStates, ProductStates, PureStates, checked_record

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["METHODS", "trajectories"]

METHODS = ("diffusion", "semiclassical", "mesolve")
_RECORDS = 40
_REPLICAS_TOGETHER = 8
_AMPLITUDES_TOGETHER = 1 << 16


def trajectories(
    model: IsingModel | Problem,
    ramp: Callable[[Any], Any] | float | None = None,
    *,
    method: str = "diffusion",
    unravelling: str = "heterodyne",
    duration: float = 20.0,
    steps: int = 1000,
    replicas: int = 24,
    transverse_field: float = 1.0,
    loss_ratio: float = 0.005,
    supermodes: Supermodes | None = None,
    shift: float | None = None,
    tilt: float = 0.0,
    record: Sequence[str] | str | None = None,
    record_steps: int | Sequence[int] = _RECORDS,
    seed: int | np.random.Generator | None = 0,
    threads: int | None = None,
    executor: Executor | None = None,
    path: Any = None,
    progress: bool = False,
) -> xr.Dataset:
    """Run the quantum spin glass under a pump ramp and record its trajectories."""
    if method not in METHODS:
        raise ValueError(f"method: {method!r} is not one of {', '.join(METHODS)}")
    if unravelling not in NOISE_COMPONENTS:
        raise ValueError(f"unravelling: {unravelling!r} is not one of {', '.join(NOISE_COMPONENTS)}")
    glass = make_glass(
        model,
        ramp,
        duration=duration,
        transverse_field=transverse_field,
        loss_ratio=loss_ratio,
        supermodes=supermodes,
        shift=shift,
    )
    n = glass.model.num_spins
    replicas = checked_integer(replicas, "replicas", 1)
    steps = checked_integer(steps, "steps", 1)
    tilt = checked_number(tilt, "tilt", at_least=0.0)
    keep_state = record is not None and "state" in ((record,) if isinstance(record, str) else tuple(record))
    names = checked_record(record, method, n)
    grid = Grid(glass.duration, steps, _checked_moments(record_steps, steps))
    couplings = glass.couplings(grid.midst())
    arguments: dict[str, Any] = {
        "method": method,
        "unravelling": unravelling,
        "model": glass.model,
        "couplings": couplings,
        "coupling_table": glass.couplings(np.linspace(0.0, 1.0, 2 * steps + 1)),
        "duration": glass.duration,
        "transverse_field": glass.transverse_field,
        "loss_ratio": glass.loss_ratio,
        "rates": glass.modes.rates,
        "vectors": glass.modes.vectors,
        "tilt": tilt,
        "moments": grid.moments,
        "names": names,
        "keep_state": keep_state,
    }
    attributes = {
        "method": method,
        "unravelling": unravelling if method != "mesolve" else "",
        "ramp": repr(glass.ramp),
        "duration": glass.duration,
        "steps": steps,
        "transverse_field": glass.transverse_field,
        "loss_ratio": glass.loss_ratio,
        "shift": glass.modes.shift,
        "tilt": tilt,
        "offset": float(glass.model.offset),
    }
    chunk = replicas if method == "mesolve" else _replicas_together(n)
    cells = [f"{first}:{min(first + chunk, replicas)}" for first in range(0, replicas, chunk)]

    def together(_: Mapping[str, Sequence[Any]], results: Results) -> xr.Dataset:
        import xarray as xr

        finished = [dataset for _, dataset in results if dataset is not None]
        if len(finished) > 1:
            along = [name for name in finished[0].data_vars if "replica" in finished[0][name].dims]
            whole = xr.concat(finished, "replica", data_vars=along, coords="minimal", compat="override", join="exact")
        else:
            whole = finished[0]
        fraction = whole["step"].values / steps
        return whole.assign_coords(
            {
                "fraction": ("time", fraction),
                "coupling": ("time", glass.couplings(fraction)),
                "spin": np.arange(n),
            }
        )

    with compilation_time():
        run = run_cells(
            run_replicas,
            {"replicas": cells},
            together,
            arguments=arguments,
            seed=seed,
            executor=executor,
            threads=threads,
            path=path,
            attributes=attributes,
            description="trajectories",
            progress=progress,
        )
    if keep_state:
        run["state"] = run["state_real"] + 1j * run["state_imaginary"]
        run = run.drop_vars(["state_real", "state_imaginary"])
    return run


def _replicas_together(num_spins: int) -> int:
    """Replicas that a worker takes up together: a function of the size alone."""
    return max(1, min(_REPLICAS_TOGETHER, _AMPLITUDES_TOGETHER >> min(num_spins, 40)))


def run_replicas(
    replicas: str,
    seed: np.random.Generator,
    *,
    method: str,
    unravelling: str,
    model: IsingModel,
    couplings: np.ndarray,
    coupling_table: np.ndarray,
    duration: float,
    transverse_field: float,
    loss_ratio: float,
    rates: np.ndarray,
    vectors: np.ndarray,
    tilt: float,
    moments: np.ndarray,
    names: tuple[str, ...],
    keep_state: bool,
) -> xr.Dataset:
    """Records of some replicas, "first:stop": a cell of the sweep."""
    import xarray as xr

    first, stop = (int(number) for number in replicas.split(":"))
    chosen = range(first, stop)
    # the sweep's own generator for this cell is not used: a replica's numbers depend on the seed and its number alone
    entropy = int(seed_sequence(seed).entropy)  # type: ignore[arg-type]
    grid = Grid(duration, len(couplings), moments)
    J = np.array(model.J.toarray() if model.is_sparse else model.J, dtype=np.float64)
    glass = Glass(
        model,
        J,
        np.array(model.h, dtype=np.float64),
        Supermodes(rates, vectors, 0.0),
        _Table(coupling_table),
        duration,
        transverse_field,
        loss_ratio,
    )
    n = model.num_spins
    tilts = tilt * np.stack([replica_generator(entropy, replica, 2).standard_normal(n) for replica in chosen])
    chances = np.stack([replica_generator(entropy, replica, 1).random(n) for replica in chosen])
    products = starting_products(n, tilts)
    measure: Any
    if method == "mesolve":
        from .qutip_runs import density_matrices

        measure = MixedStates.of(model, names)
        states = density_matrices(glass, grid, product_amplitudes(products))
    elif method == "semiclassical":
        measure = ProductStates.of(model, names)
        increments = Increments(entropy, chosen, len(rates), grid.dt, unravelling)
        states = evolved_products(glass, grid, couplings, products, increments, unravelling)
    else:
        measure = PureStates.of(model, names)
        increments = Increments(entropy, chosen, len(rates), grid.dt, unravelling)
        states = evolved_states(glass, grid, couplings, product_amplitudes(products), increments, unravelling)
    records: dict[str, list[np.ndarray]] = {name: [] for name in names}
    last = None
    for last in states:
        for name, values in measure.measure(last).items():
            records[name].append(values)
    spins = measure.readout(last, chances)
    along = ("time",) if method == "mesolve" else ("time", "replica")
    variables: dict[str, Any] = {
        name: ((*along, "spin") if name == "sigma_x" else along, np.array(values)) for name, values in records.items()
    }
    variables["spins"] = (("replica", "spin"), spins)
    variables["readout_energy"] = ("replica", np.asarray(model.energy(spins), dtype=np.float64))
    if keep_state:
        places = ("basis", "basis_dual") if method == "mesolve" else ("replica", "basis")
        final = product_amplitudes(last) if method == "semiclassical" else last
        variables["state_real"] = (places, np.ascontiguousarray(final.real))
        variables["state_imaginary"] = (places, np.ascontiguousarray(final.imag))
    return xr.Dataset(
        variables,
        coords={"time": duration * moments / len(couplings), "step": ("time", moments), "replica": list(chosen)},
    )


class _Table:
    """A ramp given by its values at equal distances."""

    def __init__(self, values: np.ndarray) -> None:
        self._values = values

    def __call__(self, u: float) -> float:
        return float(np.interp(u, np.linspace(0.0, 1.0, len(self._values)), self._values))


def _checked_moments(record_steps: int | Sequence[int], steps: int) -> np.ndarray:
    """Numbers of steps taken at which to record, increasing, the last one among them."""
    if isinstance(record_steps, (int, np.integer)) and not isinstance(record_steps, bool):
        count = checked_integer(record_steps, "record_steps", 1)
        return np.unique(np.rint(np.linspace(0, steps, count + 1)).astype(np.int64))
    moments = np.asarray(record_steps)
    if moments.ndim != 1 or moments.dtype.kind not in "iu" or not len(moments) or not (np.diff(moments) > 0).all():
        raise ValueError(
            f"record_steps: must be a count or increasing numbers of steps taken, but it is {record_steps!r}"
        )
    if moments[0] < 0 or moments[-1] > steps:
        raise ValueError(f"record_steps: must lie between 0 and {steps}, but they are {moments[0]} … {moments[-1]}")
    return np.union1d(moments, [steps]).astype(np.int64)  # the end is looked at in any case
