"""What ``cim landscape`` prints: the measured landscape beside the transitions that theory predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .report import number, table

if TYPE_CHECKING:
    import xarray as xr

    from landscapes import SoftSpinEnergy

__all__ = ["diagram_report", "minimum_report", "saddles_report"]

_MOST_ROWS = 24


def diagram_report(name: str, diagram: xr.Dataset) -> str:
    """The means of :func:`landscapes.phase_diagram` over instances and starts, a row for each pump."""
    from landscapes import theory

    sizes, instances = diagram["size"].values.tolist(), diagram.sizes["instance"]
    lines = [
        f"{name}: {instances} {'instance' if instances == 1 else 'instances'} of "
        f"{', '.join(f'{size:,}' for size in sizes)} spins, seed {diagram.attrs['seed']}, {diagram.attrs['status']}",
        "  transitions of the Sherrington–Kirkpatrick model, n → ∞:",
    ]
    for found in theory.transitions().values():
        error = f" ± {found.uncertainty:.1g}" if found.uncertainty else ""
        lines.append(f"    a = {found.value:.4f}{error}: {found.definition}")
    lines.append(
        f"  {'n':>6}  {'pump':>7}  {'E/n':>9}  {'Ising E/n':>9}  {'lowest λ':>9}  {'gapped':>6}  {'minima':>6}"
    )
    chosen = np.unique(np.linspace(0, diagram.sizes["pump"] - 1, min(diagram.sizes["pump"], _MOST_ROWS)).astype(int))
    followed = diagram.isel(start=diagram["start_protocol"].values == "adiabatic")
    followed = followed if followed.sizes["start"] else diagram
    for size in sizes:
        for k in chosen:
            row = followed.sel(size=size).isel(pump=k)
            mean = {key: float(row[key].mean()) for key in ("energy", "ising_energy", "lowest_eigenvalue", "gapped")}
            distinct = float(row["distinct_minima"].sum("protocol").mean())
            lines.append(
                f"  {size:>6}  {float(row['pump']):>7.3f}  {mean['energy']:>9.5f}  {mean['ising_energy']:>9.5f}  "
                f"{mean['lowest_eigenvalue']:>9.4f}  {mean['gapped']:>6.2f}  {distinct:>6.1f}"
            )
    return "\n".join(lines)


def minimum_report(name: str, energy: SoftSpinEnergy, states: xr.Dataset) -> str:
    """One minimum of :func:`landscapes.adiabatic_minima`."""
    from landscapes import hessian_spectrum

    x = states["x"].values[0, 0]
    n = max(energy.num_variables, 1)
    spectrum = hessian_spectrum(energy, x)
    spins = np.where(x < 0, -1, 1)
    rows = [
        ("energy per spin", f"{float(states['energy'].values[0, 0]) / n:.6f}"),
        ("Ising energy", number(energy.model.energy(spins))),
        ("mean x²", f"{float(np.mean(x * x)) if x.size else 0.0:.6f}"),
        ("smallest |x|", f"{float(np.abs(x).min(initial=np.inf)):.4g}"),
        ("Hessian", f"eigenvalues {spectrum.min(initial=np.inf):.4g} to {spectrum.max(initial=-np.inf):.4g}"),
        ("gradient", f"{float(states['gradient_norm'].values[0, 0]):.2g}, converged: {_yes(states)}"),
        ("seed", str(states.attrs["seed"])),
    ]
    return table(f"{name}: the minimum that the rising pump leads to at a = {number(energy.pump)}", rows)


def saddles_report(name: str, energy: SoftSpinEnergy, points: Any) -> str:
    """How many critical points of each index were found, and at which energy."""
    n = max(energy.num_variables, 1)
    lines = [
        f"{name}: {len(points.x):,} critical points at a = {number(energy.pump)} from {points.num_starts:,} starts, "
        f"{points.status}",
        f"  {'index':>6}  {'points':>6}  {'lowest E/n':>10}  {'mean E/n':>10}",
    ]
    for index in np.unique(points.index):
        energies = points.energy[points.index == index] / n
        lines.append(f"  {index:>6}  {len(energies):>6}  {energies.min():>10.5f}  {energies.mean():>10.5f}")
    return "\n".join(lines)


def _yes(states: xr.Dataset) -> str:
    return "yes" if bool(states["converged"].values[0, 0]) else "no"
