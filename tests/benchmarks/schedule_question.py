r"""Does a schedule that knows the landscape beat its own straight line?  Every arm tuned, on fresh instances.

    python tests/benchmarks/schedule_question.py sk500 --threads 2 --path question
    python tests/benchmarks/schedule_question.py sk500 --machine plain --tune-for finished
    python tests/benchmarks/schedule_question.py sk500 --knots --budgets 100,300,1000
    python tests/benchmarks/schedule_question.py --path question --collect docs/data/schedule_question.csv

Two machines: *plain*, whose step is tuned, and *clipped*, whose step, momentum and clip are.  Their arms go along the
straight line; the landscape's regions (:func:`cim.landscape_informed`); the typical gap and susceptibility of the
Sherrington–Kirkpatrick model; the softness of the very instance, measured on a pilot run, which is paid for, or, to
show what it would be worth, is free; with a clip or a step that follows the pump; with temperature on the ramp, or
temperature alone.  Every arm and its own straight line (same machine, tuned on its own) run from the same starts.  With
``--knots`` a ramp through six knots, optimised on the training instances (:func:`cim.optimise_schedule`), takes the
place of all of them, beside the straight line whose end points are tuned as well.

Ensembles: Sherrington–Kirkpatrick with Gaussian couplings (sk500, sk2000, sk5000) or couplings ±1/√n (signs500); ±1
couplings on random 3-regular graphs of 1000 spins (regular) and on the lattice 10³ (lattice); ferromagnets hidden in
Gaussian noise, λ_max an outlier (planted, 500 spins); Wishart-planted instances (wishart, 200 spins); graph colourings
with penalties (colouring).  The two largest are tuned on training instances of 500 spins.

The studies of ``docs/data/schedule_question.csv``: sk500, both machines, tuned for either energy (clipped, finished: to
1000 products), and ``--knots`` on the plain one; sk2000 and, plain, sk5000 at 100 and 300; regular, and planted on the
clipped machine, at 100, 300 and 1000; signs500, wishart, colouring, lattice and planted with ``--training 16
--budgets 100,300`` (planted, clipped: ``--suffix -again``).  Other instances, clipped: regular with ``--first-seed
50000 --suffix -again`` and with ``--first-seed 70000 --training 32 --suffix -third``, sk500 with ``--first-seed 40000
--suffix -again``.  All but those of sk500 had some of the arms (``--arms``), as the file shows.

For each machine: the energy per spin, and in units of 10⁻⁴ the paired differences from the reference and from the own
straight line with simultaneous 95 % intervals; ``*`` marks what is beyond three standard errors after Holm's
correction for all comparisons of the study.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import networkx as nx
import numpy as np
import pandas as pd
import xarray as xr
from harness import Table, arguments, machine

import cim
import ising_problems as ip
from cim import Arm, constant, landscape_informed, linear, power
from cim.gap_speed import ConstantGapSpeed
from cim.landscape_profiles import amplitude_clip, curvature_step
from cim.landscape_schedules import typical_gap_speed
from cim.schedule_rules import free, per_budget


@dataclass(frozen=True)
class Ensemble:
    """How its instances are made, how many are for tuning and for evaluation, and which budgets are affordable.

    ``tuned_on`` makes smaller training instances of the same kind where its own are too large.
    """

    make: Callable[[int], ip.IsingModel]
    training: int
    fresh: int
    budgets: Sequence[int]
    tuned_on: Callable[[int], ip.IsingModel] | None = None


def _signs(seed: int) -> ip.IsingModel:
    upper = np.triu(np.random.default_rng(seed).choice([-1.0, 1.0], (500, 500)), 1) / 500**0.5
    return ip.IsingModel(upper + upper.T)


def _hidden_ferromagnet(seed: int) -> ip.IsingModel:
    """J = 1.5 ξξᵀ/n + Gaussian noise of variance 1/n: λ_max = 1.5 + 1/1.5 = 2.17 lies outside the noise's bulk."""
    n, rng = 500, np.random.default_rng(seed)
    hidden = rng.choice([-1.0, 1.0], n)
    upper = np.triu(rng.standard_normal((n, n)) / np.sqrt(n) + 1.5 * np.outer(hidden, hidden) / n, 1)
    return ip.IsingModel(upper + upper.T)


def _colouring(seed: int) -> ip.IsingModel:
    return ip.GraphColoring(nx.gnm_random_graph(60, 130, seed=seed), 3).to_ising()


def _gaussian(n: int) -> Callable[[int], ip.IsingModel]:
    return lambda seed: ip.sherrington_kirkpatrick(n, seed=seed)


ENSEMBLES = {
    "sk100": Ensemble(_gaussian(100), 4, 12, (100, 300)),
    "sk500": Ensemble(_gaussian(500), 16, 100, (100, 300, 1000, 3000)),
    "sk2000": Ensemble(_gaussian(2000), 8, 16, (100, 300, 1000), _gaussian(500)),
    "sk5000": Ensemble(_gaussian(5000), 8, 6, (100, 300), _gaussian(500)),
    "signs500": Ensemble(_signs, 8, 50, (100, 300, 1000, 3000)),
    "regular": Ensemble(lambda k: ip.random_regular(1000, 3, seed=k), 8, 50, (100, 300, 1000, 3000)),
    "lattice": Ensemble(lambda k: ip.edwards_anderson((10, 10, 10), seed=k), 8, 50, (100, 300, 1000, 3000)),
    "planted": Ensemble(_hidden_ferromagnet, 8, 50, (100, 300, 1000, 3000)),
    "wishart": Ensemble(lambda k: ip.wishart_planted(200, 0.8, seed=k).model, 8, 50, (100, 300, 1000, 3000)),
    "colouring": Ensemble(_colouring, 8, 50, (100, 300, 1000, 3000)),
}


def plain_arms() -> dict[str, Arm]:
    """The machine whose step alone is tuned."""
    ends = ("dt", "start", "stop")
    return {
        "straight": Arm(linear(-2.2, 0.0)),
        "straight, ends tuned": Arm(linear(-2.2, 0.0), tune=ends),
        "regions": Arm(per_budget(landscape_informed)),
        "typical gap": Arm(typical_gap_speed(-2.2, 0.0, measure="gap")),
        "typical susceptibility": Arm(typical_gap_speed(-2.2, 0.0, measure="susceptibility")),
        "own gap, free": Arm(free(ConstantGapSpeed("gap"))),
        "own susceptibility, free": Arm(free(ConstantGapSpeed("susceptibility"))),
        "own response": Arm(_paid()),
        "steps not shortened": Arm(linear(-2.2, 0.0), clip=3.0, options={"shorten": False}, tune=("dt",)),
        "step follows pump": Arm(
            linear(-2.2, 0.0),
            dt=curvature_step(linear(-2.2, 0.0)),
            clip=3.0,
            options={"shorten": False},
            tune={"dt": (0.2, 3.0)},
        ),
        "temperature on ramp": Arm(linear(-2.2, 0.0), noise=linear(0.05, 0.0)),
    }


def clipped_arms() -> dict[str, Arm]:
    """The machine whose step, momentum and clip are tuned."""
    drive = {"dt": 0.75, "momentum": 0.5, "clip": 0.4}
    ramp = linear(-2.2, 0.0)
    return {
        "straight": Arm(ramp, **drive),
        "straight, ends tuned": Arm(ramp, **drive, tune=("dt", "momentum", "clip", "start", "stop")),
        "regions": Arm(per_budget(landscape_informed), **drive),
        "typical gap": Arm(typical_gap_speed(-2.2, 0.0, measure="gap"), **drive),
        "typical susceptibility": Arm(typical_gap_speed(-2.2, 0.0, measure="susceptibility"), **drive),
        "own gap, free": Arm(free(ConstantGapSpeed("gap")), **drive),
        "own susceptibility, free": Arm(free(ConstantGapSpeed("susceptibility")), **drive),
        "own response": Arm(_paid(), **drive),
        "own susceptibility": Arm(_paid("susceptibility"), **drive),
        "clip follows pump": Arm(ramp, **{**drive, "clip": amplitude_clip(ramp)}),
        "temperature on ramp": Arm(ramp, **drive, noise=linear(0.01, 0.0)),
        "temperature only": Arm(
            constant(-0.1), dt=1.3, momentum=0.4, clip=0.7, noise=power(0.5, 0.0, 1.8), initial=0.3
        ),
    }


def _paid(measure: Literal["response", "susceptibility"] = "response") -> ConstantGapSpeed:
    return ConstantGapSpeed(measure, pilot_steps=60, settling=4, pumps=10)


MACHINES = {"plain": plain_arms, "clipped": clipped_arms}


def knots_beside_lines(kind: str, budget: int, training: list[ip.IsingModel], tune_for: str) -> dict[str, Arm]:
    """A ramp of six knots, optimised on the training instances, and the straight line whose ends are tuned there."""
    ramp = linear(-2.2, 0.0)
    straight = Arm(ramp) if kind == "plain" else Arm(ramp, dt=0.75, momentum=0.5, clip=0.4)
    found = cim.optimise_schedule(training, budget, arm=straight, knots=6, tune_for=tune_for)
    print(f"{budget} products, knots: {found.schedule}, {found.numbers}")
    between = linear(found.numbers["start"], found.numbers["stop"])
    return {
        "straight, ends tuned": replace(straight, tune=(*straight.tune, "start", "stop")),
        "knots": replace(found.arm, control=replace(found.arm, schedule=between, tune=straight.tune)),
    }


def main() -> None:
    """Ask the question of every ensemble and machine that is named."""
    parser = arguments(__doc__.splitlines()[0], 1)
    parser.add_argument("ensembles", nargs="*", default=["sk500"], help=", ".join(ENSEMBLES))
    parser.add_argument("--machine", choices=[*MACHINES, "both"], default="both")
    parser.add_argument("--tune-for", choices=["raw", "finished"], default="raw")
    parser.add_argument("--instances", type=int, help="fresh instances, where not those of the ensemble")
    parser.add_argument("--suffix", default="", help="of the studies' names: to keep two of one ensemble apart")
    parser.add_argument("--training", type=int, help="training instances, where not those of the ensemble")
    parser.add_argument("--first-seed", type=int, default=20_000, help="of the instances; others are others")
    parser.add_argument("--budgets", help="numbers of products, separated by commas")
    parser.add_argument(
        "--arms", help="names of arms beside the straight line, separated by semicolons; all by default"
    )
    parser.add_argument("--knots", action="store_true", help="optimised knots beside the tuned straight line instead")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--path", type=Path, help="folder for the studies: they resume, and study.nc is kept")
    parser.add_argument("--collect", type=Path, help="CSV file for the comparisons of all studies kept under --path")
    parser.add_argument("--picture", type=Path, help="PNG file for the differences from the straight lines of sk500")
    options = parser.parse_args()
    if options.collect or options.picture:
        if options.path is None:
            parser.error("--collect and --picture need the folder of the studies: --path")
        if options.collect:
            collect(options.path, options.collect)
        if options.picture:
            picture(options.path, options.picture)
        return
    print(machine())
    for name in ["sk100"] if options.quick else options.ensembles:
        ensemble = ENSEMBLES[name]
        fresh = options.instances or ensemble.fresh
        if options.training:
            ensemble = replace(ensemble, training=options.training)
        seeds = range(options.first_seed, options.first_seed + ensemble.training + fresh)
        training = [(ensemble.tuned_on or ensemble.make)(seed) for seed in seeds[: ensemble.training]]
        models = [ensemble.make(seed) for seed in seeds[ensemble.training :]]
        budgets = ensemble.budgets
        if options.budgets:
            budgets = tuple(int(size) for size in options.budgets.split(","))
        for kind in MACHINES if options.machine == "both" else [options.machine]:
            arms = MACHINES[kind]()
            if options.arms:
                arms = {arm: arms[arm] for arm in ("straight", *options.arms.split(";"))}
            for part in [[budget] for budget in budgets] if options.knots else [budgets]:
                if options.knots:
                    arms = knots_beside_lines(kind, part[0], training, options.tune_for)
                where = f"{name}-{kind}-{options.tune_for}" + (f"-knots-{part[0]}" if options.knots else "")
                where += options.suffix
                study = cim.schedule_study(
                    models,
                    arms,
                    part,
                    training=training,
                    tune_for=options.tune_for,
                    threads=options.threads,
                    path=None if options.path is None else options.path / where,
                )
                show(study, f"{name}, {kind} machine, tuned for {options.tune_for} energies, {fresh} fresh instances")


def show(study: xr.Dataset, title: str) -> None:
    """One table for each budget, and what won."""
    pairs = ("- reference: raw", "finished", "best of 8", "- straight: raw", "finished", "best of 8")
    columns = ("arm", "  raw E/n", "finished", *pairs)
    for budget in study["budget"].values.tolist():
        table = Table(f"{title}: {budget} products, differences in 10⁻⁴", columns, name_width=25)
        for name in study["schedule"].values.tolist():
            here = study.sel(budget=budget, schedule=name)
            energies = here["energy_per_spin"].sel(line="own", statistic="mean").values
            table.row(
                name,
                *[f"{energy:.5f}" for energy in energies],
                *[
                    _difference(here.sel(comparison=comparison, finish=finish, statistic=statistic))
                    for comparison in ("reference", "straight")
                    for finish, statistic in (("raw", "mean"), ("finished", "mean"), ("finished", "best"))
                ],
            )
    found = study["significance"].stack(case=("comparison", "schedule", "finish", "budget", "statistic"))
    for what, chosen in (("better", found[found < -3]), ("worse", found[found > 3])):
        against = {kind: int((chosen["comparison"] == kind).sum()) for kind in ("reference", "straight")}
        total = {kind: int(study["significance"].sel(comparison=kind).notnull().sum()) for kind in against}
        print(f"{what} by more than 3 s.e.: {against} of {total} comparisons")
    for case in found[found < -3]["case"].values.tolist():
        pair = study.sel(dict(zip(("comparison", "schedule", "finish", "budget", "statistic"), case, strict=True)))
        print(f"  {', '.join(map(str, case))}: {_difference(pair)}, {float(pair['significance']):+.1f}")


def collect(folder: Path, file: Path) -> None:
    """Every comparison of the finished studies in a folder, as a table: differences per spin, with their intervals."""
    tables = []
    for path in sorted(folder.glob("*/study.nc")):
        with xr.open_dataset(path, engine="h5netcdf") as opened:
            study = opened.load()
        names = ["difference", "difference_error", "difference_low", "difference_high", "significance"]
        rows = study[names].to_dataframe().dropna(subset=["difference"]).reset_index()
        rows.insert(0, "study", path.parent.name)
        rows.insert(1, "instances", study.sizes["instance"])
        tables.append(rows[["study", "instances", "comparison", "schedule", "finish", "budget", "statistic", *names]])
    pd.concat(tables).to_csv(file, index=False, float_format="%.3g")
    print(f"{file}: {sum(map(len, tables))} comparisons of {len(tables)} studies")


def picture(folder: Path, file: Path) -> None:
    """What each arm gains over its own straight line, on both machines."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(14, 9.5), layout="constrained")
    for ax, kind in zip(axes, MACHINES, strict=True):
        with xr.open_dataset(folder / f"sk500-{kind}-raw" / "study.nc", engine="h5netcdf") as opened:
            study = opened.load()
        drawn = [name for name in study["schedule"].values if name not in _NOT_DRAWN]
        cim.plotting.paired_differences(study.sel(schedule=drawn), "straight", ax=ax)
        ax.set_title(f"{kind} machine, mean of 8 runs, 95 % together", loc="left")
    figure.savefig(file, dpi=110)


# arms whose control is themselves, or whose question is not the shape of the pump
_NOT_DRAWN = ("straight", "straight, ends tuned", "steps not shortened", "temperature on ramp", "temperature only")


def _difference(pair: xr.Dataset) -> str:
    middle, low, high = (1e4 * float(pair[name]) for name in ("difference", "difference_low", "difference_high"))
    if np.isnan(middle):
        return "-"
    mark = "*" if abs(float(pair["significance"])) > 3 else ""
    return f"{middle:+.1f}±{(high - low) / 2:.1f}{mark}"


if __name__ == "__main__":
    main()
