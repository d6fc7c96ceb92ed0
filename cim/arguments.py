"""Words of the command line as what the library takes: files, schedules, ensembles, lists of numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .terminal import InputError, input_errors

if TYPE_CHECKING:
    import networkx as nx

    from ising_problems import IsingModel
    from ising_problems.ensembles import PlantedInstance

    from .schedules import Schedule

__all__ = ["ALGORITHMS", "ENSEMBLES", "given", "instance", "integers", "named_graph", "read", "schedule"]

ALGORITHMS = (
    *("auto", "tabu", "memetic", "pxa", "sa", "pt"),
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


def read(file: Path, format: str | None, problem: str | None, nodes: Path | None = None, **arguments: Any) -> Any:
    """What is in the file, its nodes named as ``nodes`` says; an argument of None is one that was not given."""
    content = _read(file, format, problem, **arguments)
    if nodes is None:
        return content
    if not hasattr(content, "graph"):
        raise InputError(f"--nodes: {file} does not hold a problem on a graph")
    graph, kind = content.graph, type(content)
    with input_errors():
        return kind(named_graph(graph, nodes), **given(arguments))


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
    named = nx.relabel_nodes(nx.Graph(graph), names)
    nx.set_node_attributes(named, attributes)
    return named


def _read(file: Path, format: str | None, problem: str | None, **arguments: Any) -> Any:
    import ising_problems as ip

    kind = None
    if problem is not None:
        kind = getattr(ip, problem, None)
        if not (isinstance(kind, type) and issubclass(kind, ip.Problem) and kind is not ip.Problem):
            raise InputError(f"--problem: {problem!r} is not a class of problem; write it as in Python, such as MaxCut")
    with input_errors():
        try:
            return ip.read(file, format=format, problem=kind, **given(arguments))
        except TypeError as error:
            unknown = re.search(r"unexpected keyword argument '(\w+)'", str(error))
            if unknown is None:
                raise
            option = unknown[1].replace("_", "-")
            raise InputError(f"--{option}: has no use with what is to be made of {file}") from error


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


def _number(word: str, kind: type, option: str) -> Any:
    try:
        return kind(word)
    except ValueError:
        raise InputError(f"{option}: {word!r} is not {'an integer' if kind is int else 'a number'}") from None
