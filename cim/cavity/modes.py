r"""Ising couplings that the modes of a cavity mediate, and the independent loss channels that come with couplings.

Site i holds a spin of length S (a two-level atom has S = 1/2, an ensemble of M of them S = M/2), which couples by
:math:`S^x_i = S s_i` to the mode μ, detuned by :math:`\Delta_\mu` and losing its field at the rate :math:`\kappa_\mu`:

.. math::

    H = -\sum_\mu \Delta_\mu a_\mu^\dagger a_\mu
        + \sum_\mu \Big(\sum_i g_{i\mu} S^x_i\Big) (a_\mu + a_\mu^\dagger)
        + \sum_\mu (\phi_\mu a_\mu^\dagger + \phi_\mu^* a_\mu) , \qquad
    L_\mu = \sqrt{2 \kappa_\mu}\, a_\mu .

With the spins held, :math:`\dot a_\mu = (i \Delta_\mu - \kappa_\mu) a_\mu - i (G_\mu + \phi_\mu)` with
:math:`G_\mu = S \sum_i g_{i\mu} s_i`, so that the field settles at
:math:`a_\mu = (G_\mu + \phi_\mu) / (\Delta_\mu + i \kappa_\mu)`.  What it does to the spins,
:math:`S g_{i\mu} (a_\mu + a_\mu^*)`, is the gradient of the energy

.. math::

    E(s) = -\sum_{i,j} A_{ij} s_i s_j - \sum_i h_i s_i , \qquad
    A_{ij} = -S^2 \sum_\mu \frac{\Delta_\mu\, g_{i\mu} g_{j\mu}}{\Delta_\mu^2 + \kappa_\mu^2} , \qquad
    h_i = -2 S \sum_\mu g_{i\mu}\,
          \frac{\operatorname{Re}[\phi_\mu (\Delta_\mu - i \kappa_\mu)]}{\Delta_\mu^2 + \kappa_\mu^2} ,

in which the first sum runs over all ordered pairs, i = j among them (Marsh et al., Phys. Rev. X 11, 021048 (2021)).
This project counts each pair once and has no diagonal: :math:`J_{ij} = 2 A_{ij}` for i ≠ j, and the
self-couplings :math:`A_{ii}` are given apart.  They add :math:`-\sum_i A_{ii}` to every energy of signs, and cost a
collective spin, whose :math:`s_i` takes values between -1 and 1 when its atoms flip one by one, the energy
:math:`-A_{ii} \delta^2` in a step by δ.

Red detuning, Δ < 0, makes a positive semidefinite A: patterns laid out as modes are Hopfield's memory
(Gopalakrishnan, Lev, Goldbart, Phys. Rev. Lett. 107, 277201 (2011)).

Supermodes: couplings J alone fix the modes up to the diagonal.  For a shift c ≥ -λ_min(J), the spectral decomposition
:math:`J + c\,I = V \operatorname{diag}(\mu) V^{\mathsf T}` with :math:`\mu_k \ge 0` names n independent combinations of
the spins, :math:`\sum_i V_{ik} \sigma^x_i`, that the cavity measures at rates in proportion to :math:`\mu_k`
(Marsh et al., Phys. Rev. X 14, 011026 (2024)).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ising_problems import IsingModel
from ising_problems.checks import as_float, check_finite, checked_number, number_array, refuse_masked

from ..checks import checked_model

__all__ = ["Supermodes", "multimode_couplings", "multimode_self_couplings", "supermodes"]

# Below -λ_min by this fraction of the largest eigenvalue's size, a shift is the one that was meant.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Supermodes:
    """Independent channels of a coupling matrix, the strongest first.

    Attributes
    ----------
    rates : numpy.ndarray, shape (n,)
        Eigenvalues of J + shift·I, none negative, falling.
    vectors : numpy.ndarray, shape (n, n)
        Column k is the normalised eigenvector of ``rates[k]``; its largest component is positive.
    shift : float
        What was added to the diagonal of J.
    """

    rates: np.ndarray
    vectors: np.ndarray
    shift: float


def supermodes(model: IsingModel, shift: float | None = None) -> Supermodes:
    """Decompose couplings into the independent combinations of spins that modes of a cavity couple to.

    Parameters
    ----------
    model : IsingModel
        Its fields play no part.
    shift : float, optional
        What to add to the diagonal.  By default the least that makes J + shift·I positive semidefinite, -λ_min(J).  A
        confocal cavity's local term supplies more of it, which changes no energy of signs but adds to the loss.

    Returns
    -------
    Supermodes

    Raises
    ------
    TypeError
        If ``model`` is not an IsingModel.
    ValueError
        If the shift leaves a negative eigenvalue: no cavity has modes with negative rates.

    Examples
    --------
    >>> modes = supermodes(IsingModel([[0, 1], [1, 0]]))
    >>> modes.rates.round(12).tolist(), modes.shift
    ([2.0, 0.0], 1.0)
    """
    model = checked_model(model)
    couplings = np.asarray(model.J.toarray() if model.is_sparse else model.J, dtype=np.float64)
    values, vectors = np.linalg.eigh(couplings)
    least = 0.0 - float(values.min(initial=0.0))
    if shift is None:
        shift = least
    shift = checked_number(shift, "shift")
    if shift < least - _ROUNDING * float(np.abs(values).max(initial=0.0)):
        raise ValueError(
            f"shift: with {shift:g} on the diagonal the couplings have the negative eigenvalue {shift - least:g}, and "
            f"no modes of a cavity make these; use at least {least:g}"
        )
    rates = np.maximum(values[::-1] + shift, 0.0)
    vectors = vectors[:, ::-1]
    if vectors.size:
        largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=0)[None], axis=0)
        vectors = np.ascontiguousarray(vectors * np.where(largest < 0, -1.0, 1.0))
    rates.flags.writeable = vectors.flags.writeable = False
    return Supermodes(rates, vectors, shift)


def multimode_couplings(g: Any, detuning: Any, loss: Any, *, probe: Any = None, spin: float = 1.0) -> IsingModel:
    """Ising model of spins that share the modes of a cavity.

    Parameters
    ----------
    g : array_like of float, shape (n, modes)
        Coupling of site i to mode μ, as an angular frequency.
    detuning : float or array_like, shape (modes,)
        Δ_μ, of the pump from the mode; negative is red.
    loss : float or array_like, shape (modes,)
        κ_μ, half the linewidth: the decay rate of the field.
    probe : array_like of complex, shape (modes,), optional
        φ_μ, light that is sent into the modes: fields on the spins.
    spin : float, default 1
        Length S of the spin at a site: 1/2 for a two-level atom, M/2 for an ensemble of M.

    Returns
    -------
    IsingModel
        Each pair once: J is twice the matrix A of the sum over ordered pairs (see this module's docstring), whose
        diagonal :func:`multimode_self_couplings` gives.  E_ordered(s) = model.energy(s) - sum of the self-couplings.

    Raises
    ------
    ValueError
        If shapes do not match, a number is not finite, a loss is negative, or a mode has neither detuning nor loss.

    Examples
    --------
    >>> model = multimode_couplings([[1.0], [1.0]], detuning=-2.0, loss=0.0)
    >>> float(model.J[0, 1])
    1.0
    """
    strengths, real_part, imaginary_part = _checked_modes(g, detuning, loss)
    spin = checked_number(spin, "spin", above=0.0)
    couplings = -2.0 * spin**2 * (strengths * real_part) @ strengths.T
    couplings = (couplings + couplings.T) / 2  # rounding of the product
    np.fill_diagonal(couplings, 0.0)
    fields = None
    if probe is not None:
        light = _checked_probe(probe, strengths.shape[1])
        fields = -2.0 * spin * strengths @ (light.real * real_part + light.imag * imaginary_part)
    return IsingModel(couplings, fields, copy=False)


def multimode_self_couplings(g: Any, detuning: Any, loss: Any, *, spin: float = 1.0) -> np.ndarray:
    """Self-couplings A_ii of the sum over ordered pairs, for the dynamics of collective spins.

    A step of s_i by δ changes the energy by -δ times the field on it, less A_ii δ².

    Parameters
    ----------
    g, detuning, loss, spin
        As for :func:`multimode_couplings`.

    Returns
    -------
    numpy.ndarray, shape (n,)

    Examples
    --------
    >>> multimode_self_couplings([[1.0], [3.0]], detuning=-2.0, loss=0.0).tolist()
    [0.5, 4.5]
    """
    strengths, real_part, _ = _checked_modes(g, detuning, loss)
    spin = checked_number(spin, "spin", above=0.0)
    return np.asarray(-(spin**2) * (strengths**2 @ real_part))


def _checked_modes(g: Any, detuning: Any, loss: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Strengths (n, modes), and the real and imaginary parts of 1/(Δ - iκ), (modes,)."""
    strengths = as_float(number_array(g, "g"), "g")
    if strengths.ndim != 2:
        raise ValueError(f"g: one row a site and one column a mode are needed, but the shape is {strengths.shape}")
    check_finite(strengths, "g")
    modes = strengths.shape[1]
    rates = []
    for values, name in ((detuning, "detuning"), (loss, "loss")):
        array = as_float(number_array(values, name), name)
        if array.shape not in ((), (modes,)):
            raise ValueError(f"{name}: one number, or one for each of the {modes} modes; the shape is {array.shape}")
        check_finite(array, name)
        rates.append(np.broadcast_to(array, (modes,)))
    delta, kappa = rates
    if (kappa < 0).any():
        raise ValueError(f"loss: the field decays at a rate that is not negative, but it is {kappa[kappa < 0][0]:g}")
    size = np.hypot(delta, kappa)
    if (size == 0).any():
        mode = int(np.flatnonzero(size == 0)[0])
        raise ValueError(f"detuning: mode {mode} has neither detuning nor loss: its field grows without end")
    with np.errstate(over="ignore"):
        real_part, imaginary_part = delta / size / size, kappa / size / size
        # no sum over modes is larger than that of the largest entries
        bound = np.abs(strengths).max(axis=0, initial=0.0) ** 2 * np.maximum(np.abs(real_part), imaginary_part)
    if not np.isfinite(bound.sum()):
        raise ValueError("g: the couplings are beyond floats; give g, detuning and loss in a larger unit")
    return strengths, real_part, imaginary_part


def _checked_probe(probe: Any, modes: int) -> np.ndarray:
    refuse_masked(probe, "probe")
    light = np.asarray(probe)
    if light.dtype.kind not in "biufc":
        raise ValueError(f"probe: entries must be numbers, but the dtype is {light.dtype}")
    if light.shape != (modes,):
        raise ValueError(f"probe: one amplitude for each of the {modes} modes is needed; the shape is {light.shape}")
    check_finite(light, "probe")
    return light.astype(np.complex128)
