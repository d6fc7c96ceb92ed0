"""The cavity's memory in tables: flip rate, emergence of steepest descent, energies, basins, recall, speed.

    python tests/benchmarks/cavity/memory.py
    python tests/benchmarks/cavity/memory.py --save docs/data/cavity_memory.csv

"reference" is what a separate, smaller computation gave, with fewer instances and written by other hands (for the rate:
dense diagonalisation of the Liouvillian).  Errors are standard errors over instances.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness import Table, machine

import cim
import ising_problems as ip
from cim.cavity.descents import DESCENTS, Descents

Rows = list[tuple[str, str, str, str, float, float]]

RATES = {0.5: None, 1.0: 3.404e-4, 2.0: 1.4123e-4, 4.0: None}
EMERGENCE = {
    "g = 3, noise 2": ((3.0, -4.0, 2.0), {1: (0.06, 10.9), 10: (0.08, 8.0), 100: (0.39, 2.9), 1000: (0.70, 1.5)}),
    "g = 3, noise 1": ((3.0, -4.0, 1.0), {1000: (0.50, 1.9)}),
    "g = 0.5, no noise": ((0.5, -4.0, 0.0), {1: (0.0, None), 10: (0.0, None), 100: (0.0, None), 1000: (0.0, None)}),
    "Δ = -8, g = 1, noise 0.3": ((1.0, -8.0, 0.3), {1: (0.0, None), 1000: (0.0, None)}),
    "Δ = -8, g = 1, noise 2": (
        (1.0, -8.0, 2.0),
        {1: (0.04, None), 10: (0.05, None), 100: (0.04, None), 1000: (0.10, None)},
    ),
    "Δ = -20, g = 1, noise 4": ((1.0, -20.0, 4.0), {1: (0.05, None), 1000: (0.05, None)}),
}
ENERGIES = {
    100: {"steepest": -0.6489, "0tmh": -0.6540, "reluctant": -0.6759},
    400: {"steepest": -0.6734, "0tmh": -0.6814, "reluctant": -0.7160},
}
BASINS = {
    "SK": (0.0371, 0.0029),
    "confocal, 0.8 waists": (0.31, 0.27),
    "confocal, 1 waist": (0.0582, 0.0042),
    "confocal, 1.5 waists": (0.0515, 0.0048),
    "minima of Hebb, p = 10": (0.147, 0.089),
    "minima of Hebb, p = 30": (0.0450, 0.0056),
}
RECALL = {
    ("hebbian", 0.10): ((0.998, 1.00), (0.997, 1.00)),
    ("hebbian", 0.12): ((0.995, 0.978), (0.991, 0.933)),
    ("hebbian", 0.14): ((0.958, 0.889), (0.932, 0.733)),
    ("hebbian", 0.16): ((0.855, 0.644), (0.753, 0.378)),
    ("hebbian", 0.20): ((0.661, 0.222), (0.503, 0.044)),
    ("hebbian", 0.30): ((0.41, 0.0), (0.34, 0.0)),
    ("pseudoinverse", 0.3): ((None, 1.00), (None, 1.00)),
    ("pseudoinverse", 0.5): ((None, 1.00), (None, 0.467)),
    ("pseudoinverse", 0.6): ((None, 0.889), (None, 0.0)),
}


def mean_and_error(values: Any) -> tuple[float, float]:
    """Mean and standard error."""
    values = np.asarray(values, dtype=np.float64)
    error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
    return float(values.mean()), error


def written(value: float | None, error: float | None = None, digits: int = 3) -> str:
    """A value with its error in units of the last digit; a dash where there is none."""
    if value is None:
        return "-"
    text = f"{value:.{digits}f}"
    return text if error is None or not np.isfinite(error) else f"{text}({max(1, round(error * 10**digits))})"


def flip_rates() -> Rows:
    """K(h) + K(-h) of one atom in one mode beside the Liouvillian's gap."""
    import qutip as qt

    rate = cim.cavity.FlipRate(1.5, -4.0, 1.0, transverse_field=0.05)
    table = Table("Flip rate: Δ = -4, κ = 1, g = 1.5, ω_z = 0.05", ("field", "K sum", "gap", "differ", "reference"), 8)
    rows: Rows = []
    a, one = qt.tensor(qt.qeye(2), qt.destroy(12)), qt.qeye(12)
    s_x, s_z = (0.5 * qt.tensor(pauli, one) for pauli in (qt.sigmaz(), qt.sigmax()))
    for field, reference in RATES.items():
        H = 4.0 * a.dag() * a + 0.05 * s_z + 1.5 * s_x * (a + a.dag()) + field * s_x
        values = np.linalg.eigvals(qt.liouvillian(H, [np.sqrt(2.0) * a]).full())
        gap, total = float(np.sort(np.abs(values.real))[1]), float(rate(field) + rate(-field))
        differ = f"{100 * (total / gap - 1):+.2f} %"
        table.row(f"{field:g}", f"{total:.4e}", f"{gap:.4e}", differ, "-" if reference is None else f"{reference:.4e}")
        rows.append(("rate", f"{field:g}", "", "sum", total, 0.0))
        rows.append(("rate", f"{field:g}", "", "gap", gap, 0.0))
    return rows


def emergence(instances: int) -> Rows:
    """How often the steepest ensemble flips first."""
    table = Table(
        "Steepest ensemble first, SK n = 20", ("machine", "atoms", "share", "rank", "reference", "rank"), name_width=26
    )
    rows: Rows = []
    for name, ((g, delta, noise), references) in EMERGENCE.items():
        found = cim.cavity.steepest_emergence(
            list(references), coupling=g, detuning=delta, noise=noise, instances=instances, threads=None
        )
        for atoms, (share, rank) in references.items():
            of = found.sel(atoms=atoms)
            p, error = float(of["steepest_first"]), float(of["mean_rank_error"])
            spread = float(np.sqrt(p * (1 - p) / instances))
            mean = float(of["mean_rank"])
            table.row(name, str(atoms), written(p, spread, 2), written(mean, error, 1), written(share, digits=2),
                      written(rank, digits=1))  # fmt: skip
            rows += [
                ("emergence", name, str(atoms), "first", p, spread),
                ("emergence", name, str(atoms), "rank", mean, error),
            ]
    return rows


def energies(instances: int) -> Rows:
    """Where descents from random starts end, and after how many flips."""
    table = Table("Descents from random starts, SK", ("dynamics", "n", "E/n", "reference", "flips/n", "ms"), 12)
    rows: Rows = []
    for n, references in ENERGIES.items():
        for name in DESCENTS:
            ends, flips, seconds = [], [], 0.0
            for seed in range(instances if n == 100 else max(2, instances // 5)):
                model = ip.sherrington_kirkpatrick(n, seed=seed)
                fall, rng = Descents(model), np.random.default_rng(seed)
                starts = (2 * rng.integers(0, 2, (20, n)) - 1).astype(np.int8)
                began = time.process_time()
                spins, count, _, _ = fall(starts, name, rng=rng)
                seconds += time.process_time() - began
                ends.append(np.mean(model.energy(spins)) / n)
                flips.append(count.mean() / n)
            (energy, error), (mean, spread) = mean_and_error(ends), mean_and_error(flips)
            each = 1000 * seconds / (20 * len(ends))
            table.row(name, str(n), written(energy, error, 4), written(references[name], digits=4),
                      written(mean, spread, 3), f"{each:.3f}")  # fmt: skip
            rows += [("energy", str(n), name, "energy", energy, error), ("energy", str(n), name, "flips", mean, spread)]
    return rows


def _of_ensemble(name: str, seed: int) -> ip.IsingModel:
    if name == "SK":
        return ip.sherrington_kirkpatrick(100, seed=seed)
    if name.startswith("confocal"):
        width = float(name.split()[1])
        return cim.cavity.confocal_couplings(cim.cavity.random_positions(100, width, seed=seed))
    patterns = np.random.default_rng(seed).choice([-1, 1], (int(name.split()[-1]), 100))
    return ip.hopfield(patterns)


def basins(instances: int) -> Rows:
    """Shares of wrong spins that 95 % of starts recover from."""
    table = Table(
        "Basins of minima, n = 100: share of wrong spins",
        ("couplings", "steepest", "0tmh", "ratio", "reference", "ratio"),
        24,
    )
    rows: Rows = []
    deep: dict[str, list[np.ndarray]] = {"energy": [], "steepest": [], "0tmh": []}
    for name, references in BASINS.items():
        sizes: dict[str, list[float]] = {"steepest": [], "0tmh": []}
        for seed in range(instances):
            model = _of_ensemble(name, seed)
            for dynamics, values in sizes.items():
                found = cim.cavity.basin_sizes(model, dynamics=dynamics, max_states=20, seed=seed)
                values.append(float(found["basin_size"].mean()))
                if name == "SK":
                    deep[dynamics].append(found["basin_size"].values)
                    if dynamics == "steepest":
                        deep["energy"].append(found["energy"].values / 100)
        stated = {key: mean_and_error(values) for key, values in sizes.items()}
        ratio = stated["steepest"][0] / stated["0tmh"][0]
        table.row(name, *(written(*stated[key], 4) for key in sizes), f"{ratio:.1f}",
                  " / ".join(f"{value:g}" for value in references), f"{references[0] / references[1]:.1f}")  # fmt: skip
        rows += [("basin", name, key, "size", *stated[key]) for key in sizes]
    energy, steep, flat = (np.concatenate(deep[key]) for key in ("energy", "steepest", "0tmh"))
    low, high = np.quantile(energy, [0.25, 0.75])
    for name, chosen, reference in (
        ("SK, deepest quarter", energy <= low, "0.047 / 0.005"),
        ("SK, shallowest quarter", energy >= high, "0.023 / 0.001"),
    ):
        values = (steep[chosen].mean(), flat[chosen].mean())
        table.row(name, *(f"{value:.4f}" for value in values), f"{values[0] / values[1]:.1f}", reference, "")
        rows += [("basin", name, "steepest", "size", values[0], 0.0), ("basin", name, "0tmh", "size", values[1], 0.0)]
    correlation = float(np.corrcoef(energy, steep)[0, 1])
    print(f"correlation of basin and energy, SK, steepest: {correlation:.2f} (reference -0.40)")
    rows.append(("basin", "SK", "steepest", "correlation", correlation, 0.0))
    return rows


def recalls(instances: int) -> Rows:
    """Mean overlap and share recalled from a tenth wrong."""
    table = Table(
        "Recall of random patterns, n = 250, 10 % of the cue wrong: overlap / share above 0.95",
        ("rule and load", "steepest", "", "reference", "0tmh", "", "reference"),
        20,
    )
    rows: Rows = []
    for (rule, load), references in RECALL.items():
        found = cim.cavity.capacity([load], 250, rule, instances=instances, recalls=20, threads=None).sel(load=load)
        cells: list[str] = []
        for name, (overlap, success) in zip(("steepest", "0tmh"), references, strict=True):
            of = found.sel(dynamics=name)
            first = (float(of["mean_overlap"]), float(of["mean_overlap_error"]))
            second = (float(of["mean_success"]), float(of["mean_success_error"]))
            cells += [written(*first), written(*second), f"{written(overlap)} / {written(success)}"]
            label = f"{rule} {load:g}"
            rows += [("recall", label, name, "overlap", *first), ("recall", label, name, "success", *second)]
        table.row(f"{rule} {load:g}", *cells)
    return rows


def speed() -> Rows:
    """Kinetic Monte Carlo: events a second, and a whole run of many atoms."""
    table = Table("Kinetic Monte Carlo, SK n = 20, until it settles", ("atoms", "seconds", "events", "ns/event"), 8)
    rate = cim.cavity.FlipRate(3.0, -4.0, 1.0, noise=2.0)
    model = ip.sherrington_kirkpatrick(20, seed=0)
    cue = np.ones(20)
    cim.cavity.recall(model, cue, "kmc", rate=rate, atoms=2, threads=1)  # compiles, and tabulates the rate
    for atoms in (10, 100, 1000):
        began = time.process_time()
        run = cim.cavity.recall(model, cue, "kmc", rate=rate, atoms=atoms, replicas=4, threads=1)
        seconds, events = (time.process_time() - began) / 4, float(run["events"].mean())
        table.row(str(atoms), f"{seconds:.4f}", f"{events:.3g}", f"{1e9 * seconds / events:.0f}")
    return []


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few instances: does it run at all?")
    parser.add_argument("--save", type=Path, help="CSV file of all that is printed")
    given = parser.parse_args()
    print(machine())
    few = given.quick
    rows = flip_rates()
    rows += emergence(5 if few else 400)
    rows += energies(4 if few else 100)
    rows += basins(2 if few else 20)
    rows += recalls(2 if few else 40)
    rows += speed()
    if given.save is not None:
        with given.save.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("table", "what", "dynamics", "quantity", "value", "error"))
            writer.writerows((*row[:4], f"{row[4]:.6g}", f"{row[5]:.3g}") for row in rows)


if __name__ == "__main__":
    main()
