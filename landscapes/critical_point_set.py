"""What a search for critical points returns: the points, how often each was met, and what failed, all of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["CriticalPoints", "Failures"]


@dataclass(frozen=True, eq=False)
class Failures:
    """Starts from which no critical point was reached that was asked for.

    Attributes
    ----------
    x : numpy.ndarray, shape (m, n)
        Where each ended.
    gradient_norm : numpy.ndarray, shape (m,)
        Largest absolute component of the gradient there.
    reason : numpy.ndarray of str, shape (m,)
        ``"not critical"``: the residual did not pass the test; ``"other index"``: a critical point, but not of the
        index asked for; ``"fold"``: the branch ended before the pump wanted; ``"steps used up"``; ``"degenerate"``: no
        simple branch is born at that pump; ``"no such index"``: there can be no critical point of that index;
        ``"stopped"``: the search ended before.
    pump : numpy.ndarray, shape (m,)
        Pump at which it ended: for a branch followed in the pump where that was, else NaN.
    """

    x: np.ndarray
    gradient_norm: np.ndarray
    reason: np.ndarray
    pump: np.ndarray

    def __len__(self) -> int:
        return len(self.x)

    @property
    def counts(self) -> dict[str, int]:
        """How many failed for each reason, most frequent first."""
        return dict(Counter(str(reason) for reason in self.reason).most_common())


@dataclass(frozen=True, eq=False)
class CriticalPoints:
    """Critical points that a search has found, in ascending order of energy; each has passed the residual test.

    Attributes
    ----------
    x : numpy.ndarray, shape (m, n)
        The points; where the energy is even one of each pair ±x, that whose first amplitude is positive.
    energy : numpy.ndarray, shape (m,)
    index : numpy.ndarray of int, shape (m,)
        Number of negative eigenvalues of the Hessian.
    gradient_norm : numpy.ndarray, shape (m,)
        Residual: the largest absolute component of the gradient.
    lowest_eigenvalue : numpy.ndarray, shape (m,)
        Of the Hessian, but for directions in which the energy is flat everywhere.
    smallest_curvature : numpy.ndarray, shape (m,)
        Smallest absolute eigenvalue: near zero the point is nearly degenerate, and its index uncertain.
    hits : numpy.ndarray of int, shape (m,)
        Starts that arrived at each.
    num_starts : int
        Starts in all, the sum of the hits and the failures.
    failures : Failures
    status : str
        ``"completed"`` or ``"interrupted"``.
    method : str
    is_even : bool
        Whether the energy is even, so that every point but the origin stands for two.
    """

    x: np.ndarray
    energy: np.ndarray
    index: np.ndarray
    gradient_norm: np.ndarray
    lowest_eigenvalue: np.ndarray
    smallest_curvature: np.ndarray
    hits: np.ndarray
    num_starts: int
    failures: Failures
    status: str
    method: str
    is_even: bool

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        indices = f", indices {self.index.min()} to {self.index.max()}" if len(self) else ""
        failed = ", ".join(f"{count} {reason}" for reason, count in self.failures.counts.items()) or "none failed"
        starts = f"{self.method}, {self.num_starts} starts, {failed}"
        return f"CriticalPoints({len(self)} points{indices}; {starts}; {self.status})"

    @property
    def success_rate(self) -> float:
        """Part of the starts that arrived."""
        return float(self.hits.sum() / self.num_starts) if self.num_starts else 0.0

    @property
    def multiplicity(self) -> np.ndarray:
        """How many points each stands for, (m,): 2 for a pair ±x, else 1."""
        if not self.is_even:
            return np.ones(len(self), dtype=np.int64)
        return 1 + (np.abs(self.x).max(axis=1, initial=0.0) > 1e-9).astype(np.int64)

    def index_counts(self) -> np.ndarray:
        """Number of points of each index 0, 1, …, n, both of each pair ± counted."""
        return np.bincount(self.index, weights=self.multiplicity, minlength=self.x.shape[1] + 1).astype(np.int64)

    @property
    def morse_sum(self) -> int:
        """Σ (-1)^index over the points, both of each pair counted.

        It is 1 if all critical points of an energy that grows in every direction were found and none is degenerate
        (Morse): necessary for completeness, not sufficient.
        """
        return int(np.sum((1 - 2 * (self.index % 2)) * self.multiplicity))

    def to_dataset(self) -> xr.Dataset:
        """Everything as an ``xarray.Dataset``, dimensions ``point``, ``failure`` and ``spin``."""
        import xarray as xr

        return xr.Dataset(
            {
                "x": (("point", "spin"), self.x),
                "energy": ("point", self.energy),
                "index": ("point", self.index),
                "gradient_norm": ("point", self.gradient_norm),
                "lowest_eigenvalue": ("point", self.lowest_eigenvalue),
                "smallest_curvature": ("point", self.smallest_curvature),
                "hits": ("point", self.hits),
                "failed_x": (("failure", "spin"), self.failures.x),
                "failed_gradient_norm": ("failure", self.failures.gradient_norm),
                "failed_reason": ("failure", self.failures.reason.astype(str)),
                "failed_pump": ("failure", self.failures.pump),
            },
            attrs={
                "method": self.method,
                "num_starts": self.num_starts,
                "status": self.status,
                "is_even": int(self.is_even),
            },
        )
