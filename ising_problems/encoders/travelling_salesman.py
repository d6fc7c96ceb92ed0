r"""The travelling salesman: the shortest tour through all cities, symmetric or not, with all ways between them or some.

With :math:`x_{v,j} = 1` where city v is visited j-th (the first city j = 0 beforehand, see :mod:`.routes`) and the
distances :math:`W_{uv}` of the ways that exist, half the shortest way out of u, :math:`a_u = \tfrac12 \min_v W_{uv}`,
and half the shortest way into v, :math:`b_v = \tfrac12 \min_u W_{uv}`,

.. math::
    E = A \Big[ \sum_v \Big(1 - \sum_j x_{v,j}\Big)^2 + \sum_j \Big(1 - \sum_v x_{v,j}\Big)^2 \Big]
        + \sum_{u \neq v} c_{uv} \sum_j x_{u,j}\, x_{v,j+1} + \sum_v (a_v + b_v) , \qquad
    c_{uv} = \begin{cases} W_{uv} - a_u - b_v & \text{where there is a way} \\ 2A & \text{where there is none.}
             \end{cases}

This is A. Lucas, arXiv:1302.5843, eqs. 56 and 57, but for :math:`a_u + b_v`: every tour leaves and enters each city
once, so that this takes the same from every tour, and the energy of an encoded tour is its length.  It makes every
:math:`c_{uv} \geq 0`, also where distances are negative, and lowers the penalty that is needed.

**Bound, all ways existing:** :math:`A > \tfrac12 \max_v \max_{u \neq w} (c_{uv} + c_{vw})`, and never more than below.
Take a state that is no tour.  While a city has several places or a place several cities, delete one such x: the square
of that row or column falls by at least A, the other rises by at most A, and no :math:`c \geq 0` makes deletion dear.
(If the last deletion leaves a tour, both row and column were overfull, and the energy has fallen by 2A.)  What remains
has as many cities without a place as empty places.  Put such a city there: two squares fall by A each, and at most two
legs appear, from the city before and to the city after, which differ if there are more than two cities.  By the bound
the energy falls.  So every state that is no tour lies above some tour.

**Bound, some ways missing:** :math:`A > \tfrac12 \min\{ \sum_u \max_v c_{uv},\, \sum_v \max_u c_{uv} \}`, maxima over
the ways that exist.  A tour leaves each city once, so above the constant it has at most the first sum, and likewise the
second.  A broken constraint costs at least 2A (:mod:`.routes`), a missing way costs 2A, and nothing is negative; so
whatever is no tour lies above every tour.

**Erratum.**  Lucas asks for A > max W, on any graph.  Repair by insertion needs the ways to and from the inserted city;
on sparse graphs those may be missing, and ground states then drop a city.  To treat missing ways as edges of weight
:math:`N \max W` (his footnote 11) does not suffice while A stays: both must be raised, as here.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from ..checks import LARGEST_EXACT_FLOAT, number_array
from ..model import IsingModel
from ..problem import checked_penalty
from .graph_input import indexed_graph
from .graphs import IndexedGraph
from .routes import Route
from .tour_search import complete_tour, follow_ways, improve_tour

__all__ = ["TravellingSalesman"]

# Kicks that a repair spends to shorten a tour, fewer on large graphs.
_KICKS = 40
# Of the sum of absolute distances: what sums of floats may differ by.
_ROUNDING = 1e-12


class TravellingSalesman(Route):
    """The shortest closed tour that visits every city once; the energy of a tour is its length.

    An answer is the list of cities in order, from any of them; the way from the last back to the first belongs to it,
    and the first city may stand again at the end.
    ``decode`` gives the first city first, and ``None`` for a place that not exactly one city has taken.  Two cities are
    toured there and back, one city without moving.

    Parameters
    ----------
    graph : networkx.Graph or DiGraph, square numpy array, scipy.sparse array, or iterable of edges
        A numpy array holds the distances between all cities ``0 … N-1``, from row to column, zeros included; its
        diagonal is not read.  In the other forms only the ways that are given exist, and a sparse array has none where
        its entry is zero.  A sparse array that is not symmetric is directed, a list of edges is not.  Distances may be
        negative.
    weight : hashable or None, default "weight"
        Edge attribute that holds the distance.  An edge without it has length 1; ``None`` gives every way length 1, but
        a numpy array keeps its entries.
    penalty : float or "auto"
        The weight A of a broken constraint; a missing way costs 2A.
    symmetry_breaking : bool, default True
        Whether the first city is at place 0 beforehand and the spins of that city and place are left out.

    Attributes
    ----------
    graph : networkx.Graph or DiGraph
        A frozen copy of the input.
    distances : numpy.ndarray, shape (N, N)
        From row to column; read-only, 0 on the diagonal, infinite where there is no way; int64 where all distances
        exist and are integers, else float64.
    weight : hashable or None
    penalty : float or "auto"
    symmetry_breaking : bool

    Raises
    ------
    ValueError
        If there is no city, if some city cannot be reached from another, for self-loops, parallel edges, a matrix that
        is not square, distances that are not finite or whose sums would be rounded.  (A graph that is connected may
        have no tour all the same.  Then the ground states are infeasible.)
    TypeError
        If ``graph`` is none of the accepted forms.

    Examples
    --------
    >>> distances = np.array([[0, 1, 9, 2], [1, 0, 3, 9], [9, 3, 0, 4], [2, 9, 4, 0]])
    >>> problem = TravellingSalesman(distances)
    >>> problem.num_spins, problem.objective([0, 1, 2, 3])
    (9, 10)
    >>> float(problem.to_ising().energy(problem.encode([2, 3, 0, 1])))
    10.0
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "tour length"
    statement: ClassVar[str] = "the shortest closed tour that visits every city once"
    spin_count: ClassVar[str] = "(N - 1)²"
    source: ClassVar[str] = "Lucas 7.2"
    closed: ClassVar[bool] = True
    words: ClassVar[tuple[str, str]] = ("city", "way")

    weight: Hashable
    penalty: float | Literal["auto"]
    _exists: np.ndarray  # bool, shape (N, N)
    _lengths: np.ndarray  # int64 or float64, shape (N, N), 0 where there is no way

    def __init__(
        self,
        graph: Any,
        weight: Hashable = "weight",
        *,
        penalty: float | Literal["auto"] = "auto",
        symmetry_breaking: bool = True,
    ) -> None:
        if _is_nested(graph):
            graph = np.array(graph)
        own = (
            _complete_graph(graph, weight)
            if isinstance(graph, np.ndarray)
            else indexed_graph(graph, weight=weight, directed=None)
        )
        n, (u, v) = len(own), own.edges.T
        if not n:
            raise ValueError("graph: at least one city is needed, but there is none")
        longest = float(np.abs(own.weights).max(initial=0))
        if own.weights.dtype.kind == "i" and 2 * n * longest >= LARGEST_EXACT_FLOAT:
            raise ValueError(
                f"weight: lengths of tours with distances of up to {longest:.3g} would be rounded beyond 2**53; "
                "divide out a common factor, or pass floats if rounding is acceptable"
            )
        if not longest * n * n < 1e290:
            raise ValueError("weight: the distances add up to more than a float can hold; scale them down")
        exists, lengths = np.zeros((n, n), dtype=bool), np.zeros((n, n), dtype=own.weights.dtype)
        exists[u, v], lengths[u, v] = True, own.weights
        if not own.directed:
            exists[v, u], lengths[v, u] = True, own.weights
        _check_reachable(own, exists)
        exists.flags.writeable = lengths.flags.writeable = False
        self._keep(
            indexed=own,
            weight=weight,
            penalty=checked_penalty(penalty),
            symmetry_breaking=bool(symmetry_breaking),
            _exists=exists,
            _lengths=lengths,
        )

    def __repr__(self) -> str:
        return (
            f"TravellingSalesman({self._graph_text()}, weight={self.weight!r}, penalty={self.penalty!r}, "
            f"symmetry_breaking={self.symmetry_breaking})"
        )

    @cached_property
    def distances(self) -> np.ndarray:
        """Distance from row to column; read-only, shape (N, N), infinite where there is no way."""
        if self._complete:
            return self._lengths
        off_diagonal = ~np.eye(len(self.nodes), dtype=bool)
        distances = np.where(~self._exists & off_diagonal, np.inf, self._lengths)
        distances.flags.writeable = False
        return distances

    @cached_property
    def _complete(self) -> bool:
        n = len(self.nodes)
        return int(np.count_nonzero(self._exists)) == n * (n - 1)

    @cached_property
    def _reduced(self) -> tuple[np.ndarray, float]:
        """c of the module's docstring, with 0 where there is no way, and the sum of all a and b."""
        if len(self.nodes) == 1:
            return np.zeros((1, 1)), 0.0
        ways = np.where(self._exists, self._lengths, np.inf)
        out, into = ways.min(axis=1) / 2, ways.min(axis=0) / 2
        # rounding may leave -1e-17 for what is 0
        reduced = np.where(self._exists, np.maximum(self._lengths - out[:, None] - into, 0.0), 0.0)
        return reduced, float(out.sum() + into.sum())

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring: the length, for an encoded tour."""
        weight = self._penalty_weight()
        reduced, constant = self._reduced
        return self._model(np.where(self._exists, reduced, 2 * weight), weight, constant)

    def penalty_bound(self) -> float:
        """The bounds of the module's docstring: by insertion where every way exists, else by what tours span."""
        reduced, _ = self._reduced
        n = len(reduced)
        span = float(min(reduced.max(axis=1).sum(), reduced.max(axis=0).sum())) / 2
        if not self._complete or n == 1:
            return span
        return min(span, _dearest_insertion(reduced) / 2)

    def violations(self, answer: Any) -> list[str]:
        """Cities not visited once, places without a city, legs for which there is no way."""
        places = self._places(answer)
        if places is None:
            return ["the answer is not a list of cities in order"]
        return [*self._visits(answer, places), *self._missing_legs(places, self._exists)]

    def objective(self, answer: Any) -> float:
        """Length of the tour, the way back included; an int for integer distances.

        Of a list that is no tour: the lengths of those legs for which there is a way.

        Raises
        ------
        ValueError
            If the answer is not a list of cities and ``None``.
        """
        legs = [(u, v) for u, v in self._legs(self._known_places(answer)) if u >= 0 and v >= 0]
        if not legs:
            return self._lengths.dtype.type(0).item()
        u, v = np.array(legs).T
        return self._lengths[u, v].sum().item()

    def objective_bound(self) -> float | None:
        """The larger of two: successors assigned at the least cost; half of each city's two shortest ways.

        The second holds for symmetric distances.  None where no assignment exists, and so no tour.
        """
        from scipy.optimize import linear_sum_assignment

        n = len(self.nodes)
        if n == 1:
            return 0
        ways = np.where(self._exists, self._lengths, np.inf)
        try:
            bound = float(self._lengths[linear_sum_assignment(ways)].sum())
        except ValueError:  # the matrix is infeasible
            return None
        if n > 2 and not self.indexed.directed:
            bound = max(bound, float(np.partition(ways, 1, axis=1)[:, :2].sum()) / 2)
        if self._lengths.dtype.kind == "i":
            return int(np.ceil(bound))
        return bound - _ROUNDING * float(np.abs(self._lengths).sum())

    def repair(self, answer: Any) -> Any:
        """The answer's cities in their order, the others inserted where they lengthen it least, then 2-opt and 3-opt.

        Gives a tour from any answer if every way exists; else it tries to.  Small steps and some kicks, so the tour is
        short but not surely the shortest.
        """
        n = len(self.nodes)
        beyond = 1.0 + 2 * n * float(np.abs(self._lengths).max())
        costs = np.where(self._exists, self._lengths, beyond)
        order = improve_tour(complete_tour(self._skeleton(answer), costs), costs, kicks=_KICKS)
        if n > 1 and not self._exists[order, np.roll(order, -1)].all():
            order = improve_tour(follow_ways(order, self._exists), costs, kicks=_KICKS)
        better = [self.nodes[i] for i in self._turned(order).tolist()]
        if self.is_feasible(answer) and not self.objective(better) < self.objective(answer):
            return answer
        return better


def _is_nested(graph: Any) -> bool:
    """Whether a matrix was given as lists of numbers, one for each city; edges are tuples."""
    if not isinstance(graph, list) or not graph:
        return False
    return all(
        isinstance(row, list) and len(row) == len(graph) and all(isinstance(x, (int, float)) for x in row)
        for row in graph
    )


def _complete_graph(matrix: np.ndarray, weight: Hashable) -> IndexedGraph:
    """Every way between different cities, from a matrix of distances."""
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"graph: a matrix of distances must be square, but its shape is {matrix.shape}")
    n = len(matrix)
    values = number_array(matrix, "graph")
    u, v = np.nonzero(~np.eye(n, dtype=bool))
    weights = values[u, v]
    wrong = ~np.isfinite(weights) if weights.dtype.kind == "f" else np.abs(weights) > LARGEST_EXACT_FLOAT
    if wrong.any():
        k = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"graph: the distance from {u[k]} to {v[k]} is {weights[k]}; finite distances are needed, below 2**53 for "
            "integers (where there is no way, leave it out of a scipy.sparse array or a graph)"
        )
    directed = not np.array_equal(weights, values[v, u])
    if not directed:
        u, v, weights = u[u < v], v[u < v], weights[u < v]
    edges = np.stack([u, v], axis=1).astype(np.int64)
    return IndexedGraph(range(n), edges, weights, directed, "weight" if weight is None else weight, None)


def _check_reachable(graph: IndexedGraph, exists: np.ndarray) -> None:
    """Refuse graphs with a city that cannot be reached from the first, or from which that one cannot be reached."""
    for ways, text in ((exists, "cannot be reached from the city {}"), (exists.T, "has no way to the city {}")):
        reached = np.zeros(len(exists), dtype=bool)
        fresh = np.zeros(len(exists), dtype=bool)
        fresh[0] = True
        while fresh.any():
            reached |= fresh
            fresh = ways[fresh].any(axis=0) & ~reached
        if not reached.all():
            lost = graph.nodes[int(np.flatnonzero(~reached)[0])]
            raise ValueError(
                f"graph: the city {lost!r} {text.format(repr(graph.nodes[0]))}, so there is no tour; add the ways that "
                "are missing, or leave such cities out"
            )


def _dearest_insertion(costs: np.ndarray) -> float:
    """Largest sum of a way into a city and a way out of it, to another city where there are three or more."""
    n = len(costs)
    if n == 2:
        return float(costs[0, 1] + costs[1, 0])
    masked = costs.copy()
    np.fill_diagonal(masked, -np.inf)
    cities = np.arange(n)
    before, after = masked.argmax(axis=0), masked.argmax(axis=1)
    most_in, most_out = masked[before, cities], masked[cities, after]
    second_in, second_out = np.partition(masked, -2, axis=0)[-2], np.partition(masked, -2, axis=1)[:, -2]
    together = np.where(before != after, most_in + most_out, np.maximum(second_in + most_out, most_in + second_out))
    return float(together.max())
