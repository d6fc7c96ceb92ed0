r"""Whether a sampled system is in equilibrium: two tests that a run which is not tends to fail.

Logarithmic binning compares the averages of an observable over the last half of a run, over the quarter before it, the
eighth before that, …: bin k covers the fraction :math:`(2^{-(k+1)}, 2^{-k}]` of the run.  In equilibrium the last bins
agree within their errors; a drift that is logarithmic in time shows as a slope in k.

For Gaussian couplings there is an identity between two observables that approach equilibrium from opposite sides.  Let
:math:`E = -\sum_{(ij)} J_{ij} s_i s_j` over M pairs, each once, with independent couplings of mean 0 and variance
:math:`v`.  Integration by parts, :math:`[J f(J)] = v\,[f'(J)]`, gives

.. math::
    [J_{ij} \langle s_i s_j\rangle] = v\,\Big[\frac{\partial \langle s_i s_j\rangle}{\partial J_{ij}}\Big]
    = \frac vT \left(1 - [\langle s_i s_j\rangle^2]\right), \qquad
    [\langle E\rangle] = -\frac{M v}{T}\left(1 - [\langle q_\ell\rangle]\right),

with the link overlap :math:`q_\ell = \frac1M \sum_{(ij)} s_i s_j t_i t_j` of two replicas s, t.  It is exact at every
size, of averages over the couplings; single instances differ.  For the Sherrington–Kirkpatrick model M = n(n - 1)/2 and
v = 1/n, so the energy per spin is :math:`-\frac{n-1}{2nT}(1 - [\langle q_\ell\rangle])`.  Quenched from random spins,
the energy is too high and the link overlap too low, which makes the right-hand side too low: the two sides close in on
the answer from above and below.

Source: Katzgraber, Palassini, Young, Phys. Rev. B 63, 184422 (2001), for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.checks import checked_integer, checked_number, number_array, on_one_line

from .autocorrelation import autocorrelation_time

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["gaussian_coupling_identity", "logarithmic_binning"]

_ENOUGH_RUNS = 10  # for an error from how they differ
_FEWEST = 8  # measurements in a bin, below which its autocorrelation time would mean nothing


def logarithmic_binning(series: Any, *, bins_compared: int = 3, standard_errors: float = 3.0) -> xr.Dataset:
    """Averages over the last half of a run, the quarter before it, the eighth before that, ….

    Parameters
    ----------
    series : array_like, shape (N, …)
        Time first, from the very start of a run (``burn_in=0``).  With a second axis it counts independent runs of the
        same process; further axes, such as temperatures, are kept.
    bins_compared : int, default 3
        How many of the last bins have to agree, at least 2.  N is to be at least 8 times 2 to this power.
    standard_errors : float, default 3
        Of a difference, up to which it counts as agreement.

    Returns
    -------
    xarray.Dataset
        Over ``bin``, 0 for the last half, and over ``axis_0``, … for the series' further axes: ``mean``; ``error``, its
        standard error; ``difference``, from the last half in standard errors of that difference; and ``start`` and
        ``stop`` of each bin in measurements.  There is no bin of fewer than 8.  With 10 runs or more the errors are
        over runs, each of which is compared with itself, so that runs that are stuck in different places still show
        their drift; with fewer they come from the autocorrelation time within a bin, which frozen runs enlarge.
        ``agrees`` tells where the last bins all agree with the last half: necessary for equilibrium, not sufficient.

    Raises
    ------
    ValueError
        If the series is too short for the bins that are compared, or is not finite.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> steady = rng.standard_normal(4096)
    >>> drifting = steady - np.log(np.arange(1, 4097))
    >>> bool(logarithmic_binning(steady)["agrees"]), bool(logarithmic_binning(drifting)["agrees"])
    (True, False)
    """
    import xarray as xr

    bins_compared = checked_integer(bins_compared, "bins_compared", 2)
    standard_errors = checked_number(standard_errors, "standard_errors", above=0.0)
    values = number_array(series, "series").astype(np.float64)
    shortest = _FEWEST * 2**bins_compared
    if values.ndim == 0 or len(values) < shortest:
        raise ValueError(
            f"series: at least {shortest} measurements are needed to compare {bins_compared} bins, "
            f"but the shape is {values.shape}"
        )
    if not np.isfinite(values).all():
        raise ValueError(f"series: must be finite, but it holds {values[~np.isfinite(values)][0]}")
    if values.ndim == 1:
        values = values[:, None]
    if values.shape[1] == 0:
        raise ValueError(f"series: at least one run is needed, but the shape is {values.shape}")
    stops = [len(values)]
    while stops[-1] >= 2 * _FEWEST:
        stops.append(stops[-1] // 2)
    starts, stops = stops[1:], stops[:-1]
    parts = [values[start:stop] for start, stop in zip(starts, stops, strict=True)]
    means = np.stack([part.mean(axis=(0, 1)) for part in parts])
    if values.shape[1] >= _ENOUGH_RUNS:  # each run is compared with itself, and the runs tell the errors
        of_runs = np.stack([part.mean(axis=0) for part in parts])
        errors, errors_of_differences = _over_runs(of_runs), _over_runs(of_runs - of_runs[0])
    else:
        errors = np.stack([_error_in_time(part) for part in parts])
        errors_of_differences = np.sqrt(errors**2 + errors[0] ** 2)
    differences = means - means[0]
    differences[np.abs(differences) <= 1e-13 * np.abs(means[0])] = 0.0  # the rounding of a mean is no drift
    differences = _in_errors(differences, errors_of_differences)
    axes = [f"axis_{k}" for k in range(means.ndim - 1)]
    return xr.Dataset(
        {
            "mean": (("bin", *axes), means),
            "error": (("bin", *axes), errors),
            "difference": (("bin", *axes), differences),
            "agrees": (axes, (np.abs(differences[:bins_compared]) <= standard_errors).all(axis=0)),
            "start": ("bin", starts),
            "stop": ("bin", stops),
        },
        {"bin": np.arange(len(starts))},
    )


def gaussian_coupling_identity(
    runs: Sequence[xr.Dataset], *, variance: float | None = None, num_couplings: int | None = None
) -> xr.Dataset:
    """Energy against what the link overlap says that it is, averaged over Gaussian couplings of mean 0.

    Parameters
    ----------
    runs : sequence of xarray.Dataset
        One of :func:`landscapes.parallel_tempering` for each instance, at the same temperatures, with
        ``record=("link_overlap",)`` and two replicas or more; without fields or offset.
    variance : float, optional
        Of a coupling; 1/n by default, as :func:`ising_problems.sherrington_kirkpatrick` has it.
    num_couplings : int, optional
        Pairs that are coupled, each counted once; n(n - 1)/2 by default.

    Returns
    -------
    xarray.Dataset
        Over ``temperature``, per spin and averaged over the instances: ``energy``; ``energy_from_links``, the other
        side of the identity; their ``difference``, in equilibrium 0 within ``difference_error``, its standard error
        over the instances; and ``deviation``, the one in units of the other.  Positive: not yet in equilibrium.

    Raises
    ------
    ValueError
        If there are fewer than two runs, they differ in size or temperatures, or did not record the link overlap.

    Examples
    --------
    >>> import ising_problems as ip
    >>> from landscapes import parallel_tempering
    >>> instances = [ip.sherrington_kirkpatrick(8, seed=k) for k in range(40)]
    >>> runs = [parallel_tempering(model, [0.5, 1.0], 500, record=("link_overlap",)) for model in instances]
    >>> bool((abs(gaussian_coupling_identity(runs)["deviation"]) < 4).all())
    True
    """
    import xarray as xr

    runs = [runs] if hasattr(runs, "data_vars") else list(runs)  # type: ignore[list-item]
    if len(runs) < 2:
        raise ValueError(f"runs: the identity is one of averages over instances; pass several runs, not {len(runs)}")
    n = _checked_runs(runs)
    variance = 1.0 / n if variance is None else checked_number(variance, "variance", above=0.0)
    pairs = n * (n - 1) // 2 if num_couplings is None else checked_integer(num_couplings, "num_couplings", 0)
    temperatures = np.atleast_1d(runs[0]["temperature"].values)
    energy = _over_time([run["energy"] for run in runs]) / n
    links = _over_time([run["link_overlap"] for run in runs])
    other = -pairs * variance / (n * temperatures) * (1.0 - links)
    difference = (energy - other).mean(axis=0)
    error = (energy - other).std(axis=0, ddof=1) / np.sqrt(len(runs))
    parts = {
        "energy": energy.mean(axis=0),
        "energy_from_links": other.mean(axis=0),
        "difference": difference,
        "difference_error": error,
        "deviation": _in_errors(difference, error),
    }
    return xr.Dataset(
        {name: ("temperature", value) for name, value in parts.items()},
        {"temperature": temperatures},
        {"instances": len(runs), "num_spins": n},
    )


def _checked_runs(runs: Sequence[xr.Dataset]) -> int:
    """Spins of each of the runs, which go together."""
    for k, run in enumerate(runs):
        if not hasattr(run, "data_vars"):
            raise TypeError(f"runs: run {k} is no xarray.Dataset of parallel_tempering, but {on_one_line(run)}")
        if "link_overlap" not in run or run.sizes.get("pair", 0) == 0:
            raise ValueError(
                f'runs: run {k} holds no link overlaps; sample with record=("link_overlap",) and replicas=2 or more'
            )
        if run.sizes["spin"] != runs[0].sizes["spin"]:
            raise ValueError(f"runs: run {k} has {run.sizes['spin']} spins, but run 0 has {runs[0].sizes['spin']}")
        if not np.array_equal(run["temperature"].values, runs[0]["temperature"].values):
            raise ValueError(f"runs: run {k} is at other temperatures than run 0; pass runs of one ladder")
    return int(runs[0].sizes["spin"])


def _over_time(observables: Sequence[xr.DataArray]) -> np.ndarray:
    """Averages over time and replicas, shape (instances, T)."""
    # NumPy's mean: xarray's costs a millisecond, and there may be thousands of instances
    means = []
    for part in observables:
        others = tuple(axis for axis, name in enumerate(part.dims) if name != "temperature")
        means.append(np.atleast_1d(part.values.mean(axis=others)))
    return np.stack(means)


def _error_in_time(values: np.ndarray) -> np.ndarray:
    """Standard error of the mean over time and runs of values (N, runs, …), from the autocorrelation time."""
    times = np.asarray(autocorrelation_time(values))
    count = values.shape[0] * values.shape[1]
    error = np.sqrt(2.0 * times * values.var(axis=(0, 1)) / count)
    return np.where(np.isnan(times), 0.0, error)  # a series that never changes has no time


def _over_runs(values: np.ndarray) -> np.ndarray:
    """Standard error of the mean over runs of values (bins, runs, …)."""
    return values.std(axis=1, ddof=1) / np.sqrt(values.shape[1])


def _in_errors(differences: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Differences over their errors; 0 for none, infinite where there is one without an error."""
    quotient = np.divide(differences, errors, out=np.copysign(np.inf, differences), where=errors > 0)
    return np.where(differences == 0, 0.0, quotient)
