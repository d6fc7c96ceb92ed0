r"""Files of the OR-Library: sets to cover (``scp…``), knapsacks of many constraints (``mknap…``), ``bqp…``.

All are numbers one after the other; where lines end does not matter in the first two, and the files have no suffix of
their own, so that they are known by what they hold or by ``format=``.

``orlib-scp``
    ``m n``, the n costs of the sets, then for each of the elements 1 … m the number of sets that hold it and these
    sets, 1 … n.
``orlib-mknap``
    The number of instances; for each ``n m best``, n profits, m rows of n weights and m capacities.  An instance is the
    binary linear program to maximise the profit, row by row within the capacities.
``orlib-bqp``
    The number of instances; for each ``n m``, then m lines ``i j q`` with 1 ≤ i ≤ j ≤ n.  Asked for is the largest
    :math:`x^{\mathsf T} Q x` of a symmetric Q, so that :math:`q_{ij}` off the diagonal counts twice.  It is read as the
    Ising model whose lowest energy is minus that value; spin k is variable k+1, up where it is 1.

Of a file of several instances, ``index=`` chooses one, counted from 0: ``bqp50-1`` of the literature is index 0.

Source: J. E. Beasley, "OR-Library: distributing test problems by electronic mail", J. Oper. Res. Soc. 41 (1990) 1069.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..model import IsingModel
from .edges import check_pairs
from .qubo import qubo_model
from .source import Format, Instances, Opening, Source, are_digits
from .tables import Table, duplicates

__all__ = ["BINARY_QUADRATIC", "MANY_KNAPSACKS", "SET_COVER"]


class _Stream:
    """Numbers one after the other, taken from the front."""

    def __init__(self, source: Source) -> None:
        self.table = table = Table(source)
        self.values = table.all_numbers(slice(None), "every entry")
        self._rows = np.repeat(np.arange(len(table)), table.count)
        self.at = 0

    def take(self, count: int, what: str) -> np.ndarray:
        """The next numbers."""
        left = len(self.values) - self.at
        if count > left:
            raise self.table.source.error(
                f"the file ends after {left} of {count} numbers of {what}", self.table.last_line
            )
        self.at += count
        return self.values[self.at - count : self.at]

    def whole(self, what: str, lowest: int, highest: int | None = None) -> int:
        """The next number, which must be whole and in its range."""
        value = self.take(1, what)[0]
        if value != int(value) or value < lowest or (highest is not None and value > highest):
            most = "" if highest is None else f" to {highest}"
            raise self.error(self.at - 1, f"{what} must be an integer from {lowest}{most}, but it is {value}")
        return int(value)

    def error(self, at: int, message: str) -> ValueError:
        """The error for the line of a number."""
        return self.table.error(int(self._rows[at]), message)

    def finish(self) -> None:
        """Refuse whatever is left."""
        if self.at < len(self.values):
            raise self.error(self.at, "more numbers than the file declares")


# ---------------------------------------------------------------------- set covering


def _load_cover(source: Source) -> dict[str, Any]:
    stream = _Stream(source)
    m, n = stream.whole("the number of elements", 1), stream.whole("the number of sets", 1)
    source.check_count(m + n, len(stream.values), "elements and sets", 1)
    costs = stream.take(n, "the costs")
    sets: dict[int, list[int]] = {number: [] for number in range(1, n + 1)}
    for element in range(1, m + 1):
        count = stream.whole(f"the number of sets that hold element {element}", 0, n)
        members = [stream.whole(f"a set that holds element {element}", 1, n) for _ in range(count)]
        if len(set(members)) != count:
            raise stream.error(stream.at - 1, f"a set that holds element {element} is given twice")
        for member in members:
            sets[member].append(element)
    stream.finish()
    return {"sets": sets, "universe": range(1, m + 1), "weights": costs.tolist()}


# ---------------------------------------------------------------------- knapsacks of many constraints


def _load_knapsacks(source: Source) -> Instances:
    stream = _Stream(source)
    count = stream.whole("the number of instances", 1)
    source.check_count(count, len(stream.values), "instances", 1)
    contents = []
    for _ in range(count):
        n, m = stream.whole("the number of items", 1), stream.whole("the number of constraints", 1)
        stream.take(1, "the best value")
        profits = stream.take(n, "the profits")
        weights = stream.take(n * m, "the weights").reshape(m, n)
        contents.append({"c": profits, "A_ub": weights, "b_ub": stream.take(m, "the capacities"), "sense": "maximize"})
    stream.finish()
    return Instances(count, contents.__getitem__)


# ---------------------------------------------------------------------- binary quadratic programs


def _load_quadratic(source: Source) -> Instances:
    table = Table(source)
    table.check_width(slice(0, 1), 1, "the number of instances")
    count = table.integer(0, 0, "the number of instances")
    if count < 1:
        raise table.error(0, f"the number of instances must be at least 1, but it is {count}")
    begins: list[tuple[int, int]] = []
    row = 1
    while row < len(table) and len(begins) < count:
        table.check_width(slice(row, row + 1), 2, "a line 'variables entries'")
        n, m = table.integer(row, 0, "the number of variables"), table.integer(row, 1, "the number of entries")
        if n < 1 or m < 0:
            raise table.error(row, f"{n} variables and {m} entries are declared")
        if row + m >= len(table):
            raise source.error(
                f"the file ends before the {m} entries that line {table.line[row]} declares", table.last_line
            )
        source.check_count(n, m, "variables", int(table.line[row]))
        begins.append((row, n))
        row += 1 + m
    if len(begins) != count:
        raise source.error(f"the file ends after {len(begins)} of {count} instances", table.last_line)
    if row < len(table):
        raise table.error(row, f"more than the {count} instances that the first line declares")
    ends = [begin for begin, _ in begins[1:]] + [len(table)]
    entries = [_entries(table, slice(begin + 1, end), n) for (begin, n), end in zip(begins, ends, strict=True)]
    return Instances(count, lambda k: _quadratic_model(source, begins[k][1], *entries[k]))


def _entries(table: Table, rows: slice, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table.check_width(rows, 3, "an entry 'i j q'")
    i, j = table.integers(rows, 0, "the row"), table.integers(rows, 1, "the column")
    check_pairs(table, rows, i, j, 1, n, loops=True)
    wrong = np.flatnonzero(i > j)
    if len(wrong):
        raise table.error(
            rows.start + int(wrong[0]),
            f"an entry 'i j q' needs i <= j, but it is {table.shown(rows.start + int(wrong[0]))}",
        )
    twice = duplicates(i, j)
    if twice:
        earlier, later = (rows.start + k for k in twice)
        raise table.error(
            later, f"the entry {i[twice[1]]} {j[twice[1]]} was given before, in line {table.line[earlier]}"
        )
    return i - 1, j - 1, table.numbers(rows, 2, "the coefficient")


def _quadratic_model(source: Source, n: int, i: np.ndarray, j: np.ndarray, values: np.ndarray) -> IsingModel:
    return qubo_model(source, n, i, j, np.where(i == j, -1, -2) * values, 0)


# ---------------------------------------------------------------------- the formats


def _opens_cover(lines: Opening) -> bool:
    return len(lines[0]) == 2 and len(lines) > 1 and are_digits(lines[0])


def _opens_knapsacks(lines: Opening) -> bool:
    return len(lines[0]) == 1 and len(lines) > 1 and len(lines[1]) == 3 and are_digits(lines[0])


def _opens_quadratic(lines: Opening) -> bool:
    widths = [len(words) for words in lines[:3]]
    return widths == [1, 2, 3] and are_digits([*lines[0], *lines[1]])


SET_COVER = Format(
    name="orlib-scp",
    suffixes=(),
    description="set covering problems of the OR-Library",
    load=_load_cover,
    problems=("SetCover",),
    opening=_opens_cover,
)
MANY_KNAPSACKS = Format(
    name="orlib-mknap",
    suffixes=(),
    description="knapsacks of many constraints of the OR-Library",
    load=_load_knapsacks,
    problems=("BinaryLinearProgram",),
    opening=_opens_knapsacks,
)
BINARY_QUADRATIC = Format(
    name="orlib-bqp",
    suffixes=(),
    description="binary quadratic programs of the OR-Library",
    load=_load_quadratic,
    opening=_opens_quadratic,
)
