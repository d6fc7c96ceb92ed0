r"""Fixed schedules on fresh instances beside an independent measurement of the same machine.

    python tests/benchmarks/schedule_table.py
    python tests/benchmarks/schedule_table.py --instances 100 --threads 2 --path table

Sherrington–Kirkpatrick, 500 spins, 8 starts each.  The machine is x += Δ(a x - x³ + Jx) + m (x - x') + noise, with
amplitudes clipped where a clip is given; no arm is tuned here.  d is the paired difference of the energy per spin to
the straight ramp -2.2 … 0 with Δ = 0.25, in units of 10⁻⁴, with its standard error over the instances; "before" is the
same difference measured on fifty other instances by another implementation, and z is the distance between the two in
standard errors of both together.  That implementation had Δ in units of the couplings, not of 2/λ_max, which are
1.3 % apart at this size, and wrote the noise of a step with momentum m as √(2TΔ): the temperatures here are 1/(1 - m)
of those.  It never shortened a step, and no amplitude exceeded 3; so here (``shorten=False``).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr
from harness import Table, arguments, machine

import cim
import ising_problems as ip
from cim import Arm, constant, linear, piecewise, power

# In parentheses, in 10⁻⁴: the difference before and its standard error, raw and finished, at 300, 1000 and 3000 steps.
_BEFORE = {
    "straight, dt 0.1": ((200.7, 6.8, 96.6, 5.6), (57.8, 5.6, 39.9, 5.2), (13.5, 5.2, 10.5, 4.8)),
    "straight, dt 0.2": ((33.0, 3.2, 22.6, 2.7), (5.7, 2.7, 4.1, 1.9), (1.4, 2.7, -3.6, 2.3)),
    "50/40/10": ((-4.7, 3.0, -3.5, 2.6), (-1.0, 2.9, -3.9, 3.3), (3.6, 3.1, -0.5, 2.0)),
    "gap of the table": ((0.4, 2.9, -16.5, 2.6), (4.2, 2.9, -3.6, 2.9), (3.1, 2.2, -2.1, 1.7)),
    "momentum 0.9": ((-112.8, 7.7, -76.4, 6.7), (-25.4, 5.8, -19.5, 5.5), (-6.5, 4.3, -5.7, 4.5)),
    "momentum 0.7": ((-94.2, 6.6, -59.8, 5.6), (-17.1, 5.8, -18.3, 5.2), (-7.0, 3.9, -7.1, 4.1)),
    "clip 0.7": ((-171.7, 5.9, -88.8, 4.8), (-122.4, 6.3, -66.7, 6.0), (-115.2, 8.1, -63.6, 6.9)),
    "clip 0.7, momentum": ((-204.5, 7.1, -116.7, 6.3), (-132.3, 6.5, -76.3, 6.4), (-111.2, 8.1, None, None)),
    "clip 0.5, momentum": ((-204.3, 6.9, -113.1, 6.0), (-135.0, 6.1, -77.2, 6.1), (-114.2, 7.4, None, None)),
    "tuned knots": ((-228.5, 7.1, -135.7, 6.5), (-137.4, 6.2, -78.8, 6.2), (-120.1, 7.5, -66.5, 6.2)),
    "tuned knots, straight": ((-227.6, 6.8, -134.8, 6.2), (-135.6, 6.3, -77.0, 6.4), (-120.7, 7.6, -67.1, 6.3)),
    "temperature only": ((-184.4, 6.3, -98.5, 5.3), (-126.5, 6.1, -69.8, 5.8), (-121.4, 7.8, -69.3, 6.8)),
    "temperature only, T = 0": ((87.9, 9.3, 175.4, 8.7), (300.5, 12.0, 356.6, 11.6), (319.7, 11.6, 370.8, 11.2)),
    "temperature, no clip": ((49.1, 7.0, 42.7, 6.4), (-0.6, 5.6, 5.3, 5.0), (-34.8, 6.7, -16.0, 6.1)),
    "straight + T 0.1": ((-1.2, 6.4, 1.5, 5.8), (-10.5, 5.0, -2.8, 4.2), (-20.3, 4.9, -7.7, 4.5)),
}
_BUDGETS = (300, 1000, 3000)
_GAP = {  # smallest Hessian eigenvalue of adiabatic states, 500 spins
    -2.0: 0.036, -1.8: 0.036, -1.5: 0.039, -1.2: 0.035, -0.93: 0.038, -0.7: 0.054, -0.45: 0.051, -0.3: 0.123, 0.0: 0.41,
}  # fmt: skip


def main() -> None:
    """Run every arm at every budget and print the differences beside those measured before."""
    parser = arguments(__doc__.splitlines()[0], 1)
    parser.add_argument("--instances", type=int, default=100)
    parser.add_argument("--spins", type=int, default=500)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--path", help="folder for the cells, to resume a run that was stopped")
    options = parser.parse_args()
    if options.quick:
        options.instances, options.spins = 4, 100
    print(machine())
    models = [ip.sherrington_kirkpatrick(options.spins, seed=6000 + k) for k in range(options.instances)]
    worst = 0.0
    for budget in _BUDGETS[:1] if options.quick else _BUDGETS:
        study = cim.schedule_study(
            models,
            {name: _unbounded(arm(budget)) for name, arm in _ARMS.items()},
            [budget],
            tune_for=None,
            threads=options.threads,
            path=None if options.path is None else f"{options.path}-{budget}",
        )
        worst = max(worst, _show(study, budget))
    print(f"largest |z|: {worst:.1f}")


def _unbounded(arm: Arm) -> Arm:
    return replace(arm, options={"shorten": False}, clip=3.0 if arm.clip is None else arm.clip, tune=())


_ARMS = {
    "straight": lambda budget: Arm(linear(-2.2, 0.0), dt=0.25),
    "straight, dt 0.1": lambda budget: Arm(linear(-2.2, 0.0), dt=0.1),
    "straight, dt 0.2": lambda budget: Arm(linear(-2.2, 0.0), dt=0.2),
    "50/40/10": lambda budget: Arm(piecewise([(0.0, -2.0), (0.5, -0.93), (0.9, -0.45), (1.0, 0.0)]), dt=0.25),
    "gap of the table": lambda budget: Arm(_gap_schedule(), dt=0.25),
    "momentum 0.9": lambda budget: Arm(linear(-2.2, 0.0), dt=0.3, momentum=0.9),
    "momentum 0.7": lambda budget: Arm(linear(-2.2, 0.0), dt=0.3, momentum=0.7),
    "clip 0.7": lambda budget: Arm(linear(-2.2, 0.0), dt=0.5, clip=0.7),
    "clip 0.7, momentum": lambda budget: Arm(linear(-2.2, 0.0), dt=0.5, clip=0.7, momentum=0.5),
    "clip 0.5, momentum": lambda budget: Arm(linear(-2.2, 0.0), dt=0.5, clip=0.5, momentum=0.5),
    "tuned knots": lambda budget: _clipped(_knots(_KNOTS[budget > 300]), budget),
    "tuned knots, straight": lambda budget: _clipped(linear(*_KNOTS[budget > 300][:: len(_KNOTS[0]) - 1]), budget),
    "temperature only": lambda budget: _hot(budget, 1.0),
    "temperature only, T = 0": lambda budget: _hot(budget, 0.0),
    "temperature, no clip": lambda budget: Arm(constant(0.0), dt=0.2, noise=linear(0.6, 0.0), initial=0.3),
    "straight + T 0.1": lambda budget: Arm(linear(-2.2, 0.0), dt=0.25, noise=linear(0.1, 0.0)),
}
_KNOTS = ((-2.019, -1.720, -1.390, -0.917, -0.357, -0.014), (-2.163, -1.809, -1.366, -0.861, -0.429, 0.023))


def _clipped(schedule: cim.schedules.Schedule, budget: int) -> Arm:
    dt, momentum, clip = (0.791, 0.641, 0.401) if budget <= 300 else (0.719, 0.461, 0.290)
    return Arm(schedule, dt=dt, momentum=momentum, clip=clip)


def _hot(budget: int, factor: float) -> Arm:
    pump, dt, momentum, clip, start, exponent = (
        (-0.265, 1.333, 0.349, 0.670, 0.297, 1.77) if budget <= 300 else (-0.038, 1.350, 0.499, 0.777, 0.399, 1.84)
    )
    noise = power(factor * start / (1.0 - momentum), 0.0, exponent)
    return Arm(constant(pump), dt=dt, momentum=momentum, clip=clip, noise=noise, initial=0.3)


def _knots(values: tuple[float, ...]) -> cim.schedules.Schedule:
    return piecewise(zip(np.linspace(0.0, 1.0, len(values)).tolist(), values, strict=True))


def _gap_schedule() -> cim.schedules.Schedule:
    """Pump whose speed is proportional to the gap of the table at each pump."""
    pumps = np.linspace(-2.0, 0.0, 81)
    times = np.concatenate([[0.0], np.cumsum(np.diff(pumps) / np.interp(pumps[1:], list(_GAP), list(_GAP.values())))])
    return piecewise(zip((times / times[-1]).tolist(), pumps.tolist(), strict=True))


def _show(study: xr.Dataset, budget: int) -> float:
    columns = ("arm", "raw E/n", "   d raw", "     before", "z", "d finished", "     before", "z")
    table = Table(f"{budget} products", columns, name_width=24)
    found = study.sel(budget=budget, statistic="mean")
    column = _BUDGETS.index(budget)
    largest = 0.0
    for name in study["schedule"].values.tolist():
        row = [name, f"{float(found['energy_per_spin'].sel(schedule=name, line='own', finish='raw')):.5f}"]
        for which, finish in enumerate(("raw", "finished")):
            pair = found.sel(schedule=name, comparison="reference", finish=finish)
            d, error = (1e4 * float(pair[part]) for part in ("difference", "difference_error"))
            before = _BEFORE[name][column][2 * which : 2 * which + 2] if name in _BEFORE else (None, None)
            row.append("reference" if np.isnan(d) else f"{d:+.1f}({error:.1f})")
            if before[0] is None or np.isnan(d):
                row += ["", ""]
            else:
                z = (d - before[0]) / np.hypot(error, before[1])
                largest = max(largest, abs(z))
                row += [f"{before[0]:+.1f}({before[1]:.1f})", f"{z:+.1f}"]
        table.row(*row)
    return largest


if __name__ == "__main__":
    main()
