"""Which software produced a result."""

from __future__ import annotations

import platform
from functools import cache

import ising_problems

__all__ = ["versions"]


@cache
def versions() -> dict[str, str]:
    """Versions of this toolkit, of Python and of the libraries that shape its numbers."""
    import numba
    import numpy
    import scipy

    return {
        "coherent-ising": ising_problems.__version__,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "numba": numba.__version__,
    }
