"""The unit in which all couplings and fields of a model are whole numbers, where there is one.

Integer kernels need it.  Integer models have one by definition; so have models whose numbers are multiples of a power
of two (an eighth, after a star-triangle elimination), whatever their common magnitude.
"""

from __future__ import annotations

import numpy as np

from ising_problems import IsingModel

__all__ = ["common_unit"]

_SAMPLE = 256
_LARGEST = 2**52  # multiples beyond it are not all representable


def common_unit(model: IsingModel) -> float | None:
    """Unit of which all couplings and fields are whole multiples, the larger the better.

    Found are a power of two times the greatest common divisor, exactly, and the smallest magnitude itself, to within
    rounding.

    Returns
    -------
    float or None
        None where there is no such unit with multiples below 2⁵² (Gaussian couplings, say).
    """
    couplings = model.J.data if model.is_sparse else model.J.reshape(-1)
    if couplings.dtype.kind in "iu" and model.h.dtype.kind in "iu":
        unit = int(np.gcd(np.gcd.reduce(couplings), np.gcd.reduce(model.h)))
        return float(unit) if unit else 1.0
    sample = _nonzero(couplings[:_SAMPLE], model.h[:_SAMPLE])  # nearly always enough to tell: no copy of all of J
    if sample.size and _dyadic_unit(sample) is None and _ratio_unit(sample, float(np.abs(sample).min())) is None:
        return None
    values = _nonzero(couplings, model.h)
    if values.size == 0:
        return 1.0
    return _dyadic_unit(values) or _ratio_unit(values, float(np.abs(values).min()))


def _nonzero(couplings: np.ndarray, h: np.ndarray) -> np.ndarray:
    values = np.concatenate([couplings, h])
    return values[values != 0]


def _dyadic_unit(values: np.ndarray) -> float | None:
    """Greatest common unit of floats, exactly; None where their binary expansions are too long for one."""
    mantissas, exponents = np.frexp(values)
    whole = np.abs(np.ldexp(mantissas, 53)).astype(np.int64)  # every float is whole · 2^(exponent - 53)
    trailing = np.frexp((whole & -whole).astype(np.float64))[1] - 1
    lowest = exponents - 53 + trailing
    unit = float(np.ldexp(1.0, int(lowest.min())))
    with np.errstate(over="ignore"):
        multiples = np.abs(values / unit) if unit > 0 else np.array([np.inf])
    if multiples.max() > _LARGEST:
        return None
    return unit * float(np.gcd.reduce(multiples.astype(np.int64)))


def _ratio_unit(values: np.ndarray, smallest: float) -> float | None:
    """The smallest magnitude, where all values are its multiples but for their rounding (1e-9 times -1, 2, 3)."""
    with np.errstate(over="ignore"):
        multiples = np.abs(values / smallest)
    if multiples.max() > 2**20 or np.abs(multiples - np.round(multiples)).max() > 1e-10:
        return None
    return smallest
