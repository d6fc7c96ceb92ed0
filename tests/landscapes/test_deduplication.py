"""One of each critical point: pairs, radii that respect the error of finding them, counts."""

import numpy as np

import ising_problems as ip
import landscapes as ls
from landscapes.deduplication import canonical_signs, is_even, merge


def test_opposite_points_are_one_where_the_energy_is_even() -> None:
    x = np.array([[1.0, -2.0], [-1.0, 2.0], [1.0, -2.0 + 1e-9], [1.0, 2.0]])
    energy, flat, curvature = np.array([0.0, 0.0, 0.0, 1.0]), np.zeros((4, 2)), np.ones(4)
    kept, hits = merge(x, energy, flat, curvature, even=True)
    assert hits.tolist() == [3, 1] and energy[kept].tolist() == [0.0, 1.0]
    assert merge(x, energy, flat, curvature, even=False)[1].tolist() == [2, 1, 1]


def test_the_radius_is_the_error_of_newtons_method() -> None:
    """A residual of 1e-9 is an error of 1e-9 at curvature 1, and of 1e-4 at curvature 1e-5."""
    x = np.array([[0.0, 1.0], [1e-4, 1.0]])
    gradient = np.full((2, 2), 1e-9)
    assert merge(x, np.zeros(2), gradient, np.ones(2), even=False)[1].tolist() == [1, 1]
    assert merge(x, np.zeros(2), gradient, np.full(2, 1e-5), even=False)[1].tolist() == [2]


def test_the_most_precise_of_those_merged_is_kept() -> None:
    x = np.array([[1.0], [1.0 + 1e-8], [1.0 - 1e-8]])
    gradient = np.array([[1e-10], [1e-14], [1e-12]])
    kept, hits = merge(x, np.array([0.0, 1e-17, -1e-17]), gradient, np.ones(3), even=False)
    assert kept.tolist() == [1] and hits.tolist() == [3]


def test_signs_have_a_positive_first_amplitude() -> None:
    x = np.array([[-1.0, 2.0], [1.0, -2.0], [-1e-12, -3.0], [0.0, 0.0]])
    np.testing.assert_array_equal(canonical_signs(x), [[1.0, -2.0], [1.0, -2.0], [1e-12, 3.0], [0.0, 0.0]])


def test_evenness_is_seen() -> None:
    model = ip.sherrington_kirkpatrick(5, seed=0)
    assert is_even(ls.SoftSpinEnergy(model, 0.5)) and is_even(ls.RayleighQuotient(model))
    assert not is_even(ls.SoftSpinEnergy(ip.IsingModel(model.J, [0, 0, 1e-3, 0, 0]), 0.5))
    assert not is_even(ls.GaussianLandscape(3, seed=0))


def test_an_empty_set() -> None:
    kept, hits = merge(np.zeros((0, 3)), np.zeros(0), np.zeros((0, 3)), np.zeros(0), even=True)
    assert len(kept) == len(hits) == 0


def test_a_curvature_that_is_a_denormal_number_is_zero() -> None:
    """The error of such a point is no number that exists: the largest radius is taken, without a warning."""
    x = np.array([[1e-3, 0.0], [-1e-3, 0.0]])
    kept, hits = merge(x, np.zeros(2), np.full((2, 2), 1e-9), np.array([5e-324, 0.0]), even=False)
    assert len(kept) == 1 and hits.tolist() == [2]
