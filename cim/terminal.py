"""How the ``cim`` command meets the terminal: one-line errors, exit codes, files checked first, reports that survive.

What cannot be written is refused before the work starts (:func:`check_writable`).  An error is one line on standard
error that begins with ``cim: error:``, and the exit code says what kind it was (:data:`EXIT_CODES`).  What was found is
saved before it is printed, and printed even if it could not be saved (:func:`reported`).
"""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from landscapes.interruptions import interruptions_held

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "EXIT_CODES",
    "InputError",
    "OneLineErrors",
    "check_writable",
    "exit_code",
    "input_errors",
    "refuse",
    "reported",
    "save",
    "say",
    "show_progress",
    "writer",
]

_SUCCESS, _INFEASIBLE, _BAD_INPUT, _DIVERGED, _BUG, _INTERRUPTED = 0, 1, 2, 3, 70, 130
EXIT_CODES = """\b
Exit codes:
  0    success; the answer, if there is one, is feasible
  1    the best answer found is not feasible
  2    wrong usage or input, or a file that cannot be written
  3    amplitudes diverged; what is left was reported
  70   an error that should not happen; cim --debug shows where
  130  interrupted by Ctrl-C; the best so far was reported and saved
"""


class InputError(Exception):
    """Something the user can put right, in one line."""


class OneLineErrors(TyperGroup):
    """The commands, with every error as one line and an exit code of :data:`EXIT_CODES`."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command line; the exit code is returned, or raised as ``SystemExit`` in standalone mode."""
        try:
            code = super().main(args, "cim", complete_var, False, windows_expand_args, **extra) or _SUCCESS
        except Exception as error:
            if not hasattr(error, "format_message"):  # what the command line parser raises has one
                raise
            code = _fail(_usage(error), _BAD_INPUT)
        if standalone_mode:
            sys.exit(code)
        return code

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named; its exit code."""
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
                message = re.sub(rf"(^|: ){parameter.name}(\[\d+\])?: ", rf"\1{option}\2: ", message)
                message = re.sub(rf"\b{parameter.name}=(?!\w)", option, message)
        return message


@contextmanager
def input_errors(prefix: str = "") -> Iterator[None]:
    """What the library raises of its arguments and files, as an error of the user's."""
    try:
        yield
    except OSError as error:
        name = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        raise InputError(f"{prefix}{name}{error.strerror or error}") from error
    except (ValueError, TypeError, ImportError) as error:
        raise InputError(f"{prefix}{error}") from error


def _usage(error: Any) -> str:
    """A parser's error, with where to read on."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "cim"
    return f"{error.format_message().rstrip('.')} (see {command} --help)"


def _fail(message: str, code: int) -> int:
    print("cim: error: " + " ".join(message.split("\n")), file=sys.stderr, flush=True)
    return code


def check_writable(path: Path | None, suffixes: tuple[str, ...], source: Path | None = None) -> None:
    """Refuse a file that cannot be written, before the work whose result it is to hold."""
    if path is None:
        return
    suffix = "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix
    if suffix not in suffixes:
        raise InputError(f"{path}: the suffix {suffix!r} is none of {', '.join(suffixes)}")
    if path.is_dir():
        raise InputError(f"{path}: cannot be written, it is a directory")
    if not path.parent.is_dir():
        raise InputError(f"{path}: cannot be written, {path.parent} is not a directory")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise InputError(f"{path}: cannot be written, permission denied")
    if source is not None and path.exists() and source.exists() and path.samefile(source):
        raise InputError(f"{path}: cannot be written, it is the input")


def refuse(arguments: Iterable[str], what: str) -> None:
    """Refuse options, by the names of their arguments, that would otherwise be ignored."""
    for name in arguments:
        option = "set" if name == "settings" else name.replace("_", "-")
        raise InputError(f"--{option}: has no use with {what}")


def show_progress(wanted: bool | None) -> bool:
    """Whether to show a progress bar: as asked for, else on a terminal."""
    return sys.stderr.isatty() if wanted is None else wanted


def writer(dataset: xr.Dataset) -> Callable[[Path], Any]:
    """A function that writes a data set to a path."""
    return lambda path: dataset.to_netcdf(path, engine="h5netcdf")


def save(path: Path | None, write: Callable[[Path], Any], saved: list[Path]) -> None:
    """Write a file, if one was asked for, and take note that it was."""
    if path is not None:
        with interruptions_held():
            with input_errors():
                write(path)
            saved.append(path)


@contextmanager
def reported(text: str, quiet: bool = False) -> Iterator[list[Path]]:
    """Save inside the ``with`` block; the report follows whether or not that succeeds."""
    saved: list[Path] = []
    try:
        yield saved
    finally:
        say("\n".join([text, *([] if quiet else [f"  saved {path}" for path in saved])]))


def say(text: str) -> None:
    """Print, and pass over a pipe that was closed at the other end."""
    try:
        print(text, flush=True)
    except BrokenPipeError:  # whoever reads has read enough; the exit code still tells how it went
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def exit_code(status: str, feasible: bool | None = None) -> int:
    """The exit code of a result; how the run ended counts before what it found."""
    return {"interrupted": _INTERRUPTED, "diverged": _DIVERGED}.get(
        str(status), _INFEASIBLE if feasible is False else _SUCCESS
    )
