"""The three transitions: closed form against root finding, and a short version of the rigidity study."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from landscapes.theory import replica_symmetric, susy_breaking, susy_breaking_by_root, transitions
from landscapes.theory.rigidity import curvature_sequence, cutoff_sequence, extrapolated, extrapolated_from_above


def test_in_order_with_all_that_they_promise() -> None:
    found = transitions()
    assert list(found) == ["rsb", "susy", "rigidity"]
    values = [transition.value for transition in found.values()]
    assert values == sorted(values)
    for transition in found.values():
        assert transition.uncertainty >= 0.0
        assert transition.definition
        assert "2309.08119" in transition.source
    with pytest.raises(FrozenInstanceError):
        found["rsb"].value = 0.0  # type: ignore[misc]


def test_replica_symmetry_breaks_at_minus_two() -> None:
    assert transitions()["rsb"].value == -2.0
    assert replica_symmetric(-2.0 - 1e-6).stability < 1.0 < replica_symmetric(-2.0 + 1e-3).stability


def test_supersymmetry_breaking_in_closed_form() -> None:
    point = susy_breaking()
    assert transitions()["susy"].value == point.pump
    assert point.pump == pytest.approx(-0.9275517128, abs=1e-10)
    assert round(point.pump, 2) == -0.93  # arXiv:2309.08119
    assert point.q == pytest.approx(0.7187380040, abs=1e-10)
    assert point.pump * point.q == pytest.approx(-2.0 / 3.0, rel=1e-14)
    assert point.energy == -1.0 / 6.0


def test_supersymmetry_breaking_by_root_finding() -> None:
    point, twin = susy_breaking(), susy_breaking_by_root()
    assert twin.pump == pytest.approx(point.pump, abs=1e-8)
    assert twin.q == pytest.approx(point.q, abs=1e-8)
    assert twin.energy == pytest.approx(point.energy, abs=1e-8)


def test_rigidity_by_a_short_study() -> None:
    published = transitions()["rigidity"]
    assert published.uncertainty <= 0.003
    saddles = cutoff_sequence((5, 7, 10, 14, 19), power=8.0)
    distances = [1.0 - saddle.overlaps[-2] for saddle in saddles]
    values = [saddle.susceptibility for saddle in saddles]
    # Deeper cutoffs lower Δ, without exception: -0.45 is passed on the way, and is no limit.
    assert np.all(np.diff(values) < 0.0)
    assert values[-1] < 0.412
    limit = extrapolated(distances[1:], values[1:])
    assert -limit.limit == pytest.approx(published.value, abs=published.uncertainty)
    assert limit.exponent == pytest.approx(0.278, abs=0.005)
    other = extrapolated(distances[1:], [float(saddle.moments[2]) for saddle in saddles[1:]])
    assert -other.limit == pytest.approx(published.value, abs=published.uncertainty)
    # The extrapolation must not hide a wrong exponent: without the second term it misses.
    power = np.array(distances) ** 0.278
    line = np.polyfit(power[:3], values[:3], 1)
    assert abs(line[1] - limit.limit) > published.uncertainty
    # μ ~ δ^(-2/3) at the top, where x = h^(1/3)
    top = np.log([saddle.breaking[-1] for saddle in saddles[-2:]])
    assert np.diff(top)[0] / np.diff(np.log(distances[-2:]))[0] == pytest.approx(-2.0 / 3.0, abs=0.01)


def test_cutoff_beyond_the_transition() -> None:
    """Where x jumps the tail of ∫μ dq, μ ~ δ^(-1/2), is missing: the exponent is known, 1/2."""
    saddles = cutoff_sequence((5, 7, 10, 14, 20), power=5.0, curvature=-2.0)
    distances = [1.0 - saddle.overlaps[-2] for saddle in saddles]
    found = extrapolated(distances, [saddle.susceptibility for saddle in saddles])
    assert found.exponent == pytest.approx(0.5, abs=0.01)
    assert 0.125 < found.limit < saddles[-1].susceptibility - 0.003


@pytest.mark.slow
def test_rigidity_from_above() -> None:
    published = transitions()["rigidity"]
    curvatures = (0.3, 0.24, 0.19, 0.15, 0.12, 0.095)
    values = [saddle.susceptibility for saddle in curvature_sequence(curvatures)]
    free = extrapolated(curvatures, values)
    scaling = extrapolated_from_above(curvatures, values, 0.278)
    assert -free.limit == pytest.approx(published.value, abs=0.003)
    assert -scaling.limit == pytest.approx(published.value, abs=0.001)


@pytest.mark.slow
def test_rigidity_does_not_depend_on_the_grids() -> None:
    reference = cutoff_sequence((5, 7, 10, 14), power=5.0)[-1].susceptibility
    for spacing, hermite in ((0.02, 20), (0.035, 40)):
        twin = cutoff_sequence((5, 7, 10, 14), power=5.0, spacing=spacing, hermite=hermite)[-1].susceptibility
        assert twin == pytest.approx(reference, abs=2e-6)


def test_extrapolation_recovers_what_it_is_given() -> None:
    distances = np.geomspace(1e-1, 1e-4, 6)
    found = extrapolated(distances, 0.3 + 0.5 * distances**0.4 - 0.2 * distances**0.8)
    assert found.limit == pytest.approx(0.3, abs=1e-6)
    assert found.exponent == pytest.approx(0.4, abs=1e-4)
