"""The public instances with their default settings: what ``cim.solve`` makes of each file, beside the known optimum.

Each row is ``cim.solve(ip.read(path))`` with nothing else said, for several seeds: how many answers were feasible, how
many optimal, the median value, whether repair had a hand in it, and the median of the wall seconds.  ``--time-limit``
adds one, and ``--algorithm`` takes another algorithm, which shows what the default is worth.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from harness import Absent, Table, arguments, instance, machine, warm_up

import cim
import ising_problems as ip

__all__ = ["CASES", "Case"]


@dataclass(frozen=True)
class Case:
    """A file and what is known of it.

    Attributes
    ----------
    file : str
    optimum : float
        Objective of the best answer; an energy where the file holds a bare model.
    arguments : dict
        What the file does not say.
    """

    file: str
    optimum: float
    arguments: dict[str, Any] = field(default_factory=dict)

    def read(self) -> ip.Problem | ip.IsingModel:
        """The problem, or the model."""
        return ip.read(instance(self.file), **self.arguments)


CASES = (
    Case("burma14.tsp", 3323),
    Case("gr17.tsp", 2085),
    Case("br17.atsp", 39),
    Case("myciel3.col", 4),
    Case("queen5_5.col", 5),
    Case("johnson8-2-4.complement.txt", 24, {"problem": ip.VertexCover}),
    Case("uf20-01.cnf", 0),
    Case("uf50-01.cnf", 0),
    Case("pace2018_t1_001.gr", 503),
    Case("pace2018_t1_009.gr", 926),
    Case("pace_fvs_099.graph", 8, {"problem": ip.UndirectedFeedbackVertexSet}),
    Case("pace_fvs_096.graph", 6, {"problem": ip.UndirectedFeedbackVertexSet}),
    Case("pace_fvs_003.graph", 10, {"problem": ip.UndirectedFeedbackVertexSet}),
    Case("g05_60.0.mc", 536),
    Case("bqp100-1.sparse.mc", 7970),
    Case("bqp50.txt", -2098, {"index": 0}),
    Case("knapPI_1_100_1000_1", 9147),
)
UNSATISFIABLE = Case("uuf50-01.cnf", 1)


def main() -> None:
    """Print the table."""
    parser = arguments(__doc__.splitlines()[0], 3)
    parser.add_argument("--algorithm", default="auto")
    parser.add_argument("--time-limit", type=float)
    parser.add_argument("--no-repair", action="store_true")
    parser.add_argument("--only", help="part of the file's name")
    chosen = parser.parse_args()
    seeds = chosen.repeats or (1 if chosen.quick else 3)
    print(machine())
    warm_up()
    table = Table(
        f"{chosen.algorithm}, {seeds} seeds",
        ("file", "spins", "optimum", "median", "feasible", "optimal", "repaired", "seconds"),
        name_width=30,
    )
    for case in (*CASES, UNSATISFIABLE):
        if chosen.only and chosen.only not in case.file:
            continue
        try:
            problem = case.read()
        except Absent as absence:
            table.skip(case.file, absence)
            continue
        options = {
            "algorithm": chosen.algorithm,
            "time_limit": chosen.time_limit,
            "repair": not chosen.no_repair,
        }
        table.row(case.file, *_figures(case, problem, seeds, options))


def _figures(case: Case, problem: Any, seeds: int, options: dict[str, Any]) -> list[Any]:
    values, feasible, repaired, seconds = [], 0, 0, []
    for seed in range(seeds):
        began = time.perf_counter()
        solution = cim.solve(problem, seed=seed, **options)
        seconds.append(time.perf_counter() - began)
        value = solution.energy if solution.objective is None else solution.objective
        values.append(value)
        feasible += solution.feasible is not False
        repaired += bool(solution.info["repaired"])
    optimal = sum(value == case.optimum for value in values)
    spins = solution.info["num_spins"]
    counts = [f"{count}/{seeds}" for count in (feasible, optimal, repaired)]
    return [str(spins), str(case.optimum), float(np.median(values)), *counts, float(np.median(seconds))]


if __name__ == "__main__":
    main()
