r"""Ground states by enumeration: the oracle that everything else is tested against.

The spins are split into two halves a and b, in which the energy is

.. math:: E(a, b) = E_1(a) + E_2(b) - a^{\mathsf T} J_{12} b ,

so that a block of energies is one matrix product: the row :math:`(-J_{12}^{\mathsf T} a,\; E_1(a),\; 1)` times the
column :math:`(b,\; 1,\; E_2(b))`.  Blocks stay in the processor's cache; a first pass takes their minima, a second
looks again at those blocks that reach the lowest.  Without fields a flip of all spins changes no energy, so one spin
is held and the partners are added at the end.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .checks import checked_integer
from .model import IsingModel
from .threads import single_threaded_algebra

__all__ = ["any_ground_state", "enumerate_energies", "ground_states", "spins_from_index"]

_MOST_SPINS = 28
_MOST_LISTED_SPINS = 24
# 2**11 columns of b times 128 rows of a: 2 MiB of energies, about what one core's second-level cache holds.
_COLUMN_SPINS = 11
_BLOCK_ROWS = 128
# Sums of integers below this are exact in float64; twice the energy occurs on the way.
_LARGEST_EXACT_ENERGY = 2**52
# Seconds that 2**28 configurations take on one core, for the message to those who ask for more.
_SECONDS_AT_MOST_SPINS = 2.0


def ground_states(model: IsingModel, *, rtol: float = 1e-9, max_states: int = 1_000_000) -> tuple[float, np.ndarray]:
    r"""Lowest energy and every configuration that has it, by looking at all of them.

    Parameters
    ----------
    model : IsingModel
        At most 28 spins, which take a few seconds.
    rtol : float, default 1e-9
        For models with float couplings: configurations count as ground states when they lie above the lowest energy
        by at most ``rtol`` times its depth :math:`\mathrm{offset} - E_{\min}`.  The offset is the mean energy of all
        configurations, so the depth scales with the couplings.  Integer couplings are compared exactly.
    max_states : int, default 1,000,000
        More ground states than this are refused, because they might not fit in memory.

    Returns
    -------
    energy : float or int
        The lowest energy, as :meth:`IsingModel.energy` gives it.
    spins : numpy.ndarray of int8, shape (k, n)
        All k ground states in lexicographic order, -1 before +1.

    Raises
    ------
    ValueError
        If the model has more than 28 spins or more than ``max_states`` ground states.
    TypeError
        If ``model`` is not an :class:`IsingModel`.

    Examples
    --------
    >>> energy, spins = ground_states(IsingModel([[0, 1], [1, 0]]))
    >>> energy, spins.tolist()
    (-1, [[-1, -1], [1, 1]])
    """
    _check_enumerable(model)
    if not (isinstance(rtol, (int, float)) and 0 <= rtol < math.inf):
        raise ValueError(f"rtol: must be a finite number that is not negative, but it is {rtol!r}")
    checked_integer(max_states, "max_states", at_least=1)
    with single_threaded_algebra():  # threads that wait for one another would cost more than the blocks
        return _ground_states(model, rtol, max_states)


def any_ground_state(model: IsingModel) -> tuple[float, np.ndarray]:
    """Lowest energy and one configuration that has it, however many there are.

    Parameters
    ----------
    model : IsingModel
        At most 28 spins.

    Returns
    -------
    energy : float or int
    spins : numpy.ndarray of int8, shape (n,)

    Raises
    ------
    ValueError, TypeError
        As :func:`ground_states`.
    """
    _check_enumerable(model)
    with single_threaded_algebra():
        left, right, buffer, minima, _ = _minima(model)
        start = int(np.argmin(minima)) * _BLOCK_ROWS
        code = start * right.shape[1] + int(np.argmin(_block(left, right, start, buffer)))
        spins = _unpacked(np.array(code), model.num_spins)  # a mirrored model's spin 0 is the leading zero
        return model.energy(spins), spins


def _check_enumerable(model: IsingModel) -> None:
    _check_model(model)
    n = model.num_spins
    if n > _MOST_SPINS:
        raise ValueError(
            f"model: enumerating {n} spins would take {_duration(n)}; {_MOST_SPINS} is the most, so fix some spins "
            "(model.fix) or use a solver instead"
        )


def _minima(model: IsingModel) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[Any], bool]:
    """Factors of the table of energies, a buffer for a block, the blocks' minima, and whether spin 0 is held at -1."""
    mirrored = model.num_spins > 0 and not model.has_fields
    J, h = _dense(model)
    if mirrored:
        J, h = J[1:, 1:], -J[0, 1:]
    left, right = _halves(J, h)
    buffer = np.empty((_BLOCK_ROWS, right.shape[1]), dtype=left.dtype)
    minima = [_block(left, right, start, buffer).min() for start in range(0, len(left), _BLOCK_ROWS)]
    return left, right, buffer, minima, mirrored


def _ground_states(model: IsingModel, rtol: float, max_states: int) -> tuple[float, np.ndarray]:
    n = model.num_spins
    left, right, buffer, minima, mirrored = _minima(model)
    starts = range(0, len(left), _BLOCK_ROWS)
    lowest = min(minima)
    threshold = lowest if model.J.dtype.kind == "i" else lowest + rtol * max(-lowest, 0.0)

    found: list[np.ndarray] = []
    count = 0
    for start, minimum in zip(starts, minima, strict=True):
        if minimum <= threshold:
            hits = np.flatnonzero(_block(left, right, start, buffer).ravel() <= threshold)
            found.append(hits + start * right.shape[1])
            count += len(hits) * (2 if mirrored else 1)
            if count > max_states:
                raise ValueError(
                    f"max_states: the model has more than {max_states} ground states; raise max_states if they fit "
                    f"in memory ({max(n, 1)} bytes each)"
                )
    codes = np.concatenate(found)
    if mirrored:
        codes = np.concatenate([codes, 2**n - 1 - codes])
    codes.sort()
    spins = _unpacked(codes, n)
    return min(np.atleast_1d(model.energy(spins)).tolist()), spins


def enumerate_energies(model: IsingModel) -> np.ndarray:
    """Energies of all configurations; bit i of the index says whether spin i is +1.

    Parameters
    ----------
    model : IsingModel
        At most 24 spins: the energies of 24 take 128 MiB.

    Returns
    -------
    numpy.ndarray, shape (2**n,)
        int64 where the model is an integer one, else float64.  Entry ``k`` belongs to ``spins_from_index(k, n)``.

    Raises
    ------
    ValueError
        If the model has more than 24 spins.
    """
    _check_model(model)
    n = model.num_spins
    if n > _MOST_LISTED_SPINS:
        raise ValueError(
            f"model: {n} spins have 2**{n} energies, of which at most 2**{_MOST_LISTED_SPINS} are listed; "
            "ground_states looks for the lowest alone, to 28 spins"
        )
    J, h = _dense(model)
    left, right = _halves(J[::-1, ::-1], h[::-1])
    energies: np.ndarray = np.empty((len(left), right.shape[1]), dtype=np.int64 if model.is_integer else np.float64)
    buffer = np.empty((_BLOCK_ROWS, right.shape[1]), dtype=left.dtype)
    for start in range(0, len(left), _BLOCK_ROWS):
        energies[start : start + _BLOCK_ROWS] = _block(left, right, start, buffer)
    energies += model.offset
    return energies.ravel()


def spins_from_index(index: Any, num_spins: int) -> np.ndarray:
    """Configuration of an index of :func:`enumerate_energies`: spin i is +1 where bit i of the index is set.

    Parameters
    ----------
    index : array_like of int, any shape
        Each in ``0 … 2**num_spins - 1``.
    num_spins : int
        At most 62.

    Returns
    -------
    numpy.ndarray of int8, shape (\\*index.shape, num_spins)

    Raises
    ------
    ValueError
        If an index is out of range or not an integer.
    """
    if not 0 <= num_spins <= 62:
        raise ValueError(f"num_spins: must be between 0 and 62, but it is {num_spins}")
    codes = np.asarray(index)
    if codes.dtype.kind not in "iu":
        raise ValueError(f"index: integers are needed, but the dtype is {codes.dtype}")
    if codes.size and not (codes.min() >= 0 and codes.max() < 2**num_spins):
        wrong = codes.min() if codes.min() < 0 else codes.max()
        raise ValueError(f"index: must lie between 0 and {2**num_spins - 1}, but {wrong} is among them")
    return _unpacked(codes.astype(np.int64), num_spins)[..., ::-1].copy()


def _check_model(model: Any) -> None:
    if not isinstance(model, IsingModel):
        hint = "; pass its to_ising()" if hasattr(model, "to_ising") else "; IsingModel(J) makes one of a matrix"
        raise TypeError(f"model: an IsingModel is needed, but it is a {type(model).__name__}{hint}")


def _dense(model: IsingModel) -> tuple[np.ndarray, np.ndarray]:
    """J and h as float64 where that is exact, else int64."""
    J = model.J.toarray() if model.is_sparse else model.J
    if J.dtype.kind == "i":
        reach = np.abs(J).sum(dtype=np.float64) / 2 + np.abs(model.h).sum(dtype=np.float64)
        if reach >= _LARGEST_EXACT_ENERGY:
            return J, model.h  # slower, as NumPy has no BLAS for integers, and still exact
    return J.astype(np.float64), model.h.astype(np.float64)


def _halves(J: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Factors of the table of energies: entry (a, b) of ``left @ right`` is that of the spins with code (a, b)."""
    n = len(h)
    columns = min(n, _COLUMN_SPINS)
    rows = n - columns
    a, b = (_unpacked(np.arange(2**k), k).astype(J.dtype) for k in (rows, columns))
    energy_a, energy_b = (
        _energies(spins, J[part, part], h[part]) for spins, part in ((a, slice(0, rows)), (b, slice(rows, n)))
    )
    left = np.column_stack([-a @ J[:rows, rows:], energy_a, np.ones_like(energy_a)])
    right = np.vstack([b.T, np.ones_like(energy_b), energy_b])
    return left, right


def _energies(spins: np.ndarray, J: np.ndarray, h: np.ndarray) -> np.ndarray:
    quadratic = np.einsum("ri,ri->r", spins @ J, spins)
    return -(quadratic // 2 if quadratic.dtype.kind == "i" else quadratic / 2) - spins @ h


def _block(left: np.ndarray, right: np.ndarray, start: int, buffer: np.ndarray) -> np.ndarray:
    """Energies of the rows from ``start``, in ``buffer``."""
    rows = left[start : start + _BLOCK_ROWS]
    return np.matmul(rows, right, out=buffer[: len(rows)])


def _unpacked(codes: np.ndarray, num_spins: int) -> np.ndarray:
    """Spins of codes whose most significant bit is spin 0; int8, shape (*codes.shape, num_spins)."""
    spins = np.empty((*codes.shape, num_spins), dtype=np.int8)
    for i in range(num_spins):
        spins[..., i] = 2 * ((codes >> (num_spins - 1 - i)) & 1) - 1
    return spins


def _duration(num_spins: int) -> str:
    """How long an enumeration would take, in words."""
    log_seconds = math.log10(_SECONDS_AT_MOST_SPINS) + (num_spins - _MOST_SPINS) * math.log10(2)
    for unit, seconds in (("seconds", 1.0), ("minutes", 60.0), ("hours", 3600.0), ("days", 86400.0)):
        if log_seconds < math.log10(100 * seconds):
            return f"about {max(1, round(10**log_seconds / seconds))} {unit}"
    log_years = log_seconds - math.log10(3.156e7)
    return f"about {round(10**log_years)} years" if log_years < 4 else f"about 10**{round(log_years)} years"
