r"""Measurements on ladders, as kernels: energies, magnetisations, overlaps, link overlaps, configurations.

Of a chain s and of the chain t of its pair at the same temperature: :math:`\sum_i s_i`, :math:`\sum_i s_i t_i` and,
over the coupled pairs in both orders, :math:`\sum_{ij} s_i s_j t_i t_j`.  They are whole numbers here, and divided by
n or by the number of terms where they are handed out (:mod:`landscapes.samples`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .jit import kernel

if TYPE_CHECKING:
    from .ladders import Ladders

__all__ = ["Records", "link_overlaps_dense", "link_overlaps_sparse", "measure"]


class Records(NamedTuple):
    """Where measurements go: M moments, S ladders, P pairs of ladders, T temperatures; M = 0 for what is not wanted."""

    energy: np.ndarray  # (M, S, T), units
    magnetization: np.ndarray  # (M, S, T) int32, sum of the spins
    overlap: np.ndarray  # (M, P, T) int32, sum of the products of two ladders' spins
    link_overlap: np.ndarray  # (M, P, T) int64, the same over the coupled pairs, each counted twice
    spins: np.ndarray  # (M, S, T, n) int8


@kernel
def measure(ladders: Ladders, records: Records, moment: int) -> None:
    """Write down what is wanted of the present state."""
    n = ladders.marks.shape[0]
    for ladder in range(ladders.chain_at.shape[0]):
        for temperature in range(ladders.chain_at.shape[1]):
            chain = ladders.chain_at[ladder, temperature]
            s = ladders.spins[chain]
            if records.energy.shape[0] > 0:
                records.energy[moment, ladder, temperature] = ladders.energies[chain]
            if records.magnetization.shape[0] > 0:
                total = np.int32(0)
                for i in range(n):
                    total += np.int32(s[i])
                records.magnetization[moment, ladder, temperature] = total
            if records.spins.shape[0] > 0:
                records.spins[moment, ladder, temperature] = s[:n]
            if records.overlap.shape[0] > 0 and ladder % 2 == 1:
                t = ladders.spins[ladders.chain_at[ladder - 1, temperature]]
                total = np.int32(0)
                for i in range(n):
                    total += np.int32(s[i] * t[i])
                records.overlap[moment, ladder // 2, temperature] = total


@kernel
def link_overlaps_dense(doubled: np.ndarray, ladders: Ladders, out: np.ndarray) -> None:
    """Link overlap of each pair of ladders at each temperature."""
    n = doubled.shape[0]
    marks = ladders.marks
    for pair in range(out.shape[0]):
        for temperature in range(out.shape[1]):
            s = ladders.spins[ladders.chain_at[2 * pair, temperature]]
            t = ladders.spins[ladders.chain_at[2 * pair + 1, temperature]]
            for i in range(n):
                marks[i] = s[i] * t[i]
            total = np.int64(0)
            for i in range(n):
                row = np.int32(0)
                for j in range(n):
                    row += np.int32(marks[j]) * np.int32(doubled[i, j] != 0)
                total += np.int64(marks[i]) * np.int64(row)
            out[pair, temperature] = total


@kernel
def link_overlaps_sparse(starts: np.ndarray, columns: np.ndarray, ladders: Ladders, out: np.ndarray) -> None:
    """Link overlap of each pair of ladders at each temperature."""
    marks = ladders.marks
    for pair in range(out.shape[0]):
        for temperature in range(out.shape[1]):
            s = ladders.spins[ladders.chain_at[2 * pair, temperature]]
            t = ladders.spins[ladders.chain_at[2 * pair + 1, temperature]]
            for i in range(marks.shape[0]):
                marks[i] = s[i] * t[i]
            total = np.int64(0)
            for i in range(marks.shape[0]):
                for k in range(starts[i], starts[i + 1]):
                    total += marks[i] * marks[columns[k]]
            out[pair, temperature] = total
