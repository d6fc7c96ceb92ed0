r"""Replica-symmetry breaking in k steps at zero temperature, with every step optimal.

The Parisi function μ(q) of :mod:`~landscapes.theory.parisi` has k values, on k blocks of overlaps, the first of which
begins at q = 0; the energy is stationary in all values and all overlaps.  k = 0 is the replica-symmetric solution.
More steps raise the energy towards that of full replica-symmetry breaking, by about a factor three to five each.

Sources: Parisi, Phys. Rev. Lett. 43, 1754 (1979) and J. Phys. A 13, L115 (1980); Oppermann, Schmidt, Phys. Rev. E 78,
061124 (2008) (many steps at T = 0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ising_problems.checks import checked_integer, checked_number

from ._replica_symmetric import replica_symmetric
from .parisi_saddle import ParisiSaddle, ising_saddle, soft_spin_saddle

__all__ = ["StepRSB", "sk_step_energy", "step_rsb"]

_HERMITE = 48  # a few wide steps need more nodes than many narrow ones
_MOST = 12  # steps, beyond which full_rsb has nothing left to gain


@dataclass(frozen=True)
class StepRSB:
    """State with k steps of replica-symmetry breaking; see :func:`step_rsb`.

    Attributes
    ----------
    pump : float
        The pump a.
    steps : int
        k.
    q : float
        Mean square amplitude, the largest overlap.
    susceptibility : float
        Δ, the linear response within one state.
    energy : float
        Energy per spin.
    curvature : float
        c = -a - Δ of the one-site potential.
    breaking : numpy.ndarray, shape (k,)
        Values μ of the Parisi function.
    step_edges : numpy.ndarray, shape (k + 1,)
        Overlaps between which they hold, from 0 to q; where nothing is broken, q alone.
    """

    pump: float
    steps: int
    q: float
    susceptibility: float
    energy: float
    curvature: float
    breaking: np.ndarray
    step_edges: np.ndarray


def step_rsb(pump: float, steps: int) -> StepRSB:
    """Ground state of the soft-spin Sherrington–Kirkpatrick model with k optimal steps of replica-symmetry breaking.

    Parameters
    ----------
    pump : float
        The pump a, finite.  At a ≤ -2 the ground state is x = 0 and nothing is broken.
    steps : int
        k, from 0 (replica symmetric) to 12.

    Returns
    -------
    StepRSB

    Raises
    ------
    TypeError, ValueError
        If the pump is not a finite number or the number of steps is not within its range.

    Notes
    -----
    Equations and sources: :mod:`landscapes.theory._step_rsb`.  For a + 2 < 0.1 the values of μ are known to a few
    digits only, and below 1e-4 they mean nothing, since they change the energy by less than rounding does.

    Examples
    --------
    >>> [round(step_rsb(0.0, k).energy, 4) for k in (0, 1, 2)]
    [-0.7052, -0.689, -0.6851]
    """
    a = checked_number(pump, "pump")
    steps = _checked_steps(steps, 0)
    if steps == 0 or a <= -2.0:
        state = replica_symmetric(a)
        nothing, edges = np.zeros(steps), np.full(steps + 1, state.q)
        return StepRSB(a, steps, state.q, state.susceptibility, state.energy, state.curvature, nothing, edges)
    saddle = soft_spin_steps(steps, pump=a)
    q = saddle.self_overlap
    # Near the onset the terms of the energy cancel: by ⟨x⁴⟩, as at every stationary point, at last by leading order.
    energy = saddle.energy if a + 2.0 >= 0.1 else float(-0.25 * saddle.moments[1])
    if a + 2.0 < 1e-4:
        energy = replica_symmetric(a).energy
    return StepRSB(a, steps, q, saddle.susceptibility, energy, saddle.curvature, saddle.breaking, q * saddle.overlaps)


def sk_step_energy(steps: int) -> float:
    """Energy per spin of the Sherrington–Kirkpatrick ground state with k optimal steps.

    Parameters
    ----------
    steps : int
        k, from 1 to 12.

    Examples
    --------
    >>> print(f"{sk_step_energy(1):.5f}")
    -0.76883
    """
    saddle: ParisiSaddle | None = None
    for count in range(1, _checked_steps(steps, 1) + 1):
        edges = np.linspace(0.0, 1.0, 2) if saddle is None else _one_more(saddle.overlaps)
        start = np.log([0.8]) if saddle is None else np.log(_split(saddle.breaking))
        saddle = ising_saddle(edges, start, free_overlaps=count > 1)
    assert saddle is not None
    return saddle.energy


def soft_spin_steps(steps: int, *, pump: float | None = None, curvature: float | None = None) -> ParisiSaddle:
    """Optimal k steps at a pump or at a curvature, from k - 1 of them."""
    saddle: ParisiSaddle | None = None
    for count in range(1, steps + 1):
        if saddle is None:
            begin = replica_symmetric(pump if pump is not None else -0.78)
            distance = begin.pump + 2.0
            breaking = 0.7 * distance**2 / (1.0 + 4.0 * distance / (1.0 + distance) + distance**2)
            edges, start = np.linspace(0.0, 1.0, 2), np.log([breaking, begin.q, 1.0 - breaking])
        else:
            edges = _one_more(saddle.overlaps)
            scaled = _split(saddle.breaking) * saddle.self_overlap
            start = np.log([*scaled, saddle.self_overlap, saddle.susceptibility])
        saddle = soft_spin_saddle(
            edges, start, pump=pump, curvature=curvature, free_overlaps=count > 1, hermite=_HERMITE
        )
    assert saddle is not None
    return saddle


def _checked_steps(steps: int, at_least: int) -> int:
    steps = checked_integer(steps, "steps", at_least)
    if steps > _MOST:
        raise ValueError(f"steps: at most {_MOST} are optimised together, but {steps} were asked for; use full_rsb")
    return steps


def _one_more(edges: np.ndarray) -> np.ndarray:
    """Edges of one block more: the last is split where about a third of it remains."""
    return np.concatenate([edges[:-1], [edges[-2] + 0.7 * (1.0 - edges[-2]), 1.0]])


def _split(breaking: np.ndarray) -> np.ndarray:
    return np.concatenate([breaking[:-1], [0.7 * breaking[-1], 1.9 * breaking[-1]]])
