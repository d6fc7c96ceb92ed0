"""``cim study``: which schedule is best for the instances that a TOML file names."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from . import pictures
from .options import Data, Plot, ShowProgress
from .terminal import InputError, check_writable, exit_code, input_errors, reported, save, show_progress, writer

__all__ = ["study"]

StudyDescription = Annotated[
    Path, typer.Argument(metavar="FILE.toml", show_default=False, help="What to compare; see docs/schedules.md.")
]


def study(
    file: StudyDescription,
    folder: Annotated[
        Path | None, typer.Option(help="Keep each finished part there; a killed study resumes from it.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes among which the work is shared out.")] = 1,
    plot: Plot = None,
    output: Data = None,
    progress: ShowProgress = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print each budget with its best schedule and energy, and no more.")
    ] = False,
) -> int:
    """Compare the pump schedules that FILE.toml describes, at equal cost, with error bars.

    Every schedule is tuned on training instances, runs on others from the same starts, and is compared with a reference
    and with its own straight line.  The same seed gives the same numbers, whatever the number of workers.
    """
    check_writable(plot, pictures.SUFFIXES, file)
    check_writable(output, (".nc",), file)
    from . import schedule_study
    from .study_file import read_study
    from .study_report import study_report, winners

    asked = read_study(file)
    settings: dict[str, Any] = {**asked.settings, "path": folder, "progress": show_progress(progress)}
    with _pool(workers) as executor, _named(file):
        result = schedule_study(asked.instances, asked.arms, executor=executor, **settings)
    text = winners(result) if quiet else study_report(file.name, asked.what, result)
    with reported(text, quiet) as saved:
        save(output, writer(result), saved)
        pictures.draw(plot, lambda plotting: plotting.schedule_study(result), saved)
    return exit_code(result.attrs["status"])


@contextmanager
def _pool(workers: int) -> Iterator[Executor | None]:
    """So many processes; none for one, which is this one."""
    if workers == 1:
        yield None
        return
    import multiprocessing
    import signal
    from concurrent.futures import ProcessPoolExecutor

    # Fresh processes: a copy of one in which kernels have run in threads may stand still.  The terminal sends Ctrl-C to
    # all of them; this one alone heeds it, and lets the others end what they are at.
    context, deaf = multiprocessing.get_context("spawn"), (signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(workers, mp_context=context, initializer=signal.signal, initargs=deaf) as pool:
        yield pool


@contextmanager
def _named(file: Path) -> Iterator[None]:
    """What the study refuses, in the words of the file and of the command."""
    from landscapes import SweepError

    try:
        with input_errors():
            yield
    except InputError as error:
        message = str(error)
        place = "--folder:" if message.startswith("path:") else f"{file}: [study]"
        raise InputError(f"{place} {message.removeprefix('path: ')}") from error
    except SweepError as error:
        if isinstance(error.__cause__, (ValueError, TypeError)):  # what only shows in a cell, such as a pilot too long
            raise InputError(f"{file}: {error.__cause__}") from error
        raise
