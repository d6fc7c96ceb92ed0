"""Connected sets of sites inside kernels: what is marked, and can be reached along the couplings from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from .jit import inlined

__all__ = ["connected_set"]


@inlined
def connected_set(
    starts: np.ndarray, columns: np.ndarray, marks: np.ndarray, unseen: Any, seen: Any, seed: int, sites: np.ndarray
) -> int:
    """Breadth-first search from a seed over compressed rows, among the sites marked as unseen, as the seed is.

    The sites found are written to ``sites``, in order, and marked as seen; returns how many they are.
    """
    marks[seed] = seen
    sites[0] = seed
    size = 1
    done = 0
    while done < size:
        i = sites[done]
        done += 1
        for k in range(starts[i], starts[i + 1]):
            j = columns[k]
            if marks[j] == unseen:
                marks[j] = seen
                sites[size] = j
                size += 1
    return size
