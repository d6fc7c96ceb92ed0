"""The ``cim`` command: solve a problem in a file, watch a machine, make an instance.

A thin layer: every verb reads its arguments, calls the library, saves, and prints.  Three rules hold throughout.  What
cannot be written is refused before the work starts.  An error is one line on standard error that begins with
``cim: error:``, and the exit code says what kind it was (:data:`_EXIT_CODES`).  What was found is saved before it is
printed, and both happen after Ctrl-C too.

Only typer is imported here; the commands import what they need.
"""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

if TYPE_CHECKING:
    import xarray as xr

    from ising_problems import IsingModel
    from ising_problems.ensembles import PlantedInstance

    from .results import Solution

__all__ = ["app", "main"]

_SUCCESS, _INFEASIBLE, _BAD_INPUT, _DIVERGED, _BUG, _INTERRUPTED = 0, 1, 2, 3, 70, 130
_EXIT_CODES = """\b
Exit codes:
  0    success; the answer, if there is one, is feasible
  1    the best answer found is not feasible
  2    wrong usage or input, or a file that cannot be written
  3    amplitudes diverged; what is left was reported
  70   an error that should not happen; cim --debug shows where
  130  interrupted by Ctrl-C; the best so far was reported and saved
"""
_PICTURES = (".png", ".pdf", ".svg")


class InputError(Exception):
    """Something the user can put right, in one line."""


class _OneLineErrors(TyperGroup):
    """The commands, with every error as one line and an exit code of :data:`_EXIT_CODES`."""

    def main(self, args: Sequence[str] | None = None, *, standalone_mode: bool = True, **others: Any) -> Any:
        others["prog_name"] = "cim"
        try:
            code = super().main(args, standalone_mode=False, **others) or _SUCCESS
        except Exception as error:
            if not hasattr(error, "format_message"):  # what the command line parser raises has one
                raise
            code = _fail(_usage(error), _BAD_INPUT)
        if standalone_mode:
            sys.exit(code)
        return code

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            return _fail("interrupted before there was anything to report", _INTERRUPTED)
        except Exception as error:
            if isinstance(error, (typer.Exit, typer.Abort)) or hasattr(error, "format_message"):
                raise
            if ctx.params["debug"]:
                traceback.print_exc()
            if isinstance(error, InputError):
                return _fail(self._named_as_options(str(error), ctx), _BAD_INPUT)
            return _fail(f"unexpected {type(error).__name__}: {error} (cim --debug shows where)", _BUG)

    def _named_as_options(self, message: str, ctx: Any) -> str:
        """The library's error with its arguments called what the command line calls them."""
        for parameter in self.commands[ctx.invoked_subcommand].params:
            option = max(parameter.opts, key=len)
            if option.startswith("--"):
                message = re.sub(rf"(^|: ){parameter.name}: ", rf"\1{option}: ", message)
                message = re.sub(rf"\b{parameter.name}=(?!\w)", option, message)
        return message


app = typer.Typer(
    cls=_OneLineErrors,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Optimisation by physics: NP problems as Ising models, solved on a simulated coherent Ising machine.",
    epilog=_EXIT_CODES,
)

File = Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="The suffix tells the format.")]
OptionalFile = Annotated[Path | None, typer.Argument(metavar="[FILE]", show_default=False, help="A problem or model.")]
FormatName = Annotated[str | None, typer.Option("--format", help="Format of FILE, where its suffix does not tell.")]
ProblemName = Annotated[
    str | None, typer.Option("--problem", help="What to make of the graph in FILE, such as MaxCut.", metavar="CLASS")
]
NumColors = Annotated[int | None, typer.Option("--num-colors", help="Colours, for a graph to be coloured.")]
Replicas = Annotated[int | None, typer.Option("--replicas", help="Independent runs.")]
Threads = Annotated[int | None, typer.Option("--threads", help="Threads; every core by default.")]
Plot = Annotated[Path | None, typer.Option("--plot", help="Draw to this .png, .pdf or .svg file.")]
ShowProgress = Annotated[
    bool | None, typer.Option("--progress/--no-progress", help="Progress bar; by default on a terminal.")
]


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

        _say(f"cim {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from.")] = False,
) -> None:
    """Options that stand before the command; --debug is read where errors are caught."""


@app.command(epilog=_EXIT_CODES)
def solve(
    file: File,
    algorithm: Annotated[str, typer.Option(help="auto, or one of those that cim info lists.")] = "auto",
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
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Save spins and answer to this .json or .npz file.")
    ] = None,
    plot: Plot = None,
    progress: ShowProgress = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the objective (or energy) and no more.")] = False,
) -> int:
    """Solve the problem in FILE and print the answer in the problem's own terms."""
    _check_writable(output, (".json", ".npz"), file)
    _check_writable(plot, _PICTURES, file)
    from . import report
    from . import solve as find_answer

    content = _read(file, format, problem, num_colors=num_colors)
    with _input_errors():
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
            progress=_show_progress(progress),
        )
    value = solution.energy if solution.objective is None else solution.objective
    text = report.number(value) if quiet else report.solution_report(file.name, content, solution)
    with _reported(text, quiet) as saved:
        _save(output, solution.save, saved)
        _draw(plot, lambda plotting: _solution_axes(plotting, content, solution), saved)
    return _code(solution.status, solution.feasible)


@app.command(epilog=_EXIT_CODES)
def anneal(
    file: OptionalFile = None,
    sk: Annotated[int | None, typer.Option("--sk", min=1, help="Sherrington-Kirkpatrick model, this many spins.")] = None,
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
    replicas: Replicas = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the run and of the instance that --sk draws.")] = 0,
    threads: Threads = None,
    sizes: Annotated[str | None, typer.Option(help="With --figure sizes: numbers of spins, as 100,200,500.")] = None,
    instances: Annotated[int | None, typer.Option(help="With --figure sizes: instances at every size.")] = None,
    format: FormatName = None,
    problem: ProblemName = None,
    num_colors: NumColors = None,
    plot: Plot = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Save the data to this .nc file.")] = None,
    progress: ShowProgress = None,
) -> int:
    """Run the machine up its pump ramp and watch it, on FILE or on a random model, or draw a figure of many runs."""
    _check_writable(plot, _PICTURES, file)
    _check_writable(output, (".nc",), file)
    common = {"steps": steps, "replicas": replicas}
    machine = {"schedule": schedule, "dt": dt, "momentum": momentum, "clip": clip, "noise": noise}
    reader = {"format": format, "problem": problem, "num_colors": num_colors}
    study = {"sizes": sizes, "instances": instances}
    common, machine, study, reading = (_given(group) for group in (common, machine, study, reader))
    common |= {"seed": seed, "threads": threads, "progress": _show_progress(progress)}
    if (file is not None) + (sk is not None) + (figure is not None) != 1:
        raise InputError("give one of FILE, --sk N and --figure sizes")
    if figure is not None:
        _refuse(machine | reading, "--figure sizes")
        return _anneal_sizes(figure, study, common, plot, output)
    _refuse(study, "one model; it belongs to --figure sizes")
    if file is None:
        _refuse(reading, "--sk")
    if "schedule" in machine:
        machine["schedule"] = _schedule(machine["schedule"])
    content = _sherrington_kirkpatrick(sk, seed) if file is None else _read(file, **reader)
    name = f"Sherrington–Kirkpatrick, n = {sk}" if file is None else file.name
    return _anneal_once(name, content, machine | common, plot, output)


@app.command()
def generate(
    ensemble: Annotated[
        str,
        typer.Argument(help="sk, sk-binary, edwards-anderson, random-regular, wishart or hopfield.", show_default=False),
    ],
    parameters: Annotated[
        list[str],
        typer.Argument(
            metavar="N...",
            help="sk N, sk-binary N, edwards-anderson L L L, random-regular N DEGREE, wishart N ALPHA, "
            "hopfield N PATTERNS.",
            show_default=False,
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The suffix tells the format.", show_default=False)],
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same instance.")] = None,
) -> None:
    """Draw an instance of a random ensemble and write it to a file."""
    from ising_problems.formats import FORMATS
    from ising_problems.io import write

    suffixes = [suffix for known in FORMATS if known.dump for suffix in known.suffixes]
    _check_writable(output, (*suffixes, *(f"{suffix}.gz" for suffix in suffixes)))
    if seed is None:
        seed = int.from_bytes(os.urandom(4), "little")
    with _input_errors():
        model, planted = _instance(ensemble, parameters, seed)
        write(model, output)
    rows = [("ensemble", " ".join([ensemble, *parameters])), ("seed", str(seed))]
    if planted is not None:
        rows += _planted_rows(planted, output)
    _say(_table(f"{output}: {model.num_spins} spins, {model.num_couplings} couplings", rows))


@app.command()
def warmup() -> None:
    """Compile every kernel now, so that the first solve need not."""
    from . import warmup as compile_all

    seconds = compile_all()
    _say(f"compiled in {seconds:.1f} s, {_cache()}" if seconds else f"all kernels were compiled before, {_cache()}")


@app.command()
def info() -> None:
    """Print versions, linear algebra, cores, the kernels' cache, and what there is to choose from."""
    from importlib.metadata import version

    from ising_problems.formats import FORMATS
    from threadpoolctl import threadpool_info

    from . import __version__, dynamics, solvers
    from .parallel import available_cores

    import numpy, scipy.linalg  # noqa: E401, F401, I001 - what is not loaded has no threads to report
    blas = [f"{pool['internal_api']} {pool['version']}, threads: {pool['num_threads']}" for pool in threadpool_info()]
    rows = [("python", sys.version.split()[0])]
    rows += [(name, version(name)) for name in ("numpy", "scipy", "numba", "qutip")]
    rows += [
        ("BLAS", "; ".join(dict.fromkeys(blas)) or "not known to threadpoolctl"),
        ("cores", str(available_cores())),
        ("kernels", _cache()),
        ("algorithms", ", ".join([f"auto (= {solvers.DEFAULT})", *solvers.available()])),
        ("dynamics", ", ".join(dynamics.available())),
        ("formats", ", ".join(f"{known.name} ({' '.join(known.suffixes)})" for known in FORMATS)),
    ]
    _say(_table(f"coherent-ising {__version__}", rows))
