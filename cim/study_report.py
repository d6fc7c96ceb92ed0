"""What ``cim study`` prints: energies with errors, and paired differences with their significance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["study_report", "winners"]

_UNIT = 1e-4
_SIGNIFICANT = 3.0
_NONE = "–"


def study_report(name: str, what: str, study: xr.Dataset) -> str:
    """The result of :func:`cim.schedule_study` as tables: raw and finished energies, and what was tuned.

    Parameters
    ----------
    name : str
        Of the file that asked for it.
    what : str
        The instances in words.
    study : xarray.Dataset
    """
    attributes = study.attrs
    training, tuned_for = int(attributes["training_instances"]), attributes["tune_for"]
    tuning = f"tuned for {tuned_for} energies on {training} others" if training else "nothing tuned"
    level = f"{100 * attributes['confidence']:g} %"
    lines = [
        f"{name}: {what}",
        f"  {study.sizes['instance']} instances of {_spins(study)} spins, {study.sizes['replica']} replicas, {tuning}, "
        f"seed {attributes['seed']}, {attributes['status']}",
        "  E/n ± standard error over instances; paired differences in 1e-4, negative is better, with intervals that",
        f"  hold together with {level}; σ: standard errors after Holm's correction, * beyond {_SIGNIFICANT:g}",
    ]
    study = study.sortby("budget")
    for finish in ("raw", "finished"):
        for statistic in ("mean", "best") if attributes["best_of"] > 1 else ("mean",):
            text = "mean of the runs" if statistic == "mean" else f"best of {attributes['best_of']} runs"
            lines += ["", f"  {finish} energy, {text}"]
            lines += _differences(study.sel(finish=finish, statistic=statistic))
    if training:
        lines += ["", "  tuned numbers (of the straight line, where it has its own)", *_tuned(study)]
    diverged = int(study["diverged"].sum())
    if diverged:
        lines += ["", f"  {diverged} of {study['diverged'].size} runs diverged; their energies are of what was left"]
    return "\n".join(lines)


def winners(study: xr.Dataset) -> str:
    """For each budget the schedule of the lowest mean energy, of the kind that was tuned for."""
    finish = "finished" if study.attrs["tune_for"] == "finished" else "raw"
    energies = study["energy_per_spin"].sel(finish=finish, statistic="mean", line="own").sortby("budget")
    lines = []
    for budget in energies["budget"].values:
        row = energies.sel(budget=budget).transpose("schedule").values
        if np.isfinite(row).any():
            best = int(np.nanargmin(row))
            lines.append(f"{budget} {study['schedule'].values[best]} {row[best]:.6f}")
    return "\n".join(lines)


def _spins(study: xr.Dataset) -> str:
    sizes = np.unique(study["num_spins"].values)
    return f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"


def _differences(part: xr.Dataset) -> list[str]:
    reference = str(part.attrs["reference"])
    rows = [["budget", "schedule", "E/n", f"− {reference}", "σ", "− own straight line", "σ"]]
    for budget in part["budget"].values:
        for name in part["schedule"].values:
            point = part.sel(schedule=name, budget=budget)
            energy = point.sel(line="own")
            error = float(energy["energy_error"])
            text = f"{float(energy['energy_per_spin']):.5f}" + (f" ± {error:.5f}" if np.isfinite(error) else "")
            text = text.replace("nan", _NONE)
            rows.append([f"{budget}", str(name), text, *_compared(point, "reference"), *_compared(point, "straight")])
    return _columns(rows, left=1)


def _compared(point: xr.Dataset, comparison: str) -> list[str]:
    one = point.sel(comparison=comparison)
    middle, low, high = (float(one[f"difference{end}"]) / _UNIT for end in ("", "_low", "_high"))
    significance = float(one["significance"])
    if not np.isfinite(middle):
        return [_NONE, _NONE]
    if not np.isfinite(significance):
        return [f"{middle:+.1f}", _NONE]
    mark = "*" if abs(significance) > _SIGNIFICANT else " "
    value = f"{significance:+.1f}" if abs(significance) >= 0.05 else "0.0"
    return [f"{middle:+.1f} [{low:+.1f}, {high:+.1f}]", f"{value}{mark}"]


def _tuned(study: xr.Dataset) -> list[str]:
    rows = [["budget", "schedule", "numbers", "training E/n"]]
    for budget in study["budget"].values:
        for name in study["schedule"].values:
            point = study.sel(schedule=name, budget=budget)
            for line in ("own",) if bool(point["is_straight"]) else ("own", "straight"):
                found = point.sel(line=line)
                numbers = found["tuned"].values
                known = np.isfinite(numbers)
                if known.any():
                    names = found["number"].values[known]
                    text = ", ".join(f"{key} {value:.4g}" for key, value in zip(names, numbers[known], strict=True))
                    label = str(name) if line == "own" else f"{name} (straight line)"
                    rows.append([f"{budget}", label, text, f"{float(found['training_energy']):.5f}"])
    return _columns(rows, left=2)


def _columns(rows: list[list[Any]], left: int) -> list[str]:
    """Columns as wide as they must be: the second, and as many as ``left`` says, flush left, the others flush right."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return [
        "    "
        + "  ".join(
            f"{cell:<{width}}" if 1 <= k <= left else f"{cell:>{width}}"
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
