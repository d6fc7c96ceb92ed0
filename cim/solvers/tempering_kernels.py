"""Kernels of parallel tempering as a solver: sweeps of the ladders, and quenches of copies of their coldest chains."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from landscapes.jit import inlined, kernel
from landscapes.ladders import Ladders, temper_dense, temper_sparse
from landscapes.measurements import Records
from landscapes.sweeps import sweep_dense, sweep_sparse

__all__ = ["ROUND", "Quench", "search_dense", "search_sparse"]

ROUND = 5
"""Sweeps from one quench to the next."""


class Quench(NamedTuple):
    """One chain that is quenched, and the lowest minimum of the attempt; energies and fields in units."""

    spins: np.ndarray  # (1, width) int8
    fields: np.ndarray  # (1, width)
    energies: np.ndarray  # (1,)
    limits: np.ndarray  # (1, width) all -1: only flips that lower the energy
    best_spins: np.ndarray  # (width,) int8
    best_energy: np.ndarray  # (1,)


@inlined
def _copy(ladders: Ladders, chain: int, quench: Quench) -> None:
    quench.spins[0, :] = ladders.spins[chain]
    quench.fields[0, :] = ladders.fields[chain]
    quench.energies[0] = ladders.energies[chain]


@inlined
def _keep(quench: Quench) -> None:
    if quench.energies[0] < quench.best_energy[0]:
        quench.best_energy[0] = quench.energies[0]
        quench.best_spins[:] = quench.spins[0]


@kernel
def search_dense(
    doubled: np.ndarray, ladders: Ladders, records: Records, quench: Quench, sweeps: int, cold: int
) -> None:
    """Sweeps in rounds, after each of which the ``cold`` coldest chains of each ladder are quenched."""
    for first in range(0, sweeps, ROUND):
        temper_dense(doubled, ladders, min(ROUND, sweeps - first), False, records, 0, 0)
        for ladder in range(ladders.chain_at.shape[0]):
            for temperature in range(cold):
                _copy(ladders, ladders.chain_at[ladder, temperature], quench)
                before = quench.energies[0] + 1
                while quench.energies[0] < before:
                    before = quench.energies[0]
                    sweep_dense(doubled, quench.limits, quench.spins, quench.fields, quench.energies)
                _keep(quench)


@kernel
def search_sparse(
    starts: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    ladders: Ladders,
    records: Records,
    quench: Quench,
    sweeps: int,
    cold: int,
    clusters: int,
) -> None:
    """Sweeps in rounds, after each of which the ``cold`` coldest chains of each ladder are quenched."""
    for first in range(0, sweeps, ROUND):
        temper_sparse(starts, columns, values, ladders, min(ROUND, sweeps - first), False, clusters, records, 0, 0)
        for ladder in range(ladders.chain_at.shape[0]):
            for temperature in range(cold):
                _copy(ladders, ladders.chain_at[ladder, temperature], quench)
                change = quench.energies[0] * 0 - 1
                while change < 0:
                    change = sweep_sparse(starts, columns, values, quench.limits[0], quench.spins[0], quench.fields[0])
                    quench.energies[0] += change
                _keep(quench)
