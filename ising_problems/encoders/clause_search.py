"""Repair of an assignment: a bounded walk through variables of violated clauses.

WalkSAT (B. Selman, H. Kautz, B. Cohen, AAAI 1994) with weights: take a violated clause; flip that of its variables
which breaks least, if it breaks nothing, and else now and then any of them.  The best assignment met is returned, so
the result is never worse than the start.  The random numbers are always the same ones.
"""

from __future__ import annotations

from random import Random

import numpy as np

from .clauses import Formula

__all__ = ["improved_assignment"]

_NOISE = 0.5
_FLIPS_PER_CLAUSE, _MOST_FLIPS = 30, 60_000


def improved_assignment(formula: Formula, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Assignment with a smaller weight of violated clauses, if the walk meets one; int8 of ±1.

    Parameters
    ----------
    formula : Formula
    values : numpy.ndarray of int8, shape (num_variables,)
        Without zeros.
    weights : numpy.ndarray, shape (num_clauses,)
        What each clause counts in the walk.
    """
    return _Walk(formula, values, weights).run()


class _Walk:
    def __init__(self, formula: Formula, values: np.ndarray, weights: np.ndarray) -> None:
        self.clauses = [
            () if trivial else clause for clause, trivial in zip(formula.reduced, formula.trivial.tolist(), strict=True)
        ]
        self.weights = weights.tolist()
        self.value = [0, *values.tolist()]
        self.occurrences: dict[int, list[int]] = {}
        for number, clause in enumerate(self.clauses):
            for literal in clause:
                self.occurrences.setdefault(literal, []).append(number)
        self.true_literals = [sum(self._holds(literal) for literal in clause) for clause in self.clauses]
        self.violated: list[int] = []
        self.place: dict[int, int] = {}
        for number, clause in enumerate(self.clauses):
            if clause and not self.true_literals[number]:
                self._add(number)
        self.cost = sum(self.weights[number] for number in self.violated)

    def run(self) -> np.ndarray:
        random = Random(0)
        best, best_cost = self.value[1:], self.cost
        flips = min(_MOST_FLIPS, _FLIPS_PER_CLAUSE * len(self.clauses))
        for _ in range(flips):
            if not self.violated:
                break
            number = self.violated[int(random.random() * len(self.violated))]
            costs = [(self._broken_by(literal), literal) for literal in self.clauses[number]]
            least = min(costs)
            chosen = least[1]
            if least[0] > 0 and random.random() < _NOISE:
                chosen = costs[int(random.random() * len(costs))][1]
            elif len(costs) > 1:
                ties = [literal for cost, literal in costs if cost == least[0]]
                chosen = ties[int(random.random() * len(ties))]
            self._make_true(chosen)
            if self.cost < best_cost:
                best, best_cost = self.value[1:], self.cost
        return np.array(best, dtype=np.int8)

    def _holds(self, literal: int) -> bool:
        return (self.value[abs(literal)] > 0) == (literal > 0)

    def _broken_by(self, literal: int) -> float:
        """Weight of the clauses of which the opposite literal alone is true."""
        true_literals, weights = self.true_literals, self.weights
        return sum(weights[number] for number in self.occurrences.get(-literal, ()) if true_literals[number] == 1)

    def _make_true(self, literal: int) -> None:
        self.value[abs(literal)] = 1 if literal > 0 else -1
        for number in self.occurrences.get(literal, ()):
            self.true_literals[number] += 1
            if self.true_literals[number] == 1:
                self._drop(number)
                self.cost -= self.weights[number]
        for number in self.occurrences.get(-literal, ()):
            self.true_literals[number] -= 1
            if self.true_literals[number] == 0:
                self._add(number)
                self.cost += self.weights[number]

    def _add(self, number: int) -> None:
        self.place[number] = len(self.violated)
        self.violated.append(number)

    def _drop(self, number: int) -> None:
        last = self.violated.pop()
        hole = self.place.pop(number)
        if last != number:
            self.violated[hole] = last
            self.place[last] = hole
