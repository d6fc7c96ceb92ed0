r"""From the energies of runs to answers with intervals: means, best of k, time to solution, paired differences.

All statistics are taken per instance first and then over the instances, which are what a claim is about: replicas of
one instance are no evidence for another.  Where a study has one instance only, its replicas take their place, and
whatever is said holds for that instance.

*Best of k.*  From R runs, sorted :math:`e_1 \le \dots \le e_R`, the expected lowest of k of them is

.. math:: \sum_{j=1}^{R} \binom{R-j}{k-1} \binom{R}{k}^{-1} e_j ,

an unbiased estimate of the best of k independent runs.

*Paired differences.*  Two arms run on the same instances from the same starts; d is the difference on an instance,
with mean :math:`\bar d` and standard error s over m instances.  p is Student's, with m - 1 degrees of freedom, both
sides.  A family of comparisons is everything that one comparison (with the reference, or with the own straight line)
says: all schedules, budgets, raw and finished, mean and best of k.  Where the differences of all m instances are the
same number, which happens to energies that are integers, s is zero and says nothing; p is then that of the exact test
that exchanges the arms instance by instance, :math:`2^{1-m}` (Fisher), and 1 if the number is zero.

Within a family p is adjusted by Holm's method, and
intervals are widened to hold all at once (Bonferroni).  ``significance`` is the adjusted p as a number of standard
errors of a normal distribution, signed as the difference: below -3 is a win by more than three standard errors after
the correction.

*Success and time to solution.*  A run succeeds if its energy is the target or lower (within 10⁻⁹ of the
largest energy seen on the instance). :math:`\mathrm{TTS}_{99}` of an instance is the cost of one run times
:math:`\max(1, \ln(0.01)/\ln(1-p))` (:func:`cim.time_to_solution`); what is given is the median over instances, with
an interval from a bootstrap that draws instances and, within each, runs.  Where half of the instances or more are
unsolved, the median is infinite.

Sources: Holm, Scand. J. Statist. 6, 65 (1979); Fisher, "The Design of Experiments" (1935), § 21;
Efron, Tibshirani, "An Introduction to the Bootstrap" (1993), ch. 13;
Rønnow et al., Science 345, 420 (2014).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.checks import checked_integer, checked_number, number_array

from .._time_to_solution import repeated

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["best_of", "holm", "paired_differences", "study_statistics"]

_BOOTSTRAP, _DRAWN_TOGETHER = 1000, 20
_TARGET_TOLERANCE = 1e-9
_ROUNDING = 1e-14  # relative: energies per spin that are as near as this are the same
_STATISTICS = ("mean", "best")
_COMPARISONS = ("reference", "straight")
_COSTS = ("products", "seconds")


def study_statistics(
    study: xr.Dataset,
    *,
    reference: str | None = None,
    targets: Any = None,
    best_of: int | None = None,
    confidence: float | None = None,
) -> xr.Dataset:
    """The statistics of a study of schedules, anew: with another reference, other targets, another k.

    Parameters
    ----------
    study : xarray.Dataset
        What :func:`cim.schedule_study` returned, or the same read from its file.
    reference : str, optional
        The schedule that others are compared with; that of the study by default.
    targets : float or array_like of float, shape (instances,), optional
        Ising energy that counts as solved; by default the study's, and if it had none, the lowest of its runs.
    best_of : int, optional
        k, at most the number of replicas.
    confidence : float, optional
        Of all intervals; those of a family of comparisons hold together with this probability.

    Returns
    -------
    xarray.Dataset
        The study with these variables replaced; see :func:`cim.schedule_study`.

    Raises
    ------
    ValueError, TypeError
        If the data set is no study or an argument does not fit it; the message names it.
    """
    import xarray as xr

    for name in ("energy", "seconds", "products", "num_spins"):
        if not isinstance(study, xr.Dataset) or name not in study:
            raise ValueError(f"study: the result of cim.schedule_study is needed; there is no {name!r} in it")
    names = [str(name) for name in study["schedule"].values]
    reference = study.attrs["reference"] if reference is None else reference
    if reference not in names:
        raise ValueError(f"reference: {reference!r} is not one of the schedules {', '.join(names)}")
    replicas = study.sizes["replica"]
    k = checked_integer(study.attrs["best_of"] if best_of is None else best_of, "best_of", 1)
    if k > replicas:
        raise ValueError(f"best_of: the best of {k} needs that many replicas, but there are {replicas}")
    level = checked_number(
        study.attrs["confidence"] if confidence is None else confidence, "confidence", above=0.0, below=1.0
    )
    kept = study.drop_vars([name for name in study.data_vars if name in _MADE], errors="ignore")
    goals, source = _targets(kept, targets, study)
    found = kept.assign(_made(kept, names.index(reference), goals, k, level))
    labels = {"statistic": list(_STATISTICS), "comparison": list(_COMPARISONS), "cost": list(_COSTS)}
    found = found.assign_coords(labels)
    found.attrs |= {"reference": reference, "best_of": k, "confidence": level, "targets": source}
    return found


def best_of(energies: np.ndarray, k: int) -> np.ndarray:
    """Expected lowest of k runs, from the energies of R ≥ k along the last axis."""
    from scipy.special import gammaln

    runs = energies.shape[-1]
    j = np.arange(1, runs - k + 2)
    # ln of C(R - j, k - 1) / C(R, k)
    weights = np.exp(
        gammaln(runs - j + 1)
        - gammaln(k)
        - gammaln(runs - j - k + 2)
        - gammaln(runs + 1)
        + gammaln(k + 1)
        + gammaln(runs - k + 1)
    )
    return np.sort(energies, axis=-1)[..., : runs - k + 1] @ (weights / weights.sum())


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's adjusted p-values of one family; NaN stays and does not count."""
    flat = np.full(p.size, np.nan)
    values = p.reshape(-1)
    present = np.flatnonzero(np.isfinite(values))
    order = present[np.argsort(values[present], kind="stable")]
    adjusted = values[order] * np.arange(len(order), 0, -1)
    flat[order] = np.minimum(np.maximum.accumulate(adjusted), 1.0)
    return flat.reshape(p.shape)


# ---------------------------------------------------------------- the statistics of a study

_MADE = (
    "energy_per_spin",
    "energy_error",
    "difference",
    "difference_error",
    "difference_low",
    "difference_high",
    "p_value",
    "adjusted_p_value",
    "significance",
    "success",
    "success_probability",
    "success_error",
    "time_to_solution",
    "time_to_solution_low",
    "time_to_solution_high",
    "target",
)
_OF_ARMS = ("schedule", "line", "finish", "budget")


def _targets(study: xr.Dataset, targets: Any, before: xr.Dataset) -> tuple[np.ndarray, str]:
    """Target of each instance and where it comes from."""
    instances = study.sizes["instance"]
    if targets is None and before.attrs.get("targets") == "given" and "target" in before:
        return before["target"].values, "given"
    if targets is None:
        with np.errstate(invalid="ignore"):
            lowest = study["energy"].min(("schedule", "line", "finish", "budget", "replica"), skipna=True)
        return lowest.values, "lowest energy in the study"
    values = number_array(targets, "targets").astype(np.float64)
    if values.ndim == 0:
        values = np.full(instances, float(values))
    if values.shape != (instances,) or not np.isfinite(values).all():
        raise ValueError(
            f"targets: a finite energy, or one for each of the {instances} instances that are evaluated, is needed, "
            f"but it is of shape {np.shape(targets)}"
        )
    return values, "given"


def _made(study: xr.Dataset, reference: int, targets: np.ndarray, k: int, level: float) -> dict[str, Any]:
    order = ("schedule", "line", "finish", "budget", "instance", "replica")
    energies = study["energy"].transpose(*order).values
    per_spin = energies / np.maximum(study["num_spins"].values, 1)[:, None]
    if study.sizes["instance"] > 1:
        # (schedule, line, finish, budget, statistic, unit): the instances are what is compared
        units = np.stack([per_spin.mean(axis=-1), best_of(per_spin, k)], axis=-2)
    else:  # one instance: its replicas are; of the best of k there is one value and no spread
        mean = per_spin[..., 0, :]
        best = np.full_like(mean, np.nan)
        best[..., 0] = best_of(mean, k)
        units = np.stack([mean, best], axis=-2)
    means, errors, _ = _over_units(units)
    dimensions = (*_OF_ARMS, "statistic")
    made: dict[str, Any] = {
        "energy_per_spin": (dimensions, means, {"long_name": "Ising energy per spin"}),
        "energy_error": (dimensions, errors, {"long_name": "standard error over instances"}),
        "target": ("instance", targets, {"long_name": "Ising energy that counts as solved"}),
    }
    made |= paired_differences(units, reference, np.asarray(study["is_straight"].values), level)
    made |= _successes(study, energies, targets, level)
    return made


def _over_units(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, standard error and number of the finite values along the last axis."""
    finite = np.isfinite(values)
    count = finite.sum(axis=-1)
    total = np.where(finite, values, 0.0).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(count > 0, total / count, np.nan)
        squares = np.where(finite, (values - mean[..., None]) ** 2, 0.0).sum(axis=-1)
        error = np.where(count > 1, np.sqrt(squares / (count - 1) / count), np.nan)
    return mean, error, count


def paired_differences(units: np.ndarray, reference: int, is_straight: np.ndarray, level: float) -> dict[str, Any]:
    """Both families of comparisons, as variables of a data set.

    Parameters
    ----------
    units : numpy.ndarray, shape (schedules, lines, finishes, budgets, statistics, units)
        Energies per spin of what is paired: the instances.
    reference : int
        Number of the schedule that others are compared with.
    is_straight : numpy.ndarray of bool, shape (schedules,)
        Which are their own straight line.
    level : float
        With what probability the intervals of a family hold together.
    """
    from scipy.stats import norm, t

    own = units[:, 0]
    against_reference = _difference(own, own[reference])
    against_reference[reference] = np.nan  # a schedule is not compared with itself
    against_straight = _difference(own, units[:, 1])
    against_straight[is_straight] = np.nan
    pairs = np.stack([against_reference, against_straight])  # comparison, schedule, finish, budget, statistic, unit
    mean, error, count = _over_units(pairs)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = 2.0 * t.sf(np.abs(mean) / error, np.maximum(count - 1, 1))
        alike = error <= _ROUNDING * np.abs(mean)
        p = np.where(alike, np.where(mean == 0.0, 1.0, 2.0 ** (1.0 - count)), p)
        adjusted = np.stack([holm(family) for family in p])
        significance = np.copysign(norm.isf(np.maximum(adjusted, 1e-300) / 2.0), mean) + 0.0
        size = np.array([max(int(np.isfinite(family).sum()), 1) for family in p]).reshape(-1, 1, 1, 1, 1)
        width = t.isf((1.0 - level) / 2.0 / size, np.maximum(count - 1, 1)) * error
    dimensions = ("comparison", "schedule", "finish", "budget", "statistic")
    return {
        "difference": (dimensions, mean, {"long_name": "paired difference of the energy per spin"}),
        "difference_error": (dimensions, error),
        "difference_low": (dimensions, mean - width),
        "difference_high": (dimensions, mean + width),
        "p_value": (dimensions, p),
        "adjusted_p_value": (dimensions, adjusted),
        "significance": (dimensions, significance, {"long_name": "standard errors after Holm's correction"}),
    }


def _difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """One less the other; zero where they differ by rounding alone."""
    difference = one - other
    return np.where(np.abs(difference) <= _ROUNDING * np.maximum(np.abs(one), np.abs(other)), 0.0, difference)


def _successes(study: xr.Dataset, energies: np.ndarray, targets: np.ndarray, level: float) -> dict[str, Any]:
    # an energy near zero is the difference of large ones, and as inexact as they are
    scale = np.where(np.isfinite(energies), np.abs(energies), 0.0).max(axis=(0, 1, 2, 3, 5))
    tolerance = _TARGET_TOLERANCE * np.maximum(np.abs(targets), scale)
    present = np.isfinite(energies).all(axis=-1)
    successes = (energies <= (targets + tolerance)[:, None]).sum(axis=-1)
    runs = energies.shape[-1]
    share = np.where(present, successes / runs, np.nan)
    mean, error, _ = _over_units(share)
    products = study["products"].transpose("schedule", "line", "budget", "instance").values[:, :, None]
    seconds = study["seconds"].transpose("schedule", "line", "budget", "instance").values[:, :, None]
    finishing = study["finishing_seconds"].transpose("schedule", "line", "budget", "instance").values[:, :, None]
    finished = (study["finish"].values == "finished")[:, None, None]
    costs = np.stack(
        [np.broadcast_to(products, share.shape), seconds + np.where(finished, finishing, 0.0)]
    )  # cost, schedule, line, finish, budget, instance
    middle = _median_time(successes, runs, costs, present)
    rng = np.random.default_rng(0)
    instances = share.shape[-1]
    draws = []
    for _ in range(_BOOTSTRAP // _DRAWN_TOGETHER):
        chosen = rng.integers(instances, size=(_DRAWN_TOGETHER, instances))
        drawn = rng.binomial(runs, successes[..., chosen] / runs)
        times = _median_time(drawn, runs, costs[..., chosen], present[..., chosen])
        draws.append(np.moveaxis(times, -1, 0))
    tail = 0.5 * (1.0 - level)
    # "nearest" observed values: interpolation between a finite time and an infinite one would be meaningless
    drawn_times = np.concatenate(draws)
    gaps = np.isnan(drawn_times)  # where none of the instances that were drawn has been run
    quantile: Any = np.nanquantile if gaps.any() else np.quantile
    drawn_times[:, gaps.all(axis=0)] = np.inf
    low, high = quantile(drawn_times, [tail, 1.0 - tail], axis=0, method="nearest")
    low, high = (np.where(np.isnan(middle), np.nan, end) for end in (low, high))
    dimensions = ("cost", *_OF_ARMS)
    return {
        "success": ((*_OF_ARMS, "instance"), share),
        "success_probability": (_OF_ARMS, mean, {"long_name": "share of runs that reached the target"}),
        "success_error": (_OF_ARMS, error),
        "time_to_solution": (dimensions, middle, {"long_name": "median over instances, 99 %"}),
        "time_to_solution_low": (dimensions, low),
        "time_to_solution_high": (dimensions, high),
    }


def _median_time(successes: np.ndarray, runs: int, costs: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Median over instances of the time to solution; infinite where half of them were never solved."""
    repeats = repeated(np.ones(1), np.arange(runs + 1) / runs, 0.99)  # for every number of successes
    times = np.sort(np.where(present, repeats[successes] * costs, np.nan), axis=-1)  # NaN last
    count = present.sum(axis=-1)
    middle = [
        np.take_along_axis(times, np.broadcast_to(place[..., None], (*times.shape[:-1], 1)), axis=-1)[..., 0]
        for place in (np.maximum(count - 1, 0) // 2, np.minimum(count // 2, times.shape[-1] - 1))
    ]
    return np.where(count > 0, 0.5 * (middle[0] + middle[1]), np.nan)
