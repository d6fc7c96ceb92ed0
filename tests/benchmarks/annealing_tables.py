r"""Adiabatic annealing of the plain machine: size, last pump, rate and schedule, beside an independent measurement.

    python tests/benchmarks/annealing_tables.py
    python tests/benchmarks/annealing_tables.py --tables sizes --largest 2000
    python tests/benchmarks/annealing_tables.py --tables softness

Sherrington–Kirkpatrick instances, J_ij ~ N(0, 1/n); the machine x += 0.1 (a x - x³ + J x), without momentum and clip,
from noise of 10⁻³.  The pump a is taken as it stands, not in units of λ_max(J)/2, one product a step, T of them; the
energy is the Ising energy per spin of the signs at the end, and "greedy" that after 1-flip descent.  In parentheses
stands the standard error over the instances, in units of the last digit.  "before" is the same quantity measured on
other instances by another implementation, one replica each, and z the distance in standard errors of both together; for
differences to a reference the instances are paired.

Tables: ``sizes``, ``pumps`` (the last pump of the ramp, 500 spins), ``rates`` (T), ``schedules`` (paired differences to
the straight line -2.2 … 0), ``softness`` (the lowest curvature of the minima that follow the pump, from which
:func:`cim.typical_gap_speed` takes its speed).

What is to be seen: the signs freeze at about -0.45, and a ramp that goes on gains nothing (pumps); at a rate of
0.008 a unit of time nothing is gained by slowness (rates); a ramp beats every quench, by 0.01 to 0.07 (schedules).
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Sequence

import numpy as np
from harness import Table, arguments, machine

import cim
import ising_problems as ip
import landscapes as ls
from cim.couplings import extreme_eigenvalues
from cim.studies.evaluation import Workbench
from ising_problems.threads import single_threaded_algebra

_DT, _INITIAL = 0.1, 1e-3
_INSTANCES = {100: 200, 200: 100, 500: 40, 1000: 10, 2000: 4}
_QUICK = {50: 8, 100: 4}
_STEPS = 3000

# (mean, standard error) before; columns as in _SIZE_COLUMNS
_SIZE_COLUMNS = ("to -0.45", "to 0", "to 0.5", "quench 0.5", "0, greedy", "sign v1", "v1, greedy", "lambda_max")
_SIZES = {
    100: (
        (-0.7126, 17), (-0.7144, 17), (-0.7140, 17), (-0.6749, 24),
        (-0.7195, 16), (-0.6267, 31), (-0.7053, 20), (1.9169, 37),
    ),
    200: (
        (-0.7228, 17), (-0.7247, 18), (-0.7239, 18), (-0.6802, 24),
        (-0.7310, 16), (-0.6276, 32), (-0.7152, 23), (1.9543, 40),
    ),
    500: (
        (-0.7347, 14), (-0.7363, 15), (-0.7364, 15), (-0.6899, 23),
        (-0.7420, 13), (-0.6367, 27), (-0.7260, 16), (1.9737, 28),
    ),
    1000: (
        (-0.7361, 17), (-0.7380, 14), (-0.7382, 17), (-0.6921, 53),
        (-0.7436, 14), (-0.6304, 19), (-0.7270, 12), (1.9861, 39),
    ),
    2000: (
        (-0.7424, 12), (-0.7438, 12), (-0.7425, 19), (-0.6899, 29),
        (-0.7503, 16), (-0.6458, 65), (-0.7371, 29), (1.9882, 22),
    ),
}  # fmt: skip
_PUMPS = {
    -1.5: -0.6899, -1.2: -0.7107, -0.93: -0.7217, -0.7: -0.7301, -0.45: -0.7345, 0.0: -0.7351, 0.5: -0.7360,
    1.0: -0.7352, 2.0: -0.7352,
}  # fmt: skip
_PUMPS_ERROR = 0.0018
_RATES = {300: (-0.707, 6), 1000: (-0.725, 3), 3000: (-0.738, 2), 10_000: (-0.736, 3), 30_000: (-0.737, 2)}


def _shares(first: float, second: float) -> list[tuple[float, float]]:
    return [(0.0, -2.0), (first, -0.93), (first + second, -0.45), (1.0, 0.0)]


# schedule: what it is, and the paired difference to the first before, in 10⁻⁴, at T = 300, 1000, 3000
_SCHEDULES = {
    "straight -2.2 to 0": ([(0, -2.2), (1, 0)], None),
    "straight -2 to -0.4": ([(0, -2), (1, -0.4)], ((16, 4), (25, 9), (-3, 9))),
    "-2/-.93/-.45/0 70/20/10": (_shares(0.7, 0.2), ((13, 4), (12, 10), (-16, 9))),
    "50/40/10": (_shares(0.5, 0.4), ((-37, 9), (1, 7), (-8, 8))),
    "30/60/10": (_shares(0.3, 0.6), ((-62, 13), (8, 10), (-13, 24))),
    "straight -1.2 to -0.3": ([(0, -1.2), (1, -0.3)], ((-68, 14), (50, 16), (20, 18))),
    "straight -0.93 to -0.4": ([(0, -0.93), (1, -0.4)], ((-72, 16), (75, 20), (70, 27))),
    "20/20/60, to 0.5": ([(0, -2), (0.2, -0.93), (0.4, -0.45), (1, 0.5)], ((-33, 16), (52, 14), (34, 25))),
    "straight -2.2 to 2": ([(0, -2.2), (1, 2)], ((93, 17), (67, 12), (0, 13))),
    "quench at -0.93": ([(0, -0.93), (1, -0.93)], ((-1, None), (156, None), (156, None))),
    "quench at -0.45": ([(0, -0.45), (1, -0.45)], ((-47, None), (111, None), (100, None))),
    "quench at 0": ([(0, 0), (1, 0)], ((80, None), (222, None), (253, None))),
    "quench at 1": ([(0, 1), (1, 1)], ((517, None), (742, None), (713, None))),
}
_TABLES = ("sizes", "pumps", "rates", "schedules", "softness")


def main() -> None:
    """Print the tables that are asked for."""
    parser = arguments(__doc__.splitlines()[0], 1)
    parser.add_argument("--tables", nargs="+", choices=_TABLES, default=_TABLES[:-1])
    parser.add_argument("--instances", type=int, help="instead of those of the measurement before")
    parser.add_argument("--largest", type=int, default=1000, help="largest number of spins; 2000 takes minutes")
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--seed", type=int, default=20_000, help="of the first instance")
    options = parser.parse_args()
    print(machine())
    sizes = _QUICK if options.quick else {n: count for n, count in _INSTANCES.items() if n <= options.largest}
    n, few, many = (100, 4, 4) if options.quick else (500, options.instances or 20, options.instances or 42)
    steps = (100, 300) if options.quick else (300, 1000, 3000)
    for name in options.tables:
        if name == "sizes":
            _show_sizes(sizes, options)
        elif name == "pumps":
            _show_pumps(_benches(n, few, options.seed), options, steps[-1])
        elif name == "rates":
            _show_rates(_benches(n, 4 if options.quick else options.instances or 8, options.seed), options)
        elif name == "schedules":
            _show_schedules(_benches(n, many, options.seed), options, steps)
        else:
            _show_softness(n, 4 if options.quick else options.instances or 16, options.seed)


class Annealer:
    """An instance, and the machine in the units in which J is given."""

    def __init__(self, n: int, seed: int) -> None:
        upper = np.triu(np.random.default_rng(seed).normal(size=(n, n)), 1) / math.sqrt(n)
        self.model = ip.IsingModel(upper + upper.T)
        self.unit = extreme_eigenvalues(self.model).largest / 2.0
        self._bench = Workbench(self.model)
        self._seed = np.random.SeedSequence(seed)

    def run(self, points: Iterable[tuple[float, float]], steps: int, replicas: int) -> tuple[float, float]:
        """Raw and greedy energy per spin, mean over the replicas, of a ramp through points (u, a)."""
        arm = cim.Arm(
            cim.piecewise([(u, a / self.unit) for u, a in points]),
            dt=_DT * self.unit,
            initial=_INITIAL / math.sqrt(self.unit),
            tune=(),
        )
        outcome = self._bench.run(arm, steps, replicas, self._seed)
        return float(outcome.raw.mean()) / self.model.num_spins, float(outcome.finished.mean()) / self.model.num_spins

    def spectral(self) -> tuple[float, float, float]:
        """Energy per spin of the signs of the top eigenvector of J, and after descent; λ_max(J)."""
        from cim.solvers.descent import Descent

        with single_threaded_algebra():
            values, vectors = np.linalg.eigh(self.model.J)
        signs = np.where(vectors[:, -1] < 0, np.int8(-1), np.int8(1))
        n = self.model.num_spins
        polished = Descent(self.model)(signs[None])
        return self.model.energy(signs) / n, float(self.model.energy(polished)[0]) / n, float(values[-1])


def _benches(n: int, count: int, seed: int) -> list[Annealer]:
    return [Annealer(n, seed + k) for k in range(count)]


def _ramp(start: float, stop: float) -> list[tuple[float, float]]:
    return [(0.0, start), (1.0, stop)]


def _show_sizes(sizes: dict[int, int], options: argparse.Namespace) -> None:
    table = Table(f"size: ramps from -2.2 in {_STEPS} steps", ("n, instances", *_SIZE_COLUMNS), 14)
    worst = []
    raw, greedy = {}, {}
    for n, count in sizes.items():
        rows = []
        for annealer in _benches(n, options.instances or count, options.seed):
            replicas = options.replicas
            ramps = [annealer.run(_ramp(-2.2, stop), _STEPS, replicas) for stop in (-0.45, 0.0, 0.5)]
            quench = annealer.run(_ramp(0.5, 0.5), _STEPS, replicas)
            rows.append([*(r[0] for r in ramps), quench[0], ramps[1][1], *annealer.spectral()])
        values = np.array(rows)
        mean, error = values.mean(axis=0), _error(values)
        table.row(f"{n}, {len(rows)}", *map(_shown, mean, error))
        raw[n], greedy[n] = (mean[1], error[1]), (mean[4], error[4])
        if n in _SIZES:
            before = np.array(_SIZES[n])
            z = (mean - before[:, 0]) / np.hypot(error, 1e-4 * before[:, 1])
            table.row("  before", *(_shown(m, 1e-4 * e) for m, e in _SIZES[n]))
            table.row("  z", *(f"{value:+.1f}" for value in z))
            worst.append(np.abs(z).max())
    if worst:
        print(f"largest |z|: {max(worst):.1f} of {len(worst) * len(_SIZE_COLUMNS)}")
    if len(raw) > 2:
        _show_fit("to 0", raw, "-0.7471(11) + 0.72(5)")
        _show_fit("0, greedy", greedy, "-0.7534(11) + 0.74(5)")


def _show_fit(name: str, points: dict[int, tuple[float, float]], before: str) -> None:
    """E = E_∞ + c n^(-2/3), the exponent imposed."""
    n = np.array(list(points), dtype=float)
    values, errors = np.array(list(points.values())).T
    errors = np.maximum(errors, 8e-4)
    design = np.stack([np.ones_like(n), n ** (-2.0 / 3.0)], axis=1) / errors[:, None]
    (limit, slope), *_ = np.linalg.lstsq(design, values / errors, rcond=None)
    spread = np.sqrt(np.diag(np.linalg.inv(design.T @ design)))
    chi = float(np.sum((values / errors - design @ [limit, slope]) ** 2))
    print(
        f"{name}: {limit:.4f}({1e4 * spread[0]:.0f}) + {slope:.2f}({100 * spread[1]:.0f}) n^(-2/3), "
        f"chi² = {chi:.1f} of {len(n) - 2}; before, up to 2000 spins, {before}"
    )


def _show_pumps(annealers: Sequence[Annealer], options: argparse.Namespace, steps: int) -> None:
    replicas = options.replicas
    table = Table(f"last pump: ramps from -2.2 in {steps} steps, {len(annealers)} instances", _COLUMNS)
    values = {stop: [a.run(_ramp(-2.2, stop), steps, replicas)[0] for a in annealers] for stop in _PUMPS}
    reference = np.array(values[0.0])
    for stop, before in _PUMPS.items():
        here = np.array(values[stop])
        _compare(table, f"to {stop:g}", here, None if options.quick else before, _PUMPS_ERROR, here - reference)
    quench = np.array([a.run(_ramp(0.5, 0.5), steps, replicas)[0] for a in annealers])
    _compare(table, "quench at 0.5", quench, None, None, quench - reference)


def _show_rates(annealers: Sequence[Annealer], options: argparse.Namespace) -> None:
    replicas = options.replicas
    rates = {100: (None, None), 300: (None, None)} if options.quick else _RATES
    table = Table(f"rate: ramps from -2.2 to 0 in T steps, {len(annealers)} instances", _COLUMNS)
    values = {steps: np.array([a.run(_ramp(-2.2, 0.0), steps, replicas)[0] for a in annealers]) for steps in rates}
    reference = values[3000] if 3000 in values else next(iter(values.values()))
    for steps, (before, error) in rates.items():
        _compare(table, f"T = {steps}", values[steps], before, error and 1e-3 * error, values[steps] - reference)


def _show_schedules(annealers: Sequence[Annealer], options: argparse.Namespace, budgets: Sequence[int]) -> None:
    replicas = options.replicas
    table = Table(
        f"schedules: paired difference to the first, 10⁻⁴, {len(annealers)} instances",
        ("schedule", *(head for steps in budgets for head in (f"T = {steps}", "before", "z"))),
        24,
    )
    reference: dict[int, np.ndarray] = {}
    for name, (points, before) in _SCHEDULES.items():
        cells = []
        for k, steps in enumerate(budgets):
            here = np.array([a.run(points, steps, replicas)[0] for a in annealers])
            if name == next(iter(_SCHEDULES)):
                reference[steps] = here
                cells += [_shown(here.mean(), _error(here)), "", ""]
                continue
            difference = 1e4 * (here - reference[steps])
            mean, error = difference.mean(), _error(difference)
            was, was_error = before[k] if before is not None and len(budgets) == 3 else (None, None)
            known = "" if was is None else f"{was:+d}" if was_error is None else f"{was:+d}({was_error})"
            z = "" if was is None or was_error is None else f"{(mean - was) / math.hypot(error, was_error):+.1f}"
            cells += [f"{mean:+.0f}({error:.0f})", known, z]
        table.row(name, *cells)


def _show_softness(n: int, count: int, seed: int) -> None:
    pumps = np.array([-1.9, -1.7, -1.5, -1.3, -1.1, -0.9, -0.7, -0.5, -0.4, -0.3, -0.2, 0.0, 0.2, 0.4, 0.5])
    found = []
    for k in range(count):
        model = ip.sherrington_kirkpatrick(n, seed=seed + k)
        unit = extreme_eigenvalues(model).largest / 2.0
        states = ls.adiabatic_minima(model, pumps * unit, steps_per_unit=1000 / unit, seed=k)["x"].values[:, 0]
        lowest = [
            ls.hessian_extremes(ls.SoftSpinEnergy(model, a * unit), x).lowest[0]
            for a, x in zip(pumps, states, strict=True)
        ]
        found.append(np.array(lowest) / unit)
    table = Table(
        f"lowest curvature of adiabatic minima, in units of λ_max/2, {n} spins, {count} instances", ("pump", "mean")
    )
    for pump, mean, error in zip(pumps, np.mean(found, axis=0), _error(np.array(found)), strict=True):
        table.row(f"{pump:g}", f"{mean:.3f}({1e3 * error:.0f})")


_COLUMNS = ("", "energy", "before", "z", "to the reference, 10⁻⁴")


def _compare(
    table: Table, name: str, here: np.ndarray, before: float | None, error: float | None, difference: np.ndarray
) -> None:
    own = _error(here)
    known = "" if before is None or error is None else f"{before:.4f}({1e4 * error:.0f})"
    z = "" if before is None or error is None else f"{(here.mean() - before) / math.hypot(own, error):+.1f}"
    table.row(
        name, _shown(here.mean(), own), known, z, f"{1e4 * difference.mean():+.0f}({1e4 * _error(difference):.0f})"
    )


def _error(values: np.ndarray) -> np.ndarray:
    return np.std(values, axis=0, ddof=1) / math.sqrt(len(values))


def _shown(mean: float, error: float) -> str:
    return f"{mean:.4f}({1e4 * error:.0f})"


if __name__ == "__main__":
    main()
