r"""Entanglement and single-spin averages of pure states of n spins, for whole batches of trajectories at once.

A state is an array of :math:`2^n` amplitudes in the order of :mod:`cim.cavity.basis`; any number of axes may come
before.  States need not be normalised: everything here is that of :math:`\psi/\lVert\psi\rVert`.

*Entropy.*  With the spins cut into A and the rest B, :math:`\psi` is a matrix :math:`M_{ab}`, and the reduced state
:math:`\rho_A = M M^\dagger` has the squared singular values :math:`p_k` of M for its eigenvalues.  The entropy of
entanglement is :math:`S = -\sum_k p_k \ln p_k`, in nats: between 0 (a product) and
:math:`\min(|A|, |B|) \ln 2`.  The :math:`p_k` are taken from the smaller of :math:`M M^\dagger` and
:math:`M^\dagger M`; what this loses in the smallest of them, 1e-16 or so each, changes S by less than 1e-12.

*Negativity.*  For two spins i, j with the reduced state :math:`\rho`, of which only the part of i is transposed,
:math:`N = (\lVert \rho^{T_i} \rVert_1 - 1)/2`, the sum of the negative eigenvalues' sizes: 1/2 for a Bell pair, and 0
if and only if the two are not entangled with each other (Vidal, Werner, Phys. Rev. A 65, 032314 (2002); Horodecki,
Horodecki, Horodecki, Phys. Lett. A 223, 1 (1996)).  In a GHZ state of three or more spins every pair has 0.

*Averages.*  :math:`\langle\sigma^x_i\rangle = \sum_s |\psi_s|^2 s_i`, and
:math:`\langle\sigma^z_i\rangle = \sum_s \psi_s^* \psi_{s'}` with :math:`s'` the configuration whose spin i is turned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ising_problems.checks import is_index, refuse_masked

__all__ = ["entanglement_entropy", "negativity", "sigma_x", "sigma_z"]


def entanglement_entropy(psi: Any, subsystem: Iterable[int] | None = None) -> np.ndarray:
    """Von Neumann entropy of a part of the spins, which is that of the rest.

    Parameters
    ----------
    psi : array_like, complex or real, shape (..., 2**n)
        Amplitudes in the order of :mod:`cim.cavity.basis`.
    subsystem : sequence of int, optional
        The spins of the part; by default the first n // 2.

    Returns
    -------
    numpy.ndarray of float64, shape (...)
        In nats; a float for a single state.

    Raises
    ------
    ValueError
        If the last axis is not a power of two long, a state is zero or not finite, or the subsystem names no such
        spin, or one twice.

    Examples
    --------
    >>> bell = [1.0, 0.0, 0.0, 1.0]
    >>> round(float(entanglement_entropy(bell) / np.log(2)), 12)
    1.0
    """
    states, n = _checked_states(psi)
    part = list(range(n // 2)) if subsystem is None else _checked_spins(subsystem, n)
    rest = [spin for spin in range(n) if spin not in set(part)]
    if len(part) > len(rest):
        part, rest = rest, part
    matrix = _as_matrix(states, part, rest)
    eigenvalues = np.linalg.eigvalsh(matrix @ matrix.conj().swapaxes(-1, -2))
    shares = np.clip(eigenvalues, 0.0, None)
    shares /= shares.sum(axis=-1, keepdims=True)
    logarithms = np.log(shares, out=np.zeros_like(shares), where=shares > 0.0)
    # rounding can leave -1e-16 for a product
    return np.maximum(-(shares * logarithms).sum(axis=-1), 0.0)[()]


def negativity(psi: Any, pairs: Iterable[Sequence[int]] | None = None) -> np.ndarray:
    """Negativity of pairs of spins: how far each pair is entangled by itself, whatever the rest does.

    Parameters
    ----------
    psi : array_like, complex or real, shape (..., 2**n)
        Amplitudes in the order of :mod:`cim.cavity.basis`.
    pairs : sequence of (i, j), optional
        All pairs i < j by default, in the order of :func:`itertools.combinations`.

    Returns
    -------
    numpy.ndarray of float64, shape (..., number of pairs)
        Between 0 and 1/2.

    Raises
    ------
    ValueError
        As :func:`entanglement_entropy`, or if a pair is not two different spins.

    Examples
    --------
    >>> negativity([1.0, 0.0, 0.0, 1.0]).round(12).tolist()
    [0.5]
    """
    states, n = _checked_states(psi)
    chosen = [(i, j) for i in range(n) for j in range(i + 1, n)] if pairs is None else _checked_pairs(pairs, n)
    found = np.zeros((*states.shape[:-1], len(chosen)))
    for k, pair in enumerate(chosen):
        matrix = _as_matrix(states, list(pair), [spin for spin in range(n) if spin not in pair])
        reduced = matrix @ matrix.conj().swapaxes(-1, -2)
        tensor = reduced.reshape(*states.shape[:-1], 2, 2, 2, 2)
        transposed = tensor.swapaxes(-4, -2).reshape(reduced.shape)
        found[..., k] = -np.minimum(np.linalg.eigvalsh(transposed), 0.0).sum(axis=-1)
    return found


def sigma_x(psi: Any) -> np.ndarray:
    """Averages of the Ising spins.

    Parameters
    ----------
    psi : array_like, complex or real, shape (..., 2**n)

    Returns
    -------
    numpy.ndarray of float64, shape (..., n)

    Examples
    --------
    >>> sigma_x([0.0, 1.0, 0.0, 0.0]).tolist()
    [1.0, -1.0]
    """
    states, n = _checked_states(psi)
    weights = states.real**2 + states.imag**2 if np.iscomplexobj(states) else states**2
    found = np.empty((*weights.shape[:-1], n))
    for spin in range(n):  # the first spin left is the first half against the second; then the two are one
        half = weights.shape[-1] // 2
        up, down = weights[..., :half], weights[..., half:]
        found[..., spin] = up.sum(axis=-1) - down.sum(axis=-1)
        weights = up + down
    return found


def sigma_z(psi: Any) -> np.ndarray:
    """Averages of the spins along the transverse field.

    Parameters
    ----------
    psi : array_like, complex or real, shape (..., 2**n)

    Returns
    -------
    numpy.ndarray of float64, shape (..., n)

    Examples
    --------
    >>> sigma_z([1.0, -1.0, 0.0, 0.0]).round(12).tolist()
    [0.0, -1.0]
    """
    states, n = _checked_states(psi)
    found = np.empty((*states.shape[:-1], n))
    for spin in range(n):
        halves = states.reshape(*states.shape[:-1], 1 << spin, 2, -1)
        products = halves[..., 0, :].conj() * halves[..., 1, :]
        found[..., spin] = 2.0 * products.real.sum(axis=(-2, -1))
    return found


# ---------------------------------------------------------------- states and arguments


def _checked_states(psi: Any) -> tuple[np.ndarray, int]:
    """Normalised states and the number of spins."""
    refuse_masked(psi, "psi")
    states = np.asarray(psi)
    if states.dtype.kind not in "biufc":
        raise ValueError(f"psi: amplitudes must be numbers, but the dtype is {states.dtype}")
    length = states.shape[-1] if states.ndim else 0
    if length < 1 or length & (length - 1):
        raise ValueError(
            f"psi: the last axis must hold the 2**n amplitudes of n spins, but the shape is {states.shape}; "
            "pass Qobj.full()[:, 0] for a ket of QuTiP"
        )
    states = states.astype(np.complex128 if states.dtype.kind == "c" else np.float64, copy=False)
    norms = np.linalg.norm(states, axis=-1, keepdims=True)
    if not (np.isfinite(norms) & (norms > 0.0)).all():
        wrong = tuple(int(k) for k in np.argwhere(~(np.isfinite(norms) & (norms > 0.0)))[0][:-1])
        raise ValueError(f"psi: a state needs a finite norm that is not zero, but that of state {wrong} is not")
    return states / norms, length.bit_length() - 1


def _as_matrix(states: np.ndarray, part: list[int], rest: list[int]) -> np.ndarray:
    """Amplitudes (..., 2**len(part), 2**len(rest))."""
    lead = states.shape[:-1]
    shape = (*lead, 1 << len(part), 1 << len(rest))
    if part == list(range(len(part))):
        return states.reshape(shape)
    tensor = states.reshape(*lead, *(2,) * (len(part) + len(rest)))
    order = [*range(len(lead)), *(len(lead) + spin for spin in [*part, *rest])]
    return tensor.transpose(order).reshape(shape)


def _checked_spins(spins: Any, n: int, name: str = "subsystem") -> list[int]:
    if not isinstance(spins, Iterable) or isinstance(spins, str):
        raise TypeError(f"{name}: a sequence of spins is needed, but it is {spins!r}")
    chosen = list(spins)
    for spin in chosen:
        if not is_index(spin, n):
            raise ValueError(f"{name}: spins are numbered 0 to {n - 1}, but one is {spin!r}")
    if len(set(chosen)) != len(chosen):
        raise ValueError(f"{name}: each spin counts once, but they are {chosen!r}")
    return [int(spin) for spin in chosen]


def _checked_pairs(pairs: Any, n: int) -> list[tuple[int, int]]:
    if not isinstance(pairs, Iterable) or isinstance(pairs, str):
        raise TypeError(f"pairs: a sequence of pairs of spins is needed, but it is {pairs!r}")
    chosen = []
    for pair in pairs:
        spins = _checked_spins(pair, n, "pairs")
        if len(spins) != 2:
            raise ValueError(f"pairs: each must be two different spins, but one is {pair!r}")
        chosen.append((spins[0], spins[1]))
    return chosen
