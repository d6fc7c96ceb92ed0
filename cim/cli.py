"""The ``cim`` command: solve a problem in a file, watch a machine, compare schedules, make an instance.

A thin layer: every command takes its arguments (:mod:`cim.arguments`), calls the library, saves, draws
(:mod:`cim.pictures`) and prints (:mod:`cim.report`, :mod:`cim.inventory`); how errors, exit codes and files are dealt
with is in :mod:`cim.terminal`.  The commands import what they need: nothing heavy is imported at the top.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.main import get_command

from . import arguments, pictures, report
from .folder_command import solve_folder
from .landscape_command import landscape
from .options import (
    Data,
    File,
    FormatName,
    Index,
    Instance,
    NumColors,
    OptionalFile,
    Plot,
    ProblemName,
    Replicas,
    Settings,
    ShowProgress,
    Threads,
)
from .recall_command import recall
from .study_command import study
from .terminal import (
    EXIT_CODES,
    InputError,
    OneLineErrors,
    check_writable,
    exit_code,
    input_errors,
    refuse,
    reported,
    save,
    say,
    show_progress,
    writer,
)

if TYPE_CHECKING:
    from ising_problems.ensembles import PlantedInstance


__all__ = ["app", "main"]

app = typer.Typer(
    cls=OneLineErrors,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Optimisation by physics: NP problems as Ising models, solved on a simulated coherent Ising machine.",
    epilog=EXIT_CODES,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows ``cim``; the process's own by default.

    Returns
    -------
    int
        The exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter gets its number
    return int(get_command(app).main(arguments, standalone_mode=False))


def _show_version(wanted: bool) -> None:
    if wanted:
        from . import __version__

        say(f"cim {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from.")] = False,
) -> None:
    """Options that stand before the command; --debug is read where errors are caught."""


@app.command(epilog=EXIT_CODES)
def solve(
    file: File,
    algorithm: Annotated[str, typer.Option(help=f"One of {', '.join(arguments.ALGORITHMS)}; see cim info.")] = "auto",
    time_limit: Annotated[float | None, typer.Option(help="Wall seconds; the default is a fixed effort.")] = None,
    replicas: Replicas = None,
    steps: Annotated[int | None, typer.Option(help="Length of each run, in the algorithm's steps.")] = None,
    target: Annotated[float | None, typer.Option(help="Stop at this objective (for a bare model: energy).")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same answer.")] = None,
    threads: Threads = None,
    polish: Annotated[bool, typer.Option("--polish/--no-polish", help="Finish by 1-flip descent.")] = True,
    format: FormatName = None,
    problem: ProblemName = None,
    num_colors: NumColors = None,
    settings: Settings = None,
    index: Index = None,
    nodes: Annotated[
        Path | None, typer.Option("--nodes", help="JSON: each node's name, or its name, label and position.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Save spins and answer to this .json or .npz file.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Of many: keep each solution there; what was killed resumes from it.")
    ] = None,
    plot: Plot = None,
    progress: ShowProgress = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the objective (or energy) and no more.")] = False,
) -> int:
    """Solve the problem in FILE, which its suffix or its content tells, or --problem.

    Prints the answer's value, whether it is feasible or what it violates, and the answer itself in a short form.

    Where FILE is a folder, each problem in it is solved, --threads of them at a time, and a table is printed; --output
    saves it as .csv or .nc.
    """
    if file.is_dir():
        refuse(arguments.given({"target": target, "index": index, "nodes": nodes, "plot": plot}), "a folder")
        reader = {"format": format, "problem": problem, "settings": settings or (), "num_colors": num_colors}
        effort: dict[str, Any] = {"time_limit": time_limit, "replicas": replicas, "steps": steps, "polish": polish}
        effort |= {"algorithm": algorithm, "seed": seed, "threads": threads, "path": folder}
        return solve_folder(file, reader, effort, output, show_progress(progress), quiet)
    refuse(arguments.given({"folder": folder}), "one file")
    check_writable(output, (".json", ".npz"), file)
    check_writable(plot, pictures.SUFFIXES, file)
    from . import solve as find_answer

    if seed is None:
        seed = secrets.randbits(32)  # short enough to be typed again
    content = arguments.read(file, format, problem, nodes, settings or (), num_colors=num_colors, index=index)
    with input_errors():
        solution = find_answer(
            content,
            algorithm,
            time_limit=time_limit,
            replicas=replicas,
            steps=steps,
            target=target,
            seed=seed,
            threads=threads,
            polish=polish,
            progress=show_progress(progress),
        )
    value = solution.energy if solution.objective is None else solution.objective
    text = report.number(value) if quiet else report.solution_report(file.name, content, solution)
    with reported(text, quiet) as saved:
        save(output, solution.save, saved)
        pictures.draw(plot, lambda plotting: pictures.solution_axes(plotting, content, solution), saved)
    return exit_code(solution.status, solution.feasible)


@app.command(epilog=EXIT_CODES)
def anneal(
    file: OptionalFile = None,
    sk: Instance = None,
    figure: Annotated[str | None, typer.Option(help="A whole study: 'sizes' is E/n against n.")] = None,
    schedule: Annotated[
        str | None,
        typer.Option(
            help="linear:-2.2:0, smooth:-2.2:0, constant:0.5 or piecewise:0:-2.2,0.5:-1,1:0; -2 is the threshold. "
            "Default: linear:-2.2:0."
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Time steps.  Default: 3000.")] = None,
    dt: Annotated[float | None, typer.Option(help="Time step, in units of 2/lambda_max.  Default: 0.2.")] = None,
    momentum: Annotated[float | None, typer.Option(help="In [0, 1).  Default: 0.")] = None,
    clip: Annotated[float | None, typer.Option(help="Largest amplitude; none by default.")] = None,
    noise: Annotated[float | None, typer.Option(help="Temperature of the amplitudes.  Default: 0.")] = None,
    photons: Annotated[float | None, typer.Option(help="Photons for each multiplication.  Default: no limit.")] = None,
    replicas: Replicas = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the run and of the instance that --sk draws.")] = 0,
    threads: Threads = None,
    sizes: Annotated[str | None, typer.Option(help="With --figure sizes: numbers of spins, as 100,200,500.")] = None,
    instances: Annotated[int | None, typer.Option(help="With --figure sizes: instances at every size.")] = None,
    format: FormatName = None,
    problem: ProblemName = None,
    num_colors: NumColors = None,
    settings: Settings = None,
    index: Index = None,
    plot: Plot = None,
    output: Data = None,
    progress: ShowProgress = None,
) -> int:
    """Run the machine up its pump ramp.

    On the model or problem in FILE, on a random Sherrington-Kirkpatrick model (--sk), or on many of all sizes (--figure
    sizes, which draws sizes.png unless --plot names another file).
    """
    check_writable(plot, pictures.SUFFIXES, file)
    check_writable(output, (".nc",), file)
    if (file is not None) + (sk is not None) + (figure is not None) != 1:
        raise InputError("give one of FILE, --sk N and --figure sizes")
    reader: dict[str, Any] = {"format": format, "problem": problem, "num_colors": num_colors, "index": index}
    reader["settings"] = settings or None
    study = arguments.given({"sizes": sizes, "instances": instances})
    machine = arguments.given({"schedule": schedule, "dt": dt, "momentum": momentum, "clip": clip, "noise": noise})
    machine |= arguments.given({"photons": photons})
    common = arguments.given({"steps": steps, "replicas": replicas, "threads": threads})
    common |= {"seed": seed, "progress": show_progress(progress)}
    if figure is not None:
        refuse([*machine, *arguments.given(reader)], "--figure sizes")
        return _anneal_sizes(figure, study | common, plot, output)
    refuse(study, "one model; it belongs to --figure sizes")
    if schedule is not None:
        machine["schedule"] = arguments.schedule(schedule)
    if file is None:
        refuse(arguments.given(reader), "--sk")
        name, content = f"Sherrington–Kirkpatrick, n = {sk}", arguments.instance("sk", [str(sk)], seed)[0]
    else:
        name, content = file.name, arguments.read(file, **{**reader, "settings": settings or ()})
    return _anneal_once(name, content, machine | common, plot, output)


app.command(epilog=EXIT_CODES)(landscape)
app.command(epilog=EXIT_CODES)(recall)
app.command(epilog=EXIT_CODES)(study)


@app.command()
def generate(
    ensemble: Annotated[str, typer.Argument(help=f"{', '.join(arguments.ENSEMBLES)}.", show_default=False)],
    parameters: Annotated[
        list[str],
        typer.Argument(
            metavar="N...",
            help=f"{', '.join(' '.join(item) for item in arguments.ENSEMBLES.items())}.",
            show_default=False,
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The suffix tells the format.", show_default=False)],
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same instance.")] = None,
) -> None:
    """Write an instance of a random ensemble to a file."""
    from ising_problems.formats import FORMATS
    from ising_problems.io import write

    suffixes = [suffix for known in FORMATS if known.dump for suffix in known.suffixes]
    check_writable(output, (*suffixes, *(f"{suffix}.gz" for suffix in suffixes)))
    if seed is None:
        seed = int.from_bytes(os.urandom(4), "little")
    with input_errors():
        model, planted = arguments.instance(ensemble, parameters, seed)
        write(model, output)
    rows = [("ensemble", " ".join([ensemble, *parameters])), ("seed", str(seed))]
    if planted is not None:
        rows += _planted_rows(planted, output)
    say(report.table(f"{output}: {model.num_spins} spins, {model.num_couplings} couplings", rows))


@app.command()
def problems(
    name: Annotated[
        str | None, typer.Argument(metavar="[CLASS]", show_default=False, help="One of them, in detail.")
    ] = None,
) -> None:
    """List the problems that can be solved.

    What each asks, the number of spins it takes, where it is from, and which files hold it.
    """
    from .inventory import problem_details, problem_list

    say(problem_list() if name is None else problem_details(arguments.problem_class(name, "CLASS")))


@app.command()
def warmup() -> None:
    """Compile every kernel now, not at the first solve."""
    from . import warmup as compile_all
    from .inventory import where_kernels_are

    seconds = compile_all()
    done = f"compiled in {seconds:.1f} s" if seconds else "all kernels were compiled before"
    say(f"{done}, {where_kernels_are()}")


@app.command()
def info() -> None:
    """Print versions, threads, cache and what there is.

    The linear algebra library, the cores, where compiled kernels are kept, file formats, dynamics and algorithms.
    """
    from .inventory import inventory

    say(inventory())


def _anneal_once(name: str, content: Any, settings: dict[str, Any], plot: Path | None, output: Path | None) -> int:
    """One model up its ramp."""
    from . import simulate

    records: dict[str, Any] = {} if plot or output else {"record": ()}
    with input_errors():
        run = simulate(content, **settings, **records)
    with reported(report.run_report(name, content, run)) as saved:
        save(output, writer(run), saved)
        if run.sizes["step"] > 1:
            pictures.draw(plot, lambda plotting: plotting.annealing_run(run), saved)
    return exit_code(run.attrs["status"])


def _anneal_sizes(figure: str, settings: dict[str, Any], plot: Path | None, output: Path | None) -> int:
    """The figure of E/n against n."""
    if figure != "sizes":
        raise InputError(f"--figure: {figure!r} is not a figure; there is 'sizes'")
    if "sizes" in settings:
        settings["sizes"] = arguments.integers(settings["sizes"], "--sizes")
    plot = plot or Path("sizes.png")
    check_writable(plot, pictures.SUFFIXES)
    from .figures import sizes_study

    with input_errors():
        results = sizes_study(**settings)
    with reported(report.sizes_report(results)) as saved:
        save(output, writer(results), saved)
        pictures.draw(plot, lambda plotting: plotting.energy_against_size(results), saved)
    return exit_code(results.attrs["status"])


def _planted_rows(planted: PlantedInstance, path: Path) -> list[tuple[str, str]]:
    """The known optimum, also in the terms of what was written where that is a problem of its own."""
    from ising_problems import Problem, read

    rows = [("ground-state energy", report.number(planted.energy))]
    written = read(path)
    if isinstance(written, Problem):
        rows.append(("in the file", written.describe(written.decode(planted.spins))))
    return rows
