r"""Schedules, clips and steps from the landscape, each beside its own straight line, on fresh instances.

    python tests/benchmarks/landscape_rules.py
    python tests/benchmarks/landscape_rules.py --tune --instances 50 --budgets 300 1000
    python tests/benchmarks/landscape_rules.py --ensemble edwards-anderson --spins 512

Two machines: *plain*, dt = 0.25; *clipped*, dt = 0.75, momentum 0.5, clip 0.4.  Ramps that are paced by a measurement
on the instance itself come twice: "free", as if the pilot cost nothing, which asks whether the shape is worth anything,
and paid, with the pilot's products taken off the run (8 replicas share one pilot), which asks whether it is worth
having.

d is the paired difference to the straight line between the same end points, in 10⁻⁴ of energy per spin, with its
standard error over the instances; "best" is that of the best of 8 runs after descent.  σ is d in standard errors after
Holm's correction for all rows and columns of a machine.  With ``--tune`` step, momentum and clip of every arm and of
every straight line are first tuned on other instances, for raw energies.

"straight from -1.6" stands beside the line from -2.2: it shows how much of a better best of 8 is owed to where a ramp
begins, and not to its shape.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from harness import Table, arguments, machine

import cim
import ising_problems as ip
from cim import Arm, ConstantGapSpeed, amplitude_clip, curvature_step, landscape_informed, linear, typical_gap_speed
from cim.schedule_rules import Plan, ScheduleRule, free

_SLOW: dict[str, Any] = {"pilot_steps": 2000, "settling": 50}
_LIKE: dict[str, Any] = {"pilot_steps": None, "settling": 0, "initial": 1e-3, "pumps": 24}
_MACHINES: dict[str, dict[str, Any]] = {
    "plain": {"dt": 0.25},
    "clipped": {"dt": 0.75, "momentum": 0.5, "clip": 0.4},
}


@dataclass(frozen=True)
class Informed(ScheduleRule):
    """:func:`cim.landscape_informed` for a machine of this step and momentum."""

    dt: float
    momentum: float = 0.0
    clip: float | None = None

    def plan(self, model: ip.IsingModel, steps: int, rng: np.random.Generator) -> Plan:
        """See :class:`cim.schedule_rules.ScheduleRule`."""
        return Plan(landscape_informed(steps, dt=self.dt / (1.0 - self.momentum)))


def main() -> None:
    """Run the arms of each machine and print their differences to their straight lines."""
    parser = arguments(__doc__.splitlines()[0], 1)
    parser.add_argument("--instances", type=int, default=50)
    parser.add_argument("--spins", type=int, default=500)
    parser.add_argument("--budgets", type=int, nargs="+", default=[300, 1000])
    parser.add_argument("--ensemble", choices=("sk", "sk-binary", "edwards-anderson", "random-regular"), default="sk")
    parser.add_argument("--machines", nargs="+", choices=tuple(_MACHINES), default=tuple(_MACHINES))
    parser.add_argument("--tune", action="store_true", help="tune step, momentum and clip of every arm")
    parser.add_argument("--seed", type=int, default=5000, help="of the first instance")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--path", help="folder for the cells, to resume a run that was stopped")
    options = parser.parse_args()
    if options.quick:
        options.instances, options.spins, options.budgets = 4, 64, [200]
    print(machine())
    training = 12 if options.tune else 0
    models = [_model(options.ensemble, options.spins, options.seed + k) for k in range(options.instances + training)]
    for name in options.machines:
        arms = _arms(name, _MACHINES[name])
        study = cim.schedule_study(
            models,
            arms if options.tune else {label: replace(arm, tune=()) for label, arm in arms.items()},
            options.budgets,
            training=training if options.tune else None,
            tune_for="raw" if options.tune else None,
            threads=options.threads,
            path=None if options.path is None else f"{options.path}-{name}",
        )
        _show(study, name, options)


def _arms(name: str, drive: dict[str, Any]) -> dict[str, Arm]:
    arms = {
        "informed": Arm(Informed(**drive), **drive),
        "typical gap": Arm(typical_gap_speed(), **drive),
        "typical susceptibility": Arm(typical_gap_speed(measure="susceptibility"), **drive),
    }
    for measure in ("gap", "susceptibility", "response"):
        rule = ConstantGapSpeed(measure=measure)
        arms |= {
            f"{measure}, slow pilot, free": Arm(free(replace(rule, **_SLOW)), **drive),
            f"{measure}, its own pilot, free": Arm(free(replace(rule, **_LIKE)), **drive),
        }
    arms["root of gap, slow, free"] = Arm(free(replace(ConstantGapSpeed(), exponent=0.5, **_SLOW)), **drive)
    arms["gap, paid"] = Arm(ConstantGapSpeed(), **drive)
    arms["response, paid"] = Arm(ConstantGapSpeed(measure="response"), **drive)
    # no shape at all, and beside the line from -2.2: replicas that start higher end in more different states
    arms["straight from -1.6"] = Arm(linear(-1.6, 0.0), **drive, control=Arm(linear(-2.2, 0.0), **drive))
    ramp = linear(-2.0, 0.0)
    held = {} if name == "plain" else {"clip": drive["clip"], "momentum": drive["momentum"]}
    arms["step by curvature"] = Arm(ramp, **{**drive, "dt": curvature_step(ramp, 0.8, **held)})
    if name == "clipped":
        arms["clip by amplitude"] = Arm(ramp, **{**drive, "clip": amplitude_clip(ramp, 0.4, least=0.1)})
    return arms


def _show(study: Any, name: str, options: Any) -> None:
    differences = study.sel(comparison="straight")
    columns = [(finish, "mean") for finish in ("raw", "finished")] + [("finished", "best")]
    heads = [f"{head} {part}" for head in ("raw", "finished", "best") for part in ("d", "σ")]
    for budget in options.budgets:
        head = f"{name}{', tuned' if options.tune else ''}, {budget} products"
        table = Table(
            f"{head}: {options.ensemble}, {options.spins} spins, {options.instances} instances",
            ("arm", *heads, "pilot", "straight"),
            32,
        )
        for label in study["schedule"].values.tolist():
            cells = []
            for finish, statistic in columns:
                one = differences.sel(schedule=label, budget=budget, finish=finish, statistic=statistic)
                error = 1e4 * float(one["difference_error"])
                cells += [f"{1e4 * float(one['difference']):+.1f}({error:.1f})", f"{float(one['significance']):+.1f}"]
            line = study.sel(schedule=label, budget=budget, line="own")
            pilot = float((line["products"] - line["steps"]).mean())
            straight = study["energy_per_spin"].sel(
                schedule=label, budget=budget, line="straight", finish="raw", statistic="mean"
            )
            table.row(label, *cells, f"{pilot:.0f}", f"{float(straight):.5f}")


def _model(ensemble: str, spins: int, seed: int) -> ip.IsingModel:
    if ensemble == "edwards-anderson":
        return ip.edwards_anderson((round(spins ** (1 / 3)),) * 3, seed=seed)
    if ensemble == "random-regular":
        from ising_problems.ensembles import random_regular

        return random_regular(spins, 3, seed=seed)
    return ip.sherrington_kirkpatrick(spins, couplings="binary" if ensemble == "sk-binary" else "gaussian", seed=seed)


if __name__ == "__main__":
    main()
