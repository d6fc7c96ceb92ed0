r"""Formulas as energies: the two encodings of weighted clauses, and their decoders.

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
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from ..model import IsingModel
from ..problem import Problem
from .builder import QuboBuilder
from .clause_search import improved_assignment
from .clauses import Formula

__all__ = ["ClauseProblem", "checked_method"]


class ClauseProblem(Problem):
    """An assignment for a formula of weighted clauses; ``__init__`` keeps ``_formula``."""

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    spin_count: ClassVar[str] = "n + Σ ⌊(k - 1)/2⌋ over clauses of k literals; one for each literal with method='mis'"

    clauses: tuple[tuple[int, ...], ...]
    num_variables: int
    method: Literal["compact", "mis"]
    _formula: Formula

    @abstractmethod
    def _weights(self) -> np.ndarray:
        """What each clause counts in the energy."""

    @abstractmethod
    def _edge_weight(self) -> float:
        """What an edge of the MIS encoding costs."""

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


def _auxiliaries(k: int) -> int:
    """Auxiliary variables of a clause of k literals."""
    return max(0, (k - 1) // 2)


def _slope(k: int, j: int) -> int:
    """The coefficient c_j of the module's docstring."""
    return 1 if k % 2 and j == _auxiliaries(k) else 2


def checked_method(method: Any) -> Any:
    """The name of an encoding; a ``ValueError`` for another."""
    if method not in ("compact", "mis"):
        raise ValueError(f"method: 'compact' or 'mis' is needed, but it is {method!r}")
    return method
