r"""What is looked at along trajectories: energies, magnetisations, entanglement, for a batch of states at one moment.

For a pure state with :math:`p_s = |\psi_s|^2` in the basis of :mod:`cim.cavity.basis` and
:math:`m_i = \langle\sigma^x_i\rangle`:

- ``energy`` :math:`\sum_s p_s E(s)`; for a product state that is :math:`E(m)`, the "soft" energy of mean field;
- ``rounded_energy`` :math:`E(\operatorname{sign} m)`, with +1 for the sign of 0;
- ``excess_energy`` (energy - E_0)/n above the ground state, and ``ground_probability``, the weight of all its
  configurations;
- ``magnetisation`` and ``transverse_magnetisation``, the means of :math:`\sigma^x_i` and :math:`\sigma^z_i` over spins;
- ``entropy`` of entanglement of spins 0 … n // 2 - 1 with the rest, and ``negativity``, the mean over pairs: 0 for
  products (:mod:`cim.cavity.entanglement`);
- ``sigma_x`` itself, for each spin.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ising_problems import IsingModel, ground_states
from ising_problems.checks import on_one_line

from .basis import basis_energies, basis_indices, basis_spins
from .entanglement import entanglement_entropy, negativity, sigma_x, sigma_z

__all__ = [
    "OBSERVABLES",
    "MixedStates",
    "ProductStates",
    "PureStates",
    "checked_record",
    "draw_configurations",
    "requested",
]

OBSERVABLES = (
    "energy",
    "excess_energy",
    "rounded_energy",
    "ground_probability",
    "magnetisation",
    "transverse_magnetisation",
    "entropy",
    "negativity",
    "sigma_x",
)
_DEAR = ("negativity",)  # recorded only when asked for
_OF_THE_GROUND_STATE = ("excess_energy", "ground_probability")
_NOT_LINEAR = ("rounded_energy", "entropy", "negativity")
_MOST_ENUMERATED = 24


def checked_record(record: Sequence[str] | str | None, method: str, num_spins: int) -> tuple[str, ...]:
    """Names of what to record, without "state", in the order of :data:`OBSERVABLES`."""
    possible = [name for name in OBSERVABLES if not (method == "mesolve" and name in _NOT_LINEAR)]
    if num_spins > _MOST_ENUMERATED:
        possible = [name for name in possible if name not in _OF_THE_GROUND_STATE]
    if record is None:
        return tuple(name for name in possible if name not in _DEAR)
    if isinstance(record, str) and record == "all":
        return tuple(possible)
    names = requested(record)
    for name in names:
        if name not in (*OBSERVABLES, "state"):
            raise ValueError(f"record: {name!r} is not one of {', '.join((*OBSERVABLES, 'state'))}")
        if name not in (*possible, "state"):
            why = "is that of a single trajectory" if name in _NOT_LINEAR else f"needs at most {_MOST_ENUMERATED} spins"
            raise ValueError(f"record: {name!r} {why}, and there is none for this run; leave it out")
    return tuple(name for name in OBSERVABLES if name in names)


def requested(record: Sequence[str] | str | None) -> tuple[str, ...]:
    """What a ``record`` argument names; nothing for None."""
    if record is None or isinstance(record, str):
        return () if record is None else (record,)
    if not isinstance(record, Iterable):
        raise TypeError(f"record: names of observables are needed, but it is {on_one_line(record)}")
    return tuple(record)


@dataclass(frozen=True, eq=False)
class PureStates:
    """Measures batches of states, (R, 2**n)."""

    model: IsingModel
    energies: np.ndarray
    names: tuple[str, ...]
    ground_places: np.ndarray

    @classmethod
    def of(cls, model: IsingModel, names: tuple[str, ...]) -> PureStates:
        """For a model."""
        return cls(model, basis_energies(model), names, _ground_places(model, names))

    def measure(self, states: np.ndarray) -> dict[str, np.ndarray]:
        """Each observable, (R,) or (R, n)."""
        n = self.model.num_spins
        found: dict[str, np.ndarray] = {}
        weights = states.real**2 + states.imag**2
        means = sigma_x(states)
        energy = (weights * self.energies).sum(axis=1)  # by no product whose rounding depends on the other replicas
        for name in self.names:
            if name == "energy":
                found[name] = energy
            elif name == "excess_energy":
                found[name] = (energy - self.energies.min()) / n
            elif name == "rounded_energy":
                found[name] = _rounded_energy(self.model, means)
            elif name == "ground_probability":
                found[name] = weights[:, self.ground_places].sum(axis=1)
            elif name == "magnetisation":
                found[name] = means.mean(axis=1)
            elif name == "transverse_magnetisation":
                found[name] = sigma_z(states).mean(axis=1)
            elif name == "entropy":
                found[name] = np.asarray(entanglement_entropy(states))
            elif name == "negativity":
                found[name] = negativity(states).mean(axis=1) if n > 1 else np.zeros(len(states))
            else:
                found[name] = means
        return found

    def readout(self, states: np.ndarray, chances: np.ndarray) -> np.ndarray:
        """One configuration of each state, (R, n) int8, for numbers (R, n) uniform in [0, 1)."""
        weights = states.real**2 + states.imag**2
        return draw_configurations(weights, chances[:, 0], self.model.num_spins)


@dataclass(frozen=True, eq=False)
class ProductStates:
    """Measures batches of product states, (R, n, 2)."""

    model: IsingModel
    names: tuple[str, ...]
    ground_energy: float
    ground_states: np.ndarray

    @classmethod
    def of(cls, model: IsingModel, names: tuple[str, ...]) -> ProductStates:
        """For a model."""
        if set(names) & set(_OF_THE_GROUND_STATE):
            return cls(model, names, *ground_states(model))
        return cls(model, names, np.inf, np.zeros((0, model.num_spins)))

    def measure(self, states: np.ndarray) -> dict[str, np.ndarray]:
        """Each observable, (R,) or (R, n)."""
        replicas, n = states.shape[:2]
        means = _product_means(states)
        J = self.model.J.toarray() if self.model.is_sparse else self.model.J
        # by no product whose rounding depends on the other replicas
        energy = self.model.offset - np.array([mean @ (0.5 * (J @ mean) + self.model.h) for mean in means])
        found: dict[str, np.ndarray] = {}
        for name in self.names:
            if name == "energy":
                found[name] = energy
            elif name == "excess_energy":
                found[name] = (energy - self.ground_energy) / n
            elif name == "rounded_energy":
                found[name] = _rounded_energy(self.model, means)
            elif name == "ground_probability":
                chances = 0.5 * (1.0 + means[:, None, :] * self.ground_states)
                found[name] = chances.prod(axis=2).sum(axis=1)
            elif name == "magnetisation":
                found[name] = means.mean(axis=1)
            elif name == "transverse_magnetisation":
                found[name] = 2.0 * (states[..., 0].conj() * states[..., 1]).real.mean(axis=1)
            elif name in ("entropy", "negativity"):
                found[name] = np.zeros(replicas)
            else:
                found[name] = means
        return found

    def readout(self, states: np.ndarray, chances: np.ndarray) -> np.ndarray:
        """One configuration of each state, (R, n) int8, for numbers (R, n) uniform in [0, 1)."""
        return np.where(2.0 * chances - 1.0 < _product_means(states), 1, -1).astype(np.int8)


@dataclass(frozen=True, eq=False)
class MixedStates:
    """Measures a density matrix, (2**n, 2**n)."""

    model: IsingModel
    energies: np.ndarray
    names: tuple[str, ...]
    ground_places: np.ndarray

    @classmethod
    def of(cls, model: IsingModel, names: tuple[str, ...]) -> MixedStates:
        """For a model."""
        return cls(model, basis_energies(model), names, _ground_places(model, names))

    def measure(self, state: np.ndarray) -> dict[str, np.ndarray]:
        """Each observable, a number or (n,)."""
        n = self.model.num_spins
        spins = basis_spins(n)
        weights = state.diagonal().real
        means = weights @ spins
        energy = weights @ self.energies
        found: dict[str, np.ndarray] = {}
        for name in self.names:
            if name == "energy":
                found[name] = energy
            elif name == "excess_energy":
                found[name] = (energy - self.energies.min()) / n
            elif name == "ground_probability":
                found[name] = weights[self.ground_places].sum()
            elif name == "magnetisation":
                found[name] = means.mean()
            elif name == "transverse_magnetisation":
                places = np.arange(1 << n)
                turned = [state[places, places ^ (1 << bit)].sum().real for bit in range(n)]
                found[name] = np.mean(turned)
            else:
                found[name] = means
        return found

    def readout(self, state: np.ndarray, chances: np.ndarray) -> np.ndarray:
        """Configurations, (R, n) int8, drawn from the diagonal for numbers (R, n) uniform in [0, 1)."""
        weights = np.clip(state.diagonal().real, 0.0, None)
        weights = np.broadcast_to(weights, (len(chances), len(weights)))
        return draw_configurations(weights, chances[:, 0], self.model.num_spins)


def draw_configurations(weights: np.ndarray, chances: np.ndarray, num_spins: int) -> np.ndarray:
    """Configurations (R, n) with probabilities in proportion to ``weights`` (R, 2**n), for ``chances`` in [0, 1)."""
    totals = np.cumsum(weights, axis=1)
    places = [
        np.searchsorted(total, chance * total[-1], "right") for total, chance in zip(totals, chances, strict=True)
    ]
    return basis_spins(num_spins, np.minimum(places, weights.shape[1] - 1))


def _product_means(states: np.ndarray) -> np.ndarray:
    weights = states.real**2 + states.imag**2
    return weights[..., 0] - weights[..., 1]


def _rounded_energy(model: IsingModel, means: np.ndarray) -> np.ndarray:
    return np.asarray(model.energy(np.where(means >= 0.0, 1, -1).astype(np.int8)), dtype=np.float64)


def _ground_places(model: IsingModel, names: tuple[str, ...]) -> np.ndarray:
    """Where the ground states are in the basis, if that is to be recorded: once, not at every moment."""
    return basis_indices(ground_states(model)[1]) if "ground_probability" in names else np.zeros(0, dtype=np.int64)
