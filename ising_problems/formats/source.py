"""A file's bytes with the name under which errors speak of it, and what a format is.

To add a format, write a module beside this one that ends in ``FORMAT = Format(...)`` and list it in
:mod:`ising_problems.formats`.  Its ``load`` takes a :class:`Source` and returns what the file says, or raises
``source.error(...)``:

* an :class:`~ising_problems.IsingModel`;
* a networkx graph, of which a problem is made;
* a dict with the arguments of a problem, by name;
* an :class:`Instances` where a file holds several of these.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Format", "Instances", "Source"]

Opening = Sequence[Sequence[bytes]]
"""The words of the first lines of a text."""

_UTF8_MARK = b"\xef\xbb\xbf"
# A spin or node costs memory even where no line of the file speaks of it, so a header may announce this many, or this
# many for each line that follows, and no more.
_PLAUSIBLE_COUNT = 100_000
_PLAUSIBLE_PER_LINE = 10


@dataclass(frozen=True)
class Source:
    """The content of a file.

    Attributes
    ----------
    path : str
        As the user gave it; every error begins with it.
    data : bytes
        Unpacked, if the file's name ends in ``.gz``.
    """

    path: str
    data: bytes

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Source:
        """Read a file, unpacking ``.gz``.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is a directory, or a damaged gzip file.
        """
        name = os.fspath(path)
        if Path(name).is_dir():
            raise ValueError(f"{name}: this is a directory; pass the path of a file in it")
        data = Path(name).read_bytes()
        if name.lower().endswith(".gz"):
            try:
                data = gzip.decompress(data)
            except (OSError, EOFError, zlib.error) as error:
                raise ValueError(f"{name}: not a complete gzip file ({error})") from None
        return cls(name, data)

    @property
    def suffix(self) -> str:
        """Last suffix of the name in lower case, leaving out ``.gz``; empty where there is none."""
        return suffix_of(self.path)

    def error(self, message: str, line: int | None = None) -> ValueError:
        """The error for a line, counted from 1, or for the file as a whole."""
        return ValueError(f"{self.path}: {message}" if line is None else f"{self.path}:{line}: {message}")

    def text(self) -> bytes:
        """The bytes of a text file with lines that end in a newline alone.

        Raises
        ------
        ValueError
            If the file is empty or binary.
        """
        data = self.data.removeprefix(_UTF8_MARK)
        if not data.strip():
            raise self.error("the file is empty")
        binary = data.find(b"\0")
        if binary >= 0:
            raise self.error("not a text file: it holds a null byte", data.count(b"\n", 0, binary) + 1)
        data = data.replace(b"\r\n", b"\n")
        stray = data.find(b"\r")
        if stray >= 0:
            raise self.error("a carriage return within the line", data.count(b"\n", 0, stray) + 1)
        return data

    def check_count(self, count: int, lines: int, what: str, line: int | None) -> None:
        """Refuse a number of nodes that is out of all proportion to the lines that could name them."""
        if count > max(_PLAUSIBLE_COUNT, _PLAUSIBLE_PER_LINE * lines):
            raise self.error(f"{count} {what} for only {lines} lines of data: the file is damaged or incomplete", line)


@dataclass(frozen=True)
class Instances:
    """The contents of a file that may hold several.

    Attributes
    ----------
    count : int
    load : callable
        From an index, 0 … count - 1, to one content.
    """

    count: int
    load: Callable[[int], Any]


@dataclass(frozen=True)
class Format:
    """A file format.

    Attributes
    ----------
    name : str
        What ``format=`` calls it.
    suffixes : tuple of str
        In lower case, with the dot.
    description : str
        For lists and error messages.
    load : callable
        From a :class:`Source` to what the file says, in one of the forms that the module's docstring lists.
    problems : tuple of str
        Names of the classes that a file stands for, in order of preference: the first is made of it that lacks no
        argument.  Empty where the file is a model, or a graph of which it does not say what is asked.
    opening : callable, optional
        Whether the first lines of a text may be those of this format; for files whose suffix does not tell.
    dump : callable, optional
        From a problem or model to the bytes of a file; a ``ValueError`` where the format cannot hold it.
    """

    name: str
    suffixes: tuple[str, ...]
    description: str
    load: Callable[[Source], Any]
    problems: tuple[str, ...] = ()
    opening: Callable[[Opening], bool] | None = None
    dump: Callable[[Any], bytes] | None = None


def are_digits(words: Sequence[bytes]) -> bool:
    """Whether all words are whole numbers without a sign."""
    return all(word.isdigit() for word in words)


def suffix_of(path: str | os.PathLike[str]) -> str:
    """Last suffix of a name in lower case, leaving out ``.gz``."""
    name = Path(os.fspath(path))
    return (name.with_suffix("") if name.suffix.lower() == ".gz" else name).suffix.lower()
