r"""Where finite-size data put the freezing (rigidity) transition: 500, 1000 and 2000 spins, with bootstrap errors.

    python tests/benchmarks/finite_size.py
    python tests/benchmarks/finite_size.py --save docs/data/freezing_finite_size.json

Minima of Sherrington–Kirkpatrick instances are followed adiabatically through the transition.  Four pumps say where it
is.  Two ask about the whole state:

* ``site curvature``: where the median of -(a + G), G = tr H⁻¹/n, changes sign: a spin's own potential becomes a double
  well.  In the limit of many spins this is the definition of the transition.  (The median, because a single soft mode
  λ adds 1/nλ to G, and near the transition λ may be as small as one likes);
* ``half gapped``: where half of the instances have a predicted Hessian spectrum with a gap.

Two ask about its weakest spin, of which a larger system has a weaker one, at a finite rate of the ramp.  They move up
with n and are no estimates of the transition; they say how long a few spins keep turning over behind it:

* ``lowest eigenvalue``: where its mean passes 0.1.  Below the transition it is a marginal edge's, of order n^{-2/3};
* ``signs frozen``: beyond which the Ising energy of the signs never changes again, as a mean over the instances.  The
  flow lags behind the minima in which its copies settle at soft pumps, so that they are the lower ones: by 0.001 at
  n = 500 and 0.002 at n = 2000 in the Ising energy.

Errors are standard deviations over bootstrap samples of the instances.  The extrapolation is a straight line in
n^{-1/3} or n^{-2/3}: no theory of the exponent is known to us, and the difference shows what that is worth.

For comparison the last line has the ground state's transition in the limit, :func:`landscapes.theory.transitions`,
which adiabatic states at a finite rate need not share, and the -0.45 that Yamamura, Mabuchi and Ganguli
(arXiv:2309.08119) quote.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from harness import Table, arguments, machine

import landscapes as ls

PUMPS = np.round(np.arange(-0.9, 0.2001, 0.05), 10)
INSTANCES = {500: 48, 1000: 16, 2000: 6}
QUICK = {60: 6, 120: 4}
SHOWN = ("site_curvature", "gapped", "lowest_eigenvalue", "marginality", "smallest_amplitude", "ising_energy")
_RESAMPLES = 2000
_SOFT = 0.1  # the lowest eigenvalue that counts as rigid

Curves = dict[str, np.ndarray]


def main() -> None:
    """Follow the instances, print the tables, and save what they hold."""
    parser = arguments(__doc__.splitlines()[0], 1)
    parser.add_argument("--path", type=Path, help="folder for the cells, to resume a run that was stopped")
    parser.add_argument("--save", type=Path, help="JSON file for the result")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    print(machine())
    result: dict[str, Any] = {"pump": PUMPS.tolist(), "sizes": {}, "steps_per_unit": 1000, "seed": 0}
    for size, instances in (QUICK if options.quick else INSTANCES).items():
        began = time.perf_counter()
        curves = follow(size, instances, options.path, options.threads)
        print(f"\n{size} spins, {instances} instances: {time.perf_counter() - began:.0f} s")
        result["sizes"][str(size)] = {"instances": instances, **summary(curves)}
        show(size, result["sizes"][str(size)])
    result["limit"] = extrapolated(result["sizes"])
    show_pumps(result)
    if options.save:
        options.save.parent.mkdir(parents=True, exist_ok=True)
        options.save.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def follow(size: int, instances: int, path: Path | None, threads: int) -> Curves:
    """What is measured on the followed minimum of each instance, shape (pumps, instances)."""
    folder = None if path is None else path / str(size)
    diagram = ls.phase_diagram(
        PUMPS, size, instances, adiabatic_starts=1, random_starts=0, seed=0, threads=threads, path=folder
    )
    if not bool(diagram["converged"].all()):
        raise RuntimeError(f"n = {size}: some minima did not converge")
    return {name: diagram[name].squeeze(("size", "start")).values.astype(float) for name in SHOWN}


# ---------------------------------------------------------------- the four pumps


def crossing(curve: np.ndarray, level: float) -> float:
    """Where a curve passes a level for the last time, between two pumps by a straight line; NaN if it does not."""
    below = np.flatnonzero((curve[:-1] - level) * (curve[1:] - level) <= 0)
    if not below.size or curve[below[-1]] == curve[below[-1] + 1]:
        return np.nan
    k = below[-1]
    return float(PUMPS[k] + (level - curve[k]) / (curve[k + 1] - curve[k]) * (PUMPS[k + 1] - PUMPS[k]))


def frozen(ising_energy: np.ndarray) -> np.ndarray:
    """For each instance the first pump from which on the Ising energy of the signs never changes."""
    moving = np.abs(ising_energy - ising_energy[-1]) > 1e-12
    last = np.where(moving.any(axis=0), len(PUMPS) - 1 - np.argmax(moving[::-1], axis=0), -1)
    return PUMPS[np.minimum(last + 1, len(PUMPS) - 1)]


MARKS: dict[str, Callable[[Curves], float]] = {
    "site curvature": lambda curves: crossing(np.median(curves["site_curvature"], axis=1), 0.0),
    "half gapped": lambda curves: crossing(curves["gapped"].mean(axis=1), 0.5),
    "lowest eigenvalue": lambda curves: crossing(curves["lowest_eigenvalue"].mean(axis=1), _SOFT),
    "signs frozen": lambda curves: float(np.mean(frozen(curves["ising_energy"]))),
}


def summary(curves: Curves) -> dict[str, Any]:
    """Means over the instances and the four pumps, each with its bootstrap error."""
    count = curves["gapped"].shape[1]
    rng = np.random.default_rng(1)
    draws = [rng.integers(0, count, count) for _ in range(_RESAMPLES)]
    result: dict[str, Any] = {}
    for name, values in curves.items():
        means = np.array([values[:, draw].mean(axis=1) for draw in draws])
        result[name] = {"mean": values.mean(axis=1).tolist(), "error": means.std(axis=0).tolist()}
    for name, mark in MARKS.items():
        samples = [mark({key: values[:, draw] for key, values in curves.items()}) for draw in draws]
        result[name] = {"pump": mark(curves), "error": float(np.nanstd(samples))}
    return result


def extrapolated(sizes: dict[str, Any]) -> dict[str, Any]:
    """Weighted straight lines in n^{-1/3} and n^{-2/3}: the pumps at infinite n with their errors."""
    result: dict[str, Any] = {}
    for name in MARKS:
        seen = {float(size): entry[name] for size, entry in sizes.items() if np.isfinite(entry[name]["pump"])}
        n = np.array(list(seen))
        pumps = np.array([entry["pump"] for entry in seen.values()])
        errors = np.maximum([entry["error"] for entry in seen.values()], 1e-3)
        result[name] = {}
        for exponent, label in ((1 / 3, "1/3"), (2 / 3, "2/3")):
            if len(n) < 2:
                result[name][label] = {"pump": np.nan, "error": np.nan}
                continue
            design = np.stack([np.ones_like(n), n**-exponent], axis=1) / errors[:, None]
            covariance = np.linalg.inv(design.T @ design)
            best = covariance @ design.T @ (pumps / errors)
            result[name][label] = {"pump": float(best[0]), "error": float(np.sqrt(covariance[0, 0]))}
    return result


# ---------------------------------------------------------------- what is shown


def show(size: int, entry: dict[str, Any]) -> None:
    """One table for a size: each mean with its error."""
    table = Table(f"n = {size}: means over the instances (bootstrap error)", ["pump", *SHOWN], name_width=6)
    for k, pump in enumerate(PUMPS):
        cells = [f"{entry[name]['mean'][k]:.4f}({entry[name]['error'][k]:.4f})" for name in SHOWN]
        table.row(f"{pump:.2f}", *cells)


def show_pumps(result: dict[str, Any]) -> None:
    """The pumps at which the transition appears, for each size and extrapolated."""
    sizes = result["sizes"]
    heading = "where the transition appears (bootstrap error); at the end lines in n^(-1/3) and n^(-2/3)"
    table = Table(heading, ["mark", *[f"n = {size}" for size in sizes], "1/3 -> inf", "2/3 -> inf"])
    for name in MARKS:
        entries = [entry[name] for entry in sizes.values()] + list(result["limit"][name].values())
        table.row(name, *[f"{entry['pump']:.3f}({entry['error']:.3f})" for entry in entries])
    theory = ls.theory.transitions()["rigidity"]
    limit = f"{theory.value:.4f} +- {theory.uncertainty:.4f}"
    print(f"theory, the ground state, n -> infinity: {limit}; quoted in arXiv:2309.08119: -0.45")


if __name__ == "__main__":
    main()
