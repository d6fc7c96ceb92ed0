r"""How fast an atom in a cavity flips, given what the flip costs: the rate K(δE).

**Model.**  Ensemble i holds M two-level atoms with the collective spin :math:`S_i`; of several cavity modes μ, with
detuning :math:`\Delta_\mu = \omega_\mathrm{pump} - \omega_\mu` and loss of the field :math:`\kappa_\mu`,

.. math:: H = -\sum_\mu \Delta_\mu a_\mu^\dagger a_\mu + \omega_z \sum_i S_i^z
              + \sum_{i\mu} g_{i\mu} S_i^x (a_\mu + a_\mu^\dagger) + \sum_i \chi_i(t) S_i^x ,
          \qquad L_\mu = \sqrt{2\kappa_\mu}\, a_\mu ,

ħ = 1, with a classical noise χ that dephases.  Without :math:`\omega_z` every :math:`S_i^x = m_i` is conserved, the
modes settle at :math:`\alpha_\mu = \sum_i g_{i\mu} m_i/(\Delta_\mu + i\kappa_\mu)`, and the energy is
:math:`-\sum_{ij} m_i m_j J_{ij}`, over ordered pairs and i = j, with
:math:`J_{ij} = -\sum_\mu \Delta_\mu g_{i\mu} g_{j\mu}/(\Delta_\mu^2 + \kappa_\mu^2)`.

**Rate.**  To second order in the transverse field, an atom whose flip takes the energy by δE flips at

.. math:: K(\delta E) = \frac{\omega_z^2}{2}\, \mathrm{Re} \int_0^\infty d\tau\,
              e^{-i\,\delta E\,\tau - \varphi(\tau) - C(\tau)} .

A flip moves the force on mode μ by :math:`g_\mu`.  The coherence between the configurations before and after obeys a
linear equation that displaced oscillators solve exactly, and its logarithm is :math:`-i\,\delta E\,\tau - \varphi`
with

.. math:: \varphi(\tau) = \sum_\mu g_\mu^2 \left[ \frac{\kappa_\mu \tau}{\Delta_\mu^2 + \kappa_\mu^2}
              + \frac{1 - e^{(i\Delta_\mu - \kappa_\mu)\tau}}{(\Delta_\mu + i\kappa_\mu)^2} \right] .

Check: :math:`\varphi(0) = 0`, and :math:`\varphi'' = \sum_\mu g_\mu^2 e^{(i\Delta_\mu - \kappa_\mu)\tau}` is the
correlation function of the force :math:`g_\mu(a_\mu + a_\mu^\dagger)` in the vacuum, which a damped mode has; δE is the
difference of settled energies, its self-energy included, so that φ has no imaginary slope at late times.  There φ grows
as :math:`\Gamma\tau`, :math:`\Gamma = \sum_\mu g_\mu^2 \kappa_\mu/(\Delta_\mu^2 + \kappa_\mu^2)`: the rate at which the
light that leaks out tells the two configurations apart.  Second order suffices where :math:`K \ll \Gamma`.

**Noise.**  With :math:`C(\tau) = \tfrac12 \langle(\int_0^\tau \chi)^2\rangle`: a quasi-static Gaussian of standard
deviation σ gives :math:`\sigma^2\tau^2/2`.  Noise of the one-sided spectral density
:math:`\mathcal J(\omega) = \alpha\,\omega\,e^{-\omega/\omega_c}`, normalised to
:math:`\langle\chi(t)\chi(0)\rangle = \int_0^\infty d\omega\, \mathcal J(\omega) \cos\omega t` (Ohmic), gives

.. math:: C(\tau) = \int_0^\infty d\omega\, \frac{\mathcal J(\omega)}{\omega^2}(1 - \cos\omega\tau)
                  = \tfrac{\alpha}{2} \ln(1 + \omega_c^2\tau^2) .

**Limits.**  For small g, :math:`K \to \tfrac12\omega_z^2 \sum_\mu g_\mu^2 \kappa_\mu / (\delta E^2 [(\delta E -
\Delta_\mu)^2 + \kappa_\mu^2])` away from δE = 0 (:meth:`FlipRate.weak_coupling`), so that one mode has
:math:`K(-\varepsilon)/K(\varepsilon) = ((\varepsilon - \Delta)^2 + \kappa^2)/((\varepsilon + \Delta)^2 + \kappa^2)
\to e^{\varepsilon/T}` with :math:`T = (\Delta^2 + \kappa^2)/4|\Delta|` (:func:`effective_temperature`).

**Collective spins.**  The ensemble as a whole goes from m to m ∓ 1 at :math:`K(\delta E)[S(S+1) - m(m \mp 1)]`
(:meth:`FlipRate.collective`): more than proportionally to its M = 2S atoms, once some have turned.

Sources: B. P. Marsh, Y. Guo, R. M. Kroeze, S. Gopalakrishnan, S. Ganguli, J. Keeling, B. L. Lev, "Enhancing
associative memory recall and storage capacity using confocal cavity QED", Phys. Rev. X 11, 021048 (2021), for the model
and the machine; the formulas are derived above, and tested against the Liouvillian.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ising_problems.checks import as_float, check_finite, checked_integer, checked_number, number_array

from .flip_integral import Memory, flip_integral, integral_with_error

__all__ = ["FlipRate", "effective_temperature"]

_STRONGEST = 150.0  # beyond, exp(-A) and its inverse leave the range of floats


class FlipRate:
    """Rate at which an atom flips, as a function of what its flip does to the energy.

    Parameters
    ----------
    couplings : float or array_like, shape (modes,) or (n, modes)
        g: half the difference that an atom makes to the force on each mode, from -1 to +1 along x; the same for all
        ensembles, or a row for each of them.
    detuning : float or array_like of shape (modes,)
        Δ, negative: the pump is red of the cavity.
    loss : float or array_like of shape (modes,)
        κ, the half width of the resonance; positive.
    transverse_field : float, default 1.0
        ω_z; it only sets the scale of time.
    noise : float, default 0.0
        σ, standard deviation of the quasi-static noise on an atom's energy.
    ohmic : tuple of two floats, optional
        (α, ω_c), strength and cut-off frequency of Ohmic noise.

    Attributes
    ----------
    dephasing : numpy.ndarray, shape () or (n,)
        Γ; the rates hold where they are small beside it.
    num_ensembles : int or None
        n, or None for couplings that all ensembles share.

    Raises
    ------
    ValueError, TypeError
        If a detuning is not negative, a loss not positive, shapes do not fit, or an atom is coupled to no mode and has
        no noise either (its rate would be a delta function).

    Examples
    --------
    >>> rate = FlipRate(1.5, detuning=-4.0, loss=1.0, transverse_field=0.05)
    >>> bool(rate(-1.0) > rate(1.0) > 0)
    True
    """

    def __init__(
        self,
        couplings: Any,
        detuning: Any,
        loss: Any,
        transverse_field: float = 1.0,
        *,
        noise: float = 0.0,
        ohmic: tuple[float, float] | None = None,
    ) -> None:
        g = number_array(couplings, "couplings").astype(np.float64)
        if g.ndim > 2 or g.size == 0:
            raise ValueError(
                f"couplings: numbers of shape (modes,) or (n, modes) are needed, but the shape is {g.shape}"
            )
        check_finite(g, "couplings")
        g = np.atleast_1d(g)
        modes = g.shape[-1]
        self.couplings = g
        self.num_ensembles = None if g.ndim == 1 else len(g)
        self.detuning, self.loss = _of_modes(detuning, "detuning", modes), _of_modes(loss, "loss", modes)
        if (self.detuning >= 0).any():
            raise ValueError(
                f"detuning: must be negative (a pump red of the cavity), or the cavity heats the spins instead of "
                f"cooling them, but it is {self.detuning.max():g}"
            )
        if (self.loss <= 0).any():
            raise ValueError(f"loss: must be positive, but it is {self.loss.min():g}")
        self.transverse_field = checked_number(transverse_field, "transverse_field", above=0.0)
        self.noise = checked_number(noise, "noise", at_least=0.0)
        self.ohmic = None if ohmic is None else _checked_ohmic(ohmic)
        self.dephasing = (g**2 * self.loss / (self.detuning**2 + self.loss**2)).sum(axis=-1)
        if self.noise == 0 and (self.dephasing == 0).any():
            raise ValueError("couplings: an atom that is coupled to no mode needs noise > 0, or it cannot flip at all")
        self.tables: dict[Any, Any] = {}  # of its values, kept by those who tabulate it
        strongest = float((g**2 / (self.detuning**2 + self.loss**2)).sum(axis=-1).max())
        if strongest > _STRONGEST:
            raise ValueError(
                f"couplings: g² / (Δ² + κ²) must not exceed {_STRONGEST:g}, summed over the modes, but it is "
                f"{strongest:.3g}; a flip would move the light by so many photons that no rate is left"
            )
        self._memories = [Memory.of(row, self.detuning, self.loss, self.noise, self.ohmic) for row in np.atleast_2d(g)]

    def __call__(self, energy_change: Any) -> Any:
        """K(δE).

        Parameters
        ----------
        energy_change : float or array_like
            δE in the units of detuning and loss; any shape, or (..., n) where the ensembles have couplings of their
            own: each is then asked for its own entry.

        Returns
        -------
        float or numpy.ndarray, of the shape of ``energy_change``
        """
        return self._evaluated(energy_change, lambda memory, changes: (flip_integral(memory, changes),))[0]

    def with_error(self, energy_change: Any) -> tuple[Any, Any]:
        """K(δE) as by a call, and an estimate of the numerical error of each, by panels of half the length."""
        value, error = self._evaluated(energy_change, integral_with_error)
        return value, error

    def _evaluated(self, energy_change: Any, integral: Callable[[Memory, np.ndarray], tuple[np.ndarray, ...]]) -> Any:
        """What the integral gives at each energy, in the shape of these and in units of time."""
        change = self._checked_changes(energy_change)
        scale = 0.5 * self.transverse_field**2
        if self.num_ensembles is None:
            found = integral(self._memories[0], change.ravel())
            return tuple((scale * part.reshape(change.shape))[()] for part in found)
        each = [integral(memory, change[..., i].ravel()) for i, memory in enumerate(self._memories)]
        shape = change.shape[:-1]
        return tuple(scale * np.stack([part.reshape(shape) for part in parts], -1) for parts in zip(*each, strict=True))

    def _checked_changes(self, energy_change: Any) -> np.ndarray:
        change = as_float(number_array(energy_change, "energy_change"), "energy_change")
        check_finite(change, "energy_change")
        if self.num_ensembles is not None and (change.ndim == 0 or change.shape[-1] != self.num_ensembles):
            raise ValueError(
                f"energy_change: the last axis must hold the {self.num_ensembles} ensembles, but the shape is "
                f"{change.shape}"
            )
        return change

    def collective(self, energy_change: Any, magnetisation: Any, atoms: int, direction: int) -> Any:
        """Rate at which an ensemble goes from m to m + direction.

        Parameters
        ----------
        energy_change : array_like
            δE of that step, which includes the ensemble's own field.
        magnetisation : array_like
            m, from -atoms/2 to atoms/2 in steps of 1.
        atoms : int
            M.
        direction : {-1, 1}

        Returns
        -------
        numpy.ndarray
            K(δE) [S(S+1) - m(m + direction)].
        """
        atoms = checked_integer(atoms, "atoms", 1)
        if direction not in (-1, 1):
            raise ValueError(f"direction: must be -1 or 1, but it is {direction!r}")
        m, spin = as_float(number_array(magnetisation, "magnetisation"), "magnetisation"), 0.5 * atoms
        check_finite(m, "magnetisation")
        if not (np.abs(m) <= spin).all() or ((m + spin) % 1 != 0).any():
            raise ValueError(f"magnetisation: must go from {-spin:g} to {spin:g} in steps of 1, but it is {m}")
        return self(energy_change) * (spin * (spin + 1) - m * (m + direction))

    def weak_coupling(self, energy_change: Any) -> Any:
        """The limit of small couplings without noise; infinite at δE = 0.  Takes and gives what a call does."""
        change = self._checked_changes(energy_change)[..., None]
        strength = self.couplings**2 * self.loss
        with np.errstate(divide="ignore"):
            each = strength / (change**2 * ((change - self.detuning) ** 2 + self.loss**2))
        return 0.5 * self.transverse_field**2 * each.sum(axis=-1)


def effective_temperature(detuning: Any, loss: Any) -> Any:
    r"""Temperature at which weakly coupled atoms in one mode settle, :math:`(\Delta^2 + \kappa^2)/4|\Delta|`.

    From the ratio of the rates up and down at small :math:`\delta E`; it holds while that is small beside Δ.

    Parameters
    ----------
    detuning : float or array_like
        Negative.
    loss : float or array_like
        Half width of the resonance.

    Returns
    -------
    float or numpy.ndarray

    Examples
    --------
    >>> float(effective_temperature(-4.0, 1.0))
    1.0625
    """
    detuning, loss = (as_float(number_array(x, name), name) for x, name in ((detuning, "detuning"), (loss, "loss")))
    check_finite(detuning, "detuning")
    check_finite(loss, "loss")
    if not (detuning < 0).all():
        raise ValueError(f"detuning: must be negative; above resonance there is no temperature, but it is {detuning}")
    if not (loss >= 0).all():
        raise ValueError(f"loss: must be at least 0, but it is {loss}")
    return ((detuning**2 + loss**2) / (4 * np.abs(detuning)))[()]


def _of_modes(values: Any, name: str, modes: int) -> np.ndarray:
    array = number_array(values, name).astype(np.float64)
    if array.shape not in ((), (modes,)):
        raise ValueError(f"{name}: a number, or one for each of the {modes} modes, but the shape is {array.shape}")
    check_finite(array, name)
    return np.broadcast_to(array, (modes,))


def _checked_ohmic(ohmic: Any) -> tuple[float, float]:
    try:
        strength, cutoff = ohmic
    except (TypeError, ValueError):
        raise TypeError(f"ohmic: a pair (strength, cut-off frequency) is needed, but it is {ohmic!r}") from None
    return checked_number(strength, "ohmic[0]", at_least=0.0), checked_number(cutoff, "ohmic[1]", above=0.0)
