"""Time to solution: by hand, at its ends, and how often its intervals hold the truth."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

import cim


def test_the_formula_by_hand() -> None:
    result = cim.time_to_solution(successes=90, runs=100, time=3.0)
    assert result.probability == 0.9
    assert result.value == pytest.approx(6.0)  # ln 0.01 / ln 0.1 = 2 runs
    half = cim.time_to_solution(successes=1, runs=2, time=1.0, confidence=0.75)
    assert half.value == pytest.approx(2.0)  # 1 - (1/2)^2
    assert (half.confidence, half.level) == (0.75, 0.95)


def test_one_run_is_the_least() -> None:
    assert cim.time_to_solution(995, 1000, 7.0).value == 7.0
    assert cim.time_to_solution(6, 10, 7.0, confidence=0.5).value == 7.0


def test_no_success_bounds_the_time_from_below_only() -> None:
    result = cim.time_to_solution(0, 100, 2.0)
    assert (result.value, result.probability) == (math.inf, 0.0)
    low, high = result.interval
    # a probability of success of 1 - 0.025^(1/100) still gives no success in 100 runs once in forty times
    assert result.probability_interval == (0.0, pytest.approx(1 - 0.025 ** (1 / 100)))
    assert low == pytest.approx(2.0 * 100 * math.log(0.01) / math.log(0.025))
    assert high == math.inf


def test_success_always_bounds_the_time_from_above() -> None:
    result = cim.time_to_solution(10, 10, 2.0)
    assert (result.value, result.probability) == (2.0, 1.0)
    assert result.probability_interval == (pytest.approx(0.025 ** (1 / 10)), 1.0)
    low, high = result.interval
    assert low == 2.0
    assert high == pytest.approx(2.0 * math.log(0.01) / math.log(1 - 0.025 ** (1 / 10)))


def test_the_limits_are_those_of_clopper_and_pearson() -> None:
    result = cim.time_to_solution(7, 20, 1.0, level=0.9)
    low, high = result.probability_interval
    # so rare are outcomes at least, or at most, as extreme as the one seen
    assert binom.sf(6, 20, low) == pytest.approx(0.05)
    assert binom.cdf(7, 20, high) == pytest.approx(0.05)


@pytest.mark.parametrize("runs", [10, 60])
def test_intervals_hold_the_true_time_as_often_as_they_say(runs: int) -> None:
    """Over all outcomes, weighted by how likely each is: at least the level, and on average not much more."""
    outcomes = np.arange(runs + 1)
    low, high = cim.time_to_solution(outcomes, runs, 1.0, level=0.9).interval
    coverage = []
    for p in np.linspace(0.02, 0.98, 49):
        true = max(1.0, math.log(0.01) / math.log1p(-p))
        coverage.append(binom.pmf(outcomes, runs, p)[(low <= true) & (true <= high)].sum())
    assert min(coverage) >= 0.9
    assert np.mean(coverage) < {10: 0.97, 60: 0.95}[runs]


def test_a_simulated_solver() -> None:
    """Runs that succeed with probability 0.2: repeated for the value found, they fail one time in a hundred."""
    rng = np.random.default_rng(1)
    result = cim.time_to_solution(int((rng.random(20_000) < 0.2).sum()), 20_000, 0.5)
    assert result.interval[0] < 0.5 * math.log(0.01) / math.log(0.8) < result.interval[1]
    repeats = round(result.value / 0.5)
    failed = (rng.random((40_000, repeats)) >= 0.2).all(axis=1).mean()
    assert failed == pytest.approx(0.8**repeats, abs=0.002)
    assert 0.008 < failed < 0.012


def test_instances_side_by_side() -> None:
    times = np.array([1.0, 2.0, 3.0])
    result = cim.time_to_solution([0, 5, 10], 10, times)
    assert result.value.shape == result.interval[0].shape == result.probability_interval[1].shape == (3,)
    for k, won in enumerate([0, 5, 10]):
        alone = cim.time_to_solution(won, 10, times[k])
        assert result.value[k] == alone.value
        assert (result.interval[0][k], result.interval[1][k]) == alone.interval
    assert cim.time_to_solution([[1], [2]], 10, times).value.shape == (2, 3)


def test_the_unit_of_time_and_more_runs() -> None:
    few, many = cim.time_to_solution(3, 10, 1.0), cim.time_to_solution(300, 1000, 1e-3)
    assert many.value == pytest.approx(few.value * 1e-3)
    assert few.interval[0] < many.interval[0] * 1e3 < few.value < many.interval[1] * 1e3 < few.interval[1]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"successes": 1.5}, TypeError, "successes: must be an integer"),
        ({"successes": True}, TypeError, "successes: must be an integer"),
        ({"successes": -1}, ValueError, "successes: must be at least 0, but it is -1"),
        ({"successes": [1, 11]}, ValueError, r"successes: no more than the runs, but entry \(1,\) is 11 of 10 runs"),
        ({"runs": 0, "successes": 0}, ValueError, "runs: must be at least 1"),
        ({"runs": [10, 0]}, ValueError, r"runs: must be at least 1, but entry \(1,\) is 0"),
        ({"runs": "ten"}, ValueError, "runs: "),
        ({"time": 0.0}, ValueError, "time: a run takes a positive, finite time, but it is 0.0"),
        ({"time": [1.0, math.nan]}, ValueError, r"time: .* but entry \(1,\) is nan"),
        ({"time": math.inf}, ValueError, "time: .* but it is inf"),
        ({"successes": [1, 2], "time": [1.0, 2.0, 3.0]}, ValueError, "broadcast"),
        ({"confidence": 1.0}, ValueError, "confidence: must be less than 1"),
        ({"confidence": 0.0}, ValueError, "confidence: must be greater than 0"),
        ({"level": 1.5}, ValueError, "level: must be less than 1"),
        ({"level": "95 %"}, TypeError, "level: must be a number"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        cim.time_to_solution(**({"successes": 5, "runs": 10, "time": 1.0} | arguments))
