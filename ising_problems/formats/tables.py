"""Words and numbers of a text file, found for all lines at once and as strictly as if each were read by itself.

A word is what stands between blanks, tabs and line ends.  NumPy finds the words and reads the whole numbers, digit by
digit; only a file with an error, or with decimal fractions, is looked at word by word.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from .source import Source

__all__ = ["Table", "duplicates"]

_NEWLINE, _BLANK, _TAB = b"\n \t"
# Numbers of up to this many digits fit in 63 bits, whatever the digits are.
_SAFE_DIGITS = 18
_WHOLE = re.compile(rb"[+-]?[0-9]+")
DECIMAL = re.compile(rb"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_SHOWN = 30

Rows = slice | np.ndarray
"""Lines of a table: a slice, or their indices."""


class Table:
    """The lines of a text that hold words.

    Parameters
    ----------
    source : Source
    comment : bytes, optional
        Lines whose first word begins so are set aside.

    Attributes
    ----------
    source : Source
    comments : list of (int, list of bytes)
        Line number and words of each comment.
    line : numpy.ndarray of int
        Number of each line, counted from 1; blank lines and comments are left out.
    count : numpy.ndarray of int
        Number of words in each line.
    last_line : int
        Number of the last line of the file that is not blank.
    """

    def __init__(self, source: Source, comment: bytes | None = None) -> None:
        self.source = source
        self._data = source.text()
        self._bytes = np.frombuffer(self._data, dtype=np.uint8)
        newline = self._bytes == _NEWLINE
        blank = newline | (self._bytes == _BLANK) | (self._bytes == _TAB)
        steps = np.diff(blank.view(np.int8), prepend=np.int8(1), append=np.int8(1))
        self._starts = np.flatnonzero(steps == -1)
        self._ends = np.flatnonzero(steps == 1)
        lines = np.searchsorted(np.flatnonzero(newline), self._starts) + 1
        self._first = np.flatnonzero(np.diff(lines, prepend=0))
        self.count = np.diff(self._first, append=len(lines))
        self.line = lines[self._first]
        self.last_line = int(self.line[-1])
        self.comments: list[tuple[int, list[bytes]]] = []
        if comment:
            self.set_comments_aside(comment)

    def __len__(self) -> int:
        return len(self.line)

    def set_comments_aside(self, comment: bytes) -> None:
        """Move the lines whose first word begins so to ``comments``."""
        is_comment = np.ones(len(self.line), dtype=bool)
        begins = self._starts[self._first]
        for k, byte in enumerate(comment):
            is_comment &= self._bytes[np.minimum(begins + k, len(self._bytes) - 1)] == byte
        for row in np.flatnonzero(is_comment).tolist():
            self.comments.append((int(self.line[row]), self.words(row)))
        self._first, self.count, self.line = (a[~is_comment] for a in (self._first, self.count, self.line))

    def first_bytes(self) -> np.ndarray:
        """The first byte of each line's first word."""
        return self._bytes[self._starts[self._first]]

    def word(self, row: int, k: int) -> bytes:
        """The k-th word of a line."""
        w = self._first[row] + k
        return self._data[self._starts[w] : self._ends[w]]

    def words(self, row: int) -> list[bytes]:
        """All words of a line."""
        return [self.word(row, k) for k in range(self.count[row])]

    def shown(self, row: int) -> str:
        """A line as an error message quotes it."""
        return shown(b" ".join(self.word(row, k) for k in range(min(8, self.count[row]))))

    def error(self, row: int, message: str) -> ValueError:
        """The error for a line of the table."""
        return self.source.error(message, int(self.line[row]))

    def check_width(self, rows: Rows, width: int, what: str) -> None:
        """Refuse a line that has not exactly so many words."""
        wrong = np.flatnonzero(self.count[rows] != width)
        if len(wrong):
            row = int(self._rows(rows)[wrong[0]])
            raise self.error(row, f"{what} is needed, but the line is {self.shown(row)}")

    def check_number_of_lines(self, found: int, declared: int, what: str, first_row: int) -> None:
        """Refuse a body of more or fewer lines than the header declares."""
        if found > declared:
            raise self.error(first_row + declared, f"more lines than the {declared} {what} that the header declares")
        if found < declared:
            raise self.source.error(
                f"the file ends after {found} of the {declared} {what} that the header declares", self.last_line
            )

    def is_word(self, rows: Rows, k: int, word: bytes) -> np.ndarray:
        """For each line, whether its k-th word is this one."""
        first = self._first[rows] + k
        starts, ends = self._starts[first], self._ends[first]
        same = ends - starts == len(word)
        for offset, byte in enumerate(word):
            same &= self._bytes[np.minimum(starts + offset, len(self._bytes) - 1)] == byte
        return same

    def integers(self, rows: Rows, k: int, what: str) -> np.ndarray:
        """The k-th word of each line as int64, or an error that quotes the first that is no integer."""
        return self._integers(self._first[rows] + k, self._rows(rows), what)

    def all_integers(self, rows: Rows, what: str, skip: int = 0) -> np.ndarray:
        """The words of the lines one after the other, but for the first ``skip`` of each, as int64."""
        return self._integers(*self._all_words(rows, skip), what)

    def all_numbers(self, rows: Rows, what: str, skip: int = 0) -> np.ndarray:
        """The same as numbers: int64 where all are whole, else float64; finite."""
        return self._numbers(*self._all_words(rows, skip), what)

    def _rows(self, rows: Rows) -> np.ndarray:
        return np.arange(len(self))[rows]

    def _all_words(self, rows: Rows, skip: int) -> tuple[np.ndarray, np.ndarray]:
        """Every word of the lines, but for the first ``skip`` of each, and the line of each."""
        numbers = self._rows(rows)
        counts = np.maximum(self.count[numbers] - skip, 0)
        begins = np.cumsum(counts) - counts
        words = np.arange(counts.sum()) + np.repeat(self._first[numbers] + skip - begins, counts)
        return words, np.repeat(numbers, counts)

    def _integers(self, words: np.ndarray, rows: np.ndarray, what: str) -> np.ndarray:
        values, good = self._whole_numbers(words)
        for i in np.flatnonzero(~good).tolist():
            values[i] = self.integer(int(rows[i]), int(words[i] - self._first[rows[i]]), what)
        return values

    def integer(self, row: int, k: int, what: str) -> int:
        """One word as an integer of 64 bits."""
        word = self.word(row, k)
        if not _WHOLE.fullmatch(word):
            raise self.error(row, f"{what} must be an integer, but it is {shown(word)}")
        value = _whole_value(word)
        if value is None:
            raise self.error(row, f"{what} is {shown(word)}, which does not fit in 64 bits")
        return value

    def numbers(self, rows: Rows, k: int, what: str) -> np.ndarray:
        """The k-th word of each line: int64 where all are whole numbers, else float64; finite."""
        return self._numbers(self._first[rows] + k, self._rows(rows), what)

    def _numbers(self, places: np.ndarray, rows: np.ndarray, what: str) -> np.ndarray:
        values, good = self._whole_numbers(places)
        if good.all():
            return values
        row_numbers = rows.tolist()
        words = [
            self._data[s:e] for s, e in zip(self._starts[places].tolist(), self._ends[places].tolist(), strict=True)
        ]
        long_wholes = []
        for i, word in enumerate(words):
            if good[i]:
                continue
            if _WHOLE.fullmatch(word):
                long_wholes.append(i)
            elif not DECIMAL.fullmatch(word):
                raise self.error(row_numbers[i], f"{what} must be a finite number, but it is {shown(word)}")
        for i in long_wholes:
            value = _whole_value(words[i])
            if value is None:
                raise self.error(
                    row_numbers[i], f"{what} is {shown(words[i])}, which does not fit in 64 bits; write it as a decimal"
                )
            values[i], good[i] = value, True
        if good.all():
            return values
        floats = np.array([float(word) for word in words])
        wrong = np.flatnonzero(~np.isfinite(floats))
        if len(wrong):
            i = int(wrong[0])
            raise self.error(row_numbers[i], f"{what} is {shown(words[i])}, which is too large for a float")
        for i in np.flatnonzero(good & (np.abs(floats) >= 2**53)).tolist():
            if int(floats[i]) != int(values[i]):
                raise self.error(
                    row_numbers[i], f"{what} is {shown(words[i])}, which is not exact beside decimal fractions"
                )
        return floats

    def _whole_numbers(self, words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values of the words that are whole numbers of a safe length, and which words are."""
        starts, ends = self._starts[words], self._ends[words]
        sign = self._bytes[starts]
        negative = sign == ord("-")
        begins = starts + (negative | (sign == ord("+")))
        digits = ends - begins
        good = (digits >= 1) & (digits <= _SAFE_DIGITS)
        values = np.zeros(len(words), dtype=np.int64)
        last = len(self._bytes) - 1
        for k in range(int(digits[good].max(initial=0))):
            here = k < digits
            digit = self._bytes[np.minimum(begins + k, last)] - np.uint8(ord("0"))  # wraps around below "0"
            good &= ~here | (digit <= 9)
            values = np.where(here & good, values * 10 + digit, values)
        return np.where(negative, -values, values), good


def _whole_value(word: bytes) -> int | None:
    """Value of a whole number, or None where it does not fit in 64 bits."""
    digits = word.lstrip(b"+-").lstrip(b"0") or b"0"
    if len(digits) > _SAFE_DIGITS + 1:
        return None
    value = -int(digits) if word.startswith(b"-") else int(digits)
    return value if -(2**63) <= value < 2**63 else None


def shown(word: bytes) -> str:
    """A word as an error message quotes it: short, printable, on one line."""
    text = ascii(word[:_SHOWN].decode("utf-8", "backslashreplace"))
    return text if len(word) <= _SHOWN else f"{text}..."


def duplicates(i: np.ndarray, j: np.ndarray) -> tuple[int, int] | None:
    """Positions of two entries that are the same pair (i, j), the later one as early as can be; None if all differ."""
    order = np.lexsort((j, i))
    same = np.flatnonzero((np.diff(i[order]) == 0) & (np.diff(j[order]) == 0))
    if not len(same):
        return None
    k = same[np.argmin(order[same + 1])]
    return int(order[k]), int(order[k + 1])


def lines_of(*columns: Any) -> bytes:
    """Text with a line for each entry of the columns, numbers written so that they read back bit for bit."""
    lists = [column.tolist() if isinstance(column, np.ndarray) else column for column in columns]
    return "".join(" ".join(map(repr, line)) + "\n" for line in zip(*lists, strict=True)).encode()
