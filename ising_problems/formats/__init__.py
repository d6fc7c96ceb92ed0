"""The file formats, one module each; :data:`FORMATS` lists them all."""

from . import dimacs, dimod_files, matrix_market, qubo, rudy
from .source import Format, Source

__all__ = ["FORMATS", "Format", "Source"]

FORMATS: tuple[Format, ...] = (
    rudy.FORMAT,
    dimacs.FORMAT,
    qubo.FORMAT,
    matrix_market.FORMAT,
    dimod_files.BINARY,
    dimod_files.TEXT,
)
