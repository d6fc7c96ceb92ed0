"""Checks that only the machines need; the general ones are in :mod:`ising_problems.checks`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["checked_options"]


def checked_options(known: Mapping[str, Any], given: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """Defaults overlaid with what is given, or a ``TypeError`` that names the unknown option and the known ones."""
    for name in given:
        if name not in known:
            takes = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
            raise TypeError(f"{name}: {owner!r} has no option of that name; {takes}")
    return {**known, **given}
