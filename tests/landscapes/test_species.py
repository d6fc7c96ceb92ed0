"""Species richness: the formulas by hand, and what they are worth on samples of known populations."""

import math

import numpy as np
import pytest

from landscapes.species import species_richness


def test_formulas_by_hand() -> None:
    # 12 draws, 5 kinds, two met once, one met twice
    richness = species_richness([1, 1, 2, 3, 5])
    k = 11 / 12
    unseen = k * 2 * 1 / (2 * 2)
    assert richness.observed == 5
    assert richness.estimate == pytest.approx(5 + unseen)
    variance = k / 2 + k**2 * 2 * 9 / 16 + k**2 * 4 / 64
    assert richness.variance == pytest.approx(variance)
    spread = math.exp(1.959964 * math.sqrt(math.log(1 + variance / unseen**2)))
    assert richness.interval == pytest.approx((5 + unseen / spread, 5 + unseen * spread), rel=1e-6)
    assert richness.coverage == pytest.approx(1 - 2 / 12)
    assert richness.coverage_error == pytest.approx(math.sqrt(2 * (10 / 12) + 2) / 12)


def test_extremes() -> None:
    assert species_richness([]).observed == 0 and math.isnan(species_richness([0, 0]).coverage)
    all_seen = species_richness([4, 4, 0, 9])
    assert all_seen.observed == 3 and all_seen.estimate == 3.0 and all_seen.interval == (3.0, 3.0)
    assert all_seen.coverage == 1.0
    all_new = species_richness([1] * 20)
    assert all_new.coverage == 0.0 and all_new.estimate > 150 and all_new.interval[1] > all_new.estimate
    assert species_richness([1]).estimate == 1.0


def _sampled(probabilities: np.ndarray, draws: int, repeats: int, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [np.bincount(rng.choice(len(probabilities), draws, p=probabilities)) for _ in range(repeats)]


def test_equal_probabilities_are_estimated_without_bias_and_the_interval_holds() -> None:
    kinds = 120
    runs = [species_richness(c) for c in _sampled(np.full(kinds, 1 / kinds), 150, 400, 0)]
    estimates = np.array([run.estimate for run in runs])
    assert abs(estimates.mean() - kinds) < 4 * estimates.std() / math.sqrt(len(runs)) + 2.0
    held = np.mean([run.interval[0] <= kinds <= run.interval[1] for run in runs])
    assert held > 0.9
    # the twin: an estimate that takes what was met for all there is
    observed = np.array([run.observed for run in runs])
    assert abs(observed.mean() - kinds) > 20 * observed.std() / math.sqrt(len(runs))
    # and the variance is that of the estimates
    assert np.mean([run.variance for run in runs]) == pytest.approx(estimates.var(), rel=0.4)


def test_unequal_probabilities_make_it_a_lower_bound() -> None:
    weights = 1.0 / np.arange(1, 301) ** 1.5
    runs = [species_richness(c) for c in _sampled(weights / weights.sum(), 400, 200, 1)]
    assert all(run.estimate >= run.observed for run in runs)
    assert np.mean([run.estimate for run in runs]) < 250
    held = np.mean([run.interval[0] <= 300 <= run.interval[1] for run in runs])
    assert held < 0.3  # the interval is one of the estimate, not of the truth


def test_coverage_is_the_probability_of_what_was_met() -> None:
    weights = 1.0 / np.arange(1, 301)
    probabilities = weights / weights.sum()
    errors, claimed = [], []
    for counts in _sampled(probabilities, 300, 300, 2):
        richness = species_richness(counts)
        errors.append(richness.coverage - probabilities[: len(counts)][counts > 0].sum())
        claimed.append(richness.coverage_error)
    assert abs(np.mean(errors)) < 4 * np.std(errors) / math.sqrt(len(errors))
    assert np.std(errors) == pytest.approx(np.mean(claimed), rel=0.25)


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match=r"counts: must not be negative, but one is -1"):
        species_richness([3, -1])
    with pytest.raises(ValueError, match="counts: integers"):
        species_richness([0.5, 1.0])
    with pytest.raises(ValueError, match="confidence:"):
        species_richness([1], confidence=1.0)
