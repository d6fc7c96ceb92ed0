"""Entanglement and averages against QuTiP, and states whose entanglement is known."""

from itertools import combinations

import numpy as np
import pytest
import qutip as qt

from cim.cavity import basis
from cim.cavity.entanglement import entanglement_entropy, negativity, sigma_x, sigma_z

LN2 = np.log(2.0)


def _random_states(n: int, count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((count, 2**n)) + 1j * rng.standard_normal((count, 2**n))


def _ket(psi: np.ndarray, n: int) -> qt.Qobj:
    return qt.Qobj(psi / np.linalg.norm(psi), dims=[[2] * n, [1] * n])


@pytest.mark.parametrize(
    ("n", "subsystem"), [(2, None), (3, None), (5, None), (5, [3]), (6, [5, 0, 2]), (5, [4, 1, 0, 3])]
)
def test_the_entropy_is_that_of_qutip(n: int, subsystem: list[int] | None) -> None:
    states = _random_states(n, 4)
    found = entanglement_entropy(states, subsystem)
    part = list(range(n // 2)) if subsystem is None else subsystem
    expected = [qt.entropy_vn(_ket(psi, n).ptrace(part)) for psi in states]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    rest = [spin for spin in range(n) if spin not in part]
    np.testing.assert_allclose(entanglement_entropy(states, rest), found, atol=1e-12)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_the_negativity_is_that_of_qutip(n: int) -> None:
    states = _random_states(n, 3, seed=n)
    found = negativity(states)
    for psi, values in zip(states, found, strict=True):
        for (i, j), value in zip(combinations(range(n), 2), values, strict=True):
            reduced = _ket(psi, n).ptrace([i, j])
            assert value == pytest.approx(qt.negativity(reduced, 0), abs=1e-12)
            transposed = qt.partial_transpose(reduced, [1, 0]).eigenenergies()
            assert value == pytest.approx(-transposed[transposed < 0].sum(), abs=1e-12)
    np.testing.assert_allclose(negativity(states, [(1, 0), (0, 1)]), np.repeat(found[:, :1], 2, axis=1), atol=1e-14)


def test_averages_are_those_of_qutip() -> None:
    n, states = 4, _random_states(4, 3)
    kets = [_ket(psi, n) for psi in states]
    # in this basis sigma^x is QuTiP's sigmaz
    for function, operator in ((sigma_x, qt.sigmaz()), (sigma_z, qt.sigmax())):
        single = [qt.tensor([operator if k == i else qt.qeye(2) for k in range(n)]) for i in range(n)]
        expected = [[qt.expect(o, ket) for o in single] for ket in kets]
        np.testing.assert_allclose(function(states), expected, atol=1e-13)


def test_basis_states_have_their_spins_for_averages() -> None:
    np.testing.assert_array_equal(sigma_x(np.eye(2**5)), basis.basis_spins(5))
    np.testing.assert_array_equal(sigma_z(np.eye(2**5)), np.zeros((32, 5)))
    np.testing.assert_array_equal(entanglement_entropy(np.eye(2**5)), np.zeros(32))


def test_bell_ghz_and_products() -> None:
    bell = np.array([0, 1, -1, 0]) / np.sqrt(2)
    assert entanglement_entropy(bell) == pytest.approx(LN2, abs=1e-14)
    assert negativity(bell) == pytest.approx([0.5], abs=1e-14)
    for n in (3, 6):
        ghz = np.zeros(2**n)
        ghz[[0, -1]] = 1.0
        for size in range(1, n):
            assert entanglement_entropy(ghz, range(size)) == pytest.approx(LN2, abs=1e-14)
        assert negativity(ghz) == pytest.approx(np.zeros(n * (n - 1) // 2), abs=1e-14)
        np.testing.assert_allclose(sigma_x(ghz), 0.0, atol=1e-15)
    rng = np.random.default_rng(1)
    product = np.ones(1)
    for _ in range(6):
        product = np.kron(product, rng.standard_normal(2) + 1j * rng.standard_normal(2))
    assert entanglement_entropy(product) < 1e-12
    assert negativity(product).max() < 1e-12
    # two Bell pairs across the cut, 0 with 2 and 1 with 3: twice ln 2, and none within a half
    two = np.einsum("ac,bd->abcd", np.eye(2), np.eye(2)).ravel()
    assert entanglement_entropy(two) == pytest.approx(2 * LN2, abs=1e-14)
    assert entanglement_entropy(two, [0, 2]) < 1e-13
    expected = [0.5 if pair in ((0, 2), (1, 3)) else 0.0 for pair in combinations(range(4), 2)]
    assert negativity(two) == pytest.approx(expected, abs=1e-14)


def test_a_werner_like_mixture_has_its_known_negativity() -> None:
    """cos t |00> + sin t |11>: entropy of cos², sin², negativity |sin 2t|/2; W state: (√5 - 1)/6 a pair."""
    t = np.linspace(0.0, np.pi / 2, 7)
    states = np.stack([np.cos(t), 0 * t, 0 * t, np.sin(t)], axis=-1)
    np.testing.assert_allclose(negativity(states)[:, 0], np.abs(np.sin(2 * t)) / 2, atol=1e-14)
    w = np.zeros(8)
    w[[1, 2, 4]] = 1.0
    assert negativity(w) == pytest.approx([(np.sqrt(5) - 1) / 6] * 3, abs=1e-14)


def test_entropy_is_bounded_and_near_that_of_page() -> None:
    states = _random_states(10, 30)
    found = entanglement_entropy(states)
    assert (found < 5 * LN2).all()
    a, b = 2**5, 2**5
    page = sum(1.0 / k for k in range(b + 1, a * b + 1)) - (a - 1) / (2 * b)  # Page, PRL 71, 1291 (1993)
    assert abs(found.mean() - page) < 4 * found.std() / np.sqrt(30)
    assert abs(found.mean() - 5 * LN2) > 20 * found.std() / np.sqrt(30)  # the twin: the bound itself


def test_norms_phases_and_shapes_do_not_matter() -> None:
    states = _random_states(4, 6).reshape(2, 3, 16)
    assert entanglement_entropy(states).shape == (2, 3)
    assert negativity(states, [(0, 3)]).shape == (2, 3, 1)
    assert sigma_x(states).shape == sigma_z(states).shape == (2, 3, 4)
    scaled = (3.0 - 4.0j) * states
    for function in (entanglement_entropy, negativity, sigma_x, sigma_z):
        np.testing.assert_allclose(function(scaled), function(states), atol=1e-13)
        np.testing.assert_allclose(function(states[1, 2]), function(states)[1, 2], atol=1e-14)
    assert entanglement_entropy(np.ones(1)) == 0.0  # no spins
    assert entanglement_entropy(np.array([0.6, 0.8])) == 0.0
    assert negativity(np.array([0.6, 0.8])).shape == (0,)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: entanglement_entropy(np.ones(6)), r"psi: the last axis must hold the 2\*\*n amplitudes"),
        (lambda: entanglement_entropy(1.0), "psi: the last axis"),
        (lambda: sigma_x(np.array(["a", "b"])), "psi: amplitudes must be numbers"),
        (lambda: sigma_x([[1.0, 0.0], [0.0, 0.0]]), r"psi: a state needs a finite norm .* state \(1,\)"),
        (lambda: sigma_z([np.nan, 1.0]), "psi: a state needs a finite norm"),
        (lambda: entanglement_entropy(np.ones(8), [3]), "subsystem: spins are numbered 0 to 2, but one is 3"),
        (lambda: entanglement_entropy(np.ones(8), [1, 1]), "subsystem: each spin counts once"),
        (lambda: negativity(np.ones(8), [(0, 1, 2)]), "pairs: each must be two different spins"),
        (lambda: negativity(np.ones(8), [(1, 1)]), "pairs: each spin counts once"),
        (lambda: negativity(np.ones(8), [(0, -1)]), "pairs: spins are numbered 0 to 2, but one is -1"),
    ],
)
def test_the_door_names_the_argument(call, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        call()
    with pytest.raises(TypeError, match="subsystem: a sequence"):
        entanglement_entropy(np.ones(8), 2)
