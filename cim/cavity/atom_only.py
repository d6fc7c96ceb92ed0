r"""Atoms whose cavity has been eliminated, with the terms that cool them.

In the model of :mod:`cim.cavity.atom_cavity` the field of a mode follows from the atoms' past,
:math:`a_\mu(t) = -i \int_0^\infty e^{(i\Delta_\mu - \kappa_\mu)\tau} G_\mu(t - \tau)\,d\tau`.  Where the modes are
faster than all that the couplings do, the atoms turn freely meanwhile,
:math:`\sigma^\pm(t - \tau) = e^{\mp i\omega_z\tau} \sigma^\pm(t)`, and with :math:`\sigma^x = \sigma^+ + \sigma^-`

.. math::

    a_\mu \to A_\mu = \sum_i \frac{g_{i\mu}}{2} \left[ \frac{\sigma^+_i}{\Delta_\mu - \omega_z + i\kappa_\mu}
          + \frac{\sigma^-_i}{\Delta_\mu + \omega_z + i\kappa_\mu} \right] .

The light that leaves is :math:`\sqrt{2\kappa_\mu}` times that, and what it does to the atoms is the Hermitian part of
:math:`G_\mu A_\mu` (as in Jäger, Schmit, Morigi, Holland, Betzholz, Phys. Rev. Lett. 129, 063601 (2022)):

.. math::

    H = \frac{\omega_z}{2} \sum_i \sigma^z_i
        + \frac{r}{2} \sum_\mu \big( G_\mu A_\mu + A_\mu^\dagger G_\mu \big)
        + 2\,r \sum_\mu \operatorname{Re}(\alpha_\mu) G_\mu , \qquad
    L_\mu = \sqrt{2\kappa_\mu r}\; A_\mu ,

with the ramp r of the pump's power, and :math:`\alpha_\mu = \phi_\mu/(\Delta_\mu + i\kappa_\mu)` the field of a probe,
which a displacement of the mode turns into fields on the spins.  It is of Lindblad's form: trace and positivity are
kept.

The two denominators differ by :math:`2\omega_z`.  A red-detuned cavity therefore emits more where the atoms lose
energy than where they gain it, and cools them to a temperature of order
:math:`(\Delta^2 + \kappa^2)/4|\Delta|`.  Without the difference, :math:`A_\mu \to G_\mu/(\Delta_\mu + i\kappa_\mu)`,
the jump operators commute with the couplings and only heat: ``keep_transverse=False`` is that, which
:mod:`cim.cavity.glass` takes further.

The error against the full model falls in proportion to the speed of the atoms over that of the modes, that is of
:math:`\omega_z` and :math:`g^2/|\Delta|` over :math:`|\Delta + i\kappa|`; part of it is the start, when an empty mode
has yet to fill.  That of the naive jump operators falls likewise, from seven to ten times as much in
``tests/cim/cavity/test_open_systems.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ising_problems.checks import checked_number

from .atom_cavity import checked_atoms, checked_pump, spin_state
from .basis import basis_energies
from .memory import refuse_beyond_memory
from .open_system import OpenSystem, single_spin_operators

__all__ = ["atom_only_model"]


def atom_only_model(
    g: Any,
    detuning: Any,
    loss: Any,
    transverse_field: float = 1.0,
    *,
    ramp: Callable[[Any], Any] | float | None = None,
    duration: float | None = None,
    probe: Any = None,
    initial: Any = None,
    keep_transverse: bool = True,
) -> OpenSystem:
    """Atoms in a cavity that has been eliminated, as QuTiP objects in the σ^x basis.

    Parameters
    ----------
    g, detuning, loss, transverse_field, ramp, duration, probe, initial
        As for :func:`cim.cavity.atom_cavity_model`.
    keep_transverse : bool, default True
        Whether jump operators keep their terms of first order in ω_z.  Without them spins heat up to infinite
        temperature, which the full model's do not.

    Returns
    -------
    OpenSystem
        With the observables ``sigma_x_…``, ``sigma_z_…`` and ``energy``.

    Raises
    ------
    ValueError
        If an argument is malformed, a mode without loss is in resonance with the atoms, or the Hilbert space does not
        fit into memory.

    Examples
    --------
    >>> system = atom_only_model([[3.0], [2.1]], detuning=-20.0, loss=4.0)
    >>> system.dimension, len(system.collapse_operators)
    (4, 1)
    """
    import qutip

    strengths, delta, kappa, light, model = checked_atoms(g, detuning, loss, probe)
    transverse_field = checked_number(transverse_field, "transverse_field")
    if not isinstance(keep_transverse, (bool, np.bool_)):
        raise TypeError(f"keep_transverse: must be True or False, but it is {keep_transverse!r}")
    n, modes = strengths.shape
    refuse_beyond_memory(
        20.0 * (1 << n) * (4 * n + n * n + 2 * n * modes),
        f"g: a Hilbert space of {n} spins, {2.0**n:.4g} states,",
        "take fewer atoms, or cim.cavity.trajectories(model), which needs no operators",
    )
    power, linear, root, _, _ = checked_pump(ramp, duration)
    along_x, along_z = single_spin_operators(n)
    raising = [_raising(i, n) for i in range(n)]
    shift = transverse_field if keep_transverse else 0.0
    resonant = (kappa == 0.0) & (np.abs(delta) == abs(shift))
    if resonant.any():
        mode = int(np.flatnonzero(resonant)[0])
        raise ValueError(
            f"detuning: mode {mode} has no loss and is in resonance with the atoms, |Δ| = |ω_z| = {abs(shift):g}: it "
            "does not follow them; use cim.cavity.atom_cavity_model"
        )
    free = 0.5 * transverse_field * sum(along_z)
    pumped = 0.0 * along_x[0]
    jumps = []
    for mode in range(modes):
        up = 1.0 / (delta[mode] - shift + 1j * kappa[mode])
        down = 1.0 / (delta[mode] + shift + 1j * kappa[mode])
        half = 0.5 * strengths[:, mode]
        projected = sum(half[i] * along_x[i] for i in range(n))
        field = sum(half[i] * (up * raising[i] + down * raising[i].dag()) for i in range(n))
        coherent = light[mode] / (delta[mode] + 1j * kappa[mode])
        product = projected * field
        pumped = pumped + 0.5 * (product + product.dag()) + 2.0 * coherent.real * projected
        if kappa[mode] > 0.0:
            jumps.append((math.sqrt(2.0 * kappa[mode]) * field).to("CSR"))
    if root is None:
        hamiltonian: Any = (free + power * pumped).to("CSR")
        collapse = [math.sqrt(power) * jump for jump in jumps]
    else:
        hamiltonian = qutip.QobjEvo([free.to("CSR"), [pumped.to("CSR"), linear]])
        collapse = [qutip.QobjEvo([jump, root]) for jump in jumps]
    observables = {f"sigma_x_{i}": operator for i, operator in enumerate(along_x)}
    observables |= {f"sigma_z_{i}": operator for i, operator in enumerate(along_z)}
    observables["energy"] = qutip.Qobj(qutip.qdiags(basis_energies(model), 0), dims=along_x[0].dims).to("CSR")
    return OpenSystem(
        hamiltonian=hamiltonian,
        collapse_operators=tuple(collapse),
        initial_state=spin_state(initial, n),
        num_spins=n,
        observables=observables,
        duration=duration,
        notes={
            "model": "atom-only" if keep_transverse else "atom-only without transverse terms",
            "transverse_field": transverse_field,
            "speed_ratio": float(np.abs(transverse_field / (delta + 1j * kappa)).max()),
        },
    )


def _raising(i: int, num_spins: int) -> Any:
    """σ^+ of a spin, which raises σ^z: in this basis σ^x is Z, σ^z is X, and σ^y = -i σ^x σ^z, hence -Y."""
    import qutip

    factors: list[Any] = [qutip.qeye(2)] * num_spins
    factors[i] = 0.5 * (qutip.sigmaz() - 1j * qutip.sigmay())
    return qutip.tensor(factors).to("CSR")
