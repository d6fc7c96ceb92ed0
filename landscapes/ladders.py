"""Ladders of chains for parallel tempering: their state, and the kernels of sweeps, exchanges and cluster moves.

Numbers are those of :class:`landscapes.couplings.SpinCouplings`: whole multiples of a unit, which do not drift.  The
moves and their sources are described in :mod:`landscapes.sampling`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .clusters import connected_set
from .couplings import SpinCouplings
from .jit import inlined, kernel
from .measurements import Records, link_overlaps_dense, link_overlaps_sparse, measure
from .random import next_bits, random_below, random_state
from .sweeps import LANES, draw_limits, sweep_dense, sweep_sparse

__all__ = ["LASTING", "Ladders", "build_ladders", "temper_dense", "temper_sparse"]


class Ladders(NamedTuple):
    """Parallel-tempering ladders in the kernels' form: S ladders of T temperatures each, C = S T chains of spins.

    A chain stays where it is in memory; exchanges move it along the temperatures of its ladder by changing
    ``chain_at``.  Energies and fields are in units of the couplings.
    """

    spins: np.ndarray  # (C, width) int8; padding spins are 1
    fields: np.ndarray  # (C, width); those of padding spins are out of reach
    energies: np.ndarray  # (C,) int64 or float64, without the offset
    own_fields: np.ndarray  # (n,) h
    chain_at: np.ndarray  # (S, T) the chain at each temperature, coldest first
    inverse_temperatures: np.ndarray  # (T,) unit / temperature
    scales: np.ndarray  # (T,) half a temperature in units, float32; float64 beside float64 fields
    ceiling: float  # above every field, of the type of the scales
    limits: np.ndarray  # (C, width), or (1, width) where the chains are swept one after the other
    words: np.ndarray  # (width / 2,) uint64 random bits
    lanes: np.ndarray  # (2, 16) uint64 states of the generators behind the limits
    state: np.ndarray  # (2,) uint64 state of the generator of everything else
    parity: np.ndarray  # (1,) whether the next exchanges are those of even or of odd gaps
    counts: np.ndarray  # (6, T) see the rows below
    last_end: np.ndarray  # (C,) which end of the ladder a chain was at last: 1 hottest, -1 coldest, 0 neither yet
    round_trips: np.ndarray  # (C,) times that a chain came back to the hottest from the coldest
    marks: np.ndarray  # (n,) int8 scratch
    stack: np.ndarray  # (n,) int64 scratch


LASTING = ["spins", "fields", "energies", "chain_at", "lanes", "state", "parity", "counts", "last_end", "round_trips"]
"""What a ladder's future depends on, and what it has counted; the rest follows from the plan or is scratch."""

# Rows of Ladders.counts.  Exchanges are counted at the colder of the two temperatures.
ATTEMPTED, EXCHANGED, VISITED, DESCENDING, CLUSTERS, CLUSTER_SPINS = range(6)


def build_ladders(
    couplings: SpinCouplings, temperatures: np.ndarray, spins: np.ndarray, rng: np.random.Generator
) -> Ladders:
    """Ladders that start from given spins, int8, shape (S, T, n); temperatures in the model's units, coldest first."""
    ladders, count, n = spins.shape
    chains, width = ladders * count, couplings.width
    number = couplings.fields.dtype
    padded = np.ones((chains, width), dtype=np.int8)
    padded[:, :n] = spins.reshape(chains, n)
    fields = np.full((chains, width), 3 * couplings.ceiling // 2, dtype=number)
    if couplings.is_dense:
        _fields_dense(*couplings.doubled, couplings.fields, padded, fields)
    else:
        _fields_sparse(*couplings.doubled, couplings.fields, padded, fields)
    precise = np.int64 if number.kind == "i" else np.float64
    twice = np.einsum("ci,ci->c", padded[:, :n], fields[:, :n] + couplings.fields.astype(precise), dtype=precise)
    scales = 0.5 * temperatures / couplings.unit
    if number.kind == "i":
        scales = np.minimum(scales, 1e30).astype(np.float32)
    return Ladders(
        spins=padded,
        fields=fields,
        energies=-twice // 2 if precise is np.int64 else -0.5 * twice,
        own_fields=couplings.fields,
        chain_at=np.arange(chains, dtype=np.int64).reshape(ladders, count),
        inverse_temperatures=couplings.unit / temperatures,
        scales=scales,
        ceiling=scales.dtype.type(couplings.ceiling),
        limits=np.zeros((chains if couplings.is_dense else 1, width), dtype=number),
        words=np.zeros(width // 2, dtype=np.uint64),
        lanes=np.ascontiguousarray(random_state(rng, LANES).T),
        state=random_state(rng),
        parity=np.zeros(1, dtype=np.int64),
        counts=np.zeros((6, count), dtype=np.int64),
        last_end=np.zeros(chains, dtype=np.int8),
        round_trips=np.zeros(chains, dtype=np.int64),
        marks=np.zeros(n, dtype=np.int8),
        stack=np.zeros(n, dtype=np.int64),
    )


@kernel
def _fields_dense(doubled: np.ndarray, own: np.ndarray, spins: np.ndarray, fields: np.ndarray) -> None:
    """f = J s + h for each chain; fields hold twice J s on the way, for which there is room."""
    n = doubled.shape[0]
    for c in range(spins.shape[0]):
        f = fields[c, :n]
        f[:] = 0
        for i in range(n):
            row = doubled[i, :n]
            if spins[c, i] > 0:
                for j in range(n):
                    f[j] += row[j]
            else:
                for j in range(n):
                    f[j] -= row[j]
        for j in range(n):
            f[j] = fields.dtype.type(f[j] / 2) + own[j]


@kernel
def _fields_sparse(
    starts: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    own: np.ndarray,
    spins: np.ndarray,
    fields: np.ndarray,
) -> None:
    """f = J s + h for each chain."""
    for c in range(spins.shape[0]):
        for i in range(starts.shape[0] - 1):
            twice = values.dtype.type(0)
            for k in range(starts[i], starts[i + 1]):
                twice += spins[c, columns[k]] * values[k]
            fields[c, i] = fields.dtype.type(twice / 2) + own[i]


@kernel
def temper_dense(
    doubled: np.ndarray, ladders: Ladders, sweeps: int, heat_bath: bool, records: Records, first: int, interval: int
) -> None:
    """Sweeps of all chains of dense couplings, each followed by exchanges.

    Every ``interval`` sweeps a measurement is written down, from index ``first`` on; none if the interval is 0.
    """
    for k in range(sweeps):
        for temperature in range(ladders.chain_at.shape[1]):
            for ladder in range(ladders.chain_at.shape[0]):
                draw_limits(
                    ladders.lanes,
                    ladders.words,
                    ladders.scales[temperature],
                    ladders.ceiling,
                    heat_bath,
                    ladders.limits[ladders.chain_at[ladder, temperature]],
                )
        sweep_dense(doubled, ladders.limits, ladders.spins, ladders.fields, ladders.energies)
        _exchange(ladders)
        if interval > 0 and (k + 1) % interval == 0:
            measure(ladders, records, first + k // interval)
            if records.link_overlap.shape[0] > 0:
                link_overlaps_dense(doubled, ladders, records.link_overlap[first + k // interval])


@kernel
def temper_sparse(
    starts: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    ladders: Ladders,
    sweeps: int,
    heat_bath: bool,
    clusters: int,
    records: Records,
    first: int,
    interval: int,
) -> None:
    """Sweeps of all chains of sparse couplings, each followed by cluster moves and exchanges.

    Cluster moves are made at the ``clusters`` lowest temperatures, between two ladders drawn for each.  Measurements
    as in the dense kernel.
    """
    count = ladders.chain_at.shape[1]
    symmetric = not np.any(ladders.own_fields)
    for k in range(sweeps):
        for temperature in range(count):
            for ladder in range(ladders.chain_at.shape[0]):
                chain = ladders.chain_at[ladder, temperature]
                draw_limits(
                    ladders.lanes,
                    ladders.words,
                    ladders.scales[temperature],
                    ladders.ceiling,
                    heat_bath,
                    ladders.limits[0],
                )
                ladders.energies[chain] += sweep_sparse(
                    starts, columns, values, ladders.limits[0], ladders.spins[chain], ladders.fields[chain]
                )
        for temperature in range(clusters):
            _cluster_move(starts, columns, values, ladders, temperature, symmetric)
        _exchange(ladders)
        if interval > 0 and (k + 1) % interval == 0:
            measure(ladders, records, first + k // interval)
            if records.link_overlap.shape[0] > 0:
                link_overlaps_sparse(starts, columns, ladders, records.link_overlap[first + k // interval])


@kernel
def _exchange(ladders: Ladders) -> None:
    """Propose to exchange the chains of neighbouring temperatures: at even gaps and at odd ones in turn.

    The probability is min(1, exp((1/T - 1/T')(E - E'))), Hukushima and Nemoto (1996).  Taking turns makes a chain go on
    in the direction in which it was exchanged: more round trips than with gaps drawn at random (Okabe et al. 2001).
    """
    count = ladders.chain_at.shape[1]
    parity = ladders.parity[0]
    ladders.parity[0] = 1 - parity
    for ladder in range(ladders.chain_at.shape[0]):
        chain_at = ladders.chain_at[ladder]
        for cold in range(parity, count - 1, 2):
            x, y = chain_at[cold], chain_at[cold + 1]
            exponent = (ladders.inverse_temperatures[cold] - ladders.inverse_temperatures[cold + 1]) * np.float64(
                ladders.energies[x] - ladders.energies[y]
            )
            ladders.counts[ATTEMPTED, cold] += 1
            draw = np.float64(next_bits(ladders.state) >> np.uint64(11)) * 2.0**-53
            if exponent >= 0.0 or draw < math.exp(exponent):
                ladders.counts[EXCHANGED, cold] += 1
                chain_at[cold], chain_at[cold + 1] = y, x
        if count > 1:
            hottest, coldest = chain_at[count - 1], chain_at[0]
            if ladders.last_end[hottest] < 0:
                ladders.round_trips[hottest] += 1
            ladders.last_end[hottest] = 1
            ladders.last_end[coldest] = -1
        for temperature in range(count):
            end = ladders.last_end[chain_at[temperature]]
            if end != 0:
                ladders.counts[VISITED, temperature] += 1
                ladders.counts[DESCENDING, temperature] += end > 0


@kernel
def _cluster_move(
    starts: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    ladders: Ladders,
    temperature: int,
    symmetric: bool,
) -> None:
    """Isoenergetic cluster move between the chains of two ladders at one temperature.

    A cluster is a connected set of sites at which the two chains differ, as large as it can be; turning it in both
    leaves the sum of their energies, with fields as without: at a site next to it the two spins are equal, while those
    within are opposite, so all that changes cancels.  Without fields the same holds for a set of sites at which they
    agree, and the smaller of the two sets is used.  The sites that differ are the same ones after the move, so the way
    back is as likely as the way there.
    """
    sets = ladders.chain_at.shape[0]
    if sets < 2:
        return
    first = random_below(ladders.state, sets)
    second = random_below(ladders.state, sets - 1)
    second += second >= first
    x, y = ladders.chain_at[first, temperature], ladders.chain_at[second, temperature]
    s, t = ladders.spins[x], ladders.spins[y]
    marks, stack = ladders.marks, ladders.stack
    n = marks.shape[0]
    candidates = np.int64(0)
    for i in range(n):
        candidates += np.int64(s[i] != t[i])
    kind = np.int8(-1)
    if symmetric and 2 * candidates > n:
        kind = np.int8(1)
        candidates = n - candidates
    if candidates == 0:
        return
    for i in range(n):
        marks[i] = np.int8(s[i] * t[i] == kind)
    chosen = random_below(ladders.state, int(candidates))
    seed = -1
    while chosen >= 0:
        seed += 1
        chosen -= marks[seed]
    size = connected_set(starts, columns, marks, 1, 0, seed, stack)
    _turn(starts, columns, values, stack[:size], ladders, x)
    _turn(starts, columns, values, stack[:size], ladders, y)
    ladders.counts[CLUSTERS, temperature] += 1
    ladders.counts[CLUSTER_SPINS, temperature] += size


@inlined
def _turn(
    starts: np.ndarray, columns: np.ndarray, values: np.ndarray, sites: np.ndarray, ladders: Ladders, chain: int
) -> None:
    """Turn the spins at some sites of a chain."""
    s, f = ladders.spins[chain], ladders.fields[chain]
    for i in sites:
        sign = s[i]
        ladders.energies[chain] += 2 * (sign * f[i])
        for k in range(starts[i], starts[i + 1]):
            f[columns[k]] -= sign * values[k]
        s[i] = -sign
