r"""Formulas in conjunctive normal form (DIMACS ``.cnf``) and weighted ones (``.wcnf``).

``.cnf``: lines that begin with ``c`` are comments; one line ``p cnf n m`` comes before m clauses, each a sequence of
literals ``v`` or ``-v``, 1 ≤ v ≤ n, that ends in 0.  A clause may go over several lines, and a line may hold several
clauses.  SATLIB's files end in a line ``%`` and a line ``0``, which are read as the end.

``.wcnf`` in three forms, one clause to a line:

* until 2021, ``p wcnf n m top``, or ``p wcnf n m`` where no clause is hard: every clause begins with its weight, an
  integer from 1 to top; those of weight top are hard;
* since 2022, no line ``p``: a clause begins with ``h`` if it is hard, else with its weight;
* ``p cnf n m``, where every clause counts 1.

PySAT reads these formats as well.  It refuses SATLIB's ending and clauses that go over several lines, though, takes a
file without its header, with fewer clauses than declared or with variables beyond n, and says of no error in which line
it is; so they are read here, and :class:`pysat.formula.CNF` objects are taken by the problems themselves.

Source: "Satisfiability suggested format", DIMACS (1993); MaxSAT Evaluation, input format (2022).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .source import Format, Opening, Source
from .tables import Table

__all__ = ["CNF", "WCNF"]


def _load_cnf(source: Source) -> dict[str, Any]:
    table = Table(source, comment=b"c")
    n, m = _header(table, (b"cnf",))[:2]
    return {"clauses": _clauses(table, np.arange(1, _end(table)), n, m), "num_variables": n}


def _header(table: Table, kinds: tuple[bytes, ...]) -> list[int]:
    """The numbers in the line that begins with ``p``."""
    forms = " or ".join(f"'p {kind.decode()} variables clauses'" for kind in kinds)
    if not len(table):
        raise table.source.error(f"no line {forms}: there are only comments", table.last_line)
    words = table.words(0)
    longest = 5 if words[:2] == [b"p", b"wcnf"] else 4
    if words[0] != b"p" or words[1:2] not in [[kind] for kind in kinds] or not 4 <= len(words) <= longest:
        raise table.error(0, f"the header {forms} is needed, but the line is {table.shown(0)}")
    names = ("the number of variables", "the number of clauses", "the weight of hard clauses")
    numbers = [table.integer(0, 2 + k, names[k]) for k in range(len(words) - 2)]
    for number, name in zip(numbers, names, strict=False):
        if number < 0:
            raise table.error(0, f"{name} is {number}")
    table.source.check_count(numbers[0], int(table.count.sum()), "variables", int(table.line[0]))
    return numbers


def _end(table: Table) -> int:
    """Number of lines before SATLIB's ending, which is checked to be the end."""
    marks = np.flatnonzero((table.count == 1) & table.is_word(slice(None), 0, b"%"))
    if not len(marks):
        return len(table)
    end = int(marks[0])
    if table.count[end + 1 :].sum() > 1 or (len(table) > end + 1 and table.word(end + 1, 0) != b"0"):
        raise table.error(end + 1, f"nothing but a line '0' may follow the line '%', but it is {table.shown(end + 1)}")
    return end


def _clauses(table: Table, rows: np.ndarray, n: int, m: int) -> list[list[int]]:
    """Clauses, each ended by 0 wherever the lines end."""
    literals = table.all_integers(rows, "a literal")
    line = np.repeat(rows, table.count[rows])
    _check_literals(table, literals, line, n)
    ends = np.flatnonzero(literals == 0)
    if len(ends) > m:
        raise table.error(int(line[ends[m]]), f"more clauses than the {m} that the header declares")
    if len(literals) and literals[-1] != 0:
        raise table.error(int(line[-1]), "the last clause does not end in 0: the file is damaged or incomplete")
    if len(ends) < m:
        raise table.source.error(
            f"the file ends after {len(ends)} of the {m} clauses that the header declares", table.last_line
        )
    return _split(literals, ends)


def _check_literals(table: Table, literals: np.ndarray, line: np.ndarray, n: int) -> None:
    wrong = np.flatnonzero((literals > n) | (literals < -n))
    if len(wrong):
        k = int(wrong[0])
        raise table.error(int(line[k]), f"the literal {literals[k]} is of none of the variables 1 to {n}")


def _split(literals: np.ndarray, ends: np.ndarray) -> list[list[int]]:
    """Lists of the literals before each end."""
    values = literals.tolist()
    begins = [0, *(ends + 1).tolist()]
    return [values[begin:end] for begin, end in zip(begins, ends.tolist(), strict=False)]


def _load_wcnf(source: Source) -> dict[str, Any]:
    table = Table(source, comment=b"c")
    if not len(table):
        raise source.error("there are only comments", table.last_line)
    top: int | None = None
    if table.word(0, 0) == b"p":
        n, m, *rest = _header(table, (b"wcnf", b"cnf"))
        rows = np.arange(1, _end(table))
        if table.word(0, 1) == b"cnf":
            clauses = _clauses(table, rows, n, m)
            return {"clauses": clauses, "weights": [1] * len(clauses), "hard": [], "num_variables": n}
        top = rest[0] if rest else None
        hard = np.zeros(len(rows), dtype=bool)
    else:
        rows = np.arange(len(table))
        hard = table.is_word(rows, 0, b"h")
        n, m = None, len(rows)
    weights = np.zeros(len(rows), dtype=np.int64)
    weights[~hard] = table.integers(rows[~hard], 0, "the weight of a clause")
    if top is not None:
        hard = weights == top
    wrong = np.flatnonzero(~hard & ((weights < 1) | ((weights > top) if top is not None else False)))
    if len(wrong):
        k = int(wrong[0])
        highest = f" to {top}, which marks hard ones" if top is not None else ""
        raise table.error(int(rows[k]), f"the weight of a clause must be an integer from 1{highest}, not {weights[k]}")
    clauses = _clauses_of_lines(table, rows, n)
    if len(rows) > m:
        raise table.error(int(rows[m]), f"more clauses than the {m} that the header declares")
    if len(rows) < m:
        raise source.error(
            f"the file ends after {len(rows)} of the {m} clauses that the header declares", table.last_line
        )
    if n is None:
        n = max((abs(literal) for clause in clauses for literal in clause), default=0)
        source.check_count(n, int(table.count.sum()), "variables", None)
    return {
        "clauses": [clause for clause, is_hard in zip(clauses, hard.tolist(), strict=True) if not is_hard],
        "weights": weights[~hard].tolist(),
        "hard": [clause for clause, is_hard in zip(clauses, hard.tolist(), strict=True) if is_hard],
        "num_variables": n,
    }


def _clauses_of_lines(table: Table, rows: np.ndarray, n: int | None) -> list[list[int]]:
    """A clause for each line, without its first word."""
    literals = table.all_integers(rows, "a literal", skip=1)
    counts = table.count[rows] - 1
    line = np.repeat(rows, counts)
    if n is not None:
        _check_literals(table, literals, line, n)
    last = np.cumsum(counts) - 1
    ends = np.flatnonzero(literals == 0)
    wrong = np.flatnonzero(counts < 1)
    if len(wrong) == 0 and not np.array_equal(ends, last):
        is_last = np.zeros(len(literals), dtype=bool)
        is_last[last] = True
        wrong = np.searchsorted(rows, line[np.flatnonzero(is_last != (literals == 0))])
    if len(wrong):
        row = int(rows[wrong[0]])
        raise table.error(
            row, f"a clause 'weight literals 0' with its only 0 at the end is needed, not {table.shown(row)}"
        )
    return _split(literals, ends)


def _opening(kind: bytes) -> Any:
    def opening(lines: Opening) -> bool:
        first = next((words for words in lines if not words[0].startswith(b"c")), [])
        return list(first[:2]) == [b"p", kind]

    return opening


def _dump(content: Any) -> bytes:
    import ising_problems

    if not isinstance(content, ising_problems.Satisfiability):
        raise ValueError(f"model: a '.cnf' file holds a Satisfiability problem, not a {type(content).__name__}")
    clauses = [" ".join(map(str, [*clause, 0])) for clause in content.clauses]
    return "\n".join([f"p cnf {content.num_variables} {len(clauses)}", *clauses, ""]).encode()


CNF = Format(
    name="dimacs-cnf",
    suffixes=(".cnf",),
    description="formulas to satisfy, of DIMACS and SATLIB",
    load=_load_cnf,
    problems=("Satisfiability",),
    opening=_opening(b"cnf"),
    dump=_dump,
)
WCNF = Format(
    name="dimacs-wcnf",
    suffixes=(".wcnf",),
    description="weighted formulas of the MaxSAT Evaluations",
    load=_load_wcnf,
    problems=("MaxSatisfiability",),
    opening=_opening(b"wcnf"),
)
