"""The tables on memory and flip rates in ``docs/cavity_memory.md`` are those of the program's file."""

import csv
import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGE = (DOCS / "cavity_memory.md").read_text(encoding="utf-8")
with (DOCS / "data" / "cavity_memory.csv").open(encoding="utf-8") as file:
    KEPT = {
        (row["table"], row["what"], row["dynamics"], row["quantity"]): (float(row["value"]), float(row["error"]))
        for row in csv.DictReader(file)
    }


def _rows(header: str) -> list[list[str]]:
    """Cells of the table whose first line begins so."""
    table = re.search(r"(?:^\|.*\|\n)+", PAGE[PAGE.index(f"\n| {header} |") + 1 :], flags=re.MULTILINE)
    assert table is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.group().splitlines()[2:]]


def _said(key: tuple[str, str, str, str], digits: int) -> str:
    value, error = KEPT[key]
    return f"{value:.{digits}f}" + (f"({max(1, round(error * 10**digits))})" if error > 0 else "")


def test_energies_and_flips() -> None:
    rows = _rows("n | dynamics | E/n")
    assert len(rows) == 6
    for n, dynamics, energy, flips in rows:
        name = dynamics.strip('`"')
        assert energy == _said(("energy", n, name, "energy"), 4) and flips == _said(("energy", n, name, "flips"), 3)


def test_basins() -> None:
    rows = _rows("couplings | steepest")
    assert len(rows) == 8
    for what, steepest, random, ratio in rows:
        keys = [("basin", what, name, "size") for name in ("steepest", "0tmh")]
        assert [steepest, random] == [_said(key, 4) for key in keys]
        assert ratio == f"{KEPT[keys[0]][0] / KEPT[keys[1]][0]:.1f}"
    assert f"with its energy is {KEPT['basin', 'SK', 'steepest', 'correlation'][0]:.2f}" in PAGE


def test_recalls() -> None:
    rows = _rows("rule | patterns a spin")
    assert len(rows) == 9
    for rule, load, steepest, random in rows:
        keys = [("recall", f"{rule} {load}", name, "success") for name in ("steepest", "0tmh")]
        assert [steepest, random] == [_said(key, 3) for key in keys]


def test_rates() -> None:
    rows = _rows("field h")
    assert len(rows) == 4
    for field, total, gap in rows:
        assert [total, gap] == [f"{KEPT['rate', field, '', kind][0]:.4e}" for kind in ("sum", "gap")]


def test_emergence() -> None:
    rows = _rows("cavity and noise")
    assert len(rows) >= 12
    for machine, atoms, first, rank in rows:
        assert first == _said(("emergence", machine, atoms, "first"), 2)
        assert rank == _said(("emergence", machine, atoms, "rank"), 1)
