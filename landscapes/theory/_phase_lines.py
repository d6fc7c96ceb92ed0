r"""The lines of the phase diagram: what the theory's solutions give at many pumps, tabulated.

At each pump: the ground state with full replica-symmetry breaking (:func:`landscapes.theory.full_rsb`), the edge of its
Hessian's spectrum (0 while the state is marginal, then that of the resolvent of its amplitudes,
:mod:`landscapes.theory.resolvent`), and the annealed complexity of all critical points and of the typical, marginal,
minima (:func:`landscapes.theory.complexity`).  At a ≤ -2 the origin is the only critical point, and the edge is -2 - a.

A solution takes seconds, a diagram needs forty: they are kept in ``data/phase_lines.csv``, which
``python tests/benchmarks/phase_lines.py --write`` computes anew.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np

from ising_problems.checks import checked_number

__all__ = ["COLUMNS", "phase_line", "phase_lines"]

COLUMNS = (
    "pump",
    "ground_energy",
    "q",
    "susceptibility",
    "curvature",
    "marginality",
    "edge",
    "all_energy",
    "all_index",
    "all_sigma",
    "minima_energy",
    "minima_sigma",
)
"""What is tabulated: energies per spin, per-spin logarithms of numbers, and the Hessian's lower edge."""

_NODES = 4001
_REACH = 8.0  # standard deviations of the amplitudes


def phase_lines() -> dict[str, np.ndarray]:
    """Theory's lines for the phase diagram of the soft-spin Sherrington–Kirkpatrick model.

    Returns
    -------
    dict from str to numpy.ndarray, shape (p,)
        ``pump``; of the ground state ``ground_energy`` (per spin), ``q``, ``susceptibility`` Δ, ``curvature``
        c = -a - Δ, ``marginality`` and ``edge``, the lowest Hessian eigenvalue; of all critical points ``all_energy``,
        ``all_index`` (fraction) and ``all_sigma``; of the most numerous minima ``minima_energy`` and ``minima_sigma``.

    Examples
    --------
    >>> lines = phase_lines()
    >>> print(f"{np.interp(0.0, lines['pump'], lines['ground_energy']):.3f}")
    -0.684
    """
    return {name: column.copy() for name, column in _table().items()}


def phase_line(pump: float) -> dict[str, float]:
    """The solutions at one pump, computed: a row of the table.

    Parameters
    ----------
    pump : float
        The pump a.

    Returns
    -------
    dict from str to float
        By the names of :data:`COLUMNS`.
    """
    from ._full_rsb import full_rsb
    from .kac_rice import complexity
    from .resolvent import hessian_edge

    a = checked_number(pump, "pump")
    ground, everything, minima = full_rsb(a), complexity(a, "all"), complexity(a, "minima")
    if a <= -2.0:
        edge = -2.0 - a
    elif ground.curvature >= 0.0:
        edge = 0.0  # marginal
    else:
        reach = _REACH * np.sqrt(ground.q)
        x = np.sqrt(-ground.curvature) + np.linspace(0.0, reach, _NODES)[1:]
        edge = float(hessian_edge(x, a, weights=ground.amplitude_density(x)))
    return {
        "pump": a,
        "ground_energy": ground.energy,
        "q": ground.q,
        "susceptibility": ground.susceptibility,
        "curvature": ground.curvature,
        "marginality": ground.marginality if ground.curvature < 0.0 or a <= -2.0 else 1.0,
        "edge": edge,
        "all_energy": everything.energy,
        "all_index": everything.index,
        "all_sigma": everything.sigma,
        "minima_energy": minima.energy,
        "minima_sigma": minima.sigma,
    }


@cache
def _table() -> dict[str, np.ndarray]:
    text = resources.files(__package__).joinpath("data/phase_lines.csv").read_text(encoding="utf-8")
    heads, *rows = text.split()
    values = np.array([[float(word) for word in row.split(",")] for row in rows])
    return dict(zip(heads.split(","), values.T, strict=True))
