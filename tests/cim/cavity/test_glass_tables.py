"""The tables of ``docs/cavity_glass.md`` are those that the benchmark kept, and say what the text says."""

import csv
import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGE = (DOCS / "cavity_glass.md").read_text(encoding="utf-8")


def _tables(heading: str) -> list[list[list[str]]]:
    """Cells of the tables of a section, without the second line of each."""
    section = PAGE[PAGE.index(f"### {heading}\n") :].split("\n#", 1)[0]
    found = re.findall(r"(?:^\|.*\|\n)+", section, flags=re.MULTILINE)
    split = [[re.split(r"(?<!\\)\|", line.strip("|\n")) for line in table.splitlines()] for table in found]
    return [[[cell.strip() for cell in line] for line in (table[0], *table[2:])] for table in split]


def _kept(name: str) -> list[dict[str, str]]:
    with (DOCS / "data" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _with_error(row: dict[str, str], name: str) -> str:
    return f"{float(row[name]):.3f}({round(1000 * float(row[f'{name}_error']))})"


def test_the_tables_of_weak_heating_are_those_of_the_program() -> None:
    kept = {("SK" if row["couplings"] == "sk" else "confocal", row["size"]): row for row in _kept("glass_energies.csv")}
    energies, advantages, order = _tables("Weak heating")
    assert len(energies) == len(advantages) == len(order) == len(kept) + 1 >= 9
    for couplings, size, instances, *cells in energies[1:]:
        row = kept[couplings, size]
        assert instances == row["instances"]
        names = ("quantum_", "semiclassical_", "semiclassical_rounded_", "quantum_readout_", "semiclassical_readout_")
        assert cells == [_with_error(row, f"{name}excess_energy") for name in names]
    for couplings, size, *cells in advantages[1:]:
        row = kept[couplings, size]
        readings = ("soft", "rounded", "readout", "unfavourable")
        wins = [f"{float(row[f'wins_{name}']):.0%}".replace("%", " %") for name in ("soft", "unfavourable")]
        assert cells == [_with_error(row, f"advantage_{name}") for name in readings] + wins
        for name in readings:  # lower in every reading
            assert float(row[f"advantage_{name}"]) > 4 * float(row[f"advantage_{name}_error"])
    for couplings, size, *cells in order[1:]:
        row = kept[couplings, size]
        names = ("ground_probability", "square_overlap", "square_magnetisation", "self_overlap")
        expected = [
            f"{float(row[f'quantum_{name}']):.2f} / {float(row[f'semiclassical_{name}']):.2f}" for name in names
        ]
        expected.append(f"{float(row['entropy_largest']):.2f} / {float(row['entropy_end']):.2f}")
        gaps = [
            float(row[f"{kind}_ultrametric_gap"]) / float(row[f"{kind}_independent_gap"])
            for kind in ("quantum", "semiclassical")
        ]
        assert cells == [*expected, f"{gaps[0]:.2f} / {gaps[1]:.2f}"]


def test_the_maps_are_those_of_the_program() -> None:
    kept = _kept("glass_heating.csv")
    tables = _tables("Where heating decides")
    for which, table in zip((("sk", "6"), ("sk", "8"), ("confocal", "6")), tables, strict=True):
        rows = {(row["loss_ratio"], row["duration"]): row for row in kept if (row["couplings"], row["size"]) == which}
        durations = [cell.removeprefix("T = ") for cell in table[0][1:]]
        assert len(rows) == len(durations) * (len(table) - 1) >= 20
        for loss, *cells in table[1:]:
            for duration, cell in zip(durations, cells, strict=True):
                row = rows[loss, duration]
                value, error = float(row["advantage_soft"]), float(row["advantage_soft_error"])
                assert cell == f"{value:+.3f}({round(1000 * error)})".replace("-", "−")
        # weak heating is where quantum trajectories are lower, strong heating where they are not
        assert float(rows["0.005", "20"]["advantage_soft"]) > 0.1
        assert float(rows["0.1", "80"]["advantage_soft"]) < -0.1
