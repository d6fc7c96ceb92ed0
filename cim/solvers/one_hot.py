r"""One-hot groups of spins as a search with exchange moves needs them: families, and who meets whom.

Of each group exactly one spin is +1 in every answer that counts.  Groups that share spins, as the rows and columns of
an assignment do, are told apart by a 2-colouring of the graph of groups that meet: the *primary* groups share no spin
with each other, nor do the *secondary* ones.  A search keeps the primary constraints by construction, and the
secondary ones wherever it exchanges what two primary groups hold.  Where two colours are not enough (three families
that meet in threes, say), as many groups as fit become primary and, after them, secondary; the rest is left to the
penalties in the couplings.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["OneHotGroups", "restricted_groups"]

_LARGEST_TABLE = 1 << 23


class OneHotGroups:
    """The groups of a model, in two families.

    Parameters
    ----------
    groups : sequence of array of int
        Spins of each group; empty ones are passed over.
    num_spins : int

    Attributes
    ----------
    primary, secondary : numpy.ndarray of int32, shape (n,)
        Group of the family that each spin is in; -1 where it is in none.
    starts, members : numpy.ndarray of int32
        The spins of primary group g are ``members[starts[g]:starts[g + 1]]``.
    num_secondary : int
        Groups in the secondary family.
    meeting : numpy.ndarray of int32, shape (primary groups, secondary groups)
        Spin that two groups share, -1 where there is none; of shape (0, 0) where no two groups meet, or there are so
        many that the table would not fit.
    free : numpy.ndarray of int32
        Spins in no primary group.
    """

    def __init__(self, groups: Sequence[np.ndarray], num_spins: int) -> None:
        own = [np.unique(np.asarray(group, dtype=np.int64)) for group in groups]
        own = [group for group in own if group.size]
        first, second = _two_families(own, num_spins)
        self.primary = _group_of(first, num_spins)
        self.secondary = _group_of(second, num_spins)
        self.starts = np.concatenate([[0], np.cumsum([len(group) for group in first], dtype=np.int64)]).astype(np.int32)
        self.members = np.concatenate([np.empty(0, dtype=np.int64), *first]).astype(np.int32)
        self.num_secondary = len(second)
        self.free = np.flatnonzero(self.primary < 0).astype(np.int32)
        self.meeting = np.empty((0, 0), dtype=np.int32)
        if second and len(first) * len(second) <= _LARGEST_TABLE:
            self.meeting = np.full((len(first), len(second)), -1, dtype=np.int32)
            both = np.flatnonzero((self.primary >= 0) & (self.secondary >= 0))
            self.meeting[self.primary[both], self.secondary[both]] = both

    @property
    def num_primary(self) -> int:
        """Groups in the primary family."""
        return len(self.starts) - 1


def restricted_groups(
    groups: Sequence[np.ndarray], kept: np.ndarray, num_spins: int, lost: np.ndarray | None = None
) -> tuple[np.ndarray, ...]:
    """Groups on a part of the spins, in the numbering of that part.

    Parameters
    ----------
    groups : sequence of array of int
    kept : numpy.ndarray of int
        Spins of the part, in its order.
    num_spins : int
        Of the whole.
    lost : numpy.ndarray of bool, shape (num_spins,), optional
        Spins with which their whole group is given up (those that are not kept but +1); by default all that are not
        kept.
    """
    place = np.full(num_spins, -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    gone = place < 0 if lost is None else lost
    whole = [np.asarray(group, dtype=np.int64) for group in groups]
    inside = [place[group][place[group] >= 0] for group in whole if not gone[group].any()]
    return tuple(group for group in inside if group.size)


def _group_of(family: list[np.ndarray], num_spins: int) -> np.ndarray:
    group_of = np.full(num_spins, -1, dtype=np.int32)
    for g, group in enumerate(family):
        group_of[group] = g
    return group_of


def _two_families(groups: list[np.ndarray], num_spins: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Groups as two families without a spin in common, found breadth-first; what fits neither is left out."""
    containing: list[list[int]] = [[] for _ in range(num_spins)]
    for k, group in enumerate(groups):
        for spin in group.tolist():
            containing[spin].append(k)
    colour = [-1] * len(groups)
    for root in range(len(groups)):
        if colour[root] >= 0:
            continue
        colour[root] = 0
        queue = [root]
        for k in queue:
            for spin in groups[k].tolist():
                for other in containing[spin]:
                    if colour[other] < 0:
                        colour[other] = 1 - colour[k]
                        queue.append(other)
    families: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    taken = np.zeros((2, num_spins), dtype=bool)
    for group, wanted in zip(groups, colour, strict=True):
        for family in (wanted, 1 - wanted):
            if not taken[family, group].any():
                taken[family, group] = True
                families[family].append(group)
                break
    return families
