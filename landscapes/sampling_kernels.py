r"""Kernels of the samplers: sweeps, exchanges, cluster moves and quenches of chains of spins.

With local fields :math:`f_i` up to date, a flip of spin i costs :math:`\Delta E = 2 s_i f_i`.  Every proposal has a
limit of its own, drawn afresh, and is accepted where :math:`s_i f_i` does not exceed it:

* Metropolis: :math:`\tfrac T2 e` with e a standard exponential variate, so that the probability is
  :math:`\min(1, e^{-\Delta E/T})`;
* heat bath: :math:`\tfrac T2 \ln\frac{1-v}{v}` with v uniform in (0, 1), so that it is
  :math:`1/(1 + e^{\Delta E/T})`.

The limits of a sweep are drawn and compared many at a time; only a block of 32 spins that holds an acceptance is gone
through one by one, in order, with the fields that the flips before have left.  A variate has 31 random bits, so that
acceptances down to 10⁻⁹ have their own probability.

One proposal in sixteen is rejected without a look (:math:`\min(1, e^{-\Delta E/T})` times 15/16 obeys detailed balance
as well).  Without this, a sequential Metropolis sweep turns every spin of vanishing field each time, and at infinite
temperature it is not ergodic.

Numbers are those of :class:`landscapes.couplings.SpinCouplings`: whole multiples of a unit, which do not drift.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .couplings import SpinCouplings
from .jit import float32_bits, inlined, kernel
from .random import next_bits, random_below, random_state

__all__ = ["Ladders", "Records", "build_ladders", "sweep_dense", "sweep_sparse", "temper_dense", "temper_sparse"]

_LANES = 16  # generators that are advanced together, as one vector
_REJECTED = np.int32(15 << 27)  # variates at or above it, of 31 bits, reject whatever is proposed: one in sixteen
_LN2 = np.float32(math.log(2.0))
_FRACTION = np.float32(2.0**-23)


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


# Rows of Ladders.counts.  Exchanges are counted at the colder of the two temperatures.
ATTEMPTED, EXCHANGED, VISITED, DESCENDING, CLUSTERS, CLUSTER_SPINS = range(6)


class Records(NamedTuple):
    """Where measurements go: M moments, S ladders, P pairs of ladders, T temperatures; M = 0 for what is not wanted."""

    energy: np.ndarray  # (M, S, T), units
    magnetization: np.ndarray  # (M, S, T) int32, sum of the spins
    overlap: np.ndarray  # (M, P, T) int32, sum of the products of two ladders' spins
    link_overlap: np.ndarray  # (M, P, T) int64, the same over the coupled pairs, each counted twice
    spins: np.ndarray  # (M, S, T, n) int8


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
        lanes=np.ascontiguousarray(random_state(rng, _LANES).T),
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


# ---------------------------------------------------------------- random limits


@inlined
def _minus_log(bits: np.int32) -> np.float32:
    """-ln((bits + ½)/2³¹) for 31 random bits, to the accuracy of float32, in operations that vectorise.

    With (bits + ½) = 2^e (1 + m): ln(1 + m) = 2 artanh(m/(2 + m)), whose series ends after six terms.
    """
    binary = float32_bits(np.float32(bits) + np.float32(0.5))
    exponent = np.float32(np.int32(158) - (binary >> np.int32(23)))
    m = np.float32(binary & np.int32(0x7FFFFF)) * _FRACTION
    z = m / (np.float32(2.0) + m)
    w = z * z
    series = np.float32(1 / 9) + w * np.float32(1 / 11)
    series = np.float32(1 / 5) + w * (np.float32(1 / 7) + w * series)
    series = np.float32(1.0) + w * (np.float32(1 / 3) + w * series)
    return exponent * _LN2 - np.float32(2.0) * z * series


@kernel
def _draw_limits(
    lanes: np.ndarray, words: np.ndarray, scale: Any, ceiling: Any, heat_bath: bool, limits: np.ndarray
) -> None:
    """One limit for each spin: s f ≤ limit accepts; fields are below the ceiling, so it accepts or rejects them all."""
    sums, others = lanes[0], lanes[1]
    for start in range(0, words.shape[0], 16):
        out = words[start : start + 16]
        for lane in range(16):  # xoroshiro128+, as in landscapes.random, sixteen at a time
            a = sums[lane]
            b = others[lane]
            out[lane] = a + b
            b ^= a
            sums[lane] = ((a << np.uint64(24)) | (a >> np.uint64(40))) ^ b ^ (b << np.uint64(16))
            others[lane] = (b << np.uint64(37)) | (b >> np.uint64(27))
    halves = words.view(np.int32)
    number = limits.dtype.type
    if heat_bath:
        for i in range(limits.shape[0]):
            bits = halves[i] & np.int32(0x7FFFFFFF)
            limit = scale * (_minus_log(bits) - _minus_log(np.int32(0x7FFFFFFF) - bits))
            limit = max(-ceiling, min(limit, ceiling))
            whole = number(limit)  # towards zero for an integer; the limit is to be rounded down
            limits[i] = number(whole - number(np.float64(whole) > np.float64(limit)))
    else:
        shift = np.float32(math.log(15.0 / 16.0))
        for i in range(limits.shape[0]):
            bits = halves[i] & np.int32(0x7FFFFFFF)
            limit = min(scale * (_minus_log(bits) + shift), ceiling)
            limits[i] = number(limit if bits < _REJECTED else -ceiling)


# ---------------------------------------------------------------- sweeps


@inlined
def _any_accepted(s: np.ndarray, f: np.ndarray, limits: np.ndarray) -> bool:
    """Whether any of a block of 32 proposals is accepted, without a branch."""
    number = f.dtype.type
    accepted = np.int32(0)
    for i in range(32):
        accepted += np.int32(number(s[i] * f[i]) <= limits[i])
    return accepted != np.int32(0)


@kernel
def sweep_dense(
    doubled: np.ndarray, limits: np.ndarray, spins: np.ndarray, fields: np.ndarray, energies: np.ndarray
) -> None:
    """One proposal for each spin of each chain, in order; all chains in step, so that they share the rows in the cache.

    doubled is (n, width), limits, spins and fields (chains, width), energies (chains,).
    """
    n, width = doubled.shape
    for start in range(0, n, 32):
        for c in range(spins.shape[0]):
            s = spins[c, start : start + 32]
            f = fields[c, start : start + 32]
            block = limits[c, start : start + 32]
            if not _any_accepted(s, f, block):
                continue
            whole = fields[c]
            for i in range(min(32, n - start)):
                gain = s[i] * f[i]
                if gain <= block[i]:
                    energies[c] += 2 * gain
                    row = doubled[start + i]
                    if s[i] > 0:
                        for j in range(width):
                            whole[j] -= row[j]
                    else:
                        for j in range(width):
                            whole[j] += row[j]
                    s[i] = -s[i]


@kernel
def sweep_sparse(
    starts: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    limits: np.ndarray,
    s: np.ndarray,
    f: np.ndarray,
) -> float:
    """One proposal for each spin of one chain, in order; the change of its energy.  All but the couplings (width,)."""
    n = starts.shape[0] - 1
    change = 2 * (s[0] * f[0]) * 0  # of the energies' type
    for start in range(0, n, 32):
        block_s = s[start : start + 32]
        block_f = f[start : start + 32]
        block = limits[start : start + 32]
        if not _any_accepted(block_s, block_f, block):
            continue
        for i in range(min(32, n - start)):
            gain = block_s[i] * block_f[i]
            if gain <= block[i]:
                change += 2 * gain
                sign = block_s[i]
                for k in range(starts[start + i], starts[start + i + 1]):
                    f[columns[k]] -= sign * values[k]
                block_s[i] = -sign
    return change


# ---------------------------------------------------------------- ladders


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
                _draw_limits(
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
            _measure(ladders, records, first + k // interval)
            if records.link_overlap.shape[0] > 0:
                _link_overlaps_dense(doubled, ladders, records.link_overlap[first + k // interval])


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
                _draw_limits(
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
            _measure(ladders, records, first + k // interval)
            if records.link_overlap.shape[0] > 0:
                _link_overlaps_sparse(starts, columns, ladders, records.link_overlap[first + k // interval])


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
    marks[seed] = 0
    stack[0] = seed
    size = 1
    done = 0
    while done < size:
        i = stack[done]
        done += 1
        for k in range(starts[i], starts[i + 1]):
            j = columns[k]
            if marks[j] != 0:
                marks[j] = 0
                stack[size] = j
                size += 1
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


# ---------------------------------------------------------------- measurements


@kernel
def _measure(ladders: Ladders, records: Records, moment: int) -> None:
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
def _link_overlaps_dense(doubled: np.ndarray, ladders: Ladders, out: np.ndarray) -> None:
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
def _link_overlaps_sparse(starts: np.ndarray, columns: np.ndarray, ladders: Ladders, out: np.ndarray) -> None:
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
