"""What is looked at along trajectories of any :class:`cim.cavity.OpenSystem`: the means of its observables.

``sigma_x`` is collected from the observables ``sigma_x_0`` …, and so is whatever else has one of every spin or mode.
Projective readouts of σ^x are those of the spins, whatever state the modes are in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ising_problems.checks import on_one_line

from .open_system import OpenSystem
from .trajectory_records import draw_configurations, requested

__all__ = ["SystemStates", "checked_system_record"]

_NUMBERED = re.compile(r"(.+)_(\d+)")


def checked_system_record(record: Sequence[str] | str | None, system: OpenSystem) -> tuple[str, ...]:
    """Names of what to record, without "state": observables, or the common name of numbered ones."""
    possible = list(_groups(system))
    if record is None or (isinstance(record, str) and record == "all"):
        return tuple(possible)
    names = requested(record)
    for name in names:
        if name not in (*possible, "state"):
            raise ValueError(
                f"record: this system's observables are {', '.join(possible)}, and not {on_one_line(name)}"
            )
    return tuple(name for name in possible if name in names)


class SystemStates:
    """Measures batches of pure states, (R, dimension), or a density matrix if ``mixed``."""

    def __init__(self, system: OpenSystem, names: Sequence[str], mixed: bool) -> None:
        self._spins = system.num_spins
        self._mixed = mixed
        groups = _groups(system)
        self._operators: dict[str, list[Any]] = {
            name: [system.observables[member].to("CSR").data.as_scipy() for member in groups[name]] for name in names
        }
        self.dimensions = {name: _dimension(name, groups[name]) for name in names}

    def measure(self, states: np.ndarray) -> dict[str, np.ndarray]:
        """Each observable: (R,) or (R, count) for pure states, a number or (count,) for a density matrix."""
        found = {}
        for name, operators in self._operators.items():
            values = np.stack([self._mean(operator, states) for operator in operators], axis=-1)
            found[name] = values if self.dimensions[name] else values[..., 0]
        return found

    def readout(self, states: np.ndarray, chances: np.ndarray) -> np.ndarray:
        """Configurations of the spins, (R, n) int8: one of each state, or all from the density matrix's diagonal."""
        if self._mixed:
            weights = np.broadcast_to(np.clip(states.diagonal().real, 0.0, None), (len(chances), len(states)))
        else:
            weights = states.real**2 + states.imag**2
        weights = weights.reshape(len(chances), 1 << self._spins, -1).sum(axis=2)
        return draw_configurations(weights, chances[:, 0], self._spins)

    def _mean(self, operator: Any, states: np.ndarray) -> np.ndarray:
        if self._mixed:
            return np.asarray((operator @ states).trace().real)
        return np.asarray(np.einsum("ri,ir->r", states.conj(), operator @ states.T).real)


def _groups(system: OpenSystem) -> dict[str, list[str]]:
    """Observables by their common name, those of one group in the order of their numbers."""
    groups: dict[str, list[str]] = {}
    for name in system.observables:
        numbered = _NUMBERED.fullmatch(name)
        groups.setdefault(numbered[1] if numbered else name, []).append(name)
    return groups


def _dimension(name: str, members: Sequence[str]) -> tuple[str, ...]:
    if members == [name]:
        return ()
    return ("spin",) if name.startswith("sigma_") else ("mode",)
