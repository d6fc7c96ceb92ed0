"""Continuation of solutions: from controls at which one is known to others, with steps as long as they converge.

Between its ends a path is straight in the weights and in the observables that are given, and in ln(pump + 2), the
distance from the threshold in which everything below is a power law.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

__all__ = ["Controls", "NotContinued", "continued"]


class NotContinued(RuntimeError):
    """The saddle point could not be followed to where it was asked for."""


@dataclass(frozen=True)
class Controls:
    """What is held fixed: the pump and, of each pair (weight, observable), one.

    Attributes
    ----------
    pump : float
    energy_weight, index_weight : float
        Values of u and ζ, where they are what is given.
    energy, log_index : float, optional
        Energy per spin, and logarithm of the index fraction, given instead of u and of ζ.
    """

    pump: float
    energy_weight: float = 0.0
    index_weight: float = 0.0
    energy: float | None = None
    log_index: float | None = None

    def between(self, other: Controls, fraction: float) -> Controls:
        """Controls on the way to others; the pump moves evenly in ln(pump + 2), its distance from the threshold."""

        def mixed(start: float | None, stop: float | None) -> float | None:
            return None if start is None or stop is None else start + fraction * (stop - start)

        if fraction >= 1.0:
            return other
        pump = self.pump
        if pump != other.pump:
            pump = float((self.pump + 2.0) ** (1.0 - fraction) * (other.pump + 2.0) ** fraction) - 2.0
        return Controls(
            pump,
            mixed(self.energy_weight, other.energy_weight),  # type: ignore[arg-type]
            mixed(self.index_weight, other.index_weight),  # type: ignore[arg-type]
            mixed(self.energy, other.energy),
            mixed(self.log_index, other.log_index),
        )

    def where_not(self, other: Controls) -> str:
        """What differs from other controls, in words; all that is given where nothing does."""
        given = {name: value for name, value in vars(self).items() if value is not None}
        changed = {name: value for name, value in given.items() if value != getattr(other, name)} or given
        if "log_index" in changed:
            changed["index"] = float(np.exp(changed.pop("log_index")))
        return ", ".join(f"{name.replace('_', ' ')} {value:.6g}" for name, value in changed.items())


def continued(start: Any, target: Controls, solve: Callable[[Any], Any], first_step: float = 0.1) -> Any:
    """Follow a solution from its controls to others, along the straight line between them.

    Parameters
    ----------
    start : AnnealedSaddle, or another such dataclass with ``unknowns``, ``controls`` and ``touching``
        A solution.
    target : Controls
        With the same choice of what is given as ``start.controls``.
    solve : callable
        Makes a solution of an approximation, or raises ``NotContinued``.
    first_step : float
        Fraction of the way that is tried first.

    Returns
    -------
    AnnealedSaddle, or what ``start`` is

    Raises
    ------
    NotContinued
        If a step of a ten-thousandth of the way still fails.
    """
    origin, fraction, step = start.controls, 0.0, min(first_step, 1.0)
    previous: tuple[float, np.ndarray] | None = None
    state = start
    while fraction < 1.0:
        ahead = min(1.0, fraction + step)
        guess = state.unknowns
        if previous is not None:
            guess = guess + (ahead - fraction) / (fraction - previous[0]) * (guess - previous[1])
        try:
            found = solve(replace(state, unknowns=guess, controls=origin.between(target, ahead)))
            if np.abs(found.unknowns - state.unknowns)[:4].max() > 1.0:
                raise NotContinued("the solution jumped")
        except NotContinued:
            step *= 0.5
            if step < 1e-4:
                raise NotContinued(
                    f"no solution beyond {origin.between(target, fraction).where_not(origin)}, on the way from "
                    f"{origin.where_not(target)}; ask for something nearer to that"
                ) from None
            continue
        previous = (fraction, state.unknowns) if found.touching == state.touching else None
        state, fraction, step = found, ahead, min(2.0 * step, max(0.25, first_step))
    return state
