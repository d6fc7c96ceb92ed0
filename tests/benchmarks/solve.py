"""``cim.solve`` against the simulated annealing of dwave-samplers, at equal wall time on one thread each.

The peer runs with its default schedule, and with the schedule that suits it better: a temperature that falls linearly
over the range that this project's own annealing uses.  Its reads and sweeps are chosen so that they fill the time
limit.  Its fixed cost (reading the model, choosing a temperature range) is measured and *not* counted against it; all
that ``cim.solve`` does is counted.  Every energy is recomputed here from the model.

Run with the package installed: ``python tests/benchmarks/solve.py [--quick]``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from harness import Absent, Table, arguments, instance, machine, significant, warm_up
from threadpoolctl import threadpool_limits

import cim
import ising_problems as ip
from cim.solvers import find

# Cuts of the G-set that are the best known in the literature.
BEST_CUTS = {"G1": 11624, "G11": 564, "G14": 3064, "G22": 13359, "G35": 7687}
LONGEST_READ = 2000  # sweeps of one read; what is left of the time goes into further reads
COLUMNS = [
    *("instance", "limit s", "value", "spread", "gap", "seconds", "to best", "to peer", "M/s", "gaps", "speed"),
    *("reads x sweeps", "fixed s"),
]


@dataclass(frozen=True)
class Case:
    """An instance, and how its energies are told.

    Attributes
    ----------
    name : str
    load : callable
        Gives the model, or raises :class:`harness.Absent`.
    kind : {"cut", "per spin", "conflicts"}
        What the energies are printed as: minus the energy (of a maximum cut), the energy per spin, the energy itself.
    best_energy : float or None
        The best energy known; None for the best of this run.
    """

    name: str
    load: Callable[[], ip.IsingModel]
    kind: str
    best_energy: float | None = None

    def value(self, energy: float, num_spins: int) -> float:
        """What an energy is printed as."""
        return -energy if self.kind == "cut" else energy / num_spins if self.kind == "per spin" else energy


@dataclass
class Runs:
    """What one contestant reached on one instance within one time limit, one entry for each seed."""

    reads: int = 0
    sweeps: int = 0
    energies: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    updates_per_second: list[float] = field(default_factory=list)
    histories: list[list[tuple[float, float]]] = field(default_factory=list)  # of cim.solve: energy against time


class Peer:
    """Simulated annealing of dwave-samplers on one model with one schedule, calibrated to a time limit."""

    def __init__(self, model: ip.IsingModel, linear_temperature: bool) -> None:
        try:
            from dwave.samplers import SimulatedAnnealingSampler
        except ImportError:
            raise Absent("dwave-samplers is not installed; pip install 'coherent-ising[test]' brings it") from None
        self.model = model
        self._bqm = model.to_bqm()
        self._sampler = SimulatedAnnealingSampler()
        self._temperatures = temperatures(model) if linear_temperature else None
        # the default range depends on the model alone; finding it once spares the peer doing so at every call
        probe = self._sampler.sample(self._bqm, num_reads=1, num_sweeps=1, seed=0)
        self._range = tuple(float(beta) for beta in probe.info["beta_range"])
        self.fixed_cost = min(self._sample(1, 1, seed)[0] for seed in range(3))

    def effort(self, seconds: float) -> tuple[int, int]:
        """Reads and sweeps of each that fill so many seconds beyond the fixed cost."""
        total, elapsed = 64, 0.0
        while elapsed < 0.7 * seconds:  # whole anneals, longer and longer: a cold sweep costs less than a hot one
            reads = max(1, round(total / LONGEST_READ))
            # the least of three: an interruption must not cost the peer its sweeps
            trials = [self._sample(reads, max(1, total // reads), seed)[0] for seed in range(3)]
            elapsed = min(trials) - self.fixed_cost
            total = int(total * np.clip(seconds / max(elapsed, 1e-9), 0.01, 8.0))
        reads = max(1, round(total / LONGEST_READ))
        return reads, max(1, total // reads)

    def run(self, seed: int, runs: Runs) -> None:
        """Solve once, and add what came of it."""
        elapsed, spins = self._sample(runs.reads, runs.sweeps, seed)
        spent = max(elapsed - self.fixed_cost, 1e-9)
        runs.energies.append(float(np.min(self.model.energy(spins))))
        runs.seconds.append(spent)
        runs.updates_per_second.append(runs.reads * runs.sweeps * self.model.num_spins / spent)

    def _sample(self, reads: int, sweeps: int, seed: int) -> tuple[float, np.ndarray]:
        schedule: dict[str, Any] = {"beta_range": self._range, "num_sweeps": sweeps}
        if self._temperatures is not None:
            falling = np.linspace(*self._temperatures, sweeps)
            schedule = {"beta_schedule_type": "custom", "beta_schedule": 1.0 / falling, "num_sweeps_per_beta": 1}
        began = time.perf_counter()
        found = self._sampler.sample(self._bqm, num_reads=reads, seed=seed, **schedule)
        elapsed = time.perf_counter() - began
        order = [found.variables.index(label) for label in self.model.labels]
        return elapsed, np.asarray(found.record.sample)[:, order]


def temperatures(model: ip.IsingModel) -> tuple[float, float]:
    """Hottest and coldest temperature of this project's own annealing, in the model's units."""
    coupled = np.flatnonzero(np.diff(model.J.indptr) if model.is_sparse else np.count_nonzero(model.J, axis=1))
    core = ip.IsingModel(model.J[coupled][:, coupled], model.h[coupled])
    prepared = find("sa").prepare(core, None, {})
    return prepared.hot * prepared.scale, prepared.cold * prepared.scale


def ours(model: ip.IsingModel, seconds: float, seed: int, algorithm: str, runs: Runs) -> None:
    """Solve once with ``cim.solve``, and add what came of it."""
    began = time.perf_counter()
    solution = cim.solve(model, algorithm, time_limit=seconds, threads=1, seed=seed)
    runs.seconds.append(time.perf_counter() - began)
    runs.energies.append(float(model.energy(solution.spins)))
    updates = solution.info["steps_total"] * model.num_spins
    runs.updates_per_second.append(updates / solution.info["timings"]["search"])
    runs.histories.append(solution.info["history"])


def contest(case: Case, limits: list[float], seeds: int, algorithm: str, table: Table) -> None:
    """All contestants on one instance, seed by seed in turn, and their rows."""
    try:
        model = case.load()
    except Absent as reason:
        table.skip(case.name, reason)
        return
    absent: Absent | None = None
    try:
        peers = {"  peer, default": Peer(model, False), "  peer, linear T": Peer(model, True)}
    except Absent as reason:
        peers, absent = {}, reason
    cim.solve(model, algorithm, time_limit=0.01, threads=1, seed=0)  # whatever is loaded or compiled is so from here on
    results: dict[float, dict[str, Runs]] = {}
    for limit in limits:
        results[limit] = {"": Runs()} | {name: Runs(*peer.effort(limit)) for name, peer in peers.items()}
        for seed in range(seeds):
            ours(model, limit, seed, algorithm, results[limit][""])
            for name, peer in peers.items():
                peer.run(seed, results[limit][name])
    found = min(min(runs.energies) for outcome in results.values() for runs in outcome.values())
    best = found if case.best_energy is None else min(case.best_energy, found)
    for limit, outcome in results.items():
        report(case, limit, model.num_spins, best, outcome, peers, table)
    if absent is not None:
        table.skip("  peer", absent)


def report(
    case: Case, limit: float, n: int, best: float, outcome: dict[str, Runs], peers: dict[str, Peer], table: Table
) -> None:
    """Rows of one instance and one time limit; ratios are peer / ours for gaps, ours / peer for throughput."""
    unit = 0.01 * abs(best) if case.kind != "conflicts" else 1.0
    own = outcome[""]
    own_gap, own_rate = (float(np.median(own.energies)) - best) / unit, float(np.median(own.updates_per_second))
    for name, runs in outcome.items():
        energy, rate = float(np.median(runs.energies)), float(np.median(runs.updates_per_second))
        low, high = np.percentile(runs.energies, [25, 75])
        gap, seconds = (energy - best) / unit, float(np.median(runs.seconds))
        cells = [
            name or case.name,
            f"{limit:g}",
            written(case.value(energy, n), case.kind),
            (high - low) / 2 / unit,
            gap,
            ("~" if abs(seconds / limit - 1) > 0.2 else "") + significant(seconds),
        ]
        if name:
            reached = [
                next((t for t, e in history if e <= energy + 1e-9 * abs(energy)), np.inf) for history in own.histories
            ]
            effort = f"{runs.reads} x {runs.sweeps}"
            to_peer = written_time(float(np.median(reached)))
            cells += ["-", to_peer, rate * 1e-6, written_ratio(gap, own_gap), own_rate / rate, effort]
            cells += [f"{peers[name].fixed_cost:.2f}"]
        else:
            to_best = written_time(float(np.median([history[-1][0] for history in runs.histories])))
            cells += [to_best, "-", rate * 1e-6, "-", "-", "-", "-"]
        table.row(*cells)


def written(value: float, kind: str) -> str:
    """A cut or a number of conflicts as it is, an energy per spin to five places."""
    return f"{value:.5f}" if kind == "per spin" else f"{value:g}"


def written_time(seconds: float) -> str:
    """Seconds, or that it was never reached."""
    return "never" if not np.isfinite(seconds) else f"{seconds:.3f}"


def written_ratio(theirs: float, own: float) -> str:
    """Ratio of gaps; both zero is a tie."""
    if abs(own) < 1e-9:
        return "tie" if abs(theirs) < 1e-9 else "inf"
    return f"{theirs / own:.2f}"


def _spin_glass(n: int) -> Case:
    return Case(f"SK {n}", lambda: ip.sherrington_kirkpatrick(n, seed=0), "per spin")


def _cut(name: str) -> Case:
    return Case(name, lambda: ip.read(instance(f"{name}.rud")).to_ising(), "cut", -float(BEST_CUTS[name]))


def _colouring() -> Case:
    return Case(
        "queen5_5, 5 colours", lambda: ip.read(instance("queen5_5.col"), num_colors=5).to_ising(), "conflicts", 0.0
    )


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__.splitlines()[0], repeats=5)
    parser.add_argument("--algorithm", default="auto", help="algorithm of cim.solve; auto by default")
    parser.add_argument("--limits", type=float, nargs="+", help="time limits in seconds; 0.1 and 1 by default")
    options = parser.parse_args()
    seeds = options.repeats or (2 if options.quick else 5)
    limits = options.limits or ([0.1] if options.quick else [0.1, 1.0])
    sizes, names = [100, 500, 1000, 2000], ["G1", "G11", "G14", "G22", "G35"]
    if options.quick:
        sizes, names = [100, 500], ["G11", "G22"]
    print(machine())
    warm_up()
    table = Table(
        f"Equal wall time on one thread each; medians of {seeds} seeds.  Values: cut, energy per spin, or conflicts.\n"
        "spread, gap: in % of the best value known or seen (conflicts: as they are).  to best, to peer: seconds until\n"
        "cim.solve had its own best, and the peer's median.  M/s: million spin updates a second.  gaps: peer / "
        "cim.solve;\nspeed: cim.solve / peer; above 1 is in favour of cim.solve.  reads x sweeps: of the peer, chosen "
        "to fill the limit;\nfixed: its further seconds before the first sweep, not counted against it.  ~: more than "
        "a fifth off the limit,\nas happens beside other work; such a row is not at equal time.",
        COLUMNS,
    )
    with threadpool_limits(limits=1):
        for case in [*map(_spin_glass, sizes), *map(_cut, names), _colouring()]:
            contest(case, limits, seeds, options.algorithm, table)


if __name__ == "__main__":
    main()
