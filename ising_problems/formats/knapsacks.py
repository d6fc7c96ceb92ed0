r"""One knapsack (``.kp``): its capacity, and the value and weight of each item.

Three layouts are told apart by their first line:

* ``capacity``, then a line ``value weight`` for each item: as the instances ``knapPI_…`` are passed around;
* ``n capacity``, then n lines ``value weight``; what a solver wrote below them, one last line of n numbers 0 or 1, is
  passed over;
* D. Pisinger's own: ``name``, ``n …``, ``c …``, ``z …`` (the best value), ``time …``, n lines ``item,value,weight,x``
  and a line of dashes, as often as there are instances; ``index=`` chooses one, counted from 0.

Source: D. Pisinger, "Where are the hard knapsack problems?", Computers & Operations Research 32 (2005) 2271, and the
generator's files.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .source import Format, Instances, Opening, Source
from .tables import Table

__all__ = ["FORMAT"]

_HEADER = (b"n", b"c", b"z", b"time")


def _load(source: Source) -> Any:
    table = Table(source)
    if len(table) > 1 and table.word(1, 0) == b"n":
        return _load_pisinger(Table(Source(source.path, source.text().replace(b",", b" "))))
    if table.count[0] == 1:
        return _items(table, slice(1, None), table.numbers(slice(0, 1), 0, "the capacity").tolist()[0])
    table.check_width(slice(0, 1), 2, "a first line 'capacity' or 'items capacity'")
    n = table.integer(0, 0, "the number of items")
    found = len(table) - 1
    if n < 0:
        raise table.error(0, f"{n} items are declared")
    if found == n + 1 and _is_packing(table, found, n):
        found = n
    table.check_number_of_lines(found, n, "items", 1)
    return _items(table, slice(1, 1 + n), table.numbers(slice(0, 1), 1, "the capacity").tolist()[0])


def _is_packing(table: Table, row: int, n: int) -> bool:
    return table.count[row] == n and set(table.words(row)) <= {b"0", b"1"}


def _items(table: Table, rows: slice, capacity: float, column: int = 0, width: int = 2) -> dict[str, Any]:
    table.check_width(rows, width, "an item 'value weight'" if width == 2 else "an item 'number,value,weight,x'")
    values = table.numbers(rows, column, "the value")
    weights = table.numbers(rows, column + 1, "the weight")
    return {"values": values.tolist(), "weights": weights.tolist(), "capacity": capacity}


def _load_pisinger(table: Table) -> Instances:
    begins: list[int] = []
    row = 0
    while row < len(table):
        if len(table) < row + 5:
            raise table.source.error("the file ends within the header of an instance", table.last_line)
        for k, keyword in enumerate(_HEADER, start=1):
            if table.count[row + k] != 2 or table.word(row + k, 0) != keyword:
                raise table.error(row + k, f"a line '{keyword.decode()} …' is needed, but it is {table.shown(row + k)}")
        n = table.integer(row + 1, 1, "the number of items")
        end = row + 5 + n
        if n < 0 or end >= len(table):
            raise table.error(
                row + 1, f"{n} items and a line of dashes do not follow: the file is damaged or incomplete"
            )
        if table.count[end] != 1 or set(table.word(end, 0)) != {ord("-")}:
            raise table.error(end, f"a line of dashes is needed after {n} items, but it is {table.shown(end)}")
        begins.append(row)
        row = end + 1
    contents = [_pisinger_instance(table, begin) for begin in begins]
    return Instances(len(contents), contents.__getitem__)


def _pisinger_instance(table: Table, begin: int) -> dict[str, Any]:
    n = table.integer(begin + 1, 1, "the number of items")
    capacity = table.numbers(slice(begin + 2, begin + 3), 1, "the capacity").tolist()[0]
    rows = slice(begin + 5, begin + 5 + n)
    content = _items(table, rows, capacity, column=1, width=4)
    wrong = np.flatnonzero(table.integers(rows, 0, "the number of the item") != np.arange(1, n + 1))
    if len(wrong):
        raise table.error(rows.start + int(wrong[0]), f"item {wrong[0] + 1} is needed here")
    return content


def _opening(lines: Opening) -> bool:
    if len(lines) < 2:
        return False
    if [words[0] for words in lines[1:5]] == list(_HEADER):
        return True
    numbers = len(lines[0]) in (1, 2) and lines[0][-1].replace(b".", b"", 1).isdigit()
    return numbers and all(len(words) == 2 for words in lines[1:-1])


FORMAT = Format(
    name="knapsack",
    suffixes=(".kp",),
    description="knapsacks: Pisinger's, and plain lists of values and weights",
    load=_load,
    problems=("Knapsack",),
    opening=_opening,
)
