"""The format of a file whose name does not tell: the only one whose rules its content keeps."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from .source import Format, Source

__all__ = ["UNTOLD", "recognized", "resembling"]

UNTOLD = ("", ".txt", ".dat")
"""Suffixes that tell nothing."""

_OPENING_LINES = 30


def recognized(source: Source, formats: Iterable[Format]) -> Format:
    """The format of which the file is.

    Formats are judged by the first lines; where these leave several, the whole file must keep the rules of just one.

    Raises
    ------
    ValueError
        If it could be of none, or of several.
    """
    known = [format for format in formats if format.opening is not None]
    candidates = resembling(source, known)
    if len(candidates) == 1:
        return candidates[0]
    names = ", ".join(format.name for format in candidates or known)
    if not candidates:
        raise source.error(
            f"the suffix {source.suffix!r} tells no format and the content is of none of {names}; name it with format="
        )
    fitting, faults = [], []
    for format in candidates:
        try:
            format.load(source)
            fitting.append(format)
        except ValueError as error:
            faults.append(f"{format.name}: {str(error).removeprefix(source.path).removeprefix(':').strip()}")
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(format.name for format in fitting)
        raise source.error(f"the content could be of {names} alike; name its format with format=")
    raise source.error(f"the content is of none of the formats that it begins like ({'; '.join(faults)})")


def resembling(source: Source, formats: Iterable[Format]) -> list[Format]:
    """The formats that a file begins like."""
    filled = (line.split() for line in source.text().split(b"\n") if line.strip())
    lines = list(islice(filled, _OPENING_LINES))
    return [format for format in formats if format.opening is not None and format.opening(lines)]
