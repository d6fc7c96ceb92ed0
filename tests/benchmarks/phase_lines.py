"""The theory's lines of the phase diagram, pump by pump; --write keeps them for ``landscapes.theory.phase_lines``.

    python tests/benchmarks/phase_lines.py [--quick] [--write]

Some four seconds a pump.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from landscapes.theory._phase_lines import COLUMNS, phase_line

TABLE = Path(__file__).resolve().parents[2] / "landscapes" / "theory" / "data" / "phase_lines.csv"
FIRST, LAST, STEP = -2.4, 2.4, 0.1
NEAR = (-2.05, -1.95, -0.45, -0.43, -0.391, -0.38, -0.36, -0.34)  # where something begins


def main() -> None:
    """Compute, print, and keep where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="five pumps")
    parser.add_argument("--write", action="store_true", help=f"write {TABLE.name}")
    wanted = parser.parse_args()
    pumps = np.linspace(-2.0, 2.0, 5) if wanted.quick else np.round(np.arange(FIRST, LAST + STEP / 2, STEP), 10)
    values = sorted({*pumps.tolist(), *(() if wanted.quick else NEAR)})
    print("  ".join(f"{name:>14}" for name in COLUMNS))
    began, rows = time.perf_counter(), []
    for pump in values:
        row = phase_line(pump)
        rows.append([row[name] for name in COLUMNS])
        print("  ".join(f"{value:>14.7f}" for value in rows[-1]), flush=True)
    print(f"{len(rows)} pumps in {time.perf_counter() - began:.0f} s")
    if wanted.write:
        lines = [",".join(COLUMNS), *(",".join(f"{value:.9g}" for value in row) for row in rows)]
        TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"wrote {TABLE}")


if __name__ == "__main__":
    main()
