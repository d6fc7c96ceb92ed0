"""Pump schedules: values, equality, and what the door refuses."""

import numpy as np
import pytest

import cim
from cim.schedules import sample


def test_values_at_the_ends_and_between() -> None:
    assert cim.linear(-2.2, 0.0)(0.0) == -2.2
    assert cim.linear(-2.2, 0.0)(1.0) == 0.0
    assert cim.linear(-2.0, 0.0)(0.25) == -1.5
    assert cim.constant(0.5)(0.3) == 0.5
    assert cim.smooth(-2.0, 0.0)(0.5) == -1.0
    assert cim.piecewise([(0, -2), (0.5, -1), (1, 3)])(0.75) == 1.0


def test_arrays_go_through() -> None:
    u = np.linspace(0, 1, 11)
    for schedule in (cim.linear(-2, 0), cim.smooth(-2, 0), cim.constant(1), cim.piecewise([(0, -2), (1, 0)])):
        np.testing.assert_array_equal(schedule(u), [schedule(float(v)) for v in u])


def test_smooth_is_at_rest_at_both_ends() -> None:
    schedule, step = cim.smooth(-2.0, 0.0), 1e-4
    assert abs(schedule(step) - schedule(0.0)) < 1e-6
    assert abs(schedule(1.0) - schedule(1.0 - step)) < 1e-6
    assert schedule(0.5 + step) - schedule(0.5) > 1e-4


@pytest.mark.parametrize(
    "schedule",
    [cim.linear(-2.2, 0.0), cim.smooth(-2, 1), cim.constant(0.5), cim.piecewise([(0, -2.0), (0.3, -1.0), (1, 0.5)])],
)
def test_schedules_are_frozen_equal_by_value_and_their_repr_rebuilds_them(schedule: object) -> None:
    rebuilt = eval(repr(schedule), {name: getattr(cim, name) for name in ("linear", "smooth", "constant", "piecewise")})
    assert rebuilt == schedule
    assert hash(rebuilt) == hash(schedule)
    with pytest.raises(AttributeError):
        schedule.start = 1.0  # type: ignore[attr-defined]


@pytest.mark.parametrize("u", [-0.1, 1.1, np.nan, np.array([0.5, 2.0])])
def test_fractions_outside_the_run_are_refused(u: object) -> None:
    with pytest.raises(ValueError, match="u: the fraction of the run"):
        cim.linear(-2, 0)(u)


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ([(0, 1), (0.5, 2), (0.5, 3), (1, 0)], "must increase"),
        ([(0, 1), (0.6, 2), (0.5, 3), (1, 0)], "must increase"),
        ([(0.1, 1), (1, 0)], "first must be at u = 0"),
        ([(0, 1), (0.9, 0)], "last at u = 1"),
        ([], "first must be at u = 0"),
        ([(0, 1), (1, np.inf)], r"points\[1\]: must be finite"),
        ([(0, 1), 5], "point 1 must be a pair"),
    ],
)
def test_piecewise_refuses_what_is_not_a_function_of_the_run(points: list, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        cim.piecewise(points)


def test_numbers_that_are_none_are_named() -> None:
    with pytest.raises(ValueError, match="start: must be finite"):
        cim.linear(np.nan, 0)
    with pytest.raises(ValueError, match="stop: must be a number"):
        cim.smooth(0, "high")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="pump: "):
        cim.constant(np.inf)


def test_sampling_begins_at_the_start_and_ends_at_the_end() -> None:
    np.testing.assert_allclose(sample(cim.linear(-2, 0), 5), [-2, -1.5, -1, -0.5, 0])
    np.testing.assert_allclose(sample(lambda u: u**2, 3), [0, 0.25, 1])
    np.testing.assert_allclose(sample(0.5, 3), 0.5)
    assert sample(cim.linear(-2, 0), 1).tolist() == [0.0]
    with pytest.raises(ValueError, match=r"noise: the value at u = 0\.5 is nan"):
        sample(lambda u: np.nan if u == 0.5 else 0.0, 3, "noise")
