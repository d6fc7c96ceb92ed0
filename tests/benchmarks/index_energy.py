"""Energy against index: critical points that were found, beside the annealed and the quenched lines.

    python tests/benchmarks/index_energy.py [--quick]

Critical points of Sherrington–Kirkpatrick instances are looked for at given index by eigenvector following, in two
ways.  Random starts end at points like the most numerous ones.  A chain looks for low ones: from a minimum that was
followed adiabatically it steps to saddles of index 1, from the lowest of those to index 2, and so on, each time along
the softest eigenvectors of positive curvature and by setting small amplitudes to zero.  For each pump, size and index
fraction the table shows how many points there were, the mean energy per spin from random starts, and the lowest energy
found, both as means over the instances, beside

* ``typical``: the energy of the most numerous points of that index (Kac–Rice);
* ``onset``: the energy at which points of that index begin to overlap, and the annealed number ceases to be typical
  (nan where it is typical down to the end);
* ``quenched``: the lowest energy at which the typical number is not exponentially small, with one overlap;
* ``annealed``: the same of the mean number.

What is found is above the true lowest energy, by the more the higher the index, and finite sizes raise that: for minima
by 0.7 n^(-2/3) at large pump.  So the figures should come down towards the quenched line as n grows, and stay above it.
The last column is their distance from it, times n^(2/3): of order one where the rest is finite size alone.  Beyond
index 6 the chain is not continued, and the lowest figures are those of random starts.

What it showed (two instances of 100 spins): at pump 0.5 and r = 0, 0.02, 0.04 the lowest energies found were -1.080,
-1.069 and -1.062, which is 0.073, 0.081 and 0.077 above the quenched line, the same as for the ground state itself, and
0.18, 0.24 and 0.24 above the annealed line.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from harness import Table, arguments, machine

import ising_problems as ip
import landscapes as ls
from landscapes.adiabatic import adiabatic_minima

PUMPS = (-0.7, -0.45, 0.0, 0.5)
SIZES = {50: 4, 100: 2, 200: 1}  # instances of each
FRACTIONS = (0.0, 0.02, 0.04, 0.08, 0.12)
LONGEST_CHAIN = 6  # saddles of higher index are looked for from random starts only
KEPT, RANDOM_STARTS = 4, 8
_MODES, _LENGTHS = 4, (0.3, 1.2)
FOLLOWING = "eigenvector-following"


def main() -> None:
    """Print a table for each pump."""
    parser = arguments(__doc__.splitlines()[0], 1)
    parser.add_argument("--pumps", type=float, nargs="+", default=PUMPS)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    options = parser.parse_args()
    print(machine())
    sizes = {n: SIZES.get(n, 1) for n in options.sizes}
    if options.quick:
        sizes = {50: 1}
    pumps = options.pumps[:1] if options.quick else options.pumps
    for pump in pumps:
        began = time.perf_counter()
        show(pump, sizes)
        print(f"{time.perf_counter() - began:.0f} s")


def show(pump: float, sizes: dict[int, int]) -> None:
    """The table of one pump."""
    table = Table(
        f"pump {pump:g}: energy per spin at index fraction r",
        ["n, r", "points", "random", "lowest", "typical", "onset", "quenched", "annealed", "x n^2/3"],
        name_width=12,
    )
    lines = {}
    for fraction in FRACTIONS:
        if fraction >= ls.theory.origin_index(pump):
            continue
        onset = ls.theory.overlap_onset(pump, fraction)
        lines[fraction] = (
            ls.theory.complexity_at(pump, index=fraction).energy,
            np.nan if onset is None else onset.energy,
            ls.theory.lowest_energy(pump, fraction).energy,
            ls.theory.lowest_energy(pump, fraction, "annealed").energy,
        )
    for n, instances in sizes.items():
        found = [sampled(pump, n, seed, list(lines)) for seed in range(instances)]
        for fraction, (typical, onset, quenched, annealed) in lines.items():
            low = np.array([sample[fraction][0] for sample in found])
            random = np.array([sample[fraction][1] for sample in found])
            count = sum(sample[fraction][2] for sample in found)
            lowest = float(np.nanmean(low)) if np.isfinite(low).any() else np.nan
            mean = float(np.nanmean(random)) if np.isfinite(random).any() else np.nan
            numbers = [f"{value:.4f}" for value in (mean, lowest, typical, onset, quenched, annealed)]
            table.row(
                f"{n}, {round(fraction * n) / n:.3f}", str(count), *numbers, (lowest - quenched) * n ** (2.0 / 3.0)
            )


def sampled(pump: float, n: int, seed: int, fractions: Sequence[float]) -> dict[float, tuple[float, float, int]]:
    """For each fraction: lowest energy per spin, mean energy from random starts, number of points found."""
    model = ip.sherrington_kirkpatrick(n, seed=1000 + seed)
    energy = ls.SoftSpinEnergy(model, pump)
    low = chain(energy, min(LONGEST_CHAIN, round(max(fractions) * n)), seed)
    result = {}
    for fraction in fractions:
        index = round(fraction * n)
        points = ls.find_critical_points(energy, FOLLOWING, index=index, starts=RANDOM_STARTS, seed=seed)
        random = points.energy[points.index == index] / n
        every = np.concatenate([random, low.get(index, np.zeros(0)) / n])
        lowest = float(every.min()) if len(every) else np.nan
        result[fraction] = (lowest, float(random.mean()) if len(random) else np.nan, len(every))
    return result


def chain(energy: ls.SoftSpinEnergy, longest: int, seed: int) -> dict[int, np.ndarray]:
    """Energies of low critical points of index 0, 1, ..., each found from the lowest ones of the index before."""
    rng = np.random.default_rng(seed)
    state = adiabatic_minima(energy.model, energy.pump, steps_per_unit=300, seed=seed)
    pool = state["x"].values.reshape(1, energy.num_variables)
    energies = {0: state["energy"].values.ravel()}
    for index in range(1, longest + 1):
        starts = np.concatenate([excited(x, energy.hessian(x), index - 1, rng) for x in pool])
        points = ls.find_critical_points(energy, FOLLOWING, index=index, starts=starts, seed=seed)
        found = points.index == index
        if not found.any():
            break
        energies[index], pool = points.energy[found], points.x[found][:KEPT]  # in ascending order of energy
    return energies


def excited(x: np.ndarray, hessian: np.ndarray, index: int, rng: np.random.Generator) -> np.ndarray:
    """Starts near a critical point: off along its softest stable directions, or with one small amplitude at zero."""
    _, vectors = np.linalg.eigh(hessian)
    starts = []
    for mode in vectors.T[index : index + _MODES]:
        starts += [x + sign * rng.uniform(*_LENGTHS) * mode for sign in (1.0, -1.0)]
    small = [k for k in np.argsort(np.abs(x)) if abs(x[k]) > 0.1][:_MODES]
    for k in small:
        starts.append(np.where(np.arange(len(x)) == k, 0.0, x))
    return np.array(starts)


if __name__ == "__main__":
    main()
