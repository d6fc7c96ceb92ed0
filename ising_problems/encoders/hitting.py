r"""Hitting sets: elements of which every given set has at least one, or exactly one.

The two readings of the name are covers with the roles of sets and elements exchanged.  With a 0/1 variable for each
element,

* at least one: a set cover (:mod:`.covering`), whose bound is :math:`A > \max_S \min_{e \in S} w_e`;
* exactly one, as R. M. Karp (1972) states his problem 15: an exact cover (:mod:`.exact_cover`),

  .. math:: E = A \sum_S \Big( 1 - \sum_{e \in S} x_e \Big)^2 \; \Big[ + \sum_e w_e x_e \Big] .

Not in Lucas's paper.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

import numpy as np

from ..checks import on_one_line
from ..model import IsingModel
from ..problem import checked_penalty
from .covering import SetCover
from .exact_cover import MISCOUNTS, ExactCover
from .families import SetFamily, set_family
from .subsets import SubsetProblem
from .weights import item_weights

__all__ = ["HittingSet"]


class HittingSet(SubsetProblem):
    r"""The lightest choice of elements that hits every set, or one that hits every set exactly once.

    An answer is a set of elements.  By default it must hold at least one element of every set, which is what the name
    means today, and its weight is minimised; :meth:`repair` makes any answer do so.  With ``exact=True`` it must hold
    exactly one, which is Karp's problem, and without ``weights`` the objective then adds up :math:`(1 - c_S)^2` over
    the sets, each hit :math:`c_S` times: 0 exactly for a feasible answer.

    Parameters
    ----------
    sets : iterable of iterables of hashable, or mapping from name to such an iterable
        Repeats within a set count once.
    exact : bool, default False
        Whether every set is to be hit exactly once.
    weights : mapping from element to number, number, or sequence of numbers in the order of the elements, optional
        1 for each element by default; with ``exact`` they ask for the lightest choice instead of any.
    penalty : float or "auto"
        The weight A of a set that is not hit, or with ``exact`` not once.

    Attributes
    ----------
    family : SetFamily
        The sets and the elements by positions; ``family.universe`` is the order of the elements.
    exact : bool
    weights : numpy.ndarray, shape (number of elements,)
    penalty : float or "auto"

    Raises
    ------
    TypeError
        If the sets are not collections of hashable elements, or ``exact`` is neither True nor False.
    ValueError
        If a set is empty, so that nothing hits it, a weight is missing or not a finite number, or the penalty is not
        positive.

    Examples
    --------
    >>> problem = HittingSet([["a", "b"], ["b", "c"], ["c", "d"]])
    >>> problem.objective({"b", "c"}), HittingSet([["a", "b"], ["b", "c"]], exact=True).violations({"a", "b"})
    (2, ["the set 0 is hit 2 times, by 'a', 'b'"])
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "weight of the elements"
    statement: ClassVar[str] = "the lightest choice of elements that hits every set (exact=True: exactly once)"
    spin_count: ClassVar[str] = "N + Σ (⌊log₂(|S| - 1)⌋ + 1) over the sets of |S| ≥ 3 elements; exact: N"
    source: ClassVar[str] = "Karp 15"
    _noun: ClassVar[str] = "element"
    _whole: ClassVar[str] = "the sets"

    family: SetFamily
    exact: bool
    _cover: SetCover | ExactCover

    def __init__(
        self, sets: Any, exact: bool = False, weights: Any = None, *, penalty: float | Literal["auto"] = "auto"
    ) -> None:
        family = set_family(sets)
        if not isinstance(exact, (bool, np.bool_)):
            raise TypeError(
                f"exact: must be True or False, but it is {on_one_line(exact)}; weights are given as weights=…"
            )
        exact = bool(exact)
        own = item_weights(weights, family.universe, "element")
        by_element = family.incidence
        sizes = np.bincount(by_element.indices, minlength=len(family.names))
        empty = np.flatnonzero(sizes == 0)
        if len(empty):
            raise ValueError(f"sets: set {family.names[empty[0]]!r} is empty, so nothing hits it; leave it out")
        holders = np.split(by_element.indices, by_element.indptr[1:-1]) if len(family.universe) else []
        transposed = {
            element: [family.names[i] for i in inside.tolist()]
            for element, inside in zip(family.universe, holders, strict=True)
        }
        kind = ExactCover if exact else SetCover
        cover = kind(
            transposed,
            universe=list(family.names),
            weights=None if weights is None else own.tolist(),
            penalty=checked_penalty(penalty),
        )
        self._keep(
            family=family,
            exact=exact,
            weights=own,
            penalty=cover.penalty,
            objective_name=MISCOUNTS if exact and weights is None else type(self).objective_name,
            _cover=cover,
        )

    def __repr__(self) -> str:
        return f"HittingSet({self.family.text}, exact={self.exact}, penalty={self.penalty!r})"

    @property
    def _items(self) -> Sequence[Hashable]:
        return self.family.universe

    @cached_property
    def _position(self) -> Mapping[Hashable, int]:
        return {element: i for i, element in enumerate(self.family.universe)}

    @property
    def variables(self) -> Sequence[Hashable]:
        """The elements, +1 for a chosen one; then ``("surplus", set, k)`` for the bits of each set's surplus."""
        return self._cover.variables

    @property
    def num_spins(self) -> int:
        """One spin for each element and, unless ``exact``, the bits of the surpluses."""
        return self._cover.num_spins

    def with_penalty(self, penalty: float | Literal["auto"]) -> Self:
        """The same problem with another penalty.

        Raises
        ------
        ValueError
            If the penalty is neither "auto" nor a positive number.
        """
        other = super().with_penalty(penalty)
        other._keep(_cover=self._cover.with_penalty(penalty))
        return other

    def to_ising(self) -> IsingModel:
        """Model of the set cover, or the exact cover, with sets and elements exchanged."""
        return self._cover.to_ising()

    def objective(self, answer: Any) -> float:
        """Total weight of the elements; if ``exact`` without weights, the squared miscounts of the sets.

        Raises
        ------
        ValueError
            If the answer is not an iterable of elements.
        """
        return self._cover.objective(self._answer(self._chosen(answer)))

    def energy_of(self, objective: float) -> float:
        """The weight; if ``exact`` without weights, A times the squared miscounts."""
        return self._cover.energy_of(objective)

    def penalty_bound(self) -> float:
        """That of the set cover, or of the exact cover; both are proven there."""
        return self._cover.penalty_bound()

    def objective_bound(self) -> float | None:
        """That of the set cover, or of the exact cover."""
        return self._cover.objective_bound()

    @property
    def one_hot(self) -> Sequence[np.ndarray]:
        """If ``exact``, the elements of each set of two or more."""
        return self._cover.one_hot

    def _spins_of(self, chosen: np.ndarray) -> np.ndarray:
        return self._cover._spins_of(chosen)

    def _repaired(self, chosen: np.ndarray) -> np.ndarray:
        return self._cover._repaired(chosen)

    def _broken(self, chosen: np.ndarray) -> list[str]:
        names, universe = self.family.names, self.family.universe
        by_set = self.family.incidence.T.tocsr()
        broken = []
        for i, name in enumerate(names):
            inside = by_set.indices[by_set.indptr[i] : by_set.indptr[i + 1]]
            hits = inside[chosen[inside]].tolist()
            if not hits:
                broken.append(f"the set {name!r} is not hit")
            elif self.exact and len(hits) > 1:
                which = ", ".join(repr(universe[a]) for a in sorted(hits))
                broken.append(f"the set {name!r} is hit {len(hits)} times, by {which}")
        return broken
