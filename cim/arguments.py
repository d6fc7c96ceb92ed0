"""Words of the command line as what the library takes: files, schedules, ensembles, lists of numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .terminal import InputError, input_errors

if TYPE_CHECKING:
    import networkx as nx

    from ising_problems import IsingModel, Problem
    from ising_problems.ensembles import PlantedInstance

    from .schedules import Schedule

__all__ = [
    "ALGORITHMS",
    "ENSEMBLES",
    "given",
    "instance",
    "integers",
    "named_graph",
    "numbers",
    "problem_class",
    "problem_classes",
    "read",
    "schedule",
    "setting",
]

ALGORITHMS = (
    *("auto", "tabu", "memetic", "pxa", "exchange", "sa", "pt"),
    *("cim", "bsb", "cac", "cfc", "dsb", "gsb", "hbsb", "hdsb", "nmfa", "sfc", "simcim"),
)
"""What ``--algorithm`` takes, said here again so that help need not load the solvers."""

ENSEMBLES = {
    "sk": "N",
    "sk-binary": "N",
    "edwards-anderson": "L ...",
    "random-regular": "N DEGREE",
    "wishart": "N ALPHA",
    "hopfield": "N PATTERNS",
}
"""The ensembles and the numbers that each takes."""


def given(arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments that were given: those that are not None."""
    return {name: value for name, value in arguments.items() if value is not None}


def read(
    file: Path,
    format: str | None,
    problem: str | None,
    nodes: Path | None = None,
    settings: Sequence[str] = (),
    **arguments: Any,
) -> Any:
    """What is in the file, its nodes named as ``nodes`` says; an argument of None is one that was not given."""
    wanted = given(arguments)
    for name, value in map(setting, settings):
        if name in wanted:
            raise InputError(f"--set: {name} is given twice")
        wanted[name] = value
    content = _read(file, format, problem, settings, **wanted)
    if nodes is None:
        return content
    if not hasattr(content, "graph"):
        raise InputError(f"--nodes: {file} does not hold a problem on a graph")
    graph, kind = content.graph, type(content)
    wanted.pop("index", None)
    with input_errors():
        graph = named_graph(graph, nodes)
        try:
            return kind(graph, **wanted)
        except TypeError:
            raise InputError(f"--nodes: has no use with a {kind.__name__}, whose arguments name nodes too") from None


def setting(text: str) -> tuple[str, Any]:
    """Name and value of ``NAME=VALUE``; the value is JSON, or else the text as it stands."""
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier() or name in ("path", "format", "problem"):
        raise InputError(f"--set: {text!r} is not of the form NAME=VALUE, such as num_colors=3 or terminals=[1,5,9]")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def problem_classes() -> list[type[Problem]]:
    """Every class of problem, by name."""
    import ising_problems as ip

    kinds = [kind for kind in map(ip.__dict__.get, sorted(ip.__all__)) if isinstance(kind, type)]
    return [kind for kind in kinds if issubclass(kind, ip.Problem) and kind is not ip.Problem]


def problem_class(name: str, argument: str = "--problem") -> type[Problem]:
    """The class of problem of that name, in whatever case."""
    known = {kind.__name__.lower(): kind for kind in problem_classes()}
    if name.lower() in known:
        return known[name.lower()]
    close = get_close_matches(name.lower(), known, n=1)
    hint = f"did you mean {known[close[0]].__name__}? " if close else ""
    raise InputError(f"{argument}: {name!r} is not a class of problem; {hint}cim problems lists them")


def named_graph(graph: nx.Graph, path: Path) -> nx.Graph:
    """The graph with its nodes named, labelled and placed as a JSON file says.

    The file holds an object that maps each node, as text, to its name, or to an object with any of ``name`` (what the
    node is called in the answer), ``label`` (what is written on it in a picture) and ``position`` (x and y there).
    """
    import networkx as nx

    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"--nodes: {path}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"--nodes: {path}: not a JSON file ({error})") from error
    if not isinstance(entries, dict):
        raise InputError(f"--nodes: {path}: must hold an object that maps each node to its name")
    names: dict[Any, str] = {}
    attributes: dict[str, dict[str, Any]] = {}
    for node in graph:
        entry = entries.get(str(node))
        if isinstance(entry, str):
            entry = {"name": entry}
        if not isinstance(entry, dict):
            raise InputError(f"--nodes: {path}: node {node} has no name there")
        names[node] = name = str(entry.get("name", node))
        attributes[name] = {"label": str(entry.get("label", name))}
        if "position" in entry:
            attributes[name]["pos"] = entry["position"]
    if len(attributes) != len(names):
        raise InputError(f"--nodes: {path}: two nodes have the same name")
    named = nx.relabel_nodes(graph, names)
    nx.set_node_attributes(named, attributes)
    return named


def _read(file: Path, format: str | None, problem: str | None, settings: Sequence[str], **arguments: Any) -> Any:
    import ising_problems as ip

    kind = None if problem is None else problem_class(problem)
    with input_errors():
        try:
            return ip.read(file, format=format, problem=kind, **arguments)
        except TypeError as error:
            raise InputError(_as_option(str(error), settings, file)) from error


def _as_option(message: str, settings: Sequence[str], file: Path) -> str:
    """An error of an argument, with the argument as an option."""
    unknown = re.search(r"(takes no|has no use for the) argument '(\w+)'", message)
    if unknown and not any(text.startswith(f"{unknown[2]}=") for text in settings):
        return f"--{unknown[2].replace('_', '-')}: has no use with what is to be made of {file}"
    missing = re.search(r"; pass (\w+)=$", message)
    if missing and missing[1] != "num_colors":
        message = f"{message[: missing.start()]}; pass --set {missing[1]}=VALUE"
    return f"--set: {message}" if unknown else message


def schedule(text: str) -> Schedule:
    """A schedule from its text, ``kind:numbers``."""
    from . import schedules

    kind, _, rest = text.partition(":")
    try:
        if kind == "piecewise":
            made = [tuple(float(word) for word in point.split(":")) for point in rest.split(",")]
            arguments: tuple[Any, ...] = (made,)
            wrong = any(len(point) != 2 for point in made)
        else:
            arguments = tuple(float(word) for word in rest.split(":"))
            wrong = len(arguments) != {"linear": 2, "smooth": 2, "constant": 1}.get(kind)
    except ValueError:
        wrong = True
    if wrong:
        raise InputError(
            f"--schedule: {text!r} is none of linear:START:STOP, smooth:START:STOP, constant:PUMP and "
            "piecewise:U:PUMP,U:PUMP,…"
        )
    with input_errors("--schedule: "):
        made_schedule: Schedule = getattr(schedules, kind)(*arguments)
    return made_schedule


def instance(ensemble: str, words: list[str], seed: int) -> tuple[IsingModel, PlantedInstance | None]:
    """A model of the ensemble, and what is known of its ground state."""
    import numpy as np

    from ising_problems import ensembles

    makers: dict[str, Callable[..., Any]] = {
        "sk": lambda n: ensembles.sherrington_kirkpatrick(n, seed=seed),
        "sk-binary": lambda n: ensembles.sherrington_kirkpatrick(n, couplings="binary", normalized=False, seed=seed),
        "edwards-anderson": lambda *sides: ensembles.edwards_anderson(sides, seed=seed),
        "random-regular": lambda n, degree: ensembles.random_regular(n, degree, seed=seed),
        "wishart": lambda n, alpha: ensembles.wishart_planted(n, alpha, seed=seed),
        "hopfield": lambda n, patterns: ensembles.hopfield(
            2 * np.random.default_rng(seed).integers(0, 2, (patterns, n)) - 1
        ),
    }
    if ensemble not in makers:
        raise InputError(f"ENSEMBLE: {ensemble!r} is not one of {', '.join(makers)}")
    needed = ENSEMBLES[ensemble].split()
    if len(words) != len(needed) and "..." not in needed:
        raise InputError(f"N...: {ensemble} takes {' '.join(needed)}, but was given {' '.join(words)}")
    kinds = [float if name == "ALPHA" else int for name in needed] if "..." not in needed else [int] * len(words)
    numbers = [_number(word, kind, "N...") for word, kind in zip(words, kinds, strict=True)]
    if min(numbers) < 0:
        raise InputError(f"N...: must not be negative, but they are {' '.join(words)}")
    made = makers[ensemble](*numbers)
    return (made.model, made) if isinstance(made, ensembles.PlantedInstance) else (made, None)


def integers(text: str, option: str) -> list[int]:
    """Integers separated by commas."""
    return [_number(word, int, option) for word in text.split(",")]


def numbers(text: str, option: str) -> list[float]:
    """Numbers separated by commas, or ``START:STOP:COUNT`` for so many at equal distances, both ends included."""
    if ":" not in text:
        return [_number(word, float, option) for word in text.split(",")]
    words = text.split(":")
    if len(words) != 3:
        raise InputError(f"{option}: {text!r} is not of the form START:STOP:COUNT, nor numbers separated by commas")
    first, last = _number(words[0], float, option), _number(words[1], float, option)
    count = _number(words[2], int, option)
    if count < 1:
        raise InputError(f"{option}: COUNT must be at least 1, but it is {count}")
    return [first + (last - first) * k / max(count - 1, 1) for k in range(count)]


def _number(word: str, kind: type, option: str) -> Any:
    try:
        return kind(word)
    except ValueError:
        raise InputError(f"{option}: {word!r} is not {'an integer' if kind is int else 'a number'}") from None
