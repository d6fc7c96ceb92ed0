"""Tables of a TOML file whose every error names the file, the table and the key."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from .terminal import InputError, input_errors

__all__ = ["Table", "read_toml"]


class Table:
    """One table of a file.

    Parameters
    ----------
    file : Path
    name : str
        As it stands in the file, between brackets; empty for the file itself.
    entries : mapping
    """

    def __init__(self, file: Path, name: str, entries: Mapping[str, Any]) -> None:
        self.file, self.name, self.entries = file, name, entries

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    @property
    def place(self) -> str:
        """File and table, as errors begin."""
        return f"{self.file}: [{self.name}]" if self.name else f"{self.file}:"

    def error(self, key: str, message: str) -> InputError:
        """An error of one key."""
        return InputError(f"{self.place} {key}: {message}")

    @contextmanager
    def checked(self, key: str = "") -> Iterator[None]:
        """What the library refuses, as an error of this table; its messages name the key, if none is given."""
        with input_errors(f"{self.place} {key}: " if key else f"{self.place} "):
            yield

    def only(self, known: Sequence[str], what: str = "") -> None:
        """Refuse keys that are not known, and say which are."""
        for key in self.entries:
            if key not in known:
                close = get_close_matches(key, known, n=1)
                hint = f"did you mean {close[0]}? " if close else ""
                raise self.error(key, f"an unknown key; {hint}{what or 'known ones'}: {', '.join(known)}")

    def needed(self, key: str) -> Any:
        """The value of a key that must be there."""
        if key not in self.entries:
            raise InputError(f"{self.place} {key} is missing")
        return self.entries[key]

    def number(self, key: str) -> Any:
        """A number that must be there."""
        return self._number(key, self.needed(key))

    def integer(self, key: str, default: int | None = None, *, at_least: int = 0) -> int:
        """An integer, which must be there if there is no default."""
        value = self.needed(key) if default is None else self.entries.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
            raise self.error(key, f"an integer of at least {at_least} is needed, but it is {value!r}")
        return value

    def text(self, key: str) -> str:
        """A text that must be there."""
        value = self.needed(key)
        if not isinstance(value, str) or not value:
            raise self.error(key, f"a text is needed, but it is {value!r}")
        return value

    def one_of(self, key: str, known: Sequence[str]) -> str:
        """One of several words."""
        word = self.needed(key)
        if word not in known:
            raise self.error(key, f"{word!r} is not one of {', '.join(known)}")
        return str(word)

    def table(self, key: str) -> Table:
        """A table inside this one; empty where there is none."""
        name = f"{self.name}.{key}" if self.name else key
        value = self.entries.get(key, {})
        if not isinstance(value, dict):
            raise self.error(key, f"a table is needed, but it is {value!r}")
        return Table(self.file, name, value)

    def numbers(self, key: str) -> list[Any]:
        """A list of numbers."""
        value = self.needed(key)
        if not isinstance(value, list):
            raise self.error(key, f"a list of numbers is needed, but it is {value!r}")
        return [self._number(f"{key}[{position}]", entry) for position, entry in enumerate(value)]

    def _number(self, key: str, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.error(key, f"a number is needed, but it is {value!r}")
        return value


def read_toml(file: Path) -> Table:
    """The whole of a file as a table.

    Raises
    ------
    InputError
        If it cannot be read, or is not TOML; with the line, where there is one.
    """
    with input_errors():
        content = file.read_bytes()
    try:
        return Table(file, "", tomllib.loads(content.decode("utf-8")))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(f"{file}:{line}: not a text in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{file}: not a TOML file: {error}") from error
