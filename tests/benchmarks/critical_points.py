"""Critical points per second at n = 100, every method, beside SciPy's root finders from the same starts.

A point counts if its residual, max |dE/dx|, is below 1e-9; where an index is asked for, only if it has that index.  For
each method: the part of the starts that arrive, the different points among them, their mean index, and points per
second of processor time.  SciPy's are given the gradient and the Hessian, and their ends the same test; a ratio is the
speed of the row above that started from the same points against theirs (where they found none, against one).

Run with the package installed: ``python tests/benchmarks/critical_points.py [--quick]``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from harness import Table, arguments, compare, machine
from threadpoolctl import threadpool_limits

import ising_problems as ip
import landscapes as ls

PUMPS = (-0.93, 0.0, 1.0)
INDICES = np.array([0, 1, 2, 4, 6, 8, 10, 13])
TOLERANCE = 1e-9
EVALUATIONS = 600  # of the gradient, from one start; our methods take 300 at most
PEER_STARTS = 6  # the first of the starts: a decomposition in every step makes them slow
TARGET = 0.9


def ends_of(energy: ls.SoftSpinEnergy, solver: str, starts: np.ndarray) -> np.ndarray:
    """Where a SciPy solver ends, from each start."""
    from scipy.optimize import least_squares, root

    ends = np.empty_like(starts)
    for row, start in enumerate(starts):
        with np.errstate(all="ignore"):
            if solver == "least_squares":
                options = {"xtol": 1e-12, "ftol": 1e-12, "gtol": 1e-12, "max_nfev": EVALUATIONS}
                ends[row] = least_squares(energy.gradient, start, energy.hessian, **options).x
            else:
                options = {"xtol": 1e-12, ("maxfev" if solver == "hybr" else "maxiter"): EVALUATIONS}
                ends[row] = root(energy.gradient, start, jac=energy.hessian, method=solver, options=options).x
    return ends


def judged(energy: ls.SoftSpinEnergy, x: np.ndarray) -> tuple[float, int, float]:
    """Part of the ends that are critical points, how many different ones, and their mean index."""
    good = np.abs(energy.gradient(x)).max(axis=1) < TOLERANCE
    if not good.any():
        return 0.0, 0, float("nan")
    points = x[good]
    return (
        float(good.mean()),
        len(np.unique(np.round(energy.value(points), 7))),
        ls.hessian_index(energy, points).mean(),
    )


def reported(points: ls.CriticalPoints) -> tuple[float, int, float]:
    """The same of our own result."""
    mean = float(np.average(points.index, weights=points.hits)) if len(points) else float("nan")
    return points.success_rate, len(points), mean


def _kept(call: Callable[[], Any], results: dict[str, Any], name: str) -> Callable[[], None]:
    """The call, which leaves its result behind: it is the same every time."""

    def keeping() -> None:
        results[name] = call()

    return keeping


def measure(n: int, pump: float, count: int, repeats: int) -> None:
    """One pump's table."""
    energy = ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(n, seed=0), pump)
    starts = np.random.default_rng(0).standard_normal((count, n))
    few = starts[:PEER_STARTS]
    asked = np.resize(INDICES, count)
    find = ls.find_critical_points
    ours: dict[str, Callable[[], ls.CriticalPoints]] = {
        "newton": lambda: find(energy, "newton", starts=starts, threads=1),
        "saddle-free": lambda: find(energy, "saddle-free", starts=starts, threads=1),
        "eigenvectors, asked": lambda: find(energy, index=asked, starts=count, threads=1),
        "eigenvectors, given": lambda: find(energy, index=asked, starts=starts, threads=1),
        "eigenvectors, any": lambda: find(energy, "eigenvector-following", starts=count, threads=1),
        "continuation": lambda: find(energy, "continuation", threads=1),
    }
    peers: dict[str, Callable[[], Any]] = {
        "root hybr": lambda: ends_of(energy, "hybr", few),
        "root lm": lambda: ends_of(energy, "lm", few),
        "least_squares trf": lambda: ends_of(energy, "least_squares", few),
    }
    table = Table(
        f"SK, n = {n}, a = {pump}: {count} starts; 'asked' and 'given' for indices {INDICES.tolist()} in turn,\n"
        "'any' for random indices; 'newton', 'saddle-free', 'given' from standard normal points, and SciPy from the "
        f"first {PEER_STARTS} of them.",
        ["method", "success %", "different", "index", "points/s", "spread %", "newton/it", "sought/it", "verdict"],
    )
    results: dict[str, Any] = {}
    times = compare(
        {name: _kept(call, results, name) for name, call in {**ours, **peers}.items()}, repeats, single=True
    )
    speed: dict[str, float] = {}
    for name, result in results.items():
        success, different, mean = reported(result) if name in ours else judged(energy, result)
        number = result.num_starts if name in ours else len(few)
        speed[name] = max(success * number, 1.0) / times[name].median()
        ratios = ["-", "-"]
        if name in peers:
            ratios = [f"{speed['newton'] / speed[name]:.3g}", f"{speed['eigenvectors, given'] / speed[name]:.3g}"]
        verdict = "-"
        if name == "eigenvectors, asked":
            verdict = "met" if success >= TARGET else "missed"
        table.row(
            name, 100 * success, str(different), mean, success * number / times[name].median(),
            100 * times[name].spread(), *ratios, verdict,
        )  # fmt: skip


def main() -> None:
    parser = arguments(__doc__ or "", repeats=3)
    options = parser.parse_args()
    repeats = options.repeats or (1 if options.quick else 3)
    print(machine())
    with threadpool_limits(1):
        for pump in PUMPS:
            measure(40 if options.quick else 100, pump, 8 if options.quick else 24, repeats)


if __name__ == "__main__":
    main()
