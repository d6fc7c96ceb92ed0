r"""Quadratic assignment: facilities to locations, one each, so that flow times distance is least in sum.

With flows :math:`F_{ij}` between facilities, distances :math:`D_{kl}` between locations and costs :math:`C_{ik}` of a
facility at a location, the objective of a permutation :math:`\pi` is :math:`\sum_{ij} F_{ij} D_{\pi(i) \pi(j)} +
\sum_i C_{i \pi(i)}`: T. C. Koopmans, M. Beckmann, Econometrica 25, 53 (1957).  The terms i = j are a linear cost,
:math:`L_{ik} = C_{ik} + F_{ii} D_{kk}`.  With :math:`x_{i,k} = 1` where facility i is at location k,

.. math::
    E = A \sum_i \Big(1 - \sum_k x_{i,k}\Big)^2 + A \sum_k \Big(1 - \sum_i x_{i,k}\Big)^2
        + \sum_{i \neq j,\, k \neq l} (F_{ij} - f)(D_{kl} - d)\, x_{i,k}\, x_{j,l}
        + \sum_{ik} (L_{ik} - a_i - b_k)\, x_{i,k} + \text{constant} ,

where f and d are the least entries of F and D beside the diagonal, and a and b are the least entries of the rows of L,
then of its columns.  All of these change every permutation's cost by the same, which the constant makes up for:
:math:`f \sum D + d \sum F - f d\, n(n-1) + \sum a + \sum b`.  They leave no coefficient negative, whatever the signs
of the input, and lower the penalty that is needed.  The energy of an encoded assignment is its objective.

**Bound:** :math:`A > \tfrac12 \max_{ik} \big[ L'_{ik} + \langle F'_{i\cdot}, D'_{k\cdot} \rangle +
\langle F'_{\cdot i}, D'_{\cdot k} \rangle \big]` with the reduced matrices and the greatest scalar products that any
order of their entries gives (both sorted).  Take a state that is no permutation.  While a row or a column holds
several x, delete one: the square of that row or column falls by at least A, the other rises by at most A, and nothing
is negative.  (If the last deletion leaves a permutation, both were overfull, and the energy has fallen by 2A.)  What
remains has as many facilities without a location as free locations.  Put such a facility there: two squares fall by A
each, and its cost with the others, which are at different locations, is at most what the brackets hold.  By the bound
the energy falls.  So every state that is no permutation lies above some permutation.

**Domain walls** (:mod:`.domain_wall`) take N (N - 1) spins.  The rows hold by themselves unless a row turns back, which
costs :math:`2 \kappa A` each time; A remains for the columns.  Bounds, with r and c the sums of the rows and columns of
F', and m the largest whole number up to (n - 1)/2:

* A, for states without turns: :math:`A > \tfrac12 \max_{ik} [ L'_{ik} + r_i \max_l D'_{kl} + c_i \max_l D'_{lk} ]`.
  Of the facilities of a crowded location one goes to a free location: the two squares fall by 2A at least, and the
  brackets are the most that it costs there, where others may share their locations.
* :math:`\kappa A`: a row that turns back w times has w entries -1 and w + 1 entries +1, so that two rows have
  :math:`w_i + w_j + 2 w_i w_j \leq (1 + m)(w_i + w_j)` pairs of unlike sign, and the cost is at least
  :math:`-\sum_i w_i [(1 + m)(r_i + c_i) \max D' + \max_k L'_{ik}]`.  The best permutation costs at most the mean of
  all, :math:`\sum F' \sum D' / n(n-1) + \sum L' / n`.  So no ground state turns back if :math:`2 \kappa A` exceeds
  that mean and the greatest of the brackets together.  :math:`\kappa` is the ratio of this bound to that of A, or 1
  if that is more, so that a penalty above the first bound fulfils both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from ..checks import LARGEST_EXACT_FLOAT, is_integer
from ..matrices import checked_square_matrix
from ..model import IsingModel
from ..problem import Problem, checked_penalty
from .assignment_costs import ReducedCosts, least_cost, reduced_costs
from .builder import QuboBuilder
from .domain_wall import add_turns, steps, wall_places, wall_spins
from .permutations import add_permutation, complete_permutation, single_choices, swap_search

__all__ = ["QuadraticAssignment"]

# Exchanges that a repair may make, fewer where there are many facilities.
_STEPS = 400
# Of the sum of absolute terms: what sums of floats may differ by.
_ROUNDING = 1e-12


class QuadraticAssignment(Problem):
    r"""Facilities at locations, one each, with the least sum of flow times distance; the energy is that sum.

    The objective is :math:`\sum_{ij} F_{ij} D_{\pi(i) \pi(j)} + \sum_i C_{i \pi(i)}` over all ordered pairs, so a
    symmetric flow counts twice, as in QAPLIB.  An answer is the list of locations of facilities 0 … n-1; ``decode``
    gives ``None`` for a facility that does not have exactly one.

    Parameters
    ----------
    flow : array_like or scipy.sparse array, shape (n, n)
        From facility to facility.  Any finite numbers; need not be symmetric.
    distance : array_like or scipy.sparse array, shape (n, n)
        From location to location, likewise.  A sparse array has distance zero where it has no entry.
    cost : array_like or scipy.sparse array, shape (n, n), optional
        Of a facility at a location.
    penalty : float or "auto"
        The weight A of a broken constraint.
    encoding : {"one_hot", "domain_wall"}
        Whether a location is one of N spins, or a wall among N - 1, which needs larger penalties.

    Attributes
    ----------
    flow, distance, cost : numpy.ndarray, shape (n, n)
        Read-only copies; int64 or float64.
    penalty : float or "auto"
    encoding : str

    Raises
    ------
    ValueError
        If a matrix is not square, not finite, or of another size; if there are no facilities, or sums would be
        rounded; if the encoding is unknown.

    Examples
    --------
    >>> problem = QuadraticAssignment([[0, 3, 0], [3, 0, 1], [0, 1, 0]], [[0, 1, 2], [1, 0, 1], [2, 1, 0]])
    >>> problem.num_spins, problem.objective([0, 1, 2]), problem.objective([1, 0, 2])
    (9, 8, 10)
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "flow times distance"
    statement: ClassVar[str] = "facilities at locations, one each, with the least sum of flow times distance"
    spin_count: ClassVar[str] = "N², or N (N - 1) with domain walls"
    source: ClassVar[str] = "Koopmans and Beckmann (1957)"

    flow: np.ndarray
    distance: np.ndarray
    cost: np.ndarray
    penalty: float | Literal["auto"]
    encoding: Literal["one_hot", "domain_wall"]

    def __init__(
        self,
        flow: Any,
        distance: Any,
        cost: Any = None,
        *,
        penalty: float | Literal["auto"] = "auto",
        encoding: Literal["one_hot", "domain_wall"] = "one_hot",
    ) -> None:
        flow, distance = _checked_matrix(flow, "flow"), _checked_matrix(distance, "distance")
        n = len(flow)
        if not n:
            raise ValueError("flow: at least one facility is needed, but the matrix is empty")
        cost = np.zeros((n, n), dtype=np.int64) if cost is None else _checked_matrix(cost, "cost")
        for name, matrix in (("distance", distance), ("cost", cost)):
            if len(matrix) != n:
                raise ValueError(
                    f"{name}: the shape must be {(n, n)}, as for the flow, but it is {matrix.shape}; add facilities "
                    "without flow if there are more locations"
                )
        sums = [float(np.abs(matrix).sum(dtype=np.float64)) for matrix in (flow, distance, cost)]
        largest = [float(np.abs(matrix).max()) for matrix in (flow, distance)]
        # flows and distances less their least entries may be twice as large, and are then multiplied
        total = 4 * min(sums[0] * largest[1] + largest[0] * n * n * largest[1], 1e300) + sums[2]
        whole = all(matrix.dtype.kind == "i" for matrix in (flow, distance, cost))
        if whole and total >= LARGEST_EXACT_FLOAT:
            raise ValueError(
                f"flow: sums of flow times distance could reach {total:.3g}, beyond 2**53, and would be rounded; "
                "divide out common factors, or pass floats if rounding is acceptable"
            )
        if not total < 1e290:
            raise ValueError("flow: flow times distance adds up to more than a float can hold; scale them down")
        if encoding not in ("one_hot", "domain_wall"):
            raise ValueError(f"encoding: must be 'one_hot' or 'domain_wall', but it is {encoding!r}")
        self._keep(flow=flow, distance=distance, cost=cost, penalty=checked_penalty(penalty), encoding=encoding)

    def __repr__(self) -> str:
        return (
            f"QuadraticAssignment(<{len(self.flow)} facilities>, penalty={self.penalty!r}, encoding={self.encoding!r})"
        )

    @property
    def variables(self) -> Sequence[Hashable]:
        """Pairs (facility, location): spin +1 puts the facility there; of a domain wall, beyond there."""
        facilities, locations = self._grid().shape
        return tuple((facility, location) for facility in range(facilities) for location in range(locations))

    @property
    def num_spins(self) -> int:
        """N² for N facilities, or N (N - 1) with domain walls."""
        return self._grid().size

    @property
    def one_hot(self) -> Sequence[np.ndarray]:
        """The locations of each facility, then the facilities of each location; none with domain walls."""
        grid = self._grid()
        return [*grid, *grid.T] if self.encoding == "one_hot" else ()

    def _grid(self) -> np.ndarray:
        n = len(self.flow)
        spins = n if self.encoding == "one_hot" else n - 1
        return np.arange(n * spins).reshape(n, spins)

    @cached_property
    def _linear(self) -> np.ndarray:
        """L of the module's docstring."""
        return self.cost + np.outer(self.flow.diagonal(), self.distance.diagonal())

    @cached_property
    def _reduced(self) -> ReducedCosts:
        return reduced_costs(self.flow, self.distance, self._linear)

    @property
    def _turn_ratio(self) -> float:
        """Kappa of the module's docstring."""
        crowded = self._reduced.dearest_crowded_insertion()
        return max(1.0, self._reduced.dearest_turn() / crowded) if crowded else 1.0

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring: the objective, for an encoded assignment."""
        reduced, grid, weight = self._reduced, self._grid(), self._penalty_weight()
        flow, distance, cost = reduced.flow, reduced.distance, reduced.cost
        builder = QuboBuilder(self.num_spins)
        builder.add_constant(reduced.constant)
        if self.encoding == "one_hot":
            add_permutation(builder, grid, weight)
        else:  # x = S y + (1, 0, …, 0) in every row
            n, step = len(flow), steps(len(flow))
            add_turns(builder, grid, weight * self._turn_ratio)
            columns = np.tile(step, n)  # sum of a column of x, less n in the first
            builder.add_square_rows(columns, constant=np.where(np.arange(n) == 0, n - 1, -1), weight=weight)
            builder.add_constant(cost[:, 0].sum())
            cost = cost @ step + np.outer(flow.sum(axis=1), distance[:, 0] @ step)
            cost += np.outer(flow.sum(axis=0), distance[0] @ step)
            distance = step.T @ distance @ step
        builder.add_linear(grid, cost)
        i, j = np.nonzero(flow)
        k, l = np.nonzero(distance)  # noqa: E741
        builder.add_pairs(grid[i[:, None], k], grid[j[:, None], l], np.outer(flow[i, j], distance[k, l]))
        return builder.build(labels=self.variables)

    def _decode(self, spins: np.ndarray) -> list[int | None]:
        """Location of each facility; ``None`` where not exactly one of its spins is +1, or its wall turns back."""
        rows = spins.reshape(self._grid().shape)
        places = single_choices(rows > 0) if self.encoding == "one_hot" else wall_places(rows)
        return [k if k >= 0 else None for k in places.tolist()]

    def encode(self, answer: Any) -> np.ndarray:
        """Spins of an assignment; a facility without a location (``None``) has only spins -1.

        Raises
        ------
        ValueError
            If the answer is not a list of n locations and ``None``, or holds a ``None`` that no wall can stand for.
        """
        places = self._known_places(answer)
        if self.encoding == "domain_wall":
            if (places < 0).any():
                facility = int(np.flatnonzero(places < 0)[0])
                raise ValueError(f"answer: facility {facility} has no location; encoding='one_hot' can express that")
            return wall_spins(places, len(places)).ravel()
        spins = np.full(self.flow.shape, -1, dtype=np.int8)
        facilities = np.flatnonzero(places >= 0)
        spins[facilities, places[facilities]] = 1
        return spins.ravel()

    def violations(self, answer: Any) -> list[str]:
        """Facilities without a location or with one that does not exist, locations with several facilities."""
        n = len(self.flow)
        places = _locations(answer, n)
        if places is None:
            return [f"the answer is not a list of {n} locations"]
        broken = []
        held = defaultdict(list)
        for facility, place in enumerate(places):
            if place is None:
                broken.append(f"facility {facility} has no location")
            elif place < 0:
                broken.append(f"facility {facility} has the location {answer[facility]!r}, which is not 0 to {n - 1}")
            else:
                held[place].append(facility)
        for place, facilities in sorted(held.items()):
            if len(facilities) > 1:
                broken.append(f"location {place} has the facilities {', '.join(map(str, facilities))}")
        return broken

    def objective(self, answer: Any) -> float:
        """Sum of flow times distance, and of costs, over the facilities that have a location; an int for integers.

        Raises
        ------
        ValueError
            If the answer is not a list of n locations and ``None``.
        """
        places = self._known_places(answer)
        facilities = np.flatnonzero(places >= 0)
        there = places[facilities]
        total = (self.flow[np.ix_(facilities, facilities)] * self.distance[np.ix_(there, there)]).sum()
        return (total + self.cost[facilities, there].sum()).item()

    def penalty_bound(self) -> float:
        """The bound of the module's docstring, by which a facility without a location is better put somewhere."""
        walls = self.encoding == "domain_wall"
        return (self._reduced.dearest_crowded_insertion() if walls else self._reduced.dearest_insertion()) / 2

    def objective_bound(self) -> float:
        """Bound of P. C. Gilmore (1962) and E. L. Lawler (1963): least scalar products, assigned at least cost."""
        bound = least_cost(self.flow, self.distance, self._linear)
        if isinstance(bound, int):
            return bound
        terms = np.abs(self.flow).sum() * np.abs(self.distance).max() + np.abs(self.cost).sum()
        return bound - _ROUNDING * float(terms)

    def repair(self, answer: Any) -> Any:
        """The answer's locations where they differ, the rest by linear assignment, then exchanges of two facilities.

        Gives an assignment from any answer.
        """
        flow, distance, cost = self._reduced.flow, self._reduced.distance, self._reduced.cost
        begun = np.array([k if k is not None else -1 for k in _locations(answer, len(flow)) or [None] * len(flow)])
        places = swap_search(flow, distance, cost, complete_permutation(flow, distance, cost, begun), steps=_STEPS)
        better = places.tolist()
        if self.is_feasible(answer) and not self.objective(better) < self.objective(answer):
            return answer
        return better

    def _known_places(self, answer: Any) -> np.ndarray:
        """Location of each facility, -1 for ``None``, or a ``ValueError``."""
        n = len(self.flow)
        places = _locations(answer, n)
        if places is None:
            raise ValueError(f"answer: a list of {n} locations is needed, but it is {_kind(answer)}")
        for facility, place in enumerate(places):
            if place is not None and place < 0:
                raise ValueError(
                    f"answer: facility {facility} has the location {answer[facility]!r}; 0 to {n - 1} is needed"
                )
        return np.array([-1 if place is None else place for place in places], dtype=np.int64)


def _checked_matrix(values: Any, name: str) -> np.ndarray:
    matrix = checked_square_matrix(values, name)
    matrix = matrix.toarray() if hasattr(matrix, "toarray") else matrix.copy()
    matrix.flags.writeable = False
    return matrix


def _kind(answer: Any) -> str:
    """What an answer is instead, in one line."""
    if isinstance(answer, np.ndarray):
        return f"an array of shape {answer.shape}"
    if isinstance(answer, Sequence) and not isinstance(answer, (str, bytes)):
        return f"a {type(answer).__name__} of {len(answer)}"
    return f"a {type(answer).__name__}"


def _locations(answer: Any, n: int) -> list[int | None] | None:
    """The n entries of an answer, None for ``None`` and -1 for what is no location; None if it is no list of n."""
    if isinstance(answer, np.ndarray) and answer.ndim == 1:
        answer = answer.tolist()
    if isinstance(answer, (str, bytes)) or not isinstance(answer, Sequence) or len(answer) != n:
        return None
    whole = (None if k is None else int(k) if is_integer(k) else -1 for k in answer)
    return [k if k is None or 0 <= k < n else -1 for k in whole]
