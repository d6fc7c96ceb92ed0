"""What there is: versions, threads, the cache of kernels, algorithms, dynamics and file formats, in words."""

from __future__ import annotations

import sys

from .report import table

__all__ = ["inventory", "where_kernels_are"]


def inventory() -> str:
    """What ``cim info`` prints: a table of what is installed, and one of the algorithms, a line each."""
    from importlib.metadata import version

    import scipy.linalg  # noqa: F401 - a library that is not loaded has no threads to report
    from threadpoolctl import threadpool_info

    from ising_problems.formats import FORMATS
    from landscapes.parallel import available_cores

    from . import __version__, dynamics, solvers

    blas = [f"{pool['internal_api']} {pool['version']}, threads: {pool['num_threads']}" for pool in threadpool_info()]
    rows = [("python", sys.version.split()[0])]
    rows += [(name, version(name)) for name in ("numpy", "scipy", "numba", "qutip")]
    rows += [
        ("BLAS", "; ".join(dict.fromkeys(blas)) or "not known to threadpoolctl"),
        ("cores", str(available_cores())),
        ("kernels", where_kernels_are()),
        ("formats", ", ".join(f"{known.name} ({' '.join(known.suffixes)})" for known in FORMATS)),
        ("dynamics", ", ".join(dynamics.available())),
    ]
    algorithms = [(name, solvers.find(name).summary) for name in solvers.available()]
    return "\n".join([table(f"coherent-ising {__version__}", rows), table("algorithms", algorithms)])


def where_kernels_are() -> str:
    """Where compiled kernels are kept, or why they are not."""
    from landscapes.jit import cache_folder

    folder = cache_folder()
    return f"kept in {folder}" if folder else "not kept: no cache folder is writable, set NUMBA_CACHE_DIR"
