r"""Elementary functions inside kernels, of a few operations, so that loops over them are vectorised.

The hyperbolic tangent is Lambert's continued fraction

.. math:: \tanh x = \cfrac{x}{1 + \cfrac{x^2}{3 + \cfrac{x^2}{5 + \cdots}}}

broken off after the seventh denominator, 13: a ratio of polynomials that is right to 1e-4 for :math:`|x| \le 4.97`,
beyond which it would exceed 1 and is held at its value there.

Source: Lambert, Mém. Acad. R. Sci. Berlin 17, 265 (1768).
"""

from __future__ import annotations

import numpy as np

from .jit import inlined

__all__ = ["tanh"]


@inlined
def tanh(x: np.float32) -> np.float32:
    """Hyperbolic tangent, float32, right to 1e-4; NaN stays NaN."""
    limit = np.float32(4.97)
    x = limit if x > limit else x
    x = -limit if x < -limit else x
    square = x * x
    numerator = np.float32(135135) + square * (np.float32(17325) + square * (np.float32(378) + square))
    denominator = np.float32(135135) + square * (
        np.float32(62370) + square * (np.float32(3150) + square * np.float32(28))
    )
    return x * numerator / denominator
