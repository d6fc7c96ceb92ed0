"""How good the reductions are: atoms alone beside the full atom-cavity model, and state diffusion at finer steps.

    python tests/benchmarks/cavity/open_systems.py

Two atoms in one mode, g = (g, 0.7 g), ω_z = 1, the first tilted by 0.6 rad from σ^z = +1, the second at -1, the mode
empty; the master equation to T = 200.  "start" is up to 5/κ, while the mode fills, "after" later; "grid" is the largest
deviation of σ^z of the first atom at even times 2, 4, ….

State diffusion: three spins, λ from 0 to 3 in T = 3, strong loss η = 0.5.  Runs with steps of different length along
the same path of the noise; the mean of their difference is the bias of the longer steps, to the order of the shorter,
and the root of its mean square what a single trajectory is off by.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness import Table, arguments, machine

import cim
import cim.cavity as cc
import ising_problems as ip
from cim.cavity.basis import basis_energies
from cim.cavity.diffusion import NOISE_COMPONENTS, Grid, evolved_states, product_amplitudes, starting_products
from cim.cavity.glass import make_glass

UP, DOWN = np.array([1.0, 1.0]) / math.sqrt(2), np.array([1.0, -1.0]) / math.sqrt(2)
TILTED = np.kron(math.cos(0.3) * UP + math.sin(0.3) * DOWN, DOWN)


def reductions(duration: float) -> None:
    """Print how far the reduced models are from the full one."""
    table = Table(
        "Largest deviation of <σ^z> of the first atom from the full model",
        ["Δ, κ, g", "start", "after", "grid", "naive", "naive grid", "<σ^z> full", "reduced", "naive end"],
        12,
    )
    records = int(8 * duration)
    for detuning, loss, strength in ((-20.0, 4.0, 3.0), (-8.0, 2.0, 1.5), (-8.0, 2.0, 3.0)):
        g = np.array([[strength], [0.7 * strength]])
        systems = [
            cc.atom_cavity_model(g, detuning, loss, initial=TILTED),
            cc.atom_only_model(g, detuning, loss, initial=TILTED),
            cc.atom_only_model(g, detuning, loss, initial=TILTED, keep_transverse=False),
        ]
        full, reduced, naive = (
            cc.trajectories(
                system,
                duration=duration,
                steps=records,
                record_steps=records,
                replicas=1,
                record=("sigma_z",),
                threads=1,
                atol=1e-8,
                rtol=1e-6,
            )["sigma_z"].values[:, 0]
            for system in systems
        )
        after = np.linspace(0.0, duration, records + 1) >= 5.0 / loss
        off, naive_off = np.abs(reduced - full), np.abs(naive - full)
        table.row(
            f"{detuning:g}, {loss:g}, {strength:g}",
            *(f"{value:.4f}" for value in (off[~after].max(), off[after].max(), off[::16].max())),
            *(f"{value:.4f}" for value in (naive_off[after].max(), naive_off[::16].max())),
            *(f"{values[-1]:+.4f}" for values in (full, reduced, naive)),
        )


class _Given:
    """Increments of a path that was drawn beforehand."""

    def __init__(self, values: np.ndarray) -> None:
        self._values = values

    def most_steps(self) -> int:
        return self._values.shape[1]

    def draw(self, steps: int) -> np.ndarray:
        return np.ascontiguousarray(self._values[:, :steps])


def orders(replicas: int, finest: int) -> None:
    """Print biases and path-wise errors of state diffusion against the number of steps."""
    model = ip.sherrington_kirkpatrick(3, seed=1)
    energies = basis_energies(model)
    glass = make_glass(model, cim.linear(0.0, 3.0), duration=3.0, loss_ratio=0.5)
    for unravelling, components in NOISE_COMPONENTS.items():
        noise = np.random.default_rng(3).standard_normal((replicas, finest, 3, components))
        noise *= math.sqrt(3.0 / finest / components)
        table = Table(
            f"{unravelling}, {replicas} paths: differences to half the step",
            ["steps", "energy", "±", "order", "state", "order"],
            6,
        )
        before: Any = None
        last: Any = None
        steps = finest >> 4
        while steps <= finest:
            grid = Grid(3.0, steps, np.array([steps]))
            path = _Given(noise.reshape(replicas, steps, finest // steps, 3, components).sum(axis=2))
            start = product_amplitudes(starting_products(np.zeros((replicas, 3))))
            couplings = glass.couplings(grid.midst())
            (states,) = evolved_states(glass, grid, couplings, start, path, unravelling)
            if before is not None:
                change = (np.abs(before) ** 2 - np.abs(states) ** 2) @ energies
                bias, error = change.mean(), change.std(ddof=1) / math.sqrt(replicas)
                distance = math.sqrt((np.abs(before - states) ** 2).sum(axis=1).mean())
                cells = (
                    [f"{math.log2(old / new):.2f}" for old, new in zip(last, (bias, distance), strict=True)]
                    if last
                    else ["", ""]
                )
                table.row(str(steps // 2), f"{bias:.5f}", f"{error:.5f}", cells[0], f"{distance:.4f}", cells[1])
                last = (bias, distance)
            before = states
            steps *= 2


def main() -> None:
    """Measure and print."""
    options = arguments(str(__doc__).partition("\n")[0], repeats=1).parse_args()
    print(machine())
    reductions(20.0 if options.quick else 200.0)
    orders(1000 if options.quick else 40_000, 240)


if __name__ == "__main__":
    main()
