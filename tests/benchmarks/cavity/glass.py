"""Quantum against semiclassical trajectories of the driven-dissipative spin glass: energies, order, heating.

Instances are Sherrington–Kirkpatrick couplings of variance 1/n, and confocal ones of atoms spread over three waists,
scaled to the same mean square.  Both kinds of trajectories see the same noise, so that differences are paired; errors
are standard errors over instances.

    python tests/benchmarks/cavity/glass.py                  # tables of weak heating: n = 6, 8, 10, 12
    python tests/benchmarks/cavity/glass.py --map            # the map over losses and durations, n = 6
    python tests/benchmarks/cavity/glass.py --plot docs      # pictures: eight spins, run for them, and the map as kept

What comes out is kept in ``--save`` (a folder, docs/data by default), in one CSV for the tables and one for the map;
what is measured anew replaces its rows.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness import Table, machine

import cim
import ising_problems as ip

LOSS_RATIO, DURATION, REPLICAS = 0.005, 20.0, 24
INSTANCES = {6: 20, 8: 20, 10: 20, 12: 20}
WIDTH = 3.0
LOSS_RATIOS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
DURATIONS = (5.0, 10.0, 20.0, 40.0, 80.0)
MAP_INSTANCES = 20

Rows = list[dict[str, Any]]


def instances(couplings: str, size: int, count: int) -> list[ip.IsingModel]:
    """Instances of an ensemble, with couplings of mean square 1/n."""
    if couplings == "sk":
        return [ip.sherrington_kirkpatrick(size, seed=1000 * size + k) for k in range(count)]
    models = []
    for k in range(count):
        J = cim.cavity.confocal_couplings(cim.cavity.random_positions(size, WIDTH, seed=1000 * size + k)).J
        off = J[~np.eye(size, dtype=bool)]
        models.append(ip.IsingModel(J / np.sqrt(size * np.mean(off**2))))
    return models


def with_error(value: float, error: float) -> str:
    """A mean and its standard error."""
    return f"{value:.4f} ±{error:.4f}"


def rows_of(study: Any, couplings: str) -> Rows:
    """One row for each loss ratio and duration: averages over instances with errors."""
    rows = []
    for loss in study["loss_ratio"].values:
        for duration in study["duration"].values:
            at = study.sel(loss_ratio=loss, duration=duration)
            row: dict[str, Any] = {
                "couplings": couplings,
                "size": study.attrs["num_spins"],
                "loss_ratio": float(loss),
                "duration": float(duration),
                "instances": study.sizes["instance"],
                "replicas": study.attrs["replicas"],
            }
            for reading in study["reading"].values:
                row[f"advantage_{reading}"] = float(at["advantage"].sel(reading=reading))
                row[f"advantage_{reading}_error"] = float(at["advantage_error"].sel(reading=reading))
                row[f"wins_{reading}"] = float(at["wins"].sel(reading=reading))
            for name, dynamics in (("quantum", "diffusion"), ("semiclassical", "semiclassical")):
                one = at.sel(dynamics=dynamics)
                for quantity in QUANTITIES:
                    row[f"{name}_{quantity}"] = float(one[f"mean_{quantity}"])
                    row[f"{name}_{quantity}_error"] = float(one[f"mean_{quantity}_error"])
            entropy = at.sel(dynamics="diffusion")["mean_entropy_profile"]
            row["entropy_largest"] = float(entropy.max())
            row["entropy_largest_at"] = float(entropy["fraction"][int(np.argmax(entropy.values))])
            row["entropy_end"] = float(entropy[-1])
            rows.append(row)
    return rows


QUANTITIES = (
    "excess_energy",
    "rounded_excess_energy",
    "readout_excess_energy",
    "ground_probability",
    "success",
    "self_overlap",
    "square_overlap",
    "square_magnetisation",
    "readout_magnetisation",
    "ultrametric_gap",
    "independent_gap",
)


def energy_tables(
    couplings: tuple[str, ...], sizes: list[int], counts: dict[int, int], workers: int, tilt: float
) -> Rows:
    """Run weak heating at each size, print what came out, and return the rows."""
    everything: Rows = []
    for ensemble in couplings:
        for size in sizes:
            began = time.perf_counter()
            with ProcessPoolExecutor(workers) as pool:
                study = cim.cavity.glass_study(
                    instances(ensemble, size, counts[size]),
                    loss_ratios=[LOSS_RATIO],
                    durations=[DURATION],
                    replicas=REPLICAS,
                    tilt=tilt,
                    seed=size,
                    executor=pool,
                )
            everything += rows_of(study, ensemble)
            print(f"{ensemble}, n = {size}: {counts[size]} instances, {time.perf_counter() - began:.0f} s", flush=True)
    show(everything)
    return everything


def show(rows: Rows) -> None:
    """Print the tables of weak heating."""
    heading = f"loss ratio {LOSS_RATIO}, duration {DURATION:g}, {REPLICAS} replicas"
    table = Table(
        f"Energy above the ground state, per spin; {heading}",
        ["couplings, n", *(name.rjust(15) for name in ("quantum", "semicl. soft", "semicl. rounded", "q. readout"))],
        14,
    )
    for row in rows:
        table.row(
            f"{row['couplings']}, {row['size']}",
            with_error(row["quantum_excess_energy"], row["quantum_excess_energy_error"]),
            with_error(row["semiclassical_excess_energy"], row["semiclassical_excess_energy_error"]),
            with_error(row["semiclassical_rounded_excess_energy"], row["semiclassical_rounded_excess_energy_error"]),
            with_error(row["quantum_readout_excess_energy"], row["quantum_readout_excess_energy_error"]),
        )
    readings = ("soft", "rounded", "readout", "unfavourable")
    table = Table(
        "Advantage of quantum trajectories, paired (semiclassical minus quantum, per spin)",
        ["couplings, n", *(name.rjust(15) for name in readings), "wins, soft", "unfav."],
        14,
    )
    for row in rows:
        table.row(
            f"{row['couplings']}, {row['size']}",
            *(with_error(row[f"advantage_{name}"], row[f"advantage_{name}_error"]) for name in readings),
            f"{row['wins_soft']:.2f}",
            f"{row['wins_unfavourable']:.2f}",
        )
    names = ("ground_probability", "square_overlap", "square_magnetisation", "self_overlap")
    columns = [f"{short} {kind}" for short in ("P(ground)", "<q²>", "<m²>", "q_aa") for kind in ("q.", "s.")]
    table = Table("Success and order at the end, quantum and semiclassical", ["couplings, n", *columns], 14)
    for row in rows:
        values = [row[f"{kind}_{name}"] for name in names for kind in ("quantum", "semiclassical")]
        table.row(f"{row['couplings']}, {row['size']}", *(f"{value:.3f}" for value in values))
    table = Table(
        "Entanglement entropy of half the spins (nats); gap of overlap triples over that of independent overlaps",
        ["couplings, n", "largest", "at fraction", "at the end", "gap ratio, q.", "gap ratio, s."],
        14,
    )
    for row in rows:
        ratios = [
            row[f"{kind}_ultrametric_gap"] / row[f"{kind}_independent_gap"] for kind in ("quantum", "semiclassical")
        ]
        cells = [row["entropy_largest"], row["entropy_largest_at"], row["entropy_end"], *ratios]
        table.row(f"{row['couplings']}, {row['size']}", *(f"{cell:.3f}" for cell in cells))


def heating_map(couplings: tuple[str, ...], sizes: list[int], count: int, workers: int) -> Rows:
    """Run and print the advantage over losses and durations."""
    everything: Rows = []
    for ensemble in couplings:
        for size in sizes:
            began = time.perf_counter()
            with ProcessPoolExecutor(workers) as pool:
                study = cim.cavity.glass_study(
                    instances(ensemble, size, count),
                    loss_ratios=LOSS_RATIOS,
                    durations=DURATIONS,
                    replicas=REPLICAS,
                    seed=size,
                    executor=pool,
                )
            rows = rows_of(study, ensemble)
            everything += rows
            for reading in ("soft", "unfavourable"):
                table = Table(
                    f"{ensemble}, n = {size}: advantage, {reading}; {count} instances, "
                    f"{time.perf_counter() - began:.0f} s",
                    ["loss ratio", *(f"T = {duration:g}".rjust(15) for duration in DURATIONS)],
                    10,
                )
                for loss in LOSS_RATIOS:
                    line = [row for row in rows if row["loss_ratio"] == loss]
                    name = f"advantage_{reading}"
                    table.row(f"{loss:g}", *(with_error(row[name], row[f"{name}_error"]) for row in line))
    return everything


def kept(path: Path, fresh: Rows) -> Rows:
    """Rows of a file with those measured anew in their place; written back."""

    def place(row: dict[str, Any]) -> tuple[Any, ...]:
        return row["couplings"], int(row["size"]), float(row["loss_ratio"]), float(row["duration"])

    old: Rows = []
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as lines:
            old = [
                {name: value if name == "couplings" else float(value) for name, value in row.items()}
                for row in csv.DictReader(lines)
            ]
    taken = {place(row) for row in fresh}
    rows = sorted([row for row in old if place(row) not in taken] + fresh, key=place)
    if fresh:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, list(fresh[0]), lineterminator="\n")
            writer.writeheader()
            for row in rows:
                writer.writerow({name: _short(name, value) for name, value in row.items()})
    return rows


def _short(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return value
    return int(value) if name in ("size", "instances", "replicas") else f"{value:.6g}"


def pictures(folder: Path, data: Path, workers: int) -> None:
    """Draw the ramp and the overlaps of eight spins, and the map as it was kept."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with ProcessPoolExecutor(workers) as pool:
        study = cim.cavity.glass_study(instances("sk", 8, 20), replicas=REPLICAS, moments=40, seed=8, executor=pool)
    cim.plotting.glass_ramp(study)[0].figure.savefig(folder / "glass_ramp.png", dpi=130)
    cim.plotting.glass_overlaps(study)[0].figure.savefig(folder / "glass_overlaps.png", dpi=130)
    rows = [row for row in kept(data / "glass_heating.csv", []) if row["couplings"] == "sk" and row["size"] == 6]
    figure, panels = pyplot.subplots(1, 2, figsize=(12.4, 4.2), layout="constrained")
    for ax, reading in zip(panels, ("soft", "unfavourable"), strict=True):
        cim.plotting.heating_map(as_map(rows), reading=reading, ax=ax)
    figure.savefig(folder / "glass_heating.png", dpi=130)


def as_map(rows: Rows) -> Any:
    """Rows of a map as the data set that the picture is drawn from."""
    import xarray as xr

    readings = ["soft", "rounded", "readout", "unfavourable"]
    losses, durations = (sorted({row[name] for row in rows}) for name in ("loss_ratio", "duration"))
    values = np.full((2, len(losses), len(durations), len(readings)), np.nan)
    for row in rows:
        place = losses.index(row["loss_ratio"]), durations.index(row["duration"])
        for k, reading in enumerate(readings):
            values[(0, *place, k)] = row[f"advantage_{reading}"]
            values[(1, *place, k)] = row[f"advantage_{reading}_error"]
    dimensions = ("loss_ratio", "duration", "reading")
    return xr.Dataset(
        {"advantage": (dimensions, values[0]), "advantage_error": (dimensions, values[1])},
        {"loss_ratio": losses, "duration": durations, "reading": readings},
        {"num_spins": int(rows[0]["size"]), "instances": int(rows[0]["instances"])},
    )


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few instances of 4 spins: does it run at all?")
    parser.add_argument("--sizes", type=int, nargs="+", help="numbers of spins")
    parser.add_argument("--couplings", nargs="+", choices=("sk", "confocal"), default=["sk", "confocal"])
    parser.add_argument("--map", action="store_true", help="the map over losses and durations in place of the tables")
    parser.add_argument("--plot", type=Path, help="folder of the pictures, which are drawn in place of the tables")
    parser.add_argument("--tilt", type=float, default=0.0, help="spread of the spins' first angles; nothing is kept")
    parser.add_argument("--workers", type=int, default=2, help="processes; 2 by default")
    parser.add_argument("--save", type=Path, help="folder of the CSV files; docs/data by default, none with --quick")
    given = parser.parse_args()
    print(machine())
    data = given.save or Path(__file__).resolve().parents[3] / "docs" / "data"
    if given.plot is not None:
        pictures(given.plot, data, given.workers)
        return
    couplings = tuple(given.couplings)
    if given.quick:
        sizes, counts, count = [4], {4: 3}, 2
    else:
        sizes = given.sizes or ([6] if given.map else sorted(INSTANCES))
        counts, count = {size: INSTANCES.get(size, 10) for size in sizes}, MAP_INSTANCES
    if given.map:
        rows = heating_map(couplings, sizes, count, given.workers)
    else:
        rows = energy_tables(couplings, sizes, counts, given.workers, given.tilt)
    if given.save is not None or not (given.quick or given.tilt):
        kept(data / ("glass_heating.csv" if given.map else "glass_energies.csv"), rows)


if __name__ == "__main__":
    main()
