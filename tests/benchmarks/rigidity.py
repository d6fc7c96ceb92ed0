"""Where the ground state freezes: the convergence study behind ``landscapes.theory.transitions()["rigidity"]``.

    python tests/benchmarks/rigidity.py            # two minutes; --write renews landscapes/theory/data/rigidity.json

Four parts, defined in :mod:`landscapes.theory.rigidity`:

1. c = 0 with the cutoff δ = 1 - q/q_M of the Parisi function going to 0, for three ways to place the steps and three
   formulas for Δ, which agree only in the limit: stationarity in the scale of q, <dx/dh>, and 1 - ∫μ dq;
2. the same with the grid of fields and the order of the averages changed;
3. c → 0 from above, without a cutoff;
4. k optimal steps at c = 0, which show what values a truncated Parisi function gives.

The value is the mean of the limits of part 1; the uncertainty is the largest distance of any limit from it, those of
part 3 too.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

import landscapes
from landscapes.theory._step_rsb import soft_spin_steps
from landscapes.theory.parisi_saddle import ParisiSaddle
from landscapes.theory.rigidity import (
    Extrapolation,
    curvature_sequence,
    cutoff_sequence,
    extrapolated,
    extrapolated_from_above,
)

DATA = Path(landscapes.__file__).parent / "theory" / "data" / "rigidity.json"
FAMILIES = {3.0: (5, 7, 10, 14, 20, 28, 40), 5.0: (5, 7, 10, 14, 20, 28), 8.0: (5, 7, 10, 14, 19)}
CURVATURES = (0.3, 0.24, 0.19, 0.15, 0.12, 0.095, 0.075)
FORMULAS = ("scale", "<dx/dh>", "1-∫μdq")


def susceptibilities(saddle: ParisiSaddle) -> tuple[float, float, float]:
    """Δ by the three formulas."""
    area = saddle.self_overlap * float(np.sum(saddle.breaking * np.diff(saddle.overlaps)))
    return saddle.susceptibility, float(saddle.moments[2]), 1.0 - area


def show(saddles: list[ParisiSaddle]) -> None:
    print(
        f"{'c':>7} {'steps':>5} {'δ':>9} {'top μ':>9}"
        + "".join(f"{'Δ ' + name:>12}" for name in FORMULAS)
        + "         e"
    )
    for saddle in saddles:
        values = "".join(f"{value:12.6f}" for value in susceptibilities(saddle))
        print(
            f"{saddle.curvature:7.3f} {len(saddle.breaking):5d} {1.0 - saddle.overlaps[-2]:9.2e} "
            f"{saddle.breaking[-1]:9.1f}{values} {saddle.energy:10.6f}",
            flush=True,
        )


def limits(saddles: list[ParisiSaddle], first: int) -> list[Extrapolation]:
    """Limits of the three formulas from the points after the first few, printed."""
    distances = [1.0 - saddle.overlaps[-2] for saddle in saddles[first:]]
    found = []
    for index, name in enumerate(FORMULAS):
        fit = extrapolated(distances, [susceptibilities(saddle)[index] for saddle in saddles[first:]])
        print(f"   Δ {name:8} -> {fit.limit:.5f}  (exponent {fit.exponent:.4f}, largest deviation {fit.deviation:.0e})")
        found.append(fit)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few steps: does it run at all?")
    parser.add_argument("--write", action="store_true", help="renew the data that transitions() reads")
    options = parser.parse_args()
    began = time.perf_counter()

    fits: list[Extrapolation] = []
    for power, counts in FAMILIES.items():
        print(f"\nc = 0, steps placed with power {power:g}")
        saddles = cutoff_sequence(counts[:4] if options.quick else counts, power)
        show(saddles)
        fits += limits(saddles, 0 if options.quick else 1)
    found = [fit.limit for fit in fits]
    exponent = float(np.median([fit.exponent for fit in fits]))

    print("\nc = 0, power 5, numerics changed: Δ by scale at the last point")
    counts = FAMILIES[5.0][: 3 if options.quick else 5]
    for spacing, hermite in ((0.035, 20), (0.02, 20), (0.035, 40)):
        value = cutoff_sequence(counts, 5.0, spacing=spacing, hermite=hermite)[-1].susceptibility
        print(f"   spacing {spacing:5.3f}, Hermite {hermite}: {value:.7f}", flush=True)

    print("\nc -> 0 from above, without a cutoff")
    saddles = curvature_sequence(CURVATURES[:4] if options.quick else CURVATURES)
    show(saddles)
    above = []
    for first in range(1 if options.quick else 3):
        points = CURVATURES[first : len(saddles)], [saddle.susceptibility for saddle in saddles[first:]]
        free, scaling = extrapolated(*points), extrapolated_from_above(*points, exponent)
        print(
            f"   {len(points[0])} points: Δ -> {free.limit:.4f} with a free exponent ({free.exponent:.3f}, deviation "
            f"{free.deviation:.0e}), {scaling.limit:.4f} with scaling and analytic terms ({scaling.deviation:.0e})"
        )
        above += [free.limit, scaling.limit]

    print("\nk optimal steps, c = 0")
    for steps in range(1, 3 if options.quick else 7):
        print(f"   k = {steps}: a = {soft_spin_steps(steps, curvature=0.0).pump:.4f}", flush=True)

    value = -float(np.mean(found))
    spread = max(abs(limit + value) for limit in found)
    systematic = max(abs(limit + value) for limit in above)
    print(f"\na = {value:.5f}; largest distance of a limit at c = 0: {spread:.5f}, of one from above: {systematic:.4f}")
    print(f"{time.perf_counter() - began:.0f} s")
    if options.write and not options.quick:
        record = {
            "value": round(value, 4),
            "uncertainty": round(max(spread, systematic), 3),
            "limits_at_zero_curvature": [round(-limit, 6) for limit in found],
            "limits_from_above": [round(-limit, 4) for limit in above],
            "made_by": "tests/benchmarks/rigidity.py --write",
        }
        DATA.parent.mkdir(exist_ok=True)
        DATA.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        print(f"wrote {DATA}")


if __name__ == "__main__":
    main()
