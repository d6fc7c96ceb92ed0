"""The Python of ``docs/cavity_memory.md`` runs as it stands, and its tables say what functions and programs say."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest

import cim
import landscapes as ls

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGE = (DOCS / "cavity_memory.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def _rows(heading: str) -> list[list[str]]:
    """Cells of the first table after a heading, without its own two lines."""
    after = PAGE[PAGE.index(f"## {heading}\n") :]
    table = re.search(r"(?:^\|.*\|\n)+", after, flags=re.MULTILINE)
    assert table is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.group().splitlines()[2:]]


def test_the_blocks_run_and_say_what_is_so(run_blocks: Any) -> None:
    _, values = run_blocks(BLOCKS)
    assert values["(minima.count, minima.energies[0])"][0] >= 2
    assert values["ls.theory.sk_minima_count(20)"] == pytest.approx(56.69, abs=5e-3)


def test_the_table_of_moments_is_the_formula() -> None:
    rows = _rows("How couplings are distributed")
    assert len(rows) == 5
    for width, *said in rows:
        found = cim.cavity.connectivity_moments(float(width))
        below = cim.cavity.connectivity_cumulative(0.0, float(width))
        assert said == [f"{value:.4f}" for value in (found.mean, found.second, found.triangle, below)]


def test_the_table_of_the_crossover_is_that_of_the_program() -> None:
    with (DOCS / "data" / "cavity_crossover.csv").open() as file:
        kept = {(row["size"], row["width"]): row for row in csv.DictReader(file)}
    rows = _rows("From ferromagnet to glass")
    assert len(rows) >= 5
    for width, *cells in rows:
        for size, (share, minima) in zip(("8", "16", "24"), zip(cells[::2], cells[1::2], strict=True), strict=True):
            row = kept[size, width]
            assert share == f"{float(row['ferromagnet_probability']):.2f}"
            value, error = float(row["mean_minima"]), float(row["mean_minima_error"])
            assert minima == f"{value:.1f}({max(1, round(10 * error))})"


def test_the_table_of_minima_is_the_formula() -> None:
    rows = _rows("All minima of a model")
    assert len(rows) == 3
    for size, *_measured, exact in rows:
        assert exact == f"{ls.theory.sk_minima_count(int(size)):.2f}"
