r"""Satisfiability: truth values that make every clause of a formula true, or clauses of the greatest weight.

**Compact encoding** (the default).  Let :math:`y_i = 1` where the i-th of a clause's k literals is false; y is x or
1 - x, with x = 1 where the variable is true.  The clause is violated where :math:`\prod_i y_i = 1`.  For k ≤ 2 that is
quadratic as it stands.  For k ≥ 3, with :math:`S_1 = \sum_i y_i`, :math:`S_2 = \sum_{i<j} y_i y_j` and
:math:`n_k = \lfloor (k-1)/2 \rfloor` auxiliary variables :math:`a_j`,

.. math:: \prod_{i=1}^{k} y_i = \min_{a} \Big[ S_2 + \sum_{j=1}^{n_k} a_j \big(c_j (2j - S_1) - 1\big) \Big], \qquad
          c_j = 1 \text{ if } k \text{ is odd and } j = n_k, \text{ else } 2

(H. Ishikawa, "Transformation of general binary MRF minimization to the first-order case", IEEE TPAMI 33, 1234 (2011)).
The identity is exact: :math:`S_2` is :math:`S_1 (S_1 - 1)/2`, and each :math:`a_j`, which is best at 1 from
:math:`S_1 = 2j` on, takes away what of it lies beyond.  The energy, minimised over the auxiliary variables, is the
weight of the violated clauses for *every* assignment: there is no penalty to choose.  Spins: n + Σ ⌊(k-1)/2⌋, so one
more for each clause of three.

**MIS encoding** (A. Lucas, arXiv:1302.5843, section 4.4, generalised to any length; "connect each node to the other 3"
there should be 2).  A 0/1 variable z for each literal of each clause, edges between those of one clause and between
those that contradict each other,

.. math:: E = \sum_c w_c - \sum_{c,l} w_c\, z_{c,l} + A \sum_{edges} z\, z' .

For A above the greatest weight, dropping the lighter end of a broken edge lowers the energy, so ground states are
independent sets; their literals can all be made true at once, and E is the weight of the clauses without one.
Spins: the number of literals.

**Hard clauses** of :class:`MaxSatisfiability` are weighed with the penalty A.  For A above the sum of the soft weights
an assignment that violates one costs more than any that violates none, if there is one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from ..checks import checked_integer, on_one_line
from ..model import IsingModel
from ..problem import Problem, checked_penalty
from .builder import QuboBuilder
from .clause_search import improved_assignment
from .clauses import Formula, checked_clauses
from .weights import weight_array

__all__ = ["MaxSatisfiability", "Satisfiability"]

_MOST_VARIABLES = 10_000_000


class _OfClauses(Problem):
    """What both problems share: a formula with weights, its two encodings, and their decoders."""

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    spin_count: ClassVar[str] = "n + Σ ⌊(k - 1)/2⌋ over clauses of k literals; one for each literal with method='mis'"

    clauses: tuple[tuple[int, ...], ...]
    num_variables: int
    method: Literal["compact", "mis"]
    _formula: Formula

    def _weights(self) -> np.ndarray:
        """What each clause counts in the energy."""
        raise NotImplementedError

    def _edge_weight(self) -> float:
        """What an edge of the MIS encoding costs."""
        raise NotImplementedError

    @property
    def variables(self) -> Sequence[Hashable]:
        """Variables by number, +1 for true, then ("auxiliary", clause, j); or (clause, literal), +1 for chosen."""
        reduced = self._formula.reduced
        if self.method == "mis":
            return tuple((c, literal) for c, clause in enumerate(reduced) for literal in clause)
        auxiliaries = (
            ("auxiliary", c, j) for c, clause in enumerate(reduced) for j in range(1, (len(clause) + 1) // 2)
        )
        return (*range(1, self.num_variables + 1), *auxiliaries)

    @property
    def num_spins(self) -> int:
        """Number of variables and auxiliary variables, or of literals."""
        lengths = [len(clause) for clause in self._formula.reduced]
        if self.method == "mis":
            return sum(lengths)
        return self.num_variables + sum(_auxiliaries(k) for k in lengths)

    def to_ising(self) -> IsingModel:
        """Model whose energy, at the best auxiliary spins, is the weight of the violated clauses."""
        builder = QuboBuilder(self.num_spins)
        weights = self._weights().astype(np.float64)
        if self.method == "mis":
            self._add_independent_set(builder, weights)
        else:
            for members, literals in self._formula.by_length.values():
                self._add_clauses(builder, members, literals, weights[members])
        return builder.build(labels=self.variables)

    def _add_clauses(
        self, builder: QuboBuilder, members: np.ndarray, literals: np.ndarray, weights: np.ndarray
    ) -> None:
        """Clauses of one length, by the identity of the module's docstring."""
        k = literals.shape[1]
        if k == 0:
            builder.add_constant(float(weights.sum()))
            return
        positions = np.abs(literals) - 1
        ones = (literals > 0).astype(np.float64)  # y = ones + signs * x
        signs = 1.0 - 2.0 * ones
        if k == 1:
            builder.add_constant(float(weights @ ones[:, 0]))
            builder.add_linear(positions[:, 0], weights * signs[:, 0])
            return
        for i in range(k):
            for j in range(i + 1, k):
                builder.add_constant(float(weights @ (ones[:, i] * ones[:, j])))
                builder.add_linear(positions[:, i], weights * signs[:, i] * ones[:, j])
                builder.add_linear(positions[:, j], weights * signs[:, j] * ones[:, i])
                builder.add_pairs(positions[:, i], positions[:, j], weights * signs[:, i] * signs[:, j])
        first = self._first_auxiliary[members]
        for j in range(1, _auxiliaries(k) + 1):
            c = _slope(k, j)
            auxiliary = first + j - 1
            builder.add_linear(auxiliary, weights * (c * (2 * j - ones.sum(axis=1)) - 1))
            builder.add_pairs(auxiliary[:, None], positions, -c * weights[:, None] * signs)

    @property
    def _first_auxiliary(self) -> np.ndarray:
        """Position of each clause's first auxiliary spin."""
        counts = np.array([_auxiliaries(len(clause)) for clause in self._formula.reduced], dtype=np.int64)
        return self.num_variables + np.cumsum(counts) - counts

    def _add_independent_set(self, builder: QuboBuilder, weights: np.ndarray) -> None:
        import scipy.sparse as sp

        clause, literal = self._nodes()
        builder.add_constant(float(weights[~self._formula.trivial].sum()))
        builder.add_linear(np.arange(len(clause)), -weights[clause])
        nodes = np.arange(len(clause))
        shape = (len(clause), self.num_variables)
        true, false = (
            sp.csr_array((np.ones(len(at)), (at, np.abs(literal[at]) - 1)), shape=shape)
            for at in (nodes[literal > 0], nodes[literal < 0])
        )
        together = sp.csr_array((np.ones(len(clause)), (nodes, clause)), shape=(len(clause), len(weights)))
        i, j = (true @ false.T).tocoo().coords
        builder.add_pairs(i, j, self._edge_weight())
        i, j = sp.triu(together @ together.T, k=1, format="coo").coords
        builder.add_pairs(i, j, self._edge_weight())

    def _nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """Clause and literal of each spin of the MIS encoding."""
        reduced = self._formula.reduced
        clause = np.repeat(np.arange(len(reduced)), [len(literals) for literals in reduced])
        return clause, np.array([literal for literals in reduced for literal in literals], dtype=np.int64)

    def _decode(self, spins: np.ndarray) -> dict[int, bool]:
        """Value of each variable; of those that the MIS leaves open, the one that occurs more often."""
        if self.method == "compact":
            values = spins[: self.num_variables] > 0
        else:
            _, literal = self._nodes()
            votes = np.bincount(np.abs(literal) - 1, np.sign(literal) * (spins > 0), self.num_variables)
            leaning = np.bincount(np.abs(literal) - 1, np.sign(literal), self.num_variables)
            values = np.where(votes == 0, leaning, votes) > 0
        return dict(zip(range(1, self.num_variables + 1), values.tolist(), strict=True))

    def encode(self, answer: Any) -> np.ndarray:
        """Spins of an assignment, a dict from variable to bool or a list of literals, with the best auxiliary spins.

        Raises
        ------
        ValueError
            If a variable has no value, or is unknown.
        """
        values, broken = self._formula.values(answer)
        if broken:
            raise ValueError(f"answer: {broken[0]}")
        spins = np.full(self.num_spins, -1, dtype=np.int8)
        if self.method == "mis":
            clause, literal = self._nodes()
            holds = np.flatnonzero(values[np.abs(literal) - 1] == np.sign(literal))
            spins[holds[np.unique(clause[holds], return_index=True)[1]]] = 1  # the first of each clause
            return spins
        spins[: self.num_variables] = values
        for members, literals in self._formula.by_length.values():
            false = np.count_nonzero(values[np.abs(literals) - 1] != np.sign(literals), axis=1)
            for j in range(1, _auxiliaries(literals.shape[1]) + 1):
                spins[self._first_auxiliary[members] + j - 1] = np.where(false >= 2 * j, 1, -1)
        return spins

    def repair(self, answer: Any) -> dict[int, bool]:
        """Assignment after a bounded walk that flips variables of violated clauses; never worse than the answer."""
        values, _ = self._formula.values(answer)
        values[values == 0] = -1
        better = improved_assignment(self._formula, values, self._weights()) > 0
        return dict(zip(range(1, self.num_variables + 1), better.tolist(), strict=True))


class Satisfiability(_OfClauses):
    r"""Truth values that make all clauses true; :math:`E =` number of violated clauses (at the best auxiliary spins).

    An answer is a dict from variable to True or False; where one is asked for, a list of literals will do as well.

    Parameters
    ----------
    clauses : iterable of iterables of int, or PySAT CNF
        Literals as in DIMACS files: v or -v, v = 1, 2, …  Of any length; an empty clause is always violated.
    num_variables : int, optional
        At least the greatest number that occurs, which is the default.
    method : {"compact", "mis"}
        The encoding; see the module's docstring.
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
        n = _checked_variables(num_variables, own, getattr(clauses, "nv", 0))
        formula = Formula(own, np.ones(len(own), dtype=np.int64), n)
        self._keep(clauses=own, num_variables=n, method=_checked_method(method), _formula=formula)
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


class MaxSatisfiability(_OfClauses):
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
        The encoding; see the module's docstring.
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
        values = _checked_weights(weights, len(soft))
        n = _checked_variables(num_variables, soft + must, known)
        self._keep(
            clauses=soft,
            hard=must,
            weights=tuple(values.tolist()),
            num_variables=n,
            method=_checked_method(method),
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


def _auxiliaries(k: int) -> int:
    """Auxiliary variables of a clause of k literals."""
    return max(0, (k - 1) // 2)


def _slope(k: int, j: int) -> int:
    """The coefficient c_j of the module's docstring."""
    return 1 if k % 2 and j == _auxiliaries(k) else 2


def _checked_method(method: Any) -> Any:
    if method not in ("compact", "mis"):
        raise ValueError(f"method: 'compact' or 'mis' is needed, but it is {method!r}")
    return method


def _checked_variables(num_variables: Any, clauses: tuple[tuple[int, ...], ...], known: int) -> int:
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


def _checked_weights(weights: Any, count: int) -> np.ndarray:
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
