"""The confocal kernel against the cavity's modes, the energies of the ordered sum, and what is refused."""

import itertools

import numpy as np
import pytest

import cim
import ising_problems as ip

cavity = cim.cavity


def _points(n: int = 6, width: float = 0.7, seed: int = 1) -> np.ndarray:
    return cavity.random_positions(n, width, seed=seed)


def test_couplings_are_the_cosine_of_the_product_of_positions() -> None:
    points = _points()
    model = cavity.confocal_couplings(points, waist=0.8, scale=1.7)
    for i, j in itertools.combinations(range(6), 2):
        assert model.J[i, j] == pytest.approx(1.7 * np.cos(2 * points[i] @ points[j] / 0.64), abs=1e-14)
    assert not model.has_fields and model.offset == 0
    rescaled = cavity.confocal_couplings(3 * points, waist=2.4, scale=1.7)  # only the ratio of lengths matters
    np.testing.assert_allclose(rescaled.J, model.J, atol=1e-14)


def test_scale_two_makes_energies_those_of_the_ordered_sum() -> None:
    points = _points(7)
    model = cavity.confocal_couplings(points, scale=2.0)
    for spins in itertools.product((-1, 1), repeat=7):
        ordered = -sum(
            np.cos(2 * points[i] @ points[j]) * spins[i] * spins[j] for i, j in itertools.permutations(range(7), 2)
        )
        assert model.energy(spins) == pytest.approx(ordered, abs=1e-12)
    # the twin: scale 1 counts each pair once
    assert abs(cavity.confocal_couplings(points).energy(np.ones(7)) - model.energy(np.ones(7))) > 0.1


def test_local_and_mirror_terms_act_on_neighbours_and_on_opposite_points() -> None:
    points = np.array([[0.6, 0.2], [0.61, 0.2], [-0.6, -0.2], [0.1, -0.9]])
    bare = cavity.confocal_couplings(points).J
    both = cavity.confocal_couplings(points, local=10.0, local_width=0.02).J - bare
    near, far = 5 * np.exp(-0.5 * (0.01 / 0.02) ** 2), 0.0
    np.testing.assert_allclose(both[0], [0, near, 5.0, far], atol=1e-12)
    np.testing.assert_allclose(both[1], [near, 0, near, far], atol=1e-12)
    only_local = cavity.confocal_couplings(points, local=10.0, mirror=0.0).J - bare
    np.testing.assert_allclose(only_local[0], [0, near, 0, 0], atol=1e-12)
    only_mirror = cavity.confocal_couplings(points, mirror=10.0).J - bare
    np.testing.assert_allclose(only_mirror[0], [0, 0, 5.0, 0], atol=1e-12)


@pytest.mark.parametrize(("damping", "order", "shift"), [(0.8, 140, 0.0), (0.9, 300, 0.0), (0.8, 140, 0.01)])
def test_the_sum_over_modes_is_mehlers_formula(damping: float, order: int, shift: float) -> None:
    """Exact to rounding for the cutoffs that are taken here; the twin evaluates the formula at another damping."""
    points = _points()
    modes = cavity.confocal_modes(points, largest_order=order, damping=damping)
    r = points * np.sqrt(2)
    apart, together = (np.sum((r[:, None] + sign * r) ** 2, axis=-1) for sign in (-1, 1))
    squares = np.sum(r**2, axis=1)
    rho = damping + shift
    slope = (1 - rho) / (1 + rho)
    spots = sum(np.exp(-slope * a / 4 - b / (4 * slope)) for a, b in ((together, apart), (apart, together)))
    reach = np.exp(-(1 - rho**2) / (1 + rho**2) * np.add.outer(squares, squares) / 2)
    wanted = spots / (1 - rho**2) + 2 / (1 + rho**2) * reach * np.cos(2 * rho * (r @ r.T) / (1 + rho**2))
    error = np.abs(modes @ modes.T - wanted).max()
    assert error < 1e-12 if not shift else error > 1e-2


def test_many_modes_make_the_confocal_couplings() -> None:
    points, detuning, loss, strength = _points(5), -3.0, 0.7, 1.3
    scale = cavity.confocal_scale(strength, detuning, loss)
    errors = []
    for damping in (0.9, 0.95, 0.975):
        modes = cavity.confocal_modes(points, largest_order=round(25 / (1 - damping)), damping=damping)
        many = cavity.multimode_couplings(strength * modes, detuning, loss)
        width = np.sqrt((1 - damping) / (1 + damping))
        confocal = cavity.confocal_couplings(points, scale=scale, local=2 / (1 - damping**2), local_width=width)
        errors.append(np.abs(many.J - confocal.J).max() / scale)
    assert errors[0] < 0.1
    # linear in 1 - ρ: the envelope of the cosine and the spots' own
    assert errors[1] / errors[0] < 0.6 and errors[2] / errors[1] < 0.6
    # the twin: without the local term they stay apart where atoms are near one another
    bare = cavity.confocal_couplings(points, scale=scale)
    assert np.abs(many.J - bare.J).max() / scale > 5 * errors[2]


def test_self_couplings_are_half_the_diagonal_of_the_kernel() -> None:
    points, errors = _points(5), []
    for damping in (0.9, 0.95, 0.975):
        modes = cavity.confocal_modes(points, largest_order=round(25 / (1 - damping)), damping=damping)
        own = cavity.multimode_self_couplings(modes, -2.0, 0.5)
        terms = {"local": 2 / (1 - damping**2), "local_width": np.sqrt((1 - damping) / (1 + damping))}
        confocal = cavity.confocal_self_couplings(points, scale=cavity.confocal_scale(1.0, -2.0, 0.5), **terms)
        errors.append(np.abs(own / confocal - 1).max())
    assert errors[0] < 0.1 and errors[1] / errors[0] < 0.6 and errors[2] / errors[1] < 0.6
    exact = cavity.confocal_self_couplings([[0.5, 0.0]], scale=2.0, local=10.0, mirror=4.0, local_width=0.5)
    assert exact[0] == pytest.approx(np.cos(0.5) + 5 + 2 * np.exp(-2.0), rel=1e-14)


def test_the_local_term_alone_makes_couplings_positive_semidefinite_enough_for_modes() -> None:
    """With the self-couplings of a local term the kernel needs no further shift, as for a cavity that exists."""
    points = _points(10)
    model = cavity.confocal_couplings(points, local=10.0)
    own = cavity.confocal_self_couplings(points, local=10.0)
    assert np.linalg.eigvalsh(model.J + np.diag(2 * own))[0] > 0
    assert np.linalg.eigvalsh(model.J)[0] < 0


def test_random_positions_are_normal_and_repeatable() -> None:
    points = cavity.random_positions(100_000, 0.7, seed=3)
    np.testing.assert_array_equal(points, cavity.random_positions(100_000, 0.7, seed=3))
    assert points.shape == (100_000, 2)
    error = 0.7 / np.sqrt(2 * points.size)
    assert abs(points.std() - 0.7) < 4 * error and abs(points.std() - 0.72) > 4 * error
    assert abs(np.corrcoef(points.T)[0, 1]) < 4 / np.sqrt(100_000)


def test_few_and_wide_inputs_are_taken() -> None:
    assert cavity.confocal_couplings([]).num_spins == 0
    assert cavity.confocal_couplings([[0.3, 0.1]], local=3.0).num_spins == 1
    assert cavity.confocal_couplings([[0, 0], [1, 0]]).J.dtype == np.float64
    tiny = cavity.confocal_couplings(_points(), local=10.0, local_width=1e-300)
    np.testing.assert_array_equal(tiny.J, cavity.confocal_couplings(_points()).J)


def test_two_atoms_at_one_place_are_refused_by_their_numbers() -> None:
    points = _points(40)
    points[23] = points[11]
    with pytest.raises(ValueError, match="atoms 11 and 23 are at one place"):
        cavity.confocal_couplings(points)
    points[23] += 1e-12  # so near that it is rounding
    with pytest.raises(ValueError, match="atoms 11 and 23"):
        cavity.confocal_couplings(points)
    points[23] += 1e-6
    assert cavity.confocal_couplings(points).num_spins == 40


def test_bad_input_is_refused_with_the_arguments_name() -> None:
    build, points = cavity.confocal_couplings, _points()
    with pytest.raises(ValueError, match="positions: one point"):
        build(np.zeros((4, 3)))
    with pytest.raises(ValueError, match=r"positions\[2\] is \[nan, 0"):
        build([[0, 0], [1, 0], [np.nan, 0]])
    with pytest.raises(ValueError, match=r"positions\[1\] is 1e\+07 waists from the axis"):
        build([[0, 0], [1e7, 0]])
    with pytest.raises(ValueError, match="waist: must be greater than 0"):
        build(points, waist=0)
    with pytest.raises(ValueError, match="local: must be at least 0"):
        build(points, local=-1)
    with pytest.raises(ValueError, match="mirror: must be at least 0"):
        build(points, mirror=-1)
    with pytest.raises(ValueError, match="local_width: must be greater than 0"):
        build(points, local_width=0)
    with pytest.raises(TypeError, match="scale: must be a number"):
        build(points, scale="2")
    for detuning in (0.0, 2.0):
        with pytest.raises(ValueError, match=r"detuning: must be negative \(the pump red"):
            cavity.confocal_scale(1.0, detuning, 1.0)
    with pytest.raises(ValueError, match="loss: must be at least 0"):
        cavity.confocal_scale(1.0, -1.0, -1.0)
    with pytest.raises(ValueError, match="width: must be greater than 0"):
        cavity.random_positions(5, 0.0)
    with pytest.raises(ValueError, match="damping: must be at most 1"):
        cavity.confocal_modes(points, damping=1.1)


def test_lengths_and_frequencies_of_any_unit() -> None:
    points = _points()
    terms = {"scale": 1.5, "local": 10.0}
    own, couplings = cavity.confocal_self_couplings(points, **terms), cavity.confocal_couplings(points, **terms).J
    for unit in (1e-150, 1e200):
        far = cavity.confocal_self_couplings(points * unit, unit, **terms)
        np.testing.assert_allclose(far, own, rtol=1e-12)
        np.testing.assert_allclose(cavity.confocal_couplings(points * unit, unit, **terms).J, couplings, atol=1e-12)
    assert cavity.confocal_scale(1e200, -1e250, 1e250) == pytest.approx(1e150)
    assert cavity.confocal_scale(1.0, -1.0, 1e200) == 0.0
    with pytest.raises(ValueError, match=r"coupling: with 1e\+200 .* the scale is beyond floats"):
        cavity.confocal_scale(1e200, -1.0, 1.0)


def test_the_scale_is_that_of_the_two_quadratures() -> None:
    assert cavity.confocal_scale(1.5, -4.0, 1.0) == pytest.approx(2 * 1.5**2 * 4 / 17)
    assert cavity.confocal_scale(1.5, -4.0, 1.0, spin=0.5) == pytest.approx(2 * 1.5**2 * 4 / 17 / 4)
    assert isinstance(cavity.confocal_couplings(_points(), scale=cavity.confocal_scale(1, -1, 0)), ip.IsingModel)


def test_the_waist_has_a_rayleigh_range_of_half_the_length() -> None:
    waist = cavity.confocal_waist(780e-9, 0.01)
    assert np.pi * waist**2 / 780e-9 == pytest.approx(0.005, rel=1e-14)
    with pytest.raises(ValueError, match="length: must be greater than 0"):
        cavity.confocal_waist(780e-9, 0.0)


def test_the_seed_of_positions_may_stand_third() -> None:
    np.testing.assert_array_equal(cavity.random_positions(4, 0.7, 5), cavity.random_positions(4, 0.7, seed=5))
    assert not np.array_equal(cavity.random_positions(4, 0.7, 5), cavity.random_positions(4, 0.7, 6))
