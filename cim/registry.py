"""Names for things that later files add to: laws of motion, algorithms."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

__all__ = ["Registry"]


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Entry = TypeVar("Entry", bound=_Named)


class Registry(Generic[Entry]):
    """Things by name, for one argument of a public function.

    Parameters
    ----------
    argument : str
        What the argument is called where an error is read.
    """

    def __init__(self, argument: str) -> None:
        self._argument = argument
        self._entries: dict[str, Entry] = {}

    def register(self, entry: Entry) -> Entry:
        """Make an entry available under its name; a ``ValueError`` if that is taken."""
        if entry.name in self._entries:
            raise ValueError(f"{self._argument}: the name {entry.name!r} is taken")
        self._entries[entry.name] = entry
        return entry

    def unregister(self, name: str) -> None:
        """Take an entry out again."""
        del self._entries[name]

    def available(self) -> list[str]:
        """The names, sorted."""
        return sorted(self._entries)

    def find(self, name: str) -> Entry:
        """The entry of that name, or a ``ValueError`` that lists the names there are."""
        if not isinstance(name, str) or name not in self._entries:
            raise ValueError(f"{self._argument}: {name!r} is not one of {', '.join(self.available())}")
        return self._entries[name]
