"""Whether what is asked for fits into this machine's memory: said at the door, with the bytes."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["available_memory", "in_bytes", "refuse_beyond_memory"]

_LINUX = Path("/proc/meminfo")
_ALWAYS = 1 << 30  # taken to be there where the system does not say


def available_memory() -> int:
    """Bytes that a program can take without pushing others out, as far as the system says."""
    try:
        for line in _LINUX.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return int(os.sysconf("SC_PHYS_PAGES")) * int(os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return _ALWAYS


def in_bytes(number: float) -> str:
    """A number of bytes as people read it."""
    value, unit = float(number), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.3g} {unit}"


def refuse_beyond_memory(needed: float, what: str, remedy: str) -> None:
    """A ``ValueError`` with the bytes if ``needed`` of them are more than there are."""
    available = available_memory()
    if needed > available:
        raise ValueError(
            f"{what} takes about {needed:.3g} bytes ({in_bytes(needed)}), and this machine has {in_bytes(available)} "
            f"available; {remedy}"
        )
