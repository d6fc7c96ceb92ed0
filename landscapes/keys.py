r"""Numbers as integers of the same order, inside kernels.

The least of many floats is not found by vectors, since NaN has to be minded; the least of integers is.  The bits of a
positive float are in the order of the numbers, those of a negative one in the opposite order until all but the sign
are inverted.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = ["key_of", "number_of"]


_BITS = {types.float32: 32, types.float64: 64}


def _turned(builder: Any, bits: Any, width: int) -> Any:
    """Bits of a float with all but the sign inverted where it is negative: its own inverse."""
    kind = ir.IntType(width)
    negative = builder.ashr(bits, ir.Constant(kind, width - 1))
    return builder.xor(bits, builder.and_(negative, ir.Constant(kind, 2 ** (width - 1) - 1)))


def _key_of(typing_context: Any, number: Any) -> Any:
    """A number as an integer of the same order: integers as they are, a float as an integer of its size."""
    if number in _BITS:
        width = _BITS[number]

        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return _turned(builder, builder.bitcast(arguments[0], ir.IntType(width)), width)

        return types.Integer.from_bitwidth(width, signed=True)(number), code
    if isinstance(number, types.Integer):
        return number(number), lambda context, builder, signature, arguments: arguments[0]
    return None


def _number_of(typing_context: Any, key: Any, example: Any) -> Any:
    """The number whose key this is, of the example's type."""
    if example in _BITS:
        width = _BITS[example]
        kind = ir.FloatType() if width == 32 else ir.DoubleType()

        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.bitcast(_turned(builder, arguments[0], width), kind)

        return example(key, example), code
    return key(key, example), lambda context, builder, signature, arguments: arguments[0]


key_of: Any = intrinsic(_key_of)
number_of: Any = intrinsic(_number_of)
