r"""Time to solution: how long a solver that succeeds now and then must be repeated until it has succeeded.

A run of ``time`` seconds succeeds with probability p, independently of the others.  For at least one success with
probability c ("confidence"), runs are repeated

.. math:: R_c = \max\Bigl(1, \frac{\ln(1 - c)}{\ln(1 - p)}\Bigr), \qquad \mathrm{TTS}_c = R_c \cdot \mathrm{time},

one run at least: where p is above c, a single run is enough, and none can be cut short.  :math:`R_c` is not rounded up
to an integer, as Rønnow et al. do: the rounded quantity jumps, and is up to twice as large for solvers that nearly
always succeed.  With p = 0 the time is infinite, with p = 1 it is that of one run.

p is estimated as successes/runs; its interval is that of Clopper and Pearson, whose limits are quantiles of beta
distributions and which holds the true p with at least the probability asked for, however few the runs.  The time falls
monotonically with p, so the same two limits, put into the formula, bound the time: from below also where no run
succeeded, from above also where every run did.

Sources: T. F. Rønnow et al., "Defining and detecting quantum speedup", Science 345, 420 (2014); C. J. Clopper and
E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial", Biometrika 26, 404
(1934).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ising_problems.checks import checked_number, number_array

__all__ = ["TimeToSolution", "clopper_pearson", "repeated", "time_to_solution"]


@dataclass(frozen=True, eq=False)
class TimeToSolution:
    """Answer of :func:`cim.time_to_solution`; numbers, or arrays of one shape where arrays were given.

    Attributes
    ----------
    value : float or numpy.ndarray
        Time to solution, in the unit of the ``time`` given; infinite where no run succeeded.
    interval : tuple of two like ``value``
        Lower and upper limit of the time.  The upper is infinite where no run succeeded.
    probability : float or numpy.ndarray
        Share of the runs that succeeded.
    probability_interval : tuple of two like ``value``
        Lower and upper limit of the probability of success of one run.
    confidence : float
        Probability of at least one success within ``value``.
    level : float
        Probability with which the intervals hold the true values.
    """

    value: Any
    interval: tuple[Any, Any]
    probability: Any
    probability_interval: tuple[Any, Any]
    confidence: float
    level: float


def time_to_solution(
    successes: Any, runs: Any, time: Any, confidence: float = 0.99, *, level: float = 0.95
) -> TimeToSolution:
    r"""Time until a repeated solver has succeeded at least once, with its uncertainty.

    ``value`` is time · max(1, ln(1 − confidence)/ln(1 − p)) with p = successes/runs, and the intervals are those of
    Clopper and Pearson.

    Parameters
    ----------
    successes : int or array_like of int
        How many runs succeeded.
    runs : int or array_like of int
        How many there were, at least 1; they have to be independent.
    time : float or array_like
        What one run takes, in any unit; where many run at once, their common time divided by their number.
    confidence : float, default 0.99
        Probability of success asked for, between 0 and 1.
    level : float, default 0.95
        Probability with which the intervals hold the true values, at least; between 0 and 1.

    Returns
    -------
    TimeToSolution
        The arguments are broadcast against each other: one entry for each problem instance, say.

    Raises
    ------
    ValueError, TypeError
        If a count is not a whole number or out of range, a time is not positive and finite, the shapes do not fit or a
        probability is not between 0 and 1; the message names the argument.

    References
    ----------
    T. F. Rønnow et al., Science 345, 420 (2014); C. J. Clopper and E. S. Pearson, Biometrika 26, 404 (1934).

    Examples
    --------
    >>> result = time_to_solution(successes=50, runs=100, time=2.0)
    >>> round(result.value, 3)
    13.288
    >>> low, high = result.interval
    >>> print(f"{low:.2f} {high:.2f}")
    10.01 18.13
    """
    confidence = checked_number(confidence, "confidence", above=0.0, below=1.0)
    level = checked_number(level, "level", above=0.0, below=1.0)
    won, tried = _counts(successes, "successes", 0), _counts(runs, "runs", 1)
    once = number_array(time, "time").astype(np.float64)
    wrong = ~((once > 0) & (once < np.inf))
    if wrong.any():
        raise ValueError(f"time: a run takes a positive, finite time, but {_first(once, wrong)}")
    try:
        won, tried, once = np.broadcast_arrays(won, tried, once)
    except ValueError:
        raise ValueError(
            f"time: successes, runs and time must have one shape or broadcast to one, but they have "
            f"{won.shape}, {tried.shape} and {once.shape}"
        ) from None
    if (won > tried).any():
        worst = _first(won, won > tried)
        raise ValueError(f"successes: no more than the runs, but {worst} of {tried[won > tried].flat[0]} runs")
    low, high = clopper_pearson(won, tried, level)
    probability = won / tried
    return TimeToSolution(
        value=_plain(repeated(once, probability, confidence)),
        interval=(_plain(repeated(once, high, confidence)), _plain(repeated(once, low, confidence))),
        probability=_plain(probability),
        probability_interval=(_plain(low), _plain(high)),
        confidence=confidence,
        level=level,
    )


def repeated(time: np.ndarray, probability: np.ndarray, confidence: float) -> np.ndarray:
    """The formula of this module, unchecked; infinite for probability 0, one run's time for probability 1."""
    with np.errstate(divide="ignore"):  # ln(1 - p) is 0 at p = 0 and -inf at p = 1: both limits come out right
        repeats = np.log1p(-confidence) / -np.abs(np.log1p(-probability))
    return time * np.maximum(1.0, repeats)


def clopper_pearson(successes: np.ndarray, runs: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Limits of a binomial's probability: quantiles of beta distributions, 0 and 1 at the ends."""
    from scipy.special import betaincinv

    tail = 0.5 * (1.0 - level)
    # the beta distributions need positive parameters; the ends, where they have none, are put in afterwards
    low = betaincinv(np.maximum(successes, 1), runs - successes + 1, tail)
    high = betaincinv(successes + 1, np.maximum(runs - successes, 1), 1.0 - tail)
    return np.where(successes == 0, 0.0, low), np.where(successes == runs, 1.0, high)


def _counts(values: Any, name: str, at_least: int) -> np.ndarray:
    """Whole numbers as int64, or an error that names the argument."""
    refused = isinstance(values, (bool, np.bool_)) or np.asarray(values).dtype.kind == "b"
    array = number_array(values, name)
    if refused or array.dtype.kind != "i":
        raise TypeError(f"{name}: must be an integer or integers, but it is {values!r}")
    if (array < at_least).any():
        raise ValueError(f"{name}: must be at least {at_least}, but {_first(array, array < at_least)}")
    return array


def _first(array: np.ndarray, wrong: np.ndarray) -> str:
    """Where an array is wrong for the first time, in words."""
    if array.ndim == 0:
        return f"it is {array}"
    place = tuple(int(i) for i in np.argwhere(wrong)[0])
    return f"entry {place} is {array[place]}"


def _plain(array: np.ndarray) -> Any:
    """A number instead of an array without dimensions."""
    return array.item() if array.ndim == 0 else array
