r"""Slack variables: a whole number from 0 to N written in bits, for inequalities.

.. math:: \sum_k c_k y_k \quad\text{with}\quad c = 1, 2, 4, \dots, 2^{M-1},\, N + 1 - 2^M , \qquad
          M = \lfloor \log_2 N \rfloor ,

takes every value 0 … N and no other, with M + 1 variables (none for N = 0).  A. Lucas, arXiv:1302.5843, eq. 20; the
text beside that equation says 1 … N, and the difference matters wherever 0 is forbidden.
"""

from __future__ import annotations

import numpy as np

__all__ = ["num_slack_bits", "slack_bits", "slack_coefficients"]


def num_slack_bits(bound: int) -> int:
    """Number of variables that a slack of 0 … bound takes."""
    return int(bound).bit_length()


def slack_coefficients(bound: int) -> np.ndarray:
    """Coefficients of the variables of a slack of 0 … bound; int64.

    >>> slack_coefficients(5).tolist(), slack_coefficients(0).tolist()
    ([1, 2, 2], [])
    """
    if bound < 0:
        raise ValueError(f"bound: a slack needs a bound of 0 or more, but it is {bound}")
    if bound >= 2**53:
        raise ValueError(f"bound: a slack of 0 to {bound} is beyond 2**53, where numbers are rounded; scale it down")
    if bound == 0:
        return np.empty(0, dtype=np.int64)
    powers = num_slack_bits(bound) - 1
    return np.array([*(1 << k for k in range(powers)), bound + 1 - (1 << powers)], dtype=np.int64)


def slack_bits(value: int, bound: int) -> np.ndarray:
    """Variables, 0 or 1, with which a slack of 0 … bound takes a value; int8.

    Raises
    ------
    ValueError
        If the value is not between 0 and the bound.

    >>> [(slack_coefficients(5) @ slack_bits(value, 5)).item() for value in range(6)]
    [0, 1, 2, 3, 4, 5]
    """
    if not 0 <= value <= bound:
        raise ValueError(f"value: {value} is not between 0 and {bound}")
    coefficients = slack_coefficients(bound)
    bits = np.zeros(len(coefficients), dtype=np.int8)
    if len(bits):
        rest = int(value)
        if rest >= 1 << (len(bits) - 1):  # beyond what the powers of two alone reach
            bits[-1] = 1
            rest -= int(coefficients[-1])
        for k in range(len(bits) - 1):
            bits[k] = (rest >> k) & 1
    return bits
