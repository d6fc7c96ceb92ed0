"""The scoreboard as a picture: the gap to the best known energy against time, one panel a class.

``python -m tests.benchmarks.solvers.picture results.json picture.png``
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .board import best_energies, gap, load
from .cases import BEST_CUTS, CLASSES
from .contest import Entry

__all__ = ["draw"]

_FLOOR = 1e-4  # per cent: anything below is drawn there, on a line marked 0
_DODGE = 1.03  # peers are drawn a little beside each other, so that equal gaps can be told apart
_COLOURS = {
    "cim": "#c1272d",
    "dwave": "#1f4e79",
    "openjij": "#2e8b57",
    "sb": "#b8860b",
    "qaia": "#7b5ea7",
    "mqlib": "#222222",
}
_MARKS = "osD^v<>PXphd*"


def draw(entries: Sequence[Entry], best: Mapping[str, float], path: Path, most: int = 8) -> None:
    """Draw the contestants' median gaps, averaged over the instances of a class.

    Our own algorithms are drawn at every moment, from the best energies that they tell; the others at each time limit.
    In each panel only the ``most`` strongest peers are drawn.
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    families = [family for family in CLASSES if any(entry.family == family for entry in entries)]
    columns = min(4, len(families))
    rows = -(-len(families) // columns)
    figure, panels = plt.subplots(rows, columns, figsize=(4.2 * columns, 3.4 * rows + 0.8), squeeze=False)
    styles = _styles(entries)
    handles: dict[str, Any] = {}
    for panel, family in zip(panels.ravel(), families, strict=False):
        group = [entry for entry in entries if entry.family == family]
        _draw_panel(panel, group, best, styles, most, handles)
        count = len({entry.instance for entry in group})
        panel.set_title(f"{CLASSES[family]}\n{count} instance{'s' if count > 1 else ''}", fontsize=8)
    for panel in panels.ravel()[len(families) :]:
        panel.axis("off")
    for panel in panels[:, 0]:
        panel.set_ylabel("gap to the best known energy, %")
    for panel in panels[-1]:
        panel.set_xlabel("seconds on one core")
    names = [name for name in styles if name in handles]
    figure.legend([handles[name] for name in names], names, loc="lower center", ncols=min(6, len(names)), fontsize=8)
    lines = -(-len(names) // 6)
    figure.tight_layout(rect=(0, (0.15 + 0.2 * lines) / figure.get_figheight(), 1, 1))
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _draw_panel(
    panel: Any,
    group: Sequence[Entry],
    best: Mapping[str, float],
    styles: Mapping[str, dict[str, Any]],
    most: int,
    handles: dict[str, Any],
) -> None:
    names = dict.fromkeys(entry.contestant for entry in group)
    ends = {name: _points([entry for entry in group if entry.contestant == name], best) for name in names}
    own = [name for name in names if any(entry.is_ours for entry in group if entry.contestant == name)]
    peers = sorted((name for name in names if name not in own), key=lambda name: ends[name][1][0])[:most]
    for number, name in enumerate([*peers, *own]):
        times, gaps = ends[name]
        times = times * _DODGE ** (number - 0.5 * len(names)) if name in peers else times
        curve = _curve([entry for entry in group if entry.contestant == name], best) if name in own else None
        if curve is not None:
            panel.plot(*curve, color=styles[name]["color"], linewidth=1.6, alpha=0.9, zorder=3)
        (line,) = panel.plot(times, np.maximum(gaps, _FLOOR), **styles[name])
        handles.setdefault(name, _curve_and_mark(line) if name in own else line)
    limits = [entry.limit for entry in group]
    panel.set_xlim(1e-3, 1.5 * max(limits))
    panel.set_xscale("log")
    panel.xaxis.set_major_formatter("{x:g}")
    panel.set_yscale("log")
    panel.axhline(_FLOOR, color="0.7", linewidth=0.8, zorder=0)
    panel.set_ylim(bottom=_FLOOR / 1.6)
    ticks = [tick for tick in (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0) if tick <= panel.get_ylim()[1]]
    panel.set_yticks([_FLOOR, *ticks], ["0", *(f"{tick:g}" for tick in ticks)])
    panel.minorticks_off()
    panel.grid(True, color="0.92", linewidth=0.6)
    panel.set_axisbelow(True)


def _curve_and_mark(line: Any) -> Any:
    """For the legend: the mark of a contestant that has a curve, on a piece of it."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color=line.get_color(), marker=line.get_marker(), markersize=5.5, linewidth=1.6)


def _points(entries: Sequence[Entry], best: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Limits, and at each the mean over instances of the median gap."""
    limits = sorted({entry.limit for entry in entries})
    means = [
        np.mean([gap(entry.median(), best[entry.instance]) for entry in entries if entry.limit == limit])
        for limit in limits
    ]
    return np.array(limits), np.array(means)


def _curve(entries: Sequence[Entry], best: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray] | None:
    """Mean over instances of the median over seeds of the gap, at every moment of the longest limit."""
    limit = max(entry.limit for entry in entries)
    longest = [entry for entry in entries if entry.limit == limit and all(entry.histories)]
    if not longest:
        return None
    moments = np.geomspace(1e-3, limit, 120)
    gaps = np.array([_gaps_at(entry, moments, best[entry.instance]) for entry in longest])
    known = np.isfinite(gaps).all(axis=0)
    return (moments[known], np.maximum(gaps[:, known].mean(axis=0), _FLOOR)) if known.any() else None


def _gaps_at(entry: Entry, moments: np.ndarray, best: float) -> np.ndarray:
    """Median over seeds of the gap at each moment; infinite before a run has an energy."""
    found = np.full((len(entry.histories), len(moments)), np.inf)
    for row, history in zip(found, entry.histories, strict=True):
        for moment, energy in history:
            row[moments >= moment] = gap(energy, best)
    return np.median(found, axis=0)


def _styles(entries: Sequence[Entry]) -> dict[str, dict[str, Any]]:
    """A colour for each package, a mark for each contestant."""
    styles: dict[str, dict[str, Any]] = {}
    taken: dict[str, int] = {}
    names = dict.fromkeys(entry.contestant for entry in sorted(entries, key=lambda entry: not entry.is_ours))
    for name in names:
        package = "cim-optimizer" if name == "cim-optimizer" else name.partition("-")[0]
        number = taken[package] = taken.get(package, -1) + 1
        styles[name] = {
            "color": _COLOURS.get(package, "#8c8c8c"),
            "marker": _MARKS[number % len(_MARKS)],
            "markersize": 5.5 if package == "cim" else 4.0,
            "linewidth": 0.0 if package == "cim" else 0.9,
            "linestyle": "-",
            "zorder": 4 if package == "cim" else 2,
            "alpha": 0.95 if package == "cim" else 0.75,
        }
    return styles


def main() -> None:
    """Draw a file of results."""
    if len(sys.argv) != 3:
        raise SystemExit("usage: python -m tests.benchmarks.solvers.picture RESULTS.json PICTURE.png")
    entries = load(Path(sys.argv[1]))
    known = {name: -float(cut) for name, cut in BEST_CUTS.items()}
    draw(entries, best_energies(entries, known), Path(sys.argv[2]))


if __name__ == "__main__":
    main()
