"""Lower bounds never lie above the ground state, and meet it where they should."""

import numpy as np
import pytest
import scipy.sparse as sp

import cim
import ising_problems as ip
from cim.solvers.bounds import proves, spectral_bound, stated, trivial_bound


@pytest.mark.parametrize("seed", range(20))
def test_bounds_lie_below_the_ground_state(seed: int) -> None:
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.standard_normal((12, 12)) * (rng.random((12, 12)) < 0.5), 1)
    model = ip.IsingModel(upper + upper.T, rng.standard_normal(12) * (seed % 2))
    energy, _ = ip.ground_states(model)
    assert trivial_bound(model) <= energy and spectral_bound(model) <= energy
    assert not proves(trivial_bound(model), energy + 0.01, model, -trivial_bound(model))


def test_both_are_met_by_a_ferromagnet() -> None:
    model = ip.IsingModel(1.0 - np.eye(30))
    energy = model.energy(np.ones(30, dtype=np.int8))
    assert trivial_bound(model) == energy == -435
    assert spectral_bound(model) == pytest.approx(energy, rel=1e-4)
    assert proves(trivial_bound(model), energy, model, 435.0)


def test_the_spectral_bound_of_the_spin_glass_is_one_per_spin() -> None:
    model = ip.sherrington_kirkpatrick(500, seed=0)
    assert spectral_bound(model) / 500 == pytest.approx(-1.0, abs=0.02)
    sparse = ip.IsingModel(sp.csr_array(model.J))
    assert spectral_bound(sparse) == pytest.approx(spectral_bound(model))
    assert trivial_bound(sparse) == pytest.approx(trivial_bound(model))


def test_whole_energies_are_told_apart() -> None:
    model = ip.IsingModel(np.eye(6, dtype=int) - 1)
    assert proves(-3.4, -3, model, 15.0) and not proves(-3.6, -3, model, 15.0)
    assert stated(-3.6, model, 15.0) == -3


@pytest.mark.parametrize("offset", [0, 2**56 + 7])
def test_large_whole_numbers_prove_nothing(offset: int) -> None:
    """Energies of order 2^56, of which float64 keeps every sixteenth, and an offset that cancels them."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        couplings = np.zeros((9, 9), dtype=np.int64)
        couplings[0, 1] = couplings[1, 0] = 2**56
        model = ip.IsingModel(couplings, rng.integers(-9, 10, 9), offset)
        energy, _ = ip.ground_states(model)
        for algorithm in ("auto", "sa"):
            solution = cim.solve(model, algorithm, steps=3, seed=0)
            if solution.status is cim.Status.OPTIMAL:
                assert solution.energy == energy
            assert solution.lower_bound is None or solution.lower_bound <= energy


def test_an_offset_that_drowns_the_energies_proves_nothing() -> None:
    model = ip.sherrington_kirkpatrick(60, seed=0)
    for scale in (1e12, 1e15):
        solution = cim.solve(ip.IsingModel(8 * model.J, offset=scale), "tabu", steps=1, seed=0)
        assert solution.status is cim.Status.COMPLETED


@pytest.mark.parametrize("n", [200, 5000])
def test_the_lanczos_run_does_not_stay_below_the_top_of_a_crowded_spectrum(n: int) -> None:
    """A ring has λ_max = 2 and eigenvalues 40/n² below it."""
    steps = np.arange(n)
    ring = sp.coo_array((np.ones(n), (steps, (steps + 1) % n)), shape=(n, n))
    model = ip.IsingModel(sp.csr_array(ring + ring.T))
    assert spectral_bound(model) <= model.energy(np.ones(n, dtype=np.int8)) == -n
    assert spectral_bound(model) > -1.1 * n
