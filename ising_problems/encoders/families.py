"""Families of sets as users bring them: one door, and the incidence matrix that encoders work on."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import scipy.sparse as sp

__all__ = ["SetFamily", "set_family"]


@dataclass(frozen=True, eq=False)
class SetFamily:
    """Sets by positions.

    Attributes
    ----------
    names : sequence of hashable
        What the sets are called: the keys of a mapping, else 0 … N-1.
    universe : tuple of hashable
        The elements, in order.
    incidence : scipy.sparse.csr_array of int64, shape (len(universe), len(names))
        1 where an element is in a set.
    """

    names: Sequence[Hashable]
    universe: tuple[Hashable, ...]
    incidence: sp.csr_array

    @cached_property
    def position(self) -> dict[Hashable, int]:
        """Position of each set by its name."""
        return {name: i for i, name in enumerate(self.names)}

    @cached_property
    def conflicts(self) -> sp.csr_array:
        """Which sets share an element; symmetric, zero diagonal, int64, shape (len(names), len(names))."""
        import scipy.sparse as sp

        shared: Any = sp.coo_array(self.incidence.T @ self.incidence)
        rows, columns = shared.coords
        different = rows != columns
        return sp.csr_array((shared.data[different], (rows[different], columns[different])), shape=shared.shape)

    def refuse_uncovered(self) -> None:
        """A ``ValueError`` that names an element that is in no set."""
        lost = np.flatnonzero(np.diff(self.incidence.indptr) == 0)
        if len(lost):
            raise ValueError(
                f"universe: the element {self.universe[lost[0]]!r} is in none of the sets, so nothing covers it; add a "
                "set that holds it or take it out"
            )

    @property
    def text(self) -> str:
        """What a repr shows of it."""
        return f"<{len(self.names)} sets, {len(self.universe)} elements>"


def set_family(sets: Any, universe: Any = None) -> SetFamily:
    """Sets, checked, from any of the forms that users bring.

    Parameters
    ----------
    sets : iterable of iterables of hashable, or mapping from name to such an iterable
        Repeats within a set count once; equal sets are different choices.
    universe : iterable of hashable, optional
        All elements.  By default those that are in some set: numbers or strings sorted, others by their ``repr``.

    Raises
    ------
    TypeError
        If the sets are not iterables of hashable elements; a string is refused, because its letters are rarely meant.
    ValueError
        If a set has an element that is not in the universe, or the universe an element twice.
    """
    import scipy.sparse as sp

    if isinstance(sets, (str, bytes)) or not isinstance(sets, Iterable):
        raise TypeError(f"sets: a list of sets or a dict from name to set is needed, but it is a {type(sets).__name__}")
    named = isinstance(sets, Mapping)
    pairs = list(sets.items() if isinstance(sets, Mapping) else enumerate(sets))
    members = [_checked_set(name, one) for name, one in pairs]
    everything = frozenset().union(*members)
    if universe is None:
        elements = _ordered(everything)
    else:
        elements = _checked_universe(universe)
        beyond = everything.difference(elements)
        if beyond:
            k = next(k for k, one in enumerate(members) if one & beyond)
            raise ValueError(
                f"sets: set {pairs[k][0]!r} has the element {_ordered(members[k] & beyond)[0]!r}, which is not in the "
                "universe; add it there or take it out of the set"
            )
    place = {element: a for a, element in enumerate(elements)}
    rows = np.array([place[element] for one in members for element in one], dtype=np.int64)
    columns = np.repeat(np.arange(len(members)), [len(one) for one in members]).astype(np.int64)
    incidence: Any = sp.csr_array(
        (np.ones(len(rows), dtype=np.int64), (rows, columns)), shape=(len(elements), len(members))
    )
    incidence.sort_indices()
    return SetFamily(tuple(name for name, _ in pairs) if named else range(len(pairs)), elements, incidence)


def _checked_set(name: Hashable, members: Any) -> frozenset[Hashable]:
    if isinstance(members, (str, bytes, Mapping)) or not isinstance(members, Iterable):
        raise TypeError(
            f"sets: set {name!r} is {members!r}, but a set, list or tuple of its elements is needed, for instance {{1}}"
        )
    try:
        return frozenset(member.item() if isinstance(member, np.generic) else member for member in members)
    except TypeError:
        raise TypeError(f"sets: set {name!r} has an element that is not hashable; use tuples, not lists") from None


def _checked_universe(universe: Any) -> tuple[Hashable, ...]:
    if isinstance(universe, (str, bytes, Mapping)) or not isinstance(universe, Iterable):
        raise TypeError(f"universe: a collection of the elements is needed, but it is a {type(universe).__name__}")
    elements = tuple(element.item() if isinstance(element, np.generic) else element for element in universe)
    seen: set[Hashable] = set()
    for element in elements:
        try:
            twice = element in seen
        except TypeError:
            raise TypeError(f"universe: the element {element!r} is not hashable; use tuples instead of lists") from None
        if twice:
            raise ValueError(f"universe: the element {element!r} is given twice; give each once")
        seen.add(element)
    return _ordered(seen) if isinstance(universe, (set, frozenset)) else elements


def _ordered(elements: Iterable[Hashable]) -> tuple[Hashable, ...]:
    """The same in every run, which the order of a Python set of strings is not."""
    elements = list(elements)
    if all(isinstance(element, str) for element in elements) or all(
        isinstance(element, (int, float)) for element in elements
    ):
        return tuple(sorted(elements))  # type: ignore[type-var]
    return tuple(sorted(elements, key=lambda element: (type(element).__name__, repr(element))))
