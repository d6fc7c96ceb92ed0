"""Problems with penalties at one second: the default beside plain annealing, ours and dwave-samplers'.

Public instances, and larger random ones of the same kinds.  Each contestant gets one thread and the same wall seconds
for the same Ising model; its lowest configuration is decoded.  ``cim.solve`` with its defaults knows the problem: the
groups of which one spin is up, and the repair of near-misses.  Plain annealing ("sa", without repair, and the annealer
of dwave-samplers with its default temperatures, as many sweeps as fit) sees the model alone.  Counted over the seeds:
how many answers were feasible, and the median objective of those.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
from harness import Absent, Table, arguments, machine, warm_up
from instances import CASES

import cim
import ising_problems as ip

PENALISED = ("burma14", "gr17", "br17", "myciel3", "queen5_5", "johnson8", "pace2018", "pace_fvs", "knapPI")


def generated(quick: bool) -> dict[str, Callable[[], ip.Problem]]:
    """Random problems, the same at every call."""
    small = 4 if quick else 1
    points = np.random.default_rng(1).random((40 // small, 2))
    distances = np.round(1000 * np.linalg.norm(points[:, None] - points[None], axis=2)).astype(int)
    sizes = np.random.default_rng(2).integers(10, 1000, (2, 200 // small))
    streets = nx.random_geometric_graph(120 // small, 0.18 * small**0.5, seed=3)
    for u, v in streets.edges:
        streets.edges[u, v]["weight"] = 1 + (7 * u + 3 * v) % 20
    streets = streets.subgraph(max(nx.connected_components(streets), key=len)).copy()
    terminals = sorted(streets)[:: max(1, len(streets) // 10)]
    sets = [set(np.random.default_rng(100 + k).choice(150 // small, 6, False).tolist()) for k in range(200)]
    return {
        f"tour, {len(points)} cities": lambda: ip.TravellingSalesman(distances),
        f"knapsack, {sizes.shape[1]} items": lambda: ip.Knapsack(
            sizes[0].tolist(), sizes[1].tolist(), int(sizes[1].sum()) // 3
        ),
        "vertex cover, G(n, 6/n)": lambda: ip.VertexCover(nx.gnm_random_graph(400 // small, 1200 // small, seed=4)),
        "colouring, 200 nodes, 9 colours": lambda: ip.GraphColoring(
            nx.gnm_random_graph(200 // small, 3000 // small**2, seed=5), 9
        ),
        f"Steiner tree, {len(streets)} nodes": lambda: ip.SteinerTree(streets, terminals),
        "set cover, 200 sets": lambda: ip.SetCover(sets),
        "makespan, 40 jobs, 4 machines": lambda: ip.MakespanScheduling(
            np.random.default_rng(6).integers(1, 100, 40 // small).tolist(), 4
        ),
    }


def default(problem: ip.Problem, seconds: float, seed: int) -> np.ndarray:
    """``cim.solve`` as it is."""
    return cim.solve(problem, time_limit=seconds, seed=seed, threads=1).spins


def plain(problem: ip.Problem, seconds: float, seed: int) -> np.ndarray:
    """Simulated annealing of the bare model."""
    return cim.solve(problem, "sa", time_limit=seconds, seed=seed, threads=1, repair=False).spins


def dwave(problem: ip.Problem, seconds: float, seed: int) -> np.ndarray:
    """One anneal by dwave-samplers, as long as the time allows."""
    try:
        from dwave.samplers import SimulatedAnnealingSampler
    except ImportError as error:
        raise Absent(f"dwave-samplers is not installed ({error})") from None
    model = problem.to_ising()
    bqm = model.to_bqm()
    sampler = SimulatedAnnealingSampler()
    sweeps, spent = 32, 0.0
    while spent < 0.05 * seconds:
        sweeps *= 2
        began = time.perf_counter()
        sampler.sample(bqm, num_reads=1, num_sweeps=sweeps, seed=seed)
        spent = time.perf_counter() - began
    fitting = max(1, int(sweeps * seconds / spent))
    sample = sampler.sample(bqm, num_reads=1, num_sweeps=fitting, seed=seed).first.sample
    return np.array([sample[label] for label in model.labels], dtype=np.int8)


CONTESTANTS = {"default": default, "sa": plain, "dwave sa": dwave}


def main() -> None:
    """Print the table."""
    parser = arguments(__doc__.splitlines()[0], 5)
    parser.add_argument("--seconds", type=float, default=1.0)
    chosen = parser.parse_args()
    seeds = chosen.repeats or (1 if chosen.quick else 5)
    seconds = 0.1 if chosen.quick else chosen.seconds
    print(machine())
    warm_up()
    problems: dict[str, Callable[[], Any]] = {
        case.file: case.read for case in CASES if case.file.startswith(PENALISED)
    } | generated(chosen.quick)
    columns = [f"{name}: {what}" for name in CONTESTANTS for what in ("feasible", "median")]
    table = Table(f"{seconds:g} s, {seeds} seeds", ("problem", "spins", *columns), name_width=34)
    for name, build in problems.items():
        try:
            problem = build()
            cells = [
                cell for contestant in CONTESTANTS.values() for cell in _cells(problem, contestant, seconds, seeds)
            ]
        except Absent as absence:
            table.skip(name, absence)
            continue
        table.row(name, str(problem.num_spins), *cells)


def _cells(problem: ip.Problem, contestant: Callable[..., np.ndarray], seconds: float, seeds: int) -> list[Any]:
    """How many answers were feasible, and the median objective of those."""
    answers = [problem.decode(contestant(problem, seconds, seed)) for seed in range(seeds)]
    values = [problem.objective(answer) for answer in answers if problem.is_feasible(answer)]
    return [f"{len(values)}/{seeds}", float(np.median(values)) if values else "-"]


if __name__ == "__main__":
    main()
