r"""The driven-dissipative quantum spin glass: atoms whose cavity follows them at once, and measures them as it does.

An atom i couples by :math:`g_{i\mu}\sigma^x_i/2` to modes that are far red-detuned, all by
:math:`\Delta_\mu = \Delta < 0`, with loss κ (:mod:`cim.cavity.modes`).  Where the modes are faster than the spins,
:math:`\omega_z \ll |\Delta + i\kappa|`, they are slaves of them, :math:`a_\mu = G_\mu/(\Delta + i\kappa)` with
:math:`G_\mu = \sum_i g_{i\mu}\sigma^x_i/2`, and :mod:`cim.cavity.atom_only` reduces to

.. math::

    H = \frac{\omega_z}{2} \sum_i \sigma^z_i + \frac{\Delta}{\Delta^2 + \kappa^2} \sum_\mu G_\mu^2 , \qquad
    L_\mu = \frac{\sqrt{2\kappa}}{\Delta + i\kappa}\, G_\mu .

With :math:`\lambda M_{ij} = \frac{-\Delta}{2(\Delta^2 + \kappa^2)} \sum_\mu g_{i\mu} g_{j\mu}` the second term of H is
:math:`-\tfrac{\lambda}{2} \sum_{ij} M_{ij} \sigma^x_i \sigma^x_j`, and
:math:`\sum_\mu L_\mu^\dagger L_\mu = \eta\lambda \sum_{ij} M_{ij} \sigma^x_i \sigma^x_j` with the loss ratio
:math:`\eta = \kappa/|\Delta|`.  M is positive semidefinite and its off-diagonal part is the Ising coupling:
:math:`M = J + cI`.  Any set of jump operators with the same :math:`\sum_\mu g_{i\mu} g_{j\mu}` is the same master
equation; the supermodes :math:`M = V \operatorname{diag}(\mu) V^{\mathsf T}` are n of them:

.. math::

    H(t) = \frac{\omega_z}{2} \sum_i \sigma^z_i + \lambda(t)\, E(\sigma^x) , \qquad
    L_k(t) = \sqrt{\eta\,\lambda(t)\,\mu_k}\; \sum_i V_{ik} \sigma^x_i ,

with E the Ising energy of the model, and λ, the pump's power, ramped up (Marsh et al., Phys. Rev. X 14, 011026 (2024)).
Fields are a constant drive of the modes: it shifts each :math:`G_\mu` by a number, which moves :math:`L_\mu` by one
and H by a term linear in :math:`\sigma^x`; a shift of L by a number is such a term again, so that only the sum of both,
h, matters.  It is taken to be ramped with the couplings.

What is left out is of the order of :math:`\omega_z/|\Delta|`: the reduced jump operators are Hermitian and heat the
spins without end, where the full ones also cool them.  It holds for runs that are short against that,
:math:`\eta\,\lambda\,\mu\,T` small, which is the regime of the glass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.checks import checked_number, on_one_line

from ..schedules import constant, linear
from .basis import basis_energies
from .modes import Supermodes
from .modes import supermodes as decompose

if TYPE_CHECKING:
    from .open_system import OpenSystem

__all__ = ["Glass", "RampTable", "checked_ramp", "dispersive_model", "make_glass", "open_system", "ramp_values"]

_SAME = 1e-8  # of the largest coupling: how well supermodes must make the model's couplings


@dataclass(frozen=True, eq=False)
class Glass:
    """A dispersive model in numbers, as the kernels take it.

    Attributes
    ----------
    model : IsingModel
    J, h : numpy.ndarray of float64, shapes (n, n) and (n,)
    modes : Supermodes
    ramp : callable
        λ at a fraction of the run.
    duration, transverse_field, loss_ratio : float
        T, ω_z and η.
    """

    model: IsingModel
    J: np.ndarray
    h: np.ndarray
    modes: Supermodes
    ramp: Callable[[Any], Any]
    duration: float
    transverse_field: float
    loss_ratio: float

    def tabulated(self, intervals: int) -> Glass:
        """The same with a table for a ramp, which can be sent to other processes whatever the ramp was."""
        table = RampTable(self.couplings(np.linspace(0.0, 1.0, intervals + 1)))
        return replace(self, ramp=table)

    def couplings(self, fractions: np.ndarray) -> np.ndarray:
        """λ at fractions of the run, checked."""
        return ramp_values(self.ramp, fractions)


@dataclass(frozen=True, eq=False)
class RampTable:
    """A ramp by its values at equal distances, straight between them."""

    values: np.ndarray

    def __call__(self, u: Any) -> Any:
        """Value at the fraction u of the run."""
        return np.interp(u, np.linspace(0.0, 1.0, len(self.values)), self.values)


def make_glass(
    model: IsingModel | Problem,
    ramp: Callable[[Any], Any] | float | None = None,
    *,
    duration: float = 20.0,
    transverse_field: float = 1.0,
    loss_ratio: float = 0.005,
    supermodes: Supermodes | None = None,
    shift: float | None = None,
) -> Glass:
    """Check the arguments of a dispersive model and bring them together."""
    if isinstance(model, Problem):
        model = model.to_ising()
    if not isinstance(model, IsingModel):
        raise TypeError(f"model: an IsingModel or a Problem is needed, not {type(model).__name__}")
    if model.num_spins == 0:
        raise ValueError("model: there are no spins to put into the cavity")
    duration = checked_number(duration, "duration", above=0.0)
    transverse_field = checked_number(transverse_field, "transverse_field")
    loss_ratio = checked_number(loss_ratio, "loss_ratio", at_least=0.0)
    if supermodes is not None and shift is not None:
        raise ValueError("shift: the supermodes that were given have one already; pass one of the two")
    J = np.array(model.J.toarray() if model.is_sparse else model.J, dtype=np.float64)
    modes = decompose(model, shift) if supermodes is None else _checked_modes(supermodes, J)
    return Glass(
        model,
        J,
        np.array(model.h, dtype=np.float64),
        modes,
        checked_ramp(ramp),
        duration,
        transverse_field,
        loss_ratio,
    )


def dispersive_model(
    model: IsingModel | Problem,
    ramp: Callable[[Any], Any] | float | None = None,
    *,
    duration: float = 20.0,
    transverse_field: float = 1.0,
    loss_ratio: float = 0.005,
    supermodes: Supermodes | None = None,
    shift: float | None = None,
    samples: int = 2000,
) -> OpenSystem:
    r"""Spin glass in a cavity that follows the atoms at once, as QuTiP objects in the σ^x basis.

    Parameters
    ----------
    model : IsingModel or Problem
        Couplings J and fields h of the energy E.
    ramp : callable of the fraction of the run, or float, optional
        λ, in the unit of the transverse field over that of J; ``cim.linear(0.0, 6.0)`` by default.  Not negative.
    duration : float, default 20
        T, in units of 1/ω_z for ω_z = 1.
    transverse_field : float, default 1
        ω_z, the splitting of an atom.
    loss_ratio : float, default 0.005
        η = κ/\|Δ\|; 0 for a closed system.
    supermodes : Supermodes, optional
        Loss channels; those of ``cim.cavity.supermodes(model, shift)`` by default.
    shift : float, optional
        Local part of the couplings, see :func:`cim.cavity.supermodes`.
    samples : int, default 2000
        Intervals of the table that QuTiP interpolates λ from.

    Returns
    -------
    OpenSystem
        With all spins at σ^z = -1.

    Raises
    ------
    TypeError, ValueError
        For a ramp, duration or loss ratio out of range, or supermodes of other couplings.
    """
    glass = make_glass(
        model,
        ramp,
        duration=duration,
        transverse_field=transverse_field,
        loss_ratio=loss_ratio,
        supermodes=supermodes,
        shift=shift,
    )
    return open_system(glass, samples)


def open_system(glass: Glass, samples: int) -> OpenSystem:
    """QuTiP's objects for a model; λ is interpolated in a table of ``samples`` intervals."""
    import qutip

    from .open_system import OpenSystem, all_down, single_spin_operators

    n = glass.model.num_spins
    along_x, along_z = single_spin_operators(n)
    fractions = np.linspace(0.0, 1.0, samples + 1)
    couplings = glass.couplings(fractions)
    times = fractions * glass.duration
    strength = qutip.coefficient(couplings, tlist=times, order=1)
    root = qutip.coefficient(np.sqrt(couplings), tlist=times, order=1)
    dimensions = [[2] * n, [2] * n]
    energies = basis_energies(glass.model)
    energy = qutip.Qobj(qutip.qdiags(energies, 0), dims=dimensions).to("CSR")
    collapse = []
    for rate, vector in zip(glass.modes.rates, glass.modes.vectors.T, strict=True):
        if glass.loss_ratio * rate > 0.0:
            jump = sum(component * operator for component, operator in zip(vector, along_x, strict=True))
            collapse.append(qutip.QobjEvo([(np.sqrt(glass.loss_ratio * rate) * jump).to("Dia"), root]))
    # the offset changes no state, and QuTiP's integrators are the faster the smaller H is
    centred = qutip.Qobj(qutip.qdiags(energies - glass.model.offset, 0), dims=dimensions).to("Dia")
    transverse = (0.5 * glass.transverse_field * sum(along_z)).to("CSR")
    observables = {f"sigma_x_{i}": operator for i, operator in enumerate(along_x)}
    observables |= {f"sigma_z_{i}": operator for i, operator in enumerate(along_z)}
    return OpenSystem(
        hamiltonian=qutip.QobjEvo([transverse, [centred, strength]]),
        collapse_operators=tuple(collapse),
        initial_state=all_down(n),
        num_spins=n,
        observables=observables | {"energy": energy},
        duration=glass.duration,
        notes={
            "model": "dispersive",
            "valid": "transverse field small against the detuning; loss_ratio * coupling * rate * duration small",
            "transverse_field": glass.transverse_field,
            "loss_ratio": glass.loss_ratio,
            "shift": glass.modes.shift,
        },
    )


# ---------------------------------------------------------------- arguments


def checked_ramp(ramp: Any) -> Callable[[Any], Any]:
    """A ``ramp`` argument as a function of the fraction of the run."""
    if ramp is None:
        return linear(0.0, 6.0)
    if hasattr(ramp, "plan"):
        raise TypeError(f"ramp: {ramp!r} makes pump schedules for machines of amplitudes; pass a schedule itself")
    if callable(ramp):
        return ramp
    return constant(checked_number(ramp, "ramp", at_least=0.0))


def ramp_values(ramp: Callable[[Any], Any], fractions: np.ndarray) -> np.ndarray:
    """The ramp at fractions of the run: finite, and none negative."""
    return np.array([_ramp_value(ramp, float(u)) for u in fractions])


def _ramp_value(ramp: Callable[[Any], Any], u: float) -> float:
    value = ramp(u)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"ramp: the value at u = {u:g} is {on_one_line(value)}, not a number") from None
    if not np.isfinite(number):
        raise ValueError(f"ramp: the value at u = {u:g} is {number}, not a finite number")
    if number < 0.0:
        raise ValueError(
            f"ramp: λ is the pump's power and not negative, but at u = {u:g} it is {number:g}; turn the couplings' "
            "sign instead"
        )
    return number


def _checked_modes(modes: Any, J: np.ndarray) -> Supermodes:
    for name in ("rates", "vectors"):
        if not hasattr(modes, name):
            raise TypeError(f"supermodes: those of cim.cavity.supermodes are needed, but it is {on_one_line(modes)}")
    rates, vectors = np.asarray(modes.rates, dtype=np.float64), np.asarray(modes.vectors, dtype=np.float64)
    if rates.ndim != 1 or vectors.shape != (len(J), len(rates)):
        raise ValueError(
            f"supermodes: one rate and one column of {len(J)} components for each mode are needed, but the shapes are "
            f"{rates.shape} and {vectors.shape}"
        )
    if not (np.isfinite(rates).all() and np.isfinite(vectors).all() and (rates >= 0.0).all()):
        raise ValueError("supermodes: rates must not be negative, and all numbers finite")
    made = (vectors * rates) @ vectors.T
    np.fill_diagonal(made, 0.0)
    worst = float(np.abs(made - J).max(initial=0.0))
    if worst > _SAME * max(float(np.abs(J).max(initial=0.0)), 1e-300):
        raise ValueError(
            f"supermodes: they make other couplings than the model's (by up to {worst:g}); take those of "
            "cim.cavity.supermodes(model)"
        )
    return Supermodes(rates, vectors, float(getattr(modes, "shift", 0.0)))
