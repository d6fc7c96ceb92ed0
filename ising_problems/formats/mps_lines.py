"""The lines of an MPS file, checked one by one before HiGHS reads them: it may wait for ever for a line cut short.

Sections begin at the first column, their lines with a blank: ``NAME``, ``OBJSENSE``, ``ROWS``, ``COLUMNS``, ``RHS``,
``RANGES``, ``BOUNDS``, ``ENDATA``, in fixed or free form; names hold no blanks.  Quadratic, SOS, indicator and other
sections are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .source import Source
from .tables import DECIMAL, shown

__all__ = ["check_mps"]

_VALUED = (b"UP", b"LO", b"FX", b"UI", b"LI", b"SC")
_UNVALUED = (b"BV", b"FR", b"MI", b"PL")
_INFINITE = (b"inf", b"infinity", b"+inf", b"+infinity", b"-inf", b"-infinity")

Words = Sequence[bytes]


def check_mps(source: Source) -> None:
    """Refuse a line that its section cannot hold.

    Raises
    ------
    ValueError
        With the number of the line.
    """
    section = b""
    number = 0
    for number, line in enumerate(source.text().split(b"\n"), start=1):
        words = line.split()
        if not words or words[0].startswith(b"*"):
            continue
        if section == b"ENDATA":
            raise source.error("nothing may follow the line 'ENDATA'", number)
        if not line[:1].isspace():
            section = words[0].upper()
            if section not in _SECTIONS:
                raise source.error(f"the section {shown(words[0])} is not one of {_NAMES}", number)
        elif not _SECTIONS.get(section, _none)(words):
            place = f"the section {section.decode()}" if section else "no section"
            raise source.error(f"{place} has no place for the line {shown(b' '.join(words))}", number)
    if section != b"ENDATA":
        raise source.error("there is no line 'ENDATA': the file is damaged or incomplete", number)


def _none(words: Words) -> bool:
    return False


def _is_number(word: bytes) -> bool:
    return DECIMAL.fullmatch(word) is not None


def _pairs(words: Words) -> bool:
    """One or two pairs of a name and a number."""
    return len(words) in (2, 4) and all(map(_is_number, words[1::2]))


def _row(words: Words) -> bool:
    return len(words) == 2 and words[0].upper() in (b"N", b"L", b"G", b"E")


def _column(words: Words) -> bool:
    if len(words) == 3 and words[1] == b"'MARKER'":
        return words[2] in (b"'INTORG'", b"'INTEND'")
    return _pairs(words[1:])


def _right_hand_side(words: Words) -> bool:
    return _pairs(words) if len(words) % 2 == 0 else _pairs(words[1:])


def _bound(words: Words) -> bool:
    if words[0].upper() in _UNVALUED:
        return 2 <= len(words) <= 4
    has_value = len(words) in (3, 4) and (_is_number(words[-1]) or words[-1].lower() in _INFINITE)
    return words[0].upper() in _VALUED and has_value


def _sense(words: Words) -> bool:
    return len(words) == 1 and words[0].upper() in (b"MAX", b"MIN", b"MAXIMIZE", b"MINIMIZE")


_SECTIONS: dict[bytes, Callable[[Words], bool]] = {
    b"NAME": _none,
    b"OBJSENSE": _sense,
    b"ROWS": _row,
    b"COLUMNS": _column,
    b"RHS": _right_hand_side,
    b"RANGES": _right_hand_side,
    b"BOUNDS": _bound,
    b"ENDATA": _none,
}
_NAMES = b", ".join(_SECTIONS).decode()
