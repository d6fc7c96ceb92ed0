"""How many photons a machine needs: energy against photons for each multiplication, for several dynamics.

Sherrington–Kirkpatrick instances, every machine driven by its defaults; energies are means over replicas, errors
standard errors over instances, losses paired with the exact run of the same instance from the same start.

    python tests/benchmarks/cavity/photons.py                      # both readouts, and what a photon costs in time
    python tests/benchmarks/cavity/photons.py --plot docs/photons.png
"""

from __future__ import annotations

import argparse
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

DYNAMICS = ("cim", "cac", "bsb", "dsb", "simcim", "nmfa")
PHOTONS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
SIZE, INSTANCES, STEPS, REPLICAS = 200, 8, 500, 16


def study_of(readout: str, size: int, count: int, photons: tuple[float, ...], workers: int) -> Any:
    """Energies of every dynamics on ever more photons."""
    models = [ip.sherrington_kirkpatrick(size, seed=k) for k in range(count)]
    with ProcessPoolExecutor(workers) as pool:
        return cim.photon_study(
            models, photons, DYNAMICS, readout=readout, steps=STEPS, replicas=REPLICAS, executor=pool
        )


def energies(study: Any) -> None:
    """Print mean energies with errors, and the photons that are enough."""
    table = Table(
        f"Ising energy per spin, {study.attrs['readout']}; {study.sizes['instance']} instances, {STEPS} steps",
        ["photons", *(name.rjust(15) for name in study["dynamics"].values)],
        8,
    )
    for photon in study["photons"].values:
        at = study.sel(photons=photon)
        pairs = zip(at["mean_energy"].values, at["mean_energy_error"].values, strict=True)
        table.row(f"{photon:g}", *(f"{value:.4f} ±{error:.4f}" for value, error in pairs))
    exact = study["exact_energy"]
    errors = exact.std("instance", ddof=1).values / np.sqrt(exact.sizes["instance"])
    pairs = zip(exact.mean("instance").values, errors, strict=True)
    table.row("exact", *(f"{value:.4f} ±{error:.4f}" for value, error in pairs))
    table.row("for 1 %", *(f"{value:.2g}" for value in study["needed"].values))


def scaling(sizes: tuple[int, ...], workers: int) -> None:
    """Print the photons that are enough at several sizes: they do not fall as n grows."""
    table = Table("Photons for each multiplication that are enough for 1 %, intensity", ["n", *DYNAMICS], 8)
    for size in sizes:
        study = study_of("intensity", size, INSTANCES, PHOTONS[5:], workers)
        table.row(f"{size}", *(f"{value:.2g}" for value in study["needed"].values))


def costs(size: int) -> None:
    """Print what a step costs with and without photons."""
    model = ip.sherrington_kirkpatrick(size, seed=0)
    table = Table(f"Seconds for 200 steps of 32 replicas, n = {size}, one thread", ["dynamics", *map(str, BUDGETS)], 8)
    for name in ("cim", "bsb"):
        row = []
        for budget in BUDGETS.values():
            run: dict[str, Any] = {"dynamics": name, "steps": 200, "replicas": 32, "record": (), "threads": 1}
            cim.simulate(model, photons=budget, **run | {"steps": 2})
            began = time.process_time()
            cim.simulate(model, photons=budget, **run)
            row.append(time.process_time() - began)
        table.row(name, *(f"{seconds:.2f}" for seconds in row))


BUDGETS = {
    "exact": None,
    "0.1 counted": cim.PhotonBudget(0.1),
    "10 counted": cim.PhotonBudget(10.0),
    "homodyne": cim.PhotonBudget(1.0, readout="homodyne"),
}


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one small size and few photons: does it run at all?")
    parser.add_argument("--workers", type=int, default=2, help="processes; 2 by default")
    parser.add_argument("--plot", type=Path, help="where to draw the counted readout")
    given = parser.parse_args()
    print(machine())
    size, count, photons = (40, 2, PHOTONS[::4]) if given.quick else (SIZE, INSTANCES, PHOTONS)
    for readout in ("intensity", "homodyne"):
        study = study_of(readout, size, count, photons, given.workers)
        energies(study)
        if given.plot is not None and readout == "intensity":
            import matplotlib

            matplotlib.use("Agg")
            ax = cim.plotting.photon_budget(study)
            ax.figure.savefig(given.plot, dpi=150)
    if not given.quick:
        scaling((50, 100, 400), given.workers)
    costs(100 if given.quick else 1000)


if __name__ == "__main__":
    main()
