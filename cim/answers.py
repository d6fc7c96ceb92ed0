"""Answers in words: each kind of problem's in the form in which people write it, on one line.

A tour is a row of cities with arrows, a colouring the nodes of each colour, a formula's assignment its true literals, a
tree its edges.  Whatever has no form of its own is shown as Python does, in short (:func:`short`).
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

import numpy as np

__all__ = ["in_words", "short"]

_LENGTH = 200
_ITEMS = 40


class _Short(reprlib.Repr):
    """Answers cut short, sorted where they have no order, sets as plain braces, all on one line."""

    def __init__(self) -> None:
        super().__init__()
        self.fillvalue = "…"
        self.maxtuple = self.maxlist = self.maxdict = self.maxset = self.maxfrozenset = self.maxarray = _ITEMS

    def repr_frozenset(self, x: frozenset[Any], level: int) -> str:
        return self.repr_set(set(x), level) if x else "{}"

    def repr_ndarray(self, x: np.ndarray, level: int) -> str:
        return self.repr1(x.tolist(), level)

    def repr_instance(self, x: Any, level: int) -> str:
        return self.repr1(x.item(), level) if isinstance(x, np.generic) else super().repr_instance(x, level)


def short(answer: Any) -> str:
    """One line that begins as the answer does."""
    return " ".join(_Short().repr(answer).split())


def in_words(problem: Any, answer: Any) -> str:
    """An answer in the form of its kind of problem, on one line.

    Parameters
    ----------
    problem : Problem
    answer : Any
        What the problem's ``decode`` gives, feasible or not.
    """
    for kind in type(problem).__mro__:
        form = _FORMS.get(kind.__name__)
        if form is not None:
            return form(problem, answer)
    return short(answer)


def _pieces(pieces: Iterable[str], between: str, count: int) -> str:
    """Pieces one after the other, as many as fit on the line."""
    shown: list[str] = []
    length = 0
    for piece in pieces:
        length += len(piece) + len(between)
        if shown and length > _LENGTH:
            return f"{between.join(shown)}{between}… ({count} in all)"
        shown.append(piece)
    return between.join(shown)


def _name(value: Any) -> str:
    """A node or number as it is written; text without its quotes."""
    if isinstance(value, str):
        return value
    return "?" if value is None else short(value)


def _sorted(values: Iterable[Any]) -> list[Any]:
    """In order, where they have one."""
    found = list(values)
    try:
        return sorted(found)
    except TypeError:
        return sorted(found, key=repr)


def _way(closed: bool) -> Callable[[Any, Any], str]:
    def form(problem: Any, answer: Any) -> str:
        stops = [*answer, *answer[:1]] if closed else list(answer)
        return _pieces(map(_name, stops), " → ", len(answer))

    return form


def _classes(problem: Any, answer: Mapping[Hashable, Any]) -> str:
    """What belongs to each class of a mapping from item to class."""
    members: dict[Any, list[Any]] = {}
    for item, kind in answer.items():
        members.setdefault(kind, []).append(item)
    kinds = _sorted(kind for kind in members if kind is not None) + [None] * (None in members)
    texts = [
        f"{'none' if kind is None else _name(kind)}: {' '.join(map(_name, _sorted(members[kind])))}" for kind in kinds
    ]
    return _pieces(texts, "; ", len(texts))


def _members(problem: Any, answer: Iterable[Any]) -> str:
    items = _sorted(answer)
    return "{" + _pieces(map(_name, items), ", ", len(items)) + "}" if items else "{} (nothing is chosen)"


def _edges(problem: Any, answer: Iterable[Any]) -> str:
    graph = getattr(problem, "graph", None)
    arrow = " → " if graph is not None and graph.is_directed() else "–"
    ends = [tuple(edge) if graph is not None and graph.is_directed() else tuple(_sorted(edge)) for edge in answer]
    texts = [arrow.join(map(_name, edge)) for edge in _sorted(ends)]
    return _pieces(texts, ", ", len(texts)) if texts else "no edges"


def _literals(problem: Any, answer: Mapping[int, Any]) -> str:
    """The true literals, as DIMACS writes them."""
    texts = [f"{variable}" if value else f"-{variable}" for variable, value in sorted(answer.items())]
    return _pieces(texts, " ", len(texts))


def _images(problem: Any, answer: Mapping[Any, Any]) -> str:
    texts = [f"{_name(item)} → {_name(image)}" for item, image in answer.items()]
    return _pieces(texts, ", ", len(texts))


def _targets(problem: Any, answer: Iterable[Any]) -> str:
    return _images(problem, dict(enumerate(answer)))


def _bits(problem: Any, answer: Iterable[Any]) -> str:
    texts = [str(int(value)) for value in answer]
    return _pieces(texts, " ", len(texts))


_FORMS: dict[str, Callable[[Any, Any], str]] = {
    "TravellingSalesman": _way(closed=True),
    "HamiltonianCycle": _way(closed=True),
    "HamiltonianPath": _way(closed=False),
    "GraphColoring": _classes,
    "ChromaticNumber": _classes,
    "CliqueCover": _classes,
    "MakespanScheduling": _classes,
    "JobSequencing": _way(closed=False),
    "Satisfiability": _literals,
    "MaxSatisfiability": _literals,
    "SubsetProblem": _members,
    "SteinerTree": _edges,
    "DegreeConstrainedSpanningTree": _edges,
    "MinimalMaximalMatching": _edges,
    "FeedbackArcSet": _edges,
    "BinaryLinearProgram": _bits,
    "QuadraticAssignment": _targets,
    "GraphIsomorphism": _images,
    "SubgraphIsomorphism": _images,
}
