"""Run the scoreboard: ``python -m tests.benchmarks.solvers``; the README beside this file explains it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from threadpoolctl import threadpool_limits

from ..harness import Absent, Table, machine
from . import board
from .cases import CLASSES, Case, cases
from .channel import Absence, Channel, Entrant, entrants_of, open_channels
from .contest import Entry, contest
from .contestants import GROUPS

_INSTALL = {
    "ours": "pip install coherent-ising",
    "dwave": "pip install dwave-samplers",
    "jij": "pip install openjij",
    "bifurcation": "pip install simulated-bifurcation",
    "qaia": "pip install mindquantum",
    "cim_optimizer_peer": "pip install cim-optimizer",
    "mqlib": "build MQLib from its source, and set COHERENT_ISING_MQLIB to its program",
}


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks.solvers", description=__doc__)
    options.add_argument("--quick", action="store_true", help="tiny instances and limits: does it run at all?")
    options.add_argument("--limits", type=float, nargs="+", help="time limits in seconds; 1 by default")
    options.add_argument("--seeds", type=int, help="runs of each contestant; 5 by default")
    options.add_argument("--classes", nargs="+", choices=CLASSES, help="classes of instances; all by default")
    options.add_argument("--instances", nargs="+", metavar="NAME", help="instances by name; all by default")
    options.add_argument("--no-held-out", action="store_true", help="leave out the generated held-out instances")
    options.add_argument("--algorithms", nargs="+", default=["auto"], help="algorithms of cim.solve; auto by default")
    options.add_argument("--peers", nargs="*", metavar="NAME", help="contestants or packages; all by default")
    options.add_argument(
        "--strongest", type=int, default=2, metavar="K", help="peers that go on to each further limit; 2 by default"
    )
    options.add_argument(
        "--peer-python",
        action="append",
        default=[],
        metavar="PATH",
        help="another Python in which to look for peers; may be given several times",
    )
    options.add_argument("--core", type=int, help="run everything on this core")
    options.add_argument(
        "--clock",
        choices=("wall", "cpu"),
        default="wall",
        help="cpu: limits in processor time, for a busy machine; those that watch the wall clock are left out",
    )
    options.add_argument("--save", type=Path, metavar="FILE", help="write results to a .json or .csv file")
    options.add_argument("--picture", type=Path, metavar="FILE", help="draw the gap against time, .png or .svg")
    options.add_argument(
        "--reference",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="earlier .json results whose best energies count as known",
    )
    return options


def chosen_entrants(
    channels: Sequence[Channel], algorithms: Sequence[str], peers: Sequence[str] | None
) -> list[Entrant]:
    """Our algorithms, and the peers that were named by their own name or their package's."""
    found = []
    for entrant in entrants_of(channels):
        if entrant.is_ours:
            wanted = entrant.name in {f"cim-{name}" for name in algorithms}
        else:
            wanted = peers is None or bool({entrant.name, entrant.package, entrant.channel.group} & set(peers))
        if wanted:
            found.append(entrant)
    missing = {f"cim-{name}" for name in algorithms} - {entrant.name for entrant in found}
    if missing:
        raise SystemExit(f"no such algorithm: {', '.join(sorted(missing))}")
    return found


def chosen_cases(options: argparse.Namespace) -> list[Case]:
    """The instances asked for."""
    found = cases(options.quick)
    if options.classes:
        found = [case for case in found if case.family in options.classes]
    if options.instances:
        unknown = set(options.instances) - {case.name for case in found}
        if unknown:
            raise SystemExit(f"no such instance: {', '.join(sorted(unknown))}")
        found = [case for case in found if case.name in options.instances]
    if options.no_held_out:
        found = [case for case in found if not case.held_out]
    return found


def print_contestants(entrants: Sequence[Entrant], absent: Sequence[Absence]) -> None:
    """Who is there, in which Python, how it was tuned; and who is not."""
    print("\nContestants, and what was done to tune each (trials use a seed kept out of the contest)")
    alike: dict[tuple[str, str, str], list[str]] = {}
    for entrant in entrants:
        alike.setdefault((entrant.package, entrant.version, entrant.tuning), []).append(entrant.name)
    for (package, version, tuning), names in alike.items():
        print(f"  {', '.join(names)} ({package} {version}): {tuning}")
    for channel in dict.fromkeys(entrant.channel for entrant in entrants):
        print(f"  import of {channel.group}, not counted: {channel.import_seconds:.2f} s; Python: {channel.python}")
    for absence in absent:
        print(f"  {absence.group}: absent ({absence.reason}); {_INSTALL[absence.group]}, or --peer-python PATH")


def print_reference(instances: Sequence[str]) -> None:
    """MQLib's figures of another day, where they are of these instances."""
    rows = board.reference_rows(instances)
    if not rows:
        return
    table = Table(
        "MQLib as measured here before, own build, best of 6 to 8 of its heuristics for each instance; no part of the\n"
        "contest above.  1 s: five seeds, 10 s: one.",
        ["instance", "best known", "1 s median", "1 s best", "10 s", "heuristic"],
    )
    for row in rows:
        values = [row["best_known"], row["median_1s"], row["best_1s"], row["value_10s"] or "-"]
        table.row(row["instance"], *values, row["heuristic"])


def run(options: argparse.Namespace) -> list[Entry]:
    """Measure, print, keep and draw."""
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    limits = sorted(options.limits or ([0.02] if options.quick else [1.0]))
    seeds = options.seeds or (2 if options.quick else 5)
    print(machine())
    groups = GROUPS if options.peers is None or options.peers else ("ours",)
    channels, absent = open_channels(options.peer_python, groups, options.clock)
    try:
        entrants = chosen_entrants(channels, options.algorithms, options.peers)
        kind = {"cpu": "processor", "wall": "wall"}[options.clock]
        if options.clock == "cpu":
            entrants = [entrant for entrant in entrants if not entrant.watches_the_wall_clock]
        for channel in channels:
            if all(entrant.channel is not channel for entrant in entrants):
                channel.close()
        print_contestants(entrants, absent)
        earlier = [entry for path in options.reference for entry in board.load(path)]
        table = Table(
            f"Equal {kind} time on one core, {seeds} seeds, energies recomputed here.  Values: cuts, else energies\n"
            "per spin.  gap, worst: of the median and of the worst seed to the best energy known or seen, in %.\n"
            "seconds: median, without the fixed cost of a call (fixed s); ~: more than a fifth off the limit.  cpu s:\n"
            "of the whole call; !: it was kept waiting by other work, and the row is to be measured again.  to best:\n"
            "median time to a run's own best, where it is told.  effort: reads x sweeps, or the setting chosen.",
            board.COLUMNS,
            name_width=46,
        )
        entries: list[Entry] = []
        known: dict[str, float] = {}
        for case in chosen_cases(options):
            try:
                model = case.load()
            except Absent as reason:
                table.skip(case.name, reason)
                continue
            if case.best_energy is not None:
                known[case.name] = case.best_energy
            found = contest(case, model, entrants, limits, seeds, options.strongest, lambda text: print(f"    {text}"))
            entries += found
            board.print_rows(found, board.best_energies([*earlier, *found], known), table)
            if options.save is not None:
                board.save(options.save, entries, {"machine": machine(), "command": sys.argv[1:]})
    finally:
        for channel in channels:
            channel.close()
    for algorithm in options.algorithms:
        board.print_verdicts(entries, f"cim-{algorithm}")
    print_reference([entry.instance for entry in entries])
    if options.picture is not None and entries:
        from .picture import draw

        draw(entries, board.best_energies([*earlier, *entries], known), options.picture)
    return entries


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse and run."""
    with threadpool_limits(limits=1):
        run(parser().parse_args(arguments))


if __name__ == "__main__":
    main()
