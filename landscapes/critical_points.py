"""Critical points of an energy surface."""

from __future__ import annotations

from .newton import Polished, polish

__all__ = ["Polished", "polish"]
