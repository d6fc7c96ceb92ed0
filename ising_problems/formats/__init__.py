"""The file formats, one module each; :data:`FORMATS` lists them all."""

from . import (
    cnf,
    dimacs,
    dimod_files,
    knapsacks,
    linear_programs,
    matrix_market,
    or_library,
    pace_graph,
    qubo,
    rudy,
    steinlib,
    tsplib,
)
from .source import Format, Instances, Source

__all__ = ["FORMATS", "Format", "Instances", "Source"]

FORMATS: tuple[Format, ...] = (
    rudy.FORMAT,
    dimacs.COLORING,
    dimacs.CLIQUE,
    dimacs.INDEPENDENT_SET,
    dimacs.GRAPH,
    pace_graph.FORMAT,
    cnf.CNF,
    cnf.WCNF,
    tsplib.TOURS,
    tsplib.CYCLES,
    steinlib.FORMAT,
    knapsacks.FORMAT,
    or_library.SET_COVER,
    or_library.MANY_KNAPSACKS,
    or_library.BINARY_QUADRATIC,
    linear_programs.LP,
    linear_programs.MPS,
    qubo.FORMAT,
    matrix_market.FORMAT,
    dimod_files.BINARY,
    dimod_files.TEXT,
)
