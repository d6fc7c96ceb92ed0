"""What the scoreboard prints and keeps: rows, verdicts, the table of tuning, files of results."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..harness import Table, significant
from .contest import Entry

__all__ = ["best_energies", "gap", "load", "print_rows", "print_verdicts", "reference_rows", "save", "verdicts"]

COLUMNS = [
    *("instance, contestant", "limit s", "median", "best", "gap %", "worst %", "seconds", "cpu s", "to best"),
    *("fixed s", "effort"),
]
_REFERENCE = Path(__file__).parent / "mqlib_measured.csv"
_HEADER = [
    *("instance", "family", "held_out", "n", "contestant", "version", "limit", "seed"),
    *("energy", "seconds", "cpu", "fixed"),
]
_SAME = 1e-9  # relative: energies that close are one value


def best_energies(entries: Iterable[Entry], known: Mapping[str, float]) -> dict[str, float]:
    """The lowest energy known or seen of each instance."""
    best = dict(known)
    for entry in entries:
        best[entry.instance] = min(best.get(entry.instance, np.inf), *entry.energies)
    return best


def gap(energy: float, best: float) -> float:
    """Distance from the best, in per cent of it (of 1 where it is 0); 0 where the two differ by rounding only."""
    relative = (energy - best) / (abs(best) or 1.0)
    return 0.0 if relative < _SAME else 100.0 * relative


def shown(entry: Entry, energy: float) -> str:
    """A cut as it is, anything else per spin."""
    return f"{-energy:g}" if entry.is_cut else f"{energy / entry.num_spins:.6f}"


def print_rows(entries: Sequence[Entry], best: Mapping[str, float], table: Table) -> None:
    """One row an entry, contestants of an instance and limit from best to worst."""
    for limit in sorted({entry.limit for entry in entries}):
        rows = [entry for entry in entries if entry.limit == limit]
        for entry in sorted(rows, key=lambda row: (gap(row.median(), best[row.instance]), not row.is_ours)):
            seconds = float(np.median(entry.seconds))
            cpu = float(np.median(entry.cpu))
            off = "~" if abs(seconds / limit - 1) > 0.2 else ""
            kept_waiting = "!" if cpu < 0.9 * seconds else ""
            table.row(
                f"{entry.instance}, {entry.contestant}",
                f"{limit:g}",
                shown(entry, entry.median()),
                shown(entry, min(entry.energies)),
                gap(entry.median(), best[entry.instance]),
                gap(max(entry.energies), best[entry.instance]),
                off + significant(seconds),
                kept_waiting + significant(cpu),
                _time_to_best(entry),
                significant(entry.fixed),
                _effort(entry),
            )


def _time_to_best(entry: Entry) -> str:
    """Median time at which a run had its own best, where it is told."""
    moments = [history[-1][0] for history in entry.histories if history]
    return significant(float(np.median(moments))) if moments else "-"


def _effort(entry: Entry) -> str:
    if "reads" in entry.plan:
        return f"{entry.plan['reads']} x {entry.plan['sweeps']}"
    return ", ".join(str(value) for value in entry.setting.values()) or "-"


def verdicts(entries: Sequence[Entry], ours: str) -> list[dict[str, Any]]:
    """For each instance and limit, where one of our algorithms stands against the best of the peers, by medians."""
    found = []
    for key in dict.fromkeys((entry.instance, entry.limit) for entry in entries):
        group = [entry for entry in entries if (entry.instance, entry.limit) == key]
        own = [entry for entry in group if entry.contestant == ours]
        peers = [entry for entry in group if not entry.is_ours]
        if not own or not peers:
            continue
        peer = min(peers, key=Entry.median)
        ahead = max(0.0, gap(peer.median(), own[0].median()))
        behind = gap(own[0].median(), peer.median()) if ahead == 0 else 0.0
        verdict = "ahead" if ahead > 0 else "behind" if behind > 0 else "equal"
        found.append({"instance": key[0], "limit": key[1], "verdict": verdict, "by": ahead - behind, "peer": peer})
    return found


def print_verdicts(entries: Sequence[Entry], ours: str) -> None:
    """A row for each instance and limit, and the count."""
    rows = verdicts(entries, ours)
    if not rows:
        return
    table = Table(
        f"{ours} against the best peer, by the medians over seeds (by: how much lower its energy is, in %)",
        ["instance", "limit s", "verdict", "by %", "best peer"],
        name_width=34,
    )
    for row in rows:
        table.row(row["instance"], f"{row['limit']:g}", row["verdict"], row["by"], row["peer"].contestant)
    counts = [f"{sum(row['verdict'] == verdict for row in rows)} {verdict}" for verdict in ("ahead", "equal", "behind")]
    print(", ".join(counts))


def reference_rows(names: Iterable[str]) -> list[dict[str, str]]:
    """MQLib as it was measured once, of the instances named."""
    wanted = set(names)
    with _REFERENCE.open(newline="", encoding="utf-8") as file:
        lines = [line for line in file if not line.startswith("#")]
    return [row for row in csv.DictReader(lines) if row["instance"] in wanted]


def save(path: Path, entries: Sequence[Entry], about: Mapping[str, Any]) -> None:
    """Write results: everything as JSON, or one line a run as CSV."""
    if path.suffix == ".json":
        content = {"about": dict(about), "entries": [asdict(entry) for entry in entries]}
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    elif path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(_HEADER)
            for row in entries:
                for seed, energy, seconds, cpu in zip(row.seeds, row.energies, row.seconds, row.cpu, strict=True):
                    start = [row.instance, row.family, row.held_out, row.num_spins, row.contestant, row.version]
                    writer.writerow([*start, row.limit, seed, repr(energy), f"{seconds:.6g}", f"{cpu:.6g}", row.fixed])
    else:
        raise ValueError(f"{path}: results are kept as .json or .csv")


def load(path: Path) -> list[Entry]:
    """Entries of a JSON file of results."""
    content = json.loads(path.read_text(encoding="utf-8"))
    for entry in content["entries"]:
        entry["histories"] = [[(moment, energy) for moment, energy in history] for history in entry["histories"]]
    return [Entry(**entry) for entry in content["entries"]]
