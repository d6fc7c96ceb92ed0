"""Families of one-hot groups."""

import numpy as np
import pytest

from cim.solvers import one_hot
from cim.solvers.one_hot import OneHotGroups, restricted_groups

GRID = np.arange(20).reshape(4, 5)


@pytest.mark.parametrize("seed", range(5))
def test_rows_and_columns_are_told_apart_in_any_order_and_with_holes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kept = rng.random(20) < 0.8
    kept[GRID[0]] = kept[GRID[:, 0]] = True  # so that all groups meet, through these
    groups = [row[kept[row]] for row in (*GRID, *GRID.T)]
    shuffled = [rng.permutation(groups[k]) for k in rng.permutation(len(groups))]
    families = OneHotGroups(shuffled, 20)
    assert {families.num_primary, families.num_secondary} == {4, 5}
    assert (families.primary[kept] >= 0).all() and (families.secondary[kept] >= 0).all()
    assert families.free.tolist() == np.flatnonzero(~kept).tolist()
    for (g, c), spin in np.ndenumerate(families.meeting):
        both = np.flatnonzero((families.primary == g) & (families.secondary == c))
        assert both.tolist() == ([] if spin < 0 else [spin])
    for g in range(families.num_primary):
        members = families.members[families.starts[g] : families.starts[g + 1]]
        assert members.tolist() == np.flatnonzero(families.primary == g).tolist()


def test_groups_that_do_not_meet_are_one_family() -> None:
    families = OneHotGroups([np.array([0, 1]), np.array([], dtype=int), np.array([3, 4])], 6)
    assert families.primary.tolist() == [0, 0, -1, 1, 1, -1]
    assert families.num_secondary == 0 and families.meeting.shape == (0, 0)


def test_what_fits_no_family_is_left_out() -> None:
    families = OneHotGroups([np.array([0, 1]), np.array([1, 2]), np.array([2, 0])], 3)
    assert (families.num_primary, families.num_secondary) == (1, 1)
    no_groups = OneHotGroups([], 3)
    assert no_groups.num_primary == 0 and no_groups.free.tolist() == [0, 1, 2]


def test_a_table_that_would_not_fit_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_hot, "_LARGEST_TABLE", 19)
    families = OneHotGroups([*GRID, *GRID.T], 20)
    assert families.meeting.shape == (0, 0) and families.num_secondary == 5


def test_groups_on_a_part_of_the_spins() -> None:
    groups = [np.array([0, 1, 2]), np.array([2, 3]), np.array([4])]
    kept = np.array([3, 1, 2])
    (inside,) = restricted_groups(groups, kept, 5)
    assert inside.tolist() == [2, 0]
    lost = np.array([False, False, False, False, True])
    first, second = restricted_groups(groups, kept, 5, lost)
    assert first.tolist() == [1, 2] and second.tolist() == [2, 0]
    (only,) = restricted_groups(groups, kept, 5, np.array([True, False, False, False, False]))
    assert only.tolist() == [2, 0]
