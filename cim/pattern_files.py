"""Text files of pictures or patterns, for ``cim recall``.

Two ways to write them; lines that begin with ``//`` and empty lines at either end are passed over.

*Pictures*: rows of ``#`` (dark, +1) and ``.`` (light, -1), one picture after another with empty lines between; a line
``name: heart`` before a picture gives it a name.

*Numbers*: one pattern to a line, entries all ``1``/``-1`` or all ``1``/``0`` (0 is light, -1), with spaces or commas
between.

All are of one size.  Errors name the file and the line.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .terminal import InputError

__all__ = ["PatternFile", "read_patterns"]

_DARK, _LIGHT = "#", "."
_NUMBERS = {"1": 1, "+1": 1, "-1": -1, "0": -1}


@dataclass(frozen=True)
class PatternFile:
    """Patterns (p, d) of ±1 as int8, their names, and the shape that they are drawn in."""

    patterns: np.ndarray
    names: list[str]
    shape: tuple[int, int]


@dataclass
class _Block:
    line: int
    name: str | None
    rows: list[list[int]]


def read_patterns(path: Path) -> PatternFile:
    """Read a file of pictures or of numbers.

    Raises
    ------
    InputError
        If it cannot be read, holds no pattern, or a line is not like the others; with the line's number.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not a text file ({error.reason} at byte {error.start})") from error
    lines = [(k, line.strip()) for k, line in enumerate(text.splitlines(), 1) if not line.strip().startswith("//")]
    written = [line for _, line in lines if line and not line.startswith("name:")]
    if not written:
        raise InputError(
            f"{path}: holds no pattern; draw them with {_DARK} and {_LIGHT}, or write rows of 1 and -1, or 1 and 0"
        )
    _refuse_lost_names(path, lines)
    blocks = _pictures(path, lines) if set(written[0]) <= {_DARK, _LIGHT} else _numbers(path, lines)
    shape = (len(blocks[0].rows), len(blocks[0].rows[0]))
    for block in blocks:
        size = (len(block.rows), len(block.rows[0]))
        if size != shape:
            wanted, got = (f"{height} × {width}" for height, width in (shape, size))
            raise InputError(f"{path}:{block.line}: a pattern of {got}, but the first one is {wanted}")
    names = [block.name or str(k) for k, block in enumerate(blocks, 1)]
    for k, name in enumerate(names):
        if name in names[:k]:
            raise InputError(f"{path}:{blocks[k].line}: the name {name!r} was given before")
    patterns = np.array([np.ravel(block.rows) for block in blocks], dtype=np.int8)
    return PatternFile(patterns, names, _drawn_as(shape))


def _refuse_lost_names(path: Path, lines: list[tuple[int, str]]) -> None:
    """Refuse a name after which no pattern comes."""
    full = [(number, line) for number, line in lines if line]
    for (number, line), (_, after) in zip(full, [*full[1:], (0, "name:")], strict=True):
        if line.startswith("name:") and after.startswith("name:"):
            raise InputError(f"{path}:{number}: no pattern follows the name {line.removeprefix('name:').strip()!r}")


def _pictures(path: Path, lines: list[tuple[int, str]]) -> list[_Block]:
    blocks: list[_Block] = []
    name: str | None = None
    inside = False
    for number, line in lines:
        if line.startswith("name:"):
            name, inside = line.removeprefix("name:").strip() or None, False
        elif not line:
            inside = False
        else:
            wrong = next((letter for letter in line if letter not in (_DARK, _LIGHT)), None)
            if wrong is not None:
                raise InputError(f"{path}:{number}: {wrong!r} is neither {_DARK} (dark) nor {_LIGHT} (light)")
            if not inside:
                blocks.append(_Block(number, name, []))
                name, inside = None, True
            rows = blocks[-1].rows
            if rows and len(rows[0]) != len(line):
                raise InputError(f"{path}:{number}: {len(line)} pixels, but the picture's first row has {len(rows[0])}")
            rows.append([1 if letter == _DARK else -1 for letter in line])
    return blocks


def _numbers(path: Path, lines: list[tuple[int, str]]) -> list[_Block]:
    blocks: list[_Block] = []
    name: str | None = None
    for number, line in lines:
        if line.startswith("name:"):
            name = line.removeprefix("name:").strip() or None
        elif line:
            words = line.replace(",", " ").split()
            wrong = next((word for word in words if word not in _NUMBERS), None)
            if wrong is not None:
                raise InputError(f"{path}:{number}: {wrong!r} is none of 1, -1 and 0, nor drawn with # and .")
            if {"-1", "0"} <= set(words):
                raise InputError(f"{path}:{number}: both -1 and 0, of which one pattern can have one")
            if blocks and len(blocks[0].rows[0]) != len(words):
                first = len(blocks[0].rows[0])
                raise InputError(f"{path}:{number}: {len(words)} entries, but the first pattern has {first}")
            blocks.append(_Block(number, name, [[_NUMBERS[word] for word in words]]))
            name = None
    return blocks


def _drawn_as(shape: tuple[int, int]) -> tuple[int, int]:
    """A row of numbers as a square, if it can be one."""
    side = round(shape[1] ** 0.5)
    return (side, side) if shape[0] == 1 and side**2 == shape[1] else shape
