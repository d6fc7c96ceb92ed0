"""What there is: versions, threads, kernels, algorithms, dynamics, file formats and problems, in words."""

from __future__ import annotations

import sys
from inspect import getdoc, signature
from typing import TYPE_CHECKING

from .arguments import problem_classes
from .report import table

if TYPE_CHECKING:
    from ising_problems import Problem

__all__ = ["inventory", "problem_details", "problem_list", "where_kernels_are"]


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
        ("formats", ", ".join(f"{known.name} ({' '.join(known.suffixes) or 'by content'})" for known in FORMATS)),
        ("dynamics", ", ".join(dynamics.available())),
    ]
    algorithms = [(name, solvers.find(name).summary) for name in solvers.available()]
    return "\n".join([table(f"coherent-ising {__version__}", rows), table("algorithms", algorithms)])


def where_kernels_are() -> str:
    """Where compiled kernels are kept, or why they are not."""
    from landscapes.jit import cache_folder

    folder = cache_folder()
    return f"kept in {folder}" if folder else "not kept: no cache folder is writable, set NUMBA_CACHE_DIR"


def problem_list() -> str:
    """What ``cim problems`` prints: two lines for each class of problem."""
    kinds = problem_classes()
    width = max(len(kind.__name__) for kind in kinds)
    lines = [f"{len(kinds)} problems (cim problems CLASS shows one in detail)"]
    for kind in kinds:
        lines.append(f"  {kind.__name__:<{width}}  {kind.statement}")
        files = _files(kind)
        lines.append(
            f"  {'':<{width}}  spins: {kind.spin_count}; {kind.source}" + (f"; files: {files}" if files else "")
        )
    return "\n".join(lines)


def problem_details(kind: type[Problem]) -> str:
    """What ``cim problems CLASS`` prints: one class of problem, its arguments and files."""
    paragraphs = (getdoc(kind) or "").split("\n\n")
    summary = " ".join(paragraphs[0].split())
    parameters = [
        str(parameter.replace(annotation=parameter.empty)) for parameter in signature(kind).parameters.values()
    ]
    rows = [
        ("asks", kind.statement),
        ("objective", f"{kind.objective_name}, to {kind.sense}"),
        ("spins", kind.spin_count),
        ("source", kind.source),
        ("arguments", ", ".join(parameters)),
        ("files", _files(kind) or "none of its own; give a graph or data with --problem, or use it from Python"),
    ]
    return "\n".join([table(kind.__name__, rows), "", summary])


def _files(kind: type[Problem]) -> str:
    """Suffixes and names of the formats that give the problem."""
    from ising_problems.formats import FORMATS

    known = [format for format in FORMATS if kind.__name__ in format.problems]
    return ", ".join(" ".join(format.suffixes) or format.name for format in known)
