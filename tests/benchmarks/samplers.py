"""Spin updates per second of the Metropolis sampler at constant temperature, beside every peer, at equal physics.

An update is one proposal for one spin.  Everyone sweeps the spins in order at the same inverse temperature, from random
spins, on one thread.  CPU time is the difference between a long run and a short one, in which conversions, set-up and
the first relaxation cancel.  That all of them sample the same thing is shown by the energies after equally many sweeps:
the columns E/n and, in standard errors, its deviation from 64 replicas of ours.

Ours rejects one proposal in sixteen unseen, which makes it ergodic at any temperature; the column "ours/peer" counts
only the other fifteen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from harness import Absent, Table, arguments, compare, machine

import ising_problems as ip
import landscapes as ls

READS = 8
REFERENCES = 64
LOOKED_AT = 15 / 16  # of our proposals

Sampler = Callable[[int, int], np.ndarray]  # sweeps and a seed to energies (reads,)


# ------------------------------------------------------------------ the contestants


def ours(model: ip.IsingModel, temperature: float, replicas: int = READS) -> Sampler:
    """Replicas of ``landscapes.metropolis``, of which only the last state is measured."""

    def run(sweeps: int, seed: int) -> np.ndarray:
        settings = {"replicas": replicas, "record": (), "threads": 1, "cluster_moves": False}
        found = ls.metropolis(model, temperature, 1, burn_in=sweeps - 1, seed=seed, **settings)
        return found["final_energy"].values

    return run


def dwave(model: ip.IsingModel, temperature: float) -> Sampler:
    """``dwave-samplers``' simulated annealing with one inverse temperature."""
    try:
        from dwave.samplers import SimulatedAnnealingSampler
    except ImportError as error:
        raise Absent(f"pip install dwave-samplers ({error})") from None
    quadratic_model = model.to_bqm()

    def run(sweeps: int, seed: int) -> np.ndarray:
        found = SimulatedAnnealingSampler().sample(
            quadratic_model,
            beta_schedule_type="custom",
            beta_schedule=[1.0 / temperature],
            num_sweeps_per_beta=sweeps,
            num_reads=READS,
            seed=seed,
        )
        return np.repeat(found.record.energy, found.record.num_occurrences)

    return run


def openjij(model: ip.IsingModel, temperature: float) -> Sampler:
    """``openjij``'s simulated annealing with one inverse temperature, dense or sparse as the model is."""
    try:
        from openjij import SASampler
        from openjij.model.model import BinaryQuadraticModel
    except ImportError as error:
        raise Absent(f"pip install openjij ({error})") from None
    couplings = model.to_bqm()
    converted = BinaryQuadraticModel(
        dict(couplings.linear), dict(couplings.quadratic), couplings.offset, "SPIN", sparse=model.is_sparse
    )

    def run(sweeps: int, seed: int) -> np.ndarray:  # its seed would make all reads the same one
        found = SASampler().sample(
            converted, schedule=[(1.0 / temperature, sweeps)], num_reads=READS, sparse=model.is_sparse
        )
        return np.repeat(found.record.energy, found.record.num_occurrences)

    return run


@numba.njit(cache=True)
def _plain_dense(matrix: np.ndarray, beta: float, s: np.ndarray, sweeps: int, seed: int) -> None:
    np.random.seed(seed)  # noqa: NPY002
    n = len(s)
    fields = matrix @ s
    for _ in range(sweeps):
        for i in range(n):
            cost = 2.0 * s[i] * fields[i]
            if cost <= 0.0 or np.random.random() < np.exp(-beta * cost):  # noqa: NPY002
                twice = 2.0 * s[i]
                s[i] = -s[i]
                for j in range(n):
                    fields[j] -= twice * matrix[i, j]


@numba.njit(cache=True)
def _plain_sparse(
    starts: np.ndarray, columns: np.ndarray, values: np.ndarray, beta: float, s: np.ndarray, sweeps: int, seed: int
) -> None:
    np.random.seed(seed)  # noqa: NPY002
    n = len(s)
    fields = np.zeros(n)
    for i in range(n):
        for k in range(starts[i], starts[i + 1]):
            fields[i] += values[k] * s[columns[k]]
    for _ in range(sweeps):
        for i in range(n):
            cost = 2.0 * s[i] * fields[i]
            if cost <= 0.0 or np.random.random() < np.exp(-beta * cost):  # noqa: NPY002
                twice = 2.0 * s[i]
                s[i] = -s[i]
                for k in range(starts[i], starts[i + 1]):
                    fields[columns[k]] -= twice * values[k]


def plain(model: ip.IsingModel, temperature: float) -> Sampler:
    """The loop that everyone writes first, compiled: local fields in float64, a random number for each step upwards."""
    matrix = model.J.astype(np.float64)
    parts = (matrix.indptr, matrix.indices, matrix.data) if model.is_sparse else (matrix,)
    kernel = _plain_sparse if model.is_sparse else _plain_dense

    def run(sweeps: int, seed: int) -> np.ndarray:
        spins = np.random.default_rng(seed).choice([-1.0, 1.0], (READS, model.num_spins))
        for read, s in enumerate(spins):
            kernel(*parts, 1.0 / temperature, s, sweeps, READS * seed + read)
        return model.energy(spins)

    return run


CONTESTANTS: dict[str, Callable[[ip.IsingModel, float], Sampler]] = {
    "landscapes": ours,
    "dwave-samplers": dwave,
    "openjij": openjij,
    "plain Numba loop": plain,
}


# ------------------------------------------------------------------ the contest


def contest(name: str, model: ip.IsingModel, temperature: float, updates: float, repeats: int) -> None:
    """One table: all contestants on one model at one temperature."""
    n = model.num_spins
    sweeps = max(20, int(updates / (n * READS)))
    short, long = max(sweeps // 4, 10), max(sweeps // 4, 10) + sweeps
    table = Table(
        f"{name}, T = {temperature:g}: {READS} replicas, {sweeps} sweeps of n = {n}, one thread, CPU time.",
        ["sampler", "updates/us", "spread %", "ours/peer", "E/n", "error", "deviation"],
        name_width=18,
    )
    samplers: dict[str, Sampler] = {}
    for label, build in CONTESTANTS.items():
        try:
            samplers[label] = build(model, temperature)
        except Absent as reason:
            table.skip(label, reason)
    calls = {(label, length): _call(run, length) for label, run in samplers.items() for length in (short, long)}
    times = compare({f"{label} {length}": call for (label, length), call in calls.items()}, repeats, single=True)
    reference = ours(model, temperature, REFERENCES)(2 * long, 99) / n
    rates = {}
    for label, run in samplers.items():
        spans = times[f"{label} {long}"].cpu - times[f"{label} {short}"].cpu
        rate = 1e-6 * READS * n * sweeps / float(np.median(spans))
        rates[label] = rate
        quartiles = np.percentile(spans, [25, 75])
        spread = 100 * float(quartiles[1] - quartiles[0]) / 2 / float(np.median(spans))
        energies = np.concatenate([run(2 * long, seed) for seed in (1, 2, 3, 4)]) / n
        error = float(energies.std(ddof=1) / np.sqrt(len(energies)))
        known = float(reference.std(ddof=1) / np.sqrt(REFERENCES))
        deviation = (energies.mean() - reference.mean()) / np.hypot(error, known)
        ratio = LOOKED_AT * rates["landscapes"] / rate if label != "landscapes" else 1.0
        table.row(label, rate, spread, ratio, f"{energies.mean():.4f}", f"{error:.4f}", f"{deviation:+.1f}")


def _call(run: Sampler, sweeps: int) -> Callable[[], Any]:
    return lambda: run(sweeps, 0)


def main() -> None:
    """Measure and print."""
    options = arguments(__doc__.splitlines()[0], repeats=5).parse_args()
    repeats = options.repeats or (2 if options.quick else 5)
    updates = 4e5 if options.quick else 1e7
    print(machine())
    for n in [200] if options.quick else [500, 1000, 2000]:
        for temperature in (0.5, 1.0):
            contest(
                f"Sherrington-Kirkpatrick, n = {n}",
                ip.sherrington_kirkpatrick(n, seed=0),
                temperature,
                updates,
                repeats,
            )
    side = 6 if options.quick else 10
    lattice = ip.edwards_anderson((side, side, side), seed=0)
    for temperature in (1.2, 2.0):
        contest(f"Edwards-Anderson, {side}³, ±1", lattice, temperature, updates, repeats)
    gaussian = ip.edwards_anderson((side, side, side), seed=0, couplings="gaussian")
    contest(f"Edwards-Anderson, {side}³, Gaussian", gaussian, 1.2, updates, repeats)


if __name__ == "__main__":
    main()
