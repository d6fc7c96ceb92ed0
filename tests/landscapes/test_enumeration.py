"""Complete enumeration: published counts, analytic cases, other ways of finding all, and censuses that must fail."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import ising_problems as ip
import landscapes as ls
from landscapes import enumeration, path_ends
from landscapes.newton import polish

PUMPS = (-2.5, -1.5, -0.93, -0.45, 0.0, 1.0)


def _spin_glass(n: int, seed: int) -> ip.IsingModel:
    upper = np.triu(np.random.default_rng(seed).normal(size=(n, n)), 1) / np.sqrt(n)
    return ip.IsingModel(upper + upper.T)


def _census(model: ip.IsingModel, pump: float, **arguments: Any) -> ls.Census:
    return ls.enumerate_critical_points(ls.SoftSpinEnergy(model, pump), **arguments)


def _holds_up(census: ls.Census, model: ip.IsingModel, pump: float) -> None:
    """What must be true of any certified census, recomputed from the energy."""
    energy = ls.SoftSpinEnergy(model, pump)
    assert census.certified and not census.reason and census.status == "completed"
    assert census.num_certified == census.num_complex == 3**model.num_spins
    assert census.morse_sum == 1 and len(census) % 2 == 1
    scale = max(1.0, abs(pump) ** 1.5)
    assert np.abs(energy.gradient(census.x)).max() < 1e-12 * scale
    # a product's last bit depends on a point's place in the batch, and the points have been sorted since
    np.testing.assert_allclose(census.energy, energy.value(census.x), rtol=1e-13, atol=1e-14)
    spectra = np.linalg.eigvalsh(energy.hessian(census.x))
    np.testing.assert_array_equal(census.index_of_points, (spectra < 0).sum(axis=-1))
    np.testing.assert_allclose(census.lowest_eigenvalue, spectra[:, 0], rtol=1e-9, atol=1e-11)
    np.testing.assert_array_equal(census.index, np.bincount(census.index_of_points, minlength=model.num_spins + 1))
    assert (np.diff(census.energy) >= 0).all()
    if not model.has_fields:
        # I1: at any critical point without fields E = -¼ Σ x⁴
        np.testing.assert_allclose(census.energy, -0.25 * (census.x**4).sum(axis=-1), rtol=1e-12, atol=1e-12)


# ---------------------------------------------------------------- counts that are known


@pytest.mark.parametrize("pump", [8.0, 20.0])
@pytest.mark.parametrize(
    ("n", "counts"),
    [(4, [16, 32, 24, 8, 1]), (6, [64, 192, 240, 160, 60, 12, 1])],
)
def test_at_a_large_pump_every_solution_is_real(n: int, counts: list[int], pump: float) -> None:
    """3ⁿ points, C(n, k) 2^(n-k) of index k: the amplitudes are independent."""
    for seed in range(4):
        model = _spin_glass(n, seed)
        census = _census(model, pump)
        _holds_up(census, model, pump)
        assert len(census) == 3**n
        assert census.index.tolist() == counts
        assert census.num_minima == counts[0]


def test_morse_sums_of_four_spins() -> None:
    counts = {}
    for seed in range(6):
        model = _spin_glass(4, seed)
        for pump in PUMPS:
            census = _census(model, pump)
            _holds_up(census, model, pump)
            counts[seed, pump] = len(census)
    assert all(counts[seed, -2.5] == 1 for seed in range(6))  # below -λ_max: convex
    assert max(counts.values()) > 9


def test_morse_sums_of_six_spins() -> None:
    for seed in range(6):
        model = _spin_glass(6, seed)
        for pump in (-2.5, -1.5, -0.93):
            _holds_up(_census(model, pump), model, pump)


def test_four_spins_at_pump_three_depend_on_the_couplings() -> None:
    assert [len(_census(_spin_glass(4, seed), 3.0)) for seed in range(40, 46)] == [77, 77, 77, 81, 81, 81]
    # pairs of points, or pairs of pairs, vanish together as the couplings grow
    assert [len(_census(_spin_glass(4, seed), 3.0)) for seed in range(6)] == [81, 81, 53, 29, 49, 73]


def test_the_convex_phase_has_one_point() -> None:
    model = _spin_glass(7, 0)
    top = float(np.linalg.eigvalsh(model.J)[-1])
    census = _census(model, -top - 0.01)
    assert len(census) == 1 and census.certified
    np.testing.assert_array_equal(census.x, np.zeros((1, 7)))
    assert census.lowest_eigenvalue[0] == pytest.approx(0.01)
    just_above = _census(model, -top + 0.01)
    assert just_above.index.tolist() == [2, 1, 0, 0, 0, 0, 0, 0]
    # x ~ A v₁ with A² = (a + λ₁)/Σ v₁⁴, E ~ -(a + λ₁)²/(4 Σ v₁⁴)
    quartic = (np.linalg.eigh(model.J)[1][:, -1] ** 4).sum()
    assert just_above.energy[0] == pytest.approx(-(0.01**2) / (4 * quartic), rel=0.02)


def test_uncoupled_amplitudes_are_products_of_cubic_roots() -> None:
    fields = np.array([0.0, 0.1, -0.3, 2.0])
    for pump in (1.0, -0.7):
        model = ip.IsingModel(np.zeros((4, 4)), fields)
        census = _census(model, pump)
        _holds_up(census, model, pump)
        roots = []
        for h in fields:
            all_roots = np.roots([1.0, 0.0, -pump, -h])
            roots.append(np.sort(all_roots[np.abs(all_roots.imag) < 1e-9].real))
        grid = np.stack(np.meshgrid(*roots, indexing="ij"), axis=-1).reshape(-1, 4)
        assert len(census) == len(grid)
        _same_points(census.x, grid, 1e-12)


def _same_points(x: np.ndarray, y: np.ndarray, tolerance: float) -> None:
    assert x.shape == y.shape
    distance = np.abs(x[:, None] - y[None, :]).max(axis=-1)
    assert (distance.min(axis=1) < tolerance).all()
    assert sorted(distance.argmin(axis=1)) == list(range(len(x)))


# ---------------------------------------------------------------- other ways to find all


@pytest.mark.parametrize("seed", range(8))
def test_two_spins_against_the_roots_of_a_polynomial(seed: int) -> None:
    """x₂ = (x₁³ - a x₁ - h₁)/J leaves one polynomial of degree 9 in x₁."""
    rng = np.random.default_rng(seed)
    coupling, pump, (first, second) = rng.uniform(0.2, 1.0), rng.uniform(-1, 3), 0.3 * rng.standard_normal(2)
    inner = np.array([1.0, 0.0, -pump, -first]) / coupling
    outer = np.polysub(np.polymul(inner, np.polymul(inner, inner)), pump * inner)
    roots = np.roots(np.polysub(outer, [coupling, second]))
    real = roots[np.abs(roots.imag) < 1e-7].real
    model = ip.IsingModel([[0.0, coupling], [coupling, 0.0]], [first, second])
    census = _census(model, pump)
    _holds_up(census, model, pump)
    _same_points(census.x, np.stack([real, np.polyval(inner, real)], axis=-1), 1e-6)


@pytest.mark.parametrize(("seed", "fields"), [(0, 0.0), (1, 0.0), (2, 0.2), (3, 0.5), (4, 1.0)])
def test_three_spins_against_newton_from_everywhere(seed: int, fields: float) -> None:
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.standard_normal((3, 3)), 1)
    model = ip.IsingModel(upper + upper.T, fields * rng.standard_normal(3))
    energy = ls.SoftSpinEnergy(model, 1.5)
    axis = np.linspace(-3.0, 3.0, 15)
    starts = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(-1, 3)
    reached = polish(energy, starts)
    points = reached.x[reached.converged]
    distinct = points[np.unique(np.round(points, 6) + 0.0, axis=0, return_index=True)[1]]
    census = _census(model, 1.5)
    _holds_up(census, model, 1.5)
    _same_points(census.x, distinct, 1e-8)
    assert len(census) > 3


def test_scaling_identity() -> None:
    """E_{cJ, c^1.5 h}(√c x; c a) = c² E_{J,h}(x; a): the same points, at any scale."""
    rng = np.random.default_rng(3)
    upper = np.triu(rng.standard_normal((5, 5)), 1)
    couplings, fields, pump = upper + upper.T, 0.3 * rng.standard_normal(5), 0.8
    census = _census(ip.IsingModel(couplings, fields), pump)
    for c in (3.7, 1e9, 1e-9, 1e-60, 1e60):
        scaled = _census(ip.IsingModel(c * couplings, c**1.5 * fields), c * pump)
        assert scaled.certified
        np.testing.assert_array_equal(scaled.index, census.index)
        np.testing.assert_allclose(scaled.x, np.sqrt(c) * census.x, rtol=1e-9)
        np.testing.assert_allclose(scaled.energy, c**2 * census.energy, rtol=1e-9)


def test_following_one_of_each_pair_finds_what_following_all_does() -> None:
    """A field so small that it changes nothing, but breaks the symmetry, has all paths followed."""
    for seed, pump in ((0, 0.3), (1, 1.2), (2, 2.0)):
        model = _spin_glass(5, seed)
        tiny = ip.IsingModel(model.J, np.full(5, 1e-13))
        half, full = _census(model, pump), _census(tiny, pump)
        assert half.certified and full.certified
        _same_points(half.x, full.x, 1e-9)


def test_eight_spins() -> None:
    model = ip.sherrington_kirkpatrick(8, seed=0)
    for pump in (-0.93, 0.5, 3.0):
        census = _census(model, pump)
        _holds_up(census, model, pump)
    assert len(census) > 3000
    rng = np.random.default_rng(1)
    with_fields = ip.IsingModel(model.J, 0.3 * rng.standard_normal(8))
    _holds_up(_census(with_fields, 0.8), with_fields, 0.8)


@pytest.mark.slow
def test_ten_spins() -> None:
    """59,049 paths."""
    for seed in range(2):
        model = ip.sherrington_kirkpatrick(10, seed=seed)
        for pump in (-0.45, 0.5, 2.0, 12.0):
            census = _census(model, pump)
            _holds_up(census, model, pump)
        assert len(census) == 3**10
    fields = ip.IsingModel(model.J, 0.2 * np.random.default_rng(0).standard_normal(10))
    _holds_up(_census(fields, 1.0), fields, 1.0)


@pytest.mark.slow
def test_symmetric_models_with_many_equal_energies() -> None:
    for model in (ip.edwards_anderson((2, 2, 2), seed=1), ip.hopfield([[1, 1, -1, 1, -1, 1, 1]])):
        for pump in (0.7, 1.93):
            _holds_up(_census(model, pump), model, pump)


# ---------------------------------------------------------------- what cannot be certified is said


def test_a_pump_exactly_at_a_bifurcation() -> None:
    ferromagnet = ip.IsingModel([[0, 1], [1, 0]])
    census = _census(ferromagnet, -1.0)  # -λ₁
    assert not census.certified and "coincide" in census.reason and census.status == "completed"
    assert census.num_certified == 6
    np.testing.assert_allclose(census.degenerate, [[0.0, 0.0]], atol=1e-3)
    assert census.multiplicity.tolist() == [3]
    # pitchforks of (x, -x) off the origin: at a = 2, x² = a - 1 and the Hessian there has an eigenvalue 0
    census = _census(ferromagnet, 2.0)
    assert not census.certified and census.multiplicity.tolist() == [3, 3]
    np.testing.assert_allclose(np.sort(census.degenerate, axis=0), [[-1.0, -1.0], [1.0, 1.0]], atol=1e-3)
    assert len(census) == 3
    # and on either side of it all is well
    for pump, count in ((2.0 - 1e-6, 5), (2.0 + 1e-6, 9)):
        assert len(_census(ferromagnet, pump)) == count
        assert _census(ferromagnet, pump).certified


def test_the_most_degenerate_model_of_all() -> None:
    census = _census(ip.IsingModel(np.zeros((3, 3))), 0.0)
    assert not census.certified and "27 of 27" in census.reason
    assert len(census) == 0 and census.num_certified == 0
    assert census.degenerate.tolist() == [[0.0, 0.0, 0.0]] and census.multiplicity.tolist() == [27]


def test_near_a_fold_the_census_is_right_or_not_certified() -> None:
    """One amplitude: 4a³ > 27h² tells, in exact arithmetic, whether there are three real solutions or one."""
    fold = 2.0 / (3.0 * np.sqrt(3.0))  # at a = 1
    smallest = {1: np.inf, -1: np.inf}
    for exponent in np.arange(1.0, 17.0, 0.5):
        for side in (1, -1):
            field = fold * (1.0 + side * 10.0**-exponent)
            distance = 4 - 27 * Fraction(float(field)) ** 2
            census = _census(ip.IsingModel([[0.0]], [field]), 1.0)
            if census.certified:
                assert len(census) == (3 if distance > 0 else 1)
                smallest[side] = min(smallest[side], abs(float(distance)))
            else:
                assert census.reason and exponent > 8
    assert max(smallest.values()) < 1e-8  # and it is certified until very near


@given(
    pump=st.floats(-1.0, 1.0), exponents=st.lists(st.integers(-9, 3), min_size=3, max_size=3), seed=st.integers(0, 99)
)
def test_fields_of_any_size_never_make_it_wrong(pump: float, exponents: list[int], seed: int) -> None:
    """Uncoupled amplitudes in fields of different orders: certified counts against exact arithmetic."""
    fields = np.random.default_rng(seed).standard_normal(3) * 10.0 ** np.array(exponents)
    census = _census(ip.IsingModel(np.zeros((3, 3)), fields), pump)
    true = math.prod(3 if 4 * Fraction(pump) ** 3 > 27 * Fraction(float(h)) ** 2 else 1 for h in fields)
    if census.certified:
        assert len(census) == true
    else:
        assert census.reason and len(census) <= true


@given(seed=st.integers(0, 10**6), n=st.integers(1, 4), pump=st.floats(-3, 3), fields=st.sampled_from([0.0, 0.01, 1.0]))
def test_gauge_transformations_and_permutations_move_the_points_along(
    seed: int, n: int, pump: float, fields: float
) -> None:
    assume(n > 1 or fields or abs(pump) > 1e-6)  # x³ = 0 is degenerate
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.standard_normal((n, n)), 1)
    couplings, h = upper + upper.T, fields * rng.standard_normal(n)
    census = _census(ip.IsingModel(couplings, h), pump)
    signs, order = rng.choice([-1.0, 1.0], n), rng.permutation(n)
    moved_couplings = (signs[:, None] * couplings * signs)[np.ix_(order, order)]
    moved = _census(ip.IsingModel(moved_couplings, (signs * h)[order]), pump)
    assert census.certified and moved.certified
    assert census.index.tolist() == moved.index.tolist()
    _same_points((signs * census.x)[:, order], moved.x, 1e-6)


def test_coinciding_complex_solutions_are_said_to_be_complex() -> None:
    """Four equal spins at a = 0: (0, 0, i, -i) and its permutations are triple; all real points are simple."""
    census = _census(ip.IsingModel(np.ones((4, 4)) - np.eye(4)), 0.0)
    assert not census.certified and "complex amplitudes" in census.reason
    assert census.index.tolist() == [2, 1, 0, 0, 0] and census.num_certified == 81 - 36


Follow = Callable[..., Any]


def _tampered(monkeypatch: pytest.MonkeyPatch, change: Callable[[Any], Any], calls: int) -> list[int]:
    """Change what following paths returns, in the first calls; how many paths each call followed."""
    original: Follow = path_ends.Run.follow
    followed: list[int] = []

    def follow(self: Any, codes: np.ndarray, *care: float) -> Any:
        ends = original(self, codes, *care)
        followed.append(len(codes))
        return change(ends) if len(followed) <= calls else ends

    monkeypatch.setattr(path_ends.Run, "follow", follow)
    return followed


def test_a_dropped_solution_fails_the_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ip.IsingModel(_spin_glass(4, 0).J, [0.1, 0.2, 0.3, 0.4])
    complete = _census(model, 2.5)
    assert complete.certified
    for is_real in (True, False):
        with monkeypatch.context() as patch:
            _tampered(patch, lambda ends, real=is_real: ends.where(_all_but_one(ends.is_real == real)), calls=1)
            census = _census(model, 2.5)
        assert not census.certified and "1 of 81" in census.reason
        assert len(census) == len(complete) - is_real


def _all_but_one(mask: np.ndarray) -> np.ndarray:
    keep = np.ones(len(mask), dtype=bool)
    keep[np.flatnonzero(mask)[-1]] = False
    return keep


def _jump(ends: Any) -> Any:
    """The last path's end becomes another's, with all that was proven of it."""
    source = np.flatnonzero(ends.codes != ends.codes[-1])[-3]
    changed = [array.copy() for array in ends]
    for array in changed[1:]:
        array[-1] = array[source]
    return type(ends)(*changed)


def test_paths_that_jump_are_followed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    model = _spin_glass(4, 0)
    with monkeypatch.context() as patch:
        followed = _tampered(patch, _jump, calls=1)
        census = _census(model, 2.5)
    assert followed == [41, 2] and census.certified
    _same_points(census.x, _census(model, 2.5).x, 1e-12)


def test_a_jump_that_stays_fails_the_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        _tampered(patch, lambda ends: _jump(ends) if len(ends.codes) > 3 else ends.where(ends.codes < 0), calls=9)
        census = _census(_spin_glass(4, 0), 2.5)
    assert not census.certified and census.num_certified < 81 and census.reason


def test_without_the_gamma_trick_paths_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a real start every path stays real or half of a conjugate pair, and pairs are born where two paths meet."""
    model = _spin_glass(5, 0)
    assert _census(model, 0.5).certified
    monkeypatch.setattr(enumeration, "start_matrix", lambda n, rng: rng.uniform(0.8, 1.2, n).astype(complex))
    census = _census(model, 0.5)
    assert not census.certified and census.num_certified < 3**5 and census.reason


# ---------------------------------------------------------------- the contract


def test_no_spins_and_one() -> None:
    census = _census(ip.IsingModel(np.zeros((0, 0))), 0.3)
    assert census.x.shape == (1, 0) and census.index.tolist() == [1] and census.certified
    assert census.energy.tolist() == [0.0] and census.num_complex == 1 and census.morse_sum == 1
    census = _census(ip.IsingModel([[0.0]]), 4.0)
    np.testing.assert_allclose(census.x, [[-2.0], [2.0], [0.0]])
    assert census.index.tolist() == [2, 1] and census.certified
    census = _census(ip.IsingModel([[0.0]], [1.0]), 0.0)
    np.testing.assert_allclose(census.x, [[1.0]])
    assert census.certified and census.num_complex == 3


def test_seeds_threads_sparse_and_integer_models() -> None:
    model = ip.edwards_anderson((7,), couplings="gaussian", seed=0)
    census = _census(model, 0.9)
    for other in (
        _census(ip.IsingModel(np.asarray(model.J)), 0.9, threads=1),
        _census(model, 0.9, threads=2),
    ):
        np.testing.assert_array_equal(census.x, other.x)
        np.testing.assert_array_equal(census.error, other.error)
    another = _census(model, 0.9, seed=5)
    np.testing.assert_allclose(another.energy, census.energy, rtol=1e-12, atol=1e-14)
    chain = ip.IsingModel([[0, 1, 0], [1, 0, -2], [0, -2, 0]], [1, 0, 0])
    _holds_up(_census(chain, 1.0), chain, 1.0)
    import scipy.sparse as sp

    sparse = ip.IsingModel(sp.csr_array(chain.J), chain.h)
    np.testing.assert_array_equal(_census(sparse, 1.0).x, _census(chain, 1.0).x)


def test_a_size_that_would_never_end_is_refused_with_its_duration() -> None:
    with pytest.raises(ValueError, match=r"11 spins follows 89000 paths, .* seconds on 1 core; pass max_spins=11"):
        _census(_spin_glass(11, 0), 0.0, threads=1)
    with pytest.raises(ValueError, match=r"30 spins follows 1.0e14 paths, about \d+ years.*estimate_minima"):
        _census(_spin_glass(30, 0), 0.0, threads=1)
    with pytest.raises(ValueError, match=r"e\d+ years"):
        _census(ip.IsingModel(np.zeros((900, 900)), np.ones(900)), 0.0)
    with pytest.raises(ValueError, match="3 spins"):
        _census(_spin_glass(3, 0), 0.0, max_spins=2)


def test_bad_input_is_refused() -> None:
    with pytest.raises(TypeError, match="energy: a SoftSpinEnergy"):
        ls.enumerate_critical_points(_spin_glass(3, 0))  # type: ignore[arg-type]
    for name, value in (("max_spins", 3.5), ("threads", 0), ("callback", 1), ("seed", -1)):
        with pytest.raises((TypeError, ValueError), match=f"{name}:"):
            _census(_spin_glass(3, 0), 0.0, **{name: value})


def test_a_callback_can_end_it() -> None:
    model = _spin_glass(9, 0)
    fractions: list[float] = []

    def stop_soon(fraction: float) -> bool:
        fractions.append(fraction)
        return True

    census = _census(model, 8.0, threads=1, callback=stop_soon)
    assert census.status == "interrupted" and not census.certified and "interrupted" in census.reason
    assert len(fractions) == 1 and census.num_certified < 3**9
    energy = ls.SoftSpinEnergy(model, 8.0)
    assert np.abs(energy.gradient(census.x)).max(initial=0.0) < 1e-9


def test_repr_and_dataset() -> None:
    ferromagnet = ip.IsingModel([[0, 1], [1, 0]])
    assert repr(_census(ferromagnet, 0.5)) == "Census(3 points, by index [2, 1, 0]; certified)"
    assert "not certified: 3 of 9" in repr(_census(ferromagnet, -1.0))
    census = _census(_spin_glass(4, 0), 1.0, progress=False)
    dataset = census.to_dataset()
    assert dataset["x"].dims == ("point", "spin") and dataset["count"].values.tolist() == census.index.tolist()
    assert dataset.attrs["certified"] == 1 and dataset.attrs["morse_sum"] == 1
