r"""Three-dimensional matching: triples that hold every member of three parts exactly once.

R. M. Karp (1972), number 17: given a set T and triples of :math:`T \times T \times T`, are there :math:`|T|` of them of
which no two agree in any place?  Those are the exact covers (:mod:`.exact_cover`) of the :math:`3 |T|` pairs of a place
and a member.  With a 0/1 variable for each triple,

.. math:: E = A \sum_{k=1}^{3} \sum_{t} \Big( 1 - \sum_{i:\, t \text{ is in place } k \text{ of } i} x_i \Big)^2 ,

which is 0 exactly for a matching, so any A > 0 will do.  Not in Lucas's paper.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from ..problem import checked_penalty
from .exact_cover import ExactSubset
from .families import set_family
from .weights import unit_weights

__all__ = ["ThreeDimensionalMatching"]

_PLACES = ("first", "second", "third")


class ThreeDimensionalMatching(ExactSubset):
    r"""Triples in which every member of three equal parts is found exactly once, in its place.

    An answer is a set of triples.  Its objective adds up :math:`(1 - c_t)^2` over the members of the parts, each found
    :math:`c_t` times in its place, and the energy is A times that: 0 exactly for a matching.  (Where not every member
    need be matched, as many disjoint triples as possible are a ``SetPacking``.)

    Parameters
    ----------
    triples : iterable of tuples of three hashables
        The same member in different places stands for different things.
    parts : iterable of three iterables, optional
        What is to be matched in the first, second and third place; by default all that is found there.  Karp's set T
        is ``parts=(T, T, T)``.
    penalty : float or "auto"
        The weight A of a member that is found not once but never or twice.

    Attributes
    ----------
    family : SetFamily
        The triples as sets of pairs (place, member), places counted from 0.
    penalty : float or "auto"

    Raises
    ------
    TypeError
        If the triples are not tuples of three hashable members.
    ValueError
        If there can be no matching because the parts are not equally large or a member is in no triple; if a triple is
        given twice or has a member that is not in its part, or the penalty is not positive.

    Examples
    --------
    >>> problem = ThreeDimensionalMatching([(1, "a", "x"), (2, "b", "y"), (2, "a", "y")])
    >>> problem.is_feasible({(1, "a", "x"), (2, "b", "y")})
    True
    >>> problem.violations({(1, "a", "x"), (2, "a", "y")})[0]
    "'a' is in the second place of 2 triples: (1, 'a', 'x'), (2, 'a', 'y')"
    """

    statement: ClassVar[str] = "triples in which every member of three parts is found exactly once"
    spin_count: ClassVar[str] = "number of triples"
    source: ClassVar[str] = "Karp 17"
    _noun: ClassVar[str] = "triple"
    _whole: ClassVar[str] = "those given"

    _members: list[tuple[int, Hashable]]

    def __init__(self, triples: Any, parts: Any = None, *, penalty: float | Literal["auto"] = "auto") -> None:
        own = _checked_triples(triples)
        if parts is None:
            universe = list(dict.fromkeys((k, triple[k]) for k in range(3) for triple in own))
        else:
            universe = _checked_parts(parts, own)
        sizes = [sum(k == place for k, _ in universe) for place in range(3)]
        if len(set(sizes)) > 1:
            raise ValueError(
                f"{'triples' if parts is None else 'parts'}: the three places have {sizes[0]}, {sizes[1]} and "
                f"{sizes[2]} members, so they cannot be matched; SetPacking finds as many disjoint triples as possible"
            )
        family = set_family({triple: list(enumerate(triple)) for triple in own}, universe)
        self._keep(
            family=family,
            _members=universe,
            weights=unit_weights(len(own)),
            unweighted=True,
            penalty=checked_penalty(penalty),
        )

    def __repr__(self) -> str:
        return (
            f"ThreeDimensionalMatching(<{len(self._items)} triples, {len(self.family.universe) // 3} members in each "
            f"place>, penalty={self.penalty!r})"
        )

    def _miscount_text(self, element: int, holders: Sequence[Hashable]) -> str:
        place, member = self._members[element]
        found = f"of {len(holders)} triples: {', '.join(map(repr, holders))}" if holders else "of no triple"
        return f"{member!r} is in the {_PLACES[place]} place {found}"


def _checked_triples(triples: Any) -> list[tuple[Hashable, ...]]:
    if isinstance(triples, (str, bytes, Mapping)) or not isinstance(triples, Iterable):
        raise TypeError(f"triples: a list of triples is needed, but it is a {type(triples).__name__}")
    seen: dict[tuple[Hashable, ...], None] = {}
    for number, triple in enumerate(triples.tolist() if isinstance(triples, np.ndarray) else triples):
        if isinstance(triple, (str, bytes)) or not isinstance(triple, Sequence) or len(triple) != 3:
            raise TypeError(f"triples: triple {number} is {triple!r}, but a tuple of three members is needed")
        own = tuple(triple)
        try:
            twice = own in seen
        except TypeError:
            raise TypeError(f"triples: triple {number}, {triple!r}, has a member that is not hashable") from None
        if twice:
            raise ValueError(f"triples: triple {number}, {triple!r}, was given before; give each once")
        seen[own] = None
    return list(seen)


def _checked_parts(parts: Any, triples: list[tuple[Hashable, ...]]) -> list[tuple[int, Hashable]]:
    try:
        own = [list(dict.fromkeys(part)) for part in parts]
    except TypeError:
        raise TypeError("parts: three collections of hashable members are needed") from None
    if len(own) != 3:
        raise ValueError(f"parts: three collections are needed, but there are {len(own)}")
    for place, part in enumerate(own):
        known, met = set(part), {triple[place] for triple in triples}
        for triple in triples:
            if triple[place] not in known:
                raise ValueError(
                    f"parts: {triple[place]!r}, in the {_PLACES[place]} place of {triple!r}, is not in the "
                    f"{_PLACES[place]} part"
                )
        missing = next((member for member in part if member not in met), None)
        if missing is not None:
            raise ValueError(
                f"parts: {missing!r} is in the {_PLACES[place]} place of no triple, so it cannot be matched"
            )
    return [(place, member) for place, part in enumerate(own) for member in part]
