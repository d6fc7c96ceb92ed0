r"""Couplings of few values as planes of bits, for kernels that count instead of multiplying.

Couplings that take few values, evenly spaced, are written with signs :math:`\sigma^p_{ij} = \pm 1` as

.. math:: J_{ij} = c + \sum_p 2^p w\, \sigma^p_{ij}, \qquad i \ne j,

w half the spacing and c the middle, so that one plane p is enough for couplings of two values (±1; 0 and 1), two for
four values, and so on.  An int8 matrix takes eight times the memory of one plane: 12.5 MB at n = 10,000.

Layout: words (blocks, planes, words, 64), uint64; [b, p, w, j] holds :math:`\sigma^p` of row 64 b + j against spins
64 w to 64 w + 63, a set bit meaning -1; padding and the diagonal are zero bits.  The last axis is what one vector
instruction works on.
"""

from __future__ import annotations

import numpy as np

from ising_problems import IsingModel
from landscapes.jit import kernel

__all__ = ["PackedCouplings"]

_LARGEST_FIELD = 1e25
_SAMPLE = 8  # rows of the couplings by which their values are guessed
_DEVIATION = 1e-6  # of a coupling from its value, in spacings


class PackedCouplings:
    """Couplings of few, evenly spaced values as planes of bits; made by :meth:`of`.

    Parameters
    ----------
    planes : numpy.ndarray, uint64, shape (blocks, planes, words, 64)
    unit : float
        Half the spacing of the values: counts, fields and energies here are multiples of it.
    centre : float
        Middle of the values, in that unit.
    fields : numpy.ndarray, shape (n,)
        External fields in that unit.
    norm : float
        Root-mean-square norm of a row, J0, in that unit.

    Attributes
    ----------
    num_spins, num_planes : int
    uniform : float
        Mean of the couplings between different spins, in the unit, where it is negative; else 0.
    spread : float
        Root-mean-square norm of a row without that part.
    valid : numpy.ndarray, uint64, shape (blocks,)
        A set bit for each spin; the last block may hold fewer than 64.
    fields : numpy.ndarray, float32, shape (64 blocks,)
    at_rest : numpy.ndarray, int32, shape (64 blocks,)
        Counts, summed over the planes with weights 2ᵖ, while all spins are +1.
    levels : tuple of float32
        The field is levels[0] - 2 count - 2 levels[1] (number of spins -1) - levels[2] s_i + h_i; levels[3] is uniform.
    """

    def __init__(self, planes: np.ndarray, unit: float, centre: float, fields: np.ndarray, norm: float) -> None:
        n, blocks = len(fields), planes.shape[0]
        self.planes, self.unit, self.centre, self.norm = planes, unit, centre, norm
        self.num_spins, self.num_planes = n, planes.shape[1]
        self.valid = np.full(blocks, 2**64 - 1, dtype=np.uint64)
        if n % 64:
            self.valid[-1] = np.uint64(2 ** (n % 64) - 1)
        self.fields = np.zeros(64 * blocks, dtype=np.float32)
        # beyond any coupling, and still finite in single precision
        self.fields[:n] = np.clip(fields, -_LARGEST_FIELD, _LARGEST_FIELD)
        counts = np.bitwise_count(planes).sum(axis=2, dtype=np.int64)
        self.at_rest = np.einsum("bpj,p->bj", counts, 2 ** np.arange(self.num_planes)).reshape(-1).astype(np.int32)
        span = 2**self.num_planes - 1
        offset, own = n * (span + centre), centre + span
        total = n * (offset - own) - 2.0 * float(self.at_rest[:n].sum(dtype=np.int64))
        self.uniform = min(0.0, total / max(n * (n - 1), 1))
        self.spread = max(0.0, norm**2 - (n - 1) * self.uniform**2) ** 0.5
        self.levels = tuple(np.float32(value) for value in (offset, centre, own, self.uniform))

    @classmethod
    def of(cls, model: IsingModel, most_planes: int) -> PackedCouplings | None:
        """The couplings packed, or None where they take too many values for so many planes, or uneven ones."""
        grid = _grid(model, most_planes)
        if grid is None:
            return None
        lowest, spacing, num_planes = grid
        unit, top = 0.5 * spacing, 2**num_planes - 1
        n = model.num_spins
        blocks = -(-n // 64)
        planes = _aligned((blocks, num_planes, blocks, 64))
        rows, steps = np.zeros((64, n)), np.zeros((64, 64 * blocks), dtype=np.uint8)
        squares = 0.0
        for b in range(blocks):
            first, last = 64 * b, min(64 * (b + 1), n)
            block = model.J[first:last]
            rows[: last - first] = block.toarray() if model.is_sparse else block
            square, misfits = _steps(rows[: last - first], first, lowest, spacing, steps, top)
            if misfits:
                return None
            squares += square
            for p in range(num_planes):
                planes[b, p] = np.packbits(steps & (1 << p), axis=1, bitorder="little").view("<u8").T
        with np.errstate(over="ignore"):
            fields = model.h / unit
        return cls(planes, unit, lowest / unit + top, fields, 2.0 * (squares / n) ** 0.5)

    def restricted(self, free: np.ndarray) -> PackedCouplings:
        """Couplings among some spins, int64 in increasing order, without fields; cheap beside a run on them."""
        blocks = -(-len(free) // 64)
        planes = _aligned((blocks, self.num_planes, blocks, 64))
        _restrict(self.planes, free, planes)
        norm = self.norm * (len(free) / self.num_spins) ** 0.5
        return PackedCouplings(planes, self.unit, self.centre, np.zeros(len(free)), norm)


def _aligned(shape: tuple[int, ...]) -> np.ndarray:
    """Uninitialised uint64 array that begins at a multiple of 64 bytes: no vector then lies across two cache lines."""
    size = int(np.prod(shape))
    memory = np.empty(size + 8, dtype=np.uint64)
    first = -(memory.ctypes.data // 8) % 8
    return memory[first : first + size].reshape(shape)


def _grid(model: IsingModel, most_planes: int) -> tuple[float, float, int] | None:
    """Lowest value, spacing and planes that the couplings between different spins seem to have; None if too many.

    Judged by a few rows and the extremes: packing looks at all of them.
    """
    n = model.num_spins
    rows = model.J[: min(n, _SAMPLE)]
    rows = rows.toarray() if model.is_sparse else rows
    values = np.unique(rows[~np.eye(len(rows), n, dtype=bool)]).astype(np.float64)
    if len(values) > 2**most_planes:
        return None
    data = model.J.data if model.is_sparse else model.J
    extremes = np.array([data.min(), data.max()], dtype=np.float64)
    # the diagonal's zeros are not couplings, which matters where all of these have one sign
    values = np.unique(np.concatenate([values, extremes[extremes != 0.0]]))
    if len(values) == 1:
        values = np.abs(values) * np.array([-1.0, 1.0])
    spacing = float(np.diff(values).min())
    steps = (values[-1] - values[0]) / spacing
    if np.round(steps) >= 2**most_planes:
        return None
    return float(values[0]), spacing, int(np.round(steps)).bit_length()


@kernel
def _steps(
    rows: np.ndarray, first: int, lowest: float, spacing: float, steps: np.ndarray, top: int
) -> tuple[float, int]:
    """How many spacings each coupling lies below the highest value, into steps (64, 64 blocks), uint8.

    ``rows`` are those of spin first and the following, at most 64.  Returned are the sum of squares, in squared
    spacings, and the number of couplings off the grid.
    """
    num, n = rows.shape
    inverse = 1.0 / spacing
    squares, misfits = 0.0, 0
    for i in range(64):
        target = steps[i]
        if i >= num:
            for j in range(n):
                target[j] = np.uint8(0)
            continue
        row = rows[i]
        row[first + i] = lowest + spacing * top
        off = np.int32(0)
        for j in range(n):
            step = np.float64(top) - (row[j] - lowest) * inverse
            nearest = np.floor(step + 0.5)
            off += np.int32((abs(step - nearest) > _DEVIATION) | (nearest < 0.0) | (nearest > np.float64(top)))
            target[j] = np.uint8(np.int32(nearest))
            scaled = row[j] * inverse
            squares += scaled * scaled
        misfits += int(off)
        own = row[first + i] * inverse
        squares -= own * own
        target[first + i] = np.uint8(0)
    return squares, misfits


@kernel
def _restrict(planes: np.ndarray, free: np.ndarray, out: np.ndarray) -> None:
    """Bits of some rows and columns; planes and out as :attr:`PackedCouplings.planes`."""
    blocks, words = out.shape[0], planes.shape[2]
    rows = np.zeros((words, 64), dtype=np.uint64)
    one = np.uint64(1)
    for b in range(blocks):
        num = min(64, free.shape[0] - 64 * b)
        for p in range(out.shape[1]):
            for w in range(words):
                for j in range(num):
                    spin = free[64 * b + j]
                    rows[w, j] = planes[spin >> 6, p, w, spin & 63]
                for j in range(num, 64):
                    rows[w, j] = np.uint64(0)
            for w in range(blocks):
                target = out[b, p, w]
                for j in range(64):
                    target[j] = np.uint64(0)
                for k in range(min(64, free.shape[0] - 64 * w)):
                    spin = free[64 * w + k]
                    source = rows[spin >> 6]
                    shift, place = np.uint64(spin & 63), np.uint64(k)
                    for j in range(64):
                        target[j] |= ((source[j] >> shift) & one) << place
