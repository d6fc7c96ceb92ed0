"""``cim landscape``: the phase diagram in the pump, and the landscape at one pump, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from . import arguments, landscape_report, pictures
from .options import (
    Data,
    FormatName,
    Index,
    Instance,
    NumColors,
    OptionalFile,
    Plot,
    ProblemName,
    Settings,
    ShowProgress,
    Threads,
)
from .terminal import InputError, check_writable, exit_code, input_errors, refuse, reported, save, show_progress, writer

__all__ = ["landscape"]

FIGURES = ("phase-diagram", "spectrum", "amplitudes", "saddles")
_SIZES, _INSTANCES = [100, 200], 4
_PUMPS = (-1.2, 0.5, 18)  # first and last in units of λ_max, and how many
_STEPS = 1000.0  # while the pump rises by half of λ_max
_SADDLES = 20  # starts for each index


def landscape(
    file: OptionalFile = None,
    sk: Instance = None,
    figure: Annotated[str, typer.Option(help=f"What to study: {', '.join(FIGURES)}.")] = "phase-diagram",
    pumps: Annotated[
        str | None,
        typer.Option(help="With phase-diagram: START:STOP:COUNT, or values as -2,-1,0; the pump a.", metavar="PUMPS"),
    ] = None,
    pump: Annotated[float | None, typer.Option(help="With the other figures: the pump a.  Default: 0.")] = None,
    sizes: Annotated[
        str | None, typer.Option(help="Random models of these numbers of spins.  Default: 100,200.")
    ] = None,
    instances: Annotated[int | None, typer.Option(help="Random models of each size.  Default: 4.")] = None,
    random_starts: Annotated[int | None, typer.Option(help="Descents from random points.  Default: 8.")] = None,
    steps_per_unit: Annotated[
        float | None, typer.Option(help="Steps while the pump rises by 1.  Default: 1000 while it rises by λ_max/2.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Keep each finished instance there; a killed run resumes from it.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the starts and of the random models.")] = 0,
    threads: Threads = None,
    format: FormatName = None,
    problem: ProblemName = None,
    num_colors: NumColors = None,
    settings: Settings = None,
    index: Index = None,
    plot: Plot = None,
    output: Data = None,
    progress: ShowProgress = None,
) -> int:
    """Study the energy landscape that the machine descends.

    The phase diagram in the pump, of random Sherrington-Kirkpatrick models (--sizes), of one of them (--sk), or of the
    model or problem in FILE; or, at one --pump, the Hessian's spectrum and the amplitudes at the minimum that the
    rising pump leads to, or saddles of many indices.  The pump is a as it stands in the energy.
    """
    check_writable(plot, pictures.SUFFIXES, file)
    check_writable(output, (".nc",), file)
    if figure not in FIGURES:
        raise InputError(f"--figure: {figure!r} is not one of {', '.join(FIGURES)}")
    if file is not None and sk is not None:
        raise InputError("give one of FILE and --sk N")
    reader: dict[str, Any] = {"format": format, "problem": problem, "num_colors": num_colors, "index": index}
    reader["settings"] = settings or None
    many = arguments.given({"sizes": sizes, "instances": instances})
    if file is not None or sk is not None:
        refuse(many, "one model")
    if file is None:
        refuse(arguments.given(reader), "random models")
    name, model = _model(file, sk, seed, {**reader, "settings": settings or ()})
    of_diagram = arguments.given({"random_starts": random_starts, "threads": threads, "path": folder})
    flow = arguments.given({"steps_per_unit": steps_per_unit})
    if figure == "phase-diagram":
        refuse(arguments.given({"pump": pump}), "phase-diagram, which takes --pumps")
        of_diagram |= {**flow, "seed": seed, "progress": show_progress(progress)}
        return _phase_diagram(name, model, file is None, pumps, many, of_diagram, plot, output)
    refuse(arguments.given({"pumps": pumps, "random_starts": random_starts, "folder": folder}), f"--figure {figure}")
    if model is None:
        raise InputError(f"--figure {figure}: is of one model; give FILE or --sk N")
    if figure == "saddles":
        refuse(flow, "saddles")
        search = {"seed": seed, "threads": threads, "progress": show_progress(progress)}
        return _saddles(name, model, file is None, pump or 0.0, search, plot, output)
    return _minimum(name, model, file is None, figure, pump or 0.0, {**flow, "seed": seed}, plot, output)


def _model(file: Path | None, sk: int | None, seed: int, reader: dict[str, Any]) -> tuple[str, Any]:
    """The one model that was asked for, and what to call it; or None."""
    from ising_problems import Problem

    if sk is not None:
        return f"Sherrington–Kirkpatrick, n = {sk}", arguments.instance("sk", [str(sk)], seed)[0]
    if file is None:
        return "Sherrington–Kirkpatrick models", None
    content = arguments.read(file, **reader)
    return file.name, content.to_ising() if isinstance(content, Problem) else content


def _phase_diagram(
    name: str,
    model: Any,
    theory: bool,
    pumps: str | None,
    many: dict[str, Any],
    settings: dict[str, Any],
    plot: Path | None,
    output: Path | None,
) -> int:
    import numpy as np

    import landscapes as ls

    largest = _largest_eigenvalue(model)
    if pumps is not None:
        values = arguments.numbers(pumps, "--pumps")
    else:
        first, last, count = _PUMPS
        values = (largest * np.linspace(first, last, count)).tolist()
    settings = {"steps_per_unit": _STEPS / (0.5 * largest), **settings}
    if model is None:
        wanted = arguments.integers(many["sizes"], "--sizes") if "sizes" in many else _SIZES
        what: tuple[Any, ...] = (wanted, many.get("instances", _INSTANCES))
    else:
        what = (None, [model])
    with input_errors():
        diagram = ls.phase_diagram(values, *what, **settings)
    with reported(landscape_report.diagram_report(name, diagram)) as saved:
        save(output, writer(diagram), saved)
        pictures.draw(plot, lambda _: ls.plotting.phase_diagram(diagram, theory=theory), saved)
    return exit_code(diagram.attrs["status"])


def _largest_eigenvalue(model: Any) -> float:
    """Of the couplings; the scale of the pump is half of it."""
    from .couplings import extreme_eigenvalues

    return 2.0 if model is None else extreme_eigenvalues(model).largest or 2.0


def _minimum(
    name: str,
    model: Any,
    theory: bool,
    figure: str,
    pump: float,
    settings: dict[str, Any],
    plot: Path | None,
    output: Path | None,
) -> int:
    import landscapes as ls

    settings = {"steps_per_unit": _STEPS / (0.5 * _largest_eigenvalue(model)), **settings}
    with input_errors():
        states = ls.adiabatic_minima(model, [pump], **settings)
        energy = ls.SoftSpinEnergy(model, pump)
    x = states["x"].values[0]
    with reported(landscape_report.minimum_report(name, energy, states)) as saved:
        save(output, writer(states), saved)
        if figure == "spectrum":
            pictures.draw(plot, lambda _: ls.plotting.hessian_spectrum(energy, x, theory=theory), saved)
        else:
            pictures.draw(plot, lambda _: ls.plotting.amplitude_histogram(x, pump=pump, theory=theory), saved)
    return exit_code("completed")


def _saddles(
    name: str,
    model: Any,
    theory: bool,
    pump: float,
    search: dict[str, Any],
    plot: Path | None,
    output: Path | None,
) -> int:
    import numpy as np

    import landscapes as ls

    with input_errors():
        energy = ls.SoftSpinEnergy(model, pump)
        highest = max(1, model.num_spins // 4)
        wanted = np.repeat(np.unique(np.linspace(0, highest, 11).astype(int)), _SADDLES)
        points = ls.find_critical_points(energy, "eigenvector-following", index=wanted, starts=len(wanted), **search)
    with reported(landscape_report.saddles_report(name, energy, points)) as saved:
        save(output, writer(points.to_dataset()), saved)
        pictures.draw(plot, lambda _: ls.plotting.index_energy(points, pump=pump, theory=theory), saved)
    return exit_code(points.status)
