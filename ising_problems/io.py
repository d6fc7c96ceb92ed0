"""Problems and models from files, and back: the suffix of a file's name tells its format.

============================ ================== ==========================================================
suffix                       ``format=``        what is read
============================ ================== ==========================================================
``.rud``, ``.mc``            ``rudy``           :class:`~ising_problems.MaxCut`
``.col``                     ``dimacs-col``     :class:`~ising_problems.GraphColoring` with ``num_colors=``,
                                                else :class:`~ising_problems.ChromaticNumber`
``.clq``                     ``dimacs-clq``     :class:`~ising_problems.MaximumClique`
``.mis``                     ``dimacs-mis``     :class:`~ising_problems.IndependentSet`
none                         ``dimacs-graph``   a graph: name what is asked of it with ``problem=``
``.graph``                   ``edge-list``      a graph: name what is asked of it with ``problem=``
``.cnf``                     ``dimacs-cnf``     :class:`~ising_problems.Satisfiability`
``.wcnf``                    ``dimacs-wcnf``    :class:`~ising_problems.MaxSatisfiability`
``.tsp``, ``.atsp``          ``tsplib``         :class:`~ising_problems.TravellingSalesman`
``.hcp``                     ``tsplib-hcp``     :class:`~ising_problems.HamiltonianCycle`
``.stp``, ``.gr``            ``steinlib``       :class:`~ising_problems.SteinerTree`
``.kp``, often none          ``knapsack``       :class:`~ising_problems.Knapsack`
none (OR-Library)            ``orlib-scp``      :class:`~ising_problems.SetCover`
none (OR-Library)            ``orlib-mknap``    :class:`~ising_problems.BinaryLinearProgram`
none (OR-Library)            ``orlib-bqp``      :class:`~ising_problems.IsingModel`, energy minus the value
``.lp``, ``.mps``            ``lp``, ``mps``    :class:`~ising_problems.BinaryLinearProgram`, by HiGHS
``.qubo``, ``.coo``          ``qubo``           :class:`~ising_problems.IsingModel` of a QUBO
``.mtx``                     ``matrix-market``  :class:`~ising_problems.IsingModel` with couplings J
``.bqm``, ``.json``          ``bqm``,           :class:`~ising_problems.IsingModel` of a dimod BQM
                             ``dimod-json``
============================ ================== ==========================================================

Any of them may be packed, with ``.gz`` after its suffix.  A file without a suffix, or with ``.txt`` or ``.dat``, is
recognised by its content where that leaves no doubt.  Reading is strict: what is missing, given twice, out of range,
not a finite number or not where the format puts it is an error that shows the line, and nothing is repaired.  The
modules of :mod:`ising_problems.formats` define each format.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

from .formats import FORMATS, Format, Instances, Source
from .formats.recognition import UNTOLD, recognized
from .formats.source import suffix_of
from .model import IsingModel
from .problem import Problem

__all__ = ["read", "write"]


def read(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,
    problem: Callable[..., Problem] | None = None,
    index: int | None = None,
    **arguments: Any,
) -> Any:
    """Problem or model in a file.

    Parameters
    ----------
    path : str or path-like
        ``.gz`` at the end is unpacked.
    format : str, optional
        Name of the format (the table of :mod:`ising_problems.io`) or one of its suffixes, where neither the name of
        the file nor its content tells.
    problem : class, optional
        What to make of the file, instead of what it stands for or where it does not say: of its graph, if it holds
        one (``read("queen5_5.col", problem=MaxCut)``), else of all it holds (``read("uf20-01.cnf",
        problem=MaxSatisfiability)``).  A model without fields counts as the graph of its couplings.
    index : int, optional
        Which of the instances in the file, counted from 0; needed where there are several.
    **arguments
        Passed on to the problem: ``read("queen5_5.col", num_colors=5)``.  They take the place of the file's own.

    Returns
    -------
    Problem or IsingModel

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the format is not known; if the file breaks its rules, in the form ``path:line: what is wrong``; if the
        problem cannot be made of it, or is not named by the file and not by ``problem=``.
    TypeError
        If an argument is of the wrong type, is not one that the problem takes, or is missing where the problem needs it
        and the file does not supply it.
    ImportError
        If the format needs dimod or HiGHS, which are not installed.

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
    if index is not None and (not isinstance(index, int) or isinstance(index, bool)):
        raise TypeError(f"index: an integer is needed, not {index!r}")
    named = _format(path, format)
    source = Source.open(path)
    chosen = named or recognized(source, FORMATS)
    content = _instance(source, chosen.load(source), index)
    if problem is None and isinstance(content, IsingModel):
        if arguments:
            raise TypeError(
                f"read() has no use for the argument {next(iter(arguments))!r}: {source.path} holds an Ising model; "
                "name the problem to be made of it with problem="
            )
        return content
    try:
        parts = _parts(content, problem is not None)
        build = problem or _problem_of(chosen, parts.keys() | arguments.keys())
        parts = {**parts, **arguments}
        _check_arguments(build, parts, source)
        return build(**parts) if "graph" not in parts else build(parts.pop("graph"), **parts)
    except ValueError as error:
        raise source.error(str(error)) from None


def write(model: IsingModel | Problem, path: str | os.PathLike[str], *, format: str | None = None) -> None:
    """Write a model or problem to a file, in the format that its suffix tells.

    Nothing is lost silently: a format that has no place for the fields, the offset or the labels is refused.  Numbers
    are written so that they come back bit for bit.

    Parameters
    ----------
    model : IsingModel or Problem
        A :class:`~ising_problems.MaxCut` is written as its graph to ``.rud`` and ``.mc``, a graph to be coloured to
        ``.col`` (without the number of colours) and a :class:`~ising_problems.Satisfiability` to ``.cnf``; to the other
        formats goes the Ising model of a problem.
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
    if chosen is None:
        raise ValueError(f"{os.fspath(path)}: the suffix {suffix_of(path)!r} tells no format; name it with format=")
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


def _format(path: str | os.PathLike[str], name: str | None) -> Format | None:
    """The format by its name or suffix, or else by the suffix of the path; None where that tells nothing."""
    wanted = suffix_of(path) if name is None else name
    for known in FORMATS:
        if wanted == known.name or wanted in known.suffixes:
            return known
    if name is not None:
        raise ValueError(f"format: {name!r} is none of {', '.join(known.name for known in FORMATS)}")
    if wanted in UNTOLD:
        return None
    suffixes = ", ".join(suffix for known in FORMATS for suffix in known.suffixes)
    raise ValueError(f"{os.fspath(path)}: the suffix {wanted!r} is none of {suffixes}; name the format with format=")


def _instance(source: Source, content: Any, index: int | None) -> Any:
    """One of the instances in a file, or what it holds where there is but one."""
    count = content.count if isinstance(content, Instances) else 1
    last = f"0 to {count - 1}" if count > 1 else "0"
    if index is None and count > 1:
        raise source.error(f"index: there are {count} instances in the file; choose one, {last}, with index=")
    if index is not None and not 0 <= index < count:
        raise source.error(f"index: {index} is not an instance of the file; there is {last}")
    return content.load(index or 0) if isinstance(content, Instances) else content


def _parts(content: Any, graph_alone: bool) -> dict[str, Any]:
    """Arguments for a problem, of what the file holds; where it holds a graph, of that alone if so asked."""
    if isinstance(content, IsingModel):
        if content.has_fields or content.offset:
            raise ValueError(
                "problem: the file holds a model with fields or an offset, which is no graph; leave it out"
            )
        return {"graph": content.to_graph()}
    if isinstance(content, dict):
        return {"graph": content["graph"]} if graph_alone and "graph" in content else content
    return {"graph": content}


def _problem_of(chosen: Format, arguments: set[str]) -> Any:
    """The class that the format stands for: the first that lacks no argument."""
    import ising_problems

    if not chosen.problems:
        raise ValueError(
            "problem: the file holds a graph and does not say what is asked of it; name the problem with problem=, "
            "for instance VertexCover, MaximumClique or UndirectedFeedbackVertexSet"
        )
    for name in chosen.problems:
        kind = getattr(ising_problems, name)
        if not _missing(kind, arguments):
            break
    return kind


def _missing(build: Callable[..., Any], arguments: set[str]) -> list[str]:
    """Names of the parameters that have no default and are not among the arguments."""
    given = arguments | set(list(signature(build).parameters)[:1]) if "graph" in arguments else arguments
    kinds = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_ONLY)
    needed = signature(build).parameters.values()
    return [p.name for p in needed if p.default is p.empty and p.kind in kinds and p.name not in given]


def _check_arguments(build: Callable[..., Any], parts: dict[str, Any], source: Source) -> None:
    """Refuse arguments that the problem does not take, or lacks, by the problem's name."""
    name = getattr(build, "__name__", str(build))
    parameters = signature(build).parameters
    names = [*parameters][1 if "graph" in parts else 0 :]
    takes_all = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    for argument in parts:
        if argument != "graph" and argument not in names and not takes_all:
            raise TypeError(f"{name} takes no argument {argument!r}; it takes {', '.join(names) or 'none'}")
    for argument in _missing(build, set(parts)):
        raise TypeError(f"{name} needs the argument {argument!r}, which {source.path} does not hold; pass {argument}=")
