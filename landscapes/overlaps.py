r"""Replica overlaps: what two copies of a disordered system, sampled apart, have in common.

Two replicas s, t of the same couplings, each drawn from the Boltzmann distribution, have the overlap
:math:`q = \tfrac1n \sum_i s_i t_i`, a whole multiple of 1/n between -1 and 1 of the parity of n.  Its distribution
:math:`P(q) = [\langle\delta(q - q_{st})\rangle]`, averaged over the couplings where there are several instances, is the
order parameter of a spin glass (Parisi, Phys. Rev. Lett. 50, 1946 (1983)).  Of it,

* the order parameter of Edwards and Anderson, :math:`[\langle s_i\rangle^2]` of a single state, taken in a finite
  system as :math:`\sqrt{[\langle q^2\rangle]}`, and the spin-glass susceptibility :math:`n[\langle q^2\rangle]`
  (Edwards, Anderson, J. Phys. F 5, 965 (1975); Bhatt, Young, Phys. Rev. B 37, 5606 (1988));
* the Binder ratio :math:`g = \tfrac12\left(3 - [\langle q^4\rangle]/[\langle q^2\rangle]^2\right)`: 0 for a Gaussian, 1
  for two peaks at opposite overlaps (Bhatt, Young, Phys. Rev. Lett. 54, 924 (1985));
* ultrametricity: of three replicas with distances :math:`d = (1 - q)/2`, the two largest agree in an ultrametric space
  (Mézard, Parisi, Sourlas, Toulouse, Virasoro, J. Phys. 45, 843 (1984)).  It is measured by
  :math:`K = (d_\mathrm{max} - d_\mathrm{mid})/\sigma(d)`, with :math:`\sigma(d)` the standard deviation of all
  distances (Katzgraber, Hartmann, Phys. Rev. Lett. 102, 037207 (2009)).
  How large it is in a space without any structure depends on the distribution of the overlaps; so it is compared with
  what three of them would give that know nothing of each other: if F is the cumulative distribution, the two smallest
  of three are :math:`\int 3 F (1 - F)^2\, dq` apart.

Moments are not centred: the ratio and the susceptibility are meant for models without fields, where P(q) is even.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ising_problems.checks import checked_integer, is_integer, number_array

from .replica_samples import Blocks, overlap_blocks

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["binder_ratio", "edwards_anderson_parameter", "overlap_distribution", "ultrametricity"]


def overlap_distribution(
    samples: Any, bins: Any = None, *, blocks: int = 20, groups: Literal["disjoint", "all"] = "disjoint"
) -> xr.Dataset:
    """Distribution of the overlap of two replicas.

    Parameters
    ----------
    samples : xarray.Dataset, sequence of them, or array_like of ±1
        A run of :func:`landscapes.parallel_tempering` that recorded ``overlap`` or ``spins``; a list of runs, one for
        each instance, of which the average over instances is taken; or independent configurations of one model, shape
        (replicas, n), or of several, (instances, replicas, n), paired as (0, 1), (2, 3), ….
    bins : int or array_like of float, optional
        Equal bins between -1 and 1, or their edges, increasing from -1 or below to 1 or above.  A bin holds its lower
        edge, the last one both.  By default each possible overlap is a bin of its own.
    blocks : int, default 20
        Stretches that one run is cut into for its errors; each should be much longer than the autocorrelation time.
        With several instances the errors are over instances instead.
    groups : {"disjoint", "all"}
        "all": every pair of the configurations of an array, of R replicas R(R - 1)/2 in place of R/2; the errors of a
        single instance are then over replicas, with the dependence of the pairs taken into account.

    Returns
    -------
    xarray.Dataset
        ``probability`` of each bin, which sums to 1, and ``density``, probability over width (2/n by default), with
        ``probability_error`` and ``density_error``, NaN for a single block; over ``overlap``, the bins' centres, and
        ``temperature`` where the samples have that axis.  Without spins there are no overlaps: no bins by default.

    Raises
    ------
    ValueError
        If there are no two replicas, if runs differ in size or temperatures, or for bins that do not cover all.

    Examples
    --------
    >>> found = overlap_distribution([[1, 1], [1, 1], [1, 1], [1, -1]])
    >>> found["overlap"].values.tolist(), found["probability"].values.tolist()
    ([-1.0, 0.0, 1.0], [0.0, 0.5, 0.5])
    """
    import xarray as xr

    found = overlap_blocks(samples, blocks, groups=groups)
    n = found.num_spins
    if bins is None:
        centres = (2.0 * np.arange(n + 1) - n) / n if n else np.zeros(0)
        widths = np.full(len(centres), 2.0 / max(n, 1))
        edges = np.append(centres - widths / 2, 1.0 + 1.0 / n) if n else np.zeros(1)
    else:
        edges = _checked_edges(bins)
        centres, widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    means = np.stack([_histogram(block, edges) for block in found.overlaps])
    if n == 0:
        means[:] = np.nan
    value, error = found.jackknife(means, lambda mean: mean)
    result = xr.Dataset(coords={"overlap": centres, **_temperature(found)})
    for name, scale in (("probability", np.ones_like(widths)), ("density", 1.0 / widths)):
        result[name] = _labelled(value * scale, found, "overlap")
        result[f"{name}_error"] = _labelled(error * scale, found, "overlap")
    result.attrs = _attributes(found)
    return result


def edwards_anderson_parameter(
    samples: Any, *, blocks: int = 20, groups: Literal["disjoint", "all"] = "disjoint"
) -> xr.Dataset:
    """Size of the overlap of two replicas, the order parameter of a spin glass in zero field.

    Below the transition of a model whose replica symmetry is broken, the overlap within one state is the largest of
    the support of P(q), which is more than this.

    Parameters
    ----------
    samples, blocks, groups
        As for :func:`overlap_distribution`.

    Returns
    -------
    xarray.Dataset
        ``order_parameter``, the root of the mean squared overlap; ``mean_absolute_overlap``; and ``susceptibility``, n
        times the mean squared overlap; each with its jackknife error ``…_error``.

    Examples
    --------
    >>> float(edwards_anderson_parameter([[1, -1, 1], [-1, 1, -1]])["order_parameter"])
    1.0
    """
    found = overlap_blocks(samples, blocks, groups=groups)
    squares = found.means(lambda q: q[..., 0] ** 2)
    sizes = found.means(lambda q: np.abs(q[..., 0]))
    return _dataset(
        found,
        order_parameter=found.jackknife(squares, np.sqrt),
        mean_absolute_overlap=found.jackknife(sizes, lambda mean: mean),
        susceptibility=found.jackknife(squares, lambda mean: found.num_spins * mean),
    )


def binder_ratio(samples: Any, *, blocks: int = 20, groups: Literal["disjoint", "all"] = "disjoint") -> xr.Dataset:
    """Binder ratio of the overlap: 0 far above a transition, 1 for a single pair of states; curves of n cross at one.

    The moments are averaged over blocks or instances before the ratio is taken.

    Parameters
    ----------
    samples, blocks, groups
        As for :func:`overlap_distribution`.

    Returns
    -------
    xarray.Dataset
        ``binder_ratio`` and its jackknife error ``binder_ratio_error``; NaN where every overlap is zero.

    Examples
    --------
    >>> float(binder_ratio([[1, -1, 1], [-1, 1, -1]])["binder_ratio"])
    1.0
    """
    found = overlap_blocks(samples, blocks, groups=groups)
    moments = found.means(lambda q: np.stack([q[..., 0] ** 2, q[..., 0] ** 4], axis=-1))
    return _dataset(found, binder_ratio=found.jackknife(moments, _binder))


def ultrametricity(
    samples: Any,
    bins: int = 40,
    *,
    up_to_flip: bool = True,
    blocks: int = 20,
    groups: Literal["disjoint", "all"] = "disjoint",
) -> xr.Dataset:
    """How far triples of replicas are from an ultrametric space.

    Parameters
    ----------
    samples, blocks, groups
        As for :func:`overlap_distribution`, with at least three replicas, taken as (0, 1, 2), (3, 4, 5), …, or every
        three with ``groups="all"``; a run must have recorded ``spins``.
    bins : int, default 40
        Equal bins for K, from 0 to the largest that occurs.
    up_to_flip : bool, default True
        Whether a configuration and its negative count as one, so that the distance is (1 - abs(q))/2: for models
        without fields.

    Returns
    -------
    xarray.Dataset
        ``mean_gap``, the mean of K with its jackknife error; ``distance_deviation``, σ(d); ``independent_gap``, what
        the mean of K would be for independent overlaps of the same distribution (of each instance its own), and
        ``gap_ratio``, the one over the other: 0 for an ultrametric space, 1 for overlaps that know nothing of each
        other, 35/64 for points spread evenly on a line; and over ``gap``, the bins' centres, the ``probability`` of
        each with its error.  Where K → 0 as n grows the states are ultrametric.  NaN where all distances are the same.
        ``independent_gap`` is taken from the same overlaps, which makes it too small, and the ratio too large, by a
        share of the order of one over the replicas of an instance, however many instances there are: 6 % for 24
        replicas in two noisy states.

    Examples
    --------
    >>> found = ultrametricity([[1, 1, 1, 1], [1, 1, 1, -1], [1, 1, -1, -1]])
    >>> float(found["mean_gap"]) > 2
    True
    """
    import xarray as xr

    bins = checked_integer(bins, "bins", 1)
    if not isinstance(up_to_flip, (bool, np.bool_)):
        raise TypeError(f"up_to_flip: must be True or False, but it is {up_to_flip!r}")
    found = overlap_blocks(samples, blocks, 3, groups)
    distances = [(1.0 - (np.abs(q) if up_to_flip else q)) / 2 for q in found.overlaps]
    ordered = [np.sort(d, axis=-1) for d in distances]
    moments = np.stack(
        [
            np.stack([d[..., 2] - d[..., 1], d.mean(axis=-1), (d**2).mean(axis=-1)], axis=-1).mean(axis=(0, 1))
            for d in ordered
        ]
    )
    deviation, deviation_error = found.jackknife(moments, _deviation)
    mean_gap = found.jackknife(moments, lambda mean: mean[..., 0] / _deviation(mean))
    alone = _of_independent_overlaps(found, moments, up_to_flip)
    gaps = [(d[..., 2:] - d[..., 1:2]) / deviation[:, None] for d in ordered]
    largest = max(float(np.max(gap, initial=0.0, where=np.isfinite(gap))) for gap in gaps) or 1.0
    edges = np.linspace(0.0, largest, bins + 1)
    shares = np.stack([_histogram(gap, edges) for gap in gaps])
    shares[:, np.isnan(deviation)] = np.nan
    value, error = found.jackknife(shares, lambda mean: mean)
    result = _dataset(found, mean_gap=mean_gap, distance_deviation=(deviation, deviation_error), **alone)
    histogram = {
        "probability": _labelled(value, found, "gap"),
        "probability_error": _labelled(error, found, "gap"),
    }
    return xr.Dataset({**result.data_vars, **histogram}, {**result.coords, "gap": (edges[1:] + edges[:-1]) / 2})


# ---------------------------------------------------------------- moments and labels


def _binder(moments: np.ndarray) -> np.ndarray:
    squared = moments[..., 0] ** 2
    ratio = np.divide(moments[..., 1], squared, out=np.full_like(squared, np.nan), where=squared > 0)
    return 0.5 * (3.0 - ratio)


def _of_independent_overlaps(found: Blocks, moments: np.ndarray, up_to_flip: bool) -> dict[str, Any]:
    """Gap that independent overlaps of the same distribution would have, and the measured one in units of it.

    ``moments`` are those of :func:`ultrametricity`, (B, T, 3), the mean gap first.
    """
    n = found.num_spins
    shares = np.stack([_places(np.abs(q) if up_to_flip else q, n) for q in found.overlaps])

    def gap(shares: np.ndarray) -> np.ndarray:
        below = np.cumsum(shares, axis=-1)[..., :-1]
        # 2/n between neighbours, and half of that in distance
        return (3.0 * below * (1.0 - below) ** 2).sum(axis=-1) / max(n, 1)

    if found.of_instances:  # each has a distribution of its own
        parts, of_mean = np.concatenate([moments, gap(shares)[..., None]], axis=-1), lambda mean: mean[..., 3]
    else:
        parts, of_mean = np.concatenate([moments, shares], axis=-1), lambda mean: gap(mean[..., 3:])
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "independent_gap": found.jackknife(parts, lambda mean: of_mean(mean) / _deviation(mean)),
            "gap_ratio": found.jackknife(parts, lambda mean: mean[..., 0] / of_mean(mean)),
        }


def _places(q: np.ndarray, n: int) -> np.ndarray:
    """Shares (T, n + 1) of the possible overlaps, of the overlaps (samples, groups, T, pairs in a group)."""
    if n == 0:
        return np.full((q.shape[2], 1), np.nan)
    # overlaps are whole multiples of 1/n of the parity of n
    places = np.rint((q * n + n) / 2).astype(np.int64).swapaxes(0, 2).reshape(q.shape[2], -1)
    return np.stack([np.bincount(row, minlength=n + 1) for row in places]) / places.shape[1]


def _deviation(moments: np.ndarray) -> np.ndarray:
    """Standard deviation from the second and third of some moments; NaN if it is no more than rounding."""
    variance = moments[..., 2] - moments[..., 1] ** 2
    return np.sqrt(np.where(variance > 1e-14, variance, np.nan))


def _histogram(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Shares (T, bins) of values (samples, groups, T, 1)."""
    count = len(edges) - 1
    samples, groups, temperatures, _ = values.shape
    shares = np.zeros((temperatures, count))
    for t in range(temperatures):
        # Overlaps are rounded quotients: one that should lie on an edge must not fall below it.
        place = np.searchsorted(edges - 1e-12, values[:, :, t, 0].ravel(), side="right") - 1
        if count:
            shares[t] = np.bincount(np.clip(place, 0, count - 1), minlength=count) / (samples * groups)
    return shares


def _checked_edges(bins: Any) -> np.ndarray:
    if is_integer(bins):
        return np.linspace(-1.0, 1.0, checked_integer(bins, "bins", 1) + 1)
    edges = number_array(bins, "bins").astype(np.float64)
    if edges.ndim != 1 or len(edges) < 2 or not (np.diff(edges) > 0).all() or not np.isfinite(edges).all():
        raise ValueError(f"bins: a number, or at least two increasing edges are needed, but it is {bins!r}")
    if edges[0] > -1 or edges[-1] < 1:
        raise ValueError(f"bins: must cover overlaps from -1 to 1, but they go from {edges[0]:g} to {edges[-1]:g}")
    return edges


def _temperature(found: Blocks) -> dict[str, Any]:
    return {} if found.temperatures is None else {"temperature": found.temperatures}


def _attributes(found: Blocks) -> dict[str, int]:
    return {"num_spins": found.num_spins, "blocks": len(found.weights)}


def _labelled(values: np.ndarray, found: Blocks, *dimensions: str) -> tuple[tuple[str, ...], np.ndarray]:
    """With the temperature first, or without it where the samples have no such axis."""
    if found.temperatures is None:
        return dimensions, values[0]
    return ("temperature", *dimensions), values


def _dataset(found: Blocks, **estimates: tuple[np.ndarray, np.ndarray]) -> xr.Dataset:
    import xarray as xr

    variables = {}
    for name, (value, error) in estimates.items():
        variables[name] = _labelled(value, found)
        variables[f"{name}_error"] = _labelled(error, found)
    return xr.Dataset(variables, _temperature(found), _attributes(found))
