"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Data",
    "File",
    "FormatName",
    "Index",
    "Instance",
    "NumColors",
    "OptionalFile",
    "Plot",
    "ProblemName",
    "Replicas",
    "Settings",
    "ShowProgress",
    "Threads",
]

File = Annotated[
    Path,
    typer.Argument(metavar="FILE", show_default=False, help="A problem or model, or a folder of such; see cim info."),
]
OptionalFile = Annotated[Path | None, typer.Argument(metavar="[FILE]", show_default=False, help="A problem or model.")]
FormatName = Annotated[str | None, typer.Option("--format", help="Format of FILE, where its suffix does not tell.")]
ProblemName = Annotated[
    str | None, typer.Option("--problem", help="What to make of FILE, such as VertexCover.", metavar="CLASS")
]
Index = Annotated[int | None, typer.Option("--index", help="Which instance of FILE, from 0, where it holds several.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="An argument of the problem, such as terminals=[1,5,9].", metavar="NAME=VALUE"),
]
NumColors = Annotated[int | None, typer.Option("--num-colors", help="Colours, for a graph to be coloured.")]
Replicas = Annotated[int | None, typer.Option("--replicas", help="Independent runs.")]
Threads = Annotated[int | None, typer.Option("--threads", help="Threads; every core by default.")]
Plot = Annotated[Path | None, typer.Option("--plot", help="Draw to this .png, .pdf or .svg file.")]
ShowProgress = Annotated[
    bool | None, typer.Option("--progress/--no-progress", help="Progress bar; by default on a terminal.")
]
Instance = Annotated[int | None, typer.Option("--sk", min=1, help="Sherrington-Kirkpatrick model, this many spins.")]
Data = Annotated[Path | None, typer.Option("--output", "-o", help="Save the data to this .nc file.")]
