r"""Satisfiability: truth values that make every clause of a formula true, or clauses of the greatest weight.

The energy is the weight of the violated clauses,

.. math:: E = \sum_c w_c \prod_{i \in c} y_i ,

with :math:`y_i = 1` where the i-th literal is false: made quadratic by auxiliary spins (the default), for every
assignment, or as an independent set (``method="mis"``; A. Lucas, arXiv:1302.5843, section 4.4), in ground states.  Both
forms, their spins and their proofs stand in :mod:`ising_problems.encoders.clause_encodings`.

**Hard clauses** of :class:`MaxSatisfiability` are weighed with the penalty A.  For A above the sum of the soft weights
an assignment that violates one costs more than any that violates none, if there is one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import numpy as np

from ..problem import checked_penalty
from .clause_encodings import ClauseProblem, checked_method
from .clauses import Formula, checked_clauses, checked_num_variables, clause_weights

__all__ = ["MaxSatisfiability", "Satisfiability"]


class Satisfiability(ClauseProblem):
    r"""Truth values that make all clauses true; :math:`E =` number of violated clauses (at the best auxiliary spins).

    An answer is a dict from variable to True or False; where one is asked for, a list of literals will do as well.

    Parameters
    ----------
    clauses : iterable of iterables of int, or PySAT CNF
        Literals as in DIMACS files: v or -v, v = 1, 2, …  Of any length; an empty clause is always violated.
    num_variables : int, optional
        At least the greatest number that occurs, which is the default.
    method : {"compact", "mis"}
        The encoding; see :mod:`ising_problems.encoders.clause_encodings`.
    penalty : float or "auto"
        Of "mis" only: the weight A of an edge.

    Attributes
    ----------
    clauses : tuple of tuples of int
    num_variables : int
    method : str
    penalty : float or "auto"

    Raises
    ------
    ValueError
        If a literal is 0, ``num_variables`` is too small, or a penalty is given to the compact encoding.
    TypeError
        If the clauses are not lists of literals.

    Examples
    --------
    >>> problem = Satisfiability([[1, -2], [2, 3], [-1, -3]])
    >>> problem.decode([1, 1, -1])
    {1: True, 2: True, 3: False}
    >>> problem.objective([1, 2, -3])
    0
    """

    objective_name: ClassVar[str] = "clauses violated"
    statement: ClassVar[str] = "truth values that make every clause of a formula true"
    source: ClassVar[str] = "Lucas 4.4; Karp 1 and 11"

    def __init__(
        self,
        clauses: Any,
        num_variables: int | None = None,
        *,
        method: Literal["compact", "mis"] = "compact",
        penalty: float | Literal["auto"] = "auto",
    ) -> None:
        own = checked_clauses(clauses)
        n = checked_num_variables(num_variables, own, getattr(clauses, "nv", 0))
        formula = Formula(own, np.ones(len(own), dtype=np.int64), n)
        self._keep(clauses=own, num_variables=n, method=checked_method(method), _formula=formula)
        if method == "mis":
            self._keep(penalty=checked_penalty(penalty))
        elif checked_penalty(penalty) != "auto":
            raise ValueError("penalty: the compact encoding has none; leave it out, or choose method='mis'")

    def __repr__(self) -> str:
        return (
            f"Satisfiability(<{len(self.clauses)} clauses of {self.num_variables} variables>, method={self.method!r})"
        )

    def _weights(self) -> np.ndarray:
        return self._formula.weights

    def _edge_weight(self) -> float:
        return self._penalty_weight()

    def violations(self, answer: Any) -> list[str]:
        """The clauses that are false, and the variables without a value."""
        try:
            values, broken = self._formula.values(answer)
        except ValueError as error:
            return [str(error).removeprefix("answer: ")]
        return broken + [f"{self._formula.text(c)} is false" for c in self._formula.falsified(values).tolist()]

    def objective(self, answer: Any) -> int:
        """Number of clauses that are false; a variable without a value makes neither of its literals true.

        Raises
        ------
        ValueError
            If the answer is neither a dict nor a list of literals.
        """
        return len(self._formula.falsified(self._formula.values(answer)[0]))

    def objective_bound(self) -> int:
        """The number of empty clauses, which nothing makes true."""
        return len(self._formula.by_length.get(0, ((),))[0])

    def penalty_bound(self) -> float:
        """1 for "mis": where both ends of an edge are chosen, dropping one costs 1 and saves A; 0 for "compact"."""
        return 1.0 if self.method == "mis" else 0.0


class MaxSatisfiability(ClauseProblem):
    r"""Truth values with the least weight of violated clauses; :math:`E =` that weight, at the best auxiliary spins.

    An answer is a dict from variable to True or False; where one is asked for, a list of literals will do as well.
    Without hard clauses every assignment is feasible.

    Parameters
    ----------
    clauses : iterable of iterables of int, or PySAT WCNF
        The soft clauses; a WCNF brings its weights and hard clauses along.
    weights : sequence of int or float, optional
        Of the soft clauses, not negative; 1 by default.
    hard : iterable of iterables of int
        Clauses that must be true.
    num_variables : int, optional
    method : {"compact", "mis"}
        The encoding; see :mod:`ising_problems.encoders.clause_encodings`.
    penalty : float or "auto"
        The weight A of a hard clause.

    Attributes
    ----------
    clauses, hard : tuple of tuples of int
    weights : tuple of int or float
    num_variables : int
    method : str
    penalty : float or "auto"

    Raises
    ------
    ValueError
        If a literal is 0, a weight is negative or missing, or ``num_variables`` is too small.
    TypeError
        If the clauses are not lists of literals.

    Examples
    --------
    >>> problem = MaxSatisfiability([[1], [-1], [2]], weights=[3, 1, 2], hard=[[-1, -2]])
    >>> problem.objective({1: True, 2: False})
    3
    >>> problem.violations([1, 2])
    ['the hard clause 1 (not 1 or not 2) is false']
    """

    objective_name: ClassVar[str] = "weight of violated clauses"
    statement: ClassVar[str] = "truth values that violate clauses of the least weight, and no hard one"
    source: ClassVar[str] = "Lucas 4.4, weighted; Garey and Johnson LO5"

    hard: tuple[tuple[int, ...], ...]
    weights: tuple[float, ...]

    def __init__(
        self,
        clauses: Any,
        weights: Iterable[float] | None = None,
        hard: Any = (),
        num_variables: int | None = None,
        *,
        method: Literal["compact", "mis"] = "compact",
        penalty: float | Literal["auto"] = "auto",
    ) -> None:
        known = getattr(clauses, "nv", 0)
        if hasattr(clauses, "soft") and hasattr(clauses, "wght"):
            if weights is not None or (not isinstance(hard, tuple) or hard):
                raise ValueError("weights: a WCNF brings its own weights and hard clauses; pass nothing beside it")
            clauses, weights, hard = clauses.soft, clauses.wght, clauses.hard
        soft, must = checked_clauses(clauses), checked_clauses(hard, "hard")
        values = clause_weights(weights, len(soft))
        n = checked_num_variables(num_variables, soft + must, known)
        self._keep(
            clauses=soft,
            hard=must,
            weights=tuple(values.tolist()),
            num_variables=n,
            method=checked_method(method),
            penalty=checked_penalty(penalty),
            _formula=Formula(soft + must, np.concatenate([values, np.zeros(len(must), dtype=values.dtype)]), n),
        )

    def __repr__(self) -> str:
        return (
            f"MaxSatisfiability(<{len(self.clauses)} soft and {len(self.hard)} hard clauses of {self.num_variables} "
            f"variables>, method={self.method!r})"
        )

    def _weights(self) -> np.ndarray:
        weights = self._formula.weights.astype(np.float64)
        weights[len(self.clauses) :] = self._penalty_weight()
        return weights

    def _edge_weight(self) -> float:
        """Twice the greatest weight: above it, as the argument needs."""
        return 2.0 * float(self._weights().max(initial=0.0)) or 1.0

    def violations(self, answer: Any) -> list[str]:
        """The hard clauses that are false, and the variables without a value."""
        try:
            values, broken = self._formula.values(answer)
        except ValueError as error:
            return [str(error).removeprefix("answer: ")]
        failing = self._formula.falsified(values)
        first = len(self.clauses)
        hard = Formula(self.hard, np.empty(0), self.num_variables)
        return broken + [f"the hard {hard.text(c - first)} is false" for c in failing[failing >= first].tolist()]

    def objective(self, answer: Any) -> float:
        """Weight of the soft clauses that are false; an int where the weights are.

        Raises
        ------
        ValueError
            If the answer is neither a dict nor a list of literals.
        """
        return self._formula.weights[self._formula.falsified(self._formula.values(answer)[0])].sum().item()

    def objective_bound(self) -> float:
        """The weight of the empty clauses, which nothing makes true."""
        members = self._formula.by_length.get(0, (np.empty(0, dtype=np.int64),))[0]
        return self._formula.weights[members].sum().item()

    def penalty_bound(self) -> float:
        """The sum of the soft weights: all of them together cost less than one hard clause; 0 without hard clauses."""
        return float(sum(self.weights)) if self.hard else 0.0
