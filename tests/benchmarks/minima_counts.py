"""How many minima the soft-spin Sherrington–Kirkpatrick model has against the pump, and what counting them costs.

Complete enumerations, certified; estimates from random starts for sizes beyond them, which are lower bounds, and how
low these are where the truth is known; the growth with n beside theory; and the cost, with what Newton's method from
random points finds of the critical points in the same time.

    python tests/benchmarks/minima_counts.py
    python tests/benchmarks/minima_counts.py --save docs/data/minima_counts.csv

Theory is the annealed complexity of Kac and Rice, the limit of log⟨N⟩/n.  At these sizes log⟨N⟩/n itself is high by a
term of order 1/n (a single pair ±x alone makes log(2)/n), which the slope of log⟨N⟩ against n does not contain.
"""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from harness import Table, arguments, compare, machine, significant

import ising_problems as ip
import landscapes as ls
from landscapes.newton import polish

PUMPS = (-1.8, -1.5, -1.2, -0.93, -0.7, -0.45, 0.0, 0.5, 1.0, 1.5, 2.0)
CERTIFIED = {4: 20, 6: 20, 8: 20, 10: 8}  # instances of each size
SAMPLED = {12: 4, 16: 4, 20: 4}
STARTS = 4000
COLUMNS = ("size", "pump", "instance", "certified", "minima", "points", "estimate", "low", "high", "coverage")

Rows = list[dict[str, Any]]


def energy(size: int, instance: int, pump: float) -> ls.SoftSpinEnergy:
    """The soft-spin energy of one instance; the same couplings at every pump."""
    return ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(size, seed=1000 * size + instance), pump)


def enumerated(size: int, instance: int, pump: float) -> dict[str, Any]:
    """A row of what a complete enumeration counts."""
    census = ls.enumerate_critical_points(energy(size, instance, pump), threads=1)
    if not census.certified:
        raise RuntimeError(f"n = {size}, instance {instance}, pump {pump}: {census.reason}")
    row = {"minima": census.num_minima, "points": len(census), "estimate": census.num_minima, "coverage": 1.0}
    return row | {"low": census.num_minima, "high": census.num_minima, "certified": True}


def sampled(size: int, instance: int, pump: float, starts: int) -> dict[str, Any]:
    """A row of what descents from random points find."""
    minima = ls.estimate_minima(energy(size, instance, pump), starts, seed=instance, threads=1)
    low, high = minima.interval
    row = {"minima": minima.found, "points": 0, "estimate": minima.estimate, "coverage": minima.coverage}
    return row | {"low": low, "high": high, "certified": False}


def rows_at(pump: float, sizes: dict[int, int], count: Callable[[int, int, float], dict[str, Any]]) -> Rows:
    """One row for each size and instance at a pump."""
    return [
        {"size": size, "pump": pump, "instance": instance} | count(size, instance, pump)
        for size, instances in sizes.items()
        for instance in range(instances)
    ]


def column(rows: Rows, name: str, size: int) -> np.ndarray:
    """One entry for each instance of a size."""
    return np.array([row[name] for row in rows if row["size"] == size], dtype=np.float64)


def with_error(values: np.ndarray) -> str:
    """Mean and its standard error."""
    if len(values) < 2:
        return significant(float(values.mean()))
    return f"{significant(float(values.mean()))} ±{significant(values.std(ddof=1) / math.sqrt(len(values)))}"


def certified_table(pumps: Sequence[float], sizes: dict[int, int]) -> Rows:
    """Print the mean number of minima, certified, and its growth beside the complexity; return all counts."""
    largest = max(sizes)
    names = [f"n = {size}" for size in sizes]
    table = Table(
        "Minima, both of each pair: mean over instances; complete and certified",
        ["pump", *(name.rjust(12) for name in names), f"log<N>/{largest}", f"<log N>/{largest}", "complexity"],
        6,
    )
    everything: Rows = []
    points: list[tuple[Any, ...]] = []
    for pump in pumps:
        rows = rows_at(pump, sizes, enumerated)
        minima, total = column(rows, "minima", largest), column(rows, "points", largest)
        growth = [math.log(minima.mean()) / largest, float(np.log(minima).mean()) / largest]
        table.row(
            f"{pump:g}",
            *(with_error(column(rows, "minima", size)) for size in sizes),
            *(f"{value:.3f}" for value in growth),
            f"{ls.theory.complexity(pump, kind='minima').sigma:.4f}",
        )
        points.append(
            (
                f"{pump:g}",
                *(with_error(column(rows, "points", size)) for size in sizes),
                f"{math.log(total.mean()) / largest:.3f}",
                f"{float(np.log(total).mean()) / largest:.3f}",
                f"{ls.theory.complexity(pump, kind='all').sigma:.4f}",
            )
        )
        everything += rows
    table = Table(
        "Critical points of every index, of the same instances",
        ["pump", *(name.rjust(12) for name in names), f"log<N>/{largest}", f"<log N>/{largest}", "complexity"],
        6,
    )
    for row in points:
        table.row(*row)
    return everything


def sampled_table(pumps: Sequence[float], sizes: dict[int, int], starts: int) -> Rows:
    """Print what random starts find and what Chao1 makes of it; return all counts."""
    columns = ["pump"]
    for size in sizes:
        columns += [f"n = {size} found".rjust(14), "Chao1", "coverage", f"<log>/{size}"]
    table = Table(
        f"Minima for larger n from {starts} random starts: LOWER BOUNDS, found and Chao1, means over instances",
        [*columns, "complexity"],
        6,
    )
    everything: Rows = []
    for pump in pumps:
        rows = rows_at(pump, sizes, lambda size, instance, pump: sampled(size, instance, pump, starts))
        cells: list[Any] = []
        for size in sizes:
            found, estimate = column(rows, "minima", size), column(rows, "estimate", size)
            cells += [with_error(found), significant(float(estimate.mean()))]
            cells += [f"{column(rows, 'coverage', size).mean():.3f}", f"{np.log(found).mean() / size:.3f}"]
        table.row(f"{pump:g}", *cells, f"{ls.theory.complexity(pump, kind='minima').sigma:.4f}")
        everything += rows
    return everything


def growth_table(pumps: Sequence[float], rows: Rows) -> None:
    """Print slopes of log⟨N⟩ against n, with bootstrap errors over instances, beside the complexity."""
    table = Table(
        "Growth: slope of log<N> against n, over certified sizes, and over all where at least 0.99 of the starts' "
        "volume is in known basins",
        ["pump", "minima, certified", "minima, all sizes", "complexity", "points, certified", "complexity"],
        6,
    )
    for pump in pumps:
        here = [row for row in rows if row["pump"] == pump]
        certified = [row for row in here if row["certified"]]
        sampled_sizes = {row["size"] for row in here if not row["certified"]}
        known = {size for size in sampled_sizes if column(here, "coverage", size).mean() > 0.99}
        table.row(
            f"{pump:g}",
            slope(certified, "minima"),
            slope([row for row in here if row["certified"] or row["size"] in known], "minima"),
            f"{ls.theory.complexity(pump, kind='minima').sigma:.4f}",
            slope(certified, "points"),
            f"{ls.theory.complexity(pump, kind='all').sigma:.4f}",
        )


def slope(rows: Rows, name: str, resamples: int = 400) -> str:
    """Least-squares slope of the logarithm of the mean against the size, and its bootstrap error."""
    sizes = sorted({row["size"] for row in rows})
    if len(sizes) < 2:
        return "-"
    counts = [column(rows, name, size) for size in sizes]
    rng = np.random.default_rng(0)
    resampled = [[rng.choice(values, len(values)).mean() for values in counts] for _ in range(resamples)]
    slopes = np.polyfit(sizes, np.log(np.array(resampled)).T, 1)[0]
    return f"{np.polyfit(sizes, [math.log(values.mean()) for values in counts], 1)[0]:.3f} ±{slopes.std():.3f}"


def bound_table(pumps: Sequence[float], size: int, instances: int, starts: int) -> None:
    """Print how far below the truth, where that is certified, the found number and Chao1 are."""
    table = Table(
        f"How low the lower bounds are: n = {size}, {starts} starts, as a fraction of the certified number",
        ["pump", "minima", "found", "Chao1", "in interval"],
        6,
    )
    for pump in pumps:
        truth = [enumerated(size, k, pump)["minima"] for k in range(instances)]
        runs = [sampled(size, k, pump, starts) for k in range(instances)]
        inside = [run["low"] <= true <= run["high"] for run, true in zip(runs, truth, strict=True)]
        found, estimate = (sum(run[name] for run in runs) / sum(truth) for name in ("minima", "estimate"))
        table.row(f"{pump:g}", float(np.mean(truth)), f"{found:.3f}", f"{estimate:.3f}", f"{sum(inside)}/{instances}")


def cost_table(sizes: Sequence[int], repeats: int) -> None:
    """Print the time of an enumeration, and what random starts of Newton's method find in the same time."""
    table = Table(
        "Cost on one thread (CPU time), and the share of the critical points that Newton's method from random points "
        "finds in that time",
        ["n, pump", "paths", "seconds", "µs/path", "points", "Newton", "starts"],
        12,
    )
    for size in sizes:
        for pump in (-0.45, 2.0):
            surface = energy(size, 0, pump)
            census = ls.enumerate_critical_points(surface, threads=1)
            seconds = compare(
                {"": lambda surface=surface: ls.enumerate_critical_points(surface, threads=1)},  # type: ignore[misc]
                repeats,
            )[""].median()
            paths = (3**size + 1) // 2
            found, starts = newton_finds(surface, seconds)
            table.row(
                f"{size}, {pump:g}", f"{paths}", seconds, 1e6 * seconds / paths, f"{len(census)}",
                f"{found / len(census):.3f}", f"{starts}",
            )  # fmt: skip


def newton_finds(surface: ls.SoftSpinEnergy, seconds: float) -> tuple[int, int]:
    """Distinct critical points, both of each pair, that Newton's method from random points finds in a time."""
    rng = np.random.default_rng(0)
    known: set[tuple[float, ...]] = set()
    starts, began = 0, time.process_time()
    while time.process_time() - began < seconds:
        batch = 1.5 * rng.standard_normal((256, surface.num_variables))
        reached = polish(surface, batch)
        for x in reached.x[reached.converged]:
            rounded = np.round(x, 6) + 0.0
            known |= {tuple(rounded), tuple(-rounded + 0.0)}
        starts += len(batch)
    return len(known), starts


def save(rows: Rows, path: Path) -> None:
    """Write every count as a line of text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows({name: _short(row[name]) for name in COLUMNS} for row in rows)


def _short(value: Any) -> Any:
    return f"{value:.6g}" if isinstance(value, float) else value


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__.split("\n", 1)[0], repeats=3)
    parser.add_argument("--save", type=Path, help="write all counts to this file, as comma-separated values")
    chosen = parser.parse_args()
    pumps, certified, larger, starts = PUMPS, CERTIFIED, SAMPLED, STARTS
    if chosen.quick:
        pumps, certified, larger, starts = (-0.93, 0.0, 1.0), {4: 3, 6: 2}, {12: 2}, 300
    print(machine())
    began = time.perf_counter()
    rows = certified_table(pumps, certified)
    rows += sampled_table(pumps, larger, starts)
    growth_table(pumps, rows)
    size = max(certified)
    bound_table(pumps[-3:], size, certified[size], starts // 10)
    cost_table([n for n in certified if n <= 8], chosen.repeats or (1 if chosen.quick else 3))
    print(f"\n{time.perf_counter() - began:.0f} s in all")
    if chosen.save is not None:
        save(rows, chosen.save)


if __name__ == "__main__":
    main()
