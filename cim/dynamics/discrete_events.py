r"""Discrete simulated bifurcation driven by events: only a sign that changes touches the couplings.

The motion is that of :mod:`cim.dynamics.discrete_packed`.  Its fields :math:`f = J s + h` depend on the signs alone,
and few of them change in a step: 3 in 100 at a time step of 0.6 on a Sherrington–Kirkpatrick model, averaged over the
run, 1 in 10 at 1.2.  So f is kept, and a spin j that turns to :math:`s_j` adds :math:`2 s_j J_{\cdot j}` to it, a row
of J.  One replica at a time is as good as many, unlike in a matrix product.

Integer couplings and fields (int8 and int16, int16 and int32) make the row shorter and the fields exact; float32
serves for the rest.  All positions move first, then the signs that have changed are collected: the fields in one step
are those of the signs before it.
"""

from __future__ import annotations

import numpy as np

from landscapes.jit import inlined, kernel

__all__ = ["EventState", "restrict"]

_BLOCK = 64


class EventState:
    """Positions and momenta of some replicas, with the local fields of their signs.

    Parameters
    ----------
    matrix : numpy.ndarray, int8, int16 or float32, shape (n, width)
        Couplings, dense, each row padded with zeros to a multiple of 64.
    fields : numpy.ndarray, int16, int32 or float32, shape (width,)
        External fields in the same unit; positive in the padding.  No sum of a row's couplings and its field may
        overflow this type.
    x, y : numpy.ndarray, shape (replicas, n)
        Positions in [-1, 1], and momenta.
    uniform : float, optional
        The couplings' mean, where it is negative: see :mod:`cim.dynamics.discrete_packed`.
    """

    def __init__(
        self, matrix: np.ndarray, fields: np.ndarray, x: np.ndarray, y: np.ndarray, uniform: float = 0.0
    ) -> None:
        replicas, n = x.shape
        width = matrix.shape[1]
        self._matrix, self._external, self._num_spins = matrix, fields, n
        self._uniform = np.float32(uniform)
        self._x = np.ones((replicas, width), dtype=np.float32)
        self._y = np.zeros((replicas, width), dtype=np.float32)
        self._x[:, :n], self._y[:, :n] = x, y
        self._signs = np.where(self._x < 0.0, np.float32(-1.0), np.float32(1.0))
        self._fields = np.repeat(fields[None, :], replicas, axis=0)
        _local_fields(matrix, self._signs, self._fields)

    def advance(self, losses: np.ndarray, dt: float, gain: float) -> None:
        """One step for each loss, float32; the gain in inverse units of the couplings."""
        _advance(
            self._matrix,
            self._uniform,
            losses,
            np.float32(dt),
            np.float32(gain),
            self._x,
            self._y,
            self._signs,
            self._fields,
        )

    def spins(self) -> np.ndarray:
        """Signs of the positions, int8, shape (replicas, n)."""
        return self._signs[:, : self._num_spins].astype(np.int8)

    def local_fields(self) -> np.ndarray:
        """Local fields of the signs in the couplings' unit, float64, shape (replicas, n)."""
        return self._fields[:, : self._num_spins].astype(np.float64)

    def energies(self) -> np.ndarray:
        """Energies of the signs in the couplings' unit, float64, shape (replicas,)."""
        fields = self.local_fields() + self._external[: self._num_spins]
        return -0.5 * np.einsum("ri,ri->r", self._signs[:, : self._num_spins], fields)


@inlined
def _add_row(fields: np.ndarray, row: np.ndarray, change: float) -> None:
    """fields += change · row, in the type of the fields."""
    number = fields.dtype.type
    factor = number(change)
    for j in range(fields.shape[0]):
        fields[j] = number(fields[j] + number(factor * number(row[j])))


def restrict(
    matrix: np.ndarray, fields: np.ndarray, spins: np.ndarray, free: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Couplings among the free spins, and the fields that the others and the external ones exert on them.

    Parameters
    ----------
    matrix, fields : numpy.ndarray
        As :class:`EventState` takes them; so is what is returned.
    spins : numpy.ndarray, int8, shape (n,)
    free : numpy.ndarray, int64
        The spins that are free.
    """
    number = fields.dtype.type
    width = -(-len(free) // _BLOCK) * _BLOCK
    part = np.zeros((len(free), width), dtype=matrix.dtype)
    exerted = np.full(width, np.iinfo(number).max - 1 if number is not np.float32 else 1e30, dtype=number)
    held = np.zeros(matrix.shape[1], dtype=number)
    held[: len(spins)] = spins
    held[free] = 0
    _restrict(matrix, fields, held, free, part, exerted)
    return part, exerted


@kernel
def _restrict(
    matrix: np.ndarray, fields: np.ndarray, held: np.ndarray, free: np.ndarray, part: np.ndarray, exerted: np.ndarray
) -> None:
    """Rows and columns of the free spins, and the fields on them; held is (width,), 0 where a spin is free."""
    number = fields.dtype.type
    for a in range(free.shape[0]):
        row = matrix[free[a]]
        total = number(0)
        for j in range(row.shape[0]):
            total = number(total + number(number(row[j]) * held[j]))
        exerted[a] = number(fields[free[a]] + total)
        for b in range(free.shape[0]):
            part[a, b] = row[free[b]]


@kernel
def _local_fields(matrix: np.ndarray, signs: np.ndarray, fields: np.ndarray) -> None:
    """Add the couplings' part to fields that hold the external one; signs and fields (replicas, width)."""
    for r in range(signs.shape[0]):
        for i in range(matrix.shape[0]):
            _add_row(fields[r], matrix[i], signs[r, i])


@kernel
def _advance(
    matrix: np.ndarray,
    uniform: np.float32,
    losses: np.ndarray,
    dt: np.float32,
    gain: np.float32,
    x: np.ndarray,
    y: np.ndarray,
    signs: np.ndarray,
    fields: np.ndarray,
) -> None:
    """Steps of each replica in turn, one for each loss; x, y, signs and fields are (replicas, width)."""
    n, width = matrix.shape
    one, zero, two = np.float32(1.0), np.float32(0.0), np.float32(2.0)
    for r in range(x.shape[0]):
        position, momentum, sign, field = x[r], y[r], signs[r], fields[r]
        for k in range(losses.shape[0]):
            loss = losses[k]
            turned = np.float32(0.0)
            for start in range(0, width, 64):
                positions = position[start : start + 64]
                speeds = momentum[start : start + 64]
                drift = two * uniform * turned
                local = field[start : start + 64]
                before = sign[start : start + 64]
                for i in range(64):
                    speed = speeds[i] + dt * (gain * (np.float32(local[i]) + drift) - loss * positions[i])
                    after = positions[i] + dt * speed
                    speeds[i] = zero if abs(after) > one else speed
                    positions[i] = min(max(after, -one), one)
                    turned -= before[i] if positions[i] * before[i] < zero else zero
            for start in range(0, n, 64):
                positions = position[start : start + 64]
                before = sign[start : start + 64]
                changed = np.int32(0)
                for i in range(64):
                    changed += np.int32(positions[i] * before[i] < zero)
                if changed == np.int32(0):
                    continue
                for i in range(min(64, n - start)):
                    if positions[i] * before[i] < zero:
                        before[i] = -before[i]
                        _add_row(field, matrix[start + i], two * before[i])
