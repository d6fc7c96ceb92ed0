"""Certificates: what they claim holds in higher precision, and they claim nothing of what is not a solution."""

import numpy as np
import pytest

from landscapes.certificates import certify, overlapping, refined


def _system(n: int, seed: int, fields: float = 1.0) -> tuple[np.ndarray, np.ndarray, float]:
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.standard_normal((n, n)), 1) / np.sqrt(n)
    return upper + upper.T, fields * rng.standard_normal(n), float(rng.uniform(-1, 2))


def _solutions(system: tuple[np.ndarray, np.ndarray, float], starts: np.ndarray) -> np.ndarray:
    x = starts
    for _ in range(60):
        x, _ = refined(x, *system)
    gradient = (x * x - system[2]) * x - x @ system[0] - system[1]
    return x[np.abs(gradient).max(axis=-1) < 1e-10]


@pytest.mark.parametrize("kind", ["real", "complex"])
def test_the_exact_solution_is_within_the_error(kind: str) -> None:
    """Against Newton's method in extended precision from the same points."""
    if np.finfo(np.longdouble).eps > 1e-18:
        pytest.skip("no extended precision here")
    for seed in range(5):
        couplings, fields, pump = system = _system(5, seed)
        starts = np.random.default_rng(seed).standard_normal((40, 5, 2)).view(complex)[..., 0]
        x = _solutions(system, starts if kind == "complex" else np.ascontiguousarray(starts.real))
        x, inverses = refined(x, *system)
        certificate = certify(x, inverses, *system)
        assert certificate.proven.all() and len(x) > 5
        exact = x.astype(np.clongdouble if kind == "complex" else np.longdouble)
        for _ in range(4):
            gradient = (exact * exact - np.longdouble(pump)) * exact - exact @ couplings.astype(np.longdouble) - fields
            exact = exact - np.einsum("mij,mj->mi", inverses, gradient)
        distance = np.abs(exact - x).max(axis=-1)
        assert (distance <= certificate.error).all()
        assert certificate.error.max() < 1e-11  # and the bound is worth having


def test_no_other_solution_is_within_the_isolation() -> None:
    """Uncoupled cubics: all solutions are known."""
    pump, fields = 1.0, np.array([0.1, -0.2])
    roots = [np.roots([1.0, 0.0, -pump, -h]) for h in fields]
    x = np.array([[u, v] for u in roots[0] for v in roots[1]]).astype(complex)
    system = np.zeros((2, 2)), fields, pump
    x, inverses = refined(x, *system)
    certificate = certify(x, inverses, *system)
    assert certificate.proven.all()
    distance = np.abs(x[:, None] - x[None, :]).max(axis=-1) + 10.0 * np.eye(len(x))
    assert (certificate.isolation < distance.min(axis=-1)).all()
    assert (certificate.isolation > 0.05).all()


def test_nothing_is_proven_of_points_that_are_not_solutions() -> None:
    system = _system(5, 1)
    solution = _solutions(system, np.random.default_rng(0).standard_normal((20, 5)))[:1]
    x, inverses = refined(solution, *system)
    isolation = certify(x, inverses, *system).isolation[0]
    directions = np.random.default_rng(1).uniform(-1, 1, (50, 5))
    for distance in (isolation, 0.3, 1.0):
        away = x + distance * directions / np.abs(directions).max(axis=-1, keepdims=True)
        _, inverses = refined(away, *system)
        certificate = certify(away, inverses, *system)
        # whatever is proven is about a solution that is there: the ball holds one of the known ones
        known = _solutions(system, away)
        for row in np.flatnonzero(certificate.proven):
            assert np.abs(known - away[row]).max(axis=-1).min() <= certificate.error[row]
        random = certify(away, np.random.default_rng(2).standard_normal(inverses.shape), *system)
        assert not random.proven.any()  # a matrix that is no inverse proves nothing


def test_a_multiple_root_is_not_proven() -> None:
    """x³ = 0 has one zero three times over; a certificate would claim a simple one."""
    system = np.zeros((1, 1)), np.zeros(1), 0.0
    for size in (0.0, 1e-9, 1e-3):
        x = np.array([[size]])
        x, inverses = refined(x, *system)
        assert not certify(x, inverses, *system).proven.any()


def test_overlapping_agrees_with_comparing_every_pair() -> None:
    rng = np.random.default_rng(3)
    for complex_points in (False, True):
        x = rng.standard_normal((300, 3)) + (1j * rng.standard_normal((300, 3)) if complex_points else 0.0)
        error = 10.0 ** rng.uniform(-4, 0.1 if complex_points else -0.5, 300)
        distance = np.abs(x[:, None] - x[None, :]).max(axis=-1)
        meets = distance <= error[:, None] + error[None, :]
        np.fill_diagonal(meets, False)
        assert 20 < meets.any(axis=1).sum() < 280
        np.testing.assert_array_equal(overlapping(x, error), meets.any(axis=1))


def test_overlapping_of_none_one_and_empty_points() -> None:
    assert overlapping(np.zeros((0, 3)), np.zeros(0)).tolist() == []
    assert overlapping(np.zeros((1, 3)), np.zeros(1)).tolist() == [False]
    assert overlapping(np.zeros((2, 0)), np.zeros(2)).tolist() == [True, True]
