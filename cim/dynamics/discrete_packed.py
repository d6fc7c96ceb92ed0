r"""Discrete simulated bifurcation on packed bits: the fields of the signs by exclusive-or and population count.

One step of every position and momentum is (Goto et al., Sci. Adv. 7, eabe7953, 2021)

.. math::
    y_i \leftarrow y_i + \Delta\,(-p\,x_i + g f_i), \quad x_i \leftarrow x_i + \Delta\,y_i, \quad
    |x_i| > 1:\; x_i \leftarrow \operatorname{sign} x_i,\; y_i \leftarrow 0, \qquad
    f_i = \sum_j J_{ij} s_j + h_i, \quad s_j = \operatorname{sign} x_j ,

all spins at once, with a loss p that falls from 1 to 0.  Nearly all its cost is :math:`J s`.  With couplings in bit
planes, :math:`J_{ij} = c + \sum_p 2^p w\, \sigma^p_{ij}` (see :mod:`cim.dynamics.packed_couplings`), and
:math:`d^p_i` the number of spins j at which :math:`\sigma^p_{ij} \ne s_j`,

.. math:: \sum_j \sigma^p_{ij} s_j = n - 2 d^p_i ,

and d is a population count over words of 64 spins.  Moreover d is kept from step to step, and only the words of s that
have changed are gone through: a word whose flips are the set bits of m changes d by twice the count of
:math:`(\sigma \oplus s) \wedge m`, minus that of m, which costs no more than counting the word anew.  As the loss falls
fewer and fewer words change.  The counts are integers, and so are the fields where c is a multiple of w: exact.

**The uniform part.**  Where the couplings are negative on average, :math:`m = \langle J_{ij} \rangle < 0` (dense
maximum cut), the fields of all signs at once would turn the whole magnetisation over in every step.  This part alone
therefore sees the signs as they are by now: block by block, :math:`m \sum_j s_j` is that of the step's new signs in
the blocks already done.  The fixed points are the same, and a model without such a part is not affected.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from landscapes.jit import kernel

from .packed_couplings import PackedCouplings

__all__ = ["PackedState", "counts_bits_in_vectors"]

_LANES = 8


@cache
def counts_bits_in_vectors() -> bool:
    """Whether this processor has an instruction that counts the bits of each 64-bit lane of a vector.

    AVX-512 VPOPCNTDQ; elsewhere the count is made of a dozen instructions, and packing does not pay.
    """
    return bool(llvmlite.binding.get_host_cpu_features().get("avx512vpopcntdq", False))


class PackedState:
    """Positions and momenta of some replicas, with their signs in bits and the counts that give the fields.

    Parameters
    ----------
    couplings : PackedCouplings
    x, y : numpy.ndarray, shape (replicas, n)
        Positions in [-1, 1], and momenta.
    with_fields : bool, optional
        Whether the external fields act.
    """

    def __init__(self, couplings: PackedCouplings, x: np.ndarray, y: np.ndarray, with_fields: bool = True) -> None:
        replicas, n = x.shape
        width = len(couplings.fields)
        self._couplings = couplings
        self._external = couplings.fields if with_fields else np.zeros_like(couplings.fields)
        self._x = np.ones((replicas, width), dtype=np.float32)
        self._y = np.zeros((replicas, width), dtype=np.float32)
        self._x[:, :n], self._y[:, :n] = x, y
        # as if all spins had been +1, and those that are -1 had flipped just now
        self._signs = np.packbits(self._x < 0.0, axis=1, bitorder="little").view("<u8").astype(np.uint64)
        self._flips = self._signs.copy()
        self._counts = np.repeat(couplings.at_rest[None, :], replicas, axis=0)

    def advance(self, losses: np.ndarray, dt: float, gain: float) -> None:
        """One step for each loss, float32; the gain in inverse units of the couplings."""
        c = self._couplings
        _advance(
            c.planes,
            c.valid,
            self._external,
            c.levels,
            losses,
            np.float32(dt),
            np.float32(gain),
            self._x,
            self._y,
            self._signs,
            self._flips,
            self._counts,
        )

    def spins(self) -> np.ndarray:
        """Signs of the positions, int8, shape (replicas, n)."""
        return np.where(self._x[:, : self._couplings.num_spins] < 0.0, np.int8(-1), np.int8(1))

    def local_fields(self) -> np.ndarray:
        """Local fields of the signs, float64, shape (replicas, n), as of one step before the last."""
        c, signs = self._couplings, self._counted_signs()
        offset, centre, own = (float(level) for level in c.levels[:3])
        negative = 0.5 * (c.num_spins - signs.sum(axis=1, keepdims=True))
        counts = self._counts[:, : c.num_spins].astype(np.float64)
        return offset - 2.0 * centre * negative - 2.0 * counts - own * signs + self._external[: c.num_spins]

    def energies(self) -> np.ndarray:
        """Energies of the signs in the couplings' unit, float64, shape (replicas,), as of one step before the last."""
        fields = self.local_fields() + self._external[: self._couplings.num_spins]
        return -0.5 * np.einsum("ri,ri->r", self._counted_signs(), fields)

    def _counted_signs(self) -> np.ndarray:
        """The signs for which the counts are true, float64."""
        words = (self._signs ^ self._flips).view(np.uint8)
        return 1.0 - 2.0 * np.unpackbits(words, axis=1, bitorder="little", count=self._couplings.num_spins)


def _count_bits(typing_context: Any, value: Any) -> Any:
    """Number of set bits of a uint64, inside kernels."""
    if value != types.uint64:
        return None

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), code


def _negative_bits(typing_context: Any, values: Any, start: Any) -> Any:
    """Word whose bit j tells whether values[start + j] < 0; values float32, contiguous."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lanes = ir.VectorType(ir.FloatType(), 64)
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = builder.bitcast(builder.gep(array.data, [arguments[1]]), lanes.as_pointer())
        vector = builder.load(place, align=4)
        negative = builder.fcmp_ordered("<", vector, ir.Constant(lanes, [0.0] * 64))
        return builder.bitcast(negative, ir.IntType(64))

    return types.uint64(values, types.int64), code


def _count_flipped(typing_context: Any, rows: Any, places: Any, signs: Any, masks: Any, number: Any, out: Any) -> Any:
    """Into out[j], j < 64: sum over q < number of the bits of (rows[places[q], j] ^ signs[q]) & masks[q].

    Arrays: rows (words, 64), signs and masks uint64, places int64, out int32, all contiguous.  Written as vectors,
    because what is compiled from loops keeps its 64 sums in memory instead of in registers.
    """
    element, short = ir.IntType(64), ir.VectorType(ir.IntType(32), _LANES)
    lanes = ir.VectorType(element, _LANES)
    parts = 64 // _LANES

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rows_at, places_at, signs_at, masks_at, out_at = (
            context.make_array(kind)(context, builder, value).data
            for kind, value in zip(signature.args, arguments, strict=True)
            if isinstance(kind, types.Array)
        )
        count = arguments[4]
        bits_of = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(lanes, [lanes]), f"llvm.ctpop.v{_LANES}i64"
        )
        zero, none = ir.Constant(element, 0), ir.Constant(lanes, [0] * _LANES)
        before, loop = builder.block, builder.append_basic_block("words")
        after = builder.append_basic_block("counted")
        builder.cbranch(builder.icmp_signed(">", count, zero), loop, after)

        builder.position_at_end(loop)
        at = builder.phi(element)
        sums = [builder.phi(lanes) for _ in range(parts)]
        sign = _splat(builder, builder.load(builder.gep(signs_at, [at])), lanes)
        mask = _splat(builder, builder.load(builder.gep(masks_at, [at])), lanes)
        first = builder.mul(builder.load(builder.gep(places_at, [at])), ir.Constant(element, 64))
        totals = []
        for part, partial in enumerate(sums):
            place = builder.gep(rows_at, [builder.add(first, ir.Constant(element, _LANES * part))])
            row = builder.load(builder.bitcast(place, lanes.as_pointer()), align=8)
            counted = builder.call(bits_of, [builder.and_(builder.xor(row, sign), mask)])
            totals.append(builder.add(partial, counted))
            partial.add_incoming(none, before)
            partial.add_incoming(totals[-1], loop)
        following = builder.add(at, ir.Constant(element, 1))
        at.add_incoming(zero, before)
        at.add_incoming(following, loop)
        builder.cbranch(builder.icmp_signed("<", following, count), loop, after)

        builder.position_at_end(after)
        results = [builder.phi(lanes) for _ in range(parts)]
        for part, (result, total) in enumerate(zip(results, totals, strict=True)):
            result.add_incoming(none, before)
            result.add_incoming(total, loop)
            place = builder.gep(out_at, [ir.Constant(element, _LANES * part)])
            builder.store(builder.trunc(result, short), builder.bitcast(place, short.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(rows, places, signs, masks, types.int64, out), code


def _splat(builder: Any, value: Any, lanes: Any) -> Any:
    """A vector that holds one value in all its lanes."""
    single = builder.insert_element(ir.Constant(lanes, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    places = ir.Constant(ir.VectorType(ir.IntType(32), lanes.count), [0] * lanes.count)
    return builder.shuffle_vector(single, ir.Constant(lanes, ir.Undefined), places)


_count: Any = intrinsic(_count_bits)
_negatives: Any = intrinsic(_negative_bits)
_count_words: Any = intrinsic(_count_flipped)


@kernel
def _advance(
    planes: np.ndarray,
    valid: np.ndarray,
    fields: np.ndarray,
    levels: tuple[np.float32, np.float32, np.float32, np.float32],
    losses: np.ndarray,
    dt: np.float32,
    gain: np.float32,
    x: np.ndarray,
    y: np.ndarray,
    signs: np.ndarray,
    flips: np.ndarray,
    counts: np.ndarray,
) -> None:
    """Steps of all replicas, one for each loss.

    x, y and counts are (replicas, 64 blocks), signs and flips (replicas, blocks): the signs now, and which of them
    have changed since the counts were true.  Blocks are the outer loop, so that their rows stay in the cache for all
    replicas.
    """
    blocks, num_planes = planes.shape[0], planes.shape[1]
    replicas = x.shape[0]
    offset, centre, own, uniform = levels
    one, zero, two = np.float32(1.0), np.float32(0.0), np.float32(2.0)
    places = np.empty((replicas, blocks), dtype=np.int64)
    changed_signs = np.empty((replicas, blocks), dtype=np.uint64)
    masks = np.empty((replicas, blocks), dtype=np.uint64)
    num_changed = np.empty(replicas, dtype=np.int64)
    flipped = np.empty(replicas, dtype=np.int32)
    shift = np.empty(replicas, dtype=np.float32)
    turning = np.empty(replicas, dtype=np.int32)
    fresh = np.empty((replicas, blocks), dtype=np.uint64)
    total = np.empty(64, dtype=np.int32)
    for k in range(losses.shape[0]):
        loss = losses[k]
        for r in range(replicas):
            m = 0
            turned = np.uint64(0)
            minus = np.uint64(0)
            for w in range(blocks):
                minus += _count(signs[r, w])
                if flips[r, w] != np.uint64(0):
                    turned += _count(flips[r, w])
                    places[r, m] = w
                    changed_signs[r, m] = signs[r, w]
                    masks[r, m] = flips[r, w]
                    m += 1
            num_changed[r] = m
            flipped[r] = np.int32(turned)
            # Σ s = n - 2 minus; its first part is in the offset
            shift[r] = offset - two * centre * np.float32(np.int32(minus))
            turning[r] = np.int32(0)
        for b in range(blocks):
            h = fields[64 * b : 64 * b + 64]
            for r in range(replicas):
                count = counts[r, 64 * b : 64 * b + 64]
                if num_changed[r] > 0:
                    for p in range(num_planes):
                        _count_words(planes[b, p], places[r], changed_signs[r], masks[r], num_changed[r], total)
                        for j in range(64):
                            count[j] += np.int32(np.int32(np.int32(2) * total[j] - flipped[r]) << p)
                position = x[r, 64 * b : 64 * b + 64]
                momentum = y[r, 64 * b : 64 * b + 64]
                base = shift[r] - two * uniform * np.float32(turning[r])
                for j in range(64):
                    before = position[j]
                    field = base - two * np.float32(count[j]) + (own if before < zero else -own) + h[j]
                    speed = momentum[j] + dt * (gain * field - loss * before)
                    after = before + dt * speed
                    momentum[j] = zero if abs(after) > one else speed
                    position[j] = min(max(after, -one), one)
                now = _negatives(x[r], 64 * b) & valid[b]
                fresh[r, b] = now
                turning[r] += np.int32(_count(now)) - np.int32(_count(signs[r, b]))
        for r in range(replicas):
            for w in range(blocks):
                flips[r, w] = signs[r, w] ^ fresh[r, w]
                signs[r, w] = fresh[r, w]
