"""What a complete enumeration returns: every critical point of a model, and what was proven of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Census", "counted"]


@dataclass(frozen=True, eq=False, repr=False)
class Census:
    """All critical points of a model, in order of their energy, and what was proven of them.

    Attributes
    ----------
    x : numpy.ndarray, shape (m, n)
        The critical points that were proven to exist, both of each pair ±x.
    energy : numpy.ndarray, shape (m,)
        In the units of the model, ascending.
    index : numpy.ndarray of int64, shape (n + 1,)
        Number of points of each index: ``index[0]`` minima, …, ``index[n]`` maxima.
    index_of_points : numpy.ndarray of int64, shape (m,)
        Number of negative eigenvalues of each point's Hessian.
    lowest_eigenvalue : numpy.ndarray, shape (m,)
        Smallest eigenvalue of each point's Hessian; infinite for a model without spins.
    gradient_norm : numpy.ndarray, shape (m,)
        Largest component of each point's gradient, as computed.
    error : numpy.ndarray, shape (m,)
        Proven bound on the distance to the exact point, in the maximum norm.
    num_complex : int
        Number of complex solutions with their multiplicities, 3ⁿ.
    num_certified : int
        How many of these were proven to be different from all others; 3ⁿ in a certified census.
    certified : bool
        Whether it is proven that ``x`` holds every critical point and none twice, each with its right index.
    reason : str
        Why not; empty if it is.
    status : str
        "completed", or "interrupted" by Ctrl-C or the callback, with what was found until then.
    degenerate : numpy.ndarray, shape (k, n)
        Real points with vanishing gradient at which two or more solutions seem to coincide; not in ``x``.
    multiplicity : numpy.ndarray of int64, shape (k,)
        How many paths ended at each of them.
    seconds : float
        Wall time, without compilation.
    """

    x: np.ndarray
    energy: np.ndarray
    index: np.ndarray
    index_of_points: np.ndarray
    lowest_eigenvalue: np.ndarray
    gradient_norm: np.ndarray
    error: np.ndarray
    num_complex: int
    num_certified: int
    certified: bool
    reason: str
    status: str
    degenerate: np.ndarray
    multiplicity: np.ndarray
    seconds: float

    @property
    def morse_sum(self) -> int:
        """Σ (-1)^index over the points; 1 if they are all."""
        return int(self.index @ (-1) ** np.arange(len(self.index)))

    @property
    def num_minima(self) -> int:
        """Number of minima, both of each pair ±x."""
        return int(self.index[0])

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        verdict = "certified" if self.certified else f"not certified: {self.reason}"
        return f"Census({counted(len(self), 'point')}, by index {self.index.tolist()}; {verdict})"

    def to_dataset(self) -> xr.Dataset:
        """The census as a dataset: dimensions ``point``, ``spin``, ``index`` and ``degenerate_point``."""
        import xarray as xr

        names = ("energy", "lowest_eigenvalue", "gradient_norm", "error")
        variables: dict[str, Any] = {name: ("point", getattr(self, name)) for name in names}
        variables["x"] = (("point", "spin"), self.x)
        variables["index_of_points"] = ("point", self.index_of_points)
        variables["count"] = ("index", self.index)
        variables["degenerate"] = (("degenerate_point", "spin"), self.degenerate)
        variables["multiplicity"] = ("degenerate_point", self.multiplicity)
        scalars = ("num_complex", "num_certified", "morse_sum", "reason", "status", "seconds")
        attributes = {name: getattr(self, name) for name in scalars} | {"certified": int(self.certified)}
        return xr.Dataset(variables, coords={"index": np.arange(len(self.index))}, attrs=attributes)


def counted(number: int, noun: str) -> str:
    """A number and a noun, the latter with an s where it needs one."""
    return f"{number} {noun}{'s' * (number != 1)}"
