r"""Atoms and the light in their cavity, with nothing left out: the model that the reduced ones are measured against.

n two-level atoms are split by :math:`\omega_z` and coupled to modes μ of a cavity, from which a transverse pump is
detuned by :math:`\Delta_\mu` and which lose their fields at the rates :math:`\kappa_\mu` (:mod:`cim.cavity.modes` with
S = 1/2):

.. math::

    H = -\sum_\mu \Delta_\mu a_\mu^\dagger a_\mu + \frac{\omega_z}{2} \sum_i \sigma^z_i
        + \sqrt{r(t)} \sum_\mu \big[ G_\mu (a_\mu + a_\mu^\dagger)
        + \phi_\mu a_\mu^\dagger + \phi_\mu^* a_\mu \big] , \quad
    G_\mu = \tfrac12 \sum_i g_{i\mu} \sigma^x_i , \quad
    L_\mu = \sqrt{2\kappa_\mu}\, a_\mu .

The ramp r is of the pump's power: couplings and, with the probe φ, fields of the Ising model both grow in proportion
to it.

A mode is kept up to ``cutoff`` Fock states.  With the spins along x its field is coherent with the amplitude
:math:`\alpha_\mu = \sqrt{r}\,(G_\mu + \phi_\mu)/(\Delta_\mu + i\kappa_\mu)`, so that the photon number is a Poisson
variable of mean :math:`|\alpha_\mu|^2`, at most that of the largest :math:`|G_\mu + \phi_\mu|`.  A cut-off that such a
field would exceed is refused; one that a run has come near is warned of by :func:`cim.cavity.trajectories`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ising_problems.checks import checked_integer, checked_number, refuse_masked

from .basis import basis_energies
from .glass import checked_ramp, ramp_values
from .memory import refuse_beyond_memory
from .modes import multimode_couplings
from .open_system import CUTOFF_TOLERANCE, OpenSystem, all_down, single_spin_operators

__all__ = ["atom_cavity_model", "checked_atoms", "spin_state"]

_SMALL = 1e-6  # probability that a cut-off which is chosen here may lose
_FEWEST = 4


def atom_cavity_model(
    g: Any,
    detuning: Any,
    loss: Any,
    transverse_field: float = 1.0,
    cutoff: int | Sequence[int] | None = None,
    *,
    ramp: Callable[[Any], Any] | float | None = None,
    duration: float | None = None,
    probe: Any = None,
    initial: Any = None,
) -> OpenSystem:
    """Atoms and cavity modes as QuTiP objects, in the σ^x basis of the atoms and the Fock states of the modes.

    Parameters
    ----------
    g : array_like of float, shape (n, modes)
        Coupling of atom i to mode μ, as an angular frequency.
    detuning, loss : float or array_like, shape (modes,)
        Δ_μ, negative for a red-detuned pump, and κ_μ, half the linewidth.
    transverse_field : float, default 1
        ω_z.
    cutoff : int or sequence of int, optional
        Fock states kept of each mode.  By default so many that a coherent state of the largest amplitude, with the
        overshoot that a pump switched on at once makes, loses less than 1e-6 of its probability.
    ramp : callable of the fraction of the run, or float, optional
        r, the pump's power; 1 by default.
    duration : float, optional
        Of the ramp; needed where it changes.
    probe : array_like of complex, shape (modes,), optional
        φ_μ, light that is sent into the modes: fields on the spins.
    initial : array_like of complex, shape (2**n,), optional
        State of the spins in the order of :mod:`cim.cavity.basis`; all at σ^z = -1 by default.  The modes start empty.

    Returns
    -------
    OpenSystem
        With the observables ``sigma_x_…``, ``sigma_z_…``, ``photons_…``, ``cutoff_population_…`` (probability of the
        highest Fock state) and ``energy`` (of the Ising model that the modes make, at r = 1).

    Raises
    ------
    ValueError
        If the cut-off cannot hold the field of the largest drive, the Hilbert space does not fit into memory, or an
        argument is malformed.

    Examples
    --------
    >>> system = atom_cavity_model([[3.0], [2.1]], detuning=-20.0, loss=4.0)
    >>> system.num_spins, system.mode_dimensions
    (2, (5,))
    """
    import qutip

    strengths, delta, kappa, light, model = checked_atoms(g, detuning, loss, probe)
    transverse_field = checked_number(transverse_field, "transverse_field")
    n, modes = strengths.shape
    power, root, largest, first = _checked_pump(ramp, duration)
    drive = 0.5 * np.abs(strengths).sum(axis=0) + np.abs(light)
    amplitude = drive / np.abs(delta + 1j * kappa)
    cutoffs = _checked_cutoffs(cutoff, amplitude * math.sqrt(largest), amplitude * math.sqrt(first))
    dimension = math.prod([1 << n, *cutoffs])
    refuse_beyond_memory(
        # operators in compressed rows: those of the spins and modes, of H and of L, 20 bytes an entry
        20.0 * dimension * (3 * n + 8 * modes + 4 * n * modes + 4),
        f"cutoff: a Hilbert space of {n} spins and modes of {', '.join(map(str, cutoffs))} Fock states, "
        f"{dimension:.4g} states,",
        "take fewer atoms, modes or Fock states, or cim.cavity.atom_only_model, which has no modes",
    )
    along_x, along_z = single_spin_operators(n, cutoffs)
    fields = _mode_operators(n, cutoffs)
    constant_part = 0.5 * transverse_field * sum(along_z)
    pumped = 0.0 * along_x[0]
    for mode, a in enumerate(fields):
        constant_part = constant_part - delta[mode] * a.dag() * a
        projected = sum(0.5 * strengths[i, mode] * along_x[i] for i in range(n))
        pumped = pumped + projected * (a + a.dag()) + complex(light[mode]) * a.dag() + complex(light[mode].conj()) * a
    if root is None:
        hamiltonian: Any = (constant_part + math.sqrt(power) * pumped).to("CSR")
    else:
        hamiltonian = qutip.QobjEvo([constant_part.to("CSR"), [pumped.to("CSR"), root]])
    spins = spin_state(initial, n)
    vacuum = [qutip.basis(size, 0) for size in cutoffs]
    observables = {f"sigma_x_{i}": operator for i, operator in enumerate(along_x)}
    observables |= {f"sigma_z_{i}": operator for i, operator in enumerate(along_z)}
    observables |= {f"photons_{mode}": (a.dag() * a).to("CSR") for mode, a in enumerate(fields)}
    for mode, size in enumerate(cutoffs):
        highest: list[Any] = [qutip.qeye(2)] * n + [qutip.qeye(other) for other in cutoffs]
        highest[n + mode] = qutip.basis(size, size - 1).proj()
        observables[f"cutoff_population_{mode}"] = qutip.tensor(highest).to("CSR")
    energies = np.repeat(basis_energies(model), math.prod(cutoffs))
    observables["energy"] = qutip.Qobj(qutip.qdiags(energies, 0), dims=along_x[0].dims).to("CSR")
    return OpenSystem(
        hamiltonian=hamiltonian,
        collapse_operators=tuple(
            (math.sqrt(2.0 * kappa[mode]) * a).to("CSR") for mode, a in enumerate(fields) if kappa[mode] > 0.0
        ),
        initial_state=qutip.tensor([spins, *vacuum]),
        num_spins=n,
        observables=observables,
        duration=duration,
        mode_dimensions=cutoffs,
        notes={
            "model": "atom-cavity",
            "transverse_field": transverse_field,
            "largest_photon_number": float((amplitude**2).max(initial=0.0) * largest),
        },
    )


def checked_atoms(
    g: Any, detuning: Any, loss: Any, probe: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, Any]:
    """Arrays g, Δ, κ, φ of their full shapes, and the Ising model that the modes make of two-level atoms."""
    model = multimode_couplings(g, detuning, loss, probe=probe, spin=0.5)
    strengths = np.asarray(g, dtype=np.float64)
    n, modes = strengths.shape
    if n == 0 or modes == 0:
        raise ValueError(f"g: one atom and one mode at least are needed, but the shape is {strengths.shape}")
    delta = np.broadcast_to(np.asarray(detuning, dtype=np.float64), (modes,))
    kappa = np.broadcast_to(np.asarray(loss, dtype=np.float64), (modes,))
    light = np.zeros(modes, dtype=np.complex128) if probe is None else np.asarray(probe, dtype=np.complex128)
    return strengths, delta, kappa, light, model


def checked_pump(
    ramp: Callable[[Any], Any] | float | None, duration: float | None, samples: int = 2000
) -> tuple[float, Any, Any, float, float]:
    """Power of a constant pump, coefficients r and √r of one that changes (else None), its largest and first value."""
    import qutip

    if duration is not None:
        duration = checked_number(duration, "duration", above=0.0)
    if ramp is None or not callable(ramp):
        power = 1.0 if ramp is None else checked_number(ramp, "ramp", at_least=0.0)
        return power, None, None, power, power
    if duration is None:
        raise ValueError("duration: a ramp is a function of the fraction of the run; say how long the run is")
    values = ramp_values(checked_ramp(ramp), np.linspace(0.0, 1.0, samples + 1))
    times = np.linspace(0.0, duration, samples + 1)
    power_of_time = qutip.coefficient(values, tlist=times, order=1)
    root = qutip.coefficient(np.sqrt(values), tlist=times, order=1)
    return float(values[0]), power_of_time, root, float(values.max()), float(values[0])


def spin_state(initial: Any, num_spins: int) -> Any:
    """Ket of the spins for an ``initial`` argument."""
    import qutip

    if initial is None:
        return all_down(num_spins)
    refuse_masked(initial, "initial")
    amplitudes = np.asarray(initial)
    if amplitudes.dtype.kind not in "biufc" or amplitudes.shape != (1 << num_spins,):
        raise ValueError(
            f"initial: the {1 << num_spins} amplitudes of {num_spins} spins are needed, but it is an array of "
            f"{amplitudes.dtype} of shape {amplitudes.shape}"
        )
    norm = float(np.linalg.norm(amplitudes))
    if not (np.isfinite(norm) and norm > 0.0):
        raise ValueError(f"initial: a state needs a finite norm that is not zero, but that is {norm:g}")
    return qutip.Qobj(amplitudes.astype(np.complex128) / norm, dims=[[2] * num_spins, [1] * num_spins])


def _checked_pump(ramp: Any, duration: float | None) -> tuple[float, Any, float, float]:
    power, _, root, largest, first = checked_pump(ramp, duration)
    return power, root, largest, first


def _checked_cutoffs(cutoff: Any, steady: np.ndarray, switched: np.ndarray) -> tuple[int, ...]:
    """Fock states of each mode, for the largest amplitude of a slow ramp and what a sudden start adds to it."""
    if cutoff is None:
        return tuple(_sufficient(float((a + b) ** 2), _SMALL) for a, b in zip(steady, switched, strict=True))
    sizes = [cutoff] * len(steady) if np.ndim(cutoff) == 0 else list(cutoff)
    if len(sizes) != len(steady):
        raise ValueError(f"cutoff: one number, or one for each of the {len(steady)} modes, but there are {len(sizes)}")
    checked = tuple(checked_integer(size, "cutoff", 2) for size in sizes)
    for mode, (size, amplitude) in enumerate(zip(checked, steady, strict=True)):
        photons = float(amplitude**2)
        beyond = _beyond(size - 1, photons)
        if beyond > CUTOFF_TOLERANCE:
            raise ValueError(
                f"cutoff: the largest drive puts {photons:.3g} photons into mode {mode}, of which {size} Fock states "
                f"would miss or fill the last with probability {beyond:.2g}; keep at least "
                f"{_sufficient(photons, CUTOFF_TOLERANCE)}"
            )
    return checked


def _beyond(count: int, mean: float) -> float:
    """Probability of ``count`` photons or more in a coherent state of ``mean``."""
    from scipy.special import gammainc

    return float(gammainc(count, mean))


def _sufficient(mean: float, small: float) -> int:
    """Fewest Fock states whose highest, and all beyond, have a probability below ``small``."""
    size = _FEWEST
    while _beyond(size - 1, mean) > small:
        size += 1
    return size


def _mode_operators(num_spins: int, cutoffs: Sequence[int]) -> list[Any]:
    import qutip

    operators = []
    for mode, size in enumerate(cutoffs):
        factors: list[Any] = [qutip.qeye(2)] * num_spins + [qutip.qeye(other) for other in cutoffs]
        factors[num_spins + mode] = qutip.destroy(size)
        operators.append(qutip.tensor(factors).to("CSR"))
    return operators
