"""Couplings made ready: the product, the scaling, and the two ends of the spectrum."""

import numpy as np
import pytest
import scipy.sparse as sp

import ising_problems as ip
from cim.couplings import Couplings, SpectralEnds, extreme_eigenvalues, natural_scale, treat_as_dense


def _sparse(n: int, degree: float, seed: int) -> ip.IsingModel:
    rng = np.random.default_rng(seed)
    matrix = sp.random_array((n, n), density=degree / (2 * n), rng=rng, data_sampler=rng.standard_normal)
    matrix = sp.triu(matrix, 1)
    return ip.IsingModel(matrix + matrix.T)


@pytest.mark.parametrize("replicas", [1, 5, 32])
@pytest.mark.parametrize("dense", [True, False])
def test_product_is_j_times_x(dense: bool, replicas: int) -> None:
    model = ip.sherrington_kirkpatrick(120, seed=1) if dense else _sparse(300, 4, 2)
    couplings = Couplings(model, 2.0)
    assert couplings.is_dense is dense
    x = np.random.default_rng(0).standard_normal((model.num_spins, replicas)).astype(np.float32)
    out = np.full_like(x, np.nan)
    couplings.product(x, out)
    np.testing.assert_allclose(out, model.J @ x / 2.0, rtol=0, atol=2e-5)


def test_density_decides_and_not_the_container() -> None:
    dense = ip.sherrington_kirkpatrick(200, seed=0)
    assert treat_as_dense(dense)
    assert treat_as_dense(ip.IsingModel(sp.csr_array(dense.J)))
    thin = _sparse(400, 4, 0)
    assert not treat_as_dense(thin)
    assert not treat_as_dense(ip.IsingModel(thin.J.toarray()))


@pytest.mark.parametrize("factor", [1e-9, 1.0, 1e9, 1e-300, 1e300])
def test_scale_is_a_power_of_two_at_or_below_the_largest_entry(factor: float) -> None:
    scale = natural_scale(ip.IsingModel([[0, 5 * factor], [5 * factor, 0]], [0, -3 * factor]))
    assert np.frexp(scale)[0] == 0.5
    assert scale <= 5 * factor < 2 * scale


def test_scale_of_nothing_is_one() -> None:
    assert natural_scale(ip.IsingModel(np.zeros((3, 3)))) == 1.0
    assert natural_scale(ip.IsingModel([])) == 1.0


@pytest.mark.parametrize("factor", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize(
    "model",
    [ip.sherrington_kirkpatrick(40, seed=3), ip.sherrington_kirkpatrick(300, seed=4), _sparse(500, 6, 5)],
    ids=["small", "dense", "sparse"],
)
def test_extreme_eigenvalues(model: ip.IsingModel, factor: float) -> None:
    scaled = ip.IsingModel(model.J * factor)
    exact = np.linalg.eigvalsh(model.J.toarray() if model.is_sparse else model.J) * factor
    ends = extreme_eigenvalues(scaled)
    assert ends.smallest == pytest.approx(exact[0], rel=1e-4)
    assert ends.largest == pytest.approx(exact[-1], rel=1e-4)
    assert exact[0] >= ends.smallest - ends.uncertainty - 1e-5 * abs(exact[0])


def test_extreme_eigenvalues_of_an_antiferromagnet_are_far_apart() -> None:
    n = 100
    ends = extreme_eigenvalues(ip.IsingModel(-(np.ones((n, n)) - np.eye(n))))
    assert ends.smallest == pytest.approx(-(n - 1), rel=1e-4)
    assert ends.largest == pytest.approx(1.0, rel=1e-3)


def test_crowded_ends_are_found_to_a_thousandth_in_a_short_run() -> None:
    """A ring of 5000: eigenvalues 2 cos k, dense at both ends."""
    ring = ip.edwards_anderson((5000,), seed=0)
    ends = extreme_eigenvalues(ip.IsingModel(abs(ring.J)))
    assert ends.largest == pytest.approx(2.0, rel=3e-3)
    assert ends.smallest == pytest.approx(-2.0, rel=3e-3)
    assert ends.smallest - ends.uncertainty <= -2.0


def test_no_couplings_no_spectrum() -> None:
    assert extreme_eigenvalues(ip.IsingModel(np.zeros((3, 3)))) == SpectralEnds(0.0, 0.0, 0.0)
    assert extreme_eigenvalues(ip.IsingModel([])) == SpectralEnds(0.0, 0.0, 0.0)
