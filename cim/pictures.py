"""Pictures that the ``cim`` command saves, drawn on no screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .terminal import save

if TYPE_CHECKING:
    from .results import Solution

__all__ = ["SUFFIXES", "draw", "solution_axes"]

SUFFIXES = (".png", ".pdf", ".svg")
"""Kinds of file that a picture can be saved as."""


def draw(path: Path | None, picture: Callable[[Any], Any], saved: list[Path]) -> None:
    """Draw what ``picture`` makes of :mod:`cim.plotting` and save it, if a path was given."""
    if path is None:
        return
    import matplotlib
    import numpy as np

    matplotlib.use("Agg")
    from matplotlib import pyplot

    from . import plotting

    figure = np.ravel(picture(plotting))[0].figure
    save(path, lambda to: figure.savefig(to, dpi=150), saved)
    pyplot.close(figure)


def solution_axes(plotting: Any, content: Any, solution: Solution) -> Any:
    """The picture of the answer, or else the energies of the replicas."""
    from ising_problems import Problem

    if isinstance(content, Problem):
        try:
            return plotting.answer(content, solution)
        except ValueError:  # this kind of problem has no picture
            pass
    return plotting.energy_histogram(solution)
