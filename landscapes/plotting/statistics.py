"""Means over instances with their errors, as pictures show them."""

from __future__ import annotations

import numpy as np

__all__ = ["mean_and_error"]


def mean_and_error(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over instances and its standard error, of values that may be missing.

    Parameters
    ----------
    values : numpy.ndarray, shape (p, instances)
        NaN where an instance was not run.

    Returns
    -------
    mean, error : numpy.ndarray, shape (p,)
        A mean of NaN where there are no instances; an error of 0 where there are fewer than two.
    """
    present = np.isfinite(values)
    count = present.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(present, values, 0.0).sum(axis=1) / count
        squares = np.where(present, (values - mean[:, None]) ** 2, 0.0).sum(axis=1)
    return mean, np.sqrt(squares / np.maximum(count - 1, 1) / np.maximum(count, 1))
