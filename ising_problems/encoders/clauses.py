"""Formulas in conjunctive normal form: clauses of literals as users bring them, assignments, and which clauses fail.

A literal is a whole number as in DIMACS files: v is variable v, -v its negation, v = 1, 2, …  A clause is true where
one of its literals is; an empty one never is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from ..checks import checked_integer, is_integer, on_one_line
from .weights import weight_array

__all__ = ["Formula", "checked_clauses", "checked_num_variables", "clause_weights"]

_MOST_VARIABLES = 10_000_000


def checked_clauses(clauses: Any, argument: str = "clauses") -> tuple[tuple[int, ...], ...]:
    """Clauses as tuples of ints, from lists of literals or an object that holds them as ``.clauses`` (PySAT's CNF).

    Raises
    ------
    ValueError
        If a literal is 0 or not a whole number.
    TypeError
        If they are not an iterable of iterables.
    """
    clauses = getattr(clauses, "clauses", clauses)
    if isinstance(clauses, (str, bytes, Mapping)) or not isinstance(clauses, Iterable):
        raise TypeError(f"{argument}: a list of clauses, each a list of literals, is needed, not {clauses!r}")
    checked = []
    for number, clause in enumerate(clauses):
        if isinstance(clause, (str, bytes, Mapping)) or not isinstance(clause, Iterable):
            raise TypeError(f"{argument}: clause {number} is {clause!r}; a list of literals such as [1, -2] is needed")
        literals: tuple[Any, ...] = tuple(clause)
        for literal in literals:
            if not is_integer(literal):
                raise ValueError(f"{argument}: clause {number} holds {literal!r}; literals are whole numbers v or -v")
            if literal == 0:
                raise ValueError(
                    f"{argument}: clause {number} holds the literal 0, which has no negation; number variables from 1"
                )
            if not -(2**31) < int(literal) < 2**31:
                raise ValueError(f"{argument}: clause {number} holds {literal}; variables are numbered below 2**31")
        checked.append(tuple(int(literal) for literal in literals))
    return tuple(checked)


def checked_num_variables(num_variables: Any, clauses: tuple[tuple[int, ...], ...], known: int) -> int:
    """How many variables there are: what is given, or else the greatest that occurs or that is known otherwise."""
    occurring = max((abs(literal) for clause in clauses for literal in clause), default=0)
    if num_variables is None:
        num_variables = max(occurring, int(known or 0))
    num_variables = checked_integer(num_variables, "num_variables", at_least=0)
    if num_variables < occurring:
        raise ValueError(f"num_variables: it is {num_variables}, but variable {occurring} occurs")
    if num_variables > _MOST_VARIABLES:
        raise ValueError(
            f"num_variables: {num_variables} are more than can be encoded; number the variables that occur from 1"
        )
    return num_variables


def clause_weights(weights: Any, count: int) -> np.ndarray:
    """One number for each clause, not negative, 1 for None; a ``ValueError`` or ``TypeError`` otherwise."""
    if weights is None:
        return np.ones(count, dtype=np.int64)
    if isinstance(weights, (str, bytes, Mapping, set, frozenset)) or not isinstance(weights, Iterable):
        raise TypeError(
            f"weights: a list with one number for each of the {count} clauses is needed, not {on_one_line(weights)}"
        )
    values = list(weights)
    if len(values) != count:
        raise ValueError(f"weights: one for each of the {count} clauses is needed, but there are {len(values)}")
    array = weight_array(values, lambda k: f"clause {k}")
    if np.any(array < 0):
        k = int(np.flatnonzero(array < 0)[0])
        raise ValueError(
            f"weights: clause {k} has the weight {array[k]}; a clause that had better be false is its negation, with "
            "a positive weight"
        )
    return array


class Formula:
    """Clauses with weights, by arrays.

    Parameters
    ----------
    clauses : tuple of tuples of int
    weights : numpy.ndarray, shape (num_clauses,)
    num_variables : int
    """

    def __init__(self, clauses: tuple[tuple[int, ...], ...], weights: np.ndarray, num_variables: int) -> None:
        self.clauses = clauses
        self.weights = weights
        self.num_variables = num_variables

    @cached_property
    def reduced(self) -> tuple[tuple[int, ...], ...]:
        """Clauses with each literal once; a clause with a variable and its negation, always true, is left empty."""
        return tuple(() if self._always_true(clause) else tuple(dict.fromkeys(clause)) for clause in self.clauses)

    @cached_property
    def trivial(self) -> np.ndarray:
        """Whether each clause is always true."""
        return np.array([self._always_true(clause) for clause in self.clauses], dtype=bool)

    @staticmethod
    def _always_true(clause: tuple[int, ...]) -> bool:
        literals = set(clause)
        return any(-literal in literals for literal in literals)

    @cached_property
    def by_length(self) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """For each number of different literals the clauses that have so many, and their literals, (m, k)."""
        lengths = np.array([len(clause) for clause in self.reduced], dtype=np.int64)
        lengths[self.trivial] = -1
        groups = {}
        for k in np.unique(lengths[lengths >= 0]).tolist():
            members = np.flatnonzero(lengths == k)
            literals = np.array([self.reduced[c] for c in members.tolist()], dtype=np.int64).reshape(len(members), k)
            groups[k] = (members, literals)
        return groups

    def falsified(self, values: np.ndarray) -> np.ndarray:
        """Positions of the clauses that no literal makes true, ascending.

        Parameters
        ----------
        values : numpy.ndarray of int8, shape (num_variables,)
            1 for true, -1 for false, 0 for neither, which makes both literals false.
        """
        failing = [
            members[~np.any(values[np.abs(literals) - 1] == np.sign(literals), axis=1)]
            for members, literals in self.by_length.values()
        ]
        return np.sort(np.concatenate([np.empty(0, dtype=np.int64), *failing]))

    def values(self, answer: Any) -> tuple[np.ndarray, list[str]]:
        """An assignment as an array of 1, -1 and 0 (no value), and what is wrong with it, in words.

        Parameters
        ----------
        answer : mapping from variable to bool, iterable of literals, or iterable of bools
            ``{1: True, 2: False}``, ``[1, -2]``, or ``[True, False]`` for variables 1, 2, … in order.

        Raises
        ------
        ValueError
            If it is neither.
        """
        values = np.zeros(self.num_variables, dtype=np.int8)
        broken: list[str] = []
        if isinstance(answer, Mapping):
            pairs = [(variable, truth) for variable, truth in answer.items()]
        elif isinstance(answer, Iterable) and not isinstance(answer, (str, bytes)) and getattr(answer, "ndim", 1) == 1:
            literals = list(answer)
            if len(literals) == self.num_variables and all(isinstance(x, (bool, np.bool_)) for x in literals):
                return np.where(np.array(literals, dtype=bool), 1, -1).astype(np.int8), []
            if not all(is_integer(literal) and literal != 0 for literal in literals):
                raise ValueError("answer: a dict from variable to True or False, or a list of literals, is needed")
            pairs = [(abs(int(literal)), literal > 0) for literal in literals]
        else:
            raise ValueError(
                f"answer: a dict from variable to True or False is needed, but it is a {type(answer).__name__}"
            )
        for variable, truth in pairs:
            if not is_integer(variable) or not 1 <= variable <= self.num_variables:
                broken.append(f"{variable!r} is not a variable of the formula")
            elif not isinstance(truth, (bool, np.bool_)):
                broken.append(f"variable {variable} has the value {truth!r}, not True or False")
            else:
                value = 1 if truth else -1
                if values[variable - 1] == -value:
                    broken.append(f"variable {variable} is both true and false")
                values[variable - 1] = value
        broken.extend(f"variable {i + 1} has no value" for i in np.flatnonzero(values == 0).tolist())
        return values, broken

    def text(self, clause: int) -> str:
        """A clause in words, such as ``clause 3 (1 or not 2)``, numbered from 1."""
        literals = [str(literal) if literal > 0 else f"not {-literal}" for literal in self.clauses[clause]]
        shown = " or ".join(literals[:8]) + (" or …" if len(literals) > 8 else "")
        return f"clause {clause + 1} ({shown or 'empty'})"
