"""``cim solve FOLDER``: every problem in a folder solved, and a table of what was found."""

from __future__ import annotations

import csv
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import arguments, report
from .terminal import InputError, check_writable, exit_code, input_errors, reported, save, writer

if TYPE_CHECKING:
    import xarray as xr

    from .solutions import Solutions

__all__ = ["solve_folder"]

_OF_DIMOD = b"BinaryQuadraticModel"
_HEADINGS = ("file", "problem", "spins", "value", "feasible", "status", "time")


def solve_folder(
    folder: Path,
    reader: Mapping[str, Any],
    effort: dict[str, Any],
    output: Path | None,
    progress: bool,
    quiet: bool,
) -> int:
    """Solve the problems in the files of a folder, not in folders within it.

    A file that is of no known format, by its suffix and its content, is passed over.  One that should hold a problem
    and cannot be read is named, and the exit code is that of bad input; the others are solved all the same.

    Parameters
    ----------
    folder : Path
    reader : mapping
        How files are read: arguments of :func:`cim.arguments.read`.
    effort : dict
        Arguments of :func:`cim.solve_many`.
    output : Path, optional
        ``.csv`` or ``.nc`` file for the table.
    progress, quiet : bool

    Returns
    -------
    int
        The exit code.
    """
    check_writable(output, (".csv", ".nc"))
    problems, unread, passed_over = _read_all(folder, reader, output)
    if not problems:
        others = f"its files are of no known format ({', '.join(passed_over)})" if passed_over else "it is empty"
        seen = next(iter(unread.values()), others)
        raise InputError(f"{folder}: no problem or model in it can be read: {seen}")
    if effort["seed"] is None and effort["path"] is None:  # else that of what is resumed
        effort["seed"] = secrets.randbits(32)
    solutions = _solved(problems, arguments.given(effort) | {"seed": effort["seed"]}, progress)
    text = _values(solutions) if quiet else _report(folder, solutions, unread, passed_over)
    with reported(text, quiet) as saved:
        write = _write_csv if output is not None and output.suffix == ".csv" else None
        save(output, (lambda path: write(path, solutions.dataset)) if write else writer(solutions.dataset), saved)
    code = exit_code(solutions.status, bool(solutions.dataset["feasible"].all()))
    if unread and solutions.status == "completed":
        raise InputError(f"{folder}: {len(unread)} of its files cannot be read: {', '.join(unread)}")
    return code


def _read_all(
    folder: Path, reader: Mapping[str, Any], output: Path | None
) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """What is in the files, by name; why others cannot be read; and which hold nothing of a known format."""
    problems, unread, passed_over = {}, {}, []
    with input_errors():
        files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    for file in files:
        if output is not None and output.exists() and file.samefile(output):
            continue  # the table of the last time
        try:
            if reader["format"] is None and _is_of_no_format(file):
                passed_over.append(file.name)
            else:
                problems[file.name] = arguments.read(file, **reader)
        except InputError as error:
            unread[file.name] = str(error)
    return problems, unread, passed_over


def _is_of_no_format(file: Path) -> bool:
    """Whether neither a file's suffix nor its content is that of any format."""
    from ising_problems.formats import FORMATS
    from ising_problems.formats.recognition import UNTOLD, resembling
    from ising_problems.formats.source import Source, suffix_of

    suffix = suffix_of(file)
    if suffix not in UNTOLD and not any(suffix in known.suffixes for known in FORMATS):
        return True
    with input_errors():
        source = Source.open(file)
    if suffix == ".json":  # most files of that name hold something else, such as saved solutions
        return _OF_DIMOD not in source.data
    return suffix in UNTOLD and not resembling(source, FORMATS)


def _solved(problems: Mapping[str, Any], effort: Mapping[str, Any], progress: bool) -> Solutions:
    from landscapes import SweepError

    from . import solve_many

    try:
        with input_errors():
            return solve_many(problems, progress=progress, **{"threads": None, **effort})
    except InputError as error:
        message = str(error)
        raise InputError(f"--folder: {message[6:]}" if message.startswith("path: ") else message) from error
    except SweepError as error:
        if isinstance(error.__cause__, (ValueError, TypeError)):  # what only shows when it is encoded
            raise InputError(f"{error.coordinates['problem']}: {error.__cause__}") from error
        raise


def _report(folder: Path, solutions: Solutions, unread: Mapping[str, str], passed_over: list[str]) -> str:
    """The table in words."""
    dataset = solutions.dataset
    lines = [_HEADINGS, *(_row(dataset.sel(problem=name)) for name in dataset["problem"].values)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    table = ["  " + "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)) for line in lines]
    reached = sum(solution is not None for solution in solutions)
    infeasible = sum(solution is not None and solution.feasible is False for solution in solutions)
    said = f"{folder}: {reached} of {len(solutions)} problems solved, {infeasible} infeasible, {solutions.status}"
    rows = [f"  not read: {reason}" for reason in unread.values()]
    if passed_over:
        rows.append(f"  passed over, of no known format: {', '.join(passed_over)}")
    return "\n".join([said, *(line.rstrip() for line in table), *rows, f"  seed {dataset.attrs['seed']}"])


def _row(row: xr.Dataset) -> tuple[str, ...]:
    name, kind, status = str(row["problem"].values), str(row["kind"].values), str(row["status"].values)
    if not status:
        return name, kind, "", "", "", "not reached", ""
    feasible = "yes" if row["feasible"] else f"no, {int(row['violations'])} violated"
    value = report.number(row["objective"].item())
    return name, kind, str(int(row["num_spins"])), value, feasible, status, f"{float(row['seconds']):.2f} s"


def _values(solutions: Solutions) -> str:
    objective = solutions.dataset["objective"]
    reached = [name for name, solution in solutions.items() if solution is not None]
    return "\n".join(f"{name} {report.number(objective.sel(problem=name).item())}" for name in reached)


def _write_csv(path: Path, dataset: xr.Dataset) -> None:
    names = [str(name) for name in dataset.data_vars]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["problem", *names])
        for k, name in enumerate(dataset["problem"].values):
            table.writerow([name, *(dataset[column].values[k] for column in names)])
