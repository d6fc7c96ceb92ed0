r"""The Parisi function of replicas: how likely two of them have an overlap of at most q, and the other way round.

For the distribution :math:`P(q)` of the overlap of two replicas (:mod:`landscapes.overlaps`),

.. math:: x(q) = \int_{-1}^{q} P(q')\, dq', \qquad q(x) = \min\{q : x(q) \ge x\} .

q(x) is the order parameter of a broken replica symmetry (Parisi, J. Phys. A 13, 1101 (1980); Phys. Rev. Lett. 50, 1946
(1983)): flat where all replicas are in one state, a step for two overlaps, and rising throughout where states form a
tree.  Without fields P is even, and the function is that of the size of the overlap, :math:`P(|q|)` on [0, 1].

Two errors: of x(q), which is a mean, the jackknife's; of q(x) the interval between the inverses of x(q) plus and minus
its error, for a quantile of a discrete distribution has no jackknife (Woodruff, J. Am. Stat. Assoc. 47, 635 (1952)).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ising_problems.checks import checked_integer

from .replica_samples import overlap_blocks

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["parisi_function"]


def parisi_function(
    samples: Any,
    *,
    up_to_flip: bool = False,
    points: int = 101,
    blocks: int = 20,
    groups: Literal["disjoint", "all"] = "disjoint",
) -> xr.Dataset:
    """Cumulative distribution of the overlap of two replicas, and its inverse.

    Parameters
    ----------
    samples, blocks, groups
        As for :func:`landscapes.overlap_distribution`.
    up_to_flip : bool, default False
        Whether a configuration and its negative count as one: the function is then that of the overlap's size.
    points : int, default 101
        How many shares x, evenly from 0 to 1, q(x) is given at.

    Returns
    -------
    xarray.Dataset
        ``x_of_q`` over ``overlap``, every possible value from -1 (or 0) to 1, with ``x_of_q_error``, NaN for a single
        block; and ``q_of_x`` over ``x``, between ``q_of_x_low`` and ``q_of_x_high``, one standard error of x(q) to
        either side.  ``temperature`` comes first where the samples have that axis.

    Raises
    ------
    ValueError
        As :func:`landscapes.overlap_distribution`, or if there are no spins.

    Examples
    --------
    >>> found = parisi_function([[1, 1], [1, 1], [1, 1], [1, -1]])
    >>> found["x_of_q"].values.tolist()
    [0.0, 0.5, 1.0]
    >>> found["q_of_x"].sel(x=[0.25, 0.75]).values.tolist()
    [0.0, 1.0]
    """
    import xarray as xr

    if not isinstance(up_to_flip, (bool, np.bool_)):
        raise TypeError(f"up_to_flip: must be True or False, but it is {up_to_flip!r}")
    points = checked_integer(points, "points", 2)
    found = overlap_blocks(samples, blocks, groups=groups)
    n = found.num_spins
    if n == 0:
        raise ValueError("samples: configurations without spins have no overlaps")
    lattice = np.arange(n + 1) if not up_to_flip else np.arange((n + 1) // 2, n + 1)
    means = np.stack([_at_most(np.abs(q) if up_to_flip else q, n)[:, lattice] for q in found.overlaps])
    below, error = found.jackknife(means, lambda mean: mean)
    overlaps, shares = (2.0 * lattice - n) / n, np.linspace(0.0, 1.0, points)
    margin = np.where(np.isnan(error), 0.0, error)
    first = () if found.temperatures is None else ("temperature",)

    def labelled(values: np.ndarray, dimension: str) -> tuple[tuple[str, ...], np.ndarray]:
        return (*first, dimension), values if first else values[0]

    coordinates: dict[str, Any] = {"overlap": overlaps, "x": shares}
    return xr.Dataset(
        {
            "x_of_q": labelled(below, "overlap"),
            "x_of_q_error": labelled(error, "overlap"),
            "q_of_x": labelled(_inverse(below, overlaps, shares), "x"),
            "q_of_x_low": labelled(_inverse(below + margin, overlaps, shares), "x"),
            "q_of_x_high": labelled(_inverse(below - margin, overlaps, shares), "x"),
        },
        coordinates | ({} if found.temperatures is None else {"temperature": found.temperatures}),
        {"num_spins": n, "blocks": len(found.weights), "up_to_flip": int(up_to_flip)},
    )


def _at_most(q: np.ndarray, n: int) -> np.ndarray:
    """Shares (T, n + 1) of overlaps (samples, groups, T, 1) that are at most each possible one."""
    places = np.rint((q[..., 0] * n + n) / 2).astype(np.int64)
    counts = np.stack([np.bincount(places[:, :, t].ravel(), minlength=n + 1) for t in range(q.shape[2])])
    return np.cumsum(counts, axis=1) / places[:, :, 0].size


def _inverse(below: np.ndarray, overlaps: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Smallest overlap (T, shares) below or at which there is so large a share; below is (T, overlaps)."""
    steps = np.maximum.accumulate(below, axis=1) + 1e-12  # sums of shares are rounded
    places = np.stack([np.searchsorted(row, shares, side="left") for row in steps])
    occurring = np.stack([np.searchsorted(row, 2e-12, side="right") for row in steps])  # x = 0: the smallest there is
    return overlaps[np.clip(np.maximum(places, occurring[:, None]), 0, len(overlaps) - 1)]
