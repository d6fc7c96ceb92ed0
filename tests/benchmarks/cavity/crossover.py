"""Confocal couplings from ferromagnet to memory to glass, by enumeration, and what enumerating costs.

The table and the picture of ``docs/cavity_memory.md``:

    python tests/benchmarks/cavity/crossover.py --save docs/data/cavity_crossover.csv --plot docs/cavity_crossover.png

Of every size and width: how often the ground state is a ferromagnet, how many minima there are, how much of the bonds
the ground state leaves unsatisfied, and the largest eigenvalue; then wide clouds beside Sherrington–Kirkpatrick models,
whose number of minima is known exactly; and the seconds that finding all minima takes, beside a list of all energies.
"""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness import Table, arguments, compare, machine

import cim
import ising_problems as ip
import landscapes as ls
from ising_problems.exact import enumerate_energies

WIDTHS = (0.3, 0.4, 0.5, 0.55, 0.6, 0.67, 0.7, 0.75, 0.8, 0.85, 0.9, 1.0, 1.2, 1.5, 2.0, 3.0)
SIZES = (8, 12, 16, 20, 24)
INSTANCES = 500
WIDE = {8: 8000, 16: 4000, 20: 1000}  # instances of each size
SHOWN = ("ferromagnet_probability", "mean_minima", "mean_magnetisation", "mean_frustration", "mean_largest_eigenvalue")


def with_error(study: Any, name: str) -> str:
    """A mean and, in brackets, its error in units of the last digit."""
    return f"{float(study[name]):.3f}({max(1, round(1000 * float(study[name + '_error'])))})"


def crossover_table(widths: tuple[float, ...], sizes: tuple[int, ...], instances: int, threads: int | None) -> Any:
    """Print the study and return it."""
    study = cim.cavity.connectivity_study(widths, sizes, instances=instances, threads=threads)
    table = Table(f"{instances} instances each", ["n, width", *(name.removeprefix("mean_") for name in SHOWN)])
    for size in sizes:
        for width in widths:
            at = study.sel(size=size, width=width)
            table.row(f"{size}, {width:g}", *(with_error(at, name) for name in SHOWN))
    table = Table("theory", ["n", "SK minima", "glass width"])
    for size in sizes:
        at = study.sel(size=size)
        table.row(f"{size}", f"{float(at['sk_minima']):.3f}", f"{float(at['glass_width']):.3f}")
    return study


def wide_table(counts: dict[int, int], threads: int | None) -> None:
    """Numbers of minima of wide clouds beside those of Sherrington–Kirkpatrick models."""
    table = Table("mean number of minima in wide clouds", ["n", "3 waists", "10 waists", "100 waists", "SK, exact"])
    for size, instances in counts.items():
        study = cim.cavity.connectivity_study((3.0, 10.0, 100.0), size, instances=instances, threads=threads, seed=1)
        row = [with_error(study.isel(size=0, width=k), "mean_minima") for k in range(3)]
        table.row(f"{size}", *row, f"{ls.theory.sk_minima_count(size):.3f}")


def cost_table(sizes: tuple[int, ...], repeats: int) -> None:
    """Seconds of one core for all minima of one model, beside those for the list of all energies."""
    table = Table("seconds on one core, median", ["n, couplings", "all minima", "all energies", "minima"])
    for size in sizes:
        models = {
            "SK": ip.sherrington_kirkpatrick(size, seed=0),
            "confocal, w = 1": cim.cavity.confocal_couplings(cim.cavity.random_positions(size, 1.0, seed=0)),
            "all equal": ip.IsingModel(1 - np.eye(size, dtype=np.int64)),
        }
        for name, model in models.items():
            candidates = {"minima": lambda model=model: ls.ising_minima(model, threads=1)}
            if size <= 22:
                candidates["energies"] = lambda model=model: enumerate_energies(model)
            timings = compare(candidates, repeats)
            energies = timings["energies"].median() if "energies" in timings else "–"
            table.row(f"{size}, {name}", timings["minima"].median(), energies, f"{ls.ising_minima(model).count}")


def save(study: Any, path: Path) -> None:
    """Write the averages as comma-separated values."""
    columns = [name for base in SHOWN for name in (base, f"{base}_error")]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["size", "width", *columns])
        for size in study["size"].values:
            for width in study["width"].values:
                at = study.sel(size=size, width=width)
                writer.writerow([size, f"{width:g}", *(f"{float(at[name]):.5g}" for name in columns)])


def plot(study: Any, path: Path) -> None:
    """Draw the crossover."""
    import matplotlib

    matplotlib.use("Agg")
    from cim import plotting

    panels = plotting.connectivity_crossover(study)
    panels[0].figure.savefig(path, dpi=160)


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__.split("\n", 1)[0], repeats=3)
    parser.add_argument("--threads", type=int, help="threads of the study; every core by default")
    parser.add_argument("--save", type=Path, help="write the averages to this file, as comma-separated values")
    parser.add_argument("--plot", type=Path, help="draw the crossover to this file")
    chosen = parser.parse_args()
    widths, sizes, instances, wide, timed = WIDTHS, SIZES, INSTANCES, WIDE, (16, 20, 22, 24, 26)
    if chosen.quick:
        widths, sizes, instances, wide, timed = (0.5, 0.8, 1.5), (6, 10), 30, {8: 100}, (12, 16)
    print(machine())
    began = time.perf_counter()
    study = crossover_table(widths, sizes, instances, chosen.threads)
    wide_table(wide, chosen.threads)
    cost_table(timed, chosen.repeats or (1 if chosen.quick else 3))
    print(f"\n{time.perf_counter() - began:.0f} s in all")
    if chosen.save is not None:
        save(study, chosen.save)
    if chosen.plot is not None:
        plot(study, chosen.plot)


if __name__ == "__main__":
    main()
