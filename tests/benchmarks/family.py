"""The family of dynamics, honestly: all of them and simulated annealing, at equal products and at equal CPU time.

Every contestant runs batches of 32 replicas through ramps of 200 steps, restarting, and once more through ramps of
1000; of the two lengths, the table takes the one whose answers are better, for each contestant, instance and column.
After every batch the best energy so far is noted beside the products and the CPU seconds spent, without the 1-flip
descent and with it (whose time then counts).  A sweep of simulated annealing counts as one product.

The settings of each dynamics were chosen by the same search: 24, and 12 more around the best of them, on SK (n = 200,
500; n = 300 with fields), complete ±1 graphs (500), cuts of random 3-regular graphs (1000) and of denser random graphs
(800, mean degree 48), two instances each, at 200 and 1000 steps, by the expected best of 8 replicas after a descent.
(The discrete variants had 6 more when their bound on the step was tightened; the pump ramp without noise had the 12,
the noisy one's 24 being next to it.)  The machine with momentum and clip, and annealing, keep what they were tuned to
before, on SK.  Discrete bifurcation appears twice: by matrix products like the others, and with the kernels, the step
and the pump that ``cim.solve`` runs it with.  None of the instances below was among those of the search.

Run with the package installed: ``python tests/benchmarks/family.py [--quick]``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from harness import Absent, Table, arguments, instance, machine, warm_up
from threadpoolctl import threadpool_limits

import cim
import ising_problems as ip
from cim import dynamics
from cim.solvers import find
from cim.solvers.base import Solver
from cim.solvers.descent import Descent
from cim.solvers.family import FAMILY, solver_of

REPLICAS = 32
LENGTHS = (200, 1000)
BEST_CUT_G22 = 13359


@dataclass(frozen=True)
class Contestant:
    """A solver and how it is run; what is not said is the solver's default."""

    name: str
    solver: Solver
    schedule: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)


def contestants() -> list[Contestant]:
    """The machine as it is, its variants, the family, and simulated annealing."""
    plain = {"momentum": 0.0, "clip": None}
    return [
        Contestant("cim: pump ramp", find("cim"), cim.linear(-2.0, -0.5), plain | {"dt": 0.5, "noise": 0.0}),
        Contestant(
            "cim: noisy", find("cim"), cim.linear(-2.0, -0.5), plain | {"dt": 0.5, "noise": cim.linear(0.03, 0.0)}
        ),
        Contestant(
            "cim: temperature only", find("cim"), cim.constant(-1.0), plain | {"dt": 0.3, "noise": cim.linear(0.2, 0.0)}
        ),
        Contestant("cim: momentum, clip", find("cim")),
        *(Contestant(solver.name, solver) for solver in FAMILY),
        Contestant("dsb: by products", solver_of(dynamics.find("dsb"))),
        Contestant("dsb: own kernels", find("dsb")),
        Contestant("sa", find("sa")),
    ]


@dataclass
class Trace:
    """One contestant on one instance with one seed: what it had found after so many products and seconds.

    ``raw`` without the descent, ``polished`` with it; seconds of the latter hold the descent's.
    """

    products: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    polished_seconds: list[float] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)
    polished: list[float] = field(default_factory=list)
    mean: float = np.nan

    def best(self, budget: float, clock: str, what: str) -> float:
        """Lowest energy within a budget; the first batch counts though it be over it."""
        spent = np.asarray(getattr(self, clock))
        return float(np.min(np.asarray(getattr(self, what))[: max(1, np.count_nonzero(spent <= budget))]))


def trace(contestant: Contestant, model: ip.IsingModel, length: int, products: int, seconds: float, seed: int) -> Trace:
    """Batches of ramps until both budgets are spent."""
    solver = contestant.solver
    descent = Descent(model)
    result, rng = Trace(), np.random.default_rng(seed)
    began = time.process_time()
    prepared = solver.prepare(model, contestant.schedule, {**solver.options, **contestant.options})
    spent = time.process_time() - began
    polishing, done = 0.0, 0
    while done < products or spent < seconds:
        began = time.process_time()
        search = solver.start(prepared, REPLICAS, length, rng.spawn(1)[0], None)
        while search.steps_taken < length:
            search.advance()
        spins = search.spins()
        spent += time.process_time() - began
        began = time.process_time()
        polished = descent(spins)
        polishing += time.process_time() - began
        done += length
        energies = np.asarray(model.energy(spins), dtype=np.float64)
        if not result.raw:
            result.mean = float(energies.mean())
        result.products.append(done)
        result.seconds.append(spent)
        result.polished_seconds.append(spent + polishing)
        result.raw.append(float(energies.min()))
        result.polished.append(float(np.min(model.energy(polished))))
    return result


def contest(name: str, load: Callable[[], ip.IsingModel], best: float | None, seeds: int, effort: Effort) -> None:
    """The table of one instance."""
    try:
        model = load()
    except Absent as reason:
        print(f"\n{name}: skipped: {reason}")
        return
    traces: dict[str, dict[int, list[Trace]]] = {}
    for contestant in contestants():
        trace(contestant, model, 2, 2, 0.0, 0)  # whatever compiles, does so here
        traces[contestant.name] = {
            length: [trace(contestant, model, length, effort.products, effort.seconds, seed) for seed in range(seeds)]
            for length in effort.lengths
        }
    seen = min(min(t.polished) for runs in traces.values() for group in runs.values() for t in group)
    best = seen if best is None else min(best, seen)
    table = Table(
        f"{name}: gap to the best energy known or seen, {best:g}, in %; medians of {seeds} seeds.",
        ["dynamics", "mean", "products", "+descent", "time", "+descent", "steps", "ms/batch"],
    )

    def gap(energy: float) -> float:
        return 100.0 * (energy - best) / abs(best)

    for label, runs in traces.items():

        def median(group: list[Trace], budget: float, clock: str, what: str) -> float:
            return gap(float(np.median([t.best(budget, clock, what) for t in group])))

        columns = [
            {length: median(group, *column) for length, group in runs.items()}
            for column in (
                (effort.products, "products", "raw"),
                (effort.products, "products", "polished"),
                (effort.seconds, "seconds", "raw"),
                (effort.seconds, "polished_seconds", "polished"),
            )
        ]
        longest = max(runs)
        batch = np.median([t.seconds[-1] / len(t.seconds) for t in runs[longest]])
        table.row(
            label,
            f"{gap(float(np.median([t.mean for t in runs[longest]]))):.3f}",
            *(f"{min(column.values()):.3f}" for column in columns),
            "/".join(str(min(column, key=lambda length: column[length])) for column in columns[1::2]),
            1e3 * float(batch),
        )


@dataclass(frozen=True)
class Effort:
    """What each contestant may spend on an instance, with each seed and each length of ramp."""

    products: int
    seconds: float
    lengths: tuple[int, ...] = LENGTHS


def _complete(n: int) -> ip.IsingModel:
    upper = np.triu(np.random.default_rng(0).choice([-1, 1], (n, n)), 1)
    return ip.IsingModel(upper + upper.T)


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__.splitlines()[0], repeats=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="CPU seconds for each seed and length of ramp")
    options = parser.parse_args()
    seeds = options.repeats or (1 if options.quick else 3)
    effort = Effort(200, 0.1, (100, 200)) if options.quick else Effort(max(LENGTHS), options.seconds)
    print(machine())
    warm_up()
    print(
        f"\n{REPLICAS} replicas to a batch, ramps of {' and '.join(map(str, effort.lengths))} steps; one thread.\n"
        "mean: of the first batch of long ramps, no descent.  products: the best after "
        f"{effort.products} products for each\nreplica; time: the best within {effort.seconds:g} CPU seconds, "
        "preparation included; +descent: a 1-flip descent finishes\nevery replica.  steps: which length of ramp won "
        "(products/time, with descent)."
    )
    cases: list[tuple[str, Callable[[], ip.IsingModel], float | None]] = [
        ("SK 500", lambda: ip.sherrington_kirkpatrick(500, seed=0), None),
        ("SK 1000", lambda: ip.sherrington_kirkpatrick(1000, seed=0), None),
        ("SK 2000", lambda: ip.sherrington_kirkpatrick(2000, seed=0), None),
        ("complete ±1, 1000", lambda: _complete(1000), None),
        ("G22", lambda: ip.read(instance("G22.rud")).to_ising(), -float(BEST_CUT_G22)),
        ("3-D lattice ±1, 10³", lambda: ip.edwards_anderson((10, 10, 10), seed=0), None),
    ]
    with threadpool_limits(limits=1):
        for name, load, best in cases[:1] if options.quick else cases:
            contest(name, load, best, seeds, effort)


if __name__ == "__main__":
    main()
