"""The folder of one Monte Carlo run: how far each part of it has come, so that a killed run goes on where it was.

It is a folder of :mod:`landscapes.cell_files`, whose cells are here the states of independent parts of the run (a pair
of replicas, a population) and stretches of what was measured on them.  A stretch is written before the state that
counts it, and each file is complete or not there; whenever the process is killed, the last state and the stretches that
it counts belong together.  A part whose files are damaged is told of and begins anew, with the same random numbers.

What is stored is all that the future of a part depends on, bit for bit: its configurations, local fields and the states
of its random numbers.  A run that is resumed is therefore the run that was not interrupted.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ising_problems import IsingModel, __version__
from ising_problems.checks import repeatable_seed, seed_sequence

from .cell_files import CellFolder
from .fingerprint import described

__all__ = ["RunFolder", "Stage"]


class RunFolder:
    """The folder of one run.

    Parameters
    ----------
    path : path
        Made if it is not there.
    seed : int, numpy.random.Generator or None
        The run's; None means that of the run that the folder holds.

    Attributes
    ----------
    seed : int, numpy.random.Generator or None

    Raises
    ------
    ValueError
        If the path is something else than a folder of this kind or an empty one.
    """

    def __init__(self, path: Any, seed: int | np.random.Generator | None) -> None:
        self._folder = CellFolder(path, "run")
        there = (self._folder.asked or {}).get("seed")
        self.seed = there if seed is None and isinstance(there, int) else seed
        self._lock = threading.Lock()

    @property
    def path(self) -> Path:
        """The folder's."""
        return self._folder.path

    def begin(self, function: str, model: IsingModel, arguments: Mapping[str, Any], rng: np.random.Generator) -> None:
        """Begin or resume a run before its generator has been used; refused if the folder holds another, or is locked.

        Raises
        ------
        ValueError
            The message says in which arguments the run in the folder differs, or why nothing can be written.
        """
        couplings = model.J.tocsr() if model.is_sparse else model.J
        parts = (couplings.indptr, couplings.indices, couplings.data) if model.is_sparse else (couplings,)
        seed: Any = repeatable_seed(self.seed, rng)
        if seed is None:
            spawned = seed_sequence(rng).n_children_spawned
            seed = {"generator": described(rng.bit_generator.state, "seed"), "spawned": spawned}
        self._folder.open_for(
            {
                "function": function,
                "model": {
                    "J": [described(np.asarray(part), "model") for part in parts],
                    "h": described(model.h, "model"),
                    "offset": described(model.offset, "model"),
                },
                "arguments": {name: described(value, name) for name, value in arguments.items()},
                "seed": seed,
                "version": __version__,
            }
        )

    def load(self, key: str) -> dict[str, np.ndarray] | None:
        """Arrays that were saved under a key, or None where there are none that can be trusted."""
        with self._lock:
            found = self._folder.load(key, {})
        return None if found is None else {str(name): values.values for name, values in found[0].data_vars.items()}

    def save(self, key: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Write arrays, complete or not at all; those without entries are left out."""
        import xarray as xr

        variables = {
            name: ([f"{name}_{axis}" for axis in range(array.ndim)], array)
            for name, array in arrays.items()
            if array.size
        }
        with self._lock:
            self._folder.save(key, xr.Dataset(variables), 0.0, {})

    def finish(self, dataset: Any) -> None:
        """Write the finished run, ``sweep.nc``."""
        self._folder.finish(dataset)


class Stage:
    """Where one part of a run stands in the folder: its state, and the stretches measured so far.

    Parameters
    ----------
    folder : RunFolder
    name : str
        Of the part.
    """

    def __init__(self, folder: RunFolder, name: str) -> None:
        self._folder = folder
        self._name = name
        self._written = 0  # measurements

    def load(self, state: Mapping[str, np.ndarray], series: Mapping[str, np.ndarray]) -> int:
        """Fill arrays with what was stored; returns how many measurements, whose arrays begin with time.

        Nothing is filled unless all of it is there.

        Raises
        ------
        ValueError
            If more is stored than there is room for: a run can be made longer, but not shorter.
        """
        stored = self._folder.load(self._name)
        if stored is None:
            return 0
        measured = int(stored["measured"][0])
        room = max((len(array) for array in series.values()), default=0)
        if measured > room:
            raise ValueError(
                f"path: {self._folder.path} holds {measured} measurements, and {room} are asked for; "
                "ask for as many sweeps or more, or name another folder"
            )
        stretches: list[dict[str, np.ndarray]] = []
        found = 0  # the last stretch may end later, where two processes wrote here at once: the same measurements
        while found < measured:
            stretch = self._folder.load(self._key(found))
            if stretch is None:
                return 0
            stretches.append(stretch)
            found += int(stretch["length"][0])
        for name, array in state.items():
            if array.size:
                array[...] = stored[name]
        for name, array in series.items():
            if array.size:
                array[:measured] = (
                    np.concatenate([stretch[name] for stretch in stretches])[:measured] if measured else 0
                )
        self._written = measured
        return measured

    def save(self, state: Mapping[str, np.ndarray], series: Mapping[str, np.ndarray], measured: int) -> None:
        """Write what was measured since the last time, and then the state."""
        if measured > self._written:
            stretch = {name: array[self._written : measured] for name, array in series.items() if array.size}
            length = np.array([measured - self._written])
            self._folder.save(self._key(self._written), {**stretch, "length": length})
        self._folder.save(self._name, {**state, "measured": np.array([measured])})
        self._written = measured

    def _key(self, first: int) -> str:
        return f"{self._name}, measurements from {first}"
