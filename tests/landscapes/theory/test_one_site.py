"""The amplitude in a field, against the definition: the minimum of x⁴/4 + c x²/2 - h x."""

import numpy as np
import pytest

from landscapes.theory.one_site import amplitude, smallest_amplitude


@pytest.mark.parametrize("curvature", [2.0, 0.3, 1e-6, 0.0, -1e-6, -0.7, -30.0])
def test_amplitude_solves_the_cubic_and_is_the_minimum(curvature: float) -> None:
    field = np.concatenate([-np.logspace(2, -12, 40), [0.0], np.logspace(-12, 4, 60)])
    x = amplitude(field, curvature)
    scale = np.abs(x) ** 3 + abs(curvature) * np.abs(x) + 1e-300
    np.testing.assert_array_less(np.abs(x**3 + curvature * x - field), 1e-14 * scale + 1e-300)
    assert np.all(3.0 * x * x + curvature >= 0.0)
    assert np.all(np.abs(x) >= smallest_amplitude(curvature) * (1.0 - 1e-15))
    some = (np.abs(field) > 1e-3) & (np.abs(field) < 1e2)
    trial = np.linspace(-40.0, 40.0, 200_001)
    for h, root in zip(field[some][::9], x[some][::9], strict=True):
        values = trial**4 / 4 + curvature * trial**2 / 2 - h * trial
        assert abs(trial[np.argmin(values)] - root) <= 4.1e-4


def test_amplitude_is_the_cube_root_without_curvature() -> None:
    field = np.array([-8.0, 0.0, 1e-9, 27.0])
    np.testing.assert_allclose(amplitude(field, 0.0), [-2.0, 0.0, 1e-3, 3.0], rtol=1e-14)
