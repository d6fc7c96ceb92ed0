"""Problems and models from files, and back: the suffix of a file's name tells its format.

============================ ================== ==========================================================
suffix                       ``format=``        what is read
============================ ================== ==========================================================
``.rud``, ``.mc``            ``rudy``           :class:`~ising_problems.MaxCut`
``.col``                     ``dimacs-col``     :class:`~ising_problems.GraphColoring`, with ``num_colors=``
``.qubo``, ``.coo``          ``qubo``           :class:`~ising_problems.IsingModel` of a QUBO
``.mtx``                     ``matrix-market``  :class:`~ising_problems.IsingModel` with couplings J
``.bqm``, ``.json``          ``bqm``,           :class:`~ising_problems.IsingModel` of a dimod BQM
                             ``dimod-json``
============================ ================== ==========================================================

Any of them may be packed, with ``.gz`` after its suffix.  Reading is strict: what is missing, given twice, out of
range, not a finite number or not where the format puts it is an error that shows the line, and nothing is repaired.
The modules of :mod:`ising_problems.formats` define each format.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

from .formats import FORMATS, Format, Source
from .formats.source import suffix_of
from .model import IsingModel
from .problem import Problem

__all__ = ["read", "write"]


def read(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,
    problem: Callable[..., Problem] | None = None,
    **arguments: Any,
) -> Any:
    """Problem or model in a file.

    Parameters
    ----------
    path : str or path-like
        ``.gz`` at the end is unpacked.
    format : str, optional
        Name of the format (the table of :mod:`ising_problems.io`) or one of its suffixes, where the name of the file
        does not tell.
    problem : class, optional
        What to make of the graph in the file, instead of what the format stands for:
        ``read("queen5_5.col", problem=MaxCut)``.  A model without fields counts as the graph of its couplings.
    **arguments
        Passed on to the problem: ``read("queen5_5.col", num_colors=5)``.

    Returns
    -------
    Problem or IsingModel

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the format is not known; if the file breaks its rules, in the form ``path:line: what is wrong``; or if the
        problem cannot be made of it, for instance because an argument that the file cannot supply is missing.
    TypeError
        If an argument is of the wrong type, or is given where there is no problem to pass it to.
    ImportError
        If the format is one of dimod's and dimod is not installed.

    Examples
    --------
    >>> problem = read("G1.rud")  # doctest: +SKIP
    >>> problem.graph.number_of_nodes()  # doctest: +SKIP
    800
    """
    if not isinstance(path, (str, os.PathLike)) or not isinstance(os.fspath(path), str):
        raise TypeError(f"path: a str or path-like object is needed, not {type(path).__name__}")
    if problem is not None and not callable(problem):
        raise TypeError(f"problem: a class of problem such as MaxCut is needed, not {problem!r}")
    chosen = _format(path, format)
    source = Source.open(path)
    content = chosen.load(source)
    if problem is None and chosen.problem is None:
        if arguments:
            raise TypeError(
                f"read() has no use for the argument {next(iter(arguments))!r}: {source.path} holds an Ising model; "
                "name the problem to be made of it with problem="
            )
        return content
    try:
        build: Any = problem
        if build is None and chosen.problem is not None:
            build = chosen.problem(arguments.keys())
        graph = _as_graph(content)
        _check_arguments(build, graph, arguments)
        return build(graph, **arguments)
    except ValueError as error:
        raise source.error(str(error)) from None


def write(model: IsingModel | Problem, path: str | os.PathLike[str], *, format: str | None = None) -> None:
    """Write a model or problem to a file, in the format that its suffix tells.

    Nothing is lost silently: a format that has no place for the fields, the offset or the labels is refused.  Numbers
    are written so that they come back bit for bit.

    Parameters
    ----------
    model : IsingModel or Problem
        A :class:`~ising_problems.MaxCut` is written as its graph to ``.rud`` and ``.mc``; to the other formats goes the
        Ising model of a problem.
    path : str or path-like
        ``.gz`` at the end is packed.
    format : str, optional
        As in :func:`read`.

    Raises
    ------
    ValueError
        If the format is not known, cannot be written, or cannot hold the model; the message says which can.
    TypeError
        If ``model`` is neither.
    """
    if not isinstance(model, (IsingModel, Problem)):
        raise TypeError(f"model: an IsingModel or a Problem is needed, not {type(model).__name__}")
    if not isinstance(path, (str, os.PathLike)) or not isinstance(os.fspath(path), str):
        raise TypeError(f"path: a str or path-like object is needed, not {type(path).__name__}")
    chosen = _format(path, format)
    if chosen.dump is None:
        writable = ", ".join(suffix for known in FORMATS if known.dump for suffix in known.suffixes)
        raise ValueError(f"{os.fspath(path)}: the format {chosen.name!r} can only be read; write one of {writable}")
    try:
        data = chosen.dump(model)
    except ValueError as error:
        raise ValueError(f"{os.fspath(path)}: {error}") from None
    if os.fspath(path).lower().endswith(".gz"):
        data = gzip.compress(data, mtime=0)
    Path(path).write_bytes(data)


def _check_arguments(build: Callable[..., Problem], graph: Any, arguments: dict[str, Any]) -> None:
    """Refuse arguments that the problem does not take, or lacks, by the problem's name."""
    try:
        signature(build).bind(graph, **arguments)
    except TypeError as error:
        raise TypeError(f"{getattr(build, '__name__', build)} {error}") from None


def _format(path: str | os.PathLike[str], name: str | None) -> Format:
    """The format by its name or suffix, or else by the suffix of the path."""
    wanted = suffix_of(path) if name is None else name
    for known in FORMATS:
        if wanted == known.name or wanted in known.suffixes:
            return known
    if name is not None:
        raise ValueError(f"format: {name!r} is none of {', '.join(known.name for known in FORMATS)}")
    suffixes = ", ".join(suffix for known in FORMATS for suffix in known.suffixes)
    raise ValueError(
        f"{os.fspath(path)}: the suffix {suffix_of(path)!r} is none of {suffixes}; name the format with format="
    )


def _as_graph(content: Any) -> Any:
    """The graph of a file's content, from which a problem is made."""
    if not isinstance(content, IsingModel):
        return content
    if content.has_fields or content.offset:
        raise ValueError("problem: the file holds a model with fields or an offset, which is no graph; leave it out")
    return content.to_graph()
