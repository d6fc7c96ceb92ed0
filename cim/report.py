"""Results in words: the tables that the ``cim`` command prints, plain text of stable form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import IsingModel, Problem

from .answers import in_words

if TYPE_CHECKING:
    import xarray as xr

    from .results import Solution

__all__ = ["number", "run_report", "sizes_report", "solution_report", "spins_text", "table"]

_SPINS = 60
_VIOLATIONS = 5

Rows = list[tuple[str, str]]


def table(title: str, rows: Sequence[tuple[str, str]]) -> str:
    """A title with rows of a label and a value below it, in two columns."""
    width = max((len(label) for label, _ in rows), default=0)
    return "\n".join([title, *(f"  {label:<{width}}  {value}" for label, value in rows)])


def number(value: float) -> str:
    """A number with all its digits if it is whole, with ten otherwise."""
    if isinstance(value, (int, np.integer)) or (float(value).is_integer() and abs(value) < 1e15):
        return str(int(value))
    return f"{value:.10g}"


def spins_text(spins: np.ndarray) -> str:
    """Spins as signs, the first sixty of them."""
    signs = "".join("+" if spin > 0 else "-" for spin in spins[:_SPINS])
    return signs if len(spins) <= _SPINS else f"{signs}… ({len(spins)} in all)"


def solution_report(name: str, problem: Problem | IsingModel, solution: Solution) -> str:
    """What :func:`cim.solve` found, in the problem's own terms where it has any."""
    info, timings = solution.info, solution.info["timings"]
    rows: Rows = []
    if isinstance(problem, Problem):
        rows = [(problem.objective_name, number(solution.objective)), ("feasible", _feasibility(solution))]
        if info.get("repaired"):
            rows.append(("repaired", "yes: greedy steps led to this answer from what the search found"))
    if info.get("hint"):
        rows.append(("what now", info["hint"]))
    compiling = f" (and {timings['compilation']:.2f} s of compiling)" if timings["compilation"] > 0.005 else ""
    rows += [
        ("Ising energy", number(solution.energy)),
        ("status", f"{solution.status}: {solution.status.message}"),
        ("time", f"{timings['total'] - timings['compilation']:.2f} s{compiling}"),
        ("algorithm", _effort(info)),
        ("seed", str(info["seed"])),
        ("spins", spins_text(solution.spins)),
    ]
    if solution.lower_bound is not None:
        rows.append(("lower bound", number(solution.lower_bound)))
    if isinstance(problem, Problem):
        rows.append(("answer", in_words(problem, solution.answer)))
    kind = type(problem).__name__
    return table(f"{name}: {kind}, {info['num_spins']} spins, {info['num_couplings']} couplings", rows)


def _effort(info: Mapping[str, Any]) -> str:
    """What was run, how much of it, and how often it found what it found."""
    if "portfolio" in info:
        names = sorted({component["algorithm"] for component in info["portfolio"]["components"]})
        if not names:
            return f"{info['algorithm']}, solved by exact reduction and enumeration"
        done = f"{info['algorithm']} ({', '.join(names)}), {info['replicas']} searches"
    else:
        length = f"{info['steps_per_replica']:.0f} {info['step_unit']}s each"
        done = f"{info['algorithm']}, {info['replicas']} replicas of {length}"
    return f"{done}, {info['hits']} of {info['attempts']} attempts found this energy"


def _feasibility(solution: Solution) -> str:
    if not solution.violations:
        return "yes"
    broken = solution.violations
    more = [f"… and {len(broken) - _VIOLATIONS} more"] if len(broken) > _VIOLATIONS else []
    return "\n      ".join([f"no, {len(broken)} violated:", *broken[:_VIOLATIONS], *more])


def run_report(name: str, content: Problem | IsingModel, run: xr.Dataset) -> str:
    """What :func:`cim.simulate` did."""
    from .results import Status

    model = content.to_ising() if isinstance(content, Problem) else content
    per_spin = run["final_ising_energy"].values / max(model.num_spins, 1)
    spread = f" ± {per_spin.std(ddof=1):.4f}" if len(per_spin) > 1 else ""
    best = int(per_spin.argmin())
    status, largest = Status(run.attrs["status"]), run.attrs["largest_eigenvalue"]
    diverged = int(run["diverged"].sum())
    rows = [
        ("E/n", f"{per_spin.mean():.4f}{spread} (mean ± deviation of {len(per_spin)} replicas)"),
        ("best E/n", f"{per_spin[best]:.4f} (energy {number(run['final_ising_energy'].values[best])})"),
    ]
    if isinstance(content, Problem):
        rows.append(("best answer", content.describe(content.decode(run["spins"].values[best]))))
    rows += [
        ("threshold", f"pump {-largest:.6g} = -2 in units of λ_max/2; λ_max = {largest:.6g}"),
        ("schedule", f"{run.attrs['schedule']}, {run.attrs['steps']} steps"),
        ("smallest dt", f"{run.attrs['smallest_dt']:.4g} of {run.attrs['dt']:.4g} asked for"),
        ("status", f"{status}: {status.message}" + (f" ({diverged} diverged)" if diverged else "")),
    ]
    return table(f"{name}: {model.num_spins} spins, {model.num_couplings} couplings", rows)


def sizes_report(study: xr.Dataset) -> str:
    """The study of :func:`cim.figures.sizes_study` as a table."""
    lines = [
        f"E/n of the Sherrington–Kirkpatrick model: {study.attrs['steps']} steps, {study.attrs['replicas']} replicas, "
        f"seed {study.attrs['seed']}, {study.attrs['status']}",
        f"  {'n':>7}  {'instances':>9}  {'CIM':>16}  {'spectral':>16}",
    ]
    for size in study["size"].values:
        machine, spectral = (study[name].sel(size=size).dropna("instance").values for name in ("cim", "spectral"))
        lines.append(f"  {size:>7}  {len(machine):>9}  {_mean_text(machine):>16}  {_mean_text(spectral):>16}")
    theory = study.attrs["ground_state_energy"], study.attrs["spectral_energy"]
    lines.append(f"  {'theory':>7}  {'':>9}  {theory[0]:>16.4f}  {theory[1]:>16.4f}")
    return "\n".join(lines)


def _mean_text(values: np.ndarray) -> str:
    if not len(values):
        return "none"
    error = f" ± {values.std(ddof=1) / np.sqrt(len(values)):.4f}" if len(values) > 1 else ""
    return f"{values.mean():.4f}{error}"
